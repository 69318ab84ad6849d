//! Who is calling. The one place that reads `Authorization`; it never asks what the caller wants to do.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde_json::{Value, json};

use super::error::{Refusal, TOKEN_EXPIRED};
use super::grants::Grants;
use super::service_accounts;
use super::state::{ApiKey, Owner, Principal, Realm, State};
use crate::message::Request;

/// A caller whose credentials were good.
#[derive(Clone)]
pub(crate) struct Authentication {
    pub(crate) user: Principal,
    pub(crate) realm: Realm,
    pub(crate) via: Via,
    pub(crate) grants: Grants,
    /// Those of the assigned roles that exist.
    pub(crate) effective_roles: Vec<String>,
    /// Who runs as `user`.
    pub(crate) runner: Option<Runner>,
}

/// A caller who acts as somebody else.
#[derive(Clone)]
pub(crate) struct Runner {
    pub(crate) username: String,
    pub(crate) realm: Realm,
    /// How they proved who they are, in the words of `_authenticate`.
    pub(crate) authentication_type: &'static str,
}

/// What kind of credential was shown.
#[derive(Clone, PartialEq)]
pub(crate) enum Via {
    Password,
    AccessToken,
    ApiKey {
        id: String,
        name: String,
        owner_realm: Realm,
    },
    ServiceToken {
        name: String,
    },
    /// Nothing was shown.
    Anonymous,
}

/// Checks the credentials of a request.
pub(crate) fn authenticate(state: &State, request: &Request, now: u64) -> Result<Authentication, Refusal> {
    let uri = request.uri();
    let missing = || Refusal::unauthorized(format!("missing authentication credentials for REST request [{uri}]"));
    let Some(header) = request.header("authorization") else {
        return by_nothing(state).ok_or_else(missing);
    };
    let (scheme, value) = header.split_once(' ').ok_or_else(missing)?;
    let value = value.trim();
    let target = format!("REST request [{uri}]");
    let caller = match scheme.to_ascii_lowercase().as_str() {
        "basic" => {
            let (username, password) = basic(value)?;
            by_password(state, &username, &password, &target)?
        }
        "apikey" => by_api_key(state, value, now)?,
        "bearer" => by_bearer(state, value, now)?,
        "negotiate" => super::sso::kerberos::authenticate(state, value, now)?,
        _ => return Err(missing()),
    };
    if let Some(second) = request.header("es-secondary-authorization") {
        check_secondary(state, second, now)?;
    }
    match request.header("es-security-runas-user") {
        Some(other) if !other.is_empty() => run_as(state, caller, other),
        _ => Ok(caller),
    }
}

/// A second caller is carried along with the first and must be somebody too; nothing here acts in their name.
fn check_secondary(state: &State, header: &str, now: u64) -> Result<(), Refusal> {
    let (scheme, value) = header.split_once(' ').unwrap_or((header, ""));
    let checked = match scheme.to_ascii_lowercase().as_str() {
        "basic" => basic(value.trim()).and_then(|(name, password)| by_password(state, &name, &password, "secondary")),
        "apikey" => by_api_key(state, value.trim(), now),
        "bearer" => by_bearer(state, value.trim(), now),
        _ => Err(not_accepted(None)),
    };
    checked.map(|_| ()).map_err(|_| Refusal::unauthorized("Failed to authenticate secondary user"))
}

/// Checks who calls Kibana, which passes on to Elasticsearch who is calling and neither of the headers beside it.
pub(crate) fn through_kibana(state: &State, request: &Request, now: u64) -> Result<Authentication, Refusal> {
    let mut passed_on = request.clone();
    passed_on.headers.remove("es-secondary-authorization");
    passed_on.headers.remove("es-security-runas-user");
    authenticate(state, &passed_on, now)
}

fn by_nothing(state: &State) -> Option<Authentication> {
    let anonymous = state.anonymous.clone()?;
    Some(Authentication::of(state, anonymous, Realm::new("__anonymous", "__anonymous"), Via::Anonymous))
}

/// Checks a password; `target` says what for, as the refusal names it.
pub(crate) fn by_password(
    state: &State,
    username: &str,
    password: &str,
    target: &str,
) -> Result<Authentication, Refusal> {
    let user = state.users.get(username).filter(|user| user.profile.enabled);
    let matching = user.filter(|user| user.hash.as_ref().is_some_and(|hash| hash.matches(password)));
    match matching {
        Some(user) => Ok(Authentication::of(state, user.profile.clone(), user.realm(), Via::Password)),
        None => Err(Refusal::unauthorized(format!("unable to authenticate user [{username}] for {target}"))),
    }
}

