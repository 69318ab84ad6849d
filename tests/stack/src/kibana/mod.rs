//! Kibana: from a request to a reply in the order that the real one keeps: route, who, xsrf, version, body, handler.
//! Shares Elasticsearch's users, keys and tokens; keeps objects of its own.

mod spaces;
mod status;

use serde_json::{Value, json};

pub(crate) use spaces::Spaces;

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
}

/// What a handler is given.
pub(crate) struct Call<'a> {
    pub(crate) spaces: &'a mut Spaces,
    pub(crate) who: Option<&'a Authentication>,
    pub(crate) params: Params,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) body: Option<Value>,
    pub(crate) known: &'a crate::es::state::AppPrivileges,
}

type Handler = fn(&mut Call<'_>) -> Reply;

/// The operation that answers without a caller.
const STATUS: &str = "/api/status";

impl Kibana {
    pub(crate) fn new() -> Self {
        let mut router: Router<Handler> = Router::new();
        router.add(&["GET"], STATUS, status::get);
        router.add(&["GET"], "/api/spaces/space", spaces::list);
        router.add(&["POST"], "/api/spaces/space", spaces::create);
        router.add(&["GET"], "/api/spaces/space/{id}", spaces::get);
        router.add(&["PUT"], "/api/spaces/space/{id}", spaces::update);
        router.add(&["DELETE"], "/api/spaces/space/{id}", spaces::delete);
        Self { router }
    }

    /// Answers a request.
    pub(crate) fn handle(
        &self,
        state: &mut State,
        spaces: &mut Spaces,
        spec: Option<&Spec>,
        request: &Request,
        now: u64,
    ) -> Reply {
        let mut reply = match self.answer(state, spaces, spec, request, now) {
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
        spaces: &mut Spaces,
        spec: Option<&Spec>,
        request: &Request,
        now: u64,
    ) -> Result<Reply, Box<Reply>> {
        let mut segments = request.segments();
        let in_space = segments.len() > 2 && segments[0] == "s";
        let found = self.find(spec, &segments, &request.method);
        let found = match found {
            None if in_space => {
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
        check_xsrf(request)?;
        let version = specified.as_ref().map(|matched| check_version(matched, request)).transpose()?.flatten();
        let body = body(request, specified.as_ref())?;
        let query = request.query_pairs();
        if let Some(matched) = &specified {
            spec::check::kibana(matched, &query, body.as_ref())?;
        }
        let mut reply = match handler {
            None => specified.as_ref().map_or_else(|| Reply::ok(json!({})), spec::sample::reply),
            Some(handler) => {
                handler(&mut Call { spaces, who: who.as_ref(), params, query, body, known: &state.app_privileges })
            }
        };
        if let Some(version) = version {
            reply.set("elastic-api-version", &version);
        }
        Ok(reply)
    }

    fn find<'a>(
        &self,
        spec: Option<&'a Spec>,
        segments: &[String],
        method: &str,
    ) -> Option<(Option<Handler>, Params, Option<Match<'a>>)> {
        let takes = |verbs: &[String]| verbs.iter().any(|verb| verb == method);
        let known = self.router.candidates(segments).into_iter().find(|candidate| takes(candidate.verbs));
        let specified = spec.and_then(|spec| {
            let candidate = spec.kibana.candidates(segments).into_iter().find(|candidate| takes(candidate.verbs))?;
            Some(spec.matched(*candidate.value, &candidate.params))
        });
        if known.is_none() && specified.is_none() {
            return None;
        }
        let (handler, params) =
            known.map_or((None, Params::new()), |candidate| (Some(*candidate.value), candidate.params));
        Some((handler, params, specified))
    }
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

fn check_xsrf(request: &Request) -> Result<(), Box<Reply>> {
    if let Some(given) = request.header("kbn-version").filter(|given| *given != VERSION) {
        let message = format!(
            "Browser client is out of date, please refresh the page (\"kbn-version\" header was \"{given}\" but should be \"{VERSION}\")"
        );
        return Err(bad_request(&message));
    }
    let safe = matches!(request.method.as_str(), "GET" | "HEAD" | "OPTIONS");
    let shown = request.headers.contains_key("kbn-xsrf") || request.headers.contains_key("kbn-version");
    match safe || shown {
        true => Ok(()),
        false => Err(bad_request("Request must contain a kbn-xsrf header.")),
    }
}

/// The version that answers a request to a versioned operation.
fn check_version(matched: &Match<'_>, request: &Request) -> Result<Option<String>, Box<Reply>> {
    let Some(known) = &matched.operation.version else {
        return Ok(None);
    };
    let Some(given) = request.header("elastic-api-version") else {
        return Ok(Some(known.clone()));
    };
    let dated = given.len() == 10
        && given.split('-').map(str::len).eq([4, 2, 2])
        && given.chars().all(|c| c.is_ascii_digit() || c == '-');
    if !dated {
        return Err(bad_request(&format!(
            "Invalid version. Received \"{given}\", expected a valid date string formatted as YYYY-MM-DD."
        )));
    }
    if given != known {
        let method = request.method.to_lowercase();
        return Err(bad_request(&format!(
            "No version \"{given}\" available for [{method}] [{}]. Available versions are: {known}",
            request.path
        )));
    }
    Ok(Some(known.clone()))
}

fn body(request: &Request, specified: Option<&Match<'_>>) -> Result<Option<Value>, Box<Reply>> {
    if request.body.is_empty() || specified.is_some_and(|matched| matched.takes_body() && !matched.takes_json()) {
        return Ok(None);
    }
    let media = request.header("content-type").unwrap_or("application/json");
    if !media.to_ascii_lowercase().contains("json") {
        return Err(error(415, "Unsupported Media Type", "Unsupported Media Type"));
    }
    serde_json::from_slice(&request.body).map(Some).map_err(|_| bad_request("Invalid request payload JSON format"))
}
