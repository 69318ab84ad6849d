//! Which names a file's tokens use, and how: what must be imported.

use std::collections::HashMap;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// Every name that does not stand behind `::`, where it would be another item's.
#[derive(Debug, Default)]
pub(crate) struct Uses(HashMap<String, Use>);

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
        self.0.get(name).is_some_and(|known| known.bare)
    }

    /// Whether the name begins a path.
    pub(super) fn path(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|known| known.path)
    }

    /// Adds the names in whole items, and gives the items back: to look into tokens that somebody else holds would copy them.
    pub(super) fn collect(&mut self, items: TokenStream) -> TokenStream {
        self.walk(items, false)
    }

    fn walk(&mut self, tokens: TokenStream, in_braces: bool) -> TokenStream {
        let trees: Vec<TokenTree> = tokens.into_iter().collect();
        let punct =
            |index: usize, c: char| matches!(trees.get(index), Some(TokenTree::Punct(punct)) if punct.as_char() == c);
        let colons = |index: usize| punct(index, ':') && punct(index + 1, ':');
        let group = |index: usize, delimiter: Delimiter| matches!(trees.get(index), Some(TokenTree::Group(group)) if group.delimiter() == delimiter);
        for (index, tree) in trees.iter().enumerate() {
            let TokenTree::Ident(ident) = tree else { continue };
            if index >= 2 && colons(index - 2) {
                continue;
            }
            // `Name(..)` is a variant or a function of that name.
            let payload = group(index + 1, Delimiter::Parenthesis);
            // Alone between commas in braces it is a variant without payload; attributes may stand before it.
            let begins = |before: usize| punct(before, ',') || group(before, Delimiter::Bracket);
            let ends = index + 1 == trees.len() || punct(index + 1, ',');
            let variant = in_braces && ends && index.checked_sub(1).is_none_or(begins);
            let known = self.0.entry(ident.to_string()).or_default();
            known.bare |= !payload && !variant;
            known.path |= colons(index + 1);
        }
        let inner = |tree| match tree {
            TokenTree::Group(group) => {
                let (delimiter, stream) = (group.delimiter(), group.stream());
                drop(group);
                Group::new(delimiter, self.walk(stream, delimiter == Delimiter::Brace)).into()
            }
            leaf => leaf,
        };
        trees.into_iter().map(inner).collect()
    }
}
