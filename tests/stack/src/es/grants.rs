//! What a caller may do. Layers are intersected: an API key never does more than its owner could when it was made.
//! Nothing here reads a request or the state; it answers questions about role descriptors.

use serde_json::Value;

use super::pattern::{covers, matches};
use super::privilege_names::{self, Named};
use super::role::{IndexGrant, Role};
use super::state::AppPrivileges;

/// The role descriptors of a caller, a layer per intersection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Grants {
    pub(crate) layers: Vec<Vec<Role>>,
}

impl Grants {
    pub(crate) fn of(roles: Vec<Role>) -> Self {
        Self { layers: vec![roles] }
    }

    /// Tells whether the caller may run a cluster action, whomever it concerns.
    pub(crate) fn allows(&self, action: &str) -> bool {
        self.every(|role| role.cluster.iter().any(|privilege| grants_cluster(privilege, action)))
    }

    /// The same for an action on API keys that concerns the caller's own keys only.
    pub(crate) fn allows_own(&self, action: &str) -> bool {
        let own = action.replace("cluster:admin/xpack/security/api_key/", "own:api_key/");
        self.every(|role| {
            role.cluster.iter().any(|privilege| grants_cluster(privilege, action) || grants_cluster(privilege, &own))
        })
    }

    /// Tells whether a `global` section lets the caller manage the privileges of an application.
    pub(crate) fn manages_application(&self, application: &str) -> bool {
        self.every(|role| global_patterns(role, "application", "manage").any(|p| matches(p, application)))
    }

    /// Tells whether a `global` section lets the caller write an application's part of profiles.
    pub(crate) fn writes_profile_of(&self, application: &str) -> bool {
        self.every(|role| global_patterns(role, "profile", "write").any(|p| matches(p, application)))
    }

    /// Tells whether a cluster privilege, by name or as an action pattern, is granted whole.
    pub(crate) fn has_cluster(&self, privilege: &str) -> bool {
        self.every_layer(|layer| {
            samples(privilege, privilege_names::CLUSTER).iter().all(|action| {
                layer.iter().flat_map(|role| &role.cluster).any(|granted| grants_cluster(granted, action))
            })
        })
    }

    /// Tells whether an index privilege is granted whole on every index that `name` stands for.
    pub(crate) fn has_index(&self, name: &str, privilege: &str, allow_restricted: bool) -> bool {
        self.every_layer(|layer| {
            samples(privilege, privilege_names::INDEX).iter().all(|action| {
                layer
                    .iter()
                    .flat_map(|role| &role.indices)
                    .any(|grant| grants_index(grant, name, action, allow_restricted))
            })
        })
    }

    /// Tells whether an application privilege is granted whole on a resource.
    pub(crate) fn has_application(
        &self,
        known: &AppPrivileges,
        application: &str,
        privilege: &str,
        resource: &str,
    ) -> bool {
        let asked = actions_of(known, application, privilege);
        self.every_layer(|layer| {
            let granted: Vec<String> = layer
                .iter()
                .flat_map(|role| &role.applications)
                .filter(|grant| covers(&grant.application, application))
                .filter(|grant| grant.resources.iter().any(|pattern| covers(pattern, resource)))
                .flat_map(|grant| &grant.privileges)
                .flat_map(|name| actions_of(known, application, name))
                .collect();
            asked.iter().all(|action| granted.iter().any(|pattern| covers(pattern, action)))
        })
    }

    pub(crate) fn may_run_as(&self, username: &str) -> bool {
        self.every(|role| role.run_as.iter().any(|pattern| matches(pattern, username)))
    }

    /// Tells whether a `restriction` leaves the caller nothing but the workflows that it names.
    pub(crate) fn is_restricted(&self) -> bool {
        self.every_role().any(|role| role.restriction.is_some())
    }

    /// Every descriptor in every layer is free of privileges.
    pub(crate) fn every_role(&self) -> impl Iterator<Item = &Role> {
        self.layers.iter().flatten()
    }

    fn every(&self, allows: impl Fn(&Role) -> bool) -> bool {
        self.every_layer(|layer| layer.iter().any(&allows))
    }

    fn every_layer(&self, allows: impl Fn(&[Role]) -> bool) -> bool {
        !self.layers.is_empty() && self.layers.iter().all(|layer| allows(layer))
    }
}

/// The built-in cluster privileges that would grant an action, least first.
pub(crate) fn cluster_privileges_granting(action: &str, own: bool) -> Vec<&'static str> {
    let own_action = action.replace("cluster:admin/xpack/security/api_key/", "own:api_key/");
    privilege_names::CLUSTER
        .iter()
        .filter(|named| {
            grants_cluster(named.name, action)
                || (own && own_action != action && grants_cluster(named.name, &own_action))
        })
        .map(|named| named.name)
        .collect()
}

fn grants_cluster(privilege: &str, action: &str) -> bool {
    match privilege_names::cluster(privilege) {
        Some(named) => grants_named(named, action),
        None => matches(privilege, action),
    }
}

fn grants_named(named: &Named, action: &str) -> bool {
    named.grants.iter().any(|pattern| matches(pattern, action))
        && !named.withholds.iter().any(|pattern| matches(pattern, action))
}

fn grants_index(grant: &IndexGrant, name: &str, action: &str, allow_restricted: bool) -> bool {
    let restricted = is_restricted(name) || allow_restricted;
    if restricted && !grant.allow_restricted_indices {
        return false;
    }
    grant.names.iter().any(|pattern| covers(pattern, name))
        && grant.privileges.iter().any(|privilege| match privilege_names::index(privilege) {
            Some(named) => grants_named(named, action),
            None => matches(privilege, action),
        })
}

fn is_restricted(name: &str) -> bool {
    [".security*", ".fleet*", ".kibana*", ".async-search*", ".ml-*", ".tasks*", ".watches*"]
        .iter()
        .any(|pattern| covers(pattern, name))
}

/// Actions that stand for a privilege: it is granted when each of them is.
fn samples(privilege: &str, catalogue: &[Named]) -> Vec<String> {
    let named = catalogue.iter().find(|named| named.name.eq_ignore_ascii_case(privilege));
    let Some(named) = named else {
        return vec![sample(privilege)];
    };
    let universe = catalogue.iter().flat_map(|other| other.grants).map(|pattern| sample(pattern));
    let mut actions: Vec<String> = universe.filter(|action| grants_named(named, action)).collect();
    actions.sort();
    actions.dedup();
    actions
}

/// One action that a pattern stands for and that no narrower pattern does.
fn sample(pattern: &str) -> String {
    pattern.replace('*', "/-any-")
}

fn actions_of(known: &AppPrivileges, application: &str, privilege: &str) -> Vec<String> {
    let stored = known.get(application).and_then(|names| names.get(privilege));
    match stored {
        Some(stored) => stored.actions.clone(),
        // A name that nobody stored stands for itself: it is granted by itself and by wildcards.
        None => vec![privilege.to_owned()],
    }
}

fn global_patterns<'a>(role: &'a Role, category: &str, verb: &str) -> impl Iterator<Item = &'a str> {
    role.global
        .as_ref()
        .and_then(|global| global.get(category)?.get(verb)?.get("applications")?.as_array())
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}
