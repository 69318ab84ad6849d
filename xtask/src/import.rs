//! `cargo xtask import`: an upstream document becomes part of spec/. Importing the same file twice changes nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, anyhow, bail};
use clap::{Subcommand, ValueEnum};
use elkit_codegen::import::elasticsearch::{self, Namespaces};
use elkit_codegen::import::openapi::{self, Imported, Input, Names, OperationFacts};
use elkit_codegen::import::{Documented, hand_written_files, merge, sources};
use elkit_codegen::overlay::Overlay;
use elkit_codegen::spec::{self, model};
use sha2::{Digest, Sha256};

use crate::workspace::{explain, read, read_tree, remove, root, write};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    product: ProductArgs,
}

#[derive(Subcommand)]
enum ProductArgs {
    /// Elastic's `schema.json`, as the npm package @elastic/request-converter carries it.
    Elasticsearch(ElasticsearchArgs),
    /// Kibana's OpenAPI documents, as JSON.
    Kibana(KibanaArgs),
}

#[derive(clap::Args)]
struct KibanaArgs {
    /// The files.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Facts that the documents state in prose alone (`kibana-operation-facts.json`): spaces and privileges. Without it, those
    /// that the spec has stay.
    #[arg(long)]
    facts: Option<PathBuf>,
    /// Print the JSON pointers of all that the spec has no place for, not their counts alone.
    #[arg(long)]
    lost: bool,
    #[command(flatten)]
    common: Common,
}

#[derive(clap::Args)]
struct ElasticsearchArgs {
    /// The file.
    file: PathBuf,
    /// Take every namespace, not `security` alone.
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    common: Common,
}

/// What imports of every product have in common.
#[derive(Clone, Default, clap::Args)]
struct Common {
    /// The version the document describes; read from the file's name (`elasticsearch-9.5.schema.json`) when absent.
    #[arg(long)]
    version: Option<String>,
    /// Where the file was taken from.
    #[arg(long)]
    origin: Option<String>,
    /// The package version or commit at the origin.
    #[arg(long)]
    revision: Option<String>,
    /// The spec folder to write; the workspace's own when absent.
    #[arg(long)]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Product {
    Elasticsearch,
    Kibana,
}

impl Product {
    fn name(self) -> &'static str {
        match self {
            Self::Elasticsearch => "elasticsearch",
            Self::Kibana => "kibana",
        }
    }
}

pub(crate) fn run(args: Args) -> Result<()> {
    match args.product {
        ProductArgs::Elasticsearch(args) => run_elasticsearch(args),
        ProductArgs::Kibana(args) => run_kibana(args),
    }
}

/// Imports the security namespace of a `schema.json` into the workspace's spec.
pub(crate) fn elasticsearch(file: PathBuf) -> Result<()> {
    run_elasticsearch(ElasticsearchArgs { file, all: false, common: Common::default() })
}

/// Imports Kibana's documents into the workspace's spec.
pub(crate) fn kibana(files: Vec<PathBuf>, facts: Option<PathBuf>) -> Result<()> {
    run_kibana(KibanaArgs { files, facts, lost: false, common: Common::default() })
}

fn run_elasticsearch(args: ElasticsearchArgs) -> Result<()> {
    let namespaces = if args.all { Namespaces::All } else { Namespaces::Only(&["security"]) };
    let document = Document::open(Product::Elasticsearch, &args.file, args.common)?;
    let read = elasticsearch::import(&document.file, &document.text, &document.name(), namespaces);
    let texts = BTreeMap::from([(document.file.clone(), document.text.clone())]);
    let documented = explain(read, "", &texts)?;
    document.bring_in(documented)
}

fn run_kibana(args: KibanaArgs) -> Result<()> {
    if args.files.len() > 1 && args.common.version.is_some() {
        bail!("--version is for one file: several have theirs in their names");
    }
    let overlays = read_tree(&root()?.join("spec/overlay"), ".toml")?;
    let overlay_texts: BTreeMap<String, String> =
        overlays.iter().map(|(name, text)| (format!("overlay/{name}"), text.clone())).collect();
    let overlay = explain(Overlay::read(&overlays, model::Product::Kibana), "spec", &overlay_texts)?;
    let names = Names::new(&overlay.names.operations, &overlay.names.components);
    let facts_file = args.facts.as_deref().map(|path| Ok::<_, anyhow::Error>((path, read(path)?))).transpose()?;
    let mut all = Vec::new();
    for path in &args.files {
        let document = Document::open(Product::Kibana, path, args.common.clone())?;
        if !document.text.trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t']).starts_with('{') {
            bail!("{} is not JSON; YAML must be converted first, for example with `yq -o json`", path.display());
        }
        let facts = match &facts_file {
            Some((path, text)) => {
                let file = path.display().to_string();
                let texts = BTreeMap::from([(file.clone(), text.clone())]);
                explain(OperationFacts::read(&file, text, &document.version), "", &texts)?
            }
            None => OperationFacts::known(&document.spec()?.1),
        };
        let name = document.name();
        let fixups = &overlay.document_fixups;
        let input =
            Input { file: &document.file, text: &document.text, document: &name, names: &names, facts: &facts, fixups };
        let mut texts = overlay_texts.clone();
        texts.insert(document.file.clone(), document.text.clone());
        let imported = explain(openapi::import(input), "", &texts)?;
        all.push((document, imported));
    }
    // Nothing is written unless every document can be read.
    for (document, Imported { documented, lost }) in all {
        let name = document.name();
        document.bring_in(documented)?;
        for (reason, places) in &lost {
            println!("{name}: not kept {} times: {reason}", places.len());
            for place in places.iter().filter(|_| args.lost) {
                println!("    {place}");
            }
        }
    }
    Ok(())
}

