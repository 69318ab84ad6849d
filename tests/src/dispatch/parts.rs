//! The parts of a raw request, read as the types of a typed one.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use elkit::body::Upload;
use elkit::rt::{self, Product, Wire};
use serde_json::Value;

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

    /// A parameter of the query that is JSON.
    ///
    /// # Errors
    /// When it is absent or does not fit.
    pub fn json_query<T: Wire>(&self, name: &str) -> Result<T, Problem> {
        self.json_query_option(name)?.ok_or_else(|| Problem(format!("query parameter `{name}` is missing")))
    }

    /// A parameter of the query that is JSON, if it is there.
    ///
    /// # Errors
    /// When it does not fit.
    pub fn json_query_option<T: Wire>(&self, name: &str) -> Result<Option<T>, Problem> {
        self.ask(name);
        let value = self.query.iter().find(|(known, _)| known == name);
        value.map(|(_, text)| decoded(name, text)).transpose()
    }

    /// A part of the form.
    ///
    /// # Errors
    /// When it is absent or does not fit.
    pub fn form<T: Wire>(&self, name: &str) -> Result<T, Problem> {
        self.form_option(name)?.ok_or_else(|| Problem(format!("the form has no part `{name}`")))
    }

    /// A part of the form, if it is there.
    ///
    /// # Errors
    /// When it does not fit.
    pub fn form_option<T: Wire>(&self, name: &str) -> Result<Option<T>, Problem> {
        self.part(name).map(|value| decoded(name, &value.to_string())).transpose()
    }

    /// A file of the form, or several: the text that stands in its place.
    ///
    /// # Errors
    /// When it is absent.
    pub fn file<T: File>(&self, name: &str) -> Result<T, Problem> {
        self.file_option(name)?.ok_or_else(|| Problem(format!("the form has no file `{name}`")))
    }

    /// A file of the form, or several, if it is there.
    ///
    /// # Errors
    /// When it is no text.
    pub fn file_option<T: File>(&self, name: &str) -> Result<Option<T>, Problem> {
        let Some(value) = self.part(name) else { return Ok(None) };
        T::of(&value).map(Some).ok_or_else(|| Problem(format!("the file `{name}` is no text")))
    }

    /// The body as a file.
    pub fn content(&self) -> Upload {
        self.content_option().unwrap_or_else(|| Upload::new(""))
    }

    /// The body as a file, if there is one.
    pub fn content_option(&self) -> Option<Upload> {
        self.ask(BODY);
        let text = self.body.as_deref()?;
        let text = serde_json::from_str::<String>(text).unwrap_or_else(|_| text.to_owned());
        Some(Upload::new(text))
    }

    fn part(&self, name: &str) -> Option<Value> {
        self.ask(BODY);
        let form: Value = serde_json::from_str(self.body.as_deref()?).ok()?;
        form.get(name).cloned()
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

fn decoded<T: Wire>(name: &str, text: &str) -> Result<T, Problem> {
    let decoded = rt::decode::<T>(text, false);
    decoded.map(|decoded| decoded.value).map_err(|error| Problem(format!("`{name}`: {}", error.message)))
}

/// What a file of a form is made of.
pub trait File: Sized {
    /// The file of a text, or the files of several.
    fn of(value: &Value) -> Option<Self>;
}

impl File for Upload {
    fn of(value: &Value) -> Option<Self> {
        value.as_str().map(|text| Self::new(text.to_owned()))
    }
}

impl File for Vec<Upload> {
    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Array(items) => items.iter().map(Upload::of).collect(),
            one => Upload::of(one).map(|file| vec![file]),
        }
    }
}
