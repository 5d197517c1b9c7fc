//! Functions that make a collection of other collections: joined, flattened, sorted, cut, without doubles.

use super::{
    CallContext, Function, FunctionError, FunctionResult, Param, ParamType, dynamic_type, same_type, string_list_type,
    unknown, whole,
};
use crate::base::{Kind, Marks, Str, Type, Value};
use crate::lang::convert::{convert, unify_lossy};
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;

const LIST: ParamType = ParamType::List(&ParamType::Any);

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "concat",
        "The elements of lists one after the other.",
        &[],
        concat_type,
        concat,
    )
    .checked(check_concat)
    .rest(Param::any("seqs").marked()),
    Function::new(
        "merge",
        "The entries of maps or objects in one; of entries with the same key the last one stays.",
        &[],
        dynamic_type,
        merge,
    )
    .rest(Param::any("maps").null().unknown().marked()),
    Function::new(
        "flatten",
        "A list with each list in it, at any depth, replaced by its elements.",
        &[Param::any("list").marked()],
        dynamic_type,
        flatten,
    ),
    Function::new(
        "distinct",
        "A list without elements that are equal to an earlier one.",
        &[Param::new("list", LIST)],
        same_type,
        distinct,
    ),
    Function::new(
        "compact",
        "A list of texts without those that are empty or null.",
        &[Param::strings("list")],
        string_list_type,
        compact,
    ),
    Function::new(
        "sort",
        "A list of texts in the order of their Unicode code points.",
        &[Param::strings("list")],
        string_list_type,
        sort,
    ),
    Function::new(
        "reverse",
        "A list with its elements in reverse order.",
        &[Param::any("list").marked()],
        reverse_type,
        reverse,
    )
    .checked(check_reverse),
    Function::new(
        "slice",
        "The elements of a list from a start index up to, but without, an end index.",
        &[
            Param::any("list").marked(),
            Param::number("start_index"),
            Param::number("end_index"),
        ],
        slice_type,
        slice,
    )
    .checked(check_slice),
    Function::new(
        "chunklist",
        "A list cut into lists of a size.",
        &[Param::new("list", LIST).marked(), Param::number("size").marked()],
        |args| Type::list(same_type(args)),
        chunklist,
    ),
];

fn concat_type(args: &[Value]) -> Type {
    let types: Vec<Type> = args.iter().map(Value::ty).collect();
    if types.iter().all(|t| matches!(t, Type::List(_)))
        && let Some(t) = unify_lossy(&types)
    {
        return t;
    }
    let mut elements = Vec::new();
    for (arg, ty) in args.iter().zip(&types) {
        match (ty, arg.elements()) {
            (Type::Tuple(ts), _) => elements.extend(ts.iter().cloned()),
            (Type::List(_), Some(items)) => elements.extend(items.iter().map(Value::ty)),
            _ => return Type::Dynamic,
        }
    }
    Type::tuple(elements)
}

fn check_concat(args: &[Value]) -> Result<(), FunctionError> {
    for (i, arg) in args.iter().enumerate() {
        let ty = arg.ty();
        if !matches!(ty, Type::List(_) | Type::Tuple(_) | Type::Dynamic) {
            let message = format!("all arguments must be lists or tuples; got {}", ty.friendly_name());
            return Err(FunctionError::arg(i, message));
        }
    }
    Ok(())
}

fn concat(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    if args.is_empty() {
        return Err(FunctionError::call("at least one argument is required"));
    }
    let mut marks = Marks::NONE;
    let mut items = Vec::new();
    let mut types = Vec::with_capacity(args.len());
    for (i, arg) in args.iter().enumerate() {
        let (Kind::List(_, part) | Kind::Tuple(part)) = &arg.kind else {
            let got = arg.ty().friendly_name();
            return Err(FunctionError::arg(
                i,
                format!("all arguments must be lists or tuples; got {got}"),
            ));
        };
        if let Kind::List(t, _) = &arg.kind {
            types.push(t.clone());
        }
        items.extend(part.iter().cloned());
        marks = marks.union(arg.marks);
    }
    if types.len() == args.len() {
        types.dedup();
        if let Some(element) = unify_lossy(&types) {
            for item in &mut items {
                *item = convert(item, &element).map_err(|e| FunctionError::call(e.to_string()))?;
            }
            return Ok(Value::list(element, items).mark(marks));
        }
    }
    Ok(Value::tuple(items).mark(marks))
}

