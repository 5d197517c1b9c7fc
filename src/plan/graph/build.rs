//! Builds the dependency graph: a node for each declaration of each module, an edge for each reference.

use super::Node;
use crate::base::{Diag, Diags, InstanceKey, ModulePath, ResourceAddr, Severity, Span, Str, did_you_mean};
use crate::config::model::Check;
use crate::config::refs::splat_problem;
use crate::config::{CALL_ARGUMENTS, Module, ModuleCall, Resource, Target, codes, target};
use crate::lang::ast::{Block, Expr, ExprKind, Reference, StepKind};
use crate::plan::attributes;
use crate::schema::Registry;
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::{HashMap, HashSet};

pub(super) struct Builder<'a> {
    root: &'a Module,
    /// The types, where attributes are looked at too.
    registry: Option<&'a Registry>,
    modules: Vec<(ModulePath, &'a Module)>,
    pub(super) graph: DiGraph<Node, Span>,
    pub(super) index: HashMap<Node, NodeIndex>,
    linked: HashSet<(NodeIndex, NodeIndex)>,
    pub(super) diags: Diags,
    /// References that were refused for what follows the name of a block.
    pub(super) refused: Vec<Span>,
}

/// A module with its path.
#[derive(Clone, Copy)]
struct Within<'b, 'a> {
    path: &'b ModulePath,
    module: &'a Module,
}

impl<'a> Builder<'a> {
    pub(super) fn new(root: &'a Module) -> Self {
        Builder {
            root,
            registry: None,
            modules: root.all(),
            graph: DiGraph::new(),
            index: HashMap::new(),
            linked: HashSet::new(),
            diags: Diags::new(),
            refused: Vec::new(),
        }
    }

    pub(super) fn with_types(self, registry: &'a Registry) -> Self {
        Builder {
            registry: Some(registry),
            ..self
        }
    }

    /// Mistakes in what follows the name of a block. They don't depend on values, so `try` and `can` catch none of them.
    fn attributes(&mut self, addr: &ResourceAddr, reference: &Reference, span: Span) {
        let found = self
            .registry
            .and_then(|registry| attributes::problem(registry, addr, &reference.root.text, &reference.steps));
        if let Some(diag) = found {
            self.diags.push(diag);
            self.refused.push(span);
        }
    }

    pub(super) fn nodes(&mut self) {
        for (path, module) in self.modules.clone() {
            let local = |n: &Str| Node::Local(path.clone(), n.clone());
            let resource = |a: &ResourceAddr| Node::Resource(a.in_module(path.clone()));
            let output = |n: &Str| Node::Output(path.clone(), n.clone());
            let variable = |n: &Str| Node::Variable(path.clone(), n.clone());
            let providers = module.providers.keys().filter(|_| path.is_root());
            let call = [Node::Module(path.clone()), Node::Whole(path.clone())];
            let nodes = (module.locals.keys().map(local))
                .chain(providers.map(|k| Node::Provider(k.clone())))
                .chain(module.resources.keys().map(resource))
                .chain(module.outputs.keys().map(output))
                .chain(module.variables.keys().map(variable))
                .chain(call.into_iter().filter(|_| !path.is_root()));
            for node in nodes {
                let at = self.graph.add_node(node.clone());
                self.index.insert(node, at);
            }
        }
    }

    pub(super) fn edges(&mut self) {
        for (path, module) in self.modules.clone() {
            self.module(Within { path: &path, module });
        }
    }

    fn module(&mut self, at: Within<'_, 'a>) {
        let Within { path, module } = at;
        for (name, local) in &module.locals {
            let node = Node::Local(path.clone(), name.clone());
            self.inside(path, &node, local.span);
            self.expr(at, &node, &local.value);
        }
        for (key, provider) in module.providers.iter().filter(|_| path.is_root()) {
            let node = Node::Provider(key.clone());
            provider
                .body
                .each_reference(&mut |r, span| self.reference(at, &node, r, span));
        }
        for (addr, resource) in &module.resources {
            self.resource(at, addr, resource);
        }
        for (name, output) in &module.outputs {
            let node = Node::Output(path.clone(), name.clone());
            self.inside(path, &node, output.header);
            self.expr(at, &node, &output.value);
            for condition in &output.preconditions {
                self.expr(at, &node, &condition.condition);
                self.expr(at, &node, &condition.message);
            }
            for (reference, span) in &output.depends_on {
                self.dependency(at, &node, reference, *span);
            }
        }
        for (name, variable) in &module.variables {
            self.inside(path, &Node::Variable(path.clone(), name.clone()), variable.header);
            if variable.damaged {
                continue;
            }
            for condition in &variable.validations {
                for expr in [&condition.condition, &condition.message] {
                    expr.each_reference(&mut |r, span| {
                        if let Err(diag) = target(module, r, span) {
                            self.diags.push(diag);
                        }
                    });
                }
            }
        }
        for (name, check) in &module.checks {
            self.check(module, name, check);
        }
        for (name, call) in &module.calls {
            self.call(at, name, call);
        }
    }

