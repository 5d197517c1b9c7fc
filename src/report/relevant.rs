//! The `relevant_attributes` part of a plan document: attributes of resources from which anything that changes gets its
//! values, directly or through local values, variables and modules.

use crate::base::{InstanceAddr, InstanceKey, ModulePath, ResourceAddr, ResourceMode, Str};
use crate::config::{META_ARGUMENTS, Module, Resource};
use crate::lang::ast::{Body, Expr, Reference, Step, StepKind};
use crate::plan::{Action, Plan};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

/// All of a plan, sorted.
pub(super) fn relevant_attributes(plan: &Plan, module: Option<&Module>) -> Json {
    let Some(module) = module else {
        return json!([]);
    };
    let mut walk = Walk {
        root: module,
        open: Vec::new(),
        seen: BTreeSet::new(),
        found: BTreeMap::new(),
    };
    let root = ModulePath::default();
    let changing = plan.changes.iter().filter(|c| c.action != Action::NoOp);
    for change in changing.filter(|c| c.deposed.is_none()) {
        walk.resource(&change.addr.resource, &[]);
    }
    for output in plan.outputs.iter().filter(|o| o.action != Action::NoOp) {
        walk.output(&root, &output.name);
    }
    // Outputs of modules have no values before, so they always count as changing.
    let staying = plan.changes.iter().filter(|c| c.planned.is_some());
    let modules: BTreeSet<ModulePath> = staying
        .flat_map(|c| {
            let path = &c.addr.resource.module;
            (1..=path.0.len()).map(|calls| path.prefix(calls))
        })
        .collect();
    for path in &modules {
        walk.outputs(path);
    }
    walk.run();
    walk.found.into_values().collect()
}

/// A reference with where it stands.
struct Pending<'a> {
    module: ModulePath,
    resource: Option<&'a Resource>,
    reference: &'a Reference,
}

struct Walk<'a> {
    root: &'a Module,
    open: Vec<Pending<'a>>,
    seen: BTreeSet<(String, String)>,
    found: BTreeMap<(String, String), Json>,
}

impl<'a> Walk<'a> {
    fn run(&mut self) {
        while let Some(next) = self.open.pop() {
            let text = format!("{}{}", next.reference.root.text, steps_text(&next.reference.steps));
            let container = next.resource.map_or(String::new(), |r| format!(" {}", r.addr));
            if self.seen.insert((format!("{}{container}", next.module), text)) {
                self.follow(&next);
            }
        }
    }

    fn expr(&mut self, module: &ModulePath, resource: Option<&'a Resource>, expr: &'a Expr) {
        expr.each_reference(&mut |reference, _| self.push(module, resource, reference));
    }

    fn push(&mut self, module: &ModulePath, resource: Option<&'a Resource>, reference: &'a Reference) {
        self.open.push(Pending {
            module: module.clone(),
            resource,
            reference,
        });
    }

    fn output(&mut self, module: &ModulePath, name: &str) {
        if let Some(output) = self.root.at(module).and_then(|m| m.outputs.get(name)) {
            self.expr(module, None, &output.value);
        }
    }

    fn outputs(&mut self, module: &ModulePath) {
        for output in self.root.at(module).into_iter().flat_map(|m| m.outputs.values()) {
            self.expr(module, None, &output.value);
        }
    }

    /// What a resource, or an attribute of it, is made from.
    fn resource(&mut self, addr: &ResourceAddr, rest: &[Step]) {
        let Some(resource) = self.root.resource(addr) else {
            return;
        };
        let wanted = match rest.first().map(|s| &s.kind) {
            Some(StepKind::Attr(name)) => Some(name),
            _ => None,
        };
        self.body(&addr.module, resource, &resource.body, wanted);
    }

    fn body(&mut self, module: &ModulePath, resource: &'a Resource, body: &'a Body, wanted: Option<&Str>) {
        let meant = |name: &Str| !META_ARGUMENTS.contains(&&**name) && wanted.is_none_or(|w| w == name);
        for (_, attribute) in body.attributes.iter().filter(|(name, _)| meant(name)) {
            self.expr(module, Some(resource), &attribute.value);
        }
        for block in body.blocks.iter().filter(|b| meant(&b.kind.text)) {
            block
                .body
                .each_reference(&mut |reference, _| self.push(module, Some(resource), reference));
        }
    }

    fn follow(&mut self, next: &Pending<'a>) {
        let Pending {
            module,
            resource,
            reference,
        } = next;
        let steps = &reference.steps;
        let name = |at: usize| match steps.get(at).map(|s| &s.kind) {
            Some(StepKind::Attr(name)) => &**name,
            _ => "",
        };
        let declared = self.root.at(module);
        match &*reference.root.text {
            "local" => {
                if let Some(local) = declared.and_then(|m| m.locals.get(name(0))) {
                    self.expr(module, None, &local.value);
                }
            }
            "var" => {
                let Some((caller, call, _)) = module.split_last() else {
                    return;
                };
                let call = self.root.at(&caller).and_then(|m| m.calls.get(call));
                if let Some(argument) = call.and_then(|c| c.body.expr(name(0))) {
                    self.expr(&caller, None, argument);
                }
            }
            "module" => {
                let (key, after) = instance_key(steps, 1);
                let child = module.child(name(0), key);
                match steps.get(after).map(|s| &s.kind) {
                    Some(StepKind::Attr(output)) => self.output(&child, output),
                    _ => self.outputs(&child),
                }
            }
            "count" | "each" => {
                for expr in resource.iter().flat_map(|r| [&r.count, &r.for_each]).flatten() {
                    self.expr(module, *resource, expr);
                }
            }
            "path" | "terraform" | "self" => {}
            "data" => self.reached(module, ResourceMode::Data, (name(0), name(1)), steps, 2),
            type_name => self.reached(module, ResourceMode::Managed, (type_name, name(0)), steps, 1),
        }
    }

    /// A resource that something is made from.
    fn reached(&mut self, module: &ModulePath, mode: ResourceMode, names: (&str, &str), steps: &[Step], at: usize) {
        let addr = ResourceAddr {
            module: module.clone(),
            mode,
            type_name: names.0.into(),
            name: names.1.into(),
        };
        if self.root.resource(&addr).is_none() {
            return;
        }
        let (key, after) = instance_key(steps, at);
        let rest = steps.get(after..).unwrap_or_default();
        let instance = InstanceAddr {
            resource: addr.clone(),
            key,
        };
        let path: Vec<Json> = rest.iter().map(step_json).collect();
        let entry = json!({"resource": instance.to_string(), "attribute": path});
        self.found.insert((instance.to_string(), steps_text(rest)), entry);
        self.resource(&addr, rest);
    }
}

/// The instance key at a step, and where the steps go on.
pub(super) fn instance_key(steps: &[Step], at: usize) -> (InstanceKey, usize) {
    let key = match steps.get(at).map(|s| &s.kind) {
        Some(StepKind::Index(value)) => match (value.as_str(), value.as_i64()) {
            (Some(text), _) => InstanceKey::Key(text.into()),
            (None, Some(number)) => u64::try_from(number).map_or(InstanceKey::None, InstanceKey::Index),
            (None, None) => InstanceKey::None,
        },
        _ => return (InstanceKey::None, at),
    };
    (key, at + 1)
}

fn step_json(step: &Step) -> Json {
    match &step.kind {
        StepKind::Attr(name) => json!(&**name),
        StepKind::Index(value) => crate::base::json::to_json(value),
    }
}

fn steps_text(steps: &[Step]) -> String {
    steps.iter().map(|s| format!(".{}", step_json(s))).collect()
}
