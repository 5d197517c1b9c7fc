//! What may be wrong with a state: its file, its pages, its rows, its lock and what an interrupted run left. Says as much of a
//! damaged database as can be told, and never writes to it or beside it.

use super::error::StoreError;
use super::lock::Outlook;
use super::migrate::{MIGRATIONS, Standing, standing, upgrade};
use super::model::{Holder, LockInfo, OpenStep, ResourceRow};
use super::tx::{Meta, seal};
use super::vault::Vault;
use super::{error, file, lease, lock, rows, runs};
use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A log of this size is not written back as it should be.
const LOG_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// As many findings of one kind are told one by one.
const TOLD_MAX: usize = 20;

/// One thing that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The check that found it.
    pub check: &'static str,
    /// What it is.
    pub what: String,
    /// Why it matters.
    pub why: String,
    /// What to do.
    pub todo: String,
}

impl Finding {
    /// A finding.
    pub fn new(
        check: &'static str,
        what: impl Into<String>,
        why: impl Into<String>,
        todo: impl Into<String>,
    ) -> Finding {
        Finding {
            check,
            what: what.into(),
            why: why.into(),
            todo: todo.into(),
        }
    }
}

/// A copy of the state that stands beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// Its name.
    pub name: String,
    /// Its size.
    pub bytes: u64,
}

/// What was seen of a state.
#[derive(Clone, Debug, Default)]
pub struct Examination {
    /// Whether there is a file.
    pub exists: bool,
    /// Its size.
    pub bytes: u64,
    /// The size of its log.
    pub log_bytes: u64,
    /// Its format, as far as it could be read.
    pub format: Option<i64>,
    /// The name of the state.
    pub lineage: Option<String>,
    /// Its serial.
    pub serial: Option<u64>,
    /// Whether what it holds is encrypted.
    pub encrypted: bool,
    /// The rows that could be read.
    pub rows: Vec<ResourceRow>,
    /// Number of outputs that could be read.
    pub outputs: usize,
    /// Who holds the lock.
    pub lock: Option<LockInfo>,
    /// Copies beside the file.
    pub copies: Vec<Copy>,
    /// What is not as it should be.
    pub findings: Vec<Finding>,
}

impl Examination {
    fn found(&mut self, check: &'static str, what: impl Into<String>, why: &str, todo: impl Into<String>) {
        self.findings.push(Finding::new(check, what, why, todo));
    }

    fn failed(&mut self, check: &'static str, error: &StoreError) {
        let todo = error.help().unwrap_or_else(|| RESTORE.to_string());
        self.found(
            check,
            in_words(error),
            "no command can use a state that can't be read",
            todo,
        );
    }
}

const RESTORE: &str = "headworks state restore puts the newest backup that is whole in its place and keeps the damaged file; or push a document of `state pull`";

/// An error with what caused it.
fn in_words(error: &StoreError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(deeper) = cause {
        let words = deeper.to_string();
        if !text.contains(&words) {
            text.push_str(&format!(": {words}"));
        }
        cause = deeper.source();
    }
    text
}

/// The newest format that this program knows.
pub fn newest_format() -> i64 {
    MIGRATIONS.last().map_or(0, |m| m.version)
}

/// Looks at everything. `here` is this process, to tell whether the holder of the lock is one of this machine.
pub fn examine(path: &Path, here: &Holder, outlook: &Outlook<'_>) -> Examination {
    let mut seen = Examination::default();
    look_at_files(path, &mut seen);
    match file::exists(path) {
        Ok(true) => {}
        Ok(false) => return seen,
        Err(e) => {
            seen.failed("file", &e);
            return seen;
        }
    }
    match Looking::at(path) {
        Ok(looking) => look_inside(path, &looking.conn, here, outlook, &mut seen),
        Err(e) => seen.failed("file", &e),
    }
    seen
}

