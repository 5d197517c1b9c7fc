//! How many instances a block has: `count` and `for_each` to keys. Decides what values these may have.

use crate::base::{Diag, Diags, Kind, Marks, Span, Str, Type, Value};
use crate::config::codes;
use crate::lang::ast::Expr;
use crate::lang::{EvalContext, eval};
use std::collections::BTreeMap;
use std::fmt::Display;

/// More instances than this of one block are taken for a mistake; it bounds the memory that one number can ask for.
pub const INSTANCES_MAX: i64 = 100_000;

/// The instances of a block.
#[derive(Debug)]
pub enum Expansion {
    /// One, without key.
    Single,
    /// As many as this, by index.
    Count(u64),
    /// One for each entry.
    Each(BTreeMap<Str, Value>),
    /// How many there are is known later; the problem that this is for a plan.
    Later(Box<Diag>),
    /// An error was reported.
    Failed,
}

/// Evaluates `count` or `for_each` of a block or module call.
pub fn expansion(
    count_expr: Option<&Expr>,
    for_each: Option<&Expr>,
    address: &dyn Display,
    cx: &EvalContext<'_>,
) -> (Expansion, Diags) {
    let refused = |summary: &str, why: Refusal, span: Span, mut diags: Diags| {
        let (text, later) = match &why {
            Refusal::Later(text) => (text, true),
            Refusal::Wrong(text) => (text, false),
        };
        let diag = Diag::error(codes::EXPANSION, summary);
        let diag = diag.detail(text.as_str()).address(address).at(span);
        if later {
            return (Expansion::Later(Box::new(diag)), diags);
        }
        diags.push(diag);
        (Expansion::Failed, diags)
    };
    if let Some(expr) = count_expr {
        let (value, diags) = eval::evaluate_as(expr, &Type::Number, cx);
        if diags.has_errors() {
            return (Expansion::Failed, diags);
        }
        return match count(&value) {
            Ok(n) => (Expansion::Count(n), diags),
            Err(why) => refused("Invalid count argument", why, expr.span, diags),
        };
    }
    if let Some(expr) = for_each {
        let (value, diags) = eval::evaluate(expr, cx);
        if diags.has_errors() {
            return (Expansion::Failed, diags);
        }
        return match each(&value) {
            Ok(entries) => (Expansion::Each(entries), diags),
            Err(why) => {
                let summary = match &value.kind {
                    Kind::Set(_, items) if value.marks.is_empty() && items.iter().all(Value::is_known) => {
                        "Invalid for_each set argument"
                    }
                    _ => "Invalid for_each argument",
                };
                refused(summary, why, expr.span, diags)
            }
        };
    }
    (Expansion::Single, Diags::new())
}

/// Why a value says nothing about instances.
enum Refusal {
    /// It is not known yet.
    Later(String),
    /// It never will.
    Wrong(String),
}

impl From<String> for Refusal {
    fn from(text: String) -> Self {
        Refusal::Wrong(text)
    }
}

impl From<&str> for Refusal {
    fn from(text: &str) -> Self {
        Refusal::Wrong(text.to_string())
    }
}

fn count(value: &Value) -> Result<u64, Refusal> {
    // How many instances there are is seen by everybody, sensitive or not: what is hidden is only where the number comes from.
    if value.marks.contains(Marks::EPHEMERAL) {
        return Err("The value is ephemeral, and the instances would outlast it.".into());
    }
    match &value.kind {
        Kind::Unknown(_) => Err(Refusal::Later(
            "The value depends on resource attributes that are known only after apply, so it can't be \
             said how many instances there will be. Use -target to apply first what it depends on."
                .into(),
        )),
        Kind::Null(_) => Err("The value is null; an integer is required.".into()),
        Kind::Number(n) => match n.to_i64() {
            Some(i) if (0..=INSTANCES_MAX).contains(&i) => Ok(i.unsigned_abs()),
            Some(i) if i > INSTANCES_MAX => {
                Err(format!("{i} instances are more than the limit of {INSTANCES_MAX}.").into())
            }
            Some(i) => Err(format!("The value is {i}; it must be 0 or more.").into()),
            None => Err(format!("The value is {n}; a whole number is required.").into()),
        },
        _ => Err("A number is required.".into()),
    }
}

fn each(value: &Value) -> Result<BTreeMap<Str, Value>, Refusal> {
    if value.marks.contains(Marks::EPHEMERAL) {
        return Err("The value is ephemeral, so it can't be kept which instances there are.".into());
    }
    if value.marks.contains(Marks::SENSITIVE) {
        return Err("The value is sensitive, and the keys of the instances would show it.".into());
    }
    if value.marks_deep().contains(Marks::EPHEMERAL) && !matches!(value.kind, Kind::Map(..) | Kind::Object(_))
        || value.marks.contains(Marks::EPHEMERAL)
    {
        return Err("The value is ephemeral, and the instances would outlast it.".into());
    }
    match &value.kind {
        Kind::Map(_, entries) | Kind::Object(entries) => {
            if entries.len() as i64 > INSTANCES_MAX {
                return Err(format!("More instances than the limit of {INSTANCES_MAX}.").into());
            }
            Ok((**entries).clone())
        }
        Kind::Set(_, items) => items
            .iter()
            .map(|item| match &item.kind {
                Kind::String(s) => Ok((s.clone(), item.clone())),
                Kind::Unknown(_) => Err(later("set")),
                _ => Err("A set must hold strings, which are the keys of the instances.".into()),
            })
            .collect(),
        Kind::Unknown(_) => Err(later("value")),
        Kind::Null(_) => Err("The value is null; a map, or a set of strings, is required.".into()),
        Kind::List(..) | Kind::Tuple(_) => Err(
            "The value is a list, whose elements have no stable keys: use a map, or toset() for a \
             list of distinct strings."
                .into(),
        ),
        _ => Err(format!(
            "A map, or a set of strings, is required; this is a {}.",
            value.ty().friendly_name()
        )
        .into()),
    }
}

fn later(what: &str) -> Refusal {
    Refusal::Later(format!(
        "The {what} has keys that are known only after apply, so it can't be said which instances there will be. Use keys that \
         are written in the configuration, with the later parts as values; or use -target to apply first what it depends on."
    ))
}
