//! One SQLite database, synchronously: opening it in its three modes, transactions that several requests share, and
//! what a transaction keeps in step (serial, epoch, count and sum of the rows). Knows nothing of threads.

use super::checksum::Checksum;
use super::error::StoreError;
use super::fingerprint::FingerprintKey;
use super::migrate::{MIGRATIONS, Migration, Standing, back_up, standing, upgrade};
use super::model::{Basis, LockInfo, OpenStep, RunRecord, StateSnapshot};
use super::{file, lease, rows, runs};
use jiff::Timestamp;
use rusqlite::{CachedStatement, Connection, OpenFlags, Params, Row, Transaction, TransactionBehavior, params};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long SQLite itself waits for another process in the middle of a commit.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// What a command may do to a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenMode {
    /// Read only; without a database the state is empty. Never makes or changes one.
    ReadOnly,
    /// Read and write a database that must be there.
    ReadWrite,
    /// Read and write; the first write makes the database.
    CreateIfMissing,
}

/// The state in one SQLite database.
#[derive(Debug)]
pub struct SqliteState {
    path: PathBuf,
    mode: OpenMode,
    now: Timestamp,
    conn: Option<Connection>,
    migrations: &'static [Migration],
}

/// A write that shares a transaction with others.
pub(super) trait Work {
    /// Does it; whatever it did is undone when it fails.
    fn run(&mut self, tx: &Tx<'_>) -> Result<(), StoreError>;
}

impl SqliteState {
    /// Opens the database at `path`, upgrading it if it may be written; `now` names the copy made before.
    ///
    /// # Errors
    /// The database is damaged, another program's, newer than this program, or can't be opened.
    pub fn open(path: &Path, mode: OpenMode, now: Timestamp) -> Result<Self, StoreError> {
        Self::open_with(path, mode, now, MIGRATIONS)
    }

    pub(super) fn open_with(
        path: &Path,
        mode: OpenMode,
        now: Timestamp,
        migrations: &'static [Migration],
    ) -> Result<Self, StoreError> {
        let mut state = Self {
            path: path.to_path_buf(),
            mode,
            now,
            conn: None,
            migrations,
        };
        if file::exists(path)? {
            state.connect()?;
        } else if mode == OpenMode::ReadWrite {
            return Err(StoreError::Missing {
                path: path.to_path_buf(),
            });
        }
        Ok(state)
    }

    /// The file of the database.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn connect(&mut self) -> Result<(), StoreError> {
        let conn = match self.mode {
            OpenMode::ReadOnly => connect_to_read(&self.path)?,
            _ => connect_to_write(&self.path)?,
        };
        let conn = match standing(&conn, &self.path, self.migrations)? {
            Standing::Current => conn,
            Standing::Empty => {
                return Err(StoreError::Corrupt {
                    path: self.path.clone(),
                    what: "it has no tables".to_string(),
                });
            }
            Standing::Older(version) => self.upgraded(conn, version)?,
        };
        self.conn = Some(conn);
        Ok(())
    }

    /// Brings an older database to the newest format: itself, or for a reader a copy in memory.
    fn upgraded(&self, mut conn: Connection, version: i64) -> Result<Connection, StoreError> {
        let fail = |e| StoreError::sqlite(&self.path, e);
        if self.mode == OpenMode::ReadOnly {
            let mut copy = Connection::open_in_memory().map_err(fail)?;
            rusqlite::backup::Backup::new(&conn, &mut copy)
                .and_then(|backup| backup.run_to_completion(1024, Duration::ZERO, None))
                .map_err(fail)?;
            conn = copy;
        } else {
            back_up(&conn, &self.path, version, self.now)?;
        }
        let finish = |conn: &Connection| seal(conn, &self.path);
        upgrade(&mut conn, &self.path, self.migrations, self.now, &finish)?;
        Ok(conn)
    }

    /// Makes the database under another name and gives it its own when it is whole.
    fn create(&mut self) -> Result<(), StoreError> {
        file::create_directory(file::directory_of(&self.path))?;
        let new = file::with_suffix(
            &self.path,
            &format!(".new-{}-{}", std::process::id(), uuid::Uuid::new_v4()),
        );
        file::create_private(&new)?;
        let made = self.fill(&new);
        if let Err(e) = made {
            let _ = std::fs::remove_file(&new);
            return Err(e);
        }
        file::publish(&new, &self.path)?;
        self.connect()
    }

