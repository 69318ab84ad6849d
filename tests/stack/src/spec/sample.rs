//! Makes an answer that fits the specification: required members filled, everything else left out. Deterministic.

use serde_json::{Map, Value, json};

use super::types::Scalar;
use super::{Definition, Match, Payload, Spec, Type};
use crate::message::Reply;

/// The answer of an operation that has no state of its own.
pub(crate) fn reply(matched: &Match<'_>) -> Reply {
    let responses = &matched.operation.responses;
    let good = responses.iter().find(|(status, _)| status.starts_with('2'));
    let Some((status, payload)) = good else {
        return Reply::ok(json!({}));
    };
    let status = status.parse().unwrap_or(200);
    body(matched.spec, status, payload)
}

fn body(spec: &Spec, status: u16, payload: &Payload) -> Reply {
    let value = payload.ty.as_ref().map(|ty| value(spec, ty));
    match (payload.media.as_deref().unwrap_or("json"), value) {
        _ if status == 204 || status == 205 || status == 304 => Reply::empty(status),
        ("json", Some(value)) => Reply::json(status, value),
        ("json", None) => Reply::empty(status),
        (media, value) if media.contains("ndjson") => {
            let line = value.unwrap_or_else(|| json!({}));
            Reply::bytes(status, "application/ndjson", format!("{line}\n"))
        }
        (media, value) if media.contains("event-stream") || media == "sse" => {
            let data = value.unwrap_or_else(|| json!({}));
            Reply::bytes(status, "text/event-stream", format!("data: {data}\n\n"))
        }
        (media, _) if media.starts_with("text") => Reply::bytes(status, "text/plain; charset=utf-8", ""),
        (media, Some(value)) if media.contains("json") => Reply::json(status, value),
        _ => Reply::bytes(status, "application/octet-stream", ""),
    }
}

/// A value of a type.
pub(crate) fn value(spec: &Spec, ty: &Type) -> Value {
    Sampler { spec, open: Vec::new() }.value(ty).unwrap_or(Value::Null)
}

struct Sampler<'a> {
    spec: &'a Spec,
    /// Types whose sample is being made: one of them again would never end.
    open: Vec<String>,
}

impl Sampler<'_> {
    fn value(&mut self, ty: &Type) -> Option<Value> {
        match ty {
            Type::Any => Some(json!({})),
            Type::Null => Some(Value::Null),
            Type::Scalar(scalar) => Some(scalar_value(scalar)),
            Type::Const(constant) => Some(constant.clone()),
            Type::Map(_) => Some(json!({})),
            Type::Pair(inner) => Some(json!({ "key": self.value(inner)? })),
            Type::List(item, size) => {
                let count = size.min.unwrap_or(0).min(100);
                let items: Option<Vec<Value>> = (0..count).map(|_| self.value(item)).collect();
                items.map(Value::Array)
            }
            Type::AnyOf(branches) => self.branch(branches),
            Type::Inline(definition) => self.definition(definition),
            Type::Ref(id) => {
                if self.open.contains(id) || self.open.len() > 64 {
                    return None;
                }
                let Some(definition) = self.spec.definition(id) else {
                    return Some(json!({}));
                };
                self.open.push(id.clone());
                let value = self.definition(definition);
                self.open.pop();
                value
            }
        }
    }

    fn definition(&mut self, definition: &Definition) -> Option<Value> {
        match definition {
            Definition::Alias(ty) => self.value(ty),
            Definition::Enum(values, _) => values.first().map(|value| json!(value)),
            Definition::AnyOf(branches, _) => self.branch(branches),
            Definition::Object(object) => {
                let mut members = Map::new();
                for (name, member) in object.members.iter().filter(|(_, member)| member.required) {
                    let value = match &member.default {
                        Some(default) => default.clone(),
                        None => self.value(&member.ty)?,
                    };
                    members.insert(name.clone(), value);
                }
                let chosen = object.variants.iter().any(|name| members.contains_key(name));
                if !chosen {
                    let variant = object.variants.iter().find_map(|name| {
                        let member = object.members.get(name)?;
                        Some((name, self.value(&member.ty)?))
                    });
                    members.extend(variant.map(|(name, value)| (name.clone(), value)));
                }
                Some(members.into())
            }
        }
    }

    /// The first branch that ends and says something.
    fn branch(&mut self, branches: &[Type]) -> Option<Value> {
        let mut fallback = None;
        for branch in branches {
            match self.value(branch) {
                Some(Value::Null) => fallback = Some(Value::Null),
                Some(value) => return Some(value),
                None => {}
            }
        }
        fallback
    }
}

fn scalar_value(scalar: &Scalar) -> Value {
    match scalar.name.as_str() {
        "string" => json!(text(scalar)),
        "binary" => json!(""),
        "boolean" => json!(false),
        name => {
            if let Some(number) = scalar.one_of.first() {
                return json!(*number as i64);
            }
            let number = 0.0_f64.max(scalar.min.unwrap_or(0.0)).min(scalar.max.unwrap_or(f64::MAX));
            let low = scalar.min.filter(|min| number < *min).unwrap_or(number);
            let low = if scalar.above_min && scalar.min == Some(low) { low + 1.0 } else { low };
            match name.contains("int") || low.fract() == 0.0 {
                true => json!(low as i64),
                false => json!(low),
            }
        }
    }
}

fn text(scalar: &Scalar) -> String {
    let by_format = match scalar.format.as_deref() {
        Some("date-time") => Some("2026-01-01T00:00:00.000Z"),
        Some("date") => Some("2026-01-01"),
        Some("uuid") => Some("00000000-0000-4000-a000-000000000000"),
        Some("uri" | "url") => Some("http://localhost"),
        Some("email") => Some("somebody@localhost"),
        Some("ip" | "ipv4") => Some("127.0.0.1"),
        Some("duration") => Some("1m"),
        _ => None,
    };
    let candidates = by_format.into_iter().chain([
        "string",
        "1m",
        "a",
        "1",
        "00000000-0000-4000-a000-000000000000",
        "2026-01-01",
        "#000000",
        "2026-01-01T00:00:00.000Z",
        "/",
    ]);
    let pattern = scalar.pattern.as_deref().and_then(|pattern| regex_lite::Regex::new(pattern).ok());
    let fits = |text: &&str| pattern.as_ref().is_none_or(|pattern| pattern.is_match(text));
    let chosen = candidates.into_iter().find(fits).unwrap_or("string").to_owned();
    let length = u64::try_from(chosen.chars().count()).unwrap_or(0);
    let min = scalar.length.min.unwrap_or(0).min(100_000);
    let max = scalar.length.max.unwrap_or(u64::MAX);
    if length < min {
        let missing = usize::try_from(min - length).unwrap_or(0);
        return chosen + &"x".repeat(missing);
    }
    chosen.chars().take(usize::try_from(max).unwrap_or(usize::MAX)).collect()
}
