//! Enums: of strings, and with payloads.

use proc_macro2::TokenStream;
use quote::quote;

use super::convert::parameter;
use super::{Scope, deprecated, derive, docs, ident, number, text};
use crate::plan::{ArmPlan, ChoiceKind, ChoicePlan, EnumPlan, RustTy, Shape};

pub(super) fn enumeration(scope: &Scope<'_>, plan: &EnumPlan) -> TokenStream {
    let (name, doc) = (ident(&plan.name), docs(&plan.docs));
    let variants = plan.values.iter().map(|value| {
        let (rust, doc) = (ident(&value.rust), docs(&value.docs));
        let deprecated = deprecated(value.deprecated.as_ref());
        let attribute = derive::value(scope, &value.wire, &value.aliases);
        quote!(#doc #deprecated #attribute #rust,)
    });
    let (derives, other) = (derive::derives(scope), derive::other(scope, None));
    quote! {
        #doc
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #derives
        #[non_exhaustive]
        pub enum #name {
            #(#variants)*
            #[doc = " A value that this version of elkit does not know, as it was read."]
            #other
            UnknownValue(String),
        }
    }
}

pub(super) fn string_enum(plan: &EnumPlan) -> TokenStream {
    let name = ident(&plan.name);
    let from = plan.values.iter().map(|value| {
        let rust = ident(&value.rust);
        let names = std::iter::once(&value.wire).chain(&value.aliases);
        quote!(#(#names)|* => Self::#rust,)
    });
    let to = plan.values.iter().map(|value| {
        let (rust, wire) = (ident(&value.rust), text(&value.wire));
        quote!(Self::#rust => #wire,)
    });
    let booleans = plan.booleans.then(|| {
        quote!(
            const BOOLEANS: bool = true;
        )
    });
    let from_bool = plan.booleans.then(|| {
        quote! {
            impl From<bool> for #name {
                fn from(value: bool) -> Self {
                    Self::from(if value { "true" } else { "false" })
                }
            }
        }
    });
    quote! {
        #from_bool
        impl rt::StringEnum for #name {
            #booleans
            fn from_name(name: Cow<'_, str>) -> Self {
                match &*name {
                    #(#from)*
                    _ => Self::UnknownValue(name.into_owned()),
                }
            }
            fn unknown(name: String) -> Self {
                Self::UnknownValue(name)
            }
            fn name(&self) -> &str {
                match self {
                    #(#to)*
                    Self::UnknownValue(name) => name,
                }
            }
        }
    }
}

