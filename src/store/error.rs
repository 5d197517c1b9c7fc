//! What can go wrong with the state, in words: what happened, where, what to do. Whatever the error, what was stored
//! before it is still there.

use super::journal::OrderError;
use super::model::{LockInfo, StepRef};
use rusqlite::{ErrorCode, ffi};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why the state could not be read or written.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// Not a database, or a damaged one.
    #[error("the state {} is damaged: {what}", .path.display())]
    Corrupt {
        /// The database.
        path: PathBuf,
        /// What does not fit.
        what: String,
    },
    /// A database of another program.
    #[error("{} is a database, but not a headworks state", .path.display())]
    Foreign {
        /// The database.
        path: PathBuf,
    },
    /// Written by a newer version of this program.
    #[error(
        "the state {} has format {found}, and this headworks {} knows formats up to {known}",
        .path.display(),
        env!("CARGO_PKG_VERSION")
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest format known.
        known: i64,
    },
    /// A migration that the database has gone through is not the one that this program has.
    #[error("migration {version} of the state {} is not the one this headworks {} has", .path.display(), env!("CARGO_PKG_VERSION"))]
    Modified {
        /// The database.
        path: PathBuf,
        /// Number of the migration.
        version: i64,
    },
    /// Another process is in the middle of a write.
    #[error("another process is writing to the state {}", .path.display())]
    Busy {
        /// The database.
        path: PathBuf,
    },
    /// The file or its file system can't be written.
    #[error("the state {} can't be written: it is read-only", .path.display())]
    ReadOnly {
        /// The database.
        path: PathBuf,
    },
    /// No permission.
    #[error("no permission for the state {}", .path.display())]
    Permission {
        /// The file or directory.
        path: PathBuf,
    },
    /// No space left.
    #[error("the disk is full; nothing more could be written to the state {}", .path.display())]
    DiskFull {
        /// The database.
        path: PathBuf,
    },
    /// Any other failure of the file system.
    #[error("can't {what} {}", .path.display())]
    Io {
        /// What was attempted, e.g. `create`.
        what: &'static str,
        /// On which file.
        path: PathBuf,
        /// The system's words.
        source: Arc<std::io::Error>,
    },
    /// Any other failure of SQLite.
    #[error("the state {} failed", .path.display())]
    Database {
        /// The database.
        path: PathBuf,
        /// SQLite's words.
        source: Arc<rusqlite::Error>,
    },
    /// Another file has the name of the state by now.
    #[error("the state {} was replaced or removed while this command had it open", .path.display())]
    Replaced {
        /// The database.
        path: PathBuf,
    },
    /// The state is encrypted, and what opens it was not given.
    #[error("the state {} is encrypted, and no {} for it is set", .path.display(), kind(*.passphrase))]
    KeyNeeded {
        /// The database.
        path: PathBuf,
        /// Whether it takes a passphrase, or a key.
        passphrase: bool,
    },
    /// The state is encrypted with another passphrase or key.
    #[error("the state {} is encrypted with another {} than the one that is set", .path.display(), kind(*.passphrase))]
    WrongKey {
        /// The database.
        path: PathBuf,
        /// Whether it takes a passphrase, or a key.
        passphrase: bool,
    },
    /// A passphrase or key is set, and the state is not encrypted.
    #[error("a passphrase or key is set, but the state {} is not encrypted", .path.display())]
    InClear {
        /// The database.
        path: PathBuf,
    },
    /// There is no database where one is needed.
    #[error("there is no state at {}", .path.display())]
    Missing {
        /// Where it was expected.
        path: PathBuf,
    },
    /// Someone holds the lock.
    #[error("the state is locked by {}", describe(.0, None))]
    Locked(Box<LockInfo>),
    /// The lock that a write relied on is not held any more.
    #[error("the lock on the state was lost{}", lost_to(.0))]
    LostLock(Option<Box<LockInfo>>),
    /// `force_unlock` named someone who does not hold the lock.
    #[error("{who} does not hold the lock on the state: {}", held_by(.info))]
    NotHolder {
        /// The name given.
        who: String,
        /// Who does.
        info: Option<Box<LockInfo>>,
    },
    /// The plan was made from another state.
    #[error("the plan is stale: {what}")]
    Stale {
        /// What is different.
        what: String,
    },
    /// Steps in an order that can't be. This is a bug in headworks.
    #[error("{step}: {source}. This is a bug in headworks")]
    Journal {
        /// The step.
        step: StepRef,
        /// What can't be.
        source: OrderError,
    },
    /// A run or step that the state does not know, or a run that is closed. This is a bug in headworks.
    #[error("{what}. This is a bug in headworks")]
    NoSuchStep {
        /// Which.
        what: String,
    },
    /// No such object in the state.
    #[error("the state has no {0}")]
    NoSuchRow(String),
    /// An object is in the way.
    #[error("the state has {0} already")]
    Occupied(String),
    /// The thread that writes has ended.
    #[error("the state at {} is closed", .path.display())]
    Closed {
        /// The database.
        path: PathBuf,
    },
}

/// The code of SQLite that says most.
pub(super) fn extended_code(error: &rusqlite::Error) -> Option<i32> {
    error.sqlite_error().map(|e| e.extended_code)
}

fn kind(passphrase: bool) -> &'static str {
    if passphrase { "passphrase" } else { "key" }
}

/// The environment variable that opens a state.
fn variable(passphrase: bool) -> &'static str {
    if passphrase {
        "HEADWORKS_STATE_PASSPHRASE"
    } else {
        "HEADWORKS_STATE_KEY"
    }
}

