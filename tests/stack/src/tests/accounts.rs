//! What surrounds users and keys: service accounts, profiles, settings, mappings, searches, grants, other clusters' keys.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Bench, basic};

fn with_user(roles: Value) -> Bench {
    let bench = Bench::new();
    bench.es(
        "PUT /_security/role/r",
        json!({ "cluster": ["manage_token"], "indices": [{ "names": "index", "privileges": ["all"] }] }),
    );
    bench.es(
        "PUT /_security/user/joe",
        json!({ "password": "secret1", "roles": roles, "full_name": "Joe Doe", "email": "joe@x.org" }),
    );
    bench
}

fn reason(body: &Value) -> &str {
    body["error"]["reason"].as_str().unwrap_or_default()
}

#[test]
fn service_accounts_speak_through_tokens() {
    let bench = Bench::new();
    let base = "/_security/service/elastic/fleet-server";
    let (_, made) = bench.es(&format!("POST {base}/credential/token/t1"), Value::Null);
    let bearer = format!("Bearer {}", made["token"]["value"].as_str().expect("a token"));
    assert!(bearer.starts_with("Bearer AAEAAWVsYXN0aWMvZmxlZXQtc2VydmVy"));
    let (_, who) = bench.es_as(&bearer, "GET /_security/_authenticate", Value::Null);
    assert_eq!((&who["username"], &who["token"]["name"]), (&json!("elastic/fleet-server"), &json!("t1")));
    let (status, body) = bench.es_as(&bearer, "GET /_security/user", Value::Null);
    assert_eq!(status, 403);
    assert!(reason(&body).contains("for service account [elastic/fleet-server], this action"), "{body}");
    for (request, status, at, expected) in [
        (format!("POST {base}/credential/token/t1"), 409, "/error/type", json!("version_conflict_engine_exception")),
        (format!("POST {base}/credential/token/_t"), 400, "/error/type", json!("action_request_validation_exception")),
        (
            "POST /_security/service/elastic/none/credential/token".to_owned(),
            400,
            "/error/reason",
            json!("service account [elastic/none] does not exist"),
        ),
        (format!("GET {base}/credential"), 200, "/tokens", json!({ "t1": {} })),
        (format!("GET {base}"), 200, "/elastic~1fleet-server/role_descriptor/run_as", json!([])),
        ("GET /_security/service/nobody".to_owned(), 200, "", json!({})),
        (format!("POST {base}/credential/token/t1/_clear_cache"), 200, "/_nodes/failed", json!(0)),
        (format!("DELETE {base}/credential/token/t1"), 200, "/found", json!(true)),
        (format!("DELETE {base}/credential/token/t1"), 404, "/found", json!(false)),
    ] {
        let (got, body) = bench.es(&request, Value::Null);
        assert_eq!((got, body.pointer(at)), (status, Some(&expected)), "{request}");
    }
    assert_eq!(bench.es_as(&bearer, "GET /_security/_authenticate", Value::Null).0, 401);
}

