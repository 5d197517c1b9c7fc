//! `headworks state show`: one object of the state, with the deposed ones of its instance.

use super::named::{near, parse};
use crate::base::{Diag, InstanceAddr};
use crate::cli::pipeline::{Machine, open_state, read_state};
use crate::cli::{CommandResult, Context, Exit, codes};
use crate::plan::Prior;
use crate::report::{self, StateView};
use crate::store::sqlite::OpenMode;

/// Runs the command.
pub(super) fn run(cx: &Context, json: bool, address: &str) -> CommandResult {
    let addr: InstanceAddr = parse(address)?;
    let machine = Machine::offline()?;
    let store = open_state(cx, OpenMode::ReadOnly)?;
    let state = read_state(&*store, &machine.registry, &machine.runtime)?;
    let found: Vec<Prior> = state.prior.into_iter().filter(|p| p.addr == addr).collect();
    if found.is_empty() {
        return Err(
            Diag::error(codes::NOT_FOUND, "No instance found for the given address!")
                .detail(format!(
                    "The state has no object {address}; the address has to be that of one instance, with its key."
                ))
                .help(near(address, &state.snapshot.resources))
                .into(),
        );
    }
    if json {
        let view = StateView {
            resources: &found,
            outputs: &std::collections::BTreeMap::new(),
            registry: &machine.registry,
        };
        cx.output.json(&report::state_json(&view));
        return Ok(Exit::Fine);
    }
    for prior in &found {
        let text = report::state_show_text(prior, &machine.registry, &cx.output.out);
        cx.output.data(&text);
    }
    Ok(Exit::Fine)
}
