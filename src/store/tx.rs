//! A transaction that writes: what it keeps in step (serial, epoch, count and sum of the rows), and how one of
//! several writes in it is undone alone. Never commits by itself.

use super::checksum::Checksum;
use super::error::StoreError;
use super::fingerprint::FingerprintKey;
use super::model::{Basis, OutputRow, RowKey, WriteCx};
use super::rows;
use super::vault::Vault;
use crate::base::InstanceAddr;
use jiff::Timestamp;
use rusqlite::{CachedStatement, Connection, Params, Row, params};
use std::cell::RefCell;
use std::path::Path;

/// A write that shares a transaction with others.
pub(super) trait Work {
    /// Does it; whatever it did is undone when it fails.
    fn run(&mut self, tx: &Tx<'_>) -> Result<(), StoreError>;
}

/// What is true of the state as a whole, kept in memory during a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Meta {
    pub(super) lineage: Option<String>,
    /// The key for fingerprints as its column holds it.
    key: String,
    /// How the contents are encrypted; none: not at all.
    pub(super) cipher: Option<String>,
    pub(super) serial: u64,
    epoch: u64,
    pub(super) count: i64,
    pub(super) sum: i64,
}

impl Meta {
    /// A state without contents, and the key for its fingerprints.
    pub(super) fn new(key: &FingerprintKey, vault: &Vault) -> Result<Self, StoreError> {
        Ok(Self {
            lineage: None,
            key: vault.seal(KEY_PLACE, &key.to_text())?.into_owned(),
            cipher: vault.header().map(str::to_string),
            serial: 0,
            epoch: 0,
            count: 0,
            sum: 0,
        })
    }

    /// The key for fingerprints, as its column is to hold it.
    pub(super) fn key_text(&self) -> &str {
        &self.key
    }

    /// The key for fingerprints.
    pub(super) fn fingerprint_key(&self, path: &Path, vault: &Vault) -> Result<FingerprintKey, StoreError> {
        let text = vault.open(KEY_PLACE, &self.key)?;
        FingerprintKey::from_text(&text).ok_or_else(|| damaged(path))
    }

    /// Encrypts the key for fingerprints anew.
    pub(super) fn recrypt(&mut self, path: &Path, from: &Vault, to: &Vault) -> Result<(), StoreError> {
        let key = self.fingerprint_key(path, from)?;
        self.key = to.seal(KEY_PLACE, &key.to_text())?.into_owned();
        self.cipher = to.header().map(str::to_string);
        Ok(())
    }

    pub(super) fn identity_sum(&self) -> i64 {
        let sum = Checksum::new().option(self.lineage.as_deref()).text(&self.key);
        match &self.cipher {
            Some(cipher) => sum.text(cipher).finish(),
            None => sum.finish(),
        }
    }

    pub(super) fn read(conn: &Connection, path: &Path) -> Result<Meta, StoreError> {
        let sql = "SELECT lineage, fingerprint_key, serial, epoch, content_count, content_sum, checksum, cipher \
                   FROM meta";
        let (meta, sum) = conn
            .prepare_cached(sql)
            .and_then(|mut statement| {
                statement.query_row([], |row| {
                    let meta = Meta {
                        lineage: row.get(0)?,
                        key: row.get(1)?,
                        cipher: row.get(7)?,
                        serial: unsigned(row, 2)?,
                        epoch: unsigned(row, 3)?,
                        count: row.get(4)?,
                        sum: row.get(5)?,
                    };
                    Ok((meta, row.get::<_, i64>(6)?))
                })
            })
            .map_err(|e| StoreError::sqlite(path, e))?;
        let readable = meta.cipher.is_some() || FingerprintKey::from_text(&meta.key).is_some();
        if meta.identity_sum() != sum || !readable {
            return Err(damaged(path));
        }
        Ok(meta)
    }

