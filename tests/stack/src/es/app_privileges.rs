//! Privileges that applications store for themselves.

use serde_json::{Map, Value, json};

use super::call::{Answer, Call, Fields};
use super::error::Refusal;
use super::pattern::matches;
use super::state::AppPrivilege;
use crate::message::Reply;

/// `PUT /_security/privilege`: creates or overwrites many, all or none.
pub(crate) fn put(call: &mut Call<'_>) -> Answer {
    let fields = call.body.clone().ok_or_else(|| Refusal::parse("request body is required"))?;
    let Value::Object(applications) = fields else {
        return Err(Refusal::parse("expected object but found an unexpected value at the top of the privileges"));
    };
    let mut wanted = Vec::new();
    let mut problems = Vec::new();
    for (application, privileges) in applications {
        let Value::Object(privileges) = privileges else {
            return Err(Refusal::parse(format!("expected the value for application [{application}] to be an object")));
        };
        authorize(call, &application, "cluster:admin/xpack/security/privilege/put")?;
        for (name, value) in privileges {
            let privilege = read(&application, &name, &value)?;
            problems.extend(problem(&application, &name, &privilege));
            wanted.push((application.clone(), name, privilege));
        }
    }
    if wanted.is_empty() {
        problems.push("At least one application privilege must be provided".to_owned());
    }
    if !problems.is_empty() {
        return Err(Refusal::validation(&problems));
    }
    let mut body = json!({});
    for (application, name, privilege) in wanted {
        let stored = call.state.app_privileges.entry(application.clone()).or_default();
        let created = stored.insert(name.clone(), privilege).is_none();
        body[&application][&name] = json!({ "created": created });
    }
    Ok(Reply::ok(body))
}

/// `GET /_security/privilege`, of one application, of some names.
pub(crate) fn get(call: &mut Call<'_>) -> Answer {
    let application = call.param("application");
    let names = call.param_list("name");
    if application.is_empty() {
        call.require("cluster:admin/xpack/security/privilege/get")?;
    } else {
        authorize(call, &application, "cluster:admin/xpack/security/privilege/get")?;
    }
    let mut body = Map::new();
    for (app, privileges) in &call.state.app_privileges {
        if !application.is_empty() && !matches(&application, app) {
            continue;
        }
        let wanted = privileges.iter().filter(|(name, _)| names.is_empty() || names.contains(name));
        let shown: Map<String, Value> =
            wanted.map(|(name, privilege)| (name.clone(), privilege.shown(app, name))).collect();
        if !shown.is_empty() {
            body.insert(app.clone(), shown.into());
        }
    }
    let status = if body.is_empty() && !names.is_empty() { 404 } else { 200 };
    Ok(Reply::json(status, body.into()))
}

/// `DELETE /_security/privilege/{application}/{name}`.
pub(crate) fn delete(call: &mut Call<'_>) -> Answer {
    let application = call.param("application");
    authorize(call, &application, "cluster:admin/xpack/security/privilege/delete")?;
    let mut body = json!({});
    let mut any = false;
    for name in call.param_list("name") {
        let stored = call.state.app_privileges.get_mut(&application);
        let found = stored.and_then(|privileges| privileges.remove(&name)).is_some();
        any |= found;
        body[&application][&name] = json!({ "found": found });
    }
    Ok(Reply::json(if any { 200 } else { 404 }, body))
}

impl AppPrivilege {
    fn shown(&self, application: &str, name: &str) -> Value {
        json!({ "application": application, "name": name, "actions": self.actions, "metadata": self.metadata })
    }
}

/// A `global` section may let somebody manage one application without `manage_security`.
fn authorize(call: &Call<'_>, application: &str, action: &str) -> Result<(), Refusal> {
    match call.who.grants.manages_application(application) {
        true => Ok(()),
        false => call.require(action),
    }
}

fn read(application: &str, name: &str, value: &Value) -> Result<AppPrivilege, Refusal> {
    let mut fields = Fields::of("privilege", value)?;
    for (member, expected) in [("application", application), ("name", name)] {
        if let Some(given) = fields.text(member)?.filter(|given| given != expected) {
            return Err(Refusal::illegal(format!(
                "{member} in source [{given}] does not match the {member} of its place [{expected}]"
            )));
        }
    }
    let actions = fields.texts("actions")?.unwrap_or_default();
    let metadata = fields.object("metadata")?.unwrap_or_default();
    fields.finish()?;
    Ok(AppPrivilege { actions, metadata })
}

fn problem(application: &str, name: &str, privilege: &AppPrivilege) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    let prefix = application.split(['-', '_']).next().unwrap_or_default();
    if prefix.len() < 3
        || !prefix.starts_with(|c: char| c.is_ascii_lowercase())
        || !prefix.chars().all(|c| c.is_ascii_alphanumeric())
    {
        return Some(format!(
            "An application name prefix must match the pattern ^[a-z][A-Za-z0-9]{{2,}}$ (found '{prefix}')"
        ));
    }
    if application.contains('*') {
        return Some(format!("Application names may not contain '*' (found '{application}')"));
    }
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(plain) {
        return Some(format!(
            "Application privilege names must match the pattern ^[a-z][a-zA-Z0-9_.-]*$ (found '{name}')"
        ));
    }
    if privilege.actions.is_empty() {
        return Some("Application privileges must have at least one action".to_owned());
    }
    if let Some(key) = privilege.metadata.keys().find(|key| key.starts_with('_')) {
        return Some(format!("metadata keys may not start with [_] (in {application} {name} ({key}))"));
    }
    let wrong = privilege.actions.iter().find(|action| !action.contains([':', '/', '*']));
    wrong.map(|action| format!("action [{action}] must contain one of [ '/' , '*' , ':' ]"))
}
