//! Plans and runs as JSON lines in the shape of Terraform's machine-readable output (`plan -json`, `apply -json`), one
//! message a line. The caller adds the time.

use super::TERRAFORM_VERSION;
use super::diag_json::diag_json;
use super::output::output_json;
use super::progress_text::{ApplySummary, participle, took, verb};
use crate::base::{Diags, InstanceAddr, InstanceKey, Severity, SourceMap, Str, Value};
use crate::plan::{Action, Change, Plan, PlanMode, StepAction};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// The messages of a plan that was made.
pub fn plan_stream(plan: &Plan, diags: &Diags, sources: &SourceMap) -> Vec<Json> {
    let mut out = vec![version_line()];
    out.extend(diag_stream(diags, sources));
    for drift in &plan.drift {
        let action = if drift.found.is_some() { "update" } else { "delete" };
        out.push(json!({
            "@level": "info", "@module": "headworks.ui", "type": "resource_drift",
            "@message": format!("{}: drift detected ({action})", drift.addr),
            "change": {"resource": resource(&drift.addr), "action": action},
        }));
    }
    let said = |c: &&Change| {
        c.action != Action::NoOp || plan.moved_from(&c.addr).is_some() || plan.imports.contains_key(&c.addr)
    };
    for change in plan.changes.iter().filter(said) {
        let action = match change.action {
            Action::Replace { .. } => "replace",
            Action::NoOp if plan.imports.contains_key(&change.addr) => "import",
            Action::NoOp => "move",
            Action::Forget => "remove",
            other => other.names()[0],
        };
        let mut message = json!({
            "@level": "info", "@module": "headworks.ui", "type": "planned_change",
            "@message": format!("{}: plan to {action}", change.addr),
            "change": {"resource": resource(&change.addr), "action": action},
        });
        if let Some(reason) = change.reason {
            message["change"]["reason"] = reason.name().into();
        }
        if let Some(former) = plan.moved_from(&change.addr) {
            message["change"]["previous_resource"] = resource(former);
        }
        if let Some(imported) = plan.imports.get(&change.addr) {
            message["change"]["importing"] = json!({"id": imported.id});
            if let Some(config) = &imported.config {
                message["change"]["generated_config"] = config.as_str().into();
            }
        }
        if !change.effects.is_empty() {
            let effects = change
                .effects
                .iter()
                .map(|e| json!({"name": &*e.name, "warning": e.warning, "text": e.text}));
            message["change"]["headworks_effects"] = effects.collect();
        }
        out.push(message);
    }
    out.push(summary(plan));
    let outputs: serde_json::Map<String, Json> = plan
        .outputs
        .iter()
        .map(|o| {
            let action = o.action.names()[0];
            (o.name.to_string(), json!({"sensitive": o.sensitive, "action": action}))
        })
        .collect();
    if !outputs.is_empty() {
        out.push(json!({
            "@level": "info", "@module": "headworks.ui", "type": "outputs",
            "@message": format!("Outputs: {}", outputs.len()), "outputs": outputs,
        }));
    }
    out
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
    let line = |d: &crate::base::Diag| {
        let (level, word) = match d.severity {
            Severity::Error => ("error", "Error"),
            Severity::Warning => ("warn", "Warning"),
            Severity::Info => ("info", "Note"),
        };
        json!({
            "@level": level, "@module": "headworks.ui", "type": "diagnostic",
            "@message": format!("{word}: {}", d.summary), "diagnostic": diag_json(d, sources),
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
    json!({
        "@level": "info", "@module": "headworks.ui", "type": "change_summary",
        "@message": format!("Plan: {import}{add} to add, {change} to change, {remove} to destroy."),
        "changes": {
            "add": add, "change": change, "import": imports, "remove": remove, "replace": s.replace,
            "operation": if plan.mode == PlanMode::Destroy { "destroy" } else { "plan" },
        },
    })
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
    let (level, kind, message) = match stage {
        StepStage::Start => ("info", "apply_start", format!("{addr}: {} begins", verb(action))),
        StepStage::Progress => (
            "info",
            "apply_progress",
            format!("{addr}: waiting, phase {}", phase.unwrap_or("unknown")),
        ),
        StepStage::Complete => (
            "info",
            "apply_complete",
            format!("{addr}: {} after {}", participle(action), took(elapsed)),
        ),
        StepStage::Errored => (
            "error",
            "apply_errored",
            format!("{addr}: {} failed after {}", verb(action), took(elapsed)),
        ),
    };
    let mut hook = json!({"resource": resource(addr), "action": verb(action)});
    if stage != StepStage::Start {
        hook["elapsed_seconds"] = elapsed.as_secs().into();
    }
    if let Some(phase) = phase {
        hook["headworks_phase"] = phase.into();
    }
    json!({"@level": level, "@module": "headworks.ui", "type": kind, "@message": message, "hook": hook})
}

/// Something worth telling that no other message says.
pub fn log_line(text: &str) -> Json {
    json!({"@level": "info", "@module": "headworks.ui", "type": "log", "@message": text})
}

/// The last messages of a run: counts, and the outputs as they are now. Values of sensitive outputs are left out.
pub fn end_stream(summary: &ApplySummary, destroy: bool, outputs: &BTreeMap<Str, Value>) -> Vec<Json> {
    let (created, updated, deleted) = (summary.created, summary.updated, summary.deleted);
    let complete = summary.failed.is_empty() && summary.skipped.is_empty() && !summary.interrupted;
    let how = if complete { "complete" } else { "incomplete" };
    let names = |addrs: &[InstanceAddr]| addrs.iter().map(ToString::to_string).collect::<Vec<_>>();
    let mut out = vec![json!({
        "@level": "info", "@module": "headworks.ui", "type": "change_summary",
        "@message": format!("{} {how}: {created} added, {updated} changed, {deleted} destroyed.", summary.command),
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
    let key = match &addr.key {
        InstanceKey::None => Json::Null,
        InstanceKey::Index(i) => json!(i),
        InstanceKey::Key(k) => json!(&**k),
    };
    json!({
        "addr": addr.to_string(),
        "module": addr.resource.module.to_string(),
        "resource": addr.resource.instance(addr.key.clone()).to_string(),
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
