//! The stack's own tests: requests as data through one helper, with no socket.

mod accounts;
mod fuzz;
mod kibana;
mod kibana_state;
mod kibana_vectors;
mod mutations;
mod privileges;
mod rules;
mod security;
mod sso;
mod table;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use crate::clock::Clock;
use crate::core::{Core, Tables};
use crate::ids::Ids;
use crate::log::Product;
use crate::message::{Body, Reply, Request};

/// A stack without sockets.
pub(crate) struct Bench {
    pub(crate) core: Core,
    pub(crate) clock: Clock,
}

/// `elastic` with the password `changeme`.
pub(crate) const ELASTIC: &str = "Basic ZWxhc3RpYzpjaGFuZ2VtZQ==";

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with_table(r#"{"operations":[],"types":{}}"#)
    }

    pub(crate) fn with_table(table: impl Into<String>) -> Self {
        Self::of(Tables::Own(table.into()))
    }

    pub(crate) fn of(tables: Tables) -> Self {
        Self::with(tables, 7)
    }

    /// Another one: its ids and secrets are others.
    pub(crate) fn with_seed(seed: u64) -> Self {
        Self::with(Tables::Own(r#"{"operations":[],"types":{}}"#.to_owned()), seed)
    }

    fn with(tables: Tables, seed: u64) -> Self {
        let clock = Clock::manual();
        let core = Core::new(clock.clone(), Ids::new(Some(seed)), "changeme", tables);
        Self { core, clock }
    }

    /// Asks Elasticsearch as `elastic`.
    pub(crate) fn es(&self, request: &str, body: Value) -> (u16, Value) {
        self.es_as(ELASTIC, request, body)
    }

    /// Asks Elasticsearch; the request is `METHOD /path?query`.
    pub(crate) fn es_as(&self, authorization: &str, request: &str, body: Value) -> (u16, Value) {
        let headers = [("authorization", authorization), ("content-type", "application/json")];
        read(self.send(Product::Elasticsearch, request, &headers, body))
    }

    /// Asks Kibana as `elastic`.
    pub(crate) fn kibana(&self, request: &str, body: Value) -> (u16, Value) {
        let headers = [("authorization", ELASTIC), ("kbn-xsrf", "true"), ("content-type", "application/json")];
        read(self.send(Product::Kibana, request, &headers, body))
    }

    pub(crate) fn send(&self, product: Product, request: &str, headers: &[(&str, &str)], body: Value) -> Reply {
        let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        self.send_bytes(product, request, headers, body)
    }

    pub(crate) fn send_bytes(&self, product: Product, request: &str, headers: &[(&str, &str)], body: Bytes) -> Reply {
        let (method, uri) = request.split_once(' ').expect("a request is `METHOD /path`");
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        let mut map = HeaderMap::new();
        for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
            let name = HeaderName::try_from(*name).expect("test header");
            map.insert(name, HeaderValue::try_from(*value).expect("test header"));
        }
        let request =
            Request { method: method.to_owned(), path: path.to_owned(), query: query.to_owned(), headers: map, body };
        self.core.handle(product, &request)
    }
}

pub(crate) fn read(reply: Reply) -> (u16, Value) {
    let value = match reply.body {
        Body::Json(value) => value,
        Body::Empty => Value::Null,
        Body::Bytes(bytes) => serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned())),
    };
    (reply.status, value)
}

/// Encodes a user's credentials.
pub(crate) fn basic(user: &str, password: &str) -> String {
    use base64::Engine;
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}")))
}
