//! The value of an expression that can be told without knowing anything: no names, no function calls.

use super::ast::Expr;
use super::eval::evaluate;
use super::scope::Nothing;
use crate::base::Value;

/// The value of an expression that refers to nothing and calls nothing, and that has no error.
pub fn constant(expr: &Expr) -> Option<Value> {
    let mut refers = false;
    expr.each_reference(&mut |_, _| refers = true);
    if refers || calls(expr) {
        return None;
    }
    let (value, diags) = evaluate(expr, &Nothing::CONTEXT);
    (!diags.has_errors() && value.is_wholly_known()).then_some(value)
}

/// Whether a function is called anywhere in it.
fn calls(expr: &Expr) -> bool {
    let mut called = false;
    expr.each_call(&mut |_, _| called = true);
    called
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
