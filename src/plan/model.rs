//! What a plan says: changes, their reasons, what they do to the data, and the steps that apply will run.

use super::checks::CheckResults;
use crate::base::{AttrPath, InstanceAddr, ResourceAddr, Span, Str, Value};
use crate::config::ProviderKey;
use std::collections::BTreeMap;

/// An object of the state, as planning needs it.
#[derive(Clone, Debug)]
pub struct Prior {
    /// Its address.
    pub addr: InstanceAddr,
    /// Set for an object that was replaced and is still to be deleted.
    pub deposed: Option<Str>,
    /// The provider configuration that manages it.
    pub provider: ProviderKey,
    /// The object, of the type of its schema, with marks.
    pub value: Value,
    /// Whether its creation failed half-way, so that it must be replaced.
    pub tainted: bool,
    /// It was imported or found again, and no run has written it since: of what the cloud does not tell, nothing is known.
    pub adopted: bool,
    /// The blocks it needed when it was last applied.
    pub dependencies: Vec<ResourceAddr>,
}

/// What looking at the cloud showed about an object of the state.
#[derive(Clone, Debug)]
pub enum Observed {
    /// The object as it is.
    Object(Value),
    /// It does not exist any more.
    Gone,
    /// It could not be looked at.
    NotCompared(String),
}

/// What is done to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Nothing.
    NoOp,
    /// It is made.
    Create,
    /// It is read (data sources).
    Read,
    /// It is changed in place.
    Update,
    /// It is deleted and made again; or made first, when `create_first`.
    Replace {
        /// The new object is made before the old one is deleted.
        create_first: bool,
    },
    /// It is deleted.
    Delete,
    /// The state drops it, and it stays as it is.
    Forget,
}

impl Action {
    /// Terraform's names, as its plan JSON has them.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Action::NoOp => &["no-op"],
            Action::Create => &["create"],
            Action::Read => &["read"],
            Action::Update => &["update"],
            Action::Replace { create_first: false } => &["delete", "create"],
            Action::Replace { create_first: true } => &["create", "delete"],
            Action::Delete => &["delete"],
            Action::Forget => &["forget"],
        }
    }
}

/// Why an action was chosen where the values alone do not say it. The names are Terraform's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of Terraform's plan JSON")]
pub enum ActionReason {
    ReplaceBecauseTainted,
    ReplaceBecauseCannotUpdate,
    ReplaceByRequest,
    ReplaceByTriggers,
    DeleteBecauseNoResourceConfig,
    DeleteBecauseNoMoveTarget,
    DeleteBecauseWrongRepetition,
    DeleteBecauseCountIndex,
    DeleteBecauseEachKey,
    DeleteBecauseNoModule,
    ReadBecauseConfigUnknown,
    ReadBecauseDependencyPending,
}

impl ActionReason {
    /// The name in plan JSON.
    pub fn name(self) -> &'static str {
        match self {
            ActionReason::ReplaceBecauseTainted => "replace_because_tainted",
            ActionReason::ReplaceBecauseCannotUpdate => "replace_because_cannot_update",
            ActionReason::ReplaceByRequest => "replace_by_request",
            ActionReason::ReplaceByTriggers => "replace_by_triggers",
            ActionReason::DeleteBecauseNoResourceConfig => "delete_because_no_resource_config",
            ActionReason::DeleteBecauseNoMoveTarget => "delete_because_no_move_target",
            ActionReason::DeleteBecauseWrongRepetition => "delete_because_wrong_repetition",
            ActionReason::DeleteBecauseCountIndex => "delete_because_count_index",
            ActionReason::DeleteBecauseEachKey => "delete_because_each_key",
            ActionReason::DeleteBecauseNoModule => "delete_because_no_module",
            ActionReason::ReadBecauseConfigUnknown => "read_because_config_unknown",
            ActionReason::ReadBecauseDependencyPending => "read_because_dependency_pending",
        }
    }
}

