//! Finds where an expression ends, hands its text to `hcl-edit`, and says what is wrong with it.

use super::super::ast::{Expr, ExprKind, Ident, ObjectKey};
use super::super::token::{Token, TokenKind as T};
use super::body::normalized;
use super::lower::Lowering;
use super::template::{Quoting, unescape};
use super::{BROKEN_EXPRESSION, MAX_EXPRESSION_DEPTH, MAX_OPERATOR_CHAIN, Parser, TOO_COMPLEX};
use crate::base::Diag;
use std::collections::HashMap;

/// Object literals with more text than this are split into items here: `hcl-edit` compares every key
/// with every other.
const LARGE_OBJECT_BYTES: usize = 64 * 1024;

/// Repeated keys that are hidden from `hcl-edit` in one expression, each at the cost of parsing it again.
const MAX_REPEATED_KEYS: usize = 256;

impl Parser<'_> {
    /// The expression at the current token, which must end with its line outside of brackets, and
    /// whether the end is certain. `None` when it is malformed, which was reported.
    pub(super) fn expression(&mut self) -> (Option<Expr>, bool) {
        while self.peek().kind == T::Comment && !self.peek().ends_line(self.text) {
            self.at += 1;
        }
        let start = self.at;
        let Some(end) = self.expression_end() else {
            return (None, false);
        };
        // Trailing comments are no part of it.
        let mut last = end;
        while last > start && self.token(last - 1).kind == T::Comment {
            last -= 1;
        }
        let (a, b) = (self.token(start), self.token(last.saturating_sub(1)));
        if last <= start {
            if !self.has_issue(a.start, a.end) {
                self.missing_expression(start);
            }
            return (None, true);
        }
        if self.has_issue(a.start, b.end) {
            return (None, true);
        }
        (self.expression_between(start, last, 0), true)
    }

    fn missing_expression(&mut self, index: usize) {
        let found = self.token(index);
        let before = self.token(index.saturating_sub(1));
        let span = if matches!(found.kind, T::Newline | T::Comment | T::End) {
            self.span_of(before)
        } else {
            self.span_of(found)
        };
        self.diags.push(
            Diag::error(BROKEN_EXPRESSION, "Missing value")
                .detail("The beginning of an expression is expected here.")
                .at(span),
        );
    }

    /// Moves behind the expression. Reports a bracket that is not closed; `None` then, when nothing
    /// after it is certain.
    fn expression_end(&mut self) -> Option<usize> {
        let start = self.at;
        let mut open: Vec<Token> = Vec::new();
        loop {
            let token = self.peek();
            match token.kind {
                T::OpenBrace | T::OpenBracket | T::OpenParen | T::Interpolation | T::Directive => open.push(token),
                T::CloseBrace | T::CloseBracket | T::CloseParen | T::SequenceEnd => match open.last() {
                    None => return Some(self.at),
                    Some(o) if closes(o.kind, token.kind) => {
                        open.pop();
                    }
                    Some(o) => {
                        let culprit = *o;
                        self.unclosed_bracket(culprit, token, start);
                        return None;
                    }
                },
                T::End => match open.last() {
                    None => return Some(self.at),
                    Some(o) => {
                        let culprit = *o;
                        self.unclosed_bracket(culprit, token, start);
                        return None;
                    }
                },
                _ if token.ends_line(self.text) => {
                    let issue = self.first_issue(self.token(start).start);
                    let noticed = issue.is_some_and(|i| i.noticed <= token.start);
                    if open.is_empty() || noticed {
                        return Some(self.at);
                    }
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    fn unclosed_bracket(&mut self, culprit: Token, found: Token, start: usize) {
        let first = self.token(start);
        let known = self.has_issue(first.start, found.end);
        if !known {
            let bracket = culprit.text(self.text);
            let what = match found.kind {
                T::End => "the end of the file".to_string(),
                _ => format!("this {}", found.text(self.text)),
            };
            let mut diag = Diag::error(BROKEN_EXPRESSION, format!("Unclosed {bracket}"))
                .detail(format!("There is no matching bracket before {what}."))
                .label("opens here")
                .at(self.span_of(culprit));
            if found.kind != T::End {
                diag = diag.related(self.span_of(found), "found this instead");
            }
            self.diags.push(diag);
        }
        // A closing brace at the start of a line most likely closes the block around.
        let line_start = self.at > 0 && self.token(self.at - 1).ends_line(self.text);
        if found.kind == T::CloseBrace && self.depth > 0 && line_start {
            return;
        }
        self.resynchronize(start);
    }

    /// Goes to the next name at the margin, which begins a top-level item in all but odd layouts.
    fn resynchronize(&mut self, start: usize) {
        self.unwinding = true;
        self.at = start;
        while self.peek().kind != T::End {
            let at_margin = self.at > 0 && self.token(self.at - 1).ends_line(self.text) && {
                let begin = self.peek().start as usize;
                begin == 0 || self.text.as_bytes().get(begin - 1) == Some(&b'\n')
            };
            if self.peek().kind == T::Ident && at_margin {
                return;
            }
            self.at += 1;
        }
    }

    /// Tokens `start..end` as an expression.
    fn expression_between(&mut self, start: usize, end: usize, depth: usize) -> Option<Expr> {
        let (a, b) = (self.token(start), self.token(end.saturating_sub(1)));
        let large = (b.end - a.start) as usize > LARGE_OBJECT_BYTES;
        if large && a.kind == T::OpenBrace && b.kind == T::CloseBrace && self.is_plain_object(start, end) {
            return self.large_object(start, end, depth);
        }
        self.parse_text(a.start as usize, b.end as usize)
    }

    /// Whether one pair of braces spans the tokens and no `for` follows.
    fn is_plain_object(&self, start: usize, end: usize) -> bool {
        let mut open = 0usize;
        for index in start..end {
            match self.token(index).kind {
                T::OpenBrace | T::OpenBracket | T::OpenParen | T::Interpolation | T::Directive => open += 1,
                T::CloseBrace | T::CloseBracket | T::CloseParen | T::SequenceEnd => open = open.saturating_sub(1),
                _ => {}
            }
            if open == 0 && index + 1 < end {
                return false;
            }
        }
        let mut first = start + 1;
        while matches!(self.token(first).kind, T::Newline | T::Comment) {
            first += 1;
        }
        let next = self.token(first + 1).kind;
        self.token(first).text(self.text) != "for" || matches!(next, T::Equal | T::Colon)
    }

    fn large_object(&mut self, start: usize, end: usize, depth: usize) -> Option<Expr> {
        let span = self.span(self.token(start).start, self.token(end - 1).end);
        if depth >= MAX_EXPRESSION_DEPTH {
            self.diags.push(too_deep().at(span));
            return None;
        }
        let close = end - 1;
        let mut items = Vec::new();
        let mut index = start + 1;
        let mut good = true;
        while index < close {
            if matches!(self.token(index).kind, T::Newline | T::Comment) {
                index += 1;
                continue;
            }
            let equals = self.item_part(index, close, |k| matches!(k, T::Equal | T::Colon));
            if !matches!(self.token(equals).kind, T::Equal | T::Colon) || equals >= close || equals == index {
                let span = self.span_of(self.token(index));
                self.diags.push(
                    Diag::error(BROKEN_EXPRESSION, "Invalid object item")
                        .detail("An item is written: key = value.")
                        .at(span),
                );
                good = false;
                index = self.item_part(index, close, |_| false) + 1;
                continue;
            }
            let mut item_end = self.item_part(equals + 1, close, |k| k == T::Comma);
            let next = item_end;
            while item_end > equals + 1 && self.token(item_end - 1).kind == T::Comment {
                item_end -= 1;
            }
            let key = self.large_object_key(index, equals);
            let mut value_start = equals + 1;
            while value_start < item_end && self.token(value_start).kind == T::Comment {
                value_start += 1;
            }
            let value = if item_end > value_start {
                self.expression_between(value_start, item_end, depth + 1)
            } else {
                self.missing_expression(item_end);
                None
            };
            match (key, value) {
                (Some(key), Some(value)) => items.push((key, value)),
                _ => good = false,
            }
            index = if next < close { next + 1 } else { next };
        }
        good.then(|| Expr {
            kind: ExprKind::Object(items.into_boxed_slice()),
            span,
        })
    }

    /// The index of the token at which a part of an item ends: its line, or what `stop` says.
    fn item_part(&self, from: usize, close: usize, stop: impl Fn(T) -> bool) -> usize {
        let mut open = 0usize;
        for index in from..close {
            let token = self.token(index);
            match token.kind {
                T::OpenBrace | T::OpenBracket | T::OpenParen | T::Interpolation | T::Directive => open += 1,
                T::CloseBrace | T::CloseBracket | T::CloseParen | T::SequenceEnd => open = open.saturating_sub(1),
                kind if open == 0 && (stop(kind) || token.ends_line(self.text)) => return index,
                _ => {}
            }
        }
        close
    }

    fn large_object_key(&mut self, start: usize, end: usize) -> Option<ObjectKey> {
        let token = self.token(start);
        let mut end = end;
        while end > start + 1 && self.token(end - 1).kind == T::Comment {
            end -= 1;
        }
        if end == start + 1 && token.kind == T::Ident {
            return Some(ObjectKey::Name(Ident {
                text: normalized(token.text(self.text)),
                span: self.span_of(token),
            }));
        }
        let last = self.token(end - 1);
        let key = self.parse_text(token.start as usize, last.end as usize)?;
        if let Some(diag) = super::lower::ambiguous_key(&key) {
            self.diags.push(diag);
        }
        Some(ObjectKey::Expr(key))
    }

    /// Parses bytes `start..end` of the file, hiding repeated object keys from `hcl-edit`, which refuses
    /// what Terraform accepts.
    fn parse_text(&mut self, start: usize, end: usize) -> Option<Expr> {
        let original = self.text.get(start..end)?;
        let mut patched = self.without_false_heredoc_ends(start, end);
        let mut hidden: HashMap<usize, ObjectKey> = HashMap::new();
        for attempt in 0..=MAX_REPEATED_KEYS {
            let text = patched.as_deref().unwrap_or(original);
            let error = match hcl::edit::parser::parse_expr(text) {
                Ok(expr) => {
                    let mut lowering = Lowering::new(self.text, self.file, start);
                    lowering.hidden_keys = hidden;
                    let expr = lowering.expr(&expr);
                    self.diags.extend(lowering.diags);
                    return Some(expr);
                }
                Err(error) => error,
            };
            let at = start + error.location().offset();
            let range = if error.message().contains("redefined object key") {
                self.key_range(at)
            } else {
                None
            };
            let Some((key_start, key_end)) = range.filter(|_| attempt < MAX_REPEATED_KEYS) else {
                self.expression_error(&error, start, end);
                return None;
            };
            let key = match hidden.remove(&key_start) {
                Some(key) => key,
                None => self.hidden_key(key_start, key_end)?,
            };
            hidden.insert(key_start, key);
            let mut text = text.to_string();
            let name = stand_in(attempt, key_end - key_start);
            if text.get(key_start - start..key_end - start).is_none() {
                self.expression_error(&error, start, end);
                return None;
            }
            text.replace_range(key_start - start..key_end - start, &name);
            patched = Some(text);
        }
        None
    }

    /// The text with other words where a line of a heredoc begins with its closing word but goes on:
    /// `hcl-edit` takes that for the end. What the text says is read from the file afterwards.
    fn without_false_heredoc_ends(&self, start: usize, end: usize) -> Option<String> {
        let first = self.tokens.partition_point(|t| (t.start as usize) < start);
        let mut open: Vec<&str> = Vec::new();
        let mut text: Option<String> = None;
        for index in first..self.tokens.len() {
            let token = self.token(index);
            if token.start as usize >= end {
                break;
            }
            let line = token.text(self.text);
            match token.kind {
                T::OpenHeredoc => open.push(line.trim_start_matches(['<', '-']).trim_end()),
                T::CloseHeredoc => {
                    open.pop();
                }
                T::HeredocText => {
                    let word = line.trim_start();
                    let Some(tag) = open.last().filter(|tag| word.starts_with(**tag)) else {
                        continue;
                    };
                    let from = token.start as usize + line.len() - word.len() - start;
                    let length = tag.chars().next().map_or(0, char::len_utf8);
                    let other = if tag.starts_with('x') { "y" } else { "x" };
                    let copy = text.get_or_insert_with(|| self.text.get(start..end).unwrap_or("").to_string());
                    if copy.get(from..from + length).is_some() {
                        copy.replace_range(from..from + length, &other.repeat(length));
                    }
                }
                _ => {}
            }
        }
        text
    }

    fn hidden_key(&mut self, start: usize, end: usize) -> Option<ObjectKey> {
        let expr = self.parse_text(start, end)?;
        Some(match expr.kind {
            ExprKind::Reference(r) if r.steps.is_empty() => ObjectKey::Name(r.root),
            kind => ObjectKey::Expr(Expr { kind, span: expr.span }),
        })
    }

    /// The bytes of the object key that begins at a place.
    fn key_range(&self, at: usize) -> Option<(usize, usize)> {
        let first = self.tokens.partition_point(|t| (t.start as usize) < at);
        let end = self.item_part(first, self.tokens.len(), |k| matches!(k, T::Equal | T::Colon));
        let (a, b) = (self.token(first), self.token(end.checked_sub(1)?));
        (end > first).then_some((a.start as usize, b.end as usize))
    }

    /// Reports escapes in quoted text that do not exist; whether there are any.
    fn bad_escapes(&mut self, start: usize, end: usize) -> bool {
        let first = self.tokens.partition_point(|t| (t.start as usize) < start);
        let before = self.diags.len();
        for index in first..self.tokens.len() {
            let token = self.token(index);
            if token.start as usize >= end {
                break;
            }
            if token.kind == T::QuotedText
                && let Err(bad) = unescape(token.text(self.text), Quoting::Quoted)
            {
                let diag = bad.diag(self.file, token.start);
                self.diags.push(diag);
            }
        }
        self.diags.len() > before
    }

    /// Reports what `hcl-edit` says about bytes `start..end` of the file.
    pub(super) fn expression_error(&mut self, error: &hcl::edit::parser::Error, start: usize, end: usize) {
        let at = (start + error.location().offset()).min(end);
        let index = self.tokens.partition_point(|t| (t.end as usize) <= at);
        let token = self.token(index);
        let offset = u32::try_from(at).unwrap_or(u32::MAX);
        let message = error.message();
        if message.contains("at most 64 nested levels") {
            self.diags.push(too_deep().at(self.span(offset, token.end.max(offset))));
            return;
        }
        if message.contains("chained binary operators") {
            self.diags.push(
                Diag::error(TOO_COMPLEX, "Too many operators in one expression")
                    .detail(format!(
                        "An expression can chain {MAX_OPERATOR_CHAIN} operators; give parts of it names as locals."
                    ))
                    .at(self.span(offset, token.end.max(offset))),
            );
            return;
        }
        let ends = at >= end || token.kind == T::End || token.ends_line(self.text);
        if self.bad_escapes(start, end) {
            return;
        }
        let expected = message
            .strip_prefix("expected ")
            .or_else(|| message.split_once("; expected ").map(|(_, e)| e));
        let detail = match expected {
            _ if message.starts_with("invalid expression;") => {
                "The beginning of an expression is expected here.".to_string()
            }
            Some(expected) => format!("Expected {}.", expected.replace('\n', "a line break")),
            None if ends => "The expression is not complete.".to_string(),
            None => "What stands before is not followed by this in an expression.".to_string(),
        };
        let (span, label) = if ends {
            let before = self.token(index.saturating_sub(1));
            (self.span_of(before), "more is expected after this".to_string())
        } else {
            let span = self.span(offset.max(token.start), token.end);
            let text = self.text.get(span.start as usize..span.end as usize).unwrap_or("");
            (span, format!("found {text:?}"))
        };
        self.diags.push(
            Diag::error(BROKEN_EXPRESSION, "Invalid expression")
                .detail(detail)
                .label(label)
                .at(span),
        );
    }
}

fn too_deep() -> Diag {
    Diag::error(TOO_COMPLEX, "Expression nested too deeply").detail(format!(
        "Expressions can be nested {MAX_EXPRESSION_DEPTH} levels deep; give parts of it names as locals."
    ))
}

fn closes(open: T, close: T) -> bool {
    matches!(
        (open, close),
        (T::OpenBrace, T::CloseBrace)
            | (T::OpenBracket, T::CloseBracket)
            | (T::OpenParen, T::CloseParen)
            | (T::Interpolation | T::Directive, T::SequenceEnd)
    )
}

/// A name of exactly so many bytes; others for other numbers as far as the length allows.
fn stand_in(number: usize, length: usize) -> String {
    const LETTERS: &[u8; 52] = b"zyxwvutsrqponmlkjihgfedcbaZYXWVUTSRQPONMLKJIHGFEDCBA";
    let mut rest = number;
    (0..length)
        .map(|_| {
            let letter = LETTERS.get(rest % 52).copied().unwrap_or(b'z');
            rest /= 52;
            char::from(letter)
        })
        .collect()
}
