//! What the tests of providers and of single sign-on share: a stack whose clock the test moves, and what was asked of it.

use std::time::Duration;

use elkit::auth::CredentialsProvider;
use elkit::{Elasticsearch, Error, ErrorKind, Kibana, Method, Result};
use elkit_stack::{Clock, RecordedRequest, Stack};
use serde_json::Value;

pub(crate) const PASSWORD: &str = "correct horse battery staple";
/// How long Elasticsearch's access tokens are good, as the stack has it.
pub(crate) const LIFE: Duration = Duration::from_secs(20 * 60);

pub(crate) struct Cluster {
    pub(crate) stack: Stack,
    /// `elastic`.
    pub(crate) es: Elasticsearch,
}

impl Cluster {
    pub(crate) fn start() -> Self {
        Self::of(Stack::builder())
    }

    pub(crate) fn of(builder: elkit_stack::Builder) -> Self {
        let stack = builder.clock(Clock::manual()).start_blocking().expect("loopback has free ports");
        let es = Elasticsearch::builder(stack.elasticsearch_url()).basic_auth("elastic", stack.elastic_password());
        let es = es.retry_delay(Duration::from_millis(1), Duration::from_millis(5)).strict();
        Self { es: es.build().expect("the settings are good"), stack }
    }

    pub(crate) async fn user(&self, name: &str, roles: &[&str]) {
        let put = self.es.security().put_user(name).password(PASSWORD).roles(roles.iter().copied());
        put.send().await.expect("the user is new");
    }

    /// A handle that shows what the provider gives.
    pub(crate) fn with(&self, provider: &(impl CredentialsProvider + Clone)) -> Elasticsearch {
        self.es.options(|o| o.credentials_provider(provider.clone()))
    }

    pub(crate) fn kibana(&self, provider: &(impl CredentialsProvider + Clone)) -> Kibana {
        let kibana = Kibana::builder(self.stack.kibana_url()).credentials_provider(provider.clone());
        kibana.build().expect("the settings are good")
    }

    /// The requests that match, since the log was cleared.
    pub(crate) fn sent(&self, method: &str, path: &str) -> Vec<RecordedRequest> {
        let requests = self.stack.requests();
        requests.into_iter().filter(|request| request.method == method && request.path == path).collect()
    }

    /// How often tokens were asked for, by grant.
    pub(crate) fn grants(&self, grant: &str) -> usize {
        let asked = self.sent("POST", "/_security/oauth2/token");
        asked.iter().filter(|request| request.json().is_some_and(|body| body["grant_type"] == grant)).count()
    }
}

/// Who calls, in the words of Elasticsearch.
pub(crate) async fn who(es: &Elasticsearch) -> Result<String> {
    Ok(es.security().authenticate().send().await?.username.clone())
}

/// A call of Kibana that needs somebody.
pub(crate) async fn spaces(kibana: &Kibana) -> Result<usize> {
    let spaces = kibana.request(Method::GET, "/api/spaces/space").send::<Value>().await?;
    Ok(spaces.as_array().map_or(0, Vec::len))
}

/// An error that a provider gave, with the parts that it must say.
#[track_caller]
pub(crate) fn no_credentials(error: &Error, parts: &[&str]) {
    assert_eq!(error.kind(), ErrorKind::Credentials, "{error}");
    let text = error.to_string();
    assert!(parts.iter().all(|part| text.contains(part)), "{text}");
}
