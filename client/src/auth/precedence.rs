//! Which credential is used when several were given. [`LEVELS`] and [`KINDS`] are the whole rule; [`choose`] is the
//! only function that picks, and the documentation and the tests read the same tables.
//!
//! A higher source replaces a lower one whole: what it gives is never mixed with what a lower one gave.

use std::fmt;
use std::sync::Arc;

use http::HeaderValue;

use super::credentials::{Basic, Cookie, Scheme};
use super::{ApiKey, Bearer, Credentials, CredentialsProvider};
use crate::{Error, ErrorKind, Secret};

/// Where a credential was given, highest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The options of this call.
    Call,
    /// The options of the handle the call was made from.
    Handle,
    /// The builder, and the userinfo of its URLs.
    Builder,
    /// The environment, and the userinfo of its URLs.
    Environment,
}

/// Every level, highest first.
pub const LEVELS: [Level; 4] = [Level::Call, Level::Handle, Level::Builder, Level::Environment];

/// One kind of credential within a source.
pub struct Kind {
    /// What people call it.
    pub name: &'static str,
    take: fn(&Given) -> Option<Result<Credentials, Error>>,
}

/// Every kind, strongest first. A provider and `anonymous` are not here: each is its source's only credential.
pub static KINDS: [Kind; 7] = [
    Kind {
        name: "`Authorization` header",
        take: |given| Some(Ok(Credentials::from_authorization(given.header.clone()?))),
    },
    Kind { name: "API key", take: |given| Some(given.api_key.as_ref()?.to_credentials()) },
    Kind { name: "user name and password", take: |given| Some(given.basic.as_ref()?.to_credentials()) },
    Kind { name: "userinfo of the URL", take: |given| Some(given.userinfo.as_ref()?.to_credentials()) },
    Kind { name: "bearer token", take: |given| Some(given.bearer.as_ref()?.to_credentials()) },
    Kind { name: "other scheme", take: |given| Some(given.scheme.as_ref()?.to_credentials()) },
    Kind { name: "session cookie", take: |given| Some(given.cookie.as_ref()?.to_credentials()) },
];

/// What one source was given. Later calls of one setter replace earlier ones.
#[derive(Clone, Default)]
pub struct Given {
    header: Option<HeaderValue>,
    api_key: Option<ApiKey>,
    basic: Option<Basic>,
    userinfo: Option<Basic>,
    bearer: Option<Bearer>,
    scheme: Option<Scheme>,
    cookie: Option<Cookie>,
    provider: Option<Arc<dyn CredentialsProvider>>,
    anonymous: bool,
}

impl Given {
    /// Nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// An explicit `Authorization` header.
    pub fn header(&mut self, value: HeaderValue) {
        self.header = Some(value);
    }

    /// An API key.
    pub fn api_key(&mut self, key: impl Into<ApiKey>) {
        self.api_key = Some(key.into());
    }

    /// A user name and password.
    pub fn basic(&mut self, username: impl Into<String>, password: impl Into<Secret<String>>) {
        self.basic = Some(Basic { username: username.into(), password: password.into() });
    }

    /// The decoded userinfo of a URL.
    pub fn userinfo(&mut self, username: impl Into<String>, password: impl Into<Secret<String>>) {
        self.userinfo = Some(Basic { username: username.into(), password: password.into() });
    }

    /// A bearer token.
    pub fn bearer(&mut self, token: impl Into<Bearer>) {
        self.bearer = Some(token.into());
    }

    /// Another scheme of the `Authorization` header.
    pub fn scheme(&mut self, scheme: impl Into<String>, credentials: impl Into<Secret<String>>) {
        self.scheme = Some(Scheme { scheme: scheme.into(), credentials: credentials.into() });
    }

    /// A session cookie.
    pub fn cookie(&mut self, cookie: impl Into<Secret<String>>) {
        self.cookie = Some(Cookie(cookie.into()));
    }

