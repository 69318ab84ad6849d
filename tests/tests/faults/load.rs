//! Many calls at once: through few connections, from threads of both kinds, to a server that is down or too busy.

use std::time::{Duration, Instant};

use elkit::Method;
use elkit::testing::{Server, Step};
use serde_json::Value;

use super::builder;

/// The numbers that writes brought, in order.
fn numbers(server: &Server) -> Vec<u32> {
    let text = |body: &[u8]| String::from_utf8(body.to_vec()).unwrap();
    let mut numbers: Vec<u32> = server.requests().iter().map(|sent| text(&sent.body).parse().unwrap()).collect();
    numbers.sort_unstable();
    numbers
}

#[test]
fn ten_thousand_calls_through_few_connections() {
    let server = Server::start([]).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let es = builder(server.url()).max_idle_connections(8).build().unwrap();
    runtime.block_on(async {
        let workers = (0..8).map(|worker| {
            let es = es.clone();
            tokio::spawn(async move {
                for number in 0..1_250 {
                    let number = worker * 1_250 + number;
                    es.request(Method::POST, "/x").json(&number).send::<Value>().await.unwrap();
                }
            })
        });
        for worker in workers.collect::<Vec<_>>() {
            worker.await.unwrap();
        }
    });
    assert!(numbers(&server).into_iter().eq(0..10_000), "each write was done once");
    // A call that finds none idle makes one, even if another comes back meanwhile.
    assert!(server.connections() <= 400, "{} connections", server.connections());
}

/// Async calls of one runtime, and blocking ones of threads: a connection lives on the runtime that made it.
#[test]
fn async_and_blocking_calls_share_a_client() {
    let server = Server::start([]).unwrap();
    let es = builder(server.url()).build().unwrap();
    let write = |number: u32| es.request(Method::POST, "/x").json(&number);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (write, runtime) = (&write, &runtime);
            scope.spawn(move || {
                (0..25).for_each(|number| drop(write(thread * 50 + number).send_blocking::<Value>().unwrap()));
            });
            scope.spawn(move || {
                for number in 25..50 {
                    runtime.block_on(write(thread * 50 + number).send::<Value>()).unwrap();
                }
            });
        }
    });
    assert!(numbers(&server).into_iter().eq(0..200), "each write was done once");
}

/// No client hammers a server that is down: retries are a fifth of the calls, and a burst.
#[tokio::test]
async fn retries_have_a_budget() {
    let server = Server::always(Step::json(503, "{}")).unwrap();
    let es = builder(server.url()).build().unwrap();
    for _ in 0..200 {
        assert!(es.request(Method::GET, "/").send::<Value>().await.is_err());
    }
    let requests = server.requests().len();
    assert!((200 + 20..=200 + 20 + 40).contains(&requests), "{requests} requests");
}

#[tokio::test]
async fn the_overall_deadline_holds() {
    let server = Server::always(Step::json(429, "{}").header("retry-after", "1")).unwrap();
    let started = Instant::now();
    let es = builder(server.url()).timeout(Duration::from_millis(1_500)).max_retries(100).build().unwrap();
    let error = es.request(Method::POST, "/").send::<Value>().await.unwrap_err();
    assert_eq!((error.status().map(|status| status.as_u16()), error.attempts()), (Some(429), 2));
    assert_eq!(server.requests().len(), 2);
    assert!(started.elapsed() < Duration::from_secs(5));
}
