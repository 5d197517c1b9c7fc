//! Expressions: the conditional, operators by precedence, and single terms.

use super::super::ast::{BinaryOp, Expr, ExprKind, Ident, Reference, UnaryOp};
use super::super::token::{Token, TokenKind as T};
use super::{BROKEN_EXPRESSION, MAX_EXPRESSION_DEPTH, Parser, TOO_COMPLEX};
use crate::base::{Diag, Number, Span, Type, Value};

pub(super) fn expression_error(summary: &str) -> Diag {
    Diag::error(BROKEN_EXPRESSION, summary)
}

/// A binary operator and how tightly it binds.
fn operator(kind: T) -> Option<(BinaryOp, u8)> {
    Some(match kind {
        T::Or => (BinaryOp::Or, 1),
        T::And => (BinaryOp::And, 2),
        T::EqualEqual => (BinaryOp::Equal, 3),
        T::NotEqual => (BinaryOp::NotEqual, 3),
        T::Greater => (BinaryOp::Greater, 4),
        T::GreaterEqual => (BinaryOp::GreaterEqual, 4),
        T::Less => (BinaryOp::Less, 4),
        T::LessEqual => (BinaryOp::LessEqual, 4),
        T::Plus => (BinaryOp::Add, 5),
        T::Minus => (BinaryOp::Subtract, 5),
        T::Star => (BinaryOp::Multiply, 6),
        T::Slash => (BinaryOp::Divide, 6),
        T::Percent => (BinaryOp::Modulo, 6),
        _ => return None,
    })
}

/// Operators of one precedence, which associate to the left.
fn joined(first: Expr, mut rest: Vec<(BinaryOp, Expr)>) -> Expr {
    let span = rest.last().map_or(first.span, |(_, last)| first.span.to(last.span));
    let kind = match rest.pop() {
        Some((op, right)) if rest.is_empty() => ExprKind::Binary(op, Box::new([first, right])),
        Some(last) => {
            rest.push(last);
            ExprKind::Chain(Box::new(first), rest.into_boxed_slice())
        }
        None => return first,
    };
    Expr { kind, span }
}

