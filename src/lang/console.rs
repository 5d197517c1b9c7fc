//! Values as `terraform console` and `terraform output` print them. Decides layout only: what is
//! sensitive, ephemeral or not known is never shown.

use super::ast::{Call, Expr, ExprKind, Reference};
use super::codes;
use super::eval::evaluate;
use super::scope::EvalContext;
use crate::base::{Diag, Diags, Kind, Marks, Str, Type, Value};
use std::fmt::Write;
use unicode_normalization::char::is_combining_mark;

/// The text of a value, without a final newline.
pub fn render(value: &Value) -> String {
    let mut out = String::new();
    write_value(&mut out, value, 0);
    out
}

/// The text that the console's `type` function shows for a type, without a final newline.
pub fn render_type(ty: &Type) -> String {
    let mut out = String::new();
    write_type(&mut out, ty, 0);
    out
}

/// What a console answers to an expression: its value, or its type for `type(…)` as the whole of it.
pub fn answer(expr: &Expr, cx: &EvalContext<'_>) -> (String, Diags) {
    // What is not declared is wrong whatever the values are; nothing is evaluated beside it.
    let mut undeclared = Diags::new();
    expr.each_reference(&mut |reference, span| {
        if let Err(diag) = cx.scope.reference(&reference.root.text, &reference.steps, span) {
            undeclared.push(unnamed(diag, reference));
        }
    });
    if undeclared.has_errors() {
        return (String::new(), undeclared);
    }
    let Some(call) = type_call(expr) else {
        let (value, diags) = evaluate(expr, cx);
        return (render(&value), diags);
    };
    let [arg] = call.args.as_slice() else {
        let diag = Diag::error(
            codes::ARGUMENT_COUNT,
            if call.args.is_empty() {
                "Not enough function arguments"
            } else {
                "Too many function arguments"
            },
        );
        let detail = if call.args.is_empty() {
            "Function \"type\" expects 1 argument(s). Missing value for \"value\"."
        } else {
            "Function \"type\" expects only 1 argument(s)."
        };
        return (String::new(), diag.detail(detail).at(expr.span).into());
    };
    if let Some(inner) = type_call(arg) {
        // The type of a type; what it is the type of must still be right.
        let (_, diags) = inner.args.first().map(|e| answer(e, cx)).unwrap_or_default();
        return ("type".into(), diags);
    }
    let (value, diags) = evaluate(arg, cx);
    (render_type(&value.ty()), diags)
}

/// A variable or local value that is not even named is not declared either, which is what Terraform's console says first.
fn unnamed(diag: Diag, reference: &Reference) -> Diag {
    let summary = match (&*reference.root.text, &reference.steps[..]) {
        ("var", []) => "Reference to undeclared input variable",
        ("local", []) => "Reference to undeclared local value",
        _ => return diag,
    };
    Diag {
        summary: summary.into(),
        ..diag
    }
}

fn type_call(expr: &Expr) -> Option<&Call> {
    match &expr.kind {
        ExprKind::Call(call) if matches!(&*call.name.text, "type" | "core::type") => Some(call),
        _ => None,
    }
}

fn write_value(out: &mut String, value: &Value, indent: usize) {
    if let Kind::Unknown(_) = value.kind {
        out.push_str("(known after apply)");
        return;
    }
    if value.marks.contains(Marks::SENSITIVE) {
        out.push_str("(sensitive value)");
        return;
    }
    if value.marks.contains(Marks::EPHEMERAL) {
        out.push_str("(ephemeral value)");
        return;
    }
    match &value.kind {
        Kind::Null(ty) => out.push_str(&null(ty)),
        Kind::Unknown(_) => {}
        Kind::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Kind::Number(n) => out.push_str(&n.to_string()),
        Kind::String(s) if s.contains('\n') => heredoc(out, s, indent),
        Kind::String(s) => quote(out, s),
        Kind::List(_, items) => {
            out.push_str("tolist(");
            sequence(out, items, indent);
            out.push(')');
        }
        Kind::Set(_, items) => {
            out.push_str("toset(");
            sequence(out, items, indent);
            out.push(')');
        }
        Kind::Tuple(items) => sequence(out, items, indent),
        Kind::Map(_, entries) => {
            out.push_str("tomap(");
            mapping(out, entries.iter(), indent);
            out.push(')');
        }
        Kind::Object(entries) => mapping(out, entries.iter(), indent),
    }
}

fn null(ty: &Type) -> String {
    match ty {
        Type::Dynamic => "null".into(),
        Type::String => "tostring(null)".into(),
        Type::Number => "tonumber(null)".into(),
        Type::Bool => "tobool(null)".into(),
        Type::List(t) => format!("tolist(null) /* of {} */", t.friendly_name()),
        Type::Set(t) => format!("toset(null) /* of {} */", t.friendly_name()),
        Type::Map(t) => format!("tomap(null) /* of {} */", t.friendly_name()),
        Type::Tuple(_) | Type::Object(_) => format!("null /* {} */", ty.friendly_name()),
    }
}

fn spaces(out: &mut String, n: usize) {
    out.extend(std::iter::repeat_n(' ', n));
}

fn line(out: &mut String, indent: usize) {
    out.push('\n');
    spaces(out, indent);
}

