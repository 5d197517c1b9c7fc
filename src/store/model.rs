//! What the state holds, as plain data: rows, outputs, runs, steps, the lock. Decides nothing; reads and writes nothing.
//! JSON is kept as text, because only the layers above know the types that it is read with.

use super::journal::Phase;
use crate::base::{AttrPath, InstanceAddr, Str};
use jiff::Timestamp;
use std::fmt;
use std::time::Duration;

/// All that a plan needs to know of a state, read in one transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StateSnapshot {
    /// The random name of this state; `None` until the first run begins, also when there is no database.
    pub lineage: Option<String>,
    /// Grows with every run that begins and with every change of a resource or output.
    pub serial: u64,
    /// Every object, sorted by address, the current object before deposed ones.
    pub resources: Vec<ResourceRow>,
    /// Every output, sorted by name.
    pub outputs: Vec<OutputRow>,
    /// What became of the conditions of the configuration, as JSON text.
    pub check_results: Option<String>,
    /// Runs that began and have not finished, oldest first.
    pub open_runs: Vec<RunRecord>,
}

/// Whether an object is fit for use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RowStatus {
    /// Made as planned.
    #[default]
    Ok,
    /// Half made, or marked by the user: the next plan replaces it.
    Tainted,
}

/// One object that headworks manages, or one reading of a data source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceRow {
    /// The instance it belongs to.
    pub addr: InstanceAddr,
    /// Set for an object that a newer one has replaced and that is still to be deleted.
    pub deposed: Option<String>,
    /// The provider configuration that manages it, e.g. `alicloud` or `alicloud.beijing`.
    pub provider: String,
    /// Version of the schema that the attributes follow.
    pub schema_version: u32,
    /// JSON text of the object, as `to_typed_json` writes it.
    pub attributes: String,
    /// Attributes that are never shown.
    pub sensitive: Vec<AttrPath>,
    /// Addresses of what it depends on, for the order of deletion when the configuration is gone.
    pub dependencies: Vec<Str>,
    /// Whether it is fit for use.
    pub status: RowStatus,
    /// Its replacement is made before it is deleted, also when the configuration is gone.
    pub create_before_destroy: bool,
    /// The run that wrote it first. Set by the store.
    pub created_run: Option<RunId>,
    /// The run that changed it last. Set by the store.
    pub updated_run: Option<RunId>,
}

impl ResourceRow {
    /// A row with an address and attributes and nothing else said.
    pub fn new(addr: InstanceAddr, provider: impl Into<String>, attributes: impl Into<String>) -> Self {
        Self {
            addr,
            deposed: None,
            provider: provider.into(),
            schema_version: 0,
            attributes: attributes.into(),
            sensitive: Vec::new(),
            dependencies: Vec::new(),
            status: RowStatus::Ok,
            create_before_destroy: false,
            created_run: None,
            updated_run: None,
        }
    }

    /// What names the row.
    pub fn key(&self) -> RowKey {
        RowKey {
            addr: self.addr.clone(),
            deposed: self.deposed.clone(),
        }
    }
}

/// What names one object in the state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowKey {
    /// The instance.
    pub addr: InstanceAddr,
    /// The deposed object of the instance, or its current one.
    pub deposed: Option<String>,
}

impl From<InstanceAddr> for RowKey {
    fn from(addr: InstanceAddr) -> Self {
        Self { addr, deposed: None }
    }
}

impl fmt::Display for RowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.deposed {
            Some(key) => write!(f, "{} (deposed object {key})", self.addr),
            None => write!(f, "{}", self.addr),
        }
    }
}

/// One output value of the root module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputRow {
    /// Name of the output.
    pub name: String,
    /// JSON text of the value.
    pub value: String,
    /// JSON text of the type, as `type_to_json` writes it.
    pub ty: String,
    /// Never shown unless asked for by name.
    pub sensitive: bool,
}

