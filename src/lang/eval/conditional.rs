//! Conditionals: one type for both arms, and what is known when the condition is not.

use super::{Evaluator, failed};
use crate::base::{Diag, Diags, Kind, Span, Str, Type, Unknown, Value};
use crate::lang::ast::Expr;
use crate::lang::codes;
use crate::lang::convert::{convert, unify_lossy};
use std::sync::Arc;

/// The arms of a conditional and their problems, of which only those of the arm taken are reported.
pub(super) struct Arms {
    pub(super) yes: (Value, Diags),
    pub(super) no: (Value, Diags),
    /// The whole of both arms.
    pub(super) spans: (Span, Span),
}

impl Evaluator<'_> {
    pub(super) fn conditional(&self, parts: &[Expr; 3], diags: &mut Diags) -> Value {
        let [condition, yes, no] = parts;
        let arm = |e: &Expr| {
            let mut found = Diags::new();
            let value = self.eval(e, &mut found);
            (value, found)
        };
        let arms = Arms {
            yes: arm(yes),
            no: arm(no),
            spans: (yes.span, no.span),
        };
        self.choose(condition, arms, diags)
    }

    /// Chooses between two arms that were evaluated both, since the result's type depends on both.
    pub(super) fn choose(&self, condition: &Expr, arms: Arms, diags: &mut Diags) -> Value {
        let (yes, no) = (&arms.yes.0, &arms.no.0);
        let untyped_null = |v: &Value| matches!(v.kind, Kind::Null(Type::Dynamic));
        let unified = if untyped_null(yes) {
            Some(no.ty())
        } else if untyped_null(no) {
            Some(yes.ty())
        } else if yes.ty() == Type::Dynamic || no.ty() == Type::Dynamic {
            Some(Type::Dynamic)
        } else {
            unify_lossy(&[yes.ty(), no.ty()])
        };
        let Some(ty) = unified else {
            diags.push(
                inconsistent(format!("{}.", describe(&yes.ty(), &no.ty())))
                    .related(arms.spans.0, format!("this is {}", yes.ty().friendly_name()))
                    .related(arms.spans.1, format!("this is {}", no.ty().friendly_name()))
                    .at(arms.spans.0.to(arms.spans.1)),
            );
            return failed();
        };
        let (test, marks) = self.eval(condition, diags).unmark();
        // What is not chosen is as telling as what is.
        let marks = marks.union(yes.marks).union(no.marks);
        let test = match condition_value(&test, condition.span) {
            Ok(test) => test,
            Err(diag) => {
                diags.push(*diag);
                return Value::unknown(ty);
            }
        };
        let (name, (value, found), span) = match test {
            Some(true) => ("true", arms.yes, arms.spans.0),
            Some(false) => ("false", arms.no, arms.spans.1),
            None => {
                diags.extend(arms.yes.1);
                diags.extend(arms.no.1);
                return either(&arms.yes.0, &arms.no.0, &ty).mark(marks);
            }
        };
        diags.extend(found);
        match convert(&value, &ty) {
            Ok(v) => v.mark(marks),
            Err(e) => {
                diags.push(
                    Diag::error(codes::CONDITIONAL_TYPES, "Inconsistent conditional result types")
                        .detail(format!("The {name} result value has the wrong type: {}.", e.message))
                        .at(span),
                );
                Value::unknown(ty)
            }
        }
    }
}

fn inconsistent(why: String) -> Diag {
    Diag::error(codes::CONDITIONAL_TYPES, "Inconsistent conditional result types").detail(format!(
        "The true and false result expressions must have consistent types. {why}"
    ))
}

/// The truth of a condition; `None` when it is unknown.
fn condition_value(test: &Value, span: Span) -> Result<Option<bool>, Box<Diag>> {
    if test.is_null() {
        return Err(Box::new(
            Diag::error(codes::CONDITION, "Null condition")
                .detail("The condition value is null. Conditions must either be true or false.")
                .at(span),
        ));
    }
    if !test.is_known() {
        return Ok(None);
    }
    match convert(test, &Type::Bool) {
        Ok(v) => Ok(v.as_bool()),
        Err(_) => Err(Box::new(
            Diag::error(codes::CONDITION, "Incorrect condition type")
                .detail("The condition expression must be of type bool.")
                .at(span),
        )),
    }
}

