//! Links that browsers follow into Kibana: to log in, to log out, to show a dashboard in a page. Nothing is sent.
//!
//! What is given is percent-encoded, and the provider's hint stands in the query, before the fragment: behind it, Kibana's
//! server would never see it. Links stay in the space of the handle they were made with.
//!
//! ```
//! use elkit::Kibana;
//! use elkit::auth::links::{DashboardLink, LoginLink};
//!
//! let kibana = Kibana::builder("https://kibana.example/base").build()?.space("sales")?;
//! assert_eq!(
//!     LoginLink::new(&kibana).provider("saml1").next("/app/home#/").to_string(),
//!     "https://kibana.example/base/login?auth_provider_hint=saml1&next=%2Fbase%2Fs%2Fsales%2Fapp%2Fhome%23%2F",
//! );
//! assert_eq!(
//!     DashboardLink::new(&kibana, "a b").provider("anonymous1").embedded().to_string(),
//!     "https://kibana.example/base/s/sales/app/dashboards?auth_provider_hint=anonymous1#/view/a%20b?embed=true",
//! );
//! # Ok::<(), elkit::Error>(())
//! ```

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::client::Client;
use crate::{Error, ErrorKind, Kibana};

/// All but what RFC 3986 calls unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Where Kibana is, for a browser, and in which space.
#[derive(Clone, Debug)]
struct Place {
    base: String,
    space: Option<String>,
}

impl Place {
    fn of(kibana: &Kibana) -> Self {
        let handle = kibana.handle();
        let space = handle.space().filter(|space| *space != "default").map(str::to_owned);
        Self { base: handle.core().nodes.first().base.clone(), space }
    }

    fn public_url(&mut self, url: &str) -> Result<(), Error> {
        let refuse = |why| Error::new(ErrorKind::Configuration, format!("the public URL of Kibana {why}"));
        let parsed = url::Url::parse(url).map_err(|error| refuse("is no URL").with_source(error))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(refuse("is neither http nor https"));
        }
        if parsed.query().is_some() || parsed.fragment().is_some() || !parsed.username().is_empty() {
            return Err(refuse("has a query, a fragment or a user name"));
        }
        parsed.as_str().trim_end_matches('/').clone_into(&mut self.base);
        Ok(())
    }

    /// The path that Kibana is under, as its `server.basePath`.
    fn base_path(&self) -> &str {
        let authority = self.base.find("://").map_or(0, |at| at + 3);
        self.base[authority..].find('/').map_or("", |at| &self.base[authority + at..])
    }

    fn space_path(&self) -> String {
        self.space.as_ref().map(|space| format!("/s/{space}")).unwrap_or_default()
    }
}

/// A link to Kibana's login page.
#[derive(Clone, Debug)]
#[must_use = "a link does nothing until it is written"]
pub struct LoginLink {
    place: Place,
    provider: Option<String>,
    next: Option<String>,
}

impl LoginLink {
    /// A link to the login page of this Kibana; what follows the login is in the handle's space.
    pub fn new(kibana: &Kibana) -> Self {
        Self { place: Place::of(kibana), provider: None, next: None }
    }

    /// Where browsers find Kibana, if it is not where the client does. A path is kept.
    ///
    /// # Errors
    /// When it is no http or https URL, or has a query, a fragment or a user name.
    pub fn public_url(mut self, url: impl AsRef<str>) -> Result<Self, Error> {
        self.place.public_url(url.as_ref())?;
        Ok(self)
    }

    /// Logs in with this provider, as `kibana.yml` names it (`saml1`), without asking which (`auth_provider_hint`).
    pub fn provider(mut self, name: impl Into<String>) -> Self {
        self.provider = Some(name.into());
        self
    }

    /// Where to go after the login: a path within the space, such as `/app/dashboards#/view/1`. Anything else than a path
    /// of this Kibana is not followed by it.
    pub fn next(mut self, path: impl Into<String>) -> Self {
        self.next = Some(path.into());
        self
    }
}

impl fmt::Display for LoginLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let next = match (&self.next, &self.place.space) {
            (None, None) => None,
            (next, _) => {
                let path = next.as_deref().unwrap_or("/");
                let slash = if path.starts_with('/') { "" } else { "/" };
                Some(format!("{}{}{slash}{path}", self.place.base_path(), self.place.space_path()))
            }
        };
        write!(f, "{}/login", self.place.base)?;
        query(f, [("auth_provider_hint", self.provider.as_deref()), ("next", next.as_deref())])
    }
}

/// A link that ends the session of the browser that follows it: at Kibana, and at the identity provider if the realm knows
/// how.
#[derive(Clone, Debug)]
#[must_use = "a link does nothing until it is written"]
pub struct LogoutLink {
    place: Place,
}

impl LogoutLink {
    /// A link to the logout of this Kibana.
    pub fn new(kibana: &Kibana) -> Self {
        Self { place: Place::of(kibana) }
    }

    /// Where browsers find Kibana, if it is not where the client does. A path is kept.
    ///
    /// # Errors
    /// When it is no http or https URL, or has a query, a fragment or a user name.
    pub fn public_url(mut self, url: impl AsRef<str>) -> Result<Self, Error> {
        self.place.public_url(url.as_ref())?;
        Ok(self)
    }
}

impl fmt::Display for LogoutLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/logout", self.place.base)
    }
}

/// A link to a dashboard, alone or for an `<iframe>`.
///
/// A page of another site can show it when Kibana's cookies may go there: `xpack.security.sameSiteCookies: None`, over
/// https.
#[derive(Clone, Debug)]
#[must_use = "a link does nothing until it is written"]
pub struct DashboardLink {
    place: Place,
    id: String,
    provider: Option<String>,
    parameters: Vec<(String, String)>,
}

