//! The content of a task: a JSON document that the user writes as text or as an object, and that comes back as text.
//! Decides when the cloud's document is the one that was meant. Never sends anything.

use crate::base::Value;
use crate::base::json::{implied, to_json};
use serde_json::{Map, Value as Json};

/// The text that goes to the cloud: the user's own, or the object as JSON.
pub(super) fn text(value: &Value) -> String {
    match value.as_str() {
        Some(text) => text.to_string(),
        None => to_json(value).to_string(),
    }
}

/// The document of a value; none of text that is no JSON, and of null.
pub(super) fn document(value: &Value) -> Option<Json> {
    match value.as_str() {
        Some(text) => serde_json::from_str(text).ok(),
        None if value.is_null() => None,
        None => Some(to_json(value)),
    }
}

/// The cloud's text as a value of the form of `known`. What `known` says stays in its own words as long as all of it is
/// there: keys that the cloud added are no difference. Where something differs, only what `known` speaks of is shown.
pub(super) fn found(known: &Value, cloud: &str) -> Value {
    if known.is_null() {
        return Value::string(cloud);
    }
    match (document(known), serde_json::from_str::<Json>(cloud)) {
        (Some(meant), Ok(there)) if holds(&meant, &there) => known.clone(),
        (Some(meant), Ok(there)) => {
            let part = spoken_of(&meant, there);
            match known.as_str() {
                Some(_) => Value::string(part.to_string()),
                None => implied(&part),
            }
        }
        _ => Value::string(cloud),
    }
}

/// Whether all of `meant` is in `there`. Null and a key that is missing are the same; lists have the same length.
pub(super) fn holds(meant: &Json, there: &Json) -> bool {
    match (meant, there) {
        (Json::Object(m), Json::Object(t)) => m.iter().all(|(k, v)| holds(v, t.get(k).unwrap_or(&Json::Null))),
        (Json::Array(m), Json::Array(t)) => m.len() == t.len() && m.iter().zip(t).all(|(m, t)| holds(m, t)),
        (Json::Number(m), Json::Number(t)) => m == t || m.as_f64().is_some_and(|m| Some(m) == t.as_f64()),
        _ => meant == there,
    }
}

/// `there` without the keys that `meant` does not have.
fn spoken_of(meant: &Json, there: Json) -> Json {
    match (meant, there) {
        (Json::Object(m), Json::Object(t)) => {
            let mut out = Map::new();
            for (key, value) in t {
                if let Some(m) = m.get(&key) {
                    out.insert(key, spoken_of(m, value));
                }
            }
            // A null that the cloud does not keep is still what was meant.
            for (key, value) in m.iter().filter(|(_, v)| v.is_null()) {
                out.entry(key.clone()).or_insert_with(|| value.clone());
            }
            Json::Object(out)
        }
        (Json::Array(m), Json::Array(t)) => {
            let parts = t.into_iter().enumerate();
            let parts = parts.map(|(i, t)| match m.get(i) {
                Some(m) => spoken_of(m, t),
                None => t,
            });
            Json::Array(parts.collect())
        }
        (_, there) => there,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_cloud_may_add_keys_but_not_change_what_is_there() {
        let meant = json!({"a": 1, "b": null, "c": [{"d": "x"}]});
        for (there, same) in [
            (json!({"a": 1, "b": null, "c": [{"d": "x"}]}), true),
            (json!({"a": 1.0, "c": [{"d": "x", "new": 1}], "extend": {}}), true),
            (json!({"a": 2, "c": [{"d": "x"}]}), false),
            (json!({"a": 1, "c": []}), false),
            (json!({"a": 1, "c": [{"d": "x"}, {}]}), false),
            (json!({"a": "1", "c": [{"d": "x"}]}), false),
            (json!({"a": 1, "b": 0, "c": [{"d": "x"}]}), false),
            (json!([]), false),
        ] {
            assert_eq!(holds(&meant, &there), same, "{there}");
        }
    }

    #[test]
    fn the_form_of_the_user_stays() {
        let meant = json!({"b": [1], "a": {"x": null}});
        let object = implied(&meant);
        let spelled = Value::string("{ \"b\": [1],\n  \"a\": {\"x\": null} }");
        let same = r#"{"a":{"y":1},"b":[1],"c":0}"#;
        assert_eq!(found(&object, same), object);
        assert_eq!(found(&spelled, same), spelled);
        let other = r#"{"a":{"y":1},"b":[2],"c":0}"#;
        assert_eq!(to_json(&found(&object, other)), json!({"b": [2], "a": {"x": null}}));
        let changed = found(&spelled, other);
        let changed: Json = serde_json::from_str(changed.as_str().unwrap()).unwrap();
        assert_eq!(changed, json!({"b": [2], "a": {"x": null}}));
        assert_eq!(found(&object, "broken"), Value::string("broken"));
        let nothing = Value::null(crate::base::Type::Dynamic);
        assert_eq!(found(&nothing, same), Value::string(same));
        assert_eq!(Some(text(&spelled).as_str()), spelled.as_str());
        assert_eq!(text(&object), r#"{"a":{"x":null},"b":[1]}"#);
    }
}
