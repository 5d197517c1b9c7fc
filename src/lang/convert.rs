//! Decides which values convert to which types, and how: the rules of Terraform's type system.
//! Never evaluates expressions and knows no place in a file; callers add the span.

use crate::base::{AttrPath, Kind, Number, ObjectType, PathStep, Str, Type, Unknown, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// Why a value does not convert, and which part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConvertError {
    /// The part of the value that does not fit; empty for the value itself.
    pub path: AttrPath,
    /// What is required there, as in `a number is required`; no full stop.
    pub message: String,
}

/// The message, led by the path where there is one: `.a[0]: a number is required`.
impl fmt::Display for ConvertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.0.is_empty() {
            return f.write_str(&self.message);
        }
        if matches!(self.path.0.first(), Some(PathStep::Attr(_))) {
            f.write_str(".")?;
        }
        write!(f, "{}: {}", self.path, self.message)
    }
}

impl std::error::Error for ConvertError {}

/// Converts a value to a type. `Dynamic` in the type accepts anything; elements of a collection whose
/// element type is `Dynamic` are brought to one type. Nulls and unknowns stay what they are, of the
/// new type; marks are kept.
///
/// # Errors
/// The type does not fit, or a text does not read as the number or boolean required.
pub fn convert(value: &Value, to: &Type) -> Result<Value, ConvertError> {
    if fits_already(value, to) {
        return Ok(value.clone());
    }
    let from = value.ty();
    if !convertible(&from, to, true) {
        return Err(ConvertError {
            path: AttrPath::default(),
            message: mismatch(&from, to),
        });
    }
    apply(value, to, &mut Vec::new())
}

/// Whether every value of a type converts to another type, or with `lossy`, whether some may:
/// text to number, list to set, map to object, and values whose type is not known yet.
pub fn convertible(from: &Type, to: &Type, lossy: bool) -> bool {
    match (from, to) {
        (_, Type::Dynamic) => true,
        (Type::Dynamic, _) => lossy,
        (Type::Bool, Type::Bool)
        | (Type::Number, Type::Number)
        | (Type::String, Type::String)
        | (Type::Bool | Type::Number, Type::String) => true,
        (Type::String, Type::Bool | Type::Number) => lossy,
        (Type::Object(a), Type::Object(b)) => b.attributes.iter().all(|(name, want)| match a.attributes.get(name) {
            Some(got) => got == want || convertible(got, want, lossy),
            None => b.optional.contains(name),
        }),
        (Type::Tuple(a), Type::Tuple(b)) => {
            a.len() == b.len()
                && a.iter()
                    .zip(b.iter())
                    .all(|(got, want)| got == want || convertible(got, want, lossy))
        }
        (Type::List(a) | Type::Set(a), Type::List(b)) | (Type::Set(a), Type::Set(b)) | (Type::Map(a), Type::Map(b)) => {
            a == b || convertible(a, b, lossy)
        }
        (Type::List(a), Type::Set(b)) => lossy && (a == b || convertible(a, b, lossy)),
        (Type::Tuple(a), Type::List(b) | Type::Set(b)) => elements_convertible(a.iter(), b, lossy),
        (Type::Object(a), Type::Map(b)) => elements_convertible(a.attributes.values(), b, lossy),
        (Type::Map(a), Type::Object(b)) => {
            lossy
                && b.attributes
                    .values()
                    .all(|want| **a == *want || convertible(a, want, lossy))
        }
        _ => false,
    }
}

fn elements_convertible<'a>(mut from: impl Iterator<Item = &'a Type>, to: &Type, lossy: bool) -> bool {
    if *to == Type::Dynamic {
        let all: Vec<Type> = from.cloned().collect();
        return all.is_empty() || unify_with(&all, lossy).is_some();
    }
    from.all(|t| t == to || convertible(t, to, lossy))
}

/// Whether conversion would change nothing; cheap, so it may miss some.
fn fits_already(value: &Value, to: &Type) -> bool {
    match (&value.kind, to) {
        (_, Type::Dynamic)
        | (Kind::Bool(_), Type::Bool)
        | (Kind::Number(_), Type::Number)
        | (Kind::String(_), Type::String) => true,
        (Kind::Null(t), to) => t == to && without_optional(to) == *to,
        (Kind::Unknown(u), to) => u.ty == *to && without_optional(to) == *to,
        (Kind::List(a, _), Type::List(b)) | (Kind::Set(a, _), Type::Set(b)) | (Kind::Map(a, _), Type::Map(b)) => {
            a == &**b && !b.has_dynamic()
        }
        _ => false,
    }
}

