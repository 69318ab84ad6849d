//! Sends a prepared request until it is answered, refused or out of time. Every call of every product goes through
//! [`execute`]; it decides nothing about bodies, which are opaque to it.

use std::time::Duration;

use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use tokio::time::{Instant, sleep, timeout_at};

use super::core::{Core, Pool};
use super::hooks::{Attempt, Outcome};
use super::nodes::Node;
use super::retry::Failure;
use crate::auth::Credentials;
use crate::auth::precedence::Chosen;
use crate::body::{Body, Media, gzip};
use crate::client::Handle;
use crate::http::{HttpBody, HttpClient, HttpError, HttpErrorKind};
use crate::options::{RequestOptions, lay};
use crate::response::Answer;
use crate::rt::{Operation, Query};
use crate::telemetry::{Span, Target, Told};
use crate::{Error, ErrorKind, telemetry};

/// A request as data, ready to be sent anywhere.
pub(crate) struct Prepared {
    pub(crate) operation: &'static Operation,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Query,
    pub(crate) body: Body,
    pub(crate) told: Told,
}

/// What is done with the body of an answer that is a success. That of an error is always read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// It is read into memory before the call ends.
    Whole,
    /// It is left to the caller, to be read as it comes.
    Flowing,
}

/// What a call came to.
pub(crate) struct Executed {
    pub(crate) answer: Answer,
    /// The body of the answer, where it is left to the caller; else empty.
    pub(crate) flow: HttpBody,
    /// The call's span, for what goes wrong after the answer came.
    pub(crate) span: Span,
    /// The longest wait for a piece of the body.
    pub(crate) idle: Duration,
    /// The largest piece of it that may be held in memory.
    pub(crate) limit: usize,
}

/// Sends the request. Any status is an answer; an error means there was none.
///
/// # Errors
/// When nothing may be sent, or no attempt was answered in time.
pub(crate) async fn execute(
    handle: &Handle,
    options: &RequestOptions,
    prepared: Prepared,
    pool: Pool,
    reading: Reading,
) -> Result<Executed, Error> {
    let operation = prepared.operation;
    let core = handle.core();
    let (host, port) = (&*core.nodes.first().host, core.nodes.first().port);
    let target = Target { operation, method: &prepared.method, host, port, space: handle.space() };
    let span = Span::call(&target);
    let call = Exchange::new(handle, options, prepared, pool, reading);
    let run = async {
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(Error::new(ErrorKind::Runtime, "calls need a tokio runtime, or `send_blocking`"));
        }
        call?.run(&span).await
    };
    let result = span.clone().around(run).await;
    match &result {
        Ok(Arrived { answer, .. }) => {
            span.resends(answer.attempts);
            span.answered(answer.status, &answer.headers);
        }
        Err(error) => {
            span.resends(error.attempts());
            span.error(error.kind());
        }
    }
    let Arrived { answer, flow, idle } = result.map_err(|error| error.with_operation(operation.id))?;
    Ok(Executed { answer, flow, span, idle, limit: core.max_body })
}

struct Arrived {
    answer: Answer,
    flow: HttpBody,
    idle: Duration,
}

/// One call under way.
struct Exchange<'a> {
    core: &'a Core,
    space: Option<&'a str>,
    operation: &'static Operation,
    method: Method,
    /// Path and query behind the node's base.
    target: String,
    /// Whether the route is one that Kibana keeps for itself.
    internal: bool,
    media: Media,
    /// This call's options, its handle's, the client's.
    layers: [&'a RequestOptions; 3],
    body: HttpBody,
    is_packed: bool,
    /// A stream is gone with its attempt, so nothing that sent one is sent again.
    replayable: bool,
    credentials: Chosen,
    idempotent: bool,
    http: &'a dyn HttpClient,
    attempts: u32,
    reading: Reading,
    flow: HttpBody,
    told: Told,
}

