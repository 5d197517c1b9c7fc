//! Tables of what is parsed to what, where, and of what is said about mistakes.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::base::{Kind, Value};
use crate::lang::ast::{ExprKind, ObjectKey, SplatStep, Step, StepKind, TemplatePart};

/// An expression as text: each node with the source text of its span after `@`.
fn show(expr: &Expr, s: &SourceMap) -> String {
    let list = |es: &[Expr]| es.iter().map(|e| show(e, s)).collect::<Vec<_>>().join(", ");
    let inner = match &expr.kind {
        ExprKind::Literal(v) => value(v),
        ExprKind::Template(p) => format!("template({})", parts(p, s)),
        ExprKind::TemplateWrap(e) => format!("wrap({})", show(e, s)),
        ExprKind::Reference(r) => format!("{}{}", s.text(r.root.span), steps(&r.steps, s)),
        ExprKind::Traversal(e, st) => format!("({}){}", show(e, s), steps(st, s)),
        ExprKind::Index(a, b) => format!("index({})", list(&[(**a).clone(), (**b).clone()])),
        ExprKind::Splat(x) => format!(
            "splat({}|{}|{})",
            show(&x.source, s),
            s.text(x.marker),
            each(&x.each, s)
        ),
        ExprKind::Call(c) => format!(
            "{}[{}]({}){}",
            c.name.text,
            s.text(c.name.span),
            list(&c.args),
            if c.expand_final { "..." } else { "" }
        ),
        ExprKind::Conditional(c) => format!("if({})", list(&**c)),
        ExprKind::Binary(op, c) => format!("{op:?}({})", list(&**c)),
        ExprKind::Chain(first, rest) => {
            let show_rest = rest.iter().map(|(op, e)| format!(", {op:?} {}", show(e, s)));
            format!("chain({}{})", show(first, s), show_rest.collect::<String>())
        }
        ExprKind::Unary(op, e) => format!("{op:?}({})", show(e, s)),
        ExprKind::Parens(e) => format!("parens({})", show(e, s)),
        ExprKind::Tuple(es) => format!("[{}]", list(es)),
        ExprKind::Object(items) => {
            let item = |(k, v): &(ObjectKey, Expr)| match k {
                ObjectKey::Name(n) => format!("{}: {}", s.text(n.span), show(v, s)),
                ObjectKey::Expr(e) => format!("<{}>: {}", show(e, s), show(v, s)),
            };
            format!("{{{}}}", items.iter().map(item).collect::<Vec<_>>().join(", "))
        }
        ExprKind::For(f) => format!(
            "for({:?}, {}, {}, {:?}, {}, {}, {:?})",
            f.key_var.as_ref().map(|i| s.text(i.span)),
            s.text(f.value_var.span),
            show(&f.collection, s),
            f.key.as_ref().map(|e| show(e, s)),
            show(&f.value, s),
            f.grouping,
            f.condition.as_ref().map(|e| show(e, s)),
        ),
    };
    format!("{inner}@{}", s.text(expr.span))
}

fn value(v: &Value) -> String {
    match &v.kind {
        Kind::String(text) => format!("{text:?}"),
        Kind::Number(n) => n.to_string(),
        Kind::Bool(b) => b.to_string(),
        Kind::Null(_) => "null".into(),
        other => format!("{other:?}"),
    }
}

fn step(x: &Step, s: &SourceMap) -> String {
    match &x.kind {
        StepKind::Attr(_) => s.text(x.span).to_string(),
        StepKind::Index(v) => format!("[{}={}]", value(v), s.text(x.span)),
    }
}

fn steps(steps: &[Step], s: &SourceMap) -> String {
    steps.iter().map(|x| step(x, s)).collect()
}

fn each(list: &[SplatStep], s: &SourceMap) -> String {
    list.iter()
        .map(|x| match x {
            SplatStep::Literal(x) => step(x, s),
            SplatStep::Index(e) => format!("[{}]", show(e, s)),
            SplatStep::Splat {
                marker, each: inner, ..
            } => format!("<{}|{}>", s.text(*marker), each(inner, s)),
        })
        .collect()
}

