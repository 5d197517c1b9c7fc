//! Values as JSON that loses nothing: types, marks and what is known only after apply are written along. For plan files;
//! a sensitive value is written as withheld, never as itself.

use super::json::{number_to_json, type_from_json, type_to_json};
use super::secret::is_fingerprint;
use super::ty::{Str, Type};
use super::value::{Kind, Marks, Unknown, Value};
use serde_json::{Map, Value as Json, json};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Numbers of the values that are left out of one document: equal values have the same, so that a reader can tell what
/// changed without seeing it.
#[derive(Debug, Default)]
pub struct Withheld(RefCell<HashMap<Value, u32>>);

impl Withheld {
    fn number(&self, value: &Value) -> u32 {
        let plain = value.clone().unmark_deep().0;
        let mut numbers = self.0.borrow_mut();
        let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        *numbers.entry(plain).or_insert(next)
    }
}

/// Writes a value. What is known and sensitive becomes `{"withheld": type, "number": n}`.
pub fn encode(value: &Value, withheld: &Withheld) -> Json {
    // With its fingerprint, a plan can be held against the secret that is given when it is applied.
    if let (true, Some(text)) = (value.is_sensitive(), value.as_str().filter(|t| is_fingerprint(t))) {
        return json!({ "fingerprint": text });
    }
    if value.marks.contains(Marks::SENSITIVE) && !value.is_null() {
        let ty = value.ty();
        return if value.is_wholly_known() || value.is_withheld() {
            json!({ "withheld": type_to_json(&ty), "number": withheld.number(value) })
        } else {
            json!({ "unknown": type_to_json(&ty), "sensitive": true })
        };
    }
    let bare = match &value.kind {
        Kind::Null(t) => json!({ "null": type_to_json(t) }),
        Kind::Unknown(u) => unknown(u),
        Kind::Bool(b) => Json::Bool(*b),
        Kind::Number(n) => match number_to_json(n) {
            // What JSON has no number for, such as infinity.
            Json::Null => json!({ "number": n.to_string() }),
            number => number,
        },
        Kind::String(s) => Json::String(s.to_string()),
        Kind::Tuple(v) => items(v, withheld),
        Kind::List(t, v) => json!({ "list": items(v, withheld), "of": type_to_json(t) }),
        Kind::Set(t, v) => json!({ "set": items(v, withheld), "of": type_to_json(t) }),
        Kind::Map(t, m) => json!({ "map": entries(m, withheld), "of": type_to_json(t) }),
        Kind::Object(m) => json!({ "object": entries(m, withheld) }),
    };
    let marks = value.marks.without(Marks::SENSITIVE);
    if marks.is_empty() {
        bare
    } else {
        json!({ "ephemeral": bare })
    }
}

fn items(values: &[Value], withheld: &Withheld) -> Json {
    Json::Array(values.iter().map(|v| encode(v, withheld)).collect())
}

fn entries(values: &BTreeMap<Str, Value>, withheld: &Withheld) -> Json {
    let entry = |(k, v): (&Str, &Value)| (k.to_string(), encode(v, withheld));
    Json::Object(values.iter().map(entry).collect())
}

fn unknown(u: &Unknown) -> Json {
    let mut m = Map::new();
    m.insert("unknown".into(), type_to_json(&u.ty));
    if u.not_null {
        m.insert("not_null".into(), true.into());
    }
    if let Some(prefix) = &u.prefix {
        m.insert("prefix".into(), prefix.to_string().into());
    }
    if u.length_min > 0 {
        m.insert("length_min".into(), u.length_min.into());
    }
    if let Some(max) = u.length_max {
        m.insert("length_max".into(), max.into());
    }
    Json::Object(m)
}

/// Reads what [`encode`] wrote; withheld values come back as unknown and sensitive.
///
/// # Errors
/// The document is not of that form.
pub fn decode(json: &Json) -> Result<Value, String> {
    match json {
        Json::Null => Err("a bare null".into()),
        Json::Bool(b) => Ok(Value::bool(*b)),
        Json::Number(n) => n
            .to_string()
            .parse()
            .map(Value::number)
            .map_err(|_| format!("the number {n}")),
        Json::String(s) => Ok(Value::string(s.as_str())),
        Json::Array(v) => Ok(Value::tuple(all(v)?)),
        Json::Object(m) => object(m),
    }
}

fn all(values: &[Json]) -> Result<Vec<Value>, String> {
    values.iter().map(decode).collect()
}

