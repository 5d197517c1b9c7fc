//! Differences of objects as lines: by attribute, element, key, line of text and leaf of JSON. Decides what is left out
//! because it did not change; never shows what is hidden.

use super::layout::{clean, clean_line, cut, key, quote, width};
use super::leaves::{ALIGNED_MAX, Aligned, Leaf, align, json_document, leaves, same};
use super::redact::{hidden, mark_secrets};
use super::style::{Paint, Style};
use crate::base::{AttrPath, Kind, Marks, PathStep, Str, Value};
use crate::schema::{Attribute, BlockSchema, NestedBlock, Nesting};
use similar::{ChangeTag, TextDiff};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Text of one line longer than this is cut, unless all is asked for.
const TEXT_MAX: usize = 400;

/// Columns by which the parts of a value are indented in a difference: room for the sign of each.
const STEP: usize = 4;

/// Paths in JSON are padded up to so many columns.
const PATH_MAX: usize = 40;

/// Columns of a value that is shown only to say what it was before something not known yet.
const BEFORE_MAX: usize = 60;

/// Unchanged lines shown around a change of a text.
const CONTEXT: usize = 3;

/// What a line says about its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It stays.
    Same,
    /// It is new.
    Add,
    /// It is gone.
    Remove,
    /// It is different.
    Change,
}

/// Collects the lines of a difference.
pub struct Differ<'a> {
    style: &'a Style,
    full: bool,
    /// Attributes that force a replacement.
    replace: &'a [AttrPath],
    out: String,
    /// Columns before everything.
    base: usize,
    /// Columns by which the parts of a value are indented.
    step: usize,
}

/// All attributes of an object that are set, indented, in the form of configuration.
pub fn whole_object(value: &Value, schema: Option<&BlockSchema>, style: &Style) -> String {
    let mut d = Differ::new(style, true, &[], 0);
    d.step = 2;
    let value = schema.map_or_else(|| value.clone(), |s| mark_secrets(value, s));
    d.object(0, schema, Some(&value), Some(&value), &AttrPath::default(), true);
    d.finish()
}

/// The difference of two objects, either of which may be missing, indented by `base` columns.
pub fn object_diff(
    schema: Option<&BlockSchema>,
    before: Option<&Value>,
    after: Option<&Value>,
    replace: &[AttrPath],
    full: bool,
    base: usize,
    style: &Style,
) -> String {
    let mut d = Differ::new(style, full, replace, base);
    let secret = |v: &Value| schema.map_or_else(|| v.clone(), |s| mark_secrets(v, s));
    let (before, after) = (before.map(secret), after.map(secret));
    d.object(0, schema, before.as_ref(), after.as_ref(), &AttrPath::default(), false);
    d.finish()
}

/// The difference of one named value.
pub fn value_diff(
    name: &str,
    before: Option<&Value>,
    after: Option<&Value>,
    full: bool,
    base: usize,
    style: &Style,
) -> String {
    let mut d = Differ::new(style, full, &[], base);
    d.entry(0, &format!("{name} = "), before, after, None);
    d.finish()
}

impl<'a> Differ<'a> {
    fn new(style: &'a Style, full: bool, replace: &'a [AttrPath], base: usize) -> Self {
        Differ {
            style,
            full,
            replace,
            out: String::new(),
            base,
            step: STEP,
        }
    }

    fn finish(self) -> String {
        self.out
    }

    fn line(&mut self, depth: usize, mark: Mark, text: &str, note: Option<&str>) {
        let (sign, paint) = match mark {
            Mark::Same => (" ", Paint::Plain),
            Mark::Add => ("+", Paint::Good),
            Mark::Remove => ("-", Paint::Bad),
            Mark::Change => ("~", Paint::Caution),
        };
        let mut line = " ".repeat(self.base + depth * self.step);
        line.push_str(&self.style.paint(paint, sign));
        line.push(' ');
        line.push_str(text);
        let end = line.trim_end().len();
        line.truncate(end);
        self.out.push_str(&line);
        if let Some(note) = note {
            let _ = write!(self.out, "  {}", self.style.paint(Paint::Bad, &format!("# {note}")));
        }
        self.out.push('\n');
    }

