//! A module: its blocks, decoded but not evaluated. Decides nothing; `config::decode` makes it.

use super::endpoint::{Endpoint, Target as ImportTarget};
use crate::base::{AttrPath, InstanceKey, ModulePath, ResourceAddr, Span, Str};
use crate::lang::ast::{Body, Expr, Reference};
use crate::lang::type_expr::TypeConstraint;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One module: the blocks of one directory. Addresses in it are as they are written, without the path of the module, as the
/// same directory can be called more than once.
#[derive(Debug, Default)]
pub struct Module {
    /// Its directory, relative to that of the root module: `.` or `modules/zone`.
    pub directory: Str,
    /// `required_version` of `terraform` blocks, with their places.
    pub required_versions: Vec<(String, Span)>,
    /// `variable` blocks by name.
    pub variables: BTreeMap<Str, Variable>,
    /// Local values by name.
    pub locals: BTreeMap<Str, Local>,
    /// `output` blocks by name.
    pub outputs: BTreeMap<Str, Output>,
    /// `provider` blocks.
    pub providers: BTreeMap<ProviderKey, ProviderBlock>,
    /// `resource` and `data` blocks by address.
    pub resources: BTreeMap<ResourceAddr, Resource>,
    /// `module` blocks by name.
    pub calls: BTreeMap<Str, ModuleCall>,
    /// `moved` blocks in source order.
    pub moved: Vec<Moved>,
    /// `removed` blocks in source order.
    pub removed: Vec<Removed>,
    /// `import` blocks in source order.
    pub imports: Vec<Import>,
    /// `check` blocks by name.
    pub checks: BTreeMap<Str, Check>,
    /// Some of its declarations could not be read: a name that is not here may be declared all the same.
    pub incomplete: bool,
}

impl Module {
    /// The module that is called along a path; keys do not matter.
    pub fn at(&self, path: &ModulePath) -> Option<&Module> {
        path.0
            .iter()
            .try_fold(self, |module, (name, _)| module.calls.get(name)?.module.as_deref())
    }

    /// The block that declares an object; keys of modules do not matter.
    pub fn resource(&self, addr: &ResourceAddr) -> Option<&Resource> {
        if addr.module.is_root() {
            return self.resources.get(addr);
        }
        let local = addr.in_module(ModulePath::default());
        self.at(&addr.module)?.resources.get(&local)
    }

    /// This module and all that it calls, directly or not, each after its caller, with their paths without keys.
    pub fn all(&self) -> Vec<(ModulePath, &Module)> {
        let mut out = vec![(ModulePath::default(), self)];
        let mut next = 0;
        while let Some((path, module)) = out.get(next).cloned() {
            for (name, call) in &module.calls {
                if let Some(child) = &call.module {
                    out.push((path.child(name.clone(), InstanceKey::None), child));
                }
            }
            next += 1;
        }
        out
    }

    /// Whether this module or one that it calls is incomplete, or a call has no module.
    pub fn is_incomplete_within(&self) -> bool {
        let here = |m: &Module| m.incomplete || m.calls.values().any(|c| c.module.is_none());
        self.all().iter().any(|(_, module)| here(module))
    }

    /// The provider configuration of the root module that a key means in the module at `path`: what the calls pass on, and the
    /// caller's of the same name where they pass nothing.
    pub fn provider_at(&self, path: &ModulePath, key: &ProviderKey) -> ProviderKey {
        let mut key = key.clone();
        for depth in (0..path.0.len()).rev() {
            let call = self.at(&path.prefix(depth)).and_then(|m| m.calls.get(&path.0[depth].0));
            let passed = call.and_then(|c| c.providers.iter().find(|p| p.inner == key));
            if let Some(passed) = passed {
                key = passed.outer.clone();
            }
        }
        key
    }
}

/// A `module` block.
#[derive(Debug)]
pub struct ModuleCall {
    /// Where the module is, as written.
    pub source: Option<(Str, Span)>,
    /// Its contents, meta-arguments included; see [`CALL_ARGUMENTS`].
    pub body: Body,
    /// How many instances, by number.
    pub count: Option<Expr>,
    /// Which instances, by key.
    pub for_each: Option<Expr>,
    /// Provider configurations that are passed on.
    pub providers: Vec<PassedProvider>,
    /// References in `depends_on`.
    pub depends_on: Vec<(Reference, Span)>,
    /// The block header.
    pub header: Span,
    /// The module that it calls, once it is read.
    pub module: Option<Arc<Module>>,
    /// Parts of the block could not be read.
    pub damaged: bool,
}

/// Arguments of a module call that belong to the language, not to the module.
pub const CALL_ARGUMENTS: &[&str] = &["source", "version", "providers", "count", "for_each", "depends_on"];

/// An entry of `providers` of a module call.
#[derive(Clone, Debug)]
pub struct PassedProvider {
    /// The configuration as the called module names it.
    pub inner: ProviderKey,
    /// The configuration as the caller names it.
    pub outer: ProviderKey,
    /// Where it stands.
    pub span: Span,
}

/// A `moved` block: what was at one address is at another now. Both are relative to the module of the block, and of one
/// kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The former address.
    pub from: Endpoint,
    /// The address by now.
    pub to: Endpoint,
    /// The block header.
    pub header: Span,
}

/// A `removed` block: what is no longer declared, on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// A resource or a module call without instance keys, relative to the module of the block.
    pub from: Endpoint,
    /// Whether the objects are deleted; otherwise they are only forgotten.
    pub destroy: bool,
    /// The block header.
    pub header: Span,
}

