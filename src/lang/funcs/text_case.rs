//! Functions on the case of letters, one letter to one letter as Go's `unicode` package maps them.

use super::{Function, Param, str_at, string_type, text};

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "lower",
        "Text in lower case.",
        &[Param::string("str")],
        string_type,
        |args, _| Ok(text(&str_at(args, 0).chars().map(lower).collect::<String>())),
    ),
    Function::new(
        "upper",
        "Text in upper case.",
        &[Param::string("str")],
        string_type,
        |args, _| Ok(text(&str_at(args, 0).chars().map(upper).collect::<String>())),
    ),
    Function::new(
        "title",
        "Text with the first letter of each word in upper case.",
        &[Param::string("str")],
        string_type,
        |args, _| Ok(text(&title(str_at(args, 0)))),
    ),
];

/// The simple mapping: letters whose full mapping is longer stay as they are, but for İ.
fn lower(c: char) -> char {
    let mut mapped = c.to_lowercase();
    match (mapped.next(), mapped.next()) {
        (Some(l), None) => l,
        _ if c == 'İ' => 'i',
        _ => c,
    }
}

fn upper(c: char) -> char {
    let mut mapped = c.to_uppercase();
    match (mapped.next(), mapped.next()) {
        (Some(u), None) => u,
        _ => c,
    }
}

fn title_letter(c: char) -> char {
    match c {
        // The four digraphs whose title case differs from their upper case.
        'Ǆ' | 'ǅ' | 'ǆ' => 'ǅ',
        'Ǉ' | 'ǈ' | 'ǉ' => 'ǈ',
        'Ǌ' | 'ǋ' | 'ǌ' => 'ǋ',
        'Ǳ' | 'ǲ' | 'ǳ' => 'ǲ',
        _ => upper(c),
    }
}

fn title(s: &str) -> String {
    let mut after_separator = true;
    s.chars()
        .map(|c| {
            let mapped = if after_separator { title_letter(c) } else { c };
            after_separator = is_separator(c);
            mapped
        })
        .collect()
}

/// Word boundaries as Go's `strings.Title` has them.
fn is_separator(c: char) -> bool {
    if c.is_ascii() {
        !(c.is_ascii_alphanumeric() || c == '_')
    } else {
        !c.is_alphanumeric() && c.is_whitespace()
    }
}