impl<'a> Exchange<'a> {
    fn new(
        handle: &'a Handle,
        options: &'a RequestOptions,
        prepared: Prepared,
        pool: Pool,
        reading: Reading,
    ) -> Result<Self, Error> {
        let core = handle.core();
        let layers = [options, handle.options(), &core.options];
        layers.iter().try_for_each(|layer| layer.check())?;
        let Prepared { operation, method, path, mut query, body, mut told } = prepared;
        layers.iter().rev().for_each(|layer| query.merge(&layer.query));
        let mut target = String::with_capacity(path.len() + 32);
        if let Some(space) = handle.space().filter(|space| operation.space && *space != "default") {
            target.push_str("/s/");
            target.push_str(space);
        }
        target.push_str(&path);
        if telemetry::enabled() {
            told.target(&target, &query.told(core.product));
        }
        if !query.is_empty() {
            target.push('?');
            target.push_str(&query.encode(core.product));
        }
        let (mut body, media) = body.into_parts();
        let compress = layers.iter().find_map(|layer| layer.compress).unwrap_or(false)
            && !layers.iter().any(|layer| layer.headers.contains_key(CONTENT_ENCODING));
        let packed = if compress { gzip::pack(&body, &media) } else { None };
        let is_packed = packed.is_some();
        if let Some(packed) = packed {
            body = packed;
        }
        Ok(Self {
            credentials: core.credentials_of(options, handle.options())?,
            space: handle.space(),
            operation,
            method,
            internal: path.starts_with("/internal/"),
            target,
            media,
            replayable: body.replay().is_some(),
            is_packed,
            body,
            idempotent: operation.idempotent || layers.iter().any(|layer| layer.idempotent),
            layers,
            http: core.http(pool),
            core,
            attempts: 0,
            reading,
            flow: HttpBody::empty(),
            told,
        })
    }

    async fn run(mut self, span: &Span) -> Result<Arrived, Error> {
        let limit = self.option(|layer| layer.timeout).unwrap_or(self.core.policy.timeout);
        let attempt_limit = self.option(|layer| layer.attempt_timeout).unwrap_or(self.core.policy.attempt_timeout);
        let max_retries = self.option(|layer| layer.max_retries).unwrap_or(self.core.policy.max_retries);
        let deadline = Instant::now() + limit;
        let mut retries = 0;
        let mut refreshed = false;
        self.core.budget.deposit();
        loop {
            let node = self.core.nodes.pick();
            let ends = deadline.min(Instant::now() + attempt_limit);
            let credentials = match timeout_at(deadline, self.credentials()).await {
                Ok(credentials) => credentials?,
                Err(_) => return Err(self.out_of_time(limit)),
            };
            let asked = self.core.dialect.compatible_with();
            let request = self.request(node, &credentials)?;
            let url = self.told.url(&node.base, &credentials);
            if self.attempts == 0 {
                span.tell(self.operation, &self.told, url.as_deref());
            }
            let started = Instant::now();
            self.attempts += 1;
            let outcome = self.attempt(request, node, url.as_deref(), ends).await;
            let (failure, wait) = match &outcome {
                Ok(answer) => {
                    let refused_media = self.core.dialect.falls_back(asked, answer);
                    let refused_caller = answer.status == StatusCode::UNAUTHORIZED
                        && !refreshed
                        && match timeout_at(deadline, self.has_others(&credentials)).await {
                            Ok(others) => others?,
                            Err(_) => return Err(self.out_of_time(limit)),
                        };
                    if self.replayable && (refused_media || refused_caller) {
                        refreshed |= refused_caller;
                        self.after(node, &outcome, started, true);
                        continue;
                    }
                    (Failure::Status(answer.status), super::retry_after(&answer.headers))
                }
                Err(error) => (Failure::of(error), None),
            };
            if failure.blames_node() {
                self.core.nodes.failed(node);
            } else {
                self.core.nodes.answered(node);
            }
            let wait = match wait {
                Some(asked) => asked,
                None if failure == Failure::NotSent && self.core.nodes.has_other_than(node) => Duration::ZERO,
                None => self.core.policy.delay(retries),
            };
            // Waiting beyond the deadline would only hide what the server said.
            let retry = self.replayable
                && failure.may_retry(self.idempotent)
                && retries < max_retries
                && Instant::now() + wait < deadline
                && self.core.budget.withdraw();
            self.after(node, &outcome, started, retry);
            if !retry {
                return match outcome {
                    Ok(answer) => {
                        let caller = (!answer.status.is_success()).then_some(credentials);
                        let answer = Answer { attempts: self.attempts, caller, ..answer };
                        Ok(Arrived { answer, flow: self.flow, idle: attempt_limit })
                    }
                    Err(_) if Instant::now() >= deadline => Err(self.out_of_time(limit)),
                    Err(error) => Err(self.unanswered(error)),
                };
            }
            retries += 1;
            span.resends(self.attempts + 1);
            sleep(wait).await;
        }
    }

    /// The credentials of the next attempt.
    async fn credentials(&self) -> Result<Credentials, Error> {
        match &self.credentials {
            Chosen::Fixed(credentials) => Ok(credentials.clone()),
            Chosen::Provider(provider) => provider.credentials().await,
        }
    }

    /// Tells the provider that its credentials were refused. Whether it has others, which are worth another attempt.
    async fn has_others(&self, refused: &Credentials) -> Result<bool, Error> {
        match &self.credentials {
            Chosen::Provider(provider) if provider.refused(refused) && self.replayable => {
                Ok(provider.credentials().await? != *refused)
            }
            _ => Ok(false),
        }
    }

