//! Functions that look into a collection: length, one element, keys, values, whether something is there.

use super::{
    CallContext, Function, FunctionError, FunctionResult, Param, bool_type, dynamic_type, length_value, number_type,
    unknown, whole,
};
use crate::base::{Kind, Marks, Str, Type, Value};
use crate::lang::convert::{convert, unify_lossy};

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "length",
        "How many elements a collection has, or characters a text.",
        &[Param::any("value").unknown().marked()],
        number_type,
        length,
    ),
    Function::new(
        "element",
        "The element at an index; an index beyond the end begins again at the first element.",
        &[Param::any("list").marked(), Param::number("index")],
        element_type,
        element,
    )
    .checked(|args| sequence(args).map(|_| ()))
    .may_be_null(),
    Function::new(
        "index",
        "The index of the first element that equals a value.",
        &[Param::any("list"), Param::any("value")],
        number_type,
        index,
    ),
    Function::new(
        "contains",
        "Whether a list, tuple or set has an element that equals a value.",
        &[Param::any("list"), Param::any("value").unknown()],
        bool_type,
        contains,
    ),
    Function::new(
        "lookup",
        "The element of a map at a key, or else a default.",
        &[Param::any("inputMap").marked(), Param::string("key").marked()],
        lookup_type,
        lookup,
    )
    .checked(check_lookup)
    .rest(Param::any("default").null().unknown().marked())
    .may_be_null(),
    Function::new(
        "keys",
        "The keys of a map or names of an object, sorted.",
        &[Param::any("inputMap").unknown().marked()],
        keys_type,
        keys,
    ),
    Function::new(
        "values",
        "The elements of a map or object in the order of their keys.",
        &[Param::any("mapping").marked()],
        values_type,
        values,
    )
    .checked(check_values),
    Function::new(
        "one",
        "The only element of a collection, or null when it is empty.",
        &[Param::any("list")],
        one_type,
        one,
    )
    .checked(check_one)
    .may_be_null(),
    Function::new(
        "coalesce",
        "The first argument that is neither null nor an empty text.",
        &[],
        |args| unify_lossy(&args.iter().map(Value::ty).collect::<Vec<_>>()).unwrap_or(Type::Dynamic),
        coalesce,
    )
    .rest(Param::any("vals").null().unknown()),
    Function::new(
        "coalescelist",
        "The first argument that is neither null nor an empty list.",
        &[],
        dynamic_type,
        coalescelist,
    )
    .rest(Param::any("vals").null().unknown()),
];

/// Whether two values are equal; `None` when that is known only after apply.
pub(super) fn equal(a: &Value, b: &Value) -> Option<bool> {
    match (&a.kind, &b.kind) {
        (Kind::Unknown(_), Kind::Unknown(_)) => None,
        (Kind::Unknown(u), other) | (other, Kind::Unknown(u)) => {
            let ty = match other {
                Kind::Null(_) => return if u.not_null { Some(false) } else { None },
                Kind::String(s) => match &u.prefix {
                    Some(prefix) if !s.starts_with(&**prefix) => return Some(false),
                    _ => Type::String,
                },
                _ => Value::from(other.clone()).ty(),
            };
            let differ = ty != u.ty && !ty.has_dynamic() && !u.ty.has_dynamic();
            if differ { Some(false) } else { None }
        }
        (Kind::Null(_), Kind::Null(_)) => Some(true),
        (Kind::List(s, x), Kind::List(t, y)) | (Kind::Set(s, x), Kind::Set(t, y)) if s == t => equal_items(x, y),
        (Kind::Tuple(x), Kind::Tuple(y)) => equal_items(x, y),
        (Kind::Map(s, x), Kind::Map(t, y)) if s == t => equal_entries(x, y),
        (Kind::Object(x), Kind::Object(y)) => equal_entries(x, y),
        (x, y) => Some(x == y),
    }
}

fn all(results: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut certain = true;
    for r in results {
        match r {
            Some(false) => return Some(false),
            Some(true) => {}
            None => certain = false,
        }
    }
    certain.then_some(true)
}

