//! The graph of declarations as DOT and as Mermaid. Shows resources and data blocks; local values and providers are
//! looked through.

use crate::plan::{Graph, Node};
use std::collections::BTreeSet;
use std::fmt::Write;

/// Blocks, and the edges from each block to those that it needs directly.
fn blocks(graph: &Graph) -> (BTreeSet<String>, BTreeSet<(String, String)>) {
    let mut nodes = BTreeSet::new();
    let mut edges = BTreeSet::new();
    for node in &graph.order {
        if let Node::Resource(addr) = node {
            nodes.insert(addr.to_string());
            for needed in graph.needed_blocks(node) {
                edges.insert((addr.to_string(), needed.to_string()));
            }
        }
    }
    (nodes, edges)
}

/// The graph in the DOT language of Graphviz, laid out like Terraform's: an arrow leads from a block to what it needs.
pub fn graph_dot(graph: &Graph) -> String {
    let (nodes, edges) = blocks(graph);
    let mut out = String::from("digraph G {\n  rankdir = \"RL\";\n  node [shape = rect, fontname = \"sans-serif\"];\n");
    for node in &nodes {
        let _ = writeln!(out, "  \"{node}\" [label=\"{node}\"];");
    }
    for (from, to) in &edges {
        let _ = writeln!(out, "  \"{from}\" -> \"{to}\";");
    }
    out.push_str("}\n");
    out
}

/// The graph as a Mermaid flowchart: an arrow leads from what is needed to the block that needs it, the way the data
/// and the work go.
pub fn graph_mermaid(graph: &Graph) -> String {
    let (nodes, edges) = blocks(graph);
    let ids: Vec<&String> = nodes.iter().collect();
    let id = |name: &String| ids.binary_search(&name).unwrap_or(0);
    let mut out = String::from("flowchart LR\n");
    for (i, node) in ids.iter().enumerate() {
        let _ = writeln!(out, "  n{i}[\"{node}\"]");
    }
    for (from, to) in &edges {
        let _ = writeln!(out, "  n{} --> n{}", id(to), id(from));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::SourceMap;
    use crate::lang::parse::parse_file;

    fn graph(text: &str) -> Graph {
        let mut sources = SourceMap::default();
        let file = sources.add("main.tf", text);
        let (body, diags) = parse_file(&sources, file);
        assert!(!diags.has_errors(), "{diags:?}");
        let (module, diags) = crate::config::decode::decode(vec![body]);
        assert!(!diags.has_errors(), "{diags:?}");
        Graph::new(&module).0
    }

    const CONFIG: &str = r#"
        locals { name = "${terraform_data.bucket.output}-x" }
        resource "terraform_data" "bucket" { input = "raw" }
        resource "terraform_data" "task" { input = local.name }
    "#;

    #[test]
    fn dot_looks_through_local_values() {
        insta::assert_snapshot!(graph_dot(&graph(CONFIG)), @r#"
        digraph G {
          rankdir = "RL";
          node [shape = rect, fontname = "sans-serif"];
          "terraform_data.bucket" [label="terraform_data.bucket"];
          "terraform_data.task" [label="terraform_data.task"];
          "terraform_data.task" -> "terraform_data.bucket";
        }
        "#);
    }

    #[test]
    fn mermaid_numbers_its_nodes() {
        insta::assert_snapshot!(graph_mermaid(&graph(CONFIG)), @r#"
        flowchart LR
          n0["terraform_data.bucket"]
          n1["terraform_data.task"]
          n0 --> n1
        "#);
    }
}
