//! One object: what is done to it and why, by comparing what is wanted with what is there; and data sources, which are read.

use super::Planner;
use super::blocks::Block;
use super::first::{cannot_be_first, same_name};
use crate::base::{AttrPath, Diags, InstanceAddr, InstanceKey, Known, Marks, ModulePath, Severity, Span, Value};
use crate::config::{Resource, Target, target};
use crate::lang::ast::Reference;
use crate::plan::effects::effects;
use crate::plan::ignore::with_ignored;
use crate::plan::model::{Action, ActionReason, Cause, Change};
use crate::plan::propose::{marks_differ, propose, propose_adopted, veil_output};
use crate::plan::scope::Repetition;
use crate::plan::{DataRead, trigger};
use crate::schema::{predicted, replaces};

impl<'a> Planner<'a> {
    /// Decides what is done to a managed object, and returns it as planned.
    pub(super) fn managed(
        &mut self,
        block: &Block<'a>,
        addr: &InstanceAddr,
        config: &Value,
        repetition: &Repetition,
    ) -> Value {
        let (resource, schema) = (block.resource, block.schema);
        let prior_index = self.index.get(addr).copied();
        let mut tainted = false;
        let mut prior = None;
        if let Some(i) = prior_index {
            self.seen.insert(i);
            tainted = self.inputs.prior[i].tainted;
            prior = self.current[i].clone();
        }
        let kept = match &prior {
            Some(prior) => with_ignored(config, prior, &schema.block, &resource.lifecycle.ignore_changes),
            None => config.clone(),
        };
        let adopted = prior_index.is_some_and(|i| self.inputs.prior[i].adopted);
        let propose_next = if adopted { propose_adopted } else { propose };
        let mut first = propose_next(&schema.block, &kept, prior.as_ref());
        if let Some(prior) = &prior
            && !first.calls.is_empty()
            && replaces(schema, prior, &first.planned, self.inputs.host)
        {
            first.replace.clone_from(&first.calls);
        }
        let remarked = prior
            .as_ref()
            .is_some_and(|p| first.changed.is_empty() && marks_differ(&schema.block, &first.planned, p));
        let (mut action, mut reason) = match &prior {
            None => (Action::Create, None),
            Some(_) if tainted => (self.replacement(block), Some(ActionReason::ReplaceBecauseTainted)),
            Some(_) if !first.replace.is_empty() => {
                (self.replacement(block), Some(ActionReason::ReplaceBecauseCannotUpdate))
            }
            Some(_) if !first.changed.is_empty() || remarked => (Action::Update, None),
            Some(_) => (Action::NoOp, None),
        };
        if prior.is_some() && !matches!(action, Action::Replace { .. }) {
            if self.inputs.options.replace.contains(addr) {
                (action, reason) = (self.replacement(block), Some(ActionReason::ReplaceByRequest));
            } else if self.triggered(block, repetition) {
                (action, reason) = (self.replacement(block), Some(ActionReason::ReplaceByTriggers));
            }
        }
        let planned = match action {
            // A new object has nothing that could be ignored.
            Action::Replace { .. } => propose(&schema.block, config, None).planned,
            _ => first.planned.clone(),
        };
        // Also an object that is gone tells what its successor of the same name will be.
        let former = prior_index.map(|i| self.current[i].as_ref().unwrap_or(&self.inputs.prior[i].value));
        let provider = self.provider_settings.get(&block.provider);
        let planned = predicted(schema, planned, former, provider, self.inputs.host);
        let planned = if schema.local { veil_output(planned) } else { planned };
        if action == (Action::Replace { create_first: true }) && same_name(schema, prior.as_ref(), &planned) {
            self.diags.push(cannot_be_first(resource, addr));
        }
        let causes = self.causes(resource, &first.changed, &first.replace);
        let dependencies = self.dependencies(&block.unkeyed);
        let effects = effects(schema, action, prior.as_ref(), Some(&planned), self.inputs.host);
        self.push(Change {
            addr: addr.clone(),
            deposed: None,
            provider: block.provider.clone(),
            action,
            reason,
            prior,
            planned: Some(planned.clone()),
            replace_paths: first.replace,
            causes,
            effects,
            span: Some(resource.header),
            place: Some(self.inputs.sources.place(resource.header)),
            dependencies,
            local: (first.local || remarked) && action == Action::Update,
        });
        self.guard(resource, addr, action);
        planned
    }

