//! Random valid requests and answers of every operation, from the table that `generate` writes. The same seed gives the
//! same values. Choices (alternatives of unions, values of enums, members of containers) go to what was seen least, so
//! that a few thousand samples see all of them.

mod flaws;
mod table;
mod values;

use std::collections::BTreeMap;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

pub use flaws::{Flaw, Flawed};
use table::{Member, Shape, Type};
pub use table::{Operation, Table};
use values::Random;

/// How much of an optional whole is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// What is required.
    Minimal,
    /// Everything.
    Full,
    /// Something in between.
    Random,
}

/// Who writes the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// A user: only what the specification has.
    Request,
    /// A server: members and values that no specification has yet, too.
    Response,
}

/// Makes samples.
pub struct Sampler<'a> {
    table: &'a Table,
    random: Random,
    style: Style,
    side: Side,
    /// Whether values are what the specification says: within limits, in their formats, null only where they may be.
    careful: bool,
    /// How many more values there may be before only the smallest are made.
    budget: usize,
    /// How often each choice was made, by type.
    seen: BTreeMap<String, Vec<usize>>,
    spoil: Option<usize>,
    spoiled: Option<String>,
}

/// A raw request.
#[derive(Clone, Debug)]
pub struct RawRequest {
    /// A verb.
    pub method: String,
    /// The encoded path.
    pub path: String,
    /// The query.
    pub query: Vec<(String, String)>,
    /// The body.
    pub body: Option<Value>,
}

/// Values in one sample beyond which it gets no bigger than it must.
const BUDGET: usize = 300;

/// Depth at which a sample gets no deeper than it must.
const DEPTH: usize = 14;

impl<'a> Sampler<'a> {
    /// A sampler.
    pub fn new(table: &'a Table, seed: u64) -> Self {
        let random = Random::new(seed);
        let seen = BTreeMap::new();
        let (style, side) = (Style::Random, Side::Request);
        Self { table, random, style, side, careful: false, budget: 0, seen, spoil: None, spoiled: None }
    }

    /// A sampler of values that no server may refuse: they keep all limits, formats and patterns.
    pub fn careful(table: &'a Table, seed: u64) -> Self {
        Self { careful: true, ..Self::new(table, seed) }
    }

    /// A body with a value of another type in the place of a number or a truth value, and what it is: the first such
    /// place after `skipped` others.
    pub fn spoiled(&mut self, operation: &Operation, side: Side, skipped: usize) -> Option<(Value, String)> {
        self.spoil = Some(skipped);
        let body = match side {
            Side::Request => self.request(operation, Style::Random),
            Side::Response => self.response(operation, Style::Random),
        };
        self.spoil = None;
        Some((body?, self.spoiled.take()?))
    }

    /// A request body; none when the operation has none.
    pub fn request(&mut self, operation: &Operation, style: Style) -> Option<Value> {
        let body = operation.body.as_ref()?;
        Some(self.sample(body, style, Side::Request))
    }

    /// A response body; none when the operation has none.
    pub fn response(&mut self, operation: &Operation, style: Style) -> Option<Value> {
        let body = operation.response.as_ref()?;
        Some(self.sample(body, style, Side::Response))
    }

