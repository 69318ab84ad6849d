//! What Kibana remembers: scenarios of requests as data. Every good answer is compared with the specification.

use serde_json::{Value, json};

use super::{Bench, ELASTIC, basic, mutations, read};
use crate::log::Product;
use crate::spec::{Spec, find_exact};

/// Sends requests in turn; each must have the status, and the answer must hold the text.
pub(super) fn check(bench: &Bench, steps: &[(&str, Value, u16, &str)]) {
    for (request, body, status, holds) in steps {
        let (got, answer) = bench.kibana(request, body.clone());
        assert_eq!(got, *status, "{request}: {answer}");
        assert!(answer.to_string().contains(holds), "{request}: {holds} is not in {answer}");
        if got < 300 {
            fits(request, &answer);
        }
    }
}

/// The answer must be what the specification says, where it says something.
pub(super) fn fits(request: &str, answer: &Value) {
    let spec = spec();
    let (verb, uri) = request.split_once(' ').expect("a verb and a path");
    let path = uri.split('?').next().unwrap_or_default();
    let path = path.strip_prefix("/s/").and_then(|rest| rest.find('/').map(|at| &rest[at..])).unwrap_or(path);
    let segments: Vec<String> = path.trim_start_matches('/').split('/').map(str::to_owned).collect();
    let candidates = spec.kibana.candidates(&segments);
    let found = candidates.iter().find(|candidate| candidate.verbs.iter().any(|known| known == verb));
    let Some(found) = found else { return };
    let matched = spec.matched(*found.value, &found.params);
    let json = matched.operation.responses.values().find(|payload| payload.is_json());
    // No document has the count that live servers add to listed connectors, and that rules are found by pages.
    let known = ["connectors.list", "alerting.rules.find"].contains(&matched.id);
    if let Some(ty) = json.and_then(|payload| payload.ty.as_ref()).filter(|_| !known) {
        assert_eq!(find_exact(spec, ty, answer), None, "{request}: {answer}");
    }
}

fn spec() -> &'static Spec {
    static SPEC: std::sync::OnceLock<Spec> = std::sync::OnceLock::new();
    SPEC.get_or_init(|| Spec::read(mutations::tables().texts().last().expect("a table")))
}

pub(super) fn bench() -> Bench {
    let bench = Bench::of(mutations::tables());
    bench.kibana("POST /api/spaces/space", json!({ "id": "other", "name": "Other" }));
    bench
}

pub(super) fn form(bench: &Bench, path: &str, parts: &[(&str, &str)]) -> (u16, Value) {
    let mut body = String::new();
    for (name, text) in parts {
        let file = if *name == "file" { "; filename=\"import.ndjson\"" } else { "" };
        body += &format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{text}\r\n");
    }
    body += "--x--\r\n";
    let headers = [("authorization", ELASTIC), ("kbn-xsrf", "1"), ("content-type", "multipart/form-data; boundary=x")];
    read(bench.send_bytes(Product::Kibana, &format!("POST {path}"), &headers, body.into()))
}

#[test]
fn connectors_tell_no_secret() {
    let bench = bench();
    let connector = json!({ "name": "c", "connector_type_id": ".webhook", "config": { "url": "https://a.example" },
        "secrets": { "user": "u", "password": "hunter2" } });
    let unknown = json!({ "name": "c", "connector_type_id": "no" });
    check(
        &bench,
        &[
            ("POST /api/actions/connector/c1", connector.clone(), 200, "\"is_missing_secrets\":false"),
            ("POST /api/actions/connector/c1", connector, 409, "Saved object [action/c1] conflict"),
            ("POST /api/actions/connector", unknown, 400, "Action type \\\"no\\\" is not registered."),
            ("GET /api/actions/connector/c1", Value::Null, 200, "https://a.example"),
            ("GET /s/other/api/actions/connector/c1", Value::Null, 404, "Saved object [action/c1] not found"),
            ("GET /s/nowhere/api/actions/connector/c1", Value::Null, 404, "[space/nowhere]"),
            ("PUT /api/actions/connector/c1", json!({ "name": "d" }), 200, "\"config\":{}"),
            ("GET /api/actions/connectors", Value::Null, 200, "\"referenced_by_count\":0"),
        ],
    );
    assert!(!bench.kibana("GET /api/actions/connectors", Value::Null).1.to_string().contains("hunter2"));
    check(
        &bench,
        &[
            ("DELETE /api/actions/connector/c1", Value::Null, 204, ""),
            ("DELETE /api/actions/connector/c1", Value::Null, 404, ""),
        ],
    );
}

