//! Roles, role mappings, application privileges, caches and the cluster.

use elkit::elasticsearch::common::Script;
use elkit::elasticsearch::indices::IndexSettings;
use elkit::elasticsearch::query_dsl::{BoolQuery, MatchAllQuery, Query, TermQuery};
use elkit::elasticsearch::security::{
    ApplicationPrivilegeDescriptor, ApplicationPrivileges, ApplicationPrivilegesRequired, FieldSecurity,
    IndicesPrivileges, IndicesPrivilegesQuery, RemoteIndicesPrivileges, RemoteIndicesPrivilegesRequired,
    RoleDescriptor, RoleMappingRule, RoleQuery, RoleTemplate, SecuritySettings,
};

use super::{Calls, es};

pub(crate) fn calls(calls: &mut Calls) {
    roles(calls);
    mappings(calls);
    privileges(calls);
    cluster(calls);
}

fn roles(calls: &mut Calls) {
    calls.add(
        es().put_role("logs/reader")
            .description("Reads logs of one customer")
            .cluster(["monitor"])
            .indices([
                IndicesPrivileges::new("logs-*", ["read", "view_index_metadata"])
                    .field_security(FieldSecurity::new().grant(["*"]).except(["card_number"]))
                    .query(IndicesPrivilegesQuery::Query(Query::term("customer.id", TermQuery::new("acme")))),
                IndicesPrivileges::new(["metrics-*", "traces-*"], ["read"])
                    .query(r#"{"match_all":{}}"#)
                    .allow_restricted_indices(false),
            ])
            .remote_indices([RemoteIndicesPrivileges::new(RemoteIndicesPrivilegesRequired {
                clusters: "my_remote*".into(),
                names: ["logs-*"].into(),
                privileges: vec!["read".into(), "read_cross_cluster".into()],
            })])
            .applications([ApplicationPrivileges::new(ApplicationPrivilegesRequired {
                application: "kibana-.kibana".into(),
                privileges: vec!["feature_dashboard.read".into()],
                resources: vec!["space:marketing".into()],
            })])
            .run_as(["other_user"])
            .metadata([("version", 1)])
            .refresh("wait_for")
            .into_request(),
    );
    calls.add(es().put_role("empty").into_request());
    calls.add(es().get_role().into_request());
    calls.add(es().get_role().name(["logs/reader", "log*"]).into_request());
    calls.add(es().delete_role("logs/reader").into_request());
    calls.add(
        es().bulk_put_role([
            ("monitor", RoleDescriptor::new().cluster(["monitor"])),
            ("reader", RoleDescriptor::new().indices([IndicesPrivileges::new(["a"], ["read"])])),
        ])
        .into_request(),
    );
    calls.add(es().bulk_delete_role(["monitor", "reader"]).refresh("false").into_request());
    calls.add(
        es().query_role()
            .query(RoleQuery::match_all(MatchAllQuery::new()))
            .sort(["name"])
            .search_after(["logs"])
            .into_request(),
    );
    calls.add(es().clear_cached_roles(["logs/reader", "other"]).into_request());
}

fn mappings(calls: &mut Calls) {
    calls.add(
        es().put_role_mapping("mapping1")
            .enabled(true)
            .roles(["user"])
            .rules(RoleMappingRule::all([
                RoleMappingRule::any([
                    RoleMappingRule::field("dn", "*,ou=admin,dc=example,dc=com"),
                    RoleMappingRule::field("username", ["es-admin", "es-system"]),
                ]),
                RoleMappingRule::except(RoleMappingRule::field("metadata.terminated_date", "*")),
            ]))
            .metadata([("version", 1)])
            .into_request(),
    );
    calls.add(
        es().put_role_mapping("mapping2")
            .enabled(false)
            .role_templates([RoleTemplate::new(Script::new().source("saml_user"))])
            .rules(RoleMappingRule::field("realm.name", "saml1"))
            .into_request(),
    );
    calls.add(es().get_role_mapping().name("mapping1").into_request());
    calls.add(es().get_role_mapping().into_request());
    calls.add(es().delete_role_mapping("mapping1").into_request());
}

fn privileges(calls: &mut Calls) {
    calls.add(
        es().put_privileges([(
            "myapp",
            [
                ("read", ApplicationPrivilegeDescriptor::new(["data:read/*", "action:login"])),
                ("write", ApplicationPrivilegeDescriptor::new(["data:write/*"]).metadata([("description", "Writes")])),
            ],
        )])
        .refresh("true")
        .into_request(),
    );
    calls.add(es().get_privileges().into_request());
    calls.add(es().get_privileges().application("myapp").into_request());
    calls.add(es().get_privileges().application("myapp").name(["read", "write"]).into_request());
    calls.add(es().delete_privileges("myapp", ["read", "write"]).into_request());
    calls.add(es().get_builtin_privileges().into_request());
    calls.add(es().clear_cached_privileges("myapp").into_request());
}

fn cluster(calls: &mut Calls) {
    calls.add(es().clear_cached_realms(["default_file", "ldap1"]).usernames(["rdeniro", "alpacino"]).into_request());
    calls.add(es().get_settings().master_timeout("30s").into_request());
    calls.add(
        es().update_settings()
            .security(
                SecuritySettings::new().index(IndexSettings::new().auto_expand_replicas_null().number_of_replicas(1)),
            )
            .security_tokens(SecuritySettings::new().index(IndexSettings::new().auto_expand_replicas("0-all")))
            .timeout(std::time::Duration::from_secs(90))
            .into_request(),
    );
    calls.add(es().get_stats().into_request());
    calls.add(es().enroll_kibana().into_request());
    calls.add(es().enroll_node().into_request());
    calls.add(
        es().query_role()
            .query(RoleQuery::bool(BoolQuery::new().must([Query::term("name", TermQuery::new("logs"))])))
            .from(20)
            .size(10)
            .into_request(),
    );
}