/// One attribute that differs, with the line of configuration that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The attribute.
    pub path: AttrPath,
    /// Whether it alone makes a replacement necessary.
    pub replaces: bool,
    /// `main.tf:14`, when the attribute is written in the configuration.
    pub place: Option<String>,
}

/// What a change does to the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// Name in the schema.
    pub name: Str,
    /// Data is lost, doubled or delivered again; otherwise it is only a note.
    pub warning: bool,
    /// What happens.
    pub text: String,
    /// What to do about it.
    pub fix: Option<String>,
}

/// The change of one object.
#[derive(Clone, Debug)]
pub struct Change {
    /// Its address.
    pub addr: InstanceAddr,
    /// Set for an object left over from a replacement.
    pub deposed: Option<Str>,
    /// The provider configuration.
    pub provider: ProviderKey,
    /// What is done.
    pub action: Action,
    /// Why, where the values alone do not say it.
    pub reason: Option<ActionReason>,
    /// The object before; absent for create.
    pub prior: Option<Value>,
    /// The object after, with parts known after apply; absent for delete.
    pub planned: Option<Value>,
    /// Attributes that make a replacement necessary.
    pub replace_paths: Vec<AttrPath>,
    /// Attributes that differ, with their places.
    pub causes: Vec<Cause>,
    /// What it does to the data.
    pub effects: Vec<Effect>,
    /// Header of the block.
    pub span: Option<Span>,
    /// `main.tf:3`
    pub place: Option<String>,
    /// The blocks it needs, for the state.
    pub dependencies: Vec<ResourceAddr>,
    /// Only the state changes, no call is made (`force_destroy`).
    pub local: bool,
}

/// The change of one output.
#[derive(Clone, Debug)]
pub struct OutputChange {
    /// Its name.
    pub name: Str,
    /// The value before; absent when there was none.
    pub prior: Option<Value>,
    /// The value after; absent when the output is removed. A null is not kept in the state.
    pub planned: Option<Value>,
    /// Hidden in texts.
    pub sensitive: bool,
    /// What happens to it. Decided when the plan is made, as a saved plan lacks what is sensitive.
    pub action: Action,
}

impl OutputChange {
    /// The change from one value to another.
    pub fn new(name: Str, prior: Option<Value>, planned: Option<Value>, sensitive: bool) -> Self {
        let plain = |v: &Value| v.clone().unmark_deep().0;
        let action = match (&prior, &planned) {
            (None, None) => Action::NoOp,
            (None, Some(b)) if b.is_null() => Action::NoOp,
            (None, Some(_)) => Action::Create,
            (Some(_), None) => Action::Delete,
            (Some(a), Some(b)) if plain(a) == plain(b) && a.marks_deep() == b.marks_deep() => Action::NoOp,
            (Some(_), Some(_)) => Action::Update,
        };
        Self {
            name,
            prior,
            planned,
            sensitive,
            action,
        }
    }
}

/// A difference between the state and the cloud.
#[derive(Clone, Debug)]
pub struct Drift {
    /// The object.
    pub addr: InstanceAddr,
    /// As the state has it.
    pub recorded: Value,
    /// As the cloud has it; absent when it is gone.
    pub found: Option<Value>,
    /// Attributes that differ.
    pub paths: Vec<AttrPath>,
}

/// An object that exists but does not work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The object.
    pub addr: InstanceAddr,
    /// The cloud's code.
    pub code: String,
    /// What it means.
    pub text: String,
    /// What to do.
    pub help: Option<String>,
}

/// An object that could not be compared with the cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotCompared {
    /// The object.
    pub addr: InstanceAddr,
    /// Why.
    pub cause: String,
}

/// What kind of plan it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlanMode {
    /// Makes the objects what the configuration says.
    #[default]
    Normal,
    /// Deletes all objects.
    Destroy,
    /// Only takes what was found in the cloud into the state.
    RefreshOnly,
}

