//! Every single thing that can be wrong with a value, wherever it stands: in members of members, items of lists and
//! alternatives of unions. Reads types as Kibana does: exactly, and objects are closed where the specification says so.
//! A second opinion on what the embedded stack finds: nothing of the stack's own reading is trusted.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::table::{Member, Object, Operation, Scalar, Shape, Table, Type};

/// What is wrong with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flaw {
    /// A required member is not there.
    Missing,
    /// Another type.
    WrongType,
    /// A member that a closed object does not have.
    Unknown,
    /// None of an enum's values.
    BadEnum,
}

/// A value with one thing wrong.
#[derive(Clone, Debug)]
pub struct Flawed {
    /// What.
    pub flaw: Flaw,
    /// Names and indices of the place from the outside in.
    pub at: Vec<String>,
    /// The whole value.
    pub value: Value,
}

/// Types that lead to themselves are followed this far.
const DEPTH: usize = 64;

impl Table {
    /// The request body with each single thing wrong that makes it one that the operation does not take.
    pub fn flawed(&self, operation: &Operation, body: &Value) -> Vec<Flawed> {
        let Some(ty) = &operation.body else { return Vec::new() };
        let mut walk = Walk { table: self, root: body, path: Vec::new(), seen: BTreeSet::new(), found: Vec::new() };
        walk.value(ty, body);
        walk.found.retain(|flawed| !self.takes(ty, &flawed.value, 0));
        walk.found
    }

    /// Whether the operation takes a request body; whatever only limits and patterns tell apart is taken.
    pub fn takes_body(&self, operation: &Operation, body: &Value) -> bool {
        operation.body.as_ref().is_some_and(|ty| self.takes(ty, body, 0))
    }

    /// A text that is none of a query parameter's values; none when every text may be.
    pub fn bad_text(&self, operation: &Operation, parameter: &str) -> Option<&'static str> {
        let member = operation.query.get(parameter)?;
        (!self.takes_text(&member.ty, 0)).then_some("no_such_value")
    }

    fn takes_text(&self, ty: &Type, depth: usize) -> bool {
        let any = |arms: &[Type]| arms.iter().any(|arm| self.takes_text(arm, depth + 1));
        let shape = |shape: &Shape| match shape {
            Shape::Enum { .. } => false,
            Shape::AnyOf { arms, .. } => any(arms),
            Shape::Object(_) => true,
        };
        match ty {
            _ if depth > DEPTH => true,
            Type::Any | Type::Map(_) | Type::Pair(_) => true,
            Type::Scalar(scalar) => ["string", "binary"].contains(&scalar.name.as_str()),
            Type::Const(_) => false,
            Type::List(item, _) => self.takes_text(item, depth + 1),
            Type::AnyOf(arms) => any(arms),
            Type::Inline(inner) => shape(inner),
            Type::Ref(id) => self.types.get(id).is_none_or(shape),
        }
    }

    fn takes(&self, ty: &Type, value: &Value, depth: usize) -> bool {
        let all = |item: &Type, values: &mut dyn Iterator<Item = &Value>| {
            let mut values = values.map(|value| self.takes(item, value, depth + 1));
            values.all(|takes| takes)
        };
        match (ty, value) {
            _ if depth > DEPTH => true,
            (Type::Any, _) => true,
            (Type::Scalar(scalar), _) => is_of(scalar, value),
            (Type::Const(constant), _) => constant == value,
            (Type::List(item, _), Value::Array(items)) => all(item, &mut items.iter()),
            (Type::Map(item), Value::Object(members)) => all(item, &mut members.values()),
            (Type::Pair(item), Value::Object(members)) => members.len() == 1 && all(item, &mut members.values()),
            (Type::List(..) | Type::Map(_) | Type::Pair(_), _) => false,
            (Type::AnyOf(arms), _) => arms.iter().any(|arm| self.takes(arm, value, depth + 1)),
            (Type::Inline(shape), _) => self.shape_takes(shape, value, depth),
            (Type::Ref(id), _) => self.types.get(id).is_none_or(|shape| self.shape_takes(shape, value, depth)),
        }
    }

    fn shape_takes(&self, shape: &Shape, value: &Value, depth: usize) -> bool {
        match (shape, value) {
            (Shape::AnyOf { arms, .. }, _) => arms.iter().any(|arm| self.takes(arm, value, depth + 1)),
            (Shape::Enum { values, .. }, Value::String(text)) => values.contains(text),
            (Shape::Enum { values, .. }, Value::Bool(_) | Value::Number(_)) => values.contains(&value.to_string()),
            (Shape::Object(object), Value::Object(given)) => {
                let named = |name: &str| object.members.iter().find(|(known, member)| stands(name, known, member));
                let there = |(name, member): (&String, &Member)| {
                    !member.required || member.has_default || given.keys().any(|one| stands(one, name, member))
                };
                let fits = |(name, value): (&String, &Value)| match (named(name), &object.additional) {
                    (Some((_, member)), _) => match self.told(&member.ty, given) {
                        Told::By(ty) => self.takes(ty, value, depth + 1),
                        Told::Nothing => value.is_object(),
                    },
                    (None, Some(each)) => self.takes(each, value, depth + 1),
                    (None, None) => !object.closed,
                };
                object.members.iter().all(there) && given.iter().all(fits)
            }
            _ => false,
        }
    }
}

/// What the members beside a value say of its type.
enum Told<'t> {
    By(&'t Type),
    /// They hold what no alternative is for: it may be any object.
    Nothing,
}

