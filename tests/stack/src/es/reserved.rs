//! Users and roles that every cluster has and nobody may change. Descriptors are shortened to what they grant here.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::role::Role;
use super::state::{Principal, User};

/// The users of the reserved realm, without passwords.
pub(crate) fn users() -> Vec<User> {
    let named = |username: &str, role: &str| User {
        profile: Principal {
            username: username.to_owned(),
            roles: vec![role.to_owned()],
            metadata: metadata(),
            enabled: true,
            ..Principal::default()
        },
        hash: None,
        reserved: true,
    };
    let mut users = vec![
        named("elastic", "superuser"),
        named("kibana_system", "kibana_system"),
        named("kibana", "kibana_system"),
        named("logstash_system", "logstash_system"),
        named("beats_system", "beats_system"),
        named("apm_system", "apm_system"),
        named("remote_monitoring_user", "remote_monitoring_collector"),
    ];
    for user in &mut users {
        match user.profile.username.as_str() {
            "kibana" => {
                user.profile.metadata.insert("_deprecated".into(), json!(true));
                user.profile.metadata.insert("_deprecated_reason".into(), json!("use [kibana_system] instead"));
            }
            "remote_monitoring_user" => user.profile.roles.push("remote_monitoring_agent".into()),
            _ => {}
        }
    }
    users
}

/// The reserved roles by name.
pub(crate) fn roles() -> BTreeMap<&'static str, Role> {
    let read = ["read", "view_index_metadata"];
    BTreeMap::from([
        ("superuser", superuser()),
        ("apm_system", role(&["monitor", "cluster:admin/xpack/monitoring/bulk"], &[], &[])),
        ("apm_user", role(&[], &[(&["apm-*", "logs-apm.*", "metrics-apm.*", "traces-apm.*"], &read)], &[])),
        ("beats_admin", role(&[], &[(&[".management-beats"], &["all"])], &[])),
        (
            "beats_system",
            role(
                &["monitor", "cluster:admin/xpack/monitoring/bulk"],
                &[(&[".monitoring-beats-*"], &["create_index", "create"])],
                &[],
            ),
        ),
        (
            "editor",
            role(&[], &[(&["/~(([.]|ilm-history-).*)/"], &read), (&["*"], &["read", "view_index_metadata"])], &["all"]),
        ),
        (
            "enrich_user",
            role(
                &["manage_enrich", "manage_ingest_pipelines", "monitor"],
                &[(&[".enrich-*"], &["manage", "read", "write"])],
                &[],
            ),
        ),
        ("ingest_admin", role(&["manage_index_templates", "manage_pipeline"], &[], &[])),
        ("inference_admin", role(&["manage_inference"], &[], &[])),
        ("inference_user", role(&["monitor_inference"], &[], &[])),
        ("kibana_admin", role(&[], &[], &["all"])),
        (
            "kibana_system",
            role(
                &[
                    "monitor",
                    "manage_index_templates",
                    "manage_saml",
                    "manage_token",
                    "manage_oidc",
                    "manage_enrich",
                    "manage_pipeline",
                    "manage_ilm",
                    "manage_transform",
                    "grant_api_key",
                    "manage_own_api_key",
                    "manage_user_profile",
                    "cluster:admin/xpack/security/api_key/invalidate",
                    "cluster:admin/xpack/security/privilege/builtin/get",
                    "cluster:admin/xpack/security/profile/*",
                    "delegate_pki",
                ],
                &[(&[".kibana*", ".reporting-*"], &["all"]), (&[".monitoring-*"], &["read", "read_cross_cluster"])],
                &[],
            ),
        ),
        ("kibana_user", role(&[], &[], &["all"])),
        (
            "logstash_admin",
            role(
                &["manage_logstash_pipelines"],
                &[(&[".logstash*"], &["create", "delete", "index", "manage", "read"])],
                &[],
            ),
        ),
        ("logstash_system", role(&["monitor", "cluster:admin/xpack/monitoring/bulk"], &[], &[])),
        (
            "machine_learning_admin",
            role(&["manage_ml"], &[(&[".ml-anomalies*", ".ml-notifications*"], &read)], &["all"]),
        ),
        (
            "machine_learning_user",
            role(&["monitor_ml"], &[(&[".ml-anomalies*", ".ml-notifications*"], &read)], &["read"]),
        ),
        (
            "monitoring_user",
            role(
                &["cluster:monitor/main", "cluster:monitor/xpack/info", "cluster:monitor/remote/info"],
                &[(&[".monitoring-*", "metricbeat-*", "metrics-*"], &["read", "read_cross_cluster"])],
                &["reserved_monitoring"],
            ),
        ),
        (
            "remote_monitoring_agent",
            role(
                &[
                    "manage_index_templates",
                    "manage_ingest_pipelines",
                    "monitor",
                    "cluster:admin/ilm/get",
                    "cluster:admin/ilm/put",
                ],
                &[(&[".monitoring-*", "metricbeat-*"], &["all"])],
                &[],
            ),
        ),
        ("remote_monitoring_collector", role(&["monitor"], &[(&["*"], &["monitor"]), (&[".kibana*"], &["read"])], &[])),
        ("reporting_user", role(&[], &[], &["reserved_reporting_user"])),
        ("rollup_admin", role(&["manage_rollup"], &[], &[])),
        ("rollup_user", role(&["monitor_rollup"], &[], &[])),
        (
            "snapshot_user",
            role(&["create_snapshot", "cluster:admin/repository/get"], &[(&["*"], &["view_index_metadata"])], &[]),
        ),
        (
            "transform_admin",
            role(&["manage_transform"], &[(&[".transform-notifications-*"], &read)], &["reserved_ml_user"]),
        ),
        (
            "transform_user",
            role(&["monitor_transform"], &[(&[".transform-notifications-*"], &read)], &["reserved_ml_user"]),
        ),
        ("transport_client", role(&["transport_client"], &[], &[])),
        (
            "viewer",
            role(
                &[],
                &[(&["/~(([.]|ilm-history-).*)/"], &read), (&["*"], &["read", "view_index_metadata"])],
                &["read"],
            ),
        ),
        (
            "watcher_admin",
            role(&["manage_watcher"], &[(&[".watches", ".triggered_watches", ".watcher-history-*"], &["read"])], &[]),
        ),
        ("watcher_user", role(&["monitor_watcher"], &[(&[".watches", ".watcher-history-*"], &["read"])], &[])),
    ])
}

