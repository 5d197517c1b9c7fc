//! What is said at the end of an apply: what was done, what was not and why, and the outputs by now.

use super::Applying;
use crate::base::{Diag, Diags, Str, Value};
use crate::cli::codes;
use crate::cli::pipeline::{Planned, state_error};
use crate::engine::{Outcome, rows};
use crate::plan::PlanMode;
use crate::report::{self, ApplySummary};
use crate::store::StoreError;
use std::collections::BTreeMap;
use std::time::Duration;

impl Applying<'_> {
    /// Says that a plan had nothing to do.
    pub(super) fn nothing_done(&self, planned: &Planned) {
        let cx = self.cx;
        if self.args.options.json {
            let summary = ApplySummary {
                command: command_name(self.destroy).into(),
                ..ApplySummary::default()
            };
            for line in report::end_stream(&summary, self.destroy, &planned.state.outputs) {
                cx.output.message(line);
            }
            return;
        }
        if planned.plan.targeted {
            cx.output.diags(&incomplete().into(), &planned.loaded.sources);
        }
        cx.output.note("Nothing to do.");
    }

    /// Says how a run ended; `unclosed` is why its end could not be written down.
    pub(super) fn conclude(&self, planned: &Planned, outcome: &Outcome, unclosed: Option<StoreError>, took: Duration) {
        let cx = self.cx;
        let destroy = planned.plan.mode == PlanMode::Destroy;
        let summary = ApplySummary {
            command: command_name(destroy).to_string(),
            created: outcome.created,
            updated: outcome.updated,
            deleted: outcome.deleted,
            imported: planned.plan.imports.len(),
            moved: planned.plan.moves.len(),
            forgotten: planned.plan.summary().forget,
            failed: outcome.failed.clone(),
            skipped: outcome.skipped.clone(),
            interrupted: outcome.interrupted,
            took,
        };
        let outputs = outcome
            .outputs
            .iter()
            .filter_map(|row| Some((Str::from(row.name.as_str()), rows::output(row).ok()?)));
        let outputs: BTreeMap<Str, Value> = outputs.collect();
        let mut diags = outcome.diags.clone();
        diags.extend(unclosed.map(|error| state_error(&error)).into_iter().collect());
        let mut diags = each_state_error_once(diags);
        if planned.plan.targeted {
            diags.push(incomplete());
        }
        if self.args.options.json {
            let diags = report::diag_stream(&diags, &planned.loaded.sources);
            for line in diags.into_iter().chain(report::end_stream(&summary, destroy, &outputs)) {
                cx.output.message(line);
            }
            return;
        }
        cx.output.diags(&diags, &planned.loaded.sources);
        cx.output.note(&report::apply_summary(&summary, &cx.output.err));
        if !outputs.is_empty() {
            cx.output
                .data(&format!("\nOutputs:\n\n{}", report::output_text(&outputs)));
        }
    }
}

/// A state that can't be written fails every write after the first for the same reason, which is told once: where it was met
/// first.
fn each_state_error_once(diags: Diags) -> Diags {
    let is_state = |diag: &Diag| diag.code == codes::STATE || diag.code == crate::engine::codes::STORE;
    let mut told: Vec<Option<String>> = Vec::new();
    let mut new = |diag: &Diag| {
        if !is_state(diag) {
            return true;
        }
        let known = told.contains(&diag.detail);
        told.push(diag.detail.clone());
        !known
    };
    diags.into_iter().filter(|diag| new(diag)).collect()
}

fn incomplete() -> Diag {
    Diag::warning(codes::INCOMPLETE, "Applied changes may be incomplete")
        .detail("The plan was made with -target, so other changes may be left, and outputs may not be up to date.")
        .help("run `headworks plan` to see what is left")
}

fn command_name(destroy: bool) -> &'static str {
    if destroy { "Destroy" } else { "Apply" }
}
