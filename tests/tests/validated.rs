//! An independent JSON Schema validator takes every request and answer of Kibana against upstream's own documents: requests
//! as typed calls send them, answers as typed ones are written. Where the documents contradict themselves, the row of an
//! exception says how; a row or a reading that nothing needs fails. The parts of a form are taken as they were before
//! they became one. Elasticsearch is left out: its `schema.json` is a metamodel of its own, and no JSON Schema.

#![cfg(feature = "kibana")]

#[path = "validated/dialect.rs"]
mod dialect;
#[path = "validated/documents.rs"]
mod documents;
#[path = "validated/exceptions.rs"]
mod exceptions;
#[path = "validated/typed.rs"]
mod typed;

use std::collections::{BTreeMap, BTreeSet};

use elkit::rt::Product;
use elkit_stack::Stack;
use elkit_tests::conform::route;
use elkit_tests::dispatch::{self, Clients, Parts, Reader};
use elkit_tests::samples::{Operation, Sampler, Style, Table};
use serde_json::Value;

use dialect::Reading;
use documents::Validators;
use exceptions::EXCEPTIONS;
use typed::Walk;

const SEED: u64 = 11;

const STYLES: [Style; 3] = [Style::Full, Style::Random, Style::Minimal];

/// A body: `request` or `response`.
struct Body<'a> {
    operation: &'a Operation,
    kind: &'static str,
    value: Value,
}

#[tokio::test]
async fn bodies_are_what_upstream_describes() {
    let Some(documents) = documents::read() else { return };
    let table = Table::kibana();
    let mut bodies = answered(&table);
    bodies.extend(sent(&table).await);
    let mut validators = Validators::of(&documents);
    let mut found = Found::default();
    for body in &bodies {
        found.check(&mut validators, body);
    }
    println!("seed {SEED}: {} bodies, {} of which no document describes", bodies.len(), found.undescribed);
    println!("{} schemas; bodies by reading: {:?}; excepted: {}", validators.count(), found.read, found.excepted);
    for index in &found.used {
        println!("  {}", EXCEPTIONS[*index].shown());
    }
    assert!(found.flaws.is_empty(), "{} flaws:\n{}", found.flaws.len(), found.flaws.join("\n"));
    let unused: Vec<_> = EXCEPTIONS.iter().enumerate().filter(|(index, _)| !found.used.contains(index)).collect();
    assert!(unused.is_empty(), "nothing needs {unused:?}");
    let unread: Vec<_> = Reading::ALL.iter().filter(|reading| !found.read.contains_key(*reading)).collect();
    assert!(unread.is_empty(), "nothing is read as {unread:?}");
    assert!(
        found.read[&Reading::Strict] >= 3_000,
        "only {} bodies are valid as they are",
        found.read[&Reading::Strict]
    );
}

/// Places that a document describes and that have no type, or no name, here; and why. `*` is anything.
const UNTYPED: [(&str, &str); 12] = [
    ("alerting.rules.find answer.*", "both documents describe one rule; servers answer a page of them"),
    ("apm.agent_configurations.delete body.*", "8.18 describes what 9.3 has in `service`"),
    ("cases.comments.find answer.*", "both documents describe a case; servers answer a page of comments"),
    ("connectors.run answer.*", "both documents describe the connector; servers answer what came of the run"),
    ("detection_engine.rules.export answer", "a file by the documents; its lines are read one by one"),
    ("endpoint.actions.get_log query query", "8.18 names an object; its members are the parameters"),
    ("exception_lists.export answer", "a file by the documents; its lines are read one by one"),
    ("security_ai_assistant.conversations.delete answer", "both documents describe the conversation that is gone"),
    ("spaces.list query include_authorized_purposes[]", "alternatives that overlap; servers take a truth value"),
    ("streams.put body.stream.name", "9.3 says `not: {}`: it must not be there"),
    ("timelines.* answer.data", "8.18 has in `data` what 9.3 answers itself"),
    ("timelines.export answer", "a file by the documents; its lines are read one by one"),
];

