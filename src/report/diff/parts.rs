//! What a difference is made of: the parts of objects, elements of sets, values on one line. Writes no lines.

use super::super::layout::{clean, cut, key, quote};
use super::super::leaves::{Aligned, json_document, same};
use super::super::redact::hidden;
use super::super::style::Style;
use super::TEXT_MAX;
use crate::base::{AttrPath, Kind, Marks, Str, Value};
use crate::schema::{Attribute, BlockSchema, NestedBlock};
use std::collections::BTreeSet;

/// A value on one line, with everything hidden that must be.
pub(in crate::report) fn inline(value: &Value, full: bool, style: &Style) -> String {
    if value.is_sensitive() {
        return "(sensitive)".into();
    }
    if value.marks.contains(Marks::EPHEMERAL) {
        return "(ephemeral)".into();
    }
    match &value.kind {
        Kind::Null(_) => "null".into(),
        Kind::Unknown(_) => "(known after apply)".into(),
        Kind::Bool(b) => b.to_string(),
        Kind::Number(n) => n.to_string(),
        Kind::String(s) if full => quote(s),
        Kind::String(s) => match s.chars().count() {
            n if n > TEXT_MAX => format!("{} ({n} characters)", quote(&cut(&clean(s), TEXT_MAX, style))),
            _ => quote(s),
        },
        Kind::List(_, v) | Kind::Set(_, v) | Kind::Tuple(v) => {
            let items: Vec<String> = v.iter().map(|v| inline(v, full, style)).collect();
            format!("[{}]", items.join(", "))
        }
        Kind::Map(_, m) | Kind::Object(m) if m.is_empty() => "{}".into(),
        Kind::Map(_, m) | Kind::Object(m) => {
            let items: Vec<String> = m
                .iter()
                .map(|(k, v)| format!("{} = {}", key(k), inline(v, full, style)))
                .collect();
            format!("{{ {} }}", items.join(", "))
        }
    }
}

/// Whether it has parts.
pub(super) fn composite(value: &Value) -> bool {
    value.entries().is_some_and(|m| !m.is_empty()) || value.elements().is_some_and(|v| !v.is_empty())
}

/// Whether nothing in it has parts of its own.
pub(super) fn flat(value: &Value) -> bool {
    let simple =
        |v: &Value| v.entries().is_none() && v.elements().is_none() && !v.as_str().is_some_and(|s| s.contains('\n'));
    match (value.entries(), value.elements()) {
        (Some(m), _) => m.values().all(simple),
        (_, Some(v)) => v.iter().all(simple),
        _ => true,
    }
}

/// Elements of a list of blocks; none for a missing one, nothing for what is not a list.
pub(super) fn elements(value: Option<&Value>) -> Option<&[Value]> {
    match value {
        None => Some(&[]),
        Some(v) => v.elements(),
    }
}

pub(super) fn parent(path: &AttrPath) -> AttrPath {
    AttrPath(path.0.split_last().map(|(_, rest)| rest.to_vec()).unwrap_or_default())
}

/// Elements of sets have no order: what only one side has.
pub(super) fn as_set(x: &[Value], y: &[Value]) -> Vec<Aligned> {
    let (left, right): (std::collections::HashSet<&Value>, std::collections::HashSet<&Value>) =
        (x.iter().collect(), y.iter().collect());
    let mut out: Vec<Aligned> = x
        .iter()
        .enumerate()
        .map(|(i, v)| {
            if right.contains(v) {
                Aligned::Same(i)
            } else {
                Aligned::Removed(i)
            }
        })
        .collect();
    let new = y.iter().enumerate().filter(|(_, v)| !left.contains(v));
    out.extend(new.map(|(j, _)| Aligned::Added(j)));
    out
}

