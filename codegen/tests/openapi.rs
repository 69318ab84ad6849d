//! The Kibana importer: every construct arrives, no prose does, what is unknown or broken is named, and documents
//! merge in any order.

mod common;

use std::collections::BTreeMap;

use common::{Random, without_places};
use elkit_codegen::diagnostic::Diagnostics;
use elkit_codegen::import::merge;
use elkit_codegen::import::openapi::{self, Imported, Input, Names, OperationFacts};
use elkit_codegen::overlay::Overlay;
use elkit_codegen::spec;
use elkit_codegen::spec::model::{Api, Product};
use serde_json::{Value, json};

/// Imports one document that nothing is known about.
fn import(text: &str) -> Result<Imported, Diagnostics> {
    let (names, facts) = <_>::default();
    openapi::import(Input { file: "d.json", text, document: "kibana-9.3", names: &names, facts: &facts, fixups: &[] })
}

/// The printed files of what a document says, by path; reading them back gives the same.
fn files(imported: Imported) -> BTreeMap<String, String> {
    let api = merge(&Api::default(), imported.documented).expect("nothing stands twice");
    let printed = spec::print(&api);
    let again = spec::read(&printed).unwrap_or_else(|problems| panic!("{}", problems.render(&printed)));
    assert_eq!(without_places(&again), api);
    printed
}

/// A document of one operation.
fn document(operation: &Value, components: &Value) -> String {
    let operations = json!({ "/api/x/y/{id}": { "post": operation } });
    json!({ "openapi": "3.0.3", "paths": operations, "components": components }).to_string()
}

fn operation(parts: &Value) -> Value {
    let mut operation = json!({
        "operationId": "Post-X",
        "parameters": [{ "in": "path", "name": "id", "required": true, "schema": { "type": "string" } }],
        "responses": {}
    });
    for (key, value) in parts.as_object().expect("an object") {
        operation[key] = value.clone();
    }
    operation
}

/// The operation's file as JSON.
fn read_operation(parts: &Value, components: &Value) -> Value {
    let text = document(&operation(parts), components);
    let imported = import(&text).unwrap_or_else(|problems| panic!("{}", problems.render(&BTreeMap::new())));
    serde_json::from_str(&files(imported)["x/post_y_by_id.json"]).expect("it is JSON")
}

fn body(schema: &Value) -> Value {
    json!({ "requestBody": { "content": { "application/json": { "schema": schema } } } })
}

fn components() -> Value {
    json!({ "schemas": {
        "Pets_A": { "type": "object", "properties": { "kind": { "type": "string", "enum": ["a"] } },
            "required": ["kind"] },
        "Pets_B": { "type": "object", "properties": { "kind": { "type": "string", "enum": ["b", "c"] }, "x": {} } },
        "Pets_base": { "type": "object", "properties": { "type": { "type": "string" }, "n": { "type": "number" } } },
        "Pets_rich": { "type": "object", "required": ["kind"], "properties": {
            "kind": { "type": "string", "enum": ["a"] }, "n": { "type": "number" } } },
        "Pets_free": { "type": "object" },
        "Pets_text": { "type": "string", "minLength": 1 }
    } })
}

/// What a member of a body becomes.
fn member(schema: &Value) -> Value {
    let schema = json!({ "type": "object", "required": ["m"], "properties": { "m": schema, "other": {} } });
    read_operation(&body(&schema), &components())["body"]["json"]["m"].clone()
}

