//! Replacements that make the new object before the old one is deleted: which do, and which can't.

use crate::base::{Diag, InstanceAddr, ResourceAddr, Value};
use crate::config::{Resource, codes};
use crate::plan::Inputs;
use crate::plan::propose::equal;
use crate::plan::steps::Needs;
use crate::plan::target::Targets;
use crate::schema::ResourceSchema;
use std::collections::HashSet;

/// Blocks whose replacements are made first: those that ask for it and all that these need, as the new object of
/// one must not point at an object that is deleted before it.
/// What a plan with targets leaves out asks for nothing.
pub(super) fn create_first(inputs: &Inputs<'_>, needs: &Needs, targets: &Targets) -> HashSet<ResourceAddr> {
    let modules = inputs.module.all();
    let blocks = modules
        .iter()
        .flat_map(|(path, module)| module.resources.values().map(move |r| (path, r)));
    let asking = blocks.filter(|(_, r)| r.lifecycle.create_before_destroy);
    let asking = asking.map(|(path, r)| r.addr.in_module(path.clone()));
    let mut open: Vec<ResourceAddr> = asking.filter(|addr| targets.includes_block(addr)).collect();
    let mut found = HashSet::new();
    while let Some(addr) = open.pop() {
        if found.insert(addr.clone()) {
            open.extend(needs.get(&addr).into_iter().flatten().cloned());
        }
    }
    found
}

/// Whether both are the same object for the cloud: it would take the old one for the new one, which is then deleted.
pub(super) fn same_name(schema: &ResourceSchema, prior: Option<&Value>, planned: &Value) -> bool {
    let Some(prior) = prior.filter(|_| !schema.identity.is_empty()) else {
        return false;
    };
    schema
        .identity
        .iter()
        .all(|name| match (prior.get(name), planned.get(name)) {
            (Some(a), Some(b)) => b.is_wholly_known() && equal(a, b),
            _ => false,
        })
}

pub(super) fn cannot_be_first(resource: &Resource, addr: &InstanceAddr) -> Diag {
    Diag::error(codes::SAME_NAME, "The replacement can't be made first")
        .detail(format!(
            "{addr} is to be made again before the old object is deleted, because of create_before_destroy here or in a block \
             that needs it; but both have the same name, so there can be only one of them."
        ))
        .address(addr)
        .at(resource.header)
        .help("give the new object another name, or remove create_before_destroy")
}
