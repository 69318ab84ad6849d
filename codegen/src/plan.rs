//! Every decision about the generated code, taken on the whole graph: names, boxes, secrets, arguments, documentation.
//! What comes after only writes it down.

mod areas;
mod calls;
mod checks;
mod docs;
mod graph;
mod inline;
mod naming;
mod paging;
mod routes;
mod shapes;
mod types;

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::ir::{Ir, TypeId};
use crate::names::{Lock, Words};
use crate::overlay::Overlay;
use crate::spec::model::Product;

pub(crate) use types::is_version_newer;

pub use calls::{
    Argument, BodyPlan, Branch, CallPlan, FormPart, MethodAlias, Part, PartKind, RequestField, RequiredPlan,
    ResponsePlan, ValueForm, Where,
};

pub use paging::{Cursor, PageField, PagingKind, PagingPlan};

/// Everything that is to be rendered of one product.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Who answers it.
    pub product: Product,
    /// Modules in the order of their names.
    pub modules: Vec<Module>,
    /// Cargo features in the order of their names.
    pub features: Vec<Feature>,
}

/// A cargo feature: one product area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feature {
    /// Whose area it is.
    pub product: Product,
    /// Its name.
    pub name: String,
    /// Features whose types it needs.
    pub needs: Vec<String>,
}

/// One folder of generated code.
#[derive(Clone, Debug)]
pub struct Module {
    /// Its name.
    pub name: String,
    /// Its head.
    pub docs: String,
    /// The cargo features of which any needs it.
    pub features: Vec<String>,
    /// Its types, in the order of their names.
    pub types: Vec<TypePlan>,
    /// Its calls, in the order of their operations; empty for a module of shared types.
    pub calls: Vec<CallPlan>,
    /// The handle with the methods, where there are calls.
    pub namespace: Option<Namespace>,
}

impl Module {
    /// Whether it only leads to other modules.
    pub fn is_bare(&self) -> bool {
        self.types.is_empty() && self.calls.is_empty()
    }
}

/// The handle that has a namespace's methods.
#[derive(Clone, Debug)]
pub struct Namespace {
    /// The type.
    pub name: String,
    /// The trait that gives another crate's clients that method.
    pub extension: String,
    /// The method that gives it.
    pub method: String,
    /// Whether the client gives it, and not the handle of a namespace around it.
    pub outermost: bool,
    /// Namespaces inside it.
    pub inner: Vec<InnerNamespace>,
    /// Its documentation.
    pub docs: Vec<String>,
}

/// A namespace inside another.
#[derive(Clone, Debug)]
pub struct InnerNamespace {
    /// The method that gives it.
    pub method: String,
    /// Its module.
    pub module: String,
    /// Its handle.
    pub name: String,
    /// Its documentation.
    pub docs: Vec<String>,
}

/// A type to render.
#[expect(clippy::large_enum_variant, reason = "there are a few thousand, made once")]
#[derive(Clone, Debug)]
pub enum TypePlan {
    /// A struct.
    Struct(StructPlan),
    /// An enum of strings.
    Enum(EnumPlan),
    /// A union, container or keyed union: an enum with payloads.
    Choice(ChoicePlan),
    /// A name for another type.
    Alias {
        /// Its name.
        name: String,
        /// Its documentation.
        docs: Vec<String>,
        /// What it stands for.
        ty: RustTy,
    },
}

impl TypePlan {
    /// The Rust name.
    pub fn name(&self) -> &str {
        match self {
            Self::Struct(plan) => &plan.name,
            Self::Enum(plan) => &plan.name,
            Self::Choice(plan) => &plan.name,
            Self::Alias { name, .. } => name,
        }
    }
}

