//! What differs between the products on the wire: media types, headers, the product check. No other file knows.

use std::sync::atomic::{AtomicU8, Ordering};

use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::body::Media;
use crate::response::Answer;
use crate::rt::{Operation, Product};
use crate::{Error, ErrorKind};

const API_VERSION: HeaderName = HeaderName::from_static("elastic-api-version");
const PRODUCT: HeaderName = HeaderName::from_static("x-elastic-product");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// How one client speaks to its product.
pub(crate) enum Dialect {
    /// Elasticsearch with REST compatibility: the major version the server accepts, 9 until it says otherwise.
    Compatible(AtomicU8),
    /// Serverless Elasticsearch.
    Serverless,
    /// Kibana.
    Kibana,
}

impl Dialect {
    pub(crate) fn elasticsearch() -> Self {
        Self::Compatible(AtomicU8::new(9))
    }

    /// Sets what every request of the product carries.
    pub(crate) fn headers(&self, operation: &Operation, media: &Media, headers: &mut HeaderMap) {
        let accept = match operation.accept {
            Some(accept) => HeaderValue::from_static(accept),
            None => self.json(),
        };
        headers.insert(ACCEPT, accept);
        if let Some(content_type) = self.content_type(media) {
            headers.insert(CONTENT_TYPE, content_type);
        }
        match self {
            Self::Compatible(_) => {}
            Self::Serverless => {
                headers.insert(API_VERSION, HeaderValue::from_static("2023-10-31"));
            }
            Self::Kibana => {
                headers.insert(HeaderName::from_static("kbn-xsrf"), HeaderValue::from_static("true"));
                if let Some(version) = operation.version {
                    headers.insert(API_VERSION, HeaderValue::from_static(version));
                }
            }
        }
    }

    /// Sets what opens routes that Kibana keeps for itself: since 9.0 they are closed to all who don't say where they
    /// come from.
    pub(crate) fn open_internal(&self, headers: &mut HeaderMap) {
        if matches!(self, Self::Kibana) {
            let name = HeaderName::from_static("x-elastic-internal-origin");
            headers.insert(name, HeaderValue::from_static("elkit"));
        }
    }

    fn content_type(&self, media: &Media) -> Option<HeaderValue> {
        match (media, self) {
            (Media::None, _) => None,
            (Media::Json, _) => Some(self.json()),
            (Media::Ndjson, Self::Compatible(version)) => Some(match version.load(Ordering::Relaxed) {
                8 => HeaderValue::from_static("application/vnd.elasticsearch+x-ndjson; compatible-with=8"),
                _ => HeaderValue::from_static("application/vnd.elasticsearch+x-ndjson; compatible-with=9"),
            }),
            (Media::Ndjson, _) => Some(HeaderValue::from_static("application/x-ndjson")),
            (Media::Other(value), _) => Some(value.clone()),
        }
    }

    fn json(&self) -> HeaderValue {
        match self {
            Self::Compatible(version) => match version.load(Ordering::Relaxed) {
                8 => HeaderValue::from_static("application/vnd.elasticsearch+json; compatible-with=8"),
                _ => HeaderValue::from_static("application/vnd.elasticsearch+json; compatible-with=9"),
            },
            Self::Serverless | Self::Kibana => JSON,
        }
    }

    /// The version that requests ask to be compatible with, now.
    pub(crate) fn compatible_with(&self) -> Option<u8> {
        match self {
            Self::Compatible(version) => Some(version.load(Ordering::Relaxed)),
            Self::Serverless | Self::Kibana => None,
        }
    }

    /// Whether the server refused the media type of a request that asked for `asked`, so that it goes out once again
    /// with the one before. Remembered.
    pub(crate) fn falls_back(&self, asked: Option<u8>, answer: &Answer) -> bool {
        let Self::Compatible(version) = self else {
            return false;
        };
        let refused =
            asked == Some(9) && answer.status == StatusCode::BAD_REQUEST && is_media_type_refusal(&answer.body);
        if refused {
            version.store(8, Ordering::Relaxed);
        }
        refused
    }

