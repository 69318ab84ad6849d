//! What a request carries. A body that is a stream is sent once: the transport never replays it.

pub(crate) mod gzip;
mod multipart;
mod upload;

use std::fmt;

use bytes::Bytes;
use futures_core::Stream;
use http::HeaderValue;
use serde::Serialize;
use serde_json::Value;

use crate::http::{BoxError, HttpBody};
use crate::rt::{Product, Wire};
use crate::{Error, ErrorKind};

pub use multipart::MultipartBuilder;
pub use upload::Upload;

/// The body of a request: nothing, JSON, lines of JSON, text, bytes, or a stream of bytes.
#[derive(Default)]
pub struct Body {
    content: HttpBody,
    media: Media,
}

/// How the body is labelled. JSON is labelled by the product's own rules.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Media {
    #[default]
    None,
    Json,
    Ndjson,
    Other(HeaderValue),
}

impl Body {
    /// No body.
    pub fn empty() -> Self {
        Self::default()
    }

    /// One JSON value.
    ///
    /// # Errors
    /// When the value can't be written as JSON.
    pub fn json<T: Wire>(value: &T) -> Result<Self, Error> {
        let mut text = Vec::with_capacity(128);
        value.encode(&mut serde_json::Serializer::new(&mut text)).map_err(unwritable)?;
        Ok(Self { content: text.into(), media: Media::Json })
    }

    /// One JSON object, or no body when it has no member.
    ///
    /// # Errors
    /// When the value can't be written as JSON.
    pub fn json_unless_empty<T: Wire>(value: &T) -> Result<Self, Error> {
        let body = Self::json(value)?;
        Ok(if body.as_bytes().is_some_and(|bytes| bytes.as_ref() == b"{}") { Self::empty() } else { body })
    }

    /// One JSON value, from anything serde can write.
    ///
    /// # Errors
    /// When the value can't be written as JSON.
    pub fn serialize(value: &(impl Serialize + ?Sized)) -> Result<Self, Error> {
        Ok(Self { content: serde_json::to_vec(value).map_err(unwritable)?.into(), media: Media::Json })
    }

    /// JSON text as it stands.
    pub fn raw_json(text: impl Into<Bytes>) -> Self {
        Self { content: text.into().into(), media: Media::Json }
    }

    /// Lines of JSON, one a value.
    ///
    /// # Errors
    /// When a value can't be written as JSON.
    pub fn ndjson<'a, T: Wire + 'a>(values: impl IntoIterator<Item = &'a T>) -> Result<Self, Error> {
        let mut text = Vec::new();
        for value in values {
            value.encode(&mut serde_json::Serializer::new(&mut text)).map_err(unwritable)?;
            text.push(b'\n');
        }
        Ok(Self { content: text.into(), media: Media::Ndjson })
    }

