//! What tests of code that uses elkit need (feature `test-kit`): a [`Server`] on loopback that does what a script says,
//! faults included, and a [`Recorder`] and a [`Replay`] that stand where the HTTP client stands.
//!
//! ```
//! use elkit::testing::{Server, Step};
//! use elkit::{Elasticsearch, Method};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = Server::start([Step::json(503, "{}").header("retry-after", "0"), Step::json(200, r#"{"ok":true}"#)])?;
//! let es = Elasticsearch::builder(server.url()).build()?;
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! # runtime.block_on(async {
//! let answer = es.request(Method::GET, "/").send::<serde_json::Value>().await?;
//! assert_eq!((answer["ok"].as_bool(), server.requests().len()), (Some(true), 2));
//! # Ok::<(), elkit::Error>(()) })?;
//! # Ok(()) }
//! ```

mod clean;
mod fixture;
mod record;
mod replay;
mod serve;
mod server;

pub use fixture::Exchange;
pub use record::Recorder;
pub use replay::Replay;
pub use server::{Received, Server, Step};
