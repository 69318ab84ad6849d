//! The only maker of Rust identifiers: words, keywords, collisions, and the public names that api.lock pins.

mod lock;

use std::collections::{BTreeSet, HashMap, HashSet};

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
    "Binary",
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
    "Events",
    "Extra",
    "Kibana",
    "Lazy",
    "MapAccess",
    "Method",
    "Ndjson",
    "NoContent",
    "Number",
    "OneOrMany",
    "Secret",
    "SerializeMap",
    "Serializer",
    "Stringified",
    "Text",
    "Timestamp",
    "TypedKeys",
    "Untyped",
    "Upload",
    "Value",
];

/// Words at the end of a component's name that say how a document is made.
const OF_DOCUMENTS: [&str; 6] = ["Properties", "Props", "Schema", "Object", "Request", "Response"];

/// Modules that a generated file has beside it or in scope.
const TAKEN_MODULES: &[&str] =
    &["types", "wire", "rt", "std", "core", "alloc", "serde", "serde_json", "http", "elkit", "crate", "self", "super"];

impl Words {
    /// Words with the acronyms of names.toml.
    pub fn new(acronyms: &[String]) -> Self {
        Self { acronyms: acronyms.iter().map(|word| word.to_lowercase()).collect() }
    }

    /// A field, method or module name.
    pub fn snake(&self, name: &str) -> String {
        escape(self.split(name).join("_").to_snake_case())
    }

    /// A module name. Never a raw identifier: it is also the name of a folder.
    pub fn module(&self, name: &str) -> String {
        let module = self.snake(name);
        match module.strip_prefix("r#") {
            Some(keyword) => format!("{keyword}_"),
            None if TAKEN_MODULES.contains(&module.as_str()) => format!("{module}_"),
            None => module,
        }
    }

    /// A type or variant name.
    pub fn camel(&self, name: &str) -> String {
        let mut camel = String::new();
        for word in self.split(name) {
            let word = word.to_upper_camel_case();
            // `2.5` is not `25`.
            let digits =
                camel.ends_with(|c: char| c.is_ascii_digit()) && word.starts_with(|c: char| c.is_ascii_digit());
            camel.push_str(if digits { "_" } else { "" });
            camel.push_str(&word);
        }
        match camel.as_str() {
            "Self" => "Self_".to_owned(),
            _ if camel.starts_with(|c: char| c.is_ascii_digit()) => format!("N{camel}"),
            _ => camel,
        }
    }

    /// The singular of a type name whose last word is a plural.
    pub fn singular(&self, name: &str) -> String {
        let stem = |suffix: &str| name.strip_suffix(suffix).filter(|stem| stem.len() > 2);
        if ["ss", "us", "is", "series", "news", "Data"].iter().any(|end| name.ends_with(end)) {
            return name.to_owned();
        }
        if let Some(stem) = name.strip_suffix("ndices") {
            return format!("{stem}ndex");
        }
        if let Some(stem) = stem("ies") {
            return format!("{stem}y");
        }
        for plural in ["sses", "shes", "ches", "xes"] {
            if stem(plural).is_some() {
                return name[..name.len() - 2].to_owned();
            }
        }
        stem("s").unwrap_or(name).to_owned()
    }

    /// What a type is called without the words that only say how a document is made of types: `CaseResponseProperties` is a
    /// `Case`, `CreateNoteRequest` and `NoteCreateProps` are a `NewNote`, `CreateNoteResponse` is a `CreatedNote`.
    pub fn thing(&self, name: &str) -> Option<String> {
        let mut bare = name;
        let mut answered = false;
        let word = |name: &str| OF_DOCUMENTS.iter().find(|word| name.len() > word.len() && name.ends_with(**word));
        while let Some(word) = word(bare) {
            bare = &bare[..bare.len() - word.len()];
            answered |= *word == "Response";
        }
        let created =
            bare.strip_suffix("Create").or_else(|| bare.strip_prefix("Create")).filter(|thing| !thing.is_empty());
        let updated = bare.strip_prefix("Update").filter(|thing| !thing.is_empty());
        let thing = match (created, updated) {
            (Some(thing), _) if answered => format!("Created{thing}"),
            (Some(thing), _) => format!("New{thing}"),
            (_, Some(thing)) if answered => format!("Updated{thing}"),
            (_, Some(thing)) => format!("{thing}Update"),
            _ => bare.to_owned(),
        };
        (bare != name).then_some(thing)
    }

    /// Variant names of a wire value, best first; `cased` when another value differs in nothing but its case.
    pub fn variants(&self, value: &str, cased: bool) -> Vec<String> {
        let camel = self.camel(value);
        let mut candidates = vec![camel.clone()];
        if cased {
            let upper = value.chars().any(char::is_uppercase);
            candidates.push(format!("{}{camel}", if upper { "Upper" } else { "Lower" }));
        }
        let spelled: String =
            value.chars().map(|c| if c.is_ascii_alphanumeric() { c.into() } else { symbol(c) }).collect();
        candidates.push(self.camel(&spelled));
        candidates
    }

