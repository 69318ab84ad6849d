//! OpenID Connect: the browser goes to the provider with a state and a nonce, and comes back with a code.

use std::fmt;

use super::session::{Kind, Session};
use super::{blocking, refused};
use crate::auth::Tokens;
use crate::auth::grants::{lifetime, timed};
use crate::elasticsearch::security::OidcAuthenticateRequired;
use crate::{Elasticsearch, Error, Secret};

/// Begins logins with OpenID Connect.
#[derive(Clone, Debug)]
pub struct Oidc {
    es: Elasticsearch,
    realm: Option<String>,
    issuer: Option<String>,
    login_hint: Option<String>,
}

impl Oidc {
    /// Logins with a realm of Elasticsearch, such as `oidc1`. `es` asks with the application's own credentials, which need
    /// the privilege `manage_oidc`.
    pub fn realm(es: &Elasticsearch, realm: impl Into<String>) -> Self {
        Self { es: es.clone(), realm: Some(realm.into()), issuer: None, login_hint: None }
    }

    /// A login that the identity provider began: it sent the browser with its name (`iss`).
    pub fn issuer(es: &Elasticsearch, issuer: impl Into<String>) -> Self {
        Self { es: es.clone(), realm: None, issuer: Some(issuer.into()), login_hint: None }
    }

    /// Who is about to log in, as the identity provider said it (`login_hint`).
    #[must_use]
    pub fn login_hint(mut self, hint: impl Into<String>) -> Self {
        self.login_hint = Some(hint.into());
        self
    }

    /// Asks where to send the browser.
    ///
    /// # Errors
    /// When Elasticsearch has no such realm, or refuses.
    pub async fn prepare(&self) -> Result<OidcLogin, Error> {
        let mut call = self.es.security().oidc_prepare_authentication();
        let request = call.request_mut();
        (request.realm, request.iss) = (self.realm.clone(), self.issuer.clone());
        request.login_hint = self.login_hint.clone();
        let answer = call.send().await?.into_inner();
        Ok(OidcLogin {
            es: self.es.clone(),
            realm: answer.realm,
            state: answer.state,
            nonce: answer.nonce,
            redirect: answer.redirect,
        })
    }

    blocking! {
        /// As [`prepare`](Self::prepare), and waits for it.
        prepare_blocking = prepare(self) -> OidcLogin
    }

    /// Takes up a login that another process began: with what [`OidcLogin::realm`], [`OidcLogin::state`] and
    /// [`OidcLogin::nonce`] said there, kept in the user's own session. What came from the browser is no place for them.
    pub fn resume(
        es: &Elasticsearch,
        realm: impl Into<String>,
        state: impl Into<Secret<String>>,
        nonce: impl Into<Secret<String>>,
    ) -> OidcLogin {
        let (state, nonce) = (state.into(), nonce.into());
        OidcLogin { es: es.clone(), realm: realm.into(), state, nonce, redirect: Secret::from("") }
    }
}

/// A login that has begun: the browser is to go to [`redirect`](Self::redirect).
#[derive(Clone)]
pub struct OidcLogin {
    es: Elasticsearch,
    realm: String,
    state: Secret<String>,
    nonce: Secret<String>,
    redirect: Secret<String>,
}

impl OidcLogin {
    /// Where to send the browser; empty for a login that was [resumed](Oidc::resume).
    pub fn redirect(&self) -> &Secret<String> {
        &self.redirect
    }

    /// The realm that the login is for.
    pub fn realm(&self) -> &str {
        &self.realm
    }

    /// What comes back with the code, so that nobody slips in a login of their own.
    pub fn state(&self) -> &Secret<String> {
        &self.state
    }

    /// What comes back in the ID token, so that nobody shows an old one.
    pub fn nonce(&self) -> &Secret<String> {
        &self.nonce
    }

    /// Makes a session of what the browser came back with: the whole URL, with its query or fragment. Elasticsearch checks
    /// state and nonce, and the code can be used once.
    ///
    /// # Errors
    /// When Elasticsearch does not accept it; its log says why.
    pub async fn authenticate(&self, redirect_uri: impl Into<Secret<String>>) -> Result<Session, Error> {
        let mut call = self.es.security().oidc_authenticate(OidcAuthenticateRequired {
            nonce: self.nonce.clone(),
            redirect_uri: redirect_uri.into(),
            state: self.state.clone(),
        });
        call.request_mut().realm = Some(self.realm.clone()).filter(|realm| !realm.is_empty());
        let (answer, asked) = timed(call.send()).await.map_err(|error| refused(error, AGAIN))?;
        let answer = answer.into_inner();
        let tokens = Tokens {
            access_token: answer.access_token,
            refresh_token: Some(answer.refresh_token).filter(|token| !token.expose().is_empty()),
            expires_in: lifetime(answer.expires_in),
        };
        Session::issued(&self.es, Kind::Oidc, tokens, asked)
    }

    blocking! {
        /// As [`authenticate`](Self::authenticate), and waits for it.
        authenticate_blocking = authenticate(self, redirect_uri: impl Into<Secret<String>>) -> Session
    }
}

const AGAIN: &str = "the state, the nonce or the code is not what the realm expects, or the code was used or is too old; \
                     begin again with `Oidc::prepare`, and see Elasticsearch's log for the reason";

impl fmt::Debug for OidcLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OidcLogin").field("realm", &self.realm).finish_non_exhaustive()
    }
}
