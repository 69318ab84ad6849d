//! Kibana: from a request to a reply in the order that the real one keeps: route, who, xsrf, space, privileges that the
//! route names, version, body, privileges that its handler asks for, handler.
//! Shares Elasticsearch's users, keys and tokens; keeps objects of its own.

mod cases;
mod comments;
mod connectors;
mod data_views;
mod export;
mod features;
mod import;
mod kql;
mod memory;
mod multipart;
mod privileges;
mod roles;
mod routes;
mod rule_search;
mod rules;
mod runtime_fields;
mod saved_objects;
mod short_urls;
mod snoozes;
mod spaces;
mod status;

use serde_json::{Value, json};

pub(crate) use memory::Memory;
use multipart::Part;
#[cfg(test)]
pub(crate) use routes::paths;

use crate::es::Flavor;
use crate::es::authentication::{self, Authentication};
use crate::es::state::State;
use crate::message::{Body, Reply, Request};
use crate::router::{Params, Router};
use crate::spec::check::bad_request;
use crate::spec::{self, Match, Spec};

/// The version that the stack says it is.
pub(crate) const VERSION: &str = "9.5.0";

/// The routes that have state behind them.
pub(crate) struct Kibana {
    router: Router<Handler>,
    flavor: Flavor,
}

/// What a handler is given.
pub(crate) struct Call<'a> {
    pub(crate) spec: Option<&'a Spec>,
    pub(crate) state: &'a mut State,
    pub(crate) memory: &'a mut Memory,
    pub(crate) who: Option<&'a Authentication>,
    /// The space that the request is in.
    pub(crate) space: String,
    pub(crate) params: Params,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) body: Option<Value>,
    /// Of a multipart body.
    pub(crate) parts: Vec<Part>,
    pub(crate) now: u64,
}

