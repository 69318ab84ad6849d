//! Who a call says is calling, for every way to say it: one row a case, sent to both products, async and blocking.
//!
//! What the Python clients get wrong by accepting it (an API key as a list or a triple, Basic credentials as one text,
//! two kinds in one `Credentials`) has no row: it can't be written here.

mod support;

use elkit::auth::{Credentials, provider_fn};
use elkit::{Config, Elasticsearch, Error, ErrorKind, Method, RequestOptions};

use support::{Server, traced, wait};

type Set = fn(RequestOptions) -> RequestOptions;

/// What each source was given, and what came of it.
#[derive(Clone, Copy)]
struct Row {
    /// Userinfo of the builder's URL.
    userinfo: &'static str,
    /// Variables, for Elasticsearch. `{host}` is the server's.
    environment: &'static [(&'static str, &'static str)],
    builder: Set,
    handle: Set,
    call: Set,
    /// The `Authorization` header (or the cookie) that came, empty for none; or what the error says.
    sent: Result<&'static str, &'static str>,
    /// What the one warning names; empty for none.
    unused: &'static [&'static str],
}

fn nothing(options: RequestOptions) -> RequestOptions {
    options
}

const ROW: Row =
    Row { userinfo: "", environment: &[], builder: nothing, handle: nothing, call: nothing, sent: Ok(""), unused: &[] };

/// No message and no warning may hold it; every secret of a row that is refused or unused does.
const CANARY: &str = "canary";

#[track_caller]
fn check(row: Row) {
    let server = Server::json(200, "{}");
    for kibana in [false, true] {
        for blocking in [false, true] {
            let way = format!("kibana {kibana}, blocking {blocking}");
            let (result, log) = traced(|| send_twice(&row, &server, kibana, blocking));
            let requests = server.take();
            match (result, row.sent) {
                (Ok(()), Ok(expected)) => {
                    assert_eq!(requests.len(), 2, "{way}");
                    for request in requests {
                        let seen = request.header("authorization").or_else(|| request.header("cookie"));
                        assert_eq!(seen.unwrap_or_default(), expected, "{way}");
                    }
                }
                (Err(error), Err(part)) => {
                    assert!(error.to_string().contains(part), "{way}: {error}");
                    assert!(
                        matches!(error.kind(), ErrorKind::Credentials | ErrorKind::Configuration),
                        "{way}: {error:?}"
                    );
                    assert!(!format!("{error} {error:?}").contains(CANARY), "{way}: {error:?}");
                    assert!(requests.is_empty(), "{way}: nothing is sent");
                }
                (result, expected) => panic!("{way}: {result:?}, not {expected:?}"),
            }
            let warnings: Vec<_> = log.lines().filter(|line| line.contains("credentials were given")).collect();
            assert_eq!(warnings.len(), usize::from(!row.unused.is_empty()), "{way}: {warnings:?}");
            for name in row.unused {
                assert!(warnings[0].contains(" WARN ") && warnings[0].contains(name), "{way}: {name} in {warnings:?}");
            }
            assert!(!log.contains(CANARY), "{way}: {log}");
        }
    }
}

/// Two calls of one handle: what was given and is not used is reported once.
fn send_twice(row: &Row, server: &Server, kibana: bool, blocking: bool) -> Result<(), Error> {
    let url = server.url();
    let host = url.trim_start_matches("http://");
    let mut config = Config::new().options(row.builder).environment_with(|name| {
        let name = if kibana { name.replace("KIBANA_", "ELASTICSEARCH_") } else { name.to_owned() };
        let (_, value) = row.environment.iter().find(|(other, _)| *other == name)?;
        Some(value.replace("{host}", host).into())
    });
    if !row.environment.iter().any(|(name, _)| *name == "ELASTICSEARCH_URL") {
        let url = format!("http://{}{host}", row.userinfo);
        config = config.elasticsearch_url(&url).kibana_url(&url);
    }
    if kibana {
        let client = config.kibana()?.options(row.handle);
        let call = || client.request(Method::GET, "/api/status").options(row.call);
        (0..2).try_for_each(|_| if blocking { call().send_raw_blocking() } else { wait(call().send_raw()) }.map(drop))
    } else {
        let security = config.elasticsearch()?.options(row.handle).security();
        let call = || security.authenticate().options(row.call);
        (0..2).try_for_each(|_| if blocking { call().send_raw_blocking() } else { wait(call().send_raw()) }.map(drop))
    }
}

