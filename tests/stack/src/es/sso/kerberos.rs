//! The realm `kerb1`: a ticket of the test provider is good once, for five minutes.

use serde_json::json;

use super::{Subject, Trusting, seal};
use crate::es::authentication::Authentication;
use crate::es::call::{Answer, Call};
use crate::es::error::{NEGOTIATE, Refusal};
use crate::es::state::State;
use crate::es::tokens::{self, Refreshable};
use crate::message::Reply;

pub(crate) const REALM: Trusting = Trusting { name: "kerb1", kind: "kerberos" };
const KERBEROS_REALM: &str = "STACK.EXAMPLE";
const TICKET_MILLIS: u64 = 5 * 60 * 1000;

/// A ticket for Elasticsearch's service principal. Its groups travel along, as they do nowhere else: Kerberos knows none.
pub(crate) fn ticket(state: &mut State, subject: &Subject, now: u64) -> String {
    let expires = now.saturating_add(TICKET_MILLIS);
    let number = state.ids.document_id();
    let message = json!([subject.username, subject.groups, expires, number]).to_string();
    seal::seal(state, "Kerberos", &message)
}

/// Checks a ticket, as base64.
pub(crate) fn authenticate(state: &State, ticket: &str, now: u64) -> Result<Authentication, Refusal> {
    let refused = || {
        let reason = "failed to authenticate user, gss context negotiation failure";
        Refusal::challenge(reason, vec![NEGOTIATE])
    };
    let message = seal::open(state, "Kerberos", ticket).ok().flatten().ok_or_else(refused)?;
    let (name, groups, expires, _): (String, Vec<String>, u64, String) =
        serde_json::from_str(&message).map_err(|_| refused())?;
    if expires <= now || !state.sso.tickets.borrow_mut().insert(ticket.to_owned()) {
        return Err(refused());
    }
    Ok(REALM.authenticate(state, &Subject { username: format!("{name}@{KERBEROS_REALM}"), groups, dn: None }))
}

/// The grant `_kerberos` of the token service.
pub(crate) fn grant(call: &mut Call<'_>, ticket: &str) -> Answer {
    if seal::open(call.state, "Kerberos", ticket).is_err() {
        // Elasticsearch does say the ticket here.
        let reason = format!("could not decode base64 kerberos ticket {ticket}");
        return Err(Refusal::new(500, "unsupported_operation_exception", reason));
    }
    let who = authenticate(call.state, ticket, call.now)?;
    let mut body = tokens::issue(call, &who, Refreshable::Yes);
    body["kerberos_authentication_response_token"] = json!(seal::seal(call.state, "Kerberos response", ticket));
    Ok(Reply::ok(body))
}

/// Whether a response token answers a ticket: what the client checks to know whom it talks to.
pub(crate) fn answers(state: &State, ticket: &str, response: &str) -> bool {
    seal::open(state, "Kerberos response", response) == Ok(Some(ticket.to_owned()))
}
