//! Outputs: their values, their changes, and that none shows what is sensitive.

use super::Planner;
use crate::base::{Diag, Marks, Str, Value};
use crate::config::codes;
use crate::lang::ast::Expr;
use crate::lang::{EvalContext, eval};
use crate::plan::checks::{CheckStatus, Checkable, RuleResult};
use crate::plan::conditions::{Rule, check_rules};
use crate::plan::model::{OutputChange, PlanMode};
use crate::plan::scope::Repetition;

impl Planner<'_> {
    pub(super) fn outputs(&mut self) {
        let inputs = self.inputs;
        let destroying = inputs.options.mode == PlanMode::Destroy;
        for (name, output) in &inputs.module.outputs {
            let prior = inputs.prior_outputs.get(name).cloned();
            if inputs.options.is_targeted() && !self.is_targeted_output(name) {
                continue;
            }
            if output.ephemeral {
                self.diags.push(
                    Diag::error(codes::EPHEMERAL, "Ephemeral output not allowed")
                        .detail("Outputs of the root module are kept in the state, so they can't be ephemeral.")
                        .address(format!("output.{name}"))
                        .at(output.header)
                        .help("remove ephemeral, and use a value that may be kept"),
                );
                continue;
            }
            if destroying {
                if !output.preconditions.is_empty() {
                    let open = RuleResult {
                        status: CheckStatus::Unknown,
                        message: None,
                    };
                    let of = Checkable::Output(self.root.clone(), name.clone());
                    if let Some(result) = self.values.checks.instance(&of, Default::default()) {
                        result.before = vec![open; output.preconditions.len()];
                    }
                }
                self.destroyed_output(name, &output.value, output.sensitive, prior);
                continue;
            }
            let (value, found, results) = {
                let scope = self.scope(Repetition::default());
                let cx = EvalContext {
                    scope: &scope,
                    host: inputs.host,
                };
                let (results, mut found) = check_rules(
                    &output.preconditions,
                    Rule::OutputPrecondition,
                    inputs.options.mode == PlanMode::RefreshOnly,
                    &format!("output.{name}"),
                    &cx,
                );
                let (value, more) = eval::evaluate(&output.value, &cx);
                found.extend(more);
                (value, found, results)
            };
            let of = Checkable::Output(self.root.clone(), name.clone());
            if let Some(result) = self.values.checks.instance(&of, Default::default()) {
                result.before = results;
            }
            self.diags.extend(found);
            if value.marks_deep().contains(Marks::SENSITIVE) && !output.sensitive {
                self.diags.push(
                    Diag::error(codes::SENSITIVE_OUTPUT, "Output refers to sensitive values")
                        .detail("Its value comes from a sensitive value, so showing it could leak that.")
                        .address(format!("output.{name}"))
                        .at(output.header)
                        .related(output.value.span, "this value is sensitive")
                        .help("add sensitive = true to the output"),
                );
            }
            if value.marks_deep().contains(Marks::EPHEMERAL) {
                self.diags.push(
                    Diag::error(codes::EPHEMERAL, "Ephemeral value not allowed")
                        .detail("Outputs are kept in the state, and an ephemeral value must not be.")
                        .address(format!("output.{name}"))
                        .at(output.value.span)
                        .help("use a value that is not ephemeral; one that must not be shown may be sensitive"),
                );
            }
            let value = if output.sensitive { value.sensitive() } else { value };
            let change = OutputChange::new(name.clone(), prior, Some(value), output.sensitive);
            self.output_changes.push(change);
        }
        for (name, prior) in &inputs.prior_outputs {
            let declared = inputs.module.outputs.contains_key(name);
            if !declared && !inputs.options.is_targeted() {
                let change = OutputChange::new(name.clone(), Some(prior.clone()), None, prior.is_sensitive());
                self.output_changes.push(change);
            }
        }
        self.output_changes.sort_by(|a, b| a.name.cmp(&b.name));
    }

    /// An output of a plan that deletes everything: what it would be by now goes, and without that what the state has.
    fn destroyed_output(&mut self, name: &Str, expr: &Expr, sensitive: bool, prior: Option<Value>) {
        // An output that the state does not have can't go.
        let Some(prior) = prior.filter(|_| !self.inputs.options.is_targeted()) else {
            return;
        };
        let (value, found) = {
            let scope = self.scope(Repetition::default());
            let cx = EvalContext {
                scope: &scope,
                host: self.inputs.host,
            };
            eval::evaluate(expr, &cx)
        };
        let now = Some(value).filter(|v| !found.has_errors() && v.is_wholly_known());
        let before = now.unwrap_or(prior);
        if before.is_null() {
            return;
        }
        let before = if sensitive { before.sensitive() } else { before };
        let change = OutputChange::new(name.clone(), Some(before), None, sensitive);
        self.output_changes.push(change);
    }
}
