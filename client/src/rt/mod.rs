//! What generated code stands on. Public so that clients for private routes can be generated elsewhere, hidden
//! because nothing here is a promise: [`ABI`] says whether generated code and this runtime fit.

mod call_macro;
pub(crate) mod endpoint;
mod path;
mod query;
mod wire;

pub use endpoint::{Endpoint, Operation, Product};
pub use path::Path;
pub use query::Query;
pub use crate::__call as call;
pub use crate::auth::precedence as auth;
pub use crate::client::{Client, Handle};
pub use ::serde::Serialize;
pub use wire::{Correction, CorrectionKind, DecodeError, Decoded, Wire, decode};

/// Changes whenever generated code of an earlier elkit would not compile or behave with this runtime.
pub const ABI: u32 = 1;
