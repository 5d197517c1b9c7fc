//! One line an object: what is done, where it changes, why, and what that does to the data.

use super::layout::{clean, cut, pad, width, wrap};
use super::leaves::{json_document, leaves};
use super::plan_text::{PlanTextContext, object_name};
use super::redact::{hidden, mark_secrets};
use super::state_json::schema_of;
use super::style::{Paint, marker};
use crate::base::{AttrPath, Kind, PathStep, Value};
use crate::plan::{Action, ActionReason, Change, Plan, PlanMode};
use std::fmt::Write;

/// Addresses are padded up to so many columns.
const ADDRESS_MAX: usize = 48;

/// Writes the lines of all objects that change, in the order of their addresses.
pub(super) fn lines(out: &mut String, plan: &Plan, cx: &PlanTextContext<'_>) {
    let shown = |c: &&Change| {
        c.action != Action::NoOp || plan.moved_from(&c.addr).is_some() || plan.imports.contains_key(&c.addr)
    };
    let changed: Vec<&Change> = plan.changes.iter().filter(shown).collect();
    if changed.is_empty() {
        return;
    }
    out.push('\n');
    let name = |c: &Change| object_name(&c.addr, c.deposed.as_deref());
    let columns = changed
        .iter()
        .map(|c| width(&name(c)))
        .max()
        .unwrap_or(0)
        .min(ADDRESS_MAX);
    for change in changed {
        let (sign, paint) = marker(change.action);
        let name = pad(&name(change), columns);
        let room = cx.style.width.saturating_sub(width(&name) + 9).max(24);
        let note = match plan.moved_from(&change.addr) {
            Some(former) if change.action == Action::NoOp => {
                format!("{} has moved here", clean(&former.to_string()))
            }
            _ if change.action == Action::NoOp => format!("will be imported{}", generated(plan, change)),
            _ => note(change, plan.mode, room, cx),
        };
        let line = format!(" {} {name}   {note}", cx.style.paint(paint, sign));
        let _ = writeln!(out, "{}", line.trim_end());
        if let Some(former) = plan.moved_from(&change.addr).filter(|_| change.action != Action::NoOp) {
            let text = format!("moved from {}", clean(&former.to_string()));
            out.push_str(&wrap("       ", &text, cx.style.width));
        }
        if let Some(imported) = plan.imports.get(&change.addr) {
            let text = format!("imported from {:?}{}", clean(&imported.id), generated(plan, change));
            out.push_str(&wrap("       ", &text, cx.style.width));
        }
        for reason in reasons(change) {
            out.push_str(&wrap("       ", &reason, cx.style.width));
        }
        effects(out, change, cx);
    }
}

fn generated(plan: &Plan, change: &Change) -> &'static str {
    match plan.imports.get(&change.addr) {
        Some(imported) if imported.config.is_some() => ", its configuration is generated",
        _ => "",
    }
}

/// What stands behind the address.
fn note(change: &Change, mode: PlanMode, room: usize, cx: &PlanTextContext<'_>) -> String {
    match change.action {
        Action::NoOp => String::new(),
        Action::Forget => "no longer managed by headworks, and not deleted".to_string(),
        Action::Create => cut(&identity(change, cx), room, cx.style),
        Action::Update => {
            let mut text = changed_paths(change, false, room, cx);
            if change.local && text.is_empty() {
                text.push_str("what is sensitive  (only in the state)");
            } else if change.local {
                text.push_str("  (only in the state)");
            }
            text
        }
        Action::Replace { .. } => {
            let forced = format!("  {} forces replacement", cx.style.back_arrow());
            let left = room.saturating_sub(width(&forced)).max(16);
            let paths = changed_paths(change, true, left, cx);
            if change.replace_paths.is_empty() || paths.is_empty() {
                reason_text(change.reason).to_string()
            } else {
                format!("{paths}{}", cx.style.paint(Paint::Bad, &forced))
            }
        }
        Action::Delete if change.local => "only removed from the state".to_string(),
        Action::Delete if change.deposed.is_some() => "left over from a replacement".to_string(),
        Action::Delete if mode == PlanMode::Destroy => cut(&identity(change, cx), room, cx.style),
        Action::Delete => reason_text(change.reason).to_string(),
        Action::Read => reason_text(change.reason).to_string(),
    }
}

/// Further lines on why.
fn reasons(change: &Change) -> Vec<String> {
    let mut out = Vec::new();
    if !matches!(change.action, Action::Replace { .. }) {
        return out;
    }
    let forcing: Vec<_> = change.causes.iter().filter(|c| c.replaces).collect();
    for cause in forcing.iter().take(3) {
        let mut text = format!("because {} changed", clean(&cause.path.to_string()));
        if let Some(place) = &cause.place {
            let _ = write!(text, " at {}", clean(place));
        }
        out.push(text);
    }
    if forcing.len() > 3 {
        out.push(format!(
            "and {} more",
            super::layout::count(forcing.len() - 3, "attribute")
        ));
    }
    if !forcing.is_empty()
        && let Some(reason) = change.reason.filter(|r| *r != ActionReason::ReplaceBecauseCannotUpdate)
    {
        out.push(reason_text(Some(reason)).to_string());
    }
    out
}