fn merge(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let mut marks = Marks::NONE;
    let mut same_map: Option<Type> = None;
    let mut all_same = true;
    let mut is_unknown = false;
    let mut has_unknown_map = false;
    let mut has_dynamic = false;
    let mut open = false;
    for (i, arg) in args.iter().enumerate() {
        marks = marks.union(arg.marks);
        if matches!(arg.kind, Kind::Object(_)) {
            // Its whole type may be as large as an object whose parts double with every level, and says nothing here.
            all_same = false;
            continue;
        }
        let ty = arg.ty();
        match &ty {
            Type::Dynamic => {
                has_dynamic = true;
                open |= !arg.is_known();
            }
            Type::Map(_) => has_unknown_map |= !arg.is_known(),
            Type::Object(_) => {}
            // After a value of no type yet, nothing more is looked at.
            _ if open => {}
            other => {
                let got = other.friendly_name();
                return Err(FunctionError::call(format!(
                    "arguments must be maps or objects, got {got:?}"
                )));
            }
        }
        is_unknown |= !arg.is_known();
        if i == 0 {
            same_map = Some(ty);
        } else {
            all_same &= same_map.as_ref() == Some(&ty);
        }
    }
    let map_type = match same_map {
        Some(Type::Map(t)) if all_same => Some((*t).clone()),
        _ => None,
    };
    if is_unknown {
        let ty = match map_type {
            Some(t) => Type::map(t),
            None if has_unknown_map || has_dynamic => Type::Dynamic,
            None => merged_object_type(args),
        };
        return unknown(ty, marks);
    }
    let mut merged: BTreeMap<Str, Value> = BTreeMap::new();
    for (i, entries) in args.iter().filter_map(Value::entries).enumerate() {
        if i == 0 {
            merged.clone_from(entries);
        } else {
            merged.extend(entries.iter().map(|(k, v)| (k.clone(), v.clone())));
        }
    }
    Ok(match map_type {
        Some(element) => Value::map(element, merged),
        None => Value::object(merged),
    }
    .mark(marks))
}

fn merged_object_type(args: &[Value]) -> Type {
    let mut attributes: BTreeMap<Str, Type> = BTreeMap::new();
    for arg in args.iter().filter(|a| !a.is_null()) {
        match (arg.ty(), arg.entries()) {
            (Type::Object(o), _) => attributes.extend(o.attributes.iter().map(|(k, t)| (k.clone(), t.clone()))),
            (Type::Map(t), Some(entries)) => attributes.extend(entries.keys().map(|k| (k.clone(), (*t).clone()))),
            _ => {}
        }
    }
    Type::object(attributes)
}

struct Flat {
    items: Vec<Value>,
    marks: Marks,
    certain: bool,
}

fn flatten(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let mut flat = Flat {
        items: Vec::new(),
        marks: Marks::NONE,
        certain: true,
    };
    match args.first() {
        Some(v) if v.elements().is_some() => flatten_into(v, &mut flat),
        _ => return Err(FunctionError::call("can only flatten lists, sets and tuples")),
    }
    if !flat.certain {
        return unknown(Type::Dynamic, flat.marks);
    }
    Ok(Value::tuple(flat.items).mark(flat.marks))
}

// Depth is bounded by the nesting of the value, which the parser bounds.
fn flatten_into(value: &Value, flat: &mut Flat) {
    flat.marks = flat.marks.union(value.marks);
    // A set with unknown elements may turn out to have fewer.
    if matches!(&value.kind, Kind::Set(_, items) if items.len() > 1) && !value.is_wholly_known() {
        flat.certain = false;
        return;
    }
    for item in value.elements().unwrap_or_default() {
        if item.elements().is_some() {
            flatten_into(item, flat);
            continue;
        }
        if let Kind::Unknown(u) = &item.kind
            && matches!(u.ty, Type::Dynamic | Type::List(_) | Type::Set(_) | Type::Tuple(_))
        {
            flat.certain = false;
            flat.marks = flat.marks.union(item.marks);
        } else {
            flat.items.push(item.clone());
        }
    }
}

fn list_of(args: &[Value]) -> (Type, &[Value]) {
    match args.first().map(|v| &v.kind) {
        Some(Kind::List(t, items)) => (t.clone(), items),
        _ => (Type::Dynamic, &[]),
    }
}

fn distinct(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let (element, items) = list_of(args);
    if !items.iter().all(Value::is_wholly_known) {
        return unknown(Type::list(element), Marks::NONE);
    }
    let mut seen = FxHashSet::default();
    let kept: Vec<Value> = items.iter().filter(|v| seen.insert(*v)).cloned().collect();
    Ok(Value::list(element, kept))
}

fn compact(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let (_, items) = list_of(args);
    if !items.iter().all(Value::is_known) {
        return unknown(Type::list(Type::String), Marks::NONE);
    }
    let kept: Vec<Value> = items
        .iter()
        .filter(|v| v.as_str().is_some_and(|s| !s.is_empty()))
        .cloned()
        .collect();
    Ok(Value::list(Type::String, kept))
}

fn sort(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let (_, items) = list_of(args);
    if !items.iter().all(Value::is_known) {
        // The order is not known, but the length is, where the elements stood in a list.
        let all: Vec<Value> = items.iter().map(|_| Value::unknown_not_null(Type::String)).collect();
        return Ok(Value::list(Type::String, all));
    }
    if let Some(i) = items.iter().position(Value::is_null) {
        let message = format!("given list element {i} is null; a null string cannot be sorted");
        return Err(FunctionError::call(message));
    }
    let mut sorted = items.to_vec();
    sorted.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    Ok(Value::list(Type::String, sorted))
}

