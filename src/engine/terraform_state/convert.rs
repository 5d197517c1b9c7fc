//! Attributes of the vendors' providers as objects of our schemas. Names agree mostly; forms differ: those providers keep a
//! single block as a list of one, and an absent text as an empty one. What does not fit is left out, because the next plan reads
//! it from the cloud; only what names the object has to be there.

use super::file::FileStep;
use crate::base::json::{from_typed_json, to_typed_json};
use crate::base::{AttrPath, PathStep, Str, Type, Value};
use crate::engine::import::with_local_defaults;
use crate::engine::rows::sensitive_paths;
use crate::schema::secrets::{self, Seal};
use crate::schema::{Attribute, BlockSchema, Mode, NestedBlock, Nesting, ResourceSchema};
use serde_json::{Map, Value as Json};

/// An object in our form.
pub(super) struct Object {
    /// JSON text, as rows have it.
    pub(super) attributes: String,
    /// Paths of its secrets.
    pub(super) secrets: Vec<AttrPath>,
    /// Paths of what was left out.
    pub(super) dropped: Vec<String>,
}

/// Converts an object; its secrets become fingerprints.
pub(super) fn object(schema: &ResourceSchema, given: &Map<String, Json>, seal: Seal<'_>) -> Result<Object, String> {
    let mut dropped = Vec::new();
    let mut json = block(&schema.block, given, "", &mut dropped);
    named(schema, given, &mut json)?;
    let ty = schema.block.object_type();
    let value = from_typed_json(&Json::Object(json), &ty).map_err(|e| format!("its attributes do not fit: {e}"))?;
    let value = match schema.local {
        true => value,
        false => with_local_defaults(schema, value),
    };
    let sealed: Value = secrets::sealed(&schema.block, &value, Some(seal));
    let mut secrets = Vec::new();
    sensitive_paths(&sealed, &mut Vec::new(), &mut secrets);
    Ok(Object {
        secrets,
        attributes: to_typed_json(&sealed, &ty).to_string(),
        dropped,
    })
}

/// What names the object in the cloud has to be known. Where it is one attribute, the id says it too.
fn named(schema: &ResourceSchema, given: &Map<String, Json>, json: &mut Map<String, Json>) -> Result<(), String> {
    if schema.local {
        return Ok(());
    }
    for name in &schema.identity {
        let missing = json.get(&**name).is_none_or(Json::is_null);
        if !missing {
            continue;
        }
        let id = given.get("id").and_then(Json::as_str).filter(|id| !id.is_empty());
        let required = schema
            .block
            .attributes
            .get(name)
            .is_some_and(|a| a.mode == Mode::Required);
        match id {
            Some(id) if schema.identity.len() == 1 => {
                json.insert(name.to_string(), id.into());
            }
            // The provider configuration may say it, as it does of a region.
            _ if !required => {}
            _ => return Err(format!("its attribute {name}, by which it is found, is missing")),
        }
    }
    Ok(())
}

fn block(schema: &BlockSchema, given: &Map<String, Json>, path: &str, dropped: &mut Vec<String>) -> Map<String, Json> {
    let mut out = Map::new();
    for (name, json) in given {
        let at = format!("{path}{name}");
        if let Some((ours, attribute)) = attribute_of(schema, name, given) {
            match attribute_json(json, attribute) {
                Some(json) => {
                    out.insert(ours.to_string(), json);
                }
                None => dropped.push(at),
            }
        } else if let Some((ours, nested)) = block_of(schema, name, given) {
            match nested_json(nested, json, &at, dropped) {
                Some(json) => {
                    out.insert(ours.to_string(), json);
                }
                None => dropped.push(at),
            }
        } else if !is_empty(json) {
            dropped.push(at);
        }
    }
    // A list that the schema has is empty, not null, where there are no blocks.
    for (name, nested) in &schema.blocks {
        if nested.nesting != Nesting::Single && out.get(&**name).is_none_or(Json::is_null) {
            out.insert(name.to_string(), Json::Array(Vec::new()));
        }
    }
    out
}

/// What says nothing, so that nobody misses it.
fn is_empty(json: &Json) -> bool {
    match json {
        Json::Null => true,
        Json::String(text) => text.is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::Object(entries) => entries.values().all(is_empty),
        Json::Bool(b) => !b,
        Json::Number(n) => n.as_f64() == Some(0.0),
    }
}

/// The attribute of a name, or of a name that other vocabularies have for it, unless the object has that one too.
fn attribute_of<'s>(
    schema: &'s BlockSchema,
    name: &str,
    given: &Map<String, Json>,
) -> Option<(&'s Str, &'s Attribute)> {
    if let Some((ours, attribute)) = schema.attributes.get_key_value(name) {
        return Some((ours, attribute));
    }
    if schema.blocks.contains_key(name) {
        return None;
    }
    let called = |(ours, a): &(&Str, &Attribute)| {
        a.also_called.iter().any(|other| &**other == name) && !given.contains_key(&***ours)
    };
    schema.attributes.iter().find(called)
}

fn block_of<'s>(schema: &'s BlockSchema, name: &str, given: &Map<String, Json>) -> Option<(&'s Str, &'s NestedBlock)> {
    if let Some(found) = schema.blocks.get_key_value(name) {
        return Some(found);
    }
    let called = |(ours, b): &(&Str, &NestedBlock)| {
        b.also_called.iter().any(|other| &**other == name) && !given.contains_key(&***ours)
    };
    schema.blocks.iter().find(called)
}

