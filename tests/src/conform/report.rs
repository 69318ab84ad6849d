//! What is said of a line. Order of members and form of the summary are fixed: other programs read them.

use std::fmt;

use super::json::Tree;

/// What became of one line.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The operation, where it was found.
    pub operation: Option<String>,
    /// Why it failed; none when it passed.
    pub why: Option<String>,
    /// What else is to be said.
    pub more: Vec<(String, Tree)>,
}

impl Outcome {
    /// A line that passed.
    pub fn passed(operation: impl Into<Option<&'static str>>) -> Self {
        Self { operation: operation.into().map(str::to_owned), why: None, more: Vec::new() }
    }

    /// A line that failed.
    pub fn failed(operation: impl Into<Option<&'static str>>, why: impl Into<String>) -> Self {
        Self { why: Some(why.into()), ..Self::passed(operation) }
    }

    /// Passed or failed.
    pub fn of(operation: &'static str, result: Result<(), String>) -> Self {
        Self { why: result.err(), ..Self::passed(operation) }
    }

    /// Adds a member to the result line.
    #[must_use]
    pub fn with(mut self, name: &str, value: Tree) -> Self {
        self.more.push((name.to_owned(), value));
        self
    }

    /// Whether it passed.
    pub fn ok(&self) -> bool {
        self.why.is_none()
    }

    /// The result line of input line `number`.
    pub fn line(&self, number: usize) -> String {
        let text = |text: &Option<String>| text.clone().map_or(Tree::Null, Tree::String);
        let mut members = vec![
            ("line".to_owned(), Tree::Number(number.to_string())),
            ("ok".to_owned(), Tree::Bool(self.ok())),
            ("operation".to_owned(), text(&self.operation)),
            ("why".to_owned(), text(&self.why)),
        ];
        members.extend(self.more.iter().cloned());
        Tree::Object(members).to_string()
    }
}

/// What became of all lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many passed.
    pub passed: usize,
    /// How many failed.
    pub failed: usize,
    /// How many were blank or comments.
    pub skipped: usize,
}

impl Summary {
    /// Counts a line.
    pub fn count(&mut self, outcome: &Outcome) {
        if outcome.ok() { self.passed += 1 } else { self.failed += 1 }
    }

    /// The exit code: 1 when a line failed.
    pub fn exit_code(&self) -> u8 {
        u8::from(self.failed > 0)
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}
