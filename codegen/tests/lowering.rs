//! What can't be generated is an error that says so, never a panic or a name that changed hands.

mod common;
#[path = "../../tests/tests/golden/regenerate.rs"]
#[allow(dead_code)] // the goldens' own test uses the rest
mod goldens;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use common::{Random, committed, workspace};
use elkit_codegen::spec::model::Product;
use elkit_codegen::{Texts, generate, generate_extension};
use serde_json::Value;

/// A spec of one call that answers `root`, and of types in the namespace `shop`.
fn spec(root: &str, types: &str) -> Texts {
    let call = format!(
        r#"{{ "operation": "shop.get", "routes": [{{ "verbs": ["GET"], "path": "/_shop" }}], "responses": {{ "200": {{ "json": {{ "root": "{root}" }} }} }} }}"#
    );
    let types = format!(r#"{{ "namespace": "shop", "types": {{ {types} }} }}"#);
    Texts::from([("shop/get.json".to_owned(), call), ("types/shop.json".to_owned(), types)])
}

/// A spec of one call with these keys beside its name.
fn call(keys: &str) -> Texts {
    Texts::from([("shop/get.json".to_owned(), format!(r#"{{ "operation": "shop.get", {keys} }}"#))])
}

/// A call whose second answer is not the first one, `{ "n": "string" }`.
fn answers(second: &str) -> Texts {
    call(&format!(
        r#""routes": [{{ "verbs": ["GET"], "path": "/_shop" }}],
        "responses": {{ "200": {{ "json": {{ "n": "string" }} }}, "207": {second} }}"#
    ))
}

fn overlay(file: &str, text: &str) -> Texts {
    Texts::from([(file.to_owned(), text.to_owned())])
}

/// Each fails with an error that says this.
fn check(rows: impl IntoIterator<Item = (Texts, Texts, &'static str)>) {
    for (files, overlays, wanted) in rows {
        let problems = match generate_extension(Product::Elasticsearch, &files, &overlays) {
            Ok(_) => "nothing is wrong".to_owned(),
            Err(problems) => problems.to_string(),
        };
        assert!(problems.contains(wanted), "wanted: {wanted}\nis: {problems}\nof {files:?}");
    }
}

#[test]
fn types_that_can_not_be() {
    let none = Texts::new;
    let get = r#""routes": [{ "verbs": ["GET"], "path": "/_shop" }]"#;
    let members: String = (0..10_000).map(|i| format!(r#""m{i}": "string?","#)).collect();
    let chain: String = (0..10_000).map(|i| format!(r#""A{i}": "shop.A{}","#, i + 1)).collect();
    let bases: String =
        (0..500).map(|i| format!(r#""B{i}": {{ "extends": ["shop.B{}"], "object": {{}} }},"#, i + 1)).collect();
    check([
        (spec("shop.Missing", ""), none(), "there is no type `shop.Missing`"),
        (answers(r#"{ "json": { "n": "int64" } }"#), none(), "a member is of two types"),
        (answers(r#"{ "json": "string[]" }"#), none(), "answers of several statuses are equal, or objects"),
        (spec("shop.A", r#""A": "shop.B", "B": "shop.A""#), none(), "is nothing but itself"),
        (spec("shop.A", r#""A": "shop.A""#), none(), "type `shop.A` is nothing but itself"),
        (spec("shop.A", r#""A": "shop.A | null""#), none(), "type `shop.A` is nothing but itself"),
        (spec("shop.A", r#""A": "shop.A | shop.A[]""#), none(), "type `shop.A` is nothing but itself"),
        (spec("shop.A0", &format!(r#"{chain} "A10000": "string""#)), none(), "ends a chain of more than 100 types"),
        (
            spec("shop.A", r#""A": { "extends": ["shop.E"], "object": {} }, "E": { "enum": ["a"] }"#),
            none(),
            "is no object",
        ),
        (spec("shop.A", r#""A": { "extends": ["shop.A"], "object": {} }"#), none(), "extends itself"),
        (
            spec("shop.B0", &format!(r#"{bases} "B500": {{ "object": {{}} }}"#)),
            none(),
            "a chain of more than 100 objects",
        ),
        (
            spec("shop.G<string>", r#""G": { "params": ["T"], "object": { "g": "shop.G<T[]>?" } }"#),
            none(),
            "holds itself with ever longer arguments",
        ),
        (
            spec(
                "shop.G<string>",
                r#""G": { "params": ["T"], "object": { "a": "shop.G<T[]>?", "b": "shop.G<map<string, T>>?" } }"#,
            ),
            none(),
            "becomes more than 2000 types",
        ),
        (spec("shop.A", &format!(r#""A": {{ "object": {{ {members} "z": "string?" }} }}"#)), none(), "10001 members"),
        (
            spec("shop.A", r#""A": { "object": { "b": "shop.B" } }, "B": { "object": { "a": "shop.A" } }"#),
            none(),
            "without end",
        ),
        (spec("shop.A", r#""A": { "object": { "a": "string" }, "shortcut": "b" }"#), none(), "shortcut"),
        (
            spec("shop.A", r#""A": { "object": { "a": "string" }, "one_of": { "a": "string" } }"#),
            none(),
            "two members called `a`",
        ),
        (spec("shop.A", r#""A": { "constant": { "a": 1 } }"#), none(), "only a scalar can be one"),
        (
            spec(
                "shop.A",
                r#""A": { "union": ["shop.C"], "tag": { "member": "t", "default": "d" } }, "C": { "object": { "t": "'c'" } }"#,
            ),
            none(),
            "no alternative has that tag",
        ),
        (
            call(&format!(r#"{get}, "query": {{ "q": "map<string, string>?" }}, "responses": {{ "200": {{}} }}"#)),
            none(),
            "nothing says how its type is text",
        ),
        (
            call(&format!(r#"{get}, "headers": {{ "x-h": "string?" }}, "responses": {{ "200": {{}} }}"#)),
            none(),
            "no header parameters",
        ),
        (
            call(&format!(r#"{get}, "body": {{ "multipart": "string" }}, "responses": {{ "200": {{}} }}"#)),
            none(),
            "the form of `shop.get` is no object with members",
        ),
        (
            call(
                r#""routes": [{ "verbs": ["GET"], "path": "/_shop/x-{id}" }], "path": { "id": "string" }, "responses": { "200": {} }"#,
            ),
            none(),
            "does not begin a segment",
        ),
    ]);
}

#[test]
fn overlays_that_say_nothing() {
    let files = || {
        spec(
            "shop.Item",
            r#""Item": { "object": { "a": "string", "b": "string?" } }, "Order": { "object": { "i": "shop.Item?" } }"#,
        )
    };
    let both = || {
        let mut files = files();
        files.insert(
            "shop/put.json".to_owned(),
            files["shop/get.json"].replace("shop.get", "shop.put").replace("shop.Item", "shop.Order"),
        );
        files
    };
    let fixup = |change: &str| {
        let text = format!(
            "[[fixup]]\nname = \"f\"\nstage = \"spec\"\nsource = \"elasticsearch-9.5\"\nreason = \"r\"\nevidence = \"e\"\nchange = {change}\n"
        );
        overlay("fixups.toml", &text)
    };
    check([
        (files(), fixup(r#"{ set_optional = "shop.Item.b" }"#), "`f` has no effect: `shop.Item.b` is optional already"),
        (files(), fixup(r#"{ set_optional = "shop.Item.c" }"#), "`shop.Item.c` does not exist"),
        (files(), fixup(r#"{ set_type = "shop.Item.a", from = "int32", to = "any" }"#), "is `string`, not `int32`"),
        (files(), fixup(r#"{ set_response = "shop.gone.200", from = "any", to = "any" }"#), "names no answer"),
        (files(), fixup(r#"{ set_response = "shop.get.200", from = "no.Such", to = "any" }"#), "not `no.Such`"),
        (
            files(),
            fixup(r#"{ set_response = "shop.get.299", from = "none", to = "any?" }"#),
            "an answer is not optional",
        ),
        (files(), fixup(r#"{ add_member = "shop.Item.a", type = "any" }"#), "exists already"),
        (files(), fixup(r#"{ remove_member = "shop.Item.c" }"#), "does not exist"),
        (files(), fixup(r#"{ add_enum_value = "shop.Item", value = "x" }"#), "is no enum"),
        (
            files(),
            overlay("traits.toml", "[elasticsearch]\nsecrets = [\"shop.Item.c\"]"),
            "traits.toml secrets: `shop.Item.c`",
        ),
        (
            files(),
            overlay("traits.toml", "[elasticsearch]\nlazy = [\"shop.get.query\"]"),
            "traits.toml lazy: `shop.get.query`",
        ),
        (
            files(),
            overlay(
                "traits.toml",
                "[elasticsearch.implies]\n\"shop.get.a\" = { member = \"shop.get.b\", value = true }",
            ),
            "implies",
        ),
        (
            files(),
            overlay("traits.toml", "[elasticsearch.runtime]\n\"shop.Item\" = \"Money\""),
            "there are only ByteSize",
        ),
        (files(), overlay("traits.toml", "[elasticsearch]\nsecret = []"), "unknown field `secret`"),
        (
            files(),
            overlay("docs.toml", "[elasticsearch.types]\n\"shop.Thing\" = \"x\""),
            "docs.toml types: `shop.Thing`",
        ),
        (
            files(),
            overlay("names.toml", "[elasticsearch.types]\n\"shop.Item\" = \"no name\""),
            "can't be called `no name`",
        ),
        (
            files(),
            overlay("names.toml", "[elasticsearch.types]\n\"shop.Item\" = \"Option\""),
            "can't be called `Option`",
        ),
        (
            both(),
            overlay("names.toml", "[elasticsearch.types]\n\"shop.Order\" = \"Thing\"\n\"shop.Item\" = \"Thing\""),
            "both called `Thing`",
        ),
        (
            files(),
            overlay("names.toml", "[elasticsearch.types]\n\"shop.Item\" = \"GetRequest\""),
            "two items of module `shop` are called `GetRequest`",
        ),
        (
            both(),
            overlay(
                "traits.toml",
                "[elasticsearch.aliases]\n\"shop.put\" = { operation = \"shop.get\", summary = \"x\" }",
            ),
            "two methods of module `shop` are called `put`",
        ),
    ]);
}

/// Generates with a lock and gives back the types' code and the lock's lines.
fn locked(files: &Texts, lock: &str, names: &str) -> (String, BTreeMap<String, String>) {
    let mut texts: Texts = files.iter().map(|(path, text)| (format!("elasticsearch/{path}"), text.clone())).collect();
    texts.insert("api.lock".to_owned(), lock.to_owned());
    texts.insert("overlay/names.toml".to_owned(), names.to_owned());
    let generated = generate(&texts).unwrap_or_else(|problems| panic!("{problems}"));
    let lines = generated.files["spec/api.lock"].lines().filter_map(|line| line.split_once(" = "));
    let lines = lines.map(|(place, name)| (place.to_owned(), name.to_owned())).collect();
    (generated.client["elasticsearch/shop/types.rs"].clone(), lines)
}

fn text(lines: &BTreeMap<String, String>) -> String {
    lines.iter().fold(String::new(), |mut text, (place, name)| {
        let _ = writeln!(text, "{place} = {name}");
        text
    })
}

#[test]
fn a_public_name_is_pinned() {
    let item = || spec("shop.Item", r#""Item": { "object": { "a": { "object": { "x": "string" } } } }"#);
    let name = |lines: &BTreeMap<String, String>, id: &str| lines[&format!("elasticsearch type {id}")].clone();
    let (_, first) = locked(&item(), "", "");
    assert_eq!(name(&first, "shop.Item"), "shop::Item");
    assert_eq!(name(&first, "shop.Item.a"), "shop::ItemA");

    // A new type takes no name that another had, even one that is gone.
    let (code, lines) = locked(&item(), "elasticsearch type shop.Gone = shop::Item\n", "");
    assert_eq!(name(&lines, "shop.Item"), "shop::ShopItem");
    assert_eq!(name(&lines, "shop.Gone"), "shop::Item", "what was given stays given");
    assert!(code.contains("pub struct ShopItem ") && !code.contains("pub struct Item "));

    // A pinned name survives a better one, until somebody says otherwise.
    let pinned = "elasticsearch type shop.Item = shop::Thing\n";
    assert_eq!(name(&locked(&item(), pinned, "").1, "shop.Item"), "shop::Thing");
    let names = "[elasticsearch.types]\n\"shop.Item\" = \"Article\"";
    assert_eq!(name(&locked(&item(), pinned, names).1, "shop.Item"), "shop::Article");
}

#[test]
fn arguments_and_boxes_are_pinned() {
    let put = |members: &str| {
        let keys = format!(
            r#""routes": [{{ "verbs": ["PUT"], "path": "/_shop/{{p}}" }}], "path": {{ "p": "string" }}, "body": {{ "required": true, "json": {{ {members} }} }}, "responses": {{ "200": {{}} }}"#
        );
        call(&keys)
    };
    let signature = "elasticsearch call shop.get";
    let (_, first) = locked(&put(r#""b": "string", "a": "string", "c": "string?""#), "", "");
    assert_eq!(first[signature], "get(p, b, a)");
    let (code, second) = locked(&put(r#""a": "string", "c": "string?", "b": "string""#), &text(&first), "");
    assert_eq!(second[signature], "get(p, b, a)");
    assert!(code.contains("b: impl Into<String>,\n        a: impl Into<String>,"), "{code}");
    let (_, third) = locked(&put(r#""z": "string", "a": "string", "b": "string""#), &text(&second), "");
    assert_eq!(third[signature], "get(p, GetRequired { b, a, z })", "a new one goes last");

    let nodes = |back: &str| {
        spec("shop.A", &format!(r#""A": {{ "object": {{ "b": "shop.B?" }} }}, "B": {{ "object": {{ {back} }} }}"#))
    };
    let (code, first) = locked(&nodes(r#""a": "shop.A?""#), "", "");
    assert!(code.contains("pub b: Option<Box<B>>"), "{code}");
    let (code, _) = locked(&nodes(""), &text(&first), "");
    assert!(code.contains("pub b: Option<Box<B>>"), "a box that users see stays: {code}");
    let (code, _) = locked(&nodes(""), "", "");
    assert!(code.contains("pub b: Option<B>"), "{code}");
}

#[test]
fn nothing_makes_it_panic() {
    let goldens = goldens::specs(&workspace().join("tests/tests/golden"));
    let goldens: Vec<Texts> = goldens.values().map(|text| goldens::sections(text)).collect();
    let mut words: Vec<String> =
        ["", "é", "a b", "self", "Option", "type.x", "T?", "any", "-1", "½", "{x}", "r#fn", "map<string, any>", "_"]
            .map(str::to_owned)
            .into();
    for file in goldens.iter().flat_map(BTreeMap::iter).filter(|(path, _)| path.ends_with(".json")) {
        each_text(&serde_json::from_str(file.1).expect("a golden is JSON"), &mut |text| words.push(text.to_owned()));
    }
    let mut random = Random(7);
    let mut fine = 0;
    for round in 0..2_000 {
        let mut files = goldens[random.below(goldens.len())].clone();
        for _ in 0..=random.below(2) {
            let path = files.keys().nth(random.below(files.len())).expect("there is one").clone();
            let text = match serde_json::from_str::<Value>(&files[&path]) {
                Ok(mut file) if !random.chance(6) => {
                    let target = random.below(count(&file));
                    change(&mut file, &mut { target }, &words, &mut random);
                    file.to_string()
                }
                _ => random.mutate(&files[&path]),
            };
            files.insert(path, text);
        }
        fine += usize::from(survives(round, &files));
    }
    assert!(fine > 200, "only {fine} were no errors: the changes are too wild to reach the generator");
}

/// Single calls of the committed spec, with accidents.
#[test]
fn nothing_in_the_real_spec_makes_it_panic() {
    let all = committed("elasticsearch");
    let mut random = Random(11);
    let small: Vec<&String> =
        all.keys().filter(|path| !path.starts_with("types/") && all[*path].len() < 1_500).collect();
    let types: Texts =
        all.iter().filter(|(path, _)| path.starts_with("types/")).map(|(p, t)| (p.clone(), t.clone())).collect();
    for round in 0..8 {
        let mut files: Texts =
            types.iter().map(|(path, text)| (format!("elasticsearch/{path}"), text.clone())).collect();
        let path = small[random.below(small.len())];
        let mut file: Value = serde_json::from_str(&all[path]).expect("it is JSON");
        let words =
            ["common.Nothing", "security.RoleDescriptor", "string | security.User[]", "map<string, Duration>", "é"];
        let words: Vec<String> = words.map(str::to_owned).into();
        let target = random.below(count(&file));
        change(&mut file, &mut { target }, &words, &mut random);
        files.insert(format!("elasticsearch/{path}"), file.to_string());
        survives(round, &files);
    }
}

/// Whether it was generated; that it was not is fine.
fn survives(round: usize, files: &Texts) -> bool {
    match catch_unwind(AssertUnwindSafe(|| generate(files).is_ok())) {
        Ok(fine) => fine,
        Err(_) => panic!("round {round} panicked on {files:#?}"),
    }
}

fn each_text<'v>(value: &'v Value, visit: &mut impl FnMut(&'v str)) {
    match value {
        Value::String(text) => visit(text),
        Value::Array(items) => items.iter().for_each(|item| each_text(item, visit)),
        Value::Object(members) => members.iter().for_each(|(name, value)| {
            visit(name);
            each_text(value, visit);
        }),
        _ => {}
    }
}

fn count(value: &Value) -> usize {
    let mut count = 0;
    each_text(value, &mut |_| count += 1);
    count
}

/// Changes the text at `target`, a value or a key, or what stands below the key.
fn change(value: &mut Value, target: &mut usize, words: &[String], random: &mut Random) {
    let word = |random: &mut Random| words[random.below(words.len())].clone();
    match value {
        Value::String(text) => {
            if *target == 0 {
                *text = word(random);
            }
            *target = target.wrapping_sub(1);
        }
        Value::Array(items) => items.iter_mut().for_each(|item| change(item, target, words, random)),
        Value::Object(members) => {
            let names: Vec<String> = members.keys().cloned().collect();
            for name in names {
                if *target == 0 {
                    let kept = members.remove(&name).unwrap_or_default();
                    match random.below(4) {
                        0 => {}
                        1 => drop(members.insert(name.clone(), word(random).into())),
                        2 => {
                            members.insert(word(random), kept.clone());
                            members.insert(name.clone(), kept);
                        }
                        _ => drop(members.insert(word(random), kept)),
                    }
                }
                *target = target.wrapping_sub(1);
                if let Some(value) = members.get_mut(&name) {
                    change(value, target, words, random);
                }
            }
        }
        _ => {}
    }
}
