//! Functions that turn collections about: keys with values, rows with columns.

use super::{CallContext, Function, FunctionError, FunctionResult, Param, ParamType, same_type, unknown};
use crate::base::{Kind, Marks, Str, Type, Value};
use crate::lang::convert::{convert, unify_lossy};
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;

const LIST: ParamType = ParamType::List(&ParamType::Any);
const MAP_OF_STRINGS: ParamType = ParamType::Map(&ParamType::List(&ParamType::String));

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "zipmap",
        "A map of a list of keys and a list of values.",
        &[Param::strings("keys").marked(), Param::any("values").marked()],
        zipmap_type,
        zipmap,
    )
    .checked(check_zipmap),
    Function::new(
        "matchkeys",
        "The values whose key, at the same place of a second list, is in a third list.",
        &[
            Param::new("values", LIST),
            Param::new("keys", LIST),
            Param::new("searchset", LIST),
        ],
        same_type,
        matchkeys,
    )
    .checked(|args| key_type(args).map(|_| ())),
    Function::new(
        "transpose",
        "A map of lists with keys and elements exchanged.",
        &[Param::new("values", MAP_OF_STRINGS).marked()],
        |_| Type::map(Type::list(Type::String)),
        transpose,
    ),
];

fn zipmap_type(args: &[Value]) -> Type {
    match args.get(1).map(Value::ty) {
        Some(Type::List(t)) => Type::Map(t),
        Some(Type::Tuple(types)) => {
            let keys: Option<Vec<Str>> = args
                .first()
                .and_then(Value::elements)
                .and_then(|keys| keys.iter().map(|k| k.as_str().map(Str::from)).collect());
            match keys {
                Some(keys) => Type::object(keys.into_iter().zip(types.iter().cloned())),
                None => Type::Dynamic,
            }
        }
        _ => Type::Dynamic,
    }
}

const NO_VALUES: &str = "values argument must be a list or tuple value";

fn check_zipmap(args: &[Value]) -> Result<(), FunctionError> {
    match args.get(1).map(Value::ty) {
        Some(Type::List(_) | Type::Tuple(_) | Type::Dynamic) => Ok(()),
        _ => Err(FunctionError::call(NO_VALUES)),
    }
}

fn zipmap(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let (Some(keys), Some(values)) = (args.first(), args.get(1)) else {
        return unknown(Type::Dynamic, Marks::NONE);
    };
    let (Kind::List(_, items) | Kind::Tuple(items)) = &values.kind else {
        return Err(FunctionError::call(NO_VALUES));
    };
    let names = keys.elements().unwrap_or_default();
    let marks = names
        .iter()
        .fold(keys.marks.union(values.marks), |m, k| m.union(k.marks));
    if !names.iter().all(Value::is_known) {
        return unknown(zipmap_type(args), marks);
    }
    if names.len() != items.len() {
        let message = format!(
            "number of keys ({}) does not match number of values ({})",
            names.len(),
            items.len()
        );
        return Err(FunctionError::call(message));
    }
    let mut entries: BTreeMap<Str, Value> = BTreeMap::new();
    for (i, (name, item)) in names.iter().zip(items.iter()).enumerate() {
        let Kind::String(name) = &name.kind else {
            return Err(FunctionError::arg(
                0,
                format!("element {i} is null; a key must not be null"),
            ));
        };
        entries.insert(Str::clone(name), item.clone());
    }
    Ok(match &values.kind {
        Kind::List(t, _) => Value::map(t.clone(), entries),
        _ => Value::object(entries),
    }
    .mark(marks))
}

/// The element type of a list.
fn element(list: &Value) -> Type {
    match list.ty() {
        Type::List(t) => (*t).clone(),
        _ => Type::Dynamic,
    }
}

/// The type that keys and searched keys have in common.
fn key_type(args: &[Value]) -> Result<Type, FunctionError> {
    let keys: Vec<Type> = args.iter().skip(1).map(element).collect();
    unify_lossy(&keys).ok_or_else(|| FunctionError::call("keys and searchset must be of the same type"))
}

fn matchkeys(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let [values, keys, wanted] = args else {
        return unknown(same_type(args), Marks::NONE);
    };
    let items = |v: &Value| v.elements().unwrap_or_default().to_vec();
    let key_type = key_type(args)?;
    let (values, value_type) = (items(values), element(values));
    let as_keys = |v: &Value| {
        let converted = items(v)
            .iter()
            .map(|k| convert(k, &key_type))
            .collect::<Result<Vec<_>, _>>();
        converted.map_err(|_| FunctionError::call("keys and searchset must be of the same type"))
    };
    let (keys, wanted) = (as_keys(keys)?, as_keys(wanted)?);
    if values.len() != keys.len() {
        return Err(FunctionError::call("length of keys and values should be equal"));
    }
    if !values.is_empty() && !keys.iter().chain(&wanted).all(Value::is_wholly_known) {
        return unknown(Type::list(value_type), Marks::NONE);
    }
    let wanted: FxHashSet<&Value> = wanted.iter().collect();
    let kept: Vec<Value> = values
        .into_iter()
        .zip(&keys)
        .filter(|(_, key)| wanted.contains(key))
        .map(|(value, _)| value)
        .collect();
    Ok(Value::list(value_type, kept))
}

fn transpose(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let marks = args.iter().fold(Marks::NONE, |m, a| m.union(a.marks_deep()));
    let list = Type::list(Type::String);
    let Some(entries) = args.first().and_then(Value::entries) else {
        return unknown(Type::map(list), marks);
    };
    let mut turned: BTreeMap<Str, Vec<Value>> = BTreeMap::new();
    for (key, items) in entries {
        if items.is_null() {
            return Err(FunctionError::call("input must not contain null list"));
        }
        let Some(items) = items.elements() else {
            return unknown(Type::map(list), marks);
        };
        for item in items {
            match &item.kind {
                Kind::String(s) => turned
                    .entry(Str::clone(s))
                    .or_default()
                    .push(Value::string(Str::clone(key))),
                Kind::Null(_) => return Err(FunctionError::call("input list must not contain null string")),
                _ => return unknown(Type::map(list), marks),
            }
        }
    }
    // Keys come in order, so each list is sorted already.
    let turned = turned
        .into_iter()
        .map(|(k, v)| (k, Value::list(Type::String, v)))
        .collect();
    Ok(Value::map(list, turned).mark(marks))
}
