//! Single sign-on from end to end: the embedded stack's realms trust its test identity provider. Each flow makes a session
//! that serves both products, renews itself and ends; each proof that is wrong, old or used is refused with Elasticsearch's
//! error.

#[path = "support/sessions.rs"]
mod sessions;
// Others need more of it.
#[expect(dead_code)]
mod support;

use std::time::Duration;

use elkit::auth::sso::{self, CertificateChain, Oidc, OidcLogin, Saml, SamlMessage, Session};
use elkit::auth::{CredentialsProvider, TokenProvider};
use elkit::elasticsearch::security::RoleMappingRule;
use elkit::{Elasticsearch, Error, Kibana, Method, Result};
use elkit_stack::{Person, Stack};
use serde_json::Value;
use tokio::time::sleep;

use sessions::{Cluster, LIFE, no_credentials, spaces, who};
use support::Server;

/// Refresh tokens are good for a day.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// A refusal leads to one renewal a second.
const CALM: Duration = Duration::from_millis(1010);

/// A stack where everybody from an identity provider is a viewer, and an application that may do what its flow needs.
async fn start(privileges: &[&str]) -> (Cluster, Elasticsearch) {
    let cluster = Cluster::start();
    let security = cluster.es.security();
    let rules: RoleMappingRule =
        serde_json::from_str(r#"{"field": {"realm.name": ["oidc1", "saml1", "kerb1", "pki1"]}}"#).unwrap();
    security.put_role_mapping("sso").roles(["viewer"]).rules(rules).enabled(true).send().await.unwrap();
    let privileges = privileges.iter().chain(&["manage_token"]).copied();
    security.put_role("application").cluster(privileges).send().await.unwrap();
    cluster.user("application", &["application"]).await;
    let application = cluster.es.options(|o| o.basic_auth("application", sessions::PASSWORD));
    (cluster, application)
}

#[track_caller]
fn refused<T>(result: Result<T>, status: u16, code: &str, reason: &str) -> Error {
    let Err(error) = result else { panic!("it is refused") };
    assert_eq!(error.status().map(|status| status.as_u16()), Some(status), "{error}");
    assert_eq!((error.code(), error.reason()), (Some(code), Some(reason)), "{error}");
    error
}

/// What all sessions have in common, whoever they are of: both products, renewal, one refresh for a hundred.
async fn lives(cluster: &Cluster, session: &Session, username: &str, renewals: fn(&Cluster) -> usize) -> Result<()> {
    let (es, kibana) = (cluster.with(session), cluster.kibana(session));
    assert_eq!((who(&es).await?.as_str(), spaces(&kibana).await?), (username, 1));
    assert_eq!(es.security().authenticate().send().await?.roles, ["viewer"]);
    let before = renewals(cluster);
    cluster.stack.clock().advance(LIFE);
    let callers: Vec<_> = (0..100)
        .map(|number| {
            let (es, kibana) = (es.clone(), kibana.clone());
            tokio::spawn(async move {
                if number % 2 == 0 { who(&es).await.map(drop) } else { spaces(&kibana).await.map(drop) }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap()?;
    }
    assert_eq!(renewals(cluster), before + 1, "one refresh for all");
    sleep(CALM).await;
    cluster.stack.clock().advance(LIFE);
    assert_eq!(who(&es).await?, username);
    assert_eq!(renewals(cluster), before + 2, "each refresh token was used once");
    Ok(())
}

fn refreshes(cluster: &Cluster) -> usize {
    cluster.grants("refresh_token")
}

/// A day later no refresh token is good; nor is one that somebody else used.
async fn dies(cluster: &Cluster, session: &Session) {
    sleep(CALM).await;
    cluster.stack.clock().advance(DAY);
    let es = cluster.with(session);
    let error = who(&es).await.unwrap_err();
    no_credentials(&error, &["refresh token is expired", "log in again and use the new provider"]);
    let asked = refreshes(cluster);
    no_credentials(&who(&es).await.unwrap_err(), &["refresh token is expired"]);
    assert_eq!(refreshes(cluster), asked, "it is not asked again");
}

/// Logs somebody in at the provider; the URL that their browser comes back with.
fn browser(stack: &Stack, login: &OidcLogin) -> String {
    stack.identity_provider().oidc_login(login.redirect().expose(), "ana").expect("the redirect leads to the provider")
}

#[tokio::test]
async fn openid_connect() -> Result<()> {
    let (cluster, es) = start(&["manage_oidc"]).await;
    let login = Oidc::realm(&es, "oidc1").prepare().await?;
    assert_eq!(login.realm(), "oidc1");
    let session = login.authenticate(browser(&cluster.stack, &login)).await?;
    lives(&cluster, &session, "ana", refreshes).await?;
    dies(&cluster, &session).await;

    // Begun by the provider, ended in another process, with what was kept of it.
    let begun = Oidc::issuer(&es, "https://op.example").login_hint("ana@example").prepare().await?;
    assert!(begun.redirect().expose().contains("login_hint=ana%40example"));
    let resumed = Oidc::resume(&es, begun.realm(), begun.state(), begun.nonce());
    let session = resumed.authenticate(browser(&cluster.stack, &begun)).await?;
    assert_eq!(who(&cluster.with(&session)).await?, "ana");
    let kept = session.tokens().await?.refresh_token.unwrap();
    let session = Session::resume_oidc(&es, kept);
    assert_eq!(spaces(&cluster.kibana(&session)).await?, 1);

    let last = session.tokens().await?;
    let logout = session.global_logout().await?;
    let redirect = logout.redirect.expect("the provider has a place for it");
    assert_eq!(cluster.stack.identity_provider().oidc_logout(redirect.expose()).unwrap(), "ana");
    no_credentials(&who(&cluster.with(&session)).await.unwrap_err(), &["ended by `logout`", "log in again"]);
    let shown = es.options(|o| o.bearer_auth(&last.access_token));
    assert!(who(&shown).await.unwrap_err().is_authentication());
    let again = Session::resume_oidc(&es, last.refresh_token.unwrap());
    no_credentials(&who(&cluster.with(&again)).await.unwrap_err(), &["has been invalidated"]);
    Ok(())
}

#[tokio::test]
async fn openid_connect_refuses() -> Result<()> {
    let (cluster, es) = start(&["manage_oidc"]).await;
    let oidc = Oidc::realm(&es, "oidc1");
    let reason =
        "unable to authenticate user [<OIDC Token>] for action [cluster:admin/xpack/security/oidc/authenticate]";
    let check = |result: Result<Session>| {
        let error = refused(result, 401, "security_exception", reason);
        assert!(error.to_string().contains("begin again with `Oidc::prepare`"), "{error}");
    };
    let (login, other) = (oidc.prepare().await?, oidc.prepare().await?);
    let came = || browser(&cluster.stack, &login);

    let code = came();
    assert!(login.authenticate(code.clone()).await.is_ok());
    check(login.authenticate(code).await); // replayed
    let mix = |state: &OidcLogin, nonce: &OidcLogin| Oidc::resume(&es, "oidc1", state.state(), nonce.nonce());
    check(mix(&other, &login).authenticate(came()).await); // wrong state
    check(mix(&login, &other).authenticate(came()).await); // wrong nonce
    check(other.authenticate(came()).await);
    check(Oidc::resume(&es, "oidc2", login.state(), login.nonce()).authenticate(came()).await);
    let denied = cluster.stack.identity_provider().oidc_denial(login.redirect().expose()).unwrap();
    check(login.authenticate(denied).await);
    let late = came();
    cluster.stack.clock().advance(Duration::from_secs(60));
    check(login.authenticate(late).await);

    // That the application is unknown is not the user's affair.
    let stranger = es.options(|o| o.basic_auth("stranger", "nonsense"));
    let error =
        Oidc::resume(&stranger, "oidc1", "s", "n").authenticate("https://h?code=c&state=s").await.err().unwrap();
    assert!(error.is_authentication() && !error.to_string().contains("begin again"), "{error}");

    let unknown = Oidc::realm(&es, "oidc2").prepare().await;
    refused(unknown, 500, "security_exception", "Cannot find OpenID Connect realm with name [oidc2]");
    let (_other, powerless) = start(&[]).await;
    assert!(Oidc::realm(&powerless, "oidc1").prepare().await.unwrap_err().is_authorization());
    Ok(())
}

#[tokio::test]
async fn saml() -> Result<()> {
    let (cluster, es) = start(&["manage_saml"]).await;
    let idp = cluster.stack.identity_provider();
    let saml = Saml::realm(&es, "saml1");
    let login = saml.clone().relay_state("where to go then").prepare().await?;
    assert!(login.redirect().expose().contains("RelayState=where%20to%20go%20then"));
    let response = idp.saml_login(login.redirect().expose(), "ana").unwrap();
    let session = login.authenticate(response).await?;
    assert_eq!(session.username(), Some("ana"));
    lives(&cluster, &session, "ana", refreshes).await?;
    dies(&cluster, &session).await;

    // The service begins the end; the provider answers by either way.
    let by_acs = Saml::acs(&es, "https://kibana.example/api/security/saml/callback").prepare().await?;
    assert_eq!(by_acs.realm(), Some("saml1"));
    let response = idp.saml_login(by_acs.redirect().expose(), "ana").unwrap();
    let session = saml.resume(by_acs.id().unwrap()).authenticate(response).await?;
    let logout = session.global_logout().await?;
    let (redirect, id) = (logout.redirect.unwrap(), logout.request_id.unwrap());
    let query = SamlMessage::Redirect(idp.saml_logout(redirect.expose()).unwrap().into());
    saml.complete_logout(&id, query.clone()).await?;
    saml.complete_logout(&id, SamlMessage::Post(idp.saml_logout_by_post(redirect.expose()).unwrap().into())).await?;
    let error = saml.complete_logout("other", query).await.unwrap_err();
    assert!(error.reason().is_some_and(|reason| reason.contains("expected one of [other]")), "{error}");
    no_credentials(&who(&cluster.with(&session)).await.unwrap_err(), &["ended by `logout`"]);

    // The provider begins the end.
    let session = saml.unsolicited().authenticate(idp.saml_unsolicited("bob")).await?;
    let bob = cluster.with(&session);
    assert_eq!(who(&bob).await?, "bob");
    let done = saml.invalidate(idp.saml_logout_request("bob")).await?;
    assert_eq!((done.invalidated, done.redirect.is_some()), (2, true));
    no_credentials(&who(&bob).await.unwrap_err(), &["has been invalidated", "log in again"]);

    let metadata = saml.metadata().await?;
    assert!(metadata.contains("AssertionConsumerService") && metadata.contains("/api/security/saml/callback"));
    Ok(())
}

#[tokio::test]
async fn saml_refuses() -> Result<()> {
    let (cluster, es) = start(&["manage_saml"]).await;
    let idp = cluster.stack.identity_provider();
    let saml = Saml::realm(&es, "saml1");
    let action = "cluster:admin/xpack/security/saml/authenticate";
    let reason = format!("unable to authenticate user [<unauthenticated-saml-user>] for action [{action}]");
    let check = |result: Result<Session>| {
        let error = refused(result, 401, "security_exception", &reason);
        assert!(error.to_string().contains("begin again with `Saml::prepare`"), "{error}");
    };
    let (login, other) = (saml.prepare().await?, saml.prepare().await?);
    let response = idp.saml_login(login.redirect().expose(), "ana").unwrap();
    check(other.authenticate(response.clone()).await); // it answers another request
    check(saml.unsolicited().authenticate(response.clone()).await);
    check(Saml::realm(&es, "saml2").unsolicited().authenticate(idp.saml_unsolicited("ana")).await);
    let foreign = Cluster::start();
    let forged = foreign.stack.identity_provider().saml_login(login.redirect().expose(), "ana").unwrap();
    check(login.authenticate(forged).await); // another provider signed it
    check(login.authenticate("PHNhbWw+").await);
    cluster.stack.clock().advance(Duration::from_secs(300));
    check(login.authenticate(response).await); // it is too old

    let error = saml.invalidate(foreign.stack.identity_provider().saml_logout_request("ana")).await.unwrap_err();
    assert!(error.reason().is_some_and(|reason| reason.contains("could not be validated")), "{error}");
    Ok(())
}

#[tokio::test]
async fn kerberos() -> Result<()> {
    let (cluster, es) = start(&[]).await;
    let idp = cluster.stack.identity_provider();
    let ticket = idp.kerberos_ticket("ana");
    let session = sso::kerberos(&es, &ticket).await?;
    assert!(idp.kerberos_answers(&ticket, session.kerberos_response().unwrap().expose()), "the server is who it is");
    lives(&cluster, &session, "ana@STACK.EXAMPLE", refreshes).await?;
    let reason = "failed to authenticate user, gss context negotiation failure";
    let late = idp.kerberos_ticket("ana");
    cluster.stack.clock().advance(Duration::from_secs(300));
    for bad in [ticket, late, "bm8gdGlja2V0".to_owned()] {
        let error = refused(sso::kerberos(&es, bad).await, 401, "security_exception", reason);
        assert!(error.to_string().contains("get a new one"), "{error}");
    }
    // Elasticsearch quotes what is no base64; we don't.
    let error = sso::kerberos(&es, "canary!").await.unwrap_err();
    assert!(!format!("{error} {error:?} {:?}", error.reason()).contains("canary!"), "{error}");
    let logout = session.global_logout().await?;
    assert_eq!((logout.redirect, logout.request_id), (None, None));
    no_credentials(&who(&cluster.with(&session)).await.unwrap_err(), &["ended by `logout`"]);

    let session = sso::kerberos(&es, idp.kerberos_ticket(Person::new("bob").group("staff"))).await?;
    dies(&cluster, &session).await;
    Ok(())
}

#[tokio::test]
async fn pki_delegation() -> Result<()> {
    let (cluster, es) = start(&["delegate_pki"]).await;
    let idp = cluster.stack.identity_provider();
    let der = idp.certificate_chain("ana");
    let session = sso::pki(&es, CertificateChain::from_der(&der)).await?;
    assert_eq!(session.tokens().await?.refresh_token, None);
    let delegations: fn(&Cluster) -> usize = |cluster| cluster.sent("POST", "/_security/delegate_pki").len();
    lives(&cluster, &session, "ana", delegations).await?;

    let action = "cluster:admin/xpack/security/delegate_pki";
    let reason = format!("unable to authenticate user [CN=ana] for action [{action}]");
    let foreign = Cluster::start().stack.identity_provider().certificate_chain("ana");
    let error = refused(sso::pki(&es, CertificateChain::from_der(foreign)).await, 401, "security_exception", &reason);
    assert!(error.to_string().contains("does not trust the chain"), "{error}");
    let mixed = CertificateChain::from_der(der.iter().rev());
    let why = "Validation Failed: 1: certificates chain must be an ordered chain;";
    refused(sso::pki(&es, mixed).await, 400, "action_request_validation_exception", why);

    let local = session.tokens().await?.access_token;
    session.logout().await?;
    assert!(who(&es.options(|o| o.bearer_auth(&local))).await.unwrap_err().is_authentication());

    // A chain that has expired makes no more tokens: one error, and the next step.
    let session = sso::pki(&es, CertificateChain::from_der(&der)).await?;
    sleep(CALM).await;
    cluster.stack.clock().advance(DAY);
    let error = who(&cluster.with(&session)).await.unwrap_err();
    no_credentials(&error, &["the chain makes no token any more: 401", "has expired"]);

    let pem = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", base64(&der[0]));
    assert_eq!(CertificateChain::from_pem(pem)?, CertificateChain::from_der(&der[..1]));
    assert!(CertificateChain::from_pem("nothing").is_err());
    Ok(())
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// Not every identity provider has a place to log out at: Elasticsearch says null, to strict clients as well.
#[test]
fn a_logout_that_leads_nowhere() -> Result<()> {
    let tokens = r#"{"access_token":"a","refresh_token":"r","expires_in":1200,"type":"Bearer","username":"u","realm":"r","redirect":null,"id":null}"#;
    let server = Server::json(200, tokens);
    let es = Elasticsearch::builder(server.url()).basic_auth("application", "p").strict().build()?;
    let login = Oidc::resume(&es, "r", "s", "n");
    let sessions = [
        support::wait(login.authenticate("https://h"))?,
        support::wait(Saml::realm(&es, "r").unsolicited().authenticate("x"))?,
    ];
    for session in sessions {
        let logout = support::wait(session.global_logout())?;
        assert_eq!((logout.redirect, logout.request_id), (None, None));
    }
    Ok(())
}

#[tokio::test]
async fn two_who_share_a_refresh_token() -> Result<()> {
    let (cluster, es) = start(&["manage_oidc"]).await;
    let login = Oidc::realm(&es, "oidc1").prepare().await?;
    let session = login.authenticate(browser(&cluster.stack, &login)).await?;
    let kept = session.tokens().await?.refresh_token.unwrap();
    // Within half a minute both get the same tokens; later the second has lost.
    let (quick, slow) = (Session::resume_oidc(&es, &kept), Session::resume_oidc(&es, &kept));
    cluster.stack.clock().advance(LIFE);
    assert_eq!(who(&cluster.with(&session)).await?, "ana");
    assert_eq!(who(&cluster.with(&quick)).await?, "ana");
    assert_eq!(quick.tokens().await?, session.tokens().await?);
    cluster.stack.clock().advance(Duration::from_secs(31));
    let error = who(&cluster.with(&slow)).await.unwrap_err();
    no_credentials(&error, &["already been refreshed", "one session belongs to one provider"]);
    // Another client than the one that logged in can't refresh.
    let newest = session.tokens().await?.refresh_token.unwrap();
    let error = who(&cluster.with(&TokenProvider::refresh_token(&cluster.es, newest))).await.unwrap_err();
    no_credentials(&error, &["must be refreshed by the creating client"]);
    Ok(())
}

#[test]
fn without_async() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (cluster, es) = runtime.block_on(start(&["manage_oidc", "manage_saml", "delegate_pki"]));
    drop(runtime);
    let idp = cluster.stack.identity_provider();
    let name = |session: &Session| -> Result<String> {
        Ok(cluster.with(session).security().authenticate().send_blocking()?.username.clone())
    };

    let login = Oidc::realm(&es, "oidc1").prepare_blocking()?;
    let session = login.authenticate_blocking(browser(&cluster.stack, &login))?;
    assert_eq!(name(&session)?, "ana");
    cluster.stack.clock().advance(LIFE);
    assert_eq!(name(&session)?, "ana");
    assert!(session.global_logout_blocking()?.redirect.is_some());
    no_credentials(&name(&session).unwrap_err(), &["ended by `logout`"]);

    let saml = Saml::realm(&es, "saml1");
    let login = saml.prepare_blocking()?;
    let session = login.authenticate_blocking(idp.saml_login(login.redirect().expose(), "ana").unwrap())?;
    assert_eq!(name(&session)?, "ana");
    let logout = session.global_logout_blocking()?;
    let answer = idp.saml_logout(logout.redirect.unwrap().expose()).unwrap();
    saml.complete_logout_blocking(logout.request_id.unwrap(), SamlMessage::Redirect(answer.into()))?;
    let session = saml.unsolicited().authenticate_blocking(idp.saml_unsolicited("bob"))?;
    assert_eq!(saml.invalidate_blocking(idp.saml_logout_request("bob"))?.invalidated, 2);
    assert!(name(&session).is_err());
    assert!(saml.metadata_blocking()?.contains("EntityDescriptor"));

    let session = sso::kerberos_blocking(&es, idp.kerberos_ticket("ana"))?;
    assert_eq!(name(&session)?, "ana@STACK.EXAMPLE");
    session.logout_blocking()?;
    let session = sso::pki_blocking(&es, CertificateChain::from_der(idp.certificate_chain("ana")))?;
    assert!(session.tokens_blocking()?.refresh_token.is_none());
    assert_eq!(name(&session)?, "ana");
    Ok(())
}

/// One session, clients of both products built with it, and both at once.
#[tokio::test]
async fn a_session_is_any_clients_provider() -> Result<()> {
    fn provider<T: CredentialsProvider + Clone + std::fmt::Debug>(session: &T) -> T {
        session.clone()
    }
    let (cluster, es) = start(&["manage_oidc"]).await;
    let login = Oidc::realm(&es, "oidc1").prepare().await?;
    let session = login.authenticate(browser(&cluster.stack, &login)).await?;
    let config = elkit::Config::new()
        .elasticsearch_url(cluster.stack.elasticsearch_url())
        .kibana_url(cluster.stack.kibana_url())
        .credentials_provider(provider(&session));
    let (es, kibana): (Elasticsearch, Kibana) = (config.elasticsearch()?, config.kibana()?);
    assert_eq!(who(&es).await?, "ana");
    // A handle of a space shares it.
    let space = kibana.space("default")?;
    let found = space.request(Method::GET, "/api/spaces/space").send::<Value>().await?;
    assert_eq!(found.as_array().map(Vec::len), Some(1));
    Ok(())
}
