//! Runs the steps of a plan: the one loop that calls drivers and writes the state. Does what the plan says and
//! nothing else; begins nothing whose intent is not committed.

use super::data::{self, cloud_error};
use super::fill::broken_promises;
use super::notes::{Asked, Relay};
use super::schedule::Schedule;
use super::values::{Live, for_driver};
use super::wait::{Waited, until_healthy};
use super::{Drivers, Event, Progress, Providers, codes, rows};
use crate::base::{Diag, Diags, InstanceAddr, Known, ResourceMode, Value};
use crate::driver::{DriverError, Failure, Session};
use crate::plan::model::{Action, Change, OutputChange, Plan, StepAction, StepId};
use crate::plan::propose::marks_like;
use crate::schema::{Registry, ResourceSchema};
use crate::store::{
    self, Intent, OutputRow, ResourceRow, RowChange, RowKey, RowWrite, RunId, StepEnd, StepFailure, StepRef, Store,
    StoreError, WriteCx,
};
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// Rows of types without outside effect that are committed together.
const GROUP_ROWS: usize = 1_000;

/// All that applying a plan needs.
pub struct Apply<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// What is known of the types.
    pub registry: &'a Registry,
    /// The drivers.
    pub drivers: &'a Drivers,
    /// The sessions.
    pub providers: &'a Providers,
    /// The state.
    pub store: &'a dyn Store,
    /// The epoch of the lock.
    pub epoch: u64,
    /// The run, begun with the intents of [`intents`].
    pub run: RunId,
    /// At most so many steps at a time.
    pub parallelism: usize,
    /// Who is told.
    pub progress: &'a dyn Progress,
    /// Becomes true when the user asks to stop.
    pub stop: watch::Receiver<bool>,
}

/// What became of a run.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Objects made.
    pub created: usize,
    /// Objects changed.
    pub updated: usize,
    /// Objects deleted.
    pub deleted: usize,
    /// What failed.
    pub failed: Vec<InstanceAddr>,
    /// Steps that were not begun because of a failure or because the user stopped the run.
    pub skipped: Vec<InstanceAddr>,
    /// The user stopped the run.
    pub interrupted: bool,
    /// The problems.
    pub diags: Diags,
    /// The outputs by now.
    pub outputs: Vec<OutputRow>,
}

/// The intents of all steps with an outside effect, in the order of their steps, as they are committed before the first one
/// begins; and for each step its number among them.
pub fn intents(plan: &Plan, registry: &Registry) -> (Vec<Intent>, HashMap<StepId, u32>) {
    let mut intents = Vec::new();
    let mut numbers = HashMap::new();
    for (id, step) in plan.steps.steps.iter().enumerate() {
        let Some(change) = step.change.and_then(|c| plan.changes.get(c as usize)) else {
            continue;
        };
        let action = match step.action {
            StepAction::Create => store::StepAction::Create,
            StepAction::Update => store::StepAction::Update,
            StepAction::Delete => store::StepAction::Delete,
            StepAction::Read | StepAction::Join => continue,
        };
        let Some(schema) = registry.resource(&change.addr.resource.type_name).filter(|s| !s.local) else {
            continue;
        };
        let key = target_key(change, step.action);
        let mut intent = Intent::new(key, action);
        let ty = schema.block.object_type();
        let as_text = |v: &Value| crate::base::json::to_typed_json(v, &ty).to_string();
        intent.identity = match step.action {
            StepAction::Create => None,
            _ => change.prior.as_ref().map(as_text),
        };
        intent.planned = change
            .planned
            .as_ref()
            .filter(|_| step.action != StepAction::Delete)
            .map(as_text);
        numbers.insert(id as StepId, intents.len() as u32);
        intents.push(intent);
    }
    (intents, numbers)
}

/// A replaced object that is deleted after its successor was made is kept as deposed in between.
fn target_key(change: &Change, action: StepAction) -> RowKey {
    let deposed = match (change.action, action) {
        (Action::Replace { create_first: true }, StepAction::Delete) => Some(DEPOSED.to_string()),
        _ => change.deposed.as_ref().map(|d| d.to_string()),
    };
    RowKey {
        addr: change.addr.clone(),
        deposed,
    }
}

/// Key of the one object that a replacement leaves to be deleted.
const DEPOSED: &str = "00000001";

