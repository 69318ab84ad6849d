//! What no single value shows: types that are named must exist, parameters must fit the routes.

use std::collections::BTreeSet;

use super::fields::{Reader, TypeUse};
use crate::diagnostic::{Diagnostics, did_you_mean};
use crate::spec::expr::SCALARS;
use crate::spec::json::Node;
use crate::spec::model::{Api, Operation};
use crate::spec::print::{split_id, types_path};

/// Every named type exists and gets as many arguments as it has parameters.
pub(super) fn uses(api: &Api, uses: &[TypeUse], problems: &mut Diagnostics) {
    for found in uses {
        let TypeUse { name, args, place } = found;
        match api.types.get(name) {
            None => {
                let known = SCALARS.iter().map(|(name, _)| *name).chain(["any"]);
                let known = known.chain(api.types.keys().map(String::as_str));
                let near = other_word(name).or_else(|| did_you_mean(name, known));
                let (namespace, short) = split_id(name);
                let define = || format!("define `{short}` in `{}`", types_path(namespace));
                let help = Some(near.map_or_else(define, |near| format!("did you mean `{near}`?")));
                problems.add(&place.file, place.span, format!("there is no type `{name}`"), help);
            }
            Some(def) if def.params.len() != *args => {
                let message = format!("`{name}` takes {} arguments, not {args}", def.params.len());
                let help = (!def.params.is_empty()).then(|| format!("write `{name}<{}>`", def.params.join(", ")));
                problems.add(&place.file, place.span, message, help);
            }
            Some(_) => {}
        }
    }
}

/// What a word of another type language is called here.
fn other_word(name: &str) -> Option<&'static str> {
    Some(match name {
        "integer" | "int" | "i32" | "short" | "byte" => "int32",
        "long" | "i64" => "int64",
        "u32" => "uint32",
        "u64" => "uint64",
        "float" | "f32" => "float32",
        "double" | "f64" => "float64",
        "bool" => "boolean",
        "str" | "text" | "date" => "string",
        "bytes" | "file" => "binary",
        "object" | "dict" => "map<string, any>",
        "array" | "list" => "any[]",
        "unknown" | "value" | "json" => "any",
        _ => return None,
    })
}

/// The path members are the placeholders of the routes, and required when every route has them.
pub(super) fn routes(operation: &Operation, node: &Node, reader: &mut Reader<'_>) {
    let routes = node.get("routes").and_then(Node::array).unwrap_or_default();
    let mut sets = Vec::new();
    for route in routes {
        let Some(path) = route.get("path") else {
            continue;
        };
        let Some(text) = path.string() else { continue };
        match placeholders(text) {
            Ok(names) => sets.push((path.span, names)),
            Err(message) => {
                let help = "a path is `/_security/user/{username}`: a placeholder is a whole segment or part of one"
                    .to_owned();
                reader.problem(path.span, message, Some(help));
                return;
            }
        }
    }
    let known = || operation.path.iter().map(|member| member.name.as_str());
    for (span, names) in &sets {
        for name in names.iter().filter(|name| !known().any(|known| known == **name)) {
            let near = did_you_mean(name, known()).map(|near| format!("did you mean `{near}`?"));
            let help = near.unwrap_or_else(|| format!("add it: \"path\": {{ \"{name}\": \"string\" }}"));
            reader.problem(*span, format!("`{{{name}}}` is no member of `path`"), Some(help));
        }
    }
    for member in &operation.path {
        let count = sets.iter().filter(|(_, names)| names.contains(member.name.as_str())).count();
        let name = &member.name;
        if count == 0 {
            let help = format!("add `{{{name}}}` to a route, or move `{name}` to `query`");
            reader.problem(member.place.span, format!("no route has a `{{{name}}}`"), Some(help));
        } else if member.required != (count == sets.len()) {
            let (message, help) = if member.required {
                (format!("some route lacks `{{{name}}}`, so it is optional"), "add a `?` at the end of its type")
            } else {
                (format!("every route has `{{{name}}}`, so it is required"), "remove the `?`")
            };
            reader.problem(member.place.span, message, Some(help.to_owned()));
        }
    }
}

/// The names in braces of a path template.
fn placeholders(path: &str) -> Result<BTreeSet<&str>, String> {
    if !path.starts_with('/') {
        return Err("a path begins with `/`".to_owned());
    }
    let mut names = BTreeSet::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, tail)) = after.split_once('}') else {
            return Err("a `{` without its `}`".to_owned());
        };
        if before.contains('}') || name.is_empty() || name.contains(['{', '/']) {
            return Err("a placeholder has a name in one pair of braces".to_owned());
        }
        if !names.insert(name) {
            return Err(format!("`{{{name}}}` stands twice in the path"));
        }
        rest = tail;
    }
    if rest.contains('}') {
        return Err("a `}` without its `{`".to_owned());
    }
    Ok(names)
}
