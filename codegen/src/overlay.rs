//! What people know better than the documents. Every entry must have an effect; [`Overlay::unused`] lists those without.

mod document;
mod fixups;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::diagnostic::{Diagnostics, toml_problem};

pub(crate) use document::without_prose;
pub use document::{DocumentFixup, Edit};
pub use fixups::{Change, Fixup};

/// The overlay files, read.
#[derive(Debug, Default)]
pub struct Overlay {
    /// Names, by product folder.
    pub names: Names,
    /// Sentences.
    pub docs: Docs,
    /// Properties beyond shape.
    pub traits: Traits,
    /// Patches for one product's spec.
    pub fixups: Vec<Fixup>,
    /// Patches for one product's documents: they count when a document is imported.
    pub document_fixups: Vec<DocumentFixup>,
}

/// Entries by id that remember which were asked for and found.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "BTreeMap<String, T>")]
pub struct Entries<T> {
    entries: BTreeMap<String, T>,
    used: RefCell<BTreeSet<String>>,
}

impl<T> From<BTreeMap<String, T>> for Entries<T> {
    fn from(entries: BTreeMap<String, T>) -> Self {
        Self { entries, used: RefCell::default() }
    }
}

impl<T> Default for Entries<T> {
    fn default() -> Self {
        BTreeMap::new().into()
    }
}

impl<T> Entries<T> {
    /// The entry of an id.
    pub fn get(&self, id: &str) -> Option<&T> {
        let (key, value) = self.entries.get_key_value(id)?;
        self.used.borrow_mut().insert(key.clone());
        Some(value)
    }

    /// All entries; the caller says which had an effect by [`Entries::get`].
    pub fn iter(&self) -> impl Iterator<Item = (&String, &T)> {
        self.entries.iter()
    }

    fn unused(&self, section: &str, into: &mut Vec<String>) {
        let used = self.used.borrow();
        into.extend(self.entries.keys().filter(|key| !used.contains(*key)).map(|key| format!("{section}: `{key}`")));
    }
}

/// A set of ids that remembers which were asked for and found.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(from = "Vec<String>")]
pub struct Ids(Entries<()>);

impl From<Vec<String>> for Ids {
    fn from(ids: Vec<String>) -> Self {
        Self(ids.into_iter().map(|id| (id, ())).collect::<BTreeMap<_, _>>().into())
    }
}

impl Ids {
    /// All ids.
    pub fn iter(&self) -> impl Iterator<Item = &String> {
        self.0.iter().map(|(id, ())| id)
    }

    /// Whether the set has the id.
    pub fn contains(&self, id: &str) -> bool {
        self.0.get(id).is_some()
    }
}

/// `names.toml` of one product.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Names {
    /// Words that upstream glues or capitalises.
    pub acronyms: Vec<String>,
    /// Upstream namespace -> Rust module.
    pub modules: Entries<String>,
    /// Positional arguments of an operation.
    pub arguments: Entries<Vec<String>>,
    /// Rust names of types.
    pub types: Entries<String>,
    /// `GET /api/spaces/space` -> `spaces.list`: ids that imports give operations.
    pub operations: BTreeMap<String, String>,
    /// Names of upstream's components, or what they begin with -> namespaces and names of types, for imports.
    pub components: BTreeMap<String, String>,
}

/// A sentence, or an operation's sentence with notes and an example.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Doc {
    /// One sentence.
    Summary(String),
    /// More than that.
    Full {
        /// One sentence.
        summary: String,
        /// What users get wrong.
        #[serde(default)]
        notes: Vec<String>,
        /// The call, as the body of an async function with the client in scope.
        example: Option<String>,
    },
}

impl Doc {
    /// The one sentence.
    pub fn summary(&self) -> &str {
        match self {
            Self::Summary(summary) | Self::Full { summary, .. } => summary,
        }
    }
}

/// `docs.toml` of one product.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Docs {
    /// By operation.
    pub operations: Entries<Doc>,
    /// By type.
    pub types: Entries<String>,
    /// By member.
    pub members: Entries<String>,
    /// By member name, where no member has its own.
    pub common: Entries<String>,
}

/// A second method for an operation.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alias {
    /// The operation it calls.
    pub operation: String,
    /// Its own sentence.
    pub summary: String,
}

/// A member whose use asks for another.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Implied {
    /// The other member.
    pub member: String,
    /// Its value.
    pub value: bool,
}

/// A file of a form.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FormFile {
    /// Its name.
    pub name: String,
    /// Its media type.
    pub media: String,
}

impl Default for FormFile {
    fn default() -> Self {
        Self { name: "file".to_owned(), media: "application/octet-stream".to_owned() }
    }
}

/// How an operation pages.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paging {
    /// `search_after`, `page`, `offset` or `cursor`.
    pub kind: String,
    /// The response member with the items.
    pub items: String,
    /// The response member with the count of all.
    pub total: Option<String>,
    /// The request member with the page's size.
    pub size: Option<String>,
    /// The request member with the order.
    pub sort: Option<String>,
    /// The request member with the number of the page, or of the items before it.
    pub page: Option<String>,
    /// The number of the first page; 1 when absent.
    pub first: Option<u64>,
    /// The request member that says where to go on.
    pub cursor: Option<String>,
    /// The response member with the next cursor.
    pub next: Option<String>,
    /// The item's member that the cursor takes.
    pub item_cursor: Option<String>,
    /// The order used when the call names none.
    #[serde(default)]
    pub default_sort: Vec<String>,
}

