//! What Kibana's own integration tests are known to assert, in scenarios of requests; where the other tests of the stack
//! assert it already, it is not repeated.

use serde_json::{Value, json};

use super::kibana_state::{bench, check, form};
use super::{Bench, ELASTIC, basic, mutations, read};
use crate::clock::Clock;
use crate::core::Core;
use crate::ids::Ids;
use crate::log::Product;

/// A user with Kibana privileges on spaces.
fn user(bench: &Bench, name: &str, privileges: &[&str], resource: &str) -> String {
    let grant = json!({ "application": "kibana-.kibana", "privileges": privileges, "resources": [resource] });
    bench.es(&format!("PUT /_security/role/{name}"), json!({ "applications": [grant] }));
    bench.es(&format!("PUT /_security/user/{name}"), json!({ "password": "secret1", "roles": [name] }));
    basic(name, "secret1")
}

fn ask(bench: &Bench, authorization: &str, request: &str, body: Value) -> (u16, Value) {
    let headers = [("authorization", authorization), ("kbn-xsrf", "1"), ("content-type", "application/json")];
    read(bench.send(Product::Kibana, request, &headers, body))
}

/// Writes show `kbn-xsrf` or the right `kbn-version`; a key does not stand for them but on Serverless. Internal routes
/// are for those who say that they know them.
#[test]
fn headers_open_routes() {
    let bench = bench();
    let (_, key) = bench.es("POST /_security/api_key", json!({ "name": "k" }));
    let key = format!("ApiKey {}", key["encoded"].as_str().expect("a key"));
    let xsrf = "Request must contain a kbn-xsrf header.";
    let internal = "GET /internal/observability/slos/_definitions";
    let closed = "uri [/internal/observability/slos/_definitions] with method [get] exists but is not available with the current configuration";
    let write = "POST /api/data_views/default";
    for (request, authorization, header, status, says) in [
        (write, ELASTIC, ("kbn-xsrf", ""), 400, xsrf),
        (write, key.as_str(), ("kbn-xsrf", ""), 400, xsrf),
        (write, ELASTIC, ("kbn-xsrf", "anything"), 200, ""),
        (write, ELASTIC, ("kbn-version", "9.5.0"), 200, ""),
        (write, ELASTIC, ("kbn-version", "9.4.9"), 400, "Browser client is out of date"),
        ("GET /api/data_views", ELASTIC, ("kbn-xsrf", ""), 200, ""),
        ("GET /api/data_views", ELASTIC, ("kbn-version", "9.4.9"), 400, "Browser client is out of date"),
        (internal, ELASTIC, ("kbn-xsrf", "1"), 400, closed),
        (internal, ELASTIC, ("x-elastic-internal-origin", "Kibana"), 200, ""),
    ] {
        let body = if request == write { json!({ "data_view_id": null }) } else { Value::Null };
        let headers = [("authorization", authorization), header];
        let reply = bench.send(Product::Kibana, request, &headers, body);
        assert!(reply.headers.contains_key("kbn-name"), "{request}");
        let (got, answer) = read(reply);
        assert_eq!(got, status, "{request} {header:?}: {answer}");
        let message = answer["message"].as_str().unwrap_or_default();
        assert!(status == 200 || message.starts_with(says), "{answer}");
        if status == 400 {
            assert_eq!(answer, json!({ "statusCode": 400, "error": "Bad Request", "message": message }));
        }
    }
    let clock = Clock::manual();
    let core = Core::new(clock.clone(), Ids::new(Some(7)), "changeme", mutations::tables()).serverless();
    let serverless = Bench { core, clock };
    let (_, key) = serverless.es("POST /_security/api_key", json!({ "name": "k" }));
    let key = format!("ApiKey {}", key["encoded"].as_str().expect("a key"));
    for (authorization, status) in [(key.as_str(), 200), (ELASTIC, 400)] {
        let headers = [("authorization", authorization), ("content-type", "application/json")];
        let got = serverless.send(Product::Kibana, write, &headers, json!({ "data_view_id": null }));
        assert_eq!(got.status, status);
    }
}

