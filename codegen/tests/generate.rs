//! `generate` gives what is committed, whatever the order of its input, and says everything that is not so. Nothing here
//! needs the client: it works while generated code does not compile.

mod common;
#[path = "../../tests/tests/golden/regenerate.rs"]
#[allow(dead_code)] // other tests use the rest
mod goldens;

use std::collections::BTreeSet;
use std::fs;
use std::sync::OnceLock;

use common::{tree, workspace};
use elkit_codegen::{Generated, Texts, generate};
use serde_json::Value;

/// The committed spec/, by path below it.
fn spec() -> Texts {
    let kinds = [".json", ".toml", ".lock"];
    tree(&workspace().join("spec"))
        .into_iter()
        .filter(|(path, _)| kinds.iter().any(|kind| path.ends_with(kind)))
        .collect()
}

/// What the committed spec generates, made once.
fn generated() -> &'static Generated {
    static GENERATED: OnceLock<Generated> = OnceLock::new();
    GENERATED.get_or_init(|| generate(&spec()).unwrap_or_else(|problems| panic!("{problems}")))
}

/// All generated files, by path below the workspace.
fn wanted(generated: &Generated) -> Texts {
    let client = generated.client.iter().map(|(path, text)| (format!("client/src/generated/{path}"), text.clone()));
    client.chain(generated.files.clone()).collect()
}

#[test]
fn committed_files_are_what_the_spec_says() {
    let wanted = wanted(generated());
    let read = |path: &String| fs::read_to_string(workspace().join(path)).unwrap_or_default();
    let mut wrong: BTreeSet<String> =
        wanted.iter().filter(|(path, text)| read(path) != **text).map(|(path, _)| path.clone()).collect();
    // Folders that hold nothing but generated files, and one file each that says so.
    for folder in ["client/src/generated", "tests/src/generated"] {
        let all = tree(&workspace().join(folder))
            .into_keys()
            .filter(|path| path != "mod.rs")
            .map(|path| format!("{folder}/{path}"));
        wrong.extend(all.filter(|path| !wanted.contains_key(path)));
    }
    let names: Vec<&str> = wrong.iter().map(String::as_str).collect();
    assert!(names.is_empty(), "not what the spec says: {}\nrun `cargo xtask generate`", names.join(", "));
}

#[test]
fn every_call_has_a_name_and_a_sentence() {
    assert!(generated().advice.is_empty(), "{}", generated().advice);
}

#[test]
fn every_overlay_entry_has_an_effect() {
    assert!(generated().unused.is_empty(), "{}", generated().unused);
}

/// Neither the order of files and types nor what was generated before says anything.
#[test]
fn generating_again_in_another_order_changes_nothing() {
    let mut texts = Texts::new();
    for (path, text) in spec() {
        if !path.contains("/types/") {
            texts.insert(path, text);
            continue;
        }
        // One type a file, the last first.
        let Ok(Value::Object(mut file)) = serde_json::from_str(&text) else { panic!("{path} is an object") };
        let Some(Value::Object(types)) = file.remove("types") else { panic!("{path} has types") };
        let head: String = file.iter().map(|(key, value)| format!("\"{key}\": {value}, ")).collect();
        let body: Vec<String> =
            types.iter().rev().map(|(name, value)| format!("\"{name}\": {}", span(&text, name, value))).collect();
        texts.insert(path, format!("{{ {head}\"types\": {{ {} }} }}", body.join(", ")));
    }
    texts.insert("api.lock".to_owned(), generated().files["spec/api.lock"].clone());
    assert_same(&generate(&texts).unwrap_or_else(|problems| panic!("{problems}")), generated());
}

/// The text of a type as it stands in its file: `serde_json` would sort its members.
fn span<'a>(text: &'a str, name: &str, value: &Value) -> &'a str {
    let key = format!("\n    \"{name}\": ");
    let start = text.find(&key).expect("a type begins its line") + key.len();
    let mut values = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Value>();
    assert_eq!(values.next().and_then(Result::ok).as_ref(), Some(value), "{name}");
    &text[start..start + values.byte_offset()]
}

fn assert_same(a: &Generated, b: &Generated) {
    let (a, b) = (wanted(a), wanted(b));
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>());
    let differ: Vec<&String> = a.iter().filter(|(path, text)| b[*path] != **text).map(|(path, _)| path).collect();
    assert_eq!(differ, Vec::<&String>::new());
}

#[test]
fn what_has_no_type_is_what_users_define() {
    let coverage = &generated().files["spec/COVERAGE.md"];
    let elasticsearch =
        coverage.split("\n## ").find(|section| section.starts_with("elasticsearch")).expect("it is there");
    let reasons: Vec<&str> = elasticsearch.lines().filter(|line| line.starts_with("### Untyped")).collect();
    assert_eq!(reasons.len(), 1, "{reasons:?}");
    assert!(reasons[0].starts_with("### Untyped: upstream's own user-defined value"), "{reasons:?}");
}

#[test]
fn goldens() {
    goldens::check(&workspace().join("tests/tests/golden"));
}
