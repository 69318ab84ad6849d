//! What does not keep code from being made but is unfinished: calls without a sentence, calls without a name of their own, new
//! unions whose alternatives nothing tells apart.

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, Diagnostics, Places, Severity};
use crate::import::{anonymous, calls};
use crate::ir::{Ir, Kind, Object, Ty};
use crate::names::Lock;
use crate::overlay::Overlay;
use crate::spec::model::{Api, Product};

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

/// Names of operations that no spec file has, or that have another name there.
pub(crate) fn names_of_nothing(overlay: &Overlay, api: &Api) -> Vec<String> {
    let known: BTreeSet<(String, &str)> = (api.operations.values())
        .flat_map(|operation| calls(operation).map(|(verb, path)| (format!("{verb} {path}"), operation.id.as_str())))
        .collect();
    let names = overlay.names.operations.iter();
    let nothing = names.filter(|(call, id)| !known.contains(&(anonymous(call), id.as_str())));
    nothing.map(|(call, _)| format!("names.toml operations: `{call}`")).collect()
}

/// Unions that api.lock does not know yet and of which two alternatives are objects that nothing tells apart: reading
/// tries them in order, and what fits none is `Other`. Those that it knows were looked at when they came.
pub(crate) fn unions(ir: &Ir, lock: &Lock, places: &Places<'_>) -> Diagnostics {
    let product = ir.product.as_str();
    let prefix = format!("{product} type ");
    let mut advice = Vec::new();
    // A spec that never had code has nothing that is new.
    if !lock.lines().any(|(place, _)| place.starts_with(&prefix)) {
        return Diagnostics::default();
    }
    for (id, ty) in &ir.types {
        let Kind::Union(union) = &ty.kind else { continue };
        let twins = ir.twins.get(id).into_iter().flatten();
        let known = std::iter::once(id).chain(twins).any(|id| lock.get(&format!("{prefix}{id}")).is_some());
        if known || union.tag.is_some() {
            continue;
        }
        let objects: Vec<(&str, &Object)> = union.arms.iter().filter_map(|arm| object_of(&arm.ty, ir)).collect();
        let alike = objects.iter().enumerate().find_map(|(at, one)| {
            objects[at + 1..].iter().find(|other| !are_told_apart(one.1, other.1)).map(|other| (one.0, other.0))
        });
        let Some((one, other)) = alike else { continue };
        let place = places.in_api(id);
        let (file, span, upstream) = place.map_or_else(Default::default, |known| {
            (format!("{}{}", places.folder, known.place.file), known.place.span, known.upstream)
        });
        let message = format!("nothing tells the alternatives `{one}` and `{other}` of `{id}` apart");
        let member = id.replace(".body.", ".");
        let mut help = "reading takes the first that fits, and what fits none is `Other`".to_owned();
        if let Some(is) = places.type_of(&member) {
            // An alternative without a name of its own can't be said: then it is any JSON.
            let only = if places.api.types.contains_key(one) { one } else { "any" };
            let optional = if is.ends_with('?') { "?" } else { "" };
            let change = format!("{{ set_type = \"{member}\", from = \"{is}\", to = \"{only}{optional}\" }}");
            let patch = places.fixup(&member, &change);
            help.push_str(&format!("; when that is wrong, say what is meant in overlay/fixups.toml:\n{patch}"));
        }
        advice.push(Diagnostic { severity: Severity::Warning, file, span, message, upstream, help: Some(help) });
    }
    Diagnostics(advice)
}

fn object_of<'i>(ty: &'i Ty, ir: &'i Ir) -> Option<(&'i str, &'i Object)> {
    let Ty::Named(id) = ty else { return None };
    match &ir.types.get(id)?.kind {
        Kind::Object(object) => Some((id, object)),
        _ => None,
    }
}

/// Whether one always has a member that the other never has, or a constant of its own.
fn are_told_apart(one: &Object, other: &Object) -> bool {
    let required = |object: &Object| -> BTreeSet<String> {
        object.members.iter().filter(|member| member.required).map(|member| member.name.clone()).collect()
    };
    let has = |object: &Object, name: &String| object.members.iter().any(|member| member.name == *name);
    let own = |one: &Object, other: &Object| required(one).iter().any(|name| !has(other, name));
    let constants = one.members.iter().any(|member| {
        let same = other.members.iter().find(|known| known.name == member.name);
        matches!((&member.ty, same.map(|same| &same.ty)), (Ty::Literal(one), Some(Ty::Literal(other))) if one != other)
    });
    own(one, other) || own(other, one) || constants
}
