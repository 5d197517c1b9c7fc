//! Objects as drivers see them: from a [`Known`] to a driver's own struct and back, and what differs between the
//! object that was meant and the one that is there. Knows no type.

use crate::base::json::{from_json, implied};
use crate::base::{Known, Type, Value};
use crate::driver::{Call, DriverError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};

/// Decodes an object.
///
/// # Errors
/// Schema and driver disagree.
pub(crate) fn decode<T: DeserializeOwned>(call: &Call, object: &Known) -> Result<T, DriverError> {
    object.decode().map_err(|why| mismatch(call, &why))
}

/// `like` with the attributes of `object` in place of its own, in the type of `like`. What the driver does not know
/// (`timeouts`) stays as it is.
///
/// # Errors
/// Schema and driver disagree.
pub(crate) fn encode<T: Serialize>(call: &Call, like: &Known, object: &T) -> Result<Known, DriverError> {
    overlay(like, object).map_err(|why| mismatch(call, &why))
}

fn overlay<T: Serialize>(like: &Known, object: &T) -> Result<Known, String> {
    let fresh = fields(object)?;
    let mut attributes = like.value().entries().cloned().unwrap_or_default();
    for (name, json) in &fresh {
        let value = match attributes.get(name.as_str()) {
            Some(old) => typed(json, &old.ty()).map_err(|why| format!("{name}: {why}"))?,
            None if json.is_null() => Value::null(Type::Dynamic),
            None => implied(json),
        };
        attributes.insert(name.as_str().into(), value);
    }
    Known::new(Value::object(attributes)).ok_or_else(|| "JSON holds no unknown values".to_string())
}

/// As [`from_json`]; a number where the schema has text is written as text, as some providers' attributes are.
fn typed(json: &Json, ty: &Type) -> Result<Value, String> {
    match (json, ty) {
        (Json::Number(n), Type::String) => Ok(Value::string(n.to_string())),
        _ => from_json(json, ty),
    }
}

fn fields<T: Serialize>(object: &T) -> Result<Map<String, Json>, String> {
    match serde_json::to_value(object).map_err(|e| e.to_string())? {
        Json::Object(fields) => Ok(fields),
        other => Err(format!("expected an object, found {other}")),
    }
}

fn mismatch(call: &Call, why: &str) -> DriverError {
    DriverError::Rejected(call.reply(format!(
        "a value has not the form that the schema gives it: {why}. Either the reply is not as the API documents it, or this is a bug in headworks."
    )))
}

/// An object of an import id's parts.
pub(crate) fn identity(parts: &[(&str, &str)]) -> Result<Known, String> {
    let pairs = parts.iter().map(|(name, text)| (*name, Value::string(*text)));
    Known::new(Value::object_of(pairs)).ok_or_else(|| "an import id is text".to_string())
}

/// The two parts of an import id. Terraform providers join them by a slash, everything else here by a colon.
pub(crate) fn two_parts(id: &str) -> Option<(&str, &str)> {
    let (parent, name) = id.split_once([':', '/'])?;
    (!parent.is_empty() && !name.is_empty() && !name.contains([':', '/'])).then_some((parent, name))
}

/// Attributes in which `meant` and `found` differ, each as `name is 2 instead of 1`. Attributes in `left_to_cloud` count
/// only where `meant` sets them; both have been brought to one spelling by the driver.
pub(crate) fn differences<T: Serialize>(meant: &T, found: &T, left_to_cloud: &[&str]) -> Vec<String> {
    let (Ok(meant), Ok(found)) = (fields(meant), fields(found)) else {
        return vec!["the object can't be compared".to_string()];
    };
    let mut out = Vec::new();
    for (name, wanted) in &meant {
        let actual = found.get(name).unwrap_or(&Json::Null);
        let indifferent = wanted.is_null() && left_to_cloud.contains(&name.as_str());
        if !indifferent && !same(wanted, actual) {
            out.push(format!("{name} is {} instead of {}", shown(actual), shown(wanted)));
        }
    }
    out
}

/// Null, an empty list and an empty object all say that there is nothing.
fn same(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Array(x), Json::Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| same(x, y)),
        (Json::Object(x), Json::Object(y)) => {
            let within = |x: &Map<String, Json>, y: &Map<String, Json>| {
                x.iter().all(|(k, v)| same(v, y.get(k).unwrap_or(&Json::Null)))
            };
            within(x, y) && within(y, x)
        }
        _ => a == b || (is_nothing(a) && is_nothing(b)),
    }
}

