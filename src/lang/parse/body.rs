//! Bodies, blocks and attributes from tokens, going on after a mistake.

use super::super::ast::{Attribute, Block, Body, Ident};
use super::super::token::{Token, TokenKind as T};
use super::text::normalized;
use super::{
    BROKEN_EXPRESSION, BROKEN_STRUCTURE, DUPLICATE_ATTRIBUTE, MAX_BLOCK_DEPTH, MAX_ERRORS, Parser, TOO_COMPLEX,
};
use crate::base::{Diag, Span};

fn structure(summary: &str) -> Diag {
    Diag::error(BROKEN_STRUCTURE, summary)
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
            // Only a closing brace that nothing opened stops the items of a file. After another error it
            // is likely to follow from that.
            if token.kind == T::CloseBrace {
                body.damaged = true;
                if !self.diags.has_errors() {
                    let diag = structure("Argument or block definition required");
                    let diag = diag.detail("No block is open that this brace could close.");
                    self.diags.push(diag.at(self.span_of(token)));
                }
                self.read();
            }
        }
        body.span = self.span(0, self.peek().end);
        body
    }

    /// Items up to the closing brace of the block, which is left, or the end of the file.
    fn items(&mut self, body: &mut Body, header: Option<(Token, Span)>) {
        let skips = self.skips;
        while !self.unwinding {
            self.recovering = false;
            self.newlines = true;
            if self.diags.len() > MAX_ERRORS {
                self.at = self.tokens.len().saturating_sub(1);
                self.skips += 1;
            }
            let token = self.peek();
            let before = (self.diags.len(), body.blocks.len());
            match token.kind {
                T::Newline => {
                    self.read();
                }
                T::CloseBrace => return,
                T::End => {
                    if let Some((brace, header)) = header {
                        if self.skips == skips {
                            self.unclosed_block(brace, header, body);
                        }
                        body.damaged = true;
                        self.unwinding = true;
                    }
                    return;
                }
                T::Ident => self.item(body),
                _ => {
                    let diag = match token.kind {
                        T::OpenQuote => structure("Invalid argument name")
                            .detail("Argument names must not be quoted; nor are the types of blocks."),
                        _ => structure("Argument or block definition required").detail(format!(
                            "An argument or block definition is required here, but found {:?}.",
                            self.source(token).trim_end()
                        )),
                    };
                    self.report(diag.at(self.span_of(token)));
                    if token.kind != T::OpenQuote {
                        // The line may go on with the value before.
                        body.attributes.pop();
                    }
                    self.skip_item(self.next_index());
                }
            }
            // What is wrong within a block that was read to its end is missing there, and not here.
            let within = body.blocks.len() > before.1 && body.blocks.last().is_some_and(|b| b.body.is_damaged());
            body.damaged |= self.unwinding || (self.diags.len() > before.0 && !within);
        }
    }

    fn unclosed_block(&mut self, brace: Token, header: Span, body: &Body) {
        let mut diag = structure("Unclosed configuration block")
            .detail("There is no closing brace for this block before the end of the file.")
            .label("opens here")
            .at(self.span_of(brace));
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
        self.report(diag);
    }

    fn item(&mut self, body: &mut Body) {
        let start = self.next_index();
        let name = self.read();
        match self.kind() {
            T::Equal => {
                self.read();
                if self.attribute(body, name) {
                    if !self.end_of_argument(start) {
                        // What follows may belong to the value, which is then not what was read.
                        body.attributes.pop();
                        body.damaged = true;
                    }
                } else {
                    body.damaged = true;
                    self.skip_item(start);
                }
            }
            T::OpenBrace | T::OpenQuote | T::Ident => self.block(body, name, start),
            _ => {
                self.malformed_item(name);
                self.skip_item(start);
            }
        }
    }

    fn malformed_item(&mut self, name: Token) {
        let next = self.peek();
        let text = self.source(name);
        let diag = structure("Argument or block definition required");
        let diag = match next.kind {
            T::Colon => diag
                .detail("An argument is set with an equals sign, not with a colon.")
                .help(format!("write {text} = …")),
            T::Dot | T::OpenBracket => diag.detail("The name of an argument is a single word."),
            _ => diag
                .detail("To set an argument, put an equals sign after its name; to begin a block, a brace.")
                .help(format!("write {text} = … or {text} {{ … }}")),
        };
        self.report(diag.at(self.span_of(name)));
    }

    pub(super) fn ident(&self, token: Token) -> Ident {
        Ident {
            text: normalized(self.source(token)),
            span: self.span_of(token),
        }
    }

    /// The value of an argument, behind its equals sign. False when it is malformed, which was reported.
    fn attribute(&mut self, body: &mut Body, name: Token) -> bool {
        let name = self.ident(name);
        let Some(value) = self.expression() else {
            return false;
        };
        if let Some(previous) = body.attributes.get(&name.text) {
            let diag = Diag::error(DUPLICATE_ATTRIBUTE, "Attribute redefined")
                .detail(format!(
                    "The argument {:?} is set already; each can be set once.",
                    &*name.text
                ))
                .at(name.span)
                .label("set again here")
                .related(previous.name.span, "first set here");
            self.diags.push(diag);
            return true;
        }
        let span = name.span.to(value.span);
        let attribute = Attribute {
            name: name.clone(),
            value,
            span,
        };
        body.attributes.insert(name.text, attribute);
        true
    }

    /// After an argument there is nothing else on its line. False when there is something that may belong to its value.
    fn end_of_argument(&mut self, start: usize) -> bool {
        let token = self.peek();
        match token.kind {
            T::End => return true,
            T::Newline => {
                self.read();
                return true;
            }
            T::Comma => {
                let diag = Diag::error(BROKEN_EXPRESSION, "Unexpected comma after argument")
                    .detail("Arguments are separated by line breaks, not by commas.")
                    .at(self.span_of(token));
                self.report(diag);
            }
            _ => {
                let diag = Diag::error(BROKEN_EXPRESSION, "Missing newline after argument")
                    .detail(format!(
                        "The value of the argument ends before {:?}; only a comment may follow on its line.",
                        self.source(token)
                    ))
                    .at(self.span_of(token));
                self.report(diag);
            }
        }
        // A brace most likely closes the block around.
        if token.kind != T::CloseBrace || self.block_depth == 0 {
            self.skip_item(start);
        }
        matches!(token.kind, T::Comma | T::CloseBrace)
    }

    /// Labels and contents of a block whose type was read.
    fn block(&mut self, body: &mut Body, kind: Token, start: usize) {
        let kind = self.ident(kind);
        let Some((labels, header)) = self.block_header(&kind) else {
            let brace = self.brace_on_later_line();
            return self.skip_item(brace.unwrap_or(start));
        };
        let brace = self.read();
        let inside = self.at;
        if self.block_depth >= MAX_BLOCK_DEPTH {
            let diag = Diag::error(TOO_COMPLEX, "Blocks nested too deeply")
                .detail(format!("Blocks can be nested {MAX_BLOCK_DEPTH} levels deep."))
                .at(header);
            self.report(diag);
            return self.skip_item(start);
        }
        let mut inner = Body::default();
        self.block_depth += 1;
        if matches!(self.kind(), T::Newline | T::End | T::CloseBrace) {
            self.items(&mut inner, Some((brace, header)));
            if !self.unwinding {
                self.eat(T::CloseBrace);
            }
        } else if self.single_argument(&mut inner, brace).is_none() {
            inner.attributes.clear();
            inner.damaged = true;
            self.skip_block(inside);
        }
        self.block_depth -= 1;
        let end = self.previous_end().max(brace.end);
        inner.span = self.span(brace.start, end);
        body.blocks.push(Block {
            kind,
            labels,
            body: inner,
            header,
            span: self.span(header.start, end),
        });
        if !self.unwinding {
            self.end_of_block();
        }
    }

    /// A brace that stands below a header was meant to open the block; it is no item of its own.
    fn brace_on_later_line(&self) -> Option<usize> {
        let mut index = self.next_index();
        if !self.token(index).ends_line(self.text) {
            return None;
        }
        while matches!(self.token(index).kind, T::Newline | T::Comment) {
            index += 1;
        }
        (self.token(index).kind == T::OpenBrace).then_some(index)
    }

    fn end_of_block(&mut self) {
        let token = self.peek();
        match token.kind {
            T::End => {}
            T::Newline => {
                self.read();
            }
            _ => {
                if !self.recovering {
                    let diag = structure("Missing newline after block definition")
                        .detail(format!(
                            "The block ends before {:?}; only a comment may follow on its line.",
                            self.source(token)
                        ))
                        .at(self.span_of(token));
                    self.report(diag);
                }
                if token.kind != T::CloseBrace || self.block_depth == 0 {
                    self.skip_item(self.next_index());
                }
            }
        }
    }

    /// Labels up to the opening brace; `None` when they are malformed, which was reported.
    fn block_header(&mut self, kind: &Ident) -> Option<(Vec<Ident>, Span)> {
        let mut header = kind.span;
        let mut labels: Vec<Ident> = Vec::new();
        loop {
            let token = self.peek();
            match token.kind {
                T::Ident => {
                    self.read();
                    labels.push(self.ident(token));
                }
                T::OpenQuote => labels.push(self.label()?),
                T::OpenBrace => return Some((labels, header)),
                _ => {
                    let diag = structure("Invalid block definition");
                    let diag = match token.kind {
                        T::Equal => diag.detail("An equals sign sets an argument and has no place in a block's header."),
                        T::Newline if self.brace_on_later_line().is_some() => {
                            diag.detail("The opening brace must stand on the line of the block's type and labels.")
                        }
                        T::Newline | T::End if labels.len() == 1 => diag
                            .detail("A block needs a brace after its labels, on the same line; an argument needs an equals sign.")
                            .help(format!("write {0} = … or {0} … {{", kind.text)),
                        _ => diag.detail("Either a quoted label or an opening brace is expected here."),
                    };
                    return self.fail(diag.at(self.span_of(token)));
                }
            }
            header = header.to(labels.last().map_or(header, |l| l.span));
        }
    }

    /// A block on one line: a single argument and the closing brace. `None` when it is malformed.
    fn single_argument(&mut self, inner: &mut Body, brace: Token) -> Option<()> {
        let name = self.peek();
        if name.kind != T::Ident {
            let diag = structure("Argument or block definition required")
                .detail("After the brace of a block, an argument or the end of the line is expected.");
            return self.fail(diag.at(self.span_of(name)));
        }
        self.read();
        let next = self.peek();
        match next.kind {
            T::Equal => {
                self.read();
            }
            T::OpenQuote | T::OpenBrace | T::Ident => {
                let diag = structure("Argument definition required")
                    .detail("A block on one line can hold a single argument and no block.")
                    .help("put each argument and block on a line of its own");
                return self.fail(diag.at(self.span_of(name).to(self.span_of(next))));
            }
            _ => {
                self.malformed_item(name);
                self.recovering = true;
                return None;
            }
        }
        if !self.attribute(inner, name) {
            return None;
        }
        if self.eat(T::CloseBrace).is_some() {
            return Some(());
        }
        let end = self.peek();
        if end.kind == T::End {
            let diag = structure("Unclosed configuration block")
                .detail("There is no closing brace for this block before the end of the file.");
            return self.fail(diag.label("opens here").at(self.span_of(brace)));
        }
        let diag = structure("Invalid single-argument block definition").help("put each argument on a line of its own");
        let diag = match end.kind {
            T::Newline => diag.detail("A block with an argument on the line of its brace must end on that line."),
            _ => diag.detail("A block on one line can hold a single argument; its closing brace is expected here."),
        };
        self.fail(diag.at(self.span_of(end)))
    }
}
