//! Decisions on types: structs, enums and choices, with everything their text needs.

use std::collections::BTreeMap;

use super::docs::deprecation;
use super::naming::namespace_of;
use super::{
    ArmPlan, ChoiceKind, ChoicePlan, Conversion, EnumPlan, Feature, FieldPlan, Literal, Module, Namespace, Planner,
    Presence, RestKind, RestPlan, RustTy, StructPlan, TypePlan, ValuePlan, VariantsPlan, graph,
};
use crate::ir::{self, Ir, Kind, Member, Object, Ty, Type, TypeId, Union, Variant};
use crate::names::{self, Lock, Scope, Words};
use crate::overlay::Overlay;

/// The most members an object can have: `rt::MAX_MEMBERS`.
const MAX_MEMBERS: usize = 256;

impl<'a> Planner<'a> {
    pub(super) fn new(ir: &'a Ir, overlay: &'a Overlay, lock: &'a mut Lock) -> Self {
        let product = ir.product.as_str();
        let mut boxed = graph::boxed(ir);
        boxed.extend(lock.boxes(product));
        for (from, to) in &boxed {
            lock.set_box(product, from, to);
        }
        Self {
            ir,
            overlay,
            lock,
            words: Words::new(&overlay.names.acronyms),
            requested: graph::requested(ir),
            boxed,
            textual: Default::default(),
            namespaces: ir.operations.iter().map(|operation| namespace_of(&operation.id).0).collect(),
            names: Default::default(),
            errors: Vec::new(),
        }
    }

    pub(super) fn modules(&mut self) -> (Vec<Module>, Vec<Feature>) {
        self.name_types();
        self.check_cycles();
        self.check_runtime();
        self.check_query_types();
        let mut modules: BTreeMap<String, Module> = BTreeMap::new();
        let ids: Vec<TypeId> = self.ir.types.keys().cloned().collect();
        for id in ids {
            let Some((module, name)) = self.names.get(&id).cloned() else { continue };
            let plans = self.type_plans(&id, &name);
            modules.entry(module.clone()).or_insert_with(|| shared(&module)).types.extend(plans);
        }
        let namespaces: Vec<String> = self.namespaces();
        for namespace in &namespaces {
            let (calls, types) = self.calls(namespace);
            let name = self.namespace_module(namespace);
            let module = modules.entry(name.clone()).or_insert_with(|| shared(&name));
            if let Some(other) = &module.namespace {
                self.errors.push(format!("the namespaces `{namespace}` and `{}` are one module", other.method));
            }
            module.types.extend(types);
            module.calls = calls;
            module.docs = format!("The `{namespace}` namespace: its calls and their types.");
            module.namespace = Some(self.namespace(namespace, &namespaces));
        }
        let mut modules: Vec<Module> = modules.into_values().collect();
        let features = self.features(&mut modules, &namespaces);
        for module in &mut modules {
            module.types.sort_by(|a, b| a.name().cmp(b.name()));
        }
        self.check_names(&modules);
        (modules, features)
    }

    fn namespace(&self, namespace: &str, all: &[String]) -> Namespace {
        let last = |namespace: &str| namespace.rsplit('.').next().unwrap_or_default().to_owned();
        let docs = |namespace: &str| vec![format!("The `{namespace}` calls.")];
        let inner = all.iter().filter(|other| other.rsplit_once('.').is_some_and(|(outer, _)| outer == namespace));
        let inner = inner.map(|inner| super::InnerNamespace {
            method: self.words.snake(&last(inner)),
            module: self.namespace_module(inner),
            name: self.handle_of(inner),
            docs: docs(inner),
        });
        Namespace {
            extension: names::extension_trait(&self.handle_of(namespace)),
            name: self.handle_of(namespace),
            method: self.words.snake(&last(namespace)),
            outermost: !namespace.contains('.'),
            inner: inner.collect(),
            docs: docs(namespace),
        }
    }

