//! What one call, one handle or one client wants to be different. A layer only records; the transport lays the layers
//! over each other and [`crate::auth::precedence`] picks among their credentials.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::auth::precedence::Given;
use crate::auth::{ApiKey, Bearer, Credentials, CredentialsProvider};
use crate::rt::Query;
use crate::{Error, ErrorKind, Secret};

/// Options of one call or of one handle.
///
/// Credentials replace those of the handle and the client as a whole; headers and query parameters replace those of
/// the same name; everything else replaces its counterpart.
///
/// ```
/// # use std::time::Duration;
/// # fn f(kibana: elkit::Kibana, password: elkit::Secret<String>) {
/// let admin = kibana.options(|o| o.basic_auth("admin", password).timeout(Duration::from_secs(5)));
/// # }
/// ```
#[derive(Clone, Default)]
#[must_use]
pub struct RequestOptions {
    pub(crate) given: Given,
    pub(crate) headers: HeaderMap,
    pub(crate) query: Query,
    pub(crate) timeout: Option<Duration>,
    pub(crate) attempt_timeout: Option<Duration>,
    pub(crate) max_retries: Option<u32>,
    pub(crate) idempotent: bool,
    pub(crate) strict: Option<bool>,
    pub(crate) compress: Option<bool>,
    /// The first thing that was wrong. Setters stay infallible; sending says it.
    wrong: Option<Arc<str>>,
}

impl RequestOptions {
    /// No options.
    pub fn new() -> Self {
        Self::default()
    }

    /// Authenticates with an API key: the encoded text, `(id, secret)`, or the answer that created it.
    pub fn api_key(mut self, key: impl Into<ApiKey>) -> Self {
        self.given.api_key(key);
        self
    }

    /// Authenticates with a user name and password.
    pub fn basic_auth(mut self, username: impl Into<String>, password: impl Into<Secret<String>>) -> Self {
        self.given.basic(username, password);
        self
    }

    /// Authenticates with a bearer token: OAuth, JWT, or a service account's.
    pub fn bearer_auth(mut self, token: impl Into<Bearer>) -> Self {
        self.given.bearer(token);
        self
    }

    /// Authenticates with another scheme of the `Authorization` header.
    pub fn authorization(mut self, scheme: impl Into<String>, credentials: impl Into<Secret<String>>) -> Self {
        self.given.scheme(scheme, credentials);
        self
    }

    /// Authenticates with a Kibana session cookie, such as `sid=...`.
    pub fn session_cookie(mut self, cookie: impl Into<Secret<String>>) -> Self {
        self.given.cookie(cookie);
        self
    }

    /// Asks a provider for the credentials of each attempt.
    pub fn credentials_provider(mut self, provider: impl CredentialsProvider) -> Self {
        self.given.provider(Arc::new(provider));
        self
    }

    /// Sends no credentials, whatever the handle and the client have.
    pub fn anonymous(mut self) -> Self {
        self.given.anonymous();
        self
    }

