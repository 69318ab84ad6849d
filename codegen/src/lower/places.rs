//! Where types without a name of their own stand. Places are ids, and names are made of them, so they say what tells an
//! alternative from the others and never at which index it stands, unless nothing else does.

use std::collections::BTreeSet;

use crate::ir::TypeId;
use crate::spec::model::{self, Json, Object, Schema, Tag};

/// Where the items of a list or map stand: marked when one of them has no name of its own.
pub(super) fn item_place(place: &str, item: &Schema) -> TypeId {
    match item {
        Schema::Object(_) | Schema::Enum(_) | Schema::Union(_) if !place.ends_with("[]") => format!("{place}[]"),
        _ => place.to_owned(),
    }
}

/// Where each alternative of a union stands.
pub(super) fn arm_places(place: &str, union: &model::Union) -> Vec<TypeId> {
    let tag = match &union.tag {
        Some(Tag::Member { name, beside: false, .. }) => Some(name.as_str()),
        _ => None,
    };
    let objects: Vec<&Object> = union.of.iter().filter_map(as_object).collect();
    let mut taken = BTreeSet::new();
    let mut place_of = |(index, schema): (usize, &Schema)| {
        let given = union.names.get(index).cloned();
        let word = given.unwrap_or_else(|| match schema {
            Schema::Object(object) => object_word(object, tag, &objects),
            Schema::List(_) => "item".to_owned(),
            Schema::Map(..) | Schema::Pair(..) => "entry".to_owned(),
            Schema::Enum(_) => "word".to_owned(),
            _ => ordinal(index),
        });
        let word: String = word.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        let word = if taken.contains(&word) { format!("{}_{word}", ordinal(index)) } else { word };
        taken.insert(word.clone());
        format!("{place}.{word}")
    };
    union.of.iter().enumerate().map(&mut place_of).collect()
}

fn as_object(schema: &Schema) -> Option<&Object> {
    match schema {
        Schema::Object(object) => Some(object),
        _ => None,
    }
}

/// What tells an object from the other objects of a union: its tag, or a member that only it requires.
fn object_word(object: &Object, tag: Option<&str>, objects: &[&Object]) -> String {
    if let Some(value) = &object.tag_value {
        return value.clone();
    }
    let constant = |member: &&model::Member| {
        let tagged = tag.is_none_or(|tag| member.name == tag);
        matches!(&member.schema, Schema::Literal(Json::String(_))) && tagged
    };
    if let Some(Schema::Literal(Json::String(word))) = object.members.iter().find(constant).map(|member| &member.schema)
    {
        return word.clone();
    }
    if objects.len() < 2 {
        return "object".to_owned();
    }
    let shared = |name: &str| objects.iter().filter(|other| other.members.iter().any(|m| m.name == name)).count() > 1;
    let own = |required: bool| object.members.iter().find(|m| m.required == required && !shared(&m.name));
    if let Some(member) = own(true).or_else(|| own(false)) {
        return format!("by_{}", member.name);
    }
    // The same member may hold different constants.
    let values = object.members.iter().find_map(|member| match &member.schema {
        Schema::Enum(values) if member.required => values.values.first().and_then(|value| value.value.as_str()),
        _ => None,
    });
    values.map_or_else(|| "object".to_owned(), str::to_owned)
}

/// A word for what nothing but its place tells.
fn ordinal(index: usize) -> String {
    let words = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];
    words.get(index).map_or_else(|| format!("nth_{index}"), |word| (*word).to_owned())
}

/// Whether two schemas say the same, wherever they stand.
pub(super) fn same(a: &Schema, b: &Schema) -> bool {
    let members = |a: &[model::Member], b: &[model::Member]| {
        let one = |(a, b): (&model::Member, &model::Member)| {
            a.name == b.name && a.required == b.required && a.facts == b.facts && same(&a.schema, &b.schema)
        };
        a.len() == b.len() && a.iter().zip(b).all(one)
    };
    match (a, b) {
        (Schema::Object(a), Schema::Object(b)) => {
            let rest = |object: &Object| Object { members: Vec::new(), variants: Vec::new(), ..object.clone() };
            members(&a.members, &b.members) && members(&a.variants, &b.variants) && rest(a) == rest(b)
        }
        (Schema::List(a), Schema::List(b)) => same(a, b),
        (Schema::Map(key, a), Schema::Map(other, b)) | (Schema::Pair(key, a), Schema::Pair(other, b)) => {
            same(key, other) && same(a, b)
        }
        (Schema::Union(a), Schema::Union(b)) => {
            let rest = |union: &model::Union| model::Union { of: Vec::new(), ..union.clone() };
            a.of.len() == b.of.len() && a.of.iter().zip(&b.of).all(|(a, b)| same(a, b)) && rest(a) == rest(b)
        }
        (a, b) => a == b,
    }
}
