//! Refuses requests that the specification does not allow, in the words of the product that is asked.

use bytes::Bytes;
use serde_json::{Value, json};

use super::flaw::{self, Flaw, Reading, What, text_of};
use super::types::Openness;
use super::{Definition, Match, Spec, Type};
use crate::es::Refusal;
use crate::message::{Reply, position};

/// Who says what is wrong with a body.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Judge {
    Specification,
    /// The handler speaks for the outermost members, in words of its own.
    Both,
    Handler,
}

/// Checks a request to Elasticsearch.
pub(crate) fn elasticsearch(
    matched: &Match<'_>,
    query: &[(String, String)],
    body: Option<&Value>,
    raw: &Bytes,
    judge: Judge,
) -> Result<(), Refusal> {
    let operation = matched.operation;
    for (name, wanted) in &operation.query {
        let given: Vec<&str> = query
            .iter()
            .filter(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .collect();
        if given.is_empty() && wanted.required {
            return Err(Refusal::illegal(format!(
                "Required parameter [{name}] is missing"
            )));
        }
        for text in given {
            let parts: Vec<&str> = if wanted.list {
                text.split(',').collect()
            } else {
                vec![text]
            };
            if !parts
                .iter()
                .all(|part| text_fits(matched.spec, &wanted.ty, part, 0))
            {
                return Err(bad_parameter(matched.spec, &wanted.ty, name, text));
            }
        }
    }
    for (name, ty) in &operation.path {
        if let Some(text) = matched
            .params
            .get(name)
            .filter(|text| !text_fits(matched.spec, ty, text, 0))
        {
            return Err(bad_parameter(matched.spec, ty, name, text));
        }
    }
    let Some(payload) = &operation.body else {
        return Ok(());
    };
    match (body, &payload.ty) {
        (None, _) if payload.required && raw.is_empty() => {
            Err(Refusal::parse("request body is required"))
        }
        (Some(body), Some(ty)) if judge != Judge::Handler => {
            match flaw::find(matched.spec, ty, body, Reading::Elasticsearch) {
                Some(flaw) if judge == Judge::Specification || flaw.path.len() > 1 => {
                    Err(elasticsearch_wording(&flaw, body, raw))
                }
                _ => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

/// Checks a request to Kibana.
pub(crate) fn kibana(
    matched: &Match<'_>,
    query: &[(String, String)],
    body: Option<&Value>,
) -> Result<(), Box<Reply>> {
    let operation = matched.operation;
    for (name, ty) in &operation.path {
        if let Some(text) = matched
            .params
            .get(name)
            .filter(|text| !text_fits(matched.spec, ty, text, 0))
        {
            return Err(bad_request(&wrong_text(
                matched.spec,
                ty,
                &format!("request params.{name}"),
                text,
            )));
        }
    }
    for (name, wanted) in &operation.query {
        let given: Vec<&str> = query
            .iter()
            .filter(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .collect();
        if given.is_empty() && wanted.required {
            let expected = expected_name(matched.spec, &wanted.ty, 0);
            return Err(bad_request(&format!(
                "[request query.{name}]: expected value of type [{expected}] but got [undefined]"
            )));
        }
        if let Some(text) = given
            .iter()
            .find(|text| !text_fits(matched.spec, &wanted.ty, text, 0))
        {
            return Err(bad_request(&wrong_text(
                matched.spec,
                &wanted.ty,
                &format!("request query.{name}"),
                text,
            )));
        }
    }
    if let Some((name, _)) = query
        .iter()
        .find(|(name, _)| !operation.query.contains_key(name))
    {
        return Err(bad_request(&format!(
            "[request query.{name}]: definition for this key is missing"
        )));
    }
    let Some(payload) = &operation.body else {
        return Ok(());
    };
    match (body, &payload.ty) {
        (None, _) if payload.required && payload.is_json() => Err(bad_request(
            "[request body]: expected a plain object value, but found [null] instead.",
        )),
        (Some(body), Some(ty)) => match flaw::find(matched.spec, ty, body, Reading::Kibana) {
            None => Ok(()),
            Some(flaw) => Err(bad_request(&kibana_wording(&flaw, body))),
        },
        _ => Ok(()),
    }
}

/// Kibana's 400.
pub(crate) fn bad_request(message: &str) -> Box<Reply> {
    Box::new(Reply::json(
        400,
        json!({ "statusCode": 400, "error": "Bad Request", "message": message }),
    ))
}

fn elasticsearch_wording(flaw: &Flaw, body: &Value, raw: &Bytes) -> Refusal {
    let deepest = deepest(flaw);
    let owner = deepest
        .path
        .iter()
        .rev()
        .find(|step| step.parse::<usize>().is_err());
    let parser = owner.map_or("request", String::as_str);
    let field = owner.map_or("body", String::as_str);
    let at = |name: &str| position(raw, name);
    match &deepest.what {
        What::Missing(name) => Refusal::illegal(format!("Required [{name}]")),
        What::Unknown(name) => {
            Refusal::content(format!("{} [{parser}] unknown field [{name}]", at(name)))
        }
        What::Several(names) => Refusal::new(
            400,
            "parsing_exception",
            format!(
                "[{}] malformed query, expected [END_OBJECT] but found [FIELD_NAME]",
                names.join(",")
            ),
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
        | What::TooSmall(_)
        | What::TooLarge(_)
        | What::Pattern(_) => Refusal::validation(&[format!("[{field}] {}", limit(&deepest.what))]),
        What::Wrong(_) | What::NoBranch(_) => {
            let found = lookup(body, &deepest.path).map_or("VALUE_NULL", token);
            Refusal::content(format!(
                "{} [{parser}] {field} doesn't support values of type: {found}",
                at(field)
            ))
        }
    }
}

fn kibana_wording(flaw: &Flaw, body: &Value) -> String {
    let place = |path: &[String], more: Option<&str>| {
        let steps: Vec<&str> = path.iter().map(String::as_str).chain(more).collect();
        match steps.is_empty() {
            true => "request body".to_owned(),
            false => format!("request body.{}", steps.join(".")),
        }
    };
    match &flaw.what {
        What::Missing(name) => format!(
            "[{}]: expected value of type [string] but got [undefined]",
            place(&flaw.path, Some(name))
        ),
        What::Unknown(name) => format!(
            "[{}]: definition for this key is missing",
            place(&flaw.path, Some(name))
        ),
        What::Wrong(expected) => {
            let found = lookup(body, &flaw.path).map_or("undefined", type_name);
            let expected = if *expected == "object" {
                "plain object"
            } else {
                expected
            };
            format!(
                "[{}]: expected value of type [{expected}] but got [{found}]",
                place(&flaw.path, None)
            )
        }
        What::NotOneOf(allowed) if allowed.len() == 1 => format!(
            "[{}]: expected value to equal [{}]",
            place(&flaw.path, None),
            allowed[0]
        ),
        What::NotOneOf(allowed) => {
            let here = place(&flaw.path, None);
            let lines: Vec<String> = allowed
                .iter()
                .enumerate()
                .map(|(i, value)| format!("- [{here}.{i}]: expected value to equal [{value}]"))
                .collect();
            format!(
                "[{here}]: types that failed validation:\n{}",
                lines.join("\n")
            )
        }
        What::NoBranch(flaws) => {
            let lines: Vec<String> = flaws
                .iter()
                .map(|flaw| format!("- {}", kibana_wording(flaw, body)))
                .collect();
            format!(
                "[{}]: types that failed validation:\n{}",
                place(&flaw.path, None),
                lines.join("\n")
            )
        }
        What::Several(names) => format!(
            "[{}]: only one of [{}] may be given",
            place(&flaw.path, None),
            names.join(",")
        ),
        other => format!("[{}]: {}", place(&flaw.path, None), limit(other)),
    }
}

fn limit(what: &What) -> String {
    match what {
        What::TooShort(length, min) => {
            format!("value has length [{length}] but it must have a minimum length of [{min}].")
        }
        What::TooLong(length, max) => {
            format!("value has length [{length}] but it must have a maximum length of [{max}].")
        }
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
            let best = flaws
                .iter()
                .map(deepest)
                .max_by_key(|inner| inner.path.len());
            best.filter(|inner| {
                inner.path.len() > flaw.path.len() || !matches!(inner.what, What::Wrong(_))
            })
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

/// Tells whether a text of a URL is one of the type's values.
fn text_fits(spec: &Spec, ty: &Type, text: &str, depth: usize) -> bool {
    if depth > 64 {
        return true;
    }
    match ty {
        Type::Any | Type::Map(_) | Type::Pair(_) => true,
        Type::Null => text.is_empty() || text == "null",
        Type::Const(constant) => text_of(constant) == text,
        Type::List(item, _) => {
            text.split(',')
                .all(|part| text_fits(spec, item, part, depth + 1))
                || text_fits(spec, item, text, depth + 1)
        }
        Type::AnyOf(branches) => branches
            .iter()
            .any(|branch| text_fits(spec, branch, text, depth + 1)),
        Type::Scalar(scalar) => {
            let value = match scalar.name.as_str() {
                "boolean" => return ["", "true", "false"].contains(&text),
                "string" | "binary" => json!(text),
                _ => match text.parse::<f64>() {
                    Ok(number) => json!(number),
                    Err(_) => return false,
                },
            };
            flaw::find(spec, ty, &value, Reading::Kibana).is_none()
        }
        Type::Ref(id) => match spec.definition(id) {
            None | Some(Definition::Object(_)) => true,
            Some(Definition::Alias(inner)) => text_fits(spec, inner, text, depth + 1),
            Some(Definition::AnyOf(branches, _)) => branches
                .iter()
                .any(|branch| text_fits(spec, branch, text, depth + 1)),
            Some(Definition::Enum(values, openness)) => {
                let known = |text: &str| values.iter().any(|value| value == text);
                *openness == Openness::Open || known(text) || text.is_empty() && known("true")
            }
        },
    }
}

fn bad_parameter(spec: &Spec, ty: &Type, name: &str, text: &str) -> Refusal {
    match expected_name(spec, ty, 0) {
        "boolean" => Refusal::illegal(format!(
            "Failed to parse value [{text}] as only [true] or [false] are allowed."
        )),
        "number" => Refusal::illegal(format!(
            "Failed to parse int parameter [{name}] with value [{text}]"
        ))
        .caused_by(
            "number_format_exception",
            format!("For input string: \"{text}\""),
        ),
        _ => Refusal::illegal(format!("Unknown value for [{name}]: [{text}].")),
    }
}

fn wrong_text(spec: &Spec, ty: &Type, place: &str, text: &str) -> String {
    match expected_name(spec, ty, 0) {
        "string" => {
            let what = flaw::find(spec, ty, &json!(text), Reading::Kibana).map(|flaw| flaw.what);
            match what {
                Some(What::NotOneOf(allowed)) => {
                    let lines: Vec<String> = allowed
                        .iter()
                        .enumerate()
                        .map(|(i, value)| {
                            format!("- [{place}.{i}]: expected value to equal [{value}]")
                        })
                        .collect();
                    format!(
                        "[{place}]: types that failed validation:\n{}",
                        lines.join("\n")
                    )
                }
                Some(what) => format!("[{place}]: {}", limit(&what)),
                None => format!("[{place}]: invalid value"),
            }
        }
        expected => format!("[{place}]: expected value of type [{expected}] but got [string]"),
    }
}

fn expected_name(spec: &Spec, ty: &Type, depth: usize) -> &'static str {
    match ty {
        _ if depth > 64 => "string",
        Type::Scalar(scalar) if scalar.name == "boolean" => "boolean",
        Type::Scalar(scalar) if scalar.name != "string" && scalar.name != "binary" => "number",
        Type::List(..) => "array",
        Type::AnyOf(branches) => branches
            .first()
            .map_or("string", |branch| expected_name(spec, branch, depth + 1)),
        Type::Ref(id) => match spec.definition(id) {
            Some(Definition::Alias(inner)) => expected_name(spec, inner, depth + 1),
            Some(Definition::AnyOf(branches, _)) => branches
                .first()
                .map_or("string", |branch| expected_name(spec, branch, depth + 1)),
            _ => "string",
        },
        _ => "string",
    }
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
