//! `allOf`: all of several schemas at once. Objects merge, named ones are extended, choices are combined alternative
//! by alternative; what nothing can satisfy is a problem.

use super::schema::{Typed, member, never, object, schema};
use super::source::Source;
use crate::overlay::without_prose;
use crate::spec::json::Node;
use crate::spec::model::{Additional, Facts, Member, Object, Scalar, Schema, Union};

/// How many references a look-up follows.
pub(super) const MAX_DEPTH: usize = 32;

/// An `allOf` with whatever members stand beside it.
pub(super) fn all_of<'n>(node: &'n Node, source: &mut Source<'n>) -> Typed {
    let mut all = Typed::from(Schema::Any);
    for part in source.array(node, "allOf") {
        let typed = schema(part, source);
        all = both(all, typed, part, source);
    }
    if node.get("properties").is_some() || node.get("additionalProperties").is_some() {
        let own = object(node, source);
        all = both(all, own, node, source);
    }
    if let Some(of) = node.get("type").filter(|of| of.string() != Some("object")) {
        source.problem(of, "a `type` beside `allOf`");
    }
    let mut properties = Properties::default();
    properties.gather(node, 0, source);
    complete(&mut all.schema, &properties, source);
    all
}

/// What holds when both do.
pub(super) fn both<'n>(left: Typed, right: Typed, place: &'n Node, source: &mut Source<'n>) -> Typed {
    let mut leaves = left.leaves;
    leaves.narrow(right.leaves);
    let facts = Facts {
        default: right.facts.default.or(left.facts.default),
        deprecated: right.facts.deprecated.or(left.facts.deprecated),
        since: right.facts.since.or(left.facts.since),
        stability: right.facts.stability.or(left.facts.stability),
        ..Facts::default()
    };
    let optional = left.optional || right.optional;
    let schema = meet(&left.schema, &right.schema, 0, source).unwrap_or_else(|| {
        source.problem(place, "no value can be all of this `allOf`");
        Schema::Any
    });
    Typed { schema, facts, optional, leaves }
}

/// The schema of the values that both describe, when there are any.
fn meet(left: &Schema, right: &Schema, depth: usize, source: &mut Source<'_>) -> Option<Schema> {
    if depth > MAX_DEPTH {
        return None;
    }
    let deeper = depth + 1;
    Some(match (left, right) {
        (Schema::Any, other) | (other, Schema::Any) => other.clone(),
        _ if left == right => left.clone(),
        _ if *left == never() || *right == never() => never(),
        (Schema::Union(union), other) if is_plain(union) => distribute(union, other, false, deeper, source)?,
        (other, Schema::Union(union)) if is_plain(union) => distribute(union, other, true, deeper, source)?,
        (Schema::Object(left), Schema::Object(right)) => Schema::Object(merge(left, right, deeper, source)?),
        (Schema::Object(object), Schema::Map(_, value)) | (Schema::Map(_, value), Schema::Object(object)) => {
            let mut object = object.clone();
            if **value != Schema::Any {
                let key = Box::new(Schema::Scalar(Scalar::String));
                object.additional =
                    Some(Additional { key, value: value.clone(), single: false, name: None, value_name: None });
            }
            Schema::Object(object)
        }
        (Schema::Map(key, left), Schema::Map(_, right)) => {
            Schema::Map(key.clone(), Box::new(meet(left, right, deeper, source)?))
        }
        (Schema::List(left), Schema::List(right)) => Schema::List(Box::new(meet(left, right, deeper, source)?)),
        (Schema::Ref { name, .. }, other) if !is_object(name, source) => {
            meet(&inline(name, source)?, other, deeper, source)?
        }
        (other, Schema::Ref { name, .. }) if !is_object(name, source) => {
            meet(other, &inline(name, source)?, deeper, source)?
        }
        (Schema::Ref { .. }, Schema::Map(_, value)) | (Schema::Map(_, value), Schema::Ref { .. })
            if **value == Schema::Any =>
        {
            if matches!(left, Schema::Ref { .. }) {
                left.clone()
            } else {
                right.clone()
            }
        }
        (Schema::Ref { .. }, Schema::Ref { .. }) if has_all(left, right, source) => left.clone(),
        (Schema::Ref { .. }, Schema::Ref { .. }) if has_all(right, left, source) => right.clone(),
        (Schema::Ref { .. }, Schema::Ref { .. } | Schema::Object(_) | Schema::Map(..))
        | (Schema::Object(_) | Schema::Map(..), Schema::Ref { .. }) => {
            meet(&extending(left), &extending(right), deeper, source)?
        }
        (Schema::Scalar(scalar), Schema::Literal(value)) | (Schema::Literal(value), Schema::Scalar(scalar)) => {
            let fits = match scalar {
                Scalar::String => value.is_string(),
                Scalar::Boolean => value.is_boolean(),
                Scalar::Null | Scalar::Binary => false,
                _ => value.is_number(),
            };
            fits.then(|| Schema::Literal(value.clone()))?
        }
        (Schema::Scalar(Scalar::String), Schema::Enum(set)) | (Schema::Enum(set), Schema::Scalar(Scalar::String)) => {
            Schema::Enum(set.clone())
        }
        (Schema::Enum(set), Schema::Literal(value)) | (Schema::Literal(value), Schema::Enum(set)) => {
            set.values.iter().any(|known| known.value == *value).then(|| Schema::Literal(value.clone()))?
        }
        (Schema::Scalar(Scalar::Number), Schema::Scalar(Scalar::Int64))
        | (Schema::Scalar(Scalar::Int64), Schema::Scalar(Scalar::Number)) => Schema::Scalar(Scalar::Int64),
        _ => return None,
    })
}

