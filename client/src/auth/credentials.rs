//! The forms credentials take. What can't be a header value, or would be read as something else by the server, is an
//! error here and never sent.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderName, HeaderValue};

use super::{ApiKey, Bearer};
use crate::{Error, ErrorKind, Secret};

/// One way to say who is calling, checked and ready to send.
///
/// ```
/// use elkit::auth::Credentials;
///
/// let credentials = Credentials::basic("elastic", "changeme")?;
/// assert_eq!(format!("{credentials:?}"), "Credentials(authorization)");
/// # Ok::<(), elkit::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials(Option<(HeaderName, HeaderValue)>);

impl Credentials {
    /// An API key.
    ///
    /// # Errors
    /// When the key is not base64 of `id:secret`.
    pub fn api_key(key: impl Into<ApiKey>) -> Result<Self, Error> {
        key.into().to_credentials()
    }

    /// A user name and password.
    ///
    /// # Errors
    /// When the name is empty or holds a colon, or either holds a control character.
    pub fn basic(username: impl Into<String>, password: impl Into<Secret<String>>) -> Result<Self, Error> {
        Basic { username: username.into(), password: password.into() }.to_credentials()
    }

    /// A bearer token: OAuth, JWT, or a service account's.
    ///
    /// # Errors
    /// When the token is empty, begins with its scheme, or holds anything but visible ASCII.
    pub fn bearer(token: impl Into<Bearer>) -> Result<Self, Error> {
        token.into().to_credentials()
    }

    /// Any other scheme of the `Authorization` header.
    ///
    /// # Errors
    /// When the scheme is not a token, or the credentials can't stand in a header.
    pub fn scheme(scheme: impl Into<String>, credentials: impl Into<Secret<String>>) -> Result<Self, Error> {
        Scheme { scheme: scheme.into(), credentials: credentials.into() }.to_credentials()
    }

    /// A Kibana session cookie: `sid=...`, or a whole `Cookie` header.
    ///
    /// # Errors
    /// When the text can't stand in a header.
    pub fn cookie(cookie: impl Into<Secret<String>>) -> Result<Self, Error> {
        Cookie(cookie.into()).to_credentials()
    }

    /// Nobody.
    pub const fn anonymous() -> Self {
        Self(None)
    }

    /// The header that carries them, marked sensitive; none when anonymous.
    pub fn header(&self) -> Option<(&HeaderName, &HeaderValue)> {
        self.0.as_ref().map(|(name, value)| (name, value))
    }

    pub(crate) fn from_authorization(mut value: HeaderValue) -> Self {
        value.set_sensitive(true);
        Self(Some((AUTHORIZATION, value)))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.0.as_ref().map_or("anonymous", |(name, _)| name.as_str());
        write!(f, "Credentials({name})")
    }
}

/// A user name and password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Basic {
    pub(crate) username: String,
    pub(crate) password: Secret<String>,
}

impl Basic {
    pub(crate) fn to_credentials(&self) -> Result<Credentials, Error> {
        let (username, password) = (&self.username, self.password.expose());
        if username.is_empty() {
            return Err(refuse("the user name is empty"));
        }
        if username.contains(':') {
            return Err(refuse("the user name holds a colon, so the server would cut it there"));
        }
        no_control("user name or password", &[username, password])?;
        let pair = Secret::new(format!("{username}:{password}"));
        authorization("Basic", &STANDARD.encode(pair.expose()))
    }
}

/// A scheme of the `Authorization` header that has no method of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scheme {
    pub(crate) scheme: String,
    pub(crate) credentials: Secret<String>,
}

impl Scheme {
    pub(crate) fn to_credentials(&self) -> Result<Credentials, Error> {
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if self.scheme.is_empty() || !self.scheme.bytes().all(token) {
            return Err(refuse("the authorization scheme is not one word"));
        }
        let credentials = self.credentials.expose();
        if credentials.is_empty() || credentials.trim() != credentials {
            return Err(refuse("the credentials are empty or begin or end with a space"));
        }
        authorization(&self.scheme, credentials)
    }
}

/// A session cookie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cookie(pub(crate) Secret<String>);

impl Cookie {
    pub(crate) fn to_credentials(&self) -> Result<Credentials, Error> {
        if !self.0.expose().contains('=') {
            return Err(refuse("the session cookie is not of the form `name=value`"));
        }
        Ok(Credentials(Some((COOKIE, sensitive(self.0.expose())?))))
    }
}

pub(super) fn no_scheme(what: &str, value: &str) -> Result<(), Error> {
    for scheme in ["ApiKey", "Bearer", "Basic"] {
        let head = value.get(..scheme.len());
        let next = value.get(scheme.len()..).and_then(|rest| rest.chars().next());
        if head.is_some_and(|head| head.eq_ignore_ascii_case(scheme)) && next.is_some_and(char::is_whitespace) {
            return Err(refuse(format!("the {what} begins with `{scheme} `: leave the scheme out")));
        }
    }
    Ok(())
}

