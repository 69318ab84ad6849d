//! One JSON value as text, with just enough looking inside to choose how to decode it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::de::StrRead;
use serde_json::value::RawValue;

use super::mode::{self, Mode};
use super::wire::Wire;

/// Every text within a text is read anew. This deep, a look at what is left is cheaper than finding out level by level
/// that it goes on for thousands.
const LOOK_AHEAD: usize = 6;

/// More levels than that are refused by the look ahead.
const MOST_LEVELS: usize = 256;

/// The JSON text of one value.
pub(crate) struct Raw<'de>(Cow<'de, str>);

/// The kinds of JSON value, as bits.
pub mod kind {
    /// `null`
    pub const NULL: u8 = 1;
    /// `true`, `false`
    pub const BOOLEAN: u8 = 2;
    /// A number without fraction or exponent.
    pub const INTEGER: u8 = 4;
    /// Any other number.
    pub const FLOAT: u8 = 8;
    /// Any number.
    pub const NUMBER: u8 = INTEGER | FLOAT;
    /// A string.
    pub const STRING: u8 = 16;
    /// An array.
    pub const ARRAY: u8 = 32;
    /// An object.
    pub const OBJECT: u8 = 64;
    /// Any of them.
    pub const ANY: u8 = 127;
}

impl<'de> Raw<'de> {
    /// Takes the next value whole.
    pub(crate) fn take<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if mode::mode() == Mode::Foreign {
            let value = Value::deserialize(deserializer)?;
            return Ok(Self(Cow::Owned(value.to_string())));
        }
        <&'de RawValue>::deserialize(deserializer).map(|raw| Self(Cow::Borrowed(raw.get())))
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    /// Which kind of value it is: one bit of [`kind`].
    pub(crate) fn kind(&self) -> u8 {
        let text = self.0.trim_start();
        match text.as_bytes().first() {
            Some(b'{') => kind::OBJECT,
            Some(b'[') => kind::ARRAY,
            Some(b'"') => kind::STRING,
            Some(b't' | b'f') => kind::BOOLEAN,
            Some(b'n') => kind::NULL,
            _ if text.contains(['.', 'e', 'E']) => kind::FLOAT,
            _ => kind::INTEGER,
        }
    }

    /// The string it is, if it is one.
    pub(crate) fn as_string(&self) -> Option<String> {
        serde_json::from_str(&self.0).ok()
    }

    /// The members of the object it is, values unread; empty for anything else.
    pub(crate) fn members(&self) -> Members<'_> {
        serde_json::from_str(&self.0).unwrap_or_default()
    }

    /// The first item of the array it is.
    pub(crate) fn first_item(&self) -> Option<Raw<'_>> {
        let items: Vec<&RawValue> = serde_json::from_str(&self.0).ok()?;
        items.first().map(|raw| Raw(Cow::Borrowed(raw.get())))
    }

    /// Decodes it as `T`, in the mode in force.
    pub(crate) fn read<T: Wire, E: serde::de::Error>(&self) -> Result<T, E> {
        self.decode(|deserializer| T::decode(deserializer))
    }

    /// Decodes it by `read`, in the mode in force. `serde_json` counts levels from zero in every text, so how many
    /// texts stand in each other is counted here.
    pub(crate) fn decode<T, E: serde::de::Error>(
        &self,
        read: impl FnOnce(&mut serde_json::Deserializer<StrRead<'_>>) -> Result<T, serde_json::Error>,
    ) -> Result<T, E> {
        mode::nested(|depth| {
            if depth == LOOK_AHEAD && levels(&self.0) > MOST_LEVELS {
                return Err(serde_json::Error::custom("nested too deeply"));
            }
            let mut deserializer = serde_json::Deserializer::from_str(&self.0);
            let value = read(&mut deserializer)?;
            deserializer.end()?;
            Ok(value)
        })
        .unwrap_or_else(|| Err(serde_json::Error::custom("nested too deeply")))
        .map_err(E::custom)
    }

    /// Keeps it as untyped JSON.
    pub(crate) fn value<E: serde::de::Error>(&self) -> Result<Value, E> {
        serde_json::from_str(&self.0).map_err(E::custom)
    }

    pub(crate) fn from_text(text: &'de str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

/// How many arrays and objects of a text stand in each other.
fn levels(text: &str) -> usize {
    let (mut level, mut most) = (0usize, 0);
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'[' | b'{' => {
                level += 1;
                most = most.max(level);
            }
            b']' | b'}' => level = level.saturating_sub(1),
            b'"' => {
                while let Some(byte) = bytes.next().filter(|byte| *byte != b'"') {
                    if byte == b'\\' {
                        bytes.next();
                    }
                }
            }
            _ => {}
        }
    }
    most
}

/// The members of an object with their text.
#[derive(Default)]
pub(crate) struct Members<'a>(BTreeMap<Cow<'a, str>, &'a str>);

impl<'a> Members<'a> {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(|name| &**name)
    }

    /// The text of a member.
    pub(crate) fn get(&self, name: &str) -> Option<&'a str> {
        self.0.get(name).copied()
    }

    /// The string or boolean a tag member holds.
    pub(crate) fn tag(&self, name: &str) -> Option<String> {
        match serde_json::from_str(self.get(name)?).ok()? {
            Value::String(tag) => Some(tag),
            Value::Bool(tag) => Some(tag.to_string()),
            Value::Number(tag) => Some(tag.to_string()),
            _ => None,
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = BTreeMap::new();
                while let Some(name) = map.next_key::<Key<'de>>()? {
                    let raw: &'de RawValue = map.next_value()?;
                    if members.insert(name.0, raw.get()).is_some() {
                        // Two members of one name can't be told apart: the caller keeps the whole as JSON.
                        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                        return Err(A::Error::custom("duplicate member"));
                    }
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

/// A key, borrowed from the text where it has no escapes.
pub(crate) struct Key<'de>(pub(crate) Cow<'de, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrow;
        impl<'de> Visitor<'de> for Borrow {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a member name")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Borrowed(name)))
            }

            fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(name.to_owned())))
            }

            fn visit_string<E>(self, name: String) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(name)))
            }
        }
        deserializer.deserialize_str(Borrow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_of_a_text() {
        for (text, expected) in [
            ("1", 0),
            ("[]", 1),
            (r#"{"a":[{}],"b":[]}"#, 3),
            (r#""[[[""#, 0),
            (r#"["\"[[","\\",[]]"#, 2),
            ("]]]", 0),
            (r#"["\"#, 1),
        ] {
            assert_eq!(levels(text), expected, "{text}");
        }
    }
}
