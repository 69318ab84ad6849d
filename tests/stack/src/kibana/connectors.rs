//! Connectors. What is secret in them is not even kept: no answer can tell it. Those that are configured beforehand are in
//! every space, tell nothing of their configuration and stay as they are.

use serde_json::{Value, json};

use super::{Answer, Call, error, not_found};
use crate::message::Reply;
use crate::spec::check::bad_request;

pub(super) const KIND: &str = "connector";

/// `POST /api/actions/connector`, with an id or without.
pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let kind = call.member("connector_type_id");
    let kind = kind.as_str().unwrap_or_default();
    if !kind.starts_with('.') {
        return Err(bad_request(&format!("Action type \"{kind}\" is not registered.")));
    }
    let id = Some(call.param("id")).filter(|id| !id.is_empty()).unwrap_or_else(|| call.state.ids.uuid());
    if preconfigured(call, &id).is_some() {
        return Err(bad_request(&format!("This {id} already exists in a preconfigured action.")));
    }
    if call.memory.objects.get(&call.space, KIND, &id).is_some() {
        return Err(error(409, "Conflict", &format!("Saved object [action/{id}] conflict")));
    }
    let connector = body(call, &id, kind);
    call.memory.objects.put(&call.space, KIND, &id, connector.clone());
    Ok(Reply::ok(connector))
}

/// `GET /api/actions/connectors`: a bare list.
pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let all: Vec<Value> = call
        .memory
        .objects
        .list(&call.space, KIND)
        .map(|(_, connector)| connector)
        .chain(&call.memory.preconfigured)
        .map(|connector| {
            let mut connector = connector.clone();
            connector["referenced_by_count"] = json!(references(call, &connector["id"]));
            connector
        })
        .collect();
    Ok(Reply::ok(all.into()))
}

/// `GET /api/actions/connector/{id}`.
pub(super) fn get(call: &mut Call<'_>) -> Answer {
    find(call, &call.param("id")).map(|connector| Reply::ok(connector.clone()))
}

/// `PUT /api/actions/connector/{id}`: replaces all but the type.
pub(super) fn update(call: &mut Call<'_>) -> Answer {
    let id = call.param("id");
    stays(call, &id, "update")?;
    let kind = find(call, &id)?["connector_type_id"].as_str().unwrap_or_default().to_owned();
    call.check_told("config", "connectors.ConnectorConfig", ("connector_type_id", &kind))?;
    call.check_told("secrets", "connectors.ConnectorSecrets", ("connector_type_id", &kind))?;
    let connector = body(call, &id, &kind);
    call.memory.objects.put(&call.space, KIND, &id, connector.clone());
    Ok(Reply::ok(connector))
}

/// `DELETE /api/actions/connector/{id}`.
pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let id = call.param("id");
    stays(call, &id, "delete")?;
    find(call, &id)?;
    call.memory.objects.remove(&call.space, KIND, &id);
    Ok(Reply::empty(204))
}

/// `POST /api/actions/connector/{id}/_execute`: nothing runs, and that goes well.
pub(super) fn run(call: &mut Call<'_>) -> Answer {
    let id = call.param("id");
    find(call, &id)?;
    Ok(Reply::ok(json!({ "connector_id": id, "status": "ok", "data": {} })))
}

/// The connector of an id, in this space or configured beforehand.
pub(super) fn find<'a>(call: &'a Call<'_>, id: &str) -> Result<&'a Value, Box<Reply>> {
    let found = preconfigured(call, id).or_else(|| call.memory.objects.get(&call.space, KIND, id));
    found.ok_or_else(|| not_found("action", id))
}

fn preconfigured<'a>(call: &'a Call<'_>, id: &str) -> Option<&'a Value> {
    call.memory.preconfigured.iter().find(|connector| connector["id"] == id)
}

/// Refuses to change what is configured beforehand.
fn stays(call: &Call<'_>, id: &str, what: &str) -> Result<(), Box<Reply>> {
    match preconfigured(call, id) {
        Some(_) => Err(bad_request(&format!("Preconfigured action {id} is not allowed to {what}."))),
        None => Ok(()),
    }
}

fn body(call: &Call<'_>, id: &str, kind: &str) -> Value {
    let config = Some(call.member("config")).filter(Value::is_object).unwrap_or_else(|| json!({}));
    json!({
        "id": id,
        "name": call.member("name"),
        "config": config,
        "connector_type_id": kind,
        "is_preconfigured": false,
        "is_deprecated": false,
        "is_missing_secrets": false,
        "is_system_action": false,
    })
}

/// How many rules use a connector.
fn references(call: &Call<'_>, id: &Value) -> usize {
    let rules = call.memory.objects.list(&call.space, super::rules::KIND);
    rules
        .filter(|(_, rule)| rule["actions"].as_array().is_some_and(|all| all.iter().any(|one| one["id"] == *id)))
        .count()
}