    /// Nothing needs a check, so it has no node: it is looked at when all else is done.
    fn check(&mut self, module: &Module, name: &Str, check: &'a Check) {
        for condition in &check.asserts {
            for expr in [&condition.condition, &condition.message] {
                expr.each_reference(&mut |r, span| match target(module, r, span) {
                    Ok(Target::Resource(addr)) => {
                        self.diags.extend(out_of_scope(module, &addr, Some(name), span));
                        self.attributes(&addr, r, span);
                    }
                    Ok(_) => {}
                    Err(diag) => self.diags.push(diag),
                });
            }
        }
    }

    /// A call: its instances need what `count`, `for_each` and `depends_on` refer to, each variable what its argument refers to.
    fn call(&mut self, at: Within<'_, 'a>, name: &Str, call: &'a ModuleCall) {
        let path = at.path.child(name.clone(), InstanceKey::None);
        let node = Node::Module(path.clone());
        self.inside(at.path, &node, call.header);
        for expr in call.count.iter().chain(&call.for_each) {
            self.expr(at, &node, expr);
        }
        for (reference, span) in &call.depends_on {
            self.dependency(at, &node, reference, *span);
        }
        for (name, attribute) in &call.body.attributes {
            if !CALL_ARGUMENTS.contains(&&**name) {
                let variable = Node::Variable(path.clone(), name.clone());
                self.expr(at, &variable, &attribute.value);
            }
        }
        let Some(child) = &call.module else {
            return;
        };
        let whole = Node::Whole(path.clone());
        self.link(&node, &whole, call.header);
        for (addr, resource) in &child.resources {
            self.link(&Node::Resource(addr.in_module(path.clone())), &whole, resource.header);
        }
        for (name, output) in &child.outputs {
            self.link(&Node::Output(path.clone(), name.clone()), &whole, output.header);
        }
        for (name, inner) in &child.calls {
            let inner_path = path.child(name.clone(), InstanceKey::None);
            self.link(&Node::Whole(inner_path), &whole, inner.header);
        }
    }

    fn resource(&mut self, at: Within<'_, 'a>, addr: &ResourceAddr, resource: &'a Resource) {
        let node = Node::Resource(addr.in_module(at.path.clone()));
        self.inside(at.path, &node, resource.header);
        for (name, attribute) in &resource.body.attributes {
            match &**name {
                // Written as references, but a provider's name is no value.
                "provider" | "depends_on" => {}
                _ => self.expr(at, &node, &attribute.value),
            }
        }
        for block in &resource.body.blocks {
            match &*block.kind.text {
                "lifecycle" | "provisioner" | "connection" => {}
                "dynamic" => self.dynamic(at, &node, block),
                _ => block
                    .body
                    .each_reference(&mut |r, span| self.reference(at, &node, r, span)),
            }
        }
        for (reference, span) in &resource.depends_on {
            // To depend on itself asks for nothing.
            let itself = matches!(target(at.module, reference, *span), Ok(Target::Resource(named)) if named == *addr);
            if !itself {
                self.dependency(at, &node, reference, *span);
            }
        }
        let lifecycle = &resource.lifecycle;
        for (kind, conditions) in [
            ("precondition", &lifecycle.preconditions),
            ("postcondition", &lifecycle.postconditions),
        ] {
            for condition in conditions {
                self.condition(at, addr, kind, &condition.condition);
                self.condition(at, addr, kind, &condition.message);
            }
        }
        for trigger in &lifecycle.replace_triggered_by {
            let (before, refused) = (self.diags.len(), self.refused.len());
            self.expr(at, &node, trigger);
            // An attribute that never changes triggers nothing, which is allowed.
            if self.refused.len() > refused {
                self.refused.truncate(refused);
                self.only_warn(before);
            }
        }
        let provider = self.root.provider_at(at.path, &resource.provider);
        self.link(&Node::Provider(provider), &node, resource.header);
    }

