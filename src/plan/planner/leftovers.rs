//! Objects of the state that no instance of the configuration stands for: which are deleted, and why.

use super::Planner;
use crate::base::{InstanceAddr, InstanceKey};
use crate::config::Resource;
use crate::plan::effects::effects;
use crate::plan::model::{Action, ActionReason, Change, PlanMode};

impl Planner<'_> {
    /// Prior objects that no instance of the configuration stands for.
    pub(super) fn leftovers(&mut self) {
        let inputs = self.inputs;
        for (i, prior) in inputs.prior.iter().enumerate() {
            if self.seen.contains(&i) && prior.deposed.is_none() {
                continue;
            }
            let current = self.current[i].clone();
            let keep = inputs.options.mode == PlanMode::RefreshOnly || !self.targets.includes(&prior.addr);
            let resource = inputs.module.resource(&prior.addr.resource);
            // A block with errors: nothing is said about its instances.
            let silent = resource.is_some() && self.broken.contains(&prior.addr.resource.unkeyed());
            if keep || silent || current.is_none() {
                continue;
            }
            let reason = match inputs.options.mode {
                PlanMode::Normal if prior.deposed.is_none() => Some(self.gone_reason(resource, &prior.addr)),
                _ => None,
            };
            let effects = self
                .schema(&prior.addr.resource)
                .map(|s| effects(s, Action::Delete, current.as_ref(), None, inputs.host))
                .unwrap_or_default();
            self.push(Change {
                addr: prior.addr.clone(),
                deposed: prior.deposed.clone(),
                provider: prior.provider.clone(),
                action: Action::Delete,
                reason,
                prior: current,
                planned: None,
                replace_paths: Vec::new(),
                causes: Vec::new(),
                effects,
                span: resource.map(|r| r.header),
                place: resource.map(|r| inputs.sources.place(r.header)),
                dependencies: prior.dependencies.clone(),
                local: false,
            });
            if let Some(resource) = resource {
                self.guard(resource, &prior.addr, Action::Delete);
            }
        }
    }

    fn gone_reason(&self, resource: Option<&Resource>, addr: &InstanceAddr) -> ActionReason {
        let module = &addr.resource.module;
        let called = module.is_root() || self.values.instances(&module.unkeyed()).contains(module);
        match (resource, &addr.key) {
            (Some(_), _) if !called => ActionReason::DeleteBecauseNoModule,
            (None, _) => ActionReason::DeleteBecauseNoResourceConfig,
            (Some(r), InstanceKey::Index(_)) if r.count.is_some() => ActionReason::DeleteBecauseCountIndex,
            (Some(r), InstanceKey::Key(_)) if r.for_each.is_some() => ActionReason::DeleteBecauseEachKey,
            (Some(_), _) => ActionReason::DeleteBecauseWrongRepetition,
        }
    }
}
