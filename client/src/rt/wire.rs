//! How values stand in JSON. Decoding is strict unless the transport asks for correction; encoding never invents.

use std::fmt;
use std::marker::PhantomData;

use serde::de::DeserializeSeed;
use serde::{Deserializer, Serialize, Serializer};

use super::mode::{self, Mode};
use super::raw::kind;

/// A value with a wire form. Generated types implement it; their `Serialize` and `Deserialize` forward to it.
pub trait Wire: Sized {
    /// JSON kinds its values may be: bits of [`kind`](super::kind). Any, where it does not matter.
    const KINDS: u8 = kind::ANY;

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

    /// The same for a member that is about to be read: cheap, and nothing in it is marked as invented.
    fn blank() -> Self {
        Self::empty()
    }

    /// Whether the value is still what [`Wire::empty`] made.
    fn is_empty(&self) -> bool;
}

/// A member that was not what the specification says.
#[derive(Clone, PartialEq, Eq)]
pub struct Correction {
    /// JSON pointer of the member.
    pub pointer: String,
    /// What was wrong.
    pub kind: CorrectionKind,
}

impl fmt::Debug for Correction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} at {}", self.kind, self.pointer)
    }
}

/// What was wrong with a corrected member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CorrectionKind {
    /// A required member was absent; it reads as `false`, `0`, `""`, `[]`, `{}` or an unknown value.
    Missing,
    /// A member had another type; it was set aside and is written back as it was.
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// JSON pointer of the offending value; empty for the root or invalid JSON.
    pub pointer: String,
    /// What is wrong, without any value of the text.
    pub message: String,
}

/// Decodes `text`, correcting what does not fit unless `strict`.
///
/// A first pass tracks nothing. Only when something deviates does a second pass over the text correct and record it.
///
/// # Errors
/// When the text is not JSON, or does not fit and can't be corrected (or `strict`).
pub fn decode<T: Wire>(text: &str, strict: bool) -> Result<Decoded<T>, DecodeError> {
    let (fast, _) = mode::with_mode(Mode::Fast, || parse::<T>(text));
    let Err(error) = fast else {
        return fast.map(|value| Decoded { value, corrections: Vec::new() }).map_err(|error| invalid(&error));
    };
    if !error.is_data() {
        return Err(invalid(&error));
    }
    mode::forget_lazy();
    let (slow, corrections) = mode::with_mode(Mode::Correcting, || {
        parse::<T>(text).map_err(|error| DecodeError { pointer: mode::pointer(), message: describe(&error) })
    });
    match slow {
        Ok(_) if strict => Err(match corrections.into_iter().next() {
            Some(first) => DecodeError {
                message: match first.kind {
                    CorrectionKind::Missing => "a required member is missing".to_owned(),
                    CorrectionKind::WrongType => "a member has another type than specified".to_owned(),
                },
                pointer: first.pointer,
            },
            None => invalid(&error),
        }),
        Ok(value) => Ok(Decoded { value, corrections }),
        Err(error) => Err(error),
    }
}

/// Writes a value as compact JSON.
///
/// # Errors
/// When a value has no JSON form.
pub fn to_json<T: Wire>(value: &T) -> Result<String, serde_json::Error> {
    serde_json::to_string(&Encode(value))
}

/// Parses one complete JSON text.
pub(crate) fn parse<T: Wire>(text: &str) -> Result<T, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = T::decode(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

fn invalid(error: &serde_json::Error) -> DecodeError {
    DecodeError { pointer: String::new(), message: describe(error) }
}

/// Says what is wrong and where, without the values that `serde_json` quotes.
fn describe(error: &serde_json::Error) -> String {
    use serde_json::error::Category;
    let too_deep =
        ["nested too deeply", "recursion limit exceeded"].iter().any(|text| error.to_string().starts_with(text));
    let what = match error.classify() {
        _ if too_deep => "the JSON is nested too deeply",
        Category::Eof => "the JSON ends too early",
        Category::Syntax => "the JSON is invalid",
        Category::Data => "a value has another type than specified",
        Category::Io => "the text could not be read",
    };
    format!("{what} at line {} column {}", error.line(), error.column())
}

/// Lends a [`Wire`] value to `serde` for writing.
#[derive(Debug)]
pub struct Encode<'a, T>(pub &'a T);

impl<T: Wire> Serialize for Encode<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.encode(serializer)
    }
}

/// Asks `serde` for a [`Wire`] value.
pub(crate) struct Seed<T>(PhantomData<T>);

impl<T> Seed<T> {
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<'de, T: Wire> DeserializeSeed<'de> for Seed<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        T::decode(deserializer)
    }
}

/// Gives [`Wire`] types `Serialize` and `Deserialize`.
#[doc(hidden)]
#[macro_export]
macro_rules! __serde {
    ($($(#[$meta:meta])* $ty:ty),* $(,)?) => {$(
        impl ::serde::Serialize for $ty {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> ::core::result::Result<S::Ok, S::Error> {
                $crate::rt::Wire::encode(self, serializer)
            }
        }
        impl<'de> ::serde::Deserialize<'de> for $ty {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> ::core::result::Result<Self, D::Error> {
                $crate::rt::Wire::decode(deserializer)
            }
        }
    )*};
}
