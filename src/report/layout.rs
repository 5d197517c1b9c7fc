//! Text on a line: what is safe to print, how wide it is, how it is quoted, cut and broken. Knows nothing of plans.

use super::style::Style;
use std::fmt::Write;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Whether a character may reach a terminal as it is. Control characters could steer it, and characters that turn the
/// direction of text could make it read as something else.
fn harmless(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

/// Text of one line; whatever could steer the terminal is written as an escape.
pub fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        push_clean(&mut out, c);
    }
    out
}

fn push_clean(out: &mut String, c: char) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if harmless(c) => out.push(c),
        c => {
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        }
    }
}

/// A line of a longer text: as [`clean`], but tabs become spaces, so that code stays readable.
pub fn clean_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => out.push_str("    "),
            c => push_clean(&mut out, c),
        }
    }
    out
}

/// Text in quotes, as configuration would have it.
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c => push_clean(&mut out, c),
        }
    }
    out.push('"');
    out
}

/// A key of a map: bare where it is a name, quoted otherwise.
pub fn key(text: &str) -> String {
    let mut chars = text.chars();
    let name = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if name { text.to_string() } else { quote(text) }
}

/// Columns that a text takes on the terminal.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text with spaces up to a width.
pub fn pad(text: &str, columns: usize) -> String {
    let mut out = text.to_string();
    out.extend(std::iter::repeat_n(' ', columns.saturating_sub(width(text))));
    out
}

/// The text, cut to a width with an ellipsis where it is longer.
pub fn cut(text: &str, columns: usize, style: &Style) -> String {
    if width(text) <= columns {
        return text.to_string();
    }
    let room = columns.saturating_sub(width(style.ellipsis()));
    let mut out = String::new();
    let mut used = 0;
    for piece in text.graphemes(true) {
        let w = width(piece);
        if used + w > room {
            break;
        }
        used += w;
        out.push_str(piece);
    }
    out.push_str(style.ellipsis());
    out
}

/// A text broken at spaces: the first line begins with `first`, all others with spaces of the same width. Words longer
/// than a line stand alone and are not broken, so that they can be copied.
pub fn wrap(first: &str, text: &str, columns: usize) -> String {
    let indent = width(first);
    let room = columns.saturating_sub(indent).max(24);
    let mut out = String::new();
    for (n, paragraph) in text.lines().enumerate() {
        let mut line = String::new();
        let mut lines = Vec::new();
        for word in paragraph.split_whitespace() {
            let word = clean(word);
            if !line.is_empty() && width(&line) + 1 + width(&word) > room {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&word);
        }
        lines.push(line);
        for (i, line) in lines.iter().enumerate() {
            if n == 0 && i == 0 {
                out.push_str(first);
            } else {
                out.extend(std::iter::repeat_n(' ', indent));
            }
            out.push_str(line);
            out.push('\n');
        }
    }
    if out.is_empty() {
        out.push_str(first.trim_end());
        out.push('\n');
    }
    out
}

/// `1 error`, `2 errors`, `2 entries`, `2 leaves`.
pub fn count(n: usize, one: &str) -> String {
    match (n, one.strip_suffix("entry"), one.strip_suffix("leaf")) {
        (1, _, _) => format!("1 {one}"),
        (_, Some(before), _) => format!("{n} {before}entries"),
        (_, _, Some(before)) => format!("{n} {before}leaves"),
        _ => format!("{n} {one}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_is_printed() {
        assert_eq!(
            clean("a\u{1b}[31mb\u{9b}c\u{202e}d\r"),
            "a\\u001b[31mb\\u009bc\\u202ed\\r"
        );
        assert_eq!(quote("say \"hi\"\n"), r#""say \"hi\"\n""#);
        assert_eq!(clean_line("\tx\u{7}"), "    x\\u0007");
    }

    #[test]
    fn cutting_counts_columns_and_keeps_clusters_whole() {
        let style = Style::default();
        assert_eq!(cut("数据交付", 8, &style), "数据交付");
        assert_eq!(cut("数据交付", 7, &style), "数据交…");
        assert_eq!(cut("e\u{301}abc", 3, &style), "e\u{301}a…");
        let ascii = Style {
            unicode: false,
            ..style
        };
        assert_eq!(cut("abcdef", 5, &ascii), "ab...");
    }

    #[test]
    fn wrapped_text_is_indented_like_its_first_line() {
        assert_eq!(
            wrap("  fix: ", "one two three four five six seven", 32),
            "  fix: one two three four five\n       six seven\n"
        );
        assert_eq!(wrap("x ", "", 32), "x\n");
    }
}