    fn fill(&self, new: &Path) -> Result<(), StoreError> {
        let mut conn = connect_to_write(new)?;
        let now = self.now;
        let finish = |conn: &Connection| {
            let meta = Meta::new(FingerprintKey::new(rand::random()));
            conn.execute(
                "INSERT INTO meta (id, fingerprint_key, checksum, serial, epoch, content_count, content_sum, \
                 tool_version, created_at) VALUES (1, ?1, ?2, 0, 0, 0, 0, ?3, ?4)",
                params![
                    meta.key.to_text(),
                    meta.identity_sum(),
                    env!("CARGO_PKG_VERSION"),
                    now.to_string()
                ],
            )
            .map_err(|e| StoreError::sqlite(new, e))?;
            Ok(())
        };
        upgrade(&mut conn, new, self.migrations, now, &finish)?;
        conn.close().map_err(|(_, e)| StoreError::sqlite(new, e))
    }

    /// Carries out several writes in one transaction. A write that fails is undone alone; each keeps its own result.
    ///
    /// # Errors
    /// The transaction as a whole failed: nothing of it was stored.
    pub(super) fn group<'w>(&mut self, works: impl Iterator<Item = &'w mut (dyn Work + 'w)>) -> Result<(), StoreError> {
        if self.mode == OpenMode::ReadOnly {
            return Err(StoreError::ReadOnly {
                path: self.path.clone(),
            });
        }
        if self.conn.is_none() {
            if file::exists(&self.path)? {
                self.connect()?;
            } else {
                self.create()?;
            }
        }
        let path = &self.path;
        let fail = |e| StoreError::sqlite(path, e);
        let Some(conn) = &mut self.conn else {
            return Err(StoreError::Missing { path: path.clone() });
        };
        let transaction = Transaction::new(conn, TransactionBehavior::Immediate).map_err(fail)?;
        let tx = Tx {
            meta: RefCell::new(Meta::read(&transaction, path)?),
            conn: &transaction,
            path,
        };
        for work in works {
            tx.part(work)?;
        }
        tx.flush()?;
        transaction.commit().map_err(fail)
    }

    /// Carries out one write in one transaction.
    ///
    /// # Errors
    /// What `write` or the commit failed with; nothing of it was stored.
    pub fn write<T>(&mut self, write: impl FnOnce(&Tx<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let path = self.path.clone();
        let mut work = Single {
            write: Some(write),
            result: None,
        };
        self.group(std::iter::once(&mut work as &mut dyn Work))?;
        work.result.unwrap_or(Err(StoreError::Closed { path }))
    }

    /// Runs a reader in one read transaction; `None` without a database.
    fn read<T>(
        &mut self,
        read: impl FnOnce(&Connection, &Path) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        // It may have been made by another process since.
        if self.conn.is_none() && file::exists(&self.path)? {
            self.connect()?;
        }
        let Some(conn) = &mut self.conn else {
            return Ok(None);
        };
        let tx =
            Transaction::new(conn, TransactionBehavior::Deferred).map_err(|e| StoreError::sqlite(&self.path, e))?;
        read(&tx, &self.path).map(Some)
    }

    /// Everything, as of one moment.
    ///
    /// # Errors
    /// The database is damaged or can't be read.
    pub fn load(&mut self) -> Result<StateSnapshot, StoreError> {
        let snapshot = self.read(|conn, path| {
            let meta = Meta::read(conn, path)?;
            let contents = rows::read_all(conn, path)?;
            if contents.count != meta.count || contents.sum != meta.sum {
                return Err(StoreError::Corrupt {
                    path: path.to_path_buf(),
                    what: format!(
                        "it should hold {} resources and outputs and has {} (or others than it should)",
                        meta.count, contents.count
                    ),
                });
            }
            Ok(StateSnapshot {
                lineage: meta.lineage,
                serial: meta.serial,
                resources: contents.rows,
                outputs: contents.outputs,
                open_runs: runs::open_runs(conn, path)?,
            })
        })?;
        Ok(snapshot.unwrap_or_default())
    }

    /// The key for fingerprints of secrets.
    ///
    /// # Errors
    /// The database is damaged or can't be read.
    pub fn fingerprint_key(&mut self) -> Result<Option<FingerprintKey>, StoreError> {
        self.read(|conn, path| Ok(Meta::read(conn, path)?.key))
    }

    /// Who holds the lock.
    ///
    /// # Errors
    /// The database is damaged or can't be read.
    pub fn lock_info(&mut self) -> Result<Option<LockInfo>, StoreError> {
        Ok(self.read(lease::info)?.flatten())
    }

    /// Steps that began and have no known end.
    ///
    /// # Errors
    /// The database is damaged or can't be read.
    pub fn open_steps(&mut self) -> Result<Vec<OpenStep>, StoreError> {
        Ok(self.read(runs::open_steps)?.unwrap_or_default())
    }

    /// The newest runs, newest first.
    ///
    /// # Errors
    /// The database is damaged or can't be read.
    pub fn history(&mut self, limit: u32) -> Result<Vec<RunRecord>, StoreError> {
        let records = self.read(|conn, path| runs::history(conn, path, limit))?;
        Ok(records.unwrap_or_default())
    }

    /// Checks every page, every reference and every row.
    ///
    /// # Errors
    /// The first damage found.
    pub fn verify(&mut self) -> Result<(), StoreError> {
        self.read(|conn, path| {
            let words: Vec<String> = conn
                .prepare("PRAGMA integrity_check(10)")
                .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect())
                .map_err(|e| StoreError::sqlite(path, e))?;
            let strays: i64 = conn
                .query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0))
                .map_err(|e| StoreError::sqlite(path, e))?;
            if words != ["ok"] || strays > 0 {
                return Err(StoreError::Corrupt {
                    path: path.to_path_buf(),
                    what: words.join("; "),
                });
            }
            Ok(())
        })?;
        self.load().map(|_| ())
    }
}

