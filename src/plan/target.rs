//! `-target`: which blocks and instances a plan is limited to.

use super::Inputs;
use super::model::PlanMode;
use super::steps::Needs;
use crate::base::addr::ObjectAddr;
use crate::base::{Diag, Diags, InstanceAddr, InstanceKey, ModulePath, ResourceAddr, did_you_mean};
use crate::config::codes;
use std::collections::{BTreeSet, HashSet};

/// What a plan is limited to.
pub struct Targets {
    /// What was asked for; nothing when all is.
    given: Vec<ObjectAddr>,
    /// Blocks of which all instances are included, without keys of modules.
    whole: HashSet<ResourceAddr>,
    /// Blocks of which any instance is included, without keys of modules.
    blocks: HashSet<ResourceAddr>,
}

impl Targets {
    /// The given targets with all that they need; when destroying, with all that needs them.
    pub fn new(inputs: &Inputs<'_>, needs: &Needs, prior_needs: &Needs) -> Self {
        let given = inputs.options.targets.clone();
        let mut blocks: HashSet<ResourceAddr> = HashSet::new();
        for target in &given {
            match target {
                ObjectAddr::Instance(addr) => {
                    blocks.insert(addr.resource.unkeyed());
                }
                ObjectAddr::Module(path) => {
                    let path = path.unkeyed();
                    let recorded = inputs.prior.iter().map(|p| p.addr.resource.unkeyed());
                    let all = needs.keys().cloned().chain(recorded);
                    blocks.extend(all.filter(|addr| addr.module.is_within(&path)));
                }
            }
        }
        // What a module instance needs in its own module, it needs in its own instance.
        let modules: Vec<&ModulePath> = given.iter().filter_map(module_of).collect();
        let own = |addr: &ResourceAddr| modules.iter().any(|m| addr.module.is_within(&m.unkeyed()));
        let mut whole: HashSet<ResourceAddr> = HashSet::new();
        let mut open: Vec<ResourceAddr> = blocks.iter().cloned().collect();
        while let Some(addr) = open.pop() {
            for next in related(&addr, inputs.options.mode, needs, prior_needs) {
                if !own(&next) && whole.insert(next.clone()) {
                    blocks.insert(next.clone());
                    open.push(next);
                }
            }
        }
        Self { given, whole, blocks }
    }

    /// Whether any instance of the block, given without keys of modules, is included.
    pub fn includes_block(&self, addr: &ResourceAddr) -> bool {
        self.given.is_empty() || self.blocks.contains(addr)
    }

    /// Whether the instance is included.
    pub fn includes(&self, addr: &InstanceAddr) -> bool {
        self.given.is_empty()
            || self.given.iter().any(|target| is_part(addr, target))
            || self.whole.contains(&addr.resource.unkeyed())
    }
}

fn module_of(target: &ObjectAddr) -> Option<&ModulePath> {
    match target {
        ObjectAddr::Module(path) => Some(path),
        ObjectAddr::Instance(_) => None,
    }
}

/// Whether an object is what an address means: without a key it means all instances.
pub fn is_part(addr: &InstanceAddr, of: &ObjectAddr) -> bool {
    let any = |asked: &InstanceKey, key: &InstanceKey| *asked == InstanceKey::None || asked == key;
    let module = |asked: &ModulePath| {
        let path = &addr.resource.module;
        let pairs = || asked.0.iter().zip(path.0.iter());
        path.0.len() >= asked.0.len() && pairs().all(|(a, b)| a.0 == b.0 && any(&a.1, &b.1))
    };
    match of {
        ObjectAddr::Module(path) => module(path),
        ObjectAddr::Instance(asked) => {
            let (a, b) = (&asked.resource, &addr.resource);
            a.name == b.name
                && a.type_name == b.type_name
                && a.mode == b.mode
                && a.module.0.len() == b.module.0.len()
                && module(&a.module)
                && any(&asked.key, &addr.key)
        }
    }
}

/// Warns of addresses given with `-target` and `-replace` of which there is nothing: most likely they are mistyped.
pub fn unmatched(inputs: &Inputs<'_>) -> Diags {
    let modules = inputs.module.all();
    let declared = modules
        .iter()
        .flat_map(|(path, module)| module.resources.keys().map(|a| a.in_module(path.clone())));
    let recorded = inputs.prior.iter().map(|p| p.addr.resource.unkeyed());
    let blocks: BTreeSet<ResourceAddr> = declared.chain(recorded).collect();
    let paths = modules.iter().map(|(path, _)| path).filter(|p| !p.is_root());
    let mut names: Vec<String> = blocks.iter().map(ToString::to_string).collect();
    names.extend(paths.map(ToString::to_string));
    let known = |target: &ObjectAddr| match target {
        ObjectAddr::Instance(addr) => blocks.contains(&addr.resource.unkeyed()),
        ObjectAddr::Module(path) => {
            let path = path.unkeyed();
            inputs.module.at(&path).is_some() || blocks.iter().any(|b| b.module.is_within(&path))
        }
    };
    let mut replace: Vec<ObjectAddr> = inputs
        .options
        .replace
        .iter()
        .cloned()
        .map(ObjectAddr::Instance)
        .collect();
    replace.sort();
    let targets = inputs.options.targets.iter().map(|a| ("-target", a));
    let all = targets.chain(replace.iter().map(|a| ("-replace", a)));
    let warning = |(flag, addr): (&str, &ObjectAddr)| {
        let block = match addr {
            ObjectAddr::Instance(addr) => addr.resource.to_string(),
            ObjectAddr::Module(path) => path.to_string(),
        };
        let diag = Diag::warning(codes::UNDECLARED, format!("{flag} {addr} matches nothing"))
            .detail(format!("Neither the configuration nor the state has {block}."));
        match did_you_mean(&block, names.iter().map(String::as_str)) {
            Some(near) => diag.help(format!("did you mean {near}?")),
            None => diag,
        }
    };
    all.filter(|(_, addr)| !known(addr)).map(warning).collect()
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
