//! For each of the 66 operations: a valid request passes, and each single thing that is wrong with it is refused with the
//! right status and a body that the client's typed error reads.

#[path = "refusals/cases.rs"]
mod cases;
#[path = "refusals/mutate.rs"]
mod mutate;
#[path = "refusals/proofs.rs"]
mod proofs;

use std::collections::BTreeMap;

use elkit::body::Body;
use elkit::{Elasticsearch, Error, ErrorKind, Method, RequestOptions};
use elkit_stack::Stack;
use elkit_tests::dispatch::{self, Reader};
use serde_json::{Value, json};

use cases::Case;
use mutate::{Table, What};

/// What Elasticsearch takes although its specification says otherwise, by operation and place.
const TAKEN: &[(&str, &str)] = &[
    // One bad role does not stop the others: it is in the answer's `errors`.
    ("bulk_put_role", "/roles/writer/cluster/0"),
    ("bulk_put_role", "/roles/writer/indices/0/privileges/0"),
    // Metadata alone may change.
    ("update_cross_cluster_api_key", "/access"),
];

#[tokio::test]
async fn every_single_flaw_is_refused() {
    let table = Table::read();
    let bench = Bench::start().await;
    let cases = cases::all();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for operation in table.operations() {
        let id = operation["id"].as_str().unwrap();
        let name = id.trim_start_matches("security.");
        let Some(case) = cases.iter().find(|case| case.id == name) else { panic!("no case for {id}") };
        for flaw in bench.flaws(&table, operation, case).await {
            *counts.entry(flaw.what.clone()).or_default() += 1;
            if let Err(why) = flaw.outcome {
                wrong.push(format!("{id}: {}: {why}", flaw.what));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    let valid = counts.remove("valid").unwrap();
    let refused: usize = counts.values().sum();
    println!("{valid} valid requests, {refused} refusals: {counts:?}");
    assert_eq!(valid, 66);
    assert!(refused >= 1_000, "{refused}: {counts:?}");
}

/// What came of one flaw.
struct Flaw {
    what: String,
    outcome: Result<(), String>,
}

struct Bench {
    stack: Stack,
    elasticsearch: Elasticsearch,
    nobody: Elasticsearch,
}

/// One request.
#[derive(Clone)]
struct Raw {
    method: String,
    path: String,
    body: Option<Vec<u8>>,
    content_type: Option<&'static str>,
}

impl Bench {
    async fn start() -> Self {
        let stack = Stack::start().await.unwrap();
        let build = |user: &str, password: &str| {
            Elasticsearch::builder(stack.elasticsearch_url()).basic_auth(user, password).build().unwrap()
        };
        let (elasticsearch, nobody) = (build("elastic", stack.elastic_password()), build("nobody", "no-rights"));
        let bench = Self { elasticsearch, nobody, stack };
        let user = json!({ "password": "no-rights", "roles": [] });
        bench.send(&Raw::new("PUT /_security/user/nobody", &user)).await.unwrap();
        bench
    }

    async fn flaws(&self, table: &Table, operation: &Value, case: &Case) -> Vec<Flaw> {
        let case = self.prepared(case).await;
        let valid = Raw::new(&case.0, &case.1);
        let mut flaws = Vec::new();
        let mut note = |what: &str, outcome| flaws.push(Flaw { what: what.to_owned(), outcome });
        let refused = |result: Result<Value, Error>, status| expect(result, status);

        let changed = |change: &dyn Fn(&mut Raw)| {
            let mut raw = valid.clone();
            change(&mut raw);
            raw
        };
        let separator = if valid.path.contains('?') { '&' } else { '?' };
        let raw = changed(&|raw| raw.path.push_str(&format!("{separator}no_such_parameter=1")));
        note("unknown parameter", refused(self.send(&raw).await, 400));
        for (parameter, member) in operation["query"].as_object().into_iter().flatten() {
            if let Some(bad) = table.bad_text(&member["type"]) {
                let raw = changed(&|raw| raw.path.push_str(&format!("{separator}{parameter}={bad}")));
                note("bad parameter", refused(self.send(&raw).await, 400));
            }
        }
        let raw = changed(&|raw| raw.method = "PATCH".to_owned());
        note("wrong verb", refused(self.send(&raw).await, 405));
        let anonymous = self.elasticsearch.options(RequestOptions::anonymous);
        let challenged = expect_kind(send(&anonymous, &valid).await, 401, ErrorKind::Api).and_then(|error| {
            let challenges = error.headers().get_all("www-authenticate").iter().count();
            if error.is_authentication() && challenges == 3 { Ok(()) } else { Err(format!("{error:?}")) }
        });
        note("without credentials", challenged);
        let wrong = self.elasticsearch.options(|options| options.basic_auth("elastic", "wrong"));
        note("wrong credentials", refused(send(&wrong, &valid).await, 401));
        if !["authenticate", "has_privileges", "get_user_privileges"].contains(&case.2) {
            note("without privileges", refused(send(&self.nobody, &valid).await, 403));
        }
        match operation.get("body").filter(|body| body.is_object()) {
            None => {
                let raw = changed(&|raw| raw.body = Some(b"{}".to_vec()));
                note("a body too many", refused(self.send(&raw).await, 400));
            }
            Some(body) => {
                if body["required"] == true {
                    note("no body", refused(self.send(&changed(&|raw| raw.body = None)).await, 400));
                }
                for text in ["{", "{\"a\":1,\"a\":2}", "[]", "7"] {
                    let raw = changed(&|raw| raw.body = Some(text.into()));
                    note("no JSON object", refused(self.send(&raw).await, 400));
                }
                let raw = changed(&|raw| raw.content_type = Some("text/plain"));
                note("wrong media type", refused(self.send(&raw).await, 406));
                for mutation in table.mutations(&body["type"], &case.1) {
                    let taken = |(id, at): &(&str, &str)| *id == case.2 && mutation.at == *at;
                    let is_taken = TAKEN.iter().any(taken) && matches!(mutation.what, What::BadEnum | What::Missing);
                    let raw = changed(&|raw| raw.body = Some(mutation.body.to_string().into_bytes()));
                    let result = self.send(&raw).await;
                    if is_taken {
                        let answer = result.unwrap();
                        assert!(answer["errors"]["count"] == 1 || answer["updated"].is_boolean(), "{answer}");
                        continue;
                    }
                    let outcome = refused(result, 400);
                    let outcome = outcome.map_err(|why| format!("{} {}: {why}", mutation.at, mutation.body));
                    note(&format!("{:?}", mutation.what), outcome);
                }
            }
        }
        let answer = self.send(&valid).await.map_err(|error| error.to_string());
        note("valid", answer.and_then(|answer| fits(operation["id"].as_str().unwrap_or_default(), &answer)));
        flaws
    }

    /// Makes the state and puts its names into a case.
    async fn prepared(&self, case: &Case) -> (String, Value, &'static str) {
        for (request, body) in cases::state() {
            // What is there already, or not there yet, is no problem here.
            let _ = self.send(&Raw::new(request, &body)).await;
        }
        let key = self.send(&Raw::new("POST /_security/api_key", &json!({ "name": "k" }))).await.unwrap();
        let access = json!({ "name": "cc", "access": { "search": [{ "names": ["a"] }] } });
        let cross = self.send(&Raw::new("POST /_security/cross_cluster/api_key", &access)).await.unwrap();
        let login = json!({ "grant_type": "password", "username": "ada", "password": "countess" });
        let profile = self.send(&Raw::new("POST /_security/profile/_activate", &login)).await.unwrap();
        let proofs = proofs::proofs(&self.stack, &self.elasticsearch).await.unwrap();
        let fill = |text: &str| {
            let text = proofs.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value));
            let names = [
                ("<id>", &key["id"]),
                ("<encoded>", &key["encoded"]),
                ("<cross>", &cross["id"]),
                ("<uid>", &profile["uid"]),
            ];
            names.iter().fold(text, |text, (name, value)| text.replace(name, value.as_str().unwrap_or_default()))
        };
        let body = serde_json::from_str(&fill(&case.body.to_string())).unwrap();
        (fill(case.request), body, case.id)
    }

    async fn send(&self, raw: &Raw) -> Result<Value, Error> {
        send(&self.elasticsearch, raw).await
    }
}

impl Raw {
    fn new(request: &str, body: &Value) -> Self {
        let (method, path) = request.split_once(' ').unwrap();
        let body = (!body.is_null()).then(|| body.to_string().into_bytes());
        Self { method: method.to_owned(), path: path.to_owned(), body, content_type: None }
    }
}

async fn send(client: &Elasticsearch, raw: &Raw) -> Result<Value, Error> {
    let (path, query) = raw.path.split_once('?').unwrap_or((&raw.path, ""));
    let method = Method::from_bytes(raw.method.as_bytes()).unwrap();
    let mut request = client.request(method, path);
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        request = request.query(name, value);
    }
    if let Some(body) = &raw.body {
        request = request.body(Body::raw_json(body.clone()));
    }
    if let Some(media_type) = raw.content_type {
        request = request.header("content-type", media_type);
    }
    Ok(request.send::<Value>().await?.into_inner())
}

