//! What moves need to know of the configuration: blocks, module calls and their instances. Decides nothing.

use crate::base::{InstanceAddr, InstanceKey, ModulePath, ResourceAddr, Span, Str};
use crate::config::Module;
use crate::lang::ast::Expr;
use crate::plan::model::{Action, Plan};
use crate::plan::scope::Values;
use std::collections::HashSet;

/// How a block is repeated, and where that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeated {
    /// One instance, without key.
    No,
    /// By `count`.
    Count(Span),
    /// By `for_each`.
    Each(Span),
}

impl Repeated {
    fn of(count: Option<&Expr>, for_each: Option<&Expr>) -> Repeated {
        match (count, for_each) {
            (Some(count), _) => Repeated::Count(count.span),
            (None, Some(each)) => Repeated::Each(each.span),
            (None, None) => Repeated::No,
        }
    }

    /// The expression.
    pub fn span(&self) -> Option<Span> {
        match self {
            Repeated::No => None,
            Repeated::Count(span) | Repeated::Each(span) => Some(*span),
        }
    }
}

/// A declared resource or module call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Declared {
    /// The block header.
    pub header: Span,
    /// Its instances.
    pub repeated: Repeated,
}

/// The declarations of a configuration. What is asked for with keys of modules in it is looked up by names alone, unless
/// it says otherwise.
pub trait Declarations {
    /// A resource block.
    fn block(&self, addr: &ResourceAddr) -> Option<Declared>;
    /// The module call that a path ends with.
    fn call(&self, path: &ModulePath) -> Option<Declared>;
    /// Whether there is this very instance. While nothing is planned yet there is none.
    fn has_instance(&self, addr: &InstanceAddr) -> bool;
    /// All instances of a module, by the names of the calls that lead to it. The root module has one.
    fn instances(&self, module: &[Str]) -> Vec<ModulePath>;
    /// Whether there is this very instance of a module.
    fn has_module(&self, path: &ModulePath) -> bool {
        let names: Vec<Str> = path.0.iter().map(|(name, _)| name.clone()).collect();
        self.instances(&names).contains(path)
    }
}

/// The declarations of a whole configuration.
pub struct Configuration<'a> {
    root: &'a Module,
    planned: Option<(&'a HashSet<InstanceAddr>, &'a Values)>,
}

/// The instances that a plan found to be declared.
pub fn planned_instances(plan: &Plan) -> HashSet<InstanceAddr> {
    let there = plan
        .changes
        .iter()
        .filter(|c| c.deposed.is_none() && c.planned.is_some() && !matches!(c.action, Action::Delete | Action::Forget));
    there.map(|c| c.addr.clone()).collect()
}

impl<'a> Configuration<'a> {
    /// Before the plan is made.
    pub fn new(root: &'a Module) -> Self {
        Self { root, planned: None }
    }

    /// With the instances that a plan found.
    pub fn planned(root: &'a Module, there: &'a HashSet<InstanceAddr>, values: &'a Values) -> Self {
        Self {
            root,
            planned: Some((there, values)),
        }
    }
}

impl Declarations for Configuration<'_> {
    fn block(&self, addr: &ResourceAddr) -> Option<Declared> {
        let block = self.root.resource(addr)?;
        Some(Declared {
            header: block.header,
            repeated: Repeated::of(block.count.as_ref(), block.for_each.as_ref()),
        })
    }

    fn call(&self, path: &ModulePath) -> Option<Declared> {
        let (caller, name, _) = path.split_last()?;
        let call = self.root.at(&caller)?.calls.get(name)?;
        Some(Declared {
            header: call.header,
            repeated: Repeated::of(call.count.as_ref(), call.for_each.as_ref()),
        })
    }

    fn has_instance(&self, addr: &InstanceAddr) -> bool {
        self.planned.is_some_and(|(there, _)| there.contains(addr))
    }

    fn instances(&self, module: &[Str]) -> Vec<ModulePath> {
        let path = module.iter().map(|name| (name.clone(), InstanceKey::None));
        let path = ModulePath(path.collect());
        match self.planned {
            Some((_, values)) => values.instances(&path).to_vec(),
            None if path.is_root() => vec![path],
            None => Vec::new(),
        }
    }
}
