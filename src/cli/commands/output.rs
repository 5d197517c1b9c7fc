//! `headworks output`: outputs of the state. A sensitive one is shown only when it is asked for by name with -json or -raw, as
//! in Terraform.

use crate::base::{Diag, Str, Value};
use crate::cli::args::OutputArgs;
use crate::cli::pipeline::{Machine, open_state, read_state};
use crate::cli::{CommandResult, Context, Exit, codes};
use crate::report;
use crate::store::sqlite::OpenMode;
use std::collections::BTreeMap;

/// Runs the command.
pub fn run(cx: &Context, args: &OutputArgs) -> CommandResult {
    let machine = Machine::offline()?;
    let store = open_state(cx, OpenMode::ReadOnly)?;
    let state = read_state(&*store, &machine.registry, &machine.runtime)?;
    let Some(name) = &args.name else {
        return all(cx, args, &state.outputs);
    };
    let Some(value) = state.outputs.get(name.as_str()) else {
        let help = match crate::base::did_you_mean(name, state.outputs.keys().map(|k| &**k)) {
            Some(near) => format!("did you mean {near:?}?"),
            None => "outputs exist after an apply; `headworks output` lists them".to_string(),
        };
        return Err(Diag::error(codes::NOT_FOUND, format!("There is no output {name:?}"))
            .help(help)
            .into());
    };
    one(cx, args, name, value)
}

fn all(cx: &Context, args: &OutputArgs, outputs: &BTreeMap<Str, Value>) -> CommandResult {
    if args.raw {
        return Err(Diag::error(codes::USAGE, "-raw needs the name of an output").into());
    }
    if args.json {
        cx.output.json(&report::output_json(outputs, false));
    } else if outputs.is_empty() {
        cx.output
            .note("No outputs: the configuration has none, or nothing was applied yet.");
    } else {
        cx.output.data(&report::output_text(outputs));
    }
    Ok(Exit::Fine)
}

fn one(cx: &Context, args: &OutputArgs, name: &str, value: &Value) -> CommandResult {
    let (plain, _) = value.clone().unmark_deep();
    if args.raw {
        let text = match &plain.kind {
            crate::base::Kind::String(s) => s.to_string(),
            crate::base::Kind::Number(n) => n.to_string(),
            crate::base::Kind::Bool(b) => b.to_string(),
            _ => {
                return Err(Diag::error(codes::USAGE, "Unsupported value for raw output")
                    .detail(format!("The output {name:?} is a {}.", plain.ty().friendly_name()))
                    .help("use -json for values that are no text")
                    .into());
            }
        };
        cx.output.raw(&text);
    } else if args.json {
        cx.output.demanded(&crate::base::json::to_json(&plain).to_string());
    } else {
        cx.output.demanded(&crate::lang::console::render(value));
    }
    Ok(Exit::Fine)
}