/// The answer fits the client's type as it is, and comes out of it as it went in.
fn fits(id: &str, answer: &Value) -> Result<(), String> {
    let row = dispatch::find(id).ok_or("no such operation")?;
    let text = answer.to_string();
    let recoded = (row.response)(&text, Reader::Transport).map_err(|problem| problem.to_string())?;
    if let Some(correction) = recoded.corrections.first() {
        return Err(format!("corrected: {correction:?} in {text}"));
    }
    match serde_json::from_str::<Value>(&recoded.json) {
        Ok(again) if again == *answer => Ok(()),
        _ => Err(format!("{text} became {}", recoded.json)),
    }
}

/// The refusal has this status, and the client's error reads what kind it is and why.
fn expect(result: Result<Value, Error>, status: u16) -> Result<(), String> {
    expect_kind(result, status, ErrorKind::Api).map(|_| ())
}

fn expect_kind(result: Result<Value, Error>, status: u16, kind: ErrorKind) -> Result<Error, String> {
    let error = result.map_or_else(Ok, |body| Err(format!("taken: {body}")))?;
    let reads = error.kind() == kind
        && error.status().is_some_and(|found| found.as_u16() == status)
        && error.reason().is_some_and(|reason| !reason.is_empty());
    if reads { Ok(error) } else { Err(format!("not {status}: {error:?}")) }
}