/// How one step ended.
struct Ended {
    id: StepId,
    ok: bool,
    /// The object by now, for others to see.
    value: Option<Value>,
    diags: Diags,
    phase: Option<String>,
    began: Timestamp,
}

/// Applies a plan.
pub async fn apply(cx: &Apply<'_>, live: &mut Live<'_>, numbers: &HashMap<StepId, u32>) -> Outcome {
    Run {
        cx,
        live,
        numbers,
        schedule: Schedule::new(&cx.plan.steps),
        outcome: Outcome::default(),
        rows: Vec::new(),
        writes: Vec::new(),
        done: 0,
    }
    .run()
    .await
}

struct Run<'r, 'a, 'l> {
    cx: &'r Apply<'a>,
    live: &'r mut Live<'l>,
    numbers: &'r HashMap<StepId, u32>,
    schedule: Schedule,
    outcome: Outcome,
    /// Rows of local types that wait to be committed.
    rows: Vec<RowWrite>,
    /// Commits under way; each was queued before any later call of the store.
    writes: Vec<BoxFuture<'r, Result<(), StoreError>>>,
    done: usize,
}

impl<'r, 'a, 'l> Run<'r, 'a, 'l> {
    async fn run(mut self) -> Outcome {
        let mut running: FuturesUnordered<BoxFuture<'r, Ended>> = FuturesUnordered::new();
        let mut stop = self.cx.stop.clone();
        let total = self.cx.plan.steps.steps.iter().filter(|s| s.change.is_some()).count();
        while !(self.schedule.is_over() && running.is_empty()) {
            while running.len() < self.cx.parallelism.max(1)
                && let Some(id) = self.schedule.begin()
            {
                if let Some(step) = self.begin(id) {
                    running.push(step);
                    self.count(total, running.len());
                }
            }
            if running.is_empty() {
                continue;
            }
            tokio::select! {
                ended = running.next() => {
                    if let Some(ended) = ended {
                        self.ended(ended);
                        self.count(total, running.len());
                    }
                }
                changed = stop.changed(), if !self.outcome.interrupted => {
                    if changed.is_ok() && *stop.borrow() {
                        self.outcome.interrupted = true;
                        self.schedule.stop();
                    }
                }
            }
        }
        self.flush();
        for write in std::mem::take(&mut self.writes) {
            if let Err(error) = write.await {
                self.outcome.diags.push(store_error(&error));
            }
        }
        self.outputs().await;
        let skipped: Vec<StepId> = self.schedule.not_begun().collect();
        for id in skipped {
            if let Some(change) = self.change(id) {
                self.outcome.skipped.push(change.addr.clone());
            }
        }
        self.outcome
    }

    fn count(&self, total: usize, running: usize) {
        self.cx.progress.event(Event::Count {
            done: self.done,
            total,
            running,
        });
    }

