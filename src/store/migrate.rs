//! Brings a database to the format of this program: ordered migrations with checksums, each in one transaction, after
//! a copy was made. Never goes back, never touches a database that is newer, modified or another program's.

use super::error::StoreError;
use super::fingerprint::to_hex;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// Marks a database as a headworks state: `HWKS`.
pub(super) const APPLICATION_ID: i64 = 0x4857_4b53;

/// One step from a format to the next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Migration {
    pub(super) version: i64,
    pub(super) name: &'static str,
    pub(super) sql: &'static str,
}

/// All of them, in order. A released one never changes; the next one is a new file.
pub(super) const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "init",
        sql: include_str!("../../state/migrations/0001_init.sql"),
    },
    // Migration { version: 2, name: "...", sql: include_str!("../../state/migrations/0002_....sql") },
];

/// How a database stands to a list of migrations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing in it yet.
    Empty,
    /// In an older format.
    Older(i64),
    /// In the newest format.
    Current,
}

/// What runs in the transaction of the last migration, when the rows are in the newest format.
pub(super) type Finish<'a> = &'a dyn Fn(&Connection) -> Result<(), StoreError>;

fn checksum(sql: &str) -> String {
    to_hex(&Sha256::digest(sql.as_bytes()))
}

/// Looks whether a database is ours and how old it is. Reads only.
pub(super) fn standing(conn: &Connection, path: &Path, migrations: &[Migration]) -> Result<Standing, StoreError> {
    let fail = |e| StoreError::sqlite(path, e);
    let pragma = |name: &str| conn.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
    let tables: i64 = conn
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(fail)?;
    let version = pragma("user_version").map_err(fail)?;
    let application = pragma("application_id").map_err(fail)?;
    if tables == 0 && version == 0 && application == 0 {
        return Ok(Standing::Empty);
    }
    if application != APPLICATION_ID {
        return Err(StoreError::Foreign {
            path: path.to_path_buf(),
        });
    }
    let newest = migrations.last().map_or(0, |m| m.version);
    if version > newest {
        return Err(StoreError::Newer {
            path: path.to_path_buf(),
            found: version,
            known: newest,
        });
    }
    for migration in migrations.iter().filter(|m| m.version <= version) {
        let stored: Option<String> = conn
            .query_row(
                "SELECT checksum FROM schema_migrations WHERE version = ?1",
                [migration.version],
                |row| row.get(0),
            )
            .optional()
            .map_err(fail)?;
        match stored {
            Some(stored) if stored == checksum(migration.sql) => {}
            Some(_) => {
                return Err(StoreError::Modified {
                    path: path.to_path_buf(),
                    version: migration.version,
                });
            }
            None => {
                return Err(StoreError::Corrupt {
                    path: path.to_path_buf(),
                    what: format!("it does not record migration {}", migration.version),
                });
            }
        }
    }
    Ok(if version == newest {
        Standing::Current
    } else {
        Standing::Older(version)
    })
}

/// Applies what is missing. `finish` runs inside the last transaction.
pub(super) fn upgrade(
    conn: &mut Connection,
    path: &Path,
    migrations: &[Migration],
    now: Timestamp,
    finish: Finish<'_>,
) -> Result<(), StoreError> {
    let fail = |e| StoreError::sqlite(path, e);
    for (i, migration) in migrations.iter().enumerate() {
        let tx = Transaction::new(conn, TransactionBehavior::Immediate).map_err(fail)?;
        // Looked at again inside the transaction: another process may have been faster.
        let version: i64 = tx
            .query_row("PRAGMA user_version", [], |row| row.get(0))
            .map_err(fail)?;
        if version >= migration.version {
            continue;
        }
        tx.execute_batch(migration.sql).map_err(fail)?;
        tx.execute(
            "INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES (?1, ?2, ?3, ?4)",
            params![
                migration.version,
                migration.name,
                checksum(migration.sql),
                now.to_string()
            ],
        )
        .map_err(fail)?;
        tx.pragma_update(None, "application_id", APPLICATION_ID).map_err(fail)?;
        tx.pragma_update(None, "user_version", migration.version)
            .map_err(fail)?;
        if i + 1 == migrations.len() {
            finish(&tx)?;
        }
        tx.commit().map_err(fail)?;
    }
    Ok(())
}

/// Copies the database beside itself before an upgrade; the copy is whole and on disk when this returns.
pub(super) fn back_up(conn: &Connection, path: &Path, version: i64, now: Timestamp) -> Result<PathBuf, StoreError> {
    let check: String = conn
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|e| StoreError::sqlite(path, e))?;
    if check != "ok" {
        return Err(StoreError::Corrupt {
            path: path.to_path_buf(),
            what: check,
        });
    }
    let mut name = path.as_os_str().to_owned();
    name.push(format!("-{version:04}-{}.bak", now.strftime("%Y%m%dT%H%M%S%.9fZ")));
    let copy = PathBuf::from(name);
    // Made first, as VACUUM INTO would make it readable for everyone.
    let file = super::file::create_private(&copy)?;
    let text = copy.to_str().ok_or_else(|| StoreError::Io {
        what: "name",
        path: copy.clone(),
        source: std::sync::Arc::new(std::io::Error::other("the path is not Unicode")),
    })?;
    conn.execute("VACUUM INTO ?1", [text])
        .map_err(|e| StoreError::sqlite(path, e))?;
    file.sync_all().map_err(|e| StoreError::io("write", &copy, e))?;
    Ok(copy)
}
