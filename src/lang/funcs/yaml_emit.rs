//! Writes a value as YAML in the layout of Terraform's `yamlencode`: block collections, text in double quotes or,
//! with several lines, as a literal block. Never writes anchors.

use crate::base::{Kind, Value};
use std::fmt::Write;

/// Columns after which text in quotes is folded at the next space.
const WIDTH: usize = 80;
/// Longest key that stands on the line of its value, in bytes.
const SIMPLE_KEY_MAX: usize = 128;
const INDENT: usize = 2;

/// The YAML text of a known value.
pub(super) fn emit(value: &Value) -> String {
    let mut out = Emitter {
        text: String::new(),
        column: 0,
    };
    out.node(value, None, Place::Root);
    if out.column > 0 {
        out.put('\n');
    }
    // A plain scalar alone could go on in the next line, so its end is marked.
    if matches!(value.kind, Kind::Null(_) | Kind::Bool(_) | Kind::Number(_)) {
        out.text.push_str("...\n");
    }
    out.text
}

/// What stands before a node in its line.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Root,
    /// After `- `, `? ` or the `: ` of a key on a line of its own.
    Item,
    /// After `key:`.
    Value,
}

struct Emitter {
    text: String,
    column: usize,
}

impl Emitter {
    fn put(&mut self, c: char) {
        self.text.push(c);
        self.column = if c == '\n' { 0 } else { self.column + 1 };
    }

    fn write(&mut self, s: &str) {
        s.chars().for_each(|c| self.put(c));
    }

    /// Begins a line at an indent, unless one has just been begun by an outer collection.
    fn line(&mut self, indent: usize, inline: bool) {
        if inline {
            return;
        }
        if self.column > 0 {
            self.put('\n');
        }
        (0..indent).for_each(|_| self.put(' '));
    }

    fn space(&mut self, place: Place) {
        if place == Place::Value {
            self.put(' ');
        }
    }

    /// Writes a node; `indent` is that of the collection around it.
    fn node(&mut self, value: &Value, indent: Option<usize>, place: Place) {
        let deeper = indent.map_or(0, |i| i + INDENT);
        match &value.kind {
            Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => {
                if items.is_empty() {
                    self.space(place);
                    return self.write("[]");
                }
                // A list in a mapping is not indented.
                let own = if place == Place::Value {
                    indent.unwrap_or(0)
                } else {
                    deeper
                };
                for (i, item) in items.iter().enumerate() {
                    self.line(own, i == 0 && place != Place::Value);
                    self.write("- ");
                    self.node(item, Some(own), Place::Item);
                }
            }
            Kind::Map(_, entries) | Kind::Object(entries) => {
                if entries.is_empty() {
                    self.space(place);
                    return self.write("{}");
                }
                for (i, (key, item)) in entries.iter().enumerate() {
                    self.line(deeper, i == 0 && place != Place::Value);
                    self.entry(key, item, deeper);
                }
            }
            Kind::String(s) => {
                self.space(place);
                self.scalar(s, indent.map_or(INDENT, |i| i + INDENT));
            }
            Kind::Bool(b) => {
                self.space(place);
                self.write(if *b { "true" } else { "false" });
            }
            Kind::Number(n) => {
                self.space(place);
                let digits = n.to_json();
                self.write(
                    digits
                        .as_deref()
                        .unwrap_or(if n.is_negative() { "-Inf" } else { "+Inf" }),
                );
            }
            Kind::Null(_) | Kind::Unknown(_) => {
                self.space(place);
                self.write("null");
            }
        }
    }

    fn entry(&mut self, key: &str, item: &Value, indent: usize) {
        if key.len() <= SIMPLE_KEY_MAX && !key.contains('\n') {
            self.quoted(key, None);
            self.put(':');
            self.node(item, Some(indent), Place::Value);
        } else {
            self.write("? ");
            self.scalar(key, indent + INDENT);
            self.line(indent, false);
            self.write(": ");
            self.node(item, Some(indent), Place::Item);
        }
    }

