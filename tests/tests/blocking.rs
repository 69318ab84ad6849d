//! Blocking calls: the same calls with the same answers, from any thread but those of an async runtime, where they are
//! an error and not a panic.

use elkit::elasticsearch::security::{GetUserRequest, IndicesPrivileges, RoleDescriptor};
use elkit::{Elasticsearch, ErrorKind, Method, Result};
use elkit_stack::Stack;
use serde_json::Value;

fn start() -> (Stack, Elasticsearch) {
    let stack = Stack::start_blocking().expect("loopback has free ports");
    let es = Elasticsearch::builder(stack.elasticsearch_url()).basic_auth("elastic", stack.elastic_password());
    (stack, es.build().expect("the settings are good"))
}

#[test]
fn a_session() -> Result<()> {
    let (_stack, es) = start();
    let security = es.security();
    let user = security.put_user("analyst").password("correct horse").roles(["viewer"]);
    assert!(user.send_blocking()?.created);
    assert_eq!(security.get_user().username("analyst").send_blocking()?["analyst"].roles, ["viewer"]);
    assert_eq!(es.send_blocking(GetUserRequest::new())?.len(), security.get_user().send_blocking()?.len());
    assert!(security.get_user().username("nobody").send_optional_blocking()?.is_none());
    assert_eq!(security.get_user().username("nobody").send_raw_blocking()?.status(), 404);
    assert!(security.get_user().username("nobody").send_blocking().unwrap_err().is_not_found());

    let role = RoleDescriptor::new().indices([IndicesPrivileges::new("logs-*", ["read"])]);
    let key = security.create_api_key().name("k").role_descriptors([("r", role)]).send_blocking()?;
    let own = es.options(|o| o.api_key(&key));
    assert_eq!(own.security().authenticate().send_blocking()?.authentication_type, "api_key");
    assert!(own.security().delete_user("analyst").send_blocking().unwrap_err().is_authorization());
    let info = es.request(Method::GET, "/").send_blocking::<Value>()?;
    assert_eq!(info["tagline"], "You Know, for Search");
    Ok(())
}

/// One client, as many threads as there are, each with calls of both kinds.
#[test]
fn threads_share_a_client() {
    let (_stack, es) = start();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let es = es.clone();
            scope.spawn(move || {
                let name = format!("user-{thread}");
                let put = es.security().put_user(&name).password("correct horse").roles(["viewer"]);
                assert!(put.send_blocking().unwrap().created);
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                let users = runtime.block_on(es.security().get_user().username(&name).send()).unwrap();
                assert!(users.contains_key(&name));
                assert!(es.security().delete_user(&name).send_blocking().unwrap().found);
            });
        }
    });
    assert!(es.security().get_user().send_blocking().unwrap().keys().all(|name| !name.starts_with("user-")));
}

#[test]
fn inside_an_async_runtime_they_are_an_error() {
    let (_stack, es) = start();
    for runtime in [tokio::runtime::Builder::new_current_thread(), tokio::runtime::Builder::new_multi_thread()] {
        let runtime = { runtime }.enable_all().build().unwrap();
        let call = es.security().authenticate();
        let error = runtime.block_on(async { call.clone().send_blocking() }).unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Runtime, 0));
        assert!(error.to_string().contains("send().await"), "{error}");
        // The client goes on working, here and there.
        assert!(runtime.block_on(call.clone().send()).is_ok());
        assert!(call.send_blocking().is_ok());
    }
}
