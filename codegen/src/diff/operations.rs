//! Calls: which there are, their parameters, their bodies and what is known of them.

use std::collections::BTreeMap;

use super::facts::text;
use super::members::Of;
use super::reach::success;
use super::say::{say, short};
use super::{Action, Class, Part, Rows, Spot};
use crate::import::calls;
use crate::spec::model::{Operation, Place, Schema};

/// Rows for all calls.
pub(super) fn compare(rows: &mut Rows<'_>) {
    let (old, new) = (&rows.old.api.operations, &rows.new.api.operations);
    let nowhere = Place::default();
    let renamed = renamed(old, new);
    for (id, operation) in new {
        let was = renamed.get(id).unwrap_or(id);
        let spot = |old| Spot { id: id.clone(), requested: true, new: &operation.place, old };
        match old.get(was) {
            Some(before) => {
                let spot = spot(&before.place);
                if was != id {
                    let effect = "the call has another name";
                    rows.put(Class::Breaking, Part::Operation, Action::Renamed, &spot, effect).was(was).is(id);
                }
                both(rows, &spot, before, operation);
            }
            None => {
                let effect = "a new call";
                rows.put(Class::Additive, Part::Operation, Action::Added, &spot(&nowhere), effect).is(route(operation));
            }
        }
    }
    for (id, operation) in old {
        if !new.contains_key(id) && !renamed.values().any(|was| was == id) {
            let spot = Spot { id: id.clone(), requested: true, new: &nowhere, old: &operation.place };
            let effect = "the call is gone; `request()` can still make it";
            rows.put(Class::Breaking, Part::Operation, Action::Removed, &spot, effect).was(route(operation));
        }
    }
}

type Operations = BTreeMap<String, Operation>;

/// Old ids of calls that have the same verb and path under a new one.
fn renamed(old: &Operations, new: &Operations) -> BTreeMap<String, String> {
    let gone = old.values().filter(|operation| !new.contains_key(&operation.id));
    let mut by_call = BTreeMap::new();
    for operation in gone {
        by_call.extend(calls(operation).map(|call| (call, &operation.id)));
    }
    let mut renamed: BTreeMap<String, String> = BTreeMap::new();
    for operation in new.values().filter(|operation| !old.contains_key(&operation.id)) {
        if let Some(was) = calls(operation).find_map(|call| by_call.get(&call).copied())
            && !renamed.values().any(|known| known == was)
        {
            renamed.insert(operation.id.clone(), was.clone());
        }
    }
    renamed
}

fn route(operation: &Operation) -> String {
    let route = operation.routes.first();
    route.map_or_else(String::new, |route| format!("{} {}", route.verbs.join("|"), route.path))
}

fn both(rows: &mut Rows<'_>, spot: &Spot<'_>, old: &Operation, new: &Operation) {
    routes(rows, spot, old, new);
    rows.members(Of::Fields, spot, &old.path, &new.path);
    rows.members(Of::Fields, spot, &old.query, &new.query);
    rows.members(Of::Fields, spot, &old.headers, &new.headers);
    body(rows, spot, old, new);
    answer(rows, spot, old, new);
    rows.facts(Part::Operation, spot, &old.facts, &new.facts);
    let privileges = |of: &Operation| {
        let kinds = of.privileges.iter().map(|(kind, names)| format!("{kind}: {}", names.join(", ")));
        kinds.collect::<Vec<_>>().join("; ")
    };
    let facts = [
        ("reference", text(old.reference.as_ref()), text(new.reference.as_ref())),
        ("privileges", privileges(old), privileges(new)),
    ];
    for (what, was, is) in facts.into_iter().filter(|(_, was, is)| was != is) {
        rows.put(Class::Docs, Part::Operation, Action::Changed, spot, what).was(was).is(is);
    }
    if old.version != new.version {
        let effect = "another `elastic-api-version` is sent";
        let row = rows.put(Class::Additive, Part::Operation, Action::Changed, spot, effect);
        row.was(text(old.version.as_ref())).is(text(new.version.as_ref()));
    }
    if old.space != new.space {
        let (class, effect) = if new.space {
            (Class::Additive, "it works in a space")
        } else {
            (Class::Breaking, "it works in no space any more")
        };
        rows.put(class, Part::Operation, Action::Changed, spot, effect);
    }
}

