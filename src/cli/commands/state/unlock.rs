//! `headworks state unlock` and `force-unlock`: breaks the lock of a holder that is named. Says whose it was and whether that
//! process still runs; whatever it still tries to write is refused.

use crate::cli::pipeline::{Machine, open_state, state_error};
use crate::cli::{CommandResult, Context, Exit};
use crate::report::clean;
use crate::store::sqlite::OpenMode;
use crate::store::{Holder, LockInfo, Store, lock};
use jiff::Timestamp;

/// Runs the command.
pub fn run(cx: &Context, holder: String) -> CommandResult {
    let machine = Machine::offline()?;
    // Without a state there is no lock, and none is made for it.
    let mode = match crate::cli::pipeline::state_path(cx).exists() {
        true => OpenMode::ReadWrite,
        false => OpenMode::CreateIfMissing,
    };
    let store = open_state(cx, mode)?;
    let broken = machine.runtime.block_on(store.force_unlock(holder));
    let info = broken.map_err(|e| state_error(&e))?;
    let now = Timestamp::now();
    cx.output.note(&clean(&told(&info, now)));
    cx.output
        .note("The lock is broken; whatever that process still tries to write is refused.");
    Ok(Exit::Fine)
}

fn told(info: &LockInfo, now: Timestamp) -> String {
    let h = &info.holder;
    let run = info.run.map(|run| format!(", run {run}")).unwrap_or_default();
    let left = match info.expires_at.duration_since(now).as_secs() {
        left if left > 0 => format!("would have run out in {}", age(left)),
        _ => "had run out".to_string(),
    };
    format!(
        "The lock was held by {}@{} (process {}, {}{run}) for {} and {left}. {}",
        h.who,
        h.host,
        h.pid,
        h.command,
        age(now.duration_since(info.acquired_at).as_secs()),
        life(h).in_words(),
    )
}

/// What is known of the process behind a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    Running,
    Gone,
    Elsewhere,
}

impl Life {
    /// In a sentence.
    pub(super) fn in_words(self) -> &'static str {
        match self {
            Life::Running => "That process still runs on this machine.",
            Life::Gone => "That process does not run any more.",
            Life::Elsewhere => "It runs, if it does, on another machine or in another container.",
        }
    }
}

/// Whether the process of a holder runs here.
pub(super) fn life(of: &Holder) -> Life {
    let here = Holder::this_process("", "");
    if of.host_id.is_empty() || of.host_id != here.host_id || of.host != here.host {
        return Life::Elsewhere;
    }
    match lock::is_running(of.pid) {
        true => Life::Running,
        false => Life::Gone,
    }
}

/// A time in seconds as people say it.
pub(super) fn age(seconds: i64) -> String {
    match seconds.max(0) {
        s if s < 120 => format!("{s} s"),
        s if s < 7200 => format!("{} min", s / 60),
        s if s < 172_800 => format!("{} h", s / 3600),
        s => format!("{} days", s / 86_400),
    }
}