    /// The namespaces of calls, and those around them.
    fn namespaces(&self) -> Vec<String> {
        let own = self.ir.operations.iter().map(|operation| namespace_of(&operation.id).0);
        let around = |ns: &str| ns.match_indices('.').map(|(at, _)| ns[..at].to_owned()).collect::<Vec<_>>();
        let mut namespaces: Vec<String> = own.flat_map(|ns| around(ns).into_iter().chain([ns.to_owned()])).collect();
        namespaces.sort();
        namespaces.dedup();
        namespaces
    }

    /// Types and calls share a module's scope, methods that of their namespace.
    fn check_names(&mut self, modules: &[Module]) {
        for module in modules {
            let mut scope = Scope::default();
            let mut items: Vec<String> = module.types.iter().flat_map(items_of_type).collect();
            for call in &module.calls {
                items.extend([call.name.clone(), call.request.clone()]);
                items.extend(call.required.as_ref().map(|required| required.name.clone()));
            }
            items.extend(module.namespace.as_ref().map(|namespace| namespace.name.clone()));
            for name in items {
                if scope.claim(&name, &name.to_lowercase()).is_err() {
                    self.errors.push(format!(
                        "two items of module `{}` are called `{name}`: rename a type in names.toml",
                        module.name
                    ));
                }
            }
            let mut methods = Scope::default();
            for inner in module.namespace.iter().flat_map(|namespace| &namespace.inner) {
                let _ = methods.claim(&inner.module, &inner.method);
            }
            for call in &module.calls {
                for method in std::iter::once(&call.method).chain(call.aliases.iter().map(|alias| &alias.method)) {
                    if methods.claim(&call.id, method).is_err() {
                        self.errors.push(format!("two methods of module `{}` are called `{method}`", module.name));
                    }
                }
            }
        }
    }

    fn type_plans(&mut self, id: &TypeId, name: &str) -> Vec<TypePlan> {
        let Some(ty) = self.ir.types.get(id) else { return Vec::new() };
        let built = self.requested.contains(id.as_str());
        match &ty.kind {
            Kind::Object(object) => {
                let docs = self.type_docs(id, &format!("The `{name}` object."));
                let (plan, variants) = self.structure(id, name, docs, object, built, Some(ty));
                [Some(TypePlan::Struct(plan)), variants].into_iter().flatten().collect()
            }
            Kind::Enum(values) => vec![TypePlan::Enum(self.enumeration(id, name, values))],
            Kind::Union(union) => vec![TypePlan::Choice(self.union(id, name, union, built))],
            Kind::Container(variants) => {
                let docs = self.type_docs(id, &format!("The `{name}` container: one of several kinds."));
                vec![TypePlan::Choice(self.variants(id, name, docs, variants, ChoiceKind::Container, built))]
            }
            Kind::Keyed(variants) => {
                let docs = self.type_docs(id, &format!("One `{name}` of several kinds, told by its key."));
                vec![TypePlan::Choice(self.variants(id, name, docs, variants, ChoiceKind::Keyed, false))]
            }
        }
    }

