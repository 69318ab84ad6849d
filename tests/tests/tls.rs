//! Real handshakes: whom the client trusts, whom it shows a certificate, and what it says when it does not work.

mod tls_support;

use std::io::{Read, Write};
use std::process::Command;
use std::time::{Duration, Instant};

use elkit::{Builder, Elasticsearch, Error, ErrorKind, Method};
use rcgen::{KeyPair, date_time_ymd};
use serde_json::Value;

use tls_support::{Ca, Http2, Server};

type Settings<'a> = &'a dyn Fn(Builder<Elasticsearch>) -> Builder<Elasticsearch>;

async fn call(server: &Server, settings: Settings<'_>) -> Result<(), Error> {
    let es = settings(Elasticsearch::builder(server.url())).build()?;
    es.request(Method::POST, "/x").send::<Value>().await.map(drop)
}

/// A handshake that works, asked over the whole transport.
async fn works(server: &Server, settings: Settings<'_>) {
    let before = server.requests();
    call(server, settings).await.unwrap();
    assert_eq!(server.requests(), before + 1);
}

/// One that does not: a TLS error that says what to do, and no request reaches the server, once or again.
async fn fails(server: &Server, settings: Settings<'_>, says: &str) {
    let before = server.requests();
    let error = call(server, settings).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Tls, 1), "{error:?}");
    let mut causes = vec![format!("{error:?}")];
    let mut next = std::error::Error::source(&error);
    while let Some(cause) = next {
        causes.push(format!("{cause:?}"));
        next = cause.source();
    }
    assert!(error.to_string().contains(says), "{causes:#?}");
    assert_eq!(server.requests(), before);
}

#[tokio::test]
async fn servers() {
    let (ca, other) = (Ca::new(), Ca::new());
    let good = Server::start(&ca, ca.sign(&["127.0.0.1", "localhost"], |_| {}), false);
    works(&good, &|b| b.ca_cert(ca.pem())).await;
    works(&good, &|b| b.ca_cert(ca.der())).await;
    works(&good, &|b| b.ca_cert(other.pem()).ca_cert(ca.pem())).await;
    works(&good, &|b| b.ca_cert([other.pem(), ca.pem()].concat())).await;
    fails(&good, &|b| b, "no trusted CA signed the server's certificate").await;
    fails(&good, &|b| b.ca_cert(other.pem()), "it may be another cluster's").await;
    works(&good, &|b| b.danger_accept_invalid_certs()).await;

    let file = std::env::temp_dir().join(format!("elkit-ca-{}.pem", std::process::id()));
    std::fs::write(&file, ca.pem()).unwrap();
    works(&good, &|b| b.ca_cert_file(&file)).await;
    std::fs::remove_file(&file).unwrap();

    let wrong_host = Server::start(&ca, ca.sign(&["example.org"], |_| {}), false);
    fails(&wrong_host, &|b| b.ca_cert(ca.pem()), "for another host name").await;
    let expired = ca.sign(&["127.0.0.1"], |params| params.not_after = date_time_ymd(2001, 1, 1));
    let expired = Server::start(&ca, expired, false);
    fails(&expired, &|b| b.ca_cert(ca.pem()), "has expired").await;
    works(&expired, &|b| b.danger_accept_invalid_certs()).await;
    let early =
        Server::start(&ca, ca.sign(&["127.0.0.1"], |params| params.not_before = date_time_ymd(2999, 1, 1)), false);
    fails(&early, &|b| b.ca_cert(ca.pem()), "not valid yet").await;
}

#[tokio::test]
async fn pins() {
    let (ca, other) = (Ca::new(), Ca::new());
    let signed = ca.sign(&["127.0.0.1"], |_| {});
    let (leaf, root) = (tls_support::fingerprint(&signed.0), tls_support::fingerprint(ca.certificate()));
    let colons: Vec<_> = root.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap()).collect();
    let server = Server::start(&ca, signed, false);
    works(&server, &|b| b.ca_fingerprint(&*leaf)).await;
    works(&server, &|b| b.ca_fingerprint(&*root)).await;
    works(&server, &|b| b.ca_fingerprint(colons.join(":").to_uppercase())).await;
    let wrong = tls_support::fingerprint(other.certificate());
    fails(&server, &|b| b.ca_fingerprint(&*wrong), "no certificate of the server has the given fingerprint").await;

    // Who has the pinned CA's certificate, which is public, and not its key, is not the server.
    let forged = other.sign(&["127.0.0.1"], |_| {});
    let forger = Server::start_with_chain(&ca, forged, vec![ca.certificate().clone()], false);
    let error = call(&forger, &|b| b.ca_fingerprint(&*root)).await.unwrap_err();
    assert_eq!((error.kind(), forger.requests()), (ErrorKind::Tls, 0), "{error:?}");
}

