//! A plan as JSON lines in the shape of Terraform's machine-readable output (`plan -json`), one message a line.

use super::TERRAFORM_VERSION;
use super::diag_json::diag_json;
use crate::base::{Diags, InstanceAddr, InstanceKey, Severity, SourceMap};
use crate::plan::{Action, Plan, PlanMode};
use serde_json::{Value as Json, json};

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
    for change in plan.changes.iter().filter(|c| c.action != Action::NoOp) {
        let action = match change.action {
            Action::Replace { .. } => "replace",
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
            let action = o.action().names()[0];
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
    let (add, change, remove) = (s.create + s.replace, s.update, s.delete + s.replace);
    json!({
        "@level": "info", "@module": "headworks.ui", "type": "change_summary",
        "@message": format!("Plan: {add} to add, {change} to change, {remove} to destroy."),
        "changes": {
            "add": add, "change": change, "import": 0, "remove": remove, "replace": s.replace,
            "operation": if plan.mode == PlanMode::Destroy { "destroy" } else { "plan" },
        },
    })
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
