//! A small honest stand-in for Elasticsearch and Kibana on loopback, for quick starts and tests.
//!
//! It keeps real state where it matters and refuses what the real products refuse, with their statuses and bodies. Every
//! other operation of the specification is routed and checked, and answered with what fits. It is checked against
//! Elastic's published specification and tests, and proves nothing about a live server.
//!
//! ```
//! use elkit_stack::Stack;
//!
//! # fn main() -> std::io::Result<()> {
//! let stack = Stack::start_blocking()?; // or `Stack::start().await?`
//! println!("{} as elastic:{}", stack.elasticsearch_url(), stack.elastic_password());
//! // Every client speaks to it: elkit, Elastic's own, curl. It stops when it is dropped.
//! # Ok(()) }
//! ```
//!
//! A stack starts in milliseconds on ports that the system picks, so every test has one of its own. Its servers run on
//! a thread of their own: tests that block their only thread are answered too.
//!
//! # Time
//!
//! Keys and tokens expire by the stack's [`Clock`]. One that stands still is moved by the test: no sleep, no flake.
//!
//! ```
//! use std::time::Duration;
//! use elkit_stack::{Clock, Stack};
//!
//! # use std::io::{Read, Write};
//! # /// Sends a request as `elastic` and returns the answer's status.
//! # fn send(stack: &Stack, authorization: &str, request: &str, body: &str) -> String {
//! #     let mut stream = std::net::TcpStream::connect(stack.elasticsearch_url().trim_start_matches("http://")).unwrap();
//! #     write!(stream, "{request} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: {authorization}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
//! #     let mut answer = String::new();
//! #     let _ = stream.read_to_string(&mut answer);
//! #     answer
//! # }
//! # fn main() -> std::io::Result<()> {
//! let stack = Stack::builder().clock(Clock::manual()).elastic_password("changeme").start_blocking()?;
//! let elastic = "Basic ZWxhc3RpYzpjaGFuZ2VtZQ==";
//! // `send` is whatever client you test with.
//! let made = send(&stack, elastic, "POST /_security/api_key", r#"{"name": "k", "expiration": "1h"}"#);
//! # let encoded = made.split("\"encoded\":\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
//! let key = format!("ApiKey {encoded}");
//! assert!(send(&stack, &key, "GET /_security/_authenticate", "").starts_with("HTTP/1.1 200"));
//! stack.clock().advance(Duration::from_secs(3600));
//! assert!(send(&stack, &key, "GET /_security/_authenticate", "").starts_with("HTTP/1.1 401"));
//! # Ok(()) }
//! ```
//!
//! # Failures
//!
//! [`Stack::fail_next`] lets the next requests meet a [`Fault`]: a status with headers and a body, a connection that
//! closes before or amid the answer, a wait. A fault may be for one product, path or verb only.
//!
//! ```
//! use elkit_stack::{Fault, Product, Stack};
//!
//! # fn main() -> std::io::Result<()> {
//! let stack = Stack::start_blocking()?;
//! stack.fail_next(2, 503);
//! stack.fail_next(1, Fault::status(429).header("retry-after", "1").on(Product::Kibana));
//! // The key is made, and the client never learns it.
//! stack.fail_next(1, Fault::truncate(0).path("/_security/api_key").verb("POST"));
//! assert_eq!(stack.clear_faults(), 4); // none of them was met
//! # Ok(()) }
//! ```
//!
//! # Single sign-on
//!
//! The realms `oidc1`, `saml1`, `kerb1` and `pki1` trust [`Stack::identity_provider`]: it makes the redirects, codes, signed
//! responses, tickets and certificate chains that a login brings, and the realms check them as they came. Role mappings say
//! which roles those people have. [`Builder::anonymous`] lets somebody in who shows nothing.
//!
//! # What was sent
//!
//! [`Stack::requests`] has the last 10,000 requests as they came, credentials included, with the status of each answer.
//! Their `Debug` shows no header value and no body.
//!
//! ```
//! # use elkit_stack::Stack;
//! # fn main() -> std::io::Result<()> {
//! # let stack = Stack::start_blocking()?;
//! for request in stack.requests() {
//!     println!("{} {} {:?} {:?}", request.method, request.path, request.query_pairs(), request.json());
//! }
//! stack.clear_requests();
//! # Ok(()) }
//! ```
//!
//! # The same in every run
//!
//! With [`Builder::seed`] the same requests make the same ids, keys and tokens: what they answer can stand in a snapshot.
//!
//! # TLS
//!
//! With the feature `tls`, `Stack::builder().tls()` serves both products with certificates of an authority that is made at
//! the start; [`Stack::ca_pem`](Stack#method.ca_pem) is what a client must trust, `ca_fingerprint()` what it may pin.
//! `require_client_certificate()` wants one of every client, and `client_identity()` is one.
//!
//! # Serverless
//!
//! [`Builder::serverless`] refuses what is not public on Elastic Serverless, with the 410 that it has.
//!
//! # What it keeps
//!
//! Of Elasticsearch: the security API, whole, and `GET /`, `HEAD /` and `GET /_cluster/health` beside it. Passwords are hashed
//! and have a least length, users are switched off, roles that do not exist grant nothing, privileges imply others and decide
//! what is forbidden, an API key does no more than its owner could when it was made, refresh tokens are used once. Users
//! and roles that are reserved stay as they are. Requests are checked against the specification: unknown members and
//! parameters, missing and wrong ones are refused in Elasticsearch's words.
//!
//! Of Kibana, which knows the same users, keys and tokens: spaces, and in each of them its own connectors, data views with their
//! runtime fields, saved objects (with export, import and copies to other spaces), alerting rules with their snoozes, cases with
//! comments and short URLs; and roles, which are Elasticsearch's, with application privileges. What is secret in a connector is
//! never kept; [`Builder::preconfigured_connector`] adds one that nobody can change. All other operations
//! are checked (parameters, bodies, forms, versions, `kbn-xsrf`) and answered with what fits the specification.
//!
//! # What it does not do
//!
//! - There are no indices and no documents. Index privileges and document or field level security are kept, checked and
//!   answered by `_has_privileges`, but there is nothing that they could forbid.
//! - Users are those of the native and the reserved realm, and whom the identity provider vouches for. A role mapping is given
//!   to the latter alone, as in Elasticsearch; role templates are kept and give nothing. There is no file realm and no licence
//!   that lacks anything.
//! - The identity provider signs in a way of its own: nothing is learnt here of whether signatures of SAML, OpenID Connect,
//!   Kerberos or X.509 are read rightly.
//! - A `password_hash` must be bcrypt for its user to log in. The other algorithms are accepted, and no password fits.
//! - `refresh`, `master_timeout` and the like are checked and change nothing: every write is seen at once. Caches are never
//!   out of date, and clearing them does nothing.
//! - `_query` takes the clauses that Elasticsearch takes there, over exact values: `match` is `term`, `simple_query_string`
//!   knows words and `*` alone, date arithmetic is `now` with one addition and no rounding. Scores are not computed.
//! - Nothing runs in Kibana: no rule, no connector, no push of a case. Fleet, detections, dashboards' own API and all else that
//!   is not named above keep nothing. A snoozed rule tells so and nothing else comes of it, a case has no files, no history and
//!   no configuration, saved objects have one space and no aliases.
//! - What a caller may do in Kibana is decided by the privileges that the specification names, as base and feature privileges
//!   grant them: for agent builder, Fleet with its parts, integrations, maintenance windows, streams and copies between spaces.
//!   Elsewhere a base privilege of the space decides, or a feature where it is clear which one a path is about; else any
//!   feature opens it. Roles need what Elasticsearch asks for.
//! - `_find` looks for `search` as a part of titles and names, and reads `filter` as far as it says `field: value` with wildcards,
//!   compares, `and`, `or` and `not`; `aggs` change nothing. A space's solution hides some features of the other solutions, not
//!   all that Kibana knows.
//! - Where documents leave an answer open, or say what live servers contradict, it is as the servers' own tests have it: rules
//!   are found by pages, listed connectors count their references.
//! - Serverless' own rules of what may stand in a role are not kept. No other node can join: what `enroll/node` answers
//!   but for the certificate is made up.
//! - It speaks HTTP/1.1, packs and unpacks gzip, and takes bodies up to 100 MB. State is in memory and gone with it.
//! - Reasons in refusals are Elasticsearch's own where users look at them; elsewhere they say the same in other words.
//! - `filter_path` and `pretty` shape every answer of Elasticsearch; `human` and `error_trace` are taken and change none.
//! - Secrets are hashed once, for speed. It listens on loopback only and protects nothing.

