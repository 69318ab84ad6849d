//! The realm `oidc1`: a code of the test provider becomes tokens, once, for the state and nonce that it was asked for with.

use serde_json::json;

use super::{Subject, Trusting, broken, decoded, encoded, end, parameter, refused, seal};
use crate::es::call::{Answer, Call};
use crate::es::error::Refusal;
use crate::es::state::State;
use crate::es::tokens::{self, Refreshable};
use crate::message::Reply;

pub(crate) const REALM: Trusting = Trusting { name: "oidc1", kind: "oidc" };
pub(crate) const ISSUER: &str = "https://op.example";
const REDIRECT_URI: &str = "https://kibana.example/api/security/oidc/callback";
const CLIENT: &str = "elkit-stack";
const CODE_MILLIS: u64 = 60 * 1000;
const PRINCIPAL: &str = "<OIDC Token>";

/// A code that the provider gave out.
pub(crate) struct Code {
    nonce: String,
    subject: Subject,
    expires: u64,
}

/// `POST /_security/oidc/prepare`.
pub(crate) fn prepare(call: &mut Call<'_>) -> Answer {
    let mut fields = call.fields("oidc_prepare_authentication")?;
    let realm = fields.text("realm")?;
    let issuer = fields.text("iss")?;
    let login_hint = fields.text("login_hint")?;
    let state = fields.text("state")?;
    let nonce = fields.text("nonce")?;
    fields.finish()?;
    match (&realm, &issuer) {
        (None, None) => return Err(Refusal::validation(&["one of [realm, issuer] must be provided"])),
        (Some(_), Some(_)) => {
            return Err(Refusal::validation(&["only one of [realm, issuer] can be provided in the same request"]));
        }
        (Some(name), None) if name != REALM.name => {
            return Err(broken(format!("Cannot find OpenID Connect realm with name [{name}]")));
        }
        (None, Some(name)) if name != ISSUER => {
            return Err(broken(format!("Cannot find OpenID Connect realm with issuer [{name}]")));
        }
        _ => {}
    }
    let state = state.unwrap_or_else(|| call.state.ids.token());
    let nonce = nonce.unwrap_or_else(|| call.state.ids.token());
    let mut redirect = format!(
        "{ISSUER}/login?scope=openid&response_type=code&redirect_uri={}&state={}&client_id={CLIENT}&nonce={}",
        encoded(REDIRECT_URI),
        encoded(&state),
        encoded(&nonce)
    );
    if let Some(hint) = login_hint {
        redirect.push_str(&format!("&login_hint={}", encoded(&hint)));
    }
    Ok(Reply::ok(json!({ "redirect": redirect, "state": state, "nonce": nonce, "realm": REALM.name })))
}

/// What the provider does when somebody logs in there: the URL that their browser is sent back to.
pub(crate) fn log_in(state: &mut State, redirect: &str, subject: Subject, now: u64) -> Option<String> {
    let query = redirect.strip_prefix(&format!("{ISSUER}/login?"))?;
    let (nonce, asked) = (parameter(query, "nonce")?, parameter(query, "state")?);
    let code = state.ids.token();
    let expires = now.saturating_add(CODE_MILLIS);
    state.sso.codes.insert(code.clone(), Code { nonce, subject, expires });
    Some(format!("{REDIRECT_URI}?code={code}&state={}", encoded(&asked)))
}

/// What the provider does when somebody may not, or would rather not, log in.
pub(crate) fn deny(redirect: &str) -> Option<String> {
    let query = redirect.strip_prefix(&format!("{ISSUER}/login?"))?;
    Some(format!("{REDIRECT_URI}?error=access_denied&state={}", encoded(&parameter(query, "state")?)))
}

/// `POST /_security/oidc/authenticate`.
pub(crate) fn authenticate(call: &mut Call<'_>) -> Answer {
    let mut fields = call.fields("oidc_authn")?;
    let redirect_uri = fields.required_text("redirect_uri")?;
    let state = fields.required_text("state")?;
    let nonce = fields.required_text("nonce")?;
    let realm = fields.text("realm")?;
    fields.finish()?;
    let mut problems = Vec::new();
    for (name, value) in [("state", &state), ("nonce", &nonce), ("redirect_uri", &redirect_uri)] {
        if value.is_empty() {
            problems.push(format!("{name} parameter is missing"));
        }
    }
    if !problems.is_empty() {
        return Err(Refusal::validation(&problems));
    }
    let refused = || refused(PRINCIPAL, "cluster:admin/xpack/security/oidc/authenticate");
    if realm.is_some_and(|name| name != REALM.name) {
        return Err(refused());
    }
    let query = redirect_uri.split_once(['?', '#']).map(|(_, query)| query).unwrap_or_default();
    if parameter(query, "state").as_deref() != Some(state.as_str()) || parameter(query, "error").is_some() {
        return Err(refused());
    }
    // The realm spends the code before it sees the nonce in the ID token, so the code is gone either way.
    let code = parameter(query, "code").and_then(|code| call.state.sso.codes.remove(&code)).ok_or_else(refused)?;
    if code.expires <= call.now || code.nonce != nonce {
        return Err(refused());
    }
    let who = REALM.authenticate(call.state, &code.subject);
    Ok(Reply::ok(tokens::issue(call, &who, Refreshable::Yes)))
}

/// `POST /_security/oidc/logout`.
pub(crate) fn logout(call: &mut Call<'_>) -> Answer {
    let mut fields = call.fields("oidc_logout")?;
    let token = fields.required_text("token")?;
    let refresh = fields.text("refresh_token")?;
    fields.finish()?;
    let user = end(call, REALM, &token, refresh.as_deref())?;
    let hint = seal::seal(call.state, "ID token", &user.username);
    let redirect = format!(
        "{ISSUER}/logout?id_token_hint={}&post_logout_redirect_uri={}&state={}",
        encoded(&hint),
        encoded("https://kibana.example/security/logged_out"),
        call.state.ids.token()
    );
    Ok(Reply::ok(json!({ "redirect": redirect })))
}

/// Who a logout redirect says goodbye for.
pub(crate) fn logged_out(state: &State, redirect: &str) -> Option<String> {
    let query = redirect.strip_prefix(&format!("{ISSUER}/logout?"))?;
    let hint = query.split('&').find_map(|pair| pair.strip_prefix("id_token_hint="))?;
    seal::open(state, "ID token", &decoded(hint)).ok()?
}
