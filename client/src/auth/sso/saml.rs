//! SAML 2.0: the browser goes to the identity provider with a request, and comes back with a signed response.

use std::fmt;

use super::session::{Kind, Session};
use super::{blocking, redirect, refused};
use crate::auth::Tokens;
use crate::auth::grants::{lifetime, timed};
use crate::{Elasticsearch, Error, Secret};

/// Logins and logouts with SAML.
#[derive(Clone, Debug)]
pub struct Saml {
    es: Elasticsearch,
    realm: Option<String>,
    acs: Option<String>,
    relay_state: Option<Secret<String>>,
}

impl Saml {
    /// A realm of Elasticsearch by its name, such as `saml1`. `es` asks with the application's own credentials, which need
    /// the privilege `manage_saml`.
    pub fn realm(es: &Elasticsearch, realm: impl Into<String>) -> Self {
        Self { es: es.clone(), realm: Some(realm.into()), acs: None, relay_state: None }
    }

    /// A realm by the URL that identity providers send responses to, its assertion consumer service.
    pub fn acs(es: &Elasticsearch, url: impl Into<String>) -> Self {
        Self { es: es.clone(), realm: None, acs: Some(url.into()), relay_state: None }
    }

    /// What the browser brings back with the response (`RelayState`).
    #[must_use]
    pub fn relay_state(mut self, state: impl Into<Secret<String>>) -> Self {
        self.relay_state = Some(state.into());
        self
    }

    /// Asks where to send the browser.
    ///
    /// # Errors
    /// When Elasticsearch has no such realm, or refuses.
    pub async fn prepare(&self) -> Result<SamlLogin, Error> {
        let mut call = self.es.security().saml_prepare_authentication();
        let request = call.request_mut();
        (request.realm, request.acs) = (self.realm.clone(), self.acs.clone());
        request.relay_state = self.relay_state.clone();
        let answer = call.send().await?.into_inner();
        let (es, realm) = (self.es.clone(), Some(answer.realm));
        Ok(SamlLogin { es, realm, ids: vec![answer.id], redirect: answer.redirect })
    }

    blocking! {
        /// As [`prepare`](Self::prepare), and waits for it.
        prepare_blocking = prepare(self) -> SamlLogin
    }

    /// Takes up a login that another process began: with the id that [`SamlLogin::id`] said there, kept in the user's own
    /// session.
    pub fn resume(&self, id: impl Into<String>) -> SamlLogin {
        SamlLogin { es: self.es.clone(), realm: self.realm.clone(), ids: vec![id.into()], redirect: Secret::from("") }
    }

    /// A login that the identity provider began: a response that answers no request.
    pub fn unsolicited(&self) -> SamlLogin {
        SamlLogin { es: self.es.clone(), realm: self.realm.clone(), ids: Vec::new(), redirect: Secret::from("") }
    }

    /// Ends the sessions that a logout request of the identity provider is about: it sent the browser with this query, which
    /// must be handed over as it came.
    ///
    /// # Errors
    /// When the request is not the identity provider's.
    pub async fn invalidate(&self, query_string: impl Into<Secret<String>>) -> Result<SamlInvalidation, Error> {
        let mut call = self.es.security().saml_invalidate(query_string.into());
        let request = call.request_mut();
        (request.realm, request.acs) = (self.realm.clone(), self.acs.clone());
        let answer = call.options(|o| o.lenient()).send().await?.into_inner();
        let redirect = redirect(answer.redirect);
        Ok(SamlInvalidation { invalidated: answer.invalidated.into(), redirect })
    }

    blocking! {
        /// As [`invalidate`](Self::invalidate), and waits for it.
        invalidate_blocking = invalidate(self, query_string: impl Into<Secret<String>>) -> SamlInvalidation
    }

