//! Types as the table writes them. A form that nobody knows reads as `any`: the stack then asks less, never more.

use std::collections::BTreeMap;

use serde_json::Value;

/// A use of a type.
#[derive(Clone, Debug)]
pub(crate) enum Type {
    Any,
    Null,
    Scalar(Scalar),
    Ref(String),
    List(Box<Type>, Size),
    Map(Box<Type>),
    /// A map of exactly one entry.
    Pair(Box<Type>),
    Const(Value),
    AnyOf(Vec<Type>),
    /// A definition that has no name.
    Inline(Box<Definition>),
}

/// A text, number or truth value with its limits.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scalar {
    pub(crate) name: String,
    pub(crate) format: Option<String>,
    pub(crate) pattern: Option<String>,
    pub(crate) length: Size,
    pub(crate) min: Option<f64>,
    pub(crate) max: Option<f64>,
    /// Whether the least number itself is excluded.
    pub(crate) above_min: bool,
    /// Whether the greatest number itself is excluded.
    pub(crate) below_max: bool,
    /// The only numbers there are, if they are few.
    pub(crate) one_of: Vec<f64>,
}

/// How many characters or items.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Size {
    pub(crate) min: Option<u64>,
    pub(crate) max: Option<u64>,
}

/// A named type.
#[derive(Clone, Debug)]
pub(crate) enum Definition {
    Object(Object),
    Enum(Vec<String>, Openness),
    Alias(Type),
    AnyOf(Vec<Type>, Option<Tag>),
}

/// What tells the branch of a value.
#[derive(Clone, Debug)]
pub(crate) enum Tag {
    /// A member of the value.
    Member(String),
    /// A member of the object around it; for each branch, what it holds then.
    Beside(String, Vec<Vec<String>>),
}

/// Whether an enum may have values that the document doesn't list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Openness {
    Open,
    Closed,
}

/// An object's members.
#[derive(Clone, Debug, Default)]
pub(crate) struct Object {
    pub(crate) members: BTreeMap<String, Member>,
    pub(crate) closed: bool,
    pub(crate) additional: Option<Type>,
    pub(crate) variants: Vec<String>,
    pub(crate) shortcut: Option<String>,
}

/// One member.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) ty: Type,
    pub(crate) required: bool,
    pub(crate) aliases: Vec<String>,
    pub(crate) default: Option<Value>,
}

impl Type {
    pub(crate) fn read(value: &Value) -> Self {
        match value {
            Value::String(name) => Self::named(name, &Value::Null),
            Value::Object(members) => {
                if let Some(target) = members.get("ref").and_then(Value::as_str) {
                    return Self::Ref(target.to_owned());
                }
                if let Some(items) = members.get("list") {
                    return Self::List(Box::new(Self::read(items)), Size::read(value, "min_items", "max_items"));
                }
                if let Some(values) = members.get("map") {
                    return Self::Map(Box::new(Self::read(values)));
                }
                if let Some(one) = members.get("pair") {
                    return Self::Pair(Box::new(Self::read(one)));
                }
                if let Some(constant) = members.get("const") {
                    return Self::Const(constant.clone());
                }
                if members.contains_key("object") || members.contains_key("enum") || members.contains_key("tag") {
                    return Self::Inline(Box::new(Definition::read(value)));
                }
                if let Some(branches) = members.get("any_of").and_then(Value::as_array) {
                    return Self::AnyOf(branches.iter().map(Self::read).collect());
                }
                match members.iter().next() {
                    Some((name, limits)) if members.len() == 1 => Self::named(name, limits),
                    _ => Self::Any,
                }
            }
            _ => Self::Any,
        }
    }

    fn named(name: &str, limits: &Value) -> Self {
        match name {
            "null" => Self::Null,
            "string" | "boolean" | "int32" | "int64" | "uint32" | "uint64" | "float32" | "float64" | "number"
            | "binary" => {
                let text = |key: &str| limits[key].as_str().map(str::to_owned);
                Self::Scalar(Scalar {
                    name: name.to_owned(),
                    format: text("format"),
                    pattern: text("pattern"),
                    length: Size::read(limits, "min_length", "max_length"),
                    min: limits["min"].as_f64(),
                    max: limits["max"].as_f64(),
                    above_min: limits["above_min"] == true,
                    below_max: limits["below_max"] == true,
                    one_of: limits["one_of"].as_array().into_iter().flatten().filter_map(Value::as_f64).collect(),
                })
            }
            _ => Self::Any,
        }
    }
}

impl Definition {
    pub(crate) fn read(value: &Value) -> Self {
        let flag = |name: &str| value[name] == Value::Bool(true);
        if let Some(members) = value["object"].as_object() {
            return Self::Object(Object {
                members: members.iter().map(|(name, member)| (name.clone(), Member::read(member))).collect(),
                closed: flag("closed"),
                additional: value.get("additional").filter(|ty| !ty.is_null()).map(Type::read),
                variants: texts(&value["variants"]),
                shortcut: value["shortcut"].as_str().map(str::to_owned),
            });
        }
        if value["enum"].is_array() {
            let openness = if flag("open") { Openness::Open } else { Openness::Closed };
            return Self::Enum(texts(&value["enum"]), openness);
        }
        if let Some(branches) = value["any_of"].as_array() {
            let tags = value["tags"].as_array().into_iter().flatten().map(texts);
            let beside = value["beside"].as_str().map(|name| Tag::Beside(name.to_owned(), tags.collect()));
            let tag = beside.or_else(|| value["tag"].as_str().map(|name| Tag::Member(name.to_owned())));
            return Self::AnyOf(branches.iter().map(Type::read).collect(), tag);
        }
        Self::Alias(value.get("alias").map_or(Type::Any, Type::read))
    }
}

impl Object {
    /// The member that a name in a document stands for.
    pub(crate) fn member(&self, name: &str) -> Option<(&str, &Member)> {
        let exact = self.members.get_key_value(name);
        let found =
            exact.or_else(|| self.members.iter().find(|(_, member)| member.aliases.iter().any(|alias| alias == name)));
        found.map(|(name, member)| (name.as_str(), member))
    }
}

impl Member {
    fn read(value: &Value) -> Self {
        Self {
            ty: value.get("type").map_or(Type::Any, Type::read),
            required: value["required"] == Value::Bool(true),
            aliases: texts(&value["aliases"]),
            default: value.get("default").cloned(),
        }
    }
}

impl Size {
    fn read(value: &Value, min: &str, max: &str) -> Self {
        Self { min: value[min].as_u64(), max: value[max].as_u64() }
    }
}

pub(crate) fn texts(value: &Value) -> Vec<String> {
    let items = value.as_array().into_iter().flatten();
    items.map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned)).collect()
}
