//! A raw request as a typed call through the real transport: what arrives must be what was asked for.

use std::collections::BTreeMap;
use std::io;

use elkit::rt::Product;
use elkit::{Elasticsearch, Kibana, RequestOptions};
use tokio::runtime::Runtime;

use super::compare::{Aliases, difference, same_number};
use super::json::Tree;
use super::recorder::{Recorded, Recorder};
use super::report::Outcome;
use super::route::{self, Match};
use crate::dispatch::{Clients, Parts};

/// Parameters that every operation of Elasticsearch takes; no call has a setter for them.
const COMMON: [&str; 4] = ["error_trace", "filter_path", "human", "pretty"];

/// Parameters that a call adds on its own.
const ADDED: [(&str, &str, &str); 1] = [("security.query_api_keys", "typed_keys", "true")];

/// Headers that the transport decides.
const OWN_HEADERS: [&str; 12] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "elastic-api-version",
    "host",
    "kbn-xsrf",
    "te",
    "transfer-encoding",
    "user-agent",
];

/// The recorder and clients of it.
pub struct Wire {
    runtime: Runtime,
    recorder: Recorder,
    clients: Clients,
}

impl Wire {
    /// Starts a recorder.
    ///
    /// # Errors
    /// When no port is free.
    pub fn start(runtime: Runtime) -> io::Result<Self> {
        let recorder = runtime.block_on(Recorder::start())?;
        // Inside the runtime: the client may want its timers when it is made.
        let inside = runtime.enter();
        let clients = Clients {
            elasticsearch: Elasticsearch::builder(recorder.url()).max_retries(0).build().map_err(io::Error::other)?,
            kibana: Kibana::builder(recorder.url()).max_retries(0).build().map_err(io::Error::other)?,
        };
        drop(inside);
        Ok(Self { runtime, recorder, clients })
    }

    /// Checks one line.
    pub fn check(&mut self, line: &Tree) -> Outcome {
        let request = match Request::read(line) {
            Ok(request) => request,
            Err(why) => return Outcome::failed(None, why),
        };
        let id = request.matched.row.id;
        match self.send(&request) {
            Ok(sent) => Outcome::of(id, request.compare(&sent)).with("sent", shown(&sent)),
            Err(why) => Outcome::failed(id, why),
        }
    }

    fn send(&self, request: &Request) -> Result<Recorded, String> {
        let clients = request.clients(&self.clients)?;
        self.recorder.take();
        let sent = self.runtime.block_on((request.matched.row.call)(&clients, request.parts()));
        let sent = sent.map_err(|problem| format!("it is no such request: {problem}"))?;
        let mut recorded = self.recorder.take();
        match (recorded.len(), sent.error) {
            (1, _) => recorded.pop().ok_or_else(String::new),
            (0, Some(error)) => Err(format!("it was not sent: {error}")),
            (count, _) => Err(format!("it was sent {count} times")),
        }
    }
}

/// A line, read.
struct Request<'a> {
    product: Product,
    path: &'a str,
    space: Option<&'a str>,
    matched: Match,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    body: Option<&'a Tree>,
}

impl<'a> Request<'a> {
    fn read(line: &'a Tree) -> Result<Self, String> {
        let (product, method, path) = (route::product(line)?, route::method(line)?, route::text(line, "path")?);
        if path.contains(['?', '#']) {
            return Err("`path` holds a query or a fragment; a query stands in `query`".to_owned());
        }
        let (space, path) = route::without_space(product, path);
        let matched = route::find(product, &method, path)?;
        let (query, headers) = (pairs(line.get("query"), "query")?, pairs(line.get("headers"), "headers")?);
        let body = line.get("body").filter(|body| **body != Tree::Null);
        Ok(Self { product, path, space, matched, query, headers, body })
    }

    /// Query parameters that the call has no place for.
    fn common(&self) -> impl Iterator<Item = &(String, String)> {
        self.query.iter().filter(|(name, _)| self.product == Product::Elasticsearch && COMMON.contains(&name.as_str()))
    }