#[test]
fn what_upstream_describes_has_a_type() {
    let Some(documents) = documents::read() else { return };
    let raw: Value = serde_json::from_str(include_str!("../stack/src/kibana_table.json")).unwrap();
    let table = Table::kibana();
    let mut used = BTreeSet::new();
    let mut flaws = Vec::new();
    let (mut described, mut untyped) = (0, 0);
    for document in &documents {
        let mut walk = Walk::new(document, &raw["types"]);
        for (operation, row) in table.operations.iter().zip(raw["operations"].as_array().unwrap()) {
            walk.operation(operation, row);
        }
        println!(
            "{}: {} places, {} untyped, {} missing",
            document.name,
            walk.described,
            walk.untyped.len(),
            walk.missing.len()
        );
        described += walk.described;
        untyped += walk.untyped.len() + walk.missing.len();
        for place in walk.untyped.iter().chain(&walk.missing) {
            let known = UNTYPED.iter().find(|(known, _)| match known.split_once('*') {
                Some((start, end)) => place.starts_with(start) && place.ends_with(end),
                None => place == known,
            });
            match known {
                Some((known, _)) => drop(used.insert(*known)),
                None => flaws.push(format!("{}: {place}", document.name)),
            }
        }
    }
    println!(
        "{untyped} of {described} places that have a type upstream have none, or no name: {:.2} %",
        100.0 * untyped as f64 / described as f64
    );
    assert!(flaws.is_empty(), "{} places have no type:\n{}", flaws.len(), flaws.join("\n"));
    let unused: Vec<_> = UNTYPED.iter().filter(|(known, _)| !used.contains(known)).collect();
    assert!(unused.is_empty(), "these have a type: {unused:?}");
    assert!(described > 14_000 && untyped * 100 < described * 3, "{untyped} of {described}");
}

#[derive(Default)]
struct Found {
    undescribed: usize,
    /// Bodies by the strictest reading that takes them.
    read: BTreeMap<Reading, usize>,
    excepted: usize,
    used: BTreeSet<usize>,
    flaws: Vec<String>,
}

impl Found {
    fn check(&mut self, validators: &mut Validators<'_>, body: &Body<'_>) {
        let (id, kind) = (&body.operation.id, body.kind);
        let mut refused = None;
        for reading in Reading::ALL {
            let Some(validator) = validators.of_body(body.operation, kind, reading) else {
                self.undescribed += 1;
                return;
            };
            if validator.is_valid(&body.value) {
                *self.read.entry(reading).or_default() += 1;
                return;
            }
            refused = Some(validator);
        }
        let errors: Vec<_> = refused.into_iter().flat_map(|validator| validator.iter_errors(&body.value)).collect();
        self.excepted += 1;
        for error in errors.iter().filter(|error| !exceptions::explain(id, kind, error, &mut self.used)) {
            let shown: String = error.to_string().chars().take(700).collect();
            self.flaws.push(format!("{id} {kind} `{}`: {shown}", error.instance_path()));
        }
    }
}

/// Answers of servers, as typed answers write them.
fn answered(table: &Table) -> Vec<Body<'_>> {
    let mut sampler = Sampler::careful(table, SEED);
    let mut bodies = Vec::new();
    for style in STYLES {
        for operation in &table.operations {
            // The documents describe lines and files as wholes.
            let is_json = operation.media("response") == Some("json");
            let Some(value) = sampler.response(operation, style).filter(|_| is_json) else { continue };
            let row = dispatch::find(&operation.id).unwrap();
            let recoded = (row.response)(&value.to_string(), Reader::Transport);
            let recoded = recoded.unwrap_or_else(|why| panic!("{}: {why}: {value}", operation.id));
            let value = serde_json::from_str(&recoded.json).unwrap();
            bodies.push(Body { operation, kind: "response", value });
        }
    }
    bodies
}

/// Requests as they arrive at the stack, and the typed answers to them.
async fn sent(table: &Table) -> Vec<Body<'_>> {
    let stack = Stack::start().await.unwrap();
    let clients = Clients::of(&stack);
    let mut sampler = Sampler::careful(table, SEED);
    let mut bodies = Vec::new();
    for style in STYLES {
        for operation in &table.operations {
            let raw = sampler.raw(operation, style);
            let matched = route::find(Product::Kibana, &raw.method, &raw.path).unwrap();
            let mut parts = Parts::of(Product::Kibana);
            parts.path = matched.path;
            parts.query = raw.query;
            parts.body = raw.body.as_ref().map(ToString::to_string);
            stack.clear_requests();
            let sent = (matched.row.call)(&clients, parts).await.unwrap();
            let arrived = stack.requests().pop().unwrap();
            let is_form = operation.media("request") == Some("multipart");
            let request = if is_form { raw.body } else { arrived.json() };
            bodies.extend(request.map(|value| Body { operation, kind: "request", value }));
            let answer = sent.typed.filter(|_| sent.status.to_string() == operation.status);
            bodies.extend(answer.map(|value| Body { operation, kind: "response", value }));
        }
    }
    bodies
}
