//! One secret is driven through every path a credential can take, and is found in nothing that people print: no Debug,
//! no Display, no chain of causes, no span, no event, no panic, no URL, no recorded fixture. The first test shows that it
//! would be found; `everything` drives all kinds of credentials through all kinds of calls at once.

#[path = "redaction/answers.rs"]
mod answers;
#[path = "redaction/calls.rs"]
mod calls;
#[path = "support/canary.rs"]
mod canary;
#[path = "redaction/everything.rs"]
mod everything;
#[path = "redaction/exchanges.rs"]
mod exchanges;
#[path = "redaction/fixtures.rs"]
mod fixtures;
#[path = "redaction/sso.rs"]
mod sso;
mod support;
#[path = "redaction/values.rs"]
mod values;

use std::fmt::Debug;

use elkit::auth::{ApiKey, Credentials};
use elkit::{Elasticsearch, Error, ErrorKind};
use serde_json::json;

use canary::{CANARY, encoded_for_urls, hidden, hidden_error, leaks, panic_of};
use support::{Server, traced};

/// A builder as people have it, without the plain-http warning and without retries.
fn es(server: &Server) -> elkit::Builder<Elasticsearch> {
    Elasticsearch::builder(server.url()).max_retries(0)
}

fn key() -> ApiKey {
    ApiKey::pair("id", CANARY)
}

#[test]
fn what_is_planted_is_found() {
    let basic = Credentials::basic("elastic", CANARY).unwrap();
    let api_key = Credentials::api_key(key()).unwrap();
    let planted: [&dyn Debug; 6] = [
        &Some(CANARY),
        &json!({"a": [CANARY]}),
        &format!("http://u:{}@h", encoded_for_urls()),
        &basic.header().unwrap().1.to_str(),
        &api_key.header().unwrap().1.to_str(),
        &CANARY.as_bytes(),
    ];
    for value in planted {
        assert!(leaks(&format!("{value:?}")), "{value:?}");
        assert!(!panic_of(|| hidden(value)).is_empty(), "`hidden` finds it");
    }
    assert!(!panic_of(|| hidden_error(Error::new(ErrorKind::Api, CANARY))).is_empty());
    assert!(!panic_of(|| hidden_error(Error::new(ErrorKind::Api, "").with_source(CANARY))).is_empty());
    let quoting = format!(r#"{{"error":{{"type":"a","reason":"no {CANARY}"}}}}"#);
    assert!(!panic_of(|| hidden_error(Error::elasticsearch(elkit::StatusCode::FORBIDDEN, quoting))).is_empty());
    assert!(leaks(&panic_of(|| assert_eq!(CANARY, "other"))));
    let ((), log) = traced(|| tracing::trace_span!("a", value = CANARY).in_scope(|| ()));
    assert!(leaks(&log), "{log}");
    let ((), log) = traced(|| tracing::trace!(value = ?Some(CANARY), "event"));
    assert!(leaks(&log), "{log}");
    assert!(!leaks("elastic, id, [redacted] and other text"));
}