fn fail<T>(path: &[PathStep], message: impl Into<String>) -> Result<T, ConvertError> {
    Err(ConvertError {
        path: AttrPath(path.to_vec()),
        message: message.into(),
    })
}

fn apply(value: &Value, to: &Type, path: &mut Vec<PathStep>) -> Result<Value, ConvertError> {
    if fits_already(value, to) {
        return Ok(value.clone());
    }
    let converted = match (&value.kind, to) {
        (Kind::Unknown(u), _) => unknown_as(u, to),
        (Kind::Null(from), _) => Value::null(replace_dynamic(from, &without_optional(to))),
        (Kind::Bool(b), Type::String) => Value::string(if *b { "true" } else { "false" }),
        (Kind::Number(n), Type::String) => Value::string(n.to_string()),
        (Kind::String(s), Type::Number) => match s.parse::<Number>() {
            Ok(n) => Value::number(n),
            Err(_) => return fail(path, "a number is required"),
        },
        (Kind::String(s), Type::Bool) => Value::bool(bool_of(s, path)?),
        (Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items), Type::List(e)) => {
            let (e, items) = elements(items, e, path)?;
            Value::list(e, items)
        }
        (Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items), Type::Set(e)) => {
            let (e, items) = elements(items, e, path)?;
            Value::set(e, items)
        }
        (Kind::Map(_, entries) | Kind::Object(entries), Type::Map(e)) => map_of(entries, e, path)?,
        (Kind::Tuple(items), Type::Tuple(types)) if items.len() == types.len() => {
            let mut out = Vec::with_capacity(items.len());
            for (i, (item, want)) in items.iter().zip(types.iter()).enumerate() {
                path.push(PathStep::Index(i));
                out.push(apply(item, want, path)?);
                path.pop();
            }
            Value::tuple(out)
        }
        (Kind::Object(entries), Type::Object(want)) => object_of(entries, want, false, path)?,
        (Kind::Map(_, entries), Type::Object(want)) => object_of(entries, want, true, path)?,
        _ => return fail(path, mismatch(&value.ty(), to)),
    };
    Ok(converted.mark(value.marks))
}

fn bool_of(text: &str, path: &[PathStep]) -> Result<bool, ConvertError> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        other => match other.to_lowercase().as_str() {
            lower @ ("true" | "false") => fail(
                path,
                format!("a bool is required; to convert from string, use lowercase {lower:?}"),
            ),
            _ => fail(path, "a bool is required"),
        },
    }
}

/// Elements of one type, and that type.
fn elements(items: &[Value], to: &Type, path: &mut Vec<PathStep>) -> Result<(Type, Vec<Value>), ConvertError> {
    let mut out = Vec::with_capacity(items.len());
    for (i, item) in items.iter().enumerate() {
        path.push(PathStep::Index(i));
        out.push(apply(item, to, path)?);
        path.pop();
    }
    let element = one_type(&mut out, to, path)?;
    Ok((element, out))
}

fn map_of(entries: &BTreeMap<Str, Value>, to: &Type, path: &mut Vec<PathStep>) -> Result<Value, ConvertError> {
    let mut out = Vec::with_capacity(entries.len());
    for (key, item) in entries {
        path.push(PathStep::Key(key.clone()));
        out.push(apply(item, to, path)?);
        path.pop();
    }
    let element = one_type(&mut out, to, path)?;
    Ok(Value::map(element, entries.keys().cloned().zip(out).collect()))
}

/// Brings elements that were converted to a type with `Dynamic` in it to one type.
fn one_type(items: &mut [Value], to: &Type, path: &mut Vec<PathStep>) -> Result<Type, ConvertError> {
    let to = without_optional(to);
    if !to.has_dynamic() || items.is_empty() {
        return Ok(to);
    }
    let types: Vec<Type> = items.iter().map(Value::ty).collect();
    let Some(element) = unify_with(&types, true) else {
        return fail(path, "all elements must have the same type");
    };
    for item in items.iter_mut() {
        *item = apply(item, &element, path)?;
    }
    Ok(element)
}

