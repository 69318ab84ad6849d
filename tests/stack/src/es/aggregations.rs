//! The aggregations that `_query/api_key` takes, over the documents that the query found.

use serde_json::{Map, Value, json};

use super::clauses::{allowed, holds, lookup};
use super::error::Refusal;
use super::query::Schema;

/// Answers every aggregation by name; with `typed_keys` each name says its type.
pub(crate) fn run(
    wanted: &Map<String, Value>,
    documents: &[&Value],
    schema: &Schema,
    typed_keys: bool,
) -> Result<Value, Refusal> {
    let mut out = Map::new();
    for (name, aggregation) in wanted {
        let members = aggregation.as_object().ok_or_else(|| malformed(name))?;
        let inner = members.get("aggs").or_else(|| members.get("aggregations")).and_then(Value::as_object);
        let own = members.iter().find(|(key, _)| !["aggs", "aggregations", "meta"].contains(&key.as_str()));
        let (kind, body) = own.ok_or_else(|| malformed(name))?;
        let below = |documents: &[&Value]| -> Result<Map<String, Value>, Refusal> {
            let mut bucket = Map::from_iter([("doc_count".to_owned(), json!(documents.len()))]);
            if let Some(inner) = inner
                && let Value::Object(more) = run(inner, documents, schema, typed_keys)?
            {
                bucket.extend(more);
            }
            Ok(bucket)
        };
        let (label, value) = match kind.as_str() {
            "terms" => terms(body, documents, schema, &below)?,
            "cardinality" => ("cardinality", json!({ "value": distinct(&values(body, documents, schema)?).len() })),
            "value_count" => ("value_count", json!({ "value": values(body, documents, schema)?.len() })),
            "missing" => {
                let field = field(body, schema)?;
                let without: Vec<&Value> = documents.iter().copied().filter(|d| lookup(d, &field).is_empty()).collect();
                ("missing", below(&without)?.into())
            }
            "filter" => ("filter", below(&filtered(body, documents, schema)?)?.into()),
            "filters" => ("filters", filters(body, documents, schema, &below)?),
            "range" | "date_range" => (kind.as_str(), ranges(body, documents, schema, &below)?),
            "composite" => ("composite", composite(body, documents, schema, &below)?),
            other => {
                return Err(Refusal::illegal(format!("Unsupported API Keys agg [{name}] of type [{other}]")));
            }
        };
        let name = if typed_keys { format!("{label}#{name}") } else { name.clone() };
        out.insert(name, value);
    }
    Ok(out.into())
}

type Below<'a> = &'a dyn Fn(&[&Value]) -> Result<Map<String, Value>, Refusal>;

fn terms(
    body: &Value,
    documents: &[&Value],
    schema: &Schema,
    below: Below<'_>,
) -> Result<(&'static str, Value), Refusal> {
    let field = field(body, schema)?;
    let size = body.get("size").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok()).unwrap_or(10);
    let keys = distinct(&values(body, documents, schema)?);
    let numeric = keys.iter().any(Value::is_number);
    let mut buckets = Vec::new();
    for key in keys {
        let members: Vec<&Value> = documents.iter().copied().filter(|d| lookup(d, &field).contains(&key)).collect();
        let mut bucket = below(&members)?;
        if let Value::Bool(flag) = key {
            bucket.insert("key_as_string".into(), json!(flag.to_string()));
        }
        bucket.insert("key".into(), if let Value::Bool(flag) = key { json!(u8::from(flag)) } else { key });
        buckets.push(bucket);
    }
    buckets.sort_by_key(|bucket| std::cmp::Reverse(bucket["doc_count"].as_u64()));
    let others: u64 = buckets.iter().skip(size).filter_map(|bucket| bucket["doc_count"].as_u64()).sum();
    buckets.truncate(size);
    let value = json!({ "doc_count_error_upper_bound": 0, "sum_other_doc_count": others, "buckets": buckets });
    Ok((if numeric { "lterms" } else { "sterms" }, value))
}

fn filters(body: &Value, documents: &[&Value], schema: &Schema, below: Below<'_>) -> Result<Value, Refusal> {
    match body.get("filters") {
        Some(Value::Array(queries)) => {
            let mut buckets = Vec::new();
            for query in queries {
                buckets.push(below(&filtered(query, documents, schema)?)?);
            }
            Ok(json!({ "buckets": buckets }))
        }
        Some(Value::Object(queries)) => {
            let mut buckets = Map::new();
            for (name, query) in queries {
                buckets.insert(name.clone(), below(&filtered(query, documents, schema)?)?.into());
            }
            Ok(json!({ "buckets": buckets }))
        }
        _ => Err(malformed("filters")),
    }
}

