//! How bytes travel: the [`HttpClient`] trait and its reqwest implementation. Nothing else in the crate names reqwest,
//! and no public signature does.

use std::error::Error as StdError;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use http::{HeaderMap, Request, Response};
use url::Url;

use crate::config::Userinfo;
use crate::{Error, ErrorKind};

/// A boxed future that can cross threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Any error.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// Sends one HTTP request. Implement it to bring your own HTTP stack, or to record what a test sends.
///
/// Retries, credentials, deadlines and nodes are the transport's business: an implementation sends once, follows no
/// redirects and answers whatever status came. It must be safe to drop the future at any point.
pub trait HttpClient: Send + Sync + 'static {
    /// Sends a request whose URI is absolute.
    fn send(&self, request: Request<HttpBody>) -> BoxFuture<'_, Result<Response<HttpBody>, HttpError>>;

    /// A client with connections of its own, for blocking calls: a pool whose connections live on a runtime that is
    /// not running hangs. By default, there is none and blocking calls share this client.
    fn for_blocking(&self) -> Option<Arc<dyn HttpClient>> {
        None
    }
}

impl<T: HttpClient + ?Sized> HttpClient for Arc<T> {
    fn send(&self, request: Request<HttpBody>) -> BoxFuture<'_, Result<Response<HttpBody>, HttpError>> {
        T::send(self, request)
    }

    fn for_blocking(&self) -> Option<Arc<dyn HttpClient>> {
        T::for_blocking(self)
    }
}

/// The body of an HTTP request or response: bytes, or a stream of them.
#[derive(Default)]
pub struct HttpBody(Content);

#[derive(Default)]
enum Content {
    #[default]
    Empty,
    Bytes(Bytes),
    /// Never locked: the mutex makes a body shareable between threads without asking that of streams.
    Stream(Mutex<BoxStream>),
    /// A stream that can be opened again, such as a file.
    Again(Reopened),
}

#[derive(Clone)]
struct Reopened {
    open: Arc<dyn Fn() -> BoxStream + Send + Sync>,
    length: Option<u64>,
}

type BoxStream = Pin<Box<dyn Stream<Item = Result<Bytes, HttpError>> + Send>>;

impl HttpBody {
    /// No body.
    pub const fn empty() -> Self {
        Self(Content::Empty)
    }

    /// A stream of bytes.
    pub fn from_stream<S, E>(stream: S) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<BoxError> + 'static,
    {
        Self::boxed(Box::pin(MapError(Box::pin(stream))))
    }

    /// A stream that `open` makes anew for every attempt, of this many bytes if that is known.
    pub(crate) fn reopened<S>(open: impl Fn() -> S + Send + Sync + 'static, length: Option<u64>) -> Self
    where
        S: Stream<Item = Result<Bytes, HttpError>> + Send + 'static,
    {
        Self(Content::Again(Reopened { open: Arc::new(move || Box::pin(open())), length }))
    }

    /// How many bytes it has, if that is known before they are read.
    pub fn length(&self) -> Option<u64> {
        match &self.0 {
            Content::Empty => Some(0),
            Content::Bytes(bytes) => u64::try_from(bytes.len()).ok(),
            Content::Stream(_) => None,
            Content::Again(again) => again.length,
        }
    }

    fn boxed(stream: BoxStream) -> Self {
        Self(Content::Stream(Mutex::new(stream)))
    }

    /// The bytes, if it is not a stream.
    pub fn as_bytes(&self) -> Option<&Bytes> {
        static NOTHING: Bytes = Bytes::new();
        match &self.0 {
            Content::Empty => Some(&NOTHING),
            Content::Bytes(bytes) => Some(bytes),
            Content::Stream(_) | Content::Again(_) => None,
        }
    }

    /// Reads the body to its end.
    ///
    /// # Errors
    /// When the connection breaks, or there are more than `limit` bytes.
    pub async fn collect(self, limit: usize) -> Result<Bytes, HttpError> {
        let mut stream = match self.0 {
            Content::Empty => return Ok(Bytes::new()),
            Content::Bytes(bytes) => return Ok(bytes),
            Content::Stream(stream) => stream.into_inner().unwrap_or_else(PoisonError::into_inner),
            Content::Again(again) => (again.open)(),
        };
        let mut next = async || poll_fn(|context| stream.as_mut().poll_next(context)).await.transpose();
        let Some(first) = next().await? else {
            return Ok(Bytes::new());
        };
        let Some(second) = next().await? else {
            return within(first, limit);
        };
        let mut all = BytesMut::with_capacity((first.len() + second.len()) * 2);
        all.extend_from_slice(&first);
        all.extend_from_slice(&second);
        while all.len() <= limit {
            match next().await? {
                Some(chunk) => all.extend_from_slice(&chunk),
                None => break,
            }
        }
        within(all.freeze(), limit)
    }

    /// The same body again, unless it is a stream that can be read only once.
    pub(crate) fn replay(&self) -> Option<Self> {
        match &self.0 {
            Content::Empty => Some(Self(Content::Empty)),
            Content::Bytes(bytes) => Some(Self(Content::Bytes(bytes.clone()))),
            Content::Stream(_) => None,
            Content::Again(again) => Some(Self(Content::Again(again.clone()))),
        }
    }
}

impl Stream for HttpBody {
    type Item = Result<Bytes, HttpError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Content::Again(again) = &self.0 {
            self.0 = Content::Stream(Mutex::new((again.open)()));
        }
        match &mut self.0 {
            Content::Stream(stream) => {
                stream.get_mut().unwrap_or_else(PoisonError::into_inner).as_mut().poll_next(context)
            }
            content => match std::mem::take(content) {
                Content::Bytes(bytes) if !bytes.is_empty() => Poll::Ready(Some(Ok(bytes))),
                _ => Poll::Ready(None),
            },
        }
    }
}

