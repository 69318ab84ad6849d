//! Amounts of memory or disk as they stand on the wire.

use std::fmt;

use serde::{Deserializer, Serializer};

use crate::rt::{Raw, Wire, kind};

/// An amount of bytes: a number, or text with a unit (`b`, `kb`, `mb`, `gb`, `tb`, `pb`, powers of 1024).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ByteSize {
    /// A number of bytes.
    Bytes(i64),
    /// A number and a unit.
    Text(String),
}

impl ByteSize {
    /// The number of bytes, when the text has the usual notation.
    #[must_use]
    pub fn to_bytes(&self) -> Option<u64> {
        let text = match self {
            Self::Bytes(bytes) => return u64::try_from(*bytes).ok(),
            Self::Text(text) => text.to_ascii_lowercase(),
        };
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (count, unit) = text.split_at(digits);
        let power = match unit.trim() {
            "" | "b" => 0,
            "k" | "kb" => 1,
            "m" | "mb" => 2,
            "g" | "gb" => 3,
            "t" | "tb" => 4,
            "p" | "pb" => 5,
            _ => return None,
        };
        count.parse::<u64>().ok()?.checked_mul(1024u64.pow(power))
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => bytes.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl From<i64> for ByteSize {
    fn from(bytes: i64) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<&str> for ByteSize {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for ByteSize {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl Wire for ByteSize {
    const KINDS: u8 = kind::STRING | kind::NUMBER;

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Raw::take(deserializer)?;
        if raw.kind() == kind::STRING { raw.read().map(Self::Text) } else { raw.read().map(Self::Bytes) }
    }

    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Bytes(bytes) => serializer.serialize_i64(*bytes),
            Self::Text(text) => serializer.serialize_str(text),
        }
    }

    fn empty() -> Self {
        Self::Bytes(0)
    }

    fn is_empty(&self) -> bool {
        *self == Self::Bytes(0)
    }
}

crate::rt::serde!(ByteSize);
