//! What the built-in privileges of Elasticsearch grant, as data. The one list that authorization, `has_privileges`
//! and `_builtin` read; ordered from least to most privileged, as error messages name them.

/// A named privilege: the actions it grants, less those it withholds.
pub(crate) struct Named {
    pub(crate) name: &'static str,
    pub(crate) grants: &'static [&'static str],
    pub(crate) withholds: &'static [&'static str],
}

const fn grant(name: &'static str, grants: &'static [&'static str]) -> Named {
    Named { name, grants, withholds: &[] }
}

/// Cluster privileges.
#[rustfmt::skip]
pub(crate) const CLUSTER: &[Named] = &[
    grant("none", &[]),
    // Bound to the caller's own keys, which `Grants::allows_own` decides.
    grant("manage_own_api_key", &["own:api_key/*"]),
    grant("cancel_task", &["cluster:admin/tasks/cancel*"]),
    grant("create_snapshot", &["cluster:admin/snapshot/create", "cluster:admin/snapshot/status*", "cluster:admin/snapshot/get", "cluster:admin/repository/get"]),
    grant("cross_cluster_replication", &["cluster:internal/remote_cluster/handshake", "cluster:internal/remote_cluster/nodes", "cluster:monitor/xpack/info", "cluster:monitor/state"]),
    grant("cross_cluster_search", &["cluster:internal/remote_cluster/handshake", "cluster:internal/remote_cluster/nodes", "cluster:monitor/xpack/info", "cluster:monitor/xpack/enrich/esql/resolve_policy"]),
    grant("delegate_pki", &["cluster:admin/xpack/security/delegate_pki", "cluster:admin/xpack/security/token/invalidate"]),
    grant("grant_api_key", &["cluster:admin/xpack/security/api_key/grant*"]),
    grant("monitor_data_frame_transforms", &["cluster:monitor/data_frame/*", "cluster:monitor/transform/*"]),
    grant("monitor_data_stream_global_retention", &["cluster:monitor/data_stream/global_retention/*"]),
    grant("monitor_enrich", &["cluster:monitor/xpack/enrich/*", "cluster:admin/xpack/enrich/get"]),
    grant("monitor_esql", &["cluster:monitor/xpack/esql/*"]),
    grant("monitor_inference", &["cluster:monitor/xpack/inference*", "cluster:monitor/xpack/ml/trained_models/deployment/infer"]),
    grant("monitor_ml", &["cluster:monitor/xpack/ml/*"]),
    grant("monitor_reindex", &["cluster:monitor/reindex/*"]),
    grant("monitor_rollup", &["cluster:monitor/xpack/rollup/*"]),
    grant("monitor_snapshot", &["cluster:admin/snapshot/status*", "cluster:admin/snapshot/get", "cluster:admin/repository/get"]),
    grant("monitor_stats", &["cluster:monitor/stats*"]),
    grant("monitor_text_structure", &["cluster:monitor/text_structure/*"]),
    grant("monitor_transform", &["cluster:monitor/data_frame/*", "cluster:monitor/transform/*"]),
    grant("monitor_watcher", &["cluster:monitor/xpack/watcher/*"]),
    grant("post_behavioral_analytics_event", &["cluster:admin/xpack/application/analytics/post_event"]),
    grant("read_ccr", &["cluster:monitor/state", "cluster:admin/xpack/security/user/has_privileges"]),
    grant("read_fleet_secrets", &["cluster:admin/fleet/secrets/get"]),
    grant("read_ilm", &["cluster:admin/ilm/get", "cluster:admin/ilm/operation_mode/get"]),
    grant("read_pipeline", &["cluster:admin/ingest/pipeline/get", "cluster:admin/ingest/pipeline/simulate"]),
    grant("read_project_routing", &["cluster:monitor/project_routing/*"]),
    grant("read_slm", &["cluster:admin/slm/status", "cluster:admin/slm/get", "cluster:admin/ilm/operation_mode/get"]),
    grant("transport_client", &["cluster:monitor/nodes/liveness", "cluster:monitor/state"]),
    grant("write_connector_secrets", &["cluster:admin/xpack/connector/secret/delete", "cluster:admin/xpack/connector/secret/post", "cluster:admin/xpack/connector/secret/put"]),
    grant("write_fleet_secrets", &["cluster:admin/fleet/secrets/post", "cluster:admin/fleet/secrets/delete"]),
    grant("manage_autoscaling", &["cluster:admin/autoscaling/*"]),
    grant("manage_behavioral_analytics", &["cluster:admin/xpack/application/analytics/*"]),
    grant("manage_ccr", &["cluster:admin/xpack/ccr/*", "cluster:monitor/state", "cluster:admin/xpack/security/user/has_privileges"]),
    grant("manage_data_frame_transforms", &["cluster:admin/data_frame/*", "cluster:monitor/data_frame/*", "cluster:monitor/transform/*", "cluster:admin/transform/*"]),
    grant("manage_data_stream_global_retention", &["cluster:admin/data_stream/global_retention/*", "cluster:monitor/data_stream/global_retention/*"]),
    grant("manage_enrich", &["cluster:admin/xpack/enrich/*", "cluster:monitor/xpack/enrich/*"]),
    grant("manage_esql", &["cluster:admin/xpack/esql/*", "cluster:monitor/xpack/esql/*"]),
    grant("manage_ilm", &["cluster:admin/ilm/*"]),
    grant("manage_index_templates", &["indices:admin/template/*", "indices:admin/index_template/*", "cluster:admin/component_template/*"]),
    grant("manage_inference", &["cluster:admin/xpack/inference/*", "cluster:monitor/xpack/inference*", "cluster:admin/xpack/ml/trained_models/deployment/start", "cluster:admin/xpack/ml/trained_models/deployment/stop", "cluster:monitor/xpack/ml/trained_models/deployment/infer"]),
    grant("manage_ingest_pipelines", &["cluster:admin/ingest/pipeline/*"]),
    grant("manage_logstash_pipelines", &["cluster:admin/logstash/pipeline/*"]),
    grant("manage_ml", &["cluster:admin/xpack/ml/*", "cluster:monitor/xpack/ml/*"]),
    grant("manage_oidc", &["cluster:admin/xpack/security/oidc/*"]),
    grant("manage_pipeline", &["cluster:admin/ingest/pipeline/*"]),
    grant("manage_project_routing", &["cluster:admin/project_routing/*", "cluster:monitor/project_routing/*"]),
    grant("manage_reindex", &["cluster:admin/reindex/*", "cluster:monitor/reindex/*"]),
    grant("manage_rollup", &["cluster:admin/xpack/rollup/*", "cluster:monitor/xpack/rollup/*"]),
    grant("manage_saml", &["cluster:admin/xpack/security/saml/*", "cluster:admin/xpack/security/token/invalidate", "cluster:admin/xpack/security/token/refresh", "cluster:monitor/xpack/security/saml/metadata"]),
    grant("manage_search_application", &["cluster:admin/xpack/application/search_application/*"]),
    grant("manage_search_query_rules", &["cluster:admin/xpack/query_rules/*"]),
    grant("manage_search_synonyms", &["cluster:admin/synonyms/*", "cluster:admin/synonyms_sets/*", "cluster:admin/synonym_rules/*"]),
    grant("manage_service_account", &["cluster:admin/xpack/security/service_account/*"]),
    grant("manage_slm", &["cluster:admin/slm/*", "cluster:admin/ilm/start", "cluster:admin/ilm/stop", "cluster:admin/ilm/operation_mode/get"]),
    grant("manage_token", &["cluster:admin/xpack/security/token/*"]),
    grant("manage_transform", &["cluster:admin/data_frame/*", "cluster:monitor/data_frame/*", "cluster:monitor/transform/*", "cluster:admin/transform/*"]),
    grant("manage_user_profile", &["cluster:admin/xpack/security/profile/*"]),
    grant("manage_watcher", &["cluster:admin/xpack/watcher/*", "cluster:monitor/xpack/watcher/*"]),
    grant("manage_api_key", &["cluster:admin/xpack/security/api_key/*", "own:api_key/*"]),
    grant("monitor", &["cluster:monitor/*", "indices:admin/template/get", "cluster:admin/component_template/get", "indices:admin/index_template/get"]),
    grant("read_security", &["cluster:admin/xpack/security/api_key/get", "cluster:admin/xpack/security/api_key/query", "cluster:admin/xpack/security/privilege/builtin/get", "cluster:admin/xpack/security/privilege/get", "cluster:admin/xpack/security/profile/get", "cluster:admin/xpack/security/profile/has_privileges", "cluster:admin/xpack/security/profile/suggest", "cluster:admin/xpack/security/role/get", "cluster:admin/xpack/security/role/query", "cluster:admin/xpack/security/role_mapping/get", "cluster:admin/xpack/security/service_account/get", "cluster:admin/xpack/security/service_account/credential/get*", "cluster:admin/xpack/security/user/get", "cluster:admin/xpack/security/user/query", "cluster:admin/xpack/security/user/list_privileges", "cluster:admin/xpack/security/user/has_privileges", "cluster:admin/xpack/security/settings/get"]),
    Named {
        name: "manage_security",
        grants: &["cluster:admin/xpack/security/*", "own:api_key/*"],
        withholds: &["cluster:admin/xpack/security/delegate_pki"],
    },
    Named {
        name: "manage",
        grants: &["cluster:*", "indices:admin/template/*", "indices:admin/index_template/*"],
        withholds: &["cluster:admin/xpack/security/*"],
    },
    grant("all", &["cluster:*", "indices:admin/template/*", "indices:admin/index_template/*", "own:*"]),
];

/// Index privileges.
#[rustfmt::skip]
pub(crate) const INDEX: &[Named] = &[
    grant("none", &[]),
    grant("create_doc", &["indices:data/write/index", "indices:data/write/index[*", "indices:data/write/index:op_type/create", "indices:data/write/bulk*", "indices:data/write/simulate/bulk*"]),
    grant("create", &["indices:data/write/index*", "indices:data/write/bulk*", "indices:data/write/simulate/bulk*"]),
    grant("delete", &["indices:data/write/delete*", "indices:data/write/bulk*"]),
    grant("index", &["indices:data/write/index*", "indices:data/write/bulk*", "indices:data/write/update*", "indices:data/write/simulate/bulk*"]),
    grant("write", &["indices:data/write/*", "indices:admin/mapping/auto_put"]),
    grant("read", &["indices:data/read/*", "indices:admin/resolve/index", "indices:admin/resolve/cluster"]),
    grant("read_cross_cluster", &["internal:transport/proxy/indices:data/read/*", "indices:admin/shards/search_shards", "indices:admin/search/search_shards", "indices:admin/resolve/cluster", "indices:data/read/esql", "indices:data/read/esql/compute"]),
    grant("read_view_metadata", &["indices:admin/esql/view/get"]),
    grant("create_view", &["indices:admin/esql/view/put"]),
    grant("delete_view", &["indices:admin/esql/view/delete"]),
    grant("manage_view", &["indices:admin/esql/view/*"]),
    grant("auto_configure", &["indices:admin/mapping/auto_put", "indices:admin/auto_create"]),
    grant("create_index", &["indices:admin/create", "indices:admin/auto_create", "indices:admin/data_stream/create"]),
    grant("cross_cluster_replication", &["indices:data/read/xpack/ccr/shard_changes*", "indices:monitor/stats*", "indices:admin/seq_no/add_retention_lease*", "indices:admin/seq_no/remove_retention_lease*", "indices:admin/seq_no/renew_retention_lease*"]),
    grant("cross_cluster_replication_internal", &["indices:internal/admin/ccr/restore/session/clear*", "indices:internal/admin/ccr/restore/file_chunk/get*", "indices:internal/admin/ccr/restore/session/put*"]),
    grant("delete_index", &["indices:admin/delete", "indices:admin/data_stream/delete"]),
    grant("maintenance", &["indices:admin/refresh*", "indices:admin/flush*", "indices:admin/synced_flush", "indices:admin/forcemerge*"]),
    grant("manage_data_stream_lifecycle", &["indices:admin/data_stream/lifecycle/*"]),
    grant("manage_follow_index", &["indices:admin/xpack/ccr/put_follow", "indices:admin/xpack/ccr/unfollow", "indices:admin/close*", "indices:admin/data_stream/promote", "indices:admin/rollover"]),
    grant("manage_ilm", &["indices:admin/ilm/*"]),
    grant("manage_leader_index", &["indices:admin/xpack/ccr/forget_follower*"]),
    grant("monitor", &["indices:monitor/*"]),
    grant("view_index_metadata", &["indices:admin/aliases/get", "indices:admin/get", "indices:admin/mappings/fields/get*", "indices:admin/mappings/get", "indices:admin/shards/search_shards", "indices:admin/search/search_shards", "indices:admin/validate/query*", "indices:monitor/settings/get", "indices:admin/ilm/explain", "indices:admin/data_stream/lifecycle/get", "indices:admin/data_stream/lifecycle/explain", "indices:admin/data_stream/get", "indices:admin/resolve/index", "indices:admin/resolve/cluster", "indices:data/read/field_caps*"]),
    grant("manage", &["indices:monitor/*", "indices:admin/*", "indices:data/read/field_caps*"]),
    grant("all", &["indices:*", "internal:transport/proxy/indices:*"]),
];

/// Privileges over remote clusters.
pub(crate) const REMOTE_CLUSTER: &[&str] = &["monitor_enrich", "monitor_stats"];

/// Finds a cluster privilege by name, in any case.
pub(crate) fn cluster(name: &str) -> Option<&'static Named> {
    CLUSTER.iter().find(|named| named.name.eq_ignore_ascii_case(name))
}

/// Finds an index privilege by name, in any case.
pub(crate) fn index(name: &str) -> Option<&'static Named> {
    INDEX.iter().find(|named| named.name.eq_ignore_ascii_case(name))
}
