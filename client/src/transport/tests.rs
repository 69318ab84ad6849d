//! The transport against a server on this machine that does what a script says, one step a request.

mod server;
mod streams;
mod uploads;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{HeaderMap, HeaderValue, Method};

use self::server::{Server, Step};
use crate::auth::{Credentials, CredentialsProvider};
use crate::body::Body;
use crate::http::BoxFuture;
use crate::response::{NoContent, Text};
use crate::rt::endpoint::test_operation;
use crate::rt::{Endpoint, Operation, Path, Product, Query};
use crate::{Attempt, Elasticsearch, Error, ErrorKind, Hook, Kibana, Outcome, Result};

/// A request whose parts the tests choose.
#[derive(Clone, Debug, PartialEq)]
struct Probe {
    name: String,
    body: Option<&'static str>,
}

impl Probe {
    fn new(name: &str) -> Self {
        Self { name: name.to_owned(), body: None }
    }
}

static READ: Operation = test_operation(Product::Elasticsearch);

impl Endpoint for Probe {
    const OPERATION: &'static Operation = &READ;
    type Response = Text;

    fn method(&self) -> Method {
        if self.body.is_some() { Method::PUT } else { Method::GET }
    }

    fn path(&self, path: &mut Path) -> Result<()> {
        path.literal("/a");
        path.segment("name", &self.name)
    }

    fn query(&self, query: &mut Query) {
        query.list("names", ["x", "y"]);
    }

    fn body(&self) -> Result<Body> {
        Ok(self.body.map_or_else(Body::empty, Body::raw_json))
    }
}

/// A write that may be done only once.
#[derive(Clone, Debug)]
struct Create;

static CREATE: Operation = Operation { idempotent: false, ..test_operation(Product::Elasticsearch) };

impl Endpoint for Create {
    const OPERATION: &'static Operation = &CREATE;
    type Response = NoContent;

    fn method(&self) -> Method {
        Method::POST
    }

    fn path(&self, path: &mut Path) -> Result<()> {
        path.literal("/create");
        Ok(())
    }

    fn body(&self) -> Result<Body> {
        Ok(Body::raw_json("{}"))
    }
}

/// A call as generated code declares it.
#[derive(Clone, Debug)]
#[must_use]
struct ProbeCall(crate::Call<Probe>);

mod generated {
    //! The methods are public, as they must be where generated code stands.
    #![allow(dead_code, unreachable_pub, reason = "a private test type has them here")]

    use super::{Probe, ProbeCall, Text};

    crate::rt::call!(ProbeCall, Probe => Text, read);
}

fn client(server: &Server) -> Elasticsearch {
    builder(server).build().unwrap()
}

fn builder(server: &Server) -> crate::Builder<Elasticsearch> {
    let quick = Duration::from_millis(1);
    Elasticsearch::builder(server.url()).basic_auth("u", "canary").retry_delay(quick, quick)
}

#[tokio::test]
async fn a_request_as_it_goes_out() {
    let server = Server::start([]).await;
    let call = ProbeCall::new(&client(&server), Probe { name: "n/1".into(), body: Some("{\"a\":1}") });
    let response = call.options(|o| o.header("X-Custom", "v").query("extra", 1).opaque_id("id")).send().await.unwrap();
    assert_eq!((response.status().as_u16(), &**response), (200, "ok"));
    let sent = server.requests().remove(0);
    assert_eq!(sent.line, "PUT /a/n%2F1?names=x,y&extra=1 HTTP/1.1");
    assert_eq!(sent.body, "{\"a\":1}");
    let media = "application/vnd.elasticsearch+json; compatible-with=9";
    for (name, value) in [
        ("accept", media),
        ("content-type", media),
        ("authorization", "Basic dTpjYW5hcnk="),
        ("user-agent", concat!("elkit/", env!("CARGO_PKG_VERSION"))),
        ("x-custom", "v"),
        ("x-opaque-id", "id"),
        ("content-length", "7"),
    ] {
        assert_eq!(sent.header(name), Some(value), "{name}");
    }
}

