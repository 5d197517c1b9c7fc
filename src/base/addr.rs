//! Addresses of resources, their instances and attributes: how they are written and parsed.

use super::ty::Str;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The key of one instance of a resource or module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum InstanceKey {
    /// Neither `count` nor `for_each`.
    #[default]
    None,
    /// Index of `count`.
    Index(u64),
    /// Key of `for_each`.
    Key(Str),
}

impl fmt::Display for InstanceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InstanceKey::None => Ok(()),
            InstanceKey::Index(i) => write!(f, "[{i}]"),
            InstanceKey::Key(k) => {
                f.write_str("[\"")?;
                for c in k.chars() {
                    match c {
                        '"' => f.write_str("\\\"")?,
                        '\\' => f.write_str("\\\\")?,
                        '\n' => f.write_str("\\n")?,
                        '\r' => f.write_str("\\r")?,
                        '\t' => f.write_str("\\t")?,
                        c => write!(f, "{c}")?,
                    }
                }
                f.write_str("\"]")
            }
        }
    }
}

/// The path of module calls from the root; empty for the root module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModulePath(pub Arc<[(Str, InstanceKey)]>);

impl ModulePath {
    /// Whether it is the root module.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The path of a module called from this one.
    pub fn child(&self, name: impl Into<Str>, key: InstanceKey) -> Self {
        let one = std::iter::once((name.into(), key));
        Self(self.0.iter().cloned().chain(one).collect())
    }

    /// The path of the calling module, and the call; none for the root.
    pub fn split_last(&self) -> Option<(Self, &Str, &InstanceKey)> {
        let ((name, key), rest) = self.0.split_last()?;
        Some((Self(rest.into()), name, key))
    }

    /// The calls without instance keys: the module as it stands in the configuration.
    pub fn unkeyed(&self) -> Self {
        if self.0.iter().all(|(_, key)| *key == InstanceKey::None) {
            return self.clone();
        }
        Self(
            self.0
                .iter()
                .map(|(name, _)| (name.clone(), InstanceKey::None))
                .collect(),
        )
    }

    /// Whether it is `other` or lies within it.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }

    /// The path of the first calls, as many as `calls`.
    pub fn prefix(&self, calls: usize) -> Self {
        Self(self.0[..calls.min(self.0.len())].into())
    }
}

impl fmt::Display for ModulePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (name, key)) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(".")?;
            }
            write!(f, "module.{name}{key}")?;
        }
        Ok(())
    }
}

/// Whether a block manages an object or only reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ResourceMode {
    /// A `data` block.
    Data,
    /// A `resource` block.
    Managed,
}

/// Address of a `resource` or `data` block.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceAddr {
    /// The module it stands in.
    pub module: ModulePath,
    /// Managed or data.
    pub mode: ResourceMode,
    /// Resource type, for example `alicloud_oss_bucket`.
    pub type_name: Str,
    /// The name the user gave.
    pub name: Str,
}

impl ResourceAddr {
    /// A managed resource of the root module.
    pub fn managed(type_name: impl Into<Str>, name: impl Into<Str>) -> Self {
        Self {
            module: ModulePath::default(),
            mode: ResourceMode::Managed,
            type_name: type_name.into(),
            name: name.into(),
        }
    }

    /// The block as it stands in the configuration: without the keys of the modules it is in.
    pub fn unkeyed(&self) -> Self {
        self.in_module(self.module.unkeyed())
    }

    /// The block of these names in another module.
    pub fn in_module(&self, module: ModulePath) -> Self {
        Self { module, ..self.clone() }
    }

    /// The instance with a key.
    pub fn instance(&self, key: InstanceKey) -> InstanceAddr {
        InstanceAddr {
            resource: self.clone(),
            key,
        }
    }
}

impl fmt::Display for ResourceAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.module.is_root() {
            write!(f, "{}.", self.module)?;
        }
        if self.mode == ResourceMode::Data {
            f.write_str("data.")?;
        }
        write!(f, "{}.{}", self.type_name, self.name)
    }
}

/// Address of one instance of a resource.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InstanceAddr {
    /// The block.
    pub resource: ResourceAddr,
    /// Which of its instances.
    pub key: InstanceKey,
}

impl fmt::Display for InstanceAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.resource, self.key)
    }
}

/// Why a text is not an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a resource address: {why}")]
pub struct AddrError {
    /// The text given.
    pub text: String,
    /// What is wrong with it.
    pub why: &'static str,
}

impl FromStr for InstanceAddr {
    type Err = AddrError;

    fn from_str(text: &str) -> Result<Self, AddrError> {
        let fail = |why| AddrError {
            text: text.to_string(),
            why,
        };
        match text.parse()? {
            ObjectAddr::Instance(addr) => Ok(addr),
            ObjectAddr::Module(_) => Err(fail("expected TYPE.NAME, optionally with an instance key")),
        }
    }
}

/// What a command line can point at: one object or all of a block, or all that a module holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ObjectAddr {
    /// A module, or one instance of it.
    Module(ModulePath),
    /// A block or one instance of it.
    Instance(InstanceAddr),
}

