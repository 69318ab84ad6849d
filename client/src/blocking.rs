//! Blocking calls, on one background runtime that this crate owns. They share no connection with async calls: a
//! connection lives on the runtime that made it, and hangs when that runtime is not running.

use std::future::Future;
use std::sync::OnceLock;

use tokio::runtime::{Builder, Handle, Runtime};

use crate::{Error, ErrorKind, telemetry};

/// Runs a call to its end on the background runtime.
///
/// # Errors
/// The call's own; and when this thread belongs to an async runtime, which waiting would block.
/// tokio does not tell its `spawn_blocking` threads from its workers, so those are refused too; there,
/// `Handle::block_on` takes the async call.
pub(crate) fn run<T, F>(future: F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>> + Send + 'static,
    T: Send + 'static,
{
    if Handle::try_current().is_ok() {
        return Err(Error::new(
            ErrorKind::Runtime,
            "a blocking call would block the async runtime it is made in; use `send().await`",
        ));
    }
    let future = telemetry::of_caller(future);
    let (sender, receiver) = std::sync::mpsc::sync_channel(1);
    runtime()?.spawn(async move {
        // The receiver waits below; that it is gone can't be.
        let _ = sender.send(future.await);
    });
    receiver.recv().unwrap_or_else(|_| Err(Error::new(ErrorKind::Runtime, "the background runtime gave up the call")))
}

/// Whether this is the background runtime: what a call does on its way, such as fetching a token, is done there too.
pub(crate) fn is_here() -> bool {
    let background = RUNTIME.get().and_then(|made| made.as_ref().ok());
    background.is_some_and(|runtime| Handle::try_current().is_ok_and(|here| here.id() == runtime.handle().id()))
}

static RUNTIME: OnceLock<std::io::Result<Runtime>> = OnceLock::new();

fn runtime() -> Result<&'static Runtime, Error> {
    let made = RUNTIME.get_or_init(|| {
        Builder::new_multi_thread().worker_threads(1).thread_name("elkit-blocking").enable_all().build()
    });
    made.as_ref().map_err(|error| {
        Error::new(ErrorKind::Runtime, format!("the background runtime can't start ({:?})", error.kind()))
    })
}
