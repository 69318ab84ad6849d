//! The upstream document with an index of its components, what was found wrong with it, and what the spec can't hold
//! of it. A reference is followed by name alone, so a document that refers to itself is as good as any.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use super::names::{Names, type_id};
use crate::diagnostic::Diagnostics;
use crate::spec::expr::is_type_name;
use crate::spec::json::{Kind, Node};

/// What a document says and the spec has no place for: JSON pointers by reason.
pub type Lost = BTreeMap<&'static str, Vec<String>>;

/// Keywords for readers: nobody looks at them.
const PROSE: [&str; 5] = ["description", "summary", "title", "example", "examples"];

pub(super) struct Source<'n> {
    file: &'n str,
    document: &'n str,
    root: &'n Node,
    pub(super) names: &'n Names,
    components: HashMap<(&'n str, &'n str), &'n Node>,
    queue: VecDeque<&'n str>,
    queued: HashSet<&'n str>,
    types: HashMap<String, &'n str>,
    /// Types whose definition is being put in the place of their name.
    pub(super) inlining: Vec<String>,
    pub(super) problems: Diagnostics,
    pub(super) lost: Lost,
}

impl<'n> Source<'n> {
    pub(super) fn new(file: &'n str, document: &'n str, root: &'n Node, names: &'n Names) -> Self {
        let mut components = HashMap::new();
        for section in root.get("components").and_then(Node::object).unwrap_or_default() {
            for entry in section.value.object().unwrap_or_default() {
                components.insert((section.key.as_str(), entry.key.as_str()), &entry.value);
            }
        }
        let (queue, queued, types, inlining, problems, lost) = <_>::default();
        Self { file, document, root, names, components, queue, queued, types, inlining, problems, lost }
    }

    pub(super) fn problem(&mut self, node: &Node, message: impl Into<String>) {
        let help = "the importer must learn this construct, or a fix-up must mend the document";
        let help = match self.patch(node) {
            Some(patch) => format!("{help} in overlay/fixups.toml:\n{patch}"),
            None => help.to_owned(),
        };
        self.problem_with(node, message, &help);
    }

    pub(super) fn problem_with(&mut self, node: &Node, message: impl Into<String>, help: &str) {
        let pointer = match self.root.pointer(node.span.0) {
            top if top.is_empty() => "the top".to_owned(),
            pointer => pointer,
        };
        let message = format!("{} (at {pointer})", message.into());
        self.problems.add(self.file, node.span, message, Some(help.to_owned()));
    }

    /// A patch of what stands here, but for the reason and what should stand here, which nobody knows yet.
    fn patch(&self, node: &Node) -> Option<String> {
        const LONGEST: usize = 200;
        let pointer = self.root.pointer(node.span.0);
        let there = at(self.root, &pointer)?;
        let short = !pointer.is_empty() && there.span.1 - there.span.0 <= LONGEST;
        let is = short.then(|| there.to_json().to_string()).filter(|is| !is.contains('\''))?;
        // A key that nobody knows goes, a value that nobody knows becomes another.
        let change = if there.span == node.span {
            format!("{{ replace = [\"{pointer}\"], from = '{is}', to = '...' }}")
        } else {
            format!("{{ remove = [\"{pointer}\"], from = '{is}' }}")
        };
        let head = "[[fixup]]\nname = \"...\"\nstage = \"document\"";
        let source = self.document;
        Some(format!("{head}\nsource = \"{source}\"\nreason = \"...\"\nevidence = \"https://...\"\nchange = {change}"))
    }

    /// Notes what the spec has no place for.
    pub(super) fn lose(&mut self, node: &Node, reason: &'static str) {
        let pointer = self.root.pointer(node.span.0);
        self.lost.entry(reason).or_default().push(pointer);
    }

    /// The next component that is named somewhere and not read yet: its node and the id of its type.
    pub(super) fn next_type(&mut self) -> Option<(&'n Node, String)> {
        let name = self.queue.pop_front()?;
        Some((self.components.get(&("schemas", name)).copied()?, type_id(name, self.names)))
    }

    /// What a `$ref` names in a section of the components.
    pub(super) fn target(&mut self, reference: &'n Node, section: &str) -> Option<(&'n str, &'n Node)> {
        let Some(text) = reference.string() else {
            self.problem(reference, "`$ref` is not a string");
            return None;
        };
        let name = text.strip_prefix("#/components/").and_then(|rest| rest.strip_prefix(section)?.strip_prefix('/'));
        let found = name.and_then(|name| Some((name, *self.components.get(&(section, name))?)));
        if found.is_none() {
            self.problem(reference, format!("`{text}` leads to no component under `{section}`"));
        }
        found
    }

