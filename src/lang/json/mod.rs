//! The JSON form of the language: text to a tree with the place of every value, and its values to expressions. Knows no
//! block type: what is a block and what an argument is decided in `config`.

mod expr;
mod place;
mod read;
mod scan;

pub use expr::{Lowering, ident};
pub use read::{MAX_DEPTH, read};

use crate::base::{Number, Span};

/// A JSON value with its place.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// From its first to its last byte.
    pub span: Span,
}

/// The forms of JSON values.
#[derive(Clone, Debug)]
pub enum NodeKind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number with all its digits.
    Number(Number),
    /// Text, unescaped.
    Text(Text),
    /// `[…]`
    Array(Vec<Node>),
    /// `{…}` in source order; names may repeat.
    Object(Vec<Property>),
    /// What could not be read, which was reported.
    Invalid,
}

/// One property of an object.
#[derive(Clone, Debug)]
pub struct Property {
    /// Its name.
    pub name: Text,
    /// Where the name stands, with its quotes.
    pub span: Span,
    /// Its value.
    pub value: Node,
}

/// Unescaped text that remembers where its escapes were, so that places in it are places in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// The text.
    pub value: String,
    /// Escapes in order.
    escapes: Vec<Escape>,
}

/// An escape: which bytes of the text it made, and from which bytes between the quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Escape {
    made_start: u32,
    made_end: u32,
    raw_start: u32,
    raw_end: u32,
}

impl Text {
    /// The place between the quotes of a place in the text.
    fn raw(&self, at: u32) -> u32 {
        let before = self.escapes.partition_point(|e| e.made_start < at);
        match before.checked_sub(1).and_then(|i| self.escapes.get(i)) {
            Some(escape) if at >= escape.made_end => escape.raw_end.saturating_add(at - escape.made_end),
            Some(escape) => escape.raw_start,
            None => at,
        }
    }
}

impl Node {
    /// Where it begins: the bracket of an array or object, else all of it.
    pub fn opening(&self) -> Span {
        match self.kind {
            NodeKind::Array(_) | NodeKind::Object(_) => first_byte(self.span),
            _ => self.span,
        }
    }

    /// The text, if it is text.
    pub fn as_text(&self) -> Option<&Text> {
        match &self.kind {
            NodeKind::Text(text) => Some(text),
            _ => None,
        }
    }
}

fn first_byte(span: Span) -> Span {
    Span {
        end: span.start.saturating_add(1).min(span.end.max(span.start)),
        ..span
    }
}

#[cfg(test)]
mod tests;
