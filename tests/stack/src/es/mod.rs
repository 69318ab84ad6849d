//! Elasticsearch: from a request to a reply in the order that the real one keeps: who, what media, which route, what
//! body, may they, then the handler. Only this module knows that order.

mod aggregations;
mod api_key_selection;
mod api_key_updates;
mod api_keys;
mod app_privileges;
pub(crate) mod authentication;
mod body;
mod call;
mod clauses;
mod cluster;
mod durations;
mod error;
pub(crate) mod grants;
mod has_privileges;
mod media;
mod operations;
mod pattern;
mod privilege_names;
mod profiles;
mod query;
mod reserved;
pub(crate) mod role;
mod role_mappings;
mod role_parts;
mod roles;
mod searches;
mod service_accounts;
mod settings;
pub(crate) mod sso;
pub(crate) mod state;
mod suggest;
mod tokens;
mod users;

use std::cmp::Ordering;

use serde_json::{Value, json};

use call::Call;
pub(crate) use call::forbidden;
pub(crate) use error::Refusal;
use operations::{Need, OPERATIONS, Operation};
pub(crate) use role::kind as token_name;
use state::State;

use crate::message::{Body, Reply, Request};
use crate::router::{Candidate, Params, Router, allowed, best};
use crate::spec::check::Judge;
use crate::spec::{self, Spec};

/// Name, verb and path of every stateful operation.
#[cfg(test)]
pub(crate) fn operations() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    OPERATIONS.iter().filter(|operation| operation.id != "ping").map(|o| (o.id, o.verbs[0], o.path))
}

/// Query parameters that every operation takes.
const COMMON: [&str; 4] = ["error_trace", "filter_path", "human", "pretty"];

/// The routes, and the specification behind them.
pub(crate) struct Elasticsearch {
    router: Router<&'static Operation>,
    flavor: Flavor,
}

/// How Elasticsearch is run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Flavor {
    /// By somebody who may call everything.
    #[default]
    Stack,
    /// By Elastic: most of the security API is not for users.
    Serverless,
}

/// A request with its route found.
struct Routed<'a> {
    operation: Option<&'static Operation>,
    /// Several where a path means several operations, told apart by what is sent.
    specified: Vec<spec::Match<'a>>,
    params: Params,
}

impl<'a> Routed<'a> {
    fn specified(spec: Option<&'a Spec>, candidates: &[&Candidate<'_, usize>]) -> Self {
        let matched = |candidate: &&Candidate<'_, usize>| Some(spec?.matched(*candidate.value, &candidate.params));
        Self { operation: None, specified: candidates.iter().filter_map(matched).collect(), params: Params::new() }
    }
}

impl Elasticsearch {
    pub(crate) fn new(flavor: Flavor) -> Self {
        let mut router = Router::new();
        for operation in OPERATIONS {
            router.add(operation.verbs, operation.path, operation);
        }
        Self { router, flavor }
    }

    /// Answers a request.
    pub(crate) fn handle(&self, state: &mut State, spec: Option<&Spec>, request: &Request, now: u64) -> Reply {
        let media = media::negotiate(request);
        let media_type = media.clone().unwrap_or_else(|_| "application/json".to_owned());
        let mut reply = self.answer(state, spec, request, now, media.map(|_| ())).unwrap_or_else(Refusal::into_reply);
        self.present(request, &mut reply);
        reply.set("x-elastic-product", "Elasticsearch");
        if let Some(id) = request.header("x-opaque-id") {
            reply.set("x-opaque-id", id);
        }
        if !matches!(reply.body, Body::Empty) && !reply.headers.contains_key("content-type") {
            reply.set("content-type", &media_type);
        }
        reply
    }

