//! The stack over real sockets, through its public API alone.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use elkit_stack::{Clock, Fault, Product, Stack};

/// `elastic` with the password `changeme`.
const ELASTIC: &str = "authorization: Basic ZWxhc3RpYzpjaGFuZ2VtZQ==\r\n";

fn stack() -> Stack {
    Stack::builder()
        .seed(7)
        .clock(Clock::manual())
        .elastic_password("changeme")
        .start_blocking()
        .expect("the stack starts")
}

/// Sends one request on a connection of its own and returns everything that came back.
fn send(url: &str, request_line: &str, headers: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).expect("the stack listens");
    let length = body.len();
    write!(
        stream,
        "{request_line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    )
    .expect("the request is sent");
    let mut answer = String::new();
    // A connection that is dropped on demand may be reset.
    let _ = stream.read_to_string(&mut answer);
    answer
}

#[test]
fn both_products_answer() {
    let stack = stack();
    let json = format!("{ELASTIC}content-type: application/json\r\nkbn-xsrf: true\r\n");
    for (url, request, headers, body, expected) in [
        (stack.elasticsearch_url(), "GET /", ELASTIC, "", "HTTP/1.1 200 OK\r\n"),
        (stack.elasticsearch_url(), "HEAD /", ELASTIC, "", "HTTP/1.1 200 OK\r\n"),
        (stack.elasticsearch_url(), "GET /", "", "", "HTTP/1.1 401 Unauthorized\r\n"),
        (stack.elasticsearch_url(), "POST /_security/api_key", &json, "{\"name\":\"k\"}", "HTTP/1.1 200 OK\r\n"),
        (stack.kibana_url(), "GET /api/spaces/space", ELASTIC, "", "HTTP/1.1 200 OK\r\n"),
        (stack.kibana_url(), "DELETE /api/spaces/space/none", &json, "", "HTTP/1.1 404 Not Found\r\n"),
    ] {
        let answer = send(&url, request, headers, body);
        assert!(answer.starts_with(expected), "{request}: {answer}");
        let product = answer.contains("x-elastic-product: Elasticsearch\r\n");
        assert_eq!(product, url == stack.elasticsearch_url(), "{answer}");
    }
}

#[test]
fn a_challenge_names_every_scheme() {
    let stack = stack();
    let answer = send(&stack.elasticsearch_url(), "GET /_security/_authenticate", "", "");
    for challenge in ["Basic realm=\"security\", charset=\"UTF-8\"", "Bearer realm=\"security\"", "ApiKey"] {
        assert!(answer.contains(&format!("www-authenticate: {challenge}\r\n")), "{answer}");
    }
}

#[test]
fn requests_are_kept_as_they_came() {
    let stack = stack();
    let headers = format!("{ELASTIC}content-type: application/json\r\n");
    send(&stack.elasticsearch_url(), "PUT /_security/role/a%2Fb?refresh=true", &headers, "{\"cluster\":[]}");
    let requests = stack.requests();
    let [request] = requests.as_slice() else { panic!("one request: {requests:?}") };
    assert_eq!(
        (request.product, request.method.as_str(), request.path.as_str()),
        (Product::Elasticsearch, "PUT", "/_security/role/a%2Fb")
    );
    assert_eq!(request.query_pairs(), [("refresh".to_owned(), "true".to_owned())]);
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.json(), Some(serde_json::json!({ "cluster": [] })));
    assert_eq!(request.status, Some(200));
    assert!(!format!("{request:?}").contains("ZWxhc3"), "credentials stay out of Debug");
    stack.clear_requests();
    assert!(stack.requests().is_empty());
}

#[test]
fn faults_come_on_demand_and_pass() {
    let stack = stack();
    stack.fail_next(1, Fault::status(429).header("retry-after", "1").body("slow down"));
    stack.fail_next(1, Fault::disconnect());
    stack.fail_next(1, Fault::slow(Duration::from_millis(30)));
    stack.fail_next(1, 503);
    let url = stack.elasticsearch_url();
    let ask = || send(&url, "GET /", ELASTIC, "");
    let first = ask();
    assert!(
        first.starts_with("HTTP/1.1 429") && first.contains("retry-after: 1\r\n") && first.ends_with("slow down"),
        "{first}"
    );
    assert_eq!(ask(), "");
    let before = Instant::now();
    assert!(ask().starts_with("HTTP/1.1 200"));
    assert!(before.elapsed() >= Duration::from_millis(30));
    assert!(ask().starts_with("HTTP/1.1 503"));
    assert!(ask().starts_with("HTTP/1.1 200"));
    let statuses: Vec<_> = stack.requests().iter().map(|request| request.status).collect();
    assert_eq!(statuses, [Some(429), None, Some(200), Some(503), Some(200)]);
}