    fn store(&self, conn: &Connection, path: &Path) -> Result<(), StoreError> {
        let sql = "UPDATE meta SET lineage = ?1, checksum = ?2, serial = ?3, epoch = ?4, content_count = ?5, \
                   content_sum = ?6, tool_version = ?7, fingerprint_key = ?8, cipher = ?9";
        conn.prepare_cached(sql)
            .and_then(|mut statement| {
                statement.execute(params![
                    self.lineage,
                    self.identity_sum(),
                    self.serial.cast_signed(),
                    self.epoch.cast_signed(),
                    self.count,
                    self.sum,
                    env!("CARGO_PKG_VERSION"),
                    self.key,
                    self.cipher,
                ])
            })
            .map_err(|e| StoreError::sqlite(path, e))?;
        Ok(())
    }
}

/// What the key for fingerprints is bound to when it is encrypted.
const KEY_PLACE: &[&str] = &["meta", "fingerprint_key"];

fn damaged(path: &Path) -> StoreError {
    StoreError::Corrupt {
        path: path.to_path_buf(),
        what: "its lineage or its key is damaged".to_string(),
    }
}

/// Counts and sums the rows anew, after a migration has written them in another format.
pub(super) fn seal(conn: &Connection, path: &Path) -> Result<(), StoreError> {
    let mut meta = Meta::read(conn, path)?;
    let contents = rows::read_all(conn, path, None)?;
    meta.count = contents.count;
    meta.sum = contents.sum;
    meta.store(conn, path)
}

/// A transaction that writes. Its methods are the writes of [`Store`](super::Store).
pub struct Tx<'a> {
    conn: &'a Connection,
    path: &'a Path,
    vault: &'a Vault,
    meta: RefCell<Meta>,
}

impl<'a> Tx<'a> {
    /// Reads what the transaction keeps in step; `conn` is in a transaction.
    pub(super) fn begin(conn: &'a Connection, path: &'a Path, meta: Meta, vault: &'a Vault) -> Self {
        Self {
            meta: RefCell::new(meta),
            conn,
            path,
            vault,
        }
    }

    pub(super) fn conn(&self) -> &Connection {
        self.conn
    }

    pub(super) fn vault(&self) -> &Vault {
        self.vault
    }

    pub(super) fn path(&self) -> &Path {
        self.path
    }

    pub(super) fn fail(&self, e: rusqlite::Error) -> StoreError {
        StoreError::sqlite(self.path, e)
    }

