//! Values that are never printed. Nothing in this crate reads one except through [`Secret::expose`].

use std::any::Any;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroize;

/// A value that Debug does not show, that has no Display, and whose text is wiped when it is dropped.
///
/// Serializing a secret writes it in clear: that is what requests are for.
///
/// ```
/// use elkit::Secret;
///
/// let password = Secret::from("hunter2");
/// assert_eq!(format!("{password:?}"), "Secret([redacted])");
/// assert_eq!(password.expose(), "hunter2");
/// ```
#[derive(Clone)]
pub struct Secret<T: 'static>(T);

impl<T: 'static> Secret<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// Shows the value. The name is long so that a reviewer sees where secrets leave.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// Gives mutable access to the value.
    pub const fn expose_mut(&mut self) -> &mut T {
        &mut self.0
    }

    /// Takes the value out; from here on it is the caller's to protect.
    pub fn into_exposed(mut self) -> T
    where
        T: Default,
    {
        std::mem::take(&mut self.0)
    }
}

impl<T: 'static> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret([redacted])")
    }
}

impl<T: 'static> Drop for Secret<T> {
    fn drop(&mut self) {
        // Only owned text can be wiped; looking the type up here keeps `Secret<T>` free of a bound that every
        // generated type would have to satisfy. The compiler resolves the look-up per type.
        let value: &mut dyn Any = &mut self.0;
        if let Some(text) = value.downcast_mut::<String>() {
            text.zeroize();
        } else if let Some(bytes) = value.downcast_mut::<Vec<u8>>() {
            bytes.zeroize();
        } else if let Some(json) = value.downcast_mut::<serde_json::Value>() {
            wipe(json);
        }
    }
}

impl<T: PartialEq + 'static> PartialEq for Secret<T> {
    fn eq(&self, other: &Self) -> bool {
        let (left, right): (&dyn Any, &dyn Any) = (&self.0, &other.0);
        match (left.downcast_ref::<String>(), right.downcast_ref::<String>()) {
            (Some(left), Some(right)) => same_bytes(left.as_bytes(), right.as_bytes()),
            _ => self.0 == other.0,
        }
    }
}

impl<T: Eq + 'static> Eq for Secret<T> {}

impl<T: Default + 'static> Default for Secret<T> {
    fn default() -> Self {
        Self(T::default())
    }
}

impl From<&str> for Secret<String> {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

impl From<&String> for Secret<String> {
    fn from(value: &String) -> Self {
        Self(value.clone())
    }
}

impl From<&Secret<String>> for Secret<String> {
    fn from(value: &Secret<String>) -> Self {
        value.clone()
    }
}

impl From<String> for Secret<String> {
    fn from(value: String) -> Self {
        Self(value)
    }
}

impl From<serde_json::Value> for Secret<serde_json::Value> {
    fn from(value: serde_json::Value) -> Self {
        Self(value)
    }
}

impl<T: Serialize + 'static> Serialize for Secret<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de> + 'static> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }
}

fn wipe(json: &mut serde_json::Value) {
    match json {
        serde_json::Value::String(text) => text.zeroize(),
        serde_json::Value::Array(items) => items.iter_mut().for_each(wipe),
        serde_json::Value::Object(members) => members.values_mut().for_each(wipe),
        _ => {}
    }
}

/// Compares without stopping at the first difference, so that time says nothing about where it is.
fn same_bytes(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && left.iter().zip(right).fold(0, |difference, (l, r)| difference | (l ^ r)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Secret::from("canary")), "Secret([redacted])");
        let json = Secret::new(serde_json::json!({"a": "canary"}));
        assert!(!format!("{json:#?}").contains("canary"));
        assert!(!format!("{:?}", Some(Secret::new(7))).contains('7'));
    }

    #[test]
    fn equality_is_by_value() {
        assert_eq!(Secret::from("a"), Secret::from("a"));
        assert_ne!(Secret::from("a"), Secret::from("b"));
        assert_ne!(Secret::from("a"), Secret::from("ab"));
        assert_eq!(Secret::new(1), Secret::new(1));
    }

    #[test]
    fn serde_is_in_clear() {
        let text = serde_json::to_string(&Secret::from("a")).unwrap();
        assert_eq!(text, "\"a\"");
        assert_eq!(serde_json::from_str::<Secret<String>>(&text).unwrap(), Secret::from("a"));
        assert_eq!(Secret::from("a").into_exposed(), "a");
    }
}
