//! Patches for broken documents, applied before a document is read. Places are JSON pointers; what stands there must
//! be what the patch expects, or upstream has moved and the patch must go. Prose around it does not count.

use serde::Deserialize;

use super::fixups::{Change, Fixup};
use crate::diagnostic::Diagnostic;
use crate::spec::json::{self, Kind, Node, Span};

/// A patch of a document.
#[derive(Clone, Debug)]
pub struct DocumentFixup {
    name: String,
    /// Where the name stands in fixups.toml.
    span: Span,
    sources: Vec<String>,
    edit: Edit,
}

/// What a patch of a document does, at each of its places.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Edit {
    /// Puts one JSON value in the place of another.
    Replace {
        /// JSON pointers.
        replace: Vec<String>,
        /// The JSON that stands there.
        from: String,
        /// The JSON that should.
        to: String,
    },
    /// Removes a member.
    Remove {
        /// JSON pointers.
        remove: Vec<String>,
        /// The JSON that stands there.
        from: String,
    },
    /// Gives a member another name.
    Rename {
        /// JSON pointers.
        rename: Vec<String>,
        /// The name it gets.
        to: String,
    },
}

impl DocumentFixup {
    /// The patch, when it is one for a document.
    pub(super) fn of(fixup: &Fixup) -> Option<Self> {
        let Change::Document(edit) = &fixup.change else {
            return None;
        };
        let sources = fixup.source.split(',').map(|source| source.trim().to_owned()).collect();
        let span = (fixup.name.span().start, fixup.name.span().end);
        Some(Self { name: fixup.name.get_ref().clone(), span, sources, edit: edit.clone() })
    }

    /// Whether it is for this document.
    pub fn mends(&self, document: &str) -> bool {
        self.sources.iter().any(|source| source == document)
    }

    /// Applies the patch to a parsed document.
    ///
    /// # Errors
    /// When it does not find what it mends: its place in fixups.toml.
    pub fn apply(&self, document: &str, root: &mut Node) -> Result<(), Diagnostic> {
        self.edit.apply(root).map_err(|problem| Diagnostic {
            file: "overlay/fixups.toml".to_owned(),
            span: self.span,
            message: format!("`{}` has no effect: {problem}", self.name),
            upstream: Some(format!("{} in {document}", self.edit.places().join(", "))),
            help: Some("when upstream has mended it, remove the patch, or this document from its `source`".to_owned()),
            ..Diagnostic::default()
        })
    }
}

impl Edit {
    fn places(&self) -> &[String] {
        let (Self::Replace { replace: places, .. }
        | Self::Remove { remove: places, .. }
        | Self::Rename { rename: places, .. }) = self;
        places
    }

    fn apply(&self, root: &mut Node) -> Result<(), String> {
        for place in self.places() {
            let (parent, key) = place.rsplit_once('/').ok_or_else(|| format!("`{place}` is no JSON pointer"))?;
            let parent = at(root, parent).ok_or_else(|| format!("there is no `{parent}`"))?;
            let key = unescape(key);
            match self {
                Self::Replace { from, to, .. } => {
                    let node = child(parent, &key).ok_or_else(|| format!("there is no `{place}`"))?;
                    expect(node, from, place)?;
                    let mut new = parse(to)?;
                    move_to(&mut new, node.span);
                    *node = new;
                }
                Self::Remove { from, .. } => {
                    let node = child(parent, &key).ok_or_else(|| format!("there is no `{place}`"))?;
                    expect(node, from, place)?;
                    match &mut parent.kind {
                        Kind::Object(entries) => entries.retain(|entry| entry.key != key),
                        Kind::Array(items) => drop(key.parse().map(|index: usize| items.remove(index))),
                        _ => {}
                    }
                }
                Self::Rename { to, .. } => {
                    let entries =
                        if let Kind::Object(entries) = &mut parent.kind { entries.as_mut_slice() } else { &mut [] };
                    if entries.iter().any(|entry| entry.key == *to) {
                        return Err(format!("`{to}` stands beside `{place}`"));
                    }
                    let entry = entries.iter_mut().find(|entry| entry.key == key);
                    entry.ok_or_else(|| format!("there is no `{place}`"))?.key.clone_from(to);
                }
            }
        }
        Ok(())
    }
}

fn parse(text: &str) -> Result<Node, String> {
    json::parse(text).map_err(|error| format!("`{text}` is not JSON: {}", error.message))
}

fn expect(node: &Node, from: &str, place: &str) -> Result<(), String> {
    let is = without_prose(node);
    if is == without_prose(&parse(from)?) {
        return Ok(());
    }
    let mut shown = is.to_string();
    if shown.len() > 300 {
        let end = (0..=300).rev().find(|end| shown.is_char_boundary(*end)).unwrap_or_default();
        shown.truncate(end);
        shown.push_str("...");
    }
    Err(format!("`{place}` holds `{shown}`, not `{from}`"))
}

/// A part of a document without what is for readers alone. A property of such a name holds a schema, so it stays.
pub(crate) fn without_prose(node: &Node) -> serde_json::Value {
    fn strip(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::Object(map) => {
                map.retain(|key, value| match key.as_str() {
                    "description" | "summary" | "title" => !value.is_string(),
                    "example" | "examples" => value.get("type").is_some() || value.get("$ref").is_some(),
                    _ => !key.starts_with("x-"),
                });
                map.values_mut().for_each(strip);
            }
            serde_json::Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut value = node.to_json();
    strip(&mut value);
    value
}

/// Problems in what a patch wrote are shown where it stands now.
fn move_to(node: &mut Node, span: Span) {
    node.span = span;
    match &mut node.kind {
        Kind::Array(items) => items.iter_mut().for_each(|item| move_to(item, span)),
        Kind::Object(entries) => {
            for entry in entries {
                entry.key_span = span;
                move_to(&mut entry.value, span);
            }
        }
        _ => {}
    }
}

fn at<'a>(root: &'a mut Node, pointer: &str) -> Option<&'a mut Node> {
    let mut node = root;
    for key in pointer.split('/').skip(1) {
        node = child(node, &unescape(key))?;
    }
    Some(node)
}

fn child<'a>(node: &'a mut Node, key: &str) -> Option<&'a mut Node> {
    match &mut node.kind {
        Kind::Object(entries) => entries.iter_mut().find(|entry| entry.key == key).map(|entry| &mut entry.value),
        Kind::Array(items) => items.get_mut(key.parse::<usize>().ok()?),
        _ => None,
    }
}

fn unescape(key: &str) -> String {
    key.replace("~1", "/").replace("~0", "~")
}