pub(super) fn choice(scope: &Scope<'_>, plan: &ChoicePlan) -> TokenStream {
    let (name, doc) = (ident(&plan.name), docs(&plan.docs));
    let variants = plan.arms.iter().map(|arm| {
        let (rust, ty, doc) = (ident(&arm.rust), scope.ty(&arm.ty), docs(&arm.docs));
        let attribute = derive::arm(scope, plan, arm);
        if is_unit(plan, arm) { quote!(#doc #attribute #rust,) } else { quote!(#doc #attribute #rust(#ty),) }
    });
    let constructors = constructors(scope, plan);
    let conversions = plan.from.iter().map(|conversion| {
        let from = borrowed(conversion.from);
        let Some(variant) = &conversion.variant else { return TokenStream::new() };
        let payload = plan.arms.iter().find(|arm| arm.rust == *variant).map_or(&RustTy::Value, |arm| &arm.ty);
        let value = from_scalar(conversion.from, payload);
        let variant = ident(variant);
        quote! {
            impl From<#from> for #name { fn from(value: #from) -> Self { Self::#variant(#value) } }
        }
    });
    let typed = typed_conversions(scope, plan);
    let (derives, other) = (derive::choice(scope, plan), derive::other(scope, Some(plan)));
    quote! {
        #doc
        #[derive(Clone, Debug, PartialEq)]
        #derives
        #[non_exhaustive]
        pub enum #name {
            #(#variants)*
            #[doc = " A form that this version of elkit does not know, as it was read."]
            #other
            Other(Untyped),
        }
        #constructors
        #(#conversions)*
        #typed
    }
}

/// Null among alternatives carries nothing; as the value of a member it does.
fn is_unit(plan: &ChoicePlan, arm: &ArmPlan) -> bool {
    arm.ty == RustTy::Unit && matches!(plan.kind, ChoiceKind::Union { .. })
}

/// A constructor for each variant of a container.
fn constructors(scope: &Scope<'_>, plan: &ChoicePlan) -> TokenStream {
    if !plan.built || !matches!(plan.kind, ChoiceKind::Container | ChoiceKind::Inner) {
        return TokenStream::new();
    }
    let name = ident(&plan.name);
    let functions = plan.arms.iter().map(|arm| {
        let (rust, function, doc) = (ident(&arm.rust), ident(&arm.constructor), docs(&arm.docs));
        match &arm.ty {
            RustTy::Generic("Entry", value) => {
                let value = scope.ty(value);
                quote! {
                    #doc
                    #[must_use]
                    pub fn #function(key: impl Into<String>, value: impl Into<#value>) -> Self {
                        Self::#rust(Entry::new(key, value))
                    }
                }
            }
            ty => {
                let (ty, convert) = parameter(scope, ty, &quote!(value));
                quote! {
                    #doc
                    #[must_use]
                    pub fn #function(value: #ty) -> Self { Self::#rust(#convert) }
                }
            }
        }
    });
    quote!(impl #name { #(#functions)* })
}

/// `From` for the generated types that only one alternative holds.
fn typed_conversions(scope: &Scope<'_>, plan: &ChoicePlan) -> TokenStream {
    if !plan.built || !matches!(plan.kind, ChoiceKind::Union { .. }) {
        return TokenStream::new();
    }
    let name = ident(&plan.name);
    let unique = |arm: &ArmPlan| plan.arms.iter().filter(|other| inner(&other.ty) == inner(&arm.ty)).count() == 1;
    let conversions = plan.arms.iter().filter(|arm| unique(arm)).filter_map(|arm| {
        let payload @ RustTy::Named { .. } = inner(&arm.ty) else { return None };
        let (rust, from) = (ident(&arm.rust), scope.ty(payload));
        let value = if matches!(arm.ty, RustTy::Boxed(_)) { quote!(Box::new(value)) } else { quote!(value) };
        Some(quote!(impl From<#from> for #name { fn from(value: #from) -> Self { Self::#rust(#value) } }))
    });
    quote!(#(#conversions)*)
}

fn inner(ty: &RustTy) -> &RustTy {
    match ty {
        RustTy::Boxed(inner) => inner,
        ty => ty,
    }
}

/// The expression that makes `ty` of a scalar called `value`.
pub(super) fn from_scalar(from: &str, ty: &RustTy) -> TokenStream {
    match (from, ty) {
        ("&str", RustTy::Plain("String")) => quote!(value.to_owned()),
        (from, RustTy::Plain(plain)) if from == *plain => quote!(value),
        _ => quote!(value.into()),
    }
}

pub(super) fn borrowed(name: &str) -> TokenStream {
    match name.strip_prefix('&') {
        Some(name) => {
            let name = ident(name);
            quote!(&#name)
        }
        None => ident(name),
    }
}

pub(super) fn wire(scope: &Scope<'_>, plan: &ChoicePlan) -> TokenStream {
    let _ = scope;
    match &plan.kind {
        ChoiceKind::Union { tag, beside, default } => union(plan, tag.as_ref(), *beside, *default),
        ChoiceKind::Container => container(plan),
        ChoiceKind::Keyed => keyed(plan),
        ChoiceKind::Inner => TokenStream::new(),
    }
}

fn union(plan: &ChoicePlan, tag: Option<&String>, beside: bool, default: Option<usize>) -> TokenStream {
    let name = ident(&plan.name);
    let arms = plan.arms.iter().map(|arm| shape(&arm.shape));
    let tag = tag.map(|tag| quote!(const TAG: Option<&'static str> = Some(#tag);));
    let beside = beside.then(|| {
        quote!(
            const BESIDE: bool = true;
        )
    });
    let default = default.map(|default| {
        let default = number(default);
        quote!(const DEFAULT: Option<usize> = Some(#default);)
    });
    let reads = plan.arms.iter().enumerate().map(|(index, arm)| {
        let (index, rust) = (number(index), ident(&arm.rust));
        if arm.ty == RustTy::Unit {
            return quote!(#index => rt::get(deserializer).map(|()| Self::#rust),);
        }
        quote!(#index => rt::get(deserializer).map(Self::#rust),)
    });
    let writes = plan.arms.iter().map(|arm| {
        let rust = ident(&arm.rust);
        if arm.ty == RustTy::Unit {
            return quote!(Self::#rust => serializer.serialize_unit(),);
        }
        quote!(Self::#rust(value) => rt::Wire::encode(value, serializer),)
    });
    let text = text_of(plan);
    quote! {
        #text
        impl rt::Union for #name {
            const ARMS: &'static [rt::Arm] = &[#(#arms),*];
            #tag
            #beside
            #default
            fn read<'de, D: Deserializer<'de>>(arm: usize, deserializer: D) -> Result<Self, D::Error> {
                match arm {
                    #(#reads)*
                    _ => rt::get_untyped(deserializer).map(Self::Other),
                }
            }
            fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    #(#writes)*
                    Self::Other(value) => rt::Wire::encode(value, serializer),
                }
            }
            fn other(value: Untyped) -> Self {
                Self::Other(value)
            }
        }
    }
}

/// The row of the runtime's table.
fn shape(shape: &Shape) -> TokenStream {
    let kinds = proc_macro2::Literal::u8_unsuffixed(shape.kinds);
    if !shape.tags.is_empty() || !shape.members.is_empty() {
        let (tags, required, members) = (&shape.tags, &shape.required, &shape.members);
        return quote!(rt::Arm::object(#kinds, &[#(#tags),*], &[#(#required),*], &[#(#members),*]));
    }
    if !shape.values.is_empty() {
        let values = &shape.values;
        return quote!(rt::Arm::strings(#kinds, &[#(#values),*]));
    }
    const ARRAY: u8 = 32;
    const ANY: u8 = 127;
    if shape.kinds == ARRAY && shape.items != ANY {
        let items = proc_macro2::Literal::u8_unsuffixed(shape.items);
        return quote!(rt::Arm::list(#items));
    }
    quote!(rt::Arm::of(#kinds))
}

fn container(plan: &ChoicePlan) -> TokenStream {
    let name = ident(&plan.name);
    let names = plan.arms.iter().map(|arm| text(&arm.wire));
    let reads = plan.arms.iter().enumerate().map(|(index, arm)| {
        let (index, rust) = (number(index), ident(&arm.rust));
        quote!(#index => rt::get(deserializer).map(Self::#rust),)
    });
    let writes = plan.arms.iter().map(|arm| {
        let (rust, wire) = (ident(&arm.rust), text(&arm.wire));
        quote!(Self::#rust(value) => out.one(#wire, value),)
    });
    quote! {
        impl rt::Container for #name {
            const VARIANTS: &'static [&'static str] = &[#(#names),*];
            fn read<'de, D: Deserializer<'de>>(index: usize, deserializer: D) -> Result<Self, D::Error> {
                match index {
                    #(#reads)*
                    _ => rt::get_untyped(deserializer).map(Self::Other),
                }
            }
            fn write<S: Serializer>(&self, out: rt::Entries<S>) -> Result<S::Ok, S::Error> {
                match self {
                    #(#writes)*
                    Self::Other(value) => out.other(value),
                }
            }
            fn other(value: Untyped) -> Self {
                Self::Other(value)
            }
        }
    }
}

pub(super) fn keyed(plan: &ChoicePlan) -> TokenStream {
    let name = ident(&plan.name);
    let tags = plan.arms.iter().map(|arm| text(&arm.wire));
    let reads = plan.arms.iter().enumerate().map(|(index, arm)| {
        let (index, rust) = (number(index), ident(&arm.rust));
        quote!(#index => rt::get(deserializer).map(Self::#rust),)
    });
    let names = plan.arms.iter().map(|arm| {
        let (rust, wire) = (ident(&arm.rust), text(&arm.wire));
        quote!(Self::#rust(_) => Some(#wire),)
    });
    let writes = plan.arms.iter().map(|arm| {
        let rust = ident(&arm.rust);
        quote!(Self::#rust(value) => rt::Wire::encode(value, serializer),)
    });
    quote! {
        impl rt::Keyed for #name {
            const TAGS: &'static [&'static str] = &[#(#tags),*];
            fn read<'de, D: Deserializer<'de>>(index: usize, deserializer: D) -> Result<Self, D::Error> {
                match index {
                    #(#reads)*
                    _ => rt::get_untyped(deserializer).map(Self::Other),
                }
            }
            fn tag(&self) -> Option<&'static str> {
                match self {
                    #(#names)*
                    Self::Other(_) => None,
                }
            }
            fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    #(#writes)*
                    Self::Other(value) => rt::Wire::encode(value, serializer),
                }
            }
            fn other(value: Untyped) -> Self {
                Self::Other(value)
            }
        }
    }
}

/// How a union stands in a URL, if it does.
pub(super) fn text_of(plan: &ChoicePlan) -> Option<TokenStream> {
    let name = ident(&plan.name);
    plan.textual.then(|| quote!(impl rt::Text for #name { fn text(&self) -> Cow<'_, str> { rt::json_text(self) } }))
}