fn ranges(body: &Value, documents: &[&Value], schema: &Schema, below: Below<'_>) -> Result<Value, Refusal> {
    let field = field(body, schema)?;
    let mut buckets = Vec::new();
    for range in body.get("ranges").and_then(Value::as_array).into_iter().flatten() {
        let (from, to) = (range.get("from"), range.get("to"));
        let query = json!({ "range": { &field: { "gte": from, "lt": to } } });
        let mut bucket = below(&filtered(&query, documents, schema)?)?;
        let text = |limit: Option<&Value>| {
            limit.map_or_else(|| "*".to_owned(), |v| v.as_str().map_or_else(|| v.to_string(), str::to_owned))
        };
        let key = range.get("key").cloned().unwrap_or_else(|| json!(format!("{}-{}", text(from), text(to))));
        bucket.insert("key".into(), key);
        for (name, limit) in [("from", from), ("to", to)] {
            if let Some(limit) = limit.filter(|limit| limit.is_number()) {
                bucket.insert(name.into(), limit.clone());
            }
        }
        buckets.push(bucket);
    }
    Ok(json!({ "buckets": buckets }))
}

fn composite(body: &Value, documents: &[&Value], schema: &Schema, below: Below<'_>) -> Result<Value, Refusal> {
    let mut sources = Vec::new();
    for source in body.get("sources").and_then(Value::as_array).into_iter().flatten() {
        let (name, terms) =
            source.as_object().and_then(|members| members.iter().next()).ok_or_else(|| malformed("composite"))?;
        let terms = terms.get("terms").ok_or_else(|| malformed("composite"))?;
        sources.push((name.clone(), field(terms, schema)?));
    }
    let key_of = |document: &Value| -> Option<Value> {
        let parts =
            sources.iter().map(|(name, field)| Some((name.clone(), lookup(document, field).into_iter().next()?)));
        parts.collect::<Option<Map<_, _>>>().map(Value::Object)
    };
    let mut keys: Vec<Value> = documents.iter().filter_map(|document| key_of(document)).collect();
    keys.sort_by_key(Value::to_string);
    keys.dedup();
    let size = body.get("size").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok()).unwrap_or(10);
    if let Some(after) = body.get("after").map(Value::to_string) {
        keys.retain(|key| {
            let key = key.to_string();
            key > after
        });
    }
    let mut buckets = Vec::new();
    for key in keys.into_iter().take(size) {
        let members: Vec<&Value> = documents.iter().copied().filter(|d| key_of(d).as_ref() == Some(&key)).collect();
        let mut bucket = below(&members)?;
        bucket.insert("key".into(), key);
        buckets.push(bucket);
    }
    let mut value = json!({ "buckets": buckets });
    if let Some(last) = buckets.last() {
        value["after_key"] = last["key"].clone();
    }
    Ok(value)
}

fn filtered<'a>(query: &Value, documents: &[&'a Value], schema: &Schema) -> Result<Vec<&'a Value>, Refusal> {
    let mut found = Vec::new();
    for document in documents {
        if holds(query, document, schema)? {
            found.push(*document);
        }
    }
    Ok(found)
}

fn field(body: &Value, schema: &Schema) -> Result<String, Refusal> {
    let field = body.get("field").and_then(Value::as_str);
    let field =
        field.ok_or_else(|| Refusal::illegal("Required one of fields [field, script], but none were specified."))?;
    allowed(field, schema)?;
    Ok(field.to_owned())
}

fn values(body: &Value, documents: &[&Value], schema: &Schema) -> Result<Vec<Value>, Refusal> {
    let field = field(body, schema)?;
    Ok(documents.iter().flat_map(|document| lookup(document, &field)).collect())
}

fn distinct(values: &[Value]) -> Vec<Value> {
    let mut out: Vec<Value> = values.to_vec();
    out.sort_by_key(Value::to_string);
    out.dedup();
    out
}

fn malformed(name: &str) -> Refusal {
    Refusal::new(400, "parsing_exception", format!("malformed aggregation [{name}]"))
}
