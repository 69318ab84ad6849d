//! Unions: which alternative a value is, from its kind, its tag or its members. A table decides, nothing is guessed
//! from an error unless the table leaves several alternatives.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};
use serde_json::Value;

use super::form::Form;
use super::mode::{self, Mode};
use super::raw::{Members, Raw, kind};
use super::wire::Wire;
use crate::types::Untyped;

/// What a value must look like to be one alternative.
#[derive(Debug)]
pub struct Arm {
    /// JSON kinds it may be: bits of [`kind`].
    pub kinds: u8,
    /// The strings it may be; empty when any.
    pub values: &'static [&'static str],
    /// Tag values by which its objects are known.
    pub tags: &'static [&'static str],
    /// Members that its objects always have.
    pub required: &'static [&'static str],
    /// Members that its objects may have.
    pub members: &'static [&'static str],
    /// JSON kinds of the items of its arrays, and strings they may be.
    pub items: u8,
}

impl Arm {
    /// An alternative that is any value of these kinds.
    #[must_use]
    pub const fn of(kinds: u8) -> Self {
        Self { kinds, values: &[], tags: &[], required: &[], members: &[], items: kind::ANY }
    }

    /// The kinds that any of them may be.
    #[must_use]
    pub const fn kinds_of(arms: &[Self]) -> u8 {
        let (mut kinds, mut at) = (0, 0);
        while at < arms.len() {
            kinds |= arms[at].kinds;
            at += 1;
        }
        kinds
    }

    /// Strings of a closed set.
    #[must_use]
    pub const fn strings(kinds: u8, values: &'static [&'static str]) -> Self {
        Self { values, ..Self::of(kinds) }
    }

    /// Arrays with items of these kinds.
    #[must_use]
    pub const fn list(items: u8) -> Self {
        Self { items, ..Self::of(kind::ARRAY) }
    }

    /// Objects.
    #[must_use]
    pub const fn object(
        kinds: u8,
        tags: &'static [&'static str],
        required: &'static [&'static str],
        members: &'static [&'static str],
    ) -> Self {
        Self { tags, required, members, ..Self::of(kinds) }
    }
}

/// A union type: its table, and how to reach each alternative.
pub trait Union: Sized {
    /// The alternatives, in the order of preference.
    const ARMS: &'static [Arm];

    /// The member that tells the alternative of an object.
    const TAG: Option<&'static str> = None;

    /// Whether that member stands beside the value, in the object around it.
    const BESIDE: bool = false;

    /// The alternative of an object without the tag.
    const DEFAULT: Option<usize> = None;

    /// Reads alternative `arm`.
    ///
    /// # Errors
    /// When the value does not fit.
    fn read<'de, D: Deserializer<'de>>(arm: usize, deserializer: D) -> Result<Self, D::Error>;

    /// Writes the value.
    ///
    /// # Errors
    /// The serializer's own.
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;

    /// Keeps a value that is no known alternative.
    fn other(value: Untyped) -> Self;
}

/// Reads a union. While correcting, a value that is a known alternative but does not fit it is kept as another one.
///
/// # Errors
/// When the value is a known alternative but does not fit it.
fn decode_union<'de, T: Union, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let raw = Raw::take(deserializer)?;
    let candidates = candidates::<T>(&raw);
    let read = |arm: usize| -> Result<T, serde_json::Error> { raw.decode(|deserializer| T::read(arm, deserializer)) };
    match candidates[..] {
        [] => raw.value().map(|value| T::other(Untyped::from(value))),
        [only] => kept(&raw, || read(only)).map_err(D::Error::custom),
        [first, ..] => {
            let strictly = if mode::correcting() { Mode::Fast } else { mode::mode() };
            let fitting = candidates.iter().find_map(|arm| mode::attempt(strictly, || read(*arm)).ok());
            match fitting {
                Some(value) => Ok(value),
                None => kept(&raw, || read(first)).map_err(D::Error::custom),
            }
        }
    }
}

fn kept<T: Union>(raw: &Raw<'_>, read: impl FnOnce() -> Result<T, serde_json::Error>) -> Result<T, serde_json::Error> {
    if mode::correcting() { mode::or_other(raw, None, read, T::other) } else { read() }
}

/// Reads a value of one alternative: what generated matches call.
///
/// # Errors
/// When the value does not fit.
pub fn get<'de, T: Wire, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    T::decode(deserializer)
}

