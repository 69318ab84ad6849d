//! What the project's tests share: typed dispatch of raw JSON for every operation, and what is built on it.

pub mod conform;
pub mod dispatch;
pub mod generated;
pub mod samples;
pub mod yaml;
