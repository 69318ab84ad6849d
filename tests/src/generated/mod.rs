//! What `cargo xtask generate` writes for the tests.

#[allow(missing_docs, unused_mut, deprecated)]
#[rustfmt::skip]
pub mod elasticsearch;
#[cfg(feature = "kibana")]
#[allow(missing_docs, unused_mut, deprecated)]
#[rustfmt::skip]
pub mod kibana;
