//! Why types do not convert, in Terraform's words.

use super::convertible;
use crate::base::{ObjectType, Type};

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
