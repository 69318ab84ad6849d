//! Module and Rust name of every type. A name that api.lock has is kept unless names.toml says otherwise.

use std::collections::BTreeMap;

use super::Planner;
use crate::names::{Scope, hides_prelude};

impl Planner<'_> {
    /// Names all types and calls, module by module.
    pub(super) fn name_types(&mut self) {
        let mut scopes: BTreeMap<String, Scope> = BTreeMap::new();
        let product = self.ir.product.as_str();
        let mut open = Vec::new();
        // Pinned and explicit names first, so that a new type never takes one.
        for id in self.ir.types.keys() {
            let module = self.module_of(id);
            let place = format!("{product} type {id}");
            let explicit = self.overlay.names.types.get(id).cloned();
            let pinned = self.lock.get(&place).and_then(|path| path.rsplit("::").next()).map(str::to_owned);
            let Some(name) = explicit.or(pinned) else {
                open.push((id.clone(), module));
                continue;
            };
            if let Err(other) = scopes.entry(module.clone()).or_default().claim(id, &name) {
                self.errors
                    .push(format!("types `{id}` and `{other}` are both called `{name}`: rename one in names.toml"));
            }
            self.names.insert(id.clone(), (module, name));
        }
        // Shorter ids first: what upstream names goes before what we name by its place.
        open.sort_by_key(|(id, _)| (id.matches('.').count(), id.len(), id.clone()));
        for (id, module) in open {
            let candidates = self.type_names(&id);
            let scope = scopes.entry(module.clone()).or_default();
            let name = match candidates.iter().find(|name| !scope.has(name) && !hides_prelude(name)) {
                Some(name) => name.clone(),
                None => {
                    self.errors.push(format!(
                        "no free name for type `{id}` ({} are taken): give it one in names.toml",
                        candidates.join(", ")
                    ));
                    continue;
                }
            };
            let _ = scope.claim(&id, &name);
            self.names.insert(id, (module, name));
        }
        for (id, (module, name)) in &self.names {
            self.lock.set(&format!("{product} type {id}"), &format!("{module}::{name}"));
        }
    }

    /// The Rust module of an id: that of the longest upstream namespace that begins it.
    pub(super) fn module_of(&self, id: &str) -> String {
        let id = id.split('<').next().unwrap_or_default();
        let mut namespace = id;
        while let Some((parent, _)) = namespace.rsplit_once('.') {
            namespace = parent;
            if let Some(module) = self.overlay.names.modules.get(namespace) {
                return module.clone();
            }
        }
        let (first, rest) = id.split_once('.').unwrap_or(("", id));
        if rest == id || first.starts_with(char::is_uppercase) {
            return self.overlay.names.modules.get("").cloned().unwrap_or_else(|| "common".to_owned());
        }
        self.words.snake(first)
    }

    /// Names a type may have, best first.
    fn type_names(&self, id: &str) -> Vec<String> {
        if let Some((base, args)) = id.strip_suffix('>').and_then(|id| id.split_once('<')) {
            return vec![self.generic_name(base, args)];
        }
        let parts: Vec<&str> =
            id.split('.').filter(|part| !part.starts_with(|c: char| c.is_ascii_digit()) && *part != "body").collect();
        // A named type is called by its last part; one that we found inside another is called by both.
        let named = parts.iter().position(|part| part.starts_with(char::is_uppercase));
        let first = match named {
            Some(index) => index,
            None => parts.len().saturating_sub(2),
        };
        (0..=first).rev().map(|start| parts[start..].iter().map(|part| self.words.camel(part)).collect()).collect()
    }

    /// `Buckets<StringTermsBucket>` is `StringTermsBuckets`.
    fn generic_name(&self, base: &str, args: &str) -> String {
        let base = base.rsplit('.').next().unwrap_or(base);
        let mut name = String::new();
        for arg in args.split(',').map(str::trim) {
            if matches!(arg, "any" | "string") {
                continue;
            }
            let known = self.overlay.names.types.get(arg).cloned();
            let last = arg.trim_end_matches("[]").rsplit('.').next().unwrap_or(arg);
            name.push_str(&known.unwrap_or_else(|| self.words.camel(last)));
        }
        if let Some(stem) = name.strip_suffix(base.trim_end_matches('s')) {
            name.truncate(stem.len());
        }
        name + &self.words.camel(base)
    }
}