    fn hidden_count(&mut self, depth: usize, n: usize, what: &str) {
        if n > 0 {
            let what = super::layout::count(n, &format!("unchanged {what}"));
            let text = self.style.paint(Paint::Faint, &format!("# {what} hidden"));
            self.line(depth, Mark::Same, &text, None);
        }
    }

    /// Columns left for text at a depth.
    fn room(&self, depth: usize) -> usize {
        self.style.width.saturating_sub(self.base + depth * self.step + 2)
    }

    fn forces(&self, path: &AttrPath, inside: bool) -> Option<&'static str> {
        let hit = |r: &AttrPath| if inside { r.0.starts_with(&path.0) } else { r == path };
        self.replace.iter().any(hit).then_some("forces replacement")
    }

    /// The attributes and blocks of an object. `keep` shows unchanged ones too, whatever else was asked for.
    fn object(
        &mut self,
        depth: usize,
        schema: Option<&BlockSchema>,
        before: Option<&Value>,
        after: Option<&Value>,
        path: &AttrPath,
        keep: bool,
    ) {
        let parts = parts(schema, before, after, keep);
        let shown = |p: &Part<'_>| keep || self.full || !p.unchanged();
        let columns = parts
            .iter()
            .filter(|p| p.block.is_none() && shown(p))
            .map(|p| width(&key(p.name)))
            .max()
            .unwrap_or(0);
        let mut skipped = (0, 0);
        for part in &parts {
            let path = path.child(PathStep::Attr(part.name.into()));
            match part.block {
                _ if !(keep || self.full || !part.unchanged()) => match part.block {
                    None => skipped.0 += 1,
                    Some(_) => skipped.1 += 1,
                },
                Some(block) => self.blocks(depth, part, block, &path, keep),
                None => {
                    let label = format!("{} = ", super::layout::pad(&key(part.name), columns));
                    let note = self.forces(&path, true);
                    if part.unchanged() {
                        if let Some(value) = part.after {
                            self.whole(depth, Mark::Same, &label, value, note);
                        }
                    } else {
                        self.entry(depth, &label, part.before, part.after, note);
                    }
                }
            }
        }
        self.hidden_count(depth, skipped.0, "attribute");
        self.hidden_count(depth, skipped.1, "block");
    }

    fn blocks(&mut self, depth: usize, part: &Part<'_>, block: &NestedBlock, path: &AttrPath, keep: bool) {
        let name = key(part.name);
        if block.nesting == Nesting::Single {
            return self.block(depth, &name, block, (part.before, part.after), path, keep);
        }
        let whole_hidden = part.before.is_some_and(hidden) || part.after.is_some_and(hidden);
        let (x, y) = match (elements(part.before), elements(part.after)) {
            (Some(x), Some(y)) if !whole_hidden => (x, y),
            _ => {
                let note = self.forces(path, true);
                return self.entry(depth, &format!("{name} = "), part.before, part.after, note);
            }
        };
        let steps = match block.nesting {
            Nesting::Set => as_set(x, y),
            _ => align(x, y),
        };
        let label = |i: usize| match block.nesting {
            Nesting::List if x.len().max(y.len()) > 1 => format!("{name}[{i}]"),
            _ => name.clone(),
        };
        let mut skipped = 0;
        for step in steps {
            let (i, b, a) = match step {
                Aligned::Same(i) if keep || self.full => (i, x.get(i), x.get(i)),
                Aligned::Same(_) => {
                    skipped += 1;
                    continue;
                }
                Aligned::Changed(i, j) => (j, x.get(i), y.get(j)),
                Aligned::Removed(i) => (i, x.get(i), None),
                Aligned::Added(j) => (j, None, y.get(j)),
            };
            let path = path.child(PathStep::Index(i));
            self.block(depth, &label(i), block, (b, a), &path, keep);
        }
        self.hidden_count(depth, skipped, &format!("{name} block"));
    }

    fn block(
        &mut self,
        depth: usize,
        label: &str,
        block: &NestedBlock,
        (before, after): (Option<&Value>, Option<&Value>),
        path: &AttrPath,
        keep: bool,
    ) {
        let mark = match (before, after) {
            (None, _) => Mark::Add,
            (_, None) => Mark::Remove,
            (Some(b), Some(a)) if same(b, a) => Mark::Same,
            _ => Mark::Change,
        };
        let mut note = self.forces(path, false);
        if mark == Mark::Add || mark == Mark::Remove {
            note = note.or_else(|| self.forces(&parent(path), false));
        }
        let odd = |v: Option<&Value>| v.is_some_and(|v| hidden(v) || !v.is_known());
        if odd(before) || odd(after) {
            return self.entry(depth, &format!("{label} = "), before, after, note);
        }
        self.line(depth, mark, &format!("{label} {{"), note);
        self.object(depth + 1, Some(&block.block), before, after, path, keep);
        self.line(depth, Mark::Same, "}", None);
    }

    /// A value with its label: new, gone or different.
    fn entry(&mut self, depth: usize, label: &str, before: Option<&Value>, after: Option<&Value>, note: Option<&str>) {
        match (before, after) {
            (None, None) => {}
            (None, Some(a)) => self.whole(depth, Mark::Add, label, a, note),
            (Some(b), None) => self.whole(depth, Mark::Remove, label, b, note),
            (Some(b), Some(a)) => self.change(depth, label, b, a, note),
        }
    }

    fn change(&mut self, depth: usize, label: &str, before: &Value, after: &Value, note: Option<&str>) {
        if hidden(before) || hidden(after) {
            let ephemeral = !before.is_sensitive() && !after.is_sensitive();
            let word = if ephemeral { "ephemeral" } else { "sensitive" };
            let state = if !after.is_known() {
                ", known after apply"
            } else if same(before, after) {
                ""
            } else {
                ", changed"
            };
            return self.line(depth, Mark::Change, &format!("{label}({word}{state})"), note);
        }
        match (&before.kind, &after.kind) {
            (Kind::Map(_, x) | Kind::Object(x), Kind::Map(_, y) | Kind::Object(y)) => {
                self.line(depth, Mark::Change, &format!("{label}{{"), note);
                self.entries(depth + 1, x, y);
                self.line(depth, Mark::Same, "}", None);
            }
            (Kind::Set(_, x), Kind::Set(_, y)) => self.list(depth, label, x, y, as_set(x, y), note),
            (Kind::List(_, x) | Kind::Tuple(x), Kind::List(_, y) | Kind::Tuple(y)) => {
                self.list(depth, label, x, y, align(x, y), note);
            }
            (Kind::String(x), Kind::String(y)) => self.text(depth, label, x, y, note),
            _ => self.replaced(depth, label, before, after, note),
        }
    }

    /// `x → y`, on two lines where one is too short.
    fn replaced(&mut self, depth: usize, label: &str, before: &Value, after: &Value, note: Option<&str>) {
        let (mut x, y) = (self.inline(before), self.inline(after));
        let long = width(label) + width(&x) + width(&y) + 4 > self.room(depth);
        if !after.is_known() && !self.full {
            x = cut(&x, BEFORE_MAX, self.style);
        } else if after.is_known() && long && (composite(before) || composite(after)) {
            self.whole(depth, Mark::Remove, label, before, note);
            return self.whole(depth, Mark::Add, label, after, None);
        }
        self.arrow(depth, label, &x, &y, note);
    }

    fn arrow(&mut self, depth: usize, label: &str, x: &str, y: &str, note: Option<&str>) {
        let arrow = self.style.arrow();
        let one = format!("{label}{x} {arrow} {y}");
        let note_columns = note.map_or(0, |n| width(n) + 4);
        if width(&one) + note_columns <= self.room(depth) {
            return self.line(depth, Mark::Change, &one, note);
        }
        self.line(depth, Mark::Change, &format!("{label}{x}"), note);
        let indent = width(label).saturating_sub(width(arrow) + 1);
        self.line(depth, Mark::Same, &format!("{}{arrow} {y}", " ".repeat(indent)), None);
    }

    fn entries(&mut self, depth: usize, before: &BTreeMap<Str, Value>, after: &BTreeMap<Str, Value>) {
        let names: BTreeSet<&Str> = before.keys().chain(after.keys()).collect();
        let unchanged = |name: &Str| matches!((before.get(name), after.get(name)), (Some(b), Some(a)) if same(b, a));
        let shown: Vec<&&Str> = names.iter().filter(|n| self.full || !unchanged(n)).collect();
        let columns = shown.iter().map(|n| width(&key(n))).max().unwrap_or(0);
        for name in &shown {
            let label = format!("{} = ", super::layout::pad(&key(name), columns));
            match after.get(**name) {
                Some(value) if unchanged(name) => self.whole(depth, Mark::Same, &label, value, None),
                after => self.entry(depth, &label, before.get(**name), after, None),
            }
        }
        self.hidden_count(depth, names.len() - shown.len(), "entry");
    }

    fn list(&mut self, depth: usize, label: &str, x: &[Value], y: &[Value], steps: Vec<Aligned>, note: Option<&str>) {
        if let Some(line) = inline_list(x, y, &steps)
            && width(label) + width(&line) + note.map_or(0, |n| width(n) + 4) <= self.room(depth)
        {
            return self.line(depth, Mark::Change, &format!("{label}{line}"), note);
        }
        self.line(depth, Mark::Change, &format!("{label}["), note);
        let mut skipped = 0;
        for step in steps {
            if let Aligned::Same(i) = step
                && let Some(value) = x.get(i)
            {
                if self.full {
                    self.whole(depth + 1, Mark::Same, "", value, None);
                } else {
                    skipped += 1;
                }
                continue;
            }
            self.hidden_count(depth + 1, std::mem::take(&mut skipped), "element");
            match step {
                Aligned::Same(_) => {}
                Aligned::Changed(i, j) => self.entry(depth + 1, "", x.get(i), y.get(j), None),
                Aligned::Removed(i) => self.entry(depth + 1, "", x.get(i), None, None),
                Aligned::Added(j) => self.entry(depth + 1, "", None, y.get(j), None),
            }
        }
        self.hidden_count(depth + 1, skipped, "element");
        self.line(depth, Mark::Same, "]", None);
    }

    fn text(&mut self, depth: usize, label: &str, before: &str, after: &str, note: Option<&str>) {
        if let (Some(b), Some(a)) = (json_document(before), json_document(after)) {
            return self.json(depth, label, &b, &a, note);
        }
        if before.contains('\n') || after.contains('\n') {
            return self.lines(depth, label, before, after, note);
        }
        if self.full || (before.chars().count() <= TEXT_MAX && after.chars().count() <= TEXT_MAX) {
            return self.arrow(depth, label, &quote(before), &quote(after), note);
        }
        let (x, y) = around_difference(before, after, self.style);
        self.arrow(depth, label, &x, &y, note);
    }

    /// JSON kept as text, leaf by leaf.
    fn json(&mut self, depth: usize, label: &str, before: &Value, after: &Value, note: Option<&str>) {
        let found = leaves(before, after);
        let text = match found.changed.len() {
            0 => "JSON, only its layout changes".to_string(),
            n => format!(
                "JSON, {n} of {} differ",
                super::layout::count(found.total, "leaf").replace("leafs", "leaves")
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
                &format!("{} = ", super::layout::pad(&name(leaf), columns)),
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
    fn whole(&mut self, depth: usize, mark: Mark, label: &str, value: &Value, note: Option<&str>) {
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
                let label = format!("{} = ", super::layout::pad(&key(name), columns));
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
        if text.contains('\n') {
            self.line(depth, mark, &format!("{label}<<-EOT"), note);
            for part in text.split_inclusive('\n') {
                self.text_line(depth + 1, mark, part, false, !part.ends_with('\n'));
            }
            return self.line(depth, Mark::Same, "EOT", None);
        }
        let inline = self.inline(&Value::string(text));
        self.line(depth, mark, &format!("{label}{inline}"), note);
    }

    /// A value on one line.
    fn inline(&self, value: &Value) -> String {
        inline(value, self.full, self.style)
    }
}

/// A value on one line, with everything hidden that must be.
pub fn inline(value: &Value, full: bool, style: &Style) -> String {
    if value.is_sensitive() {
        return "(sensitive)".into();
    }
    if value.marks.contains(Marks::EPHEMERAL) {
        return "(ephemeral)".into();
    }
    match &value.kind {
        Kind::Null(_) => "null".into(),
        Kind::Unknown(_) => "(known after apply)".into(),
        Kind::Bool(b) => b.to_string(),
        Kind::Number(n) => n.to_string(),
        Kind::String(s) if full => quote(s),
        Kind::String(s) => match s.chars().count() {
            n if n > TEXT_MAX => format!("{} ({n} characters)", quote(&cut(&clean(s), TEXT_MAX, style))),
            _ => quote(s),
        },
        Kind::List(_, v) | Kind::Set(_, v) | Kind::Tuple(v) => {
            let items: Vec<String> = v.iter().map(|v| inline(v, full, style)).collect();
            format!("[{}]", items.join(", "))
        }
        Kind::Map(_, m) | Kind::Object(m) if m.is_empty() => "{}".into(),
        Kind::Map(_, m) | Kind::Object(m) => {
            let items: Vec<String> = m
                .iter()
                .map(|(k, v)| format!("{} = {}", key(k), inline(v, full, style)))
                .collect();
            format!("{{ {} }}", items.join(", "))
        }
    }
}

/// Whether it has parts.
fn composite(value: &Value) -> bool {
    value.entries().is_some_and(|m| !m.is_empty()) || value.elements().is_some_and(|v| !v.is_empty())
}

/// Whether nothing in it has parts of its own.
fn flat(value: &Value) -> bool {
    let simple =
        |v: &Value| v.entries().is_none() && v.elements().is_none() && !v.as_str().is_some_and(|s| s.contains('\n'));
    match (value.entries(), value.elements()) {
        (Some(m), _) => m.values().all(simple),
        (_, Some(v)) => v.iter().all(simple),
        _ => true,
    }
}

/// Elements of a list of blocks; none for a missing one, nothing for what is not a list.
fn elements(value: Option<&Value>) -> Option<&[Value]> {
    match value {
        None => Some(&[]),
        Some(v) => v.elements(),
    }
}

fn parent(path: &AttrPath) -> AttrPath {
    AttrPath(path.0.split_last().map(|(_, rest)| rest.to_vec()).unwrap_or_default())
}

/// Elements of sets have no order: what only one side has.
fn as_set(x: &[Value], y: &[Value]) -> Vec<Aligned> {
    let (left, right): (std::collections::HashSet<&Value>, std::collections::HashSet<&Value>) =
        (x.iter().collect(), y.iter().collect());
    let mut out: Vec<Aligned> = x
        .iter()
        .enumerate()
        .map(|(i, v)| {
            if right.contains(v) {
                Aligned::Same(i)
            } else {
                Aligned::Removed(i)
            }
        })
        .collect();
    let new = y.iter().enumerate().filter(|(_, v)| !left.contains(v));
    out.extend(new.map(|(j, _)| Aligned::Added(j)));
    out
}

/// `["id", "name", -"age", +"years"]`, for lists of short words, where signs can't be taken for a part of the value.
fn inline_list(x: &[Value], y: &[Value], steps: &[Aligned]) -> Option<String> {
    let word = |v: Option<&Value>| {
        let v = v.filter(|v| !hidden(v))?;
        v.as_str()
            .filter(|s| !s.contains('\n') && json_document(s).is_none())
            .map(quote)
    };
    let mut parts = Vec::with_capacity(steps.len());
    for step in steps {
        match *step {
            Aligned::Same(i) => parts.push(word(x.get(i))?),
            Aligned::Changed(i, j) => {
                parts.push(format!("-{}", word(x.get(i))?));
                parts.push(format!("+{}", word(y.get(j))?));
            }
            Aligned::Removed(i) => parts.push(format!("-{}", word(x.get(i))?)),
            Aligned::Added(j) => parts.push(format!("+{}", word(y.get(j))?)),
        }
    }
    Some(format!("[{}]", parts.join(", ")))
}

/// Two long texts, each cut to what stands around their first difference.
fn around_difference(before: &str, after: &str, style: &Style) -> (String, String) {
    let common = before.chars().zip(after.chars()).take_while(|(a, b)| a == b).count();
    let from = common.saturating_sub(TEXT_MAX / 4);
    let part = |text: &str| {
        let all = text.chars().count();
        let tail: String = text.chars().skip(from).collect();
        let lead = if from > 0 { style.ellipsis() } else { "" };
        let shown = quote(&cut(&clean(&tail), TEXT_MAX, style));
        format!("{lead}{shown} ({all} characters)")
    };
    (part(before), part(after))
}

/// One attribute or block of an object on both sides.
struct Part<'a> {
    name: &'a str,
    block: Option<&'a NestedBlock>,
    before: Option<&'a Value>,
    after: Option<&'a Value>,
}

impl Part<'_> {
    fn unchanged(&self) -> bool {
        matches!((self.before, self.after), (Some(b), Some(a)) if same(b, a))
    }
}

