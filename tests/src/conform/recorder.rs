//! A server on loopback that keeps what it is sent, byte for byte, and answers every request with an empty object.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use percent_encoding::percent_decode_str;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::json::Tree;

/// One request as it came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// The verb.
    pub method: String,
    /// The path, still encoded, without the query.
    pub path: String,
    /// The query, still encoded.
    pub query: Option<String>,
    /// Headers in order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Recorded {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The query's pairs as a server decodes them.
    pub fn pairs(&self) -> Vec<(String, String)> {
        let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
        let pairs = self.query.as_deref().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
        pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(k, v)| (decode(k), decode(v))).collect()
    }

    /// The parts of a form, by name; none when the body is no form.
    ///
    /// # Errors
    /// When it is called a form but is none.
    pub fn form(&self) -> Result<Option<Vec<(String, String)>>, String> {
        let media = self.header("content-type").filter(|media| media.starts_with("multipart/form-data"));
        let Some(media) = media else { return Ok(None) };
        let boundary = media.split("boundary=").nth(1).ok_or("the form has no boundary")?.trim_matches('"');
        let text = String::from_utf8_lossy(&self.body);
        let mut parts = Vec::new();
        for part in text.split(&format!("--{boundary}")).skip(1).filter(|part| !part.starts_with("--")) {
            let (head, content) = part.split_once("\r\n\r\n").ok_or("a part of the form has no head")?;
            let name = head.split("; name=\"").nth(1).and_then(|rest| rest.split('"').next());
            let name = name.ok_or("a part of the form has no name")?;
            parts.push((name.to_owned(), content.strip_suffix("\r\n").unwrap_or(content).to_owned()));
        }
        Ok(Some(parts))
    }

    /// The body as JSON, the lines of NDJSON as an array; none when there is none.
    ///
    /// # Errors
    /// When it is not JSON.
    pub fn json(&self) -> Result<Option<Tree>, String> {
        let text = std::str::from_utf8(&self.body).map_err(|_| "the body that was sent is not UTF-8")?;
        if text.is_empty() {
            return Ok(None);
        }
        if !self.header("content-type").is_some_and(|media| media.contains("json")) {
            return Ok(Some(Tree::String(text.to_owned())));
        }
        let tree = match self.header("content-type") {
            Some(media) if media.contains("ndjson") => {
                text.lines().map(Tree::parse).collect::<Result<_, _>>().map(Tree::Array)
            }
            _ => Tree::parse(text),
        };
        tree.map(Some).map_err(|why| format!("the body that was sent is not JSON: {why}"))
    }
}

/// The server. It stops with the runtime it was started on.
#[derive(Clone, Debug)]
pub struct Recorder {
    address: SocketAddr,
    recorded: Arc<Mutex<Vec<Recorded>>>,
}

impl Recorder {
    /// Listens on a free port of the loopback interface.
    ///
    /// # Errors
    /// When none can be bound.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let recorder = Self { address: listener.local_addr()?, recorded: Arc::default() };
        let accepting = recorder.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = accepting.clone();
                tokio::spawn(async move { serving.serve(stream).await });
            }
        });
        Ok(recorder)
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Takes what came since the last time.
    pub fn take(&self) -> Vec<Recorded> {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Recorded>> {
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn serve(self, stream: TcpStream) -> io::Result<()> {
        let mut stream = BufReader::new(stream);
        while let Some(request) = read(&mut stream).await? {
            let body = if request.method == "HEAD" { "" } else { "{}" };
            self.lock().push(request);
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-elastic-product: Elasticsearch\r\n\
                 content-length: 2\r\n\r\n{body}"
            );
            stream.get_mut().write_all(answer.as_bytes()).await?;
        }
        Ok(())
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Recorded>> {
    let Some(first) = line(stream).await? else { return Ok(None) };
    let mut words = first.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query.to_owned())));
    let mut request = Recorded { method: method.to_owned(), path: path.to_owned(), query, ..Recorded::default() };
    while let Some(header) = line(stream).await?.filter(|header| !header.is_empty()) {
        if let Some((name, value)) = header.split_once(':') {
            request.headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    request.body = match request.header("content-length").and_then(|length| length.parse().ok()) {
        Some(length) => exactly(stream, length).await?,
        None if request.header("transfer-encoding").is_some() => chunks(stream).await?,
        None => Vec::new(),
    };
    Ok(Some(request))
}

async fn chunks(stream: &mut BufReader<TcpStream>) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let size = line(stream).await?.unwrap_or_default();
        let size = usize::from_str_radix(size.trim(), 16).map_err(|_| io::Error::other("no size of a chunk"))?;
        body.extend(exactly(stream, size).await?);
        line(stream).await?;
        if size == 0 {
            return Ok(body);
        }
    }
}

async fn exactly(stream: &mut BufReader<TcpStream>, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).await?;
    Ok(bytes)
}

async fn line(stream: &mut BufReader<TcpStream>) -> io::Result<Option<String>> {
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned()))
}
