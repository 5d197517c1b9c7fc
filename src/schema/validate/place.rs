//! Where the parts of an object were written, so that a problem points at them. Decides nothing about values.

use crate::base::{SourceMap, Span};
use crate::lang::ast::{Block, Body, Expr, ExprKind, TemplatePart};
use crate::schema::model::Nesting;
use crate::schema::structure::dynamic_of;

/// Where one object was written.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// The body, where there is one of its own.
    pub(super) body: Option<&'a Body>,
    /// What a problem of the object as a whole points at.
    pub(super) header: Span,
}

impl<'a> Place<'a> {
    pub(super) fn of_body(body: &'a Body) -> Self {
        let header = Span {
            end: body.span.start,
            ..body.span
        };
        Place {
            body: Some(body),
            header,
        }
    }

    fn of_block(block: &'a Block) -> Self {
        match dynamic_of(block) {
            Some((_, content)) => Place {
                body: Some(&content.body),
                header: block.header,
            },
            None => Place {
                body: Some(&block.body),
                header: block.header,
            },
        }
    }

    /// The place of an attribute or of the first nested block of a type.
    pub(super) fn of(&self, name: &str) -> Place<'a> {
        let Some(body) = self.body else {
            return *self;
        };
        if let Some(expr) = body.expr(name) {
            return Place {
                body: None,
                header: expr.span,
            };
        }
        blocks(body, name).next().map_or(*self, Place::of_block)
    }

    /// The last place in nested blocks of a type where exactly a text is written, else that of the first block.
    pub(super) fn of_text(&self, name: &str, text: &str) -> Place<'a> {
        let written = |e: &Expr| matches!(&e.kind, ExprKind::Literal(v) if v.as_str() == Some(text));
        let found = self
            .body
            .into_iter()
            .flat_map(|body| body.blocks_of(name))
            .flat_map(|block| block.body.attributes.values())
            .filter(|a| written(&a.value))
            .last();
        match found {
            Some(attribute) => Place {
                body: None,
                header: attribute.value.span,
            },
            None => self.of(name),
        }
    }

    /// The place of the object at `index` of `count` made by nested blocks of a type.
    pub(super) fn nested(&self, name: &str, nesting: Nesting, index: usize, count: usize) -> Place<'a> {
        let Some(body) = self.body else {
            return *self;
        };
        // A set has lost the order of its blocks.
        if nesting == Nesting::Set && count > 1 {
            let all: Vec<&Block> = blocks(body, name).collect();
            return match all.as_slice() {
                [one] => Place::of_block(one),
                [first, ..] => Place {
                    body: None,
                    header: first.header,
                },
                [] => *self,
            };
        }
        let mut last = *self;
        for (i, block) in blocks(body, name).enumerate() {
            last = Place::of_block(block);
            // One dynamic block makes any number of objects.
            if i == index || dynamic_of(block).is_some() {
                break;
            }
        }
        last
    }
}

fn blocks<'a>(body: &'a Body, name: &str) -> impl Iterator<Item = &'a Block> {
    body.blocks
        .iter()
        .filter(move |b| &*b.kind.text == name || dynamic_of(b).is_some_and(|(kind, _)| kind == name))
}

/// The bytes of `needle` inside the literal text of an expression, best where it is the whole text; the whole expression
/// when it is not written there.
pub(super) fn inside(expr: &Expr, needle: &str, sources: &SourceMap) -> Span {
    if needle.is_empty() {
        return expr.span;
    }
    let whole = literal_with(expr, needle, true, sources);
    let found = whole.or_else(|| literal_with(expr, needle, false, sources));
    found.unwrap_or(expr.span)
}

/// The first literal text of an expression that holds `needle`, or is it.
fn literal_with(expr: &Expr, needle: &str, whole: bool, sources: &SourceMap) -> Option<Span> {
    let within = |inner: &Expr| literal_with(inner, needle, whole, sources);
    match &expr.kind {
        ExprKind::Literal(value) if whole => {
            let same = value.as_str() == Some(needle);
            same.then(|| find(expr.span, needle, sources)).flatten()
        }
        ExprKind::Literal(_) => find(expr.span, needle, sources),
        ExprKind::Parens(inner) | ExprKind::TemplateWrap(inner) => within(inner),
        ExprKind::Template(parts) if !whole => parts.iter().find_map(|part| match part {
            TemplatePart::Literal(_, span) => find(*span, needle, sources),
            _ => None,
        }),
        ExprKind::Tuple(items) => items.iter().find_map(within),
        ExprKind::Object(items) => items.iter().find_map(|(_, value)| within(value)),
        ExprKind::Call(call) => call.args.iter().find_map(within),
        _ => None,
    }
}

fn find(span: Span, needle: &str, sources: &SourceMap) -> Option<Span> {
    let text = sources.text(span);
    let mut places = text.match_indices(needle).map(|(at, _)| at);
    let ends_word = |at: &usize| {
        let after = text.get(at + needle.len()..).and_then(|t| t.chars().next());
        !after.is_some_and(|c| c.is_ascii_alphanumeric())
    };
    // `$D` is looked for as a word: in `$DD/$D` it is the second.
    let at = places.clone().find(ends_word).or_else(|| places.next())?;
    let start = span.start.checked_add(u32::try_from(at).ok()?)?;
    let end = start.checked_add(u32::try_from(needle.len()).ok()?)?;
    Some(Span {
        file: span.file,
        start,
        end,
    })
}
