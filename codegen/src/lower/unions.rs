//! Unions to IR: null, lists and text get wrappers, the rest becomes a named union with its tag.

use std::collections::BTreeSet;

use super::places::{arm_places, same};
use super::{Env, Lowering, is_scalar};
use crate::ir::{Arm, Kind, MemberFacts, Object, Ty, TypeId, Union, Variant};
use crate::spec::model::{self, Json, Scalar, Schema, Tag};

impl Lowering<'_> {
    /// The type of a union that stands at `place` or is defined there.
    pub(super) fn union(
        &mut self,
        place: &str,
        union: &model::Union,
        env: &Env,
        definition: Option<&model::TypeDef>,
    ) -> Ty {
        if let Some(known) = self.known.get(place) {
            return known.clone();
        }
        if union.tag.is_some() {
            return self.named(place, &Schema::Union(union.clone()), env, definition);
        }
        if let Some(values) = self.words(union) {
            let ty = self.finish(place, values, definition);
            self.known.insert(place.to_owned(), ty.clone());
            return ty;
        }
        self.named_by_need(place, definition, |lowering| {
            let flat = flatten(union);
            match lowering.wrapper(place, union, &flat, env) {
                Some(ty) => ty,
                None => lowering.untagged(place, &flat, env, definition),
            }
        })
    }

    fn untagged(&mut self, place: &str, union: &model::Union, env: &Env, definition: Option<&model::TypeDef>) -> Ty {
        let mut nullable = false;
        let mut arms: Vec<Arm> = Vec::new();
        let places = arm_places(place, union);
        for ((index, alternative), arm_place) in union.of.iter().enumerate().zip(places) {
            let name = union.names.get(index).cloned();
            let ty = match self.ty(&arm_place, alternative, env) {
                // A named union of several values has null as one of them; anywhere else, null is the absence of a value.
                Ty::Scalar(Scalar::Null) if definition.is_none() || union.of.len() < 3 => {
                    nullable = true;
                    continue;
                }
                Ty::Nullable(inner) => {
                    nullable = true;
                    *inner
                }
                // That it may be itself says nothing.
                Ty::Named(id) if id == place && union.of.len() > 1 => continue,
                ty => ty,
            };
            arms.push(Arm::new(name, ty));
        }
        let mut arms = self.gather_constants(place, arms);
        let all = std::mem::take(&mut arms);
        for arm in all {
            if !arms.iter().any(|known: &Arm| known.ty == arm.ty) {
                arms.push(arm);
            }
        }
        // `'*'[]` beside `string[]` is one of those.
        let texts = Ty::List(Box::new(Ty::Scalar(Scalar::String)));
        let constants = |ty: &Ty| matches!(ty, Ty::List(item) if matches!(**item, Ty::Literal(Json::String(_))));
        if arms.iter().any(|arm| arm.ty == texts) {
            arms.retain(|arm| !constants(&arm.ty));
        }
        let one = one_or_many(&arms).cloned();
        let ty = match (one, <[Arm; 1]>::try_from(arms)) {
            (Some(one), _) => Ty::OneOrMany(Box::new(one)),
            (None, Ok([only])) => only.ty,
            (None, Err(arms)) => {
                let (id, arms) = content_id(arms).unwrap_or_else(|arms| (place.to_owned(), arms));
                // One with secrets is not what it is elsewhere.
                let is_own = definition.is_some() || self.traits.secrets.contains(place);
                let id = if is_own { place.to_owned() } else { id };
                self.finish(&id, Kind::Union(Union { arms, tag: None, beside: false, default: None }), definition)
            }
        };
        if nullable { Ty::Nullable(Box::new(ty)) } else { ty }
    }

    /// `T | T[]` and `T | null` need no name.
    fn wrapper(&mut self, place: &str, union: &model::Union, flat: &model::Union, env: &Env) -> Option<Ty> {
        if let [one, Schema::List(many)] | [Schema::List(many), one] = &union.of[..] {
            let structural = matches!(one, Schema::Object(_) | Schema::Union(_) | Schema::Enum(_));
            if same(one, many) {
                // A union at this place would be taken for the one that is being lowered.
                let at = if matches!(one, Schema::Union(_)) { format!("{place}[]") } else { place.to_owned() };
                return Some(Ty::OneOrMany(Box::new(self.ty(&at, one, env))));
            }
            if structural || matches!(**many, Schema::Object(_) | Schema::Union(_) | Schema::Enum(_)) {
                return None;
            }
            let one = self.ty(place, one, env);
            return (one == self.ty(place, many, env)).then(|| Ty::OneOrMany(Box::new(one)));
        }
        if let [one, Schema::Scalar(Scalar::Null)] | [Schema::Scalar(Scalar::Null), one] = &flat.of[..] {
            return Some(match self.ty(place, one, env) {
                nullable @ Ty::Nullable(_) => nullable,
                ty => Ty::Nullable(Box::new(ty)),
            });
        }
        None
    }

    pub(super) fn tagged(&mut self, place: &str, union: &model::Union, env: &Env) -> Kind {
        let places = arm_places(place, union);
        let arms: Vec<(Option<String>, Ty)> = (union.of.iter().zip(places).enumerate())
            .map(|(index, (arm, place))| (union.names.get(index).cloned(), self.ty(&place, arm, env)))
            .collect();
        match &union.tag {
            Some(Tag::Key(tags)) => {
                if tags.len() != arms.len() {
                    self.errors.push(format!("`{place}` has {} alternatives but {} keys", arms.len(), tags.len()));
                }
                let variants = tags.iter().zip(arms).map(|(tag, (_, ty))| Variant {
                    name: tag.clone(),
                    ty,
                    facts: MemberFacts::default(),
                });
                Kind::Keyed(variants.collect())
            }
            Some(Tag::Member { name, beside, default, mapping }) => {
                let arms = arms.into_iter().enumerate().map(|(index, (arm_name, ty))| {
                    let mapped = mapping.iter().filter(|(_, arm)| **arm == index);
                    Arm { name: arm_name, ty, tags: mapped.map(|(tag, _)| tag.clone()).collect() }
                });
                let arms = arms.collect();
                // What stands in the alternatives tells nothing where the tag is beside them.
                if !beside {
                    self.tagged.push((place.to_owned(), default.clone()));
                }
                Kind::Union(Union { arms, tag: Some(name.clone()), beside: *beside, default: None })
            }
            Some(Tag::Untyped(_)) | None => {
                let arms = arms.into_iter().map(|(name, ty)| Arm::new(name, ty)).collect();
                Kind::Union(Union { arms, tag: None, beside: false, default: None })
            }
        }
    }

    /// Finds the tags of tagged unions once every alternative is known.
    pub(super) fn settle_tags(&mut self) {
        for (id, default) in std::mem::take(&mut self.tagged) {
            let Some(Kind::Union(mut union)) = self.types.get(&id).map(|ty| ty.kind.clone()) else { continue };
            let tag = union.tag.clone().unwrap_or_default();
            for arm in &mut union.arms {
                if arm.tags.is_empty() {
                    arm.tags = self.tags_of(&arm.ty, &tag, &mut BTreeSet::from([id.clone()]));
                }
            }
            if let Some(default) = default {
                union.default = union.arms.iter().position(|arm| arm.tags.contains(&default));
                if union.default.is_none() {
                    self.errors.push(format!("`{id}` is `{default}` by default, but no alternative has that tag"));
                }
            }
            if let Some(ty) = self.types.get_mut(&id) {
                ty.kind = Kind::Union(union);
            }
        }
    }

    /// The values an alternative's own tag member may have; `seen` are the unions on the way to it.
    fn tags_of(&self, ty: &Ty, tag: &str, seen: &mut BTreeSet<TypeId>) -> Vec<String> {
        let Ty::Named(id) = ty else { return Vec::new() };
        match self.types.get(id).map(|ty| &ty.kind) {
            Some(Kind::Object(Object { members, .. })) => {
                members.iter().find(|member| member.name == tag).map(|member| self.constants(&member.ty))
            }
            Some(Kind::Union(union)) if seen.insert(id.clone()) => {
                Some(union.arms.iter().flat_map(|arm| self.tags_of(&arm.ty, tag, seen)).collect())
            }
            _ => None,
        }
        .unwrap_or_default()
    }

    fn constants(&self, ty: &Ty) -> Vec<String> {
        match ty {
            Ty::Literal(value) => vec![value.as_str().map_or_else(|| value.to_string(), str::to_owned)],
            Ty::Named(id) => match self.types.get(id).map(|ty| &ty.kind) {
                Some(Kind::Enum(values)) => values.values.iter().map(|value| value.value.clone()).collect(),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }
}

/// The union with the alternatives of unions that stand inside it.
fn flatten(union: &model::Union) -> model::Union {
    let mut flat = union.clone();
    if union.names.is_empty() {
        flat.of = union.of.iter().flat_map(alternatives).collect();
    }
    flat
}

fn alternatives(schema: &Schema) -> Vec<Schema> {
    match schema {
        Schema::Union(inner) if inner.tag.is_none() && inner.names.is_empty() => {
            inner.of.iter().flat_map(alternatives).collect()
        }
        schema => vec![schema.clone()],
    }
}

/// What two alternatives are one and many of, which may show only once named types are known: `Owner | Owners`.
fn one_or_many(arms: &[Arm]) -> Option<&Ty> {
    match arms {
        [one, Arm { ty: Ty::List(many), .. }] | [Arm { ty: Ty::List(many), .. }, one] if one.ty == **many => Some(many),
        _ => None,
    }
}

/// An inline union of scalars is the same type wherever it stands.
fn content_id(arms: Vec<Arm>) -> Result<(TypeId, Vec<Arm>), Vec<Arm>> {
    let rank = |ty: &Ty| {
        let order = [
            (Scalar::Boolean, "Boolean"),
            (Scalar::Int32, "Integer"),
            (Scalar::Int64, "Long"),
            (Scalar::Uint32, "Unsigned"),
            (Scalar::Uint64, "UnsignedLong"),
            (Scalar::Float32, "Float"),
            (Scalar::Float64, "Double"),
            (Scalar::Number, "Number"),
            (Scalar::String, "String"),
        ];
        order.iter().position(|(scalar, _)| is_scalar(ty, *scalar)).map(|rank| (rank, order[rank].1))
    };
    let mut ranked = Vec::new();
    for arm in &arms {
        match rank(&arm.ty) {
            Some(rank) => ranked.push(rank),
            None => return Err(arms),
        }
    }
    ranked.sort_unstable();
    let names: Vec<&str> = ranked.iter().map(|(_, name)| *name).collect();
    let mut arms = arms;
    arms.sort_by_key(|arm| rank(&arm.ty).map(|(rank, _)| rank));
    Ok((names.join("Or"), arms))
}
