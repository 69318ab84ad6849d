//! What upstream's documents leave out or get wrong, as users of typed clients meet it.

use elkit::elasticsearch::common::Script;
use elkit::elasticsearch::security::{
    ApiKeyAggregate, ApiKeyAggregation, GlobalPrivilege, RoleDescriptor, RoleMappingRule, RoleTemplate,
};
use elkit::response::Ndjson;
use elkit::rt::{self, Wire};
use elkit::testing::{Server, Step};
use elkit::types::{Lazy, TypedKeys};
use elkit::{Elasticsearch, ErrorKind, Kibana, Method};
use serde_json::{Value, json};

use crate::wait;

#[track_caller]
fn both_ways<T: Wire>(body: Value) -> T {
    let decoded = rt::decode::<T>(&body.to_string(), true).unwrap_or_else(|error| panic!("{body}: {error:?}"));
    assert_eq!(serde_json::from_str::<Value>(&rt::to_json(&decoded.value).unwrap()).unwrap(), body);
    decoded.value
}

/// elasticsearch-specification#2819, #2344, #2094 and #1555: a profile in `global`, `realm.name` in a rule, templates in the
/// place of roles, `index` for `indices`.
#[test]
fn class_14_what_the_specification_left_out() {
    let global = json!({"profile": {"write": {"applications": ["kibana*"]}}});
    let read: GlobalPrivilege = both_ways(global.clone());
    assert_eq!(read.profile.unwrap()["write"].applications, ["kibana*"]);
    let written = GlobalPrivilege::new()
        .profile([("write", elkit::elasticsearch::security::ManageUserPrivileges::new(["kibana*"]))]);
    assert_eq!(serde_json::to_value(&written).unwrap(), global);

    let rule = json!({"all": [{"field": {"realm.name": "saml1"}}, {"field": {"groups": ["a", "b"]}}]});
    both_ways::<RoleMappingRule>(rule.clone());
    let server = Server::start([]).unwrap();
    let es = Elasticsearch::builder(server.url()).build().unwrap();
    let rules = RoleMappingRule::all([
        RoleMappingRule::field("realm.name", "saml1"),
        RoleMappingRule::field("groups", ["a", "b"]),
    ]);
    let template = RoleTemplate::new(Script::new().source("{{#tojson}}groups{{/tojson}}"));
    wait(es.security().put_role_mapping("m").rules(rules).role_templates([template]).send_raw()).unwrap();
    let sent: Value = serde_json::from_slice(&server.requests()[0].body).unwrap();
    let template = json!({"template": {"source": "{{#tojson}}groups{{/tojson}}"}});
    assert_eq!(sent, json!({"rules": rule, "role_templates": [template]}), "no roles are sent that were not given");

    let alias = json!({"index": [{"names": ["a"], "privileges": ["read"]}]}).to_string();
    let role = rt::decode::<RoleDescriptor>(&alias, true).unwrap().value;
    assert_eq!(role.indices.unwrap()[0].names.as_slice(), ["a"]);
}

/// elasticsearch#106817: without `typed_keys`, nobody can tell what an aggregation came to.
#[test]
fn class_14_aggregations_ask_for_typed_keys() {
    let server = Server::start([]).unwrap();
    let es = Elasticsearch::builder(server.url()).build().unwrap();
    let users = Lazy::<ApiKeyAggregation>::from_json(json!({"terms": {"field": "username"}}));
    wait(es.security().query_api_keys().aggregations([("users", users)]).send_raw()).unwrap();
    wait(es.security().query_api_keys().send_raw()).unwrap();
    let targets: Vec<_> = server.requests().iter().map(|sent| sent.target.clone()).collect();
    assert_eq!(targets, ["/_security/_query/api_key?typed_keys=true", "/_security/_query/api_key"]);

    let came: TypedKeys<ApiKeyAggregate> = both_ways(json!({
        "sterms#users": {"doc_count_error_upper_bound": 0, "sum_other_doc_count": 0, "buckets": [{"key": "u", "doc_count": 3}]},
        "value_count#keys": {"value": 3.0},
        "new#other": {"a": 1},
    }));
    assert!(
        matches!(came["users"], ApiKeyAggregate::Sterms(_)) && matches!(came["keys"], ApiKeyAggregate::ValueCount(_))
    );
}

/// kibana#159453: what an export says and no document does is in it all the same when it is sent back.
#[test]
fn class_14_lines_keep_what_nobody_knows() {
    let lines = [
        json!({"cluster": ["all"], "new": {"deep": [null, 1.50]}}),
        json!({"cluster": ["manage_the_future"], "indices": null}),
        json!({"exportedCount": 2, "missingRefCount": 0}),
    ];
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let server = Server::always(Step::json(200, text.clone())).unwrap();
    let kibana = Kibana::builder(server.url()).build().unwrap();
    let call = kibana.request(Method::POST, "/export");
    let read = wait(async {
        let mut stream = call.stream::<Ndjson<RoleDescriptor>>().await.unwrap();
        let mut read = Vec::new();
        while let Some(line) = stream.next().await {
            read.push(line.unwrap());
        }
        read
    });
    let body = elkit::body::Body::ndjson(&read).unwrap();
    let again: Vec<Value> = String::from_utf8_lossy(body.as_bytes().unwrap())
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(again, lines);
}

/// elasticsearch-rs#140 and #75: the complaint about untyped answers. All of Elasticsearch's are typed.
#[test]
fn class_15_answers_are_typed() {
    let coverage = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/COVERAGE.md");
    let coverage = std::fs::read_to_string(coverage).unwrap();
    for line in coverage.lines().filter(|line| line.starts_with("| ") && line.ends_with("% |")) {
        let typed = line.trim_end_matches("% |").rsplit("| ").next().unwrap();
        assert_eq!(typed, "100.00", "where upstream has a type, there is one: {line}");
    }
    assert!(coverage.matches("% |").count() >= 2, "both products are counted");
    let stack = elkit_stack::Stack::start_blocking().unwrap();
    let es = Elasticsearch::builder(stack.elasticsearch_url()).basic_auth("elastic", stack.elastic_password());
    let es = es.strict().build().unwrap();
    let me = wait(es.security().authenticate().send()).unwrap();
    assert_eq!(
        (me.username.as_str(), me.enabled, me.authentication_realm.name.as_str()),
        ("elastic", true, "reserved")
    );
    let users = wait(es.security().get_user().username("elastic").send()).unwrap();
    assert_eq!(users["elastic"].roles, ["superuser"]);
}

/// kibana#211666: Kibana checks its own answer, does not like it, and says 500. The write may have been done.
#[test]
fn class_15_a_server_that_fails_says_why() {
    let said = json!({"statusCode": 500, "error": "Internal Server Error", "message": "[response]: expected value of type [string]"});
    let server = Server::always(Step::json(500, said.to_string())).unwrap();
    let kibana = Kibana::builder(server.url()).build().unwrap();
    for error in
        [wait(kibana.spaces().create("s", "S").send()).unwrap_err(), wait(kibana.spaces().list().send()).unwrap_err()]
    {
        assert_eq!((error.kind(), error.attempts(), error.is_retryable()), (ErrorKind::Api, 1, false));
        assert_eq!(error.reason(), Some("[response]: expected value of type [string]"));
    }
    assert_eq!(server.requests().len(), 2, "neither is tried again");
}
