//! Tables of layouts and spellings, each checked against what `terraform fmt` 1.11.4 gives, and what
//! formatting must never do to any text.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::base::SourceMap;
use crate::lang::parse::parse_file;
use proptest::prelude::*;

fn formatted(text: &str) -> String {
    format(text).unwrap()
}

#[test]
fn layout_is_canonical() {
    let cases = [
        ("", ""),
        ("a=1\nbb   =2", "a  = 1\nbb = 2"),
        // Blank lines stay and end a column.
        ("a=1\n\n\nbb=2\n", "a = 1\n\n\nbb = 2\n"),
        // So does a value of several lines.
        ("a=1\nbbb=[\n1,\n]\ncc=2\n", "a = 1\nbbb = [\n  1,\n]\ncc = 2\n"),
        ("a=1 # x\nbb=22// y\nc=3\n", "a  = 1  # x\nbb = 22 // y\nc  = 3\n"),
        ("# x\n   # y\na {\n# z\n}\n", "# x\n# y\na {\n  # z\n}\n"),
        ("a {\nb {\nc=1\n}\n}\n", "a {\n  b {\n    c = 1\n  }\n}\n"),
        (
            "a /* x */ {\n}\nb \"c\" /* y */ {\n}\n",
            "a /* x */ {\n}\nb \"c\" /* y */ {\n}\n",
        ),
        ("a=1\n  ", "a = 1\n  "),
        ("a=1 /* x\r\n y */\r\nbbb=2\r\n", "a   = 1 /* x\r\n y */\r\nbbb = 2\r\n"),
        ("a{b=1}\nc { }\n", "a { b = 1 }\nc {}\n"),
        ("x=f({\na=1\nbb=2\n})\n", "x = f({\n  a  = 1\n  bb = 2\n})\n"),
        ("x=[[\n1\n]\n]\n", "x = [[\n  1\n  ]\n]\n"),
        ("é = \"ü\"\neee=1\n", "é   = \"ü\"\neee = 1\n"),
        ("\ta\t=\t1\r\nb=2\r\n", "a = 1\r\nb = 2\r\n"),
    ];
    for (text, expected) in cases {
        assert_eq!(formatted(text), expected, "{text}");
    }
}

#[test]
fn spaces_are_canonical() {
    let cases = [
        ("-1- -2-(-3)", "-1 - -2 - (-3)"),
        ("!  a", "!a"),
        ("! - a", "!-a"),
        ("a?- 1:-b", "a ? -1 : -b"),
        ("[ 1,2 , 3 ]", "[1, 2, 3]"),
        ("{a=1,b=2}", "{ a = 1, b = 2 }"),
        ("{ }", "{}"),
        ("f ( 1 , x... )", "f(1, x...)"),
        ("a . b [ 0 ] . c", "a.b[0].c"),
        ("[for x in [y]: x if x!=1]", "[for x in [y] : x if x != 1]"),
        ("{for k,v in x:k=>v...}", "{ for k, v in x : k => v... }"),
        ("a::b( 1 )", "a::b(1)"),
        ("a&&!b||c>=1", "a && !b || c >= 1"),
        ("\"x ${ a } ${ {} }  y\"", "\"x ${a} ${ {} }  y\""),
        ("\"%{ if a }x%{ endif }\"", "\"%{if a}x%{endif}\""),
    ];
    for (text, expected) in cases {
        assert_eq!(
            formatted(&format!("v = {text}\n")),
            format!("v = {expected}\n"),
            "{text}"
        );
    }
}

