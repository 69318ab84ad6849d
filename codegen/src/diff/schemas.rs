//! Types of members, bodies and definitions: what has a structure of its own is compared part by part, the rest by its text.

use super::members::Of;
use super::say::{plain, say, short};
use super::{Action, Class, Part, Rows, Side, Spot};
use crate::spec::model::{Additional, Enum, EnumValue, Facts, Json, Object, Scalar, Schema, Union};

impl Rows<'_> {
    /// Rows for two schemas at the same place. `part` is what a row about the whole is about.
    pub(super) fn schema(&mut self, part: Part, spot: &Spot<'_>, old: &Schema, new: &Schema) {
        match (old, new) {
            (Schema::Object(old), Schema::Object(new)) => return self.object(part, spot, old, new),
            (Schema::List(old), Schema::List(new)) => return self.schema(part, &items(spot), old, new),
            (Schema::Map(_, old), Schema::Map(_, new)) | (Schema::Pair(_, old), Schema::Pair(_, new)) => {
                return self.schema(part, &items(spot), old, new);
            }
            _ => {}
        }
        if let (Some(old), Some(new)) = (words(old), words(new)) {
            return self.values(spot, &old, &new);
        }
        if let (Schema::Union(old), Schema::Union(new)) = (old, new)
            && wrapper(old).is_none()
            && wrapper(new).is_none()
        {
            return self.union(part, spot, old, new);
        }
        self.text(part, spot, old, new);
    }

    fn text(&mut self, part: Part, spot: &Spot<'_>, old: &Schema, new: &Schema) {
        let (was, is) = (say(old, &self.renamed), say(new, &self.renamed));
        if was == is {
            return;
        }
        // A type of its own stays itself, however much like another it is.
        let same = say(&plain(old, self.old, 0), &self.renamed) == say(&plain(new, self.new, 0), &self.renamed);
        let (class, effect) =
            if same { (Class::Docs, "the same type in Rust") } else { (Class::Breaking, "another type in Rust") };
        self.put(class, part, Action::Retyped, spot, effect).was(short(&was)).is(short(&is));
    }

    fn object(&mut self, part: Part, spot: &Spot<'_>, old: &Object, new: &Object) {
        let text = |bases: &[Schema], rows: &Self| -> Vec<String> {
            bases.iter().map(|base| say(base, &rows.renamed)).collect()
        };
        let (was, is) = (text(&old.extends, self), text(&new.extends, self));
        if was == is {
            self.members(Of::Fields, spot, &old.members, &new.members);
        } else {
            // Members may have moved between the object and its bases, which nobody sees.
            let (flat_old, flat_new) = (flat(old, self.old), flat(new, self.new));
            self.members(Of::Fields, spot, &flat_old, &flat_new);
            let row = self.put(Class::Docs, part, Action::Changed, spot, "what it extends");
            row.was(was.join(", ")).is(is.join(", "));
        }
        if old.variants.is_empty() == new.variants.is_empty() {
            self.members(Of::Variants, spot, &old.variants, &new.variants);
        } else {
            let form = |object: &Object| if object.variants.is_empty() { "an object" } else { "a container" };
            let effect = "an enum in place of a struct, or the other way round";
            self.put(Class::Breaking, part, Action::Retyped, spot, effect).was(form(old)).is(form(new));
        }
        self.additional(part, spot, old.additional.as_ref(), new.additional.as_ref());
        if old.shortcut != new.shortcut {
            let (class, effect) = match &old.shortcut {
                None => (Class::Additive, "a bare value can stand for it"),
                Some(_) => (Class::Breaking, "another bare value, or none, can stand for it"),
            };
            let name = |shortcut: &Option<String>| shortcut.clone().unwrap_or_else(|| "none".to_owned());
            let row = self.put(class, part, Action::Changed, spot, effect);
            row.was(name(&old.shortcut)).is(name(&new.shortcut));
        }
        let reads = |object: &Object, rows: &Self| object.reads.as_ref().map(|of| say(of, &rows.renamed));
        let rest = [
            ("closed", old.closed != new.closed),
            ("open", old.open != new.open),
            ("reads", reads(old, self) != reads(new, self)),
            ("tag value", old.tag_value != new.tag_value),
        ];
        let changed: Vec<&str> = rest.iter().filter(|(_, changed)| *changed).map(|(what, _)| *what).collect();
        if !changed.is_empty() {
            self.put(Class::Docs, part, Action::Changed, spot, changed.join(", "));
        }
    }

    fn additional(&mut self, part: Part, spot: &Spot<'_>, old: Option<&Additional>, new: Option<&Additional>) {
        let typed = |of: &Option<&Additional>| of.is_some_and(|of| of.single || of.value.as_ref() != &Schema::Any);
        match (old.filter(|_| typed(&old)), new.filter(|_| typed(&new))) {
            (Some(old), Some(new)) if old.single == new.single && old.name == new.name => {
                self.schema(part, &spot.at(format!("{}.{}[]", spot.id, name_of(new))), &old.value, &new.value);
            }
            (None, None) => {}
            (None, Some(new)) => {
                let effect = "a field for members beyond the named ones";
                self.put(Class::Additive, part, Action::Changed, spot, effect).is(name_of(new));
            }
            (Some(old), new) => {
                let effect = "the field for members beyond the named ones";
                let is = new.map_or("none", name_of);
                self.put(Class::Breaking, part, Action::Changed, spot, effect).was(name_of(old)).is(is);
            }
        }
    }

    fn values(&mut self, spot: &Spot<'_>, old: &[EnumValue], new: &[EnumValue]) {
        let find = |values: &[EnumValue], value: &Json| values.iter().any(|known| known.value == *value);
        let name = |value: &EnumValue| match &value.value {
            Json::String(text) => text.clone(),
            other => other.to_string(),
        };
        let at = |value: &EnumValue| spot.at(format!("{}.{}", spot.id, name(value)));
        let added: Vec<&EnumValue> = new.iter().filter(|value| !find(old, &value.value)).collect();
        let is_rename = |old: &EnumValue, new: &EnumValue| {
            new.facts.aliases.contains(&name(old))
                || super::members::folded(&name(old)) == super::members::folded(&name(new))
        };
        let mut taken: Vec<&EnumValue> = Vec::new();
        for value in old.iter().filter(|value| !find(new, &value.value)) {
            let to = added.iter().find(|new| is_rename(value, new) && !taken.contains(new)).copied();
            match to {
                Some(to) => {
                    taken.push(to);
                    let effect = "the value on the wire and its variant";
                    let row = self.put(Class::Breaking, Part::Value, Action::Renamed, &at(to), effect);
                    row.was(name(value)).is(name(to));
                }
                None => {
                    let effect = "the variant is gone; `UnknownValue` has what a server still sends";
                    self.put(Class::Breaking, Part::Value, Action::Removed, &at(value), effect);
                }
            }
        }
        for value in added.into_iter().filter(|value| !taken.contains(value)) {
            self.put(Class::Additive, Part::Value, Action::Added, &at(value), "a new variant");
        }
        for value in new {
            if let Some(old) = old.iter().find(|old| old.value == value.value) {
                self.facts(Part::Value, &at(value), &old.facts, &value.facts);
            }
        }
    }

    fn union(&mut self, part: Part, spot: &Spot<'_>, old: &Union, new: &Union) {
        let texts = |union: &Union, rows: &Self| -> Vec<String> {
            union.of.iter().map(|arm| say(arm, &rows.renamed)).collect()
        };
        let (was, is) = (texts(old, self), texts(new, self));
        // Objects without a name are told by the words that tell them, else by their order among those that changed.
        let left = |texts: &[String], others: &[String]| -> Vec<usize> {
            (0..texts.len()).filter(|index| !others.contains(&texts[*index])).collect()
        };
        let (mut gone, mut come) = (left(&was, &is), left(&is, &was));
        let mut pairs = Vec::new();
        gone.retain(|from| {
            let word = word_of(old, *from);
            let to = come.iter().position(|to| word.is_some() && word_of(new, *to) == word);
            match to {
                Some(at) => pairs.push((*from, come.remove(at))),
                None => return true,
            }
            false
        });
        if gone.len() == come.len() {
            let objects = |union: &Union, at: &[usize]| at.iter().all(|at| matches!(union.of[*at], Schema::Object(_)));
            if objects(old, &gone) && objects(new, &come) {
                pairs.extend(gone.drain(..).zip(come.drain(..)));
            }
        }
        for (from, to) in pairs {
            let word = word_of(new, to).unwrap_or_else(|| format!("form{to}"));
            self.schema(Part::Alternative, &spot.at(format!("{}.{word}", spot.id)), &old.of[from], &new.of[to]);
        }
        for index in gone {
            let effect = "the variant is gone; `Other` has what a server still sends";
            self.put(Class::Breaking, Part::Alternative, Action::Removed, spot, effect).was(short(&was[index]));
        }
        for index in come {
            self.put(Class::Additive, Part::Alternative, Action::Added, spot, "a new variant").is(short(&is[index]));
        }
        if old.names != new.names && !old.names.is_empty() {
            let effect = "upstream's names for the variants";
            let row = self.put(Class::Breaking, part, Action::Changed, spot, effect);
            row.was(old.names.join(", ")).is(new.names.join(", "));
        }
        if old.tag != new.tag || old.open != new.open {
            self.put(Class::Docs, part, Action::Changed, spot, "how its alternative is told");
        }
    }
}

