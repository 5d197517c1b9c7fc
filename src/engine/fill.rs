//! Planned objects meet what became known: filling in, and checking that a promise was kept.

use crate::base::{AttrPath, Kind, PathStep, Str, Value};
use crate::schema::{BlockSchema, equal_in_meaning};
use std::collections::BTreeMap;

/// `planned` with its unknown parts taken from `now`. What the plan knew stays: a plan is a promise.
pub fn fill(planned: &Value, now: &Value) -> Value {
    if planned.is_wholly_known() {
        return planned.clone();
    }
    let kind = match (&planned.kind, &now.kind) {
        (Kind::Unknown(_), _) => return now.clone().mark(planned.marks),
        (Kind::Object(p), Kind::Object(n)) => Kind::Object(fill_entries(p, n).into()),
        (Kind::Map(t, p), Kind::Map(_, n)) => Kind::Map(t.clone(), fill_entries(p, n).into()),
        (Kind::Map(..), Kind::Object(_)) | (Kind::Object(_), Kind::Map(..)) => return planned.clone(),
        (Kind::List(t, p), Kind::List(_, n)) if p.len() == n.len() => Kind::List(t.clone(), fill_items(p, n)),
        (Kind::Tuple(p), Kind::Tuple(n)) if p.len() == n.len() => Kind::Tuple(fill_items(p, n)),
        // The elements of a set have no places: as a whole it becomes what it is now.
        (Kind::Set(..), Kind::Set(..)) => return now.clone().mark(planned.marks),
        _ => return planned.clone(),
    };
    Value {
        kind,
        marks: planned.marks,
    }
}

fn fill_entries(planned: &BTreeMap<Str, Value>, now: &BTreeMap<Str, Value>) -> BTreeMap<Str, Value> {
    let filled = planned.iter().map(|(k, p)| {
        let value = now.get(k).map_or_else(|| p.clone(), |n| fill(p, n));
        (k.clone(), value)
    });
    filled.collect()
}

fn fill_items(planned: &[Value], now: &[Value]) -> std::sync::Arc<[Value]> {
    planned.iter().zip(now).map(|(p, n)| fill(p, n)).collect()
}

/// Unknown parts as typed nulls.
pub fn unknown_to_null(value: &Value) -> Value {
    if value.is_wholly_known() {
        return value.clone();
    }
    let kind = match &value.kind {
        Kind::Unknown(u) => Kind::Null(u.ty.clone()),
        Kind::List(t, v) => Kind::List(t.clone(), v.iter().map(unknown_to_null).collect()),
        Kind::Tuple(v) => Kind::Tuple(v.iter().map(unknown_to_null).collect()),
        Kind::Set(t, v) => {
            return Value::set(t.clone(), v.iter().map(unknown_to_null).collect::<Vec<_>>()).mark(value.marks);
        }
        Kind::Map(t, m) => {
            let entries: BTreeMap<Str, Value> = m.iter().map(|(k, v)| (k.clone(), unknown_to_null(v))).collect();
            Kind::Map(t.clone(), entries.into())
        }
        Kind::Object(m) => {
            let entries: BTreeMap<Str, Value> = m.iter().map(|(k, v)| (k.clone(), unknown_to_null(v))).collect();
            Kind::Object(entries.into())
        }
        kind => kind.clone(),
    };
    Value {
        kind,
        marks: value.marks,
    }
}

/// Paths where an object is not what was planned: every known planned part must have come true. Status fields may differ.
pub fn broken_promises(schema: &BlockSchema, planned: &Value, actual: &Value) -> Vec<AttrPath> {
    let mut out = Vec::new();
    block(schema, planned, actual, &AttrPath::default(), &mut out);
    out
}

fn block(schema: &BlockSchema, planned: &Value, actual: &Value, path: &AttrPath, out: &mut Vec<AttrPath>) {
    for (name, attribute) in &schema.attributes {
        if attribute.volatile || attribute.secret {
            continue;
        }
        let (Some(p), Some(a)) = (planned.get(name), actual.get(name)) else {
            continue;
        };
        let same = p.is_wholly_known() && equal_in_meaning(attribute, p, a);
        if !kept(p, a) && !same {
            out.push(path.child(PathStep::Attr(name.clone())));
        }
    }
    for (name, nested) in &schema.blocks {
        let (Some(p), Some(a)) = (planned.get(name), actual.get(name)) else {
            continue;
        };
        let path = path.child(PathStep::Attr(name.clone()));
        match (&p.kind, p.elements(), a.elements()) {
            (Kind::Unknown(_), _, _) => {}
            (Kind::List(..), Some(p), Some(a)) if p.len() == a.len() => {
                for (i, (p, a)) in p.iter().zip(a).enumerate() {
                    block(&nested.block, p, a, &path.child(PathStep::Index(i)), out);
                }
            }
            (Kind::Object(_), _, _) if a.entries().is_some() => block(&nested.block, p, a, &path, out),
            _ if kept(p, a) || (empty(p) && empty(a)) => {}
            _ => out.push(path),
        }
    }
}

fn empty(value: &Value) -> bool {
    value.is_null() || value.elements().is_some_and(<[Value]>::is_empty)
}

/// Whether all known parts of `planned` stand in `actual`.
fn kept(planned: &Value, actual: &Value) -> bool {
    match (&planned.kind, &actual.kind) {
        (Kind::Unknown(_), _) => true,
        (Kind::List(_, p), Kind::List(_, a)) | (Kind::Tuple(p), Kind::Tuple(a)) => {
            p.len() == a.len() && p.iter().zip(a.iter()).all(|(p, a)| kept(p, a))
        }
        (Kind::Set(_, p), Kind::Set(_, a)) => {
            p.iter().any(|v| !v.is_wholly_known()) || crate::plan::propose::equal(planned, actual) || p == a
        }
        (Kind::Map(_, p), Kind::Map(_, a)) | (Kind::Object(p), Kind::Object(a)) => {
            p.len() == a.len() && p.iter().all(|(k, p)| a.get(k).is_some_and(|a| kept(p, a)))
        }
        (p, a) => p == a,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Type;

    fn object(bucket: Value, id: Value) -> Value {
        Value::object_of([("bucket", bucket), ("id", id)])
    }

    #[test]
    fn filling_keeps_what_the_plan_knew() {
        let planned = object(Value::string("a"), Value::unknown(Type::String));
        let now = object(Value::string("b"), Value::string("x"));
        assert_eq!(fill(&planned, &now), object(Value::string("a"), Value::string("x")));
    }

    #[test]
    fn what_stays_unknown_is_null_for_a_driver() {
        let planned = object(Value::string("a"), Value::unknown(Type::String));
        assert_eq!(
            unknown_to_null(&planned),
            object(Value::string("a"), Value::null(Type::String))
        );
    }
}
