//! One YAML file: what it needs, what is done before and after, and its tests.

use serde_json::{Map, Value};

/// A file.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// What it is for; it runs on each.
    pub flavors: Vec<Flavor>,
    /// What is done before each test.
    pub setup: Vec<Step>,
    /// What is done after each test, whether it passed or not.
    pub teardown: Vec<Step>,
    /// Its tests.
    pub tests: Vec<Test>,
}

/// How Elasticsearch is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavor {
    /// On somebody's own machines.
    Stack,
    /// As Elastic Serverless.
    Serverless,
}

/// A test.
#[derive(Clone, Debug)]
pub struct Test {
    /// Its name.
    pub name: String,
    /// What is done.
    pub steps: Vec<Step>,
}

/// One step of a test.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Call something.
    Do(Call),
    /// Look at the last answer.
    Assert(Assertion),
    /// Remember something of the last answer: path and variable.
    Set(Vec<(String, String)>),
}

/// A call.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// `security.get_role`
    pub api: String,
    /// Path and query parameters, and the body. Those that are null are left out.
    pub params: Map<String, Value>,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// The error that must come.
    pub catch: Option<String>,
    /// Statuses that are no failure.
    pub ignore: Vec<u64>,
}

/// Something that must be true of the last answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Assertion {
    /// `match`, `is_true`, `gte` ...
    pub kind: String,
    /// Where to look.
    pub path: String,
    /// What must be there.
    pub expected: Value,
}

const COMPARISONS: [&str; 9] = ["match", "length", "gt", "gte", "lt", "lte", "contains", "is_true", "is_false"];

impl Document {
    /// Reads a file.
    ///
    /// # Errors
    /// When it is not YAML, or holds something that the runner does not know.
    pub fn parse(text: &str) -> Result<Self, String> {
        let parts: Vec<Value> = serde_saphyr::from_multiple(text).map_err(|error| error.to_string())?;
        let mut document = Self { flavors: vec![Flavor::Stack], ..Self::default() };
        for part in parts {
            let Value::Object(sections) = part else { return Err("a document is not a map".to_owned()) };
            for (name, section) in sections {
                match name.as_str() {
                    "requires" => document.flavors = flavors(&section),
                    "setup" => document.setup = steps(&section)?,
                    "teardown" => document.teardown = steps(&section)?,
                    _ => {
                        let steps = steps(&section).map_err(|why| format!("{name}: {why}"))?;
                        document.tests.push(Test { name, steps });
                    }
                }
            }
        }
        if document.tests.is_empty() { Err("it holds no test".to_owned()) } else { Ok(document) }
    }

    /// Everything it calls.
    pub fn apis(&self) -> impl Iterator<Item = &str> {
        let tests = self.tests.iter().flat_map(|test| &test.steps);
        let steps = self.setup.iter().chain(tests).chain(&self.teardown);
        steps.filter_map(|step| if let Step::Do(call) = step { Some(call.api.as_str()) } else { None })
    }
}

/// What a `requires` section names; a stack unless it says otherwise.
fn flavors(section: &Value) -> Vec<Flavor> {
    let is = |name: &str, default: bool| section.get(name).and_then(Value::as_bool).unwrap_or(default);
    let wanted = [(Flavor::Stack, is("stack", true)), (Flavor::Serverless, is("serverless", false))];
    wanted.into_iter().filter_map(|(flavor, wanted)| wanted.then_some(flavor)).collect()
}

fn steps(section: &Value) -> Result<Vec<Step>, String> {
    match section {
        Value::Null => Ok(Vec::new()),
        Value::Array(items) => items.iter().map(step).collect(),
        other => Err(format!("{other} is no list of steps")),
    }
}

fn step(value: &Value) -> Result<Step, String> {
    let entry = value.as_object().filter(|entry| entry.len() == 1).and_then(|entry| entry.iter().next());
    let (kind, content) = entry.ok_or_else(|| format!("{value} is no step"))?;
    match (kind.as_str(), content) {
        ("do", Value::Object(content)) => call(content).map(Step::Do),
        ("set", Value::Object(content)) => {
            let pairs = content.iter().map(|(path, name)| Some((path.clone(), name.as_str()?.to_owned())));
            pairs.collect::<Option<_>>().map(Step::Set).ok_or_else(|| format!("{value} sets no variable"))
        }
        (kind @ ("is_true" | "is_false"), Value::String(path)) => Ok(assertion(kind, path, Value::Null)),
        (kind, Value::Object(content)) if COMPARISONS.contains(&kind) && content.len() == 1 => {
            let (path, expected) = content.iter().next().ok_or("an empty comparison")?;
            Ok(assertion(kind, path, expected.clone()))
        }
        _ => Err(format!("the runner does not know the step {value}")),
    }
}

