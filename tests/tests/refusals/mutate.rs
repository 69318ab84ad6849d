//! Every single thing that can be wrong with a valid body, by what the specification says of it. The table that
//! `generate` writes is read here as plain JSON: nothing of the stack's own reading is trusted.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// What is wrong with a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    Missing,
    WrongType,
    Unknown,
    BadEnum,
}

/// A body with one thing wrong.
#[derive(Clone, Debug)]
pub(crate) struct Mutation {
    pub(crate) what: What,
    /// Where, as a JSON pointer.
    pub(crate) at: String,
    pub(crate) body: Value,
}

/// The table.
pub(crate) struct Table(Value);

impl Table {
    pub(crate) fn read() -> Self {
        Self(serde_json::from_str(include_str!("../../stack/src/table.json")).unwrap())
    }

    /// Every operation of Elasticsearch.
    pub(crate) fn operations(&self) -> impl Iterator<Item = &Value> {
        self.0["operations"].as_array().into_iter().flatten().filter(|operation| operation["product"] != "kibana")
    }

    /// All mutations of a body.
    pub(crate) fn mutations(&self, ty: &Value, body: &Value) -> Vec<Mutation> {
        let mut walk = Walk { table: self, root: body, found: Vec::new() };
        walk.value(ty, body, &mut Vec::new(), true);
        walk.found
    }

    /// A text that is none of a query parameter's values; none when every text is.
    pub(crate) fn bad_text(&self, ty: &Value) -> Option<&'static str> {
        let kinds = self.kinds(ty, 0);
        let open = kinds.contains("text") || kinds.contains("any");
        (!open).then_some("no_such_value")
    }

    fn resolved<'a>(&'a self, ty: &'a Value) -> &'a Value {
        let mut ty = ty;
        for _ in 0..32 {
            ty = match (ty["ref"].as_str(), ty.get("alias")) {
                (Some(id), _) => &self.0["types"][id],
                (None, Some(inner)) => inner,
                (None, None) => return ty,
            };
        }
        ty
    }

    /// The JSON kinds of a type's values, with what Elasticsearch takes for them: one for many, texts for numbers.
    fn kinds(&self, ty: &Value, depth: usize) -> BTreeSet<&'static str> {
        let ty = self.resolved(ty);
        let scalar = ty.as_str().or_else(|| {
            let members = ty.as_object()?;
            let name = members.keys().next()?;
            (members.len() == 1 && members[name].is_object()).then_some(name.as_str())
        });
        if depth > 12 {
            return BTreeSet::from(["any"]);
        }
        match scalar {
            Some("string" | "binary") => return BTreeSet::from(["text"]),
            Some("boolean") => return BTreeSet::from(["boolean"]),
            Some("null") => return BTreeSet::from(["null"]),
            Some("any") => return BTreeSet::from(["any"]),
            Some(name) if name.starts_with(['i', 'u', 'f', 'n']) => return BTreeSet::from(["number"]),
            _ => {}
        }
        if let Some(item) = ty.get("list") {
            let mut kinds = self.kinds(item, depth + 1);
            kinds.insert("array");
            return kinds;
        }
        if let Some(arms) = ty["any_of"].as_array() {
            return arms.iter().flat_map(|arm| self.kinds(arm, depth + 1)).collect();
        }
        if ty.get("object").is_some() {
            let mut kinds = BTreeSet::from(["object"]);
            if let Some(name) = ty["shortcut"].as_str() {
                kinds.extend(self.kinds(&ty["object"][name]["type"], depth + 1));
            }
            return kinds;
        }
        if ty.get("enum").is_some() {
            return BTreeSet::from([if ty["open"] == true { "text" } else { "enum" }]);
        }
        if ty.get("map").is_some() || ty.get("pair").is_some() {
            return BTreeSet::from(["object"]);
        }
        match ty.get("const") {
            Some(_) => BTreeSet::from(["enum"]),
            None => BTreeSet::from(["any"]),
        }
    }
}

