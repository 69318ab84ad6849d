//! Operations that only a table knows: how they are found, checked, refused and answered.

use serde_json::{Value, json};

use super::{Bench, ELASTIC, read};
use crate::log::Product;

const TABLE: &str = r#"{
  "operations": [
    { "id": "toys.put", "product": "elasticsearch", "routes": [{ "verbs": ["PUT"], "path": "/_toys/{id}" }],
      "path": { "id": "string" },
      "query": { "size": { "type": "int32" }, "kinds": { "type": { "ref": "Kind" }, "list": true }, "dry": { "type": "boolean" } },
      "body": { "media": "json", "required": true, "type": { "ref": "Toy" } },
      "responses": { "200": { "media": "json", "type": { "ref": "Answer" } } } },
    { "id": "toys.list", "product": "elasticsearch", "routes": [{ "verbs": ["GET"], "path": "/_toys/_all" }], "responses": { "200": {} }, "privileges": { "cluster": ["monitor"] } },
    { "id": "bricks.create", "product": "kibana", "routes": [{ "verbs": ["POST"], "path": "/api/bricks" }],
      "query": { "page": { "type": { "int32": { "min": 1 } } }, "tags": { "type": { "list": "string" } } },
      "body": { "media": "json", "required": true, "type": { "object": { "name": { "type": { "string": { "min_length": 1, "max_length": 3, "pattern": "^[a-z]+$" } }, "required": true },
               "size": { "type": "int32" }, "kind": { "type": { "enum": ["car", "doll"] } } }, "closed": true } },
      "responses": { "201": { "media": "json", "type": { "ref": "Brick" } } }, "space": true, "version": "2023-10-31" },
    { "id": "bricks.export", "product": "kibana", "routes": [{ "verbs": ["GET"], "path": "/api/bricks/_export" }],
      "responses": { "200": { "media": "application/ndjson", "type": { "ref": "Brick" } } } },
    { "id": "bricks.remove", "product": "kibana", "routes": [{ "verbs": ["DELETE"], "path": "/api/bricks/{id}" }], "path": { "id": "string" }, "responses": { "204": {} } }
  ],
  "types": {
    "Kind": { "enum": ["car", "doll"] },
    "Toy": { "object": { "name": { "type": "string", "required": true, "aliases": ["title"] }, "count": { "type": { "int64": { "min": 0, "max": 9 } } },
             "parts": { "type": { "list": { "ref": "Toy" } } }, "kind": { "type": { "ref": "Kind" } }, "one": { "type": { "pair": "string" } },
             "loose": { "type": { "map": "any" } }, "shape": { "type": { "ref": "Shape" } }, "wheel": { "type": { "ref": "Wheel" } } } },
    "Shape": { "any_of": [{ "ref": "Round" }, { "ref": "Square" }], "tag": "type" },
    "Round": { "object": { "type": { "type": { "const": "round" }, "required": true }, "radius": { "type": "float64", "required": true } } },
    "Square": { "object": { "type": { "type": { "const": "square" }, "required": true }, "side": { "type": "float64", "required": true } } },
    "Wheel": { "object": { "size": { "type": "int32", "required": true } }, "shortcut": "size" },
    "Loop": { "alias": { "ref": "Loop" } },
    "Answer": { "object": { "id": { "type": { "string": { "min_length": 9 } }, "required": true }, "at": { "type": { "string": { "format": "date-time" } }, "required": true },
                "kind": { "type": { "ref": "Kind" }, "required": true }, "note": { "type": "string" }, "next": { "type": { "any_of": [{ "ref": "Answer" }, "null"] }, "required": true } } },
    "Brick": { "object": { "name": { "type": { "string": { "min_length": 1, "max_length": 3, "pattern": "^[a-z]+$" } }, "required": true }, "size": { "type": "int32" },
               "kind": { "type": { "ref": "Kind" } } }, "closed": true }
  }
}"#;

