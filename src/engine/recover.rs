//! Settles what a run that was cut off left open: for each step that began and has no end, looks and then adopts, leaves to
//! be repeated, or says that it can't tell. To examine reads only, to settle writes only. Never deletes and never guesses;
//! doing it twice is the same as once, also when it is cut off itself.

mod making;
mod meant;
mod told;

pub use making::{in_the_making, until_made};
pub use told::{announcement, how_to_settle};

use super::data::cloud_error;
use super::run::store_error;
use super::{Drivers, Progress, Providers, rows};
use crate::base::{Diag, Diags, InstanceAddr, Known, Value};
use crate::config::{Module, ProviderKey};
use crate::plan::Change;
use crate::plan::drift::differences;
use crate::plan::propose::marks_planned;
use crate::schema::{Mode, Registry, ResourceSchema, secrets};
use crate::store::{
    INTERRUPTED, OpenStep, ResourceRow, RowChange, RowStatus, RowWrite, RunId, RunOutcome, StateSnapshot, StepAction,
    StepEnd, StepFailure, Store, StoreError, WriteCx,
};
use futures_util::future::join_all;
use jiff::Timestamp;
use meant::{made_of, meant, object};
use told::{Came, both, uncertain};

/// What looking is done with.
pub struct Looking<'a> {
    /// The state.
    pub state: &'a StateSnapshot,
    /// Says which provider manages an object that the state does not know yet.
    pub module: &'a Module,
    /// What the configuration asks for now, as far as it is known without the cloud: which parts are sensitive.
    pub changes: &'a [Change],
    /// What is known of the types.
    pub registry: &'a Registry,
    /// The drivers.
    pub drivers: &'a Drivers,
    /// The sessions.
    pub providers: &'a Providers,
}

/// What became of one open step.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The step.
    pub step: OpenStep,
    /// What follows.
    pub verdict: Verdict,
    /// The object that was set aside for one that was not made: it is the current one again.
    pub restored: Option<Box<ResourceRow>>,
}

/// What follows from what was found.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// It had an effect, which is recorded.
    Ends(RowChange, String),
    /// It had none as far as can be seen, and is planned again.
    Fails(String),
    /// It can't be told.
    Uncertain(Box<Diag>),
}

/// What recovery did, for the user.
#[derive(Debug, Default)]
pub struct Recovery {
    /// One line a run and a step, in plain words.
    pub notices: Vec<String>,
    /// What can't be settled, and errors.
    pub diags: Diags,
}

/// Looks and settles, in one go.
pub async fn recover(store: &dyn Store, epoch: u64, cx: &Looking<'_>, progress: &dyn Progress) -> Recovery {
    match store.open_steps().await {
        Ok(open) => settle(store, epoch, &examine(open, cx).await, cx, progress).await,
        Err(error) => Recovery {
            diags: store_error(&error).into(),
            ..Recovery::default()
        },
    }
}

/// Looks what became of every open step. Writes nothing.
pub async fn examine(open: Vec<OpenStep>, cx: &Looking<'_>) -> Vec<Finding> {
    let one = |step: OpenStep| async move {
        let key = &step.intent.target;
        let row = cx.state.resources.iter().find(|r| r.key() == *key);
        let verdict = match (Looker { cx, row }).verdict(&step).await {
            Ok(verdict) => verdict,
            Err(diag) => Verdict::Uncertain(Box::new(diag.address(&key.addr))),
        };
        let restored = match (&verdict, row) {
            (Verdict::Fails(_), None) => set_aside(&step, cx.state).map(Box::new),
            _ => None,
        };
        Finding {
            step,
            verdict,
            restored,
        }
    };
    join_all(open.into_iter().map(one)).await
}

/// The object that a create which had no effect was to replace, and that its run set aside.
fn set_aside(step: &OpenStep, state: &StateSnapshot) -> Option<ResourceRow> {
    let addr = &step.intent.target.addr;
    if step.intent.action != StepAction::Create || step.intent.target.deposed.is_some() {
        return None;
    }
    let of_step = |r: &&ResourceRow| r.addr == *addr && r.deposed.is_some() && r.updated_run == Some(step.step.run);
    state.resources.iter().find(of_step).cloned()
}

