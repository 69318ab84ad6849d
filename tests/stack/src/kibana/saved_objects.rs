//! Saved objects: read, written and found, each in the space that the request is in.

use serde_json::{Value, json};

use super::kql::Filter;
use super::{Answer, Call, error, not_found};
use crate::message::Reply;
use crate::spec::check::bad_request;

/// The types that may be read, written, exported and imported.
pub(super) const KINDS: [&str; 10] =
    ["canvas-workpad", "dashboard", "index-pattern", "lens", "map", "query", "search", "tag", "url", "visualization"];

/// A saved object to be.
pub(super) struct Saved<'a> {
    pub(super) space: &'a str,
    pub(super) kind: &'a str,
    pub(super) id: &'a str,
    pub(super) attributes: Value,
    pub(super) references: Value,
}

/// The object as it is kept and shown.
pub(super) fn saved(call: &mut Call<'_>, wanted: Saved<'_>) -> Value {
    let time = call.time();
    json!({
        "id": wanted.id,
        "type": wanted.kind,
        "namespaces": [wanted.space],
        "attributes": wanted.attributes,
        "references": wanted.references,
        "created_at": time,
        "updated_at": time,
        "version": call.memory.objects.next_version(),
        "managed": false,
        "coreMigrationVersion": "8.8.0",
    })
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let kind = kind(call)?;
    let id = Some(call.param("id")).filter(|id| !id.is_empty()).unwrap_or_else(|| call.state.ids.uuid());
    let body = call.body.clone().unwrap_or_default();
    make(call, &kind, &id, &body).map(Reply::ok)
}

/// `POST /api/saved_objects/_bulk_create`: what fails stands in the list as an error.
pub(super) fn bulk_create(call: &mut Call<'_>) -> Answer {
    let mut made = Vec::new();
    for wanted in call.body.clone().and_then(|body| body.as_array().cloned()).unwrap_or_default() {
        let kind = wanted["type"].as_str().unwrap_or_default().to_owned();
        let id = wanted["id"].as_str().map_or_else(|| call.state.ids.uuid(), str::to_owned);
        let result = supported(&kind).and_then(|()| make(call, &kind, &id, &wanted));
        made.push(result.unwrap_or_else(|refusal| failed(&kind, &id, *refusal)));
    }
    Ok(Reply::ok(json!({ "saved_objects": made })))
}

pub(super) fn bulk_get(call: &mut Call<'_>) -> Answer {
    let wanted = call.body.as_ref().and_then(Value::as_array).cloned().unwrap_or_default();
    let found = wanted.iter().map(|wanted| {
        let (kind, id) = (text(wanted, "type"), text(wanted, "id"));
        let object = supported(kind).and_then(|()| read(call, kind, id));
        object.unwrap_or_else(|refusal| failed(kind, id, *refusal))
    });
    Ok(Reply::ok(json!({ "saved_objects": found.collect::<Vec<_>>() })))
}

pub(super) fn bulk_delete(call: &mut Call<'_>) -> Answer {
    let mut statuses = Vec::new();
    for wanted in call.body.clone().and_then(|body| body.as_array().cloned()).unwrap_or_default() {
        let (kind, id) = (text(&wanted, "type"), text(&wanted, "id"));
        let gone = supported(kind).is_ok() && call.memory.objects.remove(&call.space, kind, id).is_some();
        let mut status = json!({ "id": id, "type": kind, "success": gone });
        if !gone {
            status["error"] = failed(kind, id, *not_found(kind, id))["error"].take();
        }
        statuses.push(status);
    }
    Ok(Reply::ok(json!({ "statuses": statuses })))
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    read(call, &kind(call)?, &call.param("id")).map(Reply::ok)
}

/// `GET /api/saved_objects/resolve/{type}/{id}`: there are no aliases, so an exact match it is.
pub(super) fn resolve(call: &mut Call<'_>) -> Answer {
    let object = read(call, &kind(call)?, &call.param("id"))?;
    Ok(Reply::ok(json!({ "saved_object": object, "outcome": "exactMatch" })))
}

/// `POST /api/saved_objects/_bulk_resolve`: those that are not there are errors in the list.
pub(super) fn bulk_resolve(call: &mut Call<'_>) -> Answer {
    let wanted = call.body.as_ref().and_then(Value::as_array).cloned().unwrap_or_default();
    let resolved = wanted.iter().map(|wanted| {
        let (kind, id) = (text(wanted, "type"), text(wanted, "id"));
        let object = supported(kind).and_then(|()| read(call, kind, id));
        let object = object.unwrap_or_else(|refusal| failed(kind, id, *refusal));
        json!({ "saved_object": object, "outcome": "exactMatch" })
    });
    Ok(Reply::ok(json!({ "resolved_objects": resolved.collect::<Vec<_>>() })))
}

/// `PUT /api/saved_objects/{type}/{id}`: changes the attributes that are given.
pub(super) fn update(call: &mut Call<'_>) -> Answer {
    let (kind, id) = (kind(call)?, call.param("id"));
    let body = call.body.clone().unwrap_or_default();
    change(call, &kind, &id, &body).map(Reply::ok)
}

