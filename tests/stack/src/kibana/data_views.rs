//! Data views: saved objects of the type `index-pattern`, told as `data_view` and, on the old paths, as `index_pattern`.

use serde_json::{Map, Value, json};

use super::saved_objects::{Saved, saved};
use super::{Answer, Call, not_found};
use crate::message::Reply;
use crate::spec::check::bad_request;

pub(super) const KIND: &str = "index-pattern";

/// Members that saved objects keep as JSON in a text, by the name that they have there.
const AS_TEXT: [(&str, &str, &str); 5] = [
    ("fieldAttrs", "fieldAttrs", "{}"),
    ("fieldFormats", "fieldFormatMap", "{}"),
    ("runtimeFieldMap", "runtimeFieldMap", "{}"),
    ("sourceFilters", "sourceFilters", "[]"),
    ("typeMeta", "typeMeta", "{}"),
];

/// `POST /api/data_views/data_view`.
pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let root = root(call)?;
    let view = call.member(root);
    let title = view["title"].as_str().unwrap_or_default().to_owned();
    if title.is_empty() {
        let what = if view["title"].is_string() { "an empty text" } else { "undefined" };
        return Err(bad_request(&format!(
            "[request body.{root}.title]: expected value of type [string] but got [{what}]"
        )));
    }
    let name = view["name"].as_str().unwrap_or(&title).to_owned();
    let objects = &call.memory.objects;
    let same = |object: &Value| object["attributes"]["name"] == name.as_str();
    let twin = objects.list(&call.space, KIND).find(|(_, object)| same(object)).map(|(id, _)| id.to_owned());
    let id = view["id"].as_str().map_or_else(|| call.state.ids.uuid(), str::to_owned);
    let taken = call.memory.objects.get(&call.space, KIND, &id).is_some();
    if call.member("override") != json!(true) {
        if twin.is_some() {
            return Err(bad_request(&format!("Duplicate data view: {name}")));
        }
        if taken {
            return Err(super::error(409, "Conflict", &format!("Saved object [{KIND}/{id}] conflict")));
        }
    }
    if let Some(twin) = twin {
        call.memory.objects.remove(&call.space, KIND, &twin);
    }
    let mut attributes = Map::from_iter([("title".to_owned(), json!(title)), ("name".to_owned(), json!(name))]);
    write(&mut attributes, &view);
    for (_, stored, empty) in AS_TEXT {
        attributes.entry(stored).or_insert_with(|| json!(empty));
    }
    let space = call.space.clone();
    let wanted = Saved { space: &space, kind: KIND, id: &id, attributes: attributes.into(), references: json!([]) };
    let object = saved(call, wanted);
    call.memory.objects.put(&space, KIND, &id, object);
    answer(call, &id, root)
}

/// `GET /api/data_views/data_view/{id}`.
pub(super) fn get(call: &mut Call<'_>) -> Answer {
    answer(call, &call.param("id"), "data_view")
}

/// `GET /api/index_patterns/index_pattern/{id}`: the same on its old path.
pub(super) fn get_legacy(call: &mut Call<'_>) -> Answer {
    answer(call, &call.param("id"), "index_pattern")
}

/// `POST /api/data_views/data_view/{id}`: changes what is given.
pub(super) fn update(call: &mut Call<'_>) -> Answer {
    let root = root(call)?;
    let id = call.param("id");
    let view = call.member(root);
    change(call, &id, |attributes| {
        for name in ["title", "name"] {
            if let Some(text) = view[name].as_str() {
                attributes.insert(name.to_owned(), json!(text));
            }
        }
        write(attributes, &view);
    })?;
    answer(call, &id, root)
}

/// `POST /api/data_views/data_view/{id}/fields`: labels, counts and formats of fields; null takes one away.
pub(super) fn update_fields(call: &mut Call<'_>) -> Answer {
    let id = call.param("id");
    let Value::Object(fields) = call.member("fields") else {
        return Err(bad_request("[request body.fields]: expected value of type [object] but got [undefined]"));
    };
    if fields.is_empty() {
        return Err(bad_request("Change set is empty."));
    }
    change(call, &id, |attributes| {
        let (mut shown, mut formats) = (kept(attributes, "fieldAttrs"), kept(attributes, "fieldFormatMap"));
        for (field, changes) in fields {
            for (name, value) in changes.as_object().cloned().unwrap_or_default() {
                let place = if name == "format" { &mut formats } else { &mut shown };
                match (name.as_str(), value.is_null()) {
                    ("format", true) => drop(place.remove(&field)),
                    ("format", false) => drop(place.insert(field.clone(), value)),
                    (_, gone) => {
                        let attrs = place.entry(&field).or_insert_with(|| json!({}));
                        if let Some(attrs) = attrs.as_object_mut() {
                            attrs.insert(name.clone(), value);
                            attrs.retain(|known, _| !gone || *known != name);
                        }
                    }
                }
            }
        }
        attributes.insert("fieldAttrs".to_owned(), json!(Value::from(shown).to_string()));
        attributes.insert("fieldFormatMap".to_owned(), json!(Value::from(formats).to_string()));
    })?;
    Ok(Reply::ok(json!({ "acknowledged": true })))
}

