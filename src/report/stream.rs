//! Plans and runs as JSON lines in the shape of Terraform's machine-readable output (`plan -json`, `apply -json`), one
//! message a line. The caller adds the time.

use super::TERRAFORM_VERSION;
use super::diag_json::{self, Contexts};
use super::output::output_json;
use super::progress_text::{ApplySummary, verb};
use super::redact::hidden;
use crate::base::{Diags, InstanceAddr, InstanceKey, ModulePath, ResourceMode, Severity, SourceMap, Str, Value};
use crate::plan::{Action, ActionReason, Change, Effect, OutputChange, Plan, Prior, StepAction};
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

/// The messages of a plan that was made. `looked_at` are the objects that were compared with the cloud.
pub fn plan_stream(plan: &Plan, looked_at: &[Prior], diags: &Diags, sources: &SourceMap) -> Vec<Json> {
    let mut out = vec![version_line()];
    out.extend(refresh_lines(plan, looked_at));
    for drift in &plan.drift {
        let action = if drift.found.is_some() { "update" } else { "delete" };
        out.push(message(
            "resource_drift",
            format!("{}: Drift detected ({action})", drift.addr),
            json!({"change": {"resource": resource(&drift.addr), "action": action}}),
        ));
    }
    let said = |c: &&Change| {
        c.action != Action::NoOp || plan.moved_from(&c.addr).is_some() || plan.imports.contains_key(&c.addr)
    };
    out.extend(plan.changes.iter().filter(said).map(|c| planned_line(plan, c)));
    out.push(summary(plan));
    let output = |o: &OutputChange| {
        let action = match o.action {
            Action::NoOp => "noop",
            other => other.names()[0],
        };
        (o.name.to_string(), json!({"sensitive": o.sensitive, "action": action}))
    };
    let outputs: Map<String, Json> = plan.outputs.iter().map(output).collect();
    if !outputs.is_empty() {
        let text = format!("Outputs: {}", outputs.len());
        out.push(message("outputs", text, json!({"outputs": outputs})));
    }
    out.extend(diag_stream(diags, sources));
    out
}

/// A message of a kind, with what else it holds.
fn message(kind: &str, text: String, parts: Json) -> Json {
    let mut out = json!({"@level": "info", "@module": "headworks.ui", "type": kind, "@message": text});
    for (name, part) in parts.as_object().into_iter().flatten() {
        out[name] = part.clone();
    }
    out
}

/// That objects were looked at: all, or with targets those that the plan speaks of.
fn refresh_lines(plan: &Plan, looked_at: &[Prior]) -> Vec<Json> {
    let spoken: HashSet<_> = plan.changes.iter().map(|c| &c.addr).collect();
    let failed: HashSet<_> = plan.not_compared.iter().map(|n| &n.addr).collect();
    let managed = |p: &&Prior| p.deposed.is_none() && p.addr.resource.mode == ResourceMode::Managed;
    let meant = |p: &&Prior| !plan.targeted || spoken.contains(&p.addr);
    let mut out = Vec::new();
    for prior in looked_at.iter().filter(managed).filter(meant) {
        let id = id(&prior.value);
        let shown = id.map_or(String::new(), |id| format!(" [id={id}]"));
        let mut hook = json!({"resource": resource(&prior.addr)});
        if let Some(id) = id {
            hook["id_key"] = "id".into();
            hook["id_value"] = id.into();
        }
        let parts = json!({"hook": hook});
        let text = format!("{}: Refreshing state...{shown}", prior.addr);
        out.push(message("refresh_start", text, parts.clone()));
        if !failed.contains(&prior.addr) {
            let text = format!("{}: Refresh complete{shown}", prior.addr);
            out.push(message("refresh_complete", text, parts));
        }
    }
    out
}

/// The id of an object, if it may be shown.
fn id(value: &Value) -> Option<&str> {
    let id = value.entries()?.get("id")?;
    id.as_str().filter(|_| !hidden(value) && !hidden(id))
}

