//! Which declaration needs which: the dependency graph of all modules, its order and its cycles. Says nothing of
//! instances; `plan::steps` does. Paths of modules in it have no keys.

mod build;

use crate::base::{Diag, Diags, ModulePath, ResourceAddr, Span, Str};
use crate::config::{Module, ProviderKey, codes};
use crate::schema::Registry;
use build::Builder;
use petgraph::Direction;
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;
use std::collections::{BTreeSet, HashMap, HashSet};

/// A declaration that is evaluated.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Node {
    /// A local value of a module.
    Local(ModulePath, Str),
    /// A provider configuration.
    Provider(ProviderKey),
    /// A resource or data block.
    Resource(ResourceAddr),
    /// An output of a module.
    Output(ModulePath, Str),
    /// An input variable of a module.
    Variable(ModulePath, Str),
    /// A module call: how many instances there are.
    Module(ModulePath),
    /// All that a called module holds.
    Whole(ModulePath),
}

impl Node {
    /// The module in which it is declared; for a call the one that is called.
    pub fn module(&self) -> ModulePath {
        match self {
            Node::Local(path, _) | Node::Output(path, _) | Node::Variable(path, _) => path.clone(),
            Node::Module(path) | Node::Whole(path) => path.clone(),
            Node::Resource(addr) => addr.module.clone(),
            Node::Provider(_) => ModulePath::default(),
        }
    }
}

impl std::fmt::Display for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let within = |f: &mut std::fmt::Formatter<'_>, path: &ModulePath, kind: &str, name: &Str| match path.is_root() {
            true => write!(f, "{kind}.{name}"),
            false => write!(f, "{path}.{kind}.{name}"),
        };
        match self {
            Node::Local(path, name) => within(f, path, "local", name),
            Node::Provider(key) => write!(f, "provider.{key}"),
            Node::Resource(addr) => write!(f, "{addr}"),
            Node::Output(path, name) => within(f, path, "output", name),
            Node::Variable(path, name) => within(f, path, "var", name),
            Node::Module(path) | Node::Whole(path) => write!(f, "{path}"),
        }
    }
}

/// The dependency graph of a configuration; an edge leads from a declaration to one that needs it and holds the place of the
/// reference.
pub struct Graph {
    graph: DiGraph<Node, Span>,
    index: HashMap<Node, NodeIndex>,
    /// Nodes such that each comes after all that it needs.
    pub order: Vec<Node>,
    /// Place of each node in the order.
    position: HashMap<Node, usize>,
    /// Places of references that were refused whatever the values are.
    refused: Vec<Span>,
}

impl Graph {
    /// Builds the graph. References to undeclared things and cycles are reported; the order then leaves out the members of
    /// cycles.
    pub fn new(module: &Module) -> (Graph, Diags) {
        Self::built(Builder::new(module))
    }

    /// As [`Graph::new`]; references to attributes that no object of a type has are reported too.
    pub fn checked(module: &Module, registry: &Registry) -> (Graph, Diags) {
        Self::built(Builder::new(module).with_types(registry))
    }

    /// Whether a place lies in a reference that was refused whatever the values are.
    pub(super) fn is_refused(&self, place: Span) -> bool {
        let after = self
            .refused
            .partition_point(|r| (r.file, r.start) <= (place.file, place.start));
        let before = after.checked_sub(1).and_then(|i| self.refused.get(i));
        before.is_some_and(|r| r.contains(place))
    }

    fn built(mut builder: Builder<'_>) -> (Graph, Diags) {
        builder.nodes();
        builder.edges();
        let Builder {
            graph,
            index,
            mut diags,
            mut refused,
            ..
        } = builder;
        let mut order = Vec::with_capacity(graph.node_count());
        // Tarjan's components come in reverse topological order: what is needed by others last.
        for component in tarjan_scc(&graph).into_iter().rev() {
            let single = component.len() == 1 && graph.find_edge(component[0], component[0]).is_none();
            if single {
                order.push(graph[component[0]].clone());
            } else {
                diags.push(cycle(&graph, &component));
            }
        }
        refused.sort();
        refused.dedup();
        let position = order.iter().cloned().enumerate().map(|(i, n)| (n, i)).collect();
        let graph = Graph {
            graph,
            index,
            order,
            position,
            refused,
        };
        (graph, diags)
    }

