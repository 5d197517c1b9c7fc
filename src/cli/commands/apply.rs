//! `headworks apply` and `destroy`: takes the lock, settles what an interrupted run left, plans or reads a saved plan, asks,
//! and hands over to what runs the steps.

mod conclude;
mod execute;
mod saved;

use super::plan::text;
use crate::base::Diag;
use crate::cli::args::ApplyArgs;
use crate::cli::ask;
use crate::cli::load::Loaded;
use crate::cli::locking::Held;
use crate::cli::pipeline::{self, Machine, Planned, Request, State, mode, open_state, plan_loaded};
use crate::cli::progress::Terminal;
use crate::cli::signals::{self, Interrupts};
use crate::cli::{CommandResult, Context, Exit, Failure, checked, codes, environment, recovery};
use crate::engine::{Progress, rows};
use crate::plan::PlanMode;
use crate::report;
use crate::store::SqliteStore;
use crate::store::sqlite::OpenMode;
use std::cell::Cell;
use std::io::{BufRead, IsTerminal, Write};
use std::sync::Arc;

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
    // Looked at before anything is opened: a plan that is refused makes no state and waits for no lock.
    let plan_file = args.plan.as_deref().map(|path| saved::read(cx, args, path));
    let plan_file = plan_file.transpose()?;
    // The lock comes before the embedded cloud, which one process at a time may use: whoever waits for the one waits for both.
    let mut machine = Machine::unconnected()?;
    let store = open_state(cx, OpenMode::CreateIfMissing)?;
    let interrupts = signals::listen(&machine.runtime);
    let command = if destroy { "destroy" } else { "apply" };
    let held = Held::take(cx, &machine, &store, command, &args.options)?;
    interrupts.holds(&store, held.epoch);
    if let Some(notice) = held.notice() {
        cx.output.note(&notice);
    }
    let result = machine.connect(cx).and_then(|()| {
        let command = Applying {
            cx,
            args,
            destroy,
            machine: &machine,
            store: &store,
            held: &held,
            interrupts: &interrupts,
            begun,
        };
        command.locked(plan_file)
    });
    held.give_back(&machine, &store);
    result
}

/// The command while it holds the lock.
struct Applying<'a> {
    cx: &'a Context,
    args: &'a ApplyArgs,
    destroy: bool,
    machine: &'a Machine,
    store: &'a Arc<SqliteStore>,
    held: &'a Held,
    interrupts: &'a Interrupts,
    begun: &'a Cell<bool>,
}

/// A plan that is about to be applied.
struct Prepared {
    planned: Planned,
    /// The digest of the file it came from.
    digest: Option<String>,
}

impl Applying<'_> {
    fn locked(&self, plan_file: Option<saved::PlanFile>) -> CommandResult {
        let (cx, args) = (self.cx, self.args);
        self.held.back_up(self.machine, self.store)?;
        let progress = Terminal::new(if self.destroy { "destroy" } else { "plan" }, &cx.output, 0);
        let prepared = match plan_file {
            Some(file) => self.saved(file, &progress)?,
            None => {
                let mut loaded = checked::load_or_check(cx, &self.machine.registry, &args.options.vars)?;
                ask::for_missing(cx, &args.options, &mut loaded);
                let mut state = self.recovered(&loaded, &progress)?;
                if !self.destroy {
                    let store = &**self.store;
                    let written = (self.machine, store as &dyn crate::store::Store, self.held.epoch);
                    state = recovery::ready(cx, written, &loaded, state, &progress)?;
                }
                let request = Request {
                    options: &args.options,
                    mode: mode(&args.options, self.destroy)?,
                };
                let planned = plan_loaded(cx, self.machine, loaded, state, &request, &progress);
                progress.finish();
                Prepared {
                    planned: planned?,
                    digest: None,
                }
            }
        };
        let planned = &prepared.planned;
        self.show(&prepared);
        if let (None, Some(diag)) = (&args.plan, pipeline::incomplete(planned)) {
            return Err(diag.into());
        }
        let refreshed = rows::refreshed(&planned.plan, &planned.state.snapshot, &self.machine.registry);
        if planned.plan.is_empty() && planned.plan.moves.is_empty() && refreshed.is_empty() {
            return self.nothing_to_do(&prepared);
        }
        if args.plan.is_none() && !planned.plan.is_empty() && !args.auto_approve && !confirmed(cx, planned.plan.mode)? {
            cx.output.note("Nothing was changed: the answer was not \"yes\".");
            return Ok(Exit::Error);
        }
        self.execute(&prepared, refreshed)
    }

    /// The plan, unless it was shown when it was saved; and what is to be said of it.
    fn show(&self, prepared: &Prepared) {
        let (cx, args, planned) = (self.cx, self.args, &prepared.planned);
        if args.options.json {
            self.begun.set(true);
            let looked_at = super::plan::looked_at(planned, &args.options);
            let looked_at = if args.plan.is_some() { &[] } else { looked_at };
            for line in report::plan_stream(&planned.plan, looked_at, &planned.diags, &planned.loaded.sources) {
                cx.output.message(line);
            }
            if let Some(digest) = &prepared.digest {
                cx.output
                    .message(report::log_line(&format!("Applying the saved plan, digest {digest}")));
            }
            return;
        }
        if let (Some(digest), Some(path)) = (&prepared.digest, &args.plan) {
            cx.output
                .note(&format!("Applying {} (digest {digest})", path.display()));
        }
        cx.output.diags(&planned.diags, &planned.loaded.sources);
        if args.plan.is_none() {
            cx.output.data(&text(cx, self.machine, planned, &cx.output.out));
        }
    }

    fn nothing_to_do(&self, prepared: &Prepared) -> CommandResult {
        let cx = self.cx;
        let planned = &prepared.planned;
        let found = self.checked_again(planned)?;
        if prepared.digest.is_some() && !self.args.options.json {
            cx.output.diags(&found, &planned.loaded.sources);
        }
        self.nothing_done(planned);
        Ok(Exit::Fine)
    }

    /// Settles open steps of earlier runs, then reads the state.
    fn recovered(&self, loaded: &Loaded, progress: &dyn Progress) -> Result<State, Failure> {
        recovery::recovered(self.cx, self.machine, &**self.store, self.held.epoch, loaded, progress)
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
