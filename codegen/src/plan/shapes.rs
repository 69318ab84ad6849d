//! IR types to Rust types, and what their values look like in JSON.

use std::collections::BTreeSet;

use super::{Planner, RustTy, Shape};
use crate::ir::{Kind, Ty, TypeId};
use crate::spec::model::{Json, Scalar};

/// Bits of the runtime's `kind`.
const NULL: u8 = 1;
const BOOLEAN: u8 = 2;
const INTEGER: u8 = 4;
const NUMBER: u8 = 12;
const STRING: u8 = 16;
const ARRAY: u8 = 32;
const OBJECT: u8 = 64;
const ANY: u8 = 127;

impl Planner<'_> {
    /// The Rust type of a value that stands in `owner` (a type, or none for an operation).
    pub(super) fn rust_ty(&mut self, ty: &Ty, owner: Option<&TypeId>) -> RustTy {
        let boxed = |planner: &mut Self, ty: &Ty| Box::new(planner.rust_ty(ty, None));
        match ty {
            Ty::Any => RustTy::Value,
            Ty::Scalar(scalar) => scalar_ty(*scalar),
            Ty::Literal(Json::Bool(_)) => RustTy::Plain("bool"),
            Ty::Literal(Json::Number(_)) => RustTy::Number,
            Ty::Literal(_) => RustTy::Plain("String"),
            Ty::Runtime(name) => RustTy::Runtime(name.clone()),
            Ty::Named(id) => {
                let named = self.named_ty(id);
                match owner {
                    Some(owner) if self.boxed.contains(&(owner.clone(), id.clone())) => RustTy::Boxed(Box::new(named)),
                    _ => named,
                }
            }
            Ty::List(item) => RustTy::Vec(boxed(self, item)),
            Ty::Map(item) => RustTy::Map(boxed(self, item)),
            Ty::Entry(item) => RustTy::Generic("Entry", Box::new(self.rust_ty(item, owner))),
            Ty::Nullable(item) => RustTy::Option(Box::new(self.rust_ty(item, owner))),
            Ty::OneOrMany(item) => RustTy::Generic("OneOrMany", Box::new(self.rust_ty(item, owner))),
            Ty::Stringified(item) => RustTy::Generic("Stringified", boxed(self, item)),
            Ty::TypedKeys(id) => RustTy::Generic("TypedKeys", Box::new(self.named_ty(id))),
        }
    }

    pub(super) fn named_ty(&self, id: &str) -> RustTy {
        match self.names.get(id) {
            Some((module, name)) => RustTy::Named { module: module.clone(), name: name.clone() },
            None => RustTy::Value,
        }
    }

    /// What values of a type look like.
    pub(super) fn shape(&self, ty: &Ty) -> Shape {
        self.shape_within(ty, &mut BTreeSet::new())
    }

    /// `around` are the unions that the type stands in.
    fn shape_within<'t>(&'t self, ty: &'t Ty, around: &mut BTreeSet<&'t str>) -> Shape {
        let mut shape = Shape { kinds: self.kinds(ty, &mut BTreeSet::new()), items: ANY, ..Shape::default() };
        match ty {
            Ty::Literal(Json::String(value)) => shape.values = vec![value.clone()],
            Ty::List(item) => shape.items = self.kinds(item, &mut BTreeSet::new()),
            Ty::Named(id) => match self.ir.types.get(id).map(|ty| &ty.kind) {
                Some(Kind::Enum(values)) => {
                    shape.values = values.values.iter().map(|value| value.value.clone()).collect();
                }
                Some(Kind::Object(object)) => {
                    let members = || object.members.iter().filter(|member| member.required);
                    shape.required = members().map(|member| member.name.clone()).collect();
                    shape.members = object.members.iter().map(|member| member.name.clone()).collect();
                    shape.members.extend(object.variants.iter().map(|variant| variant.name.clone()));
                }
                Some(Kind::Container(variants)) => {
                    shape.members = variants.iter().map(|variant| variant.name.clone()).collect();
                }
                // Its objects have what all of its alternatives have, and may have what one of them may have.
                Some(Kind::Union(union)) if around.insert(id) => {
                    let arms = union.arms.iter().map(|arm| self.shape_within(&arm.ty, around));
                    let objects: Vec<Shape> = arms.filter(|arm| arm.kinds & OBJECT != 0).collect();
                    let everywhere = |name: &&String| objects.iter().all(|arm| arm.required.contains(name));
                    if let Some(first) = objects.first() {
                        shape.required = first.required.iter().filter(everywhere).cloned().collect();
                    }
                    let members: BTreeSet<String> = objects.iter().flat_map(|arm| arm.members.clone()).collect();
                    // One that may have any member may have these too.
                    if objects.iter().all(|arm| !arm.members.is_empty()) {
                        shape.members = members.into_iter().collect();
                    }
                }
                _ => {}
            },
            _ => {}
        }
        shape
    }

    /// The kinds of JSON value a type may be; `seen` are types that were looked at.
    fn kinds<'t>(&'t self, ty: &'t Ty, seen: &mut BTreeSet<&'t str>) -> u8 {
        match ty {
            Ty::Any => ANY,
            Ty::Scalar(scalar) => scalar_kinds(*scalar),
            Ty::Literal(Json::Bool(_)) => BOOLEAN,
            Ty::Literal(Json::Number(_)) => NUMBER,
            Ty::Literal(_) => STRING,
            Ty::Runtime(name) if name == "EpochMillis" => INTEGER,
            Ty::Runtime(_) => STRING | INTEGER,
            Ty::List(_) => ARRAY,
            Ty::Map(_) | Ty::Entry(_) | Ty::TypedKeys(_) => OBJECT,
            Ty::Nullable(item) => NULL | self.kinds(item, seen),
            Ty::OneOrMany(item) => ARRAY | self.kinds(item, seen),
            Ty::Stringified(item) => STRING | self.kinds(item, seen),
            // Seen already: its kinds are among those that were gathered.
            Ty::Named(id) if !seen.insert(id) => 0,
            Ty::Named(id) => match self.ir.types.get(id).map(|ty| &ty.kind) {
                Some(Kind::Object(object)) => {
                    let shortcut = object.members.iter().find(|member| object.shortcut.as_ref() == Some(&member.name));
                    OBJECT | shortcut.map_or(0, |member| self.kinds(&member.ty, seen))
                }
                Some(Kind::Enum(values)) => STRING | if values.booleans { BOOLEAN } else { 0 },
                Some(Kind::Union(union)) => union.arms.iter().fold(0, |kinds, arm| kinds | self.kinds(&arm.ty, seen)),
                Some(Kind::Container(_)) => OBJECT,
                Some(Kind::Keyed(_)) | None => ANY,
            },
        }
    }
}

fn scalar_ty(scalar: Scalar) -> RustTy {
    RustTy::Plain(match scalar {
        Scalar::String | Scalar::Binary => "String",
        Scalar::Boolean => "bool",
        Scalar::Int32 => "i32",
        Scalar::Int64 => "i64",
        Scalar::Uint32 => "u32",
        Scalar::Uint64 => "u64",
        // A wider type keeps every digit that a server wrote.
        Scalar::Float32 | Scalar::Float64 => "f64",
        Scalar::Number => return RustTy::Number,
        Scalar::Null => return RustTy::Unit,
    })
}

fn scalar_kinds(scalar: Scalar) -> u8 {
    match scalar {
        Scalar::String | Scalar::Binary => STRING,
        Scalar::Boolean => BOOLEAN,
        Scalar::Int32 | Scalar::Int64 | Scalar::Uint32 | Scalar::Uint64 => INTEGER,
        Scalar::Float32 | Scalar::Float64 | Scalar::Number => NUMBER,
        Scalar::Null => NULL,
    }
}
