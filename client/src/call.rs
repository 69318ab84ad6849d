//! One call: a request and where to send it. The generic part is thin; everything that does not depend on the
//! operation's types is [`crate::transport`]'s and compiled once.

use std::fmt;

use http::StatusCode;
use serde::Serialize;
use serde_json::Value;

use crate::client::{Client, Handle};
use crate::http::BoxFuture;
use crate::options::RequestOptions;
use crate::redact::Secrets;
#[cfg(feature = "blocking")]
use crate::response::BlockingStreamed;
use crate::response::{Answer, Binary, FromBody, FromStream, Response, Streamed};
use crate::rt::{Endpoint, Operation, Path, Query};
use crate::telemetry::Told;
use crate::transport::{Dialect, Executed, Pool, Prepared, Reading, execute};
use crate::{Error, ErrorKind, telemetry};

/// A request that knows its client. It owns a cheap clone of it, so it can be stored and sent from another task.
#[derive(Clone)]
#[must_use = "a call does nothing until it is sent"]
pub struct Call<R> {
    handle: Handle,
    request: R,
    options: RequestOptions,
    patches: Vec<(String, Value)>,
}

impl<R: Endpoint> Call<R> {
    /// A call of `client`.
    pub fn new(client: &impl Client, request: R) -> Self {
        Self { handle: client.handle().clone(), request, options: RequestOptions::new(), patches: Vec::new() }
    }

    /// Sends the call.
    ///
    /// # Errors
    /// When it can't be sent, is not answered, is answered with an error, or the answer can't be read.
    pub async fn send(self) -> Result<Response<R::Response>, Error> {
        let prepared = self.prepare()?;
        let executed = checked(&self.handle, &self.options, prepared, Pool::here(), Reading::Whole).await;
        self.decode(executed)
    }

    /// Sends the call, and reads the answer as it comes: in constant memory, with status and headers at hand before the
    /// first item. Each piece may take as long as an attempt may; the call's own deadline ends with the headers.
    ///
    /// # Errors
    /// As [`send`](Self::send) before the first item; later, the items' own.
    pub async fn stream(self) -> Result<Response<Streamed<R::Response>>, Error>
    where
        R::Response: FromStream,
    {
        let prepared = self.prepare()?;
        let executed = checked(&self.handle, &self.options, prepared, Pool::here(), Reading::Flowing).await;
        self.flow(executed)
    }

    /// Sends the call; an answer of 404 is `None`.
    ///
    /// # Errors
    /// As [`send`](Self::send), but for 404.
    pub async fn send_optional(self) -> Result<Option<Response<R::Response>>, Error> {
        let handle = self.handle.clone();
        optional(&handle, self.send().await)
    }

    /// Sends the call and hands over whatever came, errors included.
    ///
    /// # Errors
    /// When the call can't be sent or is not answered.
    pub async fn send_raw(self) -> Result<Response<Binary>, Error> {
        let prepared = self.prepare()?;
        let executed = boxed(&self.handle, &self.options, prepared, Pool::here(), Reading::Whole).await?;
        Ok(Response::untouched(executed.answer))
    }

    /// Sets options of this call: credentials, headers, timeout, retries.
    pub fn options(mut self, options: impl FnOnce(RequestOptions) -> RequestOptions) -> Self {
        self.options = options(RequestOptions::new()).over(&self.options);
        self
    }

    /// The request.
    pub fn request(&self) -> &R {
        &self.request
    }

    /// The request, to change it.
    pub fn request_mut(&mut self) -> &mut R {
        &mut self.request
    }

    /// Takes the request.
    pub fn into_request(self) -> R {
        self.request
    }

    /// Sets the member of the JSON body at `pointer`, for what the specification gets wrong. Missing objects on the
    /// way are made.
    pub fn set_json(mut self, pointer: impl Into<String>, value: impl Serialize) -> Self {
        let pointer = pointer.into();
        match serde_json::to_value(value) {
            Ok(value) => self.patches.push((pointer, value)),
            Err(_) => self.options.note(format!("the value for `{pointer}` can't be written as JSON")),
        }
        self
    }

    fn prepare(&self) -> Result<Prepared, Error> {
        if !telemetry::enabled() {
            return self.write();
        }
        let (secrets, prepared) = Secrets::written_by(|| self.write());
        let mut prepared = prepared?;
        prepared.told.hide(secrets);
        Ok(prepared)
    }

