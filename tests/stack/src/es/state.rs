//! Everything that Elasticsearch's security remembers. Holds data; the rules stand in the modules beside it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::reserved;
use super::role::Role;
use crate::hash::SecretHash;
use crate::ids::Ids;

/// The security state of one cluster.
pub(crate) struct State {
    pub(crate) ids: Ids,
    pub(crate) users: BTreeMap<String, User>,
    pub(crate) roles: BTreeMap<String, Role>,
    pub(crate) reserved_roles: BTreeMap<&'static str, Role>,
    pub(crate) role_mappings: BTreeMap<String, Value>,
    pub(crate) app_privileges: AppPrivileges,
    pub(crate) api_keys: Vec<ApiKey>,
    pub(crate) tokens: Vec<Token>,
    /// Tokens by service account and name.
    pub(crate) service_tokens: BTreeMap<String, BTreeMap<String, SecretHash>>,
    pub(crate) profiles: BTreeMap<String, Profile>,
    /// Index settings by group (`security`, `security-profile`, `security-tokens`), flat keys to texts.
    pub(crate) settings: BTreeMap<&'static str, BTreeMap<String, String>>,
    /// The certificate of whoever vouches for the HTTP port, as DER; empty when it speaks plain http.
    pub(crate) http_ca: Vec<u8>,
    /// Single sign-on.
    pub(crate) sso: super::sso::Memory,
    /// Who those are who show nothing; without it, they are refused.
    pub(crate) anonymous: Option<Principal>,
    pub(crate) cluster_uuid: String,
    pub(crate) node_id: String,
}

/// Stored application privileges by application and name.
pub(crate) type AppPrivileges = BTreeMap<String, BTreeMap<String, AppPrivilege>>;

/// A user of the native or the reserved realm.
#[derive(Clone)]
pub(crate) struct User {
    pub(crate) profile: Principal,
    pub(crate) hash: Option<SecretHash>,
    pub(crate) reserved: bool,
}

/// What the world may know of a user.
#[derive(Clone, Debug, Default)]
pub(crate) struct Principal {
    pub(crate) username: String,
    pub(crate) roles: Vec<String>,
    pub(crate) full_name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) enabled: bool,
}

/// A privilege that an application stored.
#[derive(Clone)]
pub(crate) struct AppPrivilege {
    pub(crate) actions: Vec<String>,
    pub(crate) metadata: Map<String, Value>,
}

/// An API key; its secret is only kept as a hash.
#[derive(Clone)]
pub(crate) struct ApiKey {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) hash: SecretHash,
    pub(crate) creation: u64,
    pub(crate) expiration: Option<u64>,
    pub(crate) invalidation: Option<u64>,
    pub(crate) owner: Owner,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) roles: BTreeMap<String, Role>,
    pub(crate) limited_by: BTreeMap<String, Role>,
    /// Only cross-cluster keys have it.
    pub(crate) access: Option<Value>,
    pub(crate) certificate_identity: Option<String>,
}

/// Whose a key is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Owner {
    pub(crate) username: String,
    pub(crate) realm: Realm,
}

/// Where a user was found.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Realm {
    pub(crate) name: String,
    pub(crate) kind: String,
}

/// An access token and the refresh token that came with it.
#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) access: String,
    pub(crate) refresh: Option<String>,
    pub(crate) subject: Principal,
    pub(crate) realm: Realm,
    /// Who asked for it: only the same client may refresh.
    pub(crate) client: String,
    pub(crate) created: u64,
    pub(crate) expires: u64,
    pub(crate) access_invalidated: bool,
    pub(crate) refresh_invalidated: bool,
    pub(crate) refreshed_at: Option<u64>,
    /// The access token that a refresh made.
    pub(crate) superseded_by: Option<String>,
}

/// A user profile.
#[derive(Clone)]
pub(crate) struct Profile {
    pub(crate) uid: String,
    pub(crate) user: Principal,
    pub(crate) realm: Realm,
    pub(crate) enabled: bool,
    pub(crate) labels: Map<String, Value>,
    pub(crate) data: Map<String, Value>,
    pub(crate) last_synchronized: u64,
    pub(crate) seq_no: u64,
}

impl State {
    pub(crate) fn new(mut ids: Ids, elastic_password: &str) -> Self {
        let mut users = BTreeMap::new();
        for user in reserved::users() {
            users.insert(user.profile.username.clone(), user);
        }
        if let Some(elastic) = users.get_mut("elastic") {
            elastic.hash = Some(ids.hash(elastic_password));
        }
        let cluster_uuid = ids.secret();
        let node_id = ids.secret();
        Self {
            ids,
            users,
            roles: BTreeMap::new(),
            reserved_roles: reserved::roles(),
            role_mappings: BTreeMap::new(),
            app_privileges: AppPrivileges::new(),
            api_keys: Vec::new(),
            tokens: Vec::new(),
            service_tokens: BTreeMap::new(),
            profiles: BTreeMap::new(),
            settings: super::settings::initial(),
            http_ca: Vec::new(),
            sso: super::sso::Memory::default(),
            anonymous: None,
            cluster_uuid,
            node_id,
        }
    }

    pub(crate) fn role(&self, name: &str) -> Option<&Role> {
        self.reserved_roles.get(name).or_else(|| self.roles.get(name))
    }

    /// The descriptors of those of the named roles that exist.
    pub(crate) fn descriptors(&self, names: &[String]) -> BTreeMap<String, Role> {
        let known = names.iter().filter_map(|name| Some((name.clone(), self.role(name)?.clone())));
        known.collect()
    }
}

impl User {
    pub(crate) fn realm(&self) -> Realm {
        match self.reserved {
            true => Realm::new("reserved", "reserved"),
            false => Realm::new("default_native", "native"),
        }
    }
}

impl Realm {
    pub(crate) fn new(name: &str, kind: &str) -> Self {
        Self { name: name.to_owned(), kind: kind.to_owned() }
    }
}

impl ApiKey {
    pub(crate) fn is_active(&self, now: u64) -> bool {
        self.invalidation.is_none() && !self.is_expired(now)
    }

    pub(crate) fn is_expired(&self, now: u64) -> bool {
        self.expiration.is_some_and(|at| at <= now)
    }

    pub(crate) fn kind(&self) -> &'static str {
        if self.access.is_some() { "cross_cluster" } else { "rest" }
    }
}
