//! What the user said: builder, environment, URLs, Cloud ID. Nothing is decided here but whether it can be meant;
//! which credential is used is [`crate::auth::precedence`]'s business.

mod build;
mod cloud;
mod environment;
mod urls;

use std::marker::PhantomData;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::auth::{ApiKey, Bearer, CredentialsProvider};
use crate::client::{Elasticsearch, Kibana};
use crate::http::HttpClient;
use crate::options::RequestOptions;
use crate::rt::Product;
use crate::tls::{Pem, TlsOptions};
use crate::transport::RetryPolicy;
use crate::transport::hooks::Hook;
use crate::{Error, Secret};

pub use environment::{VARIABLES, Variable, VariableMeaning};
pub use urls::IntoUrls;
pub(crate) use urls::Userinfo;

pub(crate) use environment::Environment;

/// Settings that make both clients.
///
/// ```no_run
/// # fn f(password: elkit::Secret<String>) -> elkit::Result<()> {
/// let config = elkit::Config::new()
///     .elasticsearch_url("https://localhost:9200")
///     .kibana_url("https://localhost:5601")
///     .basic_auth("elastic", password);
/// let (es, kibana) = (config.elasticsearch()?, config.kibana()?);
/// # Ok(()) }
/// ```
pub type Config = Builder<Both>;

/// Says that settings are for both products; see [`Config`].
#[derive(Clone, Copy, Debug)]
pub enum Both {}

/// Settings of a client that is not built yet.
///
/// Setters do not fail: what is wrong is said by `build`. Later calls of one setter replace earlier ones.
#[derive(Clone)]
#[must_use = "settings do nothing until `build`"]
pub struct Builder<C> {
    settings: Settings,
    target: PhantomData<fn() -> C>,
}

/// Everything the user said.
#[derive(Clone)]
pub(crate) struct Settings {
    elasticsearch: Vec<Secret<String>>,
    kibana: Vec<Secret<String>>,
    cloud: Option<Secret<String>>,
    environment: Option<Environment>,
    options: RequestOptions,
    tls: TlsOptions,
    policy: RetryPolicy,
    hooks: Vec<Arc<dyn Hook>>,
    proxy: Proxy,
    http: Option<Arc<dyn HttpClient>>,
    wraps: Vec<Arc<Wrap>>,
    user_agent: Option<String>,
    server_version: Option<String>,
    serverless: bool,
    max_body: usize,
    idle_connections: usize,
}

/// Which proxy stands on the way.
#[derive(Clone)]
pub(crate) enum Proxy {
    Environment,
    None,
    At(Secret<String>),
}

/// Puts an HTTP client around another.
pub(crate) type Wrap = dyn Fn(Arc<dyn HttpClient>) -> Arc<dyn HttpClient> + Send + Sync;

/// Larger answers are an error unless they are streamed.
const MAX_BODY: usize = 256 << 20;

impl<C> Builder<C> {
    pub(crate) fn start() -> Self {
        Self {
            settings: Settings {
                elasticsearch: Vec::new(),
                kibana: Vec::new(),
                cloud: None,
                environment: None,
                options: RequestOptions::new(),
                tls: TlsOptions::default(),
                policy: RetryPolicy::default(),
                hooks: Vec::new(),
                proxy: Proxy::Environment,
                http: None,
                wraps: Vec::new(),
                user_agent: None,
                server_version: None,
                serverless: false,
                max_body: MAX_BODY,
                idle_connections: 16,
            },
            target: PhantomData,
        }
    }

    /// Connects to an Elastic Cloud deployment.
    pub fn cloud(mut self, id: impl Into<String>) -> Self {
        self.settings.cloud = Some(Secret::new(id.into()));
        self
    }

    /// Reads the environment now, for what the builder is not told. See [`VARIABLES`].
    pub fn environment(self) -> Self {
        self.environment_with(|name| std::env::var_os(name))
    }

    /// As [`environment`](Self::environment), from another place than the process environment.
    #[doc(hidden)]
    pub fn environment_with(mut self, read: impl Fn(&str) -> Option<std::ffi::OsString>) -> Self {
        self.settings.environment = Some(Environment::read(read));
        self
    }
}

/// Who is calling. [`crate::auth::precedence`] says what wins when several are given.
impl<C> Builder<C> {
    /// Authenticates with an API key: the encoded text, `(id, secret)`, or the answer that created it.
    pub fn api_key(self, key: impl Into<ApiKey>) -> Self {
        self.options(|o| o.api_key(key))
    }

    /// Authenticates with a user name and password.
    pub fn basic_auth(self, username: impl Into<String>, password: impl Into<Secret<String>>) -> Self {
        self.options(|o| o.basic_auth(username, password))
    }

    /// Authenticates with a bearer token: OAuth, JWT, or a service account's.
    pub fn bearer_auth(self, token: impl Into<Bearer>) -> Self {
        self.options(|o| o.bearer_auth(token))
    }

