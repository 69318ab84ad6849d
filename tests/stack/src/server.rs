//! The sockets: two loopback listeners on a thread of their own, so that a blocking caller can't starve them.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::core::Core;
use crate::fault::Effect;
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

/// Binds both ports (0 for one that is free) and starts to answer.
pub(crate) fn start(core: &Arc<Core>, elasticsearch_port: u16, kibana_port: u16) -> io::Result<Server> {
    let elasticsearch = bind(elasticsearch_port)?;
    let kibana = bind(kibana_port)?;
    let addresses = (elasticsearch.local_addr()?, kibana.local_addr()?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (stop, stopped) = watch::channel(());
    let core = Arc::clone(core);
    let thread =
        std::thread::Builder::new().name("elkit-stack".to_owned()).stack_size(STACK_BYTES).spawn(move || {
            runtime.block_on(async {
                let serve = |listener, product| serve(listener, product, Arc::clone(&core), stopped.clone());
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

async fn serve(listener: TcpListener, product: Product, core: Arc<Core>, mut stopped: watch::Receiver<()>) {
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
        let core = Arc::clone(&core);
        connections.spawn(async move {
            let service = service_fn(move |request| answer(Arc::clone(&core), product, request));
            let connection = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service);
            // A client that went away is no concern of ours.
            let _ = connection.await;
        });
    }
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
) -> Result<http::Response<Full<Bytes>>, Dropped> {
    let head = request.method() == http::Method::HEAD;
    let request = match read(request).await {
        Ok(request) => request,
        Err(status) => return Ok(respond(Reply::empty(status), head)),
    };
    let fault = core.next_fault();
    if let Some(fault) = &fault
        && !fault.delay.is_zero()
    {
        tokio::time::sleep(fault.delay).await;
    }
    let reply = match fault {
        Some(fault) if matches!(fault.effect, Effect::Disconnect) => None,
        Some(fault) => Some(fault.reply().unwrap_or_else(|| core.handle(product, &request))),
        None => Some(core.handle(product, &request)),
    };
    core.record(RecordedRequest::new(product, &request, reply.as_ref().map(|reply| reply.status)));
    reply.map(|reply| respond(reply, head)).ok_or(Dropped)
}

async fn read(request: http::Request<Incoming>) -> Result<Request, u16> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, MOST_BODY_BYTES).collect().await.map_err(|_| 413_u16)?;
    Ok(Request {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body: body.to_bytes(),
    })
}

fn respond(reply: Reply, head: bool) -> http::Response<Full<Bytes>> {
    let body = match reply.body {
        _ if head => Bytes::new(),
        Body::Empty => Bytes::new(),
        Body::Bytes(bytes) => bytes,
        Body::Json(value) => value.to_string().into(),
    };
    let mut response = http::Response::new(Full::new(body));
    *response.status_mut() =
        http::StatusCode::from_u16(reply.status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    *response.headers_mut() = reply.headers;
    response
}
