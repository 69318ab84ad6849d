//! Kibana's OpenAPI documents (3.0 and 3.1) -> spec. Facts only: titles, descriptions, summaries and examples are
//! never looked at, so they can't get in. Every keyword is known or a problem with its JSON pointer; what the spec
//! has no place for is listed.

mod combine;
mod facts;
mod leaves;
mod names;
mod operation;
mod schema;
mod source;
mod state;
mod tidy;
mod unions;

use std::collections::BTreeMap;

pub use self::facts::OperationFacts;
pub use self::names::Names;
pub(crate) use self::operation::documented_id;
pub use self::source::Lost;
use self::source::Source;
use super::Documented;
use crate::diagnostic::Diagnostics;
use crate::overlay::DocumentFixup;
use crate::spec::json;
use crate::spec::model::{Api, Operation, Place, TypeDef};

/// A document and what people know about it.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The file's name, for problems.
    pub file: &'a str,
    /// Its text: JSON.
    pub text: &'a str,
    /// The name under which the spec records it (`kibana-9.3`).
    pub document: &'a str,
    /// Ids that people chose.
    pub names: &'a Names,
    /// Facts that the document states in prose alone.
    pub facts: &'a OperationFacts,
    /// Patches of broken documents; those of other documents are left alone.
    pub fixups: &'a [DocumentFixup],
}

/// What was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// What the document says.
    pub documented: Documented,
    /// What it says and the spec has no place for.
    pub lost: Lost,
}

/// Reads an OpenAPI document and all components that its operations reach.
///
/// # Errors
/// Everything that is wrong, each with its place.
pub fn import(input: Input<'_>) -> Result<Imported, Diagnostics> {
    let mut problems = Diagnostics::default();
    let mut root = match json::parse(input.text) {
        Ok(root) => root,
        Err(error) => {
            problems.add(input.file, error.span, error.message, None);
            return Err(problems);
        }
    };
    for fixup in input.fixups.iter().filter(|fixup| fixup.mends(input.document)) {
        if let Err(problem) = fixup.apply(input.document, &mut root) {
            problems.0.push(problem);
        }
    }
    let mut source = Source::new(input.file, input.document, &root, input.names);
    source.problems = problems;
    let mut api = Api::default();
    let version = root.get("openapi").and_then(json::Node::string).unwrap_or_default();
    if !version.starts_with("3.0") && !version.starts_with("3.1") {
        source.problem(&root, "this is no document of OpenAPI 3.0 or 3.1");
    }
    for entry in root.get("paths").map(|of| source.entries(of, "paths")).unwrap_or_default() {
        for operation in operation::path(&entry.key, &entry.value, input.facts, &mut source) {
            add(operation, &entry.value, &mut api, &mut source);
        }
    }
    if api.operations.is_empty() {
        source.problem(&root, "the document has no operations");
    }
    // Each type may name further ones; what a definition names is queued while it is read.
    while let Some((node, id)) = source.next_type() {
        let (schema, facts) = schema::schema(node, &mut source).with_limits(node, &mut source);
        api.types.insert(id, TypeDef { params: Vec::new(), schema, facts, place: Place::default() });
    }
    tidy::tidy(&mut api);
    let (mut problems, lost) = (source.problems, source.lost);
    problems.sort();
    problems.0.dedup();
    let documented = Documented { document: input.document.to_owned(), api };
    problems.result(Imported { documented, lost: sorted(lost) })
}

fn add<'n>(operation: Operation, node: &'n json::Node, api: &mut Api, source: &mut Source<'n>) {
    if let Some(other) = api.operations.get(&operation.id) {
        let paths = [other, &operation].map(|of| of.routes.first().map_or("", |route| route.path.as_str()));
        let message = format!("`{}` and `{}` are both `{}`", paths[0], paths[1], operation.id);
        source.problem_with(node, message, "give each a name of its own in overlay/names.toml");
    }
    api.operations.insert(operation.id.clone(), operation);
}

/// What was read twice is lost once.
fn sorted(lost: Lost) -> Lost {
    let mut all = BTreeMap::new();
    for (reason, mut pointers) in lost {
        pointers.sort();
        pointers.dedup();
        all.insert(reason, pointers);
    }
    all
}