    fn scalar(&mut self, s: &str, indent: usize) {
        let literal = s.contains('\n')
            && !s.contains(" \n")
            && !s.ends_with(' ')
            && s.chars().all(|c| c == '\n' || is_printable(c));
        if literal {
            self.literal(s, indent);
        } else {
            self.quoted(s, Some(indent));
        }
    }

    fn literal(&mut self, s: &str, indent: usize) {
        self.put('|');
        if s.starts_with([' ', '\n']) {
            self.write(&INDENT.to_string());
        }
        if !s.ends_with('\n') {
            self.put('-');
        } else if s == "\n" || s.ends_with("\n\n") {
            self.put('+');
        }
        self.put('\n');
        let mut at_start = true;
        for c in s.chars() {
            if c != '\n' && at_start {
                (0..indent).for_each(|_| self.put(' '));
            }
            self.put(c);
            at_start = c == '\n';
        }
    }

    /// In double quotes; folded to an indent where one is given.
    fn quoted(&mut self, s: &str, fold: Option<usize>) {
        self.put('"');
        let mut after_space = false;
        let mut chars = s.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            if c == ' ' {
                let next = chars.peek().map(|(_, c)| *c);
                match fold {
                    Some(indent) if !after_space && self.column > WIDTH && at > 0 && next.is_some() => {
                        self.line(indent, false);
                        if next == Some(' ') {
                            self.put('\\');
                        }
                    }
                    _ => self.put(' '),
                }
                after_space = true;
                continue;
            }
            after_space = false;
            if is_printable(c) && c != '"' && c != '\\' {
                self.put(c);
            } else {
                self.write(&escape(c));
            }
        }
        self.put('"');
    }
}

/// What libyaml counts as printable: no tabs, and nothing beyond the basic plane.
fn is_printable(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}

fn escape(c: char) -> String {
    let short = match c {
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '"' => '"',
        '\\' => '\\',
        '\u{85}' => 'N',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ => {
            let code = u32::from(c);
            let mut out = String::new();
            // Writing to a String cannot fail.
            let _ = match code {
                0..=0xff => write!(out, "\\x{code:02X}"),
                0x100..=0xffff => write!(out, "\\u{code:04X}"),
                _ => write!(out, "\\U{code:08X}"),
            };
            return out;
        }
    };
    format!("\\{short}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout_is_that_of_yamlencode() {
        let text = |s: &str| Value::string(s);
        let value = Value::object_of([
            (
                "a",
                Value::tuple(vec![Value::int(1), Value::object_of([("b", Value::int(2))])]),
            ),
            ("c", Value::object_of::<&str>([])),
            ("d", Value::tuple(vec![])),
            ("e", text("x\ny")),
            ("f", text("x\ny\n\n")),
            ("g", text("  x\ny")),
        ]);
        let want = "\"a\":\n- 1\n- \"b\": 2\n\"c\": {}\n\"d\": []\n\"e\": |-\n  x\n  y\n\"f\": |+\n  x\n  y\n\n\"g\": |2-\n    x\n  y\n";
        assert_eq!(emit(&value), want);
        assert_eq!(emit(&text("👍\t\u{7} é\u{2028}")), "\"\\U0001F44D\\t\\a é\\L\"\n");
        assert_eq!(emit(&text("a\n b \nc")), "\"a\\n b \\nc\"\n");
        assert_eq!(
            emit(&Value::object_of([("a\nb", Value::int(1))])),
            "? |-\n  a\n  b\n: 1\n"
        );
        let long = format!("{} {} {}", "a".repeat(50), "b".repeat(40), "c".repeat(9));
        let folded = format!("\"{} {}\n  {}\"\n", "a".repeat(50), "b".repeat(40), "c".repeat(9));
        assert_eq!(emit(&text(&long)), folded);
        let nested = Value::tuple(vec![
            Value::tuple(vec![Value::tuple(vec![Value::int(1)])]),
            Value::tuple(vec![]),
        ]);
        assert_eq!(emit(&nested), "- - - 1\n- []\n");
    }
}
