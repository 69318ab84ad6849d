//! Elasticsearch's refusals. Nothing else in this crate writes an error envelope of Elasticsearch.

use serde_json::{Map, Value, json};

use crate::message::Reply;

/// A refusal with Elasticsearch's status, type and reason.
#[derive(Clone, Debug)]
pub(crate) enum Refusal {
    Envelope(Box<Envelope>),
    /// The few answers that have a shape of their own, as OAuth 2.0's.
    Plain(u16, Value),
}

/// The usual error body: a root cause, type, reason, status.
#[derive(Clone, Debug)]
pub(crate) struct Envelope {
    pub(crate) status: u16,
    pub(crate) kind: &'static str,
    pub(crate) reason: String,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) challenges: Vec<&'static str>,
    pub(crate) caused_by: Option<(&'static str, String)>,
}

impl Refusal {
    pub(crate) fn new(status: u16, kind: &'static str, reason: impl Into<String>) -> Self {
        Self::Envelope(Box::new(Envelope {
            status,
            kind,
            reason: reason.into(),
            metadata: Map::new(),
            challenges: Vec::new(),
            caused_by: None,
        }))
    }

    pub(crate) fn illegal(reason: impl Into<String>) -> Self {
        Self::new(400, "illegal_argument_exception", reason)
    }

    /// What hand-written parsers of Elasticsearch say.
    pub(crate) fn parse(reason: impl Into<String>) -> Self {
        Self::new(400, "parse_exception", reason)
    }

    /// What its declarative parsers say.
    pub(crate) fn content(reason: impl Into<String>) -> Self {
        Self::new(400, "x_content_parse_exception", reason)
    }

    pub(crate) fn validation<S: AsRef<str>>(problems: &[S]) -> Self {
        let mut reason = String::from("Validation Failed: ");
        for (number, problem) in problems.iter().enumerate() {
            reason.push_str(&format!("{}: {};", number + 1, problem.as_ref()));
        }
        Self::new(400, "action_request_validation_exception", reason)
    }

    /// What a store refuses, where `validation` is for what a request alone shows.
    pub(crate) fn invalid(problem: &str) -> Self {
        Self::new(400, "validation_exception", format!("Validation Failed: 1: {problem};"))
    }

    pub(crate) fn forbidden(reason: impl Into<String>) -> Self {
        Self::new(403, "security_exception", reason)
    }

    pub(crate) fn not_found(reason: impl Into<String>) -> Self {
        Self::new(404, "resource_not_found_exception", reason)
    }

    /// A 400 of the token service.
    pub(crate) fn oauth(error: &str, description: impl Into<String>) -> Self {
        let description: String = description.into();
        Self::Plain(400, json!({ "error": error, "error_description": description }))
    }

    pub(crate) fn unauthorized(reason: impl Into<String>) -> Self {
        Self::challenge(reason, vec![BASIC, BEARER, API_KEY])
    }

    pub(crate) fn challenge(reason: impl Into<String>, challenges: Vec<&'static str>) -> Self {
        let refusal = Self::new(401, "security_exception", reason);
        match refusal {
            Self::Envelope(mut envelope) => {
                envelope.challenges = challenges;
                Self::Envelope(envelope)
            }
            plain => plain,
        }
    }

    pub(crate) fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        if let Self::Envelope(envelope) = &mut self {
            envelope.metadata.insert(key.to_owned(), value.into());
        }
        self
    }

    pub(crate) fn caused_by(mut self, kind: &'static str, reason: impl Into<String>) -> Self {
        if let Self::Envelope(envelope) = &mut self {
            envelope.caused_by = Some((kind, reason.into()));
        }
        self
    }

    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::Envelope(envelope) => envelope.status,
            Self::Plain(status, _) => *status,
        }
    }

    /// Type, reason and metadata, without the envelope: an entry of `errors.details` or `error_details`.
    pub(crate) fn cause(&self) -> Value {
        match self {
            Self::Envelope(envelope) => Value::Object(envelope.cause()),
            Self::Plain(_, body) => body.clone(),
        }
    }

    pub(crate) fn reason(&self) -> String {
        match self {
            Self::Envelope(envelope) => envelope.reason.clone(),
            Self::Plain(_, body) => body.to_string(),
        }
    }

    pub(crate) fn into_reply(self) -> Reply {
        match self {
            Self::Plain(status, body) => Reply::json(status, body),
            Self::Envelope(envelope) => {
                let cause = envelope.cause();
                let mut error = cause.clone();
                error.insert("root_cause".into(), json!([cause]));
                if let Some((kind, reason)) = &envelope.caused_by {
                    error.insert("caused_by".into(), json!({ "type": kind, "reason": reason }));
                }
                let body = json!({ "error": error, "status": envelope.status });
                let mut reply = Reply::json(envelope.status, body);
                for challenge in &envelope.challenges {
                    reply.add("www-authenticate", challenge);
                }
                reply
            }
        }
    }
}

impl Envelope {
    fn cause(&self) -> Map<String, Value> {
        let mut cause = self.metadata.clone();
        cause.insert("type".into(), self.kind.into());
        cause.insert("reason".into(), self.reason.clone().into());
        if !self.challenges.is_empty() {
            let header = match self.challenges.as_slice() {
                [one] => json!(one),
                several => json!(several),
            };
            cause.insert("header".into(), json!({ "WWW-Authenticate": header }));
        }
        cause
    }
}

const BASIC: &str = "Basic realm=\"security\", charset=\"UTF-8\"";
const BEARER: &str = "Bearer realm=\"security\"";
const API_KEY: &str = "ApiKey";

/// The challenge of a Kerberos realm.
pub(crate) const NEGOTIATE: &str = "Negotiate";

/// The challenge of what is no token.
pub(crate) const TOKEN_MALFORMED: &str =
    "Bearer realm=\"security\", error=\"invalid_token\", error_description=\"The access token is malformed\"";

/// The challenge of an access token that is over, in RFC 6750's words.
pub(crate) const TOKEN_EXPIRED: &str =
    "Bearer realm=\"security\", error=\"invalid_token\", error_description=\"The access token expired\"";
