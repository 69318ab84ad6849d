//! Enums of strings. Reading one never fails on a value it does not know.

use std::borrow::Cow;
use std::fmt;

use serde::de::Visitor;
use serde::{Deserializer, Serializer};

use super::form::Form;
use super::raw::kind;

/// An enum of strings.
pub trait StringEnum: Sized {
    /// Whether `true` and `false` are JSON booleans in bodies.
    const BOOLEANS: bool = false;

    /// The value of a wire name.
    fn from_name(name: Cow<'_, str>) -> Self;

    /// A value that has no name here.
    fn unknown(name: String) -> Self;

    /// The wire name.
    fn name(&self) -> &str;
}

/// Reads a value.
///
/// # Errors
/// When the input is not a string (or a boolean, where booleans stand for one).
fn decode_enum<'de, T: StringEnum, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    struct NameVisitor<T>(std::marker::PhantomData<T>);
    impl<'de, T: StringEnum> Visitor<'de> for NameVisitor<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }

        fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<T, E> {
            Ok(T::from_name(Cow::Borrowed(name)))
        }

        fn visit_string<E: serde::de::Error>(self, name: String) -> Result<T, E> {
            Ok(T::from_name(Cow::Owned(name)))
        }

        fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<T, E> {
            if T::BOOLEANS {
                Ok(T::from_name(Cow::Borrowed(if value { "true" } else { "false" })))
            } else {
                Err(E::invalid_type(serde::de::Unexpected::Bool(value), &self))
            }
        }
    }
    let visitor = NameVisitor(std::marker::PhantomData);
    if T::BOOLEANS { deserializer.deserialize_any(visitor) } else { deserializer.deserialize_str(visitor) }
}

/// Writes a value.
///
/// # Errors
/// The serializer's own.
fn encode_enum<T: StringEnum, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    match value.name() {
        "true" if T::BOOLEANS => serializer.serialize_bool(true),
        "false" if T::BOOLEANS => serializer.serialize_bool(false),
        name => serializer.serialize_str(name),
    }
}

/// The form of [`StringEnum`] types.
#[derive(Debug)]
pub enum NameForm {}

impl<T: StringEnum> Form<T> for NameForm {
    const KINDS: u8 = kind::STRING | kind::BOOLEAN;

    #[inline]
    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        decode_enum(deserializer)
    }

    #[inline]
    fn encode<S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        encode_enum(value, serializer)
    }

    fn empty() -> T {
        T::unknown(String::new())
    }

    fn is_empty(value: &T) -> bool {
        value.name().is_empty()
    }
}

/// Gives [`StringEnum`] types their wire form and conversions.
#[doc(hidden)]
#[macro_export]
macro_rules! __string_enum {
    ($($ty:ty),* $(,)?) => {
        $crate::__generated! { NameForm: $($ty),* }
        $($crate::__string_enum_text!($ty);)*
    };
}

/// Gives [`StringEnum`] types their text and conversions from it.
#[doc(hidden)]
#[macro_export]
macro_rules! __string_enum_text {
    ($ty:ty) => {
        impl $ty {
            /// The value as it stands on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                $crate::rt::StringEnum::name(self)
            }
        }
        impl ::core::convert::From<&str> for $ty {
            fn from(name: &str) -> Self {
                $crate::rt::StringEnum::from_name(name.into())
            }
        }
        impl ::core::convert::From<&::std::string::String> for $ty {
            fn from(name: &::std::string::String) -> Self {
                $crate::rt::StringEnum::from_name(name.into())
            }
        }
        impl ::core::convert::From<::std::string::String> for $ty {
            fn from(name: ::std::string::String) -> Self {
                $crate::rt::StringEnum::from_name(name.into())
            }
        }
        impl $crate::rt::Text for $ty {
            fn text(&self) -> ::std::borrow::Cow<'_, str> {
                self.as_str().into()
            }
        }
        impl ::core::fmt::Display for $ty {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