/// Everything about spaces works from inside another space, too.
#[test]
fn spaces_are_made_from_anywhere() {
    let bench = bench();
    let reader = user(&bench, "reader", &["read"], "*");
    let local = user(&bench, "local", &["space_all"], "space:other");
    for (number, prefix) in ["", "/s/other"].into_iter().enumerate() {
        let id = format!("new{number}");
        let create = format!("POST {prefix}/api/spaces/space");
        let space = json!({ "id": id, "name": "N", "color": "#5c5959", "initials": "N", "_reserved": true });
        let (status, made) = bench.kibana(&create, space.clone());
        let expected = json!({ "id": id, "name": "N", "color": "#5c5959", "initials": "N", "disabledFeatures": [] });
        assert_eq!((status, made), (200, expected));
        let taken = json!({ "statusCode": 409, "error": "Conflict", "message": format!("A space with the identifier {id} already exists.") });
        assert_eq!(bench.kibana(&create, space), (409, taken));
        let closed = json!({ "statusCode": 403, "error": "Forbidden", "message": "Unauthorized to create spaces" });
        for caller in [&reader, &local] {
            let (status, answer) = ask(&bench, caller, &create, json!({ "id": "x", "name": "X" }));
            // Who may nothing in a space is not let into it.
            assert_eq!((status, answer), (403, closed.clone()), "{prefix}");
        }
        let solved = json!({ "id": format!("es{number}"), "name": "E", "solution": "es", "disabledFeatures": ["ml"] });
        let (status, made) = bench.kibana(&create, solved);
        let disabled = made["disabledFeatures"].as_array().cloned().unwrap_or_default();
        assert_eq!((status, &made["solution"]), (200, &json!("es")));
        assert!(["ml", "siem", "apm"].iter().all(|name| disabled.contains(&json!(name))), "{made}");
        let list = format!("GET {prefix}/api/spaces/space");
        let (_, seen) = ask(&bench, &local, &list, Value::Null);
        assert_eq!(seen.as_array().map(Vec::len), Some(1), "{seen}");
    }
}

#[test]
fn purposes_are_told_by_space() {
    let bench = bench();
    let mixed = user(&bench, "mixed", &["space_read"], "space:other");
    let nobody = user(&bench, "nobody", &["space_read"], "space:gone");
    let list = "GET /api/spaces/space";
    let purposes = |may: bool| json!({ "any": true, "copySavedObjectsIntoSpace": may, "findSavedObjects": true, "shareSavedObjectsIntoSpace": may });
    for (caller, query, status, spaces) in [
        (
            ELASTIC,
            "?include_authorized_purposes=true",
            200,
            json!([["default", purposes(true)], ["other", purposes(true)]]),
        ),
        (&mixed, "?include_authorized_purposes=true", 200, json!([["other", purposes(false)]])),
        (&mixed, "?purpose=any", 200, json!([["other", null]])),
        (&mixed, "?purpose=copySavedObjectsIntoSpace", 403, json!([])),
        (ELASTIC, "?purpose=shareSavedObjectsIntoSpace", 200, json!([["default", null], ["other", null]])),
        (ELASTIC, "?purpose=other", 400, json!([])),
        (ELASTIC, "?purpose=any&include_authorized_purposes=true", 400, json!([])),
        (ELASTIC, "?purpose=any&include_authorized_purposes=false", 200, json!([["default", null], ["other", null]])),
        (&nobody, "", 403, json!([])),
    ] {
        let (got, answer) = ask(&bench, caller, &format!("{list}{query}"), Value::Null);
        assert_eq!(got, status, "{query}: {answer}");
        let seen: Vec<Value> = answer
            .as_array()
            .into_iter()
            .flatten()
            .map(|space| json!([space["id"], space["authorizedPurposes"]]))
            .collect();
        assert_eq!(Value::from(seen), spaces, "{query}");
        if status == 403 {
            assert_eq!(answer, json!({ "statusCode": 403, "error": "Forbidden", "message": "Forbidden" }));
        }
    }
}

