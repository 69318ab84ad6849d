//! An API key that is replaced before it expires: the next is created, calls switch to it, the old one is invalidated.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::{Instant, sleep};

use super::renew::{Fresh, Problem, Renewing, Source};
use super::{ApiKey, Credentials, CredentialsProvider};
use crate::elasticsearch::security::CreateApiKeyRequest;
use crate::http::BoxFuture;
use crate::telemetry::{of_caller, warn};
use crate::{Elasticsearch, Error};

const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);
const OVERLAP: Duration = Duration::from_secs(60);
const CLIENT: &str = "check that the client that creates them may (`manage_own_api_key`), and is no API key itself";

/// Gives calls an API key of limited life and replaces it in time.
///
/// The first call creates a key. A tenth of the lifetime before its end (an hour at most), or when a server refuses it, the
/// next key is created and calls switch to it; the old one is invalidated when the overlap is over. A key whose
/// invalidation fails ends by itself. Clones share the key.
///
/// The client that is given creates and invalidates the keys with its own credentials, which need `manage_own_api_key`. It
/// can't be an API key itself: keys that a key creates have no privileges.
///
/// ```no_run
/// # async fn f(es: elkit::Elasticsearch) -> elkit::Result<()> {
/// use std::time::Duration;
/// use elkit::auth::RotatingApiKey;
///
/// let keys = RotatingApiKey::new(&es, es.security().create_api_key().name("reports").into_request())
///     .lifetime(Duration::from_secs(3600))
///     .overlap(Duration::from_secs(30));
/// let kibana = elkit::Kibana::builder("https://localhost:5601").credentials_provider(keys.clone()).build()?;
/// // At the end of the process: nothing is left behind.
/// keys.retire().await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct RotatingApiKey {
    renewing: Renewing<Key>,
    keys: Keys,
}

impl RotatingApiKey {
    /// Keys that are created by this request. Its expiration is replaced by the [`lifetime`](Self::lifetime).
    pub fn new(es: &Elasticsearch, request: CreateApiKeyRequest) -> Self {
        let plan = Plan { lifetime: LIFETIME, overlap: OVERLAP, retired: Vec::new() };
        let keys = Keys { es: es.clone(), request: Arc::new(request), plan: Arc::new(Mutex::new(plan)) };
        let this = Self { renewing: Renewing::new(keys.clone()), keys };
        this.lifetime(LIFETIME)
    }

    /// How long a key lives. By default, a day.
    #[must_use]
    pub fn lifetime(self, lifetime: Duration) -> Self {
        self.keys.plan(|plan| plan.lifetime = lifetime);
        self.renewing.renew_before((lifetime / 10).min(Duration::from_secs(3600)));
        self
    }

    /// How long before its end a key is replaced. To be set after the lifetime.
    #[must_use]
    pub fn rotate_before(self, early: Duration) -> Self {
        self.renewing.renew_before(early);
        self
    }

    /// How long an old key stays good after calls have switched to the next, for those that were sent with it. By default, a
    /// minute.
    #[must_use]
    pub fn overlap(self, overlap: Duration) -> Self {
        self.keys.plan(|plan| plan.overlap = overlap);
        self
    }

    /// Invalidates all keys, old and current. Later calls fail.
    ///
    /// # Errors
    /// When the server can't be told. It can be called again.
    pub async fn retire(&self) -> Result<(), Error> {
        let over = Problem::new("the API keys were retired").hint("make another `RotatingApiKey`");
        if let Some(key) = self.renewing.close(over).await {
            self.keys.plan(|plan| plan.retired.push((key.id.clone(), Instant::now(), Duration::ZERO)));
            self.renewing.forget();
        }
        self.keys.sweep(true).await
    }

    /// As [`retire`](Self::retire), and waits for it.
    ///
    /// # Errors
    /// As [`retire`](Self::retire), and when called inside an async runtime.
    #[cfg(feature = "blocking")]
    pub fn retire_blocking(&self) -> Result<(), Error> {
        let this = self.clone();
        crate::blocking::run(async move { this.retire().await })
    }
}

impl CredentialsProvider for RotatingApiKey {
    fn credentials(&self) -> BoxFuture<'_, Result<Credentials, Error>> {
        Box::pin(self.renewing.credentials())
    }

    fn refused(&self, credentials: &Credentials) -> bool {
        self.renewing.refused(credentials)
    }
}

impl fmt::Debug for RotatingApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RotatingApiKey").field("id", &self.renewing.value().map(|key| key.id.clone())).finish()
    }
}

/// What is kept of a key: the secret stands in the credentials alone.
struct Key {
    id: String,
}

#[derive(Clone)]
struct Keys {
    es: Elasticsearch,
    request: Arc<CreateApiKeyRequest>,
    plan: Arc<Mutex<Plan>>,
}

struct Plan {
    lifetime: Duration,
    overlap: Duration,
    /// Keys to invalidate, since when they are not used any more, and how long they stay good.
    retired: Vec<(String, Instant, Duration)>,
}

impl Keys {
    fn plan<R>(&self, change: impl FnOnce(&mut Plan) -> R) -> R {
        change(&mut self.plan.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Invalidates the keys whose time is over, or all.
    async fn sweep(&self, all: bool) -> Result<(), Error> {
        let over = |since: &Instant, overlap: &Duration| all || since.elapsed() >= *overlap;
        let due: Vec<_> =
            self.plan(|plan| plan.retired.extract_if(.., |(_, since, overlap)| over(since, overlap)).collect());
        if due.is_empty() {
            return Ok(());
        }
        let ids = due.iter().map(|(id, ..)| id.clone());
        let told = self.es.security().invalidate_api_key().ids(ids).owner(true).send().await;
        if told.is_err() {
            self.plan(|plan| plan.retired.extend(due));
        }
        told.map(drop)
    }

    /// Sees to it that due keys are invalidated after a while, whatever becomes of the caller.
    fn sweep_after(&self, wait: Duration) {
        let this = self.clone();
        let sweeping = of_caller(async move {
            sleep(wait).await;
            if this.sweep(false).await.is_err() {
                warn("an API key that was replaced could not be invalidated; it is tried again with the next");
            }
        });
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(sweeping);
        }
    }
}

impl Source<Key> for Keys {
    fn renew(&self, _last: Option<Arc<Key>>) -> BoxFuture<'static, Result<Fresh<Key>, Problem>> {
        let (es, mut request) = (self.es.clone(), (*self.request).clone());
        let lifetime = self.plan(|plan| plan.lifetime);
        request.expiration = Some(lifetime.into());
        Box::pin(async move {
            let unable = |error| Problem::of("the next API key can't be created", error).hint(CLIENT);
            let created = es.send(request).await.map_err(unable)?;
            let credentials = Credentials::api_key(ApiKey::from(&created)).map_err(unable)?;
            Ok(Fresh { value: Key { id: created.id.clone() }, credentials, lifetime: Some(lifetime) })
        })
    }

    fn replaced(&self, old: Option<Arc<Key>>, _new: Arc<Key>) {
        let Some(old) = old else { return };
        let overlap = self.plan(|plan| {
            plan.retired.push((old.id.clone(), Instant::now(), plan.overlap));
            plan.overlap
        });
        self.sweep_after(overlap);
    }
}