    fn request(&mut self, node: &Node, credentials: &Credentials) -> Result<Request<HttpBody>, Error> {
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(USER_AGENT, self.core.user_agent.clone());
        self.core.dialect.headers(self.operation, &self.media, &mut headers);
        if self.is_packed {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        if self.internal {
            self.core.dialect.open_internal(&mut headers);
        }
        self.layers.iter().rev().for_each(|layer| lay(&mut headers, &layer.headers));
        if !self.core.hooks.is_empty() {
            let attempt = self.description(node, self.attempts + 1);
            self.core.hooks.iter().for_each(|hook| hook.before_attempt(&attempt, &mut headers));
            headers.remove(AUTHORIZATION);
        }
        if let Some((name, value)) = credentials.header() {
            headers.insert(name, value.clone());
            self.core.warn_of_clear_text(node);
        }
        let body = self.body.replay().unwrap_or_else(|| std::mem::take(&mut self.body));
        // The bytes of a body at hand are counted by the HTTP stack.
        if let Some(length) = body.length().filter(|_| body.as_bytes().is_none()) {
            headers.insert(CONTENT_LENGTH, length.into());
        }
        let mut request = Request::new(body);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = format!("{}{}", node.base, self.target).parse().map_err(|error| {
            Error::new(ErrorKind::InvalidRequest, "the path does not make a URL").with_source(error)
        })?;
        *request.headers_mut() = headers;
        Ok(request)
    }

    /// Sends once and reads the answer: to its end, or to the end of its headers.
    async fn attempt(
        &mut self,
        request: Request<HttpBody>,
        node: &Node,
        url: Option<&str>,
        ends: Instant,
    ) -> Result<Answer, HttpError> {
        let target = Target {
            operation: self.operation,
            method: &self.method,
            host: &node.host,
            port: node.port,
            space: self.space,
        };
        let span = Span::attempt(&target, url, self.attempts);
        let exchange = async {
            let (parts, body) = self.http.send(request).await?.into_parts();
            span.answered(parts.status, &parts.headers);
            span.version(parts.version);
            if self.reading == Reading::Flowing && parts.status.is_success() {
                self.flow = body;
                return Ok(Answer::new(parts.status, parts.headers, bytes::Bytes::new()));
            }
            let body = body.collect(self.core.max_body).await?;
            Ok(Answer::new(parts.status, parts.headers, body))
        };
        let timed = async {
            timeout_at(ends, exchange)
                .await
                .unwrap_or_else(|elapsed| Err(HttpError::new(HttpErrorKind::Timeout, elapsed)))
        };
        let outcome = span.clone().around(timed).await;
        if let Err(error) = &outcome {
            span.error(kind_of(error));
        }
        outcome
    }

    fn after(&self, node: &Node, outcome: &Result<Answer, HttpError>, started: Instant, will_retry: bool) {
        if self.core.hooks.is_empty() {
            return;
        }
        let attempt = self.description(node, self.attempts);
        let outcome = Outcome {
            status: outcome.as_ref().ok().map(|answer| answer.status),
            error: outcome.as_ref().err().map(kind_of),
            elapsed: started.elapsed(),
            will_retry,
        };
        self.core.hooks.iter().for_each(|hook| hook.after_attempt(&attempt, &outcome));
    }

    fn description<'b>(&'b self, node: &'b Node, number: u32) -> Attempt<'b> {
        Attempt {
            operation: self.operation.id,
            method: &self.method,
            template: self.operation.template,
            host: &node.host,
            port: node.port,
            number,
        }
    }

    fn option<T>(&self, get: impl Fn(&RequestOptions) -> Option<T>) -> Option<T> {
        self.layers.iter().find_map(|layer| get(layer))
    }

    fn out_of_time(&self, limit: Duration) -> Error {
        Error::new(ErrorKind::Timeout, format!("no answer within {limit:?}")).with_attempts(self.attempts)
    }

    fn unanswered(&self, error: HttpError) -> Error {
        let (kind, hint) = (kind_of(&error), error.hint());
        let named = Error::new(kind, error.to_string()).with_attempts(self.attempts).with_source(error.into_source());
        match hint {
            Some(hint) => named.with_hint(hint),
            None => named,
        }
    }
}

/// What a failure of the HTTP client is to a caller.
pub(crate) fn kind_of(error: &HttpError) -> ErrorKind {
    match error.kind() {
        HttpErrorKind::Tls => ErrorKind::Tls,
        HttpErrorKind::Request => ErrorKind::InvalidRequest,
        HttpErrorKind::TooLarge => ErrorKind::Decode,
        HttpErrorKind::ConnectTimeout | HttpErrorKind::Timeout => ErrorKind::Timeout,
        HttpErrorKind::Connect | HttpErrorKind::Broken | HttpErrorKind::Body => ErrorKind::Connection,
    }
}
