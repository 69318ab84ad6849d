//! What was said once, without what was secret in it, as lines of JSON in a file.

use std::path::Path;

use http::HeaderMap;
use serde::Deserialize;
use serde_json::Value;

use crate::{Error, ErrorKind};

/// One request and its answer, as recorded.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Exchange {
    /// The verb.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The body of the request; empty where there was none, or a stream.
    pub request: String,
    /// The status of the answer.
    pub status: u16,
    /// The headers of the answer, but for cookies and challenges.
    pub headers: Vec<(String, String)>,
    /// The body of the answer. What is no text is left out.
    pub answer: String,
}

const HEADERS: &[&str] = &["content-type", "retry-after", "warning", "x-elastic-product", "elastic-api-version"];

impl Exchange {
    /// An exchange that was never recorded.
    #[must_use]
    pub fn new(method: impl Into<String>, target: impl Into<String>, status: u16, answer: impl Into<String>) -> Self {
        let headers = [("x-elastic-product", "Elasticsearch"), ("content-type", "application/json")];
        Self {
            method: method.into(),
            target: target.into(),
            request: String::new(),
            status,
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            answer: answer.into(),
        }
    }

    /// Writes exchanges to a file, one a line.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn save(exchanges: &[Self], path: impl AsRef<Path>) -> Result<(), Error> {
        let lines: Vec<String> = exchanges.iter().map(|exchange| exchange.to_json().to_string() + "\n").collect();
        std::fs::write(path, lines.concat())
            .map_err(|error| Error::new(ErrorKind::Configuration, "the fixture can't be written").with_source(error))
    }

    /// Reads exchanges from a file.
    ///
    /// # Errors
    /// When the file can't be read, or a line is no exchange.
    pub fn load(path: impl AsRef<Path>) -> Result<Vec<Self>, Error> {
        let refuse = |message: String| Error::new(ErrorKind::Configuration, message);
        let text = std::fs::read_to_string(path)
            .map_err(|error| refuse("the fixture can't be read".to_owned()).with_source(error))?;
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let exchange = |(number, line)| {
            let read = serde_json::from_str(line).ok().and_then(|value| Self::from_json(&value));
            read.ok_or_else(|| refuse(format!("line {} of the fixture is no exchange", number + 1)))
        };
        lines.map(exchange).collect()
    }

    fn to_json(&self) -> Value {
        serde_json::json!({
            "method": self.method, "target": self.target, "request": self.request,
            "status": self.status, "headers": self.headers, "answer": self.answer,
        })
    }

    fn from_json(value: &Value) -> Option<Self> {
        let text = |name: &str| value.get(name)?.as_str().map(str::to_owned);
        Some(Self {
            method: text("method")?,
            target: text("target")?,
            request: text("request")?,
            status: value.get("status")?.as_u64()?.try_into().ok()?,
            headers: Vec::deserialize(value.get("headers")?).ok()?,
            answer: text("answer")?,
        })
    }
}

/// The headers of an answer that tests need; everything else may name hosts and sessions.
pub(super) fn kept(headers: &HeaderMap) -> Vec<(String, String)> {
    let pairs = headers.iter().filter(|(name, _)| HEADERS.contains(&name.as_str()));
    pairs.filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned()))).collect()
}
