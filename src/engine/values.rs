//! The values that expressions see while a plan is applied: known parts from the plan, the rest as steps end. Decides when
//! a local value is evaluated again; never plans.

use super::codes;
use super::fill::fill;
use crate::base::{
    AttrPath, Diag, Diags, InstanceKey, Known, ModulePath, ResourceAddr, ResourceMode, Str, Type, Value,
};
use crate::config::{META_ARGUMENTS, Module, Resource};
use crate::lang::{EvalContext, FunctionHost, eval};
use crate::plan::evaluate::Evaluation;
use crate::plan::expand::{Expansion, expansion};
use crate::plan::ignore::with_ignored;
use crate::plan::model::{Change, Plan, Prior};
use crate::plan::propose::propose;
use crate::plan::scope::{BlockValue, Instances, Repetition, Values};
use crate::plan::{Graph, Node};
use crate::schema::secrets::{self, Seal};
use crate::schema::{Registry, ResourceSchema, decode};
use std::collections::{BTreeMap, HashMap};

mod conditions;

/// Values of all modules during apply.
pub struct Live<'a> {
    module: &'a Module,
    graph: &'a Graph,
    host: &'a dyn FunctionHost,
    registry: &'a Registry,
    /// Makes fingerprints of secrets.
    seal: Seal<'a>,
    values: Values,
    /// Instances of a block, evaluated when its first step begins: all that it needs is done then.
    expansions: HashMap<ResourceAddr, Expansion>,
    /// Conditions that the plan left open.
    open: conditions::Open,
}

/// What does not change while a plan is applied.
#[derive(Clone, Copy)]
pub struct Basis<'a> {
    /// The configuration.
    pub module: &'a Module,
    /// Its dependencies.
    pub graph: &'a Graph,
    /// Effects of functions.
    pub host: &'a dyn FunctionHost,
    /// What is known of the types.
    pub registry: &'a Registry,
    /// Makes fingerprints of secrets.
    pub seal: Seal<'a>,
}

/// An object as it is to be made.
pub struct Planned {
    /// The object, with fingerprints of its secrets.
    pub object: Value,
    /// The configuration that the secrets stand in; none for a type without secrets.
    pub secrets: Option<Value>,
}

impl<'a> Live<'a> {
    /// The values as the plan has them.
    pub fn new(basis: Basis<'a>, plan: &Plan, prior: &[Prior]) -> Self {
        let Basis {
            module,
            graph,
            host,
            registry,
            seal,
        } = basis;
        let seen = |addr: &ResourceAddr, value: &Value| others_see(registry, addr, value.clone());
        let mut blocks: BTreeMap<&ResourceAddr, BTreeMap<&InstanceKey, Value>> = BTreeMap::new();
        for prior in prior.iter().filter(|p| p.deposed.is_none()) {
            let block = blocks.entry(&prior.addr.resource).or_default();
            block.insert(&prior.addr.key, seen(&prior.addr.resource, &prior.value));
        }
        for change in plan.changes.iter().filter(|c| c.deposed.is_none()) {
            let block = blocks.entry(&change.addr.resource).or_default();
            match &change.planned {
                Some(value) => block.insert(&change.addr.key, seen(&change.addr.resource, value)),
                None => block.remove(&change.addr.key),
            };
        }
        for (addr, value) in &plan.read {
            blocks
                .entry(&addr.resource)
                .or_default()
                .insert(&addr.key, value.clone());
        }
        let workspace = "default".to_string();
        let mut live = Live {
            module,
            graph,
            host,
            registry,
            seal,
            values: Values::new(plan.variables.clone(), workspace, host.working_directory()),
            expansions: HashMap::new(),
            open: conditions::Open::new(plan),
        };
        live.values.applying = true;
        live.values.checks = plan.checks.clone();
        let evaluation = live.evaluation();
        for node in &graph.order {
            match node {
                Node::Resource(unkeyed) => {
                    let Some(resource) = module.resource(unkeyed) else {
                        continue;
                    };
                    for path in &*live.values.instances(&unkeyed.module) {
                        let of_block = blocks.remove(&unkeyed.in_module(path.clone())).unwrap_or_default();
                        let block = BlockValue::new(instances(resource, of_block));
                        live.values.of_mut(path).blocks.insert(resource.addr.clone(), block);
                    }
                }
                node => {
                    evaluation.all(&mut live.values, node);
                }
            }
        }
        live
    }

