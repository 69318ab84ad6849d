//! Credentials in the environment, read when they are needed. Which variables there are is [`VARIABLES`]' business.
//!
//! [`VARIABLES`]: crate::config::VARIABLES

use super::precedence::{Chosen, Level, choose};
use super::{Credentials, CredentialsProvider};
use crate::config::Environment;
use crate::http::BoxFuture;
use crate::rt::Product;
use crate::{Error, ErrorKind};

/// Reads the credentials of the environment for every attempt, where `from_env` reads them once.
///
/// ```
/// # fn f() -> elkit::Result<()> {
/// use elkit::auth::EnvironmentProvider;
///
/// // `ELASTICSEARCH_API_KEY` and its kin, for a client that gets nothing else from the environment.
/// let es = elkit::Elasticsearch::builder("https://localhost:9200")
///     .credentials_provider(EnvironmentProvider::elasticsearch())
///     .build()?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct EnvironmentProvider {
    product: Product,
    read: fn(&str) -> Option<std::ffi::OsString>,
}

impl EnvironmentProvider {
    /// `ELASTICSEARCH_API_KEY`, `ELASTICSEARCH_USERNAME` and `_PASSWORD`, `ELASTICSEARCH_BEARER_TOKEN`.
    pub fn elasticsearch() -> Self {
        Self::of(Product::Elasticsearch)
    }

    /// `KIBANA_API_KEY`, `KIBANA_USERNAME` and `_PASSWORD`, `KIBANA_BEARER_TOKEN`.
    pub fn kibana() -> Self {
        Self::of(Product::Kibana)
    }

    fn of(product: Product) -> Self {
        Self { product, read: |name| std::env::var_os(name) }
    }

    fn look(&self) -> Result<Credentials, Error> {
        let given = Environment::read(self.read).credentials(self.product)?;
        if given.is_empty() {
            let prefix = match self.product {
                Product::Elasticsearch => "ELASTICSEARCH",
                Product::Kibana => "KIBANA",
            };
            let message = format!("the environment has no credentials for {:?}", self.product);
            return Err(Error::new(ErrorKind::Credentials, message).with_hint(format!(
                "set {prefix}_API_KEY, {prefix}_USERNAME and {prefix}_PASSWORD, or {prefix}_BEARER_TOKEN"
            )));
        }
        match choose(&[(Level::Environment, &given)])?.chosen {
            Chosen::Fixed(credentials) => Ok(credentials),
            Chosen::Provider(_) => Err(Error::new(ErrorKind::Credentials, "the environment has no providers")),
        }
    }
}

impl CredentialsProvider for EnvironmentProvider {
    fn credentials(&self) -> BoxFuture<'_, Result<Credentials, Error>> {
        Box::pin(std::future::ready(self.look()))
    }

    fn refused(&self, _credentials: &Credentials) -> bool {
        // What has changed meanwhile counts.
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(read: fn(&str) -> Option<std::ffi::OsString>, product: Product, expected: Result<&str, &str>) {
        match (EnvironmentProvider { product, read }.look(), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found.header().unwrap().1, expected),
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
            (found, _) => panic!("{found:?}"),
        }
    }

    #[test]
    fn what_is_set_counts() {
        let (es, kibana) = (Product::Elasticsearch, Product::Kibana);
        check(|name| (name == "ELASTICSEARCH_API_KEY").then(|| "aTpz".into()), es, Ok("ApiKey aTpz"));
        check(|name| (name == "KIBANA_BEARER_TOKEN").then(|| "t".into()), kibana, Ok("Bearer t"));
        check(|name| name.starts_with("KIBANA").then(|| "aTpz".into()), kibana, Ok("ApiKey aTpz"));
        check(|name| (name == "ELASTICSEARCH_API_KEY").then(|| "aTpz".into()), kibana, Err("set KIBANA_API_KEY"));
        check(|name| (name == "KIBANA_USERNAME").then(|| "u".into()), kibana, Err("need each other"));
        check(|_| None, es, Err("set ELASTICSEARCH_API_KEY, ELASTICSEARCH_USERNAME and"));
    }
}