#[test]
fn profiles_live() {
    let bench = with_user(json!(["superuser"]));
    let activation = json!({ "grant_type": "password", "username": "joe", "password": "secret1" });
    let (_, profile) = bench.es("POST /_security/profile/_activate", activation);
    let uid = profile["uid"].as_str().expect("a uid").to_owned();
    assert_eq!((&profile["enabled"], &profile["user"]["username"]), (&json!(true), &json!("joe")));
    let path = |rest: &str| rest.replace("UID", &uid);
    for (request, body, status, at, expected) in [
        (
            "POST /_security/profile/UID/_data",
            json!({ "labels": { "app": "a" }, "data": { "app": { "x": 1 }, "other": 2 } }),
            200,
            "/acknowledged",
            json!(true),
        ),
        (
            "POST /_security/profile/UID/_data",
            json!({ "data": { "app": { "y": 2 } } }),
            200,
            "/acknowledged",
            json!(true),
        ),
        (
            "POST /_security/profile/UID/_data?if_seq_no=99&if_primary_term=1",
            json!({ "data": { "app": 1 } }),
            409,
            "/error/type",
            json!("version_conflict_engine_exception"),
        ),
        (
            "POST /_security/profile/UID/_data",
            json!({}),
            400,
            "/error/reason",
            json!("Validation Failed: 1: update request is empty;"),
        ),
        (
            "POST /_security/profile/none/_data",
            json!({ "data": { "app": 1 } }),
            404,
            "/error/type",
            json!("document_missing_exception"),
        ),
        (
            "GET /_security/profile/UID?data=app",
            Value::Null,
            200,
            "/profiles/0/data",
            json!({ "app": { "x": 1, "y": 2 } }),
        ),
        ("GET /_security/profile/UID,none", Value::Null, 200, "/errors/count", json!(1)),
        ("GET /_security/profile/UID", Value::Null, 200, "/profiles/0/data", json!({})),
        ("PUT /_security/profile/UID/_disable", Value::Null, 200, "/acknowledged", json!(true)),
        ("GET /_security/profile/UID", Value::Null, 200, "/profiles/0/enabled", json!(false)),
        ("POST /_security/profile/_suggest", json!({ "name": "jo" }), 200, "/total/value", json!(0)),
        ("PUT /_security/profile/UID/_enable", Value::Null, 200, "/acknowledged", json!(true)),
        (
            "POST /_security/profile/_suggest",
            json!({ "name": "do jo", "hint": { "labels": { "a": ["b"] } } }),
            200,
            "/total/value",
            json!(1),
        ),
        ("POST /_security/profile/_suggest", json!({ "name": "zzz" }), 200, "/profiles", json!([])),
        ("PUT /_security/profile/none/_enable", Value::Null, 404, "/error/type", json!("document_missing_exception")),
        ("GET /_security/user/joe?with_profile_uid=true", Value::Null, 200, "/joe/profile_uid", json!(uid)),
    ] {
        let (got, answer) = bench.es(&path(request), body);
        assert_eq!((got, answer.pointer(at)), (status, Some(&expected)), "{request}: {answer}");
    }
    let question = json!({ "uids": [uid, "none"], "privileges": { "cluster": ["monitor"] } });
    let (_, body) = bench.es("POST /_security/profile/_has_privileges", question);
    assert_eq!((&body["has_privilege_uids"], &body["errors"]["count"]), (&json!([uid]), &json!(1)));
}

#[test]
fn settings_come_back_as_texts() {
    let bench = Bench::new();
    let change = json!({ "security": { "index.auto_expand_replicas": null, "index.number_of_replicas": 1 }, "security-tokens": { "index": { "number_of_replicas": 2 } } });
    assert_eq!(bench.es("PUT /_security/settings", change), (200, json!({ "acknowledged": true })));
    let (_, body) = bench.es("GET /_security/settings", Value::Null);
    assert_eq!(body["security"]["index"]["number_of_replicas"], "1");
    assert_eq!(body["security"]["index"].get("auto_expand_replicas"), None);
    assert_eq!(body["security-tokens"]["index"]["number_of_replicas"], "2");
    assert_eq!(body["security-profile"]["index"]["auto_expand_replicas"], "0-1");
    assert_eq!(bench.es("PUT /_security/settings", json!({ "security": { "index.codec": "x" } })).0, 400);
    assert_eq!(bench.es("PUT /_security/settings", json!({ "other": {} })).0, 400);
}

#[test]
fn mappings_are_stored_and_checked() {
    let bench = Bench::new();
    let good = json!({ "roles": ["a"], "enabled": true, "rules": { "any": [{ "field": { "username": "*" } }, { "except": { "field": { "dn": ["a", "b"] } } }] } });
    assert_eq!(bench.es("PUT /_security/role_mapping/m", good.clone()).1["role_mapping"]["created"], true);
    assert_eq!(bench.es("PUT /_security/role_mapping/m", good.clone()).1["role_mapping"]["created"], false);
    assert_eq!(bench.es("GET /_security/role_mapping", Value::Null).1["m"]["rules"], good["rules"]);
    for bad in [
        json!({ "roles": ["a"] }),
        json!({ "rules": good["rules"] }),
        json!({ "roles": ["a"], "rules": { "some": [] } }),
        json!({ "roles": ["a"], "rules": {} }),
    ] {
        assert_eq!(bench.es("PUT /_security/role_mapping/x", bad.clone()).0, 400, "{bad}");
    }
    assert_eq!(bench.es("DELETE /_security/role_mapping/m", Value::Null).0, 200);
    assert_eq!(bench.es("GET /_security/role_mapping/m", Value::Null), (404, json!({})));
}