#[test]
fn api_keys() {
    check(Row { builder: |o| o.api_key("aTpz"), sent: Ok("ApiKey aTpz"), ..ROW });
    check(Row { builder: |o| o.api_key(("id", "secret")), sent: Ok("ApiKey aWQ6c2VjcmV0"), ..ROW });
    check(Row { builder: |o| o.api_key(("ïd", "é")), sent: Ok("ApiKey w69kOsOp"), ..ROW });
    check(Row { builder: |o| o.api_key(""), sent: Err("the API key is empty"), ..ROW });
    check(Row { builder: |o| o.api_key(("", "canary")), sent: Err("empty"), ..ROW });
    check(Row { builder: |o| o.api_key("ApiKey canary"), sent: Err("leave the scheme out"), ..ROW });
    check(Row { builder: |o| o.api_key("Bearer canary"), sent: Err("leave the scheme out"), ..ROW });
    check(Row { builder: |o| o.api_key("id:canary"), sent: Err("not encoded"), ..ROW });
    check(Row { builder: |o| o.api_key("canary"), sent: Err("not base64"), ..ROW });
    check(Row { builder: |o| o.api_key(("id", "canary\r\nx: y")), sent: Err("control character"), ..ROW });
}

#[test]
fn user_names_and_passwords() {
    let sent = Ok("Basic ZWxhc3RpYzpjaGFuZ2VtZQ==");
    check(Row { builder: |o| o.basic_auth("elastic", "changeme"), sent, ..ROW });
    check(Row {
        builder: |o| o.basic_auth("u", "pässwörd€日本"),
        sent: Ok("Basic dTpww6Rzc3fDtnJk4oKs5pel5pys"),
        ..ROW
    });
    check(Row { builder: |o| o.basic_auth("a", "b:c"), sent: Ok("Basic YTpiOmM="), ..ROW });
    check(Row { builder: |o| o.basic_auth("elastic", ""), sent: Ok("Basic ZWxhc3RpYzo="), ..ROW });
    check(Row { builder: |o| o.basic_auth("a:b", "canary"), sent: Err("colon"), ..ROW });
    check(Row { builder: |o| o.basic_auth("", "canary"), sent: Err("empty"), ..ROW });
    check(Row { builder: |o| o.basic_auth("u", "canary\n"), sent: Err("control character"), ..ROW });
    // Base64 that somebody made already.
    check(Row { builder: |o| o.authorization("Basic", "ZWxhc3RpYzpjaGFuZ2VtZQ=="), sent, ..ROW });
}

#[test]
fn tokens_and_other_schemes() {
    check(Row { builder: |o| o.bearer_auth("t"), sent: Ok("Bearer t"), ..ROW });
    check(Row { builder: |o| o.bearer_auth(""), sent: Err("empty"), ..ROW });
    check(Row { builder: |o| o.bearer_auth("Bearer canary"), sent: Err("leave the scheme out"), ..ROW });
    check(Row { builder: |o| o.bearer_auth("canary\r\nx: y"), sent: Err("not visible ASCII"), ..ROW });
    check(Row { builder: |o| o.bearer_auth("canary-é"), sent: Err("not visible ASCII"), ..ROW });
    check(Row { builder: |o| o.authorization("Negotiate", "n"), sent: Ok("Negotiate n"), ..ROW });
    check(Row { builder: |o| o.authorization("Two words", "canary"), sent: Err("not one word"), ..ROW });
    check(Row { builder: |o| o.session_cookie("sid=1"), sent: Ok("sid=1"), ..ROW });
    check(Row { builder: |o| o.session_cookie("canary"), sent: Err("name=value"), ..ROW });
}

#[test]
fn nobody_and_providers() {
    check(ROW);
    check(Row { builder: RequestOptions::anonymous, ..ROW });
    let provided: Set = |o| o.credentials_provider(provider_fn(|| async { Credentials::bearer("fetched") }));
    check(Row { builder: provided, sent: Ok("Bearer fetched"), ..ROW });
    check(Row { builder: |o| o.api_key("aTpz"), call: provided, sent: Ok("Bearer fetched"), ..ROW });
    check(Row {
        builder: provided,
        environment: &[("ELASTICSEARCH_API_KEY", "canary")],
        sent: Ok("Bearer fetched"),
        unused: &["API key"],
        ..ROW
    });
    let empty: Set = |o| {
        o.credentials_provider(provider_fn(|| async { Err(Error::new(ErrorKind::Credentials, "the vault is closed")) }))
    };
    check(Row { builder: empty, sent: Err("the vault is closed"), ..ROW });
    check(Row {
        builder: |o| {
            o.basic_auth("u", "canary").credentials_provider(provider_fn(|| async { Credentials::bearer("t") }))
        },
        sent: Err("must be the only credential"),
        ..ROW
    });
    check(Row { builder: |o| o.bearer_auth("canary").anonymous(), sent: Err("must be the only credential"), ..ROW });
}