fn items<'s>(spot: &Spot<'s>) -> Spot<'s> {
    spot.at(format!("{}[]", spot.id.trim_end_matches("[]")))
}

fn name_of(additional: &Additional) -> &str {
    let name = if additional.single { &additional.value_name } else { &additional.name };
    name.as_deref().unwrap_or(if additional.single { "entry" } else { "entries" })
}

/// A schema without null, and whether it had some.
pub(super) fn split_null(schema: &Schema) -> (Schema, bool) {
    let Schema::Union(union) = schema else { return (schema.clone(), false) };
    let is_null = |arm: &Schema| matches!(arm, Schema::Scalar(Scalar::Null) | Schema::Literal(Json::Null));
    if union.tag.is_some() || !union.of.iter().any(is_null) {
        return (schema.clone(), false);
    }
    let mut of: Vec<Schema> = union.of.iter().filter(|arm| !is_null(arm)).cloned().collect();
    match of.len() {
        0 => (schema.clone(), false),
        1 => (of.remove(0), true),
        _ => (Schema::Union(Union { of, ..union.clone() }), true),
    }
}

/// The values of an enum, or of a union of nothing but words, which is one.
fn words(schema: &Schema) -> Option<Vec<EnumValue>> {
    match schema {
        Schema::Enum(Enum { values, .. }) => Some(values.clone()),
        Schema::Union(union) if union.tag.is_none() => {
            let word = |arm: &Schema| match arm {
                Schema::Literal(value @ Json::String(_)) => {
                    Some(EnumValue { value: value.clone(), facts: Facts::default() })
                }
                _ => None,
            };
            union.of.iter().map(word).collect::<Option<Vec<_>>>().filter(|values| !values.is_empty())
        }
        _ => None,
    }
}

