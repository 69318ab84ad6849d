//! What was asked of the stack, kept for tests to read. Its `Debug` shows no header value and no body.

use std::fmt;

use bytes::Bytes;
use http::HeaderMap;

use crate::message::Request;

/// Which of the two servers a request went to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Product {
    /// The one at [`Stack::elasticsearch_url`](crate::Stack::elasticsearch_url).
    Elasticsearch,
    /// The one at [`Stack::kibana_url`](crate::Stack::kibana_url).
    Kibana,
}

/// A request that the stack got, as it came.
#[derive(Clone)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// The server that got it.
    pub product: Product,
    /// The verb.
    pub method: String,
    /// The path, still percent-encoded.
    pub path: String,
    /// The query, still percent-encoded, without the question mark.
    pub query: String,
    /// The headers, credentials included.
    pub headers: HeaderMap,
    /// The body; unpacked if it came with gzip.
    pub body: Bytes,
    /// The status that the stack answered; `None` when it dropped the connection.
    pub status: Option<u16>,
}

impl RecordedRequest {
    /// Returns a header's value, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Returns the query's decoded keys and values.
    pub fn query_pairs(&self) -> Vec<(String, String)> {
        let request = Request {
            method: String::new(),
            path: String::new(),
            query: self.query.clone(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
        };
        request.query_pairs()
    }

    /// Returns the body as JSON, `None` when it is not.
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }

    pub(crate) fn new(product: Product, request: &Request, status: Option<u16>) -> Self {
        Self {
            product,
            method: request.method.clone(),
            path: request.path.clone(),
            query: request.query.clone(),
            headers: request.headers.clone(),
            body: request.body.clone(),
            status,
        }
    }
}

impl fmt::Debug for RecordedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordedRequest")
            .field("product", &self.product)
            .field("method", &self.method)
            .field("path", &self.path)
            .field("headers", &self.headers.keys().map(http::HeaderName::as_str).collect::<Vec<_>>())
            .field("body_bytes", &self.body.len())
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}
