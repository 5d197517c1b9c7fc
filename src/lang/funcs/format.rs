//! `format` and `formatlist`: which verb takes which argument. How one value is written is in `format_verb`.

use super::format_verb::{Piece, pieces, write_value};
use super::{
    CallContext, Function, FunctionError, FunctionResult, Param, str_at, string_list_type, string_type, text, unknown,
};
use crate::base::{Kind, Marks, Type, Unknown, Value};
use std::sync::Arc;

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "format",
        "Text with values in the place of verbs such as `%s` and `%d`.",
        &[Param::string("format")],
        string_type,
        |args, _| format_call(str_at(args, 0), args.get(1..).unwrap_or_default()),
    )
    .rest(Param::any("args").null().unknown()),
    Function::new(
        "formatlist",
        "A list of texts: `format` for each element of the lists among the arguments.",
        &[Param::string("format")],
        string_list_type,
        formatlist,
    )
    .rest(Param::any("args").null().unknown()),
];

/// A null of no type may become any value, so nothing can be said of the result.
fn is_undecided(arg: &Value) -> bool {
    matches!(arg.kind, Kind::Null(Type::Dynamic))
}

fn format_call(format: &str, args: &[Value]) -> FunctionResult {
    if args.iter().any(|a| is_undecided(a) || !a.is_wholly_known()) {
        let prefix = format.split('%').next().unwrap_or_default();
        return Ok(Kind::Unknown(Arc::new(Unknown {
            not_null: true,
            prefix: crate::lang::eval::safe_prefix(prefix),
            ..Unknown::of(Type::String)
        }))
        .into());
    }
    Ok(text(&render(format, args)?))
}

fn render(format: &str, args: &[Value]) -> Result<String, FunctionError> {
    let pieces = pieces(format).map_err(FunctionError::call)?;
    let mut out = String::new();
    let mut next = 0;
    let mut used = 0;
    for piece in pieces {
        match piece {
            Piece::Text(s) => out.push_str(s),
            Piece::Verb(verb) => {
                let position = verb.argument.unwrap_or(next);
                next = position.saturating_add(1);
                used = used.max(next);
                let Some(arg) = args.get(position) else {
                    return Err(FunctionError::call(format!(
                        "not enough arguments for {:?} at {}: need index {next} but have {} total",
                        verb.source,
                        verb.offset,
                        args.len()
                    )));
                };
                write_value(&verb, arg, &mut out).map_err(FunctionError::call)?;
            }
        }
    }
    if used < args.len() {
        let message = match used {
            0 => "too many arguments; no verbs in format string".to_owned(),
            _ => format!("too many arguments; only {used} used by format string"),
        };
        return Err(FunctionError::arg(used + 1, message));
    }
    Ok(out)
}

fn formatlist(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let (format, args) = (str_at(args, 0), args.get(1..).unwrap_or_default());
    let list = Type::list(Type::String);
    let is_list = |v: &Value| matches!(v.ty(), Type::List(_) | Type::Set(_) | Type::Tuple(_));
    let mut rows: Option<(usize, usize)> = None;
    for (i, arg) in args.iter().enumerate() {
        if is_undecided(arg) || (is_list(arg) && !arg.is_known()) {
            return unknown(list, Marks::NONE);
        }
        let Some(items) = arg.elements() else {
            continue;
        };
        match rows {
            Some((first, count)) if count != items.len() => {
                return Err(FunctionError::arg(
                    i + 1,
                    format!(
                        "argument {} has length {}, which is inconsistent with argument {} of length {count}",
                        i + 1,
                        items.len(),
                        first + 1
                    ),
                ));
            }
            Some(_) => {}
            None => rows = Some((i, items.len())),
        }
    }
    let count = match rows {
        Some((_, count)) => count,
        None => 1,
    };
    let mut out = Vec::with_capacity(count);
    for row in 0..count {
        let picked: Vec<Value> = args
            .iter()
            .map(|arg| arg.elements().and_then(|items| items.get(row)).unwrap_or(arg).clone())
            .collect();
        if picked.iter().any(|v| !v.is_wholly_known()) {
            out.push(Value::unknown_not_null(Type::String));
            continue;
        }
        let line = render(format, &picked)
            .map_err(|e| FunctionError::call(format!("error on format iteration {row}: {}", e.message)))?;
        out.push(text(&line));
    }
    Ok(Value::list(Type::String, out))
}
