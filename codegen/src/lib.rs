//! Reads API specifications and writes the elkit client. Text in, files out: no I/O, clock or network.
//!
//! # Private routes
//!
//! A crate of your own gets the same typed calls for routes that no public specification has: those of a Kibana plugin, say.
//! Write them down in the format of the folder `spec/` (its README teaches it), or take your OpenAPI document
//! ([`extension_spec`]), and generate modules from them ([`generate_extension`]). `cargo xtask generate --spec DIR --out DIR` does
//! the same from the command line.
//!
//! ```
//! use elkit_codegen::{Texts, generate_extension, spec::model::Product};
//!
//! let call = r#"{
//!   "operation": "shop.create_order",
//!   "routes": [{ "verbs": ["POST"], "path": "/api/shop/{shop}/order" }],
//!   "path": { "shop": "string" },
//!   "body": { "required": true, "json": { "customer": "string", "note": "string?" } },
//!   "responses": { "200": { "json": { "id": "string" } } }
//! }"#;
//! let files = Texts::from([("shop/create_order.json".to_owned(), call.to_owned())]);
//! let code = generate_extension(Product::Kibana, &files, &Texts::new()).unwrap_or_else(|problems| {
//!     // Each problem with its file, line and column, the lines around it and what to do.
//!     panic!("{}", problems.render(&files))
//! });
//! // Write these below a folder of your crate: `mod kibana;` there, and `use kibana::shop::ShopExt;` where you call
//! // `kibana.shop().create_order("lisbon", "Ada").note("a gift").send().await?`.
//! assert_eq!(code.len(), 4);
//! ```
//!
//! # Regenerating the client
//!
//! [`import`] turns Elastic's documents into a spec, [`generate`] a spec into code, and [`diff`](mod@diff) says what changes for users
//! between two specs.

mod advice;
mod coverage;
pub mod diagnostic;
pub mod diff;
mod dispatch;
pub mod emit;
mod extension;
pub mod import;
pub mod ir;
mod lower;
mod merge;
pub mod names;
pub mod overlay;
pub mod plan;
mod render;
pub mod spec;
mod table;

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostics, Places};
use crate::names::Lock;
use crate::overlay::Overlay;
use crate::spec::model::Product;

pub use crate::extension::{extension_spec, generate_extension};

/// What the generator reads: texts by path below `spec/`.
pub type Texts = BTreeMap<String, String>;

/// What it writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Generated {
    /// The client's modules, by path below `client/src/generated/`.
    pub client: Texts,
    /// Everything else, by path below the workspace.
    pub files: Texts,
    /// The client's cargo features, each with those it needs.
    pub features: Vec<plan::Feature>,
    /// Overlay entries without effect: an error, but one that does not keep the code from being written.
    pub unused: Diagnostics,
    /// What is unfinished: calls without a sentence or without a name of their own, new unions whose alternatives nothing
    /// tells apart. Warnings.
    pub advice: Diagnostics,
}

/// Generates everything from the texts below `spec/`.
///
/// # Errors
/// Everything that is wrong, each with the place and what to do. Files are named as they stand below `spec/`.
pub fn generate(texts: &Texts) -> Result<Generated, Diagnostics> {
    let overlays = below(texts, "overlay/");
    let mut generated = Generated::default();
    let mut coverage = Vec::new();
    let mut problems = Diagnostics::default();
    let mut lock = Lock::parse(texts.get("api.lock").map_or("", String::as_str)).unwrap_or_else(|problem| {
        problems.0.push(problem);
        Lock::default()
    });
    for product in [Product::Elasticsearch, Product::Kibana] {
        let files = below(texts, &format!("{}/", product.as_str()));
        if files.is_empty() {
            continue;
        }
        if let Err(new) = generate_product(product, &files, &overlays, &mut lock, &mut generated, &mut coverage) {
            problems.extend(new);
        }
    }
    generated.files.insert("spec/api.lock".to_owned(), lock.print());
    generated.files.insert("spec/COVERAGE.md".to_owned(), coverage::file(&coverage));
    problems.sort();
    problems.0.dedup();
    problems.result(generated)
}

