//! Differences of structured values leaf by leaf, each with its path: for JSON documents kept as text, and for the short
//! paths of a plan's overview. Elements that carry a name are matched by it, so that `steps[Reader]` stays one element
//! when another is put before it.

use super::layout::{clean, cut, quote};
use super::redact::hidden;
use super::style::Style;
use crate::base::json::implied;
use crate::base::{Kind, Str, Value};
use similar::{Algorithm, DiffOp, capture_diff_slices};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Keys that name an element of a list, best first.
const NAMES: [&str; 3] = ["name", "id", "key"];

/// Lists longer than this are compared by position, so that comparing them stays quick.
pub const ALIGNED_MAX: usize = 10_000;

/// One leaf that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// Path from the value, beginning with a name, or with a bracket where the value is a list; empty for the value
    /// itself.
    pub path: String,
    /// Before; absent where the leaf is new.
    pub before: Option<Value>,
    /// After; absent where the leaf is gone.
    pub after: Option<Value>,
}

/// The leaves of two values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leaves {
    /// Those that differ, in the order of the value.
    pub changed: Vec<Leaf>,
    /// How many leaves there are on either side.
    pub total: usize,
}

/// The leaves of two values, matched.
pub fn leaves(before: &Value, after: &Value) -> Leaves {
    let mut out = Leaves::default();
    walk("", before, after, &mut out);
    out
}

/// The document in a text, when it is a JSON object or array.
pub fn json_document(text: &str) -> Option<Value> {
    let first = text.trim_start().chars().next()?;
    if !matches!(first, '{' | '[') {
        return None;
    }
    let json: serde_json::Value = serde_json::from_str(text).ok()?;
    Some(implied(&json))
}

/// Equal but for marks.
pub fn same(a: &Value, b: &Value) -> bool {
    a == b || a.clone().unmark_deep().0 == b.clone().unmark_deep().0
}

fn walk(path: &str, before: &Value, after: &Value, out: &mut Leaves) {
    if hidden(before) || hidden(after) {
        return pair(path, before, after, out);
    }
    match (&before.kind, &after.kind) {
        (Kind::Map(_, x) | Kind::Object(x), Kind::Map(_, y) | Kind::Object(y)) if !x.is_empty() && !y.is_empty() => {
            entries(path, x, y, out);
        }
        (Kind::List(_, x) | Kind::Tuple(x), Kind::List(_, y) | Kind::Tuple(y)) => {
            if let (Some(x), Some(y)) = (named(x), named(y)) {
                named_elements(path, &x, &y, out);
            } else if x
                .iter()
                .chain(y.iter())
                .all(|v| v.entries().is_none() && v.elements().is_none())
            {
                pair(path, before, after, out);
            } else {
                elements(path, x, y, out);
            }
        }
        _ => pair(path, before, after, out),
    }
}

fn pair(path: &str, before: &Value, after: &Value, out: &mut Leaves) {
    out.total += 1;
    if !same(before, after) {
        out.changed.push(Leaf {
            path: path.to_string(),
            before: Some(before.clone()),
            after: Some(after.clone()),
        });
    }
}

fn one_sided(path: String, before: Option<&Value>, after: Option<&Value>, out: &mut Leaves) {
    out.total += 1;
    out.changed.push(Leaf {
        path,
        before: before.cloned(),
        after: after.cloned(),
    });
}

fn either(path: String, before: Option<&Value>, after: Option<&Value>, out: &mut Leaves) {
    match (before, after) {
        (Some(x), Some(y)) => walk(&path, x, y, out),
        (x, y) => one_sided(path, x, y, out),
    }
}

fn entries(path: &str, before: &BTreeMap<Str, Value>, after: &BTreeMap<Str, Value>, out: &mut Leaves) {
    let names: BTreeSet<&Str> = before.keys().chain(after.keys()).collect();
    for name in names {
        either(child(path, name), before.get(name), after.get(name), out);
    }
}

/// The path of an entry.
pub fn child(path: &str, name: &str) -> String {
    let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    match (plain, path.is_empty()) {
        (true, true) => name.to_string(),
        (true, false) => format!("{path}.{name}"),
        (false, _) => format!("{path}[{}]", quote(name)),
    }
}

/// The key under which an element of a list has its name, if it has one that can be shown.
pub fn name_key(item: &Value) -> Option<&'static str> {
    let named = |key: &&&str| item.get(key).is_some_and(|v| !hidden(v) && v.as_str().is_some());
    NAMES.iter().find(named).copied()
}

/// Elements by name, when each is an object with a name of its own.
fn named(items: &[Value]) -> Option<Vec<(&str, &Value)>> {
    NAMES.iter().find_map(|key| {
        let mut seen = BTreeSet::new();
        items
            .iter()
            .map(|item| {
                let name = item.get(key).filter(|v| !hidden(v))?.as_str()?;
                (!hidden(item) && seen.insert(name)).then_some((name, item))
            })
            .collect::<Option<Vec<_>>>()
            .filter(|found| !found.is_empty())
    })
}

fn named_elements(path: &str, before: &[(&str, &Value)], after: &[(&str, &Value)], out: &mut Leaves) {
    let style = Style::default();
    let at = |name: &str| format!("{path}[{}]", cut(&clean(name), 40, &style));
    let find: HashMap<&str, &Value> = after.iter().copied().collect();
    let known: HashMap<&str, &Value> = before.iter().copied().collect();
    for (name, x) in before {
        either(at(name), Some(x), find.get(name).copied(), out);
    }
    for (name, y) in after {
        if !known.contains_key(name) {
            one_sided(at(name), None, Some(y), out);
        }
    }
}