    /// A node, or what its `$ref` names.
    pub(super) fn resolve(&mut self, node: &'n Node, section: &str) -> Option<&'n Node> {
        match node.get("$ref") {
            Some(reference) => self.target(reference, section).map(|(_, node)| node),
            None => Some(node),
        }
    }

    /// The id by which the spec knows a component; it is read in its turn.
    pub(super) fn use_type(&mut self, reference: &'n Node) -> Option<String> {
        let (name, node) = self.target(reference, "schemas")?;
        let id = type_id(name, self.names);
        if self.queued.insert(name) {
            self.queue.push_back(name);
            let help = "give the component a name of its own under [kibana.components] in overlay/names.toml";
            if !is_type_name(&id) {
                self.problem_with(node, format!("`{id}` can't name a type of the spec"), help);
            }
            if let Some(other) = self.types.insert(id.clone(), name) {
                self.problem_with(node, format!("`{name}` and `{other}` are both `{id}` in the spec"), help);
            }
        }
        Some(id)
    }

    /// The component of a type that was used.
    pub(super) fn component_of(&self, id: &str) -> Option<&'n Node> {
        self.components.get(&("schemas", *self.types.get(id)?)).copied()
    }

    /// The members of an object; anything else is a problem.
    pub(super) fn entries(&mut self, node: &'n Node, what: &str) -> &'n [crate::spec::json::Entry] {
        if node.object().is_none() {
            self.problem(node, format!("{what}: expected an object, found {}", node.describe()));
        }
        node.object().unwrap_or_default()
    }

    /// The items of an array that may be absent.
    pub(super) fn array(&mut self, node: &'n Node, key: &str) -> &'n [Node] {
        let Some(value) = node.get(key) else {
            return &[];
        };
        if value.array().is_none() {
            self.problem(value, format!("`{key}` is not an array"));
        }
        value.array().unwrap_or_default()
    }

    /// The strings of an array that may be absent.
    pub(super) fn texts(&mut self, node: &'n Node, key: &str) -> Vec<&'n str> {
        let mut texts = Vec::new();
        for item in self.array(node, key) {
            match item.string() {
                Some(text) => texts.push(text),
                None => self.problem(item, format!("an item of `{key}` is not a string")),
            }
        }
        texts
    }

    /// A string that must be there.
    pub(super) fn text(&mut self, node: &'n Node, key: &str) -> Option<&'n str> {
        let Some(value) = node.get(key) else {
            self.problem(node, format!("`{key}` is missing"));
            return None;
        };
        if value.string().is_none() {
            self.problem(value, format!("`{key}` is not a string"));
        }
        value.string()
    }

    /// A string that may be absent.
    pub(super) fn maybe_text(&mut self, node: &'n Node, key: &str) -> Option<&'n str> {
        node.get(key)?;
        self.text(node, key)
    }

    /// A boolean that is false when absent.
    pub(super) fn flag(&mut self, node: &'n Node, key: &str) -> bool {
        let Some(value) = node.get(key) else {
            return false;
        };
        if value.bool().is_none() {
            self.problem(value, format!("`{key}` is not a boolean"));
        }
        value.bool().unwrap_or_default()
    }

    /// A whole number that may be absent.
    pub(super) fn size(&mut self, node: &'n Node, key: &str) -> Option<u64> {
        let value = node.get(key)?;
        let size = value.to_json().as_u64();
        if size.is_none() {
            self.problem(value, format!("`{key}` is not a whole number"));
        }
        size
    }

    /// Reports every key that is neither known, nor prose, nor an extension. Upstream puts prose anywhere.
    pub(super) fn know(&mut self, node: &'n Node, what: &str, known: &[&str]) {
        for entry in node.object().unwrap_or_default() {
            let key = entry.key.as_str();
            if !known.contains(&key) && !PROSE.contains(&key) && !key.starts_with("x-") {
                let key = Node { span: entry.key_span, kind: Kind::Null };
                self.problem(&key, format!("unknown keyword `{}` of {what}", entry.key));
            }
        }
    }
}

/// What stands at a JSON pointer.
fn at<'n>(root: &'n Node, pointer: &str) -> Option<&'n Node> {
    pointer.split('/').skip(1).try_fold(root, |node, key| match &node.kind {
        Kind::Object(entries) => {
            let key = key.replace("~1", "/").replace("~0", "~");
            entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
        }
        Kind::Array(items) => items.get(key.parse::<usize>().ok()?),
        _ => None,
    })
}
