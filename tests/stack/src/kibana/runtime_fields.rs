//! Runtime fields of data views: kept with the view as one of its attributes.

use serde_json::{Value, json};

use super::data_views::{change, kept, view};
use super::{Answer, Call, error};
use crate::message::Reply;
use crate::spec::check::bad_request;

const ATTRIBUTE: &str = "runtimeFieldMap";

/// `POST /api/data_views/data_view/{id}/runtime_field`: a field that is new.
pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let name = call.member("name");
    let name = name.as_str().unwrap_or_default();
    if view(call, &call.param("id"))?[ATTRIBUTE].get(name).is_some() {
        return Err(bad_request(&format!("Field [name = {name}] already exists.")));
    }
    write(call, name, call.member("runtimeField"))
}

/// `PUT /api/data_views/data_view/{id}/runtime_field`: new or not.
pub(super) fn put(call: &mut Call<'_>) -> Answer {
    let name = call.member("name");
    write(call, name.as_str().unwrap_or_default(), call.member("runtimeField"))
}

/// `GET /api/data_views/data_view/{id}/runtime_field/{field}`.
pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let name = call.param("field");
    read(call, &name)?;
    answer(call, &name)
}

/// `POST /api/data_views/data_view/{id}/runtime_field/{field}`: changes the members that are given.
pub(super) fn update(call: &mut Call<'_>) -> Answer {
    let name = call.param("field");
    let mut field = read(call, &name)?;
    for (member, value) in call.member("runtimeField").as_object().into_iter().flatten() {
        field[member] = value.clone();
    }
    write(call, &name, field)
}

/// `DELETE /api/data_views/data_view/{id}/runtime_field/{field}`.
pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let (id, name) = (call.param("id"), call.param("field"));
    read(call, &name)?;
    change(call, &id, |attributes| {
        let mut fields = kept(attributes, ATTRIBUTE);
        fields.remove(&name);
        attributes.insert(ATTRIBUTE.to_owned(), json!(Value::from(fields).to_string()));
    })?;
    Ok(Reply::ok(Value::Null))
}

fn read(call: &Call<'_>, name: &str) -> Result<Value, Box<Reply>> {
    let found = view(call, &call.param("id"))?[ATTRIBUTE].get(name).filter(|field| field.is_object()).cloned();
    found.ok_or_else(|| error(404, "Not Found", "Not Found"))
}

fn write(call: &mut Call<'_>, name: &str, field: Value) -> Answer {
    if name.is_empty() || !field.is_object() {
        return Err(bad_request("[request body.name]: value has length [0] but it must have a minimum length of [1]."));
    }
    let id = call.param("id");
    change(call, &id, |attributes| {
        let mut fields = kept(attributes, ATTRIBUTE);
        fields.insert(name.to_owned(), field);
        attributes.insert(ATTRIBUTE.to_owned(), json!(Value::from(fields).to_string()));
    })?;
    answer(call, name)
}

fn answer(call: &Call<'_>, name: &str) -> Answer {
    let view = view(call, &call.param("id"))?;
    let field = json!({ "name": name, "runtimeField": view[ATTRIBUTE][name], "type": view[ATTRIBUTE][name]["type"] });
    Ok(Reply::ok(json!({ "data_view": view, "fields": [field] })))
}
