//! Decides which values convert to which types, and how: the rules of Terraform's type system.
//! Never evaluates expressions and knows no place in a file; callers add the span.

mod mismatch;
mod unify;

pub use mismatch::{mismatch, requirement_name};
pub use unify::{unify, unify_lossy};

use crate::base::{AttrPath, Kind, Number, ObjectType, PathStep, Str, Type, Unknown, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use unify::unify_with;

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
        (Kind::Set(_, items), Type::List(_)) if items.len() > 1 && !value.is_wholly_known() => {
            // Elements may turn out to be equal: how many there will be is not known.
            let mut out = Unknown::of(replace_dynamic(&value.ty(), &without_optional(to)));
            out.not_null = true;
            out.length_min = 1;
            out.length_max = Some(items.len());
            Kind::Unknown(Arc::new(out)).into()
        }
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
    let alike = types.iter().all(|t| Some(t) == types.first());
    let Some(element) = unify_with(&types, true).filter(|t| alike || *t != Type::Dynamic) else {
        return fail(path, "all elements must have the same type");
    };
    // What has the type already stays: converted once more, collections of what is unknown would double with every level.
    for (item, _) in items.iter_mut().zip(&types).filter(|(_, ty)| **ty != element) {
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should stop")]
    use super::*;

    fn strings(items: &[&str]) -> Vec<Value> {
        items.iter().map(|s| Value::string(*s)).collect()
    }

    #[test]
    fn values_convert_and_keep_marks() {
        let pair = Value::tuple(vec![Value::int(1), Value::string("a")]);
        let map = Value::map(Type::String, BTreeMap::from([("a".into(), Value::string("1"))]));
        let optional = Type::Object(Arc::new(ObjectType {
            attributes: BTreeMap::from([("a".into(), Type::Number), ("b".into(), Type::String)]),
            optional: BTreeSet::from(["b".into()]),
        }));
        for (value, ty, expected) in [
            (Value::string("1e3"), Type::Number, Value::int(1000)),
            (Value::bool(true), Type::String, Value::string("true")),
            (Value::string("0"), Type::Bool, Value::bool(false)),
            (
                pair.clone(),
                Type::list(Type::Dynamic),
                Value::list(Type::String, strings(&["1", "a"])),
            ),
            (
                Value::list(Type::String, strings(&["b", "a", "b"])),
                Type::set(Type::String),
                Value::set(Type::String, strings(&["a", "b"])),
            ),
            (
                map.clone(),
                optional.clone(),
                Value::object_of([("a", Value::int(1)), ("b", Value::null(Type::String))]),
            ),
            (
                Value::object_of([("a", Value::int(1)), ("z", Value::int(2))]),
                optional,
                Value::object_of([("a", Value::int(1)), ("b", Value::null(Type::String))]),
            ),
            (Value::string("1").sensitive(), Type::Number, Value::int(1).sensitive()),
            (Value::null(Type::Dynamic), Type::String, Value::null(Type::String)),
            (
                Value::tuple(vec![Value::int(1), Value::null(Type::Dynamic)]),
                Type::list(Type::Dynamic),
                Value::list(Type::Number, vec![Value::int(1), Value::null(Type::Number)]),
            ),
        ] {
            assert_eq!(convert(&value, &ty), Ok(expected), "{value:?} to {ty}");
        }
    }

    #[test]
    fn what_does_not_convert_says_what_is_required_and_where() {
        let object = Type::object([("a", Type::Number), ("b", Type::list(Type::Number))]);
        for (value, ty, expected) in [
            (Value::string("x"), Type::Number, "a number is required"),
            (Value::bool(true), Type::Number, "number required"),
            (
                Value::string("True"),
                Type::Bool,
                "a bool is required; to convert from string, use lowercase \"true\"",
            ),
            (
                Value::object_of([("a", Value::int(1))]),
                object.clone(),
                "attribute \"b\" is required",
            ),
            (
                Value::object_of::<&str>([]),
                object.clone(),
                "attributes \"a\" and \"b\" are required",
            ),
            (
                Value::object_of([("a", Value::int(1)), ("b", Value::tuple(strings(&["x"])))]),
                object.clone(),
                ".b[0]: a number is required",
            ),
            (
                Value::object_of([("a", Value::int(1)), ("b", Value::bool(true))]),
                object,
                "attribute \"b\": list of number required",
            ),
            (
                Value::tuple(vec![Value::tuple(Vec::new())]),
                Type::list(Type::String),
                "element 0: string required",
            ),
            (
                Value::tuple(vec![Value::int(1), Value::tuple(Vec::new())]),
                Type::list(Type::Dynamic),
                "all list elements must have the same type",
            ),
            (
                Value::int(1),
                Type::map(Type::Dynamic),
                "map of any single type required",
            ),
        ] {
            assert_eq!(
                convert(&value, &ty).unwrap_err().to_string(),
                expected,
                "{value:?} to {ty}"
            );
        }
    }

    #[test]
    fn unknown_values_keep_what_is_known_of_them() {
        let prefixed = Value::from(Kind::Unknown(Arc::new(Unknown {
            not_null: true,
            prefix: Some("x-".into()),
            ..Unknown::of(Type::String)
        })));
        assert_eq!(convert(&prefixed, &Type::String), Ok(prefixed.clone()));
        let pair = Value::unknown(Type::tuple([Type::Number, Type::String]));
        let Kind::Unknown(u) = convert(&pair, &Type::list(Type::Dynamic)).unwrap().kind else {
            panic!("it is not known");
        };
        assert_eq!(
            (u.ty.clone(), u.length_min, u.length_max),
            (Type::list(Type::String), 2, Some(2))
        );
        assert_eq!(
            convert(&Value::unknown(Type::Dynamic), &Type::list(Type::String)),
            Ok(Value::unknown(Type::list(Type::String)))
        );
    }
}
