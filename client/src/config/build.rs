//! From settings to a client: what contradicts itself is an error here, before anything is sent.

use std::sync::atomic::AtomicBool;

use http::HeaderValue;

use super::cloud::CloudId;
use super::environment::{Environment, VariableMeaning};
use super::urls::{self, Parsed};
use super::{Proxy, Settings};
use crate::auth::precedence::{Choice, Given, Level, choose};
use crate::http::{HttpProxy, HttpSettings};
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
            (Level::Environment, urls) => give_userinfo(urls::parse(&urls)?, &mut environment_given),
            (_, urls) => give_userinfo(urls::parse(&urls)?, &mut builder_given),
        };
        debug_assert!(userinfo.is_none(), "userinfo is a credential by now");
        let Choice { chosen, unused, .. } =
            choose(&[(Level::Builder, &builder_given), (Level::Environment, &environment_given)])?;

        let tls = self.tls(product)?;
        let plain = urls.iter().any(|url| url.scheme() == "http");
        if plain && !tls.is_default() {
            return Err(refuse("TLS options need `https://`, but a URL begins with `http://`"));
        }
        let http = match &self.http {
            Some(client) => client.clone(),
            None => HttpSettings {
                connect_timeout: self.policy.connect_timeout,
                tls: tls.configure(urls.iter().any(|url| url.scheme() == "https"))?,
                idle_connections: self.idle_connections,
                proxy: self.proxy()?,
            }
            .client()?,
        };
        let http = self.wraps.iter().fold(http, |inner, wrap| wrap(inner));
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
            Some((_, urls)) => urls.expose().split(',').map(|url| Secret::from(url.trim())).collect(),
            None => Vec::new(),
        };
        let cloud = environment.get(product, VariableMeaning::CloudId)?.map(|(_, id)| id);
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
        let environment = self.environment.as_ref().map(|environment| ca_cert(environment, product)).transpose()?;
        if let Some(path) = environment.flatten().filter(|_| tls.is_default()) {
            tls.ca_certs.push(urls::file(path.expose()).into());
        }
        let verified_by = [!tls.ca_certs.is_empty(), tls.fingerprint.is_some(), tls.accept_invalid_certs];
        if verified_by.iter().filter(|given| **given).count() > 1 {
            return Err(refuse(
                "only one of a CA certificate, a fingerprint and `danger_accept_invalid_certs` can be meant",
            ));
        }
        Ok(tls)
    }

    fn proxy(&self) -> Result<HttpProxy, Error> {
        Ok(match &self.proxy {
            Proxy::Environment => HttpProxy::Environment,
            Proxy::None => HttpProxy::None,
            Proxy::At(url) => {
                let (url, userinfo) = urls::proxy(url.expose())?;
                HttpProxy::At { url, userinfo }
            }
        })
    }

    fn user_agent(&self) -> Result<HeaderValue, Error> {
        match &self.user_agent {
            None => Ok(HeaderValue::from_static(USER_AGENT)),
            Some(application) => HeaderValue::from_str(&format!("{application} {USER_AGENT}"))
                .map_err(|_| refuse("the user agent holds a character that can't stand in a header")),
        }
    }

    fn server_version(&self) -> Result<Option<(u32, u32)>, Error> {
        match &self.server_version {
            None => Ok(None),
            Some(text) => {
                call::version(text).map(Some).ok_or_else(|| refuse("the server version is not of the form 9.1"))
            }
        }
    }
}

fn ca_cert(environment: &Environment, product: Product) -> Result<Option<&Secret<String>>, Error> {
    Ok(environment.get(product, VariableMeaning::CaCert)?.map(|(_, path)| path))
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
        (false, Some(_)) => Err(refuse("a URL and a Cloud ID were given; only one can be meant")),
    }
}