/// A Rust type.
#[derive(Clone, Debug, PartialEq)]
pub enum RustTy {
    /// `serde_json::Value`
    Value,
    /// `elkit::types::Number`
    Number,
    /// `()`
    Unit,
    /// A primitive or `String`, by its Rust name.
    Plain(&'static str),
    /// A runtime type of `elkit::types`, by its name.
    Runtime(String),
    /// A generated type.
    Named {
        /// Its module.
        module: String,
        /// Its name.
        name: String,
    },
    /// `Vec<T>`
    Vec(Box<RustTy>),
    /// `BTreeMap<String, T>`
    Map(Box<RustTy>),
    /// `Option<T>`
    Option(Box<RustTy>),
    /// `Box<T>`
    Boxed(Box<RustTy>),
    /// A generic runtime type of `elkit::types`: `OneOrMany<T>`, `Lazy<T>` ...
    Generic(&'static str, Box<RustTy>),
    /// `Secret<String>`
    Secret,
}

impl RustTy {
    /// JSON that no document describes. It may hold anything, so it is never printed.
    fn untyped() -> Self {
        Self::Runtime("Untyped".to_owned())
    }
}

/// A struct to render.
#[derive(Clone, Debug)]
pub struct StructPlan {
    /// Its name.
    pub name: String,
    /// Its documentation.
    pub docs: Vec<String>,
    /// Deprecation note.
    pub deprecated: Option<String>,
    /// Its members, in the order of the spec.
    pub fields: Vec<FieldPlan>,
    /// Constants it carries, in the order of the spec.
    pub literals: Vec<Literal>,
    /// Exclusive members, in one field.
    pub variants: Option<VariantsPlan>,
    /// Typed members beyond the named ones.
    pub rest: Option<RestPlan>,
    /// The wire name that a bare value stands for.
    pub shortcut: Option<String>,
    /// The wire name of the member that tells the alternatives of others.
    pub tells: Option<String>,
    /// Whether users make one: it gets `new` and setters.
    pub built: bool,
    /// The struct of what it can't do without, where that is too much for positions.
    pub required: Option<String>,
    /// Scalars from which it can be made, where a bare value stands for it.
    pub from: Vec<Conversion>,
}

/// A field of a struct.
#[derive(Clone, Debug)]
pub struct FieldPlan {
    /// The wire name.
    pub wire: String,
    /// Other wire names.
    pub aliases: Vec<String>,
    /// The Rust name.
    pub rust: String,
    /// The type without `Option` for its absence.
    pub ty: RustTy,
    /// Whether it may be absent or null.
    pub presence: Presence,
    /// Whether null means something in a request: there is an `_null` setter.
    pub nullable: bool,
    /// The name of that setter.
    pub null_setter: Option<String>,
    /// Its documentation.
    pub docs: Vec<String>,
    /// Deprecation note.
    pub deprecated: Option<String>,
}

/// Whether a member may be absent or null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Always there.
    Required,
    /// Always there, but maybe null.
    RequiredNullable,
    /// Maybe absent.
    Optional,
}

impl FieldPlan {
    /// The type of the struct's field.
    pub fn field_ty(&self) -> RustTy {
        match self.presence {
            Presence::Required => self.ty.clone(),
            Presence::RequiredNullable | Presence::Optional => RustTy::Option(Box::new(self.ty.clone())),
        }
    }
}

/// A member that is always the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Literal {
    /// The wire name.
    pub wire: String,
    /// The JSON text of its value.
    pub json: String,
}

/// Exclusive members in one field.
#[derive(Clone, Debug)]
pub struct VariantsPlan {
    /// The field.
    pub field: String,
    /// The enum.
    pub name: String,
    /// Wire name, variant name and payload.
    pub variants: Vec<(String, String, RustTy)>,
}

/// Typed members beyond the named ones.
#[derive(Clone, Debug)]
pub struct RestPlan {
    /// The field.
    pub field: String,
    /// What each holds.
    pub ty: RustTy,
    /// How they are kept.
    pub kind: RestKind,
    /// Its documentation.
    pub docs: Vec<String>,
}

/// How members beyond the named ones are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestKind {
    /// A map.
    Map,
    /// A map whose keys carry tags.
    TypedKeys,
    /// Exactly one.
    Single,
}

