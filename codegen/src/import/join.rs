//! What each document says -> the spec. The newest document wins; whatever stands in fewer documents than what encloses it
//! says so, and a member is required only when every document requires it. `split.rs` is the inverse.

use std::collections::{BTreeMap, BTreeSet};

use super::order;
use crate::spec::model::{
    Api, Body, Enum, EnumValue, Facts, Json, Member, Object, Operation, Reading, Response, Schema, TypeDef,
};

/// The spec of all documents.
pub(super) fn join(documents: BTreeMap<String, Api>) -> Api {
    let mut newest_first: Vec<(String, Api)> = documents.into_iter().collect();
    newest_first.sort_by_key(|(name, _)| std::cmp::Reverse(version_key(name)));
    // The spec can keep one order of members alone, that of the newest version; other documents have none to be lost.
    let newest = newest_first.iter().position(|(name, _)| is_versioned(name)).unwrap_or_default();
    let others = newest_first.iter_mut().enumerate().filter(|(index, _)| *index != newest);
    others.for_each(|(_, (_, api))| order::sort(api));
    let mut api = Api::default();
    let operations = newest_first.iter().map(|(name, api)| (name.as_str(), api.operations.iter()));
    for (id, said) in by_key(operations) {
        api.operations.insert(id.clone(), operation(&said));
    }
    let types = newest_first.iter().map(|(name, api)| (name.as_str(), api.types.iter()));
    for (id, said) in by_key(types) {
        api.types.insert(id.clone(), type_def(&said));
    }
    api
}

/// What documents say of one thing, newest first.
type Said<'a, T> = Vec<(&'a str, &'a T)>;

/// Documents are ordered by the numbers in their names, then by name: `kibana-8.18` is older than `kibana-9.3`. One without a
/// number describes what is being developed, so it is the newest.
fn version_key(name: &str) -> (bool, Vec<u64>, String) {
    let numbers = name.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok());
    (!is_versioned(name), numbers.collect(), name.to_owned())
}

fn is_versioned(name: &str) -> bool {
    name.contains(|c: char| c.is_ascii_digit())
}

/// Groups by key, in the order of the newest document; what only older ones have follows what it follows there.
fn by_key<'a, K: Ord + 'a, T: 'a>(
    documents: impl Iterator<Item = (&'a str, impl Iterator<Item = (&'a K, &'a T)>)>,
) -> Vec<(&'a K, Said<'a, T>)> {
    let mut grouped: Vec<(&K, Said<'_, T>)> = Vec::new();
    let mut known = BTreeSet::new();
    for (document, entries) in documents {
        let mut at = 0;
        for (key, value) in entries {
            if known.insert(key) {
                grouped.insert(at, (key, Vec::new()));
            } else {
                // Documents mostly agree on the order, so the key is near.
                let places = (at..grouped.len()).chain(0..at);
                at = places.into_iter().find(|place| grouped[*place].0 == key).unwrap_or(at);
            }
            grouped[at].1.push((document, value));
            at += 1;
        }
    }
    grouped
}

/// The documents to write down, oldest first: none when they are all that enclose.
fn documents<T>(said: &Said<'_, T>, enclosing: usize) -> Vec<String> {
    if said.len() == enclosing { Vec::new() } else { all_documents(said) }
}

fn all_documents<T>(said: &Said<'_, T>) -> Vec<String> {
    said.iter().rev().map(|(document, _)| (*document).to_owned()).collect()
}

/// The same documents, with a part of what each says.
fn part<'a, T, U>(said: &Said<'a, T>, of: impl Fn(&'a T) -> &'a U) -> Said<'a, U> {
    said.iter().map(|(document, value)| (*document, of(value))).collect()
}

fn operation(said: &Said<'_, Operation>) -> Operation {
    let count = said.len();
    let mut joined = said[0].1.clone();
    joined.facts.documents = all_documents(said);
    joined.query = members(&part(said, |operation| &operation.query));
    joined.headers = members(&part(said, |operation| &operation.headers));
    let bodies: Said<'_, Body> =
        said.iter().filter_map(|(document, of)| Some((*document, of.body.as_ref()?))).collect();
    joined.body = (!bodies.is_empty()).then(|| {
        let (required, required_in) = requiring(&bodies, count, |body| body.required);
        let content = content(part(&bodies, |body| &body.content));
        let documents = documents(&bodies, count);
        Body { required, required_in, content, name: bodies[0].1.name.clone(), documents }
    });
    let responses = said.iter().map(|(document, operation)| (*document, operation.responses.iter()));
    for (status, said) in by_key(responses) {
        let response = Response {
            content: content(part(&said, |response| &response.content)),
            name: said[0].1.name.clone(),
            documents: documents(&said, count),
        };
        joined.responses.insert(status.clone(), response);
    }
    joined
}

/// Its media are those of the newest document: what travels in another one by an older is not a second choice.
fn content(said: Said<'_, BTreeMap<String, Schema>>) -> BTreeMap<String, Schema> {
    let newest = said.iter().find(|(_, content)| !content.is_empty());
    let is_known = |media: &&String| newest.is_some_and(|(_, content)| content.contains_key(*media));
    let media = by_key(said.iter().map(|(document, content)| (*document, content.iter())));
    let media = media.into_iter().filter(|(media, _)| is_known(media));
    media.map(|(media, said)| (media.clone(), agreed(&said).0)).collect()
}

fn type_def(said: &Said<'_, TypeDef>) -> TypeDef {
    let newest = said[0].1;
    let (schema, differs) = reading(&part(said, |def| &def.schema), &part(said, |def| &def.facts));
    let facts = Facts { documents: all_documents(said), differs, ..newest.facts.clone() };
    TypeDef { schema, facts, ..newest.clone() }
}

