//! Users, roles, keys and tokens: each state change is seen by a second request.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Bench, basic};

/// A stack with a user `joe` who has a role of these cluster privileges.
fn with_joe(cluster: &[&str]) -> (Bench, String) {
    let bench = Bench::new();
    bench.es("PUT /_security/role/r", json!({ "cluster": cluster }));
    bench.es("PUT /_security/user/joe", json!({ "password": "secret1", "roles": ["r"] }));
    (bench, basic("joe", "secret1"))
}

fn reason(body: &Value) -> &str {
    body["error"]["reason"].as_str().unwrap_or_default()
}

#[test]
fn users_live_and_log_in() {
    let bench = Bench::new();
    let joe = basic("joe", "secret1");
    for (request, body, status) in [
        ("PUT /_security/user/joe", json!({ "password": "secret1", "roles": ["viewer"], "metadata": { "a": 1 } }), 200),
        ("GET /_security/user/joe", Value::Null, 200),
        ("GET /_security/user/joe,nobody", Value::Null, 200),
        ("GET /_security/user/nobody", Value::Null, 404),
        ("PUT /_security/user/elastic", json!({ "password": "secret1", "roles": [] }), 400),
        ("DELETE /_security/user/nobody", Value::Null, 404),
        ("PUT /_security/user/x", json!({ "password": "short", "roles": [] }), 400),
        ("PUT /_security/user/x", json!({ "roles": [] }), 400),
        ("PUT /_security/user/x", json!({ "password": "secret1", "roles": [], "foo": 1 }), 400),
    ] {
        assert_eq!(bench.es(request, body).0, status, "{request}");
    }
    assert_eq!(bench.es_as(&joe, "GET /_security/_authenticate", Value::Null).1["metadata"], json!({ "a": 1 }));
    bench.es("PUT /_security/user/joe/_disable", Value::Null);
    assert_eq!(bench.es_as(&joe, "GET /_security/_authenticate", Value::Null).0, 401);
    bench.es("PUT /_security/user/joe/_enable", Value::Null);
    bench.es_as(&joe, "POST /_security/user/_password", json!({ "password": "another" }));
    assert_eq!(bench.es_as(&joe, "GET /_security/_authenticate", Value::Null).0, 401);
    let joe = basic("joe", "another");
    assert_eq!(bench.es_as(&joe, "GET /_security/_authenticate", Value::Null).0, 200);
    assert_eq!(bench.es("DELETE /_security/user/joe", Value::Null).1, json!({ "found": true }));
    assert_eq!(bench.es_as(&joe, "GET /_security/_authenticate", Value::Null).0, 401);
}

#[test]
fn short_passwords_are_named() {
    let (_, body) = Bench::new().es("PUT /_security/user/x", json!({ "password": "short", "roles": [] }));
    assert_eq!(reason(&body), "Validation Failed: 1: passwords must be at least [6] characters long;");
    assert_eq!(body["error"]["type"], "action_request_validation_exception");
}

#[test]
fn missing_privileges_are_named() {
    let (bench, joe) = with_joe(&["monitor"]);
    let (status, body) = bench.es_as(&joe, "PUT /_security/user/x", json!({ "password": "secret1", "roles": [] }));
    assert_eq!(status, 403);
    assert_eq!(
        reason(&body),
        "action [cluster:admin/xpack/security/user/put] is unauthorized for user [joe] with effective roles [r], this action is granted by the cluster privileges [manage_security,all]"
    );
    assert_eq!(bench.es_as(&joe, "GET /", Value::Null).0, 200);
}

#[test]
fn roles_are_written_in_canonical_form() {
    let bench = Bench::new();
    bench.es(
        "PUT /_security/role/r",
        json!({ "index": [{ "names": "*", "privileges": ["all"], "query": { "match_all": {} } }] }),
    );
    let (_, body) = bench.es("GET /_security/role/r", Value::Null);
    assert_eq!(
        body["r"]["indices"],
        json!([{ "names": ["*"], "privileges": ["all"], "query": "{\"match_all\":{}}", "allow_restricted_indices": false }])
    );
    for (body, kind) in [
        (json!({ "cluster": ["nonsense"] }), "action_request_validation_exception"),
        (json!({ "indices": [{ "names": ["a"], "privileges": ["nonsense"] }] }), "action_request_validation_exception"),
        (json!({ "indices": [{ "privileges": ["read"] }] }), "parse_exception"),
        (json!({ "foo": 1 }), "parse_exception"),
    ] {
        let (status, answer) = bench.es("PUT /_security/role/r", body);
        assert_eq!((status, answer["error"]["type"].as_str()), (400, Some(kind)));
    }
    assert_eq!(bench.es("DELETE /_security/role/superuser", Value::Null).0, 400);
}

