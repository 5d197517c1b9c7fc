//! What must not be shown: marks parts of objects that a schema calls secret, and turns values into JSON in which
//! everything sensitive is null. Differs from Terraform's JSON, where sensitive values stand in clear beside their masks.

use crate::base::json::number_to_json;
use crate::base::{Kind, Marks, Str, Type, Value};
use crate::schema::BlockSchema;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// Marks that hide a value.
pub fn hidden(value: &Value) -> bool {
    value.marks.contains(Marks::SENSITIVE) || value.marks.contains(Marks::EPHEMERAL)
}

/// The object with every attribute that its schema calls secret marked sensitive.
pub fn mark_secrets(value: &Value, schema: &BlockSchema) -> Value {
    if !holds_secrets(schema) {
        return value.clone();
    }
    let Some(entries) = value.entries() else {
        return each(value, |v| mark_secrets(v, schema));
    };
    let mut out: BTreeMap<Str, Value> = BTreeMap::new();
    for (name, part) in entries {
        let part = if schema.attributes.get(name).is_some_and(|a| a.secret) {
            part.clone().sensitive()
        } else if let Some(nested) = schema.blocks.get(name) {
            mark_secrets(part, &nested.block)
        } else {
            part.clone()
        };
        out.insert(name.clone(), part);
    }
    Value::object(out).mark(value.marks)
}

fn holds_secrets(schema: &BlockSchema) -> bool {
    schema.attributes.values().any(|a| a.secret) || schema.blocks.values().any(|b| holds_secrets(&b.block))
}

/// The elements of a list or set each changed; other values as they are.
fn each(value: &Value, change: impl Fn(&Value) -> Value) -> Value {
    match &value.kind {
        Kind::List(t, items) => Value::list(t.clone(), items.iter().map(change).collect::<Vec<_>>()).mark(value.marks),
        Kind::Tuple(items) => Value::tuple(items.iter().map(change).collect::<Vec<_>>()).mark(value.marks),
        // The marks of elements move to the set, which then hides all of them: an element has no place of its own.
        Kind::Set(t, items) => Value::set(t.clone(), items.iter().map(change)).mark(value.marks),
        _ => value.clone(),
    }
}

/// JSON of the visible parts: what is sensitive is null, what is known only after apply is left out of objects and null
/// in arrays.
pub fn visible_json(value: &Value) -> Json {
    if hidden(value) {
        return Json::Null;
    }
    match &value.kind {
        Kind::Null(_) | Kind::Unknown(_) => Json::Null,
        Kind::Bool(b) => Json::Bool(*b),
        Kind::Number(n) => number_to_json(n),
        Kind::String(s) => Json::String(s.to_string()),
        Kind::List(_, v) | Kind::Set(_, v) | Kind::Tuple(v) => Json::Array(v.iter().map(visible_json).collect()),
        Kind::Map(_, m) | Kind::Object(m) => {
            let known = m.iter().filter(|(_, v)| was_known(v));
            Json::Object(known.map(|(k, v)| (k.to_string(), visible_json(v))).collect())
        }
    }
}

/// Whether the value, not looking inside, was known when the plan was made.
pub fn was_known(value: &Value) -> bool {
    value.is_known() || value.is_withheld()
}

/// Whether the value and all it holds was known when the plan was made.
pub fn was_wholly_known(value: &Value) -> bool {
    match &value.kind {
        Kind::Unknown(u) => u.withheld.is_some(),
        Kind::List(_, v) | Kind::Set(_, v) | Kind::Tuple(v) => v.iter().all(was_wholly_known),
        Kind::Map(_, m) | Kind::Object(m) => m.values().all(was_wholly_known),
        _ => true,
    }
}

/// The mask of what is sensitive: true at the value, and objects and arrays on the way to it.
pub fn sensitive_mask(value: &Value) -> Json {
    mask(value, &hidden)
}

/// The mask of what is known only after apply.
pub fn unknown_mask(value: &Value) -> Json {
    mask(value, &|v| !was_known(v))
}

fn mask(value: &Value, hit: &dyn Fn(&Value) -> bool) -> Json {
    if hit(value) {
        return Json::Bool(true);
    }
    match &value.kind {
        Kind::List(_, v) | Kind::Set(_, v) | Kind::Tuple(v) => Json::Array(v.iter().map(|v| mask(v, hit)).collect()),
        Kind::Map(_, m) | Kind::Object(m) => {
            let mut out = Map::new();
            for (k, v) in m.iter() {
                match mask(v, hit) {
                    Json::Bool(false) => {}
                    found => {
                        out.insert(k.to_string(), found);
                    }
                }
            }
            Json::Object(out)
        }
        // As in Terraform's documents, the form of the type is shown where the value is not known yet.
        Kind::Unknown(u) => match &u.ty {
            Type::List(_) | Type::Set(_) | Type::Tuple(_) => Json::Array(Vec::new()),
            Type::Map(_) | Type::Object(_) => Json::Object(Map::new()),
            _ => Json::Bool(false),
        },
        _ => Json::Bool(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object() -> Value {
        Value::object_of([
            ("plain", Value::string("a")),
            ("secret", Value::string("hunter2").sensitive()),
            ("later", Value::unknown(Type::String)),
            (
                "list",
                Value::tuple(vec![
                    Value::string("x"),
                    Value::string("hunter2").sensitive(),
                    Value::unknown(Type::String),
                ]),
            ),
        ])
    }

    #[test]
    fn sensitive_parts_are_null_and_masked() {
        assert_eq!(
            visible_json(&object()),
            json!({"plain": "a", "secret": null, "list": ["x", null, null]})
        );
        assert_eq!(
            sensitive_mask(&object()),
            json!({"secret": true, "list": [false, true, false]})
        );
        assert_eq!(
            unknown_mask(&object()),
            json!({"later": true, "list": [false, false, true]})
        );
        assert_eq!(sensitive_mask(&Value::null(Type::String)), json!(false));
    }
}
