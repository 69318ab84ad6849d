//! JSON whose type is known but decoded only when asked for, so that who never asks does not pay for the type.

use std::fmt;
use std::marker::PhantomData;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::error::Error;
use crate::rt::{self, Union, Wire};

/// A `T` kept as JSON until [`get`](Lazy::get).
///
/// Members whose types are large and seldom read are lazy: a role descriptor's `query` would otherwise bring the
/// whole query language into every program that reads roles. Setters take `impl Into<Lazy<T>>`, so a `T` fits as it
/// is. `Debug` prints the size of the JSON, never its content.
pub struct Lazy<T> {
    json: Value,
    _type: PhantomData<fn() -> T>,
}

impl<T> Lazy<T> {
    /// Wraps JSON as it is. Nothing checks that it is a `T`.
    #[must_use]
    pub fn from_json(json: Value) -> Self {
        Self { json, _type: PhantomData }
    }

    /// The JSON.
    #[must_use]
    pub fn json(&self) -> &Value {
        &self.json
    }

    /// Takes the JSON out.
    #[must_use]
    pub fn into_json(self) -> Value {
        self.json
    }
}

impl<T: Wire> Lazy<T> {
    /// Decodes the value, as leniently as a response.
    ///
    /// # Errors
    /// When the JSON is no `T`.
    pub fn get(&self) -> Result<T, Error> {
        rt::decode(&self.json.to_string(), false).map(|decoded| decoded.value).map_err(Error::from_decode)
    }
}

/// Never loses anything: a model always has a JSON form.
impl<T: Wire> From<T> for Lazy<T> {
    fn from(value: T) -> Self {
        Self::from_json(value.encode(serde_json::value::Serializer).unwrap_or(Value::Null))
    }
}

/// What makes a union makes a lazy one. JSON writes a scalar as it is, whichever alternative takes it: the union's code
/// stays out of the program.
impl<'a, T: Wire + Union + From<&'a str>> From<&'a str> for Lazy<T> {
    fn from(text: &'a str) -> Self {
        Self::from_json(text.into())
    }
}

macro_rules! from_scalar {
    ($($scalar:ty),*) => {$(
        impl<T: Wire + Union + From<$scalar>> From<$scalar> for Lazy<T> {
            fn from(value: $scalar) -> Self {
                Self::from_json(value.into())
            }
        }
    )*};
}

from_scalar!(String, bool, i32, i64, f64);

impl<T> Clone for Lazy<T> {
    fn clone(&self) -> Self {
        Self::from_json(self.json.clone())
    }
}

impl<T> PartialEq for Lazy<T> {
    fn eq(&self, other: &Self) -> bool {
        self.json == other.json
    }
}

impl<T> fmt::Debug for Lazy<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lazy({} bytes of JSON)", self.json.to_string().len())
    }
}

impl<T> Wire for Lazy<T> {
    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Value::deserialize(deserializer)?;
        rt::saw_lazy::<T>(&json);
        Ok(Self::from_json(json))
    }

    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json.serialize(serializer)
    }

    fn empty() -> Self {
        Self::from_json(Value::Null)
    }

    fn is_empty(&self) -> bool {
        self.json.is_null()
    }
}

impl<T> Serialize for Lazy<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.encode(serializer)
    }
}

impl<'de, T> Deserialize<'de> for Lazy<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::decode(deserializer)
    }
}
