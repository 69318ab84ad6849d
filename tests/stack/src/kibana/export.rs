//! Saved objects that go out: those of types, or those that are named, with what they refer to.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::saved_objects::{KINDS, failed, refers, says, supported, text};
use super::{Answer, Call, not_found};
use crate::message::Reply;
use crate::spec::check::bad_request;

/// `POST /api/saved_objects/_export`: lines of JSON, the last one says what was exported.
pub(super) fn export(call: &mut Call<'_>) -> Answer {
    let (types, wanted) = (call.member("type"), call.member("objects"));
    for (member, name) in [("type", "types"), ("hasReference", "references"), ("search", "search")] {
        if !wanted.is_null() && !call.member(member).is_null() {
            let message = format!("Can't specify both \"{name}\" and \"objects\" properties when exporting");
            return Err(bad_request(&message));
        }
    }
    let objects = match (&types, &wanted) {
        (Value::Null, Value::Null) => return Err(bad_request("Either `type` or `objects` are required.")),
        (_, Value::Array(wanted)) => named(call, wanted)?,
        _ => of_types(call, &types)?,
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
    let (search, reference) = (call.member("search"), call.member("hasReference"));
    let search = search.as_str().unwrap_or_default();
    let objects = names.into_iter().flat_map(|name| call.memory.objects.list(&call.space, name));
    let objects = objects.map(|(_, object)| object).filter(|object| says(object, search) && refers(object, &reference));
    Ok(objects.cloned().collect())
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
