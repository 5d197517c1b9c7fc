//! The plan of a module: evaluates its declarations in order, compares each instance with its prior object, and decides
//! what is done. Pure: what was seen in the cloud and a port for data sources come in, a plan goes out.

use super::effects::{HealthStatus, effects, health};
use super::expand::{Expansion, expansion};
use super::graph::{Graph, Node};
use super::model::*;
use super::propose::{marks_differ, propose, propose_adopted, with_ignored};
use super::scope::{BlockValue, Instances, ModuleScope, Repetition, Values};
use super::steps::{Needs, steps};
use super::target::Targets;
use super::{DataRead, Inputs, conditions, trigger};
use crate::base::{
    AttrPath, Diags, InstanceAddr, InstanceKey, Known, Marks, ResourceAddr, ResourceMode, Span, Str, Type, Value,
};
use crate::config::{META_ARGUMENTS, Resource};
use crate::lang::{EvalContext, eval};
use crate::schema::validate::{ValidateContext, validate_with};
use crate::schema::{ResourceSchema, decode, predicted, replaces, secrets};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

mod checks;
mod first;
mod leftovers;
mod outputs;
mod providers;
mod structure;

use checks::lasting;
pub use providers::provider_settings;
use providers::settings_in;

use first::{cannot_be_first, create_first, same_name};

/// Makes the plan. With errors among the diagnostics the plan is not to be applied.
pub fn plan(inputs: &Inputs<'_>) -> (Plan, Values, Diags) {
    let (graph, mut diags) = Graph::new(inputs.module);
    let mut planner = Planner::new(inputs, &graph);
    planner.structure();
    diags.extend(std::mem::take(&mut planner.diags));
    planner.validations();
    planner.compare_with_cloud();
    let mode = inputs.options.mode;
    for node in &graph.order {
        match node {
            Node::Local(name) => planner.local(name),
            Node::Resource(addr) if mode == PlanMode::Normal => planner.block(addr),
            Node::Resource(addr) => planner.as_recorded(addr),
            Node::Output(_) | Node::Provider(_) => {}
        }
    }
    if mode == PlanMode::Normal {
        planner.providers();
    }
    planner.leftovers();
    diags.extend(super::target::unmatched(inputs));
    planner.outputs();
    diags.extend(planner.diags);
    let mut changes = planner.changes;
    changes.sort_by(|a, b| (&a.addr, &a.deposed).cmp(&(&b.addr, &b.deposed)));
    let graph_steps = steps(&changes, &planner.needs, &planner.prior_needs);
    let said: HashSet<&Str> = planner.output_changes.iter().map(|o| &o.name).collect();
    let kept = inputs.prior_outputs.iter().filter(|(name, _)| !said.contains(name));
    let kept_outputs = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
    let plan = Plan {
        mode,
        kept_outputs,
        steps: graph_steps,
        changes,
        outputs: planner.output_changes,
        drift: planner.drift,
        problems: planner.problems,
        not_compared: planner.not_compared,
        unread: planner.unread,
        read: planner.read,
        variables: inputs.variables.clone(),
        targeted: inputs.options.is_targeted(),
    };
    (plan, planner.values, diags.sorted())
}

struct Planner<'a> {
    inputs: &'a Inputs<'a>,
    graph: &'a Graph,
    values: Values,
    diags: Diags,
    /// Index of current prior objects by address.
    index: HashMap<&'a InstanceAddr, usize>,
    /// Prior instances by block.
    by_block: HashMap<&'a ResourceAddr, Vec<usize>>,
    /// Prior objects after looking at the cloud; `None` when gone.
    current: Vec<Option<Value>>,
    seen: HashSet<usize>,
    changes: Vec<Change>,
    /// Where the changes of a block are.
    changed_blocks: HashMap<ResourceAddr, Vec<usize>>,
    needs: Needs,
    prior_needs: Needs,
    /// What the state will say of what a block needs.
    dependencies: HashMap<ResourceAddr, Vec<ResourceAddr>>,
    targets: Targets,
    create_first: HashSet<ResourceAddr>,
    output_changes: Vec<OutputChange>,
    drift: Vec<Drift>,
    problems: Vec<Problem>,
    not_compared: Vec<NotCompared>,
    unread: Vec<Unread>,
    read: BTreeMap<InstanceAddr, Value>,
    /// Settings of the provider configurations, for rules that look at them.
    provider_settings: BTreeMap<crate::config::ProviderKey, Value>,
    /// Blocks whose structure is wrong: evaluating them would only repeat it.
    broken: HashSet<ResourceAddr>,
}

