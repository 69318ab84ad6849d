//! URLs that lead to another server than was meant, and servers that take their time.

use std::time::{Duration, Instant};

use elkit::testing::{Server, Step};
use elkit::{Elasticsearch, Error, ErrorKind, Kibana, Method};
use elkit_stack::Stack;
use serde_json::{Value, json};

use crate::wait;

/// terraform-provider-elasticstack#391: Kibana's URL is Elasticsearch's, or the other way round.
#[test]
fn class_10_the_products_are_mixed_up() {
    let stack = Stack::start_blocking().unwrap();
    let es = Elasticsearch::builder(stack.kibana_url()).basic_auth("elastic", stack.elastic_password());
    let es = es.max_retries(0).build().unwrap();
    let kibana = Kibana::builder(stack.elasticsearch_url()).basic_auth("elastic", stack.elastic_password());
    let kibana = kibana.max_retries(0).build().unwrap();
    let errors: Vec<(&str, Error)> = vec![
        ("es read", wait(es.security().get_user().send()).unwrap_err()),
        ("es optional", wait(es.security().get_user().username("u").send_optional()).unwrap_err()),
        ("es write", wait(es.security().put_user("u").password("secret-text").send()).unwrap_err()),
        ("kibana read", wait(kibana.spaces().list().send()).unwrap_err()),
        ("kibana write", wait(kibana.spaces().create("s", "S").send()).unwrap_err()),
        ("kibana role", wait(kibana.roles().get("r").send()).unwrap_err()),
    ];
    for (name, error) in errors {
        assert!(matches!(error.kind(), ErrorKind::Api | ErrorKind::UnsupportedProduct), "{name}: {error:?}");
        assert!(error.status().is_some() && !error.body().is_empty(), "{name}: what came is there");
        assert!(error.to_string().contains(" failed: "), "{name}: {error}");
    }
    // A success of something else is none.
    let server = Server::always(Step::answer(200, r#"{"users":"<html>"}"#).foreign()).unwrap();
    let es = Elasticsearch::builder(server.url()).build().unwrap();
    for result in
        [wait(es.security().delete_user("u").send()).map(drop), wait(es.security().get_user().send()).map(drop)]
    {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnsupportedProduct);
        assert!(error.to_string().contains("check the URL"), "{error}");
    }
}

/// The body of a 400 may be anything: it is an error with what came, and never a panic.
#[test]
fn class_10_errors_of_any_shape() {
    let bodies = [
        "",
        "null",
        "7",
        "[]",
        "{}",
        "\"text\"",
        "<html>",
        "{\"error\":null}",
        "{\"error\":{}}",
        "{\"error\":[]}",
        "{\"error\":{\"root_cause\":null,\"caused_by\":7}}",
        "{\"error\":{\"root_cause\":[null,7,{}]}}",
        "{\"error\":{\"type\":null,\"reason\":{}}}",
        "{\"message\":{}}",
        "{\"message\":null,\"statusCode\":\"x\"}",
        "{\"statusCode\":400,\"error\":\"Bad Request\",\"message\":\"m\",\"attributes\":[null]}",
        "{\"errors\":[]}",
    ];
    for body in bodies {
        for status in [400, 401, 403, 404, 409, 500] {
            let server = Server::always(Step::json(status, body)).unwrap();
            let es = Elasticsearch::builder(server.url()).build().unwrap();
            let kibana = Kibana::builder(server.url()).build().unwrap();
            for error in
                [wait(es.security().get_user().send()).unwrap_err(), wait(kibana.spaces().list().send()).unwrap_err()]
            {
                assert_eq!((error.kind(), error.body().as_ref()), (ErrorKind::Api, body.as_bytes()));
                let _ = (error.code(), error.reason(), error.caused_by(), error.root_causes(), error.attributes());
                assert!(error.to_string().contains(&status.to_string()), "{error}");
                assert_eq!(error.is_not_found(), status == 404);
            }
        }
    }
}

/// elasticsearch-java#1119: a timeout that is set is one that holds, whatever the server does and wherever it was set.
#[test]
fn class_15_every_deadline_holds() {
    let ok = || Step::json(200, "{\"a\":1}");
    let second = Duration::from_secs(1);
    let short = Duration::from_millis(150);
    let slow = [
        ("no answer", Step::hang()),
        ("half of the headers", ok().cut(20).stall()),
        ("half of the body", ok().claim_length(99).stall()),
        ("byte by byte", ok().drip(1, Duration::from_millis(100))),
        ("much later", ok().after(20 * second)),
        ("to be asked again later", Step::json(503, "{}").header("retry-after", "3600")),
    ];
    for (name, step) in slow {
        let server = Server::always(step).unwrap();
        let builder = || Elasticsearch::builder(server.url());
        let es = builder().build().unwrap();
        let get = |es: &Elasticsearch| es.request(Method::GET, "/x");
        let started = Instant::now();
        let results = [
            wait(get(&builder().timeout(short).build().unwrap()).send::<Value>()),
            wait(get(&es.options(|o| o.timeout(short))).send::<Value>()),
            wait(get(&es).options(|o| o.timeout(short)).send::<Value>()),
            get(&es).options(|o| o.timeout(short)).send_blocking::<Value>(),
            wait(get(&es).options(|o| o.attempt_timeout(short).max_retries(0)).send::<Value>()),
            get(&es).options(|o| o.attempt_timeout(short).max_retries(0).timeout(second)).send_blocking::<Value>(),
        ];
        for result in results {
            let error = result.unwrap_err();
            let expected = error.is_timeout() || error.status().is_some_and(|status| status.as_u16() == 503);
            assert!(expected, "{name}: {error:?}");
        }
        // Six times 150 ms; the defaults are 30 and 120 seconds.
        assert!(started.elapsed() < 15 * second, "{name} took {:?}", started.elapsed());
    }
    // The nearest word counts, and it may be a longer one.
    let server = Server::always(ok().after(Duration::from_millis(300))).unwrap();
    let es = Elasticsearch::builder(server.url()).timeout(short).build().unwrap();
    let patient = es.request(Method::GET, "/x").options(|o| o.timeout(30 * second));
    assert_eq!(wait(patient.send::<Value>()).unwrap().into_inner(), json!({"a": 1}));
}
