//! The IR as compact JSON: what the embedded stack routes by, checks requests with and makes answers from.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::ir::{Content, Enum, Ir, Kind, Member, Object, Operation, Ty, Type};
use crate::spec::model::{Json, Limits, Product, Scalar};

/// Where the table stands, below the workspace.
pub(crate) fn path(product: Product) -> String {
    match product {
        Product::Elasticsearch => "tests/stack/src/table.json".to_owned(),
        Product::Kibana => "tests/stack/src/kibana_table.json".to_owned(),
    }
}

/// Writes the table: one line an operation and a type, so that differences are readable.
pub(crate) fn print(ir: &Ir) -> String {
    let operations: Vec<String> = ir.operations.iter().map(|op| operation(ir, op).to_string()).collect();
    let types: Vec<String> = ir.types.iter().map(|(id, ty)| format!("{}:{}", json!(id), named(ir, ty))).collect();
    format!("{{\"operations\":[\n{}\n],\"types\":{{\n{}\n}}}}\n", operations.join(",\n"), types.join(",\n"))
}

fn operation(ir: &Ir, operation: &Operation) -> Value {
    let mut row = Map::new();
    row.insert("id".into(), json!(operation.id));
    row.insert("product".into(), json!(ir.product.as_str()));
    let routes = operation.routes.iter().map(|route| json!({ "verbs": route.verbs, "path": route.path }));
    row.insert("routes".into(), routes.collect());
    let path = operation.path.iter().map(|member| (member.name.clone(), ty(&member.ty)));
    insert(&mut row, "path", path.collect());
    let query = operation.query.iter().map(|param| {
        let mut entry = member(ir, param);
        if matches!(param.ty, Ty::List(_) | Ty::OneOrMany(_)) {
            entry.insert("list".into(), json!(true));
        }
        (param.name.clone(), Value::Object(entry))
    });
    insert(&mut row, "query", query.collect());
    if let Some(body) = &operation.body {
        let content =
            json!({ "media": body.media.name(), "required": body.required, "type": content(ir, &body.content) });
        row.insert("body".into(), content);
    }
    let response = match &operation.response.content {
        Some((media, body)) => json!({ "media": media.name(), "type": content(ir, body) }),
        None => json!({}),
    };
    row.insert("responses".into(), json!({ operation.response.status.clone(): response }));
    if !operation.privileges.is_empty() {
        row.insert("privileges".into(), json!(operation.privileges));
    }
    if operation.space {
        row.insert("space".into(), json!(true));
    }
    for (name, value) in [("version", &operation.version), ("since", &operation.facts.since)] {
        if let Some(value) = value {
            row.insert(name.into(), json!(value));
        }
    }
    Value::Object(row)
}

fn insert(row: &mut Map<String, Value>, name: &str, members: Map<String, Value>) {
    if !members.is_empty() {
        row.insert(name.into(), Value::Object(members));
    }
}

fn content(ir: &Ir, content: &Content) -> Value {
    match content {
        Content::Object(body) => object(ir, body),
        Content::Value(value, _) => ty(value),
    }
}

fn named(ir: &Ir, ty: &Type) -> Value {
    match &ty.kind {
        kind @ Kind::Union(_) => limited(ir, self::kind(ir, kind), &ty.facts.limits, &[]),
        kind => self::kind(ir, kind),
    }
}

fn kind(ir: &Ir, kind: &Kind) -> Value {
    match kind {
        Kind::Object(body) => object(ir, body),
        Kind::Enum(Enum { values, booleans }) => {
            let names = values.iter().flat_map(|value| std::iter::once(&value.value).chain(&value.aliases));
            let mut row = Map::from_iter([("enum".to_owned(), json!(names.collect::<Vec<_>>()))]);
            if *booleans {
                row.insert("booleans".into(), json!(true));
            }
            Value::Object(row)
        }
        Kind::Union(union) => {
            let arms: Vec<Value> = union.arms.iter().map(|arm| ty(&arm.ty)).collect();
            let mut row = Map::from_iter([("any_of".to_owned(), json!(arms))]);
            if let Some(tag) = &union.tag {
                row.insert(if union.beside { "beside" } else { "tag" }.into(), json!(tag));
            }
            if union.arms.iter().any(|arm| !arm.tags.is_empty()) {
                row.insert("tags".into(), union.arms.iter().map(|arm| json!(arm.tags)).collect());
            }
            Value::Object(row)
        }
        Kind::Container(variants) => {
            let members: Map<String, Value> =
                variants.iter().map(|variant| (variant.name.clone(), json!({ "type": ty(&variant.ty) }))).collect();
            let names: Vec<&str> = variants.iter().map(|variant| variant.name.as_str()).collect();
            json!({ "object": members, "variants": names, "closed": true })
        }
        Kind::Keyed(variants) => {
            let arms: Vec<Value> = variants.iter().map(|variant| ty(&variant.ty)).collect();
            let keys: Vec<&str> = variants.iter().map(|variant| variant.name.as_str()).collect();
            json!({ "any_of": arms, "keys": keys })
        }
    }
}

