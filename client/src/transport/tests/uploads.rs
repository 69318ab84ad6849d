//! Files that are sent piece by piece, and again when a request is.

use std::path::PathBuf;

use super::*;
use crate::body::Upload;

/// A file of its own, gone at the end of the test.
struct File(PathBuf);

impl File {
    fn new(content: &str) -> Self {
        let path = std::env::temp_dir().join(format!("elkit-upload-{:016x}", fastrand::u64(..)));
        std::fs::write(&path, content).unwrap();
        Self(path)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

async fn send(server: &Server, body: Body) -> Result<crate::Response<crate::response::Binary>> {
    client(server).request(Method::POST, "/x").body(body).options(|o| o.idempotent()).send_raw().await
}

#[tokio::test]
async fn a_file_is_sent_again_with_its_length() {
    let file = File::new("0123456789");
    let server = Server::start([Step::status(503)]).await;
    send(&server, Body::upload(&Upload::from_path(&*file.0), "text/plain").unwrap()).await.unwrap();
    let sent: Vec<_> = server.requests();
    assert_eq!(sent.len(), 2);
    for sent in &sent {
        assert_eq!((sent.body.as_str(), sent.header("content-length")), ("0123456789", Some("10")));
    }
}

#[tokio::test]
async fn a_form_with_a_file_is_the_same_form_again() {
    let file = File::new("0123456789");
    let form =
        || Body::multipart().file("a", &Upload::from_path(&*file.0), "x", "y/z").file("b", &"1".into(), "x", "y/z");
    let server = Server::start([Step::status(503)]).await;
    send(&server, form().build().unwrap()).await.unwrap();
    let sent = server.requests();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0].body, sent[1].body);
    assert!(sent[0].body.contains("0123456789"));
    assert_eq!(sent[1].header("content-length"), Some(&*sent[1].body.len().to_string()));

    let server = Server::start([Step::status(503)]).await;
    let once = form().file("c", &Upload::stream(Chunks(vec!["s"])), "x", "y/z");
    assert_eq!(send(&server, once.build().unwrap()).await.unwrap().status().as_u16(), 503);
    assert_eq!(server.requests().len(), 1, "a stream in it can't be read again");
}

#[tokio::test]
async fn a_file_that_is_gone_is_said_to_be_and_not_tried_again() {
    let server = Server::start([]).await;
    let gone = File::new("x").0.clone();
    let error = send(&server, Body::upload(&Upload::from_path(gone), "text/plain").unwrap()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidRequest, 1), "{error}");
}
