//! The query clauses that `_query` takes, each over one plain JSON document. Clauses and fields that Elasticsearch
//! refuses there are refused.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::durations;
use super::error::Refusal;
use super::pattern::matches;
use super::query::Schema;

/// Tells whether a document is one that the query means.
pub(crate) fn holds(query: &Value, document: &Value, schema: &Schema) -> Result<bool, Refusal> {
    let malformed = |why: &str| Refusal::new(400, "parsing_exception", why.to_owned());
    let Some(members) = query.as_object() else {
        return Err(malformed("query malformed, must start with start_object"));
    };
    let mut entries = members.iter();
    let (Some((clause, body)), None) = (entries.next(), entries.next()) else {
        return Err(malformed("query malformed, empty clause found or more than one"));
    };
    match clause.as_str() {
        "match_all" => Ok(true),
        "bool" => boolean(body, document, schema),
        "ids" => Ok(texts(body.get("values").unwrap_or(&Value::Null)).iter().any(|id| document["_id"] == json!(id))),
        "exists" => {
            let field = body
                .get("field")
                .and_then(Value::as_str)
                .ok_or_else(|| malformed("[exists] must be provided with a [field]"))?;
            allowed(field, schema)?;
            Ok(!lookup(document, field).is_empty())
        }
        "term" | "match" | "match_phrase" => {
            let (field, wanted) = field_and(body, &["value", "query"])?;
            allowed(&field, schema)?;
            Ok(lookup(document, &field).iter().any(|value| equal(value, &wanted)))
        }
        "terms" => {
            let field = body.as_object().into_iter().flatten().find(|(name, _)| *name != "boost");
            let (field, wanted) = field.ok_or_else(|| malformed("[terms] query requires a field"))?;
            allowed(field, schema)?;
            let wanted =
                wanted.as_array().cloned().ok_or_else(|| malformed("[terms] query does not support a single value"))?;
            Ok(lookup(document, field).iter().any(|value| wanted.iter().any(|one| equal(value, one))))
        }
        "prefix" | "wildcard" => {
            let (field, wanted) = field_and(body, &["value", "wildcard"])?;
            allowed(&field, schema)?;
            let text = wanted.as_str().unwrap_or_default();
            let pattern = if clause == "prefix" { format!("{text}*") } else { text.to_owned() };
            Ok(lookup(document, &field).iter().any(|value| value.as_str().is_some_and(|text| matches(&pattern, text))))
        }
        "range" => range(body, document, schema),
        "simple_query_string" => {
            let wanted = body
                .get("query")
                .and_then(Value::as_str)
                .ok_or_else(|| malformed("[simple_query_string] query text missing"))?;
            let fields = texts(body.get("fields").unwrap_or(&Value::Null));
            let fields: Vec<&str> = match fields.is_empty() {
                true => schema.text.to_vec(),
                false => fields.iter().map(String::as_str).filter(|field| *field != "*").collect(),
            };
            let fields = if fields.is_empty() { schema.text.to_vec() } else { fields };
            let mut words = wanted.split_whitespace().map(|word| word.trim_matches('"'));
            Ok(words.any(|word| {
                fields.iter().any(|field| {
                    lookup(document, field).iter().any(|v| v.as_str().is_some_and(|text| matches(word, text)))
                })
            }))
        }
        other => Err(Refusal::illegal(format!("Query type [{other}] is not currently supported in this context"))),
    }
}

fn boolean(body: &Value, document: &Value, schema: &Schema) -> Result<bool, Refusal> {
    let clauses = |name: &str| match body.get(name) {
        None => Vec::new(),
        Some(Value::Array(clauses)) => clauses.clone(),
        Some(one) => vec![one.clone()],
    };
    let known = ["must", "filter", "should", "must_not", "minimum_should_match", "boost", "_name"];
    if let Some(other) = body.as_object().into_iter().flatten().find(|(name, _)| !known.contains(&name.as_str())) {
        return Err(Refusal::content(format!("[1:1] [bool] unknown field [{}]", other.0)));
    }
    let mut good = true;
    for clause in clauses("must").iter().chain(&clauses("filter")) {
        good &= holds(clause, document, schema)?;
    }
    for clause in &clauses("must_not") {
        good &= !holds(clause, document, schema)?;
    }
    let should = clauses("should");
    let mut met = 0;
    for clause in &should {
        met += usize::from(holds(clause, document, schema)?);
    }
    let default = usize::from(!should.is_empty() && clauses("must").is_empty() && clauses("filter").is_empty());
    let needed = match body.get("minimum_should_match") {
        Some(Value::Number(number)) => number.as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(default),
        Some(Value::String(text)) => text.parse().unwrap_or(default),
        _ => default,
    };
    Ok(good && met >= needed)
}

