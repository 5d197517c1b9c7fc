//! One SQLite database, synchronously: opening it in its three modes, reading it, and transactions that several
//! requests share. Knows nothing of threads.

use super::backup::{self, Kept};
use super::error::StoreError;
use super::fingerprint::FingerprintKey;
use super::migrate::{MIGRATIONS, Migration, Standing, back_up, standing, upgrade};
use super::model::{LockInfo, OpenStep, RunRecord, StateSnapshot};
use super::tx::{Meta, Tx, Work, seal};
use super::vault::{StateSecret, Vault};
use super::{file, lease, rows, runs};
use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior, params};
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
    secret: Option<StateSecret>,
    vault: Vault,
    /// Which file the connection is to; another one may have its name by now.
    identity: Option<file::Identity>,
    migrations: &'static [Migration],
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
            secret: None,
            vault: Vault::Clear,
            identity: None,
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

    /// Opens a copy that nobody writes; leaves nothing beside it.
    ///
    /// # Errors
    /// It is damaged, another program's, newer than this program, or not there.
    pub(super) fn open_copy(path: &Path) -> Result<Self, StoreError> {
        let missing = || StoreError::Missing {
            path: path.to_path_buf(),
        };
        file::exists(path)?.then_some(()).ok_or_else(missing)?;
        let mut state = Self {
            path: path.to_path_buf(),
            mode: OpenMode::ReadOnly,
            now: Timestamp::UNIX_EPOCH,
            conn: None,
            secret: None,
            vault: Vault::Clear,
            identity: None,
            migrations: MIGRATIONS,
        };
        let conn = connect_as_unchanging(path)?;
        state.take(conn)?;
        Ok(state)
    }

    /// The file of the database.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The same with what opens it, if it is encrypted, and encrypts it, if it is made.
    #[must_use]
    pub fn with_secret(mut self, secret: Option<StateSecret>) -> Self {
        self.secret = secret;
        self
    }

    fn connect(&mut self) -> Result<(), StoreError> {
        let conn = match self.mode {
            OpenMode::ReadOnly => connect_to_read(&self.path)?,
            _ => {
                file::tighten(&self.path);
                connect_to_write(&self.path)?
            }
        };
        self.take(conn)
    }

    fn take(&mut self, conn: Connection) -> Result<(), StoreError> {
        self.identity = file::identity(&self.path);
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
        let vault = match &self.secret {
            Some(secret) => Vault::new(new, secret)?,
            None => Vault::Clear,
        };
        let now = self.now;
        let finish = |conn: &Connection| {
            let meta = Meta::new(&FingerprintKey::new(rand::random()), &vault)?;
            conn.execute(
                "INSERT INTO meta (id, fingerprint_key, checksum, serial, epoch, content_count, content_sum, \
                 tool_version, created_at, cipher) VALUES (1, ?1, ?2, 0, 0, 0, 0, ?3, ?4, ?5)",
                params![
                    meta.key_text(),
                    meta.identity_sum(),
                    env!("CARGO_PKG_VERSION"),
                    now.to_string(),
                    meta.cipher,
                ],
            )
            .map_err(|e| StoreError::sqlite(new, e))?;
            Ok(())
        };
        upgrade(&mut conn, new, self.migrations, now, &finish)?;
        conn.close().map_err(|(_, e)| StoreError::sqlite(new, e))
    }

    /// From now on the state is read and written with this.
    pub(super) fn change_secret(&mut self, secret: Option<StateSecret>) {
        self.secret = secret;
    }

    /// Whether the state is encrypted; `None` without a database.
    ///
    /// # Errors
    /// The database is damaged or can't be read.
    pub fn is_encrypted(&mut self) -> Result<Option<bool>, StoreError> {
        self.read_opened(|_, _, meta, _| Ok(meta.cipher.is_some()), false)
    }

    /// Copies of the state that stand beside it.
    pub fn copies(&self) -> Vec<PathBuf> {
        super::recrypt::copies(&self.path)
    }

    /// Does something outside of any transaction.
    pub(super) fn with_connection(
        &mut self,
        act: impl FnOnce(&Connection, &Path) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        match &self.conn {
            Some(conn) => act(conn, &self.path),
            None => Ok(()),
        }
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
        } else if file::identity(&self.path) != self.identity {
            // What is written to a file that lost its name is lost.
            return Err(StoreError::Replaced {
                path: self.path.clone(),
            });
        }
        let path = &self.path;
        let fail = |e| StoreError::sqlite(path, e);
        let Some(conn) = &mut self.conn else {
            return Err(StoreError::Missing { path: path.clone() });
        };
        let transaction = Transaction::new(conn, TransactionBehavior::Immediate).map_err(fail)?;
        let meta = Meta::read(&transaction, path)?;
        adopt(&mut self.vault, path, &meta, self.secret.as_ref())?;
        let tx = Tx::begin(&transaction, path, meta, &self.vault);
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
        self.read_opened(|conn, path, _, _| read(conn, path), false)
    }

    /// As `read`, with what is true of the state as a whole and, where contents are read, the vault.
    fn read_opened<T>(
        &mut self,
        read: impl FnOnce(&Connection, &Path, Meta, &Vault) -> Result<T, StoreError>,
        contents: bool,
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
        let meta = Meta::read(&tx, &self.path)?;
        if contents {
            adopt(&mut self.vault, &self.path, &meta, self.secret.as_ref())?;
        }
        read(&tx, &self.path, meta, &self.vault).map(Some)
    }

    /// Everything, as of one moment.
    ///
    /// # Errors
    /// The database is damaged or can't be read.
    pub fn load(&mut self) -> Result<StateSnapshot, StoreError> {
        self.snapshot(true)
    }

    /// Everything but contents, for which an encrypted state needs no key: attributes and the values of outputs are null,
    /// conditions are left out. Every checksum is checked.
    ///
    /// # Errors
    /// The database is damaged or can't be read.
    pub fn outline(&mut self) -> Result<StateSnapshot, StoreError> {
        self.snapshot(false)
    }

    fn snapshot(&mut self, contents: bool) -> Result<StateSnapshot, StoreError> {
        let read = |conn: &Connection, path: &Path, meta: Meta, vault: &Vault| {
            let vault = contents.then_some(vault);
            let contents = rows::read_all(conn, path, vault)?;
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
                check_results: match vault {
                    Some(vault) => rows::read_check_results(conn, path, vault)?,
                    None => None,
                },
                open_runs: runs::open_runs(conn, path)?,
            })
        };
        let snapshot = self.read_opened(read, contents)?;
        Ok(snapshot.unwrap_or_default())
    }

    /// The key for fingerprints of secrets.
    ///
    /// # Errors
    /// The database is damaged or can't be read.
    pub fn fingerprint_key(&mut self) -> Result<Option<FingerprintKey>, StoreError> {
        self.read_opened(|_, path, meta, vault| meta.fingerprint_key(path, vault), true)
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
        Ok(self
            .read_opened(|conn, path, _, vault| runs::open_steps(conn, path, vault), true)?
            .unwrap_or_default())
    }

    /// The newest runs, newest first.
    ///
    /// # Errors
    /// The database is damaged or can't be read.
    pub fn history(&mut self, limit: u32) -> Result<Vec<RunRecord>, StoreError> {
        let records = self.read(|conn, path| runs::history(conn, path, limit))?;
        Ok(records.unwrap_or_default())
    }

    /// What is true of the state as a whole.
    pub(super) fn meta(&mut self) -> Result<Option<Meta>, StoreError> {
        self.read(Meta::read)
    }

    /// See [`Store::back_up`](super::Store::back_up).
    ///
    /// # Errors
    /// The state is damaged, or the copy can't be written.
    pub fn back_up(&mut self) -> Result<Kept, StoreError> {
        // A damaged state must not push out the copies that are whole.
        self.load()?;
        match &self.conn {
            Some(conn) => backup::keep(conn, &self.path),
            None => Ok(Kept::Nothing),
        }
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
        self.outline().map(|_| ())
    }
}

