//! Model -> text: the inverse of `read.rs`. The shortest form is chosen everywhere: a type expression where one can say it,
//! members absent when they say nothing.

use std::collections::BTreeMap;

use super::expr;
use super::layout::{Out, to_text};
use super::model::{
    Additional, Api, Body, Deprecation, Enum, EnumValue, Facts, Limits, Member, Object, Operation, Reading, Response,
    Route, Scalar, Schema, Tag, TypeDef, Union,
};

/// The files that say what `api` says, by path below the product's folder.
pub fn print(api: &Api) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for operation in api.operations.values() {
        files.insert(operation_path(&operation.id), to_text(&operation_out(operation)));
    }
    let mut namespaces: BTreeMap<&str, Vec<(&str, &TypeDef)>> = BTreeMap::new();
    for (id, def) in &api.types {
        let (namespace, name) = split_id(id);
        namespaces.entry(namespace).or_default().push((name, def));
    }
    for (namespace, types) in namespaces {
        files.insert(types_path(namespace), to_text(&types_out(namespace, &types)));
    }
    files
}

/// Where an operation's file stands below the product's folder.
pub fn operation_path(id: &str) -> String {
    match split_id(id) {
        ("", name) => format!("{name}.json"),
        (namespace, name) => format!("{namespace}/{name}.json"),
    }
}

/// Where the types of a namespace stand below the product's folder.
pub fn types_path(namespace: &str) -> String {
    format!("types/{}.json", if namespace.is_empty() { "common" } else { namespace })
}

/// Namespace and name of an id: what stands before and after its last dot.
pub fn split_id(id: &str) -> (&str, &str) {
    id.rsplit_once('.').unwrap_or(("", id))
}

/// An object under construction.
#[derive(Default)]
struct Fields(Vec<(String, Out)>);

impl Fields {
    fn put(&mut self, key: &str, value: impl Into<Out>) {
        self.0.push((key.to_owned(), value.into()));
    }

    fn some(&mut self, key: &str, value: Option<impl Into<Out>>) {
        if let Some(value) = value {
            self.put(key, value);
        }
    }

    fn flag(&mut self, key: &str, value: bool) {
        if value {
            self.put(key, true);
        }
    }

    fn list(&mut self, key: &str, items: &[String]) {
        if !items.is_empty() {
            self.put(key, items);
        }
    }

    fn object(&mut self, key: &str, entries: Vec<(String, Out)>) {
        if !entries.is_empty() {
            self.put(key, Out::Object(entries));
        }
    }
}

fn operation_out(operation: &Operation) -> Out {
    let mut fields = Fields::default();
    fields.put("operation", operation.id.as_str());
    facts_into(&operation.facts, &mut fields);
    fields.some("reference", operation.reference.as_deref());
    let privileges = operation.privileges.iter().map(|(kind, names)| (kind.clone(), names.as_slice().into()));
    fields.object("privileges", privileges.collect());
    fields.some("version", operation.version.as_deref());
    fields.flag("space", operation.space);
    fields.put("routes", Out::Array(operation.routes.iter().map(route_out).collect()));
    fields.object("path", members_out(&operation.path));
    fields.object("query", members_out(&operation.query));
    fields.object("headers", members_out(&operation.headers));
    fields.some("body", operation.body.as_ref().map(body_out));
    let responses = operation.responses.iter().map(|(status, response)| (status.clone(), response_out(response)));
    fields.object("responses", responses.collect());
    Out::Tall(fields.0)
}

fn route_out(route: &Route) -> Out {
    let mut fields = Fields::default();
    fields.put("verbs", route.verbs.as_slice());
    fields.put("path", route.path.as_str());
    fields.some("deprecated", route.deprecated.as_ref().map(deprecation_out));
    Out::Object(fields.0)
}

fn body_out(body: &Body) -> Out {
    let mut fields = Fields::default();
    fields.some("name", body.name.as_deref());
    fields.flag("required", body.required);
    fields.list("required_in", &body.required_in);
    fields.list("documents", &body.documents);
    for (media, schema) in &body.content {
        fields.put(media, content_out(schema));
    }
    Out::Object(fields.0)
}

fn response_out(response: &Response) -> Out {
    let mut fields = Fields::default();
    fields.some("name", response.name.as_deref());
    fields.list("documents", &response.documents);
    for (media, schema) in &response.content {
        fields.put(media, content_out(schema));
    }
    Out::Object(fields.0)
}

