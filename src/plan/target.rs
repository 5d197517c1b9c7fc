//! `-target`: which blocks and instances a plan is limited to.

use super::model::PlanMode;
use super::steps::Needs;
use super::{Inputs, Options};
use crate::base::{Diag, Diags, InstanceAddr, InstanceKey, ResourceAddr, did_you_mean};
use crate::config::codes;
use std::collections::{BTreeSet, HashSet};

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

/// Warns of addresses given with `-target` and `-replace` of which there is nothing: most likely they are mistyped.
pub fn unmatched(inputs: &Inputs<'_>) -> Diags {
    let declared = inputs.module.resources.keys();
    let recorded = inputs.prior.iter().map(|p| &p.addr.resource);
    let blocks: BTreeSet<&ResourceAddr> = declared.chain(recorded).collect();
    let names: Vec<String> = blocks.iter().map(ToString::to_string).collect();
    let mut replace: Vec<&InstanceAddr> = inputs.options.replace.iter().collect();
    replace.sort();
    let targets = inputs.options.targets.iter().map(|a| ("-target", a));
    let all = targets.chain(replace.into_iter().map(|a| ("-replace", a)));
    let missing = all.filter(|(_, addr)| !blocks.contains(&addr.resource));
    let warning = |(flag, addr): (&str, &InstanceAddr)| {
        let diag = Diag::warning(codes::UNDECLARED, format!("{flag} {addr} matches nothing")).detail(format!(
            "Neither the configuration nor the state has {}.",
            addr.resource
        ));
        match did_you_mean(&addr.resource.to_string(), names.iter().map(String::as_str)) {
            Some(near) => diag.help(format!("did you mean {near}?")),
            None => diag,
        }
    };
    missing.map(warning).collect()
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
