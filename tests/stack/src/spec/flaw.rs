//! Compares a value with a type and says what is wrong, as data; each product words it in its own way.

use serde_json::{Map, Value};

use super::types::{Openness, Scalar, Tag};
use super::{Definition, Object, Spec, Type};

/// The first thing that is wrong with a value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Flaw {
    /// Member names and list indices from the outside in.
    pub(crate) path: Vec<String>,
    pub(crate) what: What,
}

/// What is wrong there.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum What {
    Missing(String),
    Unknown(String),
    Wrong(&'static str),
    NotOneOf(Vec<String>),
    NoBranch(Vec<Flaw>),
    Several(Vec<String>),
    TooShort(u64, u64),
    TooLong(u64, u64),
    TooFew(u64, u64),
    TooMany(u64, u64),
    TooSmall(f64),
    TooLarge(f64),
    /// Not above it.
    NotAbove(f64),
    /// Not below it.
    NotBelow(f64),
    Pattern(String),
}

/// How strictly a product reads.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Reading {
    /// Numbers and truth values may be texts, one value may stand for a list; objects are closed.
    Elasticsearch,
    /// Types are exact; objects are closed where the document says so.
    Kibana,
}

/// Finds the first flaw of a value.
pub(crate) fn find(spec: &Spec, ty: &Type, value: &Value, reading: Reading) -> Option<Flaw> {
    let mut checker = Checker { spec, reading, path: Vec::new(), steps: 0, depth: 0 };
    checker.check(ty, value).err()
}

/// Beyond this a body is taken as good: unions inside unions cost more with every level.
const MOST_STEPS: usize = 200_000;
/// An alias that leads to itself would go on for ever.
const MOST_DEPTH: usize = 1_500;
const MOST_ALIASES: usize = 64;

struct Checker<'a> {
    spec: &'a Spec,
    reading: Reading,
    path: Vec<String>,
    steps: usize,
    depth: usize,
}

type Checked = Result<(), Flaw>;

