//! Which names a file's tokens use, and how: what must be imported.

use std::collections::HashMap;
use std::fmt::Write;

use proc_macro2::{Delimiter, Ident};
use syn::buffer::Cursor;

/// Every name that does not stand behind `::`, where it would be another item's.
#[derive(Debug, Default)]
pub(crate) struct Uses {
    names: HashMap<String, Use>,
    /// The name in hand.
    text: String,
}

/// What stands before a token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    Comma,
    Colon,
    /// `::`
    Path,
    /// Something in brackets.
    Attribute,
    Other,
}

/// How tokens use a name.
#[derive(Clone, Copy, Debug, Default)]
struct Use {
    /// It stands alone or begins a path, so it must be imported.
    bare: bool,
    /// It begins a path.
    path: bool,
}

impl Uses {
    /// Whether the name must be imported.
    pub(super) fn bare(&self, name: &str) -> bool {
        self.names.get(name).is_some_and(|known| known.bare)
    }

    /// Whether the name begins a path.
    pub(super) fn path(&self, name: &str) -> bool {
        self.names.get(name).is_some_and(|known| known.path)
    }

    /// Adds the names in whole items.
    pub(super) fn collect(&mut self, items: Cursor<'_>) {
        self.walk(items, false);
    }

    fn walk(&mut self, mut at: Cursor<'_>, in_braces: bool) {
        let mut before = Before::Nothing;
        while !at.eof() {
            (before, at) = if let Some((ident, after)) = at.ident() {
                if before != Before::Path {
                    self.add(&ident, before, after, in_braces);
                }
                (Before::Other, after)
            } else if let Some((punct, after)) = at.punct() {
                (before.punct(punct.as_char()), after)
            } else if let Some((inner, delimiter, _, after)) = at.any_group() {
                self.walk(inner, delimiter == Delimiter::Brace);
                (if delimiter == Delimiter::Bracket { Before::Attribute } else { Before::Other }, after)
            } else if let Some((_, after)) = at.token_tree() {
                (Before::Other, after)
            } else {
                return;
            };
        }
    }

    fn add(&mut self, ident: &Ident, before: Before, after: Cursor<'_>, in_braces: bool) {
        // `Name(..)` is a variant or a function of that name.
        let payload = after.group(Delimiter::Parenthesis).is_some();
        // Alone between commas in braces it is a variant without payload; attributes may stand before it.
        let begins = matches!(before, Before::Nothing | Before::Comma | Before::Attribute);
        let variant = in_braces && begins && (after.eof() || punct(after, ',').is_some());
        let path = punct(after, ':').and_then(|after| punct(after, ':')).is_some();
        self.text.clear();
        let _ = write!(self.text, "{ident}");
        let known = match self.names.get_mut(&self.text) {
            Some(known) => known,
            None => self.names.entry(self.text.clone()).or_default(),
        };
        known.bare |= !payload && !variant;
        known.path |= path;
    }
}

/// What follows a punctuation, if that is what stands there.
fn punct(at: Cursor<'_>, c: char) -> Option<Cursor<'_>> {
    at.punct().filter(|(punct, _)| punct.as_char() == c).map(|(_, after)| after)
}

impl Before {
    fn punct(self, c: char) -> Self {
        match (self, c) {
            (Self::Colon, ':') => Self::Path,
            (_, ':') => Self::Colon,
            (_, ',') => Self::Comma,
            _ => Self::Other,
        }
    }
}
