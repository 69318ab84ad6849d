//! Saved objects: read, written, found and exported, each in the space that the request is in.

use std::collections::BTreeSet;

use serde_json::{Value, json};

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

/// `PUT /api/saved_objects/{type}/{id}`: changes the attributes that are given.
pub(super) fn update(call: &mut Call<'_>) -> Answer {
    let (kind, id) = (kind(call)?, call.param("id"));
    let mut object = read(call, &kind, &id)?;
    if let (Some(old), Some(new)) = (object["attributes"].as_object_mut(), call.member("attributes").as_object()) {
        old.extend(new.clone());
    }
    if call.member("references").is_array() {
        object["references"] = call.member("references");
    }
    object["updated_at"] = json!(call.time());
    object["version"] = json!(call.memory.objects.next_version());
    call.memory.objects.put(&call.space, &kind, &id, object.clone());
    Ok(Reply::ok(object))
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let (kind, id) = (kind(call)?, call.param("id"));
    call.memory.objects.remove(&call.space, &kind, &id).ok_or_else(|| not_found(&kind, &id))?;
    Ok(Reply::ok(json!({})))
}

/// `GET /api/saved_objects/_find`: `search` is looked for in titles and names.
pub(super) fn find(call: &mut Call<'_>) -> Answer {
    let search = call.asked("search").unwrap_or_default().trim_matches('*').to_lowercase();
    let mut found = Vec::new();
    for kind in call.asked_all("type") {
        let all = call.memory.objects.list(&call.space, &kind).filter(|_| supported(&kind).is_ok());
        let fits = |object: &Value| {
            let of = |name: &str| object["attributes"][name].as_str().unwrap_or_default().to_lowercase();
            of("title").contains(&search) || of("name").contains(&search)
        };
        found.extend(all.map(|(_, object)| object.clone()).filter(fits));
    }
    let total = found.len();
    let (page, per_page, found) = call.page(found, "per_page");
    Ok(Reply::ok(json!({ "page": page, "per_page": per_page, "total": total, "saved_objects": found })))
}

/// `POST /api/saved_objects/_export`: lines of JSON, the last one says what was exported.
pub(super) fn export(call: &mut Call<'_>) -> Answer {
    let (types, wanted) = (call.member("type"), call.member("objects"));
    let objects = match (&types, &wanted) {
        (Value::Null, Value::Null) => return Err(bad_request("Either `type` or `objects` are required.")),
        (Value::Null, Value::Array(wanted)) => named(call, wanted)?,
        (_, Value::Null) => of_types(call, &types)?,
        _ => return Err(bad_request("Can't specify both \"types\" and \"objects\" properties when exporting")),
    };
    let deep = call.member("includeReferencesDeep") == json!(true);
    let (objects, missing) = with_references(call, objects, deep);
    let mut lines: Vec<String> = objects.iter().map(Value::to_string).collect();
    if call.member("excludeExportDetails") != json!(true) {
        let details = json!({
            "excludedObjects": [],
            "excludedObjectsCount": 0,
            "exportedCount": objects.len(),
            "missingRefCount": missing.len(),
            "missingReferences": missing,
        });
        lines.push(details.to_string());
    }
    let mut reply = Reply::bytes(200, "application/ndjson", lines.join("\n"));
    reply.set("content-disposition", "attachment; filename=\"export.ndjson\"");
    Ok(reply)
}

fn named(call: &Call<'_>, wanted: &[Value]) -> Result<Vec<Value>, Box<Reply>> {
    let refused: Vec<String> = wanted
        .iter()
        .filter(|one| supported(text(one, "type")).is_err())
        .map(|one| format!("{}:{}", text(one, "type"), text(one, "id")))
        .collect();
    if !refused.is_empty() {
        let message = format!("Trying to export object(s) with non-exportable types: {}", refused.join(", "));
        return Err(bad_request(&message));
    }
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for one in wanted {
        let (kind, id) = (text(one, "type"), text(one, "id"));
        match call.memory.objects.get(&call.space, kind, id) {
            Some(object) => found.push(object.clone()),
            None => missing.push(failed(kind, id, *not_found(kind, id))),
        }
    }
    if missing.is_empty() {
        return Ok(found);
    }
    Err(Box::new(Reply::json(
        400,
        json!({
            "statusCode": 400,
            "error": "Bad Request",
            "message": "Error fetching objects to export",
            "attributes": { "objects": missing },
        }),
    )))
}

fn of_types(call: &Call<'_>, types: &Value) -> Result<Vec<Value>, Box<Reply>> {
    let names: Vec<&str> = match types {
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    };
    let names = if names == ["*"] { KINDS.to_vec() } else { names };
    let refused: Vec<&str> = names.iter().copied().filter(|name| supported(name).is_err()).collect();
    if !refused.is_empty() {
        return Err(bad_request(&format!("Trying to export non-exportable type(s): {}", refused.join(", "))));
    }
    let objects = names.into_iter().flat_map(|name| call.memory.objects.list(&call.space, name));
    Ok(objects.map(|(_, object)| object.clone()).collect())
}

/// What the objects refer to, and so on; and the references that lead nowhere.
pub(super) fn with_references(call: &Call<'_>, objects: Vec<Value>, deep: bool) -> (Vec<Value>, Vec<Value>) {
    let key = |object: &Value| (text(object, "type").to_owned(), text(object, "id").to_owned());
    let mut seen: BTreeSet<_> = objects.iter().map(key).collect();
    let (mut all, mut missing) = (objects, Vec::new());
    let mut at = 0;
    while let Some(object) = all.get(at).filter(|_| deep) {
        for reference in object["references"].as_array().cloned().unwrap_or_default() {
            if !seen.insert(key(&reference)) {
                continue;
            }
            match call.memory.objects.get(&call.space, text(&reference, "type"), text(&reference, "id")) {
                Some(found) => all.push(found.clone()),
                None => missing.push(json!({ "id": reference["id"], "type": reference["type"] })),
            }
        }
        at += 1;
    }
    // What others need comes first.
    all.reverse();
    (all, missing)
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
fn failed(kind: &str, id: &str, refusal: Reply) -> Value {
    let error = match refusal.body {
        crate::message::Body::Json(body) => body,
        _ => Value::Null,
    };
    json!({ "id": id, "type": kind, "error": error })
}

pub(super) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}
