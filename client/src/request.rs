//! The way to routes that no specification has. It goes through the same transport as everything else.

use std::fmt;

use http::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::body::Body;
use crate::call::{boxed, checked};
use crate::client::{Client, Handle};
use crate::options::RequestOptions;
#[cfg(feature = "blocking")]
use crate::response::BlockingStreamed;
use crate::response::{Binary, FromStream, Response, Streamed};
use crate::rt::{Operation, Product, Query};
use crate::telemetry::Told;
use crate::transport::{Executed, Pool, Prepared, Reading};
use crate::{Error, ErrorKind};

/// A request to a route that has no method.
///
/// ```no_run
/// # async fn f(kibana: elkit::Kibana) -> elkit::Result<()> {
/// use elkit::Method;
/// use serde_json::{Value, json};
///
/// let made = kibana.request(Method::POST, "/api/my_plugin/things").json(&json!({"name": "x"})).send::<Value>().await?;
/// println!("{}", made["id"]);
/// # Ok(()) }
/// ```
#[must_use = "a request does nothing until it is sent"]
pub struct RawRequest {
    handle: Handle,
    method: Method,
    path: String,
    query: Query,
    body: Body,
    options: RequestOptions,
}

impl RawRequest {
    pub(crate) fn new(client: &impl Client, method: Method, path: String) -> Self {
        let handle = client.handle().clone();
        Self { handle, method, path, query: Query::new(), body: Body::empty(), options: RequestOptions::new() }
    }

    /// Adds a query parameter.
    pub fn query(mut self, name: impl AsRef<str>, value: impl fmt::Display) -> Self {
        self.query.unknown(name.as_ref(), value);
        self
    }

    /// Sets a header.
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        self.options = self.options.header(name, value);
        self
    }

    /// Sets the body to a JSON value. A value that can't be written is an error when the request is sent.
    pub fn json(mut self, value: &(impl Serialize + ?Sized)) -> Self {
        match Body::serialize(value) {
            Ok(body) => self.body = body,
            Err(error) => self.options.note(error.to_string()),
        }
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: Body) -> Self {
        self.body = body;
        self
    }

    /// Sets options: credentials, timeout, retries.
    pub fn options(mut self, options: impl FnOnce(RequestOptions) -> RequestOptions) -> Self {
        self.options = options(RequestOptions::new()).over(&self.options);
        self
    }

    /// Sends the request and reads the answer as JSON, by serde's own rules.
    ///
    /// # Errors
    /// When it can't be sent, is not answered, is answered with an error, or the answer does not fit `T`.
    pub async fn send<T: DeserializeOwned>(self) -> Result<Response<T>, Error> {
        let Parts { handle, options, prepared } = self.prepare()?;
        let operation = prepared.operation;
        let executed = checked(&handle, &options, prepared, Pool::here(), Reading::Whole).await?;
        deserialize(executed, operation)
    }

    /// Sends the request and hands over whatever came, errors included.
    ///
    /// # Errors
    /// When it can't be sent or is not answered.
    pub async fn send_raw(self) -> Result<Response<Binary>, Error> {
        let Parts { handle, options, prepared } = self.prepare()?;
        let executed = boxed(&handle, &options, prepared, Pool::here(), Reading::Whole).await?;
        Ok(Response::untouched(executed.answer))
    }

    /// Sends the request and reads the answer as it comes: `stream::<Ndjson<Value>>()`, `stream::<Events>()` or
    /// `stream::<Binary>()`. See [`Call::stream`](crate::Call::stream).
    ///
    /// # Errors
    /// When it can't be sent, is not answered, or is answered with an error; later, the items' own.
    pub async fn stream<T: FromStream>(self) -> Result<Response<Streamed<T>>, Error> {
        let Parts { handle, options, prepared } = self.prepare()?;
        let operation = prepared.operation;
        let executed = checked(&handle, &options, prepared, Pool::here(), Reading::Flowing).await?;
        Ok(Streamed::of(executed, handle.strict(&options), operation))
    }

    /// Sends the request and waits; see [`send`](Self::send).
    ///
    /// # Errors
    /// As [`send`](Self::send), and when called inside an async runtime.
    #[cfg(feature = "blocking")]
    pub fn send_blocking<T: DeserializeOwned>(self) -> Result<Response<T>, Error> {
        let Parts { handle, options, prepared } = self.prepare()?;
        let operation = prepared.operation;
        let executed =
            crate::blocking::run(
                async move { checked(&handle, &options, prepared, Pool::Blocking, Reading::Whole).await },
            )?;
        deserialize(executed, operation)
    }

    /// Sends the request and waits; see [`send_raw`](Self::send_raw).
    ///
    /// # Errors
    /// As [`send_raw`](Self::send_raw), and when called inside an async runtime.
    #[cfg(feature = "blocking")]
    pub fn send_raw_blocking(self) -> Result<Response<Binary>, Error> {
        let Parts { handle, options, prepared } = self.prepare()?;
        let executed =
            crate::blocking::run(
                async move { boxed(&handle, &options, prepared, Pool::Blocking, Reading::Whole).await },
            )?;
        Ok(Response::untouched(executed.answer))
    }

    /// Sends the request and reads the answer as it comes, each step waiting for one item; see [`stream`](Self::stream).
    ///
    /// # Errors
    /// As [`stream`](Self::stream), and when called inside an async runtime.
    #[cfg(feature = "blocking")]
    pub fn stream_blocking<T: FromStream>(self) -> Result<Response<BlockingStreamed<T>>, Error> {
        let Parts { handle, options, prepared } = self.prepare()?;
        let (operation, strict) = (prepared.operation, handle.strict(&options));
        let executed = crate::blocking::run(async move {
            checked(&handle, &options, prepared, Pool::Blocking, Reading::Flowing).await
        })?;
        Ok(Streamed::of(executed, strict, operation).map(BlockingStreamed::new))
    }

    fn prepare(self) -> Result<Parts, Error> {
        let operation = operation(self.handle.core().product, &self.method);
        check_path(&self.path)
            .map_err(|what| Error::new(ErrorKind::InvalidRequest, what).with_operation(operation.id))?;
        let Self { handle, method, path, query, body, options } = self;
        Ok(Parts {
            handle,
            options,
            prepared: Prepared { operation, method, path, query, body, told: Told::default() },
        })
    }
}