/// Checks an access token or a service account's token.
pub(crate) fn by_bearer(state: &State, value: &str, now: u64) -> Result<Authentication, Refusal> {
    if let Some((account, name, secret)) = service_accounts::parse_token(value) {
        let known = state.service_tokens.get(&account).and_then(|tokens| tokens.get(&name));
        let good = known.is_some_and(|hash| hash.matches(&secret));
        let principal = good.then(|| service_accounts::principal(&account)).flatten();
        return match principal {
            Some((principal, role)) => Ok(Authentication {
                user: principal,
                realm: Realm::new("_service_account", "_service_account"),
                via: Via::ServiceToken { name },
                grants: Grants::of(vec![role]),
                effective_roles: Vec::new(),
                runner: None,
            }),
            None => Err(Refusal::unauthorized(format!(
                "failed to authenticate service account [{account}] with token name [{name}]"
            ))),
        };
    }
    let Some(token) = state.tokens.iter().find(|token| token.access == value) else {
        return Err(not_accepted(None));
    };
    if token.access_invalidated || token.expires <= now {
        return Err(Refusal::challenge("token expired", vec![TOKEN_EXPIRED]));
    }
    Ok(Authentication::of(state, token.subject.clone(), token.realm.clone(), Via::AccessToken))
}

/// Finds the key that an encoded credential stands for.
pub(crate) fn find_api_key<'a>(state: &'a State, encoded: &str, now: u64) -> Result<&'a ApiKey, String> {
    let decoded = decode(encoded).ok_or("invalid ApiKey value")?;
    let (id, secret) = decoded.split_once(':').ok_or("invalid ApiKey value")?;
    let key =
        state.api_keys.iter().find(|key| key.id == id).ok_or_else(|| format!("unable to find apikey with id {id}"))?;
    if !key.hash.matches(secret) {
        return Err(format!("invalid credentials for API key [{id}]"));
    }
    if key.invalidation.is_some() {
        return Err(format!("api key [{id}] has been invalidated"));
    }
    if key.is_expired(now) {
        return Err("api key is expired".to_owned());
    }
    Ok(key)
}

/// Checks the credentials that a grant shows.
pub(crate) fn granted(
    state: &State,
    now: u64,
    grant_type: &str,
    username: Option<String>,
    password: Option<String>,
    access_token: Option<String>,
) -> Result<Authentication, Refusal> {
    let unsupported =
        |field: &str| Refusal::validation(&[format!("[{field}] is not supported for grant_type [{grant_type}]")]);
    match grant_type {
        "password" => {
            if access_token.is_some() {
                return Err(unsupported("access_token"));
            }
            let username =
                username.ok_or_else(|| Refusal::validation(&["[username] is required for grant_type [password]"]))?;
            let password =
                password.ok_or_else(|| Refusal::validation(&["[password] is required for grant_type [password]"]))?;
            by_password(state, &username, &password, "action [cluster:admin/xpack/security/api_key/grant]")
        }
        "access_token" => {
            if username.is_some() || password.is_some() {
                return Err(unsupported(if username.is_some() { "username" } else { "password" }));
            }
            let token = access_token
                .ok_or_else(|| Refusal::validation(&["[access_token] is required for grant_type [access_token]"]))?;
            by_bearer(state, &token, now)
        }
        other => Err(Refusal::validation(&[format!("grant_type [{other}] is not supported")])),
    }
}

impl Authentication {
    pub(crate) fn of(state: &State, user: Principal, realm: Realm, via: Via) -> Self {
        let roles = state.descriptors(&user.roles);
        let effective_roles = user.roles.iter().filter(|name| roles.contains_key(*name)).cloned().collect();
        Self { user, realm, via, grants: Grants::of(roles.into_values().collect()), effective_roles, runner: None }
    }

    /// Whose the keys are that this caller makes: a key's are its owner's.
    pub(crate) fn owner(&self) -> Owner {
        let realm = match &self.via {
            Via::ApiKey { owner_realm, .. } => owner_realm,
            _ => &self.realm,
        };
        Owner { username: self.user.username.clone(), realm: realm.clone() }
    }