/// The state as it will be when the findings are settled.
pub fn foreseen(findings: &[Finding], snapshot: &mut StateSnapshot) {
    for finding in findings {
        if let Some(restored) = &finding.restored
            && let Some(row) = snapshot.resources.iter_mut().find(|r| r.key() == restored.key())
        {
            row.deposed = None;
        }
        let Verdict::Ends(change, _) = &finding.verdict else {
            continue;
        };
        let key = match change {
            RowChange::None => continue,
            RowChange::Put(row) => row.key(),
            RowChange::Delete(key) => key.clone(),
        };
        let rows = &mut snapshot.resources;
        rows.retain(|r| r.key() != key);
        if let RowChange::Put(row) = change {
            let mut row = (**row).clone();
            row.updated_run = Some(finding.step.step.run);
            let place = rows.partition_point(|r| (&r.addr, &r.deposed) < (&row.addr, &row.deposed));
            rows.insert(place, row);
        }
    }
}

/// Writes what was found, each step by itself, and closes the runs that were cut off. A step that can't be told keeps no other
/// from being settled.
pub async fn settle(
    store: &dyn Store,
    epoch: u64,
    findings: &[Finding],
    cx: &Looking<'_>,
    progress: &dyn Progress,
) -> Recovery {
    let mut recovery = Recovery::default();
    for finding in findings {
        let step = finding.step.step;
        let cx = WriteCx {
            epoch,
            // It is the work of the run that was cut off.
            run: Some(step.run),
            now: Timestamp::now(),
        };
        let written = match &finding.verdict {
            Verdict::Ends(change, _) => {
                let end = StepEnd {
                    change: change.clone(),
                    result: Some("recovered".into()),
                };
                store.end_step(cx, step, end).await
            }
            Verdict::Fails(_) => {
                if let Some(row) = &finding.restored
                    && let Err(error) = restore(store, cx, row).await
                {
                    recovery.diags.push(store_error(&error));
                    return recovery;
                }
                let failure = StepFailure {
                    change: RowChange::None,
                    error: INTERRUPTED.into(),
                    effect_unknown: false,
                };
                store.fail_step(cx, step, failure).await
            }
            Verdict::Uncertain(diag) => {
                recovery.diags.push((**diag).clone());
                continue;
            }
        };
        match written {
            Ok(()) => recovery.notices.extend(finding.told().map(str::to_string)),
            Err(error) => {
                recovery.diags.push(store_error(&error));
                // Whatever it is, the next write meets it as well.
                return recovery;
            }
        }
    }
    let open = cx.state.open_runs.iter().map(|r| r.id);
    let runs: Vec<RunId> = open.chain(findings.iter().map(|f| f.step.step.run)).collect();
    // The runs are closed last: cut off before that, the next recovery waits again.
    let closed = match until_made(store, epoch, &runs, cx, progress).await {
        Ok(()) => close(store, epoch, findings, cx.state).await,
        Err(error) => Err(error),
    };
    if let Err(error) = closed {
        recovery.diags.push(store_error(&error));
    }
    recovery
}

/// Makes an object that was set aside the current one again.
async fn restore(store: &dyn Store, cx: WriteCx, row: &ResourceRow) -> Result<(), StoreError> {
    let mut current = row.clone();
    current.deposed = None;
    let changes = [RowChange::Delete(row.key()), RowChange::Put(Box::new(current))];
    let writes = changes.map(|change| RowWrite { step: None, change });
    store.put_rows(cx, writes.to_vec()).await
}

/// Closes the runs that were cut off and have nothing open any more.
async fn close(
    store: &dyn Store,
    epoch: u64,
    findings: &[Finding],
    snapshot: &StateSnapshot,
) -> Result<(), StoreError> {
    for run in &snapshot.open_runs {
        let of_run = findings.iter().filter(|f| f.step.step.run == run.id);
        if of_run.into_iter().any(Finding::is_uncertain) {
            continue;
        }
        let cx = WriteCx {
            epoch,
            run: None,
            now: Timestamp::now(),
        };
        let outcome = RunOutcome::Recovered;
        store.finish_run(cx, run.id, outcome, Default::default()).await?;
    }
    Ok(())
}

impl Finding {
    /// What became of the step, in plain words; nothing when it can't be told.
    pub fn told(&self) -> Option<&str> {
        match &self.verdict {
            Verdict::Ends(_, told) | Verdict::Fails(told) => Some(told),
            Verdict::Uncertain(_) => None,
        }
    }

