//! From what the user said about TLS to one rustls configuration. No process-wide state is read or written.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme};
use sha2::{Digest, Sha256};

use crate::{Error, ErrorKind, Secret};

/// What the user said about TLS.
#[derive(Clone, Debug, Default)]
pub(crate) struct TlsOptions {
    pub(crate) ca_certs: Vec<Pem>,
    pub(crate) fingerprint: Option<String>,
    pub(crate) identity: Option<(Pem, Pem)>,
    pub(crate) accept_invalid_certs: bool,
}

/// PEM or DER, in a file or at hand.
#[derive(Clone)]
pub(crate) enum Pem {
    File(PathBuf),
    Bytes(Secret<Vec<u8>>),
}

impl TlsOptions {
    /// Whether the user said anything at all.
    pub(crate) fn is_default(&self) -> bool {
        self.ca_certs.is_empty() && self.fingerprint.is_none() && self.identity.is_none() && !self.accept_invalid_certs
    }

    /// The configuration for URLs that need TLS, or that do not: those need no certificates of the system.
    pub(crate) fn configure(&self, needed: bool) -> Result<ClientConfig, Error> {
        let provider = Arc::new(provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| configuration("the TLS provider has no usable protocol version").with_source(error))?;
        let builder = if self.accept_invalid_certs {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(Unverified(provider)))
        } else if let Some(fingerprint) = &self.fingerprint {
            let pinned = Pinned { fingerprint: parse_fingerprint(fingerprint)?, provider };
            builder.dangerous().with_custom_certificate_verifier(Arc::new(pinned))
        } else if !self.ca_certs.is_empty() || !needed {
            builder.with_root_certificates(self.roots()?)
        } else {
            let verifier = rustls_platform_verifier::Verifier::new(provider).map_err(|error| {
                configuration(
                    "this system has no certificates to verify servers with; give the cluster's by `ca_cert`, \
                     `ca_cert_file` or `ca_fingerprint`",
                )
                .with_source(error)
            })?;
            builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
        };
        let mut config = match &self.identity {
            None => builder.with_no_client_auth(),
            Some((cert, key)) => {
                let chain = certificates(cert, "client certificate")?;
                let key = private_key(key)?;
                builder.with_client_auth_cert(chain, key).map_err(|error| {
                    configuration("the client certificate and its key don't fit together").with_source(error)
                })?
            }
        };
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }

    fn roots(&self) -> Result<RootCertStore, Error> {
        let mut roots = RootCertStore::empty();
        for pem in &self.ca_certs {
            for certificate in certificates(pem, "CA certificate")? {
                roots.add(certificate).map_err(|error| {
                    configuration(format!("the CA certificate{} can't be used", pem.place())).with_source(error)
                })?;
            }
        }
        Ok(roots)
    }
}

impl Pem {
    fn read(&self, what: &str) -> Result<Secret<Vec<u8>>, Error> {
        match self {
            Self::Bytes(bytes) => Ok(bytes.clone()),
            Self::File(path) => std::fs::read(path)
                .map(Secret::new)
                .map_err(|error| configuration(format!("the {what}{} can't be read", self.place())).with_source(error)),
        }
    }

    /// ` in "file"`, or nothing.
    fn place(&self) -> String {
        match self {
            Self::File(path) => format!(" in {path:?}"),
            Self::Bytes(_) => String::new(),
        }
    }
}

impl From<&Path> for Pem {
    fn from(path: &Path) -> Self {
        Self::File(path.to_owned())
    }
}

impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.fmt(f),
            Self::Bytes(bytes) => write!(f, "{} bytes", bytes.expose().len()),
        }
    }
}

/// What a failed handshake asks of the user.
pub(crate) fn explain(error: &rustls::Error) -> Option<&'static str> {
    use rustls::AlertDescription as Alert;
    match error {
        rustls::Error::InvalidCertificate(reason) => match reason {
            CertificateError::UnknownIssuer => Some(
                "no trusted CA signed the server's certificate; give the cluster's by `ca_cert`, `ca_cert_file` or \
                 `ca_fingerprint`",
            ),
            // Every cluster's own CA has the same name: that of another cluster is found, and did not sign.
            CertificateError::BadSignature => Some(
                "the given CA has the name of the one that signed the server's certificate, but is another: it may be \
                 another cluster's",
            ),
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Some("the server's certificate is for another host name")
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                Some("the server's certificate has expired")
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                Some("the server's certificate is not valid yet; is this machine's clock right?")
            }
            CertificateError::ApplicationVerificationFailure => {
                Some("no certificate of the server has the given fingerprint")
            }
            _ => None,
        },
        rustls::Error::AlertReceived(
            Alert::CertificateRequired
            | Alert::BadCertificate
            | Alert::DecryptError
            | Alert::UnknownCA
            | Alert::HandshakeFailure,
        ) => Some("the server does not accept the client's certificate, or wants one"),
        rustls::Error::InvalidMessage(_) => Some("the server does not speak TLS; is the URL an `http://` one?"),
        _ => None,
    }
}

