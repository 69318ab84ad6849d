//! Every attribute of every span, by OpenTelemetry's conventions: those for Elasticsearch on its calls, those for HTTP
//! clients on Kibana's and on each attempt. Hosts and ports are replaced; nothing else may stand there, and nothing secret.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use elkit::auth::provider_fn;
use elkit::response::Ndjson;
use elkit::rt::{Endpoint, Operation, Path, Product, Query, text};
use elkit::testing::{Server, Step};
use elkit::{Credentials, Elasticsearch, Error, Kibana, Method, Secret};
use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

const GUIDE: &str = include_str!("../../client/src/guide/operation.md");

const CANARY: &str = "c@nary/7Kq";

/// A request whose path and query hold everything that a span treats in its own way.
#[derive(Clone, Debug)]
struct Probe<const PRODUCT: u8> {
    index: &'static str,
    code: Secret<String>,
}

impl<const PRODUCT: u8> Endpoint for Probe<PRODUCT> {
    const OPERATION: &'static Operation = &Operation {
        id: "things.find",
        product: if PRODUCT == 0 { Product::Elasticsearch } else { Product::Kibana },
        template: "/{index}/things",
        idempotent: true,
        since: None,
        version: None,
        space: true,
        accept: None,
    };
    type Response = Value;

    fn method(&self) -> Method {
        Method::GET
    }

    fn path(&self, path: &mut Path) -> Result<(), Error> {
        path.segments("index", self.index.split(','))?;
        path.suffix("/things");
        Ok(())
    }

    fn query(&self, query: &mut Query) {
        query.pair("size", 10);
        query.pair("code", text(&self.code));
    }
}

fn probe<const PRODUCT: u8>() -> Probe<PRODUCT> {
    Probe { index: "logs 1,b", code: CANARY.into() }
}

struct Case {
    name: &'static str,
    /// What the server does; nobody listens when there is nothing.
    steps: Vec<Step>,
    run: fn(Elasticsearch, Kibana) -> Run,
    /// The spans in the order in which they began, with what each has of its own.
    spans: &'static [(&'static str, &'static str)],
}

type Run = std::pin::Pin<Box<dyn Future<Output = ()>>>;

