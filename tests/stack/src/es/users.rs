//! Users of the native realm. A password is hashed before it is kept and never answered.

use serde_json::{Map, Value, json};

use super::call::{Answer, Call, Fields};
use super::error::Refusal;
use super::profiles;
use super::state::{Principal, User};
use crate::hash::SecretHash;
use crate::message::Reply;

const PASSWORD: &str = "passwords must be at least [6] characters long";

/// `PUT /_security/user/{username}`: creates or overwrites.
pub(crate) fn put(call: &mut Call<'_>) -> Answer {
    let username = call.param("username");
    let mut fields = call.fields("user")?;
    let named = fields.text("username")?;
    if named.is_some_and(|name| name != username) {
        return Err(Refusal::illegal(format!(
            "[username] in source does not match the username provided [{username}]"
        )));
    }
    let password = fields.text("password")?;
    let password_hash = fields.text("password_hash")?;
    let roles = fields.texts("roles")?;
    let full_name = fields.text("full_name")?;
    let email = fields.text("email")?;
    let metadata = fields.object("metadata")?;
    let enabled = fields.boolean("enabled")?;
    fields.finish_by_hand("add user request")?;

    if let Some(problem) = password_problem(password.as_deref(), password_hash.as_deref())? {
        return Err(Refusal::validation(&[problem]));
    }
    let existing = call.state.users.get(&username).cloned();
    let mut problems = Vec::new();
    if roles.is_none() {
        problems.push("roles are missing".to_owned());
    }
    if metadata.iter().flat_map(Map::keys).any(|key| key.starts_with('_')) {
        problems.push("metadata keys may not start with [_]".to_owned());
    }
    match existing.as_ref().is_some_and(|user| user.reserved) {
        true => problems.push(format!("user [{username}] is reserved and only the password can be changed")),
        false => problems.extend(name_problem("User", &username)),
    }
    if !problems.is_empty() {
        return Err(Refusal::validation(&problems));
    }
    if password.is_none() && password_hash.is_none() && existing.is_none() {
        return Err(Refusal::invalid("password must be specified unless you are updating an existing user"));
    }
    let hash = match (&password, &password_hash) {
        (Some(password), _) => Some(call.state.ids.hash(password)),
        (None, Some(hash)) => SecretHash::read(hash),
        (None, None) => existing.as_ref().and_then(|user| user.hash.clone()),
    };
    let profile = Principal {
        username: username.clone(),
        roles: roles.unwrap_or_default(),
        full_name,
        email,
        metadata: metadata.unwrap_or_default(),
        enabled: enabled.unwrap_or(true),
    };
    let user = User { profile, hash, reserved: false };
    call.state.users.insert(username, user);
    Ok(Reply::ok(json!({ "created": existing.is_none() })))
}

/// `GET /_security/user` and `GET /_security/user/{username}`.
pub(crate) fn get(call: &mut Call<'_>) -> Answer {
    let with_profile = call.flag("with_profile_uid")?;
    let asked = call.param_list("username");
    let mut found = Map::new();
    for (name, user) in &call.state.users {
        if asked.is_empty() || asked.contains(name) {
            let mut shown = shown(&user.profile);
            if with_profile && let Some(uid) = profiles::uid_of(call.state, name) {
                shown["profile_uid"] = json!(uid);
            }
            found.insert(name.clone(), shown);
        }
    }
    let status = if found.is_empty() && !asked.is_empty() { 404 } else { 200 };
    Ok(Reply::json(status, found.into()))
}

/// `DELETE /_security/user/{username}`.
pub(crate) fn delete(call: &mut Call<'_>) -> Answer {
    let username = call.param("username");
    if call.state.users.get(&username).is_some_and(|user| user.reserved) {
        return Err(Refusal::illegal(format!("user [{username}] is reserved and cannot be deleted")));
    }
    let found = call.state.users.remove(&username).is_some();
    Ok(Reply::json(if found { 200 } else { 404 }, json!({ "found": found })))
}

/// `PUT /_security/user/{username}/_enable`.
pub(crate) fn enable(call: &mut Call<'_>) -> Answer {
    set_enabled(call, true)
}

/// `PUT /_security/user/{username}/_disable`.
pub(crate) fn disable(call: &mut Call<'_>) -> Answer {
    set_enabled(call, false)
}

