//! Importers: every construct arrives, no prose does, what is unknown is named, and documents merge in any order.

mod common;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use common::{Random, committed, upstream, without_places};
use elkit_codegen::import::elasticsearch::{self, Namespaces};
use elkit_codegen::import::{Documented, hand_written_files, merge, sources};
use elkit_codegen::spec;
use elkit_codegen::spec::model::Api;

const SMALL: &str = include_str!("data/elasticsearch.schema.json");
const UPSTREAM: &str = "elasticsearch-9.5.schema.json";

fn import(text: &str, namespaces: Namespaces<'_>) -> Result<Api, String> {
    let imported = elasticsearch::import("schema.json", text, "elasticsearch-9.5", namespaces);
    let rendered = |problems: elkit_codegen::diagnostic::Diagnostics| {
        problems.render(&BTreeMap::from([("schema.json".to_owned(), text.to_owned())]))
    };
    merge(&Api::default(), imported.map_err(rendered)?).map_err(rendered)
}

/// All files as one text.
fn files(api: &Api) -> String {
    let mut text = String::new();
    for (path, file) in spec::print(api) {
        let _ = writeln!(text, "== {path}\n{file}");
    }
    text
}

#[test]
fn every_construct_arrives() {
    let api = import(SMALL, Namespaces::Only(&["security"])).expect("it is valid");
    let printed = spec::print(&api);
    let again = spec::read(&printed).unwrap_or_else(|problems| panic!("{}", problems.render(&printed)));
    assert_eq!(without_places(&again), api);
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("elasticsearch_import", files(&api));
    });
}

/// The text with prose wherever upstream has some, and members that nobody knows.
fn with_prose(text: &str) -> String {
    fn inject(value: &mut serde_json::Value) {
        if let Some(object) = value.as_object_mut() {
            object.values_mut().for_each(inject);
            if object.contains_key("name") && !object.contains_key("url") || object.contains_key("kind") {
                for key in ["description", "summary", "extDocDescription", "esQuirk", "someNewMember"] {
                    object.insert(key.to_owned(), "Prose that nobody may copy.".into());
                }
                let example = serde_json::json!({ "a": { "summary": "Prose", "value": "{ \"prose\": 1 }" } });
                object.insert("examples".to_owned(), example);
            }
            for (key, value) in object.iter_mut() {
                if matches!(key.as_str(), "deprecation" | "availability") {
                    value["description"] = "Prose that nobody may copy.".into();
                }
            }
        } else if let Some(items) = value.as_array_mut() {
            items.iter_mut().for_each(inject);
        }
    }
    let mut value = serde_json::from_str(text).expect("it is JSON");
    inject(&mut value);
    value.to_string()
}

#[test]
fn prose_changes_nothing() {
    let text = with_prose(SMALL);
    assert!(text.contains("Prose"));
    let namespaces = Namespaces::All;
    assert_eq!(import(&text, namespaces).map(|api| files(&api)), import(SMALL, namespaces).map(|api| files(&api)));
    if let Some(real) = upstream(UPSTREAM) {
        let plain = import(&real, namespaces).expect("upstream is valid");
        assert_eq!(files(&import(&with_prose(&real), namespaces).expect("prose is ignored")), files(&plain));
    }
}

#[test]
fn the_committed_spec_is_what_upstream_says() {
    let Some(text) = upstream(UPSTREAM) else {
        return;
    };
    let imported = elasticsearch::import(UPSTREAM, &text, "elasticsearch-9.5", Namespaces::Only(&["security"]));
    let committed = committed("elasticsearch");
    let spec = spec::read(&committed).expect("it is valid");
    // Whatever else people wrote stays: importing again changes no file.
    let merged = merge(&spec, imported.expect("upstream is valid")).expect("nothing stands twice");
    assert_eq!(spec::print(&merged), committed);
}

#[test]
fn all_of_upstream_is_read_back() {
    let Some(text) = upstream(UPSTREAM) else {
        return;
    };
    let api = import(&text, Namespaces::All).expect("upstream is valid");
    assert_eq!((api.operations.len(), api.types.len()), (593, 2628));
    let printed = spec::print(&api);
    let again = spec::read(&printed).unwrap_or_else(|problems| panic!("{}", problems.render(&printed)));
    assert_eq!(without_places(&again), api);
}

