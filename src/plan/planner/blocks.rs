//! Blocks: their instances, and what each instance is checked for before it is planned. What is done to an object is decided in
//! `objects`.

use super::Planner;
use super::checks::lasting;
use crate::base::{Diags, InstanceAddr, InstanceKey, ModulePath, ResourceAddr, ResourceMode, Str, Type, Value};
use crate::config::{META_ARGUMENTS, Module, ProviderKey, Resource};
use crate::lang::EvalContext;
use crate::plan::checks::Checkable;
use crate::plan::conditions::{Rule, check_rules};
use crate::plan::expand::{Expansion, INSTANCES_MAX, expansion};
use crate::plan::model::PlanMode;
use crate::plan::scope::{BlockValue, Instances, Repeated, Repetition};
use crate::schema::validate::validate_with;
use crate::schema::{ResourceSchema, decode, secrets};
use std::collections::BTreeMap;

/// A block in one instance of its module.
pub(super) struct Block<'a> {
    pub(super) module: &'a Module,
    pub(super) resource: &'a Resource,
    pub(super) schema: &'a ResourceSchema,
    /// The instance of the module.
    pub(super) path: ModulePath,
    /// Its address there.
    pub(super) addr: ResourceAddr,
    /// Its address without keys of modules.
    pub(super) unkeyed: ResourceAddr,
    /// The provider configuration of the root module that it means.
    pub(super) provider: ProviderKey,
}

impl<'a> Planner<'a> {
    /// All instances of a block as the state has them, for plans that change nothing.
    pub(super) fn recorded_block(&mut self, addr: &ResourceAddr) {
        for path in &*self.values.instances(&addr.module) {
            self.as_recorded(&addr.in_module(path.clone()));
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
            None => self.none_recorded(addr),
        };
        self.set_block(addr, instances);
    }

    /// A block of which the state has nothing: repeated, it has no instances.
    fn none_recorded(&self, addr: &ResourceAddr) -> Instances {
        // A plan that deletes says of outputs what the state has of them; without a plan it is open how many there will be.
        let open = self.inputs.checking || self.inputs.options.mode == PlanMode::Destroy;
        let declared = self.inputs.module.resource(addr);
        match declared.filter(|_| !open) {
            Some(resource) if resource.count.is_some() => Instances::Count(Vec::new()),
            Some(resource) if resource.for_each.is_some() => Instances::Each(BTreeMap::new()),
            _ => Instances::Later,
        }
    }

    /// Plans a block in all instances of its module.
    pub(super) fn block(&mut self, unkeyed: &ResourceAddr) {
        let Some(module) = self.inputs.module.at(&unkeyed.module) else {
            return;
        };
        let local = unkeyed.in_module(ModulePath::default());
        let Some(resource) = module.resources.get(&local) else {
            return;
        };
        let schema = self.schema(unkeyed);
        let targeted = self.targets.includes_block(unkeyed);
        let provider = self.inputs.module.provider_at(&unkeyed.module, &resource.provider);
        for path in &*self.values.instances(&unkeyed.module) {
            let addr = unkeyed.in_module(path.clone());
            match schema {
                _ if !targeted => self.as_recorded(&addr),
                // What it says is not known wholly, and what follows from the rest may be wrong.
                _ if resource.damaged => self.set_block(&addr, Instances::Later),
                None => self.set_block(&addr, Instances::Later),
                Some(schema) => self.block_in(Block {
                    module,
                    resource,
                    schema,
                    path: path.clone(),
                    addr,
                    unkeyed: unkeyed.clone(),
                    provider: provider.clone(),
                }),
            }
        }
    }

    fn set_block(&mut self, addr: &ResourceAddr, instances: Instances) {
        let local = addr.in_module(ModulePath::default());
        let values = self.values.of_mut(&addr.module);
        values.blocks.insert(local, BlockValue::new(instances));
    }

    fn block_in(&mut self, block: Block<'a>) {
        let block = &block;
        let (expansion, found) = {
            let scope = self.values.scope(block.module, &block.path, Repetition::default());
            let cx = EvalContext {
                scope: &scope,
                host: self.inputs.host,
            };
            let resource = block.resource;
            expansion(resource.count.as_ref(), resource.for_each.as_ref(), &block.addr, &cx)
        };
        self.diags.extend(found);
        self.values.checks.expand(&Checkable::Resource(block.unkeyed.clone()));
        let by = match block.resource.count {
            Some(_) => Repeated::Count,
            None => Repeated::Each,
        };
        let made = match &expansion {
            Expansion::Failed => false,
            Expansion::Later(_) => self.inputs.checking,
            Expansion::Single => true,
            Expansion::Count(n) => *n > 0,
            Expansion::Each(entries) => !entries.is_empty(),
        };
        if made {
            self.made.insert(block.unkeyed.clone());
        }
        let instances = match expansion {
            Expansion::Failed => Instances::Later,
            Expansion::Later(_) if self.inputs.checking => {
                self.instance(block, InstanceKey::None, Repetition::later(by));
                Instances::Later
            }
            // That it is not known only follows from what was reported already.
            Expansion::Later(_) if self.follows_failure(&block.unkeyed) => Instances::Later,
            Expansion::Later(diag) => {
                self.diags.push(*diag);
                Instances::Later
            }
            Expansion::Single => Instances::Single(self.instance(block, InstanceKey::None, Repetition::default())),
            Expansion::Count(n) if self.inputs.options.is_targeted() => {
                Instances::Count(without_gaps(self.targeted_count(block, n)))
            }
            Expansion::Each(entries) if self.inputs.options.is_targeted() => {
                Instances::Each(self.targeted_each(block, entries))
            }
            Expansion::Count(n) => Instances::Count(
                (0..n)
                    .map(|i| self.instance(block, InstanceKey::Index(i), Repetition::counted(i)))
                    .collect(),
            ),
            Expansion::Each(entries) => Instances::Each(
                entries
                    .into_iter()
                    .map(|(k, v)| {
                        let repetition = Repetition::each(k.clone(), v);
                        let value = self.instance(block, InstanceKey::Key(k.clone()), repetition);
                        (k, value)
                    })
                    .collect(),
            ),
        };
        self.set_block(&block.addr, instances);
    }

