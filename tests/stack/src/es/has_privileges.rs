//! Questions about privileges: has the caller these, which has the caller, which are there. Changes nothing.

use serde_json::{Map, Value, json};

use super::call::{Answer, Call, Fields};
use super::error::Refusal;
use super::grants::Grants;
use super::privilege_names;
use super::role::Role;
use super::state::AppPrivileges;
use crate::message::Reply;

/// `GET /_security/user/_has_privileges`, with a name for nobody but the caller.
pub(crate) fn has_privileges(call: &mut Call<'_>) -> Answer {
    let asked = call.param("user");
    if !asked.is_empty() && asked != call.who.user.username {
        return Err(Refusal::illegal("users may only check the privileges of their own account"));
    }
    let mut fields = call.fields("has_privileges")?;
    let questions = Questions::read(&mut fields)?;
    fields.finish_by_hand("privilege check request")?;
    let mut body = questions.answer(&call.who.grants, &call.state.app_privileges);
    body["username"] = json!(call.who.user.username);
    Ok(Reply::ok(body))
}

/// `GET /_security/user/_privileges`.
pub(crate) fn list(call: &mut Call<'_>) -> Answer {
    if call.who.grants.layers.len() > 1 {
        return Err(Refusal::illegal(
            "Cannot retrieve privileges for API keys with assigned role descriptors. Please use the Get API key information API https://ela.st/es-api-get-api-key",
        ));
    }
    let roles: Vec<&Role> = call.who.grants.every_role().collect();
    let mut cluster: Vec<&String> = roles.iter().flat_map(|role| &role.cluster).collect();
    cluster.sort();
    cluster.dedup();
    let mut run_as: Vec<&String> = roles.iter().flat_map(|role| &role.run_as).collect();
    run_as.sort();
    run_as.dedup();
    let mut body = json!({
        "cluster": cluster,
        "global": roles.iter().filter_map(|role| role.global.clone()).collect::<Vec<_>>(),
        "indices": roles.iter().flat_map(|role| &role.indices).map(|grant| {
            let mut shown = json!({
                "names": grant.names,
                "privileges": grant.privileges,
                "allow_restricted_indices": grant.allow_restricted_indices,
            });
            if let Some(security) = &grant.field_security {
                shown["field_security"] = json!([security]);
            }
            if let Some(query) = &grant.query {
                shown["query"] = json!([query]);
            }
            shown
        }).collect::<Vec<_>>(),
        "applications": roles.iter().flat_map(|role| &role.applications).map(|grant| {
            json!({ "application": grant.application, "privileges": grant.privileges, "resources": grant.resources })
        }).collect::<Vec<_>>(),
        "run_as": run_as,
    });
    for (name, part) in [
        ("remote_indices", (|role| role.remote_indices.as_ref()) as fn(&Role) -> Option<&Value>),
        ("remote_cluster", |role| role.remote_cluster.as_ref()),
    ] {
        let all: Vec<Value> = roles.iter().filter_map(|role| part(role)?.as_array().cloned()).flatten().collect();
        if !all.is_empty() {
            body[name] = all.into();
        }
    }
    Ok(Reply::ok(body))
}

/// `GET /_security/privilege/_builtin`.
pub(crate) fn builtin(_: &mut Call<'_>) -> Answer {
    let names = |catalogue: &[privilege_names::Named]| {
        let mut names: Vec<_> = catalogue.iter().map(|named| named.name).collect();
        names.sort_unstable();
        names
    };
    Ok(Reply::ok(json!({
        "cluster": names(privilege_names::CLUSTER),
        "index": names(privilege_names::INDEX),
        "remote_cluster": privilege_names::REMOTE_CLUSTER,
    })))
}

/// What a request asks of somebody's privileges.
pub(crate) struct Questions {
    cluster: Vec<String>,
    indices: Vec<(Vec<String>, Vec<String>, bool)>,
    applications: Vec<(String, Vec<String>, Vec<String>)>,
}

impl Questions {
    pub(crate) fn read(fields: &mut Fields) -> Result<Self, Refusal> {
        let cluster = fields.texts("cluster")?.unwrap_or_default();
        let mut indices = Vec::new();
        for item in items(fields.value("index")) {
            let mut entry = Fields::of("index", &item)?;
            let names = entry.texts("names")?.ok_or_else(|| missing("index", "names"))?;
            let privileges = entry.texts("privileges")?.ok_or_else(|| missing("index", "privileges"))?;
            let restricted = entry.boolean("allow_restricted_indices")?.unwrap_or(false);
            entry.finish_by_hand("privilege check request")?;
            indices.push((names, privileges, restricted));
        }
        let mut applications = Vec::new();
        for item in items(fields.value("application")) {
            let mut entry = Fields::of("application", &item)?;
            let application = entry.text("application")?.ok_or_else(|| missing("application", "application"))?;
            let privileges = entry.texts("privileges")?.ok_or_else(|| missing("application", "privileges"))?;
            let resources = entry.texts("resources")?.ok_or_else(|| missing("application", "resources"))?;
            entry.finish_by_hand("privilege check request")?;
            applications.push((application, privileges, resources));
        }
        if cluster.is_empty() && indices.is_empty() && applications.is_empty() {
            return Err(Refusal::validation(&["must specify at least one privilege"]));
        }
        let as_role = json!({
            "cluster": cluster,
            "indices": indices.iter().map(|(names, privileges, _)| json!({ "names": names, "privileges": privileges })).collect::<Vec<_>>(),
        });
        if let Some(problem) = Role::read("check", &as_role)?.problem() {
            return Err(Refusal::illegal(problem));
        }
        Ok(Self { cluster, indices, applications })
    }

    pub(crate) fn all_granted(&self, grants: &Grants, known: &AppPrivileges) -> bool {
        self.answer(grants, known)["has_all_requested"] == json!(true)
    }

    fn answer(&self, grants: &Grants, known: &AppPrivileges) -> Value {
        let mut all = true;
        let mut note = |granted: bool| {
            all &= granted;
            Value::Bool(granted)
        };
        let mut cluster = Map::new();
        for privilege in &self.cluster {
            cluster.insert(privilege.clone(), note(grants.has_cluster(privilege)));
        }
        let mut index: Map<String, Value> = Map::new();
        for (names, privileges, restricted) in &self.indices {
            for name in names {
                let entry = index.entry(name.clone()).or_insert_with(|| json!({}));
                for privilege in privileges {
                    entry[privilege] = note(grants.has_index(name, privilege, *restricted));
                }
            }
        }
        let mut application: Map<String, Value> = Map::new();
        for (app, privileges, resources) in &self.applications {
            let of_app = application.entry(app.clone()).or_insert_with(|| json!({}));
            for resource in resources {
                for privilege in privileges {
                    of_app[resource][privilege] = note(grants.has_application(known, app, privilege, resource));
                }
            }
        }
        json!({ "has_all_requested": all, "cluster": cluster, "index": index, "application": application })
    }
}

fn items(value: Option<Value>) -> Vec<Value> {
    match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(items)) => items,
        Some(one) => vec![one],
    }
}

fn missing(part: &str, member: &str) -> Refusal {
    Refusal::parse(format!("failed to parse privilege check [{part}]. missing required [{member}] field"))
}