    fn answer(
        &self,
        state: &mut State,
        spec: Option<&Spec>,
        request: &Request,
        now: u64,
        media: Result<(), Refusal>,
    ) -> Result<Reply, Refusal> {
        let who = authentication::authenticate(state, request, now)?;
        media?;
        let routed = match self.route(spec, request) {
            Ok(routed) => routed,
            Err(reply) => return Ok(*reply),
        };
        if self.flavor == Flavor::Serverless && routed.operation.is_some_and(|operation| !operation.on_serverless) {
            return Err(Refusal::new(
                410,
                "api_not_available_exception",
                format!(
                    "Request for uri [{}] with method [{}] exists but is not available when running in serverless mode",
                    request.uri(),
                    request.method
                ),
            ));
        }
        let query = request.query_pairs();
        let body = body(request, &routed)?;
        let meant = check(request, &routed, &query, body.as_ref())?;
        let sample = || meant.map_or_else(|| Reply::ok(json!({})), spec::sample::reply);
        let Some(operation) = routed.operation else {
            meant.map_or(Ok(()), |meant| check_privileges(&who, meant))?;
            return Ok(sample());
        };
        if who.grants.is_restricted() {
            let reason = "access restricted by workflow";
            return Err(Refusal::new(403, "role_restriction_exception", reason));
        }
        match operation.need {
            Need::Cluster(action) if !who.grants.allows(action) => {
                return Err(forbidden(&who, action, false));
            }
            Need::Own(action) if !who.grants.allows_own(action) => {
                return Err(forbidden(&who, action, true));
            }
            _ => {}
        }
        match operation.run {
            None => Ok(sample()),
            Some(run) => run(&mut Call {
                state,
                who,
                params: routed.params,
                query,
                body,
                raw: request.body.clone(),
                now,
                flavor: self.flavor,
            }),
        }
    }

    fn route<'a>(&self, spec: Option<&'a Spec>, request: &Request) -> Result<Routed<'a>, Box<Reply>> {
        let segments = request.segments();
        let known = self.router.candidates(&segments);
        let specified = spec.map(|spec| spec.elasticsearch.candidates(&segments)).unwrap_or_default();
        let operation = best(&known, &request.method).first().copied();
        let mut theirs = best(&specified, &request.method);
        if let (Some(ours), Some(first)) = (operation, theirs.first()) {
            let same = |index: usize| ours.value.id == spec::id(spec, index) || ours.value.id == "ping";
            match first.specificity.cmp(&ours.specificity) {
                // A literal route beats a wildcard, whichever list it stands in.
                Ordering::Less => return Ok(Routed::specified(spec, &theirs)),
                Ordering::Greater => theirs.clear(),
                Ordering::Equal => theirs.retain(|candidate| same(*candidate.value)),
            }
        }
        if let Some(ours) = operation {
            return Ok(Routed {
                operation: Some(ours.value),
                params: ours.params.clone(),
                ..Routed::specified(spec, &theirs)
            });
        }
        if !theirs.is_empty() {
            return Ok(Routed::specified(spec, &theirs));
        }
        let mut verbs = allowed(&known);
        verbs.extend(allowed(&specified));
        let (method, uri) = (&request.method, request.uri());
        if verbs.is_empty() {
            let error = format!("no handler found for uri [{uri}] and method [{method}]");
            return Err(Box::new(Reply::json(400, json!({ "error": error }))));
        }
        let verbs: Vec<String> = verbs.into_iter().collect();
        let error =
            format!("Incorrect HTTP method for uri [{uri}] and method [{method}], allowed: [{}]", verbs.join(", "));
        let mut reply = Reply::json(405, json!({ "error": error, "status": 405 }));
        reply.set("allow", &verbs.join(", "));
        Err(Box::new(reply))
    }

    /// Applies `filter_path` and `pretty`, which concern every answer.
    fn present(&self, request: &Request, reply: &mut Reply) {
        let query = request.query_pairs();
        let of = |name: &str| query.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let Body::Json(value) = &mut reply.body else {
            return;
        };
        if let Some(paths) = of("filter_path") {
            let paths: Vec<String> = paths.split(',').map(str::to_owned).collect();
            *value = searches::filter(value, &paths);
        }
        if matches!(of("pretty"), Some("" | "true"))
            && let Ok(text) = serde_json::to_string_pretty(value)
        {
            reply.body = Body::Bytes(format!("{text}\n").into());
        }
    }
}

