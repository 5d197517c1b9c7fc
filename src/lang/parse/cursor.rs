//! Moving over the tokens: what comes next, with comments and insignificant line breaks left out, and how
//! a mistake is taken down.

use super::super::token::{IssueKind, Token, TokenKind as T};
use super::Parser;
use crate::base::{Diag, Span};

impl<'a> Parser<'a> {
    pub(super) fn span(&self, start: u32, end: u32) -> Span {
        Span {
            file: self.file,
            start,
            end,
        }
    }

    pub(super) fn span_of(&self, token: Token) -> Span {
        self.span(token.start, token.end)
    }

    /// The text of a token.
    pub(super) fn source(&self, token: Token) -> &'a str {
        token.text(self.text)
    }

    /// The token at an index; the end of the text when there is none.
    pub(super) fn token(&self, index: usize) -> Token {
        let last = || {
            self.tokens.last().copied().unwrap_or(Token {
                kind: T::End,
                start: 0,
                end: 0,
            })
        };
        self.tokens.get(index).copied().unwrap_or_else(last)
    }

    /// The index of the next token that counts.
    pub(super) fn next_index(&self) -> usize {
        let mut index = self.at;
        while let Some(token) = self.tokens.get(index) {
            match token.kind {
                T::Newline if !self.newlines => {}
                T::Comment if !self.newlines || !token.ends_line(self.text) => {}
                _ => return index,
            }
            index += 1;
        }
        self.tokens.len().saturating_sub(1)
    }

    fn significant(&self, index: usize) -> Token {
        let mut token = self.token(index);
        // A comment ends its line.
        if token.kind == T::Comment {
            token.kind = T::Newline;
        }
        token
    }

    pub(super) fn peek(&self) -> Token {
        self.significant(self.next_index())
    }

    pub(super) fn kind(&self) -> T {
        self.peek().kind
    }

    /// Takes the next token; the end of the text stays where it is.
    pub(super) fn read(&mut self) -> Token {
        let index = self.next_index();
        let token = self.significant(index);
        self.at = if token.kind == T::End { index } else { index + 1 };
        token
    }

    /// Takes the next token when it is of a kind.
    pub(super) fn eat(&mut self, kind: T) -> Option<Token> {
        (self.kind() == kind).then(|| self.read())
    }

    /// Whether the next token is this word.
    pub(super) fn at_word(&self, word: &str) -> bool {
        let token = self.peek();
        token.kind == T::Ident && self.source(token) == word
    }

    /// Where the token before ends.
    pub(super) fn previous_end(&self) -> u32 {
        self.at.checked_sub(1).map_or(0, |i| self.token(i).end)
    }

    /// Reads with line breaks ignored, or not, as they are within a bracket.
    pub(super) fn with_newlines<V>(&mut self, newlines: bool, read: impl FnOnce(&mut Self) -> V) -> V {
        let before = std::mem::replace(&mut self.newlines, newlines);
        let value = read(self);
        self.newlines = before;
        value
    }

    /// Reports a mistake after which the item can't be read on. Only the first of an item is reported.
    pub(super) fn fail<V>(&mut self, diag: Diag) -> Option<V> {
        if !self.recovering {
            self.report(diag);
        }
        self.recovering = true;
        None
    }

    /// Reports a mistake, unless the text itself is to blame for it, which is reported already.
    pub(super) fn report(&mut self, mut diag: Diag) {
        if let Some(span) = diag.span {
            // Reading went on at the culprit of the mistake before.
            if self
                .diags
                .iter()
                .next_back()
                .and_then(|d| d.span)
                .is_some_and(|s| s.start == span.start)
            {
                return;
            }
            let from = self.issues.partition_point(|i| i.end <= span.start);
            match self.issues.get(from).filter(|i| i.start <= span.start) {
                Some(issue) if issue.kind == IssueKind::InvalidCharacter => return,
                Some(issue) => {
                    diag = diag
                        .related(self.span(issue.start, issue.end), "this comment has no */")
                        .help("close the comment with */");
                }
                None => {}
            }
        }
        self.diags.push(diag);
    }
}
