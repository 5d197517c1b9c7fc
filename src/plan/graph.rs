//! Which declaration needs which: the dependency graph of a module, its order and its cycles. Says nothing of
//! instances; `plan::steps` does.

use crate::base::{Diag, Diags, ResourceAddr, Span, Str};
use crate::config::{Module, ProviderKey, Target, codes, target};
use crate::lang::ast::{Expr, Reference};
use petgraph::Direction;
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;
use std::collections::{BTreeSet, HashMap, HashSet};

/// A declaration that is evaluated.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Node {
    /// A local value.
    Local(Str),
    /// A provider configuration.
    Provider(ProviderKey),
    /// A resource or data block.
    Resource(ResourceAddr),
    /// An output.
    Output(Str),
}

impl std::fmt::Display for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Node::Local(name) => write!(f, "local.{name}"),
            Node::Provider(key) => write!(f, "provider.{key}"),
            Node::Resource(addr) => write!(f, "{addr}"),
            Node::Output(name) => write!(f, "output.{name}"),
        }
    }
}

/// The dependency graph of a module; an edge leads from a declaration to one that needs it and holds the place of the
/// reference.
pub struct Graph {
    graph: DiGraph<Node, Span>,
    index: HashMap<Node, NodeIndex>,
    /// Nodes such that each comes after all that it needs.
    pub order: Vec<Node>,
}

impl Graph {
    /// Builds the graph. References to undeclared things and cycles are reported; the order then leaves out the members of
    /// cycles.
    pub fn new(module: &Module) -> (Graph, Diags) {
        let mut builder = Builder {
            module,
            graph: DiGraph::new(),
            index: HashMap::new(),
            linked: HashSet::new(),
            diags: Diags::new(),
        };
        builder.nodes();
        builder.edges();
        let Builder {
            graph,
            index,
            mut diags,
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
        (Graph { graph, index, order }, diags)
    }

    /// The blocks that a declaration needs directly or through local values and provider settings, sorted.
    pub fn needed_blocks(&self, node: &Node) -> Vec<ResourceAddr> {
        self.needed(node)
            .into_iter()
            .filter_map(|n| match n {
                Node::Resource(addr) => Some(addr.clone()),
                _ => None,
            })
            .collect()
    }

    /// The local values that a declaration needs directly or through others, sorted by name.
    pub fn needed_locals(&self, node: &Node) -> Vec<Str> {
        self.needed(node)
            .into_iter()
            .filter_map(|n| match n {
                Node::Local(name) => Some(name.clone()),
                _ => None,
            })
            .collect()
    }

    /// All edges between declarations as (needing, needed), sorted: the picture of `headworks graph`.
    pub fn edges(&self) -> BTreeSet<(&Node, &Node)> {
        self.graph
            .edge_references()
            .map(|e| (&self.graph[e.target()], &self.graph[e.source()]))
            .collect()
    }

    /// What is needed, looking through local values and providers but not through blocks.
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
                if matches!(name, Node::Local(_) | Node::Provider(_)) {
                    open.push(next);
                }
            }
        }
        found
    }
}

struct Builder<'a> {
    module: &'a Module,
    graph: DiGraph<Node, Span>,
    index: HashMap<Node, NodeIndex>,
    linked: HashSet<(NodeIndex, NodeIndex)>,
    diags: Diags,
}

impl<'a> Builder<'a> {
    fn nodes(&mut self) {
        let module = self.module;
        let nodes = (module.locals.keys().map(|n| Node::Local(n.clone())))
            .chain(module.providers.keys().map(|k| Node::Provider(k.clone())))
            .chain(module.resources.keys().map(|a| Node::Resource(a.clone())))
            .chain(module.outputs.keys().map(|n| Node::Output(n.clone())));
        for node in nodes {
            let at = self.graph.add_node(node.clone());
            self.index.insert(node, at);
        }
    }

