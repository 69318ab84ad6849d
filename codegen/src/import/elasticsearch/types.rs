//! Upstream types, members and value expressions.

use indexmap::IndexMap;

use super::source::{Id, Source};
use crate::spec::json::{Kind, Node};
use crate::spec::model::{
    Additional, Enum, EnumValue, Facts, Member, Object, Place, Scalar, Schema, Tag, TypeDef, Union,
};

/// What the type parameters of the definition being read become.
#[derive(Clone, Copy)]
pub(super) struct Scope<'n> {
    /// The definition that owns the parameters.
    pub(super) owner: Id<'n>,
    /// False for requests and responses: an operation has no parameters, the user's documents are any JSON.
    pub(super) generic: bool,
}

/// A named type; nothing for what is no type of the spec, or wrong.
pub(super) fn definition<'n>(id: Id<'n>, source: &mut Source<'n, '_>) -> Option<TypeDef> {
    let node = source.type_node(&id)?;
    let scope = Scope { owner: id, generic: true };
    let schema = match source.text(node, "kind")? {
        "interface" => Schema::Object(finite(interface(node, scope, source), &id.spec_id())),
        "enum" => Schema::Enum(set(node, source)),
        "type_alias" => alias(node, scope, source)?,
        kind => {
            source.problem(node, format!("a value can't have a type of the kind `{kind}`"));
            return None;
        }
    };
    let mut params = Vec::new();
    for param in source.array(node, "generics") {
        params.extend(source.text(param, "name").map(str::to_owned));
    }
    Some(TypeDef { params, schema, facts: facts(node, source), place: Place::default() })
}

/// A value can't always hold another of its own type: it would have no end. Where upstream says so, it is wrong.
fn finite(mut object: Object, id: &str) -> Object {
    for member in &mut object.members {
        member.required &= !matches!(&member.schema, Schema::Ref { name, .. } if name == id);
    }
    object
}

/// The members of an object, parameters or a body.
pub(super) fn members<'n>(node: &'n Node, key: &str, scope: Scope<'n>, source: &mut Source<'n, '_>) -> Vec<Member> {
    let mut members: Vec<Member> = Vec::new();
    for item in source.array(node, key) {
        let Some(member) = member(item, scope, source) else {
            continue;
        };
        if members.iter().any(|known| known.name == member.name) {
            source.problem(item, format!("the member `{}` stands twice", member.name));
            continue;
        }
        members.push(member);
    }
    members
}

fn member<'n>(node: &'n Node, scope: Scope<'n>, source: &mut Source<'n, '_>) -> Option<Member> {
    let name = source.text(node, "name")?.to_owned();
    let required = source.flag(node, "required");
    let of = source.required(node, "type")?;
    let schema = schema(of, scope, source)?;
    Some(Member { name, required, schema, facts: facts(node, source), place: Place::default() })
}

/// Facts of anything below an operation.
fn facts<'n>(node: &'n Node, source: &mut Source<'n, '_>) -> Facts {
    let mut facts = source.facts(node);
    // Everything is stable unless upstream says otherwise.
    facts.stability = facts.stability.filter(|stability| stability != "stable");
    facts.aliases = source.texts(node, "aliases");
    facts.code_name = source.maybe_text(node, "codegenName");
    facts.default = node.get("serverDefault").map(Node::to_json);
    facts
}

/// A value expression.
pub(super) fn schema<'n>(node: &'n Node, scope: Scope<'n>, source: &mut Source<'n, '_>) -> Option<Schema> {
    match source.text(node, "kind")? {
        "instance_of" => instance(node, scope, source),
        "array_of" => {
            let item = source.required(node, "value")?;
            Some(Schema::List(Box::new(schema(item, scope, source)?)))
        }
        "dictionary_of" => {
            let (key, value) = (source.required(node, "key")?, source.required(node, "value")?);
            let key = Box::new(schema(key, scope, source)?);
            let value = Box::new(schema(value, scope, source)?);
            let single = source.flag(node, "singleKey");
            Some(if single { Schema::Pair(key, value) } else { Schema::Map(key, value) })
        }
        "union_of" => {
            let of = schemas(source.array(node, "items"), scope, source)?;
            Some(Schema::Union(Union { of, ..Union::default() }))
        }
        "literal_value" => {
            let value = source.required(node, "value")?;
            if matches!(value.kind, Kind::Array(_) | Kind::Object(_) | Kind::Null) {
                source.problem(value, format!("{} can't be a constant", value.describe()));
                return None;
            }
            Some(Schema::Literal(value.to_json()))
        }
        "user_defined_value" => Some(Schema::Any),
        kind => {
            source.problem(node, format!("unknown kind of value `{kind}`"));
            None
        }
    }
}

