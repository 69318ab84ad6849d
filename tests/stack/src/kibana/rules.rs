//! Alerting rules: kept, switched on and off, muted and found. None of them ever runs.

use serde_json::{Value, json};

use super::{Answer, Call, connectors, error, not_found};
use crate::message::Reply;
use crate::spec::check::bad_request;

pub(super) const KIND: &str = "rule";

/// `POST /api/alerting/rule`, with an id or without.
pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let kind = call.member("rule_type_id");
    let kind = kind.as_str().unwrap_or_default();
    let known = kind.contains('.') || kind.starts_with("monitoring_") || kind == "transform_health";
    if !known {
        return Err(bad_request(&format!("Rule type \"{kind}\" is not registered.")));
    }
    let id = Some(call.param("id")).filter(|id| !id.is_empty()).unwrap_or_else(|| call.state.ids.uuid());
    if call.memory.objects.get(&call.space, KIND, &id).is_some() {
        return Err(error(409, "Conflict", &format!("Saved object [alert/{id}] conflict")));
    }
    let enabled = call.member("enabled").as_bool().unwrap_or(true);
    let (time, user) = (call.time(), call.username());
    let mut rule = json!({
        "id": id,
        "rule_type_id": kind,
        "consumer": call.member("consumer"),
        "enabled": enabled,
        "mute_all": false,
        "muted_alert_ids": [],
        "created_by": user,
        "created_at": time,
        "api_key_owner": if enabled { json!(user) } else { Value::Null },
        "api_key_created_by_user": if enabled { json!(false) } else { Value::Null },
        "execution_status": { "status": "pending", "last_execution_date": time },
        "revision": 0,
        "running": false,
    });
    if enabled {
        rule["scheduled_task_id"] = json!(id);
    }
    write(call, &mut rule)?;
    call.memory.objects.put(&call.space, KIND, &id, rule.clone());
    Ok(Reply::ok(rule))
}

/// `GET /api/alerting/rule/{id}`.
pub(super) fn get(call: &mut Call<'_>) -> Answer {
    read(call).map(Reply::ok)
}

/// `PUT /api/alerting/rule/{id}`.
pub(super) fn update(call: &mut Call<'_>) -> Answer {
    let mut rule = read(call)?;
    let kind = rule["rule_type_id"].as_str().unwrap_or_default();
    call.check_told("params", "alerting.rules.RuleParams", ("rule_type_id", kind))?;
    write(call, &mut rule)?;
    rule["revision"] = json!(rule["revision"].as_u64().unwrap_or(0) + 1);
    let id = call.param("id");
    call.memory.objects.put(&call.space, KIND, &id, rule.clone());
    Ok(Reply::ok(rule))
}

/// `DELETE /api/alerting/rule/{id}`.
pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let id = call.param("id");
    call.memory.objects.remove(&call.space, KIND, &id).map(|_| Reply::empty(204)).ok_or_else(|| not_found("alert", &id))
}

pub(super) fn enable(call: &mut Call<'_>) -> Answer {
    let (id, user) = (call.param("id"), call.username());
    change(call, |rule| {
        rule["enabled"] = json!(true);
        rule["api_key_owner"] = json!(user);
        rule["scheduled_task_id"] = json!(id);
    })
}

pub(super) fn disable(call: &mut Call<'_>) -> Answer {
    change(call, |rule| {
        rule["enabled"] = json!(false);
        rule.as_object_mut().map(|members| members.remove("scheduled_task_id"));
    })
}

pub(super) fn mute(call: &mut Call<'_>) -> Answer {
    change(call, |rule| {
        rule["mute_all"] = json!(true);
        rule["muted_alert_ids"] = json!([]);
    })
}

pub(super) fn unmute(call: &mut Call<'_>) -> Answer {
    change(call, |rule| {
        rule["mute_all"] = json!(false);
        rule["muted_alert_ids"] = json!([]);
    })
}

pub(super) fn update_api_key(call: &mut Call<'_>) -> Answer {
    let user = call.username();
    change(call, |rule| rule["api_key_owner"] = json!(user))
}

pub(super) fn mute_alert(call: &mut Call<'_>) -> Answer {
    let alert = json!(call.param("alert"));
    change(call, |rule| {
        if let Some(muted) = rule["muted_alert_ids"].as_array_mut().filter(|muted| !muted.contains(&alert)) {
            muted.push(alert);
        }
    })
}

pub(super) fn unmute_alert(call: &mut Call<'_>) -> Answer {
    let alert = json!(call.param("alert"));
    change(call, |rule| {
        if let Some(muted) = rule["muted_alert_ids"].as_array_mut() {
            muted.retain(|one| *one != alert);
        }
    })
}

fn change(call: &mut Call<'_>, how: impl FnOnce(&mut Value)) -> Answer {
    let mut rule = read(call)?;
    how(&mut rule);
    rule["updated_by"] = json!(call.username());
    rule["updated_at"] = json!(call.time());
    let id = call.param("id");
    call.memory.objects.put(&call.space, KIND, &id, rule);
    Ok(Reply::empty(204))
}

pub(super) fn read(call: &Call<'_>) -> Result<Value, Box<Reply>> {
    let id = call.param("id");
    call.memory.objects.get(&call.space, KIND, &id).cloned().ok_or_else(|| not_found("alert", &id))
}

/// Writes what a request says of a rule; every action's connector must be there.
fn write(call: &Call<'_>, rule: &mut Value) -> Result<(), Box<Reply>> {
    let interval = call.member("schedule")["interval"].clone();
    let seconds = interval.as_str().and_then(|text| {
        let unit = text.chars().last().filter(|unit| "smhd".contains(*unit))?;
        text.strip_suffix(unit)?.parse::<u64>().ok().filter(|count| *count > 0)
    });
    if seconds.is_none() {
        let message = format!(
            "[request body.schedule.interval]: string is not a valid duration: {}",
            interval.as_str().unwrap_or_default()
        );
        return Err(bad_request(&message));
    }
    let mut actions = Vec::new();
    for mut action in call.member("actions").as_array().cloned().unwrap_or_default() {
        let id = action["id"].as_str().filter(|_| action.is_object()).unwrap_or_default().to_owned();
        let Ok(connector) = connectors::find(call, &id) else {
            return Err(bad_request(&format!(
                "Failed to load action {id} (404): Saved object [action/{id}] not found"
            )));
        };
        action["connector_type_id"] = connector["connector_type_id"].clone();
        if action["params"].is_null() {
            action["params"] = json!({});
        }
        actions.push(action);
    }
    rule["actions"] = actions.into();
    for (name, empty) in
        [("params", json!({})), ("tags", json!([])), ("throttle", Value::Null), ("notify_when", Value::Null)]
    {
        rule[name] = Some(call.member(name)).filter(|value| !value.is_null()).unwrap_or(empty);
    }
    for name in ["name", "schedule"] {
        rule[name] = call.member(name);
    }
    for name in ["alert_delay", "flapping", "artifacts"] {
        if !call.member(name).is_null() {
            rule[name] = call.member(name);
        }
    }
    rule["updated_by"] = json!(call.username());
    rule["updated_at"] = json!(call.time());
    Ok(())
}
