//! Spans and events, by OpenTelemetry's conventions for Elasticsearch and for HTTP clients. No body, no query, no header
//! and no credential is recorded. Without the feature `tracing` all of it is nothing.

use std::future::Future;

use http::{Method, StatusCode};

use crate::ErrorKind;
#[cfg(feature = "tracing")]
use crate::rt::Product;
use crate::rt::{Correction, Operation};

/// The span of a call or of an attempt.
#[derive(Clone)]
pub(crate) struct Span {
    #[cfg(feature = "tracing")]
    span: tracing::Span,
}

/// Where a call goes, for its span.
pub(crate) struct Target<'a> {
    pub(crate) operation: &'static Operation,
    pub(crate) method: &'a Method,
    pub(crate) host: &'a str,
    pub(crate) port: u16,
    pub(crate) space: Option<&'a str>,
}

#[cfg(feature = "tracing")]
impl Span {
    /// One call, however many attempts it takes.
    pub(crate) fn call(target: &Target<'_>) -> Self {
        use tracing::field::Empty;
        let Target { operation, method, host, port, space } = target;
        let span = match operation.product {
            Product::Elasticsearch => tracing::info_span!(
                "elasticsearch",
                otel.name = operation.id,
                otel.kind = "client",
                otel.status_code = Empty,
                db.system.name = "elasticsearch",
                db.operation.name = operation.id,
                db.response.status_code = Empty,
                http.request.method = method.as_str(),
                url.template = operation.template,
                server.address = host,
                server.port = port,
                error.type = Empty,
                http.request.resend_count = Empty,
            ),
            Product::Kibana => tracing::info_span!(
                "kibana",
                otel.name = operation.id,
                otel.kind = "client",
                otel.status_code = Empty,
                kibana.operation = operation.id,
                kibana.space = space,
                http.request.method = method.as_str(),
                http.response.status_code = Empty,
                url.template = operation.template,
                server.address = host,
                server.port = port,
                error.type = Empty,
                http.request.resend_count = Empty,
            ),
        };
        Self { span }
    }

    /// One attempt on one node.
    pub(crate) fn attempt(target: &Target<'_>, number: u32) -> Self {
        use tracing::field::Empty;
        let span = tracing::debug_span!(
            "http",
            otel.name = format!("{} {}", target.method, target.operation.template).trim_end(),
            otel.kind = "client",
            otel.status_code = Empty,
            http.request.method = target.method.as_str(),
            http.request.resend_count = (number > 1).then(|| number - 1),
            http.response.status_code = Empty,
            url.template = target.operation.template,
            server.address = target.host,
            server.port = target.port,
            error.type = Empty,
        );
        Self { span }
    }

    /// Runs a future inside the span.
    pub(crate) fn around<F: Future>(self, future: F) -> impl Future<Output = F::Output> {
        tracing::Instrument::instrument(future, self.span)
    }

    /// Records the status an attempt or a call ended with.
    pub(crate) fn status(&self, status: StatusCode) {
        self.span.record("http.response.status_code", status.as_u16());
        self.span.record("db.response.status_code", status.as_str());
        if !status.is_success() {
            self.span.record("error.type", status.as_str());
            self.span.record("otel.status_code", "ERROR");
        }
    }

    /// Records why there was no answer.
    pub(crate) fn error(&self, kind: ErrorKind) {
        self.span.record("error.type", tracing::field::debug(kind));
        self.span.record("otel.status_code", "ERROR");
    }

    /// Records how often the request was sent again.
    pub(crate) fn resends(&self, attempts: u32) {
        if attempts > 1 {
            self.span.record("http.request.resend_count", attempts - 1);
        }
    }
}

#[cfg(not(feature = "tracing"))]
impl Span {
    pub(crate) fn call(target: &Target<'_>) -> Self {
        let _ = (target.operation, target.method, target.host, target.port, target.space);
        Self {}
    }

    pub(crate) fn attempt(_: &Target<'_>, _: u32) -> Self {
        Self {}
    }

    pub(crate) fn around<F: Future>(self, future: F) -> impl Future<Output = F::Output> {
        future
    }

    pub(crate) fn status(&self, _: StatusCode) {}

    pub(crate) fn error(&self, _: ErrorKind) {}

    pub(crate) fn resends(&self, _: u32) {}
}

/// Runs a future on another thread as if it ran on this one: in its span, seen by its subscriber.
pub(crate) fn of_caller<F: Future>(future: F) -> impl Future<Output = F::Output> {
    #[cfg(feature = "tracing")]
    {
        use tracing::Instrument;
        use tracing::instrument::WithSubscriber;
        future.in_current_span().with_current_subscriber()
    }
    #[cfg(not(feature = "tracing"))]
    future
}

/// Warns once of what can't be an error: a credential that is not used, a credential in the clear.
pub(crate) fn warn(message: &str) {
    #[cfg(feature = "tracing")]
    tracing::warn!("{message}");
    #[cfg(not(feature = "tracing"))]
    let _ = message;
}

/// Says which members of an answer were corrected: places, never values.
pub(crate) fn corrected(operation: &'static Operation, corrections: &[Correction]) {
    #[cfg(feature = "tracing")]
    for Correction { pointer, kind, .. } in corrections {
        tracing::warn!(operation = operation.id, pointer, ?kind, "corrected a member of the answer");
    }
    #[cfg(not(feature = "tracing"))]
    let _ = (operation, corrections);
}
