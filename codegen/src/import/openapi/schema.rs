//! JSON Schema, in the dialects of OpenAPI 3.0 and 3.1 and of Kibana's generators -> schemas of the spec. Every
//! keyword is known or a problem. A value that can't be (`not: {}`) is a choice of nothing while it is read;
//! `tidy.rs` removes it.

use super::combine;
use super::leaves::Leaves;
use super::source::Source;
use super::state;
use super::unions;
use crate::spec::json::{Kind, Node};
use crate::spec::model::{
    Additional, Deprecation, Enum, EnumValue, Facts, Json, Member, Object, Place, Scalar, Schema, Union,
};

/// What a schema says of a value, and of the member that holds it.
#[derive(Clone, Debug)]
pub(super) struct Typed {
    pub(super) schema: Schema,
    pub(super) facts: Facts,
    /// Whether it may be absent although its owner requires it.
    pub(super) optional: bool,
    pub(super) leaves: Leaves,
}

impl From<Schema> for Typed {
    fn from(schema: Schema) -> Self {
        Self { schema, facts: Facts::default(), optional: false, leaves: Leaves::default() }
    }
}

impl Typed {
    /// The schema and its facts, constraints included.
    pub(super) fn with_limits(self, node: &Node, source: &mut Source<'_>) -> (Schema, Facts) {
        let limits = self.leaves.limits(node, source);
        (self.schema, Facts { limits, ..self.facts })
    }

    /// The schema alone, where the spec has no place for facts.
    pub(super) fn bare(self, node: &Node, source: &mut Source<'_>) -> Schema {
        if self.leaves.say_something() {
            source.lose(node, "constraints of a whole body");
        }
        self.without_facts(node, source).schema
    }

    fn without_facts(mut self, node: &Node, source: &mut Source<'_>) -> Self {
        if std::mem::take(&mut self.facts) != Facts::default() {
            source.lose(node, "defaults and deprecation of what is no member");
        }
        self
    }
}

/// Keywords that say something.
const KEYWORDS: &[&str] = &[
    "$ref",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "default",
    "deprecated",
    "discriminator",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "externalDocs",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "not",
    "nullable",
    "oneOf",
    "pattern",
    "properties",
    "readOnly",
    "required",
    "type",
    "uniqueItems",
    "writeOnly",
    "xml",
];

/// A value that can't be.
pub(super) fn never() -> Schema {
    Schema::Union(Union::default())
}

/// Any schema. What is wrong is reported and read as any JSON.
pub(super) fn schema<'n>(node: &'n Node, source: &mut Source<'n>) -> Typed {
    if node.object().is_none() {
        source.problem(node, format!("a schema is an object, not {}", node.describe()));
        return Schema::Any.into();
    }
    source.know(node, "a schema", KEYWORDS);
    for key in ["uniqueItems", "maxProperties", "minProperties"] {
        if let Some(value) = node.get(key) {
            source.lose(value, "unique items and counts of members");
        }
    }
    for key in ["readOnly", "writeOnly"] {
        if let Some(value) = node.get(key) {
            source.lose(value, "members that only answers or only requests have");
        }
    }
    let mut typed = kind(node, source);
    facts(node, &mut typed, source);
    if source.flag(node, "nullable") {
        typed.schema = or_null(typed.schema);
    }
    typed
}

fn kind<'n>(node: &'n Node, source: &mut Source<'n>) -> Typed {
    if let Some(reference) = node.get("$ref") {
        if let Some(value) = node.get("additionalProperties") {
            source.lose(value, "a reference that closes its type");
        }
        return source.use_type(reference).map_or(Schema::Any, |name| Schema::Ref { name, args: Vec::new() }).into();
    }
    if node.get("allOf").is_some() {
        return combine::all_of(node, source);
    }
    if node.get("oneOf").is_some() || node.get("anyOf").is_some() {
        return unions::union(node, source);
    }
    if let Some(of) = node.get("not") {
        if of.object().is_none_or(|entries| !entries.is_empty()) {
            source.problem(of, "`not` is known as `not: {}` alone");
        }
        return never().into();
    }
    if let Some(value) = node.get("const") {
        return constant(value, source).into();
    }
    if node.get("enum").is_some() {
        return set(node, source).into();
    }
    typed_by_name(node, source)
}

