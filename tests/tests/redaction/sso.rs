//! The canary as what single sign-on and providers handle: tokens, codes, states, nonces, tickets,
//! assertions, redirects. Nothing that people print shows it, nor an error that a server quotes it in.

use std::time::Duration;

use elkit::auth::sso::{self, CertificateChain, Oidc, Saml, SamlMessage, Session};
use elkit::auth::{
    CredentialsProvider, EnvironmentProvider, FileProvider, RotatingApiKey, TokenProvider, Tokens, provider_fn,
};
use elkit::{Credentials, Elasticsearch, Error, ErrorKind, Kibana, RequestOptions, Result, Secret};
use serde_json::json;

use super::canary::{CANARY, encoded_for_urls, hidden, hidden_error, leaks, panic_of, silent};
use super::support::{self, Server, traced, wait};

/// All that any of the flows is answered.
fn everything() -> String {
    let url = format!("https://idp.example/?SAMLRequest={}", encoded_for_urls());
    json!({
        "access_token": CANARY, "refresh_token": CANARY, "expires_in": 1200, "type": "Bearer", "scope": "FULL",
        "kerberos_authentication_response_token": CANARY, "authentication": {"username": "u", "roles": [], "enabled": true},
        "redirect": url, "state": CANARY, "nonce": CANARY, "realm": "r", "id": "i", "username": "u",
        "invalidated": 1, "metadata": "<xml/>", "api_key": CANARY, "encoded": CANARY, "name": "k",
        "invalidated_tokens": 1, "previously_invalidated_tokens": 0, "error_count": 0, "new": CANARY,
    })
    .to_string()
}

/// An error that quotes what was sent, in every place.
fn quoting() -> String {
    json!({"status": 401, "error": {"type": format!("t-{CANARY}"), "reason": format!("no [{CANARY}]"),
        "root_cause": [{"type": "a", "reason": CANARY}], "caused_by": {"type": "b", "reason": encoded_for_urls()}}})
    .to_string()
}

fn es(server: &Server) -> Elasticsearch {
    Elasticsearch::builder(server.url()).max_retries(0).basic_auth("application", "p").build().unwrap()
}

fn session(server: &Server) -> Session {
    wait(Oidc::resume(&es(server), "r", CANARY, CANARY).authenticate(format!("https://h?code={CANARY}"))).unwrap()
}

#[test]
fn what_flows_hand_out() {
    let server = Server::json(200, &everything());
    let es = es(&server);
    let ((), log) = traced(|| {
        let login = hidden(wait(hidden(Oidc::realm(&es, "r").login_hint("u")).prepare()).unwrap());
        assert!(leaks(login.state().expose()) && leaks(login.redirect().expose()), "it is there");
        hidden((login.redirect(), login.state(), login.nonce()));
        let session = hidden(wait(login.authenticate(CANARY)).unwrap());
        hidden(wait(session.tokens()).unwrap());
        let _ = hidden(RequestOptions::new().credentials_provider(session.clone()));
        hidden(es.options(|o| o.credentials_provider(session.clone())));
        hidden(Kibana::builder(server.url()).credentials_provider(session.clone()).build().unwrap());
        hidden(wait(session.global_logout()).unwrap());

        let saml = hidden(Saml::realm(&es, "r").relay_state(CANARY));
        let login = hidden(wait(saml.prepare()).unwrap());
        hidden(login.redirect());
        let session = hidden(wait(login.authenticate(CANARY)).unwrap());
        hidden(wait(session.global_logout()).unwrap());
        hidden(wait(saml.invalidate(CANARY)).unwrap());
        for message in [SamlMessage::Redirect(CANARY.into()), SamlMessage::Post(CANARY.into())] {
            wait(saml.complete_logout("i", hidden(message))).unwrap();
        }

        let session = hidden(wait(sso::kerberos(&es, CANARY)).unwrap());
        hidden(session.kerberos_response());
        hidden(wait(sso::pki(&es, CertificateChain::from_der([CANARY]))).unwrap());
        wait(session.logout()).unwrap();

        let tokens = Tokens::new(CANARY).refresh_token(CANARY).expires_in(Duration::from_secs(1));
        hidden(&tokens);
        let provider = hidden(TokenProvider::refresh_token(&es, CANARY)).on_change(|tokens| {
            hidden(tokens);
        });
        hidden(wait(provider.credentials()).unwrap());
        hidden(wait(hidden(&provider).tokens()).unwrap());
        wait(provider.logout()).unwrap();
        let fixed = TokenProvider::from_fn(move |_| std::future::ready(Ok(tokens.clone())));
        hidden(wait(fixed.credentials()).unwrap());
        hidden(&fixed);
        hidden(TokenProvider::password(&es, "u", CANARY));
        let keys = RotatingApiKey::new(&es, es.security().create_api_key().name("k").into_request());
        hidden(wait(keys.credentials()).unwrap());
        hidden(&keys);
        hidden(EnvironmentProvider::kibana());
        hidden(FileProvider::with("/nowhere", |_| Credentials::bearer(CANARY)));
        // The raw calls, for those who make them by hand.
        hidden(wait(es.security().saml_prepare_authentication().send()).unwrap());
        hidden(wait(es.security().oidc_prepare_authentication().send()).unwrap());
        hidden(wait(es.security().saml_invalidate(CANARY).send()).unwrap());
        let _ = hidden(es.security().saml_authenticate(CANARY, ["i"]));
        hidden(wait(es.security().saml_logout(CANARY).send()).unwrap());
    });
    assert!(log.contains("security.oidc_authenticate") && log.contains("security.saml_logout"), "calls are traced");
    silent(log);
    let requests = server.take();
    let from_us =
        |request: &support::Recorded| request.header("user-agent").is_some_and(|agent| agent.starts_with("elkit/"));
    assert!(requests.iter().all(from_us) && requests.iter().any(|request| leaks(&request.body)), "it did go out");
}

