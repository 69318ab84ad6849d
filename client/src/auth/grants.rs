//! Tokens of Elasticsearch's token service: how they are earned, renewed and taken back. The calls go through the client
//! that the provider was made with, with that client's credentials.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::renew::{Fresh, Problem, Source};
use super::token::{TokenProvider, Tokens, fresh};
use crate::elasticsearch::security::{AccessTokenGrantType, GetTokenRequest, GetTokenResponse};
use crate::http::BoxFuture;
use crate::{Elasticsearch, Error, Secret};

/// Tokens of Elasticsearch's token service.
///
/// The client that is given asks for them with its own credentials, which need the cluster privilege `manage_token`, and
/// refreshes them: Elasticsearch lets nobody else.
impl TokenProvider {
    /// Tokens of a user whose password is known. Without a refresh token that is good, the password is shown again.
    pub fn password(es: &Elasticsearch, username: impl Into<String>, password: impl Into<Secret<String>>) -> Self {
        Self::earned(es, Grant::Password(username.into(), password.into()))
    }

    /// Tokens of whom the client is. They have no refresh token: the next are asked for as the first were.
    pub fn client_credentials(es: &Elasticsearch) -> Self {
        Self::earned(es, Grant::ClientCredentials)
    }

    /// Tokens for a refresh token that was kept. It is used up by this: keep the newest, see
    /// [`on_change`](Self::on_change).
    pub fn refresh_token(es: &Elasticsearch, token: impl Into<Secret<String>>) -> Self {
        Self::earned(es, Grant::Refresh(token.into()))
    }

    /// Ends the session here and at the server: both tokens are invalidated. All clones give errors from now on.
    ///
    /// Calls that were sent before are answered; calls that wait for a token, or would be sent once more, fail. A renewal
    /// that is under way is waited for, and what it brings is invalidated too. Tokens of [`from_fn`](Self::from_fn) are
    /// only forgotten. When it fails, it can be called again.
    ///
    /// # Errors
    /// When the server can't be told.
    pub async fn logout(&self) -> Result<(), Error> {
        let held = self.close().await;
        if let (Some(tokens), Some(es)) = (held, &self.issuer) {
            invalidate(es, &tokens).await?;
        }
        self.renewing.forget();
        Ok(())
    }

    /// As [`logout`](Self::logout), and waits for it.
    ///
    /// # Errors
    /// As [`logout`](Self::logout), and when called inside an async runtime.
    #[cfg(feature = "blocking")]
    pub fn logout_blocking(&self) -> Result<(), Error> {
        let this = self.clone();
        crate::blocking::run(async move { this.logout().await })
    }

    /// Lets all clones say that the session is over, and hands over its last tokens.
    pub(super) async fn close(&self) -> Option<Arc<Tokens>> {
        let over = Problem::new("the session was ended by `logout`").hint("log in again, and use the new provider");
        self.renewing.close(over).await
    }

    pub(super) fn issued_by(mut self, es: &Elasticsearch) -> Self {
        self.issuer = Some(es.clone());
        self
    }

    fn earned(es: &Elasticsearch, grant: Grant) -> Self {
        Self::of(TokenService { es: es.clone(), grant: Arc::new(grant) }).issued_by(es)
    }
}

/// How tokens are earned when there is no refresh token, or it is not good any more.
pub(super) enum Grant {
    Password(String, Secret<String>),
    ClientCredentials,
    Refresh(Secret<String>),
    /// By a login that can't be repeated here.
    Login,
}

impl Grant {
    fn refresh_token(&self) -> Option<Secret<String>> {
        match self {
            Self::Refresh(token) => Some(token.clone()),
            _ => None,
        }
    }
}

/// Tokens from `get_token`.
pub(super) struct TokenService {
    pub(super) es: Elasticsearch,
    pub(super) grant: Arc<Grant>,
}

