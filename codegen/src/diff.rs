//! Two specs -> what changes for those who use the generated code. Pure, deterministic, and complete: everything that differs
//! gives a row at the place where it stands, never at each place that uses it.

mod changelog;
mod documents;
mod facts;
mod generated;
mod markdown;
mod members;
mod operations;
mod reach;
mod say;
mod schemas;
mod types;

use serde::Serialize;

use self::reach::Reach;
use crate::Texts;
use crate::diagnostic::Diagnostics;
use crate::names::Lock;
use crate::overlay::Overlay;
use crate::spec::model::{Api, Place, Product};

pub use self::documents::Presence;

/// What a change does to those who use the generated code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Code that compiled may not compile any more, or does something else.
    Breaking,
    /// Code that compiled still does; there is something new.
    Additive,
    /// Nothing but documentation and what the embedded stack checks.
    Docs,
}

/// What has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// A call.
    Operation,
    /// A named type.
    Type,
    /// A member of an object, a parameter, or a variant of a container.
    Member,
    /// A value of an enum.
    Value,
    /// An alternative of a union.
    Alternative,
    /// What Rust calls something, or in which order it takes arguments, by `api.lock`.
    Name,
    /// A property that `overlay/traits.toml` gives something.
    Trait,
    /// The sentences of `overlay/docs.toml`.
    Sentences,
}

/// How it has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It has another name.
    Renamed,
    /// It has another type.
    Retyped,
    /// It was optional and is required.
    Required,
    /// It was required and is optional.
    Optional,
    /// Something else that is known of it.
    Changed,
    /// A document that was imported lacks it; older ones have it, so it stays.
    Missing,
}

/// One row: one thing that changed, at one place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Change {
    /// What it does to users.
    pub class: Class,
    /// `elasticsearch` or `kibana`.
    pub product: &'static str,
    /// What has changed.
    pub part: Part,
    /// How.
    pub action: Action,
    /// Its id, as overlays name it: `security.create_api_key.name`. The new one where it was renamed.
    pub id: String,
    /// What it was: a name, a type, a fact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is: Option<String>,
    /// What that means for Rust users.
    pub effect: String,
    /// The file below `spec/` that says so; of the old spec where the thing is gone.
    pub file: String,
    /// The line there.
    pub line: usize,
}

/// Everything that changes between two specs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Diff {
    /// All changes: breaking ones first, then by product, kind and id.
    pub changes: Vec<Change>,
    /// Each document that is new or newly imported, beside each that was there before.
    pub documents: Vec<Presence>,
}

impl Diff {
    /// Whether a major version is due.
    pub fn is_breaking(&self) -> bool {
        self.changes.iter().any(|change| change.class == Class::Breaking)
    }

    /// How many changes are of a class.
    pub fn count(&self, class: Class) -> usize {
        self.changes.iter().filter(|change| change.class == class).count()
    }

    /// The report as Markdown, for a pull request.
    pub fn markdown(&self) -> String {
        markdown::report(self)
    }

    /// The report as JSON, for tools: an object with `changes` and `documents`, each as its type here.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Proposed entries of a changelog, as Keep a Changelog has them.
    pub fn changelog(&self) -> String {
        changelog::entries(self)
    }
}

/// Compares two specs, each given as the texts below `spec/`.
///
/// ```
/// use elkit_codegen::diff::{Action, Class, diff};
///
/// let spec = |query: &str| {
///     let call = format!(
///         r#"{{ "operation": "shop.get", "routes": [{{ "verbs": ["GET"], "path": "/api/shop" }}],
///              "query": {query}, "responses": {{ "200": {{ "json": "any" }} }} }}"#
///     );
///     [("kibana/shop/get.json".to_owned(), call)].into()
/// };
/// let diff = diff(&spec(r#"{ "page": "int32?" }"#), &spec(r#"{ "page": "int64?" }"#)).unwrap();
/// assert_eq!(diff.changes[0].action, Action::Retyped);
/// assert_eq!(diff.changes[0].class, Class::Breaking);
/// ```
///
/// # Errors
/// What keeps a spec from being read; files of the first stand in `old/`, those of the second in `new/`.
pub fn diff(old: &Texts, new: &Texts) -> Result<Diff, Diagnostics> {
    let mut problems = Diagnostics::default();
    let mut diff = Diff::default();
    for product in [Product::Elasticsearch, Product::Kibana] {
        let folder = format!("{}/", product.as_str());
        if !old.keys().chain(new.keys()).any(|path| path.starts_with(&folder)) {
            continue;
        }
        match (Side::read(product, old, "old"), Side::read(product, new, "new")) {
            (Ok(old), Ok(new)) => compare(product, &old, &new, &mut diff),
            (old, new) => {
                problems.extend(old.err().unwrap_or_default());
                problems.extend(new.err().unwrap_or_default());
            }
        }
    }
    problems.sort();
    problems.0.dedup();
    diff.changes.sort();
    diff.changes.dedup();
    problems.result(diff)
}