    fn edges(&mut self) {
        let module = self.module;
        for (name, local) in &module.locals {
            self.expr(&Node::Local(name.clone()), &local.value);
        }
        for (key, provider) in &module.providers {
            let node = Node::Provider(key.clone());
            provider
                .body
                .each_reference(&mut |r, span| self.reference(&node, r, span));
        }
        for (addr, resource) in &module.resources {
            self.resource(addr, resource);
        }
        for (name, output) in &module.outputs {
            let node = Node::Output(name.clone());
            self.expr(&node, &output.value);
            for condition in &output.preconditions {
                self.expr(&node, &condition.condition);
                self.expr(&node, &condition.message);
            }
            for (reference, span) in &output.depends_on {
                self.reference(&node, reference, *span);
            }
        }
        for variable in module.variables.values() {
            for condition in &variable.validations {
                for expr in [&condition.condition, &condition.message] {
                    expr.each_reference(&mut |r, span| {
                        if let Err(diag) = target(module, r, span) {
                            self.diags.push(diag);
                        }
                    });
                }
            }
        }
    }

    fn resource(&mut self, addr: &ResourceAddr, resource: &'a crate::config::Resource) {
        let node = Node::Resource(addr.clone());
        for (name, attribute) in &resource.body.attributes {
            match &**name {
                // Written as references, but a provider's name is no value.
                "provider" | "depends_on" => {}
                _ => self.expr(&node, &attribute.value),
            }
        }
        for block in &resource.body.blocks {
            match &*block.kind.text {
                "lifecycle" => {}
                "dynamic" => self.dynamic(&node, block),
                _ => block.body.each_reference(&mut |r, span| self.reference(&node, r, span)),
            }
        }
        for (reference, span) in &resource.depends_on {
            self.reference(&node, reference, *span);
        }
        let lifecycle = &resource.lifecycle;
        for condition in lifecycle.preconditions.iter().chain(&lifecycle.postconditions) {
            self.expr(&node, &condition.condition);
            self.expr(&node, &condition.message);
        }
        for trigger in &lifecycle.replace_triggered_by {
            self.expr(&node, trigger);
        }
        let provider = Node::Provider(resource.provider.clone());
        if let (Some(from), Some(to)) = (self.index.get(&provider), self.index.get(&node)) {
            let (from, to) = (*from, *to);
            self.edge(from, to, resource.header);
        }
    }

    /// A dynamic block binds its iterator, which is no reference to a resource.
    fn dynamic(&mut self, node: &Node, block: &'a crate::lang::ast::Block) {
        let iterator = block.body.expr("iterator").and_then(|e| match &e.kind {
            crate::lang::ast::ExprKind::Reference(r) => Some(r.root.text.clone()),
            _ => None,
        });
        let bound = iterator.or_else(|| block.labels.first().map(|l| l.text.clone()));
        for (name, attribute) in &block.body.attributes {
            if &**name != "iterator" {
                self.expr(node, &attribute.value);
            }
        }
        for inner in &block.body.blocks {
            inner.body.each_reference(&mut |r, span| {
                if Some(&r.root.text) != bound.as_ref() {
                    self.reference(node, r, span);
                }
            });
        }
    }

    /// One edge a pair is enough: its place serves the message about a cycle. The set, as looking for an edge in the graph walks
    /// all edges of a node that everything needs.
    fn edge(&mut self, from: NodeIndex, to: NodeIndex, span: Span) {
        if self.linked.insert((from, to)) {
            self.graph.add_edge(from, to, span);
        }
    }

    fn expr(&mut self, node: &Node, expr: &'a Expr) {
        expr.each_reference(&mut |r, span| self.reference(node, r, span));
    }

    fn reference(&mut self, node: &Node, reference: &Reference, span: Span) {
        let needed = match target(self.module, reference, span) {
            Ok(Target::Local(name)) => Node::Local(name),
            Ok(Target::Resource(addr)) => Node::Resource(addr),
            Ok(Target::Variable(_) | Target::Builtin) => return,
            Err(diag) => {
                self.diags.push(diag);
                return;
            }
        };
        if let (Some(from), Some(to)) = (self.index.get(&needed), self.index.get(node)) {
            let (from, to) = (*from, *to);
            self.edge(from, to, span);
        }
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
    let mut diag = Diag::error(codes::CYCLE, "Dependency cycle")
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
