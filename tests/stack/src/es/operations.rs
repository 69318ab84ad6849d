//! Every stateful operation of Elasticsearch as a row: where it is, what it takes, what it needs, what runs it.
//! Authorization, routing and the 405 all read these rows.

use super::call::{Answer, Call};
use super::sso::{oidc, pki, saml};
use super::{
    api_key_updates, api_keys, app_privileges, cluster, has_privileges, profiles, role_mappings, roles, searches,
    service_accounts, settings, tokens, users,
};

/// A row of the table.
pub(crate) struct Operation {
    pub(crate) id: &'static str,
    pub(crate) verbs: &'static [&'static str],
    pub(crate) path: &'static str,
    pub(crate) query: &'static [&'static str],
    pub(crate) need: Need,
    pub(crate) takes_body: bool,
    /// The handler alone judges the body: it takes forms that the specification does not have.
    pub(crate) reads_itself: bool,
    /// Whether everybody may call it on Elastic Serverless.
    pub(crate) on_serverless: bool,
    pub(crate) run: Option<fn(&mut Call<'_>) -> Answer>,
}

/// What a caller must be allowed to do.
#[derive(Clone, Copy)]
pub(crate) enum Need {
    /// Being somebody is enough, or the handler decides.
    Nothing,
    /// The action, on whatever it concerns.
    Cluster(&'static str),
    /// The action, on keys of the caller's own.
    Own(&'static str),
}

use Need::{Cluster, Nothing, Own};

const GET: &[&str] = &["GET"];
const PUT: &[&str] = &["PUT"];
const POST: &[&str] = &["POST"];
const DELETE: &[&str] = &["DELETE"];
const PUT_POST: &[&str] = &["POST", "PUT"];
const GET_POST: &[&str] = &["GET", "POST"];
const NONE: &[&str] = &[];
const REFRESH: &[&str] = &["refresh"];

type Handler = fn(&mut Call<'_>) -> Answer;

const fn row(
    id: &'static str,
    verbs: &'static [&'static str],
    path: &'static str,
    query: &'static [&'static str],
    need: Need,
    run: Handler,
) -> Operation {
    Operation {
        id,
        verbs,
        path,
        query,
        need,
        takes_body: false,
        reads_itself: false,
        on_serverless: false,
        run: Some(run),
    }
}

impl Operation {
    const fn body(mut self) -> Self {
        self.takes_body = true;
        self
    }

    const fn itself(mut self) -> Self {
        self.reads_itself = true;
        self
    }

