//! What an object carries beyond its typed members, so that reading and writing it back loses and invents nothing.

use std::fmt;

use serde_json::{Map, Value};

/// The members of an object that this version of elkit does not know.
///
/// They are kept when an object is read and written back when it is sent. It also remembers which members were null,
/// absent or of another type. Empty, it costs one pointer. `Debug` prints names, never values.
///
/// ```
/// use elkit::elasticsearch::security::RoleDescriptor;
///
/// let mut role = RoleDescriptor::new();
/// role.extra.insert("data_streams", ["logs-*"]);
/// assert_eq!(serde_json::to_string(&role)?, r#"{"data_streams":["logs-*"]}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Extra(Option<Box<Inner>>);

#[derive(Clone, Default)]
struct Inner {
    members: Map<String, Value>,
    marks: Vec<(usize, Mark)>,
}

/// What is remembered of a known member.
#[derive(Clone, PartialEq)]
pub(crate) enum Mark {
    /// It was null.
    Null,
    /// It was absent though required; its value is invented.
    Missing,
    /// It had another type, and this is what stood there.
    Aside(Value),
    /// The object was a bare value that stands for this member.
    Bare,
}

impl Extra {
    /// An empty one.
    #[must_use]
    pub const fn new() -> Self {
        Self(None)
    }

    /// The value of an unknown member.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.as_ref()?.members.get(name)
    }

    /// Adds a member that is sent as it is. Under a known member's name, it is sent in its place.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        self.put(name.into(), value.into());
    }

    /// Takes a member out.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        self.0.as_mut()?.members.remove(name)
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().flat_map(|inner| &inner.members).map(|(name, value)| (name.as_str(), value))
    }

    /// How many unknown members there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |inner| inner.members.len())
    }

    /// Whether there is no unknown member.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Remembers that a known member is null: what setters of generated code call.
    #[doc(hidden)]
    pub fn set_null(&mut self, member: usize) {
        self.mark(member, Mark::Null);
    }

    pub(crate) fn put(&mut self, name: String, value: Value) {
        self.0.get_or_insert_default().members.insert(name, value);
    }

    pub(crate) fn mark(&mut self, member: usize, mark: Mark) {
        let marks = &mut self.0.get_or_insert_default().marks;
        marks.retain(|(other, _)| *other != member);
        marks.push((member, mark));
    }

    pub(crate) fn mark_of(&self, member: usize) -> Option<&Mark> {
        let marks = &self.0.as_ref()?.marks;
        marks.iter().find(|(other, _)| *other == member).map(|(_, mark)| mark)
    }

    pub(crate) fn is_bare(&self, member: usize) -> bool {
        matches!(self.mark_of(member), Some(Mark::Bare))
    }

    /// Whether nothing at all is remembered.
    pub(crate) fn is_plain(&self) -> bool {
        self.0.is_none()
    }
}

/// Two are equal when their members are: how an absent member was absent is not a difference.
impl PartialEq for Extra {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|(name, value)| other.get(name) == Some(value))
    }
}

impl fmt::Debug for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(|(name, _)| name)).finish()
    }
}
