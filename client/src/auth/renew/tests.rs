//! Renewals without a network: sources that count, wait, fail.

use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::Notify;

use super::*;

/// Numbers its credentials, from 1. Waits to be let go, if it is told to.
#[derive(Clone, Default)]
struct Numbers {
    asked: Arc<AtomicU32>,
    lifetime: Option<Duration>,
    gate: Option<Arc<Notify>>,
    /// From this number on, it fails; for good, or not.
    fails_from: Option<(u32, bool)>,
}

impl Numbers {
    fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Source<u32> for Numbers {
    fn renew(&self, last: Option<Arc<u32>>) -> BoxFuture<'static, Result<Fresh<u32>, Problem>> {
        let number = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        let Self { gate, lifetime, fails_from, .. } = self.clone();
        Box::pin(async move {
            if let Some(gate) = gate {
                gate.notified().await;
            }
            match fails_from {
                Some((from, false)) if number >= from => Err(Problem::new("not now")),
                Some((from, true)) if number >= from => Err(Problem::new("never again").hint("log in").last()),
                _ => {
                    assert_eq!(last.map_or(0, |last| *last) + 1, number, "it is told what was there before");
                    Ok(Fresh { value: number, credentials: Credentials::bearer(number.to_string())?, lifetime })
                }
            }
        })
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::of("test", error)
    }
}

fn shown(found: Result<Credentials, Error>) -> String {
    match found {
        Ok(found) => found.header().unwrap().1.to_str().unwrap().replace("Bearer ", ""),
        Err(error) => error.to_string(),
    }
}

fn bearer(number: u32) -> Credentials {
    Credentials::bearer(number.to_string()).unwrap()
}

#[tokio::test]
async fn a_hundred_callers_share_one_renewal_and_may_all_but_one_give_up() {
    let gate = Arc::new(Notify::new());
    let source = Numbers { gate: Some(gate.clone()), ..Numbers::default() };
    let renewing = Renewing::new(source.clone());
    let callers: Vec<_> = (0..100)
        .map(|_| {
            let renewing = renewing.clone();
            tokio::spawn(async move { shown(renewing.credentials().await) })
        })
        .collect();
    // All wait; the first, who began it, goes, and most others do.
    tokio::time::sleep(Duration::from_millis(20)).await;
    callers.iter().take(99).for_each(tokio::task::JoinHandle::abort);
    tokio::task::yield_now().await;
    gate.notify_one();
    assert_eq!(callers.into_iter().next_back().unwrap().await.unwrap(), "1");
    assert_eq!(shown(renewing.credentials().await), "1");
    assert_eq!(source.asked(), 1);
}

#[test]
fn a_runtime_that_goes_takes_no_one_along() {
    let gate = Arc::new(Notify::new());
    let source = Numbers { gate: Some(gate.clone()), ..Numbers::default() };
    let renewing = Renewing::new(source.clone());
    let new = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let first = new();
    first.block_on(async {
        let _ = timeout(Duration::from_millis(10), renewing.credentials()).await;
    });
    drop(first);
    // It was never let go, so nothing was found; the number was asked for.
    source.asked.store(0, Ordering::SeqCst);
    gate.notify_one();
    assert_eq!(new().block_on(async { shown(renewing.credentials().await) }), "1");
}

#[tokio::test]
async fn renewed_before_the_end_and_when_refused() {
    let source = Numbers { lifetime: Some(Duration::from_secs(600)), ..Numbers::default() };
    let renewing = Renewing::new(source.clone());
    assert_eq!(shown(renewing.credentials().await), "1");
    assert_eq!(shown(renewing.credentials().await), "1");
    renewing.renew_before(Duration::from_secs(600));
    assert_eq!(shown(renewing.credentials().await), "2");
    renewing.renew_before(Duration::from_secs(60));
    assert!(renewing.refused(&bearer(1)), "somebody renewed it meanwhile");
    assert_eq!(shown(renewing.credentials().await), "2");
    assert!(renewing.refused(&bearer(2)));
    assert!(renewing.refused(&bearer(2)), "the second to be told");
    assert_eq!(shown(renewing.credentials().await), "3");
    assert!(!renewing.refused(&bearer(3)), "a server that refuses everything costs no renewal a call");
    assert_eq!(shown(renewing.credentials().await), "3");
    assert_eq!(source.asked(), 3);
}

#[tokio::test]
async fn what_is_good_outlasts_a_failure_to_renew_it() {
    for (for_good, asked, end) in [(false, 3, "not now"), (true, 2, "never again (log in)")] {
        let lifetime = Some(Duration::from_millis(200));
        let source = Numbers { lifetime, fails_from: Some((2, for_good)), ..Numbers::default() };
        let renewing = Renewing::new(source.clone());
        renewing.renew_before(Duration::from_millis(200));
        for _ in 0..5 {
            assert_eq!(shown(renewing.credentials().await), "1");
        }
        assert_eq!(source.asked(), 2, "it is not tried all the time");
        tokio::time::sleep(Duration::from_millis(210)).await;
        assert_eq!(shown(renewing.credentials().await), end);
        assert_eq!(source.asked(), asked);
    }
}

#[tokio::test]
async fn an_end_waits_for_the_renewal_under_way() {
    let gate = Arc::new(Notify::new());
    let source = Numbers { gate: Some(gate.clone()), ..Numbers::default() };
    let renewing = Renewing::new(source.clone());
    let caller = tokio::spawn({
        let renewing = renewing.clone();
        async move { shown(renewing.credentials().await) }
    });
    tokio::task::yield_now().await;
    let closing = tokio::spawn({
        let renewing = renewing.clone();
        async move { renewing.close(Problem::new("over").hint("log in")).await }
    });
    tokio::task::yield_now().await;
    assert_eq!(shown(renewing.credentials().await), "over (log in)");
    gate.notify_one();
    assert_eq!(closing.await.unwrap().as_deref(), Some(&1), "what it brought is handed over");
    assert_eq!(caller.await.unwrap(), "over (log in)");
    assert_eq!(shown(renewing.credentials().await), "over (log in)");
    assert_eq!(source.asked(), 1);
}

/// A source whose own calls ask for the credentials it makes.
struct Snake(Arc<Mutex<Option<Renewing<u32>>>>);

impl Source<u32> for Snake {
    fn renew(&self, _last: Option<Arc<u32>>) -> BoxFuture<'static, Result<Fresh<u32>, Problem>> {
        let tail = self.0.lock().unwrap().clone().unwrap();
        Box::pin(async move {
            let credentials = tail.credentials().await?;
            Ok(Fresh { value: 0, credentials, lifetime: None })
        })
    }
}

#[tokio::test]
async fn a_provider_that_would_wait_for_itself_is_an_error() {
    let tail = Arc::new(Mutex::new(None));
    let renewing = Renewing::new(Snake(tail.clone()));
    *tail.lock().unwrap() = Some(renewing.clone());
    let error = shown(renewing.credentials().await);
    assert!(error.contains("ask it for credentials") && error.contains("credentials of their own"), "{error}");
}

#[test]
fn without_a_runtime_it_is_an_error() {
    let renewing = Renewing::new(Numbers::default());
    let mut future = Box::pin(renewing.credentials());
    let waker = std::task::Waker::noop();
    let polled = future.as_mut().poll(&mut std::task::Context::from_waker(waker));
    let std::task::Poll::Ready(Err(error)) = polled else { panic!("{polled:?}") };
    assert_eq!(error.kind(), ErrorKind::Runtime);
}
