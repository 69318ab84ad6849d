//! Names for types that upstream does not name, from where they stand: what holds them, and what it calls them. The best
//! name is the shortest that no other type has a claim to.

use std::collections::{BTreeMap, BTreeSet};

use super::Planner;
use super::naming::{is_status, split};
use crate::ir::{Kind, Ty, TypeId};
use crate::merge::WRAPPERS;
use crate::names;

/// The longest name of a type.
pub(super) const MAX_NAME: usize = 60;

/// The longest name that reads well.
const GOOD_NAME: usize = 36;

/// Words that say too little to name a type alone.
const GENERIC: [&str; 12] = [
    "object",
    "entry",
    "value",
    "data",
    "type",
    "result",
    "attribute",
    "attributes",
    "param",
    "params",
    "config",
    "option",
];

/// Words that places have for lists, maps and other unnamed parts of a type.
const UNNAMED: [&str; 5] = ["item", "entry", "object", "word", "body"];

/// Verbs that say nothing of what a call answers.
const VERBS: [&str; 14] = [
    "get", "list", "find", "create", "update", "delete", "put", "bulk", "search", "query", "read", "patch", "set",
    "all",
];

/// What holds an inline type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Parent {
    /// A type.
    Type(TypeId),
    /// A type that is a request's body: its members are the call's own.
    Text(String),
    /// A request.
    Request(String),
    /// An answer.
    Answer(String),
}

/// One place of an inline type.
struct Spot {
    parent: Parent,
    /// What the parent calls it, in words; empty where it is all of the parent.
    own: Vec<String>,
    /// Whether it is an alternative of the parent.
    arm: bool,
}

/// Where inline types stand.
pub(super) struct Spots {
    spots: BTreeMap<TypeId, Vec<Spot>>,
    /// How many types of a module could be called so.
    claims: BTreeMap<(String, String), usize>,
}

