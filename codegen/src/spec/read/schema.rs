//! Schemas, members and facts of a spec file.

use indexmap::IndexMap;

use super::deprecation;
use super::fields::{Fields, Reader, TypeUse};
use crate::spec::expr;
use crate::spec::json::{Kind, Node, Span, number};
use crate::spec::model::{
    Additional, Enum, EnumValue, Facts, Json, Limits, Member, Object, Reading, Scalar, Schema, Tag, Union,
};

/// The members under a key that may be absent.
pub(super) fn members_at(key: &str, fields: &mut Fields<'_>, reader: &mut Reader<'_>) -> Vec<Member> {
    fields.take(key).map(|node| members(node, reader)).unwrap_or_default()
}

/// Content: an expression, the members of a plain object, or any schema under `=`.
pub(super) fn content(node: &Node, reader: &mut Reader<'_>) -> Option<Schema> {
    match node.object() {
        Some([only]) if only.key == "=" => schema(&only.value, reader),
        Some(_) => Some(Schema::Object(Object { members: members(node, reader), ..Object::default() })),
        None => schema(node, reader),
    }
}

/// A named type: its parameters, what it is, and what else is known.
pub(super) fn definition(node: &Node, reader: &mut Reader<'_>) -> Option<(Vec<String>, Schema, Facts)> {
    if node.object().is_none() {
        return Some((Vec::new(), schema(node, reader)?, Facts::default()));
    }
    let mut fields = Fields::of(node, "a type", reader)?;
    let params = fields.strings("params", reader);
    for param in params.iter().filter(|name| name.contains('.') || !expr::is_type_name(name)) {
        reader.problem(node.span, format!("`{param}` can't name a type parameter"), None);
    }
    reader.params.clone_from(&params);
    let facts = facts(&mut fields, reader);
    let schema = structure(node, &mut fields, reader);
    fields.finish(reader);
    reader.params.clear();
    Some((params, schema?, facts))
}

/// A schema without facts: an expression or a structure.
fn schema(node: &Node, reader: &mut Reader<'_>) -> Option<Schema> {
    if node.object().is_none() {
        let (schema, optional) = expression(node, reader)?;
        if optional {
            let help = "only members can be optional; write `A | null` for a value that may be null".to_owned();
            reader.problem(node.span, "`?` has no meaning here", Some(help));
        }
        return Some(schema);
    }
    let mut fields = Fields::of(node, "a schema", reader)?;
    let schema = structure(node, &mut fields, reader);
    fields.finish(reader);
    schema
}

fn schemas(node: &Node, reader: &mut Reader<'_>) -> Vec<Schema> {
    reader.items(node, "schemas").iter().filter_map(|item| schema(item, reader)).collect()
}

/// A type expression, and whether it ends in `?`.
fn expression(node: &Node, reader: &mut Reader<'_>) -> Option<(Schema, bool)> {
    let text = reader.string(node)?;
    // Offsets in the text are offsets in the file as long as nothing is escaped.
    let plain = node.span.1 - node.span.0 == text.len() + 2;
    let place = |span: Span| {
        if plain { (node.span.0 + 1 + span.0, node.span.0 + 1 + span.1) } else { node.span }
    };
    match expr::parse(&text) {
        Ok(parsed) => {
            for found in parsed.refs {
                if found.args == 0 && reader.params.contains(&found.name) {
                    continue;
                }
                let place = reader.place(place(found.span));
                reader.uses.push(TypeUse { name: found.name, args: found.args, place });
            }
            Some((parsed.schema, parsed.optional))
        }
        Err(error) => {
            reader.problem(place(error.span), error.message, error.help);
            None
        }
    }
}

fn members(node: &Node, reader: &mut Reader<'_>) -> Vec<Member> {
    let mut members = Vec::new();
    for entry in reader.object(node, "members by name") {
        let Some((schema, optional, facts)) = member_value(&entry.value, reader) else {
            continue;
        };
        let place = reader.place(entry.value.span);
        members.push(Member { name: entry.key.clone(), required: !optional, schema, facts, place });
    }
    members
}

