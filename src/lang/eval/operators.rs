//! Arithmetic, comparison, equality and logic.

use super::Evaluator;
use crate::base::{Diag, Diags, Kind, Number, Span, Type, Unknown, Value};
use crate::lang::ast::{BinaryOp, Expr, UnaryOp};
use crate::lang::codes;
use crate::lang::convert::convert;

impl Evaluator<'_> {
    pub(super) fn binary(&self, op: BinaryOp, operands: &[Expr; 2], span: Span, diags: &mut Diags) -> Value {
        let [left, right] = operands;
        let a = self.eval(left, diags);
        let b = self.eval(right, diags);
        apply(op, (a, left.span), (b, right.span), span, diags)
    }

    /// Operators of one precedence, from left to right.
    pub(super) fn chain(&self, first: &Expr, rest: &[(BinaryOp, Expr)], diags: &mut Diags) -> Value {
        let mut value = self.eval(first, diags);
        let mut span = first.span;
        for (op, right) in rest {
            let b = self.eval(right, diags);
            let whole = span.to(right.span);
            value = apply(*op, (value, span), (b, right.span), whole, diags);
            span = whole;
        }
        value
    }

    pub(super) fn unary(&self, op: UnaryOp, inner: &Expr, span: Span, diags: &mut Diags) -> Value {
        let ty = match op {
            UnaryOp::Negate => Type::Number,
            UnaryOp::Not => Type::Bool,
        };
        let value = self.eval(inner, diags);
        let Some(value) = operand(&value, &ty, "unary operand", inner.span, diags) else {
            return Value::unknown(ty);
        };
        let result = match &value.kind {
            Kind::Null(_) => {
                diags.push(failure("argument must not be null", span));
                return Value::unknown(ty);
            }
            Kind::Number(n) => Value::number(n.neg()),
            Kind::Bool(b) => Value::bool(!b),
            _ => Value::unknown_not_null(ty),
        };
        result.mark(value.marks)
    }
}

/// The result of an operator for values that come from two places.
fn apply(
    op: BinaryOp,
    (a, left_span): (Value, Span),
    (b, right_span): (Value, Span),
    span: Span,
    diags: &mut Diags,
) -> Value {
    if matches!(op, BinaryOp::Equal | BinaryOp::NotEqual) {
        let marks = a.marks_deep().union(b.marks_deep());
        let result = equal(&a, &b).map(|same| same == (op == BinaryOp::Equal));
        return known_bool(result).mark(marks);
    }
    let (operand_ty, result_ty) = types(op);
    let a = operand(&a, &operand_ty, "left operand", left_span, diags);
    let b = operand(&b, &operand_ty, "right operand", right_span, diags);
    let (Some(a), Some(b)) = (a, b) else {
        return Value::unknown(result_ty);
    };
    let marks = a.marks.union(b.marks);
    let result = if a.is_null() || b.is_null() {
        Err("argument must not be null")
    } else {
        compute(op, &a, &b)
    };
    match result {
        Ok(Some(v)) => v.mark(marks),
        Ok(None) => Value::unknown_not_null(result_ty).mark(marks),
        Err(why) => {
            diags.push(failure(why, span));
            Value::unknown(result_ty)
        }
    }
}

fn failure(why: &str, span: Span) -> Diag {
    Diag::error(codes::OPERATION, "Operation failed")
        .detail(format!("Error during operation: {why}."))
        .at(span)
}

/// What the operands are converted to, and the type of the result.
fn types(op: BinaryOp) -> (Type, Type) {
    use BinaryOp::*;
    match op {
        Or | And => (Type::Bool, Type::Bool),
        Equal | NotEqual => (Type::Dynamic, Type::Bool),
        Greater | GreaterEqual | Less | LessEqual => (Type::Number, Type::Bool),
        Add | Subtract | Multiply | Divide | Modulo => (Type::Number, Type::Number),
    }
}

fn operand(value: &Value, ty: &Type, which: &str, span: Span, diags: &mut Diags) -> Option<Value> {
    match convert(value, ty) {
        Ok(v) => Some(v),
        Err(e) => {
            diags.push(
                Diag::error(codes::OPERAND, "Invalid operand")
                    .detail(format!("Unsuitable value for {which}: {}.", e.message))
                    .at(span),
            );
            None
        }
    }
}

fn known_bool(result: Option<bool>) -> Value {
    match result {
        Some(b) => Value::bool(b),
        None => Value::unknown_not_null(Type::Bool),
    }
}

/// The result for operands of the right type that are not null; `None` when it is unknown.
fn compute(op: BinaryOp, a: &Value, b: &Value) -> Result<Option<Value>, &'static str> {
    use BinaryOp::*;
    if matches!(op, Or | And) {
        // Both sides count, as in Terraform: one that is not known leaves the result open.
        let sides = a.as_bool().zip(b.as_bool());
        return Ok(sides.map(|(x, y)| Value::bool(if op == Or { x || y } else { x && y })));
    }
    let (Some(x), Some(y)) = (a.as_number(), b.as_number()) else {
        return Ok(None);
    };
    Ok(Some(match op {
        Greater => Value::bool(x > y),
        GreaterEqual => Value::bool(x >= y),
        Less => Value::bool(x < y),
        LessEqual => Value::bool(x <= y),
        _ => Value::number(arithmetic(op, x, y)?),
    }))
}

