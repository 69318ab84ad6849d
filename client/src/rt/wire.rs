//! How values stand in JSON. Decoding is strict unless the transport asks for correction; encoding never invents.

use serde::{Deserializer, Serializer};

/// A value with a wire form. Generated types implement it; their `Serialize` and `Deserialize` forward to it.
pub trait Wire: Sized {
    /// Reads a value.
    ///
    /// # Errors
    /// When the input does not fit.
    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;

    /// Writes the value.
    ///
    /// # Errors
    /// The serializer's own.
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;

    /// The value that stands for a required member the server left out.
    fn empty() -> Self;

    /// Whether the value is still what [`Wire::empty`] made.
    fn is_empty(&self) -> bool;
}

/// A member that was not what the specification says.
#[derive(Clone, PartialEq)]
pub struct Correction {
    /// JSON pointer of the member.
    pub pointer: String,
    /// What was wrong.
    pub kind: CorrectionKind,
}

/// What was wrong with a corrected member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CorrectionKind {
    /// A required member was absent.
    Missing,
    /// A member had another type.
    WrongType,
}

/// A decoded value and what had to be corrected.
#[derive(Clone, Debug)]
pub struct Decoded<T> {
    /// The value.
    pub value: T,
    /// Its corrections, in document order.
    pub corrections: Vec<Correction>,
}

/// Why text could not be decoded.
#[derive(Clone, Debug, PartialEq)]
pub struct DecodeError {
    /// JSON pointer of the offending value; empty for the root or invalid JSON.
    pub pointer: String,
    /// What is wrong, without any value of the text.
    pub message: String,
}

/// Decodes `text`, correcting what does not fit unless `strict`.
///
/// # Errors
/// When the text is not JSON, or does not fit and can't be corrected (or `strict`).
pub fn decode<T: Wire>(text: &str, strict: bool) -> Result<Decoded<T>, DecodeError> {
    let _ = (text, strict);
    Err(DecodeError { pointer: String::new(), message: "not yet".into() })
}
