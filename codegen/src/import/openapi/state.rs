//! `x-state`: stability and the first version, in a sentence of a few known words.

use super::source::Source;
use crate::spec::json::Node;
use crate::spec::model::Facts;

/// What `x-state` says: `Technical Preview; added in 9.1.0`. Unknown words are a problem: they may matter.
pub(super) fn state<'n>(node: &'n Node, source: &mut Source<'n>) -> Facts {
    let mut facts = Facts::default();
    let Some(text) = source.maybe_text(node, "x-state") else {
        return facts;
    };
    let lower = text.to_ascii_lowercase();
    for part in lower.split([';', ',']).map(str::trim).filter(|part| !part.is_empty()) {
        let version = part.strip_prefix("added in ").map(|version| version.trim_end_matches('.'));
        match (part, version) {
            (_, Some(version)) if is_version(version) => facts.since = Some(version.to_owned()),
            ("technical preview" | "experimental", _) => facts.stability = Some("experimental".to_owned()),
            ("beta", _) => facts.stability = Some("beta".to_owned()),
            ("generally available" | "ga" | "stable", _) => facts.stability = Some("stable".to_owned()),
            _ => source.problem(node.get("x-state").unwrap_or(node), format!("unknown state `{text}`")),
        }
    }
    facts
}

fn is_version(text: &str) -> bool {
    text.contains('.') && text.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}
