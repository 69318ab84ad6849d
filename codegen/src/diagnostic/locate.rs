//! From a message to its place. Messages name what they are about in backticks; what the spec or an overlay knows by that
//! name gives file, line and upstream's word for it. The first line of a message says what is wrong, the others what to do.

use std::collections::{BTreeMap, HashMap};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Diagnostic, Diagnostics, did_you_mean};
use crate::Texts;
use crate::spec::model::{Api, Facts, Member, Operation, Place, Product, Schema};

/// The texts in which places are looked up.
#[derive(Clone, Copy)]
pub(crate) struct Places<'a> {
    pub(crate) product: Product,
    /// The folder of the API's files: `elasticsearch/`, or nothing.
    pub(crate) folder: &'a str,
    pub(crate) api: &'a Api,
    /// The texts of the overlays, by name.
    pub(crate) overlays: &'a Texts,
}

/// Where messages that begin so say the overlay themselves.
const OVERLAYS: [&str; 4] = ["names.toml", "docs.toml", "traits.toml", "fixups.toml"];

impl Places<'_> {
    /// All messages with their places.
    pub(crate) fn diagnose(&self, messages: impl IntoIterator<Item = String>) -> Diagnostics {
        let mut keys = BTreeMap::new();
        let mut problems: Vec<Diagnostic> = messages.into_iter().map(|message| self.one(&message, &mut keys)).collect();
        problems.sort();
        problems.dedup();
        Diagnostics(problems)
    }

    fn one(&self, message: &str, keys: &mut BTreeMap<&'static str, Keys>) -> Diagnostic {
        let (message, help) = match message.split_once('\n') {
            Some((message, help)) => (message, Some(help.to_owned())),
            None => (message, None),
        };
        let named: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
        let known = named.iter().find_map(|name| self.in_api(name));
        let upstream = known.as_ref().and_then(|known| known.upstream.clone());
        let plain = message.strip_prefix("spec/overlay/").unwrap_or(message);
        let overlay = OVERLAYS.into_iter().find(|name| plain.starts_with(name));
        let in_overlay = overlay.and_then(|name| {
            let section = plain[name.len()..].split(['`', ':']).next().unwrap_or_default().trim();
            let keys = keys.entry(name).or_insert_with(|| keys_of(self.overlays.get(name).map_or("", String::as_str)));
            let span = named.iter().find_map(|key| span_of(keys, section, key))?;
            Some((format!("overlay/{name}"), span))
        });
        let in_spec = known.map(|known| (format!("{}{}", self.folder, known.place.file), known.place.span));
        let overlay_file = overlay.map(|name| (format!("overlay/{name}"), (0, 0)));
        // A name that is taken twice stands in the overlay that gave it, or is that of a call.
        let given = || {
            let call = self.in_api(&named.join("."));
            let call = call.map(|known| (format!("{}{}", self.folder, known.place.file), known.place.span));
            call.or_else(|| {
                let text = self.overlays.get("names.toml").map_or("", String::as_str);
                let keys = keys.entry("names.toml").or_insert_with(|| keys_of(text));
                let span = named.iter().rev().find_map(|name| span_of(keys, self.product.as_str(), name))?;
                Some(("overlay/names.toml".to_owned(), span))
            })
        };
        let (file, span) = in_overlay.or(overlay_file).or(in_spec).or_else(given).unwrap_or_default();
        let help = help.or_else(|| self.remedy(message, &named));
        Diagnostic { file, span, message: plain.to_owned(), upstream, help, ..Diagnostic::default() }
    }

    /// What the spec knows by an id: `security.get_user`, `security.get_user.200.name`, `security.User.roles`.
    pub(crate) fn in_api(&self, id: &str) -> Option<Known> {
        let id = id.split('<').next().unwrap_or_default();
        if !id.contains('.') && !self.api.types.contains_key(id) {
            return None;
        }
        let mut owner = id;
        loop {
            if let Some(operation) = self.api.operations.get(owner) {
                return Some(in_operation(operation, rest(id, owner)));
            }
            if let Some(def) = self.api.types.get(owner) {
                let place = below(&def.schema, rest(id, owner)).unwrap_or(&def.place);
                let upstream = documents(&def.facts).map(|names| format!("type `{owner}` in {names}"));
                return Some(Known { place: place.clone(), upstream });
            }
            owner = owner.rsplit_once('.')?.0;
        }
    }
}

/// Names of what stands directly in a call or type.
pub(super) fn members_of(owner: &str, api: &Api) -> Vec<String> {
    fn objects<'a>(schema: &'a Schema, into: &mut Vec<&'a Member>) {
        if let Schema::Object(object) = schema {
            into.extend(object.members.iter().chain(&object.variants));
        }
    }
    let mut members = Vec::new();
    if let Some(operation) = api.operations.get(owner) {
        members.extend(operation.path.iter().chain(&operation.query));
        let bodies = operation.body.iter().flat_map(|body| body.content.values());
        bodies.for_each(|schema| objects(schema, &mut members));
    }
    if let Some(def) = api.types.get(owner) {
        objects(&def.schema, &mut members);
    }
    members.into_iter().map(|member| member.name.clone()).collect()
}

