//! What no code can be made for, said before anything is rendered.

use super::{Planner, graph};
use crate::ir::{Kind, Ty};

/// Types of `elkit::types` that can stand for upstream's.
const RUNTIME: [&str; 4] = ["ByteSize", "Duration", "EpochMillis", "Timestamp"];

impl Planner<'_> {
    /// A value that always holds a value of its own type would never end.
    pub(super) fn check_cycles(&mut self) {
        let mut needs: Vec<(&str, Vec<&str>)> = Vec::new();
        for (id, ty) in &self.ir.types {
            let Kind::Object(object) = &ty.kind else { continue };
            let members = object.members.iter().filter(|member| member.required && !self.is_newer(member));
            let held = members.filter_map(|member| object_in(&member.ty));
            let single = object.rest.iter().filter(|rest| rest.single).filter_map(|rest| object_in(&rest.ty));
            let objects = held.chain(single).filter(|held| self.is_object(held));
            needs.push((id, objects.collect()));
        }
        for cycle in graph::cycles(needs) {
            self.errors.push(format!(
                "a value of `{}` always holds another, without end: make a member optional in fixups.toml",
                cycle.join("` and `")
            ));
        }
    }

    /// Hand-written types are those that the client has.
    pub(super) fn check_runtime(&mut self) {
        for (id, name) in self.overlay.traits.runtime.iter().filter(|(_, name)| !RUNTIME.contains(&name.as_str())) {
            self.errors
                .push(format!("traits.toml runtime: `{id}` = `{name}`, but there are only {}", RUNTIME.join(", ")));
        }
    }

    fn is_object(&self, id: &str) -> bool {
        matches!(self.ir.types.get(id).map(|ty| &ty.kind), Some(Kind::Object(_)))
    }

    /// Everything in a path or a query must be text, or a list of texts.
    pub(super) fn check_query_types(&mut self) {
        for operation in &self.ir.operations {
            for member in operation.path.iter().chain(&operation.query) {
                let item = match &member.ty {
                    Ty::Nullable(inner) => inner,
                    ty => ty,
                };
                let item = match item {
                    Ty::List(item) | Ty::OneOrMany(item) => item,
                    ty => ty,
                };
                if self.overlay.traits.json_query.contains(&format!("{}.{}", operation.id, member.name)) {
                    continue;
                }
                if self.is_text(item) {
                    self.textual.extend(named(item));
                } else {
                    self.errors.push(format!(
                        "`{}.{}` stands in the URL, but nothing says how its type is text",
                        operation.id, member.name
                    ));
                }
            }
        }
    }

    fn is_text(&self, ty: &Ty) -> bool {
        match ty {
            Ty::Any | Ty::Scalar(_) | Ty::Literal(_) | Ty::Runtime(_) => true,
            Ty::Stringified(item) => self.is_text(item),
            Ty::Named(id) => {
                matches!(self.ir.types.get(id).map(|ty| &ty.kind), Some(Kind::Enum(_) | Kind::Union(_)))
            }
            _ => false,
        }
    }
}

fn named(ty: &Ty) -> Option<String> {
    match ty {
        Ty::Named(id) => Some(id.clone()),
        _ => None,
    }
}

/// The type that a value of this type always holds.
fn object_in(ty: &Ty) -> Option<&str> {
    match ty {
        Ty::Named(id) => Some(id),
        Ty::Entry(item) => object_in(item),
        _ => None,
    }
}
