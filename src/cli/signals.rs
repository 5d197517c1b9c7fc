//! Ctrl-C, SIGTERM and SIGHUP, all the same. Before a run has begun its first step, a signal leaves at once: nothing is in flight, and
//! an answer that is still awaited can't be taken for a yes. After that the first asks the run to stop after what is in
//! flight, and the second leaves at once; the journal is complete either way.

use crate::store::{SqliteStore, Store};
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// How long giving back the lock may hold up a user who wants to leave. A lock that stays behind is taken over by the next run.
const UNLOCK_LIMIT: Duration = Duration::from_secs(2);

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
    // Before this returns, so that no signal meets a program that does not listen yet.
    let mut signals = {
        let _entered = runtime.enter();
        Signals::new()
    };
    runtime.spawn(async move {
        let mut stopping = false;
        loop {
            signals.next().await;
            if stopping {
                note("\nLeft at once. The journal knows what was in flight; the next apply looks and settles it.");
                leave();
            } else if theirs.working.load(Ordering::SeqCst) {
                stopping = true;
                note(
                    "\nStopping: what is in flight is finished, at the latest when its timeouts end; nothing more is begun. \
                     Once more leaves at once; nothing is lost either way.",
                );
                let _ = sender.send(true);
            } else {
                note("\nStopped. Nothing was begun.");
                let held = theirs.held.lock().unwrap_or_else(PoisonError::into_inner).take();
                if let Some((store, epoch)) = held {
                    let _ = tokio::time::timeout(UNLOCK_LIMIT, store.unlock(epoch)).await;
                }
                leave();
            }
        }
    });
    Interrupts { stop, shared }
}

/// The signals that ask a run to stop. SIGQUIT is left as it is: it ends the program at once, with a core if so configured.
struct Signals {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
    hangup: Option<Signal>,
}

impl Signals {
    fn new() -> Self {
        Self {
            interrupt: signal(SignalKind::interrupt()).ok(),
            terminate: signal(SignalKind::terminate()).ok(),
            // Under nohup the run is meant to go on when the terminal closes.
            hangup: (!ignores_hangup()).then(|| signal(SignalKind::hangup()).ok()).flatten(),
        }
    }

    /// Returns when one comes.
    async fn next(&mut self) {
        tokio::select! {
            () = one(&mut self.interrupt) => {}
            () = one(&mut self.terminate) => {}
            () = one(&mut self.hangup) => {}
        }
    }
}

async fn one(signal: &mut Option<Signal>) {
    if let Some(signal) = signal
        && signal.recv().await.is_some()
    {
        return;
    }
    std::future::pending::<()>().await;
}

/// Whether SIGHUP was ignored when the program began (proc_pid_status(5)). Where that can't be told, it was not.
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    // The lowest bit is signal 1.
    ignored.is_some_and(|mask| mask.trim().ends_with(['1', '3', '5', '7', '9', 'b', 'd', 'f']))
}

/// A closed terminal must not end the program in the middle.
fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

#[expect(clippy::exit, reason = "the user asked to leave at once")]
fn leave() {
    std::process::exit(130);
}
