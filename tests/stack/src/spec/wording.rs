//! A flaw in the words of the product that was asked.

use bytes::Bytes;
use serde_json::Value;

use super::flaw::{Flaw, What, text_of};
use crate::es::Refusal;
use crate::message::position;

pub(crate) fn elasticsearch(flaw: &Flaw, body: &Value, raw: &Bytes) -> Refusal {
    let deepest = deepest(flaw);
    let owner = deepest.path.iter().rev().find(|step| step.parse::<usize>().is_err());
    let parser = owner.map_or("request", String::as_str);
    let field = owner.map_or("body", String::as_str);
    let at = |name: &str| position(raw, name);
    match &deepest.what {
        What::Missing(name) => Refusal::illegal(format!("Required [{name}]")),
        What::Unknown(name) => Refusal::content(format!("{} [{parser}] unknown field [{name}]", at(name))),
        What::Several(names) => Refusal::new(
            400,
            "parsing_exception",
            format!("[{}] malformed query, expected [END_OBJECT] but found [FIELD_NAME]", names.join(",")),
        ),
        What::NotOneOf(allowed) => {
            let found = lookup(body, &deepest.path).map(text_of).unwrap_or_default();
            Refusal::illegal(format!(
                "failed to parse field [{field}]: [{found}] is not one of [{}]",
                allowed.join(",")
            ))
        }
        What::TooShort(..)
        | What::TooLong(..)
        | What::TooFew(..)
        | What::TooMany(..)
        | What::TooSmall(_)
        | What::TooLarge(_)
        | What::NotAbove(_)
        | What::NotBelow(_)
        | What::Pattern(_) => Refusal::validation(&[format!("[{field}] {}", limit(&deepest.what))]),
        What::Wrong(_) | What::NoBranch(_) => {
            let found = lookup(body, &deepest.path).map_or("VALUE_NULL", token);
            Refusal::content(format!("{} [{parser}] {field} doesn't support values of type: {found}", at(field)))
        }
    }
}

pub(crate) fn kibana(flaw: &Flaw, body: &Value) -> String {
    let place = |path: &[String], more: Option<&str>| {
        let steps: Vec<&str> = path.iter().map(String::as_str).chain(more).collect();
        match steps.is_empty() {
            true => "request body".to_owned(),
            false => format!("request body.{}", steps.join(".")),
        }
    };
    match &flaw.what {
        What::Missing(name) => {
            format!("[{}]: expected value of type [string] but got [undefined]", place(&flaw.path, Some(name)))
        }
        What::Unknown(name) => format!("[{}]: definition for this key is missing", place(&flaw.path, Some(name))),
        What::Wrong(expected) => {
            let found = lookup(body, &flaw.path).map_or("undefined", type_name);
            let expected = if *expected == "object" { "plain object" } else { expected };
            format!("[{}]: expected value of type [{expected}] but got [{found}]", place(&flaw.path, None))
        }
        What::NotOneOf(allowed) if allowed.len() == 1 => {
            format!("[{}]: expected value to equal [{}]", place(&flaw.path, None), allowed[0])
        }
        What::NotOneOf(allowed) => {
            let here = place(&flaw.path, None);
            let lines: Vec<String> = allowed
                .iter()
                .enumerate()
                .map(|(i, value)| format!("- [{here}.{i}]: expected value to equal [{value}]"))
                .collect();
            format!("[{here}]: types that failed validation:\n{}", lines.join("\n"))
        }
        What::NoBranch(flaws) => {
            let lines: Vec<String> = flaws.iter().map(|flaw| format!("- {}", kibana(flaw, body))).collect();
            format!("[{}]: types that failed validation:\n{}", place(&flaw.path, None), lines.join("\n"))
        }
        What::Several(names) => {
            format!("[{}]: only one of [{}] may be given", place(&flaw.path, None), names.join(","))
        }
        other => format!("[{}]: {}", place(&flaw.path, None), limit(other)),
    }
}

/// How cases say that something is too long or too short.
pub(crate) fn cases(flaw: &Flaw) -> Option<String> {
    let named = flaw.path.iter().rposition(|step| step.parse::<usize>().is_err())?;
    let list = &flaw.path[named];
    let field = if named + 1 < flaw.path.len() { list.trim_end_matches('s') } else { list };
    Some(match flaw.what {
        What::TooShort(..) => format!("The {field} field cannot be an empty string."),
        What::TooLong(_, max) => format!("The length of the {field} is too long. The maximum length is {max}."),
        What::TooFew(_, min) => {
            format!("The length of the field {field} is too short. Array must be of length >= {min}.")
        }
        What::TooMany(_, max) => {
            format!("The length of the field {field} is too long. Array must be of length <= {max}.")
        }
        _ => return None,
    })
}

pub(crate) fn limit(what: &What) -> String {
    match what {
        What::TooShort(length, min) => {
            format!("value has length [{length}] but it must have a minimum length of [{min}].")
        }
        What::TooLong(length, max) => {
            format!("value has length [{length}] but it must have a maximum length of [{max}].")
        }
        What::TooFew(size, min) => format!("array size is [{size}], but cannot be smaller than [{min}]"),
        What::TooMany(size, max) => format!("array size is [{size}], but cannot be greater than [{max}]"),
        What::NotAbove(min) => format!("Value must be greater than [{min}]."),
        What::NotBelow(max) => format!("Value must be lower than [{max}]."),
        What::TooSmall(min) => format!("Value must be equal to or greater than [{min}]."),
        What::TooLarge(max) => format!("Value must be equal to or lower than [{max}]."),
        What::Pattern(pattern) => format!("value does not match the pattern [{pattern}]"),
        _ => String::new(),
    }
}

/// Of the branches of a union, the one that came furthest says best what is wrong.
fn deepest(flaw: &Flaw) -> &Flaw {
    match &flaw.what {
        What::NoBranch(flaws) => {
            let best = flaws.iter().map(deepest).max_by_key(|inner| inner.path.len());
            best.filter(|inner| inner.path.len() > flaw.path.len() || !matches!(inner.what, What::Wrong(_)))
                .unwrap_or(flaw)
        }
        _ => flaw,
    }
}

fn lookup<'a>(body: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(body, |value, step| match value {
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        Value::Object(members) => members.get(step),
        _ => None,
    })
}

fn token(value: &Value) -> &'static str {
    crate::es::token_name(value)
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "Array",
        Value::Object(_) => "Object",
    }
}
