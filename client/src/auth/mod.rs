//! Who is calling. Credentials are checked where they are made and chosen in one place, by one table:
//! [`precedence`]. Nothing here prints one.

mod api_key;
mod bearer;
mod credentials;
#[cfg(feature = "security")]
mod issued;
pub mod precedence;
mod provider;

pub use api_key::{ApiKey, IssuedApiKey};
pub use bearer::{Bearer, IssuedToken};
pub use credentials::Credentials;
pub use provider::{CredentialsProvider, provider_fn};