mod clock;
mod core;
mod es;
mod fault;
mod hash;
mod identity_provider;
mod ids;
mod kibana;
mod log;
mod message;
mod router;
mod server;
mod spec;
#[cfg(test)]
mod tests;
#[cfg(feature = "tls")]
mod tls;

use std::fmt;
use std::io;
use std::sync::Arc;

pub use crate::clock::Clock;
pub use crate::fault::Fault;
pub use crate::identity_provider::{IdentityProvider, Person};
pub use crate::log::{Product, RecordedRequest};
#[cfg(feature = "tls")]
pub use crate::tls::Identity;

use crate::core::{Core, Tables};
use crate::ids::Ids;
use crate::server::Server;

/// A running Elasticsearch and Kibana; both stop when it is dropped.
pub struct Stack {
    core: Arc<Core>,
    server: Server,
    clock: Clock,
    password: String,
    #[cfg(feature = "tls")]
    tls: Option<tls::Tls>,
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

    /// Returns where Elasticsearch is, as `http://127.0.0.1:39201`; with TLS, `https`.
    pub fn elasticsearch_url(&self) -> String {
        format!("{}://{}", self.scheme(), self.server.elasticsearch)
    }

    /// Returns where Kibana is, as `http://127.0.0.1:35601`; with TLS, `https`.
    pub fn kibana_url(&self) -> String {
        format!("{}://{}", self.scheme(), self.server.kibana)
    }

