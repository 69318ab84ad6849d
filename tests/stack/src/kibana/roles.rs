//! Kibana's roles are Elasticsearch's: what they say of spaces and features is kept as application privileges.

use serde_json::{Map, Value, json};

use super::features::APPLICATION;
use super::{Answer, Call, error};
use crate::es::role::{AppGrant, Role};
use crate::message::Reply;
use crate::spec::check::bad_request;

/// `PUT /api/security/role/{name}`.
pub(super) fn put(call: &mut Call<'_>) -> Answer {
    let name = call.param("name");
    if call.flag("createOnly") && call.state.role(&name).is_some() {
        return Err(error(409, "Conflict", &format!("Role already exists and cannot be created: {name}")));
    }
    let body = call.body.clone().unwrap_or_default();
    let role = read(call, &name, &body).map_err(|reason| bad_request(&reason))?;
    call.state.roles.insert(name, role);
    Ok(Reply::empty(204))
}

/// `POST /api/security/roles`: one bad role doesn't stop the others.
pub(super) fn bulk_put(call: &mut Call<'_>) -> Answer {
    let mut answer = Map::new();
    for (name, wanted) in call.member("roles").as_object().cloned().unwrap_or_default() {
        let role = match read(call, &name, &wanted) {
            Ok(role) => role,
            Err(reason) => {
                let errors = answer.entry("errors").or_insert_with(|| json!({}));
                errors[&name] = json!({ "type": "action_request_validation_exception", "reason": reason });
                continue;
            }
        };
        let outcome = match call.state.roles.get(&name) {
            Some(old) if old.write() == role.write() => "noop",
            Some(_) => "updated",
            None => "created",
        };
        if let Value::Array(names) = answer.entry(outcome).or_insert_with(|| json!([])) {
            names.push(json!(name));
        }
        call.state.roles.insert(name, role);
    }
    Ok(Reply::ok(answer.into()))
}

/// `GET /api/security/role/{name}`.
pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let name = call.param("name");
    let found = call.state.role(&name).map(|role| Reply::ok(write(&name, role)));
    found.ok_or_else(|| error(404, "Not Found", "Not Found"))
}

/// `GET /api/security/role`, by name.
pub(super) fn list(call: &mut Call<'_>) -> Answer {
    Ok(Reply::ok(all(call, true).into()))
}

/// `POST /api/security/role/_query`: `query` is looked for in names and descriptions.
pub(super) fn find(call: &mut Call<'_>) -> Answer {
    let reserved = call.member("filters")["showReservedRoles"] != json!(false);
    let query = call.member("query").as_str().unwrap_or_default().to_lowercase();
    let fits = |role: &Value| {
        ["name", "description"]
            .iter()
            .any(|name| role[name].as_str().is_some_and(|text| text.to_lowercase().contains(&query)))
    };
    let mut found: Vec<Value> = all(call, reserved).into_iter().filter(fits).collect();
    if call.member("sort")["direction"] == json!("desc") {
        found.reverse();
    }
    let number =
        |name: &str, default: u64| usize::try_from(call.member(name).as_u64().unwrap_or(default)).unwrap_or(usize::MAX);
    let total = found.len();
    let page: Vec<Value> = found.into_iter().skip(number("from", 0)).take(number("size", 100)).collect();
    Ok(Reply::ok(json!({ "roles": page, "count": page.len(), "total": total })))
}

/// `DELETE /api/security/role/{name}`.
pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let name = call.param("name");
    if call.state.reserved_roles.contains_key(name.as_str()) {
        return Err(bad_request(&format!("role [{name}] is reserved and cannot be deleted")));
    }
    call.state.roles.remove(&name).map(|_| Reply::empty(204)).ok_or_else(|| error(404, "Not Found", "Not Found"))
}

fn all(call: &Call<'_>, reserved: bool) -> Vec<Value> {
    let theirs = call.state.reserved_roles.iter().filter(|_| reserved).map(|(name, role)| write(name, role));
    let own = call.state.roles.iter().map(|(name, role)| write(name, role));
    let mut roles: Vec<Value> = theirs.chain(own).collect();
    roles.sort_by(|a, b| a["name"].as_str().cmp(&b["name"].as_str()));
    roles
}

