//! A request and a reply as plain data. No socket type enters the rest of the crate, so every rule runs in process.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// A request as it came in.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Still percent-encoded.
    pub(crate) path: String,
    /// Still percent-encoded, without the question mark.
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The decoded path segments; a trailing slash adds none.
    pub(crate) fn segments(&self) -> Vec<String> {
        let trimmed = self.path.trim_start_matches('/').trim_end_matches('/');
        if trimmed.is_empty() {
            return Vec::new();
        }
        trimmed.split('/').map(decode).collect()
    }

    pub(crate) fn query_pairs(&self) -> Vec<(String, String)> {
        self.query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
                (decode(&key.replace('+', " ")), decode(&value.replace('+', " ")))
            })
            .collect()
    }

    /// What Elasticsearch calls the uri in its messages: the path with its query.
    pub(crate) fn uri(&self) -> String {
        if self.query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, self.query) }
    }
}

/// An answer before the product's own headers are added.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
}

/// What a reply carries; JSON stays a value until `pretty` and `filter_path` were heard.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    Empty,
    Json(Value),
    Bytes(Bytes),
}

impl Reply {
    pub(crate) fn json(status: u16, value: Value) -> Self {
        Self { status, headers: HeaderMap::new(), body: Body::Json(value) }
    }

    pub(crate) fn ok(value: Value) -> Self {
        Self::json(200, value)
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: HeaderMap::new(), body: Body::Empty }
    }

    pub(crate) fn bytes(status: u16, media_type: &'static str, bytes: impl Into<Bytes>) -> Self {
        let mut reply = Self { status, headers: HeaderMap::new(), body: Body::Bytes(bytes.into()) };
        reply.set("content-type", media_type);
        reply
    }

    /// Adds a header; a value that no header can carry is left out.
    pub(crate) fn add(&mut self, name: &'static str, value: &str) {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.append(HeaderName::from_static(name), value);
        }
    }

    /// Sets a header; a value that no header can carry is left out.
    pub(crate) fn set(&mut self, name: &'static str, value: &str) {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
    }
}

/// Where a member name stands in a body, as Elasticsearch's parser counts: from one.
pub(crate) fn position(raw: &Bytes, name: &str) -> String {
    let text = String::from_utf8_lossy(raw);
    let offset = text.find(&format!("\"{name}\"")).unwrap_or(0);
    let before = &text[..offset];
    let line = before.matches('\n').count() + 1;
    let last = before.rsplit('\n').next().unwrap_or_default();
    format!("[{line}:{}]", last.chars().count() + 1)
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}
