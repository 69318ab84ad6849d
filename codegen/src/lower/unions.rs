//! Unions to IR: null, lists and text get wrappers, the rest becomes a named union with its tag.

use super::{Env, Lowering, is_scalar};
use crate::ir::{Arm, Enum, EnumValue, Kind, MemberFacts, Object, Ty, TypeId, Union, Variant};
use crate::spec::model::{self, Scalar, Schema, Tag};

impl Lowering<'_> {
    /// The type of a union that stands at `place` or is defined there.
    pub(super) fn union(
        &mut self,
        place: &str,
        union: &model::Union,
        env: &Env,
        definition: Option<&model::TypeDef>,
    ) -> Ty {
        if self.under_way.contains(place) {
            return if self.is_nullable(union, env) && (definition.is_none() || union.of.len() < 3) {
                Ty::Nullable(Box::new(Ty::Named(place.to_owned())))
            } else {
                Ty::Named(place.to_owned())
            };
        }
        if union.tag.is_some() {
            self.under_way.insert(place.to_owned());
            let kind = self.tagged(place, union, env);
            return self.finish(place, kind, definition);
        }
        if let Some(kind) = literals(union) {
            self.under_way.insert(place.to_owned());
            return self.finish(place, kind, definition);
        }
        // Alternatives may lead back here, so the place is taken before they are lowered, unless a wrapper will do.
        let wrapped = self.wrapper(place, union, env);
        if let Some(ty) = wrapped {
            return ty;
        }
        self.under_way.insert(place.to_owned());
        let mut nullable = false;
        let mut arms: Vec<Arm> = Vec::new();
        for (index, alternative) in union.of.iter().enumerate() {
            let name = union.names.get(index).cloned();
            let ty = match self.ty(&arm_place(place, index), alternative, env) {
                // A named union of several values has null as one of them; anywhere else, null is the absence of a value.
                Ty::Scalar(Scalar::Null) if definition.is_none() || union.of.len() < 3 => {
                    nullable = true;
                    continue;
                }
                Ty::Nullable(inner) => {
                    nullable = true;
                    *inner
                }
                ty => ty,
            };
            if !arms.iter().any(|arm| arm.ty == ty) {
                arms.push(Arm::new(name, ty));
            }
        }
        let ty = match <[Arm; 1]>::try_from(arms) {
            Ok([only]) => only.ty,
            Err(arms) => {
                let (id, arms) = content_id(arms).unwrap_or_else(|arms| (place.to_owned(), arms));
                let id = if definition.is_some() { place.to_owned() } else { id };
                self.finish(&id, Kind::Union(Union { arms, tag: None, default: None }), definition)
            }
        };
        if nullable { Ty::Nullable(Box::new(ty)) } else { ty }
    }

    fn finish(&mut self, id: &str, kind: Kind, definition: Option<&model::TypeDef>) -> Ty {
        let facts = definition.map(|definition| definition.facts.clone()).unwrap_or_default();
        self.define(id, kind, &facts, definition.map(|definition| &definition.place));
        Ty::Named(id.to_owned())
    }

    fn is_nullable(&self, union: &model::Union, env: &Env) -> bool {
        union.of.iter().any(|arm| match arm {
            Schema::Scalar(Scalar::Null) => true,
            Schema::Ref { name, args } if args.is_empty() => {
                let definition = self.api.types.get(name).map(|definition| &definition.schema);
                matches!(env.get(name).or(definition), Some(Schema::Scalar(Scalar::Null)))
            }
            _ => false,
        })
    }

    /// `T | T[]` and `T | null` need no name.
    fn wrapper(&mut self, place: &str, union: &model::Union, env: &Env) -> Option<Ty> {
        let [first, second] = &union.of[..] else { return None };
        let (one, many) = match (first, second) {
            (one, Schema::List(many)) => (one, many),
            (Schema::List(many), one) => (one, many),
            (one, Schema::Scalar(Scalar::Null)) | (Schema::Scalar(Scalar::Null), one) => {
                return Some(match self.ty(place, one, env) {
                    nullable @ Ty::Nullable(_) => nullable,
                    ty => Ty::Nullable(Box::new(ty)),
                });
            }
            _ => return None,
        };
        if self.ty(place, one, env) != self.ty(place, many, env) {
            return None;
        }
        Some(Ty::OneOrMany(Box::new(self.ty(place, one, env))))
    }

    fn tagged(&mut self, place: &str, union: &model::Union, env: &Env) -> Kind {
        let arms: Vec<(Option<String>, Ty)> = (union.of.iter().enumerate())
            .map(|(index, arm)| (union.names.get(index).cloned(), self.ty(&arm_place(place, index), arm, env)))
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
            Some(Tag::Member { name, default, mapping }) => {
                let arms = arms.into_iter().enumerate().map(|(index, (arm_name, ty))| {
                    let mapped = mapping.iter().filter(|(_, arm)| **arm == index);
                    Arm { name: arm_name, ty, tags: mapped.map(|(tag, _)| tag.clone()).collect() }
                });
                let arms = arms.collect();
                self.tagged.push((place.to_owned(), default.clone()));
                Kind::Union(Union { arms, tag: Some(name.clone()), default: None })
            }
            Some(Tag::Untyped(_)) | None => {
                let arms = arms.into_iter().map(|(name, ty)| Arm::new(name, ty)).collect();
                Kind::Union(Union { arms, tag: None, default: None })
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
                    arm.tags = self.tags_of(&arm.ty, &tag);
                }
            }
            union.default = default.and_then(|default| union.arms.iter().position(|arm| arm.tags.contains(&default)));
            if let Some(ty) = self.types.get_mut(&id) {
                ty.kind = Kind::Union(union);
            }
        }
    }

    /// The values an alternative's own tag member may have.
    fn tags_of(&self, ty: &Ty, tag: &str) -> Vec<String> {
        let Ty::Named(id) = ty else { return Vec::new() };
        match self.types.get(id).map(|ty| &ty.kind) {
            Some(Kind::Object(Object { members, .. })) => {
                members.iter().find(|member| member.name == tag).map(|member| self.constants(&member.ty))
            }
            Some(Kind::Union(union)) => Some(union.arms.iter().flat_map(|arm| self.tags_of(&arm.ty, tag)).collect()),
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

/// Where an inline alternative of a union stands.
fn arm_place(place: &str, index: usize) -> TypeId {
    format!("{place}.arm{index}")
}

/// A union of strings that are all constants is an enum.
fn literals(union: &model::Union) -> Option<Kind> {
    let values: Option<Vec<EnumValue>> = (union.of.iter())
        .map(|arm| match arm {
            Schema::Literal(model::Json::String(value)) => {
                Some(EnumValue { value: value.clone(), aliases: Vec::new(), facts: MemberFacts::default() })
            }
            _ => None,
        })
        .collect();
    values.map(|values| Kind::Enum(Enum { values, booleans: false }))
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