fn attribute_json(json: &Json, attribute: &Attribute) -> Option<Json> {
    // Those providers can't tell an absent text from an empty one.
    if json.as_str() == Some("") && attribute.mode != Mode::Required && attribute.ty != Type::Dynamic {
        return Some(Json::Null);
    }
    let json = typed(json, &attribute.ty)?;
    let alias = json.as_str().and_then(|text| attribute.value_aliases.get(text));
    Some(alias.map_or(json, |ours| Json::String(ours.to_string())))
}

fn nested_json(nested: &NestedBlock, json: &Json, path: &str, dropped: &mut Vec<String>) -> Option<Json> {
    let objects: Vec<&Map<String, Json>> = match json {
        Json::Null => Vec::new(),
        Json::Object(one) => vec![one],
        Json::Array(items) => items.iter().map(Json::as_object).collect::<Option<_>>()?,
        _ => return None,
    };
    let one = |(i, given): (usize, &&Map<String, Json>)| {
        let path = match nested.nesting {
            Nesting::Single => format!("{path}."),
            _ => format!("{path}[{i}]."),
        };
        Json::Object(block(&nested.block, given, &path, dropped))
    };
    let mut converted: Vec<Json> = objects.iter().enumerate().map(one).collect();
    match nested.nesting {
        Nesting::Single if converted.len() > 1 => None,
        Nesting::Single => Some(converted.pop().unwrap_or(Json::Null)),
        Nesting::List | Nesting::Set => Some(Json::Array(converted)),
    }
}

/// A value as a type has it; nothing when it can't be one of that type.
fn typed(json: &Json, ty: &Type) -> Option<Json> {
    Some(match (ty, json) {
        (_, Json::Null) => Json::Null,
        // As Terraform writes it: the value with its type.
        (Type::Dynamic, json) => from_typed_json(json, ty).is_ok().then(|| json.clone())?,
        (Type::Bool, Json::Bool(_)) | (Type::String, Json::String(_)) | (Type::Number, Json::Number(_)) => json.clone(),
        (Type::Bool, Json::String(text)) => match text.as_str() {
            "true" => Json::Bool(true),
            "false" => Json::Bool(false),
            _ => return None,
        },
        (Type::Number, Json::String(text)) => match serde_json::from_str(text).ok()? {
            Json::Number(n) => Json::Number(n),
            _ => return None,
        },
        (Type::String, Json::Bool(b)) => Json::String(b.to_string()),
        (Type::String, Json::Number(n)) => Json::String(n.to_string()),
        (Type::List(of) | Type::Set(of), Json::Array(items)) => {
            Json::Array(items.iter().map(|item| typed(item, of)).collect::<Option<_>>()?)
        }
        (Type::Tuple(types), Json::Array(items)) if types.len() == items.len() => {
            let pairs = items.iter().zip(types.iter());
            Json::Array(pairs.map(|(item, of)| typed(item, of)).collect::<Option<_>>()?)
        }
        (Type::Map(of), Json::Object(entries)) => {
            let one = |(k, v): (&String, &Json)| Some((k.clone(), typed(v, of)?));
            Json::Object(entries.iter().map(one).collect::<Option<_>>()?)
        }
        (Type::Object(object), Json::Object(entries)) => {
            let one = |(name, of): (&Str, &Type)| {
                let json = entries.get(&**name).unwrap_or(&Json::Null);
                Some((name.to_string(), typed(json, of)?))
            };
            Json::Object(object.attributes.iter().map(one).collect::<Option<_>>()?)
        }
        // A block of at most one that is an object here.
        (Type::Object(_), Json::Array(items)) => match items.as_slice() {
            [] => Json::Null,
            [one] => typed(one, ty)?,
            _ => return None,
        },
        _ => return None,
    })
}

/// A path of the file in our form: names of ours, and no index where a block is single. Nothing for what has no place here.
pub(super) fn path(schema: &BlockSchema, steps: &[FileStep]) -> Option<AttrPath> {
    let mut out = Vec::new();
    let mut inside = Some(schema);
    let mut single = false;
    let none = Map::new();
    for step in steps {
        match step {
            FileStep::GetAttr(name) => {
                let attribute = inside.and_then(|schema| attribute_of(schema, name, &none));
                let nested = inside.and_then(|schema| block_of(schema, name, &none));
                match (inside, attribute, nested) {
                    (Some(_), Some((ours, _)), _) => {
                        out.push(PathStep::Attr(ours.clone()));
                        inside = None;
                    }
                    (Some(_), None, Some((ours, nested))) => {
                        out.push(PathStep::Attr(ours.clone()));
                        inside = Some(&nested.block);
                        single = nested.nesting == Nesting::Single;
                    }
                    (Some(_), None, None) => return None,
                    (None, ..) => out.push(PathStep::Attr(name.as_str().into())),
                }
            }
            FileStep::Index(_) if std::mem::take(&mut single) => {}
            FileStep::Index(index) => out.push(match &index.value {
                Json::String(key) => PathStep::Key(key.as_str().into()),
                Json::Number(n) => PathStep::Index(usize::try_from(n.as_u64()?).ok()?),
                _ => return None,
            }),
        }
    }
    (!out.is_empty()).then_some(AttrPath(out))
}