    /// A struct, and the enum of its exclusive members where it has some.
    pub(super) fn structure(
        &mut self,
        id: &str,
        name: &str,
        docs: Vec<String>,
        object: &Object,
        built: bool,
        ty: Option<&Type>,
    ) -> (StructPlan, Option<TypePlan>) {
        let mut scope = Scope::with_reserved(&["extra", "new", "clone"]);
        let mut literals = Vec::new();
        let mut members = Vec::new();
        for member in &object.members {
            match &member.ty {
                Ty::Literal(value) => {
                    literals.push(Literal { wire: member.name.clone(), json: value.to_string() });
                }
                _ => members.push((member, "member")),
            }
        }
        let rust = self.field_names(&members, &mut scope);
        let mut fields: Vec<FieldPlan> =
            members.iter().zip(rust).map(|((member, _), rust)| self.field(id, member, rust)).collect();
        null_setters(&mut fields, &mut scope);
        let (variants, variants_type) = self.exclusive(id, name, object, &mut scope, built).unzip();
        let rest = object.rest.as_ref().map(|rest| {
            let field = scope.take(&rest.name, &[self.words.snake(&rest.name), "entries".to_owned()]);
            let (kind, item) = match &rest.ty {
                Ty::Named(keyed) if self.is_keyed(keyed) => (RestKind::TypedKeys, rest.ty.clone()),
                Ty::TypedKeys(keyed) => (RestKind::TypedKeys, Ty::Named(keyed.clone())),
                ty if rest.single => (RestKind::Single, ty.clone()),
                ty => (RestKind::Map, ty.clone()),
            };
            let owner = id.to_owned();
            let ty = self.rust_ty(&item, Some(&owner));
            RestPlan { field, ty, kind, docs: self.member_docs(id, &rest.name, &Default::default()) }
        });
        self.check_size(id, fields.len() + literals.len() + object.variants.len());
        let needed: Vec<&str> = (fields.iter().filter(|field| field.presence != Presence::Optional))
            .map(|field| field.wire.as_str())
            .collect();
        let from = object.shortcut.as_ref().and_then(|wire| object.members.iter().find(|member| member.name == *wire));
        let from = from.filter(|member| needed.iter().all(|name| *name == member.name));
        let from = from.map(|member| self.conversions_of(&member.ty)).unwrap_or_default();
        let from = from.into_iter().map(|from| Conversion { from, variant: None }).collect();
        // The one member beyond the named ones is required too, unless variants may stand in its place.
        let single = rest.as_ref().is_some_and(|rest| rest.kind == RestKind::Single) && variants.is_none();
        let many = built && needed.len() + usize::from(single) > 2;
        let required = many.then(|| names::required_struct(name));
        let plan = StructPlan {
            required,
            name: name.to_owned(),
            docs,
            deprecated: ty.and_then(|ty| deprecation(ty.facts.deprecated.as_ref())),
            fields,
            literals,
            variants,
            rest,
            shortcut: object.shortcut.clone(),
            tells: self.tells(object),
            built,
            from,
        };
        (plan, variants_type)
    }

    /// The member that tells the alternatives of unions beside it.
    pub(super) fn tells(&self, object: &Object) -> Option<String> {
        let tag_of = |ty: &Ty| {
            let ty = if let Ty::Nullable(inner) = ty { inner } else { ty };
            let Ty::Named(id) = ty else { return None };
            match &self.ir.types.get(id)?.kind {
                Kind::Union(union) if union.beside => union.tag.as_ref(),
                _ => None,
            }
        };
        let tag = object.members.iter().find_map(|member| tag_of(&member.ty))?;
        object.members.iter().any(|member| member.name == *tag).then(|| tag.clone())
    }

    fn exclusive(
        &mut self,
        id: &str,
        name: &str,
        object: &Object,
        scope: &mut Scope,
        built: bool,
    ) -> Option<(VariantsPlan, TypePlan)> {
        if object.variants.is_empty() {
            return None;
        }
        let field = scope.take("variants", &["kind".to_owned(), "variant".to_owned()]);
        let kind_name = names::kind_enum(name);
        let docs = vec![format!("What a [`{name}`] is: exactly one of these.")];
        let choice = self.variants(id, &kind_name, docs, &object.variants, ChoiceKind::Inner, built);
        let arms = choice.arms.iter().map(|arm| (arm.wire.clone(), arm.rust.clone(), arm.ty.clone()));
        let plan = VariantsPlan { field, name: kind_name, variants: arms.collect() };
        Some((plan, TypePlan::Choice(choice)))
    }

