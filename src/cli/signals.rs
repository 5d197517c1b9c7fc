//! Ctrl-C and SIGTERM. Before a run has begun its first step, a signal leaves at once: nothing is in flight, and an
//! answer that is still awaited can't be taken for a yes. After that the first asks the run to stop after what is in
//! flight, and the second leaves at once; the journal is complete either way.

use crate::store::{SqliteStore, Store};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// What a command and the listener tell each other.
pub struct Interrupts {
    stop: watch::Receiver<bool>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    working: AtomicBool,
    held: Mutex<Option<(Arc<SqliteStore>, u64)>>,
}

impl Interrupts {
    /// Becomes true at the first signal after the work began.
    pub fn stop(&self) -> watch::Receiver<bool> {
        self.stop.clone()
    }

    /// A lock that is given back when a signal ends the program before the work began.
    pub fn holds(&self, store: &Arc<SqliteStore>, epoch: u64) {
        let mut held = self.shared.held.lock().unwrap_or_else(PoisonError::into_inner);
        *held = Some((Arc::clone(store), epoch));
    }

    /// From now on there may be something in flight.
    pub fn work_begins(&self) {
        self.shared.working.store(true, Ordering::SeqCst);
    }
}

/// Listens from now on.
pub fn listen(runtime: &tokio::runtime::Runtime) -> Interrupts {
    let (sender, stop) = watch::channel(false);
    let shared = Arc::new(Shared::default());
    let theirs = Arc::clone(&shared);
    runtime.spawn(async move {
        let mut stopping = false;
        while next().await {
            if stopping {
                note("\nLeft at once. The journal knows what was in flight; the next apply looks and settles it.");
                leave();
            } else if theirs.working.load(Ordering::SeqCst) {
                stopping = true;
                note("\nStopping: what is in flight is finished, nothing more is begun. Once more leaves at once; nothing is lost either way.");
                let _ = sender.send(true);
            } else {
                note("\nStopped. Nothing was begun.");
                let held = theirs.held.lock().unwrap_or_else(PoisonError::into_inner).take();
                if let Some((store, epoch)) = held {
                    // A lock that stays behind is taken over by the next run: its process is gone.
                    let _ = store.unlock(epoch).await;
                }
                leave();
            }
        }
    });
    Interrupts { stop, shared }
}

async fn next() -> bool {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return tokio::signal::ctrl_c().await.is_ok();
    };
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed.is_ok(),
        told = terminate.recv() => told.is_some(),
    }
}

#[expect(clippy::print_stderr, reason = "a signal has no way to the command's output")]
fn note(text: &str) {
    eprintln!("{text}");
}

#[expect(clippy::exit, reason = "the user asked to leave at once")]
fn leave() {
    std::process::exit(130);
}