    /// A condition can't name the block that it belongs to.
    fn condition(&mut self, at: Within<'_, 'a>, addr: &ResourceAddr, kind: &str, expr: &'a Expr) {
        let node = Node::Resource(addr.in_module(at.path.clone()));
        expr.each_reference(&mut |r, span| match target(at.module, r, span) {
            Ok(Target::Resource(named)) if named == *addr => self.diags.push(
                Diag::error(codes::CONDITION, format!("Invalid reference in {kind}"))
                    .detail(format!("Configuration for {addr} may not refer to itself."))
                    .at(span)
                    .help("in a postcondition, write self for the object"),
            ),
            _ => self.reference(at, &node, r, span),
        });
    }

    /// Whoever uses a variable waits for what its validations look at.
    fn validated(&mut self, at: Within<'_, 'a>, node: &Node, variable: &Str, span: Span) {
        let validations = at.module.variables.get(variable).map(|v| &v.validations[..]);
        for condition in validations.unwrap_or_default() {
            for expr in [&condition.condition, &condition.message] {
                expr.each_reference(&mut |r, _| match target(at.module, r, span) {
                    Ok(Target::Variable(_)) | Err(_) => {}
                    Ok(_) => self.reference(at, node, r, span),
                });
            }
        }
    }

    /// A dynamic block binds its iterator, which is no reference to a resource.
    fn dynamic(&mut self, at: Within<'_, 'a>, node: &Node, block: &'a Block) {
        let iterator = block.body.expr("iterator").and_then(|e| match &e.kind {
            ExprKind::Reference(r) => Some(r.root.text.clone()),
            _ => None,
        });
        let bound = iterator.or_else(|| block.labels.first().map(|l| l.text.clone()));
        for (name, attribute) in &block.body.attributes {
            if &**name != "iterator" {
                self.expr(at, node, &attribute.value);
            }
        }
        for inner in &block.body.blocks {
            inner.body.each_reference(&mut |r, span| {
                if Some(&r.root.text) != bound.as_ref() {
                    let before = self.diags.len();
                    self.reference(at, node, r, span);
                    self.meant_iterator(before, r, bound.as_deref());
                }
            });
        }
    }

    /// Makes warnings of the problems after the first ones.
    fn only_warn(&mut self, before: usize) {
        let found = std::mem::take(&mut self.diags)
            .into_iter()
            .enumerate()
            .map(|(i, mut diag)| {
                if i >= before {
                    diag.severity = Severity::Warning;
                }
                diag
            });
        self.diags = found.collect();
    }

    /// A reference that is refused may be the iterator, misspelt.
    fn meant_iterator(&mut self, before: usize, reference: &Reference, bound: Option<&str>) {
        let field = match reference.steps.first().map(|s| &s.kind) {
            Some(StepKind::Attr(name)) => &**name,
            _ => return,
        };
        if self.diags.len() == before || !matches!(field, "key" | "value") {
            return;
        }
        let Some(near) = did_you_mean(&reference.root.text, bound) else {
            return;
        };
        let found = std::mem::take(&mut self.diags)
            .into_iter()
            .enumerate()
            .map(|(i, mut diag)| {
                if i >= before {
                    diag.help = Some(format!("did you mean {near}.{field}?"));
                }
                diag
            });
        self.diags = found.collect();
    }

    /// What is declared in a called module needs the call's instances.
    fn inside(&mut self, path: &ModulePath, node: &Node, span: Span) {
        if !path.is_root() {
            self.link(&Node::Module(path.clone()), node, span);
        }
    }

    fn link(&mut self, needed: &Node, node: &Node, span: Span) {
        if let (Some(from), Some(to)) = (self.index.get(needed), self.index.get(node)) {
            let pair = (*from, *to);
            // One edge a pair is enough: its place serves the message about a cycle. The set, as looking for an edge in the graph
            // walks all edges of a node that everything needs.
            if self.linked.insert(pair) {
                self.graph.add_edge(pair.0, pair.1, span);
            }
        }
    }