fn cases() -> Vec<Case> {
    let cut = |text: &'static str| Step::answer(200, text).claim_length(text.len() + 10).close();
    vec![
        Case {
            name: "a call of the security API",
            steps: vec![
                Step::json(200, "{}")
                    .header("x-found-handling-cluster", "cluster-1")
                    .header("x-found-handling-instance", "instance-0000000001"),
            ],
            run: |es, _| {
                Box::pin(async move {
                    let call = es.security().get_role().name(["größe 1", "b"]);
                    call.options(|o| o.query("sig", CANARY)).send().await.unwrap();
                })
            },
            spans: &[
                (
                    "elasticsearch",
                    "otel.name=security.get_role db.operation.name=security.get_role
                 db.operation.parameter.name=größe 1,b db.namespace=cluster-1
                 elasticsearch.node.name=instance-0000000001 db.response.status_code=200 http.request.method=GET
                 url.full=BASE/_security/role/gr%C3%B6%C3%9Fe%201,b?sig=REDACTED url.template=/_security/role/{name}",
                ),
                (
                    "http",
                    "otel.name=GET /_security/role/{name} http.request.method=GET http.response.status_code=200
                 network.protocol.version=1.1 url.template=/_security/role/{name}
                 url.full=BASE/_security/role/gr%C3%B6%C3%9Fe%201,b?sig=REDACTED",
                ),
            ],
        },
        Case {
            name: "indices, a secret parameter, an error",
            steps: vec![Step::json(404, r#"{"error":{"type":"a","reason":"b"},"status":404}"#)],
            run: |es, _| Box::pin(async move { drop(es.send(probe::<0>()).await.unwrap_err()) }),
            spans: &[
                (
                    "elasticsearch",
                    "otel.name=things.find logs 1,b db.operation.name=things.find
                 db.operation.parameter.index=logs 1,b db.collection.name=logs 1,b db.response.status_code=404
                 http.request.method=GET url.full=BASE/logs%201,b/things?size=10&code=[redacted]
                 url.template=/{index}/things error.type=404 otel.status_code=ERROR",
                ),
                (
                    "http",
                    "otel.name=GET /{index}/things http.request.method=GET http.response.status_code=404
                 network.protocol.version=1.1 url.full=BASE/logs%201,b/things?size=10&code=[redacted]
                 url.template=/{index}/things error.type=404 otel.status_code=ERROR",
                ),
            ],
        },
        Case {
            name: "attempts",
            steps: vec![Step::answer(503, ""), Step::reset_after_request(), Step::json(200, "{}")],
            run: |_, kibana| {
                Box::pin(async move {
                    let kibana = kibana.space("marketing").unwrap();
                    kibana.request(Method::GET, "/api/x").query("q", CANARY).send::<Value>().await.unwrap();
                })
            },
            spans: &[
                (
                    "kibana",
                    "otel.name=kibana.request kibana.operation=kibana.request kibana.space=marketing
                 http.request.method=GET http.request.resend_count=2 http.response.status_code=200
                 url.full=BASE/s/marketing/api/x?q=REDACTED url.template=",
                ),
                (
                    "http",
                    "otel.name=GET http.request.method=GET http.response.status_code=503
                 network.protocol.version=1.1 url.full=BASE/s/marketing/api/x?q=REDACTED url.template=
                 error.type=503 otel.status_code=ERROR",
                ),
                (
                    "http",
                    "otel.name=GET http.request.method=GET http.request.resend_count=1
                 url.full=BASE/s/marketing/api/x?q=REDACTED url.template= error.type=Connection otel.status_code=ERROR",
                ),
                (
                    "http",
                    "otel.name=GET http.request.method=GET http.request.resend_count=2
                 http.response.status_code=200 network.protocol.version=1.1
                 url.full=BASE/s/marketing/api/x?q=REDACTED url.template=",
                ),
            ],
        },
        Case {
            name: "no database",
            steps: vec![Step::json(200, "{}").header("x-found-handling-cluster", "cluster-1")],
            run: |_, kibana| Box::pin(async move { drop(kibana.send(probe::<1>()).await.unwrap()) }),
            spans: &[
                (
                    "kibana",
                    "otel.name=things.find kibana.operation=things.find http.request.method=GET
                 http.response.status_code=200 url.full=BASE/logs%201,b/things?size=10&code=[redacted]
                 url.template=/{index}/things",
                ),
                (
                    "http",
                    "otel.name=GET /{index}/things http.request.method=GET http.response.status_code=200
                 network.protocol.version=1.1 url.full=BASE/logs%201,b/things?size=10&code=[redacted]
                 url.template=/{index}/things",
                ),
            ],
        },
        Case {
            name: "an answer that can't be read",
            steps: vec![Step::json(200, "{")],
            run: |es, _| Box::pin(async move { drop(es.security().authenticate().send().await.unwrap_err()) }),
            spans: &[
                (
                    "elasticsearch",
                    "otel.name=security.authenticate db.operation.name=security.authenticate
                 db.response.status_code=200 http.request.method=GET url.full=BASE/_security/_authenticate
                 url.template=/_security/_authenticate error.type=Decode otel.status_code=ERROR",
                ),
                (
                    "http",
                    "otel.name=GET /_security/_authenticate http.request.method=GET http.response.status_code=200
                 network.protocol.version=1.1 url.full=BASE/_security/_authenticate
                 url.template=/_security/_authenticate",
                ),
            ],
        },
        Case {
            name: "a stream that breaks off",
            steps: vec![cut("{\"a\":1}\n")],
            run: |_, kibana| {
                Box::pin(async move {
                    let request = kibana.request(Method::POST, "/api/export");
                    let mut lines = request.stream::<Ndjson<Value>>().await.unwrap().into_inner();
                    assert_eq!(lines.next().await.unwrap().unwrap()["a"], 1);
                    lines.next().await.unwrap().unwrap_err();
                })
            },
            spans: &[
                (
                    "kibana",
                    "otel.name=kibana.request kibana.operation=kibana.request http.request.method=POST
                 http.response.status_code=200 url.full=BASE/api/export url.template= error.type=Connection
                 otel.status_code=ERROR",
                ),
                (
                    "http",
                    "otel.name=POST http.request.method=POST http.response.status_code=200
                 network.protocol.version=1.1 url.full=BASE/api/export url.template=",
                ),
            ],
        },
        Case {
            name: "nobody listens",
            steps: vec![],
            run: |es, _| {
                Box::pin(async move {
                    let call = es.security().create_api_key().options(|o| o.max_retries(0));
                    call.send().await.unwrap_err();
                })
            },
            spans: &[
                (
                    "elasticsearch",
                    "otel.name=security.create_api_key db.operation.name=security.create_api_key
                 http.request.method=POST url.full=BASE/_security/api_key url.template=/_security/api_key
                 error.type=Connection otel.status_code=ERROR",
                ),
                (
                    "http",
                    "otel.name=POST /_security/api_key http.request.method=POST url.full=BASE/_security/api_key
                 url.template=/_security/api_key error.type=Connection otel.status_code=ERROR",
                ),
            ],
        },
        Case {
            name: "nothing is sent",
            steps: vec![],
            run: |es, _| {
                Box::pin(async move {
                    let none = provider_fn(|| async { Credentials::basic("a:b", CANARY) });
                    es.security().authenticate().options(|o| o.credentials_provider(none)).send().await.unwrap_err();
                })
            },
            spans: &[(
                "elasticsearch",
                "otel.name=security.authenticate db.operation.name=security.authenticate
                 http.request.method=GET url.template=/_security/_authenticate error.type=Credentials
                 otel.status_code=ERROR",
            )],
        },
    ]
}

#[test]
fn every_attribute() {
    for Case { name, steps, run, spans } in cases() {
        let server = if steps.is_empty() { None } else { Some(Server::start(steps).unwrap()) };
        let url = server.as_ref().map_or_else(|| Server::dead().unwrap(), |server| server.url().to_owned());
        let with_user = url.replace("://", "://elastic:c%40nary%2F7Kq@");
        let quick = std::time::Duration::from_millis(1);
        let es = Elasticsearch::builder(format!("{with_user}/base")).retry_delay(quick, quick).no_proxy();
        let kibana = Kibana::builder(format!("{with_user}/base")).retry_delay(quick, quick).no_proxy();
        let (es, kibana) = (es.build().unwrap(), kibana.build().unwrap());
        let log = Spans::default();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(log.clone()), || {
            runtime.block_on(run(es, kibana));
        });
        let port = url.rsplit(':').next().unwrap();
        let told = |text: String| match text.split_once('=').unwrap() {
            ("server.address", "127.0.0.1") => "server.address=HOST".to_owned(),
            ("server.port", value) if value == port => "server.port=PORT".to_owned(),
            _ => text.replace(&format!("{url}/base"), "BASE"),
        };
        let seen: Vec<Vec<String>> = log.0.lock().unwrap().iter().map(|span| span.lines(told)).collect();
        let expected: Vec<Vec<String>> = spans.iter().map(lines).collect();
        assert_eq!(seen, expected, "{name}");
        assert!(log.0.lock().unwrap().iter().all(|span| span.closed), "{name}: every span ends");
        assert!(!format!("{seen:?}").contains("nary"), "{name}");
        for field in log.0.lock().unwrap().iter().flat_map(|span| span.attributes.keys()) {
            let listed = field.starts_with("db.operation.parameter.") || GUIDE.contains(&format!("`{field}`"));
            assert!(listed, "the guide lacks {field}");
        }
    }
}

/// The attributes of an expected span, those that all have included.
fn lines((name, text): &(&str, &str)) -> Vec<String> {
    let product = if *name == "elasticsearch" { "db.system.name=elasticsearch" } else { "" };
    let mut lines: Vec<String> = Vec::new();
    for word in format!("{product} otel.kind=client server.address=HOST server.port=PORT {text}").split_whitespace() {
        let attribute = word.split_once('=').is_some_and(|(name, _)| name.contains('.'));
        match lines.last_mut() {
            // A value may hold spaces.
            Some(last) if !attribute => last.push_str(&format!(" {word}")),
            _ => lines.push(word.to_owned()),
        }
    }
    lines.sort();
    lines.insert(0, (*name).to_owned());
    lines
}

#[derive(Clone, Default)]
struct Spans(Arc<Mutex<Vec<Span>>>);

#[derive(Debug)]
struct Span {
    id: u64,
    name: &'static str,
    /// Whether it stands in a call's span.
    inner: bool,
    attributes: BTreeMap<&'static str, String>,
    closed: bool,
}

impl Span {
    fn lines(&self, told: impl Fn(String) -> String) -> Vec<String> {
        assert_eq!(self.inner, self.name == "http", "attempts stand in their call, calls alone");
        let attributes = self.attributes.iter().map(|(name, value)| told(format!("{name}={value}")));
        let mut lines: Vec<String> = attributes.collect();
        lines.sort();
        lines.insert(0, self.name.to_owned());
        lines
    }
}

impl Visit for Span {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.attributes.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.attributes.insert(field.name(), value.to_owned());
    }
}

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Spans {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let metadata = attributes.metadata();
        if metadata.target().starts_with("elkit") {
            let inner = context.span(id).is_some_and(|span| span.parent().is_some());
            let (id, name) = (id.into_u64(), metadata.name());
            let mut span = Span { id, name, inner, attributes: BTreeMap::new(), closed: false };
            attributes.record(&mut span);
            self.0.lock().unwrap().push(span);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        self.with(id, |span| values.record(span));
    }

    fn on_close(&self, id: Id, _: Context<'_, S>) {
        self.with(&id, |span| span.closed = true);
    }
}

impl Spans {
    /// The last with this id: ids are given again when a span has ended.
    fn with(&self, id: &Id, change: impl FnOnce(&mut Span)) {
        let mut spans = self.0.lock().unwrap();
        if let Some(span) = spans.iter_mut().rev().find(|span| span.id == id.into_u64()) {
            change(span);
        }
    }
}
