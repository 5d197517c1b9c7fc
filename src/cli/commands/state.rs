//! `headworks state …`: looks at the state and repairs it. Never calls a cloud.

use super::encryption;
use crate::base::addr::AddrError;
use crate::base::{Diag, InstanceAddr, InstanceKey, ModulePath, ObjectAddr};
use crate::cli::args::StateCommand;
use crate::cli::pipeline::{Machine, State, empty_state, open_state, read_state, state_error};
use crate::cli::{CommandResult, Context, Exit, Failure, codes, environment};
use crate::engine::rows;
use crate::plan::Prior;
use crate::plan::target::is_part;
use crate::report::{self, StateView};
use crate::store::sqlite::OpenMode;
use crate::store::{Holder, RowKey, SqliteStore, StepFailure, Store, StoreError, WriteCx, lock};
use jiff::Timestamp;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// Runs the command.
pub fn run(cx: &Context, command: StateCommand) -> CommandResult {
    let machine = Machine::offline()?;
    match command {
        StateCommand::List { addresses } => list(cx, &machine, &addresses),
        StateCommand::Show { json, address } => show(cx, &machine, json, &address),
        StateCommand::History { limit } => history(cx, &machine, limit),
        StateCommand::Encrypt => encryption::encrypt(cx, &machine),
        StateCommand::Decrypt => encryption::decrypt(cx, &machine),
        StateCommand::Rekey => encryption::rekey(cx, &machine),
        StateCommand::Restore { file, force } => super::restore::run(cx, file.as_deref(), force),
        StateCommand::Unlock { holder } => unlock(cx, &machine, holder),
        StateCommand::Rm { addresses } => {
            let wanted = parse_all(&addresses)?;
            edit(cx, &machine, "state rm", |edit| {
                for one in &wanted {
                    edit.forget(one)?;
                }
                Ok(Exit::Fine)
            })
        }
        StateCommand::Mv { from, to } => {
            let (from, to) = (parse::<ObjectAddr>(&from)?, parse(&to)?);
            edit(cx, &machine, "state mv", |edit| {
                let moves = moves(edit.named(std::slice::from_ref(&from))?, &from, &to)?;
                edit.run(edit.store.move_rows(edit.cx(), moves.clone()))?;
                for (from, to) in moves {
                    edit.cx.output.note(&format!("{from} is now {to}"));
                }
                Ok(Exit::Fine)
            })
        }
        StateCommand::Settle { address, verdict } => {
            let addr = parse(&address)?;
            edit(cx, &machine, "state settle", |edit| settle(edit, &addr, &verdict))
        }
    }
}

fn parse<A: FromStr<Err = AddrError>>(text: &str) -> Result<A, Failure> {
    text.parse().map_err(|e: AddrError| {
        Diag::error(codes::USAGE, "Invalid address")
            .detail(e.to_string())
            .into()
    })
}

fn parse_all(texts: &[String]) -> Result<Vec<ObjectAddr>, Failure> {
    texts.iter().map(|t| parse(t)).collect()
}

/// The new addresses of objects that `from` means: a module keeps what is in it, and a block that is repeated its keys.
fn moves(
    objects: Vec<InstanceAddr>,
    from: &ObjectAddr,
    to: &ObjectAddr,
) -> Result<Vec<(InstanceAddr, InstanceAddr)>, Failure> {
    let moved = |addr: &InstanceAddr| match (from, to) {
        (ObjectAddr::Module(old), ObjectAddr::Module(new)) => {
            let mut path: Vec<_> = new.0.to_vec();
            path.extend(addr.resource.module.0.iter().skip(old.0.len()).cloned());
            // Without a key all instances are meant, which keep theirs.
            let (last, was) = (new.0.len().checked_sub(1), old.0.len().checked_sub(1));
            if let (Some(last), Some(was)) = (last, was)
                && let (Some(now), Some(had)) = (path.get_mut(last), addr.resource.module.0.get(was))
                && now.1 == InstanceKey::None
                && old.0.get(was).is_some_and(|o| o.1 == InstanceKey::None)
            {
                now.1 = had.1.clone();
            }
            let resource = addr.resource.in_module(ModulePath(path.into()));
            Some(resource.instance(addr.key.clone()))
        }
        (ObjectAddr::Instance(old), ObjectAddr::Instance(new)) => {
            let kept = old.key == InstanceKey::None && new.key == InstanceKey::None;
            let key = if kept { &addr.key } else { &new.key };
            Some(new.resource.instance(key.clone()))
        }
        _ => None,
    };
    let one = |addr: InstanceAddr| moved(&addr).map(|to| (addr, to));
    let all: Option<Vec<_>> = objects.into_iter().map(one).collect();
    all.ok_or_else(|| {
        Diag::error(codes::USAGE, "Invalid address")
            .detail("A module can't become a resource, nor a resource a module.")
            .into()
    })
}

