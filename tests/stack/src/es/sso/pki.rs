//! The realm `pki1`: a certificate chain that somebody who may delegate has checked becomes tokens.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::x509::Certificate;
use super::{Subject, Trusting, refused};
use crate::es::call::{Answer, Call};
use crate::es::error::Refusal;
use crate::es::tokens::{self, Refreshable};
use crate::message::Reply;

pub(crate) use super::x509::chain;

pub(crate) const REALM: Trusting = Trusting { name: "pki1", kind: "pki" };

/// `POST /_security/delegate_pki`.
pub(crate) fn delegate(call: &mut Call<'_>) -> Answer {
    let mut fields = call.fields("delegate_pki_request")?;
    let chain = fields.texts("x509_certificate_chain")?.unwrap_or_default();
    fields.finish()?;
    if chain.is_empty() {
        return Err(Refusal::validation(&["certificates chain must not be empty"]));
    }
    let read = |text: &String| STANDARD.decode(text).ok().and_then(|der| Certificate::read(&der));
    let certificates: Option<Vec<Certificate>> = chain.iter().map(read).collect();
    let certificates = certificates.ok_or_else(|| {
        Refusal::content("[1:1] [delegate_pki_request] failed to parse field [x509_certificate_chain]")
    })?;
    if certificates.windows(2).any(|pair| pair[0].issuer != pair[1].subject) {
        return Err(Refusal::validation(&["certificates chain must be an ordered chain"]));
    }
    let name = certificates.first().map(|first| first.subject.clone()).unwrap_or_default();
    let dn = format!("CN={name}");
    if !certificates.iter().all(|certificate| certificate.is_trusted(call.state, call.now)) {
        return Err(refused(&dn, "cluster:admin/xpack/security/delegate_pki"));
    }
    let who = REALM.authenticate(call.state, &Subject { username: name, groups: Vec::new(), dn: Some(dn) });
    Ok(Reply::ok(tokens::issue(call, &who, Refreshable::No)))
}