fn members(said: &Said<'_, Vec<Member>>) -> Vec<Member> {
    let named = said.iter().map(|(document, members)| (*document, members.iter().map(|m| (&m.name, m))));
    by_key(named).iter().map(|(_, of)| member(of, said.len())).collect()
}

fn member(said: &Said<'_, Member>, enclosing: usize) -> Member {
    let newest = said[0].1;
    let (required, required_in) = requiring(said, enclosing, |member| member.required);
    let (schema, differs) = reading(&part(said, |member| &member.schema), &part(said, |member| &member.facts));
    let documents = documents(said, enclosing);
    let facts = Facts { documents, required_in, differs, ..newest.facts.clone() };
    Member { required, schema, facts, ..newest.clone() }
}

/// Whether all enclosing documents require something; else those that do.
fn requiring<T>(said: &Said<'_, T>, enclosing: usize, of: impl Fn(&T) -> bool) -> (bool, Vec<String>) {
    let requiring: Said<'_, T> = said.iter().filter(|(_, value)| of(value)).copied().collect();
    let all = requiring.len() == enclosing;
    (all, if all { Vec::new() } else { all_documents(&requiring) })
}

/// The type that the newest document gives, widened by all that can be joined with it; and what the others say.
fn reading(schemas: &Said<'_, Schema>, facts: &Said<'_, Facts>) -> (Schema, Vec<Reading>) {
    let (schema, others) = agreed(schemas);
    let mut differs: Vec<Reading> = Vec::new();
    for index in others.into_iter().rev() {
        let (document, schema) = schemas[index];
        let facts = facts[index].1;
        match differs.iter_mut().find(|known| known.schema == *schema && known.facts == *facts) {
            Some(known) => known.documents.push(document.to_owned()),
            None => differs.push(Reading {
                documents: vec![document.to_owned()],
                schema: schema.clone(),
                facts: facts.clone(),
            }),
        }
    }
    (schema, differs)
}

/// All schemas that can be joined with the newest as one, and the places of the rest.
fn agreed(said: &Said<'_, Schema>) -> (Schema, Vec<usize>) {
    let newest = said[0].1;
    let (agreeing, others): (Vec<usize>, Vec<usize>) = (0..said.len()).partition(|i| fits(newest, said[*i].1));
    (schema(&agreeing.into_iter().map(|index| said[index]).collect()), others)
}

/// Whether two schemas are the same but for members and values that one of them lacks.
fn fits(left: &Schema, right: &Schema) -> bool {
    match (left, right) {
        (Schema::List(left), Schema::List(right)) => fits(left, right),
        (Schema::Map(key, value), Schema::Map(other_key, other_value))
        | (Schema::Pair(key, value), Schema::Pair(other_key, other_value)) => {
            key == other_key && fits(value, other_value)
        }
        (Schema::Object(left), Schema::Object(right)) => {
            let shape = |of: &Object| {
                let (members, variants) = <_>::default();
                Object { members, variants, ..of.clone() }
            };
            shape(left) == shape(right)
        }
        (Schema::Enum(left), Schema::Enum(right)) => left.open == right.open,
        _ => left == right,
    }
}

/// One schema of all; they fit each other.
fn schema(said: &Said<'_, Schema>) -> Schema {
    let newest = said[0].1;
    let inner = |of: fn(&Schema) -> Option<&Schema>| {
        let parts = said.iter().filter_map(|(document, schema)| Some((*document, of(schema)?)));
        Box::new(schema(&parts.collect()))
    };
    match newest {
        Schema::List(_) => Schema::List(inner(value)),
        Schema::Map(key, _) => Schema::Map(key.clone(), inner(value)),
        Schema::Pair(key, _) => Schema::Pair(key.clone(), inner(value)),
        Schema::Object(newest) => {
            let objects: Said<'_, Object> =
                said.iter().filter_map(|(document, schema)| Some((*document, object(schema)?))).collect();
            let variants = members(&part(&objects, |object| &object.variants));
            let members = members(&part(&objects, |object| &object.members));
            Schema::Object(Object { members, variants, ..newest.clone() })
        }
        Schema::Enum(newest) => Schema::Enum(Enum { values: values(said), open: newest.open }),
        _ => newest.clone(),
    }
}

fn value(of: &Schema) -> Option<&Schema> {
    match of {
        Schema::List(value) | Schema::Map(_, value) | Schema::Pair(_, value) => Some(value),
        _ => None,
    }
}

fn object(of: &Schema) -> Option<&Object> {
    if let Schema::Object(object) = of { Some(object) } else { None }
}

fn values(said: &Said<'_, Schema>) -> Vec<EnumValue> {
    let sets = said.iter().filter_map(|(document, schema)| match schema {
        Schema::Enum(set) => Some((*document, &set.values)),
        _ => None,
    });
    let sets: Said<'_, Vec<EnumValue>> = sets.collect();
    let keyed: Vec<(&str, Vec<(String, &EnumValue)>)> = sets
        .iter()
        .map(|(document, values)| (*document, values.iter().map(|v| (text(&v.value), v)).collect()))
        .collect();
    let by_value = by_key(keyed.iter().map(|(document, values)| (*document, values.iter().map(|(k, v)| (k, v)))));
    let join = |(_, said): (&String, Said<'_, &EnumValue>)| {
        let newest: &EnumValue = said[0].1;
        let documents = documents(&said, sets.len());
        EnumValue { value: newest.value.clone(), facts: Facts { documents, ..newest.facts.clone() } }
    };
    by_value.into_iter().map(join).collect()
}

/// `"1"` and `1` are different values.
fn text(value: &Json) -> String {
    value.to_string()
}
