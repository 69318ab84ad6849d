//! What generated code stands on. Public so that clients for private routes can be generated elsewhere, hidden
//! because nothing here is a promise: [`ABI`] says whether generated code and this runtime fit.

mod endpoint;
mod wire;

pub use endpoint::{Endpoint, Operation, Path, Product, Query};
pub use wire::{Correction, CorrectionKind, DecodeError, Decoded, Wire, decode};

/// Changes whenever generated code of an earlier elkit would not compile or behave with this runtime.
pub const ABI: u32 = 1;