impl<'a> Planner<'a> {
    fn new(inputs: &'a Inputs<'a>, graph: &'a Graph) -> Self {
        let mut index = HashMap::new();
        let mut by_block: HashMap<&ResourceAddr, Vec<usize>> = HashMap::new();
        let mut prior_needs = Needs::new();
        for (i, prior) in inputs.prior.iter().enumerate() {
            by_block.entry(&prior.addr.resource).or_default().push(i);
            if prior.deposed.is_none() {
                index.insert(&prior.addr, i);
            }
            if !prior.dependencies.is_empty() {
                let needed = prior_needs.entry(prior.addr.resource.clone()).or_default();
                for block in &prior.dependencies {
                    if !needed.contains(block) {
                        needed.push(block.clone());
                    }
                }
            }
        }
        let needs: Needs = inputs
            .module
            .resources
            .keys()
            .map(|addr| (addr.clone(), graph.needed_blocks(&Node::Resource(addr.clone()))))
            .collect();
        let targets = Targets::new(&inputs.options, &needs, &prior_needs);
        Planner {
            create_first: create_first(inputs, &needs),
            values: Values {
                variables: inputs.variables.clone(),
                workspace: inputs.workspace.clone(),
                working_directory: inputs.host.working_directory(),
                ..Values::default()
            },
            inputs,
            graph,
            diags: Diags::new(),
            index,
            by_block,
            current: Vec::new(),
            seen: HashSet::new(),
            changes: Vec::new(),
            changed_blocks: HashMap::new(),
            needs,
            prior_needs,
            dependencies: HashMap::new(),
            targets,
            output_changes: Vec::new(),
            drift: Vec::new(),
            problems: Vec::new(),
            not_compared: Vec::new(),
            unread: Vec::new(),
            read: BTreeMap::new(),
            provider_settings: settings_in(graph, inputs).0,
            broken: HashSet::new(),
        }
    }