fn member_value(node: &Node, reader: &mut Reader<'_>) -> Option<(Schema, bool, Facts)> {
    if node.object().is_none() {
        let (schema, optional) = expression(node, reader)?;
        return Some((schema, optional, Facts::default()));
    }
    let mut fields = Fields::of(node, "a member", reader)?;
    let facts = facts(&mut fields, reader);
    let marked = fields.take("optional");
    let optional = marked.is_some_and(|node| reader.flag(node));
    let read = if fields.has("type") {
        if let Some(node) = marked {
            let help = "write `?` at the end of the type".to_owned();
            reader.problem(node.span, "`optional` is for what has no `type`", Some(help));
        }
        fields.take("type").and_then(|node| expression(node, reader))
    } else {
        structure(node, &mut fields, reader).map(|schema| (schema, optional))
    };
    fields.finish(reader);
    let (schema, optional) = read?;
    Some((schema, optional, facts))
}

/// The keys that tell which structure an object describes.
const STRUCTURES: [&str; 12] = [
    "type",
    "object",
    "extends",
    "one_of",
    "additional",
    "union",
    "enum",
    "list",
    "map",
    "pair",
    "constant",
    "generic",
];

fn structure(node: &Node, fields: &mut Fields<'_>, reader: &mut Reader<'_>) -> Option<Schema> {
    let Some(kind) = STRUCTURES.into_iter().find(|key| fields.has(key)) else {
        // A key that is there but unknown is most likely the one that is missing.
        fields.know(&STRUCTURES);
        if fields.rest().next().is_none() {
            let help = format!("a schema has one of the keys {}", STRUCTURES.join(", "));
            reader.problem((node.span.0, node.span.0 + 1), "this says no type", Some(help));
        }
        return None;
    };
    let boxed = |schema: Option<Schema>| schema.map(Box::new);
    match kind {
        "type" => fields.take("type").and_then(|node| schema(node, reader)),
        "union" => union(fields, reader).map(Schema::Union),
        "enum" => Some(Schema::Enum(set(fields, reader))),
        "list" => boxed(fields.take("list").and_then(|node| schema(node, reader))).map(Schema::List),
        "map" | "pair" => {
            let key = keys(fields, reader)?;
            let value = boxed(fields.take(kind).and_then(|node| schema(node, reader)))?;
            Some(if kind == "map" { Schema::Map(key, value) } else { Schema::Pair(key, value) })
        }
        "constant" => fields.take("constant").map(|node| Schema::Literal(node.to_json())),
        "generic" => {
            let node = fields.take("generic")?;
            let name = reader.string(node)?;
            let args = fields.take("args").map(|node| schemas(node, reader)).unwrap_or_default();
            if !reader.params.contains(&name) {
                let place = reader.place(node.span);
                reader.uses.push(TypeUse { name: name.clone(), args: args.len(), place });
            }
            Some(Schema::Ref { name, args })
        }
        _ => Some(Schema::Object(object(fields, reader))),
    }
}

/// Keys are strings unless said.
fn keys(fields: &mut Fields<'_>, reader: &mut Reader<'_>) -> Option<Box<Schema>> {
    match fields.take("keys") {
        Some(node) => schema(node, reader).map(Box::new),
        None => Some(Box::new(Schema::Scalar(Scalar::String))),
    }
}

fn object(fields: &mut Fields<'_>, reader: &mut Reader<'_>) -> Object {
    Object {
        extends: fields.take("extends").map(|node| schemas(node, reader)).unwrap_or_default(),
        reads: fields.take("reads").and_then(|node| schema(node, reader)).map(Box::new),
        tag_value: fields.string("tag_value", reader),
        shortcut: fields.string("shortcut", reader),
        closed: fields.flag("closed", reader),
        open: fields.flag("open", reader),
        members: members_at("object", fields, reader),
        variants: members_at("one_of", fields, reader),
        additional: fields.take("additional").and_then(|node| additional(node, reader)),
    }
}

