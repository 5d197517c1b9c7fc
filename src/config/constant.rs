//! Expressions that must be written out: no references, no calls. Decides only that; evaluates nothing.

use super::codes;
use crate::base::{Diag, Diags, Span};
use crate::lang::ast::Expr;

/// What keeps an expression from being a constant: each reference and each call in it.
pub fn problems(expr: &Expr) -> Diags {
    let mut diags = Diags::new();
    let mut calls: Vec<Span> = Vec::new();
    expr.each_call(&mut |_, span| {
        // What stands in a call is gone with it.
        if calls
            .iter()
            .any(|outer| outer.start <= span.start && span.end <= outer.end)
        {
            return;
        }
        calls.push(span);
        diags.push(
            Diag::error(codes::STATIC, "Function calls not allowed")
                .detail("Functions may not be called here: the value must be written out.")
                .at(span),
        );
    });
    expr.each_reference(&mut |reference, span| {
        if calls
            .iter()
            .any(|call| call.start <= span.start && span.end <= call.end)
        {
            return;
        }
        let mut diag = Diag::error(codes::STATIC, "Variables not allowed")
            .detail(format!(
                "{:?} can't be used here: the value must be written out, so it refers to nothing.",
                &*reference.root.text
            ))
            .at(reference.root.span);
        if reference.steps.is_empty() {
            diag = diag.help("put text into quotes");
        }
        diags.push(diag);
    });
    diags
}