    /// Names for the fields of members, each with where it stands. Who is called so on the wire goes first.
    pub(super) fn field_names(&self, members: &[(&Member, &str)], scope: &mut Scope) -> Vec<String> {
        let mut names = vec![String::new(); members.len()];
        for exact in [true, false] {
            for (rust, (member, place)) in names.iter_mut().zip(members) {
                let name = member.facts.code_name.as_ref().unwrap_or(&member.name);
                let candidates = names::field_candidates(&self.words, name, place);
                if (candidates[0].trim_start_matches("r#") == name) == exact {
                    *rust = scope.take(&member.name, &candidates);
                }
            }
        }
        names
    }

    /// The runtime keeps one bit for each member.
    pub(super) fn check_size(&mut self, id: &str, members: usize) {
        if members > MAX_MEMBERS {
            self.errors.push(format!("`{id}` has {members} members: an object can have no more than {MAX_MEMBERS}"));
        }
    }

    /// A field for a member, under a name that was taken for it.
    pub(super) fn field(&mut self, owner: &str, member: &Member, rust: String) -> FieldPlan {
        let ids: Vec<String> = self.all_ids(owner).map(|owner| format!("{owner}.{}", member.name)).collect();
        let (ty, nullable) = match &member.ty {
            Ty::Nullable(inner) => ((**inner).clone(), true),
            ty => (ty.clone(), false),
        };
        let owner_id = owner.to_owned();
        let mut rust_ty = self.rust_ty(&ty, Some(&owner_id));
        if let Some(secret) = self.secret(&ids, &member.name, &rust_ty) {
            rust_ty = secret;
        } else if ids.iter().filter(|id| self.overlay.traits.lazy.contains(id)).count() > 0 {
            rust_ty = lazy(rust_ty);
        }
        let required = member.required && !self.is_newer(member);
        let presence = match (required, nullable) {
            (true, false) => Presence::Required,
            (true, true) => Presence::RequiredNullable,
            (false, _) => Presence::Optional,
        };
        FieldPlan {
            wire: member.name.clone(),
            aliases: member.facts.aliases.clone(),
            rust,
            ty: rust_ty,
            presence,
            nullable,
            null_setter: None,
            docs: self.member_docs(owner, &member.name, &member.facts),
            deprecated: deprecation(member.facts.deprecated.as_ref()),
        }
    }

    /// The type with its strings secret, where they are. A common name says so of one string alone.
    fn secret(&self, ids: &[String], name: &str, ty: &RustTy) -> Option<RustTy> {
        let secret = secret(ty)?;
        let traits = &self.overlay.traits;
        let common = secret == RustTy::Secret && traits.common_secrets.contains(name);
        let own = ids.iter().filter(|id| traits.secrets.contains(id)).count() > 0;
        (common || own).then_some(secret)
    }

    /// Whether servers that this client talks to may be older than the member.
    pub(super) fn is_newer(&self, member: &Member) -> bool {
        let (Some(since), Some(oldest)) = (&member.facts.since, &self.overlay.traits.oldest) else { return false };
        is_version_newer(since, oldest)
    }

    fn is_keyed(&self, id: &str) -> bool {
        matches!(self.ir.types.get(id).map(|ty| &ty.kind), Some(Kind::Keyed(_)))
    }

    fn enumeration(&mut self, id: &str, name: &str, values: &ir::Enum) -> EnumPlan {
        let mut scope = Scope::with_reserved(&["UnknownValue"]);
        let known = &values.values;
        let mut spellings = std::collections::BTreeSet::new();
        let cased = |value: &str| known.iter().filter(|other| other.value.eq_ignore_ascii_case(value)).count() > 1;
        let values = known.iter().map(|value| ValuePlan {
            wire: value.value.clone(),
            // A spelling that is another value, or another value's too, is not this one's.
            aliases: (value.aliases.iter())
                .filter(|alias| !known.iter().any(|other| other.value == **alias) && spellings.insert((*alias).clone()))
                .cloned()
                .collect(),
            rust: scope.take(
                &value.value,
                &match &value.facts.code_name {
                    Some(name) => self.words.variants(name, false),
                    None => self.words.variants(&value.value, cased(&value.value)),
                },
            ),
            docs: self.member_docs(id, &value.value, &value.facts),
            deprecated: deprecation(value.facts.deprecated.as_ref()),
        });
        let values = values.collect();
        let booleans = matches!(&self.ir.types.get(id).map(|ty| &ty.kind), Some(Kind::Enum(e)) if e.booleans);
        let docs = self.type_docs(id, &format!("A value of `{name}`."));
        EnumPlan { name: name.to_owned(), docs, booleans, values }
    }

