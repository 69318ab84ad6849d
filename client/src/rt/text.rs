//! Values of paths and queries as text.

use std::borrow::Cow;

/// A value that can stand in a path or a query.
pub trait Text {
    /// Its text, not yet encoded.
    fn text(&self) -> Cow<'_, str>;
}

/// The text of a value.
pub fn text<T: Text + ?Sized>(value: &T) -> Cow<'_, str> {
    value.text()
}

/// The texts of a list.
pub fn texts<'a, T: Text + 'a>(values: impl IntoIterator<Item = &'a T>) -> impl Iterator<Item = Cow<'a, str>> {
    values.into_iter().map(Text::text)
}

impl Text for String {
    fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }
}

macro_rules! displayed {
    ($($ty:ty),*) => {$(
        impl Text for $ty {
            fn text(&self) -> Cow<'_, str> {
                Cow::Owned(self.to_string())
            }
        }
    )*};
}

displayed!(bool, i32, i64, u32, u64, f64, serde_json::Number, crate::types::Duration, crate::types::Timestamp);
