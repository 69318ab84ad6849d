//! Reads API specifications and writes the elkit client. Text in, files out: no I/O, clock or network.

mod coverage;
pub mod diagnostic;
mod dispatch;
pub mod emit;
pub mod import;
pub mod ir;
mod lower;
pub mod names;
pub mod overlay;
pub mod plan;
mod render;
pub mod spec;
mod table;

use std::collections::BTreeMap;

use crate::names::Lock;
use crate::overlay::Overlay;
use crate::spec::model::Product;

/// What the generator reads: texts by path below `spec/`.
pub type Texts = BTreeMap<String, String>;

/// What it writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Generated {
    /// The client's modules, by path below `client/src/generated/`.
    pub client: Texts,
    /// Everything else, by path below the workspace.
    pub files: Texts,
    /// Overlay entries without effect: an error, but one that does not keep the code from being written.
    pub unused: Vec<String>,
}

/// Generates everything from the texts below `spec/`.
///
/// # Errors
/// Everything that is wrong, each with the place and what to do.
pub fn generate(texts: &Texts) -> Result<Generated, Vec<String>> {
    let mut lock = Lock::parse(texts.get("api.lock").map_or("", String::as_str)).map_err(|error| vec![error])?;
    let overlays = below(texts, "overlay/");
    let mut generated = Generated::default();
    let mut coverage = Vec::new();
    let mut errors = Vec::new();
    for product in [Product::Elasticsearch, Product::Kibana] {
        let files = below(texts, &format!("{}/", product.as_str()));
        if files.is_empty() {
            continue;
        }
        if let Err(problems) = generate_product(product, &files, &overlays, &mut lock, &mut generated, &mut coverage) {
            errors.extend(problems);
        }
    }
    generated.files.insert("spec/api.lock".to_owned(), lock.print());
    generated.files.insert("spec/COVERAGE.md".to_owned(), coverage::file(&coverage));
    if errors.is_empty() { Ok(generated) } else { Err(errors) }
}

fn generate_product(
    product: Product,
    files: &Texts,
    overlays: &Texts,
    lock: &mut Lock,
    generated: &mut Generated,
    coverage: &mut Vec<String>,
) -> Result<(), Vec<String>> {
    let (api, overlay) = read(product, files, overlays)?;
    let ir = lower::lower(product, &api, &overlay.traits)?;
    let plan = plan::plan(&ir, &overlay, lock)?;
    coverage.push(coverage::count(&ir).print(product.as_str()));
    generated.client.extend(emit::emit(&plan, emit::Target::Client)?);
    generated.files.insert(dispatch::path(product), dispatch::emit(&plan).map_err(|error| vec![error])?);
    generated.files.insert(table::path(product), table::print(&ir));
    let unused = overlay.unused().into_iter();
    generated.unused.extend(unused.map(|entry| format!("spec/overlay/{entry} has no effect: remove it")));
    Ok(())
}

/// Generates a module of one product for another crate: no test code, no tables, nothing pinned.
///
/// # Errors
/// Everything that is wrong, each with the place and what to do.
pub fn generate_extension(product: Product, files: &Texts, overlays: &Texts) -> Result<Texts, Vec<String>> {
    let (api, overlay) = read(product, files, overlays)?;
    let ir = lower::lower(product, &api, &overlay.traits)?;
    let plan = plan::plan(&ir, &overlay, &mut Lock::default())?;
    let unused = overlay.unused();
    if unused.is_empty() { emit::emit(&plan, emit::Target::Extension) } else { Err(unused) }
}

/// Generates the client's modules with types that stand on `serde_derive`, to measure what ours save.
///
/// # Errors
/// Everything that is wrong, each with the place and what to do.
pub fn generate_derived(texts: &Texts) -> Result<Texts, Vec<String>> {
    let product = Product::Elasticsearch;
    let (api, overlay) = read(product, &below(texts, &format!("{}/", product.as_str())), &below(texts, "overlay/"))?;
    let ir = lower::lower(product, &api, &overlay.traits)?;
    let mut lock = Lock::parse(texts.get("api.lock").map_or("", String::as_str)).map_err(|error| vec![error])?;
    emit::emit(&plan::plan(&ir, &overlay, &mut lock)?, emit::Target::Derive)
}

fn read(product: Product, files: &Texts, overlays: &Texts) -> Result<(spec::model::Api, Overlay), Vec<String>> {
    let mut api = spec::read(files).map_err(|diagnostics| vec![diagnostics.to_string()])?;
    let overlay = Overlay::read(overlays, product).map_err(|error| vec![error])?;
    let problems: Vec<String> = overlay.fixups.iter().filter_map(|fixup| fixup.apply(&mut api).err()).collect();
    if problems.is_empty() { Ok((api, overlay)) } else { Err(problems) }
}

fn below(texts: &Texts, folder: &str) -> Texts {
    texts.iter().filter_map(|(path, text)| Some((path.strip_prefix(folder)?.to_owned(), text.clone()))).collect()
}
