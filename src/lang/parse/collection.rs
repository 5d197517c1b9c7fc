//! Tuples, objects and the arguments of calls.

use super::super::ast::{Call, Expr, ExprKind, Ident, ObjectKey};
use super::super::token::{Token, TokenKind as T};
use super::Parser;
use super::expr::expression_error;

impl Parser<'_> {
    pub(super) fn tuple(&mut self) -> Option<Expr> {
        let open = self.read();
        let kind = self.with_newlines(false, |p| {
            if p.at_word("for") {
                return p.for_expr(open);
            }
            let mut items = Vec::new();
            while p.eat(T::CloseBracket).is_none() {
                items.push(p.expression()?);
                let next = p.read();
                match next.kind {
                    T::Comma => {}
                    T::CloseBracket => break,
                    T::End => return p.unterminated("Unterminated tuple constructor expression", open, "bracket"),
                    _ => {
                        let diag = expression_error("Missing item separator")
                            .detail("A comma or the closing bracket is expected after an element.")
                            .related(p.span_of(open), "the bracket opens here");
                        return p.fail(diag.at(p.span_of(next)));
                    }
                }
            }
            Some(ExprKind::Tuple(items.into_boxed_slice()))
        })?;
        Some(Expr {
            kind,
            span: self.span(open.start, self.previous_end()),
        })
    }

    fn unterminated<V>(&mut self, summary: &str, open: Token, bracket: &str) -> Option<V> {
        let diag = expression_error(summary)
            .detail(format!("There is no closing {bracket} before the end of the file."))
            .label("opens here");
        self.fail(diag.at(self.span_of(open)))
    }

    pub(super) fn object(&mut self) -> Option<Expr> {
        let open = self.read();
        let is_for = self.with_newlines(false, |p| p.at_word("for"));
        let kind = if is_for {
            self.with_newlines(false, |p| p.for_expr(open))?
        } else {
            self.with_newlines(true, |p| p.object_items(open))?
        };
        Some(Expr {
            kind,
            span: self.span(open.start, self.previous_end()),
        })
    }

    /// The items up to the closing brace. A mistake in one does not hide those in the next.
    fn object_items(&mut self, open: Token) -> Option<ExprKind> {
        let mut items = Vec::new();
        let mut good = !self.recovering;
        loop {
            match self.kind() {
                T::Newline => {
                    self.read();
                    continue;
                }
                T::CloseBrace => {
                    self.read();
                    break;
                }
                T::End if !good => break,
                _ => {}
            }
            let start = self.next_index();
            match self.object_item(open) {
                Some(item) => items.push(item),
                None => {
                    self.skip_object_item(start);
                    self.recovering = false;
                    good = false;
                }
            }
        }
        if good {
            return Some(ExprKind::Object(items.into_boxed_slice()));
        }
        self.recovering = true;
        None
    }

    fn object_item(&mut self, open: Token) -> Option<(ObjectKey, Expr)> {
        let key = self.object_key(open)?;
        let value = self.expression()?;
        let next = self.peek();
        match next.kind {
            T::Comma | T::Newline => {
                self.read();
            }
            T::CloseBrace => {}
            T::End => return self.unterminated("Unterminated object constructor expression", open, "brace"),
            _ => {
                let diag = expression_error("Missing attribute separator")
                    .detail("A line break, a comma or the closing brace is expected after an item.")
                    .related(self.span_of(open), "the brace opens here");
                return self.fail(diag.at(self.span_of(next)));
            }
        }
        Some((key, value))
    }

    /// The key of an item and what separates it from the value.
    fn object_key(&mut self, open: Token) -> Option<ObjectKey> {
        let expr = self.expression()?;
        let next = self.peek();
        let diag = match next.kind {
            T::Equal | T::Colon => {
                self.read();
                return Some(self.as_key(expr));
            }
            T::End => return self.unterminated("Unterminated object constructor expression", open, "brace"),
            T::Newline | T::Comma => expression_error("Missing attribute value")
                .detail("The key is not followed by a value. An item is written: key = value."),
            T::Ident => expression_error("Missing key/value separator")
                .detail("An item is written: key = value. A key with spaces or dots is written in quotes."),
            _ => expression_error("Missing key/value separator").detail("An item is written: key = value."),
        };
        self.fail(diag.at(self.span_of(next)))
    }

    /// A bare word is a name, even `true` and `null`.
    fn as_key(&self, expr: Expr) -> ObjectKey {
        let word = self.text.get(expr.span.start as usize..expr.span.end as usize);
        match expr.kind {
            ExprKind::Reference(reference) if reference.steps.is_empty() => ObjectKey::Name(reference.root),
            ExprKind::Literal(_) if matches!(word, Some("true" | "false" | "null")) => ObjectKey::Name(Ident {
                text: word.unwrap_or("").into(),
                span: expr.span,
            }),
            kind => ObjectKey::Expr(Expr { kind, span: expr.span }),
        }
    }

    /// A call, after the first word of its name.
    pub(super) fn call(&mut self, first: Token) -> Option<Expr> {
        let mut name = self.ident(first);
        let mut open = self.read();
        while open.kind == T::DoubleColon {
            let next = self.read();
            if next.kind != T::Ident {
                let diag = expression_error("Missing function name")
                    .detail("The name of a function is expected after the namespace.");
                return self.fail(diag.at(self.span_of(next)));
            }
            let part = self.ident(next);
            name.text = format!("{}::{}", name.text, part.text).into();
            name.span = name.span.to(part.span);
            open = self.read();
        }
        if open.kind != T::OpenParen {
            let diag = expression_error("Missing open parenthesis")
                .detail("The name of a function must be followed by its arguments in parentheses.");
            return self.fail(diag.at(self.span_of(open)));
        }
        let guard = usize::from(matches!(&*name.text, "try" | "can"));
        self.guards += guard;
        let arguments = self.with_newlines(false, |p| p.arguments(&name, open));
        self.guards -= guard;
        let (args, expand_final) = arguments?;
        Some(Expr {
            span: self.span(first.start, self.previous_end()),
            kind: ExprKind::Call(Box::new(Call {
                name,
                args,
                expand_final,
            })),
        })
    }

    fn arguments(&mut self, name: &Ident, open: Token) -> Option<(Vec<Expr>, bool)> {
        let mut args = Vec::new();
        while self.eat(T::CloseParen).is_none() {
            args.push(self.expression()?);
            let next = self.read();
            let diag = match next.kind {
                T::Comma => continue,
                T::CloseParen => break,
                T::Ellipsis if self.eat(T::CloseParen).is_some() => return Some((args, true)),
                T::Ellipsis => expression_error("Missing closing parenthesis")
                    .detail("An argument with ... is the last one; the closing parenthesis is expected after it.")
                    .at(self.span_of(next)),
                T::End => expression_error("Unterminated function call")
                    .detail("There is no closing parenthesis for this call before the end of the file.")
                    .label("opens here")
                    .at(name.span.to(self.span_of(open))),
                _ => expression_error("Missing argument separator")
                    .detail("A comma or the closing parenthesis is expected after an argument.")
                    .related(self.span_of(open), "the parenthesis opens here")
                    .at(self.span_of(next)),
            };
            return self.fail(diag);
        }
        Some((args, false))
    }
}
