//! Values of expressions, as Terraform 1.11 computes them. Finds all problems of an expression at once
//! and puts an unknown value where one was. Never reads files or clocks but through the context's ports.

mod bindings;
mod call;
mod conditional;
pub mod effort;
mod for_expr;
mod known;
mod operators;
mod special;
mod splat;
mod template;
mod traversal;

pub(super) use template::safe_prefix;
pub use traversal::steps_problem;

use super::ast::{Expr, ExprKind, ObjectKey, Reference};
use super::codes;
use super::convert::{self, ConvertError};
use super::scope::EvalContext;
use crate::base::{AttrPath, Diag, Diags, Kind, Marks, PathStep, Span, Str, Type, Value};
use std::collections::BTreeMap;

/// How deep expressions may nest; far above what is written by hand, far below what a stack holds.
const DEPTH_LIMIT: usize = 200;

/// The value of an expression and what is wrong with it. Where a part failed, the value is unknown.
pub fn evaluate(expr: &Expr, cx: &EvalContext<'_>) -> (Value, Diags) {
    let mut diags = Diags::new();
    let effort = effort::Effort::default();
    let value = Evaluator {
        effort: &effort,
        cx: *cx,
        depth: 0,
        in_template: false,
    }
    .eval(expr, &mut diags);
    if effort.is_spent() && !diags.has_errors() {
        // `try` and `can` took the problem away, and what came after it was not evaluated.
        diags.push(effort::too_long(expr.span));
    }
    (value, diags)
}

/// The value of an expression, converted to a type. The problem points at the part of the expression
/// that does not fit, where it is written out.
pub fn evaluate_as(expr: &Expr, to: &Type, cx: &EvalContext<'_>) -> (Value, Diags) {
    let (value, mut diags) = evaluate(expr, cx);
    match convert::convert(&value, to) {
        Ok(converted) => (converted, diags),
        Err(error) => {
            if !diags.has_errors() {
                diags.push(conversion_diag(expr, &error));
            }
            (Value::unknown(convert::without_optional(to)), diags)
        }
    }
}

/// The problem that a value does not convert, at the part of its expression that is to blame.
pub fn conversion_diag(expr: &Expr, error: &ConvertError) -> Diag {
    let (span, rest) = locate(expr, &error.path.0);
    let detail = ConvertError {
        path: AttrPath(rest.to_vec()),
        message: error.message.clone(),
    };
    Diag::error(codes::VALUE_TYPE, "Incorrect value type")
        .detail(format!("Unsuitable value: {detail}."))
        .at(span)
}

/// Follows a path into tuples and objects that are written out; gives the place and the steps left.
fn locate<'p>(expr: &Expr, path: &'p [PathStep]) -> (Span, &'p [PathStep]) {
    let Some((step, rest)) = path.split_first() else {
        return (expr.span, path);
    };
    let inner = match (&expr.kind, step) {
        (ExprKind::Parens(e), _) => return locate(e, path),
        (ExprKind::Tuple(items), PathStep::Index(i)) => items.get(*i),
        (ExprKind::Object(items), PathStep::Attr(name) | PathStep::Key(name)) => items
            .iter()
            .rev()
            .find(|(key, _)| match key {
                ObjectKey::Name(ident) => ident.text == *name,
                ObjectKey::Expr(e) => matches!(&e.kind, ExprKind::Literal(v) if v.as_str() == Some(name)),
            })
            .map(|(_, value)| value),
        _ => None,
    };
    match inner {
        Some(e) => locate(e, rest),
        None => (expr.span, path),
    }
}

/// What stands for the value of a part that failed.
fn failed() -> Value {
    Value::unknown(Type::Dynamic)
}

#[derive(Clone, Copy)]
struct Evaluator<'a> {
    effort: &'a effort::Effort,
    cx: EvalContext<'a>,
    depth: usize,
    /// Inside a template that a function renders.
    in_template: bool,
}

impl<'a> Evaluator<'a> {
    fn eval(&self, expr: &Expr, diags: &mut Diags) -> Value {
        if self.is_too_deep(expr.span, diags) {
            return failed();
        }
        if !self.effort.spend(1, expr.span, diags) {
            return failed();
        }
        let value = self.deeper().dispatch(expr, diags);
        let makes = matches!(
            expr.kind,
            ExprKind::Tuple(_) | ExprKind::Object(_) | ExprKind::Call(_) | ExprKind::Splat(_)
        );
        if makes && !self.effort.admits(&value, expr.span, diags) {
            return failed();
        }
        value
    }

