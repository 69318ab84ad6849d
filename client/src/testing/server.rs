//! The scripted server: one step a request, in order. It runs on a thread of its own and ends when it is dropped.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::serve::serve;

/// What the server does with one request.
#[derive(Clone, Debug)]
#[must_use = "a step does nothing until it is part of a script"]
pub struct Step {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Bytes,
    pub(super) length: Option<usize>,
    pub(super) act: Act,
    pub(super) before: Duration,
    pub(super) end: End,
}

/// How the answer is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Act {
    /// The whole answer.
    Answer,
    /// Its first bytes.
    Cut(usize),
    /// The head, then pieces of the body with a wait before each.
    Drip(usize, Duration),
    /// Nothing, and the request is not read.
    Refuse,
    /// Nothing, when the request's first line was read and no more of it.
    Line,
    /// Nothing, after the request was read.
    Nothing,
}

/// What becomes of the connection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum End {
    Keep,
    Close,
    Reset,
    Stall,
}

impl Step {
    /// An answer with this status and body. It says that it comes from Elasticsearch; see
    /// [`foreign`](Self::foreign).
    pub fn answer(status: u16, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: vec![("x-elastic-product".to_owned(), "Elasticsearch".to_owned())],
            body: body.into(),
            length: None,
            act: Act::Answer,
            before: Duration::ZERO,
            end: End::Keep,
        }
    }

    /// An answer of JSON.
    pub fn json(status: u16, body: impl Into<Bytes>) -> Self {
        Self::answer(status, body).header("content-type", "application/json")
    }

    /// Takes the headers away, so that the answer does not seem to come from Elasticsearch.
    pub fn foreign(mut self) -> Self {
        self.headers.clear();
        self
    }

    /// Adds a header.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Waits before the answer.
    pub fn after(mut self, wait: Duration) -> Self {
        self.before = wait;
        self
    }

    /// Says another `content-length` than the body's.
    pub fn claim_length(mut self, length: usize) -> Self {
        self.length = Some(length);
        self
    }

    /// Sends the head, then the body in pieces of `size` bytes, with a wait before each.
    pub fn drip(mut self, size: usize, wait: Duration) -> Self {
        self.act = Act::Drip(size.max(1), wait);
        self
    }

    /// Sends only the first `bytes` of head and body together.
    pub fn cut(mut self, bytes: usize) -> Self {
        self.act = Act::Cut(bytes);
        self
    }

    /// Closes the connection afterwards.
    pub fn close(mut self) -> Self {
        self.end = End::Close;
        self
    }

    /// Resets the connection afterwards (RST).
    pub fn reset(mut self) -> Self {
        self.end = End::Reset;
        self
    }

    /// Holds the connection open afterwards and says nothing more.
    pub fn stall(mut self) -> Self {
        self.end = End::Stall;
        self
    }

    /// Resets the connection before the request is read.
    pub fn reset_before_request() -> Self {
        Self { act: Act::Refuse, ..Self::answer(500, "") }.reset()
    }

    /// Resets the connection in the middle of the request, once its first line was read. It does not count as read.
    pub fn reset_after_request_line() -> Self {
        Self { act: Act::Line, ..Self::answer(500, "") }.reset()
    }

    /// Resets the connection once the request was read, without an answer.
    pub fn reset_after_request() -> Self {
        Self { act: Act::Nothing, ..Self::answer(500, "") }.reset()
    }

    /// Reads the request and never answers.
    pub fn hang() -> Self {
        Self { act: Act::Nothing, ..Self::answer(500, "") }.stall()
    }
}

/// One request as it came.
#[derive(Clone)]
#[non_exhaustive]
pub struct Received {
    /// The verb.
    pub method: String,
    /// Path and query, as they were sent.
    pub target: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, without the framing of chunks. Not kept when it is larger than 16 MiB.
    pub body: Bytes,
    /// How many bytes the body had.
    pub body_size: u64,
}

impl Received {
    /// A header, if it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl std::fmt::Debug for Received {
    /// Names and sizes: a request carries secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Received({}, {} headers, {} bytes)", self.method, self.headers.len(), self.body_size)
    }
}

/// A server on loopback that does what its script says, one step a request, whatever the request. When the script is
/// over, it answers 200 with `{}`.
#[derive(Debug)]
pub struct Server {
    url: String,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

#[derive(Debug)]
pub(super) struct Shared {
    script: Mutex<VecDeque<Step>>,
    received: Mutex<Vec<Received>>,
    connections: Mutex<usize>,
    otherwise: Step,
}

impl Server {
    /// Starts a server with a script.
    ///
    /// # Errors
    /// When loopback has no free port, or no thread can be started.
    pub fn start(script: impl IntoIterator<Item = Step>) -> io::Result<Self> {
        Self::with(script, Step::json(200, "{}"))
    }

    /// Starts a server that always does the same.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn always(step: Step) -> io::Result<Self> {
        Self::with([], step)
    }

    /// The URL of a port of loopback on which nobody listens.
    ///
    /// # Errors
    /// When loopback has no free port.
    pub fn dead() -> io::Result<String> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        Ok(format!("http://{}", listener.local_addr()?))
    }

    fn with(script: impl IntoIterator<Item = Step>, otherwise: Step) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let url = format!("http://{}", listener.local_addr()?);
        let shared = Arc::new(Shared {
            script: Mutex::new(script.into_iter().collect()),
            received: Mutex::default(),
            connections: Mutex::default(),
            otherwise,
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let serving = Arc::clone(&shared);
        let thread = thread::Builder::new().name("elkit-test-server".to_owned()).spawn(move || {
            runtime.block_on(async move {
                let Ok(listener) = TcpListener::from_std(listener) else { return };
                tokio::spawn(accept(listener, serving));
                let _ = stopped.await;
            });
        })?;
        Ok(Self { url, shared, stop: Some(stop), thread: Some(thread) })
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Adds a step to the script.
    pub fn push(&self, step: Step) {
        lock(&self.shared.script).push_back(step);
    }

    /// The requests that were read, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<Received> {
        lock(&self.shared.received).clone()
    }

    /// How many connections were made.
    #[must_use]
    pub fn connections(&self) -> usize {
        *lock(&self.shared.connections)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // The thread only serves; that it panicked is nothing to those who drop the server.
            let _ = thread.join();
        }
    }
}

impl Shared {
    /// Takes the next step if it is this one, which wants no request to be read.
    pub(super) fn takes(&self, act: Act) -> bool {
        let mut script = lock(&self.script);
        script.front().is_some_and(|step| step.act == act) && script.pop_front().is_some()
    }

    /// Notes a request and takes the step for it.
    pub(super) fn step(&self, received: Received) -> Step {
        lock(&self.received).push(received);
        lock(&self.script).pop_front().unwrap_or_else(|| self.otherwise.clone())
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        *lock(&shared.connections) += 1;
        tokio::spawn(serve(stream, Arc::clone(&shared)));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