impl Planner<'_> {
    /// Every inline type among `ids` with its places.
    pub(super) fn spots(&self, ids: &[(TypeId, String)]) -> Spots {
        let mut index: BTreeMap<&str, &str> = self.ir.types.keys().map(|id| (id.as_str(), id.as_str())).collect();
        for (id, places) in self.ir.twins.iter().filter(|(id, _)| self.ir.types.contains_key(*id)) {
            index.extend(places.iter().map(|place| (place.as_str(), id.as_str())));
        }
        let operations: BTreeSet<&str> = self.ir.operations.iter().map(|operation| operation.id.as_str()).collect();
        let mut spots = BTreeMap::new();
        let mut claims: BTreeMap<(String, String), usize> = BTreeMap::new();
        for (id, module) in ids {
            // Upstream's own name goes before any place.
            if self.spot(id, &index, &operations).is_none() {
                continue;
            }
            let twins = self.ir.twins.get(id).into_iter().flatten();
            let places = std::iter::once(id).chain(twins);
            let of_type: Vec<Spot> = places.filter_map(|place| self.spot(place, &index, &operations)).collect();
            if let Some(own) = most_frequent(&of_type) {
                *claims.entry((module.clone(), self.joined(&own))).or_default() += 1;
            }
            spots.insert(id.clone(), of_type);
        }
        Spots { spots, claims }
    }

    fn spot(&self, place: &str, index: &BTreeMap<&str, &str>, operations: &BTreeSet<&str>) -> Option<Spot> {
        let parts = split(place);
        for end in (1..parts.len()).rev() {
            let prefix = parts[..end].join(".");
            let (parent, rest) = if let Some(id) = index.get(prefix.as_str()) {
                (Parent::Type((*id).to_owned()), &parts[end..])
            } else if operations.contains(prefix.as_str()) {
                match parts.get(end) {
                    Some(&"body") => (Parent::Request(prefix), &parts[end + 1..]),
                    Some(status) if is_status(status) => match status.ends_with("[]") {
                        true => return Some(Spot { parent: Parent::Answer(prefix), own: Vec::new(), arm: false }),
                        false => (Parent::Answer(prefix), &parts[end + 1..]),
                    },
                    _ => (Parent::Request(prefix), &parts[end..]),
                }
            } else if parts[end - 1].starts_with(char::is_uppercase) {
                (Parent::Text(self.words.camel(parts[end - 1])), &parts[end..])
            } else {
                continue;
            };
            let arm = matches!(&parent, Parent::Type(id) if self.is_union(id));
            let tag = if arm && rest.len() == 1 { self.tag_words(&parent, index.get(place).copied()) } else { None };
            return Some(Spot { own: tag.unwrap_or_else(|| self.own_words(&parent, rest, arm)), parent, arm });
        }
        None
    }

    /// The one tag of an alternative, which says more than its place among the others.
    fn tag_words(&self, parent: &Parent, arm: Option<&str>) -> Option<Vec<String>> {
        let Parent::Type(union) = parent else { return None };
        let Kind::Union(union) = &self.ir.types.get(union)?.kind else { return None };
        let arm = union.arms.iter().find(|own| matches!(&own.ty, Ty::Named(id) if Some(id.as_str()) == arm))?;
        let [tag] = &arm.tags[..] else { return None };
        Some(names::words_of(&self.words.camel(tag)))
    }

    fn is_union(&self, id: &str) -> bool {
        matches!(self.ir.types.get(id).map(|ty| &ty.kind), Some(Kind::Union(_)))
    }

    fn is_empty(&self, id: &str) -> bool {
        let Some(Kind::Object(object)) = self.ir.types.get(id).map(|ty| &ty.kind) else { return false };
        object.members.is_empty() && object.variants.is_empty() && object.rest.is_none()
    }

    /// What a parent calls what stands at `rest` in it. Lists and maps give the singular.
    fn own_words(&self, parent: &Parent, rest: &[&str], arm: bool) -> Vec<String> {
        let Some((first, wrappers)) = rest.split_first() else { return Vec::new() };
        let bare = first.trim_end_matches("[]");
        let many = first.ends_with("[]") || wrappers.iter().any(|part| part.ends_with("[]") || *part == "entry");
        let unnamed = UNNAMED.contains(&bare) && !self.has_member(parent, bare) && !arm;
        let wrapper = matches!(parent, Parent::Answer(_)) && WRAPPERS.contains(&bare);
        if unnamed || wrapper {
            return Vec::new();
        }
        let name = self.words.camel(bare.strip_prefix("by_").filter(|_| arm).unwrap_or(bare));
        let name = if many { self.words.singular(&name) } else { name };
        names::words_of(&name)
    }

    fn has_member(&self, parent: &Parent, name: &str) -> bool {
        match parent {
            Parent::Type(id) => match self.ir.types.get(id).map(|ty| &ty.kind) {
                Some(Kind::Object(object)) => object.members.iter().any(|member| member.name == name),
                _ => false,
            },
            Parent::Answer(_) => WRAPPERS.contains(&name),
            Parent::Request(_) | Parent::Text(_) => false,
        }
    }

    /// Names of an inline type, best first.
    pub(super) fn inline_names(&self, id: &str, module: &str, spots: &Spots) -> Vec<String> {
        let of_type = spots.spots.get(id).map_or(&[][..], Vec::as_slice);
        let Some(first) = of_type.first() else { return Vec::new() };
        let own = most_frequent(of_type).unwrap_or_default();
        let parents: BTreeSet<&Parent> = of_type.iter().map(|spot| &spot.parent).collect();
        let claim = (module.to_owned(), self.joined(&own));
        let alone = spots.claims.get(&claim).copied().unwrap_or_default() < 2;
        let mut names: Vec<Vec<String>> = Vec::new();
        if self.is_empty(id) {
            names.push(vec!["empty".to_owned()]);
        }
        if first.arm {
            names.extend(self.parent_words(&first.parent).map(|parent| self.arm_name(&first.own, &parent)));
        }
        let of_calls = parents.iter().all(|parent| matches!(parent, Parent::Request(_) | Parent::Answer(_)));
        if own.is_empty() {
            let mut whole: Vec<_> = parents.iter().filter_map(|parent| self.whole(parent)).collect();
            // `archive` answers with a maintenance window too.
            whole.sort_by_key(Vec::len);
            names.extend(whole);
        } else if !first.arm {
            let generic = own.len() == 1 && GENERIC.contains(&own[0].as_str());
            let telling = !generic && (own.len() > 1 || parents.len() > 1 || of_calls);
            if alone && telling {
                names.push(own.clone());
            }
            if of_calls {
                names.extend(self.in_calls(&parents, &own));
            }
            let mut held: Vec<Vec<String>> =
                parents.iter().filter_map(|parent| Some(join(&self.parent_words(parent)?, &own))).collect();
            held.sort_by_key(|words| (words.len(), words.concat().len()));
            names.extend(self.common_union(&parents).map(|union| join(&union, &own)));
            names.extend(held);
            if alone {
                names.push(own.clone());
            }
        }
        for parent in &parents {
            let resource = self.resource(parent);
            names.extend(resource.map(|resource| join(&resource, &own)).filter(|words| !words.is_empty()));
        }
        names.retain(|words| !words.is_empty());
        let (short, long): (Vec<_>, Vec<_>) =
            names.into_iter().partition(|words| self.joined(words).len() <= GOOD_NAME);
        // Of a long name, the words next to the type's own say most.
        let ends = long.iter().flat_map(|words| (1..words.len()).map(|start| words[start..].to_vec()));
        let ends: Vec<_> =
            ends.filter(|words| words.len() > own.len() && self.joined(words).len() <= GOOD_NAME).collect();
        short.iter().chain(&ends).chain(&long).map(|words| self.joined(words)).collect()
    }

    /// What a call answers with, as a whole.
    fn whole(&self, parent: &Parent) -> Option<Vec<String>> {
        match parent {
            Parent::Answer(operation) => Some(self.noun(operation)),
            Parent::Request(operation) => {
                let (method, resource) = (self.method_words(operation), self.resource(parent).unwrap_or_default());
                Some(match &method[..] {
                    [verb] if verb == "create" => join(&["new".to_owned()], &resource),
                    [verb] if verb == "update" || verb == "patch" => join(&resource, &["update".to_owned()]),
                    _ => join(&method, &["body".to_owned()]),
                })
            }
            _ => self.parent_words(parent).map(|words| names::words_of(&self.words.singular(&self.joined(&words)))),
        }
    }

    /// Names for what stands in requests and answers alone.
    fn in_calls(&self, parents: &BTreeSet<&Parent>, own: &[String]) -> Vec<Vec<String>> {
        let mut names = Vec::new();
        if let [only] = &parents.iter().collect::<Vec<_>>()[..] {
            match only {
                Parent::Answer(operation) => names.push(join(&self.noun(operation), own)),
                Parent::Request(operation) => names.push(join(&self.method_words(operation), own)),
                _ => {}
            }
        } else {
            names.extend(parents.first().and_then(|parent| self.resource(parent)).map(|resource| join(&resource, own)));
        }
        let methods = parents.iter().filter_map(|parent| match parent {
            Parent::Request(operation) => Some(join(&self.method_words(operation), own)),
            Parent::Answer(operation) => {
                let response = join(&self.method_words(operation), &["response".to_owned()]);
                Some(join(&response, own))
            }
            _ => None,
        });
        names.extend(methods);
        names
    }

    /// `kafka` of `Output` is a `KafkaOutput`; what has no word of its own is what it is made of.
    fn arm_name(&self, own: &[String], parent: &[String]) -> Vec<String> {
        let kind = match own.first().map(String::as_str) {
            Some("item") => "list",
            Some("entry") => "map",
            Some("object") => "object",
            Some("word") => "value",
            _ => {
                return match parent.split_first() {
                    Some((new, rest)) if new == "new" => join(std::slice::from_ref(new), &join(own, rest)),
                    _ => join(own, parent),
                };
            }
        };
        let rest = &own[1..];
        join(&join(rest, parent), &[kind.to_owned()])
    }

    fn parent_words(&self, parent: &Parent) -> Option<Vec<String>> {
        match parent {
            Parent::Type(id) => self.names.get(id).map(|(_, name)| names::words_of(name)),
            Parent::Text(name) => Some(names::words_of(name)),
            Parent::Request(operation) => Some(self.method_words(operation)),
            Parent::Answer(operation) => Some(self.noun(operation)),
        }
    }

    /// The union of which all parents are alternatives.
    fn common_union(&self, parents: &BTreeSet<&Parent>) -> Option<Vec<String>> {
        let ids: Vec<&TypeId> = parents
            .iter()
            .map(|parent| if let Parent::Type(id) = parent { Some(id) } else { None })
            .collect::<Option<_>>()?;
        if ids.len() < 2 {
            return None;
        }
        let holds = |kind: &Kind| match kind {
            Kind::Union(union) => {
                let named: BTreeSet<&str> = (union.arms.iter())
                    .filter_map(|arm| if let Ty::Named(id) = &arm.ty { Some(id.as_str()) } else { None })
                    .collect();
                ids.iter().all(|id| named.contains(id.as_str()))
            }
            _ => false,
        };
        let (union, _) = self.ir.types.iter().find(|(_, ty)| holds(&ty.kind))?;
        self.names.get(union).map(|(_, name)| names::words_of(name))
    }

    fn method_words(&self, operation: &str) -> Vec<String> {
        names::words_of(&self.words.camel(operation.rsplit('.').next().unwrap_or(operation)))
    }

    /// What a call is about: `list_rule_types` a rule type, `get` what its namespace holds.
    fn noun(&self, operation: &str) -> Vec<String> {
        let words = self.method_words(operation);
        let verbs = words.iter().take_while(|word| VERBS.contains(&word.as_str())).count();
        let rest = &words[verbs..];
        if verbs == 0 || rest.is_empty() || matches!(rest[0].as_str(), "by" | "with" | "for" | "in") {
            let resource = self.resource(&Parent::Answer(operation.to_owned())).unwrap_or_default();
            return if verbs == 0 { join(&resource, &words) } else { resource };
        }
        names::words_of(&self.words.singular(&self.joined(rest)))
    }

    /// What the namespace of a call holds: `fleet.outputs` an output.
    fn resource(&self, parent: &Parent) -> Option<Vec<String>> {
        let (Parent::Request(operation) | Parent::Answer(operation)) = parent else { return None };
        let (namespace, _) = operation.rsplit_once('.')?;
        let last = namespace.rsplit('.').next().unwrap_or(namespace);
        Some(names::words_of(&self.words.singular(&self.words.camel(last))))
    }

    fn joined(&self, words: &[String]) -> String {
        if words.is_empty() { String::new() } else { self.words.camel(&words.join("_")) }
    }
}

/// What most places call the type.
fn most_frequent(spots: &[Spot]) -> Option<Vec<String>> {
    let mut counts: BTreeMap<&[String], usize> = BTreeMap::new();
    for spot in spots {
        *counts.entry(&spot.own).or_default() += 1;
    }
    let most =
        counts.iter().max_by_key(|(own, count)| (**count, std::cmp::Reverse(own.len()), std::cmp::Reverse(*own)));
    most.map(|(own, _)| own.to_vec())
}

/// One after the other, without saying a word twice where they meet.
fn join(first: &[String], second: &[String]) -> Vec<String> {
    let most = first.len().min(second.len());
    let overlap = (1..=most).rev().find(|n| first[first.len() - n..] == second[..*n]).unwrap_or(0);
    first.iter().chain(&second[overlap..]).cloned().collect()
}
