//! Inline types that are the same become one, and recursion that upstream unrolled is folded back. What was merged
//! keeps its places: names and overlay entries may speak of any of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::ir::{Content, Ir, Kind, Media, Member, Object, Operation, Rest, Ty, Type, TypeId, Variant};
use crate::overlay::Traits;

/// Members of an answer that hold what was asked for: the answer is only what is around it.
pub(crate) const WRAPPERS: [&str; 5] = ["item", "items", "data", "list", "results"];

/// Merges, if traits.toml says that upstream repeats its types instead of naming them.
pub(crate) fn merge(ir: &mut Ir, named: &BTreeSet<TypeId>, traits: &Traits) {
    if !traits.merge {
        return;
    }
    name_answers(ir);
    let folded = folds(ir, named, traits);
    apply(ir, &folded);
    let merged = twins(ir, named);
    apply(ir, &merged);
    dissolve_answers(ir);
}

/// Types that something mentions and that are not there: a value of such a one would be untyped.
pub(crate) fn lost(ir: &Ir) -> BTreeSet<TypeId> {
    let mut lost = BTreeSet::new();
    let mut visit = |ty: &Ty| {
        ty.references(true, &mut |id, _| {
            if !ir.types.contains_key(id) {
                lost.insert(id.to_owned());
            }
        });
    };
    ir.types.values().for_each(|ty| each_ty(&ty.kind, &mut visit));
    ir.operations.iter().for_each(|operation| each_ty_of_call(operation, &mut visit));
    lost
}

/// What an answer is when it has no name: so that equal answers of several operations are found.
fn name_answers(ir: &mut Ir) {
    for operation in &mut ir.operations {
        let place = answer_place(operation);
        let Some((Media::Json, content)) = &mut operation.response.content else { continue };
        if let Content::Object(object) = content
            && !object.members.iter().any(|member| WRAPPERS.contains(&member.name.as_str()))
        {
            let kind = Kind::Object(std::mem::take(object));
            ir.types.insert(place.clone(), Type { kind, facts: Default::default(), place: operation.place.clone() });
            *content = Content::Value(Ty::Named(place), None);
        }
    }
}

/// Answers that only one operation gives are its own again.
fn dissolve_answers(ir: &mut Ir) {
    for index in 0..ir.operations.len() {
        let place = answer_place(&ir.operations[index]);
        let own = Ty::Named(place.clone());
        let Some((_, Content::Value(ty, _))) = &ir.operations[index].response.content else { continue };
        let is_object = matches!(ir.types.get(&place), Some(Type { kind: Kind::Object(_), .. }));
        if *ty != own || !is_object || ir.twins.contains_key(&place) || mentions(ir, &place) > 1 {
            continue;
        }
        if let Some(Type { kind: Kind::Object(object), .. }) = ir.types.remove(&place)
            && let Some((_, content)) = &mut ir.operations[index].response.content
        {
            *content = Content::Object(object);
        }
    }
}

fn answer_place(operation: &Operation) -> TypeId {
    format!("{}.{}", operation.id, operation.response.status)
}

/// How often a type is mentioned.
fn mentions(ir: &Ir, id: &str) -> usize {
    let mut count = 0;
    let mut visit = |ty: &Ty| {
        ty.references(true, &mut |known, _| count += usize::from(known == id));
    };
    ir.types.values().for_each(|ty| each_ty(&ty.kind, &mut visit));
    ir.operations.iter().for_each(|operation| each_ty_of_call(operation, &mut visit));
    count
}

/// Inline types that are unrolled forms of a type that traits.toml names.
fn folds(ir: &Ir, named: &BTreeSet<TypeId>, traits: &Traits) -> BTreeMap<TypeId, TypeId> {
    let mut folded = BTreeMap::new();
    for target in traits.folds.iter() {
        let Some(whole) = ir.types.get(target) else { continue };
        let _ = traits.folds.contains(target);
        for (id, ty) in &ir.types {
            let inline = is_inline(named, id) && !matches!(ty.kind, Kind::Enum(_));
            let mut assumed = BTreeSet::from([(id.clone(), target.to_owned())]);
            if inline && !folded.contains_key(id) && fits_kind(ir, &ty.kind, &whole.kind, &mut assumed) {
                folded.insert(id.clone(), target.to_owned());
            }
        }
    }
    folded
}

type Assumed = BTreeSet<(TypeId, TypeId)>;

/// Whether `part` says nothing else than `whole`, but less where it ends in any JSON.
fn fits_kind(ir: &Ir, part: &Kind, whole: &Kind, assumed: &mut Assumed) -> bool {
    match (part, whole) {
        (Kind::Object(part), Kind::Object(whole)) => {
            let fits = |member: &Member, assumed: &mut Assumed| {
                let same = whole.members.iter().find(|known| known.name == member.name);
                same.is_some_and(|known| {
                    known.required == member.required && fits_ty(ir, &member.ty, &known.ty, assumed)
                })
            };
            part.members.len() == whole.members.len()
                && part.variants.is_empty()
                && whole.variants.is_empty()
                && part.rest.is_none()
                && whole.rest.is_none()
                && part.members.iter().all(|member| fits(member, assumed))
        }
        (Kind::Union(part), Kind::Union(whole)) => {
            part.arms.len() == whole.arms.len()
                && part.arms.iter().all(|arm| {
                    whole.arms.iter().any(|known| {
                        let mut guess = assumed.clone();
                        let fits = fits_ty(ir, &arm.ty, &known.ty, &mut guess);
                        if fits {
                            *assumed = guess;
                        }
                        fits
                    })
                })
        }
        (part, whole) => part == whole,
    }
}

