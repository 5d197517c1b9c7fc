//! `headworks apply` and `destroy`: takes the lock, settles what an interrupted run left, plans or reads a saved plan, asks,
//! and runs the steps.

use super::plan::text;
use crate::base::{Diag, Diags, Str, Value};
use crate::cli::again::Again;
use crate::cli::args::{ApplyArgs, VarArgs};
use crate::cli::ask;
use crate::cli::load::{self, Loaded};
use crate::cli::pipeline::{
    self, Machine, Planned, Request, State, mode, open_state, plan_loaded, read_state, state_error,
};
use crate::cli::progress::{Lines, Terminal, address_width};
use crate::cli::signals::{self, Interrupts};
use crate::cli::{CommandResult, Context, Exit, Failure, codes, environment, recovery, savedplan};
use crate::engine::values::{Basis as LiveBasis, Live};
use crate::engine::{Apply, Outcome, Progress, SystemHost, Writer, apply, rows};
use crate::plan::{Action, Graph, Inputs, NoData, Options, Plan, PlanMode, checks, provider_settings};
use crate::report::{self, ApplySummary};
use crate::store::sqlite::OpenMode;
use crate::store::{Basis, Holder, NewRun, RowKey, RowWrite, RunOutcome, SqliteStore, Store, WriteCx, lock};
use jiff::Timestamp;
use std::cell::Cell;
use std::collections::HashSet;
use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Runs the command.
pub fn run(cx: &Context, args: &ApplyArgs, destroy: bool) -> CommandResult {
    let begun = Cell::new(false);
    match run_locked(cx, args, destroy, &begun) {
        Err(failure) if args.options.json => {
            cx.output.failed_stream(&failure, begun.get());
            Ok(Exit::Error)
        }
        other => other,
    }
}

/// `begun` becomes true when the first line of machine-readable output is written.
fn run_locked(cx: &Context, args: &ApplyArgs, destroy: bool, begun: &Cell<bool>) -> CommandResult {
    if args.options.json && !args.auto_approve && args.plan.is_none() {
        return Err(Diag::error(codes::USAGE, "The plan needs an approval")
            .detail("With -json nobody is asked.")
            .help("add -auto-approve, or save the plan with `plan -out=FILE` and apply the file")
            .into());
    }
    // The lock comes before the embedded cloud, which one process at a time may use: whoever waits for the one waits for both.
    let mut machine = Machine::unconnected()?;
    let store = open_state(cx, OpenMode::CreateIfMissing)?;
    let interrupts = signals::listen(&machine.runtime);
    let command = if destroy { "destroy" } else { "apply" };
    let held = Held::take(&machine, &store, command, &args.options.lock_timeout)?;
    interrupts.holds(&store, held.epoch);
    for notice in &held.notices {
        cx.output.note(notice);
    }
    let result = machine
        .connect(cx)
        .and_then(|()| locked(cx, args, destroy, &machine, &store, &held, &interrupts, begun));
    machine.runtime.block_on(async {
        held.heartbeat.abort();
        // A lock that was lost needs no giving back, and any other failure was told by the writes before.
        let _ = store.unlock(held.epoch).await;
    });
    result
}

/// The lock while it is held.
struct Held {
    epoch: u64,
    who: String,
    host: String,
    notices: Vec<String>,
    heartbeat: tokio::task::JoinHandle<()>,
    lost: watch::Receiver<bool>,
}

impl Held {
    fn take(machine: &Machine, store: &Arc<SqliteStore>, command: &str, wait: &str) -> Result<Held, Failure> {
        let wait = pipeline::check_lock_timeout(wait)?;
        let who = ["HEADWORKS_WHO", "GITLAB_USER_LOGIN", "GITHUB_ACTOR", "USER", "LOGNAME"]
            .iter()
            .find_map(|name| environment(name).filter(|v| !v.is_empty()))
            .unwrap_or_else(|| "somebody".to_string());
        let holder = Holder::this_process(who.clone(), command);
        let outlook = lock::Outlook {
            now: &Timestamp::now,
            is_running: &lock::is_running,
        };
        let lease = machine
            .runtime
            .block_on(lock::acquire(&**store, &holder, wait, &outlook))
            .map_err(|e| state_error(&e))?;
        let notices = lease
            .taken_from
            .iter()
            .map(|from| lock::takeover_notice(from, Timestamp::now()))
            .collect();
        let (lost_sender, lost) = watch::channel(false);
        let keeper = Arc::clone(store);
        let epoch = lease.epoch;
        let heartbeat = machine.runtime.spawn(async move {
            // Ends only when the lock is lost; each write is refused by then, so the run stops by itself.
            lock::keep(&*keeper, epoch, &Timestamp::now).await;
            let _ = lost_sender.send(true);
        });
        Ok(Held {
            epoch,
            who,
            host: holder.host,
            notices,
            heartbeat,
            lost,
        })
    }
}