#[tokio::test]
async fn kibana_has_spaces_and_a_header_of_its_own() {
    let server = Server::start([]).await;
    let kibana = Kibana::builder(format!("{}/base/", server.url())).build().unwrap();
    for (client, line) in [
        (kibana.clone(), "GET /base/api/x HTTP/1.1"),
        (kibana.space("marketing").unwrap(), "GET /base/s/marketing/api/x HTTP/1.1"),
        (kibana.space("default").unwrap(), "GET /base/api/x HTTP/1.1"),
    ] {
        client.request(Method::GET, "/api/x").send_raw().await.unwrap();
        let sent = server.requests().pop().unwrap();
        assert_eq!(sent.line, line);
        assert_eq!(sent.header("kbn-xsrf"), Some("true"));
        assert_eq!(sent.header("accept"), Some("application/json"));
        assert_eq!(sent.header("authorization"), None);
    }
}

/// How many requests a failure costs, for a read and for a write that may be done only once.
#[track_caller]
fn check_retries(step: Step, read: usize, write: usize) -> impl Future<Output = ()> {
    let place = std::panic::Location::caller();
    async move {
        let server = Server::start([step.clone(), step.clone(), step.clone()]).await;
        let result = client(&server).send(Probe::new("x")).await;
        assert_eq!((server.requests().len(), result.is_ok()), (read, read == 4), "{step:?} at {place}");

        let server = Server::start([step.clone(), step.clone(), step.clone()]).await;
        let result = client(&server).send(Create).await;
        assert_eq!((server.requests().len(), result.is_ok()), (write, write == 4), "{step:?} at {place}");
        if let Err(error) = result {
            assert_eq!((error.attempts() as usize, error.operation()), (write, Some("test.operation")), "{error}");
        }
    }
}

#[tokio::test]
async fn retries_by_failure() {
    check_retries(Step::status(429), 4, 4).await;
    check_retries(Step::status(502), 4, 1).await;
    check_retries(Step::status(503), 4, 1).await;
    check_retries(Step::status(504), 4, 1).await;
    check_retries(Step::status(500), 1, 1).await;
    check_retries(Step::status(409), 1, 1).await;
    check_retries(Step::Close, 4, 1).await;
    check_retries(Step::HalfBody, 4, 1).await;
}

#[tokio::test]
async fn the_caller_decides_about_retries() {
    let server = Server::start([Step::status(503), Step::status(503)]).await;
    client(&server).options(|o| o.idempotent()).send(Create).await.unwrap();
    assert_eq!(server.requests().len(), 3);

    let server = Server::start([Step::status(503), Step::status(503)]).await;
    let error = client(&server).options(|o| o.max_retries(1)).send(Probe::new("x")).await.unwrap_err();
    assert_eq!((server.requests().len(), error.attempts()), (2, 2));
    assert!(error.is_retryable());
}

#[tokio::test]
async fn retry_after_beyond_the_deadline_is_not_waited_for() {
    let server = Server::start([Step::answer(429, "retry-after: 60\r\n", "")]).await;
    let error = client(&server).options(|o| o.timeout(Duration::from_secs(5))).send(Create).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(60)));
    assert_eq!(server.requests().len(), 1);

    let server = Server::start([Step::answer(429, "retry-after: 0\r\n", "")]).await;
    client(&server).send(Create).await.unwrap();
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn deadlines() {
    let server = Server::start([Step::Hang, Step::Hang]).await;
    let slow = client(&server).options(|o| o.timeout(Duration::from_millis(40)));
    let error = slow.send(Probe::new("x")).await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    assert_eq!(error.to_string(), "test.operation failed: no answer within 40ms");

    let server = Server::start([Step::Hang]).await;
    let patient = client(&server).options(|o| o.attempt_timeout(Duration::from_millis(40)));
    patient.send(Probe::new("x")).await.unwrap();
    assert_eq!(server.requests().len(), 2, "the second attempt is answered");
}

