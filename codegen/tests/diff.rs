//! One change of a spec gives exactly the rows that it should, in the words that decide about a version.

mod common;

use common::{committed, upstream};
use elkit_codegen::diff::{Action, Class, Diff, Part, diff};
use elkit_codegen::import::merge;
use elkit_codegen::import::openapi::{self, Input, Names, OperationFacts};
use elkit_codegen::overlay::Overlay;
use elkit_codegen::spec::{
    self,
    model::{Api, Product},
};
use elkit_codegen::{Texts, generate};

const CALL: &str = r#"{
  "operation": "shop.create",
  "since": "8.0",
  "reference": "https://example.com/create",
  "privileges": { "cluster": ["shop"] },
  "routes": [{ "verbs": ["POST"], "path": "/shop/{shop}/orders" }],
  "path": { "shop": "string" },
  "query": { "page": "int32?", "sort": "'up'?", "dry_run": { "type": "boolean?", "default": false } },
  "body": {
    "required": true,
    "json": { "item": "shop.Item", "count": "int32", "note": "string?", "gift": { "object": { "to": "string" }, "optional": true } }
  },
  "responses": { "200": { "json": { "id": "string", "state": "shop.State?", "item": "shop.Item", "list": "shop.Answer[]" } } }
}
"#;

const TYPES: &str = r#"{
  "namespace": "shop",
  "types": {
    "Answer": { "object": { "took": "int64", "by": "shop.Payment", "left": "string | null", "old": "float32?" } },
    "Base": { "object": { "tags": "string[]?" } },
    "Card": { "object": { "kind": "'card'", "token": "shop.Id" } },
    "Cash": { "object": { "kind": "'cash'" } },
    "Id": "string",
    "Item": { "extends": ["shop.Base"], "object": { "sku": "shop.Id", "payment": "shop.Payment?", "size": { "type": "int32?", "min": 1 } } },
    "Payment": { "tag": { "member": "kind" }, "union": ["shop.Card", "shop.Cash"] },
    "State": { "enum": ["new", "sent", { "value": "late", "since": "9.0" }] },
    "Unused": { "object": { "a": "string" } }
  }
}
"#;

const TRAITS: &str = r#"
[elasticsearch]
oldest = "8.0"
secrets = ["shop.Card.token"]
[kibana]
oldest = "8.0"
secrets = ["shop.Card.token"]
"#;

fn spec(product: &str) -> Texts {
    Texts::from([
        (format!("{product}/shop/create.json"), CALL.to_owned()),
        (format!("{product}/types/shop.json"), TYPES.to_owned()),
        ("overlay/traits.toml".to_owned(), TRAITS.to_owned()),
    ])
}

/// The spec with one text put in the place of another.
fn changed(product: &str, from: &str, to: &str) -> Texts {
    let mut texts = spec(product);
    // The operation's own name stands in its path too.
    let path = format!("{product}/shop/create.json");
    let hits = texts.values().filter(|text| text.contains(from)).count();
    assert!(hits >= 1, "{from} stands somewhere");
    texts.values_mut().for_each(|text| *text = text.replace(from, to));
    if from.contains("shop.create") {
        let text = texts.remove(&path).expect("it is there");
        texts.insert(format!("{product}/shop/place.json"), text);
    }
    texts
}

fn compare(old: &Texts, new: &Texts) -> Diff {
    diff(old, new).unwrap_or_else(|problems| panic!("{problems}"))
}

fn rows(diff: &Diff) -> Vec<String> {
    let word = |value: &dyn std::fmt::Debug| format!("{value:?}").to_lowercase();
    let row = |change: &elkit_codegen::diff::Change| {
        let [class, part, action] = [word(&change.class), word(&change.part), word(&change.action)];
        let arrow = match (&change.was, &change.is) {
            (Some(was), Some(is)) => format!(" {was} -> {is}"),
            _ => String::new(),
        };
        format!("{class}: {part} {action} {}{arrow}", change.id)
    };
    diff.changes.iter().map(row).collect()
}

/// What is changed, into what, and the rows of that.
type Row = (&'static str, &'static str, &'static [&'static str]);

