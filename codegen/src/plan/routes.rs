//! Which route a request takes: the one with most parameters of which all are given. What no route has is refused.

use super::calls::{Branch, Part, RequestField, Where, is_list};
use super::{Planner, Presence};
use crate::ir::Operation;
use crate::names::Scope;
use crate::spec::model::Route;

impl Planner<'_> {
    /// The routes in the order in which they are tried, and parameters that need another.
    pub(super) fn routes(
        &mut self,
        operation: &Operation,
        fields: &[RequestField],
    ) -> (Vec<Branch>, Vec<(String, String)>) {
        let field = |wire: &str| fields.iter().find(|field| field.place == Where::Path && field.field.wire == wire);
        let optional = |wire: &str| field(wire).filter(|field| field.field.presence == Presence::Optional);
        let mut routes: Vec<&Route> = operation.routes.iter().filter(|route| route.deprecated.is_none()).collect();
        if routes.is_empty() {
            routes = operation.routes.iter().collect();
        }
        routes.sort_by_key(|route| std::cmp::Reverse(parameters(&route.path).len()));
        let mut seen = Vec::new();
        routes.retain(|route| {
            let mut names = parameters(&route.path);
            names.sort();
            let new = !seen.contains(&names);
            seen.push(names);
            new
        });
        let mut guards = Vec::new();
        for parameter in operation.path.iter().filter(|member| optional(&member.name).is_some()) {
            let with: Vec<Vec<String>> = (routes.iter().map(|route| parameters(&route.path)))
                .filter(|names| names.contains(&parameter.name))
                .collect();
            for parent in operation.path.iter().filter(|member| optional(&member.name).is_some()) {
                let always = with.iter().all(|names| names.contains(&parent.name));
                if parent.name != parameter.name && always && !with.is_empty() {
                    guards.push((parameter.name.clone(), parent.name.clone()));
                }
            }
        }
        let mut branches = Vec::new();
        let mut earlier: Vec<Vec<String>> = Vec::new();
        for route in &routes {
            let pieces = split(&route.path);
            if let Some(parameter) = part_of_a_segment(&pieces) {
                let problem = format!("`{{{parameter}}}` does not begin a segment of `{}`", route.path);
                self.errors.push(format!("`{}`: {problem}", operation.id));
            }
            let names: Vec<String> =
                parameters(&route.path).into_iter().filter(|name| optional(name).is_some()).collect();
            let mut locals = Scope::with_reserved(&["path", "self"]);
            let parts = pieces.into_iter().map(|(literal, text)| {
                if literal {
                    return Part::Literal(text);
                }
                let field = field(&text);
                let rust = field.map_or_else(String::new, |field| field.field.rust.clone());
                let list = field.is_some_and(|field| is_list(&field.field.ty));
                Part::Parameter { wire: text, local: locals.take(&rust, std::slice::from_ref(&rust)), rust, list }
            });
            let parts = parts.collect();
            let refused = operation.path.iter().filter(|member| {
                // An earlier route would have been taken, or the guard of a parent speaks first.
                let taken = |other: &Vec<String>| other.iter().all(|name| names.contains(name) || *name == member.name);
                let guarded = |(child, parent): &(String, String)| *child == member.name && !names.contains(parent);
                let absent = optional(&member.name).is_some() && !names.contains(&member.name);
                absent && !earlier.iter().any(taken) && !guards.iter().any(guarded)
            });
            let refused =
                refused.filter_map(|member| Some((member.name.clone(), field(&member.name)?.field.rust.clone())));
            let refused = refused.collect();
            let given = names.iter().filter_map(|wire| field(wire)).map(|field| field.field.rust.clone()).collect();
            branches.push(Branch { given, verb: self.verb(operation, route), parts, refused });
            earlier.push(names);
        }
        (branches, guards)
    }
}

/// The parameters of a path template, in order.
fn parameters(template: &str) -> Vec<String> {
    split(template).into_iter().filter(|(literal, _)| !literal).map(|(_, text)| text).collect()
}

/// The parameter before which something else than `/` stands.
fn part_of_a_segment(pieces: &[(bool, String)]) -> Option<&str> {
    let begins = |index: usize| index > 0 && pieces[index - 1].0 && pieces[index - 1].1.ends_with('/');
    let (_, (_, name)) = pieces.iter().enumerate().find(|(index, (literal, _))| !literal && !begins(*index))?;
    Some(name)
}

/// A template's pieces: whether each is literal, and its text or the parameter's name.
fn split(template: &str) -> Vec<(bool, String)> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        pieces.push((true, before.to_owned()));
        pieces.push((false, name.to_owned()));
        rest = after;
    }
    pieces.push((true, rest.to_owned()));
    pieces.retain(|(literal, text)| !literal || !text.is_empty());
    pieces
}
