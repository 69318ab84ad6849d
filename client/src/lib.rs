#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod auth;
#[cfg(feature = "blocking")]
mod blocking;
pub mod body;
mod call;
mod client;
pub mod config;
mod error;
mod extra;
pub mod guide;
pub mod http;
mod options;
pub mod paginate;
mod redact;
mod request;
pub mod response;
#[doc(hidden)]
pub mod rt;
mod secret;
mod telemetry;
#[cfg(feature = "test-kit")]
pub mod testing;
mod tls;
mod transport;
pub mod types;

mod generated;
pub use crate::generated::{elasticsearch, kibana};

pub use crate::auth::Credentials;
pub use crate::call::Call;
pub use crate::client::{Client, Elasticsearch, Kibana};
pub use crate::config::{Builder, Config};
pub use crate::error::{Cause, Error, ErrorKind, Result};
pub use crate::options::RequestOptions;
pub use crate::request::RawRequest;
pub use crate::response::Response;
pub use crate::secret::Secret;
pub use crate::transport::hooks::{Attempt, Hook, Outcome};
pub use ::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