fn is_nothing(json: &Json) -> bool {
    match json {
        Json::Null => true,
        Json::Array(items) => items.is_empty(),
        Json::Object(items) => items.values().all(is_nothing),
        _ => false,
    }
}

fn shown(json: &Json) -> String {
    const LIMIT: usize = 120;
    let text = match json {
        Json::Null => "not set".to_string(),
        other => other.to_string(),
    };
    match text.char_indices().nth(LIMIT) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// The error of a create that found another object of the same name.
pub(crate) fn exists_otherwise(call: &Call, differences: &[String], help: &str) -> DriverError {
    let reply = call.reply(format!(
        "it exists already and is not what was meant: {}",
        differences.join("; ")
    ));
    DriverError::Conflict(reply).with_help(help)
}

/// Reads an integer from a number or from text that is one; for attributes that some schemas have as text.
pub(crate) fn integer<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    use serde::Deserialize as _;
    match Json::deserialize(deserializer)? {
        Json::Null => Ok(None),
        Json::Number(n) => n.as_i64().map(Some).ok_or("a number out of range"),
        Json::String(s) => s.trim().parse().map(Some).map_err(|_| "text that is no integer"),
        _ => Err("a value that is no integer"),
    }
    .map_err(|found| serde::de::Error::custom(format!("{found} where an integer was expected")))
}

/// Text of a reply; empty text is none.
pub(crate) fn filled(text: Option<String>) -> Option<String> {
    text.filter(|t| !t.is_empty())
}

/// The cloud's code of an error.
pub(crate) fn code(error: &DriverError) -> &str {
    error.reply().code.as_deref().unwrap_or_default()
}

/// Whether two JSON texts are the same document; texts that are not JSON are compared as they are.
pub(crate) fn same_document(a: &str, b: &str) -> bool {
    match (serde_json::from_str::<Json>(a), serde_json::from_str::<Json>(b)) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::base::json::to_json;
    use crate::driver::Effect;
    use serde_json::json;

    fn call() -> Call {
        Call::new("ots", "X", Effect::Reads, "thing")
    }

    #[test]
    fn what_the_driver_does_not_know_stays_and_types_are_kept() {
        let ty = Type::object([
            ("name", Type::String),
            ("tags", Type::map(Type::String)),
            ("timeouts", Type::object([("create", Type::String)])),
        ]);
        let like = Known::new(from_json(&json!({"name": "a", "timeouts": {"create": "1m"}}), &ty).unwrap()).unwrap();
        let fresh = json!({"name": "b", "tags": {"k": "v"}});
        let out = encode(&call(), &like, &fresh).unwrap();
        assert_eq!(out.value().ty(), ty);
        assert_eq!(
            to_json(out.value()),
            json!({"name": "b", "tags": {"k": "v"}, "timeouts": {"create": "1m"}})
        );
        let wrong = encode(&call(), &like, &json!({"name": true})).unwrap_err();
        assert!(wrong.to_string().contains("bug in headworks"), "{wrong}");
    }

    #[test]
    fn differences_are_named_and_nothing_equals_nothing() {
        let meant = json!({"a": 1, "b": null, "c": [], "d": {"x": null, "y": 1}, "e": null});
        let found = json!({"a": 2, "b": "cloud", "c": null, "d": {"y": 1}, "e": "there"});
        assert_eq!(
            differences(&meant, &found, &["b"]),
            ["a is 2 instead of 1", "e is \"there\" instead of not set"]
        );
    }

    #[test]
    fn import_ids_are_joined_by_a_colon_or_a_slash() {
        for (given, expected) in [
            ("c:t", Some(("c", "t"))),
            ("c/t", Some(("c", "t"))),
            ("c", None),
            ("c:", None),
            (":t", None),
            ("c:t:u", None),
            ("c/t:u", None),
        ] {
            assert_eq!(two_parts(given), expected, "{given}");
        }
    }

    #[test]
    fn documents_are_compared_by_content() {
        assert!(same_document(r#"{"a":1,"b":[2]}"#, r#"{ "b": [2], "a": 1 }"#));
        assert!(!same_document(r#"{"a":1}"#, r#"{"a":2}"#));
        assert!(same_document("x", "x") && !same_document("x", "y"));
    }
}
