//! Nothing that is read makes the readers, the importers or the generator panic or run forever: any JSON, any accident to a
//! real file, hostile names, types that hold each other, very many of them. Each target runs for a moment here, and for as many
//! seconds as `ELKIT_FUZZ_SECONDS` says (with `cargo test --release -p elkit-codegen --test properties -- --nocapture`). A round
//! that fails says its seed: `ELKIT_FUZZ_SEED` begins there, and `ELKIT_FUZZ_TRACE=1` says each seed before its round.

mod common;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use common::{Random, committed, upstream};
use elkit_codegen::diff::diff;
use elkit_codegen::import::elasticsearch::{self, Namespaces};
use elkit_codegen::import::openapi::{self, Input, Names, OperationFacts};
use elkit_codegen::import::{Documented, merge};
use elkit_codegen::overlay::Overlay;
use elkit_codegen::spec::model::{Api, Product};
use elkit_codegen::{Texts, generate_extension, spec};
use serde_json::{Map, Value, json};

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Runs a round for each seed: as many as `rounds`, or for as long as the environment says. Gives how many were fine.
fn target(name: &str, rounds: u64, round: impl Fn(&mut Random) -> bool) -> u64 {
    let start = Instant::now();
    let first = number("ELKIT_FUZZ_SEED").unwrap_or(1);
    let limit = number("ELKIT_FUZZ_SECONDS").map(Duration::from_secs);
    let (mut seed, mut fine) = (first, 0);
    while limit.map_or(seed - first < rounds, |limit| start.elapsed() < limit) {
        // An overflow of the stack can't be caught: the last line says where it was.
        if std::env::var_os("ELKIT_FUZZ_TRACE").is_some() {
            eprintln!("{name}: seed {seed}");
        }
        match catch_unwind(AssertUnwindSafe(|| round(&mut Random(seed)))) {
            Ok(true) => fine += 1,
            Ok(false) => {}
            Err(_) => panic!("{name}: seed {seed} panicked"),
        }
        seed += 1;
    }
    println!("{name}: {} rounds, {fine} without a problem, {:.0} s", seed - first, start.elapsed().as_secs_f64());
    fine
}

/// Any JSON, made of these words.
fn any_json(words: &[&str], depth: usize, random: &mut Random) -> Value {
    let word = |random: &mut Random| words[random.below(words.len())].to_owned();
    match random.below(if depth == 0 { 5 } else { 9 }) {
        0 => Value::Null,
        1 => random.chance(2).into(),
        2 => [json!(0), json!(-1), json!(1.5), json!(u64::MAX)][random.below(4)].clone(),
        3 | 4 => word(random).into(),
        5 => (0..random.below(4)).map(|_| any_json(words, depth - 1, random)).collect(),
        _ => {
            let count = random.below(6);
            let members = (0..count).map(|_| (word(random), any_json(words, depth - 1, random)));
            Value::Object(members.collect::<Map<_, _>>())
        }
    }
}

/// The words of a JSON text: its keys and short texts, once each.
fn words_of(texts: &[&str]) -> Vec<String> {
    fn visit(value: &Value, words: &mut std::collections::BTreeSet<String>) {
        match value {
            Value::String(text) if text.len() < 60 => drop(words.insert(text.clone())),
            Value::Array(items) => items.iter().for_each(|item| visit(item, words)),
            Value::Object(members) => members.iter().for_each(|(key, value)| {
                words.insert(key.clone());
                visit(value, words);
            }),
            _ => {}
        }
    }
    let mut words = std::collections::BTreeSet::new();
    texts.iter().for_each(|text| visit(&serde_json::from_str(text).expect("it is JSON"), &mut words));
    words.into_iter().collect()
}

