//! `headworks graph`: which declaration needs which. Asks no cloud.

use crate::base::Diag;
use crate::cli::args::{GraphArgs, VarArgs};
use crate::cli::pipeline::{Machine, open_state, read_state};
use crate::cli::{CommandResult, Context, Exit, Failure, codes, load, savedplan};
use crate::config::Module;
use crate::plan::Graph;
use crate::report::{self, GraphKind, GraphSource};
use crate::store::sqlite::OpenMode;
use std::collections::BTreeMap;
use std::path::Path;

/// Runs the command.
pub fn run(cx: &Context, args: &GraphArgs) -> CommandResult {
    let kind = args.kind.as_deref().map(kind).transpose()?;
    if let Some(path) = &args.plan {
        return of_plan(cx, args, path, kind);
    }
    let loaded = load::load(&cx.directory, &VarArgs::default())?;
    if !args.draw_cycles {
        without_cycles(&loaded.module).map_err(|diags| Failure {
            diags,
            sources: loaded.sources,
        })?;
    }
    let machine = Machine::offline()?;
    let store = open_state(cx, OpenMode::ReadOnly)?;
    let state = read_state(&*store, &machine.registry, &machine.runtime)?;
    let source = GraphSource {
        module: &loaded.module,
        prior: &state.prior,
        outputs: &state.outputs,
        changes: None,
    };
    draw(cx, args, &source, kind);
    Ok(Exit::Fine)
}

fn of_plan(cx: &Context, args: &GraphArgs, path: &Path, kind: Option<GraphKind>) -> CommandResult {
    let saved = savedplan::read(path)?.plan;
    let loaded = load::from_texts(&saved.sources)?;
    let outputs = saved.plan.outputs.iter();
    let outputs = outputs.filter_map(|o| Some((o.name.clone(), o.prior.clone()?)));
    let source = GraphSource {
        module: &loaded.module,
        prior: &report::prior_objects(&saved.plan),
        outputs: &outputs.collect::<BTreeMap<_, _>>(),
        changes: Some((&saved.plan.changes, saved.plan.mode)),
    };
    draw(cx, args, &source, Some(kind.unwrap_or(GraphKind::Apply)));
    Ok(Exit::Fine)
}

fn draw(cx: &Context, args: &GraphArgs, source: &GraphSource<'_>, kind: Option<GraphKind>) {
    let graph = report::operation_graph(source, kind.unwrap_or(GraphKind::Plan));
    let text = match kind {
        _ if args.mermaid => report::graph_mermaid(&graph),
        Some(_) => graph.dot(args.draw_cycles),
        None => report::graph_dot(&graph),
    };
    cx.output.data(&text);
}

fn without_cycles(module: &Module) -> Result<(), crate::base::Diags> {
    let (_, diags) = Graph::new(module);
    if diags.has_errors() {
        return Err(diags.sorted());
    }
    Ok(())
}

fn kind(name: &str) -> Result<GraphKind, Diag> {
    match name {
        "plan" | "plan-refresh-only" => Ok(GraphKind::Plan),
        "plan-destroy" => Ok(GraphKind::PlanDestroy),
        "apply" => Ok(GraphKind::Apply),
        "validate" => Err(Diag::error(codes::USAGE, "Graph type no longer available")
            .detail("There is no graph of validation any more; that of a plan is nearly the same.")
            .help("use -type=plan")),
        _ => Err(Diag::error(codes::USAGE, "Unsupported graph type")
            .detail(format!("There is no graph of the type {name:?}."))
            .help("use plan, plan-refresh-only, plan-destroy or apply")),
    }
}
