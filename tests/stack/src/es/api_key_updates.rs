//! Changing API keys that exist, and the keys that other clusters use. Only a key's owner changes it, never a key itself.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::api_key_selection;
use super::api_keys::{self, Wanted};
use super::authentication::Via;
use super::call::{Answer, Call, Fields};
use super::error::Refusal;
use super::role::Role;
use super::roles::with_errors;
use super::state::ApiKey;
use crate::message::Reply;

/// `PUT /_security/api_key/{id}`.
pub(crate) fn update(call: &mut Call<'_>) -> Answer {
    let mut fields = call.optional_fields("update_api_key_request_payload")?;
    let change = Change::read(&mut fields)?;
    fields.finish()?;
    let id = call.param("id");
    let updated = apply(call, &id, &change, "rest")?;
    Ok(Reply::ok(json!({ "updated": updated })))
}

/// `POST /_security/api_key/_bulk_update`: one bad id doesn't stop the others.
pub(crate) fn bulk_update(call: &mut Call<'_>) -> Answer {
    let mut fields = call.fields("bulk_update_api_key_request")?;
    let ids = fields.texts("ids")?.ok_or_else(|| fields.missing("ids"))?;
    let change = Change::read(&mut fields)?;
    fields.finish()?;
    if ids.is_empty() {
        return Err(Refusal::validation(&["Field [ids] cannot be empty"]));
    }
    let (mut updated, mut noops, mut errors) = (Vec::new(), Vec::new(), Map::new());
    for id in ids {
        match apply(call, &id, &change, "rest") {
            Ok(true) => updated.push(id),
            Ok(false) => noops.push(id),
            Err(refusal) if refusal.status() == 403 => return Err(refusal),
            Err(refusal) => {
                errors.insert(id, refusal.cause());
            }
        }
    }
    let body = Map::from_iter([("updated".into(), json!(updated)), ("noops".into(), json!(noops))]);
    Ok(Reply::ok(with_errors(body, errors)))
}

/// `POST /_security/cross_cluster/api_key`.
pub(crate) fn create_cross_cluster(call: &mut Call<'_>) -> Answer {
    let mut fields = call.fields("cross_cluster_api_key_request_payload")?;
    let name = fields.required_text("name")?;
    let access = fields.object("access")?.ok_or_else(|| fields.missing("access"))?;
    let expiration = api_keys::expiration(&mut fields)?;
    let metadata = api_keys::metadata(&mut fields)?.unwrap_or_default();
    let certificate_identity = fields.text("certificate_identity")?;
    fields.finish()?;
    if matches!(call.who.via, Via::ApiKey { .. }) {
        return Err(Refusal::illegal(
            "authentication via API key not supported: An API key cannot be used to create a cross-cluster API key",
        ));
    }
    if let Some(problem) = api_keys::name_problem(&name) {
        return Err(Refusal::validation(&[problem]));
    }
    let access = read_access(access)?;
    let wanted = Wanted {
        name,
        expiration,
        roles: BTreeMap::from([("cross_cluster".to_owned(), access.role)]),
        metadata,
        access: Some(access.shown),
        certificate_identity,
    };
    let owner = call.who.clone();
    Ok(Reply::ok(api_keys::issue(call, &owner, wanted)))
}

/// `PUT /_security/cross_cluster/api_key/{id}`.
pub(crate) fn update_cross_cluster(call: &mut Call<'_>) -> Answer {
    let mut fields = call.fields("update_cross_cluster_api_key_request_payload")?;
    let access = fields.object("access")?.map(read_access).transpose()?;
    let certificate_identity = fields.value("certificate_identity");
    let mut change = Change {
        expiration: api_keys::expiration(&mut fields)?,
        metadata: api_keys::metadata(&mut fields)?,
        ..Change::default()
    };
    fields.finish()?;
    change.certificate_identity = certificate_identity.map(|value| value.as_str().map(str::to_owned));
    if let Some(access) = access {
        change.roles = Some(BTreeMap::from([("cross_cluster".to_owned(), access.role)]));
        change.access = Some(access.shown);
    }
    if change.is_empty() {
        return Err(Refusal::validation(&["must update either [access] or [metadata] for cross-cluster API keys"]));
    }
    let id = call.param("id");
    let updated = apply(call, &id, &change, "cross_cluster")?;
    Ok(Reply::ok(json!({ "updated": updated })))
}

/// What a request changes; what it leaves out stays.
#[derive(Default)]
struct Change {
    roles: Option<BTreeMap<String, Role>>,
    metadata: Option<Map<String, Value>>,
    expiration: Option<u64>,
    access: Option<Value>,
    certificate_identity: Option<Option<String>>,
}

