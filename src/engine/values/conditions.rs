//! Conditions during apply: those that the plan left open are checked as soon as what they look at is known, and `check`
//! blocks once more at the end. What the plan found already is not asked again.

use super::Live;
use crate::base::{Diags, InstanceAddr, ModulePath, ResourceAddr, Severity, Str, Value};
use crate::config::model::Condition;
use crate::config::{Target, codes, target};
use crate::lang::EvalContext;
use crate::plan::checks::{CheckResults, CheckStatus, Checkable, InstanceResult, RuleResult};
use crate::plan::conditions::{Rule, check_rules};
use crate::plan::model::{Action, Change, Plan};
use crate::plan::scope::{Repetition, Values};
use crate::plan::{Graph, Node};
use std::collections::{BTreeMap, HashSet};

/// What is still open of the conditions of a plan.
#[derive(Default)]
pub(super) struct Open {
    /// Instances that no step touches, with open conditions, by block without keys of modules.
    standing: BTreeMap<ResourceAddr, Vec<InstanceAddr>>,
    /// Variables whose validations are open.
    variables: Vec<(ModulePath, Str)>,
    /// Of both, what turned out not to hold.
    broken_blocks: HashSet<ResourceAddr>,
    broken_variables: HashSet<Node>,
    /// Conditions of outputs of called modules that turned out not to hold, not yet told.
    unsaid: Diags,
}

impl Open {
    pub(super) fn new(plan: &Plan) -> Self {
        let mut open = Open::default();
        let untouched = plan.changes.iter().filter(|c| c.action == Action::NoOp);
        for change in untouched {
            let result = plan.checks.of_resource(&change.addr);
            if result.is_some_and(|r| r.open_before() || r.open_after()) {
                let of_block = open.standing.entry(change.addr.resource.unkeyed()).or_default();
                of_block.push(change.addr.clone());
            }
        }
        for (of, instances) in &plan.checks.0 {
            let is_open = || {
                instances
                    .iter()
                    .flat_map(BTreeMap::values)
                    .any(InstanceResult::open_before)
            };
            if let Checkable::Variable(path, name) = of
                && is_open()
            {
                open.variables.push((path.clone(), name.clone()));
            }
        }
        open
    }

    /// Keeps what evaluating values again found of conditions. Other problems were told while planning.
    pub(super) fn heard(&mut self, found: Diags) {
        let kept = |d: &crate::base::Diag| d.code == codes::CONDITION && d.severity == Severity::Error;
        self.unsaid.extend(found.into_iter().filter(kept).collect());
    }

    pub(super) fn said(&mut self) -> Diags {
        std::mem::take(&mut self.unsaid)
    }
}

