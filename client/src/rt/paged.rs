//! What paging must know of an operation: generated code says it, [`crate::paginate`] does it.

use super::Endpoint;

/// A request whose answers come in pages.
pub trait Paged: Endpoint + Unpin {
    /// What a page holds.
    type Item: Send + Unpin + 'static;

    /// Makes the request one that can be paged: an order that tells items apart.
    fn begin(&mut self);

    /// Turns the request into that of the next page; false after the last.
    fn advance(&mut self, page: &Self::Response) -> bool;

    /// Takes the items of a page.
    fn items(page: Self::Response) -> Vec<Self::Item>;
}

/// Gives a call whose request is [`Paged`] its streams.
#[doc(hidden)]
#[macro_export]
macro_rules! __pages {
    ($name:ident, $request:ty) => {
        impl $name {
            /// The answers page by page, as a stream. The first page is asked for when the stream is first polled.
            pub fn pages(self) -> $crate::paginate::Pages<$request> {
                $crate::paginate::Pages::new(self.0)
            }

            /// The items of all pages, one by one, as a stream.
            pub fn items(self) -> $crate::paginate::Items<$request> {
                $crate::paginate::Items::new(self.0)
            }

            $crate::__blocking! {
                /// The answers page by page; each step waits for one page.
                pub fn pages_blocking(self) -> $crate::paginate::BlockingPages<$request> {
                    $crate::paginate::BlockingPages::new(self.0)
                }
            }
        }
    };
}
