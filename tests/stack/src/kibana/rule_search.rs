//! `GET /api/alerting/rules/_find`: rules by text, by filter and by reference, a page at a time.

use serde_json::{Map, Value, json};

use super::kql::Filter;
use super::rules::KIND;
use super::{Answer, Call, connectors};
use crate::message::Reply;
use crate::spec::check::bad_request;

/// What a text is looked for in when the caller doesn't say.
const SEARCHED: [&str; 2] = ["name", "tags"];

/// Members of rules by the name that filters, sorts and fields know them by, where it is another one.
const STORED: [(&str, &str); 9] = [
    ("alertTypeId", "rule_type_id"),
    ("apiKeyOwner", "api_key_owner"),
    ("createdAt", "created_at"),
    ("createdBy", "created_by"),
    ("executionStatus", "execution_status"),
    ("muteAll", "mute_all"),
    ("mutedInstanceIds", "muted_alert_ids"),
    ("updatedAt", "updated_at"),
    ("updatedBy", "updated_by"),
];

pub(super) fn find(call: &mut Call<'_>) -> Answer {
    let filter = Filter::read(call.asked("filter").unwrap_or_default())
        .map_err(|why| bad_request(&format!("Error in filter: KQLSyntaxError: {why}")))?;
    let several = |name: &str| -> Vec<String> {
        let given = call.asked_all(name);
        // A list may stand there as JSON, too.
        match given.as_slice() {
            [one] if one.starts_with('[') => serde_json::from_str(one).unwrap_or(given),
            _ => given,
        }
    };
    let consumers = several("filter_consumers");
    let searched = several("search_fields");
    let searched: Vec<&str> =
        if searched.is_empty() { SEARCHED.to_vec() } else { searched.iter().map(String::as_str).collect() };
    let search = call.asked("search").unwrap_or_default().to_lowercase();
    let words: Vec<&str> = search.split_whitespace().map(|word| word.trim_matches('*')).collect();
    let every = call.asked("default_search_operator") == Some("AND");
    let reference: Value =
        call.asked("has_reference").and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let finds = |rule: &Value| {
        let has = |word: &&str| {
            let mut values = searched.iter().flat_map(|name| values(rule, name));
            values.any(|value| value.as_str().is_some_and(|text| text.to_lowercase().contains(*word)))
        };
        words.is_empty() || if every { words.iter().all(has) } else { words.iter().any(has) }
    };
    let all = call.memory.objects.list(&call.space, KIND).map(|(_, rule)| rule.clone());
    let mut found: Vec<Value> = all
        .filter(|rule| finds(rule) && filter.fits(&|name| values(rule, name)))
        .filter(|rule| consumers.is_empty() || consumers.iter().any(|name| rule["consumer"] == name.as_str()))
        .filter(|rule| reference.is_null() || refers(rule, &reference))
        .collect();
    if let Some(field) = call.asked("sort_field") {
        found.sort_by_cached_key(|rule| values(rule, field).iter().map(Value::to_string).collect::<Vec<_>>());
        if call.asked("sort_order") == Some("desc") {
            found.reverse();
        }
    }
    let total = found.len();
    let number = |name: &str, default: usize| call.asked(name).and_then(|text| text.parse().ok()).unwrap_or(default);
    let (page, size) = (number("page", 1).max(1), number("per_page", 10));
    let fields = several("fields");
    let page_of = found.into_iter().skip((page - 1).saturating_mul(size)).take(size);
    let data: Vec<Value> = page_of.map(|rule| only(rule, &fields)).collect();
    Ok(Reply::ok(json!({ "page": page, "per_page": size, "total": total, "data": data })))
}

/// The values of a member, told by its path as rules are stored.
fn values(rule: &Value, path: &str) -> Vec<Value> {
    if path == "alert.id" {
        return vec![json!(format!("alert:{}", rule["id"].as_str().unwrap_or_default()))];
    }
    let path = path.strip_prefix("alert.attributes.").unwrap_or(path);
    let mut found = vec![rule];
    for step in path.split('.') {
        let step = stored(step);
        let items = found.into_iter().filter_map(|value| value.get(step));
        found = items.flat_map(|value| value.as_array().map_or(vec![value], |items| items.iter().collect())).collect();
    }
    found.into_iter().cloned().collect()
}

fn stored(name: &str) -> &str {
    STORED.iter().find(|(theirs, _)| *theirs == name).map_or(name, |(_, ours)| ours)
}

/// Whether one of a rule's actions has the connector that a reference means.
fn refers(rule: &Value, reference: &Value) -> bool {
    let actions = rule["actions"].as_array().map(Vec::as_slice).unwrap_or_default();
    let kind = reference["type"].as_str().unwrap_or_default();
    ["action", connectors::KIND].contains(&kind) && actions.iter().any(|action| action["id"] == reference["id"])
}

/// A rule with nothing but what was asked for, and what every rule has.
fn only(rule: Value, fields: &[String]) -> Value {
    let Value::Object(members) = rule else { return rule };
    if fields.is_empty() {
        return members.into();
    }
    let always = ["id", "rule_type_id", "consumer", "actions", "params", "schedule"];
    let wanted = |name: &String| always.contains(&name.as_str()) || fields.iter().any(|field| stored(field) == name);
    members.into_iter().filter(|(name, _)| wanted(name)).collect::<Map<_, _>>().into()
}
