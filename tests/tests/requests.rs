//! What each typed call puts on the wire, as a snapshot to read: `METHOD path?query` and the body. Every operation has one.

#[path = "requests/access.rs"]
mod access;
#[path = "requests/api_keys.rs"]
mod api_keys;
#[path = "requests/sessions.rs"]
mod sessions;
#[path = "requests/users.rs"]
mod users;

use std::collections::BTreeSet;

use elkit::Elasticsearch;
use elkit::rt::{Endpoint, Product};
use elkit_tests::conform::recorder::{Recorded, Recorder};
use elkit_tests::dispatch;

#[tokio::test]
async fn every_call_sends_what_its_snapshot_shows() {
    let mut seen = BTreeSet::new();
    for (name, calls) in [
        ("users", users::calls as fn(&mut Calls)),
        ("access", access::calls),
        ("api_keys", api_keys::calls),
        ("sessions", sessions::calls),
    ] {
        let mut group = Calls::default();
        calls(&mut group);
        let recorder = Recorder::start().await.unwrap();
        let es = Elasticsearch::builder(recorder.url()).max_retries(0).build().unwrap();
        let mut text = String::new();
        for (id, send) in group.0 {
            // Some answers are no objects, so the recorder's does not fit: what matters has been sent.
            send(es.clone()).await;
            let [request] = &recorder.take()[..] else { panic!("{id} was not sent once") };
            text.push_str(&format!("# {id}\n{}\n", shown(request)));
            seen.insert(id);
        }
        insta::assert_snapshot!(name, text);
    }
    let all = dispatch::rows().filter(|row| row.product == Product::Elasticsearch).map(|row| row.id);
    assert_eq!(seen, all.collect::<BTreeSet<_>>());
}

type Send = Box<dyn FnOnce(Elasticsearch) -> std::pin::Pin<Box<dyn Future<Output = ()>>>>;

/// Requests with the ids of their operations.
#[derive(Default)]
struct Calls(Vec<(&'static str, Send)>);

impl Calls {
    /// Adds one.
    fn add<R: Endpoint>(&mut self, request: R) {
        let send: Send = Box::new(|es| {
            Box::pin(async move {
                if let Err(error) = es.send(request).await {
                    assert!(error.status().is_some(), "{error}");
                }
            })
        });
        self.0.push((R::OPERATION.id, send));
    }
}

/// A client for making calls; nothing is sent by it.
fn es() -> elkit::elasticsearch::security::Security {
    Elasticsearch::builder("http://localhost").build().unwrap().security()
}

fn shown(request: &Recorded) -> String {
    let query = request.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
    let mut text = format!("{} {}{query}\n", request.method, request.path);
    if !request.body.is_empty() {
        let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
        text.push_str(&format!("{body:#}\n"));
    }
    text
}