/// An `import` block: an object that exists is taken into the state.
#[derive(Clone, Debug)]
pub struct Import {
    /// The address that it gets.
    pub to: ImportTarget,
    /// The id by which its type finds it.
    pub id: Expr,
    /// One import for each entry.
    pub for_each: Option<Expr>,
    /// The provider configuration that finds it, where nothing is declared, and where it is written.
    pub provider: Option<(ProviderKey, Span)>,
    /// The block header.
    pub header: Span,
}

/// A provider configuration: name and alias.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProviderKey {
    /// Provider name, e.g. `alicloud`.
    pub name: Str,
    /// Alias, for configurations beside the default one.
    pub alias: Option<Str>,
}

impl std::fmt::Display for ProviderKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)?;
        self.alias.as_ref().map_or(Ok(()), |a| write!(f, ".{a}"))
    }
}

impl std::str::FromStr for ProviderKey {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, alias) = match text.split_once('.') {
            Some((name, alias)) => (name, Some(Str::from(alias))),
            None => (text, None),
        };
        Ok(ProviderKey {
            name: name.into(),
            alias,
        })
    }
}

/// A `provider` block.
#[derive(Debug)]
pub struct ProviderBlock {
    /// Its contents, the alias included.
    pub body: Body,
    /// The block header.
    pub header: Span,
}

/// A `variable` block.
#[derive(Debug)]
pub struct Variable {
    /// Type with defaults of optional attributes.
    pub constraint: TypeConstraint,
    /// Text given from outside is the value as it stands, not an expression: of variables without a type and of simple types.
    pub literal: bool,
    /// Default; evaluated without any scope.
    pub default: Option<Expr>,
    /// What it is for.
    pub description: Option<String>,
    /// Never shown.
    pub sensitive: bool,
    /// Never stored.
    pub ephemeral: bool,
    /// Whether null is a value of its own rather than "use the default".
    pub nullable: bool,
    /// `validation` blocks.
    pub validations: Vec<Condition>,
    /// The block header.
    pub header: Span,
    /// Parts of the block could not be read: neither its type nor its default is known.
    pub damaged: bool,
}

/// One local value.
#[derive(Debug)]
pub struct Local {
    /// Its expression.
    pub value: Expr,
    /// Name and expression.
    pub span: Span,
}

/// An `output` block.
#[derive(Debug)]
pub struct Output {
    /// Its expression.
    pub value: Expr,
    /// What it is for.
    pub description: Option<String>,
    /// Hidden in texts; needed where the value is sensitive.
    pub sensitive: bool,
    /// Never stored; only outputs of called modules can be.
    pub ephemeral: bool,
    /// `precondition` blocks.
    pub preconditions: Vec<Condition>,
    /// References in `depends_on`.
    pub depends_on: Vec<(Reference, Span)>,
    /// The block header.
    pub header: Span,
}

/// `condition` and `error_message` of a `validation`, `precondition`, `postcondition` or `assert`.
#[derive(Debug)]
pub struct Condition {
    /// Must be true.
    pub condition: Expr,
    /// Said when it is not.
    pub message: Expr,
    /// The block header.
    pub header: Span,
}

/// A `check` block.
#[derive(Debug)]
pub struct Check {
    /// The data block in it, which stands among the resources of the module.
    pub data: Option<ResourceAddr>,
    /// `assert` blocks.
    pub asserts: Vec<Condition>,
    /// The block header.
    pub header: Span,
}

/// A `resource` or `data` block.
#[derive(Debug)]
pub struct Resource {
    /// Its address.
    pub addr: ResourceAddr,
    /// Its contents, meta-arguments included; see [`META_ARGUMENTS`].
    pub body: Body,
    /// How many instances, by number.
    pub count: Option<Expr>,
    /// Which instances, by key.
    pub for_each: Option<Expr>,
    /// The provider configuration that manages it.
    pub provider: ProviderKey,
    /// Where the provider was chosen, if it was.
    pub provider_span: Option<Span>,
    /// References in `depends_on`.
    pub depends_on: Vec<(Reference, Span)>,
    /// The `lifecycle` block.
    pub lifecycle: Lifecycle,
    /// The `check` block that a data block stands in: nothing else sees it.
    pub check: Option<Str>,
    /// The block header.
    pub header: Span,
    /// Parts of the block could not be read.
    pub damaged: bool,
}

/// Arguments and blocks of a resource that belong to the language, not to the type.
pub const META_ARGUMENTS: &[&str] = &["count", "for_each", "provider", "depends_on", "lifecycle"];

/// The `lifecycle` block.
#[derive(Debug, Default)]
pub struct Lifecycle {
    /// A replacement makes the new object first.
    pub create_before_destroy: bool,
    /// A plan that would delete the object is refused.
    pub prevent_destroy: bool,
    /// Differences that are left alone.
    pub ignore_changes: IgnoreChanges,
    /// Replace when one of these changes.
    pub replace_triggered_by: Vec<Expr>,
    /// Checked before.
    pub preconditions: Vec<Condition>,
    /// Checked after; sees `self`.
    pub postconditions: Vec<Condition>,
}

/// Differences that are left alone.
#[derive(Debug, Default)]
pub enum IgnoreChanges {
    /// None.
    #[default]
    None,
    /// All: only creation and deletion are planned.
    All,
    /// Those of these attributes.
    Paths(Vec<(AttrPath, Span)>),
}