#[test]
fn one_change_gives_the_rows_it_should() {
    let table: &[Row] = &[
        // Operations.
        (
            r#""operation": "shop.create""#,
            r#""operation": "shop.place""#,
            &["breaking: operation renamed shop.place shop.create -> shop.place"],
        ),
        (r#""since": "8.0","#, "", &["docs: operation changed shop.create 8.0 -> -"]),
        (
            "example.com/create",
            "example.com/make",
            &["docs: operation changed shop.create https://example.com/create -> https://example.com/make"],
        ),
        (r#"["shop"]"#, r#"["all"]"#, &["docs: operation changed shop.create cluster: shop -> cluster: all"]),
        (r#""since": "8.0","#, r#""since": "8.0", "deprecated": "9.0","#, &["additive: operation changed shop.create"]),
        (r#""routes""#, r#""space": true, "routes""#, &["additive: operation changed shop.create"]),
        (
            r#"["POST"]"#,
            r#"["PUT"]"#,
            &["additive: operation changed shop.create POST /shop/{shop}/orders -> PUT /shop/{shop}/orders"],
        ),
        (
            "/orders",
            "/order",
            &["additive: operation changed shop.create POST /shop/{shop}/orders -> POST /shop/{shop}/order"],
        ),
        // Parameters.
        (r#""page": "int32?", "#, "", &["breaking: member removed shop.create.page"]),
        (
            r#""page": "int32?""#,
            r#""offset": "int32?""#,
            &["breaking: member renamed shop.create.offset page -> offset"],
        ),
        (r#""page": "int32?""#, r#""page": "int64?""#, &["breaking: member retyped shop.create.page int32 -> int64"]),
        (r#""page": "int32?""#, r#""page": "int32""#, &["breaking: member required shop.create.page"]),
        (r#""page": "int32?""#, r#""page": "int32?", "size": "string?""#, &["additive: member added shop.create.size"]),
        (r#""default": false"#, r#""default": true"#, &["docs: member changed shop.create.dry_run false -> true"]),
        // Members of requests.
        (r#""count": "int32", "#, "", &["breaking: member removed shop.create.count"]),
        (r#""count": "int32""#, r#""count": "int32?""#, &["breaking: member optional shop.create.count"]),
        (r#""count": "int32""#, r#""count": "int32", "to": "string""#, &["breaking: member added shop.create.to"]),
        (r#""count": "int32""#, r#""count": "int32", "to": "string?""#, &["additive: member added shop.create.to"]),
        // What is newer than the oldest server is optional in Rust.
        (
            r#""count": "int32""#,
            r#""count": "int32", "to": { "type": "string", "since": "9.1" }"#,
            &["additive: member added shop.create.to"],
        ),
        (
            r#""note": "string?""#,
            r#""note": "(string | null)?""#,
            &["additive: member retyped shop.create.note never null -> may be null"],
        ),
        (
            r#""to": "string" }, "optional""#,
            r#""to": "int32" }, "optional""#,
            &["breaking: member retyped shop.create.gift.to string -> int32"],
        ),
        (r#""required": true,"#, "", &["additive: member optional shop.create.body"]),
        (
            r#""json": { "item": "shop.Item", "count""#,
            r#""ndjson": { "item": "shop.Item", "count""#,
            &["breaking: member retyped shop.create.body json -> ndjson"],
        ),
        // Members of answers.
        (r#""id": "string", "#, "", &["breaking: member removed shop.create.200.id"]),
        (r#""id": "string""#, r#""id": "string?""#, &["breaking: member optional shop.create.200.id"]),
        (r#""id": "string""#, r#""id": "string", "age": "int32""#, &["additive: member added shop.create.200.age"]),
        (
            r#""id": "string""#,
            r#""id": "string | null""#,
            &["breaking: member retyped shop.create.200.id never null -> may be null"],
        ),
        (
            r#""state": "shop.State?""#,
            r#""state": "(shop.State | null)?""#,
            &["docs: member retyped shop.create.200.state never null -> may be null"],
        ),
        (
            r#""shop.Answer[]""#,
            r#""map<string, shop.Answer>""#,
            &["breaking: member retyped shop.create.200.list shop.Answer[] -> map<string, shop.Answer>"],
        ),
        (r#""responses": { "200""#, r#""responses": { "201""#, &["docs: operation changed shop.create 200 -> 201"]),
        // Types.
        (r#""took": "int64", "#, "", &["breaking: member removed shop.Answer.took"]),
        (r#""took": "int64""#, r#""took": "int64", "of": "string""#, &["additive: member added shop.Answer.of"]),
        (r#""old": "float32?""#, r#""old": "float64?""#, &["docs: member retyped shop.Answer.old float32 -> float64"]),
        (
            r#""left": "string | null""#,
            r#""left": "string""#,
            &["breaking: member retyped shop.Answer.left may be null -> never null"],
        ),
        // An alias is no type in Rust, but what it stands for is.
        (r#""sku": "shop.Id""#, r#""sku": "string""#, &["docs: member retyped shop.Item.sku shop.Id -> string"]),
        (r#""Id": "string""#, r#""Id": "int64""#, &["breaking: type retyped shop.Id string -> int64"]),
        (r#""sku": "shop.Id""#, r#""sku": "shop.Id", "color": "string?""#, &["additive: member added shop.Item.color"]),
        (r#""sku": "shop.Id""#, r#""sku": "shop.Id", "color": "string""#, &["breaking: member added shop.Item.color"]),
        (r#""min": 1"#, r#""min": 2"#, &["docs: member changed shop.Item.size"]),
        (
            r#""tags": "string[]?""#,
            r#""tags": "string?""#,
            &["breaking: member retyped shop.Base.tags string[] -> string"],
        ),
        (
            r#""extends": ["shop.Base"], "object": { "#,
            r#""object": { "tags": "string[]?", "#,
            &["breaking: type removed shop.Base", "docs: type changed shop.Item shop.Base -> "],
        ),
        (r#""a": "string""#, r#""a": "int32""#, &[]),
        // Enums and unions.
        (r#""new", "#, "", &["breaking: value removed shop.State.new"]),
        (r#""new", "#, r#""new", "lost", "#, &["additive: value added shop.State.lost"]),
        (r#""sent""#, r#""Sent""#, &["breaking: value renamed shop.State.Sent sent -> Sent"]),
        (r#""since": "9.0""#, r#""since": "9.1""#, &["docs: value changed shop.State.late 9.0 -> 9.1"]),
        (
            r#"["shop.Card", "shop.Cash"]"#,
            r#"["shop.Card", "shop.Cash", "shop.Base"]"#,
            &["additive: alternative added shop.Payment"],
        ),
        (
            r#"["shop.Card", "shop.Cash"]"#,
            r#"["shop.Card"]"#,
            &["breaking: type removed shop.Cash", "breaking: alternative removed shop.Payment"],
        ),
        (
            r#"{ "tag": { "member": "kind" }, "union": ["shop.Card", "shop.Cash"] }"#,
            r#""shop.Card""#,
            &[
                "breaking: type removed shop.Cash",
                "breaking: type retyped shop.Payment shop.Card | shop.Cash by kind -> shop.Card",
            ],
        ),
        // Traits.
        (r#"secrets = ["shop.Card.token"]"#, "secrets = []", &["breaking: trait removed shop.Card.token"]),
    ];
    let mut wrong = Vec::new();
    for product in ["elasticsearch", "kibana"] {
        for (from, to, wanted) in table {
            let new = changed(product, from, to);
            let is = rows(&compare(&spec(product), &new));
            if is != *wanted {
                wrong.push(format!("{product}: {from} -> {to}\n  wanted {wanted:#?}\n  is {is:#?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_renamed_type_is_one_row() {
    for product in ["elasticsearch", "kibana"] {
        let mut new = spec(product);
        for text in new.values_mut() {
            *text = text.replace("shop.Answer", "shop.Reply").replace("\"Answer\"", "\"Reply\"");
            *text = text.replace("shop.Card", "shop.Plastic").replace("\"Card\"", "\"Plastic\"");
        }
        let wanted = [
            "breaking: type renamed shop.Plastic shop.Card -> shop.Plastic",
            "breaking: type renamed shop.Reply shop.Answer -> shop.Reply",
        ];
        let diff = compare(&spec(product), &new);
        // The entry of traits.toml follows its type.
        assert_eq!(rows(&diff).into_iter().filter(|row| !row.contains("trait")).collect::<Vec<_>>(), wanted);
    }
}

#[test]
fn a_spec_is_itself() {
    let committed = ["elasticsearch", "kibana"].map(|product| {
        let files = committed(product).into_iter();
        files.map(move |(path, text)| (format!("{product}/{path}"), text))
    });
    let all: Texts = committed.into_iter().flatten().collect();
    assert_eq!(compare(&all, &all), Diff::default());
    assert_eq!(compare(&spec("kibana"), &spec("kibana")).markdown(), "# What changes for Rust users\n\n**Nothing.**\n");
}

/// Every row of a change stands in its reverse as one that takes it back.
#[test]
fn what_is_added_one_way_is_removed_the_other() {
    let rows_of = |from: &str, to: &str| {
        let new = changed("kibana", from, to);
        let there = compare(&spec("kibana"), &new);
        let back = compare(&new, &spec("kibana"));
        (rows(&there), rows(&back), back.is_breaking())
    };
    let (there, back, breaking) =
        rows_of(r#""left": "string | null""#, r#""left": "string | null", "more": "shop.Unused?""#);
    assert_eq!(there, ["additive: type added shop.Unused", "additive: member added shop.Answer.more"]);
    assert_eq!(back, ["breaking: type removed shop.Unused", "breaking: member removed shop.Answer.more"]);
    assert!(breaking);
}

#[test]
fn broken_specs_say_which_side() {
    let broken = changed("kibana", r#""note": "string?""#, r#""note": "strnig?""#);
    let problems = diff(&spec("kibana"), &broken).expect_err("the type is unknown").to_string();
    assert!(problems.contains("new/kibana/shop/create.json") && problems.contains("`strnig`"), "{problems}");
}

fn with_lock(mut texts: Texts) -> Texts {
    let generated = generate(&texts).unwrap_or_else(|problems| panic!("{problems}"));
    texts.insert("api.lock".to_owned(), generated.files["spec/api.lock"].clone());
    texts
}

#[test]
fn names_in_rust_are_compared_by_the_lock() {
    let old = with_lock(spec("elasticsearch"));
    let mut new = old.clone();
    let names = "[elasticsearch.types]\n\"shop.Answer\" = \"Reply\"\n[elasticsearch.arguments]\n\"shop.create\" = [\"count\", \"item\"]\n";
    new.insert("overlay/names.toml".to_owned(), names.to_owned());
    let new = with_lock(new);
    let wanted = [
        "breaking: name renamed shop.Answer shop::Answer -> shop::Reply",
        "breaking: name changed shop.create create(shop, item, count) -> create(shop, count, item)",
    ];
    assert_eq!(rows(&compare(&old, &new)), wanted);
    // A new required value changes the arguments too, but that is told already.
    let new = with_lock(changed("elasticsearch", r#""count": "int32""#, r#""count": "int32", "to": "string""#));
    assert_eq!(rows(&compare(&old, &new)), ["breaking: member added shop.create.to"]);
}

/// Two places say the same and one of them changes: that is one row, and what is public keeps its name.
#[test]
fn a_changed_twin_renames_nothing() {
    let call = |name: &str, address: &str| {
        let text = format!(
            r#"{{ "operation": "shop.{name}", "routes": [{{ "verbs": ["POST"], "path": "/shop/{name}" }}],
            "body": {{ "json": {{ "address": {{ "object": {{ {address} }}, "optional": true }} }} }},
            "responses": {{ "200": {{ "json": {{ "address": {{ "object": {{ {address} }} }} }} }} }} }}"#
        );
        (format!("kibana/shop/{name}.json"), text)
    };
    let (same, other) =
        (r#""street": "string", "zip": "string?""#, r#""street": "string", "zip": "string?", "city": "string?""#);
    let names = ["bill", "order", "return"];
    let spec = |changed: &str, lock: &str| {
        let calls = names.map(|name| call(name, if name == changed { other } else { same }));
        let mut texts: Texts = calls.into();
        texts.insert("overlay/traits.toml".to_owned(), "[kibana]\nmerge = true\n".to_owned());
        texts.insert("api.lock".to_owned(), lock.to_owned());
        with_lock(texts)
    };
    let types = |texts: &Texts| -> Vec<(String, String)> {
        let lines = texts["api.lock"].lines().filter_map(|line| line.strip_prefix("kibana type ")?.split_once(" = "));
        let addresses = lines.filter(|(place, _)| place.ends_with(".address"));
        addresses.map(|(place, name)| (place.to_owned(), name.to_owned())).collect()
    };
    let old = spec("", "");
    let all = types(&old);
    assert_eq!(all.len(), 6, "{all:?}");
    assert!(all.iter().all(|(_, name)| *name == all[0].1), "they are one type: {all:?}");
    for changed in names {
        let new = spec(changed, &old["api.lock"]);
        let is = rows(&compare(&old, &new));
        let wanted = [
            format!("breaking: name retyped shop.{changed}.200.address shop::Address -> shop::ShopAddress"),
            format!("breaking: name retyped shop.{changed}.body.address shop::Address -> shop::ShopAddress"),
            format!("additive: member added shop.{changed}.200.address.city"),
            format!("additive: member added shop.{changed}.address.city"),
        ];
        assert_eq!(is, wanted, "the changed one is a type of its own now, and nothing is renamed");
        for (place, name) in &all {
            let kept = types(&new).contains(&(place.clone(), name.clone()));
            assert_eq!(kept, !place.starts_with(&format!("shop.{changed}.")), "{place} when `{changed}` changes");
        }
        // What was told apart stays so, whatever comes next.
        assert_eq!(types(&spec(changed, &new["api.lock"])), types(&new));
    }
}

#[test]
fn reports_for_people_and_tools() {
    let mut new = changed("kibana", r#""page": "int32?", "#, "");
    for (from, to) in [
        (r#""new", "#, r#""new", "lost", "#),
        (r#""id": "string""#, r#""id": "string?""#),
        (r#""since": "8.0","#, r#""since": "8.1","#),
        (r#""token": "shop.Id""#, r#""token": "shop.Id", "name": "string?""#),
    ] {
        new.values_mut().for_each(|text| *text = text.replace(from, to));
    }
    let add = CALL.replace("shop.create", "shop.remove").replace("POST", "DELETE");
    new.insert("kibana/shop/remove.json".to_owned(), add);
    let diff = compare(&spec("kibana"), &new);
    assert_eq!([Class::Breaking, Class::Additive, Class::Docs].map(|class| diff.count(class)), [2, 3, 1]);
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("diff_markdown", diff.markdown());
        insta::assert_snapshot!("diff_json", diff.json());
    });
}

/// A spec that holds nothing but these documents of Kibana.
fn kibana(documents: &[(&str, &str)]) -> Option<Texts> {
    let folder = common::workspace().join("spec/overlay");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("it is there");
    let files = ["names.toml", "fixups.toml"].map(|name| (name.to_owned(), read(name)));
    let overlay = Overlay::read(&files.into(), Product::Kibana).unwrap_or_else(|problems| panic!("{problems}"));
    let names = Names::new(&overlay.names.operations, &overlay.names.components);
    let mut spec = Api::default();
    for (document, file) in documents {
        let text = upstream(file)?;
        let facts = OperationFacts::default();
        let fixups = &overlay.document_fixups;
        let input = Input { file, text: &text, document, names: &names, facts: &facts, fixups };
        let imported = openapi::import(input).unwrap_or_else(|problems| panic!("{problems}"));
        spec = merge(&spec, imported.documented).unwrap_or_else(|problems| panic!("{problems}"));
    }
    let files = spec::print(&spec).into_iter();
    Some(files.map(|(path, text)| (format!("kibana/{path}"), text)).collect())
}

/// The figures are those that were counted on the documents themselves.
#[test]
fn importing_the_next_kibana_counts_what_changed() {
    let old = ("kibana-8.18", "kibana-8.18.openapi.json");
    let new = ("kibana-9.3", "kibana-9.3.openapi.json");
    let (Some(before), Some(after)) = (kibana(&[old]), kibana(&[old, new])) else { return };
    let diff = compare(&before, &after);
    let [documents] = &diff.documents[..] else { panic!("{:?}", diff.documents) };
    assert_eq!((documents.old.as_str(), documents.new.as_str()), ("kibana-8.18", "kibana-9.3"));
    assert_eq!((documents.both, documents.only_old.len(), documents.only_new.len()), (296, 44, 223));
    let count = |part, action| diff.changes.iter().filter(|row| row.part == part && row.action == action).count();
    assert_eq!(count(Part::Operation, Action::Added), 223);
    assert_eq!(count(Part::Operation, Action::Missing), 44);
    assert_eq!(count(Part::Operation, Action::Removed), 0, "an import takes nothing from older servers");
    // The id of an operation in the document is a part of the link to its reference.
    let renamed = diff.changes.iter().filter(|row| row.part == Part::Operation && row.effect == "reference");
    let renamed: Vec<&str> = renamed.map(|row| row.id.as_str()).collect();
    assert_eq!(renamed, ["saved_objects.export", "saved_objects.import"]);
}
