//! The spec format: what is printed is read back, every mistake is named with its place, and nothing makes it panic.

mod common;

use std::collections::BTreeMap;

use common::{Random, committed, product};
use elkit_codegen::spec::model::{Json, Member, Object, Schema, Tag, Union};
use elkit_codegen::spec::{self, expr};

/// One file and its text.
fn one(path: &str, text: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(path.to_owned(), text.to_owned())])
}

#[test]
fn committed_files_are_printed_as_they_stand() {
    for product in ["elasticsearch", "kibana"] {
        let files = committed(product);
        let api = spec::read(&files).unwrap_or_else(|problems| panic!("{}", problems.render(&files)));
        let printed = spec::print(&api);
        assert_eq!(files.keys().collect::<Vec<_>>(), printed.keys().collect::<Vec<_>>());
        for (path, text) in &files {
            assert_eq!(text, &printed[path], "{product}/{path}");
        }
    }
}

#[test]
fn elasticsearch_security_is_whole() {
    let api = product("elasticsearch");
    let security = api.operations.keys().filter(|id| id.starts_with("security."));
    assert_eq!(security.count(), 66);
    assert!(api.types.len() >= 920);
}

#[test]
fn what_a_person_writes_is_read() {
    let text = r#"{
  "operation": "my_plugin.create_thing",
  "version": "1", "space": true,
  "routes": [{ "verbs": ["POST"], "path": "/api/my_plugin/{kind}/thing" }],
  "path": { "kind": "'big' | 'small'" },
  "query": { "page": { "type": "int32?", "min": 1, "default": 1 } },
  "body": { "required": true, "json": { "name": "string", "labels": "string[]?", "owner": "(string | null)?" } },
  "responses": { "200": { "json": { "id": "string" } }, "204": {} }
}"#;
    let api = spec::read(&one("my_plugin/create_thing.json", text)).expect("it is valid");
    let operation = &api.operations["my_plugin.create_thing"];
    assert!(operation.space && operation.facts.documents.is_empty());
    assert_eq!(operation.query[0].facts.limits.min, Some(1.into()));
    let body = operation.body.as_ref().expect("it has a body");
    let Schema::Object(object) = &body.content["json"] else { panic!("an object of members") };
    let required: Vec<bool> = object.members.iter().map(|member| member.required).collect();
    assert_eq!(required, [true, false, false]);
    assert!(operation.responses["204"].content.is_empty());
}

#[test]
fn expressions_are_inverse() {
    let texts = [
        "any",
        "string",
        "'it\\'s \\\\ here'",
        "-1",
        "1.5",
        "true",
        "security.RoleDescriptor",
        "Buckets<T>",
        "string[][]",
        "map<string, map<Field, any>>",
        "pair<string, any>",
        "string | -1 | 0",
        "(string | null)[]",
        "map<A | B, (C | D<E, F[]>)[]> | null",
        "(A | B) | C",
    ];
    for text in texts {
        let parsed = expr::parse(text).unwrap_or_else(|error| panic!("{text}: {}", error.message));
        assert_eq!(expr::print(&parsed.schema).as_deref(), Some(text));
        assert!(!parsed.optional);
        let optional = expr::parse(&format!("({text})?")).expect("it is an expression too");
        assert!(optional.optional && optional.schema == parsed.schema);
    }
}