type Answer = Result<Reply, Box<Reply>>;
type Handler = fn(&mut Call<'_>) -> Answer;

/// The operation that answers without a caller.
const STATUS: &str = "/api/status";

impl Kibana {
    pub(crate) fn new(flavor: Flavor) -> Self {
        Self { router: routes::all(), flavor }
    }

    /// Answers a request.
    pub(crate) fn handle(
        &self,
        state: &mut State,
        memory: &mut Memory,
        spec: Option<&Spec>,
        request: &Request,
        now: u64,
    ) -> Reply {
        let mut reply = match self.answer(state, memory, spec, request, now) {
            Ok(reply) => reply,
            Err(refusal) => *refusal,
        };
        reply.set("kbn-name", "elkit-stack");
        reply.set("cache-control", "private, no-cache, no-store, must-revalidate");
        if matches!(reply.body, Body::Json(_)) && !reply.headers.contains_key("content-type") {
            reply.set("content-type", "application/json; charset=utf-8");
        }
        reply
    }

    fn answer(
        &self,
        state: &mut State,
        memory: &mut Memory,
        spec: Option<&Spec>,
        request: &Request,
        now: u64,
    ) -> Answer {
        let mut segments = request.segments();
        let mut space = "default".to_owned();
        let in_space = segments.len() > 2 && segments[0] == "s";
        let found = match self.find(spec, &segments, &request.method) {
            None if in_space => {
                space = segments[1].clone();
                segments.drain(..2);
                self.find(spec, &segments, &request.method)
            }
            found => found,
        };
        let Some((handler, params, specified)) = found else {
            return Err(error(404, "Not Found", "Not Found"));
        };
        let optional = segments.join("/") == STATUS.trim_start_matches('/');
        let who = match authentication::through_kibana(state, request, now) {
            Ok(who) => Some(who),
            Err(_) if optional && request.header("authorization").is_none() => None,
            Err(refusal) => return Err(unauthorized(request, &refusal)),
        };
        check_internal(request, &segments)?;
        self.check_xsrf(request)?;
        if !memory.spaces.has(&space) {
            return Err(not_found("space", &space));
        }
        if let (Some(who), Some(matched)) = (&who, &specified) {
            privileges::check_named(who, &space, &matched.operation.kibana_privileges, request, &segments)?;
        }
        let version = specified.as_ref().map(|matched| check_version(matched, request)).transpose()?.flatten();
        let (body, parts) = body(request, specified.as_ref())?;
        let query = request.query_pairs();
        if let Some(matched) = &specified {
            spec::check::kibana(matched, &query, body.as_ref())?;
        }
        let mut call = Call { spec, state, memory, who: who.as_ref(), space, params, query, body, parts, now };
        let named = specified.as_ref().is_some_and(|matched| !matched.operation.kibana_privileges.is_empty());
        if !optional && !named {
            privileges::check(&call, &request.method, &segments)?;
        }
        let mut reply = match handler {
            None => specified.as_ref().map_or_else(|| Reply::ok(json!({})), spec::sample::reply),
            Some(handler) => handler(&mut call)?,
        };
        if let Some(version) = version {
            reply.set("elastic-api-version", &version);
        }
        Ok(reply)
    }

    fn check_xsrf(&self, request: &Request) -> Result<(), Box<Reply>> {
        if let Some(given) = request.header("kbn-version").filter(|given| *given != VERSION) {
            let message = format!(
                "Browser client is out of date, please refresh the page (\"kbn-version\" header was \"{given}\" but should be \"{VERSION}\")"
            );
            return Err(bad_request(&message));
        }
        let safe = matches!(request.method.as_str(), "GET" | "HEAD" | "OPTIONS");
        let shown = request.headers.contains_key("kbn-xsrf") || request.headers.contains_key("kbn-version");
        // No browser sends a key by itself; only Serverless trusts in that.
        let scheme = request.header("authorization").and_then(|text| text.get(..7)).unwrap_or_default();
        let by_key = self.flavor == Flavor::Serverless && scheme.eq_ignore_ascii_case("ApiKey ");
        match safe || shown || by_key {
            true => Ok(()),
            false => Err(bad_request("Request must contain a kbn-xsrf header.")),
        }
    }

    fn find<'a>(
        &self,
        spec: Option<&'a Spec>,
        segments: &[String],
        method: &str,
    ) -> Option<(Option<Handler>, Params, Option<Match<'a>>)> {
        let takes = |verbs: &[String]| verbs.iter().any(|verb| verb == method);
        let known = self.router.candidates(segments).into_iter().find(|candidate| takes(candidate.verbs));
        let theirs = spec.map(|spec| spec.kibana.candidates(segments)).unwrap_or_default();
        let theirs = theirs.into_iter().find(|candidate| takes(candidate.verbs));
        // A literal route beats a wildcard, whichever list it stands in.
        let known = known.filter(|ours| theirs.as_ref().is_none_or(|theirs| theirs.specificity >= ours.specificity));
        let specified = spec.zip(theirs).map(|(spec, theirs)| spec.matched(*theirs.value, &theirs.params));
        if known.is_none() && specified.is_none() {
            return None;
        }
        let (handler, params) =
            known.map_or((None, Params::new()), |candidate| (Some(*candidate.value), candidate.params));
        Some((handler, params, specified))
    }
}

impl Call<'_> {
    pub(crate) fn param(&self, name: &str) -> String {
        self.params.get(name).cloned().unwrap_or_default()
    }

    pub(crate) fn asked(&self, name: &str) -> Option<&str> {
        self.query.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Every value of a parameter that may stand several times.
    pub(crate) fn asked_all(&self, name: &str) -> Vec<String> {
        self.query.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect()
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        matches!(self.asked(name), Some("" | "true"))
    }

    /// The part of a list that was asked for, with the page and its size.
    pub(crate) fn page(&self, items: Vec<Value>, size_name: &str) -> (usize, usize, Vec<Value>) {
        let number = |name: &str, default| self.asked(name).and_then(|text| text.parse().ok()).unwrap_or(default);
        let (page, size) = (number("page", 1).max(1), number(size_name, 20_usize));
        let items = items.into_iter().skip((page - 1).saturating_mul(size)).take(size).collect();
        (page, size, items)
    }

    /// A member of the body; null when there is none.
    pub(crate) fn member(&self, name: &str) -> Value {
        self.body.as_ref().and_then(|body| body.get(name)).cloned().unwrap_or(Value::Null)
    }

    /// Checks a member of the body as the form of `named` that the type of what is stored tells.
    pub(crate) fn check_told(&self, member: &str, named: &str, tag: (&str, &str)) -> Result<(), Box<Reply>> {
        match (self.spec, &self.body) {
            (Some(spec), Some(body)) => spec::check::told(spec, body, member, named, tag),
            _ => Ok(()),
        }
    }

    pub(crate) fn username(&self) -> String {
        self.who.map(|who| who.user.username.clone()).unwrap_or_default()
    }

    /// The time with milliseconds, as Kibana writes it.
    pub(crate) fn time(&self) -> String {
        crate::clock::iso(self.now).replace('Z', &format!(".{:03}Z", self.now % 1000))
    }
}

