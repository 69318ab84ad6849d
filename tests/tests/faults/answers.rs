//! Answers that are slow, that say no, that nobody can read, or that point elsewhere.

use std::io::Write;
use std::time::{Duration, Instant};

use elkit::testing::{Server, Step};
use elkit::{ErrorKind, Method};
use serde_json::Value;

use super::{OK, PATIENT, Row, answered, builder, check, failed, good};

#[test]
fn servers_that_are_slow() {
    let slow = |name, step: Step, limit, read, write| {
        Row { name, script: &[step], limit, read: &[read], write: &[write] }.check();
    };
    let (limit, late) = (Duration::from_secs(2), (failed(ErrorKind::Timeout), 1));
    let millis = Duration::from_millis;
    std::thread::scope(|scope| {
        scope.spawn(|| slow("a slow body", good().drip(2, millis(10)), PATIENT, (OK, 1), (OK, 1)));
        scope.spawn(|| slow("a late answer", good().after(millis(30)), PATIENT, (OK, 1), (OK, 1)));
        scope.spawn(|| slow("too slow a body", good().drip(1, millis(500)), limit, (OK, 2), late));
        scope.spawn(|| slow("a stalled server", Step::hang(), limit, (OK, 2), late));
        scope.spawn(|| slow("a body that stops", good().claim_length(99).stall(), limit, (OK, 2), late));
        scope.spawn(|| slow("headers that stop", good().cut(20).stall(), limit, (OK, 2), late));
    });
}

#[test]
fn servers_that_refuse() {
    use ErrorKind::Api;
    let busy = |status, value| Step::json(status, "{}").header("retry-after", value);
    let (date, hour) = ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 09:49:37 GMT");
    check("429", &[Step::json(429, "{}")], (OK, 2), (OK, 2));
    check("429, seconds", &[busy(429, "0")], (OK, 2), (OK, 2));
    check("429, a date", &[busy(429, date).header("date", date)], (OK, 2), (OK, 2));
    let never = (answered(Api, 429), 1);
    check("429, seconds beyond the deadline", &[busy(429, "3600")], never, never);
    check("429, a date beyond the deadline", &[busy(429, hour).header("date", date)], never, never);
    check("503, seconds", &[busy(503, "0")], (OK, 2), (answered(Api, 503), 1));
    check("503, a date", &[busy(503, date).header("date", date)], (OK, 2), (answered(Api, 503), 1));
    let never = (answered(Api, 503), 1);
    check("503, seconds beyond the deadline", &[busy(503, "3600")], never, never);
    check("503, a date beyond the deadline", &[busy(503, hour).header("date", date)], never, never);
    let html = Step::answer(502, "<html>canary</html>").foreign().header("content-type", "text/html");
    check("502, HTML", &[html], (OK, 2), (answered(Api, 502), 1));
    check("504", &[Step::json(504, "{}")], (OK, 2), (answered(Api, 504), 1));
    check("500", &[Step::json(500, "{}")], (answered(Api, 500), 1), (answered(Api, 500), 1));
    let four = [(); 4].map(|()| Step::json(503, "{}"));
    check("503 for good", &four, (answered(Api, 503), 4), (answered(Api, 503), 1));
    let four = [(); 4].map(|()| Step::json(429, "{}"));
    check("429 for good", &four, (answered(Api, 429), 4), (answered(Api, 429), 4));
}

/// `Retry-After` is read by the server's own clock: ours may be wrong by decades, or the server's.
#[test]
fn clocks_that_differ() {
    for (date, then, waits) in [
        ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:38 GMT", true),
        ("Mon, 06 Nov 2094 08:49:37 GMT", "Mon, 06 Nov 2094 08:49:38 GMT", true),
        ("Mon, 06 Nov 2094 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT", false),
    ] {
        let busy = Step::json(429, "{}").header("date", date).header("retry-after", then);
        let server = Server::start([busy]).unwrap();
        let es = builder(server.url()).build().unwrap();
        let started = Instant::now();
        es.request(Method::POST, "/x").send_blocking::<Value>().unwrap();
        assert_eq!(server.requests().len(), 2);
        assert_eq!(started.elapsed() >= Duration::from_secs(1), waits, "{date}, {then}");
    }
    // Without the server's clock, ours is all there is.
    let busy = |then| Step::json(429, "{}").header("retry-after", then);
    check("a date long ago", &[busy("Sun, 06 Nov 1994 08:49:37 GMT")], (OK, 2), (OK, 2));
    let never = (answered(ErrorKind::Api, 429), 1);
    check("a date far away", &[busy("Mon, 06 Nov 2094 08:49:37 GMT")], never, never);
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
        for method in [Method::GET, Method::POST] {
            let elsewhere = || Step::json(status, "{}").header("location", format!("{}/x", other.url()));
            let server = Server::start([elsewhere(), elsewhere()]).unwrap();
            let es = builder(server.url()).build().unwrap();
            let raw = es.request(method.clone(), "/x").send_raw().await.unwrap();
            assert_eq!(raw.status().as_u16(), status, "raw answers are handed over");
            let error = es.request(method, "/x").send::<Value>().await.unwrap_err();
            assert!(error.to_string().contains("redirects are not followed"), "{error}");
            assert_eq!(server.requests().len(), 2, "each call is sent once");
        }
    }
    assert_eq!(other.connections(), 0);
}
