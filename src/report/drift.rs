//! The result of comparing a state with its cloud: one line of counts, and a JSON document.

use super::plan_json::{PlanJsonContext, plan_json};
use super::style::{Paint, Style};
use crate::plan::Plan;
use serde_json::{Value as Json, json};

/// Counts of a comparison. What could not be compared is never counted as compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DriftSummary {
    /// Objects of the state.
    pub total: usize,
    /// Those that were compared.
    pub compared: usize,
    /// Those that differ or are gone.
    pub drifted: usize,
    /// Those that do not work.
    pub unhealthy: usize,
    /// Those that could not be compared.
    pub not_compared: usize,
}

/// The line of counts.
pub fn drift_line(summary: &DriftSummary, style: &Style) -> String {
    let counts = format!(
        "{} of {} compared, {} drifted, {} unhealthy, {} not compared",
        summary.compared, summary.total, summary.drifted, summary.unhealthy, summary.not_compared
    );
    let (paint, verdict) = match summary {
        s if s.not_compared > 0 => (Paint::Bad, "Comparison incomplete:"),
        s if s.drifted > 0 => (Paint::Caution, "Drift:"),
        s if s.unhealthy > 0 => (Paint::Caution, "Unhealthy:"),
        _ => (Paint::Good, "In sync:"),
    };
    format!("{} {counts}", style.paint(paint, verdict))
}

/// The document: the plan's own, with the counts beside it.
pub fn drift_json(plan: &Plan, summary: &DriftSummary, cx: &PlanJsonContext<'_>) -> Json {
    let document = plan_json(plan, cx);
    json!({
        "format_version": "1.0",
        "headworks_version": cx.version,
        "timestamp": cx.timestamp,
        "summary": {
            "total": summary.total,
            "compared": summary.compared,
            "drifted": summary.drifted,
            "unhealthy": summary.unhealthy,
            "not_compared": summary.not_compared,
        },
        "resource_drift": document.get("resource_drift").cloned().unwrap_or_else(|| json!([])),
        "problems": plan.problems.iter().map(|p| json!({
            "address": p.addr.to_string(), "code": p.code, "text": p.text, "help": p.help,
        })).collect::<Vec<_>>(),
        "not_compared": plan.not_compared.iter().map(|n| json!({
            "address": n.addr.to_string(), "cause": n.cause,
        })).collect::<Vec<_>>(),
    })
}
