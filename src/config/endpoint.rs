//! Addresses that blocks are written with: `moved`, `removed` and `import`. Decides which expressions name a module or a
//! resource, and with which keys; looks nothing up.

use super::codes;
use crate::base::{Diag, InstanceKey, Kind, ModulePath, ResourceAddr, ResourceMode, Span, Str, Value};
use crate::lang::ast::{Expr, ExprKind, Step, StepKind};
use std::fmt;

/// A module or resource as an address names it, relative to the module of the block. Keys are still expressions.
#[derive(Clone, Debug)]
pub struct Target {
    /// The module calls on the way, from the block's module.
    pub modules: Vec<(Str, Option<Expr>)>,
    /// The resource; absent for an address of a module.
    pub resource: Option<TargetResource>,
    /// The whole address.
    pub span: Span,
}

/// The last part of an address of a resource.
#[derive(Clone, Debug)]
pub struct TargetResource {
    /// Managed or data.
    pub mode: ResourceMode,
    /// Resource type.
    pub type_name: Str,
    /// Name.
    pub name: Str,
    /// Instance key.
    pub key: Option<Expr>,
}

impl TargetResource {
    /// The block as if it stood in the root module.
    pub fn implied_block(&self) -> ResourceAddr {
        ResourceAddr {
            module: ModulePath::default(),
            mode: self.mode,
            type_name: self.type_name.clone(),
            name: self.name.clone(),
        }
    }
}

/// A module, module instance, resource or resource instance, with keys written out.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Endpoint {
    /// The module calls on the way, from the block's module.
    pub modules: Vec<(Str, InstanceKey)>,
    /// The resource; absent for an address of a module.
    pub resource: Option<EndpointResource>,
    /// It stands for all instances, whatever their keys. Otherwise no key means the instance without one.
    pub whole: bool,
}

/// The last part of an [`Endpoint`] of a resource.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EndpointResource {
    /// Managed or data.
    pub mode: ResourceMode,
    /// Resource type.
    pub type_name: Str,
    /// Name.
    pub name: Str,
    /// Instance key.
    pub key: InstanceKey,
}

impl Endpoint {
    /// Whether its last part has no key.
    pub fn is_bare(&self) -> bool {
        let key = match &self.resource {
            Some(resource) => Some(&resource.key),
            None => self.modules.last().map(|(_, key)| key),
        };
        key.is_none_or(|key| *key == InstanceKey::None)
    }

    /// The address of a `moved` or `removed` block.
    ///
    /// # Errors
    /// The expression is no address, or has keys that are not written out.
    pub fn of(expr: &Expr) -> Result<Endpoint, Diag> {
        Target::of(expr)?.fixed()
    }
}

impl Target {
    /// The address with its keys.
    ///
    /// # Errors
    /// A key is not written out, or is no key.
    pub fn fixed(self) -> Result<Endpoint, Diag> {
        let fixed = |key: &Option<Expr>| match key {
            None => Ok(InstanceKey::None),
            Some(Expr {
                kind: ExprKind::Literal(value),
                span,
            }) => key_of(value).ok_or_else(|| invalid("An instance key is text, or a whole number from 0.", *span)),
            Some(expr) => Err(not_static(expr.span)),
        };
        let modules = self.modules.iter().map(|(name, key)| Ok((name.clone(), fixed(key)?)));
        let modules = modules.collect::<Result<_, Diag>>()?;
        let resource = match self.resource {
            None => None,
            Some(r) => Some(EndpointResource {
                key: fixed(&r.key)?,
                mode: r.mode,
                type_name: r.type_name,
                name: r.name,
            }),
        };
        Ok(Endpoint {
            modules,
            resource,
            whole: false,
        })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut dot = "";
        for (name, key) in &self.modules {
            write!(f, "{dot}module.{name}{key}")?;
            dot = ".";
        }
        let Some(r) = &self.resource else {
            return Ok(());
        };
        let data = if r.mode == ResourceMode::Data { "data." } else { "" };
        write!(f, "{dot}{data}{}.{}{}", r.type_name, r.name, r.key)
    }
}

/// The instance key that a value is.
pub fn key_of(value: &Value) -> Option<InstanceKey> {
    match &value.kind {
        Kind::String(text) => Some(InstanceKey::Key(text.clone())),
        Kind::Number(_) => u64::try_from(value.as_i64()?).ok().map(InstanceKey::Index),
        _ => None,
    }
}

/// A part of an address: a name, or a key in brackets.
enum Part {
    Name(Str),
    Key(Expr),
}

/// The names that begin an expression of another kind.
const RESERVED: &[&str] = &[
    "arg",
    "count",
    "each",
    "ephemeral",
    "lazy",
    "local",
    "path",
    "self",
    "template",
    "terraform",
    "var",
];

impl Target {
    /// Whether all its keys are written out.
    pub fn is_static(&self) -> bool {
        let last = self.resource.as_ref().and_then(|r| r.key.as_ref());
        let keys = self.modules.iter().filter_map(|(_, key)| key.as_ref()).chain(last);
        keys.into_iter().all(|key| matches!(key.kind, ExprKind::Literal(_)))
    }

