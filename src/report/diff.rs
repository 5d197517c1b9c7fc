//! Differences of objects as lines: by attribute, element, key, line of text and leaf of JSON. Decides what is left out
//! because it did not change; never shows what is hidden.

mod parts;
mod text;

pub(super) use parts::inline;

use super::layout::{cut, key, width};
use super::leaves::{Aligned, align, json_document, name_key, same};
use super::redact::{hidden, mark_secrets, was_known};
use super::style::{Paint, Style};
use crate::base::{AttrPath, Kind, PathStep, Str, Value};
use crate::schema::{BlockSchema, NestedBlock, Nesting};
use parts::{Part, as_set, composite, elements, inline_list, parent, parts};
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
        let all = keep || self.full;
        let shown = |p: &Part<'_>| all || !p.unchanged() || p.remarked().is_some();
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
                _ if !shown(part) => match part.block {
                    None => skipped.0 += 1,
                    Some(_) => skipped.1 += 1,
                },
                Some(block) => self.blocks(depth, part, block, &path, keep),
                None => {
                    let label = format!("{} = ", super::layout::pad(&key(part.name), columns));
                    let note = self.forces(&path, true);
                    if let (Some(note), false) = (part.remarked(), keep) {
                        self.line(depth, Mark::Change, &format!("{label}(sensitive)"), Some(note));
                    } else if part.unchanged() {
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
            let state = if !was_known(after) {
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
                self.entries(depth + 1, x, y, None);
                self.line(depth, Mark::Same, "}", None);
            }
            (Kind::Set(_, x), Kind::Set(_, y)) => self.list(depth, label, x, y, as_set(x, y), note),
            (Kind::List(_, x) | Kind::Tuple(x), Kind::List(_, y) | Kind::Tuple(y)) => {
                self.list(depth, label, x, y, align(x, y), note);
            }
            (Kind::String(x), Kind::String(y)) => self.text(depth, label, x, y, note),
            _ => match documents(before, after) {
                Some((x, y)) => self.json(depth, label, &x, &y, note),
                None => self.replaced(depth, label, before, after, note),
            },
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

    /// The entries that differ. `keep` is shown too.
    fn entries(
        &mut self,
        depth: usize,
        before: &BTreeMap<Str, Value>,
        after: &BTreeMap<Str, Value>,
        keep: Option<&str>,
    ) {
        let names: BTreeSet<&Str> = before.keys().chain(after.keys()).collect();
        let unchanged = |name: &Str| matches!((before.get(name), after.get(name)), (Some(b), Some(a)) if same(b, a));
        let shown: Vec<&&Str> = names
            .iter()
            .filter(|n| self.full || !unchanged(n) || keep == Some(&***n))
            .collect();
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

    /// An element of a list that changed; of one that has a name, the name is shown.
    fn element(&mut self, depth: usize, before: Option<&Value>, after: Option<&Value>) {
        if let (Some(b), Some(a)) = (before, after)
            && let (Some(x), Some(y)) = (b.entries(), a.entries())
            && !hidden(b)
            && !hidden(a)
        {
            let name = name_key(b).filter(|key| name_key(a) == Some(key));
            self.line(depth, Mark::Change, "{", None);
            self.entries(depth + 1, x, y, name);
            return self.line(depth, Mark::Same, "}", None);
        }
        self.entry(depth, "", before, after, None);
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
                Aligned::Changed(i, j) => self.element(depth + 1, x.get(i), y.get(j)),
                Aligned::Removed(i) => self.entry(depth + 1, "", x.get(i), None, None),
                Aligned::Added(j) => self.entry(depth + 1, "", None, y.get(j), None),
            }
        }
        self.hidden_count(depth + 1, skipped, "element");
        self.line(depth, Mark::Same, "]", None);
    }

    /// A value on one line.
    fn inline(&self, value: &Value) -> String {
        inline(value, self.full, self.style)
    }
}

/// Two documents, one of them written as JSON text and the other spelled out.
fn documents(before: &Value, after: &Value) -> Option<(Value, Value)> {
    match (before.as_str(), after.as_str()) {
        (Some(text), None) if composite(after) => Some((json_document(text)?, after.clone())),
        (None, Some(text)) if composite(before) => Some((before.clone(), json_document(text)?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
