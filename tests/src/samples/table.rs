//! The table of operations and types, read. A form that it does not know is an error: a sample of it would prove nothing.

use std::collections::BTreeMap;

use serde_json::Value;

/// All operations and types.
#[derive(Debug)]
pub struct Table {
    /// Operations.
    pub operations: Vec<Operation>,
    /// Types by id.
    pub(super) types: BTreeMap<String, Shape>,
    heights: BTreeMap<String, usize>,
}

/// An operation.
#[derive(Debug)]
pub struct Operation {
    /// `security.get_role`
    pub id: String,
    pub(super) routes: Vec<(Vec<String>, String)>,
    pub(super) path: BTreeMap<String, Type>,
    pub(super) query: BTreeMap<String, Member>,
    pub(super) body: Option<Type>,
    pub(super) body_required: bool,
    pub(super) response: Option<Type>,
    /// What `elastic-api-version` may say.
    pub version: Option<String>,
    /// Kibana's privileges: each of them, or one of those that `or` joins.
    pub privileges: Vec<String>,
    /// The status of its answer.
    pub status: String,
    /// How request and answer travel: `json`, `multipart`, `ndjson` ...
    media: [Option<String>; 2],
}

impl Operation {
    /// How a body (`request` or `response`) travels, if there is one.
    pub fn media(&self, kind: &str) -> Option<&str> {
        self.media[usize::from(kind != "request")].as_deref()
    }

    /// Verbs and path template of each route.
    pub fn routes(&self) -> &[(Vec<String>, String)] {
        &self.routes
    }

    /// The names of the query's parameters.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        self.query.keys().map(String::as_str)
    }

    /// Whether a request needs its body.
    pub fn needs_body(&self) -> bool {
        self.body_required
    }

    /// Whether the query must have a parameter.
    pub fn needs(&self, parameter: &str) -> bool {
        self.query.get(parameter).is_some_and(|member| member.required)
    }

    /// Whether a body (`request` or `response`) is a map, and not an object with members of its own.
    pub fn is_map(&self, kind: &str) -> bool {
        let body = if kind == "request" { &self.body } else { &self.response };
        matches!(body, Some(Type::Map(_)))
    }
}

/// A use of a type.
#[derive(Clone, Debug)]
pub(super) enum Type {
    Any,
    Scalar(Scalar),
    Const(Value),
    Ref(String),
    List(Box<Type>, Size),
    Map(Box<Type>),
    Pair(Box<Type>),
    AnyOf(Vec<Type>),
    Inline(Box<Shape>),
}

/// A text, number or truth value with its limits.
#[derive(Clone, Debug, Default)]
pub(super) struct Scalar {
    pub(super) name: String,
    pub(super) format: Option<String>,
    pub(super) pattern: Option<String>,
    pub(super) length: Size,
    pub(super) min: Option<f64>,
    pub(super) max: Option<f64>,
    /// Whether the least number itself is excluded.
    pub(super) above_min: bool,
    /// Whether the greatest number itself is excluded.
    pub(super) below_max: bool,
    /// The only numbers there are, if they are few.
    pub(super) one_of: Vec<Value>,
}

/// How many characters or items.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Size {
    pub(super) min: usize,
    pub(super) max: Option<usize>,
}

/// What a type is.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    Enum { values: Vec<String>, booleans: bool },
    AnyOf { arms: Vec<Type>, tag: Option<Tag>, keys: Vec<String>, beside: Option<Tag> },
    Object(Object),
}

/// The member that tells the alternative of a union, its own or that of the object around it; for each, what it holds then.
#[derive(Clone, Debug)]
pub(super) struct Tag {
    pub(super) member: String,
    pub(super) tags: Vec<Vec<String>>,
}

#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) members: BTreeMap<String, Member>,
    pub(super) closed: bool,
    pub(super) additional: Option<Type>,
    pub(super) single: bool,
    pub(super) variants: Vec<String>,
    pub(super) shortcut: Option<String>,
}

#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) ty: Type,
    pub(super) required: bool,
    /// Whether the server has a value of its own for one that is left out.
    pub(super) has_default: bool,
    pub(super) aliases: Vec<String>,
}

