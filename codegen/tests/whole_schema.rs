//! The whole Elasticsearch schema, of which the client has the security API alone, becomes code too.

mod common;

use common::{tree, upstream, workspace};
use elkit_codegen::import::elasticsearch::{Namespaces, import};
use elkit_codegen::spec::{self, model::Product};
use elkit_codegen::{Texts, generate_extension};

/// Every endpoint of the schema, and as many calls.
#[test]
fn all_endpoints_become_calls() {
    let file = "elasticsearch-9.5.schema.json";
    let Some(text) = upstream(file) else { return };
    let schema: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    let endpoints = schema["endpoints"].as_array().expect("a list").len();
    let documented =
        import(file, &text, "elasticsearch-9.5", Namespaces::All).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(documented.api.operations.len(), endpoints);
    let files = spec::print(&documented.api);
    let overlays: Texts = tree(&workspace().join("spec/overlay"));
    let code = generate_extension(Product::Elasticsearch, &files, &overlays)
        .unwrap_or_else(|problems| panic!("{}", problems.render(&files)));
    let calls: usize = code.values().map(|text| text.matches("\nrt::call!(").count()).sum();
    assert_eq!((endpoints, calls), (593, 593));
}

/// Aliases that are other values' names or aliases too would be patterns that nothing reaches.
#[test]
fn a_spelling_is_one_value() {
    let types = r#"{ "namespace": "", "types": { "E": { "enum": [{ "value": "a", "aliases": ["b", "c"] }, "b", { "value": "d", "aliases": ["c", "d"] }] } } }"#;
    let call = r#"{ "operation": "shop.get", "routes": [{ "verbs": ["GET"], "path": "/_shop" }], "query": { "e": "E?" }, "responses": { "200": {} } }"#;
    let files = Texts::from([
        ("types/common.json".to_owned(), types.to_owned()),
        ("shop/get.json".to_owned(), call.to_owned()),
    ]);
    let code = generate_extension(Product::Elasticsearch, &files, &Texts::new())
        .unwrap_or_else(|problems| panic!("{problems}"));
    let wire = &code["elasticsearch/common/wire.rs"];
    for pattern in [r#""a" | "c" => "#, r#""b" => "#, r#""d" => "#] {
        assert_eq!(wire.matches(pattern).count(), 1, "{pattern}: {wire}");
    }
}

/// What always holds another value of its own type could never be written down: upstream is wrong there.
#[test]
fn a_type_that_needs_itself_has_an_end() {
    let Some(text) = upstream("elasticsearch-9.5.schema.json") else { return };
    let documented = import("s", &text, "elasticsearch-9.5", Namespaces::Only(&["watcher"]))
        .unwrap_or_else(|problems| panic!("{problems}"));
    let files = spec::print(&documented.api);
    assert!(
        files["types/watcher.json"].contains(r#""all": "watcher.SimulatedActions?""#),
        "{}",
        files["types/watcher.json"]
    );
}
