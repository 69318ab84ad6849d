//! Broken specs and overlays, and what people are told: the place, upstream's word for it and what to do. Mistakes of the
//! format itself are in `spec.rs`; these are those that the reader of one file can't see.

mod common;

use elkit_codegen::import::openapi::{self, Input, Names, OperationFacts};
use elkit_codegen::overlay::Overlay;
use elkit_codegen::spec::model::Product;
use elkit_codegen::{Texts, generate};

const GET: &str = r#"{
  "operation": "shop.get",
  "documents": ["kibana-9.3"],
  "routes": [{ "verbs": ["GET"], "path": "/api/shop/{id}" }],
  "path": { "id": "string" },
  "query": { "page": "int32?", "filter": "string?" },
  "responses": { "200": { "json": { "item": "shop.Item", "next": "shop.Order?" } } }
}
"#;

const ORDER: &str = r#"{
  "operation": "shop.order",
  "documents": ["kibana-9.3"],
  "routes": [{ "verbs": ["POST"], "path": "/api/shop/{id}/order" }],
  "path": { "id": "string" },
  "body": { "required": true, "json": { "item": "shop.Item", "count": "int32", "pin": "string?" } },
  "responses": { "200": { "json": "shop.Order" } }
}
"#;

const TYPES: &str = r#"{
  "namespace": "shop",
  "documents": ["kibana-9.3"],
  "types": {
    "Card": { "object": { "kind": "'card'" } },
    "Cash": { "object": { "kind": "'cash'" } },
    "Item": { "object": { "sku": "string", "size": "int32?", "pay": "shop.Payment?" } },
    "Order": { "object": { "id": "string", "item": "shop.Item" } },
    "Payment": { "tag": { "member": "kind", "default": "card" }, "union": ["shop.Card", "shop.Cash"] }
  }
}
"#;

const NAMES: &str = r#"[kibana.types]
"shop.Order" = "Purchase"

[kibana.arguments]
"shop.order" = ["count", "item"]

[kibana.operations]
"GET /api/shop/{id}" = "shop.get"
"POST /api/shop/{id}/order" = "shop.order"
"#;

const DOCS: &str = r#"[kibana.operations]
"shop.get" = "Gets one."
"shop.order" = "Orders one."

[kibana.members]
"shop.Item.sku" = "What the label says."
"#;

const TRAITS: &str = r#"[kibana]
secrets = [
    "shop.order.pin",
]

[kibana.aliases]
"shop.buy" = { operation = "shop.order", summary = "Buys one." }
"#;

const FIXUPS: &str = r#"[[fixup]]
name = "size-is-optional"
stage = "spec"
source = "kibana-9.3"
reason = "A shop may leave it out."
evidence = "https://example.com"
change = { set_type = "shop.Item.size", from = "int32?", to = "int64?" }
"#;

const LOCK: &str = "# Names.\nkibana type shop.Item = shop::Item\n";

fn spec() -> Texts {
    let texts = [
        ("kibana/shop/get.json", GET),
        ("kibana/shop/order.json", ORDER),
        ("kibana/types/shop.json", TYPES),
        ("overlay/names.toml", NAMES),
        ("overlay/docs.toml", DOCS),
        ("overlay/traits.toml", TRAITS),
        ("overlay/fixups.toml", FIXUPS),
        ("api.lock", LOCK),
    ];
    texts.map(|(path, text)| (path.to_owned(), text.to_owned())).into()
}

/// What is said when these texts are put in the place of others. Each stands once.
fn said(changes: &[(&str, &str)]) -> String {
    let mut texts = spec();
    for (from, to) in changes {
        let hits: usize = texts.values().map(|text| text.matches(from).count()).sum();
        assert_eq!(hits, 1, "{from} stands once");
        texts.values_mut().for_each(|text| *text = text.replace(from, to));
    }
    match generate(&texts) {
        Ok(generated) => {
            let mut problems = generated.unused;
            problems.extend(generated.advice);
            if problems.is_empty() { "nothing is wrong\n".to_owned() } else { problems.render(&texts) }
        }
        Err(problems) => problems.render(&texts),
    }
}

fn golden(name: &str, said: &str) {
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(format!("diagnostic_{name}"), said);
    });
}

#[test]
fn the_spec_itself_is_fine() {
    assert_eq!(said(&[]), "nothing is wrong\n");
}

