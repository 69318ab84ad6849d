//! `oneOf` and `anyOf`. Both are one of several: upstream's alternatives overlap whatever the keyword says.

use indexmap::IndexMap;

use super::combine;
use super::leaves::Leaves;
use super::schema::{Typed, never, object, or_null, schema};
use super::source::Source;
use crate::spec::json::{Kind, Node};
use crate::spec::model::{Facts, Json, Scalar, Schema, Tag, Union};

/// A choice, with whatever stands beside it.
pub(super) fn union<'n>(node: &'n Node, source: &mut Source<'n>) -> Typed {
    let (one, any) = (node.get("oneOf"), node.get("anyOf"));
    let items = match (one, any) {
        // kbn-config-schema writes `any` beside what it means.
        (Some(_), Some(any)) if is_any(any) => source.array(node, "oneOf"),
        (Some(_), Some(any)) => {
            source.problem(any, "`anyOf` beside `oneOf`");
            source.array(node, "oneOf")
        }
        (Some(_), None) => source.array(node, "oneOf"),
        _ => source.array(node, "anyOf"),
    };
    let has_members = node.get("properties").is_some();
    if has_members && items.iter().all(only_requires) {
        source.lose(node, "members of which one is required");
        return object(node, source);
    }
    if items.is_empty() {
        source.problem(node, "a choice without alternatives");
        return Schema::Any.into();
    }
    let mut alternatives = Vec::new();
    for item in items {
        let mut typed = schema(item, source);
        if typed.facts != Facts::default() && items.len() > 1 {
            source.lose(item, "defaults and deprecation of what is no member");
            typed.facts = Facts::default();
        }
        alternatives.push(typed);
    }
    let mut typed = match node.get("discriminator") {
        Some(discriminator) => tagged(discriminator, items, alternatives, source),
        None => choice(alternatives),
    };
    beside(node, &mut typed, source);
    if has_members {
        let own = object(node, source);
        typed = combine::both(own, typed, node, source);
    }
    typed
}

/// The keywords that may stand beside a choice.
fn beside<'n>(node: &'n Node, typed: &mut Typed, source: &mut Source<'n>) {
    if let Some(of) = node.get("type").filter(|of| of.string() != Some("object")) {
        source.problem(of, "a `type` beside alternatives");
    }
    if let Some(of) = node.get("additionalProperties").filter(|_| node.get("properties").is_none()) {
        source.lose(of, "members beyond those of every alternative");
    }
    if ["minLength", "maxLength", "pattern"].iter().any(|key| node.get(key).is_some()) {
        typed.leaves.narrow(Leaves::text(node, source));
    }
    if ["minItems", "maxItems"].iter().any(|key| node.get(key).is_some()) {
        typed.leaves.narrow(Leaves::list(node, source));
    }
}

/// Alternatives as one schema: nested choices are one, what stands twice stands once, and all types together are any.
pub(super) fn choice(alternatives: Vec<Typed>) -> Typed {
    let mut of: Vec<Schema> = Vec::new();
    let mut all = Typed::from(never());
    let mut null = false;
    let single = alternatives.len() == 1;
    for alternative in alternatives {
        if single {
            all.facts = alternative.facts;
        }
        all.optional |= alternative.optional || alternative.schema == never();
        all.leaves.join(alternative.leaves);
        let parts = match alternative.schema {
            Schema::Union(union) if union.tag.is_none() => union.of,
            other => vec![other],
        };
        for part in parts {
            match part {
                Schema::Scalar(Scalar::Null) => null = true,
                part if of.contains(&part) => {}
                part => of.push(part),
            }
        }
    }
    if of.contains(&Schema::Scalar(Scalar::Boolean)) {
        of.retain(|part| !matches!(part, Schema::Literal(Json::Bool(_))));
    }
    all.schema = match of.len() {
        0 if null => return Typed { schema: Schema::Scalar(Scalar::Null), ..all },
        _ if covers_all(&of) => Schema::Any,
        1 => of.swap_remove(0),
        _ => Schema::Union(Union { of, ..Union::default() }),
    };
    if null {
        all.schema = or_null(all.schema);
    }
    all
}

