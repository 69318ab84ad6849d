//! The API after lowering: aliases resolved, inheritance flattened, generics made concrete. Names are still wire names.

use std::collections::BTreeMap;

use crate::spec::model::{Deprecation, Facts, Json, Limits, Place, Product, Scalar};

/// Identifies a type: its id in the spec, with arguments where it is generic (`Buckets<StringTermsBucket>`), or the
/// place of an inline one (`security.create_api_key.200`).
pub type TypeId = String;

/// One product's API.
#[derive(Clone, Debug, PartialEq)]
pub struct Ir {
    /// Who answers it.
    pub product: Product,
    /// Operations in the order of their ids.
    pub operations: Vec<Operation>,
    /// Named types.
    pub types: BTreeMap<TypeId, Type>,
    /// Where else a type stands: places of inline types that are the same, and the call whose body a named type is.
    pub twins: BTreeMap<TypeId, Vec<TypeId>>,
}

/// The type of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Ty {
    /// Any JSON, by upstream's own word.
    Any,
    /// A scalar.
    Scalar(Scalar),
    /// A constant.
    Literal(Json),
    /// A hand-written runtime type.
    Runtime(String),
    /// A type of [`Ir::types`].
    Named(TypeId),
    /// A list.
    List(Box<Ty>),
    /// A map from strings.
    Map(Box<Ty>),
    /// A map with one entry.
    Entry(Box<Ty>),
    /// A value or null.
    Nullable(Box<Ty>),
    /// A value or a list of them.
    OneOrMany(Box<Ty>),
    /// A value or its text.
    Stringified(Box<Ty>),
    /// A map whose keys carry the tag of a [`Kind::Keyed`] type.
    TypedKeys(TypeId),
}

impl Ty {
    /// The named types it mentions, with whether they are held by value (so that recursion needs a box).
    pub fn references<'a>(&'a self, by_value: bool, visit: &mut impl FnMut(&'a str, bool)) {
        match self {
            Self::Named(id) => visit(id, by_value),
            Self::TypedKeys(id) => visit(id, false),
            Self::List(item) | Self::Map(item) => item.references(false, visit),
            Self::Entry(item) | Self::Nullable(item) | Self::Stringified(item) | Self::OneOrMany(item) => {
                item.references(by_value, visit);
            }
            Self::Any | Self::Scalar(_) | Self::Literal(_) | Self::Runtime(_) => {}
        }
    }
}

/// A named type.
#[derive(Clone, Debug, PartialEq)]
pub struct Type {
    /// What it is.
    pub kind: Kind,
    /// What else is known of it.
    pub facts: Facts,
    /// Where it was read.
    pub place: Place,
}

/// What a named type is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// An object with named members.
    Object(Object),
    /// A set of strings.
    Enum(Enum),
    /// One of several, told by tag or shape.
    Union(Union),
    /// An object of which exactly one member is present.
    Container(Vec<Variant>),
    /// One of several, told by the key of the enclosing map.
    Keyed(Vec<Variant>),
}

/// An object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object {
    /// Named members.
    pub members: Vec<Member>,
    /// Exclusive members beside the named ones.
    pub variants: Vec<Variant>,
    /// Typed members beyond the named ones.
    pub rest: Option<Rest>,
    /// The member that a bare value stands for.
    pub shortcut: Option<String>,
    /// Whether a server refuses unknown members.
    pub closed: bool,
}

/// Typed members beyond the named ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Rest {
    /// Upstream's name for them.
    pub name: String,
    /// What they hold.
    pub ty: Ty,
    /// Whether there is exactly one.
    pub single: bool,
}

/// A member of an object or a parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Its wire name.
    pub name: String,
    /// What it holds.
    pub ty: Ty,
    /// Whether it is always there.
    pub required: bool,
    /// What else is known.
    pub facts: MemberFacts,
}

/// What is known of a member beside its type.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MemberFacts {
    /// The first version that has it.
    pub since: Option<String>,
    /// Deprecated since.
    pub deprecated: Option<Deprecation>,
    /// What a server assumes when it is absent.
    pub default: Option<Json>,
    /// Other names a server accepts.
    pub aliases: Vec<String>,
    /// A name upstream gives it for code.
    pub code_name: Option<String>,
    /// Constraints.
    pub limits: Limits,
    /// The numbers that it may be; any, when there are none.
    pub numbers: Vec<Json>,
}