    fn schema(&self, addr: &ResourceAddr) -> Option<&'a ResourceSchema> {
        match addr.mode {
            ResourceMode::Managed => self.inputs.registry.resource(&addr.type_name),
            ResourceMode::Data => self.inputs.registry.data(&addr.type_name),
        }
        .map(|schema| &**schema)
    }

    fn validate_context<'v>(&'v self, header: Span, provider: Option<&'v Value>) -> ValidateContext<'v> {
        ValidateContext {
            sources: self.inputs.sources,
            host: self.inputs.host,
            header: Some(header),
            provider,
        }
    }

    fn scope(&self, repetition: Repetition) -> ModuleScope<'_> {
        ModuleScope {
            module: self.inputs.module,
            values: &self.values,
            repetition,
        }
    }

    /// What looking at the cloud showed: prior objects as they are now, drift, health, and what could not be compared.
    fn compare_with_cloud(&mut self) {
        let inputs = self.inputs;
        for (prior, observed) in inputs.prior.iter().zip(&inputs.observed) {
            let schema = self.schema(&prior.addr.resource);
            let now = match observed {
                None => Some(prior.value.clone()),
                Some(Observed::NotCompared(cause)) => {
                    self.not_compared.push(NotCompared {
                        addr: prior.addr.clone(),
                        cause: cause.clone(),
                    });
                    Some(prior.value.clone())
                }
                // Deleting what is gone does no harm, and takes it out of the state.
                Some(Observed::Gone) if prior.deposed.is_some() => Some(prior.value.clone()),
                Some(Observed::Gone) => {
                    self.drift.push(Drift {
                        addr: prior.addr.clone(),
                        recorded: prior.value.clone(),
                        found: None,
                        paths: Vec::new(),
                    });
                    None
                }
                Some(Observed::Object(found)) => {
                    let unread = schema
                        .map(|s| super::drift::unread(&s.block, &prior.value))
                        .unwrap_or_default();
                    self.unread.extend(unread.into_iter().map(|(path, why)| Unread {
                        addr: prior.addr.clone(),
                        path,
                        why,
                    }));
                    let paths = schema.map(|s| super::drift::differences(&s.block, &prior.value, found));
                    if let Some(paths) = paths.filter(|p| !p.is_empty()) {
                        self.drift.push(Drift {
                            addr: prior.addr.clone(),
                            recorded: prior.value.clone(),
                            found: Some(found.clone()),
                            paths,
                        });
                    }
                    Some(found.clone())
                }
            };
            if let (Some(object), Some(fields)) = (&now, schema.and_then(|s| s.health.as_ref()))
                && let HealthStatus::Unhealthy(problem) = health(fields, &prior.addr, object)
            {
                self.problems.push(problem);
            }
            self.current.push(now);
        }
    }

    fn local(&mut self, name: &Str) {
        let Some(local) = self.inputs.module.locals.get(name) else {
            return;
        };
        let (value, found) = {
            let scope = self.scope(Repetition::default());
            eval::evaluate(
                &local.value,
                &EvalContext {
                    scope: &scope,
                    host: self.inputs.host,
                },
            )
        };
        self.diags.extend(found);
        self.values.locals.insert(name.clone(), value);
    }

    /// Settings of providers are checked like arguments; the engine has evaluated them already to look at the cloud.
    fn providers(&mut self) {
        for (key, block) in &self.inputs.module.providers {
            let Some(schema) = self.inputs.registry.provider(&key.name) else {
                continue;
            };
            let found = {
                let scope = self.scope(Repetition::default());
                let cx = EvalContext {
                    scope: &scope,
                    host: self.inputs.host,
                };
                let (config, mut found) = decode(&schema.block, &block.body, &["alias", "version"], &cx);
                let context = self.validate_context(block.header, None);
                found.extend(validate_with(schema, &config, &block.body, &context));
                found
            };
            self.diags.extend(found);
        }
    }

    /// The block as the state has it: for blocks that are not targeted, and for plans that change nothing.
    fn as_recorded(&mut self, addr: &ResourceAddr) {
        let schema = self.schema(addr);
        let mut singles = None;
        let mut count = BTreeMap::new();
        let mut each = BTreeMap::new();
        for i in self.by_block.get(addr).into_iter().flatten() {
            let prior = &self.inputs.prior[*i];
            let Some(value) = self.current[*i].clone().filter(|_| prior.deposed.is_none()) else {
                continue;
            };
            let value = match schema {
                Some(schema) => secrets::hidden(&schema.block, value),
                None => value,
            };
            match &prior.addr.key {
                InstanceKey::None => singles = Some(value),
                InstanceKey::Index(n) => {
                    count.insert(*n, value);
                }
                InstanceKey::Key(k) => {
                    each.insert(k.clone(), value);
                }
            }
        }
        let instances = match singles {
            Some(value) => Instances::Single(value),
            None if !count.is_empty() => Instances::Count(without_gaps(count)),
            None if !each.is_empty() => Instances::Each(each),
            None => Instances::Later,
        };
        self.values.blocks.insert(addr.clone(), BlockValue::new(instances));
    }

    fn block(&mut self, addr: &ResourceAddr) {
        let module = self.inputs.module;
        let Some(resource) = module.resources.get(addr) else {
            return;
        };
        if !self.targets.includes_block(addr) {
            self.as_recorded(addr);
            return;
        }
        let Some(schema) = self.schema(addr) else {
            self.values
                .blocks
                .insert(addr.clone(), BlockValue::new(Instances::Later));
            return;
        };
        let (expansion, found) = {
            let scope = self.scope(Repetition::default());
            expansion(
                resource,
                &EvalContext {
                    scope: &scope,
                    host: self.inputs.host,
                },
            )
        };
        self.diags.extend(found);
        let instances = match expansion {
            Expansion::Failed => Instances::Later,
            Expansion::Single => {
                Instances::Single(self.instance(resource, schema, InstanceKey::None, Repetition::default()))
            }
            Expansion::Count(n) => Instances::Count(
                (0..n)
                    .map(|i| {
                        let repetition = Repetition {
                            index: Some(i),
                            ..Repetition::default()
                        };
                        self.instance(resource, schema, InstanceKey::Index(i), repetition)
                    })
                    .collect(),
            ),
            Expansion::Each(entries) => Instances::Each(
                entries
                    .into_iter()
                    .map(|(k, v)| {
                        let repetition = Repetition {
                            each: Some((k.clone(), v)),
                            ..Repetition::default()
                        };
                        let value = self.instance(resource, schema, InstanceKey::Key(k.clone()), repetition);
                        (k, value)
                    })
                    .collect(),
            ),
        };
        self.values.blocks.insert(addr.clone(), BlockValue::new(instances));
    }

    /// Plans one instance and returns the value that others see.
    fn instance(
        &mut self,
        resource: &'a Resource,
        schema: &'a ResourceSchema,
        key: InstanceKey,
        repetition: Repetition,
    ) -> Value {
        let addr = resource.addr.instance(key);
        if !self.targets.includes(&addr) {
            if let Some(i) = self.index.get(&addr) {
                self.seen.insert(*i);
                if let Some(value) = &self.current[*i] {
                    return secrets::hidden(&schema.block, value.clone());
                }
            }
            return Value::unknown(schema.block.object_type());
        }
        let (config, found) = {
            let scope = self.scope(repetition.clone());
            let cx = EvalContext {
                scope: &scope,
                host: self.inputs.host,
            };
            let (config, mut found) = decode(&schema.block, &resource.body, META_ARGUMENTS, &cx);
            found.extend(lasting(schema, &config, resource));
            // What could not be evaluated is unknown by now, so that one mistake does not hide or repeat another.
            let provider = self.provider_settings.get(&resource.provider);
            let context = self.validate_context(resource.header, provider);
            found.extend(validate_with(schema, &config, &resource.body, &context));
            found.extend(conditions::check(
                &resource.lifecycle.preconditions,
                "Resource precondition failed",
                &addr.to_string(),
                &cx,
            ));
            (config, found)
        };
        let failed = found.has_errors() || self.broken.contains(&resource.addr);
        self.diags.extend(with_address(found, &addr));
        if failed {
            if let Some(i) = self.index.get(&addr) {
                self.seen.insert(*i);
            }
            return Value::unknown(schema.block.object_type());
        }
        let planned = match resource.addr.mode {
            ResourceMode::Managed => {
                let config = match secrets::any(&schema.block) {
                    true => secrets::sealed(&schema.block, &config, self.inputs.seal),
                    false => config,
                };
                let planned = self.managed(resource, schema, &addr, &config, &repetition);
                secrets::hidden(&schema.block, planned)
            }
            ResourceMode::Data => self.data(resource, schema, &addr, &config),
        };
        self.postconditions(resource, &addr, &planned, repetition);
        planned
    }

    fn postconditions(&mut self, resource: &Resource, addr: &InstanceAddr, planned: &Value, repetition: Repetition) {
        if resource.lifecycle.postconditions.is_empty() {
            return;
        }
        let found = {
            let scope = self.scope(Repetition {
                this: Some(planned.clone()),
                ..repetition
            });
            let cx = EvalContext {
                scope: &scope,
                host: self.inputs.host,
            };
            conditions::check(
                &resource.lifecycle.postconditions,
                "Resource postcondition failed",
                &addr.to_string(),
                &cx,
            )
        };
        self.diags.extend(found);
    }

    fn managed(
        &mut self,
        resource: &'a Resource,
        schema: &'a ResourceSchema,
        addr: &InstanceAddr,
        config: &Value,
        repetition: &Repetition,
    ) -> Value {
        let prior_index = self.index.get(addr).copied();
        let mut tainted = false;
        let mut prior = None;
        if let Some(i) = prior_index {
            self.seen.insert(i);
            tainted = self.inputs.prior[i].tainted;
            prior = self.current[i].clone();
        }
        let kept = match &prior {
            Some(prior) => with_ignored(config, prior, &schema.block, &resource.lifecycle.ignore_changes),
            None => config.clone(),
        };
        let adopted = prior_index.is_some_and(|i| self.inputs.prior[i].adopted);
        let propose_next = if adopted { propose_adopted } else { propose };
        let mut first = propose_next(&schema.block, &kept, prior.as_ref());
        if let Some(prior) = &prior
            && !first.calls.is_empty()
            && replaces(schema, prior, &first.planned, self.inputs.host)
        {
            first.replace.clone_from(&first.calls);
        }
        let remarked = prior
            .as_ref()
            .is_some_and(|p| first.changed.is_empty() && marks_differ(&schema.block, &first.planned, p));
        let (mut action, mut reason) = match &prior {
            None => (Action::Create, None),
            Some(_) if tainted => (self.replacement(addr), Some(ActionReason::ReplaceBecauseTainted)),
            Some(_) if !first.replace.is_empty() => {
                (self.replacement(addr), Some(ActionReason::ReplaceBecauseCannotUpdate))
            }
            Some(_) if !first.changed.is_empty() || remarked => (Action::Update, None),
            Some(_) => (Action::NoOp, None),
        };
        if prior.is_some() && !matches!(action, Action::Replace { .. }) {
            if self.inputs.options.replace.contains(addr) {
                (action, reason) = (self.replacement(addr), Some(ActionReason::ReplaceByRequest));
            } else if self.triggered(resource, repetition) {
                (action, reason) = (self.replacement(addr), Some(ActionReason::ReplaceByTriggers));
            }
        }
        let planned = match action {
            // A new object has nothing that could be ignored.
            Action::Replace { .. } => propose(&schema.block, config, None).planned,
            _ => first.planned.clone(),
        };
        // Also an object that is gone tells what its successor of the same name will be.
        let former = prior_index.map(|i| self.current[i].as_ref().unwrap_or(&self.inputs.prior[i].value));
        let provider = self.provider_settings.get(&resource.provider);
        let planned = predicted(schema, planned, former, provider, self.inputs.host);
        let planned = if schema.local {
            super::propose::veil_output(planned)
        } else {
            planned
        };
        if action == (Action::Replace { create_first: true }) && same_name(schema, prior.as_ref(), &planned) {
            self.diags.push(cannot_be_first(resource, addr));
        }
        let causes = self.causes(resource, &first.changed, &first.replace);
        let dependencies = self.dependencies(&addr.resource);
        let effects = effects(schema, action, prior.as_ref(), Some(&planned), self.inputs.host);
        self.push(Change {
            addr: addr.clone(),
            deposed: None,
            provider: resource.provider.clone(),
            action,
            reason,
            prior,
            planned: Some(planned.clone()),
            replace_paths: first.replace,
            causes,
            effects,
            span: Some(resource.header),
            place: Some(self.inputs.sources.place(resource.header)),
            dependencies,
            local: (first.local || remarked) && action == Action::Update,
        });
        self.guard(resource, addr, action);
        planned
    }

    /// The managed blocks that a block needs, for the state: through data sources and blocks without instances, which
    /// leave nothing in the state that could tell of what they need.
    fn dependencies(&mut self, block: &ResourceAddr) -> Vec<ResourceAddr> {
        if let Some(known) = self.dependencies.get(block) {
            return known.clone();
        }
        let mut found = BTreeSet::new();
        let mut seen = HashSet::new();
        let mut open: Vec<&ResourceAddr> = self.needs.get(block).into_iter().flatten().collect();
        while let Some(addr) = open.pop() {
            if !seen.insert(addr) {
                continue;
            }
            let managed = addr.mode == ResourceMode::Managed;
            if managed {
                found.insert(addr.clone());
            }
            if !managed || !self.changed_blocks.contains_key(addr) {
                open.extend(self.needs.get(addr).into_iter().flatten());
            }
        }
        let found: Vec<ResourceAddr> = found.into_iter().collect();
        self.dependencies.insert(block.clone(), found.clone());
        found
    }

    fn push(&mut self, change: Change) {
        let block = self.changed_blocks.entry(change.addr.resource.clone()).or_default();
        block.push(self.changes.len());
        self.changes.push(change);
    }

    fn replacement(&self, addr: &InstanceAddr) -> Action {
        Action::Replace {
            create_first: self.create_first.contains(&addr.resource),
        }
    }

    fn triggered(&mut self, resource: &Resource, repetition: &Repetition) -> bool {
        let mut found = Diags::new();
        let hit = resource
            .lifecycle
            .replace_triggered_by
            .iter()
            .any(|expr| trigger::fires(expr, repetition, &self.changed_blocks, &self.changes, &mut found));
        self.diags.extend(found);
        hit
    }

    fn causes(&self, resource: &Resource, changed: &[AttrPath], replace: &[AttrPath]) -> Vec<Cause> {
        changed
            .iter()
            .map(|path| {
                let root = path.root().unwrap_or("");
                let attribute = resource.body.attributes.get(root).map(|a| a.span);
                let block = || {
                    resource
                        .body
                        .blocks
                        .iter()
                        .find(|b| &*b.kind.text == root)
                        .map(|b| b.header)
                };
                Cause {
                    path: path.clone(),
                    replaces: replace.contains(path),
                    place: attribute.or_else(block).map(|span| self.inputs.sources.place(span)),
                }
            })
            .collect()
    }

    fn data(&mut self, resource: &Resource, schema: &ResourceSchema, addr: &InstanceAddr, config: &Value) -> Value {
        let pending = resource.depends_on.iter().any(|(reference, span)| {
            match crate::config::target(self.inputs.module, reference, *span) {
                Ok(crate::config::Target::Resource(block)) => self.pending(&block),
                _ => false,
            }
        });
        let marks = config.marks_deep();
        let known = Known::new(config.clone());
        if let (Some(known), false) = (&known, pending) {
            match self.inputs.data.read(schema, &resource.provider, addr, known) {
                DataRead::Object(object) => {
                    let object = object.mark(marks.without(Marks::EPHEMERAL));
                    self.read.insert(addr.clone(), object.clone());
                    return object;
                }
                DataRead::Later => {}
                DataRead::Failed(diag) => {
                    self.diags.push(diag.address(addr).at_opt(Some(resource.header)));
                    return Value::unknown(schema.block.object_type());
                }
            }
        }
        let planned = propose(&schema.block, config, None).planned;
        let dependencies = self.dependencies(&addr.resource);
        self.push(Change {
            addr: addr.clone(),
            deposed: None,
            provider: resource.provider.clone(),
            action: Action::Read,
            reason: Some(if known.is_none() {
                ActionReason::ReadBecauseConfigUnknown
            } else {
                ActionReason::ReadBecauseDependencyPending
            }),
            prior: None,
            planned: Some(planned.clone()),
            replace_paths: Vec::new(),
            causes: Vec::new(),
            effects: Vec::new(),
            span: Some(resource.header),
            place: Some(self.inputs.sources.place(resource.header)),
            dependencies,
            local: false,
        });
        planned
    }

    fn pending(&self, block: &ResourceAddr) -> bool {
        let changes = self.changed_blocks.get(block).into_iter().flatten();
        changes.into_iter().any(|i| self.changes[*i].action != Action::NoOp)
    }
}

fn with_address(diags: Diags, addr: &InstanceAddr) -> Diags {
    diags
        .into_iter()
        .map(|d| if d.address.is_none() { d.address(addr) } else { d })
        .collect()
}

/// Objects by index; one that is missing in between is not known, so that the others keep their places.
fn without_gaps(mut objects: BTreeMap<u64, Value>) -> Vec<Value> {
    let count = objects.last_key_value().map_or(0, |(last, _)| last.saturating_add(1));
    let count = count.min(super::expand::INSTANCES_MAX.unsigned_abs());
    (0..count)
        .map(|i| objects.remove(&i).unwrap_or_else(|| Value::unknown(Type::Dynamic)))
        .collect()
}