#[test]
fn keys_are_searched() {
    let bench = Bench::new();
    for (name, level) in [("a1", 1), ("a2", 2), ("b1", 3)] {
        bench.es("POST /_security/api_key", json!({ "name": name, "metadata": { "level": level } }));
        bench.clock.advance(Duration::from_secs(60));
    }
    let names = |query: Value| {
        let (status, body) = bench.es("POST /_security/_query/api_key", query);
        assert_eq!(status, 200, "{body}");
        let names: Vec<String> = body["api_keys"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|key| Some(key["name"].as_str()?.to_owned()))
            .collect();
        (body["total"].clone(), names.join(","))
    };
    for (query, total, expected) in [
        (json!({ "sort": ["name"] }), 3, "a1,a2,b1"),
        (json!({ "sort": [{ "creation": { "order": "desc" } }], "size": 2 }), 3, "b1,a2"),
        (json!({ "sort": ["name"], "from": 1, "size": 1 }), 3, "a2"),
        (json!({ "sort": ["name"], "search_after": ["a1"] }), 3, "a2,b1"),
        (json!({ "query": { "prefix": { "name": "a" } }, "sort": "name" }), 2, "a1,a2"),
        (json!({ "query": { "wildcard": { "name": { "value": "*1" } } }, "sort": "name" }), 2, "a1,b1"),
        (json!({ "query": { "term": { "metadata.level": 2 } } }), 1, "a2"),
        (json!({ "query": { "terms": { "name": ["b1", "none"] } } }), 1, "b1"),
        (json!({ "query": { "range": { "metadata.level": { "gte": 2, "lt": 3 } } } }), 1, "a2"),
        (json!({ "query": { "range": { "creation": { "gte": "now-2m" } } }, "sort": "name" }), 2, "a2,b1"),
        (json!({ "query": { "exists": { "field": "expiration" } } }), 0, ""),
        (
            json!({ "query": { "bool": { "must_not": { "term": { "name": "a1" } }, "filter": [{ "term": { "username": "elastic" } }] } }, "sort": "name" }),
            2,
            "a2,b1",
        ),
        (
            json!({ "query": { "bool": { "should": [{ "term": { "name": "a1" } }, { "term": { "name": "b1" } }] } }, "sort": "name" }),
            2,
            "a1,b1",
        ),
        (json!({ "query": { "simple_query_string": { "query": "b*", "fields": ["name"] } } }), 1, "b1"),
    ] {
        assert_eq!(names(query.clone()), (json!(total), expected.to_owned()), "{query}");
    }
    for bad in [
        json!({ "query": { "term": { "api_key_hash": "x" } } }),
        json!({ "query": { "fuzzy": { "name": "a" } } }),
        json!({ "sort": ["secret"] }),
        json!({ "size": -1 }),
        json!({ "from": 9_999, "size": 2 }),
        json!({ "search_after": ["a"] }),
    ] {
        assert_eq!(bench.es("POST /_security/_query/api_key", bad.clone()).0, 400, "{bad}");
    }
    let aggs = json!({ "size": 0, "aggs": { "by": { "terms": { "field": "username" }, "aggs": { "n": { "value_count": { "field": "name" } } } } } });
    let (_, body) = bench.es("POST /_security/_query/api_key?typed_keys", aggs);
    assert_eq!(
        body["aggregations"]["sterms#by"]["buckets"],
        json!([{ "key": "elastic", "doc_count": 3, "value_count#n": { "value": 3 } }])
    );
}

#[test]
fn roles_and_users_are_searched() {
    let bench = with_user(json!(["r", "viewer"]));
    let (_, body) = bench
        .es("POST /_security/_query/user", json!({ "query": { "term": { "roles": "viewer" } }, "sort": ["username"] }));
    assert_eq!(
        (&body["total"], &body["users"][0]["username"], &body["users"][0]["_sort"]),
        (&json!(1), &json!("joe"), &json!(["joe"]))
    );
    let (_, body) = bench.es("GET /_security/_query/role", Value::Null);
    assert_eq!((&body["total"], &body["roles"][0]["name"]), (&json!(1), &json!("r")));
}

