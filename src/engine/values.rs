//! The values that expressions see while a plan is applied: known parts from the plan, the rest as steps end. Decides when
//! a local value is evaluated again; never plans.

use super::codes;
use super::fill::fill;
use crate::base::{AttrPath, Diag, Diags, InstanceKey, Known, ResourceAddr, ResourceMode, Str, Type, Value};
use crate::config::{META_ARGUMENTS, Module, Resource};
use crate::lang::{EvalContext, FunctionHost, eval};
use crate::plan::expand::{Expansion, expansion};
use crate::plan::model::{Change, Plan, Prior};
use crate::plan::propose::{propose, with_ignored};
use crate::plan::scope::{BlockValue, Instances, ModuleScope, Repetition, Values};
use crate::plan::{Graph, Node};
use crate::schema::secrets::{self, Seal};
use crate::schema::{Registry, ResourceSchema, decode};
use std::collections::{BTreeMap, HashMap};

/// Values of a module during apply.
pub struct Live<'a> {
    module: &'a Module,
    graph: &'a Graph,
    host: &'a dyn FunctionHost,
    registry: &'a Registry,
    /// Makes fingerprints of secrets.
    seal: Seal<'a>,
    values: Values,
    /// Position of each local value in the order of evaluation.
    position: HashMap<Str, usize>,
    /// Instances of a block, evaluated when its first step begins: all that it needs is done then.
    expansions: HashMap<ResourceAddr, Expansion>,
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
        let mut values = Values {
            variables: plan.variables.clone(),
            workspace: "default".into(),
            working_directory: host.working_directory(),
            ..Values::default()
        };
        for (addr, resource) in &module.resources {
            let of_block = blocks.remove(addr).unwrap_or_default();
            let instances = instances(resource, of_block);
            values.blocks.insert(addr.clone(), BlockValue::new(instances));
        }
        let locals = graph.order.iter().filter_map(|n| match n {
            Node::Local(name) => Some(name.clone()),
            _ => None,
        });
        let position: HashMap<Str, usize> = locals.enumerate().map(|(i, n)| (n, i)).collect();
        let mut live = Live {
            module,
            graph,
            host,
            registry,
            seal,
            values,
            position,
            expansions: HashMap::new(),
        };
        let mut all: Vec<Str> = live.position.keys().cloned().collect();
        all.sort_by_key(|n| live.position[n]);
        live.evaluate_locals(&all);
        live
    }

    fn scope(&self, repetition: Repetition) -> ModuleScope<'_> {
        ModuleScope {
            module: self.module,
            values: &self.values,
            repetition,
        }
    }

    /// Evaluates local values that are not known yet, in the order given.
    fn evaluate_locals(&mut self, names: &[Str]) {
        for name in names {
            let known = self.values.locals.get(name).is_some_and(Value::is_wholly_known);
            let Some(local) = self.module.locals.get(name).filter(|_| !known) else {
                continue;
            };
            let value = {
                let scope = self.scope(Repetition::default());
                let cx = EvalContext {
                    scope: &scope,
                    host: self.host,
                };
                eval::evaluate(&local.value, &cx).0
            };
            self.values.locals.insert(name.clone(), value);
        }
    }

    fn refresh_locals(&mut self, node: &Node) {
        let mut needed = self.graph.needed_locals(node);
        needed.sort_by_key(|n| self.position.get(n).copied().unwrap_or(0));
        self.evaluate_locals(&needed);
    }

    /// An object got its final value.
    pub fn set(&mut self, change: &Change, value: Value) {
        if let Some(block) = self.values.blocks.get_mut(&change.addr.resource) {
            let value = others_see(self.registry, &change.addr.resource, value);
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
        let Some(resource) = self.module.resources.get(&change.addr.resource) else {
            return (open(planned.clone()), Diags::new());
        };
        self.refresh_locals(&Node::Resource(resource.addr.clone()));
        let (repetition, mut diags) = self.repetition(resource, &change.addr.key);
        let (config, found) = {
            let scope = self.scope(repetition);
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

    fn repetition(&mut self, resource: &Resource, key: &InstanceKey) -> (Repetition, Diags) {
        let mut diags = Diags::new();
        match key {
            InstanceKey::None => (Repetition::default(), diags),
            InstanceKey::Index(i) => {
                let repetition = Repetition {
                    index: Some(*i),
                    ..Repetition::default()
                };
                (repetition, diags)
            }
            InstanceKey::Key(key) => {
                if !self.expansions.contains_key(&resource.addr) {
                    let (found, errors) = {
                        let scope = self.scope(Repetition::default());
                        let cx = EvalContext {
                            scope: &scope,
                            host: self.host,
                        };
                        expansion(resource, &cx)
                    };
                    diags.extend(errors);
                    self.expansions.insert(resource.addr.clone(), found);
                }
                let value = match self.expansions.get(&resource.addr) {
                    Some(Expansion::Each(entries)) => entries.get(key).cloned(),
                    _ => None,
                };
                let value = value.unwrap_or_else(|| Value::unknown(Type::Dynamic));
                let repetition = Repetition {
                    each: Some((key.clone(), value)),
                    ..Repetition::default()
                };
                (repetition, diags)
            }
        }
    }

    /// Conditions of a block that are checked after its object is made.
    pub fn postconditions(&mut self, change: &Change, object: &Value) -> Diags {
        let Some(resource) = self.module.resources.get(&change.addr.resource) else {
            return Diags::new();
        };
        if resource.lifecycle.postconditions.is_empty() {
            return Diags::new();
        }
        self.refresh_locals(&Node::Resource(resource.addr.clone()));
        let (repetition, mut diags) = self.repetition(resource, &change.addr.key);
        let scope = self.scope(Repetition {
            this: Some(object.clone()),
            ..repetition
        });
        let cx = EvalContext {
            scope: &scope,
            host: self.host,
        };
        diags.extend(crate::plan::conditions::check(
            &resource.lifecycle.postconditions,
            "Resource postcondition failed",
            &change.addr.to_string(),
            &cx,
        ));
        diags
    }

    /// The value of an output by now.
    pub fn output(&mut self, name: &Str) -> (Option<Value>, Diags) {
        let Some(output) = self.module.outputs.get(name) else {
            return (None, Diags::new());
        };
        self.refresh_locals(&Node::Output(name.clone()));
        let scope = self.scope(Repetition::default());
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
