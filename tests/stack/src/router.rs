//! Finds routes by path template. Knows nothing of products: it maps decoded segments to candidates, most specific first.

use std::collections::{BTreeMap, BTreeSet};

/// Path parameters by the name that the matched template gives them.
pub(crate) type Params = BTreeMap<String, String>;

/// Routes to values of `T`, each with its verbs.
pub(crate) struct Router<T> {
    by_length: BTreeMap<usize, Vec<Route<T>>>,
}

struct Route<T> {
    verbs: Vec<String>,
    template: Vec<Segment>,
    value: T,
}

enum Segment {
    Literal(String),
    Param(String),
    /// A parameter between fixed text, as `{name}.json`.
    Mixed(String, String, String),
}

/// One route whose path fits; its verb may not.
pub(crate) struct Candidate<'a, T> {
    pub(crate) verbs: &'a [String],
    pub(crate) value: &'a T,
    pub(crate) params: Params,
    /// By segment: smaller is more literal.
    pub(crate) specificity: Vec<u8>,
}

impl<T> Router<T> {
    pub(crate) fn new() -> Self {
        Self { by_length: BTreeMap::new() }
    }

    pub(crate) fn add<S: AsRef<str>>(&mut self, verbs: &[S], template: &str, value: T) {
        let template: Vec<Segment> = template.split('/').filter(|part| !part.is_empty()).map(Segment::parse).collect();
        let verbs = verbs.iter().map(|verb| verb.as_ref().to_owned()).collect();
        self.by_length.entry(template.len()).or_default().push(Route { verbs, template, value });
    }

    /// Every route whose path fits, the most literal first.
    pub(crate) fn candidates(&self, segments: &[String]) -> Vec<Candidate<'_, T>> {
        let Some(routes) = self.by_length.get(&segments.len()) else {
            return Vec::new();
        };
        let mut found: Vec<_> = routes.iter().filter_map(|route| route.fit(segments)).collect();
        found.sort_by(|a, b| a.specificity.cmp(&b.specificity));
        found
    }
}

/// The verbs that some candidate answers, in alphabetical order.
pub(crate) fn allowed<T>(candidates: &[Candidate<'_, T>]) -> BTreeSet<String> {
    candidates.iter().flat_map(|c| c.verbs.iter().cloned()).collect()
}

/// The most literal candidates that answer a verb; several only when their templates are alike.
pub(crate) fn best<'c, 'a, T>(candidates: &'c [Candidate<'a, T>], verb: &str) -> Vec<&'c Candidate<'a, T>> {
    let takes = |candidate: &&Candidate<'a, T>| candidate.verbs.iter().any(|known| known == verb);
    let mut found: Vec<_> = candidates.iter().filter(takes).collect();
    if let Some(least) = found.first().map(|first| first.specificity.clone()) {
        found.retain(|candidate| candidate.specificity == least);
    }
    found
}

impl<T> Route<T> {
    fn fit(&self, segments: &[String]) -> Option<Candidate<'_, T>> {
        let mut params = Params::new();
        let mut specificity = Vec::with_capacity(segments.len());
        for (part, text) in self.template.iter().zip(segments) {
            match part {
                Segment::Literal(literal) if literal == text => specificity.push(0),
                Segment::Literal(_) => return None,
                Segment::Mixed(before, name, after) => {
                    let inner = text.strip_prefix(before.as_str())?.strip_suffix(after.as_str())?;
                    params.insert(name.clone(), inner.to_owned());
                    specificity.push(1);
                }
                Segment::Param(_) if text.is_empty() => return None,
                Segment::Param(name) => {
                    params.insert(name.clone(), text.clone());
                    specificity.push(2);
                }
            }
        }
        Some(Candidate { verbs: &self.verbs, value: &self.value, params, specificity })
    }
}

impl Segment {
    fn parse(part: &str) -> Self {
        let Some((before, rest)) = part.split_once('{') else {
            return Self::Literal(part.to_owned());
        };
        let Some((name, after)) = rest.split_once('}') else {
            return Self::Literal(part.to_owned());
        };
        let name = name.trim_end_matches(['?', '*']).to_owned();
        if before.is_empty() && after.is_empty() {
            Self::Param(name)
        } else {
            Self::Mixed(before.to_owned(), name, after.to_owned())
        }
    }
}
