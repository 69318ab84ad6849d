//! Service accounts: a fixed list under `elastic/`, and the tokens that speak for them.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde_json::{Map, Value, json};

use super::call::{Answer, Call};
use super::error::Refusal;
use super::role::Role;
use super::state::Principal;
use crate::message::Reply;

/// What marks a bearer token as a service account's: four bytes before `account/name:secret`.
const MAGIC: [u8; 4] = [0, 1, 0, 1];

/// `GET /_security/service`, of one namespace, of one service.
pub(crate) fn get(call: &mut Call<'_>) -> Answer {
    let (namespace, service) = (call.param("namespace"), call.param("service"));
    let wanted = ACCOUNTS.iter().filter(|(account, ..)| {
        let (its_namespace, its_service) = account.split_once('/').unwrap_or((account, ""));
        (namespace.is_empty() || namespace == its_namespace) && (service.is_empty() || service == its_service)
    });
    let found: Map<String, Value> = wanted
        .map(|(account, ..)| {
            let role = descriptor(account).unwrap_or_default();
            ((*account).to_owned(), json!({ "role_descriptor": role.write() }))
        })
        .collect();
    Ok(Reply::ok(found.into()))
}

/// `POST /_security/service/{namespace}/{service}/credential/token` and `PUT` with a name.
pub(crate) fn create_token(call: &mut Call<'_>) -> Answer {
    let account = account(call);
    if descriptor(&account).is_none() {
        return Err(Refusal::illegal(format!("service account [{account}] does not exist")));
    }
    let mut name = call.param("name");
    if name.is_empty() {
        name = format!("token_{}", call.state.ids.document_id());
    }
    let first = name.chars().next().unwrap_or('_');
    let good = name.len() <= 256 && first != '_' && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    if !good {
        return Err(Refusal::validation(&[
            "service account token name must have at least 1 character and at most 256 characters that are alphanumeric (A-Z, a-z, 0-9) or hyphen (-) or underscore (_). It must not begin with an underscore (_).",
        ]));
    }
    let taken = call.state.service_tokens.get(&account).is_some_and(|tokens| tokens.contains_key(&name));
    if taken {
        let reason = format!(
            "[service_account_token-{account}/{name}]: version conflict, document already exists (current version [1])"
        );
        return Err(Refusal::new(409, "version_conflict_engine_exception", reason));
    }
    let secret = call.state.ids.secret();
    let hash = call.state.ids.hash(&secret);
    let value = format_token(&account, &name, &secret);
    call.state.service_tokens.entry(account).or_default().insert(name.clone(), hash);
    Ok(Reply::ok(json!({ "created": true, "token": { "name": name, "value": value } })))
}

/// `GET /_security/service/{namespace}/{service}/credential`.
pub(crate) fn get_credentials(call: &mut Call<'_>) -> Answer {
    let account = account(call);
    let tokens: Map<String, Value> = call
        .state
        .service_tokens
        .get(&account)
        .into_iter()
        .flat_map(|tokens| tokens.keys())
        .map(|name| (name.clone(), json!({})))
        .collect();
    Ok(Reply::ok(json!({
        "service_account": account,
        "count": tokens.len(),
        "tokens": tokens,
        "nodes_credentials": { "_nodes": { "total": 1, "successful": 1, "failed": 0 }, "file_tokens": {} },
    })))
}

/// `DELETE /_security/service/{namespace}/{service}/credential/token/{name}`.
pub(crate) fn delete_token(call: &mut Call<'_>) -> Answer {
    let (account, name) = (account(call), call.param("name"));
    let tokens = call.state.service_tokens.get_mut(&account);
    let found = tokens.and_then(|tokens| tokens.remove(&name)).is_some();
    Ok(Reply::json(if found { 200 } else { 404 }, json!({ "found": found })))
}

/// `GET /_security/enroll/kibana`: a token for the account that Kibana runs as.
pub(crate) fn enroll_kibana(call: &mut Call<'_>) -> Answer {
    let account = "elastic/kibana".to_owned();
    let name = format!("enroll-process-token-{}", call.now);
    let secret = call.state.ids.secret();
    let hash = call.state.ids.hash(&secret);
    let value = format_token(&account, &name, &secret);
    call.state.service_tokens.entry(account).or_default().insert(name.clone(), hash);
    Ok(Reply::ok(json!({ "token": { "name": name, "value": value }, "http_ca": STANDARD.encode(&call.state.http_ca) })))
}

