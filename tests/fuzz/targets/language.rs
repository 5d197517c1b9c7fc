//! The language: files, expressions, templates and types, native and in JSON. What holds of every text: places of problems lie
//! in the text, formatting once is formatting for good and changes no meaning, what is printed can't steer a terminal, and a
//! value that goes through JSON comes back.

use headworks::base::json::{from_json, to_json};
use headworks::base::{Diag, Diags, Kind, SourceMap, Span, Type, Value};
use headworks::config;
use headworks::lang::ast::{Body, Step};
use headworks::lang::scope::Nothing;
use headworks::lang::{EvalContext, Scope, console, convert, evaluate, fmt, parse, type_expr};
use headworks::report::{Style, diags_json, plain_diags, render_diags};
use std::collections::BTreeMap;
use std::sync::OnceLock;

pub(super) const WORDS: &[&str] = &[
    "resource \"a\" \"b\" {\n",
    "}\n",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "${",
    "%{",
    "}",
    "%{if ",
    "%{else}",
    "%{endif}",
    "%{for x in ",
    "%{endfor}",
    "~}",
    "%{~",
    "${~",
    "$${",
    "%%{",
    "\"",
    "\\\"",
    "\\u00e9",
    "\\U0001F600",
    "\\n",
    "<<EOT\n",
    "<<-E\n",
    "\nEOT\n",
    "\nE\n",
    " for x in ",
    " for k, v in ",
    " : ",
    " => ",
    " if ",
    "...",
    " ? ",
    " == ",
    " != ",
    " >= ",
    " && ",
    " || ",
    "!",
    "-",
    " + ",
    " * ",
    " / ",
    " % ",
    "var.a",
    "var.s",
    "var.l",
    "var.m",
    "var.u",
    "local.x",
    "each.key",
    "count.index",
    "module.m.o",
    "data.t.n[0].x",
    "[*]",
    ".*",
    ".0",
    ".0.1",
    "[0]",
    "[\"k\"]",
    "null",
    "true",
    "1e99999",
    "-0",
    "0.1",
    "18446744073709551616",
    "#",
    "//",
    "/*",
    "*/",
    "\r\n",
    "\n",
    "\t",
    "\u{feff}",
    "\0",
    "\u{1b}[31m",
    "e\u{301}",
    "\u{202e}",
    "\u{1f468}\u{200d}\u{1f469}",
    "=",
    ",",
    ".",
    "variable \"v\" {\n",
    "locals {\n",
    "dynamic \"x\" {\n",
    "moved {\n",
    "import {\n",
    "check \"c\" {\n",
    "provider::a::b(",
    "templatefile(",
    "try(",
    "can(",
    "lookup(",
    "jsonencode(",
    "format(",
    "merge(",
    "flatten(",
    "type = ",
    "optional(string, 1)",
    "default = ",
    "count = 2\n",
    "for_each = ",
    "lifecycle {\n",
    "validation {\n",
    "condition = ",
];

pub(super) const JSON_WORDS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "\\u0000",
    "\\ud83d\\ude00",
    "\\ud800",
    "\\\"",
    "\\\\",
    "${",
    "%{",
    "}",
    "null",
    "true",
    "false",
    "1e999",
    "-0",
    "\"resource\":",
    "\"variable\":",
    "\"locals\":",
    "\"module\":",
    "\"output\":",
    "\"terraform\":",
    "\"provider\":",
    "\"data\":",
    "\"//\":",
    "\"dynamic\":",
    "\"lifecycle\":",
    "\"for_each\":",
    "\"count\":",
    "\"content\":",
    "\"provisioner\":",
    "\"default\":",
    "\"type\":",
    "\u{feff}",
    "\0",
    "alicloud_oss_bucket",
    "\"${var.a}\"",
    "\"%{for x in y}\"",
    " ",
    "\n",
];

pub(super) const TYPE_WORDS: &[&str] = &[
    "string",
    "number",
    "bool",
    "any",
    "list(",
    "set(",
    "map(",
    "tuple([",
    "object({",
    "optional(",
    "})",
    "])",
    ")",
    "a = ",
    ", ",
    "null",
    "{}",
    "[]",
    "\"x\"",
    "1",
    "var.a",
    "${",
    "\n",
];

/// A few values of every kind.
struct Names;

impl Scope for Names {
    fn reference(&self, root: &str, steps: &[Step], span: Span) -> Result<(Value, usize), Diag> {
        let _ = steps;
        match root {
            "var" | "local" | "x" => Ok((names().clone(), 0)),
            _ => Err(Diag::error("HW0304", format!("{root:?} is not declared")).at(span)),
        }
    }
}

