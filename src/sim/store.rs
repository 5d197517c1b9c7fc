//! Keeps the world in an SQLite file between commands: one row an object, only what changed is written.
//! One process at a time; decides nothing about what the objects mean.

use super::SimError;
use super::world::{ObjectId, World};
use rusqlite::{Connection, params};
use serde_json::Value;
use std::path::Path;

/// Version of the table layout, in SQLite's `user_version`.
const LAYOUT: i64 = 1;

/// An open world file.
#[derive(Debug)]
pub(super) struct WorldStore {
    connection: Connection,
}

impl WorldStore {
    /// Opens or creates the file and its parent folder.
    ///
    /// # Errors
    /// When the file cannot be opened, is in use by another process, or was written by a newer version.
    pub(super) fn open(path: &Path) -> Result<Self, SimError> {
        if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
            std::fs::create_dir_all(parent).map_err(|e| SimError::Database {
                path: path.to_path_buf(),
                cause: e.to_string(),
            })?;
        }
        let wrap = |e: rusqlite::Error| describe(path, &e);
        // Made first, as SQLite would make it readable for everyone: the world holds what it was sent.
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path).map_err(|e| SimError::Database {
            path: path.to_path_buf(),
            cause: e.to_string(),
        })?;
        let connection = Connection::open(path).map_err(wrap)?;
        // Exclusive: two embedded clouds over one file would each keep half of the truth in memory.
        connection
            .execute_batch(
                "PRAGMA busy_timeout = 1000; PRAGMA locking_mode = EXCLUSIVE;
                 PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;",
            )
            .map_err(wrap)?;
        let layout: i64 = connection
            .query_row("PRAGMA user_version", [], |r| r.get(0))
            .map_err(wrap)?;
        if layout > LAYOUT {
            return Err(SimError::Database {
                path: path.to_path_buf(),
                cause: format!("written by a newer version (layout {layout}, known is {LAYOUT})"),
            });
        }
        connection
            .execute_batch(&format!(
                "BEGIN IMMEDIATE;
                 CREATE TABLE IF NOT EXISTS objects (
                   kind TEXT NOT NULL, key TEXT NOT NULL, json TEXT NOT NULL,
                   PRIMARY KEY (kind, key)) WITHOUT ROWID;
                 PRAGMA user_version = {LAYOUT};
                 COMMIT;"
            ))
            .map_err(wrap)?;
        Ok(Self { connection })
    }

    /// Reads all objects into `world`.
    ///
    /// # Errors
    /// When a row cannot be read.
    pub(super) fn load(&self, path: &Path, world: &mut World) -> Result<(), SimError> {
        let wrap = |e: rusqlite::Error| describe(path, &e);
        let mut statement = self
            .connection
            .prepare("SELECT kind, key, json FROM objects")
            .map_err(wrap)?;
        let rows = statement
            .query_map([], |r| {
                Ok((
                    ObjectId {
                        kind: r.get(0)?,
                        key: r.get(1)?,
                    },
                    r.get::<_, String>(2)?,
                ))
            })
            .map_err(wrap)?;
        for row in rows {
            let (id, json) = row.map_err(wrap)?;
            let value: Value = serde_json::from_str(&json).map_err(|e| SimError::Database {
                path: path.to_path_buf(),
                cause: format!("object {} {} is not JSON: {e}", id.kind, id.key),
            })?;
            world.put_json(id, value);
        }
        world.take_changes();
        Ok(())
    }

    /// Writes the changes in one transaction.
    ///
    /// # Errors
    /// When the disk or the file refuses; nothing is written then.
    pub(super) fn save(&mut self, changes: &[(ObjectId, Option<Value>)]) -> Result<(), String> {
        if changes.is_empty() {
            return Ok(());
        }
        let write = |connection: &mut Connection| -> rusqlite::Result<()> {
            let transaction = connection.transaction()?;
            for (id, value) in changes {
                match value {
                    Some(v) => transaction
                        .prepare_cached(
                            "INSERT INTO objects (kind, key, json) VALUES (?1, ?2, ?3)
                             ON CONFLICT (kind, key) DO UPDATE SET json = excluded.json",
                        )?
                        .execute(params![id.kind, id.key, v.to_string()])?,
                    None => transaction
                        .prepare_cached("DELETE FROM objects WHERE kind = ?1 AND key = ?2")?
                        .execute(params![id.kind, id.key])?,
                };
            }
            transaction.commit()
        };
        write(&mut self.connection).map_err(|e| e.to_string())
    }
}

fn describe(path: &Path, error: &rusqlite::Error) -> SimError {
    let busy = matches!(
        error.sqlite_error_code(),
        Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked)
    );
    SimError::Database {
        path: path.to_path_buf(),
        cause: if busy {
            "another process is using it".to_string()
        } else {
            error.to_string()
        },
    }
}