fn body(request: &Request, routed: &Routed<'_>) -> Result<Option<Value>, Refusal> {
    if request.body.is_empty() {
        return Ok(None);
    }
    let by_spec = routed.specified.iter();
    let takes =
        routed.operation.is_some_and(|operation| operation.takes_body) || by_spec.clone().any(spec::Match::takes_body);
    if !takes {
        return Err(Refusal::illegal(format!(
            "request [{} {}] does not support having a body",
            request.method, request.path
        )));
    }
    if by_spec.clone().any(|specified| !specified.takes_json()) {
        return Ok(None);
    }
    body::read(&request.body).map(Some)
}

/// An operation that only the specification knows needs one of the cluster privileges that it names.
fn check_privileges(who: &authentication::Authentication, meant: &spec::Match<'_>) -> Result<(), Refusal> {
    let wanted = &meant.operation.cluster_privileges;
    if wanted.is_empty() || wanted.iter().any(|privilege| who.grants.has_cluster(privilege)) {
        return Ok(());
    }
    let reason = format!(
        "action [{}] is unauthorized for {}, this action is granted by the cluster privileges [{},all]",
        meant.id,
        who.described(),
        wanted.join(",")
    );
    Err(Refusal::forbidden(reason))
}

/// Finds the operation that the request is meant for, or says what is wrong with it for the likeliest.
fn check<'a, 'b>(
    request: &Request,
    routed: &'b Routed<'a>,
    query: &[(String, String)],
    body: Option<&Value>,
) -> Result<Option<&'b spec::Match<'a>>, Refusal> {
    let mut refusal = None;
    for specified in &routed.specified {
        let judge = match routed.operation {
            Some(operation) if operation.reads_itself => Judge::Handler,
            Some(operation) if operation.run.is_some() => Judge::Both,
            _ => Judge::Specification,
        };
        let checked = check_query(request, routed, Some(specified), query)
            .and_then(|()| spec::check::elasticsearch(specified, query, body, &request.body, judge));
        match checked {
            Ok(()) => return Ok(Some(specified)),
            Err(refused) => refusal = refusal.or(Some(refused)),
        }
    }
    match refusal {
        Some(refusal) => Err(refusal),
        None => check_query(request, routed, None, query).map(|()| None),
    }
}

fn check_query(
    request: &Request,
    routed: &Routed<'_>,
    specified: Option<&spec::Match<'_>>,
    query: &[(String, String)],
) -> Result<(), Refusal> {
    let known = |name: &str| {
        COMMON.contains(&name)
            || routed.operation.is_some_and(|operation| operation.query.contains(&name))
            || specified.is_some_and(|specified| specified.knows_query(name))
    };
    let mut unknown: Vec<&str> = query.iter().map(|(name, _)| name.as_str()).filter(|name| !known(name)).collect();
    unknown.sort_unstable();
    unknown.dedup();
    if unknown.is_empty() {
        return Ok(());
    }
    let ours = routed.operation.into_iter().flat_map(|operation| operation.query.iter().copied());
    let theirs = specified.into_iter().flat_map(|specified| specified.query_names());
    let known: Vec<&str> = COMMON.into_iter().chain(ours).chain(theirs).collect();
    let listed: Vec<String> = unknown
        .iter()
        .map(|name| match suggest::did_you_mean(name, known.iter().copied()) {
            near if near.is_empty() => format!("[{name}]"),
            near => format!("[{name}] ->{near}"),
        })
        .collect();
    let noun = if listed.len() == 1 { "parameter" } else { "parameters" };
    Err(Refusal::illegal(format!("request [{}] contains unrecognized {noun}: {}", request.path, listed.join(", "))))
}