/// What the call sends changes, not how it is called.
fn routes(rows: &mut Rows<'_>, spot: &Spot<'_>, old: &Operation, new: &Operation) {
    let all = |of: &Operation| -> Vec<String> {
        of.routes.iter().map(|route| format!("{} {}", route.verbs.join("|"), route.path)).collect()
    };
    let (was, is) = (all(old), all(new));
    if was != is {
        let row = rows.put(Class::Additive, Part::Operation, Action::Changed, spot, "another request is sent");
        row.was(short(&was.join(", "))).is(short(&is.join(", ")));
    }
    for route in &new.routes {
        if let Some(before) = old.routes.iter().find(|before| before.path == route.path) {
            rows.deprecation(Part::Operation, spot, before.deprecated.as_ref(), route.deprecated.as_ref());
        }
    }
}

/// The content that has code: JSON where there is some, else the first.
fn content(content: &BTreeMap<String, Schema>) -> Option<(&str, &Schema)> {
    let found = content.get_key_value("json").or_else(|| content.iter().next());
    found.map(|(media, schema)| (media.as_str(), schema))
}

fn body(rows: &mut Rows<'_>, spot: &Spot<'_>, old: &Operation, new: &Operation) {
    let contents = [old, new].map(|of| of.body.as_ref().and_then(|body| content(&body.content)));
    let at = spot.at(format!("{}.body", spot.id));
    match contents {
        [None, None] => {}
        [None, Some((media, schema))] => {
            let required = new.body.as_ref().is_some_and(|body| body.required);
            match schema {
                Schema::Object(object) => rows.members(Of::Fields, spot, &[], &object.members),
                _ if required => {
                    rows.put(Class::Breaking, Part::Member, Action::Added, &at, "required: one more argument")
                        .is(media);
                }
                _ => {
                    rows.put(Class::Additive, Part::Member, Action::Added, &at, "a new optional setter").is(media);
                }
            }
        }
        [Some((media, schema)), None] => match schema {
            Schema::Object(object) => rows.members(Of::Fields, spot, &object.members, &[]),
            _ => {
                rows.put(Class::Breaking, Part::Member, Action::Removed, &at, "the body is gone").was(media);
            }
        },
        [Some((was, before)), Some((is, after))] => {
            if was != is {
                let effect = "the body is of another media type";
                rows.put(Class::Breaking, Part::Member, Action::Retyped, &at, effect).was(was).is(is);
                return;
            }
            match (before, after) {
                (Schema::Object(_), Schema::Object(_)) => rows.schema(Part::Operation, spot, before, after),
                _ => rows.schema(Part::Member, &at, before, after),
            }
            let [was, is] = [old, new].map(|of| of.body.as_ref().is_some_and(|body| body.required));
            if was != is {
                let whole = !matches!(after, Schema::Object(_));
                let class = if whole { Class::Breaking } else { Class::Additive };
                let action = if is { Action::Required } else { Action::Optional };
                let effect = match (whole, is) {
                    (true, true) => "an argument in place of a setter",
                    (true, false) => "a setter in place of an argument",
                    (false, true) => "an empty body is sent",
                    (false, false) => "an empty body is left out",
                };
                rows.put(class, Part::Member, action, &at, effect);
            }
        }
    }
}

fn answer(rows: &mut Rows<'_>, spot: &Spot<'_>, old: &Operation, new: &Operation) {
    let [before, after] = [success(old), success(new)];
    let status = after.or(before).map_or("200", |(status, _)| status.as_str());
    let at = Spot { requested: false, ..spot.at(format!("{}.{status}", spot.id)) };
    if let (Some((was, _)), Some((is, _))) = (before, after)
        && was != is
    {
        rows.put(Class::Docs, Part::Operation, Action::Changed, spot, "the status of a success").was(was).is(is);
    }
    let contents = [before, after].map(|answer| answer.and_then(|(_, answer)| content(&answer.content)));
    let retyped = |rows: &mut Rows<'_>, was: String, is: String| {
        let effect = "the answer is another type";
        rows.put(Class::Breaking, Part::Member, Action::Retyped, &at, effect).was(short(&was)).is(short(&is));
    };
    match contents {
        [None, None] => {}
        [None, Some((_, schema))] => retyped(rows, "nothing".to_owned(), say(schema, &rows.renamed.clone())),
        [Some((_, schema)), None] => retyped(rows, say(schema, &rows.renamed.clone()), "nothing".to_owned()),
        [Some((was, _)), Some((is, _))] if was != is => retyped(rows, was.to_owned(), is.to_owned()),
        [Some((_, before)), Some((_, after))] => {
            // An answer that is an object has a struct of its own; a named type has an alias.
            rows.schema(Part::Member, &at, before, after);
        }
    }
}