/// Results stand by space; what is in the way is listed, and a second call says what to do with it.
#[test]
fn copies_are_told_by_space() {
    let bench = bench();
    bench.kibana("POST /api/spaces/space", json!({ "id": "third", "name": "T" }));
    let view = json!({ "attributes": { "title": "logs-*" } });
    let dashboard =
        json!({ "attributes": { "title": "D" }, "references": [{ "type": "index-pattern", "id": "v", "name": "n" }] });
    bench.kibana("POST /api/saved_objects/index-pattern/v", view);
    bench.kibana("POST /api/saved_objects/dashboard/d", dashboard.clone());
    bench.kibana("POST /s/other/api/saved_objects/dashboard/d", json!({ "attributes": { "title": "theirs" } }));
    let copy = |overwrite: bool| {
        json!({ "objects": [{ "type": "dashboard", "id": "d" }], "spaces": ["other", "third"],
            "includeReferences": true, "createNewCopies": false, "overwrite": overwrite })
    };
    let (status, copied) = bench.kibana("POST /api/spaces/_copy_saved_objects", copy(false));
    assert_eq!(
        (status, copied["third"]["success"].clone(), copied["third"]["successCount"].clone()),
        (200, json!(true), json!(2))
    );
    assert_eq!((copied["other"]["success"].clone(), copied["other"]["successCount"].clone()), (json!(false), json!(1)));
    assert_eq!(copied["other"]["errors"][0]["error"]["type"], "conflict", "{copied}");
    let retry = |retries: Value| json!({ "objects": [{ "type": "dashboard", "id": "d" }], "includeReferences": true, "createNewCopies": false, "retries": retries });
    let resolve = "POST /api/spaces/_resolve_copy_saved_objects_errors";
    let over = json!({ "other": [{ "type": "dashboard", "id": "d", "overwrite": true }] });
    check(
        &bench,
        &[
            ("GET /s/other/api/saved_objects/dashboard/d", Value::Null, 200, "theirs"),
            (resolve, retry(json!({ "other": [{ "type": "dashboard", "id": "d" }] })), 200, "\"type\":\"conflict\""),
            (resolve, retry(over), 200, "\"successCount\":1"),
            ("GET /s/other/api/saved_objects/dashboard/d", Value::Null, 200, "\"title\":\"D\""),
        ],
    );
    let (status, answer) = bench.kibana(resolve, retry(json!({ "nowhere": [] })));
    assert_eq!((status, answer["nowhere"]["errors"][0]["statusCode"].as_u64()), (200, Some(404)), "{answer}");
    let reader = user(&bench, "reader", &["read"], "*");
    let (status, answer) = ask(&bench, &reader, "POST /api/spaces/_copy_saved_objects", copy(true));
    assert_eq!((status, answer["message"].as_str()), (403, Some("Forbidden")));
}

/// Connectors of the configuration are in every space, tell nothing of themselves, and stay.
#[test]
fn preconfigured_connectors_stay() {
    let bench = bench();
    bench.core.add_connector("alarm", ".slack", "Alarm");
    let own = json!({ "name": "c", "connector_type_id": ".index", "config": { "index": "i" } });
    check(
        &bench,
        &[
            ("POST /api/actions/connector/c", own.clone(), 200, "\"is_preconfigured\":false"),
            ("POST /api/actions/connector/alarm", own, 400, "This alarm already exists in a preconfigured action."),
            ("GET /s/other/api/actions/connector/alarm", Value::Null, 200, "\"is_preconfigured\":true"),
            (
                "PUT /api/actions/connector/alarm",
                json!({ "name": "x" }),
                400,
                "Preconfigured action alarm is not allowed to update.",
            ),
            (
                "DELETE /api/actions/connector/alarm",
                Value::Null,
                400,
                "Preconfigured action alarm is not allowed to delete.",
            ),
        ],
    );
    let (_, all) = bench.kibana("GET /api/actions/connectors", Value::Null);
    let names: Vec<Value> = all.as_array().into_iter().flatten().map(|one| one["id"].clone()).collect();
    assert_eq!(names, ["c", "alarm"]);
    assert!(all[1].get("config").is_none() && all[1].get("is_missing_secrets").is_none(), "{all}");
    assert_eq!(all[1]["referenced_by_count"], 0);
}