    /// Sets a header. `authorization` is the strongest credential of these options. A name or value that can't stand
    /// in a header, or would not arrive as it is, is an error when the call is sent.
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        let (name, value) = (name.as_ref(), value.as_ref());
        match (HeaderName::try_from(name), HeaderValue::from_str(value)) {
            (Ok(name), Ok(_)) if value.trim_matches([' ', '\t']) != value => {
                self.note(format!("the value of header `{name}` begins or ends with a blank, which HTTP takes away"));
            }
            (Ok(AUTHORIZATION), Ok(value)) => self.given.header(value),
            (Ok(name), Ok(mut value)) => {
                value.set_sensitive(is_sensitive(&name));
                self.headers.insert(name, value);
            }
            // The name stays unprinted: whole header lines, credentials included, get here by mistake.
            (Err(_), _) => self.note("a header's name holds a character that can't stand there".to_owned()),
            (_, Err(_)) => self.note(format!("the value of header `{name}` holds a character that can't stand there")),
        }
        self
    }

    /// Adds a query parameter, for what a specification does not know yet. It replaces the operation's own of that name.
    pub fn query(mut self, name: impl AsRef<str>, value: impl fmt::Display) -> Self {
        self.query.unknown(name.as_ref(), value);
        self
    }

    /// Names the call in the server's logs and tasks (`x-opaque-id`).
    pub fn opaque_id(self, id: impl AsRef<str>) -> Self {
        self.header("x-opaque-id", id)
    }

    /// Acts as another user (`es-security-runas-user`).
    pub fn run_as(self, username: impl AsRef<str>) -> Self {
        self.header("es-security-runas-user", username)
    }

    /// Sends a second identity along (`es-secondary-authorization`).
    pub fn secondary_authorization(mut self, credentials: &Credentials) -> Self {
        match credentials.header() {
            Some((name, value)) if *name == AUTHORIZATION => {
                self.headers.insert(HeaderName::from_static("es-secondary-authorization"), value.clone());
            }
            _ => self.note("the secondary credentials have no `Authorization` form".to_owned()),
        }
        self
    }

    /// How long the call may take, retries and waits included. By default, 120 seconds.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// How long one attempt may take, from connecting to the last byte. By default, 30 seconds.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = Some(timeout);
        self
    }

    /// How often a failed attempt is repeated. By default, 3 times.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = Some(retries);
        self
    }

    /// Says that doing the operation twice is as good as once, so that it may be repeated when it is not known whether
    /// the server executed it.
    pub fn idempotent(mut self) -> Self {
        self.idempotent = true;
        self
    }

    /// Makes an answer that does not fit the specification an error, instead of correcting it.
    pub fn strict(mut self) -> Self {
        self.strict = Some(true);
        self
    }

    /// Corrects answers that do not fit the specification. This is the default.
    pub fn lenient(mut self) -> Self {
        self.strict = Some(false);
        self
    }

    /// Packs the body with gzip if it is JSON, lines or text of 1 KiB or more: role descriptors and lines of objects shrink
    /// to a fifth and less. Streams, files and forms are sent as they are, and so is a body that comes with a
    /// `content-encoding` of its own.
    #[cfg(feature = "gzip")]
    pub fn compress(mut self) -> Self {
        self.compress = Some(true);
        self
    }

    /// Sends the body as it is. This is the default.
    #[cfg(feature = "gzip")]
    pub fn uncompressed(mut self) -> Self {
        self.compress = Some(false);
        self
    }

    /// Lays these options over `lower`.
    pub(crate) fn over(self, lower: &Self) -> Self {
        let mut headers = lower.headers.clone();
        lay(&mut headers, &self.headers);
        let mut query = lower.query.clone();
        query.merge(&self.query);
        Self {
            // As a whole: mixing would let a stronger kind below win over what is said here.
            given: if self.given.is_empty() { lower.given.clone() } else { self.given },
            headers,
            query,
            timeout: self.timeout.or(lower.timeout),
            attempt_timeout: self.attempt_timeout.or(lower.attempt_timeout),
            max_retries: self.max_retries.or(lower.max_retries),
            idempotent: self.idempotent || lower.idempotent,
            strict: self.strict.or(lower.strict),
            compress: self.compress.or(lower.compress),
            wrong: self.wrong.or_else(|| lower.wrong.clone()),
        }
    }

    /// # Errors
    /// When a setter was given what can't be sent.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match &self.wrong {
            Some(wrong) => Err(Error::new(ErrorKind::InvalidRequest, wrong.to_string())),
            None => Ok(()),
        }
    }

    pub(crate) fn note(&mut self, wrong: String) {
        self.wrong.get_or_insert_with(|| wrong.into());
    }
}

impl fmt::Debug for RequestOptions {
    /// Names only: a header or a parameter may carry a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestOptions")
            .field("credentials", &self.given)
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("query", &self.query)
            .field("timeout", &self.timeout)
            .field("attempt_timeout", &self.attempt_timeout)
            .field("max_retries", &self.max_retries)
            .field("idempotent", &self.idempotent)
            .field("strict", &self.strict)
            .field("compress", &self.compress)
            .finish()
    }
}

/// Replaces headers of the same name.
pub(crate) fn lay(lower: &mut HeaderMap, upper: &HeaderMap) {
    for (name, value) in upper {
        lower.insert(name, value.clone());
    }
}

fn is_sensitive(name: &HeaderName) -> bool {
    let name = name.as_str();
    ["auth", "cookie", "token", "secret", "key", "password"].iter().any(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::precedence::{Level, resolve};

    #[test]
    fn credentials_replace_as_a_whole() {
        let lower = RequestOptions::new().api_key(("i", "s")).header("a", "1").timeout(Duration::from_secs(1));
        let both = RequestOptions::new().bearer_auth("t").header("A", "2").over(&lower);
        let header = resolve(&[(Level::Handle, &both.given)]).unwrap().unwrap();
        assert_eq!(header, "Bearer t");
        assert_eq!(both.headers["a"], "2");
        assert_eq!(both.timeout, Some(Duration::from_secs(1)));
        let kept = RequestOptions::new().over(&lower);
        assert_eq!(resolve(&[(Level::Handle, &kept.given)]).unwrap().unwrap(), "ApiKey aTpz");
    }

    #[test]
    fn what_cannot_be_sent_is_said_when_sending() {
        for options in [
            RequestOptions::new().header("a b", "x"),
            RequestOptions::new().header("a", "canary\r\nb: c"),
            RequestOptions::new().opaque_id("canary\0"),
            RequestOptions::new().run_as("canary\n"),
            RequestOptions::new().run_as("canary "),
            RequestOptions::new().header("authorization", "canary\n"),
            RequestOptions::new().secondary_authorization(&Credentials::anonymous()),
        ] {
            let error = options.over(&RequestOptions::new()).check().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidRequest);
            assert!(!format!("{error}{options:?}", options = RequestOptions::new()).contains("canary"));
        }
    }

    #[test]
    fn debug_shows_names() {
        let options = RequestOptions::new()
            .basic_auth("u", "canary")
            .header("x-custom", "canary")
            .header("Authorization", "Canary canary")
            .query("q", "canary");
        let text = format!("{options:#?}");
        assert!(!text.to_lowercase().contains("canary"), "{text}");
        assert!(text.contains("x-custom") && text.contains("user name and password"));
    }
}
