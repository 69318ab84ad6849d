//! How a request goes from page to page.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::{Scope, ident};
use crate::plan::{CallPlan, PageField, PagingKind, PagingPlan};

pub(super) fn paged(scope: &Scope<'_>, plan: &CallPlan, paging: &PagingPlan, response: &TokenStream) -> TokenStream {
    let (request, item) = (ident(&plan.request), scope.ty(&paging.item));
    let items = ident(&paging.items.rust);
    let (found, take) = if paging.items.optional {
        (quote!(page.#items.as_ref().map_or(0, Vec::len)), quote!(page.#items.unwrap_or_default()))
    } else {
        (quote!(page.#items.len()), quote!(page.#items))
    };
    let size = paging.size.as_ref().map_or_else(
        || quote!(None::<&i64>),
        |size| {
            let size = ident(size);
            quote!(self.#size.as_ref())
        },
    );
    let (begin, advance) = match &paging.kind {
        PagingKind::SearchAfter { sort, cursor, item_cursor } => {
            let (cursor, item_cursor) = (ident(cursor), ident(item_cursor));
            let begin = sort.as_ref().map(|(sort, order)| {
                let sort = ident(sort);
                quote! {
                    if self.#sort.is_none() {
                        self.#sort = Some([#(#order),*].into());
                    }
                }
            });
            let last = if paging.items.optional {
                quote!(page.#items.as_ref().and_then(|items| items.last()))
            } else {
                quote!(page.#items.last())
            };
            let advance = quote! {
                let next = #last.and_then(|item| item.#item_cursor.clone());
                rt::next_cursor(&mut self.#cursor, next, #size, #found)
            };
            (begin, advance)
        }
        PagingKind::Page { page, first, total } => {
            let (page, first) = (ident(page), Literal::u64_unsuffixed(*first));
            let total = total_of(total.as_ref());
            let begin = quote!(rt::first_page(&mut self.#page, #first););
            (Some(begin), quote!(rt::next_page(&mut self.#page, #first, #size, #found, #total)))
        }
        PagingKind::Offset { offset, total } => {
            let (offset, total) = (ident(offset), total_of(total.as_ref()));
            (None, quote!(rt::next_offset(&mut self.#offset, #size, #found, #total)))
        }
        PagingKind::Cursor(cursor) => {
            let (request, answer) = (ident(&cursor.request), ident(&cursor.answer.rust));
            let next =
                if cursor.answer.optional { quote!(page.#answer.clone()) } else { quote!(Some(page.#answer.clone())) };
            (None, quote!(rt::next_cursor(&mut self.#request, #next, #size, #found)))
        }
    };
    quote! {
        impl rt::Paged for #request {
            type Item = #item;
            fn begin(&mut self) {
                #begin
            }
            fn advance(&mut self, page: &#response) -> bool {
                #advance
            }
            fn items(page: #response) -> Vec<#item> {
                #take
            }
        }
    }
}

fn total_of(total: Option<&PageField>) -> TokenStream {
    match total {
        None => quote!(None::<&i64>),
        Some(PageField { rust, optional }) => {
            let total = ident(rust);
            if *optional { quote!(page.#total.as_ref()) } else { quote!(Some(&page.#total)) }
        }
    }
}
