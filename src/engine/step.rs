//! One step with an outside effect: its intent, its call, its end in the journal, and the wait until the object works.
//! Knows nothing of other steps.

use super::apply::Journalled;
use super::data::{self, cloud_error};
use super::fill::broken_promises;
use super::notes::StepNotes;
use super::run::{Apply, LockFence, store_error};
use super::target::{deposed_row, target_key};
use super::values::for_driver;
use super::wait::{Waited, until_healthy};
use super::{codes, rows};
use crate::base::json::to_typed_json;
use crate::base::mask::mask;
use crate::base::{Diag, Diags, Known, Value};
use crate::driver::{DriverError, Failure, Fence, Session};
use crate::plan::model::{Change, StepAction, StepId};
use crate::plan::propose::{marks_like, marks_planned};
use crate::schema::{ResourceSchema, secrets};
use crate::store::{RowChange, RowWrite, StepEnd, StepFailure, StepRef, StoreError};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// How one step ended.
pub(super) struct Ended {
    pub(super) id: StepId,
    pub(super) ok: bool,
    /// The object by now, for others to see.
    pub(super) value: Option<Value>,
    pub(super) diags: Diags,
    pub(super) phase: Option<String>,
    pub(super) began: Timestamp,
    /// The state could not be written: nothing more may begin, as its end could not be written down either.
    pub(super) unwritten: bool,
}

impl Ended {
    fn unwritten(&mut self, error: &StoreError) {
        self.unwritten = true;
        self.diags.push(store_error(error));
    }
}

/// One step with an outside effect.
pub(super) struct Step<'r, 'a> {
    pub(super) cx: &'r Apply<'a>,
    pub(super) id: StepId,
    pub(super) change: &'a Change,
    pub(super) schema: &'a ResourceSchema,
    pub(super) action: StepAction,
    pub(super) planned: Value,
    /// The configuration that its secrets stand in.
    pub(super) secrets: Option<Value>,
    pub(super) session: Session,
    pub(super) journalled: Option<Journalled>,
    pub(super) began: Timestamp,
}

impl Step<'_, '_> {
    pub(super) async fn run(self) -> Ended {
        let mut ended = Ended {
            id: self.id,
            ok: false,
            value: None,
            diags: Diags::new(),
            phase: None,
            began: self.began,
            unwritten: false,
        };
        if self.action == StepAction::Read {
            self.read(&mut ended).await;
            return ended;
        }
        let Some(seq) = self.journalled.as_ref().map(|j| j.seq) else {
            ended.diags.push(Diag::error(
                codes::STORE,
                "A step has no intent. This is a bug in headworks.",
            ));
            return ended;
        };
        let step = StepRef {
            run: self.cx.writer.run,
            seq,
        };
        if let Err(error) = self.prepare(step).await {
            ended.unwritten(&error);
            return ended;
        }
        match self.action {
            StepAction::Delete => self.delete(step, &mut ended).await,
            _ => self.make(step, &mut ended).await,
        }
        ended
    }

    /// Commits the intent, and that the prior object is deposed, before the first byte leaves.
    async fn prepare(&self, step: StepRef) -> Result<(), StoreError> {
        let planned = self
            .change
            .planned
            .as_ref()
            .filter(|_| self.action != StepAction::Delete);
        let (store, cx) = (&self.cx.writer.store, || self.cx.writer.cx());
        // What the plan left open is known by now: after a crash, the object is recognized by it.
        let open = planned.is_some_and(|p| !p.is_wholly_known());
        let meant = open.then(|| to_typed_json(&self.planned, &self.schema.block.object_type()).to_string());
        // Both are asked for before either is waited for: they are carried out in this order, and mostly in one commit.
        let meaning = meant.map(|text| store.mean_step(cx(), step, text));
        let beginning = store.begin_step(cx(), step);
        if let Some(meaning) = meaning {
            meaning.await?;
        }
        beginning.await?;
        // After the beginning, so that a run that is cut off here leaves an open step, by which recovery puts it back.
        if let Some(row) = deposed_row(self.cx.plan, self.change, self.action, self.schema) {
            // It moves: under both keys, a later run would delete it as the old object and believe in it as the new one.
            let current = RowChange::Delete(self.change.addr.clone().into());
            self.put(vec![RowChange::Put(Box::new(row)), current]).await?;
        }
        Ok(())
    }

    async fn put(&self, changes: Vec<RowChange>) -> Result<(), StoreError> {
        let writes = changes.into_iter().map(|change| RowWrite { step: None, change });
        self.cx
            .writer
            .store
            .put_rows(self.cx.writer.cx(), writes.collect())
            .await
    }