fn object(m: &Map<String, Json>) -> Result<Value, String> {
    let ty = |key: &str| -> Result<Type, String> {
        let json = m.get(key).ok_or("a collection without its element type")?;
        type_from_json(json).ok_or_else(|| format!("the type {json}"))
    };
    let list = |key: &str| -> Result<Vec<Value>, String> {
        all(m
            .get(key)
            .and_then(Json::as_array)
            .ok_or("elements that are no array")?)
    };
    let map = |key: &str| -> Result<BTreeMap<Str, Value>, String> {
        let entries = m
            .get(key)
            .and_then(Json::as_object)
            .ok_or("entries that are no object")?;
        entries
            .iter()
            .map(|(k, v)| Ok((Str::from(k.as_str()), decode(v)?)))
            .collect()
    };
    let size = |key: &str| m.get(key).and_then(Json::as_u64).and_then(|n| usize::try_from(n).ok());
    let tag = [
        "null",
        "unknown",
        "withheld",
        "fingerprint",
        "number",
        "list",
        "set",
        "map",
        "object",
        "ephemeral",
    ]
    .into_iter()
    .find(|t| m.contains_key(*t));
    match tag {
        Some("null") => Ok(Value::null(ty("null")?)),
        Some("unknown") if m.contains_key("sensitive") => Ok(Value::unknown(ty("unknown")?).sensitive()),
        Some("unknown") => Ok(Kind::Unknown(Arc::new(Unknown {
            withheld: None,
            ty: ty("unknown")?,
            not_null: m.contains_key("not_null"),
            prefix: m.get("prefix").and_then(Json::as_str).map(Str::from),
            length_min: size("length_min").unwrap_or(0),
            length_max: size("length_max"),
        }))
        .into()),
        Some("fingerprint") => {
            let text = m.get("fingerprint").and_then(Json::as_str);
            let text = text
                .filter(|t| is_fingerprint(t))
                .ok_or("a fingerprint of another form")?;
            Ok(Value::string(text).sensitive())
        }
        Some("withheld") => {
            let number = m.get("number").and_then(Json::as_u64);
            let unknown = Unknown {
                withheld: Some(number.and_then(|n| u32::try_from(n).ok()).unwrap_or(u32::MAX)),
                ..Unknown::of(ty("withheld")?)
            };
            Ok(Value::from(Kind::Unknown(Arc::new(unknown))).sensitive())
        }
        Some("number") => {
            let text = m
                .get("number")
                .and_then(Json::as_str)
                .ok_or("a number that is no text")?;
            text.parse()
                .map(Value::number)
                .map_err(|_| format!("the number {text}"))
        }
        Some("list") => Ok(Value::list(ty("of")?, list("list")?)),
        Some("set") => Ok(Value::set(ty("of")?, list("set")?)),
        Some("map") => Ok(Value::map(ty("of")?, map("map")?)),
        Some("object") => Ok(Value::object(map("object")?)),
        Some("ephemeral") => Ok(decode(&m["ephemeral"])?.mark(Marks::EPHEMERAL)),
        _ => Err("an object of unknown form".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_no_secret_and_comes_back() {
        let text = format!("hmac-sha256:{}", "0a".repeat(32));
        let value = Value::string(text.as_str()).sensitive();
        assert_eq!(decode(&encode(&value, &Withheld::default())), Ok(value));
        for other in ["hmac-sha256:0a", &format!("{text}0"), &text.replace("0a", "0x")] {
            let written = encode(&Value::string(other).sensitive(), &Withheld::default());
            assert!(!written.to_string().contains(other), "{written}");
        }
        for broken in [json!({"fingerprint": 1}), json!({"fingerprint": "hunter2"})] {
            assert!(decode(&broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn values_come_back_as_they_were_but_for_secrets() {
        let value = Value::object_of([
            ("null", Value::null(Type::Number)),
            ("later", Value::unknown_not_null(Type::list(Type::String))),
            ("set", Value::set(Type::Number, [Value::int(2), Value::int(1)])),
            (
                "map",
                Value::map(Type::Bool, BTreeMap::from([("list".into(), Value::bool(true))])),
            ),
            ("tuple", Value::tuple(vec![Value::string("a"), Value::int(1)])),
        ]);
        assert_eq!(decode(&encode(&value, &Withheld::default())), Ok(value));
        let withheld = Withheld::default();
        let secret = encode(&Value::string("hunter2").sensitive(), &withheld);
        assert!(!secret.to_string().contains("hunter2"));
        let read = decode(&secret).expect("reads");
        assert!(read.is_withheld() && read.is_sensitive() && read.ty() == Type::String);
        assert_eq!(encode(&read, &Withheld::default()), secret);
        let (same, other) = (Value::string("hunter2"), Value::string("hunter3"));
        assert_eq!(encode(&same.sensitive(), &withheld), secret);
        assert_ne!(decode(&encode(&other.sensitive(), &withheld)), Ok(read));
        let later = Value::unknown(Type::String).sensitive();
        assert_eq!(decode(&encode(&later, &withheld)), Ok(later));
    }
}
