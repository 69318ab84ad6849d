//! Refuses requests that the specification does not allow, in the words of the product that is asked.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::flaw::{self, Reading, What, text_of};
use super::types::Openness;
use super::{Definition, Match, Spec, Type, wording};
use crate::es::Refusal;
use crate::message::Reply;

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
        let given: Vec<&str> = query.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect();
        if given.is_empty() && wanted.required {
            return Err(Refusal::illegal(format!("Required parameter [{name}] is missing")));
        }
        for text in given {
            let parts: Vec<&str> = if wanted.list { text.split(',').collect() } else { vec![text] };
            if !parts.iter().all(|part| text_fits(matched.spec, &wanted.ty, part, 0)) {
                return Err(bad_parameter(matched.spec, &wanted.ty, name, text));
            }
        }
    }
    for (name, ty) in &operation.path {
        if let Some(text) = matched.params.get(name).filter(|text| !text_fits(matched.spec, ty, text, 0)) {
            return Err(bad_parameter(matched.spec, ty, name, text));
        }
    }
    let Some(payload) = &operation.body else {
        return Ok(());
    };
    match (body, &payload.ty) {
        (None, _) if payload.required && raw.is_empty() => Err(Refusal::parse("request body is required")),
        (Some(body), Some(ty)) if judge != Judge::Handler => {
            match flaw::find(matched.spec, ty, body, Reading::Elasticsearch) {
                Some(flaw) if judge == Judge::Specification || flaw.path.len() > 1 => {
                    Err(wording::elasticsearch(&flaw, body, raw))
                }
                _ => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

/// Checks a request to Kibana.
pub(crate) fn kibana(matched: &Match<'_>, query: &[(String, String)], body: Option<&Value>) -> Result<(), Box<Reply>> {
    let operation = matched.operation;
    for (name, ty) in &operation.path {
        if let Some(text) = matched.params.get(name).filter(|text| !text_fits(matched.spec, ty, text, 0)) {
            return Err(bad_request(&wrong_text(matched.spec, ty, &format!("request params.{name}"), text)));
        }
    }
    for (name, wanted) in &operation.query {
        let given: Vec<&str> = query.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect();
        if given.is_empty() && wanted.required {
            let expected = expected_name(matched.spec, &wanted.ty, 0);
            return Err(bad_request(&format!(
                "[request query.{name}]: expected value of type [{expected}] but got [undefined]"
            )));
        }
        if let Some(text) = given.iter().find(|text| !text_fits(matched.spec, &wanted.ty, text, 0)) {
            return Err(bad_request(&wrong_text(matched.spec, &wanted.ty, &format!("request query.{name}"), text)));
        }
    }
    if let Some((name, _)) = query.iter().find(|(name, _)| !operation.query.contains_key(name)) {
        return Err(bad_request(&format!("[request query.{name}]: definition for this key is missing")));
    }
    let Some(payload) = &operation.body else {
        return Ok(());
    };
    match (body, &payload.ty) {
        // What may be null may be left out.
        (None, Some(ty)) if flaw::find(matched.spec, ty, &Value::Null, Reading::Kibana).is_none() => Ok(()),
        (None, _) if payload.required && payload.is_json() => {
            Err(bad_request("[request body]: expected a plain object value, but found [null] instead."))
        }
        (Some(body), Some(ty)) => match flaw::find(matched.spec, ty, body, Reading::Kibana) {
            None => Ok(()),
            Some(flaw) => {
                let own = wording::cases(&flaw).filter(|_| matched.id.starts_with("cases."));
                Err(bad_request(&own.unwrap_or_else(|| wording::kibana(&flaw, body))))
            }
        },
        _ => Ok(()),
    }
}

/// Checks a member of a body as the alternative of the named type that a member of the stored object tells.
pub(crate) fn told(spec: &Spec, body: &Value, member: &str, named: &str, tag: (&str, &str)) -> Result<(), Box<Reply>> {
    let named = Type::Ref(named.to_owned());
    let beside = Map::from_iter([(tag.0.to_owned(), json!(tag.1))]);
    let value = body.get(member).cloned().unwrap_or_else(|| json!({}));
    let flaw = flaw::told(spec, &named, &beside).and_then(|ty| flaw::find(spec, ty, &value, Reading::Kibana));
    flaw.map_or(Ok(()), |mut flaw| {
        flaw.path.insert(0, member.to_owned());
        Err(bad_request(&wording::kibana(&flaw, &json!({ member: value }))))
    })
}

/// Kibana's 400.
pub(crate) fn bad_request(message: &str) -> Box<Reply> {
    Box::new(Reply::json(400, json!({ "statusCode": 400, "error": "Bad Request", "message": message })))
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
            text.split(',').all(|part| text_fits(spec, item, part, depth + 1)) || text_fits(spec, item, text, depth + 1)
        }
        Type::AnyOf(branches) => branches.iter().any(|branch| text_fits(spec, branch, text, depth + 1)),
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
        Type::Ref(_) | Type::Inline(_) => match spec.defined(ty) {
            None | Some(Definition::Object(_)) => true,
            Some(Definition::Alias(inner)) => text_fits(spec, inner, text, depth + 1),
            Some(Definition::AnyOf(branches, _)) => {
                branches.iter().any(|branch| text_fits(spec, branch, text, depth + 1))
            }
            Some(Definition::Enum(values, openness)) => {
                let known = |text: &str| values.iter().any(|value| value == text);
                *openness == Openness::Open || known(text) || text.is_empty() && known("true")
            }
        },
    }
}

fn bad_parameter(spec: &Spec, ty: &Type, name: &str, text: &str) -> Refusal {
    match expected_name(spec, ty, 0) {
        "boolean" => Refusal::illegal(format!("Failed to parse value [{text}] as only [true] or [false] are allowed.")),
        "number" => Refusal::illegal(format!("Failed to parse int parameter [{name}] with value [{text}]"))
            .caused_by("number_format_exception", format!("For input string: \"{text}\"")),
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
                        .map(|(i, value)| format!("- [{place}.{i}]: expected value to equal [{value}]"))
                        .collect();
                    format!("[{place}]: types that failed validation:\n{}", lines.join("\n"))
                }
                Some(what) => format!("[{place}]: {}", wording::limit(&what)),
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
        Type::AnyOf(branches) => branches.first().map_or("string", |branch| expected_name(spec, branch, depth + 1)),
        Type::Ref(_) | Type::Inline(_) => match spec.defined(ty) {
            Some(Definition::Alias(inner)) => expected_name(spec, inner, depth + 1),
            Some(Definition::AnyOf(branches, _)) => {
                branches.first().map_or("string", |branch| expected_name(spec, branch, depth + 1))
            }
            _ => "string",
        },
        _ => "string",
    }
}
