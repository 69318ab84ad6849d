//! The realms that trust the test identity provider: what they take, and all that they refuse.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Bench, ELASTIC, read};
use crate::identity_provider::{IdentityProvider, Person};
use crate::log::Product;

const ACTION: &str = "cluster:admin/xpack/security";

fn idp(bench: &Bench) -> IdentityProvider<'_> {
    IdentityProvider { core: &bench.core }
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

#[track_caller]
fn refused(answer: (u16, Value), status: u16, reason: &str) {
    let (found, body) = answer;
    assert_eq!((found, text(&body["error"]["type"])), (status, "security_exception"), "{body}");
    assert!(text(&body["error"]["reason"]).contains(reason), "{body}");
}

#[track_caller]
fn invalid(answer: (u16, Value), reason: &str) {
    let (found, body) = answer;
    assert_eq!((found, text(&body["error"]["type"])), (400, "action_request_validation_exception"), "{body}");
    assert_eq!(text(&body["error"]["reason"]), format!("Validation Failed: 1: {reason};"));
}

/// Who the tokens of an answer are.
fn who(bench: &Bench, body: &Value) -> (u16, Value) {
    let bearer = format!("Bearer {}", text(&body["access_token"]));
    bench.es_as(&bearer, "GET /_security/_authenticate", Value::Null)
}

fn oidc(bench: &Bench, body: Value) -> (u16, Value) {
    bench.es("POST /_security/oidc/authenticate", body)
}

#[test]
fn codes_are_good_once_for_their_state_and_nonce() {
    let bench = Bench::new();
    let action = format!("unable to authenticate user [<OIDC Token>] for action [{ACTION}/oidc/authenticate]");
    let prepare = || bench.es("POST /_security/oidc/prepare", json!({ "realm": "oidc1" })).1;
    let request = |asked: &Value, uri: &str| json!({ "state": asked["state"], "nonce": asked["nonce"], "redirect_uri": uri, "realm": "oidc1" });
    let asked = prepare();
    let other = prepare();
    let log_in = |asked: &Value| idp(&bench).oidc_login(text(&asked["redirect"]), "ana").expect("it leads there");
    let uri = log_in(&asked);
    let (status, tokens) = oidc(&bench, request(&asked, &uri));
    assert_eq!((status, &tokens["type"], &tokens["expires_in"]), (200, &json!("Bearer"), &json!(1200)));
    let (_, ana) = who(&bench, &tokens);
    assert_eq!((&ana["username"], &ana["authentication_realm"]["name"]), (&json!("ana"), &json!("oidc1")));
    refused(oidc(&bench, request(&asked, &uri)), 401, &action);

    let with = |name: &str, value: &Value, uri: &str, asked: &Value| {
        let mut body = request(asked, uri);
        body[name] = value.clone();
        body
    };
    refused(oidc(&bench, with("state", &other["state"], &log_in(&asked), &asked)), 401, &action);
    refused(oidc(&bench, with("nonce", &other["nonce"], &log_in(&asked), &asked)), 401, &action);
    refused(oidc(&bench, with("realm", &json!("oidc2"), &log_in(&asked), &asked)), 401, &action);
    let denied = idp(&bench).oidc_denial(text(&asked["redirect"])).expect("it leads there");
    refused(oidc(&bench, request(&asked, &denied)), 401, &action);
    let late = log_in(&asked);
    bench.clock.advance(Duration::from_secs(60));
    refused(oidc(&bench, request(&asked, &late)), 401, &action);
    assert!(idp(&bench).oidc_login("https://elsewhere.example/login?state=s&nonce=n", "ana").is_err());

    for (body, reason) in [
        (json!({}), "one of [realm, issuer] must be provided"),
        (
            json!({ "realm": "oidc1", "iss": "https://op.example" }),
            "only one of [realm, issuer] can be provided in the same request",
        ),
    ] {
        invalid(bench.es("POST /_security/oidc/prepare", body), reason);
    }
    let unknown = bench.es("POST /_security/oidc/prepare", json!({ "realm": "oidc2" }));
    refused(unknown, 500, "Cannot find OpenID Connect realm with name [oidc2]");
    let (status, hinted) =
        bench.es("POST /_security/oidc/prepare", json!({ "iss": "https://op.example", "login_hint": "a b" }));
    assert!(status == 200 && text(&hinted["redirect"]).ends_with("&login_hint=a%20b"), "{hinted}");

    let logout = json!({ "token": tokens["access_token"], "refresh_token": tokens["refresh_token"] });
    let (status, goodbye) = bench.es("POST /_security/oidc/logout", logout.clone());
    assert_eq!((status, idp(&bench).oidc_logout(text(&goodbye["redirect"])).ok().as_deref()), (200, Some("ana")));
    refused(who(&bench, &tokens), 401, "token expired");
    refused(bench.es("POST /_security/oidc/logout", logout), 401, "token expired");
    let refresh = json!({ "grant_type": "refresh_token", "refresh_token": tokens["refresh_token"] });
    let (status, body) = bench.es("POST /_security/oauth2/token", refresh);
    assert_eq!((status, text(&body["error"])), (400, "invalid_grant"));
    refused(bench.es("POST /_security/oidc/logout", json!({ "token": "x" })), 401, "token malformed");
}

