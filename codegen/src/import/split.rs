//! The spec -> what each document says: the inverse of `join.rs`.

use std::collections::{BTreeMap, BTreeSet};

use crate::spec::model::{Api, Enum, Facts, Member, Object, Operation, Place, Schema, TypeDef, Union};

/// What people wrote (it names no documents), and what each document says.
pub(super) fn split(spec: &Api) -> (Api, BTreeMap<String, Api>) {
    let facts = spec.operations.values().map(|operation| &operation.facts);
    let facts = facts.chain(spec.types.values().map(|def| &def.facts));
    let names: BTreeSet<&String> = facts.flat_map(|facts| &facts.documents).collect();
    let documents = names.into_iter().map(|name| (name.clone(), said_by(name, spec))).collect();
    let mut hand = spec.clone();
    hand.operations.retain(|_, operation| operation.facts.documents.is_empty());
    hand.types.retain(|_, def| def.facts.documents.is_empty());
    (hand, documents)
}

fn said_by(document: &str, spec: &Api) -> Api {
    let stands = |facts: &Facts| facts.documents.iter().any(|name| name == document);
    let operations = spec.operations.iter().filter(|(_, operation)| stands(&operation.facts));
    let types = spec.types.iter().filter(|(_, def)| stands(&def.facts));
    Api {
        operations: operations.map(|(id, of)| (id.clone(), operation(of, document))).collect(),
        types: types.map(|(id, def)| (id.clone(), type_def(def, document))).collect(),
    }
}

/// Whether something stands in a document: nothing said means as what encloses it.
fn stands_in(documents: &[String], document: &str) -> bool {
    documents.is_empty() || documents.iter().any(|name| name == document)
}

fn operation(of: &Operation, document: &str) -> Operation {
    let mut operation = of.clone();
    operation.facts.documents.clear();
    operation.query = members(&of.query, document);
    operation.headers = members(&of.headers, document);
    operation.body = operation.body.filter(|body| stands_in(&body.documents, document));
    if let Some(body) = &mut operation.body {
        let required_in = std::mem::take(&mut body.required_in);
        body.required |= required_in.iter().any(|name| name == document);
    }
    operation.responses.retain(|_, response| stands_in(&response.documents, document));
    let bodies = operation.body.iter_mut().map(|body| (&mut body.content, &mut body.documents));
    let responses = operation.responses.values_mut();
    for (content, documents) in bodies.chain(responses.map(|r| (&mut r.content, &mut r.documents))) {
        documents.clear();
        for of in content.values_mut() {
            *of = schema(of, document);
        }
    }
    operation
}

fn type_def(of: &TypeDef, document: &str) -> TypeDef {
    let (schema, facts) = reading(&of.schema, &of.facts, document);
    TypeDef { schema, facts, ..of.clone() }
}

fn members(of: &[Member], document: &str) -> Vec<Member> {
    let standing = of.iter().filter(|member| stands_in(&member.facts.documents, document));
    standing.map(|of| member(of, document)).collect()
}

fn member(of: &Member, document: &str) -> Member {
    let required = of.required || of.facts.required_in.iter().any(|name| name == document);
    let (schema, facts) = reading(&of.schema, &of.facts, document);
    // Where it was read is no part of what a document says: two documents that say the same are equal.
    Member { name: of.name.clone(), required, schema, facts, place: Place::default() }
}

/// The type and facts that a document gives something.
fn reading(of: &Schema, facts: &Facts, document: &str) -> (Schema, Facts) {
    let other = facts.differs.iter().find(|reading| stands_in(&reading.documents, document));
    let (of, facts) = other.map_or((of, facts), |reading| (&reading.schema, &reading.facts));
    let (documents, required_in, differs) = <_>::default();
    (schema(of, document), Facts { documents, required_in, differs, ..facts.clone() })
}

fn schema(of: &Schema, document: &str) -> Schema {
    let boxed = |of: &Schema| Box::new(schema(of, document));
    match of {
        Schema::List(item) => Schema::List(boxed(item)),
        Schema::Map(key, value) => Schema::Map(boxed(key), boxed(value)),
        Schema::Pair(key, value) => Schema::Pair(boxed(key), boxed(value)),
        Schema::Union(union) => {
            let of = union.of.iter().map(|of| schema(of, document)).collect();
            Schema::Union(Union { of, ..union.clone() })
        }
        Schema::Object(object) => Schema::Object(Object {
            members: members(&object.members, document),
            variants: members(&object.variants, document),
            ..object.clone()
        }),
        Schema::Enum(set) => {
            let mut values = set.values.clone();
            values.retain(|value| stands_in(&value.facts.documents, document));
            values.iter_mut().for_each(|value| value.facts.documents.clear());
            Schema::Enum(Enum { values, open: set.open })
        }
        Schema::Any | Schema::Scalar(_) | Schema::Literal(_) | Schema::Ref { .. } => of.clone(),
    }
}