    fn union(&mut self, id: &TypeId, name: &str, union: &Union, built: bool) -> ChoicePlan {
        let mut scope = Scope::with_reserved(&["Other"]);
        let owner = id.clone();
        let is_secret = self.all_ids(id).any(|id| self.overlay.traits.secrets.contains(id));
        let mut arms = Vec::new();
        for arm in &union.arms {
            let ty = self.rust_ty(&arm.ty, Some(&owner));
            let ty = secret(&ty).filter(|_| is_secret).unwrap_or(ty);
            let tag = match &arm.tags[..] {
                [only] => Some(self.words.camel(only)),
                _ => None,
            };
            let given = arm.name.as_ref().map(|name| self.words.camel(name));
            // An alternative without a name of its own is called by what tells it from the others.
            let own = match &arm.ty {
                Ty::Named(own) => own.strip_prefix(id.as_str()).and_then(|own| own.strip_prefix('.')),
                _ => None,
            };
            let own = own.filter(|own| !own.contains('.'));
            let told = self.told_from_union(&arm.ty, own, name);
            let own = own.map(|own| self.words.camel(own));
            let candidates =
                given.into_iter().chain(tag).chain(told).chain(own).chain([variant_name(&ty), wrapped_name(&ty)]);
            let candidates: Vec<String> = candidates.collect();
            let rust = scope.take(id, &candidates);
            let mut shape = self.shape(&arm.ty);
            shape.tags.clone_from(&arm.tags);
            let docs = vec![describe(&ty, &arm.tags, union.tag.as_deref())];
            arms.push(ArmPlan { wire: String::new(), rust, constructor: String::new(), ty, shape, docs });
        }
        let from = scalar_conversions(&arms);
        let docs = self.type_docs(id, &format!("One of several forms of `{name}`."));
        let kind = ChoiceKind::Union { tag: union.tag.clone(), beside: union.beside, default: union.default };
        let textual = self.textual.contains(id);
        ChoicePlan { name: name.to_owned(), docs, kind, arms, from, textual, built }
    }

    /// What an alternative's type is called beside its union: `Wired` of a `StreamDefinition` is a `WiredStreamDefinition`. A
    /// member that tells it from the others, as in `ByPolicy`, says less than that.
    fn told_from_union(&self, arm: &Ty, own: Option<&str>, union: &str) -> Option<String> {
        let Ty::Named(id) = arm else { return None };
        let stem =
            |name: &str, union: &str| name.strip_suffix(union).filter(|stem| !stem.is_empty()).map(str::to_owned);
        let given = self.all_ids(id).find_map(|id| self.overlay.names.types.get(id));
        if let Some(stem) = given.and_then(|name| stem(name, union)) {
            return Some(stem);
        }
        let (_, name) = self.names.get(id).filter(|_| own.is_some_and(|own| own.starts_with("by_")))?;
        let made = union.strip_prefix("New").unwrap_or(union);
        stem(name, union).or_else(|| stem(name, made)).or_else(|| Some(name.clone()))
    }