fn range(body: &Value, document: &Value, schema: &Schema) -> Result<bool, Refusal> {
    let entry = body.as_object().into_iter().flatten().next();
    let (field, limits) =
        entry.ok_or_else(|| Refusal::new(400, "parsing_exception", "[range] query malformed, no field"))?;
    allowed(field, schema)?;
    let values = lookup(document, field);
    let mut good = !values.is_empty();
    for (name, limit) in limits.as_object().into_iter().flatten() {
        let limit = date_math(limit, schema.now)?;
        let test: fn(Ordering) -> bool = match name.as_str() {
            "gt" => Ordering::is_gt,
            "gte" | "from" => Ordering::is_ge,
            "lt" => Ordering::is_lt,
            "lte" | "to" => Ordering::is_le,
            _ => continue,
        };
        good &= limit.is_null() || values.iter().any(|value| test(compare(value, &limit)));
    }
    Ok(good)
}

/// Turns `now`, `now-1d` and the like into milliseconds; everything else stays.
fn date_math(limit: &Value, now: u64) -> Result<Value, Refusal> {
    let Some(rest) = limit.as_str().and_then(|text| text.strip_prefix("now")) else {
        let number = limit.as_str().and_then(|text| text.parse::<i64>().ok());
        return Ok(number.map_or_else(|| limit.clone(), Value::from));
    };
    let rest = rest.split('/').next().unwrap_or_default();
    let shifted = match (rest.strip_prefix('-'), rest.strip_prefix('+')) {
        (Some(by), _) => now.saturating_sub(durations::millis("range", by)?),
        (_, Some(by)) => now.saturating_add(durations::millis("range", by)?),
        _ => now,
    };
    Ok(json!(shifted))
}

pub(crate) fn allowed(field: &str, schema: &Schema) -> Result<(), Refusal> {
    let known = schema.fields.iter().any(|known| *known == field || known.ends_with('.') && field.starts_with(known));
    match known {
        true => Ok(()),
        false => Err(Refusal::illegal(format!("Field [{field}] is not allowed for querying or aggregation"))),
    }
}

fn field_and(body: &Value, inner: &[&str]) -> Result<(String, Value), Refusal> {
    let entry = body.as_object().into_iter().flatten().next();
    let (field, wanted) = entry.ok_or_else(|| Refusal::new(400, "parsing_exception", "query malformed, no field"))?;
    let wanted = match wanted {
        Value::Object(members) => inner.iter().find_map(|name| members.get(*name)).cloned().unwrap_or_default(),
        plain => plain.clone(),
    };
    Ok((field.clone(), wanted))
}

/// The values at a dotted path; those of a list each.
pub(crate) fn lookup(document: &Value, path: &str) -> Vec<Value> {
    fn walk(value: &Value, path: &str, out: &mut Vec<Value>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| walk(item, path, out)),
            Value::Null => {}
            value if path.is_empty() => out.push(value.clone()),
            Value::Object(members) => {
                for (name, value) in members {
                    if path == name {
                        walk(value, "", out);
                    } else if let Some(rest) = path.strip_prefix(name.as_str()).and_then(|rest| rest.strip_prefix('.'))
                    {
                        walk(value, rest, out);
                    }
                }
            }
            _ => {}
        }
    }
    let mut out = Vec::new();
    walk(document, path, &mut out);
    out
}

fn equal(value: &Value, wanted: &Value) -> bool {
    match (value, wanted) {
        (Value::String(_), Value::String(_)) | (Value::Bool(_), Value::Bool(_)) => value == wanted,
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::String(text), plain) | (plain, Value::String(text)) => {
            let plain = plain.to_string();
            plain == *text
        }
        _ => false,
    }
}

pub(crate) fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal),
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (a, b) => a.to_string().cmp(&b.to_string()),
    }
}

pub(crate) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect(),
        Value::String(one) => vec![one.clone()],
        _ => Vec::new(),
    }
}
