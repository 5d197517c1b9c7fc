//! Templates from tokens: text, interpolations and directives, in order and without nesting yet.

use super::super::ast::{Expr, ExprKind, Ident, TemplatePart};
use super::super::token::{Token, TokenKind as T};
use super::template_parts::{End, Part, flush_indentation, trim_end};
use super::text::Quoting;
use super::{BROKEN_TEXT, MAX_EXPRESSION_DEPTH, Parser};
use crate::base::{Diag, Span, Value, did_you_mean};

const KEYWORDS: [&str; 5] = ["if", "else", "endif", "for", "endfor"];

fn template_error(summary: impl Into<String>) -> Diag {
    Diag::error(BROKEN_TEXT, summary)
}

/// What surrounds the parts of a template.
#[derive(Clone, Copy)]
struct Frame {
    /// The opening quote or marker; none for a template file.
    open: Option<Token>,
    /// The kind of token that ends it.
    close: T,
    /// Where the first part begins.
    first: Span,
    quoting: Quoting,
}

impl Parser<'_> {
    /// A quoted template or a heredoc.
    pub(super) fn template(&mut self) -> Option<Expr> {
        let open = self.read();
        let (close, quoting) = match open.kind {
            T::OpenQuote => (T::CloseQuote, Quoting::Quoted),
            _ => (T::CloseHeredoc, Quoting::Plain),
        };
        let frame = Frame {
            open: Some(open),
            close,
            first: self.span_of(self.peek()),
            quoting,
        };
        let (mut parts, end) = self.parts(frame)?;
        if self.source(open).starts_with("<<-") {
            flush_indentation(&mut parts);
        }
        let kind = self.template_kind(parts, end)?;
        Some(Expr {
            kind,
            span: self.span(open.start, self.previous_end()),
        })
    }

    /// A whole text that is a template.
    pub(super) fn document(&mut self) -> Option<Expr> {
        let first = self.peek();
        let frame = Frame {
            open: None,
            close: T::End,
            first: self.span_of(first),
            quoting: Quoting::Plain,
        };
        let (parts, end) = self.parts(frame)?;
        let kind = self.template_kind(parts, end)?;
        Some(Expr {
            kind,
            span: self.span(first.start, end.end),
        })
    }

    fn template_kind(&mut self, parts: Vec<Part>, end: Span) -> Option<ExprKind> {
        let mut parts = self.nest(parts, end)?;
        Some(match parts.as_slice() {
            [] => ExprKind::Literal(Value::string("")),
            [TemplatePart::Literal(text, _)] => ExprKind::Literal(Value::string(text.clone())),
            [TemplatePart::Interpolation(_)] => match parts.pop() {
                Some(TemplatePart::Interpolation(e)) => ExprKind::TemplateWrap(Box::new(e)),
                _ => ExprKind::Literal(Value::string("")),
            },
            _ => ExprKind::Template(parts.into_boxed_slice()),
        })
    }

    /// The parts and the place of what ends them.
    fn parts(&mut self, frame: Frame) -> Option<(Vec<Part>, Span)> {
        let depth = self.depth;
        let mut parts = Vec::new();
        let mut trim_next = false;
        let end = loop {
            let token = self.read();
            if token.kind == frame.close {
                break Some(self.span_of(token));
            }
            let trims_before = self.source(token).ends_with('~');
            match token.kind {
                T::QuotedText | T::HeredocText => {
                    let text = self.literal(token, frame.quoting);
                    let text = if trim_next { text.trim_start().to_string() } else { text };
                    let span = self.span_of(token);
                    parts.push(Part::Text { text, span });
                    trim_next = false;
                    continue;
                }
                T::Interpolation | T::Directive if trims_before => trim_end(&mut parts),
                T::Interpolation | T::Directive => {}
                _ => break self.unterminated_template(frame, token),
            }
            let part = self.with_newlines(false, |p| match token.kind {
                T::Interpolation => p.interpolation(frame),
                _ => p.directive(token, frame),
            });
            let Some(part) = part else {
                break None;
            };
            match part {
                Part::If { .. } | Part::For { .. } => self.depth += 1,
                Part::End(End::If | End::For, _) => self.depth = self.depth.saturating_sub(1).max(depth),
                _ => {}
            }
            parts.push(part);
            trim_next = self
                .tokens
                .get(self.at.wrapping_sub(1))
                .is_some_and(|t| self.source(*t) == "~}");
        };
        self.depth = depth;
        Some((parts, end?))
    }

    fn unterminated_template<V>(&mut self, frame: Frame, found: Token) -> Option<V> {
        let diag = match (frame.open, found.kind) {
            (Some(open), T::BrokenQuote) => self.unclosed_quote(open),
            (Some(open), _) if open.kind == T::OpenHeredoc => template_error("Unterminated template string")
                .detail("There is no line that holds nothing but the word given after <<, and ends with a line break.")
                .label("opens here")
                .help("end the text with that word on a line of its own")
                .at(self.heredoc_marker(open)),
            (Some(open), _) => template_error("Unterminated template string")
                .detail("The text that begins here has no closing quote.")
                .label("opens here")
                .help("close it with \"")
                .at(self.span_of(open)),
            (None, _) => template_error("Unterminated template string").at(self.span_of(found)),
        };
        self.fail(diag)
    }

    /// `<<EOT` without its line break.
    fn heredoc_marker(&self, open: Token) -> Span {
        let length = self.source(open).trim_end().len();
        self.span(open.start, open.start + u32::try_from(length).unwrap_or(0))
    }

    /// What stands between `${` and `}`.
    fn interpolation(&mut self, frame: Frame) -> Option<Part> {
        self.interpolations += 1;
        let expr = self.expression();
        self.interpolations -= 1;
        let expr = expr?;
        let close = self.peek();
        if close.kind == T::SequenceEnd {
            self.read();
            return Some(Part::Value(expr));
        }
        let in_quotes = frame.close == T::CloseQuote;
        let diag = match close.kind {
            T::OpenQuote | T::CloseQuote if in_quotes => template_error("Unclosed template interpolation sequence")
                .detail("There is no closing brace for the ${ in this text before its closing quote.")
                .help("close it with }, or write $${ for the characters themselves")
                .at(frame.first),
            T::End => template_error("Unclosed template interpolation sequence")
                .detail("There is no closing brace for the ${ in this text before the end of the file.")
                .help("close it with }, or write $${ for the characters themselves")
                .at(frame.first),
            _ => template_error("Extra characters after interpolation expression")
                .detail("The closing brace is expected here.")
                .help("if this is text for another language, write $${ instead of ${")
                .at(self.span_of(close)),
        };
        self.fail(diag)
    }

    /// What stands between `%{` and `}`.
    fn directive(&mut self, open: Token, frame: Frame) -> Option<Part> {
        let keyword = self.peek();
        if keyword.kind != T::Ident {
            let diag = template_error("Invalid template directive")
                .detail("A keyword such as if or for is expected after %{.")
                .help("for the characters themselves, write %%{");
            return self.fail(diag.at(self.span_of(keyword)));
        }
        self.read();
        let word = self.source(keyword);
        let mut part = match word {
            "if" => {
                self.limit_directives(open)?;
                Part::If {
                    condition: self.expression()?,
                    span: self.span_of(open),
                }
            }
            "for" => {
                self.limit_directives(open)?;
                self.for_directive(open)?
            }
            "else" => Part::End(End::Else, self.span_of(open)),
            "endif" => Part::End(End::If, self.span_of(open)),
            "endfor" => Part::End(End::For, self.span_of(open)),
            _ => {
                let hint = did_you_mean(word, KEYWORDS).map_or(String::new(), |k| format!(" Did you mean {k:?}?"));
                let diag = template_error("Invalid template control keyword")
                    .detail(format!("{word:?} is not a valid template control keyword.{hint}"))
                    .help("for the characters themselves, write %%{");
                return self.fail(diag.at(self.span_of(keyword)));
            }
        };
        let close = self.peek();
        if close.kind != T::SequenceEnd {
            let mut diag = template_error(format!("Extra characters in {word} marker"))
                .detail("The closing brace is expected here.")
                .at(self.span_of(close));
            if let Some(open) = frame.open {
                diag = diag.related(self.span_of(open), "the text begins here");
            }
            return self.fail(diag);
        }
        self.read();
        let span = part.span_mut();
        span.end = close.end;
        Some(part)
    }

    fn limit_directives(&mut self, open: Token) -> Option<()> {
        if self.depth >= MAX_EXPRESSION_DEPTH {
            return self.too_deep(self.span_of(open));
        }
        Some(())
    }

    fn for_directive(&mut self, open: Token) -> Option<Part> {
        const SUMMARY: &str = "Invalid 'for' directive";
        let mut key_var: Option<Ident> = None;
        let mut value_var = self.variable(SUMMARY, "The name of a variable")?;
        if self.eat(T::Comma).is_some() {
            key_var = Some(value_var);
            value_var = self.variable(SUMMARY, "The name of a second variable")?;
        }
        if !self.at_word("in") {
            let diag = template_error(SUMMARY).detail("The keyword \"in\" is expected after the names.");
            return self.fail(diag.at(self.span_of(self.peek())));
        }
        self.read();
        Some(Part::For {
            key_var,
            value_var,
            collection: self.expression()?,
            span: self.span_of(open),
        })
    }
}
