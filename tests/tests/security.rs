//! The founding list of the security API against the embedded stack: each function does what it says, a second call
//! sees it, and one variant is refused with the status, code and reason that Elasticsearch gives.
//!
//! With `ELKIT_LIVE=1` the same runs against the cluster of the environment. It proves what the stack can't: the stack
//! is checked against Elastic's published specification and tests, not against a server.

use std::fmt::Debug;

use elkit::elasticsearch::security::{
    ApplicationPrivilegeDescriptor, ApplicationPrivilegesCheck, ApplicationPrivilegesCheckRequired, ClusterPrivilege,
    CrossClusterAccess, GrantedApiKey, IndexPrivilegesCheck, IndicesPrivileges, RoleDescriptor, SearchAccess,
};
use elkit::{Elasticsearch, Error, Result};
use elkit_stack::Stack;
use serde_json::json;

const PASSWORD: &str = "correct horse battery staple";
const UNPRIVILEGED: &str = "is unauthorized for user";
const VALIDATION: &str = "action_request_validation_exception";

/// A stack of its own for every test, or the cluster of the environment.
struct Cluster {
    es: Elasticsearch,
    stack: Option<Stack>,
}

impl Cluster {
    async fn start() -> Self {
        if std::env::var_os("ELKIT_LIVE").is_some() {
            let es = Elasticsearch::from_env().build().expect("the environment says where the cluster is");
            return Self { es, stack: None };
        }
        let clock = elkit_stack::Clock::manual();
        let stack = Stack::builder().clock(clock).start().await.expect("loopback has free ports");
        let es = Elasticsearch::builder(stack.elasticsearch_url()).basic_auth("elastic", stack.elastic_password());
        Self { es: es.strict().build().expect("the settings are good"), stack: Some(stack) }
    }

    /// A user with these roles, and a handle for them.
    async fn user(&self, name: &str, roles: &[&str]) -> Result<Elasticsearch> {
        self.es.security().put_user(name).password(PASSWORD).roles(roles.iter().copied()).send().await?;
        Ok(self.es.options(|o| o.basic_auth(name, PASSWORD)))
    }
}

/// Expects a refusal. An empty code or reason stands for none at all.
#[track_caller]
fn refused<T: Debug>(result: Result<T, Error>, status: u16, code: &str, reason: &str) {
    let error = result.expect_err("it is refused");
    assert_eq!(error.status().map(|status| status.as_u16()), Some(status), "{error}");
    assert_eq!(error.code().unwrap_or_default(), code, "{error}");
    assert!(error.reason().unwrap_or_default().contains(reason), "{error}");
    assert_eq!(error.reason().is_none(), reason.is_empty(), "{error}");
    assert_eq!((error.is_authentication(), error.is_authorization()), (status == 401, status == 403));
}

#[tokio::test]
async fn users() -> Result<()> {
    let cluster = Cluster::start().await;
    let security = cluster.es.security();
    let name = "elkit-users";

    let new = security.create_user(name).password(PASSWORD).roles(["viewer"]).full_name("Ana").email_null();
    assert!(new.send().await?.created);
    let users = security.get_user().username(name).send().await?;
    let user = &users[name];
    assert_eq!((user.full_name.as_deref(), user.email.as_deref(), user.enabled), (Some("Ana"), None, true));
    assert_eq!(user.roles, ["viewer"]);

    // It overwrites: what is left out is gone, but for the password.
    let again = security.put_user(name).roles(["viewer", "editor"]).metadata([("team", json!(["a", 1]))]);
    assert!(!again.send().await?.created);
    let users = security.get_user().username([name, "elkit-nobody"]).send().await?;
    assert_eq!((users.len(), users[name].full_name.as_deref()), (1, None));
    assert_eq!(users[name].metadata["team"], json!(["a", 1]));
    let own = cluster.es.options(|o| o.basic_auth(name, PASSWORD)).security();
    assert_eq!(own.authenticate().send().await?.username, name);

    refused(
        security.create_user(name).password("short").roles(["viewer"]).send().await,
        400,
        VALIDATION,
        "at least [6] characters",
    );
    refused(
        security.put_user("elkit-other").roles(["viewer"]).send().await,
        400,
        "validation_exception",
        "password must be specified",
    );
    refused(own.get_user().send().await, 403, "security_exception", UNPRIVILEGED);
    refused(security.delete_user("elastic").send().await, 400, "illegal_argument_exception", "[elastic] is reserved");

    assert!(security.delete_user(name).send().await?.found);
    assert!(security.get_user().username(name).send_optional().await?.is_none());
    refused(security.get_user().username(name).send().await, 404, "", "");
    refused(security.delete_user(name).send().await, 404, "", "");
    refused(own.authenticate().send().await, 401, "security_exception", "unable to authenticate user [elkit-users]");
    Ok(())
}

