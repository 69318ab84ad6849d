//! Upstream documents -> spec. Pure and deterministic: the same documents give the same spec, in whatever order they come,
//! and what people wrote by hand is never touched.

pub mod elasticsearch;
mod join;
pub mod openapi;
mod order;
pub mod sources;
mod split;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::spec::model::{Api, Operation};
use crate::spec::{operation_path, split_id, types_path};

/// What one upstream document says. Nothing in `api` names documents: everything stands in this one.
#[derive(Clone, Debug, PartialEq)]
pub struct Documented {
    /// The name under which the spec records it: `elasticsearch-9.5`.
    pub document: String,
    /// What it says.
    pub api: Api,
}

/// The spec after `new` was imported: what that document said before is replaced, all others and what people wrote stay.
///
/// # Errors
/// When something stands both in a document and in a file that a person wrote.
pub fn merge(spec: &Api, new: Documented) -> Result<Api, Diagnostics> {
    let (hand, mut documents) = split::split(spec);
    documents.insert(new.document, new.api);
    let mut merged = join::join(documents);
    let mut problems = Diagnostics::default();
    report_twins(&hand, &merged, &mut problems);
    merged.operations.extend(hand.operations);
    merged.types.extend(hand.types);
    problems.result(merged)
}

/// Paths of the files that hold nothing but what people wrote: an import leaves even their layout alone.
pub fn hand_written_files(api: &Api) -> BTreeSet<String> {
    let operations = api.operations.iter().map(|(id, operation)| (operation_path(id), &operation.facts));
    let types = api.types.iter().map(|(id, def)| (types_path(split_id(id).0), &def.facts));
    let mut hand = HashMap::new();
    for (path, facts) in operations.chain(types) {
        *hand.entry(path).or_insert(true) &= facts.documents.is_empty();
    }
    hand.into_iter().filter_map(|(path, hand)| hand.then_some(path)).collect()
}

/// Verb and path of every route, whatever its parameters are called: two operations never share one.
pub(crate) fn calls(operation: &Operation) -> impl Iterator<Item = (&str, String)> {
    operation.routes.iter().flat_map(|route| {
        let path = anonymous(&route.path);
        route.verbs.iter().map(move |verb| (verb.as_str(), path.clone()))
    })
}

/// A path template without the names of its parameters.
pub(crate) fn anonymous(path: &str) -> String {
    path.split(['{', '}']).enumerate().map(|(index, part)| if index % 2 == 0 { part } else { "{}" }).collect()
}

/// What a person wrote and a document now says too must not become two methods.
fn report_twins(hand: &Api, imported: &Api, problems: &mut Diagnostics) {
    let mut by_call = BTreeMap::new();
    for operation in imported.operations.values() {
        by_call.extend(calls(operation).map(|call| (call, operation)));
    }
    for operation in hand.operations.values() {
        let same_id = imported.operations.get(&operation.id);
        let Some(twin) = same_id.or_else(|| calls(operation).find_map(|call| by_call.get(&call).copied())) else {
            continue;
        };
        let documents = twin.facts.documents.join(", ");
        let message = format!("`{}` is written by hand and stands in {documents} as `{}`", operation.id, twin.id);
        let route = twin.routes.first();
        let call = route.and_then(|route| Some(format!("{} {}", route.verbs.first()?, route.path))).unwrap_or_default();
        let mut help = "remove the hand-written file".to_owned();
        if documents.starts_with("kibana") && twin.id != operation.id {
            help.push_str("; to keep its name, add this to overlay/names.toml and import again:\n");
            help.push_str(&format!("[kibana.operations]\n\"{call}\" = \"{}\"", operation.id));
        }
        problems.0.push(Diagnostic {
            file: operation.place.file.clone(),
            span: operation.place.span,
            message,
            upstream: Some(format!("`{call}` in {documents}")),
            help: Some(help),
            ..Diagnostic::default()
        });
    }
    for (id, def) in &hand.types {
        if let Some(twin) = imported.types.get(id) {
            let documents = twin.facts.documents.join(", ");
            let message = format!("the type `{id}` is written by hand and stands in {documents}");
            let help = "remove the hand-written type or give it another name".to_owned();
            problems.add(&def.place.file, def.place.span, message, Some(help));
        }
    }
}
