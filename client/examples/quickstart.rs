//! A walk through Elasticsearch security: roles, users, privileges, API keys and tokens.
//!
//! ```text
//! cargo run --example quickstart             # starts the embedded stack, needs nothing
//! cargo run --example quickstart -- --live   # uses the cluster of ELASTICSEARCH_URL and its kin
//! ```
//!
//! Everything it makes is named `quickstart_*` and is removed at the end, also when a step fails.

use std::error::Error;
use std::fmt::Display;
use std::process::ExitCode;

use elkit::elasticsearch::security::{IndexPrivilegesCheck, IndicesPrivileges, RoleDescriptor};
use elkit::{Builder, Elasticsearch, Result};
use elkit_stack::Stack;

const ROLE: &str = "quickstart_reader";
const USER: &str = "quickstart_analyst";
const KEY: &str = "quickstart_key";
const PASSWORD: &str = "correct horse battery staple";

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nFailed: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let cluster = if std::env::args().any(|argument| argument == "--live") {
        Cluster::Live
    } else {
        Cluster::Embedded(Box::new(Stack::start().await?))
    };
    let es = cluster.admin()?;
    println!("Talking to {cluster}");

    let walked = walk(&cluster, &es).await;
    let cleaned = clean_up(&es).await;
    walked.and(cleaned)?;
    println!("\nDone.");
    Ok(())
}

async fn walk(cluster: &Cluster, es: &Elasticsearch) -> Result<()> {
    let me = es.security().authenticate().send().await?;
    done(format!("I am {}, known to the realm {}", me.username, me.authentication_realm.name));

    roles_and_users(es).await?;
    privileges(es).await?;
    api_keys(cluster, es).await?;
    tokens(es).await
}

async fn roles_and_users(es: &Elasticsearch) -> Result<()> {
    println!("\nRoles and users");
    let security = es.security();

    let answer = security
        .create_role(ROLE)
        .cluster(["monitor", "manage_own_api_key"])
        .indices([IndicesPrivileges::new(["logs-*"], ["read", "view_index_metadata"])])
        .description("Reads logs")
        .send()
        .await?;
    done(format!("created the role {ROLE}: {}", answer.role.created));

    let user = security.create_user(USER).password(PASSWORD).roles([ROLE]).full_name("Ana Lyst");
    done(format!("created the user {USER}: {}", user.send().await?.created));

    // The same call by its other name. It overwrites, so what stays is said again; the password stays by itself.
    security.put_user(USER).roles([ROLE, "viewer"]).email("ana@example.com").send().await?;
    let users = security.get_user().username(USER).send().await?;
    done(format!("changed the user: roles {:?}", users[USER].roles));

    security.change_password().username(USER).password(format!("{PASSWORD}, changed")).send().await?;
    // Credentials of one call go before those of the client.
    let login = |password: &str| security.authenticate().options(|o| o.basic_auth(USER, password));
    match login(PASSWORD).send().await {
        Err(error) if error.is_authentication() => {
            done(format!("changed the password; the old one is refused: {error}"))
        }
        other => unexpected(other)?,
    }
    login(&format!("{PASSWORD}, changed")).send().await?;
    done("the new password logs in");
    security.change_password().username(USER).password(PASSWORD).send().await?;

    security.disable_user(USER).send().await?;
    match login(PASSWORD).send().await {
        Err(error) if error.is_authentication() => done("disabled the user, who can't log in"),
        other => unexpected(other)?,
    }
    security.enable_user(USER).send().await?;
    done(format!("enabled the user again: {}", login(PASSWORD).send().await?.enabled));

    // A name that does not exist is no error when asked for like this.
    let nobody = security.get_user().username("quickstart_nobody").send_optional().await?;
    done(format!("looked for a user who does not exist: {}", nobody.is_some()));
    Ok(())
}

async fn privileges(es: &Elasticsearch) -> Result<()> {
    println!("\nPrivileges");
    // A handle: all its calls are the analyst's.
    let analyst = es.options(|o| o.basic_auth(USER, PASSWORD));

    let answer = analyst
        .security()
        .has_privileges()
        .cluster(["monitor", "manage_security"])
        .index([IndexPrivilegesCheck::new(["logs-app"], ["read", "write"])])
        .send()
        .await?;
    done(format!("{} has on the cluster {:?}", answer.username, answer.cluster));
    done(format!("{} has on indices {:?}", answer.username, answer.index));

    match analyst.security().get_role().send().await {
        Err(error) if error.is_authorization() => {
            done(format!(
                "reading roles is refused: {} ({})",
                error.code().unwrap_or("?"),
                error.status().unwrap_or_default()
            ));
        }
        other => unexpected(other)?,
    }
    Ok(())
}

