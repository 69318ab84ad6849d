//! Answers that are read as they come.

use serde_json::{Value, json};

use super::*;
use crate::Call;
use crate::response::{Binary, Events, FromStream, Ndjson, Streamed};

/// A call that answers lines.
#[derive(Clone, Debug)]
struct Lines;

impl Endpoint for Lines {
    const OPERATION: &'static Operation = &READ;
    type Response = Ndjson<Value>;

    fn method(&self) -> Method {
        Method::GET
    }

    fn path(&self, path: &mut Path) -> Result<()> {
        path.literal("/lines");
        Ok(())
    }
}

#[derive(Clone, Debug)]
#[must_use]
struct LinesCall(Call<Lines>);

mod generated {
    //! As generated code declares it.
    #![allow(dead_code, unreachable_pub, reason = "a private test type has them here")]

    use serde_json::Value;

    use super::{Lines, LinesCall, Ndjson};

    crate::rt::call!(LinesCall, Lines => Ndjson<Value>, read, stream);
}

async fn collect<R: FromStream>(mut stream: impl AsMut<Streamed<R>>) -> (Vec<R::Item>, Option<Error>) {
    let (mut items, mut error) = (Vec::new(), None);
    while let Some(item) = stream.as_mut().next().await {
        assert!(error.is_none(), "a stream ends after its error");
        match item {
            Ok(item) => items.push(item),
            Err(e) => error = Some(e),
        }
    }
    assert!(stream.as_mut().next().await.is_none(), "it stays ended");
    (items, error)
}

impl<R: FromStream> AsMut<Streamed<R>> for crate::Response<Streamed<R>> {
    fn as_mut(&mut self) -> &mut Streamed<R> {
        self
    }
}

fn pieces(wait: u64, pieces: &[&'static str]) -> Step {
    Step::Pieces(wait, pieces.iter().map(|piece| Some(*piece)).collect())
}

#[tokio::test]
async fn lines_come_one_by_one() {
    let all = [json!({"n": 1}), json!([2]), json!("é")];
    for text in [
        &["{\"n\":1}\n[2]\n\"é\""][..],
        &["{\"n\"", ":1}", "\r", "\n\n  \n[2]", "\n\"\u{e9}", "\"\n"],
        &["{\"n\":1}\n", "[2]\n", "\"é\"\n", "\n"],
    ] {
        let server = Server::start([pieces(2, text)]).await;
        let stream = LinesCall::new(&client(&server), Lines).stream().await.unwrap();
        assert_eq!((stream.status().as_u16(), &stream.headers()["x-count"]), (200, &HeaderValue::from_static("3")));
        let (items, error) = collect(stream).await;
        assert_eq!((items, error.map(|error| error.to_string())), (all.to_vec(), None), "{text:?}");
    }
}

#[tokio::test]
async fn the_first_line_does_not_wait_for_the_last() {
    let server = Server::start([Step::Pieces(0, vec![Some("1\n"), None])]).await;
    let quick = client(&server).options(|o| o.attempt_timeout(Duration::from_millis(200)));
    let mut stream = LinesCall::new(&quick, Lines).stream().await.unwrap();
    assert_eq!(stream.next().await.unwrap().unwrap(), json!(1));
    // What stops coming is noticed.
    let error = stream.next().await.unwrap().unwrap_err();
    assert!(error.is_timeout() && error.operation().is_some(), "{error}");
    assert!(stream.next().await.is_none());
}

/// A caller who takes longer over an item than a piece may take has all of that time left for the next one.
#[tokio::test]
async fn only_waiting_counts() {
    let server = Server::start([pieces(800, &["1\n", "2\n"])]).await;
    let quick = client(&server).options(|o| o.attempt_timeout(Duration::from_millis(600)));
    let mut stream = LinesCall::new(&quick, Lines).stream().await.unwrap();
    for (pause, line) in [(400, 1), (620, 2)] {
        tokio::time::sleep(Duration::from_millis(pause)).await;
        assert_eq!(stream.next().await.unwrap().unwrap(), json!(line));
    }
}

#[tokio::test]
async fn a_body_may_flow_longer_than_the_deadline() {
    let server = Server::start([pieces(60, &["1\n", "2\n", "3\n", "4\n", "5\n", "6\n"])]).await;
    let limit = Duration::from_millis(200);
    let quick = client(&server).options(|o| o.timeout(limit).attempt_timeout(limit));
    let (items, error) = collect(LinesCall::new(&quick, Lines).stream().await.unwrap()).await;
    assert_eq!((items.len(), error.is_none()), (6, true));
}

#[tokio::test]
async fn what_is_no_line_of_json_is_named() {
    let server = Server::start([pieces(0, &["1\n\n<html>canary\n3\n"])]).await;
    let (items, error) = collect(LinesCall::new(&client(&server), Lines).stream().await.unwrap()).await;
    let error = error.unwrap();
    assert_eq!((items, error.kind(), error.json_path()), (vec![json!(1)], ErrorKind::Decode, Some("/1")));
    assert!(error.to_string().contains("line 3") && !format!("{error:?}").contains("canary"), "{error}");
}

#[tokio::test]
async fn errors_are_those_of_send() {
    let refusal = r#"{"error":{"type":"security_exception","reason":"no"},"status":403}"#;
    let server = Server::start([Step::answer(403, "", refusal), Step::status(503), Step::foreign(200, "1\n")]).await;
    let call = LinesCall::new(&client(&server), Lines);
    let error = call.clone().stream().await.unwrap_err();
    assert!(error.is_authorization() && error.code() == Some("security_exception"), "{error}");
    // The 503 is tried again; what answers then is no Elasticsearch.
    let error = call.stream().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), server.requests().len()), (ErrorKind::UnsupportedProduct, 0, 3));

    let server = Server::start([Step::HalfBody]).await;
    let raw = client(&server).request(Method::GET, "/x");
    let (items, error) = collect(raw.stream::<Binary>().await.unwrap()).await;
    assert_eq!((items.concat(), error.unwrap().kind()), (b"half".to_vec(), ErrorKind::Connection));
}

