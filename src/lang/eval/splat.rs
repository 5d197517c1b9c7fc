//! Splats: steps applied to each element, where a single value counts as a list of one and null as none.

use super::{Evaluator, extend_new, failed, traversal};
use crate::base::{Diag, Diags, Kind, Type, Unknown, Value};
use crate::lang::ast::{SplatExpr, SplatStep};
use crate::lang::codes;
use crate::lang::convert::{convert, unify_lossy};
use std::sync::Arc;

impl Evaluator<'_> {
    pub(super) fn splat(&self, splat: &SplatExpr, diags: &mut Diags) -> Value {
        let (source, marks) = self.eval(&splat.source, diags).unmark();
        let ty = source.ty();
        let single = !matches!(ty, Type::List(_) | Type::Set(_) | Type::Tuple(_));
        if source.is_null() {
            if single {
                return Value::tuple(Vec::new()).mark(marks);
            }
            diags.push(
                Diag::error(codes::NULL_VALUE, "Splat of null value")
                    .detail("Splat expressions (with the * symbol) cannot be applied to null sequences.")
                    .at(splat.marker),
            );
            return failed();
        }
        if ty == Type::Dynamic {
            return failed().mark(marks);
        }
        let mut found = Diags::new();
        let result = match (&source.kind, &ty) {
            // Whether there will be one element or none depends on whether it will be null.
            (Kind::Unknown(u), _) if single && !u.not_null => {
                let element = self.each(source.clone(), splat, &mut found);
                let _ = element;
                failed()
            }
            _ if single => Value::tuple(vec![self.each(source.clone(), splat, &mut found)]),
            (Kind::Unknown(u), Type::Tuple(types)) => {
                let types: Vec<Type> = types
                    .iter()
                    .map(|t| self.each(Value::unknown(t.clone()), splat, &mut found).ty())
                    .collect();
                Kind::Unknown(Arc::new(Unknown {
                    not_null: u.not_null,
                    ..Unknown::of(Type::tuple(types))
                }))
                .into()
            }
            (Kind::Unknown(u), Type::List(t) | Type::Set(t)) => {
                let element = self.each(Value::unknown((**t).clone()), splat, &mut found).ty();
                Kind::Unknown(Arc::new(Unknown {
                    not_null: true,
                    length_min: u.length_min,
                    length_max: u.length_max,
                    ..Unknown::of(Type::list(element))
                }))
                .into()
            }
            (Kind::Tuple(items), _) => {
                let items: Vec<Value> = items
                    .iter()
                    .map(|v| self.each(v.clone(), splat, &mut found))
                    .collect();
                Value::tuple(items)
            }
            (Kind::List(t, items) | Kind::Set(t, items), _) => {
                let items: Vec<Value> = items
                    .iter()
                    .map(|v| self.each(v.clone(), splat, &mut found))
                    .collect();
                if items.is_empty() {
                    let element = self.each(Value::unknown(t.clone()), splat, &mut found).ty();
                    Value::list(element, Vec::new())
                } else {
                    as_list(items)
                }
            }
            _ => failed(),
        };
        let failed_inside = found.has_errors();
        extend_new(diags, found);
        if failed_inside { failed().mark(marks) } else { result.mark(marks) }
    }

    /// The steps after the splat, applied to one element.
    fn each(&self, mut value: Value, splat: &SplatExpr, diags: &mut Diags) -> Value {
        for step in &splat.each {
            let next = match step {
                SplatStep::Literal(s) => traversal::step(&value, s),
                SplatStep::Index(e) => {
                    let key = self.eval(e, diags);
                    traversal::index(&value, &key, e.span)
                }
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