#[test]
fn people_are_told_where_and_what_to_do() {
    let item = r#""Item": { "object": { "sku": "string", "#;
    let filter = r#""filter": "string?""#;
    let order = r#"{ "object": { "id": "string", "item": "shop.Item" } }"#;
    let cases: &[(&str, &[(&str, &str)])] = &[
        // Overlays that are no overlays.
        ("toml_syntax", &[("[kibana.types]", "[kibana.types")]),
        ("toml_unknown_key", &[("secrets = [", "secret = [")]),
        ("fixup_stage", &[(r#"stage = "spec""#, r#"stage = "document""#)]),
        // Overlays that upstream has left behind.
        ("fixup_mended_upstream", &[(r#""size": "int32?""#, r#""size": "int64?""#)]),
        ("fixup_of_nothing", &[(r#""size": "int32?", "#, "")]),
        ("name_of_nothing", &[(r#""shop.Order" = "Purchase""#, r#""shop.Ordre" = "Purchase""#)]),
        ("sentence_of_nothing", &[(r#""shop.Item.sku" ="#, r#""shop.Item.label" ="#)]),
        ("secret_of_nothing", &[(r#", "pin": "string?""#, "")]),
        ("argument_of_nothing", &[(r#"["count", "item"]"#, r#"["number", "item"]"#)]),
        // Names.
        ("types_collide", &[(r#""shop.Order" = "Purchase""#, "\"shop.Order\" = \"Thing\"\n\"shop.Item\" = \"Thing\"")]),
        ("type_hides_another", &[("= \"Purchase\"", "= \"Option\"")]),
        ("methods_collide", &[(r#""shop.buy" ="#, r#""shop.get" ="#)]),
        ("lock_is_damaged", &[("kibana type shop.Item = shop::Item", "<<<<<<< HEAD")]),
        ("call_without_a_sentence", &[("\"shop.order\" = \"Orders one.\"\n", "")]),
        ("call_without_a_name", &[("\"GET /api/shop/{id}\" = \"shop.get\"\n", "")]),
        ("name_of_no_route", &[("\"GET /api/shop/{id}\" = ", "\"PUT /api/shop/{id}\" = ")]),
        (
            "union_that_nothing_tells",
            &[(
                r#""size": "int32?", "#,
                r#""size": "int32?", "box": { "union": [{ "object": { "w": "int32?" } }, { "object": { "h": "int32?" } }], "optional": true }, "#,
            )],
        ),
        // Types that can't be.
        ("type_without_end", &[(item, r#""Item": { "object": { "sku": "string", "order": "shop.Order", "#)]),
        ("type_of_itself", &[(order, r#""shop.Order[] | shop.Order""#)]),
        ("extends_no_object", &[(order, r#"{ "extends": ["shop.Payment"], "object": {} }"#)]),
        (
            "shortcut_of_nothing",
            &[(order, r#"{ "object": { "id": "string", "item": "shop.Item" }, "shortcut": "name" }"#)],
        ),
        ("tag_of_nothing", &[(r#""default": "card""#, r#""default": "cheque""#)]),
        // Calls that can't be sent.
        ("map_in_a_query", &[(filter, r#""filter": "map<string, string>?""#)]),
        ("header", &[(r#"  "query""#, "  \"headers\": { \"x-shop\": \"string\" },\n  \"query\"")]),
        ("part_of_a_segment", &[("\"/api/shop/{id}\" }]", "\"/api/shop/no-{id}\" }]")]),
        // All of a run at once.
        (
            "several_at_once",
            &[
                (filter, r#""filter": "strnig?""#),
                ("secrets = [", "secret = ["),
                ("kibana type shop.Item = shop::Item", "<<<<<<< HEAD"),
                (r#""count": "int32""#, r#""count": "shop.Count""#),
            ],
        ),
    ];
    for (name, changes) in cases {
        golden(name, &said(changes));
    }
}

/// What the importer says of a document with this schema in its only call.
fn imported(schema: &str, fixups: &str) -> String {
    let text = format!(
        r#"{{
  "openapi": "3.0.3",
  "paths": {{
    "/api/shop": {{
      "post": {{
        "operationId": "order",
        "requestBody": {{ "content": {{ "application/json": {{ "schema": {schema} }} }} }},
        "responses": {{ "200": {{ "description": "" }} }}
      }}
    }}
  }}
}}
"#
    );
    let overlays = Texts::from([("fixups.toml".to_owned(), fixups.to_owned())]);
    let overlay = Overlay::read(&overlays, Product::Kibana).unwrap_or_else(|problems| panic!("{problems}"));
    let (names, facts) = (Names::default(), OperationFacts::default());
    let fixups = &overlay.document_fixups;
    let file = "shop.openapi.json";
    let input = Input { file, text: &text, document: "kibana-9.3", names: &names, facts: &facts, fixups };
    let problems = openapi::import(input).expect_err("something is wrong");
    let overlays = overlays.into_iter().map(|(name, text)| (format!("overlay/{name}"), text));
    problems.render(&overlays.chain([(file.to_owned(), text.clone())]).collect())
}

#[test]
fn documents_are_told_where_they_are_broken() {
    let fixup = r#"[[fixup]]
name = "objects-are-an-object"
stage = "document"
source = "kibana-9.3"
reason = "A slip of the pen."
evidence = "https://example.com"
change = { replace = ["/paths/~1api~1shop/post/requestBody/content/application~1json/schema/type"], from = '"objects"', to = '"object"' }
"#;
    golden("document_unknown_type", &imported(r#"{ "type": "strnig" }"#, ""));
    golden("document_unknown_keyword", &imported(r#"{ "type": "string", "maxlength": 3 }"#, ""));
    golden("document_reference_to_nothing", &imported(r##"{ "$ref": "#/components/schemas/Order" }"##, ""));
    golden("document_fixup_of_nothing", &imported(r#"{ "type": "object" }"#, fixup));
}
