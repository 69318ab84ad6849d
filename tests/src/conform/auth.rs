//! Credentials from four sources through a real client: what a call would send. The client decides, this only gives and
//! looks.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::{Arc, Mutex, PoisonError};

use elkit::config::{VARIABLES, VariableMeaning};
use elkit::http::{BoxFuture, HttpBody, HttpClient, HttpError};
use elkit::rt::Product;
use elkit::{Config, Error, HeaderMap, Method, RawRequest, RequestOptions};

use super::json::Tree;
use super::report::Outcome;
use super::route;

/// Checks one line.
pub async fn check(line: &Tree) -> Outcome {
    let sent = match Sources::read(line) {
        Ok(sources) => sources.send().await,
        Err(why) => return Outcome::failed(None, why),
    };
    let result = match line.get("expect") {
        Some(expected) => expect(expected, &sent),
        None => sent.as_ref().map(|_| ()).map_err(Clone::clone),
    };
    let outcome = Outcome { operation: None, why: result.err(), more: Vec::new() };
    let text = |text: &Option<String>| text.clone().map_or(Tree::Null, Tree::String);
    match sent {
        Ok(sent) if sent.cookie.is_some() => {
            outcome.with("authorization", text(&sent.authorization)).with("cookie", text(&sent.cookie))
        }
        Ok(sent) => outcome.with("authorization", text(&sent.authorization)),
        Err(error) => outcome.with("error", Tree::String(error)),
    }
}

#[derive(Clone, Debug, Default)]
struct Sent {
    authorization: Option<String>,
    cookie: Option<String>,
}

fn expect(expected: &Tree, sent: &Result<Sent, String>) -> Result<(), String> {
    let error = expected.get("error").and_then(Tree::as_str);
    match (expected, sent) {
        (Tree::Null, Ok(Sent { authorization: None, .. })) => Ok(()),
        (Tree::String(header), Ok(sent)) if sent.authorization.as_ref() == Some(header) => Ok(()),
        (_, Err(message)) if error.is_some_and(|part| message.contains(part)) => Ok(()),
        (_, Ok(sent)) => Err(match &sent.authorization {
            Some(header) => format!("`{header}` was sent, not {expected}"),
            None => format!("nothing was sent, not {expected}"),
        }),
        (_, Err(message)) => Err(format!("{expected} was expected, but: {message}")),
    }
}

struct Sources<'a> {
    product: Product,
    call: Option<&'a Tree>,
    handle: Option<&'a Tree>,
    builder: Option<&'a Tree>,
    environment: Option<BTreeMap<&'static str, String>>,
}

impl<'a> Sources<'a> {
    fn read(line: &'a Tree) -> Result<Self, String> {
        let product = route::product(line)?;
        let Some(Tree::Object(sources)) = line.get("sources") else {
            return Err("`sources` is not an object".to_owned());
        };
        let known = ["call", "handle", "builder", "environment"];
        for (name, source) in sources {
            if !known.contains(&name.as_str()) {
                return Err(format!("`{name}` is no source; there are {}", known.join(", ")));
            }
            let Tree::Object(members) = source else { return Err(format!("source `{name}` is not an object")) };
            check_members(name, members)?;
        }
        let source = |name: &str| sources.iter().find(|(known, _)| known == name).map(|(_, source)| source);
        let environment = source("environment").map(|source| variables(product, source)).transpose()?;
        Ok(Self { product, call: source("call"), handle: source("handle"), builder: source("builder"), environment })
    }

    async fn send(&self) -> Result<Sent, String> {
        let seen = Seen::default();
        let config = self.config().http_client(seen.clone());
        let on_handle = |options| given(self.handle, options);
        let request: Result<RawRequest, Error> = match self.product {
            Product::Elasticsearch => {
                config.elasticsearch().map(|client| client.options(on_handle).request(Method::GET, "/"))
            }
            Product::Kibana => config.kibana().map(|client| client.options(on_handle).request(Method::GET, "/")),
        };
        let request = request.map_err(|error| error.to_string())?.options(|options| given(self.call, options));
        let result = request.send_raw().await;
        let headers = seen.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let headers = headers.ok_or_else(|| result.err().map_or_else(String::new, |error| error.to_string()))?;
        let text = |name: &str| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        Ok(Sent { authorization: text("authorization"), cookie: text("cookie") })
    }