/// A whole plan.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Kind of plan.
    pub mode: PlanMode,
    /// Changes of all objects, no-ops included, sorted by address.
    pub changes: Vec<Change>,
    /// Changes of outputs, no-ops included, sorted by name.
    pub outputs: Vec<OutputChange>,
    /// What changed behind the tool's back.
    pub drift: Vec<Drift>,
    /// Objects that exist but do not work, before any change.
    pub problems: Vec<Problem>,
    /// Objects that could not be compared.
    pub not_compared: Vec<NotCompared>,
    /// Attributes of compared objects that the cloud does not say.
    pub unread: Vec<Unread>,
    /// The order of effects.
    pub steps: StepGraph,
    /// Data sources that were read while planning.
    pub read: BTreeMap<InstanceAddr, Value>,
    /// Variable values that the plan was made with.
    pub variables: BTreeMap<Str, Value>,
    /// Values of variables as they were given, before they took the types of the variables; without sensitive ones.
    pub given: BTreeMap<Str, Value>,
    /// Outputs of the state that a targeted plan says nothing about.
    pub kept_outputs: BTreeMap<Str, Value>,
    /// Objects that have no change, as they were found: those that a targeted plan says nothing about, and all of a plan
    /// that only looks.
    pub kept_objects: Vec<Prior>,
    /// Whether `-target` left something out.
    pub targeted: bool,
    /// What became of the conditions.
    pub checks: CheckResults,
    /// Objects whose address changes: the new one, and the one that the state has.
    pub moves: BTreeMap<InstanceAddr, InstanceAddr>,
    /// Objects that are taken into the state.
    pub imports: BTreeMap<InstanceAddr, Imported>,
}

/// How an object was found that is taken into the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// Its import id.
    pub id: String,
    /// The resource block that was generated for it.
    pub config: Option<String>,
}

/// An attribute that has a value in the state and that the cloud does not say: it can't be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The object.
    pub addr: InstanceAddr,
    /// The attribute.
    pub path: AttrPath,
    /// Why.
    pub why: String,
}

/// Counts of a plan's changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Summary {
    pub create: usize,
    pub update: usize,
    pub replace: usize,
    pub delete: usize,
    pub read: usize,
    pub unchanged: usize,
    pub forget: usize,
}

impl Summary {
    /// How many objects change.
    pub fn changes(&self) -> usize {
        self.create + self.update + self.replace + self.delete + self.forget
    }
}

impl Plan {
    /// Counts the changes.
    pub fn summary(&self) -> Summary {
        let mut s = Summary::default();
        for change in &self.changes {
            let count = match change.action {
                Action::NoOp => &mut s.unchanged,
                Action::Create => &mut s.create,
                Action::Read => &mut s.read,
                Action::Update => &mut s.update,
                Action::Replace { .. } => &mut s.replace,
                Action::Delete => &mut s.delete,
                Action::Forget => &mut s.forget,
            };
            *count += 1;
        }
        s
    }

    /// Whether applying it would do nothing.
    pub fn is_empty(&self) -> bool {
        self.changes.iter().all(|c| c.action == Action::NoOp)
            && self.outputs.iter().all(|o| o.action == Action::NoOp)
            && self.imports.is_empty()
            && match self.mode {
                PlanMode::RefreshOnly => self.drift.is_empty(),
                _ => self.moves.is_empty(),
            }
    }

    /// The address that the state has for an object that moves; of what is destroyed it is not told.
    pub fn moved_from(&self, addr: &InstanceAddr) -> Option<&InstanceAddr> {
        self.moves.get(addr).filter(|_| self.mode != PlanMode::Destroy)
    }
}

/// Number of a step in its graph.
pub type StepId = u32;

/// What one step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepAction {
    /// Makes the object of a change.
    Create,
    /// Changes it in place.
    Update,
    /// Deletes the prior object of a change.
    Delete,
    /// Reads a data source.
    Read,
    /// Nothing; stands for all steps of a block, so that edges stay few.
    Join,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it does.
    pub action: StepAction,
    /// Index of the change in [`Plan::changes`]; absent for a join.
    pub change: Option<u32>,
    /// Steps that must have ended before it begins.
    pub after: Vec<StepId>,
}

/// The steps of a plan; a step's number is its index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepGraph {
    /// The steps.
    pub steps: Vec<Step>,
}