    /// Text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::bytes("text/plain; charset=utf-8", text.into())
    }

    /// Bytes of a media type.
    pub fn bytes(media_type: &'static str, bytes: impl Into<Bytes>) -> Self {
        Self { content: bytes.into().into(), media: Media::Other(HeaderValue::from_static(media_type)) }
    }

    /// A file as the whole body, with a media type for when it has none of its own.
    ///
    /// # Errors
    /// When it is a stream that was sent before, or its media type can't stand in a header.
    pub fn upload(file: &Upload, media_type: &str) -> Result<Self, Error> {
        let media = HeaderValue::from_str(file.media_type().unwrap_or(media_type))
            .map_err(|_| Error::new(ErrorKind::InvalidRequest, "the media type of the file can't stand in a header"))?;
        Ok(Self { content: file.open()?, media: Media::Other(media) })
    }

    /// A form, part by part.
    pub fn multipart() -> MultipartBuilder {
        MultipartBuilder::default()
    }

    /// A stream of bytes of a media type. It can't be sent twice, so such a request is never retried.
    pub fn stream<S, E>(media_type: &'static str, stream: S) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<BoxError> + 'static,
    {
        Self { content: HttpBody::from_stream(stream), media: Media::Other(HeaderValue::from_static(media_type)) }
    }

    /// The bytes, if the body is not a stream; for request snapshots.
    pub fn as_bytes(&self) -> Option<&Bytes> {
        self.content.as_bytes()
    }

    /// The `content-type` it goes out with to `product`.
    pub fn media_type(&self, product: Product) -> Option<HeaderValue> {
        crate::transport::content_type(product, &self.media)
    }

    pub(crate) fn into_parts(self) -> (HttpBody, Media) {
        (self.content, self.media)
    }

    /// Sets the value at `pointer`, making the objects on the way.
    pub(crate) fn patch(self, pointer: &str, value: Value) -> Result<Self, Error> {
        let refuse = |what: &str| Err(Error::new(ErrorKind::InvalidRequest, format!("can't set `{pointer}`: {what}")));
        let mut document = match (&self.media, self.as_bytes()) {
            (Media::None, _) => Value::Null,
            (Media::Json, Some(text)) => serde_json::from_slice(text).map_err(unwritable)?,
            _ => return refuse("the body is not JSON"),
        };
        match slot(&mut document, pointer) {
            Some(slot) => *slot = value,
            None => {
                return refuse("its parent is neither an object nor an array that has the place");
            }
        }
        Self::serialize(&document)
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").field("media", &self.media).field("content", &self.content).finish()
    }
}

/// The place of `pointer` in `document`, made if its parents allow.
fn slot<'a>(document: &'a mut Value, pointer: &str) -> Option<&'a mut Value> {
    if pointer.is_empty() {
        return Some(document);
    }
    let mut place = document;
    for token in pointer.strip_prefix('/')?.split('/') {
        let token = token.replace("~1", "/").replace("~0", "~");
        if place.is_null() {
            *place = Value::Object(serde_json::Map::new());
        }
        place = match place {
            Value::Object(members) => members.entry(token).or_insert(Value::Null),
            Value::Array(items) => {
                let index = if token == "-" { items.len() } else { token.parse().ok()? };
                if index == items.len() {
                    items.push(Value::Null);
                }
                items.get_mut(index)?
            }
            _ => return None,
        };
    }
    Some(place)
}

// serde_json says what it met, not which value, but a user's own Serialize may quote one.
fn unwritable(error: serde_json::Error) -> Error {
    Error::new(ErrorKind::InvalidRequest, format!("the body can't be written as JSON ({:?})", error.classify()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(body: Value, pointer: &str, expected: Option<Value>) {
        let patched = Body::serialize(&body).unwrap().patch(pointer, json!(1));
        let patched = patched.ok().map(|body| serde_json::from_slice::<Value>(body.as_bytes().unwrap()).unwrap());
        assert_eq!(patched, expected, "{pointer} in {body}");
    }

    #[test]
    fn patches() {
        check(json!({"a": 0}), "/a", Some(json!({"a": 1})));
        check(json!({}), "/a/b", Some(json!({"a": {"b": 1}})));
        check(json!({"a": [0, 0]}), "/a/1", Some(json!({"a": [0, 1]})));
        check(json!({"a": [0]}), "/a/-", Some(json!({"a": [0, 1]})));
        check(json!({}), "/a~1b~0", Some(json!({"a/b~": 1})));
        check(json!({"a": 0}), "", Some(json!(1)));
        check(json!({"a": 0}), "/a/b", None);
        check(json!({"a": [0]}), "/a/7", None);
        check(json!({}), "a", None);
    }

    #[test]
    fn an_empty_body_becomes_an_object() {
        let body = Body::empty().patch("/a", json!(1)).unwrap();
        assert_eq!(body.as_bytes().unwrap(), r#"{"a":1}"#);
        assert!(Body::text("x").patch("/a", json!(1)).is_err());
    }

    #[test]
    fn debug_shows_sizes() {
        let text = format!("{:?}", Body::raw_json("\"canary\""));
        assert!(!text.contains("canary") && text.contains('8'), "{text}");
    }
}
