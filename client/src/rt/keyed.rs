//! Unions whose tag stands in the key of the enclosing map: `{"tag#name": value}`, what `typed_keys=true` answers.

use serde::de::Error as _;
use serde::ser::SerializeMap;
use serde::{Deserializer, Serializer};
use serde_json::Value;

use super::collect::decode_map;
use super::raw::Raw;
use super::wire::Wire;
use crate::types::{TypedKeys, Untyped};

/// A union that is told by the key.
pub trait Keyed: Sized {
    /// Tags of the alternatives.
    const TAGS: &'static [&'static str];

    /// Reads alternative `index`.
    ///
    /// # Errors
    /// When the value does not fit.
    fn read<'de, D: Deserializer<'de>>(index: usize, deserializer: D) -> Result<Self, D::Error>;

    /// The tag; none for an unknown alternative.
    fn tag(&self) -> Option<&'static str>;

    /// Writes the value without its tag.
    ///
    /// # Errors
    /// The serializer's own.
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;

    /// Keeps a value whose tag is unknown or absent.
    fn other(value: Untyped) -> Self;
}

/// Splits `tag#name` and reads the value by its tag; the name is what the caller keeps as key.
pub(crate) fn read_keyed<T: Keyed>(key: &str, value: Value) -> Result<(String, T), serde_json::Error> {
    if let Some((tag, name)) = key.split_once('#')
        && let Some(index) = T::TAGS.iter().position(|known| *known == tag)
    {
        let text = value.to_string();
        let raw = Raw::from_text(&text);
        let read = || raw.decode(|deserializer| T::read(index, deserializer));
        return super::mode::attempt(super::mode::mode(), read).map(|value| (name.to_owned(), value));
    }
    Ok((key.to_owned(), T::other(Untyped::from(value))))
}

/// The key under which a value is written.
pub(crate) fn key_of<T: Keyed>(name: &str, value: &T) -> String {
    value.tag().map_or_else(|| name.to_owned(), |tag| format!("{tag}#{name}"))
}

struct Bare<'a, T>(&'a T);

impl<T: Keyed> serde::Serialize for Bare<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write(serializer)
    }
}

impl<T: Keyed> Wire for TypedKeys<T> {
    const KINDS: u8 = super::raw::kind::OBJECT;

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entries = decode_map::<Value, Value, D>(deserializer, |_, value| value)?;
        let mut typed = Self::new();
        for (key, value) in entries {
            let (name, value) = read_keyed::<T>(&key, value).map_err(D::Error::custom)?;
            typed.insert(name, value);
        }
        Ok(typed)
    }

    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for (name, value) in self.iter() {
            map.serialize_entry(&key_of(name, value), &Bare(value))?;
        }
        map.end()
    }

    fn empty() -> Self {
        Self::new()
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<S: SerializeMap> super::model::Writer<'_, S> {
    /// Writes members beyond the named ones whose keys carry tags.
    pub fn typed_keys<T: Keyed>(&mut self, entries: &TypedKeys<T>) {
        for (name, value) in entries.iter() {
            self.raw_entry(&key_of(name, value), &Bare(value));
        }
    }
}

impl<'de, A: serde::de::MapAccess<'de>> super::model::Member<'_, 'de, A> {
    /// Reads a member beyond the named ones whose key carries a tag.
    pub fn typed_key<T: Keyed>(&mut self, key: &str, entries: &mut TypedKeys<T>) {
        self.settle(|value| {
            let (name, value) = read_keyed::<T>(key, value).map_err(A::Error::custom)?;
            entries.insert(name, value);
            Ok(())
        });
    }
}

/// Gives the types of keyed alternatives `Serialize`: without the key, they write the bare value.
#[doc(hidden)]
#[macro_export]
macro_rules! __keyed {
    ($($ty:ty),* $(,)?) => {$(
        impl ::serde::Serialize for $ty {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> ::core::result::Result<S::Ok, S::Error> {
                $crate::rt::Keyed::write(self, serializer)
            }
        }
    )*};
}
