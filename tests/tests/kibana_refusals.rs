//! For every Kibana operation: a valid request passes, and each single thing that is wrong with it, wherever in the body,
//! is refused with the right status and a body that the client's typed error reads.

#[path = "kibana_refusals/bench.rs"]
mod bench;
#[path = "kibana_refusals/cases.rs"]
mod cases;

use std::collections::BTreeMap;

use elkit_tests::samples::{Flaw, Operation, Sampler, Style, Table};
use http::StatusCode;
use serde_json::Value;

use bench::{Bench, Raw};

/// The operation that answers without a caller.
const OPEN: &str = "status.get";

/// So many stacks work at once.
const STACKS: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_single_flaw_is_refused() {
    let mut running = tokio::task::JoinSet::new();
    for share in 0..STACKS {
        running.spawn(async move {
            let table = Table::kibana();
            let mut counts = Counts::new(&table);
            let bench = Bench::start().await;
            for operation in table.operations.iter().skip(share).step_by(STACKS) {
                counts.operation(&bench, operation).await;
            }
            (counts.by_what, counts.wrong)
        });
    }
    let (mut by_what, mut wrong) = (BTreeMap::<&str, usize>::new(), Vec::new());
    while let Some(share) = running.join_next().await {
        let (counts, flaws) = share.unwrap();
        counts.into_iter().for_each(|(what, count)| *by_what.entry(what).or_default() += count);
        wrong.extend(flaws);
    }
    let valid = by_what.remove("valid").unwrap_or_default();
    let refused: usize = by_what.values().sum();
    println!("{valid} valid requests, {refused} refusals: {by_what:?}");
    let shown = wrong[..wrong.len().min(60)].join("\n");
    assert!(wrong.is_empty(), "{} wrong:\n{shown}", wrong.len());
    assert_eq!(valid, Table::kibana().operations.len());
    assert!(refused >= 10_000, "{refused}");
}

struct Counts<'a> {
    table: &'a Table,
    sampler: Sampler<'a>,
    by_what: BTreeMap<&'static str, usize>,
    wrong: Vec<String>,
}

impl<'a> Counts<'a> {
    fn new(table: &'a Table) -> Self {
        Self { table, sampler: Sampler::careful(table, 3), by_what: BTreeMap::new(), wrong: Vec::new() }
    }

    fn note(&mut self, operation: &Operation, what: &'static str, outcome: Result<(), String>) {
        *self.by_what.entry(what).or_default() += 1;
        if let Err(why) = outcome {
            self.wrong.push(format!("{}: {what}: {why}", operation.id));
        }
    }

    async fn operation(&mut self, bench: &Bench, operation: &Operation) {
        let case = cases::all().into_iter().find(|case| case.id == operation.id);
        let keeps = cases::NAMESPACES.iter().any(|namespace| operation.id.starts_with(namespace));
        assert_eq!(case.is_some(), keeps, "{}", operation.id);
        let sampled = Raw::sampled(self.sampler.raw(operation, Style::Full));
        let mut valid = match case {
            Some(case) => bench.prepared(case).await,
            None => sampled.clone(),
        };
        valid.files = self.table.files(operation);
        self.around(bench, operation, &valid).await;
        if operation.media("request") == Some("json") {
            self.bodies(bench, operation, &valid).await;
            // Full bodies have more in them than those that handlers understand.
            if let (true, Some(body)) = (keeps, &sampled.body) {
                self.flaws(bench, operation, &valid, body).await;
            }
        } else if operation.media("request") == Some("multipart") {
            self.forms(bench, operation, &valid).await;
        }
        let answer = bench.send(&valid).await;
        self.note(operation, "valid", answer.map(|_| ()).map_err(|error| format!("{error} for {valid:?}")));
    }

    /// What is wrong around the body.
    async fn around(&mut self, bench: &Bench, operation: &Operation, valid: &Raw) {
        let mut raw = valid.clone();
        raw.query.push(("no_such_parameter".to_owned(), "1".to_owned()));
        let what = "[request query.no_such_parameter]: definition for this key is missing";
        self.refused(bench, operation, "unknown parameter", &raw, 400, |reason| reason == what).await;
        for name in operation.parameters() {
            let Some(bad) = self.table.bad_text(operation, name) else { continue };
            let mut raw = valid.clone();
            raw.query.retain(|(known, _)| known != name);
            raw.query.push((name.to_owned(), bad.to_owned()));
            let place = format!("[request query.{name}");
            self.refused(bench, operation, "bad parameter", &raw, 400, |reason| reason.starts_with(&place)).await;
        }
        let mut raw = valid.clone();
        raw.method = self.other_verb(&valid.path).to_owned();
        self.refused(bench, operation, "wrong verb", &raw, 404, |reason| reason == "Not Found").await;
        if let Some(version) = &operation.version {
            let mut raw = valid.clone();
            raw.headers.push(("elastic-api-version", "1999-12-31".to_owned()));
            let known = format!("Available versions are: {version}");
            self.refused(bench, operation, "wrong version", &raw, 400, |reason| reason.ends_with(&known)).await;
        }
        let mut raw = valid.clone();
        raw.headers.push(("kbn-version", "1.2.3".to_owned()));
        let what = "Browser client is out of date";
        self.refused(bench, operation, "another Kibana's page", &raw, 400, |reason| reason.starts_with(what)).await;
        if !["GET", "HEAD"].contains(&valid.method.as_str()) {
            let error = bench.without_xsrf(valid).await;
            let what = "Request must contain a kbn-xsrf header.";
            self.note(operation, "without kbn-xsrf", is(&error, 400, |reason| reason == what));
        }
        if operation.id == OPEN {
            return;
        }
        let error = bench.anonymously(valid).await;
        self.note(operation, "without credentials", expect(error, 401, |reason| reason == "Unauthorized"));
        let error = bench.wrongly(valid).await;
        self.note(operation, "wrong credentials", expect(error, 401, |reason| reason.contains("security_exception")));
        let error = bench.without_privileges(valid).await;
        self.note(operation, "without privileges", expect(error, 403, |reason| !reason.is_empty()));
    }

