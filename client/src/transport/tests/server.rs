//! A server that records what comes and answers by a script. When the script is over, it answers 200.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the server does with one request.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Answer(String),
    /// Closes the connection without a word.
    Close,
    /// Sends an answer in pieces, with a wait before each; then closes, or hangs if the last piece is `None`.
    Pieces(u64, Vec<Option<&'static str>>),
    /// Promises more than it sends.
    HalfBody,
    /// Never answers.
    Hang,
}

impl Step {
    pub(super) fn answer(status: u16, headers: &str, body: &str) -> Self {
        Self::foreign_with(status, &format!("x-elastic-product: Elasticsearch\r\n{headers}"), body)
    }

    pub(super) fn status(status: u16) -> Self {
        Self::answer(status, "", "{}")
    }

    /// An answer that does not come from Elasticsearch.
    pub(super) fn foreign(status: u16, body: &str) -> Self {
        Self::foreign_with(status, "", body)
    }

    fn foreign_with(status: u16, headers: &str, body: &str) -> Self {
        Self::Answer(format!("HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\n\r\n{body}", body.len()))
    }
}

/// One request as it came.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) line: String,
    pub(super) body: String,
    headers: Vec<(String, String)>,
}

impl Sent {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

pub(super) struct Server {
    url: String,
    shared: Arc<Shared>,
}

struct Shared {
    script: Mutex<VecDeque<Step>>,
    requests: Mutex<Vec<Sent>>,
}

impl Server {
    pub(super) async fn start(script: impl IntoIterator<Item = Step>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared { script: Mutex::new(script.into_iter().collect()), requests: Mutex::default() });
        let serving = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&serving)));
            }
        });
        Self { url, shared }
    }

    /// The URL of a port that nobody listens on.
    pub(super) async fn dead() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn requests(&self) -> Vec<Sent> {
        self.shared.requests.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    let mut read = Vec::new();
    while let Some(sent) = request(&mut stream, &mut read).await {
        shared.requests.lock().unwrap().push(sent);
        let step = shared.script.lock().unwrap().pop_front();
        let answer = match step.unwrap_or_else(|| Step::answer(200, "", "ok")) {
            Step::Answer(answer) => answer,
            Step::Close => return,
            Step::Pieces(wait, pieces) => {
                let head = "HTTP/1.1 200 X\r\nx-elastic-product: Elasticsearch\r\nx-count: 3\r\n\r\n";
                stream.write_all(head.as_bytes()).await.unwrap();
                for piece in pieces {
                    tokio::time::sleep(std::time::Duration::from_millis(wait)).await;
                    let Some(piece) = piece else { std::future::pending().await };
                    // Who gave up does not read on.
                    if stream.write_all(piece.as_bytes()).await.is_err() {
                        return;
                    }
                }
                return;
            }
            Step::HalfBody => {
                let half = "HTTP/1.1 200 X\r\nx-elastic-product: Elasticsearch\r\ncontent-length: 100\r\n\r\nhalf";
                stream.write_all(half.as_bytes()).await.unwrap();
                return;
            }
            Step::Hang => std::future::pending().await,
        };
        stream.write_all(answer.as_bytes()).await.unwrap();
    }
}

/// The next request of a connection; none when it is closed. A chunked body is kept with its framing.
async fn request(stream: &mut TcpStream, read: &mut Vec<u8>) -> Option<Sent> {
    loop {
        let text = String::from_utf8_lossy(read).into_owned();
        if let Some((head, rest)) = text.split_once("\r\n\r\n") {
            let mut lines = head.split("\r\n");
            let line = lines.next().unwrap_or_default().to_owned();
            let headers: Vec<_> = lines
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
                .collect();
            let sent = Sent { line, body: rest.to_owned(), headers };
            let whole = match sent.header("content-length") {
                Some(length) => rest.len() >= length.parse().unwrap(),
                None => sent.header("transfer-encoding").is_none() || rest.ends_with("0\r\n\r\n"),
            };
            if whole {
                read.clear();
                return Some(sent);
            }
        }
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => read.extend_from_slice(&chunk[..count]),
        }
    }
}