struct Single<F, T> {
    write: Option<F>,
    result: Option<Result<T, StoreError>>,
}

impl<T, F: FnOnce(&Tx<'_>) -> Result<T, StoreError>> Work for Single<F, T> {
    fn run(&mut self, tx: &Tx<'_>) -> Result<(), StoreError> {
        let Some(write) = self.write.take() else {
            return Ok(());
        };
        let result = write(tx);
        let outcome = result.as_ref().map(|_| ()).map_err(Clone::clone);
        self.result = Some(result);
        outcome
    }
}

/// What is true of the state as a whole, kept in memory during a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Meta {
    lineage: Option<String>,
    key: FingerprintKey,
    serial: u64,
    epoch: u64,
    count: i64,
    sum: i64,
}

impl Meta {
    fn new(key: FingerprintKey) -> Self {
        Self {
            lineage: None,
            key,
            serial: 0,
            epoch: 0,
            count: 0,
            sum: 0,
        }
    }

    fn identity_sum(&self) -> i64 {
        Checksum::new()
            .option(self.lineage.as_deref())
            .text(&self.key.to_text())
            .finish()
    }

    fn read(conn: &Connection, path: &Path) -> Result<Meta, StoreError> {
        let sql = "SELECT lineage, fingerprint_key, serial, epoch, content_count, content_sum, checksum FROM meta";
        let damaged = || StoreError::Corrupt {
            path: path.to_path_buf(),
            what: "its lineage or its key is damaged".to_string(),
        };
        let (meta, sum) = conn
            .prepare_cached(sql)
            .and_then(|mut statement| {
                statement.query_row([], |row| {
                    let key: String = row.get(1)?;
                    let meta = FingerprintKey::from_text(&key).map(|key| Meta {
                        key,
                        ..Meta::new(FingerprintKey::new([0; 32]))
                    });
                    let Some(mut meta) = meta else {
                        return Ok((None, 0));
                    };
                    meta.lineage = row.get(0)?;
                    meta.serial = unsigned(row, 2)?;
                    meta.epoch = unsigned(row, 3)?;
                    meta.count = row.get(4)?;
                    meta.sum = row.get(5)?;
                    Ok((Some(meta), row.get(6)?))
                })
            })
            .map_err(|e| StoreError::sqlite(path, e))?;
        meta.filter(|meta| meta.identity_sum() == sum).ok_or_else(damaged)
    }

    fn store(&self, conn: &Connection, path: &Path) -> Result<(), StoreError> {
        let sql = "UPDATE meta SET lineage = ?1, checksum = ?2, serial = ?3, epoch = ?4, content_count = ?5, \
                   content_sum = ?6, tool_version = ?7";
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
                ])
            })
            .map_err(|e| StoreError::sqlite(path, e))?;
        Ok(())
    }
}

