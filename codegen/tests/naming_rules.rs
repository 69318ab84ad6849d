//! The rules by which things get their names, held over what is committed: the spec, the stack's table and the generated
//! code. How long and how different names are is in `names.rs`; where inline types get theirs, in the goldens.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{product, tree, workspace};
use elkit_codegen::spec::model::{Operation, Product};
use elkit_codegen::{Texts, generate_extension, names};
use serde_json::Value;
use syn::{Attribute, ImplItem, Item, Visibility};

const PRODUCTS: [&str; 2] = ["elasticsearch", "kibana"];

/// The items of a product's generated files with this name, by module.
fn files(product: &str, name: &str) -> BTreeMap<String, Vec<Item>> {
    let folder = workspace().join("client/src/generated").join(product);
    let texts = tree(&folder).into_iter();
    let parsed = texts.filter_map(|(path, text)| {
        let module = path.strip_suffix(name)?.strip_suffix('/')?.to_owned();
        Some((module, syn::parse_file(&text).unwrap_or_else(|error| panic!("{path}: {error}")).items))
    });
    let files: BTreeMap<_, _> = parsed.collect();
    assert!(!files.is_empty(), "the generated code was not found");
    files
}

fn plain(name: &impl ToString) -> String {
    name.to_string().trim_start_matches("r#").to_owned()
}

/// The public methods of a module's types with their attributes.
fn methods(items: &[Item]) -> impl Iterator<Item = (String, String, &[Attribute])> {
    let impls = items.iter().filter_map(|item| match item {
        Item::Impl(item) if item.trait_.is_none() => Some(item),
        _ => None,
    });
    impls.flat_map(|item| {
        let owner = match &*item.self_ty {
            syn::Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
            _ => None,
        };
        item.items.iter().filter_map(move |member| match member {
            ImplItem::Fn(method) if matches!(method.vis, Visibility::Public(_)) => {
                Some((owner.clone()?, plain(&method.sig.ident), &method.attrs[..]))
            }
            _ => None,
        })
    })
}

/// What rustdoc finds something by.
fn aliases(attributes: &[Attribute]) -> Vec<String> {
    let alias = |attribute: &Attribute| {
        let mut found = None;
        if attribute.path().is_ident("doc") {
            let _ = attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("alias") {
                    found = Some(meta.value()?.parse::<syn::LitStr>()?.value());
                }
                Ok(())
            });
        }
        found
    };
    attributes.iter().filter_map(alias).collect()
}

/// An id, `VERB /path` for each route, and what upstream's own document calls it.
fn wanted_aliases(operation: &Operation) -> BTreeSet<String> {
    let routes = operation.routes.iter().flat_map(|route| route.verbs.iter().map(move |verb| (verb, &route.path)));
    let mut wanted: BTreeSet<String> = routes.map(|(verb, path)| format!("{verb} {path}")).collect();
    wanted.insert(operation.id.clone());
    let kibana = "https://www.elastic.co/docs/api/doc/kibana/operation/operation-";
    wanted.extend(operation.reference.as_ref().and_then(|link| link.strip_prefix(kibana)).map(str::to_owned));
    wanted
}