    /// Authenticates with another scheme of the `Authorization` header.
    pub fn authorization(self, scheme: impl Into<String>, credentials: impl Into<Secret<String>>) -> Self {
        self.options(|o| o.authorization(scheme, credentials))
    }

    /// Asks a provider for the credentials of each attempt.
    pub fn credentials_provider(self, provider: impl CredentialsProvider) -> Self {
        self.options(|o| o.credentials_provider(provider))
    }

    /// Sends no credentials, whatever the environment has.
    pub fn anonymous(self) -> Self {
        self.options(RequestOptions::anonymous)
    }
}

/// How calls are made. Every call and handle can say otherwise.
impl<C> Builder<C> {
    /// Sets options that all calls have.
    pub fn options(mut self, options: impl FnOnce(RequestOptions) -> RequestOptions) -> Self {
        // One source: what is set later joins what was set before.
        self.settings.options = options(self.settings.options);
        self
    }

    /// Sets a header that all calls have.
    pub fn header(self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        self.options(|o| o.header(name, value))
    }

    /// How long a call may take, retries and waits included. By default, 120 seconds.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.options(|o| o.timeout(timeout))
    }

    /// How long one attempt may take. By default, 30 seconds.
    pub fn attempt_timeout(self, timeout: Duration) -> Self {
        self.options(|o| o.attempt_timeout(timeout))
    }

    /// How long making a connection may take. By default, 10 seconds.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.settings.policy.connect_timeout = timeout;
        self
    }

    /// How often a failed attempt is repeated. By default, 3 times.
    pub fn max_retries(self, retries: u32) -> Self {
        self.options(|o| o.max_retries(retries))
    }

    /// The bounds of the random wait before a retry: `first` before the first, doubled each time, never above
    /// `longest`. By default, 100 milliseconds and 10 seconds.
    pub fn retry_delay(mut self, first: Duration, longest: Duration) -> Self {
        (self.settings.policy.first_delay, self.settings.policy.longest_delay) = (first, longest);
        self
    }

    /// Makes an answer that does not fit the specification an error, instead of correcting it.
    pub fn strict(self) -> Self {
        self.options(RequestOptions::strict)
    }

    /// Packs the bodies of requests with gzip; see [`RequestOptions::compress`].
    #[cfg(feature = "gzip")]
    pub fn compress(self) -> Self {
        self.options(RequestOptions::compress)
    }

    /// The version of the server, such as `9.1`, where it is known: errors then say when an operation is newer.
    pub fn server_version(mut self, version: impl Into<String>) -> Self {
        self.settings.server_version = Some(version.into());
        self
    }

    /// The largest answer, in bytes after decompression, that is read into memory. By default, 256 MiB.
    pub fn max_response_size(mut self, bytes: usize) -> Self {
        self.settings.max_body = bytes;
        self
    }

    /// How many idle connections are kept for each node. By default, 16.
    pub fn max_idle_connections(mut self, connections: usize) -> Self {
        self.settings.idle_connections = connections;
        self
    }

    /// Names the application in the `user-agent`, before the name of this library.
    pub fn user_agent(mut self, application: impl Into<String>) -> Self {
        self.settings.user_agent = Some(application.into());
        self
    }

    /// Adds a hook that sees every attempt. Hooks run in the order they are added.
    pub fn hook(mut self, hook: impl Hook) -> Self {
        self.settings.hooks.push(Arc::new(hook));
        self
    }

    /// Sends everything through this proxy, whatever the environment says: by `CONNECT` to servers with `https://`. User
    /// name and password may stand in the URL. By default, `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` say
    /// which proxy there is, in capital or small letters.
    pub fn proxy(mut self, url: impl Into<Secret<String>>) -> Self {
        self.settings.proxy = Proxy::At(url.into());
        self
    }

    /// Sends through no proxy, whatever the environment says.
    pub fn no_proxy(mut self) -> Self {
        self.settings.proxy = Proxy::None;
        self
    }

    /// Sends through another HTTP client. TLS options, proxies and the connect timeout are then its own business.
    pub fn http_client(mut self, client: impl HttpClient) -> Self {
        self.settings.http = Some(Arc::new(client));
        self
    }

    /// Puts an HTTP client around the one that would be used: to record what goes through it, or to limit it. What is
    /// added later stands outside.
    pub fn wrap_http_client(
        mut self,
        wrap: impl Fn(Arc<dyn HttpClient>) -> Arc<dyn HttpClient> + Send + Sync + 'static,
    ) -> Self {
        self.settings.wraps.push(Arc::new(wrap));
        self
    }
}

/// TLS. On and verified by default, against the certificates of the system. Any of these with an `http://` URL is an
/// error.
impl<C> Builder<C> {
    /// Trusts servers whose certificate this one signed, and no others. PEM (one or several) or DER.
    pub fn ca_cert(mut self, certificate: impl Into<Vec<u8>>) -> Self {
        self.settings.tls.ca_certs.push(Pem::Bytes(Secret::new(certificate.into())));
        self
    }