fn generate_product(
    product: Product,
    files: &Texts,
    overlays: &Texts,
    lock: &mut Lock,
    generated: &mut Generated,
    coverage: &mut Vec<String>,
) -> Result<(), Diagnostics> {
    let folder = format!("{}/", product.as_str());
    let (api, overlay) = read(product, &folder, files, overlays)?;
    let places = Places { product, folder: &folder, api: &api, overlays };
    let diagnose = |messages| places.diagnose(messages);
    let ir = lower::lower(product, &api, &overlay.traits).map_err(diagnose)?;
    let unions = advice::unions(&ir, lock, &places);
    let plan = plan::plan(&ir, &overlay, lock).map_err(diagnose)?;
    coverage.push(coverage::count(&ir).print(product.as_str()));
    generated.features.extend(plan.features.iter().cloned());
    generated.client.extend(emit::emit(&plan, emit::Target::Client).map_err(diagnose)?);
    generated.files.insert(dispatch::path(product), dispatch::emit(&plan).map_err(|error| diagnose(vec![error]))?);
    generated.files.insert(table::path(product), table::print(&ir));
    generated.advice.extend(advice::advice(&overlay, &places));
    generated.advice.extend(unions);
    generated.unused.extend(unused(&overlay, &places));
    Ok(())
}

fn unused(overlay: &Overlay, places: &Places<'_>) -> Diagnostics {
    let unused = overlay.unused().into_iter().chain(advice::names_of_nothing(overlay, places.api));
    places.diagnose(unused.map(|entry| format!("{entry} has no effect")))
}

/// Generates the client's modules with types that stand on `serde_derive`, to measure what ours save.
///
/// # Errors
/// Everything that is wrong, each with the place and what to do.
pub fn generate_derived(texts: &Texts) -> Result<Texts, Diagnostics> {
    let overlays = below(texts, "overlay/");
    let mut lock =
        Lock::parse(texts.get("api.lock").map_or("", String::as_str)).map_err(|problem| Diagnostics(vec![problem]))?;
    let mut files = Texts::new();
    for product in [Product::Elasticsearch, Product::Kibana] {
        let folder = format!("{}/", product.as_str());
        let (api, overlay) = read(product, &folder, &below(texts, &folder), &overlays)?;
        let places = Places { product, folder: &folder, api: &api, overlays: &overlays };
        let diagnose = |messages| places.diagnose(messages);
        let ir = lower::lower(product, &api, &overlay.traits).map_err(diagnose)?;
        let plan = plan::plan(&ir, &overlay, &mut lock).map_err(diagnose)?;
        files.extend(emit::emit(&plan, emit::Target::Derive).map_err(diagnose)?);
    }
    Ok(files)
}

/// Spec and overlays, with the fix-ups applied. What is wrong with one does not hide what is wrong with the other.
fn read(
    product: Product,
    folder: &str,
    files: &Texts,
    overlays: &Texts,
) -> Result<(spec::model::Api, Overlay), Diagnostics> {
    let api = spec::read(files).map_err(|problems| problems.in_folder(folder.trim_end_matches('/')));
    let overlay = Overlay::read(overlays, product);
    let (mut api, overlay) = match (api, overlay) {
        (Ok(api), Ok(overlay)) => (api, overlay),
        (api, overlay) => {
            let mut problems = api.err().unwrap_or_default();
            problems.extend(overlay.err().unwrap_or_default());
            return Err(problems);
        }
    };
    let problems: Vec<String> = overlay.fixups.iter().filter_map(|fixup| fixup.apply(&mut api).err()).collect();
    let places = Places { product, folder, api: &api, overlays };
    places.diagnose(problems).result(())?;
    Ok((api, overlay))
}

fn below(texts: &Texts, folder: &str) -> Texts {
    texts.iter().filter_map(|(path, text)| Some((path.strip_prefix(folder)?.to_owned(), text.clone()))).collect()
}
