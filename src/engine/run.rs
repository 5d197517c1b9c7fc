//! What a run is made of: the plan with all that applying it needs, and the one way into the state.

use super::{Drivers, Progress, Providers, codes};
use crate::base::Diag;
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

/// A store error as a diagnostic.
pub fn store_error(error: &StoreError) -> Diag {
    let mut diag = Diag::error(codes::STORE, "The state could not be written").detail(error.to_string());
    diag.help = error.help();
    diag
}