#[test]
fn elasticsearch_refuses_in_its_own_words() {
    let bench = Bench::with_table(TABLE);
    let toy = |extra: Value| {
        let mut toy = json!({ "name": "a" });
        toy.as_object_mut().expect("an object").extend(extra.as_object().cloned().unwrap_or_default());
        toy
    };
    for (request, body, status, expected) in [
        ("PUT /_toys/a?size=x", toy(json!({})), 400, "Failed to parse int parameter [size] with value [x]"),
        ("PUT /_toys/a?kinds=car,boat", toy(json!({})), 400, "Unknown value for [kinds]: [car,boat]."),
        (
            "PUT /_toys/a?dry=maybe",
            toy(json!({})),
            400,
            "Failed to parse value [maybe] as only [true] or [false] are allowed.",
        ),
        ("PUT /_toys/a?foo=1", toy(json!({})), 400, "request [/_toys/a] contains unrecognized parameter: [foo]"),
        ("PUT /_toys/a", Value::Null, 400, "request body is required"),
        ("PUT /_toys/a", json!({}), 400, "Required [name]"),
        ("PUT /_toys/a", toy(json!({ "foo": 1 })), 400, "[1:2] [request] unknown field [foo]"),
        ("PUT /_toys/a", json!({ "name": 1 }), 400, "[1:2] [name] name doesn't support values of type: VALUE_NUMBER"),
        (
            "PUT /_toys/a",
            toy(json!({ "count": "many" })),
            400,
            "[1:2] [count] count doesn't support values of type: VALUE_STRING",
        ),
        (
            "PUT /_toys/a",
            toy(json!({ "count": 10 })),
            400,
            "Validation Failed: 1: [count] Value must be equal to or lower than [9].;",
        ),
        (
            "PUT /_toys/a",
            toy(json!({ "kind": "boat" })),
            400,
            "failed to parse field [kind]: [boat] is not one of [car,doll]",
        ),
        ("PUT /_toys/a", toy(json!({ "parts": [{ "name": "b" }, {}] })), 400, "Required [name]"),
        (
            "PUT /_toys/a",
            toy(json!({ "shape": { "type": "square", "zzz": 1 } })),
            400,
            "[1:38] [shape] unknown field [zzz]",
        ),
        (
            "PUT /_toys/a",
            toy(json!({ "one": { "a": "b", "c": "d" } })),
            400,
            "[1:13] [one] one doesn't support values of type: START_OBJECT",
        ),
        ("GET /_toys/_all", json!({}), 400, "request [GET /_toys/_all] does not support having a body"),
    ] {
        let (got, answer) = bench.es(request, body);
        assert_eq!((got, answer["error"]["reason"].as_str()), (status, Some(expected)), "{request}");
    }
    for body in [
        json!({ "title": "a", "count": "3", "kind": "CAR", "parts": { "name": "one stands for many" } }),
        toy(
            json!({ "shape": { "type": "square", "side": "1.5" }, "one": { "a": "b" }, "loose": { "x": [1, null] }, "wheel": 3 }),
        ),
    ] {
        let (status, answer) = bench.es("PUT /_toys/a?dry&size=1&kinds=car,doll", body);
        assert_eq!(status, 200);
        assert_eq!(answer, json!({ "id": "stringxxx", "at": "2026-01-01T00:00:00.000Z", "kind": "car", "next": null }));
    }
}

#[test]
fn privileges_of_the_table_decide() {
    let bench = Bench::with_table(TABLE);
    bench.es("PUT /_security/role/r", json!({ "cluster": ["manage_token"] }));
    bench.es("PUT /_security/user/joe", json!({ "password": "secret1", "roles": ["r", "gone"] }));
    let joe = super::basic("joe", "secret1");
    let (status, body) = bench.es_as(&joe, "GET /_toys/_all", Value::Null);
    let expected = "action [toys.list] is unauthorized for user [joe] with effective roles [r] (assigned roles [gone] were not found), this action is granted by the cluster privileges [monitor,all]";
    assert_eq!((status, body["error"]["reason"].as_str()), (403, Some(expected)));
    bench.es("PUT /_security/role/r", json!({ "cluster": ["manage"] }));
    assert_eq!(bench.es_as(&joe, "GET /_toys/_all", Value::Null).0, 200);
}

#[test]
fn wrong_verbs_and_paths_are_told_apart() {
    let bench = Bench::with_table(TABLE);
    let headers = [("authorization", ELASTIC)];
    let reply = bench.send(Product::Elasticsearch, "POST /_toys/_all", &headers, Value::Null);
    assert_eq!(reply.headers["allow"], "GET, PUT");
    let (status, body) = read(reply);
    assert_eq!(status, 405);
    assert_eq!(body["error"], "Incorrect HTTP method for uri [/_toys/_all] and method [POST], allowed: [GET, PUT]");
    let (status, body) = bench.es("GET /_nothing/here?a=b", Value::Null);
    assert_eq!(
        (status, body),
        (400, json!({ "error": "no handler found for uri [/_nothing/here?a=b] and method [GET]" }))
    );
}

