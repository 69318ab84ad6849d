//! One secret is driven through every path a credential can take, and is found in nothing that people print: no Debug,
//! no Display, no chain of causes, no span, no event, no panic. The first tests show that it would be found.

#[path = "support/canary.rs"]
mod canary;
mod support;

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use elkit::auth::{ApiKey, Bearer, Credentials, provider_fn};
use elkit::elasticsearch::security::*;
use elkit::http::HttpBody;
use elkit::types::{Extra, Lazy};
use elkit::{
    Attempt, Elasticsearch, Error, ErrorKind, HeaderMap, Hook, Kibana, Method, Outcome, RequestOptions, Secret,
};
use serde_json::{Value, json};

use canary::{CANARY, encoded_for_urls, hidden, hidden_error, leaks, panic_of, silent};
use support::{Server, traced, wait};

/// A builder as people have it, without the plain-http warning and without retries.
fn es(server: &Server) -> elkit::Builder<Elasticsearch> {
    Elasticsearch::builder(server.url()).max_retries(0)
}

fn key() -> ApiKey {
    ApiKey::pair("id", CANARY)
}

#[test]
fn what_is_planted_is_found() {
    let basic = Credentials::basic("elastic", CANARY).unwrap();
    let api_key = Credentials::api_key(key()).unwrap();
    let planted: [&dyn Debug; 6] = [
        &Some(CANARY),
        &json!({"a": [CANARY]}),
        &format!("http://u:{}@h", encoded_for_urls()),
        &basic.header().unwrap().1.to_str(),
        &api_key.header().unwrap().1.to_str(),
        &CANARY.as_bytes(),
    ];
    for value in planted {
        assert!(leaks(&format!("{value:?}")), "{value:?}");
        assert!(!panic_of(|| hidden(value)).is_empty(), "`hidden` finds it");
    }
    assert!(!panic_of(|| hidden_error(Error::new(ErrorKind::Api, CANARY))).is_empty());
    assert!(!panic_of(|| hidden_error(Error::new(ErrorKind::Api, "").with_source(CANARY))).is_empty());
    let quoting = format!(r#"{{"error":{{"type":"a","reason":"no {CANARY}"}}}}"#);
    assert!(!panic_of(|| hidden_error(Error::elasticsearch(elkit::StatusCode::FORBIDDEN, quoting))).is_empty());
    assert!(leaks(&panic_of(|| assert_eq!(CANARY, "other"))));
    let ((), log) = traced(|| tracing::trace_span!("a", value = CANARY).in_scope(|| ()));
    assert!(leaks(&log), "{log}");
    let ((), log) = traced(|| tracing::trace!(value = ?Some(CANARY), "event"));
    assert!(leaks(&log), "{log}");
    assert!(!leaks("elastic, id, [redacted] and other text"));
}

#[test]
fn values() {
    hidden(Secret::from(CANARY));
    hidden(Secret::new(json!({"a": CANARY})));
    hidden(Secret::new(CANARY.as_bytes().to_vec()));
    hidden(hidden(key()));
    hidden(ApiKey::encoded(CANARY));
    hidden(Bearer::new(CANARY));
    for credentials in [
        Credentials::api_key(key()),
        Credentials::basic("elastic", CANARY),
        Credentials::bearer(CANARY),
        Credentials::scheme("Negotiate", CANARY),
        Credentials::cookie(format!("sid={CANARY}")),
    ] {
        let credentials = hidden(credentials.unwrap());
        hidden(credentials.header());
        hidden(&RequestOptions::new().secondary_authorization(&credentials));
        hidden(&RequestOptions::new().credentials_provider(provider_fn(move || {
            let credentials = credentials.clone();
            async move { Ok(credentials) }
        })));
    }
    let mut extra = Extra::new();
    extra.insert("new", CANARY);
    hidden(extra);
    hidden(Lazy::<RoleQuery>::from_json(json!({"term": {"a": CANARY}})));
    hidden(RoleQuery::Other(json!({"new": CANARY}).into()));
    hidden(RoleMappingRule::Other(json!([CANARY]).into()));
    hidden(HttpBody::from(CANARY));
    hidden(elkit::body::Body::text(CANARY));
    hidden(elkit::response::Text(CANARY.to_owned()));
}

#[test]
fn builders_clients_options_and_calls() {
    let url = format!("http://u:{}@localhost:9200", encoded_for_urls());
    let sets: [fn(RequestOptions) -> RequestOptions; 8] = [
        |o| o.api_key(key()),
        |o| o.basic_auth("elastic", CANARY),
        |o| o.bearer_auth(CANARY),
        |o| o.authorization("Negotiate", CANARY),
        |o| o.session_cookie(format!("sid={CANARY}")),
        |o| o.header("authorization", format!("Custom {CANARY}")),
        |o| o.header("x-custom", CANARY).opaque_id(CANARY).run_as(CANARY),
        |o| o.query("q", CANARY),
    ];
    let ((), log) = traced(|| {
        for set in sets {
            hidden(&set(RequestOptions::new()));
            let client = hidden(hidden(Elasticsearch::builder(&url).options(set)).build().unwrap());
            hidden(client.security());
            hidden(client.options(set));
            hidden(&client.security().authenticate().options(set));
            hidden(&client.request(Method::POST, format!("/x/{CANARY}")).json(&json!(CANARY)).options(set));
            let kibana = hidden(hidden(Kibana::builder(&url).options(set)).build().unwrap());
            hidden(kibana.options(set).space("s").unwrap());
        }
        let environment = |name: &str| match name {
            "ELASTICSEARCH_URL" => Some(url.clone().into()),
            "ELASTICSEARCH_API_KEY" | "ELASTICSEARCH_BEARER_TOKEN" => {
                Some(STANDARD_NO_PAD.encode(format!("id:{CANARY}")).into())
            }
            _ => None,
        };
        let config = hidden(elkit::Config::new().environment_with(environment));
        hidden(config.elasticsearch().unwrap());
        hidden(&Elasticsearch::builder("https://h").client_certificate(CANARY, CANARY).ca_cert(CANARY));
    });
    assert!(log.contains("credentials were given that are not used"), "{log}");
    silent(log);
}

#[test]
fn what_cannot_be_used_is_not_quoted() {
    let builder = || Elasticsearch::builder("http://localhost:9200");
    let refused = [
        builder().api_key(CANARY),
        builder().api_key(format!("ApiKey {CANARY}")),
        builder().api_key(format!("id:{CANARY}")),
        builder().api_key(("i:d", CANARY)),
        builder().basic_auth("a:b", CANARY),
        builder().basic_auth("u", format!("{CANARY}\n")),
        builder().bearer_auth(format!("{CANARY}\r\n")),
        builder().bearer_auth(format!("Bearer {CANARY}")),
        builder().authorization("a b", CANARY),
        builder().authorization(CANARY, "x"),
        builder().options(|o| o.session_cookie(CANARY)),
        builder().header("x-custom", format!("{CANARY}\n")),
        builder().header("authorization", format!("{CANARY}\0")),
        builder().header(format!("Authorization: Bearer {CANARY}"), "x"),
        builder().user_agent(format!("{CANARY}\n")),
        Elasticsearch::builder(format!("http://u:{CANARY} @h")),
        Elasticsearch::builder(format!("http://u:{}@h:99999", encoded_for_urls())),
        Elasticsearch::builder(format!("ftp://u:{}@h", encoded_for_urls())),
        Elasticsearch::builder(format!("u:{}@h", encoded_for_urls())),
        Elasticsearch::builder(format!("http://h?password={CANARY}")),
        Elasticsearch::cloud(CANARY),
        Elasticsearch::cloud(format!("name:{CANARY}")),
        Elasticsearch::builder("https://h").ca_cert(CANARY),
        Elasticsearch::builder("https://h").client_certificate(CANARY, CANARY),
    ];
    for builder in refused {
        hidden_error(hidden(builder).build().unwrap_err());
    }
    // Nobody listens there.
    let nobody = format!("http://u:{}@127.0.0.1:1", encoded_for_urls());
    let (error, log) = traced(|| {
        let es = Elasticsearch::builder(nobody).max_retries(1).retry_delay(Default::default(), Default::default());
        wait(es.build().unwrap().security().put_user(CANARY).password(CANARY).send()).unwrap_err()
    });
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connection, 2));
    hidden_error(error);
    silent(log);
}

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
        let server = Server::json(status, &body);
        let (sent, log) = traced(|| send_every_secret(&es(&server).basic_auth("elastic", CANARY).build().unwrap()));
        silent(&log);
        assert!(log.contains("security.put_user") && (status == 200 || log.contains("error.type")), "calls are traced");
        let requests = server.take();
        assert_eq!(requests.len(), sent, "they did go out");
        assert!(requests.iter().all(|request| leaks(request.header("authorization").unwrap())));
        assert!(requests.iter().filter(|request| leaks(&request.body)).count() >= sent / 2, "with what they hold");
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
        security.authenticate(),
        security.authenticate().options(|o| o.api_key(key())),
        security.authenticate().options(|o| o.bearer_auth(CANARY)),
        security.authenticate().options(|o| o.authorization("Negotiate", CANARY)),
    );
    let raw = es.request(Method::GET, "/").query("q", CANARY);
    let _ = wait(raw.send::<Value>()).map_err(hidden_error);
    sent + 1
}

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
