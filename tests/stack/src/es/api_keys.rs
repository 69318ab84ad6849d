//! API keys: create, get, grant, clone and invalidate. A key holds what its owner could do when it was made, and no more.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::api_key_selection::Asked;
use super::authentication::{self, Authentication, Via};
use super::call::{Answer, Call, Fields};
use super::durations;
use super::error::Refusal;
use super::profiles;
use super::role::Role;
use super::state::ApiKey;
use crate::message::Reply;

/// What a request says of a key to be.
pub(crate) struct Wanted {
    pub(crate) name: String,
    pub(crate) expiration: Option<u64>,
    pub(crate) roles: BTreeMap<String, Role>,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) access: Option<Value>,
    pub(crate) certificate_identity: Option<String>,
}

/// `POST /_security/api_key`.
pub(crate) fn create(call: &mut Call<'_>) -> Answer {
    let mut fields = call.fields("api_key_request")?;
    let wanted = wanted(&mut fields)?;
    fields.finish()?;
    let derived = matches!(call.who.via, Via::ApiKey { .. });
    let powerless = !wanted.roles.is_empty() && wanted.roles.values().all(Role::is_empty);
    if derived && !powerless {
        return Err(Refusal::illegal(
            "creating derived api keys requires an explicit role descriptor that is empty (has no privileges)",
        ));
    }
    let owner = call.who.clone();
    Ok(Reply::ok(issue(call, &owner, wanted)))
}

/// `POST /_security/api_key/grant`: makes a key for whoever's credentials are shown.
pub(crate) fn grant(call: &mut Call<'_>) -> Answer {
    let mut fields = call.fields("grant_api_key_request")?;
    let grant_type = fields.required_text("grant_type")?;
    let (username, password) = super::users::credentials(&mut fields)?;
    let access_token = fields.text("access_token")?;
    let run_as = fields.text("run_as")?;
    let key = fields.value("api_key").ok_or_else(|| fields.missing("api_key"))?;
    fields.finish()?;
    let mut fields = Fields::of("api_key_request", &key)?;
    let wanted = wanted(&mut fields)?;
    fields.finish()?;
    let owner = authentication::granted(call.state, call.now, &grant_type, username, password, access_token)?;
    let owner = match run_as {
        None => owner,
        Some(other) => {
            let user = call.state.users.get(&other).filter(|user| user.profile.enabled).cloned();
            match user {
                Some(user) if owner.grants.may_run_as(&other) => {
                    Authentication::of(call.state, user.profile.clone(), user.realm(), Via::Password)
                }
                _ => {
                    return Err(Refusal::forbidden(format!(
                        "action [cluster:admin/xpack/security/user/authenticate] is unauthorized for {}, because user [{}] is unauthorized to run as [{other}]",
                        owner.described(),
                        owner.user.username
                    )));
                }
            }
        }
    };
    Ok(Reply::ok(issue(call, &owner, wanted)))
}

/// `POST /_security/api_key/clone`: makes a key that may do what another may.
pub(crate) fn clone(call: &mut Call<'_>) -> Answer {
    let mut fields = call.fields("clone_api_key_request")?;
    let encoded = fields.required_text("api_key")?;
    let mut wanted = wanted_named(&mut fields, None)?;
    fields.finish()?;
    let source = authentication::find_api_key(call.state, &encoded, call.now).map_err(Refusal::illegal)?.clone();
    if wanted.name.is_empty() {
        wanted.name = source.name.clone();
    }
    wanted.roles = source.roles.clone();
    let owner = call.who.clone();
    let body = issue(call, &owner, wanted);
    if let Some(made) = call.state.api_keys.last_mut() {
        made.limited_by = source.limited_by;
        made.owner = source.owner;
    }
    Ok(Reply::ok(body))
}

