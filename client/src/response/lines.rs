//! Answers in pieces: lines of JSON and server-sent events.

use std::fmt;
use std::ops::Deref;

use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::body::{FromBody, text_of};
use crate::rt::{DecodeError, Decoded, Wire, decode};
use crate::{Error, ErrorKind};

/// An answer of lines, each one JSON value. It derefs to the list of them; Debug shows how many.
#[derive(Clone, PartialEq)]
pub struct Ndjson<T>(pub Vec<T>);

impl<T: Wire + Send + 'static> FromBody for Ndjson<T> {
    fn from_body(body: &Bytes, strict: bool) -> Result<Decoded<Self>, DecodeError> {
        let mut all = Decoded { value: Self(Vec::new()), corrections: Vec::new() };
        for (number, line) in text_of(body)?.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let line = decode_line::<T>(line, number + 1, all.value.0.len(), strict)?;
            all.value.0.push(line.value);
            all.corrections.extend(line.corrections);
        }
        Ok(all)
    }
}

/// Reads one line, the `index`th that holds a value; places are told from the list of them.
pub(super) fn decode_line<T: Wire>(
    line: &str,
    number: usize,
    index: usize,
    strict: bool,
) -> Result<Decoded<T>, DecodeError> {
    let within = |pointer: &str| format!("/{index}{pointer}");
    let mut decoded = decode::<T>(line, strict).map_err(|error| DecodeError {
        pointer: within(&error.pointer),
        message: format!("line {number}: {}", error.message),
    })?;
    decoded.corrections.iter_mut().for_each(|correction| correction.pointer = within(&correction.pointer));
    Ok(decoded)
}

impl<T> Deref for Ndjson<T> {
    type Target = Vec<T>;

    fn deref(&self) -> &Vec<T> {
        &self.0
    }
}

impl<T> IntoIterator for Ndjson<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Ndjson<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<T> fmt::Debug for Ndjson<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ndjson({} lines)", self.0.len())
    }
}

/// An answer of server-sent events. It derefs to the list of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Events(pub Vec<Event>);

/// One server-sent event. Debug shows its name and size.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// Its name; `message` where the server gave none.
    pub event: String,
    /// Its data, lines joined.
    pub data: String,
    /// Its id.
    pub id: Option<String>,
    /// How long to wait before asking again, in milliseconds.
    pub retry: Option<u64>,
}

impl Event {
    /// Reads the data as JSON.
    ///
    /// # Errors
    /// When it is not JSON of that type.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_str(&self.data).map_err(|error| {
            let place = format!("{:?} error at line {}, column {}", error.classify(), error.line(), error.column());
            Error::new(ErrorKind::Decode, format!("the event's data does not fit the type ({place})"))
        })
    }
}

impl FromBody for Events {
    fn from_body(body: &Bytes, _: bool) -> Result<Decoded<Self>, DecodeError> {
        let mut reader = EventReader::default();
        let text = text_of(body)?;
        let mut events: Vec<Event> = text.lines().filter_map(|line| reader.line(line)).collect();
        events.extend(reader.line(""));
        Ok(Decoded { value: Self(events), corrections: Vec::new() })
    }
}

impl Deref for Events {
    type Target = Vec<Event>;

    fn deref(&self) -> &Vec<Event> {
        &self.0
    }
}

impl IntoIterator for Events {
    type Item = Event;
    type IntoIter = std::vec::IntoIter<Event>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Event({:?}, {} bytes)", self.event, self.data.len())
    }
}

/// Puts events together from lines.
#[derive(Debug, Default)]
pub(crate) struct EventReader {
    event: Event,
    has_data: bool,
}

impl EventReader {
    /// Takes a line without its end; an empty one ends an event.
    pub(crate) fn line(&mut self, line: &str) -> Option<Event> {
        if line.is_empty() {
            let mut event = std::mem::take(&mut self.event);
            if event.event.is_empty() {
                event.event.push_str("message");
            }
            return std::mem::take(&mut self.has_data).then_some(event);
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "data" => {
                if self.has_data {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
                self.has_data = true;
            }
            "event" => value.clone_into(&mut self.event.event),
            "id" => self.event.id = Some(value.to_owned()),
            "retry" => self.event.retry = value.parse().ok(),
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_json() {
        let read = |text: &'static str| Ndjson::<i64>::from_body(&Bytes::from_static(text.as_bytes()), true);
        for text in ["1\n2\n3", "1\n2\n3\n", "1\r\n\n2\n3\n\n"] {
            assert_eq!(read(text).unwrap().value.0, [1, 2, 3], "{text:?}");
        }
        assert!(read("").unwrap().value.is_empty());
        let error = read("1\n\nx").unwrap_err();
        assert!(error.pointer.starts_with("/1") && error.message.starts_with("line 3:"), "{error:?}");
    }

    #[test]
    fn events() {
        let text = ": comment\nevent: a\ndata: 1\ndata:2\nid: 7\n\ndata\n\nretry: 50\n\nevent: last\ndata: {\"x\":1}";
        let events = Events::from_body(&Bytes::from_static(text.as_bytes()), true).unwrap().value;
        let shown: Vec<_> = events.iter().map(|event| (event.event.as_str(), event.data.as_str())).collect();
        assert_eq!(shown, [("a", "1\n2"), ("message", ""), ("last", "{\"x\":1}")]);
        assert_eq!(events[0].id.as_deref(), Some("7"));
        assert_eq!(events[2].json::<serde_json::Value>().unwrap()["x"], 1);
        assert_eq!(format!("{:?}", events[2]), "Event(\"last\", 7 bytes)");
    }
}
