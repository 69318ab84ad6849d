//! Text -> model: the inverse of `print.rs`. Strict: an unknown key, a misplaced file or a name that leads nowhere is a problem
//! with a place, and all problems of all files are reported at once.

mod check;
mod fields;
mod schema;

use std::collections::BTreeMap;

use self::fields::{Fields, Reader};
use super::json::{self, Node};
use super::model::{Api, Body, Deprecation, Facts, Operation, Response, Route, Schema, TypeDef};
use super::print::{operation_path, types_path};
use crate::diagnostic::{Diagnostics, did_you_mean};

/// Reads the files of one product, given by path below the product's folder.
pub fn read(files: &BTreeMap<String, String>) -> Result<Api, Diagnostics> {
    let mut api = Api::default();
    let mut problems = Diagnostics::default();
    let mut uses = Vec::new();
    let mut whole = true;
    for (path, text) in files {
        let mut reader = Reader::new(path, &mut problems);
        match json::parse(text) {
            Ok(node) if path.starts_with("types/") => types(&node, &mut reader, &mut api),
            Ok(node) => operation(&node, &mut reader, &mut api),
            Err(error) => {
                reader.problem(error.span, error.message, None);
                whole = false;
            }
        }
        uses.append(&mut reader.uses);
    }
    // A file that is not JSON may define any type, so nothing can be missed without it.
    if whole {
        check::uses(&api, &uses, &mut problems);
    }
    problems.sort();
    problems.result(api)
}

/// Names of media types that need no full media type.
const MEDIA: [&str; 6] = ["json", "ndjson", "multipart", "bytes", "text", "sse"];

const VERBS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

fn operation(node: &Node, reader: &mut Reader<'_>, api: &mut Api) {
    let Some(mut fields) = Fields::of(node, "an operation", reader) else {
        return;
    };
    let mut operation = Operation::default();
    match fields.required("operation", reader) {
        Some(id) => {
            operation.place = reader.place(id.span);
            operation.id = id_of(id, operation_path, reader).unwrap_or_default();
        }
        None => reader.last_help("an operation file begins with { \"operation\": \"namespace.name\", ..."),
    }
    operation.facts = schema::operation_facts(&mut fields, reader);
    operation.reference = fields.string("reference", reader);
    if let Some(node) = fields.take("privileges") {
        for entry in reader.object(node, "privileges by kind") {
            operation.privileges.insert(entry.key.clone(), reader.strings(&entry.value));
        }
    }
    operation.version = fields.string("version", reader);
    operation.space = fields.flag("space", reader);
    if let Some(node) = fields.required("routes", reader) {
        operation.routes = reader.items(node, "routes").iter().filter_map(|item| route(item, reader)).collect();
        if node.array().is_some_and(<[Node]>::is_empty) {
            reader.problem(node.span, "an operation needs at least one route", None);
        }
    }
    operation.path = schema::members_at("path", &mut fields, reader);
    operation.query = schema::members_at("query", &mut fields, reader);
    operation.headers = schema::members_at("headers", &mut fields, reader);
    operation.body = fields.take("body").map(|node| body(node, reader));
    if let Some(node) = fields.take("responses") {
        for entry in reader.object(node, "responses by status") {
            if !is_status(&entry.key) {
                let help = Some("a status is `200`, a class like `4XX`, or `default`".to_owned());
                reader.problem(entry.key_span, format!("`{}` is not a status", entry.key), help);
            }
            operation.responses.insert(entry.key.clone(), response(&entry.value, reader));
        }
    }
    fields.finish(reader);
    check::routes(&operation, node, reader);
    if !operation.id.is_empty() {
        api.operations.insert(operation.id.clone(), operation);
    }
}

/// The id in a file, when it is one and the file stands where the id says.
fn id_of(node: &Node, path_of: fn(&str) -> String, reader: &mut Reader<'_>) -> Option<String> {
    let id = reader.string(node)?;
    let is_segment = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
    let named_types = id.split('.').next() == Some("types") && id.contains('.');
    if !id.is_empty() && (named_types || !id.split('.').all(is_segment)) {
        let help = "letters, digits, `_` and `-`, in segments with dots between; the folder `types` is for types";
        reader.problem(node.span, format!("`{id}` can't be an id"), Some(help.to_owned()));
        return None;
    }
    let expected = path_of(&id);
    if expected != reader.file {
        let help = Some(format!("move the file to `{expected}`, or correct the id"));
        reader.problem(node.span, format!("`{id}` stands in the wrong file"), help);
        return None;
    }
    Some(id)
}

fn is_status(status: &str) -> bool {
    let bytes = status.as_bytes();
    let class = bytes.len() == 3 && (b'1'..=b'5').contains(&bytes[0]);
    status == "default" || class && (&bytes[1..] == b"XX" || bytes[1..].iter().all(u8::is_ascii_digit))
}

