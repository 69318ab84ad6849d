//! The variables of the environment. [`VARIABLES`] is the only list of them: reading, documentation, examples and live
//! tests go by it.

use std::collections::BTreeMap;
use std::ffi::OsString;

use crate::auth::precedence::Given;
use crate::rt::Product;
use crate::{Error, ErrorKind, Secret};

/// One variable that `from_env` reads.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// The product it is for; none if it is for both.
    pub product: Option<Product>,
    /// What it says.
    pub meaning: VariableMeaning,
}

/// What a variable says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum VariableMeaning {
    /// The URL, or several with commas between them.
    Url,
    /// The Cloud ID.
    CloudId,
    /// The encoded API key.
    ApiKey,
    /// The user name.
    Username,
    /// The password.
    Password,
    /// A bearer token.
    BearerToken,
    /// The path of a PEM file with the certificate to trust.
    CaCert,
}

/// Every variable that `from_env` reads. An empty one counts as absent.
pub static VARIABLES: [Variable; 13] = [
    variable("ELASTICSEARCH_URL", Some(Product::Elasticsearch), VariableMeaning::Url),
    variable("ELASTICSEARCH_API_KEY", Some(Product::Elasticsearch), VariableMeaning::ApiKey),
    variable("ELASTICSEARCH_USERNAME", Some(Product::Elasticsearch), VariableMeaning::Username),
    variable("ELASTICSEARCH_PASSWORD", Some(Product::Elasticsearch), VariableMeaning::Password),
    variable("ELASTICSEARCH_BEARER_TOKEN", Some(Product::Elasticsearch), VariableMeaning::BearerToken),
    variable("ELASTICSEARCH_CA_CERT", Some(Product::Elasticsearch), VariableMeaning::CaCert),
    variable("KIBANA_URL", Some(Product::Kibana), VariableMeaning::Url),
    variable("KIBANA_API_KEY", Some(Product::Kibana), VariableMeaning::ApiKey),
    variable("KIBANA_USERNAME", Some(Product::Kibana), VariableMeaning::Username),
    variable("KIBANA_PASSWORD", Some(Product::Kibana), VariableMeaning::Password),
    variable("KIBANA_BEARER_TOKEN", Some(Product::Kibana), VariableMeaning::BearerToken),
    variable("KIBANA_CA_CERT", Some(Product::Kibana), VariableMeaning::CaCert),
    variable("ELASTIC_CLOUD_ID", None, VariableMeaning::CloudId),
];

const fn variable(name: &'static str, product: Option<Product>, meaning: VariableMeaning) -> Variable {
    Variable { name, product, meaning }
}

/// What the environment said when it was read.
#[derive(Clone)]
pub(crate) struct Environment(BTreeMap<&'static str, Result<Secret<String>, ()>>);

impl Environment {
    pub(crate) fn read(read: impl Fn(&str) -> Option<OsString>) -> Self {
        let value = |name| {
            let value = read(name).filter(|value| !value.is_empty())?;
            Some((name, value.into_string().map(Secret::new).map_err(|_| ())))
        };
        Self(VARIABLES.iter().filter_map(|variable| value(variable.name)).collect())
    }

    /// What a variable says about a product.
    ///
    /// # Errors
    /// When it is not UTF-8.
    pub(super) fn get(
        &self,
        product: Product,
        meaning: VariableMeaning,
    ) -> Result<Option<(&'static str, &Secret<String>)>, Error> {
        let applies =
            |variable: &&Variable| variable.meaning == meaning && variable.product.is_none_or(|other| other == product);
        let Some(variable) = VARIABLES.iter().find(applies) else {
            return Ok(None);
        };
        match self.0.get(variable.name) {
            None => Ok(None),
            Some(Ok(value)) => Ok(Some((variable.name, value))),
            Some(Err(())) => Err(Error::new(ErrorKind::Configuration, format!("{} is not UTF-8", variable.name))),
        }
    }

    /// The credentials the environment gives for a product.
    ///
    /// # Errors
    /// When a variable is not UTF-8, or only one of user name and password is there.
    pub(crate) fn credentials(&self, product: Product) -> Result<Given, Error> {
        let get = |meaning| self.get(product, meaning);
        let mut given = Given::new();
        if let Some((_, key)) = get(VariableMeaning::ApiKey)? {
            given.api_key(key);
        }
        match (get(VariableMeaning::Username)?, get(VariableMeaning::Password)?) {
            (Some((_, username)), Some((_, password))) => given.basic(username.expose(), password),
            (None, None) => {}
            (Some((name, _)), None) | (None, Some((name, _))) => {
                let message = format!("{name} is set, but user name and password need each other");
                return Err(Error::new(ErrorKind::Configuration, message));
            }
        }
        if let Some((_, token)) = get(VariableMeaning::BearerToken)? {
            given.bearer(token);
        }
        Ok(given)
    }
}
