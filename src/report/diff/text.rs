//! Texts in a difference: JSON leaf by leaf, lines line by line, and values that are all new, all gone or all the same.

use super::super::layout::{clean, clean_line, key, pad, quote, width};
use super::super::leaves::{ALIGNED_MAX, Leaf, json_document, leaves};
use super::super::redact::hidden;
use super::super::style::Paint;
use super::parts::{around_difference, composite, flat};
use super::{CONTEXT, Differ, Mark, PATH_MAX, TEXT_MAX};
use crate::base::Value;
use similar::{ChangeTag, TextDiff};

impl Differ<'_> {
    pub(super) fn text(&mut self, depth: usize, label: &str, before: &str, after: &str, note: Option<&str>) {
        if let (Some(b), Some(a)) = (json_document(before), json_document(after)) {
            return self.json(depth, label, &b, &a, note);
        }
        if has_lines(before) || has_lines(after) {
            return self.lines(depth, label, before, after, note);
        }
        if self.full || (before.chars().count() <= TEXT_MAX && after.chars().count() <= TEXT_MAX) {
            return self.arrow(depth, label, &quote(before), &quote(after), note);
        }
        let (x, y) = around_difference(before, after, self.style);
        self.arrow(depth, label, &x, &y, note);
    }

    /// JSON kept as text, leaf by leaf.
    pub(super) fn json(&mut self, depth: usize, label: &str, before: &Value, after: &Value, note: Option<&str>) {
        let found = leaves(before, after);
        let text = match found.changed.len() {
            0 => "JSON, only its layout changes".to_string(),
            n => format!(
                "JSON, {n} of {} differ",
                super::super::layout::count(found.total, "leaf")
            ),
        };
        self.line(depth, Mark::Change, &format!("{label}{text}"), note);
        let name = |leaf: &Leaf| match leaf.path.as_str() {
            "" => "value".to_string(),
            path => clean(path),
        };
        let columns = found
            .changed
            .iter()
            .map(|l| width(&name(l)))
            .max()
            .unwrap_or(0)
            .min(PATH_MAX);
        for leaf in &found.changed {
            self.entry(
                depth + 1,
                &format!("{} = ", pad(&name(leaf), columns)),
                leaf.before.as_ref(),
                leaf.after.as_ref(),
                None,
            );
        }
    }

    /// Text of several lines, line by line.
    fn lines(&mut self, depth: usize, label: &str, before: &str, after: &str, note: Option<&str>) {
        let (x, y) = (before.lines().count(), after.lines().count());
        if x + y > ALIGNED_MAX {
            let text = format!("{label}(text of {x} lines) {} (text of {y} lines)", self.style.arrow());
            return self.line(depth, Mark::Change, &text, note);
        }
        self.line(depth, Mark::Change, &format!("{label}<<-EOT"), note);
        let diff = TextDiff::from_lines(before, after);
        let radius = if self.full { ALIGNED_MAX } else { CONTEXT };
        let mut next = 0;
        for group in diff.grouped_ops(radius) {
            let first = group.first().map_or(next, |op| op.old_range().start);
            self.hidden_count(depth + 1, first.saturating_sub(next), "line");
            for op in &group {
                for change in diff.iter_changes(op) {
                    let mark = match change.tag() {
                        ChangeTag::Equal => Mark::Same,
                        ChangeTag::Delete => Mark::Remove,
                        ChangeTag::Insert => Mark::Add,
                    };
                    let unfinished = change.missing_newline() && mark != Mark::Same;
                    self.text_line(depth + 1, mark, change.value(), mark != Mark::Same, unfinished);
                }
            }
            next = group.last().map_or(next, |op| op.old_range().end);
        }
        self.hidden_count(depth + 1, x.saturating_sub(next), "line");
        self.line(depth, Mark::Same, "EOT", None);
    }

    /// One line of a text. `exact` shows white space that would be invisible, because it may be all that differs.
    fn text_line(&mut self, depth: usize, mark: Mark, text: &str, exact: bool, unfinished: bool) {
        let paint = match mark {
            Mark::Add => Paint::Good,
            Mark::Remove => Paint::Bad,
            Mark::Same | Mark::Change => Paint::Plain,
        };
        let text = text.trim_end_matches('\n');
        let shown = if exact { clean(text) } else { clean_line(text) };
        let mut shown = self.style.paint(paint, shown.trim_end());
        if exact && text.ends_with(' ') {
            shown.push_str(&self.style.paint(Paint::Faint, "  # ends with a space"));
        }
        if unfinished {
            shown.push_str(&self.style.paint(Paint::Faint, "  # no line break at the end"));
        }
        self.line(depth, mark, &shown, None);
    }

    /// A value that is all new, all gone or all the same.
    pub(super) fn whole(&mut self, depth: usize, mark: Mark, label: &str, value: &Value, note: Option<&str>) {
        let inline = self.inline(value);
        if hidden(value) || !(composite(value) || value.as_str().is_some()) {
            return self.line(depth, mark, &format!("{label}{inline}"), note);
        }
        if let Some(text) = value.as_str() {
            return self.whole_text(depth, mark, label, text, note);
        }
        let fits = width(label) + width(&inline) <= self.room(depth).min(72);
        if fits && flat(value) {
            return self.line(depth, mark, &format!("{label}{inline}"), note);
        }
        let (open, close) = if value.entries().is_some() {
            ("{", "}")
        } else {
            ("[", "]")
        };
        self.line(depth, mark, &format!("{label}{open}"), note);
        self.contents(depth + 1, mark, value);
        self.line(depth, Mark::Same, close, None);
    }

    fn contents(&mut self, depth: usize, mark: Mark, value: &Value) {
        if let Some(entries) = value.entries() {
            let columns = entries.keys().map(|k| width(&key(k))).max().unwrap_or(0);
            for (name, part) in entries {
                let label = format!("{} = ", pad(&key(name), columns));
                self.whole(depth, mark, &label, part, None);
            }
        }
        for part in value.elements().unwrap_or_default() {
            self.whole(depth, mark, "", part, None);
            self.comma();
        }
    }

    /// A comma after an element; a heredoc ends with its word alone.
    fn comma(&mut self) {
        if self.out.ends_with('\n') && !self.out.ends_with(" EOT\n") {
            self.out.pop();
            self.out.push_str(",\n");
        }
    }

    fn whole_text(&mut self, depth: usize, mark: Mark, label: &str, text: &str, note: Option<&str>) {
        if let Some(document) = json_document(text) {
            let inline = self.inline(&document);
            if flat(&document) && width(label) + width(&inline) + 12 <= self.room(depth).min(72) {
                return self.line(depth, mark, &format!("{label}jsonencode({inline})"), note);
            }
            let (open, close) = if document.entries().is_some() {
                ("{", "}")
            } else {
                ("[", "]")
            };
            self.line(depth, mark, &format!("{label}jsonencode({open}"), note);
            self.contents(depth + 1, mark, &document);
            return self.line(depth, Mark::Same, &format!("{close})"), None);
        }
        if has_lines(text) {
            self.line(depth, mark, &format!("{label}<<-EOT"), note);
            for part in text.split_inclusive('\n') {
                self.text_line(depth + 1, mark, part, false, !part.ends_with('\n'));
            }
            return self.line(depth, Mark::Same, "EOT", None);
        }
        let inline = self.inline(&Value::string(text));
        self.line(depth, mark, &format!("{label}{inline}"), note);
    }
}

/// Whether a text is shown line by line. One of white space alone, such as a delimiter, would be invisible that way.
fn has_lines(text: &str) -> bool {
    text.contains('\n') && !text.trim().is_empty()
}