fn is_plain(union: &Union) -> bool {
    union.tag.is_none() && !union.of.is_empty()
}

/// Each alternative together with the other side; those that can't be are gone.
fn distribute(union: &Union, other: &Schema, swapped: bool, depth: usize, source: &mut Source<'_>) -> Option<Schema> {
    let mut of = Vec::new();
    for part in &union.of {
        let met = if swapped { meet(other, part, depth, source) } else { meet(part, other, depth, source) };
        of.extend(met.filter(|met| *met != never()));
    }
    match of.len() {
        0 => None,
        1 => of.pop(),
        _ => Some(Schema::Union(Union { of, ..Union::default() })),
    }
}

/// An object of nothing but what a named one has.
fn extending(schema: &Schema) -> Schema {
    match schema {
        Schema::Ref { .. } => Schema::Object(Object { extends: vec![schema.clone()], ..Object::default() }),
        other => other.clone(),
    }
}

/// Whether a named object has each member of another, of the same type.
fn has_all(rich: &Schema, poor: &Schema, source: &mut Source<'_>) -> bool {
    let mut plain = |schema: &Schema| match schema {
        Schema::Ref { name, .. } => match inline(name, source) {
            Some(Schema::Object(object)) if object.extends.is_empty() && object.additional.is_none() => Some(object),
            _ => None,
        },
        _ => None,
    };
    let (Some(rich), Some(poor)) = (plain(rich), plain(poor)) else { return false };
    poor.members.iter().all(|member| {
        let same = |own: &&Member| own.name == member.name && own.schema == member.schema;
        rich.members.iter().any(|own| same(&own) && own.required >= member.required)
    })
}

fn merge(left: &Object, right: &Object, depth: usize, source: &mut Source<'_>) -> Option<Object> {
    let mut merged = left.clone();
    // An object that extends nothing and has no members says nothing, closed or not, but that it is one.
    merged.closed = left.closed && right.closed;
    for base in &right.extends {
        if !merged.extends.contains(base) {
            merged.extends.push(base.clone());
        }
    }
    merged.additional = merged.additional.or_else(|| right.additional.clone());
    for other in &right.members {
        match merged.members.iter_mut().find(|known| known.name == other.name) {
            None => merged.members.push(other.clone()),
            Some(known) => {
                known.schema = meet(&known.schema, &other.schema, depth, source)?;
                known.required |= other.required;
                if known.facts == Facts::default() {
                    known.facts = other.facts.clone();
                }
            }
        }
    }
    Some(merged)
}

fn is_object(name: &str, source: &mut Source<'_>) -> bool {
    let Some(mut node) = source.component_of(name) else {
        return true;
    };
    for _ in 0..MAX_DEPTH {
        let is_choice = node.get("oneOf").or(node.get("anyOf")).is_some() && node.get("properties").is_none();
        if is_choice || node.get("enum").is_some() {
            return false;
        }
        let first = node.get("allOf").and_then(Node::array).and_then(<[Node]>::first);
        let Some(next) = first.filter(|first| first.get("$ref").is_some()).or(node.get("$ref").and(Some(node))) else {
            // A free-form object is a map: nothing of it can be extended.
            let members = node.get("properties").and_then(Node::object).is_some_and(|members| !members.is_empty());
            let closed = node.get("additionalProperties").and_then(Node::bool) == Some(false);
            return first.is_some() || members || closed;
        };
        match source.resolve(next, "schemas") {
            Some(target) => node = target,
            None => return true,
        }
    }
    true
}