#[test]
fn within_one_source_the_strongest_kind_is_sent() {
    let all: Set = |o| {
        o.session_cookie("sid=canary")
            .authorization("Negotiate", "canary")
            .bearer_auth("canary")
            .basic_auth("u", "canary")
            .api_key("aTpz")
    };
    let unused: &[&str] = &["user name and password", "bearer token", "other scheme", "session cookie"];
    check(Row { builder: all, sent: Ok("ApiKey aTpz"), unused, ..ROW });
    check(Row { handle: all, sent: Ok("ApiKey aTpz"), unused, ..ROW });
    check(Row { call: all, sent: Ok("ApiKey aTpz"), unused, ..ROW });
    check(Row {
        builder: |o| o.bearer_auth("canary").basic_auth("u", "p"),
        sent: Ok("Basic dTpw"),
        unused: &["bearer token (Builder)"],
        ..ROW
    });
    check(Row {
        builder: |o| o.authorization("Negotiate", "canary").bearer_auth("t"),
        sent: Ok("Bearer t"),
        unused: &["other scheme"],
        ..ROW
    });
    check(Row {
        builder: |o| o.api_key("canary").header("Authorization", "Custom x"),
        sent: Ok("Custom x"),
        unused: &["API key"],
        ..ROW
    });
    check(Row { call: |o| o.header("authorization", "Custom x"), sent: Ok("Custom x"), ..ROW });
}

#[test]
fn a_higher_source_replaces_a_lower_one_whole() {
    let key: Set = |o| o.api_key(("k", "old"));
    let basic: Set = |o| o.basic_auth("u", "p");
    let bearer: Set = |o| o.bearer_auth("t");
    let environment: &[_] = &[("ELASTICSEARCH_API_KEY", "canary")];
    // The same kind, a weaker one, a stronger one; nobody; an explicit header.
    check(Row { builder: key, call: |o| o.api_key(("k", "new")), sent: Ok("ApiKey azpuZXc="), ..ROW });
    check(Row { builder: key, call: basic, sent: Ok("Basic dTpw"), ..ROW });
    check(Row { builder: key, call: bearer, sent: Ok("Bearer t"), ..ROW });
    check(Row { builder: basic, call: bearer, sent: Ok("Bearer t"), ..ROW });
    check(Row { builder: basic, call: key, sent: Ok("ApiKey azpvbGQ="), ..ROW });
    check(Row { builder: key, call: RequestOptions::anonymous, ..ROW });
    check(Row { builder: key, call: |o| o.header("Authorization", "Custom x"), sent: Ok("Custom x"), ..ROW });
    check(Row { builder: |o| o.header("Authorization", "Custom x"), call: basic, sent: Ok("Basic dTpw"), ..ROW });
    check(Row { builder: |o| o.session_cookie("sid=1"), call: bearer, sent: Ok("Bearer t"), ..ROW });
    // Call over handle over builder over environment.
    check(Row { builder: key, handle: basic, call: bearer, sent: Ok("Bearer t"), ..ROW });
    check(Row { builder: key, handle: basic, sent: Ok("Basic dTpw"), ..ROW });
    check(Row { handle: key, call: RequestOptions::anonymous, ..ROW });
    check(Row { environment, handle: bearer, builder: basic, sent: Ok("Bearer t"), unused: &["API key (Env"], ..ROW });
    check(Row { environment, builder: bearer, sent: Ok("Bearer t"), unused: &["API key (Environment)"], ..ROW });
    check(Row { environment, builder: RequestOptions::anonymous, unused: &["API key (Environment)"], ..ROW });
}

