//! Spellings that formatting changes: `"${x}"` for `x`, quoted type constraints, and labels of blocks.

use super::super::ast::{Block, Body, ExprKind};
use super::super::token::{Token, TokenKind as T};
use super::Piece;
use crate::base::Span;
use std::borrow::Cow;

/// New pieces for a range of tokens.
struct Edit<'a> {
    start: usize,
    end: usize,
    pieces: Vec<Piece<'a>>,
}

struct Rewriter<'a, 't> {
    source: &'a str,
    tokens: &'t [Token],
    edits: Vec<Edit<'a>>,
}

/// The tokens of a file as pieces, with the spellings changed.
pub(super) fn pieces<'a>(source: &'a str, tokens: &[Token], body: &Body) -> Vec<Piece<'a>> {
    let mut rewriter = Rewriter {
        source,
        tokens,
        edits: Vec::new(),
    };
    rewriter.body(body, &[]);
    let mut edits = rewriter.edits;
    edits.sort_by_key(|e| e.start);
    let mut edits = edits.into_iter().peekable();
    let mut out = Vec::with_capacity(tokens.len());
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        if let Some(edit) = edits.next_if(|e| e.start == index && e.end > index) {
            out.extend(edit.pieces);
            index = edit.end;
            continue;
        }
        if token.kind != T::End {
            out.push(piece(*token, source));
        }
        index += 1;
    }
    out
}

fn piece(token: Token, source: &str) -> Piece<'_> {
    Piece {
        kind: token.kind,
        text: Cow::Borrowed(token.text(source)),
        spaces: 0,
    }
}

fn made<'a>(kind: T, text: &'a str) -> Piece<'a> {
    Piece {
        kind,
        text: Cow::Borrowed(text),
        spaces: 0,
    }
}

impl<'a> Rewriter<'a, '_> {
    fn range(&self, span: Span) -> (usize, usize) {
        (
            self.tokens.partition_point(|t| t.start < span.start),
            self.tokens.partition_point(|t| t.start < span.end),
        )
    }

    fn body(&mut self, body: &Body, outer: &[&str]) {
        for (name, attribute) in &body.attributes {
            let range = self.range(attribute.value.span);
            let edit = if outer == ["variable"] && &**name == "type" {
                self.type_constraint(range)
            } else if matches!(attribute.value.kind, ExprKind::TemplateWrap(_)) {
                self.unwrapped(range)
            } else {
                None
            };
            self.edits.extend(edit);
        }
        for block in &body.blocks {
            self.labels(block);
            let mut path = outer.to_vec();
            path.push(&block.kind.text);
            self.body(&block.body, &path);
        }
    }

    fn labels(&mut self, block: &Block) {
        let start = self.tokens.partition_point(|t| t.start <= block.kind.span.start);
        // What stands between the last label and the brace stays.
        let Some(last) = block.labels.last() else {
            return;
        };
        let end = self.tokens.partition_point(|t| t.start < last.span.end);
        let mut pieces = Vec::new();
        for label in &block.labels {
            pieces.push(made(T::OpenQuote, "\""));
            if !label.text.is_empty() {
                pieces.push(Piece {
                    kind: T::QuotedText,
                    text: Cow::Owned(escaped(&label.text)),
                    spaces: 0,
                });
            }
            pieces.push(made(T::CloseQuote, "\""));
        }
        if start < end {
            self.edits.push(Edit { start, end, pieces });
        }
    }

    fn type_constraint(&self, (start, end): (usize, usize)) -> Option<Edit<'a>> {
        let tokens = self.tokens.get(start..end)?;
        let call = |name: &'static str, of: &'static str| {
            vec![
                made(T::Ident, name),
                made(T::OpenParen, "("),
                made(T::Ident, of),
                made(T::CloseParen, ")"),
            ]
        };
        let pieces = match tokens {
            [name] if name.kind == T::Ident => match name.text(self.source) {
                "list" => call("list", "any"),
                "map" => call("map", "any"),
                "set" => call("set", "any"),
                _ => return None,
            },
            [open, text, close] if open.kind == T::OpenQuote && close.kind == T::CloseQuote => {
                match text.text(self.source) {
                    "string" => vec![made(T::Ident, "string")],
                    "list" => call("list", "string"),
                    "map" => call("map", "string"),
                    _ => return None,
                }
            }
            _ => return None,
        };
        Some(Edit { start, end, pieces })
    }

    /// What stands between `"${` and `}"`, in parentheses when it needs several lines.
    fn unwrapped(&self, (start, end): (usize, usize)) -> Option<Edit<'a>> {
        let inside = match self.tokens.get(start..end)? {
            [quote, open, inside @ .., close, unquote]
                if quote.kind == T::OpenQuote
                    && open.kind == T::Interpolation
                    && close.kind == T::SequenceEnd
                    && unquote.kind == T::CloseQuote
                    && !inside.is_empty() =>
            {
                inside
            }
            _ => return None,
        };
        let mut quotes = 0usize;
        for token in inside {
            match token.kind {
                T::OpenQuote => quotes += 1,
                T::CloseQuote => quotes = quotes.saturating_sub(1),
                T::Interpolation | T::SequenceEnd | T::QuotedText if quotes == 0 => return None,
                _ => {}
            }
        }
        let first = inside.iter().position(|t| t.kind != T::Newline)?;
        let last = inside.iter().rposition(|t| t.kind != T::Newline)?;
        let inside = inside.get(first..=last)?;
        let mut pieces: Vec<Piece<'a>> = inside.iter().map(|t| piece(*t, self.source)).collect();
        let lines = inside.iter().any(|t| t.kind == T::Newline);
        let in_parens = matches!(inside, [a, .., b] if a.kind == T::OpenParen && b.kind == T::CloseParen);
        if lines && !in_parens {
            pieces.insert(0, made(T::OpenParen, "("));
            pieces.push(made(T::CloseParen, ")"));
        }
        Some(Edit { start, end, pieces })
    }
}

/// Text as it is written in quotes.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '$' | '%' => {
                out.push(c);
                if chars.peek() == Some(&'{') {
                    out.push(c);
                }
            }
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}