    /// A provider.
    pub fn provider(&mut self, provider: Arc<dyn CredentialsProvider>) {
        self.provider = Some(provider);
    }

    /// Explicitly nobody.
    pub fn anonymous(&mut self) {
        self.anonymous = true;
    }

    /// Whether the source says anything about who is calling.
    pub fn is_empty(&self) -> bool {
        self.provider.is_none() && !self.anonymous && self.names().next().is_none()
    }

    fn names(&self) -> impl Iterator<Item = &'static str> {
        KINDS.iter().filter(|kind| (kind.take)(self).is_some()).map(|kind| kind.name)
    }

    /// The source's credential and the names of those it outranks.
    fn strongest(&self) -> Result<(Chosen, Vec<&'static str>), Error> {
        let exclusive = match (&self.provider, self.anonymous) {
            (Some(_), true) => return Err(conflict("a credentials provider", "`anonymous`")),
            (Some(provider), false) => Some(("a credentials provider", Chosen::Provider(Arc::clone(provider)))),
            (None, true) => Some(("`anonymous`", Chosen::Fixed(Credentials::anonymous()))),
            (None, false) => None,
        };
        let mut names = self.names();
        if let Some((name, chosen)) = exclusive {
            return match names.next() {
                Some(other) => Err(conflict(name, other)),
                None => Ok((chosen, Vec::new())),
            };
        }
        match KINDS.iter().find_map(|kind| (kind.take)(self)) {
            Some(credentials) => Ok((Chosen::Fixed(credentials?), names.skip(1).collect())),
            None => Ok((Chosen::Fixed(Credentials::anonymous()), Vec::new())),
        }
    }
}

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

/// What will be sent.
#[derive(Clone)]
pub enum Chosen {
    /// These credentials.
    Fixed(Credentials),
    /// What the provider says before each attempt.
    Provider(Arc<dyn CredentialsProvider>),
}