fn reverse_type(args: &[Value]) -> Type {
    match same_type(args) {
        Type::Tuple(ts) => Type::tuple(ts.iter().rev().cloned()),
        Type::Set(t) => Type::List(t),
        other => other,
    }
}

fn check_reverse(args: &[Value]) -> Result<(), FunctionError> {
    match same_type(args) {
        Type::List(_) | Type::Set(_) | Type::Tuple(_) | Type::Dynamic => Ok(()),
        other => {
            let message = format!("can only reverse list or tuple values, not {}", other.friendly_name());
            Err(FunctionError::arg(0, message))
        }
    }
}

fn reverse(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let reversed = |items: &[Value]| items.iter().rev().cloned().collect::<Vec<_>>();
    match args.first().map(|v| (&v.kind, v.marks)) {
        Some((Kind::List(t, items) | Kind::Set(t, items), marks)) => {
            Ok(Value::list(t.clone(), reversed(items)).mark(marks))
        }
        Some((Kind::Tuple(items), marks)) => Ok(Value::tuple(reversed(items)).mark(marks)),
        _ => {
            check_reverse(args)?;
            unknown(Type::Dynamic, Marks::NONE)
        }
    }
}

fn slice_type(args: &[Value]) -> Type {
    let bound = |i| {
        args.get(i)
            .and_then(Value::as_i64)
            .and_then(|n| usize::try_from(n).ok())
    };
    match (same_type(args), bound(1), bound(2)) {
        (Type::Tuple(ts), Some(start), Some(end)) => match ts.get(start..end) {
            Some(part) => Type::tuple(part.iter().cloned()),
            None => Type::Dynamic,
        },
        (t @ Type::List(_), ..) => t,
        _ => Type::Dynamic,
    }
}

/// The part that `slice` takes, as far as it is known: a length that is not known fits any end.
fn slice_bounds(args: &[Value], length: Option<usize>) -> Result<(Option<usize>, Option<usize>), FunctionError> {
    let bound = |position: usize, name: &str| {
        if args.get(position).is_none_or(|v| !v.is_known()) {
            return Ok(None);
        }
        let n = whole(args, position)
            .map_err(|e| FunctionError::arg(position, format!("invalid {name} index: {}", e.message)))?;
        let n = usize::try_from(n)
            .map_err(|_| FunctionError::arg(position, format!("{name} index must not be less than zero")))?;
        if length.is_some_and(|length| n > length) {
            let message = format!("{name} index must not be greater than the length of the list");
            return Err(FunctionError::arg(position, message));
        }
        Ok(Some(n))
    };
    let (start, end) = (bound(1, "start")?, bound(2, "end")?);
    if start.zip(end).is_some_and(|(start, end)| start > end) {
        return Err(FunctionError::arg(1, "start index must not be greater than end index"));
    }
    Ok((start, end))
}

fn check_slice(args: &[Value]) -> Result<(), FunctionError> {
    let length = match same_type(args) {
        Type::Dynamic => return Ok(()),
        Type::Tuple(types) => Some(types.len()),
        Type::List(_) => args.first().and_then(Value::elements).map(<[Value]>::len),
        Type::Set(_) => {
            return Err(FunctionError::arg(
                0,
                "cannot slice a set, because its elements do not have indices; explicitly convert to a list if the \
                 ordering of the result is not important",
            ));
        }
        _ => return Err(FunctionError::arg(0, "must be a list or tuple value")),
    };
    slice_bounds(args, length).map(|_| ())
}

fn slice(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    check_slice(args)?;
    let (Some(list), Some(items)) = (args.first(), args.first().and_then(Value::elements)) else {
        return unknown(Type::Dynamic, Marks::NONE);
    };
    let (start, end) = slice_bounds(args, Some(items.len()))?;
    let part = start.zip(end).and_then(|(start, end)| items.get(start..end));
    let part = part.unwrap_or_default();
    Ok(match &list.kind {
        Kind::List(t, _) => Value::list(t.clone(), part),
        _ => Value::tuple(part),
    }
    .mark(list.marks))
}

fn chunklist(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let (element, items) = list_of(args);
    let marks = args.iter().fold(Marks::NONE, |m, a| m.union(a.marks));
    let size = whole(args, 1).map_err(|e| FunctionError::call(format!("invalid size: {}", e.message)))?;
    let size = usize::try_from(size).map_err(|_| FunctionError::call("the size argument must be positive"))?;
    // Size 0 means one chunk.
    let size = if size == 0 { items.len().max(1) } else { size };
    let inner = Type::list(element.clone());
    let chunks: Vec<Value> = items.chunks(size).map(|c| Value::list(element.clone(), c)).collect();
    Ok(Value::list(inner, chunks).mark(marks))
}