#[test]
fn faults_meet_what_they_are_for() {
    let stack = stack();
    let json = format!("{ELASTIC}content-type: application/json\r\n");
    let (es, kibana) = (stack.elasticsearch_url(), stack.kibana_url());
    stack.fail_next(1, Fault::status(503).on(Product::Kibana));
    stack.fail_next(1, Fault::status(502).path("/_security/role").verb("put"));
    stack.fail_next(1, Fault::truncate(11).path("/_security/api_key"));
    stack.fail_next(1, Fault::truncate(0).path("/_security/user"));
    for (url, request, body, begins, ends) in [
        (&es, "GET /", "", "HTTP/1.1 200", "}"),
        (&es, "GET /_security/role", "", "HTTP/1.1 200", "}"),
        (&es, "PUT /_security/role/r", "{}", "HTTP/1.1 502", "\r\n\r\n"),
        (&es, "PUT /_security/role/r", "{}", "HTTP/1.1 200", "}"),
        (&kibana, "GET /api/status", "", "HTTP/1.1 503", "\r\n\r\n"),
        (&kibana, "GET /api/status", "", "HTTP/1.1 200", "}"),
        (&es, "GET /_security/api_key", "", "HTTP/1.1 200", "\r\n\r\n{\"api_keys\""),
        (&es, "GET /_security/api_key", "", "HTTP/1.1 200", "}"),
        (&es, "GET /_security/user", "", "HTTP/1.1 200", "\r\n\r\n"),
    ] {
        let answer = send(url, request, &json, body);
        assert!(answer.starts_with(begins) && answer.ends_with(ends), "{request}: {answer}");
    }
    stack.fail_next(3, 500);
    assert_eq!((stack.clear_faults(), stack.clear_faults()), (3, 0));
}

#[test]
fn bodies_are_packed_and_unpacked() {
    use flate2::Compression;
    use flate2::read::{GzDecoder, GzEncoder};
    let stack = stack();
    let mut packed = Vec::new();
    GzEncoder::new(&br#"{"name":"k"}"#[..], Compression::fast()).read_to_end(&mut packed).expect("it packs");
    let ask = |request: &str, encoding: &str, body: &[u8]| {
        let mut stream =
            TcpStream::connect(stack.elasticsearch_url().trim_start_matches("http://")).expect("the stack listens");
        let length = body.len();
        write!(
            stream,
            "{request} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{ELASTIC}content-type: application/json\r\n{encoding}content-length: {length}\r\n\r\n"
        )
        .expect("the head is sent");
        stream.write_all(body).expect("the body is sent");
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        answer
    };
    let status = |answer: &[u8]| String::from_utf8_lossy(&answer[9..12]).into_owned();
    let gzip = "content-encoding: gzip\r\n";
    assert_eq!(status(&ask("POST /_security/api_key", gzip, &packed)), "200");
    assert_eq!(stack.requests()[0].json(), Some(serde_json::json!({ "name": "k" })));
    assert_eq!(status(&ask("POST /_security/api_key", gzip, b"not packed")), "400");
    assert_eq!(status(&ask("POST /_security/api_key", "content-encoding: br\r\n", &packed)), "415");
    let answer = ask("GET /_security/role", "accept-encoding: br, gzip;q=0.5\r\n", b"");
    let at = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("a head") + 4;
    assert!(String::from_utf8_lossy(&answer[..at]).contains("content-encoding: gzip"));
    let mut plain = String::new();
    GzDecoder::new(&answer[at..]).read_to_string(&mut plain).expect("it unpacks");
    assert!(plain.contains("\"superuser\""), "{plain}");
}

#[test]
fn a_seed_makes_the_same_secrets() {
    let headers = format!("{ELASTIC}content-type: application/json\r\n");
    let key = || {
        let stack = stack();
        let answer = send(&stack.elasticsearch_url(), "POST /_security/api_key", &headers, "{\"name\":\"k\"}");
        answer.split("\r\n\r\n").nth(1).map(str::to_owned)
    };
    assert_eq!(key(), key());
}

#[tokio::test(flavor = "current_thread")]
async fn a_blocking_caller_does_not_starve_it() {
    let stack = Stack::start().await.expect("the stack starts");
    // The test's only thread is busy here, and the stack answers all the same.
    let answer = send(&stack.kibana_url(), "GET /api/status", "", "");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[test]
fn it_stops_when_dropped() {
    let stack = stack();
    let url = stack.elasticsearch_url();
    let idle = TcpStream::connect(url.trim_start_matches("http://")).expect("the stack listens");
    drop(stack);
    assert!(TcpStream::connect(url.trim_start_matches("http://")).is_err());
    drop(idle);
}

#[test]
fn a_table_can_be_required() {
    let empty = Stack::builder().table(r#"{"operations":[],"types":{}}"#).require_table(true);
    assert!(empty.start_blocking().is_err());
}
