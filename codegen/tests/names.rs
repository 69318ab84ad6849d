//! What generated names look like, read from the generated code itself.

mod common;
#[path = "../../tests/tests/golden/regenerate.rs"]
#[allow(dead_code)] // the goldens' own test uses the rest
mod goldens;

use std::collections::{BTreeMap, BTreeSet};

use common::{committed, workspace};
use elkit_codegen::spec::model::Product;
use elkit_codegen::{Texts, generate_extension};
use syn::{Fields, ImplItem, Item, Visibility};

/// The longest name that somebody should have to read.
const LONGEST: usize = 60;

/// The names of one module.
#[derive(Default)]
struct Names {
    /// Types, traits and aliases.
    items: Vec<String>,
    /// Fields, variants and methods, by the item that has them.
    members: BTreeMap<String, Vec<String>>,
}

/// The committed generated code, and that of the goldens, by module.
fn modules() -> BTreeMap<String, Names> {
    let mut modules: BTreeMap<String, Names> = BTreeMap::new();
    for folder in ["client/src/generated", "tests/tests/golden"] {
        for (path, text) in common::tree(&workspace().join(folder)) {
            let generated = text.contains("// @generated");
            if let Some(module) = path.strip_suffix("/types.rs").or(path.strip_suffix("/mod.rs")).filter(|_| generated)
            {
                let file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
                let names = modules.entry(format!("{folder}/{module}")).or_default();
                file.items.iter().for_each(|item| collect(item, names));
            }
        }
    }
    assert!(modules.len() > 40, "the generated code was not found");
    modules
}

fn collect(item: &Item, names: &mut Names) {
    let public = |visibility: &Visibility| matches!(visibility, Visibility::Public(_));
    match item {
        Item::Struct(item) => {
            let name = item.ident.to_string();
            let fields = match &item.fields {
                Fields::Named(fields) => fields.named.iter().filter(|field| public(&field.vis)).collect(),
                _ => Vec::new(),
            };
            let fields = fields.iter().filter_map(|field| field.ident.as_ref()).map(ToString::to_string);
            names.members.entry(format!("the fields of {name}")).or_default().extend(fields);
            names.items.push(name);
        }
        Item::Enum(item) => {
            let variants = item.variants.iter().map(|variant| variant.ident.to_string());
            names.members.entry(format!("the variants of {}", item.ident)).or_default().extend(variants);
            names.items.push(item.ident.to_string());
        }
        Item::Type(item) => names.items.push(item.ident.to_string()),
        Item::Trait(item) => names.items.push(item.ident.to_string()),
        Item::Impl(item) if item.trait_.is_none() => {
            let syn::Type::Path(path) = &*item.self_ty else { return };
            let owner = path.path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
            let methods = item.items.iter().filter_map(|item| match item {
                ImplItem::Fn(method) if public(&method.vis) => Some(method.sig.ident.to_string()),
                _ => None,
            });
            names.members.entry(format!("the methods of {owner}")).or_default().extend(methods);
        }
        _ => {}
    }
}

fn plain(name: &str) -> &str {
    name.trim_start_matches("r#")
}