#[test]
fn what_no_expression_says_is_a_structure() {
    let deep = (0..60).fold(Schema::Any, |inner, _| Schema::List(Box::new(inner)));
    let inline = Schema::Object(Object::default());
    let boxed = || Box::new(inline.clone());
    let two = vec![inline.clone(), inline.clone()];
    let equals =
        Member { name: "=".into(), required: false, schema: Schema::Any, facts: <_>::default(), place: <_>::default() };
    let awkward = [
        deep,
        Schema::Literal(Json::Null),
        Schema::Literal(serde_json::json!({ "a": [1] })),
        Schema::Ref { name: "Box".into(), args: vec![inline.clone()] },
        Schema::Map(boxed(), boxed()),
        Schema::Pair(Box::new(Schema::Any), boxed()),
        Schema::Union(Union::default()),
        Schema::Union(Union { of: vec![Schema::Any], ..Union::default() }),
        Schema::Union(Union { of: two, tag: Some(Tag::Untyped(1)), open: true, ..Union::default() }),
        Schema::Object(Object { members: vec![equals], ..Object::default() }),
    ];
    let base = BTreeMap::from([
        ("types/a.json".into(), r#"{ "namespace": "a", "types": { "X": "any" } }"#.into()),
        (
            "types/common.json".into(),
            r#"{ "namespace": "", "types": { "Box": { "type": "T", "params": ["T"] } } }"#.into(),
        ),
        (
            "o.json".into(),
            r#"{ "operation": "o", "routes": [{ "verbs": ["GET"], "path": "/" }], "body": { "json": "any" } }"#.into(),
        ),
    ]);
    for schema in awkward {
        let mut api = spec::read(&base).expect("it is valid");
        api.types.get_mut("a.X").expect("it was read").schema = schema.clone();
        let body = api.operations.get_mut("o").and_then(|operation| operation.body.as_mut());
        body.expect("it was read").content.insert("json".into(), schema);
        let printed = spec::print(&api);
        let again = spec::read(&printed).unwrap_or_else(|problems| panic!("{}", problems.render(&printed)));
        assert_eq!(common::without_places(&again), common::without_places(&api));
        assert_eq!(spec::print(&again), printed);
    }
}

#[test]
fn mutations_never_panic_and_what_is_read_is_printed() {
    let files = committed("elasticsearch");
    let small: Vec<_> = files.iter().filter(|(_, text)| text.len() < 4000).collect();
    let mut random = Random(7);
    let (mut valid, mut invalid) = (0, 0);
    for _ in 0..6000 {
        let (path, text) = small[random.below(small.len())];
        let mutant = one(path, &random.mutate(text));
        match spec::read(&mutant) {
            Ok(api) => {
                valid += 1;
                let printed = spec::print(&api);
                let again = spec::read(&printed).unwrap_or_else(|problems| panic!("{}", problems.render(&printed)));
                assert_eq!(spec::print(&again), printed);
            }
            Err(problems) => {
                invalid += 1;
                assert!(!problems.render(&mutant).is_empty());
            }
        }
    }
    assert!(valid > 0 && invalid > 1000, "{valid} valid, {invalid} invalid");
}

#[test]
fn hostile_nesting_is_a_problem_and_no_overflow() {
    let deep = "[".repeat(100_000);
    assert!(spec::read(&one("types/a.json", &deep)).is_err());
    for open in ["(", "map<string, ", "A<"] {
        assert!(expr::parse(&open.repeat(100_000)).is_err());
    }
    assert!(expr::parse(&format!("any{}", "[]".repeat(100_000))).is_err());
}

/// A valid pair of files, and what they become with one text replaced by another.
fn broken(from: &str, to: &str) -> String {
    let operation = r#"{
  "operation": "spaces.create",
  "since": "8.0",
  "routes": [{ "verbs": ["POST"], "path": "/api/spaces/{id}" }],
  "path": { "id": "string" },
  "query": { "overwrite": { "type": "boolean?", "default": false } },
  "body": { "required": true, "json": { "name": "string", "color": "spaces.Color?" } },
  "responses": { "200": { "json": "spaces.Space" } }
}
"#;
    let types = r##"{
  "namespace": "spaces",
  "types": {
    "Color": { "enum": ["#fff", { "value": "#000", "name": "black" }] },
    "Space": {
      "names": ["new", "old"],
      "tag": { "member": "kind", "mapping": { "n": "spaces.New", "o": "spaces.Old" } },
      "union": ["spaces.New", "spaces.Old"]
    },
    "New": { "object": { "kind": "'n'", "colors": "map<string, spaces.Color>" } },
    "Old": { "object": { "kind": "'o'", "page": "spaces.Page<string>" } },
    "Page": { "params": ["T"], "object": { "items": "T[]" } }
  }
}
"##;
    let mut files = one("spaces/create.json", operation);
    files.insert("types/spaces.json".into(), types.into());
    assert!(spec::read(&files).is_ok());
    let hits = files.values().filter(|text| text.contains(from)).count();
    assert_eq!(hits, 1, "{from} stands in one file");
    for text in files.values_mut() {
        *text = text.replace(from, to);
    }
    match spec::read(&files) {
        Ok(_) => "nothing is wrong".to_owned(),
        Err(problems) => {
            let lines = problems.0.iter().map(|problem| problem.line(&files[&problem.file]) + "\n");
            format!("{}\n{}", lines.collect::<String>(), problems.render(&files))
        }
    }
}

