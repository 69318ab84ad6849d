//! Drives JSON through typed calls: raw parts become a typed request, and typed answers become JSON again. Everything
//! goes through the client's public types; nothing is looked up at run time but the operation's row.

mod parts;
mod text;

use std::future::Future;
use std::pin::Pin;

use elkit::response::Ndjson;
use elkit::rt::{self, Correction, Endpoint, Product, SeenLazy, Wire};
use elkit::{Elasticsearch, Kibana};
use elkit_stack::Stack;
use serde_json::Value;

pub use parts::{Parts, Problem};

/// Everything the tests know of one operation.
pub struct Row {
    /// `security.create_api_key`
    pub id: &'static str,
    /// Who answers it.
    pub product: Product,
    /// Verbs and path template of each route.
    pub routes: &'static [(&'static [&'static str], &'static str)],
    /// Decodes and encodes a request body.
    pub request: Recode,
    /// Decodes and encodes a response body.
    pub response: Recode,
    /// Sends raw parts as a typed request.
    pub call: fn(&Clients, Parts) -> Sending,
}

/// A call under way.
pub type Sending = Pin<Box<dyn Future<Output = Result<Sent, Problem>> + Send>>;

/// Decodes text and encodes the value again.
pub type Recode = fn(&str, Reader) -> Result<Recoded, Problem>;

/// Who reads a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// The transport: what does not fit is corrected.
    Transport,
    /// A user with `serde`, from any format: what does not fit is an error.
    Serde,
}

/// What a value became.
#[derive(Clone, Debug, Default)]
pub struct Recoded {
    /// The value, encoded again; empty when there is none.
    pub json: String,
    /// What had to be corrected on the way.
    pub corrections: Vec<Correction>,
    /// Values in it that nobody has looked at yet.
    pub lazy: Vec<SeenLazy>,
}

/// A type that stands in a `Lazy`.
pub struct LazyRow {
    /// Its name, as [`SeenLazy`] gives it.
    pub type_name: fn() -> &'static str,
    /// Decodes and encodes it.
    pub recode: Recode,
}

/// The clients that rows send with.
#[derive(Clone, Debug)]
pub struct Clients {
    /// For Elasticsearch's operations.
    pub elasticsearch: Elasticsearch,
    /// For Kibana's operations.
    pub kibana: Kibana,
}

impl Clients {
    /// Clients of a stack's administrator that send each call once.
    ///
    /// # Panics
    /// When the stack's addresses are none.
    pub fn of(stack: &Stack) -> Self {
        let (user, password) = ("elastic", stack.elastic_password());
        let elasticsearch = Elasticsearch::builder(stack.elasticsearch_url()).basic_auth(user, password);
        let kibana = Kibana::builder(stack.kibana_url()).basic_auth(user, password);
        Self {
            elasticsearch: elasticsearch.max_retries(0).build().unwrap(),
            kibana: kibana.max_retries(0).build().unwrap(),
        }
    }
}

/// An answer, raw and typed.
#[derive(Debug)]
pub struct Sent {
    /// The status.
    pub status: u16,
    /// The raw body.
    pub raw: Vec<u8>,
    /// The typed answer of a successful call, encoded again.
    pub typed: Option<Value>,
    /// What had to be corrected.
    pub corrections: Vec<Correction>,
    /// The error of a call that did not succeed.
    pub error: Option<elkit::Error>,
}

/// The row of an operation.
pub fn find(id: &str) -> Option<&'static Row> {
    rows().find(|row| row.id == id)
}

/// All rows.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    let rows = crate::generated::elasticsearch::ROWS.iter();
    #[cfg(all(feature = "kibana", not(test)))]
    let rows = rows.chain(crate::generated::kibana::ROWS);
    rows
}

/// How a value that was found in a `Lazy` is decoded and encoded.
pub fn lazy(type_name: &str) -> Option<Recode> {
    let rows = crate::generated::elasticsearch::LAZY.iter();
    #[cfg(all(feature = "kibana", not(test)))]
    let rows = rows.chain(crate::generated::kibana::LAZY);
    rows.into_iter().find(|row| (row.type_name)() == type_name).map(|row| row.recode)
}

/// Decodes text as `T` and encodes it again.
///
/// # Errors
/// When the text does not fit.
pub fn recode<T: Wire>(text: &str, reader: Reader) -> Result<Recoded, Problem> {
    let wrong = |error: serde_json::Error| Problem(error.to_string());
    let (decoded, lazy) = rt::watch_lazy(|| match reader {
        Reader::Transport => {
            rt::decode::<T>(text, false).map_err(|error| Problem(format!("{} at `{}`", error.message, error.pointer)))
        }
        // The transport's own deserializer: each further one would compile every type once more.
        Reader::Serde => T::decode(&mut serde_json::Deserializer::from_str(text))
            .map(|value| rt::Decoded { value, corrections: Vec::new() })
            .map_err(wrong),
    });
    let decoded = decoded?;
    let json = rt::to_json(&decoded.value).map_err(wrong)?;
    Ok(Recoded { json, corrections: decoded.corrections, lazy })
}

/// For operations without a body: nothing, or an empty object, is all there can be.
///
/// # Errors
/// When there is something.
pub fn no_body(text: &str, _: Reader) -> Result<Recoded, Problem> {
    match text.trim() {
        text @ ("" | "null" | "{}") => Ok(Recoded { json: text.to_owned(), ..Recoded::default() }),
        _ => Err(Problem("the operation has no body here".to_owned())),
    }
}

/// For bodies that are no JSON: forms, files, text.
///
/// # Errors
/// Always.
pub fn not_json(_: &str, _: Reader) -> Result<Recoded, Problem> {
    Err(Problem(NOT_JSON.to_owned()))
}

/// Why such a body can't be checked as JSON.
pub const NOT_JSON: &str = "the body is no JSON";

/// Sends a typed request.
///
/// # Errors
/// When the request could not be made from its parts.
pub fn call<R: Endpoint>(
    clients: &Clients,
    request: Result<R, Problem>,
    to_value: fn(&R::Response) -> Option<Value>,
) -> impl Future<Output = Result<Sent, Problem>> + Send + use<R> {
    let clients = clients.clone();
    async move {
        let request = request?;
        let result = match R::OPERATION.product {
            Product::Elasticsearch => clients.elasticsearch.send(request).await,
            Product::Kibana => clients.kibana.send(request).await,
        };
        Ok(match result {
            Ok(response) => Sent {
                status: response.status().as_u16(),
                raw: response.raw().to_vec(),
                corrections: response.corrections().to_vec(),
                typed: to_value(&response),
                error: None,
            },
            Err(error) => Sent {
                status: error.status().map_or(0, |status| status.as_u16()),
                raw: error.body().to_vec(),
                typed: None,
                corrections: Vec::new(),
                error: Some(error),
            },
        })
    }
}

/// A typed answer as JSON.
pub fn typed<T: Wire>(value: &T) -> Option<Value> {
    rt::to_json(value).ok().and_then(|json| serde_json::from_str(&json).ok())
}

/// Typed lines as a JSON array.
pub fn typed_lines<T: Wire>(lines: &Ndjson<T>) -> Option<Value> {
    lines.iter().map(typed).collect::<Option<Vec<_>>>().map(Value::Array)
}

/// For answers without a body.
pub fn untyped<T>(_: &T) -> Option<Value> {
    None
}
