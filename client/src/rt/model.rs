//! Objects with named members: one visitor and one writer for all of them. What differs is a table and two matches.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Error as _, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserializer, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::mode;
use super::raw::{Key, Raw, kind};
use super::wire::{CorrectionKind, Encode, Seed, Wire};
use crate::extra::{Extra, Mark};
use crate::types::Untyped;

/// What the runtime must know of an object type.
#[derive(Debug)]
pub struct Meta {
    /// The type's name, for errors.
    pub name: &'static str,
    /// Wire names, sorted; a member's index is its place here.
    pub members: &'static [&'static str],
    /// Other names that a member may come under, with its index.
    pub aliases: &'static [(&'static str, usize)],
    /// Bit `i` is set when member `i` is required.
    pub required: &'static [u64; WORDS],
    /// Members that always hold the same constant.
    pub literals: &'static [usize],
    /// The member that a bare value stands for.
    pub shortcut: Option<usize>,
}

const WORDS: usize = 4;

/// The most members an object can have.
pub const MAX_MEMBERS: usize = WORDS * 64;

/// Up to this many names a scan that compares lengths first beats a binary search.
const SCAN_LIMIT: usize = 24;

impl Meta {
    /// The index of a member by any of its names.
    #[must_use]
    pub fn index(&self, name: &str) -> Option<usize> {
        let found = if self.members.len() <= SCAN_LIMIT {
            self.members.iter().position(|known| *known == name)
        } else {
            self.members.binary_search(&name).ok()
        };
        found.or_else(|| self.aliases.iter().find(|(alias, _)| *alias == name).map(|(_, index)| *index))
    }
}

/// An object type: its table, and how to reach each member.
pub trait Model: Sized {
    /// What the runtime must know of it.
    const META: &'static Meta;

    /// The member that tells the alternatives of unions beside it.
    const TELLS: Option<&'static str> = None;

    /// An object with every member empty.
    fn blank() -> Self;

    /// Unknown members and marks.
    fn extra(&self) -> &Extra;

    /// Unknown members and marks.
    fn extra_mut(&mut self) -> &mut Extra;

    /// Reads member `index`.
    ///
    /// # Errors
    /// When the value does not fit.
    fn read<'de, A: MapAccess<'de>>(&mut self, index: usize, member: Member<'_, A>) -> Result<Got, A::Error>;

    /// Writes all members.
    ///
    /// # Errors
    /// The serializer's own.
    fn write<S: SerializeMap>(&self, out: &mut Writer<'_, S>) -> Result<(), S::Error>;

    /// Reads a member that has no name in the table. By default, it goes to `extra`.
    ///
    /// # Errors
    /// When the value does not fit.
    fn read_rest<'de, A: MapAccess<'de>>(&mut self, key: &str, member: Member<'_, A>) -> Result<Got, A::Error> {
        let _ = key;
        member.untyped()
    }
}

/// What became of a member.
#[derive(Debug)]
pub enum Got {
    /// It was read.
    Value,
    /// It was null.
    Null,
    /// It has another type; this is what stood there.
    Aside(Value),
}

/// A member about to be read.
#[derive(Debug)]
pub struct Member<'a, A> {
    /// Absent when the member never came and stands to be filled.
    map: Option<&'a mut A>,
}

impl<'de, A: MapAccess<'de>> Member<'_, A> {
    /// Reads a member that is always there.
    ///
    /// # Errors
    /// When the value does not fit.
    pub fn value<T: Wire>(self, slot: &mut T) -> Result<Got, A::Error> {
        let Some(map) = self.map else {
            *slot = T::empty();
            return Ok(Got::Value);
        };
        if !mode::correcting() {
            *slot = map.next_value_seed(Seed::new())?;
            return Ok(Got::Value);
        }
        let raw: &'de RawValue = map.next_value()?;
        match correct(raw) {
            Some(value) => {
                *slot = value;
                Ok(Got::Value)
            }
            None => aside(raw),
        }
    }

    /// Reads a member that may be absent or null.
    ///
    /// # Errors
    /// When the value does not fit.
    pub fn option<T: Wire>(self, slot: &mut Option<T>) -> Result<Got, A::Error> {
        match self.value(slot)? {
            Got::Value if slot.is_none() => Ok(Got::Null),
            got => Ok(got),
        }
    }

    /// Reads a variant of a container into its slot.
    ///
    /// # Errors
    /// When the value does not fit.
    pub fn variant<T: Wire, V>(self, slot: &mut Option<V>, make: impl FnOnce(T) -> V) -> Result<Got, A::Error> {
        if slot.is_some() {
            return self.untyped();
        }
        let mut value = None;
        let got = self.value(&mut value)?;
        *slot = value.map(make);
        Ok(match got {
            Got::Value if slot.is_none() => Got::Aside(Value::Null),
            got => got,
        })
    }

