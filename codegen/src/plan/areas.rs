//! Which cargo feature compiles what: one for each product area, closed over the types it needs.

use std::collections::{BTreeMap, BTreeSet};

use super::{CallPlan, Feature, Module, Planner, RustTy, StructPlan, TypePlan};
use crate::spec::model::Product;

impl Planner<'_> {
    /// The cargo feature of a namespace: that of the product area it belongs to.
    pub(super) fn feature_of(&self, namespace: &str) -> String {
        let area = namespace.split('.').next().unwrap_or(namespace);
        match self.ir.product {
            Product::Elasticsearch => area.to_owned(),
            Product::Kibana => format!("kibana-{}", area.replace('_', "-")),
        }
    }

    /// Gives each module its features, and says which features need which others.
    pub(super) fn features(&self, modules: &mut [Module], namespaces: &[String]) -> Vec<Feature> {
        let areas: BTreeMap<String, String> = (namespaces.iter())
            .flat_map(|namespace| {
                let area = namespace.split('.').next().unwrap_or(namespace);
                [self.namespace_module(namespace), self.namespace_module(area)]
                    .map(|module| (module, self.feature_of(namespace)))
            })
            .collect();
        let mentions: BTreeMap<String, BTreeSet<String>> =
            modules.iter().map(|module| (module.name.clone(), mentioned(module))).collect();
        let mut features: BTreeMap<&String, BTreeSet<String>> =
            areas.values().map(|feature| (feature, BTreeSet::new())).collect();
        let mut shared: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (module, feature) in &areas {
            // What an area reaches, other areas left to their own features.
            let mut waiting = vec![module.clone()];
            let mut seen = BTreeSet::new();
            while let Some(module) = waiting.pop() {
                for other in mentions.get(&module).into_iter().flatten() {
                    match areas.get(other) {
                        Some(own) if own == feature => {}
                        Some(own) => {
                            features.entry(feature).or_default().insert(own.clone());
                        }
                        None if seen.insert(other.clone()) => {
                            shared.entry(other.clone()).or_default().insert(feature.clone());
                            waiting.push(other.clone());
                        }
                        None => {}
                    }
                }
            }
        }
        for module in modules.iter_mut() {
            module.features = match (areas.get(&module.name), shared.get(&module.name)) {
                (Some(feature), _) => vec![feature.clone()],
                (None, Some(features)) => features.iter().cloned().collect(),
                (None, None) => areas.values().cloned().collect::<BTreeSet<_>>().into_iter().collect(),
            };
        }
        let product = self.ir.product;
        features
            .into_iter()
            .map(|(name, needs)| Feature { product, name: name.clone(), needs: needs.into_iter().collect() })
            .collect()
    }
}

/// The other modules whose types a module mentions.
fn mentioned(module: &Module) -> BTreeSet<String> {
    let mut modules = BTreeSet::new();
    let mut visit = |ty: &RustTy| {
        visit_modules(ty, &mut |name| {
            modules.insert(name.to_owned());
        });
    };
    module.types.iter().for_each(|ty| each_ty(ty, &mut visit));
    module.calls.iter().for_each(|call| each_ty_of_call(call, &mut visit));
    modules.remove(&module.name);
    modules
}

fn each_ty(plan: &TypePlan, visit: &mut impl FnMut(&RustTy)) {
    match plan {
        TypePlan::Struct(plan) => each_ty_of_struct(plan, visit),
        TypePlan::Enum(_) => {}
        TypePlan::Choice(plan) => plan.arms.iter().for_each(|arm| visit(&arm.ty)),
        TypePlan::Alias { ty, .. } => visit(ty),
    }
}

fn each_ty_of_struct(plan: &StructPlan, visit: &mut impl FnMut(&RustTy)) {
    plan.fields.iter().for_each(|field| visit(&field.ty));
    plan.rest.iter().for_each(|rest| visit(&rest.ty));
    plan.variants.iter().flat_map(|variants| &variants.variants).for_each(|(_, _, ty)| visit(ty));
}

fn each_ty_of_call(call: &CallPlan, visit: &mut impl FnMut(&RustTy)) {
    call.fields.iter().for_each(|field| visit(&field.field.ty));
    call.response.ty.iter().for_each(&mut *visit);
    call.paging.iter().for_each(|paging| visit(&paging.item));
}

fn visit_modules(ty: &RustTy, visit: &mut impl FnMut(&str)) {
    match ty {
        RustTy::Named { module, .. } => visit(module),
        RustTy::Vec(item)
        | RustTy::Map(item)
        | RustTy::Option(item)
        | RustTy::Boxed(item)
        | RustTy::Generic(_, item) => visit_modules(item, visit),
        RustTy::Value | RustTy::Number | RustTy::Unit | RustTy::Plain(_) | RustTy::Runtime(_) | RustTy::Secret => {}
    }
}