fn state(cx: &Context, machine: &Machine) -> Result<State, Failure> {
    let store = open_state(cx, OpenMode::ReadOnly)?;
    read_state(&*store, &machine.registry, &machine.runtime)
}

/// The objects without their attributes, for which an encrypted state needs no key.
fn outline(cx: &Context, machine: &Machine) -> Result<Vec<Prior>, Failure> {
    let store = open_state(cx, OpenMode::ReadOnly)?;
    let outline = machine.runtime.block_on(store.outline()).map_err(|e| state_error(&e))?;
    let prior = |row| rows::prior(row, &machine.registry).map_err(Failure::from);
    outline.resources.iter().map(prior).collect()
}

fn list(cx: &Context, machine: &Machine, addresses: &[String]) -> CommandResult {
    let prior = outline(cx, machine)?;
    let wanted = parse_all(addresses)?;
    if prior.is_empty() {
        cx.output.note(&empty_state(cx));
        return Ok(Exit::Fine);
    }
    let below = |p: &Prior| wanted.is_empty() || wanted.iter().any(|w| is_part(&p.addr, w));
    let found: Vec<Prior> = prior.into_iter().filter(|p| below(p)).collect();
    if found.is_empty() && !wanted.is_empty() {
        return Err(not_found(&addresses.join(", ")));
    }
    if !found.is_empty() {
        cx.output.data(&report::state_list_text(&found));
    }
    Ok(Exit::Fine)
}

fn not_found(what: &str) -> Failure {
    Diag::error(codes::NOT_FOUND, format!("The state has no object {what}"))
        .help("`headworks state list` prints the addresses")
        .into()
}

fn show(cx: &Context, machine: &Machine, json: bool, address: &str) -> CommandResult {
    let addr: InstanceAddr = parse(address)?;
    let state = state(cx, machine)?;
    let found: Vec<Prior> = state.prior.into_iter().filter(|p| p.addr == addr).collect();
    let Some(prior) = found.first() else {
        return Err(not_found(address));
    };
    if json {
        let view = StateView {
            resources: &found,
            outputs: &std::collections::BTreeMap::new(),
            registry: &machine.registry,
        };
        cx.output.json(&report::state_json(&view));
    } else {
        cx.output
            .data(&report::state_show_text(prior, &machine.registry, &cx.output.out));
    }
    Ok(Exit::Fine)
}

fn history(cx: &Context, machine: &Machine, limit: u32) -> CommandResult {
    let store = open_state(cx, OpenMode::ReadOnly)?;
    let runs = machine
        .runtime
        .block_on(store.history(limit))
        .map_err(|e| state_error(&e))?;
    let mut text = String::new();
    for run in runs {
        let outcome = match run.outcome {
            Some(crate::store::RunOutcome::Done) => "done",
            Some(crate::store::RunOutcome::Failed) => "failed",
            Some(crate::store::RunOutcome::Interrupted) => "stopped",
            Some(crate::store::RunOutcome::Recovered) => "recovered",
            None => "interrupted",
        };
        text.push_str(&format!(
            "{:>4}  {}  {:<8} {:<11} by {}@{}: {} created, {} updated, {} deleted, {} failed\n",
            run.id.to_string(),
            run.started_at.strftime("%Y-%m-%d %H:%M:%S UTC"),
            run.command,
            outcome,
            run.who,
            run.host,
            run.counts.created,
            run.counts.updated,
            run.counts.deleted,
            run.counts.failed
        ));
    }
    if !text.is_empty() {
        cx.output.data(&text);
    }
    Ok(Exit::Fine)
}

