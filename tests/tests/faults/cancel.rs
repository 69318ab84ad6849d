//! Calls that are given up: at each of their await points in turn, and at random ones under load. Whoever drops a future
//! leaves the client as it was, and a write that was dropped was done once or not at all.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use elkit::auth::TokenProvider;
use elkit::body::Body;
use elkit::response::Ndjson;
use elkit::testing::{Server, Step};
use elkit::{Elasticsearch, Method};
use elkit_stack::{Clock, Stack};

use super::builder;
use super::credentials::{LIFE, cluster, grants, keys};

type Act = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Starts an act, with a number that is its own.
type Start = Box<dyn Fn(u32) -> Act + Send + Sync>;

/// Lets a future wait this often, then gives it up wherever it is: false if it did not come to its end.
struct GiveUp<F> {
    future: Pin<Box<F>>,
    waits: u32,
}

fn give_up<F: Future>(waits: u32, future: F) -> GiveUp<F> {
    GiveUp { future: Box::pin(future), waits }
}

impl<F: Future> Future for GiveUp<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if self.waits == 0 => Poll::Ready(None),
            Poll::Pending => {
                self.waits -= 1;
                Poll::Pending
            }
        }
    }
}

/// The servers and clients that acts are made with.
struct Bench {
    stack: Stack,
    /// Of the stack, with tokens.
    es: Elasticsearch,
    /// Says three lines to everything, slowly.
    server: Server,
    slow: Elasticsearch,
}

/// How many API keys there are to be paged through.
const KEYS: usize = 7;

impl Bench {
    fn new() -> Self {
        let (stack, es) = cluster(Clock::manual());
        for number in 0..KEYS {
            es.security().create_api_key().name(format!("there-{number}")).send_blocking().unwrap();
        }
        let lines = Step::json(200, "1\n2\n3\n").drip(2, Duration::from_micros(300));
        let server = Server::always(lines).unwrap();
        let slow = builder(server.url()).build().unwrap();
        Self { stack, es, server, slow }
    }

    /// What can be done.
    fn acts(&self) -> [(&'static str, Start); 6] {
        let [read, write, page, token] = [(); 4].map(|()| self.es.clone());
        let [lines, upload] = [(); 2].map(|()| self.slow.clone());
        let password = self.stack.elastic_password().to_owned();
        let basic = self.es.options(|o| o.basic_auth("elastic", password.as_str()));
        [
            (
                "read",
                Box::new(move |_| {
                    let call = read.security().authenticate().send();
                    Box::pin(async { assert_eq!(call.await.unwrap().username, "elastic") })
                }),
            ),
            (
                "write",
                Box::new(move |number| {
                    let call = write.security().create_api_key().name(format!("key-{number}")).send();
                    Box::pin(async move { assert_eq!(call.await.unwrap().name, format!("key-{number}")) })
                }),
            ),
            (
                "paging",
                Box::new(move |_| {
                    let items = page.security().query_api_keys().size(3).items();
                    Box::pin(async { assert!(items.collect().await.unwrap().len() >= KEYS) })
                }),
            ),
            (
                "stream",
                Box::new(move |_| {
                    let call = lines.request(Method::GET, "/lines").stream::<Ndjson<u32>>();
                    Box::pin(async {
                        let (mut stream, mut sum) = (call.await.unwrap(), 0);
                        while let Some(line) = stream.next().await {
                            sum += line.unwrap();
                        }
                        assert_eq!(sum, 6);
                    })
                }),
            ),
            (
                "upload",
                Box::new(move |number| {
                    let body = Body::stream("text/plain", Slowly(number.to_string().into_bytes()));
                    let call = upload.request(Method::POST, "/upload").body(body).send_raw();
                    Box::pin(async { assert!(call.await.unwrap().status().is_success()) })
                }),
            ),
            (
                "token",
                Box::new(move |_| {
                    let tokens = TokenProvider::password(&basic, "elastic", password.as_str());
                    let call = token.options(|o| o.credentials_provider(tokens)).security().authenticate().send();
                    Box::pin(async { assert_eq!(call.await.unwrap().username, "elastic") })
                }),
            ),
        ]
    }

    /// Looks at what became of the writes and uploads with numbers below `count`; `ended` says which were not given up.
    fn check(&self, count: u32, ended: &[(&'static str, u32)]) {
        let keys = keys(&self.es);
        let uploads: Vec<_> = self.server.requests().into_iter().filter(|sent| sent.target == "/upload").collect();
        for number in 0..count {
            let made = keys.iter().filter(|name| **name == format!("key-{number}")).count();
            let sent = uploads.iter().filter(|sent| sent.body == number.to_string()).count();
            for (name, times) in [("write", made), ("upload", sent)] {
                let least = usize::from(ended.contains(&(name, number)));
                assert!((least..=1).contains(&times), "{name} {number} was done {times} times");
            }
        }
        let whole = |sent: &elkit::testing::Received| String::from_utf8_lossy(&sent.body).parse::<u32>().is_ok();
        assert!(uploads.iter().all(whole), "no server takes a part of a body for the whole");
    }
}

/// Its bytes one by one, each after a wait.
struct Slowly(Vec<u8>);

impl futures_core::Stream for Slowly {
    type Item = Result<bytes::Bytes, std::io::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.0.is_empty() {
            return Poll::Ready(None);
        }
        context.waker().wake_by_ref();
        if self.0[0] & 0x80 == 0 {
            self.0[0] |= 0x80;
            return Poll::Pending;
        }
        let byte = self.0.remove(0) & 0x7f;
        Poll::Ready(Some(Ok(vec![byte].into())))
    }
}

#[test]
fn at_each_await_point() {
    let bench = Bench::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (mut number, mut ended) = (100, Vec::new());
    for (name, act) in bench.acts() {
        for waits in 0.. {
            number += 1;
            let done = runtime.block_on(give_up(waits, act(number))).is_some();
            // The next call finds connections and tokens in order.
            runtime.block_on(async {
                bench.slow.request(Method::GET, "/after").send_raw().await.unwrap();
                bench.es.security().authenticate().send().await.unwrap();
            });
            if done {
                assert!(waits > 0, "{name} has await points");
                ended.push((name, number));
                break;
            }
            assert!(waits < 200, "{name} comes to its end");
        }
    }
    bench.check(number + 1, &ended);
}

/// The future of `next` can be dropped, as `select!` does, and the stream goes on where it was.
#[tokio::test]
async fn streams_whose_next_is_dropped() {
    let lines = Step::json(200, "1\n2\n3\n4\n").drip(1, Duration::from_micros(300));
    let server = Server::always(lines).unwrap();
    let es = builder(server.url()).build().unwrap();
    let mut stream = es.request(Method::GET, "/lines").stream::<Ndjson<u32>>().await.unwrap();
    let (mut found, mut dropped) = (Vec::new(), 0);
    loop {
        match give_up(0, stream.next()).await {
            Some(Some(item)) => found.push(item.unwrap()),
            Some(None) => break,
            None => {
                dropped += 1;
                tokio::time::sleep(Duration::from_micros(100)).await;
            }
        }
    }
    assert_eq!(found, [1, 2, 3, 4]);
    assert!(dropped > 1, "{dropped} were dropped");
}

#[test]
fn pages_whose_next_is_dropped() {
    let bench = Bench::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    bench.stack.clear_requests();
    let found = runtime.block_on(async {
        let mut items = bench.es.security().query_api_keys().size(3).items();
        let mut found = Vec::new();
        loop {
            match give_up(0, items.next()).await {
                Some(Some(item)) => found.push(item.unwrap().name),
                Some(None) => return found,
                None => tokio::time::sleep(Duration::from_micros(100)).await,
            }
        }
    });
    assert_eq!(found, (0..KEYS).map(|number| format!("there-{number}")).collect::<Vec<_>>());
    assert_eq!(bench.stack.requests().len(), 3, "each page was asked for once");
}

/// Numbers that depend on the seed alone.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(self.0 >> 33).unwrap() % end
    }
}

