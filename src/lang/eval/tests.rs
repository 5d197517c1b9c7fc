//! Tables of expressions and their values.

#![expect(clippy::unwrap_used, reason = "a failed test should stop")]
use super::*;
use crate::base::SourceMap;
use crate::lang::ast::Step;
use crate::lang::console::render;
use crate::lang::parse::parse_expression;
use crate::lang::scope::{Nothing, Scope};

/// Variables by name, in place of `var`, `local` and the like.
struct Names(BTreeMap<&'static str, Value>);

impl Scope for Names {
    fn reference(&self, root: &str, _: &[Step], span: Span) -> Result<(Value, usize), Diag> {
        match self.0.get(root) {
            Some(value) => Ok((value.clone(), 0)),
            None => Err(Diag::error("HW0000", "Undeclared").detail(root).at(span)),
        }
    }
}

fn names() -> Names {
    let strings = Type::list(Type::String);
    Names(BTreeMap::from([
        ("id", Value::unknown_not_null(Type::String)),
        ("maybe", Value::unknown(Type::String)),
        ("flag", Value::unknown(Type::Bool)),
        ("num", Value::unknown(Type::Number)),
        ("list", Value::unknown(strings)),
        ("pair", Value::unknown(Type::object([("a", Type::String)]))),
        ("secret", Value::string("hunter22").sensitive()),
        ("port", Value::int(8123).sensitive()),
        ("key", Value::string("k").mark(Marks::EPHEMERAL)),
        (
            "names",
            Value::object_of([("alpha", Value::int(1)), ("beta", Value::int(2))]),
        ),
    ]))
}

fn parsed(text: &str) -> Expr {
    let mut sources = SourceMap::default();
    let file = sources.add("t", text);
    parse_expression(&sources, file).unwrap()
}

fn run(text: &str) -> (Value, Diags) {
    let names = names();
    let cx = EvalContext {
        scope: &names,
        host: &Nothing,
    };
    evaluate(&parsed(text), &cx)
}

/// The value printed on one line.
fn shown(text: &str) -> String {
    let (value, diags) = run(text);
    assert!(!diags.has_errors(), "{text}: {diags:?}");
    render(&value).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Summary and detail of each problem.
fn problems(text: &str) -> Vec<String> {
    run(text)
        .1
        .iter()
        .map(|d| format!("{}: {}", d.summary, d.detail.as_deref().unwrap_or("")))
        .collect()
}

#[test]
fn a_bare_key_is_a_name_or_refused() {
    assert_eq!(
        shown("{ a = 1, true = 2, null = 3, (pair.a) = 4 }"),
        "(known after apply)"
    );
    assert_eq!(
        shown("{ a = 1, true = 2, null = 3 }"),
        "{ \"a\" = 1 \"null\" = 3 \"true\" = 2 }"
    );
    assert!(problems("{ pair.a = 1 }")[0].starts_with("Ambiguous attribute key"));
}

#[test]
fn a_long_chain_of_operators_is_evaluated() {
    assert_eq!(shown(&format!("0{}", " + 1".repeat(5000))), "5000");
    assert_eq!(shown(&format!("true{}", " && true".repeat(5000))), "true");
    assert_eq!(shown("10 - 2 - 3 * 2 / 4 % 5 - 1"), "5.5");
}

#[test]
fn deep_nesting_ends_with_an_error_or_a_value_and_never_with_the_stack() {
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{a=", "}"),
        ("[for x in [1] : ", "]"),
        ("\"${", "}\""),
        ("max(", ")"),
    ] {
        let text = |n: usize| format!("{}1{}", open.repeat(n), close.repeat(n));
        assert!(problems(&text(50)).is_empty(), "{open}");
        let (_, diags) = run(&text(90));
        let told = ["Expression nested too deeply", "Value nested too deeply"];
        assert!(diags.iter().all(|d| told.contains(&d.summary.as_str())), "{open}");
    }
}

#[test]
fn operators() {
    for (text, expected) in [
        ("\"1\" + 2", "3"),
        ("\"1\" == 1", "false"),
        ("\"1\" < 2", "true"),
        ("-7 % 3", "-1"),
        ("0.1 + 0.2 == 0.3", "true"),
        ("1 / 0", "+Inf"),
        ("!\"true\"", "false"),
        ("[null] == [null]", "true"),
        ("[] == tolist([])", "false"),
        ("{ a = 1, b = 2 } == { b = 2, a = 1 }", "true"),
        ("true || flag", "(known after apply)"),
        ("flag && false", "(known after apply)"),
        ("true || false", "true"),
        ("true && false", "false"),
        ("flag || false", "(known after apply)"),
        ("id == null", "false"),
        ("maybe == null", "(known after apply)"),
        ("\"x-${id}\" == \"y\"", "false"),
        ("[1, id] == [2, \"a\"]", "false"),
        ("[1, id] == [1, \"a\"]", "(known after apply)"),
        ("port + 1", "(sensitive value)"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn conditionals_have_one_type() {
    for (text, expected) in [
        ("true ? 1 : \"b\"", "\"1\""),
        ("true ? null : 1", "tonumber(null)"),
        ("true ? [1] : []", "tolist([ 1, ])"),
        ("true ? { a = 1 } : { a = \"x\" }", "{ \"a\" = \"1\" }"),
        ("true ? { a = 1 } : {}", "tomap({ \"a\" = 1 })"),
        ("false ? 1 / 0 : 2", "2"),
        ("false ? [][0] : 2", "2"),
        ("flag ? \"s\" : \"s\"", "\"s\""),
        ("flag ? \"a\" : \"b\"", "(known after apply)"),
        ("(flag ? \"a-b-1\" : \"a-b-2\") == \"x\"", "false"),
        ("(flag ? \"a\" : \"b\") == null", "false"),
        ("secret == \"\" ? 1 : 2", "(sensitive value)"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn traversals_splats_and_loops() {
    for (text, expected) in [
        ("{ a = [1, 2] }.a[1]", "2"),
        ("[1, 2, 3][\"0\"]", "1"),
        ("pair.a", "(known after apply)"),
        ("list[0]", "(known after apply)"),
        ("null[*]", "[]"),
        ("1[*]", "[ 1, ]"),
        ("[{ a = 1 }, { a = 2 }][*].a", "[ 1, 2, ]"),
        ("[{ a = [{ b = 1 }] }][*].a[*].b", "[ [ 1, ], ]"),
        ("tolist([{ a = \"x\" }])[*].a", "tolist([ \"x\", ])"),
        ("maybe[*]", "(known after apply)"),
        ("id[*]", "[ (known after apply), ]"),
        ("[for i, x in [\"a\", \"b\"] : \"${i}${x}\" if i > 0]", "[ \"1b\", ]"),
        (
            "[for k, x in toset([\"b\", \"a\"]) : \"${k}${x}\"]",
            "[ \"aa\", \"bb\", ]",
        ),
        (
            "{ for x in [\"a\", \"b\", \"a\"] : x => 1... }",
            "{ \"a\" = [ 1, 1, ] \"b\" = [ 1, ] }",
        ),
        ("[for x in list : x]", "(known after apply)"),
        ("[for x in [1] : x if flag]", "(known after apply)"),
        ("{ for x in [id] : x => 1 }", "(known after apply)"),
        ("[for id in [1] : [for x in [2] : id + x]]", "[ [ 3, ], ]"),
        ("[for x in [secret, 1] : x]", "[ (sensitive value), 1, ]"),
        ("{ (key) = 1 }", "(ephemeral value)"),
        ("{ null = 1 }", "{ \"null\" = 1 }"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn templates() {
    for (text, expected) in [
        ("\"a${1}${true}\"", "\"a1true\""),
        ("\"${[1]}\"", "[ 1, ]"),
        ("\"%{ if true }a%{ else }b%{ endif }\"", "\"a\""),
        ("\"%{ for i, x in [\"a\", \"b\"] }${i}${x};%{ endfor }\"", "\"0a;1b;\""),
        ("\"x${secret}\"", "(sensitive value)"),
        ("\"x${id}\"", "(known after apply)"),
        ("\"e${\"\u{301}\"}\" == \"\u{e9}\"", "true"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
    let prefix = |text: &str| match run(text).0.kind {
        Kind::Unknown(u) => u.prefix.as_deref().map(str::to_string),
        _ => None,
    };
    assert_eq!(prefix("\"x-${id}\"").as_deref(), Some("x-"));
    // The last letter may combine with what follows.
    assert_eq!(prefix("\"abc${id}\"").as_deref(), Some("ab"));
    assert_eq!(prefix("\"x${id}\""), None);
    assert_eq!(prefix("\"a/${\"b/${id}\"}\"").as_deref(), Some("a/b/"));
}

#[test]
fn calls() {
    for (text, expected) in [
        ("max([1, 3]...)", "3"),
        ("upper(id)", "(known after apply)"),
        ("upper(secret)", "(sensitive value)"),
        ("try({ a = 1 }.b, 2)", "2"),
        ("try({ a = 1 }.b, [2, 3]...)", "2"),
        ("can([1]...)", "true"),
        ("try(maybe, 2)", "(known after apply)"),
        ("can({ a = 1 }.b)", "false"),
        ("can(pair.z)", "false"),
        ("can(maybe)", "(known after apply)"),
        ("can(1)", "true"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn problems_are_said_in_terraforms_words() {
    for (text, expected) in [
        (
            "1 + true",
            "Invalid operand: Unsuitable value for right operand: number required.",
        ),
        (
            "null + 1",
            "Operation failed: Error during operation: argument must not be null.",
        ),
        (
            "0 / 0",
            "Operation failed: Error during operation: can't divide zero by zero or infinity by infinity.",
        ),
        (
            "true ? \"a\" : []",
            "Inconsistent conditional result types: The true and false result expressions must have consistent types. The 'true' value is string, but the 'false' value is tuple.",
        ),
        (
            "null ? 1 : 2",
            "Null condition: The condition value is null. Conditions must either be true or false.",
        ),
        (
            "null.a",
            "Attempt to get attribute from null value: This value is null, so it does not have any attributes.",
        ),
        (
            "true.a",
            "Unsupported attribute: Can't access attributes on a primitive-typed value (bool).",
        ),
        (
            "names.alhpa",
            "Unsupported attribute: This object does not have an attribute named \"alhpa\".",
        ),
        (
            "can(null...)",
            "Invalid expanding argument value: The expanding argument (indicated by ...) must not be null.",
        ),
        (
            "can([1, 2]...)",
            "Too many function arguments: Function \"can\" expects only 1 argument(s).",
        ),
        (
            "[1][0.5]",
            "Invalid index: The given key does not identify an element in this collection value: indexing a sequence requires a whole number, but the given index has a fractional part.",
        ),
        (
            "[1][-1]",
            "Invalid index: The given key does not identify an element in this collection value: a negative number is not a valid index for a sequence.",
        ),
        (
            "[1][port]",
            "Invalid index: The given key does not identify an element in this collection value.",
        ),
        (
            "[for x in \"abc\" : x]",
            "Iteration over non-iterable value: A value of type string cannot be used as the collection in a 'for' expression.",
        ),
        (
            "{ for x in [\"a\", \"a\"] : x => 1 }",
            "Duplicate object key: Two different items produced the key \"a\" in this 'for' expression. If duplicates are expected, use the ellipsis (...) after the value expression to enable grouping by key.",
        ),
        (
            "{ for x in [secret, secret] : x => 1 }",
            "Duplicate object key: Two different items produced the same key in this 'for' expression. If duplicates are expected, use the ellipsis (...) after the value expression to enable grouping by key.",
        ),
        (
            "\"x${null}\"",
            "Invalid template interpolation value: The expression result is null. Cannot include a null value in a string template.",
        ),
        (
            "uper(\"a\")",
            "Call to unknown function: There is no function named \"uper\". Did you mean \"upper\"?",
        ),
        (
            "upper()",
            "Not enough function arguments: Function \"upper\" expects 1 argument(s). Missing value for \"str\".",
        ),
        (
            "max(\"a\"...)",
            "Invalid expanding argument value: The expanding argument (indicated by ...) must be of a tuple, list, or set type.",
        ),
        ("try(nope, 1)", "Undeclared: nope"),
        (
            "[type(1)]",
            "Invalid use of type function: The console-only \"type\" function cannot be used as part of an expression.",
        ),
    ] {
        assert_eq!(problems(text), [expected], "{text}");
    }
}

#[test]
fn all_problems_are_found_and_a_loop_repeats_none() {
    assert_eq!(problems("[nope, 1 + true, upper(), \"${null}x\"]").len(), 4);
    assert_eq!(problems("true + true").len(), 2);
    assert_eq!(problems("[for x in [1, 2, 3] : x.a]").len(), 1);
    assert_eq!(problems("nope.a.b + 1").len(), 1, "no problem follows from another");
}

#[test]
fn a_near_name_is_offered_unless_it_is_secret() {
    let help = |text: &str| run(text).1.iter().next().unwrap().help.clone();
    assert_eq!(help("names.alhpa").as_deref(), Some("did you mean \"alpha\"?"));
    assert_eq!(
        help("tomap(names)[\"beat\"]").as_deref(),
        Some("did you mean \"beta\"?")
    );
    assert_eq!(help("sensitive(tomap(names))[\"beat\"]"), None);
}

#[test]
fn what_a_function_says_never_shows_a_secret() {
    for text in [
        "cidrhost(secret, 1)",
        "cidrhost(\"${secret}/8\", 1)",
        "parseint(secret, 10)",
    ] {
        for problem in problems(text) {
            assert!(!problem.contains("hunter22"), "{problem}");
        }
        assert!(run(text).1.has_errors(), "{text}");
    }
}

#[test]
fn a_value_of_the_wrong_type_is_shown_where_it_is_written() {
    let names = names();
    let cx = EvalContext {
        scope: &names,
        host: &Nothing,
    };
    let text = "[{ a = 1 }, { a = \"x\" }]";
    let ty = Type::list(Type::object([("a", Type::Number)]));
    let (value, diags) = evaluate_as(&parsed(text), &ty, &cx);
    let span = diags.iter().next().unwrap().span.unwrap();
    assert_eq!(&text[span.start as usize..span.end as usize], "\"x\"");
    assert_eq!(value, Value::unknown(ty.clone()));
    let (value, diags) = evaluate_as(&parsed("[{ a = \"1\" }]"), &ty, &cx);
    assert!(diags.is_empty());
    assert_eq!(
        value,
        Value::list(
            Type::object([("a", Type::Number)]),
            vec![Value::object_of([("a", Value::int(1))])]
        )
    );
}

#[test]
fn deep_nesting_ends_in_a_problem() {
    let mut expr = parsed("1");
    for _ in 0..2_000 {
        expr = Expr {
            span: expr.span,
            kind: ExprKind::Parens(Box::new(expr)),
        };
    }
    let names = names();
    let cx = EvalContext {
        scope: &names,
        host: &Nothing,
    };
    let (_, diags) = evaluate(&expr, &cx);
    assert_eq!(diags.iter().map(|d| d.code).collect::<Vec<_>>(), [codes::TOO_DEEP]);
}

#[test]
fn many_elements_of_different_types_are_quick() {
    let items: Vec<String> = (0..4_000)
        .map(|i| if i % 2 == 0 { i.to_string() } else { format!("\"{i}\"") })
        .collect();
    let (value, diags) = run(&format!("[{}]", items.join(",")));
    assert!(diags.is_empty());
    let list = convert::convert(&value, &Type::list(Type::Dynamic)).unwrap();
    assert_eq!(list.ty(), Type::list(Type::String));
    assert_eq!(list.elements().map(<[Value]>::len), Some(4_000));
}
