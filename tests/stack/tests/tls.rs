//! The stack behind TLS, asked by a client that trusts its authority and by some that should not get through.

use std::io;
use std::sync::Arc;

use elkit_stack::{Identity, Stack};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Asks for the root and returns everything that came back.
async fn ask(url: &str, name: &'static str, trusted: &[&str], shown: Option<&Identity>) -> io::Result<String> {
    let mut roots = RootCertStore::empty();
    for pem in trusted {
        roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots);
    let config = match shown {
        None => config.with_no_client_auth(),
        Some(identity) => {
            let certificate = CertificateDer::from_pem_slice(identity.certificate.as_bytes()).unwrap();
            let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).unwrap();
            config.with_client_auth_cert(vec![certificate], key).unwrap()
        }
    };
    let stream = TcpStream::connect(url.trim_start_matches("https://")).await?;
    let connector = TlsConnector::from(Arc::new(config));
    let mut stream = connector.connect(ServerName::try_from(name).unwrap(), stream).await?;
    stream.write_all(b"GET /api/status HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await?;
    let mut answer = String::new();
    // How the other side closes is not what is asked here.
    let _ = stream.read_to_string(&mut answer).await;
    match answer.is_empty() {
        true => Err(io::ErrorKind::ConnectionReset.into()),
        false => Ok(answer),
    }
}

#[tokio::test]
async fn those_who_trust_its_authority_are_answered() {
    let stack = Stack::builder().tls().start().await.unwrap();
    let other = Stack::builder().tls().start().await.unwrap();
    let (ca, theirs) = (stack.ca_pem().unwrap(), other.ca_pem().unwrap());
    assert_eq!(stack.ca_fingerprint().map(str::len), Some(64));
    for (url, name, trusted, status) in [
        (stack.kibana_url(), "127.0.0.1", &[ca][..], Some("HTTP/1.1 200")),
        (stack.kibana_url(), "localhost", &[theirs, ca], Some("HTTP/1.1 200")),
        (stack.elasticsearch_url(), "::1", &[ca], Some("HTTP/1.1 401")),
        (stack.kibana_url(), "127.0.0.1", &[theirs], None),
        (stack.kibana_url(), "127.0.0.1", &[], None),
        (stack.kibana_url(), "example.org", &[ca], None),
    ] {
        assert!(url.starts_with("https://127.0.0.1:"), "{url}");
        let answer = ask(&url, name, trusted, None).await;
        match status {
            Some(status) => assert!(answer.as_ref().is_ok_and(|text| text.starts_with(status)), "{name}: {answer:?}"),
            None => assert!(answer.is_err(), "{name}: {answer:?}"),
        }
    }
    assert_eq!(stack.requests().len(), 3);
}

#[tokio::test]
async fn a_client_certificate_can_be_required() {
    let stack = Stack::builder().require_client_certificate().start().await.unwrap();
    let other = Stack::builder().tls().start().await.unwrap();
    let trusted = [stack.ca_pem().unwrap()];
    let url = stack.kibana_url();
    let asked = async |shown| ask(&url, "127.0.0.1", &trusted, shown).await;
    assert!(asked(stack.client_identity()).await.unwrap().starts_with("HTTP/1.1 200"));
    assert!(asked(other.client_identity()).await.is_err());
    assert!(asked(None).await.is_err());
    assert!(!format!("{:?}", stack.client_identity()).contains("KEY"));
}

#[tokio::test]
async fn without_it_there_is_no_authority() {
    let stack = Stack::start().await.unwrap();
    assert_eq!((stack.ca_pem(), stack.ca_fingerprint()), (None, None));
    assert!(stack.client_identity().is_none() && stack.kibana_url().starts_with("http://"));
}
