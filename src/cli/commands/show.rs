//! `headworks show`: a saved plan or the state, as text or JSON. Asks no cloud.

use crate::base::SourceMap;
use crate::cli::args::ShowArgs;
use crate::cli::pipeline::{Machine, empty_state, open_state, read_state};
use crate::cli::{CommandResult, Context, Exit, load, savedplan};
use crate::plan::checks;
use crate::report::{self, PlanJsonContext, PlanTextContext, PlanTitle, StateView};
use crate::store::sqlite::OpenMode;
use std::path::Path;

/// Runs the command.
pub fn run(cx: &Context, args: &ShowArgs) -> CommandResult {
    match &args.plan {
        Some(path) => plan(cx, args, path),
        None => state(cx, args),
    }
}

fn plan(cx: &Context, args: &ShowArgs, path: &Path) -> CommandResult {
    let saved = savedplan::read(path)?;
    if let Some(doubt) = savedplan::doubt(cx, &saved) {
        cx.output.diags(&doubt.into(), &SourceMap::default());
    }
    let saved = saved.plan;
    let registry = crate::cli::pipeline::registry()?;
    if args.json {
        let loaded = load::from_texts(&saved.sources)?;
        let json = report::plan_json(
            &saved.plan,
            &PlanJsonContext {
                registry: &registry,
                module: Some(&loaded.module),
                timestamp: &saved.created_at,
                version: &saved.tool_version,
                errored: false,
            },
        );
        cx.output.json(&json);
    } else {
        let text = report::plan_text(
            &saved.plan,
            &PlanTextContext {
                style: &cx.output.out,
                registry: &registry,
                title: PlanTitle {
                    directory: path.display().to_string(),
                    serial: (saved.serial > 0).then_some(saved.serial),
                    age: Some(format!("made {}", saved.created_at)),
                },
                full: false,
            },
        );
        cx.output.data(&text);
    }
    Ok(Exit::Fine)
}

fn state(cx: &Context, args: &ShowArgs) -> CommandResult {
    let machine = Machine::offline()?;
    let store = open_state(cx, OpenMode::ReadOnly)?;
    let state = read_state(&*store, &machine.registry, &machine.runtime)?;
    if args.json {
        let view = StateView {
            resources: &state.prior,
            outputs: &state.outputs,
            registry: &machine.registry,
        };
        let mut json = report::state_json(&view);
        let results = checks::from_state(state.snapshot.check_results.as_deref());
        let is_empty = state.prior.is_empty() && state.outputs.is_empty();
        if !results.is_empty() && !is_empty {
            json["checks"] = checks::report(&results);
        }
        cx.output.json(&json);
        return Ok(Exit::Fine);
    }
    if state.prior.is_empty() && state.outputs.is_empty() {
        cx.output.data(&empty_state(cx));
        return Ok(Exit::Fine);
    }
    let mut text = String::new();
    for prior in &state.prior {
        text.push_str(&report::state_show_text(prior, &machine.registry, &cx.output.out));
        text.push('\n');
    }
    if !state.outputs.is_empty() {
        text.push_str(&format!("Outputs:\n\n{}", report::output_text(&state.outputs)));
    }
    cx.output.data(&text);
    Ok(Exit::Fine)
}
