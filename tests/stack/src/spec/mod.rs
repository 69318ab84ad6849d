//! What the specification says of every operation, read from the generated table: split once, each part read when it is
//! first needed. Knows no state and no product rules.

pub(crate) mod check;
mod flaw;
pub(crate) mod sample;
mod types;
mod wording;

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use serde_json::Value;
use serde_json::value::RawValue;

#[cfg(test)]
pub(crate) use types::Openness;
pub(crate) use types::{Definition, Object, Type};

use crate::router::{Params, Router};

/// The table, indexed.
pub(crate) struct Spec {
    pub(crate) elasticsearch: Router<usize>,
    pub(crate) kibana: Router<usize>,
    operations: Vec<Lazy<Operation>>,
    raw_types: Option<Box<RawValue>>,
    types: OnceLock<HashMap<String, Lazy<Definition>>>,
}

/// What one operation takes and answers.
#[derive(Default)]
pub(crate) struct Operation {
    pub(crate) path: BTreeMap<String, Type>,
    pub(crate) query: BTreeMap<String, Query>,
    pub(crate) body: Option<Payload>,
    pub(crate) responses: BTreeMap<String, Payload>,
    pub(crate) version: Option<String>,
    /// Elasticsearch's cluster privileges of which one is enough; none when the document names none.
    pub(crate) cluster_privileges: Vec<String>,
    /// Kibana's privileges, all of which are needed; one of those that `or` joins is enough.
    pub(crate) kibana_privileges: Vec<String>,
}

/// A query parameter.
pub(crate) struct Query {
    pub(crate) ty: Type,
    pub(crate) required: bool,
    pub(crate) list: bool,
}

/// A body, of a request or an answer.
#[derive(Default)]
pub(crate) struct Payload {
    pub(crate) media: Option<String>,
    pub(crate) required: bool,
    pub(crate) ty: Option<Type>,
}

/// An operation with the parameters that a path gave it.
pub(crate) struct Match<'a> {
    pub(crate) id: &'a str,
    pub(crate) spec: &'a Spec,
    pub(crate) operation: &'a Operation,
    pub(crate) params: Params,
}

struct Lazy<T> {
    id: String,
    raw: Box<RawValue>,
    cell: OnceLock<T>,
}

type Raw = BTreeMap<String, Box<RawValue>>;

impl Spec {
    /// Reads a table; what is malformed in it is left out.
    pub(crate) fn read(table: &str) -> Self {
        let mut spec = Self {
            elasticsearch: Router::new(),
            kibana: Router::new(),
            operations: Vec::new(),
            raw_types: None,
            types: OnceLock::new(),
        };
        let mut table: Raw = serde_json::from_str(table).unwrap_or_default();
        let operations = table.remove("operations");
        let operations: Vec<Box<RawValue>> =
            operations.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default();
        for raw in operations {
            spec.add(raw);
        }
        spec.raw_types = table.remove("types");
        spec
    }

    /// Every operation with a path of its own.
    #[cfg(test)]
    pub(crate) fn every(&self) -> impl Iterator<Item = (&str, &Operation, Value)> {
        self.operations.iter().map(|lazy| {
            let raw = serde_json::from_str(lazy.raw.get()).unwrap_or_default();
            (lazy.id.as_str(), lazy.get(Operation::read), raw)
        })
    }

    /// The definition that a use of a type means, if it means one.
    pub(crate) fn defined<'t>(&'t self, ty: &'t Type) -> Option<&'t Definition> {
        match ty {
            Type::Ref(id) => self.definition(id),
            Type::Inline(definition) => Some(definition),
            _ => None,
        }
    }

    pub(crate) fn definition(&self, id: &str) -> Option<&Definition> {
        let types = self.types.get_or_init(|| {
            let raw = self.raw_types.as_ref().map_or("{}", |raw| raw.get());
            let types: Raw = serde_json::from_str(raw).unwrap_or_default();
            types.into_iter().map(|(id, raw)| (id.clone(), Lazy::new(id, raw))).collect()
        });
        types.get(id).map(|lazy| lazy.get(Definition::read))
    }