    fn deeper(&self) -> Evaluator<'a> {
        Evaluator {
            depth: self.depth + 1,
            ..*self
        }
    }

    fn is_too_deep(&self, span: Span, diags: &mut Diags) -> bool {
        let too_deep = self.depth >= DEPTH_LIMIT;
        if too_deep {
            diags.push(
                Diag::error(codes::TOO_DEEP, "Expression nested too deeply")
                    .detail(format!("Expressions may be nested {DEPTH_LIMIT} levels deep."))
                    .help("Split it into local values.")
                    .at(span),
            );
        }
        too_deep
    }

    fn dispatch(&self, expr: &Expr, diags: &mut Diags) -> Value {
        match &expr.kind {
            ExprKind::Literal(value) => value.clone(),
            ExprKind::Template(parts) => self.template(parts, diags),
            ExprKind::TemplateWrap(inner) | ExprKind::Parens(inner) => self.eval(inner, diags),
            ExprKind::Reference(reference) => self.reference(reference, expr.span, diags),
            ExprKind::Traversal(source, steps) => {
                let value = self.eval(source, diags);
                traversal::steps(value, steps, diags)
            }
            ExprKind::Index(source, key) => {
                let source_value = self.eval(source, diags);
                let key_value = self.eval(key, diags);
                // From the bracket that opens.
                let brackets = Span {
                    start: source.span.end.min(expr.span.end),
                    ..expr.span
                };
                match traversal::index(&source_value, &key_value, brackets) {
                    Ok(v) => v,
                    Err(diag) => {
                        diags.push(*diag);
                        failed()
                    }
                }
            }
            ExprKind::Splat(splat) => self.splat(splat, diags),
            ExprKind::Call(call) => self.call(call, expr.span, diags),
            ExprKind::Conditional(arms) => self.conditional(arms, diags),
            ExprKind::Binary(op, operands) => self.binary(*op, operands, expr.span, diags),
            ExprKind::Chain(first, rest) => self.chain(first, rest, diags),
            ExprKind::Unary(op, operand) => self.unary(*op, operand, expr.span, diags),
            ExprKind::Tuple(items) => Value::tuple(items.iter().map(|e| self.eval(e, diags)).collect::<Vec<_>>()),
            ExprKind::Object(items) => self.object(items, diags),
            ExprKind::For(f) => self.for_expr(f, expr.span, diags),
        }
    }

    fn reference(&self, reference: &Reference, span: Span, diags: &mut Diags) -> Value {
        match self.cx.scope.reference(&reference.root.text, &reference.steps, span) {
            Ok((value, taken)) => traversal::steps(value, reference.steps.get(taken..).unwrap_or(&[]), diags),
            Err(diag) => {
                diags.push(diag);
                failed()
            }
        }
    }

    fn object(&self, items: &[(ObjectKey, Expr)], diags: &mut Diags) -> Value {
        let mut attributes = BTreeMap::new();
        let mut marks = Marks::NONE;
        let mut known = true;
        for (key, value) in items {
            let name = match key {
                ObjectKey::Name(ident) => Some(ident.text.clone()),
                ObjectKey::Expr(e) => {
                    let before = diags.len();
                    let (key_value, key_marks) = self.eval(e, diags).unmark();
                    if diags.len() == before {
                        diags.extend(ambiguous_key(e).into_iter().collect());
                    }
                    marks = marks.union(key_marks);
                    object_key(&key_value, e.span, diags)
                }
            };
            let value = self.eval(value, diags);
            match name {
                Some(name) => {
                    attributes.insert(name, value);
                }
                None => known = false,
            }
        }
        if known {
            Value::object(attributes).mark(marks)
        } else {
            failed().mark(marks)
        }
    }
}

/// A bare `a.b` is neither a name nor clearly a reference.
fn ambiguous_key(key: &Expr) -> Option<Diag> {
    matches!(key.kind, ExprKind::Reference(_)).then(|| {
        Diag::error(codes::AMBIGUOUS_KEY, "Ambiguous attribute key")
            .detail("A key with a dot or an index is neither a name nor clearly a reference.")
            .help("put it in parentheses for the value of the reference, or in quotes for the text")
            .at(key.span)
    })
}

/// The text of an object's key; `None` where it is unknown or wrong.
fn object_key(key: &Value, span: Span, diags: &mut Diags) -> Option<Str> {
    let diag = match &key.kind {
        Kind::Null(_) => Diag::error(codes::OBJECT_KEY, "Null value as key").detail("Can't use a null value as a key."),
        _ => match convert::convert(key, &Type::String) {
            Ok(Value {
                kind: Kind::String(s), ..
            }) => return Some(s),
            Ok(_) => return None,
            Err(e) => Diag::error(codes::OBJECT_KEY, "Incorrect key type")
                .detail(format!("Can't use this value as a key: {}.", e.message)),
        },
    };
    diags.push(diag.at(span));
    None
}

/// Adds problems that are not there yet: each pass of a loop may find the same ones. Looks back only so
/// far, so that many different problems do not cost the square of their number.
fn extend_new(diags: &mut Diags, more: Diags) {
    for diag in more {
        if !diags.iter().rev().take(64).any(|d| *d == diag) {
            diags.push(diag);
        }
    }
}

#[cfg(test)]
mod tests;
