//! `cargo xtask generate`: spec/ becomes code. With `--check`, nothing is written and every difference is shown.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use elkit_codegen::{Generated, Texts, generate};
use similar::TextDiff;

use crate::extension::{Extension, Product};
use crate::workspace::{explain, read, read_tree, remove, root, show, spec_texts, write};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write nothing; fail and show the differences when the committed code is not what the spec says.
    #[arg(long)]
    check: bool,
    /// The spec folder; the workspace's own when absent.
    #[arg(long)]
    spec: Option<PathBuf>,
    /// Write modules for private routes to this folder of another crate, and nothing to the client.
    #[arg(long, conflicts_with = "check")]
    out: Option<PathBuf>,
    /// An OpenAPI document (3.0 or 3.1, as JSON) of private Kibana routes; may be given several times.
    #[arg(long, requires = "out", value_name = "FILE")]
    openapi: Vec<PathBuf>,
    /// Whose routes they are, where the spec folder has no folder of that name.
    #[arg(long, requires = "out", value_enum, default_value = "kibana")]
    product: Product,
}

/// The command that makes the code what the spec says.
const COMMAND: &str = "cargo xtask generate";

/// How many lines of differences are shown.
const SHOWN: usize = 200;

pub(crate) fn run(args: Args) -> Result<()> {
    if let Some(out) = &args.out {
        let (spec, documents, product) = (args.spec.as_deref(), &args.openapi[..], args.product);
        return Extension { spec, documents, product, out }.generate();
    }
    let root = root()?;
    let spec = args.spec.unwrap_or_else(|| root.join("spec"));
    if !args.check {
        return write_from(&root, &spec);
    }
    let texts = spec_texts(&spec)?;
    let generated = explain(generate(&texts), "spec", &texts)?;
    report(&changes(&root, &generated, &example(&root)?)?)?;
    effects(&generated, &texts)?;
    explain(generated.advice.clone().result(()), "spec", &texts)
}

/// Makes the code what the workspace's spec says.
pub(crate) fn write_all(root: &Path) -> Result<()> {
    write_from(root, &root.join("spec"))
}

fn write_from(root: &Path, spec: &Path) -> Result<()> {
    let texts = spec_texts(spec)?;
    let generated = explain(generate(&texts), "spec", &texts)?;
    let example = example(root)?;
    let changes = changes(root, &generated, &example)?;
    for change in &changes {
        match &change.new {
            Some(text) => drop(write(&change.path, text)?),
            None => remove(&change.path)?,
        }
    }
    println!("{} of {} files changed", changes.len(), generated.client.len() + generated.files.len() + example.len());
    effects(&generated, &texts)
}

fn effects(generated: &Generated, texts: &Texts) -> Result<()> {
    if !generated.advice.is_empty() {
        eprintln!("{}", show(generated.advice.clone(), "spec", texts));
    }
    explain(generated.unused.clone().result(()), "spec", texts)
}

struct Change {
    path: PathBuf,
    name: String,
    old: Option<String>,
    new: Option<String>,
}

/// The example of private routes, by path below the workspace: it follows the generator like the client.
fn example(root: &Path) -> Result<Texts> {
    let home = root.join("client/examples/private_routes");
    if !home.is_dir() {
        return Ok(Texts::new());
    }
    let (spec, out) = (home.join("spec"), home.join("routes"));
    let documents = [home.join("openapi.json")];
    let example = Extension { spec: Some(&spec), documents: &documents, product: Product::Kibana, out: &out };
    let (files, _) = example.files()?;
    Ok(files.into_iter().map(|(path, text)| (format!("client/examples/private_routes/routes/{path}"), text)).collect())
}

fn changes(root: &Path, generated: &Generated, example: &Texts) -> Result<Vec<Change>> {
    let mut wanted: BTreeMap<String, &String> = example.iter().map(|(path, text)| (path.clone(), text)).collect();
    for (path, text) in &generated.client {
        wanted.insert(format!("client/src/generated/{path}"), text);
    }
    for (path, text) in &generated.files {
        wanted.insert(path.clone(), text);
    }
    let manifest = manifest(&read(&root.join(MANIFEST))?, generated)?;
    wanted.insert(MANIFEST.to_owned(), &manifest);
    let mut changes = Vec::new();
    for (name, text) in &wanted {
        let path = root.join(name);
        let old = match std::fs::read_to_string(&path) {
            Ok(old) => Some(old),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(error).with_context(|| format!("can't read {name}")),
        };
        if old.as_ref() != Some(*text) {
            changes.push(Change { path, name: name.clone(), old, new: Some((*text).clone()) });
        }
    }
    let folder = root.join("client/src/generated");
    if folder.is_dir() {
        for (below, old) in read_tree(&folder, ".rs")? {
            let name = format!("client/src/generated/{below}");
            if below != "mod.rs" && !wanted.contains_key(&name) {
                changes.push(Change { path: root.join(&name), name, old: Some(old), new: None });
            }
        }
    }
    Ok(changes)
}

/// The client's manifest: its features for product areas come from the spec.
const MANIFEST: &str = "client/Cargo.toml";

/// The lines between which `generate` writes them.
const BEGIN: &str = "# Product areas, written by `cargo xtask generate`.\n";
const END: &str = "# End of product areas.\n";

fn manifest(text: &str, generated: &Generated) -> Result<String> {
    let parts = text.split_once(BEGIN).and_then(|(head, rest)| Some((head, rest.split_once(END)?.1)));
    let Some((head, tail)) = parts else { bail!("{MANIFEST} lacks the lines `{BEGIN}` and `{END}`") };
    let quoted = |names: &[&str]| names.iter().map(|name| format!("    \"{name}\",\n")).collect::<String>();
    let names: Vec<&str> = generated.features.iter().map(|feature| feature.name.as_str()).collect();
    let mut lines = format!("## Every namespace of both products.\nfull = [\n{}]\n", quoted(&names));
    for feature in &generated.features {
        let needs: Vec<String> = feature.needs.iter().map(|name| format!("\"{name}\"")).collect();
        lines.push_str(&format!("{} = [{}]\n", feature.name, needs.join(", ")));
    }
    Ok(format!("{head}{BEGIN}{lines}{END}{tail}"))
}

fn report(changes: &[Change]) -> Result<()> {
    if changes.is_empty() {
        println!("generated code is what the spec says");
        return Ok(());
    }
    let mut shown = 0;
    for change in changes {
        let (old, new) = (change.old.as_deref().unwrap_or(""), change.new.as_deref().unwrap_or(""));
        let diff = TextDiff::from_lines(old, new);
        let diff = diff.unified_diff().context_radius(2).header(&change.name, &change.name).to_string();
        for line in diff.lines().take(SHOWN.saturating_sub(shown)) {
            println!("{line}");
            shown += 1;
        }
    }
    let names: Vec<&str> = changes.iter().map(|change| change.name.as_str()).collect();
    bail!(
        "{} generated files are not what the spec says: {}\nrun `{COMMAND}` and commit the result",
        names.len(),
        names.join(", ")
    )
}
