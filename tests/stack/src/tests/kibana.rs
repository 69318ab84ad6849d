//! Kibana's own rules: xsrf, error bodies, spaces.

use serde_json::{Value, json};

use super::{Bench, ELASTIC, basic, read};
use crate::log::Product;

#[test]
fn writes_need_an_xsrf_header() {
    let bench = Bench::new();
    let space = json!({ "id": "a", "name": "A" });
    let headers = [("authorization", ELASTIC), ("content-type", "application/json")];
    let (status, body) = read(bench.send(Product::Kibana, "POST /api/spaces/space", &headers, space));
    assert_eq!(status, 400);
    assert_eq!(
        body,
        json!({ "statusCode": 400, "error": "Bad Request", "message": "Request must contain a kbn-xsrf header." })
    );
}

#[test]
fn spaces_live() {
    let bench = Bench::new();
    for (request, body, status) in [
        ("POST /api/spaces/space", json!({ "id": "a", "name": "A" }), 200),
        ("POST /api/spaces/space", json!({ "id": "a", "name": "A" }), 409),
        ("POST /s/a/api/spaces/space", json!({ "id": "b", "name": "B", "color": "#aabbcc" }), 200),
        ("POST /api/spaces/space", json!({ "id": "Capital", "name": "A" }), 400),
        ("POST /api/spaces/space", json!({ "id": "c" }), 400),
        ("POST /api/spaces/space", json!({ "id": "c", "name": "C", "foo": 1 }), 400),
        ("PUT /api/spaces/space/a", json!({ "id": "a", "name": "Changed" }), 200),
        ("PUT /api/spaces/space/none", json!({ "id": "none", "name": "x" }), 404),
        ("DELETE /api/spaces/space/b", Value::Null, 204),
        ("DELETE /api/spaces/space/default", Value::Null, 400),
        ("GET /api/spaces/space/b", Value::Null, 404),
        ("GET /api/nothing", Value::Null, 404),
    ] {
        assert_eq!(bench.kibana(request, body).0, status, "{request}");
    }
    assert_eq!(bench.kibana("GET /api/spaces/space/a", Value::Null).1["name"], "Changed");
    let (_, all) = bench.kibana("GET /api/spaces/space?include_authorized_purposes=true", Value::Null);
    assert_eq!(all.as_array().map(Vec::len), Some(2));
    assert_eq!(all[0]["authorizedPurposes"]["any"], true);
}

#[test]
fn callers_see_what_they_may() {
    let bench = Bench::new();
    let kibana =
        json!([{ "application": "kibana-.kibana", "privileges": ["space_read"], "resources": ["space:default"] }]);
    bench.es("PUT /_security/role/r", json!({ "applications": kibana }));
    bench.es("PUT /_security/user/joe", json!({ "password": "secret1", "roles": ["r"] }));
    bench.kibana("POST /api/spaces/space", json!({ "id": "a", "name": "A" }));
    let joe = basic("joe", "secret1");
    for (authorization, request, status) in [
        (joe.as_str(), "GET /api/spaces/space/default", 200),
        (joe.as_str(), "GET /api/spaces/space/a", 403),
        (joe.as_str(), "DELETE /api/spaces/space/a", 403),
        ("Basic bm9ib2R5Ong=", "GET /api/spaces/space", 401),
        ("", "GET /api/spaces/space", 401),
        ("", "GET /api/status", 200),
    ] {
        let headers = [("authorization", authorization), ("kbn-xsrf", "true")];
        let reply = bench.send(Product::Kibana, request, &headers, Value::Null);
        assert_eq!(reply.status, status, "{request}");
    }
}