#[test]
fn every_construct_arrives() {
    let object = |of: Value| json!({ "object": of });
    let cases = [
        (json!({}), json!("any")),
        (json!({ "nullable": true }), json!("any")),
        (json!({ "type": "integer" }), json!("int64")),
        (json!({ "type": "integer", "format": "int32" }), json!("int32")),
        (json!({ "type": "number", "format": "double", "nullable": true }), json!("float64 | null")),
        (json!({ "type": ["string", "null"] }), json!("string | null")),
        (json!({ "type": "string", "format": "binary" }), json!("binary")),
        (json!({ "type": "string", "format": "uuid" }), json!({ "type": "string", "format": "uuid" })),
        (json!({ "const": 3 }), json!("3")),
        (json!({ "type": "string", "enum": ["a"] }), json!("'a'")),
        (json!({ "enum": ["", "b", "b"] }), json!({ "enum": ["", "b"] })),
        (json!({ "type": "integer", "enum": [1, 0, -1] }), json!({ "enum": [1, 0, -1] })),
        (json!({ "enum": ["null"], "nullable": true }), json!("null")),
        (json!({ "enum": [], "nullable": true }), json!("null")),
        (json!({ "type": "string", "enum": ["a", null] }), json!("'a' | null")),
        (json!({ "type": "array" }), json!("any[]")),
        (json!({ "type": "object" }), json!("map<string, any>")),
        (json!({ "type": "object", "additionalProperties": { "type": "boolean" } }), json!("map<string, boolean>")),
        (json!({ "type": "object", "additionalProperties": false }), json!({ "closed": true, "object": {} })),
        (
            json!({ "properties": { "a": { "type": "string" } }, "additionalProperties": { "type": "boolean" } }),
            json!({ "object": { "a": "string?" }, "additional": { "values": "boolean" } }),
        ),
        (json!({ "properties": { "a": {} }, "additionalProperties": true }), object(json!({ "a": "any?" }))),
        (json!({ "$ref": "#/components/schemas/Pets_A", "nullable": true }), json!("PetsA | null")),
        (
            json!({ "type": "number", "minimum": 1, "maximum": 5, "exclusiveMaximum": true, "default": 2 }),
            json!({ "type": "number", "default": 2, "min": 1, "max": 5, "below_max": true }),
        ),
        (
            json!({ "type": "number", "exclusiveMinimum": 0 }),
            json!({ "type": "number", "min": 0,
            "above_min": true }),
        ),
        (
            json!({ "type": "array", "minItems": 1, "items": { "type": "string", "minLength": 2, "pattern": "a" } }),
            json!({ "type": "string[]", "min_items": 1, "min_length": 2, "pattern": "a" }),
        ),
        (
            json!({ "anyOf": [{ "type": "string", "minLength": 1 }, { "type": "array",
                "items": { "type": "string" } }] }),
            json!("string | string[]"),
        ),
        (
            json!({ "type": "string", "deprecated": true, "x-state": "Technical Preview; added in 9.1.0" }),
            json!({ "type": "string", "since": "9.1.0", "stability": "experimental", "deprecated": true }),
        ),
        // Choices.
        (
            json!({ "oneOf": [{ "type": "string" }, { "oneOf": [{ "type": "number" }, { "type": "string" }] }] }),
            json!("string | number"),
        ),
        (json!({ "anyOf": [{ "type": "boolean", "enum": [false] }, { "type": "boolean" }] }), json!("boolean")),
        (json!({ "oneOf": [{ "type": "string" }, { "not": {} }] }), json!("string?")),
        (
            json!({ "nullable": true, "oneOf": [{ "type": "boolean", "x-oas-optional": true }], "anyOf": [
                { "type": "array", "items": {} }, { "type": "boolean" }, { "type": "number" }, { "type": "object" },
                { "type": "string" }] }),
            json!("(boolean | null)?"),
        ),
        (
            json!({ "anyOf": [{ "type": "array", "items": {} }, { "type": "boolean" }, { "type": "number" },
                { "type": "object" }, { "type": "string" }] }),
            json!("any"),
        ),
        (
            json!({ "type": "object", "properties": { "a": {}, "b": {} }, "anyOf": [{ "required": ["a"] },
                { "required": ["b"] }] }),
            object(json!({ "a": "any?", "b": "any?" })),
        ),
        (
            json!({ "oneOf": [{ "$ref": "#/components/schemas/Pets_A" }, { "$ref": "#/components/schemas/Pets_B" }],
                "discriminator": { "propertyName": "kind", "mapping": { "b": "#/components/schemas/Pets_B" } } }),
            json!({ "tag": { "member": "kind", "mapping": { "b": "PetsB" } }, "union": ["PetsA", "PetsB"] }),
        ),
        (
            json!({ "oneOf": [{ "$ref": "#/components/schemas/Pets_A" }, { "$ref": "#/components/schemas/Pets_B" }],
                "discriminator": { "propertyName": "kind" } }),
            json!({ "tag": { "member": "kind", "mapping": { "a": "PetsA", "b": "PetsB", "c": "PetsB" } },
                "union": ["PetsA", "PetsB"] }),
        ),
        // All of several.
        (
            json!({ "allOf": [{ "$ref": "#/components/schemas/Pets_text" }], "default": "x" }),
            json!({ "type": "PetsText", "default": "x" }),
        ),
        (
            json!({ "allOf": [{ "$ref": "#/components/schemas/Pets_base" },
                { "properties": { "type": { "type": "string", "enum": ["t"] } } },
                { "required": ["n"] }] }),
            json!({ "extends": ["PetsBase"], "object": { "type": "'t'?", "n": "number" } }),
        ),
        (
            json!({ "allOf": [{ "properties": { "a": { "type": "string" } } },
                { "anyOf": [{ "properties": { "b": { "type": "number" } } },
                    { "$ref": "#/components/schemas/Pets_A" }] }] }),
            json!({ "union": [{ "object": { "a": "string?", "b": "number?" } },
                { "extends": ["PetsA"], "object": { "a": "string?" } }] }),
        ),
        (
            json!({ "allOf": [{ "properties": { "s": { "properties": { "name": { "not": {} } } } } },
                { "properties": { "s": { "properties": { "name": { "type": "string" }, "d": { "type": "string" } },
                    "required": ["name"] } } }] }),
            object(json!({ "s": { "optional": true, "object": { "d": "string?" } } })),
        ),
        // What stands beside says no less than the parts, and the other way round.
        (
            json!({ "allOf": [{ "$ref": "#/components/schemas/Pets_base" }], "properties": { "n": {} } }),
            json!({ "extends": ["PetsBase"], "object": { "n": "number?" } }),
        ),
        (
            json!({ "allOf": [{ "properties": { "p": { "$ref": "#/components/schemas/Pets_A" } } },
                { "properties": { "p": { "$ref": "#/components/schemas/Pets_rich" } } }] }),
            object(json!({ "p": "PetsRich?" })),
        ),
        (
            json!({ "allOf": [{ "$ref": "#/components/schemas/Pets_free" }, { "properties": { "a": {} } }] }),
            object(json!({ "a": "any?" })),
        ),
    ];
    for (schema, expected) in cases {
        assert_eq!(member(&schema), expected, "{schema}");
    }
}

