//! Upstream's documents of Kibana, where the machine has them: mended by the fix-ups of the stage `document`, without which
//! they are none, and looked up by verb and path.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use elkit_codegen::overlay::Overlay;
use elkit_codegen::spec::json;
use elkit_codegen::spec::model::Product;
use elkit_tests::dispatch;
use elkit_tests::samples::Operation;
use jsonschema::{Draft, Registry, Validator};
use serde_json::{Map, Value};

use crate::dialect::{Reading, translate};

/// The documents, the newest first.
const NAMES: [&str; 3] = ["kibana-dashboards", "kibana-9.3", "kibana-8.18"];

/// How many references are followed.
const MAX_STEPS: usize = 8;

/// A document.
pub(crate) struct Document {
    pub(crate) name: &'static str,
    /// Where references into it lead.
    base: String,
    root: Value,
    /// Path and verb as they stand there, by what they are without names.
    operations: BTreeMap<String, (String, String)>,
    /// Its named schemas, by how they are read.
    components: Vec<Value>,
}

/// What a document says of an operation: schemas, whatever the media.
pub(crate) struct Described<'a> {
    /// `path` or `query`, name and schema.
    pub(crate) parameters: Vec<(&'a str, &'a str, &'a Value)>,
    pub(crate) body: Vec<&'a Value>,
    /// Answers of success by their status.
    pub(crate) answers: Vec<(&'a str, Vec<&'a Value>)>,
}

/// Validators of bodies, made when they are asked for.
pub(crate) struct Validators<'a> {
    documents: &'a [Document],
    registries: Vec<Registry<'a>>,
    made: BTreeMap<(String, &'static str, Reading), Validator>,
}

/// The documents; none, and a printed reason, where they are not.
pub(crate) fn read() -> Option<Vec<Document>> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the workspace");
    let shared = std::env::var_os("ELKIT_SHARED").map_or_else(|| workspace.join("../shared"), PathBuf::from);
    let overlay = fs::read_to_string(workspace.join("spec/overlay/fixups.toml")).unwrap();
    let overlay = BTreeMap::from([("fixups.toml".to_owned(), overlay)]);
    let fixups = Overlay::read(&overlay, Product::Kibana).unwrap_or_else(|why| panic!("{why}")).document_fixups;
    let mut documents = Vec::new();
    for name in NAMES {
        let file = format!("{name}.openapi.json");
        let Ok(text) = fs::read_to_string(shared.join("upstream").join(&file)) else {
            println!("skipped: no {file} below $ELKIT_SHARED/upstream");
            return None;
        };
        let mut root = json::parse(&text).unwrap_or_else(|why| panic!("{file}: {}", why.message));
        for fixup in fixups.iter().filter(|fixup| fixup.mends(name)) {
            fixup.apply(name, &mut root).unwrap_or_else(|why| panic!("{file}: {}", why.message));
        }
        documents.push(Document::of(name, root.to_json()));
    }
    Some(documents)
}

impl Document {
    fn of(name: &'static str, root: Value) -> Self {
        let base = format!("urn:{name}");
        let mut operations = BTreeMap::new();
        for (path, item) in root["paths"].as_object().into_iter().flatten() {
            for verb in item.as_object().into_iter().flatten().map(|(verb, _)| verb) {
                operations.insert(key(verb, path), (path.clone(), verb.clone()));
            }
        }
        let components = Reading::ALL.map(|reading| {
            let schemas = root["components"]["schemas"].as_object().into_iter().flatten();
            let schemas = schemas.map(|(name, schema)| (name.clone(), translate(schema, &base, reading)));
            serde_json::json!({ "components": { "schemas": schemas.collect::<Map<_, _>>() } })
        });
        Self { name, base, operations, components: components.into(), root }
    }

