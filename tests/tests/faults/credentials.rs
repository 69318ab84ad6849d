//! Tokens that are refused, that all want at once, or whose server has another clock: a write is done once all the same.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use elkit::auth::{TokenProvider, Tokens};
use elkit::testing::{Server, Step};
use elkit::{Elasticsearch, ErrorKind, Method};
use elkit_stack::{Clock, Stack};
use serde_json::Value;

use super::{OK, Outcome, answered, builder};

/// How long the stack's access tokens are good.
pub(crate) const LIFE: Duration = Duration::from_secs(20 * 60);

/// A stack, and a client that shows it tokens.
pub(crate) fn cluster(clock: Clock) -> (Stack, Elasticsearch) {
    let stack = Stack::builder().clock(clock).start_blocking().unwrap();
    let es = builder(&stack.elasticsearch_url()).basic_auth("elastic", stack.elastic_password()).build().unwrap();
    let tokens = TokenProvider::password(&es, "elastic", stack.elastic_password());
    (stack, es.options(|o| o.credentials_provider(tokens)))
}

/// How often tokens were asked for: by password, by refresh token.
pub(crate) fn grants(stack: &Stack) -> (usize, usize) {
    let asked = stack.requests();
    let by = |grant: &str| {
        let of = |request: &&elkit_stack::RecordedRequest| {
            request.path == "/_security/oauth2/token" && request.json().is_some_and(|body| body["grant_type"] == grant)
        };
        asked.iter().filter(of).count()
    };
    (by("password"), by("refresh_token"))
}

/// The statuses that requests to this path were answered with.
pub(crate) fn statuses(stack: &Stack, path: &str) -> Vec<u16> {
    let asked = stack.requests();
    asked.iter().filter(|request| request.path == path).filter_map(|request| request.status).collect()
}

/// A write that was refused was not done, so it is sent again: with another token, once.
#[tokio::test]
async fn a_token_that_is_refused() {
    let refusal = || Step::json(401, r#"{"error":{"type":"security_exception","reason":"expired"},"status":401}"#);
    let rows: [(usize, &[&str], Outcome); 3] = [
        (0, &["Bearer t0"], (OK, 1)),
        (1, &["Bearer t0", "Bearer t1"], (OK, 2)),
        (2, &["Bearer t0", "Bearer t1"], (answered(ErrorKind::Api, 401), 2)),
    ];
    for (refusals, shown, (end, requests)) in rows {
        for blocking in [false, true] {
            let server = Server::start((0..refusals).map(|_| refusal())).unwrap();
            let made = Arc::new(AtomicUsize::new(0));
            let tokens = TokenProvider::from_fn(move |_| {
                let number = made.fetch_add(1, Ordering::Relaxed);
                async move { Ok(Tokens::new(format!("t{number}"))) }
            });
            let es = Elasticsearch::builder(server.url()).credentials_provider(tokens).build().unwrap();
            let call = || es.request(Method::POST, "/x").json(&1);
            let result = if blocking {
                let call = call();
                std::thread::spawn(move || call.send_blocking::<Value>()).join().unwrap()
            } else {
                call().send::<Value>().await
            };
            let ended = result.map(drop).map_err(|error| (error.kind(), error.status().map(|status| status.as_u16())));
            assert_eq!((ended, server.requests().len()), (end, requests), "{refusals} refusals, blocking: {blocking}");
            let seen: Vec<_> =
                server.requests().iter().map(|r| r.header("authorization").unwrap().to_owned()).collect();
            assert_eq!(seen, shown);
        }
    }
}

/// Async tasks and threads, each with a write of its own and all with a token that has just ended.
#[test]
fn a_hundred_callers_share_one_refresh() {
    let (stack, es) = cluster(Clock::manual());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let write = |es: &Elasticsearch, name: &str| es.security().create_api_key().name(name);
    write(&es, "first").send_blocking().unwrap();
    assert_eq!(grants(&stack), (1, 0));
    // A token that is just new would be believed, whatever the server says.
    std::thread::sleep(Duration::from_millis(1_010));
    stack.clock().advance(LIFE);
    let tasks: Vec<_> = (0..50).map(|n| runtime.spawn(write(&es, &format!("key-{n}")).send())).collect();
    std::thread::scope(|scope| {
        for number in 50..100 {
            let call = write(&es, &format!("key-{number}"));
            scope.spawn(move || call.send_blocking().unwrap());
        }
    });
    for task in tasks {
        runtime.block_on(task).unwrap().unwrap();
    }
    assert_eq!(grants(&stack), (1, 1));
    let mut names: Vec<_> = keys(&es).into_iter().filter(|name| name.starts_with("key-")).collect();
    names.sort();
    let mut expected: Vec<_> = (0..100).map(|number| format!("key-{number}")).collect();
    expected.sort();
    assert_eq!(names, expected, "each key was made once");
}

/// The names of all API keys, once for each key.
pub(crate) fn keys(es: &Elasticsearch) -> Vec<String> {
    let keys = es.security().get_api_key().send_blocking().unwrap();
    keys.api_keys.iter().map(|key| key.name.clone()).collect()
}

/// Whatever time the server thinks it is: tokens are used, and renewed when it refuses them.
#[test]
fn clocks_that_differ() {
    let (year_1994, year_2094) = (784_111_777_000, 3_939_785_377_000);
    for time in [year_1994, year_2094] {
        let (stack, es) = cluster(Clock::manual_at(time));
        es.security().create_api_key().name("one").send_blocking().unwrap();
        assert_eq!(grants(&stack), (1, 0), "its lifetime is what counts, not its end");
        // The server's clock leaps.
        stack.clock().advance(LIFE);
        stack.clear_requests();
        es.security().create_api_key().name("two").send_blocking().unwrap();
        assert_eq!(grants(&stack), (0, 1));
        assert_eq!(statuses(&stack, "/_security/api_key"), [401, 200]);
        assert_eq!(keys(&es).len(), 2, "each was made once");
    }
}
