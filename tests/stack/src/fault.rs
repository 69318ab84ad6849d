//! Failures on demand: what the network and overloaded servers do, when a test asks for it.

use std::time::Duration;

use bytes::Bytes;

use crate::message::{Body, Reply};

/// A failure that takes the place of an answer.
///
/// ```
/// use elkit_stack::Fault;
///
/// let overloaded = Fault::status(429).header("retry-after", "1");
/// let dropped = Fault::disconnect();
/// ```
#[derive(Clone, Debug)]
pub struct Fault {
    pub(crate) delay: Duration,
    pub(crate) effect: Effect,
}

#[derive(Clone, Debug)]
pub(crate) enum Effect {
    Status {
        status: u16,
        headers: Vec<(String, String)>,
        body: Bytes,
    },
    Disconnect,
    /// The answer comes, only late.
    None,
}

impl Fault {
    /// Answers with a status and an empty body.
    pub fn status(status: u16) -> Self {
        Self::with(Effect::Status { status, headers: Vec::new(), body: Bytes::new() })
    }

    /// Closes the connection with no answer.
    pub fn disconnect() -> Self {
        Self::with(Effect::Disconnect)
    }

    /// Answers as usual, after a wait.
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
        Self { delay: Duration::ZERO, effect }
    }
}

impl From<u16> for Fault {
    fn from(status: u16) -> Self {
        Self::status(status)
    }
}