/// `DELETE /api/data_views/data_view/{id}`.
pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let id = call.param("id");
    call.memory.objects.remove(&call.space, KIND, &id).ok_or_else(|| not_found(KIND, &id))?;
    call.memory.default_views.retain(|space, view| *space != call.space || *view != id);
    Ok(Reply::empty(204))
}

/// `GET /api/data_views`.
pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let views = call.memory.objects.list(&call.space, KIND).map(|(id, object)| {
        let attributes = &object["attributes"];
        json!({ "id": id, "namespaces": [call.space], "title": attributes["title"], "name": attributes["name"], "typeMeta": {} })
    });
    Ok(Reply::ok(json!({ "data_view": views.collect::<Vec<_>>() })))
}

/// `GET /api/data_views/default`.
pub(super) fn get_default(call: &mut Call<'_>) -> Answer {
    let id = call.memory.default_views.get(&call.space).cloned().unwrap_or_default();
    Ok(Reply::ok(json!({ "data_view_id": id })))
}

/// `POST /api/data_views/default`: keeps the one that is set unless `force` is.
pub(super) fn set_default(call: &mut Call<'_>) -> Answer {
    let space = call.space.clone();
    let forced = call.member("force") == json!(true);
    match call.member("data_view_id") {
        Value::String(id) if forced || !call.memory.default_views.contains_key(&space) => {
            call.memory.default_views.insert(space, id);
        }
        Value::Null if forced => {
            call.memory.default_views.remove(&space);
        }
        _ => {}
    }
    Ok(Reply::ok(json!({ "acknowledged": true })))
}

/// Changes the attributes of a view.
pub(super) fn change(
    call: &mut Call<'_>,
    id: &str,
    how: impl FnOnce(&mut Map<String, Value>),
) -> Result<(), Box<Reply>> {
    let mut object = call.memory.objects.get(&call.space, KIND, id).cloned().ok_or_else(|| not_found(KIND, id))?;
    if let Some(attributes) = object["attributes"].as_object_mut() {
        how(attributes);
    }
    object["version"] = json!(call.memory.objects.next_version());
    object["updated_at"] = json!(call.time());
    call.memory.objects.put(&call.space, KIND, id, object);
    Ok(())
}

/// What an attribute keeps as JSON in a text.
pub(super) fn kept(attributes: &Map<String, Value>, name: &str) -> Map<String, Value> {
    attributes.get(name).and_then(Value::as_str).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

fn root(call: &Call<'_>) -> Result<&'static str, Box<Reply>> {
    let roots = ["data_view", "index_pattern"];
    let found = roots.into_iter().find(|root| call.member(root).is_object());
    found.ok_or_else(|| bad_request("[request body.data_view]: expected value of type [object] but got [undefined]"))
}

fn write(attributes: &mut Map<String, Value>, view: &Value) {
    for name in ["timeFieldName", "type", "allowNoIndex"] {
        if let Some(value) = view.get(name) {
            attributes.insert(name.to_owned(), value.clone());
        }
    }
    for (name, stored, _) in AS_TEXT {
        if let Some(value) = view.get(name) {
            attributes.insert(stored.to_owned(), json!(value.to_string()));
        }
    }
}

fn answer(call: &Call<'_>, id: &str, root: &str) -> Answer {
    view(call, id).map(|view| Reply::ok(json!({ root: view })))
}

/// A view as it is told.
pub(super) fn view(call: &Call<'_>, id: &str) -> Result<Value, Box<Reply>> {
    let object = call.memory.objects.get(&call.space, KIND, id).ok_or_else(|| not_found(KIND, id))?;
    let attributes = &object["attributes"];
    let mut view = json!({
        "id": id,
        "version": object["version"],
        "title": attributes["title"],
        "name": attributes.get("name").unwrap_or(&attributes["title"]),
        "fields": {},
        "allowNoIndex": attributes["allowNoIndex"] == json!(true),
        "namespaces": [call.space],
    });
    for name in ["timeFieldName", "type"] {
        if let Some(text) = attributes[name].as_str() {
            view[name] = json!(text);
        }
    }
    for (name, stored, empty) in AS_TEXT {
        let text = attributes[stored].as_str().unwrap_or(empty);
        let value: Value = serde_json::from_str(text).unwrap_or_default();
        if name != "typeMeta" || text != "{}" {
            view[name] = value;
        }
    }
    Ok(view)
}
