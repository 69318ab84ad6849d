//! What a handler is given: the state, the caller and the request's parts, and the readers that refuse what is wrong.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::Flavor;
use super::authentication::Authentication;
use super::error::Refusal;
use super::grants;
use super::role::kind;
use super::state::State;
use super::suggest::did_you_mean;
use crate::message::{Reply, position};
use crate::router::Params;

/// What a handler answers.
pub(crate) type Answer = Result<Reply, Refusal>;

/// One authenticated request on its way through a handler.
pub(crate) struct Call<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) who: Authentication,
    pub(crate) params: Params,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) body: Option<Value>,
    /// The body as it came, to say where in it something stands.
    pub(crate) raw: Bytes,
    pub(crate) now: u64,
    pub(crate) flavor: Flavor,
}

impl Call<'_> {
    /// A path parameter; empty when the route has none of that name.
    pub(crate) fn param(&self, name: &str) -> String {
        self.params.get(name).cloned().unwrap_or_default()
    }

    /// A path parameter that is a comma-separated list.
    pub(crate) fn param_list(&self, name: &str) -> Vec<String> {
        split(&self.param(name))
    }

    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().rev().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn query_list(&self, name: &str) -> Vec<String> {
        self.query(name).map(split).unwrap_or_default()
    }

    /// A boolean query parameter; one without a value means true.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, Refusal> {
        match self.query(name) {
            None | Some("false") => Ok(false),
            Some("" | "true") => Ok(true),
            Some(other) => {
                Err(Refusal::illegal(format!("Failed to parse value [{other}] as only [true] or [false] are allowed.")))
            }
        }
    }

    /// The body's members, refused when there is no body.
    pub(crate) fn fields(&self, parser: &'static str) -> Result<Fields, Refusal> {
        match &self.body {
            None => Err(Refusal::parse("request body is required")),
            Some(value) => self.whole(parser, value),
        }
    }

    /// The body's members, none when there is no body.
    pub(crate) fn optional_fields(&self, parser: &'static str) -> Result<Fields, Refusal> {
        match &self.body {
            None => Ok(Fields { parser, members: Map::new(), raw: Bytes::new(), asked: Vec::new() }),
            Some(value) => self.whole(parser, value),
        }
    }

    fn whole(&self, parser: &'static str, value: &Value) -> Result<Fields, Refusal> {
        let mut fields = Fields::of(parser, value)?;
        fields.raw = self.raw.clone();
        Ok(fields)
    }

    /// Refuses unless the caller may run the action on anybody's behalf.
    pub(crate) fn require(&self, action: &str) -> Result<(), Refusal> {
        match self.who.grants.allows(action) {
            true => Ok(()),
            false => Err(forbidden(&self.who, action, false)),
        }
    }

    /// Refuses unless the caller may run the action on their own keys.
    pub(crate) fn require_own(&self, action: &str) -> Result<(), Refusal> {
        match self.who.grants.allows_own(action) {
            true => Ok(()),
            false => Err(forbidden(&self.who, action, true)),
        }
    }
}

/// The 403 of an action, naming the privileges that would grant it.
pub(crate) fn forbidden(who: &Authentication, action: &str, own: bool) -> Refusal {
    let granting = grants::cluster_privileges_granting(action, own);
    let mut reason = format!("action [{action}] is unauthorized for {}", who.described());
    if !granting.is_empty() {
        reason.push_str(&format!(", this action is granted by the cluster privileges [{}]", granting.join(",")));
    }
    Refusal::forbidden(reason)
}

/// The members of a JSON object, taken one by one; what is left at the end is refused.
pub(crate) struct Fields {
    parser: &'static str,
    members: Map<String, Value>,
    raw: Bytes,
    /// The names that were asked for: those that somebody may have meant.
    asked: Vec<String>,
}

impl Fields {
    pub(crate) fn of(parser: &'static str, value: &Value) -> Result<Self, Refusal> {
        match value {
            Value::Object(members) => {
                Ok(Self { parser, members: members.clone(), raw: Bytes::new(), asked: Vec::new() })
            }
            other => Err(Refusal::content(format!("[1:1] [{parser}] Expected START_OBJECT but was: {}", kind(other)))),
        }
    }

    pub(crate) fn value(&mut self, name: &str) -> Option<Value> {
        self.asked.push(name.to_owned());
        self.members.remove(name)
    }

    /// A text; absent and null are the same.
    pub(crate) fn text(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        match self.value(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.wrong(name, &other)),
        }
    }

    pub(crate) fn required_text(&mut self, name: &str) -> Result<String, Refusal> {
        self.text(name)?.ok_or_else(|| self.missing(name))
    }

    /// A list of texts; a single text stands for a list of one.
    pub(crate) fn texts(&mut self, name: &str) -> Result<Option<Vec<String>>, Refusal> {
        match self.value(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(one)) => Ok(Some(vec![one])),
            Some(Value::Array(items)) => {
                let texts =
                    items.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(|| self.wrong(name, item)));
                texts.collect::<Result<Vec<_>, _>>().map(Some)
            }
            Some(other) => Err(self.wrong(name, &other)),
        }
    }

    pub(crate) fn boolean(&mut self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.value(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(Value::String(text)) if text == "true" || text == "false" => Ok(Some(text == "true")),
            Some(other) => Err(self.wrong(name, &other)),
        }
    }

    pub(crate) fn object(&mut self, name: &str) -> Result<Option<Map<String, Value>>, Refusal> {
        match self.value(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(members)) => Ok(Some(members)),
            Some(other) => Err(self.wrong(name, &other)),
        }
    }

    pub(crate) fn integer(&mut self, name: &str) -> Result<Option<i64>, Refusal> {
        match self.value(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => {
                let parsed = match &value {
                    Value::Number(number) => number.as_i64(),
                    Value::String(text) => text.parse().ok(),
                    _ => None,
                };
                parsed.map(Some).ok_or_else(|| self.wrong(name, &value))
            }
        }
    }

    /// Refuses members that nobody took.
    pub(crate) fn finish(self) -> Result<(), Refusal> {
        match self.members.keys().next() {
            None => Ok(()),
            Some(name) => {
                let near = did_you_mean(name, self.asked.iter().map(String::as_str));
                let at = position(&self.raw, name);
                Err(Refusal::content(format!("{at} [{}] unknown field [{name}]{near}", self.parser)))
            }
        }
    }

    /// The same in the words of the hand-written parsers.
    pub(crate) fn finish_by_hand(self, doing: &str) -> Result<(), Refusal> {
        match self.members.keys().next() {
            None => Ok(()),
            Some(name) => Err(Refusal::parse(format!("failed to parse {doing}. unexpected field [{name}]"))),
        }
    }

    pub(crate) fn missing(&self, name: &str) -> Refusal {
        Refusal::illegal(format!("Required [{name}]"))
    }

    fn wrong(&self, name: &str, value: &Value) -> Refusal {
        let parser = self.parser;
        Refusal::content(format!(
            "{} [{parser}] {name} doesn't support values of type: {}",
            position(&self.raw, name),
            kind(value)
        ))
    }
}

fn split(text: &str) -> Vec<String> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}
