//! Values with more than one spelling in JSON. Each keeps the spelling it was read in.

use std::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::rt::{Raw, Wire, kind};

/// One value or a list of them: `"a"` and `["a", "b"]` both fit. Dereferences to a slice.
#[derive(Clone, Debug, PartialEq)]
pub enum OneOrMany<T> {
    /// A bare value.
    One(T),
    /// A list.
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    /// The values.
    pub fn as_slice(&self) -> &[T] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(values) => values,
        }
    }

    /// The values, owned.
    #[must_use]
    pub fn into_vec(self) -> Vec<T> {
        match self {
            Self::One(value) => vec![value],
            Self::Many(values) => values,
        }
    }
}

impl<T> Deref for OneOrMany<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.as_slice()
    }
}

impl<T, I: Into<T>> FromIterator<I> for OneOrMany<T> {
    fn from_iter<It: IntoIterator<Item = I>>(values: It) -> Self {
        Self::Many(values.into_iter().map(Into::into).collect())
    }
}

impl<T> IntoIterator for OneOrMany<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.into_vec().into_iter()
    }
}

impl<'a, T> IntoIterator for &'a OneOrMany<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.as_slice().iter()
    }
}

impl<T, I: Into<T>> From<Vec<I>> for OneOrMany<T> {
    fn from(values: Vec<I>) -> Self {
        values.into_iter().collect()
    }
}

impl<T, I: Into<T>, const N: usize> From<[I; N]> for OneOrMany<T> {
    fn from(values: [I; N]) -> Self {
        values.into_iter().collect()
    }
}

impl<T, I: Into<T> + Clone> From<&[I]> for OneOrMany<T> {
    fn from(values: &[I]) -> Self {
        values.iter().cloned().collect()
    }
}

impl<T, I: Into<T> + Clone, const N: usize> From<&[I; N]> for OneOrMany<T> {
    fn from(values: &[I; N]) -> Self {
        values.as_slice().into()
    }
}

impl<T, I: Into<T> + Clone> From<&Vec<I>> for OneOrMany<T> {
    fn from(values: &Vec<I>) -> Self {
        values.as_slice().into()
    }
}

impl<T: for<'a> From<&'a str>> From<&str> for OneOrMany<T> {
    fn from(value: &str) -> Self {
        Self::One(value.into())
    }
}

impl<T: for<'a> From<&'a str>> From<&String> for OneOrMany<T> {
    fn from(value: &String) -> Self {
        Self::One(value.as_str().into())
    }
}

impl<T: From<String>> From<String> for OneOrMany<T> {
    fn from(value: String) -> Self {
        Self::One(value.into())
    }
}

impl<T: Wire> Wire for OneOrMany<T> {
    const KINDS: u8 = T::KINDS | kind::ARRAY;

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Raw::take(deserializer)?;
        if raw.kind() == kind::ARRAY {
            // One value may be an array itself, such as a point on the map: its items then are no values.
            let no_value = |item: Raw<'_>| item.kind() & T::KINDS == 0;
            let one = T::KINDS & kind::ARRAY != 0 && raw.first_item().is_some_and(no_value);
            return if one { raw.read().map(Self::One) } else { raw.read().map(Self::Many) };
        }
        raw.read().map(Self::One)
    }

    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One(value) => value.encode(serializer),
            Self::Many(values) => values.encode(serializer),
        }
    }

    fn empty() -> Self {
        Self::Many(Vec::new())
    }

    fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }
}

/// A value that servers also write as a string: `1` and `"1"`.
#[derive(Clone, Debug, PartialEq)]
pub enum Stringified<T> {
    /// The value itself.
    Value(T),
    /// Its text.
    Text(String),
}

impl<T> From<T> for Stringified<T> {
    fn from(value: T) -> Self {
        Self::Value(value)
    }
}

impl<T: Clone + std::str::FromStr> Stringified<T> {
    /// The value, parsed where it was text.
    pub fn get(&self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value.clone()),
            Self::Text(text) => text.parse().ok(),
        }
    }
}

impl<T: Wire> Wire for Stringified<T> {
    const KINDS: u8 = T::KINDS | kind::STRING;

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Raw::take(deserializer)?;
        if raw.kind() == kind::STRING { raw.read().map(Self::Text) } else { raw.read().map(Self::Value) }
    }

    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Value(value) => value.encode(serializer),
            Self::Text(text) => text.encode(serializer),
        }
    }

    fn empty() -> Self {
        Self::Value(T::empty())
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Value(value) => value.is_empty(),
            Self::Text(text) => text.is_empty(),
        }
    }
}

/// A map with exactly one entry, such as the field and its condition in a query: `{"user.id": {"value": "kimchy"}}`.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry<V> {
    /// The key.
    pub key: String,
    /// Its value.
    pub value: V,
}

impl<V> Entry<V> {
    /// An entry.
    pub fn new(key: impl Into<String>, value: impl Into<V>) -> Self {
        Self { key: key.into(), value: value.into() }
    }
}

impl<K: Into<String>, V, T: Into<V>> From<(K, T)> for Entry<V> {
    fn from((key, value): (K, T)) -> Self {
        Self::new(key, value)
    }
}

impl<V: Wire> Wire for Entry<V> {
    const KINDS: u8 = kind::OBJECT;

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entries = std::collections::BTreeMap::<String, V>::decode(deserializer)?;
        let count = entries.len();
        match entries.into_iter().next() {
            Some((key, value)) if count == 1 => Ok(Self { key, value }),
            _ => Err(serde::de::Error::custom("expected an object with exactly one member")),
        }
    }

    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        crate::rt::Entries::new(serializer).one(&self.key, &self.value)
    }

    fn empty() -> Self {
        Self { key: String::new(), value: V::empty() }
    }

    fn is_empty(&self) -> bool {
        self.key.is_empty()
    }
}

macro_rules! generic_serde {
    ($($ty:ident),*) => {$(
        impl<T: Wire> Serialize for $ty<T> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.encode(serializer)
            }
        }
        impl<'de, T: Wire> Deserialize<'de> for $ty<T> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::decode(deserializer)
            }
        }
    )*};
}

generic_serde!(OneOrMany, Stringified, Entry);