/// Modes, owners and sizes of the file and of those beside it.
fn look_at_files(path: &Path, seen: &mut Examination) {
    let directory = file::directory_of(path);
    let Some(name) = path.file_name().map(|n| n.to_string_lossy().into_owned()) else {
        return;
    };
    let mut beside: Vec<(String, fs::Metadata)> = Vec::new();
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let other = entry.file_name().to_string_lossy().into_owned();
        if let (true, Ok(meta)) = (other.starts_with(&name), fs::metadata(entry.path())) {
            beside.push((other, meta));
        }
    }
    beside.sort_by(|a, b| a.0.cmp(&b.0));
    for (other, meta) in &beside {
        let rest = other.strip_prefix(&name).unwrap_or_default();
        match rest {
            "" => (seen.exists, seen.bytes) = (true, meta.len()),
            "-wal" => seen.log_bytes = meta.len(),
            "-shm" | "-journal" => {}
            _ if rest.contains(".new-") => {}
            _ => seen.copies.push(Copy {
                name: other.clone(),
                bytes: meta.len(),
            }),
        }
        private(&directory.join(other), meta, seen);
    }
    if seen.log_bytes > LOG_BYTES_MAX {
        seen.found(
            "log",
            format!("the log ({name}-wal) has {} MiB", seen.log_bytes / 1024 / 1024),
            "it is written back into the state when the last program closes it; a log that only grows means that one never does",
            "end programs that have the state open (see `fuser` or `lsof`), then run any command that writes",
        );
    }
    if seen.exists
        && let Ok(meta) = fs::metadata(directory)
    {
        directory_of_state(directory, &meta, seen);
    }
}

#[cfg(unix)]
fn private(path: &Path, meta: &fs::Metadata, seen: &mut Examination) {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let mode = meta.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        seen.found(
            "file-mode",
            format!(
                "other users of this machine can read or write {} (mode {mode:03o})",
                path.display()
            ),
            "the state holds sensitive values and the fingerprints of secrets",
            format!("chmod 600 {}", path.display()),
        );
    }
    let me = fs::metadata("/proc/self").map(|m| m.uid()).ok();
    if let Some(me) = me
        && me != meta.uid()
    {
        seen.found(
            "file-owner",
            format!(
                "{} belongs to user {}, and this is user {me}",
                path.display(),
                meta.uid()
            ),
            "commands of one user may make files that the other can't write",
            "run headworks as one user, or give the files to this one with chown",
        );
    }
}

#[cfg(not(unix))]
fn private(_: &Path, _: &fs::Metadata, _: &mut Examination) {}

#[cfg(unix)]
fn directory_of_state(directory: &Path, meta: &fs::Metadata, seen: &mut Examination) {
    use std::os::unix::fs::PermissionsExt;
    let mode = meta.permissions().mode() & 0o777;
    if mode & 0o002 != 0 {
        seen.found(
            "file-mode",
            format!("everybody can put files into {} (mode {mode:03o})", directory.display()),
            "whoever can do that can put another state in place of this one",
            format!("chmod 700 {}", directory.display()),
        );
    }
}

#[cfg(not(unix))]
fn directory_of_state(_: &Path, _: &fs::Metadata, _: &mut Examination) {}

/// A database open for reading, maybe a copy of it.
struct Looking {
    conn: Connection,
    copy: Option<PathBuf>,
}

impl Drop for Looking {
    fn drop(&mut self) {
        if let Some(copy) = &self.copy {
            let _ = fs::remove_dir_all(copy);
        }
    }
}

impl Looking {
    /// Opens without writing anything: a database without a log as a file that nobody changes, one with a log in use by the
    /// programs that have it open, and one whose log was left behind as a copy in a private directory.
    fn at(path: &Path) -> Result<Looking, StoreError> {
        let bytes = |suffix: &str| fs::metadata(file::with_suffix(path, suffix)).map_or(0, |m| m.len());
        if bytes("-wal") == 0 {
            let conn = open(&uri(path, "immutable=1")).map_err(|e| StoreError::sqlite(path, e))?;
            return Ok(Looking { conn, copy: None });
        }
        if bytes("-shm") > 0
            && let Ok(conn) = open(&uri(path, "mode=ro"))
        {
            return Ok(Looking { conn, copy: None });
        }
        let directory = std::env::temp_dir().join(format!("headworks-doctor-{}", uuid::Uuid::new_v4()));
        file::create_directory(&directory)?;
        let copied = copy_with_log(path, &directory).and_then(|copy| {
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            Connection::open_with_flags(&copy, flags).map_err(|e| StoreError::sqlite(path, e))
        });
        match copied {
            Ok(conn) => Ok(Looking {
                conn,
                copy: Some(directory),
            }),
            Err(e) => {
                let _ = fs::remove_dir_all(&directory);
                Err(e)
            }
        }
    }
}

