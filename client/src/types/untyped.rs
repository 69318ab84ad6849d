//! JSON that no type describes. `Debug` prints its kind and size, never a value.

use std::fmt;
use std::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::rt::Wire;

/// JSON of a shape that this version of elkit does not know. Dereferences to [`serde_json::Value`].
#[derive(Clone, Default, PartialEq)]
pub struct Untyped(Value);

impl Untyped {
    /// Takes the value out.
    #[must_use]
    pub fn into_inner(self) -> Value {
        self.0
    }
}

impl From<Value> for Untyped {
    fn from(value: Value) -> Self {
        Self(value)
    }
}

/// Scalars, as JSON writes them.
macro_rules! from_scalars {
    ($($scalar:ty),*) => {
        $(impl From<$scalar> for Untyped {
            fn from(value: $scalar) -> Self {
                Self(value.into())
            }
        })*
    };
}

from_scalars!(&str, String, bool, i32, i64, u64, f64);

impl Deref for Untyped {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.0
    }
}

impl fmt::Debug for Untyped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Value::Null => f.write_str("null"),
            Value::Bool(_) => f.write_str("a boolean"),
            Value::Number(_) => f.write_str("a number"),
            Value::String(text) => write!(f, "a string of {} bytes", text.len()),
            Value::Array(items) => write!(f, "an array of {} items", items.len()),
            Value::Object(members) => f.debug_set().entries(members.keys()).finish(),
        }
    }
}

impl Wire for Untyped {
    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self)
    }

    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }

    fn empty() -> Self {
        Self(Value::Null)
    }

    fn is_empty(&self) -> bool {
        self.0.is_null()
    }
}

crate::rt::serde!(Untyped);