    fn replacement(&self, block: &Block<'_>) -> Action {
        Action::Replace {
            create_first: self.create_first.contains(&block.unkeyed),
        }
    }

    fn triggered(&mut self, block: &Block<'_>, repetition: &Repetition) -> bool {
        let mut found = Diags::new();
        let hit = block.resource.lifecycle.replace_triggered_by.iter().any(|expr| {
            let changed = (&self.changed_blocks, &self.changes[..]);
            trigger::fires(expr, &block.path, repetition, changed, &mut found)
        });
        self.diags.extend(found);
        hit
    }

    fn causes(&self, resource: &Resource, changed: &[AttrPath], replace: &[AttrPath]) -> Vec<Cause> {
        changed
            .iter()
            .map(|path| {
                let root = path.root().unwrap_or("");
                let attribute = resource.body.attributes.get(root).map(|a| a.span);
                let block = || {
                    resource
                        .body
                        .blocks
                        .iter()
                        .find(|b| &*b.kind.text == root)
                        .map(|b| b.header)
                };
                Cause {
                    path: path.clone(),
                    replaces: replace.contains(path),
                    place: attribute.or_else(block).map(|span| self.inputs.sources.place(span)),
                }
            })
            .collect()
    }

    /// Reads a data source, or plans that it is read.
    pub(super) fn data(&mut self, block: &Block<'a>, addr: &InstanceAddr, config: &Value) -> Value {
        let (resource, schema) = (block.resource, block.schema);
        let pending = self.waits(block);
        let marks = config.marks_deep();
        let known = Known::new(config.clone());
        if let (Some(known), false) = (&known, pending) {
            match self.inputs.data.read(schema, &block.provider, addr, known) {
                DataRead::Object(object) => {
                    let object = object.mark(marks.without(Marks::EPHEMERAL));
                    self.read.insert(addr.clone(), object.clone());
                    return object;
                }
                DataRead::Later => {}
                DataRead::Failed(diag) => {
                    let mut diag = diag.address(addr).at_opt(Some(resource.header));
                    if resource.check.is_some() {
                        // A check only warns.
                        diag.severity = Severity::Warning;
                    }
                    self.diags.push(diag);
                    return Value::unknown(schema.block.object_type());
                }
            }
        }
        let planned = propose(&schema.block, config, None).planned;
        let dependencies = self.dependencies(&block.unkeyed);
        self.push(Change {
            addr: addr.clone(),
            deposed: None,
            provider: block.provider.clone(),
            action: Action::Read,
            reason: Some(if known.is_none() {
                ActionReason::ReadBecauseConfigUnknown
            } else {
                ActionReason::ReadBecauseDependencyPending
            }),
            prior: None,
            planned: Some(planned.clone()),
            replace_paths: Vec::new(),
            causes: Vec::new(),
            effects: Vec::new(),
            span: Some(resource.header),
            place: Some(self.inputs.sources.place(resource.header)),
            dependencies,
            local: false,
        });
        planned
    }

    /// Whether something that `depends_on` names, here or in a call on the way, is still to be changed.
    fn waits(&self, block: &Block<'_>) -> bool {
        let path = &block.unkeyed.module;
        let own = block
            .resource
            .depends_on
            .iter()
            .map(|(r, span)| (path.clone(), r, *span));
        let calls = (0..path.0.len()).filter_map(|depth| {
            let caller = path.prefix(depth);
            let call = self.inputs.module.at(&caller)?.calls.get(&path.0[depth].0)?;
            Some((caller, &call.depends_on))
        });
        let of_calls = calls.flat_map(|(caller, refs)| refs.iter().map(move |(r, span)| (caller.clone(), r, *span)));
        own.chain(of_calls)
            .any(|(path, reference, span)| self.pending(&path, reference, span))
    }

    fn pending(&self, path: &ModulePath, reference: &Reference, span: Span) -> bool {
        let Some(module) = self.inputs.module.at(path) else {
            return false;
        };
        match target(module, reference, span) {
            Ok(Target::Resource(addr)) => self.present.get(&addr.in_module(path.clone())) == Some(&true),
            Ok(Target::Module(name, _)) => {
                let called = path.child(name, InstanceKey::None);
                let mut within = self.present.iter().filter(|(addr, _)| addr.module.is_within(&called));
                within.any(|(_, acts)| *acts)
            }
            _ => false,
        }
    }
}
