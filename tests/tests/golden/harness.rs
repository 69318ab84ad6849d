//! What a row of a golden says, and the one function that checks them all. Nothing is sent: requests are plain data.

use std::fmt::Debug;

use elkit::rt::{self, Endpoint, Wire};
use elkit::{Elasticsearch, Kibana};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What a row is about, and what is wrong with it.
pub(crate) type Row = (String, Result<(), String>);

/// Fails with every row that is wrong.
pub(crate) fn check(rows: impl IntoIterator<Item = Row>) {
    let wrong = rows.into_iter().filter_map(|(row, result)| Some(format!("{row}\n    {}", result.err()?)));
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// The JSON becomes the type, with nothing corrected, and the type the JSON: in the transport and with `serde`.
pub(crate) fn json<T: Wire + Debug + Serialize + DeserializeOwned>(text: &str) -> Row {
    let result = || {
        let read: T =
            rt::decode(text, true).map_err(|error| format!("{} at `{}`", error.message, error.pointer))?.value;
        equal(&rt::to_json(&read).map_err(text_of)?, text)?;
        let read: T = serde_json::from_str(text).map_err(text_of)?;
        equal(&serde_json::to_string(&read).map_err(text_of)?, text)
    };
    (format!("{} from {text}", name::<T>()), result())
}

/// The JSON becomes the type once something is corrected at these places, and is then written so.
pub(crate) fn corrected<T: Wire>(text: &str, written: &str, places: &[&str]) -> Row {
    let result = || {
        let read = rt::decode::<T>(text, false).map_err(|error| error.message)?;
        let corrected: Vec<&str> = read.corrections.iter().map(|correction| correction.pointer.as_str()).collect();
        if corrected != places {
            return Err(format!("corrected {corrected:?}, not {places:?}"));
        }
        equal(&rt::to_json(&read.value).map_err(text_of)?, written)
    };
    (format!("{} from {text}", name::<T>()), result())
}

/// A value that was built is written so, and shown so.
pub(crate) fn built<T: Wire>(value: T, written: &str) -> Row {
    let result = rt::to_json(&value).map_err(text_of).and_then(|text| equal(&text, written));
    (format!("{} that was built", name::<T>()), result)
}

/// The request goes out as `METHOD path?query body`.
pub(crate) fn sent<R: Endpoint>(request: R, wanted: &str) -> Row {
    let is = line(&request);
    let result = if is == wanted { Ok(()) } else { Err(format!("sent {is}")) };
    (wanted.to_owned(), result)
}

/// The request is not sent, and the error says why.
pub(crate) fn refused<R: Endpoint>(request: R, why: &str) -> Row {
    let is = line(&request);
    let result = if is.starts_with("refused: ") && is.contains(why) { Ok(()) } else { Err(format!("sent {is}")) };
    (format!("refused because {why}"), result)
}

/// Something else that must hold.
pub(crate) fn holds(what: &str, is: bool) -> Row {
    (what.to_owned(), if is { Ok(()) } else { Err("does not hold".to_owned()) })
}

pub(crate) fn es() -> Elasticsearch {
    Elasticsearch::builder("http://localhost:9200").build().expect("nothing is wrong with it")
}

pub(crate) fn kibana() -> Kibana {
    Kibana::builder("http://localhost:5601").build().expect("nothing is wrong with it")
}

pub(crate) fn line<R: Endpoint>(request: &R) -> String {
    let mut path = rt::Path::new(R::OPERATION);
    if let Err(error) = request.path(&mut path) {
        return format!("refused: {error}");
    }
    let mut query = rt::Query::new();
    request.query(&mut query);
    let query = query.encode(R::OPERATION.product);
    let body = request.body().expect("it can be written");
    let body = body.as_bytes().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default();
    let (query, body) = (prefixed("?", &query), prefixed(" ", &body));
    format!("{} {}{query}{body}", request.method(), path.as_str())
}

fn prefixed(with: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{with}{text}") }
}

fn equal(is: &str, wanted: &str) -> Result<(), String> {
    let [is, wanted]: [Value; 2] =
        [serde_json::from_str(is).map_err(text_of)?, serde_json::from_str(wanted).map_err(text_of)?];
    if is == wanted { Ok(()) } else { Err(format!("written as {is}, not {wanted}")) }
}

fn text_of(error: impl ToString) -> String {
    error.to_string()
}

fn name<T>() -> &'static str {
    let name = std::any::type_name::<T>();
    name.split_once("code::").map_or(name, |(_, name)| name)
}
