//! Which keys a request means, and whether its caller may mean them.

use super::authentication::{Authentication, Via};
use super::call::Call;
use super::error::Refusal;
use super::pattern::matches;
use super::state::{ApiKey, Owner};

/// Which keys a request means.
pub(crate) struct Asked {
    pub(crate) ids: Option<Vec<String>>,
    pub(crate) name: Option<String>,
    pub(crate) username: Option<String>,
    pub(crate) realm_name: Option<String>,
    pub(crate) owner: bool,
}

impl Asked {
    pub(crate) fn check(&self, doing: &str) -> Result<(), Refusal> {
        let by_key = self.ids.is_some() || self.name.is_some();
        let by_user = self.username.is_some() || self.realm_name.is_some();
        if by_key && by_user {
            return Err(Refusal::validation(&[
                "username or realm name must not be specified when the api key id(s) or api key name are specified",
            ]));
        }
        if self.owner && by_user {
            return Err(Refusal::validation(&[format!(
                "neither username nor realm-name may be specified when {doing} owned API keys"
            )]));
        }
        if self.ids.is_some() && self.name.is_some() {
            return Err(Refusal::validation(&["only one of [api key id(s), api key name] can be specified"]));
        }
        Ok(())
    }

    pub(crate) fn is_open(&self) -> bool {
        self.ids.is_none() && self.name.is_none() && self.username.is_none() && self.realm_name.is_none()
    }

    /// `manage_own_api_key` is enough when the request itself names only the caller's keys.
    pub(crate) fn authorize(&self, call: &Call<'_>, action: &str) -> Result<(), Refusal> {
        let who = &call.who;
        let own = self.owner
            || match &who.via {
                Via::ApiKey { id, .. } => self.ids.as_deref() == Some(std::slice::from_ref(id)),
                _ => {
                    self.username.as_deref() == Some(who.user.username.as_str())
                        && self.realm_name.as_deref() == Some(who.realm.name.as_str())
                }
            };
        if own { call.require_own(action) } else { call.require(action) }
    }

    pub(crate) fn means(&self, key: &ApiKey, who: &Authentication) -> bool {
        self.ids.as_ref().is_none_or(|ids| ids.contains(&key.id))
            && self.name.as_ref().is_none_or(|name| matches(name, &key.name))
            && self.username.as_ref().is_none_or(|name| *name == key.owner.username)
            && self.realm_name.as_ref().is_none_or(|name| *name == key.owner.realm.name)
            && (!self.owner || owned(key, who))
    }
}

/// Tells whether a key is the caller's own.
pub(crate) fn owned(key: &ApiKey, who: &Authentication) -> bool {
    match &who.via {
        Via::ApiKey { id, .. } => key.id == *id,
        _ => key.owner == Owner { username: who.user.username.clone(), realm: who.realm.clone() },
    }
}
