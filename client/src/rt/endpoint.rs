//! One request as plain data: which operation, which URL, which body. Nothing here does I/O.

use std::fmt;

use http::Method;

use super::{Path, Query};
use crate::Error;
use crate::body::Body;
use crate::response::FromBody;

/// The product that answers an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Product {
    /// Elasticsearch.
    Elasticsearch,
    /// Kibana.
    Kibana,
}

/// What is true of every call of one operation.
#[derive(Debug, PartialEq)]
pub struct Operation {
    /// `security.create_api_key`: names spans and errors.
    pub id: &'static str,
    /// Who answers it.
    pub product: Product,
    /// The path template of its main route.
    pub template: &'static str,
    /// Whether doing it twice is as good as once: decides retries after a request may have been executed.
    pub idempotent: bool,
    /// The first version that has it, when known.
    pub since: Option<&'static str>,
    /// Kibana's `elastic-api-version`, when the operation has one.
    pub version: Option<&'static str>,
    /// Whether it works under `/s/{space}`.
    pub space: bool,
    /// The `Accept` header, when it is not the product's JSON.
    pub accept: Option<&'static str>,
}

/// A request of one operation. Generated code implements it; it is data, and sending is the client's business.
pub trait Endpoint: Clone + fmt::Debug + Send + Sync + 'static {
    /// What is true of every call.
    const OPERATION: &'static Operation;

    /// What a successful answer decodes to.
    type Response: FromBody;

    /// The verb.
    fn method(&self) -> Method;

    /// Writes the path.
    ///
    /// # Errors
    /// When a part would change the route (empty, `.`, `..`) or stands without its parent.
    fn path(&self, path: &mut Path) -> Result<(), Error>;

    /// Writes the query.
    fn query(&self, query: &mut Query) {
        let _ = query;
    }

    /// Makes the body.
    ///
    /// # Errors
    /// When a value can't be written as JSON.
    fn body(&self) -> Result<Body, Error> {
        Ok(Body::empty())
    }
}

#[cfg(test)]
pub(crate) const fn test_operation(product: Product) -> Operation {
    Operation {
        id: "test.operation",
        product,
        template: "/a/{name}/b",
        idempotent: true,
        since: Some("9.1"),
        version: None,
        space: true,
        accept: None,
    }
}