fn planned_line(plan: &Plan, change: &Change) -> Json {
    let action = match change.action {
        Action::Replace { .. } => "replace",
        Action::NoOp if plan.imports.contains_key(&change.addr) => "import",
        Action::NoOp => "move",
        Action::Forget => "remove",
        other => other.names()[0],
    };
    let mut body = json!({"resource": resource(&change.addr), "action": action});
    if let Some(reason) = change.reason {
        body["reason"] = reason_name(reason).into();
    }
    if let Some(former) = plan.moved_from(&change.addr) {
        body["previous_resource"] = resource(former);
    }
    if let Some(imported) = plan.imports.get(&change.addr) {
        body["importing"] = json!({"id": imported.id});
        if let Some(config) = &imported.config {
            body["generated_config"] = config.as_str().into();
        }
    }
    if !change.effects.is_empty() {
        let effects = change.effects.iter();
        let one = |e: &Effect| json!({"name": &*e.name, "warning": e.warning, "text": e.text});
        body["headworks_effects"] = effects.map(one).collect();
    }
    let text = format!("{}: Plan to {action}", change.addr);
    message("planned_change", text, json!({"change": body}))
}

/// The name of a reason in messages; plan documents say more of some.
fn reason_name(reason: ActionReason) -> &'static str {
    match reason {
        ActionReason::ReplaceBecauseTainted => "tainted",
        ActionReason::ReplaceBecauseCannotUpdate => "cannot_update",
        ActionReason::ReplaceByRequest => "requested",
        ActionReason::ReplaceByTriggers => "replace_triggered_by",
        other => other.name(),
    }
}

/// The first message.
pub fn version_line() -> Json {
    json!({
        "@level": "info", "@module": "headworks.ui", "type": "version",
        "@message": format!("headworks {}", env!("CARGO_PKG_VERSION")),
        "terraform": TERRAFORM_VERSION, "headworks": env!("CARGO_PKG_VERSION"), "ui": "1.2",
    })
}

/// Diagnostics as messages.
pub fn diag_stream(diags: &Diags, sources: &SourceMap) -> Vec<Json> {
    let mut contexts = Contexts::default();
    let line = |d: &crate::base::Diag| {
        let (level, word) = match d.severity {
            Severity::Error => ("error", "Error"),
            Severity::Warning => ("warn", "Warning"),
            Severity::Info => ("info", "Note"),
        };
        json!({
            "@level": level, "@module": "headworks.ui", "type": "diagnostic",
            "@message": format!("{word}: {}", d.summary), "diagnostic": diag_json::one(d, sources, &mut contexts),
        })
    };
    diags.iter().map(line).collect()
}

/// Counts as Terraform makes them: a replacement adds one and removes one.
fn summary(plan: &Plan) -> Json {
    let s = plan.summary();
    let imports = plan.imports.len();
    let import = if imports > 0 {
        format!("{imports} to import, ")
    } else {
        String::new()
    };
    let (add, change, remove) = (s.create + s.replace, s.update, s.delete + s.replace);
    message(
        "change_summary",
        format!("Plan: {import}{add} to add, {change} to change, {remove} to destroy."),
        json!({"changes": {"add": add, "change": change, "import": imports, "remove": remove, "operation": "plan"}}),
    )
}

/// How a step of a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepStage {
    /// It began.
    Start,
    /// Its object exists and is waited for.
    Progress,
    /// It ended well.
    Complete,
    /// It failed.
    Errored,
}

/// A step of a run that began, goes on or ended. `elapsed` is how long it has taken so far; `phase` is what the cloud says
/// of the object.
pub fn step_line(
    stage: StepStage,
    addr: &InstanceAddr,
    action: StepAction,
    elapsed: Duration,
    phase: Option<&str>,
) -> Json {
    let (doing, noun) = words(action);
    let after = whole_seconds(elapsed);
    let (level, kind, text) = match stage {
        StepStage::Start => ("info", "apply_start", format!("{doing}...")),
        StepStage::Progress => (
            "info",
            "apply_progress",
            format!("Still {}... [{after} elapsed]", doing.to_lowercase()),
        ),
        StepStage::Complete => ("info", "apply_complete", format!("{noun} complete after {after}")),
        StepStage::Errored => ("error", "apply_errored", format!("{noun} errored after {after}")),
    };
    let message = format!("{addr}: {text}");
    let mut hook = json!({"resource": resource(addr), "action": verb(action)});
    if stage != StepStage::Start {
        hook["elapsed_seconds"] = elapsed.as_secs().into();
    }
    if let Some(phase) = phase {
        hook["headworks_phase"] = phase.into();
    }
    json!({"@level": level, "@module": "headworks.ui", "type": kind, "@message": message, "hook": hook})
}

/// What is being done, and what was.
fn words(action: StepAction) -> (&'static str, &'static str) {
    match action {
        StepAction::Create => ("Creating", "Creation"),
        StepAction::Update => ("Modifying", "Modifications"),
        StepAction::Delete => ("Destroying", "Destruction"),
        StepAction::Read => ("Reading", "Read"),
        StepAction::Join => ("Waiting", "Wait"),
    }
}

