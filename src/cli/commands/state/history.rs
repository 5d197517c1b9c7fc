//! `headworks state history`: who changed what, when and from which commit. With the number of a run, each of its steps and how
//! it ended. Only reads.

use super::unlock::age;
use crate::base::Diag;
use crate::cli::args::HistoryArgs;
use crate::cli::pipeline::{Machine, open_state, state_error};
use crate::cli::{CommandResult, Context, Exit, codes, locking};
use crate::report::clean;
use crate::store::sqlite::OpenMode;
use crate::store::{Phase, RunId, RunOutcome, RunRecord, StepAction, StepRecord, Store};
use jiff::Timestamp;
use serde_json::{Value as Json, json};

/// Runs the command.
pub(super) fn run(cx: &Context, args: &HistoryArgs) -> CommandResult {
    let machine = Machine::offline()?;
    let store = open_state(cx, OpenMode::ReadOnly)?;
    let live = locking::under_way(&machine, &*store).and_then(|holder| holder.run);
    if let Some(number) = args.run {
        let found = machine.runtime.block_on(store.run_steps(RunId(number)));
        let Some((mut run, steps)) = found.map_err(|e| state_error(&e))? else {
            return Err(Diag::error(codes::NOT_FOUND, format!("The state has no run {number}"))
                .help("`headworks state history` lists the runs")
                .into());
        };
        count_so_far(&mut run, &steps);
        match args.json {
            true => cx.output.json(&details_json(&run, &steps, live)),
            false => cx.output.data(&details_text(&run, &steps, live)),
        }
        return Ok(Exit::Fine);
    }
    let runs = machine.runtime.block_on(store.history(args.limit));
    let mut runs = runs.map_err(|e| state_error(&e))?;
    for run in runs.iter_mut().filter(|run| run.finished_at.is_none()) {
        let found = machine.runtime.block_on(store.run_steps(run.id));
        if let Some((_, steps)) = found.map_err(|e| state_error(&e))? {
            count_so_far(run, &steps);
        }
    }
    if args.json {
        let runs: Vec<Json> = runs.iter().map(|run| run_json(run, live)).collect();
        cx.output.json(&json!({"format_version": "1.0", "runs": runs}));
        return Ok(Exit::Fine);
    }
    if runs.is_empty() {
        cx.output.note("No runs: nothing was applied here yet.");
        return Ok(Exit::Fine);
    }
    let text: String = runs.iter().map(|run| format!("{}\n", line(run, live))).collect();
    cx.output.data(&text);
    Ok(Exit::Fine)
}

/// Counts are written when a run ends; until then, and for one that was cut off, they are those of the journal.
fn count_so_far(run: &mut RunRecord, steps: &[StepRecord]) {
    if run.finished_at.is_some() {
        return;
    }
    for step in steps {
        let count = match (step.phase, step.action) {
            (Phase::Failed, _) => &mut run.counts.failed,
            (Phase::Done, StepAction::Create) => &mut run.counts.created,
            (Phase::Done, StepAction::Update) => &mut run.counts.updated,
            (Phase::Done, StepAction::Delete) => &mut run.counts.deleted,
            _ => continue,
        };
        *count += 1;
    }
}

/// `live` is the run that is under way, if one is.
fn outcome(run: &RunRecord, live: Option<RunId>) -> &'static str {
    match run.outcome {
        Some(RunOutcome::Done) => "done",
        Some(RunOutcome::Failed) => "failed",
        Some(RunOutcome::Interrupted) => "stopped",
        Some(RunOutcome::Recovered) => "recovered",
        None if live == Some(run.id) => "under way",
        None => "interrupted",
    }
}

fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

fn took(from: Timestamp, to: Option<Timestamp>) -> Option<String> {
    let lasted = to?.duration_since(from);
    let ms = lasted.as_millis().max(0);
    Some(match ms {
        ms if ms < 60_000 => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        _ => age(lasted.as_secs()),
    })
}

/// `0123456789ab-dirty`: as much of a commit as git needs to find it.
fn short(commit: &str) -> String {
    let (id, dirty) = match commit.strip_suffix("-dirty") {
        Some(id) => (id, "-dirty"),
        None => (commit, ""),
    };
    format!("{}{dirty}", clean(&id.chars().take(12).collect::<String>()))
}

fn line(run: &RunRecord, live: Option<RunId>) -> String {
    let mut text = format!(
        "{:>4}  {}  {:<8} {:<11} by {}@{}",
        run.id.to_string(),
        time(run.started_at),
        clean(&run.command),
        outcome(run, live),
        clean(&run.who),
        clean(&run.host),
    );
    if let Some(took) = took(run.started_at, run.finished_at) {
        text.push_str(&format!(" in {took}"));
    }
    if let Some(commit) = &run.commit {
        text.push_str(&format!(" at commit {}", short(commit)));
    }
    format!("{text}: {}", counts(run))
}

fn counts(run: &RunRecord) -> String {
    let c = &run.counts;
    let skipped = match c.skipped {
        0 => String::new(),
        n => format!(", {n} skipped"),
    };
    let so_far = if run.finished_at.is_none() { " so far" } else { "" };
    format!(
        "{} created, {} updated, {} deleted, {} failed{skipped}{so_far}",
        c.created, c.updated, c.deleted, c.failed
    )
}

