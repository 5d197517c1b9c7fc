//! Places within an unescaped string to places in the file that has it, in every node of an expression that was parsed from
//! such a string. Changes places only.

use super::super::ast::{Expr, ExprKind, Ident, ObjectKey, SplatStep, Step, TemplatePart};
use super::Text;
use crate::base::{Diag, Span};

/// A string in a file.
pub(super) struct Place<'a> {
    pub(super) text: &'a Text,
    /// Where it stands, with its quotes.
    pub(super) quotes: Span,
}

impl Place<'_> {
    fn moved(&self, span: Span) -> Span {
        let at = |offset: u32| {
            let raw = self.text.raw(offset);
            // The closing quote bounds whatever lies behind the text.
            let end = self.quotes.end.saturating_sub(1);
            self.quotes.start.saturating_add(1).saturating_add(raw).min(end)
        };
        Span {
            file: self.quotes.file,
            start: at(span.start),
            end: at(span.end),
        }
    }

    /// A problem found in the string as one of the file.
    pub(super) fn diag(&self, mut diag: Diag) -> Diag {
        diag.span = diag.span.map(|s| self.moved(s));
        for (span, _) in &mut diag.related {
            *span = self.moved(*span);
        }
        diag
    }

    pub(super) fn expr(&self, expr: &mut Expr) {
        expr.span = self.moved(expr.span);
        match &mut expr.kind {
            ExprKind::Literal(_) => {}
            ExprKind::Template(parts) => self.parts(parts),
            ExprKind::TemplateWrap(e) | ExprKind::Parens(e) | ExprKind::Unary(_, e) => self.expr(e),
            ExprKind::Reference(r) => {
                self.ident(&mut r.root);
                self.steps(&mut r.steps);
            }
            ExprKind::Traversal(e, steps) => {
                self.expr(e);
                self.steps(steps);
            }
            ExprKind::Index(a, b) => {
                self.expr(a);
                self.expr(b);
            }
            ExprKind::Splat(s) => {
                self.expr(&mut s.source);
                s.marker = self.moved(s.marker);
                self.splat(&mut s.each);
            }
            ExprKind::Call(c) => {
                self.ident(&mut c.name);
                c.args.iter_mut().for_each(|e| self.expr(e));
            }
            ExprKind::Conditional(es) => es.iter_mut().for_each(|e| self.expr(e)),
            ExprKind::Binary(_, es) => es.iter_mut().for_each(|e| self.expr(e)),
            ExprKind::Chain(first, rest) => {
                self.expr(first);
                rest.iter_mut().for_each(|(_, e)| self.expr(e));
            }
            ExprKind::Tuple(es) => es.iter_mut().for_each(|e| self.expr(e)),
            ExprKind::Object(items) => {
                for (key, value) in items {
                    match key {
                        ObjectKey::Name(name) => self.ident(name),
                        ObjectKey::Expr(e) => self.expr(e),
                    }
                    self.expr(value);
                }
            }
            ExprKind::For(f) => {
                f.key_var.iter_mut().for_each(|i| self.ident(i));
                self.ident(&mut f.value_var);
                let parts = [&mut f.collection, &mut f.value].into_iter();
                parts
                    .chain(&mut f.key)
                    .chain(&mut f.condition)
                    .for_each(|e| self.expr(e));
            }
        }
    }

    fn ident(&self, ident: &mut Ident) {
        ident.span = self.moved(ident.span);
    }

    fn steps(&self, steps: &mut [Step]) {
        for step in steps {
            step.span = self.moved(step.span);
        }
    }

    fn splat(&self, steps: &mut [SplatStep]) {
        for step in steps {
            match step {
                SplatStep::Literal(step) => step.span = self.moved(step.span),
                SplatStep::Index(e) => self.expr(e),
                SplatStep::Splat { marker, each, .. } => {
                    *marker = self.moved(*marker);
                    self.splat(each);
                }
            }
        }
    }

    fn parts(&self, parts: &mut [TemplatePart]) {
        for part in parts {
            match part {
                TemplatePart::Literal(_, span) => *span = self.moved(*span),
                TemplatePart::Interpolation(e) => self.expr(e),
                TemplatePart::If {
                    condition,
                    yes,
                    no,
                    span,
                } => {
                    self.expr(condition);
                    self.parts(yes);
                    self.parts(no);
                    *span = self.moved(*span);
                }
                TemplatePart::For {
                    key_var,
                    value_var,
                    collection,
                    body,
                    span,
                } => {
                    key_var.iter_mut().for_each(|i| self.ident(i));
                    self.ident(value_var);
                    self.expr(collection);
                    self.parts(body);
                    *span = self.moved(*span);
                }
            }
        }
    }
}
