//! Functions on text: searching, cutting, joining. Lengths and positions count grapheme clusters.

use super::{
    CallContext, Function, FunctionError, FunctionResult, Param, ParamType, TEXT_MAX_BYTES, bool_type, str_at,
    string_list, string_list_type, string_type, text, unknown, whole,
};
use crate::base::{Kind, Marks, Type, Value};
use unicode_segmentation::UnicodeSegmentation;

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "chomp",
        "Text without the newlines at its end.",
        &[Param::string("str")],
        string_type,
        chomp,
    ),
    Function::new(
        "endswith",
        "Whether text ends with a suffix.",
        &[Param::string("str"), Param::string("suffix")],
        bool_type,
        |args, _| Ok(Value::bool(str_at(args, 0).ends_with(str_at(args, 1)))),
    ),
    Function::new(
        "startswith",
        "Whether text begins with a prefix.",
        &[Param::string("str").unknown(), Param::string("prefix")],
        bool_type,
        startswith,
    ),
    Function::new(
        "strcontains",
        "Whether text contains other text.",
        &[Param::string("str"), Param::string("substr")],
        bool_type,
        |args, _| Ok(Value::bool(str_at(args, 0).contains(str_at(args, 1)))),
    ),
    Function::new(
        "indent",
        "Text with spaces added at the beginning of each line but the first.",
        &[Param::number("spaces"), Param::string("str")],
        string_type,
        indent,
    ),
    Function::new(
        "join",
        "The elements of lists in one text, with a separator between them.",
        &[Param::string("separator")],
        string_type,
        join,
    )
    .rest(Param::new("lists", ParamType::List(&ParamType::String)).unknown()),
    Function::new(
        "replace",
        "Text with every occurrence of other text replaced; `/…/` around the search makes it a regular expression.",
        &[Param::string("str"), Param::string("substr"), Param::string("replace")],
        string_type,
        super::regex::replace,
    ),
    Function::new(
        "split",
        "The parts of text between separators.",
        &[Param::string("separator"), Param::string("str")],
        string_list_type,
        split,
    ),
    Function::new(
        "strrev",
        "Text with its characters in reverse order.",
        &[Param::string("str")],
        string_type,
        |args, _| Ok(text(&str_at(args, 0).graphemes(true).rev().collect::<String>())),
    ),
    Function::new(
        "substr",
        "Characters of text from an offset; a negative offset counts from the end, length -1 takes the rest.",
        &[Param::string("str"), Param::number("offset"), Param::number("length")],
        string_type,
        substr,
    ),
    Function::new(
        "trim",
        "Text without any of the given characters at its beginning and end.",
        &[Param::string("str"), Param::string("cutset")],
        string_type,
        |args, _| {
            let set = str_at(args, 1);
            Ok(text(str_at(args, 0).trim_matches(|c| set.contains(c))))
        },
    ),
    Function::new(
        "trimprefix",
        "Text without a prefix, if it begins with it.",
        &[Param::string("str"), Param::string("prefix")],
        string_type,
        |args, _| {
            let s = str_at(args, 0);
            Ok(text(s.strip_prefix(str_at(args, 1)).unwrap_or(s)))
        },
    ),
    Function::new(
        "trimsuffix",
        "Text without a suffix, if it ends with it.",
        &[Param::string("str"), Param::string("suffix")],
        string_type,
        |args, _| {
            let s = str_at(args, 0);
            Ok(text(s.strip_suffix(str_at(args, 1)).unwrap_or(s)))
        },
    ),
    Function::new(
        "trimspace",
        "Text without white space at its beginning and end.",
        &[Param::string("str")],
        string_type,
        |args, _| Ok(text(str_at(args, 0).trim())),
    ),
    Function::new(
        "templatestring",
        "The result of rendering a template that is a value.",
        &[Param::string("template"), Param::any("vars")],
        super::dynamic_type,
        super::filesystem::templatestring,
    )
    .may_be_null(),
];

fn chomp(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    Ok(text(str_at(args, 0).trim_end_matches(['\r', '\n'])))
}

fn startswith(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let prefix = str_at(args, 1);
    let Some(Kind::Unknown(u)) = args.first().map(|v| &v.kind) else {
        return Ok(Value::bool(str_at(args, 0).starts_with(prefix)));
    };
    match u.prefix.as_deref() {
        _ if prefix.is_empty() => Ok(Value::bool(true)),
        Some(known) if known.starts_with(prefix) => Ok(Value::bool(true)),
        Some(known) if !prefix.starts_with(known) => Ok(Value::bool(false)),
        _ => unknown(Type::Bool, Marks::NONE),
    }
}

fn indent(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let spaces = usize::try_from(whole(args, 0)?)
        .map_err(|_| FunctionError::arg(0, "the number of spaces must not be negative"))?;
    let s = str_at(args, 1);
    let lines = s.matches('\n').count();
    if lines.saturating_mul(spaces) > TEXT_MAX_BYTES {
        return Err(FunctionError::arg(0, "the result would be too long"));
    }
    let newline = if lines == 0 {
        String::from("\n")
    } else {
        format!("\n{}", " ".repeat(spaces))
    };
    Ok(text(&s.replace('\n', &newline)))
}

fn join(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let (separator, lists) = (str_at(args, 0), args.get(1..).unwrap_or_default());
    if lists.is_empty() {
        return Err(FunctionError::call("at least one list is required"));
    }
    let mut out = String::new();
    let mut first = true;
    let mut is_unknown = false;
    for (position, list) in lists.iter().enumerate() {
        let Some(items) = list.elements() else {
            is_unknown = true;
            continue;
        };
        for (i, item) in items.iter().enumerate() {
            if item.is_null() {
                let message = if lists.len() == 1 {
                    format!("element {i} is null; cannot concatenate null values")
                } else {
                    format!("element {i} of list {position} is null; cannot concatenate null values")
                };
                return Err(FunctionError::arg(position + 1, message));
            }
            is_unknown |= !item.is_known();
            if !std::mem::replace(&mut first, false) {
                out.push_str(separator);
            }
            out.push_str(item.as_str().unwrap_or_default());
        }
    }
    if is_unknown {
        return unknown(Type::String, Marks::NONE);
    }
    Ok(text(&out))
}

fn split(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let (separator, s) = (str_at(args, 0), str_at(args, 1));
    Ok(if separator.is_empty() {
        string_list(s.chars().map(|c| c.to_string()))
    } else {
        string_list(s.split(separator))
    })
}

fn substr(args: &[Value], _: &CallContext<'_>) -> FunctionResult {
    let s = str_at(args, 0);
    let (offset, length) = (whole(args, 1)?, whole(args, 2)?);
    let skip = if offset < 0 {
        // An offset before the beginning counts as the beginning.
        let total = i64::try_from(s.graphemes(true).count()).unwrap_or(i64::MAX);
        total.saturating_add(offset).max(0)
    } else {
        offset
    };
    let take = match usize::try_from(length) {
        // As Terraform has it: no length, counted from the end, is all.
        Ok(0) if offset < 0 => usize::MAX,
        Ok(length) => length,
        Err(_) => usize::MAX,
    };
    let cut = s
        .graphemes(true)
        .skip(usize::try_from(skip).unwrap_or(usize::MAX))
        .take(take);
    Ok(text(&cut.collect::<String>()))
}
