//! Cases: a change must know the version that it changes. Their comments have a module of their own.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::saved_objects::text;
use super::{Answer, Call, error, not_found};
use crate::message::Reply;
use crate::spec::check::bad_request;

const KIND: &str = "case";

/// The longest texts, in characters.
const LIMITS: [(&str, usize); 3] = [("title", 160), ("description", 30_000), ("category", 50)];

/// What an update may change.
const CHANGEABLE: [&str; 10] = [
    "assignees",
    "category",
    "connector",
    "customFields",
    "description",
    "settings",
    "severity",
    "status",
    "tags",
    "title",
];

/// `POST /api/cases`.
pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let mut case = body(call)?;
    check(&case)?;
    let id = call.state.ids.uuid();
    for (name, value) in [
        ("id", json!(id)),
        ("status", json!("open")),
        ("comments", json!([])),
        ("totalComment", json!(0)),
        ("totalAlerts", json!(0)),
        ("created_at", json!(call.time())),
        ("created_by", person(call)),
        ("version", json!(call.memory.objects.next_version())),
    ] {
        case[name] = value;
    }
    for name in ["closed_at", "closed_by", "updated_at", "updated_by", "duration", "external_service", "category"] {
        if case[name].is_null() {
            case[name] = Value::Null;
        }
    }
    for (name, empty) in [("severity", json!("low")), ("assignees", json!([])), ("customFields", json!([]))] {
        if case[name].is_null() {
            case[name] = empty;
        }
    }
    call.memory.objects.put(&call.space, KIND, &id, case.clone());
    Ok(Reply::ok(case))
}

/// `GET /api/cases/{id}`.
pub(super) fn get(call: &mut Call<'_>) -> Answer {
    read(call, &call.param("id")).map(Reply::ok)
}

/// `PATCH /api/cases`: all of them or none.
pub(super) fn update(call: &mut Call<'_>) -> Answer {
    let mut changed = Vec::new();
    for wanted in call.member("cases").as_array().cloned().unwrap_or_default() {
        let id = text(&wanted, "id").to_owned();
        let mut case = read(call, &id)?;
        check(&wanted)?;
        if case["version"] != wanted["version"] {
            let message =
                format!("These cases {id} has been updated. Please refresh before saving additional updates.");
            return Err(error(409, "Conflict", &message));
        }
        if let Some(status) = wanted.get("status").filter(|status| **status != case["status"]) {
            let closes = *status == json!("closed");
            case["closed_at"] = if closes { json!(call.time()) } else { Value::Null };
            case["closed_by"] = if closes { person(call) } else { Value::Null };
        }
        for name in CHANGEABLE {
            if let Some(value) = wanted.get(name) {
                case[name] = value.clone();
            }
        }
        changed.push((id, case));
    }
    let mut answer = Vec::new();
    for (id, case) in changed {
        answer.push(save(call, &id, case));
    }
    Ok(Reply::ok(answer.into()))
}

/// `DELETE /api/cases`: `ids` may be a list as JSON.
pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let asked = call.asked_all("ids");
    let ids: Vec<String> = match asked.as_slice() {
        [one] => serde_json::from_str(one).unwrap_or_else(|_| vec![one.clone()]),
        several => several.to_vec(),
    };
    for id in &ids {
        read(call, id)?;
    }
    for id in &ids {
        call.memory.objects.remove(&call.space, KIND, id);
    }
    Ok(Reply::empty(204))
}

/// `GET /api/cases/_find`.
pub(super) fn find(call: &mut Call<'_>) -> Answer {
    let asked = |name: &str| call.asked_all(name);
    let (owners, tags) = (asked("owner"), asked("tags"));
    let search = call.asked("search").unwrap_or_default().trim_matches('*').to_lowercase();
    let any = |wanted: &[String], value: &Value| wanted.is_empty() || wanted.iter().any(|one| *value == one.as_str());
    let mut found: Vec<Value> = all(call)
        .filter(|case| any(&owners, &case["owner"]) && any(&asked("status"), &case["status"]))
        .filter(|case| any(&asked("severity"), &case["severity"]))
        .filter(|case| {
            tags.is_empty() || case["tags"].as_array().is_some_and(|have| have.iter().any(|tag| any(&tags, tag)))
        })
        .filter(|case| ["title", "description"].iter().any(|name| text(case, name).to_lowercase().contains(&search)))
        .cloned()
        .collect();
    found.sort_by_key(|case| case["created_at"].to_string());
    if call.asked("sortOrder") != Some("asc") {
        found.reverse();
    }
    let total = found.len();
    let counts = counts(call, &owners);
    let (page, per_page, cases) = call.page(found, "perPage");
    let mut answer = json!({ "cases": cases, "page": page, "per_page": per_page, "total": total });
    if let (Some(answer), Value::Object(counts)) = (answer.as_object_mut(), counts) {
        answer.extend(counts);
    }
    Ok(Reply::ok(answer))
}

/// `GET /api/cases/status`.
pub(super) fn count(call: &mut Call<'_>) -> Answer {
    Ok(Reply::ok(counts(call, &call.asked_all("owner"))))
}

