//! Roles: single and bulk. Reserved roles are read like others and never written.

use serde_json::{Map, Value, json};

use super::call::{Answer, Call};
use super::error::Refusal;
use super::role::Role;
use super::users::name_problem;
use crate::message::Reply;

/// `PUT /_security/role/{name}`: creates or overwrites.
pub(crate) fn put(call: &mut Call<'_>) -> Answer {
    let name = call.param("name");
    let body = call.body.as_ref().ok_or_else(|| Refusal::parse("request body is required"))?;
    let role = Role::read_stored(&name, body)?;
    if let Some(problem) = problem(call, &name, &role) {
        return Err(Refusal::validation(&[problem]));
    }
    let created = call.state.roles.insert(name, role).is_none();
    Ok(Reply::ok(json!({ "role": { "created": created } })))
}

/// `GET /_security/role` and `GET /_security/role/{name}`.
pub(crate) fn get(call: &mut Call<'_>) -> Answer {
    let asked = call.param_list("name");
    let reserved = call.state.reserved_roles.iter().map(|(name, role)| ((*name).to_owned(), role));
    let own = call.state.roles.iter().map(|(name, role)| (name.clone(), role));
    let mut found = Map::new();
    for (name, role) in reserved.chain(own) {
        if asked.is_empty() || asked.contains(&name) {
            found.insert(name, role.write());
        }
    }
    let status = if found.is_empty() && !asked.is_empty() { 404 } else { 200 };
    Ok(Reply::json(status, found.into()))
}

/// `DELETE /_security/role/{name}`.
pub(crate) fn delete(call: &mut Call<'_>) -> Answer {
    let name = call.param("name");
    if call.state.reserved_roles.contains_key(name.as_str()) {
        return Err(Refusal::illegal(format!("role [{name}] is reserved and cannot be deleted")));
    }
    let found = call.state.roles.remove(&name).is_some();
    Ok(Reply::json(if found { 200 } else { 404 }, json!({ "found": found })))
}

/// `POST /_security/role`: creates or overwrites many; one bad role doesn't stop the others.
pub(crate) fn bulk_put(call: &mut Call<'_>) -> Answer {
    let mut fields = call.fields("bulk_update_roles_request_payload")?;
    let roles = fields.object("roles")?.ok_or_else(|| fields.missing("roles"))?;
    fields.finish()?;
    let mut sorted: Map<String, Value> = Map::new();
    let mut errors = Map::new();
    for (name, value) in roles {
        let role = Role::read_stored(&name, &value)?;
        let outcome = match problem(call, &name, &role) {
            Some(problem) => {
                errors.insert(name, Refusal::validation(&[problem]).cause());
                continue;
            }
            None if call.state.roles.get(&name).is_some_and(|old| old.write() == role.write()) => "noop",
            None if call.state.roles.contains_key(&name) => "updated",
            None => "created",
        };
        push(&mut sorted, outcome, &name);
        call.state.roles.insert(name, role);
    }
    Ok(Reply::ok(with_errors(sorted, errors)))
}

/// `DELETE /_security/role`: deletes many.
pub(crate) fn bulk_delete(call: &mut Call<'_>) -> Answer {
    let mut fields = call.fields("bulk_delete_roles_request")?;
    let names = fields.texts("names")?.ok_or_else(|| fields.missing("names"))?;
    fields.finish()?;
    let mut sorted: Map<String, Value> = Map::new();
    let mut errors = Map::new();
    for name in names {
        if call.state.reserved_roles.contains_key(name.as_str()) {
            let refusal = Refusal::illegal(format!("role [{name}] is reserved and cannot be deleted"));
            errors.insert(name, refusal.cause());
            continue;
        }
        let outcome = match call.state.roles.remove(&name) {
            Some(_) => "deleted",
            None => "not_found",
        };
        push(&mut sorted, outcome, &name);
    }
    Ok(Reply::ok(with_errors(sorted, errors)))
}

fn problem(call: &Call<'_>, name: &str, role: &Role) -> Option<String> {
    if call.state.reserved_roles.contains_key(name) {
        return Some(format!("Role [{name}] is reserved and may not be used."));
    }
    name_problem("Role", name).or_else(|| role.problem()).or_else(|| {
        let long = role.description.as_ref().is_some_and(|text| text.chars().count() > 1000);
        long.then(|| "Role description must be less than 1000 characters.".to_owned())
    })
}

fn push(sorted: &mut Map<String, Value>, outcome: &str, name: &str) {
    if let Value::Array(names) = sorted.entry(outcome).or_insert_with(|| json!([])) {
        names.push(json!(name));
    }
}

/// Adds the `errors` member of bulk answers, left out when there are none.
pub(crate) fn with_errors(mut body: Map<String, Value>, errors: Map<String, Value>) -> Value {
    if !errors.is_empty() {
        body.insert("errors".into(), json!({ "count": errors.len(), "details": errors }));
    }
    body.into()
}
