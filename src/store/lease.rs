//! The lock as a row: taking, renewing, giving back and breaking it. Every change of holder gets a new epoch.

use super::error::StoreError;
use super::lock::expiry;
use super::model::{Holder, Lease, LockInfo, LockRequest, RunId, WriteCx};
use super::tx::{Tx, timestamp, unsigned};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use std::path::Path;
use std::time::Duration;

/// Who holds the lock.
pub(super) fn info(conn: &Connection, path: &Path) -> Result<Option<LockInfo>, StoreError> {
    let sql = "SELECT holder, host, host_id, pid, command, epoch, run_id, acquired_at, expires_at FROM lock";
    let read = |row: &rusqlite::Row<'_>| {
        Ok(LockInfo {
            holder: Holder {
                who: row.get(0)?,
                host: row.get(1)?,
                host_id: row.get(2)?,
                pid: row.get(3)?,
                command: row.get(4)?,
            },
            epoch: unsigned(row, 5)?,
            run: row.get::<_, Option<i64>>(6)?.map(RunId),
            acquired_at: timestamp(row, 7)?,
            expires_at: timestamp(row, 8)?,
        })
    };
    conn.prepare_cached(sql)
        .and_then(|mut statement| statement.query_row([], read).optional())
        .map_err(|e| StoreError::sqlite(path, e))
}

impl Tx<'_> {
    /// Refuses a writer whose lock is not the lock.
    pub(super) fn fence(&self, epoch: u64) -> Result<(), StoreError> {
        let held: Option<i64> = self
            .prepare("SELECT epoch FROM lock")?
            .query_row([], |row| row.get(0))
            .optional()
            .map_err(|e| self.fail(e))?;
        if held.is_some_and(|held| held.cast_unsigned() == epoch) {
            return Ok(());
        }
        Err(StoreError::LostLock(info(self.conn(), self.path())?.map(Box::new)))
    }

    /// See [`Store::lock`](super::Store::lock).
    ///
    /// # Errors
    /// [`StoreError::Locked`].
    pub fn lock(&self, request: &LockRequest) -> Result<Lease, StoreError> {
        let current = info(self.conn(), self.path())?;
        if let Some(current) = &current
            && current.expires_at > request.now
            && request.dead_epoch != Some(current.epoch)
        {
            return Err(StoreError::Locked(Box::new(current.clone())));
        }
        let epoch = self.next_epoch();
        let expires_at = expiry(request.now, request.lease);
        self.execute("DELETE FROM lock", params![])?;
        self.execute(
            "INSERT INTO lock (id, epoch, holder, host, host_id, pid, command, run_id, acquired_at, expires_at) \
             VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, NULL, ?7, ?8)",
            params![
                epoch.cast_signed(),
                request.holder.who,
                request.holder.host,
                request.holder.host_id,
                request.holder.pid,
                request.holder.command,
                request.now.to_string(),
                expires_at.to_string(),
            ],
        )?;
        Ok(Lease {
            epoch,
            expires_at,
            taken_from: current,
        })
    }

    /// See [`Store::renew`](super::Store::renew).
    ///
    /// # Errors
    /// [`StoreError::LostLock`].
    pub fn renew(&self, epoch: u64, lease: Duration, now: Timestamp) -> Result<Timestamp, StoreError> {
        self.fence(epoch)?;
        let expires_at = expiry(now, lease);
        self.execute("UPDATE lock SET expires_at = ?1", params![expires_at.to_string()])?;
        Ok(expires_at)
    }

    /// See [`Store::unlock`](super::Store::unlock).
    ///
    /// # Errors
    /// The database failed.
    pub fn unlock(&self, epoch: u64) -> Result<(), StoreError> {
        self.execute("DELETE FROM lock WHERE epoch = ?1", params![epoch.cast_signed()])?;
        Ok(())
    }

    /// See [`Store::force_unlock`](super::Store::force_unlock).
    ///
    /// # Errors
    /// [`StoreError::NotHolder`].
    pub fn force_unlock(&self, who: &str) -> Result<LockInfo, StoreError> {
        match info(self.conn(), self.path())? {
            Some(info) if info.holder.who == who => {
                self.next_epoch();
                self.execute("DELETE FROM lock", params![])?;
                Ok(info)
            }
            other => Err(StoreError::NotHolder {
                who: who.to_string(),
                info: other.map(Box::new),
            }),
        }
    }

    /// Notes the run under way, for those who wait.
    pub(super) fn lock_runs(&self, cx: &WriteCx, run: Option<RunId>) -> Result<(), StoreError> {
        self.execute(
            "UPDATE lock SET run_id = ?1 WHERE epoch = ?2",
            params![run.map(|r| r.0), cx.epoch.cast_signed()],
        )?;
        Ok(())
    }
}