fn provider() -> CryptoProvider {
    #[cfg(feature = "aws-lc")]
    return rustls::crypto::aws_lc_rs::default_provider();
    #[cfg(not(feature = "aws-lc"))]
    rustls::crypto::ring::default_provider()
}

fn certificates(pem: &Pem, what: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    let bytes = pem.read(what)?;
    if !is_pem(bytes.expose()) {
        return Ok(vec![CertificateDer::from(bytes.expose().clone())]);
    }
    let parsed: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(bytes.expose()).collect();
    let parsed = parsed
        .map_err(|error| configuration(format!("the {what}{} is not valid PEM", pem.place())).with_source(error))?;
    if parsed.is_empty() {
        return Err(configuration(format!("the {what}{} holds no certificate", pem.place())));
    }
    Ok(parsed)
}

fn private_key(pem: &Pem) -> Result<PrivateKeyDer<'static>, Error> {
    let bytes = pem.read("client key")?;
    // PKCS#8, PKCS#1 and SEC1. The parser's error says what is wrong, not what it read.
    PrivateKeyDer::from_pem_slice(bytes.expose()).map_err(|error| {
        configuration(format!("the client key{} is not an unencrypted PEM private key", pem.place())).with_source(error)
    })
}

fn is_pem(bytes: &[u8]) -> bool {
    bytes.windows(11).any(|window| window == b"-----BEGIN ") || bytes.is_ascii()
}

/// Hexadecimal with or without colons, as Elasticsearch prints it at its first start.
fn parse_fingerprint(text: &str) -> Result<[u8; 32], Error> {
    let digits: String = text.chars().filter(|c| !matches!(c, ':' | ' ')).collect();
    let mut fingerprint = [0; 32];
    if digits.len() != 64 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(configuration("the fingerprint is not a SHA-256 in hexadecimal"));
    }
    for (byte, pair) in fingerprint.iter_mut().zip(digits.as_bytes().chunks(2)) {
        let pair = std::str::from_utf8(pair).unwrap_or_default();
        *byte = u8::from_str_radix(pair, 16).unwrap_or_default();
    }
    Ok(fingerprint)
}

fn configuration(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Configuration, message)
}

/// Trusts the certificate with this SHA-256, or what that certificate signed.
#[derive(Debug)]
struct Pinned {
    fingerprint: [u8; 32],
    provider: Arc<CryptoProvider>,
}

impl Pinned {
    fn matches(&self, certificate: &CertificateDer<'_>) -> bool {
        Sha256::digest(certificate.as_ref())[..] == self.fingerprint
    }
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if self.matches(end_entity) {
            return Ok(ServerCertVerified::assertion());
        }
        // Anybody can append the pinned CA to a chain, so it only counts if it really signed the certificate.
        let Some(ca) = intermediates.iter().find(|certificate| self.matches(certificate)) else {
            return Err(CertificateError::ApplicationVerificationFailure.into());
        };
        let mut roots = RootCertStore::empty();
        roots.add(ca.clone().into_owned())?;
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&self.provider))
            .build()
            .map_err(|error| rustls::Error::Other(OtherError(Arc::new(error))))?
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Trusts everybody, because the user asked for that by a name that says `danger`.
#[derive(Debug)]
struct Unverified(Arc<CryptoProvider>);

impl ServerCertVerifier for Unverified {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints() {
        let hex = "ab".repeat(32);
        let colons = vec!["AB"; 32].join(":");
        assert_eq!(parse_fingerprint(&hex).unwrap(), [0xab; 32]);
        assert_eq!(parse_fingerprint(&colons).unwrap(), [0xab; 32]);
        for odd in ["", "ab", &"zz".repeat(32), &"é".repeat(32)] {
            assert!(parse_fingerprint(odd).is_err(), "{odd}");
        }
    }

    #[track_caller]
    fn check(options: TlsOptions, message: &str) {
        assert_eq!(options.configure(true).unwrap_err().to_string(), message);
    }

    #[test]
    fn clear_errors() {
        let bytes = |text: &str| Pem::Bytes(Secret::new(text.as_bytes().to_vec()));
        let ca = |pem| TlsOptions { ca_certs: vec![pem], ..TlsOptions::default() };
        check(ca(Path::new("/nowhere/ca.pem").into()), "the CA certificate in \"/nowhere/ca.pem\" can't be read");
        check(ca(bytes("hello")), "the CA certificate holds no certificate");
        check(ca(Pem::Bytes(Secret::new(vec![0x30, 0xff]))), "the CA certificate can't be used");
        assert!(TlsOptions::default().configure(false).is_ok(), "http needs no certificates");
        assert!(TlsOptions { accept_invalid_certs: true, ..TlsOptions::default() }.configure(true).is_ok());
    }
}
