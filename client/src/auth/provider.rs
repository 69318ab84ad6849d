//! Credentials that are fetched when they are needed. The transport asks before every attempt; caching is the
//! provider's business.

use std::future::Future;

use super::Credentials;
use crate::Error;
use crate::http::BoxFuture;

/// Gives the credentials of each attempt. It is its source's only credential.
///
/// Calls ask from many tasks at once, and drop what they asked for when they run out of time: who fetches must see to it
/// that one fetch serves all, as [`TokenProvider::from_fn`](super::TokenProvider::from_fn) does. Clones of a provider that
/// is an `Arc`, and of those in this module, share what they fetched.
pub trait CredentialsProvider: Send + Sync + 'static {
    /// The credentials to use now.
    ///
    /// # Errors
    /// When there are none. The call fails with this error and nothing is sent.
    fn credentials(&self) -> BoxFuture<'_, Result<Credentials, Error>>;

    /// Told that a server answered 401 to these credentials. True says that there may be others by now: then
    /// [`credentials`](Self::credentials) is asked again, and what it gives is tried once if it differs. An error that it
    /// gives then is the call's. By default, there are no others.
    ///
    /// It must not block: what has to be fetched is fetched by `credentials`.
    fn refused(&self, credentials: &Credentials) -> bool {
        let _ = credentials;
        false
    }
}

impl<T: CredentialsProvider + ?Sized> CredentialsProvider for std::sync::Arc<T> {
    fn credentials(&self) -> BoxFuture<'_, Result<Credentials, Error>> {
        T::credentials(self)
    }

    fn refused(&self, credentials: &Credentials) -> bool {
        T::refused(self, credentials)
    }
}

/// A provider that is a function, asked for every attempt.
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
