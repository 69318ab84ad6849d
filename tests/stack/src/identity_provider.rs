//! The test identity provider: what browsers, ticket caches and certificate authorities would bring to a login.

use std::fmt;
use std::io;

use crate::core::Core;
use crate::es::sso::{Subject, kerberos, oidc, pki, saml};
use crate::es::state::State;

/// Somebody the identity provider knows. Everybody is: it asks for no password.
///
/// Which roles they have is said by role mappings, whose rules see `username`, `groups`, `dn` and `realm.name`.
#[derive(Clone, Debug)]
pub struct Person {
    username: String,
    groups: Vec<String>,
}

impl Person {
    /// Somebody in no group.
    pub fn new(username: impl Into<String>) -> Self {
        Self { username: username.into(), groups: Vec::new() }
    }

    /// Adds a group.
    #[must_use]
    pub fn group(mut self, name: impl Into<String>) -> Self {
        self.groups.push(name.into());
        self
    }

    fn subject(self) -> Subject {
        Subject { username: self.username, groups: self.groups, dn: None }
    }
}

impl From<&str> for Person {
    fn from(username: &str) -> Self {
        Self::new(username)
    }
}

impl From<&Person> for Person {
    fn from(person: &Person) -> Self {
        person.clone()
    }
}

/// The identity provider that the realms `oidc1`, `saml1`, `kerb1` and `pki1` of a [`Stack`](crate::Stack) trust.
///
/// It makes what a real one would send by way of the browser; the realms check it. Codes are good once and for a minute,
/// SAML responses for five, tickets once and for five, certificates for a day, by the stack's clock. Signatures are its own
/// kind: nothing else takes them for good.
///
/// ```
/// # fn f() -> std::io::Result<()> {
/// use elkit_stack::Stack;
///
/// let stack = Stack::start_blocking()?;
/// // `redirect` is what `POST /_security/oidc/prepare` answers.
/// # let redirect = "https://op.example/login?nonce=n&state=s&";
/// let redirect_uri = stack.identity_provider().oidc_login(redirect, "ana")?;
/// # Ok(()) }
/// ```
#[derive(Clone, Copy)]
pub struct IdentityProvider<'a> {
    pub(crate) core: &'a Core,
}

impl IdentityProvider<'_> {
    /// Logs somebody in at the redirect of an OpenID Connect login: the URL that the browser comes back to.
    ///
    /// # Errors
    /// When the redirect does not lead here.
    pub fn oidc_login(&self, redirect: &str, person: impl Into<Person>) -> io::Result<String> {
        self.ask(|state, now| oidc::log_in(state, redirect, person.into().subject(), now))
    }

    /// Refuses to log anybody in at that redirect: the URL that the browser comes back to.
    ///
    /// # Errors
    /// When the redirect does not lead here.
    pub fn oidc_denial(&self, redirect: &str) -> io::Result<String> {
        self.ask(|_, _| oidc::deny(redirect))
    }

    /// Whose session the redirect of an OpenID Connect logout ends.
    ///
    /// # Errors
    /// When the redirect does not lead here, or its ID token was not issued here.
    pub fn oidc_logout(&self, redirect: &str) -> io::Result<String> {
        self.ask(|state, _| oidc::logged_out(state, redirect))
    }

    /// Logs somebody in at the redirect of a SAML login: the form field `SAMLResponse` that the browser comes back with.
    ///
    /// # Errors
    /// When the redirect does not lead here.
    pub fn saml_login(&self, redirect: &str, person: impl Into<Person>) -> io::Result<String> {
        let subject = person.into().subject();
        self.ask(|state, now| saml::log_in(state, redirect, &subject, now))
    }

    /// Logs somebody in without being asked: a `SAMLResponse` that answers no request.
    pub fn saml_unsolicited(&self, person: impl Into<Person>) -> String {
        let subject = person.into().subject();
        self.core.with_state(|state, now| saml::response(state, None, &subject, now))
    }

    /// Answers the redirect of a SAML logout: the query that the browser comes back with.
    ///
    /// # Errors
    /// When the redirect does not lead here.
    pub fn saml_logout(&self, redirect: &str) -> io::Result<String> {
        self.ask(|state, _| saml::log_out(state, redirect, false))
    }

    /// The same as the form field `SAMLResponse`.
    ///
    /// # Errors
    /// When the redirect does not lead here.
    pub fn saml_logout_by_post(&self, redirect: &str) -> io::Result<String> {
        self.ask(|state, _| saml::log_out(state, redirect, true))
    }

    /// Begins to log somebody out everywhere: the query that the browser comes with.
    pub fn saml_logout_request(&self, username: &str) -> String {
        self.core.with_state(|state, _| saml::logout_request(state, username))
    }

    /// A SPNEGO ticket for Elasticsearch, as base64.
    pub fn kerberos_ticket(&self, person: impl Into<Person>) -> String {
        let subject = person.into().subject();
        self.core.with_state(|state, now| kerberos::ticket(state, &subject, now))
    }

    /// Whether what Elasticsearch said is its answer to that ticket.
    pub fn kerberos_answers(&self, ticket: &str, response: &str) -> bool {
        self.core.with_state(|state, _| kerberos::answers(state, ticket, response))
    }

    /// A certificate chain in DER, the client's first.
    pub fn certificate_chain(&self, name: &str) -> Vec<Vec<u8>> {
        self.core.with_state(|state, now| pki::chain(state, name, now))
    }

    fn ask<T>(&self, question: impl FnOnce(&mut State, u64) -> Option<T>) -> io::Result<T> {
        let answer = self.core.with_state(question);
        answer
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "that does not lead to this identity provider"))
    }
}

impl fmt::Debug for IdentityProvider<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentityProvider").finish_non_exhaustive()
    }
}
