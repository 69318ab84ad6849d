//! Ids of operations and types. The overlay's tables decide; what they do not know gets an id from its path or its
//! own name, the same on every run.

use std::collections::BTreeMap;

use crate::import::anonymous;

/// Ids that people chose.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// `GET /api/spaces/space` -> `spaces.list`. What path parameters are called does not matter.
    operations: BTreeMap<String, String>,
    /// `Cases_` -> `cases`: the namespace of all components that begin so. `Cases_ids` -> `cases.CaseIds`: one
    /// component.
    components: BTreeMap<String, String>,
}

impl Names {
    /// The tables of `overlay/names.toml`.
    pub fn new(operations: &BTreeMap<String, String>, components: &BTreeMap<String, String>) -> Self {
        let operations = operations.iter().map(|(call, id)| (anonymous(call), id.clone())).collect();
        Self { operations, components: components.clone() }
    }

    /// The id that people gave an operation.
    pub(super) fn operation(&self, verb: &str, path: &str) -> Option<&str> {
        self.operations.get(&anonymous(&format!("{verb} {path}"))).map(String::as_str)
    }

    /// The component's own entry, or the longest one it begins with and what is left of the name.
    fn component<'a>(&'a self, name: &'a str) -> Option<(&'a str, &'a str)> {
        let own = self.components.get(name).map(|id| (id.as_str(), ""));
        let begins = |prefix: &&String| prefix.ends_with(['_', '-']) && name.starts_with(prefix.as_str());
        let longest = || self.components.keys().filter(begins).max_by_key(|prefix| prefix.len());
        own.or_else(|| longest().map(|prefix| (self.components[prefix].as_str(), &name[prefix.len()..])))
    }
}

/// The id of an operation that nobody named: `GET /api/spaces/space/{id}` -> `spaces.get_space_by_id`.
pub(super) fn provisional(verb: &str, path: &str) -> String {
    let mut words = Vec::new();
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').filter(|part| !part.is_empty()).collect();
    let segments = segments.strip_prefix(&["api"]).unwrap_or(&segments);
    for segment in segments {
        let mut word = snake(&segment.replace(['{', '}'], "_"));
        if segment.starts_with('{') {
            word.insert_str(0, "by_");
        }
        words.push(word);
    }
    let namespace = if words.is_empty() { "root".to_owned() } else { words.remove(0) };
    let method = std::iter::once(verb.to_ascii_lowercase()).chain(words).collect::<Vec<_>>().join("_");
    format!("{namespace}.{method}")
}

/// The id of a component's type: `Security_Detections_API_RuleName` -> `detection_engine.RuleName`.
pub(super) fn type_id(component: &str, names: &Names) -> String {
    if let Some((id, rest)) = names.component(component) {
        return if rest.is_empty() { id.to_owned() } else { join(id, &camel(rest)) };
    }
    if let Some((package, name)) = component.strip_prefix("kbn-").and_then(|rest| rest.rsplit_once('-')) {
        let place = ["-server", "-common", "-utils", "-schema"];
        let package = place.iter().fold(package, |package, end| package.strip_suffix(end).unwrap_or(package));
        return join(&snake(package), &camel(name));
    }
    let area = ["_APIs_", "_API_"].iter().find_map(|mark| component.split_once(mark));
    match area {
        Some((area, name)) => join(&snake(area), &camel(name)),
        None => camel(component),
    }
}

fn join(namespace: &str, name: &str) -> String {
    if namespace.is_empty() { name.to_owned() } else { format!("{namespace}.{name}") }
}

/// Words in lower case with `_` between.
fn snake(text: &str) -> String {
    let words: Vec<&str> = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join("_").to_ascii_lowercase()
}

/// `budgeting_method` -> `BudgetingMethod`, `400_response` -> `Response400`: types begin with a capital letter.
fn camel(text: &str) -> String {
    let mut words: Vec<&str> = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()).collect();
    let numbers = words.iter().take_while(|word| word.starts_with(|c: char| c.is_ascii_digit())).count();
    words.rotate_left(numbers);
    let mut name = String::new();
    for word in words {
        let (first, rest) = word.split_at(1);
        name.push_str(&first.to_ascii_uppercase());
        name.push_str(rest);
    }
    name
}