impl<T: Into<Bytes>> From<T> for HttpBody {
    fn from(bytes: T) -> Self {
        let bytes = bytes.into();
        Self(if bytes.is_empty() { Content::Empty } else { Content::Bytes(bytes) })
    }
}

impl fmt::Debug for HttpBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_bytes() {
            Some(bytes) => write!(f, "HttpBody({} bytes)", bytes.len()),
            None => f.write_str("HttpBody(stream)"),
        }
    }
}

/// Why a request got no answer, or not all of it.
#[derive(Debug)]
pub struct HttpError {
    kind: HttpErrorKind,
    source: BoxError,
}

/// What kept a request from its answer. It decides whether a retry is safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HttpErrorKind {
    /// No connection could be made; nothing was sent.
    Connect,
    /// Making the connection took too long; nothing was sent.
    ConnectTimeout,
    /// The TLS handshake failed; nothing was sent.
    Tls,
    /// The request can't be sent as it is; nothing was sent.
    Request,
    /// The connection broke; the server may have executed the request.
    Broken,
    /// The answer took too long; the server may have executed the request.
    Timeout,
    /// A body broke off or does not decompress.
    Body,
    /// The answer's body is larger than allowed.
    TooLarge,
}

impl HttpError {
    /// Makes an error.
    pub fn new(kind: HttpErrorKind, source: impl Into<BoxError>) -> Self {
        Self { kind, source: source.into() }
    }

    /// What kept the request from its answer.
    pub fn kind(&self) -> HttpErrorKind {
        self.kind
    }

    pub(crate) fn into_source(self) -> BoxError {
        self.source
    }

    /// What can be done about a failed handshake, or a proxy that does not let us through.
    pub(crate) fn hint(&self) -> Option<&'static str> {
        cause_of::<rustls::Error>(&*self.source)
            .and_then(crate::tls::explain)
            .or_else(|| refused_by_proxy(&*self.source))
    }

    /// Whether it is certain that the server saw nothing of the request.
    pub fn nothing_was_sent(&self) -> bool {
        use HttpErrorKind::{Connect, ConnectTimeout, Request, Tls};
        matches!(self.kind, Connect | ConnectTimeout | Tls | Request)
    }
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            HttpErrorKind::Connect => "no connection",
            HttpErrorKind::ConnectTimeout => "connecting took too long",
            HttpErrorKind::Tls => "the TLS handshake failed",
            HttpErrorKind::Request => "the request can't be sent",
            HttpErrorKind::Broken => "the connection broke",
            HttpErrorKind::Timeout => "the answer took too long",
            HttpErrorKind::Body => "the body broke off or can't be read",
            HttpErrorKind::TooLarge => "the body of the answer is too large",
        })
    }
}

impl StdError for HttpError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }
}

/// What the built-in client is made from.
#[derive(Clone)]
pub(crate) struct HttpSettings {
    pub(crate) connect_timeout: Duration,
    pub(crate) tls: rustls::ClientConfig,
    pub(crate) idle_connections: usize,
    pub(crate) proxy: HttpProxy,
}

/// Which proxy stands on the way.
#[derive(Clone)]
pub(crate) enum HttpProxy {
    /// That of the environment, if there is one.
    Environment,
    None,
    At {
        url: Url,
        userinfo: Option<Userinfo>,
    },
}

