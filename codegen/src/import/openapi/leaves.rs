//! Constraints of scalars and lists inside a type, gathered where the spec has a place for them: at the member. They
//! hold for every text, number or list of the type; where two of a kind differ, neither is kept.

use super::source::Source;
use crate::spec::json::{Kind, Node};
use crate::spec::model::{Json, Limits};

/// Constraints by what they constrain.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Leaves {
    numbers: Leaf,
    texts: Leaf,
    lists: Leaf,
}

#[derive(Clone, Debug, Default, PartialEq)]
enum Leaf {
    /// The type has nothing of the kind.
    #[default]
    Absent,
    /// All of the kind are constrained so.
    Same(Limits),
    /// They differ.
    Mixed,
}

impl Leaf {
    fn join(&mut self, other: Self) {
        *self = match (std::mem::take(self), other) {
            (Self::Absent, other) | (other, Self::Absent) => other,
            (Self::Same(one), Self::Same(other)) if one == other => Self::Same(one),
            _ => Self::Mixed,
        };
    }
}

impl Leaves {
    pub(super) fn number<'n>(node: &'n Node, source: &mut Source<'n>) -> Self {
        let (min, above_min) = bound(node, "minimum", "exclusiveMinimum", source);
        let (max, below_max) = bound(node, "maximum", "exclusiveMaximum", source);
        Self { numbers: Leaf::Same(Limits { min, max, above_min, below_max, ..Limits::default() }), ..Self::default() }
    }

    pub(super) fn text<'n>(node: &'n Node, source: &mut Source<'n>) -> Self {
        let limits = Limits {
            min_length: source.size(node, "minLength"),
            max_length: source.size(node, "maxLength"),
            pattern: source.maybe_text(node, "pattern").map(str::to_owned),
            format: source.maybe_text(node, "format").map(str::to_owned),
            ..Limits::default()
        };
        Self { texts: Leaf::Same(limits), ..Self::default() }
    }

    pub(super) fn list<'n>(node: &'n Node, source: &mut Source<'n>) -> Self {
        let (min_items, max_items) = (source.size(node, "minItems"), source.size(node, "maxItems"));
        Self { lists: Leaf::Same(Limits { min_items, max_items, ..Limits::default() }), ..Self::default() }
    }

    pub(super) fn join(&mut self, other: Self) {
        self.numbers.join(other.numbers);
        self.texts.join(other.texts);
        self.lists.join(other.lists);
    }

    /// Of two descriptions of one value, what either says: `allOf`.
    pub(super) fn narrow(&mut self, other: Self) {
        let bare = |leaf: &Leaf| *leaf == Leaf::Same(Limits::default());
        for (mine, other) in
            [(&mut self.numbers, other.numbers), (&mut self.texts, other.texts), (&mut self.lists, other.lists)]
        {
            if bare(mine) && other != Leaf::Absent {
                *mine = other;
            } else if !bare(&other) {
                mine.join(other);
            }
        }
    }

    /// The constraints to write down; `node` is where they stand.
    pub(super) fn limits(self, node: &Node, source: &mut Source<'_>) -> Limits {
        let mut known = |leaf: Leaf| match leaf {
            Leaf::Same(limits) => limits,
            Leaf::Absent => Limits::default(),
            Leaf::Mixed => {
                source.lose(node, "constraints that differ within one type");
                Limits::default()
            }
        };
        let (numbers, texts, lists) = (known(self.numbers), known(self.texts), known(self.lists));
        Limits {
            min: numbers.min,
            max: numbers.max,
            above_min: numbers.above_min,
            below_max: numbers.below_max,
            min_items: lists.min_items,
            max_items: lists.max_items,
            ..texts
        }
    }

    /// Whether anything is constrained.
    pub(super) fn say_something(&self) -> bool {
        [&self.numbers, &self.texts, &self.lists]
            .into_iter()
            .any(|leaf| !matches!(leaf, Leaf::Absent) && *leaf != Leaf::Same(Limits::default()))
    }
}

/// A bound and whether it is excluded: a flag beside it in OpenAPI 3.0, a bound of its own in 3.1.
fn bound<'n>(node: &'n Node, key: &str, exclusive: &str, source: &mut Source<'n>) -> (Option<Json>, bool) {
    let mut number = |key: &str| {
        let value = node.get(key)?;
        let json = value.to_json();
        if !json.is_number() {
            source.problem(value, format!("`{key}` is not a number"));
            return None;
        }
        Some(json)
    };
    match node.get(exclusive) {
        Some(Node { kind: Kind::Bool(excluded), .. }) => (number(key), *excluded && node.get(key).is_some()),
        Some(_) => (number(exclusive), true),
        None => (number(key), false),
    }
}
