//! The error bodies of both products. Reading one never fails: what can't be read is left out.

use serde_json::Value;

use super::Cause;

/// Causes deeper than this are not kept; servers do not nest so far, attackers might.
const MAX_CAUSES: usize = 32;

/// What an error body says.
#[derive(Default)]
pub(crate) struct Envelope {
    pub(crate) code: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) caused_by: Vec<Cause>,
    pub(crate) root_causes: Vec<Cause>,
    pub(crate) attributes: Option<Value>,
}

impl Envelope {
    /// Reads the body of either product: Kibana forwards Elasticsearch's errors, and Elastic Cloud answers for both.
    pub(crate) fn read(body: &[u8]) -> Self {
        let Ok(Value::Object(body)) = serde_json::from_slice::<Value>(body) else {
            return Self::default();
        };
        match body.get("error") {
            Some(error @ Value::Object(_)) => Self::elasticsearch(error),
            _ => Self::flat(&body),
        }
    }

    /// `{"error": {"type", "reason", "root_cause": [..], "caused_by": {..}}, "status"}`.
    fn elasticsearch(error: &Value) -> Self {
        let mut caused_by = Vec::new();
        let mut next = error.get("caused_by");
        while let Some(cause) = next.filter(|cause| cause.is_object() && caused_by.len() < MAX_CAUSES) {
            caused_by.push(cause_of(cause));
            next = cause.get("caused_by");
        }
        let root_causes = match error.get("root_cause") {
            Some(Value::Array(causes)) => causes.iter().take(MAX_CAUSES).map(cause_of).collect(),
            _ => Vec::new(),
        };
        Self {
            code: text(error, "type").or_else(|| text(error, "code")),
            reason: text(error, "reason").or_else(|| text(error, "message")),
            caused_by,
            root_causes,
            attributes: None,
        }
    }

    /// `{"statusCode" or "status_code", "error", "message", "attributes"}`, Fleet's `errorType`, the token service's
    /// `{"error", "error_description"}`, and Elasticsearch's old `{"error": "text"}`.
    fn flat(body: &serde_json::Map<String, Value>) -> Self {
        let member = |name: &str| match body.get(name) {
            Some(Value::String(text)) => Some(text.clone()),
            _ => None,
        };
        // OAuth 2.0 says `error_description`.
        let message = member("message").or_else(|| member("error_description"));
        let (code, reason) = match (member("errorType"), member("error"), message) {
            (Some(code), _, reason) => (Some(code), reason),
            (None, error, Some(message)) => (error, Some(message)),
            (None, error, None) => (None, error),
        };
        Self {
            code,
            reason: reason.or_else(|| messages(body)),
            attributes: body.get("attributes").filter(|value| !value.is_null()).cloned(),
            ..Self::default()
        }
    }
}

/// Some Kibana routes answer a list of messages.
fn messages(body: &serde_json::Map<String, Value>) -> Option<String> {
    let Value::Array(list) = body.get("message").or_else(|| body.get("errors"))? else {
        return None;
    };
    let texts: Vec<_> =
        list.iter().filter_map(|item| item.as_str().map(str::to_owned).or_else(|| text(item, "message"))).collect();
    (!texts.is_empty()).then(|| texts.join("; "))
}

fn cause_of(cause: &Value) -> Cause {
    Cause { code: text(cause, "type"), reason: text(cause, "reason") }
}

fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name)?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, code: Option<&str>, reason: Option<&str>, causes: usize) {
        let envelope = Envelope::read(body.as_bytes());
        assert_eq!(envelope.code.as_deref(), code, "code of {body}");
        assert_eq!(envelope.reason.as_deref(), reason, "reason of {body}");
        assert_eq!(envelope.caused_by.len() + envelope.root_causes.len(), causes, "causes of {body}");
    }

    #[test]
    fn every_known_form() {
        check(r#"{"error":{"type":"a","reason":"b"},"status":400}"#, Some("a"), Some("b"), 0);
        check(
            r#"{"error":{"type":"a","reason":"b","root_cause":[{"type":"r"},7],"caused_by":{"type":"c","caused_by":{"reason":"d"}}}}"#,
            Some("a"),
            Some("b"),
            4,
        );
        check(r#"{"error":"no handler found","status":400}"#, None, Some("no handler found"), 0);
        check(r#"{"error":{"type":7,"reason":null}}"#, None, None, 0);
        check(
            r#"{"statusCode":404,"error":"Not Found","message":"m","attributes":{"a":1}}"#,
            Some("Not Found"),
            Some("m"),
            0,
        );
        check(r#"{"statusCode":400,"error":"Bad Request","errorType":"F","message":"m"}"#, Some("F"), Some("m"), 0);
        check(r#"{"error":"invalid_grant","error_description":"d"}"#, Some("invalid_grant"), Some("d"), 0);
        check(r#"{"status_code":404,"message":"rule not found"}"#, None, Some("rule not found"), 0);
        check(r#"{"message":["a",{"message":"b"}],"status_code":400}"#, None, Some("a; b"), 0);
        for odd in ["", "null", "[]", "7", "\"x\"", "<html>", "{", r#"{"error":7}"#, r#"{"error":[]}"#] {
            check(odd, None, None, 0);
        }
    }

    #[test]
    fn attributes_are_kept() {
        let envelope = Envelope::read(br#"{"message":"m","attributes":{"a":1}}"#);
        assert_eq!(envelope.attributes, Some(serde_json::json!({"a": 1})));
    }
}