#[test]
fn responses_answer_a_request_and_are_signed() {
    let bench = Bench::new();
    let action =
        format!("unable to authenticate user [<unauthenticated-saml-user>] for action [{ACTION}/saml/authenticate]");
    let rules = json!({ "all": [{ "field": { "realm.name": "saml1" } }, { "field": { "groups": ["admins", "x*"] } },
        { "except": { "field": { "username": "eve" } } }] });
    bench.es("PUT /_security/role_mapping/m", json!({ "roles": ["viewer"], "rules": rules, "enabled": true }));
    let (_, asked) = bench.es("POST /_security/saml/prepare", json!({ "realm": "saml1", "relay_state": "r&s" }));
    assert!(text(&asked["redirect"]).contains("&RelayState=r%26s&"), "{asked}");
    let ana = Person::new("ana <&>").group("staff").group("admins");
    let log_in = |person: &Person| idp(&bench).saml_login(text(&asked["redirect"]), person).expect("it leads there");
    let authenticate = |content: &str, ids: Value| {
        bench.es("POST /_security/saml/authenticate", json!({ "content": content, "ids": ids, "realm": "saml1" }))
    };
    let (status, tokens) = authenticate(&log_in(&ana), json!(["other", asked["id"]]));
    assert_eq!((status, &tokens["username"], &tokens["in_response_to"]), (200, &json!("ana <&>"), &asked["id"]));
    assert_eq!(who(&bench, &tokens).1["roles"], json!(["viewer"]));
    let eve = Person::new("eve").group("admins");
    assert_eq!(who(&bench, &authenticate(&log_in(&eve), json!([asked["id"]])).1).1["roles"], json!([]));

    refused(authenticate(&log_in(&ana), json!(["other"])), 401, &action);
    refused(authenticate(&log_in(&ana), json!([])), 401, &action);
    let unsolicited = idp(&bench).saml_unsolicited("bob");
    assert_eq!(authenticate(&unsolicited, json!([])).1["username"], "bob");
    let forged = String::from_utf8(STANDARD.decode(&unsolicited).expect("base64")).expect("text").replace("bob", "eve");
    refused(authenticate(&STANDARD.encode(forged), json!([])), 401, &action);
    refused(authenticate("not base64!", json!([])), 401, &action);
    bench.clock.advance(Duration::from_secs(300));
    refused(authenticate(&unsolicited, json!([])), 401, &action);
    let nowhere = bench.es("POST /_security/saml/prepare", json!({ "acs": "https://x.example" }));
    refused(
        nowhere,
        500,
        "[SamlPrepareAuthenticationRequest{realmName=null, assertionConsumerServiceURL=https://x.example}]",
    );

    // The user's side ends it.
    let logout = json!({ "token": tokens["access_token"], "refresh_token": tokens["refresh_token"] });
    let (_, goodbye) = bench.es("POST /_security/saml/logout", logout);
    refused(who(&bench, &tokens), 401, "token expired");
    let redirect = text(&goodbye["redirect"]);
    let complete = |name: &str, answer: &str, id: &Value| {
        bench.es("POST /_security/saml/complete_logout", json!({ "realm": "saml1", "ids": [id], name: answer }))
    };
    let query = idp(&bench).saml_logout(redirect).expect("it leads there");
    let form = idp(&bench).saml_logout_by_post(redirect).expect("it leads there");
    assert_eq!(complete("query_string", &query, &goodbye["id"]), (200, Value::Null));
    assert_eq!(complete("content", &form, &goodbye["id"]), (200, Value::Null));
    refused(complete("query_string", &query, &json!("other")), 500, "but expected one of [other]");
    refused(complete("query_string", &query.replace("SAML", "XAML"), &goodbye["id"]), 500, "could not be validated");
    refused(complete("content", &unsolicited, &goodbye["id"]), 500, "but expected one of");

    // The identity provider ends it.
    let (_, again) = authenticate(&idp(&bench).saml_unsolicited("bob"), json!([]));
    let request = idp(&bench).saml_logout_request("bob");
    let invalidate =
        |query: &str| bench.es("POST /_security/saml/invalidate", json!({ "query_string": query, "realm": "saml1" }));
    refused(invalidate(&request.replace("Signature=", "Signature=A")), 500, "could not be validated");
    let (status, done) = invalidate(&request);
    assert_eq!((status, &done["invalidated"], &done["realm"]), (200, &json!(4), &json!("saml1")), "{done}");
    refused(who(&bench, &again), 401, "token expired");
    let (_, metadata) = bench.es("GET /_security/saml/metadata/saml1", Value::Null);
    assert!(text(&metadata["metadata"]).contains("AssertionConsumerService"), "{metadata}");
}

