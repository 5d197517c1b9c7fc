//! Runs the steps of a plan: the one loop that calls drivers and writes the state. Does what the plan says and
//! nothing else; begins nothing whose intent is not committed.

use super::data::cloud_error;
use super::run::{Apply, store_error};
use super::schedule::Schedule;
use super::step::{Ended, Step};
use super::target::{deposed_row, target_key};
use super::values::{Live, Planned, for_driver};
use super::{Event, codes, rows};
use crate::base::{Diag, Diags, InstanceAddr, Known, ResourceAddr, ResourceMode, Value};
use crate::plan::checks;
use crate::plan::model::{Action, Change, OutputChange, Plan, StepAction, StepId};
use crate::plan::propose::marks_planned;
use crate::schema::{Registry, ResourceSchema};
use crate::store::{self, Intent, OutputRow, RowChange, RowWrite, RunCounts, StoreError};
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};

/// Rows of types without outside effect that are committed together.
const GROUP_ROWS: usize = 1_000;

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
    /// Of these, what has no line in the journal: objects without an outside.
    pub unlisted: RunCounts,
    /// The user stopped the run.
    pub interrupted: bool,
    /// The problems.
    pub diags: Diags,
    /// The outputs by now.
    pub outputs: Vec<OutputRow>,
    /// Blocks whose objects were made but are not as their conditions say: nothing may build on them.
    pub unfit: HashSet<ResourceAddr>,
}

/// What the journal knows of a step.
#[derive(Clone, Debug)]
pub struct Journalled {
    /// Its number among the intents.
    pub seq: u32,
    /// Its client token: the same for every attempt.
    pub token: String,
}

/// The intents of all steps with an outside effect, in the order of their steps, as they are committed before the first one
/// begins; and what the journal knows of each step. `token` gives the client token of a step that means this for this object: a
/// new one, or that of an attempt that was cut off.
pub fn intents(
    plan: &Plan,
    registry: &Registry,
    token: &dyn Fn(&store::RowKey, Option<&str>) -> String,
) -> (Vec<Intent>, HashMap<StepId, Journalled>) {
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
        let key = target_key(plan, change, step.action);
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
        let token = token(&intent.target, intent.planned.as_deref());
        intent.token = Some(token.clone());
        let seq = intents.len() as u32;
        numbers.insert(id as StepId, Journalled { seq, token });
        intents.push(intent);
    }
    (intents, numbers)
}

