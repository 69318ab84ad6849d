//! Containers: objects of which exactly one member is present and its name says what the value is.

use serde::de::Error as _;
use serde::ser::SerializeMap;
use serde::{Deserializer, Serializer};

use super::form::Form;
use super::mode;
use super::raw::{Raw, kind};
use super::wire::Encode;
use super::wire::Wire;
use crate::types::Untyped;

/// A container type: its variants' names, and how to reach each.
pub trait Container: Sized {
    /// Wire names of the variants.
    const VARIANTS: &'static [&'static str];

    /// Reads variant `index`.
    ///
    /// # Errors
    /// When the value does not fit.
    fn read<'de, D: Deserializer<'de>>(index: usize, deserializer: D) -> Result<Self, D::Error>;

    /// Writes the one entry, or the whole value of an unknown variant.
    ///
    /// # Errors
    /// The serializer's own.
    fn write<S: Serializer>(&self, out: Entries<S>) -> Result<S::Ok, S::Error>;

    /// Keeps a value that is no known variant.
    fn other(value: Untyped) -> Self;
}

/// Writes the one entry of a container.
#[derive(Debug)]
pub struct Entries<S>(S);

impl<S: Serializer> Entries<S> {
    pub(crate) fn new(serializer: S) -> Self {
        Self(serializer)
    }

    /// Writes `{name: value}`.
    ///
    /// # Errors
    /// The serializer's own.
    pub fn one<T: Wire>(self, name: &str, value: &T) -> Result<S::Ok, S::Error> {
        let mut map = self.0.serialize_map(Some(1))?;
        map.serialize_entry(name, &Encode(value))?;
        map.end()
    }

    /// Writes an unknown variant as it was.
    ///
    /// # Errors
    /// The serializer's own.
    pub fn other(self, value: &Untyped) -> Result<S::Ok, S::Error> {
        value.encode(self.0)
    }
}

/// Reads a container. While correcting, a variant whose value does not fit is kept as an unknown one.
///
/// # Errors
/// When the variant is known but its value does not fit.
fn decode_container<'de, T: Container, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let raw = Raw::take(deserializer)?;
    if raw.kind() == kind::OBJECT {
        let members = raw.members();
        if members.len() == 1
            && let Some(index) = T::VARIANTS.iter().position(|name| members.contains(name))
            && let Some(text) = members.get(T::VARIANTS[index])
        {
            let read = || Raw::from_text(text).decode(|deserializer| T::read(index, deserializer));
            if !mode::correcting() {
                return read();
            }
            let inside = || {
                if !mode::enter_name(T::VARIANTS[index]) {
                    return Err(D::Error::custom("nested too deeply"));
                }
                let value = read();
                mode::leave();
                value
            };
            return mode::or_other(&raw, Some(T::VARIANTS[index]), inside, T::other);
        }
    }
    raw.value().map(|value| T::other(Untyped::from(value)))
}

/// The form of [`Container`] types.
#[derive(Debug)]
pub enum ContainerForm {}

impl<T: Container + PartialEq> Form<T> for ContainerForm {
    const KINDS: u8 = kind::OBJECT;

    #[inline]
    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        decode_container(deserializer)
    }

    #[inline]
    fn encode<S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        value.write(Entries(serializer))
    }

    fn empty() -> T {
        T::other(Untyped::default())
    }

    fn is_empty(value: &T) -> bool {
        *value == T::other(Untyped::default())
    }
}

/// Gives [`Container`] types their wire form.
#[doc(hidden)]
#[macro_export]
macro_rules! __container {
    ($($ty:ty),* $(,)?) => {
        $crate::__generated! { ContainerForm: $($ty),* }
    };
}
