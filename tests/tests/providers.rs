//! Credentials providers against the embedded stack: tokens, rotating API keys, files. One request renews for all who wait,
//! nobody who gives up spoils it, and where there is nothing to be had, one error says what to do.

#[path = "support/sessions.rs"]
mod sessions;

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use elkit::auth::{Credentials, CredentialsProvider, FileProvider, RotatingApiKey, TokenProvider, Tokens, provider_fn};
use elkit::{Elasticsearch, Error, ErrorKind, Result, Secret};
use elkit_stack::Fault;
use tokio::time::{sleep, timeout};

use sessions::{Cluster, LIFE, PASSWORD, no_credentials, spaces, who};

const TOKEN: &str = "/_security/oauth2/token";

#[tokio::test]
async fn a_password_becomes_tokens_for_both_products() -> Result<()> {
    let cluster = Cluster::start();
    cluster.user("analyst", &["viewer"]).await;
    let tokens = TokenProvider::password(&cluster.es, "analyst", PASSWORD);
    assert_eq!(cluster.grants("password"), 0, "nothing is asked before it is needed");
    let (es, kibana) = (cluster.with(&tokens), cluster.kibana(&tokens));
    assert_eq!((who(&es).await?.as_str(), spaces(&kibana).await?), ("analyst", 1));
    assert_eq!(cluster.grants("password"), 1);
    // The provider's own calls are the client's: its user agent, its credentials, not the token's.
    let asked = &cluster.sent("POST", TOKEN)[0];
    assert!(asked.header("authorization").is_some_and(|value| value.starts_with("Basic ")));
    let shown = cluster.sent("GET", "/_security/_authenticate");
    assert!(shown[0].header("authorization").is_some_and(|value| value.starts_with("Bearer ")));

    // A server whose clock is ahead refuses what is good by ours; the next attempt shows another.
    cluster.stack.clear_requests();
    cluster.stack.clock().advance(LIFE);
    assert_eq!(spaces(&kibana).await?, 1);
    assert_eq!(who(&es).await?, "analyst");
    assert_eq!((cluster.grants("refresh_token"), cluster.grants("password")), (1, 0));
    let statuses: Vec<_> = cluster.sent("GET", "/api/spaces/space").iter().map(|request| request.status).collect();
    assert_eq!(statuses, [Some(401), Some(200)]);

    // When the refresh token is over as well, the password is shown again.
    cluster.stack.clear_requests();
    cluster.stack.clock().advance(Duration::from_secs(25 * 60 * 60));
    sleep(Duration::from_millis(1010)).await;
    assert_eq!(who(&es).await?, "analyst");
    assert_eq!((cluster.grants("refresh_token"), cluster.grants("password")), (1, 1));
    Ok(())
}

#[tokio::test]
async fn tokens_are_renewed_before_they_end() -> Result<()> {
    let cluster = Cluster::start();
    let changes = Arc::new(Mutex::new(Vec::new()));
    let seen = changes.clone();
    let tokens = TokenProvider::password(&cluster.es, "elastic", cluster.stack.elastic_password())
        .refresh_before(LIFE - Duration::from_millis(300))
        .on_change(move |tokens| seen.lock().unwrap().push(tokens.clone()));
    let es = cluster.with(&tokens);
    who(&es).await?;
    sleep(Duration::from_millis(310)).await;
    who(&es).await?;
    assert_eq!((cluster.grants("password"), cluster.grants("refresh_token")), (1, 1));
    assert!(cluster.sent("GET", "/_security/_authenticate").iter().all(|request| request.status == Some(200)));
    let changes = changes.lock().unwrap().clone();
    assert_eq!(changes.len(), 2);
    assert_ne!(changes[0].refresh_token, changes[1].refresh_token);
    assert_eq!(changes[1].expires_in, Some(LIFE));

    // An early renewal that fails is no failure of the call.
    sleep(Duration::from_millis(310)).await;
    cluster.stack.fail_next(1, Fault::status(500).path(TOKEN));
    who(&es).await?;
    who(&es).await?;
    assert_eq!((cluster.stack.clear_faults(), cluster.grants("refresh_token")), (0, 2));
    Ok(())
}

