//! Text of configuration to syntax tree. Reports every mistake it can find in a file, each at the place
//! where Terraform reports it; never panics, never reads a file, evaluates nothing.
//!
//! One pass of recursive descent over the tokens. An error inside an argument or a block header gives up that
//! item and goes on with the next one.

mod body;
mod brackets;
mod collection;
mod cursor;
mod expr;
mod for_expr;
mod issues;
mod template;
mod template_parts;
mod text;
mod traversal;

use super::ast::{Body, Expr};
use super::token::{Issue, Token, TokenKind, tokenize, tokenize_template};
use crate::base::{Diag, Diags, FileId, SourceMap, Span};

/// Blocks may be nested this deep.
pub const MAX_BLOCK_DEPTH: usize = 64;

/// Expressions may be nested this deep: far beyond what is written by hand, and safe for a small stack.
pub const MAX_EXPRESSION_DEPTH: usize = 200;

/// Errors that are reported for one file; more of them say nothing more.
const MAX_ERRORS: usize = 1000;

pub use super::codes::{BROKEN_EXPRESSION, BROKEN_STRUCTURE, BROKEN_TEXT, DUPLICATE_ATTRIBUTE, TOO_COMPLEX};

/// Parses a file. The body holds all that could be read, even when there are errors.
///
/// Accepts a byte order mark and line breaks of both kinds.
pub fn parse_file(sources: &SourceMap, file: FileId) -> (Body, Diags) {
    let Some(source) = sources.file(file) else {
        return (Body::default(), Diags::new());
    };
    if let Some(diag) = too_large(&source.text, file) {
        return (Body::default(), diag.into());
    }
    let (tokens, issues) = tokenize(&source.text);
    parse_tokens(&source.text, file, &tokens, &issues)
}

/// Parses a file whose tokens are there already.
pub(super) fn parse_tokens(text: &str, file: FileId, tokens: &[Token], issues: &[Issue]) -> (Body, Diags) {
    let mut parser = Parser::new(text, file, tokens, issues);
    let body = parser.file_body();
    (body, parser.diags.sorted())
}

/// Parses a text that is one expression as a whole, as the value of a variable on the command line or
/// a line of a console is. Line breaks around it and in it are ignored.
///
/// # Errors
/// What is wrong with it, as for a file.
pub fn parse_expression(sources: &SourceMap, file: FileId) -> Result<Expr, Diags> {
    whole(sources, file, tokenize, |parser| {
        parser.newlines = false;
        let expr = parser.expression();
        let rest = parser.peek();
        if rest.kind != TokenKind::End && !parser.recovering {
            let diag = Diag::error(BROKEN_EXPRESSION, "Extra characters after expression")
                .detail("An expression was read, but there is more after it.")
                .at(parser.span_of(rest));
            return parser.fail(diag);
        }
        expr
    })
}

/// Parses a text that is one template as a whole, as a template file is.
///
/// # Errors
/// What is wrong with it, as for a file.
pub fn parse_template(sources: &SourceMap, file: FileId) -> Result<Expr, Diags> {
    whole(sources, file, tokenize_template, |parser| parser.document())
}

fn whole(
    sources: &SourceMap,
    file: FileId,
    tokenize: impl Fn(&str) -> (Vec<Token>, Vec<Issue>),
    read: impl Fn(&mut Parser<'_>) -> Option<Expr>,
) -> Result<Expr, Diags> {
    let Some(source) = sources.file(file) else {
        return Err(Diags::new());
    };
    if let Some(diag) = too_large(&source.text, file) {
        return Err(diag.into());
    }
    let (tokens, issues) = tokenize(&source.text);
    let mut parser = Parser::new(&source.text, file, &tokens, &issues);
    match read(&mut parser) {
        Some(expr) if !parser.diags.has_errors() => Ok(expr),
        _ => Err(parser.diags.sorted()),
    }
}

/// Places in files are 32-bit.
fn too_large(text: &str, file: FileId) -> Option<Diag> {
    u32::try_from(text.len()).is_err().then(|| {
        Diag::error(TOO_COMPLEX, "File too large")
            .detail("A configuration file can have at most 4 GiB.")
            .at(Span { file, start: 0, end: 0 })
    })
}

/// The state of reading one file.
struct Parser<'a> {
    text: &'a str,
    file: FileId,
    tokens: &'a [Token],
    issues: &'a [Issue],
    /// The next token, comments and line breaks included.
    at: usize,
    /// Whether line breaks mean something here: outside of brackets, and between the items of an object.
    newlines: bool,
    /// Blocks open around the present place.
    block_depth: usize,
    /// Expressions open around the present place.
    depth: usize,
    /// How many `${` are open around the present place.
    interpolations: usize,
    /// How many calls of `try` and `can` are open.
    guards: usize,
    /// Set by the first error of an item; what follows from it goes unreported.
    recovering: bool,
    /// Set when brackets are so broken that only the next top-level item is certain.
    unwinding: bool,
    /// How often text was skipped after a mistake; a closing brace may have been in it.
    skips: usize,
    /// How often the brackets of an item were never closed.
    lost: usize,
    diags: Diags,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, file: FileId, tokens: &'a [Token], issues: &'a [Issue]) -> Self {
        let mut parser = Self {
            text,
            file,
            tokens,
            issues,
            at: 0,
            newlines: true,
            block_depth: 0,
            depth: 0,
            interpolations: 0,
            guards: 0,
            recovering: false,
            unwinding: false,
            skips: 0,
            lost: 0,
            diags: Diags::new(),
        };
        parser.report_issues();
        parser
    }
}

#[cfg(test)]
mod tests;