/// What a name that is no object's stands for.
fn inline(name: &str, source: &mut Source<'_>) -> Option<Schema> {
    let node = source.component_of(name)?;
    // A choice that is a part of its own `allOf` would be put into itself forever.
    if source.inlining.iter().any(|known| known == name) || source.inlining.len() > MAX_DEPTH {
        source.problem(node, format!("`{name}` is a part of itself"));
        return None;
    }
    source.inlining.push(name.to_owned());
    let schema = schema(node, source).schema;
    source.inlining.pop();
    (!matches!(&schema, Schema::Ref { name: other, .. } if other == name)).then_some(schema)
}

/// The properties of an object through its references, and all names that any part requires.
#[derive(Default)]
struct Properties<'n> {
    all: Vec<(&'n str, &'n Node, bool)>,
    required: Vec<&'n str>,
}

impl<'n> Properties<'n> {
    fn gather(&mut self, node: &'n Node, depth: usize, source: &mut Source<'n>) {
        let Some(node) = source.resolve(node, "schemas").filter(|_| depth <= MAX_DEPTH) else {
            return;
        };
        let required: Vec<&str> = texts(node.get("required"));
        for entry in node.get("properties").and_then(Node::object).unwrap_or_default() {
            self.all.push((&entry.key, &entry.value, required.contains(&entry.key.as_str())));
        }
        self.required.extend(required);
        for part in node.get("allOf").and_then(Node::array).unwrap_or_default() {
            self.gather(part, depth + 1, source);
        }
    }
}

fn texts(node: Option<&Node>) -> Vec<&str> {
    node.and_then(Node::array).unwrap_or_default().iter().filter_map(Node::string).collect()
}

/// Members of extended objects that this one narrows: required by another part, or described by several.
fn complete<'n>(schema: &mut Schema, properties: &Properties<'n>, source: &mut Source<'n>) {
    let mut objects: Vec<&mut Object> = match schema {
        Schema::Object(object) => vec![object],
        Schema::Union(union) => {
            union.of.iter_mut().filter_map(|of| if let Schema::Object(of) = of { Some(of) } else { None }).collect()
        }
        _ => return,
    };
    let mut narrowed: Vec<Member> = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for (name, node, _) in &properties.all {
        if seen.contains(name) {
            continue;
        }
        seen.push(name);
        let of: Vec<_> = properties.all.iter().filter(|(other, ..)| other == name).collect();
        let required = properties.required.contains(name);
        for object in &mut objects {
            if let Some(own) = object.members.iter_mut().find(|own| own.name == *name) {
                own.required |= required;
            }
        }
        let said = (of.len() > 1).then(|| without_prose(node));
        let differs = said.is_some_and(|said| of.iter().any(|(_, other, _)| without_prose(other) != said));
        if differs || required && !of.iter().any(|(.., required)| *required) {
            let richest = of.iter().rev().max_by_key(|(_, node, _)| richness(node, 0, source));
            let mut all = member(name, richest.map_or(*node, |(_, node, _)| *node), required, source);
            for (_, other, _) in &of {
                let other = member(name, other, required, source);
                all.schema = meet(&all.schema, &other.schema, 0, source).unwrap_or(all.schema);
            }
            let own = objects.iter_mut().flat_map(|object| &mut object.members).filter(|own| own.name == *name);
            own.for_each(|own| own.schema = all.schema.clone());
            narrowed.push(all);
        }
    }
    for object in objects.iter_mut().filter(|object| !object.extends.is_empty()) {
        for member in &narrowed {
            if object.members.iter().all(|own| own.name != member.name) {
                object.members.push(member.clone());
            }
        }
    }
}

/// How many members a schema or its items have.
fn richness<'n>(node: &'n Node, depth: usize, source: &mut Source<'n>) -> usize {
    let Some(node) = source.resolve(node, "schemas").filter(|_| depth <= MAX_DEPTH) else {
        return 0;
    };
    match node.get("items") {
        Some(items) => richness(items, depth + 1, source),
        None => node.get("properties").and_then(Node::object).map_or(0, <[_]>::len),
    }
}
