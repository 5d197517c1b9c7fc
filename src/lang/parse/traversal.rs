//! What follows a term: attributes, indexes and splats.

use super::super::ast::{Expr, ExprKind, SplatExpr, SplatStep, Step, StepKind};
use super::super::token::{Token, TokenKind as T};
use super::expr::expression_error;
use super::text::normalized;
use super::{MAX_EXPRESSION_DEPTH, Parser};
use crate::base::{Number, Span, Value};

/// One attribute, index or splat marker.
struct Operator {
    kind: OperatorKind,
    span: Span,
}

enum OperatorKind {
    /// `.name` or `.0`
    Dotted(StepKind),
    /// `[0]` or `["k"]`
    Bracketed(StepKind),
    /// `[expression]`
    Index(Expr),
    /// `.*` (false) or `[*]` (true)
    Splat(bool),
}

type Operators = std::iter::Peekable<std::vec::IntoIter<Operator>>;

impl Parser<'_> {
    /// The term with all that follows it.
    pub(super) fn traversal(&mut self, term: Expr) -> Option<Expr> {
        let mut operators = self.operators()?.into_iter().peekable();
        let mut expr = term;
        while let Some(operator) = operators.next() {
            let span = expr.span.to(operator.span);
            expr = match operator.kind {
                OperatorKind::Dotted(kind) | OperatorKind::Bracketed(kind) => {
                    let mut steps = vec![Step {
                        kind,
                        span: operator.span,
                    }];
                    while let Some(step) = operators.next_if_map(into_step) {
                        steps.push(step);
                    }
                    stepped(expr, steps)
                }
                OperatorKind::Index(key) => Expr {
                    kind: ExprKind::Index(Box::new(expr), Box::new(key)),
                    span,
                },
                OperatorKind::Splat(full) => {
                    let (each, end) = splat_steps(&mut operators, full);
                    Expr {
                        span: end.map_or(span, |end| span.to(end)),
                        kind: ExprKind::Splat(Box::new(SplatExpr {
                            source: expr,
                            full,
                            marker: operator.span,
                            each,
                        })),
                    }
                }
            };
        }
        Some(expr)
    }

    fn operators(&mut self) -> Option<Vec<Operator>> {
        let mut operators = Vec::new();
        let mut levels = self.depth;
        // After `.*` only attributes follow it; another splat there has no clear meaning.
        let mut in_splat = false;
        loop {
            let operator = match self.kind() {
                T::Dot => self.dotted(in_splat)?,
                T::OpenBracket => self.bracketed()?,
                _ => return Some(operators),
            };
            in_splat = match operator.kind {
                OperatorKind::Splat(full) => !full,
                OperatorKind::Dotted(_) => in_splat,
                _ => false,
            };
            if matches!(operator.kind, OperatorKind::Index(_) | OperatorKind::Splat(_)) {
                levels += 2;
                if levels > MAX_EXPRESSION_DEPTH {
                    return self.too_deep(operator.span);
                }
            }
            operators.push(operator);
        }
    }

    fn dotted(&mut self, in_splat: bool) -> Option<Operator> {
        let dot = self.read();
        let token = self.peek();
        let kind = match token.kind {
            T::Ident => OperatorKind::Dotted(StepKind::Attr(normalized(self.source(token)))),
            T::Number => OperatorKind::Dotted(StepKind::Index(Value::number(self.legacy_index(token)))),
            T::Star if in_splat => {
                let diag = expression_error("Nested splat expression not allowed")
                    .detail("A second .* can't follow a .* directly.")
                    .help("write [*], or a for expression");
                return self.fail(diag.at(self.span_of(token)));
            }
            T::Star => OperatorKind::Splat(false),
            _ => {
                let diag = expression_error("Invalid attribute name")
                    .detail("The name of an attribute is expected after the dot.");
                return self.fail(diag.at(self.span_of(token)));
            }
        };
        self.read();
        Some(Operator {
            kind,
            span: self.span(dot.start, token.end),
        })
    }

    /// The number after a dot. In `a.0.1` it reads as 0.1, which is refused.
    fn legacy_index(&mut self, token: Token) -> Number {
        let Some((first, second)) = self.source(token).split_once('.') else {
            return self.number(token);
        };
        let diag = expression_error("Invalid legacy index syntax")
            .detail("Two indexes that are written with dots can't follow each other.")
            .help(format!("write [{first}][{second}]"));
        self.report(diag.at(self.span_of(token)));
        Number::from(0)
    }

    fn bracketed(&mut self) -> Option<Operator> {
        let open = self.read();
        if self.eat(T::Star).is_some() {
            let close = self.read();
            if close.kind != T::CloseBracket {
                let diag = expression_error("Missing close bracket on splat index")
                    .detail("The closing bracket must follow the star at once.");
                return self.fail(diag.at(self.span_of(close)));
            }
            return Some(Operator {
                kind: OperatorKind::Splat(true),
                span: self.span(open.start, close.end),
            });
        }
        let key = self.with_newlines(false, |p| {
            let key = p.nested(Self::expression)?;
            let close = p.read();
            if close.kind != T::CloseBracket {
                let diag = expression_error("Missing close bracket on index")
                    .detail("The closing bracket is expected after the index.")
                    .related(p.span_of(open), "opens here");
                return p.fail(diag.at(p.span_of(close)));
            }
            Some(key)
        })?;
        let kind = match key.kind {
            ExprKind::Literal(value) if value.as_number().is_some() || value.as_str().is_some() => {
                OperatorKind::Bracketed(StepKind::Index(value))
            }
            _ => OperatorKind::Index(key),
        };
        Some(Operator {
            kind,
            span: self.span(open.start, self.previous_end()),
        })
    }
}

/// A step with a fixed key.
fn into_step(operator: Operator) -> Result<Step, Operator> {
    match operator.kind {
        OperatorKind::Dotted(kind) | OperatorKind::Bracketed(kind) => Ok(Step {
            kind,
            span: operator.span,
        }),
        _ => Err(operator),
    }
}

/// Adds steps to an expression, as part of the reference when it is one.
fn stepped(mut expr: Expr, steps: Vec<Step>) -> Expr {
    let span = steps.last().map_or(expr.span, |last| expr.span.to(last.span));
    let steps = steps.into_boxed_slice();
    expr.kind = match expr.kind {
        ExprKind::Reference(mut reference) => {
            reference.steps = steps;
            ExprKind::Reference(reference)
        }
        kind => {
            let source = Expr { kind, span: expr.span };
            ExprKind::Traversal(Box::new(source), steps)
        }
    };
    expr.span = span;
    expr
}

/// The steps that belong to each element and where they end: all that follows a full splat, and the
/// attributes that follow one of the other kind.
fn splat_steps(operators: &mut Operators, full: bool) -> (Box<[SplatStep]>, Option<Span>) {
    let mut steps = Vec::new();
    let mut end = None;
    while let Some(operator) = operators.next_if(|o| full || matches!(o.kind, OperatorKind::Dotted(_))) {
        end = Some(operator.span);
        let span = operator.span;
        steps.push(match operator.kind {
            OperatorKind::Dotted(kind) | OperatorKind::Bracketed(kind) => SplatStep::Literal(Step { kind, span }),
            OperatorKind::Index(key) => SplatStep::Index(key),
            OperatorKind::Splat(full) => {
                let (each, inner_end) = splat_steps(operators, full);
                end = inner_end.or(end);
                SplatStep::Splat {
                    full,
                    marker: span,
                    each,
                }
            }
        });
    }
    (steps.into_boxed_slice(), end)
}