/// `GET /_security/api_key`.
pub(crate) fn get(call: &mut Call<'_>) -> Answer {
    let asked = Asked {
        ids: call.query("id").map(|id| vec![id.to_owned()]),
        name: call.query("name").map(str::to_owned),
        username: call.query("username").map(str::to_owned),
        realm_name: call.query("realm_name").map(str::to_owned),
        owner: call.flag("owner")?,
    };
    let active_only = call.flag("active_only")?;
    let limited_by = call.flag("with_limited_by")?;
    let with_profile = call.flag("with_profile_uid")?;
    asked.check("retrieving")?;
    asked.authorize(call, "cluster:admin/xpack/security/api_key/get")?;
    let keys: Vec<Value> = call
        .state
        .api_keys
        .iter()
        .filter(|key| asked.means(key, &call.who) && (!active_only || key.is_active(call.now)))
        .map(|key| {
            let uid = profiles::uid_of(call.state, &key.owner.username).filter(|_| with_profile);
            shown(key, limited_by, uid)
        })
        .collect();
    let status = if keys.is_empty() && asked.ids.is_some() { 404 } else { 200 };
    Ok(Reply::json(status, json!({ "api_keys": keys })))
}

/// `DELETE /_security/api_key`.
pub(crate) fn invalidate(call: &mut Call<'_>) -> Answer {
    let mut fields = call.fields("invalidate_api_key_request")?;
    let id = fields.text("id")?;
    let ids = fields.texts("ids")?;
    if id.is_some() && ids.is_some() {
        return Err(Refusal::illegal("Must use either [id] or [ids], not both at the same time"));
    }
    let asked = Asked {
        ids: ids.or(id.map(|id| vec![id])),
        name: fields.text("name")?,
        username: fields.text("username")?,
        realm_name: fields.text("realm_name")?,
        owner: fields.boolean("owner")?.unwrap_or(false),
    };
    fields.finish()?;
    asked.check("invalidating")?;
    if asked.is_open() && !asked.owner {
        return Err(Refusal::validation(&[
            "One of [api key id(s), api key name, username, realm name] must be specified if [owner] flag is false",
        ]));
    }
    asked.authorize(call, "cluster:admin/xpack/security/api_key/invalidate")?;
    let (now, who) = (call.now, call.who.clone());
    let (mut done, mut before) = (Vec::new(), Vec::new());
    for key in call.state.api_keys.iter_mut().filter(|key| asked.means(key, &who)) {
        match key.invalidation {
            Some(_) => before.push(key.id.clone()),
            None => {
                key.invalidation = Some(now);
                done.push(key.id.clone());
            }
        }
    }
    Ok(Reply::ok(json!({
        "invalidated_api_keys": done,
        "previously_invalidated_api_keys": before,
        "error_count": 0,
    })))
}

/// Stores a key for an owner and answers it, the only time its secret is seen.
pub(crate) fn issue(call: &mut Call<'_>, owner: &Authentication, wanted: Wanted) -> Value {
    let id = call.state.ids.document_id();
    let secret = call.state.ids.secret();
    let expiration = wanted.expiration.map(|after| call.now.saturating_add(after));
    let mut answer = json!({
        "id": id,
        "name": wanted.name,
        "api_key": secret,
        "encoded": STANDARD.encode(format!("{id}:{secret}")),
    });
    if let Some(at) = expiration {
        answer["expiration"] = json!(at);
    }
    let limited_by = match &wanted.access {
        Some(_) => BTreeMap::new(),
        None => limits(call, owner),
    };
    let key = ApiKey {
        hash: call.state.ids.hash(&secret),
        id,
        name: wanted.name,
        creation: call.now,
        expiration,
        invalidation: None,
        owner: owner.owner(),
        metadata: wanted.metadata,
        roles: wanted.roles,
        limited_by,
        access: wanted.access,
        certificate_identity: wanted.certificate_identity,
    };
    call.state.api_keys.push(key);
    answer
}

/// What an owner may do now, by role name.
pub(crate) fn limits(call: &Call<'_>, owner: &Authentication) -> BTreeMap<String, Role> {
    match owner.via {
        Via::Password | Via::AccessToken | Via::Anonymous => call.state.descriptors(&owner.user.roles),
        Via::ApiKey { .. } | Via::ServiceToken { .. } => {
            let roles = owner.grants.every_role().cloned();
            roles.enumerate().map(|(i, role)| (format!("_{}_{i}", owner.user.username), role)).collect()
        }
    }
}

