//! The spec format: what an API is, with wire names only. Nothing here knows Rust, OpenAPI or `schema.json`.

pub mod expr;
pub mod json;
mod layout;
pub mod model;
mod print;
mod read;

pub use print::{operation_path, print, split_id, types_path};
pub use read::read;
