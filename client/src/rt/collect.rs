//! Lists and maps. While correcting they say where in them a correction stands.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserializer, Serializer};
use serde_json::value::RawValue;

use super::mode;
use super::model::correct;
use super::raw::kind;
use super::wire::{CorrectionKind, Encode, Seed, Wire};

/// The most items room is made for before they are read.
const PREALLOCATED: usize = 1024;

impl<T: Wire> Wire for Vec<T> {
    const KINDS: u8 = kind::ARRAY;

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListVisitor<T>(PhantomData<T>);
        impl<'de, T: Wire> Visitor<'de> for ListVisitor<T> {
            type Value = Vec<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut items = Vec::with_capacity(seq.size_hint().unwrap_or(0).min(PREALLOCATED));
                let correcting = mode::correcting();
                if correcting && !mode::enter_list() {
                    return Err(A::Error::custom("nested too deeply"));
                }
                while let Some(item) = seq.next_element_seed(Seed::new())? {
                    items.push(item);
                    if correcting {
                        mode::at_index(items.len());
                    }
                }
                if correcting {
                    mode::leave();
                }
                Ok(items)
            }
        }
        deserializer.deserialize_seq(ListVisitor(PhantomData))
    }

    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(Some(self.len()))?;
        for item in self {
            seq.serialize_element(&Encode(item))?;
        }
        seq.end()
    }

    fn empty() -> Self {
        Self::new()
    }

    fn is_empty(&self) -> bool {
        self.is_empty()
    }
}

impl<T: Wire> Wire for BTreeMap<String, T> {
    const KINDS: u8 = kind::OBJECT;

    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        decode_map(deserializer, |_, value| value)
    }

    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for (key, value) in self {
            map.serialize_entry(key, &Encode(value))?;
        }
        map.end()
    }

    fn empty() -> Self {
        Self::new()
    }

    fn is_empty(&self) -> bool {
        self.is_empty()
    }
}

/// Reads a map whose values may depend on their keys.
pub(crate) fn decode_map<'de, T: Wire, U, D: Deserializer<'de>>(
    deserializer: D,
    make: fn(&str, T) -> U,
) -> Result<BTreeMap<String, U>, D::Error> {
    struct MapVisitor<T, U>(fn(&str, T) -> U);
    impl<'de, T: Wire, U> Visitor<'de> for MapVisitor<T, U> {
        type Value = BTreeMap<String, U>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut entries = BTreeMap::new();
            let correcting = mode::correcting();
            // Elsewhere a member sets the whole map aside, and writes it back; the answer itself has nobody to do that.
            let answer = correcting && mode::at_root();
            let mut fits = true;
            while let Some(key) = map.next_key::<String>()? {
                if correcting && !mode::enter_key(&key) {
                    return Err(A::Error::custom("nested too deeply"));
                }
                let value = if answer {
                    let raw: &'de RawValue = map.next_value()?;
                    let Some(value) = correct(raw) else {
                        mode::leave();
                        mode::corrected(&key, CorrectionKind::WrongType);
                        fits = false;
                        continue;
                    };
                    value
                } else {
                    map.next_value_seed(Seed::new())?
                };
                let value = (self.0)(&key, value);
                entries.insert(key, value);
                if correcting {
                    mode::leave();
                }
            }
            if entries.is_empty() && !fits {
                return Err(A::Error::custom("no entry has the specified type"));
            }
            Ok(entries)
        }
    }
    deserializer.deserialize_map(MapVisitor(make))
}