/// A plain object is just its members; any other structure stands under `=`.
fn content_out(schema: &Schema) -> Out {
    if let Schema::Object(object) = schema {
        let plain = Object { members: object.members.clone(), ..Object::default() };
        if plain == *object && object.members.iter().all(|member| member.name != "=") {
            return Out::Object(members_out(&object.members));
        }
    }
    match schema_out(schema) {
        Out::Object(entries) => Out::Object(vec![("=".to_owned(), Out::Object(entries))]),
        expression => expression,
    }
}

fn types_out(namespace: &str, types: &[(&str, &TypeDef)]) -> Out {
    let mut fields = Fields::default();
    fields.put("namespace", namespace);
    let shared = shared_documents(types);
    fields.list("documents", shared);
    let types = types.iter().map(|(name, def)| ((*name).to_owned(), type_out(def, shared))).collect();
    fields.put("types", Out::Tall(types));
    Out::Tall(fields.0)
}

/// The documents that most types of a file stand in, said once at its head; nothing when some type stands in none.
fn shared_documents<'a>(types: &[(&str, &'a TypeDef)]) -> &'a [String] {
    let mut counts: BTreeMap<&[String], usize> = BTreeMap::new();
    for (_, def) in types {
        *counts.entry(&def.facts.documents).or_default() += 1;
    }
    if counts.contains_key(&[] as &[String]) {
        return &[];
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map_or(&[], |(documents, _)| documents)
}

fn type_out(def: &TypeDef, shared: &[String]) -> Out {
    let mut facts = def.facts.clone();
    if facts.documents == shared {
        facts.documents.clear();
    }
    let mut fields = Fields::default();
    fields.list("params", &def.params);
    facts_into(&facts, &mut fields);
    with_schema(fields, &def.schema, "")
}

fn members_out(members: &[Member]) -> Vec<(String, Out)> {
    members.iter().map(|member| (member.name.clone(), member_out(member))).collect()
}

fn member_out(member: &Member) -> Out {
    let mut fields = Fields::default();
    let suffix = if member.required { "" } else { "?" };
    if expr::print(&member.schema).is_none() {
        fields.flag("optional", !member.required);
    }
    facts_into(&member.facts, &mut fields);
    with_schema(fields, &member.schema, suffix)
}

/// A schema beside other fields: the expression alone when there are none.
fn with_schema(fields: Fields, schema: &Schema, suffix: &str) -> Out {
    if let Some(text) = expr::print(schema) {
        let group = !suffix.is_empty() && matches!(schema, Schema::Union(_));
        let text = if group { format!("({text}){suffix}") } else { text + suffix };
        if fields.0.is_empty() {
            return text.into();
        }
        let mut all = Fields::default();
        all.put("type", text);
        all.0.extend(fields.0);
        return Out::Object(all.0);
    }
    let mut fields = fields;
    structure_into(schema, &mut fields);
    Out::Object(fields.0)
}

fn schema_out(schema: &Schema) -> Out {
    with_schema(Fields::default(), schema, "")
}

fn schemas_out(schemas: &[Schema]) -> Out {
    Out::Array(schemas.iter().map(schema_out).collect())
}

/// Keys are strings unless said.
fn keys_into(key: &Schema, fields: &mut Fields) {
    if *key != Schema::Scalar(Scalar::String) {
        fields.put("keys", schema_out(key));
    }
}

/// What no expression can say.
fn structure_into(schema: &Schema, fields: &mut Fields) {
    match schema {
        Schema::Any | Schema::Scalar(_) => fields.some("type", expr::print(schema)),
        Schema::Literal(value) => fields.put("constant", value),
        Schema::Ref { name, args } => {
            fields.put("generic", name.as_str());
            fields.put("args", schemas_out(args));
        }
        Schema::List(item) => fields.put("list", schema_out(item)),
        Schema::Map(key, value) => {
            keys_into(key, fields);
            fields.put("map", schema_out(value));
        }
        Schema::Pair(key, value) => {
            keys_into(key, fields);
            fields.put("pair", schema_out(value));
        }
        Schema::Union(union) => union_into(union, fields),
        Schema::Object(object) => object_into(object, fields),
        Schema::Enum(set) => enum_into(set, fields),
    }
}

fn union_into(union: &Union, fields: &mut Fields) {
    fields.some("tag", union.tag.as_ref().map(|tag| tag_out(tag, union)));
    fields.flag("open", union.open);
    fields.list("names", &union.names);
    fields.put("union", schemas_out(&union.of));
}