fn object_of(
    entries: &BTreeMap<Str, Value>,
    want: &ObjectType,
    from_map: bool,
    path: &mut Vec<PathStep>,
) -> Result<Value, ConvertError> {
    let mut out = BTreeMap::new();
    for (name, ty) in &want.attributes {
        let converted = match entries.get(name) {
            Some(value) => {
                path.push(if from_map {
                    PathStep::Key(name.clone())
                } else {
                    PathStep::Attr(name.clone())
                });
                let converted = apply(value, ty, path)?;
                path.pop();
                converted
            }
            None if want.optional.contains(name) => Value::null(without_optional(ty)),
            None if from_map => return fail(path, format!("map has no element for required attribute {name:?}")),
            None => return fail(path, format!("attribute {name:?} is required")),
        };
        out.insert(name.clone(), converted);
    }
    Ok(Value::object(out))
}

/// What stays known when an unknown value takes another type.
fn unknown_as(u: &Unknown, to: &Type) -> Value {
    let ty = replace_dynamic(&u.ty, &without_optional(to));
    let mut out = Unknown {
        not_null: u.not_null,
        ..Unknown::of(ty.clone())
    };
    let lengths = match &u.ty {
        Type::Tuple(ts) => Some((ts.len(), Some(ts.len()))),
        Type::Object(o) => Some((o.attributes.len(), Some(o.attributes.len()))),
        Type::List(_) | Type::Set(_) | Type::Map(_) => Some((u.length_min, u.length_max)),
        _ => None,
    };
    match (&ty, lengths) {
        (Type::Set(_), Some((min, max))) if !matches!(u.ty, Type::Set(_)) => {
            out.length_min = min.min(1);
            out.length_max = max;
        }
        (Type::List(_) | Type::Set(_) | Type::Map(_), Some((min, max))) => {
            out.length_min = min;
            out.length_max = max;
        }
        (Type::String, _) if u.ty == Type::String => out.prefix = u.prefix.clone(),
        _ => {}
    }
    Kind::Unknown(Arc::new(out)).into()
}

/// `to` with each `Dynamic` replaced by what stands there in `from`.
fn replace_dynamic(from: &Type, to: &Type) -> Type {
    match (from, to) {
        (from, Type::Dynamic) => from.clone(),
        (Type::List(a) | Type::Set(a), Type::List(b)) => Type::list(replace_dynamic(a, b)),
        (Type::List(a) | Type::Set(a), Type::Set(b)) => Type::set(replace_dynamic(a, b)),
        (Type::Map(a), Type::Map(b)) => Type::map(replace_dynamic(a, b)),
        (Type::Tuple(ts), Type::List(b)) => Type::list(replace_all(ts.iter(), b)),
        (Type::Tuple(ts), Type::Set(b)) => Type::set(replace_all(ts.iter(), b)),
        (Type::Object(o), Type::Map(b)) => Type::map(replace_all(o.attributes.values(), b)),
        (Type::Tuple(a), Type::Tuple(b)) if a.len() == b.len() => {
            Type::tuple(a.iter().zip(b.iter()).map(|(a, b)| replace_dynamic(a, b)))
        }
        (Type::Object(a), Type::Object(b)) => object_type(b, |name, ty| match a.attributes.get(name) {
            Some(from) => replace_dynamic(from, ty),
            None => ty.clone(),
        }),
        _ => to.clone(),
    }
}

fn replace_all<'a>(from: impl Iterator<Item = &'a Type>, to: &Type) -> Type {
    let types: Vec<Type> = from.map(|t| replace_dynamic(t, to)).collect();
    unify_with(&types, true).unwrap_or_else(|| to.clone())
}

fn object_type(of: &ObjectType, mut f: impl FnMut(&str, &Type) -> Type) -> Type {
    Type::Object(Arc::new(ObjectType {
        attributes: of.attributes.iter().map(|(n, t)| (n.clone(), f(n, t))).collect(),
        optional: BTreeSet::new(),
    }))
}

/// The type without `optional(…)` at any depth: what values have, as opposed to constraints.
pub fn without_optional(ty: &Type) -> Type {
    match ty {
        Type::List(t) => Type::list(without_optional(t)),
        Type::Set(t) => Type::set(without_optional(t)),
        Type::Map(t) => Type::map(without_optional(t)),
        Type::Tuple(ts) => Type::tuple(ts.iter().map(without_optional)),
        Type::Object(o) => object_type(o, |_, t| without_optional(t)),
        _ => ty.clone(),
    }
}

/// The type that values of all given types convert to without loss, such as `string` for `string` and
/// `number`; `None` when there is none or no type is given.
pub fn unify(types: &[Type]) -> Option<Type> {
    unify_with(types, false)
}

