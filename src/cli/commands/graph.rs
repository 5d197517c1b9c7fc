//! `headworks graph`: which declaration needs which.

use crate::cli::args::{GraphArgs, VarArgs};
use crate::cli::load::load;
use crate::cli::{CommandResult, Context, Exit, Failure};
use crate::plan::Graph;
use crate::report;

/// Runs the command.
pub fn run(cx: &Context, args: &GraphArgs) -> CommandResult {
    let loaded = load(&cx.directory, &VarArgs::default())?;
    let (graph, diags) = Graph::new(&loaded.module);
    if diags.has_errors() {
        return Err(Failure {
            diags: diags.sorted(),
            sources: loaded.sources,
        });
    }
    let text = if args.mermaid {
        report::graph_mermaid(&graph)
    } else {
        report::graph_dot(&graph)
    };
    cx.output.data(&text);
    Ok(Exit::Fine)
}