fn object(ir: &Ir, object: &Object) -> Value {
    let mut members: Map<String, Value> =
        object.members.iter().map(|known| (known.name.clone(), Value::Object(member(ir, known)))).collect();
    for variant in &object.variants {
        members.insert(variant.name.clone(), json!({ "type": ty(&variant.ty) }));
    }
    let mut row = Map::from_iter([("object".to_owned(), Value::Object(members))]);
    if object.closed {
        row.insert("closed".into(), json!(true));
    }
    if let Some(rest) = &object.rest {
        // What each of them is: keys that carry tags do not make it a map.
        let each = if let Ty::TypedKeys(id) = &rest.ty { json!({ "ref": id }) } else { ty(&rest.ty) };
        row.insert("additional".into(), each);
        if rest.single {
            row.insert("single".into(), json!(true));
        }
    }
    if !object.variants.is_empty() {
        let names: Vec<&str> = object.variants.iter().map(|variant| variant.name.as_str()).collect();
        row.insert("variants".into(), json!(names));
    }
    if let Some(shortcut) = &object.shortcut {
        row.insert("shortcut".into(), json!(shortcut));
    }
    Value::Object(row)
}

fn member(ir: &Ir, member: &Member) -> Map<String, Value> {
    let mut row = Map::new();
    row.insert("type".into(), limited(ir, ty(&member.ty), &member.facts.limits, &member.facts.numbers));
    if member.required {
        row.insert("required".into(), json!(true));
    }
    if !member.facts.aliases.is_empty() {
        row.insert("aliases".into(), json!(member.facts.aliases));
    }
    if let Some(default) = &member.facts.default {
        row.insert("default".into(), default.clone());
    }
    row
}

/// A type with the constraints of what holds it: they are for every text, number and list in it, but in named
/// types that are more than a choice of scalars.
fn limited(ir: &Ir, ty: Value, limits: &Limits, numbers: &[Json]) -> Value {
    match ty {
        Value::String(scalar) => {
            let row = scalar_limits(&scalar, limits, numbers);
            if row.is_empty() { Value::String(scalar) } else { Map::from_iter([(scalar, Value::Object(row))]).into() }
        }
        Value::Object(of) if of.contains_key("ref") => {
            let open = of["ref"].as_str().and_then(|id| scalars(ir, id));
            let narrow = open.as_ref().map(|open| limited(ir, open.clone(), limits, numbers));
            if narrow == open { Value::Object(of) } else { narrow.unwrap_or_default() }
        }
        Value::Object(of) => {
            let is_list = of.contains_key("list");
            let parts = of.into_iter().map(|(form, part)| {
                let part = match (form.as_str(), part) {
                    ("list" | "map" | "pair", item) => limited(ir, item, limits, numbers),
                    ("any_of", Value::Array(arms)) => {
                        arms.into_iter().map(|arm| limited(ir, arm, limits, numbers)).collect()
                    }
                    (_, part) => part,
                };
                (form, part)
            });
            let mut row: Map<String, Value> = parts.collect();
            if is_list {
                insert_some(&mut row, [("min_items", limits.min_items), ("max_items", limits.max_items)]);
            }
            Value::Object(row)
        }
        other => other,
    }
}

/// A named choice of nothing but scalars.
fn scalars(ir: &Ir, id: &str) -> Option<Value> {
    let kind = &ir.types.get(id)?.kind;
    match kind {
        Kind::Union(union) if union.arms.iter().all(|arm| matches!(arm.ty, Ty::Scalar(_))) => {
            Some(self::kind(ir, kind))
        }
        _ => None,
    }
}

fn scalar_limits(scalar: &str, limits: &Limits, numbers: &[Json]) -> Map<String, Value> {
    let mut row = Map::new();
    match scalar {
        "string" => {
            insert_some(&mut row, [("min_length", limits.min_length), ("max_length", limits.max_length)]);
            insert_some(&mut row, [("pattern", limits.pattern.as_ref()), ("format", limits.format.as_ref())]);
        }
        "any" | "binary" | "boolean" | "null" => {}
        _ => {
            insert_some(&mut row, [("min", limits.min.as_ref()), ("max", limits.max.as_ref())]);
            let excluded = [("above_min", limits.above_min), ("below_max", limits.below_max)];
            insert_some(&mut row, excluded.map(|(name, excluded)| (name, excluded.then_some(true))));
            if !numbers.is_empty() {
                row.insert("one_of".into(), json!(numbers));
            }
        }
    }
    row
}

fn insert_some<T: Serialize>(row: &mut Map<String, Value>, facts: [(&str, Option<T>); 2]) {
    row.extend(facts.into_iter().filter_map(|(name, fact)| Some((name.to_owned(), json!(fact?)))));
}

fn ty(ty: &Ty) -> Value {
    let of = |item: &Ty| self::ty(item);
    match ty {
        Ty::Any => json!("any"),
        Ty::Scalar(scalar) => json!(scalar_name(*scalar)),
        Ty::Literal(value) => json!({ "const": value }),
        Ty::Runtime(name) if name == "EpochMillis" => json!("int64"),
        Ty::Runtime(name) if name == "Upload" => json!("binary"),
        Ty::Runtime(_) => json!({ "any_of": ["string", "int64"] }),
        Ty::Named(id) => json!({ "ref": id }),
        Ty::List(item) => json!({ "list": of(item) }),
        Ty::Map(item) => json!({ "map": of(item) }),
        Ty::Entry(item) => json!({ "pair": of(item) }),
        Ty::Nullable(item) => json!({ "any_of": [of(item), "null"] }),
        Ty::OneOrMany(item) => json!({ "any_of": [of(item), { "list": of(item) }] }),
        Ty::Stringified(item) => json!({ "any_of": [of(item), "string"] }),
        Ty::TypedKeys(id) => json!({ "map": { "ref": id } }),
    }
}

fn scalar_name(scalar: Scalar) -> &'static str {
    crate::spec::expr::scalar_name(scalar)
}
