//! Differences between what the state recorded and what the cloud has. Never decides what to do about them.

use super::propose::equal;
use crate::base::{AttrPath, PathStep, Value};
use crate::schema::NestedBlock;
use crate::schema::{BlockSchema, equal_in_meaning};

/// Paths of the attributes that differ in meaning, status fields left out.
pub fn differences(schema: &BlockSchema, recorded: &Value, found: &Value) -> Vec<AttrPath> {
    let mut out = Vec::new();
    block(schema, recorded, found, &AttrPath::default(), &mut out);
    out
}

fn block(schema: &BlockSchema, recorded: &Value, found: &Value, path: &AttrPath, out: &mut Vec<AttrPath>) {
    for (name, attribute) in &schema.attributes {
        if attribute.volatile || attribute.secret {
            continue;
        }
        let (Some(a), Some(b)) = (recorded.get(name), found.get(name)) else {
            continue;
        };
        if !equal(a, b) && !equal_in_meaning(attribute, a, b) {
            out.push(path.child(PathStep::Attr(name.clone())));
        }
    }
    for (name, nested) in &schema.blocks {
        let (Some(a), Some(b)) = (recorded.get(name), found.get(name)) else {
            continue;
        };
        let path = path.child(PathStep::Attr(name.clone()));
        if nothing(a) && nothing(b) {
            continue;
        }
        match (a.elements(), b.elements()) {
            (Some(x), Some(y)) if x.len() == y.len() => {
                for (i, (x, y)) in x.iter().zip(y).enumerate() {
                    block(&nested.block, x, y, &path.child(PathStep::Index(i)), out);
                }
            }
            (None, None) if a.entries().is_some() && b.entries().is_some() => block(&nested.block, a, b, &path, out),
            _ if equal(a, b) => {}
            _ => out.push(path),
        }
    }
}

/// Attributes that have a value in the state and that the cloud does not say, each with the reason.
pub fn unread(schema: &BlockSchema, recorded: &Value) -> Vec<(AttrPath, String)> {
    let mut out = Vec::new();
    unread_block(schema, recorded, &AttrPath::default(), &mut out);
    out
}

fn unread_block(schema: &BlockSchema, recorded: &Value, path: &AttrPath, out: &mut Vec<(AttrPath, String)>) {
    for (name, attribute) in &schema.attributes {
        let why = match &attribute.unread {
            Some(why) => why.as_str(),
            None if attribute.secret => "a secret is written and never read back",
            None => continue,
        };
        if recorded.get(name).is_some_and(|v| !v.is_null()) {
            out.push((path.child(PathStep::Attr(name.clone())), why.to_string()));
        }
    }
    for (name, nested) in schema.blocks.iter().filter(|(_, b)| has_unread(b)) {
        let path = path.child(PathStep::Attr(name.clone()));
        match recorded.get(name) {
            Some(value) if value.entries().is_some() => unread_block(&nested.block, value, &path, out),
            Some(value) => {
                for (i, item) in value.elements().unwrap_or(&[]).iter().enumerate() {
                    unread_block(&nested.block, item, &path.child(PathStep::Index(i)), out);
                }
            }
            None => {}
        }
    }
}

fn has_unread(nested: &NestedBlock) -> bool {
    let own = nested.block.attributes.values().any(|a| a.secret || a.unread.is_some());
    own || nested.block.blocks.values().any(has_unread)
}

/// No block and an empty list of blocks are the same.
fn nothing(value: &Value) -> bool {
    value.is_null() || value.elements().is_some_and(<[Value]>::is_empty)
}