#[expect(clippy::too_many_arguments, reason = "one call, made in one place")]
fn locked(
    cx: &Context,
    args: &ApplyArgs,
    destroy: bool,
    machine: &Machine,
    store: &Arc<SqliteStore>,
    held: &Held,
    interrupts: &Interrupts,
    begun: &Cell<bool>,
) -> CommandResult {
    let progress = Terminal::new(if destroy { "destroy" } else { "plan" }, &cx.output, 0);
    let mut prepared = match &args.plan {
        Some(path) => saved(cx, machine, store, held.epoch, path, &args.options.vars, &progress)?,
        None => {
            let mut loaded = load::load(&cx.directory, &args.options.vars)?;
            ask::for_missing(cx, &args.options, &mut loaded);
            let state = recovery::recovered(cx, machine, &**store, held.epoch, &loaded, &progress)?;
            let request = Request {
                options: &args.options,
                mode: mode(&args.options, destroy)?,
            };
            let planned = plan_loaded(cx, machine, loaded, state, &request, &progress);
            progress.finish();
            Prepared {
                planned: planned?,
                digest: None,
            }
        }
    };
    let planned = &mut prepared.planned;
    if args.options.json {
        begun.set(true);
        let looked_at = super::plan::looked_at(planned, &args.options);
        let looked_at = if args.plan.is_some() { &[] } else { looked_at };
        for line in report::plan_stream(&planned.plan, looked_at, &planned.diags, &planned.loaded.sources) {
            cx.output.message(line);
        }
    } else {
        cx.output.diags(&planned.diags, &planned.loaded.sources);
        if args.plan.is_none() {
            cx.output.data(&text(cx, machine, planned, &cx.output.out));
        }
    }
    if let (None, Some(diag)) = (&args.plan, pipeline::incomplete(planned)) {
        return Err(diag.into());
    }
    let refreshed = rows::refreshed(&planned.plan, &planned.state.snapshot, &machine.registry);
    if planned.plan.is_empty() && planned.plan.moves.is_empty() && refreshed.is_empty() {
        let found = checked_again(cx, machine, store, held, planned)?;
        if prepared.digest.is_some() && !args.options.json {
            cx.output.diags(&found, &prepared.planned.loaded.sources);
        }
        let planned = &prepared.planned;
        if args.options.json {
            let summary = ApplySummary {
                command: command_name(destroy).into(),
                ..ApplySummary::default()
            };
            for line in report::end_stream(&summary, destroy, &planned.state.outputs) {
                cx.output.message(line);
            }
        } else {
            if planned.plan.targeted {
                cx.output.diags(&incomplete().into(), &planned.loaded.sources);
            }
            cx.output.note("Nothing to do.");
        }
        return Ok(Exit::Fine);
    }
    if args.plan.is_none() && !planned.plan.is_empty() && !args.auto_approve && !confirmed(cx, planned.plan.mode)? {
        cx.output.note("Nothing was changed: the answer was not \"yes\".");
        return Ok(Exit::Error);
    }
    execute(cx, args, machine, store, held, interrupts, &prepared, refreshed)
}

