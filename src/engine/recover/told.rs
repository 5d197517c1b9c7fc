//! The words of recovery: which run was cut off, what became of each of its steps, and how the user settles what can't be
//! told. Decides words only; a sensitive part is never among them.

use super::Finding;
use crate::base::{AttrPath, Diag, Marks, PathStep, Value};
use crate::engine::codes;
use crate::plan::propose::marks_like;
use crate::report::leaves::leaves;
use crate::report::redact::{mark_secrets, visible_json};
use crate::schema::ResourceSchema;
use crate::store::{OpenStep, RunRecord, StepAction};
use std::fmt::Write;

/// Characters of a value that are shown of each version.
const VALUE_MAX: usize = 120;

/// What became of a step.
pub(super) enum Came<'a> {
    /// It had its effect.
    Whole,
    /// It had a part of its effect; these are not as meant.
    Part(&'a [AttrPath]),
    /// It had none.
    Nothing,
    /// What it meant is not known, and it is recorded as it is.
    Recorded,
    /// Its object was to be changed, and is gone.
    Gone,
    /// Its object was to be deleted, and is gone.
    Deleted,
    /// Its object was to be deleted, and is there.
    Still,
    /// The state does not have its object any more.
    Forgotten,
}

impl Came<'_> {
    /// In plain words.
    pub(super) fn told(&self, step: &OpenStep) -> String {
        let makes = matches!(step.intent.action, StepAction::Create | StepAction::Import);
        let what = match self {
            Came::Whole if makes => "after the object was made; it was found as meant and adopted".to_string(),
            Came::Whole => "after it had its effect; the object is recorded as it is".to_string(),
            Came::Part(paths) => {
                let done = match makes {
                    true => "when the object was made in part; it was found and adopted as it is",
                    false => "half-way; the object is recorded as it is",
                };
                format!(
                    "{done}, and what is not yet as meant is planned again: {}",
                    names(paths)
                )
            }
            Came::Nothing => "before it had an effect; it is planned again".to_string(),
            Came::Recorded => "and what it meant is not known; the object is recorded as it is".to_string(),
            Came::Gone => "and the object is gone; it is planned anew".to_string(),
            Came::Deleted => "after it had its effect; the object is gone".to_string(),
            Came::Still => {
                "before it had its effect; the object is still there, and its deletion is planned again".into()
            }
            Came::Forgotten => "and the state does not have the object any more; it is left alone".to_string(),
        };
        format!(
            "{}: {} was interrupted {what}",
            step.intent.target,
            verb(step.intent.action)
        )
    }
}

fn names(paths: &[AttrPath]) -> String {
    let names: Vec<String> = paths.iter().map(ToString::to_string).collect();
    names.join(", ")
}

/// Which run left something, who ran it and when, in a line a run. `history` has the runs of the steps, `open` those that
/// never ended.
pub fn announcement(findings: &[Finding], history: &[RunRecord], open: &[RunRecord]) -> Vec<String> {
    let mut runs: Vec<&RunRecord> = open.iter().chain(history).collect();
    runs.sort_by_key(|r| r.id);
    runs.dedup_by_key(|r| r.id);
    let line = |run: &&RunRecord| {
        let left = findings.iter().filter(|f| f.step.step.run == run.id).count();
        let cut_off = run.finished_at.is_none();
        let what = match (cut_off, left) {
            (false, 0) => return None,
            (false, 1) => "left a step whose effect is not known".to_string(),
            (false, n) => format!("left {n} steps whose effect is not known"),
            (true, 0) => "was cut off with no step under way".to_string(),
            (true, 1) => "was cut off with 1 step under way".to_string(),
            (true, n) => format!("was cut off with {n} steps under way"),
        };
        Some(format!(
            "run {} ({} by {} on {}, begun {}) {what}",
            run.id,
            run.command,
            run.who,
            run.host,
            run.started_at.strftime("%Y-%m-%d %H:%M:%S UTC"),
        ))
    };
    runs.iter().filter_map(line).collect()
}

