//! Copies of a state beside it: one is kept before each run that writes, the newest three stay, and one of them can take the
//! place of a state that is damaged. A copy is whole and checked before it gets its name, and what it replaces is kept aside.
//! Decides nothing about objects: what was made since a copy is not in it.

use super::error::StoreError;
use super::file::{self, with_suffix};
use super::sqlite::{SqliteState, connect_to_write};
use super::tx::Meta;
use jiff::Timestamp;
use rusqlite::{Connection, params};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// So many copies stay.
pub const KEPT: usize = 3;

/// How far the serial jumps when that of a damaged state can't be read: no plan that was saved before may fit again.
const SERIALS_LEFT_OUT: u64 = 1_000_000;

/// What became of the wish to keep a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// There is nothing to keep yet.
    Nothing,
    /// The newest copy is of this very state.
    Unchanged,
    /// A copy was made.
    Copied(PathBuf),
}

/// A copy that was looked at and is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// Its file.
    pub path: PathBuf,
    /// The state's name.
    pub lineage: Option<String>,
    /// The state's serial.
    pub serial: u64,
    /// How many objects it has.
    pub objects: usize,
    /// Number of the newest run in it.
    pub last_run: i64,
    /// When the file was written, as far as the file system knows.
    pub made_at: Option<Timestamp>,
}

/// What a state that is replaced said of itself; nothing where it could not be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Remains {
    /// Its serial.
    pub serial: Option<u64>,
    /// Its epoch.
    pub epoch: Option<u64>,
}

/// The files that copies of a state are kept in, the newest first.
pub fn files(state: &Path) -> Vec<PathBuf> {
    (1..=KEPT).map(|age| file_of_age(state, age)).collect()
}

fn file_of_age(state: &Path, age: usize) -> PathBuf {
    match age {
        1 => with_suffix(state, ".backup"),
        older => with_suffix(state, &format!(".backup.{older}")),
    }
}

/// Looks at a copy, at every row of it.
///
/// # Errors
/// It is damaged, no state, newer than this program, or not there.
pub fn inspect(path: &Path) -> Result<Copy, StoreError> {
    let mut state = SqliteState::open_copy(path)?;
    // What is encrypted is checked as it is: no key is needed to put a copy back.
    state.verify()?;
    let snapshot = state.outline()?;
    let made_at = fs::metadata(path).and_then(|meta| meta.modified()).ok();
    Ok(Copy {
        path: path.to_path_buf(),
        lineage: snapshot.lineage,
        serial: snapshot.serial,
        objects: snapshot.resources.len(),
        last_run: state.history(1)?.first().map_or(0, |run| run.id.0),
        made_at: made_at.and_then(|time| Timestamp::try_from(time).ok()),
    })
}

/// The newest copy that is whole.
pub fn newest_good(state: &Path) -> Option<Copy> {
    files(state).iter().find_map(|path| inspect(path).ok())
}

/// Keeps a copy of the database behind `conn`, whose rows are whole, unless the newest copy has the same serial.
pub(super) fn keep(conn: &Connection, path: &Path) -> Result<Kept, StoreError> {
    let meta = Meta::read(conn, path)?;
    if meta.serial == 0 {
        return Ok(Kept::Nothing);
    }
    let newest = file_of_age(path, 1);
    let same = |copy: &Meta| (&copy.lineage, copy.serial) == (&meta.lineage, meta.serial);
    if SqliteState::open_copy(&newest)
        .is_ok_and(|mut copy| copy.meta().is_ok_and(|copy| copy.as_ref().is_some_and(same)))
    {
        return Ok(Kept::Unchanged);
    }
    let new = with_suffix(path, ".backup.new");
    match fs::remove_file(&new) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(StoreError::io("write", &new, e)),
        _ => {}
    }
    let copied = copy_into(conn, path, &new);
    if copied.is_err() {
        let _ = fs::remove_file(&new);
    }
    copied?;
    for age in (1..KEPT).rev() {
        let (from, to) = (file_of_age(path, age), file_of_age(path, age + 1));
        match fs::rename(&from, &to) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(StoreError::io("rename", &from, e)),
            _ => {}
        }
    }
    fs::rename(&new, &newest).map_err(|e| StoreError::io("rename", &new, e))?;
    file::sync_directory_of(path)?;
    Ok(Kept::Copied(newest))
}

