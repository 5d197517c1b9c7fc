//! JSON and values: how state rows, plan documents and drivers write and read them. Objects have sorted
//! keys, so that equal values have equal text.

use super::number::Number;
use super::ty::{ObjectType, Str, Type};
use super::value::{Kind, Known, Value};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How deep arrays and objects may nest in a text that is read; what reads them bounds its stack by the same number.
pub const TEXT_DEPTH_MAX: usize = 127;

/// Whether a text of JSON nests no deeper than it is read, else words for it. What else may be wrong with it is not looked at,
/// so that this can be told before all that a parser stumbles on inside.
///
/// # Errors
/// Where it nests too deeply.
pub fn check_depth(text: &str) -> Result<(), String> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > TEXT_DEPTH_MAX {
            return Err(format!(
                "it is nested too deeply at byte {at}: arrays and objects can be nested {TEXT_DEPTH_MAX} levels deep"
            ));
        }
    }
    Ok(())
}

/// Plain JSON of a value, as `jsonencode` and the plan JSON have it. What is known only after apply becomes null;
/// marks are ignored, so the caller has hidden what must be hidden.
pub fn to_json(value: &Value) -> Json {
    match &value.kind {
        Kind::Null(_) | Kind::Unknown(_) => Json::Null,
        Kind::Bool(b) => Json::Bool(*b),
        Kind::Number(n) => number_to_json(n),
        Kind::String(s) => Json::String(s.to_string()),
        Kind::List(_, v) | Kind::Set(_, v) | Kind::Tuple(v) => Json::Array(v.iter().map(to_json).collect()),
        Kind::Map(_, m) | Kind::Object(m) => Json::Object(m.iter().map(|(k, v)| (k.to_string(), to_json(v))).collect()),
    }
}

/// JSON of a value that is read back as `ty`: where the type is `any`, the actual type is written along, as
/// `{"value": …, "type": …}`.
pub fn to_typed_json(value: &Value, ty: &Type) -> Json {
    match (&value.kind, ty) {
        (Kind::Null(_), _) => Json::Null,
        (_, Type::Dynamic) => {
            let mut m = Map::new();
            m.insert("value".into(), to_json(value));
            m.insert("type".into(), type_to_json(&value.ty()));
            Json::Object(m)
        }
        (Kind::List(_, v) | Kind::Set(_, v), Type::List(t) | Type::Set(t)) => {
            Json::Array(v.iter().map(|v| to_typed_json(v, t)).collect())
        }
        (Kind::Map(_, m), Type::Map(t)) => {
            Json::Object(m.iter().map(|(k, v)| (k.to_string(), to_typed_json(v, t))).collect())
        }
        (Kind::Tuple(v), Type::Tuple(ts)) => {
            Json::Array(v.iter().zip(ts.iter()).map(|(v, t)| to_typed_json(v, t)).collect())
        }
        (Kind::Object(m), Type::Object(o)) => Json::Object(
            m.iter()
                .map(|(k, v)| {
                    let json = o.attributes.get(k).map_or_else(|| to_json(v), |t| to_typed_json(v, t));
                    (k.to_string(), json)
                })
                .collect(),
        ),
        _ => to_json(value),
    }
}

/// A number as JSON with all its digits.
pub fn number_to_json(n: &Number) -> Json {
    match n.to_i64() {
        Some(i) => Json::from(i),
        None => serde_json::from_str(&n.to_string()).unwrap_or(Json::Null),
    }
}

/// The value of a JSON document as `ty`; attributes that an object lacks become null, unknown ones are dropped.
///
/// # Errors
/// The path and what was expected there.
pub fn from_json(json: &Json, ty: &Type) -> Result<Value, String> {
    read(json, ty, false).map_err(|(path, why)| if path.is_empty() { why } else { format!("{path}: {why}") })
}

/// Reads what [`to_typed_json`] wrote.
///
/// # Errors
/// The path and what was expected there.
pub fn from_typed_json(json: &Json, ty: &Type) -> Result<Value, String> {
    read(json, ty, true).map_err(|(path, why)| if path.is_empty() { why } else { format!("{path}: {why}") })
}

