//! Rules that a stand-in is tempted to leave out: which error it is, what implies what, and what nobody may.

use serde_json::{Value, json};

use super::{Bench, basic, read};
use crate::log::Product;

fn reason(body: &Value) -> &str {
    body["error"]["reason"].as_str().unwrap_or_default()
}

fn key(made: &Value) -> String {
    format!("ApiKey {}", made["encoded"].as_str().expect("a key"))
}

#[test]
fn refusals_have_the_type_and_the_words_of_elasticsearch() {
    let bench = Bench::new();
    bench.es("PUT /_security/user/joe", json!({ "password": "secret1", "roles": [] }));
    for (request, body, kind, expected) in [
        (
            "PUT /_security/user/elastic",
            json!({ "password": "secret1", "roles": [] }),
            "action_request_validation_exception",
            "Validation Failed: 1: user [elastic] is reserved and only the password can be changed;",
        ),
        (
            "DELETE /_security/user/elastic",
            Value::Null,
            "illegal_argument_exception",
            "user [elastic] is reserved and cannot be deleted",
        ),
        (
            "PUT /_security/user/new",
            json!({ "roles": [] }),
            "validation_exception",
            "Validation Failed: 1: password must be specified unless you are updating an existing user;",
        ),
        (
            "PUT /_security/user/new",
            json!({ "password": "secret1" }),
            "action_request_validation_exception",
            "Validation Failed: 1: roles are missing;",
        ),
        (
            "PUT /_security/user/new",
            json!({ "password": "secret1", "password_hash": "$2a$", "roles": [] }),
            "action_request_validation_exception",
            "Validation Failed: 1: password_hash has already been set;",
        ),
        (
            "PUT /_security/user/new",
            json!({ "username": "other", "password": "secret1", "roles": [] }),
            "illegal_argument_exception",
            "[username] in source does not match the username provided [new]",
        ),
        (
            "PUT /_security/user/nobody/_enable",
            Value::Null,
            "validation_exception",
            "Validation Failed: 1: only existing users can be enabled;",
        ),
        (
            "PUT /_security/user/nobody/_password",
            json!({ "password": "secret1" }),
            "validation_exception",
            "Validation Failed: 1: user must exist in order to change password;",
        ),
        (
            "PUT /_security/user/elastic/_disable",
            Value::Null,
            "illegal_argument_exception",
            "users may not update the enabled status of their own account",
        ),
        (
            "PUT /_security/role/superuser",
            json!({}),
            "action_request_validation_exception",
            "Validation Failed: 1: Role [superuser] is reserved and may not be used.;",
        ),
        (
            "PUT /_security/role/r",
            json!({ "restriction": { "workflows": ["search_application_query"] } }),
            "parse_exception",
            "failed to parse role [r]. unexpected field [restriction]",
        ),
        (
            "POST /_security/api_key",
            json!({ "name": "k", "role_descriptors": { "r": { "restriction": { "workflows": ["none"] } } } }),
            "action_request_validation_exception",
            "Validation Failed: 1: unknown workflow [none]. a workflow must be one of the predefined workflow names [search_application_query];",
        ),
        (
            "PUT /_security/role/r",
            json!({ "indices": [{ "names": ["a"], "privileges": ["read"] }, { "names": ["b", "c"], "privileges": ["read"], "query": "{" }] }),
            "parse_exception",
            "failed to parse field 'query' for indices [b,c] at index privilege [1] of role descriptor",
        ),
        (
            "PUT /_security/role/r",
            json!({ "indices": [{ "names": ["a"], "privileges": ["read"], "field_security": { "grant": ["a*"], "except": ["ab", "b"] } }] }),
            "parse_exception",
            "failed to parse indices privileges for role [r] - Exceptions for field permissions must be a subset of the granted fields but [ab, b] is not a subset of [a*]",
        ),
        (
            "PUT /_security/role/r",
            json!({ "remote_cluster": [{ "clusters": ["*"], "privileges": ["monitor_enrich", "monitor"] }] }),
            "action_request_validation_exception",
            "Validation Failed: 1: invalid privilege found in remote cluster [monitor], allowed values are [monitor_enrich,monitor_stats];",
        ),
        (
            "POST /_security/api_key",
            json!({ "name": "k", "expirtion": "1d" }),
            "x_content_parse_exception",
            "[1:2] [api_key_request] unknown field [expirtion] did you mean [expiration]?",
        ),
        (
            "POST /_security/api_key?refrsh=true",
            json!({ "name": "k" }),
            "illegal_argument_exception",
            "request [/_security/api_key] contains unrecognized parameter: [refrsh] -> did you mean [refresh]?",
        ),
        (
            "POST /_security/api_key?b=1&a=1",
            json!({ "name": "k" }),
            "illegal_argument_exception",
            "request [/_security/api_key] contains unrecognized parameters: [a], [b]",
        ),
        (
            "POST /_security/_query/api_key",
            json!({ "from": 1, "sort": ["name"], "search_after": ["a"] }),
            "illegal_argument_exception",
            "`from` parameter must be set to 0 when `search_after` is used",
        ),
        (
            "POST /_security/_query/api_key",
            json!({ "search_after": ["a"] }),
            "illegal_argument_exception",
            "Sort must contain at least one field.",
        ),
    ] {
        let (status, answer) = bench.es(request, body);
        assert_eq!(
            (status, answer["error"]["type"].as_str(), reason(&answer)),
            (400, Some(kind), expected),
            "{request}"
        );
        assert_eq!(answer["error"]["root_cause"][0]["type"], kind);
    }
}

