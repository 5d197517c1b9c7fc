//! Objects as the journal has them: what a step meant, made comparable with what was found. Decides that parts which were
//! known only after apply say nothing; compares nothing itself.

use crate::base::json::from_typed_json;
use crate::base::{Kind, Str, Value};
use crate::engine::fill::fill;
use crate::schema::{BlockSchema, Mode, ResourceSchema};
use std::collections::BTreeMap;

/// An object of the journal.
pub(super) fn object(text: &str, schema: &ResourceSchema) -> Option<Value> {
    let json = serde_json::from_str(text).ok()?;
    from_typed_json(&json, &schema.block.object_type()).ok()
}

/// What was meant, with the parts that it left to the cloud as they were found.
pub(super) fn meant(text: Option<&str>, schema: &ResourceSchema, found: &Value) -> Option<Value> {
    let meant = object(text?, schema)?;
    Some(fill(&opened(&meant, &schema.block), found))
}

/// An object without marks, as the cloud gave it.
pub(super) fn made_of(found: Value) -> Value {
    found.unmark_deep().0
}

/// In the journal, parts known only after apply are null; here they are unknown again.
fn opened(value: &Value, schema: &BlockSchema) -> Value {
    let Some(entries) = value.entries() else {
        return value.clone();
    };
    let part = |(name, part): (&Str, &Value)| {
        let left_to_cloud = |mode| matches!(mode, Mode::Computed | Mode::OptionalComputed);
        let part = match (schema.attributes.get(name), schema.blocks.get(name)) {
            (Some(a), _) if part.is_null() && left_to_cloud(a.mode) => Value::unknown(part.ty()),
            (_, Some(nested)) => each(part, &nested.block),
            _ => part.clone(),
        };
        (name.clone(), part)
    };
    let entries: BTreeMap<Str, Value> = entries.iter().map(part).collect();
    Value::object(entries)
}

/// A nested block, or a list of them; the blocks of a set have no places by which they could be filled.
fn each(value: &Value, schema: &BlockSchema) -> Value {
    match &value.kind {
        Kind::List(ty, items) => {
            let items: Vec<Value> = items.iter().map(|item| opened(item, schema)).collect();
            Value::list(ty.clone(), items)
        }
        Kind::Object(_) => opened(value, schema),
        _ => value.clone(),
    }
}