fn names() -> &'static Value {
    static NAMES: OnceLock<Value> = OnceLock::new();
    NAMES.get_or_init(|| {
        let list = Value::list(Type::String, vec![Value::string("p"), Value::string("q\u{301}")]);
        Value::object_of([
            ("a", Value::int(7)),
            ("s", Value::string("text of some length").sensitive()),
            ("l", list.clone()),
            (
                "x",
                Value::tuple(vec![list, Value::null(Type::Dynamic), Value::bool(true)]),
            ),
            ("m", Value::map(Type::Number, [("k".into(), Value::int(1))].into())),
            ("u", Value::unknown(Type::Dynamic)),
            ("v", Value::unknown(Type::list(Type::String))),
        ])
    })
}

const CONTEXT: EvalContext<'static> = EvalContext {
    scope: &Names,
    host: &Nothing,
};

const STYLE: Style = Style {
    color: false,
    width: 80,
    unicode: true,
};

pub(super) fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

/// Places of problems lie in the text, and all forms of the problems can be printed.
pub(super) fn check_diags(diags: &Diags, sources: &SourceMap) {
    for diag in diags {
        for span in diag.span.iter().chain(diag.related.iter().map(|(span, _)| span)) {
            let text = sources.file(span.file).map_or("", |f| &*f.text);
            let (start, end) = (span.start as usize, span.end as usize);
            assert!(start <= end && end <= text.len(), "{diag:?} lies outside of the text");
            assert!(
                text.is_char_boundary(start) && text.is_char_boundary(end),
                "{diag:?} cuts a character"
            );
        }
    }
    let few: Diags = diags.iter().take(20).cloned().collect();
    check_printed(&render_diags(&few, sources, &STYLE));
    check_printed(&plain_diags(&few, sources));
    let _ = diags_json(&few, sources);
}

/// A value is printed as it is where a program reads it, and so that it steers nothing where a terminal does.
pub(super) fn check_shown(text: &str) {
    check_printed(&headworks::cli::terminal::safe(text, false));
}

/// Nothing that is printed steers a terminal.
pub(super) fn check_printed(text: &str) {
    let steers = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\t')) || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if let Some(c) = text.chars().find(|c| steers(*c)) {
        panic!("{c:?} would reach the terminal in {text:?}");
    }
}

fn value(value: &Value) {
    check_shown(&console::render(value));
    let known = value.clone().unmark_deep().0;
    if !known.is_wholly_known() {
        return;
    }
    let infinite = |v: &Value| v.as_number().is_some_and(headworks::base::Number::is_infinite);
    if !any(&known, &infinite) {
        let back = from_json(&to_json(&known), &known.ty());
        assert_eq!(back.as_ref(), Ok(&known), "a value goes through JSON and comes back");
    }
    for ty in [
        Type::String,
        Type::Number,
        Type::Bool,
        Type::list(Type::String),
        Type::set(Type::Dynamic),
        Type::map(Type::Dynamic),
    ] {
        if let Ok(converted) = convert::convert(&known, &ty) {
            let again = convert::convert(&converted, &ty);
            assert_eq!(
                again.ok().as_ref(),
                Some(&converted),
                "converting twice is converting once"
            );
        }
    }
}

fn any(value: &Value, is: &dyn Fn(&Value) -> bool) -> bool {
    is(value)
        || value.elements().is_some_and(|v| v.iter().any(|v| any(v, is)))
        || value.entries().is_some_and(|m| m.values().any(|v| any(v, is)))
}

pub(super) fn expression(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let mut sources = SourceMap::default();
    let id = sources.add("<value>", text);
    match parse::parse_expression(&sources, id) {
        Ok(expr) => {
            let (result, diags) = evaluate(&expr, &CONTEXT);
            check_diags(&diags, &sources);
            if diags.has_errors() {
                return;
            }
            value(&result);
            let (answer, diags) = console::answer(&expr, &CONTEXT);
            check_diags(&diags, &sources);
            check_shown(&answer);
        }
        Err(diags) => {
            assert!(diags.has_errors(), "what can't be read is told of");
            check_diags(&diags, &sources);
        }
    }
}

pub(super) fn template(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let mut sources = SourceMap::default();
    let id = sources.add("t.tftpl", text);
    match parse::parse_template(&sources, id) {
        Ok(expr) => {
            let (result, diags) = evaluate(&expr, &CONTEXT);
            check_diags(&diags, &sources);
            if !diags.has_errors() {
                value(&result);
            }
        }
        Err(diags) => check_diags(&diags, &sources),
    }
}

pub(super) fn file(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let mut sources = SourceMap::default();
    let id = sources.add("main.tf", text);
    let (body, diags) = parse::parse_file(&sources, id);
    check_diags(&diags, &sources);
    let broken = diags.has_errors();
    module(body.clone(), &sources);
    match fmt::format(text) {
        Ok(formatted) => {
            assert!(!broken, "a broken file is not formatted");
            let twice = fmt::format(&formatted).expect("what was formatted can be read");
            assert_eq!(formatted, twice, "formatting once is formatting for good");
            let mut sources = SourceMap::default();
            let id = sources.add("main.tf", formatted.as_str());
            let (again, _) = parse::parse_file(&sources, id);
            same_meaning(&body, &again);
        }
        Err(diags) => assert!(
            broken && diags.has_errors(),
            "what can be read can be formatted: {diags:?}"
        ),
    }
}