#[test]
fn a_password_may_come_hashed() {
    let bench = Bench::new();
    let hash = "$2b$04$tayiI7sMy7J7ncO.rr3TMOjXsgb9e3Jh0IBtvqWMa8stnPeFRAdLi";
    let asks = |password: &str| bench.es_as(&basic("joe", password), "GET /_security/_authenticate", Value::Null).0;
    bench.es("PUT /_security/user/joe", json!({ "password_hash": hash, "roles": [] }));
    assert_eq!((asks("secret1"), asks("secret2")), (200, 401));
    bench.es("PUT /_security/user/joe/_password", json!({ "password": "secret2" }));
    assert_eq!((asks("secret1"), asks("secret2")), (401, 200));
    bench.es("PUT /_security/user/joe/_password", json!({ "password_hash": hash }));
    assert_eq!((asks("secret1"), asks("secret2")), (200, 401));
    let (status, body) = bench.es("PUT /_security/user/joe", json!({ "password_hash": "secret1", "roles": [] }));
    assert_eq!((status, body["error"]["type"].as_str()), (400, Some("illegal_argument_exception")));
}

#[test]
fn a_member_stands_once() {
    let request = crate::message::Request {
        method: "POST".to_owned(),
        path: "/_security/api_key".to_owned(),
        query: String::new(),
        headers: http::HeaderMap::from_iter([
            (http::header::AUTHORIZATION, http::HeaderValue::from_static(super::ELASTIC)),
            (http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/json")),
        ]),
        body: r#"{"name":"a","name":"b"}"#.into(),
    };
    let (status, body) = read(Bench::new().core.handle(Product::Elasticsearch, &request));
    assert_eq!((status, body["error"]["type"].as_str()), (400, Some("x_content_parse_exception")));
    assert_eq!(reason(&body), "[1:18] Duplicate field 'name'");
}

#[test]
fn a_key_of_somebody_who_may_nothing_may_nothing() {
    let bench = Bench::new();
    for (name, roles) in [("none", json!([])), ("gone", json!(["no_such_role"]))] {
        bench.es(&format!("PUT /_security/user/{name}"), json!({ "password": "secret1", "roles": roles }));
        let all = json!({ "x": { "cluster": ["all"], "indices": [{ "names": ["*"], "privileges": ["all"] }] } });
        let grant = json!({ "grant_type": "password", "username": name, "password": "secret1", "api_key": { "name": "k", "role_descriptors": all } });
        let (_, made) = bench.es("POST /_security/api_key/grant", grant);
        assert_eq!(bench.es_as(&key(&made), "GET /_security/user", Value::Null).0, 403, "{name}");
        let question = json!({ "index": [{ "names": ["a"], "privileges": ["read"] }] });
        let (_, body) = bench.es_as(&key(&made), "POST /_security/user/_has_privileges", question);
        assert_eq!(body["has_all_requested"], false, "{name}");
    }
}

#[test]
fn a_key_keeps_what_its_owner_could_when_it_was_made() {
    let bench = Bench::new();
    bench.es("PUT /_security/role/r", json!({ "cluster": ["manage_own_api_key", "monitor"] }));
    bench.es("PUT /_security/user/joe", json!({ "password": "secret1", "roles": ["r"] }));
    let joe = basic("joe", "secret1");
    let (_, made) = bench.es_as(&joe, "POST /_security/api_key", json!({ "name": "k" }));
    let id = made["id"].as_str().expect("an id");
    let asks = |authorization: &str| bench.es_as(authorization, "GET /", Value::Null).0;
    assert_eq!((asks(&joe), asks(&key(&made))), (200, 200));
    bench.es("PUT /_security/role/r", json!({ "cluster": ["manage_own_api_key"] }));
    assert_eq!((asks(&joe), asks(&key(&made))), (403, 200));
    // An update takes what its owner can do now.
    bench.es_as(&joe, &format!("PUT /_security/api_key/{id}"), json!({}));
    assert_eq!(asks(&key(&made)), 403);
    // A user who is gone or switched off leaves keys that work.
    bench.es("PUT /_security/role/r", json!({ "cluster": ["monitor", "manage_own_api_key"] }));
    bench.es_as(&joe, &format!("PUT /_security/api_key/{id}"), json!({}));
    bench.es("DELETE /_security/user/joe", Value::Null);
    assert_eq!((asks(&joe), asks(&key(&made))), (401, 200));
}

#[test]
fn keys_that_keys_make_are_their_owners() {
    let bench = Bench::new();
    let (_, made) = bench.es("POST /_security/api_key", json!({ "name": "parent" }));
    let parent = key(&made);
    let (status, body) = bench.es_as(&parent, "POST /_security/api_key", json!({ "name": "child" }));
    assert_eq!(status, 400, "{body}");
    let powerless = json!({ "name": "child", "role_descriptors": { "none": { "cluster": [] } } });
    let (status, child) = bench.es_as(&parent, "POST /_security/api_key", powerless);
    assert_eq!(status, 200, "{child}");
    let id = child["id"].as_str().expect("an id");
    let (_, body) = bench.es(&format!("GET /_security/api_key?id={id}"), Value::Null);
    assert_eq!(
        (&body["api_keys"][0]["username"], &body["api_keys"][0]["realm"]),
        (&json!("elastic"), &json!("reserved"))
    );
}

#[test]
fn a_restricted_key_is_for_its_workflow_only() {
    let bench = Bench::new();
    let restricted = json!({ "name": "k", "role_descriptors": { "r": { "restriction": { "workflows": ["search_application_query"] } } } });
    let (_, made) = bench.es("POST /_security/api_key", restricted);
    let (status, body) = bench.es_as(&key(&made), "GET /_security/_authenticate", Value::Null);
    assert_eq!((status, body["error"]["type"].as_str()), (403, Some("role_restriction_exception")));
}

#[test]
fn who_runs_as_somebody_else_is_told() {
    let bench = Bench::new();
    bench.es("PUT /_security/user/joe", json!({ "password": "secret1", "roles": ["viewer"] }));
    let (_, made) = bench.es("POST /_security/api_key", json!({ "name": "k" }));
    let key = key(&made);
    for (authorization, kind, realm) in [(super::ELASTIC, "realm", "reserved"), (&key, "api_key", "_es_api_key")] {
        let headers = [("authorization", authorization), ("es-security-runas-user", "joe")];
        let reply = bench.send(Product::Elasticsearch, "GET /_security/_authenticate", &headers, Value::Null);
        let (_, body) = read(reply);
        assert_eq!((&body["username"], &body["authentication_type"]), (&json!("joe"), &json!(kind)));
        assert_eq!(body["authentication_realm"]["name"], realm);
        assert_eq!(body["lookup_realm"]["name"], "default_native");
    }
}

#[test]
fn a_second_caller_is_somebody_too() {
    let bench = Bench::new();
    let (_, made) = bench.es("POST /_security/api_key", json!({ "name": "k" }));
    for (second, status) in
        [(super::ELASTIC, 200), (&key(&made), 200), (&basic("elastic", "wrong"), 401), ("Basic", 401)]
    {
        let headers = [("authorization", super::ELASTIC), ("es-secondary-authorization", second)];
        let reply = bench.send(Product::Elasticsearch, "GET /_security/_authenticate", &headers, Value::Null);
        assert_eq!(reply.status, status, "{second}");
    }
}

#[test]
fn privileges_imply_others() {
    let bench = Bench::new();
    let joe = basic("joe", "secret1");
    for (granted, implied, not) in [
        (
            json!({ "cluster": ["all"] }),
            &["all", "manage", "manage_security", "monitor", "manage_own_api_key"][..],
            &[][..],
        ),
        (
            json!({ "cluster": ["manage"] }),
            &["manage", "monitor", "manage_ilm"],
            &["all", "manage_security", "manage_api_key"],
        ),
        (
            json!({ "cluster": ["manage_security"] }),
            &[
                "manage_security",
                "manage_api_key",
                "manage_own_api_key",
                "manage_token",
                "read_security",
                "grant_api_key",
            ],
            &["all", "monitor", "manage", "delegate_pki"],
        ),
        (json!({ "cluster": ["manage_api_key"] }), &["manage_own_api_key", "grant_api_key"], &["manage_token"]),
        (json!({ "cluster": ["manage_own_api_key"] }), &["manage_own_api_key"], &["manage_api_key", "grant_api_key"]),
        (json!({ "cluster": ["cluster:monitor/*"] }), &["monitor_ml", "monitor_watcher"], &["monitor", "manage_ml"]),
        (json!({ "cluster": [] }), &["none"], &["monitor"]),
    ] {
        bench.es("PUT /_security/role/r", granted.clone());
        bench.es("PUT /_security/user/joe", json!({ "password": "secret1", "roles": ["r"] }));
        let question = json!({ "cluster": implied.iter().chain(not).collect::<Vec<_>>() });
        let (_, body) = bench.es_as(&joe, "POST /_security/user/_has_privileges", question);
        for (names, expected) in [(implied, true), (not, false)] {
            for name in names {
                assert_eq!(body["cluster"][name], expected, "{granted}: {name}");
            }
        }
    }
    let grant = |names: &str, privileges: &str, restricted: bool| json!({ "names": [names], "privileges": [privileges], "allow_restricted_indices": restricted });
    for (granted, name, privilege, expected) in [
        (json!([grant("logs-*", "all", false)]), "logs-a", "manage", true),
        (json!([grant("logs-*", "all", false)]), "logs-*", "read", true),
        (json!([grant("logs-*", "all", false)]), "*", "read", false),
        (json!([grant("logs-*", "write", false)]), "logs-a", "index", true),
        (json!([grant("logs-*", "write", false)]), "logs-a", "read", false),
        (json!([grant("logs-*", "manage", false)]), "logs-a", "create_index", true),
        (json!([grant("logs-*", "manage", false)]), "logs-a", "write", false),
        (json!([grant("logs-*", "read", false), grant("*-a", "write", false)]), "logs-a", "read", true),
        (json!([grant("*", "all", false)]), ".security-7", "read", false),
        (json!([grant("*", "all", true)]), ".security-7", "read", true),
    ] {
        bench.es("PUT /_security/role/r", json!({ "indices": granted }));
        let question = json!({ "index": [{ "names": [name], "privileges": [privilege] }] });
        let (_, body) = bench.es_as(&joe, "POST /_security/user/_has_privileges", question);
        assert_eq!(body["index"][name][privilege], expected, "{granted}: {privilege} on {name}");
    }
}

/// Every stateful operation that needs something is refused to somebody who may nothing, and taken from a superuser.
#[test]
fn nobody_without_privileges_gets_anywhere() {
    let bench = Bench::new();
    bench.es("PUT /_security/user/none", json!({ "password": "secret1", "roles": [] }));
    let none = basic("none", "secret1");
    // What everybody may ask about themselves.
    let open = [
        "security.authenticate",
        "security.has_privileges",
        "security.get_user_privileges",
        "security.change_password",
    ];
    let mut refused = 0;
    for operation in crate::es::operations() {
        if open.contains(&operation.0) {
            continue;
        }
        let path: String = operation
            .2
            .split('/')
            .map(|part| if part.starts_with('{') { "a" } else { part })
            .collect::<Vec<_>>()
            .join("/");
        let body = match operation.0 {
            "security.put_privileges" => json!({ "app": { "p": { "actions": ["a:b"] } } }),
            "security.update_user_profile_data" => json!({ "data": { "app": 1 } }),
            "security.invalidate_api_key" => json!({ "name": "k" }),
            _ => Value::Null,
        };
        let (status, answer) = bench.es_as(&none, &format!("{} {path}", operation.1), body);
        assert_eq!(
            (status, answer["error"]["type"].as_str()),
            (403, Some("security_exception")),
            "{operation:?}: {answer}"
        );
        refused += 1;
    }
    assert!(refused >= 60, "{refused}");
}