#[tokio::test]
async fn client_certificates() {
    let (ca, other) = (Ca::new(), Ca::new());
    let server = Server::start(&ca, ca.sign(&["127.0.0.1"], |_| {}), true);
    let refused = "does not accept the client's certificate, or wants one";
    fails(&server, &|b| b.ca_cert(ca.pem()), refused).await;
    let (certificate, key) = other.sign(&["client"], |_| {});
    let (certificate, key) = (tls_support::pem("CERTIFICATE", &certificate), key.serialize_pem());
    fails(&server, &|b| b.ca_cert(ca.pem()).client_certificate(&*certificate, &*key), refused).await;

    // PKCS#8 and SEC1 of one key, PKCS#8 and PKCS#1 of another.
    let (certificate, key) = ca.sign(&["client"], |_| {});
    let sec1 = tls_support::pem("EC PRIVATE KEY", &key.serialize_der()[29..]);
    let rsa = include_str!("fixtures/tls/rsa_pkcs8.pem");
    let rsa_certificate = ca.sign_key(&["client"], &KeyPair::from_pem(rsa).unwrap(), |_| {});
    for (certificate, key) in [
        (&certificate, &*key.serialize_pem()),
        (&certificate, &*sec1),
        (&rsa_certificate, rsa),
        (&rsa_certificate, include_str!("fixtures/tls/rsa_pkcs1.pem")),
    ] {
        let certificate = tls_support::pem("CERTIFICATE", certificate);
        works(&server, &|b| b.ca_cert(ca.pem()).client_certificate(&*certificate, key)).await;
    }
    let certificate = tls_support::pem("CERTIFICATE", &certificate);
    let error = Elasticsearch::builder(server.url()).ca_cert(ca.pem()).client_certificate(&*certificate, rsa).build();
    let error = error.unwrap_err();
    assert!(error.to_string().contains("don't fit together"), "{error}");
}

#[tokio::test]
async fn what_does_not_speak_tls() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let plain = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut hello = [0; 1];
        stream.read_exact(&mut hello).unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").unwrap();
        std::thread::sleep(Duration::from_millis(300));
    });
    let es = Elasticsearch::builder(url).danger_accept_invalid_certs().build().unwrap();
    let error = es.request(Method::GET, "/").send::<Value>().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Tls, 1), "{error:?}");
    assert!(error.to_string().contains("does not speak TLS"), "{error}");
    plain.join().unwrap();
}

/// Who takes connections and never shakes hands costs the connect timeout, and as nothing was sent, any call is repeated.
#[tokio::test]
async fn handshakes_have_a_deadline() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let es = Elasticsearch::builder(format!("https://{}", listener.local_addr().unwrap()));
    let (short, long) = (Duration::from_millis(50), Duration::from_secs(60));
    let es = es.danger_accept_invalid_certs().connect_timeout(short).retry_delay(short, short).attempt_timeout(long);
    let start = Instant::now();
    let error = es.build().unwrap().request(Method::POST, "/x").send::<Value>().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 4), "{error:?}");
    assert!(error.to_string().contains("connecting took too long"), "{error}");
    assert!(start.elapsed() < long);
}

#[tokio::test]
async fn http2_where_the_server_offers_it() {
    let ca = Ca::new();
    let server = Http2::start(&ca, ca.sign(&["127.0.0.1"], |_| {}));
    let es = Elasticsearch::builder(server.url()).ca_cert(ca.pem()).build().unwrap();
    let echo = |number: u32| es.request(Method::POST, "/x").json(&number).send::<u32>();
    assert_eq!(*echo(0).await.unwrap(), 0);
    let calls: Vec<_> = (1..50).map(|number| (number, tokio::spawn(echo(number)))).collect();
    for (number, call) in calls {
        assert_eq!(*call.await.unwrap().unwrap(), number);
    }
    assert_eq!(server.versions(), [http::Version::HTTP_2; 50]);
    assert_eq!(server.connections(), 1, "calls share it");
}

/// A machine without certificates, such as a container that holds nothing but the program.
#[test]
fn no_ca_bundle() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "on_a_machine_without_certificates", "--ignored"])
        .envs([("SSL_CERT_FILE", "/nowhere/file"), ("SSL_CERT_DIR", "/nowhere")])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

#[tokio::test]
#[ignore = "run by `no_ca_bundle`, in another environment"]
async fn on_a_machine_without_certificates() {
    assert_eq!(std::env::var("SSL_CERT_FILE").as_deref(), Ok("/nowhere/file"), "run by `no_ca_bundle` alone");
    assert!(Elasticsearch::builder("http://localhost:9200").build().is_ok(), "http needs no certificates");
    let error = Elasticsearch::builder("https://localhost:9200").build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("`ca_cert`"), "{error}");
    let ca = Ca::new();
    let server = Server::start(&ca, ca.sign(&["127.0.0.1"], |_| {}), false);
    works(&server, &|b| b.ca_cert(ca.pem())).await;
    let root = tls_support::fingerprint(ca.certificate());
    works(&server, &|b| b.ca_fingerprint(&*root)).await;
}
