//! Reading JSON objects key by key: every key that was asked for is known, every other one is a problem.

use crate::diagnostic::{Diagnostics, did_you_mean};
use crate::spec::json::{Entry, Node, Span};
use crate::spec::model::Place;

/// One file being read, and what was found wrong with it.
pub(super) struct Reader<'a> {
    pub(super) file: &'a str,
    pub(super) uses: Vec<TypeUse>,
    /// Type parameters of the definition being read.
    pub(super) params: Vec<String>,
    problems: &'a mut Diagnostics,
}

/// A type that was named and must exist.
pub(super) struct TypeUse {
    pub(super) name: String,
    pub(super) args: usize,
    pub(super) place: Place,
}

impl<'a> Reader<'a> {
    pub(super) fn new(file: &'a str, problems: &'a mut Diagnostics) -> Self {
        Self { file, uses: Vec::new(), params: Vec::new(), problems }
    }

    pub(super) fn problem(&mut self, span: Span, message: impl Into<String>, help: Option<String>) {
        self.problems.add(self.file, span, message, help);
    }

    /// Gives the last problem a better help.
    pub(super) fn last_help(&mut self, help: &str) {
        if let Some(last) = self.problems.0.last_mut() {
            last.help = Some(help.to_owned());
        }
    }

    pub(super) fn place(&self, span: Span) -> Place {
        Place { file: self.file.to_owned(), span }
    }

    fn wrong(&mut self, node: &Node, wanted: &str) {
        self.problem(node.span, format!("expected {wanted}, found {}", node.describe()), None);
    }

    pub(super) fn object<'n>(&mut self, node: &'n Node, wanted: &str) -> &'n [Entry] {
        if node.object().is_none() {
            self.wrong(node, &format!("an object: {wanted}"));
        }
        node.object().unwrap_or_default()
    }

    pub(super) fn items<'n>(&mut self, node: &'n Node, wanted: &str) -> &'n [Node] {
        if node.array().is_none() {
            self.wrong(node, &format!("an array of {wanted}"));
        }
        node.array().unwrap_or_default()
    }

    pub(super) fn string(&mut self, node: &Node) -> Option<String> {
        if node.string().is_none() {
            self.wrong(node, "a string");
        }
        node.string().map(str::to_owned)
    }

    /// `true`; a `false` is read, and printed as nothing.
    pub(super) fn flag(&mut self, node: &Node) -> bool {
        if node.bool().is_none() {
            self.wrong(node, "`true`");
        }
        node.bool().unwrap_or_default()
    }

    pub(super) fn strings(&mut self, node: &Node) -> Vec<String> {
        let items = self.items(node, "strings");
        items.iter().filter_map(|item| self.string(item)).collect()
    }
}

/// The members of an object that are not read yet.
pub(super) struct Fields<'n> {
    node: &'n Node,
    entries: Vec<&'n Entry>,
    known: Vec<String>,
}

impl<'n> Fields<'n> {
    pub(super) fn of(node: &'n Node, wanted: &str, reader: &mut Reader<'_>) -> Option<Self> {
        let entries = reader.object(node, wanted);
        node.object()?;
        Some(Self { node, entries: entries.iter().collect(), known: Vec::new() })
    }

    pub(super) fn rest(&self) -> impl Iterator<Item = &'n Entry> {
        self.entries.iter().copied()
    }

    /// Keys that could stand here, for suggestions.
    pub(super) fn know(&mut self, keys: &[&str]) {
        self.known.extend(keys.iter().map(|key| (*key).to_owned()));
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|entry| entry.key == key)
    }

    pub(super) fn take(&mut self, key: &str) -> Option<&'n Node> {
        self.known.push(key.to_owned());
        let index = self.entries.iter().position(|entry| entry.key == key)?;
        Some(&self.entries.remove(index).value)
    }

    pub(super) fn required(&mut self, key: &str, reader: &mut Reader<'_>) -> Option<&'n Node> {
        let node = self.take(key);
        if node.is_none() {
            let span = (self.node.span.0, self.node.span.0 + 1);
            reader.problem(span, format!("the key `{key}` is missing"), None);
        }
        node
    }

    pub(super) fn string(&mut self, key: &str, reader: &mut Reader<'_>) -> Option<String> {
        self.take(key).and_then(|node| reader.string(node))
    }

    pub(super) fn strings(&mut self, key: &str, reader: &mut Reader<'_>) -> Vec<String> {
        let Some(node) = self.take(key) else {
            return Vec::new();
        };
        if node.array().is_some_and(<[Node]>::is_empty) {
            reader.problem(node.span, format!("`{key}` is empty"), Some("leave it out".to_owned()));
        }
        reader.strings(node)
    }

    /// `true`, or absent.
    pub(super) fn flag(&mut self, key: &str, reader: &mut Reader<'_>) -> bool {
        self.take(key).is_some_and(|node| reader.flag(node))
    }

    pub(super) fn size(&mut self, key: &str, reader: &mut Reader<'_>) -> Option<u64> {
        let node = self.take(key)?;
        let size = node.to_json().as_u64();
        if size.is_none() {
            reader.problem(node.span, format!("`{key}` is a whole number, not negative"), None);
        }
        size
    }

    /// Reports the keys that nobody asked for.
    pub(super) fn finish(self, reader: &mut Reader<'_>) {
        for entry in self.entries {
            let known = self.known.iter().map(String::as_str);
            let near = did_you_mean(&entry.key, known.clone()).map(|key| format!("did you mean `{key}`?"));
            let help = near.unwrap_or_else(|| {
                let mut all: Vec<&str> = known.collect();
                all.sort_unstable();
                format!("the keys here are {}", all.join(", "))
            });
            reader.problem(entry.key_span, format!("unknown key `{}`", entry.key), Some(help));
        }
    }
}