    fn parts(&self) -> Parts {
        let mut parts = Parts::of(self.product);
        parts.path = self.matched.path.clone();
        let own = |(name, _): &&(String, String)| !self.common().any(|(common, _)| common == name);
        parts.query = self.query.iter().filter(own).cloned().collect();
        parts.body = self.body.map(Tree::to_string);
        parts
    }

    fn own_headers(&self) -> impl Iterator<Item = (String, &str)> {
        let named = self.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.as_str()));
        named.filter(|(name, _)| !OWN_HEADERS.contains(&name.as_str()))
    }

    fn clients(&self, clients: &Clients) -> Result<Clients, String> {
        let options = |mut options: RequestOptions| {
            for (name, value) in self.common() {
                options = options.query(name, value);
            }
            self.own_headers().fold(options, |options, (name, value)| options.header(name, value))
        };
        let kibana = match self.space {
            Some(space) => clients.kibana.space(&route::decoded(space)?).map_err(|error| error.to_string())?,
            None => clients.kibana.clone(),
        };
        Ok(Clients { elasticsearch: clients.elasticsearch.options(options), kibana: kibana.options(options) })
    }

    fn compare(&self, sent: &Recorded) -> Result<(), String> {
        if !self.matched.verbs.contains(&sent.method.as_str()) {
            return Err(format!("{} was sent, which is none of {}", sent.method, self.matched.verbs.join(", ")));
        }
        let (space, path) = route::without_space(self.product, &sent.path);
        if (space, decoded(path)?) != (self.space, decoded(self.path)?) {
            return Err(format!("the path {} was sent", sent.path));
        }
        self.compare_query(sent)?;
        let missing = self.own_headers().find(|(name, value)| sent.header(name) != Some(value.trim()));
        if let Some((name, _)) = missing {
            return Err(format!("the header `{name}` was not sent as it is"));
        }
        if let Some(parts) = sent.form()? {
            return compare_form(self.body.unwrap_or(&Tree::Null), &parts);
        }
        let empty = Tree::Object(Vec::new());
        let (input, output) = (
            self.body.unwrap_or(&empty),
            sent.json()?.filter(|body| *body != Tree::Null).unwrap_or_else(|| empty.clone()),
        );
        difference(input, &output, Aliases::ALL).map_or(Ok(()), |why| Err(format!("body: {why}")))
    }

    fn compare_query(&self, sent: &Recorded) -> Result<(), String> {
        let mut found = self.grouped(sent.pairs());
        for (name, values) in self.grouped(self.query.clone()) {
            let others = found.remove(&name).ok_or_else(|| format!("the query parameter `{name}` was not sent"))?;
            if values.len() != others.len() || !values.iter().zip(&others).all(|(a, b)| same_value(a, b)) {
                return Err(format!("the query parameter `{name}` was sent as {others:?}, not {values:?}"));
            }
        }
        let id = self.matched.row.id;
        let added =
            |name: &str, values: &[String]| ADDED.iter().any(|row| (row.0, row.1) == (id, name) && values == [row.2]);
        match found.iter().find(|(name, values)| !added(name, values)) {
            Some((name, _)) => Err(format!("the query parameter `{name}` was sent but not given")),
            None => Ok(()),
        }
    }

    /// All values of each name. Elasticsearch reads a list from commas, and does not care how often a name comes.
    fn grouped(&self, pairs: Vec<(String, String)>) -> BTreeMap<String, Vec<String>> {
        let mut grouped: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in pairs {
            let values = grouped.entry(name).or_default();
            match self.product {
                Product::Elasticsearch => values.extend(value.split(',').map(str::to_owned)),
                Product::Kibana => values.push(value),
            }
        }
        grouped
    }
}

