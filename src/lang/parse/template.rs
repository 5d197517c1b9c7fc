//! Templates: escapes, trim markers and indentation of heredocs, as the language defines them for
//! pieces of text between sequences.

use super::super::ast::{Expr, ExprKind, Ident, TemplatePart};
use super::BROKEN_TEXT;
use super::body::normalized;
use super::lower::Lowering;
use crate::base::{Diag, FileId, Span, Str, Value};
use hcl::edit::Span as _;
use hcl::edit::template as h;
use unicode_segmentation::UnicodeSegmentation;

/// How text is written in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quoting {
    /// In quotes, with backslash escapes.
    Quoted,
    /// In a heredoc or a template file, without.
    Plain,
}

/// A bad escape: its bytes within the text and what is wrong.
#[derive(Debug)]
pub(super) struct BadEscape {
    start: usize,
    end: usize,
    reason: String,
}

impl BadEscape {
    /// The diagnostic, for text that begins at `base`.
    pub(super) fn diag(&self, file: FileId, base: u32) -> Diag {
        let offset = |at: usize| base.saturating_add(u32::try_from(at).unwrap_or(u32::MAX));
        Diag::error(BROKEN_TEXT, "Invalid escape sequence")
            .detail(self.reason.clone())
            .help(r#"the escapes are \n \r \t \" \\ \uNNNN \UNNNNNNNN, and $${ and %%{ for ${ and %{"#)
            .at(Span {
                file,
                start: offset(self.start),
                end: offset(self.end),
            })
    }
}

/// Resolves escapes.
pub(super) fn unescape(text: &str, quoting: Quoting) -> Result<String, BadEscape> {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let rest = text.get(at..).unwrap_or("");
        if rest.starts_with("$${") || rest.starts_with("%%{") {
            chars.next();
            out.push(c);
            continue;
        }
        if c != '\\' || quoting == Quoting::Plain {
            out.push(c);
            continue;
        }
        let selector = chars.next().map(|(_, c)| c);
        let bad = |reason: String, length: usize| BadEscape {
            start: at,
            end: (at + length).min(text.len()),
            reason,
        };
        out.push(match selector {
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some(c @ ('"' | '\\')) => c,
            Some(u @ ('u' | 'U')) => {
                let digits = if u == 'u' { 4 } else { 8 };
                let code = rest
                    .get(2..2 + digits)
                    .filter(|h| h.bytes().all(|b| b.is_ascii_hexdigit()))
                    .and_then(|h| u32::from_str_radix(h, 16).ok())
                    .and_then(char::from_u32)
                    .ok_or_else(|| {
                        bad(
                            format!("\\{u} must be followed by {digits} hexadecimal digits of a Unicode character."),
                            2,
                        )
                    })?;
                for _ in 0..digits {
                    chars.next();
                }
                code
            }
            Some(c) => {
                let reason = format!("The symbol {c:?} has no meaning after a backslash.");
                return Err(bad(reason, 1 + c.len_utf8()));
            }
            None => return Err(bad("A backslash must be followed by another character.".into(), 1)),
        });
    }
    Ok(out)
}

/// One piece of text; a line of a heredoc is a piece of its own, which trim markers never look beyond.
struct Piece {
    text: String,
    span: Span,
}

/// What a template consists of, in order, whatever the nesting.
enum Flat {
    Piece(usize),
    Sequence { trim_before: bool, trim_after: bool },
}

/// A part of a template whose text is not final yet.
enum Draft {
    Pieces(Vec<usize>),
    Interpolation(Expr),
    If {
        condition: Expr,
        yes: Vec<Draft>,
        no: Vec<Draft>,
        span: Span,
    },
    For {
        key_var: Option<Ident>,
        value_var: Ident,
        collection: Expr,
        body: Vec<Draft>,
        span: Span,
    },
}

struct Drafting {
    quoting: Quoting,
    pieces: Vec<Piece>,
    flat: Vec<Flat>,
}

