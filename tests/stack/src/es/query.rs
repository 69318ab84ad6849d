//! Searches of `_query`: what a request wants, and which page of which documents that is. Reads no state.

use std::cmp::Ordering;

use serde_json::{Map, Value, json};

use super::call::Fields;
use super::clauses::{allowed, compare, holds, lookup};
use super::error::Refusal;
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
        let query =
            fields.value("query").filter(|query| !query.is_null()).unwrap_or_else(|| json!({ "match_all": {} }));
        let sort = fields.value("sort").map(|sort| read_sort(sort, schema)).transpose()?.unwrap_or_default();
        let from = fields.integer("from")?.unwrap_or(0);
        let size = fields.integer("size")?.unwrap_or(10);
        let search_after = fields.value("search_after").filter(|value| !value.is_null());
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
        if search_after.is_some() && from > 0 {
            return Err(Refusal::illegal("`from` parameter must be set to 0 when `search_after` is used"));
        }
        let search_after = match search_after {
            None => None,
            Some(Value::Array(_)) if sort.is_empty() => {
                return Err(Refusal::illegal("Sort must contain at least one field."));
            }
            Some(Value::Array(values)) if values.len() == sort.len() => Some(values),
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
        Ok(Self { query, sort, from, size, search_after, aggregations })
    }

    /// The places of all that were found, and the page that was asked for.
    pub(crate) fn run(&self, documents: &[Value], schema: &Schema) -> Result<(Vec<usize>, Vec<Hit>), Refusal> {
        let mut found = Vec::new();
        for (index, document) in documents.iter().enumerate() {
            if holds(&self.query, document, schema)? {
                let sort: Vec<Value> = self.sort.iter().map(|(field, _)| sort_value(document, field, index)).collect();
                found.push(Hit { index, sort: (!self.sort.is_empty()).then_some(sort) });
            }
        }
        let all = found.iter().map(|hit| hit.index).collect();
        found.sort_by(|a, b| self.order(a.sort.as_deref(), b.sort.as_deref()));
        if let Some(after) = &self.search_after {
            found.retain(|hit| self.order(hit.sort.as_deref(), Some(after)) == Ordering::Greater);
        }
        Ok((all, found.into_iter().skip(self.from).take(self.size).collect()))
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
fn check(query: &Value, schema: &Schema) -> Result<(), Refusal> {
    // An empty document shows every refusal but those of values.
    holds(query, &json!({}), schema).map(|_| ())
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
                let (field, order) = members.iter().next().ok_or_else(|| Refusal::illegal("malformed sort"))?;
                let order = order.as_str().or_else(|| order.get("order")?.as_str());
                (field.clone(), order.map(str::to_owned))
            }
            other => {
                return Err(Refusal::illegal(format!("malformed sort format, found [{}]", kind(other))));
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

fn sort_value(document: &Value, field: &str, index: usize) -> Value {
    match field {
        "_doc" => json!(index),
        field => lookup(document, field).into_iter().next().unwrap_or_default(),
    }
}