/// `["id", "name", -"age", +"years"]`, for lists of short words, where signs can't be taken for a part of the value.
pub(super) fn inline_list(x: &[Value], y: &[Value], steps: &[Aligned]) -> Option<String> {
    let word = |v: Option<&Value>| {
        let v = v.filter(|v| !hidden(v))?;
        v.as_str()
            .filter(|s| !s.contains('\n') && json_document(s).is_none())
            .map(quote)
    };
    let mut parts = Vec::with_capacity(steps.len());
    for step in steps {
        match *step {
            Aligned::Same(i) => parts.push(word(x.get(i))?),
            Aligned::Changed(i, j) => {
                parts.push(format!("-{}", word(x.get(i))?));
                parts.push(format!("+{}", word(y.get(j))?));
            }
            Aligned::Removed(i) => parts.push(format!("-{}", word(x.get(i))?)),
            Aligned::Added(j) => parts.push(format!("+{}", word(y.get(j))?)),
        }
    }
    Some(format!("[{}]", parts.join(", ")))
}

/// Two long texts, each cut to what stands around their first difference.
pub(super) fn around_difference(before: &str, after: &str, style: &Style) -> (String, String) {
    let common = before.chars().zip(after.chars()).take_while(|(a, b)| a == b).count();
    let from = common.saturating_sub(TEXT_MAX / 4);
    let part = |text: &str| {
        let all = text.chars().count();
        let tail: String = text.chars().skip(from).collect();
        let lead = if from > 0 { style.ellipsis() } else { "" };
        let shown = quote(&cut(&clean(&tail), TEXT_MAX, style));
        format!("{lead}{shown} ({all} characters)")
    };
    (part(before), part(after))
}

/// One attribute or block of an object on both sides.
pub(super) struct Part<'a> {
    pub(super) name: &'a str,
    pub(super) block: Option<&'a NestedBlock>,
    pub(super) before: Option<&'a Value>,
    pub(super) after: Option<&'a Value>,
}

impl Part<'_> {
    pub(super) fn unchanged(&self) -> bool {
        matches!((self.before, self.after), (Some(b), Some(a)) if same(b, a))
    }

    /// What to say when only what is sensitive in it changed.
    pub(super) fn remarked(&self) -> Option<&'static str> {
        let (before, after) = (self.before?, self.after?);
        // A withheld value can't be compared; its marks are those of a whole.
        if before == after || !same(before, after) || before.is_withheld() || after.is_withheld() {
            return None;
        }
        match (before.marks_deep().is_empty(), after.marks_deep().is_empty()) {
            (true, false) => Some("becomes sensitive; the value stays"),
            (false, true) => Some("no longer sensitive; the value stays"),
            _ if before != after => Some("other parts of it are sensitive; the value stays"),
            _ => None,
        }
    }
}

/// The parts that are set on either side, in the order of the schema, then what the schema does not know. Statuses that
/// change by themselves are left out unless all is kept.
pub(super) fn parts<'a>(
    schema: Option<&'a BlockSchema>,
    before: Option<&'a Value>,
    after: Option<&'a Value>,
    keep: bool,
) -> Vec<Part<'a>> {
    let mut out = Vec::new();
    let set = |value: Option<&'a Value>, name: &str| value.and_then(|v| v.get(name)).filter(|v| !v.is_null());
    let mut add = |name: &'a str, block: Option<&'a NestedBlock>, attribute: Option<&'a Attribute>| {
        if attribute.is_some_and(|a| a.volatile && !keep) {
            return;
        }
        let no_blocks = |v: &&Value| block.is_some() && v.elements().is_some_and(<[Value]>::is_empty);
        let part = Part {
            name,
            block,
            before: set(before, name).filter(|v| !no_blocks(v)),
            after: set(after, name).filter(|v| !no_blocks(v)),
        };
        if part.before.is_some() || part.after.is_some() {
            out.push(part);
        }
    };
    if let Some(schema) = schema {
        schema.attributes.iter().for_each(|(name, a)| add(name, None, Some(a)));
        schema.blocks.iter().for_each(|(name, b)| add(name, Some(b), None));
    }
    let known = |name: &str| schema.is_some_and(|s| s.attributes.contains_key(name) || s.blocks.contains_key(name));
    let names = |value: Option<&'a Value>| value.and_then(Value::entries).into_iter().flat_map(|m| m.keys());
    let others: BTreeSet<&'a Str> = names(before).chain(names(after)).filter(|n| !known(n)).collect();
    others.into_iter().for_each(|name| add(name, None, None));
    out
}
