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
    Migration {
        version: 2,
        name: "check_results",
        sql: include_str!("../../state/migrations/0002_check_results.sql"),
    },
    Migration {
        version: 3,
        name: "encryption",
        sql: include_str!("../../state/migrations/0003_encryption.sql"),
    },
    // Migration { version: 4, name: "...", sql: include_str!("../../state/migrations/0004_....sql") },
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
    let mut name = path.as_os_str().to_owned();
    name.push(format!("-{version:04}-{}.bak", now.strftime("%Y%m%dT%H%M%S%.9fZ")));
    let copy = PathBuf::from(name);
    copy_whole(conn, path, &copy)?;
    Ok(copy)
}

/// Copies a database that is whole into a new file that only its owner may read.
pub(super) fn copy_whole(conn: &Connection, path: &Path, copy: &Path) -> Result<(), StoreError> {
    let check: String = conn
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|e| StoreError::sqlite(path, e))?;
    if check != "ok" {
        return Err(StoreError::Corrupt {
            path: path.to_path_buf(),
            what: check,
        });
    }
    // Made first, as VACUUM INTO would make it readable for everyone.
    let file = super::file::create_private(copy)?;
    let text = copy.to_str().ok_or_else(|| StoreError::Io {
        what: "name",
        path: copy.to_path_buf(),
        source: std::sync::Arc::new(std::io::Error::other("the path is not Unicode")),
    })?;
    conn.execute("VACUUM INTO ?1", [text])
        .map_err(|e| StoreError::sqlite(path, e))?;
    file.sync_all().map_err(|e| StoreError::io("write", copy, e))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::sqlite::{OpenMode, SqliteState};
    use super::*;
    use crate::store::{Holder, Intent, LockRequest, StepAction, StepEnd, StepRef, WriteCx};
    use crate::store::{NewRun, OutputRow, ResourceRow, RowChange, RowStatus, RowWrite, RunOutcome, StateSnapshot};
    use std::time::Duration;

    const SCHEMA: &str = include_str!("../../state/schema.sql");
    const FIXTURE_0001: &str = include_str!("../../state/fixtures/0001.sql");
    const FIXTURE_0002: &str = include_str!("../../state/fixtures/0002.sql");
    const FIXTURE_0003: &str = include_str!("../../state/fixtures/0003.sql");
    const NEXT: Migration = Migration {
        version: 4,
        name: "notes",
        sql: "CREATE TABLE notes (id BIGINT PRIMARY KEY, text TEXT NOT NULL); UPDATE meta SET tool_version = 'next';",
    };
    const NEWER: &[Migration] = &[MIGRATIONS[0], MIGRATIONS[1], MIGRATIONS[2], NEXT];
    const BROKEN: &[Migration] = &[
        MIGRATIONS[0],
        MIGRATIONS[1],
        MIGRATIONS[2],
        Migration {
            version: 4,
            name: "broken",
            sql: "CREATE TABLE notes (id BIGINT PRIMARY KEY); DROP TABLE nothing;",
        },
    ];
    const MODIFIED: &[Migration] = &[Migration {
        sql: "CREATE TABLE other (id BIGINT PRIMARY KEY);",
        ..MIGRATIONS[0]
    }];

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("a time in range")
    }

    fn fresh(migrations: &[Migration]) -> Connection {
        let mut conn = Connection::open_in_memory().expect("memory");
        upgrade(&mut conn, Path::new("memory"), migrations, at(0), &|_| Ok(())).expect("migrates");
        conn
    }

    fn schema(conn: &Connection) -> Vec<(String, String)> {
        let sql = "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name";
        conn.prepare(sql)
            .and_then(|mut s| s.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
            .expect("reads")
    }

    /// The example that fixtures hold: every table has a row.
    fn example(path: &Path) {
        let mut state = SqliteState::open(path, OpenMode::CreateIfMissing, at(0)).expect("opens");
        let holder = Holder {
            who: "ada".into(),
            host: "build-7".into(),
            host_id: "boot-1".into(),
            pid: 100,
            command: "apply".into(),
        };
        let bucket = |name: &str| format!("alicloud_oss_bucket.{name}").parse().expect("an address");
        let row = ResourceRow {
            status: RowStatus::Tainted,
            dependencies: vec!["alicloud_ram_role.r".into()],
            ..ResourceRow::new(bucket("raw[\"a\"]"), "alicloud", "{\"bucket\":\"raw\"}")
        };
        let write = state.write(|tx| {
            let request = LockRequest {
                holder,
                lease: Duration::from_secs(60),
                now: at(1),
                dead_epoch: None,
            };
            let epoch = tx.lock(&request)?.epoch;
            let mut cx = WriteCx {
                epoch,
                run: None,
                now: at(2),
            };
            let intents = ["raw[\"a\"]", "open", "never"].map(|name| Intent::new(bucket(name), StepAction::Create));
            let run = tx.begin_run(
                &cx,
                &NewRun {
                    who: "ada".into(),
                    host: "build-7".into(),
                    command: "apply".into(),
                    commit: None,
                    tool_version: "0.1.0".into(),
                    plan_digest: Some("d1".into()),
                    basis: None,
                    moves: Vec::new(),
                    steps: intents.into(),
                },
            )?;
            cx.run = Some(run);
            tx.begin_step(&cx, StepRef { run, seq: 0 })?;
            tx.begin_step(&cx, StepRef { run, seq: 1 })?;
            let end = StepEnd {
                change: RowChange::Put(Box::new(row)),
                result: Some("request 1".into()),
            };
            tx.end_step(&cx, StepRef { run, seq: 0 }, &end)?;
            let plain = ResourceRow::new("terraform_data.x[3]".parse().expect("an address"), "terraform", "{}");
            let write = RowWrite {
                step: None,
                change: RowChange::Put(Box::new(plain)),
            };
            tx.put_rows(&cx, &[write])?;
            let output = OutputRow {
                name: "url".into(),
                value: "\"oss://raw\"".into(),
                ty: "\"string\"".into(),
                sensitive: false,
            };
            tx.set_outputs(&cx, &[output])?;
            tx.finish_run(&cx, run, RunOutcome::Interrupted, crate::store::RunCounts::default())
        });
        write.expect("writes");
    }

    fn check_example(state: &mut SqliteState) -> StateSnapshot {
        let snapshot = state.load().expect("loads");
        let addresses: Vec<String> = snapshot.resources.iter().map(|r| r.addr.to_string()).collect();
        assert_eq!(addresses, ["alicloud_oss_bucket.raw[\"a\"]", "terraform_data.x[3]"]);
        assert_eq!(snapshot.resources[0].status, RowStatus::Tainted);
        assert_eq!((snapshot.outputs.len(), snapshot.serial), (1, 4));
        let open = state.open_steps().expect("reads");
        assert_eq!((open.len(), open[0].step.seq), (1, 1));
        assert_eq!(state.history(9).expect("reads").len(), 1);
        assert_eq!(state.lock_info().expect("reads").map(|i| i.holder.pid), Some(100));
        snapshot
    }

    /// A database as statements: what makes it and what is in it.
    fn dump(conn: &Connection) -> String {
        let version: i64 = conn
            .query_row("PRAGMA user_version", [], |row| row.get(0))
            .expect("reads");
        let mut out = format!("PRAGMA application_id = 1213680467;\nPRAGMA user_version = {version};\n");
        let tables = "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid";
        let tables: Vec<(String, String)> = conn
            .prepare(tables)
            .and_then(|mut s| s.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
            .expect("reads");
        for (name, sql) in tables {
            out.push_str(&sql);
            out.push_str(";\n");
            if sql.starts_with("CREATE INDEX") {
                continue;
            }
            let mut rows = conn.prepare(&format!("SELECT * FROM {name}")).expect("reads");
            let columns = rows.column_count();
            let mut rows = rows.query([]).expect("reads");
            while let Some(row) = rows.next().expect("reads") {
                let values: Vec<String> = (0..columns)
                    .map(|i| match row.get_ref(i).expect("a value") {
                        rusqlite::types::ValueRef::Null => "NULL".to_string(),
                        rusqlite::types::ValueRef::Integer(n) => n.to_string(),
                        other => format!("'{}'", other.as_str().expect("text").replace('\'', "''")),
                    })
                    .collect();
                out.push_str(&format!("INSERT INTO {name} VALUES ({});\n", values.join(", ")));
            }
        }
        out
    }

    fn from_fixture(dir: &Path) -> PathBuf {
        filled(dir, FIXTURE_0001)
    }

    fn filled(dir: &Path, fixture: &str) -> PathBuf {
        let path = dir.join("state.db");
        let conn = Connection::open(&path).expect("opens");
        conn.execute_batch(fixture).expect("the fixture is SQL");
        path
    }

    #[test]
    fn every_format_that_was_ever_written_is_read() {
        for fixture in [FIXTURE_0001, FIXTURE_0002, FIXTURE_0003] {
            let dir = tempfile::tempdir().expect("a directory");
            let path = filled(dir.path(), fixture);
            for mode in [OpenMode::ReadOnly, OpenMode::ReadWrite, OpenMode::ReadOnly] {
                let mut state = SqliteState::open(&path, mode, at(5)).expect("opens");
                check_example(&mut state);
                state.verify().expect("whole");
            }
        }
    }

    #[test]
    fn versions_rise_by_one_and_the_names_of_files_tell() {
        for (i, migration) in MIGRATIONS.iter().enumerate() {
            assert_eq!(migration.version, i as i64 + 1);
            let file = format!("state/migrations/{:04}_{}.sql", migration.version, migration.name);
            let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&file)).expect(&file);
            assert_eq!(text, migration.sql);
        }
    }

    #[test]
    fn the_schema_is_the_sum_of_the_migrations() {
        let sum = Connection::open_in_memory().expect("memory");
        sum.execute_batch(SCHEMA).expect("the schema is SQL");
        assert_eq!(schema(&sum), schema(&fresh(MIGRATIONS)));
    }

    #[test]
    fn migrating_twice_changes_nothing() {
        let mut conn = fresh(MIGRATIONS);
        let before = dump(&conn);
        upgrade(&mut conn, Path::new("memory"), MIGRATIONS, at(9), &|_| Ok(())).expect("migrates");
        assert_eq!(dump(&conn), before);
        assert_eq!(
            standing(&conn, Path::new("memory"), MIGRATIONS).expect("ours"),
            Standing::Current
        );
    }

    #[test]
    fn an_upgrade_keeps_all_rows_and_leaves_a_copy() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = from_fixture(dir.path());
        let mut old = SqliteState::open(&path, OpenMode::ReadWrite, at(5)).expect("opens");
        let before = check_example(&mut old);
        drop(old);
        // Someone who only reads gets the new format without touching the file.
        let bytes = std::fs::read(&path).expect("read");
        let mut reader = SqliteState::open_with(&path, OpenMode::ReadOnly, at(6), NEWER).expect("opens");
        assert_eq!(check_example(&mut reader), before);
        drop(reader);
        assert_eq!(std::fs::read(&path).expect("read"), bytes);

        let mut new = SqliteState::open_with(&path, OpenMode::ReadWrite, at(6), NEWER).expect("upgrades");
        assert_eq!(check_example(&mut new), before);
        new.verify().expect("whole");
        drop(new);
        let mut copies: Vec<PathBuf> = std::fs::read_dir(dir.path())
            .expect("listed")
            .map(|e| e.expect("an entry").path())
            .filter(|p| p.to_string_lossy().ends_with(".bak"))
            .collect();
        copies.sort();
        // One of the upgrade from the first format when the fixture was opened, one of that to the newer.
        assert_eq!(copies.len(), 2);
        for (copy, format) in copies.iter().zip(["0001", "0003"]) {
            assert!(
                copy.to_string_lossy().contains(&format!("state.db-{format}-2027")),
                "{copy:?}"
            );
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&copies[0]).expect("there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let mut copy = SqliteState::open(&copies[0], OpenMode::ReadWrite, at(7)).expect("opens");
        assert_eq!(check_example(&mut copy), before);

        for mode in [OpenMode::ReadOnly, OpenMode::ReadWrite, OpenMode::CreateIfMissing] {
            let error = SqliteState::open(&path, mode, at(8)).expect_err("newer");
            let StoreError::Newer { found: 4, known: 3, .. } = error else {
                panic!("{error}");
            };
            assert!(error.to_string().contains("format 4"), "{error}");
            assert!(error.help().expect("a help").contains("newer one"));
        }
    }

    #[test]
    fn an_upgrade_that_fails_leaves_the_old_state() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = from_fixture(dir.path());
        assert!(SqliteState::open_with(&path, OpenMode::ReadWrite, at(6), BROKEN).is_err());
        let mut old = SqliteState::open(&path, OpenMode::ReadWrite, at(7)).expect("opens");
        check_example(&mut old);
    }

    #[test]
    fn a_modified_migration_is_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = from_fixture(dir.path());
        let error = SqliteState::open_with(&path, OpenMode::ReadWrite, at(6), MODIFIED).expect_err("refused");
        assert!(matches!(error, StoreError::Modified { version: 1, .. }), "{error}");
    }

    #[test]
    fn the_fixture_is_what_this_version_writes() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("state.db");
        example(&path);
        let conn = Connection::open(&path).expect("opens");
        // What is random in a new state is fixed here, with its checksum.
        let key = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
        let lineage = "6f1d0c1e-0000-4000-8000-000000000001";
        let sum = super::super::checksum::Checksum::new()
            .option(Some(lineage))
            .text(key)
            .finish();
        conn.execute(
            "UPDATE meta SET lineage = ?1, fingerprint_key = ?2, checksum = ?3, tool_version = '0.1.0'",
            params![lineage, key, sum],
        )
        .expect("updates");
        let text = dump(&conn);
        if std::env::var_os("HEADWORKS_BLESS").is_some() {
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("state/fixtures/0003.sql");
            std::fs::write(file, &text).expect("written");
        }
        assert_eq!(text, FIXTURE_0003);
    }
}