fn read(json: &Json, ty: &Type, typed: bool) -> Result<Value, (String, String)> {
    let wrong = |expected: &str| Err((String::new(), format!("expected {expected}, found {}", kind_name(json))));
    let inside = |step: String, (path, why): (String, String)| (format!("{step}{path}"), why);
    if json.is_null() {
        return Ok(Value::null(ty.clone()));
    }
    match ty {
        Type::Dynamic if typed => {
            let (Some(value), Some(ty)) = (json.get("value"), json.get("type")) else {
                return wrong("an object with value and type");
            };
            let ty = type_from_json(ty).ok_or_else(|| (String::new(), "its type is not one".to_string()))?;
            read(value, &ty, false)
        }
        Type::Dynamic => Ok(implied(json)),
        Type::Bool => json
            .as_bool()
            .map_or_else(|| wrong("true or false"), |b| Ok(Value::bool(b))),
        Type::Number => match json {
            Json::Number(n) => parse_number(n).map_or_else(|| wrong("a number"), |n| Ok(Value::number(n))),
            _ => wrong("a number"),
        },
        Type::String => json.as_str().map_or_else(|| wrong("text"), |s| Ok(Value::string(s))),
        Type::List(t) | Type::Set(t) => {
            let Some(items) = json.as_array() else {
                return wrong("an array");
            };
            let values: Result<Vec<Value>, _> = items
                .iter()
                .enumerate()
                .map(|(i, v)| read(v, t, typed).map_err(|e| inside(format!("[{i}]"), e)))
                .collect();
            Ok(match ty {
                Type::List(_) => Value::list((**t).clone(), values?),
                _ => Value::set((**t).clone(), values?),
            })
        }
        Type::Tuple(ts) => {
            let Some(items) = json.as_array().filter(|a| a.len() == ts.len()) else {
                return wrong("an array of the tuple's length");
            };
            let values: Result<Vec<Value>, _> = items
                .iter()
                .zip(ts.iter())
                .enumerate()
                .map(|(i, (v, t))| read(v, t, typed).map_err(|e| inside(format!("[{i}]"), e)))
                .collect();
            Ok(Value::tuple(values?))
        }
        Type::Map(t) => {
            let Some(items) = json.as_object() else {
                return wrong("an object");
            };
            let values: Result<BTreeMap<Str, Value>, (String, String)> = items
                .iter()
                .map(|(k, v)| {
                    Ok((
                        Str::from(k.as_str()),
                        read(v, t, typed).map_err(|e| inside(format!(".{k}"), e))?,
                    ))
                })
                .collect();
            Ok(Value::map((**t).clone(), values?))
        }
        Type::Object(o) => {
            let Some(items) = json.as_object() else {
                return wrong("an object");
            };
            let values: Result<BTreeMap<Str, Value>, (String, String)> = o
                .attributes
                .iter()
                .map(|(k, t)| {
                    let v = items.get(&**k).unwrap_or(&Json::Null);
                    Ok((k.clone(), read(v, t, typed).map_err(|e| inside(format!(".{k}"), e))?))
                })
                .collect();
            Ok(Value::object(values?))
        }
    }
}

/// The value that a JSON document has by itself: arrays are tuples, objects are objects.
pub fn implied(json: &Json) -> Value {
    match json {
        Json::Null => Value::null(Type::Dynamic),
        Json::Bool(b) => Value::bool(*b),
        Json::Number(n) => parse_number(n).map_or_else(|| Value::null(Type::Number), Value::number),
        Json::String(s) => Value::string(s.as_str()),
        Json::Array(items) => Value::tuple(items.iter().map(implied).collect::<Vec<_>>()),
        Json::Object(items) => Value::object_of(items.iter().map(|(k, v)| (k.as_str(), implied(v)))),
    }
}

fn parse_number(n: &serde_json::Number) -> Option<Number> {
    n.as_i64().map(Number::from).or_else(|| n.to_string().parse().ok())
}

fn kind_name(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "text",
        Json::Array(_) => "an array",
        Json::Object(_) => "an object",
    }
}

/// A type as JSON: `"string"`, `["list","string"]`, `["object",{"a":"number"}]`, as Terraform's state has it.
pub fn type_to_json(ty: &Type) -> Json {
    let pair = |name: &str, inner: Json| Json::Array(vec![name.into(), inner]);
    match ty {
        Type::Bool => "bool".into(),
        Type::Number => "number".into(),
        Type::String => "string".into(),
        Type::Dynamic => "dynamic".into(),
        Type::List(t) => pair("list", type_to_json(t)),
        Type::Set(t) => pair("set", type_to_json(t)),
        Type::Map(t) => pair("map", type_to_json(t)),
        Type::Tuple(ts) => pair("tuple", Json::Array(ts.iter().map(type_to_json).collect())),
        Type::Object(o) => {
            let attributes = o
                .attributes
                .iter()
                .map(|(k, t)| (k.to_string(), type_to_json(t)))
                .collect();
            let mut out = vec!["object".into(), Json::Object(attributes)];
            if !o.optional.is_empty() {
                out.push(o.optional.iter().map(|k| k.to_string()).collect());
            }
            Json::Array(out)
        }
    }
}