    pub(crate) fn matched(&self, index: usize, params: &Params) -> Match<'_> {
        let lazy = &self.operations[index];
        Match { id: &lazy.id, spec: self, operation: lazy.get(Operation::read), params: params.clone() }
    }

    fn add(&mut self, raw: Box<RawValue>) {
        let parts: Raw = serde_json::from_str(raw.get()).unwrap_or_default();
        let text = |name: &str| -> String {
            parts.get(name).and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
        };
        let routes: Value =
            parts.get("routes").and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default();
        let router = match text("product").as_str() {
            "kibana" => &mut self.kibana,
            _ => &mut self.elasticsearch,
        };
        let index = self.operations.len();
        for route in routes.as_array().into_iter().flatten() {
            let verbs: Vec<&str> = route["verbs"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            if let Some(path) = route["path"].as_str() {
                router.add(&verbs, path, index);
            }
        }
        self.operations.push(Lazy::new(text("id"), raw));
    }
}

/// The first flaw of a value, read as strictly as types are written.
#[cfg(test)]
pub(crate) fn find_exact(spec: &Spec, ty: &Type, value: &Value) -> Option<String> {
    let flaw = flaw::find(spec, ty, value, flaw::Reading::Kibana);
    flaw.map(|flaw| format!("{flaw:?}"))
}

/// The name of an operation by its index.
pub(crate) fn id(spec: Option<&Spec>, index: usize) -> &str {
    spec.and_then(|spec| spec.operations.get(index)).map_or("", |lazy| lazy.id.as_str())
}

impl Match<'_> {
    pub(crate) fn takes_body(&self) -> bool {
        self.operation.body.is_some()
    }

    pub(crate) fn takes_json(&self) -> bool {
        self.operation.body.as_ref().is_none_or(Payload::is_json)
    }

    pub(crate) fn query_names(&self) -> impl Iterator<Item = &str> {
        self.operation.query.keys().map(String::as_str)
    }

    pub(crate) fn knows_query(&self, name: &str) -> bool {
        self.operation.query.contains_key(name)
    }
}

impl Payload {
    pub(crate) fn is_json(&self) -> bool {
        self.media.as_deref().is_none_or(|media| media.contains("json") && !media.contains("ndjson"))
    }

    fn read(value: &Value) -> Self {
        Self {
            media: value["media"].as_str().map(str::to_owned),
            required: value["required"] == Value::Bool(true),
            ty: value.get("type").map(Type::read),
        }
    }
}

impl Operation {
    fn read(value: &Value) -> Self {
        let members = |name: &str| value[name].as_object().into_iter().flatten();
        let flag = |value: &Value, name: &str| value[name] == Value::Bool(true);
        let query = members("query").map(|(name, value)| {
            let query = Query {
                ty: value.get("type").map_or(Type::Any, Type::read),
                required: flag(value, "required"),
                list: flag(value, "list"),
            };
            (name.clone(), query)
        });
        Self {
            path: members("path").map(|(name, ty)| (name.clone(), Type::read(ty))).collect(),
            query: query.collect(),
            body: value.get("body").filter(|body| body.is_object()).map(Payload::read),
            responses: members("responses").map(|(status, value)| (status.clone(), Payload::read(value))).collect(),
            version: value["version"].as_str().map(str::to_owned),
            cluster_privileges: types::texts(&value["privileges"]["cluster"]),
            kibana_privileges: types::texts(&value["privileges"]["kibana"]),
        }
    }
}

impl<T> Lazy<T> {
    fn new(id: String, raw: Box<RawValue>) -> Self {
        Self { id, raw, cell: OnceLock::new() }
    }

    fn get(&self, read: fn(&Value) -> T) -> &T {
        self.cell.get_or_init(|| {
            let value: Value = serde_json::from_str(self.raw.get()).unwrap_or_default();
            read(&value)
        })
    }
}