impl DashboardLink {
    /// A link to the dashboard with this id, in the handle's space.
    pub fn new(kibana: &Kibana, id: impl Into<String>) -> Self {
        Self { place: Place::of(kibana), id: id.into(), provider: None, parameters: Vec::new() }
    }

    /// Where browsers find Kibana, if it is not where the client does. A path is kept.
    ///
    /// # Errors
    /// When it is no http or https URL, or has a query, a fragment or a user name.
    pub fn public_url(mut self, url: impl AsRef<str>) -> Result<Self, Error> {
        self.place.public_url(url.as_ref())?;
        Ok(self)
    }

    /// Logs in with this provider, as `kibana.yml` names it, without asking (`auth_provider_hint`): `anonymous1` shows the
    /// dashboard to everybody.
    pub fn provider(mut self, name: impl Into<String>) -> Self {
        self.provider = Some(name.into());
        self
    }

    /// Leaves out Kibana's menus (`embed=true`).
    pub fn embedded(self) -> Self {
        self.parameter("embed", "true")
    }

    /// Shows this time range, such as `now-15m` to `now`.
    pub fn time_range(self, from: impl AsRef<str>, to: impl AsRef<str>) -> Self {
        let state = format!("(time:(from:{},to:{}))", rison(from.as_ref()), rison(to.as_ref()));
        self.parameter("_g", state)
    }

    /// Adds a parameter of the dashboard, such as `show-time-filter`, `hide-filter-bar` or `_a`.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.push((name.into(), value.into()));
        self
    }
}

impl fmt::Display for DashboardLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}/app/dashboards", self.place.base, self.place.space_path())?;
        query(f, [("auth_provider_hint", self.provider.as_deref())])?;
        write!(f, "#/view/{}", encoded(&self.id))?;
        query(f, self.parameters.iter().map(|(name, value)| (name.as_str(), Some(value.as_str()))))
    }
}

/// Writes those parameters that have a value.
fn query<'a>(
    f: &mut fmt::Formatter<'_>,
    parameters: impl IntoIterator<Item = (&'a str, Option<&'a str>)>,
) -> fmt::Result {
    let given = parameters.into_iter().filter_map(|(name, value)| Some((name, value?)));
    given.enumerate().try_for_each(|(at, (name, value))| {
        let mark = if at == 0 { '?' } else { '&' };
        write!(f, "{mark}{}={}", encoded(name), encoded(value))
    })
}

fn encoded(text: &str) -> impl fmt::Display + '_ {
    utf8_percent_encode(text, RESERVED)
}

/// A text in the notation of Kibana's URLs, where `!` escapes.
fn rison(text: &str) -> String {
    let plain = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c));
    if plain { text.to_owned() } else { format!("'{}'", text.replace('!', "!!").replace('\'', "!'")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kibana(url: &str, space: &str) -> Kibana {
        Kibana::builder(url).build().unwrap().space(space).unwrap()
    }

    #[track_caller]
    fn check(link: impl ToString, expected: &str) {
        let link = link.to_string();
        assert_eq!(link, expected);
        // A browser reads it as it was meant.
        assert_eq!(url::Url::parse(&link).unwrap().as_str(), expected);
    }

    #[test]
    fn logins() {
        let plain = kibana("http://h:5601", "default");
        check(LoginLink::new(&plain), "http://h:5601/login");
        check(LoginLink::new(&plain).next("app/x?a=1&b#c"), "http://h:5601/login?next=%2Fapp%2Fx%3Fa%3D1%26b%23c");
        check(
            LoginLink::new(&plain).provider("a&b=c#d/é"),
            "http://h:5601/login?auth_provider_hint=a%26b%3Dc%23d%2F%C3%A9",
        );
        let space = kibana("http://h/base", "s-1");
        check(LoginLink::new(&space), "http://h/base/login?next=%2Fbase%2Fs%2Fs-1%2F");
        check(
            LoginLink::new(&space).public_url("https://k.example/kb/").unwrap().provider("p").next("/app/x"),
            "https://k.example/kb/login?auth_provider_hint=p&next=%2Fkb%2Fs%2Fs-1%2Fapp%2Fx",
        );
        check(LogoutLink::new(&space), "http://h/base/logout");
    }

    #[test]
    fn dashboards() {
        let plain = kibana("http://h:5601", "default");
        check(DashboardLink::new(&plain, "1"), "http://h:5601/app/dashboards#/view/1");
        check(DashboardLink::new(&plain, "a/b?c#d"), "http://h:5601/app/dashboards#/view/a%2Fb%3Fc%23d");
        check(
            DashboardLink::new(&kibana("https://h/b", "s"), "1")
                .provider("anonymous1")
                .embedded()
                .time_range("now-15m", "2026-01-01T00:00:00Z")
                .parameter("hide-filter-bar", "true"),
            "https://h/b/s/s/app/dashboards?auth_provider_hint=anonymous1#/view/1?embed=true&\
             _g=%28time%3A%28from%3Anow-15m%2Cto%3A%272026-01-01T00%3A00%3A00Z%27%29%29&hide-filter-bar=true",
        );
        assert_eq!(rison("it's!"), "'it!'s!!'");
    }

    #[test]
    fn public_urls_that_are_none() {
        let kibana = kibana("http://h", "default");
        for bad in ["", "kibana", "ftp://h", "javascript:alert(1)", "http://h?a", "http://h#a", "http://u@h"] {
            assert!(LogoutLink::new(&kibana).public_url(bad).is_err(), "{bad}");
        }
    }
}
