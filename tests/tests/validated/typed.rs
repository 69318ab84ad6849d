//! Whether whatever upstream's documents describe has a type here: documents and types are walked at once. A place is all
//! alternatives that may stand there. It is untyped when a document says what stands there and the type is no more than
//! `any`, or a map or an object without members; it is missing when nothing here has its name.

use std::collections::{BTreeMap, BTreeSet};

use elkit_tests::samples::Operation;
use serde_json::Value;

use crate::documents::Document;

/// Deeper than anything that doesn't hold itself.
const MAX_DEPTH: usize = 60;

/// A look at one document.
pub(crate) struct Walk<'a> {
    document: &'a Document,
    types: &'a Value,
    seen: BTreeSet<[Vec<*const Value>; 2]>,
    /// How many places have a type in the document.
    pub(crate) described: usize,
    pub(crate) untyped: BTreeSet<String>,
    pub(crate) missing: BTreeSet<String>,
}

impl<'a> Walk<'a> {
    /// `types` are those of the table that the stack reads.
    pub(crate) fn new(document: &'a Document, types: &'a Value) -> Self {
        let (untyped, missing) = (BTreeSet::new(), BTreeSet::new());
        Self { document, types, seen: BTreeSet::new(), described: 0, untyped, missing }
    }

    /// Walks parameters, body and answers of an operation; `row` is its row of the table.
    pub(crate) fn operation(&mut self, operation: &Operation, row: &'a Value) {
        let Some(described) = self.document.described(operation) else { return };
        let id = &operation.id;
        for (kind, name, schema) in described.parameters {
            // The client's space stands before all paths.
            if name == "spaceId" {
                continue;
            }
            let place = format!("{id} {kind} {name}");
            let own = &row[kind][name];
            match own.get("type").unwrap_or(own) {
                Value::Null => drop(self.missing.insert(place)),
                own => self.place(place, vec![own], vec![schema], 0),
            }
        }
        let body = row["body"].get("type").into_iter().collect();
        self.place(format!("{id} body"), body, described.body, 0);
        for (_, schemas) in described.answers {
            // One type stands for all statuses of success.
            let answers = row["responses"].as_object().into_iter().flatten();
            let answers = answers.filter_map(|(_, answer)| answer.get("type")).collect();
            self.place(format!("{id} answer"), answers, schemas, 0);
        }
    }

    fn place(&mut self, place: String, own: Vec<&'a Value>, upstream: Vec<&'a Value>, depth: usize) {
        let (own, upstream) = (self.own(own), self.upstream(upstream));
        let addresses = |all: &[&Value]| all.iter().map(|value| std::ptr::from_ref(*value)).collect();
        if !upstream.iter().any(|schema| says(schema))
            || depth > MAX_DEPTH
            || !self.seen.insert([addresses(&own), addresses(&upstream)])
        {
            return;
        }
        self.described += 1;
        if own.iter().all(|ty| is_open(ty)) {
            self.untyped.insert(place);
            return;
        }
        let mut members: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
        for (name, member) in own.iter().filter_map(|ty| ty["object"].as_object()).flatten() {
            members.entry(name).or_default().push(&member["type"]);
        }
        let mut properties: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
        for (name, property) in upstream.iter().filter_map(|schema| schema["properties"].as_object()).flatten() {
            properties.entry(name).or_default().push(property);
        }
        for (name, schemas) in properties {
            let at = format!("{place}.{name}");
            match members.remove(name) {
                Some(own) => self.place(at, own, schemas, depth + 1),
                None => drop(self.missing.insert(at)),
            }
        }
        for (form, keyword, step) in [("list", "items", "[]"), ("map", "additionalProperties", ".*")] {
            let inner: Vec<&Value> = upstream.iter().filter_map(|schema| schema.get(keyword)).collect();
            let own: Vec<&Value> = own.iter().filter_map(|ty| ty.get(form)).collect();
            if !own.is_empty() {
                self.place(format!("{place}{step}"), own, inner, depth + 1);
            } else if form == "list" && !inner.is_empty() {
                self.missing.insert(format!("{place}{step}"));
            }
        }
    }

    /// What types stand for: neither names nor choices.
    fn own(&self, mut left: Vec<&'a Value>) -> Vec<&'a Value> {
        let mut all = Vec::new();
        let mut names = BTreeSet::new();
        while let Some(ty) = left.pop() {
            if let Some(name) = ty["ref"].as_str() {
                left.extend(names.insert(name).then(|| &self.types[name]));
            } else if let Some(arms) = ty["any_of"].as_array() {
                left.extend(arms);
            } else {
                all.push(ty);
            }
        }
        all
    }

    /// Schemas with those that they refer to, consist of, or choose from.
    fn upstream(&self, mut left: Vec<&'a Value>) -> Vec<&'a Value> {
        let mut all = Vec::new();
        let mut seen = BTreeSet::new();
        while let Some(schema) = left.pop() {
            let schema = self.document.resolve(schema);
            if seen.insert(std::ptr::from_ref(schema)) {
                left.extend(["allOf", "anyOf", "oneOf"].iter().filter_map(|of| schema[of].as_array()).flatten());
                all.push(schema);
            }
        }
        all
    }
}

/// Whether a schema itself says what may stand somewhere.
fn says(schema: &Value) -> bool {
    let ty = schema["type"].as_str();
    // `enum: ["null"]` is how some documents say null.
    let values = schema["enum"].as_array().is_some_and(|values| values.iter().any(|value| value != "null"));
    let holds = |keyword: &str| schema[keyword].as_object().is_some_and(|inner| !inner.is_empty());
    values || holds("properties") || holds("additionalProperties") || ty.is_some_and(|ty| ty != "object")
}

/// Whether a type says no more than that something stands there.
fn is_open(ty: &Value) -> bool {
    let empty = ty["object"].as_object().is_some_and(serde_json::Map::is_empty);
    *ty == "any" || *ty == "null" || ty["map"] == "any" || empty
}
