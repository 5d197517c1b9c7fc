//! `-target`: which blocks and instances a plan is limited to.

use super::Options;
use super::model::PlanMode;
use super::steps::Needs;
use crate::base::{InstanceAddr, InstanceKey, ResourceAddr};
use std::collections::HashSet;

/// What a plan is limited to.
pub struct Targets {
    /// Everything, when no target was given.
    all: bool,
    /// Instances named with their key.
    instances: HashSet<InstanceAddr>,
    /// Blocks of which all instances are included.
    whole: HashSet<ResourceAddr>,
    /// Blocks of which any instance is included.
    blocks: HashSet<ResourceAddr>,
}

impl Targets {
    /// The given targets with all that they need; when destroying, with all that needs them.
    pub fn new(options: &Options, needs: &Needs, prior_needs: &Needs) -> Self {
        let mut whole: HashSet<ResourceAddr> = HashSet::new();
        let mut instances = HashSet::new();
        let mut open: Vec<ResourceAddr> = Vec::new();
        for target in &options.targets {
            if target.key == InstanceKey::None {
                whole.insert(target.resource.clone());
            } else {
                instances.insert(target.clone());
            }
            open.push(target.resource.clone());
        }
        let mut blocks: HashSet<ResourceAddr> = open.iter().cloned().collect();
        while let Some(addr) = open.pop() {
            for next in related(&addr, options.mode, needs, prior_needs) {
                if whole.insert(next.clone()) {
                    blocks.insert(next.clone());
                    open.push(next);
                }
            }
        }
        Self {
            all: options.targets.is_empty(),
            instances,
            whole,
            blocks,
        }
    }

    /// Whether any instance of the block is included.
    pub fn includes_block(&self, addr: &ResourceAddr) -> bool {
        self.all || self.blocks.contains(addr)
    }

    /// Whether the instance is included.
    pub fn includes(&self, addr: &InstanceAddr) -> bool {
        self.all || self.whole.contains(&addr.resource) || self.instances.contains(addr)
    }
}

fn related(addr: &ResourceAddr, mode: PlanMode, needs: &Needs, prior_needs: &Needs) -> Vec<ResourceAddr> {
    if mode != PlanMode::Destroy {
        return needs.get(addr).cloned().unwrap_or_default();
    }
    let dependants = |needs: &Needs| -> Vec<ResourceAddr> {
        let of = needs.iter().filter(|(_, n)| n.contains(addr));
        of.map(|(block, _)| block.clone()).collect()
    };
    let mut out = dependants(needs);
    out.extend(dependants(prior_needs));
    out
}
