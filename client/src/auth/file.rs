//! Credentials in a file that somebody else keeps current: a mounted secret, an agent's output.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::Instant;

use super::{ApiKey, Credentials, CredentialsProvider};
use crate::http::BoxFuture;
use crate::{Error, ErrorKind, Secret};

/// Reads credentials from a file, and again when it may have changed: at most once a second, and when a server refuses
/// them.
///
/// A file that can't be read or understood for a moment does no harm once it was: what it said last is used on.
///
/// ```no_run
/// # fn f() -> elkit::Result<()> {
/// use elkit::auth::FileProvider;
///
/// let es = elkit::Elasticsearch::builder("https://localhost:9200")
///     .credentials_provider(FileProvider::api_key("/run/secrets/elastic-api-key"))
///     .build()?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct FileProvider(Arc<Inner>);

struct Inner {
    path: PathBuf,
    parse: Parse,
    state: Mutex<State>,
}

struct State {
    interval: Duration,
    read: Option<Instant>,
    held: Option<Credentials>,
}

type Parse = Box<dyn Fn(&str) -> Result<Credentials, Error> + Send + Sync>;

impl FileProvider {
    /// The file holds an API key: the encoded text, or `id:secret`.
    pub fn api_key(path: impl Into<PathBuf>) -> Self {
        Self::with(path, |text| {
            Credentials::api_key(match text.split_once(':') {
                Some((id, secret)) => ApiKey::pair(id, secret),
                None => ApiKey::encoded(text),
            })
        })
    }

    /// The file holds a bearer token: a JWT, or a service account's token.
    pub fn bearer(path: impl Into<PathBuf>) -> Self {
        Self::with(path, |text| Credentials::bearer(text))
    }

    /// The file holds `name:password`.
    pub fn basic(path: impl Into<PathBuf>) -> Self {
        Self::with(path, |text| match text.split_once(':') {
            Some((username, password)) => Credentials::basic(username, password),
            None => Err(Error::new(ErrorKind::Credentials, "it is not of the form `name:password`")),
        })
    }

    /// The file holds something else, which the function reads. White space at the ends is cut off before.
    pub fn with(
        path: impl Into<PathBuf>,
        parse: impl Fn(&str) -> Result<Credentials, Error> + Send + Sync + 'static,
    ) -> Self {
        let state = State { interval: Duration::from_secs(1), read: None, held: None };
        Self(Arc::new(Inner { path: path.into(), parse: Box::new(parse), state: Mutex::new(state) }))
    }

    /// How long what was read is taken for current. By default, a second; zero reads for every attempt.
    #[must_use]
    pub fn check_every(self, interval: Duration) -> Self {
        self.0.lock().interval = interval;
        self
    }
}

impl CredentialsProvider for FileProvider {
    fn credentials(&self) -> BoxFuture<'_, Result<Credentials, Error>> {
        Box::pin(async move {
            if let Some(current) = self.0.lock().current() {
                return Ok(current);
            }
            let asked = Instant::now();
            let inner = Arc::clone(&self.0);
            let reading = move || inner.read();
            let read = match Handle::try_current() {
                Ok(runtime) => runtime.spawn_blocking(reading).await.map_err(|_| {
                    Error::new(ErrorKind::Runtime, "the runtime that was to read the credentials stopped")
                })?,
                Err(_) => reading(),
            };
            let mut state = self.0.lock();
            state.read = Some(asked);
            match (read, &state.held) {
                (Ok(credentials), _) => {
                    state.held = Some(credentials.clone());
                    Ok(credentials)
                }
                (Err(_), Some(held)) => Ok(held.clone()),
                (Err(error), None) => Err(error),
            }
        })
    }

    fn refused(&self, _credentials: &Credentials) -> bool {
        self.0.lock().read = None;
        true
    }
}

impl Inner {
    fn read(&self) -> Result<Credentials, Error> {
        let path = self.path.display();
        let refuse = |why: &str, source: Box<dyn std::error::Error + Send + Sync>| {
            Error::new(ErrorKind::Credentials, format!("the credentials file `{path}` {why}"))
                .with_hint("it is read again at the next call")
                .with_source(source)
        };
        let text = std::fs::read_to_string(&self.path).map(Secret::new);
        let text = text.map_err(|error| refuse("can't be read", Box::new(error)))?;
        (self.parse)(text.expose().trim()).map_err(|error| refuse("holds no credentials", Box::new(error)))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn current(&self) -> Option<Credentials> {
        let fresh = self.read.is_some_and(|at| at.elapsed() < self.interval);
        self.held.clone().filter(|_| fresh)
    }
}

impl fmt::Debug for FileProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FileProvider").field(&self.0.path).finish()
    }
}
