//! What the graph of types says: what requests reach, and where recursion needs a box.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::ir::{Content, Ir, Kind, Member, Object, Operation, Type, TypeId};

/// The types that requests hold, at any depth.
pub(super) fn requested(ir: &Ir) -> HashSet<&str> {
    let mut waiting = Vec::new();
    for operation in &ir.operations {
        request_types(operation, &mut |id| waiting.push(id));
    }
    let mut reached = HashSet::new();
    while let Some(id) = waiting.pop() {
        if let Some(ty) = ir.types.get(id).filter(|_| reached.insert(id)) {
            each_reference(&ty.kind, &mut |target, _| waiting.push(target));
        }
    }
    reached
}

/// Pairs of types of which the first holds the second by value, inside a cycle of such holdings.
pub(super) fn boxed(ir: &Ir) -> HashSet<(TypeId, TypeId)> {
    let graph = Graph::new(ir.types.iter().map(|(id, ty)| (id.as_str(), held(ty))).collect());
    let component = graph.components();
    let pairs = graph.edges.iter().enumerate().flat_map(|(from, targets)| targets.iter().map(move |to| (from, *to)));
    let inside = pairs.filter(|(from, to)| component[*from].is_some() && component[*from] == component[*to]);
    inside.map(|(from, to)| (graph.nodes[from].to_owned(), graph.nodes[to].to_owned())).collect()
}

/// The types that one holds by value.
fn held(ty: &Type) -> Vec<&str> {
    let mut held = Vec::new();
    each_reference(&ty.kind, &mut |target, by_value| held.extend(by_value.then_some(target)));
    held
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

fn request_types<'a>(operation: &'a Operation, visit: &mut impl FnMut(&'a str)) {
    let mut members = |members: &'a [Member]| {
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

/// The groups of nodes that lead to one another.
pub(super) fn cycles(edges: Vec<(&str, Vec<&str>)>) -> Vec<Vec<String>> {
    let graph = Graph::new(edges);
    let mut cycles: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for (node, component) in graph.nodes.iter().zip(graph.components()) {
        if let Some(component) = component {
            cycles.entry(component).or_default().push((*node).to_owned());
        }
    }
    cycles.into_values().collect()
}

/// Nodes by number, and the numbers of those that each leads to.
struct Graph<'a> {
    nodes: Vec<&'a str>,
    edges: Vec<Vec<usize>>,
}

impl<'a> Graph<'a> {
    /// A graph of nodes with what each leads to; what is no node itself ends there.
    fn new(edges: Vec<(&'a str, Vec<&'a str>)>) -> Self {
        let nodes: Vec<&str> = edges.iter().map(|(node, _)| *node).collect();
        let numbers: HashMap<&str, usize> = nodes.iter().enumerate().map(|(number, node)| (*node, number)).collect();
        let numbered = |targets: Vec<&str>| targets.iter().filter_map(|node| numbers.get(node).copied()).collect();
        let edges = edges.into_iter().map(|(_, targets)| numbered(targets)).collect();
        Self { nodes, edges }
    }

    /// The strongly connected component of each node that is in a cycle (Tarjan, without recursion).
    fn components(&self) -> Vec<Option<usize>> {
        let mut components = vec![None; self.nodes.len()];
        let mut visits: Vec<Option<Visit>> = vec![None; self.nodes.len()];
        let mut met = 0;
        let mut stack = Vec::new();
        for root in 0..self.nodes.len() {
            if visits[root].is_some() {
                continue;
            }
            let mut enter = Some(root);
            let mut work: Vec<(usize, std::slice::Iter<'_, usize>)> = Vec::new();
            loop {
                if let Some(node) = enter.take() {
                    visits[node] = Some(Visit { index: met, low: met, open: true });
                    met += 1;
                    stack.push(node);
                    work.push((node, self.edges[node].iter()));
                }
                let Some((node, waiting)) = work.last_mut() else { break };
                let node = *node;
                match waiting.next().map(|next| (*next, visits[*next])) {
                    Some((next, None)) => enter = Some(next),
                    Some((_, Some(other))) if other.open => lower(&mut visits[node], other.index),
                    Some(_) => {}
                    None => {
                        work.pop();
                        let Some(visit) = visits[node] else { continue };
                        if let Some((parent, _)) = work.last() {
                            lower(&mut visits[*parent], visit.low);
                        }
                        if visit.low == visit.index {
                            let start = stack.iter().rposition(|member| *member == node).unwrap_or_default();
                            let cyclic = stack.len() - start > 1 || self.edges[node].contains(&node);
                            for member in stack.drain(start..) {
                                visits[member] = visits[member].map(|visit| Visit { open: false, ..visit });
                                components[member] = cyclic.then_some(visit.index);
                            }
                        }
                    }
                }
            }
        }
        components
    }
}

/// How far the search for components has come with a node.
#[derive(Clone, Copy)]
struct Visit {
    index: usize,
    low: usize,
    /// Whether its component is not known yet.
    open: bool,
}

fn lower(visit: &mut Option<Visit>, low: usize) {
    if let Some(visit) = visit {
        visit.low = visit.low.min(low);
    }
}
