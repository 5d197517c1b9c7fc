//! The objects that an address of a statement can mean, in all instances of the statement's module. Decides which
//! patterns can mean the same object, which lie within others, and what becomes of an address that moves.

use crate::base::{InstanceAddr, InstanceKey, ModulePath, ResourceAddr, ResourceMode, Str};
use crate::config::Endpoint;
use std::fmt;

/// An address in which a key may be any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    modules: Vec<(Str, Option<InstanceKey>)>,
    resource: Option<(ResourceMode, Str, Str)>,
    /// Key of the resource; `None` for any. Not used for modules.
    key: Option<InstanceKey>,
}

/// What a pattern is called, without the keys of modules: what can be the same, or within, begins with the same names.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Names<'a> {
    modules: Vec<&'a Str>,
    resource: Option<&'a (ResourceMode, Str, Str)>,
    key: Option<&'a InstanceKey>,
}

fn keys_fit(a: &Option<InstanceKey>, b: &Option<InstanceKey>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    }
}

impl Pattern {
    pub(super) fn new(within: &[Str], endpoint: &Endpoint) -> Pattern {
        let mut modules: Vec<_> = within.iter().map(|name| (name.clone(), None)).collect();
        modules.extend(
            endpoint
                .modules
                .iter()
                .map(|(name, key)| (name.clone(), Some(key.clone()))),
        );
        match &endpoint.resource {
            Some(r) => Pattern {
                modules,
                resource: Some((r.mode, r.type_name.clone(), r.name.clone())),
                key: (!endpoint.whole).then(|| r.key.clone()),
            },
            None => {
                if let (Some(last), true) = (modules.last_mut(), endpoint.whole) {
                    last.1 = None;
                }
                Pattern {
                    modules,
                    resource: None,
                    key: None,
                }
            }
        }
    }

