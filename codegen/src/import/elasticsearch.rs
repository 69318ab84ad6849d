//! Elastic's `schema.json` -> spec. Facts only: descriptions, summaries and examples are never looked at, so they can't get
//! in. Members that nobody knows are ignored; a construct that nobody knows (`kind`, `variants.kind`, a behavior, a builtin)
//! is a problem with its JSON pointer.

mod operation;
mod source;
mod types;

use self::source::{Id, Source};
use super::Documented;
use crate::diagnostic::Diagnostics;
use crate::spec::model::Api;

/// Which endpoints to take.
#[derive(Clone, Copy, Debug)]
pub enum Namespaces<'a> {
    /// Every one.
    All,
    /// Those of these namespaces (`security`); the empty one holds `bulk`, `search` and their like.
    Only(&'a [&'a str]),
}

impl Namespaces<'_> {
    fn has(self, namespace: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.contains(&namespace),
        }
    }
}

/// Reads a `schema.json` and all types that the chosen endpoints reach. `file` names it in problems; `document` is the name
/// under which the spec records it (`elasticsearch-9.5`).
pub fn import(file: &str, text: &str, document: &str, namespaces: Namespaces<'_>) -> Result<Documented, Diagnostics> {
    let mut problems = Diagnostics::default();
    let Some(root) = source::parse(file, text, &mut problems) else {
        return Err(problems);
    };
    let mut source = Source::new(file, &root, &mut problems);
    let mut api = Api::default();
    for endpoint in source.endpoints() {
        let Some(id) = source.text(endpoint, "name") else {
            continue;
        };
        let namespace = id.rsplit_once('.').map_or("", |(namespace, _)| namespace);
        if !namespaces.has(namespace) {
            continue;
        }
        let operation = operation::operation(id, endpoint, &mut source);
        if api.operations.insert(id.to_owned(), operation).is_some() {
            source.problem(endpoint, format!("the endpoint `{id}` stands twice"));
        }
    }
    if api.operations.is_empty() {
        source.problem(&root, "no endpoint to take: this is no `schema.json`, or has none of the namespaces");
    }
    // Each type may name further ones; what a definition names is queued while it is read.
    while let Some(name) = source.next_type() {
        let Some(def) = types::definition(name, &mut source) else {
            continue;
        };
        api.types.insert(name.spec_id(), def);
    }
    problems.result(Documented { document: document.to_owned(), api })
}

/// `_types.query_dsl` -> `query_dsl`: components that only say where upstream keeps its files are no part of a name.
fn namespace_of(upstream: &str) -> String {
    let hidden = ["_types", "_global", "_builtins", "_spec_utils"];
    let kept: Vec<&str> = upstream.split('.').filter(|part| !hidden.contains(part)).collect();
    kept.join(".")
}

impl Id<'_> {
    fn spec_id(&self) -> String {
        match namespace_of(self.namespace) {
            namespace if namespace.is_empty() => self.name.to_owned(),
            namespace => format!("{namespace}.{}", self.name),
        }
    }
}
