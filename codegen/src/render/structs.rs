//! Structs: the type, its constructor and setters, its table and two matches.

use proc_macro2::TokenStream;
use quote::quote;

use super::convert::parameter;
use super::{Scope, deprecated, docs, ident, number, text};
use super::{choices, derive};
use crate::plan::{ChoiceKind, FieldPlan, Presence, RestKind, RestPlan, RustTy, StructPlan, TypePlan};

/// Words in the runtime's bit set of required members.
const WORDS: usize = 4;

pub(super) fn render_types(scope: &Scope<'_>) -> impl Iterator<Item = TokenStream> {
    let items = scope.module.types.iter().map(|plan| match plan {
        TypePlan::Struct(plan) => structure(scope, plan),
        TypePlan::Enum(plan) => choices::enumeration(scope, plan),
        TypePlan::Choice(plan) => choices::choice(scope, plan),
        TypePlan::Alias { name, docs: paragraphs, ty } => {
            let (name, docs, ty) = (ident(name), docs(paragraphs), scope.ty(ty));
            quote!(#docs pub type #name = #ty;)
        }
    });
    items.chain(scope.module.calls.iter().map(|call| super::calls::request(scope, call)))
}

pub(super) fn render_wire(scope: &Scope<'_>) -> impl Iterator<Item = TokenStream> {
    let items = scope.module.types.iter().map(|plan| {
        let blank = |plan: &StructPlan| blank(&plan.fields.iter().collect::<Vec<_>>(), plan);
        match plan {
            _ if derive::is_on(scope) => derive::wire(plan, blank),
            TypePlan::Struct(plan) => model(&plan.name, plan, &plan.fields.iter().collect::<Vec<_>>(), &blank(plan)),
            TypePlan::Enum(plan) => choices::string_enum(plan),
            TypePlan::Choice(plan) => choices::wire(scope, plan),
            TypePlan::Alias { .. } => TokenStream::new(),
        }
    });
    let calls = scope.module.calls.iter().map(|call| {
        let (model, endpoint) = (super::calls::request_model(scope, call), super::calls::endpoint(scope, call));
        quote!(#model #endpoint)
    });
    // The twin's types say it themselves.
    let macros = (!derive::is_on(scope)).then(|| macros(scope));
    macros.into_iter().chain(items).chain(calls)
}

/// The macros that give types what their kind has in common, each with its types.
fn macros(scope: &Scope<'_>) -> TokenStream {
    let requests = scope.module.calls.iter().filter(|call| call.body_struct.is_some());
    let requests = requests.map(|call| ("model", call.request.as_str()));
    let types = scope.module.types.iter().filter_map(|plan| Some((macro_of(plan)?, plan.name())));
    let all: Vec<(&str, &str)> = types.chain(requests).collect();
    let macros = ["model", "string_enum", "union_", "container", "keyed"].into_iter().map(|kind| {
        let names: Vec<TokenStream> = all.iter().filter(|(of, _)| *of == kind).map(|(_, name)| ident(name)).collect();
        let name = ident(kind);
        (!names.is_empty()).then(|| quote!(rt::#name! { #(#names),* }))
    });
    quote!(#(#macros)*)
}

fn macro_of(plan: &TypePlan) -> Option<&'static str> {
    match plan {
        TypePlan::Struct(_) => Some("model"),
        TypePlan::Enum(_) => Some("string_enum"),
        TypePlan::Choice(plan) => match plan.kind {
            ChoiceKind::Union { .. } => Some("union_"),
            ChoiceKind::Container => Some("container"),
            ChoiceKind::Keyed => Some("keyed"),
            ChoiceKind::Inner => None,
        },
        TypePlan::Alias { .. } => None,
    }
}

fn structure(scope: &Scope<'_>, plan: &StructPlan) -> TokenStream {
    let (blank, derives, skip) = (scope.blank(), derive::derives(scope), derive::skip_default(scope));
    let flatten = derive::flatten(scope);
    let (name, doc, deprecated) = (ident(&plan.name), docs(&plan.docs), deprecated(plan.deprecated.as_ref()));
    let fields = plan.fields.iter().map(|field| field_item(scope, field, true));
    let variants = plan.variants.iter().map(|variants| {
        let (field, ty) = (ident(&variants.field), ident(&variants.name));
        quote!(#[doc = " What it is."] #flatten pub #field: Option<#ty>,)
    });
    let rest = plan.rest.iter().map(|rest| {
        let (field, ty, doc) = (ident(&rest.field), rest_ty(scope, rest), docs(&rest.docs));
        let attribute = if rest.kind == RestKind::Map { derive::flatten(scope) } else { derive::skip_default(scope) };
        quote!(#doc #attribute pub #field: #ty,)
    });
    let default = if required(plan).next().is_none() { quote!(, Default) } else { TokenStream::new() };
    let constructor = if plan.built { build(scope, plan) } else { TokenStream::new() };
    let from_kind = plan.variants.iter().map(|variants| {
        let (field, ty) = (ident(&variants.field), ident(&variants.name));
        if required(plan).next().is_some() {
            return TokenStream::new();
        }
        quote!(impl From<#ty> for #name { fn from(kind: #ty) -> Self { Self { #field: Some(kind), ..#blank } } })
    });
    let from = plan.from.iter().map(|conversion| {
        let from = choices::borrowed(conversion.from);
        let shortcut = plan.fields.iter().find(|field| plan.shortcut.as_ref() == Some(&field.wire));
        let Some(field) = shortcut else { return TokenStream::new() };
        // The twin's unions are none of the runtime's, from which a lazy one could be made.
        if derive::is_on(scope) && matches!(field.ty, RustTy::Generic("Lazy", _)) {
            return TokenStream::new();
        }
        let rust = ident(&field.rust);
        let value = choices::from_scalar(conversion.from, &field.ty);
        let value = match field.presence {
            Presence::Required => value,
            _ => quote!(Some(#value)),
        };
        let value = if value.to_string() == rust.to_string() { rust } else { quote!(#rust: #value) };
        quote!(impl From<#from> for #name { fn from(value: #from) -> Self { Self { #value, ..#blank } } })
    });
    quote! {
        #doc
        #deprecated
        #[derive(Clone, Debug, PartialEq #default)]
        #derives
        #[non_exhaustive]
        pub struct #name {
            #(#fields)*
            #(#variants)*
            #(#rest)*
            #[doc = " Members that this version of elkit does not know."]
            #skip
            pub extra: Extra,
        }
        #constructor
        #(#from_kind)*
        #(#from)*
    }
}

/// A field; `wire` says whether it is a member of what stands on the wire.
pub(super) fn field_item(scope: &Scope<'_>, field: &FieldPlan, wire: bool) -> TokenStream {
    let (rust, ty, doc) = (ident(&field.rust), scope.ty(&field.field_ty()), docs(&field.docs));
    let deprecated = deprecated(field.deprecated.as_ref());
    let attributes = if wire { derive::field(scope, field) } else { TokenStream::new() };
    quote!(#doc #deprecated #attributes pub #rust: #ty,)
}

fn required(plan: &StructPlan) -> impl Iterator<Item = &FieldPlan> {
    plan.fields.iter().filter(|field| field.presence != Presence::Optional)
}

/// `new` with what is required, a setter for the rest.
fn build(scope: &Scope<'_>, plan: &StructPlan) -> TokenStream {
    let blank = scope.blank();
    let name = ident(&plan.name);
    let needed: Vec<&FieldPlan> = required(plan).collect();
    let single = plan.rest.iter().filter(|rest| rest.kind == RestKind::Single && plan.variants.is_none());
    let (parameters, values) = arguments(scope, &needed);
    let mut parameters: Vec<TokenStream> = parameters;
    let mut values: Vec<TokenStream> = values;
    for rest in single {
        let (field, ty) = (ident(&rest.field), scope.ty(&rest.ty));
        parameters.push(quote!(#field: impl Into<Entry<#ty>>));
        values.push(quote!(#field: Some(#field.into())));
    }
    let setters = plan
        .fields
        .iter()
        .filter(|field| field.presence == Presence::Optional)
        .map(|field| setter(scope, field, &quote!(self), Some(index_of(plan, &field.wire))));
    let rest_setter = plan.rest.iter().filter(|rest| rest.kind != RestKind::Single || plan.variants.is_some());
    let rest_setter = rest_setter.map(|rest| {
        let (field, doc) = (ident(&rest.field), docs(&rest.docs));
        let item = scope.ty(&rest.ty);
        match rest.kind {
            RestKind::Single => quote! {
                #doc
                #[must_use]
                pub fn #field(mut self, #field: impl Into<Entry<#item>>) -> Self { self.#field = Some(#field.into()); self }
            },
            _ => quote! {
                #doc
                #[must_use]
                pub fn #field(mut self, #field: impl IntoIterator<Item = (impl Into<String>, impl Into<#item>)>) -> Self {
                    self.#field = #field.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
                    self
                }
            },
        }
    });
    let kind_setter = plan.variants.iter().map(|variants| {
        let (field, ty) = (ident(&variants.field), ident(&variants.name));
        quote! {
            #[doc = " Says what it is."]
            #[must_use]
            pub fn #field(mut self, #field: impl Into<#ty>) -> Self { self.#field = Some(#field.into()); self }
        }
    });
    let (constructor, extra_struct) = if let Some(required_name) = &plan.required {
        let required_ty = ident(required_name);
        let members = required_struct(scope, required_name, &plan.name, &needed);
        let fields = needed.iter().map(|field| ident(&field.rust));
        let single = plan.rest.iter().filter(|rest| rest.kind == RestKind::Single && plan.variants.is_none());
        let single = single.map(|rest| {
            let (field, ty) = (ident(&rest.field), scope.ty(&rest.ty));
            (quote!(, #field: impl Into<Entry<#ty>>), quote!(#field: Some(#field.into()),))
        });
        let (single_parameter, single_value): (Vec<_>, Vec<_>) = single.unzip();
        (
            quote! {
                #[doc = " Makes one from what is required."]
                #[must_use]
                pub fn new(required: #required_ty #(#single_parameter)*) -> Self {
                    Self { #(#fields: required.#fields,)* #(#single_value)* ..#blank }
                }
            },
            members,
        )
    } else {
        let rest = quote!(..#blank);
        (
            quote! {
                #[doc = " Makes one from what is required."]
                #[must_use]
                pub fn new(#(#parameters),*) -> Self {
                    Self { #(#values,)* #rest }
                }
            },
            TokenStream::new(),
        )
    };
    quote! {
        #extra_struct
        impl #name {
            #constructor
            #(#setters)*
            #(#kind_setter)*
            #(#rest_setter)*
        }
    }
}

/// A struct of required values: exhaustive, because its members are its contract.
pub(super) fn required_struct(scope: &Scope<'_>, name: &str, of: &str, fields: &[&FieldPlan]) -> TokenStream {
    let name = ident(name);
    let doc = format!(" What a [`{of}`] can't do without.");
    let fields = fields.iter().map(|field| field_item(scope, field, false));
    quote! {
        #[doc = #doc]
        #[derive(Clone, Debug, PartialEq)]
        #[allow(clippy::exhaustive_structs)]
        pub struct #name { #(#fields)* }
    }
}

/// Parameters and struct values for positional arguments.
pub(super) fn arguments(scope: &Scope<'_>, fields: &[&FieldPlan]) -> (Vec<TokenStream>, Vec<TokenStream>) {
    let pair = |field: &&FieldPlan| {
        let rust = ident(&field.rust);
        let (ty, convert) = match field.presence {
            Presence::RequiredNullable => {
                let ty = scope.ty(&field.ty);
                (quote!(impl Into<Option<#ty>>), quote!(#rust.into()))
            }
            _ => parameter(scope, &field.ty, &rust),
        };
        let value = if convert.to_string() == rust.to_string() { quote!(#rust) } else { quote!(#rust: #convert) };
        (quote!(#rust: #ty), value)
    };
    fields.iter().map(pair).unzip()
}

/// A setter on `target`, and one that sets null where that means something.
pub(super) fn setter(scope: &Scope<'_>, field: &FieldPlan, target: &TokenStream, index: Option<usize>) -> TokenStream {
    let (rust, doc) = (ident(&field.rust), docs(&field.docs));
    let (ty, convert) = parameter(scope, &field.ty, &rust);
    let deprecated = deprecated(field.deprecated.as_ref());
    // A call is `must_use` itself.
    let must_use = (target.to_string() == "self").then(|| quote!(#[must_use]));
    let null = index.zip(field.null_setter.as_ref()).map(|(index, method)| {
        let method = ident(method);
        let index = number(index);
        let doc = format!(" Sets `{}` to null, which is not the same as leaving it out.", field.wire);
        quote! {
            #[doc = #doc]
            #must_use
            pub fn #method(mut self) -> Self {
                #target.#rust = None;
                #target.extra.set_null(#index);
                self
            }
        }
    });
    quote! {
        #doc
        #deprecated
        #must_use
        pub fn #rust(mut self, #rust: #ty) -> Self {
            #target.#rust = Some(#convert);
            self
        }
        #null
    }
}

/// All wire names of a struct, sorted: a member's index is its place here.
pub(super) fn members(plan: &StructPlan) -> Vec<&str> {
    let fields = plan.fields.iter().map(|field| field.wire.as_str());
    let literals = plan.literals.iter().map(|literal| literal.wire.as_str());
    let variants = plan.variants.iter().flat_map(|variants| &variants.variants).map(|(wire, ..)| wire.as_str());
    let mut members: Vec<&str> = fields.chain(literals).chain(variants).collect();
    members.sort_unstable();
    members
}

pub(super) fn index_of(plan: &StructPlan, wire: &str) -> usize {
    members(plan).iter().position(|member| *member == wire).unwrap_or_default()
}

fn rest_ty(scope: &Scope<'_>, rest: &RestPlan) -> TokenStream {
    let ty = scope.ty(&rest.ty);
    match rest.kind {
        RestKind::Map => quote!(BTreeMap<String, #ty>),
        RestKind::TypedKeys => quote!(TypedKeys<#ty>),
        RestKind::Single => quote!(Option<Entry<#ty>>),
    }
}

/// The members of a blank value.
fn blank(fields: &[&FieldPlan], plan: &StructPlan) -> TokenStream {
    let fields = fields.iter().map(|field| {
        let rust = ident(&field.rust);
        match field.presence {
            Presence::Required => quote!(#rust: rt::Wire::blank(),),
            Presence::RequiredNullable | Presence::Optional => quote!(#rust: None,),
        }
    });
    let variants = plan.variants.iter().map(|variants| {
        let field = ident(&variants.field);
        quote!(#field: None,)
    });
    let rest = plan.rest.iter().map(|rest| {
        let field = ident(&rest.field);
        match rest.kind {
            RestKind::Single => quote!(#field: None,),
            RestKind::Map => quote!(#field: BTreeMap::new(),),
            RestKind::TypedKeys => quote!(#field: TypedKeys::new(),),
        }
    });
    quote!(#(#fields)* #(#variants)* #(#rest)*)
}

/// The table and the matches of a struct; `fields` are those of the body where it is a request.
pub(super) fn model(name: &str, plan: &StructPlan, fields: &[&FieldPlan], blank: &TokenStream) -> TokenStream {
    let (ty, label) = (ident(name), text(name));
    let members = members(plan);
    let index = |wire: &str| number(members.iter().position(|member| *member == wire).unwrap_or_default());
    let aliases = fields.iter().flat_map(|field| {
        let index = index(&field.wire);
        field.aliases.iter().map(move |alias| quote!((#alias, #index)))
    });
    let mut bits = [0u64; WORDS];
    for field in fields.iter().filter(|field| field.presence != Presence::Optional) {
        let index = members.iter().position(|member| *member == field.wire).unwrap_or_default();
        bits[index / 64] |= 1 << (index % 64);
    }
    let bits = bits.map(|word| if word == 0 { quote!(0) } else { format!("{word:#x}").parse().unwrap_or_default() });
    let shortcut = match &plan.shortcut {
        Some(wire) => {
            let index = index(wire);
            quote!(Some(#index))
        }
        None => quote!(None),
    };
    let tells = plan.tells.as_ref().map(|tag| quote!(const TELLS: Option<&'static str> = Some(#tag);));
    let literals = plan.literals.iter().map(|literal| index(&literal.wire));
    let (reads, writes) = matches(plan, fields, &index);
    let rest = plan.rest.as_ref().map(rest_methods);
    let rest_write = plan.rest.as_ref().map(rest_write);
    let member = if reads.is_empty() { quote!(_) } else { quote!(index) };
    let body = if reads.is_empty() {
        quote!(member.untyped())
    } else {
        quote!(match index { #(#reads)* _ => member.untyped() })
    };
    let out = if writes.is_empty() && rest_write.is_none() { quote!(_) } else { quote!(out) };
    quote! {
        impl rt::Model for #ty {
            const META: &'static rt::Meta = &rt::Meta {
                name: #label,
                members: &[#(#members),*],
                aliases: &[#(#aliases),*],
                required: &[#(#bits),*],
                literals: &[#(#literals),*],
                shortcut: #shortcut,
            };
            #tells
            fn blank() -> Self {
                Self { #blank extra: Extra::new() }
            }
            fn extra(&self) -> &Extra {
                &self.extra
            }
            fn extra_mut(&mut self) -> &mut Extra {
                &mut self.extra
            }
            fn read<'de, A: MapAccess<'de>>(&mut self, #member: usize, member: &mut rt::Member<'_, 'de, A>) {
                #body
            }
            fn write<S: SerializeMap>(&self, #out: &mut rt::Writer<'_, S>) {
                #(#writes)*
                #rest_write
            }
            #rest
        }
    }
}

/// The arms that read each member, and the statements that write each.
fn matches(
    plan: &StructPlan,
    fields: &[&FieldPlan],
    index: &impl Fn(&str) -> proc_macro2::Literal,
) -> (Vec<TokenStream>, Vec<TokenStream>) {
    let mut reads = Vec::new();
    let mut writes = Vec::new();
    for field in fields {
        let (rust, index) = (ident(&field.rust), index(&field.wire));
        let (read, write) = match field.presence {
            Presence::Required => (quote!(value), quote!(value)),
            Presence::RequiredNullable => (quote!(option), quote!(nullable)),
            Presence::Optional => (quote!(option), quote!(option)),
        };
        reads.push(quote!(#index => member.#read(&mut self.#rust),));
        writes.push(quote!(out.#write(#index, &self.#rust);));
    }
    for literal in &plan.literals {
        let (index, json) = (index(&literal.wire), text(&literal.json));
        reads.push(quote!(#index => member.literal(#json),));
        writes.push(quote!(out.literal(#index, #json);));
    }
    if let Some(variants) = &plan.variants {
        let (field, ty) = (ident(&variants.field), ident(&variants.name));
        let mut arms = Vec::new();
        let mut indexes = Vec::new();
        for (wire, variant, _) in &variants.variants {
            let (index, variant, wire) = (index(wire), ident(variant), text(wire));
            reads.push(quote!(#index => member.variant(&mut self.#field, #ty::#variant),));
            arms.push(quote!(Some(#ty::#variant(value)) => out.entry(#wire, value),));
            indexes.push(index);
        }
        writes.push(quote! {
            match &self.#field {
                #(#arms)*
                Some(#ty::Other(other)) => out.flatten(other),
                None => {}
            }
            out.asides(&[#(#indexes),*]);
        });
    }
    (reads, writes)
}

fn rest_methods(rest: &RestPlan) -> TokenStream {
    let field = ident(&rest.field);
    let body = match rest.kind {
        RestKind::Map => quote! {
            member.entry(|value| {
                self.#field.insert(key.to_owned(), value);
            })
        },
        RestKind::TypedKeys => quote!(member.typed_key(key, &mut self.#field)),
        RestKind::Single => quote! {
            if self.#field.is_some() {
                return member.untyped();
            }
            member.entry(|value| self.#field = Some(Entry { key: key.to_owned(), value }));
        },
    };
    quote! {
        fn read_rest<'de, A: MapAccess<'de>>(&mut self, key: &str, member: &mut rt::Member<'_, 'de, A>) {
            #body
        }
    }
}

fn rest_write(rest: &RestPlan) -> TokenStream {
    let field = ident(&rest.field);
    match rest.kind {
        RestKind::Map => quote! {
            for (key, value) in &self.#field {
                out.entry(key, value);
            }
        },
        RestKind::TypedKeys => quote!(out.typed_keys(&self.#field);),
        RestKind::Single => quote! {
            if let Some(entry) = &self.#field {
                out.entry(&entry.key, &entry.value);
            }
        },
    }
}
