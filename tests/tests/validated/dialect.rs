//! OpenAPI 3.0's schemas as JSON Schema. Strictly, a schema says no more than OpenAPI lets it say; the readings are what
//! Kibana's documents mean where that is nothing, or can't be. Formats are no assertions, discriminators neither.

use serde_json::{Map, Value, json};

/// What a document may mean beyond what it says; each takes all before it along.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reading {
    /// OpenAPI's own.
    Strict,
    /// `nullable` beside a reference or alternatives is ignored by OpenAPI, and `enum` beside it has no null; without a
    /// type, null is the text `"null"`.
    Nullable,
    /// What `required` names may be marked `x-oas-optional`.
    Optional,
    /// No value is exactly one of `oneOf` when alternatives overlap.
    Overlapping,
    /// Parts of an `allOf` that are closed refuse each other's members.
    Closed,
}

impl Reading {
    pub(crate) const ALL: [Self; 5] = [Self::Strict, Self::Nullable, Self::Optional, Self::Overlapping, Self::Closed];
}

/// Keywords that are the same in both.
const ASSERTIONS: [&str; 11] = [
    "const",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "pattern",
    "uniqueItems",
];

/// A schema whose references lead into `base`.
pub(crate) fn translate(schema: &Value, base: &str, reading: Reading) -> Value {
    Translation { base, reading }.of(schema, false)
}

struct Translation<'a> {
    base: &'a str,
    reading: Reading,
}

impl Translation<'_> {
    fn of(&self, schema: &Value, in_part: bool) -> Value {
        let Some(members) = schema.as_object() else { return schema.clone() };
        let is = |keyword: &str| members.get(keyword) == Some(&Value::Bool(true));
        let null = is("nullable") && self.reading >= Reading::Nullable;
        if let Some(target) = members.get("$ref").and_then(Value::as_str) {
            return or_null(json!({ "$ref": format!("{}{target}", self.base) }), null);
        }
        let parts = members.get("allOf").and_then(Value::as_array).map_or(0, Vec::len);
        let in_part = in_part || parts > 1 && self.reading >= Reading::Closed;
        let all = |of: &[Value]| -> Value { of.iter().map(|inner| self.of(inner, in_part)).collect() };
        let mut out = Map::new();
        for (keyword, value) in members {
            let (keyword, value) = match (keyword.as_str(), value) {
                ("properties", Value::Object(named)) => {
                    let named = named.iter().map(|(name, inner)| (name.clone(), self.of(inner, in_part)));
                    ("properties", named.collect())
                }
                ("oneOf", Value::Array(arms)) if self.reading >= Reading::Overlapping => {
                    // `anyOf` may stand beside it.
                    ("allOf", json!([{ "anyOf": all(arms) }]))
                }
                ("allOf" | "anyOf" | "oneOf", Value::Array(arms)) => (keyword.as_str(), all(arms)),
                ("additionalProperties", Value::Bool(false)) if in_part => continue,
                ("items" | "not" | "additionalProperties", inner) => (keyword.as_str(), self.of(inner, in_part)),
                ("minimum", bound) if is("exclusiveMinimum") => ("exclusiveMinimum", bound.clone()),
                ("maximum", bound) if is("exclusiveMaximum") => ("exclusiveMaximum", bound.clone()),
                ("type", Value::String(name)) if is("nullable") => ("type", json!([name, "null"])),
                ("enum", Value::Array(values)) if null && !members.contains_key("type") => {
                    let values = values.iter().map(|value| if value == "null" { &Value::Null } else { value });
                    ("enum", values.cloned().collect())
                }
                ("required", Value::Array(names)) => ("required", self.required(names, members)),
                ("type" | "enum", value) => (keyword.as_str(), value.clone()),
                (known, _) if ASSERTIONS.contains(&known) => (known, value.clone()),
                _ => continue,
            };
            match out.get_mut(keyword) {
                Some(Value::Array(known)) => known.extend(value.as_array().cloned().unwrap_or_default()),
                _ => drop(out.insert(keyword.to_owned(), value)),
            }
        }
        or_null(Value::Object(out), null)
    }

    fn required(&self, names: &[Value], schema: &Map<String, Value>) -> Value {
        let properties = schema.get("properties").unwrap_or(&Value::Null);
        let optional = |name: &&Value| {
            let described = name.as_str().and_then(|name| properties.get(name));
            self.reading >= Reading::Optional && described.is_some_and(is_optional)
        };
        names.iter().filter(|name| !optional(name)).cloned().collect()
    }
}

/// Whether a member or one of its alternatives is marked so.
fn is_optional(schema: &Value) -> bool {
    let arms = ["anyOf", "oneOf"].iter().filter_map(|keyword| schema.get(keyword)?.as_array()).flatten();
    schema.get("x-oas-optional") == Some(&Value::Bool(true)) || arms.into_iter().any(is_optional)
}

fn or_null(schema: Value, null: bool) -> Value {
    if null { json!({ "anyOf": [schema, { "type": "null" }] }) } else { schema }
}
