//! Proposed entries of CHANGELOG.md: a person shortens them. What breaks stands line by line; what is new is grouped by
//! namespace, because a new document brings hundreds.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Action, Change, Class, Diff, Part};

/// How many names a grouped line has.
const NAMED: usize = 8;

pub(super) fn entries(diff: &Diff) -> String {
    let mut text = String::new();
    let added = |change: &&Change| change.class == Class::Additive && change.action == Action::Added;
    let deprecated = |change: &&Change| change.class == Class::Additive && change.effect.starts_with("deprecated");
    let added: Vec<&Change> = diff.changes.iter().filter(added).collect();
    let (breaking, other): (Vec<&Change>, Vec<&Change>) = (diff.changes.iter())
        .filter(|change| {
            change.class != Class::Docs && !(change.action == Action::Added && change.class == Class::Additive)
        })
        .filter(|change| !deprecated(change))
        .partition(|change| change.class == Class::Breaking);
    let (removed, changed): (Vec<&Change>, Vec<&Change>) =
        breaking.into_iter().partition(|change| change.action == Action::Removed);
    section("Added", &grouped(&added), &mut text);
    let mut lines: Vec<String> = changed.iter().map(|change| format!("**Breaking**: {}", line(change))).collect();
    lines.extend(grouped(&other));
    section("Changed", &lines, &mut text);
    let deprecated: Vec<&Change> = diff.changes.iter().filter(deprecated).collect();
    section("Deprecated", &grouped(&deprecated), &mut text);
    let removed: Vec<String> = removed.iter().map(|change| format!("**Breaking**: {}", line(change))).collect();
    section("Removed", &removed, &mut text);
    text
}

fn section(title: &str, lines: &[String], text: &mut String) {
    if lines.is_empty() {
        return;
    }
    let space = if text.is_empty() { "" } else { "\n" };
    let _ = write!(text, "{space}### {title}\n\n");
    lines.iter().for_each(|line| _ = writeln!(text, "- {line}"));
}

fn line(change: &Change) -> String {
    let id = &change.id;
    let product = product(change);
    let what = super::markdown::part(change.part);
    match (change.action, &change.was, &change.is) {
        (Action::Renamed, Some(was), Some(is)) => {
            format!("{product}: the {what} `{was}` is `{is}` ({})", change.effect)
        }
        (Action::Removed, ..) => format!("{product}: the {what} `{id}` ({})", change.effect),
        (_, Some(was), Some(is)) => format!("{product}: `{id}` is `{is}`, was `{was}` ({})", change.effect),
        _ => format!("{product}: `{id}`: {}", change.effect),
    }
}

/// One line for each namespace and kind.
fn grouped(changes: &[&Change]) -> Vec<String> {
    let mut groups: BTreeMap<(&str, String, Part), Vec<&str>> = BTreeMap::new();
    for change in changes {
        // Members and values stand below a call or type, calls and types below a namespace.
        let namespace = match change.part {
            Part::Operation | Part::Type => change.id.rsplit_once('.').map_or("", |(namespace, _)| namespace),
            _ => change.id.split('.').next().unwrap_or_default(),
        };
        groups.entry((product(change), namespace.to_owned(), change.part)).or_default().push(&change.id);
    }
    let lines = groups.into_iter().map(|((product, namespace, part), ids)| {
        let short = |id: &str| id.strip_prefix(&format!("{namespace}.")).unwrap_or(id).to_owned();
        let mut names: Vec<String> = ids.iter().map(|id| format!("`{}`", short(id))).collect();
        names.dedup();
        let more = names.len().saturating_sub(NAMED);
        names.truncate(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let what = match part {
            Part::Operation => "calls",
            Part::Type => "types",
            Part::Member => "members",
            Part::Value => "enum values",
            Part::Alternative => "alternatives",
            Part::Name => "names",
            Part::Trait => "traits",
            Part::Sentences => "sentences",
        };
        let namespace = if namespace.is_empty() { String::new() } else { format!(" in `{namespace}`") };
        format!("{product}: {what}{namespace}: {}{more}", names.join(", "))
    });
    lines.collect()
}

fn product(change: &Change) -> &'static str {
    if change.product == "kibana" { "Kibana" } else { "Elasticsearch" }
}
