//! The graph of blocks as DOT and as Mermaid: which resource or data block needs which. Local values, variables, providers
//! and modules are looked through.

use super::dag::{Dag, quoted};
use crate::base::{ModulePath, ResourceAddr};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The graph in the DOT language of Graphviz, laid out like Terraform's: an arrow leads from a block to what it needs. Blocks
/// of a module stand together.
pub fn graph_dot(graph: &Dag) -> String {
    let (nodes, edges) = graph.blocks();
    let mut out = String::from("digraph G {\n  rankdir = \"RL\";\n  node [shape = rect, fontname = \"sans-serif\"];\n");
    if nodes.is_empty() {
        out.push_str("  /* This configuration has no resources. */\n  /* More is drawn by: graph -type=plan */\n");
    }
    let mut modules: BTreeMap<String, Vec<&ResourceAddr>> = BTreeMap::new();
    for node in &nodes {
        modules.entry(node.module.to_string()).or_default().push(node);
    }
    for (module, nodes) in &modules {
        let indent = if module.is_empty() { "  " } else { "    " };
        if !module.is_empty() {
            let (cluster, label) = (quoted(&format!("cluster_{module}")), quoted(module));
            let _ = write!(
                out,
                "  subgraph {cluster} {{\n    label = {label}\n    fontname = \"sans-serif\"\n"
            );
        }
        let mut lines: Vec<String> = nodes.iter().map(|node| dot_node(node)).collect();
        lines.sort();
        for line in lines {
            let _ = writeln!(out, "{indent}{line}");
        }
        if !module.is_empty() {
            out.push_str("  }\n");
        }
    }
    let edges = edges
        .iter()
        .map(|(from, to)| (quoted(&from.to_string()), quoted(&to.to_string())));
    let mut edges: Vec<String> = edges.map(|(from, to)| format!("  {from} -> {to};")).collect();
    edges.sort();
    for edge in edges {
        let _ = writeln!(out, "{edge}");
    }
    out.push_str("}\n");
    out
}

fn dot_node(block: &ResourceAddr) -> String {
    let local = block.in_module(ModulePath::default());
    let (name, label) = (quoted(&block.to_string()), quoted(&local.to_string()));
    format!("{name} [label={label}];")
}

/// The graph as a Mermaid flowchart: an arrow leads from what is needed to the block that needs it, the way the data
/// and the work go.
pub fn graph_mermaid(graph: &Dag) -> String {
    let (nodes, edges) = graph.blocks();
    let mut names: Vec<String> = nodes.iter().map(ToString::to_string).collect();
    names.sort();
    let id = |block: &ResourceAddr| names.binary_search(&block.to_string()).unwrap_or(0);
    let mut out = String::from("flowchart LR\n");
    for (i, node) in names.iter().enumerate() {
        let _ = writeln!(out, "  n{i}[\"{node}\"]");
    }
    let mut edges: Vec<(usize, usize)> = edges.iter().map(|(from, to)| (id(from), id(to))).collect();
    edges.sort_unstable();
    for (from, to) in edges {
        let _ = writeln!(out, "  n{to} --> n{from}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::graph_operation::GraphKind;
    use crate::report::graph_operation::tests::graph;

    const CONFIG: &str = r#"
        locals { name = "${terraform_data.bucket.output}-x" }
        resource "terraform_data" "bucket" { input = "raw" }
        resource "terraform_data" "task" { input = local.name }
        resource "terraform_data" "last" { input = [terraform_data.task.id, terraform_data.bucket.id] }
    "#;

    #[test]
    fn dot_looks_through_local_values_and_leaves_out_implied_edges() {
        insta::assert_snapshot!(graph_dot(&graph(CONFIG, GraphKind::Plan)), @r#"
        digraph G {
          rankdir = "RL";
          node [shape = rect, fontname = "sans-serif"];
          "terraform_data.bucket" [label="terraform_data.bucket"];
          "terraform_data.last" [label="terraform_data.last"];
          "terraform_data.task" [label="terraform_data.task"];
          "terraform_data.last" -> "terraform_data.task";
          "terraform_data.task" -> "terraform_data.bucket";
        }
        "#);
    }

    #[test]
    fn mermaid_numbers_its_nodes() {
        insta::assert_snapshot!(graph_mermaid(&graph(CONFIG, GraphKind::Plan)), @r#"
        flowchart LR
          n0["terraform_data.bucket"]
          n1["terraform_data.last"]
          n2["terraform_data.task"]
          n2 --> n1
          n0 --> n2
        "#);
    }
}
