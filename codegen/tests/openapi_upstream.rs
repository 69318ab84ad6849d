//! The Kibana importer on the real documents: all arrive, in any order and without prose; a corrupted copy is refused.

mod common;

use std::collections::BTreeMap;
use std::fs;

use common::{Random, upstream, without_places, workspace};
use elkit_codegen::diagnostic::Diagnostics;
use elkit_codegen::import::openapi::{self, Imported, Input, Names, OperationFacts};
use elkit_codegen::import::{Documented, merge};
use elkit_codegen::overlay::Overlay;
use elkit_codegen::spec;
use elkit_codegen::spec::model::{Api, Product};
use serde_json::Value;

const REAL: [(&str, &str); 3] = [
    ("kibana-8.18", "kibana-8.18.openapi.json"),
    ("kibana-9.3", "kibana-9.3.openapi.json"),
    ("kibana-dashboards", "kibana-dashboards.openapi.json"),
];

/// The overlay of the workspace.
fn overlay() -> Overlay {
    let folder = workspace().join("spec/overlay");
    let files =
        ["names.toml", "fixups.toml"].map(|name| (name.to_owned(), fs::read_to_string(folder.join(name)).expect(name)));
    Overlay::read(&BTreeMap::from(files), Product::Kibana).unwrap_or_else(|error| panic!("{error}"))
}

fn import_real(document: &str, text: &str, overlay: &Overlay) -> Result<Imported, Diagnostics> {
    let names = Names::new(&overlay.names.operations, &overlay.names.components);
    let facts = upstream("kibana-operation-facts.json").unwrap_or_else(|| "{}".to_owned());
    let version = document.trim_start_matches("kibana-");
    let facts = OperationFacts::read("facts", &facts, version).expect("they are valid");
    let fixups = &overlay.document_fixups;
    openapi::import(Input { file: document, text, document, names: &names, facts: &facts, fixups })
}

#[test]
fn all_of_upstream_merges_in_any_order() {
    let overlay = overlay();
    let mut documents = Vec::new();
    for (document, file) in REAL {
        let Some(text) = upstream(file) else { return };
        let sources = BTreeMap::from([(document.to_owned(), text.clone())]);
        let imported =
            import_real(document, &text, &overlay).unwrap_or_else(|problems| panic!("{}", problems.render(&sources)));
        let unnamed = imported.lost.keys().any(|reason| reason.starts_with("a name"));
        assert!(!unnamed, "every operation of {document} has a name");
        documents.push(imported.documented);
    }
    let counts: Vec<_> = documents.iter().map(|of| (of.api.operations.len(), of.api.types.len())).collect();
    assert_eq!(counts, [(340, 903), (519, 999), (4, 5)]);
    let all = |order: &[usize], onto: Api| {
        order.iter().fold(onto, |spec, index| {
            let merged = merge(&spec, documents[*index].clone()).expect("nothing stands twice");
            let printed = spec::print(&merged);
            let again = spec::read(&printed).unwrap_or_else(|problems| panic!("{}", problems.render(&printed)));
            assert_eq!(without_places(&again), without_places(&merged));
            again
        })
    };
    let merged = all(&[0, 1, 2], Api::default());
    assert_eq!(merged.operations.len(), 564);
    let printed = spec::print(&merged);
    for order in [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        assert!(spec::print(&all(&order, Api::default())) == printed, "{order:?}");
    }
    for (index, document) in documents.iter().enumerate() {
        let again = spec::print(&all(&[index], merged.clone()));
        assert!(again == printed, "importing {} again changes nothing", document.document);
    }
    let names = overlay.names.operations.values().collect::<std::collections::BTreeSet<_>>();
    assert_eq!((overlay.names.operations.len(), names.len()), (683, 683), "no two operations share a name");
}

/// The text with prose wherever upstream has some.
fn with_prose(text: &str) -> String {
    fn inject(value: &mut Value) {
        if let Some(object) = value.as_object_mut() {
            object.values_mut().for_each(inject);
            let is_schema = ["type", "in"].iter().any(|key| object.get(*key).is_some_and(Value::is_string));
            if is_schema || object.contains_key("operationId") {
                for key in ["description", "x-codeSamples"] {
                    object.insert(key.to_owned(), "Prose that nobody may copy.".into());
                }
                if !object.contains_key("operationId") {
                    object.insert("example".to_owned(), "Prose that nobody may copy.".into());
                }
            }
        } else if let Some(items) = value.as_array_mut() {
            items.iter_mut().for_each(inject);
        }
    }
    let mut value: Value = serde_json::from_str(text).expect("it is JSON");
    let paths = value["paths"].as_object_mut().expect("paths");
    paths.values_mut().flat_map(|item| item.as_object_mut().expect("a path").values_mut()).for_each(|operation| {
        for (status, response) in operation.get_mut("responses").and_then(Value::as_object_mut).into_iter().flatten() {
            response["description"] = format!("Prose of {status}").into();
        }
    });
    for section in ["paths", "components"] {
        inject(&mut value[section]);
    }
    value["info"]["description"] = "Prose that nobody may copy.".into();
    value.to_string()
}

#[test]
fn prose_changes_nothing() {
    let overlay = overlay();
    for (document, file) in REAL {
        let Some(text) = upstream(file) else { return };
        // Both in the same order.
        let text = serde_json::from_str::<Value>(&text).expect("it is JSON").to_string();
        let with = import_real(document, &with_prose(&text), &overlay);
        let with = with.unwrap_or_else(|problems| panic!("{problems}")).documented;
        let without: Documented = import_real(document, &text, &overlay).expect("upstream is valid").documented;
        let (with, without) = (spec::print(&with.api), spec::print(&without.api));
        for (path, text) in &without {
            assert_eq!(with.get(path), Some(text), "{path} of {document}");
        }
        assert!(with.values().all(|file| !file.contains("Prose")));
    }
}

#[test]
fn mutations_of_upstream_never_panic() {
    let mut random = Random(7);
    let overlay = overlay();
    for (document, file) in REAL {
        let Some(text) = upstream(file) else { return };
        for _ in 0..4 {
            let _ = import_real(document, &random.mutate(&text), &overlay);
        }
        let cut = &text[..text.len() / 2];
        assert!(import_real(document, cut, &overlay).is_err(), "half of {file} is no document");
        let corrupt = text.replace("\"type\":\"string\"", "\"type\":\"strnig\"");
        let corrupt = corrupt.replace("\"type\": \"string\"", "\"type\": \"strnig\"");
        let problems = import_real(document, &corrupt, &overlay).expect_err("the type is unknown").to_string();
        assert!(problems.contains("unknown type `strnig` (at /"), "{problems}");
    }
}