/// The parts that are set on either side, in the order of the schema, then what the schema does not know. Statuses that
/// change by themselves are left out unless all is kept.
fn parts<'a>(
    schema: Option<&'a BlockSchema>,
    before: Option<&'a Value>,
    after: Option<&'a Value>,
    keep: bool,
) -> Vec<Part<'a>> {
    let mut out = Vec::new();
    let set = |value: Option<&'a Value>, name: &str| value.and_then(|v| v.get(name)).filter(|v| !v.is_null());
    let mut add = |name: &'a str, block: Option<&'a NestedBlock>, attribute: Option<&'a Attribute>| {
        if attribute.is_some_and(|a| a.volatile && !keep) {
            return;
        }
        let no_blocks = |v: &&Value| block.is_some() && v.elements().is_some_and(<[Value]>::is_empty);
        let part = Part {
            name,
            block,
            before: set(before, name).filter(|v| !no_blocks(v)),
            after: set(after, name).filter(|v| !no_blocks(v)),
        };
        if part.before.is_some() || part.after.is_some() {
            out.push(part);
        }
    };
    if let Some(schema) = schema {
        schema.attributes.iter().for_each(|(name, a)| add(name, None, Some(a)));
        schema.blocks.iter().for_each(|(name, b)| add(name, Some(b), None));
    }
    let known = |name: &str| schema.is_some_and(|s| s.attributes.contains_key(name) || s.blocks.contains_key(name));
    let names = |value: Option<&'a Value>| value.and_then(Value::entries).into_iter().flat_map(|m| m.keys());
    let others: BTreeSet<&'a Str> = names(before).chain(names(after)).filter(|n| !known(n)).collect();
    others.into_iter().for_each(|name| add(name, None, None));
    out
}

#[cfg(test)]
mod tests;
