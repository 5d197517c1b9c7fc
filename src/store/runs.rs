//! Runs and their steps as rows. The order of events is decided by `journal`; here it is made to last.

use super::error::StoreError;
use super::journal::{Event, Phase, next_status};
use super::model::{
    Intent, NewRun, OpenStep, RowChange, RowKey, RowWrite, RunCounts, RunId, RunOutcome, RunRecord, StepAction,
    StepEnd, StepFailure, StepRef, WriteCx,
};
use super::rows;
use super::tx::{Tx, timestamp, unsigned};
use super::vault::Vault;
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::borrow::Cow;
use std::path::Path;

/// Steps of this many newest runs stay; of older ones only the line of history, unless a step is still open.
const RUNS_WITH_STEPS: i64 = 50;

impl StepAction {
    const ALL: [StepAction; 6] = [
        StepAction::Create,
        StepAction::Update,
        StepAction::Delete,
        StepAction::Import,
        StepAction::Read,
        StepAction::Forget,
    ];

    /// The word stored.
    pub fn as_str(self) -> &'static str {
        match self {
            StepAction::Create => "create",
            StepAction::Update => "update",
            StepAction::Delete => "delete",
            StepAction::Import => "import",
            StepAction::Read => "read",
            StepAction::Forget => "forget",
        }
    }
}

impl RunOutcome {
    const ALL: [RunOutcome; 4] = [
        RunOutcome::Done,
        RunOutcome::Failed,
        RunOutcome::Interrupted,
        RunOutcome::Recovered,
    ];

    /// The word stored.
    pub fn as_str(self) -> &'static str {
        match self {
            RunOutcome::Done => "done",
            RunOutcome::Failed => "failed",
            RunOutcome::Interrupted => "interrupted",
            RunOutcome::Recovered => "recovered",
        }
    }
}

