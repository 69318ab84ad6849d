//! Which types an API's calls reach, and which of them users make: those alone have code.

use std::collections::BTreeSet;

use crate::spec::model::{Api, Member, Operation, Schema};

/// Ids of types.
#[derive(Debug, Default)]
pub(super) struct Reach {
    /// Those that requests hold.
    pub(super) requested: BTreeSet<String>,
    /// Those that requests or answers hold.
    pub(super) all: BTreeSet<String>,
}

impl Reach {
    pub(super) fn of(api: &Api) -> Self {
        let mut requested = Vec::new();
        let mut answered = Vec::new();
        for operation in api.operations.values() {
            let members = operation.path.iter().chain(&operation.query);
            let body = operation.body.iter().flat_map(|body| body.content.values());
            members.map(|member| &member.schema).chain(body).for_each(|schema| names(schema, &mut requested));
            let answer = success(operation).into_iter().flat_map(|(_, answer)| answer.content.values());
            answer.for_each(|schema| names(schema, &mut answered));
        }
        let requested = closure(api, requested);
        let mut all = closure(api, answered);
        all.extend(requested.iter().cloned());
        Self { requested, all }
    }
}

/// The answer that calls give back: the first that is a success, or the first there is.
pub(super) fn success(operation: &Operation) -> Option<(&String, &crate::spec::model::Response)> {
    let success = operation.responses.iter().find(|(status, _)| status.starts_with('2'));
    success.or_else(|| operation.responses.iter().next())
}

fn closure(api: &Api, mut open: Vec<String>) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    while let Some(id) = open.pop() {
        if let Some(def) = api.types.get(&id)
            && reached.insert(id)
        {
            names(&def.schema, &mut open);
        }
    }
    reached
}

/// The types that a schema names. A parameter of a generic type names none.
pub(super) fn names(schema: &Schema, into: &mut Vec<String>) {
    let members = |members: &[Member], into: &mut Vec<String>| {
        members.iter().for_each(|member| names(&member.schema, into));
    };
    match schema {
        Schema::Ref { name, args } => {
            into.push(name.clone());
            args.iter().for_each(|arg| names(arg, into));
        }
        Schema::List(item) => names(item, into),
        Schema::Map(key, value) | Schema::Pair(key, value) => {
            names(key, into);
            names(value, into);
        }
        Schema::Union(union) => union.of.iter().for_each(|arm| names(arm, into)),
        Schema::Object(object) => {
            object.extends.iter().for_each(|base| names(base, into));
            members(&object.members, into);
            members(&object.variants, into);
            if let Some(additional) = &object.additional {
                names(&additional.key, into);
                names(&additional.value, into);
            }
        }
        Schema::Any | Schema::Scalar(_) | Schema::Literal(_) | Schema::Enum(_) => {}
    }
}
