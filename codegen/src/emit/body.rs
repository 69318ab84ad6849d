//! Items to text, one at a time: the tokens of a whole file are never there at once, so twice the items cost twice the time
//! and memory holds little more than the text.

use proc_macro2::TokenStream;

use super::uses::Uses;

/// The items of a file, formatted, with the names they use.
#[derive(Debug, Default)]
pub(crate) struct Body {
    /// Their text.
    pub text: String,
    /// The names in it.
    pub uses: Uses,
}

impl Body {
    /// Formats items in their order.
    pub(crate) fn of(items: impl IntoIterator<Item = TokenStream>) -> Result<Self, syn::Error> {
        let mut body = Self::default();
        for tokens in items {
            let tokens = body.uses.collect(tokens);
            append(&mut body.text, &format(tokens)?);
        }
        Ok(body)
    }
}

/// The text of one or more items.
pub(crate) fn format(tokens: TokenStream) -> Result<String, syn::Error> {
    let mut file: syn::File = syn::parse2(tokens)?;
    let mut text = String::new();
    for item in std::mem::take(&mut file.items) {
        file.items = vec![item];
        append(&mut text, &prettyplease::unparse(&file));
    }
    Ok(text)
}

/// Puts an item behind others; one of several lines has an empty line before what is no short neighbour.
pub(super) fn append(text: &mut String, item: &str) {
    let apart = ["#[", "///", "impl"].iter().any(|start| item.starts_with(start));
    if apart && text.ends_with("\n}\n") {
        text.push('\n');
    }
    text.push_str(item);
}
