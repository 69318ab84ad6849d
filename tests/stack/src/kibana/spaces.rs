//! Spaces: made, changed and removed by those who may do everything everywhere; seen by those who may enter them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::features::APPLICATION;
use super::{Call, error};
use crate::message::Reply;

/// The spaces of one Kibana by id.
pub(crate) struct Spaces {
    by_id: BTreeMap<String, Value>,
}

/// Features that are one solution's: a space of another solution hides them.
const SOLUTIONS: [(&str, &[&str]); 3] = [
    ("es", &["enterpriseSearch", "searchPlayground", "searchSynonyms"]),
    ("oblt", &["apm", "infrastructure", "logs", "observabilityCases", "slo", "uptime"]),
    ("security", &["securitySolutionAssistant", "securitySolutionAttackDiscovery", "securitySolutionCases", "siem"]),
];

impl Spaces {
    pub(crate) fn new() -> Self {
        let default = json!({
            "id": "default",
            "name": "Default",
            "description": "This is your default space!",
            "color": "#00bfb3",
            "disabledFeatures": [],
            "_reserved": true,
        });
        Self { by_id: BTreeMap::from([("default".to_owned(), default)]) }
    }
}

impl Spaces {
    pub(crate) fn has(&self, id: &str) -> bool {
        self.by_id.contains_key(id)
    }
}

/// `GET /api/spaces/space`.
pub(crate) fn list(call: &mut Call<'_>) -> Reply {
    let asked = |name: &str| call.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let purposes = asked("include_authorized_purposes") == Some("true");
    if purposes && asked("purpose").is_some() {
        let message = "[request query.include_authorized_purposes]: expected value to equal [false]";
        return *error(400, "Bad Request", message);
    }
    if let Some(purpose) = asked("purpose") {
        let known = ["any", "copySavedObjectsIntoSpace", "shareSavedObjectsIntoSpace"];
        if !known.contains(&purpose) {
            let lines: Vec<String> = known
                .iter()
                .enumerate()
                .map(|(i, one)| format!("- [request query.purpose.{i}]: expected value to equal [{one}]"))
                .collect();
            return *error(
                400,
                "Bad Request",
                &format!("[request query.purpose]: types that failed validation:\n{}", lines.join("\n")),
            );
        }
    }
    // Only who may write somewhere can copy there.
    let must_write = asked("purpose").is_some_and(|purpose| purpose != "any");
    let mut seen = Vec::new();
    for (id, space) in &call.memory.spaces.by_id {
        let (read, write) = (may(call, "read", id), may(call, "all", id));
        if write || read && !must_write {
            let mut space = space.clone();
            if purposes {
                space["authorizedPurposes"] = json!({
                    "any": true,
                    "copySavedObjectsIntoSpace": write,
                    "findSavedObjects": true,
                    "shareSavedObjectsIntoSpace": write,
                });
            }
            seen.push(space);
        }
    }
    match seen.is_empty() {
        true => *error(403, "Forbidden", "Forbidden"),
        false => Reply::ok(seen.into()),
    }
}

/// `POST /api/spaces/space`.
pub(crate) fn create(call: &mut Call<'_>) -> Reply {
    let space = match read(call.body.as_ref(), None) {
        Ok(space) => space,
        Err(message) => return *error(400, "Bad Request", &message),
    };
    if !may(call, "all", "*") {
        return *error(403, "Forbidden", "Unauthorized to create spaces");
    }
    let id = space["id"].as_str().unwrap_or_default().to_owned();
    if call.memory.spaces.by_id.contains_key(&id) {
        return *error(409, "Conflict", &format!("A space with the identifier {id} already exists."));
    }
    call.memory.spaces.by_id.insert(id, space.clone());
    Reply::ok(space)
}

/// `GET /api/spaces/space/{id}`.
pub(crate) fn get(call: &mut Call<'_>) -> Reply {
    let id = id(call);
    if !may(call, "read", &id) && !may(call, "all", &id) {
        return *error(403, "Forbidden", &format!("Unauthorized to get {id} space"));
    }
    match call.memory.spaces.by_id.get(&id) {
        Some(space) => Reply::ok(space.clone()),
        None => *error(404, "Not Found", "Not Found"),
    }
}

/// `PUT /api/spaces/space/{id}`.
pub(crate) fn update(call: &mut Call<'_>) -> Reply {
    let id = id(call);
    let mut space = match read(call.body.as_ref(), Some(&id)) {
        Ok(space) => space,
        Err(message) => return *error(400, "Bad Request", &message),
    };
    if !may(call, "all", "*") {
        return *error(403, "Forbidden", "Unauthorized to update spaces");
    }
    match call.memory.spaces.by_id.get_mut(&id) {
        None => *error(404, "Not Found", "Not Found"),
        Some(old) => {
            if old["_reserved"] == json!(true) {
                space["_reserved"] = json!(true);
            }
            *old = space.clone();
            Reply::ok(space)
        }
    }
}

