//! The sockets: two loopback listeners on a thread of their own, so that a blocking caller can't starve them.

use std::io::{self, Read};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread::JoinHandle;

use bytes::Bytes;
use flate2::Compression;
use flate2::read::{GzDecoder, GzEncoder};
use http::HeaderValue;
use http_body_util::{BodyExt, Limited};
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::core::Core;
use crate::fault::{Effect, Fault};
use crate::log::{Product, RecordedRequest};
use crate::message::{Body, Reply, Request};

/// What Elasticsearch takes by default.
const MOST_BODY_BYTES: usize = 100 * 1024 * 1024;
/// Bodies nest as deep as their parser lets them, and every level costs a frame.
const STACK_BYTES: usize = 16 * 1024 * 1024;

/// The running servers; dropping it closes every connection.
pub(crate) struct Server {
    pub(crate) elasticsearch: SocketAddr,
    pub(crate) kibana: SocketAddr,
    stop: watch::Sender<()>,
    thread: Option<JoinHandle<()>>,
}

/// What turns a connection into an encrypted one.
#[cfg(feature = "tls")]
pub(crate) type Acceptor = tokio_rustls::TlsAcceptor;
#[cfg(not(feature = "tls"))]
#[derive(Clone)]
pub(crate) enum Acceptor {}

/// Binds both ports (0 for one that is free) and starts to answer.
pub(crate) fn start(
    core: &Arc<Core>,
    elasticsearch_port: u16,
    kibana_port: u16,
    acceptor: Option<Acceptor>,
) -> io::Result<Server> {
    let elasticsearch = bind(elasticsearch_port)?;
    let kibana = bind(kibana_port)?;
    let addresses = (elasticsearch.local_addr()?, kibana.local_addr()?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (stop, stopped) = watch::channel(());
    let core = Arc::clone(core);
    let thread =
        std::thread::Builder::new().name("elkit-stack".to_owned()).stack_size(STACK_BYTES).spawn(move || {
            // While the caller makes a client; connections wait meanwhile.
            core.spec(Product::Elasticsearch);
            runtime.block_on(async {
                let serve =
                    |listener, product| serve(listener, product, Arc::clone(&core), acceptor.clone(), stopped.clone());
                tokio::join!(serve(elasticsearch, Product::Elasticsearch), serve(kibana, Product::Kibana));
            });
        })?;
    Ok(Server { elasticsearch: addresses.0, kibana: addresses.1, stop, thread: Some(thread) })
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.send_replace(());
        if let Some(thread) = self.thread.take() {
            // A panic there was printed when it happened.
            let _ = thread.join();
        }
    }
}

fn bind(port: u16) -> io::Result<TcpListener> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

async fn serve(
    listener: TcpListener,
    product: Product,
    core: Arc<Core>,
    acceptor: Option<Acceptor>,
    mut stopped: watch::Receiver<()>,
) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
        return;
    };
    // Dropped with the future, and every connection with it.
    let mut connections = JoinSet::new();
    loop {
        let stream = tokio::select! {
            _ = stopped.changed() => return,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                // Out of file descriptors, most likely: the next attempt may do better.
                Err(_) => {
                    tokio::time::sleep(std::time::Duration::from_millis(10)).await;
                    continue;
                }
            },
        };
        // Small answers must not wait for an acknowledgement.
        let _ = stream.set_nodelay(true);
        let (core, acceptor) = (Arc::clone(&core), acceptor.clone());
        connections.spawn(async move {
            match acceptor {
                None => converse(stream, core, product).await,
                Some(acceptor) => converse_encrypted(acceptor, stream, core, product).await,
            }
        });
    }
}

async fn converse(stream: impl AsyncRead + AsyncWrite + Unpin, core: Arc<Core>, product: Product) {
    let service = service_fn(move |request| answer(Arc::clone(&core), product, request));
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service);
    // A client that went away is no concern of ours.
    let _ = connection.await;
}

#[cfg(feature = "tls")]
async fn converse_encrypted(acceptor: Acceptor, stream: TcpStream, core: Arc<Core>, product: Product) {
    // A client that does not trust the certificate, or shows none where it must, is refused by the handshake.
    if let Ok(stream) = acceptor.accept(stream).await {
        converse(stream, core, product).await;
    }
}

#[cfg(not(feature = "tls"))]
async fn converse_encrypted(acceptor: Acceptor, _: TcpStream, _: Arc<Core>, _: Product) {
    match acceptor {}
}

/// Why a connection ends without an answer.
#[derive(Debug)]
struct Dropped;

impl std::fmt::Display for Dropped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("connection dropped on demand")
    }
}

impl std::error::Error for Dropped {}

