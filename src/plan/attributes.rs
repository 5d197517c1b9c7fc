//! Whether a reference to a resource goes on with attributes that its type has. That is a mistake whatever the values will be,
//! also where there is none yet. Decides nothing about values.

use super::scope::ModuleScope;
use crate::base::{Diag, ResourceAddr, ResourceMode, Span, Type, Value, did_you_mean};
use crate::config::{Module, Target, refs};
use crate::lang::Scope;
use crate::lang::ast::{Step, StepKind};
use crate::lang::eval::steps_problem;
use crate::schema::Registry;

/// The scope of a module that knows the types of resources too.
pub struct TypedScope<'a> {
    /// The values.
    pub scope: ModuleScope<'a>,
    /// The module.
    pub module: &'a Module,
    /// The types.
    pub registry: &'a Registry,
}

impl Scope for TypedScope<'_> {
    fn reference(&self, root: &str, steps: &[Step], span: Span) -> Result<(Value, usize), Diag> {
        let found = self.scope.reference(root, steps, span)?;
        let problem = match refs::target_of(self.module, root, steps, span) {
            Ok(Target::Resource(addr)) => problem(self.registry, &addr, root, steps),
            _ => None,
        };
        match problem {
            Some(diag) => Err(diag),
            None => Ok(found),
        }
    }
}

/// What is wrong with the steps of a reference to a block behind its name.
pub(super) fn problem(registry: &Registry, addr: &ResourceAddr, root: &str, steps: &[Step]) -> Option<Diag> {
    let schema = match addr.mode {
        ResourceMode::Managed => registry.resource(&addr.type_name),
        ResourceMode::Data => registry.data(&addr.type_name),
    }?;
    let names = if matches!(root, "resource" | "data") { 2 } else { 1 };
    let steps = match steps.get(names..)? {
        [key, rest @ ..] if matches!(key.kind, StepKind::Index(_)) => rest,
        steps => steps,
    };
    let ty = schema.block.object_type();
    let diag = steps_problem(&ty, steps)?;
    match (&ty, steps.first().map(|s| &s.kind)) {
        (Type::Object(object), Some(StepKind::Attr(name))) if !object.attributes.contains_key(name) => {
            let diag = diag.detail(format!(
                "This object has no argument, nested block, or exported attribute named {:?}.",
                &**name
            ));
            Some(match did_you_mean(name, object.attributes.keys().map(|n| &**n)) {
                Some(near) => diag.help(format!("did you mean {near:?}?")),
                None => diag,
            })
        }
        _ => Some(diag),
    }
}
