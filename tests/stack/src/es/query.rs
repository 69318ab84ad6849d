//! The part of the query language that `_query` of keys, roles and users takes, run over plain JSON documents.
//! Fields and clauses that Elasticsearch refuses here are refused.

use std::cmp::Ordering;

use serde_json::{Map, Value, json};

use super::call::Fields;
use super::durations;
use super::error::Refusal;
use super::pattern::matches;
use super::role::kind;

/// A search: what to find, how to order it, which page of it.
pub(crate) struct Search {
    query: Value,
    sort: Vec<(String, Direction)>,
    from: usize,
    size: usize,
    search_after: Option<Vec<Value>>,
    pub(crate) aggregations: Option<Map<String, Value>>,
}

/// The place of one found document, with the values it was sorted by.
pub(crate) struct Hit {
    pub(crate) index: usize,
    pub(crate) sort: Option<Vec<Value>>,
}

/// What may be asked of a kind of document.
pub(crate) struct Schema {
    /// Names that queries may use; one that ends in `.` stands for all below it.
    pub(crate) fields: &'static [&'static str],
    /// Those that plain text queries look at.
    pub(crate) text: &'static [&'static str],
    pub(crate) parser: &'static str,
    pub(crate) now: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum Direction {
    Ascending,
    Descending,
}

impl Search {
    pub(crate) fn read(mut fields: Fields, schema: &Schema) -> Result<Self, Refusal> {
        let query = fields
            .value("query")
            .filter(|query| !query.is_null())
            .unwrap_or_else(|| json!({ "match_all": {} }));
        let sort = fields
            .value("sort")
            .map(|sort| read_sort(sort, schema))
            .transpose()?
            .unwrap_or_default();
        let from = fields.integer("from")?.unwrap_or(0);
        let size = fields.integer("size")?.unwrap_or(10);
        let search_after = fields
            .value("search_after")
            .filter(|value| !value.is_null());
        let aggs = fields.object("aggs")?;
        let aggregations = fields.object("aggregations")?.or(aggs);
        fields.finish()?;
        let (Ok(from), Ok(size)) = (usize::try_from(from), usize::try_from(size)) else {
            return Err(Refusal::validation(&[format!(
                "[from] and [size] parameters cannot be negative but were [{from}] and [{size}]"
            )]));
        };
        if from.saturating_add(size) > 10_000 {
            return Err(Refusal::illegal(format!(
                "Result window is too large, from + size must be less than or equal to: [10000] but was [{}]",
                from.saturating_add(size)
            )));
        }
        let search_after = match search_after {
            None => None,
            Some(Value::Array(values)) if values.len() == sort.len() && !sort.is_empty() => {
                Some(values)
            }
            Some(Value::Array(values)) => {
                return Err(Refusal::illegal(format!(
                    "search_after has {} value(s) but sort has {}.",
                    values.len(),
                    sort.len()
                )));
            }
            Some(other) => {
                return Err(Refusal::content(format!(
                    "[1:1] [{}] search_after doesn't support values of type: {}",
                    schema.parser,
                    kind(&other)
                )));
            }
        };
        check(&query, schema)?;
        Ok(Self {
            query,
            sort,
            from,
            size,
            search_after,
            aggregations,
        })
    }

    /// The places of all that were found, and the page that was asked for.
    pub(crate) fn run(
        &self,
        documents: &[Value],
        schema: &Schema,
    ) -> Result<(Vec<usize>, Vec<Hit>), Refusal> {
        let mut found = Vec::new();
        for (index, document) in documents.iter().enumerate() {
            if holds(&self.query, document, schema)? {
                let sort: Vec<Value> = self
                    .sort
                    .iter()
                    .map(|(field, _)| sort_value(document, field, index))
                    .collect();
                found.push(Hit {
                    index,
                    sort: (!self.sort.is_empty()).then_some(sort),
                });
            }
        }
        let all = found.iter().map(|hit| hit.index).collect();
        found.sort_by(|a, b| self.order(a.sort.as_deref(), b.sort.as_deref()));
        if let Some(after) = &self.search_after {
            found.retain(|hit| self.order(hit.sort.as_deref(), Some(after)) == Ordering::Greater);
        }
        Ok((
            all,
            found.into_iter().skip(self.from).take(self.size).collect(),
        ))
    }