    fn change(&self, id: StepId) -> Option<&'a Change> {
        let step = self.cx.plan.steps.steps.get(id as usize)?;
        self.cx.plan.changes.get(step.change? as usize)
    }

    fn schema(&self, change: &Change) -> Option<&'a ResourceSchema> {
        let registry = self.cx.registry;
        let type_name = &change.addr.resource.type_name;
        match change.addr.resource.mode {
            ResourceMode::Managed => registry.resource(type_name).map(|s| &**s),
            ResourceMode::Data => registry.data(type_name).map(|s| &**s),
        }
    }

    /// Begins a step: ends it at once when it has no outside effect, else gives what runs it.
    fn begin(&mut self, id: StepId) -> Option<BoxFuture<'r, Ended>> {
        let action = self.cx.plan.steps.steps[id as usize].action;
        let Some(change) = self.change(id) else {
            self.schedule.end(id, true);
            return None;
        };
        let began = Timestamp::now();
        let failed = |diags: Diags| Ended {
            id,
            ok: false,
            value: None,
            diags,
            phase: None,
            began,
        };
        let Some(schema) = self.schema(change) else {
            let diag = Diag::error(codes::STATE_ROW, "There is no such resource type").address(&change.addr);
            self.ended(failed(diag.into()));
            return None;
        };
        let (planned, diags) = match action {
            StepAction::Delete => (Value::null(crate::base::Type::Dynamic), Diags::new()),
            _ => self.live.planned(change, schema),
        };
        if diags.has_errors() {
            self.ended(failed(diags));
            return None;
        }
        if schema.local {
            self.local(id, change, schema, action, &planned, began);
            return None;
        }
        let Some(session) = self.cx.providers.session(&change.provider) else {
            let diag = Diag::error(
                codes::PROVIDER,
                format!("Provider {} is not configured", change.provider),
            );
            self.ended(failed(diag.address(&change.addr).into()));
            return None;
        };
        self.cx.progress.event(Event::Started {
            addr: change.addr.clone(),
            action,
        });
        self.flush();
        let step = Step {
            cx: self.cx,
            id,
            change,
            schema,
            action,
            planned,
            session: session.clone(),
            seq: self.numbers.get(&id).copied(),
            began,
        };
        Some(Box::pin(step.run()))
    }

    /// A type without outside effect: its row is all there is.
    fn local(
        &mut self,
        id: StepId,
        change: &Change,
        schema: &ResourceSchema,
        action: StepAction,
        planned: &Value,
        began: Timestamp,
    ) {
        let key = target_key(change, action);
        let mut ended = Ended {
            id,
            ok: true,
            value: None,
            diags: Diags::new(),
            phase: None,
            began,
        };
        let row = match action {
            StepAction::Delete => RowChange::Delete(key),
            _ => match self.local_object(change, planned, action) {
                Ok(object) => {
                    let object = marks_like(object.into_value(), planned);
                    let row = rows::row(change, schema, &object, false);
                    ended.value = Some(object);
                    if let Some(deposed) = deposed_row(change, action, schema) {
                        self.rows.push(RowWrite {
                            step: None,
                            change: RowChange::Put(Box::new(deposed)),
                        });
                    }
                    RowChange::Put(Box::new(row))
                }
                Err(diag) => {
                    ended.ok = false;
                    ended.diags.push(diag.address(&change.addr));
                    RowChange::None
                }
            },
        };
        if ended.ok {
            self.rows.push(RowWrite {
                step: None,
                change: row,
            });
            if self.rows.len() >= GROUP_ROWS {
                self.flush();
            }
        }
        self.ended(ended);
    }

    fn local_object(&self, change: &Change, planned: &Value, action: StepAction) -> Result<Known, Diag> {
        let type_name = &*change.addr.resource.type_name;
        let driver = self.cx.drivers.managed.get(type_name);
        let (Some(driver), Some(session)) = (driver, self.cx.providers.session(&change.provider)) else {
            return Err(Diag::error(codes::PROVIDER, format!("No driver for {type_name}")));
        };
        let known = for_driver(planned).ok_or_else(|| {
            Diag::error(
                codes::STILL_UNKNOWN,
                "A value is still not known. This is a bug in headworks.",
            )
        })?;
        let prior = change.prior.clone().and_then(Known::new);
        // Such drivers never wait, so one poll is enough.
        let made = match (action, &prior) {
            (StepAction::Update, Some(prior)) => {
                futures_util::FutureExt::now_or_never(driver.update(session, prior, &known))
            }
            _ => futures_util::FutureExt::now_or_never(driver.create(session, &known)),
        };
        match made {
            Some(Ok(object)) => Ok(object),
            Some(Err(failure)) => Err(cloud_error(&failure.error)),
            None => Err(Diag::error(
                codes::PROVIDER,
                format!("The driver of {type_name} waits. This is a bug in headworks."),
            )),
        }
    }

    fn flush(&mut self) {
        if self.rows.is_empty() {
            return;
        }
        let rows = std::mem::take(&mut self.rows);
        let cx = write_cx(self.cx);
        self.writes.push(self.cx.store.put_rows(cx, rows));
    }

    fn ended(&mut self, ended: Ended) {
        let action = self.cx.plan.steps.steps[ended.id as usize].action;
        self.schedule.end(ended.id, ended.ok);
        self.done += 1;
        let Some(change) = self.change(ended.id) else {
            return;
        };
        let mut diags = ended.diags;
        if let Some(value) = ended.value {
            self.live.set(change, value.clone());
            if ended.ok && action != StepAction::Delete {
                diags.extend(self.live.postconditions(change, &value));
            }
        }
        let took = Timestamp::now().duration_since(ended.began).unsigned_abs();
        if ended.ok {
            match action {
                StepAction::Create => self.outcome.created += 1,
                StepAction::Update => self.outcome.updated += 1,
                StepAction::Delete => self.outcome.deleted += 1,
                StepAction::Read | StepAction::Join => {}
            }
            self.cx.progress.event(Event::Ended {
                addr: change.addr.clone(),
                action,
                took,
                phase: ended.phase,
            });
        } else {
            self.outcome.failed.push(change.addr.clone());
            self.cx.progress.event(Event::Failed {
                addr: change.addr.clone(),
                action,
                took,
            });
        }
        let located = diags.into_iter().map(|d| {
            let d = if d.address.is_none() {
                d.address(&change.addr)
            } else {
                d
            };
            if d.span.is_none() { d.at_opt(change.span) } else { d }
        });
        self.outcome.diags.extend(located.collect());
    }

    async fn outputs(&mut self) {
        let mut out = Vec::new();
        let mut changed = false;
        for output in &self.cx.plan.outputs {
            changed |= output.action() != Action::NoOp;
            match self.final_output(output) {
                Some(row) => out.push(row),
                None => continue,
            }
        }
        out.extend(kept_outputs(self.cx.plan));
        if changed && let Err(error) = self.cx.store.set_outputs(write_cx(self.cx), out.clone()).await {
            self.outcome.diags.push(store_error(&error));
        }
        self.outcome.outputs = out;
    }

    fn final_output(&mut self, output: &OutputChange) -> Option<OutputRow> {
        let planned = output.planned.as_ref()?;
        let value = if planned.is_wholly_known() {
            planned.clone()
        } else {
            let (value, diags) = self.live.output(&output.name);
            if diags.has_errors() {
                self.outcome.diags.extend(diags);
            }
            value?
        };
        if value.is_null() {
            return None;
        }
        if !value.is_wholly_known() {
            // What it needs failed or was not done: the former value stays.
            return output.prior.as_ref().map(|p| rows::output_row(output, p));
        }
        Some(rows::output_row(output, &value))
    }
}