/// Looks at `check` blocks again when a plan has nothing else to do, and records what became of the conditions.
fn checked_again(
    cx: &Context,
    machine: &Machine,
    store: &Arc<SqliteStore>,
    held: &Held,
    planned: &Planned,
) -> Result<Diags, Failure> {
    let recorded = &planned.state.snapshot.check_results;
    if planned.plan.checks.is_empty() && recorded.is_none() {
        return Ok(Diags::new());
    }
    let host = SystemHost::applying(&cx.directory, planned.made_at, Timestamp::now());
    let (graph, _) = Graph::new(&planned.loaded.module);
    let seal = |path: &str, secret: &str| planned.state.fingerprint(path, secret);
    let basis = LiveBasis {
        module: &planned.loaded.module,
        graph: &graph,
        host: &host,
        registry: &machine.registry,
        seal: &seal,
    };
    let mut live = Live::new(basis, &planned.plan, &planned.state.prior);
    let found = live.remaining_checks(&HashSet::new());
    let results = checks::state_text(&planned.plan, live.checks());
    if results != *recorded {
        let write = WriteCx {
            epoch: held.epoch,
            run: None,
            now: Timestamp::now(),
        };
        let written = machine.runtime.block_on(store.set_check_results(write, results));
        written.map_err(|e| state_error(&e))?;
    }
    Ok(found)
}

/// A plan that is about to be applied.
struct Prepared {
    planned: Planned,
    /// The digest of the file it came from.
    digest: Option<String>,
}

fn bare_inputs<'a>(
    loaded: &'a Loaded,
    machine: &'a Machine,
    host: &'a SystemHost,
    variables: std::collections::BTreeMap<Str, Value>,
) -> Inputs<'a> {
    Inputs {
        module: &loaded.module,
        sources: &loaded.sources,
        registry: &machine.registry,
        variables,
        prior: Vec::new(),
        observed: Vec::new(),
        prior_outputs: std::collections::BTreeMap::new(),
        host,
        data: &NoData,
        options: Options::default(),
        checking: false,
        seal: None,
        workspace: "default".into(),
    }
}

/// A saved plan, checked against the state it is for.
fn saved(
    cx: &Context,
    machine: &Machine,
    store: &Arc<SqliteStore>,
    epoch: u64,
    path: &Path,
    vars: &VarArgs,
    progress: &dyn Progress,
) -> Result<Prepared, Failure> {
    let (saved, digest) = savedplan::read(path)?;
    let refuse = |summary: &str, detail: String| -> Failure {
        Diag::error(codes::PLAN_FILE, summary)
            .detail(detail)
            .help("make a new plan with `headworks plan -out=FILE`")
            .into()
    };
    if saved.sim != cx.sim {
        let (made, now) = if saved.sim {
            ("with", "without")
        } else {
            ("without", "with")
        };
        let detail = format!("It was made {made} --sim, and this is apply {now} it.");
        return Err(refuse("The saved plan is for another cloud", detail));
    }
    let major = |v: &str| v.split('.').next().unwrap_or("").to_string();
    if major(&saved.tool_version) != major(env!("CARGO_PKG_VERSION")) {
        let detail = format!(
            "headworks {} made it, this is {}.",
            saved.tool_version,
            env!("CARGO_PKG_VERSION")
        );
        return Err(refuse("The saved plan is from another version", detail));
    }
    let mut state = read_state(&**store, &machine.registry, &machine.runtime)?;
    let snapshot = &state.snapshot;
    if (&saved.lineage, saved.serial) != (&snapshot.lineage, snapshot.serial) {
        let detail = format!(
            "It was made from serial {} of the state, which is at serial {} now: something was applied since. A plan is for one use.",
            saved.serial, snapshot.serial
        );
        return Err(refuse("The saved plan is stale", detail));
    }
    let mut loaded = load::from_texts(&saved.sources)?;
    let host = SystemHost::planning(&cx.directory, Timestamp::now());
    let mut plan = saved.plan;
    let again = Again {
        withheld: &saved.withheld,
        given: &saved.given,
    };
    let said = again.give(cx, &mut loaded, vars, &mut plan)?;
    state.relocate(&plan.moves);
    complete_priors(&mut plan, &state);
    let inputs = bare_inputs(&loaded, machine, &host, plan.variables.clone());
    let (settings, _) = provider_settings(&inputs);
    drop(inputs);
    let (providers, diags) = machine.providers(&loaded, &settings);
    if diags.has_errors() {
        return Err(Failure {
            diags,
            sources: loaded.sources,
        });
    }
    let planned = (&loaded, &providers, &plan.changes[..]);
    let settled = recovery::recovered_for(machine, &**store, epoch, planned, progress)?;
    if settled.snapshot.serial != state.snapshot.serial {
        let detail = "What an interrupted run had left was settled just now, and the plan was made before that.";
        return Err(refuse("The saved plan is stale", detail.to_string()));
    }
    state.tokens = settled.tokens;
    let made_at = saved.created_at.parse().unwrap_or_else(|_| Timestamp::now());
    Ok(Prepared {
        planned: Planned {
            loaded,
            state,
            providers,
            plan,
            values: crate::plan::scope::Values::default(),
            diags: said,
            made_at,
        },
        digest: Some(digest),
    })
}

