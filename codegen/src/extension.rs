//! Private routes: specs of another crate than the client, written by hand or taken from OpenAPI documents. Nothing here
//! pins names or knows Elastic's own documents.

use crate::diagnostic::{Diagnostics, Places};
use crate::import::openapi::{self, Input, Lost, Names, OperationFacts};
use crate::import::{hand_written_files, merge};
use crate::names::Lock;
use crate::overlay::Overlay;
use crate::spec::model::Product;
use crate::{Texts, emit, lower, plan, spec};

/// Generates a module of one product for another crate, over `elkit::rt`: no test code, no tables, nothing pinned.
///
/// `files` are spec files by path (`shop/create_order.json`, `types/shop.json`), `overlays` those of `spec/overlay/` by name;
/// none is needed. What comes back are files by path, all below a folder that is called as the product is: `kibana/mod.rs`
/// declares the modules, one for each namespace. Each has a trait (`ShopExt`) that gives the client a method (`shop`).
///
/// ```
/// use elkit_codegen::{Texts, generate_extension, spec::model::Product};
///
/// let call = r#"{ "operation": "shop.close", "routes": [{ "verbs": ["POST"], "path": "/api/shop/{shop}/_close" }],
///     "path": { "shop": "string" }, "responses": { "204": {} } }"#;
/// let files = Texts::from([("shop/close.json".to_owned(), call.to_owned())]);
/// let code = generate_extension(Product::Kibana, &files, &Texts::new()).unwrap();
/// assert!(code["kibana/mod.rs"].contains("pub mod shop;"));
/// assert!(code["kibana/shop/mod.rs"].contains("pub trait ShopExt"));
/// ```
///
/// # Errors
/// Everything that is wrong, each with the place and what to do. Files are named as they were given; those of overlays
/// stand in `overlay/`.
pub fn generate_extension(product: Product, files: &Texts, overlays: &Texts) -> Result<Texts, Diagnostics> {
    let (api, overlay) = crate::read(product, "", files, overlays)?;
    let places = Places { product, folder: "", api: &api, overlays };
    let diagnose = |messages| places.diagnose(messages);
    let ir = lower::lower(product, &api, &overlay.traits).map_err(diagnose)?;
    let plan = plan::plan(&ir, &overlay, &mut Lock::default()).map_err(diagnose)?;
    crate::unused(&overlay, &places).result(())?;
    emit::emit(&plan, emit::Target::Extension).map_err(diagnose)
}

/// Spec files with what OpenAPI documents add to them, for [`generate_extension`].
///
/// `documents` are the texts of OpenAPI 3.0 or 3.1 documents, as JSON, by file name; `files` and `overlays` are as there. An
/// operation's id is what `[kibana.operations]` in the overlay `names.toml` says (`"GET /api/shop" = "shop.list"`), else it is
/// made from verb and path. What the documents say and a spec has no place for is listed beside.
///
/// ```
/// use elkit_codegen::{Texts, extension_spec};
///
/// let document = r#"{ "openapi": "3.0.3", "info": { "title": "Shop", "version": "1" }, "paths": { "/api/shop": {
///     "get": { "operationId": "list-shops", "responses": { "200": { "description": "All shops", "content": {
///         "application/json": { "schema": { "type": "array", "items": { "type": "string" } } } } } } } } } }"#;
/// let documents = Texts::from([("shop.openapi.json".to_owned(), document.to_owned())]);
/// let (files, lost) = extension_spec(&Texts::new(), &documents, &Texts::new()).unwrap();
/// assert!(files["shop/get.json"].contains(r#""operation": "shop.get""#));
/// assert_eq!(lost.len(), 1, "the operation has no name of its own");
/// ```
///
/// # Errors
/// Everything that can't be read, or that stands both in a document and in a file, with its place.
pub fn extension_spec(files: &Texts, documents: &Texts, overlays: &Texts) -> Result<(Texts, Lost), Diagnostics> {
    let overlay = Overlay::read(overlays, Product::Kibana)?;
    let mut spec = spec::read(files)?;
    let names = Names::new(&overlay.names.operations, &overlay.names.components);
    let facts = OperationFacts::default();
    let mut all_lost = Lost::new();
    let mut problems = Diagnostics::default();
    for (file, text) in documents {
        let stem = file.split('.').next().unwrap_or_default();
        let document = format!("kibana-{stem}");
        let fixups = &overlay.document_fixups;
        let input = Input { file, text, document: &document, names: &names, facts: &facts, fixups };
        match openapi::import(input) {
            Ok(mut imported) => {
                // The link would lead to Elastic's documentation of Elastic's own operations.
                for operation in imported.documented.api.operations.values_mut() {
                    operation.reference = None;
                    for header in std::mem::take(&mut operation.headers) {
                        let place = format!("{}: {}", operation.id, header.name);
                        all_lost.entry("headers, which any call can send by `options`").or_default().push(place);
                    }
                }
                for (reason, pointers) in imported.lost {
                    all_lost.entry(reason).or_default().extend(pointers);
                }
                match merge(&spec, imported.documented) {
                    Ok(merged) => spec = merged,
                    Err(twins) => problems.extend(twins),
                }
            }
            Err(found) => problems.extend(found),
        }
    }
    // What a person wrote stays as it is, byte for byte, so that problems show their own lines.
    let by_hand = hand_written_files(&spec);
    let own = |path: &String| files.get(path).filter(|_| by_hand.contains(path)).cloned();
    let printed = spec::print(&spec).into_iter().map(|(path, text)| (own(&path).unwrap_or(text), path));
    problems.result((printed.map(|(text, path)| (path, text)).collect(), all_lost))
}