    /// Returns the password of the superuser `elastic`.
    pub fn elastic_password(&self) -> &str {
        &self.password
    }

    /// Returns the identity provider that the realms `oidc1`, `saml1`, `kerb1` and `pki1` trust.
    pub fn identity_provider(&self) -> IdentityProvider<'_> {
        IdentityProvider { core: &self.core }
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

    /// Lets the next `count` requests meet a fault: a status, or a [`Fault`], which says what requests it is for.
    pub fn fail_next(&self, count: usize, fault: impl Into<Fault>) {
        let fault = fault.into();
        for _ in 0..count {
            self.core.add_fault(fault.clone());
        }
    }

    /// Forgets the faults that no request has met yet, and tells how many there were.
    pub fn clear_faults(&self) -> usize {
        self.core.clear_faults()
    }

    fn scheme(&self) -> &'static str {
        #[cfg(feature = "tls")]
        if self.tls.is_some() {
            return "https";
        }
        "http"
    }
}

/// With the feature `tls`.
#[cfg(feature = "tls")]
impl Stack {
    /// Returns the certificate of the authority that vouches for both servers, as PEM; `None` without TLS.
    pub fn ca_pem(&self) -> Option<&str> {
        self.tls.as_ref().map(|tls| tls.ca_pem.as_str())
    }

    /// Returns the SHA-256 fingerprint of that certificate, in lower-case hex; `None` without TLS.
    pub fn ca_fingerprint(&self) -> Option<&str> {
        self.tls.as_ref().map(|tls| tls.ca_fingerprint.as_str())
    }

    /// Returns a client certificate of the same authority, with its key; `None` without TLS.
    pub fn client_identity(&self) -> Option<&Identity> {
        self.tls.as_ref().map(|tls| &tls.client)
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
    anonymous: Option<(String, Vec<String>)>,
    connectors: Vec<[String; 3]>,
    #[cfg(feature = "tls")]
    tls: Option<tls::ClientAuth>,
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

    /// Sets the table of operations of both products, in the form that `generate` writes: private routes are then
    /// answered too. By default, it is what the stack was built with.
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

    /// Speaks TLS, on both ports, with certificates that are made at every start: [`Stack::ca_pem`] has what a client
    /// must trust. They are for `localhost`, `127.0.0.1` and `::1`. A [seed](Self::seed) does not make them the same.
    ///
    /// With the feature `tls`.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(mut self) -> Self {
        self.tls = self.tls.or(Some(tls::ClientAuth::None));
        self
    }

    /// Speaks TLS and wants every client to show a certificate of the stack's own authority:
    /// [`Stack::client_identity`] is one. It stands beside other credentials and does not say who the caller is.
    ///
    /// With the feature `tls`.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn require_client_certificate(mut self) -> Self {
        self.tls = Some(tls::ClientAuth::Required);
        self
    }

    /// Adds a connector that Kibana's configuration would hold: it is in every space, and nobody can change it.
    #[must_use]
    pub fn preconfigured_connector(
        mut self,
        id: impl Into<String>,
        connector_type_id: impl Into<String>,
        name: impl Into<String>,
    ) -> Self {
        self.connectors.push([id.into(), connector_type_id.into(), name.into()]);
        self
    }

    /// Lets those who show no credentials be a user with these roles, of both products. By default, they are refused.
    #[must_use]
    pub fn anonymous(
        mut self,
        username: impl Into<String>,
        roles: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.anonymous = Some((username.into(), roles.into_iter().map(Into::into).collect()));
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
        let tables = self.table.map_or(Tables::BuiltIn, Tables::Own);
        if self.require_table && !tables.are_filled() {
            return Err(io::Error::other("the table of operations is empty; run `cargo xtask generate`"));
        }
        let mut ids = Ids::new(self.seed);
        let password = self.password.unwrap_or_else(|| ids.secret());
        let core = Core::new(self.clock.clone(), ids, &password, tables);
        let core = Arc::new(if self.serverless { core.serverless() } else { core });
        for [id, kind, name] in &self.connectors {
            core.add_connector(id, kind, name);
        }
        if let Some((username, roles)) = self.anonymous {
            core.set_anonymous(username, roles);
        }
        #[cfg(feature = "tls")]
        let tls = self.tls.map(tls::Tls::generate).transpose()?;
        #[cfg(feature = "tls")]
        let acceptor = tls.as_ref().map(|tls| {
            core.set_http_ca(tls.ca_der.clone());
            tls.acceptor.clone()
        });
        #[cfg(not(feature = "tls"))]
        let acceptor = None;
        let server = server::start(&core, self.elasticsearch_port, self.kibana_port, acceptor)?;
        Ok(Stack {
            core,
            server,
            clock: self.clock,
            password,
            #[cfg(feature = "tls")]
            tls,
        })
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").finish_non_exhaustive()
    }
}