/// The parts of a form as the members of an object: text as it is, anything else as JSON; files as their text.
fn compare_form(given: &Tree, sent: &[(String, String)]) -> Result<(), String> {
    let Tree::Object(members) = given else { return Err("a form was sent, but the body is no object".to_owned()) };
    let mut wanted: Vec<(&str, String)> = Vec::new();
    for (name, value) in members {
        let several = |items: &[Tree]| items.iter().all(|item| matches!(item, Tree::String(_)));
        match value {
            Tree::String(text) => wanted.push((name, text.clone())),
            Tree::Array(items) if several(items) && sent.iter().filter(|(known, _)| known == name).count() > 1 => {
                wanted.extend(items.iter().filter_map(Tree::as_str).map(|text| (name.as_str(), text.to_owned())));
            }
            value => wanted.push((name, value.to_string())),
        }
    }
    for (name, value) in &wanted {
        if !sent.iter().any(|(known, text)| known == name && same_value(value, text)) {
            return Err(format!("the part `{name}` was not sent as it is"));
        }
    }
    match sent.iter().find(|(name, _)| !wanted.iter().any(|(known, _)| known == name)) {
        Some((name, _)) => Err(format!("the part `{name}` was sent but not given")),
        None => Ok(()),
    }
}

/// Equal as text, as a flag, as a number or as JSON.
fn same_value(given: &str, sent: &str) -> bool {
    if given == sent || (given.is_empty() && sent == "true") {
        return true;
    }
    match (Tree::parse(given), Tree::parse(sent)) {
        (Ok(Tree::Number(given)), Ok(Tree::Number(sent))) => same_number(&given, &sent),
        (Ok(given @ (Tree::Object(_) | Tree::Array(_))), Ok(sent)) => difference(&given, &sent, Aliases::ALL).is_none(),
        _ => false,
    }
}

fn decoded(path: &str) -> Result<Vec<String>, String> {
    path.split('/').map(route::decoded).collect()
}

/// Names and values: an array of pairs, or an object. A value of null has no text, several are given as an array.
fn pairs(value: Option<&Tree>, what: &str) -> Result<Vec<(String, String)>, String> {
    let wrong = || format!("`{what}` is not an array of [name, value]");
    let entries: Vec<(&str, &Tree)> = match value {
        None | Some(Tree::Null) => Vec::new(),
        Some(Tree::Object(members)) => members.iter().map(|(name, value)| (name.as_str(), value)).collect(),
        Some(Tree::Array(items)) => items.iter().map(pair).collect::<Option<_>>().ok_or_else(wrong)?,
        Some(_) => return Err(wrong()),
    };
    let mut pairs = Vec::new();
    for (name, value) in entries {
        let values = if let Tree::Array(values) = value { &values[..] } else { std::slice::from_ref(value) };
        for value in values {
            let text = match value {
                Tree::Null => String::new(),
                Tree::String(text) => text.clone(),
                Tree::Bool(_) | Tree::Number(_) => value.to_string(),
                Tree::Array(_) | Tree::Object(_) => return Err(wrong()),
            };
            pairs.push((name.to_owned(), text));
        }
    }
    Ok(pairs)
}

fn pair(item: &Tree) -> Option<(&str, &Tree)> {
    let Tree::Array(pair) = item else { return None };
    match &pair[..] {
        [Tree::String(name)] => Some((name, &Tree::Null)),
        [Tree::String(name), value] => Some((name, value)),
        _ => None,
    }
}

fn shown(sent: &Recorded) -> Tree {
    let text = |text: &str| Tree::String(text.to_owned());
    let query = sent.pairs().into_iter().map(|(name, value)| Tree::Array(vec![text(&name), text(&value)]));
    let secret = |name: &str| ["auth", "cookie", "key", "token", "secret"].iter().any(|part| name.contains(part));
    let headers = sent.headers.iter();
    let headers = headers.map(|(name, value)| (name.clone(), text(if secret(name) { "[hidden]" } else { value })));
    let body = sent.json().unwrap_or_else(|_| Some(text(&String::from_utf8_lossy(&sent.body))));
    Tree::Object(vec![
        ("method".to_owned(), text(&sent.method)),
        ("path".to_owned(), text(&sent.path)),
        ("query".to_owned(), Tree::Array(query.collect())),
        ("headers".to_owned(), Tree::Object(headers.collect())),
        ("body".to_owned(), body.unwrap_or(Tree::Null)),
    ])
}
