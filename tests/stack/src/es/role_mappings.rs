//! Role mappings: stored, checked in form, and applied to those who come from an identity provider. Role templates are kept
//! and give no roles.

use serde_json::{Map, Value, json};

use super::call::{Answer, Call};
use super::error::Refusal;
use super::pattern;
use super::role::kind;
use super::sso::Subject;
use super::state::State;
use crate::message::Reply;

/// `PUT /_security/role_mapping/{name}`.
pub(crate) fn put(call: &mut Call<'_>) -> Answer {
    let name = call.param("name");
    let mut fields = call.fields("role-mapping")?;
    let enabled = fields.boolean("enabled")?.unwrap_or(true);
    let roles = fields.texts("roles")?;
    let templates = fields.value("role_templates").filter(|value| !value.is_null());
    let rules = fields.value("rules").filter(|value| !value.is_null());
    let metadata = fields.object("metadata")?.unwrap_or_default();
    let _ = fields.texts("run_as")?;
    fields.finish()?;
    let mut problems = Vec::new();
    let without_roles = roles.as_ref().is_none_or(Vec::is_empty);
    let without_templates = templates.as_ref().and_then(Value::as_array).is_none_or(Vec::is_empty);
    if without_roles && without_templates {
        problems.push("role-mapping roles or role-templates are missing");
    }
    if !without_roles && !without_templates {
        problems.push("role-mapping cannot have both roles and role-templates");
    }
    if rules.is_none() {
        problems.push("role-mapping rules are missing");
    }
    if metadata.keys().any(|key| key.starts_with('_')) {
        problems.push("metadata contains reserved key [_]: metadata keys may not start with [_]");
    }
    if !problems.is_empty() {
        return Err(Refusal::validation(&problems));
    }
    let rules = rules.unwrap_or_default();
    check_rule(&rules)?;
    let mut mapping =
        json!({ "enabled": enabled, "roles": roles.unwrap_or_default(), "rules": rules, "metadata": metadata });
    if let Some(templates) = templates {
        mapping["role_templates"] = templates;
        if let Some(members) = mapping.as_object_mut() {
            members.remove("roles");
        }
    }
    let created = call.state.role_mappings.insert(name, mapping).is_none();
    Ok(Reply::ok(json!({ "role_mapping": { "created": created } })))
}

/// `GET /_security/role_mapping` and `GET /_security/role_mapping/{name}`.
pub(crate) fn get(call: &mut Call<'_>) -> Answer {
    let asked = call.param_list("name");
    let found: Map<String, Value> = call
        .state
        .role_mappings
        .iter()
        .filter(|(name, _)| asked.is_empty() || asked.contains(name))
        .map(|(name, mapping)| (name.clone(), mapping.clone()))
        .collect();
    let status = if found.is_empty() && !asked.is_empty() { 404 } else { 200 };
    Ok(Reply::json(status, found.into()))
}

/// `DELETE /_security/role_mapping/{name}`.
pub(crate) fn delete(call: &mut Call<'_>) -> Answer {
    let found = call.state.role_mappings.remove(&call.param("name")).is_some();
    Ok(Reply::json(if found { 200 } else { 404 }, json!({ "found": found })))
}

/// The roles that the mappings give somebody whom a realm vouches for.
pub(crate) fn roles_of(state: &State, subject: &Subject, realm: &str) -> Vec<String> {
    let on = state.role_mappings.values().filter(|mapping| mapping["enabled"] == true);
    let meant = on.filter(|mapping| applies(&mapping["rules"], subject, realm));
    let names = meant.flat_map(|mapping| mapping["roles"].as_array().into_iter().flatten());
    let mut roles: Vec<String> = names.filter_map(|name| name.as_str().map(str::to_owned)).collect();
    roles.sort();
    roles.dedup();
    roles
}

fn applies(rule: &Value, subject: &Subject, realm: &str) -> bool {
    let Some((name, value)) = rule.as_object().and_then(|members| members.iter().next()) else { return false };
    let applies = |rule: &Value| applies(rule, subject, realm);
    match (name.as_str(), value) {
        ("any", Value::Array(rules)) => rules.iter().any(applies),
        ("all", Value::Array(rules)) => rules.iter().all(applies),
        ("except", rule) => !applies(rule),
        ("field", Value::Object(fields)) => fields.iter().all(|(field, wanted)| has(field, wanted, subject, realm)),
        _ => false,
    }
}

/// Whether a field has the value, or one of the values.
fn has(field: &str, wanted: &Value, subject: &Subject, realm: &str) -> bool {
    let values: Vec<&str> = match field {
        "username" => vec![&subject.username],
        "groups" => subject.groups.iter().map(String::as_str).collect(),
        "dn" => subject.dn.iter().map(String::as_str).collect(),
        "realm.name" => vec![realm],
        _ => Vec::new(),
    };
    match wanted {
        Value::Array(several) => several.iter().any(|one| has(field, one, subject, realm)),
        Value::Null => values.is_empty(),
        Value::String(pattern) => values.iter().any(|value| pattern::matches(pattern, value)),
        _ => false,
    }
}

/// A rule is an object of one member, `any`, `all`, `field` or `except`.
fn check_rule(rule: &Value) -> Result<(), Refusal> {
    let members = rule.as_object().ok_or_else(|| {
        Refusal::parse(format!("failed to parse rules expression. expected an object but found [{}]", kind(rule)))
    })?;
    let mut entries = members.iter();
    let (Some((name, value)), None) = (entries.next(), entries.next()) else {
        return Err(Refusal::parse("failed to parse rules expression. expected a single field"));
    };
    match (name.as_str(), value) {
        ("any" | "all", Value::Array(rules)) => rules.iter().try_for_each(check_rule),
        ("except", rule) => check_rule(rule),
        ("field", Value::Object(fields)) if fields.len() == 1 => Ok(()),
        ("any" | "all" | "field", other) => Err(Refusal::parse(format!(
            "failed to parse rules expression. field [{name}] does not take [{}]",
            kind(other)
        ))),
        _ => Err(Refusal::parse(format!(
            "failed to parse rules expression. field [{name}] is not recognised in a rule expression"
        ))),
    }
}