impl Lowering<'_> {
    /// A quoted template.
    pub(super) fn quoted(&mut self, template: &h::Template) -> ExprKind {
        let mut parts = self.parts(template, Quoting::Quoted, false);
        match parts.as_mut_slice() {
            [TemplatePart::Interpolation(_)] => match parts.pop() {
                Some(TemplatePart::Interpolation(e)) => ExprKind::TemplateWrap(Box::new(e)),
                _ => ExprKind::Template(Box::new([])),
            },
            _ => kind_of(parts),
        }
    }

    /// A heredoc; `span` is that of all of it with its opening line.
    pub(super) fn heredoc(&mut self, heredoc: &h::HeredocTemplate, span: Span) -> ExprKind {
        let flush = self.source(span).starts_with("<<-");
        kind_of(self.parts(&heredoc.template, Quoting::Plain, flush))
    }

    /// A template file. A single interpolation gives its value.
    pub(super) fn document(&mut self, template: &h::Template) -> Option<ExprKind> {
        let mut parts = self.parts(template, Quoting::Plain, false);
        if let [TemplatePart::Interpolation(_)] = parts.as_slice()
            && let Some(TemplatePart::Interpolation(e)) = parts.pop()
        {
            return Some(ExprKind::TemplateWrap(Box::new(e)));
        }
        Some(kind_of(parts))
    }

    fn parts(&mut self, template: &h::Template, quoting: Quoting, flush: bool) -> Vec<TemplatePart> {
        let mut drafting = Drafting {
            quoting,
            pieces: Vec::new(),
            flat: Vec::new(),
        };
        let drafts = self.drafts(template, &mut drafting);
        drafting.trim();
        if flush {
            drafting.flush();
        }
        drafting.finish(drafts)
    }

    fn drafts(&mut self, template: &h::Template, d: &mut Drafting) -> Vec<Draft> {
        template.iter().map(|element| self.draft(element, d)).collect()
    }

    fn draft(&mut self, element: &h::Element, d: &mut Drafting) -> Draft {
        let span = self.span(element.span());
        match element {
            h::Element::Literal(_) => Draft::Pieces(self.pieces(span, d)),
            h::Element::Interpolation(i) => {
                self.interpolations += 1;
                let expr = self.expr(&i.expr);
                self.interpolations -= 1;
                d.sequence(i.strip);
                Draft::Interpolation(expr)
            }
            h::Element::Directive(directive) => match &**directive {
                h::Directive::If(directive) => {
                    let condition = self.expr(&directive.if_expr.cond_expr);
                    d.sequence(directive.if_expr.strip);
                    let yes = self.drafts(&directive.if_expr.template, d);
                    let no = match &directive.else_expr {
                        Some(e) => {
                            d.sequence(e.strip);
                            self.drafts(&e.template, d)
                        }
                        None => Vec::new(),
                    };
                    d.sequence(directive.endif_expr.strip);
                    Draft::If {
                        condition,
                        yes,
                        no,
                        span,
                    }
                }
                h::Directive::For(directive) => {
                    let f = &directive.for_expr;
                    let collection = self.expr(&f.collection_expr);
                    d.sequence(f.strip);
                    let body = self.drafts(&f.template, d);
                    d.sequence(directive.endfor_expr.strip);
                    Draft::For {
                        key_var: f.key_var.as_ref().map(|v| self.ident(v)),
                        value_var: self.ident(&f.value_var),
                        collection,
                        body,
                        span,
                    }
                }
            },
        }
    }

    fn pieces(&mut self, span: Span, d: &mut Drafting) -> Vec<usize> {
        let source = self.source(span);
        let mut start = span.start;
        let lines: Vec<&str> = match d.quoting {
            Quoting::Quoted => vec![source],
            Quoting::Plain => source.split_inclusive('\n').collect(),
        };
        let first = d.pieces.len();
        for line in lines {
            let end = start + u32::try_from(line.len()).unwrap_or(0);
            let text = unescape(line, d.quoting).unwrap_or_else(|bad| {
                self.diags.push(bad.diag(span.file, start));
                String::new()
            });
            d.flat.push(Flat::Piece(d.pieces.len()));
            d.pieces.push(Piece {
                text,
                span: Span { start, end, ..span },
            });
            start = end;
        }
        (first..d.pieces.len()).collect()
    }
}

