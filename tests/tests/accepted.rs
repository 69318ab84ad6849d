//! Requests that the specification allows, with all their parameters, through typed calls and the real transport to the
//! embedded stack: what it answers is read without a correction, and its check of Kibana's requests refuses none. What a
//! handler refuses for what the values mean is data; Elasticsearch's handlers have so many rules of that kind that only
//! its answers are held.

#![cfg(feature = "kibana")]

use std::collections::{BTreeMap, BTreeSet};

use elkit::rt::Product;
use elkit_stack::Stack;
use elkit_tests::conform::route;
use elkit_tests::dispatch::{Clients, Parts, Sent};
use elkit_tests::samples::{Operation, RawRequest, Sampler, Style, Table};

const SEED: u64 = 7;

const STYLES: [Style; 3] = [Style::Full, Style::Random, Style::Minimal];

/// How often what handlers may refuse is asked: two settings that exclude one another are seldom drawn.
const MOST_ROUNDS: usize = 100;

/// What handlers refuse in values that their types allow: the operation, or the namespace of several, and why.
const MEANINGS: [(&str, &str); 36] = [
    ("alerting.rules.", "Rule type \""),
    ("alerting.rules.", "string is not a valid duration"),
    ("alerting.rules.", "Failed to load action"),
    ("alerting.rules.find", "KQLSyntaxError"),
    // Of another type than the rule's.
    ("alerting.rules.update", "[request body.params"),
    ("cases.create", "field cannot be an empty string"),
    ("cases.create", "customFields"),
    ("connectors.", "Action type \""),
    // Of another type than the connector's.
    ("connectors.update", "[request body."),
    ("data_views.create", "Duplicate data view"),
    ("data_views.create", "[an empty text]"),
    ("data_views.runtime_fields.", "[request body.name]"),
    ("data_views.update_field_metadata", "Change set is empty"),
    // A file that its document does not require.
    ("detection_engine.rules.import", "Unsupported Media Type"),
    ("endpoint.scripts.update", "Unsupported Media Type"),
    ("exception_lists.import", "Unsupported Media Type"),
    ("saved_objects.resolve_import_errors", "Unsupported Media Type"),
    ("value_lists.items.import", "Unsupported Media Type"),
    ("roles.", "failed to parse"),
    ("roles.", "unknown "),
    ("roles.", "[request body.kibana."),
    ("roles.", "invalid privilege found in remote cluster"),
    ("roles.", "[base] or [feature] is expected"),
    ("saved_objects.", "Unsupported saved object type"),
    ("saved_objects.export", "properties when exporting"),
    ("saved_objects.find", "KQLSyntaxError"),
    ("saved_objects.export", "Either `type` or `objects` are required"),
    ("saved_objects.export", "non-exportable type"),
    ("saved_objects.import", "cannot use [overwrite] with [createNewCopies]"),
    ("saved_objects.import", "every line must be a JSON object"),
    ("saved_objects.resolve_import_errors", "every line must be a JSON object"),
    ("spaces.update", "Space ID does not match the path"),
    ("spaces.", "must be lower case, a-z, 0-9, '_', and '-' are allowed"),
    ("spaces.", "[request body."),
    ("spaces.copy_saved_objects", "cannot use [overwrite] with [createNewCopies]"),
    ("spaces.list", "expected value to equal [false]"),
];

/// Namespaces that keep objects: those of invented ids are not there, or there already.
const STATEFUL: [&str; 8] =
    ["alerting.rules.", "cases.", "connectors.", "data_views.", "roles.", "saved_objects.", "short_urls.", "spaces."];

/// Whether servers are known to answer something else than the specification says: an error itself, where a space to copy
/// into is not there; rules without the members that nobody asked for.
fn is_corrected(operation: &Operation, raw: &RawRequest) -> bool {
    match operation.id.as_str() {
        "spaces.copy_saved_objects" | "spaces.resolve_copy_errors" => true,
        "alerting.rules.find" => raw.query.iter().any(|(name, _)| name == "fields"),
        _ => false,
    }
}

