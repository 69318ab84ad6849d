//! What is known of something beside its type: documentation, but for what becomes code.

use super::{Action, Class, Part, Rows, Spot};
use crate::spec::model::{Deprecation, Facts};

impl Rows<'_> {
    /// Rows for the facts of something that is in both specs.
    pub(super) fn facts(&mut self, part: Part, spot: &Spot<'_>, old: &Facts, new: &Facts) {
        self.deprecation(part, spot, old.deprecated.as_ref(), new.deprecated.as_ref());
        if old.code_name != new.code_name {
            let name = |facts: &Facts| facts.code_name.clone().unwrap_or_else(|| "the name on the wire".to_owned());
            let effect = "the Rust name follows upstream's name for code";
            self.put(Class::Breaking, part, Action::Changed, spot, effect).was(name(old)).is(name(new));
        }
        let gone: Vec<&String> = old.aliases.iter().filter(|alias| !new.aliases.contains(alias)).collect();
        if !gone.is_empty() {
            let names: Vec<String> = gone.iter().map(|name| format!("`{name}`")).collect();
            let effect = format!("{} is read no more", names.join(", "));
            self.put(Class::Breaking, part, Action::Changed, spot, effect);
        }
        let rows = [
            ("since", text(old.since.as_ref()), text(new.since.as_ref())),
            ("stability", text(old.stability.as_ref()), text(new.stability.as_ref())),
            ("serverless", text(old.serverless.as_ref()), text(new.serverless.as_ref())),
            ("default", text(old.default.as_ref()), text(new.default.as_ref())),
            ("limits", format!("{:?}", old.limits), format!("{:?}", new.limits)),
            ("aliases", old.aliases.join(", "), new.aliases.join(", ")),
        ];
        let changed = rows.iter().filter(|(what, old, new)| old != new && (gone.is_empty() || *what != "aliases"));
        let changed: Vec<_> = changed.collect();
        let Some((what, was, is)) = changed.first() else { return };
        let names: Vec<&str> = changed.iter().map(|(what, ..)| *what).collect();
        let row = self.put(Class::Docs, part, Action::Changed, spot, names.join(", "));
        // Limits have no short text.
        if changed.len() == 1 && *what != "limits" {
            row.was(was.as_str()).is(is.as_str());
        }
    }

    pub(super) fn deprecation(
        &mut self,
        part: Part,
        spot: &Spot<'_>,
        old: Option<&Deprecation>,
        new: Option<&Deprecation>,
    ) {
        match (old, new) {
            (None, Some(new)) => {
                let since = new.version.as_ref().map_or_else(String::new, |version| format!(" since {version}"));
                let effect = format!("deprecated{since}: using it gives a warning");
                self.put(Class::Additive, part, Action::Changed, spot, effect);
            }
            (Some(_), None) => {
                self.put(Class::Docs, part, Action::Changed, spot, "deprecated no more");
            }
            (Some(old), Some(new)) if old != new => {
                self.put(Class::Docs, part, Action::Changed, spot, "deprecated")
                    .was(text(old.version.as_ref()))
                    .is(text(new.version.as_ref()));
            }
            _ => {}
        }
    }
}

pub(super) fn text(value: Option<&impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), ToString::to_string)
}
