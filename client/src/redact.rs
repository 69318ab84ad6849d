//! Hides in an error what its request carried in secret, because servers quote what they refuse. Only texts that
//! people print are changed; the raw body stays as it came.

use std::cell::RefCell;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::COOKIE;
use http::{HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::Value;

use crate::Secret;
use crate::auth::Credentials;

/// A shorter secret stays: hiding every `a` in a text would hide what it says and tell the secret.
const SHORTEST: usize = 4;

/// Nor does a parameter tell much that is this short: a type, a number.
const SHORTEST_PART: usize = 8;

/// All but what RFC 3986 calls unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

const HIDDEN: &str = "[redacted]";

thread_local! {
    static WRITTEN: RefCell<Option<Secrets>> = const { RefCell::new(None) };
}

/// What a request carried in secret.
#[derive(Default)]
pub(crate) struct Secrets(Vec<Secret<String>>);

impl Secrets {
    /// Runs `write`, which encodes a request, and keeps the secrets it wrote.
    pub(crate) fn written_by<T>(write: impl FnOnce() -> T) -> (Self, T) {
        WRITTEN.set(Some(Self::default()));
        let result = write();
        (WRITTEN.take().unwrap_or_default(), result)
    }

    /// What the header carries, and the secret half of what that decodes to: an error may quote either.
    pub(crate) fn of(credentials: &Credentials) -> Self {
        let mut secrets = Self::default();
        if let Some((name, value)) = credentials.header() {
            secrets.add_header(name, value);
        }
        secrets
    }

    /// The same of all headers that carry credentials.
    #[cfg(feature = "test-kit")]
    pub(crate) fn in_headers(headers: &http::HeaderMap) -> Self {
        let mut secrets = Self::default();
        secrets.add_headers(headers);
        secrets
    }

    /// Adds what headers carry that are marked as sensitive.
    pub(crate) fn add_headers(&mut self, headers: &http::HeaderMap) {
        let sensitive = headers.iter().filter(|(_, value)| value.is_sensitive());
        sensitive.for_each(|(name, value)| self.add_header(name, value));
    }

    fn add_header(&mut self, name: &HeaderName, value: &HeaderValue) {
        let secrets = self;
        match value.to_str() {
            Ok(cookies) if *name == COOKIE => {
                let values = cookies.split("; ").filter_map(|cookie| cookie.split_once('='));
                for (_, value) in values {
                    secrets.add(value);
                    secrets.add_encoded(value);
                }
            }
            Ok(text) => {
                let credentials = text.split_once(' ').map_or(text, |(_, credentials)| credentials);
                let decoded = STANDARD.decode(credentials).ok().and_then(|bytes| String::from_utf8(bytes).ok());
                let decoded = Secret::new(decoded.unwrap_or_default());
                secrets.add(credentials);
                secrets.add_encoded(credentials);
                let secret = decoded.expose().split_once(':').map_or("", |(_, secret)| secret);
                secrets.add(secret);
                secrets.add_encoded(secret);
            }
            Err(_) => {}
        }
    }

    /// Hides the secrets in a text.
    pub(crate) fn hide(&self, text: &mut String) {
        for secret in &self.0 {
            if text.contains(secret.expose()) {
                *text = text.replace(secret.expose(), HIDDEN);
            }
        }
    }

    /// Hides the secrets in every text of a value.
    pub(crate) fn hide_in(&self, value: &mut Value) {
        match value {
            Value::String(text) => self.hide(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.hide_in(item)),
            Value::Object(members) => members.values_mut().for_each(|member| self.hide_in(member)),
            _ => {}
        }
    }

    /// Keeps a secret in the forms in which servers quote it: as it is, as it stands in a URL, and, if it is a URL or a query
    /// itself, the values of its parameters.
    pub(crate) fn add_forms(&mut self, secret: &str) {
        self.add(secret);
        self.add_encoded(secret);
        for (_, value) in secret.split(['?', '#', '&']).filter_map(|pair| pair.split_once('=')) {
            if value.len() >= SHORTEST_PART {
                let decoded = Secret::new(percent_decode_str(value).decode_utf8_lossy().into_owned());
                self.add(value);
                self.add(decoded.expose());
            }
        }
    }

    fn add_encoded(&mut self, secret: &str) {
        let encoded = Secret::new(utf8_percent_encode(secret, RESERVED).to_string());
        if encoded.expose() != secret {
            self.add(encoded.expose());
        }
    }

    fn add(&mut self, secret: &str) {
        if secret.len() >= SHORTEST {
            self.0.push(secret.into());
        }
    }
}

/// Notes a secret that is being written in clear.
pub(crate) fn written(secret: &str) {
    WRITTEN.with_borrow_mut(|written| {
        if let Some(written) = written {
            written.add_forms(secret);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(credentials: Credentials, text: &str, expected: &str) {
        let mut text = text.to_owned();
        Secrets::of(&credentials).hide(&mut text);
        assert_eq!(text, expected);
    }

    #[test]
    fn credentials_are_hidden_in_every_form() {
        let key = Credentials::api_key(("the-id", "canary")).unwrap();
        check(key, "key dGhlLWlkOmNhbmFyeQ== of the-id, canary!", "key [redacted] of the-id, [redacted]!");
        check(Credentials::basic("elastic", "canary").unwrap(), "elastic canary", "elastic [redacted]");
        check(Credentials::bearer("canary").unwrap(), "Bearer canary", "Bearer [redacted]");
        check(Credentials::scheme("Negotiate", "canary").unwrap(), "canary", "[redacted]");
        check(Credentials::cookie("sid=canary; b=other").unwrap(), "canary other sid", "[redacted] [redacted] sid");
        check(Credentials::cookie("canary=").unwrap(), "canary", "canary");
        check(Credentials::basic("elastic", "can/ary").unwrap(), "can/ary, can%2Fary", "[redacted], [redacted]");
        check(Credentials::basic("elastic", "a").unwrap(), "a cat", "a cat");
        check(Credentials::anonymous(), "canary", "canary");
    }

    #[test]
    fn urls_are_hidden_in_parts() {
        let (secrets, ()) = Secrets::written_by(|| {
            written("https://h/cb?code=a%2Fcanary&state=the-state&type=code#id_token=x.y.z-longer")
        });
        for (text, expected) in [
            ("no code [a/canary] or a%2Fcanary", "no code [[redacted]] or [redacted]"),
            ("state the-state, token x.y.z-longer", "state [redacted], token [redacted]"),
            (
                "at https%3A%2F%2Fh%2Fcb%3Fcode%3Da%252Fcanary%26state%3Dthe-state%26type%3Dcode%23id_token%3Dx.y.z-longer",
                "at [redacted]",
            ),
        ] {
            let mut text = text.to_owned();
            secrets.hide(&mut text);
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn only_what_was_written_is_kept() {
        written("canary");
        let (secrets, ()) = Secrets::written_by(|| written("secret"));
        let mut value = serde_json::json!({"a": ["a secret", 1], "b": "canary"});
        secrets.hide_in(&mut value);
        assert_eq!(value, serde_json::json!({"a": ["a [redacted]", 1], "b": "canary"}));
    }
}