impl HttpSettings {
    /// Makes a client with a pool of its own.
    pub(crate) fn client(self) -> Result<Arc<dyn HttpClient>, Error> {
        let builder = reqwest::Client::builder()
            .connect_timeout(self.connect_timeout)
            .pool_max_idle_per_host(self.idle_connections)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            // The provider is part of the configuration: relying on the process-wide one panics where there is none.
            .tls_backend_preconfigured(self.tls.clone());
        let unusable =
            |error| Error::new(ErrorKind::Configuration, "the HTTP client can't be built").with_source(error);
        let builder = match &self.proxy {
            HttpProxy::Environment if !everything_is_excepted() => builder,
            HttpProxy::Environment | HttpProxy::None => builder.no_proxy(),
            HttpProxy::At { url, userinfo } => {
                let proxy = reqwest::Proxy::all(url.clone()).map_err(unusable)?;
                builder.proxy(match userinfo {
                    Some((username, password)) => proxy.basic_auth(username, password.expose()),
                    None => proxy,
                })
            }
        };
        let client = builder.build().map_err(unusable)?;
        Ok(Arc::new(ReqwestClient { client, settings: self }))
    }
}

struct ReqwestClient {
    client: reqwest::Client,
    settings: HttpSettings,
}

impl HttpClient for ReqwestClient {
    fn send(&self, request: Request<HttpBody>) -> BoxFuture<'_, Result<Response<HttpBody>, HttpError>> {
        Box::pin(async move {
            let request = request.map(|body| match body.as_bytes() {
                Some(bytes) => reqwest::Body::from(bytes.clone()),
                None => reqwest::Body::wrap_stream(body),
            });
            let request = reqwest::Request::try_from(request).map_err(from_reqwest)?;
            let mut response = self.client.execute(request).await.map_err(from_reqwest)?;
            let headers: HeaderMap = std::mem::take(response.headers_mut());
            let mut answer = Response::new(HttpBody::empty());
            *answer.status_mut() = response.status();
            *answer.version_mut() = response.version();
            *answer.headers_mut() = headers;
            *answer.body_mut() = HttpBody::boxed(Box::pin(ReqwestStream(Box::pin(response.bytes_stream()))));
            Ok(answer)
        })
    }

    fn for_blocking(&self) -> Option<Arc<dyn HttpClient>> {
        self.settings.clone().client().ok()
    }
}

struct ReqwestStream<S>(Pin<Box<S>>);

impl<S: Stream<Item = reqwest::Result<Bytes>>> Stream for ReqwestStream<S> {
    type Item = Result<Bytes, HttpError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(context).map(|item| item.map(|chunk| chunk.map_err(from_reqwest)))
    }
}

struct MapError<S>(Pin<Box<S>>);

impl<S: Stream<Item = Result<Bytes, E>>, E: Into<BoxError>> Stream for MapError<S> {
    type Item = Result<Bytes, HttpError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let map = |chunk: Result<Bytes, E>| chunk.map_err(|error| HttpError::new(HttpErrorKind::Body, error));
        self.0.as_mut().poll_next(context).map(|item| item.map(map))
    }
}

fn within(bytes: Bytes, limit: usize) -> Result<Bytes, HttpError> {
    if bytes.len() <= limit {
        return Ok(bytes);
    }
    Err(HttpError::new(HttpErrorKind::TooLarge, format!("it has more than {limit} bytes")))
}

fn from_reqwest(error: reqwest::Error) -> HttpError {
    let kind = if let Some(ours) = cause_of::<HttpError>(&error) {
        // The request's own body failed.
        ours.kind
    } else if cause_of::<rustls::Error>(&error).is_some() {
        HttpErrorKind::Tls
    } else if error.is_connect() && error.is_timeout() {
        HttpErrorKind::ConnectTimeout
    } else if error.is_connect() {
        HttpErrorKind::Connect
    } else if error.is_timeout() {
        HttpErrorKind::Timeout
    } else if error.is_builder() {
        HttpErrorKind::Request
    } else if error.is_decode() || error.is_body() {
        HttpErrorKind::Body
    } else {
        HttpErrorKind::Broken
    };
    // The URL stays out: paths name users and keys.
    HttpError::new(kind, error.without_url())
}

/// Whether the environment excepts every server from its proxies. The HTTP stack takes `*` for names, not for addresses.
fn everything_is_excepted() -> bool {
    let excepted = ["NO_PROXY", "no_proxy"].iter().find_map(|name| std::env::var(name).ok());
    excepted.is_some_and(|list| list.trim() == "*")
}

/// What a proxy said to `CONNECT`. Its error has no type that can be named, only words.
fn refused_by_proxy(error: &(dyn StdError + 'static)) -> Option<&'static str> {
    let mut next = Some(error);
    while let Some(error) = next {
        match &*error.to_string() {
            "tunnel error: proxy authorization required" => {
                return Some("the proxy wants a user name and password: put them into its URL, or use `proxy`");
            }
            text if text.starts_with("tunnel error: ") => {
                return Some("the proxy makes no connection to the server; `no_proxy` or NO_PROXY goes without it");
            }
            _ => next = error.source(),
        }
    }
    None
}

/// The first error of a kind in a chain.
fn cause_of<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        // io::Error hides the error it wraps from `source`.
        next = match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    None
}