impl Checker<'_> {
    fn check(&mut self, ty: &Type, value: &Value) -> Checked {
        self.steps += 1;
        if self.steps > MOST_STEPS || self.depth > MOST_DEPTH {
            return Ok(());
        }
        self.depth += 1;
        let checked = self.check_one(ty, value);
        self.depth -= 1;
        checked
    }

    fn check_one(&mut self, ty: &Type, value: &Value) -> Checked {
        match ty {
            Type::Any => Ok(()),
            Type::Null => self.expect(value.is_null(), "null"),
            Type::Scalar(scalar) => self.scalar(scalar, value),
            Type::Ref(id) => match self.spec.definition(id) {
                Some(definition) => self.definition(definition, value),
                None => Ok(()),
            },
            Type::List(item, size) => match value {
                Value::Array(items) => {
                    self.count(items.len(), size.min, size.max)?;
                    items.iter().enumerate().try_for_each(|(index, value)| self.at(index.to_string(), item, value))
                }
                Value::Null => self.wrong("array"),
                one if self.reading == Reading::Elasticsearch => self.check(item, one).or_else(|_| self.wrong("array")),
                _ => self.wrong("array"),
            },
            Type::Map(inner) => match value {
                Value::Object(members) => {
                    members.iter().try_for_each(|(name, value)| self.at(name.clone(), inner, value))
                }
                _ => self.wrong("object"),
            },
            Type::Pair(inner) => match value {
                Value::Object(members) if members.len() == 1 => {
                    members.iter().try_for_each(|(name, value)| self.at(name.clone(), inner, value))
                }
                _ => self.wrong("object"),
            },
            Type::Const(constant) => {
                let same =
                    constant == value || self.reading == Reading::Elasticsearch && text_of(constant) == text_of(value);
                match same {
                    true => Ok(()),
                    false => self.flaw(What::NotOneOf(vec![text_of(constant)])),
                }
            }
            Type::AnyOf(branches) => self.any_of(branches, None, value),
            Type::Inline(definition) => self.definition(definition, value),
        }
    }

    fn definition(&mut self, definition: &Definition, value: &Value) -> Checked {
        match definition {
            Definition::Alias(ty) => self.check(ty, value),
            Definition::AnyOf(branches, Some(Tag::Member(tag))) => self.any_of(branches, Some(tag), value),
            Definition::AnyOf(branches, _) => self.any_of(branches, None, value),
            Definition::Object(object) => self.object(object, value),
            Definition::Enum(values, openness) => {
                let text = match value {
                    Value::String(text) => text.clone(),
                    Value::Bool(flag)
                        if self.reading == Reading::Elasticsearch || values.contains(&flag.to_string()) =>
                    {
                        flag.to_string()
                    }
                    Value::Number(number) if values.contains(&number.to_string()) => number.to_string(),
                    _ => return self.wrong("string"),
                };
                let known = *openness == Openness::Open
                    || values.contains(&text)
                    || self.reading == Reading::Elasticsearch
                        && values.iter().any(|known| known.eq_ignore_ascii_case(&text));
                match known {
                    true => Ok(()),
                    false => self.flaw(What::NotOneOf(values.clone())),
                }
            }
        }
    }

    fn object(&mut self, object: &Object, value: &Value) -> Checked {
        let Value::Object(members) = value else {
            let short = object.shortcut.as_ref().and_then(|name| object.members.get(name));
            return match short {
                Some(member) => self.check(&member.ty, value),
                None => self.wrong("object"),
            };
        };
        let closed = object.closed || self.reading == Reading::Elasticsearch;
        for (name, value) in members {
            match (object.member(name), &object.additional) {
                (Some((_, member)), _) => match told(self.spec, &member.ty, members) {
                    Some(ty) => self.at(name.clone(), ty, value)?,
                    // No branch is for it: it may be any object.
                    None => self.at(name.clone(), &Type::Map(Box::new(Type::Any)), value)?,
                },
                (None, Some(ty)) => self.at(name.clone(), ty, value)?,
                (None, None) if closed => return self.flaw(What::Unknown(name.clone())),
                (None, None) => {}
            }
        }
        let given: Vec<String> = object.variants.iter().filter(|name| members.contains_key(*name)).cloned().collect();
        if given.len() > 1 {
            return self.flaw(What::Several(given));
        }
        for (name, member) in &object.members {
            let present = members.contains_key(name) || member.aliases.iter().any(|alias| members.contains_key(alias));
            if present {
                continue;
            }
            match &member.default {
                None if member.required => return self.flaw(What::Missing(name.clone())),
                // What it is by default must be what its neighbours mean.
                Some(default) => match told(self.spec, &member.ty, members) {
                    Some(ty) if !std::ptr::eq(ty, &member.ty) => self.at(name.clone(), ty, default)?,
                    _ => {}
                },
                None => {}
            }
        }
        Ok(())
    }

    fn any_of(&mut self, branches: &[Type], tag: Option<&str>, value: &Value) -> Checked {
        if let Some(branch) = tag.and_then(|tag| self.tagged(branches, tag, value)) {
            return self.check(branch, value);
        }
        let mut flaws = Vec::new();
        for branch in branches {
            match self.check(branch, value) {
                Ok(()) => return Ok(()),
                Err(flaw) => flaws.push(flaw),
            }
        }
        match flaws.len() {
            0 => Ok(()),
            1 => flaws.pop().map_or(Ok(()), Err),
            _ => self.flaw(What::NoBranch(flaws)),
        }
    }

    /// The branch whose tag says that it means this value.
    fn tagged<'t>(&self, branches: &'t [Type], tag: &str, value: &Value) -> Option<&'t Type> {
        let given = text_of(value.get(tag)?);
        branches.iter().find(|branch| {
            let Some(Definition::Object(object)) = resolve(self.spec, branch) else { return false };
            match object.members.get(tag).map(|member| &member.ty) {
                Some(Type::Const(constant)) => text_of(constant) == given,
                Some(Type::AnyOf(several)) => {
                    several.iter().any(|ty| matches!(ty, Type::Const(c) if text_of(c) == given))
                }
                Some(other) => {
                    matches!(resolve(self.spec, other), Some(Definition::Enum(values, _)) if values.contains(&given))
                }
                None => false,
            }
        })
    }

    fn scalar(&mut self, scalar: &Scalar, value: &Value) -> Checked {
        let lenient = self.reading == Reading::Elasticsearch;
        let expected = expected(&scalar.name);
        match (scalar.name.as_str(), value) {
            ("string", Value::String(text)) => self.text(scalar, text),
            ("binary", _) => Ok(()),
            ("boolean", Value::Bool(_)) => Ok(()),
            ("boolean", Value::String(text)) if lenient && (text == "true" || text == "false") => Ok(()),
            ("string" | "boolean", _) => self.wrong(expected),
            (name, Value::Number(number)) => self.number(scalar, name, number.as_f64().unwrap_or(0.0)),
            (name, Value::String(text)) if lenient => match text.trim().parse::<f64>() {
                Ok(number) => self.number(scalar, name, number),
                Err(_) => self.wrong(expected),
            },
            _ => self.wrong(expected),
        }
    }

    fn text(&mut self, scalar: &Scalar, text: &str) -> Checked {
        self.length(text.chars().count(), scalar.length.min, scalar.length.max)?;
        if let Some(pattern) = &scalar.pattern {
            // A pattern in a dialect that this engine doesn't read asks nothing.
            let fits = regex_lite::Regex::new(pattern).map_or(true, |regex| regex.is_match(text));
            if !fits {
                return self.flaw(What::Pattern(pattern.clone()));
            }
        }
        Ok(())
    }

    fn number(&mut self, scalar: &Scalar, name: &str, number: f64) -> Checked {
        let (low, high) = match name {
            "int32" => (-2_147_483_648.0, 2_147_483_647.0),
            "uint32" => (0.0, 4_294_967_295.0),
            "int64" => (-9_223_372_036_854_775_808.0, 9_223_372_036_854_775_807.0),
            "uint64" => (0.0, 18_446_744_073_709_551_615.0),
            _ => (f64::NEG_INFINITY, f64::INFINITY),
        };
        let whole = name.contains("int");
        if whole && number.fract() != 0.0 || !(low..=high).contains(&number) {
            return self.wrong(expected(name));
        }
        if !scalar.one_of.is_empty() && !scalar.one_of.contains(&number) {
            return self.flaw(What::NotOneOf(scalar.one_of.iter().map(f64::to_string).collect()));
        }
        if let Some(min) = scalar.min.filter(|min| scalar.above_min && number <= *min) {
            return self.flaw(What::NotAbove(min));
        }
        if let Some(max) = scalar.max.filter(|max| scalar.below_max && number >= *max) {
            return self.flaw(What::NotBelow(max));
        }
        if let Some(min) = scalar.min.filter(|min| number < *min) {
            return self.flaw(What::TooSmall(min));
        }
        if let Some(max) = scalar.max.filter(|max| number > *max) {
            return self.flaw(What::TooLarge(max));
        }
        Ok(())
    }

    fn length(&mut self, length: usize, min: Option<u64>, max: Option<u64>) -> Checked {
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        if let Some(min) = min.filter(|min| length < *min) {
            return self.flaw(What::TooShort(length, min));
        }
        if let Some(max) = max.filter(|max| length > *max) {
            return self.flaw(What::TooLong(length, max));
        }
        Ok(())
    }

    fn count(&mut self, count: usize, min: Option<u64>, max: Option<u64>) -> Checked {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        if let Some(min) = min.filter(|min| count < *min) {
            return self.flaw(What::TooFew(count, min));
        }
        match max.filter(|max| count > *max) {
            Some(max) => self.flaw(What::TooMany(count, max)),
            None => Ok(()),
        }
    }

    fn at(&mut self, step: String, ty: &Type, value: &Value) -> Checked {
        self.path.push(step);
        let checked = self.check(ty, value);
        self.path.pop();
        checked
    }

    fn expect(&self, good: bool, expected: &'static str) -> Checked {
        if good { Ok(()) } else { self.wrong(expected) }
    }

    fn wrong(&self, expected: &'static str) -> Checked {
        self.flaw(What::Wrong(expected))
    }

    fn flaw(&self, what: What) -> Checked {
        Err(Flaw { path: self.path.clone(), what })
    }
}

fn expected(name: &str) -> &'static str {
    match name {
        "string" => "string",
        "boolean" => "boolean",
        _ => "number",
    }
}

/// A scalar as its text.
pub(crate) fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The type, or the branch of it that its neighbours mean.
pub(super) fn told<'t>(spec: &'t Spec, ty: &'t Type, beside: &Map<String, Value>) -> Option<&'t Type> {
    let Some(Definition::AnyOf(branches, Some(Tag::Beside(name, tags)))) = resolve(spec, ty) else { return Some(ty) };
    let Some(tag) = beside.get(name).map(text_of) else { return Some(ty) };
    tags.iter().position(|of_branch| of_branch.contains(&tag)).and_then(|index| branches.get(index))
}

fn resolve<'t>(spec: &'t Spec, ty: &'t Type) -> Option<&'t Definition> {
    let mut ty = ty;
    for _ in 0..MOST_ALIASES {
        match spec.defined(ty)? {
            Definition::Alias(inner) => ty = inner,
            definition => return Some(definition),
        }
    }
    None
}