fn unlock(cx: &Context, machine: &Machine, holder: String) -> CommandResult {
    let store = open_state(cx, OpenMode::CreateIfMissing)?;
    let info = machine
        .runtime
        .block_on(store.force_unlock(holder))
        .map_err(|e| state_error(&e))?;
    cx.output.note(&format!(
        "The lock of {}@{} (process {}) is broken; whatever it still tries to write is refused.",
        info.holder.who, info.holder.host, info.holder.pid
    ));
    Ok(Exit::Fine)
}

/// A change of the state under its lock.
pub(super) struct Edit<'a> {
    cx: &'a Context,
    machine: &'a Machine,
    /// The state.
    pub(super) store: &'a SqliteStore,
    epoch: u64,
}

impl Edit<'_> {
    /// For a write.
    pub(super) fn cx(&self) -> WriteCx {
        WriteCx {
            epoch: self.epoch,
            run: None,
            now: Timestamp::now(),
        }
    }

    /// Drops the rows that an address means.
    fn forget(&self, wanted: &ObjectAddr) -> Result<(), Failure> {
        let drop = |addr: &InstanceAddr| {
            let dropped = self.store.remove_row(self.cx(), RowKey::from(addr.clone()));
            let dropped = self.machine.runtime.block_on(dropped);
            if dropped.is_ok() {
                let text = format!("{addr} is forgotten; the object goes on existing");
                self.cx.output.note(&text);
            }
            dropped
        };
        // One object goes without reading the others, so that a damaged row can be dropped.
        if let ObjectAddr::Instance(addr) = wanted {
            match drop(addr) {
                Err(StoreError::NoSuchRow(_)) => {}
                done => return done.map_err(|e| state_error(&e).into()),
            }
        }
        for addr in self.named(std::slice::from_ref(wanted))? {
            drop(&addr).map_err(|e| state_error(&e))?;
        }
        Ok(())
    }

    /// The objects that addresses mean.
    fn named(&self, wanted: &[ObjectAddr]) -> Result<Vec<InstanceAddr>, Failure> {
        let state = read_state(self.store, &self.machine.registry, &self.machine.runtime)?;
        let mut all: Vec<InstanceAddr> = state.prior.into_iter().map(|p| p.addr).collect();
        all.dedup();
        if let Some(missing) = wanted.iter().find(|w| !all.iter().any(|a| is_part(a, w))) {
            return Err(not_found(&missing.to_string()));
        }
        all.retain(|a| wanted.iter().any(|w| is_part(a, w)));
        Ok(all)
    }

    /// Waits for a write.
    pub(super) fn run<T>(&self, reply: crate::store::Reply<'_, T>) -> Result<T, Failure> {
        self.machine.runtime.block_on(reply).map_err(|e| state_error(&e).into())
    }
}

/// Keeps a copy before an edit. A state that is damaged has none made: to mend it by hand must stay possible.
fn keep_backup(machine: &Machine, store: &SqliteStore) -> Result<(), Failure> {
    match machine.runtime.block_on(store.back_up()) {
        Ok(_) | Err(StoreError::Corrupt { .. }) => Ok(()),
        Err(error) => Err(state_error(&error).into()),
    }
}

/// Takes the lock, edits, and gives it back.
pub(super) fn edit(
    cx: &Context,
    machine: &Machine,
    command: &str,
    act: impl FnOnce(&Edit<'_>) -> CommandResult,
) -> CommandResult {
    let store: Arc<SqliteStore> = open_state(cx, OpenMode::CreateIfMissing)?;
    let who = environment("USER").unwrap_or_else(|| "somebody".to_string());
    let holder = Holder::this_process(who, command);
    let outlook = lock::Outlook {
        now: &Timestamp::now,
        is_running: &lock::is_running,
    };
    let taken = machine
        .runtime
        .block_on(lock::acquire(&*store, &holder, Duration::ZERO, &outlook));
    let lease = taken.map_err(|e| state_error(&e))?;
    let result = keep_backup(machine, &store).and_then(|()| {
        act(&Edit {
            cx,
            machine,
            store: &store,
            epoch: lease.epoch,
        })
    });
    // Also of what was edited; where it can't be kept, the next run says so.
    let _ = keep_backup(machine, &store);
    let unlocked = machine.runtime.block_on(store.unlock(lease.epoch));
    let result = result?;
    unlocked.map_err(|e| state_error(&e))?;
    Ok(result)
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
