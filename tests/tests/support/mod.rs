//! What the tests on loopback share. A [`Server`] gives every request the same answer and keeps it as it came; it
//! decides nothing, so that a test sees what the client sent and nothing else.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use tracing_subscriber::fmt::format::FmtSpan;

/// One request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Recorded {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

/// A server that runs until the process ends.
pub(crate) struct Server {
    url: String,
    recorded: Arc<Mutex<Vec<Recorded>>>,
}

impl Server {
    /// Answers every request with this status, these header lines and this body.
    pub(crate) fn answering(status: u16, headers: &str, body: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let url = format!("http://{}", listener.local_addr().expect("a bound listener has an address"));
        let recorded = Arc::new(Mutex::new(Vec::new()));
        let answer = format!(
            "HTTP/1.1 {status} X\r\nx-elastic-product: Elasticsearch\r\nconnection: close\r\n\
             content-length: {}\r\n{headers}\r\n{body}",
            body.len()
        );
        let (log, answer) = (Arc::clone(&recorded), Arc::<str>::from(answer));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                thread::spawn(move || serve(stream, &log, &answer));
            }
        });
        Self { url, recorded }
    }

    /// The same with JSON.
    pub(crate) fn json(status: u16, body: &str) -> Self {
        Self::answering(status, "content-type: application/json\r\n", body)
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The requests since this was asked last.
    pub(crate) fn take(&self) -> Vec<Recorded> {
        std::mem::take(&mut *self.recorded.lock().expect("no test panics here"))
    }
}

fn serve(mut stream: TcpStream, log: &Mutex<Vec<Recorded>>, answer: &str) {
    let Ok(read) = stream.try_clone() else { return };
    if let Ok(request) = request(BufReader::new(read)) {
        log.lock().expect("no test panics here").push(request);
        // A client that gave up does not read the answer.
        let _ = stream.write_all(answer.as_bytes());
    }
}

fn request(mut stream: impl BufRead) -> std::io::Result<Recorded> {
    let mut request = Recorded { headers: Vec::new(), body: String::new() };
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? <= 2 {
            break;
        }
        if let Some((name, value)) = line.trim_end().split_once(": ") {
            let name = name.to_ascii_lowercase();
            if name == "content-length" {
                length = value.parse().unwrap_or(0);
            }
            request.headers.push((name, value.to_owned()));
        }
    }
    stream.take(length).read_to_string(&mut request.body)?;
    Ok(request)
}

/// Runs `f` and returns everything that was traced meanwhile on this thread and for it: spans, events and fields.
pub(crate) fn traced<R>(f: impl FnOnce() -> R) -> (R, String) {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let result = tracing::subscriber::with_default(subscriber, f);
    let log = log.0.lock().expect("no test panics here");
    (result, String::from_utf8_lossy(&log).into_owned())
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no test panics here").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Runs a future to its end.
pub(crate) fn wait<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts").block_on(future)
}
