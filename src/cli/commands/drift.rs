//! `headworks drift`: compares the state with the cloud on three axes: configuration, health, and what could not be compared.
//! Can't change anything: its sessions refuse calls that write, and the state is opened for reading.

use crate::cli::args::DriftArgs;
use crate::cli::pipeline::{Machine, Request, make_plan, only_vars, open_state};
use crate::cli::progress::Terminal;
use crate::cli::{CommandResult, Context, Exit};
use crate::plan::PlanMode;
use crate::report::{self, DriftSummary, PlanJsonContext};
use crate::store::sqlite::OpenMode;

/// Runs the command.
pub fn run(cx: &Context, args: &DriftArgs) -> CommandResult {
    let machine = Machine::new(cx)?;
    let store = open_state(cx, OpenMode::ReadOnly)?;
    let progress = Terminal::new("drift", &cx.output, 0);
    let interrupted = super::plan::notice_open_steps(&machine, &*store, &progress);
    let options = only_vars(&args.vars, args.parallelism);
    let request = Request {
        options: &options,
        mode: PlanMode::RefreshOnly,
    };
    let planned = make_plan(cx, &machine, &*store, &request, &progress);
    progress.finish();
    let planned = planned?;
    let plan = &planned.plan;
    let compared = planned.state.prior.len().saturating_sub(plan.not_compared.len());
    let summary = DriftSummary {
        total: planned.state.prior.len(),
        compared,
        drifted: plan.drift.len(),
        unhealthy: plan.problems.len(),
        not_compared: plan.not_compared.len(),
        unread: plan.unread.len(),
        interrupted,
    };
    if args.json {
        let context = PlanJsonContext {
            registry: &machine.registry,
            module: None,
            timestamp: &planned.made_at.to_string(),
            version: env!("CARGO_PKG_VERSION"),
            errored: false,
        };
        cx.output.json(&report::drift_json(plan, &summary, &context));
    } else {
        cx.output.diags(&planned.diags, &planned.loaded.sources);
        if plan.drift.len() + plan.problems.len() + plan.not_compared.len() > 0 {
            cx.output
                .data(&super::plan::text(cx, &machine, &planned, &cx.output.out));
        }
        if !plan.unread.is_empty() {
            cx.output.data(&report::unread_text(plan, &cx.output.out));
        }
        cx.output.data(&report::drift_line(&summary, &cx.output.out));
    }
    Ok(match summary {
        s if s.is_incomplete() => Exit::Incomplete,
        s if s.drifted > 0 => Exit::Changes,
        s if s.unhealthy > 0 => Exit::Three,
        _ => Exit::Fine,
    })
}
