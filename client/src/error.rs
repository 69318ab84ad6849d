//! The one error of this crate. Its Display and Debug carry names and sizes, never a body, a header value or a secret.

mod envelope;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use crate::redact::Secrets;
use crate::rt::DecodeError;

pub(crate) use envelope::Envelope;

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

type BoxError = Box<dyn StdError + Send + Sync>;

/// Why a call failed.
///
/// Ask it what happened: [`kind`](Error::kind), [`status`](Error::status), [`code`](Error::code), and the
/// `is_*` predicates. Its text names operation, status, code and reason; the cause is in
/// [`source`](std::error::Error::source), the bytes only in [`body`](Error::body).
///
/// ```
/// # use elkit::{Error, StatusCode};
/// let error = Error::elasticsearch(
///     StatusCode::FORBIDDEN,
///     r#"{"error":{"type":"security_exception","reason":"no"},"status":403}"#,
/// );
/// assert!(error.is_authorization());
/// assert_eq!(error.code(), Some("security_exception"));
/// ```
pub struct Error {
    inner: Box<Inner>,
}

/// What went wrong, coarsely.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The client can't be built as it was configured. Nothing was sent.
    Configuration,
    /// The request can't be sent as it stands: a parameter would change the route, a value can't be written. Nothing was sent.
    InvalidRequest,
    /// The credentials are malformed, or their provider had none. Nothing was sent.
    Credentials,
    /// No connection, or it broke.
    Connection,
    /// The TLS handshake failed.
    Tls,
    /// A deadline passed.
    Timeout,
    /// The server answered with an error status.
    Api,
    /// The answer came but is not what the operation answers: not JSON, or of another shape.
    Decode,
    /// What answered is not the product it should be.
    UnsupportedProduct,
    /// A blocking call was made inside an async runtime.
    Runtime,
}

/// One cause an Elasticsearch error names.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cause {
    /// The kind of exception, such as `illegal_argument_exception`.
    pub code: Option<String>,
    /// What it says.
    pub reason: Option<String>,
}

struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    operation: Option<Cow<'static, str>>,
    status: Option<StatusCode>,
    headers: HeaderMap,
    body: Bytes,
    envelope: Envelope,
    path: Option<String>,
    hint: Option<Cow<'static, str>>,
    retry_after: Option<Duration>,
    attempts: u32,
    source: Option<BoxError>,
}

impl Error {
    /// Makes an error of `kind`. Also for tests of code that handles errors.
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            inner: Box::new(Inner {
                kind,
                message: message.into(),
                operation: None,
                status: None,
                headers: HeaderMap::new(),
                body: Bytes::new(),
                envelope: Envelope::default(),
                path: None,
                hint: None,
                retry_after: None,
                attempts: 0,
                source: None,
            }),
        }
    }

    /// Makes the error that Elasticsearch's answer with this status and body becomes.
    pub fn elasticsearch(status: StatusCode, body: impl Into<Bytes>) -> Self {
        Self::response(status, HeaderMap::new(), body.into())
    }

    /// Makes the error that Kibana's answer with this status and body becomes.
    ///
    /// ```
    /// # use elkit::{Error, StatusCode};
    /// let body = r#"{"statusCode":404,"error":"Not Found","message":"Saved object [space/x] not found"}"#;
    /// assert!(Error::kibana(StatusCode::NOT_FOUND, body).is_not_found());
    /// ```
    pub fn kibana(status: StatusCode, body: impl Into<Bytes>) -> Self {
        Self::response(status, HeaderMap::new(), body.into())
    }

    pub(crate) fn response(status: StatusCode, headers: HeaderMap, body: Bytes) -> Self {
        let envelope = Envelope::read(&body);
        let mut error = Self::new(ErrorKind::Api, "");
        error.inner.status = Some(status);
        error.inner.retry_after = crate::transport::retry_after(&headers);
        error.inner.headers = headers;
        error.inner.body = body;
        error.inner.envelope = envelope;
        error
    }

    /// The error for a value that does not fit its type.
    pub(crate) fn from_decode(error: DecodeError) -> Self {
        Self::new(ErrorKind::Decode, error.message).with_path(error.pointer)
    }

    /// Gives the error a cause, shown by [`source`](std::error::Error::source) only.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.inner.source = Some(source.into());
        self
    }

    /// Names the operation that failed.
    #[must_use]
    pub fn with_operation(mut self, operation: impl Into<Cow<'static, str>>) -> Self {
        self.inner.operation = Some(operation.into());
        self
    }

    pub(crate) fn with_answer(mut self, status: StatusCode, headers: HeaderMap, body: Bytes) -> Self {
        self.inner.status = Some(status);
        self.inner.headers = headers;
        self.inner.body = body;
        self
    }

    /// Hides what the request carried in secret.
    pub(crate) fn hide(mut self, secrets: &Secrets) -> Self {
        let envelope = &mut self.inner.envelope;
        let causes = envelope.caused_by.iter_mut().chain(&mut envelope.root_causes);
        let texts = causes.flat_map(|cause| [&mut cause.code, &mut cause.reason]);
        texts.chain([&mut envelope.code, &mut envelope.reason]).flatten().for_each(|text| secrets.hide(text));
        envelope.attributes.iter_mut().for_each(|attributes| secrets.hide_in(attributes));
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: u32) -> Self {
        self.inner.attempts = attempts;
        self
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.inner.hint = Some(hint.into());
        self
    }

    pub(crate) fn with_path(mut self, pointer: String) -> Self {
        self.inner.path = Some(pointer);
        self
    }
}

