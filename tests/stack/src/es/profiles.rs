//! User profiles: who was here, with data that applications keep for them. A profile exists once it was activated.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::authentication::Authentication;
use super::call::{Answer, Call, Fields};
use super::error::Refusal;
use super::has_privileges::Questions;
use super::searches;
use super::state::{Profile, State};
use crate::message::Reply;

/// `POST /_security/profile/_activate`.
pub(crate) fn activate(call: &mut Call<'_>) -> Answer {
    let mut fields = call.fields("activate_profile_request")?;
    let grant_type = fields.required_text("grant_type")?;
    let (username, password) = super::users::credentials(&mut fields)?;
    let access_token = fields.text("access_token")?;
    fields.finish()?;
    let who = super::authentication::granted(call.state, call.now, &grant_type, username, password, access_token)?;
    let uid = uid(&who);
    let seq_no = next_seq_no(call.state);
    let known = call.state.profiles.remove(&uid);
    let profile = Profile {
        uid: uid.clone(),
        user: who.user,
        realm: who.realm,
        enabled: true,
        labels: known.as_ref().map(|p| p.labels.clone()).unwrap_or_default(),
        data: known.map(|p| p.data).unwrap_or_default(),
        last_synchronized: call.now,
        seq_no,
    };
    let shown = shown(&profile, &[], Detail::Full);
    call.state.profiles.insert(uid, profile);
    Ok(Reply::ok(shown))
}

/// `GET /_security/profile/{uid}`.
pub(crate) fn get(call: &mut Call<'_>) -> Answer {
    let data = call.query_list("data");
    let (mut profiles, mut missing) = (Vec::new(), Map::new());
    for uid in call.param_list("uid") {
        match call.state.profiles.get(&uid) {
            Some(profile) => profiles.push(shown(profile, &data, Detail::Full)),
            None => {
                missing.insert(uid, Refusal::not_found("profile document not found").cause());
            }
        }
    }
    let mut body = json!({ "profiles": profiles });
    if !missing.is_empty() {
        body["errors"] = json!({ "count": missing.len(), "details": missing });
    }
    Ok(Reply::ok(body))
}

/// `POST /_security/profile/_suggest`: by the start of a word in a name or an address.
pub(crate) fn suggest(call: &mut Call<'_>) -> Answer {
    let mut fields = call.optional_fields("suggest_profile_request")?;
    let name = fields.text("name")?.unwrap_or_default().to_lowercase();
    let size = fields.integer("size")?.unwrap_or(10);
    let mut data = fields.texts("data")?.unwrap_or_default();
    data.extend(call.query_list("data"));
    let hint = fields.object("hint")?;
    fields.finish()?;
    let hinted = hinted_uids(hint.as_ref())?;
    if size < 0 {
        return Err(Refusal::validation(&[format!("[size] parameter cannot be negative but was [{size}]")]));
    }
    let mut found: Vec<&Profile> =
        call.state.profiles.values().filter(|profile| profile.enabled && named(profile, &name)).collect();
    found.sort_by_key(|profile| (!hinted.contains(&profile.uid), std::cmp::Reverse(profile.last_synchronized)));
    let total = found.len();
    let shown: Vec<Value> = found
        .into_iter()
        .take(usize::try_from(size).unwrap_or(usize::MAX))
        .map(|profile| shown(profile, &data, Detail::Brief))
        .collect();
    Ok(Reply::ok(json!({ "total": { "value": total, "relation": "eq" }, "took": 1, "profiles": shown })))
}

/// `PUT /_security/profile/{uid}/_data`.
pub(crate) fn update_data(call: &mut Call<'_>) -> Answer {
    let mut fields = call.fields("update_profile_data_request")?;
    let labels = fields.object("labels")?.unwrap_or_default();
    let data = fields.object("data")?.unwrap_or_default();
    fields.finish()?;
    let applications: Vec<&String> = labels.keys().chain(data.keys()).collect();
    if applications.is_empty() {
        return Err(Refusal::validation(&["update request is empty"]));
    }
    if applications.iter().any(|key| key.contains('.')) {
        return Err(Refusal::validation(&["application name must not contain dot"]));
    }
    if applications.iter().any(|key| key.starts_with('_')) {
        return Err(Refusal::validation(&["application name must not start with underscore"]));
    }
    if !applications.iter().all(|application| call.who.grants.writes_profile_of(application)) {
        call.require("cluster:admin/xpack/security/profile/put/data")?;
    }
    let conflict = conflict(call)?;
    let seq_no = next_seq_no(call.state);
    let uid = call.param("uid");
    let profile = find(call.state, &uid)?;
    if let Some((wanted_seq_no, wanted_term)) = conflict
        && (wanted_seq_no != profile.seq_no || wanted_term != 1)
    {
        let reason = format!(
            "[profile_{uid}]: version conflict, required seqNo [{wanted_seq_no}], primary term [{wanted_term}]. current document has seqNo [{}] and primary term [1]",
            profile.seq_no
        );
        return Err(Refusal::new(409, "version_conflict_engine_exception", reason));
    }
    merge(&mut profile.labels, labels);
    merge(&mut profile.data, data);
    profile.seq_no = seq_no;
    Ok(Reply::ok(json!({ "acknowledged": true })))
}

/// `PUT /_security/profile/{uid}/_enable`.
pub(crate) fn enable(call: &mut Call<'_>) -> Answer {
    set_enabled(call, true)
}

/// `PUT /_security/profile/{uid}/_disable`.
pub(crate) fn disable(call: &mut Call<'_>) -> Answer {
    set_enabled(call, false)
}

