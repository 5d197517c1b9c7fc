//! The functions of the language with arguments of others: the name of one, then its arguments, each on a line of its own, as
//! JSON where it is JSON and as text otherwise.

use super::language::{check_diags, check_shown, text};
use headworks::base::json::implied;
use headworks::base::{Diag, SourceMap, Span, Value};
use headworks::lang::ast::Step;
use headworks::lang::{EvalContext, FunctionHost, Scope, console, evaluate, parse};
use std::sync::Arc;

pub(super) const WORDS: &[&str] = &[
    "\n",
    "yamldecode\n",
    "yamlencode\n",
    "csvdecode\n",
    "base64gunzip\n",
    "base64gzip\n",
    "base64decode\n",
    "textdecodebase64\n",
    "regex\n",
    "regexall\n",
    "replace\n",
    "cidrsubnet\n",
    "cidrsubnets\n",
    "cidrhost\n",
    "cidrnetmask\n",
    "formatdate\n",
    "timeadd\n",
    "timecmp\n",
    "format\n",
    "formatlist\n",
    "jsondecode\n",
    "jsonencode\n",
    "parseint\n",
    "indent\n",
    "trim\n",
    "substr\n",
    "split\n",
    "join\n",
    "slice\n",
    "element\n",
    "range\n",
    "chunklist\n",
    "setproduct\n",
    "flatten\n",
    "merge\n",
    "lookup\n",
    "zipmap\n",
    "transpose\n",
    "urlencode\n",
    "urldecode\n",
    "rsadecrypt\n",
    "fileset\n",
    "file\n",
    "templatestring\n",
    "pathexpand\n",
    "title\n",
    "strrev\n",
    "sort\n",
    "sum\n",
    "pow\n",
    "log\n",
    "ceil\n",
    "signum\n",
    "tonumber\n",
    "tostring\n",
    "toset\n",
    "abspath\n",
    "uuidv5\n",
    "2020-02-29T23:59:60Z",
    "YYYY-MM-DD'T'hh:mm:ssZ",
    "99999999h",
    "-1h30m0.5s",
    "%#v",
    "%[3]*.[2]*[1]f",
    "%-010.3q",
    "%%",
    "%d",
    "10.0.0.0/8",
    "::ffff:1.2.3.4/96",
    "fd00::/7",
    "0",
    "-1",
    "1e308",
    "64",
    "128",
    "[[1],[2]]",
    "{\"a\":[null,true]}",
    "null",
    "- a\n",
    "&a [*a]",
    "<<: *x",
    "!!binary ",
    "? k\n: v",
    "|+\n",
    "'''",
    "\"\\x41\"",
    "---\n",
    "%YAML 1.2\n",
    "H4sIAAAAAAAA/0rMSgQAAAD//wEAAP//",
    "(?P<n>a+)",
    "[[:alpha:]]",
    "\\p{Greek}",
    "(a|b)*?",
    "{1000}",
    "$1${n}",
    "UTF-16LE",
    "a,b\n1,\"x\"\"y\"\n",
    "%2F%zz",
    "\u{1f1e9}\u{1f1ea}",
    "i\u{307}",
];

/// Arguments as `a0`, `a1`, …
struct Arguments(Vec<Value>);

impl Scope for Arguments {
    fn reference(&self, root: &str, _: &[Step], span: Span) -> Result<(Value, usize), Diag> {
        let index = root.strip_prefix('a').and_then(|i| i.parse::<usize>().ok());
        let value = index.and_then(|i| self.0.get(i)).cloned();
        value
            .map(|v| (v, 0))
            .ok_or_else(|| Diag::error("HW0304", "there is none").at(span))
    }
}

struct Host;

impl FunctionHost for Host {
    fn read_file(&self, path: &str) -> Result<Arc<[u8]>, String> {
        match path.len() % 2 {
            0 => Ok(path.as_bytes().into()),
            _ => Err("there is none".into()),
        }
    }
    fn file_exists(&self, path: &str) -> Result<bool, String> {
        Ok(path.len().is_multiple_of(2))
    }
    fn file_set(&self, directory: &str, pattern: &str) -> Result<Vec<String>, String> {
        Ok(vec![directory.into(), pattern.into()])
    }
    fn working_directory(&self) -> String {
        "/work".into()
    }
    fn home_directory(&self) -> Option<String> {
        Some("/home".into())
    }
    fn timestamp(&self) -> Option<String> {
        Some("2024-02-29T00:00:00Z".into())
    }
    fn plan_timestamp(&self) -> Option<String> {
        Some("2024-02-29T00:00:00Z".into())
    }
    fn random(&self) -> Option<u128> {
        Some(7)
    }
}

pub(super) fn call(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let mut lines = text.split('\n');
    let name = lines.next().unwrap_or_default();
    // A password that is meant to be slow to guess is slow to make.
    let is_name =
        name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(|c| c.is_ascii_alphanumeric());
    if !is_name || name == "bcrypt" {
        return;
    }
    let rest: Vec<&str> = lines.collect();
    // Both ways to read it: every line an argument, or all of them one.
    for arguments in [rest.clone(), vec![&text[(name.len() + 1).min(text.len())..]]] {
        let arguments: Vec<Value> = arguments.into_iter().map(argument).collect();
        let names: Vec<String> = (0..arguments.len()).map(|i| format!("a{i}")).collect();
        let mut sources = SourceMap::default();
        let id = sources.add("<call>", format!("{name}({})", names.join(", ")));
        let expr = parse::parse_expression(&sources, id).expect("a call can be read");
        let cx = EvalContext {
            scope: &Arguments(arguments),
            host: &Host,
        };
        let (value, diags) = evaluate(&expr, &cx);
        check_diags(&diags, &sources);
        check_shown(&console::render(&value));
        let (again, found) = evaluate(&expr, &cx);
        assert!(
            value == again && diags.len() == found.len(),
            "the same arguments give the same result"
        );
    }
}

fn argument(line: &str) -> Value {
    match serde_json::from_str::<serde_json::Value>(line) {
        Ok(json) => implied(&json),
        Err(_) => Value::string(line),
    }
}
