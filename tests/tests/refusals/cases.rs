//! A valid request of each of the 66 operations, and the state that it needs.

use serde_json::{Value, json};

/// A valid request.
pub(crate) struct Case {
    pub(crate) id: &'static str,
    /// `METHOD /path`; names in `<>` come from the state.
    pub(crate) request: &'static str,
    pub(crate) body: Value,
}

/// What must be there before any of them; the same names in every round.
pub(crate) fn state() -> Vec<(&'static str, Value)> {
    vec![
        ("PUT /_security/role/reader", json!({ "cluster": ["monitor"] })),
        ("PUT /_security/user/ada", json!({ "password": "countess", "roles": ["reader"] })),
        (
            "PUT /_security/role_mapping/everyone",
            json!({ "roles": ["reader"], "rules": { "field": { "username": "*" } } }),
        ),
        ("PUT /_security/privilege", json!({ "shop": { "buy": { "actions": ["data:buy"] } } })),
        ("DELETE /_security/service/elastic/kibana/credential/token/made", Value::Null),
        ("PUT /_security/service/elastic/kibana/credential/token/there", Value::Null),
    ]
}

fn descriptor() -> Value {
    json!({
        "cluster": ["monitor"],
        "indices": [{
            "names": ["books-*"],
            "privileges": ["read"],
            "field_security": { "grant": ["*"], "except": ["price"] },
            "query": "{\"match_all\":{}}",
            "allow_restricted_indices": false
        }],
        "applications": [{ "application": "shop", "privileges": ["buy"], "resources": ["*"] }],
        "run_as": ["ada"],
        "metadata": { "a": 1 },
        "description": "Reads"
    })
}

fn search(field: &str) -> Value {
    json!({
        "query": { "bool": {
            "filter": [{ "term": { field: "a" } }, { "exists": { "field": field } }],
            "must_not": { "prefix": { field: { "value": "b" } } }
        } },
        "sort": [{ field: { "order": "desc" } }],
        "from": 0,
        "size": 2
    })
}