impl Tx<'_> {
    /// See [`Store::begin_run`](super::Store::begin_run).
    ///
    /// # Errors
    /// [`StoreError::LostLock`], [`StoreError::Stale`].
    pub fn begin_run(&self, cx: &WriteCx, run: &NewRun) -> Result<RunId, StoreError> {
        self.fence(cx.epoch)?;
        if let Some(basis) = &run.basis {
            self.check_basis(basis)?;
        }
        let id: i64 = self
            .prepare("SELECT coalesce(max(id), 0) + 1 FROM runs")?
            .query_row([], |row| row.get(0))
            .map_err(|e| self.fail(e))?;
        self.execute(
            "INSERT INTO runs (id, started_at, who, host, command, commit_id, tool_version, plan_digest) VALUES (?1, \
             ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                id,
                cx.now.to_string(),
                run.who,
                run.host,
                run.command,
                run.commit,
                run.tool_version,
                run.plan_digest,
            ],
        )?;
        rows::rename(self, cx, &run.moves)?;
        for (seq, intent) in run.steps.iter().enumerate() {
            self.insert_step(id, seq, intent)?;
        }
        self.begin_lineage();
        self.bump_serial();
        self.lock_runs(cx, Some(RunId(id)))?;
        Ok(RunId(id))
    }

    fn insert_step(&self, run: i64, seq: usize, intent: &Intent) -> Result<(), StoreError> {
        let after = serde_json::Value::from(intent.after.clone()).to_string();
        let step = StepRef {
            run: RunId(run),
            seq: u32::try_from(seq).unwrap_or(u32::MAX),
        };
        self.execute(
            "INSERT INTO journal (run_id, seq, address, deposed, action, phase, identity, request_digest, token, \
             planned, after_steps) VALUES (?1, ?2, ?3, ?4, ?5, 'planned', ?6, ?7, ?8, ?9, ?10)",
            params![
                run,
                i64::try_from(seq).unwrap_or(i64::MAX),
                intent.target.addr.to_string(),
                intent.target.deposed.as_deref().unwrap_or(""),
                intent.action.as_str(),
                self.sealed(step, "identity", intent.identity.as_deref())?,
                self.sealed(step, "request_digest", intent.request_digest.as_deref())?,
                intent.token,
                self.sealed(step, "planned", intent.planned.as_deref())?,
                after,
            ],
        )?;
        Ok(())
    }

    /// A value of a step as its column holds it.
    fn sealed<'t>(
        &self,
        step: StepRef,
        column: &str,
        text: Option<&'t str>,
    ) -> Result<Option<Cow<'t, str>>, StoreError> {
        let rows = step_place(step);
        self.vault().seal_option(&["journal", column, &rows], text)
    }

    /// Moves a step on, if the event may follow.
    fn advance(&self, step: StepRef, event: Event) -> Result<Phase, StoreError> {
        let word: Option<String> = self
            .prepare("SELECT phase FROM journal WHERE run_id = ?1 AND seq = ?2")?
            .query_row(params![step.run.0, step.seq], |row| row.get(0))
            .optional()
            .map_err(|e| self.fail(e))?;
        let word = word.ok_or_else(|| StoreError::NoSuchStep {
            what: format!("the journal has no {step}"),
        })?;
        let phase = Phase::parse(&word).ok_or_else(|| StoreError::Corrupt {
            path: self.path().to_path_buf(),
            what: format!("{step} has the phase {word:?}"),
        })?;
        let next = next_status(phase, event).map_err(|source| StoreError::Journal { step, source })?;
        if next != phase {
            self.execute(
                "UPDATE journal SET phase = ?3 WHERE run_id = ?1 AND seq = ?2",
                params![step.run.0, step.seq, next.as_str()],
            )?;
        }
        Ok(next)
    }

    /// See [`Store::begin_step`](super::Store::begin_step); with [`Event::Repeat`], `repeat_step`.
    fn start(&self, cx: &WriteCx, step: StepRef, event: Event) -> Result<(), StoreError> {
        self.fence(cx.epoch)?;
        self.advance(step, event)?;
        self.execute(
            "UPDATE journal SET attempts = attempts + 1, began_at = coalesce(began_at, ?3) WHERE run_id = ?1 AND seq \
             = ?2",
            params![step.run.0, step.seq, cx.now.to_string()],
        )?;
        Ok(())
    }

    /// See [`Store::mean_step`](super::Store::mean_step).
    ///
    /// # Errors
    /// [`StoreError::Journal`] if it began before.
    pub fn mean_step(&self, cx: &WriteCx, step: StepRef, planned: &str) -> Result<(), StoreError> {
        self.fence(cx.epoch)?;
        let changed = self.execute(
            "UPDATE journal SET planned = ?3 WHERE run_id = ?1 AND seq = ?2 AND phase = 'planned'",
            params![step.run.0, step.seq, self.sealed(step, "planned", Some(planned))?],
        )?;
        match changed {
            0 => Err(StoreError::NoSuchStep {
                what: format!("the journal has no {step} that has not begun"),
            }),
            _ => Ok(()),
        }
    }

    /// See [`Store::begin_step`](super::Store::begin_step).
    ///
    /// # Errors
    /// [`StoreError::Journal`] if it began before.
    pub fn begin_step(&self, cx: &WriteCx, step: StepRef) -> Result<(), StoreError> {
        self.start(cx, step, Event::Begin)
    }

    /// See [`Store::repeat_step`](super::Store::repeat_step).
    ///
    /// # Errors
    /// [`StoreError::Journal`] if it is not open.
    pub fn repeat_step(&self, cx: &WriteCx, step: StepRef) -> Result<(), StoreError> {
        self.start(cx, step, Event::Repeat)
    }

    /// See [`Store::note_identity`](super::Store::note_identity).
    ///
    /// # Errors
    /// [`StoreError::Journal`] if it is not open.
    pub fn note_identity(&self, cx: &WriteCx, step: StepRef, identity: &str) -> Result<(), StoreError> {
        self.fence(cx.epoch)?;
        self.advance(step, Event::Note)?;
        self.execute(
            "UPDATE journal SET noted = ?3 WHERE run_id = ?1 AND seq = ?2",
            params![step.run.0, step.seq, self.sealed(step, "noted", Some(identity))?],
        )?;
        Ok(())
    }

    /// See [`Store::end_step`](super::Store::end_step).
    ///
    /// # Errors
    /// [`StoreError::Journal`] if it is not open.
    pub fn end_step(&self, cx: &WriteCx, step: StepRef, end: &StepEnd) -> Result<(), StoreError> {
        self.fence(cx.epoch)?;
        self.advance(step, Event::End)?;
        self.execute(
            "UPDATE journal SET result = ?3, ended_at = ?4 WHERE run_id = ?1 AND seq = ?2",
            params![
                step.run.0,
                step.seq,
                self.sealed(step, "result", end.result.as_deref())?,
                cx.now.to_string()
            ],
        )?;
        self.change(cx, &end.change)
    }

    /// See [`Store::fail_step`](super::Store::fail_step).
    ///
    /// # Errors
    /// [`StoreError::Journal`] if it is not open.
    pub fn fail_step(&self, cx: &WriteCx, step: StepRef, failure: &StepFailure) -> Result<(), StoreError> {
        self.fence(cx.epoch)?;
        let event = if failure.effect_unknown {
            Event::Lose
        } else {
            Event::Fail
        };
        self.advance(step, event)?;
        let ended_at = (!failure.effect_unknown).then(|| cx.now.to_string());
        self.execute(
            "UPDATE journal SET error = ?3, ended_at = ?4 WHERE run_id = ?1 AND seq = ?2",
            params![
                step.run.0,
                step.seq,
                self.sealed(step, "error", Some(&failure.error))?,
                ended_at
            ],
        )?;
        self.change(cx, &failure.change)
    }

    /// See [`Store::put_rows`](super::Store::put_rows).
    ///
    /// # Errors
    /// [`StoreError::Journal`] if a step began before.
    pub fn put_rows(&self, cx: &WriteCx, rows: &[RowWrite]) -> Result<(), StoreError> {
        self.fence(cx.epoch)?;
        let now = cx.now.to_string();
        for row in rows {
            if let Some(step) = row.step {
                self.advance(step, Event::Record)?;
                self.execute(
                    "UPDATE journal SET ended_at = ?3 WHERE run_id = ?1 AND seq = ?2",
                    params![step.run.0, step.seq, now],
                )?;
            }
            self.change(cx, &row.change)?;
        }
        Ok(())
    }

    fn change(&self, cx: &WriteCx, change: &RowChange) -> Result<(), StoreError> {
        match change {
            RowChange::None => Ok(()),
            RowChange::Put(row) => rows::put(self, cx, row),
            RowChange::Delete(key) => rows::delete(self, key).map(|_| ()),
        }
    }

    /// See [`Store::finish_run`](super::Store::finish_run).
    ///
    /// # Errors
    /// [`StoreError::NoSuchStep`] if it is closed or not there.
    pub fn finish_run(
        &self,
        cx: &WriteCx,
        run: RunId,
        outcome: RunOutcome,
        unlisted: RunCounts,
    ) -> Result<RunCounts, StoreError> {
        self.fence(cx.epoch)?;
        self.execute(
            "UPDATE journal SET phase = 'skipped', ended_at = ?2 WHERE run_id = ?1 AND phase = 'planned'",
            params![run.0, cx.now.to_string()],
        )?;
        let c = self.counts(run)?.and(unlisted);
        let closed = self.execute(
            "UPDATE runs SET finished_at = ?2, outcome = ?3, created = ?4, updated = ?5, deleted = ?6, failed = ?7, \
             skipped = ?8 WHERE id = ?1 AND finished_at IS NULL",
            params![
                run.0,
                cx.now.to_string(),
                outcome.as_str(),
                c.created.cast_signed(),
                c.updated.cast_signed(),
                c.deleted.cast_signed(),
                c.failed.cast_signed(),
                c.skipped.cast_signed(),
            ],
        )?;
        if closed == 0 {
            return Err(StoreError::NoSuchStep {
                what: format!("run {run} is not open"),
            });
        }
        self.execute(
            "DELETE FROM journal WHERE run_id <= ?1 AND run_id NOT IN (SELECT run_id FROM journal WHERE phase IN \
             ('begun', 'uncertain')) AND run_id NOT IN (SELECT id FROM runs WHERE finished_at IS NULL)",
            params![run.0 - RUNS_WITH_STEPS],
        )?;
        self.lock_runs(cx, None)?;
        Ok(c)
    }

    fn counts(&self, run: RunId) -> Result<RunCounts, StoreError> {
        let mut counts = RunCounts::default();
        let sql = "SELECT action, phase, count(*) FROM journal WHERE run_id = ?1 GROUP BY action, phase";
        let mut statement = self.prepare(sql)?;
        let rows = statement
            .query_map([run.0], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, unsigned(row, 2)?))
            })
            .map_err(|e| self.fail(e))?;
        for row in rows {
            let (action, phase, n) = row.map_err(|e| self.fail(e))?;
            match (action.as_str(), Phase::parse(&phase)) {
                (_, Some(Phase::Failed | Phase::Begun | Phase::Uncertain)) => counts.failed += n,
                (_, Some(Phase::Skipped)) => counts.skipped += n,
                ("create", Some(Phase::Done)) => counts.created += n,
                ("update", Some(Phase::Done)) => counts.updated += n,
                ("delete", Some(Phase::Done)) => counts.deleted += n,
                _ => {}
            }
        }
        Ok(counts)
    }
}