impl fmt::Debug for RawRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawRequest")
            .field("method", &self.method)
            .field("query", &self.query)
            .field("body", &self.body)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

fn deserialize<T: DeserializeOwned>(
    Executed { answer, span, .. }: Executed,
    operation: &'static Operation,
) -> Result<Response<T>, Error> {
    Response::deserialize(answer).map_err(|error| {
        span.error(error.kind());
        error.with_operation(operation.id)
    })
}

struct Parts {
    handle: Handle,
    options: RequestOptions,
    prepared: Prepared,
}

/// Nothing is known of such a route but its verb, so only what reads may be repeated.
fn operation(product: Product, method: &Method) -> &'static Operation {
    const fn raw(id: &'static str, product: Product, idempotent: bool) -> Operation {
        Operation { id, product, template: "", idempotent, since: None, version: None, space: true, accept: None }
    }
    static OPERATIONS: [Operation; 4] = [
        raw("elasticsearch.request", Product::Elasticsearch, false),
        raw("elasticsearch.request", Product::Elasticsearch, true),
        raw("kibana.request", Product::Kibana, false),
        raw("kibana.request", Product::Kibana, true),
    ];
    let base = if product == Product::Elasticsearch { 0 } else { 2 };
    &OPERATIONS[base + usize::from(method.is_safe())]
}

/// The caller wrote the path and encoded its parts; what a URL parser would read as something else is refused.
fn check_path(path: &str) -> Result<(), &'static str> {
    if !path.starts_with('/') {
        return Err("the path does not begin with `/`");
    }
    if path.contains('?') {
        return Err("the path holds a `?`: give parameters by `query`, or encode it as %3F");
    }
    if !path.bytes().all(|byte| byte.is_ascii_graphic() && !b"#\\\"<>^`{|}".contains(&byte)) {
        return Err("the path holds a character that must be percent-encoded");
    }
    let dots = |segment: &str| matches!(&*segment.to_ascii_lowercase().replace("%2e", "."), "." | "..");
    if path.split('/').any(dots) {
        return Err("the path holds a segment `.` or `..`");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        for good in ["/", "/a/b%20c", "/_security/role/a,b*", "/a/...", "/a/%252e%252e"] {
            assert_eq!(check_path(good), Ok(()), "{good}");
        }
        for bad in ["", "a", "/a?b", "/a b", "/é", "/a\n", "/a/../b", "/a/.", "/a/%2e%2E/b", "/a/.%2e", "/a#b", "/a\\b"]
        {
            assert!(check_path(bad).is_err(), "{bad}");
        }
    }
}
