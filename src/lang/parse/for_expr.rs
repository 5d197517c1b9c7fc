//! `for` expressions.

use super::super::ast::{ExprKind, ForExpr};
use super::super::token::{Token, TokenKind as T};
use super::Parser;
use super::expr::expression_error;
use crate::base::Span;

const SUMMARY: &str = "Invalid 'for' expression";

impl Parser<'_> {
    /// A `for` expression up to its closing bracket, which is that of `open`.
    pub(super) fn for_expr(&mut self, open: Token) -> Option<ExprKind> {
        self.read();
        let makes_object = open.kind == T::OpenBrace;
        let mut key_var = None;
        let mut value_var = self.variable(SUMMARY, "The name of a variable")?;
        if self.eat(T::Comma).is_some() {
            key_var = Some(value_var);
            value_var = self.variable(SUMMARY, "The name of a second variable")?;
        }
        if !self.at_word("in") {
            return self.wrong_for("The keyword \"in\" is expected after the names.");
        }
        self.read();
        let collection = self.expression()?;
        if self.eat(T::Colon).is_none() {
            return self.wrong_for("A colon is expected after the collection.");
        }
        let mut key = None;
        let mut value = self.expression()?;
        if self.eat(T::FatArrow).is_some() {
            key = Some(value);
            value = self.expression()?;
        }
        let ellipsis = self.eat(T::Ellipsis);
        let mut condition = None;
        if self.at_word("if") {
            self.read();
            condition = Some(self.expression()?);
        }
        let close = if makes_object { T::CloseBrace } else { T::CloseBracket };
        let complete = self.eat(close).is_some();
        if makes_object && key.is_none() {
            self.report_for(value.span, "An object needs a key: {for k, v in m : k => v}.");
        }
        if let Some(key) = key.as_ref().filter(|_| !makes_object) {
            self.report_for(
                key.span,
                "Only an object has keys; write it in braces, or leave the key out.",
            );
        }
        if let Some(ellipsis) = ellipsis.filter(|_| !makes_object) {
            self.report_for(
                self.span_of(ellipsis),
                "Only the values of an object are grouped with ... .",
            );
        }
        if !complete {
            return self.wrong_for("The expression is complete before this.");
        }
        Some(ExprKind::For(Box::new(ForExpr {
            key_var,
            value_var,
            collection,
            key,
            value,
            grouping: ellipsis.is_some(),
            condition,
        })))
    }

    fn wrong_for<V>(&mut self, detail: &str) -> Option<V> {
        let span = self.span_of(self.peek());
        self.fail(expression_error(SUMMARY).detail(detail).at(span))
    }

    fn report_for(&mut self, span: Span, detail: &str) {
        self.report(expression_error(SUMMARY).detail(detail).at(span));
    }
}
