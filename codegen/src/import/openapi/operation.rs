//! Paths, operations, parameters, bodies and responses.

use std::collections::BTreeMap;

use super::facts::OperationFacts;
use super::names::provisional;
use super::schema::{member, schema};
use super::source::Source;
use super::state;
use crate::spec::json::Node;
use crate::spec::model::{Body, Deprecation, Member, Object, Operation, Response, Route, Scalar, Schema};

/// Where Elastic documents an operation, by its id in lower case.
const REFERENCE: &str = "https://www.elastic.co/docs/api/doc/kibana/operation/operation-";

/// An operation's id in its document, in lower case, from the link to its documentation.
pub(crate) fn documented_id(reference: &str) -> Option<&str> {
    reference.strip_prefix(REFERENCE)
}

const VERBS: [&str; 7] = ["get", "head", "post", "put", "patch", "delete", "options"];

const OPERATION: &[&str] = &[
    "operationId",
    "parameters",
    "requestBody",
    "responses",
    "deprecated",
    "tags",
    "externalDocs",
    "security",
    "servers",
];

const PARAMETER: &[&str] = &["name", "in", "required", "schema", "deprecated", "style", "explode"];

/// The operations of one path.
pub(super) fn path<'n>(
    path: &'n str,
    item: &'n Node,
    facts: &OperationFacts,
    source: &mut Source<'n>,
) -> Vec<Operation> {
    let mut operations = Vec::new();
    for entry in source.entries(item, "a path") {
        let key = entry.key.as_str();
        if VERBS.contains(&key) {
            operations.push(operation(key, path, &entry.value, item, facts, source));
        } else if !matches!(key, "parameters" | "summary" | "description" | "servers") && !key.starts_with("x-") {
            source.problem(&entry.value, format!("unknown keyword `{key}` of a path"));
        }
    }
    operations
}

fn operation<'n>(
    verb: &str,
    path: &str,
    node: &'n Node,
    item: &'n Node,
    facts: &OperationFacts,
    source: &mut Source<'n>,
) -> Operation {
    source.know(node, "an operation", OPERATION);
    let verb = verb.to_ascii_uppercase();
    let (path, in_space) = without_space(path);
    let known = facts.of(&verb, path);
    let mut operation = Operation {
        id: id(&verb, path, node, source),
        facts: state::state(node, source),
        reference: source.maybe_text(node, "operationId").map(|id| format!("{REFERENCE}{}", id.to_ascii_lowercase())),
        space: known.space || in_space.is_some(),
        routes: vec![Route { verbs: vec![verb], path: path.to_owned(), deprecated: None }],
        ..Operation::default()
    };
    if source.flag(node, "deprecated") {
        operation.facts.deprecated = Some(Deprecation::default());
    }
    if !known.privileges.is_empty() {
        operation.privileges.insert("kibana".to_owned(), known.privileges);
    }
    let own = source.array(node, "parameters");
    for parameter in own.iter().chain(source.array(item, "parameters")) {
        self::parameter(parameter, in_space, &mut operation, source);
    }
    sort_path(path, node, &mut operation, source);
    if let Some(of) = node.get("requestBody").and_then(|of| source.resolve(of, "requestBodies")) {
        source.know(of, "a body", &["content", "required"]);
        let content = content(of, &mut operation, source);
        let required = source.flag(of, "required") || content.values().any(|of| asks_for_members(of, source));
        operation.body = (!content.is_empty()).then(|| Body { required, content, ..Body::default() });
    }
    for entry in node.get("responses").map(|of| source.entries(of, "responses")).unwrap_or_default() {
        let Some(of) = source.resolve(&entry.value, "responses") else {
            continue;
        };
        source.know(of, "a response", &["content", "headers", "links"]);
        if let Some(headers) = of.get("headers") {
            source.lose(headers, "headers of a response");
        }
        let class = entry.key.len() == 3 && entry.key.starts_with(|c: char| ('1'..='5').contains(&c));
        let digits = entry.key.bytes().skip(1).all(|byte| byte.is_ascii_digit()) || entry.key.ends_with("XX");
        if entry.key != "default" && !(class && digits) {
            source.problem(&entry.value, format!("`{}` is no status", entry.key));
        }
        let content = content(of, &mut operation, source);
        operation.responses.insert(entry.key.clone(), Response { content, ..Response::default() });
    }
    operation
}

/// Kibana's operations work in a space by a prefix; where a path writes it, its parameter is not the operation's.
fn without_space(path: &str) -> (&str, Option<&str>) {
    let prefixed = path.strip_prefix("/s/{").and_then(|rest| rest.split_once('}'));
    prefixed.filter(|(_, rest)| rest.starts_with('/')).map_or((path, None), |(name, rest)| (rest, Some(name)))
}

fn id<'n>(verb: &str, path: &str, node: &'n Node, source: &mut Source<'n>) -> String {
    let Some(id) = source.names.operation(verb, path).map(str::to_owned) else {
        source.lose(node, "a name: overlay/names.toml has none for these operations");
        return provisional(verb, path);
    };
    let is_word = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if !id.split('.').all(is_word) || !id.contains('.') {
        source.problem_with(node, format!("`{id}` can't be the id of an operation"), "correct overlay/names.toml");
    }
    id
}