/// What the values of a step are bound to when they are encrypted.
fn step_place(step: StepRef) -> String {
    format!("{}/{}", step.run, step.seq)
}

/// The columns of a step that are encrypted.
const SEALED: [&str; 6] = ["identity", "request_digest", "planned", "noted", "result", "error"];

/// Encrypts what the journal holds anew with another vault.
pub(super) fn recrypt(tx: &Tx<'_>, to: &Vault) -> Result<(), StoreError> {
    let steps: Vec<StepRef> = tx
        .prepare("SELECT run_id, seq FROM journal")?
        .query_map([], |row| {
            Ok(StepRef {
                run: RunId(row.get(0)?),
                seq: row.get(1)?,
            })
        })
        .and_then(Iterator::collect)
        .map_err(|e| tx.fail(e))?;
    for step in steps {
        let place = step_place(step);
        for column in SEALED {
            let place = ["journal", column, &place];
            let sql = format!("SELECT {column} FROM journal WHERE run_id = ?1 AND seq = ?2");
            let stored: Option<String> = tx
                .prepare(&sql)?
                .query_row(params![step.run.0, step.seq], |row| row.get(0))
                .map_err(|e| tx.fail(e))?;
            if let Some(text) = tx.vault().open_option(&place, stored)? {
                let sql = format!("UPDATE journal SET {column} = ?3 WHERE run_id = ?1 AND seq = ?2");
                tx.execute(&sql, params![step.run.0, step.seq, to.seal(&place, &text)?])?;
            }
        }
    }
    Ok(())
}