impl Parser<'_> {
    /// The expression that begins here. `None` when it is malformed, which was reported.
    pub(super) fn expression(&mut self) -> Option<Expr> {
        let condition = self.binary(1)?;
        if self.kind() != T::Question {
            return Some(condition);
        }
        self.conditional(condition)
    }

    fn conditional(&mut self, condition: Expr) -> Option<Expr> {
        self.read();
        let yes = self.nested(Self::expression)?;
        let colon = self.peek();
        if colon.kind != T::Colon {
            let diag = expression_error("Missing false expression in conditional")
                .detail("A conditional is written: condition ? yes : no. The colon is expected here.")
                .at(self.span_of(colon));
            self.report(diag);
            return Some(condition);
        }
        self.read();
        let no = self.nested(Self::expression)?;
        let span = condition.span.to(no.span);
        Some(Expr {
            kind: ExprKind::Conditional(Box::new([condition, yes, no])),
            span,
        })
    }

    /// Reads something one level deeper, unless that is too deep.
    pub(super) fn nested(&mut self, read: impl FnOnce(&mut Self) -> Option<Expr>) -> Option<Expr> {
        if self.depth >= MAX_EXPRESSION_DEPTH {
            let span = self.span_of(self.peek());
            return self.too_deep(span);
        }
        self.depth += 1;
        let expr = read(self);
        self.depth -= 1;
        expr
    }

    pub(super) fn too_deep<V>(&mut self, span: Span) -> Option<V> {
        let diag = Diag::error(TOO_COMPLEX, "Expression nested too deeply").detail(format!(
            "Expressions can be nested {MAX_EXPRESSION_DEPTH} levels deep; give parts of it names as locals."
        ));
        self.fail(diag.at(span))
    }

    /// Operands joined by operators that bind at least so tightly.
    fn binary(&mut self, least: u8) -> Option<Expr> {
        let mut left = self.operand()?;
        while let Some((_, level)) = operator(self.kind()).filter(|(_, level)| *level >= least) {
            left = self.nested(|p| p.chain(left, level))?;
        }
        Some(left)
    }

    fn chain(&mut self, first: Expr, level: u8) -> Option<Expr> {
        let mut rest = Vec::new();
        while let Some((op, _)) = operator(self.kind()).filter(|(_, l)| *l == level) {
            self.read();
            rest.push((op, self.binary(level + 1)?));
        }
        Some(joined(first, rest))
    }

    /// A term and the attributes and indexes after it.
    fn operand(&mut self) -> Option<Expr> {
        let term = self.term()?;
        match self.kind() {
            T::Dot | T::OpenBracket => self.traversal(term),
            _ => Some(term),
        }
    }

    fn term(&mut self) -> Option<Expr> {
        let token = self.peek();
        match token.kind {
            T::OpenParen => self.nested(Self::parentheses),
            T::Number => {
                self.read();
                Some(Expr {
                    kind: ExprKind::Literal(Value::number(self.number(token))),
                    span: self.span_of(token),
                })
            }
            T::Ident => self.word(),
            T::OpenQuote | T::OpenHeredoc => self.nested(Self::template),
            T::Minus => self.nested(|p| p.unary(UnaryOp::Negate)),
            T::Bang => self.nested(|p| p.unary(UnaryOp::Not)),
            T::OpenBracket => self.nested(Self::tuple),
            T::OpenBrace => self.nested(Self::object),
            _ => self.no_term(token),
        }
    }

    fn no_term(&mut self, found: Token) -> Option<Expr> {
        let diag = match found.kind {
            T::End => expression_error("Missing expression")
                .detail("The beginning of an expression is expected, but the text ends."),
            T::Newline => expression_error("Invalid expression")
                .detail("The beginning of an expression is expected, but the line ends."),
            _ => expression_error("Invalid expression").detail(format!(
                "The beginning of an expression is expected, but found {:?}.",
                self.source(found)
            )),
        };
        self.fail(diag.at(self.span_of(found)))
    }

    fn parentheses(&mut self) -> Option<Expr> {
        let open = self.read();
        let before = self.diags.len();
        let inner = self.with_newlines(false, |p| {
            let inner = p.expression()?;
            if p.diags.len() > before {
                p.recovering = true;
                return None;
            }
            let close = p.peek();
            if close.kind != T::CloseParen {
                let diag = expression_error("Unbalanced parentheses")
                    .detail("The parenthesis is not closed after its expression.")
                    .related(p.span_of(open), "opens here");
                return p.fail(diag.at(p.span_of(close)));
            }
            p.read();
            Some(inner)
        })?;
        Some(Expr {
            kind: ExprKind::Parens(Box::new(inner)),
            span: self.span(open.start, self.previous_end()),
        })
    }

    fn unary(&mut self, op: UnaryOp) -> Option<Expr> {
        let symbol = self.read();
        let operand = self.operand()?;
        let span = self.span_of(symbol).to(operand.span);
        Some(Expr {
            kind: ExprKind::Unary(op, Box::new(operand)),
            span,
        })
    }

    /// A keyword, a reference or a call.
    fn word(&mut self) -> Option<Expr> {
        let token = self.read();
        if matches!(self.kind(), T::OpenParen | T::DoubleColon) {
            return self.nested(|p| p.call(token));
        }
        let kind = match self.source(token) {
            "true" => ExprKind::Literal(Value::bool(true)),
            "false" => ExprKind::Literal(Value::bool(false)),
            "null" => ExprKind::Literal(Value::null(Type::Dynamic)),
            _ => ExprKind::Reference(Box::new(Reference {
                root: self.ident(token),
                steps: Box::new([]),
                in_template: self.interpolations > 0,
                guarded: self.guards > 0,
            })),
        };
        Some(Expr {
            kind,
            span: self.span_of(token),
        })
    }

    /// The value of a number; one that is none is reported.
    pub(super) fn number(&mut self, token: Token) -> Number {
        self.source(token).parse().unwrap_or_else(|reason| {
            let diag = expression_error("Invalid number literal").detail(format!("{reason}."));
            self.report(diag.at(self.span_of(token)));
            Number::from(0)
        })
    }

    /// The name that a token is.
    pub(super) fn variable(&mut self, summary: &str, what: &str) -> Option<Ident> {
        let token = self.peek();
        if token.kind != T::Ident {
            let diag = expression_error(summary).detail(format!("{what} is expected here."));
            return self.fail(diag.at(self.span_of(token)));
        }
        self.read();
        Some(self.ident(token))
    }
}
