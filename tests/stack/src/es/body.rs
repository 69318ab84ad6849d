//! The body of a request as JSON, read as Elasticsearch reads it: a member that stands twice is an error.

use std::fmt;

use bytes::Bytes;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::error::Refusal;

/// Reads a body.
pub(crate) fn read(raw: &Bytes) -> Result<Value, Refusal> {
    serde_json::from_slice(raw).map(|Strict(value)| value).map_err(|error| {
        let at = format!("[{}:{}]", error.line(), error.column());
        let text = error.to_string();
        match text.find(DUPLICATE) {
            Some(from) => {
                let why = text[from..].split(" at line ").next().unwrap_or_default();
                Refusal::content(format!("{at} {why}"))
            }
            None => {
                let kind = if error.is_eof() { "json_e_o_f_exception" } else { "x_content_parse_exception" };
                Refusal::new(400, kind, format!("{at} the request body is not valid JSON"))
            }
        }
    })
}

const DUPLICATE: &str = "Duplicate field '";

/// A value none of whose objects has a member twice.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Strict(item)) = seq.next_element()? {
            items.push(item);
        }
        Ok(items.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            if members.contains_key(&name) {
                return Err(A::Error::custom(format!("{DUPLICATE}{name}'")));
            }
            let Strict(value) = map.next_value()?;
            members.insert(name, value);
        }
        Ok(members.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies() {
        for (text, expected) in [
            (r#"{"a":[1,-2,1.5,"x",null,true,{"b":{}}]}"#, Ok(r#"{"a":[1,-2,1.5,"x",null,true,{"b":{}}]}"#)),
            (r#"{"a":1,"a":2}"#, Err("[1:10] Duplicate field 'a'")),
            (r#"[{"a":{"b c":1,"b c":2}}]"#, Err("[1:20] Duplicate field 'b c'")),
            ("{", Err("[1:1] the request body is not valid JSON")),
            ("{]", Err("[1:2] the request body is not valid JSON")),
        ] {
            let found = read(&Bytes::from_static(text.as_bytes()));
            let found = found.map(|value| value.to_string()).map_err(|refusal| refusal.reason());
            assert_eq!(found, expected.map(str::to_owned).map_err(str::to_owned), "{text}");
        }
    }
}