/// An enum of strings to render.
#[derive(Clone, Debug)]
pub struct EnumPlan {
    /// Its name.
    pub name: String,
    /// Its documentation.
    pub docs: Vec<String>,
    /// Whether `true` and `false` are JSON booleans.
    pub booleans: bool,
    /// Its values.
    pub values: Vec<ValuePlan>,
}

/// A value of an enum.
#[derive(Clone, Debug)]
pub struct ValuePlan {
    /// The wire name.
    pub wire: String,
    /// Other spellings.
    pub aliases: Vec<String>,
    /// The variant.
    pub rust: String,
    /// Its documentation.
    pub docs: Vec<String>,
    /// Deprecation note.
    pub deprecated: Option<String>,
}

/// An enum with payloads to render.
#[derive(Clone, Debug)]
pub struct ChoicePlan {
    /// Its name.
    pub name: String,
    /// Its documentation.
    pub docs: Vec<String>,
    /// How the alternative is told.
    pub kind: ChoiceKind,
    /// The alternatives.
    pub arms: Vec<ArmPlan>,
    /// Scalars from which it can be made.
    pub from: Vec<Conversion>,
    /// Whether it stands in a path or a query.
    pub textual: bool,
    /// Whether users make one: containers get a constructor for each variant.
    pub built: bool,
}

/// How the alternative of a choice is told.
#[derive(Clone, Debug, PartialEq)]
pub enum ChoiceKind {
    /// By tag or shape.
    Union {
        /// The tag member.
        tag: Option<String>,
        /// Whether it stands beside the value.
        beside: bool,
        /// The alternative without the tag.
        default: Option<usize>,
    },
    /// By the name of the only member.
    Container,
    /// By the key of the enclosing map.
    Keyed,
    /// By the struct that holds it.
    Inner,
}

/// An alternative of a choice.
#[derive(Clone, Debug)]
pub struct ArmPlan {
    /// The wire name of a container's variant or the tag in a key; empty for a union.
    pub wire: String,
    /// The variant.
    pub rust: String,
    /// Its constructor on a container.
    pub constructor: String,
    /// The payload.
    pub ty: RustTy,
    /// What values look like.
    pub shape: Shape,
    /// Its documentation.
    pub docs: Vec<String>,
}

/// What values of an alternative look like.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shape {
    /// JSON kinds: bits as in the runtime's `kind`.
    pub kinds: u8,
    /// Strings it may be; empty when any.
    pub values: Vec<String>,
    /// Tags by which it is known.
    pub tags: Vec<String>,
    /// Members it always has.
    pub required: Vec<String>,
    /// Members it may have.
    pub members: Vec<String>,
    /// JSON kinds of its items.
    pub items: u8,
}

/// A scalar that becomes a value of the type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversion {
    /// The Rust type: `&str`, `i64` ...
    pub from: &'static str,
    /// The variant it makes, or none where it makes the shortcut member.
    pub variant: Option<String>,
}

/// Decides everything.
///
/// # Errors
/// One message for each thing that has no good answer; what to write into the overlay stands in it.
pub fn plan(ir: &Ir, overlay: &Overlay, lock: &mut Lock) -> Result<Plan, Vec<String>> {
    let mut planner = Planner::new(ir, overlay, lock);
    let (modules, features) = planner.modules();
    planner.errors.sort();
    planner.errors.dedup();
    if planner.errors.is_empty() { Ok(Plan { product: ir.product, modules, features }) } else { Err(planner.errors) }
}

struct Planner<'a> {
    ir: &'a Ir,
    overlay: &'a Overlay,
    lock: &'a mut Lock,
    words: Words,
    /// Types that a request holds.
    requested: HashSet<&'a str>,
    /// Members that are boxed because their types hold themselves.
    boxed: HashSet<(TypeId, TypeId)>,
    /// Unions that stand in a path or a query.
    textual: HashSet<TypeId>,
    /// Namespaces that have calls.
    namespaces: BTreeSet<&'a str>,
    /// Module and Rust name of each type.
    names: HashMap<TypeId, (String, String)>,
    errors: Vec<String>,
}