    fn order(&self, a: Option<&[Value]>, b: Option<&[Value]>) -> Ordering {
        let (Some(a), Some(b)) = (a, b) else {
            return Ordering::Equal;
        };
        for ((a, b), (_, direction)) in a.iter().zip(b).zip(&self.sort) {
            // A missing value comes last whatever the direction.
            let ordering = match (a.is_null(), b.is_null(), direction) {
                (true, true, _) => Ordering::Equal,
                (true, false, _) => Ordering::Greater,
                (false, true, _) => Ordering::Less,
                (false, false, Direction::Ascending) => compare(a, b),
                (false, false, Direction::Descending) => compare(b, a),
            };
            if ordering != Ordering::Equal {
                return ordering;
            }
        }
        Ordering::Equal
    }
}

/// Refuses a query that names a clause or a field that is not allowed.
pub(crate) fn check(query: &Value, schema: &Schema) -> Result<(), Refusal> {
    // An empty document shows every refusal but those of values.
    holds(query, &json!({}), schema).map(|_| ())
}

/// Tells whether a document is one that the query means.
pub(crate) fn holds(query: &Value, document: &Value, schema: &Schema) -> Result<bool, Refusal> {
    let malformed = |why: &str| Refusal::new(400, "parsing_exception", why.to_owned());
    let Some(members) = query.as_object() else {
        return Err(malformed("query malformed, must start with start_object"));
    };
    let mut entries = members.iter();
    let (Some((clause, body)), None) = (entries.next(), entries.next()) else {
        return Err(malformed(
            "query malformed, empty clause found or more than one",
        ));
    };
    match clause.as_str() {
        "match_all" => Ok(true),
        "bool" => boolean(body, document, schema),
        "ids" => Ok(texts(body.get("values").unwrap_or(&Value::Null))
            .iter()
            .any(|id| document["_id"] == json!(id))),
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
            Ok(lookup(document, &field)
                .iter()
                .any(|value| equal(value, &wanted)))
        }
        "terms" => {
            let field = body
                .as_object()
                .into_iter()
                .flatten()
                .find(|(name, _)| *name != "boost");
            let (field, wanted) =
                field.ok_or_else(|| malformed("[terms] query requires a field"))?;
            allowed(field, schema)?;
            let wanted = wanted
                .as_array()
                .cloned()
                .ok_or_else(|| malformed("[terms] query does not support a single value"))?;
            Ok(lookup(document, field)
                .iter()
                .any(|value| wanted.iter().any(|one| equal(value, one))))
        }
        "prefix" | "wildcard" => {
            let (field, wanted) = field_and(body, &["value", "wildcard"])?;
            allowed(&field, schema)?;
            let text = wanted.as_str().unwrap_or_default();
            let pattern = if clause == "prefix" {
                format!("{text}*")
            } else {
                text.to_owned()
            };
            Ok(lookup(document, &field)
                .iter()
                .any(|value| value.as_str().is_some_and(|text| matches(&pattern, text))))
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
                false => fields
                    .iter()
                    .map(String::as_str)
                    .filter(|field| *field != "*")
                    .collect(),
            };
            let fields = if fields.is_empty() {
                schema.text.to_vec()
            } else {
                fields
            };
            let mut words = wanted.split_whitespace().map(|word| word.trim_matches('"'));
            Ok(words.any(|word| {
                fields.iter().any(|field| {
                    lookup(document, field)
                        .iter()
                        .any(|v| v.as_str().is_some_and(|text| matches(word, text)))
                })
            }))
        }
        other => Err(Refusal::illegal(format!(
            "Query type [{other}] is not supported for {} search",
            schema.parser
        ))),
    }
}

