//! The lock of the state as a command holds it: waited for with a word on whose it is, kept with a heartbeat, given back at the
//! end. A command that lost it says so and stops; what it still tries to write is refused by the state.

use super::args::PlanOptions;
use super::pipeline::{Machine, check_lock_timeout, state_error};
use super::{Context, Failure, codes, environment, operator};
use crate::base::Diag;
use crate::store::{Holder, LockInfo, SqliteStore, Store, lock};
use jiff::Timestamp;
use std::sync::Arc;
use tokio::sync::watch;

/// The lock while it is held.
pub struct Held {
    /// What every write carries.
    pub epoch: u64,
    /// The operator.
    pub who: String,
    /// The machine.
    pub host: String,
    /// Becomes true when the lock is lost.
    pub lost: watch::Receiver<bool>,
    /// The former holder, when it was taken over.
    pub taken_from: Option<LockInfo>,
    heartbeat: tokio::task::JoinHandle<()>,
}

/// What tells a live holder from a dead one.
pub fn outlook() -> lock::Outlook<'static> {
    lock::Outlook {
        now: &Timestamp::now,
        is_running: &lock::is_running,
    }
}

impl Held {
    /// Takes the lock, waiting as long as the options say.
    ///
    /// # Errors
    /// Somebody else has it, or the options ask to do without.
    pub fn take(
        cx: &Context,
        machine: &Machine,
        store: &Arc<SqliteStore>,
        command: &str,
        options: &PlanOptions,
    ) -> Result<Held, Failure> {
        let wait = check_lock_timeout(&options.lock_timeout)?;
        if !options.lock {
            return Err(Diag::error(codes::USAGE, format!("{command} can't do without the lock"))
                .detail("What writes the state shows with every write that it holds the lock; a run without it could write nothing.")
                .help(
                    "leave -lock=false out. To wait for another run: -lock-timeout=5m. When its process is gone for good: \
                     headworks state unlock HOLDER",
                )
                .into());
        }
        let who = operator::who(&environment);
        let holder = Holder::this_process(who.clone(), command);
        let waits_for = |info: &LockInfo| cx.output.note(&lock::waiting_notice(info, wait));
        let lease = machine
            .runtime
            .block_on(lock::acquire_telling(&**store, &holder, wait, &outlook(), &waits_for))
            .map_err(|e| state_error(&e))?;
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
            lost,
            taken_from: lease.taken_from,
            heartbeat,
        })
    }

    /// What to tell of a lock that was taken over.
    pub fn notice(&self) -> Option<String> {
        let from = self.taken_from.as_ref()?;
        Some(lock::takeover_notice(from, Timestamp::now()))
    }

    /// Keeps a copy of the state before anything is done to it.
    ///
    /// # Errors
    /// The state is damaged, or the copy can't be written; nothing was done then.
    pub fn back_up(&self, machine: &Machine, store: &SqliteStore) -> Result<(), Failure> {
        let kept = machine.runtime.block_on(store.back_up());
        kept.map(|_| ()).map_err(|e| state_error(&e).into())
    }

    /// Keeps a copy of what was done and gives the lock back. The next run finds the copy and need not make one before it begins.
    /// A lock that was lost needs no giving back, and any other failure was told by the writes before, or is by the next run.
    pub fn give_back(self, machine: &Machine, store: &SqliteStore) {
        machine.runtime.block_on(async {
            if !*self.lost.borrow() {
                let _ = store.back_up().await;
            }
            self.heartbeat.abort();
            let _ = store.unlock(self.epoch).await;
        });
    }
}

/// The run that is under way, for commands that only look.
pub fn under_way(machine: &Machine, store: &dyn Store) -> Option<LockInfo> {
    // A state that can't be read is told of by those who read it.
    let info = machine.runtime.block_on(store.lock_info()).ok().flatten()?;
    let me = Holder::this_process("", "");
    lock::is_held(&info, &me, &outlook()).then_some(info)
}
