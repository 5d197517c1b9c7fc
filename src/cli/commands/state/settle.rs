//! `headworks state settle`: the user says what an interrupted step means that can't be settled by looking.

use super::edit::{Edit, edit};
use super::named::parse;
use crate::base::{Diag, InstanceAddr};
use crate::cli::args::LockArgs;
use crate::cli::pipeline::Machine;
use crate::cli::{CommandResult, Context, Exit, codes};
use crate::store::{StepFailure, Store};

/// Runs the command.
pub(super) fn run(cx: &Context, address: &str, verdict: &str) -> CommandResult {
    let addr = parse(address)?;
    let machine = Machine::offline()?;
    let waiting = LockArgs {
        lock_timeout: "0s".to_string(),
        lock: true,
    };
    edit(cx, &machine, "state settle", &waiting, |edit| {
        settle(edit, &addr, verdict)
    })
}

/// An interrupted create whose object may be somebody else's: the user knows.
fn settle(edit: &Edit<'_>, addr: &InstanceAddr, verdict: &str) -> CommandResult {
    let open = edit.run(edit.store.open_steps())?;
    let Some(step) = open.iter().find(|s| s.intent.target.addr == *addr) else {
        return Err(Diag::error(codes::NOT_FOUND, format!("No interrupted step of {addr} is open")).into());
    };
    if verdict == "adopt" {
        let Some(identity) = step.noted.clone().or_else(|| step.intent.planned.clone()) else {
            return Err(Diag::error(codes::NOT_FOUND, "The journal does not say what was to be made").into());
        };
        // From now on the journal knows that the object is ours; the next apply looks and records it as it is.
        edit.run(edit.store.note_identity(edit.cx(), step.step, identity))?;
        edit.cx.output.note(&format!(
            "{addr}: the object found is ours; the next apply records it as it is"
        ));
        return Ok(Exit::Fine);
    }
    let failure = StepFailure {
        change: crate::store::RowChange::None,
        error: "disowned: the object found is not ours".into(),
        effect_unknown: false,
    };
    edit.run(edit.store.fail_step(edit.cx(), step.step, failure))?;
    edit.cx
        .output
        .note(&format!("{addr}: the object found is not ours; it is left alone"));
    Ok(Exit::Fine)
}