#[test]
fn kibana_refuses_in_its_own_words() {
    let bench = Bench::with_table(TABLE);
    for (request, body, expected) in [
        ("POST /api/bricks", json!({}), "[request body.name]: expected value of type [string] but got [undefined]"),
        (
            "POST /api/bricks",
            json!({ "name": 1 }),
            "[request body.name]: expected value of type [string] but got [number]",
        ),
        (
            "POST /api/bricks",
            json!({ "name": "" }),
            "[request body.name]: value has length [0] but it must have a minimum length of [1].",
        ),
        (
            "POST /api/bricks",
            json!({ "name": "abcd" }),
            "[request body.name]: value has length [4] but it must have a maximum length of [3].",
        ),
        (
            "POST /api/bricks",
            json!({ "name": "a", "size": "1" }),
            "[request body.size]: expected value of type [number] but got [string]",
        ),
        (
            "POST /api/bricks",
            json!({ "name": "a", "foo": 1 }),
            "[request body.foo]: definition for this key is missing",
        ),
        (
            "POST /api/bricks",
            json!({ "name": "a", "kind": "x" }),
            "[request body.kind]: types that failed validation:\n- [request body.kind.0]: expected value to equal [car]\n- [request body.kind.1]: expected value to equal [doll]",
        ),
        ("POST /api/bricks?foo=1", json!({ "name": "a" }), "[request query.foo]: definition for this key is missing"),
        (
            "POST /api/bricks?page=x",
            json!({ "name": "a" }),
            "[request query.page]: expected value of type [number] but got [string]",
        ),
    ] {
        let (status, answer) = bench.kibana(request, body);
        assert_eq!((status, answer["message"].as_str()), (400, Some(expected)), "{request}");
        assert_eq!((&answer["statusCode"], &answer["error"]), (&json!(400), &json!("Bad Request")));
    }
    assert_eq!(
        bench.kibana("POST /s/default/api/bricks?page=1&tags=a&tags=b", json!({ "name": "a" })),
        (201, json!({ "name": "str" }))
    );
    assert_eq!(bench.kibana("DELETE /api/bricks/1", Value::Null), (204, Value::Null));
    assert_eq!(bench.kibana("GET /api/bricks/_export", Value::Null).0, 200);
    assert_eq!(bench.kibana("PATCH /api/bricks", Value::Null).0, 404);
}

#[test]
fn kibana_knows_its_versions() {
    let bench = Bench::with_table(TABLE);
    for (version, status) in [("", 201), ("2023-10-31", 201), ("2020-01-01", 400), ("1", 400)] {
        let headers = [("authorization", ELASTIC), ("kbn-xsrf", "1"), ("elastic-api-version", version)];
        let reply = bench.send(Product::Kibana, "POST /api/bricks", &headers, json!({ "name": "a" }));
        assert_eq!(reply.status, status, "{version}");
        assert_eq!(reply.headers.contains_key("elastic-api-version"), status == 201);
    }
}

#[test]
fn media_types_must_agree() {
    let bench = Bench::with_table(TABLE);
    let nine = "application/vnd.elasticsearch+json; compatible-with=9";
    let eight = "application/vnd.elasticsearch+json;compatible-with=8";
    let seven = "application/vnd.elasticsearch+json;compatible-with=7";
    let plain = "application/json";
    for (accept, content_type, status) in [
        (nine, nine, 200),
        (eight, eight, 200),
        (plain, plain, 200),
        ("", plain, 200),
        ("*/*", plain, 200),
        (nine, plain, 400),
        (plain, nine, 400),
        (nine, eight, 400),
        (seven, seven, 400),
        (plain, "text/plain", 406),
        (plain, "", 406),
    ] {
        let headers = [("authorization", ELASTIC), ("accept", accept), ("content-type", content_type)];
        let reply = bench.send(Product::Elasticsearch, "PUT /_toys/a", &headers, json!({ "name": "a" }));
        assert_eq!(reply.status, status, "{accept} {content_type}");
        if status == 400 {
            let (_, body) = read(reply);
            assert_eq!(body["error"]["type"], "media_type_header_exception");
        }
    }
}