#[test]
fn tickets_are_good_once() {
    let bench = Bench::new();
    let grant = |ticket: &str| {
        bench.es("POST /_security/oauth2/token", json!({ "grant_type": "_kerberos", "kerberos_ticket": ticket }))
    };
    let reason = "gss context negotiation failure";
    let ticket = idp(&bench).kerberos_ticket("ana");
    let (status, tokens) = grant(&ticket);
    assert_eq!((status, who(&bench, &tokens).1["username"].as_str()), (200, Some("ana@STACK.EXAMPLE")));
    assert!(idp(&bench).kerberos_answers(&ticket, text(&tokens["kerberos_authentication_response_token"])));
    refused(grant(&ticket), 401, reason);
    let late = idp(&bench).kerberos_ticket("ana");
    bench.clock.advance(Duration::from_secs(300));
    refused(grant(&late), 401, reason);
    refused(grant(&STANDARD.encode("ticket")), 401, reason);
    let (status, body) = grant("no base64!");
    assert_eq!((status, text(&body["error"]["type"])), (500, "unsupported_operation_exception"));
    let direct = format!("Negotiate {}", idp(&bench).kerberos_ticket("ana"));
    let ask = || {
        bench.send(Product::Elasticsearch, "GET /_security/_authenticate", &[("authorization", &direct)], Value::Null)
    };
    let (status, body) = read(ask());
    assert_eq!((status, text(&body["authentication_realm"]["type"])), (200, "kerberos"));
    assert_eq!(ask().headers["www-authenticate"], "Negotiate");
}

#[test]
fn chains_are_ordered_trusted_and_in_time() {
    let bench = Bench::new();
    bench.es(
        "PUT /_security/role_mapping/m",
        json!({ "roles": ["viewer"], "rules": { "field": { "dn": "CN=ana" } }, "enabled": true }),
    );
    let delegate =
        |chain: &[String]| bench.es("POST /_security/delegate_pki", json!({ "x509_certificate_chain": chain }));
    let chain = |bench: &Bench| -> Vec<String> {
        idp(bench).certificate_chain("ana").iter().map(|der| STANDARD.encode(der)).collect()
    };
    let good = chain(&bench);
    let (status, tokens) = delegate(&good);
    assert_eq!((status, &tokens["refresh_token"]), (200, &Value::Null));
    let (_, ana) = who(&bench, &tokens);
    assert_eq!((text(&ana["authentication_realm"]["name"]), &ana["roles"]), ("pki1", &json!(["viewer"])));
    assert_eq!(delegate(&good[..1]).0, 200);
    invalid(delegate(&[]), "certificates chain must not be empty");
    invalid(delegate(&[good[1].clone(), good[0].clone()]), "certificates chain must be an ordered chain");
    assert_eq!(delegate(&["AAAA".to_owned()]).0, 400);
    // Another stack's authority has the same name and another key.
    let action = format!("unable to authenticate user [CN=ana] for action [{ACTION}/delegate_pki]");
    let other = Bench::with_seed(8);
    refused(delegate(&chain(&other)), 401, &action);
    bench.clock.advance(Duration::from_secs(24 * 60 * 60));
    refused(delegate(&good), 401, &action);
}

#[test]
fn those_who_show_nothing_are_somebody_if_the_stack_says_so() {
    let bench = Bench::new();
    let ask =
        |product, request: &str, headers: &[(&str, &str)]| read(bench.send(product, request, headers, Value::Null));
    let authenticate = "GET /_security/_authenticate";
    assert_eq!(ask(Product::Elasticsearch, authenticate, &[]).0, 401);
    bench.core.set_anonymous("guest".into(), vec!["viewer".into()]);
    let (_, guest) = ask(Product::Elasticsearch, authenticate, &[]);
    assert_eq!((text(&guest["username"]), text(&guest["authentication_type"])), ("guest", "anonymous"));
    assert_eq!(ask(Product::Kibana, "GET /api/spaces/space", &[]).0, 200);
    refused(ask(Product::Elasticsearch, "GET /_security/user", &[]), 403, "is unauthorized for user [guest]");
    assert_eq!(ask(Product::Elasticsearch, authenticate, &[("authorization", "Basic YTpi")]).0, 401);
}

#[test]
fn a_second_identity_must_be_good_where_it_is_read() {
    let bench = Bench::new();
    for (product, request) in
        [(Product::Elasticsearch, "GET /_security/_authenticate"), (Product::Kibana, "GET /api/spaces/space")]
    {
        for (second, good) in [(ELASTIC, true), ("Basic YTpi", false), ("nonsense", false)] {
            let headers = [("authorization", ELASTIC), ("es-secondary-authorization", second)];
            let (status, body) = read(bench.send(product, request, &headers, Value::Null));
            // Kibana passes it on to nobody.
            let expected = if good || product == Product::Kibana { 200 } else { 401 };
            assert_eq!(status, expected, "{second} {body}");
        }
    }
}
