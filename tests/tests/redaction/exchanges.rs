//! What can be said to a server and what it can say back, each with the canary in it: JSON, lines, events, files, forms,
//! pages; async and blocking.

use std::fmt::Debug;
use std::pin::Pin;
use std::task::{Context, Poll};

use elkit::body::{Body, Upload};
use elkit::elasticsearch::security::Security;
use elkit::response::{Binary, Events, FromStream, Ndjson};
use elkit::testing::Step;
use elkit::{Error, RawRequest, Response};
use serde_json::{Value, json};

use super::canary::{CANARY, encoded_for_urls, hidden, hidden_error, panic_of, silent};
use super::support::wait;

/// Answers of every kind, good and bad.
pub(crate) fn answers() -> Vec<(&'static str, Step)> {
    let said = json!({"created": true, "username": "u", "password": CANARY, "api_key": CANARY, "new": [CANARY],
        "token": {"name": "n", "value": CANARY}});
    let quoting = json!({"status": 401, "message": CANARY, "error": {"type": CANARY, "reason": format!("no [{CANARY}]"),
        "root_cause": [{"type": "a", "reason": CANARY}], "caused_by": {"type": "b", "reason": encoded_for_urls()}}});
    let everywhere = |step: Step| {
        let step = step.header("set-cookie", format!("sid={CANARY}")).header("www-authenticate", CANARY);
        step.header("warning", format!("299 E \"{CANARY}\"")).header("x-request-id", CANARY)
    };
    let lines = format!("{}\n{{\"a\":\"{CANARY}\"}}\nno JSON {CANARY}\n", json!({"token": CANARY}));
    let events = format!("event: {CANARY}\nid: {CANARY}\ndata: {}\n\n: {CANARY}\n", json!({"token": CANARY}));
    vec![
        ("JSON", everywhere(Step::json(200, said.to_string()))),
        ("lines", everywhere(Step::answer(200, lines).header("content-type", "application/x-ndjson"))),
        ("events", everywhere(Step::answer(200, events).header("content-type", "text/event-stream"))),
        ("a refusal", everywhere(Step::json(401, quoting.to_string()))),
        ("an error", everywhere(Step::json(400, quoting.to_string()))),
        ("a page", Step::answer(502, format!("<html>{CANARY}</html>")).foreign().header("content-type", "text/html")),
        ("half of JSON", Step::json(200, format!("{{\"{CANARY}"))),
        ("half a body", Step::json(200, format!("[\"{CANARY}\",")).claim_length(999).close()),
        ("no gzip", Step::json(200, CANARY).header("content-encoding", "gzip")),
        (
            "elsewhere",
            Step::json(302, "{}").header("location", format!("http://u:{}@h/?a={CANARY}", encoded_for_urls())),
        ),
        ("nothing", Step::reset_after_request()),
    ]
}

/// Sends requests of every kind; `raw` begins each of them.
pub(crate) fn send_all(raw: &dyn Fn() -> RawRequest) {
    let secret = json!({"password": CANARY, "other": {"apiKey": [CANARY]}});
    let file = || Upload::new(CANARY).file_name("keys.txt");
    let form = || {
        Body::multipart().json("password", &CANARY.to_owned()).json("value", &secret).file(
            "file",
            &file(),
            "x",
            "text/plain",
        )
    };
    let bodies: [&dyn Fn() -> Body; 5] = [
        &|| Body::serialize(&secret).unwrap(),
        &|| Body::ndjson([&secret, &json!(CANARY)]).unwrap(),
        &|| Body::stream("application/x-ndjson", Chunks(3)),
        &|| form().build().unwrap(),
        &|| Body::upload(&hidden(file()), "text/plain").unwrap(),
    ];
    for body in bodies {
        let request = || hidden(raw().body(hidden(body())));
        judge(wait(request().send::<NoAnswer>()));
        judge(wait(request().send_raw()));
        judge(request().send_blocking::<NoAnswer>());
        judge(request().send_raw_blocking());
    }
    read::<Ndjson<Value>>(raw().json(&secret));
    read::<Events>(raw().json(&secret));
    read::<Binary>(raw().json(&secret));
}

/// The typed calls of a product that answer in all ways there are.
pub(crate) fn call_all(security: &Security) {
    let user = || hidden(security.put_user("u").password(CANARY));
    judge(wait(user().send()));
    judge(user().send_blocking());
    judge(wait(user().send_raw()));
    judge(wait(hidden(security.create_api_key().name("k")).send()));
    judge(wait(hidden(security.get_user().username("u")).send_optional()));
    judge(wait(hidden(security.get_token().grant_type("password").password(CANARY)).send()));
    let mut pages = hidden(security.query_api_keys().pages());
    if let Some(page) = wait(pages.next()) {
        judge(page);
    }
    hidden(&pages);
    let mut items = hidden(security.query_api_keys().items());
    if let Some(item) = wait(items.next()) {
        judge(item);
    }
    for page in hidden(security.query_api_keys().pages_blocking()).take(1) {
        judge(page);
    }
}

/// Reads a stream to its end.
fn read<R: FromStream>(request: RawRequest) {
    let result = wait(async {
        let mut stream: Response<_> = request.stream::<R>().await?;
        hidden(&stream);
        while let Some(item) = stream.next().await {
            item?;
            hidden(stream.last_corrections());
            hidden(&stream);
        }
        Ok(())
    });
    judge(result);
}

/// Looks at what came, at what a panic over it says, and at an error in all its forms.
fn judge<T: Debug>(result: Result<T, Error>) {
    silent(panic_of(|| assert!(result.is_ok() == result.is_err(), "{result:?} {result:#?}")));
    match result {
        Ok(value) => {
            hidden(value);
        }
        Err(error) => {
            let error = hidden_error(error);
            silent(panic_of(|| panic!("{error:?}")));
        }
    }
}

/// Anything, unread: what users make of an answer is theirs to print.
#[derive(Debug)]
struct NoAnswer;

impl<'de> serde::Deserialize<'de> for NoAnswer {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

/// The canary, this often.
struct Chunks(u8);

impl futures_core::Stream for Chunks {
    type Item = Result<bytes::Bytes, std::io::Error>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0 = self.0.saturating_sub(1);
        Poll::Ready((self.0 > 0).then(|| Ok(format!("{}\n", json!({"password": CANARY})).into())))
    }
}
