//! Steps, done. A call goes out as its typed request; the answer is kept raw and typed.

use elkit::rt::Product;
use elkit::{Elasticsearch, Kibana, Method};
use elkit_stack::Stack;
use serde_json::Value;

use super::document::{Assertion, Call, Document, Flavor, Step, Test};
use super::path::{Variables, at, fill, is_true, same};
use crate::dispatch::{self, Clients, Parts, Row, Sent};

/// How many assertions held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// On raw answers.
    pub raw: usize,
    /// On typed answers.
    pub typed: usize,
}

/// Runs a test on a stack of its own, as its superuser.
///
/// # Errors
/// What did not hold.
pub async fn run_test(document: &Document, test: &Test, flavor: Flavor) -> Result<Counts, String> {
    let serverless = flavor == Flavor::Serverless;
    let builder = if serverless { Stack::builder().serverless() } else { Stack::builder() };
    let stack = builder.start().await.map_err(|error| error.to_string())?;
    let password = stack.elastic_password();
    let builder = Elasticsearch::builder(stack.elasticsearch_url()).basic_auth("elastic", password);
    let elasticsearch = if serverless { builder.serverless() } else { builder }.build();
    let kibana = Kibana::builder(stack.kibana_url()).basic_auth("elastic", password).build();
    let clients = match (elasticsearch, kibana) {
        (Ok(elasticsearch), Ok(kibana)) => Clients { elasticsearch, kibana },
        (Err(error), _) | (_, Err(error)) => return Err(error.to_string()),
    };
    let mut runner =
        Runner { clients, variables: Variables::new(), last: Answer::default(), counts: Counts::default() };
    let mut result = runner.steps("setup", &document.setup).await;
    if result.is_ok() {
        result = runner.steps("step", &test.steps).await;
    }
    let after = runner.steps("teardown", &document.teardown).await;
    result.and(after).map(|()| runner.counts)
}

/// Calls of namespaces that the client does not have, and that tests need beside it.
pub(super) fn raw_route(api: &str) -> Option<(Method, &'static str)> {
    match api {
        "cluster.health" => Some((Method::GET, "/_cluster/health")),
        "info" => Some((Method::GET, "/")),
        _ => None,
    }
}

struct Runner {
    clients: Clients,
    variables: Variables,
    last: Answer,
    counts: Counts,
}

#[derive(Default)]
struct Answer {
    raw: Value,
    typed: Option<Value>,
}

impl Runner {
    async fn steps(&mut self, what: &str, steps: &[Step]) -> Result<(), String> {
        for (index, step) in steps.iter().enumerate() {
            let result = match step {
                Step::Do(call) => self.call(call).await.map_err(|why| format!("{}: {why}", call.api)),
                Step::Set(pairs) => self.set(pairs),
                Step::Assert(assertion) => self.assert(assertion),
            };
            result.map_err(|why| format!("{what} {}: {why}", index + 1))?;
        }
        Ok(())
    }

    async fn call(&mut self, call: &Call) -> Result<(), String> {
        let sent = match (dispatch::find(&call.api), raw_route(&call.api)) {
            (Some(row), _) => {
                let parts = self.parts(row, call);
                let sent = (row.call)(&self.clients(call), parts.clone()).await;
                match &parts.unread()[..] {
                    [] => sent.map_err(|problem| problem.to_string()),
                    unread => return Err(format!("it takes no {}", unread.join(", "))),
                }
            }
            (None, Some((method, path))) => self.raw(call, method, path).await,
            (None, None) => return Err("the client has no such operation".to_owned()),
        };
        let sent = match (sent, call.catch.as_deref()) {
            (Err(_), Some("param")) => return Ok(()),
            (sent, _) => sent?,
        };
        check_status(call, &sent)?;
        if let Some(correction) = sent.corrections.first() {
            return Err(format!("the answer had to be corrected: {correction:?}"));
        }
        let text = String::from_utf8_lossy(&sent.raw);
        let raw = serde_json::from_str(&text).unwrap_or_else(|_| Value::String(text.into_owned()));
        self.last = Answer { raw, typed: sent.typed };
        Ok(())
    }

    fn clients(&self, call: &Call) -> Clients {
        let headers: Vec<(&str, String)> =
            call.headers.iter().map(|(name, value)| (&**name, self.text(value))).collect();
        let options = |options| {
            headers.iter().fold(options, |options: elkit::RequestOptions, (name, value)| options.header(name, value))
        };
        Clients {
            elasticsearch: self.clients.elasticsearch.options(options),
            kibana: self.clients.kibana.options(options),
        }
    }

    async fn raw(&self, call: &Call, method: Method, path: &str) -> Result<Sent, String> {
        let mut request = self.clients(call).elasticsearch.request(method, path);
        for (name, value) in call.params.iter().filter(|(_, value)| !value.is_null()) {
            request = request.query(name, text_of(&fill(value, &self.variables)));
        }
        let response = request.send_raw().await.map_err(|error| error.to_string())?;
        Ok(Sent {
            status: response.status().as_u16(),
            raw: response.raw().to_vec(),
            typed: None,
            corrections: Vec::new(),
            error: None,
        })
    }