impl Table {
    /// The type itself, or the alternative of it that a member beside it tells.
    fn told<'t>(&'t self, ty: &'t Type, beside: &Map<String, Value>) -> Told<'t> {
        let Some((_, union)) = super::beside_of(self, ty) else { return Told::By(ty) };
        let Some(holds) = beside.get(&union.member).and_then(Value::as_str) else { return Told::By(ty) };
        let Type::Ref(id) = ty else { return Told::By(ty) };
        let Some(Shape::AnyOf { arms, .. }) = self.types.get(id) else { return Told::By(ty) };
        let arm = union.tags.iter().position(|tags| tags.iter().any(|tag| tag == holds));
        arm.and_then(|arm| arms.get(arm)).map_or(Told::Nothing, Told::By)
    }
}

/// Whether a given name means a member.
fn stands(given: &str, name: &str, member: &Member) -> bool {
    given == name || member.aliases.iter().any(|alias| alias == given)
}

fn is_of(scalar: &Scalar, value: &Value) -> bool {
    match (scalar.name.as_str(), value) {
        ("binary", _) => true,
        ("null", _) => value.is_null(),
        ("boolean", _) => value.is_boolean(),
        ("string", _) => value.is_string(),
        (name, Value::Number(number)) => {
            !name.contains("int") || number.as_f64().is_some_and(|number| number.fract() == 0.0)
        }
        _ => false,
    }
}

struct Walk<'a> {
    table: &'a Table,
    root: &'a Value,
    path: Vec<String>,
    /// Several alternatives may have the same thing to say of a place.
    seen: BTreeSet<(Flaw, Vec<String>)>,
    found: Vec<Flawed>,
}

impl Walk<'_> {
    fn value(&mut self, ty: &Type, value: &Value) {
        if self.path.len() > DEPTH {
            return;
        }
        match ty {
            Type::Any => {}
            Type::Scalar(scalar) if scalar.name == "binary" => {}
            Type::Scalar(scalar) if scalar.name == "string" => self.replace(Flaw::WrongType, json!({ "no": "text" })),
            Type::Scalar(_) => self.replace(Flaw::WrongType, json!("no_such_value")),
            Type::Const(_) => self.replace(Flaw::BadEnum, json!("no_such_value")),
            Type::List(item, _) => {
                self.replace(Flaw::WrongType, json!("no_list"));
                let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
                if let Some(last) = items.len().checked_sub(1) {
                    self.below(&last.to_string(), item, &items[last]);
                }
            }
            Type::Map(item) | Type::Pair(item) => {
                self.replace(Flaw::WrongType, json!("no_object"));
                if let Some((name, inner)) = value.as_object().and_then(|members| members.iter().next()) {
                    self.below(name, item, inner);
                }
            }
            Type::AnyOf(arms) => self.alternatives(arms, value),
            Type::Inline(shape) => self.shape(shape, value),
            Type::Ref(id) => {
                let table = self.table;
                if let Some(shape) = table.types.get(id) {
                    self.shape(shape, value);
                }
            }
        }
    }

    fn shape(&mut self, shape: &Shape, value: &Value) {
        match (shape, value) {
            (Shape::Enum { .. }, _) => self.replace(Flaw::BadEnum, json!("no_such_value")),
            (Shape::AnyOf { arms, .. }, _) => self.alternatives(arms, value),
            (Shape::Object(object), Value::Object(given)) => self.object(object, value, given),
            (Shape::Object(_), _) => {}
        }
    }

    fn alternatives(&mut self, arms: &[Type], value: &Value) {
        self.replace(Flaw::WrongType, json!([[["no_such_list"]]]));
        for arm in arms.iter().filter(|arm| self.table.takes(arm, value, 0)) {
            self.value(arm, value);
        }
    }

    fn object(&mut self, object: &Object, value: &Value, given: &Map<String, Value>) {
        self.replace(Flaw::WrongType, json!("no_object"));
        for (name, member) in &object.members {
            let Some(inner) = value.get(name) else { continue };
            if member.required && !member.has_default {
                self.path.push(name.clone());
                let at = self.path.clone();
                self.path.pop();
                self.note(Flaw::Missing, at, |place| {
                    place.as_object_mut().map(|members| members.remove(name));
                });
            }
            if let Told::By(ty) = self.table.told(&member.ty, given) {
                self.below(name, ty, inner);
            }
        }
        if object.closed && object.additional.is_none() {
            let at = self.path.clone();
            self.note(Flaw::Unknown, at, |place| place["no_such_member"] = json!(1));
        }
    }

    fn below(&mut self, step: &str, ty: &Type, value: &Value) {
        self.path.push(step.to_owned());
        self.value(ty, value);
        self.path.pop();
    }

    fn replace(&mut self, flaw: Flaw, wrong: Value) {
        let at = self.path.clone();
        self.note(flaw, at, |place| *place = wrong);
    }

    /// Changes the value at the walk's place.
    fn note(&mut self, flaw: Flaw, at: Vec<String>, change: impl FnOnce(&mut Value)) {
        if !self.seen.insert((flaw, at.clone())) {
            return;
        }
        let mut value = self.root.clone();
        let place = self.path.iter().try_fold(&mut value, |place, step| match place {
            Value::Array(items) => step.parse::<usize>().ok().and_then(|at| items.get_mut(at)),
            Value::Object(members) => members.get_mut(step),
            _ => None,
        });
        if let Some(place) = place {
            change(place);
            self.found.push(Flawed { flaw, at, value });
        }
    }
}