#[test]
fn what_servers_quote() {
    let server = Server::json(401, &quoting());
    let es = es(&server);
    let chain = || CertificateChain::from_der(["x"]);
    let (errors, log) = traced(|| {
        let login = Oidc::resume(&es, "r", CANARY, CANARY);
        let saml = Saml::realm(&es, "r").relay_state(CANARY);
        let session = Session::resume_saml(&es, CANARY);
        let query = || SamlMessage::Redirect(CANARY.into());
        vec![
            wait(login.authenticate(CANARY)).map(drop),
            wait(login.authenticate(format!("https://h/cb?code={}&state=s", encoded_for_urls()))).map(drop),
            wait(saml.prepare()).map(drop),
            wait(saml.unsolicited().authenticate(CANARY)).map(drop),
            wait(saml.invalidate(CANARY)).map(drop),
            wait(saml.complete_logout("i", query())),
            wait(sso::kerberos(&es, CANARY)).map(drop),
            wait(session.tokens()).map(drop),
            wait(es.options(|o| o.credentials_provider(session.clone())).security().authenticate().send()).map(drop),
            wait(TokenProvider::password(&es, "u", CANARY).tokens()).map(drop),
            wait(TokenProvider::refresh_token(&es, CANARY).tokens()).map(drop),
        ]
    });
    for error in errors {
        hidden_error(error.unwrap_err());
    }
    silent(log);
    // A certificate is no secret, so its refusal may say what it likes; the call has nothing to hide.
    assert!(wait(sso::pki(&es, chain())).is_err());
}

/// What comes back is quoted by nobody: a session whose tokens are refused, a token that can't be one.
#[test]
fn what_is_refused_later() {
    let good = Server::json(200, &everything());
    let session = session(&good);
    let server = Server::json(401, &quoting());
    let es = Elasticsearch::builder(server.url()).max_retries(0).credentials_provider(session).build().unwrap();
    let (error, log) = traced(|| wait(es.security().authenticate().send()).unwrap_err());
    hidden_error(error);
    silent(log);

    for answer in [
        json!({"access_token": format!("{CANARY}\n"), "expires_in": 1, "type": "Bearer", "authentication": {}}),
        json!({"access_token": [CANARY], "expires_in": CANARY, "type": CANARY}),
        json!({"access_token": "", "refresh_token": CANARY}),
        json!([CANARY]),
    ] {
        let server = Server::json(200, &answer.to_string());
        let es = Elasticsearch::builder(server.url()).max_retries(0).basic_auth("u", "p").build().unwrap();
        let (errors, log) = traced(|| {
            [
                wait(TokenProvider::refresh_token(&es, CANARY).tokens()).unwrap_err(),
                wait(Oidc::resume(&es, "r", CANARY, CANARY).authenticate(CANARY)).unwrap_err(),
                wait(sso::kerberos(&es, CANARY)).unwrap_err(),
            ]
        });
        errors.into_iter().for_each(|error| drop(hidden_error(error)));
        silent(log);
    }
}

#[test]
fn files_and_functions() {
    let path = std::env::temp_dir().join(format!("elkit-redaction-{}", std::process::id()));
    for (text, file) in [
        (CANARY.to_owned(), FileProvider::api_key(&path)),
        (format!("id:{CANARY}\u{1}"), FileProvider::api_key(&path)),
        (CANARY.to_owned(), FileProvider::basic(&path)),
        (format!("{CANARY} {CANARY}"), FileProvider::bearer(&path)),
        (format!("Bearer {CANARY}"), FileProvider::bearer(&path)),
    ] {
        std::fs::write(&path, text).unwrap();
        hidden_error(wait(hidden(file).credentials()).unwrap_err());
    }
    std::fs::remove_file(&path).unwrap();
    let bad = TokenProvider::from_fn(|_| std::future::ready(Ok(Tokens::new(format!("{CANARY}\r\n")))));
    hidden_error(wait(bad.credentials()).unwrap_err());
    let secret = Secret::from(CANARY);
    let failing = provider_fn(move || {
        let _ = &secret;
        std::future::ready(Err(Error::new(ErrorKind::Credentials, "no")))
    });
    hidden_error(wait(failing.credentials()).unwrap_err());
}

/// Panics show what they are given.
#[test]
fn panics() {
    let server = Server::json(200, &everything());
    let session = session(&server);
    let text = panic_of(|| {
        let other: Result<Session> = Ok(session.clone());
        other.map(|session| format!("{session:?}")).unwrap_err()
    });
    silent(text);
    silent(panic_of(|| assert_eq!(wait(session.tokens()).unwrap(), Tokens::new("other"))));
}