/// What happened.
impl Error {
    /// What went wrong, coarsely.
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// The status the server answered with, if it answered.
    pub fn status(&self) -> Option<StatusCode> {
        self.inner.status
    }

    /// The headers the server answered with; empty if it did not answer.
    pub fn headers(&self) -> &HeaderMap {
        &self.inner.headers
    }

    /// The server's name for the error: Elasticsearch's `error.type`, Kibana's `error` (or Fleet's `errorType`).
    pub fn code(&self) -> Option<&str> {
        self.inner.envelope.code.as_deref()
    }

    /// What the server says about it.
    pub fn reason(&self) -> Option<&str> {
        self.inner.envelope.reason.as_deref()
    }

    /// The chain of `caused_by`, outermost first.
    pub fn caused_by(&self) -> &[Cause] {
        &self.inner.envelope.caused_by
    }

    /// The causes in `root_cause`.
    pub fn root_causes(&self) -> &[Cause] {
        &self.inner.envelope.root_causes
    }

    /// Kibana's `attributes`.
    pub fn attributes(&self) -> Option<&Value> {
        self.inner.envelope.attributes.as_ref()
    }

    /// How long the server asks to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        self.inner.retry_after
    }

    /// The id by which the server's logs know the request, if it says one.
    pub fn request_id(&self) -> Option<&str> {
        ["x-request-id", "x-opaque-id", "x-found-request-id", "x-cloud-request-id"]
            .iter()
            .find_map(|name| self.inner.headers.get(*name)?.to_str().ok())
    }

    /// The operation that failed, such as `security.create_api_key`.
    pub fn operation(&self) -> Option<&str> {
        self.inner.operation.as_deref()
    }

    /// How often the request was sent; 0 when it never left.
    pub fn attempts(&self) -> u32 {
        self.inner.attempts
    }

    /// The bytes the server answered with. They may hold secrets, so nothing else shows them.
    pub fn body(&self) -> &Bytes {
        &self.inner.body
    }

    /// The JSON pointer of the value that could not be decoded.
    pub fn json_path(&self) -> Option<&str> {
        self.inner.path.as_deref()
    }
}

/// What to do about it.
impl Error {
    /// Whether the server does not know who is calling (401).
    pub fn is_authentication(&self) -> bool {
        self.has(StatusCode::UNAUTHORIZED)
    }

    /// Whether the caller lacks a privilege (403).
    pub fn is_authorization(&self) -> bool {
        self.has(StatusCode::FORBIDDEN)
    }

