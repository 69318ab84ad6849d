//! The only maker of Rust identifiers: words, keywords, collisions, and the public names that api.lock pins.

mod lock;

use std::collections::{BTreeMap, BTreeSet};

use heck::{ToSnakeCase, ToUpperCamelCase};

pub use lock::Lock;

/// Splits names into words and joins them Rust's way.
#[derive(Debug, Default)]
pub struct Words {
    acronyms: BTreeSet<String>,
}

/// Words that Rust reserves; raw identifiers are used for them.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else", "enum",
    "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod", "move",
    "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Words that can't even be raw identifiers.
const UNUSABLE: &[&str] = &["self", "super", "crate", "Self", "_"];

/// Names that the hand-written side of a call or a model uses.
pub const RESERVED_MEMBERS: &[&str] = &[
    "extra",
    "send",
    "send_blocking",
    "send_optional",
    "send_optional_blocking",
    "send_raw",
    "options",
    "pages",
    "items",
    "into_request",
    "request",
    "request_mut",
    "set_json",
    "new",
    "clone",
];

/// Names that generated files use for something else: a generated type of that name would hide it.
const PRELUDE_TYPES: &[&str] = &[
    "Option",
    "Some",
    "None",
    "Result",
    "Ok",
    "Err",
    "Box",
    "String",
    "Vec",
    "Default",
    "From",
    "Into",
    "IntoIterator",
    "Iterator",
    "Clone",
    "Debug",
    "PartialEq",
    "Body",
    "BTreeMap",
    "ByteSize",
    "Call",
    "Cow",
    "Deserializer",
    "Duration",
    "Elasticsearch",
    "Entry",
    "EpochMillis",
    "Error",
    "Extra",
    "Kibana",
    "Lazy",
    "MapAccess",
    "Method",
    "NoContent",
    "Number",
    "OneOrMany",
    "Secret",
    "SerializeMap",
    "Serializer",
    "Stringified",
    "Timestamp",
    "TypedKeys",
    "Untyped",
    "Value",
];

impl Words {
    /// Words with the acronyms of names.toml.
    pub fn new(acronyms: &[String]) -> Self {
        Self { acronyms: acronyms.iter().map(|word| word.to_lowercase()).collect() }
    }

    /// A field, method or module name.
    pub fn snake(&self, name: &str) -> String {
        escape(self.split(name).join("_").to_snake_case())
    }

    /// A type or variant name.
    pub fn camel(&self, name: &str) -> String {
        let camel: String = self.split(name).iter().map(|word| word.to_upper_camel_case()).collect();
        match camel.as_str() {
            "Self" => "Self_".to_owned(),
            _ if camel.starts_with(|c: char| c.is_ascii_digit()) => format!("N{camel}"),
            _ => camel,
        }
    }

    fn split(&self, name: &str) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        for piece in spell(name).split(|c: char| !c.is_alphanumeric()) {
            words.extend(humps(piece));
        }
        self.glue(words)
    }

    /// Puts together what belongs together: `o`, `auth2` is `oauth2`.
    fn glue(&self, words: Vec<String>) -> Vec<String> {
        let mut glued: Vec<String> = Vec::new();
        let mut rest = &words[..];
        while !rest.is_empty() {
            let take = (2..=rest.len().min(3)).rev().find(|n| self.acronyms.contains(&rest[..*n].concat()));
            let (taken, left) = rest.split_at(take.unwrap_or(1));
            glued.push(taken.concat());
            rest = left;
        }
        glued
    }
}

/// Says symbols in words, so that `<=` is a name.
fn spell(name: &str) -> String {
    let symbols = [
        ("<=", "less or equal"),
        (">=", "greater or equal"),
        ("!=", "not equal"),
        ("<", "less"),
        (">", "greater"),
        ("=", "equal"),
        ("*", "all"),
        ("+", "plus"),
        ("-", "minus"),
        ("", "empty"),
    ];
    if let Some((_, words)) = symbols.iter().find(|(symbol, _)| *symbol == name) {
        return (*words).to_owned();
    }
    if name.chars().any(char::is_alphanumeric) {
        return name.to_owned();
    }
    name.chars().map(|c| format!("u{:x} ", c as u32)).collect()
}