fn schemas<'n>(items: &'n [Node], scope: Scope<'n>, source: &mut Source<'n, '_>) -> Option<Vec<Schema>> {
    items.iter().map(|item| schema(item, scope, source)).collect()
}

/// Anything with a `type` and perhaps `generics`: a scalar, a type parameter or a named type.
fn instance<'n>(node: &'n Node, scope: Scope<'n>, source: &mut Source<'n, '_>) -> Option<Schema> {
    let id = source.named(node, "type")?;
    let owner = scope.owner;
    if id.namespace.strip_prefix(owner.namespace).and_then(|rest| rest.strip_prefix('.')) == Some(owner.name) {
        let name = id.name.to_owned();
        return Some(if scope.generic { Schema::Ref { name, args: Vec::new() } } else { Schema::Any });
    }
    let scalar = match (id.namespace, id.name) {
        ("_builtins", "string") => Scalar::String,
        ("_builtins", "boolean") => Scalar::Boolean,
        ("_builtins", "number") => Scalar::Number,
        ("_builtins", "binary") => Scalar::Binary,
        // Upstream's `void` is a value that never is; `null` is the nearest that can be written down.
        ("_builtins", "null" | "void") => Scalar::Null,
        ("_builtins", name) => {
            source.problem(node, format!("unknown builtin `{name}`"));
            return None;
        }
        ("_types", "byte" | "short" | "integer") => Scalar::Int32,
        ("_types", "long") => Scalar::Int64,
        ("_types", "uint") => Scalar::Uint32,
        ("_types", "ulong") => Scalar::Uint64,
        ("_types", "float") => Scalar::Float32,
        ("_types", "double") => Scalar::Float64,
        _ => {
            let args = source.array(node, "generics");
            let args = schemas(args, scope, source)?;
            return Some(Schema::Ref { name: source.use_type(id, node)?, args });
        }
    };
    Some(Schema::Scalar(scalar))
}

fn interface<'n>(node: &'n Node, scope: Scope<'n>, source: &mut Source<'n, '_>) -> Object {
    let mut object = Object {
        members: members(node, "properties", scope, source),
        shortcut: source.maybe_text(node, "shortcutProperty"),
        tag_value: source.maybe_text(node, "variantName"),
        ..Object::default()
    };
    if let Some(parent) = node.get("inherits") {
        object.extends.extend(instance(parent, scope, source));
    }
    for behavior in source.array(node, "behaviors") {
        apply_behavior(behavior, &mut object, scope, source);
    }
    let Some(variants) = node.get("variants") else {
        return object;
    };
    match source.text(variants, "kind") {
        Some("container") => {
            object.open = source.flag(variants, "nonExhaustive");
            let plain = container_properties(node, source);
            let all = std::mem::take(&mut object.members).into_iter();
            (object.members, object.variants) = all.partition(|member| plain.contains(&member.name.as_str()));
        }
        Some(kind) => source.problem(variants, format!("unknown kind of variants `{kind}` of an interface")),
        None => {}
    }
    object
}

/// Names of the members of a container that may stand beside its variant.
fn container_properties<'n>(node: &'n Node, source: &mut Source<'n, '_>) -> Vec<&'n str> {
    let mut names = Vec::new();
    for item in source.array(node, "properties") {
        if source.flag(item, "containerProperty") {
            names.extend(item.get("name").and_then(Node::string));
        }
    }
    names
}

