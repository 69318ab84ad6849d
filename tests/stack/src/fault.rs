//! Failures on demand: what the network and overloaded servers do, when a test asks for it.

use std::time::Duration;

use bytes::Bytes;

use crate::log::Product;
use crate::message::{Body, Reply, Request};

/// A failure that takes the place of an answer, or spoils one. By default it meets the next request, whatever it is.
///
/// ```
/// use std::time::Duration;
/// use elkit_stack::{Fault, Product};
///
/// let overloaded = Fault::status(429).header("retry-after", "1");
/// let proxy = Fault::status(502).header("content-type", "text/html").body("<h1>Bad gateway</h1>");
/// let dropped = Fault::disconnect().on(Product::Kibana);
/// let half_an_answer = Fault::truncate(20).path("/_security/api_key").verb("GET");
/// let slow_and_unavailable = Fault::status(503).delay(Duration::from_millis(200));
/// ```
#[derive(Clone, Debug)]
pub struct Fault {
    pub(crate) delay: Duration,
    pub(crate) effect: Effect,
    product: Option<Product>,
    path: Option<String>,
    verb: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) enum Effect {
    Status {
        status: u16,
        headers: Vec<(String, String)>,
        body: Bytes,
    },
    Disconnect,
    /// The answer comes, but only so many bytes of its body.
    Truncate(usize),
    /// The answer comes, only late.
    None,
}

impl Fault {
    /// Answers with a status and an empty body. The request is not executed.
    pub fn status(status: u16) -> Self {
        Self::with(Effect::Status { status, headers: Vec::new(), body: Bytes::new() })
    }

    /// Closes the connection with no answer. The request is not executed.
    pub fn disconnect() -> Self {
        Self::with(Effect::Disconnect)
    }

    /// Executes the request, answers, and closes the connection after so many bytes of the body. With 0, the client
    /// never learns what came of a request that was executed.
    pub fn truncate(bytes: usize) -> Self {
        Self::with(Effect::Truncate(bytes))
    }

    /// Executes the request and answers as usual, after a wait.
    pub fn slow(delay: Duration) -> Self {
        Self::with(Effect::None).delay(delay)
    }

    /// Adds a header to a status fault.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Effect::Status { headers, .. } = &mut self.effect {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// Sets the body of a status fault.
    #[must_use]
    pub fn body(mut self, bytes: impl Into<Bytes>) -> Self {
        if let Effect::Status { body, .. } = &mut self.effect {
            *body = bytes.into();
        }
        self
    }

    /// Waits before it takes effect.
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Meets requests to one product only.
    #[must_use]
    pub fn on(mut self, product: Product) -> Self {
        self.product = Some(product);
        self
    }

    /// Meets requests only whose path, percent-encoded as it was sent, begins with this.
    #[must_use]
    pub fn path(mut self, prefix: impl Into<String>) -> Self {
        self.path = Some(prefix.into());
        self
    }

    /// Meets requests of one verb only.
    #[must_use]
    pub fn verb(mut self, verb: impl Into<String>) -> Self {
        self.verb = Some(verb.into());
        self
    }

    pub(crate) fn meets(&self, product: Product, request: &Request) -> bool {
        self.product.is_none_or(|wanted| wanted == product)
            && self.path.as_ref().is_none_or(|prefix| request.path.starts_with(prefix.as_str()))
            && self.verb.as_ref().is_none_or(|verb| request.method.eq_ignore_ascii_case(verb))
    }

    /// The reply of a status fault.
    pub(crate) fn reply(&self) -> Option<Reply> {
        let Effect::Status { status, headers, body } = &self.effect else {
            return None;
        };
        let mut reply = Reply::empty(*status);
        for (name, value) in headers {
            if let (Ok(name), Ok(value)) =
                (http::HeaderName::try_from(name.as_str()), http::HeaderValue::try_from(value.as_str()))
            {
                reply.headers.append(name, value);
            }
        }
        reply.body = Body::Bytes(body.clone());
        Some(reply)
    }

    fn with(effect: Effect) -> Self {
        Self { delay: Duration::ZERO, effect, product: None, path: None, verb: None }
    }
}

impl From<u16> for Fault {
    fn from(status: u16) -> Self {
        Self::status(status)
    }
}