/// A place in the spec, and in upstream's documents when it comes from there.
pub(crate) struct Known {
    pub(crate) place: Place,
    pub(crate) upstream: Option<String>,
}

fn rest<'a>(id: &'a str, owner: &str) -> &'a str {
    id[owner.len()..].trim_start_matches('.')
}

fn in_operation(operation: &Operation, rest: &str) -> Known {
    let (first, after) = rest.split_once('.').unwrap_or((rest, ""));
    let parameters = [&operation.path, &operation.query, &operation.headers];
    let mut place = parameters.into_iter().find_map(|members| in_members(members, first, after));
    if place.is_none() {
        let bodies = operation.body.iter().flat_map(|body| body.content.values());
        let body = if first == "body" { after } else { rest };
        place = match operation.responses.get(first) {
            Some(response) => response.content.values().find_map(|schema| below(schema, after)),
            None => bodies.into_iter().find_map(|schema| below(schema, body)),
        };
    }
    let upstream = documents(&operation.facts).zip(operation.routes.first());
    let upstream = upstream.map(|(names, route)| format!("`{} {}` in {names}", route.verbs.join(" or "), route.path));
    Known { place: place.unwrap_or(&operation.place).clone(), upstream }
}

fn documents(facts: &Facts) -> Option<String> {
    (!facts.documents.is_empty()).then(|| facts.documents.join(", "))
}

fn in_members<'a>(members: &'a [Member], first: &str, after: &str) -> Option<&'a Place> {
    let name = first.trim_end_matches("[]");
    let member = members.iter().find(|member| member.name == name)?;
    below(&member.schema, after).or(Some(&member.place))
}

/// The place of what `path` names inside a schema: as much of it as there is.
fn below<'a>(schema: &'a Schema, path: &str) -> Option<&'a Place> {
    let (first, after) = path.split_once('.').unwrap_or((path, ""));
    match schema {
        _ if path.is_empty() => None,
        Schema::Object(object) => {
            let members = in_members(&object.members, first, after);
            members.or_else(|| in_members(&object.variants, first, after))
        }
        Schema::List(item) | Schema::Map(_, item) | Schema::Pair(_, item) => below(item, path),
        // The word for an alternative is no member; what follows it is one.
        Schema::Union(union) => {
            let at = |path: &str| union.of.iter().find_map(|arm| below(arm, path));
            at(path).or_else(|| at(after))
        }
        _ => None,
    }
}

/// A problem of the TOML reader, at its place.
pub(crate) fn toml_problem(file: &str, error: &toml::de::Error) -> Diagnostic {
    let span = error.span().map_or((0, 0), |span| (span.start, span.end));
    let message = error.message().to_owned();
    let words: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let near = words.split_first().and_then(|(wrong, known)| did_you_mean(wrong, known.iter().copied()));
    let help = match near {
        Some(near) if message.starts_with("unknown") => format!("did you mean `{near}`?"),
        _ => "CONTRIBUTING.md says what stands in this file; its form is TOML".to_owned(),
    };
    let help = Some(help);
    Diagnostic { file: format!("overlay/{file}"), span, message, help, ..Diagnostic::default() }
}

/// Where each key and text of a TOML file stands: the tables around it, and its span.
type Keys = HashMap<String, Vec<(Vec<String>, (usize, usize))>>;

/// The place of a key or text, in a table called as the section is when there is one that has it.
fn span_of(keys: &Keys, section: &str, key: &str) -> Option<(usize, usize)> {
    let found = keys.get(key)?;
    let fits = |path: &[String]| path.iter().any(|name| section.split(' ').any(|word| word == name));
    found.iter().find(|(path, _)| fits(path)).or(found.first()).map(|(_, span)| *span)
}

fn keys_of(text: &str) -> Keys {
    let mut keys = Keys::new();
    if let Ok(root) = DeTable::parse(text) {
        in_table(root.get_ref(), &mut Vec::new(), &mut keys);
    }
    keys
}

fn in_table(table: &DeTable<'_>, path: &mut Vec<String>, keys: &mut Keys) {
    for (name, value) in table {
        let span = (name.span().start, name.span().end);
        keys.entry(name.get_ref().to_string()).or_default().push((path.clone(), span));
        path.push(name.get_ref().to_string());
        in_value(value, path, keys);
        path.pop();
    }
}

fn in_value(value: &Spanned<DeValue<'_>>, path: &mut Vec<String>, keys: &mut Keys) {
    match value.get_ref() {
        DeValue::String(text) => {
            let span = (value.span().start, value.span().end);
            keys.entry(text.to_string()).or_default().push((path.clone(), span));
        }
        DeValue::Array(items) => items.iter().for_each(|item| in_value(item, path, keys)),
        DeValue::Table(table) => in_table(table, path, keys),
        _ => {}
    }
}
