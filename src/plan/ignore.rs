//! `ignore_changes`: the prior values of ignored parts, put in the place of those of the configuration. Decides what a path
//! means; whether anything changes is decided elsewhere.

use crate::base::{Kind, PathStep, Str, Type, Value};
use crate::config::model::IgnoreChanges;
use crate::schema::BlockSchema;
use std::collections::BTreeMap;

/// The configuration with the prior values of ignored attributes put in place.
pub fn with_ignored(config: &Value, prior: &Value, schema: &BlockSchema, ignore: &IgnoreChanges) -> Value {
    match ignore {
        IgnoreChanges::None => config.clone(),
        IgnoreChanges::All => {
            let mut out = config.entries().cloned().unwrap_or_default();
            for name in schema.attributes.keys().chain(schema.blocks.keys()) {
                if let Some(value) = prior.get(name) {
                    out.insert(name.clone(), value.clone());
                }
            }
            Value::object(out)
        }
        IgnoreChanges::Paths(paths) => {
            let mut out = config.clone();
            for (path, _) in paths {
                out = put(&out, prior, &path.0);
            }
            out
        }
    }
}

/// `value` with the part at `path` taken from `prior`. A path must be there on both sides; only the last key of a map may be
/// absent, which then is what is kept.
fn put(value: &Value, prior: &Value, path: &[PathStep]) -> Value {
    let (step, rest) = match path {
        [] => return prior.clone(),
        [PathStep::Attr(key) | PathStep::Key(key)] if is_map(value) => return put_key(value, prior, key),
        // A key in brackets at the end stands for a map. Of anything else the whole is kept, as Terraform does it.
        [PathStep::Key(_)] => return prior.clone(),
        [step, rest @ ..] => (step, rest),
    };
    let kind = match (step, &value.kind) {
        (PathStep::Attr(name) | PathStep::Key(name), Kind::Map(_, entries) | Kind::Object(entries)) => {
            let (Some(ours), Some(theirs)) = (entries.get(name), prior.get(name)) else {
                return value.clone();
            };
            let mut entries = (**entries).clone();
            let inner = put(ours, theirs, rest);
            entries.insert(name.clone(), inner);
            with_entries(&value.kind, entries)
        }
        // A block that stands once, written as the official providers have it: as the first of a list.
        (PathStep::Index(0), Kind::Object(_)) => return put(value, prior, rest),
        (PathStep::Index(i), Kind::List(_, items) | Kind::Tuple(items)) => {
            let theirs = prior.elements().and_then(|e| e.get(*i));
            let (Some(ours), Some(theirs)) = (items.get(*i), theirs) else {
                return value.clone();
            };
            let inner = put(ours, theirs, rest);
            let mut items = items.to_vec();
            items[*i] = inner;
            match &value.kind {
                Kind::List(t, _) => Kind::List(t.clone(), items.into()),
                _ => Kind::Tuple(items.into()),
            }
        }
        _ => return value.clone(),
    };
    Value {
        kind,
        marks: value.marks,
    }
}

fn is_map(value: &Value) -> bool {
    matches!(value.kind, Kind::Map(..) | Kind::Null(Type::Map(_)))
}

/// A map with the entry of one key as it was before.
fn put_key(value: &Value, prior: &Value, key: &Str) -> Value {
    let mut entries: BTreeMap<Str, Value> = value.entries().cloned().unwrap_or_default();
    match prior.entries().and_then(|e| e.get(key)) {
        Some(theirs) => entries.insert(key.clone(), theirs.clone()),
        None => entries.remove(key),
    };
    match &value.kind {
        Kind::Null(_) if entries.is_empty() => value.clone(),
        Kind::Null(Type::Map(t)) => Value::map((**t).clone(), entries).mark(value.marks),
        kind => Value {
            kind: with_entries(kind, entries),
            marks: value.marks,
        },
    }
}

fn with_entries(kind: &Kind, entries: BTreeMap<Str, Value>) -> Kind {
    match kind {
        Kind::Map(t, _) => Kind::Map(t.clone(), entries.into()),
        _ => Kind::Object(entries.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attr(name: &str) -> PathStep {
        PathStep::Attr(name.into())
    }

    fn key(name: &str) -> PathStep {
        PathStep::Key(name.into())
    }

    fn map(entries: &[(&str, i64)]) -> Value {
        let entries = entries.iter().map(|(k, v)| (Str::from(*k), Value::int(*v)));
        Value::map(Type::Number, entries.collect::<BTreeMap<_, _>>())
    }

    #[test]
    fn a_part_is_kept_only_where_both_have_it() {
        let of = |x: i64| Value::object_of([("x", Value::int(x)), ("y", Value::int(9))]);
        assert_eq!(put(&of(2), &of(1), &[attr("x")]), of(1));
        let without = Value::object_of([("y", Value::int(3))]);
        assert_eq!(
            put(&without, &of(1), &[attr("x")]),
            without,
            "absent in the configuration"
        );
        assert_eq!(put(&of(2), &without, &[attr("x")]), of(2), "absent before");
    }

    #[test]
    fn a_key_of_a_map_may_be_absent_on_either_side() {
        let path = [key("x")];
        assert_eq!(
            put(&map(&[("x", 5), ("y", 3)]), &map(&[("x", 1)]), &path),
            map(&[("x", 1), ("y", 3)])
        );
        assert_eq!(
            put(&map(&[("y", 3)]), &map(&[("x", 1)]), &path),
            map(&[("x", 1), ("y", 3)])
        );
        assert_eq!(put(&map(&[("x", 5), ("y", 3)]), &map(&[]), &path), map(&[("y", 3)]));
        let none = Value::null(Type::Map(std::sync::Arc::new(Type::Number)));
        assert_eq!(put(&none, &map(&[("x", 1)]), &path), map(&[("x", 1)]));
        assert_eq!(put(&none, &map(&[("z", 1)]), &path), none);
    }

    #[test]
    fn a_key_at_the_end_keeps_all_of_what_is_no_map() {
        let of = |x: i64, y: i64| Value::object_of([("x", Value::int(x)), ("y", Value::int(y))]);
        assert_eq!(put(&of(2, 3), &of(1, 1), &[key("x")]), of(1, 1));
    }
}