/// `T | T[]` is no enum in Rust but a wrapper.
fn wrapper(union: &Union) -> Option<&Schema> {
    match &union.of[..] {
        [one, Schema::List(many)] | [Schema::List(many), one] if one == &**many => Some(one),
        [_] | [] if union.tag.is_none() => union.of.first(),
        _ => None,
    }
}

/// The word that tells an alternative: upstream's name, its tag or a constant that it holds.
fn word_of(union: &Union, index: usize) -> Option<String> {
    if let Some(name) = union.names.get(index) {
        return Some(name.clone());
    }
    let Schema::Object(object) = &union.of[index] else { return None };
    let constant = object.members.iter().find_map(|member| match &member.schema {
        Schema::Literal(Json::String(word)) => Some(word.clone()),
        _ => None,
    });
    object.tag_value.clone().or(constant)
}

/// How deep bases are followed: an object that extends itself is an error of the spec.
const MAX_BASES: usize = 100;

/// An object's members with those of its bases.
fn flat(object: &Object, side: &Side<'_>) -> Vec<crate::spec::model::Member> {
    let mut members: Vec<crate::spec::model::Member> = Vec::new();
    let mut open: Vec<(&Object, usize)> = vec![(object, 0)];
    while let Some((object, depth)) = open.pop() {
        for member in &object.members {
            if !members.iter().any(|known| known.name == member.name) {
                members.push(member.clone());
            }
        }
        for base in &object.extends {
            if let Schema::Ref { name, .. } = base
                && let Some(Schema::Object(base)) = side.api.types.get(name).map(|def| &def.schema)
                && depth < MAX_BASES
            {
                open.push((base, depth + 1));
            }
        }
    }
    members
}
