//! Differences between what the state recorded and what the cloud has. Never decides what to do about them.

use super::propose::equal;
use crate::base::{AttrPath, PathStep, Value};
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

/// No block and an empty list of blocks are the same.
fn nothing(value: &Value) -> bool {
    value.is_null() || value.elements().is_some_and(<[Value]>::is_empty)
}
