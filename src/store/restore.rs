//! Putting a document in place of what the state holds, in one transaction. Decides nothing about whether that is wanted.

use super::document::Document;
use super::error::StoreError;
use super::model::{ResourceRow, RunRecord, WriteCx};
use super::rows;
use super::tx::Tx;
use rusqlite::params;
use std::collections::HashSet;

impl Tx<'_> {
    /// See [`Store::restore`](super::Store::restore).
    ///
    /// # Errors
    /// [`StoreError::LostLock`], or the database failed.
    pub fn restore(&self, cx: &WriteCx, document: &Document) -> Result<(), StoreError> {
        self.fence(cx.epoch)?;
        for run in &document.runs {
            self.add_run(run)?;
        }
        let kept: HashSet<_> = document.resources.iter().map(ResourceRow::key).collect();
        for row in rows::read_all(self.conn(), self.path(), None)?.rows {
            if !kept.contains(&row.key()) {
                rows::delete(self, &row.key())?;
            }
        }
        for row in &document.resources {
            rows::put_exactly(self, row)?;
        }
        rows::set_outputs(self, &document.outputs)?;
        rows::set_check_results(self, document.check_results.as_deref())?;
        self.become_state(document.lineage.clone(), document.serial);
        Ok(())
    }

    /// Adds a line of history, unless there is one of that number.
    fn add_run(&self, run: &RunRecord) -> Result<(), StoreError> {
        let count = |n: u64| n.cast_signed();
        // A run that was under way elsewhere is not under way here: nobody will end it.
        let finished_at = run.finished_at.unwrap_or(run.started_at);
        let outcome = run.outcome.unwrap_or(super::model::RunOutcome::Interrupted);
        self.execute(
            "INSERT INTO runs (id, started_at, finished_at, who, host, command, commit_id, tool_version, plan_digest, \
             outcome, created, updated, deleted, failed, skipped) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, \
             ?12, ?13, ?14, ?15) ON CONFLICT (id) DO NOTHING",
            params![
                run.id.0,
                run.started_at.to_string(),
                finished_at.to_string(),
                run.who,
                run.host,
                run.command,
                run.commit,
                run.tool_version,
                run.plan_digest,
                outcome.as_str(),
                count(run.counts.created),
                count(run.counts.updated),
                count(run.counts.deleted),
                count(run.counts.failed),
                count(run.counts.skipped),
            ],
        )?;
        Ok(())
    }
}