const CALL: &str = r#"{ "operation": "shop.get", "since": "8.0", "deprecated": true, "routes": [{ "verbs": ["GET", "POST"],
    "path": "/_shop/{id}" }], "path": { "id": "string" }, "query": { "q": "shop.D[]?" }, "body": { "required": true, "json": { "a": "shop.A" } },
    "responses": { "200": { "json": { "a": "shop.B<shop.A>", "=": "any" } }, "default": {} } }"#;

const TYPES: &str = r#"{ "namespace": "shop", "types": { "A": { "object": { "kind": "'a'", "b": { "type": "string?", "min": 1 } }, "closed": true },
    "B": { "params": ["T"], "extends": ["shop.A"], "object": { "items": "T[]" }, "one_of": { "x": "any" }, "additional": { "keys": "string", "values": "any", "single": true } },
    "C": { "union": ["shop.A", "string | null"], "tag": { "member": "kind", "default": "a", "mapping": { "a": 0 } }, "names": ["a", "b"] },
    "D": { "enum": ["a", { "value": "b", "aliases": ["c"], "since": "9.0" }], "open": true } } }"#;

/// Reads it as a spec, prints what was read and reads that again.
fn read_twice(files: &Texts) -> Option<Api> {
    let api = spec::read(files).ok()?;
    let printed = spec::print(&api);
    let again = spec::read(&printed).unwrap_or_else(|problems| panic!("{}", problems.render(&printed)));
    assert_eq!(spec::print(&again), printed, "what was printed is printed as it stands");
    Some(api)
}

#[test]
fn any_json_as_a_spec() {
    let words = words_of(&[CALL, TYPES]);
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    words.extend(["int32", "map<string, any>", "(", "shop.A | shop.C", "é", "T", ""]);
    let fine = target("any JSON as a spec", 3_000, |random| {
        let mut file = |text: &str| match random.below(8) {
            0 => any_json(&words, 6, random).to_string(),
            1..=3 => text.to_owned(),
            // A file that is almost one: a part of it is something else.
            _ => {
                let mut value: Value = serde_json::from_str(text).expect("it is JSON");
                for _ in 0..=random.below(3) {
                    let new = any_json(&words, 4, random);
                    put_somewhere(&mut value, new, random);
                }
                value.to_string()
            }
        };
        let (call, types) = (file(CALL), file(TYPES));
        let files = Texts::from([("shop/get.json".to_owned(), call), ("types/shop.json".to_owned(), types)]);
        let read = read_twice(&files).is_some();
        // What can be read can be generated or is refused; it never ends otherwise.
        read && generate_extension(Product::Kibana, &files, &Texts::new()).is_ok()
    });
    assert!(fine > 300, "only {fine} were fine: the changes are too wild to reach the generator");
}

/// Puts a value in the place of another, anywhere.
fn put_somewhere(value: &mut Value, new: Value, random: &mut Random) {
    let stop = random.chance(5);
    match value {
        Value::Object(members) if !members.is_empty() && !stop => {
            let at = random.below(members.len());
            members.values_mut().skip(at).take(1).for_each(|inner| put_somewhere(inner, new.clone(), random));
        }
        Value::Array(items) if !items.is_empty() && !stop => {
            let at = random.below(items.len());
            put_somewhere(&mut items[at], new, random);
        }
        here => *here = new,
    }
}

#[test]
fn accidents_to_committed_specs() {
    let products = ["elasticsearch", "kibana"].map(committed);
    target("accidents to committed specs", 150, |random| {
        let all = &products[random.below(products.len())];
        if all.is_empty() {
            return false;
        }
        // A few files are enough: what they name and is not there is a problem like any other.
        let mut files = Texts::new();
        for _ in 0..=random.below(3) {
            let (path, text) = all.iter().nth(random.below(all.len())).expect("there is one");
            files.insert(path.clone(), if text.len() < 200_000 { random.mutate(text) } else { text.clone() });
        }
        read_twice(&files).is_some()
    });
}

