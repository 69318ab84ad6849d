//! Placeholder, replaced by the README.

pub mod rt;