async fn answer(
    core: Arc<Core>,
    product: Product,
    request: http::Request<Incoming>,
) -> Result<http::Response<Answer>, Dropped> {
    let head = request.method() == http::Method::HEAD;
    let zipped = request.headers().get("accept-encoding").is_some_and(|value| accepts_gzip(value.as_bytes()));
    let request = match read(request).await {
        Ok(request) => request,
        Err(status) => return Ok(respond(Reply::empty(status), head, usize::MAX)),
    };
    let fault = core.next_fault(product, &request);
    if let Some(fault) = &fault
        && !fault.delay.is_zero()
    {
        tokio::time::sleep(fault.delay).await;
    }
    let sent = match &fault {
        Some(Fault { effect: Effect::Truncate(bytes), .. }) => *bytes,
        _ => usize::MAX,
    };
    let reply = match fault {
        Some(fault) if matches!(fault.effect, Effect::Disconnect) => None,
        Some(fault) => Some(fault.reply().unwrap_or_else(|| core.handle(product, &request))),
        None => Some(core.handle(product, &request)),
    };
    core.record(RecordedRequest::new(product, &request, reply.as_ref().map(|reply| reply.status)));
    reply.map(|reply| respond(if zipped && !head { zip(reply) } else { reply }, head, sent)).ok_or(Dropped)
}

/// A body that may end too soon: with an error, so that the connection goes down with it.
struct Answer {
    declared: u64,
    rest: Option<Bytes>,
    sent: usize,
    cut: Cut,
}

/// Whether a body ends too soon.
#[derive(Clone, Copy, PartialEq)]
enum Cut {
    No,
    Due,
    Now,
}

impl hyper::body::Body for Answer {
    type Data = Bytes;
    type Error = Dropped;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Dropped>>> {
        match self.rest.take() {
            Some(bytes) if bytes.len() > self.sent => {
                self.cut = Cut::Due;
                if self.sent > 0 {
                    return Poll::Ready(Some(Ok(Frame::data(bytes.slice(..self.sent)))));
                }
            }
            Some(bytes) if !bytes.is_empty() => return Poll::Ready(Some(Ok(Frame::data(bytes)))),
            _ => {}
        }
        match self.cut {
            Cut::No => Poll::Ready(None),
            Cut::Due => {
                // What was written so far goes out while this waits.
                self.cut = Cut::Now;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Cut::Now => Poll::Ready(Some(Err(Dropped))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.cut == Cut::No && self.rest.as_ref().is_none_or(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.declared)
    }
}

async fn read(request: http::Request<Incoming>) -> Result<Request, u16> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, MOST_BODY_BYTES).collect().await.map_err(|_| 413_u16)?.to_bytes();
    let body = match parts.headers.get("content-encoding").map(HeaderValue::as_bytes) {
        None | Some(b"identity") => body,
        Some(b"gzip") => unzip(&body)?,
        Some(_) => return Err(415),
    };
    Ok(Request {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body,
    })
}

/// What is smaller goes out as it is.
const LEAST_ZIPPED: usize = 1024;

fn accepts_gzip(header: &[u8]) -> bool {
    let header = String::from_utf8_lossy(header);
    header.split(',').any(|part| {
        let (name, weight) = part.split_once(";q=").unwrap_or((part, "1"));
        name.trim() == "gzip" && weight.trim().parse() != Ok(0.0)
    })
}

/// A body that is bigger than any body may be, when it is unpacked, is refused as one that is sent so.
fn unzip(body: &Bytes) -> Result<Bytes, u16> {
    let mut out = Vec::new();
    let most = u64::try_from(MOST_BODY_BYTES).unwrap_or(u64::MAX);
    GzDecoder::new(body.as_ref()).take(most + 1).read_to_end(&mut out).map_err(|_| 400_u16)?;
    if out.len() > MOST_BODY_BYTES { Err(413) } else { Ok(out.into()) }
}

fn zip(mut reply: Reply) -> Reply {
    let plain: Bytes = match &reply.body {
        Body::Empty => return reply,
        Body::Bytes(bytes) => bytes.clone(),
        Body::Json(value) => value.to_string().into(),
    };
    let mut zipped = Vec::new();
    let worth = plain.len() >= LEAST_ZIPPED && !reply.headers.contains_key("content-encoding");
    if worth && GzEncoder::new(plain.as_ref(), Compression::fast()).read_to_end(&mut zipped).is_ok() {
        reply.set("content-encoding", "gzip");
        reply.body = Body::Bytes(zipped.into());
    } else {
        reply.body = Body::Bytes(plain);
    }
    reply
}

/// Makes the response, of whose body only `sent` bytes will go out.
fn respond(reply: Reply, head: bool, sent: usize) -> http::Response<Answer> {
    let body = match reply.body {
        _ if head => Bytes::new(),
        Body::Empty => Bytes::new(),
        Body::Bytes(bytes) => bytes,
        Body::Json(value) => value.to_string().into(),
    };
    let declared = body.len() as u64;
    let mut response = http::Response::new(Answer { declared, rest: Some(body), sent, cut: Cut::No });
    *response.status_mut() =
        http::StatusCode::from_u16(reply.status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    *response.headers_mut() = reply.headers;
    response
}
