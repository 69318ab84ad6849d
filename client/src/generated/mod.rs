//! What `cargo xtask generate` writes from spec/. This file alone is written by hand: it says which lints do not apply.

#[allow(clippy::large_enum_variant, clippy::doc_markdown, clippy::redundant_field_names, clippy::wildcard_imports, deprecated)]
#[rustfmt::skip]
pub mod elasticsearch;
#[allow(clippy::large_enum_variant, clippy::doc_markdown, clippy::redundant_field_names, clippy::wildcard_imports, deprecated)]
#[rustfmt::skip]
pub mod kibana;
