//! Saved objects that come in: from a file, from another space. What can't be taken is listed; the rest is.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::export::with_references;
use super::saved_objects::{Saved, saved, supported, text};
use super::{Answer, Call, error};
use crate::message::Reply;
use crate::spec::check::bad_request;

/// How objects are taken.
#[derive(Default)]
struct How {
    overwrite: bool,
    new_copies: bool,
    /// For each of the only ones to take, what was decided.
    retries: Option<Vec<Value>>,
}

/// `POST /api/saved_objects/_import`.
pub(super) fn import(call: &mut Call<'_>) -> Answer {
    let how = How { overwrite: call.flag("overwrite"), new_copies: call.flag("createNewCopies"), retries: None };
    if how.overwrite && how.new_copies {
        return Err(bad_request("[request query]: cannot use [overwrite] with [createNewCopies]"));
    }
    let objects = file(call)?;
    let space = call.space.clone();
    Ok(Reply::ok(take(call, &space, objects, &how)))
}

/// `POST /api/saved_objects/_resolve_import_errors`: takes those that `retries` names, as it says.
pub(super) fn resolve(call: &mut Call<'_>) -> Answer {
    let retries = call.member("retries").as_array().cloned().unwrap_or_default();
    let objects = file(call)?;
    let how = How { new_copies: call.flag("createNewCopies"), retries: Some(retries), ..How::default() };
    let space = call.space.clone();
    Ok(Reply::ok(take(call, &space, objects, &how)))
}

/// `POST /api/spaces/_copy_saved_objects`: results by space.
pub(super) fn copy(call: &mut Call<'_>) -> Answer {
    let flag = |name: &str, default: bool| call.member(name).as_bool().unwrap_or(default);
    let (overwrite, new_copies) = (flag("overwrite", false), flag("createNewCopies", true));
    if overwrite && call.member("createNewCopies") == json!(true) {
        return Err(bad_request("[request body]: cannot use [overwrite] with [createNewCopies]"));
    }
    let spaces = call.member("spaces").as_array().cloned().unwrap_or_default();
    let how = || How { overwrite, new_copies: new_copies && !overwrite, retries: None };
    let spaces = spaces.iter().filter_map(Value::as_str).map(|space| (space.to_owned(), how()));
    into_spaces(call, spaces.collect())
}

/// `POST /api/spaces/_resolve_copy_saved_objects_errors`: what `retries` says of each space.
pub(super) fn resolve_copy(call: &mut Call<'_>) -> Answer {
    let new_copies = call.member("createNewCopies").as_bool().unwrap_or(true);
    let spaces = call.member("retries").as_object().cloned().unwrap_or_default().into_iter().map(|(space, retries)| {
        let retries = retries.as_array().cloned().unwrap_or_default();
        // A retry that says where an object goes, or over what, wins.
        let decided = retries.iter().any(|one| one["overwrite"] == json!(true) || one["destinationId"].is_string());
        (space, How { overwrite: false, new_copies: new_copies && !decided, retries: Some(retries) })
    });
    into_spaces(call, spaces.collect())
}

/// Copies the objects that a request names, and what they refer to if it says so.
fn into_spaces(call: &mut Call<'_>, spaces: Vec<(String, How)>) -> Answer {
    let wanted = call.member("objects").as_array().cloned().unwrap_or_default();
    let found = wanted.iter().filter_map(|one| {
        let found = call.memory.objects.get(&call.space, text(one, "type"), text(one, "id"));
        found.filter(|_| supported(text(one, "type")).is_ok())
    });
    let found: Vec<Value> = found.cloned().collect();
    let (objects, _) = with_references(call, found, call.member("includeReferences") == json!(true));
    if spaces.iter().any(|(space, _)| !super::spaces::may(call, "all", space)) {
        return Err(error(403, "Forbidden", "Forbidden"));
    }
    let mut results = Map::new();
    for (space, how) in spaces {
        let result = match call.memory.spaces.has(&space) {
            true => take(call, &space, objects.clone(), &how),
            false => {
                let cause = json!({ "error": "Not Found", "message": format!("Saved object [space/{space}] not found"), "statusCode": 404 });
                json!({ "success": false, "successCount": 0, "errors": [cause] })
            }
        };
        results.insert(space, result);
    }
    Ok(Reply::ok(results.into()))
}