#[tokio::test]
async fn enabling_and_passwords() -> Result<()> {
    let cluster = Cluster::start().await;
    let security = cluster.es.security();
    let name = "elkit-enabling";
    let own = cluster.user(name, &["viewer"]).await?.security();
    let unable = "unable to authenticate user";

    security.disable_user(name).send().await?;
    assert!(!security.get_user().username(name).send().await?[name].enabled);
    refused(own.authenticate().send().await, 401, "security_exception", unable);
    refused(security.disable_user("elkit-nobody").send().await, 400, "validation_exception", "only existing users");

    security.enable_user(name).send().await?;
    assert!(security.get_user().username(name).send().await?[name].enabled);
    assert!(own.authenticate().send().await?.enabled);
    refused(security.enable_user("elkit-nobody").send().await, 400, "validation_exception", "only existing users");

    security.change_password().username(name).password("a new password").send().await?;
    refused(own.authenticate().send().await, 401, "security_exception", unable);
    let renewed = |o: elkit::RequestOptions| o.basic_auth(name, "a new password");
    own.authenticate().options(renewed).send().await?;
    // Anybody may change their own.
    own.change_password().password(PASSWORD).options(renewed).send().await?;
    own.authenticate().send().await?;
    refused(security.change_password().username(name).password("short").send().await, 400, VALIDATION, "at least [6]");
    let nobody = security.change_password().username("elkit-nobody").password(PASSWORD);
    refused(nobody.send().await, 400, "validation_exception", "user must exist");

    security.delete_user(name).send().await?;
    Ok(())
}