    /// No new object was made: the old one is the current one again.
    async fn restore(&self, ended: &mut Ended) {
        let Some(mut row) = deposed_row(self.cx.plan, self.change, self.action, self.schema) else {
            return;
        };
        let deposed = RowChange::Delete(row.key());
        row.deposed = None;
        if let Err(error) = self.put(vec![deposed, RowChange::Put(Box::new(row))]).await {
            ended.unwritten(&error);
        }
    }

    async fn read(&self, ended: &mut Ended) {
        let Some(config) = for_driver(&self.planned) else {
            return;
        };
        match data::read(
            self.cx.drivers,
            self.cx.providers,
            self.schema,
            &self.change.provider,
            &config,
        )
        .await
        {
            Ok(object) => {
                ended.ok = true;
                ended.value = Some(marks_like(object.into_value(), &self.planned));
            }
            Err(diag) => ended.diags.push(diag),
        }
    }

    fn limit(&self) -> Duration {
        let own = |verb: &str| {
            let block = self
                .planned
                .get("timeouts")
                .or_else(|| self.change.prior.as_ref()?.get("timeouts"));
            let text = block.and_then(|b| b.get(verb)).and_then(Value::as_str)?;
            crate::schema::timeouts::parse_duration(text)
        };
        let defaults = &self.schema.timeouts;
        match self.action {
            StepAction::Create => own("create").unwrap_or(defaults.create),
            StepAction::Update => own("update").unwrap_or(defaults.update),
            _ => own("delete").unwrap_or(defaults.delete),
        }
    }

    async fn delete(&self, step: StepRef, ended: &mut Ended) {
        let type_name = &*self.change.addr.resource.type_name;
        let prior = self.change.prior.clone().and_then(Known::new);
        let (Some(driver), Some(prior)) = (self.cx.drivers.managed.get(type_name), prior) else {
            ended
                .diags
                .push(Diag::error(codes::PROVIDER, format!("No driver for {type_name}")));
            return;
        };
        let session = self.session.within(self.limit()).with_fence(self.fence());
        match driver.delete(&session, &prior).await {
            Ok(()) => {
                let end = StepEnd {
                    change: RowChange::Delete(target_key(self.cx.plan, self.change, self.action)),
                    result: None,
                };
                ended.ok = self.close(step, end, ended).await;
            }
            Err(error) => {
                self.failed(step, RowChange::None, &error, ended).await;
            }
        }
    }

    async fn make(&self, step: StepRef, ended: &mut Ended) {
        let type_name = &*self.change.addr.resource.type_name;
        let open = self.unsealed();
        let (Some(driver), Some(known)) = (self.cx.drivers.managed.get(type_name), for_driver(&open)) else {
            ended
                .diags
                .push(Diag::error(codes::PROVIDER, format!("No driver for {type_name}")));
            return;
        };
        let limit = self.limit();
        let notes = StepNotes {
            writer: self.cx.writer.clone(),
            step,
            block: self.schema.block.clone(),
            planned: super::fill::unknown_to_null(&self.planned),
        };
        let token = self.journalled.as_ref().map(|j| j.token.clone()).unwrap_or_default();
        let session = self.session.within(limit).with_notes(Arc::new(notes)).with_token(token);
        let session = session.with_fence(self.fence());
        let prior = self.change.prior.clone().and_then(Known::new);
        let result = if self.change.local {
            Ok(self.local_only(&known, prior))
        } else {
            match (self.action, &prior) {
                (StepAction::Update, Some(prior)) => driver.update(&session, prior, &known).await,
                _ => driver.create(&session, &known).await,
            }
        };
        let object = match result {
            Ok(object) => self.returned(object),
            Err(mut failure) => {
                // A server may repeat what it was sent.
                failure.error.hide(&secrets::texts(&self.schema.block, &open));
                self.make_failed(step, failure, ended).await;
                return;
            }
        };
        let end = StepEnd {
            change: RowChange::Put(Box::new(rows::row(self.change, self.schema, &object, false))),
            result: None,
        };
        if !self.close(step, end, ended).await {
            return;
        }
        for path in broken_promises(&self.schema.block, &self.planned, &object) {
            ended.diags.push(
                Diag::error(
                    codes::INCONSISTENT,
                    format!("The cloud made {} different from the plan", self.change.addr),
                )
                .detail(format!(
                    "{path} is not what was planned. The object is recorded as it is. This is a bug in the headworks driver of \
                     {type_name}."
                )),
            );
        }
        ended.ok = !ended.diags.has_errors();
        ended.value = Some(object.clone());
        if self.schema.health.is_some() {
            let addr = &self.change.addr;
            let progress = self.cx.progress;
            let waited = until_healthy(self.schema, addr, object, &**driver, &session, limit, progress).await;
            self.waited(waited, ended).await;
        }
    }

    fn fence(&self) -> Arc<dyn Fence> {
        Arc::new(LockFence(self.cx.writer.clone()))
    }

