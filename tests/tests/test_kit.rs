//! What is recorded once answers the same calls without a server, from a file that holds no secret.

use elkit::testing::{Exchange, Recorder, Replay};
use elkit::{Elasticsearch, ErrorKind, Result, Secret};
use elkit_stack::Stack;

const CANARY: &str = "c@nary/7Kq";

/// Some calls with secrets both ways. What they came to, as text, but for what only a server can know.
async fn calls(es: &Elasticsearch) -> Result<String> {
    let security = es.security();
    let user = security.put_user("anna").password(CANARY).roles(["viewer"]).send().await?;
    let key = security.create_api_key().name("ci").send().await?;
    let nobody = security.get_user().username(["nobody"]).send_optional().await?;
    let refused = security.put_role("an all").run_as(["*"]).cluster(["no such privilege"]).send().await.unwrap_err();
    let me = security.authenticate().send().await?;
    Ok(format!(
        "{} {} {} {:?} {} {}",
        user.created,
        key.id,
        nobody.is_none(),
        refused.status(),
        refused.code().unwrap(),
        me.username
    ))
}

#[tokio::test]
async fn what_is_recorded_is_replayed() {
    let stack = Stack::builder().elastic_password(CANARY).start().await.unwrap();
    let recorder = Recorder::new();
    let url = stack.elasticsearch_url();
    let live =
        Elasticsearch::builder(&*url).no_proxy().basic_auth("elastic", CANARY).wrap_http_client(recorder.layer());
    let said = calls(&live.build().unwrap()).await.unwrap();
    drop(stack);

    let file = std::env::temp_dir().join(format!("elkit-test-kit-{}.jsonl", std::process::id()));
    Exchange::save(&recorder.exchanges(), &file).unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(text.lines().count(), 5);
    assert!(!text.contains("nary") && text.contains(r#"\"password\":\"[redacted]\""#), "{text}");
    assert!(text.contains(r#"\"encoded\":\"[redacted]\""#), "{text}");

    let replay = Replay::new(Exchange::load(&file).unwrap());
    std::fs::remove_file(&file).unwrap();
    let again =
        Elasticsearch::builder(&*url).basic_auth("elastic", "other").http_client(replay.clone()).build().unwrap();
    assert_eq!(calls(&again).await.unwrap(), said);
    assert!(replay.left().is_empty());
    let error = calls(&again).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidRequest, 1), "nothing is answered twice");
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(cause, "no exchange is left for PUT /_security/user/anna");
}

#[tokio::test]
async fn a_body_must_be_the_same_where_there_is_one() {
    let mut exchange = Exchange::new("PUT", "/_security/user/anna", 200, r#"{"created":true}"#);
    exchange.request = r#"{"password":"[redacted]","roles":["viewer"]}"#.to_owned();
    let replay = Replay::new([exchange]);
    let es = Elasticsearch::builder("http://localhost").http_client(replay.clone()).build().unwrap();
    let put = |role: &str| es.security().put_user("anna").password(Secret::from("any")).roles([role]).send();
    put("editor").await.unwrap_err();
    assert_eq!(replay.left().len(), 1);
    assert!(put("viewer").await.unwrap().created);
}

#[test]
fn files_that_are_no_fixtures() {
    let file = std::env::temp_dir().join(format!("elkit-no-fixture-{}.jsonl", std::process::id()));
    assert!(Exchange::load(&file).unwrap_err().to_string().contains("can't be read"));
    let good = r#"{"method":"GET","target":"/","request":"","status":200,"headers":[],"answer":""}"#;
    for bad in ["{", "{}", &good.replace("200", "\"200\""), &good.replace("[]", "[1]")] {
        std::fs::write(&file, format!("{good}\n\n{bad}\n")).unwrap();
        let error = Exchange::load(&file).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains("line 3 of the fixture is no exchange"), "{error}");
    }
    std::fs::remove_file(&file).unwrap();
}
