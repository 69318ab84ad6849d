//! Kinds of parameters that every call has: queries, headers, identities, spaces, the application's name, paths of routes
//! that no specification has.

use std::time::Duration;

use elkit::rt::Product;
use elkit::testing::{Received, Server};
use elkit::{Elasticsearch, Error, Kibana, Method, RawRequest};
use http::HeaderValue;
use proptest::test_runner::TestRunner;

use super::*;

/// One kind of parameter.
struct Kind {
    name: &'static str,
    /// Makes the request with this value.
    make: fn(&Clients, Product, &str) -> Result<RawRequest, Error>,
    /// What the server reads in its place.
    read: fn(&Received) -> Option<String>,
    /// Whether the value can be sent at all.
    allowed: fn(&str) -> bool,
    /// What is there to be read of it.
    arrives: fn(&str) -> String,
}

struct Clients {
    url: String,
    elasticsearch: Elasticsearch,
    kibana: Kibana,
}

impl Clients {
    fn of(server: &Server) -> Self {
        let url = format!("{}/prefix", server.url());
        let elasticsearch = Elasticsearch::builder(&url).timeout(Duration::from_secs(60)).build().unwrap();
        Self { elasticsearch, kibana: Kibana::builder(&url).build().unwrap(), url }
    }

    fn request(&self, product: Product, path: &str) -> RawRequest {
        match product {
            Product::Elasticsearch => self.elasticsearch.request(Method::GET, path),
            Product::Kibana => self.kibana.request(Method::GET, path),
        }
    }
}

fn header(received: &Received, name: &str) -> Option<String> {
    let values: Vec<_> = received.headers.get_all(name).iter().collect();
    assert!(values.len() <= 1, "{name} is there once");
    values.first().map(|value| String::from_utf8(value.as_bytes().to_vec()).unwrap())
}

fn query(received: &Received) -> Option<(String, String)> {
    let (_, query) = received.target.split_once('?')?;
    let pairs = pairs(query);
    assert_eq!(pairs.len(), 1, "{query}");
    pairs.into_iter().next()
}

fn is_header(value: &str) -> bool {
    HeaderValue::from_str(value).is_ok() && value.trim_matches([' ', '\t']) == value
}

fn is_space(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte))
}

/// A path is the caller's own writing: what a URL parser would read as something else is refused.
fn is_path(path: &str) -> bool {
    let dots = |segment: &str| matches!(&*segment.to_ascii_lowercase().replace("%2e", "."), "." | "..");
    path.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#\\\"<>^`{|}".contains(&byte)) && !path.split('/').any(dots)
}

const KINDS: [Kind; 10] = [
    Kind {
        name: "value of a query",
        make: |clients, product, value| Ok(clients.request(product, "/x").query("q", value)),
        read: |received| query(received).filter(|(name, _)| name == "q").map(|(_, value)| value),
        allowed: |_| true,
        arrives: str::to_owned,
    },
    Kind {
        name: "name in a query",
        make: |clients, product, value| Ok(clients.request(product, "/x").query(value, "v")),
        read: |received| query(received).filter(|(_, value)| value == "v").map(|(name, _)| name),
        allowed: |_| true,
        arrives: str::to_owned,
    },
    Kind {
        name: "query among the options",
        make: |clients, product, value| Ok(clients.request(product, "/x").options(|o| o.query("q", value))),
        read: |received| query(received).filter(|(name, _)| name == "q").map(|(_, value)| value),
        allowed: |_| true,
        arrives: str::to_owned,
    },
    Kind {
        name: "header",
        make: |clients, product, value| Ok(clients.request(product, "/x").header("x-custom", value)),
        read: |received| header(received, "x-custom"),
        allowed: is_header,
        arrives: str::to_owned,
    },
    Kind {
        name: "name of a header",
        make: |clients, product, value| {
            Ok(clients.request(product, "/x").header(format!("x-custom-{value}"), "only-here"))
        },
        read: |received| {
            let here = |(_, value): &(&http::HeaderName, &HeaderValue)| *value == "only-here";
            let (name, _) = received.headers.iter().find(here)?;
            Some(name.as_str().strip_prefix("x-custom-")?.to_owned())
        },
        allowed: |value| http::HeaderName::try_from(format!("x-custom-{value}")).is_ok(),
        arrives: str::to_ascii_lowercase,
    },
    Kind {
        name: "opaque id",
        make: |clients, product, value| Ok(clients.request(product, "/x").options(|o| o.opaque_id(value))),
        read: |received| header(received, "x-opaque-id"),
        allowed: is_header,
        arrives: str::to_owned,
    },
    Kind {
        name: "user to act as",
        make: |clients, product, value| Ok(clients.request(product, "/x").options(|o| o.run_as(value))),
        read: |received| header(received, "es-security-runas-user"),
        allowed: is_header,
        arrives: str::to_owned,
    },
    Kind {
        name: "application",
        make: |clients, product, value| {
            Ok(match product {
                Product::Elasticsearch => {
                    Elasticsearch::builder(&clients.url).user_agent(value).build()?.request(Method::GET, "/x")
                }
                Product::Kibana => Kibana::builder(&clients.url).user_agent(value).build()?.request(Method::GET, "/x"),
            })
        },
        read: |received| {
            let agent = header(received, "user-agent")?;
            Some(agent.strip_suffix(concat!("elkit/", env!("CARGO_PKG_VERSION")))?.to_owned())
        },
        allowed: |value| HeaderValue::from_str(value).is_ok(),
        arrives: |value| format!("{value} ").trim_start_matches([' ', '\t']).to_owned(),
    },
    Kind {
        name: "space",
        make: |clients, product, value| match product {
            Product::Elasticsearch => Ok(clients.request(product, "/x").query("space", value)),
            Product::Kibana => Ok(clients.kibana.space(value)?.request(Method::GET, "/x")),
        },
        read: |received| match received.target.strip_prefix("/prefix/s/") {
            Some(rest) => rest.strip_suffix("/x").map(str::to_owned),
            None => query(received).map(|(_, value)| value),
        },
        allowed: |_| true,
        arrives: str::to_owned,
    },
    Kind {
        name: "path of a route that has no method",
        make: |clients, product, value| Ok(clients.request(product, &format!("/x/{value}"))),
        read: |received| received.target.strip_prefix("/prefix/x/").map(str::to_owned),
        allowed: is_path,
        arrives: str::to_owned,
    },
];