#[tokio::test]
async fn every_grant() -> Result<()> {
    let cluster = Cluster::start();
    let own = TokenProvider::client_credentials(&cluster.es);
    assert_eq!(who(&cluster.with(&own)).await?, "elastic");
    assert_eq!(own.tokens().await?.refresh_token, None);
    cluster.stack.clock().advance(LIFE);
    assert_eq!(who(&cluster.with(&own)).await?, "elastic");
    assert_eq!(cluster.grants("client_credentials"), 2);

    let first = TokenProvider::password(&cluster.es, "elastic", cluster.stack.elastic_password()).tokens().await?;
    let kept = TokenProvider::refresh_token(&cluster.es, first.refresh_token.unwrap());
    assert_eq!(who(&cluster.with(&kept)).await?, "elastic");
    assert_ne!(kept.tokens().await?.access_token, first.access_token);
    assert_eq!(cluster.grants("refresh_token"), 1);

    let foreign = TokenProvider::from_fn(move |last: Option<Tokens>| {
        let token = kept.clone();
        async move {
            assert!(last.is_none());
            Ok(Tokens::new(token.tokens().await?.access_token))
        }
    });
    assert_eq!(who(&cluster.with(&foreign)).await?, "elastic");
    foreign.logout().await?;
    no_credentials(&who(&cluster.with(&foreign)).await.unwrap_err(), &["logout"]);
    Ok(())
}

/// Async tasks and threads of both kinds, all of them with a token that has just ended.
#[test]
fn a_hundred_callers_share_one_refresh() {
    let cluster = Cluster::start();
    let tokens = TokenProvider::password(&cluster.es, "elastic", cluster.stack.elastic_password());
    let (es, kibana) = (cluster.with(&tokens), cluster.kibana(&tokens));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for round in 1..=3 {
        if round > 1 {
            cluster.stack.clock().advance(LIFE);
            std::thread::sleep(Duration::from_millis(1010));
        }
        let tasks: Vec<_> = (0..50)
            .map(|number| {
                let (es, kibana) = (es.clone(), kibana.clone());
                runtime.spawn(async move {
                    if number % 2 == 0 { who(&es).await.map(drop) } else { spaces(&kibana).await.map(drop) }
                })
            })
            .collect();
        std::thread::scope(|scope| {
            for _ in 0..50 {
                scope.spawn(|| es.security().authenticate().send_blocking().unwrap());
            }
        });
        for task in tasks {
            runtime.block_on(task).unwrap().unwrap();
        }
        assert_eq!((cluster.grants("password"), cluster.grants("refresh_token")), (1, round - 1));
    }
}

