//! Settings of the security indices: flat or nested in, nested out, every value a text, null for the default.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::call::{Answer, Call};
use super::error::Refusal;
use crate::message::Reply;

const GROUPS: [&str; 3] = ["security", "security-profile", "security-tokens"];

/// The settings that Elasticsearch lets anybody change here, with their defaults.
const KNOWN: [(&str, Option<&str>); 3] = [
    ("index.auto_expand_replicas", Some("0-1")),
    ("index.number_of_replicas", Some("0")),
    ("index.routing.allocation.include._tier_preference", Some("data_content")),
];

/// The settings of a new cluster.
pub(crate) fn initial() -> BTreeMap<&'static str, BTreeMap<String, String>> {
    let defaults = || KNOWN.iter().filter_map(|(name, value)| Some(((*name).to_owned(), (*value)?.to_owned())));
    GROUPS.iter().map(|group| (*group, defaults().collect())).collect()
}

/// `GET /_security/settings`.
pub(crate) fn get(call: &mut Call<'_>) -> Answer {
    let groups = call.state.settings.iter();
    let shown: Map<String, Value> = groups.map(|(group, settings)| ((*group).to_owned(), nested(settings))).collect();
    Ok(Reply::ok(shown.into()))
}

/// `PUT /_security/settings`.
pub(crate) fn update(call: &mut Call<'_>) -> Answer {
    let mut fields = call.fields("update_security_settings_request")?;
    let mut changes = Vec::new();
    for group in GROUPS {
        if let Some(settings) = fields.object(group)? {
            changes.push((group, flat(settings)));
        }
    }
    fields.finish()?;
    if changes.is_empty() {
        return Err(Refusal::validation(&["No settings given to update"]));
    }
    let mut problems = Vec::new();
    for (group, settings) in &changes {
        for name in settings.keys().filter(|name| !KNOWN.iter().any(|(known, _)| known == name)) {
            problems.push(format!("forbidden settings for index [{group}]: [{name}]"));
        }
    }
    if !problems.is_empty() {
        return Err(Refusal::validation(&problems));
    }
    for (group, settings) in changes {
        let stored = call.state.settings.entry(group).or_default();
        for (name, value) in settings {
            match value {
                Value::Null => stored.remove(&name),
                Value::String(text) => stored.insert(name, text),
                other => stored.insert(name, other.to_string()),
            };
        }
    }
    Ok(Reply::ok(json!({ "acknowledged": true })))
}

fn flat(settings: Map<String, Value>) -> BTreeMap<String, Value> {
    let mut out = BTreeMap::new();
    for (name, value) in settings {
        match value {
            Value::Object(inner) => {
                for (rest, value) in flat(inner) {
                    out.insert(format!("{name}.{rest}"), value);
                }
            }
            value => {
                out.insert(name, value);
            }
        }
    }
    out
}

fn nested(settings: &BTreeMap<String, String>) -> Value {
    let mut out = json!({});
    for (name, value) in settings {
        let mut place = &mut out;
        for part in name.split('.') {
            place = &mut place[part];
        }
        *place = json!(value);
    }
    out
}
