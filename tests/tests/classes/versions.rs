//! Servers that are older than the client, or another kind of deployment.

use elkit::elasticsearch::security::{
    AuthenticateResponse, CreateApiKeyResponse, GetApiKeyResponse, GetRoleMappingResponse, GetRoleResponse,
    GetUserResponse, HasPrivilegesResponse, QueryApiKeysResponse,
};
use elkit::kibana::synthetics::HttpMonitor;
use elkit::rt::{self, Wire};
use elkit::testing::{Server, Step};
use elkit::{Elasticsearch, ErrorKind, Kibana, Method};
use serde_json::{Value, json};

use crate::wait;

/// An answer that is complete as it is: even where nothing may be corrected, it is read, and nothing is added to it.
#[track_caller]
fn complete<T: Wire>(answer: Value) -> T {
    let decoded = rt::decode::<T>(&answer.to_string(), true).unwrap_or_else(|error| panic!("{answer}: {error:?}"));
    let written: Value = serde_json::from_str(&rt::to_json(&decoded.value).unwrap()).unwrap();
    assert_eq!(written, answer);
    decoded.value
}

/// elasticsearch-java#848 and #335: what later servers always say, 8.0 does not.
#[test]
fn class_5_answers_of_an_older_server() {
    let key = json!({"id": "i", "name": "n", "creation": 1, "invalidated": false, "username": "u", "realm": "r",
                     "metadata": {}});
    let keys: GetApiKeyResponse = complete(json!({"api_keys": [key]}));
    assert_eq!((&keys.api_keys[0].r#type, &keys.api_keys[0].realm_type), (&None, &None));
    complete::<QueryApiKeysResponse>(json!({"total": 1, "count": 1, "api_keys": [key]}));
    complete::<CreateApiKeyResponse>(json!({"id": "i", "name": "n", "api_key": "k", "encoded": "e"}));
    let role = json!({"cluster": ["all"], "indices": [{"names": ["*"], "privileges": ["all"],
        "allow_restricted_indices": false}], "applications": [], "run_as": [], "metadata": {},
        "transient_metadata": {"enabled": true}});
    complete::<GetRoleResponse>(json!({"r": role}));
    let user = json!({"username": "u", "roles": [], "full_name": null, "email": null, "metadata": {}, "enabled": true});
    complete::<GetUserResponse>(json!({"u": user}));
    let realm = json!({"name": "n", "type": "t"});
    complete::<AuthenticateResponse>(json!({"username": "u", "roles": [], "full_name": null, "email": null,
        "metadata": {}, "enabled": true, "authentication_realm": realm, "lookup_realm": realm,
        "authentication_type": "realm"}));
    complete::<HasPrivilegesResponse>(json!({"username": "u", "has_all_requested": true, "cluster": {}, "index": {},
        "application": {}}));
    complete::<GetRoleMappingResponse>(json!({"m": {"enabled": true, "roles": ["a"], "rules": {"all": []},
        "metadata": {}}}));
}

/// What is not there yet is said to be that, not left to be guessed from a 404.
#[test]
fn class_5_operations_that_a_server_does_not_have() {
    let missing = json!({"error": "no handler found for uri [/_security/stats] and method [GET]"}).to_string();
    for (version, says) in [
        (Some("8.17.0"), "the operation is there since 9.2, and the server is 8.17"),
        (None, "the server does not know this route; the operation is there since 9.2"),
    ] {
        let server = Server::always(Step::json(400, missing.clone())).unwrap();
        let es = Elasticsearch::builder(server.url());
        let es = version.into_iter().fold(es, |es, version| es.server_version(version)).build().unwrap();
        let error = wait(es.security().get_stats().send()).unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Api, 1));
        assert!(error.to_string().contains(says), "{error}");
    }
}

/// elasticsearch-py#2923, elasticsearch-net#8627, elasticsearch-ruby#2665: 8.x refuses 9, and wants both headers to agree.
#[test]
fn class_6_an_older_server_refuses_the_media_type() {
    let refusal = json!({"status": 400, "error": {"type": "media_type_header_exception", "reason":
        "Invalid media-type value on headers [Accept, Content-Type]", "root_cause": [], "caused_by": {"type": "status_exception",
        "reason": "Accept version must be either version 8 or 7, but found 9. Accept=..."}}});
    let server = Server::start([Step::json(400, refusal.to_string())]).unwrap();
    let es = Elasticsearch::builder(server.url()).max_retries(0).build().unwrap();
    let write = || wait(es.request(Method::POST, "/x").json(&1).send::<Value>());
    write().unwrap();
    write().unwrap();
    wait(es.security().get_user().send()).unwrap();
    let sent = server.requests();
    let media = |version| format!("application/vnd.elasticsearch+json; compatible-with={version}");
    let expected = [9, 8, 8, 8].map(media);
    assert!(sent.iter().map(|sent| sent.header("accept").unwrap()).eq(expected.iter().map(String::as_str)));
    let labels: Vec<_> = sent.iter().map(|sent| sent.header("content-type")).collect();
    assert_eq!(labels, [Some(&*expected[0]), Some(&*expected[1]), Some(&*expected[2]), None]);

    // A refusal that stays is the answer: nothing goes round in circles.
    let server = Server::always(Step::json(400, refusal.to_string())).unwrap();
    let es = Elasticsearch::builder(server.url()).build().unwrap();
    let error = wait(es.security().get_user().send()).unwrap_err();
    assert_eq!((error.code(), server.requests().len()), (Some("media_type_header_exception"), 2));
}

/// terraform-provider-elasticstack#883: a location is a text in one deployment and an object in another.
#[test]
fn class_9_one_member_in_two_shapes() {
    let monitor = |locations: Value| json!({"type": "http", "name": "n", "url": "u", "locations": locations});
    complete::<HttpMonitor>(monitor(json!(["us_central"])));
    for locations in [json!([{"id": "us_central", "label": "North America"}]), json!("us_central"), json!({"id": "a"})]
    {
        let text = monitor(locations).to_string();
        let decoded = rt::decode::<HttpMonitor>(&text, false).unwrap();
        let [correction] = &decoded.corrections[..] else { panic!("{text}: {:?}", decoded.corrections) };
        assert!(correction.pointer.starts_with("/locations"), "{correction:?}");
        assert_eq!(decoded.value.name, "n", "the rest is read");
        // Read, modify, write: what was not understood goes back as it came.
        let written: Value = serde_json::from_str(&rt::to_json(&decoded.value).unwrap()).unwrap();
        assert_eq!(written, serde_json::from_str::<Value>(&text).unwrap());
    }
    // Where the specification says that both may be, both are sent.
    let server = Server::start([]).unwrap();
    let kibana = Kibana::builder(server.url()).build().unwrap();
    let list = || kibana.synthetics().monitors().list();
    wait(list().locations("us_central").send_raw()).unwrap();
    wait(list().locations(["us_central", "b"]).send_raw()).unwrap();
    let targets: Vec<_> = server.requests().iter().map(|sent| sent.target.clone()).collect();
    let path = "/api/synthetics/monitors?locations=us_central";
    assert_eq!(targets, [path.to_owned(), format!("{path}&locations=b")]);
}
