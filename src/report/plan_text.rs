//! A plan as text: what it comes to first, one line an object second, details last. Decides what is worth a line and
//! what is left out; the differences themselves are written by `diff`.

use super::diff::{inline, object_diff, value_diff};
use super::layout::{clean, count, cut, pad, width, wrap};
use super::overview;
use super::state_json::schema_of;
use super::style::{Paint, Style, marker};
use crate::base::{InstanceAddr, Value};
use crate::plan::{Action, Change, Drift, OutputChange, Plan, PlanMode, StepAction};
use crate::schema::Registry;
use std::collections::HashSet;
use std::fmt::Write;

/// What a plan is shown with.
#[derive(Clone)]
pub struct PlanTextContext<'a> {
    /// How it is painted.
    pub style: &'a Style,
    /// What is known of the types.
    pub registry: &'a Registry,
    /// What stands in the first line.
    pub title: PlanTitle,
    /// Whether unchanged attributes and deleted objects are shown in full.
    pub full: bool,
}

/// What stands in the first line of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanTitle {
    /// The directory of the configuration, as the user knows it.
    pub directory: String,
    /// Serial of the state; absent where there is none yet.
    pub serial: Option<u64>,
    /// How old the state is and who wrote it, e.g. `14 min ago, by ci`.
    pub age: Option<String>,
}

/// The whole text of a plan.
pub fn plan_text(plan: &Plan, cx: &PlanTextContext<'_>) -> String {
    let mut out = String::new();
    title(&mut out, plan, cx);
    totals(&mut out, plan, cx);
    overview::lines(&mut out, plan, cx);
    problems(&mut out, plan, cx);
    not_compared(&mut out, plan, cx);
    drift(&mut out, plan, cx);
    // What is forgotten stays as it is: the overview says all there is to say.
    let drawn = |c: &&Change| !matches!(c.action, Action::NoOp | Action::Forget);
    for change in plan.changes.iter().filter(drawn) {
        details(&mut out, change, cx);
    }
    outputs(&mut out, plan, cx);
    let steps = plan.steps.steps.iter().filter(|s| s.action != StepAction::Join).count();
    if steps > 0 {
        let _ = writeln!(out, "\n{}", cx.style.paint(Paint::Faint, &count(steps, "step")));
    }
    out
}

/// Address as shown, with the key of a deposed object.
pub(super) fn object_name(addr: &InstanceAddr, deposed: Option<&str>) -> String {
    match deposed {
        Some(key) => format!("{} (deposed object {})", clean(&addr.to_string()), clean(key)),
        None => clean(&addr.to_string()),
    }
}

fn title(out: &mut String, plan: &Plan, cx: &PlanTextContext<'_>) {
    let kind = match plan.mode {
        PlanMode::Normal => "headworks plan",
        PlanMode::Destroy => "headworks plan (destroy)",
        PlanMode::RefreshOnly => "headworks plan (refresh only)",
    };
    let state = match (cx.title.serial, &cx.title.age) {
        (Some(serial), Some(age)) => format!("state: #{serial} ({})", clean(age)),
        (Some(serial), None) => format!("state: #{serial}"),
        (None, _) => "state: none yet".to_string(),
    };
    let rest = format!("root: {}   {state}", clean(&cx.title.directory));
    let _ = writeln!(out, "{}   {rest}", cx.style.paint(Paint::Strong, kind));
    if plan.targeted {
        let text = "! -target leaves a part of the configuration out of this plan";
        let _ = writeln!(out, "  {}", cx.style.paint(Paint::Caution, text));
    }
}

