//! Source files and places in them. Decides how bytes map to lines and columns; never reads a file.

use std::sync::{Arc, OnceLock};
use unicode_segmentation::UnicodeSegmentation;

/// Index of a file in a [`SourceMap`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// A range of bytes in one file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The first so many bytes of it.
    pub fn first_bytes(self, bytes: usize) -> Span {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        Span {
            end: self.end.min(self.start.saturating_add(bytes)),
            ..self
        }
    }

    /// Whether all of another span lies in it.
    pub fn contains(self, other: Span) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }

    /// Whether they have a byte in common.
    pub fn overlaps(self, other: Span) -> bool {
        self.file == other.file && self.start < other.end && other.start < self.end
    }

    /// The smallest span that holds both; `other` must be of the same file.
    pub fn to(self, other: Span) -> Span {
        Span {
            file: self.file,
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }
}

/// One file of configuration with its text.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Name as shown to the user, relative to where the command runs.
    pub name: String,
    /// The whole text.
    pub text: Arc<str>,
    /// Where each line begins; made when a place is first asked for.
    lines: OnceLock<Box<[u32]>>,
}

impl SourceFile {
    fn lines(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let breaks = self.text.bytes().enumerate().filter(|(_, b)| *b == b'\n');
            let starts = breaks.map(|(i, _)| u32::try_from(i + 1).unwrap_or(u32::MAX));
            std::iter::once(0).chain(starts).collect()
        })
    }
}

/// All files that were read, so that a [`Span`] can be shown.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    /// Adds a file and returns its id.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<Arc<str>>) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(SourceFile {
            name: name.into(),
            text: text.into(),
            lines: OnceLock::new(),
        });
        id
    }

    /// The file of an id made by this map.
    pub fn file(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// All files in the order in which they were added.
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// One-based line and column of a byte offset. A column is what a reader sees as one character, such as a letter with its
    /// accents.
    pub fn line_column(&self, file: FileId, offset: u32) -> (usize, usize) {
        let Some(source) = self.file(file) else {
            return (1, 1);
        };
        let text = source.text.as_bytes();
        let offset = (offset as usize).min(text.len());
        let lines = source.lines();
        let line = lines.partition_point(|start| *start as usize <= offset);
        let start = line.checked_sub(1).map_or(0, |i| lines[i] as usize);
        let before = String::from_utf8_lossy(&text[start..offset]);
        let column = before.graphemes(true).count() + 1;
        (line, column)
    }

    /// `file:line` of the start of a span, as reasons and headings show it.
    pub fn place(&self, span: Span) -> String {
        let name = self.file(span.file).map_or("?", |f| f.name.as_str());
        format!("{name}:{}", self.line_column(span.file, span.start).0)
    }

    /// The text of a span; empty when it does not lie in the file.
    pub fn text(&self, span: Span) -> &str {
        self.file(span.file)
            .and_then(|f| f.text.get(span.start as usize..span.end as usize))
            .unwrap_or("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let mut sources = SourceMap::default();
        let file = sources.add("a.tf", "ä = 1\nb = 2\n");
        for (offset, place) in [
            (0, (1, 1)),
            (2, (1, 2)),
            (7, (2, 1)),
            (9, (2, 3)),
            (13, (3, 1)),
            (99, (3, 1)),
        ] {
            assert_eq!(sources.line_column(file, offset), place, "offset {offset}");
        }
    }
}