/// `ELKIT_SEED=n` makes other choices.
#[test]
fn at_random_points_under_load() {
    const WORKERS: u64 = 12;
    let seed: u64 = std::env::var("ELKIT_SEED").map_or(7, |seed| seed.parse().expect("a number"));
    println!("ELKIT_SEED={seed}");
    let bench = Bench::new();
    let acts = Arc::new(bench.acts());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let numbers = Arc::new(AtomicU32::new(0));
    let (mut ended, mut dropped) = (Vec::new(), 0);
    for round in 0..3 {
        let work = |worker: u64| {
            let (acts, numbers) = (Arc::clone(&acts), Arc::clone(&numbers));
            async move {
                let mut random = Random(seed.wrapping_add(worker * 1_000 + round));
                let (mut ended, mut dropped) = (Vec::new(), 0);
                for _ in 0..20 {
                    let (name, act) = &acts[random.below(6) as usize];
                    let number = numbers.fetch_add(1, Ordering::Relaxed);
                    match give_up(random.below(12), act(number)).await {
                        Some(()) => ended.push((*name, number)),
                        None => dropped += 1,
                    }
                }
                (ended, dropped)
            }
        };
        let workers: Vec<_> = (0..WORKERS).map(|worker| runtime.spawn(work(worker))).collect();
        for worker in workers {
            let (more, lost) = runtime.block_on(worker).unwrap();
            ended.extend(more);
            dropped += lost;
        }
        // All calls of the next round find that the token they share has ended.
        std::thread::sleep(Duration::from_millis(1_010));
        bench.stack.clock().advance(LIFE);
    }
    println!("{} calls ended, {dropped} were given up", ended.len());
    assert!(ended.len() > 50 && dropped > 50, "there is some of both");
    bench.check(numbers.load(Ordering::Relaxed), &ended);
    for _ in 0..50 {
        runtime.block_on(bench.es.security().authenticate().send()).unwrap();
        runtime.block_on(bench.slow.request(Method::GET, "/after").send_raw()).unwrap();
    }
    let tokens = u32::try_from(grants(&bench.stack).1).unwrap();
    assert!((2..=4).contains(&tokens), "the shared token was renewed {tokens} times");
}
