//! From a prepared request to the server's answer. Nothing here is generic: it is compiled once, whatever is called.

mod core;
mod execute;
pub(crate) mod hooks;
mod nodes;
mod product;
mod retry;
#[cfg(test)]
mod tests;

pub(crate) use self::core::{Core, Pool};
pub(crate) use execute::{Executed, Prepared, Reading, execute, kind_of};
pub(crate) use nodes::Nodes;
pub(crate) use product::{Dialect, content_type};
pub(crate) use retry::{RetryBudget, RetryPolicy, retry_after};
