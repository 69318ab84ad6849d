//! The realm `saml1`: a response of the test provider becomes tokens when it answers a request that the caller names, is
//! meant for this service, is signed and not too old. Logouts go both ways.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{Subject, Trusting, broken, decoded, encoded, end, parameter, refused, seal};
use crate::clock::iso;
use crate::es::call::{Answer, Call};
use crate::es::error::Refusal;
use crate::es::state::State;
use crate::es::tokens::{self, Refreshable};
use crate::message::Reply;

pub(crate) const REALM: Trusting = Trusting { name: "saml1", kind: "saml" };
const IDP: &str = "https://idp.example/saml";
const SERVICE: &str = "https://kibana.example";
const ACS: &str = "https://kibana.example/api/security/saml/callback";
const ASSERTION_MILLIS: u64 = 5 * 60 * 1000;
const PRINCIPAL: &str = "<unauthenticated-saml-user>";
const ALGORITHM: &str = "urn:elkit:hmac-sha256";

/// `POST /_security/saml/prepare`.
pub(crate) fn prepare(call: &mut Call<'_>) -> Answer {
    let mut fields = call.fields("saml_prepare_authn")?;
    let realm = fields.text("realm")?;
    let acs = fields.text("acs")?;
    let relay_state = fields.text("relay_state")?;
    fields.finish()?;
    find(realm.as_deref(), acs.as_deref(), "SamlPrepareAuthenticationRequest")?;
    let id = id(call.state);
    let request = format!(r#"<AuthnRequest ID="{id}" AssertionConsumerServiceURL="{ACS}"/>"#);
    let redirect = redirect(call.state, "sso", "SAMLRequest", &request, relay_state.as_deref());
    Ok(Reply::ok(json!({ "id": id, "realm": REALM.name, "redirect": redirect })))
}

/// What the provider does when somebody logs in there: the form field that their browser brings back.
pub(crate) fn log_in(state: &mut State, redirect: &str, subject: &Subject, now: u64) -> Option<String> {
    let request = message(redirect.strip_prefix(&format!("{IDP}/sso?"))?, "SAMLRequest")?;
    Some(response(state, Some(attribute(&request, "ID")?), subject, now))
}

/// A response, to a request or to none.
pub(crate) fn response(state: &mut State, in_response_to: Option<&str>, subject: &Subject, now: u64) -> String {
    let answers = in_response_to.map(|id| format!(r#" InResponseTo="{}""#, escaped(id))).unwrap_or_default();
    let groups: String = subject.groups.iter().map(|group| format!("<Group>{}</Group>", escaped(group))).collect();
    let id = id(state);
    let name = escaped(&subject.username);
    let until = iso(now.saturating_add(ASSERTION_MILLIS));
    let assertion = format!(
        r#"<Response ID="{id}"{answers} Destination="{ACS}"><Issuer>{IDP}</Issuer><Assertion><NameID>{name}</NameID><Conditions NotBefore="{}" NotOnOrAfter="{until}"><Audience>{SERVICE}</Audience></Conditions>{groups}</Assertion></Response>"#,
        iso(now)
    );
    sealed(state, &assertion)
}

/// `POST /_security/saml/authenticate`.
pub(crate) fn authenticate(call: &mut Call<'_>) -> Answer {
    let mut fields = call.fields("saml_authenticate")?;
    let content = fields.required_text("content")?;
    let ids = fields.texts("ids")?.ok_or_else(|| fields.missing("ids"))?;
    let realm = fields.text("realm")?;
    fields.finish()?;
    let refused = || refused(PRINCIPAL, "cluster:admin/xpack/security/saml/authenticate");
    if realm.is_some_and(|name| name != REALM.name) {
        return Err(refused());
    }
    let response = opened(call.state, &content).ok_or_else(refused)?;
    let now = iso(call.now);
    let answers = attribute(&response, "InResponseTo").map(unescaped);
    let in_time = attribute(&response, "NotBefore").is_some_and(|from| from <= now.as_str())
        && attribute(&response, "NotOnOrAfter").is_some_and(|until| now.as_str() < until);
    let meant = attribute(&response, "Destination") == Some(ACS) && element(&response, "Audience") == Some(SERVICE);
    let asked = answers.as_ref().is_none_or(|id| ids.contains(id));
    if !(in_time && meant && asked) {
        return Err(refused());
    }
    let username = unescaped(element(&response, "NameID").ok_or_else(refused)?);
    let groups = response.split("<Group>").skip(1).filter_map(|rest| rest.split("</Group>").next()).map(unescaped);
    let subject = Subject { username: username.clone(), groups: groups.collect(), dn: None };
    let who = REALM.authenticate(call.state, &subject);
    let mut body = tokens::issue(call, &who, Refreshable::Yes);
    body["username"] = json!(username);
    body["realm"] = json!(REALM.name);
    if let Some(id) = answers {
        body["in_response_to"] = json!(id);
    }
    if let Some(members) = body.as_object_mut() {
        members.remove("type");
    }
    Ok(Reply::ok(body))
}

/// `POST /_security/saml/logout`.
pub(crate) fn logout(call: &mut Call<'_>) -> Answer {
    let mut fields = call.fields("saml_logout")?;
    let token = fields.required_text("token")?;
    let refresh = fields.text("refresh_token")?;
    fields.finish()?;
    let user = end(call, REALM, &token, refresh.as_deref())?;
    let id = id(call.state);
    let request = format!(r#"<LogoutRequest ID="{id}"><NameID>{}</NameID></LogoutRequest>"#, escaped(&user.username));
    let redirect = redirect(call.state, "slo", "SAMLRequest", &request, None);
    Ok(Reply::ok(json!({ "id": id, "redirect": redirect })))
}

/// What the provider answers to a logout request, as a query or, sealed, as a form field.
pub(crate) fn log_out(state: &State, redirect: &str, by_post: bool) -> Option<String> {
    let request = message(redirect.strip_prefix(&format!("{IDP}/slo?"))?, "SAMLRequest")?;
    let answer = format!(r#"<LogoutResponse InResponseTo="{}" Status="Success"/>"#, attribute(&request, "ID")?);
    Some(if by_post { sealed(state, &answer) } else { signed(state, "SAMLResponse", &answer, None) })
}

/// The query of a logout that the provider begins.
pub(crate) fn logout_request(state: &mut State, username: &str) -> String {
    let id = id(state);
    let request = format!(r#"<LogoutRequest ID="{id}"><NameID>{}</NameID></LogoutRequest>"#, escaped(username));
    signed(state, "SAMLRequest", &request, None)
}

/// `POST /_security/saml/invalidate`.
pub(crate) fn invalidate(call: &mut Call<'_>) -> Answer {
    let mut fields = call.fields("saml_invalidate")?;
    let query = fields.required_text("query_string")?;
    let acs = fields.text("acs")?;
    let realm = fields.text("realm")?;
    fields.finish()?;
    find(realm.as_deref(), acs.as_deref(), "SamlInvalidateSessionRequest")?;
    let request = verified(call.state, &query, "SAMLRequest")
        .ok_or_else(|| broken("SAML Signature for LogoutRequest could not be validated"))?;
    let username = element(&request, "NameID").map(unescaped).unwrap_or_default();
    let mut invalidated = 0;
    let theirs =
        |token: &&mut crate::es::state::Token| token.realm.name == REALM.name && token.subject.username == username;
    for token in call.state.tokens.iter_mut().filter(theirs) {
        invalidated += u64::from(!std::mem::replace(&mut token.access_invalidated, true));
        let refreshable = token.refresh.is_some() && !token.refresh_invalidated;
        token.refresh_invalidated |= refreshable;
        invalidated += u64::from(refreshable);
    }
    let id = attribute(&request, "ID").unwrap_or_default();
    let answer = format!(r#"<LogoutResponse InResponseTo="{id}" Status="Success"/>"#);
    let redirect = redirect(call.state, "slo", "SAMLResponse", &answer, None);
    Ok(Reply::ok(json!({ "realm": REALM.name, "invalidated": invalidated, "redirect": redirect })))
}

/// `POST /_security/saml/complete_logout`.
pub(crate) fn complete_logout(call: &mut Call<'_>) -> Answer {
    let mut fields = call.fields("saml_complete_logout")?;
    let realm = fields.required_text("realm")?;
    let ids = fields.texts("ids")?.ok_or_else(|| fields.missing("ids"))?;
    let query = fields.text("query_string")?;
    let content = fields.text("content")?;
    fields.finish()?;
    find(Some(&realm), None, "SamlCompleteLogoutRequest")?;
    let response = match (&query, &content) {
        (None, None) => return Err(Refusal::validation(&["query_string and content cannot both be empty"])),
        (Some(_), Some(_)) => return Err(Refusal::validation(&["query_string and content cannot both be specified"])),
        (Some(query), None) => verified(call.state, query, "SAMLResponse"),
        (None, Some(content)) => opened(call.state, content),
    };
    let response = response.ok_or_else(|| broken("SAML Signature for LogoutResponse could not be validated"))?;
    let answers = attribute(&response, "InResponseTo").unwrap_or_default();
    if !response.starts_with("<LogoutResponse ") || !ids.iter().any(|id| id == answers) {
        let reason = format!("SAML content is in-response-to [{answers}] but expected one of [{}]", ids.join(", "));
        return Err(broken(reason));
    }
    Ok(Reply::empty(200))
}

/// `GET /_security/saml/metadata/{realm_name}`.
pub(crate) fn metadata(call: &mut Call<'_>) -> Answer {
    let name = call.param("realm_name");
    if name != REALM.name {
        return Err(broken(format!("Cannot find any matching realm for [{name}]")));
    }
    let metadata = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{SERVICE}"><md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="{ACS}" index="1" isDefault="true"/></md:SPSSODescriptor></md:EntityDescriptor>"#
    );
    Ok(Reply::ok(json!({ "metadata": metadata })))
}

fn find(realm: Option<&str>, acs: Option<&str>, asked: &str) -> Result<(), Refusal> {
    let known = match (realm, acs) {
        (Some(name), _) => name == REALM.name,
        (None, url) => url == Some(ACS),
    };
    let or_null = |text: Option<&str>| text.unwrap_or("null").to_owned();
    match known {
        true => Ok(()),
        false => Err(broken(format!(
            "Cannot find any matching realm for [{asked}{{realmName={}, assertionConsumerServiceURL={}}}]",
            or_null(realm),
            or_null(acs)
        ))),
    }
}

/// Ids of SAML messages begin with no digit.
fn id(state: &mut State) -> String {
    format!("_{}", state.ids.token())
}

fn redirect(state: &State, service: &str, name: &str, message: &str, relay_state: Option<&str>) -> String {
    format!("{IDP}/{service}?{}", signed(state, name, message, relay_state))
}

/// A message in a query, with the signature of what stands before it.
fn signed(state: &State, name: &str, message: &str, relay_state: Option<&str>) -> String {
    let relay = relay_state.map(|state| format!("&RelayState={}", encoded(state))).unwrap_or_default();
    let content = format!("{name}={}{relay}&SigAlg={}", encoded(&STANDARD.encode(message)), encoded(ALGORITHM));
    let signature = encoded(&seal::sign(state, "SAML", &content));
    format!("{content}&Signature={signature}")
}

fn verified(state: &State, query: &str, name: &str) -> Option<String> {
    let (content, signature) = query.split_once("&Signature=")?;
    if !seal::verify(state, "SAML", content, &decoded(signature)) {
        return None;
    }
    message(content, name)
}

fn message(query: &str, name: &str) -> Option<String> {
    String::from_utf8(STANDARD.decode(parameter(query, name)?).ok()?).ok()
}

/// A message in a form field, with its signature behind it.
fn sealed(state: &State, message: &str) -> String {
    seal::seal(state, "SAML", message)
}

fn opened(state: &State, content: &str) -> Option<String> {
    seal::open(state, "SAML", content).ok()?
}

fn attribute<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    xml.split_once(&format!(" {name}=\""))?.1.split('"').next()
}

fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    xml.split_once(&format!("<{name}>"))?.1.split('<').next()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn unescaped(text: &str) -> String {
    text.replace("&quot;", "\"").replace("&gt;", ">").replace("&lt;", "<").replace("&amp;", "&")
}