    /// Reads one entry of the members beyond the named ones.
    ///
    /// # Errors
    /// When the value does not fit.
    pub fn entry<T: Wire>(self, put: impl FnOnce(T)) -> Result<Got, A::Error> {
        let mut value = None;
        let got = self.value(&mut value)?;
        Ok(match value {
            Some(value) => {
                put(value);
                got
            }
            None => match got {
                Got::Value => Got::Aside(Value::Null),
                got => {
                    if mode::correcting() {
                        mode::corrected_here();
                    }
                    got
                }
            },
        })
    }

    /// Reads a constant.
    ///
    /// # Errors
    /// When the input is not valid.
    pub fn literal(self, json: &str) -> Result<Got, A::Error> {
        Ok(match self.untyped()? {
            Got::Aside(value) if serde_json::from_str::<Value>(json).is_ok_and(|known| known == value) => Got::Value,
            got => got,
        })
    }

    /// Keeps whatever stands there.
    ///
    /// # Errors
    /// When the input is not valid.
    pub fn untyped(self) -> Result<Got, A::Error> {
        match self.map {
            Some(map) => map.next_value().map(Got::Aside),
            None => Ok(Got::Value),
        }
    }
}

pub(super) fn correct<T: Wire>(raw: &RawValue) -> Option<T> {
    mode::attempt(mode::Mode::Correcting, || Raw::from_text(raw.get()).read::<T, serde_json::Error>()).ok()
}

fn aside<E: serde::de::Error>(raw: &RawValue) -> Result<Got, E> {
    serde_json::from_str(raw.get()).map(Got::Aside).map_err(E::custom)
}

/// Reads an object.
///
/// # Errors
/// When a required member is absent or a value does not fit.
pub fn decode_model<'de, T: Model, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    match (T::META.shortcut, T::TELLS) {
        (Some(member), _) => decode_shortcut(member, deserializer),
        (None, Some(tag)) => decode_telling(tag, deserializer),
        (None, None) => deserializer.deserialize_map(ObjectVisitor(PhantomData)),
    }
}

/// The tag may come after what it tells, so the text is looked through for it first.
fn decode_telling<'de, T: Model, D: Deserializer<'de>>(tag: &'static str, deserializer: D) -> Result<T, D::Error> {
    let raw = Raw::take(deserializer)?;
    let value = if raw.kind() == kind::OBJECT { raw.members().tag(tag) } else { None };
    mode::telling(tag, value, || raw.decode(|deserializer| deserializer.deserialize_map(ObjectVisitor(PhantomData))))
}

fn decode_shortcut<'de, T: Model, D: Deserializer<'de>>(member: usize, deserializer: D) -> Result<T, D::Error> {
    let raw = Raw::take(deserializer)?;
    if raw.kind() == kind::OBJECT {
        return raw.decode(|deserializer| deserializer.deserialize_map(ObjectVisitor(PhantomData)));
    }
    let mut object = T::blank();
    let got = raw.decode(|deserializer| object.read(member, Member { map: Some(&mut OneValue { deserializer }) }))?;
    match got {
        Got::Value => {}
        Got::Null | Got::Aside(_) => return Err(D::Error::custom("the bare value has another type than specified")),
    }
    object.extra_mut().mark(member, Mark::Bare);
    Ok(object)
}

/// A map access whose next value is the whole text.
struct OneValue<'a, 'de> {
    deserializer: &'a mut serde_json::Deserializer<serde_json::de::StrRead<'de>>,
}

impl<'de> MapAccess<'de> for OneValue<'_, 'de> {
    type Error = serde_json::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, _: K) -> Result<Option<K::Value>, Self::Error> {
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Self::Error> {
        seed.deserialize(&mut *self.deserializer)
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Model> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object ({})", T::META.name)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let mut object = T::blank();
        let mut seen = [0u64; WORDS];
        let correcting = mode::correcting();
        while let Some(key) = map.next_key::<Key<'de>>()? {
            let member = Member { map: Some(&mut map) };
            match T::META.index(&key.0) {
                Some(index) => {
                    let name = T::META.members[index];
                    if correcting && !mode::enter_name(name) {
                        return Err(A::Error::custom("nested too deeply"));
                    }
                    let got = object.read(index, member)?;
                    seen[index / 64] |= 1 << (index % 64);
                    if correcting {
                        mode::leave();
                    }
                    settle(object.extra_mut(), index, &key.0, got);
                }
                None => {
                    if correcting && !mode::enter_key(&key.0) {
                        return Err(A::Error::custom("nested too deeply"));
                    }
                    let got = object.read_rest(&key.0, member)?;
                    if correcting {
                        mode::leave();
                    }
                    match got {
                        Got::Value => {}
                        Got::Null => object.extra_mut().put(key.0.into_owned(), Value::Null),
                        Got::Aside(value) => object.extra_mut().put(key.0.into_owned(), value),
                    }
                }
            }
        }
        for literal in T::META.literals {
            if seen[literal / 64] & (1 << (literal % 64)) == 0 {
                object.extra_mut().mark(*literal, Mark::Missing);
            }
        }
        if (0..WORDS).any(|word| T::META.required[word] & !seen[word] != 0) {
            missing::<T, A>(&mut object, &seen)?;
        }
        Ok(object)
    }
}