#[test]
fn problems_say_where_and_what_to_do() {
    let cases = [
        ("unknown_key", r#""query""#, r#""querry""#),
        ("not_json", r#""since": "8.0","#, r#""since": "8.0""#),
        ("duplicate_key", r#""since": "8.0","#, r#""since": "8.0", "since": "8.1","#),
        ("unknown_type", "spaces.Color?", "spaces.Colour?"),
        ("missing_namespace", "map<string, spaces.Color>", "map<string, Color>"),
        ("bad_expression", "spaces.Page<string>", "spaces.Page<string]"),
        ("wrong_arguments", "spaces.Page<string>", "spaces.Page<string, int32> | map<string>"),
        ("path_member", r#""path": { "id": "string" }"#, r#""path": { "space_id": "string?" }"#),
        ("optional_path", r#"{ "id": "string" }"#, r#"{ "id": "string?" }"#),
        ("wrong_place", "spaces.create", "spaces.create_space"),
        ("bad_verb", r#"["POST"]"#, r#"["Post", "FETCH"]"#),
        ("bad_facts", r#""default": false"#, r#""stability": "ga", "min": "1", "max_length": -1, "deprecated": false"#),
        ("bad_union", r#""o": "spaces.Old" }"#, r#""o": "spaces.Odl", "p": 7 }"#),
        ("bad_names", r#"["new", "old"]"#, r#"["new"]"#),
        ("other_language", "spaces.Page<string>", "String | integer[] | object"),
        ("no_type", r#"{ "object": { "kind": "'o'","#, r#"{ "objects": { "kind": "'o'","#),
        ("wrong_kind", r##"{ "enum": ["#fff","##, r##"{ "enum": [null, ["#fff"],"##),
    ];
    for (name, from, to) in cases {
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name, broken(from, to));
        });
    }
}

#[test]
fn the_guide_is_true() {
    let guide = std::fs::read_to_string(common::workspace().join("spec/README.md")).expect("spec/README.md");
    let blocks: Vec<&str> = guide.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let mut files = one("shop/create_order.json", blocks[0]);
    files.insert("types/shop.json".into(), blocks[1].into());
    let api = spec::read(&files).unwrap_or_else(|problems| panic!("{}", problems.render(&files)));
    assert_eq!(spec::print(&api), files, "the guide shows files as they are printed");
}

/// The keys that the reader knows in the place of `?`, from its own help.
fn keys_at(template: &str) -> Vec<String> {
    let path = if template.contains("\"types\"") { "types/a.json" } else { "a/b.json" };
    let text = template.replace('?', "\"an-unknown-key-like-no-other\": 1");
    let problems = spec::read(&one(path, &text)).expect_err("the key is unknown").0;
    let help = problems.iter().filter_map(|problem| problem.help.as_deref());
    let keys = help.filter_map(|help| help.strip_prefix("the keys here are ")).next();
    keys.unwrap_or_else(|| panic!("no help: {problems:?}")).split(", ").map(str::to_owned).collect()
}

/// The keys that the JSON Schema names at a place; parts that it shares are followed.
fn schema_keys(schema: &Json, of: &Json, keys: &mut Vec<String>) {
    for name in of["properties"].as_object().into_iter().flat_map(|properties| properties.keys()) {
        keys.push(name.clone());
    }
    for part in of["allOf"].as_array().into_iter().flatten() {
        let name = part["$ref"].as_str().and_then(|path| path.strip_prefix("#/$defs/")).expect("a shared part");
        schema_keys(schema, &schema["$defs"][name], keys);
    }
}

#[test]
fn the_json_schema_knows_the_keys_that_the_reader_knows() {
    let text = std::fs::read_to_string(common::workspace().join("spec/schema/spec.schema.json")).expect("it is there");
    let schema: Json = serde_json::from_str(&text).expect("it is JSON");
    let operation =
        |rest: &str| format!(r#"{{ "operation": "a.b", "routes": [{{ "verbs": ["GET"], "path": "/" }}], {rest} }}"#);
    let types = |of: &str| format!(r#"{{ "namespace": "a", "types": {{ "T": {of} }} }}"#);
    let structures = [
        (r#""type": "any""#, vec!["type"]),
        (r#""list": "any""#, vec!["list"]),
        (r#""constant": 1"#, vec!["constant"]),
        (r#""map": "any""#, vec!["map", "keys"]),
        (r#""pair": "any""#, vec!["pair", "keys"]),
        (r#""generic": "T""#, vec!["generic", "args"]),
        (r#""enum": []"#, vec!["enum", "open"]),
        (r#""union": []"#, vec!["union", "open", "names", "tag"]),
        (
            r#""object": {}"#,
            vec!["object", "extends", "reads", "one_of", "additional", "shortcut", "closed", "open", "tag_value"],
        ),
    ];
    let read_at = |def: &str| {
        let def = &schema["$defs"][def];
        let mut keys = Vec::new();
        schema_keys(&schema, def["anyOf"].as_array().and_then(|of| of.last()).unwrap_or(def), &mut keys);
        keys
    };
    let mut facts = read_at("facts");
    for (at, extra) in [("type", vec!["params"]), ("member", vec!["optional"]), ("reading", vec![])] {
        let mut wanted: Vec<String> = facts.clone();
        wanted.extend(extra.iter().map(|key| (*key).to_owned()));
        let mut known = read_at(at);
        for (template, keys) in &structures {
            let text = match at {
                "type" => types(&format!("{{ {template}, ? }}")),
                "member" => operation(&format!(r#""query": {{ "q": {{ {template}, ? }} }}"#)),
                _ => operation(&format!(
                    r#""query": {{ "q": {{ "type": "any", "differs": [{{ "documents": ["d"], {template}, ? }}] }} }}"#
                )),
            };
            let mut read = keys_at(&text);
            read.retain(|key| !keys.contains(&key.as_str()));
            wanted.sort();
            assert_eq!(read, wanted, "{at} {template}");
            known.retain(|key| !keys.contains(&key.as_str()));
        }
        known.sort();
        assert_eq!(known, wanted, "the schema's {at}");
    }
    facts.push("value".to_owned());
    facts.sort();
    let rest = [
        ("operation_file", operation("?")),
        ("types_file", r#"{ "namespace": "a", "types": {}, ? }"#.to_owned()),
        ("route", r#"{ "operation": "a.b", "routes": [{ "verbs": ["GET"], "path": "/", ? }] }"#.to_owned()),
        ("body", operation(r#""body": { "json": "any", ? }"#)),
        ("response", operation(r#""responses": { "200": { ? } }"#)),
        ("additional", types(r#"{ "additional": { "values": "any", ? } }"#)),
    ];
    for (def, text) in rest {
        let mut known = read_at(def);
        known.sort();
        assert_eq!(keys_at(&text), known, "{def}");
    }
    assert_eq!(keys_at(&types(r#"{ "enum": [{ "value": 1, ? }] }"#)), facts);
    let tag = |key: &str| keys_at(&types(&format!(r#"{{ "union": ["any"], "tag": {{ {key}, ? }} }}"#)));
    let mut tags = [tag(r#""member": "m""#), tag(r#""key": ["a"]"#), tag(r#""untyped": 0"#)].concat();
    let mut known = read_at("tag");
    tags.sort();
    tags.dedup();
    known.sort();
    assert_eq!(tags, known);
}
