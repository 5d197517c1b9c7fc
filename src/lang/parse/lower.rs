//! The tree of `hcl-edit` to ours. Literal text is taken from the source, so that numbers keep every
//! digit and templates follow the rules of the language to the letter.

use super::super::ast::{
    BinaryOp, Call, Expr, ExprKind, ForExpr, Ident, ObjectKey, Reference, SplatExpr, SplatStep, Step, StepKind, UnaryOp,
};
use super::body::normalized;
use super::{AMBIGUOUS_KEY, BROKEN_EXPRESSION};
use crate::base::{Diag, Diags, FileId, Number, Span, Type, Value};
use hcl::edit::expr as h;
use hcl::edit::{Decorated, Span as _};
use std::collections::HashMap;
use std::ops::Range;

/// Lowers one expression of a file.
pub(super) struct Lowering<'a> {
    /// Text of the whole file.
    pub(super) text: &'a str,
    file: FileId,
    /// Where the parsed text begins in the file.
    base: usize,
    /// Keys that were hidden from the parser, by where they begin in the file.
    pub(super) hidden_keys: HashMap<usize, ObjectKey>,
    /// How many `${` are open around the present expression.
    pub(super) interpolations: usize,
    pub(super) diags: Diags,
}

/// A bare `a.b` as an object key is neither a name nor clearly a reference.
pub(super) fn ambiguous_key(key: &Expr) -> Option<Diag> {
    let ExprKind::Reference(reference) = &key.kind else {
        return None;
    };
    (!reference.steps.is_empty()).then(|| {
        Diag::error(AMBIGUOUS_KEY, "Ambiguous object key")
            .detail("A key with a dot is neither a name nor clearly a reference.")
            .help("put it in parentheses for the value of the reference, or in quotes for the text")
            .at(key.span)
    })
}

impl<'a> Lowering<'a> {
    pub(super) fn new(text: &'a str, file: FileId, base: usize) -> Self {
        Self {
            text,
            file,
            base,
            hidden_keys: HashMap::new(),
            interpolations: 0,
            diags: Diags::new(),
        }
    }

    pub(super) fn span(&self, range: Option<Range<usize>>) -> Span {
        let range = range.unwrap_or(0..0);
        let offset = |at: usize| u32::try_from(self.base + at).unwrap_or(u32::MAX);
        Span {
            file: self.file,
            start: offset(range.start),
            end: offset(range.end),
        }
    }