/// `DELETE /api/spaces/space/{id}`.
pub(crate) fn delete(call: &mut Call<'_>) -> Reply {
    let id = id(call);
    if !may(call, "all", "*") {
        return *error(403, "Forbidden", "Unauthorized to delete spaces");
    }
    match call.memory.spaces.by_id.get(&id) {
        None => *error(404, "Not Found", "Not Found"),
        Some(space) if space["_reserved"] == json!(true) => {
            *error(400, "Bad Request", &format!("The {id} space cannot be deleted because it is reserved."))
        }
        Some(_) => {
            call.memory.spaces.by_id.remove(&id);
            call.memory.objects.forget_space(&id);
            Reply::empty(204)
        }
    }
}

fn id(call: &Call<'_>) -> String {
    call.params.get("id").cloned().unwrap_or_default()
}

/// Tells whether the caller has a base privilege in a space, or everywhere (`*`).
pub(super) fn may(call: &Call<'_>, privilege: &str, space: &str) -> bool {
    let resource = if space == "*" { "*".to_owned() } else { format!("space:{space}") };
    let forms = [privilege.to_owned(), format!("space_{privilege}")];
    call.who.is_some_and(|who| {
        forms.iter().any(|form| who.grants.has_application(&call.state.app_privileges, APPLICATION, form, &resource))
    })
}

/// Reads a space as strictly as Kibana's schema.
fn read(body: Option<&Value>, path_id: Option<&str>) -> Result<Value, String> {
    let members = match body {
        Some(Value::Object(members)) => members,
        _ => {
            return Err("[request body]: expected a plain object value, but found [null] instead.".to_owned());
        }
    };
    let mut space = Map::new();
    for (name, value) in members {
        let expected = match (name.as_str(), value) {
            ("_reserved", Value::Bool(_)) => continue,
            ("id" | "name" | "description" | "color" | "initials" | "imageUrl" | "solution", Value::String(_)) => None,
            ("disabledFeatures", Value::Array(items)) if items.iter().all(Value::is_string) => None,
            ("id" | "name" | "description" | "color" | "initials" | "imageUrl" | "solution", _) => Some("string"),
            ("disabledFeatures", _) => Some("array"),
            ("_reserved", _) => Some("boolean"),
            _ => {
                return Err(format!("[request body.{name}]: definition for this key is missing"));
            }
        };
        if let Some(expected) = expected {
            return Err(format!(
                "[request body.{name}]: expected value of type [{expected}] but got [{}]",
                type_name(value)
            ));
        }
        space.insert(name.clone(), value.clone());
    }
    for name in ["id", "name"] {
        if !space.contains_key(name) {
            return Err(format!("[request body.{name}]: expected value of type [string] but got [undefined]"));
        }
    }
    let text = |name: &str| space.get(name).and_then(Value::as_str);
    let id = text("id").unwrap_or_default();
    if id.is_empty() || !id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c)) {
        return Err("[request body.id]: must be lower case, a-z, 0-9, '_', and '-' are allowed".to_owned());
    }
    if path_id.is_some_and(|path_id| path_id != id) {
        return Err("Space ID does not match the path".to_owned());
    }
    if text("name") == Some("") {
        return Err("[request body.name]: value has length [0] but it must have a minimum length of [1].".to_owned());
    }
    if let Some(length) = text("initials").map(|text| text.chars().count()).filter(|length| *length > 2) {
        return Err(format!(
            "[request body.initials]: value has length [{length}] but it must have a maximum length of [2]."
        ));
    }
    if text("color").is_some_and(|color| !is_color(color)) {
        return Err("[request body.color]: must be a 6 digit hex color, starting with a #".to_owned());
    }
    if text("imageUrl").is_some_and(|url| !url.is_empty() && !url.starts_with("data:image")) {
        return Err("[request body.imageUrl]: must start with 'data:image'".to_owned());
    }
    let solution = text("solution").unwrap_or_default().to_owned();
    let mut disabled: Vec<Value> = space.get("disabledFeatures").and_then(Value::as_array).cloned().unwrap_or_default();
    if SOLUTIONS.iter().any(|(name, _)| *name == solution) {
        let others = SOLUTIONS.iter().filter(|(name, _)| *name != solution);
        disabled.extend(others.flat_map(|(_, features)| features.iter().map(|name| json!(name))));
    }
    let mut seen = BTreeSet::new();
    disabled.retain(|name| seen.insert(name.to_string()));
    space.insert("disabledFeatures".to_owned(), disabled.into());
    Ok(space.into())
}

fn is_color(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|digits| digits.len() == 6 && digits.chars().all(|c| c.is_ascii_hexdigit()))
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
