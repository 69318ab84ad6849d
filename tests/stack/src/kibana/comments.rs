//! Comments of cases: they are kept with their case, and a change of one is a change of the case.

use serde_json::{Value, json};

use super::cases::{body, person, read, save};
use super::saved_objects::text;
use super::{Answer, Call, error, not_found};
use crate::message::Reply;
use crate::spec::check::bad_request;

/// `POST /api/cases/{id}/comments`.
pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let id = call.param("id");
    let mut case = read(call, &id)?;
    let mut comment = body(call)?;
    check(&comment)?;
    for name in ["alertId", "index"] {
        if comment[name].is_string() {
            comment[name] = json!([comment[name]]);
        }
    }
    for (name, value) in [
        ("id", json!(call.state.ids.uuid())),
        ("created_at", json!(call.time())),
        ("created_by", person(call)),
        ("version", json!(call.memory.objects.next_version())),
    ] {
        comment[name] = value;
    }
    for name in ["pushed_at", "pushed_by", "updated_at", "updated_by"] {
        comment[name] = Value::Null;
    }
    if let Some(members) = comment.as_object_mut() {
        members.retain(|name, value| !value.is_null() || name.ends_with("_at") || name.ends_with("_by"));
    }
    if let Some(comments) = case["comments"].as_array_mut() {
        comments.push(comment);
    }
    Ok(Reply::ok(save(call, &id, case)))
}

/// `PATCH /api/cases/{id}/comments`.
pub(super) fn update(call: &mut Call<'_>) -> Answer {
    let id = call.param("id");
    let mut case = read(call, &id)?;
    let wanted = body(call)?;
    check(&wanted)?;
    let (version, time, who) = (call.memory.objects.next_version(), call.time(), person(call));
    let comment = case["comments"].as_array_mut().and_then(|all| all.iter_mut().find(|one| one["id"] == wanted["id"]));
    let missing = || error(404, "Not Found", &format!("This comment {} does not exist anymore.", text(&wanted, "id")));
    let comment = comment.ok_or_else(missing)?;
    if comment["type"] != wanted["type"] {
        return Err(bad_request("You cannot change the type of the comment."));
    }
    if comment["version"] != wanted["version"] {
        let message = "This case has been updated. Please refresh before saving additional updates.";
        return Err(error(409, "Conflict", message));
    }
    for (name, value) in wanted.as_object().into_iter().flatten() {
        comment[name] = match value {
            Value::String(_) if ["alertId", "index"].contains(&name.as_str()) => json!([value]),
            other => other.clone(),
        };
    }
    comment["version"] = json!(version);
    comment["updated_at"] = json!(time);
    comment["updated_by"] = who;
    Ok(Reply::ok(save(call, &id, case)))
}

/// `GET /api/cases/{id}/comments/{comment}`.
pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let case = read(call, &call.param("id"))?;
    let id = call.param("comment");
    let found = case["comments"].as_array().and_then(|all| all.iter().find(|one| one["id"] == id.as_str()));
    found.cloned().map(Reply::ok).ok_or_else(|| not_found("cases-comments", &id))
}

/// `DELETE /api/cases/{id}/comments/{comment}`.
pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let (id, comment) = (call.param("id"), call.param("comment"));
    let mut case = read(call, &id)?;
    let comments = case["comments"].as_array().cloned().unwrap_or_default();
    let kept: Vec<Value> = comments.iter().filter(|one| one["id"] != comment.as_str()).cloned().collect();
    if kept.len() == comments.len() {
        return Err(error(404, "Not Found", &format!("This comment {comment} does not exist anymore.")));
    }
    case["comments"] = kept.into();
    save(call, &id, case);
    Ok(Reply::empty(204))
}

/// `DELETE /api/cases/{id}/comments`.
pub(super) fn delete_all(call: &mut Call<'_>) -> Answer {
    let id = call.param("id");
    let mut case = read(call, &id)?;
    if case["comments"].as_array().is_none_or(Vec::is_empty) {
        return Err(error(404, "Not Found", &format!("No comments found for {id}.")));
    }
    case["comments"] = json!([]);
    save(call, &id, case);
    Ok(Reply::empty(204))
}

fn check(comment: &Value) -> Result<(), Box<Reply>> {
    match comment["comment"].as_str() {
        Some(text) if text.trim().is_empty() => Err(bad_request("The comment field cannot be an empty string.")),
        _ => Ok(()),
    }
}