fn equal_items(x: &[Value], y: &[Value]) -> Option<bool> {
    if x.len() != y.len() {
        return Some(false);
    }
    all(x.iter().zip(y).map(|(a, b)| equal(a, b)))
}

type Entries = std::collections::BTreeMap<Str, Value>;

fn equal_entries(x: &Entries, y: &Entries) -> Option<bool> {
    if !x.keys().eq(y.keys()) {
        return Some(false);
    }
    all(x.values().zip(y.values()).map(|(a, b)| equal(a, b)))
}

fn length(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    use unicode_segmentation::UnicodeSegmentation;
    let Some(value) = args.first() else {
        return unknown(Type::Number, Marks::NONE);
    };
    let count = match &value.kind {
        Kind::String(s) => Some(s.graphemes(true).count()),
        Kind::Set(_, items) if items.len() > 1 && !items.iter().all(Value::is_wholly_known) => None,
        Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => Some(items.len()),
        Kind::Map(_, entries) | Kind::Object(entries) => Some(entries.len()),
        Kind::Unknown(u) => match &u.ty {
            Type::Tuple(ts) => Some(ts.len()),
            Type::Object(o) => Some(o.attributes.len()),
            Type::String | Type::Dynamic => None,
            Type::List(_) | Type::Set(_) | Type::Map(_) => u.length_max.filter(|max| *max == u.length_min),
            Type::Bool | Type::Number => return Err(no_length()),
        },
        Kind::Null(_) | Kind::Bool(_) | Kind::Number(_) => return Err(no_length()),
    };
    match count {
        Some(n) => Ok(length_value(n).mark(value.marks)),
        None => unknown(Type::Number, value.marks),
    }
}

fn no_length() -> FunctionError {
    FunctionError::call("argument must be a string, a collection type, or a structural type")
}

fn element_type(args: &[Value]) -> Type {
    match args.first().map(Value::ty) {
        Some(Type::List(t)) => (*t).clone(),
        Some(Type::Tuple(ts)) if !ts.is_empty() => args
            .get(1)
            .and_then(Value::as_i64)
            .and_then(|i| usize::try_from(i).ok())
            .and_then(|i| ts.get(i % ts.len()).cloned())
            .unwrap_or(Type::Dynamic),
        _ => Type::Dynamic,
    }
}

/// The elements that `element` chooses from; none where they are not known.
fn sequence(args: &[Value]) -> Result<(&[Value], Marks), FunctionError> {
    match args.first().map(|v| (&v.kind, v.marks)) {
        Some((Kind::List(_, items) | Kind::Tuple(items), marks)) => Ok((items, marks)),
        Some((Kind::Unknown(u), marks)) if matches!(u.ty, Type::List(_) | Type::Tuple(_) | Type::Dynamic) => {
            Ok((&[], marks))
        }
        _ => {
            let got = super::same_type(args).friendly_name();
            Err(FunctionError::call(format!("cannot read elements from {got}")))
        }
    }
}

fn element(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let (items, marks) = sequence(args)?;
    let position = whole(args, 1).map_err(|e| FunctionError::call(format!("invalid index: {}", e.message)))?;
    let position = usize::try_from(position)
        .map_err(|_| FunctionError::call("cannot use element function with a negative index"))?;
    let item = position.checked_rem(items.len()).and_then(|i| items.get(i));
    match item {
        Some(v) => Ok(v.clone().mark(marks)),
        None => Err(FunctionError::call("cannot use element function with an empty list")),
    }
}

fn index(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let (Some(Kind::List(_, items) | Kind::Tuple(items)), Some(wanted)) = (args.first().map(|v| &v.kind), args.get(1))
    else {
        return Err(FunctionError::call("argument must be a list or tuple"));
    };
    if items.is_empty() {
        return Err(FunctionError::call("cannot search an empty list"));
    }
    for (i, item) in items.iter().enumerate() {
        match equal(item, wanted) {
            Some(true) => return Ok(length_value(i)),
            Some(false) => {}
            None => return unknown(Type::Number, Marks::NONE),
        }
    }
    Err(FunctionError::call("item not found"))
}

