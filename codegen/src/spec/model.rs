//! The spec as plain data. Reading (`read.rs`) and printing (`print.rs`) are inverse: printing what was read changes nothing.

use std::collections::BTreeMap;

use indexmap::IndexMap;

/// A JSON value that keeps the order of its members.
pub type Json = serde_json::Value;

/// The product that answers an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Product {
    /// Elasticsearch.
    Elasticsearch,
    /// Kibana.
    Kibana,
}

impl Product {
    /// The name of the product's folder under `spec/`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Elasticsearch => "elasticsearch",
            Self::Kibana => "kibana",
        }
    }
}

/// Where something was read: a file below `spec/` and a byte range in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Path relative to the spec folder, with `/`.
    pub file: String,
    /// Byte offsets of the value in that file.
    pub span: (usize, usize),
}

/// Everything one product's folder says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Api {
    /// Operations by id (`security.create_api_key`).
    pub operations: BTreeMap<String, Operation>,
    /// Named types by id (`security.RoleDescriptor`, `Duration`, `query_dsl.TermQuery`).
    pub types: BTreeMap<String, TypeDef>,
}

/// One endpoint.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Operation {
    /// `namespace.name`; for Kibana the operation's id in the document until names.toml gives it a better one.
    pub id: String,
    /// What is true of the operation as a whole.
    pub facts: Facts,
    /// Reference documentation link.
    pub reference: Option<String>,
    /// Privileges by kind (`cluster`, `index`, ...).
    pub privileges: BTreeMap<String, Vec<String>>,
    /// Kibana's API version (`2023-10-31`).
    pub version: Option<String>,
    /// Whether the operation works under `/s/{space}`.
    pub space: bool,
    /// Verbs and path templates.
    pub routes: Vec<Route>,
    /// Parameters that stand in a path template. `required` is false when some route lacks it.
    pub path: Vec<Member>,
    /// Query parameters.
    pub query: Vec<Member>,
    /// Header parameters.
    pub headers: Vec<Member>,
    /// The request body.
    pub body: Option<Body>,
    /// Responses by status (`200`, `4XX`, `default`).
    pub responses: BTreeMap<String, Response>,
    /// Where it was read.
    pub place: Place,
}

/// Verbs that share a path template.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// Upper-case verbs, preferred first.
    pub verbs: Vec<String>,
    /// Template with `{name}` segments.
    pub path: String,
    /// Set when this route alone is deprecated.
    pub deprecated: Option<Deprecation>,
}

/// A request body.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Body {
    /// Whether a request without a body is refused.
    pub required: bool,
    /// The documents that require a body which is optional because not all of them do.
    pub required_in: Vec<String>,
    /// Schemas by media name (`json`, `ndjson`, `multipart`, `bytes`, `text`, `sse`, or a full media type).
    pub content: BTreeMap<String, Schema>,
    /// A name upstream gives a body that is not an object of members (`codegenName`).
    pub name: Option<String>,
    /// The documents it stands in, when they differ from the operation's.
    pub documents: Vec<String>,
}

/// A response: nothing, or content by media name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Response {
    /// Schemas by media name; empty for a response without a body.
    pub content: BTreeMap<String, Schema>,
    /// A name upstream gives a body that is not an object of members (`codegenName`).
    pub name: Option<String>,
    /// The documents it stands in, when they differ from the operation's.
    pub documents: Vec<String>,
}

/// A member of an object, a parameter, or a variant of a container.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// The name on the wire.
    pub name: String,
    /// Whether it must be present, in every document that has what encloses it (`Facts::required_in` has the others).
    pub required: bool,
    /// What it holds; null where it may be null.
    pub schema: Schema,
    /// What else is known.
    pub facts: Facts,
    /// Where it was read.
    pub place: Place,
}

/// Facts that members, types, enum values and operations share.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// The first version that has it, from upstream's own statement.
    pub since: Option<String>,
    /// `stable`, `beta`, `experimental`; empty means stable.
    pub stability: Option<String>,
    /// Deprecated since, if it is.
    pub deprecated: Option<Deprecation>,
    /// False where Elastic's serverless offering lacks it.
    pub serverless: Option<bool>,
    /// The documents it stands in, when they differ from what encloses it.
    pub documents: Vec<String>,
    /// The documents that require a member which is optional because not all of them do.
    pub required_in: Vec<String>,
    /// What older documents say of its type, where that can't be told from the newest.
    pub differs: Vec<Reading>,
    /// The value a server assumes when it is absent.
    pub default: Option<Json>,
    /// Other names a server accepts for it.
    pub aliases: Vec<String>,
    /// A name upstream gives it for code (`codegenName`).
    pub code_name: Option<String>,
    /// Constraints on the value.
    pub limits: Limits,
}

/// What some documents say of a member or type that newer ones describe otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The documents.
    pub documents: Vec<String>,
    /// The type they give it.
    pub schema: Schema,
    /// What else they say.
    pub facts: Facts,
}

/// Deprecation, with the version that began it when known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Deprecation {
    /// The version, when upstream says it.
    pub version: Option<String>,
}

