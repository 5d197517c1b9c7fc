//! A directed graph of named nodes for pictures: takes out edges that others imply, finds cycles, and writes the language
//! of Graphviz. Knows nothing of what the nodes are.

use crate::base::ResourceAddr;
use petgraph::algo::tarjan_scc;
use petgraph::graph::DiGraph;
use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;

/// A node.
#[derive(Debug)]
struct Node {
    name: String,
    /// What is written at it, and its shape; only some nodes are described.
    label: Option<(String, &'static str)>,
    /// The block it stands for, without keys of modules.
    block: Option<ResourceAddr>,
    needs: BTreeSet<usize>,
}

/// A graph in which an edge leads from a node to one that it needs.
#[derive(Debug, Default)]
pub struct Dag {
    nodes: Vec<Node>,
    index: HashMap<String, usize>,
}

impl Dag {
    /// The node of a name; made when it is new.
    pub fn node(&mut self, name: impl Into<String>) -> usize {
        let name = name.into();
        if let Some(found) = self.index.get(&name) {
            return *found;
        }
        let at = self.nodes.len();
        self.index.insert(name.clone(), at);
        self.nodes.push(Node {
            name,
            label: None,
            block: None,
            needs: BTreeSet::new(),
        });
        at
    }

    /// The node of a name, when there is one.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.index.get(name).copied()
    }

    /// Describes a node in pictures.
    pub fn label(&mut self, node: usize, text: impl Into<String>, shape: &'static str) {
        self.nodes[node].label = Some((text.into(), shape));
    }

    /// Makes a node stand for a block.
    pub fn block(&mut self, node: usize, block: ResourceAddr) {
        self.label(node, block.to_string(), "box");
        self.nodes[node].block = Some(block);
    }

