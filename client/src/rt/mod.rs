//! What generated code stands on. Public so that clients for private routes can be generated elsewhere, hidden
//! because nothing here is a promise: [`ABI`] says whether generated code and this runtime fit.

mod call_macro;
mod collect;
mod container;
mod derived;
pub(crate) mod endpoint;
mod enums;
mod form;
mod keyed;
mod mode;
mod model;
mod paged;
mod path;
mod query;
mod raw;
mod scalar;
mod text;
mod union;
mod wire;

pub use crate::__call as call;
pub use crate::__pages as pages;
pub use crate::auth::precedence as auth;
pub use crate::client::{Client, Handle};
pub use crate::response::FromStream;
pub use ::serde::Serialize;
pub use container::{Container, ContainerForm, Entries};
pub use derived::{Derived, DerivedForm};
pub use endpoint::{Endpoint, Operation, Product};
pub use enums::{NameForm, StringEnum};
pub use form::{Form, Generated};
pub use keyed::Keyed;
pub use mode::{SeenLazy, watch_lazy};
pub use model::{Got, MAX_MEMBERS, Member, Meta, Model, ObjectForm, Writer};
pub use paged::{Count, Paged, first_page, next_cursor, next_offset, next_page};
pub use path::Path;
pub use query::Query;
pub use raw::kind;
pub use text::{Text, json_text, text, texts};
pub use union::{Arm, Union, UnionForm, get, get_untyped};
pub use wire::{Correction, CorrectionKind, DecodeError, Decoded, Encode, Wire, decode, to_json};

pub(crate) use mode::saw_lazy;
pub(crate) use raw::Raw;

pub use crate::{
    __container as container, __derived as derived, __derived_enum as derived_enum, __keyed as keyed, __model as model,
    __serde as serde, __string_enum as string_enum, __union as union_,
};

/// Changes whenever generated code of an earlier elkit would not compile or behave with this runtime.
pub const ABI: u32 = 2;