#[test]
fn a_key_does_no_more_than_its_owner() {
    let (bench, joe) = with_joe(&["manage_own_api_key", "monitor"]);
    let all = json!({ "name": "k", "role_descriptors": { "x": { "cluster": ["all"] } } });
    let (status, key) = bench.es_as(&joe, "POST /_security/api_key", all);
    assert_eq!(status, 200);
    let key = format!("ApiKey {}", key["encoded"].as_str().expect("a key"));
    assert_eq!(bench.es_as(&key, "GET /", Value::Null).0, 200);
    let (status, body) = bench.es_as(&key, "GET /_security/user", Value::Null);
    assert_eq!(status, 403);
    assert!(reason(&body).contains("is unauthorized for API key id ["), "{body}");
    let question = json!({ "cluster": ["monitor", "all"], "index": [{ "names": ["a"], "privileges": ["read"] }] });
    let (_, body) = bench.es_as(&key, "POST /_security/user/_has_privileges", question);
    assert_eq!(body["cluster"], json!({ "monitor": true, "all": false }));
    assert_eq!(body["index"], json!({ "a": { "read": false } }));
}

#[test]
fn keys_expire_and_are_invalidated() {
    let bench = Bench::new();
    let (_, made) =
        bench.es("POST /_security/api_key", json!({ "name": "k", "expiration": "1h", "metadata": { "a": 1 } }));
    let id = made["id"].as_str().expect("an id");
    let key = format!("ApiKey {}", made["encoded"].as_str().expect("a key"));
    let (_, who) = bench.es_as(&key, "GET /_security/_authenticate", Value::Null);
    assert_eq!(who["api_key"]["id"], id);
    bench.clock.advance(Duration::from_secs(3600));
    let (status, body) = bench.es_as(&key, "GET /_security/_authenticate", Value::Null);
    assert_eq!(
        (status, body["error"]["additional_unsuccessful_credentials"].as_str()),
        (401, Some("API key: api key is expired"))
    );
    let (_, body) = bench.es("DELETE /_security/api_key", json!({ "ids": [id] }));
    assert_eq!(body["invalidated_api_keys"], json!([id]));
    let (_, body) = bench.es("DELETE /_security/api_key", json!({ "name": "k" }));
    assert_eq!(body["previously_invalidated_api_keys"], json!([id]));
    let (_, body) = bench.es(&format!("GET /_security/api_key?id={id}"), Value::Null);
    assert_eq!(body["api_keys"][0]["invalidated"], true);
    assert_eq!(bench.es("GET /_security/api_key?id=none", Value::Null).0, 404);
}

#[test]
fn own_keys_need_less() {
    let (bench, joe) = with_joe(&["manage_own_api_key"]);
    let (_, made) = bench.es_as(&joe, "POST /_security/api_key", json!({ "name": "k" }));
    let id = made["id"].as_str().expect("an id");
    bench.es("POST /_security/api_key", json!({ "name": "other" }));
    assert_eq!(bench.es_as(&joe, "GET /_security/api_key", Value::Null).0, 403);
    assert_eq!(bench.es_as(&joe, "GET /_security/api_key?owner=true", Value::Null).1["api_keys"][0]["id"], id);
    assert_eq!(bench.es_as(&joe, "POST /_security/_query/api_key", Value::Null).1["total"], 1);
    assert_eq!(bench.es("POST /_security/_query/api_key", Value::Null).1["total"], 2);
    assert_eq!(bench.es_as(&joe, "DELETE /_security/api_key", json!({ "ids": [id] })).0, 403);
    assert_eq!(
        bench.es_as(&joe, "DELETE /_security/api_key", json!({ "ids": [id], "owner": true })).1["invalidated_api_keys"],
        json!([id])
    );
}

#[test]
fn keys_are_updated() {
    let bench = Bench::new();
    let (_, made) = bench.es("POST /_security/api_key", json!({ "name": "k" }));
    let id = made["id"].as_str().expect("an id");
    let path = format!("PUT /_security/api_key/{id}");
    assert_eq!(bench.es(&path, json!({ "metadata": { "a": 1 } })).1, json!({ "updated": true }));
    assert_eq!(bench.es(&path, json!({ "metadata": { "a": 1 } })).1, json!({ "updated": false }));
    let (_, body) =
        bench.es("POST /_security/api_key/_bulk_update", json!({ "ids": [id, "none"], "metadata": { "a": 1 } }));
    assert_eq!((&body["noops"], &body["errors"]["count"]), (&json!([id]), &json!(1)));
    assert_eq!(bench.es("PUT /_security/api_key/none", json!({})).0, 404);
    bench.es("DELETE /_security/api_key", json!({ "id": id }));
    assert_eq!(reason(&bench.es(&path, json!({})).1), format!("cannot update invalidated API key [{id}]"));
}

