//! Documentation: our own sentences from docs.toml, then facts. Nothing else makes prose.

use super::Planner;
use super::naming::{is_status, split};
use crate::ir::{MemberFacts, Operation};
use crate::overlay::Doc;
use crate::spec::model::{Deprecation, Json, Product};

impl Planner<'_> {
    /// A type's paragraphs: its sentence, or what it is and where it stands.
    pub(super) fn type_docs(&self, id: &str, otherwise: &str) -> Vec<String> {
        let sentence = self.all_ids(id).find_map(|id| self.overlay.docs.types.get(id).cloned());
        vec![sentence.unwrap_or_else(|| match self.place_of(id) {
            Some(place) => format!("{}: {place}.", otherwise.trim_end_matches('.')),
            None => otherwise.to_owned(),
        })]
    }

    /// Where a type of Kibana stands, which its name need not say.
    fn place_of(&self, id: &str) -> Option<String> {
        if self.ir.product != Product::Kibana {
            return None;
        }
        let parts = split(id);
        let upstream = parts.last().filter(|part| part.starts_with(char::is_uppercase));
        if let Some(upstream) = upstream {
            let renamed = self.names.get(id).is_some_and(|(_, name)| name != upstream);
            return renamed.then(|| format!("upstream's `{upstream}`"));
        }
        let of = |place: &[&str], what: String| match place {
            [] => what,
            place => format!("`{}` of {what}", place.join(".")),
        };
        let more = match self.ir.twins.get(id).map_or(0, Vec::len) {
            0 => String::new(),
            1 => ", and one more place".to_owned(),
            more => format!(", and {more} more places"),
        };
        (1..parts.len()).rev().find_map(|end| {
            let (owner, place) = (parts[..end].join("."), &parts[end..]);
            if let Some((_, name)) = self.names.get(&owner) {
                return Some(of(place, format!("`{name}`")));
            }
            self.ir.operations.iter().any(|operation| operation.id == owner).then(|| match place {
                [status, place @ ..] if is_status(status) => of(place, format!("what `{owner}` answers{more}")),
                ["body", place @ ..] | place => of(place, format!("what `{owner}` takes{more}")),
            })
        })
    }

    /// A member's paragraphs: its sentence, or one from its name; then facts.
    pub(super) fn member_docs(&self, owner: &str, name: &str, facts: &MemberFacts) -> Vec<String> {
        let docs = &self.overlay.docs;
        let own = self.all_ids(owner).find_map(|owner| docs.members.get(&format!("{owner}.{name}")).cloned());
        let sentence = own.or_else(|| docs.common.get(name).cloned()).unwrap_or_else(|| format!("`{name}`"));
        let mut paragraphs = vec![sentence];
        let facts = fact_line(facts);
        if !facts.is_empty() {
            paragraphs.push(facts);
        }
        paragraphs
    }

    /// A call's paragraphs: sentence, example, notes, facts.
    pub(super) fn operation_docs(&self, operation: &Operation, summary: Option<&str>) -> Vec<String> {
        let doc = self.overlay.docs.operations.get(&operation.id);
        let sentence = summary.map(str::to_owned).or_else(|| doc.map(|doc| doc.summary().to_owned()));
        let mut paragraphs = vec![sentence.unwrap_or_else(|| format!("Calls `{}`.", operation.id))];
        if let Some(Doc::Full { notes, example, .. }) = doc {
            paragraphs.extend(notes.iter().cloned());
            if let (Some(example), None) = (example, summary) {
                paragraphs.push(doctest(example));
            }
        }
        paragraphs.push(self.facts_of(operation));
        paragraphs
    }

    fn facts_of(&self, operation: &Operation) -> String {
        let mut facts = Vec::new();
        if let Some(route) = operation.routes.first() {
            facts.push(format!("`{} {}`", self.verb(operation, route), route.path));
        }
        for (kind, names) in &operation.privileges {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            facts.push(format!("{kind} privilege {}", names.join(", ")));
        }
        if let Some(since) = &operation.facts.since {
            facts.push(format!("since {}", short_version(since)));
        }
        match operation.facts.stability.as_deref() {
            None | Some("stable") => {}
            Some(stability) => facts.push(stability.to_owned()),
        }
        if operation.facts.serverless == Some(false) {
            facts.push("not on serverless".to_owned());
        }
        if let Some(reference) = &operation.reference {
            facts.push(format!("[reference]({reference})"));
        }
        facts.join(" · ")
    }
}

/// The note of a deprecated item.
pub(super) fn deprecation(deprecated: Option<&Deprecation>) -> Option<String> {
    deprecated.map(|deprecation| match &deprecation.version {
        Some(version) => format!("since {}", short_version(version)),
        None => "upstream deprecates it".to_owned(),
    })
}

fn fact_line(facts: &MemberFacts) -> String {
    let mut line = Vec::new();
    if let Some(default) = facts.default.as_ref().and_then(readable) {
        line.push(format!("default `{default}`"));
    }
    let limits = &facts.limits;
    let range = |least: Option<String>, most: Option<String>, what: &str| match (least, most) {
        (Some(least), Some(most)) => Some(format!("{least} to {most}{what}")),
        (Some(least), None) => Some(format!("at least {least}{what}")),
        (None, Some(most)) => Some(format!("at most {most}{what}")),
        (None, None) => None,
    };
    let count = |n: Option<u64>| n.map(|n| n.to_string());
    line.extend(range(limits.min.as_ref().map(Json::to_string), limits.max.as_ref().map(Json::to_string), ""));
    let numbers: Vec<String> = facts.numbers.iter().map(Json::to_string).collect();
    line.extend(
        Some(numbers.join(", ")).filter(|numbers| !numbers.is_empty()).map(|numbers| format!("numbers {numbers}")),
    );
    line.extend(range(count(limits.min_length), count(limits.max_length), " characters"));
    line.extend(range(count(limits.min_items), count(limits.max_items), " items"));
    line.extend(limits.pattern.as_ref().filter(|pattern| !pattern.contains('`')).map(|p| format!("matches `{p}`")));
    line.extend(limits.format.as_ref().map(|format| format!("format `{format}`")));
    line.extend(facts.since.as_ref().map(|since| format!("since {}", short_version(since))));
    line.join(" · ")
}

/// A default that fits on a line.
fn readable(default: &Json) -> Option<String> {
    let text = match default {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    (!text.is_empty() && text.len() <= 60 && !text.contains('`')).then_some(text)
}

fn short_version(version: &str) -> &str {
    version.strip_suffix(".0").filter(|short| short.contains('.')).unwrap_or(version)
}

/// An example that compiles.
fn doctest(example: &str) -> String {
    format!(
        "```no_run\n# use elkit::elasticsearch::security::*;\n# async fn example(es: elkit::Elasticsearch) -> elkit::Result<()> {{\n{}\n# Ok(())\n# }}\n```",
        example.trim()
    )
}