#[test]
fn roles_are_written_in_bulk() {
    let bench = Bench::new();
    let roles = json!({ "roles": { "a": { "cluster": ["all"] }, "superuser": {}, "b": { "cluster": ["nonsense"] } } });
    let (_, body) = bench.es("POST /_security/role", roles.clone());
    assert_eq!((&body["created"], &body["errors"]["count"]), (&json!(["a"]), &json!(2)));
    assert_eq!(bench.es("POST /_security/role", roles).1["noop"], json!(["a"]));
    assert_eq!(bench.es("POST /_security/role", json!({ "roles": { "a": {} } })).1["updated"], json!(["a"]));
    let (_, body) = bench.es("DELETE /_security/role", json!({ "names": ["a", "none", "superuser"] }));
    assert_eq!(
        (&body["deleted"], &body["not_found"], &body["errors"]["count"]),
        (&json!(["a"]), &json!(["none"]), &json!(1))
    );
}

#[test]
fn keys_are_granted_and_cloned() {
    let bench = with_user(json!(["r"]));
    let grant = |password: &str| json!({ "grant_type": "password", "username": "joe", "password": password, "api_key": { "name": "g", "expiration": "1d", "role_descriptors": { "x": { "index": [{ "names": ["index"], "privileges": ["read"] }] } } } });
    assert_eq!(bench.es("POST /_security/api_key/grant", grant("nonsense")).0, 401);
    let (status, made) = bench.es("POST /_security/api_key/grant", grant("secret1"));
    assert_eq!((status, made["expiration"].is_number()), (200, true));
    let key = format!("ApiKey {}", made["encoded"].as_str().expect("a key"));
    let question = json!({ "index": [{ "names": ["index", "other"], "privileges": ["read", "write"] }] });
    let (_, body) = bench.es_as(&key, "POST /_security/user/_has_privileges", question.clone());
    assert_eq!(
        body["index"],
        json!({ "index": { "read": true, "write": false }, "other": { "read": false, "write": false } })
    );
    let (_, copy) = bench.es("POST /_security/api_key/clone", json!({ "api_key": made["encoded"], "name": "copy" }));
    assert_ne!(copy["id"], made["id"]);
    let copied = format!("ApiKey {}", copy["encoded"].as_str().expect("a key"));
    assert_eq!(bench.es_as(&copied, "POST /_security/user/_has_privileges", question).1["index"], body["index"]);
    assert_eq!(bench.es_as(&basic("joe", "secret1"), "POST /_security/api_key/grant", grant("secret1")).0, 403);
}

#[test]
fn other_clusters_get_keys_of_their_own() {
    let bench = Bench::new();
    let access = json!({ "search": [{ "names": ["logs*"] }], "replication": [{ "names": ["archive"], "allow_restricted_indices": false }] });
    let (_, made) = bench.es("POST /_security/cross_cluster/api_key", json!({ "name": "cc", "access": access }));
    let id = made["id"].as_str().expect("an id");
    let (_, body) = bench.es(&format!("GET /_security/api_key?id={id}"), Value::Null);
    assert_eq!(
        (&body["api_keys"][0]["type"], &body["api_keys"][0]["access"]["replication"]),
        (&json!("cross_cluster"), &access["replication"])
    );
    let key = format!("ApiKey {}", made["encoded"].as_str().expect("a key"));
    assert_eq!(bench.es_as(&key, "GET /_security/_authenticate", Value::Null).0, 401);
    let path = format!("PUT /_security/cross_cluster/api_key/{id}");
    assert_eq!(
        bench.es(&path, json!({ "access": { "replication": [{ "names": ["archive"] }] } })).1,
        json!({ "updated": true })
    );
    assert_eq!(bench.es(&path, json!({})).0, 400);
    assert_eq!(bench.es(&path, json!({ "access": {} })).0, 400);
    let (_, body) = bench.es(&format!("PUT /_security/api_key/{id}"), json!({}));
    assert_eq!(reason(&body), "cannot update API key of type [cross_cluster] while expected type is [rest]");
}

#[test]
fn answers_are_filtered() {
    let bench = with_user(json!(["r"]));
    for (filter, expected) in [
        ("joe.username", json!({ "joe": { "username": "joe" } })),
        ("*.full_name,*.email", json!({ "joe": { "full_name": "Joe Doe", "email": "joe@x.org" } })),
        ("**.enabled", json!({ "joe": { "enabled": true } })),
        ("none", json!({})),
        ("joe,-*.metadata,-*.roles,-*.email,-*.full_name,-*.enabled", json!({ "joe": { "username": "joe" } })),
    ] {
        assert_eq!(
            bench.es(&format!("GET /_security/user/joe?filter_path={filter}"), Value::Null).1,
            expected,
            "{filter}"
        );
    }
}