fn role() -> Value {
    json!({ "elasticsearch": { "cluster": ["monitor"] }, "kibana": [{ "base": ["read"], "spaces": ["other"] },
        { "base": [], "feature": { "actions": ["all"] }, "spaces": ["default"] }] })
}

#[test]
fn roles_are_application_privileges() {
    let bench = bench();
    let both = json!({ "elasticsearch": {}, "kibana": [{ "base": ["all"], "feature": { "a": ["all"] } }] });
    let many = json!({ "roles": { "r": role(), "n": { "elasticsearch": {} }, "bad": both } });
    let query = json!({ "query": "r", "filters": { "showReservedRoles": false } });
    check(
        &bench,
        &[
            ("PUT /api/security/role/r?createOnly=true", role(), 204, ""),
            ("PUT /api/security/role/r?createOnly=true", role(), 409, "Role already exists"),
            ("PUT /api/security/role/r2", both.clone(), 400, "isn't allowed when non-empty [base]"),
            ("GET /api/security/role/r", Value::Null, 200, "\"_transform_error\":[]"),
            ("POST /api/security/roles", many, 200, "\"created\":[\"n\"]"),
            ("POST /api/security/role/_query", query, 200, "\"total\":1"),
            ("DELETE /api/security/role/n", Value::Null, 204, ""),
            ("DELETE /api/security/role/n", Value::Null, 404, ""),
        ],
    );
    let (_, shown) = bench.kibana("GET /api/security/role/r", Value::Null);
    assert_eq!(shown["kibana"][0], json!({ "base": ["read"], "feature": {}, "spaces": ["other"] }));
    assert_eq!(shown["kibana"][1]["feature"], json!({ "actions": ["all"] }));
    let (_, theirs) = bench.es("GET /_security/role/r", Value::Null);
    assert_eq!(theirs["r"]["applications"][0]["privileges"], json!(["space_read"]));
    assert_eq!(theirs["r"]["applications"][0]["resources"], json!(["space:other"]));
}

#[test]
fn privileges_decide() {
    let bench = bench();
    bench.kibana("PUT /api/security/role/r", role());
    bench.es("PUT /_security/user/joe", json!({ "password": "secret1", "roles": ["r"] }));
    let joe = basic("joe", "secret1");
    let headers = [("authorization", joe.as_str()), ("kbn-xsrf", "1")];
    let connector = json!({ "name": "c", "connector_type_id": ".index", "config": { "index": "i" } });
    for (request, body, status) in [
        ("POST /api/actions/connector", connector.clone(), 200),
        ("POST /s/other/api/actions/connector", connector, 403),
        ("GET /s/other/api/actions/connectors", Value::Null, 200),
        ("GET /api/data_views", Value::Null, 403),
        ("GET /s/other/api/data_views", Value::Null, 200),
        ("GET /api/security/role", Value::Null, 403),
        ("GET /api/fleet/agents", Value::Null, 403),
        ("GET /s/other/api/fleet/agents", Value::Null, 200),
    ] {
        let (got, answer) = read(bench.send(Product::Kibana, request, &headers, body));
        assert_eq!(got, status, "{request}: {answer}");
    }
}

#[test]
fn data_views_live() {
    let view = |id: &str| json!({ "data_view": { "id": id, "title": "logs-*", "timeFieldName": "@timestamp" } });
    let mut again = view("b");
    again["override"] = json!(true);
    let old = json!({ "index_pattern": { "title": "old-*" } });
    let renamed = json!({ "data_view": { "name": "Logs" } });
    check(
        &bench(),
        &[
            ("POST /api/data_views/data_view", view("a"), 200, "\"timeFieldName\":\"@timestamp\""),
            ("POST /api/data_views/data_view", view("b"), 400, "Duplicate data view: logs-*"),
            ("POST /api/data_views/data_view", json!({ "data_view": {} }), 400, "[request body.data_view.title]"),
            ("POST /api/data_views/data_view", again, 200, "\"id\":\"b\""),
            ("GET /api/data_views/data_view/a", Value::Null, 404, "index-pattern/a"),
            ("GET /s/other/api/data_views", Value::Null, 200, "[]"),
            ("POST /api/data_views/data_view/b", renamed, 200, "\"name\":\"Logs\""),
            ("POST /api/data_views/default", json!({ "data_view_id": "b" }), 200, "true"),
            ("GET /api/data_views/default", Value::Null, 200, "\"b\""),
            ("GET /api/saved_objects/index-pattern/b", Value::Null, 200, "\"title\":\"logs-*\""),
            ("POST /api/index_patterns/index_pattern", old, 200, "\"index_pattern\":{"),
            ("DELETE /api/data_views/data_view/b", Value::Null, 204, ""),
            ("GET /api/data_views/default", Value::Null, 200, "\"data_view_id\":\"\""),
        ],
    );
}