    pub(super) fn prepare(&self, sql: &str) -> Result<CachedStatement<'_>, StoreError> {
        self.conn.prepare_cached(sql).map_err(|e| self.fail(e))
    }

    pub(super) fn execute(&self, sql: &str, params: impl Params) -> Result<usize, StoreError> {
        self.prepare(sql)?.execute(params).map_err(|e| self.fail(e))
    }

    /// One write among those of the transaction.
    pub(super) fn part(&self, work: &mut dyn Work) -> Result<(), StoreError> {
        let before = self.meta.borrow().clone();
        self.execute("SAVEPOINT part", [])?;
        let result = work.run(self);
        if self.conn.is_autocommit() {
            // On a full disk and the like SQLite gives up the whole transaction.
            return result.and(Err(StoreError::Closed {
                path: self.path.to_path_buf(),
            }));
        }
        if result.is_err() {
            self.execute("ROLLBACK TO part", [])?;
            self.meta.replace(before);
        }
        self.execute("RELEASE part", [])?;
        Ok(())
    }

    pub(super) fn flush(&self) -> Result<(), StoreError> {
        let meta = self.meta.borrow();
        if *meta == Meta::read(self.conn, self.path)? {
            return Ok(());
        }
        meta.store(self.conn, self.path)
    }

    /// Notes that a row came, went or changed, by its checksums.
    pub(super) fn content_changed(&self, old: Option<i64>, new: Option<i64>) {
        let mut meta = self.meta.borrow_mut();
        meta.serial = meta.serial.wrapping_add(1);
        meta.count = meta.count - i64::from(old.is_some()) + i64::from(new.is_some());
        meta.sum = meta.sum.wrapping_sub(old.unwrap_or(0)).wrapping_add(new.unwrap_or(0));
    }

    /// Notes that all contents were encrypted anew, and that their checksums add up to another sum.
    pub(super) fn change_vault(&self, sum: i64, to: &Vault) -> Result<(), StoreError> {
        let mut meta = self.meta.borrow_mut();
        meta.sum = sum;
        meta.recrypt(self.path, self.vault, to)
    }

    pub(super) fn bump_serial(&self) {
        let mut meta = self.meta.borrow_mut();
        meta.serial = meta.serial.wrapping_add(1);
    }

    pub(super) fn next_epoch(&self) -> u64 {
        let mut meta = self.meta.borrow_mut();
        meta.epoch = meta.epoch.wrapping_add(1);
        meta.epoch
    }

    /// Names the state, if it has no name yet.
    pub(super) fn begin_lineage(&self) {
        let mut meta = self.meta.borrow_mut();
        if meta.lineage.is_none() {
            meta.lineage = Some(uuid::Uuid::new_v4().to_string());
        }
    }

    /// Makes lineage and serial those of another state.
    pub(super) fn become_state(&self, lineage: Option<String>, serial: u64) {
        let mut meta = self.meta.borrow_mut();
        meta.lineage = lineage;
        meta.serial = serial;
    }

    pub(super) fn check_basis(&self, basis: &Basis) -> Result<(), StoreError> {
        let meta = self.meta.borrow();
        let what = match (&basis.lineage, &meta.lineage) {
            (Some(_), None) => "it was made from a state, and this one is new".to_string(),
            (None, Some(_)) => "it was made without a state, and now there is one".to_string(),
            (a, b) if a != b => "it was made from another state".to_string(),
            _ if basis.serial != meta.serial => format!(
                "it was made from serial {} of the state, which is now at {}",
                basis.serial, meta.serial
            ),
            _ => return Ok(()),
        };
        Err(StoreError::Stale { what })
    }

    /// See [`Store::set_outputs`](super::Store::set_outputs).
    ///
    /// # Errors
    /// [`StoreError::LostLock`].
    pub fn set_outputs(&self, cx: &WriteCx, outputs: &[OutputRow]) -> Result<(), StoreError> {
        self.fence(cx.epoch)?;
        rows::set_outputs(self, outputs)
    }

    /// See [`Store::set_check_results`](super::Store::set_check_results).
    ///
    /// # Errors
    /// [`StoreError::LostLock`].
    pub fn set_check_results(&self, cx: &WriteCx, results: Option<&str>) -> Result<(), StoreError> {
        self.fence(cx.epoch)?;
        rows::set_check_results(self, results)
    }

    /// See [`Store::move_rows`](super::Store::move_rows).
    ///
    /// # Errors
    /// [`StoreError::NoSuchRow`], [`StoreError::Occupied`], [`StoreError::LostLock`].
    pub fn move_rows(&self, cx: &WriteCx, moves: &[(InstanceAddr, InstanceAddr)]) -> Result<(), StoreError> {
        self.fence(cx.epoch)?;
        rows::rename(self, cx, moves)
    }

    /// See [`Store::remove_row`](super::Store::remove_row).
    ///
    /// # Errors
    /// [`StoreError::NoSuchRow`], [`StoreError::LostLock`].
    pub fn remove_row(&self, cx: &WriteCx, key: &RowKey) -> Result<(), StoreError> {
        self.fence(cx.epoch)?;
        if rows::delete(self, key)? {
            return Ok(());
        }
        Err(StoreError::NoSuchRow(key.to_string()))
    }
}

/// A time that was stored as text.
pub(super) fn timestamp(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    let text: String = row.get(column)?;
    text.parse().map_err(|e: jiff::Error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, e.into())
    })
}

/// A number that is never below zero.
pub(super) fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(i64::cast_unsigned)
}