fn parameter<'n>(node: &'n Node, in_space: Option<&str>, operation: &mut Operation, source: &mut Source<'n>) {
    let Some(node) = source.resolve(node, "parameters") else {
        return;
    };
    source.know(node, "a parameter", PARAMETER);
    let (Some(name), Some(place)) = (source.text(node, "name"), source.text(node, "in")) else {
        return;
    };
    if let Some(style) = source.maybe_text(node, "style").filter(|style| !matches!(*style, "form" | "simple")) {
        source.problem(node, format!("unknown style `{style}` of a parameter"));
    }
    if node.get("explode").and_then(Node::bool) == Some(false) {
        source.lose(node, "lists in a query joined by commas");
    }
    let Some(of) = node.get("schema") else {
        source.problem(node, format!("the parameter `{name}` has no `schema`"));
        return;
    };
    let required = source.flag(node, "required") && of.get("default").is_none();
    let deprecated = source.flag(node, "deprecated");
    let members = match place {
        "path" if in_space == Some(name) => return,
        "path" => &mut operation.path,
        "query" => &mut operation.query,
        "header" => {
            match name.to_ascii_lowercase().as_str() {
                // The transport sends both: the first always, the second as the version says.
                "kbn-xsrf" => return,
                "elastic-api-version" => {
                    let values = of.get("enum").and_then(Node::array).unwrap_or_default();
                    let version = values.last().or(of.get("default")).and_then(Node::string).map(str::to_owned);
                    operation.version = operation.version.take().max(version);
                    return;
                }
                _ => &mut operation.headers,
            }
        }
        _ => {
            source.problem(node, format!("unknown place `{place}` of a parameter"));
            return;
        }
    };
    if members.iter().any(|known| known.name == name) {
        // What an operation says itself comes before what its path says.
        return;
    }
    let mut member = member(name, of, required || place == "path", source);
    member.required |= place == "path";
    if deprecated {
        member.facts.deprecated = Some(Deprecation::default());
    }
    members.push(member);
}

/// Path members in the order of the path; each placeholder has one.
fn sort_path<'n>(path: &str, node: &'n Node, operation: &mut Operation, source: &mut Source<'n>) {
    let names: Vec<&str> = path.split(['{', '}']).skip(1).step_by(2).collect();
    for name in &names {
        if operation.path.iter().all(|member| member.name != **name) {
            source.problem(node, format!("nothing describes the `{{{name}}}` of the path"));
        }
    }
    for member in operation.path.iter().filter(|member| !names.contains(&member.name.as_str())) {
        source.problem(node, format!("the path has no `{{{}}}`", member.name));
    }
    operation.path.sort_by_key(|member| names.iter().position(|name| *name == member.name));
}

/// Schemas by media name. A version in the media type is the operation's; of several the newest counts.
fn content<'n>(node: &'n Node, operation: &mut Operation, source: &mut Source<'n>) -> BTreeMap<String, Schema> {
    let mut content: BTreeMap<String, (Option<String>, Schema)> = BTreeMap::new();
    for entry in node.get("content").map(|of| source.entries(of, "content")).unwrap_or_default() {
        source.know(&entry.value, "a media type", &["schema", "encoding"]);
        let Some((media, version)) = media(&entry.key, &entry.value, source) else {
            continue;
        };
        let of = match entry.value.get("schema") {
            Some(of) => schema(of, source).bare(of, source),
            None => {
                source.lose(&entry.value, "a schema: upstream has none here");
                Schema::Any
            }
        };
        let raw = matches!(of, Schema::Scalar(Scalar::Binary | Scalar::String));
        let of = match media.as_str() {
            // A whole body of lines, said as one text, says nothing of a line.
            "ndjson" | "sse" if raw => Schema::Any,
            "bytes" if raw => Schema::Scalar(Scalar::Binary),
            _ => of,
        };
        match content.get(&media) {
            Some((known, _)) if *known == version => {
                source.problem(&entry.value, format!("the media type `{}` stands twice", entry.key));
            }
            Some((known, _)) if *known > version => {}
            _ => drop(content.insert(media, (version, of))),
        }
    }
    let mut schemas = BTreeMap::new();
    for (media, (version, of)) in content {
        operation.version = operation.version.take().max(version);
        schemas.insert(media, of);
    }
    schemas
}

/// The spec's name of a media type, and the API version it carries.
fn media(full: &str, node: &Node, source: &mut Source<'_>) -> Option<(String, Option<String>)> {
    let mut parts = full.split(';').map(str::trim);
    let base = parts.next().unwrap_or_default().to_ascii_lowercase();
    let mut version = None;
    for part in parts {
        match part.split_once('=') {
            Some((name, value)) if name.eq_ignore_ascii_case("elastic-api-version") => version = Some(value.to_owned()),
            Some((name, _)) if name.eq_ignore_ascii_case("charset") => {}
            _ => source.problem(node, format!("unknown part `{part}` of a media type")),
        }
    }
    let name = match base.as_str() {
        "application/json" => "json",
        "application/ndjson" | "application/x-ndjson" => "ndjson",
        "multipart/form-data" => "multipart",
        "application/octet-stream" => "bytes",
        "text/plain" => "text",
        "text/event-stream" => "sse",
        other if other.split_once('/').is_some_and(|(kind, rest)| !kind.is_empty() && !rest.is_empty()) => other,
        other => {
            source.problem(node, format!("`{other}` is no media type"));
            return None;
        }
    };
    Some((name.to_owned(), version))
}

/// Whether a body has members that must be there: then it must be there too, whatever upstream forgot to say.
fn asks_for_members(of: &Schema, source: &mut Source<'_>) -> bool {
    let required = |object: &Object| object.members.iter().any(|member: &Member| member.required);
    match of {
        Schema::Object(object) => required(object) || object.extends.iter().any(|base| asks_for_members(base, source)),
        Schema::Ref { name, .. } => source.component_of(name).is_some_and(|node| {
            let has = |key| node.get(key).and_then(Node::array).is_some_and(|items| !items.is_empty());
            has("required") && node.get("nullable").is_none() && !has("oneOf") && !has("anyOf")
        }),
        _ => false,
    }
}