const DOCUMENT: &str = r##"{ "openapi": "3.1.0", "paths": { "/api/shop/{id}": { "parameters": [{ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } }],
    "post": { "operationId": "order", "parameters": [{ "name": "page", "in": "query", "schema": { "type": ["integer", "null"], "minimum": 1, "default": 2 } }],
    "requestBody": { "required": true, "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Pets_Order" } },
        "multipart/form-data": { "schema": { "type": "object", "properties": { "file": { "type": "string", "format": "binary" } } } } } },
    "responses": { "200": { "description": "", "content": { "application/json": { "schema": { "oneOf": [{ "$ref": "#/components/schemas/Pets_A" }, { "type": "array", "items": {} }] } } } } } } } },
    "components": { "schemas": { "Pets_A": { "type": "object", "required": ["kind"], "properties": { "kind": { "const": "a" }, "self": { "$ref": "#/components/schemas/Pets_A" } }, "additionalProperties": false },
        "Pets_Order": { "allOf": [{ "$ref": "#/components/schemas/Pets_A" }, { "properties": { "n": { "enum": [1, "x", null] } } }], "discriminator": { "propertyName": "kind", "mapping": { "a": "#/components/schemas/Pets_A" } },
            "nullable": true, "anyOf": [{ "not": {} }, { "type": "boolean" }] } } } }"##;

fn import(text: &str, overlay: &Overlay) -> Option<Documented> {
    let names = Names::new(&overlay.names.operations, &overlay.names.components);
    let facts = OperationFacts::default();
    let fixups = &overlay.document_fixups;
    let input = Input { file: "d.json", text, document: "kibana-9.3", names: &names, facts: &facts, fixups };
    openapi::import(input).ok().map(|imported| imported.documented)
}

/// A document on its way to code, as far as it gets: what can't be a spec is refused after the import, with its place there.
fn all_the_way(documented: Documented) -> bool {
    let merged = merge(&Api::default(), documented).expect("nothing is written by hand");
    let files = spec::print(&merged);
    spec::read(&files).is_ok() && generate_extension(Product::Kibana, &files, &Texts::new()).is_ok()
}

#[test]
fn any_json_as_a_kibana_document() {
    let words = words_of(&[DOCUMENT]);
    let words: Vec<&str> = words.iter().map(String::as_str).chain(["number", "date-time", "é", ""]).collect();
    let fine = target("any JSON as a Kibana document", 1_500, |random| {
        let mut value: Value = serde_json::from_str(DOCUMENT).expect("it is JSON");
        for _ in 0..=random.below(4) {
            let new = any_json(&words, 4, random);
            put_somewhere(&mut value, new, random);
        }
        let text = if random.chance(4) { random.mutate(&value.to_string()) } else { value.to_string() };
        import(&text, &Overlay::default()).is_some_and(all_the_way)
    });
    assert!(fine > 20, "only {fine} were fine: the changes are too wild to reach the generator");
}

const SCHEMA: &str = r#"{ "endpoints": [{ "name": "shop.get", "urls": [{ "path": "/_shop/{id}", "methods": ["GET"] }], "request": { "name": "Request", "namespace": "shop" },
    "response": { "name": "Response", "namespace": "shop" }, "requestBodyRequired": true, "availability": { "stack": { "since": "8.0", "stability": "stable", "visibility": "public" } } }],
    "types": [{ "kind": "request", "name": { "name": "Request", "namespace": "shop" }, "path": [{ "name": "id", "required": true, "type": { "kind": "instance_of", "type": { "name": "string", "namespace": "_builtins" } } }],
        "query": [], "body": { "kind": "properties", "properties": [{ "name": "a", "required": false, "type": { "kind": "union_of", "items": [{ "kind": "instance_of", "type": { "name": "A", "namespace": "shop" } }, { "kind": "literal_value", "value": 1 }] } }] } },
    { "kind": "response", "name": { "name": "Response", "namespace": "shop" }, "body": { "kind": "value", "value": { "kind": "dictionary_of", "key": { "kind": "instance_of", "type": { "name": "string", "namespace": "_builtins" } }, "value": { "kind": "user_defined_value" }, "singleKey": false } } },
    { "kind": "interface", "name": { "name": "A", "namespace": "shop" }, "generics": [], "variants": { "kind": "container" }, "properties": [{ "name": "b", "required": true, "type": { "kind": "array_of", "value": { "kind": "instance_of", "type": { "name": "E", "namespace": "shop" } } } }] },
    { "kind": "enum", "name": { "name": "E", "namespace": "shop" }, "isOpen": true, "members": [{ "name": "x", "aliases": ["y"] }] },
    { "kind": "type_alias", "name": { "name": "T", "namespace": "shop" }, "type": { "kind": "instance_of", "type": { "name": "A", "namespace": "shop" } } }] }"#;