/// `GET /api/cases/tags`.
pub(super) fn tags(call: &mut Call<'_>) -> Answer {
    let owners = call.asked_all("owner");
    let cases = all(call).filter(|case| owned(case, &owners));
    let tags: BTreeSet<&str> =
        cases.filter_map(|case| case["tags"].as_array()).flatten().filter_map(Value::as_str).collect();
    Ok(Reply::ok(json!(tags)))
}

/// `GET /api/cases/reporters`.
pub(super) fn reporters(call: &mut Call<'_>) -> Answer {
    let owners = call.asked_all("owner");
    let mut people: Vec<&Value> =
        all(call).filter(|case| owned(case, &owners)).map(|case| &case["created_by"]).collect();
    people.sort_by_key(|person| text(person, "username"));
    people.dedup();
    Ok(Reply::ok(json!(people)))
}

pub(super) fn body(call: &Call<'_>) -> Result<Value, Box<Reply>> {
    let body = call.body.clone().filter(Value::is_object);
    body.ok_or_else(|| bad_request("[request body]: expected a plain object value"))
}

pub(super) fn read(call: &Call<'_>, id: &str) -> Result<Value, Box<Reply>> {
    call.memory.objects.get(&call.space, KIND, id).cloned().ok_or_else(|| not_found("cases", id))
}

pub(super) fn save(call: &mut Call<'_>, id: &str, mut case: Value) -> Value {
    let of = |kind: &str| case["comments"].as_array().into_iter().flatten().filter(|one| one["type"] == kind).count();
    let (comments, alerts) = (of("user"), of("alert"));
    case["totalComment"] = json!(comments);
    case["totalAlerts"] = json!(alerts);
    case["updated_at"] = json!(call.time());
    case["updated_by"] = person(call);
    case["version"] = json!(call.memory.objects.next_version());
    call.memory.objects.put(&call.space, KIND, id, case.clone());
    case
}

fn all<'a>(call: &'a Call<'_>) -> impl Iterator<Item = &'a Value> {
    call.memory.objects.list(&call.space, KIND).map(|(_, case)| case)
}

fn counts(call: &Call<'_>, owners: &[String]) -> Value {
    let of =
        |status: &str| all(call).filter(|case| owned(case, owners)).filter(|case| case["status"] == status).count();
    json!({ "count_open_cases": of("open"), "count_in_progress_cases": of("in-progress"), "count_closed_cases": of("closed") })
}

fn owned(case: &Value, owners: &[String]) -> bool {
    owners.is_empty() || owners.iter().any(|owner| case["owner"] == owner.as_str())
}

pub(super) fn person(call: &Call<'_>) -> Value {
    let user = call.who.map(|who| &who.user);
    json!({
        "username": call.username(),
        "full_name": user.and_then(|user| user.full_name.clone()),
        "email": user.and_then(|user| user.email.clone()),
    })
}

/// The limits that the specification leaves out.
fn check(case: &Value) -> Result<(), Box<Reply>> {
    for (name, most) in LIMITS {
        let Some(text) = case[name].as_str() else { continue };
        if text.trim().is_empty() {
            return Err(bad_request(&format!("The {name} field cannot be an empty string.")));
        }
        if text.chars().count() > most {
            let message = format!("The length of the {name} is too long. The maximum length is {most}.");
            return Err(bad_request(&message));
        }
    }
    for name in ["assignees", "customFields"] {
        if case[name].as_array().is_some_and(|all| all.len() > 10) {
            let message = format!("The length of the field {name} is too long. Array must be of length <= 10.");
            return Err(bad_request(&message));
        }
    }
    let (mut keys, mut twice) = (BTreeSet::new(), BTreeSet::new());
    for field in case["customFields"].as_array().into_iter().flatten() {
        let key = text(field, "key");
        if !keys.insert(key) {
            twice.insert(key);
        }
        let fits = match text(field, "type") {
            "text" => field["value"].is_string(),
            "toggle" => field["value"].is_boolean(),
            _ => true,
        };
        if !fits && !field["value"].is_null() {
            let message = format!("Invalid value \"{}\" supplied to \"customFields,value\"", field["value"]);
            return Err(bad_request(&message));
        }
    }
    if !twice.is_empty() {
        let twice: Vec<&str> = twice.into_iter().collect();
        return Err(bad_request(&format!("Invalid duplicated customFields keys in request: {}", twice.join(","))));
    }
    let tags = case["tags"].as_array().map(Vec::as_slice).unwrap_or_default();
    if tags.len() > 200 {
        return Err(bad_request("The length of the field tags is too long. Array must be of length <= 200."));
    }
    for tag in tags.iter().filter_map(Value::as_str) {
        if tag.trim().is_empty() {
            return Err(bad_request("The tag field cannot be an empty string."));
        }
        if tag.chars().count() > 256 {
            return Err(bad_request("The length of the tag is too long. The maximum length is 256."));
        }
    }
    Ok(())
}