/// As [`unify`], where conversions that may fail for some values count as well. Conditionals and
/// functions such as `concat` and `coalesce` use this one.
pub fn unify_lossy(types: &[Type]) -> Option<Type> {
    unify_with(types, true)
}

#[derive(Default)]
struct Counts {
    list: usize,
    set: usize,
    map: usize,
    tuple: usize,
    object: usize,
    dynamic: usize,
}

fn unify_with(types: &[Type], lossy: bool) -> Option<Type> {
    let first = types.first()?;
    if types.iter().all(|t| t == first) && !first.has_dynamic() {
        return Some(without_optional(first));
    }
    let mut n = Counts::default();
    for t in types {
        match t {
            Type::List(_) => n.list += 1,
            Type::Set(_) => n.set += 1,
            Type::Map(_) => n.map += 1,
            Type::Tuple(_) => n.tuple += 1,
            Type::Object(_) => n.object += 1,
            Type::Dynamic => n.dynamic += 1,
            _ => {}
        }
    }
    let all = types.len();
    let one_kind = [n.list, n.set, n.map, n.tuple, n.object]
        .iter()
        .any(|k| *k > 0 && k + n.dynamic == all);
    if one_kind && n.dynamic > 0 {
        return Some(Type::Dynamic);
    }
    if one_kind && n.list + n.set + n.map > 0 {
        return unify_collections(types, lossy);
    }
    if one_kind && n.tuple > 0 {
        return unify_tuples(types, lossy);
    }
    if one_kind && n.object > 0 {
        return unify_objects(types, lossy);
    }
    if n.tuple > 0 && n.object > 0 {
        return None;
    }
    let structures_as_collections =
        (n.list > 0 && n.list + n.tuple + n.dynamic == all) || (n.map > 0 && n.map + n.object + n.dynamic == all);
    if structures_as_collections && let Some(t) = unify_mixed(types, lossy) {
        return Some(t);
    }
    by_preference(types, lossy)
}

fn unify_collections(types: &[Type], lossy: bool) -> Option<Type> {
    let elements: Vec<Type> = types
        .iter()
        .filter_map(|t| match t {
            Type::List(e) | Type::Set(e) | Type::Map(e) => Some((**e).clone()),
            _ => None,
        })
        .collect();
    let element = unify_with(&elements, lossy)?;
    Some(match types.first()? {
        Type::List(_) => Type::list(element),
        Type::Set(_) => Type::set(element),
        _ => Type::map(element),
    })
}

/// Tuples of one length unify element by element, others as lists.
fn unify_tuples(types: &[Type], lossy: bool) -> Option<Type> {
    let rows: Vec<&[Type]> = types
        .iter()
        .filter_map(|t| match t {
            Type::Tuple(ts) => Some(&**ts),
            _ => None,
        })
        .collect();
    let width = rows.first()?.len();
    if rows.iter().all(|r| r.len() == width) {
        let columns: Option<Vec<Type>> = (0..width)
            .map(|i| {
                let column: Vec<Type> = rows.iter().filter_map(|r| r.get(i).cloned()).collect();
                unify_with(&column, lossy)
            })
            .collect();
        if let Some(columns) = columns {
            return Some(Type::tuple(columns));
        }
    }
    let elements: Vec<Type> = rows.iter().flat_map(|r| r.iter().cloned()).collect();
    unify_with(&elements, lossy).map(Type::list)
}

/// Objects with the same names unify attribute by attribute, others as maps.
fn unify_objects(types: &[Type], lossy: bool) -> Option<Type> {
    let rows: Vec<&ObjectType> = types
        .iter()
        .filter_map(|t| match t {
            Type::Object(o) => Some(&**o),
            _ => None,
        })
        .collect();
    let first = rows.first()?;
    if rows.iter().all(|r| r.attributes.keys().eq(first.attributes.keys())) {
        let attributes: Option<BTreeMap<Str, Type>> = first
            .attributes
            .keys()
            .map(|name| {
                let column: Vec<Type> = rows.iter().filter_map(|r| r.attributes.get(name).cloned()).collect();
                unify_with(&column, lossy).map(|t| (name.clone(), t))
            })
            .collect();
        if let Some(attributes) = attributes {
            return Some(Type::Object(Arc::new(ObjectType {
                attributes,
                optional: BTreeSet::new(),
            })));
        }
    }
    let elements: Vec<Type> = rows.iter().flat_map(|r| r.attributes.values().cloned()).collect();
    unify_with(&elements, lossy).map(Type::map)
}

