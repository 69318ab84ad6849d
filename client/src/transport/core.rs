//! What all handles of one client share: connections, nodes, budget, and what the builder was told.

use std::sync::Arc;
#[cfg(feature = "blocking")]
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use http::HeaderValue;

use super::hooks::Hook;
use super::nodes::{Node, Nodes};
use super::{Dialect, RetryBudget, RetryPolicy};
use crate::Error;
use crate::auth::precedence::{Choice, Chosen, Level, choose};
use crate::http::HttpClient;
use crate::options::RequestOptions;
use crate::rt::Product;
use crate::telemetry::warn;

/// What all handles of one client share.
pub(crate) struct Core {
    pub(crate) product: Product,
    pub(crate) dialect: Dialect,
    pub(crate) nodes: Nodes,
    pub(crate) http: Arc<dyn HttpClient>,
    #[cfg(feature = "blocking")]
    pub(crate) blocking_http: OnceLock<Arc<dyn HttpClient>>,
    pub(crate) policy: RetryPolicy,
    pub(crate) budget: RetryBudget,
    pub(crate) options: RequestOptions,
    /// What the builder and the environment gave, already chosen.
    pub(crate) credentials: Chosen,
    pub(crate) hooks: Vec<Arc<dyn Hook>>,
    pub(crate) user_agent: HeaderValue,
    pub(crate) max_body: usize,
    pub(crate) server_version: Option<(u32, u32)>,
    pub(crate) warned_unused: AtomicBool,
    pub(crate) warned_clear: AtomicBool,
}

/// Which connections a call uses. Blocking calls run on a runtime of their own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pool {
    Shared,
    #[cfg(feature = "blocking")]
    Blocking,
}

impl Pool {
    /// The connections that live where this runs.
    pub(crate) fn here() -> Self {
        #[cfg(feature = "blocking")]
        if crate::blocking::is_here() {
            return Self::Blocking;
        }
        Self::Shared
    }
}

impl Core {
    /// What the call sends, if this call's or this handle's options say who is calling; else the client's.
    pub(crate) fn credentials_of(&self, call: &RequestOptions, handle: &RequestOptions) -> Result<Chosen, Error> {
        if call.given.is_empty() && handle.given.is_empty() {
            return Ok(self.credentials.clone());
        }
        let Choice { chosen, level, unused } = choose(&[(Level::Call, &call.given), (Level::Handle, &handle.given)])?;
        // Options are there to replace what is below them; two kinds in one place are a mistake.
        let outranked: Vec<_> = unused.iter().filter(|(place, _)| Some(*place) == level).copied().collect();
        self.warn_of_unused(&outranked);
        Ok(chosen)
    }

    pub(crate) fn warn_of_unused(&self, unused: &[(Level, &'static str)]) {
        if !unused.is_empty() && !self.warned_unused.swap(true, Ordering::Relaxed) {
            let names: Vec<_> = unused.iter().map(|(level, name)| format!("{name} ({level:?})")).collect();
            warn(&format!("credentials were given that are not used: {}", names.join(", ")));
        }
    }

    pub(crate) fn warn_of_clear_text(&self, node: &Node) {
        if !node.protected && !self.warned_clear.swap(true, Ordering::Relaxed) {
            warn(&format!("credentials go to {} over plain http", node.host));
        }
    }

    pub(crate) fn http(&self, pool: Pool) -> &dyn HttpClient {
        match pool {
            Pool::Shared => &*self.http,
            #[cfg(feature = "blocking")]
            Pool::Blocking => {
                &**self.blocking_http.get_or_init(|| self.http.for_blocking().unwrap_or_else(|| Arc::clone(&self.http)))
            }
        }
    }
}