fn settle(extra: &mut Extra, index: usize, key: &str, got: Got) {
    match got {
        Got::Value => {}
        Got::Null => extra.mark(index, Mark::Null),
        Got::Aside(value) => {
            if mode::correcting() {
                mode::corrected(key, CorrectionKind::WrongType);
            }
            extra.mark(index, Mark::Aside(value));
        }
    }
}

#[cold]
fn missing<'de, T: Model, A: MapAccess<'de>>(object: &mut T, seen: &[u64; WORDS]) -> Result<(), A::Error> {
    for (index, name) in T::META.members.iter().enumerate() {
        let (word, bit) = (index / 64, 1u64 << (index % 64));
        if T::META.required[word] & bit == 0 || seen[word] & bit != 0 {
            continue;
        }
        if !mode::correcting() {
            return Err(A::Error::missing_field(name));
        }
        mode::corrected(name, CorrectionKind::Missing);
        object.read(index, Member::<A> { map: None })?;
        object.extra_mut().mark(index, Mark::Missing);
    }
    Ok(())
}

/// The object that stands for one the server left out: each required member is marked as invented.
pub fn empty_model<T: Model>() -> T {
    let mut object = T::blank();
    for index in 0..T::META.members.len() {
        if T::META.required[index / 64] & (1 << (index % 64)) != 0 {
            object.extra_mut().mark(index, Mark::Missing);
        }
    }
    object
}

/// Writes an object.
///
/// # Errors
/// The serializer's own.
pub fn encode_model<T: Model, S: Serializer>(object: &T, serializer: S) -> Result<S::Ok, S::Error> {
    let extra = object.extra();
    // Decided at compile time: types without a shortcut have no second serializer.
    if const { T::META.shortcut.is_some() }
        && let Some(member) = T::META.shortcut
        && extra.is_bare(member)
    {
        return encode_shortcut(object, member, serializer);
    }
    let mut map = serializer.serialize_map(None)?;
    object.write(&mut Writer { map: &mut map, extra, meta: T::META })?;
    for (name, value) in extra.iter() {
        map.serialize_entry(name, value)?;
    }
    map.end()
}

/// Writes the bare value when nothing but the shortcut member is set.
fn encode_shortcut<T: Model, S: Serializer>(object: &T, member: usize, serializer: S) -> Result<S::Ok, S::Error> {
    use serde::ser::Error as _;
    let mut map = serde_json::value::Serializer.serialize_map(None).map_err(S::Error::custom)?;
    object.write(&mut Writer { map: &mut map, extra: object.extra(), meta: T::META }).map_err(S::Error::custom)?;
    let mut value = map.end().map_err(S::Error::custom)?;
    match &mut value {
        Value::Object(members) if members.len() == 1 && object.extra().is_empty() => {
            match members.remove(T::META.members[member]) {
                Some(bare) => serde::Serialize::serialize(&bare, serializer),
                None => serde::Serialize::serialize(&value, serializer),
            }
        }
        _ => serde::Serialize::serialize(&value, serializer),
    }
}

/// Writes the members of one object.
#[derive(Debug)]
pub struct Writer<'a, S> {
    map: &'a mut S,
    extra: &'a Extra,
    meta: &'static Meta,
}