fn superuser() -> Role {
    let mut role = read(&json!({
        "cluster": ["all"],
        "indices": [
            { "names": ["*"], "privileges": ["all"], "allow_restricted_indices": false },
            { "names": ["*"], "privileges": ["monitor", "read", "view_index_metadata", "read_cross_cluster"], "allow_restricted_indices": true }
        ],
        "applications": [{ "application": "*", "privileges": ["*"], "resources": ["*"] }],
        "run_as": ["*"],
        "remote_indices": [
            { "names": ["*"], "clusters": ["*"], "privileges": ["all"], "allow_restricted_indices": false },
            { "names": ["*"], "clusters": ["*"], "privileges": ["monitor", "read", "view_index_metadata", "read_cross_cluster"], "allow_restricted_indices": true }
        ],
        "remote_cluster": [{ "clusters": ["*"], "privileges": ["monitor_enrich", "monitor_stats"] }]
    }));
    role.transient_metadata.clear();
    role.description = Some("Holds every privilege on the cluster and its data".into());
    role
}

type Indices<'a> = &'a [(&'a [&'a str], &'a [&'a str])];

fn role(cluster: &[&str], indices: Indices<'_>, kibana: &[&str]) -> Role {
    let indices: Vec<Value> =
        indices.iter().map(|(names, privileges)| json!({ "names": names, "privileges": privileges })).collect();
    let applications = match kibana {
        [] => json!([]),
        privileges => {
            json!([{ "application": "kibana-.kibana", "privileges": privileges, "resources": ["*"] }])
        }
    };
    read(&json!({ "cluster": cluster, "indices": indices, "applications": applications }))
}

fn read(descriptor: &Value) -> Role {
    let mut role = Role::read("reserved", descriptor).unwrap_or_default();
    role.metadata = metadata();
    role
}

fn metadata() -> serde_json::Map<String, Value> {
    serde_json::Map::from_iter([("_reserved".to_owned(), json!(true))])
}