fn elements(path: &str, before: &[Value], after: &[Value], out: &mut Leaves) {
    for step in align(before, after) {
        match step {
            Aligned::Same(i) => out.total += before.get(i).map_or(1, size),
            Aligned::Changed(i, j) => either(format!("{path}[{j}]"), before.get(i), after.get(j), out),
            Aligned::Removed(i) => one_sided(format!("{path}[{i}]"), before.get(i), None, out),
            Aligned::Added(j) => one_sided(format!("{path}[{j}]"), None, after.get(j), out),
        }
    }
}

/// How many leaves a value has.
fn size(value: &Value) -> usize {
    if let Some(m) = value.entries() {
        return m.values().map(size).sum();
    }
    let nested = |v: &Value| v.entries().is_some() || v.elements().is_some();
    match value.elements() {
        Some(items) if items.iter().any(nested) => items.iter().map(size).sum(),
        _ => 1,
    }
}

/// How an element of one list relates to the other list; numbers are places before and after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aligned {
    /// The same on both sides; the place before.
    Same(usize),
    /// Another value at the same place in the order.
    Changed(usize, usize),
    /// Gone.
    Removed(usize),
    /// New.
    Added(usize),
}

/// Matches the elements of two lists: the longest common order stays, what stands in its gaps is paired when both sides
/// have as many.
pub fn align(before: &[Value], after: &[Value]) -> Vec<Aligned> {
    let mut numbers: HashMap<Value, usize> = HashMap::new();
    let mut intern = |items: &[Value]| -> Vec<usize> {
        items
            .iter()
            .map(|v| {
                let next = numbers.len();
                *numbers.entry(v.clone().unmark_deep().0).or_insert(next)
            })
            .collect()
    };
    let (x, y) = (intern(before), intern(after));
    if x.len() + y.len() > ALIGNED_MAX {
        return by_position(&x, &y);
    }
    let mut out = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &x, &y) {
        match op {
            DiffOp::Equal { old_index, len, .. } => out.extend((old_index..old_index + len).map(Aligned::Same)),
            DiffOp::Delete { old_index, old_len, .. } => {
                out.extend((old_index..old_index + old_len).map(Aligned::Removed));
            }
            DiffOp::Insert { new_index, new_len, .. } => {
                out.extend((new_index..new_index + new_len).map(Aligned::Added));
            }
            DiffOp::Replace {
                old_index,
                old_len,
                new_index,
                new_len,
            } => {
                if old_len == new_len {
                    out.extend((0..old_len).map(|n| Aligned::Changed(old_index + n, new_index + n)));
                } else {
                    out.extend((old_index..old_index + old_len).map(Aligned::Removed));
                    out.extend((new_index..new_index + new_len).map(Aligned::Added));
                }
            }
        }
    }
    out
}

fn by_position(x: &[usize], y: &[usize]) -> Vec<Aligned> {
    (0..x.len().max(y.len()))
        .map(|i| match (x.get(i), y.get(i)) {
            (Some(a), Some(b)) if a == b => Aligned::Same(i),
            (Some(_), Some(_)) => Aligned::Changed(i, i),
            (Some(_), None) => Aligned::Removed(i),
            _ => Aligned::Added(i),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doc(text: &str) -> Value {
        json_document(text).expect("a JSON document")
    }

    fn paths(before: &str, after: &str) -> (Vec<String>, usize) {
        let found = leaves(&doc(before), &doc(after));
        (found.changed.into_iter().map(|l| l.path).collect(), found.total)
    }

    #[test]
    fn named_elements_keep_their_name_when_another_comes_first() {
        let before = r#"{"steps": [{"name": "Reader", "n": 1}, {"name": "Writer", "n": 1}]}"#;
        let after =
            r#"{"steps": [{"name": "Filter", "n": 0}, {"name": "Reader", "n": 2}, {"name": "Writer", "n": 1}]}"#;
        let (found, total) = paths(before, after);
        assert_eq!(found, ["steps[Reader].n", "steps[Filter]"]);
        assert_eq!(total, 5);
    }

    #[test]
    fn key_order_and_white_space_are_no_difference() {
        assert_eq!(
            paths(r#"{"a": 1, "b": [1, 2]}"#, "{\"b\":[1,2],\n\"a\":1}"),
            (vec![], 2)
        );
    }

    #[test]
    fn elements_without_names_are_matched_by_order() {
        let (found, _) = paths(r#"[{"x": 1}, {"x": 2}, {"x": 3}]"#, r#"[{"x": 2}, {"x": 4}]"#);
        assert_eq!(found, ["[0]", "[1].x"]);
        let (found, _) = paths(r#"{"a b": {"c": 1}}"#, r#"{"a b": {"c": 2}}"#);
        assert_eq!(found, ["[\"a b\"].c"]);
    }

    #[test]
    fn long_lists_are_compared_by_position() {
        let list = |from: i64| -> Vec<Value> { (from..from + 6_000).map(Value::int).collect() };
        let steps = align(&list(0), &list(1));
        assert_eq!(steps.len(), 6_000);
        assert_eq!(steps[0], Aligned::Changed(0, 0));
    }
}
