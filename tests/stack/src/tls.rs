//! TLS: an authority of the stack's own, made anew at every start and gone with it. Its keys never leave memory but for
//! the one that a user's client shows.

use std::fmt::Write as _;
use std::io;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ServerConfig, WebPkiClientVerifier};
use sha2::{Digest, Sha256};
use tokio_rustls::TlsAcceptor;

/// A certificate with its private key, as PEM: what a client shows.
#[derive(Clone)]
#[non_exhaustive]
pub struct Identity {
    /// The certificate.
    pub certificate: String,
    /// The private key, PKCS #8.
    pub key: String,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}

/// What a stack with TLS needs and hands out.
pub(crate) struct Tls {
    pub(crate) acceptor: TlsAcceptor,
    pub(crate) ca_pem: String,
    pub(crate) ca_der: Vec<u8>,
    pub(crate) ca_fingerprint: String,
    pub(crate) client: Identity,
}

/// Whether clients must show a certificate.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum ClientAuth {
    None,
    Required,
}

impl Tls {
    /// Makes an authority, a server certificate for loopback and a client certificate.
    pub(crate) fn generate(client_auth: ClientAuth) -> io::Result<Self> {
        let authority_key = KeyPair::generate().map_err(io::Error::other)?;
        let mut params = named("elkit-stack test authority", &[])?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let authority = params.self_signed(&authority_key).map_err(io::Error::other)?;
        let issuer = Issuer::new(params, authority_key);

        let (certificate, key) = issued(&issuer, ExtendedKeyUsagePurpose::ServerAuth, "elkit-stack", &SERVER_NAMES)?;
        let (shown, shown_key) =
            issued(&issuer, ExtendedKeyUsagePurpose::ClientAuth, "elkit-stack client", &["client"])?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let config = config.with_safe_default_protocol_versions().map_err(io::Error::other)?;
        let config = match client_auth {
            ClientAuth::None => config.with_no_client_auth(),
            ClientAuth::Required => {
                let mut roots = RootCertStore::empty();
                roots.add(authority.der().clone()).map_err(io::Error::other)?;
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                config.with_client_cert_verifier(verifier.build().map_err(io::Error::other)?)
            }
        };
        let chain: Vec<CertificateDer<'static>> = vec![certificate.der().clone(), authority.der().clone()];
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = config.with_single_cert(chain, key).map_err(io::Error::other)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            ca_pem: authority.pem(),
            ca_fingerprint: fingerprint(authority.der()),
            ca_der: authority.der().to_vec(),
            client: Identity { certificate: shown.pem(), key: shown_key.serialize_pem() },
        })
    }
}

const SERVER_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

fn named(name: &str, alternatives: &[&str]) -> io::Result<CertificateParams> {
    let alternatives: Vec<String> = alternatives.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(alternatives).map_err(io::Error::other)?;
    params.distinguished_name.push(DnType::CommonName, name);
    Ok(params)
}

fn issued(
    issuer: &Issuer<'_, KeyPair>,
    usage: ExtendedKeyUsagePurpose,
    name: &str,
    alternatives: &[&str],
) -> io::Result<(rcgen::Certificate, KeyPair)> {
    let key = KeyPair::generate().map_err(io::Error::other)?;
    let mut params = named(name, alternatives)?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![usage];
    params.use_authority_key_identifier_extension = true;
    let certificate = params.signed_by(&key, issuer).map_err(io::Error::other)?;
    Ok((certificate, key))
}

/// SHA-256 in hex, as Elasticsearch prints it when it is first started.
fn fingerprint(der: &[u8]) -> String {
    Sha256::digest(der).iter().fold(String::new(), |mut text, byte| {
        // Writing to a text never fails.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
