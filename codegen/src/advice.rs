//! What does not keep code from being made but is unfinished: calls without a sentence, calls without a name of their own.

use crate::diagnostic::{Diagnostic, Diagnostics, Places, Severity};
use crate::overlay::Overlay;
use crate::spec::model::Product;

/// All that is unfinished in one product's spec.
pub(crate) fn advice(overlay: &Overlay, places: &Places<'_>) -> Diagnostics {
    let mut advice = Vec::new();
    for operation in places.api.operations.values() {
        let id = &operation.id;
        let known = places.in_api(id);
        let (file, span) = (format!("{}{}", places.folder, operation.place.file), operation.place.span);
        let upstream = known.and_then(|known| known.upstream);
        let mut put = |message: String, help: String| {
            let (file, upstream) = (file.clone(), upstream.clone());
            advice.push(Diagnostic { severity: Severity::Warning, file, span, message, upstream, help: Some(help) });
        };
        let product = places.product.as_str();
        if overlay.docs.operations.get(id).is_none() {
            let help = format!(
                "say in overlay/docs.toml, in one sentence of your own, what it does:\n[{product}.operations]\n\"{id}\" = \"...\""
            );
            put(format!("`{id}` has no summary"), help);
        }
        let imported = !operation.facts.documents.is_empty();
        let named = overlay.names.operations.values().any(|name| name == id);
        if places.product == Product::Kibana && imported && !named {
            let route = operation.routes.first();
            let call = route.and_then(|route| Some(format!("{} {}", route.verbs.first()?, route.path)));
            let help = format!(
                "choose a name in overlay/names.toml, and import again:\n[kibana.operations]\n\"{}\" = \"{id}\"",
                call.unwrap_or_default()
            );
            put(format!("`{id}` is called by its path: nobody gave it a name"), help);
        }
    }
    Diagnostics(advice)
}
