//! Bodies, blocks and attributes from tokens, going on after a mistake.

use super::super::ast::{Attribute, Block, Body, Ident};
use super::super::token::{Issue, Token, TokenKind as T};
use super::template::{Quoting, unescape};
use super::{BROKEN_STRUCTURE, DUPLICATE_ATTRIBUTE, MAX_BLOCK_DEPTH, Parser, TOO_COMPLEX};
use crate::base::{Diag, Str};
use unicode_normalization::UnicodeNormalization;

/// Normalisation form C, which all text of the language is in.
pub(super) fn normalized(text: &str) -> Str {
    if text.is_ascii() {
        text.into()
    } else {
        text.nfc().collect::<String>().into()
    }
}

impl Parser<'_> {
    /// The contents of the whole file.
    pub(super) fn file_body(&mut self) -> Body {
        let mut body = Body::default();
        loop {
            self.items(&mut body, None);
            self.unwinding = false;
            let token = self.peek();
            if token.kind == T::End {
                break;
            }
            // Only a closing brace that nothing opened stops the items of a file.
            if token.kind == T::CloseBrace {
                self.diags.push(
                    Diag::error(BROKEN_STRUCTURE, "Unexpected closing brace")
                        .detail("No block is open here.")
                        .at(self.span_of(token)),
                );
                self.at += 1;
            }
        }
        body.span = self.span(0, self.peek().end);
        body
    }

    /// Skips line breaks and comments.
    pub(super) fn skip_lines(&mut self) {
        while matches!(self.peek().kind, T::Newline | T::Comment) {
            self.at += 1;
        }
    }

    fn skip_inline_comments(&mut self) {
        while self.peek().kind == T::Comment && !self.peek().ends_line(self.text) {
            self.at += 1;
        }
    }

    /// Items up to the closing brace of the block, which is left, or the end of the file.
    fn items(&mut self, body: &mut Body, header: Option<(Token, crate::base::Span)>) {
        while !self.unwinding {
            self.skip_lines();
            let token = self.peek();
            match token.kind {
                T::CloseBrace => return,
                T::End => {
                    if let Some((brace, header)) = header {
                        self.unclosed_block(brace, header, body);
                        self.unwinding = true;
                    }
                    return;
                }
                T::Ident => self.item(body),
                T::OpenQuote => {
                    self.quoted_name();
                    self.skip_item();
                }
                _ => {
                    if !self.has_issue(token.start, token.end) {
                        self.diags.push(
                            Diag::error(BROKEN_STRUCTURE, "Argument or block expected")
                                .detail(format!(
                                    "A name is expected here, but found {:?}.",
                                    token.text(self.text).trim_end()
                                ))
                                .at(self.span_of(token)),
                        );
                    }
                    self.skip_item();
                }
            }
        }
    }

    fn quoted_name(&mut self) {
        let mut close = self.at;
        while !matches!(self.token(close).kind, T::CloseQuote | T::Newline | T::End) {
            close += 1;
        }
        let span = self.span_of(self.peek()).to(self.span_of(self.token(close)));
        if self.has_issue(span.start, span.end) {
            return;
        }
        self.diags.push(
            Diag::error(BROKEN_STRUCTURE, "Invalid argument name")
                .detail("Names of arguments and blocks are not quoted.")
                .at(span),
        );
    }

    fn unclosed_block(&mut self, brace: Token, header: crate::base::Span, body: &Body) {
        let swallowed = |i: &Issue| i.noticed as usize >= self.text.len() && i.start >= brace.start;
        if self.issues.iter().any(swallowed) {
            return;
        }
        let mut diag = Diag::error(BROKEN_STRUCTURE, "Unclosed block")
            .detail("There is no closing brace for this block before the end of the file.")
            .label("opens here")
            .at(header.to(self.span_of(brace)));
        // A block at the margin inside of a block tells where the brace was forgotten.
        let column_of = |at: u32| {
            self.text
                .get(..at as usize)
                .map_or(0, |t| t.len() - t.rfind('\n').map_or(0, |i| i + 1))
        };
        let suspect = body
            .blocks
            .iter()
            .find(|b| column_of(b.span.start) <= column_of(header.start));
        if let Some(block) = suspect {
            diag = diag.related(
                block.header,
                "this begins inside of it; the brace may be missing before",
            );
        }
        self.diags.push(diag);
    }

    fn item(&mut self, body: &mut Body) {
        let name_token = self.peek();
        self.at += 1;
        self.skip_inline_comments();
        let next = self.peek();
        match next.kind {
            T::Equal => {
                self.at += 1;
                let good = self.attribute(body, name_token);
                self.end_of_item("argument", name_token, good);
            }
            T::OpenBrace | T::OpenQuote | T::Ident => {
                if self.block(body, name_token) {
                    self.end_of_item("block", name_token, true);
                }
            }
            _ => {
                self.malformed_item(name_token, next);
                self.skip_item();
            }
        }
    }

    fn malformed_item(&mut self, name: Token, next: Token) {
        if self.has_issue(name.start, next.end) {
            return;
        }
        let text = name.text(self.text);
        let diag = Diag::error(BROKEN_STRUCTURE, "Argument or block expected");
        let diag = match next.kind {
            T::Colon => diag
                .detail("An argument is set with an equals sign, not with a colon.")
                .help(format!("write {text} = …"))
                .at(self.span_of(next)),
            T::Dot | T::OpenBracket => diag
                .detail("The name of an argument is a single word.")
                .at(self.span_of(name).to(self.span_of(next))),
            _ => diag
                .detail("To set an argument, put an equals sign after its name; to begin a block, a brace.")
                .help(format!("write {text} = … or {text} {{ … }}"))
                .at(self.span_of(name)),
        };
        self.diags.push(diag);
    }

    fn ident(&self, token: Token) -> Ident {
        Ident {
            text: normalized(token.text(self.text)),
            span: self.span_of(token),
        }
    }

    /// False when the value is malformed, which was reported.
    fn attribute(&mut self, body: &mut Body, name_token: Token) -> bool {
        let name = self.ident(name_token);
        let (value, _) = self.expression();
        let previous = body.attributes.get(&name.text).map(|a: &Attribute| a.name.span);
        if let Some(previous) = previous {
            self.diags.push(
                Diag::error(DUPLICATE_ATTRIBUTE, format!("Argument {:?} set twice", &*name.text))
                    .detail("Each argument can be set once in a block.")
                    .at(name.span)
                    .label("set again here")
                    .related(previous, "first set here"),
            );
            return value.is_some();
        }
        if let Some(value) = value {
            let span = name.span.to(value.span);
            let attribute = Attribute {
                name: name.clone(),
                value,
                span,
            };
            body.attributes.insert(name.text, attribute);
            return true;
        }
        false
    }

    /// Labels and contents; false when it went wrong and the rest was skipped.
    fn block(&mut self, body: &mut Body, kind_token: Token) -> bool {
        let kind = self.ident(kind_token);
        let mut header = kind.span;
        let mut labels = Vec::new();
        loop {
            self.skip_inline_comments();
            let token = self.peek();
            match token.kind {
                T::Ident => {
                    labels.push(self.ident(token));
                    header = header.to(self.span_of(token));
                    self.at += 1;
                }
                T::OpenQuote => match self.label() {
                    Some(label) => {
                        header = header.to(label.span);
                        labels.push(label);
                    }
                    None => {
                        self.skip_item();
                        return false;
                    }
                },
                T::OpenBrace => break,
                _ => {
                    self.malformed_header(&kind, &labels, header, token);
                    self.skip_item();
                    return false;
                }
            }
        }
        let brace = self.peek();
        if self.depth >= MAX_BLOCK_DEPTH {
            self.diags.push(
                Diag::error(TOO_COMPLEX, "Blocks nested too deeply")
                    .detail(format!("Blocks can be nested {MAX_BLOCK_DEPTH} levels deep."))
                    .at(header),
            );
            self.skip_item();
            return false;
        }
        self.at += 1;
        let mut inner = Body::default();
        self.depth += 1;
        self.block_body(&mut inner, brace, header);
        self.depth -= 1;
        let end = self.token(self.at.saturating_sub(1));
        inner.span = self.span(brace.start, end.end);
        body.blocks.push(Block {
            kind,
            labels,
            body: inner,
            header,
            span: header.to(self.span(header.start, end.end)),
        });
        !self.unwinding
    }

    fn malformed_header(&mut self, kind: &Ident, labels: &[Ident], header: crate::base::Span, found: Token) {
        if self.has_issue(header.start, found.end) {
            return;
        }
        let diag = if labels.len() == 1 && found.kind != T::Equal {
            Diag::error(BROKEN_STRUCTURE, "Argument or block expected")
                .detail("An argument needs an equals sign after its name; a block needs a brace after its labels.")
                .help(format!("write {0} = … or {0} … {{", kind.text))
                .at(header)
        } else {
            Diag::error(BROKEN_STRUCTURE, "Invalid block header")
                .detail("A quoted label or an opening brace is expected here.")
                .at(self.span_of(found))
        };
        self.diags.push(diag);
    }

    fn label(&mut self) -> Option<Ident> {
        let open = self.peek();
        self.at += 1;
        let mut text = String::new();
        loop {
            let token = self.peek();
            match token.kind {
                T::QuotedText => {
                    self.at += 1;
                    match unescape(token.text(self.text), Quoting::Quoted) {
                        Ok(t) => text.push_str(&t),
                        Err(bad) => {
                            let diag = bad.diag(self.file, token.start);
                            self.diags.push(diag);
                        }
                    }
                }
                T::CloseQuote => {
                    self.at += 1;
                    return Some(Ident {
                        text: normalized(&text),
                        span: self.span(open.start, token.end),
                    });
                }
                T::Interpolation | T::Directive => {
                    self.diags.push(
                        Diag::error(BROKEN_STRUCTURE, "Template in a block label")
                            .detail("Labels of blocks are fixed text.")
                            .at(self.span_of(token)),
                    );
                    return None;
                }
                _ => return None,
            }
        }
    }

    fn block_body(&mut self, inner: &mut Body, brace: Token, header: crate::base::Span) {
        self.skip_inline_comments();
        let first = self.peek();
        if first.ends_line(self.text) || first.kind == T::End {
            self.items(inner, Some((brace, header)));
            if !self.unwinding && self.peek().kind == T::CloseBrace {
                self.at += 1;
            }
            return;
        }
        let mut good = true;
        if first.kind == T::Ident && self.token(self.at + 1).kind == T::Equal {
            self.at += 2;
            good = self.attribute(inner, first);
            self.skip_inline_comments();
        }
        let end = self.peek();
        if end.kind == T::CloseBrace {
            self.at += 1;
            return;
        }
        if good && !self.unwinding && !self.has_issue(brace.start, end.end) {
            self.diags.push(
                Diag::error(BROKEN_STRUCTURE, "Invalid block on one line")
                    .detail("A block on one line can hold a single argument and no block.")
                    .help("put each argument on a line of its own")
                    .at(self.span_of(end)),
            );
        }
        // What is inside may still be good, and the closing brace is needed.
        if !self.unwinding {
            self.items(inner, Some((brace, header)));
            if !self.unwinding && self.peek().kind == T::CloseBrace {
                self.at += 1;
            }
        }
    }

    /// After an item there is nothing else on its line; what there is goes unreported after a mistake.
    fn end_of_item(&mut self, what: &str, name: Token, good: bool) {
        if self.unwinding {
            return;
        }
        self.skip_inline_comments();
        let token = self.peek();
        if token.kind == T::End || token.ends_line(self.text) {
            return;
        }
        if token.kind == T::CloseBrace && self.depth == 0 {
            self.at += usize::from(!good);
            return;
        }
        if good && !self.has_issue(name.start, token.end) {
            self.diags.push(
                Diag::error(BROKEN_STRUCTURE, format!("Missing line break after the {what}"))
                    .detail(format!(
                        "The {what} ends before {:?}; only a comment may follow on its line.",
                        token.text(self.text)
                    ))
                    .at(self.span_of(token)),
            );
        }
        if token.kind != T::CloseBrace {
            self.skip_item();
        }
    }

    /// Goes to the end of the line, over whatever brackets are opened on the way.
    fn skip_item(&mut self) {
        let mut open = 0usize;
        loop {
            let token = self.peek();
            match token.kind {
                T::End => return,
                T::OpenBrace | T::OpenBracket | T::OpenParen | T::Interpolation | T::Directive => open += 1,
                T::CloseBrace if open == 0 => return,
                T::CloseBrace | T::CloseBracket | T::CloseParen | T::SequenceEnd => open = open.saturating_sub(1),
                _ if open == 0 && token.ends_line(self.text) => return,
                _ => {}
            }
            self.at += 1;
        }
    }
}
