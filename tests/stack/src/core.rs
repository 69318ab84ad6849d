//! Both products behind one lock, with no socket: a request goes in, a reply comes out.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use serde_json::json;

use crate::clock::Clock;
use crate::es::state::{Principal, State};
use crate::es::{Elasticsearch, Flavor};
use crate::fault::Fault;
use crate::ids::Ids;
use crate::kibana::{Kibana, Memory};
use crate::log::{Product, RecordedRequest};
use crate::message::{Reply, Request};
use crate::spec::Spec;

/// A stack that runs for days must not keep everything that was ever sent.
const MOST_REQUESTS: usize = 10_000;

/// What `generate` writes: every operation and type of each product.
const ELASTICSEARCH: &str = include_str!("table.json");
const KIBANA: &str = include_str!("kibana_table.json");

/// What they say, each read once, for all stacks of a process.
static ELASTICSEARCH_SPEC: OnceLock<Spec> = OnceLock::new();
static KIBANA_SPEC: OnceLock<Spec> = OnceLock::new();

/// Where it is written what the products take.
pub(crate) enum Tables {
    /// In the tables that the stack was built with.
    BuiltIn,
    /// In one that a user gave, for both.
    Own(String),
}

impl Tables {
    /// Tells whether some operation is in them.
    pub(crate) fn are_filled(&self) -> bool {
        let has_one = |table: &str| table.contains("\"id\"");
        match self {
            Self::BuiltIn => has_one(ELASTICSEARCH) && has_one(KIBANA),
            Self::Own(table) => has_one(table),
        }
    }

    /// The texts themselves.
    #[cfg(test)]
    pub(crate) fn texts(&self) -> Vec<&str> {
        match self {
            Self::BuiltIn => vec![ELASTICSEARCH, KIBANA],
            Self::Own(table) => vec![table],
        }
    }
}

/// A running pair of products.
pub(crate) struct Core {
    clock: Clock,
    tables: Tables,
    /// What the user's own table says.
    own: OnceLock<Spec>,
    elasticsearch: Elasticsearch,
    kibana: Kibana,
    state: Mutex<(State, Memory)>,
    log: Mutex<VecDeque<RecordedRequest>>,
    faults: Mutex<VecDeque<Fault>>,
}

impl Core {
    pub(crate) fn new(clock: Clock, ids: Ids, elastic_password: &str, tables: Tables) -> Self {
        Self {
            clock,
            tables,
            own: OnceLock::new(),
            elasticsearch: Elasticsearch::new(Flavor::Stack),
            kibana: Kibana::new(Flavor::Stack),
            state: Mutex::new((State::new(ids, elastic_password), Memory::new())),
            log: Mutex::new(VecDeque::new()),
            faults: Mutex::new(VecDeque::new()),
        }
    }

    /// The same, as Elastic Serverless.
    pub(crate) fn serverless(mut self) -> Self {
        self.elasticsearch = Elasticsearch::new(Flavor::Serverless);
        self.kibana = Kibana::new(Flavor::Serverless);
        self
    }

    /// Whose certificate vouches for the HTTP port, as `enroll` hands it out.
    #[cfg(feature = "tls")]
    pub(crate) fn set_http_ca(&self, der: Vec<u8>) {
        lock(&self.state).0.http_ca = der;
    }

    /// What a product takes; the first who asks waits until it is read.
    pub(crate) fn spec(&self, product: Product) -> &Spec {
        match (&self.tables, product) {
            (Tables::BuiltIn, Product::Elasticsearch) => ELASTICSEARCH_SPEC.get_or_init(|| Spec::read(ELASTICSEARCH)),
            (Tables::BuiltIn, Product::Kibana) => KIBANA_SPEC.get_or_init(|| Spec::read(KIBANA)),
            (Tables::Own(table), _) => self.own.get_or_init(|| Spec::read(table)),
        }
    }

    /// Who those are who show no credentials.
    pub(crate) fn set_anonymous(&self, username: String, roles: Vec<String>) {
        lock(&self.state).0.anonymous = Some(Principal { username, roles, enabled: true, ..Principal::default() });
    }

    /// A connector of Kibana's configuration: in every space, and nobody can change it.
    pub(crate) fn add_connector(&self, id: &str, kind: &str, name: &str) {
        lock(&self.state).1.preconfigured.push(json!({
            "id": id,
            "name": name,
            "connector_type_id": kind,
            "is_preconfigured": true,
            "is_deprecated": false,
            "is_system_action": false,
        }));
    }

    /// Looks at Elasticsearch's state, and changes it, from outside of any request.
    pub(crate) fn with_state<R>(&self, f: impl FnOnce(&mut State, u64) -> R) -> R {
        let now = self.clock.now_millis();
        f(&mut lock(&self.state).0, now)
    }

    /// Answers a request; doesn't log it and knows no faults.
    pub(crate) fn handle(&self, product: Product, request: &Request) -> Reply {
        let now = self.clock.now_millis();
        let spec = self.spec(product);
        let mut guard = lock(&self.state);
        let (state, memory) = &mut *guard;
        match product {
            Product::Elasticsearch => self.elasticsearch.handle(state, Some(spec), request, now),
            Product::Kibana => self.kibana.handle(state, memory, Some(spec), request, now),
        }
    }

    pub(crate) fn record(&self, request: RecordedRequest) {
        let mut log = lock(&self.log);
        if log.len() == MOST_REQUESTS {
            log.pop_front();
        }
        log.push_back(request);
    }

    pub(crate) fn requests(&self) -> Vec<RecordedRequest> {
        lock(&self.log).iter().cloned().collect()
    }

    pub(crate) fn clear_requests(&self) {
        lock(&self.log).clear();
    }

    pub(crate) fn add_fault(&self, fault: Fault) {
        lock(&self.faults).push_back(fault);
    }

    /// The first of the faults that meets a request; it is met once.
    pub(crate) fn next_fault(&self, product: Product, request: &Request) -> Option<Fault> {
        let mut faults = lock(&self.faults);
        let at = faults.iter().position(|fault| fault.meets(product, request))?;
        faults.remove(at)
    }

    /// Forgets the faults that nothing met; tells how many there were.
    pub(crate) fn clear_faults(&self) -> usize {
        std::mem::take(&mut *lock(&self.faults)).len()
    }
}

/// A poisoned lock is no reason to fail: every change of the state is whole or not made.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