#[test]
fn any_json_as_an_elasticsearch_schema() {
    let words = words_of(&[SCHEMA]);
    let words: Vec<&str> = words.iter().map(String::as_str).chain(["internal_tag", "external_tag", "é", ""]).collect();
    let fine = target("any JSON as an Elasticsearch schema", 1_500, |random| {
        let mut value: Value = serde_json::from_str(SCHEMA).expect("it is JSON");
        for _ in 0..=random.below(3) {
            let new = any_json(&words, 4, random);
            put_somewhere(&mut value, new, random);
        }
        let text = if random.chance(4) { random.mutate(&value.to_string()) } else { value.to_string() };
        elasticsearch::import("s.json", &text, "elasticsearch-9.5", Namespaces::All).is_ok_and(all_the_way)
    });
    assert!(fine > 20, "only {fine} were fine: the changes are too wild to reach the generator");
}

#[test]
fn accidents_to_upstream() {
    let Some(schema) = upstream("elasticsearch-9.5.schema.json") else { return };
    let kibana =
        ["kibana-8.18", "kibana-9.3", "kibana-dashboards"].map(|name| upstream(&format!("{name}.openapi.json")));
    let folder = common::workspace().join("spec/overlay");
    let read = |name: &str| (name.to_owned(), std::fs::read_to_string(folder.join(name)).expect("it is there"));
    let files = BTreeMap::from(["names.toml", "fixups.toml"].map(read));
    let overlay = Overlay::read(&files, Product::Kibana).unwrap_or_else(|problems| panic!("{problems}"));
    target("accidents to upstream", 12, |random| match random.below(4) {
        3 => {
            let text = random.mutate(&schema);
            elasticsearch::import("s.json", &text, "elasticsearch-9.5", Namespaces::All).is_ok()
        }
        index => match &kibana[index] {
            Some(text) => import(&random.mutate(text), &overlay).is_some(),
            None => false,
        },
    });
}

/// Names that people hope nobody gives.
fn hostile_name(random: &mut Random) -> String {
    let words = [
        "",
        " ",
        "type",
        "self",
        "Self",
        "crate",
        "gen",
        "async",
        "_",
        "__",
        "r#fn",
        "é",
        "名前",
        "🦀",
        "1",
        "2d",
        "a b",
        "a-b",
        "a_b",
        "aB",
        "AB",
        "a.b",
        "$id",
        "@timestamp",
        "<=",
        "*",
        "\u{202e}abc",
        "a\u{0}b",
        "\n",
        "\"",
        "\\",
        "'",
        "`",
        "{}",
        "//",
        "*/",
        "extra",
        "send",
        "new",
        "Option",
        "String",
        "Vec",
        "Value",
        "Error",
        "None",
        "default",
        "clone",
        "options",
        "request",
        "null",
        "true",
        "\u{301}",
        "ß",
        "İ",
    ];
    match random.below(8) {
        0 => words[random.below(words.len())].repeat(random.below(4)),
        1 => format!("{}{}", words[random.below(words.len())], words[random.below(words.len())]),
        2 if random.chance(20) => words[random.below(words.len())].repeat(3_000),
        _ => words[random.below(words.len())].to_owned(),
    }
}

