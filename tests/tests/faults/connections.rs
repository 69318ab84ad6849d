//! Connections that are refused, reset, cut short or closed, and nodes that are dead.

use std::time::Duration;

use elkit::testing::{Server, Step};
use elkit::{Elasticsearch, ErrorKind, Method};
use serde_json::Value;

use super::{OK, PATIENT, Row, answered, builder, check, failed, good};

#[test]
fn connections_that_break() {
    use ErrorKind::Connection;
    let lost = (failed(Connection), 1);
    // Where the reset is seen before anything was sent, even a write may be sent again: it arrives once, or not at all.
    Row {
        name: "reset before the request",
        script: &[Step::reset_before_request()],
        limit: PATIENT,
        read: &[(OK, 1)],
        write: &[(failed(Connection), 0), (OK, 1)],
    }
    .check();
    check("reset after the request line", &[Step::reset_after_request_line()], (OK, 1), (failed(Connection), 0));
    check("reset after the request", &[Step::reset_after_request()], (OK, 2), lost);
    check("reset in the headers", &[good().cut(20).reset()], (OK, 2), lost);
    check("closed in the headers", &[good().cut(20).close()], (OK, 2), lost);
    check("reset in the body", &[good().claim_length(99).reset()], (OK, 2), lost);
    check("half a body", &[good().claim_length(99).close()], (OK, 2), lost);
    let short = (answered(ErrorKind::Decode, 200), 1);
    check("too short a length", &[good().claim_length(4)], short, short);
    check("closed after the answer", &[good().close()], (OK, 1), (OK, 1));
}

/// A server closes kept connections when it likes. A write that meets it arrives once, or the caller is told.
#[tokio::test]
async fn connections_that_are_closed_between_requests() {
    for (pause, all) in [(Duration::from_millis(20), true), (Duration::ZERO, false)] {
        let server = Server::always(good().close()).unwrap();
        let es = builder(server.url()).build().unwrap();
        let mut told = 0;
        for number in 0..40 {
            let before = server.requests().len();
            let write = es.request(Method::POST, "/x").json(&number).send::<Value>().await;
            let arrived = server.requests().split_off(before);
            assert!(arrived.iter().all(|request| request.body == number.to_string()), "each write is its own");
            match write {
                Ok(_) => assert_eq!(arrived.len(), 1),
                Err(error) => {
                    assert_eq!((error.kind(), arrived.len()), (ErrorKind::Connection, 0), "{error:?}");
                    told += 1;
                }
            }
            tokio::time::sleep(pause).await;
        }
        assert!(!all || told == 0, "{told} writes failed although the closing was there to be seen");
    }
}

#[tokio::test]
async fn nodes_that_are_dead() {
    let (dead, one, two) = (Server::dead().unwrap(), Server::start([]).unwrap(), Server::start([]).unwrap());
    let es = Elasticsearch::builder([dead.as_str(), one.url(), two.url()]).build().unwrap();
    for number in 0..30 {
        es.request(Method::POST, "/x").json(&number).send::<Value>().await.unwrap();
    }
    let arrived = |server: &Server| server.requests().iter().map(|request| request.body.clone()).collect::<Vec<_>>();
    let mut written = [arrived(&one), arrived(&two)].concat();
    written.sort_by_key(|body| String::from_utf8_lossy(body).parse::<u32>().unwrap());
    assert!(
        written.iter().map(|body| &body[..]).eq((0..30)
            .map(|n| n.to_string())
            .collect::<Vec<_>>()
            .iter()
            .map(String::as_bytes)),
        "each write was done once: {written:?}"
    );
    assert!(one.requests().len() >= 10 && two.requests().len() >= 10, "both nodes take their share");
}

/// One that is refused, and three: nothing was sent, so even a write is tried again.
#[test]
fn nobody_listens() {
    for nodes in [1, 3] {
        let dead: Vec<_> = (0..nodes).map(|_| Server::dead().unwrap()).collect();
        let quick = Duration::from_millis(1);
        let es = Elasticsearch::builder(dead).retry_delay(quick, quick).build().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for method in [Method::GET, Method::POST] {
            let call = || es.request(method.clone(), "/x");
            for result in [runtime.block_on(call().send::<Value>()), call().send_blocking::<Value>()] {
                let error = result.unwrap_err();
                assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connection, 4), "{nodes} nodes: {error:?}");
            }
        }
    }
}

/// A node that dies over a write does not get it back, and nor does another.
#[tokio::test]
async fn a_write_that_a_node_took_along_goes_to_no_other() {
    let dying = Server::always(Step::reset_after_request()).unwrap();
    let (one, two) = (Server::start([]).unwrap(), Server::start([]).unwrap());
    let es = builder(dying.url()).build().unwrap();
    assert!(es.request(Method::POST, "/x").send::<Value>().await.is_err());
    let es = Elasticsearch::builder([dying.url(), one.url(), two.url()]).build().unwrap();
    let mut lost = 0;
    for _ in 0..9 {
        lost += usize::from(es.request(Method::POST, "/x").send::<Value>().await.is_err());
    }
    assert_eq!(dying.requests().len(), 1 + lost, "what it took is what callers are told of");
    assert!(lost >= 1);
    assert_eq!(lost + one.requests().len() + two.requests().len(), 9);
}
