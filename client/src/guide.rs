//! Guides: how the pieces work together.

#[cfg(feature = "security")]
#[doc = include_str!("guide/authentication.md")]
pub mod authentication {}

#[doc = include_str!("guide/operation.md")]
pub mod operation {}
