//! Small types that members of many APIs share: lists that may be one value, durations, lazily decoded JSON.

mod bytes;
mod lazy;
mod number;
mod shapes;
mod time;
mod typed_keys;
mod untyped;

pub use bytes::ByteSize;
pub use lazy::Lazy;
pub use number::Number;
pub use shapes::{Entry, OneOrMany, Stringified};
pub use time::{Duration, EpochMillis, Timestamp};
pub use typed_keys::TypedKeys;
pub use untyped::Untyped;

pub use crate::extra::Extra;
pub use crate::rt::{Correction, CorrectionKind};
