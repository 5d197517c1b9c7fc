//! Who may write: waiting for the lock, keeping it, and telling a dead holder from a live one. Nothing here relies
//! on the lock alone: a holder that lost it is stopped by the epoch that every write carries.

use super::error::StoreError;
use super::model::{Holder, Lease, LockInfo, LockRequest};
use super::{Store, error};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// How long a lock holds without a renewal. Three missed renewals lose it.
pub const LEASE: Duration = Duration::from_secs(60);

/// How often a waiting process asks again.
const RETRY: Duration = Duration::from_millis(250);

/// What waiting needs to know of the world, so that tests can say it.
pub struct Outlook<'a> {
    /// The time.
    pub now: &'a (dyn Fn() -> Timestamp + Send + Sync),
    /// Whether a process of this machine is alive.
    pub is_running: &'a (dyn Fn(u32) -> bool + Send + Sync),
}

/// Takes the lock, waiting for it up to `wait`. The holder that it was taken from, if any, is in
/// [`Lease::taken_from`]: tell the user, with [`takeover_notice`].
///
/// # Errors
/// [`StoreError::Locked`] with the holder when the wait is over.
pub async fn acquire(
    store: &dyn Store,
    holder: &Holder,
    wait: Duration,
    outlook: &Outlook<'_>,
) -> Result<Lease, StoreError> {
    acquire_telling(store, holder, wait, outlook, &|_| {}).await
}

/// As [`acquire`], and `waits_for` is told of each holder that is waited for; see [`waiting_notice`].
///
/// # Errors
/// As [`acquire`].
pub async fn acquire_telling(
    store: &dyn Store,
    holder: &Holder,
    wait: Duration,
    outlook: &Outlook<'_>,
    waits_for: &(dyn Fn(&LockInfo) + Send + Sync),
) -> Result<Lease, StoreError> {
    let mut waited = Duration::ZERO;
    let mut dead_epoch = None;
    let mut told_of = None;
    loop {
        let request = LockRequest {
            holder: holder.clone(),
            lease: LEASE,
            now: (outlook.now)(),
            dead_epoch,
        };
        let info = match store.lock(request).await {
            Err(StoreError::Locked(info)) => info,
            Err(StoreError::Busy { .. }) if waited < wait => {
                waited += pause(wait - waited).await;
                continue;
            }
            other => return other,
        };
        let dead = is_dead(&info.holder, holder, outlook.is_running);
        if dead && dead_epoch != Some(info.epoch) {
            dead_epoch = Some(info.epoch);
        } else if waited < wait {
            if told_of != Some(info.epoch) {
                told_of = Some(info.epoch);
                waits_for(&info);
            }
            waited += pause(wait - waited).await;
        } else {
            return Err(StoreError::Locked(info));
        }
    }
}

async fn pause(left: Duration) -> Duration {
    let time = RETRY.min(left);
    tokio::time::sleep(time).await;
    time
}

/// Renews the lock until it is lost or the store fails; run it beside the work and stop the work when it returns.
pub async fn keep(store: &dyn Store, epoch: u64, now: &(dyn Fn() -> Timestamp + Send + Sync)) -> StoreError {
    loop {
        tokio::time::sleep(LEASE / 4).await;
        match store.renew(epoch, LEASE, now()).await {
            // A full disk or a busy database may pass before the lease does.
            Ok(_) | Err(StoreError::Busy { .. } | StoreError::DiskFull { .. }) => {}
            Err(lost) => return lost,
        }
    }
}

/// Whether the holder of a lock is known to be gone: same machine, boot and process namespace, and no such process.
pub(super) fn is_dead(of: &Holder, seen_by: &Holder, is_running: &(dyn Fn(u32) -> bool + Send + Sync)) -> bool {
    !of.host_id.is_empty() && of.host_id == seen_by.host_id && of.host == seen_by.host && !is_running(of.pid)
}

/// What the user is told when a lock was taken over.
pub fn takeover_notice(from: &LockInfo, now: Timestamp) -> String {
    let age_s = now.duration_since(from.acquired_at).as_secs();
    format!(
        "took over the lock of {}: that process is gone or has not renewed it",
        error::describe(from, Some(age_s))
    )
}

/// What the user is told of the holder that is waited for.
pub fn waiting_notice(of: &LockInfo, wait: Duration) -> String {
    format!(
        "waiting up to {} s for the lock of {}",
        wait.as_secs(),
        error::describe(of, None)
    )
}

/// What the user is told of a run that is under way while he only looks.
pub fn under_way_notice(of: &LockInfo) -> String {
    format!(
        "a run is under way: {}. What is shown is the state as of now, which that run goes on changing",
        error::describe(of, None)
    )
}

/// Whether the holder of a lock is at work as far as can be seen: neither is its lease over nor is its process gone.
pub fn is_held(info: &LockInfo, seen_by: &Holder, outlook: &Outlook<'_>) -> bool {
    info.expires_at > (outlook.now)() && !is_dead(&info.holder, seen_by, outlook.is_running)
}

/// When a lease that is granted now runs out.
pub(super) fn expiry(now: Timestamp, lease: Duration) -> Timestamp {
    SignedDuration::try_from(lease)
        .ok()
        .and_then(|lease| now.checked_add(lease).ok())
        .unwrap_or(Timestamp::MAX)
}

impl Holder {
    /// This process. `who` is the operator, `command` what is run.
    pub fn this_process(who: impl Into<String>, command: impl Into<String>) -> Self {
        let read = |path: &str| std::fs::read_to_string(path).map(|s| s.trim().to_string()).ok();
        let host = read("/proc/sys/kernel/hostname")
            .or_else(|| read("/etc/hostname"))
            .filter(|h| !h.is_empty())
            .unwrap_or_else(|| "an unnamed host".to_string());
        // Containers share host names and count processes from 1 each: only boot and namespace tell them apart.
        let boot = read("/proc/sys/kernel/random/boot_id");
        let namespace = std::fs::read_link("/proc/self/ns/pid").ok();
        let host_id = match (boot, namespace) {
            (Some(boot), Some(namespace)) => format!("{boot} {}", namespace.display()),
            _ => String::new(),
        };
        Self {
            who: who.into(),
            host,
            host_id,
            pid: std::process::id(),
            command: command.into(),
        }
    }
}

/// Whether a process of this machine is alive. Where that can't be told, it is. One that ended and whose parent has not
/// asked how (a zombie, as often in containers) is dead.
pub fn is_running(pid: u32) -> bool {
    let proc = std::path::Path::new("/proc");
    if !proc.join("self").exists() {
        return true;
    }
    match std::fs::read_to_string(proc.join(pid.to_string()).join("stat")) {
        // The state is the first word after the name, which is in parentheses and may hold any character (proc_pid_stat(5)).
        Ok(stat) => !stat
            .rsplit_once(')')
            .is_some_and(|(_, rest)| rest.trim_start().starts_with(['Z', 'X'])),
        Err(error) => error.kind() != std::io::ErrorKind::NotFound,
    }
}