/// Lists with tuples, or maps with objects: the structures are taken as collections first.
fn unify_mixed(types: &[Type], lossy: bool) -> Option<Type> {
    let parts: Vec<Type> = types
        .iter()
        .flat_map(|t| match t {
            Type::Tuple(ts) => ts.to_vec(),
            Type::Object(o) => o.attributes.values().cloned().collect(),
            _ => Vec::new(),
        })
        .collect();
    let element = unify_with(&parts, lossy)?;
    let collected: Vec<Type> = types
        .iter()
        .map(|t| match t {
            Type::Tuple(_) => Type::list(element.clone()),
            Type::Object(_) => Type::map(element.clone()),
            other => other.clone(),
        })
        .collect();
    unify_with(&collected, lossy)
}

/// The most general of the types themselves that all others convert to.
fn by_preference(types: &[Type], lossy: bool) -> Option<Type> {
    // A type that others convert to safely comes before them: string before number and bool, `any` first.
    let mut order: Vec<&Type> = types.iter().collect();
    order.sort_by_key(|t| std::cmp::Reverse(types.iter().filter(|o| o != t && convertible(o, t, false)).count()));
    order
        .into_iter()
        .find(|want| types.iter().all(|t| t == *want || convertible(t, want, lossy)))
        .map(without_optional)
}

/// `string`, `list of any single type`, …: a type in words, as a requirement.
pub fn requirement_name(ty: &Type) -> String {
    fn element(ty: &Type) -> String {
        match ty {
            Type::Dynamic => "any single type".into(),
            other => requirement_name(other),
        }
    }
    match ty {
        Type::Dynamic => "any type".into(),
        Type::List(t) => format!("list of {}", element(t)),
        Type::Set(t) => format!("set of {}", element(t)),
        Type::Map(t) => format!("map of {}", element(t)),
        other => other.friendly_name(),
    }
}

/// Why no value of one type converts to another, in Terraform's words.
pub fn mismatch(got: &Type, want: &Type) -> String {
    match (got, want) {
        (Type::Object(got), Type::Object(want)) => mismatch_objects(got, want),
        (Type::Tuple(_), Type::List(e)) if **e == Type::Dynamic => "all list elements must have the same type".into(),
        (Type::Tuple(_), Type::Set(e)) if **e == Type::Dynamic => "all set elements must have the same type".into(),
        (Type::Object(_), Type::Map(e)) if **e == Type::Dynamic => "all map elements must have the same type".into(),
        (Type::Tuple(items), Type::List(e) | Type::Set(e)) => items
            .iter()
            .enumerate()
            .find(|(_, t)| *t != &**e && !convertible(t, e, true))
            .map(|(i, t)| format!("element {i}: {}", mismatch(t, e)))
            .unwrap_or_else(|| format!("all elements must be {}", requirement_name(e))),
        (Type::Object(o), Type::Map(e)) => o
            .attributes
            .iter()
            .find(|(_, t)| *t != &**e && !convertible(t, e, true))
            .map(|(name, t)| format!("element {name:?}: {}", mismatch(t, e)))
            .unwrap_or_else(|| format!("all elements must be {}", requirement_name(e))),
        (Type::List(a) | Type::Set(a), Type::List(b)) => format!("incorrect list element type: {}", mismatch(a, b)),
        (Type::List(a) | Type::Set(a), Type::Set(b)) => format!("incorrect set element type: {}", mismatch(a, b)),
        (Type::Map(a), Type::Map(b)) => format!("incorrect map element type: {}", mismatch(a, b)),
        _ => format!("{} required", requirement_name(want)),
    }
}

fn mismatch_objects(got: &ObjectType, want: &ObjectType) -> String {
    let missing: Vec<String> = want
        .attributes
        .keys()
        .filter(|n| !got.attributes.contains_key(*n) && !want.optional.contains(*n))
        .map(|n| format!("{n:?}"))
        .collect();
    match missing.as_slice() {
        [] => {}
        [one] => return format!("attribute {one} is required"),
        [one, two] => return format!("attributes {one} and {two} are required"),
        [init @ .., last] => return format!("attributes {}, and {last} are required", init.join(", ")),
    }
    want.attributes
        .iter()
        .filter_map(|(n, w)| got.attributes.get(n).map(|g| (n, g, w)))
        .find(|(_, g, w)| g != w && !convertible(g, w, true))
        .map(|(n, g, w)| format!("attribute {n:?}: {}", mismatch(g, w)))
        .unwrap_or_else(|| "incorrect object attributes".into())
}