impl From<&Facts> for MemberFacts {
    fn from(facts: &Facts) -> Self {
        Self {
            since: facts.since.clone(),
            deprecated: facts.deprecated.clone(),
            default: facts.default.clone(),
            aliases: facts.aliases.clone(),
            code_name: facts.code_name.clone(),
            limits: facts.limits.clone(),
            numbers: Vec::new(),
        }
    }
}

/// A set of strings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Enum {
    /// Its values.
    pub values: Vec<EnumValue>,
    /// Whether `true` and `false` are JSON booleans.
    pub booleans: bool,
}

/// One value of an enum.
#[derive(Clone, Debug, PartialEq)]
pub struct EnumValue {
    /// The value on the wire.
    pub value: String,
    /// Other spellings.
    pub aliases: Vec<String>,
    /// What else is known.
    pub facts: MemberFacts,
}

/// One of several types.
#[derive(Clone, Debug, PartialEq)]
pub struct Union {
    /// The alternatives.
    pub arms: Vec<Arm>,
    /// The member that tells the alternative.
    pub tag: Option<String>,
    /// Whether that member stands beside the value, in the object around it.
    pub beside: bool,
    /// The alternative of an object without the tag.
    pub default: Option<usize>,
}

/// An alternative of a union.
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    /// Upstream's name for it.
    pub name: Option<String>,
    /// What it is.
    pub ty: Ty,
    /// Tag values by which it is known.
    pub tags: Vec<String>,
}

/// A variant of a container, or an alternative told by a key.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    /// The member's name, or the tag in the key.
    pub name: String,
    /// What it holds.
    pub ty: Ty,
    /// What else is known.
    pub facts: MemberFacts,
}

/// One endpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// `security.create_api_key`
    pub id: String,
    /// What the spec says of it as a whole.
    pub facts: Facts,
    /// Reference documentation link.
    pub reference: Option<String>,
    /// Privileges by kind.
    pub privileges: BTreeMap<String, Vec<String>>,
    /// Kibana's API version.
    pub version: Option<String>,
    /// Whether it works under `/s/{space}`.
    pub space: bool,
    /// Verbs and path templates.
    pub routes: Vec<crate::spec::model::Route>,
    /// Path parameters, in the order of the longest route.
    pub path: Vec<Member>,
    /// Query parameters.
    pub query: Vec<Member>,
    /// The request body.
    pub body: Option<Body>,
    /// The answer to a successful call.
    pub response: Response,
    /// Where it was read.
    pub place: Place,
}

/// A request body.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// Whether a request without a body is refused.
    pub required: bool,
    /// How it travels.
    pub media: Media,
    /// What it holds: of lines, what each is.
    pub content: Content,
}

/// How a body travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Media {
    /// One JSON value.
    Json,
    /// Lines of JSON.
    Ndjson,
    /// A form with files.
    Multipart,
    /// Server-sent events.
    Events,
    /// Text.
    Text,
    /// Bytes of a media type.
    Bytes(String),
}

impl Media {
    /// The media that a name of the spec stands for.
    pub fn named(name: &str) -> Self {
        match name {
            "json" => Self::Json,
            "ndjson" => Self::Ndjson,
            "multipart" => Self::Multipart,
            "sse" => Self::Events,
            "text" => Self::Text,
            "bytes" => Self::Bytes("application/octet-stream".to_owned()),
            media_type => Self::Bytes(media_type.to_owned()),
        }
    }

    /// Its name in the spec.
    pub fn name(&self) -> &str {
        match self {
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Multipart => "multipart",
            Self::Events => "sse",
            Self::Text => "text",
            Self::Bytes(media_type) if media_type == "application/octet-stream" => "bytes",
            Self::Bytes(media_type) => media_type,
        }
    }

    /// Of several, the one that says most about its content comes first.
    fn rank(&self) -> usize {
        match self {
            Self::Json => 0,
            Self::Ndjson => 1,
            Self::Multipart => 2,
            Self::Events => 3,
            Self::Text => 4,
            Self::Bytes(_) => 5,
        }
    }

    /// The media of a content's names that is generated.
    pub fn choose<'a>(names: impl Iterator<Item = &'a String>) -> Option<Self> {
        names.map(|name| Self::named(name)).min_by_key(Self::rank)
    }
}

/// What a body holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// An object whose members are the operation's own.
    Object(Object),
    /// A value, with upstream's name for it.
    Value(Ty, Option<String>),
}

/// The answer to a successful call.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// The status that the spec names.
    pub status: String,
    /// Media and content; none for an answer of which upstream says nothing.
    pub content: Option<(Media, Content)>,
    /// Whether there is no body, rather than one that upstream does not describe.
    pub empty: bool,
}