fn additional(node: &Node, reader: &mut Reader<'_>) -> Option<Additional> {
    let mut fields = Fields::of(node, "additional members", reader)?;
    let name = fields.string("name", reader);
    let value_name = fields.string("value_name", reader);
    let single = fields.flag("single", reader);
    let key = keys(&mut fields, reader);
    let value = fields.required("values", reader).and_then(|node| schema(node, reader)).map(Box::new);
    fields.finish(reader);
    Some(Additional { key: key?, value: value?, single, name, value_name })
}

fn set(fields: &mut Fields<'_>, reader: &mut Reader<'_>) -> Enum {
    let open = fields.flag("open", reader);
    let mut values: Vec<EnumValue> = Vec::new();
    for item in fields.take("enum").map(|node| reader.items(node, "values")).unwrap_or_default() {
        let Some(value) = enum_value(item, reader) else {
            continue;
        };
        if values.iter().any(|known| known.value == value.value) {
            reader.problem(item.span, "this value stands twice", None);
        }
        values.push(value);
    }
    Enum { values, open }
}

fn enum_value(node: &Node, reader: &mut Reader<'_>) -> Option<EnumValue> {
    let (value, facts) = if node.object().is_some() {
        let mut fields = Fields::of(node, "a value", reader)?;
        let facts = facts(&mut fields, reader);
        let value = fields.required("value", reader);
        fields.finish(reader);
        (value?, facts)
    } else {
        (node, Facts::default())
    };
    if matches!(value.kind, Kind::Null | Kind::Array(_) | Kind::Object(_)) {
        let message = format!("{} can't be a value of an enum", value.describe());
        reader.problem(value.span, message, Some("use a string, a number or a boolean".to_owned()));
        return None;
    }
    Some(EnumValue { value: value.to_json(), facts })
}

fn union(fields: &mut Fields<'_>, reader: &mut Reader<'_>) -> Option<Union> {
    let node = fields.take("union")?;
    let of = schemas(node, reader);
    let open = fields.flag("open", reader);
    let names_node = fields.take("names");
    let names = names_node.map(|node| reader.strings(node)).unwrap_or_default();
    let tag_node = fields.take("tag");
    let count = node.array().map_or(0, <[Node]>::len);
    if of.len() < count {
        return None; // an alternative is wrong and already reported
    }
    if let Some(node) = names_node.filter(|_| names.len() != count) {
        let message = format!("{} names for {count} alternatives", names.len());
        reader.problem(node.span, message, Some("name each alternative, in order".to_owned()));
    }
    let tag = tag_node.and_then(|node| tag(node, &of, reader));
    Some(Union { of, names, tag, open })
}

fn tag(node: &Node, of: &[Schema], reader: &mut Reader<'_>) -> Option<Tag> {
    let mut fields = Fields::of(node, "a tag", reader)?;
    let beside = fields.take("beside");
    let tag = if let Some(member) = beside.or_else(|| fields.take("member")) {
        let name = reader.string(member);
        let beside = beside.is_some();
        let default = fields.string("default", reader);
        let mut mapping = IndexMap::new();
        if let Some(node) = fields.take("mapping") {
            for entry in reader.object(node, "alternatives by tag") {
                if let Some(index) = alternative(&entry.value, of, reader) {
                    mapping.insert(entry.key.clone(), index);
                }
            }
        }
        name.map(|name| Tag::Member { name, beside, default, mapping })
    } else if let Some(node) = fields.take("key") {
        let tags = reader.strings(node);
        if tags.len() != of.len() {
            let message = format!("{} tags for {} alternatives", tags.len(), of.len());
            reader.problem(node.span, message, Some("one tag for each alternative, in order".to_owned()));
        }
        Some(Tag::Key(tags))
    } else if let Some(node) = fields.take("untyped") {
        alternative(node, of, reader).map(Tag::Untyped)
    } else {
        let help = "a tag has one of the keys member, beside, key, untyped".to_owned();
        reader.problem(node.span, "this says no tag", Some(help));
        return None;
    };
    fields.finish(reader);
    tag
}

