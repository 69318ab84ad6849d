//! Forms: split into parts, and compared with what the specification says of them.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::error;
use crate::message::Reply;
use crate::spec::check::bad_request;
use crate::spec::{Definition, Payload, Spec, Type};

/// One part of a form.
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) filename: Option<String>,
    pub(crate) bytes: Vec<u8>,
}

/// Reads a form as the object that the specification describes; a file stands there as its text.
pub(crate) fn read(
    spec: &Spec,
    payload: &Payload,
    media: &str,
    body: &Bytes,
) -> Result<(Value, Vec<Part>), Box<Reply>> {
    if !media.to_ascii_lowercase().starts_with("multipart/form-data") {
        return Err(error(415, "Unsupported Media Type", "Unsupported Media Type"));
    }
    let parts = parts(media, body);
    let object = payload.ty.as_ref().and_then(|ty| resolve(spec, ty));
    let mut form = Map::new();
    for part in &parts {
        let text = String::from_utf8_lossy(&part.bytes).into_owned();
        let ty = match object {
            Some(Definition::Object(object)) => object.member(&part.name).map(|(_, member)| &member.ty),
            _ => None,
        };
        // What is no text is sent as JSON.
        let is_text = ty.is_none_or(
            |ty| matches!(ty, Type::Scalar(scalar) if ["string", "binary"].contains(&scalar.name.as_str())),
        );
        let value = if is_text { None } else { serde_json::from_str(&text).ok() };
        form.insert(part.name.clone(), value.unwrap_or_else(|| json!(text)));
    }
    if let Some(Definition::Object(object)) = object {
        for (name, member) in &object.members {
            let is_file = matches!(&member.ty, Type::Scalar(scalar) if scalar.name == "binary");
            let part = parts.iter().find(|part| part.name == *name);
            let expected = match (is_file, part) {
                (true, Some(part)) if part.filename.is_none() => "string",
                (true, None) if member.required => "undefined",
                _ => continue,
            };
            let message = format!("[request body.{name}]: expected value of type [Stream] but got [{expected}]");
            return Err(bad_request(&message));
        }
    }
    Ok((form.into(), parts))
}

/// Splits a form; what is malformed in it is left out.
pub(crate) fn parts(media: &str, body: &Bytes) -> Vec<Part> {
    let Some(boundary) = media.split(';').find_map(|part| part.trim().strip_prefix("boundary=")) else {
        return Vec::new();
    };
    let mark = format!("--{}", boundary.trim_matches('"'));
    let mut found = Vec::new();
    let mut rest = match find(body, mark.as_bytes()) {
        Some(at) => &body[at + mark.len()..],
        None => return found,
    };
    let mark = format!("\r\n{mark}");
    while let Some(inner) = rest.strip_prefix(b"\r\n") {
        let end = find(inner, mark.as_bytes()).unwrap_or(inner.len());
        found.extend(part(&inner[..end]));
        rest = inner.get(end + mark.len()..).unwrap_or_default();
    }
    found
}

fn part(raw: &[u8]) -> Option<Part> {
    let split = find(raw, b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&raw[..split]);
    let disposition = head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
    let parameter = |name: &str| {
        let mut given = disposition.split(';').skip(1).filter_map(|part| part.trim().split_once('='));
        given.find(|(key, _)| *key == name).map(|(_, value)| value.trim_matches('"').to_owned())
    };
    Some(Part { name: parameter("name")?, filename: parameter("filename"), bytes: raw[split + 4..].to_vec() })
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

fn resolve<'a>(spec: &'a Spec, ty: &'a Type) -> Option<&'a Definition> {
    match spec.defined(ty)? {
        Definition::Alias(inner) => spec.defined(inner),
        definition => Some(definition),
    }
}
