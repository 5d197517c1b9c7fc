//! The state: which objects headworks manages, what it is doing to them, and who may write.
//!
//! [`Store`] is what the engine sees; [`SqliteStore`] keeps it in `.headworks/state.db`. Three rules hold for every
//! implementation: a reply comes only after the commit; a write with the epoch of a lock that was lost is refused;
//! whatever the error, what was stored before it is still there.
//!
//! The store never reads the clock for what it records (`now` is passed in), never looks into attributes, and never
//! calls a cloud. Tests: in each file and in `tests/it/store.rs`.

pub mod backup;
mod checksum;
pub mod error;
pub mod file;
mod fingerprint;
pub mod journal;
mod lease;
pub mod lock;
mod migrate;
pub mod model;
mod recrypt;
mod rows;
mod runs;
pub mod sqlite;
mod tx;
pub mod vault;
mod writer;

pub use error::StoreError;
pub use fingerprint::FingerprintKey;
pub use journal::{Event, Phase};
pub use model::{
    Basis, Holder, Intent, Lease, LockInfo, LockRequest, NewRun, OpenStep, OutputRow, ResourceRow, RowChange, RowKey,
    RowStatus, RowWrite, RunCounts, RunId, RunOutcome, RunRecord, StateSnapshot, StepAction, StepEnd, StepFailure,
    StepRef, WriteCx,
};
pub use sqlite::{OpenMode, SqliteState};
pub use tx::Tx;
pub use vault::StateSecret;
pub use writer::SqliteStore;

use crate::base::InstanceAddr;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use std::time::Duration;

/// What a store answers.
pub type Reply<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

/// The state of one configuration. Every reply to a write comes after its commit; writes that wait at the same time
/// share one. Writes are carried out in the order in which they were called (not polled).
pub trait Store: Send + Sync {
    /// Everything, as of one moment. A missing database is an empty state.
    ///
    /// # Errors
    /// The database is damaged, newer than this program, or can't be read.
    fn load(&self) -> Reply<'_, StateSnapshot>;

    /// The key for fingerprints of secrets; `None` when there is no database yet.
    fn fingerprint_key(&self) -> Reply<'_, Option<FingerprintKey>>;

    /// Names the state if it has no name yet, making the database if there is none, so that a plan can be for this state and no
    /// other. Needs no lock: it changes nothing that a run relies on.
    fn establish(&self) -> Reply<'_, ()>;

    /// Keeps a copy beside the state, if it has changed since the last one; see [`backup`].
    ///
    /// # Errors
    /// The state is damaged, or the copy can't be written.
    fn back_up(&self) -> Reply<'_, backup::Kept>;

    /// Takes the lock if it is free, expired, or held by the dead epoch named. [`lock::acquire`] waits for it.
    ///
    /// # Errors
    /// [`StoreError::Locked`] with the holder.
    fn lock(&self, request: LockRequest) -> Reply<'_, Lease>;

    /// Extends the lease; [`lock::keep`] does so again and again.
    ///
    /// # Errors
    /// [`StoreError::LostLock`] when someone else has it by now.
    fn renew(&self, epoch: u64, lease: Duration, now: Timestamp) -> Reply<'_, Timestamp>;

    /// Gives the lock back; fine if it was lost.
    fn unlock(&self, epoch: u64) -> Reply<'_, ()>;

    /// Who holds the lock.
    fn lock_info(&self) -> Reply<'_, Option<LockInfo>>;

    /// Breaks the lock of the operator named `who`, whose later writes fail.
    ///
    /// # Errors
    /// [`StoreError::NotHolder`] when the lock is free or someone else's.
    fn force_unlock(&self, who: String) -> Reply<'_, LockInfo>;

    /// Commits the run and all its steps before the first of them may begin, and names the state if it has no
    /// lineage yet.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when the state is not the one the plan was made from.
    fn begin_run(&self, cx: WriteCx, run: NewRun) -> Reply<'_, RunId>;

    /// Commits what a step that has not begun is to make, as JSON text: all is known by now that other steps had to make
    /// first.
    fn mean_step(&self, cx: WriteCx, step: StepRef, planned: String) -> Reply<'_, ()>;

    /// Commits that the call of a step is about to be sent.
    fn begin_step(&self, cx: WriteCx, step: StepRef) -> Reply<'_, ()>;

    /// Commits that the call of an open step is about to be sent once more, with the same intent.
    fn repeat_step(&self, cx: WriteCx, step: StepRef) -> Reply<'_, ()>;

    /// Commits what a driver learnt of the identity of an object that is being made, as JSON text.
    fn note_identity(&self, cx: WriteCx, step: StepRef, identity: String) -> Reply<'_, ()>;

    /// Ends a begun step and writes its row in one transaction. Also for open steps of an earlier run.
    fn end_step(&self, cx: WriteCx, step: StepRef, end: StepEnd) -> Reply<'_, ()>;

    /// Ends a begun step that failed, or leaves it open when its effect is not known.
    fn fail_step(&self, cx: WriteCx, step: StepRef, failure: StepFailure) -> Reply<'_, ()>;

    /// Writes rows that no call stands behind: types without outside effect, refreshed attributes. All or none.
    fn put_rows(&self, cx: WriteCx, rows: Vec<RowWrite>) -> Reply<'_, ()>;

    /// Makes the outputs exactly these.
    fn set_outputs(&self, cx: WriteCx, outputs: Vec<OutputRow>) -> Reply<'_, ()>;

    /// Makes what became of the conditions exactly this JSON text. Does not change the serial.
    fn set_check_results(&self, cx: WriteCx, results: Option<String>) -> Reply<'_, ()>;

    /// Closes a run; steps that were not begun are skipped. `unlisted` counts what was done without a step in the journal.
    ///
    /// # Errors
    /// [`StoreError::Journal`] for a run that is closed already. A run with open steps closes; the steps stay open.
    fn finish_run(&self, cx: WriteCx, run: RunId, outcome: RunOutcome, unlisted: RunCounts) -> Reply<'_, RunCounts>;

    /// Gives objects other addresses, from and to, all or none. The text of other rows' dependencies stays.
    ///
    /// # Errors
    /// [`StoreError::NoSuchRow`], [`StoreError::Occupied`].
    fn move_rows(&self, cx: WriteCx, moves: Vec<(InstanceAddr, InstanceAddr)>) -> Reply<'_, ()>;

    /// Drops a row; the object itself stays.
    ///
    /// # Errors
    /// [`StoreError::NoSuchRow`].
    fn remove_row(&self, cx: WriteCx, key: RowKey) -> Reply<'_, ()>;

    /// Steps that began and have no known end, in the order of their beginning: what recovery has to settle.
    fn open_steps(&self) -> Reply<'_, Vec<OpenStep>>;

    /// The newest runs, newest first.
    fn history(&self, limit: u32) -> Reply<'_, Vec<RunRecord>>;
}
