//! The form of types that stand on `serde_derive`: what measurements compare ours with. Nothing shipped uses it.

use serde::de::DeserializeOwned;
use serde::{Deserializer, Serialize, Serializer};

use super::form::Form;

/// A type that `serde_derive` reads and writes.
pub trait Derived: Serialize + DeserializeOwned {
    /// A value with every member empty.
    fn blank() -> Self;
}

/// The form of [`Derived`] types.
#[derive(Debug)]
pub enum DerivedForm {}

impl<T: Derived> Form<T> for DerivedForm {
    const KINDS: u8 = super::kind::ANY;

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        T::deserialize(deserializer)
    }

    fn encode<S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        value.serialize(serializer)
    }

    fn empty() -> T {
        T::blank()
    }

    fn is_empty(_: &T) -> bool {
        false
    }
}

/// Gives a type that serde reads and writes its [`Wire`](super::Wire) form.
#[doc(hidden)]
#[macro_export]
macro_rules! __derived {
    ($ty:ty, $blank:expr) => {
        impl $crate::rt::Derived for $ty {
            fn blank() -> Self {
                $blank
            }
        }
        impl $crate::rt::Generated for $ty {
            type Form = $crate::rt::DerivedForm;
        }
    };
}

/// The same for an enum of strings, with what queries and setters need.
#[doc(hidden)]
#[macro_export]
macro_rules! __derived_enum {
    ($ty:ty) => {
        $crate::__derived!($ty, Self::UnknownValue(::std::string::String::new()));
        $crate::__string_enum_text!($ty);
    };
}
