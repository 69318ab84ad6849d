//! What a login ends in.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::{blocking, redirect};
use crate::auth::grants::{Grant, TokenService};
use crate::auth::renew::Source;
use crate::auth::{Credentials, CredentialsProvider, TokenProvider, Tokens};
use crate::http::BoxFuture;
use crate::{Elasticsearch, Error, Secret};

/// A session that a login made: a credentials provider that renews its tokens. Clones are the same session.
///
/// Give it to any number of clients of both products. Its refresh tokens can be used once and by the client that logged in:
/// one session belongs to one `Session`; see [`tokens`](Self::tokens) to keep it across restarts.
#[derive(Clone)]
pub struct Session {
    tokens: TokenProvider,
    es: Elasticsearch,
    kind: Kind,
    username: Option<Arc<str>>,
    pub(super) kerberos_response: Option<Secret<String>>,
}

/// Who, beside Elasticsearch, knows of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Oidc,
    Saml,
    /// Nobody: a ticket or a certificate was shown once.
    Local,
}

/// What a logout at the identity provider needs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Logout {
    /// Where the browser has to go to end the session there; none if the identity provider has no such place.
    pub redirect: Option<Secret<String>>,
    /// The id of the SAML logout request, which [`Saml::complete_logout`](super::Saml::complete_logout) wants to see again.
    pub request_id: Option<String>,
}

impl Session {
    /// A session of tokens that were issued at the end of a login.
    pub(super) fn issued(es: &Elasticsearch, kind: Kind, tokens: Tokens, asked: Instant) -> Result<Self, Error> {
        let source = TokenService { es: es.clone(), grant: Arc::new(Grant::Login) };
        Self::from_source(es, kind, source, tokens, asked)
    }

    pub(super) fn from_source(
        es: &Elasticsearch,
        kind: Kind,
        source: impl Source<Tokens>,
        tokens: Tokens,
        asked: Instant,
    ) -> Result<Self, Error> {
        let tokens = TokenProvider::holding(source, tokens, asked)?.issued_by(es);
        Ok(Self { tokens, es: es.clone(), kind, username: None, kerberos_response: None })
    }

    /// Takes up an OpenID Connect session that was kept: its refresh token is used up for new tokens at the first call.
    pub fn resume_oidc(es: &Elasticsearch, refresh_token: impl Into<Secret<String>>) -> Self {
        Self::resume(es, Kind::Oidc, refresh_token.into())
    }

    /// Takes up a SAML session that was kept: its refresh token is used up for new tokens at the first call.
    pub fn resume_saml(es: &Elasticsearch, refresh_token: impl Into<Secret<String>>) -> Self {
        Self::resume(es, Kind::Saml, refresh_token.into())
    }

    fn resume(es: &Elasticsearch, kind: Kind, refresh_token: Secret<String>) -> Self {
        let tokens = TokenProvider::refresh_token(es, refresh_token);
        Self { tokens, es: es.clone(), kind, username: None, kerberos_response: None }
    }

    pub(super) fn of_user(self, username: &str) -> Self {
        Self { username: Some(username.into()), ..self }
    }

    /// The user's name, where the login said it.
    pub fn username(&self) -> Option<&str> {
        self.username.as_deref()
    }

    /// What the server answers to the SPNEGO ticket: the client that made the ticket can check with it who the server is.
    pub fn kerberos_response(&self) -> Option<&Secret<String>> {
        self.kerberos_response.as_ref()
    }

    /// The tokens to use now. Whoever keeps the refresh token to take the session up later must keep the newest:
    /// see [`on_change`](Self::on_change).
    ///
    /// # Errors
    /// When the session is over.
    pub async fn tokens(&self) -> Result<Tokens, Error> {
        self.tokens.tokens().await
    }

    /// Renews the access token this long before it ends. By default, a tenth of its lifetime, and a minute at most.
    #[must_use]
    pub fn refresh_before(self, early: Duration) -> Self {
        Self { tokens: self.tokens.refresh_before(early), ..self }
    }

    /// Calls a function with all new tokens; it runs on the path of the calls that wait for them.
    #[must_use]
    pub fn on_change(self, listener: impl Fn(&Tokens) + Send + Sync + 'static) -> Self {
        Self { tokens: self.tokens.on_change(listener), ..self }
    }

    /// Ends the session here and at Elasticsearch; at the identity provider it goes on. See [`TokenProvider::logout`] for
    /// calls under way.
    ///
    /// # Errors
    /// When the server can't be told. It can be called again.
    pub async fn logout(&self) -> Result<(), Error> {
        self.tokens.logout().await
    }

    /// Ends the session here and at Elasticsearch, and says where the browser has to go to end it at the identity provider.
    /// A session of a ticket or a certificate has no such place; it is ended as by [`logout`](Self::logout).
    ///
    /// # Errors
    /// When the server can't be told. It can be called again.
    pub async fn global_logout(&self) -> Result<Logout, Error> {
        let nowhere = Logout { redirect: None, request_id: None };
        let Some(tokens) = self.tokens.close().await else { return Ok(nowhere) };
        let (access, refresh) = (tokens.access_token.clone(), tokens.refresh_token.clone());
        let security = self.es.security();
        let logout = match self.kind {
            Kind::Local => {
                crate::auth::grants::invalidate(&self.es, &tokens).await?;
                nowhere
            }
            Kind::Oidc => {
                let mut call = security.oidc_logout(access);
                call.request_mut().refresh_token = refresh;
                // Strict clients too: null stands for no redirect.
                let answer = call.options(|o| o.lenient()).send().await?.into_inner();
                Logout { redirect: redirect(answer.redirect), request_id: None }
            }
            Kind::Saml => {
                let mut call = security.saml_logout(access);
                call.request_mut().refresh_token = refresh;
                let answer = call.options(|o| o.lenient()).send().await?.into_inner();
                let id = answer.extra.get("id").and_then(|id| id.as_str()).map(str::to_owned);
                Logout { redirect: redirect(answer.redirect), request_id: id }
            }
        };
        self.tokens.renewing.forget();
        Ok(logout)
    }

    blocking! {
        /// As [`tokens`](Self::tokens), and waits for them.
        tokens_blocking = tokens(self) -> Tokens
    }
    blocking! {
        /// As [`logout`](Self::logout), and waits for it.
        logout_blocking = logout(self) -> ()
    }
    blocking! {
        /// As [`global_logout`](Self::global_logout), and waits for it.
        global_logout_blocking = global_logout(self) -> Logout
    }
}

impl CredentialsProvider for Session {
    fn credentials(&self) -> BoxFuture<'_, Result<Credentials, Error>> {
        self.tokens.credentials()
    }

    fn refused(&self, credentials: &Credentials) -> bool {
        self.tokens.refused(credentials)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("kind", &self.kind).field("tokens", &self.tokens).finish_non_exhaustive()
    }
}