fn copy_with_log(path: &Path, directory: &Path) -> Result<PathBuf, StoreError> {
    let copy = directory.join("state.db");
    for suffix in ["", "-wal"] {
        let to = file::with_suffix(&copy, suffix);
        let from = file::with_suffix(path, suffix);
        let mut target = file::create_private(&to)?;
        fs::File::open(&from)
            .and_then(|mut source| std::io::copy(&mut source, &mut target))
            .map_err(|e| StoreError::io("read", &from, e))?;
    }
    Ok(copy)
}

fn uri(path: &Path, parameter: &str) -> String {
    let text = path.to_string_lossy();
    let text = text.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    format!("file:{text}?{parameter}")
}

fn open(uri: &str) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(uri, flags)?;
    conn.busy_timeout(Duration::from_secs(5))?;
    conn.pragma_update(None, "trusted_schema", false)?;
    conn.pragma_update(None, "cell_size_check", true)?;
    conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
    Ok(conn)
}

fn look_inside(path: &Path, conn: &Connection, here: &Holder, outlook: &Outlook<'_>, seen: &mut Examination) {
    seen.format = conn.query_row("PRAGMA user_version", [], |row| row.get(0)).ok();
    pages(conn, path, seen);
    let standing = match standing(conn, path, MIGRATIONS) {
        Ok(standing) => standing,
        Err(e) => {
            seen.failed("format", &e);
            // What the tables of a foreign or newer database mean is not known.
            if !matches!(e, StoreError::Corrupt { .. }) {
                return;
            }
            Standing::Current
        }
    };
    match standing {
        Standing::Empty => seen.found(
            "format",
            "the database has no tables",
            "it was emptied by another program: headworks never leaves one without tables",
            RESTORE,
        ),
        Standing::Current => contents(path, conn, here, outlook, seen),
        Standing::Older(_) => match upgraded(path, conn, (outlook.now)()) {
            Ok(newer) => contents(path, &newer, here, outlook, seen),
            Err(e) => seen.failed("format", &e),
        },
    }
}

/// A copy in memory, in the newest format.
fn upgraded(path: &Path, conn: &Connection, now: Timestamp) -> Result<Connection, StoreError> {
    let fail = |e| StoreError::sqlite(path, e);
    let mut copy = Connection::open_in_memory().map_err(fail)?;
    rusqlite::backup::Backup::new(conn, &mut copy)
        .and_then(|backup| backup.run_to_completion(1024, Duration::ZERO, None))
        .map_err(fail)?;
    upgrade(&mut copy, path, MIGRATIONS, now, &|conn| seal(conn, path))?;
    Ok(copy)
}

/// SQLite's own look at its pages, and references between tables.
fn pages(conn: &Connection, path: &Path, seen: &mut Examination) {
    let words: rusqlite::Result<Vec<String>> = conn
        .prepare("PRAGMA integrity_check(10)")
        .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect());
    match words {
        Ok(words) if words == ["ok"] => {}
        Ok(words) => seen.found(
            "pages",
            format!("pages of the database are damaged: {}", words.join("; ")),
            "rows may be lost or wrong; a disk or a program other than headworks wrote to the file",
            RESTORE,
        ),
        Err(e) => seen.failed("pages", &StoreError::sqlite(path, e)),
    }
    let strays = conn.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| {
        row.get::<_, i64>(0)
    });
    if let Ok(strays @ 1..) = strays {
        seen.found(
            "references",
            format!("{strays} rows name a run that is not there"),
            "history was changed by another program",
            RESTORE,
        );
    }
}