/// Applies a plan.
pub async fn apply(cx: &Apply<'_>, live: &mut Live<'_>, numbers: &HashMap<StepId, Journalled>) -> Outcome {
    super::pending::wait(cx).await;
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
    numbers: &'r HashMap<StepId, Journalled>,
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
        self.cx.providers.around().stopped_by(stop.clone());
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
                () = self.cx.providers.around().bell() => self.cx.providers.tell(self.cx.progress),
                changed = stop.changed(), if !self.outcome.interrupted => {
                    if changed.is_ok() && *stop.borrow() {
                        self.outcome.interrupted = true;
                        self.schedule.stop();
                    }
                }
            }
        }
        // Also when the last step ended together with it.
        self.outcome.interrupted |= *stop.borrow();
        self.flush();
        for write in std::mem::take(&mut self.writes) {
            if let Err(error) = write.await {
                self.outcome.diags.push(store_error(&error));
            }
        }
        self.settle().await;
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
            unwritten: false,
        };
        let Some(schema) = self.schema(change) else {
            let diag = Diag::error(codes::STATE_ROW, "There is no such resource type").address(&change.addr);
            self.ended(failed(diag.into()));
            return None;
        };
        if action != StepAction::Delete {
            let mut found = Diags::new();
            let may_begin = self.live.may_begin(&change.addr.resource, &mut found);
            self.outcome.diags.extend(found);
            if !may_begin {
                // Why was said where it was found.
                self.outcome.skipped.push(change.addr.clone());
                self.schedule.end(id, false);
                self.done += 1;
                return None;
            }
            let unmet = self.live.preconditions(change);
            if unmet.has_errors() {
                self.ended(failed(unmet));
                return None;
            }
            self.outcome.diags.extend(unmet);
        }
        let (planned, diags) = match action {
            StepAction::Delete => {
                let nothing = Planned {
                    object: Value::null(crate::base::Type::Dynamic),
                    secrets: None,
                };
                (nothing, Diags::new())
            }
            _ => self.live.planned(change, schema),
        };
        if diags.has_errors() {
            self.ended(failed(diags));
            return None;
        }
        if schema.local {
            self.local(id, change, schema, action, &planned.object, began);
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
            planned: planned.object,
            secrets: planned.secrets,
            session: session.for_step(),
            journalled: self.numbers.get(&id).cloned(),
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
        let key = target_key(self.cx.plan, change, action);
        let mut ended = Ended {
            id,
            ok: true,
            value: None,
            diags: Diags::new(),
            phase: None,
            began,
            unwritten: false,
        };
        let row = match action {
            StepAction::Delete => RowChange::Delete(key),
            _ => match self.local_object(change, planned, action) {
                Ok(object) => {
                    let object = marks_planned(&schema.block, object.into_value(), planned);
                    let row = rows::row(change, schema, &object, false);
                    ended.value = Some(object);
                    if let Some(deposed) = deposed_row(self.cx.plan, change, action, schema) {
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
        let cx = self.cx.writer.cx();
        self.writes.push(self.cx.writer.store.put_rows(cx, rows));
    }

    fn ended(&mut self, ended: Ended) {
        if ended.unwritten {
            self.schedule.stop();
        }
        let action = self.cx.plan.steps.steps[ended.id as usize].action;
        self.done += 1;
        let Some(change) = self.change(ended.id) else {
            self.schedule.end(ended.id, ended.ok);
            return;
        };
        let mut diags = ended.diags;
        let mut fit = ended.ok;
        if let Some(value) = ended.value {
            self.live.set(change, value.clone());
            if ended.ok && action != StepAction::Delete {
                let found = self.live.postconditions(change, &value);
                fit = !found.has_errors();
                diags.extend(found);
            }
        }
        if !fit {
            self.outcome.unfit.insert(change.addr.resource.unkeyed());
        }
        self.schedule.end(ended.id, fit);
        let took = Timestamp::now().duration_since(ended.began).unsigned_abs();
        if ended.ok {
            let unlisted = u64::from(!self.numbers.contains_key(&ended.id));
            let outcome = &mut self.outcome;
            let (count, beyond) = match action {
                StepAction::Create => (&mut outcome.created, &mut outcome.unlisted.created),
                StepAction::Update => (&mut outcome.updated, &mut outcome.unlisted.updated),
                StepAction::Delete => (&mut outcome.deleted, &mut outcome.unlisted.deleted),
                StepAction::Read | StepAction::Join => (&mut 0, &mut 0),
            };
            *count += 1;
            *beyond += unlisted;
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

    /// What is left when the steps have ended: conditions, outputs, and what is recorded of both.
    async fn settle(&mut self) {
        let unfit: HashSet<ResourceAddr> = self
            .schedule
            .not_begun()
            .filter_map(|id| self.change(id))
            .map(|c| c.addr.resource.unkeyed())
            .collect();
        self.outcome.unfit.extend(unfit);
        let found = self.live.remaining_checks(&self.outcome.unfit);
        self.outcome.diags.extend(found);
        self.outputs().await;
        let results = checks::state_text(self.cx.plan, self.live.checks());
        if let Err(error) = self
            .cx
            .writer
            .store
            .set_check_results(self.cx.writer.cx(), results)
            .await
        {
            self.outcome.diags.push(store_error(&error));
        }
    }

    async fn outputs(&mut self) {
        let mut out = Vec::new();
        let mut changed = false;
        for output in &self.cx.plan.outputs {
            changed |= output.action != Action::NoOp;
            match self.final_output(output) {
                Some(row) => out.push(row),
                None => continue,
            }
        }
        out.extend(kept_outputs(self.cx.plan));
        if changed && let Err(error) = self.cx.writer.store.set_outputs(self.cx.writer.cx(), out.clone()).await {
            self.outcome.diags.push(store_error(&error));
        }
        self.outcome.outputs = out;
    }

    fn final_output(&mut self, output: &OutputChange) -> Option<OutputRow> {
        let planned = output.planned.as_ref()?;
        let former = || output.prior.as_ref().map(|p| rows::output_row(output, p));
        let mut unfit = self.outcome.unfit.iter().chain(self.live.broken_blocks()).peekable();
        // Also what the plan knew is not true of objects that were not made.
        if unfit.peek().is_some() {
            let needed = self.live.output_needs(&output.name);
            if unfit.any(|block| needed.contains(block)) {
                return former();
            }
        }
        let unmet = self.live.output_preconditions(&output.name);
        let failed = unmet.has_errors();
        self.outcome.diags.extend(unmet);
        if failed {
            return former();
        }
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
            return former();
        }
        Some(rows::output_row(output, &value))
    }
}

/// Outputs that a targeted plan says nothing about stay as they are; others are all in the plan.
fn kept_outputs(plan: &Plan) -> Vec<OutputRow> {
    plan.kept_outputs
        .iter()
        .map(|(name, value)| {
            let (was, is) = (Some(value.clone()), Some(value.clone()));
            let change = OutputChange::new(name.clone(), was, is, value.is_sensitive());
            rows::output_row(&change, value)
        })
        .collect()
}