    fn split(&self, name: &str) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        for piece in spell(name).split(|c: char| !c.is_ascii_alphanumeric()) {
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
    if name.is_ascii() && name.chars().any(char::is_alphanumeric) {
        return name.to_owned();
    }
    let bare = !name.chars().any(|c| c.is_ascii_alphanumeric());
    name.chars().map(|c| if c.is_ascii() && !bare { c.into() } else { symbol(c) }).collect()
}

/// The words for a character that no identifier has.
fn symbol(c: char) -> String {
    let word = match c {
        '.' => "dot",
        '-' => "dash",
        '_' => "underscore",
        ' ' => "space",
        '/' => "slash",
        ':' => "colon",
        '*' => "star",
        '+' => "plus",
        '#' => "hash",
        '@' => "at",
        '%' => "percent",
        '<' => "less",
        '>' => "greater",
        '=' => "equal",
        '!' => "not",
        '&' => "and",
        '|' => "or",
        c => return format!(" u{:x} ", c as u32),
    };
    format!(" {word} ")
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
    taken: HashMap<String, String>,
    /// The taken names in lower case.
    folded: HashSet<String>,
}

impl Scope {
    /// A scope in which some names are the runtime's.
    pub fn with_reserved(reserved: &[&str]) -> Self {
        let mut scope = Self::default();
        for name in reserved {
            scope.put("the runtime", name);
        }
        scope
    }

    /// Takes a name for `owner`; the first candidate that is free, else the last with underscores.
    pub fn take(&mut self, owner: &str, candidates: &[String]) -> String {
        let free = candidates.iter().find(|name| !self.taken.contains_key(*name)).cloned();
        let mut name = free.unwrap_or_else(|| candidates.last().cloned().unwrap_or_default());
        while self.taken.contains_key(&name) {
            name.push('_');
        }
        self.put(owner, &name);
        name
    }

    /// Takes exactly this name.
    ///
    /// # Errors
    /// Who has it already.
    pub fn claim(&mut self, owner: &str, name: &str) -> Result<(), String> {
        self.put(owner, name).map_or(Ok(()), Err)
    }

    /// Takes the name, and gives who had it.
    fn put(&mut self, owner: &str, name: &str) -> Option<String> {
        self.folded.insert(name.to_ascii_lowercase());
        self.taken.insert(name.to_owned(), owner.to_owned())
    }

    /// Whether the name is taken, or one that differs from it in nothing but case.
    pub fn has_any_case(&self, name: &str) -> bool {
        self.folded.contains(&name.to_ascii_lowercase())
    }
}

/// Whether a type of this name would hide one of the prelude.
pub fn hides_prelude(name: &str) -> bool {
    PRELUDE_TYPES.contains(&name)
}

/// Whether a name that somebody gave can stand in code as it is.
pub fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic())
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !KEYWORDS.contains(&name)
        && !UNUSABLE.contains(&name)
}

/// The type of an operation or a namespace, which keeps its name unless generated code needs that for something else.
pub fn handle(name: &str, what: &str) -> String {
    if hides_prelude(name) { format!("{name}{what}") } else { name.to_owned() }
}

/// The names of the items that come with an operation called `name` of a namespace whose type is `namespace`.
pub fn call_items(name: &str, namespace: &str) -> [String; 4] {
    let stem = name.trim_end_matches('_');
    let call = if name == namespace { format!("{stem}Call") } else { handle(name, "Call") };
    [call, format!("{stem}Request"), format!("{stem}Response"), required_struct(stem)]
}

/// The struct of what `name` can't do without.
pub fn required_struct(name: &str) -> String {
    format!("{name}Required")
}

/// The enum of what the struct `name` is.
pub fn kind_enum(name: &str) -> String {
    format!("{name}Kind")
}

/// The trait that gives a client of another crate the namespace `name`.
pub fn extension_trait(name: &str) -> String {
    format!("{name}Ext")
}

/// The words of a type's name, in lower case.
pub fn words_of(name: &str) -> Vec<String> {
    name.split('_').flat_map(humps).collect()
}

/// The setter that makes `field` null.
pub fn null_setter(field: &str) -> String {
    format!("{}_null", field.trim_start_matches("r#"))
}

/// Names for a field, best first. `place` says where the member stands, for when another field has its own name.
pub fn field_candidates(words: &Words, name: &str, place: &str) -> Vec<String> {
    let snake = words.snake(name);
    // `_id` beside `id` is what Elasticsearch calls a metadata field.
    let place = if name.starts_with('_') && place == "member" { "meta" } else { place };
    let other = format!("{place}_{}", snake.trim_start_matches("r#"));
    vec![snake, other]
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