    /// The server's major version, as far as the dialect has learnt it.
    pub(crate) fn server_major(&self) -> Option<u32> {
        self.compatible_with().filter(|version| *version == 8).map(u32::from)
    }

    /// Whether the answer is the product's, judging by its headers.
    pub(crate) fn recognises(&self, headers: &HeaderMap) -> bool {
        matches!(self, Self::Kibana) || headers.get(PRODUCT).is_some_and(|value| value == "Elasticsearch")
    }

    /// The error for a success that did not come from the product.
    pub(crate) fn unsupported(answer: Answer) -> Error {
        let message = "the answer does not come from Elasticsearch: it has no `X-Elastic-Product: Elasticsearch` \
                       header; check the URL and what stands between";
        Error::new(ErrorKind::UnsupportedProduct, message).with_answer(answer.status, answer.headers, answer.body)
    }
}

/// What a body is labelled as by a client that has not talked to a server yet.
pub(crate) fn content_type(product: Product, media: &Media) -> Option<HeaderValue> {
    match product {
        Product::Elasticsearch => Dialect::elasticsearch().content_type(media),
        Product::Kibana => Dialect::Kibana.content_type(media),
    }
}

/// Any `media_type_header_exception`, wherever it stands, or the words 8.x servers use.
fn is_media_type_refusal(body: &[u8]) -> bool {
    let has = |needle: &[u8]| body.windows(needle.len()).any(|window| window == needle);
    has(b"media_type_header_exception") || has(b"version must be either version")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rt::endpoint::test_operation;

    fn answer(status: u16, body: &'static str) -> Answer {
        Answer::new(StatusCode::from_u16(status).unwrap(), HeaderMap::new(), body.into())
    }

    #[track_caller]
    fn check(dialect: &Dialect, product: Product, media: &Media, expected: &[(&str, &str)]) {
        let mut headers = HeaderMap::new();
        dialect.headers(&test_operation(product), media, &mut headers);
        let mut found: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        found.sort_unstable();
        assert_eq!(found, expected);
    }

    #[test]
    fn headers_by_product() {
        let nine = "application/vnd.elasticsearch+json; compatible-with=9";
        let eight = "application/vnd.elasticsearch+json; compatible-with=8";
        let dialect = Dialect::elasticsearch();
        check(&dialect, Product::Elasticsearch, &Media::None, &[("accept", nine)]);
        check(&dialect, Product::Elasticsearch, &Media::Json, &[("accept", nine), ("content-type", nine)]);

        let refusal = r#"{"error":{"type":"media_type_header_exception","reason":"Invalid media-type value"}}"#;
        assert!(!dialect.falls_back(Some(9), &answer(400, "{}")));
        assert!(!dialect.falls_back(Some(9), &answer(406, refusal)));
        assert!(dialect.falls_back(Some(9), &answer(400, refusal)));
        check(&dialect, Product::Elasticsearch, &Media::Json, &[("accept", eight), ("content-type", eight)]);
        assert_eq!(dialect.server_major(), Some(8));
        // What was under way with 9 may still fall back; what went out with 8 never does.
        assert!(dialect.falls_back(Some(9), &answer(400, refusal)));
        assert!(!dialect.falls_back(Some(8), &answer(400, refusal)));

        check(
            &Dialect::Serverless,
            Product::Elasticsearch,
            &Media::Json,
            &[
                ("accept", "application/json"),
                ("content-type", "application/json"),
                ("elastic-api-version", "2023-10-31"),
            ],
        );
        check(&Dialect::Kibana, Product::Kibana, &Media::None, &[("accept", "application/json"), ("kbn-xsrf", "true")]);
    }

    #[test]
    fn product_check() {
        let mut headers = HeaderMap::new();
        assert!(!Dialect::elasticsearch().recognises(&headers));
        assert!(Dialect::Kibana.recognises(&headers));
        headers.insert(PRODUCT, HeaderValue::from_static("Elasticsearch"));
        assert!(Dialect::elasticsearch().recognises(&headers));
        assert!(Dialect::Serverless.recognises(&headers));
    }
}