#[test]
fn saved_objects_go_out_and_come_in() {
    let bench = bench();
    let view = json!({ "attributes": { "title": "logs-*" } });
    let dashboard = json!({ "attributes": { "title": "D" },
        "references": [{ "type": "index-pattern", "id": "v", "name": "source" }] });
    let gone = json!({ "objects": [{ "type": "dashboard", "id": "x" }] });
    check(
        &bench,
        &[
            ("POST /api/saved_objects/index-pattern/v", view, 200, "\"version\""),
            ("POST /api/saved_objects/dashboard/d", dashboard, 200, "source"),
            ("POST /api/saved_objects/dashboard/d", json!({ "attributes": {} }), 409, "conflict"),
            ("GET /api/saved_objects/connector/d", Value::Null, 400, "Unsupported saved object type: 'connector'"),
            ("GET /s/other/api/saved_objects/dashboard/d", Value::Null, 404, "[dashboard/d] not found"),
            ("GET /api/saved_objects/_find?type=dashboard&search=d*", Value::Null, 200, "\"total\":1"),
            ("POST /api/saved_objects/_import", Value::Null, 415, "Unsupported Media Type"),
            ("POST /api/saved_objects/_export", json!({}), 400, "Either `type` or `objects` are required."),
            ("POST /api/saved_objects/_export", gone, 400, "Error fetching objects to export"),
            ("POST /api/saved_objects/_export", json!({ "type": ["x"] }), 400, "non-exportable type(s): x"),
        ],
    );
    let headers = [("authorization", ELASTIC), ("kbn-xsrf", "1")];
    let body = json!({ "objects": [{ "type": "dashboard", "id": "d" }], "includeReferencesDeep": true });
    let reply = bench.send(Product::Kibana, "POST /api/saved_objects/_export", &headers, body);
    assert_eq!(reply.headers["content-type"], "application/ndjson");
    assert!(reply.headers.contains_key("content-disposition"));
    let Value::String(file) = read(reply).1 else { panic!("lines") };
    assert!(!file.ends_with('\n') && file.lines().last().expect("a line").contains("\"exportedCount\":2"));
    let lone = file.lines().find(|line| line.contains("\"title\":\"D\"")).expect("the dashboard");
    imports(&bench, &file, lone);
    let copy = json!({ "objects": [{ "type": "dashboard", "id": "d" }], "spaces": ["other", "nowhere"],
        "createNewCopies": false, "includeReferences": true, "overwrite": true });
    let (_, copied) = bench.kibana("POST /api/spaces/_copy_saved_objects", copy);
    assert_eq!(copied["other"]["successCount"], 2, "{copied}");
    assert_eq!(copied["nowhere"]["success"], false, "{copied}");
}

