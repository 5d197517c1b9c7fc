//! Encrypts a whole state, decrypts it, or gives it another key: all rows in one transaction, and after it no page and no
//! log in which the former text still stands. Copies that were made before are not touched; the caller tells of them.

use super::error::StoreError;
use super::file;
use super::sqlite::SqliteState;
use super::tx::Tx;
use super::vault::{StateSecret, Vault};
use super::{rows, runs};
use rusqlite::Connection;
use std::path::{Path, PathBuf};

impl Tx<'_> {
    /// Writes every sealed column anew; a null secret leaves them in clear.
    ///
    /// # Errors
    /// [`StoreError::LostLock`], [`StoreError::KeyNeeded`]; a row that does not decrypt.
    pub(super) fn recrypt(&self, epoch: u64, secret: Option<&StateSecret>) -> Result<(), StoreError> {
        self.fence(epoch)?;
        let to = match secret {
            Some(secret) => Vault::new(self.path(), secret)?,
            None => Vault::Clear,
        };
        let sum = rows::recrypt(self, &to)?;
        runs::recrypt(self, &to)?;
        self.change_vault(sum, &to)
    }
}

impl SqliteState {
    /// Encrypts the state with `secret`, whatever it was encrypted with before, or leaves it in clear without one. The
    /// holder of the lock of this epoch asks.
    ///
    /// # Errors
    /// [`StoreError::LostLock`], [`StoreError::KeyNeeded`]; [`StoreError::Busy`] when it is done but a reader keeps the
    /// former text in the log.
    pub fn recrypt(&mut self, epoch: u64, secret: Option<StateSecret>) -> Result<(), StoreError> {
        self.write(|tx| tx.recrypt(epoch, secret.as_ref()))?;
        self.change_secret(secret);
        self.with_connection(scrub)
    }
}

/// Rewrites the file without what was deleted or overwritten, and empties the log.
fn scrub(conn: &Connection, path: &Path) -> Result<(), StoreError> {
    let fail = |e| StoreError::sqlite(path, e);
    conn.execute_batch("VACUUM").map_err(fail)?;
    let busy: i64 = conn
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
        .map_err(fail)?;
    if busy != 0 {
        return Err(StoreError::Busy {
            path: path.to_path_buf(),
        });
    }
    Ok(())
}

/// Copies of a state that stand beside it: what they hold is as it was when they were made.
pub(super) fn copies(path: &Path) -> Vec<PathBuf> {
    let Some(name) = path.file_name().map(|n| n.to_string_lossy().into_owned()) else {
        return Vec::new();
    };
    let Ok(entries) = std::fs::read_dir(file::directory_of(path)) else {
        return Vec::new();
    };
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|p| {
            let other = p.file_name().map(|n| n.to_string_lossy().into_owned());
            other.is_some_and(|other| {
                let rest = other.strip_prefix(&name);
                rest.is_some_and(|rest| !["", "-wal", "-shm"].contains(&rest))
            })
        })
        .collect();
    found.sort();
    found
}