    /// Checks the identity provider's answer to a logout request that [`Session::global_logout`] made: `request_id` is the
    /// one that it said.
    ///
    /// # Errors
    /// When it is no such answer, or the realm was not given by its name.
    pub async fn complete_logout(&self, request_id: impl Into<String>, answer: SamlMessage) -> Result<(), Error> {
        let realm = self.realm.clone().unwrap_or_default();
        let mut call = self.es.security().saml_complete_logout(realm, [request_id.into()]);
        let request = call.request_mut();
        match answer {
            SamlMessage::Redirect(query) => request.query_string = Some(query),
            SamlMessage::Post(content) => request.content = Some(content),
        }
        call.send().await.map(drop)
    }

    /// As [`complete_logout`](Self::complete_logout), and waits for it.
    ///
    /// # Errors
    /// As its async twin, and when called inside an async runtime.
    #[cfg(feature = "blocking")]
    pub fn complete_logout_blocking(&self, request_id: impl Into<String>, answer: SamlMessage) -> Result<(), Error> {
        let (this, request_id) = (self.clone(), request_id.into());
        crate::blocking::run(async move { this.complete_logout(request_id, answer).await })
    }

    /// What the identity provider has to know of this realm: the metadata of the service provider, XML.
    ///
    /// # Errors
    /// When there is no such realm, or it was not given by its name.
    pub async fn metadata(&self) -> Result<String, Error> {
        let realm = self.realm.clone().unwrap_or_default();
        Ok(self.es.security().saml_service_provider_metadata(realm).send().await?.into_inner().metadata)
    }

    blocking! {
        /// As [`metadata`](Self::metadata), and waits for it.
        metadata_blocking = metadata(self) -> String
    }
}

/// A login that has begun: the browser is to go to [`redirect`](Self::redirect).
#[derive(Clone)]
pub struct SamlLogin {
    es: Elasticsearch,
    realm: Option<String>,
    ids: Vec<String>,
    redirect: Secret<String>,
}

impl SamlLogin {
    /// Where to send the browser; empty for a login that was resumed, or begun by the identity provider.
    pub fn redirect(&self) -> &Secret<String> {
        &self.redirect
    }

    /// The realm that the login is for.
    pub fn realm(&self) -> Option<&str> {
        self.realm.as_deref()
    }

    /// The id of the request, which the response must name; none when the identity provider began the login.
    pub fn id(&self) -> Option<&str> {
        self.ids.first().map(String::as_str)
    }

    /// Makes a session of what the browser came back with: the form field `SAMLResponse`, base64.
    ///
    /// # Errors
    /// When Elasticsearch does not accept it; its log says why.
    pub async fn authenticate(&self, saml_response: impl Into<Secret<String>>) -> Result<Session, Error> {
        let mut call = self.es.security().saml_authenticate(saml_response.into(), self.ids.clone());
        call.request_mut().realm = self.realm.clone();
        let (answer, asked) = timed(call.send()).await.map_err(|error| refused(error, AGAIN))?;
        let answer = answer.into_inner();
        let tokens = Tokens {
            access_token: answer.access_token,
            refresh_token: Some(answer.refresh_token).filter(|token| !token.expose().is_empty()),
            expires_in: lifetime(answer.expires_in),
        };
        Ok(Session::issued(&self.es, Kind::Saml, tokens, asked)?.of_user(&answer.username))
    }

    blocking! {
        /// As [`authenticate`](Self::authenticate), and waits for it.
        authenticate_blocking = authenticate(self, saml_response: impl Into<Secret<String>>) -> Session
    }
}

const AGAIN: &str = "the response does not answer the request, is not the identity provider's, or is too old; begin again \
                     with `Saml::prepare`, and see Elasticsearch's log for the reason";

/// What an identity provider sends by way of the browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SamlMessage {
    /// In the URL: its query, as it came.
    Redirect(Secret<String>),
    /// In a form: the field, base64.
    Post(Secret<String>),
}

/// What [`Saml::invalidate`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SamlInvalidation {
    /// How many tokens were invalidated.
    pub invalidated: i64,
    /// Where the browser has to go to tell the identity provider, if it wants to be told.
    pub redirect: Option<Secret<String>>,
}

impl fmt::Debug for SamlLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SamlLogin").field("realm", &self.realm).finish_non_exhaustive()
    }
}