    /// The first needs the second. A node does not need itself.
    pub fn edge(&mut self, from: usize, to: usize) {
        if from != to {
            self.nodes[from].needs.insert(to);
        }
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Nodes that no other needs.
    pub fn unneeded(&self) -> Vec<usize> {
        let needed: BTreeSet<usize> = self.nodes.iter().flat_map(|n| n.needs.iter().copied()).collect();
        (0..self.nodes.len()).filter(|n| !needed.contains(n)).collect()
    }

    /// Leaves out all nodes but these and what they need.
    pub fn keep(&mut self, wanted: &[usize]) {
        let mut kept = BTreeSet::new();
        let mut open = wanted.to_vec();
        while let Some(at) = open.pop() {
            if kept.insert(at) {
                open.extend(&self.nodes[at].needs);
            }
        }
        let mut out = Dag::default();
        for at in &kept {
            let node = &self.nodes[*at];
            let new = out.node(node.name.clone());
            out.nodes[new].label = node.label.clone();
            out.nodes[new].block = node.block.clone();
        }
        for at in &kept {
            let from = out.node(self.nodes[*at].name.clone());
            for need in &self.nodes[*at].needs {
                let to = out.node(self.nodes[*need].name.clone());
                out.edge(from, to);
            }
        }
        *self = out;
    }

    /// The groups of nodes that need each other.
    fn cycles(&self) -> Vec<BTreeSet<usize>> {
        let mut graph = DiGraph::<(), (), usize>::default();
        let ids: Vec<_> = self.nodes.iter().map(|_| graph.add_node(())).collect();
        for (from, node) in self.nodes.iter().enumerate() {
            for to in &node.needs {
                graph.add_edge(ids[from], ids[*to], ());
            }
        }
        let groups = tarjan_scc(&graph).into_iter().filter(|group| group.len() > 1);
        groups
            .map(|group| group.into_iter().map(|id| id.index()).collect())
            .collect()
    }

    /// Positions such that each node comes after all that it needs; none when there is a cycle.
    fn order(&self) -> Option<Vec<usize>> {
        let mut waiting: Vec<usize> = self.nodes.iter().map(|n| n.needs.len()).collect();
        let mut users: Vec<Vec<usize>> = vec![Vec::new(); self.nodes.len()];
        for (from, node) in self.nodes.iter().enumerate() {
            for to in &node.needs {
                users[*to].push(from);
            }
        }
        let mut position = vec![0; self.nodes.len()];
        let mut ready: Vec<usize> = (0..self.nodes.len()).filter(|n| waiting[*n] == 0).collect();
        let mut done = 0;
        while let Some(at) = ready.pop() {
            position[at] = done;
            done += 1;
            for user in &users[at] {
                waiting[*user] -= 1;
                if waiting[*user] == 0 {
                    ready.push(*user);
                }
            }
        }
        (done == self.nodes.len()).then_some(position)
    }

    /// Takes out every edge that a longer way implies. A graph with a cycle stays as it is.
    pub fn reduce(&mut self) {
        let Some(position) = self.order() else {
            return;
        };
        let mut seen = vec![usize::MAX; self.nodes.len()];
        for at in 0..self.nodes.len() {
            let mut targets: Vec<usize> = self.nodes[at].needs.iter().copied().collect();
            // What comes later can lead to what comes earlier, never the other way.
            targets.sort_by_key(|t| std::cmp::Reverse(position[*t]));
            let mut kept = BTreeSet::new();
            for target in targets {
                if seen[target] == at {
                    continue;
                }
                kept.insert(target);
                let mut open = vec![target];
                while let Some(next) = open.pop() {
                    if seen[next] != at {
                        seen[next] = at;
                        open.extend(&self.nodes[next].needs);
                    }
                }
            }
            self.nodes[at].needs = kept;
        }
    }

    /// The blocks, and which block needs which, seen through all other nodes; without edges that others imply.
    pub fn blocks(&self) -> (BTreeSet<ResourceAddr>, BTreeSet<(ResourceAddr, ResourceAddr)>) {
        let mut out = Dag::default();
        let mut blocks = BTreeSet::new();
        let named: Vec<(usize, &ResourceAddr)> = self
            .nodes
            .iter()
            .enumerate()
            .filter_map(|(at, n)| Some((at, n.block.as_ref()?)))
            .collect();
        for (at, block) in named {
            blocks.insert(block.clone());
            let from = out.node(block.to_string());
            out.block(from, block.clone());
            let mut seen = BTreeSet::new();
            let mut open: Vec<usize> = self.nodes[at].needs.iter().copied().collect();
            while let Some(next) = open.pop() {
                if !seen.insert(next) {
                    continue;
                }
                match &self.nodes[next].block {
                    Some(needed) => {
                        let to = out.node(needed.to_string());
                        out.edge(from, to);
                    }
                    None => open.extend(&self.nodes[next].needs),
                }
            }
        }
        out.reduce();
        let mut edges = BTreeSet::new();
        for node in &out.nodes {
            for need in &node.needs {
                if let (Some(from), Some(to)) = (&node.block, &out.nodes[*need].block) {
                    edges.insert((from.clone(), to.clone()));
                }
            }
        }
        (blocks, edges)
    }

    /// The whole graph in the language of Graphviz, laid out like Terraform's. With `draw_cycles` the edges of cycles are
    /// drawn once more in red.
    pub fn dot(&self, draw_cycles: bool) -> String {
        let name = |at: usize| quoted(&format!("[root] {}", self.nodes[at].name));
        let mut labels = BTreeSet::new();
        let mut edges = BTreeSet::new();
        for (at, node) in self.nodes.iter().enumerate() {
            if let Some((label, shape)) = &node.label {
                labels.insert(format!("{} [label = {}, shape = \"{shape}\"]", name(at), quoted(label)));
            }
            edges.extend(node.needs.iter().map(|to| format!("{} -> {}", name(at), name(*to))));
        }
        let mut red = BTreeSet::new();
        for group in if draw_cycles { self.cycles() } else { Vec::new() } {
            for at in &group {
                let within = self.nodes[*at].needs.iter().filter(|to| group.contains(to));
                red.extend(
                    within.map(|to| format!("{} -> {} [color = \"red\", penwidth = \"2.0\"]", name(*at), name(*to))),
                );
            }
        }
        let mut out = String::from("digraph {\n\tcompound = \"true\"\n\tnewrank = \"true\"\n\tsubgraph \"root\" {\n");
        for line in labels.iter().chain(&edges).chain(&red) {
            let _ = writeln!(out, "\t\t{line}");
        }
        out.push_str("\t}\n}\n");
        out
    }
}

/// Text as a quoted name.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dag(edges: &[(&str, &str)]) -> Dag {
        let mut dag = Dag::default();
        for (from, to) in edges {
            let (from, to) = (dag.node(*from), dag.node(*to));
            dag.edge(from, to);
        }
        dag
    }

    fn edges(dag: &Dag) -> Vec<String> {
        let of = |n: &Node| -> Vec<String> {
            let one = |to: &usize| format!("{}->{}", n.name, dag.nodes[*to].name);
            n.needs.iter().map(one).collect()
        };
        let mut all: Vec<String> = dag.nodes.iter().flat_map(of).collect();
        all.sort();
        all
    }

    #[test]
    fn an_edge_that_a_longer_way_implies_goes() {
        let mut found = dag(&[
            ("a", "b"),
            ("b", "c"),
            ("a", "c"),
            ("a", "d"),
            ("c", "d"),
            ("e", "c"),
            ("e", "b"),
        ]);
        found.reduce();
        assert_eq!(edges(&found), ["a->b", "b->c", "c->d", "e->b"]);
    }

    #[test]
    fn a_cycle_is_left_whole_and_drawn_in_red() {
        let mut found = dag(&[("a", "b"), ("b", "a"), ("x", "a"), ("x", "b")]);
        found.reduce();
        assert_eq!(edges(&found), ["a->b", "b->a", "x->a", "x->b"]);
        assert_eq!(found.dot(true).matches("color = \"red\"").count(), 2);
        assert_eq!(found.dot(false).matches("color = \"red\"").count(), 0);
    }

    #[test]
    fn what_nothing_wanted_needs_is_left_out() {
        let mut found = dag(&[("a", "b"), ("x", "y")]);
        let wanted = found.node("a");
        found.keep(&[wanted]);
        assert_eq!((edges(&found), found.len()), (vec!["a->b".to_string()], 2));
    }
}