#[tokio::test]
async fn roles() -> Result<()> {
    let cluster = Cluster::start().await;
    let security = cluster.es.security();
    let name = "elkit-roles";

    let role = security
        .create_role(name)
        .cluster(["monitor"])
        .indices([IndicesPrivileges::new(["logs-*"], ["read"]).query(r#"{"term":{"public":true}}"#)])
        .metadata([("version", 1)])
        .description("reads logs");
    assert!(role.send().await?.role.created);
    let roles = security.get_role().name(name).send().await?;
    let role = &roles[name];
    assert_eq!(role.cluster, [ClusterPrivilege::Monitor]);
    assert_eq!((&*role.indices[0].names, &role.metadata["version"]), (&["logs-*".to_owned()][..], &json!(1)));
    assert_eq!(role.description.as_deref(), Some("reads logs"));

    assert!(!security.put_role(name).cluster(["manage"]).send().await?.role.created);
    let roles = security.get_role().name([name]).send().await?;
    assert_eq!((&roles[name].cluster[..], roles[name].indices.len()), (&[ClusterPrivilege::Manage][..], 0));

    refused(security.put_role(name).cluster(["fly"]).send().await, 400, VALIDATION, "unknown cluster privilege [fly]");
    refused(security.create_role("superuser").send().await, 400, VALIDATION, "is reserved");
    let unprivileged = cluster.user("elkit-roles-user", &[]).await?.security();
    refused(unprivileged.get_role().send().await, 403, "security_exception", UNPRIVILEGED);
    refused(unprivileged.create_role("x").send().await, 403, "security_exception", UNPRIVILEGED);

    assert!(security.delete_role(name).send().await?.found);
    assert!(security.get_role().name(name).send_optional().await?.is_none());
    refused(security.get_role().name(name).send().await, 404, "", "");
    refused(security.delete_role(name).send().await, 404, "", "");
    security.delete_user("elkit-roles-user").send().await?;
    Ok(())
}

#[tokio::test]
async fn api_keys() -> Result<()> {
    let cluster = Cluster::start().await;
    let security = cluster.es.security();
    let reader = RoleDescriptor::new().cluster(["monitor"]).indices([IndicesPrivileges::new("logs-*", ["read"])]);

    let key = security
        .create_api_key()
        .name("elkit-key")
        .expiration("1d")
        .role_descriptors([("reader", reader)])
        .metadata([("team", "a")])
        .send()
        .await?;
    assert!(key.expiration.is_some());
    let found = security.get_api_key().id(&key.id).send().await?;
    let [stored] = &found.api_keys[..] else { panic!("one key: {found:?}") };
    assert_eq!((&stored.name, stored.expiration, stored.invalidated), (&key.name, key.expiration, false));
    assert_eq!(stored.metadata["team"], json!("a"));
    assert!(stored.role_descriptors.as_ref().is_some_and(|roles| roles.contains_key("reader")));

    // The answer is a credential, and so are both its forms.
    let own = cluster.es.options(|o| o.api_key(&key));
    assert_eq!(own.security().authenticate().send().await?.api_key.as_ref().map(|key| &key.id), Some(&key.id));
    cluster.es.options(|o| o.api_key(&key.encoded)).security().authenticate().send().await?;
    cluster.es.options(|o| o.api_key((&*key.id, &key.api_key))).security().authenticate().send().await?;
    refused(own.security().create_role("x").send().await, 403, "security_exception", "is unauthorized for API key id");
    refused(security.create_api_key().send().await, 400, VALIDATION, "api key name is required");
    refused(security.get_api_key().id("elkit-nothing").send().await, 404, "", "");

    let done = security.invalidate_api_key().ids([&key.id]).send().await?;
    assert_eq!((&done.invalidated_api_keys[..], done.error_count), (&[key.id.clone()][..], 0));
    assert!(security.get_api_key().id(&key.id).send().await?.api_keys[0].invalidated);
    assert_eq!(security.invalidate_api_key().ids([&key.id]).send().await?.previously_invalidated_api_keys, [&*key.id]);
    refused(own.security().authenticate().send().await, 401, "security_exception", "unable to authenticate");
    refused(security.invalidate_api_key().send().await, 400, VALIDATION, "must be specified");

    if let Some(stack) = &cluster.stack {
        let key = security.create_api_key().name("elkit-short").expiration("1h").send().await?;
        let own = cluster.es.options(|o| o.api_key(&key)).security();
        own.authenticate().send().await?;
        stack.clock().advance(std::time::Duration::from_secs(3_601));
        refused(own.authenticate().send().await, 401, "security_exception", "unable to authenticate");
    }
    Ok(())
}

#[tokio::test]
async fn keys_for_others() -> Result<()> {
    let cluster = Cluster::start().await;
    let security = cluster.es.security();
    let name = "elkit-granted";
    cluster.user(name, &["viewer"]).await?;

    let grant =
        || security.grant_api_key("password", GrantedApiKey::new("elkit-granted-key").expiration("1d")).username(name);
    let key = grant().password(PASSWORD).send().await?;
    let owner = cluster.es.options(|o| o.api_key(&key)).security().authenticate().send().await?;
    assert_eq!((&*owner.username, &*owner.authentication_type), (name, "api_key"));
    assert_eq!(security.get_api_key().id(&key.id).send().await?.api_keys[0].username, name);
    refused(grant().password("wrong").send().await, 401, "security_exception", "unable to authenticate user");
    security.invalidate_api_key().ids([&key.id]).send().await?;
    security.delete_user(name).send().await?;

    // Every answer that hands out a key is one; a cross-cluster key is good for another interface only.
    let access = CrossClusterAccess::new().search([SearchAccess::new(["logs-*"])]);
    let cross = security.create_cross_cluster_api_key("elkit-cross", access).send().await?;
    let denied = cluster.es.options(|o| o.api_key(&cross)).security().authenticate().send().await;
    refused(denied, 401, "security_exception", "unable to authenticate");
    let token = security.create_service_token("elastic", "fleet-server").name("elkit-token").send().await?;
    let me = cluster.es.options(|o| o.bearer_auth(&token)).security().authenticate().send().await?;
    assert_eq!(me.username, "elastic/fleet-server");
    security.delete_service_token("elastic", "fleet-server", "elkit-token").send().await?;
    security.invalidate_api_key().ids([&cross.id]).send().await?;
    Ok(())
}

#[tokio::test]
async fn tokens() -> Result<()> {
    let cluster = Cluster::start().await;
    let security = cluster.es.security();
    let name = "elkit-tokens";
    cluster.user(name, &["viewer"]).await?;
    let get = || security.get_token().grant_type("password").username(name);

    let token = get().password(PASSWORD).send().await?;
    let own = cluster.es.options(|o| o.bearer_auth(&token)).security();
    let me = own.authenticate().send().await?;
    assert_eq!((&*me.username, &*me.authentication_type), (name, "token"));
    assert!(token.expires_in > 0 && token.authentication.username == name);

    let refresh = token.refresh_token.as_ref().expect("passwords come with a refresh token");
    let renewed = security.get_token().grant_type("refresh_token").refresh_token(refresh).send().await?;
    assert_ne!(renewed.access_token, token.access_token);
    cluster.es.options(|o| o.bearer_auth(&renewed)).security().authenticate().send().await?;

    refused(get().password("wrong").send().await, 401, "security_exception", "unable to authenticate user");
    let unknown = security.get_token().grant_type("refresh_token").refresh_token("none");
    refused(unknown.send().await, 400, "invalid_grant", "could not refresh");
    refused(security.get_token().grant_type("magic").send().await, 400, "unsupported_grant_type", "only supports");

    let gone = security.invalidate_token().token(&token.access_token).send().await?;
    assert_eq!((gone.invalidated_tokens, gone.previously_invalidated_tokens, gone.error_count), (1, 0, 0));
    refused(own.authenticate().send().await, 401, "security_exception", "token expired");
    assert!(security.invalidate_token().username(name).send().await?.invalidated_tokens >= 1);
    let renewed = cluster.es.options(|o| o.bearer_auth(&renewed)).security();
    refused(renewed.authenticate().send().await, 401, "security_exception", "token expired");
    refused(security.invalidate_token().send().await, 400, VALIDATION, "must be specified");
    security.delete_user(name).send().await?;
    Ok(())
}

#[tokio::test]
async fn application_privileges() -> Result<()> {
    let cluster = Cluster::start().await;
    let security = cluster.es.security();
    let app = "elkitapp";

    let put = |name: &str, action: &str| {
        security.put_privileges([(app, [(name, ApplicationPrivilegeDescriptor::new([action]))])])
    };
    assert!(put("read", "data:read/*").send().await?[app]["read"].created);
    assert!(!put("read", "data:see/*").send().await?[app]["read"].created);
    let stored = security.get_privileges().application(app).name("read").send().await?;
    assert_eq!(stored[app]["read"].actions, ["data:see/*"]);
    refused(put("Read", "data:read/*").send().await, 400, VALIDATION, "must match the pattern");
    refused(put("read", "nothing").send().await, 400, VALIDATION, "must contain one of");

    assert!(security.delete_privileges(app, ["read"]).send().await?[app]["read"].found);
    assert!(security.get_privileges().application(app).name("read").send_optional().await?.is_none());
    refused(security.get_privileges().application(app).name(["read"]).send().await, 404, "", "");
    refused(security.delete_privileges(app, "read").send().await, 404, "", "");
    Ok(())
}

#[tokio::test]
async fn asking_for_privileges() -> Result<()> {
    let cluster = Cluster::start().await;
    let security = cluster.es.security();
    let name = "elkit-asking";
    let ask = |es: &Elasticsearch| {
        es.security()
            .has_privileges()
            .cluster(["monitor", "manage"])
            .index([IndexPrivilegesCheck::new(["logs-a"], ["read", "write"])])
            .application([ApplicationPrivilegesCheck::new(ApplicationPrivilegesCheckRequired {
                application: "elkitapp".into(),
                privileges: vec!["read".into()],
                resources: vec!["*".into()],
            })])
    };
    security.put_role(name).cluster(["monitor"]).indices([IndicesPrivileges::new("logs-*", ["read"])]).send().await?;
    let user = cluster.user(name, &[name]).await?;

    let answer = ask(&user).send().await?;
    assert_eq!((&*answer.username, answer.has_all_requested), (name, false));
    assert_eq!((answer.cluster["monitor"], answer.cluster["manage"]), (true, false));
    assert_eq!((answer.index["logs-a"]["read"], answer.index["logs-a"]["write"]), (true, false));
    assert!(!answer.application["elkitapp"]["*"]["read"]);
    assert!(ask(&cluster.es).send().await?.has_all_requested);
    // What is granted later is seen by the next call.
    security.put_role(name).cluster(["monitor", "manage"]).send().await?;
    assert!(ask(&user).send().await?.cluster["manage"]);
    refused(user.security().has_privileges().send().await, 400, VALIDATION, "at least one privilege");

    let known = security.get_builtin_privileges().send().await?;
    assert!(known.cluster.contains(&ClusterPrivilege::ManageSecurity) && !known.index.is_empty());
    security.put_role(name).send().await?;
    refused(user.security().get_builtin_privileges().send().await, 403, "security_exception", UNPRIVILEGED);
    security.delete_user(name).send().await?;
    security.delete_role(name).send().await?;
    Ok(())
}

#[tokio::test]
async fn caches() -> Result<()> {
    let cluster = Cluster::start().await;
    let security = cluster.es.security();
    let unprivileged = cluster.user("elkit-caches", &[]).await?.security();
    macro_rules! clear {
        ($($function:ident),*) => {$(
            let cleared = security.$function(["*"]).send().await?;
            assert!(!cleared.cluster_name.is_empty() && !cleared.nodes.is_empty());
            assert_eq!(cleared.node_stats.failed, 0);
            refused(unprivileged.$function("*").send().await, 403, "security_exception", UNPRIVILEGED);
        )*};
    }
    clear!(clear_cached_realms, clear_cached_roles, clear_cached_privileges);
    let unknown = security.clear_cached_realms("elkit-nowhere").usernames(["a"]).send().await;
    refused(unknown, 400, "illegal_argument_exception", "could not find active realm [elkit-nowhere]");
    security.delete_user("elkit-caches").send().await?;
    Ok(())
}

#[tokio::test]
async fn authentication() -> Result<()> {
    let cluster = Cluster::start().await;
    let me = cluster.es.security().authenticate().send().await?;
    assert!(me.enabled && !me.username.is_empty() && me.corrections().is_empty());
    let anonymous = cluster.es.options(|o| o.anonymous()).security().authenticate().send().await;
    refused(anonymous, 401, "security_exception", "missing authentication credentials");
    let wrong = cluster.es.security().authenticate().options(|o| o.basic_auth("elastic", "wrong")).send().await;
    refused(wrong, 401, "security_exception", "unable to authenticate user [elastic]");
    Ok(())
}
