//! The canonical layout of configuration, the same as `terraform fmt` gives: indentation, spaces, aligned
//! equals signs and comments, and a few spellings. Blank lines, comments and heredocs stay. Never changes
//! what a configuration means; formatting twice changes nothing more.

mod layout;
mod rewrite;

use super::parse::parse_tokens;
use super::token::{TokenKind, tokenize};
use crate::base::{Diags, FileId};
use std::borrow::Cow;

/// A token with the spaces that stand before it.
#[derive(Clone, Debug)]
struct Piece<'a> {
    kind: TokenKind,
    text: Cow<'a, str>,
    spaces: usize,
}

impl Piece<'_> {
    fn ends_line(&self) -> bool {
        match self.kind {
            TokenKind::Newline => true,
            TokenKind::Comment => self.text.ends_with('\n'),
            _ => false,
        }
    }
}

/// Formats the text of one file.
///
/// # Errors
/// The syntax errors of the text; their spans have the file id 0.
pub fn format(source: &str) -> Result<String, Diags> {
    let (tokens, issues) = tokenize(source);
    let (body, diags) = parse_tokens(source, FileId::default(), &tokens, &issues);
    if diags.has_errors() {
        return Err(diags);
    }
    let mut pieces = rewrite::pieces(source, &tokens, &body);
    layout::arrange(&mut pieces);
    let mut out = String::with_capacity(source.len() + source.len() / 8);
    for piece in &pieces {
        out.extend(std::iter::repeat_n(' ', piece.spaces));
        out.push_str(&piece.text);
    }
    // Space at the end of a last line without line break stays, as `terraform fmt` leaves it.
    let end = tokens.iter().rev().nth(1).map_or(0, |last| last.end as usize);
    let rest = source.get(end..).unwrap_or("").trim_start_matches('\u{feff}');
    out.extend(std::iter::repeat_n(' ', rest.len()));
    Ok(out)
}

#[cfg(test)]
mod tests;
