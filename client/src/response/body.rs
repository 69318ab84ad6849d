//! What the body of an answer decodes to.

use std::fmt;
use std::ops::Deref;

use bytes::Bytes;

use crate::rt::{DecodeError, Decoded, Wire, decode};

/// What an answer's body decodes to. Every [`Wire`] type is read as JSON; [`NoContent`], [`Text`] and [`Binary`] are
/// for answers that are something else.
pub trait FromBody: Sized + Send + 'static {
    /// Reads the body, correcting what does not fit unless `strict`.
    ///
    /// # Errors
    /// When the body can't be read as this.
    fn from_body(body: &Bytes, strict: bool) -> Result<Decoded<Self>, DecodeError>;
}

impl<T: Wire + Send + 'static> FromBody for T {
    fn from_body(body: &Bytes, strict: bool) -> Result<Decoded<Self>, DecodeError> {
        let text = text_of(body)?;
        if !text.trim_ascii().is_empty() {
            return decode(text, strict);
        }
        // A type that may be absent reads an empty body as null; for any other it is an error that says so.
        decode("null", true)
            .map_err(|_| DecodeError { pointer: String::new(), message: "the body is empty".to_owned() })
    }
}

/// An answer that has no body, or none that matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoContent;

impl FromBody for NoContent {
    fn from_body(_: &Bytes, _: bool) -> Result<Decoded<Self>, DecodeError> {
        Ok(Decoded { value: Self, corrections: Vec::new() })
    }
}

/// An answer that is text. Debug shows its size.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Text(pub String);

impl FromBody for Text {
    fn from_body(body: &Bytes, _: bool) -> Result<Decoded<Self>, DecodeError> {
        Ok(Decoded { value: Self(text_of(body)?.to_owned()), corrections: Vec::new() })
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} bytes)", self.0.len())
    }
}

/// An answer that is bytes. Debug shows its size.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Binary(pub Bytes);

impl FromBody for Binary {
    fn from_body(body: &Bytes, _: bool) -> Result<Decoded<Self>, DecodeError> {
        Ok(Decoded { value: Self(body.clone()), corrections: Vec::new() })
    }
}

impl Deref for Binary {
    type Target = Bytes;

    fn deref(&self) -> &Bytes {
        &self.0
    }
}

impl fmt::Debug for Binary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Binary({} bytes)", self.0.len())
    }
}

pub(super) fn text_of(body: &Bytes) -> Result<&str, DecodeError> {
    std::str::from_utf8(body).map_err(|error| DecodeError {
        pointer: String::new(),
        message: format!("invalid UTF-8 at byte {}", error.valid_up_to()),
    })
}