#[test]
fn connectors_are_refused_for_what_is_wrong() {
    let undefined = "expected value of type [string] but got [undefined]";
    let with = |name: &str, value: Value| {
        let mut connector = json!({ "name": "c", "connector_type_id": ".index", "config": { "index": "i" } });
        connector[name] = value;
        connector
    };
    check(
        &bench(),
        &[
            (
                "POST /api/actions/connector",
                json!({ "connector_type_id": ".index", "config": { "index": "i" } }),
                400,
                &format!("[request body.name]: {undefined}"),
            ),
            (
                "POST /api/actions/connector",
                json!({ "name": "c" }),
                400,
                &format!("[request body.connector_type_id]: {undefined}"),
            ),
            (
                "POST /api/actions/connector",
                with("name", json!(1)),
                400,
                "[request body.name]: expected value of type [string] but got [number]",
            ),
            (
                "POST /api/actions/connector",
                with("actionTypeId", json!(".index")),
                400,
                "[request body.actionTypeId]: definition for this key is missing",
            ),
            (
                "POST /api/actions/connector",
                with("connector_type_id", json!("test.no")),
                400,
                "Action type \\\"test.no\\\" is not registered.",
            ),
            ("PUT /api/actions/connector/none", json!({ "name": "c" }), 404, "Saved object [action/none] not found"),
            (
                "POST /api/actions/connector/none/_execute",
                json!({ "params": { "documents": [] } }),
                404,
                "Saved object [action/none] not found",
            ),
        ],
    );
}

fn rule(name: &str, tags: Value) -> Value {
    json!({ "name": name, "tags": tags, "consumer": "alerts", "rule_type_id": "slo.rules.burnRate",
        "schedule": { "interval": "1m" }, "actions": [] })
}

/// A rule tells everything, nulls included.
#[test]
fn rules_are_told_whole() {
    let bench = bench();
    let (status, made) = bench.kibana("POST /api/alerting/rule/r1", rule("r", json!(["t"])));
    assert_eq!(status, 200, "{made}");
    for (name, value) in [
        ("id", json!("r1")),
        ("tags", json!(["t"])),
        ("created_by", json!("elastic")),
        ("updated_by", json!("elastic")),
        ("api_key_owner", json!("elastic")),
        ("api_key_created_by_user", json!(false)),
        ("throttle", Value::Null),
        ("notify_when", Value::Null),
        ("mute_all", json!(false)),
        ("muted_alert_ids", json!([])),
        ("scheduled_task_id", json!("r1")),
        ("revision", json!(0)),
        ("running", json!(false)),
    ] {
        assert_eq!(made.get(name), Some(&value), "{name}");
    }
    assert_eq!(made["execution_status"]["status"], "pending");
    let mut off = rule("off", json!([]));
    off["enabled"] = json!(false);
    let (_, off) = bench.kibana("POST /api/alerting/rule/r2", off);
    assert_eq!((&off["api_key_owner"], off.get("scheduled_task_id")), (&Value::Null, None));
}