/// Number of a run in its state, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId(pub i64);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Who writes, and when. Every write carries it; a write whose epoch is not that of the lock is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriteCx {
    /// Epoch of the lock that the writer holds: [`Lease::epoch`].
    pub epoch: u64,
    /// The run that rows are attributed to.
    pub run: Option<RunId>,
    /// The time to record.
    pub now: Timestamp,
}

/// The state that a saved plan was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basis {
    /// Lineage, `None` for a plan made without a state.
    pub lineage: Option<String>,
    /// Serial.
    pub serial: u64,
}

/// A run that is about to begin, with all its steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRun {
    /// The operator, e.g. the login name or the pipeline's actor.
    pub who: String,
    /// The machine.
    pub host: String,
    /// The command, e.g. `apply`.
    pub command: String,
    /// Git commit of the configuration.
    pub commit: Option<String>,
    /// Version of this program.
    pub tool_version: String,
    /// Digest of the plan that is applied.
    pub plan_digest: Option<String>,
    /// When given, the run begins only if the state is still this one.
    pub basis: Option<Basis>,
    /// Objects that get another address as the run begins, in the same transaction: the address until now, and the new one.
    pub moves: Vec<(InstanceAddr, InstanceAddr)>,
    /// Every step with what recovery needs to know; a step's number is its place here, from 0.
    pub steps: Vec<Intent>,
}

/// What a step does to its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StepAction {
    /// Makes it.
    Create,
    /// Changes it in place.
    Update,
    /// Deletes it.
    Delete,
    /// Takes an existing object into the state.
    Import,
    /// Reads a data source.
    Read,
    /// Drops it from the state and leaves the object alone.
    Forget,
}

/// What a step is going to do, committed before anything is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// The object.
    pub target: RowKey,
    /// What happens to it.
    pub action: StepAction,
    /// JSON text of the natural key by which recovery looks for the object.
    pub identity: Option<String>,
    /// Digest of the request body, so that a repeat is known to be the same.
    pub request_digest: Option<String>,
    /// Client token, made before the call and repeated with it.
    pub token: Option<String>,
    /// JSON text of the object as planned, without secrets, to compare what is found with.
    pub planned: Option<String>,
    /// Numbers of the steps that must be done before this one.
    pub after: Vec<u32>,
}

impl Intent {
    /// An intent with nothing but its target.
    pub fn new(target: impl Into<RowKey>, action: StepAction) -> Self {
        Self {
            target: target.into(),
            action,
            identity: None,
            request_digest: None,
            token: None,
            planned: None,
            after: Vec::new(),
        }
    }
}

/// One step of one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StepRef {
    /// The run.
    pub run: RunId,
    /// Its place in [`NewRun::steps`].
    pub seq: u32,
}

impl fmt::Display for StepRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "step {} of run {}", self.seq, self.run)
    }
}

/// What a step does to the rows of the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowChange {
    /// Nothing.
    None,
    /// Writes one row, new or not.
    Put(Box<ResourceRow>),
    /// Drops one row; it is fine if there is none.
    Delete(RowKey),
}

/// How a step ended well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepEnd {
    /// The row, written in the same transaction.
    pub change: RowChange,
    /// A word on how, for history: `adopted`, `repeated`, a request id.
    pub result: Option<String>,
}

/// How a step ended badly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepFailure {
    /// What is left of the object, written in the same transaction.
    pub change: RowChange,
    /// The error as the user saw it.
    pub error: String,
    /// Whether the call may have had its effect all the same: the step then stays open and recovery looks.
    pub effect_unknown: bool,
}

/// The error of a step that was cut off and had no effect as far as can be seen.
pub const INTERRUPTED: &str = "interrupted; found without effect";

/// The client token of a create whose object was not made, with what the create meant. The next attempt uses it again, should
/// the first one still arrive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptToken {
    /// The object.
    pub target: RowKey,
    /// The token.
    pub token: String,
    /// JSON text of the object as planned.
    pub planned: Option<String>,
}

