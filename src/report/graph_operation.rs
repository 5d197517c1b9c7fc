//! The graph of an operation as Terraform draws it: every declaration, the providers and the objects of the state, and what
//! needs what. For pictures only; planning and applying have their own graphs.

use super::dag::Dag;
use super::relevant::instance_key;
use super::state_json::provider_address;
use crate::base::{InstanceAddr, InstanceKey, ModulePath, ResourceAddr, ResourceMode, Str, Value};
use crate::config::{Module, ModuleCall, ProviderKey, Resource};
use crate::lang::ast::{Block, Expr, ExprKind, Reference, StepKind};
use crate::plan::{Action, Change, PlanMode, Prior};
use std::collections::{BTreeMap, BTreeSet};

/// What the graph is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GraphKind {
    /// Making a plan.
    Plan,
    /// Making a plan that deletes everything.
    PlanDestroy,
    /// Applying.
    Apply,
}

/// What a graph is made from.
#[derive(Clone, Copy)]
pub struct GraphSource<'a> {
    /// The configuration.
    pub module: &'a Module,
    /// The objects of the state.
    pub prior: &'a [Prior],
    /// The outputs of the state.
    pub outputs: &'a BTreeMap<Str, Value>,
    /// The changes of a saved plan, and its kind.
    pub changes: Option<(&'a [Change], PlanMode)>,
}

/// The graph of an operation, without edges that others imply.
pub fn operation_graph(source: &GraphSource<'_>, kind: GraphKind) -> Dag {
    let destroying = kind == GraphKind::PlanDestroy || source.changes.is_some_and(|(_, m)| m == PlanMode::Destroy);
    let mut builder = Builder {
        source,
        dag: Dag::default(),
        destroying,
        apply: source.changes.filter(|_| kind == GraphKind::Apply).map(|(c, _)| c),
        providers: BTreeMap::new(),
        wanted: Vec::new(),
    };
    let root = ModulePath::default();
    builder.declare(&root, source.module);
    // References also lead to instances, so these come before all edges.
    builder.instances();
    builder.link(&root, source.module);
    match (builder.apply, kind) {
        (Some(changes), _) => builder.changes(changes),
        (None, GraphKind::Plan) => builder.orphans(),
        (None, GraphKind::PlanDestroy) => builder.destroyed(),
        (None, GraphKind::Apply) => {}
    }
    builder.lost();
    builder.finish()
}

struct Builder<'a> {
    source: &'a GraphSource<'a>,
    dag: Dag,
    /// All is deleted: nothing is evaluated for its own sake.
    destroying: bool,
    /// The changes that are applied.
    apply: Option<&'a [Change]>,
    /// Nodes of the provider configurations that are used, with the nodes that use each.
    providers: BTreeMap<ProviderKey, BTreeSet<usize>>,
    /// What a graph of deletion is about.
    wanted: Vec<usize>,
}

/// The name of a declaration: in a module behind its path.
fn within(path: &ModulePath, name: &str) -> String {
    if path.is_root() {
        name.to_string()
    } else {
        format!("{path}.{name}")
    }
}

fn provider_node(key: &ProviderKey) -> String {
    let alias = key.alias.as_ref().map_or(String::new(), |a| format!(".{a}"));
    format!("provider[\"{}\"]{alias}", provider_address(&key.name))
}

fn variable_node(path: &ModulePath, name: &str) -> String {
    let name = within(path, &format!("var.{name}"));
    if path.is_root() {
        name
    } else {
        format!("{name} (expand)")
    }
}

/// Whether a change deletes an object.
fn deletes(change: &Change) -> bool {
    matches!(change.action, Action::Delete | Action::Replace { .. })
}

/// The node of a deletion.
fn deletion(change: &Change) -> String {
    match &change.deposed {
        Some(key) => format!("{} (destroy deposed {key})", change.addr),
        None => format!("{} (destroy)", change.addr),
    }
}

