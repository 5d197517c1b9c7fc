//! Text of configuration to syntax tree. Reports every mistake it can find in a file, each at the place
//! where it begins; never panics, never reads a file, evaluates nothing.
//!
//! Bodies, blocks and attributes are read here, so that one mistake does not hide the next and memory
//! stays bounded; single expressions are parsed by `hcl-edit` and lowered into our tree at once.

mod body;
mod expr;
mod lower;
mod template;

use super::ast::{Body, Expr, ExprKind};
use super::token::{Issue, IssueKind, Token, TokenKind, tokenize, tokenize_template};
use crate::base::{Diag, Diags, FileId, SourceMap, Span};

/// Blocks may be nested this deep.
pub const MAX_BLOCK_DEPTH: usize = 64;

/// Expressions may be nested this deep (a limit of `hcl-edit` 0.10, which keeps the stack bounded).
pub const MAX_EXPRESSION_DEPTH: usize = 64;

/// Operators in one chain such as `1 + 2 + 3` (a limit of `hcl-edit` 0.10).
pub const MAX_OPERATOR_CHAIN: usize = 128;

/// Broken places of the text that are reported for one file; a binary file has no end of them.
const MAX_TEXT_ISSUES: usize = 100;

pub use super::codes::{
    AMBIGUOUS_KEY, BROKEN_EXPRESSION, BROKEN_STRUCTURE, BROKEN_TEXT, DUPLICATE_ATTRIBUTE, TOO_COMPLEX,
};

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
    let mut parser = Parser::new(&source.text, file, &tokens, &issues);
    let body = parser.file_body();
    (body, parser.diags.sorted())
}

/// Parses a text that is one expression as a whole, as the value of a variable on the command line or
/// a line of a console is. Line breaks around it are ignored.
///
/// # Errors
/// What is wrong with it, as for a file.
pub fn parse_expression(sources: &SourceMap, file: FileId) -> Result<Expr, Diags> {
    let Some(source) = sources.file(file) else {
        return Err(Diags::new());
    };
    if let Some(diag) = too_large(&source.text, file) {
        return Err(diag.into());
    }
    let (tokens, issues) = tokenize(&source.text);
    let mut parser = Parser::new(&source.text, file, &tokens, &issues);
    let expr = parser.whole_expression();
    finish(expr, parser.diags)
}

/// Parses a text that is one template as a whole, as a template file is.
///
/// # Errors
/// What is wrong with it, as for a file.
pub fn parse_template(sources: &SourceMap, file: FileId) -> Result<Expr, Diags> {
    let Some(source) = sources.file(file) else {
        return Err(Diags::new());
    };
    if let Some(diag) = too_large(&source.text, file) {
        return Err(diag.into());
    }
    let (tokens, issues) = tokenize_template(&source.text);
    let mut parser = Parser::new(&source.text, file, &tokens, &issues);
    let expr = parser.whole_template();
    finish(expr, parser.diags)
}