    const fn serverless(mut self) -> Self {
        self.on_serverless = true;
        self
    }
}

/// The rows, by area.
#[rustfmt::skip]
pub(crate) const OPERATIONS: &[Operation] = &[
    row("info", GET, "/", NONE, Cluster("cluster:monitor/main"), cluster::info).serverless(),
    row("ping", &["HEAD"], "/", NONE, Cluster("cluster:monitor/main"), cluster::ping).serverless(),
    row("cluster.health", GET, "/_cluster/health", HEALTH, Cluster("cluster:monitor/health"), cluster::health),

    row("security.authenticate", GET, "/_security/_authenticate", NONE, Nothing, users::authenticate).serverless(),
    row("security.put_user", PUT_POST, "/_security/user/{username}", REFRESH, Cluster("cluster:admin/xpack/security/user/put"), users::put).body(),
    row("security.get_user", GET, "/_security/user", &["with_profile_uid"], Cluster("cluster:admin/xpack/security/user/get"), users::get),
    row("security.get_user", GET, "/_security/user/{username}", &["with_profile_uid"], Cluster("cluster:admin/xpack/security/user/get"), users::get),
    row("security.delete_user", DELETE, "/_security/user/{username}", REFRESH, Cluster("cluster:admin/xpack/security/user/delete"), users::delete),
    row("security.enable_user", PUT_POST, "/_security/user/{username}/_enable", REFRESH, Cluster("cluster:admin/xpack/security/user/set_enabled"), users::enable),
    row("security.disable_user", PUT_POST, "/_security/user/{username}/_disable", REFRESH, Cluster("cluster:admin/xpack/security/user/set_enabled"), users::disable),
    row("security.change_password", PUT_POST, "/_security/user/{username}/_password", REFRESH, Nothing, users::change_password).body(),
    row("security.change_password", PUT_POST, "/_security/user/_password", REFRESH, Nothing, users::change_password).body(),
    row("security.query_user", GET_POST, "/_security/_query/user", &["with_profile_uid"], Cluster("cluster:admin/xpack/security/user/query"), searches::users).body(),

    row("security.has_privileges", GET_POST, "/_security/user/_has_privileges", NONE, Nothing, has_privileges::has_privileges).body().serverless(),
    row("security.has_privileges", GET_POST, "/_security/user/{user}/_has_privileges", NONE, Nothing, has_privileges::has_privileges).body().serverless(),
    row("security.get_user_privileges", GET, "/_security/user/_privileges", NONE, Nothing, has_privileges::list),
    row("security.get_builtin_privileges", GET, "/_security/privilege/_builtin", NONE, Cluster("cluster:admin/xpack/security/privilege/builtin/get"), has_privileges::builtin).serverless(),

    row("security.put_role", PUT_POST, "/_security/role/{name}", REFRESH, Cluster("cluster:admin/xpack/security/role/put"), roles::put).body().itself().serverless(),
    row("security.get_role", GET, "/_security/role", &["include_implicit"], Cluster("cluster:admin/xpack/security/role/get"), roles::get).serverless(),
    row("security.get_role", GET, "/_security/role/{name}", &["include_implicit"], Cluster("cluster:admin/xpack/security/role/get"), roles::get).serverless(),
    row("security.delete_role", DELETE, "/_security/role/{name}", REFRESH, Cluster("cluster:admin/xpack/security/role/delete"), roles::delete).serverless(),
    row("security.bulk_put_role", POST, "/_security/role", REFRESH, Cluster("cluster:admin/xpack/security/role/bulk_put"), roles::bulk_put).body().itself(),
    row("security.bulk_delete_role", DELETE, "/_security/role", REFRESH, Cluster("cluster:admin/xpack/security/role/bulk_delete"), roles::bulk_delete).body(),
    row("security.query_role", GET_POST, "/_security/_query/role", NONE, Cluster("cluster:admin/xpack/security/role/query"), searches::roles).body().serverless(),

    row("security.put_role_mapping", PUT_POST, "/_security/role_mapping/{name}", REFRESH, Cluster("cluster:admin/xpack/security/role_mapping/put"), role_mappings::put).body(),
    row("security.get_role_mapping", GET, "/_security/role_mapping", NONE, Cluster("cluster:admin/xpack/security/role_mapping/get"), role_mappings::get),
    row("security.get_role_mapping", GET, "/_security/role_mapping/{name}", NONE, Cluster("cluster:admin/xpack/security/role_mapping/get"), role_mappings::get),
    row("security.delete_role_mapping", DELETE, "/_security/role_mapping/{name}", REFRESH, Cluster("cluster:admin/xpack/security/role_mapping/delete"), role_mappings::delete),

    row("security.put_privileges", PUT_POST, "/_security/privilege", REFRESH, Nothing, app_privileges::put).body(),
    row("security.get_privileges", GET, "/_security/privilege", NONE, Nothing, app_privileges::get),
    row("security.get_privileges", GET, "/_security/privilege/{application}", NONE, Nothing, app_privileges::get),
    row("security.get_privileges", GET, "/_security/privilege/{application}/{name}", NONE, Nothing, app_privileges::get),
    row("security.delete_privileges", DELETE, "/_security/privilege/{application}/{name}", REFRESH, Nothing, app_privileges::delete),

    row("security.create_api_key", PUT_POST, "/_security/api_key", REFRESH, Own("cluster:admin/xpack/security/api_key/create"), api_keys::create).body().serverless(),
    row("security.get_api_key", GET, "/_security/api_key", &["id", "name", "owner", "realm_name", "username", "with_limited_by", "active_only", "with_profile_uid"], Nothing, api_keys::get).serverless(),
    row("security.invalidate_api_key", DELETE, "/_security/api_key", NONE, Nothing, api_keys::invalidate).body().serverless(),
    row("security.grant_api_key", POST, "/_security/api_key/grant", REFRESH, Cluster("cluster:admin/xpack/security/api_key/grant"), api_keys::grant).body(),
    row("security.clone_api_key", PUT_POST, "/_security/api_key/clone", REFRESH, Own("cluster:admin/xpack/security/api_key/clone"), api_keys::clone).body(),
    row("security.update_api_key", PUT, "/_security/api_key/{id}", NONE, Own("cluster:admin/xpack/security/api_key/update"), api_key_updates::update).body().serverless(),
    row("security.bulk_update_api_keys", POST, "/_security/api_key/_bulk_update", NONE, Own("cluster:admin/xpack/security/api_key/bulk_update"), api_key_updates::bulk_update).body(),
    row("security.query_api_keys", GET_POST, "/_security/_query/api_key", &["with_limited_by", "with_profile_uid", "typed_keys"], Nothing, searches::api_keys).body().serverless(),
    row("security.create_cross_cluster_api_key", POST, "/_security/cross_cluster/api_key", NONE, Cluster("cluster:admin/xpack/security/cross_cluster/api_key/create"), api_key_updates::create_cross_cluster).body(),
    row("security.update_cross_cluster_api_key", PUT, "/_security/cross_cluster/api_key/{id}", NONE, Cluster("cluster:admin/xpack/security/cross_cluster/api_key/update"), api_key_updates::update_cross_cluster).body(),

    row("security.get_token", POST, "/_security/oauth2/token", NONE, Cluster("cluster:admin/xpack/security/token/create"), tokens::create).body(),
    row("security.invalidate_token", DELETE, "/_security/oauth2/token", NONE, Cluster("cluster:admin/xpack/security/token/invalidate"), tokens::invalidate).body(),

    row("security.get_service_accounts", GET, "/_security/service", NONE, Cluster("cluster:admin/xpack/security/service_account/get"), service_accounts::get),
    row("security.get_service_accounts", GET, "/_security/service/{namespace}", NONE, Cluster("cluster:admin/xpack/security/service_account/get"), service_accounts::get),
    row("security.get_service_accounts", GET, "/_security/service/{namespace}/{service}", NONE, Cluster("cluster:admin/xpack/security/service_account/get"), service_accounts::get),
    row("security.get_service_credentials", GET, "/_security/service/{namespace}/{service}/credential", NONE, Cluster("cluster:admin/xpack/security/service_account/credential/get"), service_accounts::get_credentials),
    row("security.create_service_token", POST, "/_security/service/{namespace}/{service}/credential/token", REFRESH, Cluster("cluster:admin/xpack/security/service_account/token/create"), service_accounts::create_token).serverless(),
    row("security.create_service_token", PUT_POST, "/_security/service/{namespace}/{service}/credential/token/{name}", REFRESH, Cluster("cluster:admin/xpack/security/service_account/token/create"), service_accounts::create_token).serverless(),
    row("security.delete_service_token", DELETE, "/_security/service/{namespace}/{service}/credential/token/{name}", REFRESH, Cluster("cluster:admin/xpack/security/service_account/token/delete"), service_accounts::delete_token).serverless(),

    row("security.activate_user_profile", POST, "/_security/profile/_activate", NONE, Cluster("cluster:admin/xpack/security/profile/activate"), profiles::activate).body(),
    row("security.get_user_profile", GET, "/_security/profile/{uid}", &["data"], Cluster("cluster:admin/xpack/security/profile/get"), profiles::get),
    row("security.suggest_user_profiles", GET_POST, "/_security/profile/_suggest", &["data"], Cluster("cluster:admin/xpack/security/profile/suggest"), profiles::suggest).body(),
    row("security.update_user_profile_data", PUT_POST, "/_security/profile/{uid}/_data", &["if_seq_no", "if_primary_term", "refresh"], Nothing, profiles::update_data).body(),
    row("security.enable_user_profile", PUT_POST, "/_security/profile/{uid}/_enable", REFRESH, Cluster("cluster:admin/xpack/security/profile/set_enabled"), profiles::enable),
    row("security.disable_user_profile", PUT_POST, "/_security/profile/{uid}/_disable", REFRESH, Cluster("cluster:admin/xpack/security/profile/set_enabled"), profiles::disable),
    row("security.has_privileges_user_profile", GET_POST, "/_security/profile/_has_privileges", NONE, Cluster("cluster:admin/xpack/security/profile/has_privileges"), profiles::has_privileges).body(),

    row("security.get_settings", GET, "/_security/settings", &["master_timeout"], Cluster("cluster:admin/xpack/security/settings/get"), settings::get),
    row("security.update_settings", PUT, "/_security/settings", &["master_timeout", "timeout"], Cluster("cluster:admin/xpack/security/settings/update"), settings::update).body().itself(),
    row("security.get_stats", GET, "/_security/stats", NONE, Cluster("cluster:monitor/xpack/security/stats"), cluster::stats),

    row("security.clear_api_key_cache", POST, "/_security/api_key/{ids}/_clear_cache", NONE, Cluster("cluster:admin/xpack/security/api_key/cache/clear"), cluster::clear_cache),
    row("security.clear_cached_privileges", POST, "/_security/privilege/{application}/_clear_cache", NONE, Cluster("cluster:admin/xpack/security/privilege/cache/clear"), cluster::clear_cache),
    row("security.clear_cached_realms", POST, "/_security/realm/{realms}/_clear_cache", &["usernames"], Cluster("cluster:admin/xpack/security/realm/cache/clear"), cluster::clear_realms),
    row("security.clear_cached_roles", POST, "/_security/role/{name}/_clear_cache", NONE, Cluster("cluster:admin/xpack/security/roles/cache/clear"), cluster::clear_cache),
    row("security.clear_cached_service_tokens", POST, "/_security/service/{namespace}/{service}/credential/token/{name}/_clear_cache", NONE, Cluster("cluster:admin/xpack/security/service_account/credential/cache/clear"), cluster::clear_cache),

    row("security.enroll_kibana", GET, "/_security/enroll/kibana", NONE, Cluster("cluster:admin/xpack/security/enroll/kibana"), service_accounts::enroll_kibana),
    row("security.enroll_node", GET, "/_security/enroll/node", NONE, Cluster("cluster:admin/xpack/security/enroll/node"), cluster::enroll_node),
    row("security.delegate_pki", POST, "/_security/delegate_pki", NONE, Cluster("cluster:admin/xpack/security/delegate_pki"), pki::delegate).body(),
    row("security.saml_prepare_authentication", POST, "/_security/saml/prepare", NONE, Cluster("cluster:admin/xpack/security/saml/prepare"), saml::prepare).body(),
    row("security.saml_authenticate", POST, "/_security/saml/authenticate", NONE, Cluster("cluster:admin/xpack/security/saml/authenticate"), saml::authenticate).body(),
    row("security.saml_logout", POST, "/_security/saml/logout", NONE, Cluster("cluster:admin/xpack/security/saml/logout"), saml::logout).body(),
    row("security.saml_invalidate", POST, "/_security/saml/invalidate", NONE, Cluster("cluster:admin/xpack/security/saml/invalidate"), saml::invalidate).body(),
    row("security.saml_complete_logout", POST, "/_security/saml/complete_logout", NONE, Cluster("cluster:admin/xpack/security/saml/complete_logout"), saml::complete_logout).body(),
    row("security.saml_service_provider_metadata", GET, "/_security/saml/metadata/{realm_name}", NONE, Cluster("cluster:monitor/xpack/security/saml/metadata"), saml::metadata),
    row("security.oidc_prepare_authentication", POST, "/_security/oidc/prepare", NONE, Cluster("cluster:admin/xpack/security/oidc/prepare"), oidc::prepare).body(),
    row("security.oidc_authenticate", POST, "/_security/oidc/authenticate", NONE, Cluster("cluster:admin/xpack/security/oidc/authenticate"), oidc::authenticate).body(),
    row("security.oidc_logout", POST, "/_security/oidc/logout", NONE, Cluster("cluster:admin/xpack/security/oidc/logout"), oidc::logout).body(),
];

const HEALTH: &[&str] = &[
    "expand_wildcards",
    "level",
    "local",
    "master_timeout",
    "timeout",
    "wait_for_active_shards",
    "wait_for_events",
    "wait_for_nodes",
    "wait_for_no_initializing_shards",
    "wait_for_no_relocating_shards",
    "wait_for_status",
];