impl Scalar {
    fn read(name: &str, limits: &Value) -> Self {
        let text = |key: &str| limits[key].as_str().map(str::to_owned);
        Self {
            name: name.to_owned(),
            format: text("format"),
            pattern: text("pattern"),
            length: Size::read(limits, "min_length", "max_length"),
            min: limits["min"].as_f64(),
            max: limits["max"].as_f64(),
            above_min: limits["above_min"] == true,
            below_max: limits["below_max"] == true,
            one_of: limits["one_of"].as_array().cloned().unwrap_or_default(),
        }
    }
}

impl Size {
    fn read(value: &Value, min: &str, max: &str) -> Self {
        let number = |key: &str| value[key].as_u64().and_then(|number| usize::try_from(number).ok());
        Self { min: number(min).unwrap_or_default(), max: number(max) }
    }

    /// The number within it that is closest.
    pub(super) fn closest(self, number: usize) -> usize {
        number.max(self.min).min(self.max.unwrap_or(usize::MAX))
    }
}

/// No value is that deep; the height of a type without a finite value.
const ENDLESS: usize = 1000;

impl Table {
    /// Reads the table of the embedded stack.
    ///
    /// # Panics
    /// When it has a form that nobody knows.
    pub fn elasticsearch() -> Self {
        Self::read(include_str!("../../stack/src/table.json")).unwrap_or_else(|why| panic!("table.json: {why}"))
    }

    /// Reads the table of Kibana's operations.
    ///
    /// # Panics
    /// When it has a form that nobody knows.
    pub fn kibana() -> Self {
        let text = include_str!("../../stack/src/kibana_table.json");
        Self::read(text).unwrap_or_else(|why| panic!("kibana_table.json: {why}"))
    }

    fn read(text: &str) -> Result<Self, String> {
        let table: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let operations = table["operations"].as_array().ok_or("no operations")?;
        let operations = operations.iter().map(operation).collect::<Result<_, _>>()?;
        let types = table["types"].as_object().ok_or("no types")?;
        let types = types.iter().map(|(id, value)| Ok((id.clone(), shape(value)?))).collect::<Result<_, String>>()?;
        let mut table = Self { operations, types, heights: BTreeMap::new() };
        table.measure();
        Ok(table)
    }

    /// The parts of an operation's form that are files.
    pub fn files(&self, operation: &Operation) -> Vec<String> {
        let shape = match operation.body.as_ref().filter(|_| operation.media("request") == Some("multipart")) {
            Some(Type::Ref(id)) => self.types.get(id),
            Some(Type::Inline(shape)) => Some(&**shape),
            _ => None,
        };
        let Some(Shape::Object(object)) = shape else { return Vec::new() };
        let is_file = |member: &Member| matches!(&member.ty, Type::Scalar(scalar) if scalar.name == "binary");
        object.members.iter().filter(|(_, member)| is_file(member)).map(|(name, _)| name.clone()).collect()
    }

    /// How deep the shallowest value of a type is.
    pub(super) fn height(&self, ty: &Type) -> usize {
        match ty {
            Type::Any | Type::Scalar(_) | Type::Const(_) | Type::Map(_) => 1,
            Type::List(_, Size { min: 0, .. }) => 1,
            Type::List(item, _) => 1 + self.height(item),
            Type::Ref(id) => self.heights.get(id).copied().unwrap_or(ENDLESS),
            Type::Pair(item) => 1 + self.height(item),
            Type::AnyOf(arms) => arms.iter().map(|arm| self.height(arm)).min().unwrap_or(1),
            Type::Inline(shape) => self.shape_height(shape),
        }
    }

    fn shape_height(&self, shape: &Shape) -> usize {
        match shape {
            Shape::Enum { .. } => 1,
            Shape::AnyOf { arms, .. } => arms.iter().map(|arm| self.height(arm)).min().unwrap_or(1),
            Shape::Object(object) => {
                let required = object.members.values().filter(|member| member.required);
                let deepest = required.map(|member| self.height(&member.ty)).max().unwrap_or_default();
                let variants = object.variants.iter().map(|name| self.height(&object.members[name].ty));
                let variant = variants.min().filter(|_| object.closed).unwrap_or_default();
                let single = object.additional.as_ref().filter(|_| object.single).map(|each| self.height(each));
                1 + deepest.max(variant).max(single.unwrap_or_default())
            }
        }
    }

    fn measure(&mut self) {
        loop {
            let heights: BTreeMap<String, usize> =
                self.types.iter().map(|(id, shape)| (id.clone(), self.shape_height(shape).min(ENDLESS))).collect();
            if heights == self.heights {
                return;
            }
            self.heights = heights;
        }
    }
}

