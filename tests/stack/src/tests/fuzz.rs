//! Random requests, the same in every run: whatever comes, the stack answers and never fails itself.
//! `ELKIT_STACK_FUZZ_SECONDS` makes a run longer, `ELKIT_STACK_FUZZ_SEED` another one.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use http::{HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::{Bench, ELASTIC};
use crate::log::Product;
use crate::message::{Body, Request};
use crate::spec::{Spec, sample};

const MEDIA: [&str; 4] =
    ["application/json", "application/vnd.elasticsearch+json; compatible-with=9", "text/html; charset=\u{e9}", ""];

const PATHS: [&str; 22] = [
    "/",
    "/_security/user/%61",
    "/_security/user",
    "/_security/role/a",
    "/_security/role",
    "/_security/api_key",
    "/_security/_query/api_key",
    "/_security/_query/role",
    "/_security/_query/user",
    "/_security/oauth2/token",
    "/_security/privilege",
    "/_security/user/_has_privileges",
    "/_security/role_mapping/a",
    "/_security/settings",
    "/_security/profile/_activate",
    "/_security/profile/_suggest",
    "/_security/cross_cluster/api_key",
    "/_security/api_key/_bulk_update",
    "/_security/api_key/grant",
    "/api/spaces/space",
    "/%ff/%2F/..",
    "/_security/profile/a/_data",
];
const NAMES: [&str; 40] = [
    "name",
    "names",
    "cluster",
    "indices",
    "index",
    "applications",
    "application",
    "privileges",
    "resources",
    "run_as",
    "query",
    "bool",
    "must",
    "term",
    "range",
    "gte",
    "ids",
    "values",
    "sort",
    "from",
    "size",
    "search_after",
    "aggs",
    "terms",
    "field",
    "composite",
    "sources",
    "rules",
    "any",
    "all",
    "role_descriptors",
    "metadata",
    "expiration",
    "security",
    "access",
    "search",
    "grant_type",
    "password",
    "username",
    "wildcard",
];
const TEXTS: [&str; 14] = [
    "",
    "*",
    "a",
    "1d",
    "-1",
    "now-1d",
    "now-",
    "password",
    "\u{0}\u{1F600}",
    "99999999999999999999d",
    "asc",
    "index.number_of_replicas",
    "%",
    "read",
];

#[test]
fn nothing_fails_the_stack() {
    // A developer may ask for a longer run, and for another one.
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seconds = number("ELKIT_STACK_FUZZ_SECONDS");
    let seed = number("ELKIT_STACK_FUZZ_SEED").unwrap_or(11);
    let started = Instant::now();
    let mut run = Run::new(seed);
    while seconds.map_or(run.rounds < 6_000, |seconds| started.elapsed() < Duration::from_secs(seconds)) {
        run.round();
    }
    println!("{} random requests in {:?}, seed {seed}; answers: {:?}", run.rounds, started.elapsed(), run.answers);
}

/// What may be asked, and how far a run has come.
struct Run {
    random: fastrand::Rng,
    paths: Vec<String>,
    /// Bodies that fit the specification, to be spoilt.
    bodies: Vec<(String, Value)>,
    bench: Bench,
    /// Credentials that some answer gave.
    credentials: Vec<String>,
    rounds: u64,
    answers: BTreeMap<u16, u64>,
}

impl Run {
    fn new(seed: u64) -> Self {
        let mut paths: Vec<String> = PATHS.iter().map(|path| (*path).to_owned()).collect();
        let mut bodies = Vec::new();
        for table in super::mutations::tables().texts() {
            let spec = Spec::read(table);
            for (_, operation, raw) in spec.every() {
                let routes = raw["routes"].as_array().into_iter().flatten();
                let templates: Vec<String> =
                    routes.filter_map(|route| Some(route["path"].as_str()?.replace(['{', '}'], ""))).collect();
                if let (Some(path), Some(payload)) = (templates.first(), &operation.body) {
                    let verb = raw["routes"][0]["verbs"][0].as_str().unwrap_or("POST");
                    let body = payload.ty.as_ref().map_or(Value::Null, |ty| sample::value(&spec, ty));
                    bodies.push((format!("{verb} {path}"), body));
                }
                paths.extend(templates);
            }
        }
        let bench = Bench::of(super::mutations::tables());
        let random = fastrand::Rng::with_seed(seed);
        Self { random, paths, bodies, bench, credentials: Vec::new(), rounds: 0, answers: BTreeMap::new() }
    }

    fn renew(&mut self) {
        self.bench = Bench::of(super::mutations::tables());
        self.credentials.clear();
    }