#[tokio::test]
async fn nodes_that_do_not_answer_are_passed_over() {
    let server = Server::start([]).await;
    let dead = Server::dead().await;
    let es = Elasticsearch::builder([dead.as_str(), server.url(), dead.as_str()]).build().unwrap();
    for _ in 0..6 {
        es.send(Create).await.unwrap();
    }
    assert_eq!(server.requests().len(), 6);

    let quick = Duration::from_millis(1);
    let es = Elasticsearch::builder([dead.as_str(), &dead]).retry_delay(quick, quick).build().unwrap();
    let error = es.send(Create).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connection, 4));
    assert_eq!(error.to_string(), "test.operation failed: no connection");
}

#[tokio::test]
async fn an_older_server_gets_its_media_type_and_is_remembered() {
    let refusal = r#"{"error":{"type":"media_type_header_exception","reason":"Accept version must be either version 8 or 7, but found 9."},"status":400}"#;
    let server = Server::start([Step::answer(400, "", refusal)]).await;
    let es = client(&server);
    es.send(Create).await.unwrap();
    es.send(Create).await.unwrap();
    let accepts: Vec<_> =
        server.requests().iter().map(|sent| sent.header("accept").unwrap().chars().last().unwrap()).collect();
    assert_eq!(accepts, ['9', '8', '8']);

    let server = Server::start([Step::answer(400, "", refusal), Step::answer(404, "", "{}")]).await;
    let error = client(&server).send(Create).await.unwrap_err();
    assert!(error.to_string().ends_with("(the operation is there since 9.1, and the server is 8.x)"), "{error}");
}

#[tokio::test]
async fn what_is_not_elasticsearch_is_said_to_be_not() {
    let server = Server::start([Step::foreign(200, "hello"), Step::foreign(404, "<html>")]).await;
    let error = client(&server).send(Probe::new("x")).await.unwrap_err();
    assert_eq!((error.kind(), error.body().as_ref()), (ErrorKind::UnsupportedProduct, &b"hello"[..]));
    let call = ProbeCall::new(&client(&server), Probe::new("x"));
    assert!(call.send_optional().await.unwrap_err().is_not_found(), "a proxy's 404 is not an absent role");

    let server = Server::start([Step::status(404)]).await;
    let call = ProbeCall::new(&client(&server), Probe::new("x"));
    assert!(call.clone().send_optional().await.unwrap().is_none());
    assert!(call.send_optional().await.unwrap().is_some());
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let other = Server::start([]).await;
    let location = format!("location: {}/a/x\r\n", other.url());
    let server = Server::start([Step::answer(302, &location, "")]).await;
    let error = client(&server).send(Probe::new("x")).await.unwrap_err();
    assert!(error.to_string().contains("redirects are not followed"), "{error}");
    assert!(other.requests().is_empty());
}

#[tokio::test]
async fn raw_answers_are_untouched() {
    let server = Server::start([Step::foreign(418, "{")]).await;
    let es = client(&server);
    let raw = ProbeCall::new(&es, Probe::new("x")).send_raw().await.unwrap();
    assert_eq!((raw.status().as_u16(), raw.raw().as_ref()), (418, &b"{"[..]));
}

#[tokio::test]
async fn answers_that_cannot_be_read() {
    let server = Server::start([Step::answer(200, "", "{\"a\":"), Step::answer(200, "", "<html>canary</html>")]).await;
    for _ in 0..2 {
        let error = client(&server).request(Method::GET, "/").send::<serde_json::Value>().await.unwrap_err();
        assert_eq!((error.kind(), error.status().map(|status| status.as_u16())), (ErrorKind::Decode, Some(200)));
        assert!(!error.body().is_empty() && !format!("{error} {error:?}").contains("canary"), "{error}");
    }
    let server = Server::start([Step::answer(200, "", &"x".repeat(2000))]).await;
    let es = builder(&server).max_response_size(1000).build().unwrap();
    let error = es.send(Probe::new("x")).await.unwrap_err();
    assert_eq!((error.kind(), server.requests().len()), (ErrorKind::Decode, 1));
}