impl Live<'_> {
    /// The results by now.
    pub fn checks(&self) -> &CheckResults {
        &self.values.checks
    }

    /// Preconditions of an instance whose step is about to begin, where the plan left them open.
    pub fn preconditions(&mut self, change: &Change) -> Diags {
        self.instance_rules(&change.addr, None)
    }

    /// Postconditions of an instance whose object was just made, where the plan left them open.
    pub fn postconditions(&mut self, change: &Change, object: &Value) -> Diags {
        self.instance_rules(&change.addr, Some(object))
    }

    /// Open preconditions of an instance, or with its object its open postconditions.
    fn instance_rules(&mut self, addr: &InstanceAddr, this: Option<&Value>) -> Diags {
        let open = match (self.values.checks.of_resource(addr), this) {
            (Some(result), None) => result.open_before(),
            (Some(result), Some(_)) => result.open_after(),
            (None, _) => false,
        };
        let block = &addr.resource;
        let Some(resource) = self.module.resource(block).filter(|_| open) else {
            return Diags::new();
        };
        self.refresh_values(&Node::Resource(block.unkeyed()), &block.module);
        let (repetition, mut diags) = self.repetition(block, resource, &addr.key);
        let (rules, rule) = match this {
            None => (&resource.lifecycle.preconditions, Rule::Precondition),
            Some(_) => (&resource.lifecycle.postconditions, Rule::Postcondition),
        };
        let seen = Repetition {
            this: this.cloned(),
            ..repetition
        };
        let (results, found) = self.rules(&block.module, rules, rule, &addr.to_string(), seen);
        diags.extend(found);
        if let Some(result) = self.values.checks.of_resource_mut(addr) {
            match rule {
                Rule::Precondition => result.before = results,
                _ => result.after = results,
            }
        }
        diags
    }

    fn rules(
        &self,
        at: &ModulePath,
        rules: &[Condition],
        rule: Rule,
        address: &str,
        seen: Repetition,
    ) -> (Vec<RuleResult>, Diags) {
        let Some(module) = self.module.at(at) else {
            return (Vec::new(), Diags::new());
        };
        let scope = self.values.scope(module, at, seen);
        let cx = EvalContext {
            scope: &scope,
            host: self.host,
        };
        check_rules(rules, rule, false, address, &cx)
    }

    /// Conditions that must hold before a step of a block begins: those of objects it needs that no step touches, and
    /// validations of variables it uses. `false` when one does not; why is said once.
    pub fn may_begin(&mut self, block: &ResourceAddr, diags: &mut Diags) -> bool {
        let open = &self.open;
        if open.standing.is_empty()
            && open.variables.is_empty()
            && open.broken_blocks.is_empty()
            && open.broken_variables.is_empty()
        {
            return true;
        }
        let node = Node::Resource(block.unkeyed());
        let needed = all_needed(self.graph, &node);
        for one in &needed {
            self.standing(one, diags);
        }
        self.open_variables(diags);
        let used = self.graph.needed_values(&node);
        let broken = |n: &&Node| self.open.broken_variables.contains(*n);
        !needed.iter().any(|b| self.open.broken_blocks.contains(b)) && !used.iter().any(broken)
    }

    /// Open conditions of the untouched instances of a block.
    fn standing(&mut self, block: &ResourceAddr, diags: &mut Diags) {
        let Some(instances) = self.open.standing.remove(block) else {
            return;
        };
        let mut later = Vec::new();
        for addr in instances {
            let mut found = self.instance_rules(&addr, None);
            if let (false, Some(object)) = (found.has_errors(), self.object(&addr)) {
                found.extend(self.instance_rules(&addr, Some(&object)));
            }
            if found.has_errors() {
                self.open.broken_blocks.insert(block.clone());
            }
            diags.extend(found);
            let result = self.values.checks.of_resource(&addr);
            if result.is_some_and(|r| r.status() == CheckStatus::Unknown) {
                later.push(addr);
            }
        }
        if !later.is_empty() {
            self.open.standing.insert(block.clone(), later);
        }
    }

    fn object(&self, addr: &InstanceAddr) -> Option<Value> {
        let block = &addr.resource;
        let here = self.values.of(&block.module)?;
        here.blocks
            .get(&block.in_module(ModulePath::default()))?
            .instance(&addr.key)
    }

    fn open_variables(&mut self, diags: &mut Diags) {
        for (path, name) in std::mem::take(&mut self.open.variables) {
            let module = self.module.at(&path);
            let Some((module, variable)) = module.and_then(|m| Some((m, m.variables.get(&name)?))) else {
                continue;
            };
            let node = Node::Variable(path.clone(), name.clone());
            let of = Checkable::Variable(path.clone(), name.clone());
            self.evaluate_open();
            let mut open = false;
            for at in &*self.values.instances(&path) {
                let evaluation = self.evaluation();
                let (results, found) = evaluation.validation(&self.values, module, at, &name, variable);
                if found.has_errors() {
                    self.open.broken_variables.insert(node.clone());
                }
                diags.extend(found);
                open |= results.iter().any(|r| r.status == CheckStatus::Unknown);
                self.record(&of, at, results);
            }
            if open {
                self.open.variables.push((path, name));
            }
        }
    }

    /// Evaluates again all values that were not known so far.
    fn evaluate_open(&mut self) {
        let evaluation = self.evaluation();
        for node in &self.graph.order {
            let path = match node {
                Node::Resource(_) => continue,
                Node::Module(path) => path.split_last().map(|(caller, ..)| caller).unwrap_or_default(),
                node => node.module(),
            };
            let mut open = self.values.instances(&path).to_vec();
            open.retain(|at| !self.values.is_settled(node, at));
            if !open.is_empty() {
                let found = evaluation.at(&mut self.values, node, &open);
                self.open.heard(found);
            }
        }
    }

    fn record(&mut self, of: &Checkable, at: &ModulePath, results: Vec<RuleResult>) {
        if let Some(result) = self.values.checks.instance(of, (at.clone(), Default::default())) {
            result.before = results;
        }
    }

    /// Open preconditions of an output of the root module that is about to get its value.
    pub fn output_preconditions(&mut self, name: &Str) -> Diags {
        let root = ModulePath::default();
        let of = Checkable::Output(root.clone(), name.clone());
        let instances = self.values.checks.0.get(&of).and_then(Option::as_ref);
        let open = instances.is_some_and(|all| all.values().any(InstanceResult::open_before));
        let Some(output) = self.module.outputs.get(name).filter(|_| open) else {
            return Diags::new();
        };
        self.refresh_values(&Node::Output(root.clone(), name.clone()), &root);
        let address = format!("output.{name}");
        let rules = &output.preconditions;
        let (results, diags) = self.rules(&root, rules, Rule::OutputPrecondition, &address, Repetition::default());
        self.record(&of, &root, results);
        diags
    }

    /// What is left when all steps have ended: conditions of objects that no step touches, validations, outputs of called modules,
    /// and `check` blocks, which are looked at again also where the plan knew the answer.
    /// Nothing is said of a check that looks at what is `unfit`.
    pub fn remaining_checks(&mut self, unfit: &HashSet<ResourceAddr>) -> Diags {
        let mut diags = Diags::new();
        if self.values.checks.is_empty() {
            return diags;
        }
        let blocks: Vec<ResourceAddr> = self.open.standing.keys().cloned().collect();
        for block in blocks {
            // What is unfit says nothing about what needs it.
            let needed = all_needed(self.graph, &Node::Resource(block.clone()));
            if needed.is_disjoint(unfit) {
                self.standing(&block, &mut diags);
            }
        }
        self.open_variables(&mut diags);
        self.evaluate_open();
        diags.extend(self.open.said());
        let evaluation = self.evaluation();
        let blind = self.blind_checks(unfit);
        for of in &blind {
            self.forget(of);
        }
        let planned = |values: &Values, of: &Checkable| {
            values.checks.0.get(of).is_some_and(Option::is_some) && !blind.contains(of)
        };
        diags.extend(evaluation.check_blocks(&mut self.values, &planned));
        diags
    }

    /// Check blocks that look at something unfit.
    fn blind_checks(&self, unfit: &HashSet<ResourceAddr>) -> Vec<Checkable> {
        let mut blind = Vec::new();
        if unfit.is_empty() && self.open.broken_blocks.is_empty() {
            return blind;
        }
        let bad = |b: &ResourceAddr| unfit.contains(b) || self.open.broken_blocks.contains(b);
        for (path, module) in self.module.all() {
            for (name, check) in &module.checks {
                let mut hit = false;
                for expr in check.asserts.iter().flat_map(|a| [&a.condition, &a.message]) {
                    expr.each_reference(&mut |r, span| {
                        let node = match target(module, r, span) {
                            Ok(Target::Resource(addr)) => Node::Resource(addr.in_module(path.clone())),
                            Ok(Target::Local(name)) => Node::Local(path.clone(), name),
                            Ok(Target::Module(name, _)) => {
                                Node::Whole(path.child(name, crate::base::InstanceKey::None))
                            }
                            _ => return,
                        };
                        let own = matches!(&node, Node::Resource(addr) if bad(addr));
                        hit |= own || all_needed(self.graph, &node).iter().any(bad);
                    });
                }
                if hit {
                    blind.push(Checkable::Check(path.clone(), name.clone()));
                }
            }
        }
        blind
    }

    /// Nobody knows how it stands.
    fn forget(&mut self, of: &Checkable) {
        let instances = self.values.checks.0.get_mut(of).and_then(Option::as_mut);
        for rule in instances
            .into_iter()
            .flat_map(|all| all.values_mut())
            .flat_map(|i| &mut i.before)
        {
            *rule = RuleResult {
                status: CheckStatus::Unknown,
                message: None,
            };
        }
    }

    /// The blocks that an output of the root module needs, through others too; without keys of modules.
    pub fn output_needs(&self, name: &Str) -> HashSet<ResourceAddr> {
        all_needed(self.graph, &Node::Output(ModulePath::default(), name.clone()))
    }

    /// Blocks that no step touches whose conditions turned out not to hold.
    pub fn broken_blocks(&self) -> &HashSet<ResourceAddr> {
        &self.open.broken_blocks
    }
}

fn all_needed(graph: &Graph, node: &Node) -> HashSet<ResourceAddr> {
    let mut found = HashSet::new();
    let mut open = graph.needed_blocks(node);
    while let Some(addr) = open.pop() {
        if found.insert(addr.clone()) {
            open.extend(graph.needed_blocks(&Node::Resource(addr)));
        }
    }
    found
}
