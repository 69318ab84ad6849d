//! Bearer tokens that are fetched when they are needed and renewed before they end. Where they come from is a
//! [`Source`]; that there is one renewal at a time is [`Renewing`]'s business.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::renew::{Fresh, Problem, Renewing, Source};
use super::{Credentials, CredentialsProvider};
use crate::http::BoxFuture;
use crate::{Error, Secret};

/// Tokens as somebody issued them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tokens {
    /// What calls show.
    pub access_token: Secret<String>,
    /// What the next tokens are had for. It can be used once.
    pub refresh_token: Option<Secret<String>>,
    /// How long the access token is good for, from when it was asked for. Without it, until a server refuses it.
    pub expires_in: Option<Duration>,
}

impl Tokens {
    /// An access token that nothing else is known of.
    pub fn new(access_token: impl Into<Secret<String>>) -> Self {
        Self { access_token: access_token.into(), refresh_token: None, expires_in: None }
    }

    /// Adds the refresh token that came with it.
    #[must_use]
    pub fn refresh_token(mut self, token: impl Into<Secret<String>>) -> Self {
        self.refresh_token = Some(token.into());
        self
    }

    /// Says how long the access token is good for.
    #[must_use]
    pub fn expires_in(mut self, lifetime: Duration) -> Self {
        self.expires_in = Some(lifetime);
        self
    }
}

/// Gives calls a bearer token and renews it: before it ends, and when a server refuses it.
///
/// However many calls need a new token, one request fetches it; a call that is dropped meanwhile does not stop it. Clones
/// share the tokens, so one provider serves any number of clients of both products. A time that the server and this
/// machine disagree about does no harm: lifetimes are counted here, and a token that the server holds for over is renewed.
///
/// As long as a token is good, a renewal that fails early does not fail the call. When there is no way to another token, as
/// when somebody else used the refresh token, calls fail with one error that says so, and nothing more is sent.
///
/// ```no_run
/// use elkit::auth::TokenProvider;
/// # async fn f(es: elkit::Elasticsearch, password: &str) -> elkit::Result<()> {
/// // `es` asks for the tokens, with its own credentials; the handle made from it shows them.
/// let tokens = TokenProvider::password(&es, "analyst", password);
/// let analyst = es.options(|o| o.credentials_provider(tokens.clone()));
/// let kibana = elkit::Kibana::builder("https://localhost:5601").credentials_provider(tokens.clone()).build()?;
/// println!("{}", analyst.security().authenticate().send().await?.username);
/// tokens.logout().await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct TokenProvider {
    pub(super) renewing: Renewing<Tokens>,
    listener: Listener,
    /// Who issued the tokens and takes them back.
    #[cfg(feature = "security")]
    pub(super) issuer: Option<crate::Elasticsearch>,
}

impl TokenProvider {
    /// Asks a function for tokens: an identity provider's, say. It is given the last ones.
    ///
    /// ```
    /// use std::time::Duration;
    /// use elkit::auth::{TokenProvider, Tokens};
    ///
    /// let tokens = TokenProvider::from_fn(|_last| async {
    ///     Ok(Tokens::new("a JWT of your identity provider").expires_in(Duration::from_secs(300)))
    /// });
    /// ```
    pub fn from_fn<F, R>(function: F) -> Self
    where
        F: Fn(Option<Tokens>) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Tokens, Error>> + Send + 'static,
    {
        Self::of(Function(function))
    }

    /// Renews a token this long before it ends. By default, a tenth of its lifetime, and a minute at most.
    #[must_use]
    pub fn refresh_before(self, early: Duration) -> Self {
        self.renewing.renew_before(early);
        self
    }

    /// Calls a function with all new tokens: a refresh token can be used once, so who keeps one must keep the newest. It
    /// runs on the path of the calls that wait for the tokens.
    #[must_use]
    pub fn on_change(self, listener: impl Fn(&Tokens) + Send + Sync + 'static) -> Self {
        self.listener.set(Arc::new(listener));
        self
    }

    /// The tokens to use now, renewed if they are due.
    ///
    /// # Errors
    /// As a call's: when there are none.
    pub async fn tokens(&self) -> Result<Tokens, Error> {
        self.renewing.credentials().await?;
        let tokens = self.renewing.value().map(|tokens| (*tokens).clone());
        tokens.ok_or_else(|| Problem::new("the tokens were just given up").error())
    }

    pub(super) fn of(source: impl Source<Tokens>) -> Self {
        Self::with(source, Renewing::new)
    }

    /// Begins with tokens that were asked for at `asked`.
    #[cfg(feature = "security")]
    pub(super) fn holding(
        source: impl Source<Tokens>,
        tokens: Tokens,
        asked: tokio::time::Instant,
    ) -> Result<Self, Error> {
        let fresh = fresh(tokens).map_err(|problem| problem.error())?;
        Ok(Self::with(source, |source| Renewing::holding(source, fresh, asked)))
    }

    fn with(source: impl Source<Tokens>, make: impl FnOnce(Listened) -> Renewing<Tokens>) -> Self {
        let listener = Listener::default();
        Self {
            renewing: make(Listened { source: Box::new(source), listener: listener.clone() }),
            listener,
            #[cfg(feature = "security")]
            issuer: None,
        }
    }
}

impl CredentialsProvider for TokenProvider {
    fn credentials(&self) -> BoxFuture<'_, Result<Credentials, Error>> {
        Box::pin(self.renewing.credentials())
    }

    fn refused(&self, credentials: &Credentials) -> bool {
        self.renewing.refused(credentials)
    }
}

impl fmt::Debug for TokenProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenProvider").field("tokens", &self.renewing.value()).finish_non_exhaustive()
    }
}

/// Makes tokens ready to be shown.
pub(super) fn fresh(tokens: Tokens) -> Result<Fresh<Tokens>, Problem> {
    let credentials =
        Credentials::bearer(&tokens.access_token).map_err(|error| Problem::of("the token can't be used", error))?;
    Ok(Fresh { lifetime: tokens.expires_in, value: tokens, credentials })
}

struct Function<F>(F);

impl<F, R> Source<Tokens> for Function<F>
where
    F: Fn(Option<Tokens>) -> R + Send + Sync + 'static,
    R: Future<Output = Result<Tokens, Error>> + Send + 'static,
{
    fn renew(&self, last: Option<Arc<Tokens>>) -> BoxFuture<'static, Result<Fresh<Tokens>, Problem>> {
        let tokens = (self.0)(last.map(|last| (*last).clone()));
        Box::pin(async move { fresh(tokens.await.map_err(|error| Problem::of("there is no token", error))?) })
    }
}

/// A source whose changes somebody wants to know of.
struct Listened {
    source: Box<dyn Source<Tokens>>,
    listener: Listener,
}

impl Source<Tokens> for Listened {
    fn renew(&self, last: Option<Arc<Tokens>>) -> BoxFuture<'static, Result<Fresh<Tokens>, Problem>> {
        self.source.renew(last)
    }

    fn replaced(&self, _old: Option<Arc<Tokens>>, new: Arc<Tokens>) {
        if let Some(listener) = self.listener.get() {
            listener(&new);
        }
    }
}

type Listen = Arc<dyn Fn(&Tokens) + Send + Sync>;

#[derive(Clone, Default)]
struct Listener(Arc<Mutex<Option<Listen>>>);

impl Listener {
    fn set(&self, listener: Listen) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(listener);
    }

    fn get(&self) -> Option<Listen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