/// What the user can say when looking can't tell.
pub fn how_to_settle(step: &OpenStep) -> String {
    let addr = &step.intent.target.addr;
    let (adopt, disown) = match step.intent.action {
        StepAction::Update | StepAction::Read | StepAction::Forget => (
            "to go on from what the state has of it",
            "to forget the object and leave it alone",
        ),
        StepAction::Delete => (
            "if the object still exists (its deletion is planned again)",
            "if it is gone",
        ),
        StepAction::Create | StepAction::Import => (
            "if the object there is yours (the next apply records it as it is)",
            "if it is not yours or not there (it is left alone, and the create is planned again)",
        ),
    };
    format!("headworks state settle '{addr}' adopt: {adopt}; headworks state settle '{addr}' disown: {disown}")
}

/// A step that only the user can settle.
pub(super) fn uncertain(step: &OpenStep, why: &str) -> Diag {
    Diag::error(
        codes::UNCERTAIN,
        format!("An interrupted {} can't be settled", verb(step.intent.action)),
    )
    .detail(format!("{} of run {}: {why}.", step.intent.target, step.step.run))
    .help(format!(
        "mend the cause and apply again, or say what it is. {}",
        how_to_settle(step)
    ))
}

/// An object that is not what was meant, and may be somebody else's: both versions, attribute by attribute. `marked` is the
/// object as the configuration has it; without it nothing says what is sensitive, and no value is shown.
pub(super) fn both(
    step: &OpenStep,
    schema: &ResourceSchema,
    paths: &[AttrPath],
    meant: &Value,
    found: &Value,
    marked: Option<&Value>,
) -> Diag {
    let mark = |value: &Value| {
        let value = mark_secrets(value, &schema.block);
        marked.map(|m| marks_like(value, m))
    };
    let (meant, found) = (mark(meant), mark(found));
    let mut text = format!(
        "{} of run {}: an object of that name exists, but it is not what was to be made; it may be somebody else's.",
        step.intent.target, step.step.run
    );
    for path in paths {
        let (Some(a), Some(b)) = (at(meant.as_ref(), path), at(found.as_ref(), path)) else {
            let _ = write!(text, "\n  {path}: differs");
            continue;
        };
        for leaf in leaves(a, b).changed {
            let joint = if leaf.path.is_empty() || leaf.path.starts_with('[') {
                ""
            } else {
                "."
            };
            let (meant, found) = (shown(leaf.before.as_ref()), shown(leaf.after.as_ref()));
            let _ = write!(text, "\n  {path}{joint}{}: meant {meant}, found {found}", leaf.path);
        }
    }
    let diag = Diag::error(codes::UNCERTAIN, "An interrupted create can't be settled").detail(text);
    diag.help(format!("{}, and choose another name", how_to_settle(step)))
}

/// The part at a path; a part of what is hidden is hidden as a whole.
fn at<'v>(value: Option<&'v Value>, path: &AttrPath) -> Option<&'v Value> {
    let mut value = value?;
    for step in &path.0 {
        if value.marks != Marks::NONE {
            return Some(value);
        }
        value = match step {
            PathStep::Attr(name) | PathStep::Key(name) => value.get(name)?,
            PathStep::Index(i) => value.elements()?.get(*i)?,
        };
    }
    Some(value)
}

fn shown(value: Option<&Value>) -> String {
    let Some(value) = value.filter(|v| !v.is_null()) else {
        return "nothing".to_string();
    };
    if value.marks_deep() != Marks::NONE {
        return "(sensitive)".to_string();
    }
    let text = visible_json(value).to_string();
    match text.char_indices().nth(VALUE_MAX) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

pub(super) fn verb(action: StepAction) -> &'static str {
    match action {
        StepAction::Create => "create",
        StepAction::Update => "update",
        StepAction::Delete => "delete",
        StepAction::Import => "import",
        StepAction::Read => "read",
        StepAction::Forget => "forget",
    }
}
