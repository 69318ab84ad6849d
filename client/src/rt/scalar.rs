//! Scalars, optional, boxed and secret values.

use std::fmt;
use std::marker::PhantomData;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::raw::kind;
use super::wire::{Encode, Wire};
use crate::secret::Secret;

macro_rules! scalar {
    ($($ty:ty, $empty:expr, $kinds:expr;)*) => {$(
        impl Wire for $ty {
            const KINDS: u8 = $kinds;

            fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::deserialize(deserializer)
            }

            fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.serialize(serializer)
            }

            fn empty() -> Self {
                $empty
            }

            fn is_empty(&self) -> bool {
                *self == $empty
            }
        }
    )*};
}

scalar! {
    String, String::new(), kind::STRING;
    bool, false, kind::BOOLEAN;
    i32, 0, kind::NUMBER;
    i64, 0, kind::NUMBER;
    u32, 0, kind::NUMBER;
    u64, 0, kind::NUMBER;
    f32, 0.0, kind::NUMBER;
    f64, 0.0, kind::NUMBER;
    Value, Value::Null, kind::ANY;
}

/// Encodes as null.
impl Wire for () {
    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <()>::deserialize(deserializer)
    }

    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }

    fn empty() -> Self {}

    fn is_empty(&self) -> bool {
        true
    }
}

impl<T: Wire> Wire for Option<T> {
    const KINDS: u8 = T::KINDS | kind::NULL;

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OptionVisitor<T>(PhantomData<T>);
        impl<'de, T: Wire> Visitor<'de> for OptionVisitor<T> {
            type Value = Option<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value or null")
            }

            fn visit_none<E>(self) -> Result<Self::Value, E> {
                Ok(None)
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(None)
            }

            fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
                T::decode(deserializer).map(Some)
            }
        }
        deserializer.deserialize_option(OptionVisitor(PhantomData))
    }

    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Some(value) => serializer.serialize_some(&Encode(value)),
            None => serializer.serialize_none(),
        }
    }

    fn empty() -> Self {
        None
    }

    fn is_empty(&self) -> bool {
        self.is_none()
    }
}

/// Writes in clear: that is what requests are for.
impl Wire for Secret<String> {
    const KINDS: u8 = kind::STRING;

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::decode(deserializer).map(Self::new)
    }

    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        crate::redact::written(self.expose());
        self.expose().encode(serializer)
    }

    fn empty() -> Self {
        Self::new(String::new())
    }

    fn is_empty(&self) -> bool {
        self.expose().is_empty()
    }
}
