//! Schemas as text: two that say the same are equal, whatever their facts, and people can read it.

use std::collections::BTreeMap;

use super::Side;
use crate::spec::expr;
use crate::spec::model::{Json, Member, Object, Scalar, Schema, Tag};

/// How types are called: new ids by old ones.
pub(super) type Renamed = BTreeMap<String, String>;

/// The text of a schema, with types called by their new ids.
pub(super) fn say(schema: &Schema, renamed: &Renamed) -> String {
    match schema {
        Schema::Any => "any".to_owned(),
        Schema::Scalar(_) => expr::print(schema).unwrap_or_default(),
        Schema::Literal(Json::String(text)) => format!("'{text}'"),
        Schema::Literal(value) => value.to_string(),
        Schema::Ref { name, args } => {
            let name = renamed.get(name).unwrap_or(name);
            let args: Vec<String> = args.iter().map(|arg| say(arg, renamed)).collect();
            if args.is_empty() { name.clone() } else { format!("{name}<{}>", args.join(", ")) }
        }
        Schema::List(item) => match &**item {
            Schema::Union(_) => format!("({})[]", say(item, renamed)),
            _ => format!("{}[]", say(item, renamed)),
        },
        Schema::Map(key, value) => format!("map<{}, {}>", say(key, renamed), say(value, renamed)),
        Schema::Pair(key, value) => format!("pair<{}, {}>", say(key, renamed), say(value, renamed)),
        Schema::Union(union) => {
            let arms: Vec<String> = union.of.iter().map(|arm| say(arm, renamed)).collect();
            let tag = match &union.tag {
                Some(Tag::Member { name, beside: false, .. }) => format!(" by {name}"),
                Some(Tag::Member { name, beside: true, .. }) => format!(" by {name} beside it"),
                Some(Tag::Key(_)) => " by key".to_owned(),
                Some(Tag::Untyped(_)) | None => String::new(),
            };
            arms.join(" | ") + &tag
        }
        Schema::Enum(set) => {
            let values: Vec<String> =
                set.values.iter().map(|value| say(&Schema::Literal(value.value.clone()), renamed)).collect();
            values.join(" | ")
        }
        Schema::Object(object) => say_object(object, renamed),
    }
}

fn say_object(object: &Object, renamed: &Renamed) -> String {
    let mut parts: Vec<String> = object.extends.iter().map(|base| format!("...{}", say(base, renamed))).collect();
    let member = |member: &Member| {
        let optional = if member.required { "" } else { "?" };
        format!("{}{optional}: {}", member.name, say(&member.schema, renamed))
    };
    parts.extend(object.members.iter().map(member));
    parts.extend(object.variants.iter().map(|variant| format!("or {}", member(variant))));
    if let Some(additional) = &object.additional {
        let single = if additional.single { "one " } else { "" };
        parts.push(format!("{single}[{}]: {}", say(&additional.key, renamed), say(&additional.value, renamed)));
    }
    if parts.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", parts.join(", ")) }
}

/// As much of a text as fits into a row.
pub(super) fn short(text: &str) -> String {
    const LONGEST: usize = 160;
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text.to_owned(),
    }
}

/// How deep aliases are followed.
const MAX_DEPTH: usize = 20;

/// A schema as Rust sees it: aliases are what they stand for, and scalars that are one Rust type are one.
pub(super) fn plain(schema: &Schema, side: &Side<'_>, depth: usize) -> Schema {
    let boxed = |schema: &Schema| Box::new(plain(schema, side, depth));
    match schema {
        Schema::Scalar(Scalar::Float32) => Schema::Scalar(Scalar::Float64),
        Schema::Scalar(Scalar::Binary) => Schema::Scalar(Scalar::String),
        Schema::Ref { name, args } if depth < MAX_DEPTH && args.is_empty() => {
            if side.overlay.traits.runtime.iter().any(|(id, _)| id == name) {
                return schema.clone();
            }
            match side.api.types.get(name).map(|def| &def.schema) {
                Some(alias) if is_alias(alias) => plain(alias, side, depth + 1),
                _ => schema.clone(),
            }
        }
        Schema::List(item) => Schema::List(boxed(item)),
        // Keys are strings in Rust whatever they are called.
        Schema::Map(_, value) => Schema::Map(Box::new(Schema::Scalar(Scalar::String)), boxed(value)),
        Schema::Pair(_, value) => Schema::Pair(Box::new(Schema::Scalar(Scalar::String)), boxed(value)),
        Schema::Union(union) => {
            let of = union.of.iter().map(|arm| plain(arm, side, depth)).collect();
            Schema::Union(crate::spec::model::Union { of, ..union.clone() })
        }
        other => other.clone(),
    }
}

/// Whether a type has no Rust type of its own.
pub(super) fn is_alias(schema: &Schema) -> bool {
    match schema {
        Schema::Any
        | Schema::Scalar(_)
        | Schema::Literal(_)
        | Schema::Ref { .. }
        | Schema::List(_)
        | Schema::Map(..)
        | Schema::Pair(..) => true,
        Schema::Union(_) | Schema::Object(_) | Schema::Enum(_) => false,
    }
}
