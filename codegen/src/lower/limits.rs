//! What a member may hold beyond its type: the limits of types that only stand for others, which the IR does not have, and
//! the numbers of a set, which is a plain number there.

use super::Lowering;
use crate::ir::{MemberFacts, Ty};
use crate::spec::model::{self, Json, Limits, Scalar, Schema};

/// How many types that stand for others are looked through.
const MAX_DEPTH: usize = 8;

impl Lowering<'_> {
    /// What is known of a member: its own limits come before those of its type.
    pub(super) fn facts(&self, member: &model::Member, ty: &Ty) -> MemberFacts {
        let mut facts = MemberFacts::from(&member.facts);
        let limits = self.limits(&member.schema, 0);
        let own = &mut facts.limits;
        if own.min.is_none() && own.max.is_none() {
            (own.min, own.max) = (limits.min, limits.max);
            (own.above_min, own.below_max) = (limits.above_min, limits.below_max);
        }
        if own.min_items.is_none() && own.max_items.is_none() {
            (own.min_items, own.max_items) = (limits.min_items, limits.max_items);
        }
        if [own.min_length, own.max_length] == [None; 2] && own.pattern.is_none() && own.format.is_none() {
            (own.min_length, own.max_length) = (limits.min_length, limits.max_length);
            (own.pattern, own.format) = (limits.pattern, limits.format);
        }
        let mut numbers = Vec::new();
        if !matches!(ty, Ty::Literal(_)) && self.numbers(&member.schema, &mut numbers, 0) {
            facts.numbers = numbers;
        }
        facts
    }

    /// The limits of the type that a schema stands for, where all of its values are of that type.
    fn limits(&self, schema: &Schema, depth: usize) -> Limits {
        match schema {
            Schema::Ref { name, args } if args.is_empty() && depth < MAX_DEPTH => match self.api.types.get(name) {
                Some(definition) if definition.facts.limits != Limits::default() => definition.facts.limits.clone(),
                Some(definition) => self.limits(&definition.schema, depth + 1),
                None => Limits::default(),
            },
            // How many there are is said of the inner list.
            Schema::List(item) => Limits { min_items: None, max_items: None, ..self.limits(item, depth + 1) },
            Schema::Map(_, value) => self.limits(value, depth + 1),
            Schema::Union(union) if union.tag.is_none() => {
                let mut some = union.of.iter().filter(|arm| **arm != Schema::Scalar(Scalar::Null));
                match (some.next(), some.next()) {
                    (Some(only), None) => self.limits(only, depth + 1),
                    _ => Limits::default(),
                }
            }
            _ => Limits::default(),
        }
    }

    /// Gathers the numbers that a schema names; false when it allows others.
    fn numbers(&self, schema: &Schema, into: &mut Vec<Json>, depth: usize) -> bool {
        match schema {
            Schema::Literal(value) => {
                into.extend(Some(value).filter(|value| value.is_number()).cloned());
                true
            }
            Schema::Enum(set) => {
                into.extend(set.values.iter().map(|value| &value.value).filter(|value| value.is_number()).cloned());
                true
            }
            Schema::Scalar(scalar) => {
                matches!(scalar, Scalar::String | Scalar::Boolean | Scalar::Null | Scalar::Binary)
            }
            Schema::List(item) | Schema::Map(_, item) => self.numbers(item, into, depth + 1),
            Schema::Union(union) => union.of.iter().all(|arm| self.numbers(arm, into, depth + 1)),
            Schema::Ref { name, args } if args.is_empty() && depth < MAX_DEPTH => match self.api.types.get(name) {
                Some(_) if self.traits.runtime.get(name).is_some() => false,
                Some(definition) => self.numbers(&definition.schema, into, depth + 1),
                None => false,
            },
            // It has a type of its own, and names its numbers itself.
            Schema::Object(_) => true,
            _ => false,
        }
    }
}
