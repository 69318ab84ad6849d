//! The upstream document with an index of its types, and the queue of types still to be read.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::diagnostic::Diagnostics;
use crate::spec::expr::is_type_name;
use crate::spec::json::{self, Kind, Node};
use crate::spec::model::{Deprecation, Facts};

/// The name of an upstream type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Id<'n> {
    pub(super) namespace: &'n str,
    pub(super) name: &'n str,
}

/// What upstream says of how stable something is.
const STABILITIES: [&str; 3] = ["stable", "beta", "experimental"];

pub(super) struct Source<'n, 'p> {
    file: &'n str,
    root: &'n Node,
    types: HashMap<Id<'n>, &'n Node>,
    problems: &'p mut Diagnostics,
    queue: VecDeque<Id<'n>>,
    queued: HashSet<Id<'n>>,
    names: HashMap<String, Id<'n>>,
}

/// The document as JSON with places.
pub(super) fn parse(file: &str, text: &str, problems: &mut Diagnostics) -> Option<Node> {
    json::parse(text).map_err(|error| problems.add(file, error.span, error.message, None)).ok()
}

impl<'n, 'p> Source<'n, 'p> {
    pub(super) fn new(file: &'n str, root: &'n Node, problems: &'p mut Diagnostics) -> Self {
        let mut source = Self {
            file,
            root,
            types: HashMap::new(),
            problems,
            queue: VecDeque::new(),
            queued: HashSet::new(),
            names: HashMap::new(),
        };
        for node in source.array(root, "types") {
            let Some(id) = source.named(node, "name") else {
                continue;
            };
            if source.types.insert(id, node).is_some() {
                source.problem(node, format!("the type `{}.{}` stands twice", id.namespace, id.name));
            }
        }
        source
    }

    pub(super) fn problem(&mut self, node: &Node, message: impl Into<String>) {
        let pointer = match self.root.pointer(node.span.0) {
            top if top.is_empty() => "the top".to_owned(),
            pointer => pointer,
        };
        let help = "the importer must learn this construct, or a document fix-up must mend it".to_owned();
        self.problems.add(self.file, node.span, format!("{} (at {pointer})", message.into()), Some(help));
    }

    pub(super) fn endpoints(&mut self) -> &'n [Node] {
        let root = self.root;
        self.array(root, "endpoints")
    }

    /// The next type that is named somewhere and not read yet.
    pub(super) fn next_type(&mut self) -> Option<Id<'n>> {
        self.queue.pop_front()
    }

    pub(super) fn type_node(&self, id: &Id<'_>) -> Option<&'n Node> {
        self.types.get(id).copied()
    }

    /// The id by which the spec knows an upstream type; the type is read in its turn.
    pub(super) fn use_type(&mut self, id: Id<'n>, at: &Node) -> Option<String> {
        let Some(node) = self.type_node(&id) else {
            self.problem(at, format!("there is no type `{}.{}`", id.namespace, id.name));
            return None;
        };
        let spec_id = id.spec_id();
        if self.queued.insert(id) {
            self.queue.push_back(id);
            if !is_type_name(&spec_id) {
                self.problem(node, format!("`{spec_id}` can't name a type of the spec"));
            }
            if let Some(other) = self.names.insert(spec_id.clone(), id) {
                let other = format!("{}.{}", other.namespace, other.name);
                let message = format!("`{}.{}` and `{other}` are both `{spec_id}` in the spec", id.namespace, id.name);
                self.problem(node, message);
            }
        }
        Some(spec_id)
    }

    /// A member `{"namespace", "name"}` that must be there.
    pub(super) fn named(&mut self, node: &'n Node, key: &str) -> Option<Id<'n>> {
        let named = self.required(node, key)?;
        let namespace = self.text(named, "namespace")?;
        let name = self.text(named, "name")?;
        Some(Id { namespace, name })
    }

    pub(super) fn required(&mut self, node: &'n Node, key: &str) -> Option<&'n Node> {
        let found = node.get(key);
        if found.is_none() {
            self.problem(node, format!("`{key}` is missing"));
        }
        found
    }

    /// A string that must be there.
    pub(super) fn text(&mut self, node: &'n Node, key: &str) -> Option<&'n str> {
        let value = self.required(node, key)?;
        if value.string().is_none() {
            self.problem(value, format!("`{key}` is not a string"));
        }
        value.string()
    }

    /// A string that may be absent.
    pub(super) fn maybe_text(&mut self, node: &'n Node, key: &str) -> Option<String> {
        present(node, key)?;
        self.text(node, key).map(str::to_owned)
    }

    /// A boolean that is false when absent.
    pub(super) fn flag(&mut self, node: &'n Node, key: &str) -> bool {
        let Some(value) = present(node, key) else {
            return false;
        };
        if value.bool().is_none() {
            self.problem(value, format!("`{key}` is not a boolean"));
        }
        value.bool().unwrap_or_default()
    }

    /// The items of an array that may be absent.
    pub(super) fn array(&mut self, node: &'n Node, key: &str) -> &'n [Node] {
        let Some(value) = present(node, key) else {
            return &[];
        };
        if value.array().is_none() {
            self.problem(value, format!("`{key}` is not an array"));
        }
        value.array().unwrap_or_default()
    }

    /// The strings of an array that may be absent.
    pub(super) fn texts(&mut self, node: &'n Node, key: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for item in self.array(node, key) {
            match item.string() {
                Some(text) => texts.push(text.to_owned()),
                None => self.problem(item, format!("an item of `{key}` is not a string")),
            }
        }
        texts
    }

    /// Availability and deprecation: what endpoints, members and enum values share.
    pub(super) fn facts(&mut self, node: &'n Node) -> Facts {
        let mut facts = Facts { deprecated: self.deprecation(node), ..Facts::default() };
        let Some(availability) = node.get("availability") else {
            return facts;
        };
        let (stack, serverless) = (availability.get("stack"), availability.get("serverless"));
        if let Some(of) = stack.or(serverless) {
            facts.stability = self.maybe_text(of, "stability");
            if let Some(unknown) = facts.stability.as_deref().filter(|word| !STABILITIES.contains(word)) {
                let message = format!("unknown stability `{unknown}`");
                self.problem(of, message);
                facts.stability = None;
            }
        }
        // A version is a version of the stack; serverless has none.
        facts.since = stack.and_then(|stack| self.maybe_text(stack, "since"));
        let private = |node: &Node| node.get("visibility").and_then(Node::string) == Some("private");
        if serverless.is_none_or(private) {
            facts.serverless = Some(false);
        }
        facts
    }

    pub(super) fn deprecation(&mut self, node: &'n Node) -> Option<Deprecation> {
        let deprecation = present(node, "deprecation")?;
        Some(Deprecation { version: self.maybe_text(deprecation, "version") })
    }
}

/// A member that is there and not null: upstream writes null where it knows nothing.
fn present<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    node.get(key).filter(|value| value.kind != Kind::Null)
}
