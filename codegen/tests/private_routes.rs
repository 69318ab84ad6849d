//! The example of private routes is what its spec and its OpenAPI document say.

mod common;

use common::{tree, workspace};
use elkit_codegen::spec::model::Product;
use elkit_codegen::{Texts, extension_spec, generate_extension};

#[test]
fn the_example_is_what_its_spec_says() {
    let home = workspace().join("client/examples/private_routes");
    let all = tree(&home);
    let below = |folder: &str| -> Texts {
        all.iter().filter_map(|(path, text)| Some((path.strip_prefix(folder)?.to_owned(), text.clone()))).collect()
    };
    let mut files = below("spec/");
    files.retain(|path, _| path.ends_with(".json"));
    let overlays = below("spec/overlay/");
    let document = Texts::from([("openapi.json".to_owned(), all["openapi.json"].clone())]);
    let (files, lost) = extension_spec(&files, &document, &overlays).unwrap_or_else(|problems| panic!("{problems}"));
    assert!(lost.is_empty(), "{lost:?}");
    let code = generate_extension(Product::Kibana, &files, &overlays).unwrap_or_else(|problems| panic!("{problems}"));
    let wanted: Texts = code.into_iter().map(|(path, text)| (path.replacen("kibana/", "routes/", 1), text)).collect();
    let mut committed = all.clone();
    committed.retain(|path, _| path.starts_with("routes/"));
    assert_eq!(committed.keys().collect::<Vec<_>>(), wanted.keys().collect::<Vec<_>>());
    for (path, text) in &wanted {
        assert!(committed[path] == *text, "{path} is not what the spec says: see the head of the example's main.rs");
    }
}

#[test]
fn a_call_by_hand_and_in_a_document_is_a_problem() {
    let call = r#"{ "operation": "shop.mine", "routes": [{ "verbs": ["GET"], "path": "/api/shop/{id}" }],
        "path": { "id": "string" }, "responses": { "200": {} } }"#;
    let document = r#"{ "openapi": "3.1.0", "paths": { "/api/shop/{name}": { "get": {
        "parameters": [{ "name": "name", "in": "path", "required": true, "schema": { "type": "string" } }],
        "responses": { "200": { "description": "" } } } } } }"#;
    let files = Texts::from([("shop/mine.json".to_owned(), call.to_owned())]);
    let documents = Texts::from([("shop.json".to_owned(), document.to_owned())]);
    let problems = extension_spec(&files, &documents, &Texts::new()).expect_err("it stands twice");
    assert!(
        problems.0[0].message.starts_with("`shop.mine` is written by hand and stands in kibana-shop"),
        "{problems}"
    );
    assert_eq!(problems.0[0].file, "shop/mine.json");
}
