//! Where users see and touch every attempt. A hook sees no body and no credential.

use std::time::Duration;

use http::{HeaderMap, Method, StatusCode};

use crate::ErrorKind;

/// Called around every attempt. Register one with the builder's `hook`.
///
/// It runs on the path of every call: it must be quick and must not block.
pub trait Hook: Send + Sync + 'static {
    /// Before an attempt is sent. It may add headers, such as `traceparent`; credentials are not among them yet, and
    /// what it sets as `authorization` is ignored.
    fn before_attempt(&self, attempt: &Attempt<'_>, headers: &mut HeaderMap) {
        let _ = (attempt, headers);
    }

    /// After an attempt ended.
    fn after_attempt(&self, attempt: &Attempt<'_>, outcome: &Outcome) {
        let _ = (attempt, outcome);
    }
}

/// One attempt of one call.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Attempt<'a> {
    /// The operation, such as `security.create_api_key`.
    pub operation: &'a str,
    /// The verb.
    pub method: &'a Method,
    /// The path template, never the path.
    pub template: &'a str,
    /// The host of the node.
    pub host: &'a str,
    /// The port of the node.
    pub port: u16,
    /// 1 for the first.
    pub number: u32,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// The status, if the server answered. 401 is how authentication failures are seen.
    pub status: Option<StatusCode>,
    /// What went wrong, if the server did not answer.
    pub error: Option<ErrorKind>,
    /// How long it took.
    pub elapsed: Duration,
    /// Whether another attempt follows.
    pub will_retry: bool,
}
