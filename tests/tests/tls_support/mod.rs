//! A CA for a test, and a TLS server that counts the requests that got through its handshake.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Version;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// A certificate and its key.
pub(crate) type Signed = (CertificateDer<'static>, KeyPair);

pub(crate) struct Ca {
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

impl Ca {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap().der().clone();
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    pub(crate) fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        self.certificate.to_vec()
    }

    pub(crate) fn pem(&self) -> String {
        pem("CERTIFICATE", &self.certificate)
    }

    pub(crate) fn sign(&self, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Signed {
        let key = KeyPair::generate().unwrap();
        (self.sign_key(names, &key, change), key)
    }

    pub(crate) fn sign_key(
        &self,
        names: &[&str],
        key: &KeyPair,
        change: impl FnOnce(&mut CertificateParams),
    ) -> CertificateDer<'static> {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        change(&mut params);
        params.signed_by(key, &self.issuer).unwrap().der().clone()
    }
}

/// A server that ends with the runtime of its test.
pub(crate) struct Server {
    url: String,
    requests: Arc<AtomicUsize>,
}

impl Server {
    /// `mutual` asks clients for a certificate of the same CA.
    pub(crate) fn start(ca: &Ca, signed: Signed, mutual: bool) -> Self {
        Self::start_with_chain(ca, signed, vec![ca.certificate.clone()], mutual)
    }

    pub(crate) fn start_with_chain(ca: &Ca, signed: Signed, rest: Vec<CertificateDer<'static>>, mutual: bool) -> Self {
        let acceptor = acceptor(ca, signed, rest, mutual, &[]);
        let (listener, url) = listen();
        let requests = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(acceptor.clone(), stream, Arc::clone(&counter)));
            }
        });
        Self { url, requests }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }
}

/// A server that speaks HTTP/2, sends back what it gets, and notes the version of each request.
pub(crate) struct Http2 {
    url: String,
    connections: Arc<AtomicUsize>,
    versions: Arc<Mutex<Vec<Version>>>,
}

impl Http2 {
    pub(crate) fn start(ca: &Ca, signed: Signed) -> Self {
        let acceptor = acceptor(ca, signed, vec![ca.certificate.clone()], false, &[b"h2"]);
        let (listener, url) = listen();
        let server = Self { url, connections: Arc::default(), versions: Arc::default() };
        let (connections, versions) = (Arc::clone(&server.connections), Arc::clone(&server.versions));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::Relaxed);
                let (acceptor, versions) = (acceptor.clone(), Arc::clone(&versions));
                tokio::spawn(async move {
                    let stream = acceptor.accept(stream).await.unwrap();
                    let mut connection = h2::server::handshake(stream).await.unwrap();
                    while let Some(Ok((request, answer))) = connection.accept().await {
                        versions.lock().unwrap().push(request.version());
                        tokio::spawn(echo(request, answer));
                    }
                });
            }
        });
        server
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// The versions of the requests so far.
    pub(crate) fn versions(&self) -> Vec<Version> {
        self.versions.lock().unwrap().clone()
    }
}

async fn echo(request: http::Request<h2::RecvStream>, mut answer: h2::server::SendResponse<bytes::Bytes>) {
    let mut body = request.into_body();
    let mut read = Vec::new();
    while let Some(piece) = body.data().await {
        let piece = piece.unwrap();
        body.flow_control().release_capacity(piece.len()).unwrap();
        read.extend_from_slice(&piece);
    }
    let head = http::Response::builder().header("x-elastic-product", "Elasticsearch").body(()).unwrap();
    answer.send_response(head, false).unwrap().send_data(read.into(), true).unwrap();
}

fn listen() -> (TcpListener, String) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    (TcpListener::from_std(listener).unwrap(), url)
}

/// `mutual` asks clients for a certificate of the same CA.
fn acceptor(
    ca: &Ca,
    (certificate, key): Signed,
    mut rest: Vec<CertificateDer<'static>>,
    mutual: bool,
    protocols: &[&[u8]],
) -> TlsAcceptor {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider));
    let config = config.with_safe_default_protocol_versions().unwrap();
    let config = if mutual {
        let mut roots = RootCertStore::empty();
        roots.add(ca.certificate.clone()).unwrap();
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
        config.with_client_cert_verifier(verifier)
    } else {
        config.with_no_client_auth()
    };
    rest.insert(0, certificate);
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let mut config = config.with_single_cert(rest, key).unwrap();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    TlsAcceptor::from(Arc::new(config))
}

async fn serve(acceptor: TlsAcceptor, stream: TcpStream, requests: Arc<AtomicUsize>) {
    let mut stream = match acceptor.accept(stream).into_fallible().await {
        Ok(stream) => stream,
        Err((_, stream)) => {
            // Closing at once would reset the connection before the alert is read.
            tokio::time::sleep(Duration::from_millis(300)).await;
            drop(stream);
            return;
        }
    };
    let mut read = Vec::new();
    while let Ok(count) = stream.read_buf(&mut read).await {
        if count == 0 {
            return;
        }
        if read.windows(4).any(|window| window == b"\r\n\r\n") {
            read.clear();
            requests.fetch_add(1, Ordering::Relaxed);
            let answer = "HTTP/1.1 200 OK\r\nx-elastic-product: Elasticsearch\r\ncontent-length: 2\r\n\r\n{}";
            if stream.write_all(answer.as_bytes()).await.is_err() || stream.flush().await.is_err() {
                return;
            }
        }
    }
}

pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// SHA-256 in hexadecimal.
pub(crate) fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    Sha256::digest(certificate).iter().map(|byte| format!("{byte:02x}")).collect()
}
