//! The spec format: what an API is, with wire names only. Nothing here knows Rust, OpenAPI or `schema.json`.

pub mod model;
