//! `headworks state settle`: the user says what an interrupted step came to that looking could not tell. Writes the journal and
//! the object's row; never calls a cloud.

use super::edit::{Edit, edit};
use super::named::parse;
use crate::base::{Diag, InstanceAddr};
use crate::cli::args::LockArgs;
use crate::cli::pipeline::Machine;
use crate::cli::{CommandResult, Context, Exit, Failure, codes};
use crate::store::{OpenStep, RowChange, StepAction, StepEnd, StepFailure, Store};

/// Runs the command for every open step of an object.
pub(super) fn run(cx: &Context, address: &str, verdict: &str) -> CommandResult {
    let addr: InstanceAddr = parse(address)?;
    let machine = Machine::offline()?;
    let waiting = LockArgs {
        lock_timeout: "0s".to_string(),
        lock: true,
    };
    edit(cx, &machine, "state settle", &waiting, |edit| {
        let mut open = edit.run(edit.store.open_steps())?;
        let all: Vec<String> = open.iter().map(|s| s.intent.target.addr.to_string()).collect();
        open.retain(|s| s.intent.target.addr == addr);
        if open.is_empty() {
            let diag = Diag::error(codes::NOT_FOUND, format!("No interrupted step of {addr} is open"));
            return Err(match all.is_empty() {
                true => diag.help("nothing is left to settle").into(),
                false => diag.help(format!("open are steps of {}", all.join(", "))).into(),
            });
        }
        for step in &open {
            let said = settle(edit, step, verdict == "adopt")?;
            cx.output.note(&format!("{}: {said}", step.intent.target));
        }
        Ok(Exit::Fine)
    })
}

fn settle(edit: &Edit<'_>, step: &OpenStep, adopt: bool) -> Result<&'static str, Failure> {
    let row = || RowChange::Delete(step.intent.target.clone());
    match (step.intent.action, adopt) {
        (StepAction::Create | StepAction::Import, true) => {
            let noted = step.noted.clone().or_else(|| step.intent.planned.clone());
            let noted =
                noted.ok_or_else(|| Diag::error(codes::NOT_FOUND, "The journal does not say what was to be made"))?;
            // From now on the journal knows that the object is ours.
            edit.run(edit.store.note_identity(edit.cx(), step.step, noted))?;
            Ok("the object found is ours; the next apply records it as it is")
        }
        (StepAction::Create | StepAction::Import, false) => {
            fail(edit, step, "disowned: the object found is not ours")?;
            Ok("the object found is not ours; it is left alone, and the create is planned again")
        }
        (StepAction::Delete, true) => {
            fail(edit, step, "settled: the object still exists")?;
            Ok("the object still exists; its deletion is planned again")
        }
        (StepAction::Delete, false) => {
            end(edit, step, row())?;
            Ok("the object is gone, and so it is from the state")
        }
        (_, true) => {
            fail(edit, step, "settled: to go on from what is recorded")?;
            Ok("the state goes on with the object as it is recorded; the next plan compares it with the cloud")
        }
        (_, false) => {
            end(edit, step, row())?;
            Ok("the object is forgotten; it goes on existing")
        }
    }
}

fn fail(edit: &Edit<'_>, step: &OpenStep, why: &str) -> Result<(), Failure> {
    let failure = StepFailure {
        change: RowChange::None,
        error: why.into(),
        effect_unknown: false,
    };
    edit.run(edit.store.fail_step(edit.cx(), step.step, failure))
}

fn end(edit: &Edit<'_>, step: &OpenStep, change: RowChange) -> Result<(), Failure> {
    let end = StepEnd {
        change,
        result: Some("settled by the user".into()),
    };
    edit.run(edit.store.end_step(edit.cx(), step.step, end))
}
