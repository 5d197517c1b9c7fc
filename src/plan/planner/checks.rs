//! What a plan refuses: values of variables that their validations don't accept, deletions that the configuration
//! forbids, ephemeral values where they would be kept. Changes nothing in the plan.

use super::Planner;
use super::blocks::Block;
use crate::base::{Diag, Diags, InstanceAddr, InstanceKey, Marks, ModulePath, ResourceAddr, Str, Value};
use crate::config::model::Condition;
use crate::config::{Module, Resource, codes};
use crate::lang::EvalContext;
use crate::plan::checks::{CheckStatus, Checkable, RuleResult};
use crate::plan::conditions::{Rule, check_rules};
use crate::plan::expand::{Expansion, expansion};
use crate::plan::graph::Node;
use crate::plan::model::{Action, PlanMode};
use crate::plan::scope::Repetition;
use crate::schema::ResourceSchema;
use std::collections::HashSet;

impl Planner<'_> {
    /// Validations of variables: with `late` those that need more than the variables of the root module. Of a plan with targets
    /// only those of variables that it makes use of.
    pub(super) fn validations(&mut self, late: bool) {
        let options = &self.inputs.options;
        let used = options.is_targeted().then(|| self.used_variables());
        let wanted = |path: &ModulePath, name: &Str| {
            let node = Node::Variable(path.clone(), name.clone());
            used.as_ref().is_none_or(|used| used.contains(&node))
        };
        let record = options.mode != PlanMode::Destroy;
        let found = self.evaluation().validations(&mut self.values, late, &wanted, record);
        self.diags.extend(found);
    }

    /// Whether a block needs something that was reported already.
    pub(super) fn follows_failure(&self, addr: &ResourceAddr) -> bool {
        let node = Node::Resource(addr.clone());
        let failed = |n: &&Node| self.failed.contains(n);
        self.graph.needed_values(&node).iter().any(failed)
            || self.graph.needed_blocks(&node).iter().any(|b| self.broken.contains(b))
    }

    /// The variables that a plan with targets makes use of; the others are left alone.
    fn used_variables(&self) -> HashSet<Node> {
        let module = self.inputs.module;
        let mut used = HashSet::new();
        let mut note = |node: &Node| {
            let needed = self.graph.needed_values(node).into_iter();
            used.extend(needed.filter(|n| matches!(n, Node::Variable(..))).cloned());
        };
        for (path, module) in module.all() {
            for addr in module.resources.keys().map(|a| a.in_module(path.clone())) {
                if self.targets.includes_block(&addr) {
                    note(&Node::Resource(addr));
                }
            }
        }
        for name in module.outputs.keys().filter(|name| self.is_targeted_output(name)) {
            note(&Node::Output(self.root.clone(), name.clone()));
        }
        used
    }

    /// Whether a plan with targets says something of an output: it needs objects, and all of them are targeted.
    pub(super) fn is_targeted_output(&self, name: &Str) -> bool {
        let needed = self.graph.needed_blocks(&Node::Output(self.root.clone(), name.clone()));
        !needed.is_empty() && needed.iter().all(|b| self.targets.includes_block(b))
    }

    /// `check` blocks, when all else has its value. A plan that leaves something out says nothing of them.
    pub(super) fn check_blocks(&mut self) {
        let options = &self.inputs.options;
        if options.mode == PlanMode::Destroy || options.is_targeted() {
            return;
        }
        let found = self.evaluation().check_blocks(&mut self.values, &|_, _| true);
        self.diags.extend(found);
    }

    /// What is declared in a module without instances was looked at: there is none of it.
    pub(super) fn absent_modules(&mut self) {
        let options = &self.inputs.options;
        if options.mode == PlanMode::Destroy {
            return;
        }
        let open = self.values.checks.0.iter().filter(|(_, instances)| instances.is_none());
        let absent: Vec<Checkable> = open
            .filter(|(of, _)| {
                let module = of.module();
                let touched = || {
                    self.needs
                        .keys()
                        .any(|b| b.module == *module && self.targets.includes_block(b))
                };
                !module.is_root() && self.values.instances(module).is_empty() && (!options.is_targeted() || touched())
            })
            .map(|(of, _)| of.clone())
            .collect();
        for of in absent {
            self.values.checks.expand(&of);
        }
    }

    /// Postconditions of an instance, on what it will be.
    pub(super) fn postconditions(
        &mut self,
        block: &Block<'_>,
        addr: &InstanceAddr,
        planned: &Value,
        repetition: Repetition,
    ) {
        let rules = &block.resource.lifecycle.postconditions;
        let seen = Repetition {
            this: Some(planned.clone()),
            ..repetition
        };
        let results = self.rules(block.module, rules, Rule::Postcondition, false, addr, seen);
        if let Some(result) = self.values.checks.of_resource_mut(addr) {
            result.after = results;
        }
    }

    fn rules(
        &mut self,
        module: &Module,
        rules: &[Condition],
        rule: Rule,
        lenient: bool,
        addr: &InstanceAddr,
        repetition: Repetition,
    ) -> Vec<RuleResult> {
        if rules.is_empty() {
            return Vec::new();
        }
        let (results, found) = {
            let scope = self.values.scope(module, &addr.resource.module, repetition);
            let cx = EvalContext {
                scope: &scope,
                host: self.inputs.host,
            };
            check_rules(rules, rule, lenient, &addr.to_string(), &cx)
        };
        self.diags.extend(found);
        results
    }

    /// Conditions of a block in a plan that only refreshes: what does not hold is a warning, as nothing is changed.
    pub(super) fn recorded_conditions(&mut self, unkeyed: &ResourceAddr) {
        let root = self.inputs.module;
        let of = Checkable::Resource(unkeyed.clone());
        let wanted = self.inputs.options.mode == PlanMode::RefreshOnly
            && self.targets.includes_block(unkeyed)
            && self.values.checks.0.contains_key(&of);
        let declared = root.at(&unkeyed.module).zip(root.resource(unkeyed));
        let Some((module, resource)) = declared.filter(|_| wanted) else {
            return;
        };
        self.values.checks.expand(&of);
        for path in &*self.values.instances(&unkeyed.module) {
            let addr = unkeyed.in_module(path.clone());
            let (expansion, _) = {
                let scope = self.values.scope(module, path, Repetition::default());
                let cx = EvalContext {
                    scope: &scope,
                    host: self.inputs.host,
                };
                expansion(resource.count.as_ref(), resource.for_each.as_ref(), &addr, &cx)
            };
            for (key, repetition) in repetitions(expansion) {
                self.recorded_instance(module, resource, &addr.instance(key), repetition);
            }
        }
    }

    fn recorded_instance(&mut self, module: &Module, resource: &Resource, addr: &InstanceAddr, repetition: Repetition) {
        let rules = &resource.lifecycle;
        let (first, then) = (&rules.preconditions, &rules.postconditions);
        let before = self.rules(module, first, Rule::Precondition, true, addr, repetition.clone());
        let recorded = self.index.get(addr).and_then(|i| self.current[*i].clone());
        let after = match recorded {
            None => vec![unknown(); then.len()],
            Some(this) => {
                let seen = Repetition {
                    this: Some(this),
                    ..repetition
                };
                self.rules(module, then, Rule::Postcondition, true, addr, seen)
            }
        };
        if let Some(result) = self.values.checks.of_resource_mut(addr) {
            (result.before, result.after) = (before, after);
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

/// The result of a condition that nobody looked at.
pub(super) fn unknown() -> RuleResult {
    RuleResult {
        status: CheckStatus::Unknown,
        message: None,
    }
}

/// The instances of a block, with what each sees.
fn repetitions(expansion: Expansion) -> Vec<(InstanceKey, Repetition)> {
    match expansion {
        Expansion::Failed | Expansion::Later(_) => Vec::new(),
        Expansion::Single => vec![(InstanceKey::None, Repetition::default())],
        Expansion::Count(n) => (0..n)
            .map(|i| (InstanceKey::Index(i), Repetition::counted(i)))
            .collect(),
        Expansion::Each(entries) => entries
            .into_iter()
            .map(|(k, v)| (InstanceKey::Key(k.clone()), Repetition::each(k, v)))
            .collect(),
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
