//! The two clients. Each is a cheap handle on shared connections: clone it, keep it, send it to other threads.

use std::fmt;
use std::sync::Arc;

use http::Method;

use crate::call::Call;
use crate::config::{Builder, IntoUrls};
use crate::options::RequestOptions;
use crate::request::RawRequest;
use crate::response::Response;
use crate::rt::Endpoint;
use crate::transport::Core;
use crate::{Error, ErrorKind};

/// A client of Elasticsearch.
///
/// ```no_run
/// use elkit::Elasticsearch;
///
/// # async fn f(password: elkit::Secret<String>) -> elkit::Result<()> {
/// let es = Elasticsearch::builder("https://localhost:9200").basic_auth("elastic", password).build()?;
/// let info = es.request(elkit::Method::GET, "/").send::<serde_json::Value>().await?;
/// println!("{}", info["version"]["number"]);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Elasticsearch {
    handle: Handle,
}

impl Elasticsearch {
    pub(crate) fn new(core: Core) -> Self {
        Self { handle: Handle::new(core) }
    }

    /// Starts a client of these nodes: one URL, or several of one cluster.
    pub fn builder(urls: impl IntoUrls) -> Builder<Self> {
        Builder::<Self>::start().url(urls)
    }

    /// Starts a client of an Elastic Cloud deployment.
    pub fn cloud(id: impl Into<String>) -> Builder<Self> {
        Builder::<Self>::start().cloud(id)
    }

    /// Starts a client from the environment: `ELASTICSEARCH_URL` or `ELASTIC_CLOUD_ID`, and `ELASTICSEARCH_API_KEY`,
    /// `_USERNAME` and `_PASSWORD`, `_BEARER_TOKEN`, `_CA_CERT`. What the builder is told goes before it.
    pub fn from_env() -> Builder<Self> {
        Builder::<Self>::start().environment()
    }

    /// A handle whose calls have these options. Credentials given here replace the client's.
    #[must_use]
    pub fn options(&self, options: impl FnOnce(RequestOptions) -> RequestOptions) -> Self {
        Self { handle: self.handle.with_options(options) }
    }

    /// Sends a request.
    ///
    /// # Errors
    /// When it can't be sent, is not answered, is answered with an error, or the answer can't be read.
    pub async fn send<R: Endpoint>(&self, request: R) -> Result<Response<R::Response>, Error> {
        Call::new(self, request).send().await
    }

    /// Sends a request and waits for the answer.
    ///
    /// # Errors
    /// As [`send`](Self::send), and when called inside an async runtime.
    #[cfg(feature = "blocking")]
    pub fn send_blocking<R: Endpoint>(&self, request: R) -> Result<Response<R::Response>, Error> {
        Call::new(self, request).send_blocking()
    }

    /// Starts a request to a route that has no method here. The path is sent as it stands.
    pub fn request(&self, method: Method, path: impl Into<String>) -> RawRequest {
        RawRequest::new(self, method, path.into())
    }
}

/// A client of Kibana.
///
/// ```no_run
/// use elkit::Kibana;
///
/// # fn f(key: elkit::Secret<String>) -> elkit::Result<()> {
/// let kibana = Kibana::builder("https://localhost:5601").api_key(key).build()?;
/// let marketing = kibana.space("marketing")?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Kibana {
    handle: Handle,
}

impl Kibana {
    pub(crate) fn new(core: Core) -> Self {
        Self { handle: Handle::new(core) }
    }

    /// Starts a client of these servers: one URL, or several of one installation.
    pub fn builder(urls: impl IntoUrls) -> Builder<Self> {
        Builder::<Self>::start().url(urls)
    }

    /// Starts a client of an Elastic Cloud deployment.
    pub fn cloud(id: impl Into<String>) -> Builder<Self> {
        Builder::<Self>::start().cloud(id)
    }

    /// Starts a client from the environment: `KIBANA_URL` or `ELASTIC_CLOUD_ID`, and `KIBANA_API_KEY`, `_USERNAME` and
    /// `_PASSWORD`, `_BEARER_TOKEN`, `_CA_CERT`. What the builder is told goes before it.
    pub fn from_env() -> Builder<Self> {
        Builder::<Self>::start().environment()
    }

