//! The files of a module: what each holds, and what it imports.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::body::{Body, format};
use super::uses::Uses;
use super::{Target, file};
use crate::plan::{Module, Plan};
use crate::render::Scope;
use crate::spec::model::Product;

/// A file that modules have.
pub(super) struct Kind {
    pub(super) name: &'static str,
    text: fn(&Scope<'_>) -> syn::Result<String>,
}

/// The files of a module; one that only leads to others has the first alone.
pub(super) const OF_MODULE: [Kind; 3] = [
    Kind { name: "mod.rs", text: calls },
    Kind { name: "types.rs", text: types },
    Kind { name: "wire.rs", text: wire },
];

impl Kind {
    /// The whole text of the file.
    pub(super) fn text(&self, scope: &Scope<'_>) -> syn::Result<String> {
        (self.text)(scope)
    }
}

fn calls(scope: &Scope<'_>) -> syn::Result<String> {
    let client = match scope.plan.product {
        Product::Elasticsearch => "Elasticsearch",
        Product::Kibana => "Kibana",
    };
    let body = Body::of(scope.calls())?;
    let inner = (!scope.module.is_bare()).then(|| {
        quote!(
            mod types;
            mod wire;
            pub use types::*;
        )
    });
    let imports = imports(scope, &["Call", client, "Secret", "rt"], &quote!(super), &body.uses);
    finish(&scope.module.docs, quote!(#inner #imports), &body)
}

fn types(scope: &Scope<'_>) -> syn::Result<String> {
    let body = Body::of(scope.types())?;
    let imports = imports(scope, &["Secret", "rt"], &quote!(super::super), &body.uses);
    finish(&format!("The types of `{}`.", scope.module.name), imports, &body)
}

fn wire(scope: &Scope<'_>) -> syn::Result<String> {
    let body = Body::of(scope.wire())?;
    let imports = imports(scope, &["Error", "rt"], &quote!(super::super), &body.uses);
    let abi = quote!(
        const _: () = assert!(rt::ABI == 2, "regenerate: this code was made for another elkit");
    );
    let head = quote!(#imports use super::types::*; #abi);
    finish(&format!("How the types of `{}` stand on the wire.", scope.module.name), head, &body)
}

fn finish(docs: &str, head: TokenStream, body: &Body) -> syn::Result<String> {
    let mut text = file(docs, &format(head)?);
    if !text.ends_with("\n\n") && !body.text.is_empty() {
        text.push('\n');
    }
    text.push_str(&body.text);
    Ok(text)
}

/// Imports of what the body uses from libraries, the runtime and other modules; `own` are names of the client's root, and `up`
/// leads to the other modules.
fn imports(scope: &Scope<'_>, own: &[&str], up: &TokenStream, uses: &Uses) -> TokenStream {
    let libraries = libraries(scope.target, own, uses);
    let others = others(scope.plan, scope.module, uses);
    let others = (!others.is_empty()).then(|| quote!(use #up::{#(#others),*};));
    quote!(#libraries #others)
}

fn ident(name: &str) -> Ident {
    Ident::new(name, proc_macro2::Span::call_site())
}

fn libraries(target: Target, own: &[&str], uses: &Uses) -> TokenStream {
    let root = target.root();
    let sources: &[(&str, &str, &[&str])] = &[
        ("", "std::borrow", &["Cow"]),
        ("", "std::collections", &["BTreeMap"]),
        ("", "http", &["Method"]),
        ("", "serde", &["Deserializer", "Serializer"]),
        ("", "serde::de", &["MapAccess"]),
        ("", "serde::ser", &["SerializeMap"]),
        ("", "serde_json", &["Value"]),
        (root, "", own),
        (root, "::body", &["Body", "Upload"]),
        (root, "::response", &["Binary", "Events", "Ndjson", "NoContent", "Text"]),
        (root, "::types", RUNTIME_TYPES),
    ];
    let lines = sources.iter().filter_map(|(root, path, names)| {
        let used: Vec<_> = names.iter().filter(|name| uses.bare(name)).map(|name| ident(name)).collect();
        let path: TokenStream = format!("{root}{path}").parse().ok()?;
        (!used.is_empty()).then(|| quote!(use #path::{#(#used),*};))
    });
    quote!(#(#lines)*)
}

/// The other modules that the body names.
fn others(plan: &Plan, module: &Module, uses: &Uses) -> Vec<Ident> {
    let others = plan.modules.iter().filter(|other| other.name != module.name);
    others.filter(|other| uses.path(&other.name)).map(|other| ident(&other.name)).collect()
}

/// Hand-written types that members may have.
const RUNTIME_TYPES: &[&str] = &[
    "ByteSize",
    "Duration",
    "Entry",
    "EpochMillis",
    "Extra",
    "Lazy",
    "Number",
    "OneOrMany",
    "Stringified",
    "Timestamp",
    "TypedKeys",
    "Untyped",
];
