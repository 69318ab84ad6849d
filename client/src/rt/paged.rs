//! What paging must know of an operation: generated code says it, [`crate::paginate`] does it.

use super::Endpoint;
use crate::types::Number;

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

/// What a page's number, its size or a count of items can be.
pub trait Count: Sized {
    /// The number, if it is one.
    fn count(&self) -> Option<u64>;

    /// A number; the largest there is when it does not fit.
    fn of(count: u64) -> Self;
}

macro_rules! count {
    ($($ty:ty)*) => {$(
        impl Count for $ty {
            fn count(&self) -> Option<u64> {
                u64::try_from(*self).ok()
            }

            fn of(count: u64) -> Self {
                Self::try_from(count).unwrap_or(Self::MAX)
            }
        }
    )*};
}

count!(i32 i64 u32 u64);

impl Count for Number {
    fn count(&self) -> Option<u64> {
        self.as_u64()
    }

    fn of(count: u64) -> Self {
        count.into()
    }
}

impl Count for String {
    fn count(&self) -> Option<u64> {
        self.parse().ok()
    }

    fn of(count: u64) -> Self {
        count.to_string()
    }
}

/// The first page, unless the request names one.
pub fn first_page<P: Count>(page: &mut Option<P>, first: u64) {
    page.get_or_insert_with(|| P::of(first));
}

/// Goes to the next page; false after the last. `found` items came, of `total`.
pub fn next_page<P: Count, S: Count, T: Count>(
    page: &mut Option<P>,
    first: u64,
    size: Option<&S>,
    found: usize,
    total: Option<&T>,
) -> bool {
    let Some(now) = page.as_ref().and_then(Count::count) else { return false };
    let size = size.and_then(Count::count);
    let seen = size.map(|size| now.saturating_sub(first).saturating_add(1).saturating_mul(size));
    let all = |total: u64| seen.is_some_and(|seen| seen >= total);
    if ends(found, size) || total.and_then(Count::count).is_some_and(all) {
        return false;
    }
    *page = Some(P::of(now.saturating_add(1)));
    true
}

/// Goes on behind the items that came; false after the last.
pub fn next_offset<P: Count, S: Count, T: Count>(
    offset: &mut Option<P>,
    size: Option<&S>,
    found: usize,
    total: Option<&T>,
) -> bool {
    let now = offset.as_ref().and_then(Count::count).unwrap_or_default();
    let seen = now.saturating_add(u64::try_from(found).unwrap_or(u64::MAX));
    if ends(found, size.and_then(Count::count)) || total.and_then(Count::count).is_some_and(|total| seen >= total) {
        return false;
    }
    *offset = Some(P::of(seen));
    true
}

/// Goes to where the answer points; false when it points nowhere, or where it pointed before.
pub fn next_cursor<C: PartialEq, S: Count>(
    cursor: &mut Option<C>,
    next: Option<C>,
    size: Option<&S>,
    found: usize,
) -> bool {
    if next.is_none() || *cursor == next || ends(found, size.and_then(Count::count)) {
        return false;
    }
    *cursor = next;
    true
}

/// Whether a page is the last: it is empty, or not full.
fn ends(found: usize, size: Option<u64>) -> bool {
    let found = u64::try_from(found).unwrap_or(u64::MAX);
    found == 0 || size.is_some_and(|size| found < size)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn pages(first: u64, size: Option<i64>, total: Option<u32>, founds: &[usize], asked: &[&str]) {
        let mut page: Option<String> = None;
        first_page(&mut page, first);
        let mut seen = vec![page.clone().unwrap()];
        for found in founds {
            if !next_page(&mut page, first, size.as_ref(), *found, total.as_ref()) {
                break;
            }
            seen.push(page.clone().unwrap());
        }
        assert_eq!(seen, asked, "{first} {size:?} {total:?} {founds:?}");
    }

    #[test]
    fn pages_by_number() {
        pages(1, Some(2), Some(5), &[2, 2, 1, 9], &["1", "2", "3"]);
        pages(1, Some(2), Some(4), &[2, 2, 9], &["1", "2"]);
        pages(0, Some(2), Some(4), &[2, 2, 9], &["0", "1"]);
        pages(1, Some(2), None, &[2, 1, 9], &["1", "2"]);
        pages(1, None, Some(100), &[20, 20, 0], &["1", "2", "3"]);
        pages(1, None, None, &[0], &["1"]);
    }

    #[test]
    fn a_page_that_is_named_is_kept() {
        let mut page = Some(Number::from(3));
        first_page(&mut page, 1);
        assert_eq!(page, Some(Number::from(3)));
        assert!(!next_page(&mut page, 1, Some(&10), 10, Some(&30)));
        assert!(next_page(&mut page, 1, Some(&10), 10, Some(&31)));
        assert_eq!(page, Some(Number::from(4)));
    }

    #[test]
    fn offsets_and_cursors() {
        let mut offset: Option<i32> = None;
        assert!(next_offset(&mut offset, Some(&2), 2, Some(&3)));
        assert_eq!(offset, Some(2));
        assert!(!next_offset(&mut offset, Some(&2), 1, Some(&3)));
        let mut cursor = None;
        assert!(next_cursor(&mut cursor, Some("a"), None::<&i64>, 1));
        assert!(!next_cursor(&mut cursor, Some("a"), None::<&i64>, 1), "a cursor that stays would never end");
        assert!(!next_cursor(&mut cursor, None, None::<&i64>, 1));
        assert!(!next_cursor(&mut cursor, Some("b"), Some(&5), 4));
    }
}
