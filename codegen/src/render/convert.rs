//! What setters and constructors take, and how it becomes the field's type.

use proc_macro2::TokenStream;
use quote::quote;

use super::Scope;
use crate::plan::RustTy;

/// The parameter's type, and the expression that converts `value`.
pub(super) fn parameter(scope: &Scope<'_>, ty: &RustTy, value: &TokenStream) -> (TokenStream, TokenStream) {
    match ty {
        RustTy::Plain("String") => (quote!(impl Into<String>), quote!(#value.into())),
        RustTy::Plain(_) | RustTy::Unit => (scope.ty(ty), value.clone()),
        _ => nested(scope, ty, value),
    }
}

/// The same inside a list or map, where scalars convert too.
fn nested(scope: &Scope<'_>, ty: &RustTy, value: &TokenStream) -> (TokenStream, TokenStream) {
    match ty {
        RustTy::Vec(item) => {
            let (parameter, convert) = nested(scope, item, &quote!(item));
            let map = if is_into(item) { quote!(Into::into) } else { quote!(|item| #convert) };
            (quote!(impl IntoIterator<Item = #parameter>), quote!(#value.into_iter().map(#map).collect()))
        }
        RustTy::Map(item) => {
            let (parameter, convert) = nested(scope, item, &quote!(value));
            (
                quote!(impl IntoIterator<Item = (impl Into<String>, #parameter)>),
                quote!(#value.into_iter().map(|(key, value)| (key.into(), #convert)).collect()),
            )
        }
        RustTy::Boxed(inner) => {
            let inner = scope.ty(inner);
            (quote!(impl Into<#inner>), quote!(Box::new(#value.into())))
        }
        ty => {
            let ty = scope.ty(ty);
            (quote!(impl Into<#ty>), quote!(#value.into()))
        }
    }
}

fn is_into(ty: &RustTy) -> bool {
    !matches!(ty, RustTy::Vec(_) | RustTy::Map(_) | RustTy::Boxed(_))
}
