//! Items to text, one at a time: the tokens of a whole file are never there at once, so twice the items cost twice the time
//! and memory holds little more than the text.

use proc_macro2::TokenStream;
use syn::parse::{ParseStream, Parser};

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
            let Self { text, uses } = &mut body;
            let file = |input: ParseStream<'_>| {
                uses.collect(input.cursor());
                input.parse()
            };
            append(text, &print(file.parse2(tokens)?));
        }
        Ok(body)
    }
}

/// The text of one or more items.
pub(crate) fn format(tokens: TokenStream) -> Result<String, syn::Error> {
    Ok(print(syn::parse2(tokens)?))
}

fn print(mut file: syn::File) -> String {
    let mut text = String::new();
    for item in std::mem::take(&mut file.items) {
        file.items = vec![item];
        append(&mut text, &prettyplease::unparse(&file));
    }
    text
}

/// Puts an item behind others, with an empty line between them where either is a block.
fn append(text: &mut String, item: &str) {
    let apart = ["#[", "///", "impl"].iter().any(|start| item.starts_with(start));
    if apart && !text.is_empty() && (text.ends_with("\n}\n") || item.ends_with("\n}\n")) {
        text.push('\n');
    }
    text.push_str(item);
}
