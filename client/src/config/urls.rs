//! Base URLs: only http and https, no query, no fragment. A URL's userinfo becomes a credential and never stays in it.

use std::path::Path;

use percent_encoding::percent_decode_str;
use url::Url;

use crate::{Error, ErrorKind, Secret};

/// One URL or several: `&str`, `String`, [`Url`], and arrays, slices and vectors of them.
pub trait IntoUrls {
    /// The texts. They are secret, as they may carry userinfo.
    fn into_urls(self) -> Vec<Secret<String>>;
}

impl IntoUrls for &str {
    fn into_urls(self) -> Vec<Secret<String>> {
        vec![self.into()]
    }
}

impl IntoUrls for String {
    fn into_urls(self) -> Vec<Secret<String>> {
        vec![self.into()]
    }
}

impl IntoUrls for &String {
    fn into_urls(self) -> Vec<Secret<String>> {
        vec![self.into()]
    }
}

impl IntoUrls for Url {
    fn into_urls(self) -> Vec<Secret<String>> {
        vec![String::from(self).into()]
    }
}

impl IntoUrls for &Url {
    fn into_urls(self) -> Vec<Secret<String>> {
        vec![self.as_str().into()]
    }
}

impl<T: AsRef<str>> IntoUrls for &[T] {
    fn into_urls(self) -> Vec<Secret<String>> {
        self.iter().map(|url| url.as_ref().into()).collect()
    }
}

impl<T: AsRef<str>> IntoUrls for Vec<T> {
    fn into_urls(self) -> Vec<Secret<String>> {
        self.as_slice().into_urls()
    }
}

impl<T: AsRef<str>> IntoUrls for &Vec<T> {
    fn into_urls(self) -> Vec<Secret<String>> {
        self.as_slice().into_urls()
    }
}

impl<T: AsRef<str>, const N: usize> IntoUrls for [T; N] {
    fn into_urls(self) -> Vec<Secret<String>> {
        self.as_slice().into_urls()
    }
}

impl<T: AsRef<str>, const N: usize> IntoUrls for &[T; N] {
    fn into_urls(self) -> Vec<Secret<String>> {
        self.as_slice().into_urls()
    }
}

/// URLs without their userinfo, and the userinfo.
pub(super) struct Parsed {
    pub(super) urls: Vec<Url>,
    pub(super) userinfo: Option<(String, Secret<String>)>,
}

/// # Errors
/// When a URL can't be a base, or two of them carry different userinfo.
pub(super) fn parse(texts: &[Secret<String>]) -> Result<Parsed, Error> {
    let mut parsed = Parsed { urls: Vec::with_capacity(texts.len()), userinfo: None };
    for text in texts {
        let (url, userinfo) = parse_one(text.expose())?;
        match (&parsed.userinfo, userinfo) {
            (Some(known), Some(other)) if *known != other => {
                return Err(refuse("the URLs carry different user names or passwords"));
            }
            (None, Some(other)) => parsed.userinfo = Some(other),
            _ => {}
        }
        parsed.urls.push(url);
    }
    Ok(parsed)
}

/// User name and password.
pub(crate) type Userinfo = (String, Secret<String>);

/// The URL of a proxy, without its userinfo.
///
/// # Errors
/// When it is no URL of a proxy.
pub(super) fn proxy(text: &str) -> Result<(Url, Option<Userinfo>), Error> {
    let (url, userinfo) = parse_one(text).map_err(|error| error.with_hint("the URL of the proxy"))?;
    if url.path() != "/" {
        return Err(refuse("the URL of the proxy has a path"));
    }
    Ok((url, userinfo))
}

// The messages show no URL: it may carry a password, and be malformed just because of that password.
fn parse_one(text: &str) -> Result<(Url, Option<Userinfo>), Error> {
    let scheme = text.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    match scheme.as_deref() {
        Some("http" | "https") => {}
        Some(_) => return Err(refuse("a URL's scheme is neither http nor https")),
        None => {
            return Err(refuse("a URL has no scheme: write `http://` or `https://` before the host"));
        }
    }
    if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(refuse("a URL holds a space or a control character"));
    }
    let mut url = Url::parse(text).map_err(|error| refuse("a URL can't be parsed").with_source(error))?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refuse("a base URL has a query or a fragment"));
    }
    let userinfo = match (url.username(), url.password()) {
        ("", None) => None,
        (username, password) => {
            let decode = |part: &str| {
                let decoded = percent_decode_str(part).decode_utf8();
                decoded.map(|text| text.into_owned()).map_err(|_| refuse("a URL's userinfo is not UTF-8"))
            };
            Some((decode(username)?, Secret::new(decode(password.unwrap_or_default())?)))
        }
    };
    // Neither fails: the URL has a host.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    Ok((url, userinfo))
}

/// A path from a variable of the environment.
pub(super) fn file(path: &str) -> &Path {
    Path::new(path)
}

fn refuse(message: &'static str) -> Error {
    Error::new(ErrorKind::Configuration, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The URL without its userinfo, and user name and password.
    type Expected = (&'static str, Option<(&'static str, &'static str)>);

    #[track_caller]
    fn check(text: &str, expected: Result<Expected, &str>) {
        let parsed = parse(&text.into_urls()).map(|parsed| {
            let userinfo = parsed.userinfo.map(|(name, password)| (name, password.into_exposed()));
            (parsed.urls[0].to_string(), userinfo)
        });
        match (parsed, expected) {
            (Ok((url, userinfo)), Ok((expected_url, expected_userinfo))) => {
                assert_eq!(url, expected_url);
                let expected = expected_userinfo.map(|(name, password)| (name.to_owned(), password.to_owned()));
                assert_eq!(userinfo, expected);
            }
            (Err(error), Err(part)) => {
                assert!(error.to_string().contains(part), "{error}");
                assert!(!format!("{error:?}").contains("canary"), "{error:?}");
            }
            (parsed, _) => panic!("{text}: {parsed:?}"),
        }
    }

    #[test]
    fn base_urls() {
        check("http://h", Ok(("http://h/", None)));
        check("HTTPS://h:9200/base/", Ok(("https://h:9200/base/", None)));
        check("https://[::1]:9200", Ok(("https://[::1]:9200/", None)));
        check("https://el%3Aastic:p%40ss%2Fw@h", Ok(("https://h/", Some(("el:astic", "p@ss/w")))));
        check("https://u@h", Ok(("https://h/", Some(("u", "")))));
        check("ftp://h:1", Err("neither http nor https"));
        check("localhost:9200", Err("no scheme"));
        check("myhost", Err("no scheme"));
        check("", Err("no scheme"));
        check("http://u:canary@h?a=b", Err("query or a fragment"));
        check("http://u:canary@h#a", Err("query or a fragment"));
        check("http://u:canary@h:99999", Err("can't be parsed"));
        check("http://u:can ary@h", Err("space or a control"));
        check("http://u:%ff@h", Err("not UTF-8"));
    }

    #[test]
    fn several() {
        let parsed = parse(&["http://u:p@a", "http://b", "http://u:p@c"].into_urls()).unwrap();
        assert_eq!(parsed.urls.len(), 3);
        assert!(parsed.userinfo.is_some());
        assert!(parse(&["http://u:p@a", "http://u:q@b"].into_urls()).is_err());
    }
}