    /// What kind of credential was shown, in the words of `_authenticate`.
    pub(crate) fn authentication_type(&self) -> &'static str {
        match &self.via {
            Via::Password => "realm",
            Via::AccessToken | Via::ServiceToken { .. } => "token",
            Via::ApiKey { .. } => "api_key",
            Via::Anonymous => "anonymous",
        }
    }

    /// The caller as a refusal names it.
    pub(crate) fn described(&self) -> String {
        let name = &self.user.username;
        match (&self.via, &self.runner) {
            (Via::ApiKey { id, .. }, None) => format!("API key id [{id}] of user [{name}]"),
            (Via::ServiceToken { .. }, None) => format!("service account [{name}]"),
            (_, Some(runner)) => {
                let runner = &runner.username;
                format!("user [{runner}] run as [{name}]{}", self.described_roles())
            }
            _ => format!("user [{name}]{}", self.described_roles()),
        }
    }

    pub(crate) fn realm_json(&self) -> Value {
        json!({ "name": self.realm.name, "type": self.realm.kind })
    }

    fn described_roles(&self) -> String {
        let mut text = format!(" with effective roles [{}]", self.effective_roles.join(","));
        let mut missing: Vec<_> =
            self.user.roles.iter().filter(|role| !self.effective_roles.contains(role)).cloned().collect();
        if !missing.is_empty() {
            missing.sort();
            text.push_str(&format!(" (assigned roles [{}] were not found)", missing.join(",")));
        }
        text
    }
}

fn by_api_key(state: &State, value: &str, now: u64) -> Result<Authentication, Refusal> {
    let key = find_api_key(state, value, now).map_err(|why| not_accepted(Some(why)))?;
    if key.access.is_some() {
        let id = &key.id;
        return Err(not_accepted(Some(format!(
            "authentication expected API key type of [rest], but API key [{id}] has type [cross_cluster]"
        ))));
    }
    // Without roles of its own it may do what its owner might; an owner who might do nothing leaves it nothing.
    let own = Some(&key.roles).filter(|roles| !roles.is_empty());
    let layers = own.into_iter().chain([&key.limited_by]);
    Ok(Authentication {
        user: Principal { username: key.owner.username.clone(), enabled: true, ..Principal::default() },
        realm: Realm::new("_es_api_key", "_es_api_key"),
        via: Via::ApiKey { id: key.id.clone(), name: key.name.clone(), owner_realm: key.owner.realm.clone() },
        grants: Grants { layers: layers.map(|roles| roles.values().cloned().collect()).collect() },
        effective_roles: Vec::new(),
        runner: None,
    })
}

fn run_as(state: &State, caller: Authentication, other: &str) -> Result<Authentication, Refusal> {
    let target = state.users.get(other).filter(|user| user.profile.enabled);
    match target {
        Some(user) if caller.grants.may_run_as(other) => {
            let mut authentication = Authentication::of(state, user.profile.clone(), user.realm(), Via::Password);
            authentication.runner = Some(Runner {
                authentication_type: caller.authentication_type(),
                username: caller.user.username,
                realm: caller.realm,
            });
            Ok(authentication)
        }
        _ => Err(Refusal::forbidden(format!(
            "action [cluster:admin/xpack/security/user/authenticate] is unauthorized for {}, because user [{}] is unauthorized to run as [{other}]",
            caller.described(),
            caller.user.username
        ))),
    }
}

fn not_accepted(why: Option<String>) -> Refusal {
    let refusal = Refusal::unauthorized(
        "unable to authenticate with provided credentials and anonymous access is not allowed for this request",
    );
    match why {
        Some(why) => refusal.with("additional_unsuccessful_credentials", format!("API key: {why}")),
        None => refusal,
    }
}

fn basic(value: &str) -> Result<(String, String), Refusal> {
    let decoded = decode(value).ok_or_else(|| Refusal::unauthorized("invalid basic authentication header encoding"))?;
    match decoded.split_once(':') {
        Some((username, password)) => Ok((username.to_owned(), password.to_owned())),
        None => Err(Refusal::unauthorized("invalid basic authentication header value")),
    }
}

fn decode(value: &str) -> Option<String> {
    let bytes = STANDARD.decode(value).or_else(|_| STANDARD_NO_PAD.decode(value)).ok()?;
    String::from_utf8(bytes).ok()
}
