//! Every way in which a server, a network or a clock lets a call down, with its asserted outcome. Each fault meets a read,
//! which may be repeated, and a write, which must never be done twice.

use std::io::Write;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use elkit::body::{Body, Upload};
use elkit::testing::{Server, Step};
use elkit::{Builder, Elasticsearch, Error, ErrorKind, Method};
use serde_json::Value;

/// How a call ends, and how many requests the server read of it.
type Outcome = (Result<(), (ErrorKind, Option<u16>)>, usize);

const LIMIT: Duration = Duration::from_millis(400);
const OK: Result<(), (ErrorKind, Option<u16>)> = Ok(());

fn builder(url: &str) -> Builder<Elasticsearch> {
    let quick = Duration::from_millis(1);
    Elasticsearch::builder(url)
        .basic_auth("elastic", "canary")
        .retry_delay(quick, quick)
        .attempt_timeout(LIMIT)
        .timeout(Duration::from_secs(10))
        .max_response_size(1 << 20)
}

fn failed(kind: ErrorKind) -> Result<(), (ErrorKind, Option<u16>)> {
    Err((kind, None))
}

fn answered(kind: ErrorKind, status: u16) -> Result<(), (ErrorKind, Option<u16>)> {
    Err((kind, Some(status)))
}

/// Runs the script once for a read and once for a write. After either, the client goes on working.
#[track_caller]
fn check(name: &str, script: &[Step], read: Outcome, write: Outcome) {
    check_any(name, script, &[read], &[write]);
}

/// The same where more than one outcome is right.
fn check_any(name: &str, script: &[Step], read: &[Outcome], write: &[Outcome]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for (method, expected) in [(Method::GET, read), (Method::POST, write)] {
        let server = Server::start(script.iter().cloned()).unwrap();
        let es = builder(server.url()).build().unwrap();
        let call = es.request(method.clone(), "/x").json(&1);
        let result = runtime.block_on(call.send::<Value>());
        let found = result.map(drop).map_err(|error| {
            assert!(!format!("{error} {error:?}").contains("canary"), "{name}: {error:?}");
            assert!(error.attempts() >= 1, "{name}: {error:?}");
            (error.kind(), error.status().map(|status| status.as_u16()))
        });
        let found = (found, server.requests().len());
        assert!(expected.contains(&found), "{name}, {method}: {found:?} is none of {expected:?}");
        runtime.block_on(es.request(Method::GET, "/").send::<Value>()).unwrap_or_else(|e| panic!("{name}, after: {e}"));
    }
}

