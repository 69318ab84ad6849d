//! All kinds of credentials through all kinds of exchanges, and all that anybody prints on the way.

use std::sync::{Arc, Mutex};

use elkit::auth::{ApiKey, Credentials, TokenProvider, Tokens, provider_fn};
use elkit::testing::{Exchange, Received, Recorder, Server};
use elkit::{Attempt, Elasticsearch, HeaderMap, Hook, Kibana, Method, Outcome, RequestOptions};

use super::canary::{CANARY, encoded_for_urls, hidden, leaks, silent};
use super::exchanges::{answers, call_all, send_all};
use super::key;
use super::support::traced;

/// How a call gets a credential.
type Give = fn(RequestOptions) -> RequestOptions;

/// Every kind of credential: whether it stands in the URL, and the options that give it.
const CREDENTIALS: [(&str, bool, Give); 13] = [
    ("API key", false, |o| o.api_key(key())),
    ("encoded API key", false, |o| o.api_key(ApiKey::encoded(key_text()))),
    ("password", false, |o| o.basic_auth("elastic", CANARY)),
    ("token", false, |o| o.bearer_auth(CANARY)),
    ("scheme", false, |o| o.authorization("Negotiate", CANARY)),
    ("cookie", false, |o| o.session_cookie(format!("sid={CANARY}"))),
    ("header", false, |o| o.header("authorization", format!("Custom {CANARY}"))),
    ("header of another name", false, |o| o.header("x-api-key", CANARY).anonymous()),
    ("second identity", false, |o| o.anonymous().secondary_authorization(&Credentials::bearer(CANARY).unwrap())),
    ("provider", false, |o| o.credentials_provider(provider_fn(|| async { Credentials::api_key(key()) }))),
    ("tokens", false, |o| o.credentials_provider(TokenProvider::from_fn(|_| std::future::ready(Ok(tokens()))))),
    ("userinfo", true, |o| o),
    ("userinfo and a token", true, |o| o.bearer_auth(CANARY)),
];

/// The answers that every credential meets; two of them meet all there are.
const MAIN: [&str; 2] = ["JSON", "a refusal"];

fn key_text() -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(format!("id:{CANARY}"))
}

fn tokens() -> Tokens {
    Tokens::new(CANARY).refresh_token(CANARY)
}

#[test]
fn nothing_that_people_print_shows_a_secret() {
    std::thread::scope(|scope| {
        for (name, userinfo, set) in CREDENTIALS {
            scope.spawn(move || {
                let all = ["API key", "userinfo"].contains(&name);
                for (answer, step) in answers().into_iter().filter(|(answer, _)| all || MAIN.contains(answer)) {
                    let server = Server::always(step).unwrap();
                    let ((), log) = traced(|| drive(&server, userinfo, set));
                    assert!(log.contains("security.put_user") && log.contains("kibana.request"), "calls are traced");
                    assert!(!leaks(&log), "{name}, {answer}: {log}");
                    let requests = server.requests();
                    assert!(requests.len() > 100, "{name}, {answer}: {} requests went out", requests.len());
                    assert!(requests.iter().all(shows), "{name}, {answer}: with the credential");
                    assert!(requests.iter().filter(|sent| leaks(&String::from_utf8_lossy(&sent.body))).count() > 50);
                    for sent in &requests {
                        silent(&sent.target);
                        silent(sent.headers["host"].to_str().unwrap());
                        hidden(sent);
                    }
                }
            });
        }
    });
}

/// Whether a request carries the credential, in whatever header.
fn shows(sent: &Received) -> bool {
    sent.headers.values().any(|value| value.to_str().is_ok_and(leaks))
}

/// Clients of both products make all calls, with hooks; then once more with a recorder, whose fixture is looked at.
fn drive(server: &Server, userinfo: bool, set: fn(RequestOptions) -> RequestOptions) {
    let host = server.url().trim_start_matches("http://");
    let url = match userinfo {
        true => format!("http://elastic:{}@{host}", encoded_for_urls()),
        false => server.url().to_owned(),
    };
    for recorder in [None, Some(Recorder::new())] {
        let heard = Heard::default();
        let (es, kibana) = (Elasticsearch::builder(&url), Kibana::builder(&url));
        let (es, kibana) = (es.max_retries(0).hook(heard.clone()), kibana.max_retries(0).hook(heard.clone()));
        let (mut es, mut kibana) = (hidden(es.options(set)), hidden(kibana.options(set)));
        if let Some(recorder) = &recorder {
            (es, kibana) = (es.wrap_http_client(recorder.layer()), kibana.wrap_http_client(recorder.layer()));
        }
        let (es, kibana) = (hidden(es.build().unwrap()), hidden(kibana.build().unwrap()));
        send_all(&|| es.request(Method::POST, "/x"));
        send_all(&|| kibana.request(Method::POST, "/api/x"));
        call_all(&es.security());
        let heard = heard.0.lock().unwrap();
        assert!(heard.contains("security.put_user") && heard.contains("kibana.request"));
        silent(&heard);
        let Some(recorder) = recorder else { continue };
        let path =
            std::env::temp_dir().join(format!("elkit-redaction-{}-{}", std::process::id(), host.replace(':', "-")));
        Exchange::save(&hidden(recorder.exchanges()), &path).unwrap();
        let fixture = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        silent(&fixture);
    }
}

/// Writes down all that hooks are told.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<String>>);

impl Hook for Heard {
    fn before_attempt(&self, attempt: &Attempt<'_>, headers: &mut HeaderMap) {
        self.0.lock().unwrap().push_str(&format!("{attempt:?} {headers:?}\n"));
    }

    fn after_attempt(&self, attempt: &Attempt<'_>, outcome: &Outcome) {
        self.0.lock().unwrap().push_str(&format!("{attempt:?} {outcome:?}\n"));
    }
}