/// The JSON types that kbn-config-schema lists for "any".
fn covers_all(of: &[Schema]) -> bool {
    let has = |wanted: &dyn Fn(&Schema) -> bool| of.iter().any(wanted);
    has(&|part| *part == Schema::Scalar(Scalar::String))
        && has(&|part| *part == Schema::Scalar(Scalar::Number))
        && has(&|part| *part == Schema::Scalar(Scalar::Boolean))
        && has(&|part| matches!(part, Schema::List(item) if **item == Schema::Any))
        && has(&|part| matches!(part, Schema::Map(_, value) if **value == Schema::Any))
}

fn is_any(any: &Node) -> bool {
    let mut types: Vec<&str> =
        any.array().unwrap_or_default().iter().filter_map(|of| of.get("type")?.string()).collect();
    types.sort_unstable();
    types == ["array", "boolean", "number", "object", "string"]
}

fn only_requires(item: &Node) -> bool {
    item.object().is_some_and(|entries| !entries.is_empty() && entries.iter().all(|entry| entry.key == "required"))
}

/// Alternatives told by a member. Without a usable mapping they are told by the constants of their members.
fn tagged<'n>(discriminator: &'n Node, items: &'n [Node], alternatives: Vec<Typed>, source: &mut Source<'n>) -> Typed {
    source.know(discriminator, "a discriminator", &["propertyName", "mapping"]);
    let Some(name) = source.text(discriminator, "propertyName") else {
        return Schema::Any.into();
    };
    let mut mapping = IndexMap::new();
    if let Some(node) = discriminator.get("mapping") {
        for entry in source.entries(node, "alternatives by tag") {
            let wanted = entry.value.string();
            let index = items.iter().position(|item| item.get("$ref").and_then(Node::string) == wanted);
            match index {
                Some(index) => drop(mapping.insert(entry.key.clone(), index)),
                None => source.problem(&entry.value, format!("`{}` leads to no alternative", entry.key)),
            }
        }
    } else {
        let values: Vec<Vec<String>> = items.iter().map(|item| tags(item, name, 0, source)).collect();
        if values.iter().any(Vec::is_empty) {
            source.lose(discriminator, "a discriminator whose values nothing says");
            return choice(alternatives);
        }
        // Each alternative's own constant says it, unless some have several.
        if values.iter().any(|values| values.len() > 1) {
            for (index, values) in values.into_iter().enumerate() {
                for value in values {
                    mapping.entry(value).or_insert(index);
                }
            }
        }
    }
    let mut all = Typed::from(never());
    let mut of = Vec::new();
    for alternative in alternatives {
        all.leaves.join(alternative.leaves);
        of.push(alternative.schema);
    }
    let tag = Some(Tag::Member { name: name.to_owned(), beside: false, default: None, mapping });
    Typed { schema: Schema::Union(Union { of, tag, ..Union::default() }), ..all }
}

/// The constants of a member, through references and `allOf`; those that stand last are the narrowest.
fn tags<'n>(node: &'n Node, name: &str, depth: usize, source: &mut Source<'n>) -> Vec<String> {
    if depth > combine::MAX_DEPTH {
        return Vec::new();
    }
    let Some(node) = source.resolve(node, "schemas") else {
        return Vec::new();
    };
    let mut found: Vec<String> = Vec::new();
    if let Some(of) = node.get("properties").and_then(|properties| properties.get(name)) {
        let of = source.resolve(of, "schemas").unwrap_or(of);
        let values = of.get("enum").and_then(Node::array).unwrap_or_default().iter().chain(of.get("const"));
        for value in values {
            found.extend(match &value.kind {
                Kind::String(text) => Some(text.clone()),
                Kind::Bool(value) => Some(value.to_string()),
                _ => None,
            });
        }
    }
    for key in ["allOf", "oneOf", "anyOf"] {
        for part in node.get(key).and_then(Node::array).unwrap_or_default() {
            let values = tags(part, name, depth + 1, source);
            if key != "allOf" {
                found.extend(values);
            } else if !values.is_empty() && (found.is_empty() || values.len() <= found.len()) {
                found = values;
            }
        }
    }
    found.dedup();
    found
}