/// A key as every answer shows it.
pub(crate) fn shown(key: &ApiKey, limited_by: bool, profile_uid: Option<String>) -> Value {
    let mut out = Map::new();
    out.insert("id".into(), json!(key.id));
    out.insert("name".into(), json!(key.name));
    out.insert("type".into(), json!(key.kind()));
    out.insert("creation".into(), json!(key.creation));
    if let Some(at) = key.expiration {
        out.insert("expiration".into(), json!(at));
    }
    out.insert("invalidated".into(), json!(key.invalidation.is_some()));
    if let Some(at) = key.invalidation {
        out.insert("invalidation".into(), json!(at));
    }
    out.insert("username".into(), json!(key.owner.username));
    out.insert("realm".into(), json!(key.owner.realm.name));
    out.insert("realm_type".into(), json!(key.owner.realm.kind));
    out.insert("metadata".into(), key.metadata.clone().into());
    out.insert("role_descriptors".into(), descriptors(&key.roles));
    if limited_by && key.access.is_none() {
        out.insert("limited_by".into(), json!([descriptors(&key.limited_by)]));
    }
    if let Some(access) = &key.access {
        out.insert("access".into(), access.clone());
    }
    if let Some(identity) = &key.certificate_identity {
        out.insert("certificate_identity".into(), json!(identity));
    }
    if let Some(uid) = profile_uid {
        out.insert("profile_uid".into(), json!(uid));
    }
    Value::Object(out)
}

/// Reads role descriptors of a key, refusing privileges that nobody knows.
pub(crate) fn role_descriptors(fields: &mut Fields) -> Result<Option<BTreeMap<String, Role>>, Refusal> {
    let Some(members) = fields.object("role_descriptors")? else {
        return Ok(None);
    };
    let mut roles = BTreeMap::new();
    for (name, value) in members {
        let role = Role::read(&name, &value)?;
        if let Some(problem) = role.problem() {
            return Err(Refusal::validation(&[problem]));
        }
        roles.insert(name, role);
    }
    Ok(Some(roles))
}

/// Reads a key's metadata; names with an underscore in front are Elasticsearch's own.
pub(crate) fn metadata(fields: &mut Fields) -> Result<Option<Map<String, Value>>, Refusal> {
    let metadata = fields.object("metadata")?;
    if metadata.iter().flat_map(Map::keys).any(|key| key.starts_with('_')) {
        return Err(Refusal::validation(&["API key metadata keys may not start with [_]"]));
    }
    Ok(metadata)
}

pub(crate) fn expiration(fields: &mut Fields) -> Result<Option<u64>, Refusal> {
    let text = fields.text("expiration")?;
    text.map(|text| durations::millis("expiration", &text)).transpose()
}

pub(crate) fn name_problem(name: &str) -> Option<&'static str> {
    match name {
        "" => Some("api key name is required"),
        _ if name.chars().count() > 256 => Some("api key name may not be more than 256 characters long"),
        _ if name.trim() != name => Some("api key name may not begin or end with whitespace"),
        _ if name.starts_with('_') => Some("api key name may not begin with an underscore"),
        _ => None,
    }
}

fn wanted(fields: &mut Fields) -> Result<Wanted, Refusal> {
    let name = fields.text("name")?.unwrap_or_default();
    wanted_named(fields, Some(name))
}

fn wanted_named(fields: &mut Fields, name: Option<String>) -> Result<Wanted, Refusal> {
    let required = name.is_some();
    let name = match name {
        Some(name) => name,
        None => fields.text("name")?.unwrap_or_default(),
    };
    let problem = name_problem(&name).filter(|_| required || !name.is_empty());
    let wanted = Wanted {
        name,
        expiration: expiration(fields)?,
        roles: role_descriptors(fields)?.unwrap_or_default(),
        metadata: metadata(fields)?.unwrap_or_default(),
        access: None,
        certificate_identity: None,
    };
    match problem {
        Some(problem) => Err(Refusal::validation(&[problem])),
        None => Ok(wanted),
    }
}

fn descriptors(roles: &BTreeMap<String, Role>) -> Value {
    roles.iter().map(|(name, role)| (name.clone(), role.write())).collect::<Map<_, _>>().into()
}
