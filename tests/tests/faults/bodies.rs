//! Bodies of requests that fail half-way: no server takes half of one for the whole.

use std::pin::Pin;
use std::task::{Context, Poll};

use elkit::body::{Body, Upload};
use elkit::testing::{Server, Step};
use elkit::{ErrorKind, Method};
use serde_json::Value;

use super::builder;

/// Pieces, then a failure or the end.
struct Pieces {
    left: usize,
    fails: bool,
}

impl futures_core::Stream for Pieces {
    type Item = Result<bytes::Bytes, std::io::Error>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.left == 0 {
            return Poll::Ready(self.fails.then(|| Err(std::io::Error::other("the disk is gone"))));
        }
        self.left -= 1;
        Poll::Ready(Some(Ok(vec![b'x'; 100].into())))
    }
}

fn stream(left: usize, fails: bool) -> Body {
    Body::stream("text/plain", Pieces { left, fails })
}

/// Each is sent as a write, and as one that may be repeated: a stream may not be.
#[tokio::test]
async fn bodies_that_fail() {
    let server = Server::start([]).unwrap();
    let es = builder(server.url()).build().unwrap();
    let upload = || Upload::from_path("/nowhere/file");
    let bodies: [(&str, &dyn Fn() -> Body); 5] = [
        ("a stream that fails at once", &|| stream(0, true)),
        ("a stream that fails after a piece", &|| stream(1, true)),
        ("a stream that fails after many", &|| stream(5_000, true)),
        ("a file that is not there", &|| Body::upload(&upload(), "text/plain").unwrap()),
        ("a form with a file that is not there", &|| {
            Body::multipart().json("a", &1).file("b", &upload(), "x", "text/plain").build().unwrap()
        }),
    ];
    for (name, body) in bodies {
        for idempotent in [false, true] {
            let call = es.request(Method::POST, "/x").body(body());
            let call = if idempotent { call.options(|o| o.idempotent()) } else { call };
            let error = call.send::<Value>().await.unwrap_err();
            assert_eq!(error.attempts(), 1, "{name}: {error:?}");
            assert!(error.status().is_none(), "{name}: {error:?}");
        }
    }
    assert!(server.requests().is_empty(), "no server takes half a body for a whole one");
    es.request(Method::GET, "/").send::<Value>().await.unwrap();
    assert_eq!(server.requests().len(), 1);
}

/// A stream is gone with its attempt: where the server says no, the caller hears it and nothing empty is sent after.
#[tokio::test]
async fn a_stream_is_sent_once() {
    for (step, kind) in [
        (Step::json(429, "{}"), ErrorKind::Api),
        (Step::json(503, "{}"), ErrorKind::Api),
        (Step::json(401, "{}"), ErrorKind::Api),
        (Step::reset_after_request(), ErrorKind::Connection),
        (Step::reset_after_request_line(), ErrorKind::Connection),
    ] {
        let server = Server::start([step]).unwrap();
        let es = builder(server.url()).build().unwrap();
        let call = es.request(Method::POST, "/x").body(stream(3, false)).options(|o| o.idempotent());
        let error = call.send::<Value>().await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (kind, 1), "{error:?}");
        assert!(server.requests().len() <= 1);
        assert!(server.requests().iter().all(|request| request.body_size == 300));
        es.request(Method::POST, "/x").body(stream(3, false)).send::<Value>().await.unwrap();
        assert_eq!(server.requests().last().unwrap().body_size, 300);
    }
}