/// Sensitive parts of prior objects and outputs are not in the file: they are in the state.
fn complete_priors(plan: &mut Plan, state: &State) {
    let by_addr: std::collections::HashMap<_, _> =
        state.prior.iter().map(|p| ((&p.addr, &p.deposed), &p.value)).collect();
    for change in &mut plan.changes {
        if let (Some(prior), Some(recorded)) = (&change.prior, by_addr.get(&(&change.addr, &change.deposed))) {
            let prior = crate::engine::fill::fill(prior, recorded);
            // What stays as it is has no secret that only a step would bring back.
            if change.action == Action::NoOp
                && let Some(planned) = &change.planned
            {
                change.planned = Some(crate::engine::fill::fill(planned, &prior));
            }
            change.prior = Some(prior);
        }
    }
    for output in &mut plan.outputs {
        if let (Some(prior), Some(recorded)) = (&output.prior, state.outputs.get(&output.name)) {
            output.prior = Some(crate::engine::fill::fill(prior, recorded));
        }
    }
    for (name, kept) in &mut plan.kept_outputs {
        if let Some(recorded) = state.outputs.get(name) {
            *kept = crate::engine::fill::fill(kept, recorded);
        }
    }
}

fn confirmed(cx: &Context, mode: PlanMode) -> Result<bool, Failure> {
    let stdin = std::io::stdin();
    let nobody = if !stdin.is_terminal() {
        Some("There is nobody to ask: standard input is no terminal.")
    } else {
        environment("CI").map(|_| "There is nobody to ask: the environment variable CI is set.")
    };
    if let Some(why) = nobody {
        return Err(Diag::error(codes::USAGE, "The plan needs an approval")
            .detail(why)
            .help("apply with -auto-approve, or save the plan with `plan -out=FILE` and apply the file")
            .into());
    }
    let question = match mode {
        PlanMode::Destroy => "Really delete all of this? Only \"yes\" is taken: ",
        _ => "Apply this? Only \"yes\" is taken: ",
    };
    cx.output.ask(question);
    let _ = std::io::stderr().flush();
    let mut answer = String::new();
    stdin
        .lock()
        .read_line(&mut answer)
        .map_err(|e| Diag::error(codes::USAGE, "The answer can't be read").detail(e.to_string()))?;
    if !answer.ends_with('\n') {
        cx.output.note("");
    }
    Ok(answer.trim() == "yes")
}