fn sequence(out: &mut String, items: &[Value], indent: usize) {
    out.push('[');
    for item in items {
        line(out, indent + 2);
        write_value(out, item, indent + 2);
        out.push(',');
    }
    if !items.is_empty() {
        line(out, indent);
    }
    out.push(']');
}

fn mapping<'a>(out: &mut String, entries: impl ExactSizeIterator<Item = (&'a Str, &'a Value)>, indent: usize) {
    let empty = entries.len() == 0;
    out.push('{');
    for (key, item) in entries {
        line(out, indent + 2);
        if key.contains('\n') {
            heredoc(out, key, indent + 2);
        } else {
            quote(out, key);
        }
        out.push_str(" = ");
        write_value(out, item, indent + 2);
    }
    if !empty {
        line(out, indent);
    }
    out.push('}');
}

/// Text of several lines, closed by a word that none of them is.
fn heredoc(out: &mut String, text: &str, indent: usize) {
    let mut word = "EOT".to_string();
    while text.split('\n').any(|l| l.trim() == word) {
        word.push('_');
    }
    out.push_str(if indent > 0 { "<<-" } else { "<<" });
    out.push_str(&word);
    for l in text.split('\n') {
        line(out, indent);
        out.push_str(l);
    }
    line(out, indent);
    out.push_str(&word);
}

/// Text in quotes, as Go's `strconv.Quote` writes it.
fn quote(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            c if is_printable(c) => out.push(c),
            c => escape(out, c),
        }
    }
    out.push('"');
}

fn escape(out: &mut String, c: char) {
    let code = u32::from(c);
    // Writing to a String has no way to fail.
    let _ = match code {
        0..0x80 => write!(out, "\\x{code:02x}"),
        0x80..0x1_0000 => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
}

fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    is_combining_mark(c) || c.is_alphanumeric() || c.escape_debug().len() == 1
}

fn write_type(out: &mut String, ty: &Type, indent: usize) {
    match ty {
        Type::Bool | Type::Number | Type::String | Type::Dynamic => out.push_str(&ty.friendly_name()),
        Type::List(t) => wrapped(out, "list", t, indent),
        Type::Set(t) => wrapped(out, "set", t, indent),
        Type::Map(t) => wrapped(out, "map", t, indent),
        Type::Tuple(types) if types.is_empty() => out.push_str("tuple([])"),
        Type::Tuple(types) => {
            out.push_str("tuple([");
            for t in types.iter() {
                line(out, indent + 4);
                write_type(out, t, indent + 4);
                out.push(',');
            }
            line(out, indent);
            out.push_str("])");
        }
        Type::Object(o) if o.attributes.is_empty() => out.push_str("object({})"),
        Type::Object(o) => {
            out.push_str("object({");
            for (name, t) in &o.attributes {
                line(out, indent + 4);
                out.push_str(name);
                out.push_str(": ");
                write_type(out, t, indent + 4);
                out.push(',');
            }
            line(out, indent);
            out.push_str("})");
        }
    }
}

/// A collection type; its element stands on lines of its own when that has several.
fn wrapped(out: &mut String, name: &str, element: &Type, indent: usize) {
    out.push_str(name);
    out.push('(');
    if matches!(element, Type::Object(_) | Type::Tuple(_)) {
        line(out, indent + 4);
        write_type(out, element, indent + 4);
        out.push(',');
        line(out, indent);
    } else {
        write_type(out, element, indent);
    }
    out.push(')');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_values_print_one_element_a_line() {
        let v = Value::object_of([
            ("a", Value::list(Type::Number, vec![Value::int(1)])),
            ("b", Value::string("x\ny")),
            ("c", Value::string("s").sensitive()),
            ("d", Value::tuple(Vec::new())),
            ("e", Value::unknown(Type::String).sensitive()),
        ]);
        assert_eq!(
            render(&v),
            "{\n  \"a\" = tolist([\n    1,\n  ])\n  \"b\" = <<-EOT\n  x\n  y\n  EOT\n  \"c\" = (sensitive value)\n  \
             \"d\" = []\n  \"e\" = (known after apply)\n}"
        );
    }

    #[test]
    fn text_is_quoted_as_go_does() {
        for (text, shown) in [
            ("a\"\\\t", r#""a\"\\\t""#),
            ("\u{7f}\u{1}", r#""\x7f\x01""#),
            ("数据é", "\"数据é\""),
            ("a\u{301}\u{fe0f}", "\"a\u{301}\u{fe0f}\""),
            ("\u{200d}\u{a0}", r#""\u200d\u00a0""#),
            ("EOT\n", "<<EOT_\nEOT\n\nEOT_"),
        ] {
            assert_eq!(render(&Value::string(text)), shown);
        }
    }

    #[test]
    fn nulls_name_their_type() {
        assert_eq!(render(&Value::null(Type::Dynamic)), "null");
        assert_eq!(render(&Value::null(Type::String)), "tostring(null)");
        assert_eq!(
            render(&Value::null(Type::list(Type::Dynamic))),
            "tolist(null) /* of dynamic */"
        );
        assert_eq!(render(&Value::null(Type::tuple([]))), "null /* tuple */");
    }
}
