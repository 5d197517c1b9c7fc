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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{
        Holder, Intent, LockRequest, NewRun, OpenMode, OutputRow, ResourceRow, RowChange, RowWrite, StepAction,
        StepFailure, StepRef, WriteCx,
    };
    use jiff::Timestamp;
    use std::time::Duration;

    const CONTENT: &str = "planted-content";

    fn key(byte: u8) -> Option<StateSecret> {
        StateSecret::key(&format!("{byte:02x}").repeat(32))
    }

    fn open(path: &Path, secret: Option<StateSecret>) -> SqliteState {
        let state = SqliteState::open(path, OpenMode::CreateIfMissing, Timestamp::UNIX_EPOCH).expect("opens");
        state.with_secret(secret)
    }

    /// Every column that can hold content has some.
    fn fill(state: &mut SqliteState) -> WriteCx {
        let request = LockRequest {
            holder: Holder::this_process("ada", "apply"),
            lease: Duration::from_secs(60),
            now: Timestamp::UNIX_EPOCH,
            dead_epoch: None,
        };
        let epoch = state.write(|tx| tx.lock(&request)).expect("locks").epoch;
        let cx = WriteCx {
            epoch,
            run: None,
            now: Timestamp::UNIX_EPOCH,
        };
        let text = || format!("\"{CONTENT}\"");
        let addr = |name: &str| format!("terraform_data.{name}").parse().expect("an address");
        let intent = Intent {
            identity: Some(text()),
            request_digest: Some(CONTENT.into()),
            planned: Some(text()),
            ..Intent::new(crate::store::RowKey::from(addr("open")), StepAction::Create)
        };
        let run = NewRun {
            who: "ada".into(),
            host: "build-7".into(),
            command: "apply".into(),
            commit: None,
            tool_version: "0.1.0".into(),
            plan_digest: None,
            basis: None,
            moves: Vec::new(),
            steps: vec![intent],
        };
        let rows = ["a", "b"].map(|name| RowWrite {
            step: None,
            change: RowChange::Put(Box::new(ResourceRow::new(addr(name), "terraform", text()))),
        });
        let output = OutputRow {
            name: "text".into(),
            value: text(),
            ty: "\"string\"".into(),
            sensitive: true,
        };
        let write = state.write(|tx| {
            let run = tx.begin_run(&cx, &run)?;
            let step = StepRef { run, seq: 0 };
            tx.begin_step(&cx, step)?;
            tx.note_identity(&cx, step, &text())?;
            let failure = StepFailure {
                change: RowChange::None,
                error: CONTENT.into(),
                effect_unknown: true,
            };
            tx.fail_step(&cx, step, &failure)?;
            tx.put_rows(&cx, &rows)?;
            tx.set_outputs(&cx, &[output])?;
            tx.set_check_results(&cx, Some(&text()))
        });
        write.expect("writes");
        cx
    }

    fn on_disk(path: &Path) -> bool {
        let files =
            ["", "-wal", "-shm"].map(|suffix| std::fs::read(file::with_suffix(path, suffix)).unwrap_or_default());
        files
            .iter()
            .any(|bytes| bytes.windows(CONTENT.len()).any(|w| w == CONTENT.as_bytes()))
    }

    #[test]
    fn every_column_is_encrypted_and_comes_back_and_the_serial_stays() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("state.db");
        let mut state = open(&path, None);
        let cx = fill(&mut state);
        let all = |state: &mut SqliteState| {
            let open = state.open_steps().expect("reads");
            (
                state.load().expect("loads"),
                open,
                state.fingerprint_key().expect("reads"),
            )
        };
        let before = all(&mut state);
        assert!(on_disk(&path));
        for secret in [
            key(1),
            key(2),
            StateSecret::passphrase("a passphrase for tests"),
            None,
            key(1),
        ] {
            state.recrypt(cx.epoch, secret.clone()).expect("written anew");
            assert_eq!(on_disk(&path), secret.is_none());
            assert_eq!(state.is_encrypted().expect("reads"), Some(secret.is_some()));
            assert_eq!(all(&mut state), before);
            state.verify().expect("whole");
            assert_eq!(all(&mut open(&path, secret)), before);
        }
        // Not by one who has lost the lock.
        assert!(matches!(
            state.recrypt(cx.epoch + 1, None),
            Err(StoreError::LostLock(_))
        ));
        assert_eq!(all(&mut state), before);
    }

    #[test]
    fn a_state_is_encrypted_from_its_birth() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("state.db");
        let mut state = open(&path, key(1));
        let cx = fill(&mut state);
        assert!(!on_disk(&path));
        let serial = state.load().expect("loads").serial;
        let row = ResourceRow::new(
            "terraform_data.a".parse().expect("an address"),
            "terraform",
            format!("\"{CONTENT}\""),
        );
        let write = RowWrite {
            step: None,
            change: RowChange::Put(Box::new(row)),
        };
        state.write(|tx| tx.put_rows(&cx, &[write])).expect("writes");
        assert_eq!(
            state.load().expect("loads").serial,
            serial,
            "a row that did not change is left alone"
        );
        let mut other = open(&path, None);
        assert!(matches!(other.load(), Err(StoreError::KeyNeeded { .. })));
        assert_eq!(other.outline().expect("reads").resources.len(), 2);
        other.verify().expect("whole");
        assert!(matches!(
            other.write(|tx| tx.set_check_results(&cx, Some("x"))),
            Err(StoreError::KeyNeeded { .. })
        ));
        assert!(matches!(open(&path, key(2)).load(), Err(StoreError::WrongKey { .. })));
    }

    #[test]
    fn a_value_of_another_row_does_not_open_though_its_checksum_fits() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("state.db");
        let mut state = open(&path, key(1));
        fill(&mut state);
        let conn = Connection::open(&path).expect("opens");
        let stored = |address: &str| -> String {
            conn.query_row(
                "SELECT attributes FROM resources WHERE address = ?1",
                [address],
                |row| row.get(0),
            )
            .expect("there")
        };
        let (a, b) = (stored("terraform_data.a"), stored("terraform_data.b"));
        for forged in [b.as_str(), "\"clear\"", "sealed:AAAA"] {
            rows::forge(&conn, &path, "terraform_data.a", forged).expect("forged");
            let error = state.load().expect_err("noticed");
            assert!(error.to_string().contains("does not decrypt"), "{error}");
        }
        rows::forge(&conn, &path, "terraform_data.a", &a).expect("put back");
        // The sum over all rows was that of these rows before.
        state.load().expect("whole again");
    }

    #[test]
    fn copies_beside_the_state_are_found_and_its_own_files_are_none() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("state.db");
        for name in [
            "state.db",
            "state.db-wal",
            "state.db-shm",
            "state.db-0002-x.bak",
            "sim.db",
            "state.dbx",
        ] {
            std::fs::write(dir.path().join(name), "").expect("written");
        }
        let names: Vec<_> = copies(&path)
            .iter()
            .filter_map(|p| p.file_name()?.to_str().map(str::to_string))
            .collect();
        assert_eq!(names, ["state.db-0002-x.bak", "state.dbx"]);
    }
}