#[test]
fn the_environment() {
    check(Row { environment: &[("ELASTICSEARCH_API_KEY", "aTpz")], sent: Ok("ApiKey aTpz"), ..ROW });
    check(Row { environment: &[("ELASTICSEARCH_BEARER_TOKEN", "t")], sent: Ok("Bearer t"), ..ROW });
    let user: &[_] = &[("ELASTICSEARCH_USERNAME", "u"), ("ELASTICSEARCH_PASSWORD", "p")];
    check(Row { environment: user, sent: Ok("Basic dTpw"), ..ROW });
    check(Row { environment: &[("ELASTICSEARCH_API_KEY", "")], ..ROW });
    check(Row { environment: &[("ELASTICSEARCH_API_KEY", "id:canary")], sent: Err("not encoded"), ..ROW });
    // kibana-py sends `None:None` here.
    check(Row { environment: &[("ELASTICSEARCH_USERNAME", "u")], sent: Err("need each other"), ..ROW });
    check(Row { environment: &[("ELASTICSEARCH_PASSWORD", "canary")], sent: Err("need each other"), ..ROW });
    check(Row {
        environment: &[
            ("ELASTICSEARCH_BEARER_TOKEN", "canary"),
            ("ELASTICSEARCH_USERNAME", "u"),
            ("ELASTICSEARCH_PASSWORD", "canary"),
            ("ELASTICSEARCH_API_KEY", "aTpz"),
        ],
        sent: Ok("ApiKey aTpz"),
        unused: &["user name and password (Environment)", "bearer token (Environment)"],
        ..ROW
    });
}

#[test]
fn userinfo_belongs_to_the_source_of_its_url() {
    check(Row { userinfo: "u:p@", sent: Ok("Basic dTpw"), ..ROW });
    check(Row { userinfo: "el%40astic:p%40ss%2Fw@", sent: Ok("Basic ZWxAYXN0aWM6cEBzcy93"), ..ROW });
    check(Row { userinfo: "el%3Aastic:canary@", sent: Err("colon"), ..ROW });
    check(Row {
        userinfo: "u:canary@",
        builder: |o| o.api_key("aTpz"),
        sent: Ok("ApiKey aTpz"),
        unused: &["userinfo"],
        ..ROW
    });
    check(Row {
        userinfo: "u:p@",
        builder: |o| o.bearer_auth("canary"),
        sent: Ok("Basic dTpw"),
        unused: &["bearer"],
        ..ROW
    });
    check(Row {
        userinfo: "u:canary@",
        builder: |o| o.basic_auth("u", "p"),
        sent: Ok("Basic dTpw"),
        unused: &["userinfo"],
        ..ROW
    });
    check(Row {
        userinfo: "u:canary@",
        builder: RequestOptions::anonymous,
        sent: Err("must be the only credential"),
        ..ROW
    });
    check(Row { userinfo: "u:canary@", call: |o| o.bearer_auth("t"), sent: Ok("Bearer t"), ..ROW });
    // Of the builder's URL it goes before the environment; of the environment's it does not outrank the builder.
    check(Row {
        userinfo: "u:p@",
        environment: &[("ELASTICSEARCH_API_KEY", "canary")],
        sent: Ok("Basic dTpw"),
        unused: &["API key (Environment)"],
        ..ROW
    });
    let url: &[_] = &[("ELASTICSEARCH_URL", "http://u:p@{host}")];
    check(Row { environment: url, sent: Ok("Basic dTpw"), ..ROW });
    check(Row {
        environment: &[("ELASTICSEARCH_URL", "http://u:canary@{host}")],
        builder: |o| o.bearer_auth("t"),
        sent: Ok("Bearer t"),
        unused: &["userinfo of the URL (Environment)"],
        ..ROW
    });
}

/// Identities that go beside the caller's, and so never replace it.
#[test]
fn other_identities() {
    let server = Server::json(200, "{}");
    let es = Elasticsearch::builder(server.url()).api_key("aTpz").build().unwrap();
    let rows: [(Set, &str, &str); 4] = [
        (|o| o.opaque_id("job-7"), "x-opaque-id", "job-7"),
        (|o| o.run_as("other"), "es-security-runas-user", "other"),
        (|o| o.secondary_authorization(&Credentials::bearer("t").unwrap()), "es-secondary-authorization", "Bearer t"),
        (|o| o.header("X-Custom", "1"), "x-custom", "1"),
    ];
    for (set, name, value) in rows {
        for blocking in [false, true] {
            let call = es.security().authenticate().options(set);
            if blocking { call.send_raw_blocking() } else { wait(call.send_raw()) }.unwrap();
            let [request] = &server.take()[..] else { panic!("one request") };
            assert_eq!(request.header(name), Some(value));
            assert_eq!(request.header("authorization"), Some("ApiKey aTpz"));
        }
    }
}
