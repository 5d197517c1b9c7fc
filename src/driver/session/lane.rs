//! The way to one service of one provider configuration: calls wait here for their turn, one after the other. Decides nothing by itself:
//! the pace and the budget do.

use super::{Session, until};
use crate::driver::budget::Budget;
use crate::driver::pace::{Heard, Pace, Slower, Ticket, Turn};
use futures_util::future::{Either, select};
use jiff::Timestamp;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::{Mutex as Queue, Notify};

/// The way to one service.
#[derive(Default)]
pub(super) struct Lane {
    pace: Mutex<Pace>,
    budget: Mutex<Budget>,
    /// Whoever holds it is next; the others wait in the order in which they came.
    queue: Queue<()>,
    /// Rings when a call has ended.
    freed: Notify,
}

/// Why a call has no turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoTurn {
    /// It would come after the time allowed.
    Late,
    /// The user asked to stop.
    Stopped,
}

/// A call's place among those that are under way; given back when it is dropped.
pub(super) struct Place<'a> {
    lane: &'a Lane,
    ticket: Ticket,
}

impl Lane {
    /// Waits for the turn of a call; when `may_stop`, also for the user.
    pub(super) async fn enter(&self, session: &Session, end: Timestamp, may_stop: bool) -> Result<Place<'_>, NoTurn> {
        let turn = pin!(self.turn(session, end));
        if !may_stop {
            return turn.await;
        }
        match select(pin!(session.around.stopped()), turn).await {
            Either::Left(_) => Err(NoTurn::Stopped),
            Either::Right((turn, _)) => turn,
        }
    }

    async fn turn(&self, session: &Session, end: Timestamp) -> Result<Place<'_>, NoTurn> {
        let _next = self.queue.lock().await;
        loop {
            let now = session.cloud.now();
            let turn = lock(&self.pace).turn(now);
            match turn {
                Turn::Go(ticket) => return Ok(Place { lane: self, ticket }),
                Turn::Wait(pause) if pause > until(now, end) => return Err(NoTurn::Late),
                Turn::Wait(pause) => session.cloud.sleep(pause).await,
                Turn::Full => self.freed.notified().await,
            }
        }
    }

    /// Takes a retry from the budget.
    pub(super) fn may_retry(&self) -> bool {
        lock(&self.budget).take()
    }
}

impl Place<'_> {
    /// What came of the call.
    pub(super) fn heard(&self, heard: Heard, now: Timestamp) -> Option<Slower> {
        if heard == Heard::Answer {
            lock(&self.lane.budget).earn();
        }
        lock(&self.lane.pace).heard(self.ticket, heard, now)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        lock(&self.lane.pace).left();
        self.lane.freed.notify_one();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