/// What [`choose`] found.
pub struct Choice {
    /// What will be sent.
    pub chosen: Chosen,
    /// Where it was given; `None` when nothing was given anywhere.
    pub level: Option<Level>,
    /// What was given and is not used.
    pub unused: Vec<(Level, &'static str)>,
}

/// Picks the credential. The sources may come in any order.
///
/// # Errors
/// When the picked credential is malformed, or its source also has one that must be alone.
pub fn choose(sources: &[(Level, &Given)]) -> Result<Choice, Error> {
    let mut chosen = None;
    let mut unused = Vec::new();
    for level in LEVELS {
        for (_, given) in sources.iter().filter(|(other, given)| *other == level && !given.is_empty()) {
            if chosen.is_none() {
                let (credential, outranked) = given.strongest()?;
                unused.extend(outranked.into_iter().map(|name| (level, name)));
                chosen = Some((credential, level));
            } else {
                unused.extend(given.names().map(|name| (level, name)));
                unused.extend(given.provider.iter().map(|_| (level, "credentials provider")));
            }
        }
    }
    Ok(match chosen {
        Some((chosen, level)) => Choice { chosen, level: Some(level), unused },
        None => Choice { chosen: Chosen::Fixed(Credentials::anonymous()), level: None, unused },
    })
}

/// The `Authorization` header that calls with these sources would carry; `None` when they would carry none.
///
/// # Errors
/// As [`choose`], and when the choice is a provider, which only a call can ask.
pub fn resolve(sources: &[(Level, &Given)]) -> Result<Option<HeaderValue>, Error> {
    match choose(sources)?.chosen {
        Chosen::Fixed(credentials) => Ok(credentials
            .header()
            .filter(|(name, _)| *name == http::header::AUTHORIZATION)
            .map(|(_, value)| value.clone())),
        Chosen::Provider(_) => Err(Error::new(ErrorKind::Credentials, "only a call can ask a credentials provider")),
    }
}

fn conflict(left: &str, right: &str) -> Error {
    Error::new(
        ErrorKind::Credentials,
        format!("{left} must be the only credential of its source, but {right} was given too"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::provider_fn;

    type Setter = fn(&mut Given);

    /// One setter a row of [`KINDS`], in its order, with the header it makes.
    const SETTERS: [(Setter, Option<&str>); 7] = [
        (|given| given.header(HeaderValue::from_static("Custom x")), Some("Custom x")),
        (|given| given.api_key(("i", "s")), Some("ApiKey aTpz")),
        (|given| given.basic("u", "p"), Some("Basic dTpw")),
        (|given| given.userinfo("a", "b"), Some("Basic YTpi")),
        (|given| given.bearer("t"), Some("Bearer t")),
        (|given| given.scheme("Negotiate", "n"), Some("Negotiate n")),
        (|given| given.cookie("sid=1"), None),
    ];

    fn given(setters: &[Setter]) -> Given {
        let mut given = Given::new();
        setters.iter().for_each(|set| set(&mut given));
        given
    }

    #[track_caller]
    fn check(sources: &[(Level, &Given)], expected: Option<&str>, unused: usize) {
        let header = resolve(sources).unwrap();
        assert_eq!(header.as_ref().map(|value| value.to_str().unwrap()), expected, "{sources:?}");
        assert!(header.is_none_or(|value| value.is_sensitive()));
        assert_eq!(choose(sources).unwrap().unused.len(), unused, "{sources:?}");
    }

    #[test]
    fn a_stronger_kind_wins_within_a_source() {
        for (strong, (set_strong, header)) in SETTERS.iter().enumerate() {
            check(&[(Level::Builder, &given(&[*set_strong]))], *header, 0);
            for (set_weak, _) in &SETTERS[strong + 1..] {
                check(&[(Level::Builder, &given(&[*set_weak, *set_strong]))], *header, 1);
            }
        }
        check(&[(Level::Call, &given(&SETTERS.map(|(set, _)| set)))], Some("Custom x"), 6);
    }

    #[test]
    fn a_higher_source_replaces_a_lower_one_whole() {
        for (at, high) in LEVELS.iter().enumerate() {
            for low in &LEVELS[at + 1..] {
                for (set_high, header) in SETTERS {
                    for (set_low, _) in SETTERS {
                        let (high_given, low_given) = (given(&[set_high]), given(&[set_low]));
                        check(&[(*low, &low_given), (*high, &high_given)], header, 1);
                    }
                }
                check(&[(*high, &given(&[Given::anonymous])), (*low, &given(&[SETTERS[1].0]))], None, 1);
                check(&[(*high, &Given::new()), (*low, &given(&[SETTERS[1].0]))], SETTERS[1].1, 0);
            }
        }
        check(&[], None, 0);
    }

    #[test]
    fn some_must_be_alone() {
        let provider: Setter = |given| given.provider(Arc::new(provider_fn(|| async { Ok(Credentials::anonymous()) })));
        for (set, _) in SETTERS {
            for alone in [provider, Given::anonymous] {
                let error = choose(&[(Level::Builder, &given(&[set, alone]))]).err().unwrap();
                assert!(error.to_string().contains("must be the only credential"), "{error}");
            }
        }
        assert!(choose(&[(Level::Builder, &given(&[provider, Given::anonymous]))]).is_err());
        let alone = given(&[provider]);
        assert!(matches!(choose(&[(Level::Builder, &alone)]).unwrap().chosen, Chosen::Provider(_)));
    }

    #[test]
    fn a_malformed_credential_is_an_error_only_where_it_would_be_used() {
        let bad = given(&[|given| given.api_key("id:canary")]);
        let good = given(&[|given| given.bearer("t")]);
        assert!(choose(&[(Level::Builder, &bad)]).is_err());
        check(&[(Level::Call, &good), (Level::Builder, &bad)], Some("Bearer t"), 1);
    }
}
