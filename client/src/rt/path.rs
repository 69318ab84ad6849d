//! The path of a request. A parameter can never change the route: whatever its value, it stays inside its segment, or
//! the request is refused before anything is sent.

use std::fmt::Write;
use std::ops::Range;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::{Operation, Product};
use crate::{Error, ErrorKind, telemetry};

/// Everything but RFC 3986's unreserved characters.
pub(crate) const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Elasticsearch's lists keep what means something to it: the comma and the wildcard.
pub(crate) const ELASTICSEARCH_LIST: &AsciiSet = &RESERVED.remove(b',').remove(b'*');

/// The encoded path of one request, without space or base.
#[derive(Debug)]
pub struct Path {
    operation: &'static Operation,
    text: String,
    /// Where the parameters stand, if somebody is told.
    parameters: Vec<(&'static str, Range<usize>)>,
}

impl Path {
    /// An empty path of `operation`.
    pub fn new(operation: &'static Operation) -> Self {
        Self { operation, text: String::with_capacity(operation.template.len() + 32), parameters: Vec::new() }
    }

    /// Appends text of the template, as it stands.
    pub fn literal(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Appends text of the template that stands behind a parameter.
    pub fn suffix(&mut self, text: &str) {
        self.literal(text);
    }

    /// Appends `/` and the encoded value.
    ///
    /// # Errors
    /// When the value is empty, `.` or `..`.
    pub fn segment(&mut self, name: &'static str, value: &str) -> Result<(), Error> {
        self.check(name, value)?;
        self.text.push('/');
        let start = self.text.len();
        self.encode(value, RESERVED);
        self.note(name, start);
        Ok(())
    }

    /// Appends `/` and the encoded values with commas between them.
    ///
    /// # Errors
    /// When there is no value, or one is empty, `.` or `..`.
    pub fn segments<I>(&mut self, name: &'static str, values: I) -> Result<(), Error>
    where
        I: IntoIterator<Item: AsRef<str>>,
    {
        let set = match self.operation.product {
            Product::Elasticsearch => ELASTICSEARCH_LIST,
            Product::Kibana => RESERVED,
        };
        let mut separator = '/';
        let start = self.text.len() + 1;
        for value in values {
            self.check(name, value.as_ref())?;
            self.text.push(separator);
            self.encode(value.as_ref(), set);
            separator = ',';
        }
        if separator == '/' {
            return Err(self.refuse(format!("path parameter `{name}` is an empty list")));
        }
        self.note(name, start);
        Ok(())
    }

    /// The error for a parameter that was given without the one it stands behind.
    pub fn missing_parent(&self, name: &str, parent: &str) -> Error {
        self.refuse(format!("path parameter `{name}` needs `{parent}`"))
    }

    /// The error for a parameter that no URL has together with the others that were given.
    pub fn excluded(&self, name: &str) -> Error {
        self.refuse(format!("path parameter `{name}` stands in no URL of this call together with the others given"))
    }

    /// The error for a call of which too little was given.
    pub fn no_route(&self) -> Error {
        self.refuse("every URL of this call has a path parameter that was not given".to_owned())
    }

    /// The path as it will be sent.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Takes the path.
    pub fn into_string(self) -> String {
        self.text
    }

    /// Takes the path, and the decoded values of its parameters if somebody is told.
    pub(crate) fn into_parts(self) -> (String, Vec<(&'static str, String)>) {
        let decoded = |range: Range<usize>| percent_decode_str(&self.text[range]).decode_utf8_lossy().into_owned();
        let parameters = self.parameters.into_iter().map(|(name, range)| (name, decoded(range))).collect();
        (self.text, parameters)
    }

    fn note(&mut self, name: &'static str, start: usize) {
        if telemetry::enabled() {
            self.parameters.push((name, start..self.text.len()));
        }
    }

    fn check(&self, name: &str, value: &str) -> Result<(), Error> {
        match value {
            "" => Err(self.refuse(format!("path parameter `{name}` is empty"))),
            "." | ".." => {
                Err(self.refuse(format!("path parameter `{name}` is `{value}`, which would change the route")))
            }
            _ => Ok(()),
        }
    }

    fn encode(&mut self, value: &str, set: &'static AsciiSet) {
        // Writing to a String can't fail.
        let _ = write!(self.text, "{}", utf8_percent_encode(value, set));
    }

    fn refuse(&self, message: String) -> Error {
        Error::new(ErrorKind::InvalidRequest, message).with_operation(self.operation.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rt::endpoint::test_operation;

    static ES: Operation = test_operation(Product::Elasticsearch);
    static KIBANA: Operation = test_operation(Product::Kibana);

    #[track_caller]
    fn check(operation: &'static Operation, values: &[&str], expected: Result<&str, &str>) {
        let mut path = Path::new(operation);
        path.literal("/a");
        let result = match values {
            [one] => path.segment("name", one),
            many => path.segments("name", many.iter().copied()),
        };
        path.suffix("/b");
        match expected {
            Ok(text) => assert_eq!(result.map(|()| path.as_str().to_owned()).unwrap(), text),
            Err(text) => assert_eq!(result.unwrap_err().to_string(), text),
        }
    }

    #[test]
    fn segments_are_encoded() {
        check(&ES, &["x"], Ok("/a/x/b"));
        check(&ES, &["a/b ü+%"], Ok("/a/a%2Fb%20%C3%BC%2B%25/b"));
        check(&ES, &["a,b*"], Ok("/a/a%2Cb%2A/b"));
        check(&ES, &["p1", "p2*"], Ok("/a/p1,p2*/b"));
        check(&KIBANA, &["p,1", "p2*"], Ok("/a/p%2C1,p2%2A/b"));
        check(&ES, &["%2e%2e"], Ok("/a/%252e%252e/b"));
        check(&ES, &["a?b#c\r\n\0"], Ok("/a/a%3Fb%23c%0D%0A%00/b"));
        check(&ES, &["..."], Ok("/a/.../b"));
        check(&ES, &["-._~"], Ok("/a/-._~/b"));
    }

    #[test]
    fn what_would_change_the_route_is_refused() {
        check(&ES, &[""], Err("test.operation failed: path parameter `name` is empty"));
        check(&ES, &[], Err("test.operation failed: path parameter `name` is an empty list"));
        for dots in [".", ".."] {
            let message =
                format!("test.operation failed: path parameter `name` is `{dots}`, which would change the route");
            check(&ES, &[dots], Err(&message));
            check(&KIBANA, &["a", dots], Err(&message));
        }
        assert_eq!(
            Path::new(&ES).missing_parent("name", "application").to_string(),
            "test.operation failed: path parameter `name` needs `application`"
        );
    }

    #[test]
    fn any_text_stays_one_segment_and_comes_back() {
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..2_000 {
            let value: String = (0..random.usize(1..12)).map(|_| random.char(..)).collect();
            let mut path = Path::new(&ES);
            if path.segment("name", &value).is_err() {
                assert!(value == "." || value == "..");
                continue;
            }
            let segment = &path.as_str()[1..];
            assert!(segment.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%".contains(&b)), "{segment}");
            assert_eq!(percent_decode_str(segment).decode_utf8().unwrap(), value);
            let url = url::Url::parse("http://h/x/").unwrap().join(segment).unwrap();
            assert_eq!(url.path(), format!("/x/{segment}"));
        }
    }
}
