//! From a prepared request to the server's answer. Nothing here is generic: it is compiled once, whatever is called.

mod execute;
pub(crate) mod hooks;
mod nodes;
mod product;
mod retry;
#[cfg(test)]
mod tests;

pub(crate) use execute::{Core, Pool, Prepared, execute};
pub(crate) use nodes::Nodes;
pub(crate) use product::{Dialect, content_type};
pub(crate) use retry::{RetryBudget, RetryPolicy, retry_after};
