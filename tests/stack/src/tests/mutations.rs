//! For every operation of the table: a valid request passes, and each single thing that is wrong with it is refused.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Bench, ELASTIC, read};
use crate::core::Tables;
use crate::log::Product;
use crate::spec::{Definition, Object, Operation, Payload, Spec, Type, find_exact, sample};

/// The generated tables, or the one that a developer names.
pub(crate) fn tables() -> Tables {
    match std::env::var("ELKIT_STACK_TABLE") {
        Ok(path) => Tables::Own(std::fs::read_to_string(path).expect("the table is readable")),
        Err(_) => Tables::BuiltIn,
    }
}

#[test]
fn answers_fit_the_specification() {
    let mut checked = 0;
    for table in tables().texts() {
        let spec = Spec::read(table);
        for (id, operation, _) in spec.every() {
            for payload in operation.responses.values() {
                let Some(ty) = &payload.ty else { continue };
                let value = sample::value(&spec, ty);
                let flaw = find_exact(&spec, ty, &value);
                assert_eq!(flaw, None, "{id}: {value}");
                checked += 1;
            }
        }
    }
    println!("{checked} answers fit");
}

#[test]
fn every_mutation_is_refused() {
    let bench = Bench::of(tables());
    let (mut counts, mut wrong) = (BTreeMap::new(), Vec::new());
    for table in tables().texts() {
        mutate(&bench, &Spec::read(table), &mut counts, &mut wrong);
    }
    println!("{counts:?}");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn mutate(bench: &Bench, spec: &Spec, counts: &mut BTreeMap<&'static str, usize>, wrong: &mut Vec<String>) {
    let shapes: Vec<String> = spec.every().map(|(_, _, raw)| shape(&raw)).collect();
    for (id, operation, raw) in spec.every() {
        // What one of several operations of a path refuses, another may take.
        if shapes.iter().filter(|other| **other == shape(&raw)).count() > 1 {
            *counts.entry("shared path").or_default() += 1;
            continue;
        }
        let request = Valid::of(spec, operation, &raw);
        prepare(bench, id);
        let kibana = request.product == Product::Kibana;
        let mut expect = |what: &'static str, good: bool, got: (u16, Value)| {
            *counts.entry(what).or_default() += 1;
            // Kibana's errors all have one shape.
            let shaped = got.1["statusCode"] == got.0 && got.1["error"].is_string() && got.1["message"].is_string();
            let good = good && (!kibana || got.0 < 400 || shaped);
            if !good {
                wrong.push(format!("{id}: {what}: {} {}", got.0, got.1));
            }
        };
        let got = request.send(bench);
        if got.0 >= 300 {
            println!("{id}: {} {}", got.0, got.1);
        }
        // State may refuse what the specification allows (`roles are missing`), so only its own words count.
        // A realm refuses a proof that nobody made, in its own words too.
        let by_realm =
            (id.contains(".saml_") || id.contains(".oidc_")) && got.1["error"]["type"] == "security_exception";
        let by_state =
            by_realm || got.0 == 404 || got.0 == 400 && !got.1.to_string().contains("doesn't support values");
        let by_kibana = STATEFUL.iter().any(|start| id.starts_with(start))
            && (got.0 == 404 || !got.1["message"].as_str().unwrap_or_default().starts_with("[request"));
        expect("valid", got.0 < 300 || by_state && (!kibana || by_kibana), got);

        let mut other = request.clone();
        other.authorization = String::new();
        let got = other.send(bench);
        expect("without credentials", got.0 == 401 || id.ends_with("status") || got.1["status"].is_object(), got);

        let mut other = request.clone();
        other.path.push_str(if other.path.contains('?') { "&no_such=1" } else { "?no_such=1" });
        let got = other.send(bench);
        expect("unknown query", got.0 == 400, got);

        let mut other = request.clone();
        other.verb = if kibana { "TRACE" } else { "PATCH" }.to_owned();
        let got = other.send(bench);
        expect("wrong verb", got.0 == if kibana { 404 } else { 405 }, got);

        if request.product == Product::Kibana && request.verb != "GET" {
            let mut other = request.clone();
            other.xsrf = "";
            let got = other.send(bench);
            expect("without xsrf", got.0 == 400, got);
        }
        for (name, query) in &operation.query {
            let Some(bad) = bad_text(spec, &query.ty) else { continue };
            let mut other = request.clone();
            other.path.push_str(&format!("{}{name}={bad}", if other.path.contains('?') { '&' } else { '?' }));
            let got = other.send(bench);
            expect("bad parameter", got.0 == 400, got);
        }
        let takes_null =
            |payload: &Payload| payload.ty.as_ref().is_some_and(|ty| find_exact(spec, ty, &Value::Null).is_none());
        let needs_body = |payload: &Payload| payload.is_json() && payload.required && !takes_null(payload);
        if operation.body.as_ref().is_some_and(needs_body) {
            let mut other = request.clone();
            other.body = Value::Null;
            let got = other.send(bench);
            expect("no body", got.0 == 400, got);
        }
        if request.form.is_some() {
            let mut other = request.clone();
            other.form = None;
            let got = other.send(bench);
            expect("no form", got.0 == 415, got);
        }
        for (what, form) in spoilt_forms(spec, operation) {
            let mut other = request.clone();
            other.form = Some(form);
            let got = other.send(bench);
            expect(what, got.0 == 400, got);
        }
        for (what, body) in mutations(spec, operation, &request) {
            let mut other = request.clone();
            other.body = body;
            let got = other.send(bench);
            expect(what, got.0 == 400, got);
        }
    }
}

