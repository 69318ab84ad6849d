//! A server can never break a user: a test for each kind of answer that broke clients of the Elastic Stack, and what
//! follows from it. Bodies go through the decoder of the transport or through the transport itself.

mod support;

use elkit::elasticsearch::common::{FieldValue, ScriptSource, SortBy};
use elkit::elasticsearch::query_dsl::{
    BoolQuery, DateRangeQuery, ExistsQuery, IdsQuery, MatchAllQuery, NumberRangeQuery, Query, SimpleQueryStringQuery,
    TermQuery, TermsQuery, TermsQueryField,
};
use elkit::elasticsearch::security::{
    ApiKeyQuery, ApiKeyType, AuthenticateResponse, ClusterPrivilege, GetApiKeyResponse, GetRoleResponse,
    GetUserResponse, IndexPrivilege, IndicesPrivilegesQuery, RoleDescriptor, RoleMappingRule, RoleQuery,
    RoleTemplateInlineQuery, RoleTemplateQuery, RoleTemplateScript, UserQuery,
};
use elkit::rt::{self, CorrectionKind, Wire};
use elkit::{Elasticsearch, Error, ErrorKind};
use serde_json::{Value, json};

use support::{Server, traced, wait};

/// Decodes a body as the transport does, expects these corrections, and that encoding it again changes nothing.
#[track_caller]
fn check<T: Wire>(body: Value, corrections: &[&str]) -> T {
    let decoded = rt::decode::<T>(&body.to_string(), false).unwrap_or_else(|error| panic!("{body}: {error:?}"));
    let found: Vec<_> = decoded.corrections.iter().map(|correction| format!("{correction:?}")).collect();
    assert_eq!(found, corrections, "{body}");
    assert_eq!(encode(&decoded.value), body);
    assert_eq!(rt::decode::<T>(&body.to_string(), true).is_ok(), corrections.is_empty(), "strict: {body}");
    decoded.value
}

fn encode<T: Wire>(value: &T) -> Value {
    serde_json::from_str(&rt::to_json(value).unwrap()).unwrap()
}

fn client(server: &Server) -> Elasticsearch {
    Elasticsearch::builder(server.url()).max_retries(0).build().unwrap()
}

/// What `authenticate` makes of an answer.
fn answered(status: u16, headers: &str, body: &str) -> Error {
    let server = Server::answering(status, headers, body);
    let error = wait(client(&server).security().authenticate().send()).unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(status));
    assert_eq!(error.body(), body, "the bytes stay reachable");
    assert!(error.to_string().starts_with(&format!("security.authenticate failed: {status}")), "{error}");
    error
}

/// elasticsearch-java#682: a required member is absent.
#[test]
fn class_1_missing_required_members() {
    let roles: GetRoleResponse = check(
        json!({"admin": {"cluster": ["all"], "transient_metadata": {}}}),
        &["Missing at /admin/applications", "Missing at /admin/indices", "Missing at /admin/metadata"],
    );
    assert_eq!(roles["admin"].cluster, [ClusterPrivilege::All]);
    assert!(roles["admin"].indices.is_empty() && roles["admin"].metadata.is_empty());

    // In a list, in a map whose keys need escapes, and an object that is missing with all it requires.
    check::<GetRoleResponse>(
        json!({"a/b~c": {"cluster": [], "metadata": {}, "applications": [{"application": "x"}], "indices": [
            {"names": ["a"], "privileges": ["read"]}, {"names": "b"}]}}),
        &[
            "Missing at /a~1b~0c/applications/0/privileges",
            "Missing at /a~1b~0c/applications/0/resources",
            "Missing at /a~1b~0c/indices/1/privileges",
        ],
    );
    let mut me: AuthenticateResponse = check(
        json!({"username": "u", "roles": [], "metadata": {}, "enabled": true, "authentication_type": "realm",
               "lookup_realm": {"name": "n", "type": "t"}}),
        &["Missing at /authentication_realm"],
    );
    // What the user says goes out, what was invented does not.
    me.authentication_realm.name = "mine".to_owned();
    assert_eq!(encode(&me)["authentication_realm"], json!({"name": "mine"}));
}

