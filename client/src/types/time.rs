//! Times and durations as they stand on the wire. Nothing is rounded: what was read is written back.

use std::fmt;
use std::time::{Duration as StdDuration, SystemTime};

use serde::{Deserializer, Serializer};

use crate::rt::{Raw, Wire, kind};

/// A duration in Elasticsearch's notation: a number and a unit (`d`, `h`, `m`, `s`, `ms`, `micros`, `nanos`), `0`, or
/// `-1` where a setting may be unlimited.
///
/// ```
/// use elkit::types::Duration;
///
/// assert_eq!(Duration::from("90d").to_std(), Some(std::time::Duration::from_secs(90 * 86_400)));
/// assert_eq!(Duration::from(std::time::Duration::from_secs(90)).to_string(), "90s");
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Duration {
    text: String,
    number: bool,
}

impl Duration {
    /// The duration, when it is one: `-1` and texts in another notation are none.
    #[must_use]
    pub fn to_std(&self) -> Option<StdDuration> {
        let digits = self.text.len() - self.text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (count, unit) = self.text.split_at(digits);
        let count: u64 = count.parse().ok()?;
        match unit {
            "d" => count.checked_mul(86_400).map(StdDuration::from_secs),
            "h" => count.checked_mul(3_600).map(StdDuration::from_secs),
            "m" => count.checked_mul(60).map(StdDuration::from_secs),
            "s" => Some(StdDuration::from_secs(count)),
            "ms" => Some(StdDuration::from_millis(count)),
            "micros" => Some(StdDuration::from_micros(count)),
            "nanos" => Some(StdDuration::from_nanos(count)),
            "" if count == 0 => Some(StdDuration::ZERO),
            _ => None,
        }
    }

    /// The text as it stands on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<&str> for Duration {
    fn from(text: &str) -> Self {
        Self { text: text.to_owned(), number: false }
    }
}

impl From<&String> for Duration {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl From<String> for Duration {
    fn from(text: String) -> Self {
        Self { text, number: false }
    }
}

/// In the largest unit that holds it exactly.
impl From<StdDuration> for Duration {
    fn from(duration: StdDuration) -> Self {
        let nanos = duration.as_nanos();
        const UNITS: [(u128, &str); 7] = [
            (86_400_000_000_000, "d"),
            (3_600_000_000_000, "h"),
            (60_000_000_000, "m"),
            (1_000_000_000, "s"),
            (1_000_000, "ms"),
            (1_000, "micros"),
            (1, "nanos"),
        ];
        // Whole minutes and more are common as seconds: 90 s stays "90s" because 60 does not divide it.
        let (size, unit) = UNITS.into_iter().find(|(size, _)| nanos.is_multiple_of(*size)).unwrap_or((1, "nanos"));
        if nanos == 0 { Self::from("0s") } else { Self::from(format!("{}{unit}", nanos / size)) }
    }
}

impl Wire for Duration {
    const KINDS: u8 = kind::STRING | kind::NUMBER;

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Raw::take(deserializer)?;
        match raw.kind() {
            kind::STRING => raw.read().map(|text| Self { text, number: false }),
            kind::INTEGER => Ok(Self { text: raw.text().trim().to_owned(), number: true }),
            _ => Err(serde::de::Error::custom("expected a duration")),
        }
    }

    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.text.parse::<i64>() {
            Ok(number) if self.number => serializer.serialize_i64(number),
            _ => serializer.serialize_str(&self.text),
        }
    }

    fn empty() -> Self {
        Self::from("")
    }

    fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
}

/// A moment as milliseconds since 1970-01-01 00:00 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EpochMillis(pub i64);

impl EpochMillis {
    /// The moment, when it is neither before 1970 nor beyond what the system clock holds.
    #[must_use]
    pub fn to_system_time(self) -> Option<SystemTime> {
        let millis = u64::try_from(self.0).ok()?;
        SystemTime::UNIX_EPOCH.checked_add(StdDuration::from_millis(millis))
    }
}

impl From<i64> for EpochMillis {
    fn from(millis: i64) -> Self {
        Self(millis)
    }
}

impl Wire for EpochMillis {
    const KINDS: u8 = kind::NUMBER;

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        i64::decode(deserializer).map(Self)
    }

    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0)
    }

    fn empty() -> Self {
        Self(0)
    }

    fn is_empty(&self) -> bool {
        self.0 == 0
    }
}

/// A moment in the notation its server chose: a date text or milliseconds since 1970-01-01 00:00 UTC.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timestamp {
    /// A date, ISO 8601 unless the server was told otherwise.
    Text(String),
    /// Milliseconds since the epoch.
    Millis(i64),
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Millis(millis) => millis.fmt(f),
        }
    }
}

impl From<&str> for Timestamp {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Timestamp {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Timestamp {
    fn from(millis: i64) -> Self {
        Self::Millis(millis)
    }
}

impl Wire for Timestamp {
    const KINDS: u8 = kind::STRING | kind::NUMBER;

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Raw::take(deserializer)?;
        if raw.kind() == kind::STRING { raw.read().map(Self::Text) } else { raw.read().map(Self::Millis) }
    }

    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Millis(millis) => serializer.serialize_i64(*millis),
        }
    }

    fn empty() -> Self {
        Self::Text(String::new())
    }

    fn is_empty(&self) -> bool {
        matches!(self, Self::Text(text) if text.is_empty())
    }
}

crate::rt::serde!(Duration, EpochMillis, Timestamp);
