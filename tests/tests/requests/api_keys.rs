//! API keys, also across clusters, and service accounts with their tokens.

use std::collections::BTreeMap;

use elkit::elasticsearch::aggregations::TermsAggregation;
use elkit::elasticsearch::query_dsl::TermQuery;
use elkit::elasticsearch::security::{
    ApiKeyAggregation, ApiKeyAggregationKind, ApiKeyQuery, CrossClusterAccess, GrantedApiKey, IndicesPrivileges,
    ReplicationAccess, Restriction, RoleDescriptor, SearchAccess,
};
use elkit::types::OneOrMany;
use serde_json::json;

use super::{Calls, es};

fn reader() -> RoleDescriptor {
    RoleDescriptor::new().cluster(["monitor"]).indices([IndicesPrivileges::new(["analytics-*"], ["read", "write"])])
}

pub(crate) fn calls(calls: &mut Calls) {
    calls.add(
        es().create_api_key()
            .name("analytics_app_key")
            .expiration("90d")
            .role_descriptors([("analytics_role", reader())])
            .metadata([("environment", json!({"level": 1, "tags": ["dev", "staging"], "owner": null}))])
            .refresh("wait_for")
            .into_request(),
    );
    calls.add(
        es().create_api_key()
            .name("restricted")
            .role_descriptors([(
                "app",
                RoleDescriptor::new().restriction(Restriction::new(["search_application_query"])),
            )])
            .into_request(),
    );
    calls.add(es().get_api_key().into_request());
    calls.add(es().get_api_key().id("VuaCfGcBCdbkQm-e5aOx").with_limited_by(true).into_request());
    calls.add(
        es().get_api_key()
            .name("analytics*")
            .username("jacknich")
            .realm_name("native 1")
            .owner(false)
            .active_only(true)
            .into_request(),
    );
    calls.add(
        es().update_api_key("VuaCfGcBCdbkQm-e5aOx")
            .role_descriptors([("r", reader())])
            .expiration("30d")
            .into_request(),
    );
    calls.add(es().bulk_update_api_keys(["a", "b"]).metadata([("rotated", true)]).into_request());
    calls.add(es().bulk_update_api_keys("a").into_request());
    calls.add(es().invalidate_api_key().ids(["VuaCfGcBCdbkQm-e5aOx"]).owner(true).into_request());
    calls.add(es().clear_api_key_cache(["a", "b"]).into_request());
    calls.add(es().clear_api_key_cache("*").into_request());
    calls.add(
        es().grant_api_key(
            "password",
            GrantedApiKey::new("granted")
                .expiration("1d")
                .role_descriptors(OneOrMany::One(BTreeMap::from([("analytics_role".to_owned(), reader())]))),
        )
        .username("jacknich")
        .password("l0ng-r4nd0m-p@ssw0rd")
        .run_as("test_user")
        .into_request(),
    );
    calls.add(es().clone_api_key("dGVzdDpjb3B5").name("copy").into_request());
    let by_owner =
        ApiKeyAggregation::new().kind(ApiKeyAggregationKind::terms(TermsAggregation::new().field("username")));
    calls.add(
        es().query_api_keys()
            .query(ApiKeyQuery::term("name", TermQuery::new("analytics_app_key")))
            .aggregations(BTreeMap::from([("by_owner".to_owned(), by_owner)]))
            .from(0)
            .size(20)
            .with_profile_uid(true)
            .into_request(),
    );
    let access = CrossClusterAccess::new()
        .search([SearchAccess::new("logs*")])
        .replication([ReplicationAccess::new("archive*")]);
    calls.add(
        es().create_cross_cluster_api_key("my-cross-cluster-api-key", access.clone()).expiration("1d").into_request(),
    );
    calls.add(
        es().update_cross_cluster_api_key("VuaCfGcBCdbkQm-e5aOx", access)
            .metadata([("application", "replication")])
            .into_request(),
    );
    calls.add(es().get_service_accounts().into_request());
    calls.add(es().get_service_accounts().namespace("elastic").service("fleet-server").into_request());
    calls.add(es().create_service_token("elastic", "fleet-server").into_request());
    calls.add(es().create_service_token("elastic", "fleet-server").name("token1").refresh("true").into_request());
    calls.add(es().get_service_credentials("elastic", "fleet-server").into_request());
    calls.add(es().clear_cached_service_tokens("elastic", "fleet-server", ["token1", "token2"]).into_request());
    calls.add(es().delete_service_token("elastic", "fleet-server", "token1").into_request());
}
