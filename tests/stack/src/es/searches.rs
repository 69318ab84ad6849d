//! `_query` of keys, roles and users: turns state into documents and hits into answers.

use serde_json::{Map, Value, json};

use super::api_key_selection;
use super::api_keys;
use super::call::{Answer, Call};
use super::pattern::matches;
use super::profiles;
use super::query::{Hit, Schema, Search};
use super::users;
use crate::message::Reply;

/// `GET /_security/_query/api_key`: with `manage_own_api_key` alone, over the caller's own keys.
pub(crate) fn api_keys(call: &mut Call<'_>) -> Answer {
    let action = "cluster:admin/xpack/security/api_key/query";
    call.require_own(action)?;
    let every = call.who.grants.allows(action);
    let limited_by = call.flag("with_limited_by")?;
    let with_profile = call.flag("with_profile_uid")?;
    let typed_keys = call.flag("typed_keys")?;
    let schema = Schema {
        fields: &[
            "_id",
            "id",
            "type",
            "name",
            "creation",
            "expiration",
            "invalidated",
            "invalidation",
            "username",
            "realm",
            "realm_type",
            "metadata",
            "metadata.",
        ],
        text: &["name", "username", "realm", "type"],
        parser: "query_api_key_request_payload",
        now: call.now,
    };
    let search = Search::read(call.optional_fields(schema.parser)?, &schema)?;
    let keys: Vec<_> =
        call.state.api_keys.iter().filter(|key| every || api_key_selection::owned(key, &call.who)).collect();
    let documents: Vec<Value> = keys
        .iter()
        .map(|key| {
            let mut document = api_keys::shown(key, false, None);
            document["_id"] = json!(key.id);
            document
        })
        .collect();
    let (all, hits) = search.run(&documents, &schema)?;
    let shown: Vec<Value> = hits
        .iter()
        .map(|hit| {
            let key = keys[hit.index];
            let uid = profiles::uid_of(call.state, &key.owner.username).filter(|_| with_profile);
            sorted(api_keys::shown(key, limited_by, uid), hit)
        })
        .collect();
    let mut body = json!({ "total": all.len(), "count": shown.len(), "api_keys": shown });
    if let Some(wanted) = &search.aggregations {
        let found: Vec<&Value> = all.iter().map(|index| &documents[*index]).collect();
        body["aggregations"] = super::aggregations::run(wanted, &found, &schema, typed_keys)?;
    }
    Ok(Reply::ok(body))
}

/// `GET /_security/_query/role`: roles that somebody made, not the reserved ones.
pub(crate) fn roles(call: &mut Call<'_>) -> Answer {
    let schema = Schema {
        fields: &[
            "_id",
            "name",
            "description",
            "metadata",
            "metadata.",
            "applications.application",
            "applications.privileges",
            "applications.resources",
        ],
        text: &["name", "description"],
        parser: "query_role_request_payload",
        now: call.now,
    };
    let search = Search::read(call.optional_fields(schema.parser)?, &schema)?;
    let documents: Vec<Value> = call
        .state
        .roles
        .iter()
        .map(|(name, role)| {
            let mut document = role.write();
            document["name"] = json!(name);
            document
        })
        .collect();
    let mut searched = documents.clone();
    for document in &mut searched {
        document["_id"] = document["name"].clone();
    }
    let (all, hits) = search.run(&searched, &schema)?;
    let shown: Vec<Value> = hits.iter().map(|hit| sorted(documents[hit.index].clone(), hit)).collect();
    Ok(Reply::ok(json!({ "total": all.len(), "count": shown.len(), "roles": shown })))
}

/// `GET /_security/_query/user`: users of the native realm, not the reserved ones.
pub(crate) fn users(call: &mut Call<'_>) -> Answer {
    let with_profile = call.flag("with_profile_uid")?;
    let schema = Schema {
        fields: &["_id", "username", "roles", "full_name", "email", "enabled"],
        text: &["username", "roles", "full_name", "email"],
        parser: "query_user_request_payload",
        now: call.now,
    };
    let search = Search::read(call.optional_fields(schema.parser)?, &schema)?;
    let native = call.state.users.values().filter(|user| !user.reserved);
    let documents: Vec<Value> = native.map(|user| users::shown(&user.profile)).collect();
    let mut searched = documents.clone();
    for document in &mut searched {
        document["_id"] = document["username"].clone();
    }
    let (all, hits) = search.run(&searched, &schema)?;
    let shown: Vec<Value> = hits
        .iter()
        .map(|hit| {
            let mut user = documents[hit.index].clone();
            if with_profile
                && let Some(uid) = user["username"].as_str().and_then(|name| profiles::uid_of(call.state, name))
            {
                user["profile_uid"] = json!(uid);
            }
            sorted(user, hit)
        })
        .collect();
    Ok(Reply::ok(json!({ "total": all.len(), "count": shown.len(), "users": shown })))
}

fn sorted(mut shown: Value, hit: &Hit) -> Value {
    if let Some(sort) = &hit.sort {
        shown["_sort"] = json!(sort);
    }
    shown
}

/// Keeps the parts of an answer that `filter_path` names.
pub(crate) fn filter(value: &Value, paths: &[String]) -> Value {
    let (exclude, include): (Vec<&str>, Vec<&str>) =
        paths.iter().map(String::as_str).partition(|path| path.starts_with('-'));
    let include: Vec<Vec<&str>> = include.iter().map(|path| path.split('.').collect()).collect();
    let exclude: Vec<Vec<&str>> = exclude.iter().map(|path| path[1..].split('.').collect()).collect();
    let kept = if include.is_empty() { value.clone() } else { keep(value, &include).unwrap_or_else(|| json!({})) };
    exclude.iter().fold(kept, |value, path| drop_path(value, path))
}

fn keep(value: &Value, paths: &[Vec<&str>]) -> Option<Value> {
    if paths.iter().any(Vec::is_empty) {
        return Some(value.clone());
    }
    match value {
        Value::Array(items) => {
            let kept: Vec<Value> = items.iter().filter_map(|item| keep(item, paths)).collect();
            (!kept.is_empty()).then(|| kept.into())
        }
        Value::Object(members) => {
            let mut kept = Map::new();
            for (name, value) in members {
                let mut below: Vec<Vec<&str>> = Vec::new();
                for path in paths {
                    match path.split_first() {
                        Some((&"**", rest)) => {
                            below.push(path.clone());
                            if rest.first().is_some_and(|next| matches(next, name)) {
                                below.push(rest[1..].to_vec());
                            }
                        }
                        Some((first, rest)) if matches(first, name) => below.push(rest.to_vec()),
                        _ => {}
                    }
                }
                if let Some(value) = (!below.is_empty()).then(|| keep(value, &below)).flatten() {
                    kept.insert(name.clone(), value);
                }
            }
            (!kept.is_empty()).then(|| kept.into())
        }
        _ => None,
    }
}

fn drop_path(value: Value, path: &[&str]) -> Value {
    match (value, path) {
        (Value::Array(items), _) => items.into_iter().map(|item| drop_path(item, path)).collect(),
        (Value::Object(members), [first, rest @ ..]) => {
            let kept = members.into_iter().filter_map(|(name, value)| match (matches(first, &name), rest) {
                (true, []) => None,
                (true, rest) => Some((name, drop_path(value, rest))),
                (false, _) => Some((name, value)),
            });
            Value::Object(kept.collect())
        }
        (value, _) => value,
    }
}
