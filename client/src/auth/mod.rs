//! Who is calling. Credentials are checked where they are made and chosen in one place, by one table:
//! [`precedence`]. Nothing here prints one.

mod api_key;
mod bearer;
mod credentials;
mod environment;
mod file;
#[cfg(feature = "security")]
mod grants;
#[cfg(feature = "security")]
mod issued;
pub mod links;
pub mod precedence;
mod provider;
// Sessions end and keys retire with the feature `security` alone.
#[cfg_attr(not(feature = "security"), allow(dead_code))]
mod renew;
#[cfg(feature = "security")]
mod rotate;
#[cfg(feature = "security")]
pub mod sso;
mod token;

pub use api_key::{ApiKey, IssuedApiKey};
pub use bearer::{Bearer, IssuedToken};
pub use credentials::Credentials;
pub use environment::EnvironmentProvider;
pub use file::FileProvider;
pub use provider::{CredentialsProvider, provider_fn};
#[cfg(feature = "security")]
pub use rotate::RotatingApiKey;
pub use token::{TokenProvider, Tokens};
