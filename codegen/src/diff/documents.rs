//! Documents of one product side by side: how many calls they share, and what a new one lacks.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Action, Change, Class, Diff, Part, Side};
use crate::import::calls;
use crate::spec::model::{Api, Operation, Product};

/// Two documents, by verb and path of their calls; what parameters are called does not count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Presence {
    /// The older document.
    pub old: String,
    /// The one that was imported.
    pub new: String,
    /// How many calls stand in both.
    pub both: usize,
    /// Ids of those that stand in the older one alone.
    pub only_old: Vec<String>,
    /// Ids of those that stand in the newer one alone.
    pub only_new: Vec<String>,
}

/// Documents, each with its operations.
type Documents<'a> = BTreeMap<&'a str, BTreeMap<&'a str, &'a Operation>>;

fn documents(api: &Api) -> Documents<'_> {
    let mut documents = Documents::new();
    for operation in api.operations.values() {
        for document in &operation.facts.documents {
            documents.entry(document).or_default().insert(&operation.id, operation);
        }
    }
    documents
}

/// Adds what documents that are in the new spec alone share with those of the old one.
pub(super) fn compare(product: Product, old: &Side<'_>, new: &Side<'_>, diff: &mut Diff) {
    let (before, after) = (documents(&old.api), documents(&new.api));
    let imported: Vec<&str> = after.keys().filter(|name| !before.contains_key(*name)).copied().collect();
    for new_name in &imported {
        for old_name in before.keys() {
            let olds = before.get(old_name).into_iter().flatten();
            let news = after.get(new_name).into_iter().flatten();
            let new_calls: BTreeSet<_> = news.clone().flat_map(|(_, of)| calls(of)).collect();
            let old_calls: BTreeSet<_> = olds.clone().flat_map(|(_, of)| calls(of)).collect();
            let (gone, kept): (Vec<_>, Vec<_>) =
                olds.partition(|(_, of)| !calls(of).any(|call| new_calls.contains(&call)));
            let fresh = news.filter(|(_, of)| !calls(of).any(|call| old_calls.contains(&call)));
            diff.documents.push(Presence {
                old: (*old_name).to_owned(),
                new: (*new_name).to_owned(),
                both: kept.len(),
                only_old: gone.into_iter().map(|(id, _)| (*id).to_owned()).collect(),
                only_new: fresh.map(|(id, _)| (*id).to_owned()).collect(),
            });
        }
    }
    // The newest document speaks for the product as it is; those of parts, without a version, for nothing else.
    let Some(newest) = imported.iter().max_by_key(|name| version(name)).filter(|name| !version(name).is_empty()) else {
        return;
    };
    for operation in new.api.operations.values() {
        let documents = &operation.facts.documents;
        if documents.is_empty()
            || after[newest].contains_key(operation.id.as_str())
            || !old.api.operations.contains_key(&operation.id)
        {
            continue;
        }
        let (file, line) = new.place(&operation.place);
        diff.changes.push(Change {
            class: Class::Docs,
            product: product.as_str(),
            part: Part::Operation,
            action: Action::Missing,
            id: operation.id.clone(),
            was: Some(documents.join(", ")),
            is: None,
            effect: format!("{newest} lacks it; it stays for older servers"),
            file,
            line,
        });
        diff.changes.sort();
    }
}

/// The numbers of a document's name: `kibana-9.3` -> 9, 3.
fn version(document: &str) -> Vec<u32> {
    let (_, version) = document.split_once('-').unwrap_or_default();
    version.split('.').map_while(|part| part.parse().ok()).collect()
}