#[tokio::test]
async fn kibana_takes_every_request() {
    let table = Table::kibana();
    let mut sampler = Sampler::careful(&table, SEED);
    let stack = Stack::start().await.unwrap();
    let clients = Clients::of(&stack);
    let mut counts = Counts::default();
    // What handlers may refuse is asked until each reason is met.
    for round in 0..MOST_ROUNDS {
        let style = STYLES.get(round).copied();
        let unmet: Vec<_> = MEANINGS.iter().filter(|row| !counts.meanings.contains(*row)).collect();
        let asked =
            |operation: &&Operation| style.is_some() || unmet.iter().any(|(place, _)| operation.id.starts_with(place));
        for operation in table.operations.iter().filter(asked) {
            let raw = sampler.raw(operation, style.unwrap_or(Style::Random));
            counts.add(operation, send(&clients, Product::Kibana, operation, &raw).await, &raw, refused_for_good);
        }
    }
    counts.check("Kibana", 1_800);
    let unmet: Vec<_> = MEANINGS.iter().filter(|row| !counts.meanings.contains(*row)).collect();
    // The same random object twice is seldom met.
    assert!(unmet.len() < 3, "nothing is refused for {unmet:?}");
}

#[tokio::test]
async fn elasticsearch_answers_as_specified() {
    let table = Table::elasticsearch();
    let mut sampler = Sampler::careful(&table, SEED);
    let mut counts = Counts::default();
    for operation in &table.operations {
        // A stack of its own: a request may change the password, or take the caller away.
        let stack = Stack::start().await.unwrap();
        let clients = Clients::of(&stack);
        for style in STYLES {
            let raw = sampler.raw(operation, style);
            counts.add(operation, send(&clients, Product::Elasticsearch, operation, &raw).await, &raw, |_, _| None);
        }
    }
    counts.check("Elasticsearch", 60);
}

async fn send(clients: &Clients, product: Product, operation: &Operation, raw: &RawRequest) -> Result<Sent, String> {
    let matched = route::find(product, &raw.method, &raw.path)?;
    if matched.row.id != operation.id {
        return Err(format!("it was taken for {}", matched.row.id));
    }
    let mut parts = Parts::of(product);
    parts.path = matched.path;
    parts.query = raw.query.clone();
    parts.body = raw.body.as_ref().map(ToString::to_string);
    let sent = (matched.row.call)(clients, parts.clone()).await;
    let sent = sent.map_err(|why| format!("it is no typed request: {why}"))?;
    match (parts.unread().first(), sent.corrections.first()) {
        (Some(name), _) => Err(format!("the typed request has no `{name}`")),
        (_, Some(correction)) if !is_corrected(operation, raw) => {
            Err(format!("{correction:?} in {}", String::from_utf8_lossy(&sent.raw)))
        }
        _ => Ok(sent),
    }
}

/// Why a refusal is wrong; a row of the data when it is right.
type Judge = fn(&str, &Sent) -> Option<Result<(&'static str, &'static str), String>>;

fn refused_for_good(id: &str, sent: &Sent) -> Option<Result<(&'static str, &'static str), String>> {
    let said = sent.error.as_ref().map(ToString::to_string).unwrap_or_default();
    match sent.status {
        200..=299 => None,
        404 | 409 if STATEFUL.iter().any(|namespace| id.starts_with(namespace)) => None,
        _ => {
            let row = MEANINGS.iter().find(|(place, why)| id.starts_with(place) && said.contains(why));
            Some(row.copied().ok_or(said))
        }
    }
}

#[derive(Default)]
struct Counts {
    statuses: BTreeMap<u16, usize>,
    missing: BTreeSet<String>,
    meanings: BTreeSet<(&'static str, &'static str)>,
    flaws: Vec<String>,
}

impl Counts {
    fn add(&mut self, operation: &Operation, sent: Result<Sent, String>, raw: &RawRequest, judge: Judge) {
        let flaw = match sent {
            Err(why) => Some(why),
            Ok(sent) => {
                *self.statuses.entry(sent.status).or_default() += 1;
                if sent.status == 404 {
                    self.missing.insert(operation.id.clone());
                }
                match judge(&operation.id, &sent) {
                    Some(Err(why)) => Some(format!("{}: {why}", sent.status)),
                    Some(Ok(row)) => {
                        self.meanings.insert(row);
                        None
                    }
                    None => None,
                }
            }
        };
        if let Some(why) = flaw {
            let shown: String = format!("{raw:?}").chars().take(700).collect();
            self.flaws.push(format!("{}: {why}\n    {shown}", operation.id));
        }
    }

    fn check(&self, product: &str, least: usize) {
        println!("{product}, seed {SEED}: {:?}; 404 for invented ids: {:?}", self.statuses, self.missing);
        assert!(self.flaws.is_empty(), "{} flaws:\n{}", self.flaws.len(), self.flaws.join("\n"));
        let good: usize = self.statuses.range(200..300).map(|(_, count)| count).sum();
        assert!(good >= least, "only {good} requests were answered");
    }
}