/// Takes a bearer token apart if it is a service account's.
pub(crate) fn parse_token(value: &str) -> Option<(String, String, String)> {
    let bytes = STANDARD_NO_PAD.decode(value.trim_end_matches('=')).ok()?;
    let text = std::str::from_utf8(bytes.strip_prefix(&MAGIC)?).ok()?;
    let (qualified, secret) = text.split_once(':')?;
    let (account, name) = qualified.rsplit_once('/')?;
    Some((account.to_owned(), name.to_owned(), secret.to_owned()))
}

/// The user that a service account is, and what it may do.
pub(crate) fn principal(account: &str) -> Option<(Principal, Role)> {
    let role = descriptor(account)?;
    let principal = Principal {
        username: account.to_owned(),
        full_name: Some(format!("Service account - {account}")),
        metadata: Map::from_iter([("_elastic_service_account".to_owned(), json!(true))]),
        enabled: true,
        ..Principal::default()
    };
    Some((principal, role))
}

type Account = (&'static str, &'static [&'static str], &'static [(&'static [&'static str], &'static [&'static str])]);

const FLEET_DATA: &[&str] = &[
    "logs-*",
    "metrics-*",
    "traces-*",
    ".logs-endpoint.diagnostic.collection-*",
    ".logs-endpoint.action.responses-*",
    "synthetics-*",
];
const FLEET_OWN: &[&str] = &[
    ".fleet-actions*",
    ".fleet-agents*",
    ".fleet-artifacts*",
    ".fleet-enrollment-api-keys*",
    ".fleet-policies*",
    ".fleet-servers*",
];

/// Accounts by name, with cluster privileges and index privileges.
#[rustfmt::skip]
const ACCOUNTS: &[Account] = &[
    ("elastic/auto-ops", &["monitor", "read_ilm", "read_slm"], &[(&["*"], &["monitor", "view_index_metadata"])]),
    ("elastic/enterprise-search-server", &["manage", "manage_security", "read_connector_secrets", "write_connector_secrets"], &[(&["search-*", ".ent-search-*", ".elastic-connectors*"], &["manage", "read", "write"])]),
    ("elastic/fleet-server", &["monitor", "manage_own_api_key", "read_fleet_secrets"], &[(FLEET_DATA, &["write", "create_index", "auto_configure"]), (FLEET_OWN, &["read", "write", "monitor", "create_index", "auto_configure", "maintenance"])]),
    ("elastic/fleet-server-remote", &["monitor", "manage_own_api_key"], &[(FLEET_DATA, &["write", "create_index", "auto_configure"])]),
    ("elastic/kibana", &["monitor", "manage_index_templates", "manage_saml", "manage_token", "manage_oidc", "manage_enrich", "manage_pipeline", "manage_ilm", "manage_transform", "grant_api_key", "manage_own_api_key", "manage_user_profile", "delegate_pki"], &[(&[".kibana*", ".reporting-*"], &["all"])]),
];

fn descriptor(account: &str) -> Option<Role> {
    let (_, cluster, indices) = ACCOUNTS.iter().find(|(name, ..)| *name == account)?;
    let indices: Vec<Value> = indices
        .iter()
        .map(|(names, privileges)| json!({ "names": names, "privileges": privileges, "allow_restricted_indices": names[0].starts_with(".fleet") || names[0].starts_with(".kibana") }))
        .collect();
    Role::read(account, &json!({ "cluster": cluster, "indices": indices })).ok()
}

fn account(call: &Call<'_>) -> String {
    format!("{}/{}", call.param("namespace"), call.param("service"))
}

fn format_token(account: &str, name: &str, secret: &str) -> String {
    let mut bytes = MAGIC.to_vec();
    bytes.extend(format!("{account}/{name}:{secret}").into_bytes());
    STANDARD_NO_PAD.encode(bytes)
}