/// Kibana's operations whose state may refuse what the specification allows.
const STATEFUL: [&str; 8] =
    ["alerting.rules.", "cases.", "connectors.", "data_views.", "roles.", "saved_objects.", "short_urls.", "spaces."];

/// The parts of a form: name, content, whether it is a file.
type Form = Vec<(String, String, bool)>;

fn form(spec: &Spec, operation: &Operation) -> Option<Form> {
    let payload = operation.body.as_ref().filter(|payload| payload.media.as_deref() == Some("multipart"))?;
    let object = object(spec, payload.ty.as_ref()?)?;
    let parts = object.members.iter().filter(|(_, member)| member.required || is_file(&member.ty));
    let part = |ty: &Type| match sample::value(spec, ty) {
        Value::String(text) => text,
        other => other.to_string(),
    };
    Some(parts.map(|(name, member)| (name.clone(), part(&member.ty), is_file(&member.ty))).collect())
}

fn is_file(ty: &Type) -> bool {
    matches!(ty, Type::Scalar(scalar) if scalar.name == "binary")
}

/// Forms without one of the parts that they need, and with a text where a file belongs.
fn spoilt_forms(spec: &Spec, operation: &Operation) -> Vec<(&'static str, Form)> {
    let Some(whole) = form(spec, operation) else { return Vec::new() };
    let payload = operation.body.as_ref().and_then(|payload| payload.ty.as_ref());
    let Some(object) = payload.and_then(|ty| object(spec, ty)) else { return Vec::new() };
    let mut spoilt = Vec::new();
    for (at, (name, _, file)) in whole.iter().enumerate() {
        if object.members[name].required {
            let mut form = whole.clone();
            form.remove(at);
            spoilt.push(("missing part", form));
        }
        if *file {
            let mut form = whole.clone();
            form[at].2 = false;
            spoilt.push(("text for a file", form));
        }
    }
    spoilt
}

/// Makes what a valid request of an operation must find: samples all have the id `string`.
fn prepare(bench: &Bench, id: &str) {
    match id {
        "spaces.create" => bench.kibana("DELETE /api/spaces/space/string", Value::Null),
        id if id.starts_with("spaces.") => {
            bench.kibana("POST /api/spaces/space", json!({ "id": "string", "name": "A" }))
        }
        _ => (0, Value::Null),
    };
}

/// A request that fits the specification.
#[derive(Clone)]
pub(crate) struct Valid {
    product: Product,
    verb: String,
    path: String,
    pub(crate) authorization: String,
    xsrf: &'static str,
    pub(crate) body: Value,
    form: Option<Form>,
}