    /// Whether only the user can settle it.
    pub fn is_uncertain(&self) -> bool {
        matches!(self.verdict, Verdict::Uncertain(_))
    }
}

/// What looking for the object of an open step showed.
enum Found {
    /// It is there.
    Object(Value),
    /// It is not.
    Nothing,
    /// It has no name: that was to come from an object that was made first, so no call was sent.
    Nameless,
}

struct Looker<'a> {
    cx: &'a Looking<'a>,
    row: Option<&'a ResourceRow>,
}

impl Looker<'_> {
    async fn verdict(&self, step: &OpenStep) -> Result<Verdict, Diag> {
        let addr = &step.intent.target.addr;
        let schema = self.cx.registry.resource(&addr.resource.type_name);
        let schema = schema.ok_or_else(|| uncertain(step, "its type is not known to this program"))?;
        if self.row.is_none() && matches!(step.intent.action, StepAction::Update) {
            // It was forgotten or moved since; whoever did that knows it.
            return Ok(Verdict::Fails(Came::Forgotten.told(step)));
        }
        if self.row.is_some() && matches!(step.intent.action, StepAction::Create) {
            // What it replaces had not been set aside yet, or is back already: no call was sent.
            return Ok(Verdict::Fails(Came::Nothing.told(step)));
        }
        let found = self.look(step, schema).await?;
        let gone = || RowChange::Delete(step.intent.target.clone());
        Ok(match (step.intent.action, found) {
            (StepAction::Create | StepAction::Import, Found::Object(object)) => self.made(step, schema, object)?,
            (StepAction::Create | StepAction::Import, Found::Nothing) => {
                self.sure_of_provider(step)?;
                Verdict::Fails(Came::Nothing.told(step))
            }
            (StepAction::Create | StepAction::Import, Found::Nameless) => Verdict::Fails(Came::Nothing.told(step)),
            (StepAction::Delete, Found::Object(_)) => Verdict::Fails(Came::Still.told(step)),
            (StepAction::Delete, _) => Verdict::Ends(gone(), Came::Deleted.told(step)),
            (_, Found::Object(object)) => self.changed(step, schema, object)?,
            (_, _) => Verdict::Ends(gone(), Came::Gone.told(step)),
        })
    }

    /// An object under the name that was to be made: adopted when it is what was meant, or when the journal knows that it is
    /// ours.
    fn made(&self, step: &OpenStep, schema: &ResourceSchema, found: Value) -> Result<Verdict, Diag> {
        let meant = meant(step.intent.planned.as_deref(), schema, &found);
        let meant = meant.ok_or_else(|| uncertain(step, "the journal does not say what was to be made"))?;
        let paths = differences(&schema.block, &meant, &found);
        if !paths.is_empty() && step.noted.is_none() {
            let marked = self.change(step).and_then(|c| c.planned.as_ref());
            return Err(both(step, schema, &paths, &meant, &found, marked));
        }
        let row = self.row_of(step, schema, &found)?;
        let came = match paths.is_empty() {
            true => Came::Whole,
            false => Came::Part(&paths),
        };
        Ok(Verdict::Ends(row, came.told(step)))
    }

    /// An object whose change was cut off: it is recorded as it is, and what is missing is planned again.
    fn changed(&self, step: &OpenStep, schema: &ResourceSchema, found: Value) -> Result<Verdict, Diag> {
        let row = self.row_of(step, schema, &found)?;
        let unlike = |text: Option<&str>| {
            let other = meant(text, schema, &found)?;
            Some(differences(&schema.block, &other, &found))
        };
        let left = unlike(step.intent.planned.as_deref());
        let since = unlike(step.intent.identity.as_deref());
        let came = match (&left, &since) {
            (Some(left), _) if left.is_empty() => Came::Whole,
            (_, Some(since)) if since.is_empty() => Came::Nothing,
            (Some(left), _) => Came::Part(left),
            (None, _) => Came::Recorded,
        };
        Ok(Verdict::Ends(row, came.told(step)))
    }

    /// What the configuration has of the object now.
    fn change(&self, step: &OpenStep) -> Option<&Change> {
        let target = &step.intent.target;
        let mut changes = self.cx.changes.iter();
        changes.find(|c| c.addr == target.addr && c.deposed.is_none() && target.deposed.is_none())
    }

    /// The row of an object as it was found.
    fn row_of(&self, step: &OpenStep, schema: &ResourceSchema, found: &Value) -> Result<RowChange, Diag> {
        let addr = &step.intent.target.addr;
        let row = match (self.row, self.change(step)) {
            (None, Some(change)) => {
                let planned = change.planned.clone().unwrap_or_else(|| found.clone());
                let marked = marks_planned(&schema.block, found.clone(), &planned);
                rows::row(change, schema, &marked, false)
            }
            (row, _) => {
                let provider = || self.provider(addr).0.to_string();
                let mut row = row.map_or_else(|| ResourceRow::new(addr.clone(), provider(), ""), Clone::clone);
                row.attributes = crate::base::json::to_typed_json(found, &schema.block.object_type()).to_string();
                row.schema_version = schema.version;
                row.status = RowStatus::Ok;
                row
            }
        };
        // What can't be read back must not be written.
        rows::prior(&row, self.cx.registry)?;
        Ok(RowChange::Put(Box::new(row)))
    }

    /// Where to look: as the state says, or the configuration for an object that is not in the state yet. Without either it
    /// is the default one of the type, which is a guess.
    fn provider(&self, addr: &InstanceAddr) -> (ProviderKey, bool) {
        if let Some(row) = self.row {
            return (row.provider.parse().unwrap_or_else(|never| match never {}), true);
        }
        if let Some(resource) = self.cx.module.resource(&addr.resource) {
            let key = self.cx.module.provider_at(&addr.resource.module, &resource.provider);
            return (key, true);
        }
        let name = addr.resource.type_name.split('_').next().unwrap_or("");
        let key: ProviderKey = name.parse().unwrap_or_else(|never| match never {});
        let mut others = self.cx.module.providers.keys();
        let only = !others.any(|p| p.name == key.name && p.alias.is_some());
        (key, only)
    }

    /// That nothing is there says nothing when it may be in another place.
    fn sure_of_provider(&self, step: &OpenStep) -> Result<(), Diag> {
        match self.provider(&step.intent.target.addr) {
            (_, true) => Ok(()),
            (_, false) => Err(uncertain(
                step,
                "its block is gone from the configuration, so that it is not known which provider was to make it",
            )),
        }
    }

    async fn look(&self, step: &OpenStep, schema: &ResourceSchema) -> Result<Found, Diag> {
        let addr = &step.intent.target.addr;
        let texts = [&step.noted, &step.intent.identity, &step.intent.planned];
        let mut texts = texts.into_iter().flatten();
        let identity = texts
            .find_map(|text| object(text, schema))
            .ok_or_else(|| uncertain(step, "the journal does not say what it was about"))?;
        let makes = matches!(step.intent.action, StepAction::Create | StepAction::Import);
        // A part of the name that may be left out or that the provider fills in is no missing name.
        let missing = |name: &crate::base::Str| {
            let mode = schema.block.attributes.get(name).map(|a| a.mode);
            let needed = matches!(mode, Some(Mode::Required | Mode::Computed));
            needed && identity.get(name).is_none_or(Value::is_null)
        };
        if makes && schema.identity.iter().any(missing) {
            return Ok(Found::Nameless);
        }
        let known = Known::new(identity).ok_or_else(|| uncertain(step, "its name is not known"))?;
        let driver = self.cx.drivers.managed.get(&*addr.resource.type_name);
        let session = self.cx.providers.session(&self.provider(addr).0);
        let (Some(driver), Some(session)) = (driver, session) else {
            return Err(uncertain(step, "its provider is not configured any more"));
        };
        let session = session.clone().read_only().within(super::refresh::READ_LIMIT);
        match driver.read(&session, &known).await {
            Ok(Some(found)) => {
                let found = secrets::resealed(&schema.block, found.into_value(), known.value());
                Ok(Found::Object(made_of(found)))
            }
            Ok(None) => Ok(Found::Nothing),
            Err(error) => {
                let diag = cloud_error(&error);
                let why = diag.detail.clone().unwrap_or_default();
                Err(uncertain(step, &format!("looking for it failed: {why}")))
            }
        }
    }
}