    pub(super) fn source(&self, span: Span) -> &'a str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    pub(super) fn ident(&self, ident: &Decorated<hcl::edit::Ident>) -> Ident {
        Ident {
            text: normalized(ident.as_str()),
            span: self.span(ident.span()),
        }
    }

    /// Depth is bounded by the limits of the parser: 64 levels, 128 operators.
    pub(super) fn expr(&mut self, expr: &h::Expression) -> Expr {
        let span = self.span(expr.span());
        let kind = match expr {
            h::Expression::Null(_) => ExprKind::Literal(Value::null(Type::Dynamic)),
            h::Expression::Bool(b) => ExprKind::Literal(Value::bool(*b.value())),
            h::Expression::Number(_) => self.number(span),
            h::Expression::String(s) => ExprKind::Literal(Value::string(normalized(s.value()))),
            h::Expression::Array(items) => ExprKind::Tuple(items.iter().map(|e| self.expr(e)).collect()),
            h::Expression::Object(object) => ExprKind::Object(
                object
                    .iter()
                    .map(|(key, value)| (self.key(key), self.expr(value.expr())))
                    .collect(),
            ),
            h::Expression::StringTemplate(template) => self.quoted(template),
            h::Expression::HeredocTemplate(heredoc) => self.heredoc(heredoc, span),
            h::Expression::Parenthesis(inner) => ExprKind::Parens(Box::new(self.expr(inner.inner()))),
            h::Expression::Variable(name) => ExprKind::Reference(Box::new(Reference {
                root: self.ident(name),
                steps: Box::new([]),
                in_template: self.interpolations > 0,
            })),
            h::Expression::Conditional(c) => ExprKind::Conditional(Box::new([
                self.expr(&c.cond_expr),
                self.expr(&c.true_expr),
                self.expr(&c.false_expr),
            ])),
            h::Expression::FuncCall(call) => ExprKind::Call(Box::new(self.call(call))),
            h::Expression::Traversal(traversal) => return self.traversal(traversal),
            h::Expression::UnaryOp(op) => {
                let operator = match op.operator.value() {
                    h::UnaryOperator::Neg => UnaryOp::Negate,
                    h::UnaryOperator::Not => UnaryOp::Not,
                };
                ExprKind::Unary(operator, Box::new(self.expr(&op.expr)))
            }
            h::Expression::BinaryOp(op) => ExprKind::Binary(
                binary(*op.operator.value()),
                Box::new([self.expr(&op.lhs_expr), self.expr(&op.rhs_expr)]),
            ),
            h::Expression::ForExpr(f) => ExprKind::For(Box::new(self.for_expr(f))),
        };
        Expr { kind, span }
    }

    fn number(&mut self, span: Span) -> ExprKind {
        let text: String = self.source(span).chars().filter(|c| !c.is_whitespace()).collect();
        let number = text.parse::<Number>().unwrap_or_else(|reason| {
            self.diags.push(
                Diag::error(BROKEN_EXPRESSION, "Invalid number")
                    .detail(format!("{reason}."))
                    .at(span),
            );
            Number::from(0)
        });
        ExprKind::Literal(Value::number(number))
    }

    fn key(&mut self, key: &h::ObjectKey) -> ObjectKey {
        let span = self.span(key.span());
        if let Some(hidden) = self.hidden_keys.remove(&(span.start as usize)) {
            return hidden;
        }
        match key {
            h::ObjectKey::Ident(name) => ObjectKey::Name(Ident {
                text: normalized(name.as_str()),
                span,
            }),
            h::ObjectKey::Expression(expr) => {
                let expr = self.expr(expr);
                self.diags.extend(ambiguous_key(&expr).into_iter().collect());
                ObjectKey::Expr(expr)
            }
        }
    }

    fn call(&mut self, call: &h::FuncCall) -> Call {
        let mut name = self.ident(&call.name.name);
        if call.name.is_namespaced() {
            let mut full = String::new();
            for part in &call.name.namespace {
                full.push_str(part.as_str());
                full.push_str("::");
                name.span = name.span.to(self.span(part.span()));
            }
            full.push_str(&name.text);
            name.text = normalized(&full);
        }
        Call {
            name,
            args: call.args.iter().map(|e| self.expr(e)).collect(),
            expand_final: call.args.expand_final(),
        }
    }

    fn for_expr(&mut self, f: &h::ForExpr) -> ForExpr {
        ForExpr {
            key_var: f.intro.key_var.as_ref().map(|v| self.ident(v)),
            value_var: self.ident(&f.intro.value_var),
            collection: self.expr(&f.intro.collection_expr),
            key: f.key_expr.as_ref().map(|e| self.expr(e)),
            value: self.expr(&f.value_expr),
            grouping: f.grouping,
            condition: f.cond.as_ref().map(|c| self.expr(&c.expr)),
        }
    }

    fn traversal(&mut self, traversal: &h::Traversal) -> Expr {
        let mut expr = self.expr(&traversal.expr);
        let operators = &traversal.operators;
        let mut index = 0;
        while let Some(operator) = operators.get(index) {
            match operator.value() {
                h::TraversalOperator::FullSplat(_) => {
                    let each = self.splat_steps(operators.get(index + 1..).unwrap_or(&[]));
                    let end = operators.last().unwrap_or(operator);
                    expr = self.splat(expr, true, operator, each, end);
                    index = operators.len();
                }
                h::TraversalOperator::AttrSplat(_) => {
                    let rest = operators.get(index + 1..).unwrap_or(&[]);
                    let count = attribute_steps(rest);
                    let rest = rest.get(..count).unwrap_or(&[]);
                    let each = self.splat_steps(rest);
                    expr = self.splat(expr, false, operator, each, rest.last().unwrap_or(operator));
                    index += 1 + count;
                    self.refuse_nested_splat(operators.get(index));
                }
                _ => {
                    expr = self.step_onto(expr, operator);
                    index += 1;
                }
            }
        }
        expr
    }

    /// `a.*.b.*` has no clear meaning: does the second one go into each element?
    fn refuse_nested_splat(&mut self, operator: Option<&Decorated<h::TraversalOperator>>) {
        if let Some(operator) = operator
            && matches!(operator.value(), h::TraversalOperator::AttrSplat(_))
        {
            self.diags.push(
                Diag::error(BROKEN_EXPRESSION, "Splat within a splat")
                    .detail("A second .* can't follow a .* directly.")
                    .help("write [*], or a for expression")
                    .at(self.span(operator.span())),
            );
        }
    }

    /// Adds a step or an index to an expression, extending what is there already where it can.
    fn step_onto(&mut self, mut expr: Expr, operator: &Decorated<h::TraversalOperator>) -> Expr {
        let place = self.span(operator.span());
        let span = expr.span.to(place);
        let step = match self.step(operator) {
            SplatStep::Literal(step) => step,
            SplatStep::Index(key) => {
                return Expr {
                    kind: ExprKind::Index(Box::new(expr), Box::new(key)),
                    span,
                };
            }
            SplatStep::Splat { .. } => return expr,
        };
        expr.kind = match expr.kind {
            ExprKind::Reference(mut reference) => {
                reference.steps = pushed(reference.steps, step);
                ExprKind::Reference(reference)
            }
            ExprKind::Traversal(source, steps) => ExprKind::Traversal(source, pushed(steps, step)),
            kind => {
                let source = Expr { kind, span: expr.span };
                ExprKind::Traversal(Box::new(source), Box::new([step]))
            }
        };
        expr.span = span;
        expr
    }

    fn splat(
        &mut self,
        source: Expr,
        full: bool,
        marker: &Decorated<h::TraversalOperator>,
        each: Box<[SplatStep]>,
        end: &Decorated<h::TraversalOperator>,
    ) -> Expr {
        let marker = self.span(marker.span());
        let span = source.span.to(marker).to(self.span(end.span()));
        Expr {
            kind: ExprKind::Splat(Box::new(SplatExpr {
                source,
                full,
                marker,
                each,
            })),
            span,
        }
    }

    /// Steps within a splat. A full splat in it takes all that follows; an attribute splat takes
    /// attributes only, and what is left then applies to each element of the outer one.
    fn splat_steps(&mut self, operators: &[Decorated<h::TraversalOperator>]) -> Box<[SplatStep]> {
        let mut steps = Vec::new();
        let mut index = 0;
        while let Some(operator) = operators.get(index) {
            let rest = operators.get(index + 1..).unwrap_or(&[]);
            let count = match operator.value() {
                h::TraversalOperator::FullSplat(_) => rest.len(),
                h::TraversalOperator::AttrSplat(_) => attribute_steps(rest),
                _ => {
                    steps.push(self.step(operator));
                    index += 1;
                    continue;
                }
            };
            steps.push(SplatStep::Splat {
                full: matches!(operator.value(), h::TraversalOperator::FullSplat(_)),
                marker: self.span(operator.span()),
                each: self.splat_steps(rest.get(..count).unwrap_or(&[])),
            });
            index += 1 + count;
        }
        steps.into_boxed_slice()
    }

    /// A step that is no splat.
    fn step(&mut self, operator: &Decorated<h::TraversalOperator>) -> SplatStep {
        let span = self.span(operator.span());
        let kind = match operator.value() {
            h::TraversalOperator::GetAttr(name) => StepKind::Attr(normalized(name.as_str())),
            h::TraversalOperator::LegacyIndex(index) => {
                let text = index.value().to_string();
                StepKind::Index(Value::number(text.parse().unwrap_or(Number::from(i64::MAX))))
            }
            h::TraversalOperator::Index(key) => {
                let key = self.expr(key);
                match key.kind {
                    ExprKind::Literal(value) if value.as_number().is_some() || value.as_str().is_some() => {
                        StepKind::Index(value)
                    }
                    _ => return SplatStep::Index(key),
                }
            }
            h::TraversalOperator::AttrSplat(_) | h::TraversalOperator::FullSplat(_) => {
                return SplatStep::Splat {
                    full: false,
                    marker: span,
                    each: Box::new([]),
                };
            }
        };
        SplatStep::Literal(Step { kind, span })
    }
}

