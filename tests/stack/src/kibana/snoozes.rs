//! Snoozes of rules: told as a schedule, kept and shown as the recurrence rule that it means.

use serde_json::{Map, Value, json};

use super::rules::{KIND, read};
use super::{Answer, Call, error};
use crate::message::Reply;
use crate::spec::check::bad_request;

/// `POST /api/alerting/rule/{id}/snooze_schedule`.
pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let mut rule = read(call)?;
    let custom = call.member("schedule")["custom"].clone();
    let id = call.state.ids.uuid();
    let snooze = snooze(&custom, &id)
        .map_err(|(place, why)| bad_request(&format!("[request body.schedule.custom.{place}]: {why}")))?;
    match &mut rule["snooze_schedule"] {
        Value::Array(all) => all.push(snooze),
        other => *other = json!([snooze]),
    }
    let rule_id = call.param("id");
    call.memory.objects.put(&call.space, KIND, &rule_id, rule);
    Ok(Reply::ok(json!({ "body": { "schedule": { "id": id, "custom": custom } } })))
}

/// `DELETE /api/alerting/rule/{id}/snooze_schedule/{schedule}`.
pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let (mut rule, schedule) = (read(call)?, call.param("schedule"));
    let all = rule["snooze_schedule"].as_array().cloned().unwrap_or_default();
    let kept: Vec<Value> = all.iter().filter(|one| one["id"] != schedule.as_str()).cloned().collect();
    if kept.len() == all.len() {
        return Err(error(404, "Not Found", &format!("Rule has no snooze schedule with id {schedule}.")));
    }
    rule["snooze_schedule"] = kept.into();
    let id = call.param("id");
    call.memory.objects.put(&call.space, KIND, &id, rule);
    Ok(Reply::empty(204))
}

/// The recurrence rule of a schedule; else the place that is wrong, and why.
fn snooze(custom: &Value, id: &str) -> Result<Value, (&'static str, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let duration = text(&custom["duration"]);
    let milliseconds = match count(&duration) {
        Some((count, 's')) => count.checked_mul(1_000),
        Some((count, 'm')) => count.checked_mul(60_000),
        Some((count, 'h')) => count.checked_mul(3_600_000),
        Some((count, 'd')) => count.checked_mul(86_400_000),
        _ => None,
    };
    let milliseconds =
        milliseconds.ok_or_else(|| ("duration", format!("string is not a valid duration: {duration}")))?;
    let mut rule = json!({ "dtstart": custom["start"], "tzid": custom["timezone"].as_str().unwrap_or("UTC") });
    let recurring = &custom["recurring"];
    if let Some(every) = recurring["every"].as_str() {
        let (interval, unit) = count(every).unwrap_or_default();
        let frequency = ['y', 'M', 'w', 'd'].iter().position(|known| *known == unit);
        let frequency =
            frequency.ok_or_else(|| ("recurring.every", format!("string is not a valid interval: {every}")))?;
        rule["freq"] = json!(frequency);
        rule["interval"] = json!(interval);
    }
    let names = [
        ("onWeekDay", "byweekday"),
        ("onMonthDay", "bymonthday"),
        ("onMonth", "bymonth"),
        ("occurrences", "count"),
        ("end", "until"),
    ];
    let given = names.iter().filter_map(|(theirs, ours)| Some(((*ours).to_owned(), recurring.get(*theirs)?.clone())));
    if let Some(rule) = rule.as_object_mut() {
        rule.extend(given.collect::<Map<_, _>>());
    }
    Ok(json!({ "id": id, "duration": milliseconds, "rRule": rule }))
}

/// A number and its unit.
fn count(text: &str) -> Option<(u64, char)> {
    let unit = text.chars().last()?;
    let number = text.strip_suffix(unit)?.parse().ok().filter(|count| *count > 0)?;
    Some((number, unit))
}