/// By `type`, or by the keywords that only one type has.
fn typed_by_name<'n>(node: &'n Node, source: &mut Source<'n>) -> Typed {
    let Some(types) = node.get("type") else {
        return if node.get("properties").is_some() || node.get("additionalProperties").is_some() {
            object(node, source)
        } else if node.get("items").is_some() {
            list(node, source)
        } else {
            Schema::Any.into()
        };
    };
    match &types.kind {
        Kind::String(name) => by_type(name, types, node, source),
        Kind::Array(names) => {
            let alternatives = names.iter().filter_map(|name| {
                let text = name.string();
                if text.is_none() {
                    source.problem(name, "a type is called by a string");
                }
                Some(by_type(text?, name, node, source))
            });
            let alternatives: Vec<Typed> = alternatives.collect();
            unions::choice(alternatives)
        }
        _ => {
            source.problem(types, "`type` is a string or an array of strings");
            Schema::Any.into()
        }
    }
}

fn by_type<'n>(name: &str, place: &Node, node: &'n Node, source: &mut Source<'n>) -> Typed {
    let format = node.get("format").and_then(Node::string);
    let scalar = |scalar, leaves| Typed { leaves, ..Schema::Scalar(scalar).into() };
    match name {
        "string" if format == Some("binary") => Schema::Scalar(Scalar::Binary).into(),
        "string" => scalar(Scalar::String, Leaves::text(node, source)),
        "boolean" => Schema::Scalar(Scalar::Boolean).into(),
        "null" => Schema::Scalar(Scalar::Null).into(),
        "integer" | "number" => {
            let of = match (name, format) {
                ("integer", None | Some("int64")) | ("number", Some("integer" | "int64")) => Scalar::Int64,
                (_, Some("int32")) => Scalar::Int32,
                ("number", None) => Scalar::Number,
                ("number", Some("double")) => Scalar::Float64,
                ("number", Some("float")) => Scalar::Float32,
                (_, other) => {
                    let message = format!("unknown format `{}` of a number", other.unwrap_or_default());
                    source.problem(node.get("format").unwrap_or(node), message);
                    Scalar::Number
                }
            };
            scalar(of, Leaves::number(node, source))
        }
        "array" => list(node, source),
        "object" => object(node, source),
        _ => {
            source.problem(place, format!("unknown type `{name}`"));
            Schema::Any.into()
        }
    }
}

fn list<'n>(node: &'n Node, source: &mut Source<'n>) -> Typed {
    let mut leaves = Leaves::list(node, source);
    let item = match node.get("items") {
        Some(items) => {
            let item = schema(items, source).without_facts(items, source);
            leaves.join(item.leaves);
            item.schema
        }
        None => Schema::Any,
    };
    Typed { leaves, ..Schema::List(Box::new(item)).into() }
}

/// Members, or a map when it has none.
pub(super) fn object<'n>(node: &'n Node, source: &mut Source<'n>) -> Typed {
    if let Some(format) = node.get("format") {
        source.lose(format, "the format of an object");
    }
    let mut object = Object { members: members(node, source), ..Object::default() };
    let empty = object.members.is_empty();
    let open = match node.get("additionalProperties") {
        None => None,
        Some(Node { kind: Kind::Bool(open), .. }) => {
            object.closed = !open;
            None
        }
        Some(value) => {
            let typed = schema(value, source).without_facts(value, source);
            Some(typed)
        }
    };
    if empty && !object.closed {
        let value = open.unwrap_or_else(|| Schema::Any.into());
        return Typed { leaves: value.leaves, ..map(value.schema).into() };
    }
    let mut leaves = Leaves::default();
    if let Some(value) = open.filter(|value| value.schema != Schema::Any) {
        let key = Box::new(Schema::Scalar(Scalar::String));
        leaves = value.leaves;
        object.additional =
            Some(Additional { key, value: Box::new(value.schema), single: false, name: None, value_name: None });
    }
    Typed { leaves, ..Schema::Object(object).into() }
}