fn good() -> Step {
    Step::json(200, r#"{"ok":true}"#)
}

#[test]
fn connections_that_break() {
    use ErrorKind::Connection;
    // Where the reset is seen before anything was sent, even a write may be sent again: it arrives once, or not at all.
    let once = [(failed(Connection), 0), (OK, 1)];
    check_any("reset before the request", &[Step::reset_before_request()], &[(OK, 1)], &once);
    check("reset after the request", &[Step::reset_after_request()], (OK, 2), (failed(Connection), 1));
    check("reset in the headers", &[good().cut(20).reset()], (OK, 2), (failed(Connection), 1));
    check("closed in the headers", &[good().cut(20).close()], (OK, 2), (failed(Connection), 1));
    check("reset in the body", &[good().claim_length(99).reset()], (OK, 2), (failed(Connection), 1));
    check("half a body", &[good().claim_length(99).close()], (OK, 2), (failed(Connection), 1));
    check(
        "too short a length",
        &[good().claim_length(4)],
        (answered(ErrorKind::Decode, 200), 1),
        (answered(ErrorKind::Decode, 200), 1),
    );
    check("closed after the answer", &[good().close()], (OK, 1), (OK, 1));
}

#[test]
fn servers_that_are_slow() {
    use ErrorKind::Timeout;
    check("a slow body", &[good().drip(2, Duration::from_millis(10))], (OK, 1), (OK, 1));
    check("too slow a body", &[good().drip(1, Duration::from_millis(120))], (OK, 2), (failed(Timeout), 1));
    check("a stalled server", &[Step::hang()], (OK, 2), (failed(Timeout), 1));
    check("a body that stops", &[good().claim_length(99).stall()], (OK, 2), (failed(Timeout), 1));
    check("a late answer", &[good().after(Duration::from_millis(30))], (OK, 1), (OK, 1));
}

#[test]
fn servers_that_refuse() {
    use ErrorKind::Api;
    let (date, soon) = ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT");
    let busy = |status, value| Step::json(status, "{}").header("retry-after", value);
    check("429", &[Step::json(429, "{}")], (OK, 2), (OK, 2));
    check("429, seconds", &[busy(429, "0")], (OK, 2), (OK, 2));
    check("429, a date, our clock is wrong by decades", &[busy(429, soon).header("date", date)], (OK, 2), (OK, 2));
    let long = busy(429, "3600");
    check("429, beyond the deadline", &[long], (answered(Api, 429), 1), (answered(Api, 429), 1));
    let long = busy(503, "Sun, 06 Nov 1994 09:49:37 GMT").header("date", date);
    check("503, a date beyond the deadline", &[long], (answered(Api, 503), 1), (answered(Api, 503), 1));
    check("503, seconds", &[busy(503, "0")], (OK, 2), (answered(Api, 503), 1));
    check("503, a date", &[busy(503, soon).header("date", date)], (OK, 2), (answered(Api, 503), 1));
    let html = Step::answer(502, "<html>canary</html>").foreign().header("content-type", "text/html");
    check("502, HTML", &[html], (OK, 2), (answered(Api, 502), 1));
    check("504", &[Step::json(504, "{}")], (OK, 2), (answered(Api, 504), 1));
    check("500", &[Step::json(500, "{}")], (answered(Api, 500), 1), (answered(Api, 500), 1));
    let four = [(); 4].map(|()| Step::json(503, "{}"));
    check("503 for good", &four, (answered(Api, 503), 4), (answered(Api, 503), 1));
}

#[test]
fn answers_that_cannot_be_read() {
    use ErrorKind::{Connection, Decode};
    let both = (answered(Decode, 200), 1);
    check("truncated JSON", &[Step::json(200, r#"{"a":"canary"#)], both, both);
    check("invalid JSON", &[Step::json(200, "canary")], both, both);
    check("not UTF-8", &[Step::json(200, &b"\"\xff\""[..])], both, both);
    let gzip = |body: Vec<u8>| Step::json(200, body).header("content-encoding", "gzip");
    check("corrupt gzip", &[gzip(b"no gzip at all".to_vec())], (OK, 2), (failed(Connection), 1));
    let mut cut = packed(b"{}", 2_000);
    cut.truncate(cut.len() / 2);
    check("half a gzip", &[gzip(cut)], (OK, 2), (failed(Connection), 1));
    // 64 MiB in 64 KiB: no more than the limit is ever unpacked.
    let bomb = packed(&[b' '; 1 << 16], 1 << 10);
    assert!(bomb.len() < 1 << 17);
    check("a gzip bomb", &[gzip(bomb)], (failed(Decode), 1), (failed(Decode), 1));
    check("good gzip", &[gzip(packed(b"{\"a\":1}", 1))], (OK, 1), (OK, 1));
}

fn packed(piece: &[u8], times: usize) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    (0..times).for_each(|_| packer.write_all(piece).unwrap());
    packer.finish().unwrap()
}

#[tokio::test]
async fn redirects_take_no_credentials_elsewhere() {
    let other = Server::start([]).unwrap();
    for status in [301, 302, 303, 307, 308] {
        let server = Server::start([Step::json(status, "{}").header("location", other.url())]).unwrap();
        let error = builder(server.url()).build().unwrap().request(Method::GET, "/").send_raw().await;
        assert_eq!(error.unwrap().status().as_u16(), status, "raw answers are handed over");
        server.push(Step::json(status, "{}").header("location", other.url()));
        let call = builder(server.url()).build().unwrap().request(Method::GET, "/");
        let error = call.send::<Value>().await.unwrap_err();
        assert!(error.to_string().contains("redirects are not followed"), "{error}");
    }
    assert_eq!(other.connections(), 0);
}

#[tokio::test]
async fn nodes_that_are_dead() {
    let (dead, one, two) = (Server::dead().unwrap(), Server::start([]).unwrap(), Server::start([]).unwrap());
    let es = Elasticsearch::builder([dead.as_str(), one.url(), two.url()]).build().unwrap();
    for _ in 0..30 {
        es.request(Method::POST, "/x").send::<Value>().await.unwrap();
    }
    assert_eq!(one.requests().len() + two.requests().len(), 30, "each write was done once");
    assert!(one.requests().len() >= 10 && two.requests().len() >= 10, "both nodes take their share");

    let dead = [Server::dead().unwrap(), Server::dead().unwrap(), Server::dead().unwrap()];
    let quick = Duration::from_millis(1);
    let es = Elasticsearch::builder(dead).retry_delay(quick, quick).build().unwrap();
    for method in [Method::GET, Method::POST] {
        let error = es.request(method, "/x").send::<Value>().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.attempts()),
            (ErrorKind::Connection, 4),
            "refused is refused: nothing was sent"
        );
    }
}

/// A piece, then a failure.
struct Failing(usize);

impl futures_core::Stream for Failing {
    type Item = Result<bytes::Bytes, std::io::Error>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0 += 1;
        Poll::Ready(Some(match self.0 {
            1 => Ok(vec![b'x'; 100].into()),
            _ => Err(std::io::Error::other("the disk is gone")),
        }))
    }
}

