//! Rust for the project's own tests: every operation by its id, so that JSON can be driven through typed calls. It
//! stands in tests/ and never in the client.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use crate::emit::{Body, file};
use crate::plan::{BodyPlan, CallPlan, FieldPlan, Plan, Presence, RustTy, TypePlan, ValueForm, Where};
use crate::render;
use crate::spec::model::Product;

/// Where the file stands, below the workspace.
pub(crate) fn path(product: Product) -> String {
    format!("tests/src/generated/{}.rs", product.as_str())
}

/// Writes the file.
///
/// # Errors
/// When the tokens are no Rust.
pub(crate) fn emit(plan: &Plan) -> Result<String, String> {
    let product = ident(plan.product.as_str());
    let variant = match plan.product {
        Product::Elasticsearch => quote!(Product::Elasticsearch),
        Product::Kibana => quote!(Product::Kibana),
    };
    let mut rows = Vec::new();
    let mut functions = Vec::new();
    for module in plan.modules.iter().filter(|module| !module.calls.is_empty()) {
        for call in &module.calls {
            rows.push(row(&module.name, call, &variant));
            functions.push(function(&module.name, call));
        }
    }
    let lazy = lazy_types(plan).into_values();
    let aliases = aliases(plan).into_iter().map(|(main, alias)| quote!((#main, #alias)));
    let values = value_aliases(plan).into_iter().map(|(main, alias)| quote!((#main, #alias)));
    let tables = quote! {
        use elkit::#product::*;
        use elkit::rt::Product;
        use crate::dispatch::{LazyRow, Parts, Problem, Row, call};

        /// Every operation.
        pub static ROWS: &[Row] = &[#(#rows),*];

        /// Every type that is kept as JSON until somebody asks.
        pub static LAZY: &[LazyRow] = &[
            #(LazyRow { type_name: std::any::type_name::<#lazy>, recode: recode::<#lazy> }),*
        ];

        /// Members with a second name: the main one, the other one.
        pub static ALIASES: &[(&str, &str)] = &[#(#aliases),*];

        /// Enum values with a second spelling: the main one, the other one.
        pub static VALUE_ALIASES: &[(&str, &str)] = &[#(#values),*];
    };
    let docs = format!("Every {} operation by its id.", plan.product.as_str());
    let items = std::iter::once(tables).chain(functions);
    let body = Body::of(items).map_err(|error| format!("dispatch: {error}"))?;
    Ok(add_uses(file(&docs, &body.text)))
}

/// Imports that depend on what the rows came to use.
fn add_uses(text: String) -> String {
    let mut lines = String::new();
    let types =
        ["Duration", "Entry", "EpochMillis", "Lazy", "Number", "OneOrMany", "Stringified", "Timestamp", "TypedKeys"];
    let used: Vec<&str> = types.into_iter().filter(|name| contains_word(&text, name)).collect();
    if !used.is_empty() {
        lines.push_str(&format!("use elkit::types::{{{}}};\n", used.join(", ")));
    }
    let helpers = ["no_body", "not_json", "recode", "typed", "typed_lines", "untyped"];
    let used: Vec<&str> =
        helpers.into_iter().filter(|name| contains_word(&text, name) || text.contains(&format!("{name}::<"))).collect();
    if !used.is_empty() {
        lines.push_str(&format!("use crate::dispatch::{{{}}};\n", used.join(", ")));
    }
    if contains_word(&text, "Upload") {
        lines.push_str("use elkit::body::Upload;\n");
    }
    if contains_word(&text, "BTreeMap") {
        lines.push_str("use std::collections::BTreeMap;\n");
    }
    if contains_word(&text, "Untyped") {
        lines.push_str("use elkit::types::Untyped;\n");
    }
    if contains_word(&text, "Secret") {
        lines.push_str("use elkit::Secret;\n");
    }
    if contains_word(&text, "Value") {
        lines.push_str("use serde_json::Value;\n");
    }
    text.replacen("use elkit::", &format!("{lines}use elkit::"), 1)
}

fn contains_word(text: &str, word: &str) -> bool {
    let edge = |c: Option<char>| !c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':');
    text.match_indices(word)
        .any(|(at, _)| edge(text[..at].chars().next_back()) && edge(text[at + word.len()..].chars().next()))
}

fn types(plan: &Plan) -> impl Iterator<Item = &TypePlan> {
    plan.modules.iter().flat_map(|module| &module.types)
}

/// Fields of all structs and requests.
fn fields(plan: &Plan) -> impl Iterator<Item = &FieldPlan> {
    let structs = types(plan).filter_map(|ty| if let TypePlan::Struct(plan) = ty { Some(plan) } else { None });
    let calls = plan.modules.iter().flat_map(|module| &module.calls);
    structs.flat_map(|plan| &plan.fields).chain(calls.flat_map(|call| call.fields.iter().map(|field| &field.field)))
}

fn aliases(plan: &Plan) -> BTreeSet<(String, String)> {
    fields(plan).flat_map(|field| field.aliases.iter().map(|alias| (field.wire.clone(), alias.clone()))).collect()
}

fn value_aliases(plan: &Plan) -> BTreeSet<(String, String)> {
    let enums = types(plan).filter_map(|ty| if let TypePlan::Enum(plan) = ty { Some(plan) } else { None });
    let values = enums.flat_map(|plan| &plan.values);
    values.flat_map(|value| value.aliases.iter().map(|alias| (value.wire.clone(), alias.clone()))).collect()
}

/// What stands in a `Lazy`, by its Rust text. Only members are lazy, or the items of their lists.
fn lazy_types(plan: &Plan) -> BTreeMap<String, TokenStream> {
    let mut found = BTreeMap::new();
    for field in fields(plan) {
        each_lazy(&field.ty, &mut |ty| {
            let tokens = render::foreign_ty(ty);
            found.insert(tokens.to_string(), tokens);
        });
    }
    found
}

fn each_lazy(ty: &RustTy, visit: &mut impl FnMut(&RustTy)) {
    match ty {
        RustTy::Generic("Lazy", item) => visit(item),
        RustTy::Vec(item) | RustTy::Map(item) | RustTy::Option(item) | RustTy::Boxed(item) => each_lazy(item, visit),
        RustTy::Generic(_, item) => each_lazy(item, visit),
        _ => {}
    }
}

fn ident(name: &str) -> Ident {
    match name.strip_prefix("r#") {
        Some(raw) => Ident::new_raw(raw, Span::call_site()),
        None => Ident::new(name, Span::call_site()),
    }
}

fn function_name(call: &CallPlan) -> Ident {
    ident(&call.id.replace(['.', '-'], "_"))
}

fn row(module: &str, call: &CallPlan, product: &TokenStream) -> TokenStream {
    let (id, name, module) = (&call.id, function_name(call), ident(module));
    let routes = call.routes.iter().map(|route| {
        let (verbs, path) = (&route.verbs, &route.path);
        quote!((&[#(#verbs),*], #path))
    });
    let request = ident(&call.request);
    let request = match &call.body {
        BodyPlan::None => quote!(no_body),
        BodyPlan::Object { .. } => quote!(recode::<#module::#request>),
        BodyPlan::Form { .. } => quote!(not_json),
        BodyPlan::Value { form: ValueForm::File(_) | ValueForm::Text, .. } => quote!(not_json),
        BodyPlan::Value { field, .. } => {
            let ty = call.fields.iter().find(|known| known.field.rust == *field);
            let ty = ty.map(|known| render::foreign_ty(&known.field.ty));
            quote!(recode::<#ty>)
        }
    };
    let (response, typed) = match &call.response.ty {
        Some(RustTy::Generic("Ndjson", item)) => {
            let item = render::foreign_ty(item);
            (quote!(recode::<Vec<#item>>), quote!(typed_lines))
        }
        Some(RustTy::Runtime(name)) if is_raw(name) => (quote!(not_json), quote!(untyped)),
        Some(ty) => {
            let ty = render::foreign_ty(ty);
            (quote!(recode::<#ty>), quote!(typed))
        }
        None => (quote!(no_body), quote!(untyped)),
    };
    quote!(Row {
        id: #id,
        product: #product,
        routes: &[#(#routes),*],
        request: #request,
        response: #response,
        call: |clients, parts| Box::pin(call(clients, #name(&parts), #typed)),
    })
}

/// Whether an answer of the type is no JSON.
fn is_raw(name: &str) -> bool {
    matches!(name, "Binary" | "Events" | "Text")
}

/// Makes the typed request from the parts of a raw one.
fn function(module: &str, call: &CallPlan) -> TokenStream {
    let (name, module, request) = (function_name(call), ident(module), ident(&call.request));
    let object = matches!(call.body, BodyPlan::Object { .. });
    let make = if object { quote!(parts.body()?) } else { construct(&module, call) };
    let set = call.fields.iter().filter(|field| field.place != Where::Body).filter_map(|field| {
        let rust = ident(&field.field.rust);
        let value = match (field.place, field.field.presence) {
            (_, Presence::Required) if !object => return None,
            (_, Presence::Required) => required(field.place, &field.field),
            (Where::Path, _) => {
                let wire = &field.field.wire;
                quote!(parts.path_option(#wire)?)
            }
            (Where::Query, _) => {
                let wire = &field.field.wire;
                quote!(parts.query_option(#wire)?)
            }
            (Where::JsonQuery, _) => {
                let wire = &field.field.wire;
                quote!(parts.json_query_option(#wire)?)
            }
            (Where::Form, _) => {
                let wire = &field.field.wire;
                let read = ident(if holds_file(&field.field.ty) { "file_option" } else { "form_option" });
                quote!(parts.#read(#wire)?)
            }
            _ if holds_file(&field.field.ty) => quote!(parts.content_option()),
            _ => quote!(parts.body_option()?),
        };
        Some(quote!(request.#rust = #value;))
    });
    let set: Vec<TokenStream> = set.collect();
    let mutable = (!set.is_empty()).then(|| quote!(mut));
    let parts = if object || !call.fields.is_empty() { quote!(parts) } else { quote!(_) };
    quote! {
        fn #name(#parts: &Parts) -> Result<#module::#request, Problem> {
            let #mutable request: #module::#request = #make;
            #(#set)*
            Ok(request)
        }
    }
}

fn construct(module: &Ident, call: &CallPlan) -> TokenStream {
    let request = ident(&call.request);
    let find = |name: &str| call.fields.iter().find(|field| field.field.rust == name);
    let arguments = call.arguments.iter().filter_map(|argument| find(&argument.field));
    let arguments = arguments.map(|field| required(field.place, &field.field));
    let more = call.required.iter().map(|plan| {
        let name = ident(&plan.name);
        let fields = plan.fields.iter().filter_map(|field| find(field)).map(|field| {
            let (rust, value) = (ident(&field.field.rust), required(field.place, &field.field));
            quote!(#rust: #value)
        });
        quote!(#module::#name { #(#fields),* })
    });
    let arguments = arguments.chain(more);
    quote!(#module::#request::new(#(#arguments),*))
}

fn required(place: Where, field: &FieldPlan) -> TokenStream {
    let (wire, ty) = (&field.wire, render::foreign_ty(&field.field_ty()));
    match place {
        Where::Path => quote!(parts.path::<#ty>(#wire)?),
        Where::Query => quote!(parts.query::<#ty>(#wire)?),
        Where::JsonQuery => quote!(parts.json_query::<#ty>(#wire)?),
        Where::Form if holds_file(&field.ty) => quote!(parts.file::<#ty>(#wire)?),
        Where::Form => quote!(parts.form::<#ty>(#wire)?),
        Where::Value if holds_file(&field.ty) => quote!(parts.content()),
        Where::Body | Where::Value => quote!(parts.body::<#ty>()?),
    }
}

/// Whether a field holds a file or several.
fn holds_file(ty: &RustTy) -> bool {
    match ty {
        RustTy::Runtime(name) => name == "Upload",
        RustTy::Vec(item) => holds_file(item),
        _ => false,
    }
}
