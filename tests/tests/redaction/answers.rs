//! Answers that hold secrets, and panics about them.

use elkit::Secret;
use elkit::auth::Credentials;
use elkit::elasticsearch::security::*;
use serde_json::json;

use super::canary::{CANARY, hidden, hidden_error, leaks, panic_of, silent};
use super::es;
use super::support::{Server, traced, wait};

#[test]
fn answers() {
    let owner = json!({"username": "u", "roles": [], "metadata": {}, "enabled": true, "authentication_type": "realm",
        "lookup_realm": {"name": "n", "type": "t"}, "authentication_realm": {"name": "n", "type": "t"}});
    // Every secret member any of the calls answers, as text and as what it should not be, and members nobody knows.
    for secret in [json!(CANARY), json!({"value": CANARY}), json!([CANARY])] {
        let body = json!({"api_key": secret, "encoded": secret, "access_token": secret, "refresh_token": secret,
            "kerberos_authentication_response_token": secret, "http_ca_key": secret, "transport_key": secret,
            "nonce": secret, "state": secret, "redirect": secret, "token": {"name": "n", "value": secret, "new": secret},
            "authentication": owner, "expires_in": secret, "id": "i", "name": "n", "new": secret, "created": secret});
        let server = Server::answering(
            200,
            &format!("set-cookie: {CANARY}\r\nwarning: 299 E \"{CANARY}\"\r\n"),
            &body.to_string(),
        );
        let es = es(&server).build().unwrap();
        let security = es.security();
        let required = || OidcAuthenticateRequired { redirect_uri: "r".into(), state: "s".into(), nonce: "n".into() };
        let ((), log) = traced(|| {
            macro_rules! receive {
                ($($call:expr),* $(,)?) => {$({
                    let response = hidden(wait($call.send()).unwrap());
                    assert!(leaks(&String::from_utf8_lossy(response.raw())), "it did come");
                    hidden(response.corrections());
                    hidden(response.json::<u8>().unwrap_err());
                    hidden_error(wait($call.options(|o| o.strict()).send()).err().unwrap_or_else(|| response.json::<u8>().unwrap_err()));
                    hidden(response.into_inner());
                })*};
            }
            receive!(
                security.create_api_key(),
                security.grant_api_key("password", GrantedApiKey::new("n")),
                security.clone_api_key("x"),
                security.create_cross_cluster_api_key("n", CrossClusterAccess::new()),
                security.create_service_token("a", "b"),
                security.get_token(),
                security.delegate_pki(["x"]),
                security.oidc_authenticate(required()),
                security.oidc_prepare_authentication(),
                security.oidc_logout("t"),
                security.saml_authenticate("x", ["i"]),
                security.enroll_kibana(),
                security.enroll_node(),
            );
            hidden(wait(security.get_token().send_raw()).unwrap());
        });
        silent(log);
    }
}

/// `unwrap`, `expect` and `assert_eq` are how secrets get into the logs of tests and services.
#[test]
fn panics() {
    let body = json!({"id": "i", "name": "n", "api_key": CANARY, "encoded": CANARY, "new": CANARY}).to_string();
    let server = Server::json(200, &body);
    let es = es(&server).build().unwrap();
    let response = wait(es.security().create_api_key().send()).unwrap();
    let calls = [es.security().put_user("u").password(CANARY), es.security().put_user("u")];
    for text in [
        panic_of(|| Some(&response).ok_or(()).unwrap_err()),
        panic_of(|| assert_eq!(response.api_key, Secret::from("other"))),
        panic_of(|| assert_eq!(calls[0].request(), calls[1].request())),
        panic_of(|| Credentials::api_key(CANARY).unwrap()),
        panic_of(|| response.json::<u8>().expect("a number")),
        panic_of(|| es.security().delete_user("..").options(|o| o.bearer_auth(CANARY)).send_blocking().unwrap()),
    ] {
        assert!(!text.is_empty(), "it panics");
        silent(text);
    }
}