/// `traits.toml` of one product.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Traits {
    /// Members of this version or older are always there.
    pub oldest: Option<String>,
    /// Secret members.
    pub secrets: Ids,
    /// Names that are secret wherever they hold a string.
    pub common_secrets: Ids,
    /// Members kept as JSON until asked for.
    pub lazy: Ids,
    /// Enums whose `true` and `false` are JSON booleans.
    pub boolean_enums: Ids,
    /// Parameters of a query that travel as JSON.
    pub json_query: Ids,
    /// Whether inline types and answers that are the same become one type: upstream repeats instead of naming.
    pub merge: bool,
    /// Types of which upstream's documents hold unrolled copies, which become them.
    pub folds: Ids,
    /// Upstream type -> runtime type.
    pub runtime: Entries<String>,
    /// Whether doing it twice is as good as once.
    pub idempotent: Entries<bool>,
    /// Members that ask for others.
    pub implies: Entries<Implied>,
    /// How operations page.
    pub paging: Entries<Paging>,
    /// What files of a form are called where the caller names none.
    pub files: Entries<FormFile>,
    /// Second methods.
    pub aliases: Entries<Alias>,
    /// Names that other clients use.
    pub doc_aliases: Entries<Vec<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct NamesFile {
    #[serde(default)]
    acronyms: Vec<String>,
    #[serde(default)]
    elasticsearch: Names,
    #[serde(default)]
    kibana: Names,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProductFile<T: Default> {
    #[serde(default)]
    elasticsearch: T,
    #[serde(default)]
    kibana: T,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FixupsFile {
    #[serde(default)]
    fixup: Vec<Fixup>,
}

impl Overlay {
    /// Reads the overlay of one product from the files of `spec/overlay/`, by name.
    ///
    /// # Errors
    /// What is wrong with each of the files.
    pub fn read(files: &BTreeMap<String, String>, product: crate::spec::model::Product) -> Result<Self, Diagnostics> {
        let is_kibana = product == crate::spec::model::Product::Kibana;
        let mut problems = Diagnostics::default();
        let names: NamesFile = parse(files, "names.toml", &mut problems);
        let docs: ProductFile<Docs> = parse(files, "docs.toml", &mut problems);
        let traits: ProductFile<Traits> = parse(files, "traits.toml", &mut problems);
        let fixups: FixupsFile = parse(files, "fixups.toml", &mut problems);
        let mut product_names = if is_kibana { names.kibana } else { names.elasticsearch };
        product_names.acronyms.extend(names.acronyms);
        for fixup in &fixups.fixup {
            let stage = if fixup.is_for_documents() { "document" } else { "spec" };
            if fixup.stage.get_ref() != stage {
                let message = format!("`{}` is one of the stage `{stage}`", fixup.name.get_ref());
                let help = Some(format!("write `stage = \"{stage}\"`"));
                let span = (fixup.stage.span().start, fixup.stage.span().end);
                problems.add("overlay/fixups.toml", span, message, help);
            }
        }
        let is_of_product = |fixup: &Fixup| fixup.source.starts_with(product.as_str());
        let fixups = fixups.fixup.into_iter().filter(is_of_product);
        let (document, fixups): (Vec<_>, Vec<_>) = fixups.partition(Fixup::is_for_documents);
        problems.result(Self {
            names: product_names,
            docs: if is_kibana { docs.kibana } else { docs.elasticsearch },
            traits: if is_kibana { traits.kibana } else { traits.elasticsearch },
            fixups,
            document_fixups: document.iter().filter_map(DocumentFixup::of).collect(),
        })
    }

    /// Entries that nothing asked for.
    pub fn unused(&self) -> Vec<String> {
        let mut unused = Vec::new();
        self.names.modules.unused("names.toml modules", &mut unused);
        self.names.arguments.unused("names.toml arguments", &mut unused);
        self.names.types.unused("names.toml types", &mut unused);
        self.docs.operations.unused("docs.toml operations", &mut unused);
        self.docs.types.unused("docs.toml types", &mut unused);
        self.docs.members.unused("docs.toml members", &mut unused);
        self.docs.common.unused("docs.toml common", &mut unused);
        let traits = &self.traits;
        traits.secrets.0.unused("traits.toml secrets", &mut unused);
        traits.common_secrets.0.unused("traits.toml common_secrets", &mut unused);
        traits.lazy.0.unused("traits.toml lazy", &mut unused);
        traits.json_query.0.unused("traits.toml json_query", &mut unused);
        traits.folds.0.unused("traits.toml folds", &mut unused);
        traits.files.unused("traits.toml files", &mut unused);
        traits.boolean_enums.0.unused("traits.toml boolean_enums", &mut unused);
        traits.runtime.unused("traits.toml runtime", &mut unused);
        traits.idempotent.unused("traits.toml idempotent", &mut unused);
        traits.implies.unused("traits.toml implies", &mut unused);
        traits.paging.unused("traits.toml paging", &mut unused);
        traits.aliases.unused("traits.toml aliases", &mut unused);
        traits.doc_aliases.unused("traits.toml doc_aliases", &mut unused);
        unused
    }
}

fn parse<T: serde::de::DeserializeOwned + Default>(
    files: &BTreeMap<String, String>,
    name: &str,
    problems: &mut Diagnostics,
) -> T {
    let text = files.get(name).map_or("", String::as_str);
    toml::from_str(text).unwrap_or_else(|error| {
        problems.0.push(toml_problem(name, &error));
        T::default()
    })
}