#[test]
fn rules_are_found() {
    let bench = bench();
    for (name, tags, interval) in
        [("alpha", json!(["a", "b"]), "1m"), ("beta", json!(["b"]), "5m"), ("gamma rays", json!([]), "1m")]
    {
        let mut rule = rule(name, tags);
        rule["schedule"]["interval"] = json!(interval);
        assert_eq!(bench.kibana(&format!("POST /api/alerting/rule/{}", &name[..1]), rule).0, 200);
    }
    bench.kibana("POST /api/alerting/rule/b/_disable", json!({}));
    for (query, total, first) in [
        ("", 3, "alpha"),
        ("?sort_field=name&sort_order=desc", 3, "gamma rays"),
        ("?sort_field=name&page=2&per_page=2", 3, "gamma rays"),
        ("?page=9", 3, ""),
        ("?search=alp*", 1, "alpha"),
        ("?search=b&search_fields=tags&sort_field=name", 2, "alpha"),
        ("?search=gamma%20beta&search_fields=name&sort_field=name", 2, "beta"),
        ("?search=gamma%20beta&search_fields=name&default_search_operator=AND", 0, ""),
        ("?filter=alert.attributes.name:alpha", 1, "alpha"),
        ("?filter=alert.attributes.tags:(a%20or%20c)", 1, "alpha"),
        ("?filter=alert.attributes.enabled:%20false", 1, "beta"),
        ("?filter=not%20alert.attributes.enabled:%20false&sort_field=name", 2, "alpha"),
        ("?filter=alert.attributes.alertTypeId:slo*&sort_field=createdAt", 3, "alpha"),
        ("?filter=alert.attributes.schedule.interval:%225m%22", 1, "beta"),
        ("?filter=alert.id:%22alert:g%22", 1, "gamma rays"),
        ("?filter_consumers=alerts", 3, "alpha"),
        ("?filter_consumers=logs", 0, ""),
    ] {
        let (status, answer) = bench.kibana(&format!("GET /api/alerting/rules/_find{query}"), Value::Null);
        assert_eq!(status, 200, "{query}: {answer}");
        assert_eq!(
            (answer["total"].as_u64(), answer["data"][0]["name"].as_str().unwrap_or_default()),
            (Some(total), first),
            "{query}: {answer}"
        );
    }
    let (_, some) =
        bench.kibana("GET /api/alerting/rules/_find?fields=name&filter=alert.attributes.name:beta", Value::Null);
    assert!(some["data"][0]["name"] == "beta" && some["data"][0].get("tags").is_none(), "{some}");
    check(&bench, &[("GET /api/alerting/rules/_find?filter=name:(", Value::Null, 400, "KQLSyntaxError")]);
}

/// A snooze is told as a schedule and shown as a recurrence rule.
#[test]
fn rules_are_snoozed() {
    let bench = bench();
    bench.kibana("POST /api/alerting/rule/r", rule("r", json!([])));
    let snooze = |duration: &str| {
        json!({ "schedule": { "custom": { "start": "2026-03-01T00:00:00.000Z", "duration": duration,
            "recurring": { "every": "2w", "onWeekDay": ["MO"], "occurrences": 3 } } } })
    };
    check(
        &bench,
        &[(
            "POST /api/alerting/rule/r/snooze_schedule",
            snooze("long"),
            400,
            "[request body.schedule.custom.duration]",
        )],
    );
    let (status, made) = bench.kibana("POST /api/alerting/rule/r/snooze_schedule", snooze("2h"));
    assert_eq!(status, 200, "{made}");
    let id = made["body"]["schedule"]["id"].as_str().expect("an id");
    let (_, shown) = bench.kibana("GET /api/alerting/rule/r", Value::Null);
    let rule = json!({ "dtstart": "2026-03-01T00:00:00.000Z", "tzid": "UTC", "freq": 2, "interval": 2, "byweekday": ["MO"], "count": 3 });
    assert_eq!(shown["snooze_schedule"], json!([{ "id": id, "duration": 7_200_000, "rRule": rule }]));
    let end = format!("DELETE /api/alerting/rule/r/snooze_schedule/{id}");
    check(
        &bench,
        &[
            ("GET /api/alerting/rule/r", Value::Null, 200, "snooze_schedule"),
            (&end, Value::Null, 204, ""),
            (&end, Value::Null, 404, ""),
        ],
    );
}

/// What an export refuses tells which objects are the reason.
#[test]
fn exports_say_what_is_missing() {
    let bench = bench();
    bench.kibana("POST /api/saved_objects/index-pattern/v", json!({ "attributes": { "title": "logs-*" } }));
    let refers = json!([{ "type": "index-pattern", "id": "v", "name": "n" }]);
    bench
        .kibana("POST /api/saved_objects/dashboard/d", json!({ "attributes": { "title": "D" }, "references": refers }));
    bench.kibana("POST /api/saved_objects/dashboard/e", json!({ "attributes": { "title": "E" } }));
    let export = "POST /api/saved_objects/_export";
    let both = |name: &str, value: Value| json!({ "objects": [{ "type": "dashboard", "id": "d" }], name: value });
    check(
        &bench,
        &[
            (
                export,
                both("type", json!("dashboard")),
                400,
                "Can't specify both \\\"types\\\" and \\\"objects\\\" properties when exporting",
            ),
            (
                export,
                both("search", json!("a")),
                400,
                "Can't specify both \\\"search\\\" and \\\"objects\\\" properties when exporting",
            ),
            (
                export,
                both("hasReference", json!({ "type": "a", "id": "b" })),
                400,
                "Can't specify both \\\"references\\\" and \\\"objects\\\"",
            ),
            (
                export,
                json!({ "type": "dashboard", "hasReference": { "type": "index-pattern", "id": "v" } }),
                200,
                "\\\"exportedCount\\\":1",
            ),
            (export, json!({ "type": "dashboard", "search": "E" }), 200, "\\\"exportedCount\\\":1"),
        ],
    );
    let (status, answer) = bench.kibana(export, json!({ "objects": [{ "type": "dashboard", "id": "gone" }] }));
    let error =
        json!({ "statusCode": 404, "error": "Not Found", "message": "Saved object [dashboard/gone] not found" });
    assert_eq!(
        (status, answer),
        (
            400,
            json!({ "statusCode": 400, "error": "Bad Request", "message": "Error fetching objects to export",
            "attributes": { "objects": [{ "id": "gone", "type": "dashboard", "error": error }] } })
        )
    );
}

