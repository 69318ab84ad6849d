//! Hides in an error what its request carried in secret, because servers quote what they refuse. Only texts that
//! people print are changed; the raw body stays as it came.

use std::cell::RefCell;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use serde_json::Value;

use crate::Secret;
use crate::auth::Credentials;

/// A shorter secret stays: hiding every `a` in a text would hide what it says and tell the secret.
const SHORTEST: usize = 4;

const HIDDEN: &str = "[redacted]";

thread_local! {
    static WRITTEN: RefCell<Option<Secrets>> = const { RefCell::new(None) };
}

/// What a request carried in secret.
#[derive(Default)]
pub(crate) struct Secrets(Vec<Secret<String>>);

impl Secrets {
    /// Runs `write`, which encodes a request, and keeps the secrets it wrote.
    pub(crate) fn written_by(write: impl FnOnce()) -> Self {
        WRITTEN.set(Some(Self::default()));
        write();
        WRITTEN.take().unwrap_or_default()
    }

    /// What the header carries, and the secret half of what that decodes to: an error may quote either.
    pub(crate) fn of(credentials: &Credentials) -> Self {
        let mut secrets = Self::default();
        match credentials.header().and_then(|(name, value)| Some((name, value.to_str().ok()?))) {
            Some((&AUTHORIZATION, text)) => {
                let credentials = text.split_once(' ').map_or(text, |(_, credentials)| credentials);
                let decoded = STANDARD.decode(credentials).ok().and_then(|bytes| String::from_utf8(bytes).ok());
                let decoded = Secret::new(decoded.unwrap_or_default());
                secrets.add(credentials);
                secrets.add(decoded.expose().split_once(':').map_or("", |(_, secret)| secret));
            }
            Some((_, cookies)) => {
                let values = cookies.split("; ").filter_map(|cookie| cookie.split_once('='));
                values.for_each(|(_, value)| secrets.add(value));
            }
            None => {}
        }
        secrets
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
            written.add(secret);
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
        check(Credentials::basic("elastic", "a").unwrap(), "a cat", "a cat");
        check(Credentials::anonymous(), "canary", "canary");
    }

    #[test]
    fn only_what_was_written_is_kept() {
        written("canary");
        let secrets = Secrets::written_by(|| written("secret"));
        let mut value = serde_json::json!({"a": ["a secret", 1], "b": "canary"});
        secrets.hide_in(&mut value);
        assert_eq!(value, serde_json::json!({"a": ["a [redacted]", 1], "b": "canary"}));
    }
}
