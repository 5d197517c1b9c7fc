//! The plan of a configuration: evaluates its declarations in order, compares each instance with its prior object, and decides
//! what is done. Pure: what was seen in the cloud and a port for data sources come in, a plan goes out.

use super::Inputs;
use super::checks::CheckResults;
use super::effects::{HealthStatus, health};
use super::evaluate::Evaluation;
use super::graph::{Graph, Node};
use super::model::*;
use super::scope::{ModuleScope, Repetition, Values};
use super::steps::{Needs, steps};
use super::target::Targets;
use crate::base::{Diag, Diags, InstanceAddr, ModulePath, ResourceAddr, ResourceMode, Span, Str, Value};
use crate::lang::EvalContext;
use crate::schema::validate::{ValidateContext, validate_with};
use crate::schema::{ResourceSchema, decode};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

mod blocks;
mod checks;
mod first;
mod leftovers;
mod objects;
mod outputs;
mod providers;
mod rehearsal;
mod structure;
mod twins;

use first::create_first;
pub use providers::provider_settings;
use providers::settings_in;

/// Makes the plan. With errors among the diagnostics the plan is not to be applied.
pub fn plan(inputs: &Inputs<'_>) -> (Plan, Values, Diags) {
    let (graph, mut diags) = Graph::checked(inputs.module, inputs.registry);
    let told: HashSet<(Option<Span>, String)> = diags.iter().map(|d| (d.span, d.summary.clone())).collect();
    let mut planner = Planner::new(inputs, &graph);
    planner.values.checks = CheckResults::declared(inputs.module);
    planner.structure();
    diags.extend(std::mem::take(&mut planner.diags));
    planner.validations(false);
    planner.compare_with_cloud();
    let mode = inputs.options.mode;
    for node in &graph.order {
        match node {
            Node::Resource(addr) if mode == PlanMode::Normal => planner.block(addr),
            Node::Resource(addr) => {
                planner.recorded_block(addr);
                planner.recorded_conditions(addr);
            }
            node => {
                let found = planner.evaluation().all(&mut planner.values, node);
                if found.has_errors() {
                    planner.failed.insert(node);
                }
                planner.diags.extend(found);
            }
        }
    }
    if mode == PlanMode::Normal {
        planner.rehearse();
        planner.providers();
    }
    planner.leftovers();
    planner.validations(true);
    planner.check_blocks();
    planner.absent_modules();
    if !inputs.module.is_incomplete_within() {
        diags.extend(super::target::unmatched(inputs));
        diags.extend(super::imports::check(inputs.module));
    }
    planner.outputs();
    // Evaluating finds mistakes of references again, and words them for the value at hand.
    let new = |d: &Diag| {
        let within = |span: Span| graph.is_refused(span);
        d.span
            .is_none_or(|span| !within(span) && !told.contains(&(d.span, d.summary.clone())))
    };
    diags.extend(std::mem::take(&mut planner.diags).into_iter().filter(new).collect());
    let mut changes = planner.changes;
    changes.sort_by(|a, b| (&a.addr, &a.deposed).cmp(&(&b.addr, &b.deposed)));
    diags.extend(super::removed::forget(inputs.module, mode, &mut changes));
    if mode == PlanMode::Normal {
        diags.extend(twins::twins(inputs, &changes));
    }
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
        given: BTreeMap::new(),
        kept_objects: Vec::new(),
        targeted: inputs.options.is_targeted(),
        moves: BTreeMap::new(),
        imports: BTreeMap::new(),
        checks: std::mem::take(&mut planner.values.checks),
    };
    (plan, planner.values, diags.sorted())
}

struct Planner<'a> {
    inputs: &'a Inputs<'a>,
    graph: &'a Graph,
    root: ModulePath,
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
    /// Where the changes of a block are, by its address with the keys of modules.
    changed_blocks: HashMap<ResourceAddr, Vec<usize>>,
    /// Blocks that have instances, without keys, and whether something is done to one of them.
    present: HashMap<ResourceAddr, bool>,
    needs: Needs,
    prior_needs: Needs,
    /// What the state will say of what a block needs; without keys of modules, like `needs`.
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
    /// Blocks whose structure is wrong, without keys of modules: evaluating them would only repeat it.
    broken: HashSet<ResourceAddr>,
    /// Blocks of which an instance was planned or stood for all, without keys of modules.
    made: HashSet<ResourceAddr>,
    /// Local values that could not be evaluated.
    failed: HashSet<&'a Node>,
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
                let needed = prior_needs.entry(prior.addr.resource.unkeyed()).or_default();
                for block in &prior.dependencies {
                    if !needed.contains(block) {
                        needed.push(block.clone());
                    }
                }
            }
        }
        let mut needs = Needs::new();
        for (path, module) in inputs.module.all() {
            for addr in module.resources.keys() {
                let addr = addr.in_module(path.clone());
                let needed = graph.needed_blocks(&Node::Resource(addr.clone()));
                needs.insert(addr, needed);
            }
        }
        let targets = Targets::new(inputs, &needs, &prior_needs);
        Planner {
            create_first: create_first(inputs, &needs, &targets),
            values: Values::new(
                inputs.variables.clone(),
                inputs.workspace.clone(),
                inputs.host.working_directory(),
            ),
            inputs,
            graph,
            root: ModulePath::default(),
            diags: Diags::new(),
            index,
            by_block,
            current: Vec::new(),
            seen: HashSet::new(),
            changes: Vec::new(),
            changed_blocks: HashMap::new(),
            present: HashMap::new(),
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
            made: HashSet::new(),
            failed: HashSet::new(),
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

    fn evaluation(&self) -> Evaluation<'a> {
        Evaluation {
            root: self.inputs.module,
            host: self.inputs.host,
            checking: self.inputs.checking,
        }
    }

    /// The scope of the root module.
    fn scope(&self, repetition: Repetition) -> ModuleScope<'_> {
        self.values.scope(self.inputs.module, &self.root, repetition)
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

    /// Settings of providers are checked like arguments; the engine has evaluated them already to look at the cloud.
    fn providers(&mut self) {
        for (key, block) in &self.inputs.module.providers {
            let Some(schema) = self
                .inputs
                .registry
                .provider(&key.name)
                .filter(|_| !block.body.is_damaged())
            else {
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
            if !managed || !self.present.contains_key(addr) {
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
        let acts = self.present.entry(change.addr.resource.unkeyed()).or_default();
        *acts |= change.action != Action::NoOp;
        self.changes.push(change);
    }
}
