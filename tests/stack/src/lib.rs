//! A small honest stand-in for Elasticsearch and Kibana on loopback, for quick starts and tests.
//!
//! It keeps real state where it matters (users, roles, API keys, tokens, privileges, profiles, spaces) and refuses what
//! the real products refuse, with their statuses and bodies. Every other operation of the specification is routed and
//! checked, and answered with what fits. It is checked against Elastic's published specification and tests, and proves
//! nothing about a live server.
//!
//! ```
//! use elkit_stack::Stack;
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> std::io::Result<()> {
//! let stack = Stack::start().await?;
//! println!("{} as elastic:{}", stack.elasticsearch_url(), stack.elastic_password());
//! # Ok(()) }
//! ```
//!
//! # What tests can ask of it
//!
//! - [`Builder::clock`]: let keys and tokens expire without a sleep.
//! - [`Builder::seed`]: the same ids and secrets in every run.
//! - [`Stack::requests`]: what was sent, byte for byte.
//! - [`Stack::fail_next`]: statuses, closed connections and delays on demand.

mod clock;
mod core;
mod es;
mod fault;
mod ids;
mod kibana;
mod log;
mod message;
mod router;
mod server;
mod spec;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::sync::Arc;

pub use crate::clock::Clock;
pub use crate::fault::Fault;
pub use crate::log::{Product, RecordedRequest};

use crate::core::Core;
use crate::ids::Ids;
use crate::server::Server;

/// What `generate` writes: every operation and type of both products.
const TABLE: &str = include_str!("table.json");

/// A running Elasticsearch and Kibana; both stop when it is dropped.
pub struct Stack {
    core: Arc<Core>,
    server: Server,
    clock: Clock,
    password: String,
}

impl Stack {
    /// Starts a stack on two free ports of the loopback interface.
    ///
    /// # Errors
    ///
    /// Fails when no port can be bound.
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    /// Starts a stack from code that is not async.
    ///
    /// # Errors
    ///
    /// Fails when no port can be bound.
    pub fn start_blocking() -> io::Result<Self> {
        Self::builder().start_blocking()
    }

    /// Returns a builder to say how the stack should be.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Returns where Elasticsearch is, as `http://127.0.0.1:39201`.
    pub fn elasticsearch_url(&self) -> String {
        format!("http://{}", self.server.elasticsearch)
    }

    /// Returns where Kibana is, as `http://127.0.0.1:35601`.
    pub fn kibana_url(&self) -> String {
        format!("http://{}", self.server.kibana)
    }

    /// Returns the password of the superuser `elastic`.
    pub fn elastic_password(&self) -> &str {
        &self.password
    }

    /// Returns the clock that the stack reads.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Returns the requests so far, the oldest first; the last 10,000 of them.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.core.requests()
    }

    /// Forgets the requests so far.
    pub fn clear_requests(&self) {
        self.core.clear_requests();
    }

    /// Lets the next `count` requests, to either product, meet a fault: a status, or a [`Fault`].
    pub fn fail_next(&self, count: usize, fault: impl Into<Fault>) {
        let fault = fault.into();
        for _ in 0..count {
            self.core.add_fault(fault.clone());
        }
    }
}

impl fmt::Debug for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stack")
            .field("elasticsearch", &self.server.elasticsearch)
            .field("kibana", &self.server.kibana)
            .finish_non_exhaustive()
    }
}

/// Says how a [`Stack`] should be.
#[derive(Default)]
pub struct Builder {
    clock: Clock,
    seed: Option<u64>,
    password: Option<String>,
    elasticsearch_port: u16,
    kibana_port: u16,
    table: Option<String>,
    require_table: bool,
    serverless: bool,
}

impl Builder {
    /// Sets the clock. By default, the stack follows the system's.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Makes ids and secrets the same in every run. By default, they are random.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Sets the password of `elastic`. By default, it is random (or follows from the seed).
    #[must_use]
    pub fn elastic_password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// Sets Elasticsearch's port. By default, the system picks one.
    #[must_use]
    pub fn elasticsearch_port(mut self, port: u16) -> Self {
        self.elasticsearch_port = port;
        self
    }

    /// Sets Kibana's port. By default, the system picks one.
    #[must_use]
    pub fn kibana_port(mut self, port: u16) -> Self {
        self.kibana_port = port;
        self
    }

    /// Sets the table of operations, in the form that `generate` writes: private routes are then answered too. By
    /// default, it is the one that the stack was built with.
    #[must_use]
    pub fn table(mut self, json: impl Into<String>) -> Self {
        self.table = Some(json.into());
        self
    }

    /// Refuses to start without the table of all operations. By default, a stack that was built without one knows its
    /// stateful operations only.
    #[must_use]
    pub fn require_table(mut self, required: bool) -> Self {
        self.require_table = required;
        self
    }

    /// Lets Elasticsearch be as on Elastic Serverless: operations that are not public there are refused with 410, and it
    /// says so of itself. Rules that Serverless has for what may stand in a role are not kept.
    #[must_use]
    pub fn serverless(mut self) -> Self {
        self.serverless = true;
        self
    }

    /// Starts the stack.
    ///
    /// # Errors
    ///
    /// Fails when a port can't be bound, or when the table is required and empty.
    pub async fn start(self) -> io::Result<Stack> {
        // The servers run on a thread of their own, so there is nothing to wait for.
        self.start_blocking()
    }

    /// Starts the stack from code that is not async.
    ///
    /// # Errors
    ///
    /// As [`Builder::start`].
    pub fn start_blocking(self) -> io::Result<Stack> {
        let table = self.table.map_or(Cow::Borrowed(TABLE), Cow::Owned);
        if self.require_table && !table.contains("\"id\"") {
            return Err(io::Error::other("the table of operations is empty; run `cargo xtask generate`"));
        }
        let mut ids = Ids::new(self.seed);
        let password = self.password.unwrap_or_else(|| ids.secret());
        let core = Core::new(self.clock.clone(), ids, &password, table);
        let core = Arc::new(if self.serverless { core.serverless() } else { core });
        let server = server::start(&core, self.elasticsearch_port, self.kibana_port)?;
        Ok(Stack { core, server, clock: self.clock, password })
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").finish_non_exhaustive()
    }
}
