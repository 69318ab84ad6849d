//! Generated types: each names its form, and the form says how such types stand on the wire. One implementation of
//! [`Wire`] for all of them: a handful of small functions for each of thousands of types is what takes time to compile.

use serde::{Deserializer, Serializer};

use super::wire::Wire;

/// A generated type.
pub trait Generated: Sized {
    /// What kind of type it is.
    type Form: Form<Self>;
}

/// How types of one kind stand on the wire: the methods of [`Wire`].
pub trait Form<T> {
    /// JSON kinds its values may be.
    const KINDS: u8;

    /// Reads a value.
    ///
    /// # Errors
    /// When the input does not fit.
    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error>;

    /// Writes a value.
    ///
    /// # Errors
    /// The serializer's own.
    fn encode<S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error>;

    /// The value that stands for one that the server left out.
    fn empty() -> T;

    /// The same for one that is about to be read.
    fn blank() -> T {
        Self::empty()
    }

    /// Whether the value is still what [`Form::empty`] made.
    fn is_empty(value: &T) -> bool;
}

impl<T: Generated> Wire for T {
    const KINDS: u8 = T::Form::KINDS;

    #[inline]
    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::Form::decode(deserializer)
    }

    #[inline]
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        T::Form::encode(self, serializer)
    }

    #[inline]
    fn empty() -> Self {
        T::Form::empty()
    }

    #[inline]
    fn blank() -> Self {
        T::Form::blank()
    }

    #[inline]
    fn is_empty(&self) -> bool {
        T::Form::is_empty(self)
    }
}

/// The form of a boxed value, whichever form that has. `Box` is not simply [`Wire`], since other crates may make
/// boxes of their own types [`Generated`].
#[derive(Debug)]
pub enum Boxed {}

impl<T: Wire> Generated for Box<T> {
    type Form = Boxed;
}

impl<T: Wire> Form<Box<T>> for Boxed {
    const KINDS: u8 = T::KINDS;

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Box<T>, D::Error> {
        T::decode(deserializer).map(Box::new)
    }

    fn encode<S: Serializer>(value: &Box<T>, serializer: S) -> Result<S::Ok, S::Error> {
        (**value).encode(serializer)
    }

    fn empty() -> Box<T> {
        Box::new(T::empty())
    }

    fn blank() -> Box<T> {
        Box::new(T::blank())
    }

    fn is_empty(value: &Box<T>) -> bool {
        (**value).is_empty()
    }
}

/// Gives types their form, `Serialize` and `Deserialize`.
#[doc(hidden)]
#[macro_export]
macro_rules! __generated {
    ($form:ident: $($ty:ty),*) => {$(
        impl $crate::rt::Generated for $ty {
            type Form = $crate::rt::$form;
        }
        $crate::rt::serde!($ty);
    )*};
}
