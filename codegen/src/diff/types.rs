//! Named types, as far as calls reach them: no others have code.

use std::collections::BTreeMap;

use super::say::{Renamed, is_alias, say};
use super::{Action, Class, Part, Rows, Side, Spot};
use crate::spec::model::{Place, TypeDef};

/// How often renames are looked for among types that hold renamed types.
const ROUNDS: usize = 8;

/// Types that have another id and nothing else: those that say the same, when no others do.
pub(super) fn renamed(old: &Side<'_>, new: &Side<'_>) -> Renamed {
    let mut renamed = Renamed::new();
    for _ in 0..ROUNDS {
        let gone = lone(old, new, &renamed, |id| renamed.contains_key(id));
        let come = lone(new, old, &Renamed::new(), |id| renamed.values().any(|known| known == id));
        let found: Vec<(String, String)> =
            gone.into_iter().filter_map(|(text, id)| Some((id?, come.get(&text)?.clone()?))).collect();
        if found.is_empty() {
            break;
        }
        renamed.extend(found);
    }
    renamed
}

/// What the types of one side that the other lacks say; none where several say the same.
fn lone(
    side: &Side<'_>,
    other: &Side<'_>,
    renamed: &Renamed,
    known: impl Fn(&str) -> bool,
) -> BTreeMap<String, Option<String>> {
    let mut by_text: BTreeMap<String, Option<String>> = BTreeMap::new();
    for id in side.reach.all.iter().filter(|id| !other.reach.all.contains(*id) && !known(id)) {
        let Some(def) = side.api.types.get(id) else { continue };
        if is_alias(&def.schema) {
            continue;
        }
        // A type that holds itself says so by a name of its own.
        let mut named = renamed.clone();
        named.insert(id.clone(), "itself".to_owned());
        let text = format!("{}:{}", def.params.join(","), say(&def.schema, &named));
        by_text.entry(text).and_modify(|twin| *twin = None).or_insert_with(|| Some(id.clone()));
    }
    by_text
}

/// Rows for all types.
pub(super) fn compare(rows: &mut Rows<'_>) {
    let (old, new) = (rows.old, rows.new);
    let nowhere = Place::default();
    let came: BTreeMap<&String, &String> = rows.renamed.iter().map(|(from, to)| (to, from)).collect();
    let came: BTreeMap<String, String> = came.into_iter().map(|(to, from)| (to.clone(), from.clone())).collect();
    for id in &new.reach.all {
        let Some(def) = new.api.types.get(id) else { continue };
        let spot = |old| Spot { id: id.clone(), requested: new.reach.requested.contains(id), new: &def.place, old };
        let was = came.get(id).unwrap_or(id);
        match old.api.types.get(was).filter(|_| old.reach.all.contains(was)) {
            Some(before) => {
                let spot = spot(&before.place);
                if was != id {
                    let effect = "the type has another name";
                    rows.put(Class::Breaking, Part::Type, Action::Renamed, &spot, effect).was(was).is(id);
                }
                definition(rows, &spot, before, def);
                requested(rows, &spot, was);
            }
            None => {
                let (class, effect) = if is_alias(&def.schema) {
                    (Class::Docs, "a name for another type: none in Rust")
                } else {
                    (Class::Additive, "a new type")
                };
                rows.put(class, Part::Type, Action::Added, &spot(&nowhere), effect);
            }
        }
    }
    for id in &old.reach.all {
        let Some(def) = old.api.types.get(id) else { continue };
        if new.reach.all.contains(id) || rows.renamed.contains_key(id) {
            continue;
        }
        let spot = Spot { id: id.clone(), requested: false, new: &nowhere, old: &def.place };
        let (class, effect) = match (is_alias(&def.schema), new.api.types.contains_key(id)) {
            (true, _) => (Class::Docs, "a name for another type: none in Rust"),
            (false, true) => (Class::Breaking, "no call uses the type any more, so it is gone"),
            (false, false) => (Class::Breaking, "the type is gone"),
        };
        rows.put(class, Part::Type, Action::Removed, &spot, effect);
    }
}

fn definition(rows: &mut Rows<'_>, spot: &Spot<'_>, old: &TypeDef, new: &TypeDef) {
    if rows.new.overlay.traits.runtime.iter().any(|(id, _)| *id == spot.id) {
        // A hand-written type stands for it, whatever it is.
        if say(&old.schema, &rows.renamed) != say(&new.schema, &rows.renamed) {
            rows.put(Class::Docs, Part::Type, Action::Retyped, spot, "a hand-written type stands for it");
        }
        return;
    }
    if old.params != new.params {
        let effect = "its type parameters";
        let row = rows.put(Class::Breaking, Part::Type, Action::Retyped, spot, effect);
        row.was(old.params.join(", ")).is(new.params.join(", "));
    }
    rows.schema(Part::Type, spot, &old.schema, &new.schema);
    rows.facts(Part::Type, spot, &old.facts, &new.facts);
}

/// A type that requests hold has a constructor and setters.
fn requested(rows: &mut Rows<'_>, spot: &Spot<'_>, was: &str) {
    if rows.old.reach.requested.contains(was) == spot.requested
        || rows.new.api.types.get(&spot.id).is_some_and(|def| is_alias(&def.schema))
    {
        return;
    }
    let (class, effect) = if spot.requested {
        (Class::Additive, "a request holds it now: it has `new` and setters")
    } else {
        (Class::Breaking, "no request holds it any more: `new` and its setters are gone")
    };
    rows.put(class, Part::Type, Action::Changed, spot, effect);
}