/// terraform-provider-elasticstack#4043: Elasticsearch 9.5 adds an array where clients know maps.
#[test]
fn class_2_an_array_where_a_map_was_typed() {
    let role = |global: Value| {
        json!({"my_role": {"cluster": ["all"], "indices": [], "applications": [], "run_as": [], "metadata": {},
               "transient_metadata": {"enabled": true}, "global": global}})
    };
    let manage = json!({"manage": {"applications": ["myapp"]}});
    let roles: GetRoleResponse = check(role(json!({"application": manage, "data_source": []})), &[]);
    let global = roles["my_role"].global.as_ref().unwrap();
    assert_eq!(global.application.as_ref().unwrap().manage.applications, ["myapp"]);
    assert_eq!(global.extra.get("data_source"), Some(&json!([])));

    // The same for members that are typed, and for the whole.
    let wrong = role(json!({"application": manage, "profile": []}));
    let roles: GetRoleResponse = check(wrong, &["WrongType at /my_role/global/profile"]);
    assert!(roles["my_role"].global.as_ref().unwrap().profile.is_none());
    check::<GetRoleResponse>(role(json!([])), &["WrongType at /my_role/global"]);
    check::<GetRoleResponse>(role(json!("all")), &["WrongType at /my_role/global"]);
    check::<RoleDescriptor>(json!({"global": {"application": manage, "data_source": []}}), &[]);
}

