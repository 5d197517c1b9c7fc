//! The parts of a template: trim markers, indentation of heredocs, and directives nested in each other.

use super::super::ast::{Expr, Ident, TemplatePart};
use super::text::normalized;
use super::{BROKEN_TEXT, Parser};
use crate::base::{Diag, Span};
use unicode_segmentation::UnicodeSegmentation;

/// A part of a template before directives are nested. Each line of a heredoc is a text of its own.
pub(super) enum Part {
    Text {
        text: String,
        span: Span,
    },
    Value(Expr),
    If {
        condition: Expr,
        span: Span,
    },
    For {
        key_var: Option<Ident>,
        value_var: Ident,
        collection: Expr,
        span: Span,
    },
    End(End, Span),
}

/// What ends a branch or a loop.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Else,
    If,
    For,
}

impl End {
    fn name(self) -> &'static str {
        match self {
            End::Else => "else",
            End::If => "endif",
            End::For => "endfor",
        }
    }
}

impl Part {
    /// The place of the sequence.
    pub(super) fn span_mut(&mut self) -> &mut Span {
        match self {
            Part::Text { span, .. } | Part::If { span, .. } | Part::For { span, .. } | Part::End(_, span) => span,
            Part::Value(expr) => &mut expr.span,
        }
    }
}

/// Applies a marker such as `${~`: the text directly before loses the space at its end.
pub(super) fn trim_end(parts: &mut [Part]) {
    if let Some(Part::Text { text, .. }) = parts.last_mut() {
        text.truncate(text.trim_end().len());
    }
}

/// Removes the indentation that all lines of a `<<-` heredoc share. Lines of nothing but space do not
/// count and keep theirs; a line that begins with a sequence has none.
pub(super) fn flush_indentation(parts: &mut [Part]) {
    let mut least = usize::MAX;
    let mut indented = Vec::new();
    let mut line_start = true;
    for (index, part) in parts.iter().enumerate() {
        let text = match part {
            Part::Text { text, .. } => Some(text.as_str()),
            _ => None,
        };
        if line_start {
            line_start = false;
            match text {
                Some(text) => {
                    let indent = text.get(..text.len() - text.trim_start().len()).unwrap_or("");
                    if !(indent.len() == text.len() && text.ends_with('\n')) {
                        indented.push(index);
                        least = least.min(indent.graphemes(true).count());
                    }
                }
                None => least = 0,
            }
        }
        line_start |= text.is_some_and(|text| text.ends_with('\n'));
    }
    for index in indented {
        if let Some(Part::Text { text, .. }) = parts.get_mut(index) {
            let cut = text.graphemes(true).take(least).map(str::len).sum::<usize>();
            text.drain(..cut);
        }
    }
}

/// A directive whose end is not read yet, and the parts of its present branch.
struct Open {
    kind: OpenKind,
    parts: Vec<TemplatePart>,
}

enum OpenKind {
    Root,
    If {
        condition: Expr,
        span: Span,
        yes: Option<Vec<TemplatePart>>,
    },
    For {
        key_var: Option<Ident>,
        value_var: Ident,
        collection: Expr,
        span: Span,
    },
}

impl Open {
    fn new(kind: OpenKind) -> Self {
        Self {
            kind,
            parts: Vec::new(),
        }
    }

    /// The finished directive.
    fn close(self, end: Span) -> Option<TemplatePart> {
        let parts = self.parts.into_boxed_slice();
        Some(match self.kind {
            OpenKind::Root => return None,
            OpenKind::If { condition, span, yes } => {
                let (yes, no) = match yes {
                    Some(yes) => (yes.into_boxed_slice(), parts),
                    None => (parts, Box::default()),
                };
                TemplatePart::If {
                    condition,
                    yes,
                    no,
                    span: span.to(end),
                }
            }
            OpenKind::For {
                key_var,
                value_var,
                collection,
                span,
            } => TemplatePart::For {
                key_var,
                value_var,
                collection,
                body: parts,
                span: span.to(end),
            },
        })
    }

    /// Why an ending does not fit here, when it does not.
    fn refuses(&self, end: End) -> Option<&'static str> {
        match (&self.kind, end) {
            (OpenKind::If { yes: None, .. }, End::Else | End::If)
            | (OpenKind::If { .. }, End::If)
            | (OpenKind::For { .. }, End::For) => None,
            (OpenKind::Root, _) => Some("There is no directive that it could belong to."),
            (OpenKind::If { .. }, End::Else) => Some("The directive has an else already."),
            (OpenKind::If { .. }, End::For) => Some("An endif is expected for the directive that is open."),
            (OpenKind::For { .. }, _) => Some("An endfor is expected for the directive that is open."),
        }
    }

    fn span(&self) -> Option<Span> {
        match self.kind {
            OpenKind::Root => None,
            OpenKind::If { span, .. } | OpenKind::For { span, .. } => Some(span),
        }
    }
}

impl Parser<'_> {
    /// Puts the parts of each directive into it; `end` is the place of what ends the template.
    pub(super) fn nest(&mut self, parts: Vec<Part>, end: Span) -> Option<Vec<TemplatePart>> {
        let mut outer: Vec<Open> = Vec::new();
        let mut open = Open::new(OpenKind::Root);
        for part in melded(parts) {
            let kind = match part {
                Part::Text { text, span } => {
                    open.parts.push(TemplatePart::Literal(normalized(&text), span));
                    continue;
                }
                Part::Value(expr) => {
                    open.parts.push(TemplatePart::Interpolation(expr));
                    continue;
                }
                Part::End(end, span) => {
                    if let Some(reason) = open.refuses(end) {
                        return self.misplaced(end, span, reason, &open);
                    }
                    if let (OpenKind::If { yes, .. }, End::Else) = (&mut open.kind, end) {
                        *yes = Some(std::mem::take(&mut open.parts));
                    } else if let Some(around) = outer.pop() {
                        let directive = std::mem::replace(&mut open, around).close(span);
                        open.parts.extend(directive);
                    }
                    continue;
                }
                Part::If { condition, span } => OpenKind::If {
                    condition,
                    span,
                    yes: None,
                },
                Part::For {
                    key_var,
                    value_var,
                    collection,
                    span,
                } => OpenKind::For {
                    key_var,
                    value_var,
                    collection,
                    span,
                },
            };
            outer.push(std::mem::replace(&mut open, Open::new(kind)));
        }
        if let Some(span) = open.span() {
            let diag = Diag::error(BROKEN_TEXT, "Unexpected end of template")
                .detail("A directive is not closed before the end of the template.")
                .help("close it with %{ endif } or %{ endfor }")
                .related(span, "this directive is open");
            return self.fail(diag.at(end));
        }
        Some(open.parts)
    }

    fn misplaced<V>(&mut self, end: End, span: Span, reason: &str, open: &Open) -> Option<V> {
        let mut diag = Diag::error(BROKEN_TEXT, format!("Unexpected {} directive", end.name()))
            .detail(reason)
            .at(span);
        if let Some(span) = open.span() {
            diag = diag.related(span, "this directive is open");
        }
        self.fail(diag)
    }
}

/// Texts that follow each other become one.
fn melded(parts: Vec<Part>) -> Vec<Part> {
    let mut out: Vec<Part> = Vec::with_capacity(parts.len());
    for part in parts {
        if let Part::Text { text, span } = &part
            && let Some(Part::Text {
                text: before,
                span: place,
            }) = out.last_mut()
        {
            before.push_str(text);
            *place = place.to(*span);
            continue;
        }
        out.push(part);
    }
    out
}