fn contains(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let (Some(items), Some(wanted)) = (args.first().and_then(Value::elements), args.get(1)) else {
        if !args.iter().all(Value::is_wholly_known) {
            return unknown(Type::Bool, Marks::NONE);
        }
        return Err(FunctionError::call("argument must be list, tuple, or set"));
    };
    let mut certain = true;
    for item in items {
        match equal(item, wanted) {
            Some(true) => return Ok(Value::bool(true)),
            Some(false) => {}
            None => certain = false,
        }
    }
    if certain {
        Ok(Value::bool(false))
    } else {
        unknown(Type::Bool, Marks::NONE)
    }
}

fn lookup_type(args: &[Value]) -> Type {
    match args.first().map(Value::ty) {
        Some(Type::Map(t)) => (*t).clone(),
        Some(Type::Object(o)) => match args.get(1).and_then(Value::as_str) {
            Some(key) => match o.attributes.get(key) {
                Some(t) => t.clone(),
                None => args.get(2).map_or(Type::Dynamic, Value::ty),
            },
            None => Type::Dynamic,
        },
        _ => Type::Dynamic,
    }
}

const NO_MAP: &str = "lookup() requires a map as the first argument";
const OTHER_DEFAULT: &str = "the default value must have the same type as the map elements";

fn count_lookup(args: &[Value]) -> Result<(), FunctionError> {
    match args.len() {
        0..=3 => Ok(()),
        n => Err(FunctionError::call(format!(
            "lookup() takes two or three arguments, got {n}"
        ))),
    }
}

fn check_lookup(args: &[Value]) -> Result<(), FunctionError> {
    count_lookup(args)?;
    let key = args.get(1).and_then(Value::as_str);
    match (args.first().map(Value::ty), args.get(2)) {
        (Some(Type::Map(element)), Some(default)) if convert(default, &element).is_err() => {
            Err(FunctionError::arg(2, OTHER_DEFAULT))
        }
        (Some(Type::Object(o)), None) => match key.filter(|name| !o.attributes.contains_key(*name)) {
            Some(name) => Err(FunctionError::arg(
                0,
                format!("the given object has no attribute {name:?}"),
            )),
            None => Ok(()),
        },
        (Some(Type::Map(_) | Type::Object(_) | Type::Dynamic), _) => Ok(()),
        _ => Err(FunctionError::arg(0, NO_MAP)),
    }
}

fn lookup(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let (Some(map), Some(key)) = (args.first(), args.get(1)) else {
        return Err(FunctionError::call("lookup() takes two or three arguments"));
    };
    count_lookup(args)?;
    let marks = map.marks.union(key.marks);
    let Some(entries) = map.entries() else {
        return Err(FunctionError::arg(0, NO_MAP));
    };
    let default = match (&map.kind, args.get(2)) {
        (Kind::Map(element, _), Some(default)) => {
            Some(convert(default, element).map_err(|_| FunctionError::arg(2, OTHER_DEFAULT))?)
        }
        (_, default) => default.cloned(),
    };
    let name = key.as_str().unwrap_or_default();
    if let Some(found) = entries.get(name) {
        return Ok(found.clone().mark(marks));
    }
    match (default, &map.kind) {
        (Some(default), _) => Ok(default.mark(marks)),
        (None, Kind::Object(_)) => Err(FunctionError::arg(
            0,
            match key.is_sensitive() {
                true => "the given object has no attribute with the given sensitive name".into(),
                false => format!("the given object has no attribute {name:?}"),
            },
        )),
        (None, _) => Err(FunctionError::call(match key.is_sensitive() {
            true => "lookup failed to find key (sensitive value)".into(),
            false => format!("lookup failed to find key {name:?}"),
        })),
    }
}

fn keys_type(args: &[Value]) -> Type {
    match args.first().map(Value::ty) {
        Some(Type::Object(o)) => Type::tuple(o.attributes.keys().map(|_| Type::String)),
        Some(Type::Map(_)) => Type::list(Type::String),
        _ => Type::Dynamic,
    }
}