    /// Whatever it says of an operation, if it has it.
    pub(crate) fn described(&self, operation: &Operation) -> Option<Described<'_>> {
        let described = self.operation(operation)?;
        let parameters = described["parameters"].as_array().into_iter().flatten().filter_map(|parameter| {
            let parameter = self.resolve(parameter);
            let kind = parameter["in"].as_str().filter(|kind| ["path", "query"].contains(kind))?;
            Some((kind, parameter["name"].as_str()?, parameter.get("schema")?))
        });
        let answers = described["responses"].as_object().into_iter().flatten();
        let answers = answers.filter(|(status, _)| status.starts_with('2'));
        Some(Described {
            parameters: parameters.collect(),
            body: self.contents(&described["requestBody"]),
            answers: answers.map(|(status, answer)| (status.as_str(), self.contents(answer))).collect(),
        })
    }

    /// The schemas of all media.
    fn contents<'a>(&'a self, described: &'a Value) -> Vec<&'a Value> {
        let content = self.resolve(described)["content"].as_object();
        content.into_iter().flatten().filter_map(|(_, content)| content.get("schema")).collect()
    }

    /// What a reference leads to; what is none, as it is.
    pub(crate) fn resolve<'a>(&'a self, node: &'a Value) -> &'a Value {
        let mut node = node;
        for _ in 0..MAX_STEPS {
            let target = node["$ref"].as_str().and_then(|target| target.strip_prefix('#'));
            let Some(target) = target.and_then(|pointer| self.root.pointer(pointer)) else { break };
            node = target;
        }
        node
    }

    fn operation(&self, operation: &Operation) -> Option<&Value> {
        let row = dispatch::find(&operation.id)?;
        let mut routes = row.routes.iter().flat_map(|(verbs, path)| verbs.iter().map(|verb| key(verb, path)));
        let (path, verb) = routes.find_map(|route| self.operations.get(&route))?;
        Some(&self.root["paths"][path][verb])
    }

    /// The schema of an operation's body.
    fn schema(&self, operation: &Operation, kind: &str) -> Option<&Value> {
        let described = self.operation(operation)?;
        let described = match kind {
            "request" => &described["requestBody"],
            _ => &described["responses"][&operation.status],
        };
        let media = operation.media(kind).unwrap_or("json");
        let content = self.resolve(described)["content"].as_object()?.iter().filter(|(name, _)| is_media(name, media));
        // Names end with a version, if they have one.
        content.max_by_key(|(name, _)| *name).and_then(|(_, content)| content.get("schema"))
    }
}

impl<'a> Validators<'a> {
    pub(crate) fn of(documents: &'a [Document]) -> Self {
        let registry = |index: usize| {
            let all = documents.iter().map(|document| (document.base.as_str(), &document.components[index]));
            let all = all.fold(Registry::new(), |registry, (base, value)| registry.add(base, value).unwrap());
            all.prepare().unwrap()
        };
        let registries = (0..Reading::ALL.len()).map(registry).collect();
        Self { documents, registries, made: BTreeMap::new() }
    }

    /// The validator of an operation's body by the newest document that has the operation.
    pub(crate) fn of_body(
        &mut self,
        operation: &Operation,
        kind: &'static str,
        reading: Reading,
    ) -> Option<&Validator> {
        let document = self.documents.iter().find(|document| document.operation(operation).is_some())?;
        let schema = document.schema(operation, kind)?;
        let registry = &self.registries[Reading::ALL.iter().position(|known| *known == reading)?];
        Some(self.made.entry((operation.id.clone(), kind, reading)).or_insert_with(|| {
            let options = jsonschema::options().with_draft(Draft::Draft202012).with_registry(registry);
            let built = options.build(&translate(schema, &document.base, reading));
            built.unwrap_or_else(|why| panic!("{} {kind}: {why}", operation.id))
        }))
    }

    /// How many schemas there are.
    pub(crate) fn count(&self) -> usize {
        self.made.keys().filter(|(_, _, reading)| *reading == Reading::Strict).count()
    }
}

/// Verb and path without the names of parameters, and without the space that it may stand in.
fn key(verb: &str, path: &str) -> String {
    let in_space = path.strip_prefix("/s/{").and_then(|rest| rest.split_once('}'));
    let path = in_space.map_or(path, |(_, rest)| rest);
    let segments = path.split('/').map(|segment| match segment.split_once('{') {
        Some((before, rest)) => format!("{before}{{}}{}", rest.split_once('}').map_or("", |(_, after)| after)),
        None => segment.to_owned(),
    });
    format!("{} {}", verb.to_ascii_uppercase(), segments.collect::<Vec<_>>().join("/"))
}

fn is_media(name: &str, media: &str) -> bool {
    let base = name.split(';').next().unwrap_or_default().trim();
    match media {
        "json" => base == "application/json",
        "multipart" => base == "multipart/form-data",
        other => base == other,
    }
}