    /// The blocks that a declaration needs directly or through values and provider settings, sorted.
    pub fn needed_blocks(&self, node: &Node) -> Vec<ResourceAddr> {
        self.needed(node)
            .into_iter()
            .filter_map(|n| match n {
                Node::Resource(addr) => Some(addr.clone()),
                _ => None,
            })
            .collect()
    }

    /// The values that a declaration needs directly or through others, looking through all but blocks, in the order in which
    /// they can be evaluated.
    pub fn needed_values(&self, node: &Node) -> Vec<&Node> {
        let mut found: Vec<&Node> = self.needed(node).into_iter().collect();
        found.retain(|n| !matches!(n, Node::Resource(_)));
        found.sort_by_key(|n| self.position.get(*n).copied().unwrap_or(usize::MAX));
        found
    }

    /// All edges between declarations as (needing, needed), sorted: the picture of `headworks graph`.
    pub fn edges(&self) -> BTreeSet<(&Node, &Node)> {
        self.graph
            .edge_references()
            .map(|e| (&self.graph[e.target()], &self.graph[e.source()]))
            .collect()
    }

    /// What is needed, looking through everything but blocks.
    fn needed(&self, node: &Node) -> BTreeSet<&Node> {
        let mut found = BTreeSet::new();
        let mut seen = HashSet::new();
        let mut open: Vec<NodeIndex> = self.index.get(node).copied().into_iter().collect();
        while let Some(at) = open.pop() {
            for next in self.graph.neighbors_directed(at, Direction::Incoming) {
                if !seen.insert(next) {
                    continue;
                }
                let name = &self.graph[next];
                found.insert(name);
                if !matches!(name, Node::Resource(_)) {
                    open.push(next);
                }
            }
        }
        found
    }
}

/// Names every member of a cycle in order, each with the place of the reference that leads on.
fn cycle(graph: &DiGraph<Node, Span>, component: &[NodeIndex]) -> Diag {
    let members: HashSet<NodeIndex> = component.iter().copied().collect();
    let first = component.iter().copied().min_by_key(|i| &graph[*i]);
    let Some(first) = first else {
        return Diag::error(codes::CYCLE, "Dependency cycle");
    };
    // Walk from needing to needed until a member comes again; what lies between is a cycle.
    let mut path: Vec<(NodeIndex, Span)> = Vec::new();
    let mut at = first;
    let (loop_start, _) = loop {
        let next = graph
            .edges_directed(at, Direction::Incoming)
            .filter(|e| members.contains(&e.source()))
            .min_by_key(|e| &graph[e.source()]);
        let Some(edge) = next else {
            break (0, at);
        };
        path.push((at, *edge.weight()));
        at = edge.source();
        if let Some(position) = path.iter().position(|(n, _)| *n == at) {
            break (position, at);
        }
    };
    let circle = &path[loop_start.min(path.len())..];
    let mut names: Vec<String> = circle.iter().map(|(n, _)| graph[*n].to_string()).collect();
    if let Some(back) = names.first().cloned() {
        names.push(back);
    }
    let mut sorted: Vec<String> = circle.iter().map(|(n, _)| graph[*n].to_string()).collect();
    sorted.sort();
    sorted.dedup();
    let mut diag = Diag::error(codes::CYCLE, format!("Cycle: {}", sorted.join(", ")))
        .detail(format!(
            "Each of these needs the next one first: {}.",
            names.join(" → ")
        ))
        .help("take one of the references out, or move what both sides need into a local value or variable");
    for (i, (node, span)) in circle.iter().enumerate() {
        let text = format!("{} needs {}", graph[*node], names.get(i + 1).map_or("", |n| n));
        diag = if i == 0 {
            diag.at(*span).label(text)
        } else {
            diag.related(*span, text)
        };
    }
    diag
}
