//! The lines of a file that one diagnostic shows. Cuts a long line around its place, so that generated files stay readable, and
//! never looks at the rest of the file, so that many problems in a long file stay cheap.

use super::{boundary, printable, same_length};
use crate::base::{SourceMap, Span};
use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

/// Lines longer than this are cut.
const LINE_MAX: usize = 1000;
/// How much of a cut line stands before its place and after it begins.
const AROUND: usize = 60;

/// Part of a file, with the number of its first line.
#[derive(Debug)]
pub(super) struct Excerpt {
    name: String,
    text: String,
    /// Counted from zero, as the renderer does.
    first_line: usize,
    /// Where the main place is in the excerpt, and its line and column in the file.
    place: (usize, usize, usize),
    /// What was taken away before the text, in bytes; what was put there instead is taken off.
    skipped: usize,
    /// Whether it is one cut line, which shows the main place alone.
    pub(super) cut: bool,
}

impl Excerpt {
    /// The lines of a place and of others in the same file, with a line before and after.
    pub(super) fn of(span: Span, others: &[Span], sources: &SourceMap) -> Option<Excerpt> {
        let file = sources.file(span.file)?;
        let text = &*file.text;
        let at = |offset: u32| boundary(text, offset as usize);
        let all = || others.iter().chain([&span]);
        let first = all().map(|s| at(s.start)).min()?;
        let last = all().map(|s| at(s.end.max(s.start))).max()?;
        let begin = line_begin(text, line_begin(text, first).saturating_sub(1));
        let end = line_end(text, line_end(text, last).saturating_add(1));
        let start = at(span.start);
        let (line, column) = sources.line_column(span.file, span.start);
        let lines = text.get(begin..end)?;
        let mut excerpt = Excerpt {
            name: printable(&file.name),
            text: String::new(),
            first_line: 0,
            place: (0, line.saturating_sub(1), column.saturating_sub(1)),
            skipped: begin,
            cut: lines.lines().any(|l| l.len() > LINE_MAX),
        };
        if excerpt.cut {
            excerpt.cut_line(text, start);
        } else {
            excerpt.text = same_length(lines);
            excerpt.place.0 = start - begin;
            let above = text.get(begin..start)?.bytes().filter(|b| *b == b'\n').count();
            excerpt.first_line = excerpt.place.1.saturating_sub(above);
        }
        Some(excerpt)
    }

    fn cut_line(&mut self, text: &str, start: usize) {
        let (begin, end) = (line_begin(text, start), line_end(text, start));
        let from = boundary(text, begin.max(start.saturating_sub(AROUND)));
        let to = boundary(text, end.min(start.saturating_add(AROUND)));
        let sign = |cut| if cut { "..." } else { "" };
        let (before, after) = (sign(from > begin), sign(to < end));
        let part = text.get(from..to).unwrap_or_default();
        self.text = format!("{before}{}{after}", same_length(part));
        self.place.0 = start - from + before.len();
        self.first_line = self.place.1;
    }

    /// The range that a place of the file has in the excerpt.
    pub(super) fn range(&self, start: usize, end: usize) -> (usize, usize) {
        let length = end.saturating_sub(start);
        if self.cut {
            let at = self.place.0;
            let room = self.text.trim_end_matches("...").len().saturating_sub(at);
            return (at, length.min(room));
        }
        let at = start.saturating_sub(self.skipped).min(self.text.len());
        (at, length.min(self.text.len() - at))
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let found = self.text.as_bytes().read_span(span, before, after)?;
        let (offset, line, column) = self.place;
        let (line, column) = match before == 0 && span.offset() == offset {
            true => (line, column),
            false => (found.line().saturating_add(self.first_line), found.column()),
        };
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            found.data(),
            *found.span(),
            line,
            column,
            found.line_count(),
        )))
    }
}

/// Where the line of an offset begins.
fn line_begin(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().get(..offset).unwrap_or_default();
    before.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1)
}

/// Where the line of an offset ends, before its line break.
fn line_end(text: &str, offset: usize) -> usize {
    let after = text.as_bytes().get(offset..).unwrap_or_default();
    after
        .iter()
        .position(|b| *b == b'\n')
        .map_or(text.len(), |at| offset + at)
}
