//! What comes back. The raw body stays with the value, and Debug never shows it.

use std::fmt;
use std::ops::{Deref, DerefMut};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use crate::error::media_type;
use crate::rt::{Correction, DecodeError, Decoded, Wire, decode};
use crate::{Error, ErrorKind};

/// A decoded answer. It derefs to the value; status, headers and the raw body stand beside it.
///
/// ```
/// # fn f(key: elkit::Response<Vec<String>>) {
/// println!("{} names, status {}", key.len(), key.status());
/// for name in key {
///     println!("{name}");
/// }
/// # }
/// ```
#[derive(Clone)]
pub struct Response<T> {
    value: T,
    corrections: Vec<Correction>,
    answer: Answer,
}

/// What the server sent, read to its end.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) attempts: u32,
}

impl<T> Response<T> {
    /// Takes the value.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.answer.status
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.answer.headers
    }

    /// What the server warns of in `Warning` headers: deprecations, mostly.
    pub fn warnings(&self) -> Vec<String> {
        warnings(&self.answer.headers)
    }

    /// The members that were missing or of another type than the specification says. They were decoded as empty.
    pub fn corrections(&self) -> &[Correction] {
        &self.corrections
    }

    /// The body as it came.
    pub fn raw(&self) -> &Bytes {
        &self.answer.body
    }

    /// Reads the body as another type.
    ///
    /// # Errors
    /// When the body is not JSON of that type.
    pub fn json<U: DeserializeOwned>(&self) -> Result<U, Error> {
        serde_json::from_slice(&self.answer.body).map_err(|error| {
            undecodable(
                self.answer.clone(),
                String::new(),
                &located("the body does not fit the type", &error),
            )
        })
    }

    /// The same answer with another value.
    pub fn map<U>(self, map: impl FnOnce(T) -> U) -> Response<U> {
        Response {
            value: map(self.value),
            corrections: self.corrections,
            answer: self.answer,
        }
    }

    /// An answer that no server gave, for tests of code that takes one.
    pub fn from_parts(
        value: T,
        status: StatusCode,
        headers: HeaderMap,
        raw: impl Into<Bytes>,
    ) -> Self {
        Self {
            value,
            corrections: Vec::new(),
            answer: Answer {
                status,
                headers,
                body: raw.into(),
                attempts: 1,
            },
        }
    }
}

impl<T: FromBody> Response<T> {
    pub(crate) fn decode(answer: Answer, strict: bool) -> Result<Self, Error> {
        match T::from_body(&answer.body, strict) {
            Ok(Decoded { value, corrections }) => Ok(Self {
                value,
                corrections,
                answer,
            }),
            Err(DecodeError { pointer, message }) => Err(undecodable(answer, pointer, &message)),
        }
    }
}

impl<T: DeserializeOwned> Response<T> {
    /// Reads the body by serde's rules, without correction. An empty body reads as null.
    pub(crate) fn deserialize(answer: Answer) -> Result<Self, Error> {
        let body: &[u8] = if answer.body.is_empty() {
            b"null"
        } else {
            &answer.body
        };
        match serde_json::from_slice(body) {
            Ok(value) => Ok(Self {
                value,
                corrections: Vec::new(),
                answer,
            }),
            Err(error) => Err(undecodable(
                answer,
                String::new(),
                &located("it does not fit the type", &error),
            )),
        }
    }
}

impl Response<Binary> {
    pub(crate) fn untouched(answer: Answer) -> Self {
        Self {
            value: Binary(answer.body.clone()),
            corrections: Vec::new(),
            answer,
        }
    }
}

impl<T> Deref for Response<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Response<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T> AsRef<T> for Response<T> {
    fn as_ref(&self) -> &T {
        &self.value
    }
}

impl<T: IntoIterator> IntoIterator for Response<T> {
    type Item = T::Item;
    type IntoIter = T::IntoIter;

    fn into_iter(self) -> T::IntoIter {
        self.value.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Response<T>
where
    &'a T: IntoIterator,
{
    type Item = <&'a T as IntoIterator>::Item;
    type IntoIter = <&'a T as IntoIterator>::IntoIter;

    fn into_iter(self) -> Self::IntoIter {
        self.value.into_iter()
    }
}

impl<T: fmt::Debug> fmt::Debug for Response<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.answer.status)
            .field("value", &self.value)
            .field("corrections", &self.corrections.len())
            .field("raw_bytes", &self.answer.body.len())
            .finish_non_exhaustive()
    }
}

/// What an answer's body decodes to. Every [`Wire`] type is read as JSON; [`NoContent`], [`Text`] and [`Binary`] are
/// for answers that are something else.
pub trait FromBody: Sized + Send + 'static {
    /// Reads the body, correcting what does not fit unless `strict`.
    ///
    /// # Errors
    /// When the body can't be read as this.
    fn from_body(body: &Bytes, strict: bool) -> Result<Decoded<Self>, DecodeError>;
}

impl<T: Wire + Send + 'static> FromBody for T {
    fn from_body(body: &Bytes, strict: bool) -> Result<Decoded<Self>, DecodeError> {
        let text = text_of(body)?;
        if !text.trim_ascii().is_empty() {
            return decode(text, strict);
        }
        // A type that may be absent reads an empty body as null; for any other it is an error that says so.
        decode("null", true).map_err(|_| DecodeError {
            pointer: String::new(),
            message: "the body is empty".to_owned(),
        })
    }
}