/// elasticsearch-java#317: a value that no enum of ours knows.
#[test]
fn class_3_unknown_enum_values() {
    let role: RoleDescriptor = check(
        json!({"cluster": ["monitor", "manage_the_future"], "indices": [
            {"names": ["*"], "privileges": ["indices:admin/aliases", "read"]}]}),
        &[],
    );
    let cluster = role.cluster.unwrap();
    assert_eq!(cluster, [ClusterPrivilege::Monitor, ClusterPrivilege::from("manage_the_future")]);
    assert_eq!(cluster[1].as_str(), "manage_the_future");
    let privileges = &role.indices.unwrap()[0].privileges;
    assert_eq!(privileges[0], IndexPrivilege::UnknownValue("indices:admin/aliases".to_owned()));

    let keys: GetApiKeyResponse = check(
        json!({"api_keys": [{"id": "i", "name": "n", "creation": 1, "invalidated": false, "username": "u",
               "realm": "r", "metadata": {}, "type": "managed"}]}),
        &[],
    );
    assert_eq!(keys.api_keys[0].r#type, Some(ApiKeyType::from("managed")));
}

/// elasticsearch-java#694 and #408: the body of an error is not what errors look like.
#[test]
fn class_4_error_bodies_that_cannot_be_decoded() {
    let json = "content-type: application/json\r\n";
    for (status, headers, body, code, reason) in [
        (404, json, r#"{"error":{"type":"a","reason":"b"}}"#, Some("a"), Some("b")),
        (
            404,
            json,
            r#"{"error":{"type":"a","reason":"b","root_cause":[{}],"failed_shards":[{"node":7}]}}"#,
            Some("a"),
            Some("b"),
        ),
        (400, json, r#"{"error":{"type":7,"reason":null,"root_cause":"none"},"status":"x"}"#, None, None),
        (400, json, r#"{"error":"no handler found"}"#, None, Some("no handler found")),
        (400, json, r#"{"error":"invalid_grant","error_description":"d"}"#, Some("invalid_grant"), Some("d")),
        (404, json, r#"{"found":false}"#, None, None),
        (500, json, "{\"error\":", None, None),
        (500, json, "[1,2]", None, None),
        (502, "content-type: text/html\r\n", "<html>502 Bad Gateway</html>", None, None),
        (503, "", "upstream connect error", None, None),
        (401, "", "", None, None),
    ] {
        let error = answered(status, headers, body);
        assert_eq!((error.kind(), error.code(), error.reason()), (ErrorKind::Api, code, reason), "{body}");
    }
    let page = answered(502, "content-type: text/html; charset=utf-8\r\n", "<html>oh no</html>");
    assert_eq!(page.to_string(), "security.authenticate failed: 502 Bad Gateway (text/html, 18 bytes)");
}

/// go-elasticsearch#911 and #655: one value where a list is specified, null where a map is.
#[test]
fn class_7_one_value_or_a_list() {
    let role = |names: Value, grant: Value| json!({"indices": [{"names": names, "privileges": ["read"], "field_security": {"grant": grant}}]});
    for (names, grant) in [(json!("a"), json!(["x", "y"])), (json!(["a"]), json!("x")), (json!([]), json!([]))] {
        let decoded: RoleDescriptor = check(role(names.clone(), grant.clone()), &[]);
        let indices = &decoded.indices.unwrap()[0];
        let listed = |value: &Value| if value.is_string() { json!([value]) } else { value.clone() };
        assert_eq!(json!(indices.names.as_slice()), listed(&names), "both read as a slice");
        assert_eq!(json!(indices.field_security.as_ref().unwrap().grant.as_ref().unwrap().as_slice()), listed(&grant));
    }
    let user = json!({"u": {"username": "u", "roles": [], "enabled": true, "metadata": null}});
    let users: GetUserResponse = check(user, &["WrongType at /u/metadata"]);
    assert!(users["u"].metadata.is_empty());
}

/// terraform-provider-elasticstack#1864: a union is written as nothing. Every alternative of every union that the
/// security calls send, and of those inside them that people use.
#[test]
fn class_8_every_alternative_of_a_union_is_written() {
    let match_all = || Query::MatchAll(MatchAllQuery::new());
    written(RoleMappingRule::field("username", "a*"), json!({"field": {"username": "a*"}}));
    written(RoleMappingRule::field("groups", ["a", "b"]), json!({"field": {"groups": ["a", "b"]}}));
    written(RoleMappingRule::any([rule()]), json!({"any": [{"field": {"dn": "x"}}]}));
    written(RoleMappingRule::all([rule()]), json!({"all": [{"field": {"dn": "x"}}]}));
    written(RoleMappingRule::except(rule()), json!({"except": {"field": {"dn": "x"}}}));
    written(RoleMappingRule::Other(json!({"new": 1}).into()), json!({"new": 1}));

    written(FieldValue::from(7), json!(7));
    written(FieldValue::from(1.5), json!(1.5));
    written(FieldValue::from("a"), json!("a"));
    written(FieldValue::from(true), json!(true));
    written(FieldValue::Null, json!(null));
    written(SortBy::from("name"), json!("name"));

    let text = r#"{"match_all":{}}"#;
    written(IndicesPrivilegesQuery::from(text), json!(text));
    written(IndicesPrivilegesQuery::from(match_all()), json!({"match_all": {}}));
    let template = RoleTemplateScript::from("{}");
    written(template.clone(), json!({"source": "{}"}));
    written(
        IndicesPrivilegesQuery::from(RoleTemplateQuery::new().template(template)),
        json!({"template": {"source": "{}"}}),
    );
    written(RoleTemplateInlineQuery::from("{}"), json!("{}"));
    written(RoleTemplateInlineQuery::from(match_all()), json!({"match_all": {}}));
    written(ScriptSource::from("{{x}}"), json!("{{x}}"));

    macro_rules! queries {
        ($($query:ident),*) => {$(
            written($query::bool(BoolQuery::new()), json!({"bool": {}}));
            written($query::exists(ExistsQuery::new("f")), json!({"exists": {"field": "f"}}));
            written($query::ids(IdsQuery::new().values(["a"])), json!({"ids": {"values": ["a"]}}));
            written($query::r#match("f", "a"), json!({"match": {"f": {"query": "a"}}}));
            written($query::match_all(MatchAllQuery::new()), json!({"match_all": {}}));
            written($query::prefix("f", "a"), json!({"prefix": {"f": {"value": "a"}}}));
            written($query::range("f", DateRangeQuery::new().lt("now")), json!({"range": {"f": {"lt": "now"}}}));
            written($query::range("f", NumberRangeQuery::new().gte(1.5)), json!({"range": {"f": {"gte": 1.5}}}));
            written(
                $query::simple_query_string(SimpleQueryStringQuery::new("a b")),
                json!({"simple_query_string": {"query": "a b"}}),
            );
            written($query::term("f", false), json!({"term": {"f": {"value": false}}}));
            written($query::term("f", TermQuery::new(7).boost(2.0)), json!({"term": {"f": {"value": 7, "boost": 2.0}}}));
            written($query::terms(TermsQuery::new(("f", TermsQueryField::Value(vec!["a".into()])))), json!({"terms": {"f": ["a"]}}));
            written($query::wildcard("f", "a*"), json!({"wildcard": {"f": {"value": "a*"}}}));
            written($query::Other(json!({"new": {}}).into()), json!({"new": {}}));
        )*};
    }
    queries!(ApiKeyQuery, RoleQuery, UserQuery);

    // The same in a body that goes out.
    let server = Server::json(200, r#"{"role_mapping":{"created":true}}"#);
    wait(client(&server).security().put_role_mapping("m").rules(rule()).send()).unwrap();
    let [request] = &server.take()[..] else { panic!("one request") };
    assert_eq!(request.body, r#"{"rules":{"field":{"dn":"x"}}}"#);
    assert!(request.header("content-type").unwrap().contains("json"));
}

fn rule() -> RoleMappingRule {
    RoleMappingRule::field("dn", "x")
}

/// Expects this JSON, and that reading it and writing it again gives it back.
#[track_caller]
fn written<T: Wire>(value: T, expected: Value) {
    assert_eq!(encode(&value), expected);
    check::<T>(expected, &[]);
}

/// terraform-provider-elasticstack#1211 and #1538: absent, null and empty are three things.
#[test]
fn class_11_absent_null_and_empty() {
    for descriptor in [
        json!({}),
        json!({"cluster": null, "indices": null, "metadata": null, "description": null}),
        json!({"cluster": [], "indices": [], "metadata": {}, "description": ""}),
        json!({"indices": [{"names": [], "privileges": [], "allow_restricted_indices": false, "query": ""}]}),
        json!({"indices": [{"names": [], "privileges": [], "allow_restricted_indices": null, "query": null}]}),
        json!({"indices": [{"names": [], "privileges": []}]}),
        json!({"x": null, "y": [], "z": {"a": null}}),
    ] {
        check::<RoleDescriptor>(descriptor.clone(), &[]);
        // By serde's own way as well.
        let decoded: RoleDescriptor = serde_json::from_value(descriptor.clone()).unwrap();
        assert_eq!(serde_json::to_value(&decoded).unwrap(), descriptor);
        assert_eq!(serde_json::to_value(decoded.clone()).unwrap(), descriptor, "a clone remembers too");
    }
    let mut role: RoleDescriptor = check(json!({"cluster": null, "run_as": []}), &[]);
    role = role.cluster(["all"]);
    role.run_as = None;
    assert_eq!(encode(&role), json!({"cluster": ["all"]}), "what the user says replaces what was read");
}

#[test]
fn wrong_types_are_set_aside_and_written_back() {
    let mut roles: GetRoleResponse = check(
        json!({"a": {"cluster": {"all": true}, "indices": "none", "applications": [], "metadata": 7, "description": [1],
               "new": {"deep": [null]}}}),
        &[
            "WrongType at /a/cluster",
            "WrongType at /a/description",
            "WrongType at /a/indices",
            "WrongType at /a/metadata",
        ],
    );
    // Read, modify, write: the change goes out, everything else as it was.
    let role = roles.get_mut("a").unwrap();
    role.metadata.insert("mine".to_owned(), json!(1));
    let expected = json!({"a": {"cluster": {"all": true}, "indices": "none", "applications": [], "description": [1],
                                "metadata": {"mine": 1}, "new": {"deep": [null]}}});
    assert_eq!(encode(&roles), expected);
}

/// An answer that is a map loses the entries that are none of its type, and no others; the raw body keeps them.
#[test]
fn entries_of_an_answer() {
    let body = json!({"a": 7, "b": {"cluster": ["all"]}, "c": [], "d": null}).to_string();
    let decoded = rt::decode::<GetRoleResponse>(&body, false).unwrap();
    assert_eq!(decoded.value.keys().collect::<Vec<_>>(), ["b"]);
    let wrong: Vec<_> = decoded.corrections.iter().filter(|found| found.kind == CorrectionKind::WrongType).collect();
    assert_eq!(format!("{wrong:?}"), "[WrongType at /a, WrongType at /c, WrongType at /d]");
    assert!(rt::decode::<GetRoleResponse>(&body, true).is_err());
    // When none fits, it is another answer.
    assert!(rt::decode::<GetRoleResponse>(r#"{"error":"x","status":400}"#, false).is_err());
}

#[test]
fn corrections_are_traced_and_strict_refuses_them() {
    let server = Server::json(200, r#"{"username":"u","roles":"none"}"#);
    let es = client(&server);
    let (response, log) = traced(|| wait(es.security().authenticate().send()).unwrap());
    let pointers: Vec<_> = response.corrections().iter().map(|correction| correction.pointer.as_str()).collect();
    assert_eq!(
        pointers,
        ["/roles", "/authentication_realm", "/authentication_type", "/enabled", "/lookup_realm", "/metadata"]
    );
    for pointer in pointers {
        let warned = |line: &&str| line.contains("WARN") && line.contains(pointer);
        assert_eq!(log.lines().filter(warned).count(), 1, "{pointer} in {log}");
    }
    let strict = [
        es.security().authenticate().options(|o| o.strict()),
        es.options(|o| o.strict()).security().authenticate(),
        Elasticsearch::builder(server.url()).strict().build().unwrap().security().authenticate(),
    ];
    for call in strict {
        let error = wait(call.send()).unwrap_err();
        assert_eq!((error.kind(), error.json_path()), (ErrorKind::Decode, Some("/roles")), "{error}");
    }
    let lenient = es.options(|o| o.strict()).security().authenticate().options(|o| o.lenient());
    assert!(wait(lenient.send()).is_ok(), "the nearest word counts");
}

#[test]
fn answers_that_are_not_json() {
    let json = "content-type: application/json\r\n";
    for (headers, body, part) in [
        (json, "{\"username\":", "ends too early"),
        (json, "{\"username\" \"u\"}", "invalid"),
        (json, "{\"username\":\"u\"} trailing", "invalid"),
        ("content-type: text/html\r\n", "<html>Sign in</html>", "(text/html, 20 bytes)"),
        (json, "", "the body is empty (application/json, 0 bytes)"),
        (json, "  \n", "the body is empty"),
        (json, "[]", "another type than specified"),
        (json, "7", "another type than specified"),
        (json, "null", "another type than specified"),
    ] {
        let error = answered(200, headers, body);
        assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
        assert!(error.to_string().contains(part), "{error}");
        assert!(error.to_string().contains(&format!("{} bytes", body.len())), "{error}");
    }
}