impl fmt::Display for ObjectAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ObjectAddr::Module(path) => write!(f, "{path}"),
            ObjectAddr::Instance(addr) => write!(f, "{addr}"),
        }
    }
}

impl FromStr for ObjectAddr {
    type Err = AddrError;

    fn from_str(text: &str) -> Result<Self, AddrError> {
        let fail = |why| AddrError {
            text: text.to_string(),
            why,
        };
        let parts = parts(text).ok_or_else(|| match has_bare_key(text) {
            true => fail("a key that is text has quotes; in a shell, put the whole address into single quotes"),
            false => fail("expected names joined by dots, with keys in brackets"),
        })?;
        let mut rest = &parts[..];
        let mut modules = Vec::new();
        while let [(word, InstanceKey::None), (name, key), tail @ ..] = rest {
            if word != "module" {
                break;
            }
            modules.push((Str::from(name.as_str()), key.clone()));
            rest = tail;
        }
        let module = ModulePath(modules.into());
        let mut mode = ResourceMode::Managed;
        if let [(word, InstanceKey::None), tail @ ..] = rest
            && word == "data"
        {
            mode = ResourceMode::Data;
            rest = tail;
        }
        match rest {
            [] if !module.is_root() && mode == ResourceMode::Managed => Ok(ObjectAddr::Module(module)),
            [(type_name, InstanceKey::None), (name, key)] => Ok(ObjectAddr::Instance(InstanceAddr {
                resource: ResourceAddr {
                    module,
                    mode,
                    type_name: type_name.as_str().into(),
                    name: name.as_str().into(),
                },
                key: key.clone(),
            })),
            _ => Err(fail("expected TYPE.NAME, optionally with an instance key")),
        }
    }
}

/// Whether a key is text without quotes, which is what a shell leaves of `a.b["key"]`.
fn has_bare_key(text: &str) -> bool {
    let mut keys = text.split('[').skip(1);
    keys.any(|key| !key.starts_with('"') && !key.starts_with(|c: char| c.is_ascii_digit()))
}

/// Splits `a.b["k"].c[0]` into names with their keys.
fn parts(text: &str) -> Option<Vec<(String, InstanceKey)>> {
    let mut out = Vec::new();
    let mut chars = text.chars().peekable();
    loop {
        let mut name = String::new();
        while let Some(c) = chars.next_if(|c| c.is_alphanumeric() || matches!(c, '_' | '-')) {
            name.push(c);
        }
        if name.is_empty() {
            return None;
        }
        let mut key = InstanceKey::None;
        if chars.next_if_eq(&'[').is_some() {
            key = if chars.next_if_eq(&'"').is_some() {
                let mut s = String::new();
                loop {
                    match chars.next()? {
                        '"' => break,
                        '\\' => s.push(match chars.next()? {
                            'n' => '\n',
                            'r' => '\r',
                            't' => '\t',
                            c => c,
                        }),
                        c => s.push(c),
                    }
                }
                InstanceKey::Key(s.into())
            } else {
                let mut digits = String::new();
                while let Some(c) = chars.next_if(char::is_ascii_digit) {
                    digits.push(c);
                }
                InstanceKey::Index(digits.parse().ok()?)
            };
            chars.next_if_eq(&']')?;
        }
        out.push((name, key));
        match chars.next() {
            None => return Some(out),
            Some('.') => {}
            Some(_) => return None,
        }
    }
}

/// One step of a path into a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PathStep {
    /// An attribute or nested block by name.
    Attr(Str),
    /// An element of a list or tuple.
    Index(usize),
    /// An entry of a map.
    Key(Str),
}

/// A path from a resource's object to a part of it, e.g. `schema[0].oss_column`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AttrPath(pub Vec<PathStep>);

impl AttrPath {
    /// The path of one top-level attribute.
    pub fn attr(name: impl Into<Str>) -> Self {
        Self(vec![PathStep::Attr(name.into())])
    }

    /// This path with one more step.
    pub fn child(&self, step: PathStep) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// Name of the top-level attribute.
    pub fn root(&self) -> Option<&str> {
        match self.0.first() {
            Some(PathStep::Attr(name)) => Some(name),
            _ => None,
        }
    }
}

impl fmt::Display for AttrPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.0.iter().enumerate() {
            match step {
                PathStep::Attr(name) if i == 0 => f.write_str(name)?,
                PathStep::Attr(name) => write!(f, ".{name}")?,
                PathStep::Index(n) => write!(f, "[{n}]")?,
                PathStep::Key(k) => write!(f, "{}", InstanceKey::Key(k.clone()))?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_print_as_they_were_parsed() {
        for text in [
            "alicloud_oss_bucket.raw",
            "alicloud_oss_bucket.raw[3]",
            "alicloud_oss_bucket.raw[\"a\\\"b.c\"]",
            "data.alicloud_ram_role.r",
            "module.a[0].module.b[\"x\"].data.t.n[\"k\"]",
        ] {
            let addr: InstanceAddr = text.parse().expect("valid address");
            assert_eq!(addr.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "", "a", "a.b.c", "a.b[", "a.b[x]", "a.b[\"x]", "a..b", "a.b]", "module.a",
        ] {
            assert!(text.parse::<InstanceAddr>().is_err(), "{text:?}");
        }
    }
}