/// Outputs that a targeted plan says nothing about stay as they are; others are all in the plan.
fn kept_outputs(plan: &Plan) -> Vec<OutputRow> {
    plan.kept_outputs
        .iter()
        .map(|(name, value)| {
            let change = OutputChange {
                name: name.clone(),
                prior: Some(value.clone()),
                planned: Some(value.clone()),
                sensitive: value.is_sensitive(),
            };
            rows::output_row(&change, value)
        })
        .collect()
}

fn write_cx(cx: &Apply<'_>) -> WriteCx {
    WriteCx {
        epoch: cx.epoch,
        run: Some(cx.run),
        now: Timestamp::now(),
    }
}

/// A store error as a diagnostic.
pub fn store_error(error: &StoreError) -> Diag {
    let mut diag = Diag::error(codes::STORE, "The state could not be written").detail(error.to_string());
    diag.help = error.help();
    diag
}

/// When the new object is made first, the old one is kept as deposed until it is deleted.
fn deposed_row(change: &Change, action: StepAction, schema: &ResourceSchema) -> Option<ResourceRow> {
    let first = matches!(change.action, Action::Replace { create_first: true });
    if !first || action != StepAction::Create {
        return None;
    }
    let mut row = rows::row(change, schema, change.prior.as_ref()?, false);
    row.deposed = Some(DEPOSED.to_string());
    Some(row)
}

/// One step with an outside effect.
struct Step<'r, 'a> {
    cx: &'r Apply<'a>,
    id: StepId,
    change: &'a Change,
    schema: &'a ResourceSchema,
    action: StepAction,
    planned: Value,
    session: Session,
    seq: Option<u32>,
    began: Timestamp,
}

