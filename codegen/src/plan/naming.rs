//! Module and Rust name of every type. A name that api.lock has is kept unless names.toml says otherwise.

use std::collections::{BTreeMap, BTreeSet};

use super::Planner;
use super::inline::MAX_NAME;
use crate::ir::TypeId;
use crate::names::{self, Scope, hides_prelude};
use crate::spec::model::Product;

impl Planner<'_> {
    /// Names all types, module by module.
    pub(super) fn name_types(&mut self) {
        let mut scopes: BTreeMap<String, Scope> = BTreeMap::new();
        let product = self.ir.product.as_str();
        let mut open = Vec::new();
        let split_off = self.split_off();
        // Pinned and explicit names first, so that a new type never takes one.
        for id in self.ir.types.keys() {
            let explicit = self.all_ids(id).find_map(|id| self.overlay.names.types.get(id).cloned());
            let pinned = self.all_ids(id).find_map(|id| self.pinned(id));
            let module = self.module_of(id);
            let module = pinned.as_ref().map_or(module, |(module, _)| module.clone());
            let pinned = pinned.filter(|_| !split_off.contains(id));
            let Some(name) = explicit.or(pinned.map(|(_, name)| name)) else {
                open.push((id.clone(), module));
                continue;
            };
            if !names::is_identifier(&name) || hides_prelude(&name) {
                self.errors.push(format!("type `{id}` can't be called `{name}`: give it another name in names.toml"));
                continue;
            }
            if let Err(other) = scopes.entry(module.clone()).or_default().claim(id, &name) {
                self.errors
                    .push(format!("types `{id}` and `{other}` are both called `{name}`: rename one in names.toml"));
            }
            self.names.insert(id.clone(), (module, name));
        }
        // Nor those of calls, or of types that were there once.
        for (module, name) in self.call_items() {
            let _ = scopes.entry(module).or_default().claim("a call", &name);
        }
        let twins: BTreeSet<&TypeId> = self.ir.twins.values().flatten().collect();
        for (id, module, name) in self.lock.types(product) {
            if !self.ir.types.contains_key(&id) && !twins.contains(&id) {
                let _ = scopes.entry(module).or_default().claim(&id, &name);
            }
        }
        // Shorter ids first: what upstream names goes before what we name by its place.
        // What a request holds goes before what its answer does.
        let answers = |id: &str| split(id).iter().any(is_status);
        open.sort_by_cached_key(|(id, _)| (id.matches('.').count(), answers(id), id.len(), id.clone()));
        let spots = self.spots(&open);
        for (id, module) in open {
            let mut candidates = self.inline_names(&id, &module, &spots);
            let given = self.type_names(&id);
            let component = split(&id).last().is_some_and(|part| part.starts_with(char::is_uppercase));
            if component && self.ir.product == Product::Kibana {
                candidates.extend(given.first().and_then(|name| self.words.thing(name)));
            }
            candidates.extend(given);
            let scope = scopes.entry(module.clone()).or_default();
            let upstream = split(&id).last().is_some_and(|part| part.ends_with(|c: char| c.is_ascii_digit()));
            let good = |name: &&String| {
                let digit = name.ends_with(|c: char| c.is_ascii_digit()) && !upstream;
                name.len() <= MAX_NAME && !digit && !hides_prelude(name) && !scope.has_any_case(name)
            };
            // A long name that upstream itself gave is better than none.
            let given = |name: &&String| !id.contains('.') && !hides_prelude(name) && !scope.has_any_case(name);
            let name = match candidates.iter().find(good).or_else(|| candidates.iter().find(given)) {
                Some(name) => name.clone(),
                None => {
                    self.errors.push(format!(
                        "no free name for type `{id}` ({} are taken or no names): give it one in names.toml",
                        candidates.join(", ")
                    ));
                    continue;
                }
            };
            let _ = scope.claim(&id, &name);
            self.names.insert(id, (module, name));
        }
        for (id, (module, name)) in &self.names {
            for place in std::iter::once(id).chain(self.ir.twins.get(id).into_iter().flatten()) {
                self.lock.set(&format!("{product} type {place}"), &format!("{module}::{name}"));
            }
        }
    }

    /// The id of a type and its other places.
    pub(super) fn all_ids<'i>(&'i self, id: &'i str) -> impl Iterator<Item = &'i str> {
        std::iter::once(id).chain(self.ir.twins.get(id).into_iter().flatten().map(String::as_str))
    }

    /// Module and name that api.lock has for a place.
    fn pinned(&self, id: &str) -> Option<(String, String)> {
        let path = self.lock.get(&format!("{} type {id}", self.ir.product.as_str()))?;
        path.rsplit_once("::").map(|(module, name)| (module.to_owned(), name.to_owned()))
    }

    /// Types that were the same as others, shared their name and are not the same any more. The name stays where most of
    /// its places are, so that what did not change keeps it.
    fn split_off(&self) -> BTreeSet<TypeId> {
        let mut holders: BTreeMap<(String, String), Vec<(usize, &TypeId)>> = BTreeMap::new();
        for id in self.ir.types.keys() {
            if let Some(name) = self.all_ids(id).find_map(|id| self.pinned(id)) {
                let places = self.all_ids(id).filter(|id| self.pinned(id).as_ref() == Some(&name)).count();
                holders.entry(name).or_default().push((places, id));
            }
        }
        let mut split_off = BTreeSet::new();
        for mut ids in holders.into_values() {
            ids.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
            split_off.extend(ids.into_iter().skip(1).map(|(_, id)| id.clone()));
        }
        split_off
    }

    /// Modules and names of what comes with operations and namespaces.
    fn call_items(&self) -> Vec<(String, String)> {
        let mut items = Vec::new();
        for (namespace, short) in self.ir.operations.iter().map(|operation| namespace_of(&operation.id)) {
            let module = self.namespace_module(namespace);
            let handle = self.handle_of(namespace);
            let extension = names::extension_trait(&handle);
            let own = names::call_items(&self.words.camel(short), &handle).into_iter().chain([handle, extension]);
            items.extend(own.map(|name| (module.clone(), name)));
        }
        items
    }

    /// The type of a namespace.
    pub(super) fn handle_of(&self, namespace: &str) -> String {
        names::handle(&self.words.camel(namespace), "Namespace")
    }

    /// The Rust module of a namespace.
    pub(super) fn namespace_module(&self, namespace: &str) -> String {
        match self.overlay.names.modules.get(namespace) {
            Some(module) => self.words.module(module),
            None => self.words.module(namespace),
        }
    }

    /// The Rust module of an id: that of the longest upstream namespace that begins it.
    pub(super) fn module_of(&self, id: &str) -> String {
        let id = id.split('<').next().unwrap_or_default();
        let around =
            || std::iter::successors(id.rsplit_once('.'), |(around, _)| around.rsplit_once('.')).map(|(of, _)| of);
        if let Some(module) = around().find_map(|namespace| self.overlay.names.modules.get(namespace)) {
            return self.words.module(module);
        }
        if let Some(namespace) = around().find(|namespace| self.namespaces.contains(namespace)) {
            return self.namespace_module(namespace);
        }
        let (first, rest) = id.split_once('.').unwrap_or(("", id));
        if rest == id || first.starts_with(char::is_uppercase) {
            return self
                .overlay
                .names
                .modules
                .get("")
                .map_or_else(|| "common".to_owned(), |name| self.words.module(name));
        }
        self.words.module(first)
    }

    /// Names a type may have, best first.
    fn type_names(&self, id: &str) -> Vec<String> {
        let all = split(id);
        let parts: Vec<&str> = all.iter().filter(|part| !is_status(part)).copied().collect();
        if let [.., operation, "body"] = parts[..] {
            return vec![self.part_name(operation) + "Body", parts.iter().map(|part| self.part_name(part)).collect()];
        }
        // What stands in the only object among alternatives stands in all of them.
        let last = parts.len().saturating_sub(1);
        let plain = |(at, part): &(usize, &str)| *part != "body" && (*at == last || *part != "object");
        let parts: Vec<&str> = parts.into_iter().enumerate().filter(plain).map(|(_, part)| part).collect();
        // A named type is called by its last part; one that we found inside another is called by both.
        let named = parts.iter().position(|part| part.starts_with(char::is_uppercase));
        let first = match named {
            Some(index) => index,
            None => parts.len().saturating_sub(2),
        };
        let joined = |parts: &[&str]| parts.iter().map(|part| self.part_name(part)).collect::<String>();
        let mut names: Vec<String> = (0..=first).rev().map(|start| joined(&parts[start..])).collect();
        // What stands in an answer says so when the request has the plain name.
        if let Some(at) = all.iter().position(is_status) {
            let told: Vec<&str> = (all.iter().enumerate())
                .map(|(index, part)| if index == at { "response" } else { part })
                .skip(at.saturating_sub(1))
                .collect();
            names.insert(1, joined(&told));
        }
        // `Error` and its like are taken by what generated files stand on.
        names.push(format!("{}Type", joined(&parts[first..])));
        names
    }

    /// The words of one part of an id.
    fn part_name(&self, part: &str) -> String {
        if let Some(items) = part.strip_suffix("[]") {
            return self.words.singular(&self.part_name(items));
        }
        match part.strip_suffix('>').and_then(|part| part.split_once('<')) {
            Some((base, args)) => self.generic_name(base, args),
            None => self.words.camel(part),
        }
    }

    /// `Buckets<StringTermsBucket>` is `StringTermsBuckets`.
    fn generic_name(&self, base: &str, args: &str) -> String {
        let mut name = String::new();
        for arg in args.split(',').map(str::trim) {
            if matches!(arg, "any" | "string") {
                continue;
            }
            let item = arg.trim_end_matches("[]");
            let known = self.overlay.names.types.get(item).cloned();
            let last = item.rsplit('.').next().unwrap_or(item);
            name.push_str(&known.unwrap_or_else(|| self.words.camel(last)));
            name.push_str(&"List".repeat((arg.len() - item.len()) / 2));
        }
        if let Some(stem) = name.strip_suffix(base.trim_end_matches('s')) {
            name.truncate(stem.len());
        }
        name + &self.words.camel(base)
    }
}

/// Namespace and name of an operation. Those that upstream gives none stand together.
pub(super) fn namespace_of(id: &str) -> (&str, &str) {
    id.rsplit_once('.').unwrap_or(("global", id))
}

/// The parts of an id, arguments of generic types left whole.
pub(super) fn split(id: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut depth) = (0, 0usize);
    for (at, c) in id.char_indices() {
        match c {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            '.' if depth == 0 => {
                parts.push(&id[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&id[start..]);
    parts
}

/// Whether a part of an id says that what follows stands in an answer.
pub(super) fn is_status(part: &&str) -> bool {
    part.starts_with(|c: char| c.is_ascii_digit())
}