impl Change {
    fn read(fields: &mut Fields) -> Result<Self, Refusal> {
        Ok(Self {
            roles: api_keys::role_descriptors(fields)?,
            metadata: api_keys::metadata(fields)?,
            expiration: api_keys::expiration(fields)?,
            ..Self::default()
        })
    }

    fn is_empty(&self) -> bool {
        self.roles.is_none()
            && self.metadata.is_none()
            && self.expiration.is_none()
            && self.certificate_identity.is_none()
    }
}

/// Changes one key; tells whether anything is different now.
fn apply(call: &mut Call<'_>, id: &str, change: &Change, kind: &str) -> Result<bool, Refusal> {
    if matches!(call.who.via, Via::ApiKey { .. }) {
        return Err(Refusal::illegal(
            "authentication via API key not supported: only the owner user can update an API key",
        ));
    }
    let limits = match kind {
        "rest" => api_keys::limits(call, &call.who),
        _ => BTreeMap::new(),
    };
    let (now, who) = (call.now, call.who.clone());
    let key = call.state.api_keys.iter_mut().find(|key| key.id == id && api_key_selection::owned(key, &who));
    let key =
        key.ok_or_else(|| Refusal::not_found(format!("no API key owned by requesting user found for ID [{id}]")))?;
    if key.invalidation.is_some() {
        return Err(Refusal::illegal(format!("cannot update invalidated API key [{id}]")));
    }
    if key.is_expired(now) {
        return Err(Refusal::illegal(format!("cannot update expired API key [{id}]")));
    }
    if key.kind() != kind {
        let found = key.kind();
        return Err(Refusal::illegal(format!(
            "cannot update API key of type [{found}] while expected type is [{kind}]"
        )));
    }
    let before = comparable(key);
    if let Some(roles) = &change.roles {
        key.roles.clone_from(roles);
    }
    if let Some(metadata) = &change.metadata {
        key.metadata.clone_from(metadata);
    }
    if let Some(after) = change.expiration {
        key.expiration = Some(now.saturating_add(after));
    }
    if change.access.is_some() {
        key.access.clone_from(&change.access);
    }
    if let Some(identity) = &change.certificate_identity {
        key.certificate_identity.clone_from(identity);
    }
    key.limited_by = limits;
    Ok(comparable(key) != before)
}

fn comparable(key: &ApiKey) -> Value {
    api_keys::shown(key, true, None)
}

struct Access {
    role: Role,
    shown: Value,
}

/// Turns `search` and `replication` into the role they mean.
fn read_access(access: Map<String, Value>) -> Result<Access, Refusal> {
    let mut fields = Fields::of("access", &Value::Object(access))?;
    let search = entries(fields.value("search"), &["names", "field_security", "query", "allow_restricted_indices"])?;
    let replication = entries(fields.value("replication"), &["names", "allow_restricted_indices"])?;
    fields.finish()?;
    if search.is_empty() && replication.is_empty() {
        return Err(Refusal::illegal("must specify non-empty access for either [search] or [replication]"));
    }
    let mut cluster = Vec::new();
    let mut indices = Vec::new();
    let mut shown = Map::new();
    for (name, privilege, members, granted) in [
        ("search", "cross_cluster_search", search, &["read", "read_cross_cluster", "view_index_metadata"][..]),
        (
            "replication",
            "cross_cluster_replication",
            replication,
            &["cross_cluster_replication", "cross_cluster_replication_internal"][..],
        ),
    ] {
        if members.is_empty() {
            continue;
        }
        cluster.push(privilege);
        let mut listed = Vec::new();
        for mut entry in members {
            if !entry.contains_key("allow_restricted_indices") {
                entry.insert("allow_restricted_indices".into(), json!(false));
            }
            if let Some(Value::String(one)) = entry.get("names").cloned() {
                entry.insert("names".into(), json!([one]));
            }
            listed.push(Value::Object(entry.clone()));
            entry.insert("privileges".into(), json!(granted));
            indices.push(Value::Object(entry));
        }
        shown.insert(name.into(), listed.into());
    }
    let role = Role::read("cross_cluster", &json!({ "cluster": cluster, "indices": indices }))?;
    Ok(Access { role, shown: Value::Object(shown) })
}

fn entries(value: Option<Value>, known: &[&str]) -> Result<Vec<Map<String, Value>>, Refusal> {
    let items = match value {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(items)) => items,
        Some(other) => vec![other],
    };
    let mut found = Vec::new();
    for item in items {
        let Value::Object(members) = item else {
            return Err(Refusal::content("[1:1] [access] failed to parse field: expected an object"));
        };
        if let Some(other) = members.keys().find(|key| !known.contains(&key.as_str())) {
            return Err(Refusal::content(format!("[1:1] [access] unknown field [{other}]")));
        }
        if !members.contains_key("names") {
            return Err(Refusal::illegal("Required [names]"));
        }
        found.push(members);
    }
    Ok(found)
}
