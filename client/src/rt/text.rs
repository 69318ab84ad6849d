//! Values of paths and queries as text.

use std::borrow::Cow;

use serde_json::Value;

use super::Wire;
use crate::secret::Secret;
use crate::types::{ByteSize, EpochMillis, Stringified, Untyped};

/// A value that can stand in a path or a query.
pub trait Text {
    /// Its text, not yet encoded.
    fn text(&self) -> Cow<'_, str>;
}

/// The text of a value.
pub fn text<T: Text + ?Sized>(value: &T) -> Cow<'_, str> {
    value.text()
}

/// The texts of a list.
pub fn texts<'a, T: Text + 'a>(values: impl IntoIterator<Item = &'a T>) -> impl Iterator<Item = Cow<'a, str>> {
    values.into_iter().map(Text::text)
}

impl Text for String {
    fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }
}

macro_rules! displayed {
    ($($ty:ty),*) => {$(
        impl Text for $ty {
            fn text(&self) -> Cow<'_, str> {
                Cow::Owned(self.to_string())
            }
        }
    )*};
}

displayed!(bool, i32, i64, u32, u64, f64, crate::types::Number, crate::types::Duration, crate::types::Timestamp);

/// The text of what stands in JSON: a string as it is, a list with commas, anything else as JSON.
pub fn json_text<T: Wire>(value: &T) -> Cow<'_, str> {
    // A model always has a JSON form.
    Cow::Owned(value.encode(serde_json::value::Serializer).map_or_else(|_| String::new(), plain))
}

fn plain(value: Value) -> String {
    match value {
        Value::String(text) => text,
        Value::Array(items) => items.into_iter().map(plain).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

macro_rules! as_json {
    ($($ty:ty),*) => {$(
        impl Text for $ty {
            fn text(&self) -> Cow<'_, str> {
                json_text(self)
            }
        }
    )*};
}

as_json!(Value, Untyped, ByteSize, EpochMillis);

impl<T: Wire> Text for Stringified<T> {
    fn text(&self) -> Cow<'_, str> {
        json_text(self)
    }
}

/// In clear: the server has to read it.
impl Text for Secret<String> {
    fn text(&self) -> Cow<'_, str> {
        crate::redact::written(self.expose());
        Cow::Borrowed(self.expose())
    }
}