#[test]
fn spellings_are_canonical() {
    let cases = [
        ("a = \"${b}\"\n", "a = b\n"),
        ("a = \"${b}${c}\"\n", "a = \"${b}${c}\"\n"),
        ("a = [\"${b}\"]\n", "a = [\"${b}\"]\n"),
        ("a = \"${f(\"${b}\")}\"\n", "a = f(\"${b}\")\n"),
        ("a = \"${\nb\n}\"\n", "a = b\n"),
        ("a = \"${b ?\n1 : 2}\"\n", "a = (b ?\n1 : 2)\n"),
        ("resource a /* x */ \"b\"   {}\n", "resource \"a\" \"b\" {}\n"),
        (
            "variable \"a\" {\ntype=\"string\"\n}\n",
            "variable \"a\" {\n  type = string\n}\n",
        ),
        (
            "variable \"a\" {\ntype=\"list\"\n}\n",
            "variable \"a\" {\n  type = list(string)\n}\n",
        ),
        (
            "variable \"a\" {\ntype=map\n}\n",
            "variable \"a\" {\n  type = map(any)\n}\n",
        ),
        (
            "other \"a\" {\ntype=\"list\"\n}\n",
            "other \"a\" {\n  type = \"list\"\n}\n",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(formatted(text), expected, "{text}");
    }
}

#[test]
fn heredocs_keep_their_text() {
    let text = "a {\nb=<<-EOT\n   x  =  1\n     ${ y }\n  EOT\ncc=1\n}\n";
    let expected = "a {\n  b  = <<-EOT\n   x  =  1\n     ${y}\n  EOT\n  cc = 1\n}\n";
    assert_eq!(formatted(text), expected);
}

#[test]
fn invalid_text_is_refused() {
    assert!(format("a = \n").unwrap_err().has_errors());
    // Ambiguous, but well-formed.
    assert_eq!(formatted("a={b.c=1}\n"), "a = { b.c = 1 }\n");
}

/// The tree without places, and without what formatting spells in another way.
fn tree(text: &str) -> String {
    let mut sources = SourceMap::default();
    let file = sources.add("", text);
    let (body, diags) = parse_file(&sources, file);
    assert!(!diags.has_errors(), "{text}");
    let spans = regex::Regex::new(r"Span \{[^}]*\}").unwrap();
    spans.replace_all(&format!("{body:?}"), "").into_owned()
}

fn space() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["", " ", "   ", "\t"])
}

fn expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "1",
        "a.b",
        "\"x  y\"",
        "\"p ${ a }  q\"",
        "a[0]",
        "null",
        "a[*].b",
        "<<EOT\n  t ${ x }\nEOT\n",
        "<<-EOT\n   t\n  EOT\n",
    ])
    .prop_map(str::to_string);
    leaf.prop_recursive(3, 24, 3, |inner| {
        let heredoc_safe = inner.prop_map(|e| if e.ends_with('\n') { "h".to_string() } else { e });
        prop_oneof![
            (heredoc_safe.clone(), space(), heredoc_safe.clone()).prop_map(|(a, s, b)| format!("{a}{s}+{s}{b}")),
            (heredoc_safe.clone(), space()).prop_map(|(a, s)| format!("({s}-{s}{a}{s})")),
            (heredoc_safe.clone(), space(), heredoc_safe.clone()).prop_map(|(a, s, b)| format!("[{s}{a},\n{s}{b}{s}]")),
            (heredoc_safe.clone(), space(), heredoc_safe.clone())
                .prop_map(|(a, s, b)| format!("{{{s}k{s}={s}{a},\n# c\n{s}long{s}={s}{b} // d\n}}")),
            (heredoc_safe.clone(), space()).prop_map(|(a, s)| format!("f({s}{a}{s},{s}x...)")),
            (heredoc_safe.clone(), space(), heredoc_safe).prop_map(|(a, s, b)| format!("c{s}?{s}{a} :{s}{b}")),
        ]
    })
}

fn configuration() -> impl Strategy<Value = String> {
    let attribute = (space(), space(), expression()).prop_map(|(s, t, e)| {
        let end = if e.ends_with('\n') { "" } else { "\n" };
        (format!("{s}NAME{t}={t}{e}"), end)
    });
    prop::collection::vec((attribute, 0..4u8, space()), 1..6).prop_map(|items| {
        let mut text = String::new();
        for (i, ((attribute, end), form, s)) in items.into_iter().enumerate() {
            let attribute = attribute.replace("NAME", &"n".repeat(i + 1));
            text.push_str(&match form {
                0 => format!("{attribute}{end}"),
                1 if end == "\n" => format!("{attribute}{s}# comment\n\n"),
                2 => format!("b{s} \"l\"{s}{{\n{attribute}{end}{s}}}\n"),
                _ => format!("# above\n{attribute}{end}\n"),
            });
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn formatting_keeps_the_tree_and_is_idempotent(text in configuration()) {
        let once = formatted(&text);
        prop_assert_eq!(tree(&once), tree(&text));
        prop_assert_eq!(formatted(&once), once);
    }
}