    fn round(&mut self) {
        self.rounds += 1;
        if self.rounds.is_multiple_of(20_000) {
            // What is kept makes every search slower.
            self.renew();
        }
        let random = &mut self.random;
        if random.u8(..50) == 0 {
            self.bench.clock.advance(Duration::from_secs(random.u64(..100_000)));
        }
        let (line, body) = match random.bool() {
            // A request of the specification, with something else somewhere in its body.
            true => {
                let (line, mut body) = self.bodies[random.usize(..self.bodies.len())].clone();
                spoil(random, &mut body);
                (line, body)
            }
            false => {
                let verb = random.choice(["GET", "PUT", "POST", "DELETE", "HEAD"]).unwrap_or("GET");
                let path = random.choice(&self.paths).map_or("/", String::as_str);
                (format!("{verb} {path}"), if random.bool() { value(random, 4) } else { Value::Null })
            }
        };
        let (verb, path) = line.split_once(' ').unwrap_or(("GET", "/"));
        let key = random.choice(NAMES).unwrap_or("a");
        let query = match random.u8(..4) {
            0 => format!("{key}=%zz&filter_path=a.**.b,-c&pretty"),
            _ => String::new(),
        };
        let mut bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        if random.u8(..8) == 0 && !bytes.is_empty() {
            match random.bool() {
                true => bytes.truncate(random.usize(..bytes.len())),
                false => {
                    let at = random.usize(..bytes.len());
                    bytes[at] = random.u8(..);
                }
            }
        }
        let other = random.choice(["", "Basic !", "ApiKey YTpi", "Bearer AAEAAWE", "Bearer x", "Digest"]).unwrap_or("");
        let authorization = match random.u8(..5) {
            0 if random.bool() => other.to_owned(),
            1 => random.choice(&self.credentials).cloned().unwrap_or_else(|| ELASTIC.to_owned()),
            _ => ELASTIC.to_owned(),
        };
        let product = if path.starts_with("/api") { Product::Kibana } else { Product::Elasticsearch };
        let (sent, wanted) = match random.u8(..10) {
            0 => (random.choice(MEDIA), random.choice(MEDIA)),
            _ => (Some(MEDIA[0]), None),
        };
        let headers = [
            ("authorization", authorization.as_str()),
            ("kbn-xsrf", "1"),
            ("content-type", sent.unwrap_or_default()),
            ("accept", wanted.unwrap_or_default()),
        ];
        let headers = headers.iter().filter(|(_, value)| !value.is_empty());
        let headers = headers
            .filter_map(|(name, value)| Some((HeaderName::from_static(name), HeaderValue::try_from(*value).ok()?)));
        let request = Request {
            method: verb.to_owned(),
            path: path.to_owned(),
            query,
            headers: headers.collect(),
            body: bytes.into(),
        };
        let reply = self.bench.core.handle(product, &request);
        // Elasticsearch has no better status for a realm that is not there and for what is no ticket.
        let meant = matches!(&reply.body, Body::Json(body) if matches!(
            body["error"]["type"].as_str(),
            Some("security_exception" | "unsupported_operation_exception")
        ));
        assert!(reply.status < 500 || reply.status == 500 && meant, "round {}: {request:?}", self.rounds);
        *self.answers.entry(reply.status).or_default() += 1;
        if reply.status == 401 && authorization == ELASTIC {
            // A request gave `elastic` another password.
            return self.renew();
        }
        if reply.status == 401 {
            self.credentials.retain(|kept| *kept != authorization);
        }
        let (_, answer) = super::read(reply);
        for (name, scheme) in [("encoded", "ApiKey"), ("access_token", "Bearer")] {
            if let Some(secret) = answer[name].as_str() {
                self.credentials.push(format!("{scheme} {secret}"));
            }
        }
        if let Some(secret) = answer["token"]["value"].as_str() {
            self.credentials.push(format!("Bearer {secret}"));
        }
    }
}

/// Puts something else into a random place.
fn spoil(random: &mut fastrand::Rng, body: &mut Value) {
    let deeper = random.bool();
    match body {
        Value::Object(members) if !members.is_empty() && deeper => {
            let at = random.usize(..members.len());
            if let Some(inner) = members.values_mut().nth(at) {
                spoil(random, inner);
            }
        }
        Value::Object(members) => {
            let name = random.choice(NAMES).unwrap_or("a").to_owned();
            members.insert(name, value(random, 3));
        }
        Value::Array(items) if !items.is_empty() && deeper => {
            let at = random.usize(..items.len());
            spoil(random, &mut items[at]);
        }
        Value::Array(items) => items.push(value(random, 3)),
        other => *other = value(random, 3),
    }
}

fn value(random: &mut fastrand::Rng, depth: u8) -> Value {
    match random.u8(..if depth == 0 { 5 } else { 9 }) {
        0 => Value::Null,
        1 => json!(random.bool()),
        2 => json!(random.i64(-5..50_000)),
        3 | 4 => json!(random.choice(TEXTS)),
        5 => (0..random.usize(..3)).map(|_| value(random, depth - 1)).collect(),
        _ => {
            let members = (0..random.usize(1..5))
                .map(|_| (random.choice(NAMES).unwrap_or("a").to_owned(), value(random, depth - 1)));
            Value::Object(members.collect())
        }
    }
}