/// Problems of an import stand in a 200, each with its type; a file must be there and be one.
#[test]
fn imports_tell_their_problems() {
    let bench = bench();
    let import = "/api/saved_objects/_import";
    let line = |kind: &str, id: &str, reference: &str| {
        json!({ "type": kind, "id": id, "attributes": { "title": id }, "references": [{ "type": "index-pattern", "id": reference, "name": "n" }] }).to_string()
    };
    let mut view = json!({ "type": "index-pattern", "id": "v", "attributes": { "title": "t" }, "references": [] });
    let view_line = view.to_string();
    view["type"] = json!("wigwags");
    for (parts, status, success, problem) in [
        (vec![("file", view_line.clone())], 200, true, Value::Null),
        (vec![("file", view_line.clone())], 200, false, json!({ "type": "conflict" })),
        (vec![("file", view.to_string())], 200, false, json!({ "type": "unsupported_type" })),
        (
            vec![("file", line("dashboard", "d", "gone"))],
            200,
            false,
            json!({ "type": "missing_references", "references": [{ "type": "index-pattern", "id": "gone" }] }),
        ),
        (vec![("file", line("dashboard", "d", "v"))], 200, true, Value::Null),
        (vec![("file", format!("{view_line}\n{view_line}"))], 400, false, Value::Null),
    ] {
        let parts: Vec<(&str, &str)> = parts.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let (got, answer) = form(&bench, import, &parts);
        assert_eq!((got, answer["success"].as_bool().unwrap_or_default()), (status, success), "{answer}");
        assert_eq!(answer["errors"][0]["error"], problem, "{answer}");
        if status == 400 {
            assert_eq!(answer["message"], "Non-unique import objects detected: [index-pattern:v]");
        }
    }
    check(&bench, &[(&format!("POST {import}"), json!({}), 415, "Unsupported Media Type")]);
}

#[test]
fn saved_objects_come_in_lists() {
    let bench = bench();
    bench.kibana("POST /api/saved_objects/dashboard/d", json!({ "attributes": { "title": "D", "rows": 1 } }));
    let wanted = |extra: Value| {
        let mut object = json!({ "type": "dashboard", "id": "d" });
        object.as_object_mut().expect("an object").extend(extra.as_object().cloned().unwrap_or_default());
        json!([object, { "type": "dashboard", "id": "gone", "attributes": {} }])
    };
    let gone = "Saved object [dashboard/gone] not found";
    let find = "GET /api/saved_objects/_find?type=dashboard";
    check(
        &bench,
        &[
            ("POST /api/saved_objects/_bulk_update", wanted(json!({ "attributes": { "title": "F" } })), 200, gone),
            ("GET /api/saved_objects/dashboard/d", Value::Null, 200, "{\"rows\":1,\"title\":\"F\"}"),
            ("POST /api/saved_objects/_bulk_resolve", wanted(json!({})), 200, "\"outcome\":\"exactMatch\""),
            (&format!("{find}&filter=dashboard.attributes.title:F"), Value::Null, 200, "\"total\":1"),
            (&format!("{find}&filter=dashboard.attributes.rows%20%3E%201"), Value::Null, 200, "\"total\":0"),
            (&format!("{find}&filter=index-pattern.attributes.title:F"), Value::Null, 200, "\"total\":0"),
            (&format!("{find}&filter=dashboard.attributes.title:("), Value::Null, 400, "KQLSyntaxError"),
        ],
    );
}