    /// The address that an expression is.
    ///
    /// # Errors
    /// It is none.
    pub fn of(expr: &Expr) -> Result<Target, Diag> {
        let parts = parts(expr).ok_or_else(|| not_static(expr.span))?;
        let mut rest = parts.into_iter().peekable();
        let mut modules = Vec::new();
        let key = |rest: &mut std::iter::Peekable<std::vec::IntoIter<Part>>| match rest
            .next_if(|part| matches!(part, Part::Key(_)))
        {
            Some(Part::Key(key)) => Some(key),
            _ => None,
        };
        while rest
            .next_if(|part| matches!(part, Part::Name(n) if &**n == "module"))
            .is_some()
        {
            let Some(Part::Name(name)) = rest.next() else {
                return Err(Diag::error(codes::STATIC, "Invalid address operator")
                    .detail("Prefix \"module.\" must be followed by a module name.")
                    .at(expr.span));
            };
            modules.push((name, key(&mut rest)));
        }
        if rest.peek().is_none() {
            return Ok(Target {
                modules,
                resource: None,
                span: expr.span,
            });
        }
        let mut mode = ResourceMode::Managed;
        match rest.peek() {
            Some(Part::Name(word)) if &**word == "data" => {
                mode = ResourceMode::Data;
                rest.next();
            }
            Some(Part::Name(word)) if &**word == "resource" => {
                rest.next();
            }
            Some(Part::Name(word)) if RESERVED.contains(&&**word) => {
                let why = format!(
                    "The word {word:?} begins an expression of another kind. For a resource type of this name write \
                     resource.{word}."
                );
                return Err(invalid(why, expr.span));
            }
            _ => {}
        }
        let (Some(Part::Name(type_name)), Some(Part::Name(name))) = (rest.next(), rest.next()) else {
            return Err(invalid(
                "An address of a resource has its type and its name.",
                expr.span,
            ));
        };
        let key = key(&mut rest);
        match rest.next() {
            None => Ok(Target {
                modules,
                resource: Some(TargetResource {
                    mode,
                    type_name,
                    name,
                    key,
                }),
                span: expr.span,
            }),
            Some(_) if key.is_none() => Err(invalid("An instance key stands in square brackets.", expr.span)),
            Some(_) => Err(invalid("Nothing follows the instance key.", expr.span)),
        }
    }
}

fn invalid(why: impl Into<String>, span: Span) -> Diag {
    Diag::error(codes::STATIC, "Invalid address").detail(why).at(span)
}

fn not_static(span: Span) -> Diag {
    Diag::error(codes::STATIC, "Invalid expression")
        .detail("An address is written out: names joined by dots, with fixed keys in square brackets.")
        .at(span)
}

/// The parts of an expression that consists of names and keys.
fn parts(expr: &Expr) -> Option<Vec<Part>> {
    // Found from the last to the first, without recursion.
    let mut found = Vec::new();
    let mut at = expr;
    loop {
        match &at.kind {
            ExprKind::Reference(reference) => {
                found.extend(reference.steps.iter().rev().map(part));
                found.push(Part::Name(reference.root.text.clone()));
                found.reverse();
                return Some(found);
            }
            ExprKind::Index(source, key) => {
                found.push(Part::Key((**key).clone()));
                at = source;
            }
            ExprKind::Traversal(source, steps) => {
                found.extend(steps.iter().rev().map(part));
                at = source;
            }
            _ => return None,
        }
    }
}

fn part(step: &Step) -> Part {
    match &step.kind {
        StepKind::Attr(name) => Part::Name(name.clone()),
        StepKind::Index(value) => Part::Key(Expr {
            kind: ExprKind::Literal(value.clone()),
            span: step.span,
        }),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed test should stop")]
mod tests {
    use super::*;
    use crate::base::SourceMap;
    use crate::lang::parse;

    fn expr(text: &str) -> Expr {
        let mut sources = SourceMap::default();
        let id = sources.add("x", text);
        parse::parse_expression(&sources, id).unwrap()
    }

    #[test]
    fn addresses_print_as_they_are_written() {
        for text in [
            "t.a",
            "t.a[0]",
            "t.a[\"x y\"]",
            "data.t.a",
            "module.m",
            "module.m[\"k\"].module.n[2]",
            "module.m.t.a",
            "module.m[0].data.t.a[1]",
        ] {
            assert_eq!(Endpoint::of(&expr(text)).unwrap().to_string(), text);
        }
        assert_eq!(Endpoint::of(&expr("resource.data.a")).unwrap().to_string(), "data.a");
    }

    #[test]
    fn what_names_nothing_is_refused() {
        let table = [
            ("\"t.a\"", "Invalid expression"),
            ("t.a[*]", "Invalid expression"),
            ("t.a[var.x]", "Invalid expression"),
            ("f(t.a)", "Invalid expression"),
            ("t", "Invalid address"),
            ("data.t", "Invalid address"),
            ("t.a.b", "Invalid address"),
            ("t.a[0].b", "Invalid address"),
            ("t.a[1.5]", "Invalid address"),
            ("t.a[true]", "Invalid address"),
            ("var.x", "Invalid address"),
            ("each.key", "Invalid address"),
            ("module", "Invalid address operator"),
            ("module.m.module", "Invalid address operator"),
        ];
        for (text, summary) in table {
            assert_eq!(Endpoint::of(&expr(text)).unwrap_err().summary, summary, "{text}");
        }
    }

    #[test]
    fn keys_of_imports_may_be_expressions() {
        let target = Target::of(&expr("module.m[each.key].t.a[local.k]")).unwrap();
        assert!(matches!(
            target.modules[0].1,
            Some(Expr {
                kind: ExprKind::Reference(_),
                ..
            })
        ));
        assert!(target.resource.unwrap().key.is_some());
    }
}