/// Sends and looks at what came.
fn check(kind: &Kind, product: Product, value: &str, bench: &Bench) -> Result<bool, String> {
    let what = format!("{}, {product:?}, {value:?}", kind.name);
    let before = bench.server.requests().len();
    let sent = (kind.make)(&bench.clients, product, value).and_then(|request| {
        let sent = bench.runtime.block_on(request.send_raw());
        sent.map(drop)
    });
    let requests = bench.server.requests().split_off(before);
    let allowed = (kind.allowed)(value) && (kind.name != "space" || product != Product::Kibana || is_space(value));
    match sent {
        Err(error) if !allowed && requests.is_empty() => match error.kind() {
            // The builder's own word for what it was given.
            ErrorKind::Configuration => Ok(false),
            _ => refused(&error).map(|()| false).map_err(|why| format!("{what}: {why}")),
        },
        Ok(()) if allowed && requests.len() == 1 => {
            let read = (kind.read)(&requests[0]);
            let (path, _) = requests[0].target.split_once('?').unwrap_or((&requests[0].target, ""));
            let right = path == "/prefix/x" || path.starts_with("/prefix/s/") || path.starts_with("/prefix/x/");
            if read != Some((kind.arrives)(value)) || !right || requests[0].method != "GET" {
                return Err(format!("{what}: {} came, with {read:?}", requests[0].target));
            }
            Ok(true)
        }
        sent => Err(format!("{what}: allowed is {allowed}, but {} requests came: {sent:?}", requests.len())),
    }
}

struct Bench {
    server: Server,
    clients: Clients,
    runtime: tokio::runtime::Runtime,
}

impl Bench {
    fn new() -> Self {
        let server = Server::start([]).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { clients: Clients::of(&server), server, runtime }
    }
}

#[test]
fn every_odd_text_in_every_kind_of_option() {
    for kind in &KINDS {
        for product in PRODUCTS {
            let mut sent = 0;
            for some in texts().chunks(50) {
                // A server keeps what it read.
                let bench = Bench::new();
                for text in some {
                    sent += usize::from(check(kind, product, text, &bench).unwrap_or_else(|why| panic!("{why}")));
                }
            }
            assert!(sent > 0, "{}, {product:?}: something can be sent", kind.name);
        }
    }
}

#[test]
fn any_text_in_any_kind_of_option() {
    let bench = Bench::new();
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() });
    let input = (0..KINDS.len(), prop::sample::select(PRODUCTS.to_vec()), hostile());
    let sent = std::cell::Cell::new(0);
    let run = runner.run(&input, |(kind, product, text)| {
        let arrived = check(&KINDS[kind], product, &text, &bench).map_err(TestCaseError::fail)?;
        sent.set(sent.get() + usize::from(arrived));
        Ok(())
    });
    run.unwrap();
    assert!(sent.get() > 100, "{} of 600 were sent", sent.get());
}