fn kind_of(parts: Vec<TemplatePart>) -> ExprKind {
    match parts.as_slice() {
        [] => ExprKind::Literal(Value::string("")),
        [TemplatePart::Literal(text, _)] => ExprKind::Literal(Value::string(text.clone())),
        _ => ExprKind::Template(parts.into_boxed_slice()),
    }
}

impl Drafting {
    fn sequence(&mut self, strip: h::Strip) {
        self.flat.push(Flat::Sequence {
            trim_before: strip.strip_start(),
            trim_after: strip.strip_end(),
        });
    }

    /// Applies trim markers to the pieces directly beside them.
    fn trim(&mut self) {
        for index in 0..self.flat.len() {
            let Some(Flat::Sequence {
                trim_before,
                trim_after,
            }) = self.flat.get(index)
            else {
                continue;
            };
            let before = if *trim_before { index.checked_sub(1) } else { None };
            let after = trim_after.then_some(index + 1);
            if let Some(Flat::Piece(p)) = before.and_then(|i| self.flat.get(i))
                && let Some(piece) = self.pieces.get_mut(*p)
            {
                piece.text.truncate(piece.text.trim_end().len());
            }
            if let Some(Flat::Piece(p)) = after.and_then(|i| self.flat.get(i))
                && let Some(piece) = self.pieces.get_mut(*p)
            {
                piece.text = piece.text.trim_start().to_string();
            }
        }
    }

    /// Removes the indentation that all lines of a `<<-` heredoc share. Lines of nothing but space do
    /// not count and keep theirs; a line that begins with a sequence has none.
    fn flush(&mut self) {
        let mut least = usize::MAX;
        let mut indented = Vec::new();
        let mut line_start = true;
        for flat in &self.flat {
            let piece = match flat {
                Flat::Piece(p) => self.pieces.get(*p).map(|piece| (*p, piece)),
                Flat::Sequence { .. } => None,
            };
            if line_start {
                line_start = false;
                match piece {
                    Some((p, piece)) => {
                        let text = &piece.text;
                        let indent = text.get(..text.len() - text.trim_start().len()).unwrap_or("");
                        if !(indent.len() == text.len() && text.ends_with('\n')) {
                            indented.push(p);
                            least = least.min(indent.graphemes(true).count());
                        }
                    }
                    None => least = 0,
                }
            }
            line_start |= piece.is_some_and(|(_, piece)| piece.text.ends_with('\n'));
        }
        for p in indented {
            if let Some(piece) = self.pieces.get_mut(p) {
                let cut = piece.text.graphemes(true).take(least).map(str::len).sum::<usize>();
                piece.text.drain(..cut);
            }
        }
    }

    fn finish(&self, drafts: Vec<Draft>) -> Vec<TemplatePart> {
        drafts.into_iter().filter_map(|d| self.finish_one(d)).collect()
    }

    fn finish_one(&self, draft: Draft) -> Option<TemplatePart> {
        Some(match draft {
            Draft::Pieces(indexes) => {
                let mut pieces = indexes.iter().filter_map(|p| self.pieces.get(*p));
                let first = pieces.next()?;
                let mut text = first.text.clone();
                let mut span = first.span;
                for piece in pieces {
                    text.push_str(&piece.text);
                    span = span.to(piece.span);
                }
                let text: Str = normalized(&text);
                TemplatePart::Literal(text, span)
            }
            Draft::Interpolation(expr) => TemplatePart::Interpolation(expr),
            Draft::If {
                condition,
                yes,
                no,
                span,
            } => TemplatePart::If {
                condition,
                yes: self.finish(yes).into_boxed_slice(),
                no: self.finish(no).into_boxed_slice(),
                span,
            },
            Draft::For {
                key_var,
                value_var,
                collection,
                body,
                span,
            } => TemplatePart::For {
                key_var,
                value_var,
                collection,
                body: self.finish(body).into_boxed_slice(),
                span,
            },
        })
    }
}
