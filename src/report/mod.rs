//! Plans, states, diagnostics and progress as texts and JSON documents. Pure: takes values and returns strings, writes
//! nothing anywhere, and shows no value that is marked sensitive or that a schema calls secret.

pub mod configuration_json;
pub mod dag;
pub mod diag;
pub mod diag_json;
pub mod diff;
pub mod drift;
pub mod graph_operation;
pub mod graph_text;
pub mod layout;
pub mod leaves;
pub mod output;
mod overview;
pub mod plain;
pub mod plan_json;
pub mod plan_text;
pub mod progress_text;
pub mod redact;
mod relevant;
pub mod state_json;
pub mod stream;
pub mod style;

#[cfg(test)]
mod samples;

pub use diag::render_diags;
pub use diag_json::{diag_json, diags_json};
pub use drift::{DriftSummary, drift_json, drift_line};
pub use graph_operation::{GraphKind, GraphSource, operation_graph};
pub use graph_text::{graph_dot, graph_mermaid};
pub use layout::clean;
pub use output::{output_json, output_text};
pub use plain::plain_diags;
pub use plan_json::{PlanJsonContext, plan_json, prior_objects};
pub use plan_text::{PlanTextContext, PlanTitle, plan_text, unread_text};
pub use progress_text::{ApplySummary, apply_summary, failed_line, notice_line, ok_line, status_line, waiting_line};
pub use state_json::{StateView, provider_address, state_json, state_show_text};
pub use stream::{StepStage, diag_stream, end_stream, log_line, plan_stream, step_line, version_line};
pub use style::{Paint, Style};

/// The version of Terraform whose JSON formats these documents follow, for tools that look at it.
pub const TERRAFORM_VERSION: &str = "1.11.4";