/// A document on its way into the spec.
struct Document {
    product: Product,
    file: String,
    text: String,
    version: String,
    common: Common,
}

impl Document {
    fn open(product: Product, path: &Path, common: Common) -> Result<Self> {
        let text = read(path)?;
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let version = common.version.clone().or_else(|| version_in(&file));
        let version = version.or_else(|| part_in(&file, product));
        let version = version.ok_or_else(|| anyhow!("no version in the name {file}: say --version"))?;
        Ok(Self { product, file, text, version, common })
    }

    fn name(&self) -> String {
        format!("{}-{}", self.product.name(), self.version)
    }

    /// The spec folder.
    fn out(&self) -> Result<PathBuf> {
        self.common.out.clone().map_or_else(|| root().map(|root| root.join("spec")), Ok)
    }

    /// The product's files in the spec folder, and what they say.
    fn spec(&self) -> Result<(BTreeMap<String, String>, model::Api)> {
        let files = read_tree(&self.out()?.join(self.product.name()), ".json")?;
        let api = explain(spec::read(&files), &format!("spec/{}", self.product.name()), &files)?;
        Ok((files, api))
    }

    /// Merges what the document says into the spec folder and records it as a source.
    fn bring_in(self, documented: Documented) -> Result<()> {
        let (old_files, old) = self.spec()?;
        let out = self.out()?;
        let (folder, shown) = (out.join(self.product.name()), format!("spec/{}", self.product.name()));
        let (operations, types) = (documented.api.operations.len(), documented.api.types.len());
        let merged = explain(merge(&old, documented), &shown, &old_files)?;
        let new_files = spec::print(&merged);
        explain(spec::read(&new_files), &shown, &new_files).context("the import makes an invalid spec")?;
        let hand = hand_written_files(&merged);
        let (mut written, mut removed) = (0, 0);
        for (path, text) in new_files.iter().filter(|(path, _)| !hand.contains(*path)) {
            written += usize::from(write(&folder.join(path), text)?);
        }
        for path in old_files.keys().filter(|path| !new_files.contains_key(*path)) {
            remove(&folder.join(path))?;
            removed += 1;
        }
        self.record(&out)?;
        println!("{}: {operations} operations, {types} types; {written} files written, {removed} removed", self.name());
        Ok(())
    }

    fn record(&self, out: &Path) -> Result<()> {
        let path = out.join("sources.toml");
        let text = if path.exists() { read(&path)? } else { String::new() };
        let mut all = sources::read(&text).map_err(|error| anyhow!("{}: {error}", path.display()))?;
        let known = all.iter().find(|source| source.document == self.name()).cloned().unwrap_or_default();
        let new = sources::Source {
            product: self.product.name().to_owned(),
            version: self.version.clone(),
            document: self.name(),
            origin: self.common.origin.clone().unwrap_or(known.origin),
            revision: self.common.revision.clone().unwrap_or(known.revision),
            sha256: Sha256::digest(self.text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect(),
            imported: today()?,
        };
        sources::record(&mut all, new);
        write(&path, &sources::print(&all))?;
        Ok(())
    }
}

/// The first `9.5` or `9.5.1` in a file name.
fn version_in(file: &str) -> Option<String> {
    let parts = file.split(|c: char| !c.is_ascii_digit() && c != '.').map(|part| part.trim_matches('.'));
    parts.into_iter().find(|part| part.contains('.') && !part.contains("..")).map(str::to_owned)
}

/// The `dashboards` of `kibana-dashboards.openapi.json`: a document of a part, without a version.
fn part_in(file: &str, product: Product) -> Option<String> {
    let rest = file.strip_prefix(product.name())?.strip_prefix('-')?;
    rest.split('.').next().filter(|part| !part.is_empty()).map(str::to_owned)
}

/// The day in UTC, as `2026-01-31`.
fn today() -> Result<String> {
    let days = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock is before 1970")?.as_secs() / 86_400;
    // Years begin in March here, so that the leap day is the last of its year.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    Ok(format!("{year:04}-{month:02}-{day:02}"))
}