    fn parts(&self, row: &Row, call: &Call) -> Parts {
        let mut parts = Parts::of(row.product);
        let templates = || row.routes.iter().flat_map(|(_, template)| template.split('/'));
        for (name, value) in call.params.iter().filter(|(_, value)| !value.is_null()) {
            let value = fill(value, &self.variables);
            if name == "body" {
                parts.body = Some(match value {
                    Value::String(text) => text,
                    value => value.to_string(),
                });
            } else if templates()
                .any(|part| part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) == Some(name))
            {
                let values = match (&value, row.product) {
                    (Value::Array(items), _) => items.iter().map(text_of).collect(),
                    (_, Product::Elasticsearch) => text_of(&value).split(',').map(str::to_owned).collect(),
                    (_, Product::Kibana) => vec![text_of(&value)],
                };
                parts.path.push((name.clone(), values));
            } else {
                match &value {
                    Value::Array(items) => parts.query.extend(items.iter().map(|item| (name.clone(), text_of(item)))),
                    value => parts.query.push((name.clone(), text_of(value))),
                }
            }
        }
        parts
    }

    fn set(&mut self, pairs: &[(String, String)]) -> Result<(), String> {
        for (path, name) in pairs {
            let value = at(&self.last.raw, path, &self.variables).ok_or_else(|| format!("set: nothing at `{path}`"))?;
            self.variables.insert(name.clone(), value.clone());
        }
        Ok(())
    }

    fn assert(&mut self, assertion: &Assertion) -> Result<(), String> {
        let expected = fill(&assertion.expected, &self.variables);
        let holds = |which: &str, root: &Value| {
            let found = at(root, &assertion.path, &self.variables);
            let (kind, path) = (&assertion.kind, &assertion.path);
            match holds(kind, found, &expected) {
                Ok(true) => Ok(()),
                Ok(false) => {
                    let found = found.map_or_else(|| "nothing".to_owned(), Value::to_string);
                    Err(format!("{which} answer: {kind} `{path}`: {found}, and not {expected}"))
                }
                Err(why) => Err(format!("{kind} `{path}`: {why}")),
            }
        };
        holds("the raw", &self.last.raw)?;
        if let Some(typed) = &self.last.typed {
            holds("the typed", typed)?;
            self.counts.typed += 1;
        }
        self.counts.raw += 1;
        Ok(())
    }

    fn text(&self, text: &str) -> String {
        text_of(&fill(&Value::String(text.to_owned()), &self.variables))
    }
}

fn holds(kind: &str, found: Option<&Value>, expected: &Value) -> Result<bool, String> {
    let numbers = || found.and_then(Value::as_f64).zip(expected.as_f64());
    Ok(match kind {
        "is_true" => is_true(found),
        "is_false" => !is_true(found),
        "match" => {
            if expected.as_str().is_some_and(|text| text.trim().starts_with('/') && text.trim().ends_with('/')) {
                return Err("the runner knows no regular expressions".to_owned());
            }
            // A test may expect null of what is not there.
            found.map_or(expected.is_null(), |found| same(expected, found))
        }
        "length" => {
            let length = match found {
                Some(Value::Array(items)) => Some(items.len()),
                Some(Value::Object(members)) => Some(members.len()),
                Some(Value::String(text)) => Some(text.chars().count()),
                _ => None,
            };
            length.map(|length| length as u64) == expected.as_u64()
        }
        "contains" => match found {
            Some(Value::Array(items)) => items.iter().any(|item| same(expected, item)),
            Some(Value::String(text)) => expected.as_str().is_some_and(|part| text.contains(part)),
            _ => false,
        },
        "gt" => numbers().is_some_and(|(found, expected)| found > expected),
        "gte" => numbers().is_some_and(|(found, expected)| found >= expected),
        "lt" => numbers().is_some_and(|(found, expected)| found < expected),
        "lte" => numbers().is_some_and(|(found, expected)| found <= expected),
        other => return Err(format!("the runner does not know `{other}`")),
    })
}

fn check_status(call: &Call, sent: &Sent) -> Result<(), String> {
    let status = sent.status;
    let is_error = status >= 400;
    let expected = match call.catch.as_deref() {
        None if !is_error && sent.error.is_none() => return Ok(()),
        None if call.ignore.contains(&u64::from(status)) => return Ok(()),
        None => "no error",
        Some("bad_request") if status == 400 => return Ok(()),
        Some("unauthorized") if status == 401 => return Ok(()),
        Some("forbidden") if status == 403 => return Ok(()),
        Some("missing") if status == 404 => return Ok(()),
        Some("request_timeout") if status == 408 => return Ok(()),
        Some("conflict") if status == 409 => return Ok(()),
        Some("unavailable") if status == 503 => return Ok(()),
        Some("request") if is_error => return Ok(()),
        Some(other) => other,
    };
    let error = sent.error.as_ref().map_or_else(|| format!("status {status}"), ToString::to_string);
    Err(format!("{error}, and not {expected}"))
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