#[tokio::test]
async fn a_body_that_fails_half_way() {
    let server = Server::start([]).unwrap();
    let es = builder(server.url()).build().unwrap();
    let call = es.request(Method::PUT, "/x").body(Body::stream("text/plain", Failing(0))).options(|o| o.idempotent());
    let error: Error = call.send::<Value>().await.unwrap_err();
    assert_eq!(error.attempts(), 1, "a stream is sent once: {error:?}");
    let missing = Body::upload(&Upload::from_path("/nowhere/file"), "text/plain").unwrap();
    let error = es.request(Method::POST, "/x").body(missing).send::<Value>().await.unwrap_err();
    assert_eq!(error.attempts(), 1, "{error:?}");
    assert!(server.requests().is_empty(), "no server takes half a body for a whole one");
    es.request(Method::GET, "/").send::<Value>().await.unwrap();
}

/// No client hammers a server that is down: retries are a fifth of the calls, and a burst.
#[tokio::test]
async fn retries_have_a_budget() {
    let server = Server::always(Step::json(503, "{}")).unwrap();
    let es = builder(server.url()).build().unwrap();
    for _ in 0..200 {
        assert!(es.request(Method::GET, "/").send::<Value>().await.is_err());
    }
    let requests = server.requests().len();
    assert!((200 + 20..=200 + 20 + 40).contains(&requests), "{requests} requests");
}

#[test]
fn ten_thousand_calls_through_few_connections() {
    let server = Server::start([]).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let es = builder(server.url()).attempt_timeout(Duration::from_secs(30)).max_idle_connections(8).build().unwrap();
    runtime.block_on(async {
        let workers = (0..8).map(|_| {
            let es = es.clone();
            tokio::spawn(async move {
                for _ in 0..1_250 {
                    es.request(Method::POST, "/x").json(&1).send::<Value>().await.unwrap();
                }
            })
        });
        for worker in workers.collect::<Vec<_>>() {
            worker.await.unwrap();
        }
    });
    assert_eq!(server.requests().len(), 10_000);
    assert!(server.connections() <= 32, "{} connections", server.connections());
}

/// Futures are dropped wherever they happen to wait; calls before, beside and after are none the worse.
#[test]
fn calls_that_are_given_up() {
    let server = Server::always(good().drip(3, Duration::from_micros(300))).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let es = builder(server.url()).attempt_timeout(Duration::from_secs(30)).build().unwrap();
    let (mut dropped, mut seed) = (0, 7_u64);
    let mut random = move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        seed >> 33
    };
    runtime.block_on(async {
        let beside = {
            let es = es.clone();
            tokio::spawn(async move {
                for _ in 0..50 {
                    es.request(Method::GET, "/beside").send::<Value>().await.unwrap();
                }
            })
        };
        for _ in 0..400 {
            let wait = Duration::from_micros(random() % 8_000);
            let call = es.request(Method::GET, "/x").send::<Value>();
            dropped += usize::from(tokio::time::timeout(wait, call).await.is_err());
        }
        beside.await.unwrap();
        for _ in 0..50 {
            assert_eq!(es.request(Method::GET, "/x").send::<Value>().await.unwrap()["ok"], true);
        }
    });
    assert!((20..400).contains(&dropped), "{dropped} of 400 were given up");
}

#[test]
fn async_and_blocking_calls_share_a_client() {
    let server = Server::start([]).unwrap();
    let es = builder(server.url()).build().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..25).for_each(|_| drop(es.request(Method::GET, "/").send_blocking::<Value>().unwrap())));
            scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                for _ in 0..25 {
                    runtime.block_on(es.request(Method::GET, "/").send::<Value>()).unwrap();
                }
            });
        }
    });
    assert_eq!(server.requests().len(), 200);
}

#[tokio::test]
async fn the_overall_deadline_holds() {
    let server = Server::always(Step::json(429, "{}").header("retry-after", "1")).unwrap();
    let started = Instant::now();
    let es = builder(server.url()).timeout(Duration::from_millis(1_500)).max_retries(100).build().unwrap();
    let error = es.request(Method::GET, "/").send::<Value>().await.unwrap_err();
    assert_eq!((error.status().map(|status| status.as_u16()), error.attempts()), (Some(429), 2));
    assert!(started.elapsed() < Duration::from_secs(5));
}