/// An answer that has no body, or none that matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoContent;

impl FromBody for NoContent {
    fn from_body(_: &Bytes, _: bool) -> Result<Decoded<Self>, DecodeError> {
        Ok(Decoded {
            value: Self,
            corrections: Vec::new(),
        })
    }
}

/// An answer that is text. Debug shows its size.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Text(pub String);

impl FromBody for Text {
    fn from_body(body: &Bytes, _: bool) -> Result<Decoded<Self>, DecodeError> {
        Ok(Decoded {
            value: Self(text_of(body)?.to_owned()),
            corrections: Vec::new(),
        })
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} bytes)", self.0.len())
    }
}

/// An answer that is bytes. Debug shows its size.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Binary(pub Bytes);

impl FromBody for Binary {
    fn from_body(body: &Bytes, _: bool) -> Result<Decoded<Self>, DecodeError> {
        Ok(Decoded {
            value: Self(body.clone()),
            corrections: Vec::new(),
        })
    }
}

impl Deref for Binary {
    type Target = Bytes;

    fn deref(&self) -> &Bytes {
        &self.0
    }
}

impl fmt::Debug for Binary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Binary({} bytes)", self.0.len())
    }
}

fn undecodable(answer: Answer, pointer: String, message: &str) -> Error {
    let (kind, size) = (media_type(&answer.headers), answer.body.len());
    Error::new(
        ErrorKind::Decode,
        format!("the answer can't be decoded: {message} ({kind}, {size} bytes)"),
    )
    .with_path(pointer)
    .with_attempts(answer.attempts)
    .with_answer(answer.status, answer.headers, answer.body)
}

fn text_of(body: &Bytes) -> Result<&str, DecodeError> {
    std::str::from_utf8(body).map_err(|error| DecodeError {
        pointer: String::new(),
        message: format!("invalid UTF-8 at byte {}", error.valid_up_to()),
    })
}

/// Says where, never what: serde's own text may quote a value.
fn located(what: &str, error: &serde_json::Error) -> String {
    format!(
        "{what} ({:?} error at line {}, column {})",
        error.classify(),
        error.line(),
        error.column()
    )
}

/// The texts of `Warning: 299 agent "text" "date"`.
fn warnings(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(http::header::WARNING).iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(warning_texts)
        .collect()
}

fn warning_texts(header: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut rest = header.trim_start();
    // One header may hold several warnings; a date may follow each text.
    while let Some(warning) = rest.strip_prefix("299 ") {
        let Some((_, quoted)) = warning.split_once('"') else {
            break;
        };
        let (text, after) = unquote(quoted);
        texts.push(text);
        rest = after.trim_start();
        if let Some(date) = rest.strip_prefix('"') {
            rest = unquote(date).1.trim_start();
        }
        rest = rest.trim_start_matches([',', ' ']);
    }
    texts
}

/// The text up to the closing quote, and what follows it.
fn unquote(quoted: &str) -> (String, &str) {
    let mut text = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (text, &quoted[at + 1..]),
            '\\' => text.extend(characters.next().map(|(_, escaped)| escaped)),
            _ => text.push(character),
        }
    }
    (text, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(header: &str, expected: &[&str]) {
        let mut headers = HeaderMap::new();
        headers.insert("warning", header.parse().unwrap());
        assert_eq!(warnings(&headers), expected, "{header}");
    }

    #[test]
    fn warning_headers() {
        check(
            r#"299 Elasticsearch-9.0.0-abc "[x] is deprecated""#,
            &["[x] is deprecated"],
        );
        check(
            r#"299 E "a \"b\" \\c" "Mon, 02 Jan 2023 00:00:00 GMT""#,
            &[r#"a "b" \c"#],
        );
        check(r#"299 E "a, b" "date", 299 E "c""#, &["a, b", "c"]);
        check(r#"110 E "stale""#, &[]);
        check(r#"299 E "open"#, &["open"]);
        check("299 E", &[]);
    }

    #[test]
    fn the_body_is_not_printed() {
        let response = Response::from_parts(
            Text("canary".into()),
            StatusCode::OK,
            HeaderMap::new(),
            "canary",
        );
        assert!(!format!("{response:#?}").contains("canary"));
        let error = response.json::<u8>().unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary"));
        assert_eq!(error.body(), "canary");
    }

    #[test]
    fn bodies_that_are_not_json() {
        let answer = |body: &'static [u8]| Answer {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: Bytes::from_static(body),
            attempts: 1,
        };
        assert_eq!(
            *Response::<NoContent>::decode(answer(b"x"), true).unwrap(),
            NoContent
        );
        assert_eq!(
            &**Response::<Text>::decode(answer(b"x"), true).unwrap(),
            "x"
        );
        assert_eq!(
            Response::<Binary>::decode(answer(b"\xff"), true).unwrap().0,
            &b"\xff"[..]
        );
        let error = Response::<Text>::decode(answer(b"x\xff"), true).unwrap_err();
        assert_eq!(
            error.to_string(),
            "200 the answer can't be decoded: invalid UTF-8 at byte 1 (no content type, 2 bytes)"
        );
    }
}