fn module(body: Body, sources: &SourceMap) {
    let (module, diags) = config::decode(vec![body]);
    check_diags(&diags, sources);
    check_diags(&config::tree::check(&module), sources);
    let (_, diags) = config::variables::values(&module, &BTreeMap::new(), true);
    check_diags(&diags, sources);
}

/// Blocks, names and values of two files are the same.
fn same_meaning(before: &Body, after: &Body) {
    let names = |body: &Body| body.attributes.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(before), names(after), "formatting keeps the arguments");
    for (name, attribute) in &before.attributes {
        let (value, diags) = evaluate(&attribute.value, &CONTEXT);
        let Some(after) = after.expr(name) else { continue };
        let (now, found) = evaluate(after, &CONTEXT);
        assert_eq!(
            diags.has_errors(),
            found.has_errors(),
            "formatting changes no problem of {name}"
        );
        if !diags.has_errors() {
            assert!(value == now, "formatting changes no value of {name}");
        }
    }
    assert_eq!(before.blocks.len(), after.blocks.len(), "formatting keeps the blocks");
    for (before, after) in before.blocks.iter().zip(&after.blocks) {
        let labels = |labels: &[headworks::lang::ast::Ident]| labels.iter().map(|l| l.text.clone()).collect::<Vec<_>>();
        assert_eq!(
            before.kind.text, after.kind.text,
            "formatting keeps the types of blocks"
        );
        assert_eq!(labels(&before.labels), labels(&after.labels), "formatting keeps labels");
        same_meaning(&before.body, &after.body);
    }
}

pub(super) fn json_file(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let mut sources = SourceMap::default();
    let id = sources.add("main.tf.json", text);
    let registry = super::records::registry();
    let (body, diags) = config::json::parse_file(&sources, id, Some(registry));
    check_diags(&diags, &sources);
    for attribute in body.attributes.values() {
        check_diags(&evaluate(&attribute.value, &CONTEXT).1, &sources);
    }
    module(body, &sources);
}

pub(super) fn tfvars(data: &[u8]) {
    use headworks::config::variables::{Given, GivenValue, Undeclared, values};
    let Some(text) = text(data) else { return };
    let mut sources = SourceMap::default();
    let declared = "variable \"a\" {\n type = map(list(number))\n}\nvariable \"b\" {\n type = object({ x = optional(string, \"d\"), y = set(any) })\n}\nvariable \"c\" {}\nvariable \"v\" {\n sensitive = true\n nullable = false\n}\n";
    let main = sources.add("main.tf", declared);
    let (body, _) = parse::parse_file(&sources, main);
    let (module, _) = config::decode(vec![body]);
    let id = sources.add("terraform.tfvars", text);
    let (body, diags) = parse::parse_file(&sources, id);
    check_diags(&diags, &sources);
    let given = |value: GivenValue, span| Given {
        value,
        origin: "terraform.tfvars".into(),
        undeclared: Undeclared::Warning,
        command_line: false,
        span,
    };
    let from_file = body
        .attributes
        .into_iter()
        .map(|(name, a)| (name, given(GivenValue::Expr(a.value), Some(a.span))))
        .collect();
    let (found, diags) = values(&module, &from_file, true);
    check_diags(&diags, &sources);
    found.values().for_each(|v| check_shown(&console::render(v)));
    let expr = parse::parse_expression(&sources, id);
    let from_text = ["a", "b", "c", "v"].map(|n| (n.into(), given(GivenValue::Text(text.into(), expr.clone()), None)));
    let (found, diags) = values(&module, &from_text.into(), true);
    check_diags(&diags, &sources);
    found.values().for_each(|v| check_shown(&console::render(v)));
}

pub(super) fn type_expression(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let mut sources = SourceMap::default();
    let id = sources.add("<type>", text);
    let Ok(expr) = parse::parse_expression(&sources, id) else {
        return;
    };
    let (constraint, diags) = type_expr::type_constraint(&expr);
    check_diags(&diags, &sources);
    for value in [
        names().clone(),
        Value::null(Type::Dynamic),
        Value::object(BTreeMap::new()),
        Value::tuple(Vec::new()),
    ] {
        let with_defaults = constraint.apply_defaults(&value);
        if let Ok(converted) = convert::convert(&with_defaults, &constraint.ty) {
            check_shown(&console::render(&converted));
            assert!(
                !matches!(converted.kind, Kind::Unknown(_)) || !value.is_known(),
                "a known value stays known"
            );
        }
    }
    check_shown(&console::render_type(&constraint.ty));
}