fn fits_ty(ir: &Ir, part: &Ty, whole: &Ty, assumed: &mut Assumed) -> bool {
    match (part, whole) {
        (Ty::Any, _) => true,
        (Ty::Named(part), Ty::Named(whole)) => {
            part == whole
                || !assumed.insert((part.clone(), whole.clone()))
                || match (ir.types.get(part), ir.types.get(whole)) {
                    (Some(part), Some(whole)) => fits_kind(ir, &part.kind, &whole.kind, assumed),
                    _ => false,
                }
        }
        (Ty::List(part), Ty::List(whole))
        | (Ty::Map(part), Ty::Map(whole))
        | (Ty::Entry(part), Ty::Entry(whole))
        | (Ty::Nullable(part), Ty::Nullable(whole))
        | (Ty::OneOrMany(part), Ty::OneOrMany(whole)) => fits_ty(ir, part, whole, assumed),
        (part, whole) => part == whole,
    }
}

/// Inline types with the one that stands for them. Classes are refined until equal types hold equal types.
fn twins(ir: &Ir, named: &BTreeSet<TypeId>) -> BTreeMap<TypeId, TypeId> {
    let mut classes: BTreeMap<&str, usize> = ir.types.keys().map(|id| (id.as_str(), 0)).collect();
    let mut count = 1;
    loop {
        let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
        let mut refined = BTreeMap::new();
        for (id, ty) in &ir.types {
            // What was told apart stays so.
            let key = format!("{} {}", classes[id.as_str()], key(&ty.kind, &classes));
            let next = numbers.len();
            refined.insert(id.as_str(), *numbers.entry(key).or_insert(next));
        }
        classes = refined;
        if numbers.len() == count {
            break;
        }
        count = numbers.len();
    }
    let mut members: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for (id, class) in classes {
        members.entry(class).or_default().push(id);
    }
    let mut merged = BTreeMap::new();
    for ids in members.into_values() {
        let (inline, own): (Vec<&str>, Vec<&str>) = ids.into_iter().partition(|id| is_inline(named, id));
        // What only happens to be the same in another product area is not: each area can be compiled without the others.
        let area = |id: &str| id.split('.').next().unwrap_or_default().to_owned();
        for id in &inline {
            let near = own.iter().find(|known| area(known) == area(id));
            let least = inline.iter().filter(|known| area(known) == area(id)).min_by_key(|id| rank(id));
            if let Some(main) = near.or(least).filter(|main| *main != id) {
                merged.insert((*id).to_owned(), (*main).to_owned());
            }
        }
    }
    merged
}

/// The place that stands for all: the one that says most with least.
fn rank(id: &str) -> (usize, usize, String) {
    (id.matches('.').count(), id.len(), id.to_owned())
}

fn is_inline(named: &BTreeSet<TypeId>, id: &str) -> bool {
    !named.contains(id.split('<').next().unwrap_or(id))
}

/// A text that is the same for kinds that are the same, whatever the order of members.
fn key(kind: &Kind, classes: &BTreeMap<&str, usize>) -> String {
    let reference = |ty: &Ty| {
        let mut ty = ty.clone();
        each_id(&mut ty, &mut |id| *id = classes.get(id.as_str()).map_or_else(|| id.clone(), usize::to_string));
        format!("{ty:?}")
    };
    let member =
        |member: &Member| format!("{} {} {} {:?}", member.name, member.required, reference(&member.ty), member.facts);
    let variant = |variant: &Variant| format!("{} {} {:?}", variant.name, reference(&variant.ty), variant.facts);
    let sorted = |mut texts: Vec<String>| {
        texts.sort();
        texts.join(";")
    };
    match kind {
        Kind::Object(object) => {
            let Object { members, variants, rest, shortcut, closed } = object;
            let rest = rest.as_ref().map(|Rest { name, ty, single }| format!("{name} {} {single}", reference(ty)));
            let (members, variants) = (members.iter().map(member), variants.iter().map(variant));
            let (members, variants) = (sorted(members.collect()), sorted(variants.collect()));
            format!("object {members} | {variants} | {rest:?} | {shortcut:?} | {closed}")
        }
        Kind::Enum(values) => {
            let texts = values.values.iter().map(|value| format!("{value:?}")).collect();
            format!("enum {} {}", values.booleans, sorted(texts))
        }
        Kind::Union(union) => {
            let arms: Vec<String> = (union.arms.iter())
                .map(|arm| format!("{:?} {} {:?}", arm.name, reference(&arm.ty), arm.tags))
                .collect();
            format!("union {:?} {} {:?} {}", union.tag, union.beside, union.default, arms.join(";"))
        }
        Kind::Container(variants) => format!("container {}", sorted(variants.iter().map(variant).collect())),
        Kind::Keyed(variants) => format!("keyed {}", sorted(variants.iter().map(variant).collect())),
    }
}