#[test]
fn hostile_names() {
    let fine = target("hostile names", 150, |random| {
        let named = |count: usize, value: &dyn Fn(&mut Random) -> Value, random: &mut Random| -> Value {
            (0..count).map(|_| (hostile_name(random), value(random))).collect::<Map<_, _>>().into()
        };
        let member = |random: &mut Random| -> Value {
            ["string", "string?", "shop.E?", "shop.U?", "shop.O?", "(string | null)?"][random.below(6)].into()
        };
        let object = |random: &mut Random| named(random.below(6), &member, random);
        let values: Vec<String> = (0..=random.below(6)).map(|_| hostile_name(random)).collect();
        let inline = |random: &mut Random| json!({ "object": object(random), "optional": true });
        let call = json!({ "operation": "shop.get", "routes": [{ "verbs": ["POST"], "path": "/_shop" }], "query": named(random.below(4), &|_| "string?".into(), random),
            "body": { "json": named(random.below(4), &inline, random) }, "responses": { "200": { "json": object(random) } } });
        let types = json!({ "namespace": "shop", "types": { "O": { "object": object(random) }, "E": { "enum": values },
            "U": { "union": [{ "object": object(random) }, { "object": object(random) }, "string"] } } });
        let files = Texts::from([
            ("shop/get.json".to_owned(), call.to_string()),
            ("types/shop.json".to_owned(), types.to_string()),
        ]);
        match generate_extension(Product::Kibana, &files, &Texts::new()) {
            Ok(code) => {
                code.iter().for_each(|(path, text)| distinct_items(path, text));
                true
            }
            Err(problems) => {
                assert!(!problems.is_empty());
                problems.render(&files);
                false
            }
        }
    });
    assert!(fine > 50, "only {fine} were fine: the names are too hostile to reach the generator");
}

/// No struct has two fields and no enum two variants of one name. (That all of it is Rust is checked when it is formatted.)
fn distinct_items(path: &str, text: &str) {
    let mut names = std::collections::BTreeSet::new();
    for line in text.lines() {
        let inner = line.strip_prefix("    ").filter(|line| !line.starts_with([' ', '/', '#', '}']));
        let name = inner
            .and_then(|line| line.strip_prefix("pub ").and_then(|line| line.split_once(": ")).map(|(name, _)| name));
        match name.filter(|name| !name.contains(' ')) {
            Some(name) => assert!(names.insert(name.to_owned()), "{path} has two fields `{name}`:\n{text}"),
            None if line.starts_with('}') => names.clear(),
            None => {}
        }
    }
}

/// Types that hold each other, themselves, lists and maps of each other, and what they extend.
#[test]
fn types_that_hold_each_other() {
    let fine = target("types that hold each other", 400, |random| {
        let count = 1 + random.below(8);
        let reference = |random: &mut Random| {
            let id = format!("shop.T{}", random.below(count));
            match random.below(7) {
                0 => format!("{id}[]"),
                1 => format!("map<string, {id}>"),
                2 => format!("{id} | {id}[]"),
                3 => format!("{id} | string"),
                4 => format!("({id} | null)"),
                _ => id,
            }
        };
        let mut types = Map::new();
        for index in 0..count {
            let def = match random.below(6) {
                0 => json!(reference(random)),
                1 => json!({ "union": [reference(random), reference(random)] }),
                2 => {
                    json!({ "extends": [format!("shop.T{}", random.below(count))], "object": { "a": reference(random) + "?" } })
                }
                3 => json!({ "object": {}, "one_of": { "a": reference(random), "b": reference(random) } }),
                _ => json!({ "object": { "a": reference(random) + "?", "b": reference(random) } }),
            };
            types.insert(format!("T{index}"), def);
        }
        let call = r#"{ "operation": "shop.get", "routes": [{ "verbs": ["POST"], "path": "/_shop" }], "body": { "json": { "a": "shop.T0?" } }, "responses": { "200": { "json": "shop.T0" } } }"#;
        let files = Texts::from([
            ("shop/get.json".to_owned(), call.to_owned()),
            ("types/shop.json".to_owned(), json!({ "namespace": "shop", "types": types }).to_string()),
        ]);
        read_twice(&files).is_some() && generate_extension(Product::Kibana, &files, &Texts::new()).is_ok()
    });
    assert!(fine > 50, "only {fine} were fine");
}