/// Reads a role as Kibana tells it; the privileges of other applications stay as they were.
fn read(call: &Call<'_>, name: &str, body: &Value) -> Result<Role, String> {
    if call.state.reserved_roles.contains_key(name) {
        return Err(format!("Role [{name}] is reserved and may not be used."));
    }
    let mut descriptor = body["elasticsearch"].as_object().cloned().unwrap_or_default();
    for member in ["metadata", "description"] {
        descriptor.extend(body.get(member).map(|value| (member.to_owned(), value.clone())));
    }
    let mut role = Role::read_stored(name, &descriptor.into()).map_err(|refusal| refusal.reason())?;
    let kept = call.state.roles.get(name).into_iter().flat_map(|old| old.applications.clone());
    role.applications.extend(kept.filter(|grant| grant.application != APPLICATION));
    for (at, entry) in body["kibana"].as_array().into_iter().flatten().enumerate() {
        role.applications.push(grant(at, entry)?);
    }
    role.problem().map_or(Ok(role), Err)
}

fn grant(at: usize, entry: &Value) -> Result<AppGrant, String> {
    let texts = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let mut spaces = texts(&entry["spaces"]);
    if spaces.is_empty() {
        spaces.push("*".to_owned());
    }
    let everywhere = spaces.iter().any(|space| space == "*");
    if everywhere && spaces.len() > 1 {
        return Err(format!("[request body.kibana.{at}.spaces]: `*` stands alone"));
    }
    let base = texts(&entry["base"]);
    let feature: Vec<String> = entry["feature"]
        .as_object()
        .into_iter()
        .flatten()
        .flat_map(|(feature, levels)| texts(levels).into_iter().map(move |level| format!("feature_{feature}.{level}")))
        .collect();
    if !base.is_empty() && !feature.is_empty() {
        return Err(format!(
            "[request body.kibana.{at}]: definition of [feature] isn't allowed when non-empty [base] is defined."
        ));
    }
    if let Some(unknown) = base.iter().find(|name| !["all", "read"].contains(&name.as_str())) {
        return Err(format!("[request body.kibana.{at}.base]: unknown privilege [{unknown}]"));
    }
    let base = base.into_iter().map(|name| if everywhere { name } else { format!("space_{name}") });
    let privileges: Vec<String> = base.chain(feature).collect();
    if privileges.is_empty() {
        return Err(format!("[request body.kibana.{at}]: [base] or [feature] is expected"));
    }
    let resources =
        spaces.into_iter().map(|space| if space == "*" { space } else { format!("space:{space}") }).collect();
    Ok(AppGrant { application: APPLICATION.to_owned(), privileges, resources })
}

fn write(name: &str, role: &Role) -> Value {
    let whole = role.write();
    let mut elasticsearch =
        json!({ "cluster": whole["cluster"], "indices": whole["indices"], "run_as": whole["run_as"] });
    for member in ["remote_indices", "remote_cluster"] {
        if let Some(value) = whole.get(member) {
            elasticsearch[member] = value.clone();
        }
    }
    let kibana: Vec<Value> = role.applications.iter().filter(|grant| is_kibana(grant)).map(entry).collect();
    let others: Vec<&str> =
        role.applications.iter().filter(|grant| !is_kibana(grant)).map(|grant| grant.application.as_str()).collect();
    let mut out = json!({
        "name": name,
        "metadata": whole["metadata"],
        "transient_metadata": whole["transient_metadata"],
        "elasticsearch": elasticsearch,
        "kibana": kibana,
        "_transform_error": [],
        "_unrecognized_applications": others,
    });
    if let Some(description) = &role.description {
        out["description"] = json!(description);
    }
    out
}

fn is_kibana(grant: &AppGrant) -> bool {
    grant.application == APPLICATION
}

fn entry(grant: &AppGrant) -> Value {
    let (mut base, mut feature) = (Vec::new(), Map::new());
    for privilege in &grant.privileges {
        match privilege.strip_prefix("feature_").and_then(|rest| rest.split_once('.')) {
            Some((name, level)) => {
                if let Value::Array(levels) = feature.entry(name).or_insert_with(|| json!([])) {
                    levels.push(json!(level));
                }
            }
            None => base.push(privilege.trim_start_matches("space_")),
        }
    }
    let spaces: Vec<&str> = grant.resources.iter().map(|text| text.trim_start_matches("space:")).collect();
    json!({ "base": base, "feature": feature, "spaces": spaces })
}
