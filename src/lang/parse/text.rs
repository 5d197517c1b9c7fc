//! Quoted text: escapes, block labels, and the normal form that all text is in.

use super::super::ast::Ident;
use super::super::token::{Token, TokenKind as T};
use super::{BROKEN_TEXT, Parser};
use crate::base::{Diag, Str};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Normalisation form C, which all text of the language is in.
pub(super) fn normalized(text: &str) -> Str {
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        text.into()
    } else {
        text.nfc().collect::<String>().into()
    }
}

/// How text is written in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quoting {
    /// In quotes, with backslash escapes.
    Quoted,
    /// In a heredoc or a template file, without.
    Plain,
}

/// A bad escape: its bytes within the text and what is wrong.
struct BadEscape {
    start: usize,
    length: usize,
    reason: String,
}

/// Resolves escapes; a bad one is left out and noted.
fn unescape(text: &str, quoting: Quoting) -> (String, Vec<BadEscape>) {
    let mut out = String::with_capacity(text.len());
    let mut wrong = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['\\', '$', '%']) {
        let (plain, tail) = rest.split_at(at);
        out.push_str(plain);
        let taken = if tail.starts_with("$${") || tail.starts_with("%%{") {
            out.push_str(tail.get(1..3).unwrap_or(""));
            3
        } else if tail.starts_with('\\') && quoting == Quoting::Quoted {
            let start = text.len() - tail.len();
            match escape(tail) {
                Ok((c, length)) => {
                    out.push(c);
                    length
                }
                Err((length, reason)) => {
                    wrong.push(BadEscape { start, length, reason });
                    length
                }
            }
        } else {
            out.push_str(tail.get(..1).unwrap_or(""));
            1
        };
        rest = tail.get(taken..).unwrap_or("");
    }
    out.push_str(rest);
    (out, wrong)
}

/// The character that an escape stands for and the length of the escape, or its length and what is wrong.
fn escape(text: &str) -> Result<(char, usize), (usize, String)> {
    let (digits, selector) = match text.chars().nth(1) {
        Some('n') => return Ok(('\n', 2)),
        Some('r') => return Ok(('\r', 2)),
        Some('t') => return Ok(('\t', 2)),
        Some(c @ ('"' | '\\')) => return Ok((c, 2)),
        Some('u') => (4, 'u'),
        Some('U') => (8, 'U'),
        Some(c) => {
            let reason = format!("The symbol {c:?} is not a valid escape sequence selector.");
            return Err((1 + c.len_utf8(), reason));
        }
        None => return Err((1, "A backslash must be followed by another character.".into())),
    };
    let after = text.get(2..).unwrap_or("");
    let given = after.bytes().take(digits).take_while(u8::is_ascii_hexdigit).count();
    if given < digits {
        let reason = format!("The \\{selector} escape sequence must be followed by {digits} hexadecimal digits.");
        return Err((2 + given, reason));
    }
    let code = after.get(..digits).and_then(|h| u32::from_str_radix(h, 16).ok());
    match code.and_then(char::from_u32) {
        Some(c) => Ok((c, 2 + digits)),
        None => Err((
            2 + digits,
            format!("U+{} is no character of Unicode.", after.get(..digits).unwrap_or("")),
        )),
    }
}

impl Parser<'_> {
    /// The text of a token with its escapes resolved; a bad one is reported.
    pub(super) fn literal(&mut self, token: Token, quoting: Quoting) -> String {
        let (text, wrong) = unescape(self.source(token), quoting);
        for bad in wrong {
            let offset = |at: usize| token.start.saturating_add(u32::try_from(at).unwrap_or(u32::MAX));
            let diag = Diag::error(BROKEN_TEXT, "Invalid escape sequence")
                .detail(bad.reason)
                .help(r#"the escapes are \n \r \t \" \\ \uNNNN \UNNNNNNNN, and $${ and %%{ for ${ and %{"#)
                .at(self.span(offset(bad.start), offset(bad.start + bad.length)));
            self.diags.push(diag);
        }
        text
    }

    /// A quoted label of a block.
    pub(super) fn label(&mut self) -> Option<Ident> {
        let open = self.read();
        let mut text = String::new();
        loop {
            let token = self.read();
            let diag = match token.kind {
                T::QuotedText => {
                    text.push_str(&self.literal(token, Quoting::Quoted));
                    continue;
                }
                T::CloseQuote => {
                    return Some(Ident {
                        text: normalized(&text),
                        span: self.span(open.start, token.end),
                    });
                }
                T::Interpolation | T::Directive => Diag::error(BROKEN_TEXT, "Invalid string literal")
                    .detail("Labels of blocks are fixed text and can't hold template sequences.")
                    .at(self.span_of(token)),
                T::End => Diag::error(BROKEN_TEXT, "Unterminated string literal")
                    .detail("There is no closing quote before the end of the file.")
                    .label("opens here")
                    .at(self.span_of(open)),
                _ => self.unclosed_quote(open),
            };
            return self.fail(diag);
        }
    }

    /// A quote without its closing quote on the same line.
    pub(super) fn unclosed_quote(&self, open: Token) -> Diag {
        Diag::error(BROKEN_TEXT, "Invalid multi-line string")
            .detail("The text that begins here has no closing quote on its line.")
            .label("opens here")
            .help("close it with \", or write text of several lines as a heredoc: <<EOT … EOT")
            .at(self.span_of(open))
    }
}
