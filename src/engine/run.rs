//! What a run is made of: the plan with all that applying it needs, and the one way into the state.

use super::{Drivers, Progress, Providers, codes};
use crate::base::Diag;
use crate::driver::{BoxFuture, Fence};
use crate::plan::Plan;
use crate::schema::Registry;
use crate::store::{RunId, Store, StoreError, WriteCx};
use jiff::Timestamp;
use std::sync::Arc;
use tokio::sync::watch;

/// All that applying a plan needs.
pub struct Apply<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// What is known of the types.
    pub registry: &'a Registry,
    /// The drivers.
    pub drivers: &'a Drivers,
    /// The sessions.
    pub providers: &'a Providers,
    /// Who writes the state.
    pub writer: Writer,
    /// At most so many steps at a time.
    pub parallelism: usize,
    /// Who is told.
    pub progress: &'a dyn Progress,
    /// Becomes true when the user asks to stop.
    pub stop: watch::Receiver<bool>,
}

/// The state, with the lock and the run that every write carries.
#[derive(Clone)]
pub struct Writer {
    /// The state.
    pub store: Arc<dyn Store>,
    /// The epoch of the lock.
    pub epoch: u64,
    /// The run, begun with the intents of [`intents`](super::apply::intents).
    pub run: RunId,
}

impl Writer {
    /// What a write made now carries.
    pub(super) fn cx(&self) -> WriteCx {
        WriteCx {
            epoch: self.epoch,
            run: Some(self.run),
            now: Timestamp::now(),
        }
    }
}

/// Lets calls through that write as long as the run has its lock: a process that was stopped in the middle of a step, and wakes
/// when another has taken over, sends nothing more.
pub(super) struct LockFence(pub(super) Writer);

impl Fence for LockFence {
    fn check(&self) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async move {
            let held = self.0.store.lock_info().await.map_err(|e| e.to_string())?;
            match held.is_some_and(|info| info.epoch == self.0.epoch) {
                true => Ok(()),
                false => Err("nothing was sent: the lock on the state was lost".into()),
            }
        })
    }
}

/// A store error as a diagnostic.
pub fn store_error(error: &StoreError) -> Diag {
    let mut diag = Diag::error(codes::STORE, "The state could not be written").detail(error.to_string());
    diag.help = error.help();
    diag
}