fn imports(bench: &Bench, file: &str, lone: &str) {
    let import = "/api/saved_objects/_import";
    let resolve = "/s/other/api/saved_objects/_resolve_import_errors";
    let ignore = r#"[{"type":"dashboard","id":"d","ignoreMissingReferences":true}]"#;
    for (path, parts, status, holds) in [
        (import, vec![("other", "x")], 400, "[request body.file]: expected value of type [Stream] but got [undefined]"),
        (import, vec![("file", file)], 200, "{\"type\":\"conflict\"}"),
        ("/api/saved_objects/_import?overwrite=true", vec![("file", file)], 200, "\"successCount\":2"),
        ("/api/saved_objects/_import?createNewCopies=true", vec![("file", file)], 200, "\"destinationId\""),
        ("/s/other/api/saved_objects/_import", vec![("file", lone)], 200, "\"missing_references\""),
        (resolve, vec![("file", lone), ("retries", ignore)], 200, "\"successCount\":1"),
        (resolve, vec![("file", lone), ("retries", r#"[{"type":1}]"#)], 400, "[request body.retries.0."),
        (resolve, vec![("file", lone)], 400, "[request body.retries]"),
        (import, vec![("file", r#"{"type":"nothing","id":"1"}"#)], 200, "unsupported_type"),
        (import, vec![("file", "{")], 400, "Bad Request"),
    ] {
        let (got, answer) = form(bench, path, &parts);
        assert_eq!(got, status, "{path}: {answer}");
        assert!(answer.to_string().contains(holds), "{path}: {holds} is not in {answer}");
        if got == 200 {
            fits(&format!("POST {path}"), &answer);
        }
    }
}

#[test]
fn rules_live() {
    let lonely = json!({ "name": "r", "consumer": "alerts", "rule_type_id": "slo.rules.burnRate",
        "schedule": { "interval": "1m" }, "actions": [] });
    let with = |name: &str, value: Value| {
        let mut rule = lonely.clone();
        rule[name] = value;
        rule
    };
    let rule = with("actions", json!([{ "id": "c", "params": {} }]));
    let never = with("schedule", json!({ "interval": "soon" }));
    let connector = json!({ "name": "c", "connector_type_id": ".index", "config": { "index": "i" } });
    let changed = json!({ "name": "s", "schedule": { "interval": "5m" } });
    check(
        &bench(),
        &[
            ("POST /api/alerting/rule/r", rule.clone(), 400, "Saved object [action/c] not found"),
            ("POST /api/actions/connector/c", connector, 200, ""),
            ("POST /api/alerting/rule/r", rule, 200, "\"connector_type_id\":\".index\""),
            ("POST /api/alerting/rule/r", lonely.clone(), 409, "Saved object [alert/r] conflict"),
            ("POST /api/alerting/rule", never, 400, "not a valid duration"),
            ("POST /api/alerting/rule", with("rule_type_id", json!("no")), 400, "is not registered."),
            ("POST /api/alerting/rule/r/_disable", json!({}), 204, ""),
            ("GET /api/alerting/rule/r", Value::Null, 200, "\"enabled\":false"),
            ("POST /api/alerting/rule/r/_enable", Value::Null, 204, ""),
            ("POST /api/alerting/rule/r/alert/a1/_mute", Value::Null, 204, ""),
            ("GET /api/alerting/rule/r", Value::Null, 200, "\"muted_alert_ids\":[\"a1\"]"),
            ("POST /api/alerting/rule/r/_mute_all", Value::Null, 204, ""),
            ("GET /api/alerting/rules/_find?search=r&per_page=5", Value::Null, 200, "\"total\":1"),
            ("GET /s/other/api/alerting/rules/_find", Value::Null, 200, "\"total\":0"),
            ("PUT /api/alerting/rule/r", changed, 200, "\"revision\":1"),
            ("DELETE /api/alerting/rule/r", Value::Null, 204, ""),
            ("GET /api/alerting/rule/r", Value::Null, 404, "[alert/r]"),
        ],
    );
}

#[test]
fn cases_live() {
    let bench = bench();
    let case = json!({ "title": "t", "description": "d", "owner": "cases", "tags": ["x"], "settings": { "syncAlerts": true },
        "connector": { "id": "none", "name": "none", "type": ".none", "fields": null } });
    let with = |name: &str, value: Value| {
        let mut case = case.clone();
        case[name] = value;
        case
    };
    let long = "The length of the title is too long. The maximum length is 160.";
    check(
        &bench,
        &[
            ("POST /api/cases", with("title", json!("x".repeat(161))), 400, long),
            ("POST /api/cases", with("title", json!(" ")), 400, "The title field cannot be an empty string."),
            ("POST /api/cases", with("description", json!("x".repeat(30_001))), 400, "30000"),
            ("GET /api/cases/none", Value::Null, 404, "Saved object [cases/none] not found"),
        ],
    );
    let (status, made) = bench.kibana("POST /api/cases", case.clone());
    assert_eq!(status, 200, "{made}");
    fits("POST /api/cases", &made);
    let id = made["id"].as_str().expect("an id");
    let of = |verb: &str, rest: &str| format!("{verb} /api/cases/{id}{rest}");
    let close = |version: &Value| json!({ "cases": [{ "id": id, "version": version, "status": "closed" }] });
    let comment = |text: &str| json!({ "type": "user", "owner": "cases", "comment": text });
    check(
        &bench,
        &[
            (&of("POST", "/comments"), comment("hello"), 200, "\"totalComment\":1"),
            (&of("POST", "/comments"), comment(&"x".repeat(30_001)), 400, "30000"),
            ("PATCH /api/cases", close(&made["version"]), 409, "has been updated"),
            (&of("GET", ""), Value::Null, 200, "hello"),
            (&format!("GET /s/other/api/cases/{id}"), Value::Null, 404, ""),
        ],
    );
    let (_, now) = bench.kibana(&of("GET", ""), Value::Null);
    let comment = now["comments"][0]["id"].as_str().expect("an id");
    check(
        &bench,
        &[
            ("PATCH /api/cases", close(&now["version"]), 200, "\"closed_at\":\"2026"),
            ("GET /api/cases/_find?status=closed", Value::Null, 200, "\"count_closed_cases\":1"),
            (&of("GET", &format!("/comments/{comment}")), Value::Null, 200, "hello"),
            (&of("DELETE", &format!("/comments/{comment}")), Value::Null, 204, ""),
            (&of("DELETE", &format!("/comments/{comment}")), Value::Null, 404, ""),
            (&format!("DELETE /api/cases?ids=[%22{id}%22]"), Value::Null, 204, ""),
            (&of("GET", ""), Value::Null, 404, ""),
        ],
    );
}

#[test]
fn short_urls_count() {
    let url = json!({ "locatorId": "L", "params": {}, "slug": "s" });
    check(
        &bench(),
        &[
            ("POST /api/short_url", url.clone(), 200, "\"accessCount\":0"),
            ("POST /api/short_url", url, 409, "already exists"),
            ("GET /api/short_url/_slug/s", Value::Null, 200, "\"accessCount\":1"),
            ("GET /api/short_url/_slug/t", Value::Null, 404, "Not Found"),
        ],
    );
}

/// Files of random lines, with random retries: every answer is Kibana's own.
#[test]
fn no_file_fails_the_stack() {
    let bench = bench();
    let mut random = fastrand::Rng::with_seed(5);
    let words = ["type", "id", "references", "attributes", "name", "dashboard", "index-pattern", "v", "from", "to"];
    fn value(random: &mut fastrand::Rng, words: &[&str], depth: u8) -> Value {
        match random.u8(..if depth == 0 { 4 } else { 8 }) {
            0 => Value::Null,
            1 => json!(random.bool()),
            2 | 3 => json!(words[random.usize(..words.len())]),
            4 => (0..random.usize(..4)).map(|_| value(random, words, depth - 1)).collect(),
            _ => {
                let members = (0..random.usize(..5)).map(|_| {
                    let name = words[random.usize(..words.len())].to_owned();
                    (name, value(random, words, depth - 1))
                });
                Value::Object(members.collect())
            }
        }
    }
    let mut answers = std::collections::BTreeMap::new();
    for round in 0..3_000 {
        let line = |random: &mut fastrand::Rng| match random.u8(..4) {
            0 => value(random, &words, 3).to_string(),
            _ => {
                let mut object = json!({ "type": "dashboard", "id": words[random.usize(..words.len())] });
                object["references"] = (0..2).map(|_| value(random, &words, 2)).collect();
                object.to_string()
            }
        };
        let file: Vec<String> = (0..random.usize(1..4)).map(|_| line(&mut random)).collect();
        let retries = Value::from(vec![
            value(&mut random, &words, 3),
            json!({ "type": "dashboard", "id": "v", "replaceReferences": [value(&mut random, &words, 1)] }),
        ]);
        let query = ["", "?createNewCopies=true", "?overwrite=true"][random.usize(..3)];
        let (path, parts) = match random.bool() {
            true => (format!("/api/saved_objects/_import{query}"), vec![("file", file.join("\n"))]),
            false => {
                let parts = vec![("retries", retries.to_string()), ("file", file.join("\n"))];
                ("/api/saved_objects/_resolve_import_errors?createNewCopies=true".to_owned(), parts)
            }
        };
        let parts: Vec<(&str, &str)> = parts.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let (status, answer) = form(&bench, &path, &parts);
        assert!([200, 400].contains(&status), "round {round}: {answer}");
        *answers.entry(status).or_insert(0) += 1;
    }
    assert_eq!(answers.len(), 2, "{answers:?}");
}

/// Without the specification, handlers meet bodies that nobody has checked.
#[test]
fn unchecked_bodies_fail_nothing() {
    let bench = Bench::new();
    for (verb, path) in crate::kibana::paths() {
        let path = path.replace(['{', '}'], "");
        for body in [
            Value::Null,
            json!(1),
            json!("a"),
            json!([1, "a", {}]),
            json!({}),
            json!({ "cases": [1], "roles": [1], "objects": [1] }),
        ] {
            let (status, answer) = bench.kibana(&format!("{verb} {path}"), body);
            assert!(status < 500, "{verb} {path}: {answer}");
        }
    }
}
