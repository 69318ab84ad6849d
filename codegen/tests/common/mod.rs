//! What the tests of the spec and of the importers share.
#![allow(dead_code)] // each test file uses its part

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use elkit_codegen::spec;
use elkit_codegen::spec::model::{Api, Member, Place, Reading, Schema};

pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("codegen/ is in the workspace").to_owned()
}

/// The committed files of one product, by path below its folder.
pub(crate) fn committed(product: &str) -> BTreeMap<String, String> {
    tree(&workspace().join("spec").join(product))
}

/// The texts below a folder, by path.
pub(crate) fn tree(root: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                let name = path.strip_prefix(root).expect("it is below").to_string_lossy().replace('\\', "/");
                files.insert(name, text);
            }
        }
    }
    files
}

/// The committed spec of one product.
pub(crate) fn product(product: &str) -> Api {
    let files = committed(product);
    spec::read(&files).unwrap_or_else(|problems| panic!("{}", problems.render(&files)))
}

/// An upstream document, where the machine has it: `$ELKIT_SHARED/upstream`, or `../shared/upstream` beside the workspace.
pub(crate) fn upstream(file: &str) -> Option<String> {
    let shared = std::env::var_os("ELKIT_SHARED").map_or_else(|| workspace().join("../shared"), PathBuf::from);
    let text = fs::read_to_string(shared.join("upstream").join(file)).ok();
    if text.is_none() {
        println!("skipped: no {file} below $ELKIT_SHARED/upstream");
    }
    text
}

/// The same without the places where things were read.
pub(crate) fn without_places(api: &Api) -> Api {
    let mut api = api.clone();
    for operation in api.operations.values_mut() {
        operation.place = Place::default();
        let members = [&mut operation.path, &mut operation.query, &mut operation.headers];
        members.into_iter().for_each(|members| clear_members(members));
        let bodies = operation.body.iter_mut().flat_map(|body| body.content.values_mut());
        let responses = operation.responses.values_mut().flat_map(|response| response.content.values_mut());
        bodies.chain(responses).for_each(clear);
    }
    for def in api.types.values_mut() {
        def.place = Place::default();
        clear(&mut def.schema);
        clear_readings(&mut def.facts.differs);
    }
    api
}

fn clear_members(members: &mut [Member]) {
    for member in members.iter_mut() {
        member.place = Place::default();
        clear(&mut member.schema);
        clear_readings(&mut member.facts.differs);
    }
}

fn clear_readings(readings: &mut [Reading]) {
    readings.iter_mut().for_each(|reading| clear(&mut reading.schema));
}

fn clear(schema: &mut Schema) {
    match schema {
        Schema::List(item) => clear(item),
        Schema::Map(key, value) | Schema::Pair(key, value) => {
            clear(key);
            clear(value);
        }
        Schema::Ref { args, .. } => args.iter_mut().for_each(clear),
        Schema::Union(union) => union.of.iter_mut().for_each(clear),
        Schema::Object(object) => {
            clear_members(&mut object.members);
            clear_members(&mut object.variants);
        }
        Schema::Any | Schema::Scalar(_) | Schema::Literal(_) | Schema::Enum(_) => {}
    }
}

/// A small generator: the same numbers on every run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mixed = (self.0 ^ (self.0 >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        mixed ^ (mixed >> 29)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    pub(crate) fn chance(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }

    /// The text with one to three small accidents.
    pub(crate) fn mutate(&mut self, text: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        for _ in 0..=self.below(3) {
            let at = self.below(bytes.len());
            let to = (at + self.below(40)).min(bytes.len());
            let tokens = ["\"", "{", "}", "[", "]", ",", ":", "?", "|", "<", "null", "true", "-1", "é", "\\u12", " "];
            let token = tokens[self.below(tokens.len())].bytes();
            match self.below(6) {
                0 => drop(bytes.drain(at..to)),
                1 => drop(bytes.splice(at..at, token)),
                2 => drop(bytes.splice(at..to, token)),
                3 => {
                    let copy = bytes[at..to].to_vec();
                    let target = self.below(bytes.len());
                    drop(bytes.splice(target..target, copy));
                }
                4 if to > at => bytes.swap(at, to - 1),
                _ if self.chance(8) => bytes.truncate(at),
                _ => {}
            }
            if bytes.is_empty() {
                break;
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
}
