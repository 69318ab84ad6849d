//! `sources.toml`: every document the spec was imported from. Writing the same source again changes nothing.

use std::fmt::Write as _;

/// One imported document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// `elasticsearch` or `kibana`.
    pub product: String,
    /// The product's version that the document describes.
    pub version: String,
    /// The name by which the spec calls it: `elasticsearch-9.5`.
    pub document: String,
    /// Where it was taken from.
    pub origin: String,
    /// The version of the package, or the commit, at the origin.
    pub revision: String,
    /// SHA-256 of the file that was imported, in hexadecimal.
    pub sha256: String,
    /// The day of the import: `2026-01-31`.
    pub imported: String,
}

const HEAD: &str = "# Every document the spec was imported from. Written by `cargo xtask import`.\n";
const KEYS: [&str; 7] = ["product", "version", "document", "origin", "revision", "sha256", "imported"];

impl Source {
    fn values(&self) -> [&String; 7] {
        let Self { product, version, document, origin, revision, sha256, imported } = self;
        [product, version, document, origin, revision, sha256, imported]
    }
}

/// Reads the file; the message of an error says the line.
pub fn read(text: &str) -> Result<Vec<Source>, String> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| error.to_string())?;
    if let Some(key) = table.keys().find(|key| *key != "source") {
        return Err(format!("unknown key `{key}`"));
    }
    let mut sources = Vec::new();
    for entry in table.get("source").and_then(toml::Value::as_array).into_iter().flatten() {
        let entry = entry.as_table().ok_or("`source` is a list of tables")?;
        if let Some(key) = entry.keys().find(|key| !KEYS.contains(&key.as_str())) {
            return Err(format!("unknown key `{key}` of a source"));
        }
        let text = |key| entry.get(key).and_then(toml::Value::as_str).unwrap_or_default().to_owned();
        let [product, version, document, origin, revision, sha256, imported] = KEYS.map(text);
        sources.push(Source { product, version, document, origin, revision, sha256, imported });
    }
    Ok(sources)
}

/// The text of the file, ordered by document.
pub fn print(sources: &[Source]) -> String {
    let mut sorted: Vec<&Source> = sources.iter().collect();
    sorted.sort_by(|a, b| a.document.cmp(&b.document));
    let mut text = HEAD.to_owned();
    for source in sorted {
        text.push_str("\n[[source]]\n");
        for (key, value) in KEYS.iter().zip(source.values()).filter(|(_, value)| !value.is_empty()) {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{key} = {}", toml::Value::from(value.as_str()));
        }
    }
    text
}

/// Records an import. The day stays as it was while the file that is imported stays the same.
pub fn record(sources: &mut Vec<Source>, mut new: Source) {
    if let Some(old) = sources.iter_mut().find(|old| old.document == new.document) {
        if old.sha256 == new.sha256 {
            new.imported.clone_from(&old.imported);
        }
        *old = new;
    } else {
        sources.push(new);
    }
}