    fn expr(&mut self, at: Within<'_, 'a>, node: &Node, expr: &'a Expr) {
        expr.each_reference(&mut |r, span| self.reference(at, node, r, span));
        expr.each_splat(&mut |splat| {
            if let Some(diag) = splat_problem(at.module, splat) {
                self.diags.push(diag);
            }
        });
    }

    /// A reference of `depends_on`: a module named there means all that it holds.
    fn dependency(&mut self, at: Within<'_, 'a>, node: &Node, reference: &Reference, span: Span) {
        match target(at.module, reference, span) {
            Ok(Target::Module(name, None)) => {
                let path = at.path.child(name, InstanceKey::None);
                self.link(&Node::Whole(path), node, span);
            }
            _ => self.reference(at, node, reference, span),
        }
    }

    fn reference(&mut self, at: Within<'_, 'a>, node: &Node, reference: &Reference, span: Span) {
        let path = at.path;
        let found = target(at.module, reference, span);
        if let Some(diag) = to_itself(node, path, &found, reference, span) {
            self.diags.push(diag);
            return;
        }
        match found {
            Ok(Target::Variable(name)) => {
                self.validated(at, node, &name, span);
                self.link(&Node::Variable(path.clone(), name), node, span);
            }
            Ok(Target::Local(name)) => self.link(&Node::Local(path.clone(), name), node, span),
            Ok(Target::Resource(addr)) => {
                self.diags.extend(out_of_scope(at.module, &addr, None, span));
                self.attributes(&addr, reference, span);
                self.link(&Node::Resource(addr.in_module(path.clone())), node, span);
            }
            Ok(Target::Module(name, Some(output))) => {
                let called = path.child(name, InstanceKey::None);
                self.link(&Node::Module(called.clone()), node, span);
                self.link(&Node::Output(called, output), node, span);
            }
            Ok(Target::Module(name, None)) => {
                let called = path.child(name.clone(), InstanceKey::None);
                self.link(&Node::Module(called.clone()), node, span);
                let child = at.module.calls.get(&name).and_then(|c| c.module.as_deref());
                for output in child.into_iter().flat_map(|c| c.outputs.keys()) {
                    self.link(&Node::Output(called.clone(), output.clone()), node, span);
                }
            }
            Ok(Target::Builtin | Target::Unread) => {}
            Err(diag) => self.diags.push(diag),
        }
    }
}

/// The error of a reference to a data block in a check from outside of that check.
fn out_of_scope(module: &Module, addr: &ResourceAddr, within: Option<&Str>, span: Span) -> Diags {
    let check = module.resources.get(addr).and_then(|r| r.check.as_ref());
    if check.is_none() || check == within {
        return Diags::new();
    }
    let detail = format!("{addr} stands in a check block, and only that block sees it.");
    Diag::error(codes::UNDECLARED, "Reference to scoped resource")
        .detail(detail)
        .at(span)
        .help("move the data block out of the check, or the reference into it")
        .into()
}

/// The problem of a declaration that refers to itself. Each such reference is reported; it makes no cycle.
fn to_itself(
    node: &Node,
    path: &ModulePath,
    found: &Result<Target, Diag>,
    reference: &Reference,
    span: Span,
) -> Option<Diag> {
    let (summary, what) = match (node, found) {
        (Node::Local(of, name), Ok(Target::Local(named))) if of == path && name == named => {
            ("Self-referencing local value", "The local value")
        }
        (Node::Resource(addr), Ok(Target::Resource(named))) if *addr == named.in_module(path.clone()) => {
            ("Self-referential block", "The block")
        }
        _ => return None,
    };
    let names = reference
        .steps
        .iter()
        .take_while(|s| matches!(s.kind, StepKind::Attr(_)));
    let count = match &*reference.root.text {
        "data" | "resource" => 2,
        _ => 1,
    };
    let place = names
        .take(count)
        .last()
        .map_or(span, |last| reference.root.span.to(last.span));
    Some(
        Diag::error(codes::CYCLE, summary)
            .detail(format!(
                "{what} {node} refers to itself, so it would be needed before it is there."
            ))
            .at(place)
            .help("refer to what the value is made from, such as another local value or a variable"),
    )
}