#[test]
fn operations_arrive() {
    let components = json!({
        "parameters": { "Version": { "in": "header", "name": "elastic-api-version", "required": true,
            "schema": { "type": "string", "enum": ["2023-10-31"] } } },
        "schemas": { "Pets_400_response": { "type": "object", "properties": { "error": { "type": "string" } } },
            "kbn-es-query-server-querySchema": { "type": "string" } }
    });
    let parts = json!({
        "deprecated": true,
        "x-state": "Generally available; added in 9.2.0",
        "parameters": [
            { "in": "path", "name": "id", "required": true, "schema": { "type": "string" } },
            { "$ref": "#/components/parameters/Version" },
            { "in": "header", "name": "kbn-xsrf", "required": true, "schema": { "type": "string" } },
            { "in": "header", "name": "x-more", "schema": { "type": "string" } },
            { "in": "query", "name": "page", "required": true, "deprecated": true, "schema": { "type": "number",
                "default": 1 } },
            { "in": "query", "name": "ids", "required": true,
              "schema": { "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] } }
        ],
        "requestBody": { "content": { "multipart/form-data": { "schema": {
            "type": "object", "required": ["file"], "properties": { "file": { "type": "string",
                "format": "binary" } } } } } },
        "responses": {
            "200": { "content": { "application/x-ndjson": { "schema": { "type": "string", "format": "binary" } } } },
            "201": { "content": { "application/octet-stream": { "schema": { "type": "string" } } } },
            "202": { "content": { "application/json": {} } },
            "204": { "description": "Prose" },
            "400": { "content": {
                "application/json": { "schema": { "$ref": "#/components/schemas/Pets_400_response" } } } },
            "default": { "content": {
                "text/event-stream": { "schema": { "$ref": "#/components/schemas/kbn-es-query-server-querySchema" } } } }
        }
    });
    let expected = json!({
        "operation": "x.post_y_by_id", "since": "9.2.0", "stability": "stable", "deprecated": true,
            "documents": ["kibana-9.3"],
        "reference": "https://www.elastic.co/docs/api/doc/kibana/operation/operation-post-x",
        "version": "2023-10-31",
        "routes": [{ "verbs": ["POST"], "path": "/api/x/y/{id}" }],
        "path": { "id": "string" },
        "query": { "page": { "type": "number?", "deprecated": true, "default": 1 }, "ids": "string | string[]" },
        "headers": { "x-more": "string?" },
        "body": { "required": true, "multipart": { "file": "binary" } },
        "responses": { "200": { "ndjson": "any" }, "201": { "bytes": "binary" }, "202": { "json": "any" }, "204": {},
            "400": { "json": "Pets400Response" }, "default": { "sse": "es_query.QuerySchema" } }
    });
    assert_eq!(read_operation(&parts, &components), expected);
    // The version may stand in the media type; a body that can hold nothing is none.
    let empty = json!({ "anyOf": [{ "type": "object", "properties": {}, "additionalProperties": false },
        { "enum": ["null"], "nullable": true }, { "not": {} }] });
    let versioned = json!({ "requestBody": { "content": { "application/json": { "schema": empty } } },
        "responses": { "200": { "content": {
            "application/json; Elastic-Api-Version=1": { "schema": { "type": "string" } } } } } });
    let read = read_operation(&versioned, &json!({}));
    assert_eq!((&read["version"], &read["body"]), (&json!("1"), &Value::Null));
    assert_eq!(read["responses"], json!({ "200": { "json": "string" } }));
}

#[test]
fn names_and_facts_are_applied() {
    let space = json!({ "in": "path", "name": "spaceId", "required": true, "schema": { "type": "string" } });
    let id = json!({ "in": "path", "name": "id", "required": true,
        "schema": { "$ref": "#/components/schemas/Pets_pet_id" } });
    let text = json!({ "openapi": "3.1.0", "components": { "schemas": { "Pets_pet_id": { "type": "string" } } },
        "paths": {
        "/s/{spaceId}/api/pets/{id}": { "parameters": [space, id], "get": { "operationId": "a", "responses": {} } },
        "/api/dogs/{id}": { "parameters": [id], "get": { "operationId": "b", "responses": {} } }
    } });
    let table = |of: &[(&str, &str)]| of.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let names = Names::new(
        &table(&[("GET /api/pets/{petId}", "pets.get"), ("GET /api/dogs/{id}", "pets.dogs.get")]),
        &table(&[("Pets_", "pets")]),
    );
    let facts = r#"{ "9.3": { "GET /api/dogs/{id}": { "space_path": "/s/{space_id}/api/dogs/{id}",
        "privileges": "a OR b" } } }"#;
    let read = |facts| OperationFacts::read("facts.json", facts, "9.3");
    let facts = read(facts).expect("they are valid");
    let text = text.to_string();
    let input = Input { file: "d", text: &text, document: "kibana-9.3", names: &names, facts: &facts, fixups: &[] };
    let files = files(openapi::import(input).expect("it is valid"));
    let paths: Vec<&String> = files.keys().collect();
    assert_eq!(paths, ["pets.dogs/get.json", "pets/get.json", "types/pets.json"]);
    assert!(
        files["pets/get.json"].contains(r#""path": "/api/pets/{id}""#)
            && files["pets/get.json"].contains(r#""space": true"#)
    );
    assert!(files["pets/get.json"].contains(r#""path": { "id": "pets.PetId" }"#));
    assert!(files["pets.dogs/get.json"].contains(r#""privileges": { "kibana": ["a or b"] }"#));
    assert!(files["pets.dogs/get.json"].contains(r#""space": true"#));
    // Imported again without facts, the spec keeps what it says.
    let known = OperationFacts::known(&spec::read(&files).expect("it is valid"));
    let again = self::files(openapi::import(Input { facts: &known, ..input }).expect("it is valid"));
    assert_eq!(again, files);
    for wrong in ["[]", r#"{ "9.3": 1 }"#, r#"{ "9.3": { "GET /a": { "privileges": "a OR b AND c" } } }"#, "{"] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn unknown_and_broken_grammar_is_named() {
    let cases = [
        (body(&json!({ "type": "objects" })), "unknown type `objects`"),
        (body(&json!({ "additionalproperties": true })), "unknown keyword `additionalproperties`"),
        (body(&json!({ "if": {} })), "unknown keyword `if`"),
        (body(&json!([])), "a schema is an object, not an array"),
        (body(&json!({ "not": { "type": "string" } })), "`not`"),
        (body(&json!({ "oneOf": [{}], "anyOf": [{}] })), "`anyOf` beside `oneOf`"),
        (body(&json!({ "enum": [] })), "an `enum` without values"),
        (body(&json!({ "$ref": "#/components/schemas/None" })), "leads to no component"),
        (body(&json!({ "properties": { "a": {} }, "required": null })), "`required` is not an array"),
        (body(&json!({ "allOf": [{ "type": "string" }, { "type": "number" }] })), "no value can be all"),
        (body(&json!({ "type": "string", "x-state": "Someday" })), "unknown state `Someday`"),
        (body(&json!({ "type": "number", "format": "decimal" })), "unknown format `decimal`"),
        (
            body(&json!({ "oneOf": [{}], "discriminator": { "propertyName": "t", "mapping": { "a": "b" } } })),
            "leads to no alternative",
        ),
        (json!({ "responses": { "20": {} } }), "`20` is no status"),
        (json!({ "responses": { "200": { "content": { "application:json": {} } } } }), "is no media type"),
        (json!({ "parameters": [] }), "nothing describes the `{id}`"),
        (json!({ "parameters": [{ "in": "cookie", "name": "c", "schema": {} }] }), "unknown place `cookie`"),
        (json!({ "callbacks": {} }), "unknown keyword `callbacks` of an operation"),
    ];
    for (parts, message) in cases {
        let text = document(&operation(&parts), &components());
        let problems = import(&text).expect_err(message);
        let named = problems
            .0
            .iter()
            .any(|problem| problem.message.contains(message) && problem.message.contains("(at /paths/"));
        assert!(named, "{message}: {problems}");
        assert!(problems.render(&BTreeMap::from([("d.json".to_owned(), text)])).contains("d.json:1:"));
    }
    assert!(import("{").is_err() && import("[]").is_err() && import("{}").is_err());
    assert!(import(r#"{ "swagger": "2.0", "paths": {} }"#).is_err());
}

#[test]
fn document_fixups_must_apply() {
    let text = document(&operation(&body(&json!({ "type": "objects", "description": "Prose" }))), &json!({}));
    let fix = |at: &str, from: &str| {
        let place = "/paths/~1api~1x~1y~1{id}/post/requestBody/content/application~1json/schema";
        let fixups = format!(
            r#"
[[fixup]]
name = "f"
stage = "document"
source = "kibana-8.18, kibana-9.3"
reason = "r"
evidence = "e"
change = {{ replace = ["{place}{at}"], from = '{from}', to = '{{ "type": "string" }}' }}
"#
        );
        let overlay = BTreeMap::from([("fixups.toml".to_owned(), fixups)]);
        let overlay = Overlay::read(&overlay, Product::Kibana).expect("it is valid");
        let (names, facts) = <_>::default();
        let fixups = &overlay.document_fixups;
        openapi::import(Input { file: "d", text: &text, document: "kibana-9.3", names: &names, facts: &facts, fixups })
    };
    let mended = files(fix("", r#"{ "type": "objects" }"#).expect("it is mended"));
    assert!(mended["x/post_y_by_id.json"].contains(r#""body": { "json": "string" }"#));
    for (at, from) in [("", r#"{ "type": "object" }"#), ("/none", "{}"), ("", "{")] {
        let problems = fix(at, from).expect_err("it finds nothing").to_string();
        assert!(problems.contains("`f` has no effect"), "{problems}");
    }
}

/// A choice that is a part of its own `allOf` is told, and does not overflow the stack.
#[test]
fn what_is_a_part_of_itself_is_a_problem() {
    let own = json!({ "schemas": { "Pets_Order": { "allOf": [{ "$ref": "#/components/schemas/Pets_Order" }, { "properties": { "n": {} } }],
        "anyOf": [{ "not": {} }, { "type": "boolean" }] } } });
    let text = document(&operation(&body(&json!({ "$ref": "#/components/schemas/Pets_Order" }))), &own);
    let problems = import(&text).expect_err("it has no end").to_string();
    assert!(problems.contains("is a part of itself"), "{problems}");
}

#[test]
fn mutations_never_panic() {
    let mut random = Random(7);
    let schema = json!({ "oneOf": [{ "$ref": "#/components/schemas/Pets_A" },
        { "$ref": "#/components/schemas/Pets_B" }],
        "discriminator": { "propertyName": "kind" } });
    let small = document(&operation(&body(&json!({ "allOf": [{ "properties": { "a": schema } }] }))), &components());
    let problems = (0..3000).filter(|_| import(&random.mutate(&small)).is_err()).count();
    assert!(problems > 1000);
}