impl Valid {
    pub(crate) fn of(spec: &Spec, operation: &Operation, raw: &Value) -> Self {
        let route = &raw["routes"][0];
        let mut path = route["path"].as_str().expect("a path").to_owned();
        for (name, ty) in &operation.path {
            path = path.replace(&format!("{{{name}}}"), &parameter(spec, ty));
        }
        let required = operation.query.iter().filter(|(_, query)| query.required);
        let query: Vec<String> =
            required.map(|(name, query)| format!("{name}={}", parameter(spec, &query.ty))).collect();
        if !query.is_empty() {
            path = format!("{path}?{}", query.join("&"));
        }
        let body = operation.body.as_ref().filter(|payload| payload.is_json());
        let body = body.and_then(|payload| payload.ty.as_ref()).map_or(Value::Null, |ty| sample::value(spec, ty));
        Self {
            product: if raw["product"] == "kibana" { Product::Kibana } else { Product::Elasticsearch },
            verb: route["verbs"][0].as_str().expect("a verb").to_owned(),
            path,
            authorization: ELASTIC.to_owned(),
            xsrf: "true",
            body,
            form: form(spec, operation),
        }
    }

    pub(crate) fn send(&self, bench: &Bench) -> (u16, Value) {
        let media = if self.form.is_some() { "multipart/form-data; boundary=x" } else { "application/json" };
        let headers = [
            ("authorization", self.authorization.as_str()),
            ("kbn-xsrf", self.xsrf),
            ("content-type", media),
            ("x-elastic-internal-origin", "test"),
        ];
        let request = format!("{} {}", self.verb, self.path);
        if let Some(form) = &self.form {
            let part = |(name, text, file): &(String, String, bool)| {
                let file = if *file { "; filename=\"import.ndjson\"" } else { "" };
                format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{text}\r\n")
            };
            let body: String = form.iter().map(part).chain(["--x--\r\n".to_owned()]).collect();
            return read(bench.send_bytes(self.product, &request, &headers, body.into()));
        }
        read(bench.send(self.product, &request, &headers, self.body.clone()))
    }
}

/// Bodies with one thing wrong, by what the specification says of the outermost object.
fn mutations(spec: &Spec, operation: &Operation, request: &Valid) -> Vec<(&'static str, Value)> {
    let payload = operation.body.as_ref().filter(|payload| payload.is_json());
    let Some(object) = payload.and_then(|payload| object(spec, payload.ty.as_ref()?)) else {
        return Vec::new();
    };
    let mut out = Vec::new();
    for (name, member) in &object.members {
        if member.required && member.default.is_none() {
            let mut body = request.body.clone();
            body.as_object_mut().expect("an object").remove(name);
            out.push(("missing member", body));
        }
        for (what, bad) in bad_value(spec, &member.ty).into_iter().chain(beyond_limits(spec, &member.ty)) {
            let mut body = request.body.clone();
            body[name] = bad;
            out.push((what, body));
        }
    }
    let closed = object.closed || request.product == Product::Elasticsearch;
    if closed && object.additional.is_none() {
        let mut body = request.body.clone();
        body["no_such_member"] = json!(1);
        out.push(("unknown member", body));
    }
    out
}

fn object<'a>(spec: &'a Spec, ty: &'a Type) -> Option<&'a Object> {
    match resolve(spec, ty)? {
        Definition::Object(object) => Some(object),
        _ => None,
    }
}

fn bad_value(spec: &Spec, ty: &Type) -> Option<(&'static str, Value)> {
    match ty {
        Type::Scalar(scalar) => match scalar.name.as_str() {
            "string" => Some(("wrong type", json!({ "a": 1 }))),
            "boolean" => Some(("wrong type", json!("maybe"))),
            "binary" => None,
            _ => Some(("wrong type", json!("many"))),
        },
        Type::List(item, _) => bad_value(spec, item).map(|(what, bad)| (what, json!([bad]))),
        Type::Map(_) => Some(("wrong type", json!("text"))),
        Type::Ref(_) | Type::Inline(_) => match resolve(spec, ty)? {
            Definition::Enum(_, crate::spec::Openness::Closed) => Some(("bad enum", json!("no_such_value"))),
            Definition::Object(object) if object.shortcut.is_none() => Some(("wrong type", json!("text"))),
            Definition::Alias(inner) => bad_value(spec, inner),
            _ => None,
        },
        _ => None,
    }
}

