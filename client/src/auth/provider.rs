//! Credentials that are fetched when they are needed. The transport asks before every attempt; caching is the
//! provider's business.

use std::future::Future;

use super::Credentials;
use crate::Error;
use crate::http::BoxFuture;

/// Gives the credentials of each attempt. It is its source's only credential.
pub trait CredentialsProvider: Send + Sync + 'static {
    /// The credentials to use now.
    ///
    /// # Errors
    /// When there are none. The call fails with this error and nothing is sent.
    fn credentials(&self) -> BoxFuture<'_, Result<Credentials, Error>>;

    /// Told that a server answered 401 to these credentials. True asks for one more attempt with what
    /// [`credentials`](Self::credentials) gives then. By default, there is none.
    fn refused(&self, credentials: &Credentials) -> bool {
        let _ = credentials;
        false
    }
}

/// A provider that is a function.
///
/// ```
/// use elkit::auth::{Credentials, provider_fn};
///
/// let provider = provider_fn(|| async { Credentials::bearer("the token of this minute") });
/// ```
pub fn provider_fn<F, R>(function: F) -> impl CredentialsProvider
where
    F: Fn() -> R + Send + Sync + 'static,
    R: Future<Output = Result<Credentials, Error>> + Send + 'static,
{
    Function(function)
}

struct Function<F>(F);

impl<F, R> CredentialsProvider for Function<F>
where
    F: Fn() -> R + Send + Sync + 'static,
    R: Future<Output = Result<Credentials, Error>> + Send + 'static,
{
    fn credentials(&self) -> BoxFuture<'_, Result<Credentials, Error>> {
        Box::pin((self.0)())
    }
}
