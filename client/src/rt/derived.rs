//! Wire forms for types that stand on `serde_derive`: what measurements compare ours with. Nothing shipped uses it.

/// Gives a type that serde reads and writes its [`Wire`](super::Wire) form.
#[doc(hidden)]
#[macro_export]
macro_rules! __derived {
    ($ty:ty, $blank:expr) => {
        impl $crate::rt::Wire for $ty {
            fn decode<'de, D: ::serde::Deserializer<'de>>(deserializer: D) -> ::core::result::Result<Self, D::Error> {
                ::serde::Deserialize::deserialize(deserializer)
            }
            fn encode<S: ::serde::Serializer>(&self, serializer: S) -> ::core::result::Result<S::Ok, S::Error> {
                ::serde::Serialize::serialize(self, serializer)
            }
            fn empty() -> Self {
                $blank
            }
            fn is_empty(&self) -> bool {
                false
            }
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