/// `42s`, `1m30s`.
fn whole_seconds(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m{}s", seconds / 60, seconds % 60),
        _ => format!("{}h{}m{}s", seconds / 3600, seconds % 3600 / 60, seconds % 60),
    }
}

/// Something worth telling that no other message says.
pub fn log_line(text: &str) -> Json {
    json!({"@level": "info", "@module": "headworks.ui", "type": "log", "@message": text})
}

/// The last messages of a run: counts, and the outputs as they are now. Values of sensitive outputs are left out.
pub fn end_stream(summary: &ApplySummary, destroy: bool, outputs: &BTreeMap<Str, Value>) -> Vec<Json> {
    let (created, updated, deleted) = (summary.created, summary.updated, summary.deleted);
    let complete = summary.failed.is_empty() && summary.skipped.is_empty() && !summary.interrupted;
    let how = if complete { "complete!" } else { "incomplete." };
    let counts = if destroy {
        format!("{deleted} destroyed")
    } else {
        let imported = match summary.imported {
            0 => String::new(),
            n => format!("{n} imported, "),
        };
        format!("{imported}{created} added, {updated} changed, {deleted} destroyed")
    };
    let names = |addrs: &[InstanceAddr]| addrs.iter().map(ToString::to_string).collect::<Vec<_>>();
    let mut out = vec![json!({
        "@level": "info", "@module": "headworks.ui", "type": "change_summary",
        "@message": format!("{} {how} Resources: {counts}.", summary.command),
        "changes": {
            "add": created, "change": updated, "import": summary.imported, "remove": deleted,
            "operation": if destroy { "destroy" } else { "apply" },
        },
        "headworks_failed": names(&summary.failed),
        "headworks_not_begun": names(&summary.skipped),
    })];
    if !outputs.is_empty() {
        let mut shown = output_json(outputs, false);
        for output in shown.as_object_mut().into_iter().flat_map(|o| o.values_mut()) {
            if output["sensitive"] == true
                && let Some(output) = output.as_object_mut()
            {
                output.remove("value");
            }
        }
        out.push(json!({
            "@level": "info", "@module": "headworks.ui", "type": "outputs",
            "@message": format!("Outputs: {}", outputs.len()), "outputs": shown,
        }));
    }
    out
}

fn resource(addr: &InstanceAddr) -> Json {
    let mut local = addr.clone();
    local.resource.module = ModulePath::default();
    let key = match &addr.key {
        InstanceKey::None => Json::Null,
        InstanceKey::Index(i) => json!(i),
        InstanceKey::Key(k) => json!(&**k),
    };
    json!({
        "addr": addr.to_string(),
        "module": addr.resource.module.to_string(),
        "resource": local.to_string(),
        "implied_provider": addr.resource.type_name.split('_').next().unwrap_or(""),
        "resource_type": &*addr.resource.type_name,
        "resource_name": &*addr.resource.name,
        "resource_key": key,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_says_what_is_done_to_which_object_and_how_long_it_took() {
        let addr: InstanceAddr = "alicloud_oss_bucket.lake[\"a\"]".parse().expect("valid address");
        let took = Duration::from_secs(3);
        let line = step_line(StepStage::Complete, &addr, StepAction::Create, took, Some("FULL"));
        assert_eq!(line["type"], "apply_complete");
        assert_eq!(line["hook"]["action"], "create");
        assert_eq!(line["hook"]["elapsed_seconds"], 3);
        assert_eq!(line["hook"]["resource"]["resource_key"], "a");
        let start = step_line(StepStage::Start, &addr, StepAction::Delete, took, None);
        assert_eq!(start["hook"].get("elapsed_seconds"), None);
    }

    #[test]
    fn sensitive_outputs_have_no_value_at_the_end_of_a_run() {
        let outputs = BTreeMap::from([
            ("plain".into(), Value::string("a")),
            ("secret".into(), Value::string("hunter2").sensitive()),
        ]);
        let lines = end_stream(&ApplySummary::default(), false, &outputs);
        assert_eq!(lines[0]["changes"]["operation"], "apply");
        assert_eq!(lines[1]["outputs"]["plain"]["value"], "a");
        assert_eq!(lines[1]["outputs"]["secret"].get("value"), None);
        assert!(!format!("{lines:?}").contains("hunter2"));
    }
}
