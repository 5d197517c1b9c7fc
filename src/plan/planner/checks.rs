//! What a plan refuses: values of variables that their validations don't accept, deletions that the configuration
//! forbids, ephemeral values where they would be kept. Changes nothing in the plan.

use super::Planner;
use crate::base::{Diag, Diags, InstanceAddr, Marks, Span, Str, Value};
use crate::config::{Resource, codes};
use crate::lang::EvalContext;
use crate::plan::conditions;
use crate::plan::model::Action;
use crate::plan::scope::Repetition;
use crate::schema::ResourceSchema;

impl Planner<'_> {
    /// Validations of variables.
    pub(super) fn validations(&mut self) {
        for (name, variable) in &self.inputs.module.variables {
            let scope = self.scope(Repetition::default());
            let cx = EvalContext {
                scope: &scope,
                host: self.inputs.host,
            };
            let found = conditions::check(&variable.validations, INVALID, &format!("var.{name}"), &cx);
            self.diags
                .extend(found.into_iter().map(|d| at_variable(d, variable.header)).collect());
        }
    }

    /// `prevent_destroy` refuses a plan that deletes.
    pub(super) fn guard(&mut self, resource: &Resource, addr: &InstanceAddr, action: Action) {
        let deletes = matches!(action, Action::Delete | Action::Replace { .. });
        if deletes && resource.lifecycle.prevent_destroy {
            self.diags.push(
                Diag::error(codes::CONDITION, "Instance cannot be destroyed")
                    .detail(format!(
                        "{addr} has lifecycle.prevent_destroy set, but the plan would delete it."
                    ))
                    .address(addr)
                    .at(resource.header)
                    .help("change the configuration so that it is kept, or remove prevent_destroy"),
            );
        }
    }
}

/// Summary of a validation that does not hold.
const INVALID: &str = "Invalid value for variable";

/// A value that is not valid is a mistake of whoever gives it: shown is the variable, with the condition beside it.
fn at_variable(diag: Diag, header: Span) -> Diag {
    match diag.span {
        Some(condition) if diag.summary == INVALID => {
            let mut diag = diag.at(header).related(condition, "this is false");
            diag.label = None;
            diag
        }
        _ => diag,
    }
}

/// Ephemeral values must not get into what is kept; a secret is not kept.
pub(super) fn lasting(schema: &ResourceSchema, config: &Value, resource: &Resource) -> Diags {
    let ephemeral = |name: &Str| {
        config
            .get(name)
            .is_some_and(|v| v.marks_deep().contains(Marks::EPHEMERAL))
    };
    let kept = schema.block.attributes.iter().filter(|(_, a)| !a.secret);
    let names = kept.map(|(name, _)| name).chain(schema.block.blocks.keys());
    let diag = |name: &Str| {
        let body = &resource.body;
        let written = body.attributes.get(name).map(|a| a.value.span);
        let place = written.or_else(|| body.blocks_of(name).next().map(|b| b.header));
        Diag::error(codes::EPHEMERAL, "Invalid use of ephemeral value")
            .detail(format!(
                "{name:?} is kept in plans and in the state, and an ephemeral value must not be."
            ))
            .at(place.unwrap_or(resource.header))
            .help("use a value that is not ephemeral; one that must not be shown may be sensitive")
    };
    names.filter(|name| ephemeral(name)).map(diag).collect()
}