fn details_text(run: &RunRecord, steps: &[StepRecord], live: Option<RunId>) -> String {
    let ended = run.finished_at.map_or("not yet".to_string(), time);
    let lasted = took(run.started_at, run.finished_at).map_or(String::new(), |t| format!(" (took {t})"));
    let or_none = |text: &Option<String>| text.as_deref().map_or("none".to_string(), clean);
    let mut out = format!("Run {}: {} {}\n", run.id, clean(&run.command), outcome(run, live));
    let facts = [
        ("operator", format!("{} on {}", clean(&run.who), clean(&run.host))),
        ("started", time(run.started_at)),
        ("ended", format!("{ended}{lasted}")),
        ("commit", or_none(&run.commit)),
        (
            "plan",
            run.plan_digest.as_deref().map_or("not saved".to_string(), clean),
        ),
        ("headworks", clean(&run.tool_version)),
        ("objects", counts(run)),
    ];
    for (name, value) in facts {
        out.push_str(&format!("  {name:<10} {value}\n"));
    }
    if !steps.is_empty() {
        out.push('\n');
    }
    for step in steps {
        out.push_str(&step_text(step));
    }
    if let Some(note) = unlisted(run, steps) {
        out.push_str(&format!("\n{note}\n"));
    }
    out
}

fn step_text(step: &StepRecord) -> String {
    let deposed = step
        .deposed
        .as_deref()
        .map_or(String::new(), |key| format!(" (deposed object {})", clean(key)));
    let mut text = format!(
        "  {:<7} {}{deposed}: {}",
        step.action.as_str(),
        clean(&step.address),
        ending(step.phase)
    );
    if let Some(took) = step.began_at.and_then(|began| took(began, step.ended_at)) {
        text.push_str(&format!(" in {took}"));
    }
    if step.attempts > 1 {
        text.push_str(&format!(", {} attempts", step.attempts));
    }
    if let Some(result) = &step.result {
        text.push_str(&format!(" ({})", clean(result)));
    }
    text.push('\n');
    if let Some(error) = &step.error {
        for line in error.lines() {
            text.push_str(&format!("          {}\n", clean(line)));
        }
    }
    text
}

fn ending(phase: Phase) -> &'static str {
    match phase {
        Phase::Planned => "not begun",
        Phase::Begun => "begun, its end is not known",
        Phase::Uncertain => "its effect is not known",
        Phase::Done => "done",
        Phase::Failed => "failed",
        Phase::Skipped => "skipped",
    }
}

/// How many steps were counted that the journal does not have.
fn unlisted_count(run: &RunRecord, steps: &[StepRecord]) -> u64 {
    let c = &run.counts;
    let total = c.created + c.updated + c.deleted + c.failed + c.skipped;
    let counted = |step: &&StepRecord| match step.phase {
        Phase::Done => matches!(
            step.action,
            StepAction::Create | StepAction::Update | StepAction::Delete
        ),
        _ => true,
    };
    total.saturating_sub(steps.iter().filter(counted).count() as u64)
}

/// A word on what the journal does not have.
fn unlisted(run: &RunRecord, steps: &[StepRecord]) -> Option<String> {
    let (many, each) = match unlisted_count(run, steps) {
        0 => return None,
        1 => ("1 step".to_string(), "is"),
        n => (format!("{n} steps"), "are"),
    };
    Some(
        match steps.is_empty() && run.command != "apply" && run.command != "destroy" {
            true => format!("{many} {each} not listed."),
            false => format!(
                "{many} {each} not listed: types without an outside (terraform_data) need no journal, and of old runs only the counts are kept."
            ),
        },
    )
}

fn run_json(run: &RunRecord, live: Option<RunId>) -> Json {
    let c = &run.counts;
    let seconds = run
        .finished_at
        .map(|end| end.duration_since(run.started_at).as_secs_f64());
    json!({
        "id": run.id.0,
        "command": run.command,
        "outcome": outcome(run, live),
        "who": run.who,
        "host": run.host,
        "started_at": run.started_at.to_string(),
        "finished_at": run.finished_at.map(|t| t.to_string()),
        "duration_seconds": seconds,
        "commit": run.commit,
        "plan_digest": run.plan_digest,
        "tool_version": run.tool_version,
        "counts": {
            "created": c.created,
            "updated": c.updated,
            "deleted": c.deleted,
            "failed": c.failed,
            "skipped": c.skipped,
        },
    })
}

fn details_json(run: &RunRecord, steps: &[StepRecord], live: Option<RunId>) -> Json {
    let step = |step: &StepRecord| {
        json!({
            "seq": step.seq,
            "address": step.address,
            "deposed": step.deposed,
            "action": step.action.as_str(),
            "phase": step.phase.as_str(),
            "attempts": step.attempts,
            "result": step.result,
            "error": step.error,
            "began_at": step.began_at.map(|t| t.to_string()),
            "ended_at": step.ended_at.map(|t| t.to_string()),
        })
    };
    let mut json = run_json(run, live);
    json["format_version"] = "1.0".into();
    json["steps"] = steps.iter().map(step).collect();
    json["steps_not_listed"] = unlisted_count(run, steps).into();
    json
}
