//! `headworks console`: evaluates expressions, one a line, with the values of the configuration and the state. Asks no cloud.

use crate::base::{Diags, FileId, ModulePath, SourceMap};
use crate::cli::args::ConsoleArgs;
use crate::cli::load::load;
use crate::cli::pipeline::{Machine, Request, State, only_vars, open_state, read_state, values_offline};
use crate::cli::{CommandResult, Context, Exit, Failure};
use crate::config::Module;
use crate::engine::SystemHost;
use crate::lang::{EvalContext, console, parse};
use crate::plan::PlanMode;
use crate::plan::scope::{Repetition, Values};
use crate::store::sqlite::OpenMode;
use jiff::Timestamp;
use std::io::{BufRead, IsTerminal};

/// Runs the command.
pub fn run(cx: &Context, args: &ConsoleArgs) -> CommandResult {
    let machine = Machine::offline()?;
    let (module, values) = known(cx, &machine, args)?;
    let host = SystemHost::planning(&cx.directory, Timestamp::now());
    let stdin = std::io::stdin();
    let interactive = stdin.is_terminal();
    let mut failed = false;
    if interactive {
        cx.output.ask("> ");
    }
    for line in stdin.lock().lines() {
        let Ok(line) = line else {
            break;
        };
        let line = line.trim();
        if line == "exit" {
            break;
        }
        if !line.is_empty() {
            match answer(line, &module, &values, &host) {
                Ok(text) => cx.output.data(&text),
                Err((diags, sources)) => {
                    failed = true;
                    cx.output.diags(&diags, &sources);
                }
            }
        }
        if interactive {
            cx.output.ask("> ");
        }
    }
    Ok(if failed && !interactive {
        Exit::Error
    } else {
        Exit::Fine
    })
}

/// The module and its values as far as configuration and state know them; a directory without configuration is fine.
fn known(cx: &Context, machine: &Machine, args: &ConsoleArgs) -> Result<(Module, Values), Failure> {
    if crate::cli::load::configuration_files(&cx.directory)?.is_empty() {
        return Ok((Module::default(), Values::default()));
    }
    let loaded = load(&cx.directory, &args.vars)?;
    let store = open_state(cx, OpenMode::ReadOnly)?;
    let state: State = read_state(&*store, &machine.registry, &machine.runtime)?;
    let options = only_vars(&args.vars, 1);
    let request = Request {
        options: &options,
        mode: PlanMode::RefreshOnly,
    };
    let values = values_offline(cx, &machine.registry, &loaded, &state, &request);
    Ok((loaded.module, values))
}

fn answer(line: &str, module: &Module, values: &Values, host: &SystemHost) -> Result<String, (Diags, SourceMap)> {
    let mut sources = SourceMap::default();
    let file: FileId = sources.add("<console-input>", line);
    let expr = match parse::parse_expression(&sources, file) {
        Ok(expr) => expr,
        Err(diags) => return Err((diags, sources)),
    };
    let root = ModulePath::default();
    let scope = values.scope(module, &root, Repetition::default());
    let (text, diags) = console::answer(&expr, &EvalContext { scope: &scope, host });
    if diags.has_errors() {
        Err((diags, sources))
    } else {
        Ok(text)
    }
}
