//! OAuth 2.0 tokens: made, refreshed once, invalidated. Times come from the call, so expiry follows the stack's clock.

use serde_json::{Value, json};

use super::authentication::{self, Authentication};
use super::call::{Answer, Call};
use super::error::Refusal;
use super::state::{Realm, Token};
use super::users::shown;
use crate::message::Reply;

const ACCESS_MILLIS: u64 = 20 * 60 * 1000;
const REFRESH_MILLIS: u64 = 24 * 60 * 60 * 1000;
/// A refresh that a lost answer made the client repeat gets the same tokens, for this long.
const REPEAT_MILLIS: u64 = 30 * 1000;

/// `POST /_security/oauth2/token`.
pub(crate) fn create(call: &mut Call<'_>) -> Answer {
    let mut fields = call.fields("token_request")?;
    let grant_type = fields.text("grant_type")?.unwrap_or_default();
    let (username, password) = super::users::credentials(&mut fields)?;
    let refresh_token = fields.text("refresh_token")?;
    let kerberos_ticket = fields.text("kerberos_ticket")?;
    let _scope = fields.text("scope")?;
    fields.finish()?;
    let given = [
        ("username", username.is_some()),
        ("password", password.is_some()),
        ("refresh_token", refresh_token.is_some()),
        ("kerberos_ticket", kerberos_ticket.is_some()),
    ];
    let needed: &[&str] = match grant_type.as_str() {
        "password" => &["username", "password"],
        "refresh_token" => &["refresh_token"],
        "client_credentials" => &[],
        "_kerberos" => &["kerberos_ticket"],
        _ => {
            let why = "Validation Failed: 1: grant_type only supports the values: [password,_kerberos,client_credentials,refresh_token];";
            return Err(Refusal::oauth("unsupported_grant_type", why));
        }
    };
    let mut problems = Vec::new();
    for (name, given) in given {
        match (given, needed.contains(&name)) {
            (false, true) => problems.push(format!("{name} is missing")),
            (true, false) => problems.push(format!("{name} is not supported with the {grant_type} grant_type")),
            _ => {}
        }
    }
    if !problems.is_empty() {
        return Err(Refusal::oauth("invalid_request", Refusal::validation(&problems).reason()));
    }
    match grant_type.as_str() {
        "refresh_token" => refresh(call, &refresh_token.unwrap_or_default()),
        "client_credentials" => {
            let who = call.who.clone();
            Ok(Reply::ok(issue(call, &who, Refreshable::No)))
        }
        "_kerberos" => super::sso::kerberos::grant(call, &kerberos_ticket.unwrap_or_default()),
        _ => {
            let (username, password) = (username.unwrap_or_default(), password.unwrap_or_default());
            let target = "action [cluster:admin/xpack/security/token/create]";
            let who = authentication::by_password(call.state, &username, &password, target)?;
            Ok(Reply::ok(issue(call, &who, Refreshable::Yes)))
        }
    }
}

/// `DELETE /_security/oauth2/token`.
pub(crate) fn invalidate(call: &mut Call<'_>) -> Answer {
    let mut fields = call.fields("invalidate_token")?;
    let token = fields.text("token")?;
    let refresh = fields.text("refresh_token")?;
    let realm = fields.text("realm_name")?;
    let username = fields.text("username")?;
    fields.finish()?;
    let by_token = token.is_some() || refresh.is_some();
    let by_user = realm.is_some() || username.is_some();
    match (by_token, by_user) {
        (false, false) => {
            return Err(Refusal::validation(&[
                "one of [token, refresh_token, realm_name, username] must be specified",
            ]));
        }
        (true, true) => {
            return Err(Refusal::validation(&[
                "token string must not be specified when realm name or username is specified",
            ]));
        }
        _ if token.is_some() && refresh.is_some() => {
            return Err(Refusal::illegal("only one of [token, refresh_token] may be sent per request"));
        }
        _ => {}
    }
    let now = call.now;
    let (mut done, mut before, mut known) = (0, 0, false);
    for stored in &mut call.state.tokens {
        let access_meant = token.as_ref().is_some_and(|token| *token == stored.access);
        let refresh_meant = refresh.is_some() && refresh == stored.refresh;
        let user_meant = by_user
            && realm.as_ref().is_none_or(|name| *name == stored.realm.name)
            && username.as_ref().is_none_or(|name| *name == stored.subject.username);
        known |= access_meant || refresh_meant;
        if access_meant || (user_meant && stored.expires > now) {
            count(&mut stored.access_invalidated, &mut done, &mut before);
        }
        let refreshable = stored.refresh.is_some() && stored.created.saturating_add(REFRESH_MILLIS) > now;
        if refresh_meant || (user_meant && refreshable) {
            count(&mut stored.refresh_invalidated, &mut done, &mut before);
        }
    }
    let status = if by_token && !known { 404 } else { 200 };
    Ok(Reply::json(
        status,
        json!({ "invalidated_tokens": done, "previously_invalidated_tokens": before, "error_count": 0 }),
    ))
}