fn refuse(message: &'static str) -> Error {
    Error::new(ErrorKind::Configuration, message)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::time::Duration;

    use super::*;
    use crate::auth::precedence::Chosen;
    use crate::config::{Builder, Config, VARIABLES};
    use crate::{Elasticsearch, Kibana};

    /// `host$es$kibana`.
    const CLOUD_ID: &str = "name:aG9zdCRlcyRraWJhbmE=";

    fn config(variables: &'static [(&str, &str)]) -> Config {
        Config::new().environment_with(|name| {
            let value = variables.iter().find(|(other, _)| *other == name)?.1;
            Some(OsString::from(value))
        })
    }

    /// The first node's URL and the `Authorization` header, or the error.
    #[track_caller]
    fn check<C>(builder: &Builder<C>, product: Product, expected: Result<(&str, &str), &str>) {
        let core = builder.settings.core(product).map(|core| {
            let Chosen::Fixed(credentials) = &core.credentials else { panic!("a provider") };
            let header = credentials.header().map_or("", |(_, value)| value.to_str().unwrap());
            (core.nodes.first().base.clone(), header.to_owned())
        });
        match (core, expected) {
            (Ok((url, header)), Ok(expected)) => assert_eq!((&*url, &*header), expected),
            (Err(error), Err(part)) => {
                assert!(error.to_string().contains(part), "{error}");
                assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
            }
            (core, _) => panic!("{core:?}"),
        }
    }

    #[test]
    fn urls_and_userinfo() {
        use Product::Elasticsearch as Es;
        let builder = Elasticsearch::builder;
        check(&builder("http://h"), Es, Ok(("http://h", "")));
        check(&builder("https://h:9200/base/"), Es, Ok(("https://h:9200/base", "")));
        check(&builder("http://u:p@h"), Es, Ok(("http://h", "Basic dTpw")));
        check(&builder("http://u:p@h").api_key(("i", "s")), Es, Ok(("http://h", "ApiKey aTpz")));
        check(&builder("http://u:p@h").anonymous(), Es, Err("must be the only credential"));
        check(&Elasticsearch::builder(Vec::<String>::new()), Es, Err("no URL was given"));
        check(&builder("ftp://canary@h"), Es, Err("neither http nor https"));
        check(&builder("http://h").api_key("canary"), Es, Err("not base64"));
        check(&builder("http://h").header("a\n", "canary"), Es, Err("a header's name"));
        check(&builder("http://h").user_agent("a\n"), Es, Err("user agent"));
        check(&builder("http://h").server_version("new"), Es, Err("server version"));
        check(&builder("http://h").cloud(CLOUD_ID), Es, Err("only one can be meant"));
        check(&Kibana::builder(["http://h/kibana"]), Product::Kibana, Ok(("http://h/kibana", "")));
    }

    #[test]
    fn one_cloud_id_makes_both_clients() {
        let config = Config::new().cloud(CLOUD_ID).basic_auth("u", "p");
        check(&config, Product::Elasticsearch, Ok(("https://es.host", "Basic dTpw")));
        check(&config, Product::Kibana, Ok(("https://kibana.host", "Basic dTpw")));
        let config = config.kibana_url("http://h");
        check(&config, Product::Kibana, Err("only one can be meant"));
    }

    #[test]
    fn the_environment_is_the_lowest_source() {
        use Product::{Elasticsearch as Es, Kibana as Ki};
        let variables: &[_] = &[
            ("ELASTICSEARCH_URL", "http://u:p@a, http://u:p@b"),
            ("ELASTICSEARCH_BEARER_TOKEN", "t"),
            ("KIBANA_URL", "http://k"),
            ("KIBANA_API_KEY", "aTpz"),
            ("KIBANA_USERNAME", "u"),
            ("KIBANA_PASSWORD", "p"),
        ];
        let environment = config(variables);
        // Round robin begins anywhere, so only the first node's URL is fixed.
        check(&environment, Es, Ok(("http://a", "Basic dTpw")));
        check(&environment, Ki, Ok(("http://k", "ApiKey aTpz")));
        check(&environment.clone().bearer_auth("b"), Ki, Ok(("http://k", "Bearer b")));
        check(&environment.clone().anonymous(), Ki, Ok(("http://k", "")));
        let told = environment.elasticsearch_url("http://c");
        check(&told, Es, Ok(("http://c", "Bearer t")));
    }

    #[test]
    fn environments_that_make_no_sense() {
        use Product::Elasticsearch as Es;
        check(&config(&[]), Es, Err("neither ELASTICSEARCH_URL nor ELASTIC_CLOUD_ID is set"));
        check(&config(&[("KIBANA_URL", "")]), Product::Kibana, Err("neither KIBANA_URL nor"));
        check(
            &config(&[("ELASTICSEARCH_URL", "http://h"), ("ELASTIC_CLOUD_ID", CLOUD_ID)]),
            Es,
            Err("only one can be meant"),
        );
        check(
            &config(&[("ELASTICSEARCH_URL", "http://h"), ("ELASTICSEARCH_USERNAME", "u")]),
            Es,
            Err("ELASTICSEARCH_USERNAME is set, but"),
        );
        check(
            &config(&[("ELASTICSEARCH_URL", "http://h"), ("ELASTICSEARCH_API_KEY", "id:canary")]),
            Es,
            Err("not encoded"),
        );
        check(
            &config(&[("ELASTICSEARCH_URL", "http://h"), ("ELASTICSEARCH_CA_CERT", "/x")]),
            Es,
            Err("TLS options need `https://`"),
        );
        check(
            &config(&[("ELASTICSEARCH_URL", "https://h"), ("ELASTICSEARCH_CA_CERT", "/nowhere/x")]),
            Es,
            Err("can't be read"),
        );
    }

    #[test]
    fn every_variable_is_read() {
        for variable in &VARIABLES {
            let products = [Product::Elasticsearch, Product::Kibana];
            let environment = Environment::read(|name| (name == variable.name).then(|| OsString::from("x")));
            for product in products {
                let found = environment.get(product, variable.meaning).unwrap();
                let expected = variable.product.is_none_or(|other| other == product);
                assert_eq!(found.map(|(name, _)| name), expected.then_some(variable.name));
            }
        }
    }

    #[test]
    fn tls_options_that_contradict() {
        use Product::Elasticsearch as Es;
        let plain = || Elasticsearch::builder("http://h");
        for builder in [
            plain().ca_cert("x"),
            plain().ca_fingerprint("ab"),
            plain().client_certificate("x", "y"),
            plain().danger_accept_invalid_certs(),
            Elasticsearch::builder(["https://a", "http://b"]).danger_accept_invalid_certs(),
        ] {
            check(&builder, Es, Err("TLS options need `https://`"));
        }
        let tls = || Elasticsearch::builder("https://h");
        check(&tls().danger_accept_invalid_certs(), Es, Ok(("https://h", "")));
        check(&tls().ca_fingerprint("ab"), Es, Err("not a SHA-256"));
        check(&tls().ca_cert("x"), Es, Err("holds no certificate"));
        check(&tls().ca_cert("x").danger_accept_invalid_certs(), Es, Err("only one of"));
        let identity = tls().danger_accept_invalid_certs().client_certificate("x", "canary");
        check(&identity, Es, Err("holds no certificate"));
    }

    #[test]
    fn builders_show_no_secret() {
        let builder = Elasticsearch::builder("http://u:canary@h")
            .api_key("canary")
            .client_certificate("canary", "canary")
            .timeout(Duration::from_secs(1));
        assert!(!format!("{builder:#?}").contains("canary"));
        assert!(builder.build().is_err());
    }
}