fn finish(expr: Option<Expr>, diags: Diags) -> Result<Expr, Diags> {
    match expr {
        Some(expr) if !diags.has_errors() => Ok(expr),
        _ => Err(diags.sorted()),
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
    at: usize,
    depth: usize,
    /// Set when brackets are so broken that only the next top-level item is certain.
    unwinding: bool,
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
            depth: 0,
            unwinding: false,
            diags: Diags::new(),
        };
        for issue in issues.iter().take(MAX_TEXT_ISSUES) {
            let diag = parser.describe(*issue);
            parser.diags.push(diag);
        }
        parser
    }

    fn span(&self, start: u32, end: u32) -> Span {
        Span {
            file: self.file,
            start,
            end,
        }
    }

    fn span_of(&self, token: Token) -> Span {
        self.span(token.start, token.end)
    }

    /// The token at an index; the end of the text when there is none.
    fn token(&self, index: usize) -> Token {
        let last = self.tokens.last().copied().unwrap_or(Token {
            kind: TokenKind::End,
            start: 0,
            end: 0,
        });
        self.tokens.get(index).copied().unwrap_or(last)
    }

    fn peek(&self) -> Token {
        self.token(self.at)
    }

    fn has_issue(&self, start: u32, end: u32) -> bool {
        self.first_issue(start)
            .is_some_and(|i| i.start < end.max(start.saturating_add(1)))
    }

    /// The first issue at or after a place.
    fn first_issue(&self, start: u32) -> Option<Issue> {
        self.issues
            .get(self.issues.partition_point(|i| i.start < start))
            .copied()
    }

    fn describe(&self, issue: Issue) -> Diag {
        let span = self.span(issue.start, issue.end);
        let diag = match issue.kind {
            IssueKind::UnclosedQuote => Diag::error(BROKEN_TEXT, "Unclosed quote")
                .detail("The text that begins here has no closing quote on its line.")
                .label("opens here")
                .help("close it with \", or write text of several lines as a heredoc: <<EOT … EOT"),
            IssueKind::UnclosedHeredoc => Diag::error(BROKEN_TEXT, "Unclosed heredoc")
                .detail("There is no line that holds nothing but the word given after <<.")
                .label("opens here")
                .help("end the text with that word on a line of its own"),
            IssueKind::UnclosedSequence => Diag::error(BROKEN_TEXT, "Unclosed template sequence")
                .detail("There is no closing brace for this sequence before the text around it ends.")
                .label("opens here")
                .help("close it with }, or write $${ or %%{ for the characters themselves"),
            IssueKind::UnclosedComment => Diag::error(BROKEN_TEXT, "Unclosed comment")
                .detail("There is no */ for this comment before the file ends.")
                .label("opens here"),
            IssueKind::InvalidCharacter => self.invalid_character(issue),
        };
        diag.at(span)
    }

    fn invalid_character(&self, issue: Issue) -> Diag {
        let text = self.text.get(issue.start as usize..issue.end as usize).unwrap_or("");
        let diag = Diag::error(BROKEN_TEXT, "Invalid character");
        match text.chars().next() {
            Some('\'') => diag
                .detail("Text is written in double quotes.")
                .help("use \" instead of '"),
            Some('`') => diag
                .detail("Text is written in double quotes.")
                .help("use \" instead of `, or a heredoc for text of several lines"),
            Some('&') => diag.detail("The operator \"and\" is written &&."),
            Some('|') => diag.detail("The operator \"or\" is written ||."),
            Some(';') => diag.detail("Arguments are separated by line breaks, not by semicolons."),
            Some('“' | '”' | '„') => diag.detail("This is a typographic quote.").help("use \""),
            Some(c) => diag.detail(format!("The character {c:?} has no meaning here.")),
            None => diag,
        }
    }

    fn whole_expression(&mut self) -> Option<Expr> {
        self.skip_lines();
        let (expr, _) = self.expression();
        self.skip_lines();
        let rest = self.peek();
        if rest.kind != TokenKind::End && self.diags.is_empty() {
            self.diags.push(
                Diag::error(BROKEN_EXPRESSION, "Extra characters after the expression")
                    .detail("The text must be one expression and nothing else.")
                    .at(self.span_of(rest)),
            );
        }
        expr
    }

    fn whole_template(&mut self) -> Option<Expr> {
        if self.diags.has_errors() {
            return None;
        }
        let start = if self.text.starts_with('\u{feff}') { 3 } else { 0 };
        let text = self.text.get(start..)?;
        match hcl::edit::parser::parse_template(text) {
            Ok(template) => {
                let mut lowering = lower::Lowering::new(self.text, self.file, start);
                let kind = lowering.document(&template);
                self.diags.extend(lowering.diags);
                let end = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
                Some(Expr {
                    kind: kind.unwrap_or(ExprKind::Template(Box::new([]))),
                    span: self.span(start as u32, end),
                })
            }
            Err(error) => {
                self.expression_error(&error, start, self.text.len());
                None
            }
        }
    }
}

#[cfg(test)]
mod tests;