/// A document of very many components, each of which names the next and some name those before.
fn many(count: usize) -> String {
    let schemas = (0..count).map(|index| {
        let (next, before) = ((index + 1) % count, index / 2);
        format!(
            r##""C{index}": {{ "type": "object", "required": ["n"], "properties": {{ "n": {{ "type": "integer" }}, "next": {{ "$ref": "#/components/schemas/C{next}" }}, "before": {{ "type": "array", "items": {{ "$ref": "#/components/schemas/C{before}" }} }} }} }}"##
        )
    });
    let schemas: Vec<String> = schemas.collect();
    format!(
        r##"{{ "openapi": "3.0.3", "paths": {{ "/api/many": {{ "get": {{ "operationId": "many", "responses": {{ "200": {{ "description": "",
            "content": {{ "application/json": {{ "schema": {{ "$ref": "#/components/schemas/C0" }} }} }} }} }} }} }} }}, "components": {{ "schemas": {{ {} }} }} }}"##,
        schemas.join(", ")
    )
}

#[test]
fn a_hundred_thousand_schemas() {
    let start = Instant::now();
    let documented = import(&many(100_000), &Overlay::default()).expect("nothing is wrong with it");
    assert_eq!(documented.api.types.len(), 100_000);
    let merged = merge(&Api::default(), documented).expect("nothing is written by hand");
    let files = spec::print(&merged);
    let read = spec::read(&files).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(read.types.len(), 100_000);
    println!("read after {:.1} s", start.elapsed().as_secs_f64());
    let texts: Texts = files.iter().map(|(path, text)| (format!("kibana/{path}"), text.clone())).collect();
    let same = diff(&texts, &texts).unwrap_or_else(|problems| panic!("{problems}"));
    assert!(same.changes.is_empty());
    println!("compared after {:.1} s", start.elapsed().as_secs_f64());
    // Code for all of them takes a while without optimisation.
    let count = if cfg!(debug_assertions) { 2_000 } else { 100_000 };
    let documented = import(&many(count), &Overlay::default()).expect("nothing is wrong with it");
    let files = spec::print(&merge(&Api::default(), documented).expect("nothing is written by hand"));
    let code =
        generate_extension(Product::Kibana, &files, &Texts::new()).unwrap_or_else(|problems| panic!("{problems}"));
    let structs: usize = code.values().map(|text| text.matches("\npub struct C").count()).sum();
    assert_eq!(structs, count);
    println!("{count} generated after {:.1} s", start.elapsed().as_secs_f64());
}

/// What the targets change is fine as it stands.
#[test]
fn what_is_changed_is_fine_before() {
    let files =
        Texts::from([("shop/get.json".to_owned(), CALL.to_owned()), ("types/shop.json".to_owned(), TYPES.to_owned())]);
    let code = generate_extension(Product::Kibana, &files, &Texts::new());
    assert!(code.is_ok(), "{}", code.unwrap_err().render(&files));
    assert!(import(DOCUMENT, &Overlay::default()).is_some_and(all_the_way), "the Kibana document");
    let schema = elasticsearch::import("s.json", SCHEMA, "elasticsearch-9.5", Namespaces::All);
    assert!(schema.is_ok_and(all_the_way), "the Elasticsearch schema");
}
