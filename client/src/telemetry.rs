//! Spans and events, by OpenTelemetry's conventions for Elasticsearch and, for Kibana and for each attempt, for HTTP clients.
//! Of a request, its URL is told, without the secrets it carries and the values of parameters that no specification has;
//! no body, no header and no credential. Without the feature `tracing` all of it is nothing.

use std::future::Future;

use http::{HeaderMap, Method, StatusCode, Version};

use crate::ErrorKind;
use crate::auth::Credentials;
use crate::redact::Secrets;
#[cfg(feature = "tracing")]
use crate::rt::Product;
use crate::rt::{Correction, Operation};

/// Whether somebody may listen: what only spans tell is not made otherwise.
pub(crate) fn enabled() -> bool {
    #[cfg(feature = "tracing")]
    return tracing::level_filters::LevelFilter::current() >= tracing::level_filters::LevelFilter::INFO;
    #[cfg(not(feature = "tracing"))]
    false
}

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

/// What spans tell of a request. Empty when nobody listens.
#[derive(Default)]
pub(crate) struct Told {
    parameters: Vec<(&'static str, String)>,
    /// Path and query behind the base of a node.
    target: Option<String>,
    secrets: Secrets,
}

impl Told {
    /// The parameters of a path, decoded.
    pub(crate) fn new(parameters: Vec<(&'static str, String)>) -> Self {
        Self { parameters, target: None, secrets: Secrets::default() }
    }

    /// Hides what the request carries in secret, wherever it stands.
    pub(crate) fn hide(&mut self, secrets: Secrets) {
        self.parameters.iter_mut().for_each(|(_, value)| secrets.hide(value));
        self.secrets = secrets;
    }

    pub(crate) fn target(&mut self, path: &str, query: &str) {
        let mut target = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
        self.secrets.hide(&mut target);
        self.target = Some(target);
    }

    /// The whole URL, without what authenticates the caller.
    pub(crate) fn url(&self, base: &str, credentials: &Credentials) -> Option<String> {
        let mut url = format!("{base}{}", self.target.as_ref()?);
        Secrets::of(credentials).hide(&mut url);
        Some(url)
    }
}

#[cfg(feature = "tracing")]
impl Span {
    /// One call, however many attempts it takes.
    pub(crate) fn call(target: &Target<'_>) -> Self {
        use tracing::field::Empty;
        let Target { operation, method, host, port, space } = target;
        let span = match operation.product {
            // Field names are part of a span's type: the parameters of the security API's paths, and `index`.
            Product::Elasticsearch => tracing::info_span!(
                "elasticsearch",
                otel.name = operation.id,
                otel.kind = "client",
                otel.status_code = Empty,
                db.system.name = "elasticsearch",
                db.operation.name = operation.id,
                db.operation.parameter.application = Empty,
                db.operation.parameter.id = Empty,
                db.operation.parameter.ids = Empty,
                db.operation.parameter.index = Empty,
                db.operation.parameter.name = Empty,
                db.operation.parameter.namespace = Empty,
                db.operation.parameter.realm_name = Empty,
                db.operation.parameter.realms = Empty,
                db.operation.parameter.service = Empty,
                db.operation.parameter.uid = Empty,
                db.operation.parameter.user = Empty,
                db.operation.parameter.username = Empty,
                db.collection.name = Empty,
                db.namespace = Empty,
                db.response.status_code = Empty,
                elasticsearch.node.name = Empty,
                http.request.method = method.as_str(),
                url.full = Empty,
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
                url.full = Empty,
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
    pub(crate) fn attempt(target: &Target<'_>, url: Option<&str>, number: u32) -> Self {
        use tracing::field::Empty;
        let span = tracing::debug_span!(
            "http",
            otel.name = format!("{} {}", target.method, target.operation.template).trim_end(),
            otel.kind = "client",
            otel.status_code = Empty,
            http.request.method = target.method.as_str(),
            http.request.resend_count = (number > 1).then(|| number - 1),
            http.response.status_code = Empty,
            network.protocol.version = Empty,
            url.full = url,
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

    /// Runs a function inside the span.
    pub(crate) fn inside<T>(&self, run: impl FnOnce() -> T) -> T {
        self.span.in_scope(run)
    }

    /// Records what the call asks for.
    pub(crate) fn tell(&self, operation: &Operation, told: &Told, url: Option<&str>) {
        self.span.record("url.full", url);
        for (name, value) in &told.parameters {
            self.span.record(&*format!("db.operation.parameter.{name}"), &**value);
            if *name == "index" && operation.product == Product::Elasticsearch {
                self.span.record("db.collection.name", &**value);
                self.span.record("otel.name", &*format!("{} {value}", operation.id));
            }
        }
    }

    /// Records what an attempt or a call was answered, and by whom.
    pub(crate) fn answered(&self, status: StatusCode, headers: &HeaderMap) {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        self.span.record("db.namespace", text("x-found-handling-cluster"));
        self.span.record("elasticsearch.node.name", text("x-found-handling-instance"));
        self.span.record("http.response.status_code", status.as_u16());
        self.span.record("db.response.status_code", status.as_str());
        if !status.is_success() {
            self.span.record("error.type", status.as_str());
            self.span.record("otel.status_code", "ERROR");
        }
    }

    /// Records the version of HTTP that was spoken.
    pub(crate) fn version(&self, version: Version) {
        let version = match version {
            Version::HTTP_2 => "2",
            Version::HTTP_10 => "1.0",
            _ => "1.1",
        };
        self.span.record("network.protocol.version", version);
    }

    /// Records why there was no answer, or none that can be read.
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

    pub(crate) fn attempt(_: &Target<'_>, _: Option<&str>, _: u32) -> Self {
        Self {}
    }

    pub(crate) fn around<F: Future>(self, future: F) -> impl Future<Output = F::Output> {
        future
    }

    pub(crate) fn inside<T>(&self, run: impl FnOnce() -> T) -> T {
        run()
    }

    pub(crate) fn tell(&self, _: &Operation, told: &Told, _: Option<&str>) {
        let _ = &told.parameters;
    }

    pub(crate) fn answered(&self, _: StatusCode, _: &HeaderMap) {}

    pub(crate) fn version(&self, _: Version) {}

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
