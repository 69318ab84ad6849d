//! What the graph of types says: what requests reach, and where recursion needs a box.

use std::collections::{BTreeMap, BTreeSet};

use crate::ir::{Content, Ir, Kind, Member, Object, Operation, TypeId};

/// The types that requests hold, at any depth.
pub(super) fn requested(ir: &Ir) -> BTreeSet<TypeId> {
    let mut roots = BTreeSet::new();
    for operation in &ir.operations {
        request_types(operation, &mut |id| {
            roots.insert(id.to_owned());
        });
    }
    closure(ir, roots)
}

/// Pairs of types of which the first holds the second by value, inside a cycle of such holdings.
pub(super) fn boxed(ir: &Ir) -> BTreeSet<(TypeId, TypeId)> {
    let mut edges: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (id, ty) in &ir.types {
        each_reference(&ty.kind, &mut |target, by_value| {
            if by_value {
                edges.entry(id).or_default().insert(target);
            }
        });
    }
    let component = components(&edges);
    let mut boxed = BTreeSet::new();
    for (from, targets) in &edges {
        for to in targets {
            if component.contains_key(from) && component.get(from) == component.get(to) {
                boxed.insert(((*from).to_owned(), (*to).to_owned()));
            }
        }
    }
    boxed
}

/// Visits the types that an object, union or container mentions, with whether it holds them by value.
pub(super) fn each_reference<'a>(kind: &'a Kind, visit: &mut impl FnMut(&'a str, bool)) {
    match kind {
        Kind::Object(object) => object_types(object, visit),
        Kind::Enum(_) => {}
        Kind::Union(union) => union.arms.iter().for_each(|arm| arm.ty.references(true, visit)),
        Kind::Container(variants) | Kind::Keyed(variants) => {
            variants.iter().for_each(|variant| variant.ty.references(true, visit));
        }
    }
}

fn object_types<'a>(object: &'a Object, visit: &mut impl FnMut(&'a str, bool)) {
    object.members.iter().for_each(|member| member.ty.references(true, visit));
    object.variants.iter().for_each(|variant| variant.ty.references(true, visit));
    if let Some(rest) = &object.rest {
        rest.ty.references(rest.single, visit);
    }
}

fn request_types(operation: &Operation, visit: &mut impl FnMut(&str)) {
    let mut members = |members: &[Member]| {
        members.iter().for_each(|member| member.ty.references(true, &mut |id, _| visit(id)));
    };
    members(&operation.path);
    members(&operation.query);
    match operation.body.as_ref().map(|body| &body.content) {
        Some(Content::Object(object)) => object_types(object, &mut |id, _| visit(id)),
        Some(Content::Value(ty, _)) => ty.references(true, &mut |id, _| visit(id)),
        None => {}
    }
}

fn closure(ir: &Ir, roots: BTreeSet<TypeId>) -> BTreeSet<TypeId> {
    let mut reached = BTreeSet::new();
    let mut waiting: Vec<TypeId> = roots.into_iter().collect();
    while let Some(id) = waiting.pop() {
        if !reached.insert(id.clone()) {
            continue;
        }
        if let Some(ty) = ir.types.get(&id) {
            each_reference(&ty.kind, &mut |target, _| waiting.push(target.to_owned()));
        }
    }
    reached
}

/// The groups of nodes that lead to one another.
pub(super) fn cycles(edges: &BTreeMap<&str, Vec<&str>>) -> Vec<Vec<String>> {
    let edges: BTreeMap<&str, BTreeSet<&str>> =
        edges.iter().map(|(from, to)| (*from, to.iter().copied().collect())).collect();
    let mut cycles: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for (node, component) in components(&edges) {
        cycles.entry(component).or_default().push(node.to_owned());
    }
    cycles.into_values().collect()
}

/// The strongly connected component of each node that is in a cycle (Tarjan, without recursion).
fn components<'a>(edges: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> BTreeMap<&'a str, usize> {
    #[derive(Default)]
    struct State<'a> {
        index: BTreeMap<&'a str, usize>,
        low: BTreeMap<&'a str, usize>,
        stack: Vec<&'a str>,
        on_stack: BTreeSet<&'a str>,
        component: BTreeMap<&'a str, usize>,
    }
    let mut state = State::default();
    let successors = |node: &str| edges.get(node).map(|targets| targets.iter().copied().collect::<Vec<_>>());
    for root in edges.keys() {
        let mut work: Vec<(&str, Vec<&str>)> = Vec::new();
        if state.index.contains_key(root) {
            continue;
        }
        let mut enter = Some(*root);
        loop {
            if let Some(node) = enter.take() {
                let index = state.index.len();
                state.index.insert(node, index);
                state.low.insert(node, index);
                state.stack.push(node);
                state.on_stack.insert(node);
                work.push((node, successors(node).unwrap_or_default()));
            }
            let Some((node, waiting)) = work.last_mut() else { break };
            let node = *node;
            match waiting.pop() {
                Some(next) if !state.index.contains_key(next) => enter = Some(next),
                Some(next) => {
                    if state.on_stack.contains(next) {
                        let low = state.low[node].min(state.index[next]);
                        state.low.insert(node, low);
                    }
                }
                None => {
                    work.pop();
                    if let Some((parent, _)) = work.last() {
                        let low = state.low[parent].min(state.low[node]);
                        state.low.insert(parent, low);
                    }
                    if state.low[node] == state.index[node] {
                        let mut members = Vec::new();
                        while let Some(member) = state.stack.pop() {
                            state.on_stack.remove(member);
                            members.push(member);
                            if member == node {
                                break;
                            }
                        }
                        let cyclic = members.len() > 1 || edges.get(node).is_some_and(|t| t.contains(node));
                        if cyclic {
                            let component = state.index[node];
                            state.component.extend(members.into_iter().map(|member| (member, component)));
                        }
                    }
                }
            }
        }
    }
    state.component
}