impl Source<Tokens> for TokenService {
    fn renew(&self, last: Option<Arc<Tokens>>) -> BoxFuture<'static, Result<Fresh<Tokens>, Problem>> {
        let (es, grant) = (self.es.clone(), Arc::clone(&self.grant));
        Box::pin(async move {
            let kept = last.and_then(|last| last.refresh_token.clone()).or_else(|| grant.refresh_token());
            let refresh = match kept {
                Some(token) => Some(refresh(&es, token).await),
                None => None,
            };
            let tokens = match (refresh, &*grant) {
                (Some(Ok(tokens)), _) => tokens,
                (Some(Err(problem)), Grant::Refresh(_) | Grant::Login) => return Err(problem),
                (Some(Err(problem)), _) if !is_used_up(&problem) => return Err(problem),
                (_, Grant::Password(username, password)) => {
                    let mut request = asking(AccessTokenGrantType::Password);
                    (request.username, request.password) = (Some(username.clone()), Some(password.clone()));
                    let refused = |error| Problem::of("no token for the password", error).hint(PASSWORD);
                    ask(&es, request).await.map_err(refused)?
                }
                (_, Grant::ClientCredentials) => ask(&es, asking(AccessTokenGrantType::ClientCredentials))
                    .await
                    .map_err(|error| Problem::of("no token for the client's credentials", error).hint(CLIENT))?,
                (_, Grant::Refresh(_) | Grant::Login) => return Err(log_in_again("the login came without one")),
            };
            fresh(tokens)
        })
    }
}

/// Invalidates both tokens, the one that could make others first.
pub(super) async fn invalidate(es: &Elasticsearch, tokens: &Tokens) -> Result<(), Error> {
    if let Some(refresh) = &tokens.refresh_token {
        // 404: the server does not know it any more, which is as good.
        es.security().invalidate_token().refresh_token(refresh).send().await.map(drop).or_else(unknown)?;
    }
    es.security().invalidate_token().token(&tokens.access_token).send().await.map(drop).or_else(unknown)
}

/// Spends a refresh token.
async fn refresh(es: &Elasticsearch, token: Secret<String>) -> Result<Tokens, Problem> {
    let mut request = asking(AccessTokenGrantType::RefreshToken);
    request.refresh_token = Some(token);
    ask(es, request).await.map_err(|error| match error.code() {
        Some("invalid_grant") => {
            let reason = error.reason().unwrap_or("the server refuses it").to_owned();
            log_in_again(&reason).because(error)
        }
        _ => Problem::of("the access token can't be refreshed", error).hint(CLIENT),
    })
}

const PASSWORD: &str =
    "check the user's name and password, and that the client that asks may have tokens (`manage_token`)";
const CLIENT: &str = "check that the client that asks is who it was, and may have tokens (`manage_token`)";

fn log_in_again(why: &str) -> Problem {
    Problem::new(format!("there is no refresh token that is good: {why}"))
        .hint(
            "log in again and use the new provider; one session belongs to one provider, which alone may use its refresh \
             tokens",
        )
        .last()
}

fn is_used_up(problem: &Problem) -> bool {
    problem.cause().and_then(Error::code) == Some("invalid_grant")
}

fn asking(grant: AccessTokenGrantType) -> GetTokenRequest {
    let mut request = GetTokenRequest::new();
    request.grant_type = Some(grant);
    request
}

async fn ask(es: &Elasticsearch, request: GetTokenRequest) -> Result<Tokens, Error> {
    // Elasticsearch answers a refresh that is repeated within half a minute with the same tokens, so that it may be repeated
    // when its answer was lost.
    let repeatable = request.refresh_token.is_some();
    let call = crate::Call::new(es, request);
    let call = if repeatable { call.options(|o| o.idempotent()) } else { call };
    Ok(call.send().await?.into_inner().into())
}

impl From<GetTokenResponse> for Tokens {
    fn from(answer: GetTokenResponse) -> Self {
        Self {
            expires_in: lifetime(answer.expires_in),
            access_token: answer.access_token,
            refresh_token: answer.refresh_token,
        }
    }
}

/// Seconds as servers say them; what is no lifetime is none.
pub(super) fn lifetime(seconds: impl Into<i64>) -> Option<Duration> {
    u64::try_from(seconds.into()).ok().filter(|seconds| *seconds > 0).map(Duration::from_secs)
}

fn unknown(error: Error) -> Result<(), Error> {
    if error.is_not_found() { Ok(()) } else { Err(error) }
}

/// Tokens and when they were asked for.
pub(super) async fn timed<T>(answer: impl Future<Output = Result<T, Error>>) -> Result<(T, Instant), Error> {
    let asked = Instant::now();
    Ok((answer.await?, asked))
}