    fn variants(
        &mut self,
        id: &str,
        name: &str,
        docs: Vec<String>,
        variants: &[Variant],
        kind: ChoiceKind,
        built: bool,
    ) -> ChoicePlan {
        let mut scope = Scope::with_reserved(&["Other"]);
        let mut methods = Scope::default();
        let owner = id.to_owned();
        let arms = variants.iter().map(|variant| {
            let rust = scope.take(&variant.name, &self.words.variants(&variant.name, false));
            let constructor = methods.take(&variant.name, &[self.words.snake(&variant.name)]);
            let (ty, _) = match &variant.ty {
                Ty::Nullable(inner) => ((**inner).clone(), true),
                ty => (ty.clone(), false),
            };
            ArmPlan {
                wire: variant.name.clone(),
                rust,
                constructor,
                ty: self.rust_ty(&ty, Some(&owner)),
                shape: self.shape(&ty),
                docs: self.member_docs(id, &variant.name, &variant.facts),
            }
        });
        let arms = arms.collect();
        ChoicePlan { name: name.to_owned(), docs, kind, arms, from: Vec::new(), textual: false, built }
    }

    /// Scalars that a type can be made from.
    fn conversions_of(&self, ty: &Ty) -> Vec<&'static str> {
        match ty {
            Ty::Scalar(crate::spec::model::Scalar::String) => vec!["&str", "String"],
            Ty::Scalar(crate::spec::model::Scalar::Boolean) => vec!["bool"],
            Ty::Scalar(crate::spec::model::Scalar::Int32) => vec!["i32"],
            Ty::Scalar(crate::spec::model::Scalar::Int64) => vec!["i64"],
            Ty::Nullable(inner) => self.conversions_of(inner),
            Ty::Named(id) => match self.ir.types.get(id).map(|ty| &ty.kind) {
                Some(Kind::Enum(_)) => vec!["&str", "String"],
                Some(Kind::Union(union)) => {
                    let mut scalars: Vec<&str> = union
                        .arms
                        .iter()
                        .filter(|arm| matches!(arm.ty, Ty::Scalar(_)))
                        .flat_map(|arm| self.conversions_of(&arm.ty))
                        .collect();
                    if union.arms.iter().any(|arm| matches!(arm.ty, Ty::Scalar(crate::spec::model::Scalar::Float64))) {
                        scalars.push("f64");
                    }
                    scalars.dedup();
                    scalars
                }
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }
}

/// Scalars among the alternatives: each makes the first that takes it.
fn scalar_conversions(arms: &[ArmPlan]) -> Vec<Conversion> {
    let mut conversions: Vec<Conversion> = Vec::new();
    for arm in arms {
        let from: &[&str] = match arm.ty {
            RustTy::Plain("String") | RustTy::Secret => &["&str", "String"],
            RustTy::Plain("bool") => &["bool"],
            RustTy::Plain("i32") => &["i32"],
            RustTy::Plain("i64") => &["i64"],
            RustTy::Plain("f64") => &["f64"],
            _ => &[],
        };
        for from in from {
            if !conversions.iter().any(|known| known.from == *from) {
                conversions.push(Conversion { from, variant: Some(arm.rust.clone()) });
            }
        }
    }
    conversions
}

/// The list or map itself stays; what it holds becomes lazy.
fn lazy(ty: RustTy) -> RustTy {
    match ty {
        RustTy::Vec(item) => RustTy::Vec(Box::new(lazy(*item))),
        RustTy::Map(item) => RustTy::Map(Box::new(lazy(*item))),
        RustTy::Boxed(item) => lazy(*item),
        ty => RustTy::Generic("Lazy", Box::new(ty)),
    }
}

/// The type with `Secret` in the place of its strings, and JSON that is never printed in that of any; none when it holds anything else.
fn secret(ty: &RustTy) -> Option<RustTy> {
    let of = |item: &RustTy| secret(item).map(Box::new);
    match ty {
        RustTy::Plain("String") => Some(RustTy::Secret),
        RustTy::Value => Some(RustTy::untyped()),
        RustTy::Vec(item) => of(item).map(RustTy::Vec),
        RustTy::Map(item) => of(item).map(RustTy::Map),
        RustTy::Option(item) => of(item).map(RustTy::Option),
        RustTy::Generic("OneOrMany", item) => of(item).map(|item| RustTy::Generic("OneOrMany", item)),
        _ => None,
    }
}

/// Setters for null, where null is not the same as nothing.
pub(super) fn null_setters<'f>(fields: impl IntoIterator<Item = &'f mut FieldPlan>, scope: &mut Scope) {
    for field in fields.into_iter().filter(|field| field.nullable && field.presence == Presence::Optional) {
        field.null_setter = Some(scope.take(&field.wire, &[names::null_setter(&field.rust)]));
    }
}

