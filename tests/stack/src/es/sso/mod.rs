//! The realms that trust somebody else: `oidc1`, `saml1`, `kerb1` and `pki1`. What that somebody says is made by the test
//! identity provider and sealed by it; the realms check seal, time, and whom it is meant for. Its signatures are HMACs: the
//! stack proves who made a message, not that it reads SAML's or X.509's signatures.

pub(crate) mod kerberos;
pub(crate) mod oidc;
pub(crate) mod pki;
pub(crate) mod saml;
pub(crate) mod seal;
mod x509;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::authentication::{Authentication, Via};
use super::call::Call;
use super::error::{Refusal, TOKEN_MALFORMED};
use super::role_mappings;
use super::state::{Principal, Realm, State};

/// Who the identity provider vouches for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Subject {
    pub(crate) username: String,
    pub(crate) groups: Vec<String>,
    pub(crate) dn: Option<String>,
}

/// What the identity provider and the realms remember.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) codes: BTreeMap<String, oidc::Code>,
    /// Tickets that were shown: each is good once.
    pub(crate) tickets: RefCell<BTreeSet<String>>,
}

/// One of the realms.
#[derive(Clone, Copy)]
pub(crate) struct Trusting {
    pub(crate) name: &'static str,
    pub(crate) kind: &'static str,
}

impl Trusting {
    pub(crate) fn realm(self) -> Realm {
        Realm::new(self.name, self.kind)
    }

    /// The user that the realm makes of a subject: their roles come from role mappings.
    pub(crate) fn authenticate(self, state: &State, subject: &Subject) -> Authentication {
        let user = Principal {
            username: subject.username.clone(),
            roles: role_mappings::roles_of(state, subject, self.name),
            enabled: true,
            ..Principal::default()
        };
        Authentication::of(state, user, self.realm(), Via::Password)
    }
}

/// The refusal of a proof, in the words of an action that authenticates with it.
pub(crate) fn refused(principal: &str, action: &str) -> Refusal {
    Refusal::unauthorized(format!("unable to authenticate user [{principal}] for action [{action}]"))
}

/// A defect of the realm's configuration or of the identity provider's message: a security exception without a status.
pub(crate) fn broken(reason: impl Into<String>) -> Refusal {
    Refusal::new(500, "security_exception", reason)
}

/// Ends the session that an access token stands for, at a logout that goes on to the identity provider: whose it was.
fn end(call: &mut Call<'_>, realm: Trusting, access: &str, refresh: Option<&str>) -> Result<Principal, Refusal> {
    let now = call.now;
    let found = call.state.tokens.iter_mut().find(|token| token.access == access);
    let token = found.ok_or_else(|| Refusal::challenge("token malformed", vec![TOKEN_MALFORMED]))?;
    if token.access_invalidated || token.expires <= now {
        return Err(Refusal::challenge("token expired", vec![super::error::TOKEN_EXPIRED]));
    }
    if token.realm.name != realm.name {
        let reason = format!("the token is not of a realm of type [{}]", realm.kind);
        return Err(Refusal::illegal(reason));
    }
    let user = token.subject.clone();
    token.access_invalidated = true;
    for stored in &mut call.state.tokens {
        stored.refresh_invalidated |= refresh.is_some() && stored.refresh.as_deref() == refresh;
    }
    Ok(user)
}

/// A parameter of a query.
fn parameter(query: &str, name: &str) -> Option<String> {
    let pair = query.split('&').find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name));
    pair.map(|(_, value)| decoded(value))
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}