#[test]
fn data_views_keep_their_fields() {
    let bench = bench();
    let script = json!({ "type": "long", "script": { "source": "emit(1)" } });
    let view = json!({ "data_view": { "id": "v", "title": "logs-*", "runtimeFieldMap": { "hour": script },
        "fieldAttrs": { "a": { "customLabel": "A" } } } });
    let day = json!({ "name": "day", "runtimeField": script });
    let of = |verb: &str, rest: &str| format!("{verb} /api/data_views/data_view/v{rest}");
    check(
        &bench,
        &[
            ("POST /api/data_views/data_view", view, 200, "\"runtimeFieldMap\":{\"hour\":"),
            ("GET /s/other/api/data_views/data_view/v", Value::Null, 404, "Saved object [index-pattern/v] not found"),
            (&of("POST", "/runtime_field"), day.clone(), 200, "\"name\":\"day\""),
            (&of("POST", "/runtime_field"), day.clone(), 400, "already exists"),
            (&of("PUT", "/runtime_field"), day, 200, "\"name\":\"day\""),
            (
                &of("POST", "/runtime_field/day"),
                json!({ "runtimeField": { "type": "double" } }),
                200,
                "\"type\":\"double\"",
            ),
            (&of("GET", "/runtime_field/day"), Value::Null, 200, "emit(1)"),
            (&of("DELETE", "/runtime_field/day"), Value::Null, 200, ""),
            (&of("GET", "/runtime_field/day"), Value::Null, 404, "Not Found"),
            (
                &of("POST", "/fields"),
                json!({ "fields": { "a": { "customLabel": null, "count": 3 }, "b": { "format": { "id": "bytes" } } } }),
                200,
                "true",
            ),
            (&of("POST", "/fields"), json!({ "fields": {} }), 400, "Change set is empty."),
            (&of("GET", ""), Value::Null, 200, "\"fieldAttrs\":{\"a\":{\"count\":3}}"),
            (&of("GET", ""), Value::Null, 200, "\"fieldFormats\":{\"b\":{\"id\":\"bytes\"}}"),
        ],
    );
}