/// The 404 of an object that is not in this space.
pub(crate) fn not_found(kind: &str, id: &str) -> Box<Reply> {
    error(404, "Not Found", &format!("Saved object [{kind}/{id}] not found"))
}

/// Kibana's error body.
pub(crate) fn error(status: u16, name: &str, message: &str) -> Box<Reply> {
    Box::new(Reply::json(status, json!({ "statusCode": status, "error": name, "message": message })))
}

fn unauthorized(request: &Request, refusal: &crate::es::Refusal) -> Box<Reply> {
    if request.header("authorization").is_none() {
        return error(401, "Unauthorized", "Unauthorized");
    }
    if refusal.status() == 403 {
        return error(403, "Forbidden", &refusal.reason());
    }
    let asked = request.uri();
    let reason = refusal.reason().replace(&format!("[{asked}]"), "[/_security/_authenticate]");
    let message = format!("[security_exception\n\tRoot causes:\n\t\tsecurity_exception: {reason}]: {reason}");
    error(401, "Unauthorized", &message)
}

/// Routes of Kibana's own pages are closed to those who don't say that they know it.
fn check_internal(request: &Request, segments: &[String]) -> Result<(), Box<Reply>> {
    let internal = segments.first().is_some_and(|first| first == "internal");
    if !internal || request.headers.contains_key("x-elastic-internal-origin") {
        return Ok(());
    }
    Err(bad_request(&format!(
        "uri [{}] with method [{}] exists but is not available with the current configuration",
        request.uri(),
        request.method.to_lowercase()
    )))
}

/// The version that answers a request to a versioned operation.
fn check_version(matched: &Match<'_>, request: &Request) -> Result<Option<String>, Box<Reply>> {
    let Some(known) = &matched.operation.version else {
        return Ok(None);
    };
    let Some(given) = request.header("elastic-api-version") else {
        return Ok(Some(known.clone()));
    };
    // Not every version is a date: dashboards began with 1.
    if given == known {
        return Ok(Some(known.clone()));
    }
    let dated = given.len() == 10
        && given.split('-').map(str::len).eq([4, 2, 2])
        && given.chars().all(|c| c.is_ascii_digit() || c == '-');
    if !dated {
        return Err(bad_request(&format!(
            "Invalid version. Received \"{given}\", expected a valid date string formatted as YYYY-MM-DD."
        )));
    }
    let method = request.method.to_lowercase();
    Err(bad_request(&format!(
        "No version \"{given}\" available for [{method}] [{}]. Available versions are: {known}",
        request.path
    )))
}

fn body(request: &Request, specified: Option<&Match<'_>>) -> Result<(Option<Value>, Vec<Part>), Box<Reply>> {
    let payload = specified.and_then(|matched| matched.operation.body.as_ref());
    let media = request.header("content-type").unwrap_or_default();
    if let (Some(matched), Some(payload)) = (specified, payload)
        && !payload.is_json()
    {
        if payload.media.as_deref() == Some("multipart") {
            let (body, parts) = multipart::read(matched.spec, payload, media, &request.body)?;
            return Ok((Some(body), parts));
        }
        return match request.body.is_empty() && payload.required {
            true => Err(bad_request("[request body]: expected value of type [Buffer] but got [null]")),
            false => Ok((None, Vec::new())),
        };
    }
    if request.body.is_empty() {
        return Ok((None, Vec::new()));
    }
    let lower = media.to_ascii_lowercase();
    if !lower.is_empty() && !lower.contains("json") && !lower.contains("multipart") {
        return Err(error(415, "Unsupported Media Type", "Unsupported Media Type"));
    }
    if lower.contains("multipart") {
        return Ok((None, multipart::parts(media, &request.body)));
    }
    let body = serde_json::from_slice(&request.body);
    body.map(|body| (Some(body), Vec::new())).map_err(|_| bad_request("Invalid request payload JSON format"))
}
