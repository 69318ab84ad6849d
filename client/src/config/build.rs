//! From settings to a client: what contradicts itself is an error here, before anything is sent.

use std::sync::atomic::AtomicBool;

use http::HeaderValue;

use super::Settings;
use super::cloud::CloudId;
use super::environment::{Environment, VariableMeaning};
use super::urls::{self, Parsed};
use crate::auth::precedence::{Choice, Given, Level, choose};
use crate::http::HttpSettings;
use crate::rt::Product;
use crate::tls::TlsOptions;
use crate::transport::{Core, Dialect, Nodes, RetryBudget};
use crate::{Error, ErrorKind, Secret, call};

const USER_AGENT: &str = concat!("elkit/", env!("CARGO_PKG_VERSION"));

impl Settings {
    pub(super) fn core(&self, product: Product) -> Result<Core, Error> {
        self.options.check()?;
        let mut builder_given = self.options.given.clone();
        let mut environment_given = match &self.environment {
            Some(environment) => environment.credentials(product)?,
            None => Given::new(),
        };
        let Parsed { urls, userinfo } = match self.urls(product)? {
            (Level::Environment, urls) => {
                give_userinfo(urls::parse(&urls)?, &mut environment_given)
            }
            (_, urls) => give_userinfo(urls::parse(&urls)?, &mut builder_given),
        };
        debug_assert!(userinfo.is_none(), "userinfo is a credential by now");
        let Choice { chosen, unused, .. } = choose(&[
            (Level::Builder, &builder_given),
            (Level::Environment, &environment_given),
        ])?;

        let tls = self.tls(product)?;
        let plain = urls.iter().any(|url| url.scheme() == "http");
        if plain && !tls.is_default() {
            return Err(refuse(
                "TLS options need `https://`, but a URL begins with `http://`",
            ));
        }
        let http = match &self.http {
            Some(client) => client.clone(),
            None => HttpSettings {
                connect_timeout: self.policy.connect_timeout,
                tls: tls.configure(urls.iter().any(|url| url.scheme() == "https"))?,
                idle_connections: self.idle_connections,
            }
            .client()?,
        };
        let core = Core {
            product,
            dialect: match product {
                Product::Elasticsearch if self.serverless => Dialect::Serverless,
                Product::Elasticsearch => Dialect::elasticsearch(),
                Product::Kibana => Dialect::Kibana,
            },
            nodes: Nodes::new(&urls),
            http,
            #[cfg(feature = "blocking")]
            blocking_http: std::sync::OnceLock::new(),
            policy: self.policy,
            budget: RetryBudget::new(),
            options: self.options.clone(),
            credentials: chosen,
            hooks: self.hooks.clone(),
            user_agent: self.user_agent()?,
            max_body: self.max_body,
            server_version: self.server_version()?,
            warned_unused: AtomicBool::new(false),
            warned_clear: AtomicBool::new(false),
        };
        core.warn_of_unused(&unused);
        Ok(core)
    }

    /// The URLs of the highest source that has any.
    fn urls(&self, product: Product) -> Result<(Level, Vec<Secret<String>>), Error> {
        let told = match product {
            Product::Elasticsearch => &self.elasticsearch,
            Product::Kibana => &self.kibana,
        };
        if let Some(urls) = one_of(told.clone(), self.cloud.as_ref(), product)? {
            return Ok((Level::Builder, urls));
        }
        let Some(environment) = &self.environment else {
            return Err(refuse("no URL was given"));
        };
        let listed = match environment.get(product, VariableMeaning::Url)? {
            Some((_, urls)) => urls
                .expose()
                .split(',')
                .map(|url| Secret::from(url.trim()))
                .collect(),
            None => Vec::new(),
        };
        let cloud = environment
            .get(product, VariableMeaning::CloudId)?
            .map(|(_, id)| id);
        match one_of(listed, cloud, product)? {
            Some(urls) => Ok((Level::Environment, urls)),
            None => Err(refuse(match product {
                Product::Elasticsearch => "neither ELASTICSEARCH_URL nor ELASTIC_CLOUD_ID is set",
                Product::Kibana => "neither KIBANA_URL nor ELASTIC_CLOUD_ID is set",
            })),
        }
    }

    /// What was said about TLS; the environment's certificate counts where the builder was told nothing.
    fn tls(&self, product: Product) -> Result<TlsOptions, Error> {
        let mut tls = self.tls.clone();
        let environment = self
            .environment
            .as_ref()
            .map(|environment| ca_cert(environment, product))
            .transpose()?;
        if let Some(path) = environment.flatten().filter(|_| tls.is_default()) {
            tls.ca_certs.push(urls::file(path.expose()).into());
        }
        let verified_by = [
            !tls.ca_certs.is_empty(),
            tls.fingerprint.is_some(),
            tls.accept_invalid_certs,
        ];
        if verified_by.iter().filter(|given| **given).count() > 1 {
            return Err(refuse(
                "only one of a CA certificate, a fingerprint and `danger_accept_invalid_certs` can be meant",
            ));
        }
        Ok(tls)
    }

    fn user_agent(&self) -> Result<HeaderValue, Error> {
        match &self.user_agent {
            None => Ok(HeaderValue::from_static(USER_AGENT)),
            Some(application) => HeaderValue::from_str(&format!("{application} {USER_AGENT}"))
                .map_err(|_| {
                    refuse("the user agent holds a character that can't stand in a header")
                }),
        }
    }

    fn server_version(&self) -> Result<Option<(u32, u32)>, Error> {
        match &self.server_version {
            None => Ok(None),
            Some(text) => call::version(text)
                .map(Some)
                .ok_or_else(|| refuse("the server version is not of the form 9.1")),
        }
    }
}

fn ca_cert(environment: &Environment, product: Product) -> Result<Option<&Secret<String>>, Error> {
    Ok(environment
        .get(product, VariableMeaning::CaCert)?
        .map(|(_, path)| path))
}

fn give_userinfo(mut parsed: Parsed, given: &mut Given) -> Parsed {
    if let Some((username, password)) = parsed.userinfo.take() {
        given.userinfo(username, password);
    }
    parsed
}

/// URLs or a Cloud ID, of one source.
fn one_of(
    urls: Vec<Secret<String>>,
    cloud: Option<&Secret<String>>,
    product: Product,
) -> Result<Option<Vec<Secret<String>>>, Error> {
    match (urls.is_empty(), cloud) {
        (true, None) => Ok(None),
        (false, None) => Ok(Some(urls)),
        (true, Some(id)) => Ok(Some(vec![CloudId::parse(id)?.url(product)?.into()])),
        (false, Some(_)) => Err(refuse(
            "a URL and a Cloud ID were given; only one can be meant",
        )),
    }
}

fn refuse(message: &'static str) -> Error {
    Error::new(ErrorKind::Configuration, message)
}