fn boolean(body: &Value, document: &Value, schema: &Schema) -> Result<bool, Refusal> {
    let clauses = |name: &str| match body.get(name) {
        None => Vec::new(),
        Some(Value::Array(clauses)) => clauses.clone(),
        Some(one) => vec![one.clone()],
    };
    let known = [
        "must",
        "filter",
        "should",
        "must_not",
        "minimum_should_match",
        "boost",
        "_name",
    ];
    if let Some(other) = body
        .as_object()
        .into_iter()
        .flatten()
        .find(|(name, _)| !known.contains(&name.as_str()))
    {
        return Err(Refusal::content(format!(
            "[1:1] [bool] unknown field [{}]",
            other.0
        )));
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
    let default = usize::from(
        !should.is_empty() && clauses("must").is_empty() && clauses("filter").is_empty(),
    );
    let needed = match body.get("minimum_should_match") {
        Some(Value::Number(number)) => number
            .as_u64()
            .and_then(|n| usize::try_from(n).ok())
            .unwrap_or(default),
        Some(Value::String(text)) => text.parse().unwrap_or(default),
        _ => default,
    };
    Ok(good && met >= needed)
}

fn range(body: &Value, document: &Value, schema: &Schema) -> Result<bool, Refusal> {
    let entry = body.as_object().into_iter().flatten().next();
    let (field, limits) = entry.ok_or_else(|| {
        Refusal::new(
            400,
            "parsing_exception",
            "[range] query malformed, no field",
        )
    })?;
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

fn read_sort(sort: Value, schema: &Schema) -> Result<Vec<(String, Direction)>, Refusal> {
    let items = match sort {
        Value::Array(items) => items,
        one => vec![one],
    };
    let mut out = Vec::new();
    for item in items {
        let (field, order) = match &item {
            Value::String(field) => (field.clone(), None),
            Value::Object(members) => {
                let (field, order) = members
                    .iter()
                    .next()
                    .ok_or_else(|| Refusal::illegal("malformed sort"))?;
                let order = order.as_str().or_else(|| order.get("order")?.as_str());
                (field.clone(), order.map(str::to_owned))
            }
            other => {
                return Err(Refusal::illegal(format!(
                    "malformed sort format, found [{}]",
                    kind(other)
                )));
            }
        };
        if field != "_doc" {
            allowed(&field, schema)?;
        }
        let direction = match order.as_deref() {
            None | Some("asc") => Direction::Ascending,
            Some("desc") => Direction::Descending,
            Some(other) => return Err(Refusal::illegal(format!("Unknown SortOrder [{other}]"))),
        };
        out.push((field, direction));
    }
    Ok(out)
}

pub(crate) fn allowed(field: &str, schema: &Schema) -> Result<(), Refusal> {
    let known = schema
        .fields
        .iter()
        .any(|known| *known == field || known.ends_with('.') && field.starts_with(known));
    match known {
        true => Ok(()),
        false => Err(Refusal::illegal(format!(
            "Field [{field}] is not allowed for querying or aggregation"
        ))),
    }
}

fn field_and(body: &Value, inner: &[&str]) -> Result<(String, Value), Refusal> {
    let entry = body.as_object().into_iter().flatten().next();
    let (field, wanted) =
        entry.ok_or_else(|| Refusal::new(400, "parsing_exception", "query malformed, no field"))?;
    let wanted = match wanted {
        Value::Object(members) => inner
            .iter()
            .find_map(|name| members.get(*name))
            .cloned()
            .unwrap_or_default(),
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
                    } else if let Some(rest) = path
                        .strip_prefix(name.as_str())
                        .and_then(|rest| rest.strip_prefix('.'))
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

fn sort_value(document: &Value, field: &str, index: usize) -> Value {
    match field {
        "_doc" => json!(index),
        field => lookup(document, field)
            .into_iter()
            .next()
            .unwrap_or_default(),
    }
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

fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a
            .as_f64()
            .partial_cmp(&b.as_f64())
            .unwrap_or(Ordering::Equal),
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (a, b) => a.to_string().cmp(&b.to_string()),
    }
}

pub(crate) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items
            .iter()
            .filter_map(|item| item.as_str().map(str::to_owned))
            .collect(),
        Value::String(one) => vec![one.clone()],
        _ => Vec::new(),
    }
}