#[test]
fn names_are_short_ascii_and_tell_apart() {
    let mut wrong = Vec::new();
    for (module, names) in modules() {
        let own = "its items".to_owned();
        for (of, names) in std::iter::once((&own, &names.items)).chain(&names.members) {
            let mut seen = BTreeSet::new();
            for name in names.iter().map(|name| plain(name)) {
                let is_new = seen.insert(name.to_lowercase());
                if !is_new || name.len() > LONGEST || !name.is_ascii() {
                    wrong.push(format!("{module}: `{name}` among {of}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A digit at a name's end is upstream's: an index would be ours.
#[test]
fn no_name_ends_in_a_digit_of_ours() {
    let mut words = BTreeSet::new();
    let goldens = goldens::specs(&workspace().join("tests/tests/golden"));
    for text in committed("elasticsearch").values().chain(committed("kibana").values()).chain(goldens.values()) {
        words.extend(
            text.split(|c: char| !c.is_ascii_alphanumeric()).map(digits_at_end).filter(|word| !word.is_empty()),
        );
    }
    let mut wrong = Vec::new();
    for (module, names) in modules() {
        for name in names.items.iter().chain(names.members.values().flatten()) {
            let digits = digits_at_end(name);
            // `SHA-512` has no letter before its digits; an index of ours would have one digit.
            let bare = digits.trim_start_matches(|c: char| c.is_ascii_alphabetic());
            let own = bare.len() > 1 && words.contains(bare);
            if !digits.is_empty() && !words.contains(&digits) && !own {
                wrong.push(format!("{module}: `{name}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The digits at the end of a word, with the letter before them: `Utf8` gives `f8`.
fn digits_at_end(word: &str) -> String {
    let stem = word.trim_end_matches(|c: char| c.is_ascii_digit());
    let letter = stem.chars().next_back().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_lowercase());
    let digits = &word[stem.len()..];
    if digits.is_empty() { String::new() } else { letter.into_iter().chain(digits.chars()).collect() }
}

/// Alternatives are told by what they are, not counted: `WiredStreamDefinition`, not `SecondObjectPutBody`.
#[test]
fn no_name_counts_alternatives() {
    let ordinals = ["Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth", "Tenth"];
    let parts = ["Object", "Item", "Entry", "Word", "Body", "List", "Map"];
    let mut wrong = Vec::new();
    for (module, names) in modules().iter().filter(|(module, _)| module.contains("/kibana/")) {
        for name in names.items.iter().chain(names.members.values().flatten()) {
            let counted = |ordinal: &&str| {
                let after = name.split_once(*ordinal).map(|(_, after)| after);
                after.is_some_and(|after| parts.iter().any(|part| after.starts_with(part)))
            };
            if ordinals.iter().any(counted) {
                wrong.push(format!("{module}: `{name}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_method_repeats_its_namespace() {
    for (module, names) in modules() {
        let namespace = module.rsplit('/').next().unwrap_or_default();
        let handle = names.members.iter().find(|(of, _)| {
            of.strip_prefix("the methods of ").is_some_and(|of| of.to_lowercase() == namespace.replace('_', ""))
        });
        for method in handle.iter().flat_map(|(_, methods)| *methods) {
            let words: Vec<&str> = plain(method).split('_').collect();
            assert!(!words.contains(&namespace), "{module}: `{method}`");
        }
    }
}

/// Words that Rust reserves, as everything that can have a name.
#[test]
fn every_keyword_can_be_a_name() {
    let keywords = [
        "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
        "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
        "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super",
        "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
    ];
    let members: Vec<String> = keywords.iter().map(|word| format!("\"{word}\": \"string?\"")).collect();
    let members = members.join(", ");
    let values = keywords.map(|word| format!("\"{word}\"")).join(", ");
    let mut files = Texts::new();
    for word in keywords {
        let call = format!(
            r#"{{ "operation": "{word}.{word}", "routes": [{{ "verbs": ["POST"], "path": "/_x/{{{word}}}" }}], "path": {{ "{word}": "string" }},
               "query": {{ {members} }}, "body": {{ "json": {{ {members} }} }}, "responses": {{ "200": {{ "json": "{word}.T" }} }} }}"#
        );
        let types = format!(
            r#"{{ "namespace": "{word}", "types": {{ "T": {{ "object": {{ {members}, "e": "{word}.E?", "c": "{word}.C?" }} }},
               "E": {{ "enum": [{values}] }}, "C": {{ "object": {{}}, "one_of": {{ {members} }} }} }} }}"#
        )
        .replace("?\" }, \"e\"", "\" }, \"e\"");
        files.insert(format!("{word}/{word}.json"), call);
        files.insert(format!("types/{word}.json"), types);
    }
    let generated = generate_extension(Product::Elasticsearch, &files, &Texts::new());
    let generated = generated.unwrap_or_else(|problems| panic!("{problems}"));
    for (path, text) in &generated {
        syn::parse_file(text).unwrap_or_else(|error| panic!("{path}: {error}"));
        let folder = path.split('/').nth(1).unwrap_or_default();
        assert!(!keywords.contains(&folder) && !folder.starts_with("r#"), "{path} is no module's folder");
    }
}
