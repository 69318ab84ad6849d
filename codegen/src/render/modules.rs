//! The file that lists a product's modules.

use proc_macro2::TokenStream;
use quote::quote;

use super::ident;
use crate::plan::Plan;

/// `mod` lines, each behind the features that need it.
pub(crate) fn root(plan: &Plan) -> TokenStream {
    let modules = plan.modules.iter().map(|module| {
        let (name, features) = (ident(&module.name), &module.features);
        let gate = match &features[..] {
            [only] => quote!(#[cfg(feature = #only)]),
            _ => quote!(#[cfg(any(#(feature = #features),*))]),
        };
        quote!(#gate pub mod #name;)
    });
    quote!(#(#modules)*)
}