/// A reason in words.
pub(super) fn reason_text(reason: Option<ActionReason>) -> &'static str {
    match reason {
        None => "",
        Some(ActionReason::ReplaceBecauseTainted) => "tainted: its creation did not finish, or it was marked",
        Some(ActionReason::ReplaceBecauseCannotUpdate) => "cannot be changed in place",
        Some(ActionReason::ReplaceByRequest) => "requested with -replace",
        Some(ActionReason::ReplaceByTriggers) => "triggered by replace_triggered_by",
        Some(ActionReason::DeleteBecauseNoResourceConfig) => "removed from the configuration",
        Some(ActionReason::DeleteBecauseNoMoveTarget) => "moved here, and nothing of this address is declared",
        Some(ActionReason::DeleteBecauseWrongRepetition) => "count or for_each was added or removed",
        Some(ActionReason::DeleteBecauseCountIndex) => "beyond count",
        Some(ActionReason::DeleteBecauseEachKey) => "its key is no longer in for_each",
        Some(ActionReason::DeleteBecauseNoModule) => "its module is no longer called",
        Some(ActionReason::ReadBecauseConfigUnknown) => "read during apply: its arguments are known only then",
        Some(ActionReason::ReadBecauseDependencyPending) => "read during apply: something it depends on changes",
    }
}

fn effects(out: &mut String, change: &Change, cx: &PlanTextContext<'_>) {
    for effect in &change.effects {
        // Painted before wrapping would count escape sequences as columns.
        let (first, paint) = if effect.warning {
            ("       ! data effect: ", Paint::Bad)
        } else {
            ("       note: ", Paint::Faint)
        };
        let text = wrap(first, &effect.text, cx.style.width);
        let text = text.strip_prefix(first).unwrap_or(&text);
        let sign = first.trim_start();
        let _ = write!(out, "       {}{text}", cx.style.paint(paint, sign));
        if let Some(fix) = &effect.fix {
            out.push_str(&wrap("         fix: ", fix, cx.style.width));
        }
    }
}

/// What names the object in the cloud, as far as it is known.
fn identity(change: &Change, cx: &PlanTextContext<'_>) -> String {
    let Some(schema) = schema_of(&change.addr, cx.registry) else {
        return String::new();
    };
    let Some(object) = change.planned.as_ref().or(change.prior.as_ref()) else {
        return String::new();
    };
    let object = mark_secrets(object, &schema.block);
    let part = |name: &str| {
        let value = object.get(name).filter(|v| !hidden(v))?;
        match &value.kind {
            Kind::String(s) => Some(clean(s)),
            Kind::Number(n) => Some(n.to_string()),
            _ => None,
        }
    };
    let names: Option<Vec<String>> = schema.identity.iter().map(|n| part(n)).collect();
    names.map(|n| n.join(":")).unwrap_or_default()
}

/// The paths that change, leaf by leaf, as many as fit; the rest is counted.
fn changed_paths(change: &Change, forcing: bool, room: usize, cx: &PlanTextContext<'_>) -> String {
    let paths = leaf_paths(change, forcing, cx);
    let mut out = String::new();
    for (n, path) in paths.iter().enumerate() {
        let left = paths.len() - n;
        let more = if left > 1 {
            width(&format!(", +{} more", left - 1))
        } else {
            0
        };
        let comma = if n == 0 { 0 } else { 2 };
        if n > 0 && width(&out) + comma + width(path) + more > room {
            let _ = write!(out, ", +{left} more");
            return out;
        }
        if n > 0 {
            out.push_str(", ");
        }
        out.push_str(&cut(path, room.saturating_sub(more).max(12), cx.style));
    }
    out
}

/// The paths that change: those of the plan, further into values with parts of their own and JSON documents.
pub(super) fn leaf_paths(change: &Change, forcing: bool, cx: &PlanTextContext<'_>) -> Vec<String> {
    let hide = |v: &Value| match schema_of(&change.addr, cx.registry) {
        Some(schema) => mark_secrets(v, &schema.block),
        None => v.clone(),
    };
    let (before, after) = (change.prior.as_ref().map(hide), change.planned.as_ref().map(hide));
    let all = change.causes.iter().map(|c| &c.path);
    let roots: Vec<&AttrPath> = if forcing {
        change.replace_paths.iter().collect()
    } else {
        all.collect()
    };
    let mut out: Vec<String> = Vec::new();
    for path in roots {
        let name = clean(&path.to_string());
        let at = |v: &Option<Value>| v.as_ref().and_then(|v| at_path(v, path)).filter(|v| !v.is_null());
        let found = match (at(&before), at(&after)) {
            (Some(x), Some(y)) => below(&name, &x, &y),
            _ => Vec::new(),
        };
        if found.is_empty() {
            out.push(name);
        } else {
            out.extend(found);
        }
    }
    out
}

fn below(name: &str, before: &Value, after: &Value) -> Vec<String> {
    if hidden(before) || hidden(after) {
        return Vec::new();
    }
    let found = match (before.as_str(), after.as_str()) {
        (Some(x), Some(y)) => match (json_document(x), json_document(y)) {
            (Some(x), Some(y)) => leaves(&x, &y),
            _ => return Vec::new(),
        },
        _ => leaves(before, after),
    };
    let join = |path: &str| match path {
        "" => name.to_string(),
        p if p.starts_with('[') => format!("{name}{p}"),
        p => format!("{name}.{p}"),
    };
    found.changed.iter().map(|leaf| join(&leaf.path)).collect()
}

/// The part of an object at a path; marks on the way hide the part.
pub(super) fn at_path(value: &Value, path: &AttrPath) -> Option<Value> {
    let mut at = value.clone();
    for step in &path.0 {
        let marks = at.marks;
        let next = match step {
            PathStep::Attr(name) | PathStep::Key(name) => at.get(name).cloned(),
            PathStep::Index(i) => at.elements().and_then(|v| v.get(*i)).cloned(),
        };
        at = next?.mark(marks);
    }
    Some(at)
}