/// `POST /_security/profile/_has_privileges`.
pub(crate) fn has_privileges(call: &mut Call<'_>) -> Answer {
    let mut fields = call.fields("profile_has_privileges_request")?;
    let uids = fields.texts("uids")?.ok_or_else(|| fields.missing("uids"))?;
    let privileges = fields.value("privileges").ok_or_else(|| fields.missing("privileges"))?;
    fields.finish()?;
    if uids.is_empty() {
        return Err(Refusal::validation(&["profile uids list must not be empty"]));
    }
    let mut fields = Fields::of("privileges", &privileges)?;
    let questions = Questions::read(&mut fields)?;
    fields.finish()?;
    let (mut holders, mut missing) = (Vec::new(), Map::new());
    for uid in uids {
        match call.state.profiles.get(&uid) {
            None => {
                missing.insert(uid, Refusal::not_found("profile document not found").cause());
            }
            Some(profile) => {
                let via = super::authentication::Via::Password;
                let who = Authentication::of(call.state, profile.user.clone(), profile.realm.clone(), via);
                if questions.all_granted(&who.grants, &call.state.app_privileges) {
                    holders.push(uid);
                }
            }
        }
    }
    let mut body = json!({ "has_privilege_uids": holders });
    if !missing.is_empty() {
        body["errors"] = json!({ "count": missing.len(), "details": missing });
    }
    Ok(Reply::ok(body))
}

/// The profile of a user, if one was activated.
pub(crate) fn uid_of(state: &State, username: &str) -> Option<String> {
    let profile = state.profiles.values().find(|profile| profile.user.username == username)?;
    Some(profile.uid.clone())
}

#[derive(Clone, Copy, PartialEq)]
enum Detail {
    Full,
    Brief,
}

fn shown(profile: &Profile, data: &[String], detail: Detail) -> Value {
    let wanted: Vec<String> = data.iter().filter(|path| !path.starts_with('-')).cloned().collect();
    let data = match wanted.is_empty() {
        true => json!({}),
        false => searches::filter(&Value::Object(profile.data.clone()), &wanted),
    };
    let mut user = json!({
        "username": profile.user.username,
        "roles": profile.user.roles,
        "realm_name": profile.realm.name,
        "full_name": profile.user.full_name,
        "email": profile.user.email,
    });
    if detail == Detail::Brief
        && let Some(members) = user.as_object_mut()
    {
        members.retain(|_, value| !value.is_null());
    }
    let mut body = json!({ "uid": profile.uid, "user": user, "labels": profile.labels, "data": data });
    if detail == Detail::Full {
        body["enabled"] = json!(profile.enabled);
        body["last_synchronized"] = json!(profile.last_synchronized);
        body["_doc"] = json!({ "_primary_term": 1, "_seq_no": profile.seq_no });
    }
    body
}

fn named(profile: &Profile, name: &str) -> bool {
    let user = &profile.user;
    let texts = [Some(&user.username), user.full_name.as_ref(), user.email.as_ref()];
    let words =
        texts.into_iter().flatten().flat_map(|text| text.split([' ', '@', '.', '-', '_']).chain([text.as_str()]));
    let words: Vec<String> = words.map(str::to_lowercase).collect();
    name.split_whitespace().all(|part| words.iter().any(|word| word.starts_with(part)))
}

fn hinted_uids(hint: Option<&Map<String, Value>>) -> Result<Vec<String>, Refusal> {
    let Some(hint) = hint else {
        return Ok(Vec::new());
    };
    let mut fields = Fields::of("hint", &Value::Object(hint.clone()))?;
    let uids = fields.texts("uids")?;
    let labels = fields.object("labels")?;
    fields.finish()?;
    if uids.is_none() && labels.is_none() {
        return Err(Refusal::validation(&["[hint] parameter cannot be empty"]));
    }
    if labels.is_some_and(|labels| labels.len() != 1) {
        return Err(Refusal::validation(&["[hint.labels] supports a single key"]));
    }
    Ok(uids.unwrap_or_default())
}

fn set_enabled(call: &mut Call<'_>, enabled: bool) -> Answer {
    let uid = call.param("uid");
    let seq_no = next_seq_no(call.state);
    let profile = find(call.state, &uid)?;
    profile.enabled = enabled;
    profile.seq_no = seq_no;
    Ok(Reply::ok(json!({ "acknowledged": true })))
}

fn find<'a>(state: &'a mut State, uid: &str) -> Result<&'a mut Profile, Refusal> {
    let missing = || Refusal::new(404, "document_missing_exception", format!("[profile_{uid}]: document missing"));
    state.profiles.get_mut(uid).ok_or_else(missing)
}

fn conflict(call: &Call<'_>) -> Result<Option<(u64, u64)>, Refusal> {
    let number = |name: &str| match call.query(name) {
        None => Ok(None),
        Some(text) => text
            .parse::<u64>()
            .map(Some)
            .map_err(|_| Refusal::illegal(format!("Failed to parse long parameter [{name}] with value [{text}]"))),
    };
    match (number("if_seq_no")?, number("if_primary_term")?) {
        (None, None) => Ok(None),
        (Some(seq_no), Some(term)) => Ok(Some((seq_no, term))),
        _ => Err(Refusal::validation(&["ifSeqNo is set, but primary term is [0]"])),
    }
}

/// An object is merged member by member; everything else is replaced.
fn merge(into: &mut Map<String, Value>, from: Map<String, Value>) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Object(old)), Value::Object(new)) => merge(old, new),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

fn next_seq_no(state: &State) -> u64 {
    state.profiles.values().map(|profile| profile.seq_no + 1).max().unwrap_or(0)
}

fn uid(who: &Authentication) -> String {
    use base64::Engine;
    let digest = Sha256::digest(format!("{}/{}", who.realm.name, who.user.username));
    let text = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(digest);
    format!("u_{text}_0")
}