#[test]
fn unknown_grammar_is_named() {
    let cases = [
        ("unknown_kind", r#""kind": "user_defined_value""#, r#""kind": "tuple_of""#),
        ("unknown_variants", r#""kind": "external_tag""#, r#""kind": "adjacent_tag""#),
        ("unknown_container", r#""kind": "container""#, r#""kind": "bag""#),
        ("unknown_builtin", r#""name": "binary""#, r#""name": "blob""#),
        ("unknown_behavior", r#""name": "OverloadOf""#, r#""name": "Overrides""#),
        ("unknown_body", r#""kind": "no_body""#, r#""kind": "stream""#),
        ("missing_type", r#""name": "Extra" }, "variantName""#, r#""name": "Other" }, "variantName""#),
        ("same_name", r#""namespace": "_types", "name": "Refresh" },"#, r#""namespace": "_global", "name": "Name" },"#),
    ];
    let mut all = String::new();
    for (name, from, to) in cases {
        assert!(SMALL.contains(from), "{from}");
        let problems = import(&SMALL.replace(from, to), Namespaces::Only(&["security"])).expect_err(name);
        let _ = writeln!(all, "== {name}\n{problems}");
    }
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("elasticsearch_unknown", all);
    });
}

#[test]
fn mutations_of_upstream_never_panic() {
    let mut random = Random(11);
    let mut problems = 0;
    for _ in 0..4000 {
        problems += usize::from(import(&random.mutate(SMALL), Namespaces::All).is_err());
    }
    assert!(problems > 1000);
    if let Some(real) = upstream(UPSTREAM) {
        for _ in 0..5 {
            let _ = import(&random.mutate(&real), Namespaces::Only(&["security"]));
        }
    }
}

/// What a made-up document says: operations, members, values and types come and go, and change.
fn random_document(random: &mut Random) -> Api {
    let mut files = BTreeMap::new();
    for operation in ["a", "b"] {
        if random.chance(4) {
            continue;
        }
        let members = random_members(random, 2);
        let required = ["", r#""required": true,"#][random.below(2)];
        let body = format!(r#""body": {{ {required} "json": {{ {members} }} }},"#);
        let query = random_members(random, 0);
        let text = format!(
            r#"{{ "operation": "x.{operation}", "routes": [{{ "verbs": ["POST"], "path": "/{operation}" }}],
            "query": {{ {query} }}, {} "responses": {{ "{}": {{ "json": {{ {} }} }} }} }}"#,
            if random.chance(4) { "" } else { &body },
            ["200", "201"][random.below(2)],
            random_members(random, 2),
        );
        files.insert(format!("x/{operation}.json"), text);
    }
    let types = ["T", "U"].map(|name| format!(r#""{name}": {}"#, random_schema(random, 2)));
    let text = format!(r#"{{ "namespace": "", "types": {{ {} }} }}"#, types.join(", "));
    files.insert("types/common.json".to_owned(), text);
    let api = spec::read(&files).unwrap_or_else(|problems| panic!("{}", problems.render(&files)));
    without_places(&api)
}

fn random_members(random: &mut Random, depth: usize) -> String {
    let mut members = Vec::new();
    for name in ["m", "n", "o", "p"] {
        if random.chance(3) {
            continue;
        }
        let schema = random_schema(random, depth);
        let optional = random.chance(2);
        members.push(match schema.strip_suffix('"') {
            Some(text) if optional => format!("\"{name}\": {text}?\""),
            Some(_) => format!("\"{name}\": {schema}"),
            None if optional => format!("\"{name}\": {}", schema.replacen('{', "{ \"optional\": true,", 1)),
            None => format!("\"{name}\": {schema}"),
        });
    }
    if random.chance(2) {
        members.reverse();
    }
    members.join(", ")
}

fn random_schema(random: &mut Random, depth: usize) -> String {
    match random.below(if depth == 0 { 3 } else { 7 }) {
        0 => r#""string""#.to_owned(),
        1 => r#""int64""#.to_owned(),
        2 => r#""T""#.to_owned(),
        3 => {
            let values: Vec<&str> = [r#""v""#, r#""w""#, r#""x""#].into_iter().filter(|_| random.chance(2)).collect();
            format!(r#"{{ "enum": [{}] }}"#, values.join(", "))
        }
        4 => format!(r#"{{ "list": {{ "object": {{ {} }} }} }}"#, random_members(random, depth - 1)),
        5 => format!(r#"{{ "closed": true, "object": {{ {} }} }}"#, random_members(random, depth - 1)),
        _ => format!(r#"{{ "object": {{ {} }} }}"#, random_members(random, depth - 1)),
    }
}

fn import_all<'a>(documents: impl IntoIterator<Item = (&'a str, &'a Api)>, onto: &Api) -> Api {
    documents.into_iter().fold(onto.clone(), |spec, (name, api)| {
        let new = Documented { document: name.to_owned(), api: api.clone() };
        let merged = merge(&spec, new).expect("nothing stands twice");
        // What is kept between two imports is text.
        let printed = spec::print(&merged);
        let again = spec::read(&printed).unwrap_or_else(|problems| panic!("{}", problems.render(&printed)));
        assert_eq!(without_places(&again), without_places(&merged));
        merged
    })
}

#[test]
fn documents_merge_in_any_order_and_are_replaced_exactly() {
    let mut random = Random(3);
    let hand = BTreeMap::from([
        ("y/c.json".to_owned(), r#"{"operation": "y.c", "routes": [{"verbs": ["GET"], "path": "/c"}]}"#.to_owned()),
        ("types/y.json".to_owned(), r#"{"namespace": "y", "types": {"Mine": "string"}}"#.to_owned()),
    ]);
    let hand = spec::read(&hand).expect("it is valid");
    for _ in 0..40 {
        let [old, middle, new, newer] = [0; 4].map(|_| random_document(&mut random));
        let (a, b, c) = (("kibana-8.18", &old), ("kibana-9.3", &middle), ("kibana-10.0", &new));
        let merged = import_all([a, b, c], &hand);
        for order in [[a, c, b], [b, a, c], [b, c, a], [c, a, b], [c, b, a]] {
            assert_eq!(files(&import_all(order, &hand)), files(&merged));
        }
        assert_eq!(import_all([a, b, c], &merged), merged, "importing again changes nothing");
        for (name, _) in [a, b, c] {
            let fresh = [a, b, c].map(|(known, api)| (known, if known == name { &newer } else { api }));
            let replaced = import_all([(name, &newer)], &merged);
            let fresh = import_all(fresh, &hand);
            assert_eq!(files(&replaced), files(&fresh), "{name} is replaced exactly");
        }
        for (id, operation) in &hand.operations {
            assert_eq!(merged.operations.get(id), Some(operation));
        }
        assert_eq!(hand_written_files(&merged).into_iter().collect::<Vec<_>>(), ["types/y.json", "y/c.json"]);
    }
}

#[test]
fn the_newest_document_wins_and_all_must_require() {
    let document = |member: &str| {
        let text = format!(
            r#"{{"operation": "x.a", "routes": [{{"verbs": ["GET"], "path": "/a"}}], "query": {{ {member} }} }}"#
        );
        spec::read(&BTreeMap::from([("x/a.json".to_owned(), text)])).expect("it is valid")
    };
    let old = document(r#""both": "string", "type": "int32", "gone": "string", "set": { "enum": ["x", "y"] }"#);
    let new = document(r#""both": "string?", "type": "int64", "added": "string", "set": { "enum": ["y", "z"] }"#);
    let merged = import_all([("kibana-8.18", &old), ("kibana-9.3", &new)], &Api::default());
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("merged_documents", files(&merged));
    });
}

#[test]
fn the_newest_document_says_how_a_body_travels() {
    let document = |answer: &str| {
        let text = format!(
            r#"{{"operation": "x.a", "routes": [{{"verbs": ["GET"], "path": "/a"}}], "responses": {{ "200": {answer} }} }}"#
        );
        spec::read(&BTreeMap::from([("x/a.json".to_owned(), text)])).expect("it is valid")
    };
    let (old, new) = (document(r#"{ "json": "string" }"#), document(r#"{ "bytes": "binary" }"#));
    let (old, new) = (("kibana-8.18", &old), ("kibana-9.3", &new));
    for order in [[old, new], [new, old]] {
        let merged = import_all(order, &Api::default());
        let media: Vec<_> = merged.operations["x.a"].responses["200"].content.keys().collect();
        assert_eq!(media, ["bytes"], "{order:?}");
    }
}

#[test]
fn hand_written_twins_are_named() {
    let hand = BTreeMap::from([
        (
            "mine/put.json".to_owned(),
            r#"{"operation": "mine.put", "routes": [{"verbs": ["POST"], "path": "/_security/thing/{id}"}], "path": {"id": "string"}}"#
                .to_owned(),
        ),
        ("types/common.json".to_owned(), r#"{"namespace": "", "types": {"Refresh": "string"}}"#.to_owned()),
    ]);
    let spec = spec::read(&hand).expect("it is valid");
    let new =
        elasticsearch::import("s", SMALL, "elasticsearch-9.5", Namespaces::Only(&["security"])).expect("it is valid");
    let problems = merge(&spec, new).expect_err("two things stand twice");
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("hand_written_twins", problems.render(&hand));
    });
}

#[test]
fn sources_are_recorded_once() {
    let source = |sha: &str, day: &str| sources::Source {
        product: "kibana".into(),
        version: "9.3".into(),
        document: "kibana-9.3".into(),
        origin: "a \"quoted\" place".into(),
        sha256: sha.into(),
        imported: day.into(),
        ..sources::Source::default()
    };
    let mut all = Vec::new();
    sources::record(&mut all, source("1", "2026-01-01"));
    sources::record(&mut all, source("1", "2026-02-02"));
    assert_eq!(all, [source("1", "2026-01-01")], "the same file keeps its day");
    sources::record(&mut all, source("2", "2026-03-03"));
    assert_eq!(all, [source("2", "2026-03-03")]);
    let text = sources::print(&all);
    assert_eq!(sources::read(&text).as_deref(), Ok(&all[..]));
    assert!(sources::read("[[source]]\nprodukt = 'x'").is_err());
}
