//! Splats: steps applied to each element, where a single value counts as a list of one and null as none.

use super::{Evaluator, extend_new, failed, traversal};
use crate::base::{Diag, Diags, Kind, Span, Type, Unknown, Value};
use crate::lang::ast::{SplatExpr, SplatStep};
use crate::lang::codes;
use crate::lang::convert::{convert, unify_lossy};
use std::sync::Arc;

impl Evaluator<'_> {
    pub(super) fn splat(&self, splat: &SplatExpr, diags: &mut Diags) -> Value {
        let source = self.eval(&splat.source, diags);
        let mut found = Diags::new();
        let result = self.splat_of(source, splat.marker, &splat.each, &mut found);
        extend_new(diags, found);
        result
    }

    fn splat_of(&self, source: Value, marker: Span, each: &[SplatStep], diags: &mut Diags) -> Value {
        let (source, marks) = source.unmark();
        let ty = source.ty();
        let single = !matches!(ty, Type::List(_) | Type::Set(_) | Type::Tuple(_));
        if source.is_null() {
            if single {
                return Value::tuple(Vec::new()).mark(marks);
            }
            diags.push(
                Diag::error(codes::NULL_VALUE, "Splat of null value")
                    .detail("Splat expressions (with the * symbol) cannot be applied to null sequences.")
                    .at(marker),
            );
            return failed();
        }
        if ty == Type::Dynamic {
            return failed().mark(marks);
        }
        let before = diags.len();
        let mut steps = |v: Value| self.each(v, each, diags);
        let result = match (&source.kind, &ty) {
            // Whether there will be one element or none depends on whether it will be null.
            (Kind::Unknown(u), _) if single && !u.not_null => {
                steps(source.clone());
                failed()
            }
            _ if single => Value::tuple(vec![steps(source.clone())]),
            (Kind::Unknown(u), Type::Tuple(types)) => Kind::Unknown(Arc::new(Unknown {
                not_null: u.not_null,
                ..Unknown::of(Type::tuple(types.iter().map(|t| steps(Value::unknown(t.clone())).ty())))
            }))
            .into(),
            (Kind::Unknown(u), Type::List(t) | Type::Set(t)) => Kind::Unknown(Arc::new(Unknown {
                not_null: true,
                length_min: u.length_min,
                length_max: u.length_max,
                ..Unknown::of(Type::list(steps(Value::unknown((**t).clone())).ty()))
            }))
            .into(),
            (Kind::Tuple(items), _) => Value::tuple(items.iter().map(|v| steps(v.clone())).collect::<Vec<_>>()),
            (Kind::List(t, items) | Kind::Set(t, items), _) if items.is_empty() => {
                Value::list(steps(Value::unknown(t.clone())).ty(), Vec::new())
            }
            (Kind::List(_, items) | Kind::Set(_, items), _) => {
                as_list(items.iter().map(|v| steps(v.clone())).collect())
            }
            _ => failed(),
        };
        if diags.len() > before {
            failed().mark(marks)
        } else {
            result.mark(marks)
        }
    }

    /// The steps after a splat, applied to one element.
    fn each(&self, mut value: Value, each: &[SplatStep], diags: &mut Diags) -> Value {
        for step in each {
            let next = match step {
                SplatStep::Literal(s) => traversal::step(&value, s),
                SplatStep::Index(e) => {
                    let key = self.eval(e, diags);
                    traversal::index(&value, &key, e.span)
                }
                SplatStep::Splat { marker, each, .. } => Ok(self.splat_of(value.clone(), *marker, each, diags)),
            };
            value = match next {
                Ok(v) => v,
                Err(diag) => {
                    extend_new(diags, Diags::from(*diag));
                    return failed();
                }
            };
        }
        value
    }
}

/// A list of elements that came from elements of one type: they have one type, or dynamic parts that differ.
fn as_list(items: Vec<Value>) -> Value {
    let types: Vec<Type> = items.iter().map(Value::ty).collect();
    let Some(element) = unify_lossy(&types) else {
        return Value::tuple(items);
    };
    let converted: Result<Vec<Value>, _> = items.iter().map(|v| convert(v, &element)).collect();
    match converted {
        Ok(converted) => Value::list(element, converted),
        Err(_) => Value::tuple(items),
    }
}
