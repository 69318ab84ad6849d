//! The small readers that role descriptors are made of; each refuses in the words of Elasticsearch's parser.

use serde_json::{Map, Value, json};

use super::error::Refusal;
use super::pattern::covers;
use super::role::{IndexGrant, kind};

/// Elasticsearch keeps a role's query as text, whatever form it came in.
pub(crate) fn query(value: &Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::String(_) => Some(value.clone()),
        object => Some(object.to_string().into()),
    }
}

pub(crate) fn remote(role: &str, value: &Value) -> Result<Value, Refusal> {
    let mut members = object(role, "remote_indices", value)?;
    let clusters = members.remove("clusters").ok_or_else(|| missing(role, "remote indices", "clusters"))?;
    let clusters = texts(role, "clusters", &clusters)?;
    let mut out = IndexGrant::read(role, 0, &Value::Object(members))?.write();
    if let Some(out) = out.as_object_mut() {
        out.insert("clusters".into(), json!(clusters));
    }
    Ok(out)
}

pub(crate) fn remote_cluster(role: &str, value: &Value) -> Result<Value, Refusal> {
    let members = object(role, "remote_cluster", value)?;
    let clusters = members.get("clusters").ok_or_else(|| missing(role, "remote_cluster", "clusters"))?;
    let privileges = members.get("privileges").ok_or_else(|| missing(role, "remote_cluster", "privileges"))?;
    if let Some(other) = members.keys().find(|key| !["clusters", "privileges"].contains(&key.as_str())) {
        return Err(Refusal::parse(format!(
            "failed to parse remote_cluster for role [{role}]. unexpected field [{other}]"
        )));
    }
    Ok(json!({ "clusters": texts(role, "clusters", clusters)?, "privileges": texts(role, "privileges", privileges)? }))
}

/// The fields that may be seen, and those of them that may not.
pub(crate) fn field_security(role: &str, value: &Value) -> Result<Value, Refusal> {
    let mut out = Map::new();
    for (member, value) in object(role, "field_security", value)? {
        if member != "grant" && member != "except" {
            return Err(Refusal::parse(format!(
                "failed to parse indices privileges for role [{role}]. field_security only accepts options [grant, except], but got [{member}]"
            )));
        }
        out.insert(member.clone(), json!(texts(role, &member, &value)?));
    }
    Ok(Value::Object(out))
}

/// Only fields that are granted can be taken out again.
pub(crate) fn check_fields(role: &str, field_security: Option<&Value>) -> Result<(), Refusal> {
    let texts = |member: &str| -> Vec<&str> {
        let list = field_security.and_then(|fields| fields.get(member)?.as_array());
        list.into_iter().flatten().filter_map(Value::as_str).collect()
    };
    let (grant, except) = (texts("grant"), texts("except"));
    let granted = |field: &&str| grant.is_empty() || grant.iter().any(|pattern| covers(pattern, field));
    match except.iter().all(granted) {
        true => Ok(()),
        false => Err(Refusal::parse(format!(
            "failed to parse indices privileges for role [{role}] - Exceptions for field permissions must be a subset of the granted fields but [{}] is not a subset of [{}]",
            except.join(", "),
            grant.join(", ")
        ))),
    }
}

/// A query is an object, also where it comes as a text.
pub(crate) fn check_query(names: &[String], at: usize, query: Option<&Value>) -> Result<(), Refusal> {
    let text = query.and_then(Value::as_str).filter(|text| !text.is_empty());
    match text.map(serde_json::from_str::<Map<String, Value>>) {
        Some(Err(_)) => Err(Refusal::parse(format!(
            "failed to parse field 'query' for indices [{}] at index privilege [{at}] of role descriptor",
            names.join(",")
        ))),
        _ => Ok(()),
    }
}

/// The workflows to which an API key is bound.
pub(crate) fn restriction(role: &str, value: &Value) -> Result<Value, Refusal> {
    let members = object(role, "restriction", value)?;
    if let Some(other) = members.keys().find(|key| *key != "workflows") {
        return Err(Refusal::parse(format!(
            "failed to parse restriction for role [{role}]. unexpected field [{other}]"
        )));
    }
    let workflows = members.get("workflows").map(|value| texts(role, "workflows", value)).transpose()?;
    match workflows {
        Some(workflows) if !workflows.is_empty() => Ok(json!({ "workflows": workflows })),
        _ => Err(Refusal::parse(format!(
            "failed to parse restriction for role [{role}]. [workflows] must not be an empty array"
        ))),
    }
}

/// A map, or the list that some answers of 9.5 carry in its place.
pub(crate) fn is_global(value: &Value) -> bool {
    value.is_null() || value.is_object() || value.is_array()
}

pub(crate) fn missing(role: &str, part: &str, member: &str) -> Refusal {
    Refusal::parse(format!("failed to parse {part} privileges for role [{role}]. missing required [{member}] field"))
}

pub(crate) fn wrong(role: &str, member: &str, expected: &str, value: &Value) -> Refusal {
    Refusal::parse(format!(
        "failed to parse role [{role}]. could not parse [{member}] field. expected {expected} but found [{}] value instead",
        kind(value)
    ))
}

pub(crate) fn texts(role: &str, member: &str, value: &Value) -> Result<Vec<String>, Refusal> {
    match value {
        Value::String(one) => Ok(vec![one.clone()]),
        Value::Null => Ok(Vec::new()),
        Value::Array(several) => several.iter().map(|v| text(role, member, v)).collect(),
        other => Err(wrong(role, member, "a string or an array of strings", other)),
    }
}

pub(crate) fn text(role: &str, member: &str, value: &Value) -> Result<String, Refusal> {
    value.as_str().map(str::to_owned).ok_or_else(|| wrong(role, member, "a string", value))
}

pub(crate) fn boolean(role: &str, member: &str, value: &Value) -> Result<bool, Refusal> {
    match value {
        Value::Bool(flag) => Ok(*flag),
        Value::String(text) if text == "true" || text == "false" => Ok(text == "true"),
        other => Err(wrong(role, member, "a boolean", other)),
    }
}

pub(crate) fn list<'a>(role: &str, member: &str, value: &'a Value) -> Result<&'a [Value], Refusal> {
    match value {
        Value::Array(items) => Ok(items),
        Value::Null => Ok(&[]),
        other => Err(wrong(role, member, "an array", other)),
    }
}

pub(crate) fn object(role: &str, member: &str, value: &Value) -> Result<Map<String, Value>, Refusal> {
    value.as_object().cloned().ok_or_else(|| wrong(role, member, "an object", value))
}