impl<S: SerializeMap> Writer<'_, S> {
    /// Writes a required member, unless it is still what correction invented.
    ///
    /// # Errors
    /// The serializer's own.
    pub fn value<T: Wire>(&mut self, index: usize, value: &T) -> Result<(), S::Error> {
        let name = self.meta.members[index];
        if !self.extra.is_plain() {
            if self.extra.get(name).is_some() {
                return Ok(());
            }
            match self.extra.mark_of(index) {
                Some(Mark::Missing) if value.is_empty() => return Ok(()),
                Some(Mark::Aside(aside)) if value.is_empty() => return self.map.serialize_entry(name, aside),
                _ => {}
            }
        }
        self.map.serialize_entry(name, &Encode(value))
    }

    /// Writes an optional member: its value, or what stood there.
    ///
    /// # Errors
    /// The serializer's own.
    pub fn option<T: Wire>(&mut self, index: usize, value: &Option<T>) -> Result<(), S::Error> {
        if !self.extra.is_plain() {
            let name = self.meta.members[index];
            if self.extra.get(name).is_some() {
                return Ok(());
            }
            if value.is_none() {
                return match self.extra.mark_of(index) {
                    Some(Mark::Null) => self.map.serialize_entry(name, &()),
                    Some(Mark::Aside(aside)) => self.map.serialize_entry(name, aside),
                    _ => Ok(()),
                };
            }
        }
        match value {
            Some(value) => self.map.serialize_entry(self.meta.members[index], &Encode(value)),
            None => Ok(()),
        }
    }

    /// Writes a required member that may be null.
    ///
    /// # Errors
    /// The serializer's own.
    pub fn nullable<T: Wire>(&mut self, index: usize, value: &Option<T>) -> Result<(), S::Error> {
        let name = self.meta.members[index];
        match (value, self.extra.mark_of(index)) {
            (None, Some(Mark::Missing)) => Ok(()),
            (None, Some(Mark::Aside(aside))) => self.map.serialize_entry(name, aside),
            _ if self.extra.get(name).is_some() => Ok(()),
            (Some(value), _) => self.map.serialize_entry(name, &Encode(value)),
            (None, _) => self.map.serialize_entry(name, &()),
        }
    }

    /// Writes a constant, given as JSON text, unless it was absent.
    ///
    /// # Errors
    /// The serializer's own.
    pub fn literal(&mut self, index: usize, json: &str) -> Result<(), S::Error> {
        let name = self.meta.members[index];
        match self.extra.mark_of(index) {
            Some(Mark::Missing) => Ok(()),
            Some(Mark::Aside(aside)) => self.map.serialize_entry(name, aside),
            _ => match serde_json::from_str::<Value>(json) {
                Ok(value) => self.map.serialize_entry(name, &value),
                Err(_) => Ok(()),
            },
        }
    }

    /// Writes the members of an unknown variant.
    ///
    /// # Errors
    /// The serializer's own.
    pub fn flatten(&mut self, other: &Untyped) -> Result<(), S::Error> {
        for (name, value) in other.as_object().into_iter().flatten() {
            self.map.serialize_entry(name, value)?;
        }
        Ok(())
    }

    /// Writes a member by name: a variant of a container, or one beyond the named ones.
    ///
    /// # Errors
    /// The serializer's own.
    pub fn entry<T: Wire>(&mut self, name: &str, value: &T) -> Result<(), S::Error> {
        self.map.serialize_entry(name, &Encode(value))
    }

    pub(crate) fn raw_entry<T: serde::Serialize>(&mut self, name: &str, value: &T) -> Result<(), S::Error> {
        self.map.serialize_entry(name, value)
    }

    /// Writes back what stood for a variant that could not be read.
    ///
    /// # Errors
    /// The serializer's own.
    pub fn asides(&mut self, indexes: &[usize]) -> Result<(), S::Error> {
        for index in indexes {
            if let Some(Mark::Aside(value)) = self.extra.mark_of(*index) {
                self.map.serialize_entry(self.meta.members[*index], value)?;
            }
        }
        Ok(())
    }
}

/// Gives [`Model`] types their wire form.
#[doc(hidden)]
#[macro_export]
macro_rules! __model {
    ($($ty:ty),* $(,)?) => {$(
        impl $crate::rt::Wire for $ty {
            // A bare value may be anything.
            const KINDS: u8 = match <Self as $crate::rt::Model>::META.shortcut {
                Some(_) => $crate::rt::kind::ANY,
                None => $crate::rt::kind::OBJECT,
            };

            fn decode<'de, D: ::serde::Deserializer<'de>>(deserializer: D) -> ::core::result::Result<Self, D::Error> {
                $crate::rt::decode_model(deserializer)
            }
            fn encode<S: ::serde::Serializer>(&self, serializer: S) -> ::core::result::Result<S::Ok, S::Error> {
                $crate::rt::encode_model(self, serializer)
            }
            #[inline]
            fn empty() -> Self {
                $crate::rt::empty_model()
            }
            #[inline]
            fn blank() -> Self {
                $crate::rt::Model::blank()
            }
            #[inline]
            fn is_empty(&self) -> bool {
                *self == $crate::rt::Model::blank()
            }
        }
        $crate::rt::serde!($ty);
    )*};
}