fn operation(value: &Value) -> Result<Operation, String> {
    let id = value["id"].as_str().ok_or("an operation without id")?.to_owned();
    let empty = Value::Object(Default::default());
    let members = |name: &str| value.get(name).unwrap_or(&empty).as_object().ok_or("no members");
    let routes = value["routes"].as_array().ok_or("no routes")?.iter();
    let route = |route: &Value| (texts(&route["verbs"]), route["path"].as_str().unwrap_or_default().to_owned());
    let responses = value["responses"].as_object().ok_or("no responses")?;
    let answer = responses.values().find(|response| response.get("type").is_some());
    let response = answer.and_then(|response| response.get("type"));
    let media = |body: Option<&Value>| body.and_then(|body| body["media"].as_str()).map(str::to_owned);
    Ok(Operation {
        routes: routes.map(route).collect(),
        path: members("path")?
            .iter()
            .map(|(name, ty)| Ok((name.clone(), type_of(ty)?)))
            .collect::<Result<_, String>>()?,
        query: members("query")?.iter().map(member).collect::<Result<_, _>>()?,
        body: value.get("body").map(|body| type_of(&body["type"])).transpose()?,
        body_required: value["body"]["required"] == true,
        response: response.map(type_of).transpose()?,
        version: value["version"].as_str().map(str::to_owned),
        privileges: texts(&value["privileges"]["kibana"]),
        media: [media(value.get("body")), media(answer)],
        status: responses.keys().next().cloned().unwrap_or_default(),
        id,
    })
}

fn member((name, value): (&String, &Value)) -> Result<(String, Member), String> {
    let ty = type_of(&value["type"]).map_err(|why| format!("{name}: {why}"))?;
    let (required, has_default) = (value["required"] == true, value.get("default").is_some());
    Ok((name.clone(), Member { ty, required, has_default, aliases: texts(&value["aliases"]) }))
}

fn type_of(value: &Value) -> Result<Type, String> {
    let members = match value {
        Value::String(name) if name == "any" => return Ok(Type::Any),
        Value::String(name) => return Ok(Type::Scalar(Scalar::read(name, &Value::Null))),
        Value::Object(members) => members,
        _ => return Err(format!("{value} is no type")),
    };
    let boxed = |name: &str| type_of(&members[name]).map(Box::new);
    let (name, inner) = members.iter().next().ok_or("an empty type")?;
    match name.as_str() {
        "ref" if members.len() == 1 => Ok(Type::Ref(inner.as_str().unwrap_or_default().to_owned())),
        "list" => Ok(Type::List(boxed("list")?, Size::read(value, "min_items", "max_items"))),
        "map" => Ok(Type::Map(boxed("map")?)),
        "pair" => Ok(Type::Pair(boxed("pair")?)),
        "const" => Ok(Type::Const(inner.clone())),
        "any_of" if members.len() == 1 => Ok(Type::AnyOf(types(inner)?)),
        name if members.len() == 1 && !matches!(name, "object" | "enum") => Ok(Type::Scalar(Scalar::read(name, inner))),
        _ => shape(value).map(|shape| Type::Inline(Box::new(shape))),
    }
}

fn shape(value: &Value) -> Result<Shape, String> {
    let flag = |name: &str| value[name] == true;
    if value["enum"].is_array() {
        return Ok(Shape::Enum { values: texts(&value["enum"]), booleans: flag("booleans") });
    }
    if value["any_of"].is_array() {
        let told = |by: &str| {
            let tags = value["tags"].as_array().into_iter().flatten().map(texts);
            value[by].as_str().map(|member| Tag { member: member.to_owned(), tags: tags.collect() })
        };
        let (tag, beside) = (told("tag"), told("beside"));
        return Ok(Shape::AnyOf { arms: types(&value["any_of"])?, tag, keys: texts(&value["keys"]), beside });
    }
    let members = value["object"].as_object().ok_or_else(|| format!("{value} is no shape"))?;
    Ok(Shape::Object(Object {
        members: members.iter().map(member).collect::<Result<_, _>>()?,
        closed: flag("closed"),
        additional: value.get("additional").map(type_of).transpose()?,
        single: flag("single"),
        variants: texts(&value["variants"]),
        shortcut: value["shortcut"].as_str().map(str::to_owned),
    }))
}

fn types(value: &Value) -> Result<Vec<Type>, String> {
    value.as_array().into_iter().flatten().map(type_of).collect()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}