    fn write(&self) -> Result<Prepared, Error> {
        let mut prepared = prepare(&self.request)?;
        for (pointer, value) in &self.patches {
            let body = std::mem::take(&mut prepared.body);
            prepared.body =
                body.patch(pointer, value.clone()).map_err(|error| error.with_operation(prepared.operation.id))?;
        }
        Ok(prepared)
    }

    fn decode(&self, executed: Result<Executed, Error>) -> Result<Response<R::Response>, Error> {
        let executed = executed.map_err(|error| self.hide(error))?;
        decode(executed, self.handle.strict(&self.options), R::OPERATION)
    }

    fn flow(&self, executed: Result<Executed, Error>) -> Result<Response<Streamed<R::Response>>, Error>
    where
        R::Response: FromStream,
    {
        let executed = executed.map_err(|error| self.hide(error))?;
        Ok(Streamed::of(executed, self.handle.strict(&self.options), R::OPERATION))
    }

    /// Writing the request once more tells which parts of it are secret; who succeeds does not pay for that.
    fn hide(&self, error: Error) -> Error {
        if error.status().is_none() {
            return error;
        }
        let (secrets, _) = Secrets::written_by(|| self.write());
        error.hide(&secrets)
    }
}

#[cfg(feature = "blocking")]
impl<R: Endpoint> Call<R> {
    /// Sends the call and waits for the answer.
    ///
    /// # Errors
    /// As [`send`](Self::send), and when called inside an async runtime.
    pub fn send_blocking(self) -> Result<Response<R::Response>, Error> {
        let prepared = self.prepare()?;
        let (handle, options) = (self.handle.clone(), self.options.clone());
        let executed =
            crate::blocking::run(
                async move { checked(&handle, &options, prepared, Pool::Blocking, Reading::Whole).await },
            );
        self.decode(executed)
    }

    /// Sends the call and reads the answer as it comes; each step waits for one item. See [`stream`](Self::stream).
    ///
    /// # Errors
    /// As [`stream`](Self::stream), and when called inside an async runtime.
    pub fn stream_blocking(self) -> Result<Response<BlockingStreamed<R::Response>>, Error>
    where
        R::Response: FromStream,
    {
        let prepared = self.prepare()?;
        let (handle, options) = (self.handle.clone(), self.options.clone());
        let executed = crate::blocking::run(async move {
            checked(&handle, &options, prepared, Pool::Blocking, Reading::Flowing).await
        });
        Ok(self.flow(executed)?.map(BlockingStreamed::new))
    }

    /// Sends the call and waits for the answer; 404 is `None`.
    ///
    /// # Errors
    /// As [`send_blocking`](Self::send_blocking), but for 404.
    pub fn send_optional_blocking(self) -> Result<Option<Response<R::Response>>, Error> {
        let handle = self.handle.clone();
        optional(&handle, self.send_blocking())
    }

    /// Sends the call, waits, and hands over whatever came, errors included.
    ///
    /// # Errors
    /// When the call can't be sent or is not answered, and when called inside an async runtime.
    pub fn send_raw_blocking(self) -> Result<Response<Binary>, Error> {
        let prepared = self.prepare()?;
        let executed = crate::blocking::run(async move {
            boxed(&self.handle, &self.options, prepared, Pool::Blocking, Reading::Whole).await
        })?;
        Ok(Response::untouched(executed.answer))
    }
}

impl<R: fmt::Debug> fmt::Debug for Call<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("request", &self.request).field("options", &self.options).finish_non_exhaustive()
    }
}

/// The request as data: nothing of it depends on a client.
pub(crate) fn prepare<R: Endpoint>(request: &R) -> Result<Prepared, Error> {
    let operation = R::OPERATION;
    let named = |error: Error| error.with_operation(operation.id);
    let mut path = Path::new(operation);
    request.path(&mut path).map_err(named)?;
    let mut query = Query::new();
    request.query(&mut query);
    if let Some(name) = query.unwritable() {
        let message = format!("the parameter `{name}` can't be written as JSON");
        return Err(named(Error::new(ErrorKind::InvalidRequest, message)));
    }
    let body = request.body().map_err(named)?;
    let (path, parameters) = path.into_parts();
    Ok(Prepared { operation, method: request.method(), path, query, body, told: Told::new(parameters) })
}