/// The requests, by area.
pub(crate) fn all() -> Vec<Case> {
    let none = Value::Null;
    let of = |id, request, body: Value| Case { id, request, body };
    let access = json!({ "search": [{ "names": ["logs*"] }], "replication": [{ "names": ["old"], "allow_restricted_indices": false }] });
    let login = json!({ "grant_type": "password", "username": "ada", "password": "countess" });
    let mut keys = search("name");
    keys["aggs"] = json!({ "by": { "terms": { "field": "username", "size": 5 } } });
    vec![
        of("authenticate", "GET /_security/_authenticate", none.clone()),
        of(
            "put_user",
            "PUT /_security/user/grace",
            json!({ "password": "flow-matic", "roles": ["reader"], "full_name": "Grace", "email": "g@example.org", "metadata": { "a": 1 }, "enabled": true, "username": "grace" }),
        ),
        of("get_user", "GET /_security/user/ada", none.clone()),
        of("delete_user", "DELETE /_security/user/ada", none.clone()),
        of("enable_user", "PUT /_security/user/ada/_enable", none.clone()),
        of("disable_user", "PUT /_security/user/ada/_disable", none.clone()),
        of("change_password", "PUT /_security/user/ada/_password", json!({ "password": "lovelace" })),
        of("query_user", "POST /_security/_query/user", search("username")),
        of(
            "has_privileges",
            "POST /_security/user/_has_privileges",
            json!({
                "cluster": ["monitor"],
                "index": [{ "names": ["a"], "privileges": ["read"], "allow_restricted_indices": true }],
                "application": [{ "application": "shop", "privileges": ["buy"], "resources": ["*"] }]
            }),
        ),
        of("get_user_privileges", "GET /_security/user/_privileges", none.clone()),
        of("get_builtin_privileges", "GET /_security/privilege/_builtin", none.clone()),
        of("put_role", "PUT /_security/role/writer", descriptor()),
        of("get_role", "GET /_security/role/reader", none.clone()),
        of("delete_role", "DELETE /_security/role/reader", none.clone()),
        of("bulk_put_role", "POST /_security/role", json!({ "roles": { "writer": descriptor() } })),
        of("bulk_delete_role", "DELETE /_security/role", json!({ "names": ["reader"] })),
        of("query_role", "POST /_security/_query/role", search("name")),
        of(
            "put_role_mapping",
            "PUT /_security/role_mapping/some",
            json!({
                "enabled": true,
                "role_templates": [{ "template": { "source": "{{#tojson}}groups{{/tojson}}" }, "format": "json" }],
                "rules": { "any": [{ "field": { "username": "a*" } }, { "except": { "all": [{ "field": { "groups": ["x"] } }] } }] },
                "metadata": {}
            }),
        ),
        of("get_role_mapping", "GET /_security/role_mapping/everyone", none.clone()),
        of("delete_role_mapping", "DELETE /_security/role_mapping/everyone", none.clone()),
        of(
            "put_privileges",
            "PUT /_security/privilege",
            json!({ "shop": { "sell": { "actions": ["data:sell"], "metadata": { "a": 1 }, "application": "shop", "name": "sell" } } }),
        ),
        of("get_privileges", "GET /_security/privilege/shop/buy", none.clone()),
        of("delete_privileges", "DELETE /_security/privilege/shop/buy", none.clone()),
        of(
            "create_api_key",
            "POST /_security/api_key",
            json!({ "name": "k", "expiration": "1d", "role_descriptors": { "r": descriptor() }, "metadata": { "a": 1 } }),
        ),
        of("get_api_key", "GET /_security/api_key?id=<id>", none.clone()),
        of("query_api_keys", "POST /_security/_query/api_key", keys),
        of("invalidate_api_key", "DELETE /_security/api_key", json!({ "ids": ["<id>"], "owner": true })),
        of(
            "grant_api_key",
            "POST /_security/api_key/grant",
            json!({ "grant_type": "password", "username": "ada", "password": "countess", "api_key": { "name": "g", "expiration": "1d", "role_descriptors": { "r": descriptor() }, "metadata": {} } }),
        ),
        of(
            "clone_api_key",
            "POST /_security/api_key/clone",
            json!({ "api_key": "<encoded>", "name": "c", "expiration": "1d", "metadata": {} }),
        ),
        of(
            "update_api_key",
            "PUT /_security/api_key/<id>",
            json!({ "role_descriptors": { "r": descriptor() }, "expiration": "2d", "metadata": {} }),
        ),
        of(
            "bulk_update_api_keys",
            "POST /_security/api_key/_bulk_update",
            json!({ "ids": ["<id>"], "role_descriptors": { "r": descriptor() }, "expiration": "2d", "metadata": {} }),
        ),
        of(
            "create_cross_cluster_api_key",
            "POST /_security/cross_cluster/api_key",
            json!({ "name": "cc", "access": access, "expiration": "1d", "metadata": {} }),
        ),
        of(
            "update_cross_cluster_api_key",
            "PUT /_security/cross_cluster/api_key/<cross>",
            json!({ "access": access, "expiration": "1d", "metadata": {} }),
        ),
        of("get_token", "POST /_security/oauth2/token", login.clone()),
        of(
            "invalidate_token",
            "DELETE /_security/oauth2/token",
            json!({ "username": "ada", "realm_name": "default_native" }),
        ),
        of("get_service_accounts", "GET /_security/service/elastic/kibana", none.clone()),
        of("get_service_credentials", "GET /_security/service/elastic/kibana/credential", none.clone()),
        of("create_service_token", "PUT /_security/service/elastic/kibana/credential/token/made", none.clone()),
        of("delete_service_token", "DELETE /_security/service/elastic/kibana/credential/token/there", none.clone()),
        of("activate_user_profile", "POST /_security/profile/_activate", login),
        of("get_user_profile", "GET /_security/profile/<uid>", none.clone()),
        of(
            "suggest_user_profiles",
            "POST /_security/profile/_suggest",
            json!({ "name": "ad", "size": 3, "data": ["*"], "hint": { "uids": ["<uid>"], "labels": { "team": ["a"] } } }),
        ),
        of(
            "update_user_profile_data",
            "PUT /_security/profile/<uid>/_data",
            json!({ "labels": { "team": "a" }, "data": { "app": 1 } }),
        ),
        of("enable_user_profile", "PUT /_security/profile/<uid>/_enable", none.clone()),
        of("disable_user_profile", "PUT /_security/profile/<uid>/_disable", none.clone()),
        of(
            "has_privileges_user_profile",
            "POST /_security/profile/_has_privileges",
            json!({
                "uids": ["<uid>"],
                "privileges": { "cluster": ["monitor"], "index": [{ "names": ["a"], "privileges": ["read"] }], "application": [{ "application": "shop", "privileges": ["buy"], "resources": ["*"] }] }
            }),
        ),
        of("get_settings", "GET /_security/settings", none.clone()),
        of(
            "update_settings",
            "PUT /_security/settings",
            json!({ "security": { "index": { "number_of_replicas": 1 } } }),
        ),
        of("get_stats", "GET /_security/stats", none.clone()),
        of("clear_api_key_cache", "POST /_security/api_key/*/_clear_cache", none.clone()),
        of("clear_cached_privileges", "POST /_security/privilege/shop/_clear_cache", none.clone()),
        of("clear_cached_realms", "POST /_security/realm/*/_clear_cache", none.clone()),
        of("clear_cached_roles", "POST /_security/role/reader/_clear_cache", none.clone()),
        of(
            "clear_cached_service_tokens",
            "POST /_security/service/elastic/kibana/credential/token/*/_clear_cache",
            none.clone(),
        ),
        of("enroll_kibana", "GET /_security/enroll/kibana", none.clone()),
        of("enroll_node", "GET /_security/enroll/node", none.clone()),
        of("delegate_pki", "POST /_security/delegate_pki", json!({ "x509_certificate_chain": ["<certificate>"] })),
        of("saml_prepare_authentication", "POST /_security/saml/prepare", json!({ "realm": "saml1" })),
        of(
            "saml_authenticate",
            "POST /_security/saml/authenticate",
            json!({ "content": "<saml_response>", "ids": ["<saml_id>"], "realm": "saml1" }),
        ),
        of(
            "saml_logout",
            "POST /_security/saml/logout",
            json!({ "token": "<saml_token>", "refresh_token": "<saml_refresh>" }),
        ),
        of(
            "saml_invalidate",
            "POST /_security/saml/invalidate",
            json!({ "query_string": "<logout_request>", "realm": "saml1" }),
        ),
        of(
            "saml_complete_logout",
            "POST /_security/saml/complete_logout",
            json!({ "realm": "saml1", "ids": ["<logout_id>"], "query_string": "<logout_answer>" }),
        ),
        of("saml_service_provider_metadata", "GET /_security/saml/metadata/saml1", none.clone()),
        of("oidc_prepare_authentication", "POST /_security/oidc/prepare", json!({ "realm": "oidc1" })),
        of(
            "oidc_authenticate",
            "POST /_security/oidc/authenticate",
            json!({ "nonce": "<nonce>", "state": "<state>", "redirect_uri": "<code>", "realm": "oidc1" }),
        ),
        of(
            "oidc_logout",
            "POST /_security/oidc/logout",
            json!({ "token": "<oidc_token>", "refresh_token": "<oidc_refresh>" }),
        ),
    ]
}
