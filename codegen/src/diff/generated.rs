//! What overlays and `api.lock` change: names in Rust, the order of arguments, boxes, secrets and other traits, sentences.

use std::collections::{BTreeMap, BTreeSet};

use super::reach::names;
use super::{Action, Change, Class, Part, Rows, Side};
use crate::overlay::Overlay;

/// Rows for names, traits and sentences.
pub(super) fn compare(rows: &mut Rows<'_>) {
    pinned(rows);
    boxes(rows);
    traits(rows);
    sentences(rows);
}

fn row(rows: &mut Rows<'_>, class: Class, part: Part, action: Action, id: &str, effect: &str) -> usize {
    let file = match part {
        Part::Trait => "overlay/traits.toml",
        Part::Sentences => "overlay/docs.toml",
        _ => "api.lock",
    };
    let side: &Side<'_> = if action == Action::Removed { rows.old } else { rows.new };
    let line = side.texts.get(file).and_then(|text| text.lines().position(|line| line.contains(id)));
    rows.changes.push(Change {
        class,
        product: rows.product,
        part,
        action,
        id: id.to_owned(),
        was: None,
        is: None,
        effect: effect.to_owned(),
        file: file.to_owned(),
        line: line.map_or(1, |line| line + 1),
    });
    rows.changes.len() - 1
}

/// Whether a row says already that code about this breaks.
fn is_told(rows: &Rows<'_>, id: &str) -> bool {
    rows.changes.iter().any(|change| {
        let about = change.id.strip_prefix(id).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        let was = change.action == Action::Renamed && change.was.as_deref() == Some(id);
        change.class == Class::Breaking && (about || was)
    })
}

/// Names that api.lock had and that are others now.
fn pinned(rows: &mut Rows<'_>) {
    let (old, new) = (rows.old, rows.new);
    for (kind, effect) in [("type", "the type has another name"), ("call", "arguments in another order, or other ones")]
    {
        let prefix = format!("{} {kind} ", rows.product);
        for (place, was) in old.lock.lines().filter(|(place, _)| place.starts_with(&prefix)) {
            let id = &place[prefix.len()..];
            match new.lock.get(place) {
                Some(is) if is != was && !is_told(rows, id) => {
                    // What was the same type as others and is not any more gets a name of its own; the others keep theirs.
                    let kept = kind == "type"
                        && new.lock.lines().any(|(place, name)| name == was && place.starts_with(&prefix));
                    let (action, effect) = match kind {
                        "type" if kept => (Action::Retyped, "a type of its own: it was the same as others"),
                        "type" => (Action::Renamed, effect),
                        _ => (Action::Changed, effect),
                    };
                    let at = row(rows, Class::Breaking, Part::Name, action, id, effect);
                    rows.changes[at].was(was).is(is);
                }
                _ => {}
            }
        }
    }
}

/// A member that was there and is in a box now.
fn boxes(rows: &mut Rows<'_>) {
    let (old, new) = (rows.old, rows.new);
    let before: BTreeSet<(String, String)> = old.lock.boxes(rows.product).into_iter().collect();
    if old.lock.lines().next().is_none() {
        return;
    }
    for (from, to) in new.lock.boxes(rows.product) {
        let mut held = Vec::new();
        if let Some(def) = old.api.types.get(&from) {
            names(&def.schema, &mut held);
        }
        if held.contains(&to) && !before.contains(&(from.clone(), to.clone())) && !is_told(rows, &from) {
            let effect = format!("`Box<{to}>` in place of `{to}`");
            row(rows, Class::Breaking, Part::Name, Action::Changed, &from, &effect);
        }
    }
}