/// Steps that began and have no known end.
pub(super) fn open_steps(conn: &Connection, path: &Path, vault: &Vault) -> Result<Vec<OpenStep>, StoreError> {
    let fail = |e| StoreError::sqlite(path, e);
    let sql = "SELECT run_id, seq, address, deposed, action, phase, identity, request_digest, token, planned, \
               after_steps, noted, attempts, began_at, error FROM journal WHERE phase IN ('begun', 'uncertain') ORDER \
               BY run_id, began_at, seq";
    let mut statement = conn.prepare_cached(sql).map_err(fail)?;
    let mut rows = statement.query([]).map_err(fail)?;
    let mut steps = Vec::new();
    while let Some(row) = rows.next().map_err(fail)? {
        let step = StepRef {
            run: RunId(row.get(0).map_err(fail)?),
            seq: row.get(1).map_err(fail)?,
        };
        let mut open = open_step(row, step).map_err(fail)?.ok_or_else(|| StoreError::Corrupt {
            path: path.to_path_buf(),
            what: format!("the journal's row of {step} is damaged"),
        })?;
        let place = step_place(step);
        let unsealed = |column, text| vault.open_option(&["journal", column, &place], text);
        open.intent.identity = unsealed("identity", open.intent.identity)?;
        open.intent.request_digest = unsealed("request_digest", open.intent.request_digest)?;
        open.intent.planned = unsealed("planned", open.intent.planned)?;
        open.noted = unsealed("noted", open.noted)?;
        open.error = unsealed("error", open.error)?;
        steps.push(open);
    }
    Ok(steps)
}