/// Reads what [`type_to_json`] wrote.
pub fn type_from_json(json: &Json) -> Option<Type> {
    if let Some(name) = json.as_str() {
        return match name {
            "bool" => Some(Type::Bool),
            "number" => Some(Type::Number),
            "string" => Some(Type::String),
            "dynamic" => Some(Type::Dynamic),
            _ => None,
        };
    }
    let parts = json.as_array()?;
    let inner = parts.get(1)?;
    Some(match parts.first()?.as_str()? {
        "list" => Type::list(type_from_json(inner)?),
        "set" => Type::set(type_from_json(inner)?),
        "map" => Type::map(type_from_json(inner)?),
        "tuple" => Type::Tuple(inner.as_array()?.iter().map(type_from_json).collect::<Option<_>>()?),
        "object" => {
            let attributes: Option<BTreeMap<Str, Type>> = inner
                .as_object()?
                .iter()
                .map(|(k, t)| Some((Str::from(k.as_str()), type_from_json(t)?)))
                .collect();
            let optional: BTreeSet<Str> = match parts.get(2) {
                Some(names) => names
                    .as_array()?
                    .iter()
                    .filter_map(|n| n.as_str().map(Str::from))
                    .collect(),
                None => BTreeSet::new(),
            };
            Type::Object(Arc::new(ObjectType {
                attributes: attributes?,
                optional,
            }))
        }
        _ => return None,
    })
}

impl Known {
    /// Decodes the object into a driver's own struct; null attributes become `None`.
    ///
    /// # Errors
    /// The attribute that does not fit, which is a mismatch of schema and driver.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, String> {
        serde_json::from_value(to_json(self.value())).map_err(|e| e.to_string())
    }

    /// Makes an object of a schema's type from a driver's own struct; attributes that the struct lacks are null.
    ///
    /// # Errors
    /// The attribute that does not fit, which is a mismatch of schema and driver.
    pub fn encode<T: Serialize>(object: &T, ty: &Type) -> Result<Known, String> {
        let json = serde_json::to_value(object).map_err(|e| e.to_string())?;
        let value = from_json(&json, ty)?;
        Known::new(value).ok_or_else(|| "JSON holds no unknown values".to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_json_reads_back_to_the_same_value() {
        let ty = Type::object([
            ("any", Type::Dynamic),
            ("tags", Type::map(Type::String)),
            ("n", Type::Number),
        ]);
        let value = Value::object_of([
            ("any", Value::list(Type::String, vec![Value::string("a")])),
            (
                "tags",
                Value::map(Type::String, BTreeMap::from([("k".into(), Value::string("v"))])),
            ),
            ("n", Value::null(Type::Number)),
        ]);
        let json = to_typed_json(&value, &ty);
        assert_eq!(from_typed_json(&json, &ty), Ok(value));
    }

    #[test]
    fn the_depth_that_is_told_is_the_depth_that_is_read() {
        let text = |depth: usize| format!("{}\"\\\"[[\"{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(check_depth(&text(TEXT_DEPTH_MAX)), Ok(()));
        assert!(serde_json::from_str::<Json>(&text(TEXT_DEPTH_MAX)).is_ok());
        let told = check_depth(&text(TEXT_DEPTH_MAX + 1)).expect_err("too deep");
        assert!(told.contains("too deeply at byte 127"), "{told}");
        assert!(serde_json::from_str::<Json>(&text(TEXT_DEPTH_MAX + 1)).is_err());
        assert!(check_depth(&"[".repeat(1_000_000)).is_err());
        assert_eq!(check_depth("]]]]{}"), Ok(()));
    }

    #[test]
    fn a_wrong_document_names_the_path() {
        let ty = Type::object([("a", Type::list(Type::Number))]);
        let json = serde_json::json!({"a": [1, "x"]});
        assert_eq!(
            from_json(&json, &ty),
            Err(".a[1]: expected a number, found text".into())
        );
    }
}