fn copy_into(conn: &Connection, path: &Path, new: &Path) -> Result<(), StoreError> {
    // Made first, as SQLite would make it readable for everyone.
    let made = file::create_private(new)?;
    let text = new.to_str().ok_or_else(|| StoreError::Io {
        what: "name",
        path: new.to_path_buf(),
        source: Arc::new(std::io::Error::other("the path is not Unicode")),
    })?;
    conn.execute("VACUUM INTO ?1", [text])
        .map_err(|e| StoreError::sqlite(path, e))?;
    made.sync_all().map_err(|e| StoreError::io("write", new, e))
}

/// Puts a copy in the place of a state. What was there is kept under another name, which is returned. Nobody may be writing:
/// whoever still has the former file open is refused from then on, as is every plan made from it.
///
/// # Errors
/// The copy is not whole, or a file can't be written; then the state is as it was.
pub fn restore(state: &Path, copy: &Copy, remains: Remains, now: Timestamp) -> Result<Option<PathBuf>, StoreError> {
    let new = with_suffix(state, &format!(".restored-{}", std::process::id()));
    let made = prepare(&new, copy, remains);
    if let Err(error) = made {
        let _ = fs::remove_file(&new);
        return Err(error);
    }
    let aside = free_name(state, now);
    // The log goes first: SQLite would put what it holds into the restored database.
    for suffix in ["-wal", "-shm"] {
        let from = with_suffix(state, suffix);
        if from.exists() {
            fs::rename(&from, with_suffix(&aside, suffix)).map_err(|e| StoreError::io("rename", &from, e))?;
        }
    }
    let was_there = state.exists();
    if was_there {
        // A second name first, so that there is a state at every moment.
        if fs::hard_link(state, &aside).is_err() {
            let mut to = file::create_private(&aside)?;
            let mut from = fs::File::open(state).map_err(|e| StoreError::io("open", state, e))?;
            std::io::copy(&mut from, &mut to)
                .and_then(|_| to.sync_all())
                .map_err(|e| StoreError::io("write", &aside, e))?;
        }
    }
    fs::rename(&new, state).map_err(|e| StoreError::io("rename", &new, e))?;
    file::sync_directory_of(state)?;
    Ok(was_there.then_some(aside))
}

fn prepare(new: &Path, copy: &Copy, remains: Remains) -> Result<(), StoreError> {
    let _ = fs::remove_file(new);
    let mut to = file::create_private(new)?;
    let mut from = fs::File::open(&copy.path).map_err(|e| StoreError::io("open", &copy.path, e))?;
    std::io::copy(&mut from, &mut to)
        .and_then(|_| to.sync_all())
        .map_err(|e| StoreError::io("write", new, e))?;
    let serial = match remains.serial {
        Some(serial) => serial.max(copy.serial).wrapping_add(1),
        None => copy.serial.wrapping_add(SERIALS_LEFT_OUT),
    };
    let fail = |e| StoreError::sqlite(new, e);
    let conn = connect_to_write(new)?;
    conn.execute("DELETE FROM lock", []).map_err(fail)?;
    conn.execute(
        "UPDATE meta SET serial = ?1, epoch = max(epoch, ?2) + 1",
        params![serial.cast_signed(), remains.epoch.unwrap_or(0).cast_signed()],
    )
    .map_err(fail)?;
    conn.close().map_err(|(_, e)| fail(e))?;
    to.sync_all().map_err(|e| StoreError::io("write", new, e))
}

/// A name for a state that is put aside.
fn free_name(state: &Path, now: Timestamp) -> PathBuf {
    let stamp = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    let name = with_suffix(state, &format!(".damaged-{stamp}"));
    let mut free = name.clone();
    let mut number = 1;
    while free.exists() || with_suffix(&free, "-wal").exists() {
        number += 1;
        free = with_suffix(&name, &format!("-{number}"));
    }
    free
}
