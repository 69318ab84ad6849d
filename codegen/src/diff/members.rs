//! Members of objects, parameters and variants.

use std::collections::BTreeMap;

use super::say::{plain, say, short};
use super::schemas::split_null;
use super::{Action, Class, Part, Rows, Side, Spot};
use crate::plan::is_version_newer;
use crate::spec::model::{Json, Member, Place, Scalar, Schema};

/// What the members are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// Fields of a struct or a request.
    Fields,
    /// Exclusive members of a container: variants of an enum.
    Variants,
}

impl Rows<'_> {
    /// Rows for two lists of members that are the same place.
    pub(super) fn members(&mut self, of: Of, spot: &Spot<'_>, old: &[Member], new: &[Member]) {
        let by_name = |members: &[Member]| -> BTreeMap<String, Member> {
            members.iter().map(|member| (member.name.clone(), member.clone())).collect()
        };
        let (olds, news) = (by_name(old), by_name(new));
        let removed: Vec<&Member> = olds.values().filter(|member| !news.contains_key(&member.name)).collect();
        let added: Vec<&Member> = news.values().filter(|member| !olds.contains_key(&member.name)).collect();
        let renamed = self.renamed_members(&removed, &added);
        for member in &removed {
            let at = self.member_spot(spot, &member.name, &member.place, spot.new);
            match renamed.iter().find(|(from, _)| *from == member.name) {
                Some((from, to)) => {
                    let at = Spot { id: format!("{}.{to}", spot.id), new: &news[to].place, ..at };
                    let effect = "the field and its setter have another name";
                    self.put(Class::Breaking, Part::Member, Action::Renamed, &at, effect).was(from).is(to);
                    self.member(of, &at, member, &news[to]);
                }
                None => self.member_removed(of, &at, member),
            }
        }
        for member in added.iter().filter(|member| !renamed.iter().any(|(_, to)| *to == member.name)) {
            let at = self.member_spot(spot, &member.name, spot.old, &member.place);
            self.member_added(of, &at, member);
        }
        for (name, old) in &olds {
            if let Some(new) = news.get(name) {
                let at = self.member_spot(spot, name, &old.place, &new.place);
                self.member(of, &at, old, new);
            }
        }
    }

    fn member_spot<'s>(&self, spot: &Spot<'s>, name: &str, old: &'s Place, new: &'s Place) -> Spot<'s> {
        // What a fix-up or an import made has no place of its own.
        let or = |place: &'s Place, other: &'s Place| if place.file.is_empty() { other } else { place };
        Spot {
            id: format!("{}.{name}", spot.id),
            requested: spot.requested,
            new: or(new, spot.new),
            old: or(old, spot.old),
        }
    }

    /// Old and new names of members that are the same thing: the only ones of their type, or the same word.
    fn renamed_members(&self, removed: &[&Member], added: &[&Member]) -> Vec<(String, String)> {
        let text = |member: &Member, side: &Side<'_>| {
            let schema = plain(&member.schema, side, 0);
            (say(&schema, &self.renamed), self.required(member, side))
        };
        let mut renamed = Vec::new();
        for old in removed {
            let wanted = text(old, self.old);
            let fits = |new: &&&Member| text(new, self.new) == wanted;
            let same_word =
                |new: &&&Member| new.facts.aliases.contains(&old.name) || folded(&new.name) == folded(&old.name);
            let alone = removed.iter().filter(|other| text(other, self.old) == wanted).count() == 1
                && added.iter().filter(fits).count() == 1;
            let found = added.iter().find(same_word).or_else(|| added.iter().find(fits).filter(|_| alone));
            if let Some(new) = found
                && !renamed.iter().any(|(_, to)| *to == new.name)
            {
                renamed.push((old.name.clone(), new.name.clone()));
            }
        }
        renamed
    }

    fn member_removed(&mut self, of: Of, spot: &Spot<'_>, member: &Member) {
        let was = short(&say(&member.schema, &self.renamed));
        if is_constant(member) {
            self.put(Class::Docs, Part::Member, Action::Removed, spot, "a constant is sent no more").was(was);
            return;
        }
        let effect = match of {
            Of::Variants => "the variant is gone",
            Of::Fields if spot.requested => "the field and its setter are gone; `extra` can carry it",
            Of::Fields => "the field is gone; `extra` has what a server still sends",
        };
        self.put(Class::Breaking, Part::Member, Action::Removed, spot, effect).was(was);
    }

    fn member_added(&mut self, of: Of, spot: &Spot<'_>, member: &Member) {
        let required = self.required(member, self.new);
        let (class, effect) = match of {
            Of::Variants => (Class::Additive, "a new variant"),
            Of::Fields if is_constant(member) => (Class::Additive, "a constant that is sent by itself"),
            Of::Fields if required && spot.requested => (Class::Breaking, "required: one more argument"),
            Of::Fields if spot.requested => (Class::Additive, "a new optional setter"),
            Of::Fields => (Class::Additive, "a new field"),
        };
        let is = short(&say(&member.schema, &self.renamed));
        self.put(class, Part::Member, Action::Added, spot, effect).is(is);
    }

    fn member(&mut self, of: Of, spot: &Spot<'_>, old: &Member, new: &Member) {
        let (was_required, is_required) = (self.required(old, self.old), self.required(new, self.new));
        let (old_type, was_null) = split_null(&old.schema);
        let (new_type, is_null) = split_null(&new.schema);
        if of == Of::Fields && was_required != is_required && !is_constant(new) {
            let (action, effect) = match (is_required, spot.requested) {
                (true, true) => (Action::Required, "an argument in place of a setter"),
                (true, false) => (Action::Required, "`T` in place of `Option<T>`"),
                (false, true) => (Action::Optional, "a setter in place of an argument"),
                (false, false) => (Action::Optional, "`Option<T>` in place of `T`"),
            };
            self.put(Class::Breaking, Part::Member, action, spot, effect);
        } else if old.required != new.required {
            let action = if new.required { Action::Required } else { Action::Optional };
            self.put(Class::Docs, Part::Member, action, spot, "newer than the oldest server: an `Option` either way");
        }
        if was_null != is_null {
            let (class, effect) = match (is_null, is_required || of == Of::Variants, spot.requested) {
                (_, true, _) => (Class::Breaking, "whether it is an `Option`"),
                (true, false, true) => (Class::Additive, "a new setter for null"),
                (false, false, true) => (Class::Breaking, "its setter for null is gone"),
                (_, false, false) => (Class::Docs, "an `Option` either way"),
            };
            let null = |null: bool| if null { "may be null" } else { "never null" };
            self.put(class, Part::Member, Action::Retyped, spot, effect).was(null(was_null)).is(null(is_null));
        }
        if of == Of::Fields && (is_constant(old) || is_constant(new)) {
            self.constant(spot, old, new);
        } else {
            self.schema(Part::Member, spot, &old_type, &new_type);
        }
        self.facts(Part::Member, spot, &old.facts, &new.facts);
    }

    fn constant(&mut self, spot: &Spot<'_>, old: &Member, new: &Member) {
        let (was, is) = (say(&old.schema, &self.renamed), say(&new.schema, &self.renamed));
        if was == is {
            return;
        }
        let required = self.required(new, self.new) && spot.requested;
        let (class, effect) = match (is_constant(old), is_constant(new)) {
            (true, true) => (Class::Additive, "another constant is sent"),
            (true, false) if required => (Class::Breaking, "a constant becomes an argument"),
            (true, false) => (Class::Additive, "a constant becomes a field"),
            _ => (Class::Breaking, "the field is gone: a constant is sent"),
        };
        self.put(class, Part::Member, Action::Retyped, spot, effect).was(short(&was)).is(short(&is));
    }

    /// Whether a member is no `Option` in Rust: one that is newer than the oldest server may be absent.
    pub(super) fn required(&self, member: &Member, side: &Side<'_>) -> bool {
        let oldest = side.overlay.traits.oldest.as_deref();
        let newer =
            member.facts.since.as_deref().zip(oldest).is_some_and(|(since, oldest)| is_version_newer(since, oldest));
        member.required && !newer
    }
}

/// A constant has no field: it is written by itself.
fn is_constant(member: &Member) -> bool {
    match &member.schema {
        Schema::Literal(Json::Null) | Schema::Scalar(Scalar::Null) => false,
        Schema::Literal(value) => member.required || value.is_string(),
        _ => false,
    }
}

/// A name without what tells spellings apart.
pub(super) fn folded(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