    fn config(&self) -> Config {
        let mut config = Config::new().options(|options| given(self.builder, options));
        let mut has_url = false;
        if let Some(environment) = &self.environment {
            config = config.environment_with(|name| environment.get(name).map(OsString::from));
            has_url = variable(self.product, VariableMeaning::Url).is_some_and(|name| environment.contains_key(name));
        }
        let url = self.builder.and_then(|source| source.get("url")?.as_str());
        match (self.product, url.or((!has_url).then_some(NO_URL))) {
            (Product::Elasticsearch, Some(url)) => config.elasticsearch_url(url),
            (Product::Kibana, Some(url)) => config.kibana_url(url),
            (_, None) => config,
        }
    }
}

/// Where a client goes that was given no URL.
const NO_URL: &str = "http://localhost";

/// Lays what a source holds into options.
fn given(source: Option<&Tree>, mut options: RequestOptions) -> RequestOptions {
    let Some(Tree::Object(members)) = source else { return options };
    for (name, value) in members {
        let pair = two(value);
        options = match (name.as_str(), value, pair) {
            ("api_key", Tree::String(key), _) => options.api_key(key),
            ("api_key", key, _) => {
                let part = |name: &str| key.get(name).and_then(Tree::as_str).unwrap_or_default();
                options.api_key((part("id"), part("secret")))
            }
            ("basic", _, Some((user, password))) => options.basic_auth(user, password),
            ("scheme", _, Some((scheme, credentials))) => options.authorization(scheme, credentials),
            ("bearer", Tree::String(token), _) => options.bearer_auth(token),
            ("authorization", Tree::String(header), _) => options.header("authorization", header),
            ("cookie", Tree::String(cookie), _) => options.session_cookie(cookie.as_str()),
            ("anonymous", Tree::Bool(true), _) => options.anonymous(),
            _ => options,
        };
    }
    options
}

/// Refuses what [`given`] would pass over.
fn check_members(source: &str, members: &[(String, Tree)]) -> Result<(), String> {
    for (name, value) in members {
        let text = value.as_str().is_some();
        let key = |name: &str| value.get(name).and_then(Tree::as_str).is_some();
        let fits = match name.as_str() {
            "api_key" => text || (key("id") && key("secret")),
            "bearer" => text,
            "basic" => two(value).is_some(),
            "url" => text && matches!(source, "builder" | "environment"),
            "scheme" => two(value).is_some() && source != "environment",
            "authorization" | "cookie" => text && source != "environment",
            "anonymous" => matches!(value, Tree::Bool(_)) && source != "environment",
            _ => false,
        };
        if !fits {
            return Err(format!("source `{source}` can't have `{name}`: {}", value.kind()));
        }
    }
    Ok(())
}

fn two(value: &Tree) -> Option<(&str, &str)> {
    match value {
        Tree::Array(items) => match &items[..] {
            [Tree::String(first), Tree::String(second)] => Some((first, second)),
            _ => None,
        },
        _ => None,
    }
}

/// The environment that says what the source holds.
fn variables(product: Product, source: &Tree) -> Result<BTreeMap<&'static str, String>, String> {
    let mut variables = BTreeMap::new();
    let mut set = |meaning, value: &str| -> Result<(), String> {
        let name = variable(product, meaning).ok_or("the environment has no variable for it")?;
        variables.insert(name, value.to_owned());
        Ok(())
    };
    let text = |name: &str| source.get(name).and_then(Tree::as_str);
    for (name, meaning) in
        [("url", VariableMeaning::Url), ("api_key", VariableMeaning::ApiKey), ("bearer", VariableMeaning::BearerToken)]
    {
        text(name).map_or(Ok(()), |value| set(meaning, value))?;
    }
    if let Some((user, password)) = source.get("basic").and_then(two) {
        set(VariableMeaning::Username, user)?;
        set(VariableMeaning::Password, password)?;
    }
    match source.get("api_key") {
        Some(Tree::Object(_)) => Err("an API key in the environment is encoded, not id and secret".to_owned()),
        _ => Ok(variables),
    }
}

fn variable(product: Product, meaning: VariableMeaning) -> Option<&'static str> {
    let is = |variable: &&elkit::config::Variable| variable.product == Some(product) && variable.meaning == meaning;
    VARIABLES.iter().find(is).map(|variable| variable.name)
}

/// Keeps the headers of a request and sends nothing.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Option<HeaderMap>>>);

impl HttpClient for Seen {
    fn send(&self, request: http::Request<HttpBody>) -> BoxFuture<'_, Result<http::Response<HttpBody>, HttpError>> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(request.headers().clone());
        Box::pin(async {
            let mut answer = http::Response::new(HttpBody::empty());
            *answer.status_mut() = elkit::StatusCode::NO_CONTENT;
            Ok(answer)
        })
    }
}