impl Builder<'_> {
    /// Nodes of the declarations of a module.
    fn declare(&mut self, path: &ModulePath, module: &Module) {
        for (name, variable) in &module.variables {
            let node = self.dag.node(variable_node(path, name));
            if path.is_root() {
                self.dag.label(node, format!("var.{name}"), "note");
            }
            if !variable.validations.is_empty() {
                let checked = self.dag.node(within(path, &format!("var.{name} (validation)")));
                self.dag.edge(checked, node);
            }
        }
        for name in module.locals.keys() {
            self.dag.node(within(path, &format!("local.{name} (expand)")));
        }
        for name in module.outputs.keys() {
            let node = self.dag.node(within(path, &format!("output.{name} (expand)")));
            if path.is_root() {
                self.wanted.push(node);
            }
        }
        if self.destroying {
            return;
        }
        for addr in module.resources.keys() {
            let addr = addr.in_module(path.clone());
            let node = self.dag.node(format!("{addr} (expand)"));
            self.dag.block(node, addr);
        }
        for (name, call) in &module.calls {
            let child = path.child(name.clone(), InstanceKey::None);
            let expand = self.dag.node(format!("{child} (expand)"));
            let close = self.dag.node(format!("{child} (close)"));
            self.dag.edge(close, expand);
            let first = self.dag.len();
            if let Some(module) = &call.module {
                self.declare(&child, module);
            }
            for node in first..self.dag.len() {
                self.framed(node, expand, close);
            }
        }
    }

    /// What is in a called module comes after its number of instances is known, and before it is complete.
    fn framed(&mut self, node: usize, expand: usize, close: usize) {
        self.dag.edge(node, expand);
        self.dag.edge(close, node);
    }

    /// Frames an object that no declaration stands for.
    fn framed_object(&mut self, node: usize, module: &ModulePath) {
        let module = module.unkeyed();
        for calls in 1..=module.0.len() {
            let path = module.prefix(calls);
            let frame = (
                self.dag.find(&format!("{path} (expand)")),
                self.dag.find(&format!("{path} (close)")),
            );
            if let (Some(expand), Some(close)) = frame {
                self.framed(node, expand, close);
            }
        }
    }

    /// Edges of the declarations of a module.
    fn link(&mut self, path: &ModulePath, module: &Module) {
        for (name, variable) in &module.variables {
            let Some(node) = self.dag.find(&within(path, &format!("var.{name} (validation)"))) else {
                continue;
            };
            for condition in &variable.validations {
                self.expr(node, path, &condition.condition);
                self.expr(node, path, &condition.message);
            }
        }
        for (name, local) in &module.locals {
            let node = self.dag.node(within(path, &format!("local.{name} (expand)")));
            self.expr(node, path, &local.value);
        }
        for (name, output) in &module.outputs {
            let node = self.dag.node(within(path, &format!("output.{name} (expand)")));
            if self.destroying {
                continue;
            }
            self.expr(node, path, &output.value);
            for condition in &output.preconditions {
                self.expr(node, path, &condition.condition);
                self.expr(node, path, &condition.message);
            }
            for (reference, _) in &output.depends_on {
                self.reference(node, path, reference);
            }
        }
        if self.destroying {
            return;
        }
        for resource in module.resources.values() {
            let addr = resource.addr.in_module(path.clone());
            let node = self.dag.node(format!("{addr} (expand)"));
            let provider = self.source.module.provider_at(path, &resource.provider);
            self.provided(node, &provider);
            self.resource(node, path, resource);
        }
        for (name, call) in &module.calls {
            let child = path.child(name.clone(), InstanceKey::None);
            self.call(path, &child, call);
        }
    }

    /// A call: its arguments are evaluated where it stands.
    fn call(&mut self, path: &ModulePath, child: &ModulePath, call: &ModuleCall) {
        let expand = self.dag.node(format!("{child} (expand)"));
        for expr in [&call.count, &call.for_each].into_iter().flatten() {
            self.expr(expand, path, expr);
        }
        for (reference, _) in &call.depends_on {
            self.reference(expand, path, reference);
        }
        let Some(module) = &call.module else {
            return;
        };
        for name in module.variables.keys() {
            if let Some(expr) = call.body.expr(name) {
                let node = self.dag.node(variable_node(child, name));
                self.expr(node, path, expr);
            }
        }
        self.link(child, module);
    }

    fn repetition(&mut self, node: usize, path: &ModulePath, resource: &Resource) {
        for expr in [&resource.count, &resource.for_each].into_iter().flatten() {
            self.expr(node, path, expr);
        }
    }

    fn resource(&mut self, node: usize, path: &ModulePath, resource: &Resource) {
        self.repetition(node, path, resource);
        for (name, attribute) in &resource.body.attributes {
            // Written as references, but a provider's name is no value.
            if !matches!(&**name, "provider" | "depends_on") {
                self.expr(node, path, &attribute.value);
            }
        }
        for block in resource.body.blocks.iter().filter(|b| &*b.kind.text != "lifecycle") {
            self.block(node, path, block);
        }
        for (reference, _) in &resource.depends_on {
            self.reference(node, path, reference);
        }
        let lifecycle = &resource.lifecycle;
        for condition in lifecycle.preconditions.iter().chain(&lifecycle.postconditions) {
            self.expr(node, path, &condition.condition);
            self.expr(node, path, &condition.message);
        }
        for trigger in &lifecycle.replace_triggered_by {
            self.expr(node, path, trigger);
        }
    }

    /// A nested block. A dynamic one binds its iterator, which is no reference to a resource.
    fn block(&mut self, node: usize, path: &ModulePath, block: &Block) {
        let iterator = block.body.expr("iterator").and_then(|e| match &e.kind {
            ExprKind::Reference(r) => Some(&r.root.text),
            _ => None,
        });
        let dynamic = &*block.kind.text == "dynamic";
        let bound = iterator.or_else(|| block.labels.first().map(|l| &l.text));
        let bound = bound.filter(|_| dynamic);
        block.body.each_reference(&mut |reference, _| {
            if Some(&reference.root.text) != bound {
                self.reference(node, path, reference);
            }
        });
    }

    fn expr(&mut self, node: usize, path: &ModulePath, expr: &Expr) {
        expr.each_reference(&mut |reference, _| self.reference(node, path, reference));
    }

    /// Edges to what a reference names; none for what is not declared.
    fn reference(&mut self, node: usize, path: &ModulePath, reference: &Reference) {
        let step = |at: usize| match reference.steps.get(at).map(|s| &s.kind) {
            Some(StepKind::Attr(name)) => Some(name),
            _ => None,
        };
        let name = |at: usize| step(at).map_or("", |name| &**name);
        let block = |mode: ResourceMode, type_name: &str, name: &str| ResourceAddr {
            module: path.clone(),
            mode,
            type_name: type_name.into(),
            name: name.into(),
        };
        match &*reference.root.text {
            "var" => {
                let checked = within(path, &format!("var.{} (validation)", name(0)));
                self.needs(node, &variable_node(path, name(0)));
                self.needs(node, &checked);
            }
            "local" => self.needs(node, &within(path, &format!("local.{} (expand)", name(0)))),
            "module" => {
                let child = path.child(name(0), InstanceKey::None);
                // An instance key is passed over: all instances have one node.
                match step(1).or_else(|| step(2)) {
                    Some(output) => self.needs(node, &format!("{child}.output.{output} (expand)")),
                    None => self.needs(node, &format!("{child} (close)")),
                }
            }
            "data" => {
                let (key, _) = instance_key(&reference.steps, 2);
                self.needs_block(node, &block(ResourceMode::Data, name(0), name(1)), &key);
            }
            type_name => {
                let (key, _) = instance_key(&reference.steps, 1);
                self.needs_block(node, &block(ResourceMode::Managed, type_name, name(0)), &key);
            }
        }
    }

    fn needs(&mut self, node: usize, name: &str) {
        if let Some(needed) = self.dag.find(name) {
            self.dag.edge(node, needed);
        }
    }

    /// Edges to a block and to its instances that are changed: to that of a key, or to all.
    fn needs_block(&mut self, node: usize, block: &ResourceAddr, key: &InstanceKey) {
        self.needs(node, &format!("{block} (expand)"));
        for change in self.apply.unwrap_or_default() {
            let meant = *key == InstanceKey::None || *key == change.addr.key;
            if change.deposed.is_none() && meant && change.addr.resource.unkeyed() == *block {
                self.needs(node, &change.addr.to_string());
            }
        }
    }

    /// A node needs a provider configuration, and the provider is closed after it.
    fn provided(&mut self, node: usize, key: &ProviderKey) {
        self.providers.entry(key.clone()).or_default().insert(node);
    }

    /// Objects of the state whose block is gone.
    fn orphans(&mut self) {
        for prior in self.source.prior {
            let node = match &prior.deposed {
                Some(key) => self.dag.node(format!("{} (deposed {key})", prior.addr)),
                None if self.declared(&prior.addr) => continue,
                None => self.dag.node(format!("{} (orphan)", prior.addr)),
            };
            self.dag.block(node, prior.addr.resource.unkeyed());
            self.framed_object(node, &prior.addr.resource.module);
            self.provided(node, &prior.provider);
        }
    }

    fn declared(&self, addr: &InstanceAddr) -> bool {
        self.source.module.resource(&addr.resource).is_some()
    }

    /// Objects of the state, all to be deleted: each after those that need it.
    fn destroyed(&mut self) {
        let mut nodes: Vec<(usize, &Prior)> = Vec::new();
        for prior in self.source.prior {
            let name = match &prior.deposed {
                Some(key) => format!("{} (deposed {key})", prior.addr),
                None => format!("{} (destroy)", prior.addr.resource.unkeyed()),
            };
            let node = self.dag.node(name);
            self.dag.block(node, prior.addr.resource.unkeyed());
            self.provided(node, &prior.provider);
            self.wanted.push(node);
            nodes.push((node, prior));
        }
        for (user, prior) in &nodes {
            for needed in prior.dependencies.iter() {
                if let Some(needed) = self.dag.find(&format!("{} (destroy)", needed.unkeyed())) {
                    self.dag.edge(needed, *user);
                }
            }
        }
    }

    /// Whether applying does something with an object that stays: it makes or changes it, or looks at its conditions again.
    fn works(&self, change: &Change) -> bool {
        let checked = || {
            let lifecycle = self.source.module.resource(&change.addr.resource).map(|r| &r.lifecycle);
            lifecycle.is_some_and(|l| !l.preconditions.is_empty() || !l.postconditions.is_empty())
        };
        change.deposed.is_none()
            && match change.action {
                Action::Delete | Action::Forget => false,
                Action::NoOp => checked(),
                _ => true,
            }
    }

    /// Nodes of the instances that a plan changes.
    fn instances(&mut self) {
        for change in self.apply.unwrap_or_default() {
            if self.works(change) {
                let node = self.dag.node(change.addr.to_string());
                self.dag.block(node, change.addr.resource.unkeyed());
                self.needs(node, &format!("{} (expand)", change.addr.resource.unkeyed()));
                self.framed_object(node, &change.addr.resource.module);
                self.provided(node, &change.provider);
            }
            if deletes(change) {
                let node = self.dag.node(deletion(change));
                self.dag.block(node, change.addr.resource.unkeyed());
                self.provided(node, &change.provider);
                self.wanted.push(node);
            }
        }
    }

    /// Edges of the instances that a plan changes.
    fn changes(&mut self, changes: &[Change]) {
        for change in changes {
            if !self.works(change) {
                continue;
            }
            let node = self.dag.node(change.addr.to_string());
            for needed in changes.iter().filter(|c| c.action == Action::Delete) {
                let block = needed.addr.resource.unkeyed();
                if change.dependencies.iter().any(|d| d.unkeyed() == block) {
                    let gone = self.dag.node(deletion(needed));
                    self.dag.edge(node, gone);
                }
            }
            if let Action::Replace { create_first } = change.action {
                let gone = self.dag.node(deletion(change));
                let (first, second) = if create_first { (node, gone) } else { (gone, node) };
                self.dag.edge(second, first);
            }
        }
        for user in changes.iter().filter(|c| deletes(c)) {
            let from = self.dag.node(deletion(user));
            for needed in changes.iter().filter(|c| deletes(c)) {
                let block = needed.addr.resource.unkeyed();
                if user.dependencies.iter().any(|d| d.unkeyed() == block) {
                    let to = self.dag.node(deletion(needed));
                    self.dag.edge(to, from);
                }
            }
        }
    }

    /// Modules and outputs of the state that the configuration has no more.
    fn lost(&mut self) {
        if !self.destroying {
            for prior in self.source.prior {
                let module = prior.addr.resource.module.unkeyed();
                for path in (1..=module.0.len()).map(|calls| module.prefix(calls)) {
                    if self.source.module.at(&path).is_none() {
                        self.dag.node(format!("{path} (close)"));
                    }
                }
            }
        }
        for name in self.source.outputs.keys() {
            if !self.source.module.outputs.contains_key(name) {
                let text = format!("output.{name} (destroy)");
                let node = self.dag.node(text.clone());
                self.dag.label(node, text, "note");
                self.wanted.push(node);
            }
        }
    }

    /// Providers, the end of the graph, and what is not needed at all.
    fn finish(mut self) -> Dag {
        let root = ModulePath::default();
        let mut ends = Vec::new();
        for (key, users) in std::mem::take(&mut self.providers) {
            let name = provider_node(&key);
            let node = self.dag.node(name.clone());
            self.dag.label(node, name.clone(), "diamond");
            let close = self.dag.node(format!("{name} (close)"));
            self.dag.edge(close, node);
            for user in users {
                self.dag.edge(user, node);
                self.dag.edge(close, user);
            }
            if let Some(block) = self.source.module.providers.get(&key) {
                block.body.each_reference(&mut |r, _| self.reference(node, &root, r));
            }
            ends.push(close);
        }
        if self.destroying {
            ends.extend(&self.wanted);
            self.dag.keep(&ends);
        }
        let ends = self.dag.unneeded();
        if !ends.is_empty() {
            let end = self.dag.node("root");
            for node in ends {
                self.dag.edge(end, node);
            }
        }
        self.dag.reduce();
        self.dag
    }
}

#[cfg(test)]
pub(crate) mod tests;