/// An alternative of a union: its expression, or its place counted from 0.
fn alternative(node: &Node, of: &[Schema], reader: &mut Reader<'_>) -> Option<usize> {
    let found = match &node.kind {
        Kind::String(text) => of.iter().position(|schema| expr::print(schema).as_ref() == Some(text)),
        Kind::Number(text) => number(text).as_u64().and_then(|n| usize::try_from(n).ok()).filter(|n| *n < of.len()),
        _ => None,
    };
    if found.is_none() {
        let help = "write the alternative as it stands in `union`, or its place counted from 0".to_owned();
        reader.problem(node.span, "no such alternative in this union", Some(help));
    }
    found
}

/// The facts an operation can have.
pub(super) fn operation_facts(fields: &mut Fields<'_>, reader: &mut Reader<'_>) -> Facts {
    Facts {
        since: fields.string("since", reader),
        stability: stability(fields, reader),
        deprecated: deprecation(fields, reader),
        serverless: fields.take("serverless").map(|node| serverless(node, reader)),
        documents: fields.strings("documents", reader),
        ..Facts::default()
    }
}

fn facts(fields: &mut Fields<'_>, reader: &mut Reader<'_>) -> Facts {
    let code_name = fields.string("name", reader);
    let common = operation_facts(fields, reader);
    let required_in = fields.strings("required_in", reader);
    let differs = fields.take("differs").map(|node| readings(node, reader));
    let default = fields.take("default").map(Node::to_json);
    let aliases = fields.strings("aliases", reader);
    let limits = Limits {
        min: limit("min", fields, reader),
        max: limit("max", fields, reader),
        above_min: fields.flag("above_min", reader),
        below_max: fields.flag("below_max", reader),
        min_length: fields.size("min_length", reader),
        max_length: fields.size("max_length", reader),
        min_items: fields.size("min_items", reader),
        max_items: fields.size("max_items", reader),
        pattern: fields.string("pattern", reader),
        format: fields.string("format", reader),
    };
    Facts { code_name, required_in, differs: differs.unwrap_or_default(), default, aliases, limits, ..common }
}

/// What older documents say.
fn readings(node: &Node, reader: &mut Reader<'_>) -> Vec<Reading> {
    let mut readings = Vec::new();
    for item in reader.items(node, "what other documents say") {
        let Some(mut fields) = Fields::of(item, "what other documents say", reader) else {
            continue;
        };
        let mut facts = facts(&mut fields, reader);
        let documents = std::mem::take(&mut facts.documents);
        if documents.is_empty() {
            reader.problem(item.span, "this names no `documents`", None);
        }
        let schema = structure(item, &mut fields, reader);
        fields.finish(reader);
        readings.extend(schema.map(|schema| Reading { documents, schema, facts }));
    }
    readings
}

fn serverless(node: &Node, reader: &mut Reader<'_>) -> bool {
    if node.bool() != Some(false) {
        let help = "leave it out where serverless has this".to_owned();
        reader.problem(node.span, "`serverless` is `false` or absent", Some(help));
    }
    false
}

fn stability(fields: &mut Fields<'_>, reader: &mut Reader<'_>) -> Option<String> {
    let node = fields.take("stability")?;
    let stability = reader.string(node)?;
    if !matches!(stability.as_str(), "stable" | "beta" | "experimental") {
        let help = "one of stable, beta, experimental".to_owned();
        reader.problem(node.span, format!("unknown stability `{stability}`"), Some(help));
    }
    Some(stability)
}

fn limit(key: &str, fields: &mut Fields<'_>, reader: &mut Reader<'_>) -> Option<Json> {
    let node = fields.take(key)?;
    let value = node.to_json();
    if !value.is_number() {
        reader.problem(node.span, format!("`{key}` is a number"), None);
        return None;
    }
    Some(value)
}
