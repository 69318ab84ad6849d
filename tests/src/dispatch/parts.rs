//! The parts of a raw request, read as the types of a typed one.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use elkit::rt::{self, Product, Wire};

use super::text::TextDeserializer;

/// Why parts could not become a request.
#[derive(Clone, Debug)]
pub struct Problem(pub String);

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A raw request, decoded from its URL but not yet typed.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// Path parameters by wire name, each with its comma-separated values, percent-decoded.
    pub path: Vec<(String, Vec<String>)>,
    /// Query parameters in order, percent-decoded.
    pub query: Vec<(String, String)>,
    /// The body's text.
    pub body: Option<String>,
    /// Whether lists in the query are joined by commas.
    pub joined: bool,
    /// What was asked for, shared with clones.
    asked: Arc<Mutex<BTreeSet<String>>>,
}

impl Parts {
    /// Parts of a request to `product`.
    pub fn of(product: Product) -> Self {
        Self { joined: product == Product::Elasticsearch, ..Self::default() }
    }

    /// Parameters, and the body, that no request has asked for: it has no place for them.
    pub fn unread(&self) -> Vec<&str> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let path = self.path.iter().map(|(name, _)| name.as_str());
        let query = self.query.iter().map(|(name, _)| name.as_str());
        let all = path.chain(query).chain(self.body.is_some().then_some(BODY));
        all.filter(|name| !asked.contains(*name)).collect()
    }

    fn ask(&self, name: &str) {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
    }

    /// A path parameter that is always there.
    ///
    /// # Errors
    /// When it is absent or of another type.
    pub fn path<T: Wire>(&self, name: &str) -> Result<T, Problem> {
        self.path_option(name)?.ok_or_else(|| Problem(format!("path parameter `{name}` is missing")))
    }

    /// A path parameter.
    ///
    /// # Errors
    /// When it is of another type.
    pub fn path_option<T: Wire>(&self, name: &str) -> Result<Option<T>, Problem> {
        self.ask(name);
        let values = self.path.iter().find(|(known, _)| known == name).map(|(_, values)| values.clone());
        values.map(|values| read(name, values)).transpose()
    }

    /// A query parameter that is always there.
    ///
    /// # Errors
    /// When it is absent or of another type.
    pub fn query<T: Wire>(&self, name: &str) -> Result<T, Problem> {
        self.query_option(name)?.ok_or_else(|| Problem(format!("query parameter `{name}` is missing")))
    }

    /// A query parameter.
    ///
    /// # Errors
    /// When it is of another type.
    pub fn query_option<T: Wire>(&self, name: &str) -> Result<Option<T>, Problem> {
        self.ask(name);
        let values = self.query.iter().filter(|(known, _)| known == name).map(|(_, value)| value);
        let values: Vec<String> = match self.joined {
            true => values.flat_map(|value| value.split(',')).map(str::to_owned).collect(),
            false => values.cloned().collect(),
        };
        if values.is_empty() { Ok(None) } else { read(name, values).map(Some) }
    }

    /// The body; an absent one reads as an empty object.
    ///
    /// # Errors
    /// When it does not fit.
    pub fn body<T: Wire>(&self) -> Result<T, Problem> {
        self.ask(BODY);
        let text = self.body.as_deref().unwrap_or("{}");
        let decoded = rt::decode::<T>(text, false);
        decoded
            .map(|decoded| decoded.value)
            .map_err(|error| Problem(format!("body: {} at `{}`", error.message, error.pointer)))
    }

    /// The body, if there is one.
    ///
    /// # Errors
    /// When it does not fit.
    pub fn body_option<T: Wire>(&self) -> Result<Option<T>, Problem> {
        self.ask(BODY);
        if self.body.is_some() { self.body().map(Some) } else { Ok(None) }
    }
}

/// How the body is called among what was asked for; no parameter can have that name.
const BODY: &str = "the body";

fn read<T: Wire>(name: &str, values: Vec<String>) -> Result<T, Problem> {
    T::decode(TextDeserializer::new(values)).map_err(|error| Problem(format!("`{name}`: {error}")))
}