fn assertion(kind: &str, path: &str, expected: Value) -> Step {
    Step::Assert(Assertion { kind: kind.to_owned(), path: path.to_owned(), expected })
}

fn call(content: &Map<String, Value>) -> Result<Call, String> {
    let mut call =
        Call { api: String::new(), params: Map::new(), headers: Vec::new(), catch: None, ignore: Vec::new() };
    for (key, value) in content {
        match (key.as_str(), value) {
            ("catch", Value::String(error)) => call.catch = Some(error.clone()),
            ("headers", Value::Object(headers)) => {
                let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                call.headers = headers.iter().map(|(name, value)| (name.clone(), text(value))).collect();
            }
            // What a server warns of is not tested.
            ("warnings" | "allowed_warnings" | "warnings_regex" | "allowed_warnings_regex" | "node_selector", _) => {}
            (api, params) if call.api.is_empty() => {
                call.api = api.to_owned();
                call.params = match params {
                    Value::Object(params) => params.clone(),
                    Value::Null => Map::new(),
                    other => return Err(format!("the parameters of {api} are {other}")),
                };
            }
            (other, _) => return Err(format!("`{other}` beside `{}`", call.api)),
        }
    }
    call.ignore = match call.params.remove("ignore") {
        Some(Value::Array(statuses)) => statuses.iter().filter_map(Value::as_u64).collect(),
        Some(status) => status.as_u64().into_iter().collect(),
        None => Vec::new(),
    };
    if call.api.is_empty() { Err("a call of nothing".to_owned()) } else { Ok(call) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_file_holds() {
        let document = Document::parse(
            "---\nrequires:\n  stack: true\n---\nteardown:\n  - do:\n      a.b: { ignore: 404, x: null }\n---\n'one':\n  - do:\n      catch: \
             missing\n      headers: { A: b }\n      a.b:\n        body: >\n          { \"k\": 1 }\n        ignore: [400, \
             404]\n  - match: { x.0.y: { z: 1 } }\n  - is_true: x\n  - set: { id: name }\n",
        )
        .unwrap();
        assert_eq!(document.flavors, [Flavor::Stack]);
        assert_eq!(document.apis().collect::<Vec<_>>(), ["a.b", "a.b"]);
        let [Step::Do(call), matches, is_true, set] = &document.tests[0].steps[..] else { panic!("{document:?}") };
        assert_eq!((call.catch.as_deref(), &call.ignore[..]), (Some("missing"), &[400, 404][..]));
        assert_eq!(call.headers, [("A".to_owned(), "b".to_owned())]);
        assert_eq!(call.params["body"].as_str().unwrap().trim(), r#"{ "k": 1 }"#);
        assert_eq!(*matches, assertion("match", "x.0.y", json!({"z": 1})));
        assert_eq!(*is_true, assertion("is_true", "x", Value::Null));
        assert_eq!(*set, Step::Set(vec![("id".to_owned(), "name".to_owned())]));
    }

    #[test]
    fn what_is_refused() {
        for (text, why) in [
            ("'a':\n  - jump: {}\n", "does not know the step"),
            ("'a':\n  - do: {}\n", "a call of nothing"),
            ("'a':\n  - 7\n", "is no step"),
            ("'a': 7\n", "is no list of steps"),
            ("- a\n", "not a map"),
            ("requires: { stack: true }\n", "holds no test"),
            ("'a':\n  - do: { a.b: {}, c.d: {} }\n", "beside"),
        ] {
            let error = Document::parse(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
        for (requires, flavors) in [
            ("{ stack: false, serverless: true }", &[Flavor::Serverless][..]),
            ("{ stack: true, serverless: true }", &[Flavor::Stack, Flavor::Serverless]),
            ("{ stack: false }", &[]),
            ("{}", &[Flavor::Stack]),
        ] {
            let document = Document::parse(&format!("requires: {requires}\n---\n'a': []\n")).unwrap();
            assert_eq!(document.flavors, flavors, "{requires}");
        }
    }
}
