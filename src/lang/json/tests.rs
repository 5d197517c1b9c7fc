//! JSON texts, what is wrong with them, and the places of what is in their strings.

use super::super::ast::{Expr, ExprKind, ObjectKey};
use super::*;
use crate::base::{Diags, SourceMap};

fn parsed(text: &str) -> (Node, Diags, SourceMap) {
    let mut sources = SourceMap::default();
    let file = sources.add("main.tf.json", text);
    let (node, diags) = read(&sources, file);
    (node, diags, sources)
}

/// `line:column summary` of each problem.
fn problems(text: &str) -> Vec<String> {
    let (_, diags, sources) = parsed(text);
    let line = |d: &crate::base::Diag| {
        let span = d.span.expect("a place");
        let (line, column) = sources.line_column(span.file, span.start);
        format!("{line}:{column} {}", d.summary)
    };
    diags.iter().map(line).collect()
}

#[test]
fn what_is_no_json_is_reported_where_it_is_wrong() {
    for (text, wanted) in [
        ("", "1:1 Missing value"),
        ("{\"a\": 1,}", "1:8 Trailing comma in object"),
        ("{\"a\": [1,]}", "1:9 Trailing comma in array"),
        ("{\"a\": 1\n \"b\": 2}", "2:2 Missing property separator comma"),
        ("{\"a\": [1\n 2]}", "2:2 Missing array separator comma"),
        ("{\"a\" {}}", "1:6 Missing property value colon"),
        ("{\"a\" = 1}", "1:6 Missing property value colon"),
        ("{\"a\"}", "1:5 Missing object value"),
        ("{\"a\": }", "1:7 Missing JSON value"),
        ("{a: 1}", "1:2 Invalid object property name"),
        ("{\"a\": True}", "1:7 Invalid JSON keyword"),
        ("{\"a\": 'x'}", "1:7 Invalid start of value"),
        ("{\n// x\n\"a\": 1}", "2:1 Invalid start of value"),
        ("{\"a\": 01}", "1:7 Invalid JSON number"),
        ("{\"a\": 1.}", "1:7 Invalid JSON number"),
        ("{\"a\": \"x\n}", "1:7 Invalid JSON string"),
        ("{\"a\": \"x\\q\"}", "1:9 Invalid JSON string"),
        ("{\"a\": [1}", "1:9 Mismatched brackets"),
        ("{\"a\": 1]", "1:8 Mismatched braces"),
        ("{\"a\": {\"b\": 1}", "1:1 Unclosed object"),
        ("{\"a\": [{\"b\": 1", "1:8 Unclosed object"),
        ("{\"a\": [1", "1:7 Unclosed array"),
        ("{} {}", "1:4 Extraneous data after value"),
    ] {
        assert_eq!(problems(text), [wanted], "{text}");
    }
}

#[test]
fn two_slips_are_both_reported() {
    let text = "{\"a\": [1,], \"b\": tru, \"c\" = 1}";
    let wanted = [
        "1:9 Trailing comma in array",
        "1:18 Invalid JSON keyword",
        "1:27 Missing property value colon",
    ];
    assert_eq!(problems(text), wanted);
}

#[test]
fn nesting_is_bounded() {
    let text = "[".repeat(100_000);
    assert_eq!(problems(&text), [format!("1:{} Nested too deeply", MAX_DEPTH + 1)]);
    let good = format!("{}{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
    assert_eq!(problems(&good), [""; 0]);
}

#[test]
fn escapes_are_resolved() {
    let (node, diags, _) = parsed(r#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00\ud83dx""#);
    assert!(diags.is_empty(), "{diags:?}");
    let text = node.as_text().expect("text");
    assert_eq!(text.value, "\"\\/\u{8}\u{c}\n\r\té😀\u{fffd}x");
}

fn expression(text: &str) -> (Expr, Diags, SourceMap) {
    let (node, diags, sources) = parsed(text);
    assert!(diags.is_empty(), "{diags:?}");
    let mut lowering = Lowering::default();
    let expr = lowering.template(&node);
    (expr, lowering.diags, sources)
}

#[test]
fn references_in_templates_have_their_place_in_the_file_whatever_escapes_stand_before() {
    for text in [r#"{"a": "x ${var.n}"}"#, r#"{"a": "\u00e9\"\n${ var.n } \t ${1}"}"#] {
        let (expr, diags, sources) = expression(text);
        assert!(diags.is_empty(), "{diags:?}");
        let mut found = Vec::new();
        expr.each_reference(&mut |_, span| found.push(sources.text(span).to_string()));
        assert_eq!(found, ["var.n"], "{text}");
    }
}

#[test]
fn a_broken_template_is_reported_within_its_string() {
    let (_, diags, sources) = expression("{\n\"a\": \"\\u00e9 ${1 +} y\"}");
    let first = diags.iter().next().expect("a problem");
    assert_eq!(sources.place(first.span.expect("a place")), "main.tf.json:2");
}

#[test]
fn numbers_keep_their_digits_and_names_are_templates() {
    let (expr, diags, _) = expression(r#"{"${1 + 1}": 123456789012345678901234567890.5}"#);
    assert!(diags.is_empty(), "{diags:?}");
    let ExprKind::Object(items) = expr.kind else {
        panic!("no object");
    };
    let (ObjectKey::Expr(key), value) = &items[0] else {
        panic!("no expression");
    };
    assert!(matches!(key.kind, ExprKind::TemplateWrap(_)));
    let ExprKind::Literal(value) = &value.kind else {
        panic!("no number");
    };
    let number = value.as_number().expect("a number").to_string();
    assert_eq!(number, "123456789012345678901234567890.5");
}

#[test]
fn repeated_names_are_refused() {
    let (_, diags, _) = expression(r#"{"a": 1, "a": 2}"#);
    let first = diags.iter().next().expect("a problem");
    assert_eq!(first.summary, "Duplicate object attribute");
}