fn open_step(row: &Row<'_>, step: StepRef) -> rusqlite::Result<Option<OpenStep>> {
    let (address, deposed): (String, String) = (row.get(2)?, row.get(3)?);
    let (action, phase): (String, String) = (row.get(4)?, row.get(5)?);
    let after: String = row.get(10)?;
    let (Ok(addr), Some(action), Some(phase), Ok(after)) = (
        address.parse(),
        StepAction::ALL.into_iter().find(|a| a.as_str() == action),
        Phase::parse(&phase),
        serde_json::from_str(&after),
    ) else {
        return Ok(None);
    };
    let began_at = match row.get::<_, Option<String>>(13)? {
        Some(_) => Some(timestamp(row, 13)?),
        None => None,
    };
    Ok(Some(OpenStep {
        step,
        intent: Intent {
            target: RowKey {
                addr,
                deposed: (!deposed.is_empty()).then_some(deposed),
            },
            action,
            identity: row.get(6)?,
            request_digest: row.get(7)?,
            token: row.get(8)?,
            planned: row.get(9)?,
            after,
        },
        phase,
        noted: row.get(11)?,
        attempts: row.get(12)?,
        began_at,
        error: row.get(14)?,
    }))
}

const RUN_COLUMNS: &str = "id, started_at, finished_at, who, host, command, commit_id, tool_version, plan_digest, \
     outcome, created, updated, deleted, failed, skipped";

/// Runs that have not finished, oldest first.
pub(super) fn open_runs(conn: &Connection, path: &Path) -> Result<Vec<RunRecord>, StoreError> {
    let sql = format!("SELECT {RUN_COLUMNS} FROM runs WHERE finished_at IS NULL ORDER BY id");
    records(conn, path, &sql, &[])
}

/// The newest runs, newest first.
pub(super) fn history(conn: &Connection, path: &Path, limit: u32) -> Result<Vec<RunRecord>, StoreError> {
    let sql = format!("SELECT {RUN_COLUMNS} FROM runs ORDER BY id DESC LIMIT ?1");
    records(conn, path, &sql, &[&limit])
}

fn records(
    conn: &Connection,
    path: &Path,
    sql: &str,
    bound: &[&dyn rusqlite::ToSql],
) -> Result<Vec<RunRecord>, StoreError> {
    conn.prepare_cached(sql)
        .and_then(|mut statement| statement.query_map(bound, record)?.collect())
        .map_err(|e| StoreError::sqlite(path, e))
}

fn record(row: &Row<'_>) -> rusqlite::Result<RunRecord> {
    let finished_at = match row.get::<_, Option<String>>(2)? {
        Some(_) => Some(timestamp(row, 2)?),
        None => None,
    };
    let outcome: Option<String> = row.get(9)?;
    Ok(RunRecord {
        id: RunId(row.get(0)?),
        started_at: timestamp(row, 1)?,
        finished_at,
        who: row.get(3)?,
        host: row.get(4)?,
        command: row.get(5)?,
        commit: row.get(6)?,
        tool_version: row.get(7)?,
        plan_digest: row.get(8)?,
        outcome: outcome.and_then(|word| RunOutcome::ALL.into_iter().find(|o| o.as_str() == word)),
        counts: RunCounts {
            created: unsigned(row, 10)?,
            updated: unsigned(row, 11)?,
            deleted: unsigned(row, 12)?,
            failed: unsigned(row, 13)?,
            skipped: unsigned(row, 14)?,
        },
    })
}
