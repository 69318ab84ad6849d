//! Records what goes through an HTTP client. Secrets are taken out before anything is kept.

use std::sync::{Arc, Mutex, PoisonError};

use http::{Request, Response};

use super::clean::Cleaner;
use super::fixture::{Exchange, kept};
use crate::http::{BoxFuture, HttpBody, HttpClient, HttpError};

/// Larger answers are not recorded whole.
const LIMIT: usize = 64 << 20;

/// An HTTP client that passes everything on to another and keeps what was said. Give it to the builder's
/// `wrap_http_client`; clones share what they recorded.
///
/// Credentials are not kept: neither the header, nor where the server repeats it, nor parameters and members of JSON bodies
/// that are named as secrets are (`password`, `apiKey`, `token` ...), nor where the server repeats those. Forms are not kept
/// at all. Look at a fixture before you commit it all the same.
///
/// ```
/// use elkit::Elasticsearch;
/// use elkit::testing::Recorder;
///
/// # fn f() -> elkit::Result<()> {
/// let recorder = Recorder::new();
/// let es = Elasticsearch::from_env().wrap_http_client(recorder.layer()).build()?;
/// // ... calls ...
/// elkit::testing::Exchange::save(&recorder.exchanges(), "tests/fixtures/users.jsonl")?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    exchanges: Arc<Mutex<Vec<Exchange>>>,
}

impl Recorder {
    /// A recorder that heard nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What the builder's `wrap_http_client` wants.
    pub fn layer(&self) -> impl Fn(Arc<dyn HttpClient>) -> Arc<dyn HttpClient> + Send + Sync + use<> {
        let recorder = self.clone();
        move |inner| Arc::new(Recording { inner, recorder: recorder.clone() })
    }

    /// What was said, in order.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

struct Recording {
    inner: Arc<dyn HttpClient>,
    recorder: Recorder,
}

impl HttpClient for Recording {
    fn send(&self, request: Request<HttpBody>) -> BoxFuture<'_, Result<Response<HttpBody>, HttpError>> {
        Box::pin(async move {
            let method = request.method().to_string();
            let (target, sent, cleaner) = Cleaner::of(&request);
            let (parts, body) = self.inner.send(request).await?.into_parts();
            let body = body.collect(LIMIT).await?;
            let exchange = Exchange {
                method,
                target,
                request: sent,
                status: parts.status.as_u16(),
                headers: kept(&parts.headers).into_iter().map(|(name, value)| (name, cleaner.text(value))).collect(),
                answer: cleaner.answer(&body),
            };
            self.recorder.exchanges.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
            Ok(Response::from_parts(parts, body.into()))
        })
    }

    fn for_blocking(&self) -> Option<Arc<dyn HttpClient>> {
        let inner = self.inner.for_blocking()?;
        Some(Arc::new(Self { inner, recorder: self.recorder.clone() }))
    }
}
