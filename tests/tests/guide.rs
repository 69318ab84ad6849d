//! The guide to authentication: each row of its table against the embedded stack. The examples of its page are tests of the
//! client's documentation.

// Others need more of it.
#[expect(dead_code)]
#[path = "support/sessions.rs"]
mod sessions;

use elkit::{Credentials, Elasticsearch, Kibana, Method, RequestOptions};
use serde_json::Value;

use sessions::Cluster;

const GUIDE: &str = include_str!("../../client/src/guide/authentication.md");

type Options = Box<dyn Fn(RequestOptions) -> RequestOptions>;

/// A row of the table, and what tells that a product took it.
struct Row {
    what: &'static str,
    option: &'static str,
    set: Options,
    /// Who calls, as far as the product reads the option; none if it refuses.
    elasticsearch: Option<&'static str>,
    /// What the table says of Kibana, which takes the call either way.
    kibana: &'static str,
}

/// Whoever makes the call beside the options that say nothing of that.
fn as_elastic(cluster: &Cluster, set: impl Fn(RequestOptions) -> RequestOptions + 'static) -> Options {
    let password = cluster.stack.elastic_password().to_owned();
    Box::new(move |o| set(o.basic_auth("elastic", &password)))
}

async fn rows(cluster: &Cluster) -> Vec<Row> {
    let security = cluster.es.security();
    let key = security.create_api_key().name("k").send().await.unwrap();
    let token = elkit::auth::TokenProvider::client_credentials(&cluster.es).tokens().await.unwrap().access_token;
    let service = security.create_service_token("elastic", "kibana").send().await.unwrap();
    let idp = cluster.stack.identity_provider();
    let tickets = std::sync::Mutex::new(vec![idp.kerberos_ticket("ana"), idp.kerberos_ticket("ana")]);
    let second = Credentials::basic("nobody", "nothing").unwrap();
    let row = |what, option, set: Options, elasticsearch, kibana| Row { what, option, set, elasticsearch, kibana };
    vec![
        row("API key", "api_key", Box::new(move |o| o.api_key(&key)), Some("elastic"), "yes"),
        row("user name and password", "basic_auth", as_elastic(cluster, |o| o), Some("elastic"), "yes"),
        row("access token, JWT", "bearer_auth", Box::new(move |o| o.bearer_auth(&token)), Some("elastic"), "yes"),
        row(
            "service account's token",
            "bearer_auth",
            Box::new(move |o| o.bearer_auth(&service)),
            Some("elastic/kibana"),
            "yes",
        ),
        row(
            "another scheme",
            "authorization",
            Box::new(move |o| o.authorization("Negotiate", tickets.lock().unwrap().pop().unwrap())),
            Some("ana@STACK.EXAMPLE"),
            "yes",
        ),
        row("nobody", "anonymous", Box::new(|o| o.anonymous()), Some("guest"), "yes"),
        // Who is nobody is refused as the second, where it is read.
        row(
            "a second identity",
            "secondary_authorization",
            as_elastic(cluster, move |o| o.secondary_authorization(&second)),
            None,
            "not passed on",
        ),
        row(
            "on behalf of another user",
            "run_as",
            as_elastic(cluster, |o| o.run_as("analyst")),
            Some("analyst"),
            "not passed on",
        ),
    ]
}

/// The cells of the guide's table, by what they are about.
fn cells(what: &str) -> Vec<&'static str> {
    let line = GUIDE.lines().find(|line| line.starts_with(&format!("| {what} |")));
    let line = line.unwrap_or_else(|| panic!("the guide has a row for {what}"));
    line.trim_matches('|').split(" | ").map(str::trim).collect()
}

#[tokio::test]
async fn the_table_says_what_is_so() {
    let cluster = Cluster::of(elkit_stack::Stack::builder().anonymous("guest", ["viewer"]));
    let rules = r#"{"field": {"realm.name": "kerb1"}}"#;
    let rules: elkit::elasticsearch::security::RoleMappingRule = serde_json::from_str(rules).unwrap();
    cluster.es.security().put_role_mapping("m").roles(["viewer"]).rules(rules).enabled(true).send().await.unwrap();
    cluster.user("analyst", &["viewer"]).await;
    let rows = rows(&cluster).await;
    for Row { what, option, set, elasticsearch, kibana } in &rows {
        let cells = cells(what);
        assert_eq!(cells[1], format!("`{option}`"));
        let es = Elasticsearch::builder(cluster.stack.elasticsearch_url()).options(set).build().unwrap();
        let found = es.security().authenticate().send().await.map(|me| me.username.clone());
        assert_eq!(found.as_deref().ok(), *elasticsearch, "{what}: {found:?}");
        assert!(cells[2].starts_with("yes"), "{what}");

        let client = Kibana::builder(cluster.stack.kibana_url()).options(set).build().unwrap();
        let found = client.request(Method::GET, "/api/status").send::<Value>().await;
        assert!(found.is_ok(), "{what}: {found:?}");
        assert!(cells[3].starts_with(kibana), "{what}");
    }
    // Elasticsearch knows no cookies, and the stack's Kibana has no sessions.
    assert_eq!((cells("session cookie")[2], cells("session cookie")[3]), ("no", "yes"));
    assert_eq!(GUIDE.lines().filter(|line| line.starts_with("| ")).count(), rows.len() + 2, "no row is left out");
}

/// The typed options travel under the names that the products read, on calls and on handles, and are not printed.
#[tokio::test]
async fn typed_options_are_headers() {
    let cluster = Cluster::start();
    cluster.user("analyst", &["viewer"]).await;
    let second = Credentials::basic("analyst", sessions::PASSWORD).unwrap();
    let set = |o: RequestOptions| o.run_as("analyst").opaque_id("nightly").secondary_authorization(&second);
    let handle = cluster.es.options(set);
    for call in [handle.security().authenticate(), cluster.es.security().authenticate().options(set)] {
        cluster.stack.clear_requests();
        assert!(!format!("{call:?}").contains(sessions::PASSWORD));
        let answer = call.send().await.unwrap();
        assert_eq!(answer.username, "analyst");
        assert_eq!(answer.headers()["x-opaque-id"], "nightly");
        let request = &cluster.stack.requests()[0];
        assert_eq!(request.header("es-security-runas-user"), Some("analyst"));
        assert_eq!(request.header("x-opaque-id"), Some("nightly"));
        assert_eq!(request.header("es-secondary-authorization"), second.header().unwrap().1.to_str().ok());
    }
    let wrong = cluster.es.options(|o| o.secondary_authorization(&Credentials::anonymous()));
    let error = wrong.security().authenticate().send().await.unwrap_err();
    assert_eq!(error.attempts(), 0, "{error}");
}
