//! Takes secrets out of what is recorded: by the names of members and parameters, and wherever else what stood there, or
//! the caller's credentials, are repeated. Shapes stay, so that what is left can be replayed.

use http::Request;
use http::header::CONTENT_TYPE;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::http::HttpBody;
use crate::redact::Secrets;

pub(super) const HIDDEN: &str = "[redacted]";

/// How the names of secrets end, without case and underscores. When in doubt, a member is secret.
const SECRET: &[&str] = &[
    "accesskey",
    "agentkey",
    "apikey",
    "cakey",
    "certificatekey",
    "certkey",
    "configyaml",
    "credentialsjson",
    "encoded",
    "eskey",
    "nonce",
    "passphrase",
    "password",
    "passwordhash",
    "privatekey",
    "privatekeydata",
    "relaystate",
    "routingkey",
    "secret",
    "secrets",
    "secretsurl",
    "ticket",
    "token",
    "tokenhash",
    "transportkey",
    "webhookintegrationurl",
    "webhookurl",
];

/// Names that are secret in some places only: a part of the path, or the member around them.
const SECRET_IN: &[(Place, &[&str])] = &[
    (Place::Path("/_security/oidc/"), LOGIN),
    (Place::Path("/_security/saml/"), LOGIN),
    (Place::Path("/_oauth"), LOGIN),
    (Place::Path("/service_tokens"), &["value"]),
    (Place::Path("/synthetics/params"), &["value"]),
    (Place::Member("ssl"), &["key"]),
];

/// What opens or ends a session at an identity provider.
const LOGIN: &[&str] = &["code", "content", "querystring", "redirect", "redirecturi", "state"];

/// Objects whose texts are hidden, but may well be repeated: `application/json` among them is no secret.
const HEADERS: &[&str] = &["headers", "proxyheaders"];

enum Place {
    Path(&'static str),
    Member(&'static str),
}

/// Cleans one exchange.
pub(super) struct Cleaner {
    path: String,
    secrets: Secrets,
}

impl Cleaner {
    /// The target and the body of a request, cleaned, and what cleans its answer. A form has another boundary each time, and
    /// a stream can't be looked at: both are left out.
    pub(super) fn of(request: &Request<HttpBody>) -> (String, String, Self) {
        let path = request.uri().path().to_owned();
        let mut cleaner = Self { path, secrets: Secrets::in_headers(request.headers()) };
        let form = request.headers().get(CONTENT_TYPE).is_some_and(|media| media.as_bytes().starts_with(b"multipart/"));
        let body = request.body().as_bytes().filter(|_| !form).map(|body| cleaner.body(body)).unwrap_or_default();
        let mut target = cleaner.target(request.uri().query());
        cleaner.secrets.hide(&mut target);
        (target, body, cleaner)
    }

    /// A text that is secret in no part by its name.
    pub(super) fn text(&self, mut text: String) -> String {
        self.secrets.hide(&mut text);
        text
    }

    /// The body of the answer, cleaned.
    pub(super) fn answer(mut self, body: &[u8]) -> String {
        self.body(body)
    }

    fn target(&mut self, query: Option<&str>) -> String {
        let Some(query) = query else { return self.path.clone() };
        let pairs = query.split('&').map(|pair| match pair.split_once('=') {
            Some((name, value)) if self.is_secret(&percent_decode_str(name).decode_utf8_lossy(), None) => {
                self.secrets.add_forms(&percent_decode_str(value).decode_utf8_lossy());
                format!("{name}={HIDDEN}")
            }
            _ => pair.to_owned(),
        });
        let pairs: Vec<_> = pairs.collect();
        format!("{}?{}", self.path, pairs.join("&"))
    }

    /// A body without its secrets. What is no JSON is taken line by line, and what is no text is left out.
    fn body(&mut self, body: &[u8]) -> String {
        let Ok(text) = std::str::from_utf8(body) else { return String::new() };
        let mut text = match serde_json::from_str(text) {
            Ok(value) => self.json(value),
            Err(_) => text.split_inclusive('\n').map(|line| self.line(line)).collect(),
        };
        self.secrets.hide(&mut text);
        text
    }

    /// A line of JSON, or of an event.
    fn line(&mut self, line: &str) -> String {
        let (field, json) = line.strip_prefix("data:").map_or(("", line), |json| ("data: ", json));
        match serde_json::from_str(json) {
            Ok(value) => format!("{field}{}{}", self.json(value), if line.ends_with('\n') { "\n" } else { "" }),
            Err(_) => line.to_owned(),
        }
    }

    fn json(&mut self, mut value: Value) -> String {
        self.hide(&mut value, None);
        self.secrets.hide_in(&mut value);
        value.to_string()
    }

    /// Hides the secrets among the members of a value, which is the member `parent` of another.
    fn hide(&mut self, value: &mut Value, parent: Option<&str>) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.hide(item, parent)),
            Value::Object(members) => {
                for (name, member) in members {
                    if HEADERS.contains(&&*plain(name)) {
                        blank(member, &mut |_| ());
                    } else if self.is_secret(name, parent) {
                        blank(member, &mut |text| self.secrets.add_forms(text));
                    } else {
                        self.hide(member, Some(name));
                    }
                }
            }
            _ => {}
        }
    }

    fn is_secret(&self, name: &str, parent: Option<&str>) -> bool {
        let name = plain(name);
        let here = |place: &Place| match place {
            Place::Path(part) => self.path.contains(part),
            Place::Member(around) => parent == Some(*around),
        };
        SECRET.iter().any(|end| name.ends_with(end))
            || SECRET_IN.iter().any(|(place, names)| names.contains(&&*name) && here(place))
    }
}

/// A name without case and underscores.
fn plain(name: &str) -> String {
    name.chars().filter(|c| *c != '_').flat_map(char::to_lowercase).collect()
}

/// Hides every text and number of a value, and tells each text.
fn blank(value: &mut Value, told: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => {
            told(text);
            *value = HIDDEN.into();
        }
        Value::Number(_) => *value = 0.into(),
        Value::Array(items) => items.iter_mut().for_each(|item| blank(item, told)),
        Value::Object(members) => members.values_mut().for_each(|member| blank(member, told)),
        Value::Null | Value::Bool(_) => {}
    }
}
