//! What Kibana's base and feature privileges grant of the privileges that routes name. Kibana registers them with
//! Elasticsearch as actions `api:<name>` of its application; who holds which is Elasticsearch's to say.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde_json::Map;

use crate::es::state::{AppPrivilege, AppPrivileges};

pub(super) const APPLICATION: &str = "kibana-.kibana";

/// What reading a feature grants, and what more all of it does.
struct Feature {
    name: &'static str,
    read: &'static [&'static str],
    all: &'static [&'static str],
    /// Parts of it that may be granted by themselves; its `minimal` privileges are without them.
    parts: &'static [Feature],
}

const fn whole(name: &'static str, read: &'static [&'static str], all: &'static [&'static str]) -> Feature {
    Feature { name, read, all, parts: &[] }
}

const FEATURES: [Feature; 6] = [
    whole("agentBuilder", &["read_onechat"], &["manage_onechat"]),
    whole("fleet", &["integrations-read"], &["integrations-all"]),
    Feature {
        name: "fleetv2",
        read: &["fleet-read"],
        all: &["fleet-all"],
        parts: &[
            whole("agents", &["fleet-agents-read"], &["fleet-agents-all"]),
            whole("agent_policies", &["fleet-agent-policies-read"], &["fleet-agent-policies-all"]),
            whole("settings", &["fleet-settings-read"], &["fleet-settings-all"]),
        ],
    },
    whole("maintenanceWindow", &["read-maintenance-window"], &["write-maintenance-window"]),
    whole("savedObjectsManagement", &["copySavedObjectsToSpaces"], &[]),
    whole("streams", &["read_stream"], &["manage_stream"]),
];

/// The action that a privilege of a route is.
pub(super) fn action(privilege: &str) -> String {
    format!("api:{privilege}")
}

/// The privileges of Kibana's application with their actions.
pub(super) fn registered() -> &'static AppPrivileges {
    static REGISTERED: OnceLock<AppPrivileges> = OnceLock::new();
    REGISTERED.get_or_init(|| {
        let mut granted: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut grant = |privilege: String, lists: &[&[&'static str]]| {
            granted.entry(privilege).or_default().extend(lists.iter().copied().flatten().map(|name| action(name)));
        };
        for feature in &FEATURES {
            let name = feature.name;
            grant(format!("feature_{name}.minimal_read"), &[feature.read]);
            grant(format!("feature_{name}.minimal_all"), &[feature.read, feature.all]);
            for part in feature.parts {
                grant(format!("feature_{name}.{}_read", part.name), &[part.read]);
                grant(format!("feature_{name}.{}_all", part.name), &[part.read, part.all]);
            }
            for whole in [feature].into_iter().chain(feature.parts) {
                for privilege in [&format!("feature_{name}.read"), "read", "space_read"] {
                    grant(privilege.to_owned(), &[whole.read]);
                }
                for privilege in [&format!("feature_{name}.all"), "all", "space_all"] {
                    grant(privilege.to_owned(), &[whole.read, whole.all]);
                }
            }
        }
        let privilege = |(name, actions): (String, BTreeSet<String>)| {
            (name, AppPrivilege { actions: actions.into_iter().collect(), metadata: Map::new() })
        };
        BTreeMap::from([(APPLICATION.to_owned(), granted.into_iter().map(privilege).collect())])
    })
}