    /// The planned object with its secrets; only a driver that writes it sees them.
    fn unsealed(&self) -> Value {
        match &self.secrets {
            Some(config) => secrets::from(&self.schema.block, &self.planned, config),
            None => self.planned.clone(),
        }
    }

    /// What a driver returned: marked as planned, and sealed again.
    fn returned(&self, object: Known) -> Value {
        let object = secrets::resealed(&self.schema.block, object.into_value(), &self.planned);
        marks_planned(&self.schema.block, object, &self.planned)
    }

    /// Only what the cloud does not know changed: the object stays as it is but for that.
    fn local_only(&self, planned: &Known, prior: Option<Known>) -> Known {
        let Some(prior) = prior else {
            return planned.clone();
        };
        let filled = super::fill::fill(&self.planned, prior.value());
        Known::new(super::fill::unknown_to_null(&filled)).unwrap_or_else(|| planned.clone())
    }

    async fn waited(&self, waited: Waited, ended: &mut Ended) {
        let addr = &self.change.addr;
        let object = match waited {
            Waited::Ready(object, phase) => {
                ended.phase = Some(phase);
                object
            }
            Waited::Unhealthy(object, problem) => {
                ended.ok = false;
                let mut diag = Diag::error(
                    codes::UNHEALTHY,
                    format!("{addr} exists but does not work: {}", problem.code),
                )
                .detail(problem.text);
                diag.help = problem.help;
                ended.diags.push(diag);
                object
            }
            Waited::TimedOut(object, phase) => {
                ended.ok = false;
                ended.diags.push(
                    Diag::error(codes::UNHEALTHY, format!("{addr} did not become ready in time"))
                        .detail(format!(
                            "It was still in phase {phase} after {} s.",
                            self.limit().as_secs()
                        ))
                        .help("it is recorded; run apply again, or set a longer time in its timeouts block"),
                );
                object
            }
            Waited::Stopped(object, phase) => {
                ended.diags.push(
                    Diag::warning(codes::UNHEALTHY, format!("{addr} was not waited for"))
                        .detail(format!(
                            "It is made and recorded, in phase {phase}; the run was stopped before it worked."
                        ))
                        .help("`headworks drift` says whether it works by now"),
                );
                ended.phase = Some(phase);
                object
            }
            Waited::Gone => {
                ended.ok = false;
                ended.diags.push(
                    Diag::error(codes::UNHEALTHY, format!("{addr} is gone"))
                        .detail("It was made, and disappeared while it was waited for.")
                        .help("someone else may have deleted it; plan again"),
                );
                return;
            }
            Waited::Failed(object, error) => {
                ended.ok = false;
                ended.diags.push(cloud_error(&error));
                object
            }
        };
        let row = rows::row(self.change, self.schema, &object, false);
        if let Err(error) = self.put(vec![RowChange::Put(Box::new(row))]).await {
            ended.ok = false;
            ended.unwritten(&error);
        }
        ended.value = Some(object);
    }

    /// What exists is recorded as it is and never marked for replacement: it may hold data before the next run, which reads it
    /// and plans what is missing.
    async fn make_failed(&self, step: StepRef, failure: Failure, ended: &mut Ended) {
        let row = failure.partial.map(|partial| {
            let object = self.returned(partial);
            Box::new(rows::row(self.change, self.schema, &object, false))
        });
        let change = row.map_or(RowChange::None, RowChange::Put);
        let nothing_made = matches!(change, RowChange::None) && !failure.error.effect_unknown();
        self.failed(step, change, &failure.error, ended).await;
        if nothing_made {
            self.restore(ended).await;
        }
    }

    async fn failed(&self, step: StepRef, change: RowChange, error: &DriverError, ended: &mut Ended) {
        let failure = StepFailure {
            effect_unknown: error.effect_unknown() && matches!(change, RowChange::None),
            change,
            error: mask(&error.to_string()).into_owned(),
        };
        let recorded = self
            .cx
            .writer
            .store
            .fail_step(self.cx.writer.cx(), step, failure.clone())
            .await;
        if let Err(unwritten) = &recorded {
            ended.unwritten(unwritten);
            // Without the lock nothing was sent, and why is told already.
            if matches!((unwritten, error), (StoreError::LostLock(_), DriverError::NotSent(_))) {
                return;
            }
        }
        if failure.effect_unknown {
            let note = "whether it had its effect is not known; the next apply will look and settle it";
            let diag = cloud_error(error);
            let help = diag.help.clone().map_or(note.to_string(), |h| format!("{h}; {note}"));
            ended.diags.push(diag.help(help));
        } else {
            ended.diags.push(cloud_error(error));
        }
    }

    async fn close(&self, step: StepRef, end: StepEnd, ended: &mut Ended) -> bool {
        match self.cx.writer.store.end_step(self.cx.writer.cx(), step, end).await {
            Ok(()) => true,
            Err(error) => {
                ended.unwritten(&error);
                false
            }
        }
    }
}
