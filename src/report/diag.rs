//! Diagnostics as text for people: one block each with its place in the source, then a line that counts them. Decides
//! form only; the words are those of the diagnostics.

use super::layout::count;
use super::style::{Paint, Style};
use crate::base::{Diag, Diags, Severity, SourceMap, Span};
use excerpt::Excerpt;
use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode, ThemeCharacters, ThemeStyles,
};
use std::fmt;

mod excerpt;

/// Narrower than this nothing can be read.
const WIDTH_MIN: usize = 40;

/// The text of all diagnostics in the order of their places, equal ones once, with a line that counts them. Empty when
/// there is none.
pub fn render_diags(diags: &Diags, sources: &SourceMap, style: &Style) -> String {
    let diags = &diags.clone().sorted();
    let mut out = String::new();
    for diag in diags {
        out.push_str(&render_diag(diag, sources, style));
        out.push('\n');
    }
    if !diags.is_empty() {
        out.push_str(&counts(diags, style));
        out.push('\n');
    }
    out
}

/// The text of one diagnostic.
pub fn render_diag(diag: &Diag, sources: &SourceMap, style: &Style) -> String {
    let mut out = String::new();
    let report = Report::new(diag, sources);
    let footer = diag.address.as_ref().map(|a| format!("in {}", printable(a)));
    render(&report, footer, style, &mut out);
    let own_file = diag.span.map(|s| s.file).filter(|_| !report.is_cut());
    for (span, text) in &diag.related {
        if Some(span.file) != own_file {
            let report = Report::elsewhere(*span, text, sources);
            out.push('\n');
            render(&report, None, style, &mut out);
        }
    }
    out
}

fn render(report: &Report, footer: Option<String>, style: &Style, out: &mut String) {
    let mut handler = GraphicalReportHandler::new_themed(theme(style))
        .with_width(style.width.max(WIDTH_MIN))
        .with_links(false)
        .with_urls(false)
        .without_syntax_highlighting()
        .with_break_words(false);
    if let Some(footer) = footer {
        handler = handler.with_footer(footer);
    }
    // Writing into a string can't fail; should the renderer give up all the same, the summary is still said.
    if handler.render_report(out, report).is_err() {
        out.push_str(&report.to_string());
        out.push('\n');
    }
}

fn theme(style: &Style) -> GraphicalTheme {
    let mut characters = if style.unicode {
        ThemeCharacters::unicode()
    } else {
        ThemeCharacters::ascii()
    };
    if !style.unicode {
        characters.error = "x".into();
        characters.warning = "!".into();
        characters.advice = "i".into();
    }
    GraphicalTheme {
        characters,
        styles: if style.color {
            ThemeStyles::ansi()
        } else {
            ThemeStyles::none()
        },
    }
}

/// `2 errors, 1 warning`
pub fn counts(diags: &Diags, style: &Style) -> String {
    let of = |severity| diags.iter().filter(|d| d.severity == severity).count();
    let mut parts = Vec::new();
    for (severity, one, paint) in [
        (Severity::Error, "error", Paint::Bad),
        (Severity::Warning, "warning", Paint::Caution),
        (Severity::Info, "note", Paint::Note),
    ] {
        let n = of(severity);
        if n > 0 {
            parts.push(style.paint(paint, &count(n, one)));
        }
    }
    parts.join(", ")
}

/// A diagnostic as the renderer wants it.
#[derive(Debug)]
struct Report {
    severity: Severity,
    code: Option<String>,
    summary: String,
    detail: Option<Detail>,
    help: Option<String>,
    source: Option<Excerpt>,
    labels: Vec<LabeledSpan>,
}

/// The reason, shown below the summary.
#[derive(Debug)]
struct Detail(String);

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Detail {}

impl Report {
    fn new(diag: &Diag, sources: &SourceMap) -> Report {
        let word = match diag.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "note",
        };
        let mut report = Report {
            severity: diag.severity,
            code: Some(format!("{word}[{}]", diag.code)),
            summary: printable(&diag.summary),
            detail: diag.detail.as_deref().map(|d| Detail(printable(d))),
            help: diag.help.as_deref().map(printable),
            source: None,
            labels: Vec::new(),
        };
        if let Some(span) = diag.span {
            let here = || diag.related.iter().filter(|(s, _)| s.file == span.file);
            let others: Vec<Span> = here().map(|(s, _)| first_line(*s, sources)).collect();
            report.source = Excerpt::of(first_line(span, sources), &others, sources);
            report.point_at(span, diag.label.as_deref(), true, sources);
            for (other, text) in here().filter(|_| !report.is_cut()).collect::<Vec<_>>() {
                report.point_at(*other, Some(text), false, sources);
            }
        }
        report
    }

    /// A related place in another file than the diagnostic itself.
    fn elsewhere(span: Span, text: &str, sources: &SourceMap) -> Report {
        let mut report = Report {
            severity: Severity::Info,
            code: None,
            summary: printable(text),
            detail: None,
            help: None,
            source: None,
            labels: Vec::new(),
        };
        report.source = Excerpt::of(first_line(span, sources), &[], sources);
        report.point_at(span, None, true, sources);
        report
    }

    /// Whether only part of a line is shown, so that other places have to be shown by themselves.
    fn is_cut(&self) -> bool {
        self.source.as_ref().is_some_and(|s| s.cut)
    }

    fn point_at(&mut self, span: Span, label: Option<&str>, primary: bool, sources: &SourceMap) {
        let Some(excerpt) = &self.source else {
            return;
        };
        let span = first_line(span, sources);
        let text = sources.file(span.file).map_or("", |f| &*f.text);
        let start = boundary(text, span.start as usize);
        let end = boundary(text, span.end as usize).max(start);
        let range = excerpt.range(start, end);
        let label = label.map(printable);
        self.labels.push(if primary {
            LabeledSpan::new_primary_with_span(label, range)
        } else {
            LabeledSpan::new_with_span(label, range)
        });
    }
}

/// The nearest character boundary at or before an offset, in the text.
fn boundary(text: &str, offset: usize) -> usize {
    let mut at = offset.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// A span of many lines is shown by its first line: the rest pushes what matters off the screen.
fn first_line(span: Span, sources: &SourceMap) -> Span {
    let text = sources.text(span);
    match text.bytes().filter(|b| *b == b'\n').count() {
        0..=3 => span,
        _ => span.first_bytes(text.find('\n').unwrap_or(text.len())),
    }
}

/// The text with everything that could steer the terminal replaced, byte for byte, so that spans stay right.
fn same_length(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c == '\r' {
            // The first half of a line break, or a way back to the beginning of the line.
            out.push(' ');
        } else if matches!(c, '\n' | '\t') || super::layout::clean(c.encode_utf8(&mut [0; 4])).chars().eq([c]) {
            out.push(c);
        } else {
            out.extend(std::iter::repeat_n('?', c.len_utf8()));
        }
    }
    out
}

/// Words of a message with what could steer the terminal taken out; line breaks stay.
fn printable(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(super::layout::clean_line).collect();
    lines.join("\n")
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.summary)
    }
}

impl std::error::Error for Report {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.detail.as_ref().map(|d| d as _)
    }
}

impl Diagnostic for Report {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code.as_ref().map(|c| Box::new(c) as _)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Info => miette::Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|h| Box::new(h) as _)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|s| s as _)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        if self.labels.is_empty() {
            return None;
        }
        Some(Box::new(self.labels.iter().cloned()))
    }
}

#[cfg(test)]
mod tests;