fn parts(parts_of: &[TemplatePart], s: &SourceMap) -> String {
    let one = |p: &TemplatePart| match p {
        TemplatePart::Literal(text, span) => format!("{text:?}@{:?}", s.text(*span)),
        TemplatePart::Interpolation(e) => show(e, s),
        TemplatePart::If { condition, yes, no, .. } => {
            format!("if({}, {}, {})", show(condition, s), parts(yes, s), parts(no, s))
        }
        TemplatePart::For {
            value_var,
            collection,
            body,
            ..
        } => format!("for({}, {}, {})", value_var.text, show(collection, s), parts(body, s)),
    };
    parts_of.iter().map(one).collect::<Vec<_>>().join(" ")
}

fn expression(text: &str) -> Result<String, Diags> {
    let mut sources = SourceMap::default();
    let file = sources.add("x", text);
    parse_expression(&sources, file).map(|e| show(&e, &sources))
}

/// `line:column code summary` of every error of a file.
fn errors(text: &str) -> Vec<String> {
    let mut sources = SourceMap::default();
    let file = sources.add("x", text);
    let (_, diags) = parse_file(&sources, file);
    diags
        .iter()
        .map(|d| {
            let span = d.span.unwrap();
            let (line, column) = sources.line_column(span.file, span.start);
            format!("{line}:{column} {}", d.summary)
        })
        .collect()
}

#[test]
fn every_form_of_expression_has_its_shape_and_place() {
    let cases = [
        ("null", "null@null"),
        ("true", "true@true"),
        ("42", "42@42"),
        ("a", "a@a"),
        ("a.b[0][\"k\"].c", "a.b[0=[0]][\"k\"=[\"k\"]].c@a.b[0][\"k\"].c"),
        ("a.0.b", "a[0=.0].b@a.0.b"),
        ("a[x].b", "(index(a@a, x@x)@a[x]).b@a[x].b"),
        ("(a).b", "(parens(a@a)@(a)).b@(a).b"),
        ("a.*.b[0]", "(splat(a@a|.*|.b)@a.*.b)[0=[0]]@a.*.b[0]"),
        ("a.*.0.b", "splat(a@a|.*|[0=.0].b)@a.*.0.b"),
        ("a[*].b[0][x]", "splat(a@a|[*]|.b[0=[0]][x@x])@a[*].b[0][x]"),
        ("a[*].b[*].c", "splat(a@a|[*]|.b<[*]|.c>)@a[*].b[*].c"),
        ("f(1, b...)", "f[f](1@1, b@b)...@f(1, b...)"),
        ("n::f(1)", "n::f[n::f](1@1)@n::f(1)"),
        ("a ? b : c", "if(a@a, b@b, c@c)@a ? b : c"),
        ("1 + 2 * 3", "Add(1@1, Multiply(2@2, 3@3)@2 * 3)@1 + 2 * 3"),
        ("1 - 2 + 3", "chain(1@1, Subtract 2@2, Add 3@3)@1 - 2 + 3"),
        ("a && b == c", "And(a@a, Equal(b@b, c@c)@b == c)@a && b == c"),
        ("-1 * 2", "Multiply(Negate(1@1)@-1, 2@2)@-1 * 2"),
        ("1 * 2 + 3", "Add(Multiply(1@1, 2@2)@1 * 2, 3@3)@1 * 2 + 3"),
        ("!a", "Not(a@a)@!a"),
        ("-a", "Negate(a@a)@-a"),
        ("[1, a,]", "[1@1, a@a]@[1, a,]"),
        (
            "{a = 1, (b) = 2, \"c\" : 3}",
            "{a: 1@1, <parens(b@b)@(b)>: 2@2, <\"c\"@\"c\">: 3@3}@{a = 1, (b) = 2, \"c\" : 3}",
        ),
        (
            "[for x in y : x if z]",
            "for(None, x, y@y, None, x@x, false, Some(\"z@z\"))@[for x in y : x if z]",
        ),
        (
            "{for k, v in y : k => v...}",
            "for(Some(\"k\"), v, y@y, Some(\"k@k\"), v@v, true, None)@{for k, v in y : k => v...}",
        ),
        ("\n  (\n  a\n)\n", "parens(a@a)@(\n  a\n)"),
    ];
    for (text, expected) in cases {
        assert_eq!(expression(text).unwrap(), expected, "{text}");
    }
}

#[test]
fn repeated_object_keys_are_kept_in_order() {
    assert_eq!(
        expression("f({a = 1, (b) = 2, a = 3, (b) = 4})").unwrap(),
        "f[f]({a: 1@1, <parens(b@b)@(b)>: 2@2, a: 3@3, <parens(b@b)@(b)>: 4@4}@{a = 1, (b) = 2, a = 3, (b) = 4})@f({a = 1, (b) = 2, a = 3, (b) = 4})"
    );
}