fn apply_behavior<'n>(node: &'n Node, object: &mut Object, scope: Scope<'n>, source: &mut Source<'n, '_>) {
    let Some(id) = source.named(node, "type") else {
        return;
    };
    let Some(args) = schemas(source.array(node, "generics"), scope, source) else {
        return;
    };
    let mut args = args.into_iter().map(Box::new);
    let mut meta = |key| node.get("meta").and_then(|meta| source.maybe_text(meta, key));
    match (id.namespace, id.name, args.next(), args.next()) {
        ("_spec_utils", "AdditionalProperties", Some(key), Some(value)) => {
            let name = meta("fieldname");
            object.additional = Some(Additional { key, value, single: false, name, value_name: None });
        }
        ("_spec_utils", "AdditionalProperty", Some(key), Some(value)) => {
            let (name, value_name) = (meta("key"), meta("value"));
            object.additional = Some(Additional { key, value, single: true, name, value_name });
        }
        ("_spec_utils", "OverloadOf", Some(of), None) => object.reads = Some(of),
        _ => source.problem(node, format!("unknown behavior `{}.{}`", id.namespace, id.name)),
    }
}

fn set<'n>(node: &'n Node, source: &mut Source<'n, '_>) -> Enum {
    let mut values: Vec<EnumValue> = Vec::new();
    for item in source.array(node, "members") {
        let Some(name) = source.text(item, "name") else {
            continue;
        };
        if values.iter().any(|known| known.value == name) {
            source.problem(item, format!("the value `{name}` stands twice"));
            continue;
        }
        values.push(EnumValue { value: name.into(), facts: facts(item, source) });
    }
    Enum { values, open: source.flag(node, "isOpen") }
}

fn alias<'n>(node: &'n Node, scope: Scope<'n>, source: &mut Source<'n, '_>) -> Option<Schema> {
    let of = source.required(node, "type")?;
    let mut schema = schema(of, scope, source)?;
    let names = source.texts(node, "codegenNames");
    let variants = node.get("variants");
    let Schema::Union(union) = &mut schema else {
        if !names.is_empty() || variants.is_some() {
            source.problem(of, "only a union has names or variants");
        }
        return Some(schema);
    };
    if !names.is_empty() && names.len() != union.of.len() {
        source.problem(node, format!("{} names for {} alternatives", names.len(), union.of.len()));
        return None;
    }
    union.names = names;
    if let Some(variants) = variants {
        union.open = source.flag(variants, "nonExhaustive");
        union.tag = tag(variants, of, source);
    }
    Some(schema)
}

fn tag<'n>(variants: &'n Node, union: &'n Node, source: &mut Source<'n, '_>) -> Option<Tag> {
    let items = source.array(union, "items");
    match source.text(variants, "kind")? {
        "internal_tag" => Some(Tag::Member {
            beside: false,
            name: source.text(variants, "tag")?.to_owned(),
            default: source.maybe_text(variants, "defaultTag"),
            mapping: IndexMap::new(),
        }),
        "external_tag" => {
            let tags: Option<Vec<String>> = items.iter().map(|item| variant_name(item, source)).collect();
            Some(Tag::Key(tags?))
        }
        "untagged" => {
            let wanted = source.named(variants, "untypedVariant")?;
            let found = items.iter().position(|item| source.named(item, "type") == Some(wanted));
            if found.is_none() {
                source.problem(variants, format!("`{}` is no alternative of the union", wanted.name));
            }
            found.map(Tag::Untyped)
        }
        kind => {
            source.problem(variants, format!("unknown kind of variants `{kind}`"));
            None
        }
    }
}

/// The tag of an alternative of an externally tagged union: the `variantName` of the type it names.
fn variant_name<'n>(item: &'n Node, source: &mut Source<'n, '_>) -> Option<String> {
    let id = source.named(item, "type")?;
    let name = source.type_node(&id).and_then(|node| source.maybe_text(node, "variantName"));
    if name.is_none() {
        source.problem(item, format!("`{}.{}` has no `variantName`", id.namespace, id.name));
    }
    name
}