struct Walk<'a> {
    table: &'a Table,
    root: &'a Value,
    found: Vec<Mutation>,
}

impl Walk<'_> {
    /// `alone`: no other alternative of a union might take what is wrong for this one.
    fn value(&mut self, ty: &Value, value: &Value, path: &mut Vec<String>, alone: bool) {
        let kinds = self.table.kinds(ty, 0);
        if alone && let Some(wrong) = wrong(&kinds) {
            self.note(What::WrongType, path, |place| *place = wrong);
        }
        let ty = self.table.resolved(ty);
        if ty.get("enum").is_some() && kinds.contains("enum") && alone {
            self.note(What::BadEnum, path, |place| *place = json!("no_such_value"));
        }
        if let Some(item) = ty.get("list") {
            match value.as_array() {
                Some(items) => {
                    if let Some(first) = items.first() {
                        self.below("0", item, first, path, alone);
                    }
                }
                None => self.value(item, value, path, false),
            }
        } else if let Some(arms) = ty["any_of"].as_array() {
            let kind = kind(value);
            let fits = |arm: &&Value| {
                let kinds = self.table.kinds(arm, 0);
                kinds.contains(kind) || kind == "text" && kinds.contains("enum")
            };
            let fitting: Vec<&Value> = arms.iter().filter(fits).collect();
            if let [only] = fitting.as_slice() {
                self.value(only, value, path, false);
            }
        } else if let Some(each) = ty.get("map").or_else(|| ty.get("pair")) {
            for (name, value) in value.as_object().into_iter().flatten() {
                self.below(name, each, value, path, true);
            }
        } else if let (Some(members), Some(given)) = (ty["object"].as_object(), value.as_object()) {
            self.object(ty, members, given, path);
        }
    }

    fn object(&mut self, ty: &Value, members: &Map<String, Value>, given: &Map<String, Value>, path: &mut Vec<String>) {
        for (name, member) in members {
            let Some(value) = given.get(name) else { continue };
            if member["required"] == true && member.get("default").is_none() {
                let name = name.clone();
                path.push(name.clone());
                let at = pointer(path);
                path.pop();
                self.note_at(What::Missing, at, path, |place| {
                    place.as_object_mut().unwrap().remove(&name);
                });
            }
            self.below(name, &member["type"], value, path, true);
        }
        if ty.get("additional").is_none() {
            self.note(What::Unknown, path, |place| place["no_such_member"] = json!(1));
        }
    }

    fn below(&mut self, step: &str, ty: &Value, value: &Value, path: &mut Vec<String>, alone: bool) {
        path.push(step.to_owned());
        self.value(ty, value, path, alone);
        path.pop();
    }

    fn note(&mut self, what: What, path: &[String], change: impl FnOnce(&mut Value)) {
        self.note_at(what, pointer(path), path, change);
    }

    fn note_at(&mut self, what: What, at: String, path: &[String], change: impl FnOnce(&mut Value)) {
        let mut body = self.root.clone();
        change(body.pointer_mut(&pointer(path)).unwrap());
        self.found.push(Mutation { what, at, body });
    }
}

/// A value of a kind that is none of those.
fn wrong(kinds: &BTreeSet<&'static str>) -> Option<Value> {
    if kinds.contains("any") {
        return None;
    }
    let lacks = |names: &[&str]| names.iter().all(|name| !kinds.contains(name));
    match () {
        () if lacks(&["object"]) => Some(json!({ "no": { "such": "value" } })),
        () if lacks(&["text", "enum", "number", "boolean"]) => Some(json!("text")),
        () if lacks(&["array"]) => Some(json!([[]])),
        () => None,
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn pointer(path: &[String]) -> String {
    path.iter().map(|step| format!("/{}", step.replace('~', "~0").replace('/', "~1"))).collect()
}
