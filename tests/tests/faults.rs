//! Every way in which a server, a network or a clock lets a call down, with its asserted outcome and with the number of
//! requests that the server read. Each fault meets a read, which may be repeated, and a write, which must never be done
//! twice: async and blocking, on a new connection and on one that was kept.

#[path = "faults/answers.rs"]
mod answers;
#[path = "faults/bodies.rs"]
mod bodies;
#[path = "faults/cancel.rs"]
mod cancel;
#[path = "faults/connections.rs"]
mod connections;
#[path = "faults/credentials.rs"]
mod credentials;
#[path = "faults/load.rs"]
mod load;

use std::time::Duration;

use elkit::testing::{Server, Step};
use elkit::{Builder, Elasticsearch, Error, ErrorKind, Method};
use serde_json::Value;

/// How a call ends: well, or with this kind of error and this status.
type End = Result<(), (ErrorKind, Option<u16>)>;

/// How a call ends, and how many requests the server read of it.
type Outcome = (End, usize);

const OK: End = Ok(());

/// Longer than any of the tests takes, however busy the machine is.
const PATIENT: Duration = Duration::from_secs(60);

fn failed(kind: ErrorKind) -> End {
    Err((kind, None))
}

fn answered(kind: ErrorKind, status: u16) -> End {
    Err((kind, Some(status)))
}

/// A client that repeats what may be repeated at once, and waits for as long as it takes.
fn builder(url: &str) -> Builder<Elasticsearch> {
    let quick = Duration::from_millis(1);
    Elasticsearch::builder(url)
        .basic_auth("elastic", "canary")
        .retry_delay(quick, quick)
        .attempt_timeout(PATIENT)
        .timeout(2 * PATIENT)
        .max_response_size(1 << 20)
}

fn good() -> Step {
    Step::json(200, r#"{"ok":true}"#)
}

/// What a server does, and what may come of it.
struct Row<'a> {
    name: &'a str,
    script: &'a [Step],
    /// How long an attempt may take.
    limit: Duration,
    read: &'a [Outcome],
    write: &'a [Outcome],
}

fn check(name: &str, script: &[Step], read: Outcome, write: Outcome) {
    Row { name, script, limit: PATIENT, read: &[read], write: &[write] }.check();
}

impl Row<'_> {
    /// Runs the script once for each kind of call, side by side.
    fn check(&self) {
        std::thread::scope(|scope| {
            for (method, expected) in [(Method::GET, self.read), (Method::POST, self.write)] {
                for way in [Way::Async, Way::Blocking] {
                    for kept in [false, true] {
                        let method = method.clone();
                        scope.spawn(move || self.check_call(&method, way, kept, expected));
                    }
                }
            }
        });
    }

    fn check_call(&self, method: &Method, way: Way, kept: bool, expected: &[Outcome]) {
        let what = format!("{}, {method}, {way:?}, on a kept connection: {kept}", self.name);
        let first = kept.then(good);
        let server = Server::start(first.into_iter().chain(self.script.iter().cloned())).unwrap();
        let es = builder(server.url()).build().unwrap();
        let caller = Caller::new(way);
        if kept {
            caller.call(&es, &Method::GET).unwrap();
        }
        let result = caller.call(&es.options(|o| o.attempt_timeout(self.limit)), method);
        let end = result.map_err(|error| {
            assert!(!format!("{error} {error:?}").contains("canary"), "{what}: {error:?}");
            assert!(error.attempts() >= 1, "{what}: {error:?}");
            (error.kind(), error.status().map(|status| status.as_u16()))
        });
        let found = (end, server.requests().len() - usize::from(kept));
        assert!(expected.contains(&found), "{what}: {found:?} is none of {expected:?}");
        caller.call(&es, &Method::GET).unwrap_or_else(|error| panic!("{what}, after: {error}"));
    }
}

#[derive(Clone, Copy, Debug)]
enum Way {
    Async,
    Blocking,
}

/// Makes calls one way, all of them on one runtime: a kept connection lives there.
enum Caller {
    Async(tokio::runtime::Runtime),
    Blocking,
}

impl Caller {
    fn new(way: Way) -> Self {
        match way {
            Way::Async => Self::Async(tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()),
            Way::Blocking => Self::Blocking,
        }
    }

    fn call(&self, es: &Elasticsearch, method: &Method) -> Result<(), Error> {
        let call = es.request(method.clone(), "/x").json(&1);
        match self {
            Self::Async(runtime) => runtime.block_on(call.send::<Value>()).map(drop),
            Self::Blocking => call.send_blocking::<Value>().map(drop),
        }
    }
}