/// The counts.
fn totals(out: &mut String, plan: &Plan, cx: &PlanTextContext<'_>) {
    let s = plan.summary();
    let mut parts = Vec::new();
    for (n, word, paint) in [
        (s.create, "create", Paint::Good),
        (s.update, "update", Paint::Caution),
        (s.replace, "REPLACE", Paint::Bad),
        (s.delete, "delete", Paint::Bad),
        (s.forget, "forget", Paint::Caution),
    ] {
        if n > 0 {
            parts.push(cx.style.paint(paint, &format!("{n} {word}")));
        }
    }
    let mut rest = Vec::new();
    if s.read > 0 {
        rest.push(format!("{} to read", s.read));
    }
    let moved = |c: &&Change| plan.moved_from(&c.addr).is_some();
    let moves = plan.changes.iter().filter(moved).count();
    if !plan.imports.is_empty() {
        rest.push(format!("{} to import", plan.imports.len()));
    }
    if moves > 0 {
        rest.push(format!("{moves} moved"));
    }
    let effects = plan
        .changes
        .iter()
        .flat_map(|c| &c.effects)
        .filter(|e| e.warning)
        .count();
    if effects > 0 {
        rest.push(cx.style.paint(Paint::Bad, &count(effects, "data effect")));
    }
    if !plan.problems.is_empty() {
        let text = count(plan.problems.len(), "health problem");
        rest.push(cx.style.paint(Paint::Bad, &text));
    }
    if !plan.drift.is_empty() {
        let text = format!("{} changed outside of headworks", plan.drift.len());
        rest.push(cx.style.paint(Paint::Caution, &text));
    }
    // A plan that only refreshes says nothing of the objects that are as recorded.
    if plan.mode != PlanMode::RefreshOnly {
        let missed: HashSet<&InstanceAddr> = plan.not_compared.iter().map(|n| &n.addr).collect();
        let seen = |c: &&Change| c.action == Action::NoOp && !missed.contains(&c.addr);
        rest.push(format!("{} unchanged", plan.changes.iter().filter(seen).count()));
    }
    let missed = format!("{} not compared", plan.not_compared.len());
    rest.push(if plan.not_compared.is_empty() {
        missed
    } else {
        cx.style.paint(Paint::Caution, &missed)
    });
    if !plan.unread.is_empty() {
        let text = format!("{} not compared", count(plan.unread.len(), "attribute"));
        rest.push(cx.style.paint(Paint::Faint, &text));
    }
    let outputs = changed_outputs(plan).count();
    let head = match (s.changes(), plan.mode) {
        (0, PlanMode::RefreshOnly) if !plan.drift.is_empty() => "Only the state changes.".to_string(),
        (0, _) if plan.is_empty() && !plan.not_compared.is_empty() => cx
            .style
            .paint(Paint::Caution, "No changes, as far as could be compared."),
        (0, _) if plan.is_empty() => cx.style.paint(Paint::Good, "No changes."),
        (0, _) if outputs > 0 && s.read == 0 => format!("No changes of objects, {} change.", count(outputs, "output")),
        (0, _) => "No changes of objects.".to_string(),
        (n, _) => format!("{}: {}", count(n, "change"), parts.join(", ")),
    };
    let _ = writeln!(out, "  {head}   {}", rest.join(", "));
}

fn changed_outputs(plan: &Plan) -> impl Iterator<Item = &OutputChange> {
    plan.outputs.iter().filter(|o| o.action != Action::NoOp)
}

fn heading(out: &mut String, cx: &PlanTextContext<'_>, text: &str) {
    let _ = writeln!(out, "\n{}", cx.style.paint(Paint::Strong, text));
}

fn problems(out: &mut String, plan: &Plan, cx: &PlanTextContext<'_>) {
    if plan.problems.is_empty() {
        return;
    }
    heading(out, cx, "Health problems");
    for problem in &plan.problems {
        let addr = object_name(&problem.addr, None);
        let _ = writeln!(out, "  {} {addr}", cx.style.paint(Paint::Bad, "!"));
        let text = format!("{}: {}", problem.code, problem.text);
        out.push_str(&wrap("      ", &text, cx.style.width));
        if let Some(help) = &problem.help {
            out.push_str(&wrap("      fix: ", help, cx.style.width));
        }
        let acts = |c: &&Change| c.addr == problem.addr && c.action != Action::NoOp;
        if !plan.changes.iter().any(|c| acts(&c)) {
            out.push_str("      not changed by this plan\n");
        }
    }
}

/// The attributes that the cloud does not say, by object; for reports of a comparison.
pub fn unread_text(plan: &Plan, style: &Style) -> String {
    let mut out = String::new();
    let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
    for unread in &plan.unread {
        let name = format!("{} {}", object_name(&unread.addr, None), unread.path);
        match reasons.iter_mut().find(|(why, _)| *why == unread.why) {
            Some((_, names)) => names.push(name),
            None => reasons.push((&unread.why, vec![name])),
        }
    }
    for (why, names) in reasons {
        let _ = writeln!(out, "{} {why}", style.paint(Paint::Caution, "Not compared:"));
        for name in names {
            let _ = writeln!(out, "  {name}");
        }
    }
    out
}

fn not_compared(out: &mut String, plan: &Plan, cx: &PlanTextContext<'_>) {
    if plan.not_compared.is_empty() {
        return;
    }
    heading(out, cx, "Not compared with the cloud");
    for missed in &plan.not_compared {
        let addr = object_name(&missed.addr, None);
        let _ = writeln!(out, "  {} {addr}", cx.style.paint(Paint::Caution, "?"));
        out.push_str(&wrap("      ", &missed.cause, cx.style.width));
    }
}