fn tag_out(tag: &Tag, union: &Union) -> Out {
    let mut fields = Fields::default();
    match tag {
        Tag::Member { name, beside, default, mapping } => {
            fields.put(if *beside { "beside" } else { "member" }, name.as_str());
            fields.some("default", default.as_deref());
            let mapping = mapping.iter().map(|(tag, index)| (tag.clone(), alternative_out(*index, union)));
            fields.object("mapping", mapping.collect());
        }
        Tag::Key(tags) => fields.put("key", tags.as_slice()),
        Tag::Untyped(index) => fields.put("untyped", alternative_out(*index, union)),
    }
    Out::Object(fields.0)
}

/// An alternative is called by its expression where that is unique, else by its place.
fn alternative_out(index: usize, union: &Union) -> Out {
    let unique = |schema: &&Schema| union.of.iter().filter(|other| other == schema).count() == 1;
    let text = union.of.get(index).filter(unique).and_then(expr::print);
    text.map_or_else(|| Out::Scalar(index.into()), Out::from)
}

fn enum_into(set: &Enum, fields: &mut Fields) {
    fields.flag("open", set.open);
    fields.put("enum", Out::Array(set.values.iter().map(enum_value_out).collect()));
}

fn enum_value_out(value: &EnumValue) -> Out {
    let mut facts = Fields::default();
    facts_into(&value.facts, &mut facts);
    if facts.0.is_empty() {
        return (&value.value).into();
    }
    let mut fields = Fields::default();
    fields.put("value", &value.value);
    fields.0.extend(facts.0);
    Out::Object(fields.0)
}

fn object_into(object: &Object, fields: &mut Fields) {
    if !object.extends.is_empty() {
        fields.put("extends", schemas_out(&object.extends));
    }
    fields.some("reads", object.reads.as_deref().map(schema_out));
    fields.some("tag_value", object.tag_value.as_deref());
    fields.some("shortcut", object.shortcut.as_deref());
    fields.flag("closed", object.closed);
    fields.flag("open", object.open);
    // An object is told by any of these keys; at least one stands.
    if !object.members.is_empty()
        || object.variants.is_empty() && object.extends.is_empty() && object.additional.is_none()
    {
        fields.put("object", Out::Object(members_out(&object.members)));
    }
    fields.object("one_of", members_out(&object.variants));
    fields.some("additional", object.additional.as_ref().map(additional_out));
}

fn additional_out(additional: &Additional) -> Out {
    let mut fields = Fields::default();
    fields.some("name", additional.name.as_deref());
    fields.some("value_name", additional.value_name.as_deref());
    fields.flag("single", additional.single);
    keys_into(&additional.key, &mut fields);
    fields.put("values", schema_out(&additional.value));
    Out::Object(fields.0)
}

fn deprecation_out(deprecation: &Deprecation) -> Out {
    deprecation.version.as_deref().map_or_else(|| true.into(), Out::from)
}

fn reading_out(reading: &Reading) -> Out {
    let mut fields = Fields::default();
    fields.list("documents", &reading.documents);
    facts_into(&reading.facts, &mut fields);
    with_schema(fields, &reading.schema, "")
}

fn facts_into(facts: &Facts, fields: &mut Fields) {
    fields.some("name", facts.code_name.as_deref());
    fields.some("since", facts.since.as_deref());
    fields.some("stability", facts.stability.as_deref());
    fields.some("deprecated", facts.deprecated.as_ref().map(deprecation_out));
    fields.some("serverless", facts.serverless);
    fields.list("documents", &facts.documents);
    fields.list("required_in", &facts.required_in);
    if !facts.differs.is_empty() {
        let differs = facts.differs.iter().map(reading_out).collect();
        fields.put("differs", Out::Array(differs));
    }
    fields.some("default", facts.default.as_ref());
    fields.list("aliases", &facts.aliases);
    let Limits { min, max, above_min, below_max, min_length, max_length, min_items, max_items, pattern, format } =
        &facts.limits;
    fields.some("min", min.as_ref());
    fields.some("max", max.as_ref());
    fields.flag("above_min", *above_min);
    fields.flag("below_max", *below_max);
    let sizes =
        [("min_length", min_length), ("max_length", max_length), ("min_items", min_items), ("max_items", max_items)];
    for (key, size) in sizes {
        fields.some(key, size.map(|size| Out::Scalar(size.into())));
    }
    fields.some("pattern", pattern.as_deref());
    fields.some("format", format.as_deref());
}
