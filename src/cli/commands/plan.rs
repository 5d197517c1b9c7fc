//! `headworks plan`: shows what apply would do. Writes nothing but the plan file it is asked for, and an empty state for that
//! plan to be for where there is none.

use crate::cli::args::{PlanArgs, PlanOptions};
use crate::cli::locking;
use crate::cli::pipeline::{
    Machine, Planned, Request, check_lock_timeout, incomplete, mode, open_state, plan_loaded, state_error,
};
use crate::cli::progress::Terminal;
use crate::cli::{CommandResult, Context, Exit, Failure, ask, checked, recovery, savedplan};
use crate::engine::Progress;
use crate::plan::{Action, Prior};
use crate::report::{self, PlanTextContext, PlanTitle, Style};
use crate::store::sqlite::OpenMode;
use crate::store::{Store, lock};
use std::path::Path;

/// Runs the command.
pub fn run(cx: &Context, args: &PlanArgs) -> CommandResult {
    let result = plan(cx, args);
    match result {
        Err(failure) if args.options.json => {
            cx.output.failed_stream(&failure, false);
            Ok(Exit::Error)
        }
        other => other,
    }
}

fn plan(cx: &Context, args: &PlanArgs) -> CommandResult {
    check_lock_timeout(&args.options.lock_timeout)?;
    let machine = Machine::new(cx)?;
    if args.out.is_some() {
        establish(cx, &machine)?;
    }
    let store = open_state(cx, OpenMode::ReadOnly)?;
    let progress = Terminal::new("plan", &cx.output, 0);
    let request = Request {
        options: &args.options,
        mode: mode(&args.options, args.destroy)?,
    };
    let mut loaded = checked::load_or_check(cx, &machine.registry, &args.options.vars)?;
    ask::for_missing(cx, &args.options, &mut loaded);
    let (state, unsettled) = recovery::as_if_recovered(cx, &machine, &*store, &loaded, &progress)?;
    let planned = plan_loaded(cx, &machine, loaded, state, &request, &progress);
    progress.finish();
    let mut planned = planned?;
    planned.diags.extend(unsettled);
    let digest = match &args.out {
        Some(path) => Some((path, savedplan::write(cx, &planned, path)?)),
        None => None,
    };
    if args.options.json {
        let sources = &planned.loaded.sources;
        for line in report::plan_stream(
            &planned.plan,
            looked_at(&planned, &args.options),
            &planned.diags,
            sources,
        ) {
            cx.output.message(line);
        }
        if let Some((path, digest)) = &digest {
            let mut line = report::log_line(&saved_note(cx, &planned, path, digest));
            line["saved_plan"] = serde_json::json!({ "file": path.display().to_string(), "digest": digest });
            cx.output.message(line);
        }
    } else {
        cx.output.diags(&planned.diags, &planned.loaded.sources);
        cx.output.data(&text(cx, &machine, &planned, &cx.output.out));
        if let Some((path, digest)) = digest {
            cx.output.note(&saved_note(cx, &planned, path, &digest));
        }
    }
    if let Some(diag) = incomplete(&planned) {
        let failure = Failure::from(diag);
        if args.options.json {
            cx.output.failed_stream(&failure, true);
            return Ok(Exit::Error);
        }
        return Err(failure);
    }
    let changes = !planned.plan.is_empty();
    Ok(if args.detailed_exitcode && changes {
        Exit::Changes
    } else {
        Exit::Fine
    })
}

/// The objects that were compared with the cloud.
pub fn looked_at<'a>(planned: &'a Planned, options: &PlanOptions) -> &'a [Prior] {
    if options.refresh { &planned.state.prior } else { &[] }
}

/// The plan as text, with what it was made from.
pub fn text(cx: &Context, machine: &Machine, planned: &Planned, style: &Style) -> String {
    let snapshot = &planned.state.snapshot;
    report::plan_text(
        &planned.plan,
        &PlanTextContext {
            style,
            registry: &machine.registry,
            title: PlanTitle {
                directory: cx.directory.display().to_string(),
                // A state that was only made for a plan to be for has no number worth telling.
                serial: (snapshot.serial > 0).then_some(snapshot.serial),
                age: None,
            },
            full: false,
        },
    )
}

fn saved_note(cx: &Context, planned: &Planned, path: &Path, digest: &str) -> String {
    let lineage = planned.state.snapshot.lineage.as_deref();
    let sim = if cx.sim { " --sim" } else { "" };
    let dir = match cx.directory.to_str() {
        Some(".") | None => String::new(),
        Some(dir) => format!(" -chdir={dir}"),
    };
    format!(
        "Saved {} ({}, serial {}, digest {}, single use). Apply it: headworks{dir}{sim} apply {}",
        path.display(),
        lineage.map_or("new state".to_string(), savedplan::short),
        planned.state.snapshot.serial,
        digest,
        path.display()
    )
}

/// Makes the state that a plan is to be for, if there is none yet: a plan without one could be applied to any, and could not
/// tell one secret from another.
fn establish(cx: &Context, machine: &Machine) -> Result<(), Failure> {
    let known = open_state(cx, OpenMode::ReadOnly)?;
    let snapshot = machine.runtime.block_on(known.load()).map_err(|e| state_error(&e))?;
    if snapshot.lineage.is_some() {
        return Ok(());
    }
    drop(known);
    let store = open_state(cx, OpenMode::CreateIfMissing)?;
    machine
        .runtime
        .block_on(store.establish())
        .map_err(|e| state_error(&e).into())
}

/// Says that a run is under way, or that an earlier one was interrupted; how many steps are not settled.
pub fn notice_open_steps(machine: &Machine, store: &dyn Store, progress: &dyn Progress) -> usize {
    if let Some(info) = locking::under_way(machine, store) {
        progress.event(crate::engine::Event::Notice(lock::under_way_notice(&info)));
        return 0;
    }
    let open = machine.runtime.block_on(store.open_steps()).unwrap_or_default();
    for step in &open {
        progress.event(crate::engine::Event::Notice(format!(
            "an earlier run was interrupted at {}; the next apply looks what became of it before it does anything",
            step.intent.target
        )));
    }
    open.len()
}

/// Whether a plan does anything to objects.
pub fn touches_objects(planned: &Planned) -> bool {
    planned.plan.changes.iter().any(|c| c.action != Action::NoOp)
}