/// Constraints; numbers are kept as upstream wrote them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Limits {
    /// Least number.
    pub min: Option<Json>,
    /// Greatest number.
    pub max: Option<Json>,
    /// Whether `min` itself is excluded.
    pub above_min: bool,
    /// Whether `max` itself is excluded.
    pub below_max: bool,
    /// Least length of a string, in characters.
    pub min_length: Option<u64>,
    /// Greatest length of a string, in characters.
    pub max_length: Option<u64>,
    /// Least number of items.
    pub min_items: Option<u64>,
    /// Greatest number of items.
    pub max_items: Option<u64>,
    /// A regular expression the string matches.
    pub pattern: Option<String>,
    /// A named format (`date-time`, `uri`, `uuid`, `binary`...).
    pub format: Option<String>,
}

/// A named type.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeDef {
    /// Names of its type parameters.
    pub params: Vec<String>,
    /// What it is.
    pub schema: Schema,
    /// What else is known.
    pub facts: Facts,
    /// Where it was read.
    pub place: Place,
}

/// Scalars, by their names in type expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scalar {
    /// `string`
    String,
    /// `boolean`
    Boolean,
    /// `int32`
    Int32,
    /// `int64`
    Int64,
    /// `uint32`
    Uint32,
    /// `uint64`
    Uint64,
    /// `float32`
    Float32,
    /// `float64`
    Float64,
    /// `number`: an integer or a float
    Number,
    /// `binary`: bytes; base64 text inside JSON
    Binary,
    /// `null`
    Null,
}

/// What a value looks like.
#[derive(Clone, Debug, PartialEq)]
pub enum Schema {
    /// `any`: user-defined JSON; upstream types it no further.
    Any,
    /// A scalar.
    Scalar(Scalar),
    /// A constant: a quoted string, a number or a boolean.
    Literal(Json),
    /// A named type, or a type parameter of the enclosing definition, with arguments.
    Ref {
        /// Full id of the type.
        name: String,
        /// Type arguments.
        args: Vec<Schema>,
    },
    /// `T[]`
    List(Box<Schema>),
    /// `map<K, V>`
    Map(Box<Schema>, Box<Schema>),
    /// `pair<K, V>`: a map with exactly one entry.
    Pair(Box<Schema>, Box<Schema>),
    /// `A | B`
    Union(Union),
    /// An object.
    Object(Object),
    /// A set of strings (or other scalars).
    Enum(Enum),
}

/// One of several schemas.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Union {
    /// The alternatives, in upstream's order.
    pub of: Vec<Schema>,
    /// Upstream's names for the alternatives (`codegenNames`); empty or as many as `of`.
    pub names: Vec<String>,
    /// How the alternative is told.
    pub tag: Option<Tag>,
    /// Whether upstream says that plugins add alternatives.
    pub open: bool,
}

/// How a tagged union tells its alternative.
#[derive(Clone, Debug, PartialEq)]
pub enum Tag {
    /// A member of the object holds the tag.
    Member {
        /// The member's name.
        name: String,
        /// Whether it stands beside the value, in the object around it.
        beside: bool,
        /// The tag that holds when the member is absent.
        default: Option<String>,
        /// Tag value -> index in `of`; empty when each alternative's own constant says it.
        mapping: IndexMap<String, usize>,
    },
    /// The key of the enclosing map is `tag#name` (`typed_keys`). Values are the tags of `of`, in order.
    Key(Vec<String>),
    /// The alternative depends on the type of a field that the request names; the given index is the one that fits any.
    Untyped(usize),
}

/// An object with named members.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object {
    /// Objects whose members it also has.
    pub extends: Vec<Schema>,
    /// The type of which this is a reading variant (`OverloadOf`).
    pub reads: Option<Box<Schema>>,
    /// Its members, in upstream's order.
    pub members: Vec<Member>,
    /// Exclusive members of a container: at most one is present.
    pub variants: Vec<Member>,
    /// Whether plugins add variants to a container.
    pub open: bool,
    /// Members beyond the named ones.
    pub additional: Option<Additional>,
    /// The member that a bare value stands for.
    pub shortcut: Option<String>,
    /// Whether a server refuses members that are not named.
    pub closed: bool,
    /// The tag by which a union knows this object (`variantName`).
    pub tag_value: Option<String>,
}

/// Members of an object beyond the named ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Additional {
    /// Schema of the keys.
    pub key: Box<Schema>,
    /// Schema of the values.
    pub value: Box<Schema>,
    /// Whether there is exactly one (`AdditionalProperty`).
    pub single: bool,
    /// Upstream's name for the map, or for the key.
    pub name: Option<String>,
    /// Upstream's name for the value of a single one.
    pub value_name: Option<String>,
}

/// A set of constants.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Enum {
    /// Its values.
    pub values: Vec<EnumValue>,
    /// Whether upstream says that other values exist.
    pub open: bool,
}

/// One constant of an enum.
#[derive(Clone, Debug, PartialEq)]
pub struct EnumValue {
    /// The constant: a string, or (rarely) a number or boolean.
    pub value: Json,
    /// What else is known (`aliases` are other spellings; `code_name` is upstream's name).
    pub facts: Facts,
}
