//! One type for several values: what conditionals, lists and functions bring their parts to.

use super::{convertible, without_optional};
use crate::base::{ObjectType, Str, Type};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

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

pub(super) fn unify_with(types: &[Type], lossy: bool) -> Option<Type> {
    let mut seen = HashSet::with_capacity(types.len().min(8));
    let distinct: Vec<Type> = types.iter().filter(|t| seen.insert(*t)).cloned().collect();
    let types = &distinct[..];
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
        return columns.map(Type::tuple);
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
        return attributes.map(|attributes| {
            Type::Object(Arc::new(ObjectType {
                attributes,
                optional: BTreeSet::new(),
            }))
        });
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
    // A type that others convert to safely comes before them: string before number and bool.
    let mut order: Vec<&Type> = types.iter().collect();
    // What is not known yet is expected to turn out like its neighbours, so `any` comes last.
    order.sort_by_key(|t| {
        let converts = types.iter().filter(|o| o != t && convertible(o, t, false)).count();
        // A list keeps what a set may lose.
        (
            **t == Type::Dynamic,
            std::cmp::Reverse(converts),
            matches!(t, Type::Set(_)),
        )
    });
    order
        .into_iter()
        .find(|want| types.iter().all(|t| t == *want || convertible(t, want, lossy)))
        .map(without_optional)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_unify_to_the_one_that_loses_nothing() {
        let (n, s) = (Type::Number, Type::String);
        let one = |name: &str, t: &Type| Type::object([(name, t.clone())]);
        for (types, safe, lossy) in [
            (vec![n.clone(), s.clone()], Some(s.clone()), Some(s.clone())),
            (vec![Type::Bool, n.clone()], None, None),
            (vec![Type::Dynamic, s.clone()], Some(Type::Dynamic), Some(s.clone())),
            (
                vec![Type::tuple([n.clone()]), Type::tuple([])],
                Some(Type::list(n.clone())),
                Some(Type::list(n.clone())),
            ),
            (
                vec![one("a", &n), one("b", &s)],
                Some(Type::map(s.clone())),
                Some(Type::map(s.clone())),
            ),
            (vec![one("a", &n), one("a", &s)], Some(one("a", &s)), Some(one("a", &s))),
            (
                vec![Type::list(n.clone()), Type::tuple([s.clone()])],
                Some(Type::list(s.clone())),
                Some(Type::list(s.clone())),
            ),
            (vec![Type::tuple([]), one("a", &n)], None, None),
            (
                vec![Type::set(s.clone()), Type::list(n.clone())],
                None,
                Some(Type::list(n.clone())),
            ),
            (Vec::new(), None, None),
        ] {
            assert_eq!((unify(&types), unify_lossy(&types)), (safe, lossy), "{types:?}");
        }
    }
}