/// `PUT /_security/user/{username}/_password`, without a name for the caller's own.
pub(crate) fn change_password(call: &mut Call<'_>) -> Answer {
    let mut username = call.param("username");
    if username.is_empty() {
        username = call.who.user.username.clone();
    }
    if username != call.who.user.username || call.who.via != super::authentication::Via::Password {
        call.require("cluster:admin/xpack/security/user/change_password")?;
    }
    let mut fields = call.fields("change password")?;
    let password = fields.text("password")?;
    let password_hash = fields.text("password_hash")?;
    fields.finish_by_hand("change password request")?;
    if let Some(problem) = password_problem(password.as_deref(), password_hash.as_deref())? {
        return Err(Refusal::validation(&[problem]));
    }
    if password.is_none() && password_hash.is_none() {
        return Err(Refusal::validation(&["password is missing"]));
    }
    let hash = match (&password, &password_hash) {
        (Some(password), _) => Some(call.state.ids.hash(password)),
        (None, hash) => hash.as_deref().and_then(SecretHash::read),
    };
    let Some(user) = call.state.users.get_mut(&username) else {
        return Err(Refusal::invalid("user must exist in order to change password"));
    };
    user.hash = hash;
    Ok(Reply::ok(json!({})))
}

/// `GET /_security/_authenticate`.
pub(crate) fn authenticate(call: &mut Call<'_>) -> Answer {
    use super::authentication::Via;
    let who = &call.who;
    let mut body = shown(&who.user);
    let (realm, kind) = match &who.runner {
        Some(runner) => (&runner.realm, runner.authentication_type),
        None => (&who.realm, who.authentication_type()),
    };
    body["authentication_realm"] = json!({ "name": realm.name, "type": realm.kind });
    body["lookup_realm"] = who.realm_json();
    body["authentication_type"] = json!(kind);
    match &who.via {
        Via::ApiKey { id, name, .. } => {
            body["api_key"] = json!({ "id": id, "name": name, "managed_by": "elasticsearch", "internal": false })
        }
        Via::ServiceToken { name } => {
            body["token"] = json!({ "name": name, "type": "_service_account_index", "managed_by": "elasticsearch" })
        }
        Via::Password | Via::AccessToken | Via::Anonymous => {}
    }
    Ok(Reply::ok(body))
}

/// A user as every answer shows them.
pub(crate) fn shown(user: &Principal) -> Value {
    json!({
        "username": user.username,
        "roles": user.roles,
        "full_name": user.full_name,
        "email": user.email,
        "metadata": user.metadata,
        "enabled": user.enabled,
    })
}

/// What is wrong with the name of a user or a role.
pub(crate) fn name_problem(what: &str, name: &str) -> Option<String> {
    let printable = name.chars().all(|c| (' '..='~').contains(&c));
    let good = !name.is_empty() && name.len() <= 507 && printable && name.trim() == name;
    (!good).then(|| {
        format!("{what} names must have 1 to 507 printable Basic Latin characters and no leading or trailing whitespace, but found [{name}]")
    })
}

fn set_enabled(call: &mut Call<'_>, enabled: bool) -> Answer {
    let username = call.param("username");
    if username == call.who.user.username && call.who.via == super::authentication::Via::Password {
        return Err(Refusal::illegal("users may not update the enabled status of their own account"));
    }
    match call.state.users.get_mut(&username) {
        Some(user) => user.profile.enabled = enabled,
        None => {
            let done = if enabled { "enabled" } else { "disabled" };
            return Err(Refusal::invalid(&format!("only existing users can be {done}")));
        }
    }
    Ok(Reply::ok(json!({})))
}

fn password_problem(password: Option<&str>, hash: Option<&str>) -> Result<Option<&'static str>, Refusal> {
    match (password, hash) {
        (Some(_), Some(_)) => Ok(Some("password_hash has already been set")),
        (Some(password), None) if password.chars().count() < 6 => Ok(Some(PASSWORD)),
        (None, Some(hash)) if SecretHash::read(hash).is_none() => Err(Refusal::illegal(
            "The provided password hash is not a hash or it could not be resolved to a supported hash algorithm. The supported password hash algorithms are [bcrypt, pbkdf2, pbkdf2_stretch, ssha256]",
        )),
        _ => Ok(None),
    }
}

/// The fields that a body may name a user by, taken together.
pub(crate) fn credentials(fields: &mut Fields) -> Result<(Option<String>, Option<String>), Refusal> {
    Ok((fields.text("username")?, fields.text("password")?))
}
