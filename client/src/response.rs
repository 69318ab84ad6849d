//! What comes back. The raw body stays with the value, and Debug never shows it.

mod body;
mod lines;
mod stream;
mod warnings;

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use crate::auth::Credentials;
use crate::error::media_type;
use crate::rt::{Correction, DecodeError, Decoded};
use crate::{Error, ErrorKind};

pub use body::{Binary, FromBody, NoContent, Text};
pub use lines::{Event, Events, Ndjson};
#[cfg(feature = "blocking")]
pub use stream::BlockingStreamed;
pub use stream::{FromStream, Reader, Streamed};

/// A decoded answer. It derefs to the value; status, headers and the raw body stand beside it.
///
/// ```
/// # fn f(key: elkit::Response<Vec<String>>) {
/// println!("{} names, status {}", key.len(), key.status());
/// for name in key {
///     println!("{name}");
/// }
/// # }
/// ```
#[derive(Clone)]
pub struct Response<T> {
    value: T,
    corrections: Vec<Correction>,
    answer: Answer,
}

/// What the server sent, read to its end.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) attempts: u32,
    /// Who was calling, if the answer is an error: it may quote them.
    pub(crate) caller: Option<Credentials>,
}

impl Answer {
    pub(crate) fn new(status: StatusCode, headers: HeaderMap, body: Bytes) -> Self {
        Self { status, headers, body, attempts: 1, caller: None }
    }
}

impl<T> Response<T> {
    /// Takes the value.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.answer.status
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.answer.headers
    }

    /// What the server warns of in `Warning` headers: deprecations, mostly.
    pub fn warnings(&self) -> Vec<String> {
        warnings::warnings(&self.answer.headers)
    }

    /// The members that were missing or of another type than the specification says. They were decoded as empty.
    pub fn corrections(&self) -> &[Correction] {
        &self.corrections
    }

    /// The body as it came.
    pub fn raw(&self) -> &Bytes {
        &self.answer.body
    }

    /// Reads the body as another type.
    ///
    /// # Errors
    /// When the body is not JSON of that type.
    pub fn json<U: DeserializeOwned>(&self) -> Result<U, Error> {
        serde_json::from_slice(&self.answer.body).map_err(|error| {
            undecodable(self.answer.clone(), String::new(), &located("the body does not fit the type", &error))
        })
    }

    /// The same answer with another value.
    pub fn map<U>(self, map: impl FnOnce(T) -> U) -> Response<U> {
        Response { value: map(self.value), corrections: self.corrections, answer: self.answer }
    }

    pub(crate) fn flowing(value: T, answer: Answer) -> Self {
        Self { value, corrections: Vec::new(), answer }
    }

    /// An answer that no server gave, for tests of code that takes one.
    pub fn from_parts(value: T, status: StatusCode, headers: HeaderMap, raw: impl Into<Bytes>) -> Self {
        Self { value, corrections: Vec::new(), answer: Answer::new(status, headers, raw.into()) }
    }
}

impl<T: FromBody> Response<T> {
    pub(crate) fn decode(answer: Answer, strict: bool) -> Result<Self, Error> {
        match T::from_body(&answer.body, strict) {
            Ok(Decoded { value, corrections }) => Ok(Self { value, corrections, answer }),
            Err(DecodeError { pointer, message }) => Err(undecodable(answer, pointer, &message)),
        }
    }
}

impl<T: DeserializeOwned> Response<T> {
    /// Reads the body by serde's rules, without correction. An empty body reads as null.
    pub(crate) fn deserialize(answer: Answer) -> Result<Self, Error> {
        let body: &[u8] = if answer.body.is_empty() { b"null" } else { &answer.body };
        match serde_json::from_slice(body) {
            Ok(value) => Ok(Self { value, corrections: Vec::new(), answer }),
            Err(error) => Err(undecodable(answer, String::new(), &located("it does not fit the type", &error))),
        }
    }
}

impl Response<Binary> {
    pub(crate) fn untouched(answer: Answer) -> Self {
        Self { value: Binary(answer.body.clone()), corrections: Vec::new(), answer }
    }
}

impl<T> Deref for Response<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Response<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T> AsRef<T> for Response<T> {
    fn as_ref(&self) -> &T {
        &self.value
    }
}

impl<T: Stream + Unpin> Stream for Response<T> {
    type Item = T::Item;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T::Item>> {
        Pin::new(&mut self.value).poll_next(context)
    }
}

impl<T: IntoIterator> IntoIterator for Response<T> {
    type Item = T::Item;
    type IntoIter = T::IntoIter;

    fn into_iter(self) -> T::IntoIter {
        self.value.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Response<T>
where
    &'a T: IntoIterator,
{
    type Item = <&'a T as IntoIterator>::Item;
    type IntoIter = <&'a T as IntoIterator>::IntoIter;

    fn into_iter(self) -> Self::IntoIter {
        self.value.into_iter()
    }
}

impl<T: fmt::Debug> fmt::Debug for Response<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.answer.status)
            .field("value", &self.value)
            .field("corrections", &self.corrections.len())
            .field("raw_bytes", &self.answer.body.len())
            .finish_non_exhaustive()
    }
}

fn undecodable(answer: Answer, pointer: String, message: &str) -> Error {
    let (kind, size) = (media_type(&answer.headers), answer.body.len());
    Error::new(ErrorKind::Decode, format!("the answer can't be decoded: {message} ({kind}, {size} bytes)"))
        .with_path(pointer)
        .with_attempts(answer.attempts)
        .with_answer(answer.status, answer.headers, answer.body)
}

/// Says where, never what: serde's own text may quote a value.
fn located(what: &str, error: &serde_json::Error) -> String {
    format!("{what} ({:?} error at line {}, column {})", error.classify(), error.line(), error.column())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_is_not_printed() {
        let response = Response::from_parts(Text("canary".into()), StatusCode::OK, HeaderMap::new(), "canary");
        assert!(!format!("{response:#?}").contains("canary"));
        let error = response.json::<u8>().unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary"));
        assert_eq!(error.body(), "canary");
    }

    #[test]
    fn bodies_that_are_not_json() {
        let answer = |body: &'static [u8]| Answer::new(StatusCode::OK, HeaderMap::new(), Bytes::from_static(body));
        assert_eq!(*Response::<NoContent>::decode(answer(b"x"), true).unwrap(), NoContent);
        assert_eq!(&**Response::<Text>::decode(answer(b"x"), true).unwrap(), "x");
        assert_eq!(Response::<Binary>::decode(answer(b"\xff"), true).unwrap().0, &b"\xff"[..]);
        let error = Response::<Text>::decode(answer(b"x\xff"), true).unwrap_err();
        assert_eq!(
            error.to_string(),
            "200 the answer can't be decoded: invalid UTF-8 at byte 1 (no content type, 2 bytes)"
        );
    }
}