/// Splits at the humps of camel case; digits stay with what precedes them.
fn humps(piece: &str) -> Vec<String> {
    let chars: Vec<char> = piece.chars().collect();
    let mut words = Vec::new();
    let mut word = String::new();
    for (i, c) in chars.iter().enumerate() {
        let after_lower = i > 0 && (chars[i - 1].is_lowercase() || chars[i - 1].is_ascii_digit());
        let before_lower = chars.get(i + 1).is_some_and(|next| next.is_lowercase());
        let begins = c.is_uppercase() && (after_lower || (i > 0 && before_lower));
        if begins && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        word.extend(c.to_lowercase());
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

fn escape(name: String) -> String {
    if KEYWORDS.contains(&name.as_str()) {
        format!("r#{name}")
    } else if UNUSABLE.contains(&name.as_str()) || name.is_empty() {
        format!("{name}_")
    } else if name.starts_with(|c: char| c.is_ascii_digit()) {
        format!("n{name}")
    } else {
        name
    }
}

/// A set of names of which no two are equal.
#[derive(Debug, Default)]
pub struct Scope {
    taken: BTreeMap<String, String>,
}

impl Scope {
    /// A scope in which some names are the runtime's.
    pub fn with_reserved(reserved: &[&str]) -> Self {
        Self { taken: reserved.iter().map(|name| ((*name).to_owned(), "the runtime".to_owned())).collect() }
    }

    /// Takes a name for `owner`; the first candidate that is free, else the last with underscores.
    pub fn take(&mut self, owner: &str, candidates: &[String]) -> String {
        let free = candidates.iter().find(|name| !self.taken.contains_key(*name)).cloned();
        let mut name = free.unwrap_or_else(|| candidates.last().cloned().unwrap_or_default());
        while self.taken.contains_key(&name) {
            name.push('_');
        }
        self.taken.insert(name.clone(), owner.to_owned());
        name
    }

    /// Takes exactly this name.
    ///
    /// # Errors
    /// Who has it already.
    pub fn claim(&mut self, owner: &str, name: &str) -> Result<(), String> {
        match self.taken.insert(name.to_owned(), owner.to_owned()) {
            None => Ok(()),
            Some(other) => Err(other),
        }
    }

    /// Whether the name is taken.
    pub fn has(&self, name: &str) -> bool {
        self.taken.contains_key(name)
    }
}

/// Whether a type of this name would hide one of the prelude.
pub fn hides_prelude(name: &str) -> bool {
    PRELUDE_TYPES.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_identifiers() {
        let words = Words::new(&["oauth2".into(), "slos".into(), "api".into()]);
        let rows = [
            ("create_api_key", "create_api_key", "CreateApiKey"),
            ("OAuth2Token", "oauth2_token", "Oauth2Token"),
            ("SLOs", "slos", "Slos"),
            ("XPackMLJob", "x_pack_ml_job", "XPackMlJob"),
            ("type", "r#type", "Type"),
            ("gen", "r#gen", "Gen"),
            ("self", "self_", "Self_"),
            ("_primary_term", "primary_term", "PrimaryTerm"),
            ("security-profile", "security_profile", "SecurityProfile"),
            ("index.auto_expand_replicas", "index_auto_expand_replicas", "IndexAutoExpandReplicas"),
            ("<=", "less_or_equal", "LessOrEqual"),
            ("2d", "n2d", "N2d"),
            ("", "empty", "Empty"),
            ("k8s", "k8s", "K8s"),
            ("bm25Similarity", "bm25_similarity", "Bm25Similarity"),
        ];
        for (name, snake, camel) in rows {
            assert_eq!((words.snake(name).as_str(), words.camel(name).as_str()), (snake, camel), "{name}");
        }
    }

    #[test]
    fn a_scope_gives_a_name_once() {
        let mut scope = Scope::with_reserved(&["extra"]);
        assert_eq!(scope.take("a", &["version".into()]), "version");
        assert_eq!(scope.take("b", &["version".into(), "document_version".into()]), "document_version");
        assert_eq!(scope.take("c", &["extra".into()]), "extra_");
    }
}