/// Values just beyond each limit that a type has.
fn beyond_limits(spec: &Spec, ty: &Type) -> Vec<(&'static str, Value)> {
    let mut out = Vec::new();
    let mut beyond = |what, value: Option<Value>| out.extend(value.map(|value| (what, value)));
    let count = |size: u64| usize::try_from(size).ok().filter(|size| *size < 50_000);
    match ty {
        Type::AnyOf(branches) => {
            if let [inner, Type::Null] = &branches[..] {
                return beyond_limits(spec, inner);
            }
        }
        Type::List(item, size) => {
            let items = |count: usize| Value::from(vec![sample::value(spec, item); count]);
            beyond("too few items", size.min.and_then(|min| min.checked_sub(1)).and_then(count).map(items));
            beyond("too many items", size.max.and_then(|max| count(max + 1)).map(items));
            let bad = beyond_limits(spec, item).into_iter();
            let fewest = size.min.and_then(count).unwrap_or(1).max(1);
            out.extend(bad.map(|(what, bad)| (what, Value::from(vec![bad; fewest]))));
        }
        Type::Scalar(scalar) if scalar.name == "string" => {
            // Texts of a pattern are refused for it, whatever their length.
            beyond("no match", scalar.pattern.is_some().then(|| json!("\u{0}\n")));
            let text = |length: usize| json!("a".repeat(length));
            beyond("too short", scalar.length.min.and_then(|min| min.checked_sub(1)).and_then(count).map(text));
            beyond("too long", scalar.length.max.and_then(|max| count(max + 1)).map(text));
        }
        Type::Scalar(scalar) => {
            let step = |excluded: bool| if excluded { 0.0 } else { 1.0 };
            let whole = |number: f64| if number.fract() == 0.0 { json!(number as i64) } else { json!(number) };
            beyond("too small", scalar.min.map(|min| whole(min - step(scalar.above_min))));
            beyond("too large", scalar.max.map(|max| whole(max + step(scalar.below_max))));
            let most = scalar.one_of.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            beyond("no such number", most.is_finite().then(|| whole(most + 1.0)));
        }
        _ => {}
    }
    out
}

/// A text of a URL that is none of a type's values.
fn bad_text(spec: &Spec, ty: &Type) -> Option<&'static str> {
    match ty {
        Type::Scalar(scalar) if !["string", "binary"].contains(&scalar.name.as_str()) => Some("no_such_value"),
        Type::List(item, _) => bad_text(spec, item),
        Type::Ref(_) | Type::Inline(_) => match resolve(spec, ty)? {
            Definition::Enum(_, crate::spec::Openness::Closed) => Some("no_such_value"),
            Definition::Alias(inner) => bad_text(spec, inner),
            _ => None,
        },
        _ => None,
    }
}

fn resolve<'a>(spec: &'a Spec, ty: &'a Type) -> Option<&'a Definition> {
    let mut ty = ty;
    for _ in 0..10 {
        match spec.defined(ty)? {
            Definition::Alias(inner) if matches!(inner, Type::Ref(_) | Type::Inline(_)) => ty = inner,
            definition => return Some(definition),
        }
    }
    None
}

/// The first route, with every parameter alike.
fn shape(raw: &Value) -> String {
    let path = raw["routes"][0]["path"].as_str().unwrap_or_default();
    let segments = path.split('/').map(|segment| if segment.contains('{') { "*" } else { segment });
    format!("{} {}", raw["routes"][0]["verbs"][0], segments.collect::<Vec<_>>().join("/"))
}

/// A value of a parameter as it stands in a URL.
fn parameter(spec: &Spec, ty: &Type) -> String {
    match ty {
        Type::AnyOf(branches) if !branches.is_empty() => parameter(spec, &branches[0]),
        Type::Ref(id) => match spec.definition(id) {
            Some(Definition::Alias(inner)) => parameter(spec, inner),
            _ => text(&sample::value(spec, ty)),
        },
        Type::List(item, _) => parameter(spec, item),
        other => text(&sample::value(spec, other)),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.first().map_or_else(|| "a".to_owned(), text),
        Value::Object(_) => "a".to_owned(),
        other => other.to_string(),
    }
}