#[test]
fn templates_resolve_escapes_trim_markers_and_indentation() {
    let cases = [
        (r#""""#, r#""""#),
        (r#""a\n\"\\\u00e9\U0001F600""#, "\"a\\n\\\"\\\\é😀\""),
        // Normalisation form C.
        ("\"e\u{301}\"", "\"é\""),
        (r#""$${a} %%{b} 100% $5""#, "\"${a} %{b} 100% $5\""),
        (r#""${a}""#, "wrap(a@a)"),
        (r#""x ${a} y""#, r#"template("x "@"x " a@a " y"@" y")"#),
        (r#""x ${~ a ~} y""#, r#"template("x"@"x " a@a "y"@" y")"#),
        (
            r#""%{if a}x\t%{else}y%{endif}""#,
            r#"template(if(a@a, "x\t"@"x\\t", "y"@"y"))"#,
        ),
        ("<<EOT\n  a\n\\n\nEOT\n", r#""  a\n\\n\n""#),
        ("<<-EOT\n    a\n\n      b\n  EOT\n", r#""a\n\n  b\n""#),
        (
            "<<-EOT\n    ${a}\n      b\n  EOT\n",
            r#"template(""@"    " a@a "\n  b\n"@"\n      b\n")"#,
        ),
        ("<<EOT\nEOT x\n EOT\n", r#""EOT x\n""#),
        (
            "<<-EOT\n  %{ for i in l ~}\n    x\n  %{ endfor ~}\n  EOT\n",
            r#"template(""@"  " for(i, l@l, "    x\n"@"\n    x\n  ") ""@"\n")"#,
        ),
    ];
    for (text, expected) in cases {
        let shown = expression(text).unwrap();
        let suffix = format!("@{}", text.trim_end());
        assert_eq!(shown.strip_suffix(&suffix).unwrap(), expected, "{text}");
    }
}

#[test]
fn a_template_file_is_one_template() {
    let mut sources = SourceMap::default();
    let file = sources.add("x", "a \"q\" \\n ${b}\n");
    let expr = parse_template(&sources, file).unwrap();
    assert_eq!(
        show(&expr, &sources),
        "template(\"a \\\"q\\\" \\\\n \"@\"a \\\"q\\\" \\\\n \" b@b \"\\n\"@\"\\n\")@a \"q\" \\n ${b}\n"
    );
}

#[test]
fn bodies_hold_attributes_and_blocks_with_their_places() {
    let text = "\u{feff}a = 1 # c\r\nb \"x\" y { # d\r\n  c = 2\r\n  d { e = 3 }\r\n}\r\n";
    let mut sources = SourceMap::default();
    let file = sources.add("x", text);
    let (body, diags) = parse_file(&sources, file);
    assert!(diags.is_empty(), "{diags:?}");
    assert_eq!(sources.text(body.attributes["a"].span), "a = 1");
    let block = &body.blocks[0];
    assert_eq!(sources.text(block.header), "b \"x\" y");
    assert_eq!(block.labels.iter().map(|l| &*l.text).collect::<Vec<_>>(), ["x", "y"]);
    assert_eq!(sources.text(block.labels[0].span), "\"x\"");
    assert_eq!(sources.text(block.body.blocks[0].span), "d { e = 3 }");
    assert_eq!(sources.text(block.body.blocks[0].body.span), "{ e = 3 }");
    assert!(sources.text(block.span).ends_with("}\r\n}"));
}

#[test]
fn mistakes_are_reported_where_they_begin() {
    let cases: [(&str, &[&str]); 33] = [
        ("a = \"x\nb = 1\n", &["1:5 Invalid multi-line string"]),
        (
            "a = \"x\ny\nz\"\nb = \n",
            &["1:5 Invalid multi-line string", "4:5 Invalid expression"],
        ),
        ("a = \"x", &["1:5 Unterminated template string"]),
        (
            "a = \"x ${b\"\nc = 1\n",
            &["1:6 Unclosed template interpolation sequence"],
        ),
        ("a = <<EOT\nx\n", &["1:5 Unterminated template string"]),
        ("b {\n  a = <<EOT\nx\n}\n", &["2:7 Unterminated template string"]),
        ("a = <<EOT\nx\nEOT", &["1:5 Unterminated template string"]),
        ("/* x\n", &["1:1 Argument or block definition required"]),
        ("a {\n  b = 1 /* x\n}\n", &["2:10 Invalid expression"]),
        ("a = 'x'\n", &["1:5 Invalid character"]),
        (
            "a = 1 & 2; b\n",
            &["1:7 Unsupported operator", "1:10 Invalid character"],
        ),
        ("a {\n  b = 1\n", &["1:3 Unclosed configuration block"]),
        ("a {\n  b = c(\n  d = 1\n}\n", &["3:5 Missing argument separator"]),
        ("a = 1\n}\n", &["2:1 Argument or block definition required"]),
        (
            "a {\n  b = [1\n}\nc = 1 +\n",
            &["3:1 Missing item separator", "4:8 Invalid expression"],
        ),
        ("a {\n  b 1\n}\n", &["2:3 Argument or block definition required"]),
        ("a: 1\n", &["1:1 Argument or block definition required"]),
        ("a \"b\" = 1\n", &["1:7 Invalid block definition"]),
        (
            "a \"b\"\n{\n  c = 1\n}\nd =\n",
            &["1:6 Invalid block definition", "5:4 Invalid expression"],
        ),
        ("a \"${b}\" {}\n", &["1:4 Invalid string literal"]),
        ("\"a\" = 1\n", &["1:1 Invalid argument name"]),
        ("a =\nb = 2\n", &["1:4 Invalid expression"]),
        ("a = 1 2\n", &["1:7 Missing newline after argument"]),
        ("a = 1,\n", &["1:6 Unexpected comma after argument"]),
        (
            "a { b = 1, c = 2 }\nd =\n",
            &[
                "1:10 Invalid single-argument block definition",
                "2:4 Invalid expression",
            ],
        ),
        ("a { b { c = 1 } }\n", &["1:5 Argument definition required"]),
        ("a {} b {}\n", &["1:6 Missing newline after block definition"]),
        ("a = \"x\\qy\"\n", &["1:7 Invalid escape sequence"]),
        ("a = 1\na = 2\n", &["2:1 Attribute redefined"]),
        ("a = b.*.c.*.d\n", &["1:11 Nested splat expression not allowed"]),
        ("a = b.0.1\n", &["1:7 Invalid legacy index syntax"]),
        (
            "a = [1.2.3, 1..2]\n",
            &["1:6 Invalid number literal", "1:13 Invalid number literal"],
        ),
        (
            "a = {\n  b = )\n  c = \"x\n  d = ]\n}\n",
            &[
                "2:7 Invalid expression",
                "3:7 Invalid multi-line string",
                "4:7 Invalid expression",
            ],
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(errors(text), expected, "{text}");
    }
}

#[test]
fn one_mistake_does_not_hide_the_next() {
    let text = "a {\n  b = \"x\n  c = )\n  d = 1\n}\ne {\n  f 1\n  g = [1,,2]\n}\nh = upper(\"x\n";
    assert_eq!(
        errors(text),
        [
            "2:7 Invalid multi-line string",
            "3:7 Invalid expression",
            "7:3 Argument or block definition required",
            "8:10 Invalid expression",
            "10:11 Invalid multi-line string"
        ]
    );
}

#[test]
fn a_duplicate_points_at_both_places() {
    let mut sources = SourceMap::default();
    let file = sources.add("x", "b {\n  a = 1\n  a = 2\n}\n");
    let (body, diags) = parse_file(&sources, file);
    let diag = diags.iter().next().unwrap();
    assert_eq!(sources.line_column(file, diag.span.unwrap().start), (3, 3));
    assert_eq!(sources.line_column(file, diag.related[0].0.start), (2, 3));
    assert_eq!(body.blocks[0].body.attributes.len(), 1);
}

#[test]
fn depth_is_limited_with_a_clear_error() {
    let deep = |n: usize| format!("a = {}1{}\n", "(".repeat(n), ")".repeat(n));
    assert_eq!(errors(&deep(MAX_EXPRESSION_DEPTH)), Vec::<String>::new());
    assert_eq!(errors(&deep(20_000)), ["1:205 Expression nested too deeply"]);
    for (open, close) in [
        ("[", "]"),
        ("{a=", "}"),
        ("f(", ")"),
        ("!", ""),
        ("-", ""),
        ("\"${", "}\""),
        ("1 ? ", " : 2"),
        ("1 ? 2 : ", ""),
        ("a[", "]"),
        ("[for x in ", " : x]"),
        ("1 + 2 * ", ""),
        ("\"%{ if ", " }x%{ endif }\""),
    ] {
        let text = |n: usize| format!("a = {}b{}\n", open.repeat(n), close.repeat(n));
        assert_eq!(errors(&text(90)), Vec::<String>::new(), "{open}");
        let found = errors(&text(20_000));
        let refused =
            open == "1 + 2 * " || matches!(found.as_slice(), [one] if one.ends_with("Expression nested too deeply"));
        assert!(refused, "{open}: {found:?}");
    }
    for step in ["[x]", "[*]", ".*.a[x]"] {
        let text = format!("a = b{}\n", step.repeat(20_000));
        assert!(errors(&text)[0].ends_with("Expression nested too deeply"), "{step}");
    }
    let text = format!("a = \"{}\"\n", "%{ if x }".repeat(20_000));
    assert!(errors(&text)[0].ends_with("Expression nested too deeply"));
    let blocks = format!("{}{}", "a {\n".repeat(10_000), "}\n".repeat(10_000));
    assert_eq!(errors(&blocks), ["65:1 Blocks nested too deeply"]);
}

#[test]
fn a_chain_of_operators_has_no_limit() {
    for operator in ["+", "&&", "==", "*", "<"] {
        let text = format!("a = 1{}\n", format!(" {operator} 1").repeat(50_000));
        assert_eq!(errors(&text), Vec::<String>::new(), "{operator}");
    }
}

#[test]
fn large_objects_keep_keys_values_and_errors() {
    let mut text = String::from("m = {\n");
    for i in 0..20_000 {
        text.push_str(&format!("  \"key {i}\" = {{ n = {i}, s = \"${{v}}\" }} # {i}\n"));
    }
    let good = format!("{text}  plain : /* c */ 1,\n\n  \"key 7\" = 2\n}}\n");
    let mut sources = SourceMap::default();
    let file = sources.add("x", good);
    let (body, diags) = parse_file(&sources, file);
    assert!(diags.is_empty(), "{diags:?}");
    let ExprKind::Object(items) = &body.expr("m").unwrap().kind else {
        panic!("an object");
    };
    assert_eq!(items.len(), 20_002);
    assert_eq!(show(&items[20_000].1, &sources), "1@1");
    assert!(matches!(&items[20_000].0, ObjectKey::Name(n) if sources.text(n.span) == "plain"));
    assert!(matches!(&items[20_001].0, ObjectKey::Expr(e) if sources.text(e.span) == "\"key 7\""));
    assert_eq!(sources.text(items[3].1.span), "{ n = 3, s = \"${v}\" }");
    let bad = format!("{text}  x = \n  y 1\n  z = 1 +\n}}\n");
    assert_eq!(
        errors(&bad),
        [
            "20002:7 Invalid expression",
            "20003:5 Missing key/value separator",
            "20004:10 Invalid expression"
        ]
    );
}

mod any_input {
    use super::*;
    use proptest::prelude::*;

    fn fragment() -> impl Strategy<Value = String> {
        let pieces = vec![
            "a",
            "b {",
            "}",
            "{",
            "\n",
            " = ",
            "\"",
            "${",
            "%{ if x }",
            "%{ endif }",
            "~}",
            "<<EOT\n",
            "<<-EOT\n",
            "EOT\n",
            "[",
            "]",
            "(",
            ")",
            ",",
            "...",
            ".",
            "*",
            "1",
            "1.5e",
            "é",
            "\\",
            "\\u12",
            "for x in",
            ":",
            "?",
            "=>",
            "/*",
            "*/",
            "#",
            "'",
            "\r\n",
            "\u{feff}",
            "-",
            "!",
            "$${",
            "::",
            "a = 1\n",
            "b \"c\" {\n",
            "x = {a = 1, a = 2}\n",
        ];
        prop::collection::vec(prop::sample::select(pieces), 0..40).prop_map(|v| v.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

        #[test]
        fn never_panics_and_spans_lie_in_the_text(text in fragment()) {
            let mut sources = SourceMap::default();
            let file = sources.add("x", text.as_str());
            let (_, diags) = parse_file(&sources, file);
            for span in diags.iter().filter_map(|d| d.span) {
                prop_assert!(span.start <= span.end);
                prop_assert!(text.get(span.start as usize..span.end as usize).is_some(), "{span:?}");
            }
            if let Err(diags) = parse_expression(&sources, file) {
                prop_assert!(diags.has_errors());
            }
            if let Err(diags) = parse_template(&sources, file) {
                prop_assert!(diags.has_errors());
            }
        }
    }
}