    /// What it is called.
    pub(super) fn names(&self) -> Names<'_> {
        Names {
            modules: self.modules.iter().map(|(name, _)| name).collect(),
            resource: self.resource.as_ref(),
            key: self.key.as_ref(),
        }
    }

    /// What everything is called that it can be, or be within: its own names, and those of the modules around it.
    pub(super) fn containers(&self) -> impl Iterator<Item = Names<'_>> {
        let own = self.names();
        let whole = Names {
            key: None,
            ..own.clone()
        };
        let around = (1..=own.modules.len()).map({
            let modules = own.modules.clone();
            move |length| Names {
                modules: modules[..length].to_vec(),
                resource: None,
                key: None,
            }
        });
        let keyed = own.key.is_some().then_some(own);
        let is_resource = whole.resource.is_some().then_some(whole);
        keyed.into_iter().chain(is_resource).chain(around)
    }

    pub(super) fn is_module(&self) -> bool {
        self.resource.is_none()
    }

    /// The key of an instance of a resource.
    pub(super) fn key(&self) -> Option<&InstanceKey> {
        self.key.as_ref()
    }

    /// The key of its last part; `None` for any.
    fn last_key(&self) -> &Option<InstanceKey> {
        match self.resource {
            Some(_) => &self.key,
            None => self.modules.last().map_or(&None, |(_, key)| key),
        }
    }

    fn begins_as(&self, other: &Pattern) -> bool {
        self.modules.len() >= other.modules.len()
            && std::iter::zip(&self.modules, &other.modules).all(|(a, b)| a.0 == b.0 && keys_fit(&a.1, &b.1))
    }

    fn is_same_kind(&self, other: &Pattern) -> bool {
        self.modules.len() == other.modules.len() && self.resource == other.resource && self.begins_as(other)
    }

    /// Whether both can mean the same module or resource as a whole, or the same instance.
    pub(super) fn can_be(&self, other: &Pattern) -> bool {
        let (mine, theirs) = (self.last_key(), other.last_key());
        self.is_same_kind(other) && mine.is_some() == theirs.is_some() && keys_fit(mine, theirs)
    }

    /// Whether it can mean something within what the other means.
    pub(super) fn is_within(&self, other: &Pattern) -> bool {
        if self.is_same_kind(other) {
            return self.last_key().is_some() && other.last_key().is_none();
        }
        other.is_module() && self.begins_as(other)
    }

    /// Whether it is a module that is only given another key by a move to the other.
    pub(super) fn only_key_differs(&self, other: &Pattern) -> bool {
        self.is_module()
            && other.is_module()
            && self.modules.len() == other.modules.len()
            && std::iter::zip(&self.modules, &other.modules).all(|(a, b)| a.0 == b.0)
    }

    /// Whether it means a resource, or an instance of it.
    pub(super) fn selects(&self, block: &ResourceAddr) -> bool {
        let named = |r: &(ResourceMode, Str, Str)| r.0 == block.mode && r.1 == block.type_name && r.2 == block.name;
        self.resource.as_ref().is_some_and(named)
            && self.fits(&block.module) == Some(self.modules.len())
            && block.module.0.len() == self.modules.len()
    }

    /// How many calls of a path it takes, if the path begins as it says.
    fn fits(&self, path: &ModulePath) -> Option<usize> {
        let fits = self.modules.len() <= path.0.len()
            && std::iter::zip(&self.modules, path.0.iter())
                .all(|(a, b)| a.0 == b.0 && a.1.as_ref().is_none_or(|key| *key == b.1));
        fits.then_some(self.modules.len())
    }

    /// The path of the pattern, with keys that may be any taken from a path that has them.
    fn filled(&self, from: &ModulePath) -> Vec<(Str, InstanceKey)> {
        let key = |i: usize| from.0.get(i).map(|(_, key)| key.clone()).unwrap_or_default();
        let of = |(i, (name, fixed)): (usize, &(Str, Option<InstanceKey>))| {
            (name.clone(), fixed.clone().unwrap_or_else(|| key(i)))
        };
        self.modules.iter().enumerate().map(of).collect()
    }

    /// What becomes of a module when what this means moves to `to`.
    pub(super) fn module_moved(&self, to: &Pattern, path: &ModulePath) -> Option<ModulePath> {
        if !self.is_module() {
            return None;
        }
        let taken = self.fits(path)?;
        let mut new = to.filled(path);
        // The last key stays when whole modules move, also when the paths differ in length.
        if let (Some((_, None)), Some(last), Some((_, key))) =
            (to.modules.last(), new.last_mut(), path.0.get(taken.wrapping_sub(1)))
        {
            last.1 = key.clone();
        }
        new.extend(path.0[taken..].iter().cloned());
        Some(ModulePath(new.into()))
    }

    /// What becomes of a resource with all its instances when it moves to `to`.
    pub(super) fn block_moved(&self, to: &Pattern, block: &ResourceAddr) -> Option<ResourceAddr> {
        if self.key.is_some() || !self.selects(block) {
            return None;
        }
        to.block_at(&block.module)
    }

    /// What becomes of an instance when it moves to `to`.
    pub(super) fn instance_moved(&self, to: &Pattern, addr: &InstanceAddr) -> Option<InstanceAddr> {
        if self.key.as_ref() != Some(&addr.key) || !self.selects(&addr.resource) {
            return None;
        }
        Some(to.block_at(&addr.resource.module)?.instance(to.key.clone()?))
    }

    fn block_at(&self, path: &ModulePath) -> Option<ResourceAddr> {
        let (mode, type_name, name) = self.resource.clone()?;
        Some(ResourceAddr {
            module: ModulePath(self.filled(path).into()),
            mode,
            type_name,
            name,
        })
    }

    /// The pattern within one instance of the statement's module.
    pub(super) fn within(mut self, instance: &ModulePath) -> Pattern {
        for ((_, key), (_, actual)) in std::iter::zip(&mut self.modules, instance.0.iter()) {
            *key = Some(actual.clone());
        }
        self
    }

    /// The module path; the last key of a whole module is left out.
    pub(super) fn path(&self) -> ModulePath {
        ModulePath(self.filled(&ModulePath::default()).into())
    }

    /// The resource with its module.
    pub(super) fn block(&self) -> Option<ResourceAddr> {
        self.block_at(&ModulePath::default())
    }

    /// The instance, unless it means all of a resource.
    pub(super) fn instance(&self) -> Option<InstanceAddr> {
        Some(self.block()?.instance(self.key.clone()?))
    }

    /// Whether it means all instances.
    pub(super) fn is_whole(&self) -> bool {
        self.last_key().is_none()
    }

    /// The address without marks for keys that may be any.
    pub(super) fn plain(&self) -> String {
        match (self.instance(), self.block()) {
            (Some(instance), _) => instance.to_string(),
            (None, Some(block)) => block.to_string(),
            (None, None) => self.path().to_string(),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = |f: &mut fmt::Formatter<'_>, key: &Option<InstanceKey>| match key {
            Some(key) => write!(f, "{key}"),
            None => f.write_str("[*]"),
        };
        for (i, (name, k)) in self.modules.iter().enumerate() {
            write!(f, "{}module.{name}", if i > 0 { "." } else { "" })?;
            key(f, k)?;
        }
        if let Some((mode, type_name, name)) = &self.resource {
            let dot = if self.modules.is_empty() { "" } else { "." };
            let data = if *mode == ResourceMode::Data { "data." } else { "" };
            write!(f, "{dot}{data}{type_name}.{name}")?;
            key(f, &self.key)?;
        }
        Ok(())
    }
}
