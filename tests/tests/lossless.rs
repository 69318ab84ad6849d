//! The property that decides whether a generated type may be trusted: whatever fits the specification comes out as it
//! went in, with nothing corrected.

use std::collections::BTreeSet;

use elkit_tests::conform::bodies::round_trip;
use elkit_tests::conform::json::Tree;
use elkit_tests::conform::{Checker, Mode};
use elkit_tests::dispatch::{self, Reader};
use elkit_tests::samples::{Sampler, Side, Style, Table};
use serde_json::{Value, json};

/// Samples of each operation.
const ROUNDS: usize = 12;

/// More samples of those that reach most types.
const DEEP_ROUNDS: usize = 120;

const DEEP: [&str; 4] =
    ["security.put_role", "security.query_api_keys", "security.update_settings", "security.get_settings"];

const STYLES: [Style; 4] = [Style::Random, Style::Full, Style::Random, Style::Minimal];

#[test]
fn every_body_comes_out_as_it_went_in() {
    let table = Table::elasticsearch();
    let mut checker = Checker::new(Mode::Bodies, true).unwrap();
    let mut sampler = Sampler::new(&table, 1);
    let (mut bodies, mut failures) = (0, Vec::new());
    for round in 0..ROUNDS + 2 * DEEP_ROUNDS {
        let style = STYLES[round % STYLES.len()];
        let deep = |id: &str| round < ROUNDS || DEEP.contains(&id);
        for operation in table.operations.iter().filter(|operation| deep(&operation.id)) {
            // Not sent here, but its choices count.
            sampler.raw(operation, style);
            let request = sampler.request(operation, style).map(|body| ("request", body));
            let response = sampler.response(operation, style).map(|body| ("response", body));
            for (kind, body) in request.into_iter().chain(response) {
                bodies += 1;
                let line = json!({"operation": operation.id, "kind": kind, "body": body}).to_string();
                let by_serde =
                    || serde_round_trip(&operation.id, kind, &body).map_err(|why| format!("by serde: {why}"));
                if let Err(why) = checker.check(&line).why.map_or_else(by_serde, Err) {
                    failures.push(format!("{} {kind}: {why}\n    {}", operation.id, shortened(&line)));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{} of {bodies} failed:\n{}", failures.len(), some(&failures));
    let unseen: Vec<String> = sampler.unseen().iter().map(|(place, choice)| format!("{place} {choice}")).collect();
    // A few stand in the rarest corners; which ones depends on the seed.
    assert!(unseen.len() < 250, "{} choices were not made in {bodies} bodies:\n{}", unseen.len(), some(&unseen));
}

/// What nobody decodes can't be lost either. This shows that values are decoded, wherever they stand: another type in
/// their place is noticed.
#[test]
fn a_value_of_another_type_is_noticed_wherever_it_stands() {
    let table = Table::elasticsearch();
    let mut checker = Checker::new(Mode::Bodies, true).unwrap();
    let mut sampler = Sampler::new(&table, 3);
    let (mut places, mut unnoticed) = (BTreeSet::new(), BTreeSet::new());
    for round in 0..ROUNDS + DEEP_ROUNDS {
        let deep = |id: &str| round < ROUNDS || DEEP.contains(&id);
        for operation in table.operations.iter().filter(|operation| deep(&operation.id)) {
            for (side, kind) in [(Side::Request, "request"), (Side::Response, "response")] {
                let Some((body, place)) = sampler.spoiled(operation, side, round % 40) else { continue };
                let line = json!({"operation": operation.id, "kind": kind, "body": body}).to_string();
                if checker.check(&line).ok() {
                    unnoticed.insert(place.clone());
                }
                places.insert(place);
            }
        }
    }
    // The range query of no type takes any value.
    let unnoticed: Vec<String> = unnoticed.into_iter().filter(|place| !place.contains("NumberRangeQuery.")).collect();
    assert!(unnoticed.is_empty(), "{} of {}:\n{}", unnoticed.len(), places.len(), some(&unnoticed));
    assert!(places.len() > 100, "only {} places", places.len());
}

/// Servers send what they want: members of another type, missing ones, nulls. All of it is kept and written back.
#[test]
fn what_does_not_fit_comes_out_as_it_went_in_too() {
    let table = Table::elasticsearch();
    let mut checker = Checker::new(Mode::Bodies, false).unwrap();
    let mut sampler = Sampler::new(&table, 4);
    let (mut bodies, mut failures) = (0, Vec::new());
    for round in 0..ROUNDS + DEEP_ROUNDS {
        let deep = |id: &str| round < ROUNDS || DEEP.contains(&id);
        for operation in table.operations.iter().filter(|operation| deep(&operation.id)) {
            let request = sampler.request(operation, Style::Random).map(|body| ("request", body));
            let response = sampler.response(operation, Style::Random).map(|body| ("response", body));
            for (kind, mut body) in request.into_iter().chain(response) {
                let damages = 1 + round % 3;
                (0..damages).for_each(|_| sampler.damage(&mut body));
                (0..round % 2).for_each(|_| sampler.drop_member(&mut body));
                bodies += 1;
                let line = json!({"operation": operation.id, "kind": kind, "body": body}).to_string();
                match checker.check(&line).why {
                    // A map of which no entry fits has nothing to give.
                    Some(why) if operation.is_map(kind) && why.starts_with("it can't be decoded") => {}
                    Some(why) => failures.push(format!("{} {kind}: {why}\n    {}", operation.id, shortened(&line))),
                    None => {}
                }
            }
        }
    }
    assert!(failures.is_empty(), "{} of {bodies} failed:\n{}", failures.len(), some(&failures));
}

#[test]
fn every_request_is_sent_as_it_was_asked_for() {
    let table = Table::elasticsearch();
    let mut checker = Checker::new(Mode::Wire, false).unwrap();
    let mut sampler = Sampler::new(&table, 2);
    let (mut requests, mut failures) = (0, Vec::new());
    for round in 0..ROUNDS {
        let style = STYLES[round % STYLES.len()];
        for operation in &table.operations {
            let raw = sampler.raw(operation, style);
            let query: Vec<Value> = raw.query.iter().map(|(name, value)| json!([name, value])).collect();
            let line = json!({"product": "elasticsearch", "method": raw.method, "path": raw.path, "query": query, "body": raw.body});
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

/// What a user does who keeps models in a file.
fn serde_round_trip(operation: &str, kind: &str, body: &Value) -> Result<(), String> {
    let row = dispatch::find(operation).ok_or("no row")?;
    let recode = if kind == "request" { row.request } else { row.response };
    round_trip(recode, &Tree::parse(&body.to_string())?, Reader::Serde, true)
}

fn some(all: &[String]) -> String {
    all[..all.len().min(30)].join("\n")
}

fn shortened(text: &str) -> &str {
    &text[..text.char_indices().nth(1500).map_or(text.len(), |(at, _)| at)]
}