fn contents(path: &Path, conn: &Connection, here: &Holder, outlook: &Outlook<'_>, seen: &mut Examination) {
    let meta = Meta::read(conn, path);
    // Of an encrypted state the sums are checked; what it holds can't be looked at without its key.
    let clear = meta.as_ref().is_ok_and(|meta| meta.cipher.is_none());
    let survey = rows::survey(conn, clear.then_some(&Vault::Clear));
    let damaged = survey.damaged.len();
    for what in survey.damaged.into_iter().take(TOLD_MAX) {
        seen.found(
            "rows",
            what,
            "its checksum says that it is not what headworks wrote; no command reads a state with such a row",
            "restore a copy, or drop the row with `headworks state rm ADDRESS` and take the object in again with import",
        );
    }
    if damaged > TOLD_MAX {
        seen.found(
            "rows",
            format!("{} more rows are damaged", damaged - TOLD_MAX),
            "see above",
            RESTORE,
        );
    }
    match meta {
        Ok(meta) => {
            seen.encrypted = meta.cipher.is_some();
            if damaged == 0 && (survey.count, survey.sum) != (meta.count, meta.sum) {
                seen.found(
                    "total",
                    format!(
                        "the state should hold {} resources and outputs and has {}, or others than it should",
                        meta.count, survey.count
                    ),
                    "rows were lost, added or put back by another program",
                    RESTORE,
                );
            }
            (seen.lineage, seen.serial) = (meta.lineage, Some(meta.serial));
        }
        Err(e) => seen.failed("lineage", &e),
    }
    if seen.lineage.is_none() && seen.serial.is_some() && survey.runs > 0 {
        seen.found(
            "lineage",
            "the state has no lineage, though runs were recorded",
            "saved plans and documents can't be told from those of other states",
            "run `headworks apply`: it gives the state a name",
        );
    }
    (seen.rows, seen.outputs) = (survey.rows, survey.outputs);
    let alive = look_at_lock(path, conn, here, outlook, seen);
    look_at_runs(path, conn, alive, seen);
}

/// Whether somebody is at work.
fn look_at_lock(path: &Path, conn: &Connection, here: &Holder, outlook: &Outlook<'_>, seen: &mut Examination) -> bool {
    let info = match lease::info(conn, path) {
        Ok(Some(info)) => info,
        Ok(None) => return false,
        Err(e) => {
            seen.failed("lock", &e);
            return false;
        }
    };
    let now = (outlook.now)();
    let age_s = now.duration_since(info.acquired_at).as_secs();
    let whose = error::describe(&info, Some(age_s));
    let dead = lock::is_dead(&info.holder, here, outlook.is_running);
    let expired = info.expires_at <= now;
    if dead || expired {
        let what = match dead {
            true => format!("the lock is held by {whose}, and that process does not run any more"),
            false => format!("the lock of {whose} has run out, and nobody gave it back"),
        };
        seen.found(
            "lock",
            what,
            "the command that held it was cut off; the next one that writes takes the lock over by itself",
            format!("run `headworks apply`, or `headworks state unlock {}`", info.holder.who),
        );
    }
    seen.lock = Some(info);
    !dead && !expired
}

/// What interrupted runs left. While somebody is at work, open steps are as they should be.
fn look_at_runs(path: &Path, conn: &Connection, at_work: bool, seen: &mut Examination) {
    let steps = match runs::open_steps(conn, path, None) {
        Ok(steps) => steps,
        Err(e) => {
            seen.failed("journal", &e);
            Vec::new()
        }
    };
    match runs::open_runs(conn, path) {
        Err(e) => seen.failed("history", &e),
        Ok(open) if at_work => drop(open),
        Ok(open) => {
            for run in open.iter().take(TOLD_MAX) {
                seen.found(
                    "open-run",
                    format!(
                        "run {} ({} by {} on {} at {}) was cut off and has no end",
                        run.id,
                        run.command,
                        run.who,
                        run.host,
                        run.started_at.strftime("%Y-%m-%d %H:%M:%S UTC")
                    ),
                    "steps that it did not reach were not done",
                    "run `headworks apply`: it closes the run and goes on with what is left",
                );
            }
        }
    }
    if at_work {
        return;
    }
    for step in steps.iter().take(TOLD_MAX) {
        seen.found(
            "open-step",
            open_step(step),
            "its call may have had its effect, though the answer never came",
            "run `headworks apply`: it looks what became of it; where looking does not tell, `headworks state settle` does",
        );
    }
    if steps.len() > TOLD_MAX {
        let what = format!("{} more steps are open", steps.len() - TOLD_MAX);
        seen.found("open-step", what, "see above", "run `headworks apply`");
    }
}

fn open_step(step: &OpenStep) -> String {
    let began = step
        .began_at
        .map_or_else(String::new, |t| format!(" at {}", t.strftime("%Y-%m-%d %H:%M:%S UTC")));
    let attempts = match step.attempts {
        0 | 1 => String::new(),
        n => format!(" ({n} attempts)"),
    };
    format!(
        "{}, {} {}, began{began} and has no known end{attempts}",
        step.step,
        step.intent.action.as_str(),
        step.intent.target
    )
}