/// `POST /api/saved_objects/_bulk_update`: what fails stands in the list as an error.
pub(super) fn bulk_update(call: &mut Call<'_>) -> Answer {
    let mut changed = Vec::new();
    for wanted in call.body.clone().and_then(|body| body.as_array().cloned()).unwrap_or_default() {
        let (kind, id) = (text(&wanted, "type"), text(&wanted, "id"));
        let result = supported(kind).and_then(|()| change(call, kind, id, &wanted));
        changed.push(result.unwrap_or_else(|refusal| failed(kind, id, *refusal)));
    }
    Ok(Reply::ok(json!({ "saved_objects": changed })))
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let (kind, id) = (kind(call)?, call.param("id"));
    call.memory.objects.remove(&call.space, &kind, &id).ok_or_else(|| not_found(&kind, &id))?;
    Ok(Reply::ok(json!({})))
}

/// `GET /api/saved_objects/_find`: `search` is looked for in titles and names.
pub(super) fn find(call: &mut Call<'_>) -> Answer {
    let search = call.asked("search").unwrap_or_default().to_owned();
    let filter = Filter::read(call.asked("filter").unwrap_or_default())
        .map_err(|why| bad_request(&format!("KQLSyntaxError: {why}: Bad Request")))?;
    let reference = call.asked("has_reference").and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let mut found = Vec::new();
    for kind in call.asked_all("type") {
        let all = call.memory.objects.list(&call.space, &kind).filter(|_| supported(&kind).is_ok());
        let fits = |object: &Value| {
            says(object, &search) && refers(object, &reference) && filter.fits(&|path| values(object, path))
        };
        found.extend(all.map(|(_, object)| object.clone()).filter(fits));
    }
    let total = found.len();
    let (page, per_page, found) = call.page(found, "per_page");
    Ok(Reply::ok(json!({ "page": page, "per_page": per_page, "total": total, "saved_objects": found })))
}

/// Whether a title or a name holds a text.
pub(super) fn says(object: &Value, search: &str) -> bool {
    let search = search.trim_matches('*').to_lowercase();
    ["title", "name"].iter().any(|name| text(&object["attributes"], name).to_lowercase().contains(&search))
}

/// Whether an object refers to the one that is meant, or to one of several; nothing is meant by null.
pub(super) fn refers(object: &Value, wanted: &Value) -> bool {
    let references = object["references"].as_array().map(Vec::as_slice).unwrap_or_default();
    let has = |wanted: &Value| references.iter().any(|one| one["type"] == wanted["type"] && one["id"] == wanted["id"]);
    match wanted {
        Value::Null => true,
        Value::Array(several) => several.iter().any(has),
        one => has(one),
    }
}

/// The values of a field as filters tell it: `type.attributes.name`, `type.id`.
fn values(object: &Value, path: &str) -> Vec<Value> {
    let Some((kind, path)) = path.split_once('.') else { return Vec::new() };
    let mut found = if object["type"] == kind { vec![object] } else { Vec::new() };
    for step in path.split('.') {
        let items = found.into_iter().filter_map(|value| value.get(step));
        found = items.flat_map(|value| value.as_array().map_or(vec![value], |items| items.iter().collect())).collect();
    }
    found.into_iter().cloned().collect()
}

fn make(call: &mut Call<'_>, kind: &str, id: &str, body: &Value) -> Result<Value, Box<Reply>> {
    if call.memory.objects.get(&call.space, kind, id).is_some() && !call.flag("overwrite") {
        return Err(error(409, "Conflict", &format!("Saved object [{kind}/{id}] conflict")));
    }
    let space = call.space.clone();
    let part = |name: &str, empty: Value| body.get(name).cloned().unwrap_or(empty);
    let (attributes, references) = (part("attributes", json!({})), part("references", json!([])));
    let object = saved(call, Saved { space: &space, kind, id, attributes, references });
    call.memory.objects.put(&space, kind, id, object.clone());
    Ok(object)
}

fn change(call: &mut Call<'_>, kind: &str, id: &str, wanted: &Value) -> Result<Value, Box<Reply>> {
    let mut object = read(call, kind, id)?;
    if let (Some(old), Some(new)) = (object["attributes"].as_object_mut(), wanted["attributes"].as_object()) {
        old.extend(new.clone());
    }
    if wanted["references"].is_array() {
        object["references"] = wanted["references"].clone();
    }
    object["updated_at"] = json!(call.time());
    object["version"] = json!(call.memory.objects.next_version());
    call.memory.objects.put(&call.space, kind, id, object.clone());
    Ok(object)
}

fn read(call: &Call<'_>, kind: &str, id: &str) -> Result<Value, Box<Reply>> {
    call.memory.objects.get(&call.space, kind, id).cloned().ok_or_else(|| not_found(kind, id))
}

fn kind(call: &Call<'_>) -> Result<String, Box<Reply>> {
    let kind = call.param("type");
    supported(&kind).map(|()| kind)
}

pub(super) fn supported(kind: &str) -> Result<(), Box<Reply>> {
    match KINDS.contains(&kind) {
        true => Ok(()),
        false => Err(bad_request(&format!("Unsupported saved object type: '{kind}': Bad Request"))),
    }
}

/// An object that is not there, in a list of those that are.
pub(super) fn failed(kind: &str, id: &str, refusal: Reply) -> Value {
    let error = match refusal.body {
        crate::message::Body::Json(body) => body,
        _ => Value::Null,
    };
    json!({ "id": id, "type": kind, "error": error })
}

pub(super) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}