#[tokio::test]
async fn one_line_has_a_limit() {
    let server = Server::start([pieces(0, &["1\n", "\"0123456789012345678901234567890123456789\"\n"])]).await;
    let es = builder(&server).max_response_size(16).build().unwrap();
    let (items, error) = collect(LinesCall::new(&es, Lines).stream().await.unwrap()).await;
    assert!(items.len() <= 1 && error.unwrap().to_string().contains("more than 16 bytes"));
}

#[tokio::test]
async fn events_and_bytes() {
    let text = ["event: a\ndata: 1\n", "\nda", "ta: 2"];
    let server = Server::start([pieces(2, &text), pieces(2, &text)]).await;
    let es = client(&server);
    let (events, _) = collect(es.request(Method::GET, "/x").stream::<Events>().await.unwrap()).await;
    let shown: Vec<_> = events.iter().map(|event| (event.event.as_str(), event.data.as_str())).collect();
    assert_eq!(shown, [("a", "1"), ("message", "2")]);
    let (bytes, _) = collect(es.request(Method::GET, "/x").stream::<Binary>().await.unwrap()).await;
    assert_eq!(bytes.concat(), text.concat().as_bytes());
}

#[cfg(feature = "security")]
#[tokio::test]
async fn corrections_are_told_line_by_line() {
    use crate::elasticsearch::security::CreatedStatus;
    let text = "{\"created\":true}\n{}\n{\"created\":7}\n";
    let server = Server::start([pieces(0, &[text]), pieces(0, &[text])]).await;
    let raw = || client(&server).request(Method::GET, "/x");
    let mut stream = raw().stream::<Ndjson<CreatedStatus>>().await.unwrap();
    let mut told = Vec::new();
    while let Some(item) = stream.next().await {
        item.unwrap();
        told.push(stream.last_corrections().iter().map(|correction| correction.pointer.clone()).collect::<Vec<_>>());
    }
    assert_eq!(told, [vec![], vec!["/1/created".to_owned()], vec!["/2/created".to_owned()]]);
    let strict = raw().options(|o| o.strict()).stream::<Ndjson<CreatedStatus>>().await.unwrap();
    let (items, error) = collect(strict).await;
    assert_eq!((items.len(), error.unwrap().json_path()), (1, Some("/1/created")));
}

#[cfg(feature = "blocking")]
#[test]
fn blocking_streams() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(Server::start([pieces(5, &["1\n2\n", "3\nx\n4"])]));
    let stream = LinesCall::new(&client(&server), Lines).stream_blocking().unwrap();
    assert_eq!(stream.status().as_u16(), 200);
    let items: Vec<_> = stream.into_iter().map(|item| item.map_err(|error| error.kind())).collect();
    assert_eq!(items, [Ok(json!(1)), Ok(json!(2)), Ok(json!(3)), Err(ErrorKind::Decode)]);
}