/// Gives `Bearer t0`, then `Bearer t1` once `t0` was refused.
#[derive(Clone, Default)]
struct Tokens(Arc<AtomicU32>);

impl CredentialsProvider for Tokens {
    fn credentials(&self) -> BoxFuture<'_, Result<Credentials>> {
        Box::pin(async { Credentials::bearer(format!("t{}", self.0.load(Ordering::Relaxed))) })
    }

    fn refused(&self, _: &Credentials) -> bool {
        self.0.fetch_add(1, Ordering::Relaxed) < 5
    }
}

#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let server = Server::start([Step::status(401)]).await;
    let es = Elasticsearch::builder(server.url()).credentials_provider(Tokens::default()).build().unwrap();
    es.send(Create).await.unwrap();
    let tokens: Vec<_> =
        server.requests().iter().map(|sent| sent.header("authorization").unwrap().to_owned()).collect();
    assert_eq!(tokens, ["Bearer t0", "Bearer t1"]);

    let server = Server::start([Step::status(401), Step::status(401)]).await;
    let es = Elasticsearch::builder(server.url()).credentials_provider(Tokens::default()).build().unwrap();
    assert!(es.send(Create).await.unwrap_err().is_authentication());
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn options_replace_credentials() {
    let server = Server::start([]).await;
    let es = Elasticsearch::builder(server.url()).api_key(("i", "s")).build().unwrap();
    let handle = es.options(|o| o.basic_auth("u", "p"));
    handle.send(Create).await.unwrap();
    handle.options(|o| o.bearer_auth("t")).send(Create).await.unwrap();
    crate::Call::new(&handle, Create).options(|o| o.header("authorization", "Custom x")).send().await.unwrap();
    crate::Call::new(&handle, Create).options(|o| o.anonymous()).send().await.unwrap();
    es.send(Create).await.unwrap();
    let sent = server.requests();
    let headers: Vec<_> = sent.iter().map(|sent| sent.header("authorization").unwrap_or("none")).collect();
    assert_eq!(headers, ["Basic dTpw", "Bearer t", "Custom x", "none", "ApiKey aTpz"]);
}