/// How many attribute steps, legacy indexes among them, the operators begin with.
fn attribute_steps(operators: &[Decorated<h::TraversalOperator>]) -> usize {
    operators
        .iter()
        .take_while(|o| {
            matches!(
                o.value(),
                h::TraversalOperator::GetAttr(_) | h::TraversalOperator::LegacyIndex(_)
            )
        })
        .count()
}

fn pushed(steps: Box<[Step]>, step: Step) -> Box<[Step]> {
    let mut steps = steps.into_vec();
    steps.push(step);
    steps.into_boxed_slice()
}

fn binary(operator: h::BinaryOperator) -> BinaryOp {
    match operator {
        h::BinaryOperator::Or => BinaryOp::Or,
        h::BinaryOperator::And => BinaryOp::And,
        h::BinaryOperator::Eq => BinaryOp::Equal,
        h::BinaryOperator::NotEq => BinaryOp::NotEqual,
        h::BinaryOperator::Greater => BinaryOp::Greater,
        h::BinaryOperator::GreaterEq => BinaryOp::GreaterEqual,
        h::BinaryOperator::Less => BinaryOp::Less,
        h::BinaryOperator::LessEq => BinaryOp::LessEqual,
        h::BinaryOperator::Plus => BinaryOp::Add,
        h::BinaryOperator::Minus => BinaryOp::Subtract,
        h::BinaryOperator::Mul => BinaryOp::Multiply,
        h::BinaryOperator::Div => BinaryOp::Divide,
        h::BinaryOperator::Mod => BinaryOp::Modulo,
    }
}
