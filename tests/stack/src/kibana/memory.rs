//! What Kibana remembers. An object belongs to one space, type and id; nothing finds it from another space.

use std::collections::BTreeMap;

use serde_json::Value;

use super::spaces::Spaces;

/// The state of one Kibana.
pub(crate) struct Memory {
    pub(crate) spaces: Spaces,
    pub(crate) objects: Objects,
    /// The id of the default data view by space.
    pub(crate) default_views: BTreeMap<String, String>,
    /// Connectors of all spaces that no request made.
    pub(crate) preconfigured: Vec<Value>,
}

/// Objects of all types: saved objects by their own type, the rest by a type that no saved object has.
#[derive(Default)]
pub(crate) struct Objects {
    by_key: BTreeMap<(String, String, String), Value>,
    /// Changes so far: versions count them.
    changes: u64,
}

impl Memory {
    pub(crate) fn new() -> Self {
        Self {
            spaces: Spaces::new(),
            objects: Objects::default(),
            default_views: BTreeMap::new(),
            preconfigured: Vec::new(),
        }
    }
}

impl Objects {
    pub(crate) fn get(&self, space: &str, kind: &str, id: &str) -> Option<&Value> {
        self.by_key.get(&key(space, kind, id))
    }

    pub(crate) fn put(&mut self, space: &str, kind: &str, id: &str, object: Value) {
        self.by_key.insert(key(space, kind, id), object);
    }

    pub(crate) fn remove(&mut self, space: &str, kind: &str, id: &str) -> Option<Value> {
        self.by_key.remove(&key(space, kind, id))
    }

    /// The objects of a type in a space, by id.
    pub(crate) fn list<'a>(&'a self, space: &'a str, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
        let from = key(space, kind, "");
        self.by_key
            .range(from..)
            .take_while(move |(at, _)| at.0 == space && at.1 == kind)
            .map(|(at, object)| (at.2.as_str(), object))
    }

    /// The version of the next change, as saved objects have it: base64 of `[sequence number,1]`.
    pub(crate) fn next_version(&mut self) -> String {
        use base64::Engine;
        self.changes += 1;
        base64::engine::general_purpose::STANDARD.encode(format!("[{},1]", self.changes))
    }

    pub(crate) fn forget_space(&mut self, space: &str) {
        self.by_key.retain(|at, _| at.0 != space);
    }
}

fn key(space: &str, kind: &str, id: &str) -> (String, String, String) {
    (space.to_owned(), kind.to_owned(), id.to_owned())
}
