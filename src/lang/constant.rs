//! The value of an expression that can be told without knowing anything: no names, no function calls.

use super::ast::{Expr, Step};
use super::eval::evaluate;
use super::scope::{EvalContext, FunctionHost, Scope};
use crate::base::{Diag, Span, Value};
use std::sync::Arc;

/// The value of an expression that refers to nothing and calls nothing, and that has no error.
pub fn constant(expr: &Expr) -> Option<Value> {
    let mut refers = false;
    expr.each_reference(&mut |_, _| refers = true);
    if refers || calls(expr) {
        return None;
    }
    let nothing = Nothing;
    let cx = EvalContext {
        scope: &nothing,
        host: &nothing,
    };
    let (value, diags) = evaluate(expr, &cx);
    (!diags.has_errors() && value.is_wholly_known()).then_some(value)
}

/// Whether a function is called anywhere in it.
fn calls(expr: &Expr) -> bool {
    let mut called = false;
    expr.each_call(&mut |_, _| called = true);
    called
}

/// What a constant sees. It is asked for nothing, as such expressions are sorted out before.
struct Nothing;

const UNSEEN: &str = "a constant sees nothing";

impl Scope for Nothing {
    fn reference(&self, _: &str, _: &[Step], span: Span) -> Result<(Value, usize), Diag> {
        Err(Diag::error(super::codes::BROKEN_EXPRESSION, "Variables not allowed").at(span))
    }
}

impl FunctionHost for Nothing {
    fn read_file(&self, _: &str) -> Result<Arc<[u8]>, String> {
        Err(UNSEEN.into())
    }

    fn file_exists(&self, _: &str) -> Result<bool, String> {
        Err(UNSEEN.into())
    }

    fn file_set(&self, _: &str, _: &str) -> Result<Vec<String>, String> {
        Err(UNSEEN.into())
    }

    fn working_directory(&self) -> String {
        ".".into()
    }

    fn home_directory(&self) -> Option<String> {
        None
    }

    fn timestamp(&self) -> Option<String> {
        None
    }

    fn plan_timestamp(&self) -> Option<String> {
        None
    }

    fn random(&self) -> Option<u128> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::SourceMap;
    use crate::lang::parse::parse_expression;

    fn of(text: &str) -> Option<Value> {
        let mut sources = SourceMap::default();
        let file = sources.add("t", text);
        constant(&parse_expression(&sources, file).expect("an expression"))
    }

    #[test]
    fn only_what_needs_nothing_is_constant() {
        assert_eq!(of("1 + 2"), Some(Value::int(3)));
        assert_eq!(of("\"a${true ? \"b\" : \"c\"}\""), Some(Value::string("ab")));
        assert_eq!(
            of("[for x in [1, 2] : x * 2]"),
            Some(Value::tuple(vec![Value::int(2), Value::int(4)]))
        );
        for text in [
            "upper(\"a\")",
            "[{ a = max(1, 2) }]",
            "var.x",
            "\"${local.a}\"",
            "0 / 0",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
