//! Answers from what was recorded, without a network.

use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderName, HeaderValue, Request, Response, StatusCode};

use super::clean::{Cleaner, HIDDEN};
use super::fixture::Exchange;
use crate::http::{BoxFuture, HttpBody, HttpClient, HttpError, HttpErrorKind};

/// An HTTP client that answers what was recorded. Give it to the builder's `http_client`; clones share their exchanges.
///
/// Each exchange answers once: the first that is left with the request's verb, path, query and body (an exchange without
/// a body answers any). A request that none answers is an error that names it.
///
/// ```
/// use elkit::testing::{Exchange, Replay};
/// use elkit::{Elasticsearch, Method};
///
/// # fn main() -> elkit::Result<()> {
/// let replay = Replay::new([Exchange::new("GET", "/", 200, r#"{"tagline":"x"}"#)]);
/// let es = Elasticsearch::builder("http://localhost").http_client(replay.clone()).build()?;
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
/// # runtime.block_on(async {
/// let info = es.request(Method::GET, "/").send::<serde_json::Value>().await?;
/// assert_eq!(info["tagline"], "x");
/// assert!(replay.left().is_empty());
/// # Ok(()) }) }
/// ```
#[derive(Clone, Debug)]
pub struct Replay {
    left: Arc<Mutex<Vec<Exchange>>>,
}

impl Replay {
    /// Answers these.
    pub fn new(exchanges: impl IntoIterator<Item = Exchange>) -> Self {
        Self { left: Arc::new(Mutex::new(exchanges.into_iter().collect())) }
    }

    /// The exchanges that no request asked for yet.
    #[must_use]
    pub fn left(&self) -> Vec<Exchange> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn answer(&self, request: &Request<HttpBody>) -> Result<Response<HttpBody>, HttpError> {
        let (target, body, _) = Cleaner::of(request);
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = |exchange: &Exchange| {
            exchange.method == request.method().as_str()
                && exchange.target == target
                && (exchange.request.is_empty() || exchange.request == body)
        };
        let Some(place) = left.iter().position(fits) else {
            let message = format!("no exchange is left for {} {target}", request.method());
            return Err(HttpError::new(HttpErrorKind::Request, message.replace(HIDDEN, "?")));
        };
        let exchange = left.remove(place);
        let wrong = |error| HttpError::new(HttpErrorKind::Request, error);
        let mut answer = Response::new(HttpBody::from(exchange.answer));
        *answer.status_mut() = StatusCode::from_u16(exchange.status).map_err(|error| wrong(error.to_string()))?;
        for (name, value) in exchange.headers {
            let name = HeaderName::try_from(name).map_err(|error| wrong(error.to_string()))?;
            answer.headers_mut().append(name, HeaderValue::try_from(value).map_err(|error| wrong(error.to_string()))?);
        }
        Ok(answer)
    }
}

impl HttpClient for Replay {
    fn send(&self, request: Request<HttpBody>) -> BoxFuture<'_, Result<Response<HttpBody>, HttpError>> {
        Box::pin(async move { self.answer(&request) })
    }
}
