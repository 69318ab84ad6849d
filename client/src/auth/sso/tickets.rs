//! Proofs that need no browser to go anywhere: a Kerberos ticket, a certificate chain.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::refused;
use super::session::{Kind, Session};
use crate::auth::Tokens;
use crate::auth::grants::{lifetime, timed};
use crate::auth::renew::{Fresh, Problem, Source};
use crate::auth::token::fresh;
use crate::elasticsearch::security::{AccessTokenGrantType, DelegatePkiResponse};
use crate::http::BoxFuture;
use crate::{Elasticsearch, Error, ErrorKind, Secret};

/// Makes a session of a SPNEGO ticket for Elasticsearch's service principal: the base64 behind `Negotiate ` in a browser's
/// `Authorization` header, or what a GSSAPI library makes.
///
/// `es` asks with the application's own credentials, which need the privilege `manage_token`. Where somebody calls
/// Elasticsearch for themselves, `authorization("Negotiate", ticket)` does without a session.
///
/// # Errors
/// When Elasticsearch does not accept the ticket; its log says why.
pub async fn kerberos(es: &Elasticsearch, ticket: impl Into<Secret<String>>) -> Result<Session, Error> {
    let mut call = es.security().get_token();
    let request = call.request_mut();
    request.grant_type = Some(AccessTokenGrantType::Kerberos);
    request.kerberos_ticket = Some(ticket.into());
    let (answer, asked) = timed(call.send()).await.map_err(|error| refused(error, TICKET))?;
    let mut answer = answer.into_inner();
    let response = answer.kerberos_authentication_response_token.take();
    let mut session = Session::issued(es, Kind::Local, answer.into(), asked)?;
    session.kerberos_response = response;
    Ok(session)
}

/// As [`kerberos`], and waits for it.
///
/// # Errors
/// As its async twin, and when called inside an async runtime.
#[cfg(feature = "blocking")]
pub fn kerberos_blocking(es: &Elasticsearch, ticket: impl Into<Secret<String>>) -> Result<Session, Error> {
    let (es, ticket) = (es.clone(), ticket.into());
    crate::blocking::run(async move { kerberos(&es, ticket).await })
}

const TICKET: &str = "the ticket is not for this service, was used or has expired; get a new one, and see Elasticsearch's log \
                      for the reason";

/// Makes a session of a certificate chain that the application's own TLS server has checked: Elasticsearch believes it that
/// the client has the key. Such tokens can't be refreshed; the session shows the chain again instead.
///
/// `es` asks with the application's own credentials, which need the privilege `delegate_pki`.
///
/// # Errors
/// When Elasticsearch does not trust the chain; its log says why.
pub async fn pki(es: &Elasticsearch, chain: CertificateChain) -> Result<Session, Error> {
    let (answer, asked) = timed(es.security().delegate_pki(chain.0.iter().cloned()).send())
        .await
        .map_err(|error| refused(error, CHAIN))?;
    let source = Delegation { es: es.clone(), chain };
    Session::from_source(es, Kind::Local, source, answer.into_inner().into(), asked)
}

/// As [`pki`], and waits for it.
///
/// # Errors
/// As its async twin, and when called inside an async runtime.
#[cfg(feature = "blocking")]
pub fn pki_blocking(es: &Elasticsearch, chain: CertificateChain) -> Result<Session, Error> {
    let es = es.clone();
    crate::blocking::run(async move { pki(&es, chain).await })
}

const CHAIN: &str = "the realm does not trust the chain, or a certificate of it has expired; see Elasticsearch's log for the \
                     reason";

/// A chain of X.509 certificates, the client's first, each signed by the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateChain(Arc<[String]>);

impl CertificateChain {
    /// The certificates in DER, as TLS servers hand them over.
    pub fn from_der<C: AsRef<[u8]>>(certificates: impl IntoIterator<Item = C>) -> Self {
        Self(certificates.into_iter().map(|certificate| STANDARD.encode(certificate)).collect())
    }

    /// The certificates in PEM, one after the other.
    ///
    /// # Errors
    /// When there is none, or one is broken.
    pub fn from_pem(pem: impl AsRef<[u8]>) -> Result<Self, Error> {
        let refuse =
            || Error::new(ErrorKind::InvalidRequest, "the certificate chain is not PEM, or holds no certificate");
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_ref()).collect();
        let certificates = certificates.map_err(|_| refuse())?;
        if certificates.is_empty() {
            return Err(refuse());
        }
        Ok(Self::from_der(certificates))
    }
}

/// Tokens that are had again by showing the chain again.
struct Delegation {
    es: Elasticsearch,
    chain: CertificateChain,
}

impl Source<Tokens> for Delegation {
    fn renew(&self, _last: Option<Arc<Tokens>>) -> BoxFuture<'static, Result<Fresh<Tokens>, Problem>> {
        let (es, chain) = (self.es.clone(), self.chain.clone());
        Box::pin(async move {
            let answer = es.security().delegate_pki(chain.0.iter().cloned()).send().await;
            let answer = answer.map_err(|error| Problem::of("the chain makes no token any more", error).hint(CHAIN))?;
            fresh(answer.into_inner().into())
        })
    }
}

impl From<DelegatePkiResponse> for Tokens {
    fn from(answer: DelegatePkiResponse) -> Self {
        Self { expires_in: lifetime(answer.expires_in), access_token: answer.access_token, refresh_token: None }
    }
}
