//! Runs the steps of a plan that is to be applied: commits the run with its intents, lets the engine do them, and closes the
//! run. A plan with nothing to do has only its conditions looked at again.

use super::{Applying, Prepared};
use crate::base::Diags;
use crate::cli::pipeline::{Machine, Planned, state_error};
use crate::cli::progress::{Lines, Terminal, address_width};
use crate::cli::{CommandResult, Exit, Failure, environment, operator};
use crate::engine::values::{Basis as LiveBasis, Live};
use crate::engine::{Apply, Progress, SystemHost, Writer, apply, rows};
use crate::plan::{Graph, PlanMode, checks};
use crate::store::{Basis, Intent, NewRun, RowKey, RowWrite, RunId, RunOutcome, Store, WriteCx};
use jiff::Timestamp;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::watch;

impl Applying<'_> {
    pub(super) fn execute(&self, prepared: &Prepared, refreshed: Vec<RowWrite>) -> CommandResult {
        let started = Instant::now();
        let (machine, planned) = (self.machine, &prepared.planned);
        let token = |key: &RowKey, planned_text: Option<&str>| planned.state.token(key, planned_text);
        let (intents, numbers) = apply::intents(&planned.plan, &machine.registry, &token);
        self.interrupts.work_begins();
        let run = self.begin(prepared, intents)?;
        self.put(run, refreshed)?;
        let stop = either(machine, self.interrupts.stop(), self.held.lost.clone());
        let lines = Lines::new(&self.cx.output);
        let terminal = (!self.args.options.json).then(|| {
            let width = address_width(&planned.plan);
            Terminal::new(name(planned), &self.cx.output, width).stopped_by(stop.clone())
        });
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
                store: Arc::clone(self.store) as Arc<dyn Store>,
                epoch: self.held.epoch,
                run,
            },
            parallelism: self.args.options.parallelism,
            progress,
            stop,
        };
        let outcome = self.live(planned, |live| {
            machine.runtime.block_on(apply::apply(&work, live, &numbers))
        });
        drop(terminal);
        let how = match (outcome.interrupted, outcome.diags.has_errors()) {
            (true, _) => RunOutcome::Interrupted,
            (false, true) => RunOutcome::Failed,
            (false, false) => RunOutcome::Done,
        };
        let finish = self
            .store
            .finish_run(self.write_cx(Some(run)), run, how, outcome.unlisted);
        let finished = machine.runtime.block_on(finish);
        self.conclude(planned, &outcome, finished.err(), started.elapsed());
        Ok(match how {
            RunOutcome::Done => Exit::Fine,
            _ => Exit::Error,
        })
    }

    fn write_cx(&self, run: Option<RunId>) -> WriteCx {
        WriteCx {
            epoch: self.held.epoch,
            run,
            now: Timestamp::now(),
        }
    }

    /// Commits the run with all that it means to do.
    fn begin(&self, prepared: &Prepared, steps: Vec<Intent>) -> Result<RunId, Failure> {
        let snapshot = &prepared.planned.state.snapshot;
        let moves = &prepared.planned.plan.moves;
        let new_run = NewRun {
            who: self.held.who.clone(),
            host: self.held.host.clone(),
            command: name(&prepared.planned).to_string(),
            commit: operator::commit(&self.cx.directory, &environment),
            tool_version: env!("CARGO_PKG_VERSION").to_string(),
            plan_digest: prepared.digest.clone(),
            basis: Some(Basis {
                lineage: snapshot.lineage.clone(),
                serial: snapshot.serial,
            }),
            moves: moves.iter().map(|(to, from)| (from.clone(), to.clone())).collect(),
            steps,
        };
        let begun = self.store.begin_run(self.write_cx(None), new_run);
        let begun = self.machine.runtime.block_on(begun);
        begun.map_err(|e| state_error(&e).into())
    }

    fn put(&self, run: RunId, refreshed: Vec<RowWrite>) -> Result<(), Failure> {
        // To look at an object that was imported is not to apply it.
        let (adopted, refreshed): (Vec<RowWrite>, Vec<RowWrite>) = refreshed.into_iter().partition(rows::is_adopted);
        for (run, rows) in [(None, adopted), (Some(run), refreshed)] {
            if !rows.is_empty() {
                let put = self.store.put_rows(self.write_cx(run), rows);
                self.machine.runtime.block_on(put).map_err(|e| state_error(&e))?;
            }
        }
        Ok(())
    }

    /// The values of the plan, which become known one after the other.
    fn live<T>(&self, planned: &Planned, act: impl FnOnce(&mut Live<'_>) -> T) -> T {
        let host = SystemHost::applying(&self.cx.directory, planned.made_at, Timestamp::now());
        let (graph, _) = Graph::new(&planned.loaded.module);
        let seal = |path: &str, secret: &str| planned.state.fingerprint(path, secret);
        let basis = LiveBasis {
            module: &planned.loaded.module,
            graph: &graph,
            host: &host,
            registry: &self.machine.registry,
            seal: &seal,
        };
        act(&mut Live::new(basis, &planned.plan, &planned.state.prior))
    }

    /// Looks at `check` blocks again when a plan has nothing else to do, and records what became of the conditions.
    pub(super) fn checked_again(&self, planned: &Planned) -> Result<Diags, Failure> {
        let recorded = &planned.state.snapshot.check_results;
        if planned.plan.checks.is_empty() && recorded.is_none() {
            return Ok(Diags::new());
        }
        let (found, results) = self.live(planned, |live| {
            let found = live.remaining_checks(&HashSet::new());
            (found, checks::state_text(&planned.plan, live.checks()))
        });
        if results != *recorded {
            let written = self.store.set_check_results(self.write_cx(None), results);
            let written = self.machine.runtime.block_on(written);
            written.map_err(|e| state_error(&e))?;
        }
        Ok(found)
    }
}

fn name(planned: &Planned) -> &'static str {
    match planned.plan.mode {
        PlanMode::Destroy => "destroy",
        _ => "apply",
    }
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
