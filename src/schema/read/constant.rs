//! Constants of schema files: literals, lists and objects of them. Anything else is none.

use crate::base::{Number, Value};
use crate::lang::ast::{Expr, ExprKind, ObjectKey, TemplatePart, UnaryOp};

/// The value of an expression that refers to nothing and calls nothing.
pub(in crate::schema) fn constant(expr: &Expr) -> Option<Value> {
    match &expr.kind {
        ExprKind::Literal(value) => Some(value.clone()),
        ExprKind::Parens(inner) => constant(inner),
        ExprKind::Unary(UnaryOp::Negate, inner) => match constant(inner)?.as_number()? {
            Number::Int(i) => Some(Value::int(i.checked_neg()?)),
            Number::Big(_) => None,
        },
        ExprKind::Template(parts) => {
            let text: Option<String> = parts
                .iter()
                .map(|part| match part {
                    TemplatePart::Literal(text, _) => Some(&**text),
                    _ => None,
                })
                .collect();
            Some(Value::string(text?))
        }
        ExprKind::Tuple(items) => {
            let items: Option<Vec<Value>> = items.iter().map(constant).collect();
            Some(Value::tuple(items?))
        }
        ExprKind::Object(items) => {
            let mut out = Vec::with_capacity(items.len());
            for (key, value) in items.iter() {
                let key = match key {
                    ObjectKey::Name(ident) => ident.text.clone(),
                    ObjectKey::Expr(expr) => constant(expr)?.as_str()?.into(),
                };
                out.push((key, constant(value)?));
            }
            Some(Value::object_of(out))
        }
        _ => None,
    }
}
