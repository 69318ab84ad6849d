//! The measured alternative: the same types by `serde_derive`. Never shipped; `cargo xtask bench` compiles it beside ours.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Scope, ident};
use crate::emit::Target;
use crate::plan::{ArmPlan, ChoiceKind, ChoicePlan, EnumPlan, FieldPlan, Presence, RustTy, StructPlan, TypePlan};

/// Whether `serde_derive` does the work.
pub(super) fn is_on(scope: &Scope<'_>) -> bool {
    scope.target == Target::Derive
}

/// The derives of a type.
pub(super) fn derives(scope: &Scope<'_>) -> TokenStream {
    if is_on(scope) { quote!(#[derive(serde::Serialize, serde::Deserialize)]) } else { TokenStream::new() }
}

/// The attributes of a member.
pub(super) fn field(scope: &Scope<'_>, field: &FieldPlan) -> TokenStream {
    if !is_on(scope) {
        return TokenStream::new();
    }
    let (wire, aliases) = (&field.wire, &field.aliases);
    let optional = (field.presence == Presence::Optional)
        .then(|| quote!(#[serde(default, skip_serializing_if = "Option::is_none")]));
    quote!(#[serde(rename = #wire #(, alias = #aliases)*)] #optional)
}

/// The attribute of something that is no member.
pub(super) fn skip(scope: &Scope<'_>) -> TokenStream {
    if is_on(scope) { quote!(#[serde(skip, default = "crate::rt::Wire::empty")]) } else { TokenStream::new() }
}

/// The attribute of `extra`.
pub(super) fn skip_default(scope: &Scope<'_>) -> TokenStream {
    if is_on(scope) { quote!(#[serde(skip)]) } else { TokenStream::new() }
}

/// The attribute of members that stand beside the named ones.
pub(super) fn flatten(scope: &Scope<'_>) -> TokenStream {
    if is_on(scope) { quote!(#[serde(flatten)]) } else { TokenStream::new() }
}

/// The attribute of a choice.
pub(super) fn choice(scope: &Scope<'_>, plan: &ChoicePlan) -> TokenStream {
    let derives = derives(scope);
    match plan.kind {
        ChoiceKind::Union { .. } | ChoiceKind::Keyed if is_on(scope) => match tag(scope, plan) {
            Some(tag) => quote!(#derives #[serde(tag = #tag)]),
            None => quote!(#derives #[serde(untagged)]),
        },
        _ => derives,
    }
}

/// The tag that a person would give `serde_derive`: each alternative has its own values of it, and no member for it.
fn tag<'a>(scope: &Scope<'_>, plan: &'a ChoicePlan) -> Option<&'a String> {
    let ChoiceKind::Union { tag: Some(tag), beside: false, default: None } = &plan.kind else { return None };
    let told = |arm: &ArmPlan| {
        let alone = |value| plan.arms.iter().filter(|other| other.shape.tags.contains(value)).count() == 1;
        !arm.shape.tags.is_empty() && arm.shape.tags.iter().all(alone) && is_constant(scope, &arm.ty, tag)
    };
    plan.arms.iter().all(told).then_some(tag)
}

/// Whether objects of `ty` always have the same value under `wire`.
fn is_constant(scope: &Scope<'_>, ty: &RustTy, wire: &str) -> bool {
    let ty = if let RustTy::Boxed(inner) = ty { inner } else { ty };
    let RustTy::Named { module, name } = ty else { return false };
    let mut types = scope.plan.modules.iter().filter(|at| at.name == *module).flat_map(|at| &at.types);
    types.any(|plan| match plan {
        TypePlan::Struct(plan) => plan.name == *name && plan.literals.iter().any(|literal| literal.wire == wire),
        _ => false,
    })
}

/// The attribute of an alternative.
pub(super) fn arm(scope: &Scope<'_>, plan: &ChoicePlan, arm: &ArmPlan) -> TokenStream {
    let wire = &arm.wire;
    match (&plan.kind, &arm.shape.tags[..]) {
        _ if !is_on(scope) => TokenStream::new(),
        (ChoiceKind::Container | ChoiceKind::Inner, _) => quote!(#[serde(rename = #wire)]),
        (_, [name, aliases @ ..]) if tag(scope, plan).is_some() => {
            quote!(#[serde(rename = #name #(, alias = #aliases)*)])
        }
        _ => TokenStream::new(),
    }
}

/// The attribute of the catch-all.
pub(super) fn other(scope: &Scope<'_>, plan: Option<&ChoicePlan>) -> TokenStream {
    let tagged = plan.is_none_or(|plan| {
        matches!(plan.kind, ChoiceKind::Container | ChoiceKind::Inner) || tag(scope, plan).is_some()
    });
    if is_on(scope) && tagged { quote!(#[serde(untagged)]) } else { TokenStream::new() }
}

/// The attribute of an enum's value.
pub(super) fn value(scope: &Scope<'_>, wire: &str, aliases: &[String]) -> TokenStream {
    if is_on(scope) { quote!(#[serde(rename = #wire #(, alias = #aliases)*)]) } else { TokenStream::new() }
}

/// What the wire file holds instead of tables.
pub(super) fn wire(plan: &TypePlan, blank: impl FnOnce(&StructPlan) -> TokenStream) -> TokenStream {
    match plan {
        TypePlan::Struct(plan) => model(&plan.name, &blank(plan)),
        TypePlan::Enum(plan) => enumeration(plan),
        TypePlan::Choice(plan) if plan.kind == ChoiceKind::Inner => TokenStream::new(),
        TypePlan::Choice(plan) => {
            let name = ident(&plan.name);
            if plan.kind == ChoiceKind::Keyed {
                return super::choices::keyed(plan);
            }
            let text = super::choices::text_of(plan);
            quote!(#text rt::derived!(#name, Self::Other(Default::default()));)
        }
        TypePlan::Alias { .. } => TokenStream::new(),
    }
}

/// A struct's blank value and its wire form.
pub(super) fn model(name: &str, blank: &TokenStream) -> TokenStream {
    let name = ident(name);
    quote!(rt::derived!(#name, Self { #blank extra: Extra::new() });)
}

fn enumeration(plan: &EnumPlan) -> TokenStream {
    let (name, string_enum) = (ident(&plan.name), super::choices::string_enum(plan));
    quote!(#string_enum rt::derived_enum!(#name);)
}