    /// Of a plan with targets: the instances that are targeted as planned, the others as the state has them.
    fn targeted_count(&mut self, block: &Block<'a>, count: u64) -> BTreeMap<u64, Value> {
        let recorded = self.left_alone(block).into_iter().filter_map(|(key, value)| match key {
            InstanceKey::Index(i) => Some((i, value)),
            _ => None,
        });
        let mut found: BTreeMap<u64, Value> = recorded.collect();
        for i in 0..count {
            let key = InstanceKey::Index(i);
            if self.targets.includes(&block.addr.instance(key.clone())) {
                found.insert(i, self.instance(block, key, Repetition::counted(i)));
            } else {
                self.not_looked_at(block, key);
            }
        }
        found
    }

    fn targeted_each(&mut self, block: &Block<'a>, entries: BTreeMap<Str, Value>) -> BTreeMap<Str, Value> {
        let recorded = self.left_alone(block).into_iter().filter_map(|(key, value)| match key {
            InstanceKey::Key(k) => Some((k, value)),
            _ => None,
        });
        let mut found: BTreeMap<Str, Value> = recorded.collect();
        for (k, v) in entries {
            let key = InstanceKey::Key(k.clone());
            if self.targets.includes(&block.addr.instance(key.clone())) {
                let value = self.instance(block, key, Repetition::each(k.clone(), v));
                found.insert(k, value);
            } else {
                self.not_looked_at(block, key);
            }
        }
        found
    }

    /// The conditions of an instance that is not targeted stay open.
    fn not_looked_at(&mut self, block: &Block<'a>, key: InstanceKey) {
        let lifecycle = &block.resource.lifecycle;
        if let Some(result) = self.values.checks.of_resource_mut(&block.addr.instance(key)) {
            result.before = vec![super::checks::unknown(); lifecycle.preconditions.len()];
            result.after = vec![super::checks::unknown(); lifecycle.postconditions.len()];
        }
    }

    /// The recorded instances of a block that are not targeted.
    fn left_alone(&mut self, block: &Block<'a>) -> Vec<(InstanceKey, Value)> {
        let mut found = Vec::new();
        for i in self.by_block.get(&block.addr).into_iter().flatten() {
            let prior = &self.inputs.prior[*i];
            if prior.deposed.is_some() || self.targets.includes(&prior.addr) {
                continue;
            }
            self.seen.insert(*i);
            if let Some(value) = &self.current[*i] {
                let value = secrets::hidden(&block.schema.block, value.clone());
                found.push((prior.addr.key.clone(), value));
            }
        }
        found
    }

    /// Plans one instance and returns the value that others see.
    fn instance(&mut self, block: &Block<'a>, key: InstanceKey, repetition: Repetition) -> Value {
        let (resource, schema) = (block.resource, block.schema);
        let addr = block.addr.instance(key);
        if !self.targets.includes(&addr) {
            self.not_looked_at(block, addr.key.clone());
            if let Some(i) = self.index.get(&addr) {
                self.seen.insert(*i);
                if let Some(value) = &self.current[*i] {
                    return secrets::hidden(&schema.block, value.clone());
                }
            }
            return Value::unknown(schema.block.object_type());
        }
        let (config, found, before) = {
            let scope = self.values.scope(block.module, &block.path, repetition.clone());
            let cx = EvalContext {
                scope: &scope,
                host: self.inputs.host,
            };
            let (config, mut found) = decode(&schema.block, &resource.body, META_ARGUMENTS, &cx);
            found.extend(lasting(schema, &config, resource));
            // What could not be evaluated is unknown by now, so that one mistake does not hide or repeat another.
            let provider = self.provider_settings.get(&block.provider);
            let context = self.validate_context(resource.header, provider);
            found.extend(validate_with(schema, &config, &resource.body, &context));
            let rules = &resource.lifecycle.preconditions;
            let (before, said) = check_rules(rules, Rule::Precondition, false, &addr.to_string(), &cx);
            found.extend(said);
            (config, found, before)
        };
        if let Some(result) = self.values.checks.of_resource_mut(&addr) {
            result.before = before;
        }
        let failed = found.has_errors() || self.broken.contains(&block.unkeyed);
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
                let planned = self.managed(block, &addr, &config, &repetition);
                secrets::hidden(&schema.block, planned)
            }
            ResourceMode::Data => self.data(block, &addr, &config),
        };
        self.postconditions(block, &addr, &planned, repetition);
        planned
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
    let count = count.min(INSTANCES_MAX.unsigned_abs());
    (0..count)
        .map(|i| objects.remove(&i).unwrap_or_else(|| Value::unknown(Type::Dynamic)))
        .collect()
}