/// Takes the vault that the state has by now: another process may have encrypted it since.
fn adopt(vault: &mut Vault, path: &Path, meta: &Meta, secret: Option<&StateSecret>) -> Result<(), StoreError> {
    if vault.header() != meta.cipher.as_deref() {
        *vault = Vault::of(path, meta.cipher.as_deref(), secret)?;
    }
    Ok(())
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

pub(super) fn connect_to_write(path: &Path) -> Result<Connection, StoreError> {
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
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let error = match open_to_read(Connection::open_with_flags(path, flags)) {
        Ok(conn) => return Ok(conn),
        Err(error) => error,
    };
    let log_bytes = std::fs::metadata(file::with_suffix(path, "-wal")).map_or(0, |meta| meta.len());
    let unwritable = matches!(
        error,
        rusqlite::Error::SqliteFailure(e, _)
            if matches!(e.code, rusqlite::ErrorCode::CannotOpen | rusqlite::ErrorCode::ReadOnly)
    );
    if unwritable && log_bytes == 0 {
        return connect_as_unchanging(path);
    }
    Err(StoreError::sqlite(path, error))
}

/// Opens a file that nobody writes, without a log and without a lock.
fn connect_as_unchanging(path: &Path) -> Result<Connection, StoreError> {
    let text = path.to_string_lossy();
    let text = text.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    open_to_read(Connection::open_with_flags(format!("file:{text}?immutable=1"), flags))
        .map_err(|e| StoreError::sqlite(path, e))
}

fn open_to_read(conn: rusqlite::Result<Connection>) -> rusqlite::Result<Connection> {
    let conn = conn?;
    prepare(&conn)?;
    conn.pragma_update(None, "query_only", true)?;
    conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
    Ok(conn)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Holder, LockRequest, ResourceRow, RowChange, RowWrite, WriteCx};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("a time in range")
    }

    fn locked(path: &Path) -> (SqliteState, WriteCx) {
        let mut state = SqliteState::open(path, OpenMode::CreateIfMissing, at(0)).expect("opens");
        let request = LockRequest {
            holder: Holder::this_process("ada", "apply"),
            lease: Duration::from_secs(60),
            now: at(0),
            dead_epoch: None,
        };
        let epoch = state.write(|tx| tx.lock(&request)).expect("locks").epoch;
        let cx = WriteCx {
            epoch,
            run: None,
            now: at(0),
        };
        (state, cx)
    }

    fn rows(count: usize, bytes: usize) -> Vec<RowWrite> {
        let row = |i| {
            let addr = format!("terraform_data.x[{i}]").parse().expect("an address");
            ResourceRow::new(addr, "terraform", format!("\"{}\"", "a".repeat(bytes)))
        };
        let write = |row| RowWrite {
            step: None,
            change: RowChange::Put(Box::new(row)),
        };
        (0..count).map(row).map(write).collect()
    }

    #[test]
    fn a_full_disk_loses_nothing() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("state.db");
        let (mut state, cx) = locked(&path);
        state.write(|tx| tx.put_rows(&cx, &rows(3, 10))).expect("writes");
        let before = state.load().expect("loads");
        let conn = state.conn.as_ref().expect("connected");
        // What SQLite says when it may not grow is what it says when the disk is full.
        conn.pragma_update_and_check(None, "max_page_count", 40, |_| Ok(()))
            .expect("limits");
        let error = state
            .write(|tx| tx.put_rows(&cx, &rows(500, 4000)))
            .expect_err("no space");
        assert!(matches!(error, StoreError::DiskFull { .. }), "{error:?}");
        assert_eq!(state.load().expect("loads"), before);
        state.write(|tx| tx.put_rows(&cx, &rows(4, 10))).expect("goes on");
        assert_eq!(state.load().expect("loads").resources.len(), 4);
        state.verify().expect("whole");
    }

    #[test]
    fn a_write_that_fails_half_way_is_undone() {
        let dir = tempfile::tempdir().expect("a directory");
        let (mut state, cx) = locked(&dir.path().join("state.db"));
        let before = state.load().expect("loads");
        let result: Result<(), _> = state.write(|tx| {
            tx.put_rows(&cx, &rows(3, 10))?;
            Err(StoreError::NoSuchRow("x".into()))
        });
        assert!(matches!(result, Err(StoreError::NoSuchRow(_))));
        assert_eq!(state.load().expect("loads"), before);
        state.verify().expect("whole");
    }

    #[test]
    fn a_database_that_nobody_can_write_is_read_as_it_is() {
        let dir = tempfile::tempdir().expect("a directory");
        // The characters that mean something in a file URI.
        let path = dir.path().join("50%?#.db");
        let (mut state, cx) = locked(&path);
        state.write(|tx| tx.put_rows(&cx, &rows(3, 10))).expect("writes");
        let before = state.load().expect("loads");
        drop(state);
        let conn = connect_as_unchanging(&path).expect("opens");
        assert_eq!(
            rows::read_all(&conn, &path, Some(&Vault::Clear)).expect("reads").rows,
            before.resources
        );
        assert!(conn.execute("DELETE FROM resources", []).is_err());
    }

    #[test]
    fn readers_see_a_database_that_another_process_makes() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("state.db");
        let mut reader = SqliteState::open(&path, OpenMode::ReadOnly, at(0)).expect("opens");
        assert!(reader.load().expect("loads").resources.is_empty());
        let (mut first, cx) = locked(&path);
        let mut second = SqliteState::open(&path, OpenMode::CreateIfMissing, at(0)).expect("opens");
        first.write(|tx| tx.put_rows(&cx, &rows(2, 10))).expect("writes");
        second.write(|tx| tx.put_rows(&cx, &rows(3, 10))).expect("writes");
        assert_eq!(reader.load().expect("loads").resources.len(), 3);
        assert_eq!(
            reader.fingerprint_key().expect("reads"),
            first.fingerprint_key().expect("reads")
        );
    }
}
