//! The objects while statements are followed: each keeps its identity, only its address changes. A place that is taken
//! stays with whom it belongs to.

use super::pattern::Pattern;
use super::{Addresses, Statement};
use crate::base::{InstanceAddr, InstanceKey, ModulePath, ResourceAddr};
use crate::plan::model::Prior;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The instances of a resource by their keys by now, with the addresses that the state has.
type Instances = BTreeMap<InstanceKey, InstanceAddr>;

/// The addresses while statements are followed. All objects of an instance move together, those that are still to be
/// deleted included.
pub(super) struct Walk {
    blocks: BTreeMap<ResourceAddr, Instances>,
    /// Resources by their names alone.
    named: HashMap<ResourceAddr, BTreeSet<ResourceAddr>>,
    blocked: BTreeMap<String, String>,
}

impl Walk {
    pub(super) fn new(prior: &[Prior]) -> Walk {
        let mut walk = Walk {
            blocks: BTreeMap::new(),
            named: HashMap::new(),
            blocked: BTreeMap::new(),
        };
        for object in prior {
            walk.put(&object.addr, object.addr.clone());
        }
        walk
    }

    fn put(&mut self, addr: &InstanceAddr, recorded: InstanceAddr) {
        if !self.blocks.contains_key(&addr.resource) {
            self.named
                .entry(addr.resource.unkeyed())
                .or_default()
                .insert(addr.resource.clone());
        }
        let instances = self.blocks.entry(addr.resource.clone()).or_default();
        instances.insert(addr.key.clone(), recorded);
    }

    fn take_block(&mut self, block: &ResourceAddr) -> Instances {
        if let Some(same) = self.named.get_mut(&block.unkeyed()) {
            same.remove(block);
        }
        self.blocks.remove(block).unwrap_or_default()
    }

    fn take(&mut self, addr: &InstanceAddr) -> Option<InstanceAddr> {
        let instances = self.blocks.get_mut(&addr.resource)?;
        let recorded = instances.remove(&addr.key)?;
        if instances.is_empty() {
            self.take_block(&addr.resource);
        }
        Some(recorded)
    }

    fn is_taken(&self, addr: &InstanceAddr) -> bool {
        let instances = self.blocks.get(&addr.resource);
        instances.is_some_and(|instances| instances.contains_key(&addr.key))
    }

    pub(super) fn follow(&mut self, statement: &Statement) {
        let (from, to) = (statement.from(), statement.to());
        if from.is_module() {
            self.modules(statement);
            return;
        }
        let Some(block) = from.block() else {
            return;
        };
        let candidates = self.named.get(&block.unkeyed()).into_iter().flatten().cloned();
        for block in candidates.collect::<Vec<ResourceAddr>>() {
            if let Some(new) = from.block_moved(&to, &block) {
                self.block(&block, &new);
            } else if let Some(key) = from.key() {
                self.instance(&block.instance(key.clone()), &from, &to);
            }
        }
    }

    fn instance(&mut self, addr: &InstanceAddr, from: &Pattern, to: &Pattern) {
        let Some(new) = from.instance_moved(to, addr).filter(|_| self.is_taken(addr)) else {
            return;
        };
        if self.is_taken(&new) {
            self.blocked.insert(addr.to_string(), new.to_string());
        } else if let Some(recorded) = self.take(addr) {
            self.put(&new, recorded);
        }
    }

    fn block(&mut self, block: &ResourceAddr, new: &ResourceAddr) {
        if self.blocks.contains_key(new) {
            self.blocked.insert(block.to_string(), new.to_string());
            return;
        }
        for (key, recorded) in self.take_block(block) {
            self.put(&new.instance(key), recorded);
        }
    }

    fn modules(&mut self, statement: &Statement) {
        let (from, to) = (statement.from(), statement.to());
        // By module, so that a module with many instances is not looked through for each of them.
        let mut there: BTreeMap<ModulePath, Vec<ResourceAddr>> = BTreeMap::new();
        for block in self.blocks.keys() {
            there.entry(block.module.clone()).or_default().push(block.clone());
        }
        for path in there.keys().cloned().collect::<Vec<_>>() {
            let Some(new) = from.module_moved(&to, &path) else {
                continue;
            };
            if there.contains_key(&new) {
                self.blocked.insert(path.to_string(), new.to_string());
                continue;
            }
            let blocks = there.remove(&path).unwrap_or_default();
            let mut moved = Vec::with_capacity(blocks.len());
            for block in blocks {
                let to = ResourceAddr {
                    module: new.clone(),
                    ..block.clone()
                };
                self.block(&block, &to);
                moved.push(to);
            }
            there.insert(new, moved);
        }
    }

    pub(super) fn result(self) -> (Addresses, BTreeMap<String, String>) {
        let mut moved = Addresses::new();
        for (block, instances) in self.blocks {
            for (key, recorded) in instances {
                let addr = block.instance(key);
                if addr != recorded {
                    moved.insert(addr, recorded);
                }
            }
        }
        (moved, self.blocked)
    }
}
