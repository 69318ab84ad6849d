//! A body through its type and back: what comes out must say what went in, and nothing else.

use elkit::rt::Product;
use elkit::{Error, StatusCode};

use super::compare::{Aliases, difference};
use super::json::Tree;
use super::report::Outcome;
use super::route::{named, text};
use crate::dispatch::{self, Reader, Recode, Row};

/// Checks one line.
pub fn check(line: &Tree, strict: bool) -> Outcome {
    match named(line) {
        Ok(row) => Outcome::of(row.id, check_body(row, line, strict)),
        Err(why) => Outcome::failed(None, why),
    }
}

/// Decodes and encodes text, and everything lazy in it.
///
/// # Errors
/// When something was lost or invented, or (if `strict`) had to be corrected.
pub fn round_trip(recode: Recode, input: &Tree, reader: Reader, strict: bool) -> Result<(), String> {
    let recoded = recode(&input.to_string(), reader).map_err(|problem| format!("it can't be decoded: {problem}"))?;
    if strict && let Some(first) = recoded.corrections.first() {
        return Err(format!("{} members had to be corrected, first {first:?}", recoded.corrections.len()));
    }
    let output = if recoded.json.is_empty() { "null" } else { &recoded.json };
    let output = Tree::parse(output).map_err(|why| format!("it was encoded as no JSON: {why}"))?;
    // An answer that is a map has no place for an entry of another type.
    let dropped = recoded.corrections.iter().map(|correction| correction.pointer.as_str());
    let kept = dropped.fold(input.clone(), |tree, pointer| without(tree, &output, pointer));
    if let Some(difference) = difference(&kept, &output, Aliases::ALL) {
        return Err(difference);
    }
    for seen in &recoded.lazy {
        let short = seen.type_name.rsplit("::").next().unwrap_or_default();
        let inside = |why: String| format!("inside a lazy {short}: {why}");
        let recode = dispatch::lazy(seen.type_name).ok_or_else(|| inside("its type is not known".to_owned()))?;
        let input = Tree::parse(&seen.json).map_err(inside)?;
        // Nothing is lost of what does not fit: it was kept as JSON.
        if strict || recode(&seen.json, reader).is_ok() {
            round_trip(recode, &input, reader, strict).map_err(inside)?;
        }
    }
    Ok(())
}

/// The input without the entry at the root that was corrected by leaving it out.
fn without(input: Tree, output: &Tree, pointer: &str) -> Tree {
    let name = pointer.trim_start_matches('/').replace("~1", "/").replace("~0", "~");
    let main = Aliases::ALL.members.iter().find(|(_, alias)| *alias == name).map_or(name.as_str(), |(main, _)| *main);
    let is_gone = output.get(&name).is_none() && output.get(main).is_none();
    match input {
        Tree::Object(members) if pointer.matches('/').count() == 1 && is_gone => {
            Tree::Object(members.into_iter().filter(|(known, _)| *known != name).collect())
        }
        input => input,
    }
}

fn check_body(row: &Row, line: &Tree, strict: bool) -> Result<(), String> {
    let status = status(line)?;
    let body = line.get("body");
    let recode = match text(line, "kind")? {
        "request" => row.request,
        "response" => match status.filter(|status| status.as_u16() >= 400) {
            Some(status) => return check_error(row.product, status, body.unwrap_or(&Tree::Null)),
            None => row.response,
        },
        other => return Err(format!("`kind` is `{other}`, not `request` or `response`")),
    };
    round_trip(recode, body.ok_or("`body` is missing")?, Reader::Transport, strict)
}

fn status(line: &Tree) -> Result<Option<StatusCode>, String> {
    let number = match line.get("status") {
        None | Some(Tree::Null) => return Ok(None),
        Some(Tree::Number(text) | Tree::String(text)) => text.parse().ok(),
        Some(_) => None,
    };
    let status = number.and_then(|number: u16| StatusCode::from_u16(number).ok());
    status.map(Some).ok_or_else(|| "`status` is no HTTP status".to_owned())
}

fn check_error(product: Product, status: StatusCode, body: &Tree) -> Result<(), String> {
    // A string stands for a body that is not JSON, such as a proxy's page.
    let text = body.as_str().map_or_else(|| body.to_string(), str::to_owned);
    let error = match product {
        Product::Elasticsearch => Error::elasticsearch(status, text.clone()),
        Product::Kibana => Error::kibana(status, text.clone()),
    };
    let expected = Expected::of(body);
    same("status", Some(status.as_str()), error.status().as_ref().map(StatusCode::as_str))?;
    same("type", expected.code, error.code())?;
    same("reason", expected.reason, error.reason())?;
    if error.body() == text.as_bytes() { Ok(()) } else { Err("the error's body is another one".to_owned()) }
}

fn same(what: &str, expected: Option<&str>, found: Option<&str>) -> Result<(), String> {
    if expected.is_none() || expected == found {
        return Ok(());
    }
    Err(format!("the error's {what} is {found:?}, not {expected:?}"))
}

/// What the error must say, read here on its own.
struct Expected<'a> {
    code: Option<&'a str>,
    reason: Option<&'a str>,
}

impl<'a> Expected<'a> {
    fn of(body: &'a Tree) -> Self {
        let at = |from: Option<&'a Tree>, name: &str| from?.get(name)?.as_str();
        match body.get("error") {
            Some(error @ Tree::Object(_)) => Self { code: at(Some(error), "type"), reason: at(Some(error), "reason") },
            Some(Tree::String(text)) => match at(Some(body), "message") {
                Some(message) => {
                    Self { code: at(Some(body), "errorType").or(Some(text.as_str())), reason: Some(message) }
                }
                None => Self { code: None, reason: Some(text) },
            },
            _ => Self { code: at(Some(body), "errorType"), reason: at(Some(body), "message") },
        }
    }
}