    /// Whether what was asked for does not exist (404).
    pub fn is_not_found(&self) -> bool {
        self.has(StatusCode::NOT_FOUND)
    }

    /// Whether what was asked for is at odds with what exists (409).
    pub fn is_conflict(&self) -> bool {
        self.has(StatusCode::CONFLICT)
    }

    /// Whether a deadline passed, ours or a gateway's (504).
    pub fn is_timeout(&self) -> bool {
        self.inner.kind == ErrorKind::Timeout || self.has(StatusCode::GATEWAY_TIMEOUT)
    }

    /// Whether the same request may succeed later. It says nothing about whether it was executed already.
    pub fn is_retryable(&self) -> bool {
        match self.inner.kind {
            ErrorKind::Connection | ErrorKind::Timeout => true,
            ErrorKind::Api => matches!(self.inner.status.map(|s| s.as_u16()), Some(429 | 502 | 503 | 504)),
            _ => false,
        }
    }

    fn has(&self, status: StatusCode) -> bool {
        self.inner.kind == ErrorKind::Api && self.inner.status == Some(status)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.inner;
        if let Some(operation) = &inner.operation {
            write!(f, "{operation} failed: ")?;
        }
        let mut separator = "";
        if let Some(status) = inner.status {
            write!(f, "{}", status.as_u16())?;
            separator = " ";
        }
        match (&inner.envelope.code, &inner.envelope.reason) {
            (Some(code), Some(reason)) => write!(f, "{separator}{code}: {reason}")?,
            (Some(text), None) | (None, Some(text)) => write!(f, "{separator}{text}")?,
            (None, None) if !inner.message.is_empty() => {}
            (None, None) => {
                let reason = inner.status.and_then(|status| status.canonical_reason()).unwrap_or("error");
                write!(f, "{separator}{reason}")?;
                if !inner.body.is_empty() {
                    write!(f, " ({}, {} bytes)", media_type(&inner.headers), inner.body.len())?;
                }
            }
        }
        if !inner.message.is_empty() {
            write!(f, "{separator}{}", inner.message)?;
        }
        if let Some(path) = inner.path.as_deref().filter(|path| !path.is_empty()) {
            write!(f, " at {path}")?;
        }
        if let Some(hint) = &inner.hint {
            write!(f, " ({hint})")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.inner;
        f.debug_struct("Error")
            .field("kind", &inner.kind)
            .field("message", &self.to_string())
            .field("attempts", &inner.attempts)
            .field("body_bytes", &inner.body.len())
            .field("source", &inner.source.as_ref().map(ToString::to_string))
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.inner.source.as_ref().map(|source| &**source as _)
    }
}

/// The content type without its parameters, for messages.
pub(crate) fn media_type(headers: &HeaderMap) -> &str {
    headers
        .get(http::header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .map_or("no content type", |value| value.split(';').next().unwrap_or(value).trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_names_what_failed() {
        let error = Error::elasticsearch(
            StatusCode::FORBIDDEN,
            r#"{"error":{"type":"security_exception","reason":"action is unauthorized"},"status":403}"#,
        )
        .with_operation("security.create_api_key")
        .with_source("canary");
        assert_eq!(error.to_string(), "security.create_api_key failed: 403 security_exception: action is unauthorized");
        assert_eq!(error.source().unwrap().to_string(), "canary");
    }

    #[test]
    fn bodies_are_not_printed() {
        let html = "<html>canary</html>";
        let mut headers = HeaderMap::new();
        headers.insert("content-type", "text/html; charset=utf-8".parse().unwrap());
        let error = Error::response(StatusCode::BAD_GATEWAY, headers, Bytes::from_static(html.as_bytes()));
        assert_eq!(error.to_string(), "502 Bad Gateway (text/html, 19 bytes)");
        assert!(!format!("{error:?}").contains("canary"));
        assert_eq!(error.body(), html);
        assert!(error.is_retryable());
    }

    #[test]
    fn size_is_one_pointer() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }
}