/// The names of what a type comes with.
fn items_of_type(plan: &TypePlan) -> Vec<String> {
    let required = match plan {
        TypePlan::Struct(plan) => plan.required.clone(),
        _ => None,
    };
    std::iter::once(plan.name().to_owned()).chain(required).collect()
}

/// A variant's name from its payload and what is around it, for when the payload's own is taken.
fn wrapped_name(ty: &RustTy) -> String {
    match ty {
        RustTy::Generic("OneOrMany", item) => format!("{}OrList", variant_name(item)),
        RustTy::Generic(wrapper, item) => format!("{}{wrapper}", variant_name(item)),
        RustTy::Plain(name) => format!("{}{}", variant_name(ty), name.trim_start_matches(char::is_alphabetic)),
        ty => variant_name(ty),
    }
}

/// A variant's name from its payload.
fn variant_name(ty: &RustTy) -> String {
    match ty {
        RustTy::Value => "Any".to_owned(),
        RustTy::Number => "Number".to_owned(),
        RustTy::Unit => "Null".to_owned(),
        RustTy::Plain("String") | RustTy::Secret => "String".to_owned(),
        RustTy::Plain("bool") => "Boolean".to_owned(),
        RustTy::Plain("f64") => "Double".to_owned(),
        RustTy::Plain("i64" | "u64") => "Long".to_owned(),
        RustTy::Plain(_) => "Integer".to_owned(),
        RustTy::Runtime(name) | RustTy::Named { name, .. } => name.clone(),
        RustTy::Vec(item) => format!("{}List", variant_name(item)),
        RustTy::Map(item) => format!("{}Map", variant_name(item)),
        RustTy::Option(item) | RustTy::Boxed(item) | RustTy::Generic(_, item) => variant_name(item),
    }
}

fn describe(ty: &RustTy, tags: &[String], tag: Option<&str>) -> String {
    if let (Some(tag), false) = (tag, tags.is_empty()) {
        let tags: Vec<String> = tags.iter().map(|tag| format!("`{tag}`")).collect();
        return format!("Where `{tag}` is {}.", tags.join(" or "));
    }
    match ty {
        RustTy::Plain("String") | RustTy::Secret => "A string.".to_owned(),
        RustTy::Plain("bool") => "A boolean.".to_owned(),
        RustTy::Plain("f64") | RustTy::Number => "A number.".to_owned(),
        RustTy::Plain(_) => "An integer.".to_owned(),
        RustTy::Unit => "Null.".to_owned(),
        RustTy::Vec(_) => "A list.".to_owned(),
        RustTy::Map(_) => "A map.".to_owned(),
        _ => format!("The `{}` form.", variant_name(ty)),
    }
}

fn shared(module: &str) -> Module {
    Module {
        name: module.to_owned(),
        docs: format!("The `{module}` types, which calls of several namespaces share."),
        features: Vec::new(),
        types: Vec::new(),
        calls: Vec::new(),
        namespace: None,
    }
}

/// Major, minor, patch.
/// Whether one version came after another.
pub(crate) fn is_version_newer(version: &str, than: &str) -> bool {
    numbers(version) > numbers(than)
}

fn numbers(text: &str) -> [u32; 3] {
    let mut parts = text.split('.').map(|part| part.parse().unwrap_or(0));
    [parts.next().unwrap_or(0), parts.next().unwrap_or(0), parts.next().unwrap_or(0)]
}
