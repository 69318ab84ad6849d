//! Sets of constants to IR: words become an enum, numbers and booleans what they are.

use super::{Env, Lowering};
use crate::ir::{Arm, Enum, EnumValue, Kind, MemberFacts, Ty, Union};
use crate::spec::model::{self, Json, Scalar, Schema};

impl Lowering<'_> {
    /// The type of a set of constants that stands at `id`.
    pub(super) fn set(&mut self, id: &str, values: &model::Enum, _: &Env, definition: Option<&model::TypeDef>) -> Ty {
        if let Some(known) = self.known.get(id) {
            return known.clone();
        }
        let (numbers, words): (Vec<_>, Vec<_>) = values.values.iter().partition(|value| value.value.is_number());
        let numbers: Vec<&Json> = numbers.into_iter().map(|value| &value.value).collect();
        let ty = if words.iter().all(|value| value.value.is_boolean()) && numbers.is_empty() && !words.is_empty() {
            Ty::Scalar(Scalar::Boolean)
        } else if words.is_empty() && !numbers.is_empty() {
            scalar_of_all(&numbers)
        } else {
            let booleans = words.iter().any(|value| value.value.is_boolean());
            let booleans = self.traits.boolean_enums.contains(id) || booleans;
            let values = words.into_iter().map(|value| EnumValue {
                value: value.value.as_str().map_or_else(|| value.value.to_string(), str::to_owned),
                aliases: value.facts.aliases.clone(),
                facts: MemberFacts { aliases: Vec::new(), ..MemberFacts::from(&value.facts) },
            });
            let kind = Kind::Enum(Enum { values: values.collect(), booleans });
            if numbers.is_empty() {
                self.finish(id, kind, definition)
            } else {
                let words = self.finish(&format!("{id}.word"), kind, None);
                let arms = [scalar_of_all(&numbers), words].map(|ty| Arm::new(None, ty)).into();
                self.finish(id, Kind::Union(Union { arms, tag: None, beside: false, default: None }), definition)
            }
        };
        self.known.insert(id.to_owned(), ty.clone());
        ty
    }

    /// The enum that a union is whose alternatives are all words.
    pub(super) fn words(&self, union: &model::Union) -> Option<Kind> {
        let word = |arm: &Schema| match arm {
            Schema::Literal(Json::String(word)) => Some(word_value(word)),
            _ => None,
        };
        let mut values: Vec<EnumValue> = Vec::new();
        for value in union.of.iter().map(word) {
            let value = value?;
            if !values.iter().any(|known| known.value == value.value) {
                values.push(value);
            }
        }
        (!values.is_empty()).then_some(Kind::Enum(Enum { values, booleans: false }))
    }

    /// Among other alternatives, words become one enum, and numbers and booleans what they are.
    pub(super) fn gather_constants(&mut self, place: &str, arms: Vec<Arm>) -> Vec<Arm> {
        let mut words: Vec<EnumValue> = Vec::new();
        let mut gathered: Vec<Arm> = Vec::new();
        for arm in arms {
            match &arm.ty {
                Ty::Literal(Json::String(word)) => {
                    if words.is_empty() {
                        gathered.push(Arm::new(arm.name.clone(), Ty::Named(format!("{place}.word"))));
                    }
                    words.push(word_value(word));
                }
                Ty::Literal(value) => gathered.push(Arm::new(arm.name.clone(), scalar_of(value))),
                _ => gathered.push(arm),
            }
        }
        if !words.is_empty() {
            self.finish(&format!("{place}.word"), Kind::Enum(Enum { values: words, booleans: false }), None);
        }
        gathered
    }
}

fn word_value(word: &str) -> EnumValue {
    EnumValue { value: word.to_owned(), aliases: Vec::new(), facts: MemberFacts::default() }
}

/// The type that a constant is a value of.
pub(super) fn scalar_of(value: &Json) -> Ty {
    scalar_of_all(&[value])
}

fn scalar_of_all(values: &[&Json]) -> Ty {
    Ty::Scalar(match values.first() {
        Some(Json::Bool(_)) => Scalar::Boolean,
        Some(Json::Number(_)) if values.iter().all(|value| value.is_i64()) => Scalar::Int64,
        Some(Json::Number(_)) => Scalar::Number,
        _ => Scalar::String,
    })
}
