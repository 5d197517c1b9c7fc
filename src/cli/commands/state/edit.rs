//! A change of the state under its lock: taking the lock, writing, and giving it back. Decides nothing about what is changed.

use crate::cli::args::LockArgs;
use crate::cli::pipeline::{Machine, check_lock_timeout, open_state, state_error};
use crate::cli::{CommandResult, Context, Failure, environment, locking, operator};
use crate::store::sqlite::OpenMode;
use crate::store::{
    Holder, ResourceRow, RowChange, RowWrite, SqliteStore, StateSnapshot, Store, StoreError, WriteCx, lock,
};
use jiff::Timestamp;
use std::sync::Arc;

/// A change of the state under its lock.
pub(in crate::cli) struct Edit<'a> {
    pub(super) cx: &'a Context,
    pub(super) machine: &'a Machine,
    /// The state.
    pub(in crate::cli) store: &'a SqliteStore,
    epoch: u64,
}

impl Edit<'_> {
    /// For a write.
    pub(in crate::cli) fn cx(&self) -> WriteCx {
        WriteCx {
            epoch: self.epoch,
            run: None,
            now: Timestamp::now(),
        }
    }

    /// Everything that the state holds.
    pub(super) fn load(&self) -> Result<StateSnapshot, Failure> {
        self.run(self.store.load())
    }

    /// Writes rows, all or none.
    pub(super) fn put(&self, rows: impl IntoIterator<Item = ResourceRow>) -> Result<(), Failure> {
        let write = |row| RowWrite {
            step: None,
            change: RowChange::Put(Box::new(row)),
        };
        let writes = rows.into_iter().map(write).collect();
        self.run(self.store.put_rows(self.cx(), writes))
    }

    /// Waits for a write.
    pub(in crate::cli) fn run<T>(&self, reply: crate::store::Reply<'_, T>) -> Result<T, Failure> {
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
pub(in crate::cli) fn edit(
    cx: &Context,
    machine: &Machine,
    command: &str,
    waiting: &LockArgs,
    act: impl FnOnce(&Edit<'_>) -> CommandResult,
) -> CommandResult {
    let wait = check_lock_timeout(&waiting.lock_timeout)?;
    let store: Arc<SqliteStore> = open_state(cx, OpenMode::CreateIfMissing)?;
    let holder = Holder::this_process(operator::who(&environment), command);
    let taken = machine
        .runtime
        .block_on(lock::acquire(&*store, &holder, wait, &locking::outlook()));
    let lease = taken.map_err(|e| state_error(&e))?;
    if let Some(from) = &lease.taken_from {
        cx.output.note(&lock::takeover_notice(from, Timestamp::now()));
    }
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