/// Sends, and turns an answer that is not a success into an error.
pub(crate) async fn checked(
    handle: &Handle,
    options: &RequestOptions,
    prepared: Prepared,
    pool: Pool,
    reading: Reading,
) -> Result<Executed, Error> {
    let operation = prepared.operation;
    let executed = boxed(handle, options, prepared, pool, reading).await?;
    match accept(handle, options, operation, executed.answer) {
        Ok(answer) => Ok(Executed { answer, ..executed }),
        Err(error) => {
            if error.kind() != ErrorKind::Api {
                executed.span.error(error.kind());
            }
            Err(error.with_operation(operation.id))
        }
    }
}

/// Reads an answer's body, and says what had to be corrected.
pub(crate) fn decode<T: FromBody>(
    Executed { answer, span, .. }: Executed,
    strict: bool,
    operation: &'static Operation,
) -> Result<Response<T>, Error> {
    let response = Response::<T>::decode(answer, strict).map_err(|error| {
        span.error(error.kind());
        error.with_operation(operation.id)
    })?;
    span.inside(|| telemetry::corrected(operation, response.corrections()));
    Ok(response)
}

/// One allocation a call keeps the transport's state out of every caller's future.
pub(crate) fn boxed<'a>(
    handle: &'a Handle,
    options: &'a RequestOptions,
    prepared: Prepared,
    pool: Pool,
    reading: Reading,
) -> BoxFuture<'a, Result<Executed, Error>> {
    Box::pin(execute(handle, options, prepared, pool, reading))
}

fn accept(handle: &Handle, options: &RequestOptions, operation: &Operation, answer: Answer) -> Result<Answer, Error> {
    let core = handle.core();
    if answer.status.is_success() {
        return if core.dialect.recognises(&answer.headers) { Ok(answer) } else { Err(Dialect::unsupported(answer)) };
    }
    let mut secrets = answer.caller.as_ref().map(Secrets::of).unwrap_or_default();
    [options, handle.options(), &core.options].iter().for_each(|layer| secrets.add_headers(&layer.headers));
    let error = Error::response(answer.status, answer.headers, answer.body).with_attempts(answer.attempts);
    let error = error.hide(&secrets);
    Err(match hint(&error, operation, core.server_version.or(core.dialect.server_major().map(|major| (major, 0)))) {
        Some(hint) => error.with_hint(hint),
        None => error,
    })
}

fn hint(error: &Error, operation: &Operation, server: Option<(u32, u32)>) -> Option<String> {
    let status = error.status()?;
    if status.is_redirection() {
        return Some("redirects are not followed; give the URL they lead to".to_owned());
    }
    let since = operation.since?;
    if !matches!(status, StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST | StatusCode::METHOD_NOT_ALLOWED) {
        return None;
    }
    match server.zip(version(since)) {
        Some((server, since)) if server < since => {
            let (server_major, server_minor) = server;
            let (major, minor) = since;
            // Only the major is known of a server that refused our media type.
            let server =
                if server_minor == 0 { format!("{server_major}.x") } else { format!("{server_major}.{server_minor}") };
            Some(format!("the operation is there since {major}.{minor}, and the server is {server}"))
        }
        // Elasticsearch says so when it has no such route at all.
        _ if error.reason().is_some_and(|reason| reason.starts_with("no handler found")) => {
            Some(format!("the server does not know this route; the operation is there since {since}"))
        }
        _ => None,
    }
}

/// Major and minor of `9.1`, `9.1.0` or `9.1.0-SNAPSHOT`.
pub(crate) fn version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split(['.', '-']);
    Some((parts.next()?.parse().ok()?, parts.next().map_or(Some(0), |minor| minor.parse().ok())?))
}

/// A 404 says that something is not there only if it comes from the product, and not from what stands before it.
fn optional<T>(handle: &Handle, result: Result<T, Error>) -> Result<Option<T>, Error> {
    let ours = |error: &Error| handle.core().dialect.recognises(error.headers());
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_not_found() && ours(&error) => Ok(None),
        Err(error) => Err(error),
    }
}
