//! Short URLs: made once, found by id and by slug, counted when resolved.

use serde_json::{Value, json};

use super::{Answer, Call, error};
use crate::message::Reply;

const KIND: &str = "short-url";

/// `POST /api/short_url`.
pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let slug = call.member("slug").as_str().map_or_else(|| call.state.ids.document_id(), str::to_owned);
    if by_slug(call, &slug).is_some() {
        return Err(error(409, "Conflict", &format!("Slug \"{slug}\" already exists.")));
    }
    let id = call.state.ids.uuid();
    let url = json!({
        "id": id,
        "locator": { "id": call.member("locatorId"), "version": super::VERSION, "state": call.member("params") },
        "accessCount": 0,
        "accessDate": call.time(),
        "createDate": call.time(),
        "slug": slug,
    });
    call.memory.objects.put(&call.space, KIND, &id, url.clone());
    Ok(Reply::ok(url))
}

/// `GET /api/short_url/{id}`.
pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let found = call.memory.objects.get(&call.space, KIND, &call.param("id"));
    found.cloned().map(Reply::ok).ok_or_else(missing)
}

/// `DELETE /api/short_url/{id}`.
pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let id = call.param("id");
    call.memory.objects.remove(&call.space, KIND, &id).map(|_| Reply::ok(Value::Null)).ok_or_else(missing)
}

/// `GET /api/short_url/_slug/{slug}`.
pub(super) fn resolve(call: &mut Call<'_>) -> Answer {
    let (id, mut url) = by_slug(call, &call.param("slug")).ok_or_else(missing)?;
    url["accessCount"] = json!(url["accessCount"].as_u64().unwrap_or(0) + 1);
    url["accessDate"] = json!(call.time());
    call.memory.objects.put(&call.space, KIND, &id, url.clone());
    Ok(Reply::ok(url))
}

fn by_slug(call: &Call<'_>, slug: &str) -> Option<(String, Value)> {
    let mut all = call.memory.objects.list(&call.space, KIND);
    all.find(|(_, url)| url["slug"] == slug).map(|(id, url)| (id.to_owned(), url.clone()))
}

fn missing() -> Box<Reply> {
    error(404, "Not Found", "Not Found")
}
