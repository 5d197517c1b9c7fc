//! The result of comparing a state with its cloud: one line of counts, and a JSON document.

use super::layout::count;
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
    /// Attributes of compared objects that the cloud does not say. They are never in sync, and no fault of this comparison.
    pub unread: usize,
    /// Steps of an interrupted run that are not settled yet: what became of their objects is not in the state.
    pub interrupted: usize,
}

impl DriftSummary {
    /// Whether something is left out of the comparison.
    pub fn is_incomplete(&self) -> bool {
        self.not_compared + self.interrupted > 0
    }
}

/// The line of counts.
pub fn drift_line(summary: &DriftSummary, style: &Style) -> String {
    let mut counts = format!(
        "{} of {} compared, {} drifted, {} unhealthy, {} not compared",
        summary.compared, summary.total, summary.drifted, summary.unhealthy, summary.not_compared
    );
    if summary.unread > 0 {
        counts.push_str(&format!("; {} not compared", count(summary.unread, "attribute")));
    }
    if summary.interrupted > 0 {
        counts.push_str(&format!(", {} of an interrupted run", summary.interrupted));
    }
    let (paint, verdict) = match summary {
        s if s.is_incomplete() => (Paint::Bad, "Comparison incomplete:"),
        s if s.drifted > 0 => (Paint::Caution, "Drift:"),
        s if s.unhealthy > 0 => (Paint::Caution, "Unhealthy:"),
        s if s.total == 0 => (Paint::Caution, "Nothing to compare, the state is empty:"),
        s if s.unread > 0 => (Paint::Good, "No drift seen:"),
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
            "unread": summary.unread,
            "interrupted": summary.interrupted,
        },
        "resource_drift": document.get("resource_drift").cloned().unwrap_or_else(|| json!([])),
        "problems": plan.problems.iter().map(|p| json!({
            "address": p.addr.to_string(), "code": p.code, "text": p.text, "help": p.help,
        })).collect::<Vec<_>>(),
        "not_compared": plan.not_compared.iter().map(|n| json!({
            "address": n.addr.to_string(), "cause": n.cause,
        })).collect::<Vec<_>>(),
        "unread": super::plan_json::unread(plan),
    })
}
