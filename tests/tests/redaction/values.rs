//! What users hold in their hands: secrets, credentials, options, builders, clients, calls, and errors about what they were
//! given.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use elkit::auth::{ApiKey, Bearer, Credentials, provider_fn};
use elkit::elasticsearch::security::*;
use elkit::http::HttpBody;
use elkit::types::{Extra, Lazy};
use elkit::{Elasticsearch, ErrorKind, Kibana, Method, RequestOptions, Secret};
use serde_json::json;

use super::canary::{CANARY, encoded_for_urls, hidden, hidden_error, silent};
use super::key;
use super::support::{traced, wait};

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