fn compare(product: Product, old: &Side<'_>, new: &Side<'_>, diff: &mut Diff) {
    let renamed = types::renamed(old, new);
    let mut rows = Rows { product: product.as_str(), old, new, renamed, changes: Vec::new() };
    operations::compare(&mut rows);
    types::compare(&mut rows);
    generated::compare(&mut rows);
    let changes = rows.changes;
    diff.changes.extend(changes);
    documents::compare(product, old, new, diff);
}

/// One product's part of a spec.
struct Side<'a> {
    api: Api,
    overlay: Overlay,
    lock: Lock,
    reach: Reach,
    product: Product,
    texts: &'a Texts,
}

impl<'a> Side<'a> {
    fn read(product: Product, texts: &'a Texts, side: &str) -> Result<Self, Diagnostics> {
        let folder = format!("{}/", product.as_str());
        let overlays = crate::below(texts, "overlay/");
        let read = crate::read(product, &folder, &crate::below(texts, &folder), &overlays);
        let lock = Lock::parse(texts.get("api.lock").map_or("", String::as_str));
        let lock = lock.map_err(|problem| Diagnostics(vec![problem]));
        match (read, lock) {
            (Ok((api, overlay)), Ok(lock)) => {
                let reach = Reach::of(&api);
                Ok(Self { api, overlay, lock, reach, product, texts })
            }
            (read, lock) => {
                let mut problems = read.err().unwrap_or_default();
                problems.extend(lock.err().unwrap_or_default());
                Err(problems.in_folder(side))
            }
        }
    }

    /// A place below `spec/`: file and line.
    fn place(&self, place: &Place) -> (String, usize) {
        let file = format!("{}/{}", self.product.as_str(), place.file);
        let line = self.texts.get(&file).map_or(1, |text| crate::diagnostic::position(text, place.span.0).0);
        (file, line)
    }
}

/// The rows of one product, and what they are made from.
struct Rows<'a> {
    product: &'static str,
    old: &'a Side<'a>,
    new: &'a Side<'a>,
    /// New ids of types that were renamed, by their old ones.
    renamed: std::collections::BTreeMap<String, String>,
    changes: Vec<Change>,
}

/// What is being compared, for the rows about it.
#[derive(Clone)]
struct Spot<'s> {
    /// Its id.
    id: String,
    /// Whether users make values of it.
    requested: bool,
    /// Where it stands now, and where it stood.
    new: &'s Place,
    old: &'s Place,
}

impl Spot<'_> {
    fn at(&self, id: String) -> Self {
        Self { id, ..self.clone() }
    }
}

impl Rows<'_> {
    /// A row about a spot itself.
    fn put(
        &mut self,
        class: Class,
        part: Part,
        action: Action,
        spot: &Spot<'_>,
        effect: impl Into<String>,
    ) -> &mut Change {
        let (file, line) = match action {
            Action::Removed => self.old.place(spot.old),
            _ => self.new.place(spot.new),
        };
        let product = self.product;
        self.changes.push(Change {
            class,
            product,
            part,
            action,
            id: spot.id.clone(),
            was: None,
            is: None,
            effect: effect.into(),
            file,
            line,
        });
        let last = self.changes.len() - 1;
        &mut self.changes[last]
    }
}

impl Change {
    fn was(&mut self, text: impl Into<String>) -> &mut Self {
        self.was = Some(text.into());
        self
    }

    fn is(&mut self, text: impl Into<String>) -> &mut Self {
        self.is = Some(text.into());
        self
    }
}
