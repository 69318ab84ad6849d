//! What `cargo xtask generate` writes for the tests.

#[allow(missing_docs, unused_mut, deprecated)]
#[rustfmt::skip]
pub mod elasticsearch;
// Not for the unit tests of this crate, which do without: it is what takes long to compile.
#[cfg(all(feature = "kibana", not(test)))]
#[allow(missing_docs, unused_mut, deprecated)]
#[rustfmt::skip]
pub mod kibana;