impl Step<'_, '_> {
    async fn run(self) -> Ended {
        let mut ended = Ended {
            id: self.id,
            ok: false,
            value: None,
            diags: Diags::new(),
            phase: None,
            began: self.began,
        };
        if self.action == StepAction::Read {
            self.read(&mut ended).await;
            return ended;
        }
        let Some(seq) = self.seq else {
            ended.diags.push(Diag::error(
                codes::STORE,
                "A step has no intent. This is a bug in headworks.",
            ));
            return ended;
        };
        let step = StepRef { run: self.cx.run, seq };
        if let Err(error) = self.prepare(step).await {
            ended.diags.push(store_error(&error));
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
        if let Some(row) = deposed_row(self.change, self.action, self.schema) {
            let write = RowWrite {
                step: None,
                change: RowChange::Put(Box::new(row)),
            };
            self.cx.store.put_rows(write_cx(self.cx), vec![write]).await?;
        }
        self.cx.store.begin_step(write_cx(self.cx), step).await
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
        let session = self.session.within(self.limit());
        match driver.delete(&session, &prior).await {
            Ok(()) => {
                let end = StepEnd {
                    change: RowChange::Delete(target_key(self.change, self.action)),
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
        let (Some(driver), Some(known)) = (self.cx.drivers.managed.get(type_name), for_driver(&self.planned)) else {
            ended
                .diags
                .push(Diag::error(codes::PROVIDER, format!("No driver for {type_name}")));
            return;
        };
        let limit = self.limit();
        let (relay, asked) = Relay::new();
        let session = self.session.within(limit).with_notes(Arc::new(relay));
        let prior = self.change.prior.clone().and_then(Known::new);
        let result = if self.change.local {
            Ok(self.local_only(&known, prior))
        } else {
            let made = match (self.action, &prior) {
                (StepAction::Update, Some(prior)) => driver.update(&session, prior, &known),
                _ => driver.create(&session, &known),
            };
            self.noting(step, made, asked).await
        };
        let object = match result {
            Ok(object) => marks_like(object.into_value(), &self.planned),
            Err(failure) => {
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
        if let Some(fields) = &self.schema.health {
            let addr = &self.change.addr;
            let waited = until_healthy(fields, addr, object, &**driver, &session, limit, self.cx.progress).await;
            self.waited(waited, ended).await;
        }
    }

    /// Runs a driver's call and writes down what it learns on the way.
    async fn noting<T>(
        &self,
        step: StepRef,
        mut call: BoxFuture<'_, T>,
        mut asked: mpsc::UnboundedReceiver<Asked>,
    ) -> T {
        let ty = self.schema.block.object_type();
        loop {
            tokio::select! {
                result = &mut call => return result,
                Some(Asked { identity, answer }) = asked.recv() => {
                    let text = crate::base::json::to_typed_json(identity.value(), &ty).to_string();
                    let noted = self.cx.store.note_identity(write_cx(self.cx), step, text).await;
                    // A driver that does not wait for the answer any more needs none.
                    let _ = answer.send(noted.map_err(|e| e.to_string()));
                }
            }
        }
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
        let write = RowWrite {
            step: None,
            change: RowChange::Put(Box::new(rows::row(self.change, self.schema, &object, false))),
        };
        if let Err(error) = self.cx.store.put_rows(write_cx(self.cx), vec![write]).await {
            ended.ok = false;
            ended.diags.push(store_error(&error));
        }
        ended.value = Some(object);
    }

    async fn make_failed(&self, step: StepRef, failure: Failure, ended: &mut Ended) {
        let tainted = self.action == StepAction::Create;
        let row = failure.partial.map(|partial| {
            let object = marks_like(partial.into_value(), &self.planned);
            Box::new(rows::row(self.change, self.schema, &object, tainted))
        });
        let change = row.map_or(RowChange::None, RowChange::Put);
        self.failed(step, change, &failure.error, ended).await;
    }

    async fn failed(&self, step: StepRef, change: RowChange, error: &DriverError, ended: &mut Ended) {
        let failure = StepFailure {
            effect_unknown: error.effect_unknown() && matches!(change, RowChange::None),
            change,
            error: error.to_string(),
        };
        if failure.effect_unknown {
            let note = "whether it had its effect is not known; the next apply will look and settle it";
            let diag = cloud_error(error);
            let help = diag.help.clone().map_or(note.to_string(), |h| format!("{h}; {note}"));
            ended.diags.push(diag.help(help));
        } else {
            ended.diags.push(cloud_error(error));
        }
        if let Err(error) = self.cx.store.fail_step(write_cx(self.cx), step, failure).await {
            ended.diags.push(store_error(&error));
        }
    }

    async fn close(&self, step: StepRef, end: StepEnd, ended: &mut Ended) -> bool {
        match self.cx.store.end_step(write_cx(self.cx), step, end).await {
            Ok(()) => true,
            Err(error) => {
                ended.diags.push(store_error(&error));
                false
            }
        }
    }
}