    /// As [`ca_cert`](Self::ca_cert), from a file, such as Elasticsearch's `http_ca.crt`. Read by `build`.
    pub fn ca_cert_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.settings.tls.ca_certs.push(Pem::File(path.into()));
        self
    }

    /// Trusts the server whose certificate has this SHA-256, or whose certificate was signed by one that has.
    /// Hexadecimal, with or without colons: what Elasticsearch prints at its first start.
    pub fn ca_fingerprint(mut self, sha256: impl Into<String>) -> Self {
        self.settings.tls.fingerprint = Some(sha256.into());
        self
    }

    /// Shows the server a certificate: PEM of the certificate with its chain, and of its key (PKCS#8, PKCS#1 or SEC1).
    pub fn client_certificate(mut self, certificate: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        let pem = |bytes: Vec<u8>| Pem::Bytes(Secret::new(bytes));
        self.settings.tls.identity = Some((pem(certificate.into()), pem(key.into())));
        self
    }

    /// As [`client_certificate`](Self::client_certificate), from files. Read by `build`.
    pub fn client_certificate_files(mut self, certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.settings.tls.identity = Some((Pem::File(certificate.into()), Pem::File(key.into())));
        self
    }

    /// Trusts any server. Whoever stands on the way can read and change everything, credentials included.
    pub fn danger_accept_invalid_certs(mut self) -> Self {
        self.settings.tls.accept_invalid_certs = true;
        self
    }
}

impl Builder<Elasticsearch> {
    /// The nodes: one URL, or several of one cluster. A path is kept as a prefix.
    pub fn url(mut self, urls: impl IntoUrls) -> Self {
        self.settings.elasticsearch = urls.into_urls();
        self
    }

    /// Speaks to Elasticsearch Serverless: plain JSON and a dated API version.
    pub fn serverless(mut self) -> Self {
        self.settings.serverless = true;
        self
    }

    /// Makes the client.
    ///
    /// # Errors
    /// When URLs, credentials or TLS options are malformed or contradict each other.
    pub fn build(&self) -> Result<Elasticsearch, Error> {
        self.settings.core(Product::Elasticsearch).map(Elasticsearch::new)
    }
}

impl Builder<Kibana> {
    /// The servers: one URL, or several of one installation. A path is kept as a prefix.
    pub fn url(mut self, urls: impl IntoUrls) -> Self {
        self.settings.kibana = urls.into_urls();
        self
    }

    /// Authenticates with a session cookie, such as `sid=...`.
    pub fn session_cookie(self, cookie: impl Into<Secret<String>>) -> Self {
        self.options(|o| o.session_cookie(cookie))
    }

    /// Makes the client.
    ///
    /// # Errors
    /// When URLs, credentials or TLS options are malformed or contradict each other.
    pub fn build(&self) -> Result<Kibana, Error> {
        self.settings.core(Product::Kibana).map(Kibana::new)
    }
}

impl Builder<Both> {
    /// No settings.
    pub fn new() -> Self {
        Self::start()
    }

    /// Settings of the environment; see [`VARIABLES`]. What the builder is told goes before it.
    pub fn from_env() -> Self {
        Self::new().environment()
    }

    /// Elasticsearch's nodes.
    pub fn elasticsearch_url(mut self, urls: impl IntoUrls) -> Self {
        self.settings.elasticsearch = urls.into_urls();
        self
    }

    /// Kibana's servers.
    pub fn kibana_url(mut self, urls: impl IntoUrls) -> Self {
        self.settings.kibana = urls.into_urls();
        self
    }

    /// Speaks to Elasticsearch Serverless: plain JSON and a dated API version.
    pub fn serverless(mut self) -> Self {
        self.settings.serverless = true;
        self
    }

    /// Makes the Elasticsearch client.
    ///
    /// # Errors
    /// When URLs, credentials or TLS options are malformed or contradict each other.
    pub fn elasticsearch(&self) -> Result<Elasticsearch, Error> {
        self.settings.core(Product::Elasticsearch).map(Elasticsearch::new)
    }

    /// Makes the Kibana client.
    ///
    /// # Errors
    /// When URLs, credentials or TLS options are malformed or contradict each other.
    pub fn kibana(&self) -> Result<Kibana, Error> {
        self.settings.core(Product::Kibana).map(Kibana::new)
    }
}

impl Default for Builder<Both> {
    fn default() -> Self {
        Self::new()
    }
}

impl<C> std::fmt::Debug for Builder<C> {
    /// Options only: a URL may carry userinfo.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder")
            .field("options", &self.settings.options)
            .field("tls", &self.settings.tls)
            .field("policy", &self.settings.policy)
            .finish_non_exhaustive()
    }
}
