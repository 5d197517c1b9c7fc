//! Outputs: their values, their changes, and that none shows what is sensitive.

use super::Planner;
use crate::base::{Diag, Marks};
use crate::config::codes;
use crate::lang::{EvalContext, eval};
use crate::plan::conditions;
use crate::plan::graph::Node;
use crate::plan::model::{OutputChange, PlanMode};
use crate::plan::scope::Repetition;

impl Planner<'_> {
    pub(super) fn outputs(&mut self) {
        let inputs = self.inputs;
        let destroying = inputs.options.mode == PlanMode::Destroy;
        for (name, output) in &inputs.module.outputs {
            let needed = self.graph.needed_blocks(&Node::Output(self.root.clone(), name.clone()));
            let prior = inputs.prior_outputs.get(name).cloned();
            if needed.iter().any(|b| !self.targets.includes_block(b)) {
                continue;
            }
            if destroying {
                continue;
            }
            let (value, found) = {
                let scope = self.scope(Repetition::default());
                let cx = EvalContext {
                    scope: &scope,
                    host: inputs.host,
                };
                let mut found = conditions::check(
                    &output.preconditions,
                    "Output precondition failed",
                    &format!("output.{name}"),
                    &cx,
                );
                let (value, more) = eval::evaluate(&output.value, &cx);
                found.extend(more);
                (value, found)
            };
            self.diags.extend(found);
            if value.marks_deep().contains(Marks::SENSITIVE) && !output.sensitive {
                self.diags.push(
                    Diag::error(codes::SENSITIVE_OUTPUT, "Output refers to sensitive values")
                        .detail("Its value comes from a sensitive value, so showing it could leak that.")
                        .address(format!("output.{name}"))
                        .at(output.value.span)
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
            let declared = inputs.module.outputs.get(name);
            if (declared.is_none() || destroying) && !inputs.options.is_targeted() {
                let now = declared.and_then(|output| self.output_now(output));
                let prior = now.unwrap_or_else(|| prior.clone());
                if prior.is_null() {
                    continue;
                }
                let sensitive = prior.is_sensitive();
                let change = OutputChange::new(name.clone(), Some(prior), None, sensitive);
                self.output_changes.push(change);
            }
        }
        self.output_changes.sort_by(|a, b| a.name.cmp(&b.name));
    }
    /// What an output would be with the objects as they are: what it is before everything is deleted. None where that can't
    /// be told; the value of the state is then the best known.
    fn output_now(&self, output: &crate::config::model::Output) -> Option<crate::base::Value> {
        let scope = self.scope(Repetition::default());
        let cx = EvalContext {
            scope: &scope,
            host: self.inputs.host,
        };
        let (value, found) = eval::evaluate(&output.value, &cx);
        let marks = value.marks_deep();
        let leaks = marks.contains(Marks::EPHEMERAL) || marks.contains(Marks::SENSITIVE) && !output.sensitive;
        if found.has_errors() || !value.is_wholly_known() || leaks {
            return None;
        }
        Some(if output.sensitive { value.sensitive() } else { value })
    }
}