/// Reads a value as untyped JSON.
///
/// # Errors
/// When the input is invalid.
pub fn get_untyped<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Untyped, D::Error> {
    Value::deserialize(deserializer).map(Untyped::from)
}

/// The alternatives the value may be, best first.
fn candidates<T: Union>(raw: &Raw<'_>) -> Vec<usize> {
    let is = raw.kind();
    let of_kind: Vec<usize> = (0..T::ARMS.len()).filter(|arm| T::ARMS[*arm].kinds & is != 0).collect();
    if is == kind::OBJECT
        && let Some(tag) = T::TAG
    {
        let members = raw.members();
        let told = if T::BESIDE { mode::told(tag) } else { members.tag(tag) };
        return by_tag::<T>(&members, told, of_kind);
    }
    if of_kind.len() < 2 {
        return of_kind;
    }
    match is {
        kind::OBJECT => by_members::<T>(&raw.members(), of_kind),
        kind::STRING => by_value::<T>(&raw.as_string().unwrap_or_default(), of_kind),
        kind::ARRAY => by_items::<T>(raw, of_kind),
        _ => of_kind,
    }
}

fn by_tag<T: Union>(members: &Members<'_>, tag: Option<String>, of_kind: Vec<usize>) -> Vec<usize> {
    let Some(tag) = tag else {
        return match T::DEFAULT {
            Some(default) => vec![default],
            None => by_members::<T>(members, of_kind),
        };
    };
    let tagged: Vec<usize> = of_kind.iter().copied().filter(|arm| T::ARMS[*arm].tags.contains(&tag.as_str())).collect();
    match tagged.len() {
        0 => of_kind.into_iter().filter(|arm| T::ARMS[*arm].tags.is_empty()).collect(),
        1 => tagged,
        _ => by_members::<T>(members, tagged),
    }
}

/// Those with all required members first, then those that know most of the members.
fn by_members<T: Union>(members: &Members<'_>, mut of_kind: Vec<usize>) -> Vec<usize> {
    let complete = |arm: usize| T::ARMS[arm].required.iter().all(|name| members.contains(name));
    let known = |arm: usize| members.names().filter(|name| T::ARMS[arm].members.contains(name)).count();
    of_kind.sort_by_key(|arm| {
        (!complete(*arm), std::cmp::Reverse(known(*arm)), std::cmp::Reverse(T::ARMS[*arm].required.len()))
    });
    // An object that shares no name with an alternative would end up in its `extra`, whatever is wrong with it.
    if of_kind.first().is_some_and(|first| known(*first) > 0) {
        of_kind.retain(|arm| known(*arm) > 0 || T::ARMS[*arm].members.is_empty());
    }
    if let [first, second, ..] = of_kind[..]
        && complete(first)
        && !complete(second)
    {
        of_kind.truncate(1);
    }
    of_kind
}

fn by_value<T: Union>(text: &str, of_kind: Vec<usize>) -> Vec<usize> {
    if let Some(exact) = of_kind.iter().find(|arm| T::ARMS[**arm].values.contains(&text)) {
        return vec![*exact];
    }
    let free: Vec<usize> = of_kind.iter().copied().filter(|arm| T::ARMS[*arm].values.is_empty()).collect();
    if free.is_empty() { of_kind } else { free }
}

fn by_items<T: Union>(raw: &Raw<'_>, of_kind: Vec<usize>) -> Vec<usize> {
    let Some(item) = raw.first_item() else {
        return of_kind.into_iter().take(1).collect();
    };
    let is = item.kind();
    let fitting: Vec<usize> = of_kind.iter().copied().filter(|arm| T::ARMS[*arm].items & is != 0).collect();
    if fitting.is_empty() { of_kind } else { fitting }
}

/// The form of [`Union`] types.
#[derive(Debug)]
pub enum UnionForm {}

impl<T: Union + PartialEq> Form<T> for UnionForm {
    const KINDS: u8 = Arm::kinds_of(T::ARMS);

    #[inline]
    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        decode_union(deserializer)
    }

    #[inline]
    fn encode<S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        value.write(serializer)
    }

    fn empty() -> T {
        T::other(Untyped::default())
    }

    fn is_empty(value: &T) -> bool {
        *value == T::other(Untyped::default())
    }
}

/// Gives [`Union`] types their wire form.
#[doc(hidden)]
#[macro_export]
macro_rules! __union {
    ($($ty:ty),* $(,)?) => {
        $crate::__generated! { UnionForm: $($ty),* }
    };
}
