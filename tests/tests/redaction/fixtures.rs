//! Recorded fixtures: what is secret by its name is hidden wherever it stands, its shape stays, and the fixture replays.

use std::path::Path;

use elkit::elasticsearch::security::GetTokenResponse;
use elkit::testing::{Recorder, Replay, Server, Step};
use elkit::{Elasticsearch, Kibana, Method};
use serde_json::{Value, json};

use super::canary::{CANARY, leaks, silent};
use super::support::wait;

/// Records one exchange of each kind; nobody's credentials are the canary.
fn record(path: &str, sent: &Value, answer: &str) -> String {
    let server = Server::always(Step::json(200, answer.to_owned())).unwrap();
    let recorder = Recorder::new();
    let kibana = Kibana::builder(server.url()).wrap_http_client(recorder.layer()).build().unwrap();
    wait(kibana.request(Method::POST, path).json(sent).send_raw()).unwrap();
    assert!(leaks(&String::from_utf8_lossy(&server.requests()[0].body)), "it did go out");
    let [exchange] = &recorder.exchanges()[..] else { panic!("one exchange") };
    format!("{} {} {:?} {}", exchange.target, exchange.request, exchange.headers, exchange.answer)
}

/// Each member that the client calls a secret, by the table that makes it one.
#[test]
fn secrets_by_name() {
    let traits = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/overlay/traits.toml");
    let traits: toml::Table = std::fs::read_to_string(traits).unwrap().parse().unwrap();
    let mut seen = 0;
    for product in ["elasticsearch", "kibana"] {
        let names = |key: &str| traits[product][key].as_array().unwrap().iter().map(|name| name.as_str().unwrap());
        for name in names("common_secrets").chain(names("secrets")) {
            // Each value of a map is one.
            let name = name.trim_end_matches("[]");
            let (path, member) = place(name);
            let sent = member.iter().rev().fold(json!(CANARY), |value, name| json!({ (*name): value }));
            // Once repeated beside itself, as servers do. What is no secret by itself, such as one of many headers, may be.
            let repeated = if name.ends_with("headers") { "" } else { CANARY };
            let answer = json!({"a": [sent], "b": format!("no [{repeated}]")}).to_string();
            silent(format!("{name}: {}", record(path, &sent, &answer)));
            seen += 1;
        }
    }
    assert!(seen > 100, "{seen} names");
}

/// The path that a member travels to, and where it stands in a body.
fn place(name: &str) -> (&'static str, Vec<&str>) {
    let paths = [
        ("security.oidc_", "/_security/oidc/x"),
        ("security.saml_", "/_security/saml/x"),
        ("security.create_service_token.Token", "/_security/service/a/b/credential/token"),
        ("connectors.complete_oauth", "/api/actions/connector/_oauth_callback"),
        ("fleet.create_service_token", "/api/fleet/service_tokens"),
        ("synthetics.", "/api/synthetics/params"),
    ];
    let path = paths.iter().find(|(start, _)| name.starts_with(start)).map_or("/x", |(_, path)| path);
    let parts: Vec<_> = name.split('.').collect();
    let from = match &parts[..] {
        [_] => 0,
        // A token, or the secrets of a connector, stand in a member of their own.
        [_, .., "Token", _] => return (path, vec!["token", parts[parts.len() - 1]]),
        [_, ty, _] if ty.ends_with("Secrets") => return (path, vec!["secrets", parts[2]]),
        // Of the settings of TLS, the key.
        [.., "ssl"] => return (path, vec!["ssl", "key"]),
        [.., "ssl", _] => parts.len() - 2,
        _ => parts.len() - 1,
    };
    (path, parts[from..].to_vec())
}

/// The query is recorded too, lines and events are read one by one, and forms are left out.
#[test]
fn secrets_in_other_places() {
    let lines = format!("{}\n{}\n", json!({"token": CANARY}), json!({"said": CANARY}));
    let events = format!("event: a\ndata: {}\n\ndata:{}\n\n", json!({"apiKey": CANARY}), json!({"said": CANARY}));
    for answer in [lines, events, json!({"password": format!("\"{CANARY}\\")}).to_string()] {
        silent(record("/x", &json!({"token": CANARY}), &answer));
    }
    let server = Server::start([]).unwrap();
    let recorder = Recorder::new();
    let kibana = Kibana::builder(server.url()).wrap_http_client(recorder.layer()).build().unwrap();
    let get = |path: &str| kibana.request(Method::GET, path);
    wait(get("/x").query("enrolToken", CANARY).query("other", CANARY).query("a", 1).send_raw()).unwrap();
    wait(get("/api/actions/connector/_oauth_callback").query("code", CANARY).query("state", CANARY).send_raw())
        .unwrap();
    let form = elkit::body::Body::multipart().json("password", &CANARY.to_owned()).build().unwrap();
    wait(kibana.request(Method::POST, "/x").body(form).send_raw()).unwrap();
    let exchanges = recorder.exchanges();
    let targets: Vec<_> = exchanges.iter().map(|exchange| exchange.target.as_str()).collect();
    let callback = "/api/actions/connector/_oauth_callback?code=[redacted]&state=[redacted]";
    assert_eq!(targets, ["/x?enrolToken=[redacted]&other=[redacted]&a=1", callback, "/x"]);
    assert_eq!(exchanges[2].request, "");
}

/// A secret leaves a text in its place, so what was recorded is still an answer of its type, without a correction.
#[test]
fn what_is_recorded_replays() {
    let answer = json!({"access_token": CANARY, "refresh_token": CANARY, "expires_in": 1200, "type": "Bearer",
        "authentication": {"username": "u", "roles": [], "metadata": {}, "enabled": true, "authentication_type": "realm",
        "lookup_realm": {"name": "n", "type": "t"}, "authentication_realm": {"name": "n", "type": "t"}}});
    let server = Server::always(Step::json(200, answer.to_string())).unwrap();
    let recorder = Recorder::new();
    let es = Elasticsearch::builder(server.url()).basic_auth("u", CANARY).wrap_http_client(recorder.layer());
    let ask = |es: &Elasticsearch, password: &str| {
        let call = es.security().get_token().grant_type("password").username("u").password(password);
        wait(call.options(|o| o.strict()).send()).map(|response| response.into_inner())
    };
    let first: GetTokenResponse = ask(&es.build().unwrap(), CANARY).unwrap();
    assert!(leaks(first.access_token.expose()));
    let replay = Replay::new(recorder.exchanges());
    // The secrets of whoever replays are others.
    let es = Elasticsearch::builder("http://nowhere").http_client(replay.clone()).build().unwrap();
    let again = ask(&es, "another").unwrap();
    assert_eq!((again.access_token.expose().as_str(), again.expires_in), ("[redacted]", first.expires_in));
    assert!(replay.left().is_empty());
    let error = ask(&es, "another").unwrap_err();
    assert!(error.to_string().contains("the request can't be sent"), "{error}");
}
