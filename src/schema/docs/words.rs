//! Constants and templates of schema files as text for a reader.

use crate::base::{Kind, Value, json::to_json};
use crate::lang::ast::{Expr, ExprKind, StepKind, TemplatePart};
use crate::schema::validate::quoted;

/// A constant as the user would write it. Text has no quotes where it can be told without them.
pub(super) fn constant_text(value: &Value) -> String {
    match &value.kind {
        Kind::String(s) if s.is_empty() || s.contains(|c: char| c.is_control() || matches!(c, '"' | '\\')) => quoted(s),
        Kind::String(s) => s.to_string(),
        _ => to_json(value).to_string(),
    }
}

/// A constant as code. Text that nobody could see that way, such as a line break, is written as configuration has it.
pub(super) fn code(value: &Value) -> String {
    let text = constant_text(value);
    match &value.kind {
        Kind::String(s) if s.trim().is_empty() || s.chars().any(char::is_control) => format!("`{}`", to_json(value)),
        _ => format!("`{text}`"),
    }
}

/// The text of a template, with what is filled in later in braces. Empty for what is no template.
pub(super) fn template_text(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Literal(value) => value.as_str().map_or_else(|| constant_text(value), str::to_string),
        ExprKind::Parens(inner) => template_text(inner),
        ExprKind::TemplateWrap(inner) => name(inner),
        ExprKind::Template(parts) => parts
            .iter()
            .map(|part| match part {
                TemplatePart::Literal(text, _) => text.to_string(),
                TemplatePart::Interpolation(inner) => name(inner),
                TemplatePart::If { .. } | TemplatePart::For { .. } => "…".to_string(),
            })
            .collect(),
        _ => String::new(),
    }
}

/// `{column_name}` for `self.event_time_column.column_name`.
fn name(expr: &Expr) -> String {
    let ExprKind::Reference(reference) = &expr.kind else {
        return "{…}".to_string();
    };
    let last = reference.steps.iter().rev().find_map(|step| match &step.kind {
        StepKind::Attr(name) => Some(&**name),
        StepKind::Index(_) => None,
    });
    format!("{{{}}}", last.unwrap_or(&reference.root.text))
}

/// Text as Markdown shows it: outside of code, `<` would begin a tag.
pub(super) fn escape(text: &str) -> String {
    let mut code = false;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        code ^= c == '`';
        match c {
            '<' if !code => out.push_str("&lt;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_a_reader_could_not_tell_is_written_as_in_a_file() {
        for (text, expected) in [
            ("OBS", "OBS"),
            (",", ","),
            ("\n", r#""\n""#),
            (r"\", r#""\\""#),
            ("", r#""""#),
            ("a\"b\u{1}", r#""a\"b\u0001""#),
        ] {
            assert_eq!(constant_text(&Value::string(text)), expected);
        }
        assert_eq!(constant_text(&Value::bool(true)), "true");
    }
}
