//! `headworks state restore`: puts a copy in the place of a state that can't be used. What was there is kept aside, and what the
//! copy can't know is said. Never calls a cloud.

use crate::base::Diag;
use crate::cli::pipeline::{Machine, state_error, state_path};
use crate::cli::{
    CommandResult, Context, Exit, Failure, backups, codes, environment, locking, operator, savedplan, statekey,
};
use crate::store::backup::{self, Copy, Remains};
use crate::store::sqlite::OpenMode;
use crate::store::{Holder, RunRecord, SqliteStore, Store, StoreError, lock};
use jiff::Timestamp;
use std::path::Path;
use std::time::Duration;

/// More runs than these are counted, not listed.
const RUNS_LISTED: usize = 10;

/// Runs the command.
pub(super) fn run(cx: &Context, file: Option<&Path>, force: bool) -> CommandResult {
    let path = state_path(cx);
    let copy = chosen(&path, file)?;
    let present = present(&path, &copy, force)?;
    // The connection is closed by now. Whoever waits for the lock has the former file, and is refused when it is replaced.
    let now = Timestamp::now();
    let aside = backup::restore(&path, &copy, present.remains, now).map_err(|e| state_error(&e))?;
    cx.output.note(&format!(
        "Restored {} from {} (serial {}, {}{}).",
        path.display(),
        copy.path.display(),
        copy.serial,
        backups::objects(copy.objects),
        backups::age(copy.made_at, now)
    ));
    if let Some(aside) = aside {
        cx.output
            .note(&format!("The former state is kept as {}.", aside.display()));
    }
    cx.output.note(&missing(&copy, present.runs.as_deref()));
    Ok(Exit::Fine)
}

/// The copy to restore: the one named, or the newest that is whole.
fn chosen(state: &Path, file: Option<&Path>) -> Result<Copy, Failure> {
    let Some(file) = file else {
        return backup::newest_good(state).ok_or_else(|| {
            let tried = backup::files(state);
            let tried = tried.iter().filter(|path| path.exists());
            let why = tried.filter_map(|path| backup::inspect(path).err().map(|e| e.to_string()));
            let why: Vec<String> = why.collect();
            let detail = match why.is_empty() {
                true => format!("There is none beside {}.", state.display()),
                false => format!("{}.", why.join("; ")),
            };
            Diag::error(codes::NOT_FOUND, "There is no backup that is whole")
                .detail(detail)
                .help("name a copy: headworks state restore FILE; without one, import the objects: headworks import ADDRESS ID")
                .into()
        });
    };
    backup::inspect(file).map_err(|error| {
        Diag::error(codes::STATE, format!("{} can't be restored", file.display()))
            .detail(error.to_string())
            .help("the state was left as it is; name another copy")
            .into()
    })
}

/// What the present state tells, as far as it can still be read.
#[derive(Default)]
struct Present {
    runs: Option<Vec<RunRecord>>,
    remains: Remains,
}

/// Looks at what is to be replaced: takes its lock if it has one that works, and refuses to replace what is whole.
fn present(path: &Path, copy: &Copy, force: bool) -> Result<Present, Failure> {
    let opened = SqliteStore::open_with(path, OpenMode::ReadWrite, Timestamp::now(), statekey::secret()?, None);
    let store = match opened {
        Ok(store) => store,
        Err(StoreError::Missing { .. }) => return Ok(Present::default()),
        Err(error) if unusable(&error) => return Ok(Present::default()),
        Err(error) => return Err(state_error(&error).into()),
    };
    let machine = Machine::offline()?;
    let wait = |reply| machine.runtime.block_on(reply);
    let holder = Holder::this_process(operator::who(&environment), "state restore");
    let taken = machine
        .runtime
        .block_on(lock::acquire(&store, &holder, Duration::ZERO, &locking::outlook()));
    let epoch = match taken {
        Ok(lease) => Some(lease.epoch),
        Err(error) if unusable(&error) => None,
        Err(error) => return Err(state_error(&error).into()),
    };
    let loaded = wait(store.outline());
    let remains = Remains {
        serial: loaded.as_ref().ok().map(|now| now.serial),
        epoch,
    };
    let refused = match loaded {
        Ok(_) if force => None,
        Ok(now) if now.lineage != copy.lineage => Some(format!(
            "{} is whole, and of another state ({}) than {}.",
            path.display(),
            now.lineage.as_deref().map_or("without a name".into(), savedplan::short),
            copy.path.display()
        )),
        Ok(now) => Some(format!(
            "{} is whole: serial {}, {}. The backup has serial {}.",
            path.display(),
            now.serial,
            backups::objects(now.resources.len()),
            copy.serial
        )),
        Err(_) => None,
    };
    let runs = machine.runtime.block_on(store.history(u32::MAX)).ok();
    if let Some(detail) = refused {
        // The lock of a state that stays is given back.
        if let Some(epoch) = epoch {
            let _ = machine.runtime.block_on(store.unlock(epoch));
        }
        return Err(Diag::error(codes::STATE, "The state needs no restoring")
            .detail(detail)
            .help("to forget what was done since the backup all the same, add -force; the state is kept aside")
            .into());
    }
    Ok(Present { runs, remains })
}

/// Whether a state is past use, so that there is no lock to be taken.
fn unusable(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Corrupt { .. }
            | StoreError::Foreign { .. }
            | StoreError::Newer { .. }
            | StoreError::Modified { .. }
            | StoreError::Database { .. }
    )
}

/// What the copy can't know.
fn missing(copy: &Copy, present: Option<&[RunRecord]>) -> String {
    let Some(runs) = present else {
        return "What was done since is not in it, and the former state can't say what that was. ".to_string()
            + OBJECTS;
    };
    let lost: Vec<&RunRecord> = runs.iter().filter(|run| run.id.0 > copy.last_run).collect();
    if lost.is_empty() {
        return "No run is missing: nothing was applied since.".to_string();
    }
    let mut text = format!(
        "Missing: {} since.\n",
        match lost.len() {
            1 => "1 run".to_string(),
            n => format!("{n} runs"),
        }
    );
    for run in lost.iter().rev().take(RUNS_LISTED) {
        text.push_str(&format!(
            "  run {}  {}  {} by {}@{}: {} created, {} updated, {} deleted\n",
            run.id,
            run.started_at.strftime("%Y-%m-%d %H:%M:%S UTC"),
            run.command,
            run.who,
            run.host,
            run.counts.created,
            run.counts.updated,
            run.counts.deleted
        ));
    }
    text + OBJECTS
}

const OBJECTS: &str = "Objects made since go on existing, and the next plan shows them as to be created. Apply finds them by their \
                       name: it takes over those that are as planned, and tells of those that are not. To take over such a one: \
                       headworks import ADDRESS ID.";
