//! Upstream endpoints with their requests and responses, which dissolve into one operation.

use std::collections::BTreeMap;

use super::source::{Id, Source};
use super::types::{Scope, members, schema};
use crate::spec::json::Node;
use crate::spec::model::{Body, Member, Object, Operation, Response, Route, Scalar, Schema};

/// One endpoint.
pub(super) fn operation<'n>(id: &str, endpoint: &'n Node, source: &mut Source<'n, '_>) -> Operation {
    let mut operation = Operation {
        id: id.to_owned(),
        facts: source.facts(endpoint),
        reference: source.maybe_text(endpoint, "docUrl"),
        ..Operation::default()
    };
    if !id.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')) {
        source.problem(endpoint, format!("`{id}` can't be the id of an operation"));
    }
    if let Some(privileges) = endpoint.get("privileges") {
        for entry in privileges.object().unwrap_or_default() {
            operation.privileges.insert(entry.key.clone(), source.texts(privileges, &entry.key));
        }
    }
    for url in source.array(endpoint, "urls") {
        let (verbs, deprecated) = (source.texts(url, "methods"), source.deprecation(url));
        let Some(path) = source.text(url, "path") else {
            continue;
        };
        operation.routes.push(Route { verbs, path: path.to_owned(), deprecated });
    }
    if let Some((request, scope)) = part(endpoint, "request", source) {
        operation.path = members(request, "path", scope, source);
        operation.query = members(request, "query", scope, source);
        inherited_query(request, scope, &mut operation.query, source);
        let required = source.flag(endpoint, "requestBodyRequired");
        if let Some((content, name)) = content(endpoint, "requestMediaType", request, scope, source) {
            operation.body = Some(Body { required, content, name, ..Body::default() });
        }
    }
    if let Some((response, scope)) = part(endpoint, "response", source) {
        operation.responses = responses(endpoint, response, scope, source);
    }
    operation
}

/// The request or response of an endpoint, and how its type parameters are read.
fn part<'n>(endpoint: &'n Node, key: &str, source: &mut Source<'n, '_>) -> Option<(&'n Node, Scope<'n>)> {
    let owner = source.named(endpoint, key)?;
    let node = source.type_node(&owner);
    if node.is_none() {
        source.problem(endpoint, format!("there is no type `{}.{}`", owner.namespace, owner.name));
    }
    Some((node?, Scope { owner, generic: false }))
}

/// Query members of a request's ancestors and of their behaviors. `CommonQueryParameters` are options of every call, so they
/// are the transport's and no part of an operation.
fn inherited_query<'n>(request: &'n Node, scope: Scope<'n>, query: &mut Vec<Member>, source: &mut Source<'n, '_>) {
    let mut parent = request.get("inherits");
    let mut seen: Vec<Id<'n>> = Vec::new();
    while let Some(inherits) = parent {
        let Some(id) = source.named(inherits, "type") else {
            return;
        };
        let Some(node) = source.type_node(&id).filter(|_| !seen.contains(&id)) else {
            source.problem(inherits, format!("`{}.{}` can't be inherited from", id.namespace, id.name));
            return;
        };
        seen.push(id);
        let mut holders = vec![node];
        for behavior in source.array(node, "behaviors") {
            let Some(id) = source.named(behavior, "type") else {
                continue;
            };
            match (id.namespace, id.name) {
                ("_spec_utils", "CommonQueryParameters") => {}
                ("_spec_utils", "CommonCatQueryParameters") => holders.extend(source.type_node(&id)),
                _ => source.problem(behavior, format!("unknown behavior `{}.{}` of a request", id.namespace, id.name)),
            }
        }
        for holder in holders {
            for member in members(holder, "properties", scope, source) {
                if query.iter().all(|known| known.name != member.name) {
                    query.push(member);
                }
            }
        }
        parent = node.get("inherits");
    }
}

/// Schemas by media name.
type Content = BTreeMap<String, Schema>;

/// What a request or response holds, and upstream's name for a body that is a value; nothing without a body.
fn content<'n>(
    endpoint: &'n Node,
    media_key: &str,
    part: &'n Node,
    scope: Scope<'n>,
    source: &mut Source<'n, '_>,
) -> Option<(Content, Option<String>)> {
    let (of, name) = body(part, scope, source)?;
    let mut media = source.texts(endpoint, media_key);
    if media.is_empty() {
        media.push("application/json".to_owned());
    }
    let mut content = Content::new();
    for full in media {
        let (media, schema) = match full.as_str() {
            "application/json" => ("json", of.clone()),
            "application/x-ndjson" => ("ndjson", of.clone()),
            "text/event-stream" => ("sse", of.clone()),
            "text/plain" => ("text", Schema::Scalar(Scalar::String)),
            other => (other, of.clone()),
        };
        content.insert(media.to_owned(), schema);
    }
    Some((content, name))
}

fn body<'n>(part: &'n Node, scope: Scope<'n>, source: &mut Source<'n, '_>) -> Option<(Schema, Option<String>)> {
    let body = source.required(part, "body")?;
    match source.text(body, "kind")? {
        "no_body" => None,
        "properties" => {
            let members = members(body, "properties", scope, source);
            Some((Schema::Object(Object { members, ..Object::default() }), None))
        }
        "value" => {
            let name = source.maybe_text(body, "codegenName");
            let value = source.required(body, "value")?;
            Some((schema(value, scope, source)?, name))
        }
        kind => {
            source.problem(body, format!("unknown kind of body `{kind}`"));
            None
        }
    }
}

/// Upstream names statuses for exceptions alone; anything else is a 200.
fn responses<'n>(
    endpoint: &'n Node,
    response: &'n Node,
    scope: Scope<'n>,
    source: &mut Source<'n, '_>,
) -> BTreeMap<String, Response> {
    let (content, name) = content(endpoint, "responseMediaType", response, scope, source).unwrap_or_default();
    let mut responses = BTreeMap::from([("200".to_owned(), Response { content, name, ..Response::default() })]);
    for exception in source.array(response, "exceptions") {
        let Some((of, name)) = body(exception, scope, source) else {
            continue;
        };
        for status in source.array(exception, "statusCodes") {
            let Some(status) = status.to_json().as_u64().filter(|status| (100..600).contains(status)) else {
                source.problem(status, "this is no status");
                continue;
            };
            let content = Content::from([("json".to_owned(), of.clone())]);
            let response = Response { content, name: name.clone(), ..Response::default() };
            responses.insert(status.to_string(), response);
        }
    }
    responses
}