    /// What is wrong with a JSON body.
    async fn bodies(&mut self, bench: &Bench, operation: &Operation, valid: &Raw) {
        for (what, text, media, status) in [
            ("no JSON", "{", "application/json", 400),
            ("a text for the body", "\"text\"", "application/json", 400),
            ("wrong media type", "a=b", "application/x-www-form-urlencoded", 415),
        ] {
            let mut raw = valid.clone();
            raw.text = Some((media, text));
            let takes = serde_json::from_str(text).is_ok_and(|body| self.table.takes_body(operation, &body));
            if !takes {
                self.refused(bench, operation, what, &raw, status, |reason| !reason.is_empty()).await;
            }
        }
        if operation.needs_body() && !self.table.takes_body(operation, &Value::Null) {
            let mut raw = valid.clone();
            raw.body = None;
            let place = "[request body]: ";
            self.refused(bench, operation, "no body", &raw, 400, |reason| reason.starts_with(place)).await;
        }
        if let Some(body) = &valid.body {
            self.flaws(bench, operation, valid, body).await;
        }
    }

    async fn flaws(&mut self, bench: &Bench, operation: &Operation, valid: &Raw, body: &Value) {
        for flawed in self.table.flawed(operation, body) {
            let what = match (flawed.flaw, flawed.at.len()) {
                (Flaw::Missing, ..2) => "missing member",
                (Flaw::WrongType, ..2) => "wrong type",
                (Flaw::Unknown, ..1) => "unknown member",
                (Flaw::BadEnum, ..2) => "bad enum",
                (Flaw::Missing, _) => "missing member, nested",
                (Flaw::WrongType, _) => "wrong type, nested",
                (Flaw::Unknown, _) => "unknown member, nested",
                (Flaw::BadEnum, _) => "bad enum, nested",
            };
            let mut raw = valid.clone();
            raw.body = Some(flawed.value);
            // The reason names the place, or the union around it.
            let at: String = flawed.at.iter().map(|step| format!(".{step}")).collect();
            let names = |reason: &str| {
                let place = reason.strip_prefix("[request body").and_then(|rest| rest.split_once("]: "));
                place.is_some_and(|(place, _)| {
                    at.starts_with(place) || place.strip_prefix(&at) == Some(".no_such_member")
                })
            };
            self.refused(bench, operation, what, &raw, 400, names).await;
        }
    }

    /// What is wrong with a form.
    async fn forms(&mut self, bench: &Bench, operation: &Operation, valid: &Raw) {
        let mut raw = valid.clone();
        raw.text = Some(("application/json", "{}"));
        let what = "Unsupported Media Type";
        self.refused(bench, operation, "no form", &raw, 415, |reason| reason == what).await;
        let parts = valid.body.as_ref().and_then(Value::as_object).cloned().unwrap_or_default();
        for name in parts.keys() {
            let place = format!("[request body.{name}]: ");
            if valid.files.contains(name) {
                let mut raw = valid.clone();
                raw.no_file = true;
                self.refused(bench, operation, "text for a file", &raw, 400, |reason| reason.starts_with(&place)).await;
            }
            let mut raw = valid.clone();
            raw.body.as_mut().and_then(Value::as_object_mut).map(|parts| parts.remove(name));
            if !self.table.takes_body(operation, raw.body.as_ref().unwrap_or(&Value::Null)) {
                self.refused(bench, operation, "missing part", &raw, 400, |reason| reason.starts_with(&place)).await;
            }
        }
    }

    async fn refused(
        &mut self,
        bench: &Bench,
        operation: &Operation,
        what: &'static str,
        raw: &Raw,
        status: u16,
        says: impl Fn(&str) -> bool,
    ) {
        let outcome = expect(bench.send(raw).await, status, says);
        self.note(operation, what, outcome.map_err(|why| format!("{why} for {raw:?}")));
    }

    /// A verb that no operation has on a path.
    fn other_verb(&self, path: &str) -> &'static str {
        let given: Vec<&str> = path.split('/').collect();
        let meets = |template: &str| {
            let steps: Vec<&str> = template.split('/').collect();
            steps.len() == given.len()
                && steps.iter().zip(&given).all(|(step, given)| step.starts_with('{') || step == given)
        };
        let routes = self.table.operations.iter().flat_map(|operation| operation.routes());
        let taken: Vec<&String> = routes.filter(|(_, template)| meets(template)).flat_map(|(verbs, _)| verbs).collect();
        let verbs = ["PUT", "PATCH", "DELETE", "POST", "GET", "TRACE"];
        verbs.into_iter().find(|verb| taken.iter().all(|taken| taken != verb)).unwrap_or("TRACE")
    }
}

/// The refusal has this status, and the client's error reads its name and its reason.
fn expect(result: Result<Value, elkit::Error>, status: u16, says: impl Fn(&str) -> bool) -> Result<(), String> {
    match result {
        Ok(answer) => Err(format!("taken: {answer}")),
        Err(error) => is(&error, status, says),
    }
}

fn is(error: &elkit::Error, status: u16, says: impl Fn(&str) -> bool) -> Result<(), String> {
    let name = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let reads = error.kind() == elkit::ErrorKind::Api
        && error.status().is_some_and(|found| found.as_u16() == status)
        && error.code() == name
        && error.reason().is_some_and(says);
    if reads { Ok(()) } else { Err(format!("not {status}: {error:?}")) }
}
