//! Plan to tokens. Decides nothing: each function writes down what one plan says.

mod calls;
mod choices;
mod convert;
mod derive;
mod modules;
mod paging;
mod structs;

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;

use crate::emit::Target;
use crate::plan::{Module, Plan, RustTy};

pub(crate) use modules::root;

/// What rendering an item needs to know of its surroundings.
pub(crate) struct Scope<'a> {
    pub plan: &'a Plan,
    pub module: &'a Module,
    pub target: Target,
}

/// The three files of a module, item by item.
impl Scope<'_> {
    /// Calls and the namespace's methods, or nothing but re-exports.
    pub(crate) fn calls(&self) -> impl Iterator<Item = TokenStream> {
        calls::render(self)
    }

    /// Types as users see them.
    pub(crate) fn types(&self) -> impl Iterator<Item = TokenStream> {
        structs::render_types(self)
    }

    /// How they stand on the wire.
    pub(crate) fn wire(&self) -> impl Iterator<Item = TokenStream> {
        structs::render_wire(self)
    }
}

impl Scope<'_> {
    fn ty(&self, ty: &RustTy) -> TokenStream {
        type_of(ty, &self.module.name)
    }

    /// The expression of a blank value of the struct at hand.
    fn blank(&self) -> TokenStream {
        if derive::is_on(self) { quote!(rt::Derived::blank()) } else { quote!(rt::Model::blank()) }
    }
}

/// A type as it is written where no module of the generated code is at home.
pub(crate) fn foreign_ty(ty: &RustTy) -> TokenStream {
    type_of(ty, "")
}

fn type_of(ty: &RustTy, home: &str) -> TokenStream {
    match ty {
        RustTy::Value => quote!(Value),
        RustTy::Number => quote!(Number),
        RustTy::Unit => quote!(()),
        RustTy::Plain(name) => ident(name),
        RustTy::Runtime(name) => ident(name),
        RustTy::Named { module, name } => {
            let name = ident(name);
            if module == home {
                name
            } else {
                let module = ident(module);
                quote!(#module::#name)
            }
        }
        RustTy::Vec(item) => {
            let item = type_of(item, home);
            quote!(Vec<#item>)
        }
        RustTy::Map(item) => {
            let item = type_of(item, home);
            quote!(BTreeMap<String, #item>)
        }
        RustTy::Option(item) => {
            let item = type_of(item, home);
            quote!(Option<#item>)
        }
        RustTy::Boxed(item) => {
            let item = type_of(item, home);
            quote!(Box<#item>)
        }
        RustTy::Generic(name, item) => {
            let (name, item) = (ident(name), type_of(item, home));
            quote!(#name<#item>)
        }
        RustTy::Secret => quote!(Secret<String>),
    }
}

fn ident(name: &str) -> TokenStream {
    let ident = match name.strip_prefix("r#") {
        Some(raw) => Ident::new_raw(raw, Span::call_site()),
        None => Ident::new(name, Span::call_site()),
    };
    quote!(#ident)
}

fn text(text: &str) -> Literal {
    Literal::string(text)
}

fn number(number: usize) -> Literal {
    Literal::usize_unsuffixed(number)
}

/// Doc attributes, a blank line between paragraphs.
fn docs(paragraphs: &[String]) -> TokenStream {
    let mut lines = Vec::new();
    for paragraph in paragraphs {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        let verbatim = paragraph.starts_with("```");
        lines.extend(paragraph.lines().flat_map(|line| if verbatim { vec![line.to_owned()] } else { wrap(line) }));
    }
    let lines = lines.iter().map(|line| if line.is_empty() { String::new() } else { format!(" {line}") });
    quote!(#(#[doc = #lines])*)
}

/// Breaks a paragraph into lines of at most this many characters.
const WIDTH: usize = 112;

fn wrap(paragraph: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in paragraph.split_whitespace() {
        let last = lines.len() - 1;
        if !lines[last].is_empty() && lines[last].chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(word.to_owned());
            continue;
        }
        if !lines[last].is_empty() {
            lines[last].push(' ');
        }
        lines[last].push_str(word);
    }
    lines
}

fn deprecated(note: Option<&String>) -> TokenStream {
    match note {
        Some(note) => quote!(#[deprecated = #note]),
        None => TokenStream::new(),
    }
}
