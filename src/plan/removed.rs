//! `removed` blocks: objects that leave the configuration on purpose. Decides which of the planned deletions only take an
//! object out of the state.

use super::model::{Action, Change, PlanMode};
use crate::base::{Diag, Diags, InstanceKey, ModulePath, ResourceAddr, Span, Str};
use crate::config::{Module, Removed, codes};
use std::collections::HashSet;

/// A `removed` block, with the names of the module calls that lead to its module.
struct Statement<'a> {
    module: Vec<Str>,
    block: &'a Removed,
}

/// Turns deletions into forgetting where a block says so, and complains of what is declared all the same.
pub fn forget(root: &Module, mode: PlanMode, changes: &mut [Change]) -> Diags {
    let statements = statements(root);
    if statements.is_empty() {
        return Diags::new();
    }
    let (still, mut diags) = still_there(root, &statements);
    if mode != PlanMode::Normal {
        return diags;
    }
    let mut forgotten = Vec::new();
    for change in changes.iter_mut().filter(|c| c.action == Action::Delete) {
        // With two blocks for the same the careful one counts.
        let kept = |s: &Statement<'_>| !s.block.destroy && s.covers(&change.addr.resource);
        if still.contains(&change.addr.resource.unkeyed()) || !statements.iter().any(kept) {
            continue;
        }
        change.action = Action::Forget;
        change.effects.clear();
        forgotten.push(change.addr.to_string());
    }
    if !forgotten.is_empty() {
        forgotten.dedup();
        let list: String = forgotten.iter().map(|addr| format!("\n - {addr}")).collect();
        diags.push(
            Diag::warning(codes::MOVED, "Some objects will no longer be managed by headworks")
                .detail(format!(
                    "The state drops these objects, and they stay as they are:{list}"
                ))
                .help("to manage such an object again, declare and import it"),
        );
    }
    diags
}

/// The blocks of all modules of a configuration.
fn statements(root: &Module) -> Vec<Statement<'_>> {
    let mut out = Vec::new();
    for (path, module) in root.all() {
        let names: Vec<Str> = path.0.iter().map(|(name, _)| name.clone()).collect();
        out.extend(module.removed.iter().map(|block| Statement {
            module: names.clone(),
            block,
        }));
    }
    out
}

/// What is said to be removed and still is declared.
fn still_there(root: &Module, statements: &[Statement<'_>]) -> (HashSet<ResourceAddr>, Diags) {
    let mut still = HashSet::new();
    let mut diags = Diags::new();
    let error = |summary: &str, what: &dyn std::fmt::Display, at: Span, statement: &Statement<'_>| {
        Diag::error(codes::MOVED, summary)
            .detail(format!(
                "A removed block says that {what} was removed, but it is still declared."
            ))
            .address(what)
            .at(at)
            .related(statement.block.header, "said to be removed here")
            .help("remove one of the two blocks")
    };
    for (path, module) in root.all() {
        for (name, call) in &module.calls {
            let at = path.child(name.clone(), InstanceKey::None);
            if let Some(statement) = statements.iter().find(|s| s.is_call(&at)) {
                diags.push(error("Removed module still exists", &at, call.header, statement));
            }
        }
        for (addr, resource) in &module.resources {
            let addr = addr.in_module(path.clone());
            let Some(statement) = statements.iter().find(|s| s.covers(&addr)) else {
                continue;
            };
            // Of a module that is still called it is said once.
            if statement.block.from.resource.is_some() {
                diags.push(error(
                    "Removed resource still exists",
                    &addr,
                    resource.header,
                    statement,
                ));
            }
            still.insert(addr);
        }
    }
    (still, diags)
}

impl Statement<'_> {
    /// Whether it means a module call.
    fn is_call(&self, path: &ModulePath) -> bool {
        let from = &self.block.from;
        let names = self.module.iter().chain(from.modules.iter().map(|(name, _)| name));
        from.resource.is_none() && names.eq(path.0.iter().map(|(name, _)| name))
    }

    /// Whether it means a resource, in any instance of its modules.
    fn covers(&self, addr: &ResourceAddr) -> bool {
        let path = &addr.module.0;
        let from = &self.block.from;
        let names: Vec<&Str> = self
            .module
            .iter()
            .chain(from.modules.iter().map(|(name, _)| name))
            .collect();
        let begins = path.len() >= names.len()
            && std::iter::zip(&names, path.iter()).all(|(name, (actual, _))| **name == *actual);
        let Some(resource) = &from.resource else {
            return begins;
        };
        begins
            && path.len() == names.len()
            && (resource.mode, &resource.type_name, &resource.name) == (addr.mode, &addr.type_name, &addr.name)
    }
}