/// Puts types in the place of others, and drops what nothing mentions any more.
fn apply(ir: &mut Ir, merged: &BTreeMap<TypeId, TypeId>) {
    if merged.is_empty() {
        return;
    }
    let mut rename = |ty: &mut Ty| {
        each_id(ty, &mut |id| {
            if let Some(main) = merged.get(id) {
                id.clone_from(main);
            }
        });
    };
    ir.types.values_mut().for_each(|ty| each_ty_mut(&mut ty.kind, &mut rename));
    for operation in &mut ir.operations {
        operation.path.iter_mut().chain(&mut operation.query).for_each(|member| rename(&mut member.ty));
        let body = operation.body.as_mut().map(|body| &mut body.content);
        let answer = operation.response.content.as_mut().map(|(_, content)| content);
        for content in body.into_iter().chain(answer) {
            match content {
                Content::Object(object) => each_ty_of_object_mut(object, &mut rename),
                Content::Value(ty, _) => rename(ty),
            }
        }
    }
    for (id, main) in merged {
        let mut places = ir.twins.remove(id).unwrap_or_default();
        places.push(id.clone());
        ir.twins.entry(main.clone()).or_default().extend(places);
        ir.types.remove(id);
    }
    prune(ir);
}

/// Drops types that no operation reaches any more: the inner ones of what was folded.
fn prune(ir: &mut Ir) {
    let mut waiting: Vec<TypeId> = Vec::new();
    let mut reached = BTreeSet::new();
    for operation in &ir.operations {
        each_ty_of_call(operation, &mut |ty| ty.references(true, &mut |id, _| waiting.push(id.to_owned())));
    }
    while let Some(id) = waiting.pop() {
        if reached.insert(id.clone())
            && let Some(ty) = ir.types.get(&id)
        {
            each_ty(&ty.kind, &mut |ty| ty.references(true, &mut |id, _| waiting.push(id.to_owned())));
        }
    }
    ir.types.retain(|id, _| reached.contains(id));
}

fn each_id(ty: &mut Ty, visit: &mut impl FnMut(&mut TypeId)) {
    match ty {
        Ty::Named(id) | Ty::TypedKeys(id) => visit(id),
        Ty::List(item)
        | Ty::Map(item)
        | Ty::Entry(item)
        | Ty::Nullable(item)
        | Ty::OneOrMany(item)
        | Ty::Stringified(item) => each_id(item, visit),
        Ty::Any | Ty::Scalar(_) | Ty::Literal(_) | Ty::Runtime(_) => {}
    }
}

/// Visits the types that a kind mentions.
fn each_ty(kind: &Kind, visit: &mut impl FnMut(&Ty)) {
    match kind {
        Kind::Object(object) => each_ty_of_object(object, visit),
        Kind::Enum(_) => {}
        Kind::Union(union) => union.arms.iter().for_each(|arm| visit(&arm.ty)),
        Kind::Container(variants) | Kind::Keyed(variants) => variants.iter().for_each(|variant| visit(&variant.ty)),
    }
}

fn each_ty_of_object(object: &Object, visit: &mut impl FnMut(&Ty)) {
    object.members.iter().for_each(|member| visit(&member.ty));
    object.variants.iter().for_each(|variant| visit(&variant.ty));
    object.rest.iter().for_each(|rest| visit(&rest.ty));
}

fn each_ty_of_call(operation: &Operation, visit: &mut impl FnMut(&Ty)) {
    operation.path.iter().chain(&operation.query).for_each(|member| visit(&member.ty));
    let body = operation.body.as_ref().map(|body| &body.content);
    let answer = operation.response.content.as_ref().map(|(_, content)| content);
    for content in body.into_iter().chain(answer) {
        match content {
            Content::Object(object) => each_ty_of_object(object, visit),
            Content::Value(ty, _) => visit(ty),
        }
    }
}

fn each_ty_mut(kind: &mut Kind, visit: &mut impl FnMut(&mut Ty)) {
    match kind {
        Kind::Object(object) => each_ty_of_object_mut(object, visit),
        Kind::Enum(_) => {}
        Kind::Union(union) => union.arms.iter_mut().for_each(|arm| visit(&mut arm.ty)),
        Kind::Container(variants) | Kind::Keyed(variants) => {
            variants.iter_mut().for_each(|variant| visit(&mut variant.ty));
        }
    }
}

fn each_ty_of_object_mut(object: &mut Object, visit: &mut impl FnMut(&mut Ty)) {
    object.members.iter_mut().for_each(|member| visit(&mut member.ty));
    object.variants.iter_mut().for_each(|variant| visit(&mut variant.ty));
    object.rest.iter_mut().for_each(|rest| visit(&mut rest.ty));
}