fn route(node: &Node, reader: &mut Reader<'_>) -> Option<Route> {
    let mut fields = Fields::of(node, "a route", reader)?;
    let mut verbs = Vec::new();
    if let Some(node) = fields.required("verbs", reader) {
        for item in reader.items(node, "verbs") {
            let Some(verb) = reader.string(item) else {
                continue;
            };
            if VERBS.contains(&verb.as_str()) {
                verbs.push(verb);
                continue;
            }
            let near = did_you_mean(&verb, VERBS).map(|verb| format!("did you mean `{verb}`?"));
            let help = near.unwrap_or_else(|| format!("one of {}", VERBS.join(", ")));
            reader.problem(item.span, format!("`{verb}` is not a verb"), Some(help));
        }
        if node.array().is_some_and(<[Node]>::is_empty) {
            reader.problem(node.span, "a route needs at least one verb", None);
        }
    }
    let path = fields.required("path", reader).and_then(|node| reader.string(node));
    let deprecated = deprecation(&mut fields, reader);
    fields.finish(reader);
    Some(Route { verbs, path: path?, deprecated })
}

/// `true`, or the version that began it.
fn deprecation(fields: &mut Fields<'_>, reader: &mut Reader<'_>) -> Option<Deprecation> {
    let node = fields.take("deprecated")?;
    match (node.bool(), node.string()) {
        (Some(true), _) => Some(Deprecation::default()),
        (_, Some(version)) => Some(Deprecation { version: Some(version.to_owned()) }),
        _ => {
            let help = "leave it out where nothing is deprecated".to_owned();
            reader.problem(node.span, "`deprecated` is `true` or a version in quotes", Some(help));
            None
        }
    }
}

fn body(node: &Node, reader: &mut Reader<'_>) -> Body {
    let Some(mut fields) = Fields::of(node, "a body by media", reader) else {
        return Body::default();
    };
    let name = fields.string("name", reader);
    let required = fields.flag("required", reader);
    let required_in = fields.strings("required_in", reader);
    let documents = fields.strings("documents", reader);
    let content = content(&mut fields, reader);
    fields.finish(reader);
    if content.is_empty() {
        let help = "for example { \"json\": { \"name\": \"string\" } }".to_owned();
        reader.problem(node.span, "a body says which media it has", Some(help));
    }
    Body { required, required_in, content, name, documents }
}

fn response(node: &Node, reader: &mut Reader<'_>) -> Response {
    let Some(mut fields) = Fields::of(node, "a response by media", reader) else {
        return Response::default();
    };
    let name = fields.string("name", reader);
    let documents = fields.strings("documents", reader);
    let content = content(&mut fields, reader);
    fields.finish(reader);
    Response { content, name, documents }
}

fn content(fields: &mut Fields<'_>, reader: &mut Reader<'_>) -> BTreeMap<String, Schema> {
    let full = fields.rest().filter(|entry| entry.key.contains('/')).map(|entry| entry.key.clone());
    let names: Vec<String> = MEDIA.iter().map(|name| (*name).to_owned()).chain(full).collect();
    let mut content = BTreeMap::new();
    for name in names {
        let Some(node) = fields.take(&name) else {
            continue;
        };
        if let Some(schema) = schema::content(node, reader) {
            content.insert(name, schema);
        }
    }
    content
}

fn types(node: &Node, reader: &mut Reader<'_>, api: &mut Api) {
    let Some(mut fields) = Fields::of(node, "a file of types", reader) else {
        return;
    };
    let named = fields.required("namespace", reader);
    let namespace = named.and_then(|node| id_of(node, types_path, reader));
    let documents = fields.strings("documents", reader);
    let types = fields.required("types", reader);
    fields.finish(reader);
    let (Some(namespace), Some(types)) = (namespace, types) else {
        return;
    };
    for entry in reader.object(types, "types by name") {
        let id = if namespace.is_empty() { entry.key.clone() } else { format!("{namespace}.{}", entry.key) };
        if entry.key.contains('.') || !super::expr::is_type_name(&id) {
            let help = "letters, digits, `_` and `-`, a letter first, and no word of the type language".to_owned();
            reader.problem(entry.key_span, format!("`{}` can't name a type", entry.key), Some(help));
            continue;
        }
        // What could not be read still exists: a second problem at each of its uses would say nothing new.
        let read = schema::definition(&entry.value, reader);
        let (params, schema, mut facts) = read.unwrap_or((Vec::new(), Schema::Any, Facts::default()));
        if facts.documents.is_empty() {
            facts.documents.clone_from(&documents);
        }
        api.types.insert(id, TypeDef { params, schema, facts, place: reader.place(entry.key_span) });
    }
}
