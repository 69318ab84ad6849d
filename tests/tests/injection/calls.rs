//! Parameters of every operation: each path and query parameter, lists among them, holds hostile text once. Where the
//! request then goes is told by a router that shares no code with the client.

use elkit::rt::Product;
use elkit::{Elasticsearch, Kibana};
use elkit_tests::conform::recorder::{Recorded, Recorder};
use elkit_tests::conform::route;
use elkit_tests::dispatch::{self, Clients, Parts, Row};
use elkit_tests::samples::{Sampler, Style, Table};

use super::{pairs, refused, texts};

#[tokio::test]
async fn elasticsearch() {
    check(Product::Elasticsearch, &Table::elasticsearch(), 60).await;
}

#[cfg(feature = "kibana")]
#[tokio::test]
async fn kibana() {
    check(Product::Kibana, &Table::kibana(), 500).await;
}

/// What each parameter holds in turn: all odd texts in one, and those that are refused or look as if they should be.
fn hostile() -> Vec<String> {
    // A comma stands between two names where Elasticsearch takes a list.
    let all = texts().concat();
    assert!(!all.contains(','));
    [&*all, "", ".", "..", "%2e%2e", "/", "a/../../b", "?a=b#c", "\r\nx-a: b", "\0", "é"].map(str::to_owned).to_vec()
}

#[derive(Debug, Default)]
struct Counts {
    arrived: usize,
    refused: usize,
    /// Parameters that hold no text.
    typed: usize,
}

async fn check(product: Product, table: &Table, least: usize) {
    let recorder = Recorder::start().await.unwrap();
    let url = format!("{}/prefix", recorder.url());
    let clients = Clients {
        elasticsearch: Elasticsearch::builder(&url).max_retries(0).build().unwrap(),
        kibana: Kibana::builder(&url).max_retries(0).build().unwrap(),
    };
    let mut sampler = Sampler::careful(table, 7);
    let mut counts = Counts::default();
    let mut wrong = Vec::new();
    for operation in &table.operations {
        let row = dispatch::find(&operation.id).unwrap();
        let (full, small) = (sampler.raw(operation, Style::Full), sampler.raw(operation, Style::Minimal));
        let matched = route::find(product, &full.method, &full.path).unwrap();
        let mut parts = Parts::of(product);
        parts.path = matched.path;
        parts.query = full.query;
        parts.body = small.body.or(full.body).map(|body| body.to_string());
        for place in places(&parts) {
            for text in hostile() {
                let changed = place.put(&parts, &text);
                let outcome = one(row, &clients, &recorder, &changed, &place, &text).await;
                match outcome {
                    Ok(Came::Arrived) => counts.arrived += 1,
                    Ok(Came::Refused) => counts.refused += 1,
                    Ok(Came::Typed) => counts.typed += 1,
                    Err(why) => wrong.push(format!("{}, {place:?} = {text:?}: {why}", row.id)),
                }
            }
        }
    }
    println!("{product:?}: {counts:?}");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong[..wrong.len().min(20)].join("\n"));
    assert!(counts.arrived >= least && counts.refused >= least / 4, "{counts:?}");
}

/// One parameter: the number of a path parameter, or the name of one in the query.
#[derive(Clone, Debug)]
enum Place {
    Path(usize),
    Query(String),
}

fn places(parts: &Parts) -> Vec<Place> {
    let mut names: Vec<_> = parts.query.iter().map(|(name, _)| name.clone()).collect();
    names.sort();
    names.dedup();
    (0..parts.path.len()).map(Place::Path).chain(names.into_iter().map(Place::Query)).collect()
}

impl Place {
    /// The parts with this text in that place, twice where there was a list.
    fn put(&self, parts: &Parts, text: &str) -> Parts {
        let mut parts = parts.clone();
        match self {
            Self::Path(number) => parts.path[*number].1.fill(text.to_owned()),
            Self::Query(name) => {
                let here = parts.query.iter_mut().filter(|(other, _)| other == name);
                here.for_each(|(_, value)| text.clone_into(value));
            }
        }
        parts
    }
}

enum Came {
    Arrived,
    Refused,
    Typed,
}

async fn one(
    row: &'static Row,
    clients: &Clients,
    recorder: &Recorder,
    parts: &Parts,
    place: &Place,
    text: &str,
) -> Result<Came, String> {
    let sent = (row.call)(clients, parts.clone()).await;
    let requests = recorder.take();
    let Ok(sent) = sent else {
        return if requests.is_empty() {
            Ok(Came::Typed)
        } else {
            Err("no typed request, and one was sent".to_owned())
        };
    };
    match &requests[..] {
        [] => {
            let error = sent.error.ok_or("nothing was sent, and nothing was wrong")?;
            refused(&error)?;
            let refusable = matches!(place, Place::Path(_)) && matches!(text, "" | "." | "..");
            if refusable { Ok(Came::Refused) } else { Err(format!("it was refused: {error}")) }
        }
        [request] => arrived(row, request, parts, place).map(|()| Came::Arrived),
        many => Err(format!("{} requests were sent", many.len())),
    }
}

fn arrived(row: &'static Row, request: &Recorded, parts: &Parts, place: &Place) -> Result<(), String> {
    let path = request.path.strip_prefix("/prefix").ok_or("the base is gone")?;
    let matched = route::find(row.product, &request.method, path)?;
    if matched.row.id != row.id {
        return Err(format!("it went to {}: {path}", matched.row.id));
    }
    // A sample may hold a comma, which is one more name to Elasticsearch.
    let joined = |path: &[(String, Vec<String>)]| path.iter().map(|(_, values)| values.join(",")).collect::<Vec<_>>();
    if joined(&matched.path) != joined(&parts.path) {
        return Err(format!("the path holds {:?}", matched.path));
    }
    if request.headers.iter().any(|(name, _)| name == "x-a") {
        return Err("there is a header more".to_owned());
    }
    let query = request.query.as_deref().map(pairs).unwrap_or_default();
    let Place::Query(name) = place else { return Ok(()) };
    let found: Vec<&str> = query.iter().filter(|(other, _)| other == name).map(|(_, value)| value.as_str()).collect();
    let given: Vec<&str> =
        parts.query.iter().filter(|(other, _)| other == name).map(|(_, value)| value.as_str()).collect();
    // A flag that is there without a value is one that is set.
    let flag = given == [""] && found == ["true"];
    let same = flag || found == given || (parts.joined && found == [given.join(",")]);
    let known =
        query.iter().all(|(name, _)| name == "typed_keys" || parts.query.iter().any(|(other, _)| other == name));
    if same && known { Ok(()) } else { Err(format!("the query is {query:?}")) }
}