/// Counts and sums the rows anew, after a migration has written them in another format.
fn seal(conn: &Connection, path: &Path) -> Result<(), StoreError> {
    let mut meta = Meta::read(conn, path)?;
    let contents = rows::read_all(conn, path)?;
    meta.count = contents.count;
    meta.sum = contents.sum;
    meta.store(conn, path)
}

/// A transaction that writes. Its methods are the writes of [`Store`](super::Store).
pub struct Tx<'a> {
    conn: &'a Connection,
    path: &'a Path,
    meta: RefCell<Meta>,
}

impl Tx<'_> {
    pub(super) fn conn(&self) -> &Connection {
        self.conn
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
    fn part(&self, work: &mut dyn Work) -> Result<(), StoreError> {
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

    fn flush(&self) -> Result<(), StoreError> {
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
    pub fn set_outputs(&self, cx: &super::WriteCx, outputs: &[super::OutputRow]) -> Result<(), StoreError> {
        self.fence(cx.epoch)?;
        rows::set_outputs(self, outputs)
    }

    /// See [`Store::move_row`](super::Store::move_row).
    ///
    /// # Errors
    /// [`StoreError::NoSuchRow`], [`StoreError::Occupied`], [`StoreError::LostLock`].
    pub fn move_row(
        &self,
        cx: &super::WriteCx,
        from: &crate::base::InstanceAddr,
        to: &crate::base::InstanceAddr,
    ) -> Result<(), StoreError> {
        self.fence(cx.epoch)?;
        rows::rename(self, cx, from, to)
    }

    /// See [`Store::remove_row`](super::Store::remove_row).
    ///
    /// # Errors
    /// [`StoreError::NoSuchRow`], [`StoreError::LostLock`].
    pub fn remove_row(&self, cx: &super::WriteCx, key: &super::RowKey) -> Result<(), StoreError> {
        self.fence(cx.epoch)?;
        if rows::delete(self, key)? {
            return Ok(());
        }
        Err(StoreError::NoSuchRow(key.to_string()))
    }
}

fn connect_to_write(path: &Path) -> Result<Connection, StoreError> {
    let fail = |e| StoreError::sqlite(path, e);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(fail)?;
    if conn.is_readonly("main").map_err(fail)? {
        return Err(StoreError::ReadOnly {
            path: path.to_path_buf(),
        });
    }
    prepare(&conn).map_err(fail)?;
    // Looked at before the first pragma that writes: a file that is not ours stays as it is.
    let application: i64 = conn
        .query_row("PRAGMA application_id", [], |row| row.get(0))
        .map_err(fail)?;
    let tables: i64 = conn
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(fail)?;
    if application == super::migrate::APPLICATION_ID || tables == 0 {
        conn.pragma_update(None, "journal_mode", "wal").map_err(fail)?;
    }
    Ok(conn)
}

/// Opens for reading. In a directory that can't be written SQLite has no place for its log, so a database without a
/// log is then read as a file that nobody changes.
fn connect_to_read(path: &Path) -> Result<Connection, StoreError> {
    let open = |conn: rusqlite::Result<Connection>| {
        let conn = conn?;
        prepare(&conn)?;
        conn.pragma_update(None, "query_only", true)?;
        conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
        Ok(conn)
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let error = match open(Connection::open_with_flags(path, flags)) {
        Ok(conn) => return Ok(conn),
        Err(error) => error,
    };
    let log_bytes = std::fs::metadata(file::with_suffix(path, "-wal")).map_or(0, |meta| meta.len());
    let unwritable = matches!(
        error,
        rusqlite::Error::SqliteFailure(e, _)
            if matches!(e.code, rusqlite::ErrorCode::CannotOpen | rusqlite::ErrorCode::ReadOnly)
    );
    let text = path.to_str().filter(|_| unwritable && log_bytes == 0);
    let Some(text) = text else {
        return Err(StoreError::sqlite(path, error));
    };
    let text = text.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    open(Connection::open_with_flags(format!("file:{text}?immutable=1"), flags))
        .map_err(|e| StoreError::sqlite(path, e))
}

fn prepare(conn: &Connection) -> rusqlite::Result<()> {
    conn.busy_timeout(BUSY_TIMEOUT)?;
    conn.set_prepared_statement_cache_capacity(64);
    conn.pragma_update(None, "synchronous", "full")?;
    // On macOS only this reaches the disk.
    conn.pragma_update(None, "fullfsync", true)?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update(None, "cell_size_check", true)?;
    conn.pragma_update(None, "trusted_schema", false)
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