#[test]
fn cases_are_refused_for_what_is_wrong() {
    let bench = bench();
    let case = json!({ "title": "t", "description": "d", "owner": "cases", "tags": ["x"], "settings": { "syncAlerts": true },
        "connector": { "id": "none", "name": "none", "type": ".none", "fields": null } });
    let with = |name: &str, value: Value| {
        let mut case = case.clone();
        case[name] = value;
        if case[name].is_null() {
            case.as_object_mut().expect("an object").remove(name);
        }
        case
    };
    let long = |length: usize| json!("x".repeat(length));
    let field = |kind: &str, value: Value| json!({ "key": "k", "type": kind, "value": value });
    let jira = json!({ "id": "j", "name": "J", "type": ".jira", "fields": { "priority": 1 } });
    let mut wrong = vec![
        (
            "a title too long",
            with("title", long(161)),
            "The length of the title is too long. The maximum length is 160.",
        ),
        ("no title", with("title", Value::Null), "[request body.title]"),
        ("an empty title", with("title", json!("")), "The title field cannot be an empty string."),
        ("a description too long", with("description", long(30_001)), "30000"),
        ("an empty description", with("description", json!(" ")), "The description field cannot be an empty string."),
        (
            "a category too long",
            with("category", long(51)),
            "The length of the category is too long. The maximum length is 50.",
        ),
        ("an empty category", with("category", json!("")), "The category field cannot be an empty string."),
        ("an empty tag", with("tags", json!([""])), "The tag field cannot be an empty string."),
        (
            "a tag too long",
            with("tags", json!([long(257)])),
            "The length of the tag is too long. The maximum length is 256.",
        ),
        ("too many tags", with("tags", json!(vec!["x"; 201])), "The length of the field tags is too long."),
        ("no severity", with("severity", json!("no-severity")), "[request body.severity]"),
        ("no owner", with("owner", json!("nobody")), "[request body.owner]"),
        ("no settings", with("settings", Value::Null), "[request body.settings]"),
        (
            "a connector of another type",
            with("connector", json!({ "id": "n", "name": "n", "type": ".no", "fields": null })),
            "[request body.connector]",
        ),
        ("fields of another connector", with("connector", jira), "[request body.connector"),
        ("a toggle with a text", with("customFields", json!([field("toggle", json!("on"))])), "customFields"),
        (
            "a key twice",
            with("customFields", json!([field("text", json!("a")), field("text", json!("b"))])),
            "Invalid duplicated customFields keys in request: k",
        ),
        ("too many assignees", with("assignees", json!(vec![json!({ "uid": "u" }); 11])), "assignees"),
    ];
    wrong.push((
        "another status",
        json!({ "cases": [{ "id": "a", "version": "b", "status": "gone" }] }),
        "[request body.cases.0.status]",
    ));
    for (what, body, says) in wrong {
        let verb = if body.get("cases").is_some() { "PATCH" } else { "POST" };
        let (status, answer) = bench.kibana(&format!("{verb} /api/cases"), body);
        assert_eq!(status, 400, "{what}: {answer}");
        assert!(answer["message"].as_str().is_some_and(|text| text.contains(says)), "{what}: {answer}");
    }
    let fields = json!([field("text", json!("a")), { "key": "l", "type": "toggle", "value": false }]);
    let (status, made) = bench.kibana("POST /api/cases", with("customFields", fields));
    assert_eq!(status, 200, "{made}");
    check(
        &bench,
        &[
            ("POST /api/cases", with("tags", json!(["b", "a"])), 200, "\"status\":\"open\""),
            ("GET /api/cases/tags", Value::Null, 200, "[\"a\",\"b\",\"x\"]"),
            ("GET /api/cases/tags?owner=observability", Value::Null, 200, "[]"),
            ("GET /api/cases/reporters", Value::Null, 200, "\"username\":\"elastic\""),
        ],
    );
}

/// The type of a detection rule says what else it must have.
#[test]
fn detection_rules_have_types() {
    let bench = bench();
    let rule = |kind: &str, more: Value| {
        let mut rule = json!({ "name": "n", "description": "d", "risk_score": 1, "severity": "low", "type": kind });
        rule.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
        rule
    };
    let mapping = json!([{ "entries": [{ "field": "a", "type": "mapping", "value": "b" }] }]);
    let threat = json!({ "query": "*", "threat_index": ["t"], "threat_query": "*", "threat_mapping": mapping });
    for (kind, more, needed) in [
        ("query", json!({}), ""),
        ("eql", json!({ "query": "any where true", "language": "eql" }), "query"),
        ("saved_query", json!({ "saved_id": "s" }), "saved_id"),
        ("threshold", json!({ "query": "*", "threshold": { "field": [], "value": 1 } }), "threshold"),
        ("threat_match", threat, "threat_mapping"),
        ("machine_learning", json!({ "anomaly_threshold": 50, "machine_learning_job_id": "j" }), "anomaly_threshold"),
        (
            "new_terms",
            json!({ "query": "*", "new_terms_fields": ["a"], "history_window_start": "now-7d" }),
            "new_terms_fields",
        ),
        ("esql", json!({ "query": "FROM a", "language": "esql" }), "query"),
    ] {
        let (status, made) = bench.kibana("POST /api/detection_engine/rules", rule(kind, more.clone()));
        assert_eq!(status, 200, "{kind}: {made}");
        if !needed.is_empty() {
            let mut less = more;
            less.as_object_mut().expect("an object").remove(needed);
            let (status, answer) = bench.kibana("POST /api/detection_engine/rules", rule(kind, less));
            assert_eq!(status, 400, "{kind} without {needed}: {answer}");
            assert!(answer["message"].as_str().is_some_and(|text| text.contains(needed)), "{answer}");
        }
    }
    let (status, answer) = bench.kibana("POST /api/detection_engine/rules", rule("other", json!({})));
    assert_eq!(status, 400, "{answer}");
}
