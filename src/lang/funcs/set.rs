//! Functions of sets: union, intersection, difference, product.

use super::{CallContext, Function, FunctionError, FunctionResult, Param, ParamType, unknown};
use crate::base::{Marks, Type, Value};
use crate::lang::convert::{convert, unify_lossy};
use rustc_hash::FxHashSet;

const SET: ParamType = ParamType::Set(&ParamType::Any);

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "setunion",
        "The elements of any of the sets.",
        &[Param::new("first_set", SET)],
        set_type,
        |args, _| {
            let (element, sets) = prepare(args)?;
            let items: Vec<Value> = sets.into_iter().flatten().collect();
            Ok(Value::set(element, items))
        },
    )
    .checked(|args| common_element(args).map(|_| ()))
    .rest(Param::new("other_sets", SET)),
    Function::new(
        "setintersection",
        "The elements that all of the sets have.",
        &[Param::new("first_set", SET)],
        set_type,
        |args, _| {
            combine(args, |kept, others| {
                kept.retain(|v| others.contains(v));
            })
        },
    )
    .checked(|args| common_element(args).map(|_| ()))
    .rest(Param::new("other_sets", SET)),
    Function::new(
        "setsubtract",
        "The elements of the first set that the second lacks.",
        &[Param::new("a", SET), Param::new("b", SET)],
        set_type,
        |args, _| {
            combine(args, |kept, others| {
                kept.retain(|v| !others.contains(v));
            })
        },
    )
    .checked(|args| common_element(args).map(|_| ())),
    Function::new(
        "setproduct",
        "All combinations of one element of each of the sets or lists.",
        &[],
        product_type,
        product,
    )
    .checked(|args| columns(args).map(|_| ()))
    .rest(Param::any("sets").marked()),
];

fn element_type(args: &[Value]) -> Option<Type> {
    let types: Vec<Type> = args
        .iter()
        .filter_map(|a| match a.ty() {
            // An empty set of no type yet fits any.
            Type::Set(t) if *t == Type::Dynamic && a.elements().is_some_and(<[Value]>::is_empty) => None,
            Type::Set(t) => Some((*t).clone()),
            _ => None,
        })
        .collect();
    if types.is_empty() {
        return Some(Type::Dynamic);
    }
    unify_lossy(&types)
}

fn set_type(args: &[Value]) -> Type {
    element_type(args).map_or(Type::Dynamic, Type::set)
}

fn common_element(args: &[Value]) -> Result<Type, FunctionError> {
    element_type(args).ok_or_else(|| FunctionError::call("given sets must all have compatible element types"))
}

fn prepare(args: &[Value]) -> Result<(Type, Vec<Vec<Value>>), FunctionError> {
    let element = common_element(args)?;
    let set = Type::set(element.clone());
    let mut sets = Vec::with_capacity(args.len());
    for (i, arg) in args.iter().enumerate() {
        let converted = convert(arg, &set).map_err(|e| FunctionError::arg(i, e.to_string()))?;
        sets.push(converted.elements().unwrap_or_default().to_vec());
    }
    Ok((element, sets))
}

fn combine(args: &[Value], step: fn(&mut Vec<Value>, &FxHashSet<Value>)) -> FunctionResult {
    let (element, sets) = prepare(args)?;
    if !args.iter().all(Value::is_wholly_known) {
        return unknown(Type::set(element), Marks::NONE);
    }
    let mut sets = sets.into_iter();
    let mut kept = sets.next().unwrap_or_default();
    for other in sets {
        step(&mut kept, &other.into_iter().collect());
    }
    Ok(Value::set(element, kept))
}

/// Most combinations that one product may have.
const PRODUCT_MAX: usize = 1 << 20;

/// Types of the columns, and whether any is a set: then the product is a set too.
fn columns(args: &[Value]) -> Result<(Vec<Type>, bool), FunctionError> {
    if args.len() < 2 {
        return Err(FunctionError::call("at least two arguments are required"));
    }
    let mut any_set = false;
    let mut types = Vec::with_capacity(args.len());
    for (i, arg) in args.iter().enumerate() {
        types.push(match arg.ty() {
            Type::Set(t) => {
                any_set = true;
                (*t).clone()
            }
            Type::List(t) => (*t).clone(),
            Type::Tuple(ts) => {
                if ts.is_empty() {
                    Type::Dynamic
                } else {
                    unify_lossy(&ts).ok_or_else(|| FunctionError::arg(i, "all elements must be of the same type"))?
                }
            }
            Type::Dynamic if !arg.is_known() => Type::Dynamic,
            _ => return Err(FunctionError::arg(i, "a set or a list is required")),
        });
    }
    Ok((types, any_set))
}

fn product_type(args: &[Value]) -> Type {
    match columns(args) {
        Ok((types, true)) => Type::set(Type::tuple(types)),
        Ok((types, false)) => Type::list(Type::tuple(types)),
        Err(_) => Type::Dynamic,
    }
}

fn product(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let (types, any_set) = columns(args)?;
    let marks = args.iter().fold(Marks::NONE, |m, a| m.union(a.marks));
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for (i, (arg, ty)) in args.iter().zip(&types).enumerate() {
        let items = arg.elements().unwrap_or_default();
        let column = items
            .iter()
            .map(|v| convert(v, ty))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|e| FunctionError::arg(i, e.to_string()))?;
        if rows.len().saturating_mul(column.len()) > PRODUCT_MAX {
            return Err(FunctionError::call(format!("more than {PRODUCT_MAX} combinations")));
        }
        rows = rows
            .iter()
            .flat_map(|row| {
                column.iter().map(|v| {
                    let mut next = row.clone();
                    next.push(v.clone());
                    next
                })
            })
            .collect();
    }
    let element = Type::tuple(types);
    let rows: Vec<Value> = rows.into_iter().map(Value::tuple).collect();
    Ok(if any_set {
        Value::set(element, rows)
    } else {
        Value::list(element, rows)
    }
    .mark(marks))
}
