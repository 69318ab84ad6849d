//! How users test their own code with `elkit-stack`: a small app, and what its tests ask of the stack. Read it as an
//! example; the app stands in the first half, its tests in the second.

use std::time::Duration;

use elkit::{Elasticsearch, Error};
use elkit_stack::{Clock, Fault, Product, Stack};

/// An app that works with a key of its own: made by an administrator's credentials, good for an hour, made anew when it is
/// over. What is refused for the moment is asked once again.
struct Reporter {
    administrator: Elasticsearch,
    own: Option<Elasticsearch>,
}

impl Reporter {
    fn new(administrator: Elasticsearch) -> Self {
        Self { administrator, own: None }
    }

    /// Who Elasticsearch takes the app for: the name of its key.
    async fn name(&mut self) -> Result<String, Error> {
        match self.ask().await {
            Err(error) if error.is_authentication() && self.own.take().is_some() => self.ask().await,
            Err(error) if error.is_retryable() => self.ask().await,
            answer => answer,
        }
    }

    async fn ask(&mut self) -> Result<String, Error> {
        let own = match &self.own {
            Some(own) => own.clone(),
            None => {
                let key =
                    self.administrator.security().create_api_key().name("reporter").expiration("1h").send().await?;
                let own = self.administrator.options(|options| options.api_key(&key));
                self.own.insert(own).clone()
            }
        };
        let who = own.security().authenticate().send().await?;
        Ok(who.api_key.as_ref().and_then(|key| key.name.clone()).unwrap_or_default())
    }
}

/// The app on a stack whose time stands still.
async fn start() -> (Stack, Reporter) {
    let stack = Stack::builder().clock(Clock::manual()).seed(1).start().await.unwrap();
    let builder = Elasticsearch::builder(stack.elasticsearch_url()).basic_auth("elastic", stack.elastic_password());
    // What the app does about failures is tested here, not what the client does.
    let app = Reporter::new(builder.max_retries(0).build().unwrap());
    (stack, app)
}

/// How often something was asked of Elasticsearch.
fn count(stack: &Stack, verb: &str, path: &str) -> usize {
    let requests = stack.requests();
    requests.iter().filter(|request| request.method == verb && request.path == path).count()
}

#[tokio::test]
async fn a_key_that_is_over_is_made_anew() {
    let (stack, mut app) = start().await;
    assert_eq!(app.name().await.unwrap(), "reporter");
    stack.clock().advance(Duration::from_secs(59 * 60));
    assert_eq!(app.name().await.unwrap(), "reporter");
    assert_eq!(count(&stack, "PUT", "/_security/api_key") + count(&stack, "POST", "/_security/api_key"), 1);

    // No sleep: the stack's time is the test's.
    stack.clock().advance(Duration::from_secs(60));
    assert_eq!(app.name().await.unwrap(), "reporter");
    assert_eq!(count(&stack, "PUT", "/_security/api_key") + count(&stack, "POST", "/_security/api_key"), 2);
    let statuses: Vec<_> = stack.requests().iter().filter_map(|request| request.status).collect();
    assert_eq!(statuses, [200, 200, 200, 401, 200, 200]);
}

#[tokio::test]
async fn what_fails_for_the_moment_is_asked_again() {
    let (stack, mut app) = start().await;
    app.name().await.unwrap();
    let authenticate = |fault: Fault| fault.on(Product::Elasticsearch).path("/_security/_authenticate");
    for fault in [Fault::status(503), Fault::status(429).header("retry-after", "0"), Fault::disconnect()] {
        stack.fail_next(1, authenticate(fault.clone()));
        assert_eq!(app.name().await.unwrap(), "reporter", "{fault:?}");
        // Twice is too much, and the app says so.
        stack.fail_next(2, authenticate(fault.clone()));
        assert!(app.name().await.unwrap_err().is_retryable(), "{fault:?}");
    }
    assert_eq!(stack.clear_faults(), 0);
}

#[tokio::test]
async fn a_user_without_rights_is_refused() {
    let (stack, app) = start().await;
    let es = app.administrator;
    es.security().put_user("clerk").password("paper-clip").roles(["viewer"]).send().await.unwrap();
    let mut app = Reporter::new(es.options(|options| options.basic_auth("clerk", "paper-clip")));
    let error = app.name().await.unwrap_err();
    assert!(error.is_authorization() && error.reason().unwrap().contains("[manage_own_api_key,"), "{error}");
    let last = stack.requests().pop().unwrap();
    assert_eq!(last.json().unwrap()["expiration"], "1h");
}

#[tokio::test]
async fn a_seed_makes_runs_alike() {
    let mut ids = Vec::new();
    for _ in 0..2 {
        let (_stack, app) = start().await;
        let key = app.administrator.security().create_api_key().name("k").send().await.unwrap();
        ids.push(key.id.clone());
    }
    assert_eq!(ids[0], ids[1]);
}

#[tokio::test]
async fn certificates_are_checked() {
    let stack = Stack::builder().tls().start().await.unwrap();
    let builder = || Elasticsearch::builder(stack.elasticsearch_url()).basic_auth("elastic", stack.elastic_password());
    let trusting = builder().ca_cert(stack.ca_pem().unwrap()).build().unwrap();
    assert_eq!(Reporter::new(trusting).name().await.unwrap(), "reporter");
    let wary = builder().max_retries(0).build().unwrap();
    assert!(Reporter::new(wary).name().await.is_err());
    assert_eq!(stack.requests().len(), 2);
}