/// Whether a refresh token comes with an access token.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Refreshable {
    Yes,
    No,
}

/// Makes a token for a caller and answers it.
pub(crate) fn issue(call: &mut Call<'_>, who: &Authentication, refreshable: Refreshable) -> Value {
    let access = call.state.ids.token();
    let refresh = (refreshable == Refreshable::Yes).then(|| call.state.ids.token());
    let token = Token {
        access,
        refresh,
        subject: who.user.clone(),
        realm: who.realm.clone(),
        client: call.who.user.username.clone(),
        created: call.now,
        expires: call.now.saturating_add(ACCESS_MILLIS),
        access_invalidated: false,
        refresh_invalidated: false,
        refreshed_at: None,
        superseded_by: None,
    };
    let answer = answer(&token, call.now);
    call.state.tokens.push(token);
    answer
}

fn refresh(call: &mut Call<'_>, refresh_token: &str) -> Answer {
    let invalid = |why: &str| Refusal::oauth("invalid_grant", why);
    let now = call.now;
    let found = call.state.tokens.iter().position(|token| token.refresh.as_deref() == Some(refresh_token));
    let index = found.ok_or_else(|| invalid("could not refresh the requested token"))?;
    let old = call.state.tokens[index].clone();
    if old.refresh_invalidated {
        return Err(invalid("token has been invalidated"));
    }
    if old.created.saturating_add(REFRESH_MILLIS) <= now {
        return Err(invalid("refresh token is expired"));
    }
    if old.client != call.who.user.username {
        return Err(invalid("tokens must be refreshed by the creating client"));
    }
    if let Some(at) = old.refreshed_at {
        let repeated = call.state.tokens.iter().find(|token| Some(&token.access) == old.superseded_by.as_ref());
        return match repeated {
            Some(token) if now <= at.saturating_add(REPEAT_MILLIS) => Ok(Reply::ok(answer(token, now))),
            _ => Err(invalid("token has already been refreshed more than 30 seconds in the past")),
        };
    }
    let owner = Authentication::of(call.state, old.subject, old.realm, authentication::Via::Password);
    let body = issue(call, &owner, Refreshable::Yes);
    let stored = &mut call.state.tokens[index];
    stored.refreshed_at = Some(now);
    stored.superseded_by = body["access_token"].as_str().map(str::to_owned);
    Ok(Reply::ok(body))
}

fn answer(token: &Token, now: u64) -> Value {
    let mut authentication = shown(&token.subject);
    let Realm { name, kind } = &token.realm;
    authentication["authentication_realm"] = json!({ "name": name, "type": kind });
    authentication["lookup_realm"] = json!({ "name": name, "type": kind });
    authentication["authentication_type"] = json!("realm");
    let mut body = json!({
        "access_token": token.access,
        "type": "Bearer",
        "expires_in": token.expires.saturating_sub(now) / 1000,
        "authentication": authentication,
    });
    if let Some(refresh) = &token.refresh {
        body["refresh_token"] = json!(refresh);
    }
    body
}

fn count(invalidated: &mut bool, done: &mut u64, before: &mut u64) {
    match std::mem::replace(invalidated, true) {
        true => *before += 1,
        false => *done += 1,
    }
}