    /// A handle whose calls go to a space. `default` is the default space. Nothing is asked of the server: a space
    /// that does not exist is a 404 of the call.
    ///
    /// # Errors
    /// When the id holds anything but lower-case letters, digits, `_` and `-`.
    pub fn space(&self, id: &str) -> Result<Self, Error> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
        if id.is_empty() || !id.bytes().all(allowed) {
            let message = "a space id is made of lower-case letters, digits, `_` and `-`";
            return Err(Error::new(ErrorKind::InvalidRequest, message));
        }
        Ok(Self { handle: Handle { space: Some(id.into()), ..self.handle.clone() } })
    }

    /// A handle whose calls have these options. Credentials given here replace the client's.
    #[must_use]
    pub fn options(&self, options: impl FnOnce(RequestOptions) -> RequestOptions) -> Self {
        Self { handle: self.handle.with_options(options) }
    }

    /// Sends a request.
    ///
    /// # Errors
    /// When it can't be sent, is not answered, is answered with an error, or the answer can't be read.
    pub async fn send<R: Endpoint>(&self, request: R) -> Result<Response<R::Response>, Error> {
        Call::new(self, request).send().await
    }

    /// Sends a request and waits for the answer.
    ///
    /// # Errors
    /// As [`send`](Self::send), and when called inside an async runtime.
    #[cfg(feature = "blocking")]
    pub fn send_blocking<R: Endpoint>(&self, request: R) -> Result<Response<R::Response>, Error> {
        Call::new(self, request).send_blocking()
    }

    /// Starts a request to a route that has no method here. The path is sent as it stands, within the handle's space.
    pub fn request(&self, method: Method, path: impl Into<String>) -> RawRequest {
        RawRequest::new(self, method, path.into())
    }
}

/// What calls are made from. Both clients are; generated namespaces hold one.
pub trait Client {
    /// The handle.
    #[doc(hidden)]
    fn handle(&self) -> &Handle;
}

impl Client for Elasticsearch {
    fn handle(&self) -> &Handle {
        &self.handle
    }
}

impl Client for Kibana {
    fn handle(&self) -> &Handle {
        &self.handle
    }
}

impl fmt::Debug for Elasticsearch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.handle.debug(f, "Elasticsearch")
    }
}

impl fmt::Debug for Kibana {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.handle.debug(f, "Kibana")
    }
}

/// The shared connections, and what this handle adds to them.
#[doc(hidden)]
#[derive(Clone)]
pub struct Handle {
    core: Arc<Core>,
    options: Arc<RequestOptions>,
    space: Option<Arc<str>>,
}

impl Handle {
    fn new(core: Core) -> Self {
        Self { core: Arc::new(core), options: Arc::default(), space: None }
    }

    pub(crate) fn core(&self) -> &Core {
        &self.core
    }

    pub(crate) fn options(&self) -> &RequestOptions {
        &self.options
    }

    pub(crate) fn space(&self) -> Option<&str> {
        self.space.as_deref()
    }

    /// Whether answers that do not fit are errors, for a call with these options.
    pub(crate) fn strict(&self, call: &RequestOptions) -> bool {
        call.strict.or(self.options.strict).or(self.core.options.strict).unwrap_or(false)
    }

    fn with_options(&self, options: impl FnOnce(RequestOptions) -> RequestOptions) -> Self {
        Self { options: Arc::new(options(RequestOptions::new()).over(&self.options)), ..self.clone() }
    }

    fn debug(&self, f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
        f.debug_struct(name)
            .field("url", &self.core.nodes.first().base)
            .field("space", &self.space)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_go_anywhere() {
        fn check<T: Clone + Send + Sync + fmt::Debug + 'static>() {}
        check::<Elasticsearch>();
        check::<Kibana>();
    }

    #[test]
    fn space_ids() {
        let kibana = Kibana::builder("http://localhost:5601").build().unwrap();
        for good in ["marketing", "default", "a_b-1"] {
            assert!(kibana.space(good).is_ok(), "{good}");
        }
        for bad in ["", "A", "a b", "a/b", "..", "é", "a\n"] {
            assert!(kibana.space(bad).is_err(), "{bad}");
        }
    }
}