async fn api_keys(cluster: &Cluster, es: &Elasticsearch) -> Result<()> {
    println!("\nAPI keys");
    let analyst = es.options(|o| o.basic_auth(USER, PASSWORD)).security();

    let key = analyst
        .create_api_key()
        .name(KEY)
        .expiration("90d")
        .role_descriptors([(
            "logs_reader",
            RoleDescriptor::new().cluster(["monitor"]).indices([IndicesPrivileges::new(["logs-*"], ["read"])]),
        )])
        .metadata([("team", "analytics"), ("environment", "quickstart")])
        .send()
        .await?;
    // A secret never prints; `key.encoded.expose()` would show it.
    done(format!("created the key {}: {:?}", key.name, key.encoded));

    // The answer is a credential.
    let service = cluster.connect().api_key(&key).build()?;
    let me = service.security().authenticate().send().await?;
    done(format!("a second client uses it: {} by {}", me.username, me.authentication_type));

    match service.security().delete_role(ROLE).send().await {
        Err(error) if error.is_authorization() => done(format!("deleting a role with it is refused: {error}")),
        other => unexpected(other)?,
    }

    let mine = analyst.get_api_key().owner(true).active_only(true).send().await?;
    for key in &mine.api_keys {
        done(format!("found the key {} of the team {}", key.name, key.metadata["team"]));
    }

    let answer = analyst.invalidate_api_key().ids([&key.id]).owner(true).send().await?;
    done(format!("invalidated {} key", answer.invalidated_api_keys.len()));
    match service.security().authenticate().send().await {
        Err(error) if error.is_authentication() => done("the key is refused from now on"),
        other => unexpected(other)?,
    }
    Ok(())
}

async fn tokens(es: &Elasticsearch) -> Result<()> {
    println!("\nTokens");
    let security = es.security();

    let asked = security.get_token().grant_type("password").username(USER).password(PASSWORD).send().await;
    let token = match asked {
        Ok(token) => token,
        // Clusters without TLS have no token service unless it is switched on.
        Err(error) if error.reason().is_some_and(|reason| reason.contains("not enabled")) => {
            done("this cluster has its token service switched off");
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    done(format!("got a token for {} that is good for {} s", token.authentication.username, token.expires_in));

    let me = security.authenticate().options(|o| o.bearer_auth(&token)).send().await?;
    done(format!("used it for one call: {} by {}", me.username, me.authentication_type));

    if let Some(refresh_token) = &token.refresh_token {
        let token = security.get_token().grant_type("refresh_token").refresh_token(refresh_token).send().await?;
        security.authenticate().options(|o| o.bearer_auth(&token)).send().await?;
        done("refreshed it");
    }

    let answer = security.invalidate_token().username(USER).send().await?;
    done(format!("invalidated {} tokens", answer.invalidated_tokens));
    match security.authenticate().options(|o| o.bearer_auth(&token)).send().await {
        Err(error) if error.is_authentication() => done("the token is refused from now on"),
        other => unexpected(other)?,
    }
    Ok(())
}

/// Removes what a walk, or one that was interrupted earlier, left behind.
async fn clean_up(es: &Elasticsearch) -> Result<()> {
    println!("\nCleaning up");
    let security = es.security();
    security.invalidate_api_key().username(USER).send().await?;
    for deleted in [
        security.delete_user(USER).send().await.map(|answer| answer.found),
        security.delete_role(ROLE).send().await.map(|answer| answer.found),
    ] {
        match deleted {
            Ok(_) => {}
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error),
        }
    }
    done("nothing is left");
    Ok(())
}

/// What the walk talks to.
enum Cluster {
    Live,
    Embedded(Box<Stack>),
}

impl Cluster {
    /// A client of somebody who may manage security.
    fn admin(&self) -> Result<Elasticsearch> {
        match self {
            Self::Live => self.connect().build(),
            Self::Embedded(stack) => self.connect().basic_auth("elastic", stack.elastic_password()).build(),
        }
    }

    fn connect(&self) -> Builder<Elasticsearch> {
        match self {
            Self::Live => Elasticsearch::from_env(),
            Self::Embedded(stack) => Elasticsearch::builder(stack.elasticsearch_url()),
        }
    }
}

impl Display for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Live => f.write_str("the cluster of the environment"),
            Self::Embedded(stack) => write!(f, "the embedded stack at {}", stack.elasticsearch_url()),
        }
    }
}

fn done(what: impl Display) {
    println!("  ✓ {what}");
}

/// What should have been refused was not, or was for another reason.
fn unexpected<T>(result: Result<T>) -> Result<()> {
    result?;
    Err(elkit::Error::new(elkit::ErrorKind::Api, "this should have been refused"))
}