#[tokio::test]
async fn nothing_wrong_is_sent() {
    let server = Server::start([]).await;
    let es = client(&server);
    for error in [
        es.send(Probe::new("..")).await.unwrap_err(),
        es.options(|o| o.header("a", "canary\r\n")).send(Create).await.unwrap_err(),
        es.options(|o| o.api_key("canary")).send(Create).await.unwrap_err(),
        es.request(Method::GET, "/a/../b").send_raw().await.unwrap_err(),
    ] {
        assert!(matches!(error.kind(), ErrorKind::InvalidRequest | ErrorKind::Credentials), "{error}");
        assert!(error.operation().is_some() && !format!("{error} {error:?}").contains("canary"), "{error}");
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn members_can_be_set_by_pointer() {
    let server = Server::start([]).await;
    let call = ProbeCall::new(&client(&server), Probe { name: "x".into(), body: Some(r#"{"a":{"b":1}}"#) });
    call.set_json("/a/c", [true]).send().await.unwrap();
    assert_eq!(server.requests()[0].body, r#"{"a":{"b":1,"c":[true]}}"#);
}

#[tokio::test]
async fn a_stream_is_sent_once() {
    let server = Server::start([Step::status(503), Step::status(503)]).await;
    let body = Body::stream("application/x-ndjson", Chunks(vec!["{}\n", "{}\n"]));
    let request = client(&server).request(Method::POST, "/x").body(body).options(|o| o.idempotent());
    assert_eq!(request.send_raw().await.unwrap().status().as_u16(), 503);
    let sent = server.requests();
    assert_eq!((sent.len(), sent[0].header("content-type")), (1, Some("application/x-ndjson")));
}

/// The last comes first.
struct Chunks(Vec<&'static str>);

impl futures_core::Stream for Chunks {
    type Item = std::result::Result<bytes::Bytes, std::io::Error>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Ready(self.0.pop().map(|chunk| Ok(chunk.into())))
    }
}

#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<String>>>);

impl Hook for Recorder {
    fn before_attempt(&self, attempt: &Attempt<'_>, headers: &mut HeaderMap) {
        assert!(!headers.contains_key("authorization"));
        headers.insert("traceparent", HeaderValue::from_static("00-1-2-01"));
        headers.insert("authorization", HeaderValue::from_static("ignored"));
        self.0.lock().unwrap().push(format!("before {} {}", attempt.operation, attempt.number));
    }

    fn after_attempt(&self, attempt: &Attempt<'_>, outcome: &Outcome) {
        let status = outcome.status.map(|status| status.as_u16());
        self.0.lock().unwrap().push(format!("after {} {status:?} {}", attempt.number, outcome.will_retry));
    }
}

#[tokio::test]
async fn hooks_see_every_attempt() {
    let server = Server::start([Step::status(503)]).await;
    let recorder = Recorder::default();
    builder(&server).hook(recorder.clone()).build().unwrap().send(Probe::new("x")).await.unwrap();
    assert_eq!(
        *recorder.0.lock().unwrap(),
        ["before test.operation 1", "after 1 Some(503) true", "before test.operation 2", "after 2 Some(200) false",]
    );
    let sent = &server.requests()[1];
    assert_eq!(sent.header("traceparent"), Some("00-1-2-01"));
    assert_eq!(sent.header("authorization"), Some("Basic dTpjYW5hcnk="));
}

#[tokio::test]
async fn debug_of_a_client_shows_no_secret() {
    let server = Server::start([]).await;
    let url = server.url().replace("http://", "http://user:canary@");
    let es = Elasticsearch::builder(url.as_str()).api_key(("id", "canary")).header("x-token", "canary");
    let client = es.build().unwrap();
    let text = format!("{es:#?} {client:#?} {:#?}", crate::Call::new(&client, Create));
    assert!(!text.contains("canary"), "{text}");
}

#[tokio::test]
async fn calls_can_be_spawned() {
    let server = Server::start([]).await;
    let es = client(&server);
    let calls: Vec<_> = (0..8).map(|_| tokio::spawn(crate::Call::new(&es, Create).send())).collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
}

#[cfg(feature = "blocking")]
mod blocking {
    use super::*;

    #[test]
    fn blocking_and_async_share_a_client() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let server = runtime.block_on(Server::start([Step::status(503)]));
        let es = client(&server);
        es.send_blocking(Probe::new("x")).unwrap();
        runtime.block_on(es.send(Create)).unwrap();
        ProbeCall::new(&es, Probe::new("x")).send_blocking().unwrap();
        let error = es.options(|o| o.api_key("canary")).send_blocking(Create).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Credentials);
        assert_eq!(server.requests().len(), 4);
    }

    #[tokio::test]
    async fn blocking_inside_a_runtime_is_an_error() {
        let server = Server::start([]).await;
        let error = client(&server).send_blocking(Create).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Runtime);
        assert!(server.requests().is_empty());
    }
}

#[test]
fn async_calls_outside_a_runtime_are_an_error() {
    let es = Elasticsearch::builder("http://localhost:1").build().unwrap();
    let mut call = std::pin::pin!(es.send(Create));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(result) = call.as_mut().poll(&mut context) else { panic!("still waiting") };
    let error: Error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Runtime);
}
