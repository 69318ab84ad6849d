//! Calls whose requests hold a secret, and what servers say of it.

use std::sync::{Arc, Mutex};

use elkit::auth::{Credentials, provider_fn};
use elkit::elasticsearch::security::*;
use elkit::{Attempt, Elasticsearch, Error, HeaderMap, Hook, Method, Outcome, RequestOptions};
use serde_json::{Value, json};

use super::canary::{CANARY, hidden, hidden_error, leaks, silent};
use super::support::{Server, traced, wait};
use super::{es, key};

#[test]
fn requests_and_what_servers_say_of_them() {
    let quoting = json!({"status": 400, "error": {"type": format!("type-{CANARY}"), "reason": format!("no [{CANARY}]"),
        "root_cause": [{"type": "a", "reason": CANARY}],
        "caused_by": {"type": CANARY, "reason": "b", "caused_by": {"reason": format!("value {CANARY}")}}}});
    let flat = json!({"statusCode": 403, "error": "Forbidden", "message": CANARY, "attributes": {"a": [CANARY]}});
    let page = format!("<html>{CANARY}</html>");
    for (status, body) in [
        (400, quoting.to_string()),
        (401, quoting.to_string()),
        (403, flat.to_string()),
        (404, json!({"error": CANARY}).to_string()),
        (500, page.clone()),
        (200, page),
        (200, format!("{{\"{CANARY}")),
        (200, format!("[\"{CANARY}\"]")),
    ] {
        // Where the caller has the same secret, that alone would hide it.
        for caller in [CANARY, "something else"] {
            let server = Server::json(status, &body);
            let es = es(&server).basic_auth("elastic", caller).build().unwrap();
            let (sent, log) = traced(|| send_every_secret(&es));
            silent(&log);
            let traced = log.contains("security.put_user") && (status == 200 || log.contains("error.type"));
            assert!(traced, "calls are traced");
            let requests = server.take();
            assert_eq!(requests.len(), sent, "they did go out");
            let shown = |request: &super::support::Recorded| request.header("authorization").is_some_and(leaks);
            assert!(caller != CANARY || requests.iter().all(shown));
            assert!(requests.iter().filter(|request| leaks(&request.body)).count() >= sent / 2, "with what they hold");
        }
    }
}

/// The server quotes the header as it came, or what it decodes to.
#[test]
fn servers_that_quote_the_header() {
    let sets: [fn() -> Result<Credentials, Error>; 5] = [
        || Credentials::api_key(key()),
        || Credentials::basic("elastic", CANARY),
        || Credentials::bearer(CANARY),
        || Credentials::scheme("Negotiate", CANARY),
        || Credentials::cookie(format!("sid={CANARY}")),
    ];
    for credentials in sets {
        let made = credentials().unwrap();
        let text = made.header().unwrap().1.to_str().unwrap();
        let quoting = json!({"error": {"type": "security_exception", "reason": format!("[{text}], that is {CANARY}")}});
        let server = Server::json(401, &quoting.to_string());
        let provided =
            move |o: RequestOptions| o.credentials_provider(provider_fn(move || async move { credentials() }));
        let es = es(&server).options(provided).build().unwrap();
        let call = es.security().authenticate();
        for error in [wait(call.clone().send()).unwrap_err(), call.send_blocking().unwrap_err()] {
            let error = hidden_error(error);
            assert!(error.reason().unwrap().contains("[redacted]"), "{error}");
        }
    }
}

/// Sends every request that has a secret member, async and blocking, and returns how many.
fn send_every_secret(es: &Elasticsearch) -> usize {
    let security = es.security();
    let required =
        || OidcAuthenticateRequired { redirect_uri: CANARY.into(), state: CANARY.into(), nonce: CANARY.into() };
    let mut sent = 0;
    macro_rules! send {
        ($($call:expr),* $(,)?) => {$({
            let call = hidden($call);
            hidden(call.request());
            if let Err(error) = wait(hidden(call.clone()).send()) {
                assert!(!error.body().is_empty(), "only `body` has it");
                hidden_error(error);
            }
            call.send_blocking().err().map(hidden_error);
            sent += 2;
        })*};
    }
    send!(
        security.activate_user_profile("password").username("u").password(CANARY),
        security.activate_user_profile("access_token").access_token(CANARY),
        security.change_password().username("u").password(CANARY),
        security.change_password().password_hash(CANARY),
        security.clone_api_key(CANARY),
        security.get_token().grant_type("password").username("u").password(CANARY),
        security.get_token().grant_type("refresh_token").refresh_token(CANARY),
        security.get_token().grant_type("_kerberos").kerberos_ticket(CANARY),
        security.grant_api_key("password", GrantedApiKey::new("n")).username("u").password(CANARY),
        security.grant_api_key("access_token", GrantedApiKey::new("n")).access_token(CANARY),
        security.invalidate_token().token(CANARY),
        security.invalidate_token().refresh_token(CANARY),
        security.oidc_authenticate(required()),
        security.oidc_logout(CANARY).refresh_token(CANARY),
        security.oidc_prepare_authentication().nonce(CANARY).state(CANARY),
        security.put_user("u").password(CANARY),
        security.put_user("u").password_hash(CANARY),
        security.saml_authenticate(CANARY, ["i"]),
        security.saml_complete_logout("r", ["i"]).query_string(CANARY).content(CANARY),
        security.saml_invalidate(CANARY),
        security.saml_logout(CANARY).refresh_token(CANARY),
        // These carry one only in their header.
        security.authenticate().options(|o| o.api_key(key())),
        security.authenticate().options(|o| o.bearer_auth(CANARY)),
        security.authenticate().options(|o| o.authorization("Negotiate", CANARY)),
    );
    let raw = es.request(Method::GET, "/").query("q", CANARY).options(|o| o.bearer_auth(CANARY));
    let _ = wait(raw.send::<Value>()).map_err(hidden_error);
    sent + 1
}

#[test]
fn hooks_see_no_credential() {
    struct Listener(Arc<Mutex<String>>);
    impl Hook for Listener {
        fn before_attempt(&self, attempt: &Attempt<'_>, headers: &mut HeaderMap) {
            self.0.lock().unwrap().push_str(&format!("{attempt:?} {headers:?}"));
        }
        fn after_attempt(&self, attempt: &Attempt<'_>, outcome: &Outcome) {
            self.0.lock().unwrap().push_str(&format!("{attempt:?} {outcome:?}"));
        }
    }
    let heard = Arc::new(Mutex::new(String::new()));
    let server = Server::json(401, "{}");
    let es = es(&server).basic_auth("elastic", CANARY).hook(Listener(Arc::clone(&heard))).build().unwrap();
    let call = es.security().get_user().username(CANARY).options(|o| o.header("x-token", CANARY));
    hidden_error(wait(call.send()).unwrap_err());
    let heard = heard.lock().unwrap();
    assert!(heard.contains("security.get_user") && heard.contains("401"), "{heard}");
    silent(&heard);
}