fn file(call: &Call<'_>) -> Result<Vec<Value>, Box<Reply>> {
    let Some(part) = call.parts.iter().find(|part| part.name == "file") else {
        return Err(error(415, "Unsupported Media Type", "Unsupported Media Type"));
    };
    let name = part.filename.as_deref().unwrap_or_default();
    if !name.ends_with(".ndjson") {
        let extension = name.rfind('.').map_or("", |at| &name[at..]);
        return Err(bad_request(&format!("Invalid file extension {extension}")));
    }
    let mut objects = Vec::new();
    for line in String::from_utf8_lossy(&part.bytes).lines().filter(|line| !line.trim().is_empty()) {
        let object: Value = serde_json::from_str(line)
            .map_err(|_| bad_request("Unexpected token in the file: every line must be a JSON object"))?;
        if object.get("exportedCount").is_none() {
            objects.push(object);
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    for object in &objects {
        if !seen.insert((text(object, "type"), text(object, "id"))) {
            let twin = format!("{}:{}", text(object, "type"), text(object, "id"));
            return Err(bad_request(&format!("Non-unique import objects detected: [{twin}]")));
        }
    }
    Ok(objects)
}

fn take(call: &mut Call<'_>, space: &str, objects: Vec<Value>, how: &How) -> Value {
    let retry = |object: &Value| {
        let retries = how.retries.as_ref()?;
        retries.iter().find(|one| one["id"] == object["id"] && one["type"] == object["type"])
    };
    let objects: Vec<Value> =
        objects.into_iter().filter(|object| how.retries.is_none() || retry(object).is_some()).collect();
    let mut renamed: BTreeMap<(String, String), String> = BTreeMap::new();
    for object in &objects {
        let chosen = retry(object).and_then(|one| one["destinationId"].as_str()).map(str::to_owned);
        if let Some(id) = chosen.or_else(|| how.new_copies.then(|| call.state.ids.uuid())) {
            renamed.insert(key(object), id);
        }
    }
    let (mut taken, mut errors) = (Vec::new(), Vec::new());
    for object in &objects {
        let (kind, id) = key(object);
        let decided = retry(object).cloned().unwrap_or_default();
        let references = replaced(object, &decided);
        let overwrite = how.overwrite || decided["overwrite"] == json!(true);
        let target = renamed.get(&key(object)).unwrap_or(&id).clone();
        let missing: Vec<&Value> = references
            .iter()
            .filter(|one| {
                ["index-pattern", "search"].contains(&text(one, "type"))
                    && decided["ignoreMissingReferences"] != json!(true)
            })
            .filter(|one| !objects.iter().any(|other| key(other) == key(one)))
            .filter(|one| call.memory.objects.get(space, text(one, "type"), text(one, "id")).is_none())
            .collect();
        let exists = call.memory.objects.get(space, &kind, &target).is_some();
        let problem = if supported(&kind).is_err() {
            Some(json!({ "type": "unsupported_type" }))
        } else if !missing.is_empty() {
            let missing: Vec<Value> =
                missing.iter().map(|one| json!({ "type": one["type"], "id": one["id"] })).collect();
            Some(json!({ "type": "missing_references", "references": missing }))
        } else {
            (exists && !overwrite).then(|| json!({ "type": "conflict" }))
        };
        let title = object["attributes"]["title"].as_str().unwrap_or_default();
        let mut told = json!({ "type": kind, "id": id, "meta": { "title": title, "icon": "document" } });
        if let Some(problem) = problem {
            told["error"] = problem;
            errors.push(told);
            continue;
        }
        let renamed_references = references.into_iter().map(|mut one| {
            if let Some(id) = renamed.get(&key(&one)).filter(|_| one.is_object()) {
                one["id"] = json!(id);
            }
            one
        });
        let references = renamed_references.collect();
        let attributes = object["attributes"].clone();
        let made = saved(call, Saved { space, kind: &kind, id: &target, attributes, references });
        call.memory.objects.put(space, &kind, &target, made);
        told["managed"] = json!(false);
        if target != id {
            told["destinationId"] = json!(target);
        }
        if exists {
            told["overwrite"] = json!(true);
        }
        taken.push(told);
    }
    json!({ "success": errors.is_empty(), "successCount": taken.len(), "successResults": taken, "errors": errors })
}

/// The references of an object, with those replaced that a retry replaces.
fn replaced(object: &Value, decided: &Value) -> Vec<Value> {
    let mut references = object["references"].as_array().cloned().unwrap_or_default();
    for change in decided["replaceReferences"].as_array().into_iter().flatten() {
        for reference in references
            .iter_mut()
            .filter(|one| one.is_object() && one["type"] == change["type"] && one["id"] == change["from"])
        {
            reference["id"] = change["to"].clone();
        }
    }
    references
}

fn key(object: &Value) -> (String, String) {
    (text(object, "type").to_owned(), text(object, "id").to_owned())
}
