//! A JSON number as it stands on the wire: whole numbers keep every digit, and `2` stays `2`.

use std::cmp::Ordering;
use std::fmt;

use serde::de::Visitor;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::rt::{Wire, kind};

/// A number where the API does not say whether it is whole. It is made from any number and compares with any.
///
/// ```
/// use elkit::types::Number;
///
/// let count = Number::from(20);
/// assert_eq!(count, 20);
/// assert_eq!(count.as_u64(), Some(20));
/// assert!(count > 19.5);
/// assert_eq!(count.to_string(), "20");
/// ```
#[derive(Clone, Copy)]
pub struct Number(Repr);

#[derive(Clone, Copy)]
enum Repr {
    Unsigned(u64),
    Negative(i64),
    Float(f64),
}

impl Number {
    /// The number as a float; of a whole number beyond 2^53, the nearest.
    #[expect(clippy::cast_precision_loss, reason = "the documentation says so")]
    pub fn as_f64(self) -> f64 {
        match self.0 {
            Repr::Unsigned(value) => value as f64,
            Repr::Negative(value) => value as f64,
            Repr::Float(value) => value,
        }
    }

    /// The number, if it is whole and fits.
    pub fn as_i64(self) -> Option<i64> {
        match self.0 {
            Repr::Unsigned(value) => i64::try_from(value).ok(),
            Repr::Negative(value) => Some(value),
            Repr::Float(value) => whole(value).and_then(|value| i64::try_from(value).ok()),
        }
    }

    /// The number, if it is whole, not negative and fits.
    pub fn as_u64(self) -> Option<u64> {
        match self.0 {
            Repr::Unsigned(value) => Some(value),
            Repr::Negative(_) => None,
            Repr::Float(value) => whole(value).and_then(|value| u64::try_from(value).ok()),
        }
    }

    fn integer(self) -> Option<i128> {
        match self.0 {
            Repr::Unsigned(value) => Some(value.into()),
            Repr::Negative(value) => Some(value.into()),
            Repr::Float(value) => whole(value),
        }
    }
}

/// A float that is a whole number within the range of the integers here.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked before")]
fn whole(value: f64) -> Option<i128> {
    (value.fract() == 0.0 && value.abs() < 2e19).then_some(value as i128)
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.partial_cmp(other) == Some(Ordering::Equal)
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (self.integer(), other.integer()) {
            (Some(one), Some(two)) => Some(one.cmp(&two)),
            _ => self.as_f64().partial_cmp(&other.as_f64()),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Repr::Unsigned(value) => value.fmt(f),
            Repr::Negative(value) => value.fmt(f),
            Repr::Float(value) => value.fmt(f),
        }
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Default for Number {
    fn default() -> Self {
        Self(Repr::Unsigned(0))
    }
}

macro_rules! from_integer {
    ($($ty:ty)*) => {$(
        impl From<$ty> for Number {
            fn from(value: $ty) -> Self {
                match u64::try_from(value) {
                    Ok(value) => Self(Repr::Unsigned(value)),
                    Err(_) => Self(i64::try_from(value).map_or(Repr::Float(value as f64), Repr::Negative)),
                }
            }
        }
    )*};
}

from_integer!(i8 i16 i32 i64 isize u8 u16 u32 u64 usize);

impl From<f32> for Number {
    fn from(value: f32) -> Self {
        Self(Repr::Float(value.into()))
    }
}

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        Self(Repr::Float(value))
    }
}

macro_rules! compares {
    ($($ty:ty)*) => {$(
        impl PartialEq<$ty> for Number {
            fn eq(&self, other: &$ty) -> bool {
                *self == Self::from(*other)
            }
        }

        impl PartialOrd<$ty> for Number {
            fn partial_cmp(&self, other: &$ty) -> Option<Ordering> {
                self.partial_cmp(&Self::from(*other))
            }
        }
    )*};
}

compares!(i32 i64 u32 u64 usize f64);

impl Serialize for Number {
    /// # Errors
    /// When it is no finite number: JSON has no word for that.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Repr::Unsigned(value) => serializer.serialize_u64(value),
            Repr::Negative(value) => serializer.serialize_i64(value),
            Repr::Float(value) if value.is_finite() => serializer.serialize_f64(value),
            Repr::Float(_) => Err(S::Error::custom("a number that is not finite can't be written as JSON")),
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberVisitor;
        impl Visitor<'_> for NumberVisitor {
            type Value = Number;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number")
            }

            fn visit_u64<E>(self, value: u64) -> Result<Number, E> {
                Ok(Number(Repr::Unsigned(value)))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Number, E> {
                Ok(Number::from(value))
            }

            fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Number, E> {
                if value.is_finite() {
                    Ok(Number(Repr::Float(value)))
                } else {
                    Err(E::custom("the number is not finite"))
                }
            }
        }
        // Self-describing formats give what stands there; for any other, this is what it must be.
        deserializer.deserialize_f64(NumberVisitor)
    }
}

impl Wire for Number {
    const KINDS: u8 = kind::NUMBER;

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }

    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.serialize(serializer)
    }

    fn empty() -> Self {
        Self::default()
    }

    fn is_empty(&self) -> bool {
        *self == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, whole: Option<i64>) {
        let number: Number = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&number).unwrap(), text);
        assert_eq!(number.as_i64(), whole, "{text}");
    }

    #[test]
    fn what_is_read_is_written() {
        check("0", Some(0));
        check("-7", Some(-7));
        check("9007199254740993", Some(9_007_199_254_740_993));
        check("18446744073709551615", None);
        check("2.5", None);
        check("2.0", Some(2));
    }

    #[test]
    fn numbers_compare_by_value() {
        assert_eq!(Number::from(2), 2.0);
        assert_eq!(Number::from(2.0), 2);
        assert!(Number::from(-1) < 0 && Number::from(u64::MAX) > i64::MAX);
        assert!(Number::from(f64::NAN) != Number::from(f64::NAN));
        assert!(serde_json::to_string(&Number::from(f64::NAN)).is_err());
    }
}