    fn evaluation(&self) -> Evaluation<'a> {
        Evaluation {
            root: self.module,
            host: self.host,
            checking: false,
        }
    }

    /// Evaluates again what a block or output in an instance of a module needs and what was not known so far.
    fn refresh_values(&mut self, node: &Node, from: &ModulePath) {
        let evaluation = self.evaluation();
        for needed in self.graph.needed_values(node) {
            let path = match needed {
                Node::Module(path) => path.split_last().map(|(caller, ..)| caller).unwrap_or_default(),
                node => node.module(),
            };
            let mut open = self.values.instances_seen_from(from, &path);
            open.retain(|at| !self.values.is_settled(needed, at));
            if !open.is_empty() {
                let found = evaluation.at(&mut self.values, needed, &open);
                self.open.heard(found);
            }
        }
    }

    /// An object got its final value.
    pub fn set(&mut self, change: &Change, value: Value) {
        let addr = &change.addr.resource;
        let local = addr.in_module(ModulePath::default());
        if let Some(block) = self.values.of_mut(&addr.module).blocks.get_mut(&local) {
            let value = others_see(self.registry, addr, value);
            block.set(&change.addr.key, value);
        }
    }

    /// The planned object of a change with all that has become known since; what only the cloud knows is left unknown.
    pub fn planned(&mut self, change: &Change, schema: &ResourceSchema) -> (Planned, Diags) {
        let open = |object: Value| Planned { object, secrets: None };
        let Some(planned) = &change.planned else {
            return (open(Value::null(Type::Dynamic)), Diags::new());
        };
        let has_secrets = secrets::any(&schema.block);
        if planned.is_wholly_known() && !has_secrets {
            return (open(planned.clone()), Diags::new());
        }
        let block = &change.addr.resource;
        let declared = self.module.at(&block.module).zip(self.module.resource(block));
        let Some((module, resource)) = declared else {
            return (open(planned.clone()), Diags::new());
        };
        self.refresh_values(&Node::Resource(block.unkeyed()), &block.module);
        let (repetition, mut diags) = self.repetition(block, resource, &change.addr.key);
        diags.extend(self.open.said());
        let (config, found) = {
            let scope = self.values.scope(module, &block.module, repetition);
            let cx = EvalContext {
                scope: &scope,
                host: self.host,
            };
            decode(&schema.block, &resource.body, META_ARGUMENTS, &cx)
        };
        diags.extend(found);
        let written = has_secrets.then(|| config.clone());
        let config = match has_secrets {
            true => secrets::sealed(&schema.block, &config, Some(self.seal)),
            false => config,
        };
        let prior = match change.action {
            crate::plan::Action::Update => change.prior.as_ref(),
            _ => None,
        };
        let config = match prior {
            Some(prior) => with_ignored(&config, prior, &schema.block, &resource.lifecycle.ignore_changes),
            None => config,
        };
        let again = propose(&schema.block, &config, prior).planned;
        let object = fill(planned, &again);
        for path in secrets::changed(&schema.block, &object, &again) {
            diags.push(changed_secret(change, &path));
        }
        let planned = Planned {
            object,
            secrets: written,
        };
        (planned, diags)
    }

    fn repetition(&mut self, block: &ResourceAddr, resource: &Resource, key: &InstanceKey) -> (Repetition, Diags) {
        let mut diags = Diags::new();
        match key {
            InstanceKey::None => (Repetition::default(), diags),
            InstanceKey::Index(i) => (Repetition::counted(*i), diags),
            InstanceKey::Key(key) => {
                if !self.expansions.contains_key(block)
                    && let Some(module) = self.module.at(&block.module)
                {
                    let (found, errors) = {
                        let scope = self.values.scope(module, &block.module, Repetition::default());
                        let cx = EvalContext {
                            scope: &scope,
                            host: self.host,
                        };
                        expansion(resource.count.as_ref(), resource.for_each.as_ref(), block, &cx)
                    };
                    diags.extend(errors);
                    self.expansions.insert(block.clone(), found);
                }
                let value = match self.expansions.get(block) {
                    Some(Expansion::Each(entries)) => entries.get(key).cloned(),
                    _ => None,
                };
                let value = value.unwrap_or_else(|| Value::unknown(Type::Dynamic));
                (Repetition::each(key.clone(), value), diags)
            }
        }
    }

    /// The value of an output by now.
    pub fn output(&mut self, name: &Str) -> (Option<Value>, Diags) {
        let Some(output) = self.module.outputs.get(name) else {
            return (None, Diags::new());
        };
        let root = ModulePath::default();
        self.refresh_values(&Node::Output(root.clone(), name.clone()), &root);
        let scope = self.values.scope(self.module, &root, Repetition::default());
        let cx = EvalContext {
            scope: &scope,
            host: self.host,
        };
        let (value, diags) = eval::evaluate(&output.value, &cx);
        let value = if output.sensitive { value.sensitive() } else { value };
        (Some(value), diags)
    }
}

/// An object as other objects see it.
fn others_see(registry: &Registry, addr: &ResourceAddr, value: Value) -> Value {
    match (addr.mode, registry.resource(&addr.type_name)) {
        (ResourceMode::Managed, Some(schema)) => secrets::hidden(&schema.block, value),
        _ => value,
    }
}

fn changed_secret(change: &Change, path: &AttrPath) -> Diag {
    Diag::error(
        codes::INCONSISTENT,
        format!("{path} is not the secret that the plan was made with"),
    )
    .detail("The plan holds a fingerprint of the secret, and the one given now has another.")
    .help("give the same secret as for the plan, or plan again")
    .address(&change.addr)
}

fn instances(resource: &Resource, mut of_block: BTreeMap<&InstanceKey, Value>) -> Instances {
    if resource.count.is_some() {
        return Instances::Count(of_block.into_values().collect());
    }
    if resource.for_each.is_some() {
        let entries = of_block.into_iter().filter_map(|(k, v)| match k {
            InstanceKey::Key(k) => Some((k.clone(), v)),
            _ => None,
        });
        return Instances::Each(entries.collect());
    }
    match of_block.remove(&InstanceKey::None) {
        Some(value) => Instances::Single(value),
        None => Instances::Later,
    }
}

/// The object for a driver: what only the cloud knows is null.
pub fn for_driver(planned: &Value) -> Option<Known> {
    Known::new(super::fill::unknown_to_null(planned))
}