#[expect(clippy::too_many_arguments, reason = "one call, made in one place")]
fn execute(
    cx: &Context,
    args: &ApplyArgs,
    machine: &Machine,
    store: &Arc<SqliteStore>,
    held: &Held,
    interrupts: &Interrupts,
    prepared: &Prepared,
    refreshed: Vec<RowWrite>,
) -> CommandResult {
    let started = Instant::now();
    let planned = &prepared.planned;
    let token = |key: &RowKey, planned_text: Option<&str>| planned.state.token(key, planned_text);
    let (intents, numbers) = apply::intents(&planned.plan, &machine.registry, &token);
    let name = if planned.plan.mode == PlanMode::Destroy {
        "destroy"
    } else {
        "apply"
    };
    let snapshot = &planned.state.snapshot;
    let new_run = NewRun {
        who: held.who.clone(),
        host: held.host.clone(),
        command: name.to_string(),
        commit: None,
        tool_version: env!("CARGO_PKG_VERSION").to_string(),
        plan_digest: prepared.digest.clone(),
        basis: Some(Basis {
            lineage: snapshot.lineage.clone(),
            serial: snapshot.serial,
        }),
        moves: planned
            .plan
            .moves
            .iter()
            .map(|(to, from)| (from.clone(), to.clone()))
            .collect(),
        steps: intents,
    };
    interrupts.work_begins();
    let write_cx = |run| WriteCx {
        epoch: held.epoch,
        run,
        now: Timestamp::now(),
    };
    let run = machine
        .runtime
        .block_on(store.begin_run(write_cx(None), new_run))
        .map_err(|e| state_error(&e))?;
    // To look at an object that was imported is not to apply it.
    let (adopted, refreshed): (Vec<RowWrite>, Vec<RowWrite>) = refreshed.into_iter().partition(rows::is_adopted);
    for (run, rows) in [(None, adopted), (Some(run), refreshed)] {
        if !rows.is_empty() {
            let put = machine.runtime.block_on(store.put_rows(write_cx(run), rows));
            put.map_err(|e| state_error(&e))?;
        }
    }
    let host = SystemHost::applying(&cx.directory, planned.made_at, Timestamp::now());
    let (graph, _) = Graph::new(&planned.loaded.module);
    let seal = |path: &str, secret: &str| planned.state.fingerprint(path, secret);
    let basis = LiveBasis {
        module: &planned.loaded.module,
        graph: &graph,
        host: &host,
        registry: &machine.registry,
        seal: &seal,
    };
    let mut live = Live::new(basis, &planned.plan, &planned.state.prior);
    let stop = either(machine, interrupts.stop(), held.lost.clone());
    let lines = Lines::new(&cx.output);
    let terminal = (!args.options.json)
        .then(|| Terminal::new(name, &cx.output, address_width(&planned.plan)).stopped_by(stop.clone()));
    let progress: &dyn Progress = match &terminal {
        Some(terminal) => terminal,
        None => &lines,
    };
    let work = Apply {
        plan: &planned.plan,
        registry: &machine.registry,
        drivers: &machine.drivers,
        providers: &planned.providers,
        writer: Writer {
            store: Arc::clone(store) as Arc<dyn Store>,
            epoch: held.epoch,
            run,
        },
        parallelism: args.options.parallelism,
        progress,
        stop,
    };
    let outcome = machine.runtime.block_on(apply::apply(&work, &mut live, &numbers));
    drop(terminal);
    let how = match (outcome.interrupted, outcome.diags.has_errors()) {
        (true, _) => RunOutcome::Interrupted,
        (false, true) => RunOutcome::Failed,
        (false, false) => RunOutcome::Done,
    };
    let finished = machine
        .runtime
        .block_on(store.finish_run(write_cx(Some(run)), run, how, outcome.unlisted));
    conclude(cx, args, planned, &outcome, started.elapsed());
    if let Err(error) = finished {
        return Err(state_error(&error).into());
    }
    let fine = how == RunOutcome::Done;
    Ok(if fine { Exit::Fine } else { Exit::Error })
}

/// Stops when the user asks or the lock is lost.
fn either(
    machine: &Machine,
    mut stop: watch::Receiver<bool>,
    mut lost: watch::Receiver<bool>,
) -> watch::Receiver<bool> {
    let (sender, receiver) = watch::channel(false);
    machine.runtime.spawn(async move {
        tokio::select! {
            told = stop.changed() => { let _ = told; }
            told = lost.changed() => { let _ = told; }
        }
        let _ = sender.send(true);
        // Keeps the channel open until the run is over.
        sender.closed().await;
    });
    receiver
}

fn incomplete() -> Diag {
    Diag::warning(codes::INCOMPLETE, "Applied changes may be incomplete")
        .detail("The plan was made with -target, so other changes may be left, and outputs may not be up to date.")
        .help("run `headworks plan` to see what is left")
}

fn command_name(destroy: bool) -> &'static str {
    if destroy { "Destroy" } else { "Apply" }
}

fn conclude(cx: &Context, args: &ApplyArgs, planned: &Planned, outcome: &Outcome, took: Duration) {
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
    let outputs: std::collections::BTreeMap<Str, Value> = outputs.collect();
    let mut diags = outcome.diags.clone();
    if planned.plan.targeted {
        diags.push(incomplete());
    }
    if args.options.json {
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