pub(super) fn no_control(what: &str, values: &[&str]) -> Result<(), Error> {
    if values.iter().any(|value| value.chars().any(char::is_control)) {
        return Err(refuse(format!("the {what} holds a control character")));
    }
    Ok(())
}

pub(super) fn authorization(scheme: &str, credentials: &str) -> Result<Credentials, Error> {
    let text = Secret::new(format!("{scheme} {credentials}"));
    Ok(Credentials::from_authorization(sensitive(text.expose())?))
}

fn sensitive(text: &str) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::from_str(text)
        .map_err(|_| refuse("the credentials hold a character that can't stand in a header"))?;
    value.set_sensitive(true);
    Ok(value)
}

pub(super) fn refuse(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Credentials, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(credentials: Result<Credentials, Error>, expected: Result<&str, &str>) {
        match (credentials, expected) {
            (Ok(credentials), Ok(text)) => {
                let (_, value) = credentials.header().unwrap();
                assert_eq!(value.to_str().unwrap(), text);
                assert!(value.is_sensitive());
            }
            (Err(error), Err(part)) => {
                assert_eq!(error.kind(), ErrorKind::Credentials);
                assert!(error.to_string().contains(part), "{error}");
                assert!(!format!("{error} {error:?}").contains("canary"));
            }
            (result, expected) => panic!("{result:?}, not {expected:?}"),
        }
    }

    #[test]
    fn api_keys() {
        check(Credentials::api_key("aWQ6Y2FuYXJ5"), Ok("ApiKey aWQ6Y2FuYXJ5"));
        check(Credentials::api_key(("id", "canary")), Ok("ApiKey aWQ6Y2FuYXJ5"));
        check(Credentials::api_key(("ïd", String::from("é"))), Ok("ApiKey w69kOsOp"));
        check(Credentials::api_key("aWQ6Yw"), Ok("ApiKey aWQ6Yw"));
        check(Credentials::api_key("essu_aWQ6Y2FuYXJ5"), Ok("ApiKey essu_aWQ6Y2FuYXJ5"));
        check(Credentials::api_key("ApiKey aWQ6Y2FuYXJ5"), Err("leave the scheme out"));
        check(Credentials::api_key("bearer aWQ6Y2FuYXJ5"), Err("leave the scheme out"));
        check(Credentials::api_key("id:canary"), Err("not encoded"));
        check(Credentials::api_key(""), Err("empty"));
        check(Credentials::api_key("canary"), Err("not base64"));
        check(Credentials::api_key("aWQ6Y2FuYXJ5\n"), Err("not base64"));
        check(Credentials::api_key("Y2FuYXJ5"), Err("not base64 of `id:secret`"));
        check(Credentials::api_key(("", "canary")), Err("empty"));
        check(Credentials::api_key(("id", "")), Err("empty"));
        check(Credentials::api_key(("i:d", "canary")), Err("colon"));
        check(Credentials::api_key(("id", "can\nary")), Err("control"));
    }

    #[test]
    fn basic() {
        check(Credentials::basic("elastic", "changeme"), Ok("Basic ZWxhc3RpYzpjaGFuZ2VtZQ=="));
        check(Credentials::basic("u", "pässwörd€日本"), Ok("Basic dTpww6Rzc3fDtnJk4oKs5pel5pys"));
        check(Credentials::basic("a", "b:c"), Ok("Basic YTpiOmM="));
        check(Credentials::basic("elastic", ""), Ok("Basic ZWxhc3RpYzo="));
        check(Credentials::basic("", "canary"), Err("empty"));
        check(Credentials::basic("a:b", "canary"), Err("colon"));
        check(Credentials::basic("a", "can\r\nary"), Err("control"));
    }

    #[test]
    fn bearer_and_others() {
        check(Credentials::bearer("abc"), Ok("Bearer abc"));
        check(Credentials::bearer(""), Err("empty"));
        check(Credentials::bearer("Bearer canary"), Err("leave the scheme out"));
        check(Credentials::bearer("can\nary"), Err("visible ASCII"));
        check(Credentials::bearer("canary é"), Err("visible ASCII"));
        check(Credentials::scheme("Negotiate", "abc=="), Ok("Negotiate abc=="));
        check(Credentials::scheme("Two words", "canary"), Err("one word"));
        check(Credentials::scheme("Negotiate", " canary"), Err("space"));
        check(Credentials::scheme("Negotiate", "can\nary"), Err("header"));
        check(Credentials::cookie("sid=abc"), Ok("sid=abc"));
        check(Credentials::cookie("canary"), Err("name=value"));
    }

    #[test]
    fn debug_shows_nothing() {
        let texts = [
            format!("{:?}", ApiKey::pair("id", "canary")),
            format!("{:?}", ApiKey::encoded("canary")),
            format!("{:?}", Bearer::new("canary")),
            format!("{:?}", Credentials::bearer("canary").unwrap()),
            format!("{:?}", Basic { username: "u".into(), password: "canary".into() }),
        ];
        assert!(texts.iter().all(|text| !text.contains("canary")), "{texts:?}");
    }
}
