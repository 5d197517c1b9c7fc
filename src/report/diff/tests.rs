//! What differences look like, and what holds for all of them.

use super::super::leaves::leaves;
use super::*;
use crate::base::{Marks, Type};
use proptest::prelude::*;

fn diff(before: Value, after: Value, width: usize) -> String {
    let style = Style {
        width,
        ..Style::default()
    };
    value_diff("input", Some(&before), Some(&after), false, 0, &style)
}

fn numbers(items: &[i64]) -> Value {
    Value::list(Type::Number, items.iter().map(|i| Value::int(*i)).collect::<Vec<_>>())
}

#[test]
fn long_values_stand_under_each_other() {
    let text = diff(
        Value::string("acs:ram::1234567890123456:role/first"),
        Value::string("acs:ram::1234567890123456:role/second"),
        60,
    );
    insta::assert_snapshot!(text, @r#"
    ~ input = "acs:ram::1234567890123456:role/first"
            → "acs:ram::1234567890123456:role/second"
    "#);
}

#[test]
fn very_long_text_is_cut_around_its_first_difference() {
    let long = |c: &str| Value::string(format!("{}{c}{}", "x".repeat(1_000), "y".repeat(1_000)));
    let text = diff(long("1"), long("2"), 80);
    assert!(text.contains("x1y") && text.contains("x2y"), "{text}");
    assert!(text.contains("(2001 characters)"), "{text}");
    assert!(text.len() < 1_200, "{text}");
}

#[test]
fn numbers_are_never_signed_on_one_line() {
    insta::assert_snapshot!(diff(numbers(&[1, 2, 3, -4]), numbers(&[1, 3, -4, 5]), 80), @r#"
    ~ input = [
          # 1 unchanged element hidden
        - 2
          # 2 unchanged elements hidden
        + 5
      ]
    "#);
}

#[test]
fn structures_are_compared_to_their_depth() {
    let item = |k: i64| Value::object_of([("k", Value::int(k)), ("same", Value::bool(true))]);
    let object = |change: &str, items: Vec<Value>, gone: bool| {
        let mut parts = vec![
            (
                "deep",
                Value::object_of([("change", Value::string(change)), ("list", Value::tuple(items))]),
            ),
            ("name", Value::string("x")),
        ];
        if gone {
            parts.push(("gone", Value::string("value")));
        }
        Value::object_of(parts)
    };
    let text = diff(
        object("old", vec![item(1), item(2)], true),
        object("new", vec![item(1), item(3), item(4)], false),
        80,
    );
    insta::assert_snapshot!(text, @r#"
    ~ input = {
        ~ deep = {
            ~ change = "old" → "new"
            ~ list   = [
                  # 1 unchanged element hidden
                - { k = 2, same = true }
                + { k = 3, same = true }
                + { k = 4, same = true }
              ]
          }
        - gone = "value"
          # 1 unchanged entry hidden
      }
    "#);
}

#[test]
fn an_element_with_a_name_shows_it() {
    let step = |name: &str, columns: &[&str]| {
        let columns = columns.iter().map(|c| Value::string(*c)).collect::<Vec<_>>();
        let parameter = Value::object_of([("column", Value::tuple(columns)), ("table", Value::string("t"))]);
        Value::object_of([
            ("category", Value::string("step")),
            ("name", Value::string(name)),
            ("parameter", parameter),
            ("type", Value::string("x")),
        ])
    };
    let steps = |second: Value| Value::object_of([("steps", Value::tuple(vec![step("Reader", &["a"]), second]))]);
    let (before, after) = (steps(step("Writer", &["a", "b"])), steps(step("Writer", &["a", "c"])));
    insta::assert_snapshot!(diff(before.clone(), after.clone(), 80), @r#"
    ~ input = {
        ~ steps = [
              # 1 unchanged element hidden
            ~ {
                  name      = "Writer"
                ~ parameter = {
                    ~ column = ["a", -"b", +"c"]
                      # 1 unchanged entry hidden
                  }
                  # 2 unchanged entries hidden
              }
          ]
      }
    "#);
    // Text against the same document spelled out is compared leaf by leaf.
    let text = Value::string(crate::base::json::to_json(&before).to_string());
    insta::assert_snapshot!(diff(text, after, 80), @r#"
    ~ input = JSON, 1 of 10 leaves differ
        ~ steps[Writer].parameter.column = ["a", -"b", +"c"]
    "#);
}

#[test]
fn white_space_that_alone_differs_is_seen() {
    let text = diff(Value::string("a\n\tb\nc "), Value::string("a\n    b\nc\n"), 80);
    insta::assert_snapshot!(text, @r#"
    ~ input = <<-EOT
          a
        - \tb
        - c  # ends with a space  # no line break at the end
        +     b
        + c
      EOT
    "#);
}

#[test]
fn white_space_alone_is_shown_in_quotes() {
    insta::assert_snapshot!(diff(Value::string(","), Value::string("\n"), 80), @r#"~ input = "," → "\n""#);
    // A text with other characters is shown line by line.
    insta::assert_snapshot!(diff(Value::string(","), Value::string(",\n"), 80), @r#"
    ~ input = <<-EOT
        - ,  # no line break at the end
        + ,
      EOT
    "#);
}

#[test]
fn a_change_of_type_shows_both() {
    insta::assert_snapshot!(diff(Value::string("1"), Value::int(1), 80), @r#"~ input = "1" → 1"#);
    let after = Value::object_of([("a", Value::string("x".repeat(50))), ("b", Value::null(Type::String))]);
    insta::assert_snapshot!(diff(Value::string("1"), after, 60), @r#"
    - input = "1"
    + input = {
        + a = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
        + b = null
      }
    "#);
    insta::assert_snapshot!(diff(numbers(&[1; 60]), Value::unknown(Type::list(Type::Number)), 80), @r#"
    ~ input = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1…
            → (known after apply)
    "#);
    insta::assert_snapshot!(
        diff(Value::set(Type::String, [Value::string("a"), Value::string("b")]), Value::set(Type::String, [Value::string("b")]), 80),
        @r#"~ input = [-"a", "b"]"#
    );
}

const SECRET: &str = "hunter2";

/// Values of every kind, with marks at any depth; marked text always holds the secret, other text never.
fn value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        "[a-c]{0,3}",
        "[a\\n\\t ]{0,6}",
        Just("{\"a\": [1, {\"name\": \"n\"}]}".to_string()),
        Just("[1]".to_string())
    ];
    let leaf = prop_oneof![
        text.prop_map(Value::string),
        any::<i8>().prop_map(|i| Value::int(i.into())),
        any::<bool>().prop_map(Value::bool),
        Just(Value::null(Type::String)),
        Just(Value::unknown(Type::Dynamic)),
        "[a\\n]{0,2}".prop_map(|s| Value::string(format!("{s}{SECRET}{s}")).sensitive()),
        any::<bool>().prop_map(|b| Value::string(format!("{{\"p\": \"{SECRET}\", \"b\": {b}}}")).sensitive()),
        Just(Value::string(SECRET).mark(Marks::EPHEMERAL)),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let items = prop::collection::vec(inner.clone(), 0..4);
        let entries = prop::collection::btree_map("[a-d]|name".prop_map(Str::from), inner.clone(), 0..4);
        prop_oneof![
            items.clone().prop_map(Value::tuple),
            items.prop_map(|v| Value::set(Type::Dynamic, v)),
            entries.clone().prop_map(Value::object),
            entries.prop_map(|m| Value::map(Type::Dynamic, m)),
            inner.prop_map(|v| Value::tuple(vec![v, Value::string(SECRET)]).sensitive()),
        ]
    })
}

fn without_escapes(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' {
            chars.by_ref().take_while(|c| *c != 'm').for_each(drop);
        } else {
            out.push(c);
        }
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn secrets_stay_hidden_and_color_says_nothing_alone(before in value(), after in value(), full: bool, width in 0usize..120) {
        let plain = Style { width, ..Style::default() };
        let colored = Style { color: true, ..plain };
        for (b, a) in [(Some(&before), Some(&after)), (None, Some(&after)), (Some(&before), None)] {
            let text = value_diff("v", b, a, full, 0, &plain);
            prop_assert!(!text.contains(SECRET), "{text}");
            prop_assert_eq!(&without_escapes(&value_diff("v", b, a, full, 0, &colored)), &text);
        }
        let found = leaves(&before, &after);
        prop_assert!(found.changed.iter().all(|l| !l.path.contains(SECRET)));
        prop_assert!(found.changed.len() <= found.total);
        prop_assert!(leaves(&before, &before).changed.is_empty());
        prop_assert!(found.changed.is_empty() || !same(&before, &after));
    }
}
