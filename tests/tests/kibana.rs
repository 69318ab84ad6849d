//! Every Kibana operation, with random values of its whole specification: bodies come out of their types as they went in,
//! with nothing corrected, and requests go out as they were asked for. Forms and files are checked on the wire alone.

#![cfg(feature = "kibana")]

use std::collections::BTreeSet;

use elkit_tests::conform::{Checker, Mode};
use elkit_tests::samples::{Sampler, Style, Table};
use serde_json::{Value, json};

const STYLES: [Style; 4] = [Style::Random, Style::Full, Style::Random, Style::Minimal];

#[test]
fn all_known_operations_are_there() {
    let table = Table::kibana();
    let ids: BTreeSet<&str> = table.operations.iter().map(|operation| operation.id.as_str()).collect();
    let rows = elkit_tests::dispatch::rows().filter(|row| row.product == elkit::rt::Product::Kibana);
    assert_eq!(rows.map(|row| row.id).collect::<BTreeSet<_>>(), ids);
    assert!(ids.len() >= 675, "{} operations", ids.len());
}

#[test]
fn every_body_comes_out_as_it_went_in() {
    let table = Table::kibana();
    let mut checker = Checker::new(Mode::Bodies, true).unwrap();
    let mut sampler = Sampler::new(&table, 1);
    let (mut bodies, mut failures) = (0, Vec::new());
    for style in STYLES {
        for operation in &table.operations {
            let request = sampler.request(operation, style).map(|body| ("request", body));
            let response = sampler.response(operation, style).map(|body| ("response", body));
            for (kind, body) in request.into_iter().chain(response) {
                let body = match operation.media(kind) {
                    // Where a body may be null, there is none.
                    _ if body.is_null() => continue,
                    Some("json") => body,
                    Some("ndjson") if kind == "response" => json!([body, body]),
                    Some("ndjson") => body,
                    _ => continue,
                };
                bodies += 1;
                let line = json!({"operation": operation.id, "kind": kind, "body": body}).to_string();
                if let Some(why) = checker.check(&line).why {
                    failures.push(format!("{} {kind}: {why}\n    {}", operation.id, shortened(&line)));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{} of {bodies} failed:\n{}", failures.len(), some(&failures));
    assert!(bodies > 2_500, "only {bodies} bodies");
}

#[test]
fn every_request_is_sent_as_it_was_asked_for() {
    let table = Table::kibana();
    let mut checker = Checker::new(Mode::Wire, false).unwrap();
    let mut sampler = Sampler::new(&table, 2);
    let (mut requests, mut failures) = (0, Vec::new());
    for style in STYLES {
        for operation in &table.operations {
            let raw = sampler.raw(operation, style);
            // Nothing is null in a URL.
            let given = raw.query.iter().filter(|(name, value)| value != "null" || operation.needs(name));
            let query: Vec<Value> = given.map(|(name, value)| json!([name, value])).collect();
            let line =
                json!({"product": "kibana", "method": raw.method, "path": raw.path, "query": query, "body": raw.body});
            let outcome = checker.check(&line.to_string());
            requests += 1;
            let why = match &outcome.operation {
                Some(id) if *id != operation.id => Some(format!("it was taken for {id}")),
                _ => outcome.why,
            };
            if let Some(why) = why {
                failures.push(format!("{}: {why}\n    {}", operation.id, shortened(&line.to_string())));
            }
        }
    }
    assert!(failures.is_empty(), "{} of {requests} failed:\n{}", failures.len(), some(&failures));
}

fn some(all: &[String]) -> String {
    all[..all.len().min(30)].join("\n")
}

fn shortened(text: &str) -> &str {
    &text[..text.char_indices().nth(700).map_or(text.len(), |(at, _)| at)]
}
