//! What the project's tests share: typed dispatch of raw JSON for every operation.

pub mod dispatch;
pub mod generated;
