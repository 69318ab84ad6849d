//! The file that lists a product's modules.

use proc_macro2::TokenStream;
use quote::quote;

use super::ident;
use crate::emit::Target;
use crate::plan::Plan;

/// `mod` lines; in the client each stands behind the features that need it.
pub(crate) fn root(plan: &Plan, target: Target) -> TokenStream {
    let modules = plan.modules.iter().map(|module| {
        let (name, features) = (ident(&module.name), &module.features);
        let gate = match &features[..] {
            _ if target == Target::Extension => TokenStream::new(),
            [only] => quote!(#[cfg(feature = #only)]),
            _ => quote!(#[cfg(any(#(feature = #features),*))]),
        };
        quote!(#gate pub mod #name;)
    });
    quote!(#(#modules)*)
}
