//! Objects with named members: one visitor and one writer for all of them. What differs is a table and two matches.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Error as _, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserializer, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::form::Form;
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
    fn read<'de, A: MapAccess<'de>>(&mut self, index: usize, member: &mut Member<'_, 'de, A>);

    /// Writes all members.
    fn write<S: SerializeMap>(&self, out: &mut Writer<'_, S>);

    /// Reads a member that has no name in the table. By default, it goes to `extra`.
    fn read_rest<'de, A: MapAccess<'de>>(&mut self, key: &str, member: &mut Member<'_, 'de, A>) {
        let _ = key;
        member.untyped();
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

/// A member about to be read. It keeps what becomes of it, so that generated code, which has thousands of members to
/// read, has no result to hand on.
pub struct Member<'a, 'de, A: MapAccess<'de>> {
    /// Absent when the member never came and stands to be filled.
    map: Option<&'a mut A>,
    got: Result<Got, A::Error>,
}

impl<'de, A: MapAccess<'de>> fmt::Debug for Member<'_, 'de, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member").field("absent", &self.map.is_none()).finish_non_exhaustive()
    }
}

impl<'a, 'de, A: MapAccess<'de>> Member<'a, 'de, A> {
    /// What becomes of a member that `read` reads.
    fn read(map: Option<&'a mut A>, read: impl FnOnce(&mut Self)) -> Result<Got, A::Error> {
        let mut member = Member { map, got: Ok(Got::Value) };
        read(&mut member);
        member.got
    }

    /// Reads a member that is always there.
    pub fn value<T: Wire>(&mut self, slot: &mut T) {
        self.got = self.take(slot);
    }

    /// Reads a member that may be absent or null.
    pub fn option<T: Wire>(&mut self, slot: &mut Option<T>) {
        self.got = match self.take(slot) {
            Ok(Got::Value) if slot.is_none() => Ok(Got::Null),
            got => got,
        };
    }

    fn take<T: Wire>(&mut self, slot: &mut T) -> Result<Got, A::Error> {
        let Some(map) = &mut self.map else {
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

    /// Reads a variant of a container into its slot.
    pub fn variant<T: Wire, V>(&mut self, slot: &mut Option<V>, make: impl FnOnce(T) -> V) {
        if slot.is_some() {
            return self.untyped();
        }
        let mut value = None;
        let got = self.take(&mut value);
        *slot = value.map(make);
        self.got = match got {
            Ok(Got::Value) if slot.is_none() => Ok(Got::Aside(Value::Null)),
            got => got,
        };
    }

    /// Reads one entry of the members beyond the named ones.
    pub fn entry<T: Wire>(&mut self, put: impl FnOnce(T)) {
        let mut value = None;
        let got = self.take(&mut value);
        self.got = match (value, got) {
            (Some(value), got) => {
                put(value);
                got
            }
            (None, Ok(Got::Value)) => Ok(Got::Aside(Value::Null)),
            (None, got) => {
                if got.is_ok() && mode::correcting() {
                    mode::corrected_here();
                }
                got
            }
        };
    }

    /// Reads a constant.
    pub fn literal(&mut self, json: &str) {
        self.untyped();
        if let Ok(Got::Aside(value)) = &self.got
            && serde_json::from_str::<Value>(json).is_ok_and(|known| known == *value)
        {
            self.got = Ok(Got::Value);
        }
    }

    /// Keeps whatever stands there.
    pub fn untyped(&mut self) {
        self.got = match &mut self.map {
            Some(map) => map.next_value().map(Got::Aside),
            None => Ok(Got::Value),
        };
    }

    pub(super) fn settle(&mut self, settle: impl FnOnce(Value) -> Result<(), A::Error>) {
        self.untyped();
        if let Ok(Got::Aside(value)) = &mut self.got {
            self.got = settle(value.take()).map(|()| Got::Value);
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
fn decode_model<'de, T: Model, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
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
    let got = raw.decode(|deserializer| {
        Member::read(Some(&mut OneValue { deserializer }), |value| object.read(member, value))
    })?;
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
            match T::META.index(&key.0) {
                Some(index) => {
                    let name = T::META.members[index];
                    if correcting && !mode::enter_name(name) {
                        return Err(A::Error::custom("nested too deeply"));
                    }
                    let got = Member::read(Some(&mut map), |member| object.read(index, member))?;
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
                    let got = Member::read(Some(&mut map), |member| object.read_rest(&key.0, member))?;
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
        Member::<A>::read(None, |member| object.read(index, member))?;
        object.extra_mut().mark(index, Mark::Missing);
    }
    Ok(())
}

/// The object that stands for one the server left out: each required member is marked as invented.
fn empty_model<T: Model>() -> T {
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
fn encode_model<T: Model, S: Serializer>(object: &T, serializer: S) -> Result<S::Ok, S::Error> {
    let extra = object.extra();
    // Decided at compile time: types without a shortcut have no second serializer.
    if const { T::META.shortcut.is_some() }
        && let Some(member) = T::META.shortcut
        && extra.is_bare(member)
    {
        return encode_shortcut(object, member, serializer);
    }
    let mut map = serializer.serialize_map(None)?;
    write_members(object, &mut map)?;
    for (name, value) in extra.iter() {
        map.serialize_entry(name, value)?;
    }
    map.end()
}

/// Writes the bare value when nothing but the shortcut member is set.
fn encode_shortcut<T: Model, S: Serializer>(object: &T, member: usize, serializer: S) -> Result<S::Ok, S::Error> {
    use serde::ser::Error as _;
    let mut map = serde_json::value::Serializer.serialize_map(None).map_err(S::Error::custom)?;
    write_members(object, &mut map).map_err(S::Error::custom)?;
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

fn write_members<T: Model, S: SerializeMap>(object: &T, map: &mut S) -> Result<(), S::Error> {
    let mut out = Writer { map, extra: object.extra(), meta: T::META, failed: None };
    object.write(&mut out);
    out.failed.map_or(Ok(()), Err)
}

/// Writes the members of one object. It keeps the first error and writes nothing after it, so that generated code,
/// which has thousands of members to write, need not look.
pub struct Writer<'a, S: SerializeMap> {
    map: &'a mut S,
    extra: &'a Extra,
    meta: &'static Meta,
    failed: Option<S::Error>,
}

impl<S: SerializeMap> fmt::Debug for Writer<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("meta", self.meta).finish_non_exhaustive()
    }
}

impl<S: SerializeMap> Writer<'_, S> {
    /// Writes a required member, unless it is still what correction invented.
    pub fn value<T: Wire>(&mut self, index: usize, value: &T) {
        let name = self.meta.members[index];
        if !self.extra.is_plain() {
            if self.extra.get(name).is_some() {
                return;
            }
            match self.extra.mark_of(index) {
                Some(Mark::Missing) if value.is_empty() => return,
                Some(Mark::Aside(aside)) if value.is_empty() => return self.raw_entry(name, aside),
                _ => {}
            }
        }
        self.entry(name, value);
    }

    /// Writes an optional member: its value, or what stood there.
    pub fn option<T: Wire>(&mut self, index: usize, value: &Option<T>) {
        if !self.extra.is_plain() {
            let name = self.meta.members[index];
            if self.extra.get(name).is_some() {
                return;
            }
            if value.is_none() {
                return match self.extra.mark_of(index) {
                    Some(Mark::Null) => self.raw_entry(name, &()),
                    Some(Mark::Aside(aside)) => self.raw_entry(name, aside),
                    _ => {}
                };
            }
        }
        if let Some(value) = value {
            self.entry(self.meta.members[index], value);
        }
    }

    /// Writes a required member that may be null.
    pub fn nullable<T: Wire>(&mut self, index: usize, value: &Option<T>) {
        let name = self.meta.members[index];
        match (value, self.extra.mark_of(index)) {
            (None, Some(Mark::Missing)) => {}
            (None, Some(Mark::Aside(aside))) => self.raw_entry(name, aside),
            _ if self.extra.get(name).is_some() => {}
            (Some(value), _) => self.entry(name, value),
            (None, _) => self.raw_entry(name, &()),
        }
    }

    /// Writes a constant, given as JSON text, unless it was absent.
    pub fn literal(&mut self, index: usize, json: &str) {
        let name = self.meta.members[index];
        match self.extra.mark_of(index) {
            Some(Mark::Missing) => {}
            Some(Mark::Aside(aside)) => self.raw_entry(name, aside),
            _ => {
                if let Ok(value) = serde_json::from_str::<Value>(json) {
                    self.raw_entry(name, &value);
                }
            }
        }
    }

    /// Writes the members of an unknown variant.
    pub fn flatten(&mut self, other: &Untyped) {
        for (name, value) in other.as_object().into_iter().flatten() {
            self.raw_entry(name, value);
        }
    }

    /// Writes a member by name: a variant of a container, or one beyond the named ones.
    pub fn entry<T: Wire>(&mut self, name: &str, value: &T) {
        self.raw_entry(name, &Encode(value));
    }

    pub(crate) fn raw_entry<T: serde::Serialize>(&mut self, name: &str, value: &T) {
        if self.failed.is_none() {
            self.failed = self.map.serialize_entry(name, value).err();
        }
    }

    /// Writes back what stood for a variant that could not be read.
    pub fn asides(&mut self, indexes: &[usize]) {
        for index in indexes {
            if let Some(Mark::Aside(value)) = self.extra.mark_of(*index) {
                self.raw_entry(self.meta.members[*index], value);
            }
        }
    }
}

/// The form of [`Model`] types.
#[derive(Debug)]
pub enum ObjectForm {}

impl<T: Model + PartialEq> Form<T> for ObjectForm {
    // A bare value may be anything.
    const KINDS: u8 = match T::META.shortcut {
        Some(_) => kind::ANY,
        None => kind::OBJECT,
    };

    #[inline]
    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        decode_model(deserializer)
    }

    #[inline]
    fn encode<S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        encode_model(value, serializer)
    }

    fn empty() -> T {
        empty_model()
    }

    #[inline]
    fn blank() -> T {
        T::blank()
    }

    fn is_empty(value: &T) -> bool {
        *value == T::blank()
    }
}

/// Gives [`Model`] types their wire form.
#[doc(hidden)]
#[macro_export]
macro_rules! __model {
    ($($ty:ty),* $(,)?) => {
        $crate::__generated! { ObjectForm: $($ty),* }
    };
}