fn keys(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let Some(value) = args.first() else {
        return unknown(Type::Dynamic, Marks::NONE);
    };
    let names = |keys: &mut dyn Iterator<Item = &Str>| keys.cloned().map(Value::string).collect::<Vec<_>>();
    Ok(match &value.kind {
        Kind::Map(_, entries) => Value::list(Type::String, names(&mut entries.keys())),
        Kind::Object(entries) => Value::tuple(names(&mut entries.keys())),
        Kind::Unknown(u) => match &u.ty {
            Type::Object(o) => Value::tuple(names(&mut o.attributes.keys())),
            Type::Map(_) | Type::Dynamic => Value::unknown_not_null(keys_type(args)),
            _ => return Err(FunctionError::arg(0, "must have map or object type")),
        },
        _ => return Err(FunctionError::arg(0, "must have map or object type")),
    }
    .mark(value.marks))
}

fn values_type(args: &[Value]) -> Type {
    match args.first().map(Value::ty) {
        Some(Type::Object(o)) => Type::tuple(o.attributes.values().cloned()),
        Some(Type::Map(t)) => Type::List(t),
        _ => Type::Dynamic,
    }
}

fn check_values(args: &[Value]) -> Result<(), FunctionError> {
    match args.first().map(Value::ty) {
        Some(Type::Map(_) | Type::Object(_) | Type::Dynamic) => Ok(()),
        _ => Err(FunctionError::call("values() requires a map as the first argument")),
    }
}

fn values(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    match args.first().map(|v| (&v.kind, v.marks)) {
        Some((Kind::Map(t, entries), marks)) => {
            Ok(Value::list(t.clone(), entries.values().cloned().collect::<Vec<_>>()).mark(marks))
        }
        Some((Kind::Object(entries), marks)) => {
            Ok(Value::tuple(entries.values().cloned().collect::<Vec<_>>()).mark(marks))
        }
        _ => Err(FunctionError::call("values() requires a map as the first argument")),
    }
}

fn one_type(args: &[Value]) -> Type {
    match args.first().map(Value::ty) {
        Some(Type::List(t) | Type::Set(t)) => (*t).clone(),
        Some(Type::Tuple(ts)) => ts.first().cloned().unwrap_or(Type::Dynamic),
        _ => Type::Dynamic,
    }
}

const NOT_ONE: &str = "must be a list, set, or tuple value with either zero or one elements";

fn check_one(args: &[Value]) -> Result<(), FunctionError> {
    match args.first().map(Value::ty) {
        Some(Type::List(_) | Type::Set(_) | Type::Dynamic) => Ok(()),
        Some(Type::Tuple(types)) if types.len() < 2 => Ok(()),
        _ => Err(FunctionError::arg(0, NOT_ONE)),
    }
}

fn one(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    match args.first().and_then(Value::elements) {
        Some([]) => Ok(Value::null(one_type(args))),
        Some([item]) => Ok(item.clone()),
        _ => Err(FunctionError::arg(0, NOT_ONE)),
    }
}

fn coalesce(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let types: Vec<Type> = args.iter().map(Value::ty).collect();
    let Some(ty) = unify_lossy(&types) else {
        return Err(FunctionError::call("all arguments must have the same type"));
    };
    for (i, arg) in args.iter().enumerate() {
        let value = convert(arg, &ty).map_err(|e| FunctionError::arg(i, e.to_string()))?;
        if !value.is_known() {
            return unknown(ty, Marks::NONE);
        }
        let any_text = matches!(ty, Type::String | Type::Dynamic);
        if value.is_null() || (any_text && value.as_str() == Some("")) {
            continue;
        }
        return Ok(value);
    }
    Err(FunctionError::call("no non-null, non-empty-string arguments"))
}

fn coalescelist(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    if args.is_empty() {
        return Err(FunctionError::call("at least one argument is required"));
    }
    if args
        .iter()
        .any(|a| a.is_known() && !matches!(a.ty(), Type::List(_) | Type::Tuple(_)))
    {
        return Err(FunctionError::call("coalescelist arguments must be lists or tuples"));
    }
    for arg in args {
        if !arg.is_known() {
            return unknown(Type::Dynamic, Marks::NONE);
        }
        if arg.elements().is_some_and(|items| !items.is_empty()) {
            return Ok(arg.clone());
        }
    }
    Err(FunctionError::call("no non-null arguments"))
}