/// A row of a type without outside effect, with the step that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowWrite {
    /// The step that this completes, never begun before.
    pub step: Option<StepRef>,
    /// The row.
    pub change: RowChange,
}

/// A step that began and has no known end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenStep {
    /// Which one.
    pub step: StepRef,
    /// What it was going to do.
    pub intent: Intent,
    /// [`Phase::Begun`] or [`Phase::Uncertain`].
    pub phase: Phase,
    /// JSON text of what the driver learnt of the object's identity on the way.
    pub noted: Option<String>,
    /// How often the call may have been sent.
    pub attempts: u32,
    /// When it began first.
    pub began_at: Option<Timestamp>,
    /// The error that left it uncertain.
    pub error: Option<String>,
}

/// What the journal says of one step, whatever became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRecord {
    /// Its number in its run.
    pub seq: u32,
    /// The address of its object, as it was written.
    pub address: String,
    /// Set for an object that a newer one has replaced.
    pub deposed: Option<String>,
    /// What was to happen.
    pub action: StepAction,
    /// How far it came.
    pub phase: Phase,
    /// How often the call may have been sent.
    pub attempts: u32,
    /// A word on how it ended well.
    pub result: Option<String>,
    /// How it ended badly.
    pub error: Option<String>,
    /// When it began first.
    pub began_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RunOutcome {
    /// Every step was done.
    Done,
    /// Some steps failed.
    Failed,
    /// The user stopped it.
    Interrupted,
    /// It was cut off and a later run settled what was in flight.
    Recovered,
}

/// How many objects a run touched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunCounts {
    /// Made.
    pub created: u64,
    /// Changed in place.
    pub updated: u64,
    /// Deleted.
    pub deleted: u64,
    /// Failed.
    pub failed: u64,
    /// Not begun.
    pub skipped: u64,
}

impl RunCounts {
    /// The sums of two.
    #[must_use]
    pub fn and(self, other: RunCounts) -> RunCounts {
        RunCounts {
            created: self.created + other.created,
            updated: self.updated + other.updated,
            deleted: self.deleted + other.deleted,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
        }
    }
}

/// One line of history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRecord {
    /// Its number.
    pub id: RunId,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// The operator.
    pub who: String,
    /// The machine.
    pub host: String,
    /// The command.
    pub command: String,
    /// Git commit of the configuration.
    pub commit: Option<String>,
    /// Version of the program.
    pub tool_version: String,
    /// Digest of the plan.
    pub plan_digest: Option<String>,
    /// How it ended.
    pub outcome: Option<RunOutcome>,
    /// What it touched, counted from its steps; zero while it is open.
    pub counts: RunCounts,
}

/// Who wants or holds the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The operator; the name that `force_unlock` asks for.
    pub who: String,
    /// The machine's name.
    pub host: String,
    /// What makes a process number mean the same process: boot and process namespace. Empty when not known.
    pub host_id: String,
    /// Process number.
    pub pid: u32,
    /// The command, e.g. `apply`.
    pub command: String,
}

/// A wish for the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockRequest {
    /// Who wants it.
    pub holder: Holder,
    /// How long it holds without a renewal.
    pub lease: Duration,
    /// The time now.
    pub now: Timestamp,
    /// Epoch of a holder that is known to be dead and may be replaced before its lease runs out.
    pub dead_epoch: Option<u64>,
}

/// The lock, held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The number that writes carry.
    pub epoch: u64,
    /// When it runs out unless renewed.
    pub expires_at: Timestamp,
    /// The holder that was replaced; the user is told.
    pub taken_from: Option<LockInfo>,
}

/// The lock as another process sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockInfo {
    /// Who holds it.
    pub holder: Holder,
    /// Its epoch.
    pub epoch: u64,
    /// The run under way.
    pub run: Option<RunId>,
    /// Since when.
    pub acquired_at: Timestamp,
    /// Until when, unless renewed.
    pub expires_at: Timestamp,
}