    /// A whole request, on any of the operation's routes.
    pub fn raw(&mut self, operation: &Operation, style: Style) -> RawRequest {
        (self.style, self.side, self.budget) = (style, Side::Request, BUDGET);
        let route = self.least(&format!("{} route", operation.id), operation.routes.len());
        let (verbs, template) = &operation.routes[route];
        let method = verbs[self.least(&format!("{} verb {route}", operation.id), verbs.len())].clone();
        let segments =
            template.split('/').map(|segment| match segment.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
                Some((name, after)) => format!("{}{after}", self.path_value(&operation.path[name])),
                None => segment.to_owned(),
            });
        let path = segments.collect::<Vec<_>>().join("/");
        let wanted: Vec<(&String, &Member)> =
            operation.query.iter().filter(|(_, member)| member.required || self.wants()).collect();
        let query = wanted.into_iter().flat_map(|(name, member)| {
            let values = self.query_values(member).into_iter();
            values.map(|value| (name.clone(), value)).collect::<Vec<_>>()
        });
        let query = query.collect();
        let body = match &operation.body {
            Some(body) if operation.body_required || style != Style::Minimal => Some(self.value(body, 0)),
            _ => None,
        };
        // Where a body may be null, there may be none.
        let mut body = body.filter(|body: &Value| !body.is_null() || !self.careful);
        // Nothing is null in a form.
        if let (Some("multipart"), Some(Value::Object(parts))) = (operation.media("request"), &mut body) {
            parts.retain(|_, part| !part.is_null());
        }
        RawRequest { method, path, query, body }
    }

    /// Changes something inside a value: a member is gone, null, or of another type. The value itself stays what it is.
    pub fn damage(&mut self, value: &mut Value) {
        let mut inner = value;
        loop {
            let count = match inner {
                Value::Object(members) => members.len(),
                Value::Array(items) => items.len(),
                _ => 0,
            };
            if count == 0 {
                return;
            }
            let at = self.random.below(count);
            let deeper = self.random.chance(2);
            let child = match inner {
                Value::Object(members) => members.values_mut().nth(at),
                Value::Array(items) => items.get_mut(at),
                _ => None,
            };
            let is_leaf = |child: &Value| !matches!(child, Value::Object(_) | Value::Array(_));
            match child {
                Some(child) if deeper && !is_leaf(child) => inner = child,
                Some(child) => {
                    *child = self.random.any();
                    return;
                }
                None => return,
            }
        }
    }

    /// Takes a member of the value away, or of one inside it.
    pub fn drop_member(&mut self, value: &mut Value) {
        match value {
            Value::Object(members) if !members.is_empty() => {
                let at = self.random.below(members.len());
                let Some((name, inner)) = members.iter_mut().nth(at) else { return };
                let holds_members = matches!(inner, Value::Object(_) | Value::Array(_));
                if holds_members && self.random.chance(2) {
                    return self.drop_member(inner);
                }
                let name = name.clone();
                members.remove(&name);
            }
            Value::Array(items) if !items.is_empty() => {
                let at = self.random.below(items.len());
                self.drop_member(&mut items[at]);
            }
            _ => {}
        }
    }

    /// Choices that no sample has made: alternatives, values and variants by their number, and members.
    pub fn unseen(&self) -> Vec<(String, usize)> {
        let all = self.table.types.iter().flat_map(|(id, ty)| choices(id, ty));
        let times = |(id, choice): &(String, usize)| self.seen.get(id).and_then(|times| times.get(*choice)).copied();
        all.filter(|choice| times(choice).unwrap_or_default() == 0).collect()
    }

    fn sample(&mut self, ty: &Type, style: Style, side: Side) -> Value {
        (self.style, self.side, self.budget) = (style, side, BUDGET);
        self.value(ty, 0)
    }

    fn wants(&mut self) -> bool {
        match self.style {
            Style::Minimal => false,
            Style::Full => true,
            Style::Random => self.random.chance(2),
        }
    }

    /// Whether a value may be of a later version than the specification.
    fn invents(&self) -> bool {
        self.side == Side::Response && !self.careful
    }

    /// Whether to make nothing that need not be.
    fn is_small(&self, depth: usize) -> bool {
        self.budget == 0 || depth >= DEPTH
    }

    fn value(&mut self, ty: &Type, depth: usize) -> Value {
        self.budget = self.budget.saturating_sub(1);
        match ty {
            Type::Any => self.random.any(),
            Type::Scalar(scalar) if self.careful => self.random.within(scalar),
            Type::Scalar(scalar) => self.random.scalar(&scalar.name),
            Type::Const(value) => value.clone(),
            Type::Ref(id) => match self.table.types.get(id) {
                Some(target) => self.named(id, target, depth),
                None => Value::Null,
            },
            Type::List(item, size) => {
                let count = if self.is_small(depth) { 0 } else { self.random.below(4) };
                let count = if self.careful { size.closest(count) } else { count };
                (0..count).map(|_| self.value(item, depth + 1)).collect()
            }
            Type::Map(item) => {
                let count = if self.is_small(depth) { 0 } else { self.random.below(4) };
                (0..count).map(|_| self.entry(item, depth)).collect::<Map<_, _>>().into()
            }
            Type::Pair(item) => Map::from_iter([self.entry(item, depth)]).into(),
            Type::AnyOf(arms) => {
                let arm = self.smallest_or(depth, arms, |sampler| sampler.random.below(arms.len()));
                self.value(&arms[arm], depth)
            }
            Type::Inline(shape) => self.shape("", shape, depth),
        }
    }

    fn named(&mut self, id: &str, ty: &Shape, depth: usize) -> Value {
        match ty {
            Shape::AnyOf { arms, tag, .. } => {
                if self.invents()
                    && self.random.chance(12)
                    && let Some(tag) = tag
                {
                    return json!({ (tag.member.as_str()): "of_a_later_version", "what": self.random.any() });
                }
                let arm = self.smallest_or(depth, arms, |sampler| sampler.least(id, arms.len()));
                self.seen(id, arm);
                let mut value = self.value(&arms[arm], depth);
                if let Some(tag) = tag
                    && let Some(told) = value.get_mut(&tag.member).filter(|told| told.is_string())
                    && let Some(of) = tag.tags.get(arm).filter(|of| !of.is_empty())
                    && of.iter().all(|known| told != known)
                {
                    // The alternative itself may have values of others.
                    *told = json!(of[self.random.below(of.len())]);
                }
                value
            }
            shape => self.shape(id, shape, depth),
        }
    }

    fn shape(&mut self, id: &str, shape: &Shape, depth: usize) -> Value {
        match shape {
            Shape::Enum { values, booleans } => {
                if self.invents() && self.random.chance(8) {
                    return json!("of_a_later_version");
                }
                let value = &values[self.least(id, values.len())];
                match value.parse::<bool>() {
                    Ok(value) if *booleans => json!(value),
                    _ => json!(value),
                }
            }
            Shape::AnyOf { arms, .. } => self.value(&Type::AnyOf(arms.clone()), depth),
            Shape::Object(object) => {
                if let Some(shortcut) = &object.shortcut
                    && let Some(member) = object.members.get(shortcut)
                    && object.members.iter().all(|(name, member)| name == shortcut || !member.required)
                    && !self.is_object(&member.ty, 0)
                    && self.random.chance(3)
                {
                    return self.value(&member.ty, depth + 1);
                }
                self.object(id, object, depth).into()
            }
        }
    }

    fn object(&mut self, id: &str, object: &table::Object, depth: usize) -> Map<String, Value> {
        let mut members = Map::new();
        let is_variant = |name: &str| object.variants.iter().any(|variant| variant == name);
        let mut named: Vec<_> = object.members.iter().filter(|(name, _)| !is_variant(name)).collect();
        if !named.is_empty() {
            // Who comes first has most of the budget.
            let first = self.random.below(named.len());
            named.rotate_left(first);
        }
        let told = self.tell(object);
        for (name, member) in named {
            let place = format!("{id}.{name}");
            let new = self.style == Style::Random && !id.is_empty() && !self.seen.contains_key(&place);
            let optional = !self.is_small(depth) && (self.wants() || new);
            // What a neighbour tells may need more than what it is by default.
            let is_told = self.careful && told.is_some() && beside_of(self.table, &member.ty).is_some();
            if member.required || optional || is_told {
                self.seen(&place, 0);
                let null = !member.required && self.random.chance(12) && !self.careful;
                let value = match self.as_told(told.as_ref(), name, &member.ty, depth) {
                    Some(value) => value,
                    None if null => Value::Null,
                    None if self.is_to_spoil(&member.ty, &place) => json!({ "wrong": [] }),
                    None => self.value(&member.ty, depth + 1),
                };
                let alias = member.aliases.first().filter(|_| self.random.chance(4));
                members.insert(alias.unwrap_or(name).clone(), value);
            }
        }
        if !object.variants.is_empty() && (object.closed || self.wants()) {
            let types: Vec<Type> = object.variants.iter().map(|name| object.members[name].ty.clone()).collect();
            let variant = self.smallest_or(depth, &types, |sampler| sampler.least(id, types.len()));
            self.seen(id, variant);
            members.insert(object.variants[variant].clone(), self.value(&types[variant], depth + 1));
        }
        if let Some(each) = &object.additional {
            let most = if self.is_small(depth) { 0 } else { self.random.below(3) };
            for _ in 0..if object.single { 1 } else { most } {
                members.extend([self.entry(each, depth)]);
            }
        } else if self.invents() && !object.closed && self.random.chance(4) {
            members.insert(format!("of_a_later_version{}", self.random.below(9)), self.random.any());
        }
        members
    }

    /// For an object with a member that tells the alternatives of others: its name, and what it holds.
    fn tell(&mut self, object: &table::Object) -> Option<(String, String)> {
        let table = self.table;
        let (id, beside) = object.members.values().find_map(|member| beside_of(table, &member.ty))?;
        let tags = &beside.tags[self.least(id, beside.tags.len())];
        let holds = match self.random.chance(8) {
            true => "of_a_plugin".to_owned(),
            false => tags[self.random.below(tags.len())].clone(),
        };
        object.members.contains_key(&beside.member).then(|| (beside.member.clone(), holds))
    }

    /// The value of a member that tells alternatives, or of one whose alternative is told.
    fn as_told(&mut self, told: Option<&(String, String)>, name: &str, ty: &Type, depth: usize) -> Option<Value> {
        let (member, holds) = told?;
        if name == member {
            return Some(json!(holds));
        }
        let (id, beside) = beside_of(self.table, ty)?;
        let Some(arm) = beside.tags.iter().position(|tags| tags.contains(holds)) else { return Some(json!({})) };
        let Some(Shape::AnyOf { arms, .. }) = self.table.types.get(id) else { return None };
        self.seen(id, arm);
        Some(self.value(&arms[arm], depth + 1))
    }

    fn is_to_spoil(&mut self, ty: &Type, place: &str) -> bool {
        let plain = |name: &str| name == "boolean" || name.starts_with("int") || name.starts_with("float");
        match (ty, self.spoil) {
            (Type::Scalar(scalar), Some(0)) if plain(&scalar.name) => {
                (self.spoil, self.spoiled) = (None, Some(place.to_owned()));
                true
            }
            (Type::Scalar(scalar), Some(skipped)) if plain(&scalar.name) => {
                self.spoil = Some(skipped - 1);
                false
            }
            _ => false,
        }
    }

    /// A key and its value. Where the value's type is told by the key, the key says so.
    fn entry(&mut self, each: &Type, depth: usize) -> (String, Value) {
        let key = format!("{}{}", self.random.word(), self.random.below(1000));
        if let Type::Ref(id) = each
            && let Some(Shape::AnyOf { arms, keys, .. }) = self.table.types.get(id)
            && !keys.is_empty()
        {
            let arm = self.smallest_or(depth, arms, |sampler| sampler.least(id, arms.len()));
            self.seen(id, arm);
            return (format!("{}#{key}", keys[arm]), self.value(&arms[arm], depth + 1));
        }
        (key, self.value(each, depth + 1))
    }

    /// The shallowest alternative when it must end, else what `choose` says.
    fn smallest_or(&mut self, depth: usize, arms: &[Type], choose: impl FnOnce(&mut Self) -> usize) -> usize {
        if self.is_small(depth) {
            let height = |arm: &usize| self.table.height(&arms[*arm]);
            return (0..arms.len()).min_by_key(height).unwrap_or_default();
        }
        choose(self)
    }

    /// The choice that was made least.
    fn least(&mut self, id: &str, count: usize) -> usize {
        let start = self.random.below(count.max(1));
        let times = self.seen.get(id).map_or(&[][..], Vec::as_slice);
        let times = |choice: &usize| times.get(*choice).copied().unwrap_or_default();
        let choice = (start..count).chain(0..start).min_by_key(times).unwrap_or_default();
        self.seen(id, choice);
        choice
    }

    fn seen(&mut self, id: &str, choice: usize) {
        if !self.seen.contains_key(id) {
            self.seen.insert(id.to_owned(), Vec::new());
        }
        if let Some(times) = self.seen.get_mut(id) {
            times.resize(times.len().max(choice + 1), 0);
            times[choice] += 1;
        }
    }

    /// Whether its values may be objects: such a one is no bare value of an object.
    fn is_object(&self, ty: &Type, depth: usize) -> bool {
        match ty {
            Type::Any | Type::Map(_) | Type::Pair(_) => true,
            Type::Scalar(_) | Type::Const(_) | Type::List(..) => false,
            Type::AnyOf(arms) => arms.iter().any(|arm| self.is_object(arm, depth)),
            Type::Inline(shape) => !matches!(**shape, Shape::Enum { .. }),
            Type::Ref(id) => match self.table.types.get(id) {
                Some(Shape::AnyOf { arms, .. }) => depth > 8 || arms.iter().any(|arm| self.is_object(arm, depth + 1)),
                Some(Shape::Enum { .. }) => false,
                _ => true,
            },
        }
    }

    fn path_value(&mut self, ty: &Type) -> String {
        let list = matches!(ty, Type::List(..))
            || matches!(ty, Type::AnyOf(arms) if arms.iter().any(|arm| matches!(arm, Type::List(..))));
        if self.careful && !list && !matches!(ty, Type::Scalar(scalar) if scalar.name == "string") {
            let text = text_of(&self.value(ty, 0));
            return utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string();
        }
        let count = if list { 1 + self.random.below(3) } else { 1 };
        let values: Vec<String> = (0..count).map(|_| self.random.segment()).collect();
        values.join(",")
    }

    /// The texts of a parameter; several only where each may come by itself.
    fn query_values(&mut self, member: &Member) -> Vec<String> {
        match self.value(&member.ty, 0) {
            Value::Array(items) if items.is_empty() && (!self.careful || member.required) => match &member.ty {
                Type::List(item, _) if self.careful => vec![text_of(&self.value(item, 0))],
                _ => vec!["one".to_owned()],
            },
            Value::Array(items) => {
                let items: Vec<String> = items.iter().map(|item| text_of(item).replace(',', ";")).collect();
                if self.careful { items } else { vec![items.join(",")] }
            }
            // Nothing is null in a URL.
            Value::Null if self.careful => Vec::new(),
            other => vec![text_of(&other)],
        }
    }
}

/// The union that a type is, if a neighbour tells its alternative.
fn beside_of<'t>(table: &'t Table, ty: &'t Type) -> Option<(&'t str, &'t table::Tag)> {
    let Type::Ref(id) = ty else { return None };
    match table.types.get(id)? {
        Shape::AnyOf { beside: Some(beside), .. } => Some((id, beside)),
        _ => None,
    }
}

/// A text as it is, anything else as JSON.
fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn choices(id: &str, shape: &Shape) -> Vec<(String, usize)> {
    let numbered = |count: usize| (0..count).map(|choice| (id.to_owned(), choice)).collect();
    match shape {
        Shape::Enum { values, .. } => numbered(values.len()),
        Shape::AnyOf { arms, .. } => numbered(arms.len()),
        Shape::Object(object) => {
            let members = object.members.keys().filter(|name| !object.variants.contains(name));
            let members = members.map(|name| (format!("{id}.{name}"), 0));
            members.chain(numbered(object.variants.len())).collect()
        }
    }
}
