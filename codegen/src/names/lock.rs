//! api.lock: every public name that was ever given. `generate` appends; only an entry of names.toml changes a line.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;

/// Names by place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    lines: BTreeMap<String, String>,
}

const HEAD: &str = "# Every public name, by the place it names. `cargo xtask generate` appends; to rename, say so in overlay/names.toml.\n";

impl Lock {
    /// Reads the file.
    ///
    /// # Errors
    /// The first line that is no `place = name`.
    pub fn parse(text: &str) -> Result<Self, Diagnostic> {
        let mut lines = BTreeMap::new();
        let mut start = 0;
        for whole in text.split_inclusive('\n') {
            let (line, at) = (whole.trim_end(), start);
            start += whole.len();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let Some((place, name)) = line.split_once(" = ") else {
                return Err(Diagnostic {
                    file: "api.lock".to_owned(),
                    span: (at, at + line.len()),
                    message: "expected `place = name`".to_owned(),
                    help: Some("take the line from the last commit: `git diff spec/api.lock`".to_owned()),
                    ..Diagnostic::default()
                });
            };
            lines.insert(place.to_owned(), name.to_owned());
        }
        Ok(Self { lines })
    }

    /// The name of a place, if it was ever given one.
    pub fn get(&self, place: &str) -> Option<&str> {
        self.lines.get(place).map(String::as_str)
    }

    /// All places and their names.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (&str, &str)> {
        self.lines.iter().map(|(place, name)| (place.as_str(), name.as_str()))
    }

    /// Pins the name of a place.
    pub fn set(&mut self, place: &str, name: &str) {
        self.lines.insert(place.to_owned(), name.to_owned());
    }

    /// Ids, modules and names of all types of a product that were ever named.
    pub fn types(&self, product: &str) -> Vec<(String, String, String)> {
        let prefix = format!("{product} type ");
        let named = |(place, path): (&String, &String)| {
            let (module, name) = path.split_once("::")?;
            Some((place.strip_prefix(&prefix)?.to_owned(), module.to_owned(), name.to_owned()))
        };
        self.lines.iter().filter_map(named).collect()
    }

    /// Pairs of types of which the first holds the second in a box. Once boxed, always boxed: users see it.
    pub fn boxes(&self, product: &str) -> Vec<(String, String)> {
        let prefix = format!("{product} box ");
        let pair =
            |place: &str| place.strip_prefix(&prefix)?.split_once(" in ").map(|(to, from)| (from.into(), to.into()));
        self.lines.keys().filter_map(|place| pair(place)).collect()
    }

    /// Pins a box.
    pub fn set_box(&mut self, product: &str, from: &str, to: &str) {
        self.set(&format!("{product} box {to} in {from}"), "Box");
    }

    /// The file.
    pub fn print(&self) -> String {
        let mut text = HEAD.to_owned();
        for (place, name) in &self.lines {
            text.push_str(&format!("{place} = {name}\n"));
        }
        text
    }
}