/// What is known of a value that will be one of two.
fn either(yes: &Value, no: &Value, ty: &Type) -> Value {
    let marks = yes.marks_deep().union(no.marks_deep());
    let (a, b) = match (convert(yes, ty), convert(no, ty)) {
        (Ok(a), Ok(b)) => (a.unmark_deep().0, b.unmark_deep().0),
        _ => return Value::unknown(ty.clone()).mark(marks),
    };
    if a.is_wholly_known() && a == b {
        return a.mark(marks);
    }
    let (a, b) = (bounds(&a), bounds(&b));
    let mut out = Unknown {
        not_null: a.not_null && b.not_null,
        ..Unknown::of(ty.clone())
    };
    match ty {
        Type::String => out.prefix = common_prefix(a.prefix, b.prefix),
        Type::List(_) | Type::Set(_) | Type::Map(_) => {
            out.length_min = a.length_min.min(b.length_min);
            out.length_max = a.length_max.zip(b.length_max).map(|(x, y)| x.max(y));
        }
        _ => {}
    }
    Value::from(Kind::Unknown(Arc::new(out))).mark(marks)
}

/// A value's properties as if it were unknown.
fn bounds(value: &Value) -> Unknown {
    let mut out = match &value.kind {
        Kind::Unknown(u) => return (**u).clone(),
        Kind::Null(t) => return Unknown::of(t.clone()),
        _ => Unknown::of(value.ty()),
    };
    out.not_null = true;
    if let Some(s) = value.as_str() {
        out.prefix = Some(s.into());
    }
    let length = match &value.kind {
        Kind::Map(_, m) => Some((m.len(), m.len())),
        Kind::List(_, v) => Some((v.len(), v.len())),
        // Elements of a set that are not known yet may turn out to be equal to others.
        Kind::Set(_, v) if value.is_wholly_known() => Some((v.len(), v.len())),
        Kind::Set(_, v) => Some((v.len().min(1), v.len())),
        _ => None,
    };
    if let Some((min, max)) = length {
        out.length_min = min;
        out.length_max = Some(max);
    }
    out
}

fn common_prefix(a: Option<Str>, b: Option<Str>) -> Option<Str> {
    let (a, b) = (a?, b?);
    let shared: String = a
        .chars()
        .zip(b.chars())
        .take_while(|(x, y)| x == y)
        .map(|(x, _)| x)
        .collect();
    super::template::safe_prefix(&shared)
}

/// How two types differ that have none in common.
fn describe(yes: &Type, no: &Type) -> String {
    match (yes, no) {
        (Type::Object(a), Type::Object(b)) => {
            for (name, t) in &a.attributes {
                match b.attributes.get(name) {
                    None => {
                        return format!(
                            "The 'true' value includes object attribute {name:?}, which is absent in the 'false' value"
                        );
                    }
                    Some(u) if t != u => {
                        return format!("Type mismatch for object attribute {name:?}: {}", describe(t, u));
                    }
                    Some(_) => {}
                }
            }
            match b.attributes.keys().find(|n| !a.attributes.contains_key(*n)) {
                Some(name) => {
                    format!("The 'false' value includes object attribute {name:?}, which is absent in the 'true' value")
                }
                None => names(yes, no),
            }
        }
        (Type::Tuple(a), Type::Tuple(b)) if a.len() != b.len() => format!(
            "The 'true' tuple has length {}, but the 'false' tuple has length {}",
            a.len(),
            b.len()
        ),
        (Type::Tuple(a), Type::Tuple(b)) => a
            .iter()
            .zip(b.iter())
            .enumerate()
            .find(|(_, (t, u))| t != u)
            .map(|(i, (t, u))| format!("Type mismatch for tuple element {i}: {}", describe(t, u)))
            .unwrap_or_else(|| names(yes, no)),
        (Type::List(a), Type::List(b)) => format!("Mismatched list element types: {}", describe(a, b)),
        (Type::Set(a), Type::Set(b)) => format!("Mismatched set element types: {}", describe(a, b)),
        (Type::Map(a), Type::Map(b)) => format!("Mismatched map element types: {}", describe(a, b)),
        _ => names(yes, no),
    }
}

fn names(yes: &Type, no: &Type) -> String {
    let (a, b) = (yes.friendly_name(), no.friendly_name());
    if a == b {
        return "At least one deeply-nested attribute or element is not compatible across both the 'true' and the \
                'false' value"
            .into();
    }
    format!("The 'true' value is {a}, but the 'false' value is {b}")
}