#[test]
fn calls_are_found_by_what_upstream_calls_them() {
    for name in PRODUCTS {
        let files = files(name, "mod.rs");
        let mut wrong = Vec::new();
        for operation in product(name).operations.values() {
            let (namespace, method) = operation.id.rsplit_once('.').unwrap_or(("global", &operation.id));
            let items = files.get(&namespace.replace('.', "_")).map(Vec::as_slice).unwrap_or_default();
            let known: BTreeSet<String> =
                methods(items).filter(|(_, name, _)| name == method).flat_map(|(_, _, own)| aliases(own)).collect();
            let missing: Vec<_> = wanted_aliases(operation).difference(&known).cloned().collect();
            if !missing.is_empty() {
                wrong.push(format!("{}: {missing:?}", operation.id));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

/// `fleet.agents.list`, never `fleet.agents.list_agents`: neither the whole of a namespace's words nor their singular.
#[test]
fn no_method_says_its_namespace_again() {
    let mut wrong = Vec::new();
    for operation in PRODUCTS.iter().flat_map(|name| product(name).operations.into_values()) {
        let Some((namespace, method)) = operation.id.rsplit_once('.') else { continue };
        let method = singular_words(method);
        let said = |part: &str| method.windows(part.split('_').count()).any(|words| words == singular_words(part));
        if namespace.split('.').any(said) {
            wrong.push(operation.id);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn singular_words(name: &str) -> Vec<String> {
    let words = names::Words::default();
    name.split('_').map(|word| words.singular(word)).collect()
}

/// Within a product area: what two areas share would tie their features together.
#[test]
fn identical_inline_types_are_one_type() {
    let table =
        std::fs::read_to_string(workspace().join("tests/stack/src/kibana_table.json")).expect("it is committed");
    let table: Value = serde_json::from_str(&table).expect("it is JSON");
    let types = table["types"].as_object().expect("it has types");
    let mut same: BTreeMap<(&str, String), Vec<&str>> = BTreeMap::new();
    for (id, definition) in types {
        let inline = !id.rsplit('.').next().is_some_and(|name| name.starts_with(char::is_uppercase));
        if inline {
            let area = id.split('.').next().unwrap_or_default();
            same.entry((area, definition.to_string())).or_default().push(id);
        }
    }
    assert!(same.len() > 500, "only {} inline types were found", same.len());
    let twice: Vec<String> = same.values().filter(|ids| ids.len() > 1).map(|ids| ids.join(" = ")).collect();
    assert!(twice.is_empty(), "{}", twice.join("\n"));
}

/// `.send()`, `.options()`, `.extra`, `.pages()`, `.items()` and `.into_*()` mean the same on every call and request.
#[test]
fn words_of_the_runtime_name_nothing_of_an_api() {
    let ours = |name: &str| {
        let begins = ["send", "into"].iter().any(|word| name == *word || name.starts_with(&format!("{word}_")));
        begins || ["options", "extra", "pages", "items"].contains(&name)
    };
    let mut wrong = Vec::new();
    for name in PRODUCTS {
        for (module, items) in files(name, "mod.rs") {
            // A namespace has calls, which have aliases, and namespaces: `exception_lists().items()` clashes with nothing.
            let called: BTreeSet<String> =
                methods(&items).filter(|(_, _, own)| !aliases(own).is_empty()).map(|(owner, ..)| owner).collect();
            let taken = methods(&items)
                .filter(|(owner, method, own)| ours(method) && (!called.contains(owner) || !aliases(own).is_empty()));
            wrong.extend(taken.map(|(owner, method, _)| format!("{name}/{module}: `{owner}::{method}`")));
        }
        for (module, items) in files(name, "types.rs") {
            for item in &items {
                let Item::Struct(item) = item else { continue };
                let request = item.ident.to_string().ends_with("Request");
                for field in &item.fields {
                    let (Some(field), syn::Type::Path(ty)) = (&field.ident, &field.ty) else { continue };
                    let runtime = ty.path.is_ident("Extra");
                    if !runtime && (field == "extra" || request && ours(&plain(field))) {
                        wrong.push(format!("{name}/{module}: `{}.{field}`", item.ident));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Words at a name's end that say how a document is made, not what the thing is.
const OF_DOCUMENTS: [&str; 6] = ["Properties", "Props", "Schema", "Object", "Request", "Response"];

/// Objects, requests and responses that are what Kibana is about.
const THINGS: [&str; 8] = [
    "CopiedObject",
    "HttpCheckRequest",
    "HttpCheckResponse",
    "ResolvedObject",
    "RulePreviewLoggedRequest",
    "SavedObject",
    "ShareableObject",
    "SharedObject",
];

#[test]
fn types_are_called_by_what_they_are() {
    let mut wrong = Vec::new();
    let calls_of = files("kibana", "mod.rs");
    for (module, items) in files("kibana", "types.rs") {
        let calls: BTreeSet<String> = calls_of[&module].iter().filter_map(item_name).collect();
        for name in items.iter().filter_map(item_name) {
            let of_call = ["Request", "Response", "Required"].iter().any(|end| {
                name.strip_suffix(end)
                    .is_some_and(|stem| calls.contains(stem) || calls.contains(&format!("{stem}Call")))
            });
            if !of_call && !THINGS.contains(&name.as_str()) && OF_DOCUMENTS.iter().any(|word| name.ends_with(word)) {
                wrong.push(format!("{module}: `{name}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "give them names in spec/overlay/names.toml:\n{}", wrong.join("\n"));
}

fn item_name(item: &Item) -> Option<String> {
    match item {
        Item::Struct(item) => Some(item.ident.to_string()),
        Item::Enum(item) => Some(item.ident.to_string()),
        Item::Type(item) => Some(item.ident.to_string()),
        _ => None,
    }
}

/// The names that new components get: what the thing is, as long as nothing else is called so.
#[test]
fn words_of_documents_are_left_out_of_new_names() {
    let rows: [(&[&str], &[&str]); 7] = [
        (&["NoteProperties"], &["Note"]),
        (&["NoteSchema", "TagObject"], &["Note", "Tag"]),
        (&["NoteResponseProperties"], &["Note"]),
        (&["NoteCreateProps", "NoteUpdateProps", "NotePatchProps"], &["NewNote", "NotePatch", "NoteUpdate"]),
        (&["CreateNoteRequest", "UpdateNoteRequest"], &["NewNote", "NoteUpdate"]),
        (&["Note", "NoteResponse"], &["Note", "NoteResponse"]),
        (&["Properties", "Object"], &["Object", "Properties"]),
    ];
    for (components, wanted) in rows {
        let types: Vec<String> = (components.iter().enumerate())
            .map(|(at, name)| format!(r#""{name}": {{ "object": {{ "m{at}": "string" }} }}"#))
            .collect();
        let uses: Vec<String> = components.iter().map(|name| format!(r#""{name}": "pad.{name}""#)).collect();
        let call = format!(
            r#"{{ "operation": "pad.read", "routes": [{{ "verbs": ["GET"], "path": "/api/pad" }}],
               "responses": {{ "200": {{ "json": {{ {} }} }} }} }}"#,
            uses.join(", ")
        );
        let types = format!(r#"{{ "namespace": "pad", "types": {{ {} }} }}"#, types.join(", "));
        let spec = Texts::from([("pad/read.json".to_owned(), call), ("types/pad.json".to_owned(), types)]);
        let generated =
            generate_extension(Product::Kibana, &spec, &Texts::new()).unwrap_or_else(|error| panic!("{error}"));
        let text = generated.iter().find(|(path, _)| path.ends_with("pad/types.rs")).map(|(_, text)| text);
        let file = syn::parse_file(text.expect("it has types")).expect("it is Rust");
        let own = file.items.iter().filter_map(item_name).filter(|name| !name.starts_with("Read"));
        assert_eq!(own.collect::<BTreeSet<_>>(), wanted.iter().map(ToString::to_string).collect(), "{components:?}");
    }
}
