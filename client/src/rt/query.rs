//! The query of a request, recorded in the order of calls. Which form a list takes is the product's rule, applied when
//! the query is written out.

use std::fmt::{self, Write};

use percent_encoding::{AsciiSet, utf8_percent_encode};

use super::path::{ELASTICSEARCH_LIST, RESERVED};
use super::{Product, Wire};

/// The query parameters of one request.
#[derive(Clone, Default, PartialEq)]
pub struct Query {
    parameters: Vec<(String, Values)>,
    /// Those of which nothing is known: their values may be secret.
    unknown: Vec<String>,
    /// A parameter whose value could not be written.
    unwritable: Option<String>,
}

#[derive(Clone, PartialEq)]
enum Values {
    One(String),
    List(Vec<String>),
}

impl Query {
    /// No parameters.
    pub const fn new() -> Self {
        Self { parameters: Vec::new(), unknown: Vec::new(), unwritable: None }
    }

    /// Adds one parameter.
    pub fn pair(&mut self, name: &str, value: impl fmt::Display) {
        self.parameters.push((name.to_owned(), Values::One(value.to_string())));
    }

    /// Adds a list: one comma-joined parameter for Elasticsearch, repeated keys for Kibana. An empty list adds nothing.
    pub fn list<I>(&mut self, name: &str, values: I)
    where
        I: IntoIterator<Item: fmt::Display>,
    {
        let values: Vec<_> = values.into_iter().map(|value| value.to_string()).collect();
        if !values.is_empty() {
            self.parameters.push((name.to_owned(), Values::List(values)));
        }
    }

    /// Adds a parameter whose value is JSON text.
    pub fn json(&mut self, name: &str, text: impl Into<String>) {
        self.parameters.push((name.to_owned(), Values::One(text.into())));
    }

    /// Adds a parameter that the server reads as JSON.
    pub fn value<T: Wire>(&mut self, name: &str, value: &T) {
        match super::to_json(value) {
            Ok(text) => self.json(name, text),
            Err(_) => self.unwritable = Some(name.to_owned()),
        }
    }

    /// Adds a parameter that no specification has.
    pub(crate) fn unknown(&mut self, name: &str, value: impl fmt::Display) {
        self.pair(name, value);
        self.unknown.push(name.to_owned());
    }

    /// The parameter whose value can't be written as JSON, if there is one.
    pub(crate) fn unwritable(&self) -> Option<&str> {
        self.unwritable.as_deref()
    }

    /// Whether there is no parameter.
    pub fn is_empty(&self) -> bool {
        self.parameters.is_empty()
    }

    /// The decoded pairs as `product` will see them.
    pub fn pairs(&self, product: Product) -> Vec<(&str, String)> {
        let mut pairs = Vec::with_capacity(self.parameters.len());
        for (name, values) in &self.parameters {
            match (values, product) {
                (Values::One(value), _) => pairs.push((name.as_str(), value.clone())),
                (Values::List(values), Product::Elasticsearch) => pairs.push((name, values.join(","))),
                (Values::List(values), Product::Kibana) => {
                    pairs.extend(values.iter().map(|value| (name.as_str(), value.clone())));
                }
            }
        }
        pairs
    }

    /// The query as it will be sent, without `?`.
    pub fn encode(&self, product: Product) -> String {
        let mut text = String::new();
        for (name, values) in &self.parameters {
            match (values, product) {
                (Values::One(value), _) => write_pair(&mut text, name, value, RESERVED),
                (Values::List(values), Product::Elasticsearch) => {
                    write_pair(&mut text, name, &values.join(","), ELASTICSEARCH_LIST);
                }
                (Values::List(values), Product::Kibana) => {
                    values.iter().for_each(|value| write_pair(&mut text, name, value, RESERVED));
                }
            }
        }
        text
    }

    /// The query as spans tell it: without the values of which nothing is known.
    pub(crate) fn told(&self, product: Product) -> String {
        let mut told = self.clone();
        let unknown = |name: &String| self.unknown.contains(name);
        told.parameters.iter_mut().filter(|(name, _)| unknown(name)).for_each(|(_, values)| {
            *values = Values::One("REDACTED".to_owned());
        });
        told.encode(product)
    }

    /// Adds what `upper` has; a name it has replaces all of ours.
    pub(crate) fn merge(&mut self, upper: &Self) {
        if upper.is_empty() {
            return;
        }
        self.parameters.retain(|(name, _)| !upper.parameters.iter().any(|(other, _)| other == name));
        self.parameters.extend(upper.parameters.iter().cloned());
        self.unknown.extend(upper.unknown.iter().cloned());
    }
}

impl fmt::Debug for Query {
    /// Names only: a value may be a name or a search text that its owner does not want in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Query")?;
        f.debug_list().entries(self.parameters.iter().map(|(name, _)| name)).finish()
    }
}

fn write_pair(text: &mut String, name: &str, value: &str, set: &'static AsciiSet) {
    let separator = if text.is_empty() { "" } else { "&" };
    // Writing to a String can't fail.
    let _ = write!(text, "{separator}{}={}", utf8_percent_encode(name, RESERVED), utf8_percent_encode(value, set));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(write: impl Fn(&mut Query), elasticsearch: &str, kibana: &str) {
        let mut query = Query::new();
        write(&mut query);
        assert_eq!(query.encode(Product::Elasticsearch), elasticsearch);
        assert_eq!(query.encode(Product::Kibana), kibana);
        for product in [Product::Elasticsearch, Product::Kibana] {
            let url = url::Url::parse(&format!("http://h/?{}", query.encode(product))).unwrap();
            assert_eq!(url.query().unwrap_or_default(), query.encode(product), "the URL changes nothing");
            let decoded: Vec<_> = url.query_pairs().map(|(k, v)| (k.into_owned(), v.into_owned())).collect();
            let pairs: Vec<_> = query.pairs(product).into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
            assert_eq!(decoded, pairs);
        }
    }

    #[test]
    fn encoding_by_product() {
        check(|_| {}, "", "");
        check(|q| q.pair("a", true), "a=true", "a=true");
        check(
            |q| {
                q.pair("b", 7);
                q.pair("a", "x y+z&=?#é");
            },
            "b=7&a=x%20y%2Bz%26%3D%3F%23%C3%A9",
            "b=7&a=x%20y%2Bz%26%3D%3F%23%C3%A9",
        );
        check(|q| q.list("names", ["a", "b*", "c d"]), "names=a,b*,c%20d", "names=a&names=b%2A&names=c%20d");
        check(|q| q.list("names", Vec::<String>::new()), "", "");
        check(|q| q.json("ids", r#"["a"]"#), "ids=%5B%22a%22%5D", "ids=%5B%22a%22%5D");
        check(|q| q.pair("f", 1.5), "f=1.5", "f=1.5");
        check(|q| q.pair("sort[order]", "'"), "sort%5Border%5D=%27", "sort%5Border%5D=%27");
    }

    #[test]
    fn upper_names_replace() {
        let mut lower = Query::new();
        lower.pair("a", 1);
        lower.pair("b", 2);
        let mut upper = Query::new();
        upper.list("a", [3, 4]);
        lower.merge(&upper);
        assert_eq!(lower.encode(Product::Kibana), "b=2&a=3&a=4");
        assert_eq!(format!("{lower:?}"), r#"Query["b", "a"]"#);
        upper.unknown("sig", "canary");
        lower.merge(&upper);
        assert_eq!(lower.told(Product::Kibana), "b=2&a=3&a=4&sig=REDACTED");
        assert_eq!(lower.encode(Product::Kibana), "b=2&a=3&a=4&sig=canary");
    }
}
