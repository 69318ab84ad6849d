//! Requests packed with gzip: what is worth it, who decides, and that the server reads what was meant.

use std::io::Read;

use elkit::body::{Body, Upload};
use elkit::elasticsearch::security::{IndicesPrivileges, RoleDescriptor};
use elkit::testing::{Received, Server, Step};
use elkit::{Elasticsearch, Kibana, Method, RequestOptions};
use elkit_stack::Stack;
use flate2::read::GzDecoder;
use serde_json::{Value, json};

const NINE: &str = "application/vnd.elasticsearch+json; compatible-with=9";

/// Forty index patterns and what may be done with them: 3 KB of JSON.
fn role() -> RoleDescriptor {
    let indices = (0..40).map(|n| IndicesPrivileges::new([format!("logs-{n}-*")], ["read", "view_index_metadata"]));
    RoleDescriptor::new().cluster(["monitor"]).indices(indices)
}

fn unpacked(request: &Received) -> Vec<u8> {
    let mut body = Vec::new();
    GzDecoder::new(&*request.body).read_to_end(&mut body).unwrap();
    body
}

#[tokio::test]
async fn the_server_reads_what_was_meant() {
    // Refused twice: packed once, sent three times, the last time with another media type.
    let refusal =
        r#"{"error":{"type":"media_type_header_exception","reason":"Invalid media-type value"},"status":400}"#;
    let server = Server::start([Step::answer(429, "").header("retry-after", "0"), Step::json(400, refusal)]).unwrap();
    let es = Elasticsearch::builder(server.url()).no_proxy().compress().build().unwrap();
    es.security().create_api_key().name("k").role_descriptors([("r", role())]).send().await.unwrap();
    let sent = server.requests();
    assert_eq!(sent.len(), 3);
    for request in &sent {
        assert_eq!(request.header("content-encoding"), Some("gzip"));
        assert_eq!(request.header("content-length").unwrap(), request.body.len().to_string());
        let body: Value = serde_json::from_slice(&unpacked(request)).unwrap();
        assert_eq!(body["role_descriptors"]["r"]["indices"].as_array().unwrap().len(), 40);
        println!("{} bytes of JSON went out as {}", unpacked(request).len(), request.body.len());
        assert!(request.body.len() * 5 < unpacked(request).len());
    }
    assert_eq!(sent[0].header("content-type"), Some(NINE));
    assert_eq!(sent[2].header("content-type"), Some(&*NINE.replace('9', "8")));

    let stack = Stack::start().await.unwrap();
    let es = Elasticsearch::builder(stack.elasticsearch_url()).no_proxy().compress();
    let es = es.basic_auth("elastic", stack.elastic_password()).build().unwrap();
    let key = es.security().create_api_key().name("k").role_descriptors([("r", role())]).send().await.unwrap();
    let client = es.options(|o| o.api_key(&key));
    assert_eq!(client.security().authenticate().send().await.unwrap().username, "elastic");
    let headers = &stack.requests()[0].headers;
    assert_eq!(headers["content-encoding"], "gzip");
}

#[tokio::test]
async fn what_is_packed() {
    let server = Server::always(Step::json(200, "{}")).unwrap();
    let kibana = Kibana::builder(server.url()).no_proxy().compress().build().unwrap();
    let long = "a role, ".repeat(1000);
    let form = Upload::new(long.clone());
    let noise = std::iter::successors(Some(1_u32), |n| Some(n.wrapping_mul(1_664_525).wrapping_add(1_013_904_223)));
    let noise: Vec<u8> = noise.map(|n| n.to_be_bytes()[0]).take(4000).collect();
    let packed = Some("gzip");
    for (body, options, encoding) in [
        (Body::serialize(&long).unwrap(), RequestOptions::new(), packed),
        (Body::ndjson([&json!({"a": long})]).unwrap(), RequestOptions::new(), packed),
        (Body::text(long.clone()), RequestOptions::new(), packed),
        (Body::bytes("application/ndjson", long.clone()), RequestOptions::new(), packed),
        // Too little, packed already perhaps, not shrinking, not at hand.
        (Body::serialize(&json!({"name": "k"})).unwrap(), RequestOptions::new(), None),
        (Body::empty(), RequestOptions::new(), None),
        (Body::bytes("application/zip", long.clone()), RequestOptions::new(), None),
        (
            Body::multipart().file("file", &form, "f", "application/ndjson").build().unwrap(),
            RequestOptions::new(),
            None,
        ),
        (Body::upload(&Upload::from_path(file!()), "text/plain").unwrap(), RequestOptions::new(), None),
        (Body::bytes("text/csv", noise), RequestOptions::new(), None),
        // Who calls decides.
        (Body::text(long.clone()), RequestOptions::new().uncompressed(), None),
        (Body::text(long.clone()), RequestOptions::new().header("content-encoding", "br"), Some("br")),
    ] {
        let what = format!("{body:?} {options:?}");
        let whole = body.as_bytes().cloned();
        let _ = kibana.request(Method::POST, "/x").body(body).options(|_| options).send_raw().await;
        let sent = server.requests().pop().unwrap();
        assert_eq!(sent.header("content-encoding"), encoding, "{what}");
        let body = if encoding == packed { unpacked(&sent) } else { sent.body.to_vec() };
        assert!(whole.is_none_or(|whole| whole == body), "{what}");
    }
}
