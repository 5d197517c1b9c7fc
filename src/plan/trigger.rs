//! `replace_triggered_by`: whether a reference points at something that this plan changes.

use super::model::{Action, Change};
use super::propose::equal;
use super::scope::Repetition;
use crate::base::{Diag, Diags, InstanceKey, Kind, ModulePath, ResourceAddr, ResourceMode, Value};
use crate::config::codes;
use crate::lang::ast::{Expr, ExprKind, StepKind};
use std::collections::HashMap;

/// Whether a trigger of a block in an instance of a module fires, given the changes so far and where those of a block are.
pub fn fires(
    expr: &Expr,
    module: &ModulePath,
    repetition: &Repetition,
    (blocks, changes): (&HashMap<ResourceAddr, Vec<usize>>, &[Change]),
    diags: &mut Diags,
) -> bool {
    let Some((addr, key, attribute)) = reference(expr, module, repetition) else {
        diags.push(
            Diag::error(codes::STATIC, "Invalid replace_triggered_by expression")
                .detail("It must be a reference to a resource, an instance of one, or an attribute of one.")
                .at(expr.span),
        );
        return false;
    };
    let of_block = blocks.get(&addr).into_iter().flatten();
    let mut of_block = of_block.map(|i| &changes[*i]);
    of_block.any(|change| {
        if key.as_ref().is_some_and(|k| *k != change.addr.key) {
            return false;
        }
        match (&attribute, change.action) {
            (None, Action::Replace { .. } | Action::Update) => true,
            // An object that is made again may well keep the attribute.
            (Some(name), Action::Replace { .. } | Action::Update) => {
                let part = |v: &Option<Value>| v.as_ref().and_then(|v| v.get(name)).cloned();
                match (part(&change.prior), part(&change.planned)) {
                    (Some(a), Some(b)) => !equal(&a, &b),
                    _ => false,
                }
            }
            _ => false,
        }
    })
}

/// Block, instance and attribute of a reference.
fn reference(
    expr: &Expr,
    module: &ModulePath,
    repetition: &Repetition,
) -> Option<(ResourceAddr, Option<InstanceKey>, Option<String>)> {
    let (r, index, rest) = match &expr.kind {
        ExprKind::Reference(r) => (r, None, &[][..]),
        ExprKind::Index(source, key) => match &source.kind {
            ExprKind::Reference(r) => (r, Some(&**key), &[][..]),
            _ => return None,
        },
        ExprKind::Traversal(source, steps) => match &source.kind {
            ExprKind::Index(inner, key) => match &inner.kind {
                ExprKind::Reference(r) => (r, Some(&**key), &steps[..]),
                _ => return None,
            },
            _ => return None,
        },
        _ => return None,
    };
    let mut steps = r.steps.iter().chain(rest).peekable();
    let StepKind::Attr(name) = &steps.next()?.kind else {
        return None;
    };
    let addr = ResourceAddr {
        module: module.clone(),
        mode: ResourceMode::Managed,
        type_name: r.root.text.clone(),
        name: name.clone(),
    };
    let mut key = index.and_then(|e| own_key(e, repetition));
    if let Some(StepKind::Index(v)) = steps.peek().map(|s| &s.kind) {
        key = match &v.kind {
            Kind::String(s) => Some(InstanceKey::Key(s.clone())),
            _ => Some(InstanceKey::Index(u64::try_from(v.as_i64()?).ok()?)),
        };
        steps.next();
    }
    let attribute = steps.next().and_then(|s| match &s.kind {
        StepKind::Attr(name) => Some(name.to_string()),
        StepKind::Index(_) => None,
    });
    Some((addr, key, attribute))
}

/// `count.index` or `each.key` as a key.
fn own_key(expr: &Expr, repetition: &Repetition) -> Option<InstanceKey> {
    let ExprKind::Reference(r) = &expr.kind else {
        return None;
    };
    match &*r.root.text {
        "count" => repetition.index.map(InstanceKey::Index),
        "each" => repetition.each.as_ref().map(|(k, _)| InstanceKey::Key(k.clone())),
        _ => None,
    }
}
