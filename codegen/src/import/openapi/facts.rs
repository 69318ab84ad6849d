//! Facts of operations that upstream states in prose alone, kept in a file of their own: which work in a space, and
//! which privileges they ask for.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostics;
use crate::import::{anonymous, calls};
use crate::spec::json::{self, Kind, Node};
use crate::spec::model::{Api, Operation};

/// The facts of one version's operations, by verb and path.
#[derive(Clone, Debug, Default)]
pub struct OperationFacts {
    by_call: BTreeMap<String, Facts>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    pub(super) space: bool,
    pub(super) privileges: Vec<String>,
}

impl OperationFacts {
    /// Reads `{"<version>": {"<VERB> <path>": {"space_path"?, "privileges"?}}}`; a version it lacks has no facts.
    ///
    /// # Errors
    /// Everything that is not of that form.
    pub fn read(file: &str, text: &str, version: &str) -> Result<Self, Diagnostics> {
        let mut problems = Diagnostics::default();
        let mut facts = Self::default();
        match json::parse(text) {
            Ok(root) => {
                let versions = root.object().map(|_| {
                    root.get(version).unwrap_or(&Node { span: (0, 0), kind: Kind::Object(Vec::new()) }).clone()
                });
                match versions {
                    Some(of) => facts.read_version(file, &of, &mut problems),
                    None => problems.add(file, root.span, "expected an object: facts by version", None),
                }
            }
            Err(error) => problems.add(file, error.span, error.message, None),
        }
        problems.result(facts)
    }

    /// What a spec says already: an import without facts of its own leaves it as it is.
    #[must_use]
    pub fn known(spec: &Api) -> Self {
        let facts = |operation: &Operation| Facts {
            space: operation.space,
            privileges: operation.privileges.get("kibana").cloned().unwrap_or_default(),
        };
        let each = spec.operations.values().flat_map(|operation| calls(operation).map(move |call| (call, operation)));
        let by_call = each.map(|((verb, path), operation)| (format!("{verb} {path}"), facts(operation))).collect();
        Self { by_call }
    }

    fn read_version(&mut self, file: &str, of: &Node, problems: &mut Diagnostics) {
        let Some(calls) = of.object() else {
            problems.add(file, of.span, "expected an object: facts by verb and path", None);
            return;
        };
        for call in calls {
            let mut facts = Facts::default();
            for fact in call.value.object().unwrap_or_default() {
                match (fact.key.as_str(), fact.value.string()) {
                    ("space_path", Some(path)) => {
                        let plain = call.key.split_once(' ').map_or("", |(_, path)| path);
                        facts.space = anonymous(path) == format!("/s/{{}}{}", anonymous(plain));
                        if !facts.space {
                            problems.add(file, fact.value.span, "this is not the operation's path in a space", None);
                        }
                    }
                    ("privileges", Some(text)) => match privileges(text) {
                        Some(names) => facts.privileges = names,
                        None => {
                            let help = "names joined by AND or by OR, or `ALL of [..]`".to_owned();
                            problems.add(file, fact.value.span, "unknown form of privileges", Some(help));
                        }
                    },
                    _ => problems.add(file, fact.key_span, format!("unknown fact `{}`", fact.key), None),
                }
            }
            self.by_call.insert(anonymous(&call.key), facts);
        }
    }

    pub(super) fn of(&self, verb: &str, path: &str) -> Facts {
        self.by_call.get(&anonymous(&format!("{verb} {path}"))).cloned().unwrap_or_default()
    }
}

/// `a AND b` -> both; `a OR b` -> one entry that says so.
fn privileges(text: &str) -> Option<Vec<String>> {
    let list = text.strip_prefix("ALL of [").and_then(|rest| rest.strip_suffix(']'));
    let (parts, all) = match list {
        Some(list) => (list.split(',').map(str::trim).collect(), true),
        None if text.contains(" AND ") => (text.split(" AND ").collect(), true),
        None => (text.split(" OR ").collect::<Vec<_>>(), false),
    };
    let is_name =
        |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.:/".contains(&b));
    if !parts.iter().all(is_name) {
        return None;
    }
    Some(if all { parts.into_iter().map(str::to_owned).collect() } else { vec![parts.join(" or ")] })
}
