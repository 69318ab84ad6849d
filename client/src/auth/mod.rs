//! Who is calling. Credentials are checked where they are made and chosen in one place, by one table:
//! [`precedence`]. Nothing here prints one.

mod credentials;
pub mod precedence;
mod provider;

pub use credentials::{ApiKey, Bearer, Credentials, IssuedApiKey, IssuedToken};
pub use provider::{CredentialsProvider, provider_fn};