fn arithmetic(op: BinaryOp, x: &Number, y: &Number) -> Result<Number, &'static str> {
    match op {
        BinaryOp::Add => x.add(y).ok_or("can't compute sum of opposing infinities"),
        BinaryOp::Subtract => x.sub(y).ok_or("can't subtract infinity from itself"),
        BinaryOp::Multiply => x.mul(y).ok_or("can't multiply zero by infinity"),
        BinaryOp::Divide => x.div(y).ok_or("can't divide zero by zero or infinity by infinity"),
        _ if x.is_infinite() || y.is_infinite() => Err("can't use modulo with infinity"),
        _ => x.rem(y).ok_or("can't use modulo with zero and infinity"),
    }
}

/// Whether two values are equal, marks aside; `None` when that is unknown. Values of different types
/// are different; nulls are equal whatever their type.
pub(crate) fn equal(a: &Value, b: &Value) -> Option<bool> {
    match (&a.kind, &b.kind) {
        (Kind::Null(_), Kind::Null(_)) => Some(true),
        (Kind::Unknown(u), Kind::Unknown(v)) => match (&u.prefix, &v.prefix) {
            (Some(p), Some(q)) if u.not_null && v.not_null => {
                let (short, long) = if p.len() <= q.len() { (p, q) } else { (q, p) };
                (!long.starts_with(&**short)).then_some(false)
            }
            _ => None,
        },
        (Kind::Unknown(u), _) => may_be(u, b),
        (_, Kind::Unknown(u)) => may_be(u, a),
        (Kind::Null(_), _) | (_, Kind::Null(_)) => Some(false),
        (Kind::List(t, x), Kind::List(u, y)) if t == u || t.has_dynamic() || u.has_dynamic() => sequences(x, y),
        (Kind::Tuple(x), Kind::Tuple(y)) => sequences(x, y),
        (Kind::Set(t, x), Kind::Set(u, y)) if t == u || t.has_dynamic() || u.has_dynamic() => {
            if a.is_wholly_known() && b.is_wholly_known() {
                sequences(x, y)
            } else {
                None
            }
        }
        (Kind::Map(t, x), Kind::Map(u, y)) if t == u || t.has_dynamic() || u.has_dynamic() => {
            if !x.keys().eq(y.keys()) {
                return Some(false);
            }
            all_equal(x.values().zip(y.values()))
        }
        (Kind::Object(x), Kind::Object(y)) => {
            if !x.keys().eq(y.keys()) {
                return Some(false);
            }
            all_equal(x.values().zip(y.values()))
        }
        (Kind::Bool(x), Kind::Bool(y)) => Some(x == y),
        (Kind::Number(x), Kind::Number(y)) => Some(x == y),
        (Kind::String(x), Kind::String(y)) => Some(x == y),
        _ => Some(false),
    }
}

fn sequences(x: &[Value], y: &[Value]) -> Option<bool> {
    if x.len() != y.len() {
        return Some(false);
    }
    all_equal(x.iter().zip(y))
}

/// One pair that differs decides; one that is unknown leaves it open.
fn all_equal<'a>(pairs: impl Iterator<Item = (&'a Value, &'a Value)>) -> Option<bool> {
    let mut result = Some(true);
    for (a, b) in pairs {
        match equal(a, b) {
            Some(false) => return Some(false),
            None => result = None,
            Some(true) => {}
        }
    }
    result
}

/// Whether two types may turn out to be the same one when what is not known of them is.
pub(crate) fn may_conform(a: &Type, b: &Type) -> bool {
    match (a, b) {
        (Type::Dynamic, _) | (_, Type::Dynamic) => true,
        (Type::List(a), Type::List(b)) | (Type::Set(a), Type::Set(b)) | (Type::Map(a), Type::Map(b)) => {
            may_conform(a, b)
        }
        (Type::Tuple(a), Type::Tuple(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| may_conform(a, b))
        }
        (Type::Object(a), Type::Object(b)) => {
            a.attributes.keys().eq(b.attributes.keys())
                && a.attributes
                    .values()
                    .zip(b.attributes.values())
                    .all(|(a, b)| may_conform(a, b))
        }
        _ => a == b,
    }
}

/// Whether an unknown value may become a known one.
fn may_be(u: &Unknown, known: &Value) -> Option<bool> {
    if known.is_null() {
        return u.not_null.then_some(false);
    }
    if let (Some(prefix), Some(text)) = (&u.prefix, known.as_str())
        && !text.starts_with(&**prefix)
    {
        return Some(false);
    }
    if !may_conform(&u.ty, &known.ty()) {
        return Some(false);
    }
    let length = match &known.kind {
        Kind::List(_, v) => Some(v.len()),
        Kind::Map(_, m) => Some(m.len()),
        Kind::Set(_, v) if known.is_wholly_known() => Some(v.len()),
        _ => None,
    };
    match length {
        Some(n) if n < u.length_min || u.length_max.is_some_and(|max| n > max) => Some(false),
        _ => None,
    }
}
