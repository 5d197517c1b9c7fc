//! Conditions of variables, of outputs of called modules, and of `check` blocks, in all instances of their modules. What becomes
//! of them is taken down in the values.

use super::{Evaluation, addressed};
use crate::base::{Diag, Diags, InstanceKey, ModulePath, Span, Str};
use crate::config::model::Condition;
use crate::config::{Module, Variable};
use crate::plan::checks::{Checkable, RuleResult};
use crate::plan::conditions::{Rule, SENSITIVE_MESSAGE, check_rules};
use crate::plan::scope::{Repetition, Values};

/// Whether a validation looks at something that has a value only after others.
pub fn beyond_variables(validations: &[Condition]) -> bool {
    let mut beyond = false;
    for validation in validations {
        for expr in [&validation.condition, &validation.message] {
            expr.each_reference(&mut |r, _| beyond |= !matches!(&*r.root.text, "var" | "path" | "terraform"));
        }
    }
    beyond
}

impl Evaluation<'_> {
    /// Validations of variables. With `late` those that need more than the variables of the root module.
    pub fn validations(
        &self,
        values: &mut Values,
        late: bool,
        wanted: &dyn Fn(&ModulePath, &Str) -> bool,
        record: bool,
    ) -> Diags {
        let mut diags = Diags::new();
        for (path, module) in self.root.all() {
            for (name, variable) in &module.variables {
                let rules = &variable.validations;
                let is_late = !path.is_root() || beyond_variables(rules);
                if rules.is_empty() || is_late != late || !wanted(&path, name) {
                    continue;
                }
                for at in &*values.instances(&path) {
                    let (results, found) = self.validation(values, module, at, name, variable);
                    diags.extend(found);
                    if record {
                        take_down(values, &Checkable::Variable(path.clone(), name.clone()), at, results);
                    }
                }
            }
        }
        diags
    }

    /// The validations of a variable in one instance of its module.
    pub fn validation(
        &self,
        values: &Values,
        module: &Module,
        at: &ModulePath,
        name: &Str,
        variable: &Variable,
    ) -> (Vec<RuleResult>, Diags) {
        let address = within(at, "var", name);
        let (results, found) = self.rules(values, module, at, &variable.validations, Rule::Validation, &address);
        // That its own value is hidden is no mistake of the message.
        let own = |d: &Diag| variable.sensitive && d.summary == SENSITIVE_MESSAGE;
        // The mistake is in the value: it is given by the caller, or from outside for the variable.
        let given = at.split_last().and_then(|(caller, call, _)| {
            let call = self.root.at(&caller)?.calls.get(call)?;
            call.body.expr(name).map(|e| e.span)
        });
        let place = given.unwrap_or(variable.header);
        let placed = |d: Diag| match d.summary == Rule::Validation.failed() {
            true => at_value(d, place),
            false => d,
        };
        (results, found.into_iter().filter(|d| !own(d)).map(placed).collect())
    }

    /// `check` blocks, when all else has its value; `looked_at` says of which something is to be said.
    pub fn check_blocks(&self, values: &mut Values, looked_at: &dyn Fn(&Values, &Checkable) -> bool) -> Diags {
        let mut diags = Diags::new();
        for (path, module) in self.root.all() {
            for (name, check) in &module.checks {
                let of = Checkable::Check(path.clone(), name.clone());
                if !looked_at(values, &of) {
                    continue;
                }
                values.checks.expand(&of);
                for at in &*values.instances(&path) {
                    let address = within(at, "check", name);
                    let (results, found) = self.rules(values, module, at, &check.asserts, Rule::Assertion, &address);
                    diags.extend(found);
                    take_down(values, &of, at, results);
                }
            }
        }
        diags
    }

    /// Preconditions of an output of a called module.
    pub(super) fn output_conditions(
        &self,
        values: &mut Values,
        module: &Module,
        at: &ModulePath,
        name: &Str,
        rules: &[Condition],
    ) -> Diags {
        if rules.is_empty() {
            return Diags::new();
        }
        let address = within(at, "output", name);
        let (results, found) = self.rules(values, module, at, rules, Rule::OutputPrecondition, &address);
        take_down(values, &Checkable::Output(at.unkeyed(), name.clone()), at, results);
        addressed(found, at)
    }

    fn rules(
        &self,
        values: &Values,
        module: &Module,
        at: &ModulePath,
        rules: &[Condition],
        rule: Rule,
        address: &str,
    ) -> (Vec<RuleResult>, Diags) {
        let scope = values.scope(module, at, Repetition::default());
        check_rules(rules, rule, false, address, &self.cx(&scope))
    }
}

fn within(at: &ModulePath, kind: &str, name: &Str) -> String {
    match at.is_root() {
        true => format!("{kind}.{name}"),
        false => format!("{at}.{kind}.{name}"),
    }
}

fn take_down(values: &mut Values, of: &Checkable, at: &ModulePath, results: Vec<RuleResult>) {
    if let Some(result) = values.checks.instance(of, (at.clone(), InstanceKey::None)) {
        result.before = results;
    }
}

/// A failed validation at the value that failed.
fn at_value(diag: Diag, place: Span) -> Diag {
    let Some(condition) = diag.span else {
        return diag.at(place);
    };
    let mut diag = diag.at(place).related(condition, "this is false");
    diag.label = None;
    diag
}