/// Entries of traits.toml: what each says, by section and id, and what its coming and going does.
fn traits(rows: &mut Rows<'_>) {
    let (old, new) = (entries(&rows.old.overlay), entries(&rows.new.overlay));
    let sections: BTreeSet<&str> = old.keys().chain(new.keys()).map(|(section, _)| *section).collect();
    for section in sections {
        let effect = match section {
            "secrets" | "common_secrets" => "`Secret` or not",
            "lazy" => "`Lazy` or not",
            "boolean_enums" => "booleans on the wire or not",
            "runtime" => "a hand-written type or not",
            "json_query" => "JSON in the query or not",
            "paging" => "`pages` and `items`",
            "aliases" => "a second method",
            "idempotent" => "whether it may be repeated",
            "implies" => "what it sets besides",
            _ => "what rustdoc finds it by",
        };
        let of = |all: &BTreeMap<(&'static str, String), String>| -> BTreeMap<String, String> {
            let own = all.iter().filter(|((name, _), _)| *name == section);
            own.map(|((_, id), text)| (id.clone(), text.clone())).collect()
        };
        let (olds, news) = (of(&old), of(&new));
        let ids: BTreeSet<&String> = olds.keys().chain(news.keys()).collect();
        for id in ids {
            let (was, is) = (olds.get(id), news.get(id));
            if was == is || is_new(rows, id) {
                continue;
            }
            let class = match section {
                "paging" | "aliases" if was.is_none() => Class::Additive,
                "idempotent" | "implies" => Class::Additive,
                "doc_aliases" => Class::Docs,
                _ => Class::Breaking,
            };
            let action = match (was, is) {
                (None, _) => Action::Added,
                (_, None) => Action::Removed,
                _ => Action::Changed,
            };
            let at = row(rows, class, Part::Trait, action, id, &format!("{section}: {effect}"));
            let text = |text: Option<&String>| text.filter(|text| !text.is_empty()).cloned();
            (rows.changes[at].was, rows.changes[at].is) = (text(was), text(is));
        }
    }
}

/// Whether what an entry is about came with this very change, or goes with it.
fn is_new(rows: &Rows<'_>, id: &str) -> bool {
    rows.changes.iter().any(|change| {
        let about = id.strip_prefix(&change.id).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        about && change.part != Part::Trait && matches!(change.action, Action::Added | Action::Removed)
    })
}

fn entries(overlay: &Overlay) -> BTreeMap<(&'static str, String), String> {
    let traits = &overlay.traits;
    let mut all = BTreeMap::new();
    let mut put = |section: &'static str, id: &String, text: String| drop(all.insert((section, id.clone()), text));
    let sets = [
        ("secrets", &traits.secrets),
        ("common_secrets", &traits.common_secrets),
        ("lazy", &traits.lazy),
        ("boolean_enums", &traits.boolean_enums),
        ("json_query", &traits.json_query),
    ];
    for (section, ids) in sets {
        ids.iter().for_each(|id| put(section, id, String::new()));
    }
    traits.runtime.iter().for_each(|(id, name)| put("runtime", id, name.clone()));
    traits.idempotent.iter().for_each(|(id, is)| put("idempotent", id, is.to_string()));
    traits.implies.iter().for_each(|(id, other)| put("implies", id, format!("{} = {}", other.member, other.value)));
    traits.paging.iter().for_each(|(id, paging)| put("paging", id, format!("{paging:?}")));
    traits.aliases.iter().for_each(|(id, alias)| put("aliases", id, alias.operation.clone()));
    traits.doc_aliases.iter().for_each(|(id, names)| put("doc_aliases", id, names.join(", ")));
    all
}

/// One row for all sentences that are others now.
fn sentences(rows: &mut Rows<'_>) {
    let all = |side: &Side<'_>| -> BTreeMap<(&'static str, String), String> {
        let docs = &side.overlay.docs;
        let mut all = BTreeMap::new();
        docs.operations.iter().for_each(|(id, doc)| drop(all.insert(("operations", id.clone()), format!("{doc:?}"))));
        for (section, entries) in [("types", &docs.types), ("members", &docs.members), ("common", &docs.common)] {
            entries.iter().for_each(|(id, text)| drop(all.insert((section, id.clone()), text.clone())));
        }
        all
    };
    let (old, new) = (all(rows.old), all(rows.new));
    let keys: BTreeSet<&(&str, String)> = old.keys().chain(new.keys()).collect();
    let count = keys.into_iter().filter(|key| old.get(key) != new.get(key)).count();
    if count > 0 {
        let effect = format!("{count} sentences of the documentation");
        row(rows, Class::Docs, Part::Sentences, Action::Changed, "docs.toml", &effect);
    }
}