fn drift(out: &mut String, plan: &Plan, cx: &PlanTextContext<'_>) {
    if plan.drift.is_empty() {
        return;
    }
    heading(out, cx, "Changed outside of headworks");
    for drift in &plan.drift {
        let addr = object_name(&drift.addr, None);
        match &drift.found {
            None => {
                let _ = writeln!(
                    out,
                    "  {} {addr}   deleted outside of headworks",
                    cx.style.paint(Paint::Bad, "-")
                );
            }
            Some(found) => {
                let _ = writeln!(out, "  {} {addr}", cx.style.paint(Paint::Caution, "~"));
                out.push_str(&drift_lines(drift, found, cx));
            }
        }
    }
}

fn drift_lines(drift: &Drift, found: &Value, cx: &PlanTextContext<'_>) -> String {
    let schema = schema_of(&drift.addr, cx.registry);
    let hide = |v: &Value| match schema {
        Some(s) => super::redact::mark_secrets(v, &s.block),
        None => v.clone(),
    };
    let (recorded, found) = (hide(&drift.recorded), hide(found));
    let columns = drift.paths.iter().map(|p| width(&p.to_string())).max().unwrap_or(0);
    let mut out = String::new();
    for path in &drift.paths {
        let set = |v: &Value| overview::at_path(v, path).filter(|v| !v.is_null());
        let name = pad(&clean(&path.to_string()), columns.min(40));
        let (before, after) = (set(&recorded), set(&found));
        out.push_str(&value_diff(
            &name,
            before.as_ref(),
            after.as_ref(),
            cx.full,
            6,
            cx.style,
        ));
    }
    out
}

fn details(out: &mut String, change: &Change, cx: &PlanTextContext<'_>) {
    let schema = schema_of(&change.addr, cx.registry);
    let (sign, paint) = marker(change.action);
    let name = object_name(&change.addr, change.deposed.as_deref());
    let mut head = format!(
        "{} {}",
        cx.style.paint(paint, sign.trim()),
        cx.style.paint(Paint::Strong, &name)
    );
    if let Some(place) = &change.place {
        let used = width(sign.trim()) + 1 + width(&name);
        let gap = 48usize.saturating_sub(used).max(3);
        let _ = write!(
            head,
            "{}{}",
            " ".repeat(gap),
            cx.style.paint(Paint::Faint, &clean(place))
        );
    }
    let block = schema.map(|s| &*s.block);
    let body = match change.action {
        Action::Delete if !cx.full => deleted(change, cx),
        _ => object_diff(
            block,
            change.prior.as_ref(),
            change.planned.as_ref(),
            &change.replace_paths,
            cx.full,
            4,
            cx.style,
        ),
    };
    let _ = writeln!(out, "\n{head}");
    out.push_str(&body);
}

/// What is deleted, by the attributes that name it in the cloud.
fn deleted(change: &Change, cx: &PlanTextContext<'_>) -> String {
    let Some(prior) = &change.prior else {
        return String::new();
    };
    let schema = schema_of(&change.addr, cx.registry);
    let prior = match schema {
        Some(s) => super::redact::mark_secrets(prior, &s.block),
        None => prior.clone(),
    };
    let set = |v: &Value| !v.is_null() && !v.elements().is_some_and(<[Value]>::is_empty);
    let total = prior.entries().map_or(0, |m| m.values().filter(|v| set(v)).count());
    let names: Vec<&str> = match schema {
        Some(s) if !s.identity.is_empty() => s.identity.iter().map(|n| &**n).collect(),
        _ => vec!["id"],
    };
    let columns = names.iter().map(|n| width(n)).max().unwrap_or(0);
    let mut out = String::new();
    let mut shown = 0;
    for name in names {
        if let Some(value) = prior.get(name).filter(|v| set(v)) {
            shown += 1;
            let sign = cx.style.paint(Paint::Bad, "-");
            let text = inline(value, false, cx.style);
            let _ = writeln!(out, "    {sign} {} = {text}", pad(name, columns));
        }
    }
    if total > shown {
        let text = format!("# {} hidden", count(total - shown, "more attribute"));
        let _ = writeln!(out, "      {}", cx.style.paint(Paint::Faint, &text));
    }
    out
}

fn outputs(out: &mut String, plan: &Plan, cx: &PlanTextContext<'_>) {
    let changed: Vec<&OutputChange> = changed_outputs(plan).collect();
    if changed.is_empty() {
        return;
    }
    heading(out, cx, "Outputs");
    let columns = changed.iter().map(|o| width(&o.name)).max().unwrap_or(0);
    for output in changed {
        let hide = |v: &Value| {
            if output.sensitive {
                v.clone().sensitive()
            } else {
                v.clone()
            }
        };
        let (prior, planned) = (output.prior.as_ref().map(hide), output.planned.as_ref().map(hide));
        let name = pad(&cut(&clean(&output.name), 60, cx.style), columns);
        out.push_str(&value_diff(
            &name,
            prior.as_ref(),
            planned.as_ref(),
            cx.full,
            2,
            cx.style,
        ));
    }
}

#[cfg(test)]
mod tests;
