//! Blocks and modules of which there is no instance: what they say is checked all the same, once, with what is repeated taken for
//! unknown. So a mistake shows before the first instance is asked for. Plans nothing.

use super::Planner;
use crate::base::{Diags, InstanceKey, ModulePath, ResourceAddr, Str, Value};
use crate::config::{META_ARGUMENTS, Module, Resource, variables};
use crate::lang::{EvalContext, eval};
use crate::plan::evaluate::Evaluation;
use crate::plan::expand::expansion;
use crate::plan::graph::Node;
use crate::plan::scope::{BlockValue, CallKeys, Instances, Repeated, Repetition, Values};
use crate::schema::decode;
use crate::schema::validate::validate_with;
use std::collections::HashSet;

impl Planner<'_> {
    /// Checks what has no instance. Nothing is known here but what the configuration itself says: `var.names[0]` is no mistake
    /// in a block that is only there when there are names.
    pub(super) fn rehearse(&mut self) {
        let graph = self.graph;
        if self.inputs.options.is_targeted() || !graph.order.iter().any(|node| self.is_absent(node)) {
            return;
        }
        let mut values = self.open_values();
        let evaluation = Evaluation {
            checking: true,
            ..self.evaluation()
        };
        let mut found = Diags::new();
        for node in &graph.order {
            let absent = self.is_absent(node);
            let said = match node {
                Node::Module(path) => self.open_call(&mut values, path),
                Node::Resource(addr) => self.open_block(&mut values, addr, absent),
                Node::Variable(path, name) => {
                    let said = evaluation.all(&mut values, node);
                    self.open_variable(&mut values, path, name);
                    said
                }
                node => evaluation.all(&mut values, node),
            };
            if absent {
                found.extend(said);
            }
        }
        let known: HashSet<_> = self
            .diags
            .iter()
            .filter_map(|d| Some((d.span?, d.summary.clone())))
            .collect();
        let new = |d: &crate::base::Diag| d.span.is_some_and(|span| !known.contains(&(span, d.summary.clone())));
        self.diags.extend(found.into_iter().filter(new).collect());
    }

    /// Whether a node was not evaluated, because there is no instance of it.
    fn is_absent(&self, node: &Node) -> bool {
        match node {
            Node::Resource(addr) => !self.made.contains(addr) && !self.broken.contains(addr),
            Node::Module(path) => path.split_last().is_some_and(|(from, ..)| self.has_none(&from)),
            Node::Variable(path, _) | Node::Local(path, _) | Node::Output(path, _) => self.has_none(path),
            Node::Provider(_) | Node::Whole(_) => false,
        }
    }

    fn has_none(&self, path: &ModulePath) -> bool {
        self.values.instances(path).is_empty()
    }

    fn open_values(&self) -> Values {
        let root = &self.inputs.module.variables;
        let open = |v: &crate::config::model::Variable| variables::marked(v, Value::unknown(v.constraint.ty.clone()));
        self.values
            .afresh(root.iter().map(|(name, v)| (name.clone(), open(v))).collect())
    }

    /// One instance stands for all that a call makes.
    fn open_call(&self, values: &mut Values, path: &ModulePath) -> Diags {
        let mut diags = Diags::new();
        let Some((caller, name, _)) = path.split_last() else {
            return diags;
        };
        let Some((module, call)) = self
            .inputs
            .module
            .at(&caller)
            .and_then(|m| Some((m, m.calls.get(name)?)))
        else {
            return diags;
        };
        if call.damaged {
            return diags;
        }
        {
            let scope = values.scope(module, &caller, Repetition::default());
            let cx = EvalContext {
                scope: &scope,
                host: self.inputs.host,
            };
            diags.extend(expansion(call.count.as_ref(), call.for_each.as_ref(), path, &cx).1);
        }
        let seen = repeated(call.count.is_some(), call.for_each.is_some());
        let keys = match call.count.is_some() || call.for_each.is_some() {
            true => CallKeys::Later,
            false => CallKeys::Single,
        };
        values.set_call(&caller, name, keys, vec![seen]);
        values.set_instances(path, vec![caller.child(name.clone(), InstanceKey::None)]);
        diags
    }

    /// What a module is given is unknown to it, as it is in an instance that is yet to come.
    fn open_variable(&self, values: &mut Values, path: &ModulePath, name: &Str) {
        let variable = self.inputs.module.at(path).and_then(|m| m.variables.get(name));
        if let Some(variable) = variable.filter(|_| !path.is_root()) {
            let value = variables::marked(variable, Value::unknown(variable.constraint.ty.clone()));
            values.of_mut(path).variables.insert(name.clone(), value);
        }
    }

    fn open_block(&self, values: &mut Values, addr: &ResourceAddr, absent: bool) -> Diags {
        let local = addr.in_module(ModulePath::default());
        let module = self.inputs.module.at(&addr.module);
        let Some((module, resource)) = module.and_then(|m| Some((m, m.resources.get(&local)?))) else {
            return Diags::new();
        };
        let said = match absent {
            true => self.check_absent(values, module, resource, addr),
            false => Diags::new(),
        };
        let single = resource.count.is_none() && resource.for_each.is_none();
        let instances = match self.schema(addr).filter(|_| single) {
            Some(schema) => Instances::Single(Value::unknown(schema.block.object_type())),
            None => Instances::Later,
        };
        values
            .of_mut(&addr.module)
            .blocks
            .insert(local, BlockValue::new(instances));
        said
    }

    fn check_absent(&self, values: &Values, module: &Module, resource: &Resource, addr: &ResourceAddr) -> Diags {
        let mut diags = Diags::new();
        let Some(schema) = self.schema(addr) else {
            return diags;
        };
        let once = values.scope(module, &addr.module, Repetition::default());
        let cx = EvalContext {
            scope: &once,
            host: self.inputs.host,
        };
        diags.extend(expansion(resource.count.as_ref(), resource.for_each.as_ref(), addr, &cx).1);
        let repetition = repeated(resource.count.is_some(), resource.for_each.is_some());
        let scope = values.scope(module, &addr.module, repetition);
        let cx = EvalContext {
            scope: &scope,
            host: self.inputs.host,
        };
        let (config, found) = decode(&schema.block, &resource.body, META_ARGUMENTS, &cx);
        diags.extend(found);
        let provider = self.inputs.module.provider_at(&addr.module, &resource.provider);
        let context = self.validate_context(resource.header, self.provider_settings.get(&provider));
        diags.extend(validate_with(schema, &config, &resource.body, &context));
        // Whether they hold concerns instances only; that they can be evaluated at all is asked here.
        for rule in &resource.lifecycle.preconditions {
            diags.extend(eval::evaluate(&rule.condition, &cx).1);
        }
        let named = |d: crate::base::Diag| if d.address.is_none() { d.address(addr) } else { d };
        diags.into_iter().map(named).collect()
    }
}

fn repeated(count: bool, for_each: bool) -> Repetition {
    match (count, for_each) {
        (true, _) => Repetition::later(Repeated::Count),
        (_, true) => Repetition::later(Repeated::Each),
        _ => Repetition::default(),
    }
}