fn map(value: Schema) -> Schema {
    Schema::Map(Box::new(Schema::Scalar(Scalar::String)), Box::new(value))
}

fn members<'n>(node: &'n Node, source: &mut Source<'n>) -> Vec<Member> {
    let Some(properties) = node.get("properties") else {
        return Vec::new();
    };
    let required = source.texts(node, "required");
    let entries = source.entries(properties, "properties").iter();
    entries.map(|entry| member(&entry.key, &entry.value, required.contains(&entry.key.as_str()), source)).collect()
}

/// A member or a parameter.
pub(super) fn member<'n>(name: &str, node: &'n Node, required: bool, source: &mut Source<'n>) -> Member {
    let typed = schema(node, source);
    let required = required && !typed.optional;
    let (schema, facts) = typed.with_limits(node, source);
    Member { name: name.to_owned(), required, schema, facts, place: Place::default() }
}

fn constant(value: &Node, source: &mut Source<'_>) -> Schema {
    match &value.kind {
        Kind::Null => Schema::Scalar(Scalar::Null),
        Kind::Array(_) | Kind::Object(_) => {
            source.problem(value, format!("{} can't be a constant", value.describe()));
            Schema::Any
        }
        _ => Schema::Literal(value.to_json()),
    }
}

/// An `enum`: one value is a constant. Kibana writes null as the string `"null"`, or as no value at all, both nullable.
fn set<'n>(node: &'n Node, source: &mut Source<'n>) -> Schema {
    let (typed, nullable) = (node.get("type").is_some(), source.flag(node, "nullable"));
    let mut values: Vec<EnumValue> = Vec::new();
    let mut null = false;
    for item in source.array(node, "enum") {
        match constant(item, source) {
            Schema::Literal(Json::String(text)) if text == "null" && nullable && !typed => null = true,
            Schema::Literal(value) if values.iter().all(|known| known.value != value) => {
                values.push(EnumValue { value, facts: Facts::default() });
            }
            Schema::Scalar(_) => null = true,
            _ => {}
        }
    }
    let mut of = match values.len() {
        0 if null || nullable => return Schema::Scalar(Scalar::Null),
        0 => {
            source.problem(node, "an `enum` without values");
            return Schema::Any;
        }
        1 => Schema::Literal(values.swap_remove(0).value),
        _ => Schema::Enum(Enum { values, open: false }),
    };
    if null {
        of = or_null(of);
    }
    of
}

/// The same, or null.
pub(super) fn or_null(schema: Schema) -> Schema {
    let null = Schema::Scalar(Scalar::Null);
    match schema {
        Schema::Any | Schema::Scalar(Scalar::Null) => schema,
        Schema::Union(mut union) if union.tag.is_none() => {
            if !union.of.contains(&null) {
                union.of.push(null);
            }
            Schema::Union(union)
        }
        other => Schema::Union(Union { of: vec![other, null], ..Union::default() }),
    }
}

fn facts<'n>(node: &'n Node, typed: &mut Typed, source: &mut Source<'n>) {
    if let Some(default) = node.get("default") {
        typed.facts.default = Some(default.to_json());
    }
    if source.flag(node, "deprecated") {
        typed.facts.deprecated = Some(Deprecation::default());
    }
    typed.optional |= source.flag(node, "x-oas-optional");
    let facts = state::state(node, source);
    typed.facts.since = facts.since.or(typed.facts.since.take());
    typed.facts.stability = facts.stability.filter(|s| s != "stable").or(typed.facts.stability.take());
}
