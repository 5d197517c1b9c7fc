//! Where to go on after a mistake: brackets are counted from where the broken item begins, so that what
//! they hold is not taken for items of their own.

use super::super::token::TokenKind as T;
use super::Parser;

/// How far to go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    /// The end of the line on which all brackets are closed.
    Line,
    /// The end of the item of an object, or the closing brace of the object, which is left.
    Item,
    /// The closing brace of the block.
    Brace,
}

/// After so many items whose brackets are never closed the rest of a file is given up: each costs a look
/// at all that follows.
const MAX_LOST: usize = 50;

/// Brackets that are open, with the index of the token that opened each.
#[derive(Default)]
struct Open {
    stack: Vec<(usize, usize)>,
    /// How many of each kind are in it.
    counts: [usize; 4],
}

/// The kind of a bracket that opens or closes.
fn kind_of(bracket: T) -> usize {
    match bracket {
        T::OpenBrace | T::CloseBrace => 0,
        T::OpenBracket | T::CloseBracket => 1,
        T::OpenParen | T::CloseParen => 2,
        _ => 3,
    }
}

impl Open {
    fn push(&mut self, bracket: T, index: usize) {
        let kind = kind_of(bracket);
        self.counts[kind] += 1;
        self.stack.push((kind, index));
    }

    fn pop(&mut self) -> Option<usize> {
        let (kind, _) = self.stack.pop()?;
        self.counts[kind] -= 1;
        Some(kind)
    }

    /// Whether a closing bracket closes one of these; those that it leaves unclosed are forgotten.
    fn close(&mut self, bracket: T) -> bool {
        let kind = kind_of(bracket);
        if self.counts[kind] == 0 {
            return false;
        }
        while self.pop().is_some_and(|popped| popped != kind) {}
        true
    }

    /// Forgets what was opened at or after a token.
    fn forget_from(&mut self, index: usize) {
        while self.stack.last().is_some_and(|(_, at)| *at >= index) {
            self.pop();
        }
    }

    fn is_empty(&self) -> bool {
        self.stack.is_empty()
    }
}

impl Parser<'_> {
    /// Goes to the line after the item that begins at a token.
    pub(super) fn skip_item(&mut self, start: usize) {
        self.skip(start, Until::Line);
    }

    /// Goes behind the closing brace of the block whose contents begin at a token.
    pub(super) fn skip_block(&mut self, start: usize) {
        self.skip(start, Until::Brace);
    }

    /// Goes to the next item of the object in which an item begins at a token.
    pub(super) fn skip_object_item(&mut self, start: usize) {
        self.skip(start, Until::Item);
    }

    fn skip(&mut self, start: usize, until: Until) {
        self.newlines = true;
        self.skips += 1;
        let mut open = Open::default();
        let mut line = start;
        let mut index = start;
        loop {
            let token = self.token(index);
            match token.kind {
                T::End if until == Until::Item || (open.is_empty() && until == Until::Line) => {
                    self.at = index;
                    return;
                }
                T::End => return self.skip_to_margin(start),
                T::OpenBrace | T::OpenBracket | T::OpenParen | T::Interpolation | T::Directive => {
                    open.push(token.kind, index);
                }
                T::CloseBrace if !open.close(T::CloseBrace) => {
                    if until == Until::Brace {
                        self.at = index + 1;
                        return;
                    }
                    if until == Until::Item || self.block_depth > 0 {
                        self.at = index;
                        return;
                    }
                    open.forget_from(0);
                }
                T::CloseBracket | T::CloseParen | T::SequenceEnd => {
                    open.close(token.kind);
                }
                // The rest of the line was taken for text, with the brackets in it.
                T::BrokenQuote if token.start == token.end => open.forget_from(line),
                T::Comma if until == Until::Item && open.is_empty() => {
                    self.at = index + 1;
                    return;
                }
                _ if token.ends_line(self.text) => {
                    if until != Until::Brace && open.is_empty() {
                        self.at = index + 1;
                        return;
                    }
                    line = index + 1;
                }
                _ => {}
            }
            index += 1;
        }
    }

    /// Goes to the next name at the margin, which begins a top-level item in all but odd layouts.
    fn skip_to_margin(&mut self, start: usize) {
        self.unwinding = true;
        self.lost += 1;
        if self.lost > MAX_LOST {
            self.at = self.tokens.len().saturating_sub(1);
            return;
        }
        let mut index = start + 1;
        while self.token(index).kind != T::End {
            let begin = self.token(index).start as usize;
            let at_margin = self.token(index - 1).ends_line(self.text)
                && self.text.as_bytes().get(begin.saturating_sub(1)) == Some(&b'\n');
            if self.token(index).kind == T::Ident && at_margin {
                break;
            }
            index += 1;
        }
        self.at = index.min(self.tokens.len().saturating_sub(1));
    }
}