#[tokio::test]
async fn who_gives_up_does_not_spoil_it() -> Result<()> {
    let cluster = Cluster::start();
    let tokens = TokenProvider::password(&cluster.es, "elastic", cluster.stack.elastic_password());
    let es = cluster.with(&tokens);
    cluster.stack.fail_next(1, Fault::slow(Duration::from_millis(300)).path(TOKEN));
    let callers: Vec<_> = (0..50)
        .map(|number| {
            let es = es.clone();
            tokio::spawn(async move { timeout(Duration::from_millis(number * 3), who(&es)).await })
        })
        .collect();
    for caller in callers {
        assert!(caller.await.unwrap().is_err(), "it gave up before there was a token");
    }
    assert_eq!(who(&es).await?, "elastic");
    assert_eq!(cluster.grants("password"), 1);

    // The same with a deadline of the call.
    cluster.stack.clock().advance(LIFE);
    cluster.stack.fail_next(1, Fault::slow(Duration::from_millis(200)).path(TOKEN));
    let hasty = es.options(|o| o.timeout(Duration::from_millis(50)));
    assert_eq!(who(&hasty).await.unwrap_err().kind(), ErrorKind::Timeout);
    assert_eq!(who(&es).await?, "elastic");
    assert_eq!((cluster.grants("password"), cluster.grants("refresh_token")), (1, 1));
    Ok(())
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_and_a_lost_race_is_said() -> Result<()> {
    let cluster = Cluster::start();
    let first = TokenProvider::password(&cluster.es, "elastic", cluster.stack.elastic_password()).tokens().await?;
    let refresh = || first.refresh_token.clone().unwrap();
    let (one, other) =
        (TokenProvider::refresh_token(&cluster.es, refresh()), TokenProvider::refresh_token(&cluster.es, refresh()));
    // The token is spent, and nobody learns what it bought. Elasticsearch says it again for half a minute.
    cluster.stack.fail_next(1, Fault::truncate(0).path(TOKEN));
    assert_eq!(who(&cluster.with(&one)).await?, "elastic");
    assert_eq!(cluster.grants("refresh_token"), 2);
    cluster.stack.clock().advance(Duration::from_secs(31));

    cluster.stack.clear_requests();
    let es = cluster.with(&other);
    let callers: Vec<_> = (0..100)
        .map(|_| {
            tokio::spawn({
                let es = es.clone();
                async move { who(&es).await }
            })
        })
        .collect();
    let mut errors = Vec::new();
    for caller in callers {
        errors.push(caller.await.unwrap().unwrap_err());
    }
    errors.push(who(&es).await.unwrap_err());
    for error in &errors {
        no_credentials(
            error,
            &["security.authenticate failed", "already been refreshed", "log in again and use the new provider"],
        );
        let cause = std::error::Error::source(error).unwrap().downcast_ref::<Arc<Error>>().unwrap();
        assert_eq!((cause.code(), error.attempts()), (Some("invalid_grant"), 0));
    }
    assert_eq!((cluster.grants("refresh_token"), cluster.stack.requests().len()), (1, 1), "one request found it out");
    Ok(())
}

#[tokio::test]
async fn errors_name_the_next_step() -> Result<()> {
    let cluster = Cluster::start();
    let wrong = TokenProvider::password(&cluster.es, "elastic", "nonsense");
    let error = who(&cluster.with(&wrong)).await.unwrap_err();
    no_credentials(&error, &["401 unable to authenticate user [elastic]", "check the user's name and password"]);

    cluster.user("viewer", &["viewer"]).await;
    let viewer = cluster.es.options(|o| o.basic_auth("viewer", PASSWORD));
    let error = who(&cluster.with(&TokenProvider::client_credentials(&viewer))).await.unwrap_err();
    no_credentials(&error, &["403 action [cluster:admin/xpack/security/token/create]", "`manage_token`"]);
    let keys = RotatingApiKey::new(&viewer, viewer.security().create_api_key().name("k").into_request());
    no_credentials(&who(&cluster.with(&keys)).await.unwrap_err(), &["403", "`manage_own_api_key`"]);

    let nobody = Elasticsearch::builder("http://127.0.0.1:1").max_retries(0).anonymous().build()?;
    let error = who(&cluster.with(&TokenProvider::client_credentials(&nobody))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection, "it may work later");
    assert!(error.is_retryable() && error.to_string().contains("no token for the client's credentials"), "{error}");

    let none = provider_fn(|| async { Err(Error::new(ErrorKind::Credentials, "the vault is sealed")) });
    let error =
        cluster.es.security().authenticate().options(|o| o.credentials_provider(none)).send().await.unwrap_err();
    assert_eq!(error.to_string(), "security.authenticate failed: the vault is sealed");
    Ok(())
}

/// A provider that is asked twice because its credentials were refused, and has no others.
#[tokio::test]
async fn what_is_refused_is_not_shown_again() -> Result<()> {
    #[derive(Clone)]
    struct Same;
    impl CredentialsProvider for Same {
        fn credentials(&self) -> elkit::http::BoxFuture<'_, Result<Credentials>> {
            Box::pin(async { Credentials::bearer("none") })
        }
        fn refused(&self, _: &Credentials) -> bool {
            true
        }
    }
    let cluster = Cluster::start();
    assert!(who(&cluster.with(&Same)).await.unwrap_err().is_authentication());
    assert_eq!(cluster.stack.requests().len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_provider_whose_calls_need_it_is_an_error() -> Result<()> {
    let cluster = Cluster::start();
    let client: Arc<OnceLock<Elasticsearch>> = Arc::default();
    let inner = client.clone();
    let snake = TokenProvider::from_fn(move |_| {
        let es = inner.get().unwrap().clone();
        async move { Ok(Tokens::new(TokenProvider::client_credentials(&es).tokens().await?.access_token)) }
    });
    client.set(cluster.with(&snake)).unwrap();
    let error =
        timeout(Duration::from_secs(5), who(client.get().unwrap())).await.expect("it does not hang").unwrap_err();
    no_credentials(&error, &["ask it for credentials", "credentials of their own"]);
    Ok(())
}

#[tokio::test]
async fn logout_ends_both_tokens_and_the_calls_that_wait() -> Result<()> {
    let cluster = Cluster::start();
    let tokens = TokenProvider::password(&cluster.es, "elastic", cluster.stack.elastic_password());
    let (es, kibana) = (cluster.with(&tokens), cluster.kibana(&tokens));
    who(&es).await?;
    let last = tokens.tokens().await?;

    // One call is on its way, one waits to be sent once more.
    cluster.stack.fail_next(1, Fault::slow(Duration::from_millis(150)).path("/_security/_authenticate"));
    let on_its_way = tokio::spawn({
        let es = es.clone();
        async move { who(&es).await }
    });
    cluster.stack.fail_next(1, Fault::status(503).header("retry-after", "1").path("/api/spaces"));
    let waiting = tokio::spawn(async move { spaces(&kibana).await });
    sleep(Duration::from_millis(50)).await;
    tokens.logout().await?;
    cluster.stack.clear_requests();
    for error in [on_its_way.await.unwrap().unwrap_err(), waiting.await.unwrap().unwrap_err()] {
        no_credentials(&error, &["ended by `logout`", "log in again"]);
    }
    no_credentials(&who(&es).await.unwrap_err(), &["ended by `logout`"]);
    let after: Vec<_> = cluster.stack.requests().iter().map(|request| (request.path.clone(), request.status)).collect();
    // The server let the first come to an end, as it saw fit; nothing was sent after.
    assert_eq!(after, [("/_security/_authenticate".to_owned(), Some(401))]);

    let with = |token: &Secret<String>| cluster.es.options(|o| o.bearer_auth(token));
    assert!(who(&with(&last.access_token)).await.unwrap_err().is_authentication());
    let again = TokenProvider::refresh_token(&cluster.es, last.refresh_token.unwrap());
    no_credentials(&who(&cluster.with(&again)).await.unwrap_err(), &["has been invalidated", "log in again"]);
    tokens.logout().await
}

#[tokio::test]
async fn logout_takes_along_what_is_under_way_and_can_be_repeated() -> Result<()> {
    let cluster = Cluster::start();
    let changes = Arc::new(Mutex::new(Vec::new()));
    let seen = changes.clone();
    let tokens = TokenProvider::password(&cluster.es, "elastic", cluster.stack.elastic_password())
        .on_change(move |tokens| seen.lock().unwrap().push(tokens.clone()));
    let es = cluster.with(&tokens);
    cluster.stack.fail_next(1, Fault::slow(Duration::from_millis(150)).path(TOKEN));
    let waiting = tokio::spawn({
        let es = es.clone();
        async move { who(&es).await }
    });
    sleep(Duration::from_millis(50)).await;
    // The server can't be told at first.
    cluster.stack.fail_next(1, Fault::status(500).path(TOKEN).verb("DELETE"));
    assert_eq!(tokens.logout().await.unwrap_err().status().map(|status| status.as_u16()), Some(500));
    no_credentials(&waiting.await.unwrap().unwrap_err(), &["ended by `logout`"]);
    tokens.logout().await?;
    let brought = changes.lock().unwrap().pop().unwrap();
    let late = cluster.es.options(|o| o.bearer_auth(&brought.access_token));
    assert!(who(&late).await.unwrap_err().is_authentication());
    Ok(())
}

#[test]
fn all_of_it_without_async() -> Result<()> {
    let cluster = Cluster::start();
    let tokens = TokenProvider::password(&cluster.es, "elastic", cluster.stack.elastic_password());
    let es = cluster.with(&tokens);
    es.security().authenticate().send_blocking()?;
    cluster.stack.clock().advance(LIFE);
    es.security().authenticate().send_blocking()?;
    assert_eq!((cluster.grants("password"), cluster.grants("refresh_token")), (1, 1));
    tokens.logout_blocking()?;
    no_credentials(&es.security().authenticate().send_blocking().unwrap_err(), &["ended by `logout`"]);

    let keys = RotatingApiKey::new(&cluster.es, cluster.es.security().create_api_key().name("k").into_request());
    assert_eq!(cluster.with(&keys).security().authenticate().send_blocking()?.authentication_type, "api_key");
    keys.retire_blocking()?;
    no_credentials(&cluster.with(&keys).security().authenticate().send_blocking().unwrap_err(), &["retired"]);
    Ok(())
}

/// A connection lives on the runtime that made it, and this one stands still: what a blocking call needs on its way, such as
/// a token, must not be asked for there.
#[test]
fn without_async_nothing_waits_for_a_runtime_that_stands_still() -> Result<()> {
    let cluster = Cluster::start();
    let idle = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    idle.block_on(who(&cluster.es))?;
    let tokens = TokenProvider::password(&cluster.es, "elastic", cluster.stack.elastic_password());
    let es = cluster.with(&tokens).options(|o| o.timeout(Duration::from_secs(5)));
    assert_eq!(es.security().authenticate().send_blocking()?.username, "elastic");
    assert_eq!(idle.block_on(who(&es))?, "elastic");
    Ok(())
}

/// The keys of that name: id, and whether it is good.
async fn keys_named(cluster: &Cluster, name: &str) -> Vec<(String, bool)> {
    let keys = cluster.es.security().get_api_key().name(name).send().await.unwrap();
    keys.api_keys.iter().map(|key| (key.id.clone(), !key.invalidated)).collect()
}

#[tokio::test]
async fn api_keys_rotate() -> Result<()> {
    let cluster = Cluster::start();
    let request = cluster.es.security().create_api_key().name("rotating").into_request();
    let keys = RotatingApiKey::new(&cluster.es, request)
        .lifetime(Duration::from_secs(600))
        .rotate_before(Duration::from_millis(599_500))
        .overlap(Duration::from_millis(300));
    let (es, kibana) = (cluster.with(&keys), cluster.kibana(&keys));
    let callers: Vec<_> = (0..100)
        .map(|_| {
            tokio::spawn({
                let es = es.clone();
                async move { who(&es).await }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap()?;
    }
    let first = keys_named(&cluster, "rotating").await;
    assert_eq!(first.len(), 1, "one key for all");
    let old = keys.credentials().await?;
    let old = cluster.es.options(|o| o.credentials_provider(provider_fn(move || std::future::ready(Ok(old.clone())))));

    sleep(Duration::from_millis(510)).await;
    assert_eq!(spaces(&kibana).await?, 1);
    let both = keys_named(&cluster, "rotating").await;
    assert_eq!(both.iter().map(|(_, good)| *good).collect::<Vec<_>>(), [true, true], "for a while both are good");
    assert!(who(&old).await.is_ok(), "those that were sent with the old one are answered");
    sleep(Duration::from_millis(400)).await;
    let after = keys_named(&cluster, "rotating").await;
    let goods: Vec<_> = after.iter().map(|(id, good)| (*id != first[0].0, *good)).collect();
    assert!(goods.iter().all(|(new, good)| new == good), "the old one is invalidated, the new one is not: {goods:?}");
    assert!(who(&old).await.unwrap_err().is_authentication());
    let created = &cluster.sent("PUT", "/_security/api_key");
    let body = created.iter().chain(&cluster.sent("POST", "/_security/api_key")).next().unwrap().json().unwrap();
    assert_eq!(body["expiration"], "10m");

    keys.retire().await?;
    assert!(keys_named(&cluster, "rotating").await.iter().all(|(_, good)| !good));
    no_credentials(&who(&es).await.unwrap_err(), &["the API keys were retired", "another `RotatingApiKey`"]);
    Ok(())
}

#[tokio::test]
async fn a_key_that_somebody_invalidates_is_replaced() -> Result<()> {
    let cluster = Cluster::start();
    let keys = RotatingApiKey::new(&cluster.es, cluster.es.security().create_api_key().name("k").into_request());
    let es = cluster.with(&keys);
    who(&es).await?;
    cluster.es.security().invalidate_api_key().name("k").send().await?;
    assert_eq!(who(&es).await?, "elastic");
    let named = keys_named(&cluster, "k").await;
    assert_eq!(named.iter().filter(|(_, good)| *good).count(), 1);
    assert_eq!(named.len(), 2);
    Ok(())
}

#[tokio::test]
async fn files_are_read_again() -> Result<()> {
    let cluster = Cluster::start();
    let path = std::env::temp_dir().join(format!("elkit-providers-{}", std::process::id()));
    let write = |text: &str| std::fs::write(&path, text).unwrap();
    let file = FileProvider::api_key(&path).check_every(Duration::from_secs(3600));
    let es = cluster.with(&file);
    let error = who(&es).await.unwrap_err();
    no_credentials(&error, &["the credentials file `", "can't be read", "read again at the next call"]);
    write("canary");
    let error = who(&es).await.unwrap_err();
    no_credentials(&error, &["holds no credentials"]);
    assert!(!format!("{error} {error:?}").contains("canary"));

    let new = async || cluster.es.security().create_api_key().name("file").send().await;
    let first = new().await?;
    write(&format!("  {}\n", first.encoded.expose()));
    assert_eq!(who(&es).await?, "elastic");
    // A refusal makes it look before the hour is over; what it finds is tried in the same call.
    let second = new().await?;
    write(&format!("{}:{}", second.id, second.api_key.expose()));
    cluster.es.security().invalidate_api_key().ids([&first.id]).send().await?;
    assert_eq!(who(&es).await?, "elastic");
    // Half a file harms nobody.
    let eager = cluster.with(&FileProvider::api_key(&path).check_every(Duration::ZERO));
    assert_eq!(who(&eager).await?, "elastic");
    write("");
    assert_eq!(who(&eager).await?, "elastic");
    write(first.encoded.expose());
    assert!(who(&eager).await.unwrap_err().is_authentication(), "it is read for every attempt");

    write(&format!("elastic:{}\n", cluster.stack.elastic_password()));
    assert_eq!(who(&cluster.with(&FileProvider::basic(&path))).await?, "elastic");
    let token = TokenProvider::client_credentials(&cluster.es).tokens().await?.access_token;
    write(token.expose());
    assert_eq!(who(&cluster.with(&FileProvider::bearer(&path))).await?, "elastic");
    std::fs::remove_file(&path).unwrap();
    Ok(())
}

/// Calls that are dropped at any point while tokens come and go leave all as it was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drops_under_load() -> Result<()> {
    let cluster = Cluster::start();
    let tokens = TokenProvider::password(&cluster.es, "elastic", cluster.stack.elastic_password());
    let es = cluster.with(&tokens);
    for round in 0..3_u64 {
        let callers: Vec<_> = (0..60_u64)
            .map(|number| {
                let es = es.clone();
                let limit = Duration::from_micros(number * 137 + round * 31);
                tokio::spawn(async move { timeout(limit, who(&es)).await })
            })
            .collect();
        for caller in callers {
            if let Ok(answered) = caller.await.unwrap() {
                assert_eq!(answered?, "elastic");
            }
        }
        assert_eq!(who(&es).await?, "elastic");
        cluster.stack.clock().advance(LIFE);
        sleep(Duration::from_millis(1010)).await;
    }
    assert_eq!(cluster.grants("password"), 1, "no refresh token was lost");
    Ok(())
}