/// Who holds the lock, as a person would say it; with `age_s`, for how long.
pub(super) fn describe(info: &LockInfo, age_s: Option<i64>) -> String {
    let h = &info.holder;
    let mut text = format!("{} on {} (process {}, {}", h.who, h.host, h.pid, h.command);
    if let Some(run) = info.run {
        text.push_str(&format!(", run {run}"));
    }
    text.push_str(&format!(
        ") since {}",
        info.acquired_at.strftime("%Y-%m-%d %H:%M:%S UTC")
    ));
    if let Some(age_s) = age_s {
        text.push_str(&format!(", {age_s} s ago"));
    }
    text
}

fn lost_to(info: &Option<Box<LockInfo>>) -> String {
    match info {
        Some(info) => format!("; it is now held by {}", describe(info, None)),
        None => "; someone released it".to_string(),
    }
}

fn held_by(info: &Option<Box<LockInfo>>) -> String {
    match info {
        Some(info) => describe(info, None),
        None => "it is free".to_string(),
    }
}

impl StoreError {
    /// What the user can do.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            StoreError::Corrupt { path, .. } => format!(
                "nothing was changed. Put a copy of the file in its place (upgrades leave {}-*.bak beside it); objects that no copy knows can be imported",
                path.display()
            ),
            StoreError::Foreign { .. } => {
                "name another file for the state, or move this one away if it is not needed here".to_string()
            }
            StoreError::Newer { path, known, .. } => format!(
                "use the headworks that wrote it, or a newer one. To go back, restore a copy in format {known} ({}-*.bak), which lacks what was done since",
                path.display()
            ),
            StoreError::Modified { .. } => {
                "the state was written by a modified or unreleased build. Use that build; nothing was changed".to_string()
            }
            StoreError::Busy { .. } => "try again when it has finished; see who it is with `fuser` or `lsof`".to_string(),
            StoreError::ReadOnly { .. } => {
                "commands that only read (plan, show, drift) work; for others, copy the directory to a place that can be written"
                    .to_string()
            }
            StoreError::Permission { path } => format!("make {} readable and writable for this user", path.display()),
            StoreError::DiskFull { .. } => {
                "free some space and run the command again: it goes on where this one stopped".to_string()
            }
            StoreError::Replaced { .. } => {
                "somebody restored or moved it. Nothing was written to the new one; run the command again".to_string()
            }
            StoreError::Database { source, .. } if source.sqlite_error_code() == Some(ErrorCode::SystemIoFailure) => {
                "the system could not read or write the file: a quota, a limit on the size of files (ulimit -f), or a disk that \
                 fails. What was stored before is still there"
                    .to_string()
            }
            StoreError::KeyNeeded { passphrase, .. } => format!(
                "set {} to the {} that it was encrypted with; `state list`, `state history` and `state unlock` work without",
                variable(*passphrase),
                kind(*passphrase)
            ),
            StoreError::WrongKey { passphrase, .. } => format!(
                "set {} to the {} that it was encrypted with; nothing was changed",
                variable(*passphrase),
                kind(*passphrase)
            ),
            StoreError::InClear { .. } => {
                "run `headworks state encrypt` once, or unset the variable to go on in clear text".to_string()
            }
            StoreError::Missing { .. } => "run `headworks apply` first, or check the directory (-chdir)".to_string(),
            StoreError::Locked(info) => format!(
                "wait for it (-lock-timeout=60s). If that process is gone for good: headworks state unlock {}. Its lock runs out by itself at {}",
                info.holder.who,
                info.expires_at.strftime("%Y-%m-%d %H:%M:%S UTC")
            ),
            StoreError::LostLock(_) => {
                "nothing more was written. Plan again: what was in flight is in the journal and is looked up at the next run"
                    .to_string()
            }
            StoreError::NotHolder { info: Some(info), .. } => {
                format!("headworks state unlock {}", info.holder.who)
            }
            StoreError::Stale { .. } => "make a new plan and review it".to_string(),
            _ => return None,
        })
    }

    /// Says what an error of SQLite means.
    pub(super) fn sqlite(path: &Path, source: rusqlite::Error) -> StoreError {
        let path = path.to_path_buf();
        match source.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => StoreError::Corrupt {
                path,
                what: source.to_string(),
            },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy { path },
            Some(ErrorCode::ReadOnly) => StoreError::ReadOnly { path },
            Some(ErrorCode::DiskFull) => StoreError::DiskFull { path },
            // The index of the log, which SQLite maps into memory, could not grow.
            _ if extended_code(&source) == Some(ffi::SQLITE_IOERR_SHMSIZE) => StoreError::DiskFull { path },
            Some(ErrorCode::PermissionDenied) => StoreError::Permission { path },
            _ => match source {
                // A column that does not hold what the schema says was not written by this program.
                rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::Utf8Error(..)
                | rusqlite::Error::QueryReturnedNoRows
                | rusqlite::Error::InvalidColumnType(..) => StoreError::Corrupt {
                    path,
                    what: source.to_string(),
                },
                source => StoreError::Database {
                    path,
                    source: Arc::new(source),
                },
            },
        }
    }

    /// Says what an error of the file system means.
    pub(super) fn io(what: &'static str, path: &Path, source: std::io::Error) -> StoreError {
        use std::io::ErrorKind;
        let path = path.to_path_buf();
        match source.kind() {
            ErrorKind::PermissionDenied => StoreError::Permission { path },
            ErrorKind::ReadOnlyFilesystem => StoreError::ReadOnly { path },
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StoreError::DiskFull { path },
            _ => StoreError::Io {
                what,
                path,
                source: Arc::new(source),
            },
        }
    }
}
