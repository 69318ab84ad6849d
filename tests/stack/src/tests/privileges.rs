//! Whom both products let do what, by the privileges that the specification names.

use serde_json::{Value, json};

use super::mutations::Valid;
use super::{Bench, basic, mutations, read};
use crate::log::Product;
use crate::spec::Spec;

/// Makes a user with these privileges of Kibana's application, and returns their credentials.
fn user(bench: &Bench, name: &str, privileges: &[&str], resource: &str) -> String {
    let grant = json!({ "application": "kibana-.kibana", "privileges": privileges, "resources": [resource] });
    let grants = if privileges.is_empty() { json!([]) } else { json!([grant]) };
    assert_eq!(bench.es(&format!("PUT /_security/role/{name}"), json!({ "applications": grants })).0, 200);
    let user = json!({ "password": "secret1", "roles": [name] });
    assert_eq!(bench.es(&format!("PUT /_security/user/{name}"), user).0, 200);
    basic(name, "secret1")
}

fn ask(bench: &Bench, authorization: &str, request: &str) -> (u16, Value) {
    let headers = [("authorization", authorization), ("kbn-xsrf", "1")];
    read(bench.send(Product::Kibana, request, &headers, Value::Null))
}

#[test]
fn every_operation_that_names_privileges_asks_for_them() {
    let bench = Bench::of(mutations::tables());
    let nobody = user(&bench, "nobody", &[], "*");
    let reader = user(&bench, "reader", &["space_read"], "space:default");
    let writer = user(&bench, "writer", &["space_all"], "space:default");
    let elsewhere = user(&bench, "elsewhere", &["space_all"], "space:other");
    let (mut asked, mut let_in) = (0, 0);
    let spec = Spec::read(mutations::tables().texts().last().expect("a table"));
    for (id, _, raw) in spec.every() {
        let texts = |value: &Value| -> Vec<String> {
            value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let wanted = texts(&raw["privileges"]["kibana"]);
        if wanted.is_empty() {
            continue;
        }
        let path = raw["routes"][0]["path"].as_str().expect("a path").replace(['{', '}'], "");
        let request = format!("{} {path}", raw["routes"][0]["verbs"][0].as_str().expect("a verb"));
        let mut names: Vec<&str> = wanted.iter().flat_map(|one| one.split(" or ")).collect();
        names.sort_unstable();
        names.dedup();
        let message = |missing: &[&str]| {
            let missing = missing.join(",");
            format!(
                "API [{request}] is unauthorized for user, this action is granted by the Kibana privileges [{missing}]"
            )
        };
        let refused =
            |missing: &[&str]| (403, json!({ "statusCode": 403, "error": "Forbidden", "message": message(missing) }));
        assert_eq!(ask(&bench, &nobody, &request), refused(&names), "{id}");
        assert_eq!(ask(&bench, &elsewhere, &request), refused(&names), "{id}");
        let is_read = |name: &str| name.contains("read") || name == "copySavedObjectsToSpaces";
        let got = ask(&bench, &reader, &request);
        if wanted.iter().all(|one| one.split(" or ").any(is_read)) {
            assert_ne!(got.0, 403, "{id}: {got:?}");
            let_in += 1;
        } else {
            let missing: Vec<&str> = names.iter().copied().filter(|name| !is_read(name)).collect();
            assert_eq!(got, refused(&missing), "{id}");
        }
        assert_ne!(ask(&bench, &writer, &request).0, 403, "{id}");
        asked += 1;
    }
    println!("{asked} operations name privileges; who may read may call {let_in} of them");
    assert!(asked > 170 && let_in > 40, "{asked} {let_in}");
}

#[test]
fn features_grant_what_is_theirs() {
    let bench = Bench::of(mutations::tables());
    const READS: &str = "GET /api/fleet/agents";
    const WRITES: &str = "POST /api/fleet/agents/a/unenroll";
    for (number, (privileges, request, allowed)) in [
        (["feature_fleetv2.all"].as_slice(), WRITES, true),
        (&["feature_fleetv2.read"], WRITES, false),
        (&["feature_fleetv2.read"], READS, true),
        (&["feature_fleetv2.agents_read"], READS, true),
        (&["feature_fleetv2.agents_read"], WRITES, false),
        (&["feature_fleetv2.agents_all"], WRITES, true),
        (&["feature_fleetv2.settings_all"], WRITES, false),
        (&["feature_fleetv2.minimal_all"], READS, false),
        (&["feature_fleet.all"], READS, false),
        (&["feature_fleet.all"], "POST /api/fleet/epm/packages/a", false),
        (&["feature_fleet.all", "feature_fleetv2.agent_policies_all"], "POST /api/fleet/epm/packages/a", true),
        (&["feature_fleetv2.settings_read"], "GET /api/fleet/epm/packages", false),
        (&["feature_fleet.read"], "GET /api/fleet/epm/packages", true),
        (&["feature_maintenanceWindow.read"], "POST /api/maintenance_window", false),
        (&["feature_maintenanceWindow.all"], "POST /api/maintenance_window", true),
        (&["feature_streams.read"], "GET /api/streams", true),
        (&["feature_streams.read"], "PUT /api/streams/a", false),
        (&["feature_agentBuilder.read"], "GET /api/agent_builder/agents", true),
        (&["feature_agentBuilder.read"], "POST /api/agent_builder/agents", false),
        (&["feature_savedObjectsManagement.read"], "POST /api/spaces/_copy_saved_objects", true),
        (&["feature_dashboard.all"], "POST /api/spaces/_copy_saved_objects", false),
    ]
    .into_iter()
    .enumerate()
    {
        let caller = user(&bench, &format!("u{number}"), privileges, "*");
        let (status, answer) = ask(&bench, &caller, request);
        assert_eq!(status != 403, allowed, "{privileges:?} {request}: {status} {answer}");
    }
}

/// A key does no more than both its owner and its own descriptors say.
#[test]
fn keys_have_what_their_owner_has_too() {
    let bench = Bench::of(mutations::tables());
    let key = |owner: &str, privilege: &str| {
        let grant = json!({ "application": "kibana-.kibana", "privileges": [privilege], "resources": ["*"] });
        let body = json!({ "name": "k", "role_descriptors": { "r": { "applications": [grant] } } });
        let (status, made) = bench.es_as(owner, "POST /_security/api_key", body);
        assert_eq!(status, 200, "{made}");
        format!("ApiKey {}", made["encoded"].as_str().expect("a key"))
    };
    let grants =
        json!([{ "application": "kibana-.kibana", "privileges": ["feature_fleetv2.agents_read"], "resources": ["*"] }]);
    bench.es("PUT /_security/role/r", json!({ "cluster": ["manage_own_api_key"], "applications": grants }));
    bench.es("PUT /_security/user/joe", json!({ "password": "secret1", "roles": ["r"] }));
    let joe = basic("joe", "secret1");
    for (owner, privilege, request, allowed) in [
        (super::ELASTIC, "feature_fleetv2.agents_read", "GET /api/fleet/agents", true),
        (super::ELASTIC, "feature_fleetv2.agents_read", "POST /api/fleet/agents/a/unenroll", false),
        (super::ELASTIC, "all", "POST /api/fleet/agents/a/unenroll", true),
        (&joe, "all", "GET /api/fleet/agents", true),
        (&joe, "all", "POST /api/fleet/agents/a/unenroll", false),
        (&joe, "feature_streams.all", "GET /api/fleet/agents", false),
        (&joe, "feature_streams.all", "GET /api/streams", false),
    ] {
        let (status, answer) = ask(&bench, &key(owner, privilege), request);
        assert_eq!(status != 403, allowed, "{privilege} {request}: {status} {answer}");
    }
}

/// Roles are Elasticsearch's, and so are the words of the refusal.
#[test]
fn roles_ask_for_what_elasticsearch_asks_for() {
    let bench = Bench::of(mutations::tables());
    let all = user(&bench, "all", &["all"], "*");
    bench.es("PUT /_security/role/see", json!({ "cluster": ["read_security"] }));
    bench.es("PUT /_security/user/see", json!({ "password": "secret1", "roles": ["see"] }));
    let see = basic("see", "secret1");
    for (caller, request, status, says) in [
        (
            &all,
            "GET /api/security/role",
            403,
            "action [cluster:admin/xpack/security/role/get] is unauthorized for user [all]",
        ),
        (&see, "GET /api/security/role", 200, ""),
        (&see, "DELETE /api/security/role/see", 403, "granted by the cluster privileges [manage_security,all]"),
    ] {
        let (got, answer) = ask(&bench, caller, request);
        assert_eq!(got, status, "{request}: {answer}");
        assert!(says.is_empty() || answer["message"].as_str().is_some_and(|text| text.contains(says)), "{answer}");
    }
}

/// Of Elasticsearch's operations, each is open to who has what the document names and nothing else, and closed to who has
/// another privilege.
#[test]
fn cluster_privileges_open_what_they_are_for() {
    /// Named beside another one: alone it is enough only where the caller asks for their own keys.
    const OWN: &str = "security.get_api_key";
    let texts = mutations::tables();
    let spec = Spec::read(texts.texts().first().expect("a table"));
    let bench = Bench::of(mutations::tables());
    let caller = |privilege: &str| {
        let name = format!("has_{privilege}");
        bench.es(&format!("PUT /_security/role/{name}"), json!({ "cluster": [privilege] }));
        bench.es(&format!("PUT /_security/user/{name}"), json!({ "password": "secret1", "roles": [name] }));
        basic(&name, "secret1")
    };
    let valid = |id: &str, operation, raw: &Value| {
        let mut request = Valid::of(&spec, operation, raw);
        match id {
            // Samples name nothing; something must be meant.
            "security.invalidate_api_key" => request.body = json!({ "owner": true }),
            "security.put_privileges" => request.body = json!({ "shop": { "buy": { "actions": ["data:buy"] } } }),
            "security.update_user_profile_data" => request.body = json!({ "data": { "shop": 1 } }),
            _ => {}
        }
        request
    };
    let (mut opened, mut closed) = (0, 0);
    for (id, operation, raw) in spec.every() {
        for privilege in &operation.cluster_privileges {
            let mut request = valid(id, operation, &raw);
            request.authorization = caller(privilege);
            let (status, answer) = request.send(&bench);
            let own_only = id == OWN && privilege == "manage_own_api_key";
            let is_forbidden = status == 403 && answer["error"]["type"] == "security_exception";
            assert_eq!(is_forbidden, own_only, "{id} with {privilege}: {status} {answer}");
            opened += usize::from(!own_only);
        }
        if !operation.cluster_privileges.is_empty() {
            let mut request = valid(id, operation, &raw);
            request.authorization = caller("manage_ml");
            let (status, answer) = request.send(&bench);
            let reason = answer["error"]["reason"].as_str().unwrap_or_default();
            assert_eq!(status, 403, "{id}: {answer}");
            let says = [
                "] is unauthorized for user [has_manage_ml] with effective roles [has_manage_ml]",
                "granted by the cluster privileges [",
            ];
            assert!(says.iter().all(|text| reason.contains(text)), "{id}: {reason}");
            closed += 1;
        }
    }
    println!("{opened} times a privilege opened an operation, {closed} operations were closed without");
    assert!(opened > 45 && closed > 45);
}