#[test]
fn names_of_keys_are_checked() {
    let bench = Bench::new();
    for (body, expected) in [
        (json!({}), "Validation Failed: 1: api key name is required;"),
        (json!({ "name": "_k" }), "Validation Failed: 1: api key name may not begin with an underscore;"),
        (
            json!({ "name": "k", "metadata": { "_a": 1 } }),
            "Validation Failed: 1: API key metadata keys may not start with [_];",
        ),
        (json!({ "name": "k", "foo": 1 }), "[1:2] [api_key_request] unknown field [foo]"),
        (
            json!({ "name": "k", "expiration": "soon" }),
            "failed to parse setting [expiration] with value [soon] as a time value: unit is missing or unrecognized",
        ),
    ] {
        let (status, answer) = bench.es("POST /_security/api_key", body);
        assert_eq!((status, reason(&answer)), (400, expected));
    }
}

#[test]
fn tokens_are_made_refreshed_and_invalidated() {
    let (bench, joe) = with_joe(&["manage_token"]);
    let password = json!({ "grant_type": "password", "username": "joe", "password": "secret1" });
    let (_, first) = bench.es_as(&joe, "POST /_security/oauth2/token", password.clone());
    assert_eq!(first["expires_in"], 1200);
    let bearer = |token: &Value| format!("Bearer {}", token["access_token"].as_str().expect("a token"));
    assert_eq!(
        bench.es_as(&bearer(&first), "GET /_security/_authenticate", Value::Null).1["authentication_type"],
        "token"
    );
    let refresh = json!({ "grant_type": "refresh_token", "refresh_token": first["refresh_token"] });
    let (_, second) = bench.es_as(&joe, "POST /_security/oauth2/token", refresh.clone());
    assert_ne!(first["access_token"], second["access_token"]);
    let (_, repeated) = bench.es_as(&joe, "POST /_security/oauth2/token", refresh.clone());
    assert_eq!(second["access_token"], repeated["access_token"]);
    bench.clock.advance(Duration::from_secs(31));
    let (status, body) = bench.es_as(&joe, "POST /_security/oauth2/token", refresh);
    assert_eq!((status, body["error"].as_str()), (400, Some("invalid_grant")));
    let (_, body) = bench.es_as(&joe, "DELETE /_security/oauth2/token", json!({ "token": second["access_token"] }));
    assert_eq!(body, json!({ "invalidated_tokens": 1, "previously_invalidated_tokens": 0, "error_count": 0 }));
    assert_eq!(bench.es_as(&bearer(&second), "GET /_security/_authenticate", Value::Null).0, 401);
    let (_, third) = bench.es_as(&joe, "POST /_security/oauth2/token", password);
    bench.clock.advance(Duration::from_secs(1200));
    assert_eq!(reason(&bench.es_as(&bearer(&third), "GET /_security/_authenticate", Value::Null).1), "token expired");
    let wrong = json!({ "grant_type": "password", "username": "joe", "password": "nonsense" });
    assert_eq!(bench.es_as(&joe, "POST /_security/oauth2/token", wrong).0, 401);
    assert_eq!(bench.es_as(&joe, "DELETE /_security/oauth2/token", json!({ "token": "none" })).0, 404);
}

#[test]
fn application_privileges_decide() {
    let bench = Bench::new();
    let stored = json!({ "shop": { "buy": { "actions": ["data:buy/*"] } } });
    assert_eq!(bench.es("PUT /_security/privilege", stored).1, json!({ "shop": { "buy": { "created": true } } }));
    bench.es(
        "PUT /_security/role/r",
        json!({ "applications": [{ "application": "shop", "privileges": ["buy"], "resources": ["toy/*"] }] }),
    );
    bench.es("PUT /_security/user/joe", json!({ "password": "secret1", "roles": ["r"] }));
    let question = json!({ "application": [{ "application": "shop", "privileges": ["buy", "data:buy/now", "data:sell"], "resources": ["toy/1", "car/1"] }] });
    let (_, body) = bench.es_as(&basic("joe", "secret1"), "POST /_security/user/_has_privileges", question);
    assert_eq!(
        body["application"]["shop"],
        json!({
            "toy/1": { "buy": true, "data:buy/now": true, "data:sell": false },
            "car/1": { "buy": false, "data:buy/now": false, "data:sell": false },
        })
    );
    assert_eq!(
        bench.es("DELETE /_security/privilege/shop/buy,none", Value::Null).1["shop"]["none"],
        json!({ "found": false })
    );
    assert_eq!(bench.es("GET /_security/privilege/shop/buy", Value::Null).0, 404);
}

#[test]
fn run_as_is_a_privilege() {
    let bench = Bench::new();
    bench.es("PUT /_security/role/r", json!({ "run_as": ["jo*"] }));
    for name in ["boss", "joe", "ann"] {
        bench.es(&format!("PUT /_security/user/{name}"), json!({ "password": "secret1", "roles": ["r"] }));
    }
    let boss = basic("boss", "secret1");
    for (other, status) in [("joe", 200), ("ann", 403), ("nobody", 403)] {
        let headers = [("authorization", boss.as_str()), ("es-security-runas-user", other)];
        let reply = bench.send(crate::Product::Elasticsearch, "GET /_security/_authenticate", &headers, Value::Null);
        assert_eq!(reply.status, status, "{other}");
    }
}
